"""What the claims about finite width and the Gaussian domain need, in one row."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.spectra import widths_gaussian
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.experiments.spectra.parameters import Parameters
from kernlab.engine.experiments.spectra.widths_ensembles import (
    Ensembles,
    FloatArray,
    PointSet,
    budget_networks,
    diagonal,
    entry_of,
    inputs,
    limit,
    moments,
    networks,
    point_set,
)

Measured = dict[str, Any]

SMALL_SET = 6
"""Points at which spread and shift are measured."""
BATCHES = 10
SPREAD_DRAWS, SHIFT_DRAWS, PROFILE_DRAWS, BUDGET_DRAWS = 400, 8000, 200, 120
FIRST_WIDTH = 32
DEEPEST = 16
"""Depth up to which widths far above it are drawn."""
PROFILE_WIDTH = 32
PROFILE_PAIR = (4, 12)


def measure(bench: Bench) -> Generator[Step, None, dict[str, Table]]:
    """The table `claims_widths`."""
    p = bench.p
    key = (p.domain, p.depth, p.dimension, p.activation, p.bias, p.width, p.budget, p.n, p.seed,
           p.points, p.points_file)  # fmt: skip
    known: Measured | None = bench.cache.peek("claims widths", key)
    if known is None:
        known = {}
        known |= yield from _fluctuation(bench)
        known |= yield from _profile(bench)
        known |= yield from _budget(bench)
        known |= yield from _quoted(bench)
        if p.domain == "gaussian":
            known |= yield from _gaussian(bench)
        else:
            known |= dict.fromkeys(("commutator", "power_fit", "exponential_fit"), math.nan)
        bench.cache.put("claims widths", key, known)
    return {"claims_widths": summary(**known)}


def _drawn(ensembles: Ensembles, note: str) -> Generator[Step, None, None]:
    for _ in ensembles.blocks():
        yield Step(None, note)


def _ladder(p: Parameters) -> list[int]:
    """Widths far above the depth, each twice the one before."""
    first = max(FIRST_WIDTH, 8 * p.depth)
    return [first * 2**k for k in range(4)]


def _fluctuation(bench: Bench) -> Generator[Step, None, Measured]:
    """Exponent of the spread against the width; N times the mean's shift at two widths."""
    p = bench.p
    names = ("slope", "slope_error", "shift", "shift_error", "shift_twice", "shift_twice_error",
             "diagonal", "diagonal_error", "first_width")  # fmt: skip
    if p.depth > DEEPEST:
        return dict.fromkeys(names, math.nan)
    kinds = networks(p, [(p.depth, width) for width in _ladder(p)], "constant")
    ensembles = Ensembles(bench, point_set(bench, SMALL_SET), kinds, SPREAD_DRAWS)
    yield from _drawn(ensembles, "spread against width")
    spreads = np.array([_batch_spreads(ensembles.found[kind]) for kind in kinds])
    logs = np.log(np.array([kind.width for kind in kinds]))
    slopes = np.polyfit(logs, np.log(spreads), 1)[0]
    found = [float(slopes.mean()), float(slopes.std(ddof=1)) / math.sqrt(BATCHES)]
    pair = PointSet(np.array([[1.0, 0.0], [-0.5, math.sqrt(0.75)]]), "120 degrees", ("120",))
    exact = limit(bench, pair, p.depth)
    first = _ladder(p)[0] // 2
    few = networks(p, [(p.depth, first), (p.depth, 2 * first)], "constant")
    ensembles = Ensembles(bench, pair, few, SHIFT_DRAWS)
    yield from _drawn(ensembles, "shift of the mean")
    wide: list[float] = []
    for kind in reversed(few):
        shift, own = moments(ensembles.found[kind], exact, [~diagonal(exact), diagonal(exact)])
        wide = [kind.width * shift.mean, kind.width * shift.error, *wide]
    found += wide
    found += [first * own.mean, first * own.error, float(first)]
    return dict(zip(names, found, strict=True))


def _batch_spreads(kernels: FloatArray) -> npt.NDArray[np.float64]:
    """Root mean square over the entries of their standard deviation, in each of ten batches."""
    batches = kernels.reshape(BATCHES, -1, *kernels.shape[1:])
    found: npt.NDArray[np.float64] = np.sqrt(batches.var(axis=1, ddof=1).mean(axis=(1, 2)))
    return found


def _profile(bench: Bench) -> Generator[Step, None, Measured]:
    """By what factor the spread grows with depth, for constant width and for k²m."""
    p = bench.p
    points, own = point_set(bench, 2), np.eye(2, dtype=bool)
    found: Measured = {}
    for profile in ("constant", "quadratic"):
        grid = [(depth, PROFILE_WIDTH) for depth in PROFILE_PAIR]
        kinds = networks(p, grid, profile)
        ensembles = Ensembles(bench, points, kinds, PROFILE_DRAWS)
        yield from _drawn(ensembles, "width profiles")
        low, high = (
            moments(ensembles.found[kind], limit(bench, points, kind.depth), [own])[0].spread
            for kind in kinds
        )
        found[f"growth_{profile}"] = high / low
    return found


def _budget(bench: Bench) -> Generator[Step, None, Measured]:
    """Where the median smallest eigenvalue peaks at the budget, and the weights of N = P/L."""
    from kernlab.engine.numerics.finite_width import parameter_count, widths

    p = bench.p
    points = point_set(bench)
    kinds = budget_networks(p)
    ensembles = Ensembles(bench, points, kinds, BUDGET_DRAWS)
    yield from _drawn(ensembles, "deeper against wider")
    medians, infinite = np.zeros((2, len(kinds)))
    for at, kind in enumerate(kinds):
        medians[at] = float(np.median(ensembles.smallest(kind)))
        infinite[at] = float(np.linalg.eigvalsh(limit(bench, points, kind.depth))[0])
        yield Step(None, "deeper against wider")
    published = max(1, round(p.budget / p.depth))
    weights = parameter_count(inputs(p), widths(p.depth, published))
    usable = medians.size > 1 and bool(np.isfinite(medians).all())
    peak = int(np.argmax(medians)) if usable else 0
    rising = usable and bool(np.diff(infinite).min() > 0)
    return {
        "weights": float(weights),
        "published_width": float(published),
        "peak": float(kinds[peak].depth) if usable else math.nan,
        "peak_width": float(kinds[peak].width) if usable else math.nan,
        "deepest": float(kinds[-1].depth) if kinds else math.nan,
        "rising": rising,
    }


def _quoted(bench: Bench) -> Generator[Step, None, Measured]:
    """Mean and spread of one entry at the slider's width."""
    p = bench.p
    points = point_set(bench)
    kinds = networks(p, [(p.depth, p.width)], "constant")
    if not kinds:
        return dict.fromkeys(("limit", "mean", "mean_error", "spread"), math.nan)
    ensembles = Ensembles(bench, points, kinds, max(BUDGET_DRAWS, p.draws))
    yield from _drawn(ensembles, "one entry over many networks")
    i, j = entry_of(points)
    values = ensembles.found[kinds[0]][:, i, j]
    spread = float(values.std(ddof=1))
    return {
        "limit": float(limit(bench, points, p.depth)[i, j]),
        "mean": float(values.mean()),
        "mean_error": spread / math.sqrt(values.size),
        "spread": spread,
    }


def _gaussian(bench: Bench) -> Generator[Step, None, Measured]:
    """The commutator, and how well a power and an exponential fit the eigenvalues."""
    operator = yield from widths_gaussian.gaussian_operator(bench)
    assert operator is not None  # claims are measured in full runs
    first = operator.values[:, 0]
    degrees = np.arange(float(first.size))
    chosen = (degrees >= 4) & (degrees % 2 == 0) & (first > 1e-13 * first.max())
    if np.count_nonzero(chosen) < 4:
        chosen = (degrees >= 3) & (first > 1e-13 * first.max())
    fits = [math.nan, math.nan]
    if np.count_nonzero(chosen) >= 4:
        logs = np.log(first[chosen])
        shifted = degrees[chosen] + 0.5 * (bench.p.dimension - 2)
        fits = [_fit(np.log(shifted), logs), _fit(shifted, logs)]
    return {"commutator": operator.commutator, "power_fit": fits[0], "exponential_fit": fits[1]}


def _fit(x: FloatArray, y: FloatArray) -> float:
    """R² of a straight line."""
    residual = y - np.polyval(np.polyfit(x, y, 1), x)
    return 1.0 - float(residual @ residual) / float(np.sum((y - y.mean()) ** 2))
