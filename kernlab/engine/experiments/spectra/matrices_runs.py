"""The stages of the views "Points" and "Condition", and the tables that they make."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.experiments.spectra.matrices_sets import (
    COARSE_POINTS,
    Sample,
    Wanted,
    wanted,
)

if TYPE_CHECKING:  # numba is imported at the first run, on the lane
    from kernlab.engine.numerics.point_spectra import Fit

SHOWN_PAIRS = 2000
COARSE_PAIRS = 300
PAIR_WORK = 100_000
"""Layers times pairs between two yields."""
COMMUTING_POINTS = 200
SETS = (
    ("S²", Wanted("random-sphere", COMMUTING_POINTS, 3)),
    ("S¹", Wanted("random-sphere", COMMUTING_POINTS, 2)),
    ("𝕋²", Wanted("random-torus", COMMUTING_POINTS, 2)),
    ("Fib.", Wanted("fibonacci", COMMUTING_POINTS, 3)),
    ("Gauss", Wanted("gauss", COMMUTING_POINTS, 3)),
    ("circle", Wanted("circle", COMMUTING_POINTS, 2)),
    ("grid", Wanted("torus-grid", COMMUTING_POINTS, 2)),
)
COARSE_DEPTHS = (2, 3, 6, 10, 30, 100, 300)
DEPTHS = (2, 3, 4, 6, 10, 16, 30, 60, 100, 200, 300, 600, 1000, 3000, 10_000)
DEPTH_POINTS = 300
"""Points of the curves against depth, at most."""


def points(bench: Bench) -> Iterator[Step]:
    """The view "Points": spectrum, inverse cosine distance, the points, commutators."""
    sample = Sample(bench)
    n = sample.available if bench.full else min(sample.available, COARSE_POINTS)
    want = wanted(bench.p, n)
    yield from _spectrum(sample, want)
    yield from _set(sample, want)
    yield from _fit(sample, want)
    if bench.full:
        yield from _commutators(sample)


def _spectrum(sample: Sample, want: Wanted) -> Iterator[Step]:
    p = sample.p
    matrix = yield from sample.eigenvalues(want, p.depth)
    operator = yield from sample.operator(want, p.depth, matrix.size)
    floor = 2.2e-16 * math.sqrt(matrix.size) * matrix[-1]
    found = matrix[::-1]
    columns = {
        "index": np.arange(1, matrix.size + 1),
        "matrix": np.where(found > floor, found, np.nan),
        "operator": np.where(operator > 0, operator, np.nan),
        "rounding": np.where(found > floor, np.nan, floor),
    }
    table = Table(columns)
    about = summary(
        points=matrix.size,
        of=sample.given,
        reduced=want.n < sample.available,
        zeros=int((found <= floor).sum()),
    )
    yield Step(0.3, "spectrum", {"matrix_spectrum": table, "matrix_spectrum_about": about})


def _set(sample: Sample, want: Wanted) -> Iterator[Step]:
    found = sample.points(want)
    close = yield from sample.closeness(want)
    x = found.points
    if found.space == "torus":
        d = found.dimension
        raw = np.mod(np.arctan2(x[:, d:], x[:, :d]) / (2 * np.pi), 1.0)
        across, up = raw[:, 0], raw[:, 1] if d > 1 else np.zeros(len(x))
    else:
        across, up = x[:, 0], x[:, -1] if found.dimension > 2 else x[:, 1]
    about = summary(
        points=len(x),
        of=sample.given,
        reduced=want.n < sample.available,
        space=found.space,
        dimension=found.dimension,
        smallest_angle=sample.smallest_angle(close),
        coincident=close.coincident,
        antipodal=close.antipodal,
    )
    tables = {"point_set": Table({"x": across, "y": up}), "point_set_about": about}
    yield Step(0.4, "points", tables)


def _fit(sample: Sample, want: Wanted) -> Iterator[Step]:
    fit = yield from fitted_pairs(sample, want, SHOWN_PAIRS if sample.bench.full else COARSE_PAIRS)
    ends = np.array([fit.distance.min(), fit.distance.max()]) if fit.distance.size else np.empty(0)
    tables = {
        "inverse_cosine": Table({"distance": fit.distance, "kernel": fit.kernel}),
        "inverse_cosine_line": Table(
            {"distance": ends, "fitted": fit.slope * ends + fit.intercept}
        ),
        "inverse_cosine_about": summary(
            slope=fit.slope, intercept=fit.intercept, r2=fit.r2, pairs=fit.distance.size
        ),
    }
    yield Step(0.5, "inverse cosine distance", tables)


def fitted_pairs(sample: Sample, want: Wanted, most: int) -> Generator[Step, None, Fit]:
    """The fit of K on the inverse cosine distance over at most `most` pairs, kept."""
    from kernlab.engine.numerics import point_spectra

    p = sample.p
    key = (sample.key(want), most, p.depth, p.activation, p.bias)
    known: Fit | None = sample.bench.cache.peek("inverse cosine", key)
    if known is not None:
        return known
    x = sample.points(want).points
    first, second = _pairs(len(x), most)
    angles = point_spectra.pair_angles(x, first, second)
    yield Step()
    parts = max(1, math.ceil(angles.size * p.depth / PAIR_WORK))
    found = []
    for part in np.array_split(angles, parts):
        found.append(
            point_spectra.inverse_cosine_parts(part, p.depth, activation=p.activation, bias=p.bias)
        )
        yield Step(None, "inverse cosine distance")
    fit = point_spectra.affine_fit(*np.concatenate(found, axis=1))
    return sample.bench.cache.put("inverse cosine", key, fit)


def _pairs(n: int, most: int) -> tuple[Any, Any]:
    """All pairs of n points; where they are more than `most`, that many random ordered pairs of
    two different points, drawn with repetition, the same ones for the same n.
    """
    if n * (n - 1) // 2 <= most:
        return np.triu_indices(n, 1)
    chosen = np.random.default_rng([n, most]).integers(0, n * (n - 1), most)
    first, second = chosen // (n - 1), chosen % (n - 1)
    return first, second + (second >= first)


def _commutators(sample: Sample) -> Iterator[Step]:
    """‖KP − PK‖/(‖K‖ ‖P‖) for each kind of points, and the set of the parameters."""
    own = wanted(sample.p, min(sample.available, COMMUTING_POINTS))
    sets = (*SETS, ("here", own))
    values: list[float] = []
    truncated: list[float] = []
    for at, (_, want) in enumerate(sets):
        values.append((yield from commutator(sample, want)))
        both = want.kind == "gauss"
        truncated.append((yield from _truncated(sample, want)) if both else math.nan)
        names = np.array([name for name, _ in sets[: len(values)]])
        columns = {
            "set": np.arange(len(values)),
            "name": names,
            "commutator": np.array(values),
            "truncated": np.array(truncated),
        }
        table = Table(columns)
        yield Step(0.5 + 0.5 * (at + 1) / len(sets), "commutators", {"commutators": table})


def commutator(sample: Sample, want: Wanted) -> Generator[Step, None, float]:
    """The relative commutator of K and P_s on a point set, kept."""
    from kernlab.engine.numerics.point_spectra import relative_commutator

    p = sample.p
    key = (sample.key(want), p.depth, p.activation, p.bias, p.s, p.form)
    known: float | None = sample.bench.cache.peek("commutator", key)
    if known is None:
        kernel = yield from sample.matrix(want, p.depth)
        operator = yield from sample.sobolev(want)
        found = max(1e-17, relative_commutator(kernel, operator))
        known = sample.bench.cache.put("commutator", key, found)
        yield Step()
    return known


def _truncated(sample: Sample, want: Wanted) -> Generator[Step, None, float]:
    """The commutator with the kernel cut at the degree of P_s."""
    from kernlab.engine.numerics.point_spectra import relative_commutator

    kernel = yield from sample.truncated(want)
    operator = yield from sample.sobolev(want)
    return max(1e-17, relative_commutator(kernel, operator))


def conditioning(bench: Bench) -> Iterator[Step]:
    """The view "Condition": κ against n and against L."""
    sample = Sample(bench)
    yield from _against_depth(sample)
    yield from _against_n(sample)


def _against_depth(sample: Sample) -> Iterator[Step]:
    full = sample.bench.full
    want = wanted(sample.p, min(sample.available, DEPTH_POINTS if full else COARSE_POINTS // 2))
    close = yield from sample.closeness(want)
    depths = sorted({*(DEPTHS if full else COARSE_DEPTHS), sample.p.depth})
    rows: list[tuple[float, ...]] = []
    n = len(sample.points(want).points)
    for at, depth in enumerate(depths):
        found = yield from sample.condition(want, depth)
        value = found.value if math.isfinite(found.value) else math.nan
        smallest = math.nan if found.singular else found.smallest
        rows.append((depth, value, smallest / n, found.largest / n))
        if at % 3 == 2 or at == len(depths) - 1:
            angle = sample.smallest_angle(close)
            about = summary(
                points=n,
                of=sample.given,
                reduced=want.n < sample.available,
                smallest_angle=angle,
                onset=3 * math.pi / angle if angle > 0 else math.inf,
            )
            tables = {"condition_depth": _depth_table(np.array(rows), n)}
            tables["condition_depth_about"] = about
            yield Step(0.6 * (at + 1) / len(depths), "κ against L", tables)


def _depth_table(rows: Any, n: int) -> Table:
    depth, value, smallest, largest = rows.T
    columns = {
        "depth": depth.astype(np.int64),
        "condition": value,
        "ratio": value / (1 + n / 3),
        "smallest": smallest / (3 * depth / (4 * n)),
        "largest": largest / (3 * depth / 4),
        "largest_correct": largest / (depth / 4 + 3 * depth / (4 * n)),
        "two_layers": value[0] / depth if depth[0] == 2 else np.full(depth.size, math.nan),
        "limit": np.full(depth.size, 1 + n / 3),
    }
    return Table(columns)


def _against_n(sample: Sample) -> Iterator[Step]:
    full, p = sample.bench.full, sample.p
    top = sample.available if full else min(sample.available, COARSE_POINTS)
    sizes = np.unique(np.geomspace(4, max(4, top), 16 if full else 6).astype(int)).tolist()
    rows: list[tuple[float, ...]] = []
    for at, size in enumerate(sizes):
        want = wanted(p, size)
        found = yield from sample.condition(want, p.depth)
        value = found.value if math.isfinite(found.value) else math.nan
        n = len(sample.points(want).points)
        rows.append((n, value, 1 + n / 3, min(0.5, found.error) * value))
        if at % 4 == 3 or at == len(sizes) - 1:
            n_column, condition, limit, error = np.array(rows).T
            columns = {
                "n": n_column.astype(np.int64),
                "condition": condition,
                "limit": limit,
                "low": condition - error,
                "high": condition + error,
            }
            about = summary(singular=int(np.isnan(condition).sum()), largest=n)
            tables = {"condition_n": Table(columns), "condition_n_about": about}
            yield Step(0.6 + 0.4 * (at + 1) / len(sizes), "κ against n", tables)
