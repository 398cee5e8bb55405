"""One figure on the page: measured first, so that neighbours align, then drawn."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kernlab.engine.contract import drawing as drawings
from kernlab.engine.contract.drawing import Drawing, DrawnAxis, DrawnImage
from kernlab.engine.contract.figure import Axis, Figure
from kernlab.engine.contract.table import Table
from kernlab.export import legend
from kernlab.export.canvas import PAD_MM, TICK_MM, TICK_PT, Canvas
from kernlab.export.paint import color, paint
from kernlab.export.ticks import Room, Ticks, ticks
from kernlab.export.words import MM, height, width, wrapped

TITLE_PT, NOTE_PT, AXIS_PT = 8.0, 6.2, 7.0
LINE_POINTS = 100_000
"""More points than any printer has dots; the rest would only make the file larger."""
BAR, BAR_GAP = 2.6, 2.0
View = tuple[tuple[float, float], tuple[float, float]]


def fitted(axis: Axis, drawn: DrawnAxis, items: Any, name: str, margin: float) -> Any:
    """The view of an axis: the declared one, or the data with a margin (images without)."""
    if axis.view is not None:
        return drawn.view
    reaches = [(drawings.reach(item, name), isinstance(item, DrawnImage)) for item in items]
    known = [(found, image) for found, image in reaches if found is not None]
    if not known:
        return drawn.view
    low = min(found[0] for found, _ in known)
    high = max(found[1] for found, _ in known)
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        return drawn.view
    flush = any(image and found == (low, high) for found, image in known)
    extra = 0.0 if flush else margin * (high - low)
    return low - extra, high + extra


@dataclass
class Cell:
    """A figure in a column of the page; lengths in mm."""

    figure: Figure
    drawing: Drawing
    width: float
    tall: float
    view: View
    title: list[str]
    note: list[str]
    legend: list[list[legend.Entry]]
    y_title: list[str]
    y_ticks: Ticks
    bar_title: list[str] = field(default_factory=list)
    bar_ticks: Ticks | None = None
    x_title: list[str] = field(default_factory=list)
    x_ticks: Ticks | None = None
    right: float = 0.0

    @property
    def header(self) -> float:
        """The height above the axes."""
        return (
            height(TITLE_PT, len(self.title))
            + (height(NOTE_PT, len(self.note)) + 0.2 if self.note else 0.0)
            + (0.8 + legend.ROW * len(self.legend) if self.legend else 0.0)
            + 1.6
        )

    @property
    def left(self) -> float:
        """The width that the y axis needs."""
        return TICK_MM + PAD_MM + _widest(self.y_ticks) + 1.2 + height(AXIS_PT, len(self.y_title))

    @property
    def bar(self) -> float:
        """The width that the colour bar needs, with its gap."""
        if self.bar_ticks is None:
            return 0.0
        words = height(AXIS_PT, len(self.bar_title)) + 1.0 if self.bar_title else 0.0
        return BAR_GAP + BAR + TICK_MM + PAD_MM + _widest(self.bar_ticks) + words

    @property
    def footer(self) -> float:
        """The height below the axes."""
        return TICK_MM + PAD_MM + height(TICK_PT) + 0.2 + height(AXIS_PT, len(self.x_title))

    def settle(self, left: float) -> None:
        """Choose what depends on the width of the axes, once the column's left margin is known."""
        across = self.width - left - max(self.bar, 2.0)
        room = Room(across * MM, TICK_PT, across=True)
        names = self.drawing.x.names
        self.x_ticks = ticks(self.view[0], self.drawing.x.log, room)
        if names:
            self.x_ticks = Ticks(tuple(map(float, range(len(names)))), _fitting(names, across))
        last = self.x_ticks.labels[-1] if self.x_ticks.labels else ""
        self.right = max(self.bar, 2.0, width(last, TICK_PT) / 2)
        self.x_title = wrapped(self.drawing.x.title, AXIS_PT, across)

    def draw(
        self, canvas: Canvas, x: float, y: float, left: float, header: float, tables: Any
    ) -> None:
        """Draw with the top left corner at (x, y), axes `left` and `header` from there."""
        self._draw_header(canvas, x, y, y + header)
        across = self.width - left - self.right
        axes = canvas.axes(x + left, y + header, across, self.tall, label=self.figure.key)
        axes.set(xlim=self.view[0], ylim=self.view[1])
        image = paint(axes, self.figure, self.drawing, tables, self.view)
        if image is None:
            axes.grid(True, color=color("grid"), linewidth=0.35, alpha=0.7)
        assert self.x_ticks is not None
        set_ticks(axes.xaxis, self.x_ticks)
        set_ticks(axes.yaxis, self.y_ticks)
        axes.set(xlim=self.view[0], ylim=self.view[1])
        below = y + header + self.tall + TICK_MM + PAD_MM + height(TICK_PT) + 0.2
        for number, line in enumerate(self.x_title):
            middle = x + left + across / 2
            canvas.text(middle, below + height(AXIS_PT, number), line, AXIS_PT, align="center")
        centre = y + header + self.tall / 2
        beside = left - TICK_MM - PAD_MM - _widest(self.y_ticks) - 1.2
        titled = beside - height(AXIS_PT, len(self.y_title)) / 2
        canvas.upright(x + titled, centre, self.y_title, AXIS_PT)
        if image is not None and self.bar_ticks is not None:
            self._draw_bar(canvas, x + left + across + BAR_GAP, y + header, image)

    def _draw_header(self, canvas: Canvas, x: float, y: float, above: float) -> None:
        key = self.figure.key
        for line in self.title:
            canvas.text(x, y, line, TITLE_PT, bold=True)
            y += height(TITLE_PT)
        y += 0.2
        for line in self.note:
            canvas.text(x, y, line, NOTE_PT, role="muted")
            y += height(NOTE_PT)
        # Close to the axes also where a neighbour's header is taller.
        legend.draw(canvas, x, above - 1.6 - legend.ROW * len(self.legend), self.legend, key)

    def _draw_bar(self, canvas: Canvas, x: float, y: float, image: Any) -> None:
        assert self.bar_ticks is not None
        low, high = image.get_clim()
        axes = canvas.axes(x, y, BAR, self.tall, label=f"{self.figure.key} colours")
        axes.imshow(
            np.linspace(low, high, 256)[:, None], extent=(0, 1, low, high), origin="lower",
            aspect="auto", cmap=image.get_cmap(), interpolation="nearest",
        )  # fmt: skip
        axes.yaxis.tick_right()
        axes.set_xticks([])
        for side, spine in axes.spines.items():
            spine.set_visible(side == "right")
        set_ticks(axes.yaxis, self.bar_ticks)
        axes.set(xlim=(0, 1), ylim=(low, high))
        beside = BAR + TICK_MM + PAD_MM + _widest(self.bar_ticks) + 1.0
        titled = x + beside + height(AXIS_PT, len(self.bar_title)) / 2
        canvas.upright(titled, y + self.tall / 2, self.bar_title, AXIS_PT)


def _fitting(names: Sequence[str], across: float) -> tuple[str, ...]:
    """Names of an axis of words, shortened where they would run into each other."""
    room = across / len(names) - 1.0
    return tuple(_cut(name, room) for name in names)


def _cut(name: str, room: float) -> str:
    shown, kept = name, len(name)
    while kept > 1 and width(shown, TICK_PT) > room:
        kept -= 1
        shown = name[:kept].rstrip() + "…"
    return shown


def set_ticks(axis: Any, found: Ticks) -> None:
    """Put exactly these ticks on a Matplotlib axis."""
    axis.set_ticks(found.major, labels=found.labels)
    axis.set_ticks(found.minor, minor=True)


def _widest(found: Ticks) -> float:
    return max((width(label, TICK_PT) for label in found.labels), default=0.0)


def measured(figure: Figure, tables: Mapping[str, Table], across: float) -> Cell:
    """A figure's cell for a column of a given width in mm.

    Raises:
        KeyError: a column that the figure names is missing.
    """
    drawing = drawings.draw(figure, tables, line_points=LINE_POINTS, dots=sys.maxsize)
    assert isinstance(drawing, Drawing)
    tall = min(max(0.6 * (across - 16.0), 24.0), 75.0)
    view = (
        fitted(figure.x, drawing.x, drawing.items, "x", 0.02),
        fitted(figure.y, drawing.y, drawing.items, "y", 0.04),
    )
    cell = Cell(
        figure=figure,
        drawing=drawing,
        width=across,
        tall=tall,
        view=view,
        title=wrapped(drawing.title, TITLE_PT, across, bold=True),
        note=wrapped(drawing.note, NOTE_PT, across),
        legend=legend.rows(legend.entries(drawing), across),
        y_title=wrapped(drawing.y.title, AXIS_PT, tall + 4.0),
        y_ticks=ticks(view[1], drawing.y.log, Room(tall * MM, TICK_PT, across=False)),
    )
    image = next((item for item in drawing.items if isinstance(item, DrawnImage)), None)
    if image is not None:
        low, high = image.limits
        limits = (low, high if high > low else low + 1.0)
        cell.bar_title = wrapped(image.label, AXIS_PT, tall + 4.0)
        cell.bar_ticks = ticks(limits, False, Room(tall * MM, TICK_PT, across=False))
    return cell
