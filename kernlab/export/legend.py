"""The legend of a drawing, set in rows above its axes, so that it never covers data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kernlab.engine.contract.drawing import (
    Drawing,
    DrawnBand,
    DrawnLine,
    DrawnMark,
    DrawnPoints,
    DrawnRegion,
)
from kernlab.engine.contract.figure import Style
from kernlab.export.canvas import Canvas
from kernlab.export.paint import (
    BAND_OPACITY,
    color,
    cross_style,
    dot_style,
    line_style,
    marker_style,
    region_style,
)
from kernlab.export.words import height, width

SIZE = 6.5
ROW = height(SIZE) + 0.5
HANDLE, GAP, BETWEEN = 6.0, 1.2, 3.6
_order = (DrawnLine, DrawnPoints, DrawnMark, DrawnRegion)  # the answers first


@dataclass(frozen=True)
class Entry:
    """What stands for an item, and its label."""

    item: DrawnLine | DrawnPoints | DrawnMark | DrawnRegion
    label: str
    band: Style | None = None

    @property
    def width(self) -> float:
        return self.handle + GAP + width(self.label, SIZE)

    @property
    def handle(self) -> float:
        dot = isinstance(self.item, DrawnPoints) or _is_cross(self.item)
        return 2.0 if dot else HANDLE


def _is_cross(item: object) -> bool:
    return isinstance(item, DrawnMark) and item.x is not None and item.y is not None


def entries(drawing: Drawing) -> list[Entry]:
    """One entry a label and kind of item; a line takes the band of its style with it."""
    bands = [item.style for item in drawing.items if isinstance(item, DrawnBand)]
    found: dict[tuple[str, type], Entry] = {}
    for item in drawing.items:
        if not isinstance(item, (DrawnLine, DrawnPoints, DrawnMark, DrawnRegion)):
            continue
        if item.label and _visible(item):
            band = None
            if isinstance(item, DrawnLine):
                band = next((style for style in bands if style.role == item.style.role), None)
            found.setdefault((item.label, type(item)), Entry(item, item.label, band))
    return sorted(found.values(), key=lambda entry: _order.index(type(entry.item)))


def _visible(item: object) -> bool:
    if isinstance(item, DrawnMark):
        return all(at is None or math.isfinite(at) for at in (item.x, item.y))
    return True


def rows(found: Sequence[Entry], limit: float) -> list[list[Entry]]:
    """The entries in rows no wider than a limit in mm; a longer label is cut."""
    lines: list[list[Entry]] = []
    used = 0.0
    for entry in found:
        if entry.width > limit:
            room = limit - entry.handle - GAP - width("…", SIZE)
            cut = len(entry.label)
            while cut > 1 and width(entry.label[:cut], SIZE) > room:
                cut -= 1
            entry = Entry(entry.item, entry.label[:cut].rstrip() + "…", entry.band)
        if lines and used + BETWEEN + entry.width <= limit:
            lines[-1].append(entry)
            used += BETWEEN + entry.width
        else:
            lines.append([entry])
            used = entry.width
    return lines


def draw(canvas: Canvas, x: float, y: float, lines: list[list[Entry]], gid: str) -> None:
    """Draw rows of entries whose top left corner is (x, y)."""
    for number, line in enumerate(lines):
        left, top = x, y + number * ROW
        for place, entry in enumerate(line):
            _handle(canvas, left, top + ROW / 2, entry)
            start = left + entry.handle + GAP
            name = f"legend-{gid}-{number}-{place}"
            canvas.text(start, top + 0.25, entry.label, SIZE, gid=name)
            left += entry.width + BETWEEN


def _handle(canvas: Canvas, x: float, y: float, entry: Entry) -> None:
    item, end = entry.item, x + entry.handle
    middle = (x + end) / 2
    if isinstance(item, DrawnRegion):
        canvas.box(x, y - 1.0, entry.handle, 2.0, **region_style())
    elif isinstance(item, DrawnPoints):
        style = dot_style(item.style, item.faint)
        style |= {"markersize": 3.2, "alpha": 0.7}  # one faint dot alone could not be seen
        canvas.stroke([middle], [y], **style)
    elif isinstance(item, DrawnMark) and _is_cross(item):
        canvas.stroke([middle], [y], **cross_style(item.style) | {"markersize": 5.0})
    else:
        if entry.band is not None:
            face = color(entry.band.role)
            canvas.box(
                x, y - 1.0, entry.handle, 2.0, facecolor=face, alpha=BAND_OPACITY, linewidth=0
            )
        canvas.stroke([x, end], [y, y], **line_style(item.style))
        if isinstance(item, DrawnLine) and item.markers:
            style = line_style(item.style) | marker_style(item.style) | {"linestyle": "none"}
            canvas.stroke([middle], [y], **style)
