"""Quantities: whatever of an experiment can be measured in one number."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.experiment import CLAIMS, Experiment, Tables
from kernlab.engine.contract.figure import Sheet
from kernlab.engine.contract.table import Table

REDUCTIONS: dict[str, Callable[[Any], Any]] = {
    "last": lambda values: values[-1],
    "max": np.max,
    "min": np.min,
    "mean": np.mean,
}
MOST_ROWS = 40
"""A table with more rows than this is no list of methods."""


@dataclass(frozen=True)
class Quantity:
    """One number that a run measures.

    Attributes:
        key: its name in a recipe and on a command line: `G2`, `summary.mean`,
            `methods.rho[iid]`, `curve.y:max`.
        views: those that may make it, the likeliest first.
        about: a few words more, such as a claim's statement.
        claim: the id of the claim whose `measured` it is, or empty.
        table, column: where else it stands; `by` and `row` name the row by the value of a text
            column, `reduction` makes one number of many.
    """

    key: str
    label: str
    views: tuple[str, ...]
    about: str = ""
    unit: str = ""
    claim: str = ""
    table: str = ""
    column: str = ""
    by: str = ""
    row: str = ""
    reduction: str = ""

    def read(self, experiment: Experiment, parameters: Any, tables: Tables) -> float | None:
        """The number; NaN where there is none at these parameters, None where nobody made it."""
        if self.claim:
            for claim in experiment.claims(parameters, tables):
                if claim.id == self.claim:
                    return _number(claim.measured)
            return None
        table = tables.get(self.table)
        if table is None or self.column not in table.columns:
            return None
        column = table[self.column]
        if self.by:
            names = [str(name) for name in table.columns.get(self.by, ())]
            return _number(column[names.index(self.row)]) if self.row in names else math.nan
        if self.reduction:
            return _number(REDUCTIONS[self.reduction](column)) if column.size else math.nan
        return _number(column[0]) if column.size == 1 else math.nan


def _number(value: Any) -> float:
    if isinstance(value, (int, float, np.integer, np.floating)):
        return float(value)
    return math.nan


def quantities(
    experiment: Experiment, parameters: Any, tables: Tables, *, longer: bool = False
) -> list[Quantity]:
    """All that can be swept: claims, and the numbers of the tables that a run has made.

    Args:
        tables: those known so far; the more, the longer the list.
        longer: also the last, largest, smallest and mean number of the columns of long tables.
    """
    figures = experiment.figures(parameters, tables)
    sheets = [figure for figure in figures if isinstance(figure, Sheet)]
    found = [_of_claim(c) for c in experiment.claims(parameters, tables) if _measurable(c)]
    for name, table in tables.items():
        seen = dict.fromkeys(figure.view for figure in figures if name in figure.tables)
        views = tuple(seen) or (CLAIMS, *experiment.views)
        found += _of_table(name, table, views, _headings(name, sheets), longer)
    return found


def _measurable(claim: Claim) -> bool:
    """Whether a claim has a number here, or may have one elsewhere."""
    return claim.measured is not None or claim.verdict == "inconclusive"


def _of_claim(claim: Claim) -> Quantity:
    label = f"{claim.id} (measured)"
    return Quantity(claim.id, label, (CLAIMS,), about=claim.statement, claim=claim.id)


def _headings(table: str, sheets: Sequence[Sheet]) -> dict[str, str]:
    """What sheets call the columns of a table."""
    columns = [column for sheet in sheets if sheet.table == table for column in sheet.columns]
    return {column.name: column.heading for column in columns}


def _of_table(
    name: str, table: Table, views: tuple[str, ...], headings: dict[str, str], longer: bool
) -> Iterator[Quantity]:
    numeric = [column for column in table.columns if table[column].dtype.kind in "iuf"]
    by = _key_column(table)
    for column in numeric if len(table) else ():
        label, unit = headings.get(column, column.replace("_", " ")), table.units.get(column, "")
        place = {"table": name, "column": column, "unit": unit}
        key = f"{name}.{column}"
        if by:
            for row, text in zip(table[by].tolist(), _row_labels(table, by), strict=True):
                yield Quantity(f"{key}[{row}]", f"{label}, {text}", views, by=by, row=row, **place)
        elif len(table) == 1:
            words = label if name == "summary" else f"{label} ({name.replace('_', ' ')})"
            yield Quantity(key, words, views, **place)
        elif longer and table.grid is None:
            for how in REDUCTIONS:
                words = f"{how} of {label} ({name.replace('_', ' ')})"
                yield Quantity(f"{key}:{how}", words, views, reduction=how, **place)


def _key_column(table: Table) -> str:
    """The text column that names the rows, where there is one."""
    if len(table) > MOST_ROWS:
        return ""
    words = [name for name in table.columns if table[name].dtype.kind in "UOS"]
    for name in sorted(words, key=lambda word: word not in ("key", "name")):
        if len(set(table[name].tolist())) == len(table):
            return name
    return ""


def _row_labels(table: Table, by: str) -> list[str]:
    """How a reader knows the rows: by another text column, where keys have one beside them."""
    beside = [name for name in table.columns if table[name].dtype.kind in "UO" and name != by]
    return [str(text) for text in table[beside[0] if beside else by]]
