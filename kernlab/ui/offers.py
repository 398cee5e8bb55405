"""What the command palette offers: every action, and what the panel on screen consists of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from kernlab.engine.contract.figure import Figure
from kernlab.engine.contract.parameters import Field, parse
from kernlab.ui import focus
from kernlab.ui.control import value_text
from kernlab.ui.matching import folded
from kernlab.ui.panel import Panel

_cut = re.compile(r"\s*=\s*|\s+")
_numeral = re.compile(r"[-+−.]?\d|[-+−.]")


@dataclass(frozen=True)
class Offer:
    """A line of the palette.

    Attributes:
        text: what is searched and shown.
        run: does it.
        kind: what it is, in one word; nothing for a plain action.
        shortcut: the keys that do the same.
        lasting: whether it is worth coming back to, and so remembered as a recent one.
    """

    text: str
    run: Callable[[], object]
    kind: str = ""
    shortcut: str = ""
    lasting: bool = True


def offers(window: QWidget, panel: Panel) -> list[Offer]:
    """Everything that can be done now, in the order in which it is listed unsought."""
    presets = panel.toolbar.presets.actions()
    kinds = {action: "preset" for action in presets if action.shortcut().isEmpty()}
    made = [
        *_of_actions(panel.actions(), kinds),
        *_of_actions(window.actions(), {}),
        *_of_parameters(panel),
        *_of_figures(panel),
        *_of_claims(panel),
    ]
    return list({(offer.kind, offer.text): offer for offer in made}.values())


def _of_actions(actions: Iterable[QAction], kinds: dict[QAction, str]) -> Iterator[Offer]:
    for action in actions:
        usable = action.isEnabled() and action.isVisible() and not action.isSeparator()
        if usable and action.text() and action.menu() is None:
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            text = action.text().replace("&", "")
            yield Offer(text, action.trigger, kinds.get(action, ""), keys)


def _of_parameters(panel: Panel) -> Iterator[Offer]:
    for field in panel.controls.fields:
        if panel.controls.control(field.name).isEnabled():
            name = f"Set {field.label.lower() if field.label[1:].islower() else field.label}"
            text = f"{name} {field.symbol}".strip() + "…"
            yield Offer(text, partial(edit, panel, field.name), "parameter")


def _of_figures(panel: Panel) -> Iterator[Offer]:
    try:
        listed = panel.experiment.figures(panel.parameters, {})
    except Exception:  # an experiment's failure; the panel itself has said so
        return
    for figure in listed:
        if isinstance(figure, Figure):
            run = partial(enlarge, panel, figure.view, figure.key)
            yield Offer(f"Enlarge {figure.title}", run, "figure")


def _of_claims(panel: Panel) -> Iterator[Offer]:
    for key, card in panel.claims.cards.items():
        text = f"Claim {key}: {card.claim.statement}"
        yield Offer(text, partial(open_claim, panel, key), "claim")


# -- going there --------------------------------------------------------------------------------


def edit(panel: Panel, name: str) -> None:
    """Bring a parameter's editor into view and give it the focus."""
    panel.toolbar.side.setChecked(True)
    control = panel.controls.control(name)
    inside = focus.chain(control)
    target = inside[0] if inside else control.editor
    target.setFocus(Qt.FocusReason.ShortcutFocusReason)
    focus.reveal(control)
    select = getattr(target, "selectAll", None)
    if select is not None:
        select()


def enlarge(panel: Panel, view: str, key: str) -> None:
    """Show a figure alone, whichever view it is in."""
    panel.tabs.setCurrentIndex(panel.experiment.views.index(view))
    if panel.grid.enlarged != key:
        panel.grid.enlarge(key)


def open_claim(panel: Panel, key: str) -> None:
    """Open a claim's card and give it the focus."""
    panel.toolbar.side.setChecked(True)
    card = panel.claims.cards.get(key)
    if card is None:
        return
    panel.claims.search.clear()
    if card.isHidden():  # its group is closed
        panel.claims.headers[card.claim.verdict].click()
    if not card.expanded:
        card.toggle()
    card.setFocus(Qt.FocusReason.ShortcutFocusReason)
    focus.reveal(card)


# -- values as typed ----------------------------------------------------------------------------


def assignments(typed: str, panel: Panel) -> tuple[list[Offer], str]:
    """What `ridge 1e-3` or `gap width = 2` asks for.

    Returns:
        The values that can be set, and, where a value is not allowed, the sentence that says so.
    """
    text = re.sub(r"^set\s+", "", typed.strip(), flags=re.IGNORECASE)
    for cut in reversed(list(_cut.finditer(text))):
        head, tail = text[: cut.start()], text[cut.end() :]
        fields = _called(head, panel.controls.fields) if tail else []
        made, reason = _assigned(fields, tail, panel)
        meant = "=" in cut[0] or bool(_numeral.match(tail))
        if made or (reason and meant):
            return made, "" if made else reason
    return [], ""


def _assigned(fields: Sequence[Field], tail: str, panel: Panel) -> tuple[list[Offer], str]:
    made, reason = [], ""
    for field in fields:
        try:
            value = parse(field, tail)
        except ValueError as error:
            reason = reason or str(error)
            continue
        shown = value_text(field, value) if field.kind in ("int", "float") else tail
        name = field.name.replace("_", " ")
        run = partial(panel.set_parameters, {field.name: value})
        made.append(Offer(f"Set {name} to {shown}", run, "parameter", lasting=False))
    return made, reason


def _called(head: str, fields: Sequence[Field]) -> list[Field]:
    """The fields of this name, label or symbol; else those whose name or label begins so."""
    wanted = folded(head.strip().replace("_", " "))
    if not wanted:
        return []
    names = {
        field.name: (folded(field.name.replace("_", " ")), folded(field.label))
        for field in fields
        if field.kind != "data"
    }
    known = [field for field in fields if field.name in names]
    exact = [f for f in known if wanted in names[f.name] or head.strip() == f.symbol]
    begun = [f for f in known if any(name.startswith(wanted) for name in names[f.name])]
    return exact or begun
