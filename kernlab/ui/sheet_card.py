"""A table of text, one row a method, painted by one small widget."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QSizePolicy, QWidget

from kernlab.assets import roles as shipped_roles
from kernlab.engine.contract.drawing import DrawnSheet
from kernlab.engine.contract.text import THIN_SPACE
from kernlab.ui.card import Card
from kernlab.ui.header import icon_button
from kernlab.ui.items import Palette

TALLEST = 260
"""Pixels that a sheet may take before it scrolls."""
TALL_ROW = 26
PAD = 10.0
_numeric = set("0123456789.·⁻⁰¹²³⁴⁵⁶⁷⁸⁹+−-–∞%±× ") | {THIN_SPACE}


class _Rows(QWidget):
    """Headings and rows; the widths only grow, so that no column jumps while values change."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.colors = palette
        self.sheet: DrawnSheet | None = None
        self.opacity = 1.0
        self.waiting = "computing…"
        self.row_height = TALL_ROW
        self._least: list[float] = []
        self._to_right: list[bool] = []
        self.setFixedHeight(3 * TALL_ROW)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_sheet(self, sheet: DrawnSheet, room: int) -> None:
        """Take over the texts; lay out anew only where the shape differs."""
        before, self.sheet = self.sheet, sheet
        if before is None or before.headings != sheet.headings:
            self._least = []
        self._measure(sheet)
        count = max(1, len(sheet.rows))
        least = math.ceil(QFontMetricsF(self.font()).height())
        self.row_height = max(least, min(TALL_ROW, (room - 24) // count))
        self.setFixedHeight(24 + count * self.row_height)
        self.setMinimumWidth(int(sum(self._least)))
        self.update()

    def _measure(self, sheet: DrawnSheet) -> None:
        metrics = QFontMetricsF(self.font())
        columns = [[row[k] for row in sheet.rows] for k in range(len(sheet.headings))]
        needed = [
            max(map(metrics.horizontalAdvance, [heading, *cells])) + 2 * PAD
            for heading, cells in zip(sheet.headings, columns, strict=True)
        ]
        known = self._least or [0.0] * len(needed)
        self._least = [max(pair) for pair in zip(known, needed, strict=True)]
        self._to_right = [bool(cells) and all(_is_number(c) for c in cells) for cells in columns]

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
        painter.setPen(QPen(self.colors.color("line"), 1))
        painter.drawLine(0, 22, self.width(), 22)
        painter.setOpacity(self.opacity)
        for k, row in enumerate(self.sheet.rows):
            top = 24 + k * self.row_height
            if event.rect().top() - self.row_height < top <= event.rect().bottom():
                painter.setPen(self.colors.color("text"))
                self._paint_row(painter, top, self.row_height, row)

    def _paint_row(self, painter: QPainter, top: int, height: int, texts: tuple[str, ...]) -> None:
        for text, (left, width), right in zip(texts, self.places, self._to_right, strict=True):
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            place = QRectF(left + PAD, top, width - 2 * PAD, height)
            painter.drawText(place, side | Qt.AlignmentFlag.AlignVCenter, text)


def _is_number(text: str) -> bool:
    return bool(text) and set(text) <= _numeric


class SheetCard(Card):
    """One sheet on screen; its height follows the number of rows, up to a limit."""

    def __init__(self, key: str, title: str = "", roles: Mapping[str, str] | None = None) -> None:
        super().__init__(key, title, shipped_roles("light") if roles is None else roles)
        self.rows = _Rows(self.colors)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
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

    def show_sheet(self, sheet: DrawnSheet) -> None:
        """Hand over a sheet."""
        shape = self._shape()
        self.header.show_texts(sheet.title, sheet.note, (), keep_rows=True)
        self.rows.show_sheet(sheet, TALLEST - self._around())
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

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.sheet is not None:
            self.show_sheet(self.sheet)

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
