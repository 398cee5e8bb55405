"""Tables: named columns with units, the data behind everything that is drawn or exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Table:
    """Named columns of equal length, read-only.

    Attributes:
        columns: name to a one-dimensional array of floats, integers or strings.
        units: name to unit, where a column has one.
        volatile: columns that differ from run to run (seconds): shown and exported, left
            out of every comparison.
        grid: (rows, columns) of an image whose columns x, y and values are raveled in C order.

    Raises:
        ValueError: columns differ in length, one is not one-dimensional, or the grid has
            another number of cells than the table has rows.
    """

    columns: Mapping[str, npt.NDArray[Any]]
    units: Mapping[str, str] = field(default_factory=dict)
    volatile: frozenset[str] = frozenset()
    grid: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        frozen = {}
        for name, column in self.columns.items():
            array = np.asarray(column).view()
            if array.ndim != 1:
                raise ValueError(f"column {name!r} has shape {array.shape}; allowed: 1-D")
            array.flags.writeable = False
            frozen[name] = array
        lengths = {name: array.size for name, array in frozen.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns differ in length: {lengths}")
        if self.grid is not None:
            rows, across = self.grid
            size = next(iter(lengths.values()), 0)
            if min(rows, across) < 0 or rows * across != size:
                raise ValueError(f"grid is {rows} × {across}; allowed: {size} cells, one a row")
        object.__setattr__(self, "columns", frozen)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.columns[name]

    def __len__(self) -> int:
        return next(iter(self.columns.values())).size if self.columns else 0

    @property
    def nbytes(self) -> int:
        return sum(column.nbytes for column in self.columns.values())


def summary(**scalars: Any) -> Table:
    """A one-row table of scalars."""
    return Table({name: np.array([value]) for name, value in scalars.items()})
