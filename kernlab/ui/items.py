"""How each drawn item is painted: plain functions from arrays to strokes, in pixels.

pyqtgraph's own curve, fill and scatter items cost several milliseconds each for one update.
These functions map the arrays to pixels with two multiplications, leave out what cannot be
seen, and hand one polygon to the painter. Colours are looked up by role while painting, so a
change of theme needs nothing but an update.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph
from pyqtgraph import functions
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPen, QPolygonF

from kernlab.engine.contract.drawing import (
    COLORS,
    Array,
    DrawnBand,
    DrawnImage,
    DrawnItem,
    DrawnLine,
    DrawnMark,
    DrawnPoints,
    DrawnRegion,
    Range,
)
from kernlab.engine.contract.figure import Style

BAND_OPACITY = 0.18
FAINT = 0.4
MARKER_RADIUS = 3.6
SLACK = 0.12
"""Pixels by which a thinned curve may miss a point that it leaves out."""
FAR = 1e5
"""Pixels beyond which coordinates are cut off, far outside any screen."""
EDGE = 8.0
"""Pixels above and below the figure at which dashed lines end."""
CROWD, NEXT = 300, 2.0
"""Markers up to which each is painted, and how near, in pixels, two of more may lie."""
MANY = 5000
"""Points above which a wide pen costs more than it shows."""

_dashes = {
    "solid": [],
    "dash": [4.0, 2.5],
    "dot": [1.0, 2.0],
    "dashdot": [5.0, 2.0, 1.0, 2.0],
    "longdash": [10.0, 3.0],
}


class Palette:
    """Colours by role, with an opacity; each is built once."""

    def __init__(self, roles: Mapping[str, str]) -> None:
        self.roles = dict(roles)
        self._made: dict[tuple[str, float], QColor] = {}

    def color(self, role: str, opacity: float = 1.0) -> QColor:
        made = self._made.get((role, opacity))
        if made is None:
            made = QColor(self.roles[role])
            made.setAlphaF(opacity)
            self._made[role, opacity] = made
        return made

    def pen(self, style: Style, width: float | None = None, opacity: float = 1.0) -> QPen:
        """The pen of a method: its colour, dash and width."""
        pen = QPen(self.color(style.role, opacity), style.width if width is None else width)
        if style.dash != "solid":
            pen.setDashPattern(_dashes[style.dash])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
        return pen


@dataclass(frozen=True)
class Projection:
    """From picture coordinates to pixels of a rectangle, y upwards."""

    rect: QRectF
    x: Range
    y: Range

    def px(self, values: Any) -> Any:
        scale = self.rect.width() / (self.x[1] - self.x[0])
        return (values - self.x[0]) * scale + self.rect.left()

    def py(self, values: Any) -> Any:
        scale = self.rect.height() / (self.y[1] - self.y[0])
        return self.rect.bottom() - (values - self.y[0]) * scale

    def back(self, point: QPointF) -> tuple[float, float]:
        """The picture coordinates of a pixel."""
        across = (point.x() - self.rect.left()) / self.rect.width()
        up = (self.rect.bottom() - point.y()) / self.rect.height()
        return (
            self.x[0] + across * (self.x[1] - self.x[0]),
            self.y[0] + up * (self.y[1] - self.y[0]),
        )


@dataclass
class Brushwork:
    """What every painting function needs; `taken` holds the places of labels already there."""

    painter: QPainter
    to: Projection
    palette: Palette
    font: QFont
    taken: list[QRectF]


def polygon(x: Array, y: Array) -> QPolygonF:
    """A Qt polygon that holds the given pixels."""
    if x.size == 0:
        return QPolygonF()
    made: QPolygonF = functions.create_qpolygonf(x.size)
    memory = functions.ndarray_from_qpolygonf(made)
    memory[:, 0] = x
    memory[:, 1] = y
    return made


def thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """Leave out points that lie on the chord of their neighbours, three times over.

    A smooth curve of 1,000 points needs about 250 of them on 400 pixels, and the stroke costs
    as much as it has points. Corners and gaps (NaN) stay.
    """
    for _ in range(3):
        if x.size < 64:
            break
        left, right = x[:-2:2], x[2::2]
        middle_x, middle_y = x[1:-1:2], y[1:-1:2]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = (middle_x - left) / (right - left)
            miss = np.abs(y[:-2:2] + share * (y[2::2] - y[:-2:2]) - middle_y)
        keep = np.ones(x.size, dtype=bool)
        keep[1:-1:2] = ~(miss < SLACK)
        if keep.all():
            break
        x, y = x[keep], y[keep]
    return x, y


def visible(x: Array, view: Range) -> slice:
    """The stretch of ascending x inside the view, with one neighbour at each end."""
    first = int(np.searchsorted(x, view[0], "left")) - 1
    last = int(np.searchsorted(x, view[1], "right")) + 1
    return slice(max(0, first), last)


def runs(x: Array, y: Array) -> list[tuple[Array, Array]]:
    """The unbroken stretches of a curve: NaN and infinity break it."""
    good = np.isfinite(x) & np.isfinite(y)
    if good.all():
        return [(x, y)] if x.size else []
    edges = np.flatnonzero(np.diff(np.concatenate(([False], good, [False])).astype(np.int8)))
    return [(x[a:b], y[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def within(x: Array, y: Array, low: float, high: float) -> tuple[Array, Array]:
    """Cut a curve off where it leaves a strip of heights: it breaks there, with NaN outside."""
    outside = (y < low) | (y > high)
    if not outside.any():
        return x, y
    places, xs, ys = [np.arange(x.size, dtype=float)], [x], [np.where(outside, np.nan, y)]
    for edge in (low, high):
        with np.errstate(invalid="ignore", divide="ignore"):
            share = (edge - y[:-1]) / np.diff(y)
        at = np.flatnonzero((share > 0) & (share < 1))
        places.append(at + share[at])
        xs.append(x[at] + share[at] * (x[at + 1] - x[at]))
        ys.append(np.full(at.size, edge))
    order = np.argsort(np.concatenate(places), kind="stable")
    return np.concatenate(xs)[order], np.concatenate(ys)[order]


def _paint_line(line: DrawnLine, work: Brushwork) -> None:
    shown = visible(line.x, work.to.x)
    x = work.to.px(line.x[shown])
    y = np.clip(work.to.py(line.y[shown]), -FAR, FAR)
    if line.style.dash != "solid":
        # Dashes that nobody sees cost as much as the others.
        x, y = within(x, y, work.to.rect.top() - EDGE, work.to.rect.bottom() + EDGE)
    work.painter.setBrush(Qt.BrushStyle.NoBrush)
    width = min(1.0, line.style.width) if x.size > MANY else line.style.width
    work.painter.setPen(work.palette.pen(line.style, width))
    for part in runs(x, y):
        work.painter.drawPolyline(polygon(*thinned(*part)))
    if line.markers:
        _paint_markers(x, y, line.style, work)


def _paint_band(band: DrawnBand, work: Brushwork) -> None:
    shown = visible(band.x, work.to.x)
    x = work.to.px(band.x[shown])
    low = np.clip(work.to.py(band.low[shown]), -FAR, FAR)
    high = np.clip(work.to.py(band.high[shown]), -FAR, FAR)
    work.painter.setPen(Qt.PenStyle.NoPen)
    work.painter.setBrush(work.palette.color(band.style.role, BAND_OPACITY))
    # A faint edge shows no steps, and a fill without smooth edges costs a third.
    work.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    gaps = np.isnan(low) | np.isnan(high)
    pieces = zip(
        runs(x, np.where(gaps, np.nan, low)), runs(x, np.where(gaps, np.nan, high)), strict=True
    )
    for (lower_x, lower), (upper_x, upper) in pieces:
        lower_x, lower = thinned(lower_x, lower)
        upper_x, upper = thinned(upper_x, upper)
        around = np.concatenate((lower_x, upper_x[::-1])), np.concatenate((lower, upper[::-1]))
        work.painter.drawPolygon(polygon(*around))
    work.painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


@cache
def _disc(radius: float) -> list[tuple[int, int, float]]:
    """The pixels of a small dot with their weights: an edge that looks smooth without cost."""
    reach = int(radius + 0.5)
    steps = range(-reach, reach + 1)
    inked = [(i, j, radius + 0.5 - float(np.hypot(i, j))) for i in steps for j in steps]
    return [(i, j, round(min(1.0, weight), 2)) for i, j, weight in inked if weight > 0.15]


def _paint_points(points: DrawnPoints, work: Brushwork) -> None:
    x, y = work.to.px(points.x), work.to.py(points.y)
    inside = (np.abs(x - work.to.rect.center().x()) < work.to.rect.width() / 2 + 8) & (
        np.abs(y - work.to.rect.center().y()) < work.to.rect.height() / 2 + 8
    )
    x, y = x[inside], y[inside]
    if not points.faint and points.style.marker:
        _paint_markers(x, y, points.style, work)
        return
    painter, ratio = work.painter, work.painter.device().devicePixelRatio()
    opacity, radius = (FAINT, 1.0) if points.faint else (0.85, 1.5)
    dots = polygon(x, y)
    # Qt paints points of one pixel forty times as fast as round ones, so a dot is a few passes.
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for across, down, weight in _disc(radius * ratio):
        pen = QPen(work.palette.color(points.style.role, opacity * weight), 1.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.translate(across / ratio, down / ratio)
        painter.drawPoints(dots)
        painter.translate(-across / ratio, -down / ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


@cache
def marker_outline(marker: str) -> Array:
    """The closed outline of a marker around the origin, in pixels."""
    r = MARKER_RADIUS
    if marker == "square":
        corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        return 0.9 * r * np.array(corners, dtype=float)
    if marker == "triangle":
        return 1.2 * r * np.array([(0, -1), (0.9, 0.65), (-0.9, 0.65)])
    if marker == "diamond":
        return 1.25 * r * np.array([(0, -1), (1, 0), (0, 1), (-1, 0)], dtype=float)
    if marker == "cross":
        a, b = 1.15, 0.36
        arms = [(b, b), (b, a), (-b, a), (-b, b), (-a, b), (-a, -b)]
        arms += [(-b, -b), (-b, -a), (b, -a), (b, -b), (a, -b), (a, b)]
        turned: Array = r * np.array(arms) @ (np.array([[1, 1], [-1, 1]]) / np.sqrt(2))
        return turned
    angle = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    return r * np.column_stack((np.cos(angle), np.sin(angle)))


def apart(x: Array, y: Array) -> tuple[Array, Array]:
    """Leave out places next to another one, where there are so many that they hide each other."""
    if x.size <= CROWD:
        return x, y
    good = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    cells = np.round(np.column_stack((x[good], y[good])) / NEXT)
    kept = good[np.sort(np.unique(cells, axis=0, return_index=True)[1])]
    return x[kept], y[kept]


def _paint_markers(x: Array, y: Array, style: Style, work: Brushwork) -> None:
    x, y = apart(x, y)
    work.painter.setPen(QPen(work.palette.color("surface"), 0.8))
    work.painter.setBrush(work.palette.color(style.role))
    work.painter.drawPath(markers_path(x, y, marker_outline(style.marker or "circle")))


def markers_path(x: Array, y: Array, outline: Array) -> QPainterPath:
    """The outline of a marker at each place in pixels, as one path."""
    good = np.isfinite(x) & np.isfinite(y)
    # Each marker is closed and cut off from the next, so that all of them make one path.
    ring = np.vstack((outline, outline[:1]))
    connected = np.ones((int(good.sum()), len(ring)), dtype=np.int32)
    connected[:, -1] = 0
    across = (x[good, None] + ring[:, 0]).ravel()
    down = (y[good, None] + ring[:, 1]).ravel()
    path: QPainterPath = functions.arrayToQPath(
        across, down, connect=connected.ravel(), finiteCheck=False
    )
    return path


@cache
def color_table(colormap: str) -> npt.NDArray[np.uint8]:
    """Opaque colours, red green blue: viridis, or blue over light grey to red."""
    if colormap == "sequential":
        table = pyqtgraph.colormap.get("viridis").getLookupTable(nPts=COLORS)
    else:
        stops = [(33, 74, 135), (96, 150, 200), (238, 238, 236), (224, 128, 92), (150, 32, 38)]
        places = [0.0, 0.25, 0.5, 0.75, 1.0]
        table = pyqtgraph.ColorMap(places, stops).getLookupTable(nPts=COLORS)
    return np.ascontiguousarray(table[:, :3], dtype=np.uint8)


def color_image(index: npt.NDArray[np.uint8], colormap: str, blank: QColor) -> QImage:
    """Indices as an image, the first row at the bottom; cells without a value are `blank`."""
    paper = np.array([[blank.red(), blank.green(), blank.blue()]], dtype=np.uint8)
    table = np.concatenate((color_table(colormap), paper))
    pixels = np.ascontiguousarray(table[index[::-1]])
    height, width = index.shape
    made = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    # Converting copies, and the screen's own format is painted fastest.
    return made.convertToFormat(QImage.Format.Format_RGB32)


def _paint_image(image: DrawnImage, work: Brushwork) -> None:
    left, right, bottom, top = image.rect
    to = work.to
    place = QRectF(QPointF(to.px(left), to.py(top)), QPointF(to.px(right), to.py(bottom)))
    blank = work.palette.color("surface")
    work.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    work.painter.drawImage(place, color_image(image.index, image.colormap, blank))
    work.painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _paint_region(region: DrawnRegion, work: Brushwork) -> None:
    rect, to = work.to.rect, work.to
    left, right = np.clip((to.px(region.low), to.px(region.high)), -FAR, FAR)
    place = QRectF(left, rect.top(), right - left, rect.height())
    work.painter.fillRect(place.toAlignedRect(), work.palette.color("muted", 0.09))
    work.painter.setPen(work.palette.pen(Style("muted", dash="dash"), 1.0, 0.4))
    work.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for edge in (left, right):
        at = round(edge) + 0.5
        work.painter.drawLine(QPointF(at, rect.top()), QPointF(at, rect.bottom()))
    work.painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    shown = place.intersected(rect)
    if region.label and shown.width() > 24:
        place_label(region.label, "muted", QPointF(shown.center().x(), rect.top() + 3), 0.5, work)


def _paint_mark(mark: DrawnMark, work: Brushwork) -> None:
    rect, to = work.to.rect, work.to
    across = float(np.clip(to.px(mark.x), -FAR, FAR)) if mark.x is not None else None
    down = float(np.clip(to.py(mark.y), -FAR, FAR)) if mark.y is not None else None
    work.painter.setPen(work.palette.pen(mark.style))
    if across is not None and down is not None:
        _paint_cross(QPointF(across, down), mark, work)
    elif across is not None:
        work.painter.drawLine(QPointF(across, rect.top()), QPointF(across, rect.bottom()))
        if rect.left() <= across <= rect.right():
            side = 0.0 if across < rect.center().x() else 1.0
            anchor = QPointF(across + (5 if side == 0 else -5), rect.top() + 3)
            place_label(mark.label, mark.style.role, anchor, side, work)
    elif down is not None:
        work.painter.drawLine(QPointF(rect.left(), down), QPointF(rect.right(), down))
        if rect.top() <= down <= rect.bottom():
            above = down - work.painter.fontMetrics().height() - 1
            anchor = QPointF(rect.right() - 4, above if above > rect.top() else down + 2)
            place_label(mark.label, mark.style.role, anchor, 1.0, work)


def _paint_cross(at: QPointF, mark: DrawnMark, work: Brushwork) -> None:
    """A plus sign with a rim, so that it is seen on any colour."""
    for role, width, arm in (("surface", 4.5, 7.5), (mark.style.role, 1.8, 6.0)):
        work.painter.setPen(QPen(work.palette.color(role), width))
        work.painter.drawLine(at - QPointF(arm, 0), at + QPointF(arm, 0))
        work.painter.drawLine(at - QPointF(0, arm), at + QPointF(0, arm))
    if mark.label and work.to.rect.contains(at):
        side = 0.0 if at.x() < work.to.rect.center().x() else 1.0
        offset = QPointF(11 if side == 0 else -11, -work.painter.fontMetrics().height() / 2)
        place_label(mark.label, mark.style.role, at + offset, side, work)


def place_label(label: str, role: str, anchor: QPointF, side: float, work: Brushwork) -> None:
    """Write a label on a plate inside the figure, below those that are already there.

    Args:
        anchor: its upper edge; `side` 0 starts there, 0.5 is centred, 1 ends there.
    """
    if not label:
        return
    painter, rect = work.painter, work.to.rect
    size = painter.fontMetrics().size(0, label)
    left = min(
        max(anchor.x() - side * size.width(), rect.left() + 3), rect.right() - size.width() - 3
    )
    top = min(max(anchor.y(), rect.top() + 1), rect.bottom() - size.height() - 1)
    place = QRectF(left, top, size.width(), size.height())
    while any(place.intersects(other) for other in work.taken):
        place.translate(0, size.height() + 1)
    work.taken.append(place)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(work.palette.color("surface", 0.78))
    painter.drawRoundedRect(place.adjusted(-3, 0, 3, 0), 3, 3)
    painter.setPen(work.palette.color(role))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, label)


_painters: dict[type[Any], Callable[[Any, Brushwork], None]] = {
    DrawnImage: _paint_image,
    DrawnRegion: _paint_region,
    DrawnBand: _paint_band,
    DrawnPoints: _paint_points,
    DrawnLine: _paint_line,
    DrawnMark: _paint_mark,
}
_layers = list(_painters)


def layered(items: tuple[DrawnItem, ...]) -> list[DrawnItem]:
    """The items from back to front: answers over data, marks over everything."""

    def layer(item: DrawnItem) -> float:
        strong = isinstance(item, DrawnPoints) and not item.faint
        return _layers.index(DrawnLine) + 0.5 if strong else _layers.index(type(item))

    return sorted(items, key=layer)


_reported: set[tuple[Any, ...]] = set()


@contextmanager
def survived() -> Iterator[None]:
    """Report what goes wrong while a figure is painted, once, and go on.

    Shiboken 6.11 on Python 3.11 kills the process where an error that C code raised, such as
    NumPy's, leaves a method that Qt calls within another one. A report is painted over the
    figures, which would fail again.
    """
    try:
        yield
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        kind = (type(error), place.filename, place.lineno)
        if kind not in _reported:
            _reported.add(kind)
            report = partial(sys.excepthook, type(error), error, error.__traceback__)
            QTimer.singleShot(0, report)


def paint_item(item: DrawnItem, work: Brushwork) -> None:
    """Paint one item of a drawing."""
    _painters[type(item)](item, work)
