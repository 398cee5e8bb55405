"""The claims of a panel, grouped by their verdict at the current parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from kernlab.engine.contract.claim import NOT_MEASURED, Claim, Verdict
from kernlab.engine.contract.text import number
from kernlab.ui.latex import latex
from kernlab.ui.switches import TwoColumns
from kernlab.ui.theme import tag

__all__ = ["ClaimCard", "ClaimList", "facts", "latex"]

GROUPS: dict[Verdict, str] = {
    "fails": "fails here",
    "holds": "holds here",
    "inconclusive": "inconclusive",
}
SIGNS: dict[Verdict, str] = {"fails": "✕", "holds": "✓", "inconclusive": "∘"}
SEARCH_ABOVE = 6
"""Claims above which there is a line to search them."""
LONG = 22
"""Letters without a space after which a formula may be broken."""


def facts(claim: Claim) -> str:
    """What was predicted, measured and tolerated, as far as it is known."""
    parts = (
        ("predicted", claim.predicted, _digits(claim.tolerance)),
        ("measured", claim.measured, _digits(claim.tolerance)),
        ("tolerance", claim.tolerance, _shortest(claim.tolerance)),
    )
    # A name and its value stay on one line.
    return " · ".join(
        f"{name}\u00a0{number(value, digits)}" for name, value, digits in parts if value is not None
    )


def _digits(tolerance: float | None) -> int:
    """Significant digits that show what the tolerance asks for."""
    return 6 if tolerance is not None and tolerance < 1e-3 else 4


def _breakable(text: str) -> str:
    """Invisible places to break formulas at, which have no spaces of their own."""

    def cut(word: re.Match[str]) -> str:
        parts = re.sub(r"([=+/,;)·_−-])(?=.)", "\\1\u200b", word[0])
        return re.sub(rf"[^\u200b]{{{LONG}}}(?=.)", "\\g<0>\u200b", parts)

    return re.sub(rf"\S{{{LONG},}}", cut, text)


def _text_label(selectable: bool = False, **tags: object) -> QLabel:
    label = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    tag(label, **tags)
    return label


def _show_text(label: QLabel, text: str) -> None:
    text = _breakable(text)
    if text != label.text():
        label.setText(text)
    label.setHidden(not text)


def _shortest(tolerance: float | None) -> int:
    """One digit for a round tolerance, three for any other."""
    return 1 if tolerance is not None and float(f"{tolerance:.0e}") == tolerance else 3


class ClaimCard(QFrame):
    """One claim; a click, or Enter, shows or hides its details.

    Signals:
        opened(figure): the claim was clicked; the key of the figure that shows it.
    """

    opened = Signal(str)
    break_requested = Signal(str)
    preset_requested = Signal(str)
    measure_requested = Signal()

    def __init__(self, claim: Claim, parent: QWidget | None = None) -> None:
        super().__init__(parent, objectName="claim")
        self.claim = claim
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.statement = QLabel(wordWrap=True, textFormat=Qt.TextFormat.RichText)
        self.pill = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.facts = _text_label(muted=True, small=True)
        self.reason = _text_label(muted=True, small=True)
        self.details: _Details | None = None
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.statement, 1, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.pill, 0, Qt.AlignmentFlag.AlignTop)
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(8, 6, 8, 6)
        self._stack.setSpacing(2)
        self._stack.addLayout(top)
        self._stack.addWidget(self.facts)
        self._stack.addWidget(self.reason)
        self._show()

    def update_claim(self, claim: Claim) -> None:
        """Show the claim as it is now; touches only what differs."""
        if claim != self.claim:
            self.claim = claim
            self._show()

    def _show(self) -> None:
        claim = self.claim
        text = f"<b>{escape(claim.id)}</b> {escape(_breakable(claim.statement))}"
        if text != self.statement.text():
            self.statement.setText(text)
        word = f"{SIGNS[claim.verdict]} {claim.verdict}"
        if word != self.pill.text():
            self.pill.setText(word)
            tag(self.pill, verdict=claim.verdict)
            self.setAccessibleName(f"{claim.id}, {claim.verdict}: {claim.statement}")
        _show_text(self.facts, facts(claim))
        _show_text(self.reason, claim.reason)
        if self.details is not None:
            self.details.show_claim(claim)

    # -- details ----------------------------------------------------------------------------

    @property
    def expanded(self) -> bool:
        """Whether the details are shown."""
        return bool(self.property("expanded"))

    def toggle(self) -> None:
        """Show or hide the details, and point to the figure that shows the claim."""
        if self.details is None:
            self.details = _Details(self)
            self.details.show_claim(self.claim)
            self._stack.addWidget(self.details)
        self.details.setHidden(self.expanded)
        tag(self, expanded=not self.expanded)
        self.setAccessibleDescription("details shown" if self.expanded else "")
        if self.claim.figure:
            self.opened.emit(self.claim.figure)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # Accepting the press brings the release here.
        event.setAccepted(event.button() == Qt.MouseButton.LeftButton)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.toggle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.toggle()
        else:
            super().keyPressEvent(event)


class _Details(QWidget):
    """Published and correct form, source, and what can be done about the claim."""

    def __init__(self, card: ClaimCard) -> None:
        super().__init__(card)
        self._card = card
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 4, 0, 0)
        stack.setSpacing(0)
        self._texts: dict[str, tuple[QLabel, QLabel]] = {}
        for name in ("published", "correct", "source"):
            caption = _text_label(muted=True, small=True)
            caption.setText(name.capitalize())
            text = _text_label(selectable=True)
            text.setAccessibleName(f"{name.capitalize()} form" if name != "source" else "Source")
            stack.addWidget(caption)
            stack.addWidget(text)
            stack.addSpacing(4)
            self._texts[name] = (caption, text)
        self._buttons = TwoColumns()
        self.find_break = self._button("find where it breaks", self._find)
        self.preset = self._button("load preset", self._load)
        self.measure = self._button("measure now", card.measure_requested.emit)
        self.copy = self._button("copy as LaTeX", self._copy)
        stack.addWidget(self._buttons)

    def _button(self, text: str, slot: object) -> QPushButton:
        button = QPushButton(text, self._buttons)
        button.setAccessibleName(f"{self._card.claim.id}: {text}")
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        tag(button, link=True, small=True)
        button.clicked.connect(slot)
        return button

    def show_claim(self, claim: Claim) -> None:
        """Show the claim's fixed parts and the buttons that apply to it now."""
        for name, (caption, label) in self._texts.items():
            _show_text(label, getattr(claim, name))
            caption.setHidden(label.isHidden())
        self.preset.setToolTip(claim.preset or "")
        wanted: dict[QPushButton, bool] = {
            self.find_break: True,
            self.preset: bool(claim.preset),
            self.measure: claim.reason == NOT_MEASURED,
            self.copy: True,
        }
        for button, shown in wanted.items():
            button.setHidden(not shown)
        self._buttons.set_widgets([button for button, shown in wanted.items() if shown])

    def _find(self) -> None:
        self._card.break_requested.emit(self._card.claim.id)

    def _load(self) -> None:
        self._card.preset_requested.emit(self._card.claim.preset or "")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(latex(self._card.claim))


class ClaimList(QWidget):
    """All claims of a panel.

    Signals:
        break_requested(id): find the value at which the claim's verdict flips.
        preset_requested(title): load the preset at which the claim can be judged.
        measure_requested: measure now what the claims need.
        highlight_requested(figure): the figure that shows the claim just clicked.
    """

    break_requested = Signal(str)
    preset_requested = Signal(str)
    measure_requested = Signal()
    highlight_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: dict[str, ClaimCard] = {}
        self.headers: dict[Verdict, QPushButton] = {}
        self._closed: set[Verdict] = set()
        self._order: list[QWidget] = []
        self.heading = QLabel("Claims", indent=8)
        tag(self.heading, title=True)
        self.search = QLineEdit(placeholderText="Search claims", clearButtonEnabled=True)
        self.search.setAccessibleName("Search claims")
        for button in self.search.findChildren(QToolButton):
            button.setAccessibleName("Clear the search")
        self.search.textChanged.connect(self._arrange)
        self.search.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.heading)
        column.addWidget(self.search)
        self.none = QLabel("No claim has these words.", indent=8)
        tag(self.none, muted=True)
        self.none.hide()
        column.addWidget(self.none)
        self._stack = QVBoxLayout()
        self._stack.setSpacing(2)
        column.addLayout(self._stack)
        for verdict in GROUPS:
            self.headers[verdict] = self._header(verdict)

    def _header(self, verdict: Verdict) -> QPushButton:
        header = QPushButton(self)
        tag(header, link=True, muted=True)
        header.clicked.connect(lambda: self._toggle_group(verdict))
        header.hide()
        return header

    def _toggle_group(self, verdict: Verdict) -> None:
        self._closed ^= {verdict}
        self._arrange()

    def set_claims(self, claims: Sequence[Claim]) -> None:
        """Show these claims; the cards of those already here are kept, open or not."""
        old = {key: card.claim.verdict for key, card in self.cards.items()}
        for claim in claims:
            if claim.id in self.cards:
                self.cards[claim.id].update_claim(claim)
            else:
                self.cards[claim.id] = self._new_card(claim)
        new = {claim.id: claim.verdict for claim in claims}
        if list(new.items()) == list(old.items()):
            return
        for key in old.keys() - new.keys():
            self.cards.pop(key).deleteLater()
        self.cards = {key: self.cards[key] for key in new}
        self.search.setVisible(len(self.cards) > SEARCH_ABOVE)
        self._arrange()

    def set_outdated(self, outdated: bool) -> None:
        """Say that the verdicts are still those of earlier parameters."""
        self.heading.setText("Claims, at earlier values" if outdated else "Claims")

    def _new_card(self, claim: Claim) -> ClaimCard:
        card = ClaimCard(claim, self)
        card.opened.connect(self.highlight_requested)
        card.break_requested.connect(self.break_requested)
        card.preset_requested.connect(self.preset_requested)
        card.measure_requested.connect(self.measure_requested)
        return card

    def _arrange(self) -> None:
        """Put headers and cards in order; cards never change their parent, so none flickers."""
        words = self.search.text().lower().split() if len(self.cards) > SEARCH_ABOVE else []
        order: list[QWidget] = []
        for verdict, header in self.headers.items():
            group = [card for card in self.cards.values() if card.claim.verdict == verdict]
            found = [card for card in group if _matches(card.claim, words)]
            closed = verdict in self._closed
            header.setText(f"{'▸' if closed else '▾'} {GROUPS[verdict]}  {len(found)}")
            header.setAccessibleName(
                f"{GROUPS[verdict]}, {len(found)}, {'closed' if closed else 'open'}"
            )
            header.setHidden(not found)
            order.append(header)
            order += group
            for card in group:
                card.setHidden(closed or card not in found)
        self.none.setHidden(not words or any(_matches(c.claim, words) for c in self.cards.values()))
        self._place(order)

    def _place(self, order: list[QWidget]) -> None:
        if order == self._order:
            return
        # An item from takeAt() would outlive its place, and the card's new size never be asked.
        for widget in self._order:
            self._stack.removeWidget(widget)
        previous: QWidget = self.search
        for widget in order:
            self._stack.addWidget(widget)
            QWidget.setTabOrder(previous, widget)
            previous = widget
        self._order = order


def _matches(claim: Claim, words: Sequence[str]) -> bool:
    parts = (claim.id, claim.statement, claim.published, claim.correct, claim.source, claim.reason)
    text = " ".join(parts).lower()
    return all(word in text for word in words)
