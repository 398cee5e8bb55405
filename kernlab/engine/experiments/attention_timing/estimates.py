"""What random features estimate, against closed forms; and how Newton–Schulz converges."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.attention_timing import matrices
from kernlab.engine.experiments.attention_timing.bench import Bench

Array = npt.NDArray[np.float64]

KINDS = ("positive", "trigonometric", "hyperbolic")
SCALES = np.geomspace(0.05, 1.0, 12)
"""Multiples of a query and a key at which their kernel is estimated."""
REPEATS = 24
COARSE_REPEATS = 8
STEPS, COARSE_STEPS = tuple(range(31)), (0, 2, 4, 6, 8, 10)
NEWTON_LENGTH = 512
SMALL = 4
"""Dimension in which orthogonal blocks are compared: their bias is largest in small ones."""
NORMS = np.linspace(0.1, 1.5, 12)
BLOCKS, COARSE_BLOCKS = 20_000, 1000
SIDE = 1.96
LARGEST, LARGEST_LOG = 1e100, 300.0
"""Estimates beyond are not drawn; logarithms of closed forms are cut there."""
MOST_DRAWN = 512
"""Features that are drawn for an estimate; the spread of more is scaled from these."""


def typical_pair(bench: Bench) -> tuple[Array, Array]:
    """A query and a key of the input, each over d^¼: those with the median |x + y|²."""
    key = (bench.source, "pair of vectors")

    def build() -> tuple[Array, Array]:
        with bench.calm():
            q, k, _ = (t[0, 0].numpy() for t in matrices.head(bench, matrices.length(bench)))
        scale = q.shape[1] ** -0.25
        x, y = q * scale, k * scale
        size = (x * x).sum(1)[:, None] + (y * y).sum(1) + 2 * x @ y.T
        row, column = divmod(int(np.argsort(size, axis=None)[size.size // 2]), size.shape[1])
        return x[row].astype(float), y[column].astype(float)

    return bench.cache.get("vectors", key, build)


def in_a_plane(x: Array, y: Array) -> tuple[Array, Array]:
    """Two vectors of the plane with the same norms and product: normal features see no more."""
    size = float(np.linalg.norm(x))
    if size == 0:
        return np.zeros(2), np.array([float(np.linalg.norm(y)), 0.0])
    along = float(x @ y) / size
    return np.array([size, 0.0]), np.array([along, math.sqrt(max(0.0, float(y @ y) - along**2))])


def kernel(bench: Bench) -> Iterator[Step]:
    """Estimates of the kernel of one pair, over growing multiples of it."""
    from kernlab.engine.numerics.attention_variance import feature_estimates, log_feature_variance

    p = bench.p
    x, y = in_a_plane(*typical_pair(bench))
    yield Step()
    repeats = REPEATS if bench.full else COARSE_REPEATS
    t = SCALES[:, None]
    exact = (t * x * t * y).sum(1)
    sizes = ((t * (x + y)) ** 2).sum(1)
    closed: dict[str, Any] = {"size": sizes}
    drawn: dict[str, Any] = {"size": np.repeat(sizes, repeats)}
    m = min(p.m, MOST_DRAWN)
    share = math.sqrt(m / p.m)  # the spread of m features from that of fewer
    for kind in KINDS:
        logs = log_feature_variance(t * x, t * y, p.m, kind=kind) / 2 - exact
        sd = np.exp(np.minimum(logs, LARGEST_LOG))
        rows = []
        for at, scale in enumerate(SCALES):
            with np.errstate(over="ignore", invalid="ignore"):  # beyond every float: not drawn
                found = feature_estimates(
                    scale * x, scale * y, m, kind=kind, draws=repeats, rng=p.seed + at
                )
                relative = 1 + share * (found * np.exp(-exact[at]) - 1)
            rows.append(np.where(np.abs(relative) < LARGEST, relative, np.nan))
            yield Step()
        closed |= {kind: sd, f"{kind}_low": 1 - SIDE * sd, f"{kind}_high": 1 + SIDE * sd}
        closed[f"{kind}_measured"] = np.std(rows, axis=1, ddof=1)
        drawn[kind] = np.concatenate(rows)
    yield Step(0.4, "", {"kernel": Table(closed), "kernel_draws": Table(drawn)})


def newton(bench: Bench) -> Iterator[Step]:
    """Nyström's error against Newton–Schulz steps, beside the true pseudo-inverse's."""
    p = bench.p
    n = min(NEWTON_LENGTH if bench.full else matrices.SHOWN_LENGTH, p.grid[-1])
    r, steps = min(p.landmarks, n), STEPS if bench.full else COARSE_STEPS
    key = (bench.source, n, r, steps)
    values = bench.cache.peek("newton", key)
    if values is None:
        from kernlab.engine.numerics import attention
        from kernlab.engine.numerics.attention_nystrom import pseudo_inverse

        values = np.empty((3, len(steps)))
        with bench.calm():
            q, k, v = matrices.head(bench, n)
            exact = attention.softmax(q, k, v)
            landmark = attention.landmark_matrix(q, k, r)
            inverse = pseudo_inverse(landmark, None)

            true = attention.nystrom(q, k, v, r, None)

        def relative(found: Any, wanted: Any) -> float:
            return float((found - wanted).norm() / wanted.norm())

        values[2] = relative(true, exact)
        for at, count in enumerate(steps):
            with bench.calm():
                values[0, at] = relative(attention.nystrom(q, k, v, r, count), exact)
                values[1, at] = relative(pseudo_inverse(landmark, count), inverse)
            yield Step()
        bench.cache.put("newton", key, values)
    columns = {"steps": np.array(steps), "error": values[0], "inverse": values[1]}
    yield Step(0.7, "", {"newton": Table({**columns, "exact_inverse": values[2]})})


def orthogonal(bench: Bench) -> Iterator[Step]:
    """Means of positive features of orthogonal blocks: Haar, and the raw factor of a QR."""
    blocks = BLOCKS if bench.full else COARSE_BLOCKS
    key = (bench.p.seed, blocks)
    found = bench.cache.peek("orthogonal", key)
    if found is None:
        rng = np.random.default_rng([bench.p.seed, 4])
        normal = rng.standard_normal((blocks, SMALL, SMALL))
        norms = np.sqrt(rng.chisquare(SMALL, (blocks, SMALL)))
        q, r = np.linalg.qr(normal)
        yield Step()
        signs = np.where(np.diagonal(r, axis1=1, axis2=2) < 0, -1.0, 1.0)
        rows = {"raw": q, "haar": q * signs[:, None, :]}
        found = {"norm": NORMS}
        for name, frame in rows.items():
            # x = y = t·(1, 0, …), along the first axis; rows of the projection are the columns.
            along = frame[:, 0, :] * norms
            mean, error = np.empty((2, NORMS.size))
            for at, t in enumerate(NORMS):
                one = np.exp(2 * t * along - 2 * t * t).mean(1)
                mean[at], error[at] = one.mean(), one.std(ddof=1) / math.sqrt(blocks)
            found |= {name: mean, f"{name}_low": mean - SIDE * error}
            found[f"{name}_high"] = mean + SIDE * error
            yield Step()
        bench.cache.put("orthogonal", key, found)
    yield Step(1.0, "", {"orthogonal": Table(found)})


def shown(bench: Bench) -> Iterator[Step]:
    """The whole view."""
    yield from kernel(bench)
    yield from newton(bench)
    yield from orthogonal(bench)
