"""The live plot of a figure: a pyqtgraph view with its own frame and one item for all data.

pyqtgraph gives the scene, the ranges, panning and zooming; its axes, curves and menus are
replaced (see `axes` and `items`), because they are what costs time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyqtgraph
from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from kernlab.engine.contract.drawing import (
    BLANK,
    COLORS,
    Drawing,
    DrawnImage,
    DrawnItem,
    DrawnLine,
    Range,
    widened,
)
from kernlab.engine.contract.text import number
from kernlab.ui.axes import Frame, Margins
from kernlab.ui.items import Brushwork, Palette, Projection, layered, paint_item, survived
from kernlab.ui.pin_layer import PinLayer

STALE_OPACITY = 0.5
NEAR = 24.0
"""Pixels within which the read-out names a curve."""
LOG_REACH = (-307.0, 307.0)


def scaled(font: QFont, factor: float) -> QFont:
    """The font at another size, whether it is given in pixels or in points."""
    made = QFont(font)
    if font.pixelSize() > 0:
        made.setPixelSize(max(8, round(font.pixelSize() * factor)))
    else:
        made.setPointSizeF(font.pointSizeF() * factor)
    return made


class Layers(QGraphicsObject):
    """All data of a drawing, painted from back to front in one call."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.font = QFont()
        self.to = Projection(QRectF(0, 0, 1, 1), (0, 1), (0, 1))
        self.items: list[DrawnItem] = []
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def place(self, to: Projection, font: QFont) -> None:
        """Set the geometry and the ranges."""
        if to.rect != self.to.rect:
            self.prepareGeometryChange()
        self.to, self.font = to, font
        self.update()

    def boundingRect(self) -> QRectF:
        return self.to.rect

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setClipRect(self.to.rect, Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font)
        work = Brushwork(painter, self.to, self.palette, self.font, [])
        for item in self.items:
            with survived():
                paint_item(item, work)


class _Stage(pyqtgraph.ViewBox):  # type: ignore[misc]
    """pyqtgraph's view box without its menu; clicks go to the view."""

    def __init__(self, view: PlotView) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self._view = view
        self.disableAutoRange()

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        # pyqtgraph refreshes this only when it paints, and takes the zoom's centre from it.
        self.updateMatrix()
        super().wheelEvent(event, axis)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        self.updateMatrix()
        super().mouseDragEvent(event, axis)

    def mouseClickEvent(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        event.accept()
        if event.double():
            self._view.reset_by_hand()
        else:
            self._view.click_at(event.scenePos())


class _Readout(QWidget):
    """A line of text in a corner of the plot; opaque, so that the plot below is not repainted."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = ""
        self.ink, self.paper = QColor(), QColor()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.hide()

    def tell(self, text: str, plot: QRectF, at: QPointF) -> None:
        """Show a text in the upper corner that is farther from the pointer."""
        self.text = text
        width = self.fontMetrics().horizontalAdvance(text) + 12
        self.resize(width, self.fontMetrics().height() + 4)
        room = width + 40
        crowded = at.y() < plot.top() + 50 and at.x() > plot.right() - room
        self.move(int(plot.left()) + 4 if crowded else int(plot.right()) - width - 2, 6)
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.paper)
        painter.setPen(self.ink)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text)


class PlotView(pyqtgraph.GraphicsView):  # type: ignore[misc]
    """A plot with fixed margins.

    Signals:
        clicked(x, y): a click, in data values.
        x_moved(low, high): the user panned, zoomed or reset x, in picture coordinates.
    """

    clicked = Signal(float, float)
    x_moved = Signal(float, float)

    def __init__(self, roles: Mapping[str, str]) -> None:
        super().__init__(useOpenGL=False, background=None)
        # The scene's only menu entry opens exporters that fail with current Qt.
        for action in self.sceneObj.contextMenu:
            action.deleteLater()
        self.sceneObj.contextMenu = []
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(180, 130)
        self.drawing: Drawing | None = None
        self._by_hand = False
        self._bar = False
        self._tick_font = scaled(self.font(), 0.85)
        self._palette = Palette(roles)
        self._frame = Frame(self._palette)
        self._pinned = PinLayer(self._palette)
        self._layers = Layers(self._palette)
        self._stage = _Stage(self)
        for item in (self._stage, self._frame, self._pinned, self._layers):
            self.addItem(item)
        self._readout = _Readout(self.viewport())
        self._pointer: QPointF | None = None
        self.set_roles(roles)
        self._stage.sigRangeChanged.connect(self._place)
        self._stage.sigRangeChangedManually.connect(self._on_moved)
        self._refit_font()

    # -- what is shown ----------------------------------------------------------------------

    def set_roles(self, roles: Mapping[str, str]) -> None:
        """Repaint in the colours of another theme."""
        self._palette = Palette(roles)
        self._frame.palette = self._layers.palette = self._pinned.palette = self._palette
        self.setBackground(self._palette.color("surface"))
        self._readout.ink = self._palette.color("text")
        self._readout.paper = self._palette.color("raised")
        self._frame.update()
        self._pinned.update()
        self._layers.update()

    def show_drawing(self, drawing: Drawing, *, keep_view: bool) -> None:
        """Hand over a drawing.

        Args:
            keep_view: the ranges on screen only grow (while a slider moves); else they become
                the drawing's own, unless the user has chosen others.
        """
        before, self.drawing = self.drawing, drawing
        if before is None or _scales(before) != _scales(drawing):
            self._by_hand = keep_view = False
            for axis, scale in (("x", drawing.x), ("y", drawing.y)):
                low, high = LOG_REACH if scale.log else (None, None)
                self._stage.setLimits(**{f"{axis}Min": low, f"{axis}Max": high})
        self._layers.items = layered(drawing.items)
        self._layers.update()
        self._pinned.show_traces(drawing.behind)
        self._frame.show_drawing(drawing)
        if not self._by_hand:
            shown = widened(drawing, *self.ranges) if keep_view else drawing
            self._set_ranges(shown.x.view, shown.y.view)
        bar = any(isinstance(item, DrawnImage) for item in drawing.items)
        if bar != self._bar:
            self._bar = bar
            self._place()
        self._tell()

    @property
    def ranges(self) -> tuple[Range, Range]:
        """What is in view, in picture coordinates."""
        (x_low, x_high), (y_low, y_high) = self._stage.viewRange()
        return (x_low, x_high), (y_low, y_high)

    @property
    def projection(self) -> Projection:
        """From picture coordinates to pixels."""
        return self._layers.to

    def set_waiting(self, text: str) -> None:
        """What stands there while there is no drawing yet."""
        self._frame.set_waiting(text)

    def set_stale(self, stale: bool) -> None:
        """Dim the data; axes and texts stay."""
        self._layers.setOpacity(STALE_OPACITY if stale else 1.0)

    def reset_view(self) -> None:
        """Go back to the drawing's own ranges."""
        self._by_hand = False
        if self.drawing is not None:
            self._set_ranges(self.drawing.x.view, self.drawing.y.view)

    def reset_by_hand(self) -> None:
        """Reset, and let the linked figures follow."""
        self.reset_view()
        self.x_moved.emit(*self.ranges[0])

    def follow_x(self, low: float, high: float) -> None:
        """Take over the x range of a linked figure."""
        self._by_hand = True
        self._set_ranges((low, high), self.ranges[1])

    def choose(self, x: Range, y: Range) -> None:
        """Show ranges that the user has chosen, and let the linked figures follow."""
        self._set_ranges(x, y)
        self._on_moved()

    def _set_ranges(self, x: Range, y: Range) -> None:
        if (x, y) != self.ranges:
            self._stage.setRange(xRange=x, yRange=y, padding=0, disableAutoRange=False)

    # -- geometry ---------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._refit_font()

    def _refit_font(self) -> None:
        self._tick_font = scaled(self.font(), 0.85)
        self._readout.setFont(self._tick_font)
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_readout"):  # pyqtgraph resizes while it is being constructed
            self._place()

    def _place(self, *_: object) -> None:
        with survived():
            self._place_all()

    def _place_all(self) -> None:
        margins = Margins.of(self._tick_font, self._bar)
        size = QRectF(QPointF(0, 0), QSizeF(self.size()))
        rect = size.adjusted(margins.left, margins.top, -margins.right, -margins.bottom)
        if rect.width() < 8 or rect.height() < 8:
            return
        self._stage.setGeometry(rect)
        to = Projection(rect, *self.ranges)
        self._frame.place(size, to, self._tick_font)
        self._pinned.place(to)
        self._layers.place(to, self._tick_font)

    # -- pointer ----------------------------------------------------------------------------

    def _on_moved(self, *_: object) -> None:
        self._by_hand = True
        self.x_moved.emit(*self.ranges[0])

    def click_at(self, at: QPointF) -> None:
        """Report a click inside the plot."""
        if self.drawing is not None and self.projection.rect.contains(at):
            x, y = self.projection.back(at)
            self.clicked.emit(_data(x, self.drawing.x.log), _data(y, self.drawing.y.log))

    def read_at(self, at: QPointF | None) -> str:
        """Show the read-out of a place, in pixels, and return it; of none, hide it."""
        self._pointer = at
        self._tell()
        return self._readout.text if at is not None else ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._pointer = event.position()
        self._tell()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointer = None
        self._readout.hide()

    def _tell(self) -> None:
        at, to = self._pointer, self.projection
        if self.drawing is None or at is None or not to.rect.contains(at):
            self._readout.hide()
            return
        with survived():
            self._readout.tell(read_out(self.drawing, to, at), to.rect, at)


def _scales(drawing: Drawing) -> tuple[str, bool, str, bool]:
    return drawing.x.title, drawing.x.log, drawing.y.title, drawing.y.log


def _data(value: float, log: bool) -> float:
    return 10.0**value if log else value


def read_out(drawing: Drawing, to: Projection, at: QPointF) -> str:
    """The data values under the pointer, and the nearest curve's label and value there."""
    x, y = to.back(at)
    parts = [f"x {number(_data(x, drawing.x.log))}", f"y {number(_data(y, drawing.y.log))}"]
    named = [_image_value(item, x, y) for item in drawing.items if isinstance(item, DrawnImage)]
    lines = [
        (item.label, item) for item in drawing.items if isinstance(item, DrawnLine) and item.label
    ]
    lines += [
        (f"{item.trace.label} {item.name}".strip(), item.trace)
        for item in drawing.behind
        if isinstance(item.trace, DrawnLine)
    ]
    heights = [(abs(to.py(_height(line, x)) - at.y()), label, line) for label, line in lines]
    near = [found for found in heights if found[0] < NEAR]
    if near:
        _, label, line = min(near, key=lambda found: found[0])
        named.append(f"{label} {number(_data(_height(line, x), drawing.y.log))}")
    return "   ".join(parts + [name for name in named if name])


def _height(line: DrawnLine, x: float) -> float:
    """The height of a curve at x, NaN outside it."""
    if not line.x.size or not line.x[0] <= x:
        return math.nan
    right = int(np.searchsorted(line.x, x, "right"))
    if right >= line.x.size or not math.isfinite(line.x[right]):
        return float(line.y[-1]) if x == line.x[-1] else math.nan
    share = (x - line.x[right - 1]) / (line.x[right] - line.x[right - 1])
    return float((1 - share) * line.y[right - 1] + share * line.y[right])


def _image_value(image: DrawnImage, x: float, y: float) -> str:
    left, right, bottom, top = image.rect
    if not (left <= x < right and bottom <= y < top):
        return ""
    rows, columns = image.index.shape
    row = int((y - bottom) / (top - bottom) * rows)
    column = int((x - left) / (right - left) * columns)
    low, high = image.limits
    shade = int(image.index[row, column])
    if shade == BLANK:
        return ""
    value = low + shade / (COLORS - 1) * (high - low)
    return f"{image.label} ≈ {number(value, 3)}"
