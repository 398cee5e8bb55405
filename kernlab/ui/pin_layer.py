"""The pinned traces of a plot: dashed, thin and muted, behind everything that is live.

Dashes are slow to stroke, so they are painted once into a picture, which is shown until the
traces, the ranges, the size or the colours change.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from kernlab.engine.contract.drawing import Behind, DrawnLine
from kernlab.engine.contract.figure import Style
from kernlab.ui.items import (
    FAR,
    Palette,
    Projection,
    marker_outline,
    markers_path,
    polygon,
    runs,
    survived,
    thinned,
    visible,
)

WIDTH = 1.3
MARKER = 0.75
"""Size of a pinned marker, of a live one."""
MUTED = 0.6
"""Opacity of a pinned trace, where its colour bears it."""
CONTRAST = 3.0
"""The least contrast between a pinned trace and the surface."""


def luminance(color: QColor) -> float:
    """Relative luminance as in WCAG 2.1, from 0 to 1."""
    parts = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, two: QColor) -> float:
    """The contrast ratio of two colours as in WCAG 2.1, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def muted(color: QColor, surface: QColor) -> QColor:
    """A colour on its way to the surface, as far as it can still be told from it."""
    for share in np.arange(MUTED, 1.0, 0.05):
        mixed = QColor.fromRgbF(
            *(
                float(share * a + (1 - share) * b)
                for a, b in (
                    (color.redF(), surface.redF()),
                    (color.greenF(), surface.greenF()),
                    (color.blueF(), surface.blueF()),
                )
            )
        )
        if contrast(mixed, surface) >= CONTRAST:
            return mixed
    return color


class PinLayer(QGraphicsObject):
    """Paints pinned traces in pixels."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.to = Projection(QRectF(0, 0, 1, 1), (0, 1), (0, 1))
        self.behind: tuple[Behind, ...] = ()
        self._known: tuple[Any, ...] = ()
        self._picture = QPixmap()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_traces(self, behind: tuple[Behind, ...]) -> None:
        """Take over the traces; do nothing where they are the same ones."""
        if behind is not self.behind:
            self.behind = behind
            self._known = ()
            self.update()

    def place(self, to: Projection) -> None:
        """Set the geometry and the ranges."""
        if to.rect != self.to.rect:
            self.prepareGeometryChange()
        self.to = to
        self.update()

    def boundingRect(self) -> QRectF:
        return self.to.rect

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if not self.behind:
            return
        ratio = painter.device().devicePixelRatio()
        wanted = (self.to, self.palette, ratio)
        if wanted != self._known:
            self._known = wanted
            self._picture = self._painted(ratio)
        painter.setClipRect(self.to.rect, Qt.ClipOperation.IntersectClip)
        painter.drawPixmap(self._corner, self._picture)

    @property
    def _corner(self) -> QPointF:
        """A whole pixel, so that the picture is not blurred."""
        return QPointF(self.to.rect.topLeft().toPoint())

    def _painted(self, ratio: float) -> QPixmap:
        rect = self.to.rect
        size = QSizeF(rect.width() + 2, rect.height() + 2) * ratio
        picture = QPixmap(size.toSize())
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-self._corner)
        for item in self.behind:
            with survived():
                self._paint(painter, item)
        painter.end()
        return picture

    def _paint(self, painter: QPainter, item: Behind) -> None:
        trace = item.trace
        ink = muted(self.palette.color(trace.style.role), self.palette.color("surface"))
        if isinstance(trace, DrawnLine):
            shown = visible(trace.x, self.to.x)
            x = self.to.px(trace.x[shown])
            y = np.clip(self.to.py(trace.y[shown]), -FAR, FAR)
            pen = self.palette.pen(Style(trace.style.role, item.dash), WIDTH)
            pen.setColor(ink)
            painter.setPen(pen)
            for part in runs(x, y):
                painter.drawPolyline(polygon(*thinned(*part)))
            if not trace.markers:
                return
        else:
            x, y = self.to.px(trace.x), self.to.py(trace.y)
        painter.setPen(QPen(ink, 1.0))
        painter.setBrush(self.palette.color("surface"))
        outline = MARKER * marker_outline(trace.style.marker or "circle")
        near = (np.abs(x) < FAR) & (np.abs(y) < FAR)
        painter.drawPath(markers_path(x[near], y[near], outline))
        painter.setBrush(Qt.BrushStyle.NoBrush)
