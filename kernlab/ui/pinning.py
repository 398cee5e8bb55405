"""Pinning in a panel: its actions, the row of chips, and the runs that fill in what pins lack."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from kernlab.engine.contract.drawing import Drawing, DrawnSheet
from kernlab.ui.actions import add_action
from kernlab.ui.cards import FigureCard, SheetCard
from kernlab.ui.keeper import Keeper
from kernlab.ui.mailbox import Failed, Finished, Mail
from kernlab.ui.message import BRIEFLY
from kernlab.ui.pin_bar import Entry, PinBar
from kernlab.ui.pins import DASHES, Pin, Pins
from kernlab.ui.requests import Scales
from kernlab.ui.views import Shown

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

PIN = "pin"
"""The kind of errand, and what a message is about."""


@dataclass(frozen=True)
class _Asked:
    """The run that is under way for a pin."""

    serial: int
    pin: Pin
    view: str
    scales: Scales


class Pinning(QObject):
    """Pins the traces of a panel and shows them behind the live ones.

    Attributes:
        bar: the row of chips, to be placed above the figures.
    """

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self.panel = panel
        self.pins = Pins(panel.experiment.key, panel.parameters)
        self.bar = PinBar(panel.roles)
        self.bar.load_requested.connect(self.load_parameters)
        self.bar.remove_requested.connect(self.remove)
        self._asked: _Asked | None = None
        self._serial = 0
        self._add_actions()
        panel.parameters_changed.connect(self._on_parameters)
        panel.finished.connect(self._on_finished)
        panel.tabs.currentChanged.connect(lambda _: self.complete())
        panel.roles_changed.connect(self.bar.set_roles)
        panel.runs.add_errand(PIN, self)
        panel.memory["pins"] = Keeper(self.save, self.load)

    def _add_actions(self) -> None:
        panel, tools = self.panel, self.panel.toolbar.tools
        tip = "Keep what the figures show, dashed, to compare with other parameters"
        add_action(panel, "Pin current traces", self.pin, "Ctrl+P", tip, menu=tools)
        tip = "Show the live traces alone"
        self._unpin_all = add_action(
            panel, "Unpin all", self.clear, "Ctrl+Shift+P", tip, menu=tools
        )
        self._menu = tools.addMenu("Pins")
        self._menu.setToolTipsVisible(True)
        self._of_pins: dict[str, tuple[QAction, QAction]] = {}
        for letter in DASHES:
            load = add_action(panel, f"Load pin {letter}", partial(self.load_parameters, letter))
            remove = add_action(panel, f"Remove pin {letter}", partial(self.remove, letter))
            self._of_pins[letter] = (load, remove)
            self._menu.addActions([load, remove])
        self._tell()

    # -- what the user does -----------------------------------------------------------------

    def pin(self) -> None:
        """Keep the traces that are on screen."""
        panel = self.panel
        pin = self._add(panel.parameters)
        if pin is None:
            return
        for shown in panel.views.shown.values():
            if shown.serial == panel.serial:
                pin.keep(shown.drawn)
        for view, serial in panel.runs.complete.items():
            if serial == panel.serial:
                pin.views[view] = panel.views.switched
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

    def show(self, shown: Shown) -> None:
        """Hand a figure or a sheet to its card, with what is pinned."""
        card, drawn = shown.card, shown.drawn
        if isinstance(card, FigureCard) and isinstance(drawn, Drawing):
            card.show_drawing(self.pins.merged(drawn), keep_view=self.panel.moving)
            if self.pins.inexact:
                self.complete()
        elif isinstance(card, SheetCard) and isinstance(drawn, DrawnSheet):
            card.show_sheet(drawn, self.pins.compared(drawn))

    def _refresh(self) -> None:
        """After a change of pins: the cards, the chips and the menu; then what is missing."""
        self._tell()
        self._show_again()
        self.complete()

    def _show_again(self, *keys: str) -> None:
        """Show figures again, by their keys, or all that there are."""
        shown = self.panel.views.shown
        for key in keys or tuple(shown):
            if key in shown:
                self.show(shown[key])

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
                self._show_again()

    # -- runs -------------------------------------------------------------------------------

    def _on_finished(self, event: Finished) -> None:
        request = event.request
        if request.purpose == "show" and request.fidelity == "full":
            self.complete()

    def complete(self) -> None:
        """Compute what a pin lacks of the view on screen, one run after the other."""
        view, scales = self.panel.view, self.panel.views.switched
        if self._asked is not None or not self.panel.pictured:
            return
        for pin in self.pins:
            known = pin.views.get(view)
            inexact = (pin.letter, view) in self.pins.inexact
            if known is None or (inexact and known != scales):
                self._ask(pin, view, scales)
                return

    def _ask(self, pin: Pin, view: str, scales: Scales) -> None:
        runs = self.panel.runs
        self._serial += 1
        self.pins.inexact.discard((pin.letter, view))
        self._asked = _Asked(self._serial, pin, view, scales)
        now = {"serial": self._serial, "parameters": pin.parameters}
        runs.send(PIN, runs.request("full", (view,), purpose="pin", **now))

    def cancel(self) -> None:
        """Stop the run that is under way for a pin; it is asked for again when it is needed."""
        self.panel.runs.errands.cancel(PIN)
        self._asked = None

    def take(self, mail: Mail) -> None:
        """Take the figures that the lane has made for a pin, and the end of the run."""
        asked = self._asked
        if asked is None:
            return
        place = f"{self.panel.experiment.key}/{PIN}"
        while (news := self.panel.lane.mailbox.take_figure(place)) is not None:
            serial, drawn = news
            if serial == asked.serial:
                asked.pin.keep(drawn)
                self.pins.forget(drawn.key)
                self._show_again(drawn.key)
        if mail.end is not None:
            self._finish(asked, mail.end)

    def _finish(self, asked: _Asked, end: Finished | Failed) -> None:
        """Note the end of the run, and go on with the next one."""
        self._asked = None
        asked.pin.views[asked.view] = asked.scales
        if isinstance(end, Failed):
            text = f"Pin {asked.pin.letter} was not computed: {end.message}"
            self.panel.message.warn(text, PIN)
        self.complete()
