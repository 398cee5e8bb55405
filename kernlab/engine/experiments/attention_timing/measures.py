"""What the claims are judged by: one row of numbers at the current parameters."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.attention_timing import (
    errors,
    estimates,
    matrices,
    peaks,
    table3,
    times,
)
from kernlab.engine.experiments.attention_timing.bench import Bench
from kernlab.engine.experiments.attention_timing.counting import operations_of
from kernlab.engine.experiments.attention_timing.methods import (
    options,
    predicted_bytes,
    prepared,
    refused,
)

if TYPE_CHECKING:
    from kernlab.engine.experiments.attention_timing.methods import Tensors

Array = npt.NDArray[np.float64]
Row = dict[str, float]

SMALL = 128
"""Tokens of the matrices that claims are judged by."""
LARGER = 256
COUNTED = 2048
"""Tokens of the calls whose operations are counted."""
TELLING = 30e6
"""Bytes from which on the growth of a process's memory says something."""
TYPICAL_LENGTH, LONGEST_NAIVE = 2048, 4096
VOLATILE = ("growth_favor", "growth_nystrom", "naive_power", "fused_power", "naive_bytes",
            "fused_bytes")  # fmt: skip


def claims(bench: Bench) -> Iterator[Step]:
    """The table that the claims need, from the quick numbers to the slow ones."""
    row: Row = {}
    for name, part in (
        ("Lemma 2 and feature maps", lemma_and_maps),
        ("symmetry and spectrum", symmetry_and_spectrum),
        ("operations", operations),
        ("errors", typical_errors),
        ("memory", memory),
        ("growth", growth),
    ):
        yield Step(None, f"claims: {name}")
        row |= yield from part(bench)
    columns = {name: np.array([value]) for name, value in row.items()}
    yield Step(1.0, "", {"claims": Table(columns, {}, frozenset(VOLATILE))})


def _length(bench: Bench, wanted: int) -> int:
    return min(wanted, bench.p.grid[-1])


def _relative(found: Any, wanted: Any) -> float:
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def lemma_and_maps(bench: Bench) -> Generator[Step, None, Row]:
    """A1 to A3: the factorization, and what features FAVOR+ has."""
    from kernlab.engine.numerics.attention import orthogonal_projection, performer

    n, m = _length(bench, SMALL), bench.p.m
    with bench.calm():
        q, k, v = matrices.head(bench, n)
        w = orthogonal_projection(m, q.shape[3], generator=bench.p.seed).double()
        answer = performer(q, k, v, w)[0, 0].numpy()
        exact = matrices.weights(q, k)
    yield Step()
    scale = q.shape[3] ** -0.25
    x, y, values, rows = (t.numpy() for t in (q[0, 0] * scale, k[0, 0] * scale, v[0, 0], w))
    found = _lemma(x, y) | _maps(x, y, rows, exact)
    found["map_positive"] = _relative(_normalized(_positive(x, y, rows)) @ values, answer)
    return found


def _lemma(x: Array, y: Array) -> Row:
    """Logarithms of both sides of Lemma 2, relative to their size."""
    squares = (x * x).sum(1)[:, None] / 2, (y * y).sum(1) / 2
    apart = ((x[:, None, :8] - y[None, :, :8]) ** 2).sum(2)
    for start in range(8, x.shape[1], 8):
        apart += ((x[:, None, start : start + 8] - y[None, :, start : start + 8]) ** 2).sum(2)
    size = np.maximum(1.0, squares[0] + squares[1])
    return {"lemma": float((np.abs(squares[0] - apart / 2 + squares[1] - x @ y.T) / size).max())}


def _positive(x: Array, y: Array, w: Array) -> Array:
    """Estimates of exp(x·y) by positive features, up to a factor of each row."""
    left, right = x @ w.T, y @ w.T - (y * y).sum(1)[:, None] / 2
    left = left - left.max(1, keepdims=True)
    return np.asarray(np.exp(left) @ np.exp(right - right.max()).T)


def _normalized(kernel: Array) -> Array:
    return np.asarray(kernel / kernel.sum(1, keepdims=True))


def _maps(x: Array, y: Array, w: Array, exact: Array) -> Row:
    """The largest positive feature of the Gaussian part, signs of the other map, row sums."""
    m = len(w)
    squares = (x * x).sum(1)
    largest = float((x @ w.T - squares[:, None]).max())
    angles = x @ w.T, y @ w.T
    cosines = np.cos(angles[0]) @ np.cos(angles[1]).T + np.sin(angles[0]) @ np.sin(angles[1]).T
    with np.errstate(over="ignore", invalid="ignore"):
        log_rows = (x @ w.T - squares[:, None] / 2)[:, None, :]
        sums = np.exp(np.minimum(log_rows[:, 0, :], 300.0)) @ np.exp(
            np.minimum(y @ w.T - (y * y).sum(1)[:, None] / 2, 300.0)
        ).T.sum(1) / m  # fmt: skip
    return {
        "largest_feature": math.exp(np.minimum(largest, 700.0)),
        "negative_share": float((cosines < 0).mean()),
        "row_sum_low": float(sums.min()),
        "row_sum_high": float(sums.max()),
        "weights_sum": float(np.abs(exact.sum(1) - 1).max()),
    }


def symmetry_and_spectrum(bench: Bench) -> Generator[Step, None, Row]:
    """A4, A6 and A7: is A symmetric, are landmarks well-conditioned, is the tail reached."""
    from kernlab.engine.numerics import attention

    p, n = bench.p, _length(bench, SMALL)
    with bench.calm():
        q, k, _ = matrices.head(bench, n)
        own, same = matrices.weights(q, k), matrices.weights(q, q)
    yield Step()
    found = {"asymmetry": _relative(own.T, own), "asymmetry_same": _relative(same.T, same)}
    larger = _length(bench, LARGER)
    r = min(p.landmarks, larger - 1)
    with bench.calm():
        q, k, v = matrices.head(bench, larger)
        whole = matrices.weights(q, k)
        low_rank = attention.approximate_matrix(
            lambda q, k, v: attention.nystrom(q, k, v, r, p.iterations), q, k
        )
    yield Step()
    tail = np.linalg.svd(whole, compute_uv=False)
    yield Step()
    with bench.calm():
        landmark = attention.landmark_singular_values(q, k, r)[0, 0].numpy()
        exact = attention.softmax(q, k, v)[0, 0].numpy()
        true, used = (
            attention.nystrom(q, k, v, r, steps)[0, 0].numpy() for steps in (None, p.iterations)
        )
    yield Step()
    smallest = float(np.maximum(landmark[-1], 1e-300))
    return found | {
        "landmarks": float(r),
        "condition": float(landmark[0]) / smallest,
        "inverse_norm": 1.0 / smallest,
        "true_error": _relative(true, exact),
        "used_error": _relative(used, exact),
        "tail": float(tail[r]) / float(tail[0]),
        "spectral_error": _spectral_norm(low_rank[0, 0].numpy() - whole) / float(tail[0]),
    }


def _spectral_norm(matrix: Array) -> float:
    """The largest singular value; NaN where an entry is not finite."""
    return float(np.linalg.norm(matrix, 2)) if np.isfinite(matrix).all() else math.nan


def operations(bench: Bench) -> Generator[Step, None, Row]:
    """A5: floating-point operations as the head dimension doubles."""
    found = {}
    for name in ("favor", "nystrom"):
        counts = []
        for factor in (1, 2):
            counts.append(_counted(bench, name, factor * bench.sizes[2]))
            yield Step()
        found[f"operations_{name}"] = counts[0]
        found[f"doubling_{name}"] = counts[1] / counts[0]
    return found


def _counted(bench: Bench, method: str, d: int) -> float:
    """Operations of one call of one head."""
    from kernlab.engine.numerics.attention import attention_inputs

    shape = (1, 1, _length(bench, COUNTED), d)
    tensors: Tensors = attention_inputs("gaussian", shape, generator=bench.p.seed)
    return operations_of(prepared(method, tensors, options(bench.p)))


def typical_errors(bench: Bench) -> Generator[Step, None, Row]:
    """A10: errors of the paper's two methods and of the mean of V, at a typical length."""
    grid = [n for n in bench.p.grid if n <= TYPICAL_LENGTH] or [bench.p.grid[0]]
    n = grid[-1]
    found: Row = {"typical_n": float(n)}
    for name in ("favor", "nystrom", "mean"):
        error, _, _ = yield from errors.error_of(bench, name, n)
        found[f"{name}_error"] = error
    x, y = estimates.typical_pair(bench)
    found["log_variance"] = float((x + y) @ (x + y)) - math.log(bench.p.m)
    return found


def memory(bench: Bench) -> Generator[Step, None, Row]:
    """A9: the growth of the peak memory of both exact methods over a doubling of n."""
    p = bench.p
    fitting = [n for n in p.grid if n <= LONGEST_NAIVE and not refused(p, "naive", n)]
    nothing = dict.fromkeys(("naive_power", "fused_power", "naive_bytes", "fused_bytes"), math.nan)
    if not fitting:
        return nothing | {"memory_n": math.nan}
    n = fitting[-1]
    if predicted_bytes(p, "naive", n) < TELLING:
        return nothing | {"memory_n": float(n)}
    cells = yield from peaks.measured(bench, ("naive", "fused"), (n // 2, n))
    found: Row = {"memory_n": float(n)}
    for name in ("naive", "fused"):
        low, high = (cells.get((name, at), math.nan) for at in (n // 2, n))
        found[f"{name}_bytes"] = high
        found[f"{name}_power"] = math.log2(high / low) if low > 0 and high > 0 else math.nan
    return found


def growth(bench: Bench) -> Generator[Step, None, Row]:
    """A8: how our times grow where those of Table 3 do, at the paper's setting only."""
    found: Row = {"growth_favor": math.nan, "growth_nystrom": math.nan}
    if not is_table3(bench.p):
        return found
    medians = {}
    bench = dataclasses.replace(bench, p=dataclasses.replace(bench.p, methods=("favor", "nystrom")))
    for n in (4096, table3.LENGTHS[-1]):
        done = yield from times.timed(bench, n, {})
        clean = {name: s for name, s in done.summaries.items() if s.clean >= times.LEAST_CLEAN}
        medians[n] = {name: s.median for name, s in clean.items()}
    for name in ("favor", "nystrom"):
        if all(name in row for row in medians.values()):
            low, high = (row[name] for row in medians.values())
            found[f"growth_{name}"] = high / low
    return found


def is_table3(p: Any) -> bool:
    """Lengths and batch of the paper's Table 3, and its three methods."""
    methods = {"fused", "favor", "nystrom"} <= set(p.methods)
    return p.grid == table3.LENGTHS and p.sizes[0] == table3.BATCH and methods
