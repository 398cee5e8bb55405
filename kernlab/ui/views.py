"""The views of a panel: its tabs, its cards, and what is drawn on them."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QTabBar

from kernlab.engine.contract.drawing import Drawing, DrawnSheet
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.ui.cards import FigureCard, FigureGrid, SheetCard
from kernlab.ui.requests import Scales

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel


@dataclass(frozen=True)
class Shown:
    """What a card shows, without what is pinned, and the parameters (by serial) that it is of."""

    serial: int
    card: FigureCard | SheetCard
    drawn: Drawing | DrawnSheet


class Views(QObject):
    """Makes the cards of a panel's figures and shows those of the chosen view.

    Attributes:
        tabs: one for each view.
        grid: the cards of the view on screen.
        cards: all cards so far, by the keys of their figures.
        shown: what is on the cards, by the same keys.
        scales: the axes (figure, "x" or "y") that the user made logarithmic or linear.
        pictured: the newest parameters, by serial, of which there has been a picture; -1: none.
    """

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._panel = panel
        self.cards: dict[str, FigureCard | SheetCard] = {}
        self.shown: dict[str, Shown] = {}
        self.scales: dict[tuple[str, str], bool] = {}
        self.pictured = -1
        self._late: dict[str, str] = {}
        self.grid = FigureGrid()
        self.tabs = QTabBar(objectName="views", drawBase=False, expanding=False)
        self.tabs.setAccessibleName("Views")
        for view in panel.experiment.views:
            self.tabs.addTab(view)
        self.tabs.currentChanged.connect(lambda _: self.fill())

    @property
    def current(self) -> str:
        """The view on screen."""
        return self._panel.experiment.views[max(0, self.tabs.currentIndex())]

    @property
    def switched(self) -> Scales:
        """The scales as a request carries them."""
        return tuple((key, axis, log) for (key, axis), log in self.scales.items())

    def fill(self) -> None:
        """Show the cards of the chosen view, in the order in which the experiment lists them."""
        listed = [figure for figure in self._listed() if figure.view == self.current]
        keys = [self._card(f, isinstance(f, Sheet)) for f in listed]
        late = [k for k, view in self._late.items() if view == self.current and k not in keys]
        cards = [self.cards[key] for key in [*keys, *late]]
        if cards != list(self.grid.cards):
            self.grid.set_cards(cards)

    def _listed(self) -> Sequence[Figure | Sheet]:
        """The experiment's figures before anything is computed."""
        panel = self._panel
        try:
            return panel.experiment.figures(panel.parameters, {})
        except Exception as error:
            details = "".join(traceback.format_exception(error))
            panel.message.fail(f"The figures cannot be listed: {error}", details)
            return ()

    def _card(self, figure: Figure | Sheet | Drawing | DrawnSheet, sheet: bool) -> str:
        """The key of a figure, whose card is made where there is none yet."""
        if figure.key not in self.cards:
            kind = SheetCard if sheet else FigureCard
            self.cards[figure.key] = self._new_card(kind, figure.key, figure.title)
        return figure.key

    def _new_card(
        self, kind: type[FigureCard | SheetCard], key: str, title: str
    ) -> FigureCard | SheetCard:
        card = kind(key, title, self._panel.roles)
        if isinstance(card, FigureCard):
            card.enlarge_requested.connect(self.grid.enlarge)
            card.clicked.connect(self._on_clicked)
            card.scale_requested.connect(self._on_scale_requested)
        return card

    # -- what the user does -----------------------------------------------------------------

    def _on_scale_requested(self, key: str, axis: str, log: bool) -> None:
        self.scales[key, axis] = log
        self._panel.runs.submit("full")

    def _on_clicked(self, key: str, x: float, y: float) -> None:
        clicks = [f.click for f in self._listed() if isinstance(f, Figure) and f.key == key]
        click = clicks[0] if clicks else None
        if click:
            controls = self._panel.controls
            place = {click[0]: self._clamp(click[0], x), click[1]: self._clamp(click[1], y)}
            controls.set_values({**controls.values(), **place})

    def _clamp(self, name: str, value: float) -> float | int:
        """A value from a picture: no more digits than a click can mean, within the range."""
        field = self._panel.controls.control(name).field
        value = float(f"{value:.3e}")
        if field.span:
            value = min(max(value, field.span.low), field.span.high)
        return round(value) if field.kind == "int" else value

    def highlight(self, key: str) -> None:
        """Show a figure, whichever view it is in, and mark its card."""
        for figure in self._listed():
            if figure.key == key and figure.view != self.current:
                self.tabs.setCurrentIndex(self._panel.experiment.views.index(figure.view))
        for name, card in self.cards.items():
            if isinstance(card, FigureCard):
                card.highlight(name == key)

    # -- what is shown ----------------------------------------------------------------------

    def serial_of(self, key: str) -> int:
        """The serial of what a figure's card shows; -1 where it is empty."""
        shown = self.shown.get(key)
        return -1 if shown is None else shown.serial

    def show(self, serial: int, drawn: Drawing | DrawnSheet) -> None:
        """Hand a figure or a sheet to its card, unless that shows a newer one."""
        panel, key = self._panel, drawn.key
        if key not in self.cards:  # one that the experiment lists once it has tables
            self._late[self._card(drawn, isinstance(drawn, DrawnSheet))] = drawn.view
            self.fill()
        if serial < self.serial_of(key):
            return
        shown = self.shown[key] = Shown(serial, self.cards[key], drawn)
        panel.pins.show(shown)
        shown.card.set_stale(False)
        if serial == panel.serial and self.pictured < serial:
            self.pictured = serial
            panel.picture_shown.emit(time.perf_counter() - panel.changed_at)

    def dim(self) -> None:
        """Dim what has lagged behind the parameters; it stays on screen."""
        now = self._panel.serial
        for key, card in self.cards.items():
            card.set_stale(key in self.shown and self.shown[key].serial < now)

    def set_waiting(self, text: str) -> None:
        """Let cards that are still empty say what they wait for."""
        for card in self.cards.values():
            card.set_waiting(text)

    def set_roles(self, roles: Mapping[str, str]) -> None:
        """Repaint the figures in the colours of another theme."""
        for card in self.cards.values():
            card.set_roles(roles)
