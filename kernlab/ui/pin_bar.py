"""The row of pins above the figures: what each one is, with a click for its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from kernlab.engine.contract.figure import Dash, Style
from kernlab.ui.header import IconButton
from kernlab.ui.items import Palette

HEIGHT = 26
SAMPLE = 28.0
PAD = 9.0
LEAST = 140
"""Pixels to which a chip may shrink before its label is shortened no further."""


@dataclass(frozen=True)
class Entry:
    """One pin, as the row shows it."""

    letter: str
    dash: Dash
    label: str


class _Chip(QAbstractButton):
    """Letter, dash and label of a pin on a quiet plate."""

    def __init__(self, entry: Entry, palette: Palette) -> None:
        super().__init__()
        self.colors = palette
        self.entry = entry
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.close_button = IconButton("close", f"Remove pin {entry.letter}", palette)
        inside = QHBoxLayout(self)
        inside.setContentsMargins(0, 0, 2, 0)
        inside.addStretch(1)
        inside.addWidget(self.close_button)
        self.show_entry(entry)

    def show_entry(self, entry: Entry) -> None:
        """Take over the texts."""
        self.entry = entry
        self.setAccessibleName(f"Load the parameters of pin {entry.letter}: {entry.label}")
        self.setToolTip(f"Pin {entry.letter}: {entry.label}\nClick to load its parameters.")
        self.updateGeometry()
        self.update()

    @property
    def _bold(self) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        return font

    @property
    def _before(self) -> float:
        """Pixels before the label."""
        return PAD + QFontMetricsF(self._bold).horizontalAdvance("D") + 8 + SAMPLE + 8

    def sizeHint(self) -> QSize:
        label = QFontMetricsF(self.font()).horizontalAdvance(self.entry.label)
        return QSize(int(self._before + label + 24 + PAD) + 2, HEIGHT)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        warm = self.underMouse()
        outline = "accent" if self.hasFocus() else "muted" if warm else "line"
        painter.setPen(QPen(self.colors.color(outline), 1))
        painter.setBrush(self.colors.color("raised" if warm else "surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        middle = self.height() / 2
        painter.setPen(self.colors.color("text"))
        painter.setFont(self._bold)
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(PAD, 0, 20, self.height()), align, self.entry.letter)
        start = self._before - SAMPLE - 8
        painter.setPen(self.colors.pen(Style("muted", self.entry.dash), 1.6))
        painter.drawLine(QPointF(start, middle + 0.5), QPointF(start + SAMPLE, middle + 0.5))
        painter.setFont(self.font())
        painter.setPen(self.colors.color("text"))
        room = self.width() - self._before - 24
        metrics = QFontMetricsF(self.font())
        shown = metrics.elidedText(self.entry.label, Qt.TextElideMode.ElideRight, room + 0.5)
        painter.drawText(QRectF(self._before, 0, room + 2, self.height()), align, shown)


class PinBar(QWidget):
    """One chip a pin; hidden while there is none.

    Signals:
        load_requested(letter): the user wants the parameters of a pin.
        remove_requested(letter): the user has no more need of it.
    """

    load_requested = Signal(str)
    remove_requested = Signal(str)

    def __init__(self, roles: Mapping[str, str]) -> None:
        super().__init__()
        self.colors = Palette(roles)
        self.chips: dict[str, _Chip] = {}
        self.setAccessibleName("Pins")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addStretch(1)
        self.hide()

    def show_entries(self, entries: list[Entry]) -> None:
        """Show these pins; chips that stay are changed in place."""
        wanted = {entry.letter for entry in entries}
        for letter in [letter for letter in self.chips if letter not in wanted]:
            chip = self.chips.pop(letter)
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        for place, entry in enumerate(entries):
            if entry.letter not in self.chips:
                self._row.insertWidget(place, self._add(entry))
            elif self.chips[entry.letter].entry != entry:
                self.chips[entry.letter].show_entry(entry)
        self.setVisible(bool(entries))

    def _add(self, entry: Entry) -> _Chip:
        chip = self.chips[entry.letter] = _Chip(entry, self.colors)
        letter = entry.letter
        chip.clicked.connect(lambda _: self.load_requested.emit(letter))
        chip.close_button.clicked.connect(lambda _: self.remove_requested.emit(letter))
        return chip

    def set_roles(self, roles: Mapping[str, str]) -> None:
        """Repaint in the colours of another theme."""
        self.colors = Palette(roles)
        for chip in self.chips.values():
            chip.colors = chip.close_button.colors = self.colors
            chip.update()
