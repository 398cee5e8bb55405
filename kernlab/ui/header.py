"""The header of a card: title, note, legend and buttons, so that no legend covers data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QWidget

from kernlab.engine.contract.figure import Style
from kernlab.ui.items import Palette, marker_outline, polygon
from kernlab.ui.plots import scaled

LegendEntry = tuple[str, Style, bool]

GAP = 12.0
SWATCH = 20.0
LEGEND_ROWS = 2


class IconButton(QAbstractButton):
    """A small drawn button, because no font is sure to have the signs."""

    signs: ClassVar[Mapping[str, str]] = {
        "enlarge": "9,3 13,3 13,7|13,3 9,7|7,13 3,13 3,9|3,13 7,9",
        "shrink": "13,7 9,7 9,3|9,7 13,3|3,9 7,9 7,13|7,9 3,13",
        "close": "4.5,4.5 11.5,11.5|11.5,4.5 4.5,11.5",
        "copy": "6,5.5 13,5.5 13,13 6,13 6,5.5|10,3 3,3 3,10",
    }
    """Strokes of points on a field of 16 pixels."""

    def __init__(self, sign: str, name: str, palette: Palette) -> None:
        super().__init__()
        self.sign = sign
        self.colors = palette
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setFixedSize(22, 22)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        return QSize(22, 22)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        warm = self.underMouse()
        if warm or self.hasFocus():
            outline = self.colors.color("accent" if self.hasFocus() else "line")
            painter.setPen(QPen(outline, 1))
            painter.setBrush(self.colors.color("line" if warm else "surface"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        ink = self.colors.color("text" if warm else "muted")
        painter.translate(3, 3)
        if self.sign == "menu":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            for x in (3.0, 8.0, 13.0):
                painter.drawEllipse(QPointF(x, 8), 1.4, 1.4)
            return
        painter.setPen(QPen(ink, 1.4))
        for stroke in self.signs[self.sign].split("|"):
            corners = (point.split(",") for point in stroke.split())
            painter.drawPolyline([QPointF(float(x), float(y)) for x, y in corners])


@dataclass(frozen=True)
class _Placed:
    """A legend entry with its place; `shown` is its label, shortened where it must be."""

    at: QPointF
    shown: str
    entry: LegendEntry


class Header(QWidget):
    """Title, note and legend, in one row where they fit, else the legend below.

    While a slider moves the number of rows stays, so that no plot changes its size.
    """

    resized = Signal()

    def __init__(self, title: str, palette: Palette) -> None:
        super().__init__()
        self.colors = palette
        self.title, self.note = title, ""
        self.legend: tuple[LegendEntry, ...] = ()
        self.reserved = 0.0
        """Pixels at the right of the first row that belong to the buttons."""
        self._rows = 1
        self._placed: list[_Placed] = []
        self._refit(grow_only=False)

    def show_texts(
        self, title: str, note: str, legend: tuple[LegendEntry, ...], *, keep_rows: bool
    ) -> None:
        """Take over the texts; do nothing where they are the same."""
        if (title, note, legend) == (self.title, self.note, self.legend) and keep_rows:
            return
        changed = (title, note, legend) != (self.title, self.note, self.legend)
        self.title, self.note, self.legend = title, note, legend
        self._refit(grow_only=keep_rows)
        if changed:
            self.update()

    def set_palette(self, palette: Palette) -> None:
        self.colors = palette
        self.update()

    @property
    def shown_texts(self) -> list[str]:
        """The legend's labels as they are on screen."""
        return [placed.shown for placed in self._placed]

    # -- layout -----------------------------------------------------------------------------

    @property
    def _bold(self) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        return font

    @property
    def _small(self) -> QFont:
        return scaled(self.font(), 0.88)

    @property
    def row_height(self) -> int:
        return max(22, int(QFontMetricsF(self._bold).height()) + 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._refit(grow_only=False)

    def _refit(self, *, grow_only: bool) -> None:
        small = QFontMetricsF(self._small)
        widths = [SWATCH + small.horizontalAdvance(label) for label, _, _ in self.legend]
        first = QFontMetricsF(self._bold).horizontalAdvance(self.title) + GAP
        first += small.horizontalAdvance(self.note) + GAP if self.note else 0
        beside = first + sum(widths) + GAP * len(widths) <= self.width() - self.reserved
        if not self.legend or (beside and not (grow_only and self._rows > 1)):
            rows, self._placed = 1, self._beside(widths)
        else:
            self._placed = self._below(widths, small)
            rows = 2 + max((int(p.at.y()) for p in self._placed), default=0)
        if grow_only:
            rows = max(rows, self._rows)
        hidden = any(p.shown != p.entry[0] for p in self._placed)
        lines = [self.note, *(label for label, _, _ in self.legend)] if hidden else [self.note]
        self.setToolTip("\n".join(line for line in lines if line))
        self._rows = rows
        height = self.row_height + (rows - 1) * (self.row_height - 4)
        if height != self.height():
            self.setFixedHeight(height)

    def _beside(self, widths: list[float]) -> list[_Placed]:
        x = self.width() - self.reserved - sum(widths) - GAP * len(widths)
        placed = []
        for entry, width in zip(self.legend, widths, strict=True):
            placed.append(_Placed(QPointF(x, -1), entry[0], entry))
            x += width + GAP
        return placed

    def _below(self, widths: list[float], metrics: QFontMetricsF) -> list[_Placed]:
        """Flow into at most two rows; the last labels are shortened where two are not enough."""
        placed: list[_Placed] = []
        x, row, room = 0.0, 0, float(self.width())
        share = LEGEND_ROWS * room / max(1, len(widths)) - GAP - 4
        crowded = sum(widths) + GAP * len(widths) > (LEGEND_ROWS - 0.3) * room
        for entry, full in zip(self.legend, widths, strict=True):
            width = min(full, share, room) if crowded else min(full, room)
            if x + width > room and x > 0 and row < LEGEND_ROWS - 1:
                x, row = 0.0, row + 1
            width = min(width, max(SWATCH, room - x))
            shown = metrics.elidedText(entry[0], Qt.TextElideMode.ElideRight, width - SWATCH + 0.5)
            placed.append(_Placed(QPointF(x, row), shown, entry))
            x += width + GAP
        return placed

    # -- painting ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = self.row_height
        inline = bool(self._placed) and self._placed[0].at.y() < 0
        end = self._placed[0].at.x() - GAP if inline else self.width() - self.reserved
        x = self._write(painter, self._bold, "text", 0, end, self.title)
        if self.note and end - x > 2 * GAP:
            self._write(painter, self._small, "muted", x + GAP, end, self.note)
        painter.setFont(self._small)
        for placed in self._placed:
            top = 0 if inline else row + placed.at.y() * (row - 4) - 2
            self._paint_entry(painter, QPointF(placed.at.x(), top + row / 2), placed)

    def _write(
        self, painter: QPainter, font: QFont, role: str, left: float, right: float, text: str
    ) -> float:
        painter.setFont(font)
        painter.setPen(self.colors.color(role))
        metrics = QFontMetricsF(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, right - left))
        place = QRectF(left, 0, right - left + 1, self.row_height)
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place, align, shown)
        return left + metrics.horizontalAdvance(shown)

    def _paint_entry(self, painter: QPainter, at: QPointF, placed: _Placed) -> None:
        _, style, dots = placed.entry
        metrics = painter.fontMetrics()
        if not dots:
            painter.setPen(self.colors.pen(style))
            painter.drawLine(at, at + QPointF(SWATCH - 6, 0))
        if dots or style.marker:
            outline = marker_outline(style.marker or "circle") * (0.7 if dots else 0.85)
            middle = at + QPointF((SWATCH - 6) / 2, 0)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.colors.color(style.role, 0.7 if dots else 1.0))
            painter.drawPolygon(polygon(outline[:, 0] + middle.x(), outline[:, 1] + middle.y()))
        painter.setPen(self.colors.color("muted"))
        place = QRectF(at.x() + SWATCH, at.y() - metrics.height() / 2, 1000, metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft, placed.shown)


def icon_button(
    sign: str, name: str, palette: Palette, pressed: Callable[[], object]
) -> IconButton:
    """A drawn button with what it does."""
    button = IconButton(sign, name, palette)
    button.clicked.connect(lambda _checked: pressed())
    return button
