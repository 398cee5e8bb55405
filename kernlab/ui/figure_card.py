"""A live figure with its header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu

from kernlab.assets import roles as shipped_roles
from kernlab.engine.contract.drawing import Drawing, DrawnImage, DrawnLine
from kernlab.ui.card import Card
from kernlab.ui.header import LegendEntry, icon_button
from kernlab.ui.pace import Pace
from kernlab.ui.plot_keys import PlotKeys
from kernlab.ui.plots import PlotView

CLICK_NOTE = "click to set both"


def _legend(drawing: Drawing) -> tuple[LegendEntry, ...]:
    """The legend, with a marker only where the figure shows it."""
    marked = {item.label for item in drawing.items if isinstance(item, DrawnLine) and item.markers}
    return tuple(
        (label, style if dots or label in marked else replace(style, marker=""), dots)
        for label, style, dots in drawing.legend
    )


class FigureCard(Card):
    """One figure on screen.

    Signals:
        clicked(key, x, y): a click in a figure whose clicks set parameters, in data values.
        scale_requested(key, axis, log): the user wants axis "x" or "y" logarithmic or linear;
            the figure has to be drawn anew, since its arrays arrive transformed.
    """

    clicked = Signal(str, float, float)
    scale_requested = Signal(str, str, bool)

    def __init__(self, key: str, title: str = "", roles: Mapping[str, str] | None = None) -> None:
        roles = shipped_roles("light") if roles is None else roles
        super().__init__(key, title, roles)
        self.plot = PlotView(roles)
        self.plot.setAccessibleName(title)
        self.plot.clicked.connect(self._on_clicked)
        self.plot.x_moved.connect(self._on_x_moved)
        self.column.addWidget(self.plot, 1)
        self.keys = PlotKeys(self)
        self._linked: list[FigureCard] = []
        self._stale = False
        self._pace = Pace(self)
        self.enlarge_button = icon_button(
            "enlarge", "Enlarge", self.colors, lambda: self.enlarge_requested.emit(self.key)
        )
        self.menu_button = icon_button("menu", "More", self.colors, self._open_menu)
        self.menu = self._build_menu()
        self.add_button(self.menu_button)
        self.add_button(self.enlarge_button)

    def _build_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Reset view").triggered.connect(lambda _: self.plot.reset_by_hand())
        menu.addSeparator()
        self.log_x = menu.addAction("Logarithmic x")
        self.log_y = menu.addAction("Logarithmic y")
        for axis, action in (("x", self.log_x), ("y", self.log_y)):
            action.setCheckable(True)
            action.triggered.connect(
                lambda log, axis=axis: self.scale_requested.emit(self.key, axis, log)
            )
        menu.addSeparator()
        menu.addAction("Copy image").triggered.connect(lambda _: self.copy_image())
        return menu

    def _open_menu(self) -> None:
        self.menu.popup(self.menu_button.mapToGlobal(QPoint(0, self.menu_button.height())))

    @property
    def drawing(self) -> Drawing | None:
        """What is on screen."""
        return self.plot.drawing

    def show_drawing(self, drawing: Drawing, *, keep_view: bool = False) -> None:
        """Hand over a drawing; cheap enough for every step of a slider.

        Args:
            keep_view: while a slider moves: ranges only grow, the header keeps its rows and
                changes its texts only now and then.
        """
        self._pace.make(lambda: self._tell(drawing, keep_view), at_once=not keep_view)
        self.log_x.setChecked(drawing.x.log)
        self.log_y.setChecked(drawing.y.log)
        # The cells of an image are even on the scales that it was computed for, and only there.
        image = any(isinstance(item, DrawnImage) for item in drawing.items)
        self.log_x.setDisabled(image)
        self.log_y.setDisabled(image)
        self.plot.show_drawing(drawing, keep_view=keep_view)

    def _tell(self, drawing: Drawing, keep_rows: bool) -> None:
        notes = [drawing.note, CLICK_NOTE if drawing.click else ""]
        note = " · ".join(filter(None, notes))
        self.header.show_texts(drawing.title, note, _legend(drawing), keep_rows=keep_rows)

    def set_waiting(self, text: str) -> None:
        """What the card says while there is no drawing yet."""
        self.plot.set_waiting(text)

    def set_stale(self, stale: bool) -> None:
        """Dim the data while newer ones are on their way."""
        if stale != self._stale:
            self._stale = stale
            self.plot.set_stale(stale)

    def set_roles(self, roles: Mapping[str, str]) -> None:
        super().set_roles(roles)
        self.plot.set_roles(roles)

    def set_enlarged(self, enlarged: bool) -> None:
        """Show the way back on the button while the card is alone."""
        name = "Back to all figures (Esc)" if enlarged else "Enlarge"
        self.enlarge_button.sign = "shrink" if enlarged else "enlarge"
        self.enlarge_button.setToolTip(name)
        self.enlarge_button.setAccessibleName(name)
        self.enlarge_button.update()

    def link_x(self, other: FigureCard) -> None:
        """Pan and zoom x together with another card, as long as both show the same quantity."""
        for one, two in ((self, other), (other, self)):
            if one is not two and two not in one._linked:
                one._linked.append(two)

    def unlink_x(self) -> None:
        """End all links of this card."""
        for other in self._linked:
            other._linked.remove(self)
        self._linked.clear()

    def _on_x_moved(self, low: float, high: float) -> None:
        mine = self.drawing
        for other in self._linked:
            theirs = other.drawing
            if mine and theirs and (mine.x.title, mine.x.log) == (theirs.x.title, theirs.x.log):
                other.plot.follow_x(low, high)

    def _on_clicked(self, x: float, y: float) -> None:
        if self.drawing is not None and self.drawing.click:
            self.clicked.emit(self.key, x, y)
