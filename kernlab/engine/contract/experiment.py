"""The protocol of an experiment: parameters, run, figures, claims, answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim, Preset
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.formula import Formula
from kernlab.engine.contract.table import Table

Fidelity = Literal["coarse", "full"]
Tables = Mapping[str, Table]

CLAIMS = "claims"
"""The reserved view: what only the claims need, the last stage of a full run."""


@dataclass(frozen=True)
class Step:
    """A partial result, and a place to stop.

    Attributes:
        fraction: how much of the run is done, 0 to 1, or None for as much as before.
        note: what is being computed now.
        tables: whole new tables, only those that changed.
        precision: the error of the numbers shown, for the status line.
    """

    fraction: float | None = None
    note: str = ""
    tables: Tables = field(default_factory=dict)
    precision: str = ""


@dataclass(frozen=True)
class Landmark:
    """A value of a parameter that is worth a tick on its slider, and what it is."""

    parameter: str
    value: float
    text: str


class Experiment(Protocol):
    """What the window, the command line and scripts know of an experiment.

    An experiment may also have a method `memory(p, fidelity) -> Memory` (`contract/memory.py`):
    the predicted peak of a run of all views in bytes, above what was in use before, and the
    parameter to lower. It is arithmetic on the parameters, done in a few microseconds, and right
    within a factor of two; a run that does not fit into the free memory is refused by its word.

    It may also have `formulas(p, tables)`: its few formulas, in general and with the current
    numbers put in (`contract/formula.py`). Pure and cheap; all of them always, in the same
    general form, with fewer numbers while tables are missing. See :func:`formulas_of`.

    And `landmarks(p, tables)`: values worth a tick on a slider, such as the best one. Pure and
    cheap; asked for after each full run, like the formulas. See :func:`landmarks_of`.

    `exclusive` experiments have the lane to themselves (timing). `views` are the groups of
    figures in the order of their tabs, each of at most four figures.

    An experiment may also declare `iterative = True`: then each step that carries tables is one
    step of an iteration, and the window can stand still after each of them.
    """

    key: str
    title: str
    question: str
    icon: str
    exclusive: bool
    views: tuple[str, ...]
    presets: tuple[Preset, ...]
    Parameters: type

    def run(self, p: Any, fidelity: Fidelity, cache: Cache, views: Sequence[str]) -> Iterator[Step]:
        """Compute the tables that the figures of `views` need, the first view first.

        Yields at least every 10 ms while coarse and every 25 ms while full. Opens no file,
        sleeps never, holds no lock and no changed global across a yield.
        """
        ...

    def figures(self, p: Any, tables: Tables) -> Sequence[Figure | Sheet]:
        """All figures, in order, also while tables are missing. Pure and cheap.

        A figure names its tables and is drawn once all of them are there; so nothing here may
        need a table, and what a note or a range takes from one is left out until it is there.
        """
        ...

    def claims(self, p: Any, tables: Tables) -> Sequence[Claim]:
        """All claims, always. Pure and cheap.

        A verdict may need only tables that a full run of the view `claims` yields on its own;
        until they are there the claim is :meth:`Statement.not_measured`.
        """
        ...

    def answer(self, p: Any, tables: Tables) -> str:
        """The panel's answer in one sentence, with its numbers; empty while there is none.

        `**…**` stands around what a reader should see first.
        """
        ...


def formulas_of(experiment: Experiment, p: Any, tables: Tables) -> tuple[Formula, ...]:
    """The formulas of an experiment; none where it has none."""
    make = getattr(experiment, "formulas", None)
    return tuple(make(p, tables)) if make is not None else ()


def landmarks_of(experiment: Experiment, p: Any, tables: Tables) -> tuple[Landmark, ...]:
    """The ticks that an experiment puts on sliders; none where it has none."""
    make = getattr(experiment, "landmarks", None)
    return tuple(make(p, tables)) if make is not None else ()


def merge(tables: Tables, step: Step) -> dict[str, Table]:
    """The tables after a step: new ones replace those of the same name."""
    return {**tables, **step.tables}
