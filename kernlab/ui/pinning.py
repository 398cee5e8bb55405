"""Pinning in a panel: its actions, the row of chips, and the runs that fill in what pins lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from kernlab.engine.contract.drawing import Drawing, DrawnSheet
from kernlab.ui.actions import add_action
from kernlab.ui.cards import FigureCard, SheetCard
from kernlab.ui.errands import Errands
from kernlab.ui.jobs import Failed, Finished, Request
from kernlab.ui.memory import Keeper
from kernlab.ui.pin_bar import Entry, PinBar
from kernlab.ui.pins import DASHES, Pin, Pins, Scales

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

PIN = "pin"
"""The kind of errand, and what a message is about."""
BRIEFLY = 6.0
"""Seconds for which a message stays that asks for nothing."""


@dataclass(frozen=True)
class _Shown:
    """What a card shows, without what is pinned, and the parameters (by serial) that it is of."""

    serial: int
    card: FigureCard | SheetCard
    drawn: Drawing | DrawnSheet


@dataclass(frozen=True)
class _Asked:
    """The run that is under way for a pin."""

    serial: int
    pin: Pin
    view: str
    scales: Scales


class Pinning(QObject):
    """Pins the traces of a panel and shows them behind the live ones.

    Args:
        errands: the panel's; a run of a pin is one of them.

    Attributes:
        bar: the row of chips, to be placed above the figures.
    """

    def __init__(self, panel: Panel, errands: Errands, roles: Mapping[str, str]) -> None:
        super().__init__(panel)
        self.panel = panel
        self.pins = Pins(panel.experiment.key, panel.parameters)
        self.bar = PinBar(roles)
        self.bar.load_requested.connect(self.load_parameters)
        self.bar.remove_requested.connect(self.remove)
        self._errands = errands
        self._shown: dict[str, _Shown] = {}
        self._complete: dict[str, int] = {}
        self._asked: _Asked | None = None
        self._serial = 0
        self._add_actions()
        panel.parameters_changed.connect(self._on_parameters)
        panel.finished.connect(self._on_finished)
        panel.held.connect(lambda _: self._complete.update({panel.view: panel.serial}))
        panel.memory["pins"] = Keeper(self.save, self.load)

    def _add_actions(self) -> None:
        panel, tools = self.panel, self.panel.toolbar.tools
        pin = "Keep what the figures show, dashed, to compare with other parameters"
        tools.addAction(add_action(panel, "Pin current traces", self.pin, "Ctrl+P", pin))
        self._unpin_all = add_action(
            panel, "Unpin all", self.clear, "Ctrl+Shift+P", "Show the live traces alone"
        )
        tools.addAction(self._unpin_all)
        self._menu = tools.addMenu("Pins")
        self._menu.setToolTipsVisible(True)
        self._of_pins: dict[str, tuple[QAction, QAction]] = {}
        for letter in DASHES:
            load = add_action(panel, f"Load pin {letter}", partial(self.load_parameters, letter))
            remove = add_action(panel, f"Remove pin {letter}", partial(self.remove, letter))
            self._of_pins[letter] = (load, remove)
            self._menu.addActions([load, remove])
        self._tell()

    def set_roles(self, roles: Mapping[str, str]) -> None:
        """Repaint in the colours of another theme."""
        self.bar.set_roles(roles)

    # -- what the user does -----------------------------------------------------------------

    def pin(self) -> None:
        """Keep the traces that are on screen."""
        panel = self.panel
        pin = self._add(panel.parameters)
        if pin is None:
            return
        for shown in self._shown.values():
            if shown.serial == panel.serial:
                pin.keep(shown.drawn)
        for view, serial in self._complete.items():
            if serial == panel.serial:
                pin.views[view] = self._current_scales
        self._refresh()

    def _add(self, parameters: Any) -> Pin | None:
        try:
            return self.pins.add(parameters)
        except ValueError as error:
            self.panel.message.tell(str(error), BRIEFLY, PIN)
            return None

    def remove(self, letter: str) -> None:
        """Take one pin away."""
        if letter in self.pins:
            self._take_away(letter)
            self._refresh()

    def clear(self) -> None:
        """Take all pins away."""
        for letter in [pin.letter for pin in self.pins]:
            self._take_away(letter)
        self._refresh()

    def _take_away(self, letter: str) -> None:
        if self._asked is not None and self._asked.pin is self.pins[letter]:
            self.cancel()
        self.pins.remove(letter)
        self.panel.message.settle(PIN)

    def load_parameters(self, letter: str) -> None:
        """Set the panel's parameters to those of a pin."""
        if letter in self.pins:
            self.panel.set_parameters(vars(self.pins[letter].parameters))

    # -- sessions ---------------------------------------------------------------------------

    def save(self) -> list[dict[str, Any]]:
        """The recipes of the pins, ready for JSON."""
        return [pin.recipe for pin in self.pins]

    def load(self, saved: Any) -> None:
        """Replace the pins by saved ones, whose traces are computed when nothing else is.

        Raises:
            ValueError: none of them can be read; nothing was changed.
        """
        found, trouble = self.pins.read(saved)
        if trouble and not found:
            raise ValueError(trouble[0])
        for letter in [pin.letter for pin in self.pins]:
            self._take_away(letter)
        for parameters in found:
            self._add(parameters)
        if trouble:
            self.panel.message.warn(" ".join(trouble), PIN)
        self._refresh()

    # -- what is shown ----------------------------------------------------------------------

    def show(
        self,
        card: FigureCard | SheetCard,
        serial: int,
        drawn: Drawing | DrawnSheet,
        *,
        keep_view: bool,
    ) -> None:
        """Hand a figure or a sheet to its card, with what is pinned."""
        self._shown[drawn.key] = _Shown(serial, card, drawn)
        if isinstance(card, FigureCard) and isinstance(drawn, Drawing):
            card.show_drawing(self.pins.merged(drawn), keep_view=keep_view)
            if self.pins.inexact:
                self.complete()
        elif isinstance(card, SheetCard) and isinstance(drawn, DrawnSheet):
            card.show_sheet(drawn, self.pins.compared(drawn))

    def _refresh(self) -> None:
        """After a change of pins: the cards, the chips and the menu; then what is missing."""
        self._tell()
        self._show_again(self._shown)
        self.complete()

    def _show_again(self, keys: Any) -> None:
        for shown in [self._shown[key] for key in keys if key in self._shown]:
            self.show(shown.card, shown.serial, shown.drawn, keep_view=self.panel.moving)

    def _tell(self) -> None:
        labels = self.pins.labels
        self.bar.show_entries([Entry(letter, DASHES[letter], labels[letter]) for letter in labels])
        self._unpin_all.setEnabled(bool(labels))
        self._menu.setEnabled(bool(labels))
        for letter, actions in self._of_pins.items():
            for action in actions:
                action.setEnabled(letter in labels)
                action.setVisible(letter in labels)
                action.setToolTip(labels.get(letter, ""))

    def _on_parameters(self, moving: bool) -> None:
        if self.pins.set_current(self.panel.parameters):
            self._tell()
            if not moving:
                self._show_again(self._shown)

    # -- runs -------------------------------------------------------------------------------

    @property
    def _current_scales(self) -> Scales:
        return tuple((key, axis, log) for (key, axis), log in self.panel.scales.items())

    def _on_finished(self, event: Finished) -> None:
        request = event.request
        if request.purpose == "show" and request.fidelity == "full":
            self._complete[request.views[0]] = request.serial
            self.complete()

    def complete(self) -> None:
        """Compute what a pin lacks of the view on screen, one run after the other."""
        view, scales = self.panel.view, self._current_scales
        if self._asked is not None or not self.panel.pictured:
            return
        for pin in self.pins:
            known = pin.views.get(view)
            inexact = (pin.letter, view) in self.pins.inexact
            if known is None or (inexact and known != scales):
                self._ask(pin, view, scales)
                return

    def _ask(self, pin: Pin, view: str, scales: Scales) -> None:
        panel = self.panel
        self._serial += 1
        self.pins.inexact.discard((pin.letter, view))
        self._asked = _Asked(self._serial, pin, view, scales)
        request = Request(
            panel.experiment.key,
            self._serial,
            panel.experiment,
            pin.parameters,
            "full",
            (view,),
            purpose="pin",
            scales=scales,
        )
        self._errands.send(PIN, request)
        panel.toolbar.set_running(True)

    def cancel(self) -> None:
        """Stop the run that is under way for a pin; it is asked for again when it is needed."""
        self._errands.cancel(PIN)
        self._asked = None

    def poll(self) -> None:
        """Take the figures that the lane has made for a pin."""
        asked = self._asked
        if asked is None:
            return
        place = f"{self.panel.experiment.key}/{PIN}"
        while (news := self.panel.lane.mailbox.take_figure(place)) is not None:
            serial, drawn = news
            if serial == asked.serial:
                asked.pin.keep(drawn)
                self.pins.forget(drawn.key)
                self._show_again([drawn.key])

    def on_done(self, event: Finished | Failed) -> None:
        """Note the end of the run, and go on with the next one."""
        asked, self._asked = self._asked, None
        if asked is None:
            return
        asked.pin.views[asked.view] = asked.scales
        if isinstance(event, Failed):
            text = f"Pin {asked.pin.letter} was not computed: {event.message}"
            self.panel.message.warn(text, PIN)
        self.complete()
