"""A table of text, one row a method, painted by one small widget."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QSizePolicy, QWidget

from kernlab.assets import roles as shipped_roles
from kernlab.engine.contract.drawing import DrawnSheet
from kernlab.engine.contract.text import THIN_SPACE
from kernlab.ui.card import Card
from kernlab.ui.header import icon_button
from kernlab.ui.items import Palette
from kernlab.ui.pins import Changes
from kernlab.ui.plots import scaled

TALLEST = 260
"""Pixels that a sheet may take before it scrolls."""
TALL_ROW = 26
PAD = 10.0
_numeric = set("0123456789.·⁻⁰¹²³⁴⁵⁶⁷⁸⁹+−-–∞%±× ") | {THIN_SPACE}


class _Rows(QWidget):
    """Headings and rows; the widths only grow, so that no column jumps while values change."""

    restyled = Signal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.colors = palette
        self.sheet: DrawnSheet | None = None
        self.opacity = 1.0
        self.waiting = "computing…"
        self.row_height = TALL_ROW
        self.changes: Changes | None = None
        self._least: list[float] = []
        self._beside: list[float] = []
        self._to_right: list[bool] = []
        self.setFixedHeight(3 * TALL_ROW)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_sheet(self, sheet: DrawnSheet, room: int, changes: Changes | None = None) -> None:
        """Take over the texts; lay out anew only where the shape differs."""
        before, self.sheet = self.sheet, sheet
        fewer = changes is None and self.changes is not None
        self.changes = changes
        if before is None or before.headings != sheet.headings or fewer:
            self._least = []
        self._measure(sheet)
        count = max(1, len(sheet.rows))
        least = math.ceil(QFontMetricsF(self.font()).height())
        self.row_height = max(least, min(TALL_ROW, (room - 24) // count))
        self.setFixedHeight(24 + count * self.row_height)
        self.setMinimumWidth(int(sum(self._least)))
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._least = []
            self.restyled.emit()

    def _measure(self, sheet: DrawnSheet) -> None:
        metrics = QFontMetricsF(self.font())
        small = QFontMetricsF(scaled(self.font(), 0.88))
        columns = [[row[k] for row in sheet.rows] for k in range(len(sheet.headings))]
        needed = [
            max(map(metrics.horizontalAdvance, [heading, *cells])) + 2 * PAD
            for heading, cells in zip(sheet.headings, columns, strict=True)
        ]
        self._to_right = [bool(cells) and all(_is_number(c) for c in cells) for cells in columns]
        self._beside = self._measure_changes(small)
        needed = [sum(pair) for pair in zip(needed, self._beside, strict=True)]
        known = self._least or [0.0] * len(needed)
        self._least = [max(pair) for pair in zip(known, needed, strict=True)]

    def _measure_changes(self, metrics: QFontMetricsF) -> list[float]:
        """The room that the changes of each column need beside its numbers."""
        if self.changes is None:
            return [0.0] * len(self._to_right)
        heading = self.changes.heading
        made = []
        for right, *cells in zip(self._to_right, *self.changes.cells, strict=True):
            widest = max(map(metrics.horizontalAdvance, (heading, *cells)))
            changed = right and not set(cells) <= {"", "="}
            made.append(widest + 0.7 * PAD if changed else 0.0)
        return made

    @property
    def places(self) -> list[tuple[float, float]]:
        """Left edge and width of each column: what it needs and a share of the rest."""
        spare = max(0.0, self.width() - sum(self._least)) / max(1, len(self._least))
        x, made = 0.0, []
        for least in self._least:
            made.append((x, least + spare))
            x += least + spare
        return made

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.colors.color("muted"))
        if self.sheet is None:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.waiting)
            return
        self._paint_row(painter, 0, 22, self.sheet.headings)
        if self.changes is not None:
            self._paint_changes(painter, 0, 22, (self.changes.heading,) * len(self._beside))
        painter.setPen(QPen(self.colors.color("line"), 1))
        painter.drawLine(0, 22, self.width(), 22)
        painter.setOpacity(self.opacity)
        for k, row in enumerate(self.sheet.rows):
            top = 24 + k * self.row_height
            if event.rect().top() - self.row_height < top <= event.rect().bottom():
                painter.setPen(self.colors.color("text"))
                self._paint_row(painter, top, self.row_height, row)
                if self.changes is not None:
                    painter.setPen(self.colors.color("muted"))
                    self._paint_changes(painter, top, self.row_height, self.changes.cells[k])

    def _paint_row(self, painter: QPainter, top: int, height: int, texts: tuple[str, ...]) -> None:
        shapes = zip(texts, self.places, self._to_right, self._beside, strict=True)
        for text, (left, width), right, beside in shapes:
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            place = QRectF(left + PAD, top, width - 2 * PAD - beside, height)
            painter.drawText(place, side | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_changes(
        self, painter: QPainter, top: int, height: int, texts: tuple[str, ...]
    ) -> None:
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(scaled(self.font(), 0.88))
        for text, (left, width), beside in zip(texts, self.places, self._beside, strict=True):
            if beside:
                place = QRectF(left + width - PAD - beside, top, beside, height)
                painter.drawText(place, align, text)
        painter.setFont(self.font())


def _is_number(text: str) -> bool:
    return bool(text) and set(text) <= _numeric


class SheetCard(Card):
    """One sheet on screen; its height follows the number of rows, up to a limit."""

    def __init__(self, key: str, title: str = "", roles: Mapping[str, str] | None = None) -> None:
        super().__init__(key, title, shipped_roles("light") if roles is None else roles)
        self.rows = _Rows(self.colors)
        self.rows.restyled.connect(self._refit)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setAccessibleName(title)
        self.outline_with(self.area)
        self.area.viewport().setAutoFillBackground(False)
        self.area.setWidget(self.rows)
        self.rows.setAutoFillBackground(False)  # setWidget turned it on
        self.column.addWidget(self.area, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.copy_button = icon_button("copy", "Copy as text", self.colors, self.copy_text)
        self.add_button(self.copy_button)

    @property
    def sheet(self) -> DrawnSheet | None:
        """What is on screen."""
        return self.rows.sheet

    def show_sheet(self, sheet: DrawnSheet, changes: Changes | None = None) -> None:
        """Hand over a sheet, and what to show beside its numbers."""
        shape = self._shape()
        note = " · ".join(filter(None, (sheet.note, changes.note if changes else "")))
        self.header.show_texts(sheet.title, note, (), keep_rows=True)
        self.rows.show_sheet(sheet, TALLEST - self._around(), changes)
        if self._shape() != shape:
            self.setFixedHeight(self.sizeHint().height())

    def _shape(self) -> tuple[int, int]:
        return self.rows.height(), self.rows.minimumWidth()

    def _around(self) -> int:
        margins = self.column.contentsMargins()
        spacing = margins.top() + margins.bottom() + self.column.spacing()
        return self.header.height() + spacing

    def sizeHint(self) -> QSize:
        bar = self.area.horizontalScrollBar()
        extra = bar.sizeHint().height() if self.rows.minimumWidth() > self.width() - 20 else 0
        height = min(TALLEST, self._around() + self.rows.height()) + extra
        return QSize(400, height)

    def _refit(self) -> None:
        if self.sheet is not None:
            self.show_sheet(self.sheet, self.rows.changes)

    def set_waiting(self, text: str) -> None:
        """What the card says while there is no sheet yet."""
        if text != self.rows.waiting:
            self.rows.waiting = text
            self.rows.update()

    def set_stale(self, stale: bool) -> None:
        """Dim the rows while newer ones are on their way."""
        opacity = 0.55 if stale else 1.0
        if opacity != self.rows.opacity:
            self.rows.opacity = opacity
            self.rows.update()

    def set_roles(self, roles: Mapping[str, str]) -> None:
        super().set_roles(roles)
        self.rows.colors = self.colors
        self.rows.update()

    def copy_text(self) -> None:
        """Put the table on the clipboard, columns separated by tabs."""
        if self.sheet is not None:
            lines = [self.sheet.headings, *self.sheet.rows]
            QApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))
