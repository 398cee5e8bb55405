"""From a figure and its tables to arrays that only need to be painted.

Everything that costs time is done here, on the lane: log transforms, masking, downsampling,
view ranges and texts. Coordinates are those of the picture (log10 on a log axis).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract import text
from kernlab.engine.contract.figure import (
    Axis,
    Band,
    Dash,
    Figure,
    Image,
    Line,
    Mark,
    Points,
    Region,
    Sheet,
    Style,
)
from kernlab.engine.contract.table import Table

Array = npt.NDArray[np.float64]
Range = tuple[float, float]

LINE_POINTS = 2000
DOTS = 5000
UNEVEN = 1e-6
"""How far the centres of an image's cells may lie off an even grid, relative to its extent."""
COLORS, BLANK = 255, 255
"""Colours of an image, and the index of a cell without a value, which shows none of them."""


@dataclass(frozen=True)
class DrawnAxis:
    """An axis with its view in picture coordinates."""

    title: str
    log: bool
    view: Range
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class DrawnLine:
    x: Array
    y: Array
    style: Style
    label: str
    markers: bool


@dataclass(frozen=True)
class DrawnBand:
    x: Array
    low: Array
    high: Array
    style: Style


@dataclass(frozen=True)
class DrawnPoints:
    x: Array
    y: Array
    style: Style
    label: str
    faint: bool


@dataclass(frozen=True)
class DrawnImage:
    """Indices into a table of `COLORS` colours, or `BLANK`, over `rect` (x0, x1, y0, y1).

    Row 0 is at the bottom.
    """

    index: npt.NDArray[np.uint8]
    rect: tuple[float, float, float, float]
    limits: Range
    label: str
    colormap: str


@dataclass(frozen=True)
class DrawnMark:
    x: float | None
    y: float | None
    label: str
    style: Style


@dataclass(frozen=True)
class DrawnRegion:
    low: float
    high: float
    label: str


DrawnItem = DrawnLine | DrawnBand | DrawnPoints | DrawnImage | DrawnMark | DrawnRegion


@dataclass(frozen=True)
class Behind:
    """A trace of other parameters, shown behind a figure's own, dashed and muted."""

    trace: DrawnLine | DrawnPoints
    dash: Dash
    name: str


@dataclass(frozen=True)
class Drawing:
    """A figure, ready to paint; the window puts what it compares with `behind`."""

    key: str
    title: str
    view: str
    x: DrawnAxis
    y: DrawnAxis
    items: tuple[DrawnItem, ...]
    legend: tuple[tuple[str, Style, bool], ...]
    note: str
    click: tuple[str, str] | None
    behind: tuple[Behind, ...] = ()


@dataclass(frozen=True)
class DrawnSheet:
    """A table of text, ready to show.

    Attributes:
        numbers: the value of each cell that is one; NaN in a volatile column, which is left out
            of every comparison.
    """

    key: str
    title: str
    view: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str
    numbers: tuple[tuple[float | None, ...], ...] = ()


def draw(
    figure: Figure | Sheet,
    tables: Mapping[str, Table],
    *,
    line_points: int = LINE_POINTS,
    dots: int = DOTS,
) -> Drawing | DrawnSheet:
    """Prepare a figure or a sheet for painting.

    Args:
        line_points: longer lines and bands are thinned to about this many points.
        dots: more dots than this are thinned; a file export asks for all of them.

    Raises:
        KeyError: a table or a column that the figure names is missing.
        ValueError: an image has no grid, or its cells are not even on these axes.
    """
    _check_columns(figure, tables)
    if isinstance(figure, Sheet):
        return _draw_sheet(figure, tables[figure.table])
    hidden = _Hidden()
    most = (line_points, dots)
    items = tuple(_draw_item(item, figure, tables, hidden, most) for item in figure.items)
    x = replace(_draw_axis(figure.x, items, "x"), names=figure.x.names)
    y = _draw_axis(figure.y, items, "y")
    note = figure.note
    if hidden.count:
        extra = f"{text.count(hidden.count)} values ≤ 0 not drawn"
        note = f"{note} · {extra}" if note else extra
    legend = tuple(
        (item.label, item.style, isinstance(item, DrawnPoints))
        for item in items
        if isinstance(item, (DrawnLine, DrawnPoints)) and item.label
    )
    return Drawing(figure.key, figure.title, figure.view, x, y, items, legend, note, figure.click)


class MissingColumnError(KeyError):
    """A figure names a table or a column that is not there."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError itself would put the sentence in quotation marks


def _check_columns(figure: Figure | Sheet, tables: Mapping[str, Table]) -> None:
    named: list[tuple[str, tuple[str, ...]]] = []
    if isinstance(figure, Sheet):
        named.append((figure.table, tuple(column.name for column in figure.columns)))
    else:
        for item in figure.items:
            if isinstance(item, (Line, Points)):
                named.append((item.table, (item.x, item.y)))
            elif isinstance(item, Band):
                named.append((item.table, (item.x, item.low, item.high)))
            elif isinstance(item, Image):
                named.append((item.table, (item.x, item.y, item.value)))
    for table, columns in named:
        if table not in tables:
            there = ", ".join(map(repr, tables)) or "none"
            raise MissingColumnError(
                f"figure {figure.key!r} names the table {table!r}, which is not there; "
                f"tables there are: {there}"
            )
        for column in columns:
            if column not in tables[table].columns:
                there = ", ".join(map(repr, tables[table].columns)) or "none"
                raise MissingColumnError(
                    f"figure {figure.key!r} names the column {column!r}, which the table "
                    f"{table!r} lacks; columns there are: {there}"
                )


def _draw_sheet(sheet: Sheet, table: Table) -> DrawnSheet:
    values = [[_scalar(value) for value in table[column.name]] for column in sheet.columns]
    columns = [
        [text.number(value, column.digits) for value in cells]
        for cells, column in zip(values, sheet.columns, strict=True)
    ]
    headings = tuple(
        f"{column.heading} ({table.units[column.name]})"
        if column.name in table.units
        else column.heading
        for column in sheet.columns
    )
    rows = tuple(zip(*columns, strict=True))
    volatile = [column.name in table.volatile for column in sheet.columns]
    compared = [
        [_number(value, hidden) for value in cells]
        for cells, hidden in zip(values, volatile, strict=True)
    ]
    numbers = tuple(zip(*compared, strict=True))
    return DrawnSheet(sheet.key, sheet.title, sheet.view, headings, rows, sheet.note, numbers)


def _scalar(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _number(value: Any, volatile: bool) -> float | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return math.nan if volatile else float(value)


class _Hidden:
    """Counts the values that a log axis cannot show."""

    count = 0


def _transform(values: npt.NDArray[Any], log: bool, hidden: _Hidden) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if not log:
        return array
    positive = array > 0
    hidden.count += int(np.count_nonzero(array <= 0))
    out = np.full(array.shape, np.nan)
    np.log10(array, out=out, where=positive)
    return out


def _draw_item(
    item: Any,
    figure: Figure,
    tables: Mapping[str, Table],
    hidden: _Hidden,
    most: tuple[int, int],
) -> Any:
    line_points, dots = most

    def x_of(name: str) -> Array:
        return _transform(tables[item.table][name], figure.x.log, hidden)

    def y_of(name: str) -> Array:
        return _transform(tables[item.table][name], figure.y.log, hidden)

    if isinstance(item, Line):
        x, (y,) = _sorted(x_of(item.x), [y_of(item.y)])
        x, y = peaks(x, y, line_points)
        return DrawnLine(x, y, item.style, item.label, item.markers)
    if isinstance(item, Band):
        high = y_of(item.high)
        low = _low_end(tables[item.table][item.low], figure.y.log)
        x, (low, high) = _sorted(x_of(item.x), [low, high])
        kept = _every(x.size, line_points)
        return DrawnBand(x[kept], low[kept], high[kept], item.style)
    if isinstance(item, Points):
        x, y = x_of(item.x), y_of(item.y)
        kept = _every(x.size, dots)
        return DrawnPoints(x[kept], y[kept], item.style, item.label, item.faint)
    if isinstance(item, Image):
        return _draw_image(item, figure, tables[item.table])
    if isinstance(item, Mark):
        return DrawnMark(
            _place(item.x, figure.x.log), _place(item.y, figure.y.log), item.label, item.style
        )
    assert isinstance(item, Region)
    ends = (_place(item.low, figure.x.log), _place(item.high, figure.x.log))
    assert ends[0] is not None and ends[1] is not None
    return DrawnRegion(ends[0], ends[1], item.label)


def _low_end(values: npt.NDArray[Any], log: bool) -> Array:
    """The lower end of a band: at 0 or less it lies below every log axis."""
    low = _transform(values, log, _Hidden())
    return np.where(np.asarray(values) <= 0, -math.inf, low) if log else low


def _place(value: float | None, log: bool) -> float | None:
    if value is None or not log:
        return value
    return math.log10(value) if value > 0 else -math.inf


def _sorted(x: Array, columns: Sequence[Array]) -> tuple[Array, list[Array]]:
    """Ascending x, as the painter's clipping needs it."""
    if x.size < 2 or np.all(x[1:] >= x[:-1]):
        return x, list(columns)
    order = np.argsort(x, kind="stable")
    return x[order], [column[order] for column in columns]


def peaks(x: Array, y: Array, most: int) -> tuple[Array, Array]:
    """Thin a curve to at most `most` points, keeping the extremes of every stretch.

    A stretch with a NaN keeps one, so that the curve stays broken there.
    """
    if x.size <= most:
        return x, y
    missing = np.isnan(y)
    broken = bool(missing.any())
    count = (most - 2) // (3 if broken else 2)
    stretch = math.ceil(x.size / count)
    starts = np.arange(0, x.size, stretch)
    kept = [np.array([0, x.size - 1])]
    for score in (np.where(missing, np.inf, y), np.where(missing, np.inf, -y)):
        padded = np.full(starts.size * stretch, np.inf)
        padded[: x.size] = score
        kept.append(starts + padded.reshape(-1, stretch).argmin(1))
    if broken:
        kept.append(np.flatnonzero(missing)[_first_in_each(np.flatnonzero(missing) // stretch)])
    # A last stretch of NaN alone may point into its padding.
    chosen = np.minimum(np.unique(np.concatenate(kept)), x.size - 1)
    return x[chosen], y[chosen]


def _first_in_each(stretches: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.unique(stretches, return_index=True)[1]


def _every(size: int, most: int) -> npt.NDArray[np.int64]:
    """At most `most` indices, evenly spread, the first and the last among them."""
    if size <= most:
        return np.arange(size)
    return np.linspace(0, size - 1, most).round().astype(np.int64)


def _draw_image(item: Image, figure: Figure, table: Table) -> DrawnImage:
    if table.grid is None:
        raise ValueError(f"table {item.table!r} has no grid; an image needs one")
    values = np.asarray(table[item.value], dtype=np.float64).reshape(table.grid)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if item.colormap == "diverging":
        high = max(abs(low), abs(high)) or 1.0
        low = -high
    scaled = np.nan_to_num((values - low) / ((high - low) or 1.0), nan=0.0, posinf=1, neginf=0)
    index = np.rint(np.clip(scaled, 0, 1) * (COLORS - 1)).astype(np.uint8)
    index[np.isnan(values)] = BLANK
    hidden = _Hidden()
    across = _transform(table[item.x], figure.x.log, hidden).reshape(table.grid)
    up = _transform(table[item.y], figure.y.log, hidden).reshape(table.grid)
    columns = _centres(across, item.x, figure, figure.x)
    rows = _centres(up.T, item.y, figure, figure.y)
    if _descending(columns):
        columns, index = columns[::-1], index[:, ::-1]
    if _descending(rows):
        rows, index = rows[::-1], index[::-1]
    rect = (*_cells(columns), *_cells(rows))
    return DrawnImage(np.ascontiguousarray(index), rect, (low, high), item.label, item.colormap)


def _centres(grid: Array, name: str, figure: Figure, axis: Axis) -> Array:
    """The centres of the cells along an axis that runs along the rows of the grid."""
    trouble = f"figure {figure.key!r}: the image's column {name!r}"
    if not grid.size:
        raise ValueError(f"{trouble} is empty")
    if not np.isfinite(grid).all():
        why = "a log axis needs values above 0" if axis.log else "an image needs finite ones"
        raise ValueError(f"{trouble} holds values without a place; {why}")
    centres: Array = grid[0]
    width = abs(centres[-1] - centres[0])
    even = np.linspace(centres[0], centres[-1], centres.size)
    if (centres.size > 1 and not width) or np.abs(grid - even).max() > UNEVEN * width:
        scale = "log" if axis.log else "linear"
        raise ValueError(
            f"{trouble} is not evenly spaced on its {scale} axis; "
            "x has to vary along each row of the grid in even steps, y from row to row"
        )
    return centres


def _descending(centres: Array) -> bool:
    return bool(centres[-1] < centres[0])


def _cells(centres: Array) -> Range:
    """Outer edges of equally spaced cells with the given centres."""
    half = (centres[-1] - centres[0]) / (2 * max(1, centres.size - 1)) or 0.5
    return float(centres[0] - half), float(centres[-1] + half)


def reach(item: DrawnItem, axis: str) -> Range | None:
    """The extent of an item along `x` or `y` in picture coordinates, where it has one."""
    if isinstance(item, DrawnImage):
        return item.rect[:2] if axis == "x" else item.rect[2:]
    if isinstance(item, DrawnMark):
        at = item.x if axis == "x" else item.y
        return (at, at) if at is not None and math.isfinite(at) else None
    if isinstance(item, DrawnRegion):
        # On a log axis a region may reach down to zero, which is no place to look at.
        return _extent(np.array([item.low, item.high])) if axis == "x" else None
    if axis == "x":
        return _extent(item.x)
    if isinstance(item, DrawnBand):
        return _extent(np.concatenate([item.low, item.high]))
    return _extent(item.y)


def _extent(values: Array) -> Range | None:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else None


def _draw_axis(axis: Axis, items: Sequence[DrawnItem], name: str) -> DrawnAxis:
    if axis.view is not None:
        low, high = (_place(end, axis.log) for end in axis.view)
        assert low is not None and high is not None
        return DrawnAxis(axis.title, axis.log, (low, high))
    span = _span(items, name)
    if span is None:
        return DrawnAxis(axis.title, axis.log, (0.0, 1.0))
    if span == _span([item for item in items if isinstance(item, DrawnImage)], name):
        return DrawnAxis(axis.title, axis.log, span)  # an image fills its axes
    low, high = quantised(span)
    # A quantity that is never negative starts at zero rather than at a margin below it.
    low = max(low, 0.0) if span[0] >= 0 and not axis.log else low
    return DrawnAxis(axis.title, axis.log, (low, high))


def _span(items: Sequence[DrawnItem], axis: str) -> Range | None:
    known = [found for item in items if (found := reach(item, axis)) is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def quantised(span: Range) -> Range:
    """A view around a span, its ends on a coarse grid so that small changes do not move it."""
    low, high = span
    width = high - low
    if not math.isfinite(width):
        return span
    if width <= 1e-12 * max(abs(low), abs(high), 1e-300):
        half = 0.5 * abs(low) or 0.5
        return low - half, high + half
    step = 10.0 ** math.floor(math.log10(width)) / 4
    while width / step > 16:
        step *= 2
    margin = 0.02 * width
    return math.floor((low - margin) / step) * step, math.ceil((high + margin) / step) * step


def widened(drawing: Drawing, x: Range, y: Range) -> Drawing:
    """The drawing in a view that also holds the given one: ranges only grow during a drag."""
    view_x = (min(drawing.x.view[0], x[0]), max(drawing.x.view[1], x[1]))
    view_y = (min(drawing.y.view[0], y[0]), max(drawing.y.view[1], y[1]))
    return replace(drawing, x=replace(drawing.x, view=view_x), y=replace(drawing.y, view=view_y))
