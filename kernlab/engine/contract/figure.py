"""Figures as plain data: axes, lines, bands, points, images and marks that name table columns.

The window and the file export draw the same specification. A method keeps one :class:`Style`
in every figure of its panel; colours are roles of the theme, never values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Dash = Literal["solid", "dash", "dot", "dashdot", "longdash"]
Marker = Literal["", "circle", "square", "triangle", "diamond", "cross"]


@dataclass(frozen=True)
class Style:
    """How a method is drawn: colour role (`trace1` to `trace5`, `text`, `muted`), dash, marker."""

    role: str
    dash: Dash = "solid"
    marker: Marker = ""
    width: float = 1.8


@dataclass(frozen=True)
class Axis:
    """An axis: label, symbol and unit make its title; `view` fixes the range (data values).

    An axis of words has `names`, which stand at 0, 1, 2 and so on in place of numbers.
    """

    label: str
    symbol: str = ""
    unit: str = ""
    log: bool = False
    view: tuple[float, float] | None = None
    names: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        name = f"{self.label} {self.symbol}".strip()
        return f"{name} ({self.unit})" if self.unit else name


@dataclass(frozen=True)
class Line:
    """A curve through the rows of a table; NaN breaks it. Markers only where `markers`.

    The rows are sorted by x when drawn, so a curve that turns back in x (a parametric one) is
    not possible.
    """

    table: str
    x: str
    y: str
    style: Style
    label: str = ""
    markers: bool = False


@dataclass(frozen=True)
class Band:
    """The area between two columns, at about 18 % opacity."""

    table: str
    x: str
    low: str
    high: str
    style: Style


@dataclass(frozen=True)
class Points:
    """Dots, one a row; `faint` ones are data behind the answers."""

    table: str
    x: str
    y: str
    style: Style
    label: str = ""
    faint: bool = False


@dataclass(frozen=True)
class Image:
    """A table with a grid as an image; `label` names its colour bar.

    Row 0 of the grid is at the bottom; y varies by row and x along a row. Both are centres of
    cells, evenly spaced in picture coordinates (in log10 on a log axis).
    """

    table: str
    x: str
    y: str
    value: str
    label: str
    colormap: Literal["sequential", "diverging"] = "sequential"


@dataclass(frozen=True)
class Mark:
    """A line across the whole figure at a constant x or y, or, with both, a cross."""

    x: float | None = None
    y: float | None = None
    label: str = ""
    style: Style = Style("muted", dash="dash", width=1.0)


@dataclass(frozen=True)
class Region:
    """A shaded interval of x, such as a gap in the data."""

    low: float
    high: float
    label: str = ""


Item = Line | Band | Points | Image | Mark | Region


@dataclass(frozen=True)
class Figure:
    """One figure of a panel.

    Attributes:
        key: its name within the experiment; claims and exports refer to it.
        view: the group (tab) that it belongs to.
        note: one short line under the title, such as "4000 of 10⁶ drawn".
        click: the two parameters (x, y) that a click in the figure sets, if any.
        timing: it shows times, so it changes at rest only.
    """

    key: str
    title: str
    view: str
    x: Axis
    y: Axis
    items: Sequence[Item]
    note: str = ""
    click: tuple[str, str] | None = None
    timing: bool = False

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables that it draws."""
        kinds = (Line, Band, Points, Image)
        return frozenset(item.table for item in self.items if isinstance(item, kinds))


@dataclass(frozen=True)
class Column:
    """A column of a sheet: the table's column, its heading, and its significant digits."""

    name: str
    heading: str
    digits: int = 4


@dataclass(frozen=True)
class Sheet:
    """A table shown as text, one row a method."""

    key: str
    title: str
    view: str
    table: str
    columns: Sequence[Column] = field(default_factory=tuple)
    note: str = ""
    timing: bool = False

    @property
    def tables(self) -> frozenset[str]:
        return frozenset((self.table,))
