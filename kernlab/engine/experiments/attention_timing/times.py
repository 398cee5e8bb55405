"""Times of the methods against each other, at one length after the other, and what follows."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.contract.text import count, number
from kernlab.engine.experiments.attention_timing import table3
from kernlab.engine.experiments.attention_timing.bench import Bench
from kernlab.engine.experiments.attention_timing.methods import (
    LONGEST_CALL,
    expected_seconds,
    refused,
)
from kernlab.engine.experiments.attention_timing.parameters import SHORT, Parameters
from kernlab.engine.numerics import timing
from kernlab.engine.numerics.timing import Array, Interval, Sample, Summary, Turn

NOTICEABLE = 0.05
"""Seconds from which on a call that cannot be cut is announced with its time."""
ASYMPTOTIC = 0.15
"""Change of the local exponent up to which it counts as settled."""
LEAST_CLEAN = 4
"""Clean samples at each length without which a fit is not trusted."""
FITTED = 3
"""Lengths, the longest ones, that an exponent is fitted to."""


@dataclass(frozen=True)
class Timed:
    """What was timed at one length.

    Attributes:
        samples: in the order of their taking; empty where no method may run.
        load: the machine's load before and after, NaN where it tells none.
    """

    n: int
    samples: tuple[Sample, ...]
    load: tuple[float, float]

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        """Of each method; many columns read them."""
        return timing.summarize(self.samples)

    @property
    def nbytes(self) -> int:
        return 400 * len(self.samples)


def may_time(p: Parameters, method: str, n: int, known: Mapping[str, tuple[int, float]]) -> bool:
    """Whether a method is timed at a length: it fits into the memory, and ends in time."""
    expected = expected_seconds(p, method, n, known.get(method))
    return not refused(p, method, n) and expected <= LONGEST_CALL


def timed(
    bench: Bench,
    n: int,
    known: Mapping[str, tuple[int, float]],
    span: tuple[float, float] | None = None,
) -> Generator[Step, None, Timed]:
    """Time all methods at a length.

    Args:
        known: of each method, the last length that was timed, and its seconds.
        span: the share of the whole run that is done before and after, where that is known.
    """
    p = bench.p
    names = tuple(name for name in p.methods if may_time(p, name, n, known))
    own = tuple(bench.own(name) for name in names)
    source = (p.sizes, p.dtype, p.device, p.rounds, p.threads, p.seed)
    key = (source, names, own, n)
    before: Timed | None = bench.cache.peek("timed", key)
    if before is not None:
        return before
    load = _load()
    samples: Sequence[Sample] = ()
    if names:
        with bench.threads():
            calls = {name: bench.call(name, n) for name in names}
        yield Step()
        with bench.threads():
            turns = timing.measure(
                calls,
                rounds=p.rounds,
                rng=np.random.default_rng([p.seed, n]),
                probe=_probe(p.device),
                clock=timing.cuda_clock if p.device == "cuda" else timing.wall_clock,
            )
        for note, samples in _drained(bench, n, turns, known):
            share = min(1.0, len(samples) / (len(names) * p.rounds))
            done = None if span is None else span[0] + share * (span[1] - span[0])
            yield Step(done, note)
    return bench.cache.put("timed", key, Timed(n, tuple(samples), (load, _load())))


def _drained(
    bench: Bench, n: int, turns: Iterator[Turn], known: Mapping[str, tuple[int, float]]
) -> Iterator[tuple[str, Sequence[Sample]]]:
    """Take one sample after the other; says what comes next, and gives those that there are."""
    while True:
        with bench.threads():
            turn = next(turns, None)
        if turn is None:
            return
        note = ""
        if turn.upcoming:
            about = announced(bench.p, turn.upcoming, n, known, turn.expected)
            note = f"timing {SHORT[turn.upcoming]} at n = {count(n)}{about}"
        yield note, turn.samples


def announced(
    p: Parameters,
    method: str,
    n: int,
    known: Mapping[str, tuple[int, float]],
    seconds: float = math.nan,
) -> str:
    """How long a call will take, for a note; empty where nobody would notice."""
    if math.isnan(seconds):
        seconds = expected_seconds(p, method, n, known.get(method))
    return f", about {number(seconds, 2)} s" if seconds > NOTICEABLE else ""


def _probe(device: str) -> Callable[[], object]:
    """A product of two small matrices, on the threads and the device of the methods."""
    import torch

    size = 256 if device == "cpu" else 2048
    matrix = torch.randn((size, size), generator=torch.Generator().manual_seed(0)).to(device)
    return lambda: matrix @ matrix


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan


# -- tables -------------------------------------------------------------------------------------


def _column(done: Mapping[int, Timed], grid: Sequence[int], method: str, part: str) -> Array:
    summaries = [done[n].summaries.get(method) if n in done else None for n in grid]
    return np.array([math.nan if s is None else getattr(s, part) for s in summaries])


def times_table(p: Parameters, done: Mapping[int, Timed]) -> Table:
    """By length: median, quartiles, minimum and CPU time of each method, in seconds."""
    columns: dict[str, Any] = {"n": np.array(p.grid)}
    names = {"": "median", "_low": "low", "_high": "high", "_min": "minimum", "_cpu": "cpu"}
    for method in p.methods:
        for ending, part in names.items():
            columns[method + ending] = _column(done, p.grid, method, part)
    return _volatile(columns, "s")


def ratio_table(p: Parameters, done: Mapping[int, Timed]) -> Table:
    """By length: times over the baseline's median, and CPU time over wall time."""
    columns: dict[str, Any] = {"n": np.array(p.grid)}
    base = _column(done, p.grid, p.baseline, "median")
    for method in p.methods:
        for ending, part in {"": "median", "_low": "low", "_high": "high"}.items():
            columns[method + ending] = _column(done, p.grid, method, part) / base
        median = _column(done, p.grid, method, "median")
        columns[f"{method}_busy"] = _column(done, p.grid, method, "cpu") / median
    return _volatile(columns)


def _volatile(columns: dict[str, Any], unit: str = "") -> Table:
    names = [name for name in columns if name != "n"]
    units = dict.fromkeys(names, unit) if unit else {}
    return Table(columns, units, frozenset(names))


def samples_table(p: Parameters, last: Timed) -> Table:
    """The samples of the last length in their order, over the median of their method."""
    marked, summaries = timing.marked(last.samples), last.summaries
    place = np.arange(len(last.samples))
    relative = np.array([s.seconds / summaries[s.method].median for s in last.samples])
    columns: dict[str, Any] = {"place": place}
    names = np.array([s.method for s in last.samples])
    for method in p.methods:
        columns[method] = np.where((names == method) & ~marked, relative, np.nan)
    columns["marked"] = np.where(marked, relative, np.nan)
    return Table(columns, {}, frozenset(columns))


def fits_table(p: Parameters, done: Mapping[int, Timed]) -> Generator[Step, None, Table]:
    """One row a method: the exponent at the longest lengths, and the crossover.

    Bootstraps take about 10 ms a method: there is a place to stop after each.
    """
    rows = []
    for method in p.methods:
        rows.append(_fit(p, done, method))
        yield Step()
    names = ("method", "label", "lengths", "exponent", "exponent_low", "exponent_high",
             "exponent_text", "crossover", "crossover_low", "crossover_high",
             "crossover_text")  # fmt: skip
    columns = {name: np.array([row[at] for row in rows]) for at, name in enumerate(names)}
    return Table(columns, {}, frozenset(names[2:]))


def _fit(p: Parameters, done: Mapping[int, Timed], method: str) -> tuple[Any, ...]:
    rng = np.random.default_rng([p.seed, 77])
    grid = [n for n in p.grid if n in done and method in done[n].summaries]
    rows = [timing.clean_seconds(done[n].samples, method) for n in grid]
    power, lengths, text = Interval(*[math.nan] * 3), "", "–"
    if len(grid) > 1:
        power = timing.exponent(grid[-FITTED:], rows[-FITTED:], rng)
        lengths = f"{count(grid[-FITTED:][0])} to {count(grid[-1])}"
        text = f"{power.value:.2f} ({power.low:.2f} to {power.high:.2f})"
        clean = min(done[n].summaries[method].clean for n in grid[-FITTED:])
        if clean < LEAST_CLEAN:
            text += f", disturbed: {clean} clean samples"
        elif not _settled(grid, rows):
            text += ", not yet asymptotic"
    cross, told = _crossover(p, done, method, rng)
    return (method, SHORT[method], lengths, *power, text, *cross, told)


def _settled(grid: Sequence[int], rows: Sequence[Array]) -> bool:
    """Whether the last two local exponents agree."""
    if len(grid) < FITTED:
        return False
    x, y = np.log(grid[-FITTED:]), np.log([np.median(row) for row in rows[-FITTED:]])
    slopes = np.diff(y) / np.diff(x)
    return bool(abs(slopes[-1] - slopes[-2]) <= ASYMPTOTIC)


def _crossover(
    p: Parameters, done: Mapping[int, Timed], method: str, rng: np.random.Generator
) -> tuple[Interval, str]:
    both = [n for n in p.grid if n in done and {method, p.baseline} <= done[n].summaries.keys()]
    nothing = Interval(*[math.nan] * 3)
    if method == p.baseline or not both:
        return nothing, "the baseline" if method == p.baseline else "–"
    own, base = ([timing.clean_seconds(done[n].samples, name) for n in both]
                 for name in (method, p.baseline))  # fmt: skip
    found = timing.crossover(both, own, base, rng)
    if found.value == 0:
        return found, f"faster from {count(both[0])} on"
    if math.isinf(found.value):
        return found, f"not up to {count(both[-1])}"
    low, high = (_end(value, both) for value in (found.low, found.high))
    return found, f"{count(round(found.value))} ({low} to {high})"


def _end(value: float, lengths: Sequence[int]) -> str:
    if value == 0:
        return f"< {count(lengths[0])}"
    return f"> {count(lengths[-1])}" if math.isinf(value) else count(round(value))


def beside_table(p: Parameters, done: Mapping[int, Timed], errors: Table | None) -> Table:
    """Like Table 3 of the paper: milliseconds by length, with errors, the paper's beside ours."""
    names = ("fused", "favor", "nystrom")
    columns: dict[str, Any] = {"n": np.array(p.grid)}
    for name in names:
        columns[name] = 1000 * _column(done, p.grid, name, "median")
    for name in (*names[1:], "mean"):
        known = {} if errors is None else errors.columns
        columns[f"{name}_error"] = known.get(name, np.full(len(p.grid), np.nan))
    for name in names:
        paper = dict(zip(table3.LENGTHS, table3.SECONDS[name], strict=True))
        columns[f"{name}_paper"] = np.array([1000 * paper.get(n, math.nan) for n in p.grid])
    units = {name: "ms" for name in columns if name in names or name.endswith("_paper")}
    return Table(columns, units, frozenset(names))


def machine_table(p: Parameters, done: Mapping[int, Timed]) -> Table:
    """What the times were taken on: one row."""
    import torch

    from kernlab.threads import available

    samples = [sample for one in done.values() for sample in one.samples]
    marked = sum(int(timing.marked(one.samples).sum()) for one in done.values())
    loads = [load for one in done.values() for load in one.load]
    gpu = p.device == "cuda"
    device = torch.cuda.get_device_name() if gpu else torch.backends.cpu.get_cpu_capability()
    columns = {
        "device": device,
        "threads": min(p.threads, available()),
        "torch": torch.__version__,
        "load_least": min(loads, default=math.nan),
        "load_most": max(loads, default=math.nan),
        "samples": len(samples),
        "marked": marked,
    }
    return Table({k: np.array([v]) for k, v in columns.items()}, {}, frozenset(columns))
