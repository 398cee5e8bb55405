"""Timing methods against each other: shuffled rounds, a probe around every sample, intervals.

The protocol: every method is warmed up; then, in each round, every method is timed once, in an
order of its own. A short calibration probe runs before and after every sample: where it takes
longer than when the machine is quiet, the sample is marked as contaminated, and so is one whose
wall time and CPU time are out of step. Marked samples are taken again as far as allowed, stay
visible, and are left out of the summaries. Fits carry bootstrap intervals.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Clock = Callable[[Callable[[], object], int], tuple[float, float]]

SHORTEST = 1e-3
"""Seconds that a sample lasts at least; shorter calls are repeated within it."""
PROBE_TOLERANCE = 1.3
"""A probe this many times slower than a quiet one marks the sample beside it."""
CPU_TOLERANCE = 1.3
"""So does a ratio of wall to CPU time this far from the method's own."""
QUIET = 0.1
"""The quantile of all probes that counts as the quiet machine."""
LEAST_ROUNDS = 7
DRAWS = 400
"""Bootstrap draws behind an interval."""


@dataclass(frozen=True)
class Sample:
    """One timing of one method.

    Attributes:
        method: which one.
        round: counted from 0; beyond the asked ones, a repetition of a marked sample.
        place: its place in the order in which everything was timed.
        seconds: wall time of one call.
        cpu: CPU seconds of one call, all threads together; NaN where there is no such clock.
        probe: the slower of the two probes beside it, in seconds.
    """

    method: str
    round: int
    place: int
    seconds: float
    cpu: float
    probe: float


class Turn(NamedTuple):
    """Where a measurement stands: what comes next, about how long it takes, what there is.

    `expected` is NaN before a method's first call; `upcoming` is empty at the end.
    """

    upcoming: str
    expected: float
    samples: Sequence[Sample]


class Summary(NamedTuple):
    """Times of one method over its clean samples, in seconds; all samples where none is clean."""

    minimum: float
    median: float
    low: float
    high: float
    cpu: float
    clean: int
    marked: int


class Interval(NamedTuple):
    """An estimate with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def wall_clock(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Wall and CPU seconds of one call, as the mean of `repeats` calls in a row."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(repeats):
        call()
    wall = time.perf_counter() - wall
    return wall / repeats, (time.process_time() - cpu) / repeats


def cuda_clock(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Seconds of one call on the GPU between two CUDA events; there is no CPU time of it."""
    import torch

    event: Any = torch.cuda.Event
    begun, ended = event(enable_timing=True), event(enable_timing=True)
    torch.cuda.synchronize()
    begun.record()
    for _ in range(repeats):
        call()
    ended.record()
    torch.cuda.synchronize()
    return begun.elapsed_time(ended) / 1000 / repeats, math.nan


def numpy_probe() -> Callable[[], object]:
    """A fixed piece of work of about 0.2 ms: a product of two matrices of 128 by 128."""
    matrix = np.random.default_rng(0).standard_normal((128, 128))
    return lambda: matrix @ matrix


def measure(
    calls: Mapping[str, Callable[[], object]],
    *,
    rounds: int = LEAST_ROUNDS,
    rng: np.random.Generator,
    probe: Callable[[], object] | None = None,
    clock: Clock = wall_clock,
    repetitions: int = 3,
) -> Iterator[Turn]:
    """Time calls against each other; a :class:`Turn` comes before every call and at the end.

    Args:
        calls: what to time, by the method's name.
        rounds: timings of each method, at least 7.
        rng: shuffles the order in each round.
        probe: the calibration work; :func:`numpy_probe` by default.
        clock: how a call is timed, such as :func:`cuda_clock`.
        repetitions: further rounds at most, of the methods that have marked samples.

    Raises:
        ValueError: fewer rounds than 7, or nothing to time.
    """
    if rounds < LEAST_ROUNDS:
        raise ValueError(f"rounds = {rounds}: must be at least {LEAST_ROUNDS}")
    if not calls:
        raise ValueError("calls holds no method: give at least one")
    probe = probe or numpy_probe()
    clock(probe, 2)
    samples: list[Sample] = []
    repeats: dict[str, int] = {}
    expected: dict[str, float] = {}
    for name, call in calls.items():
        yield Turn(name, math.nan, samples)
        clock(call, 1)  # the first call compiles, allocates and fills caches
        warm, _ = clock(call, 1)
        repeats[name] = max(1, math.ceil(SHORTEST / max(warm, 1e-7)))
        expected[name] = warm * repeats[name]
    for count in range(rounds + repetitions):
        names = list(calls) if count < rounds else _short_of(samples, rounds)
        for name in rng.permutation(np.array(names, dtype=object)) if names else ():
            yield Turn(name, expected[name], samples)
            before, _ = clock(probe, 1)
            seconds, cpu = clock(calls[name], repeats[name])
            after, _ = clock(probe, 1)
            samples.append(Sample(name, count, len(samples), seconds, cpu, max(before, after)))
    yield Turn("", 0.0, samples)


def _short_of(samples: Sequence[Sample], rounds: int) -> list[str]:
    """The methods with fewer clean samples than rounds."""
    clean = ~marked(samples)
    names = dict.fromkeys(sample.method for sample in samples)
    counts = {name: 0 for name in names}
    for sample, good in zip(samples, clean, strict=True):
        counts[sample.method] += bool(good)
    return [name for name in names if counts[name] < rounds]


def marked(samples: Sequence[Sample]) -> npt.NDArray[np.bool_]:
    """Which samples are contaminated: (len(samples),) booleans. See the module."""
    if not samples:
        return np.zeros(0, dtype=bool)
    probes = np.array([sample.probe for sample in samples])
    found = probes > PROBE_TOLERANCE * np.quantile(probes, QUIET)
    names = np.array([sample.method for sample in samples])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.log([sample.seconds for sample in samples])
        ratios = ratios - np.log([sample.cpu for sample in samples])
    for name in set(names.tolist()):
        own = names == name
        known = own & np.isfinite(ratios)
        if known.any():
            apart = np.abs(ratios - np.median(ratios[known])) > math.log(CPU_TOLERANCE)
            found |= known & apart
    return found


def summarize(samples: Sequence[Sample]) -> dict[str, Summary]:
    """Minimum, median, quartiles and CPU time of each method, over its clean samples."""
    bad = marked(samples)
    found = {}
    for name in dict.fromkeys(sample.method for sample in samples):
        own = [(s, b) for s, b in zip(samples, bad, strict=True) if s.method == name]
        clean = [s for s, b in own if not b]
        used = clean or [s for s, _ in own]
        seconds = np.array([s.seconds for s in used])
        low, median, high = np.quantile(seconds, (0.25, 0.5, 0.75))
        cpu = float(np.median([s.cpu for s in used]))
        found[name] = Summary(
            float(seconds.min()), float(median), float(low), float(high), cpu,
            len(clean), len(own) - len(clean),
        )  # fmt: skip
    return found


def clean_seconds(samples: Sequence[Sample], method: str) -> Array:
    """The clean timings of a method, or all of them where none is clean."""
    bad = marked(samples)
    own = [(s.seconds, b) for s, b in zip(samples, bad, strict=True) if s.method == method]
    clean = [seconds for seconds, b in own if not b]
    return np.array(clean or [seconds for seconds, _ in own])


def exponent(
    lengths: Sequence[float], times: Sequence[Array], rng: np.random.Generator
) -> Interval:
    """The exponent p of t ~ n^p: least squares in the logarithms of the medians.

    Args:
        lengths: (L,) the n, at least two of them different.
        times: for each n the timings, in seconds.
        rng: draws the bootstrap samples.

    Raises:
        ValueError: fewer than two lengths.
    """
    if len(set(lengths)) < 2:
        raise ValueError(f"lengths = {list(lengths)}: at least two different ones are needed")
    x = np.log(np.asarray(lengths, dtype=float))
    x -= x.mean()
    weights = x / (x @ x)
    medians = np.array([np.median(row) for row in times])
    slopes = _bootstrap(times, rng) @ weights
    return _interval(float(np.log(medians) @ weights), slopes)


def crossover(
    lengths: Sequence[float],
    times: Sequence[Array],
    baseline: Sequence[Array],
    rng: np.random.Generator,
) -> Interval:
    """The length from which on a method is faster than the baseline.

    Medians are interpolated linearly in the logarithms, and the last change from slower to
    faster counts. 0 says that it is faster at every length measured, infinity that it is not
    faster at the longest one. The interval comes from resampling both.
    """
    x = np.log(np.asarray(lengths, dtype=float))
    medians = [np.log([np.median(row) for row in rows]) for rows in (times, baseline)]
    drawn = _bootstrap(times, rng) - _bootstrap(baseline, rng)
    value = _crossing(x, medians[0] - medians[1])
    return _interval(value, np.array([_crossing(x, row) for row in drawn]))


def _crossing(x: Array, ratio: Any) -> float:
    """Where a log ratio last falls below 0, as a length."""
    if ratio[-1] >= 0:
        return math.inf
    slower = np.flatnonzero(ratio >= 0)
    if not slower.size:
        return 0.0
    at = int(slower[-1])
    share = ratio[at] / (ratio[at] - ratio[at + 1])
    return float(np.exp(x[at] + share * (x[at + 1] - x[at])))


def _bootstrap(times: Sequence[Array], rng: np.random.Generator) -> Array:
    """Logarithms of the medians of resampled timings: (DRAWS, L)."""
    drawn = np.empty((DRAWS, len(times)))
    for at, row in enumerate(times):
        drawn[:, at] = np.median(rng.choice(row, size=(DRAWS, len(row))), axis=1)
    return np.log(drawn)


def _interval(value: float, drawn: Array) -> Interval:
    low, high = np.quantile(drawn, (0.025, 0.975), method="closest_observation")
    return Interval(value, float(low), float(high))
