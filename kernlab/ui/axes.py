"""The ticks of an axis, and the frame of a figure: axis lines, grid, labels, colour bar.

Coordinates arrive transformed (log10 on a log axis), so the ticks are our own; pyqtgraph's log
axis shows none at all in views such as 2.1 to 2.9.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from kernlab.engine.contract.drawing import COLORS, Drawing, DrawnImage, Range
from kernlab.engine.contract.text import THIN_SPACE, power_of_ten
from kernlab.ui.items import Palette, Projection, color_image, survived

TICK = 4.0
LONGEST = 8
"""Characters that a tick label may have; longer ones are written relative to an offset."""
FAR = 10
"""How many widths of a view it lies away from 0 before an offset makes its labels shorter."""
BAR, BAR_GAP, BAR_PAD = 12.0, 12.0, TICK + 2
"""Width of a colour bar, the gaps before it and between it and its labels."""
BAR_LABELS = 10
"""More labels than this on a colour bar would need a fourth digit."""


@dataclass(frozen=True)
class Tick:
    """A place on an axis; minor ticks have no label."""

    at: float
    label: str = ""


@dataclass(frozen=True)
class Ticks:
    """The ticks in a view; `offset` is to be added to every label, where it is not empty."""

    ticks: tuple[Tick, ...] = ()
    offset: str = ""


def ticks(view: Range, log: bool, most: int) -> Ticks:
    """At most about `most` labelled ticks for a view in picture coordinates."""
    low, high = view
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return Ticks()
    if not log:
        return _linear_ticks(low, high, most)
    # Three labelled decades make a scale; with fewer the steps between them are labelled too.
    if high - low >= 2 or not -300 < low < high < 300:
        return _decades(low, high, most)
    return _within_decades(low, high, most)


def named_ticks(names: Sequence[str]) -> Ticks | None:
    """The ticks of an axis of words, where it has any."""
    return Ticks(tuple(Tick(float(at), name) for at, name in enumerate(names))) if names else None


def nice_step(width: float, most: int) -> float:
    """The smallest of 1, 2, 5 times a power of ten that gives at most `most` steps."""
    rough = width / max(1, most)
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _multiples(low: float, high: float, step: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    return [k * step for k in range(first, last + 1)] if last - first < 1000 else []


def _linear_ticks(low: float, high: float, most: int) -> Ticks:
    if high - low <= 1e-13 * max(abs(low), abs(high)):
        return Ticks()
    step = nice_step(high - low, most)
    values = _multiples(low, high, step)
    labels = [decimal(value, step) for value in values]
    offset = ""
    base = values[0] if values else 0.0
    far = abs(base) > FAR * (high - low)
    if far and max(map(len, labels)) > LONGEST:
        offset = f"{base:.12g}".replace("-", "−") + " +"
        labels = [decimal(value - base, step) for value in values]
    return Ticks(tuple(map(Tick, values, labels)), offset)


def decimal(value: float, step: float) -> str:
    """A value on a scale with the given step, with as many digits as tell it from the next."""
    if abs(value) < step / 2:
        return "0"
    sign, size = "−" if value < 0 else "", abs(value)
    places = -math.floor(math.log10(step) + 1e-9)
    if step >= 1e-3 and size < 1e5:
        return sign + f"{size:,.{max(0, places)}f}".replace(",", THIN_SPACE)
    exponent = math.floor(math.log10(size) + 1e-12)
    mantissa, shown = f"{size:.{max(0, exponent + places)}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    power = power_of_ten(int(shown))
    return sign + (power if mantissa == "1" else f"{mantissa}·{power}")


def decade(exponent: int) -> str:
    """10ⁿ, but 0.1, 1 and 10 as they are."""
    return {-1: "0.1", 0: "1", 1: "10"}.get(exponent) or power_of_ten(exponent)


def _decades(low: float, high: float, most: int) -> Ticks:
    count = math.floor(high) - math.ceil(low) + 1
    rough = max(1, math.ceil(count / max(1, most)))
    stride = next((s for s in (1, 2, 3, 5, 10, 20, 50, 100, 200) if s >= rough), rough)
    first, last = math.floor(low), math.ceil(high)
    if last - first > 2000:
        return Ticks()
    made = []
    for k in range(first, last + 1):
        if low <= k <= high:
            made.append(Tick(float(k), decade(k) if k % stride == 0 else ""))
        if last - first <= 8:
            steps = (k + math.log10(m) for m in range(2, 10))
            made += [Tick(at) for at in steps if low <= at <= high]
    return Ticks(tuple(made))


def _within_decades(low: float, high: float, most: int) -> Ticks:
    """Steps 1, 2, 5 where at least three are in view, else 1 to 9, else an even scale."""
    places = [
        (k + math.log10(m), m, k)
        for k in range(math.floor(low), math.ceil(high) + 1)
        for m in range(1, 10)
        if low - 1e-9 <= k + math.log10(m) <= high + 1e-9
    ]
    labelled = {m for m in (1, 2, 5)}
    if sum(m in labelled for _, m, _ in places) < 3:
        labelled = set(range(1, 10))
    if sum(m in labelled for _, m, _ in places) < 3:
        even = _linear_ticks(10.0**low, 10.0**high, most)
        shown = (Tick(math.log10(t.at), t.label) for t in even.ticks if t.at > 0)
        return Ticks(tuple(shown), even.offset)
    made = (Tick(at, _step_label(m, k) if m in labelled else "") for at, m, k in places)
    return Ticks(tuple(made))


def _step_label(mantissa: int, exponent: int) -> str:
    if -3 <= exponent <= 3:
        value = f"{mantissa * 10.0**exponent:,.{max(0, -exponent)}f}"
        return value.replace(",", THIN_SPACE)
    power = power_of_ten(exponent)
    return power if mantissa == 1 else f"{mantissa}·{power}"


def bar_ticks(limits: Range, height: float, line: float) -> Ticks:
    """The ticks of a colour bar: at most three digits, so that its gutter holds every label."""
    return ticks(limits, False, min(BAR_LABELS, max(2, int(height / (line * 2.2)))))


def bar_label_width(metrics: QFontMetricsF) -> float:
    """The room for the labels of a colour bar: that of the longest kinds."""
    longest = ("−1.05·10⁻¹²", f"10{THIN_SPACE}000.5")
    return math.ceil(max(metrics.horizontalAdvance(text) for text in longest)) + 2


@dataclass(frozen=True)
class Margins:
    """The space around the plot in pixels: fixed for a font, so that no label moves it."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, font: QFont, bar: bool) -> Margins:
        metrics = QFontMetricsF(font)
        line = math.ceil(metrics.height())
        label = math.ceil(metrics.horizontalAdvance("−1.5·10⁻¹"))
        right = BAR_GAP + BAR + BAR_PAD + bar_label_width(metrics) + line if bar else 14
        return cls(label + line + TICK + 8, 6, right, 2 * line + TICK + 5)


class Frame(QGraphicsObject):
    """Everything around the data of a figure, and the grid behind them.

    It is painted once into a pixmap and again only when a range, a text, the size or the theme
    changes.
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.font = QFont()
        self.size = QRectF()
        self.to = Projection(QRectF(0, 0, 1, 1), (0, 1), (0, 1))
        self._titles = ("", "")
        self._logs = (False, False)
        self._names: tuple[str, ...] = ()
        self._image: DrawnImage | None = None
        self._waiting = "computing…"
        self._empty = True
        self.setZValue(-10)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def place(self, size: QRectF, to: Projection, font: QFont) -> None:
        """Set the geometry and the ranges."""
        if size != self.size:
            self.prepareGeometryChange()
        self.size, self.to, self.font = size, to, font
        self.update()

    def set_waiting(self, text: str) -> None:
        """What stands in the place of axes while there is no drawing yet."""
        waiting, self._waiting = self._waiting, text
        if self._empty and text != waiting:
            self.update()

    def show_drawing(self, drawing: Drawing) -> None:
        """Take over titles, scales and colour bar; repaint only where one of them differs."""
        image = next((item for item in drawing.items if isinstance(item, DrawnImage)), None)
        titles, logs = (drawing.x.title, drawing.y.title), (drawing.x.log, drawing.y.log)
        legend, known = (
            (item.limits, item.label, item.colormap) if item else None
            for item in (image, self._image)
        )
        shown = (self._titles, self._logs, known, self._names)
        if self._empty or (titles, logs, legend, drawing.x.names) != shown:
            self.update()
        self._names = drawing.x.names
        self._empty = False
        self._titles, self._logs, self._image = titles, logs, image

    def boundingRect(self) -> QRectF:
        return self.size

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        with survived():
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setFont(self.font)
        if self._empty:
            painter.setPen(self.palette.color("muted"))
            painter.drawText(self.size, Qt.AlignmentFlag.AlignCenter, self._waiting)
            return
        rect, line = self.to.rect, painter.fontMetrics().height()
        most = max(2, int(rect.width() / (line * 2.7)))
        across = named_ticks(self._names) or ticks(self.to.x, self._logs[0], most)
        up = ticks(self.to.y, self._logs[1], max(2, int(rect.height() / (line * 2.2))))
        self._paint_bottom(painter, across)
        self._paint_left(painter, up)
        painter.setPen(QPen(self.palette.color("muted", 0.55), 1))
        corner = QPointF(rect.left() - 0.5, rect.bottom() + 0.5)
        painter.drawLine(QPointF(corner.x(), rect.top()), corner)
        painter.drawLine(corner, QPointF(rect.right(), corner.y()))
        if self._image is not None:
            self._paint_bar(painter, self._image)

    def _paint_bottom(self, painter: QPainter, marks: Ticks) -> None:
        rect, metrics = self.to.rect, painter.fontMetrics()
        top = rect.bottom() + TICK + 2
        free = -math.inf
        for tick in marks.ticks:
            at = round(self.to.px(tick.at)) + 0.5
            self._paint_tick(painter, QPointF(at, rect.bottom()), QPointF(0, 1), bool(tick.label))
            width = metrics.horizontalAdvance(tick.label)
            if not tick.label or at - width / 2 < free or at + width / 2 > self.size.right():
                continue
            free = at + width / 2 + 6
            painter.setPen(self.palette.color("muted"))
            place = QRectF(at - width / 2 - 2, top, width + 4, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, tick.label)
        below = QRectF(rect.left(), top + metrics.height() + 1, rect.width(), metrics.height())
        painter.setPen(self.palette.color("muted"))
        offset = metrics.horizontalAdvance(marks.offset)
        if marks.offset:
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, marks.offset)
        title = metrics.elidedText(
            self._titles[0], Qt.TextElideMode.ElideRight, int(below.width() - 2 * offset)
        )
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, title)

    def _paint_left(self, painter: QPainter, marks: Ticks) -> None:
        rect, metrics = self.to.rect, painter.fontMetrics()
        line = metrics.height()
        free = math.inf
        right = rect.left() - TICK - 3
        for tick in marks.ticks:
            at = round(self.to.py(tick.at)) + 0.5
            self._paint_tick(painter, QPointF(rect.left(), at), QPointF(-1, 0), bool(tick.label))
            if not tick.label or at + line / 2 > free or at - line / 2 < self.size.top() - 3:
                continue
            free = at - line / 2
            painter.setPen(self.palette.color("muted"))
            place = QRectF(line, at - line / 2, right - line, line)
            align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, align | Qt.TextFlag.TextDontClip, tick.label)
        painter.setPen(self.palette.color("muted"))
        offset = metrics.horizontalAdvance(marks.offset)
        self._paint_upright(painter, self._titles[1], 1.0, rect.height() - offset, offset)
        if marks.offset:
            self._paint_upright(painter, marks.offset, 1.0, offset, offset - rect.height())

    def _paint_upright(
        self, painter: QPainter, text: str, left: float, room: float, shift: float
    ) -> None:
        """Text that reads upwards, centred on the plot's height and moved down by shift / 2."""
        rect, metrics = self.to.rect, painter.fontMetrics()
        painter.save()
        painter.translate(left, rect.center().y() + shift / 2)
        painter.rotate(-90)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, math.ceil(room) + 1)
        place = QRectF(-room / 2 - 2, 0, room + 4, metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, shown)
        painter.restore()

    def _paint_tick(self, painter: QPainter, at: QPointF, out: QPointF, major: bool) -> None:
        rect = self.to.rect
        if major:
            painter.setPen(QPen(self.palette.color("grid", 0.5), 1))
            far = QPointF(at.x(), rect.top()) if out.y() else QPointF(rect.right(), at.y())
            painter.drawLine(at, far)
        painter.setPen(QPen(self.palette.color("muted", 0.55), 1))
        painter.drawLine(at, at + out * (TICK if major else TICK / 2))

    def _paint_bar(self, painter: QPainter, image: DrawnImage) -> None:
        rect, metrics = self.to.rect, painter.fontMetrics()
        bar = QRectF(rect.right() + BAR_GAP, rect.top(), BAR, rect.height())
        column = np.arange(COLORS, dtype=np.uint8).reshape(-1, 1)
        painter.drawImage(bar, color_image(column, image.colormap, self.palette.color("surface")))
        scale = Projection(bar, (0, 1), image.limits)
        line = metrics.height()
        marks = bar_ticks(image.limits, rect.height(), line)
        left = bar.right() + BAR_PAD
        width = self.size.right() - left - line
        for tick in marks.ticks:
            at = round(scale.py(tick.at)) + 0.5
            painter.setPen(QPen(self.palette.color("muted", 0.55), 1))
            painter.drawLine(QPointF(bar.right(), at), QPointF(bar.right() + 3, at))
            painter.setPen(self.palette.color("muted"))
            top = min(max(at - line / 2, self.size.top()), rect.bottom() - line / 2)
            align = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextDontClip
            painter.drawText(QRectF(left, top, width, line), align, tick.label)
        label = (
            f"{image.label} − ({marks.offset.removesuffix(' +')})" if marks.offset else image.label
        )
        self._paint_upright(painter, label, self.size.right() - line - 1, rect.height(), 0)
