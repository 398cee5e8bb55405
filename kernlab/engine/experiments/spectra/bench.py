"""One run of the spectra panel, and what an area of it gives."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.experiment import Step, Tables
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.formula import Formula
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.spectra.parameters import Parameters


@dataclass(frozen=True)
class Bench:
    """One set of parameters with what every stage needs."""

    p: Parameters
    full: bool
    cache: Cache


class Area(NamedTuple):
    """A part of the panel: what it computes for each of its views, draws, says and judges.

    Attributes:
        runs: the views of the area, each with the generator that makes its tables.
        figures: the figures of those views, in order.
        measure: makes the one table, `claims_…`, that its claims need.
        judge: its claims; each is `not_measured` while that table is missing.
        formulas: its formula cards.
    """

    runs: dict[str, Callable[[Bench], Iterator[Step]]]
    figures: Callable[[Parameters, Tables], Sequence[Figure | Sheet]]
    measure: Callable[[Bench], Generator[Step, None, dict[str, Table]]]
    judge: Callable[[Parameters, Tables], Sequence[Claim]]
    formulas: Callable[[Parameters, Tables], Sequence[Formula]]


def raised(value: int) -> str:
    """A whole number as a superscript."""
    return str(value).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def row_of(tables: Tables, name: str) -> dict[str, Any] | None:
    """The row of a one-row table, or None while it is missing."""
    table = tables.get(name)
    return {key: column[0] for key, column in table.columns.items()} if table else None
