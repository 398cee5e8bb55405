"""The first two views: errors, times and peak memory, one length after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.contract.text import count
from kernlab.engine.experiments.attention_timing import errors, peaks, times
from kernlab.engine.experiments.attention_timing.bench import Bench
from kernlab.engine.experiments.attention_timing.errors import Cell
from kernlab.engine.experiments.attention_timing.parameters import SHORT, Parameters
from kernlab.engine.experiments.attention_timing.times import Timed

LONGEST_PREVIEW = 1024
"""The shortest length may be this long for errors to follow a moving slider."""
FRONT = ("seconds", "error")


def overview(bench: Bench) -> Iterator[Step]:
    """Errors, times, the trade-off, and peak memory."""
    if not bench.full:
        if bench.grid[0] <= LONGEST_PREVIEW:
            yield from errors.preview(bench)
        yield from peaks.against_length(bench)
        return
    yield from compared(bench)
    yield from peaks.against_length(bench)


def compared(bench: Bench) -> Iterator[Step]:
    """Errors and times, the shortest length first; the tables come after each length.

    Nothing is drawn between the samples of a length: painting would disturb them.
    """
    p = bench.p
    cells: dict[tuple[str, int], Cell] = {}
    done: dict[int, Timed] = {}
    known: dict[str, tuple[int, float]] = {}
    work = np.cumsum([float(n) ** 2 for n in p.grid])
    for at, n in enumerate(p.grid):
        share = float(work[at - 1] / work[-1]) if at else 0.0
        for method in p.methods:
            if times.may_time(p, method, n, known):
                about = times.announced(p, method, n, known)
                yield Step(share, f"error of {SHORT[method]} at n = {count(n)}{about}")
                cells[method, n] = yield from errors.error_of(bench, method, n)
        yield Step(share, "", {"errors": errors.table(p, p.grid, cells)})
        done[n] = yield from times.timed(bench, n, known, (share, float(work[at] / work[-1])))
        known |= {name: (n, s.median) for name, s in done[n].summaries.items()}
        made = yield from tables(bench, cells, done)
        yield Step(float(work[at] / work[-1]), "", made)


def tables(
    bench: Bench, cells: dict[tuple[str, int], Cell], done: dict[int, Timed]
) -> Generator[Step, None, dict[str, Table]]:
    """All that follows from the errors and times so far."""
    p = bench.p
    found = errors.table(p, p.grid, cells)
    fits = yield from times.fits_table(p, done)
    made = {
        "times": times.times_table(p, done),
        "ratios": times.ratio_table(p, done),
        "fits": fits,
        "beside": times.beside_table(p, done, found),
        "machine": times.machine_table(p, done),
    }
    timed = [one for one in done.values() if one.samples]
    if timed:
        made["samples"] = times.samples_table(p, timed[-1])
        made |= trade_tables(p, cells, timed[-1])
    return made


def trade_tables(
    p: Parameters, cells: dict[tuple[str, int], Cell], last: Timed
) -> dict[str, Table]:
    """Time and error of each method at the last length, and those that none beats in both."""
    row: dict[str, Any] = {"n": np.array([last.n])}
    pairs = []
    summaries = last.summaries
    for method in p.methods:
        seconds = summaries[method].median if method in summaries else np.nan
        error = cells.get((method, last.n), errors.MISSING)[0]
        row |= {f"{method}_seconds": np.array([seconds]), f"{method}_error": np.array([error])}
        if np.isfinite(seconds) and np.isfinite(error):
            pairs.append((seconds, error))
    front: list[tuple[float, float]] = []
    for seconds, error in sorted(pairs):
        if not front or error < front[-1][1]:
            front.append((seconds, error))
    best = {name: np.array([pair[at] for pair in front]) for at, name in enumerate(FRONT)}
    volatile = [name for name in row if name.endswith("_seconds")]
    return {
        "trade": Table(row, dict.fromkeys(volatile, "s"), frozenset(volatile)),
        "front": Table(best, {"seconds": "s"}, frozenset(FRONT)),
    }
