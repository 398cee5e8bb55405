"""The items of a drawing onto Matplotlib axes, in the light theme.

Axes are linear in the drawing's coordinates (log10 on a log axis), so that files and window
show the same picture.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kernlab.assets import roles
from kernlab.engine.contract.drawing import (
    Drawing,
    DrawnBand,
    DrawnImage,
    DrawnLine,
    DrawnMark,
    DrawnPoints,
    DrawnRegion,
)
from kernlab.engine.contract.figure import Figure, Image, Style
from kernlab.engine.contract.table import Table

BAND_OPACITY = 0.18
RASTER_POINTS = 5000
MARKERS_ON_A_LINE = 25
PT_OF_PX = 0.72
COLORMAPS = {"sequential": "viridis", "diverging": "RdBu_r"}
_dashes: dict[str, Any] = {
    "solid": "-",
    "dash": (0, (4.0, 1.8)),
    "dot": (0, (1.0, 1.4)),
    "dashdot": (0, (5.0, 1.5, 1.0, 1.5)),
    "longdash": (0, (10.0, 2.2)),
}
_markers = {"": "o", "circle": "o", "square": "s", "triangle": "^", "diamond": "D", "cross": "X"}
_marker_size = {"square": 3.6, "triangle": 4.4, "diamond": 3.5, "cross": 4.4}


def color(role: str) -> str:
    """A role's colour on paper."""
    return roles("light")[role]


def line_style(style: Style) -> dict[str, Any]:
    """Matplotlib's words for a style's colour, dash and width."""
    return {
        "color": color(style.role),
        "linestyle": _dashes[style.dash],
        "linewidth": style.width * PT_OF_PX,
        "dash_capstyle": "butt",
        "solid_capstyle": "round",
        "solid_joinstyle": "round",
    }


def marker_style(style: Style) -> dict[str, Any]:
    """Matplotlib's words for a style's marker on a line: filled, with a thin white edge."""
    return {
        "marker": _markers[style.marker],
        "markersize": _marker_size.get(style.marker, 4.0),
        "markerfacecolor": color(style.role),
        "markeredgecolor": color("surface"),
        "markeredgewidth": 0.4,
    }


def dot_style(style: Style, faint: bool) -> dict[str, Any]:
    """Matplotlib's words for points: small and faint behind the answers, or plain."""
    return {
        "linestyle": "none",
        "marker": _markers[style.marker],
        "markersize": 1.3 if faint else 3.2,
        "markerfacecolor": color(style.role),
        "markeredgewidth": 0,
        "alpha": 0.3 if faint else 0.9,
    }


def cross_style(style: Style) -> dict[str, Any]:
    """Matplotlib's words for a cross: dark on a white halo, visible on every colour."""
    from matplotlib.patheffects import Normal, Stroke

    halo = Stroke(linewidth=2.6, foreground=color("surface"))
    return {
        "linestyle": "none",
        "marker": "+",
        "markersize": 8.0,
        "markeredgecolor": color("text" if style.role == "muted" else style.role),
        "markeredgewidth": 1.2,
        "path_effects": [halo, Normal()],
    }


def paint(axes: Any, figure: Figure, drawing: Drawing, tables: Any, view: Any) -> Any:
    """Draw every item; returns what a colour bar needs (the last image), or None.

    Args:
        axes: Matplotlib axes, whose limits are `view`.
        figure: the specification; an image takes its values from the tables.
        drawing: the same, drawn from all rows.
        view: ((x0, x1), (y0, y1)) in the drawing's coordinates.
    """
    image = None
    for order, (item, drawn) in enumerate(zip(figure.items, drawing.items, strict=True)):
        late = order * 1e-3  # of two of a kind the later one lies on top
        if isinstance(drawn, DrawnImage):
            assert isinstance(item, Image)
            image = _image(axes, item, drawn, tables[item.table])
        elif isinstance(drawn, DrawnRegion):
            _region(axes, drawn, view[0])
        elif isinstance(drawn, DrawnBand):
            _band(axes, drawn, drawing.y.log, view[1], 2 + late)
        elif isinstance(drawn, DrawnPoints):
            _points(axes, drawn, (2.5 if drawn.faint else 3.5) + late)
        elif isinstance(drawn, DrawnLine):
            _line(axes, drawn, 3 + late)
        else:
            _mark(axes, drawn, late)
    return image


def _image(axes: Any, item: Image, drawn: DrawnImage, table: Table) -> Any:
    values: npt.NDArray[np.float64] = np.asarray(table[item.value], dtype=np.float64)
    assert table.grid is not None
    low, high = drawn.limits
    return axes.imshow(
        np.ma.masked_invalid(values.reshape(table.grid)),  # what was not computed stays blank
        extent=drawn.rect,
        origin="lower",
        aspect="auto",
        interpolation="none" if values.size < 4_000_000 else "antialiased",
        cmap=COLORMAPS[drawn.colormap],
        vmin=low,
        vmax=high if high > low else low + 1.0,
        zorder=1,
    )


def _region(axes: Any, drawn: DrawnRegion, view: tuple[float, float]) -> None:
    low, high = max(drawn.low, view[0]), min(drawn.high, view[1])
    if low < high:
        axes.axvspan(low, high, **region_style(), zorder=0.5)
        for edge in (drawn.low, drawn.high):
            if view[0] < edge < view[1]:
                axes.axvline(edge, color=color("grid"), linewidth=0.6, linestyle="--", zorder=0.6)


def region_style() -> dict[str, Any]:
    """Matplotlib's words for a shaded interval."""
    return {"facecolor": color("muted"), "alpha": 0.10, "linewidth": 0}


def _band(axes: Any, drawn: DrawnBand, log: bool, view: tuple[float, float], order: float) -> None:
    low = drawn.low
    if log:  # Matplotlib leaves out what is infinite
        low = np.where(np.isneginf(low), view[0] - 1, low)
    axes.fill_between(
        drawn.x, low, drawn.high, color=color(drawn.style.role), alpha=BAND_OPACITY,
        linewidth=0, zorder=order,
    )  # fmt: skip


def _points(axes: Any, drawn: DrawnPoints, order: float) -> None:
    axes.plot(
        drawn.x, drawn.y, **dot_style(drawn.style, drawn.faint),
        rasterized=drawn.x.size > RASTER_POINTS, zorder=order,
    )  # fmt: skip


def _line(axes: Any, drawn: DrawnLine, order: float) -> None:
    style = line_style(drawn.style)
    if drawn.markers:
        style |= marker_style(drawn.style)
        style["markevery"] = max(1, math.ceil(drawn.x.size / MARKERS_ON_A_LINE))
    axes.plot(drawn.x, drawn.y, **style, zorder=order)


def _mark(axes: Any, drawn: DrawnMark, late: float) -> None:
    x, y = drawn.x, drawn.y
    if not all(at is None or math.isfinite(at) for at in (x, y)):
        return
    if x is not None and y is not None:
        axes.plot([x], [y], **cross_style(drawn.style), zorder=5 + late)
    elif x is not None:
        axes.axvline(x, **line_style(drawn.style), zorder=2.8 + late)
    elif y is not None:
        axes.axhline(y, **line_style(drawn.style), zorder=2.8 + late)
