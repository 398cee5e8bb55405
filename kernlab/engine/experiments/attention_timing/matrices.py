"""The attention matrix and an approximation at a short length, with their singular values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.attention_timing.bench import Bench

if TYPE_CHECKING:
    from kernlab.engine.experiments.attention_timing.methods import Tensors

SHOWN_LENGTH = 128
"""Tokens of the matrices that are drawn."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """The attention matrix of one head, (n, n), and a method's approximation of it."""

    exact: Array
    approximate: Array

    @property
    def nbytes(self) -> int:
        return self.exact.nbytes + self.approximate.nbytes


def head(bench: Bench, n: int) -> Tensors:
    """Q, K, V of the first head at a length, in float64 on the CPU: (1, 1, n, d) each."""
    q, k, v = (t[:1, :1].double().cpu() for t in bench.tensors(n))
    return q, k, v


def weights(q: Any, k: Any) -> Array:
    """The softmax attention matrix of a head, (n, n)."""
    from kernlab.engine.numerics.attention import attention_matrix

    return np.asarray(attention_matrix(q, k)[0, 0].numpy(), dtype=np.float64)


def approximate(bench: Bench, method: str, tensors: Tensors) -> Array:
    """The matrix that a method applies to V, (n, n)."""
    from kernlab.engine.numerics.attention import approximate_matrix

    q, k, _ = tensors
    attend = bench.attend(method, q.shape[2], q.shape[3])
    return np.asarray(approximate_matrix(attend, q, k)[0, 0].numpy(), dtype=np.float64)


def length(bench: Bench) -> int:
    """Tokens of the matrices: as many as there are, at most a picture's."""
    return min(SHOWN_LENGTH, bench.p.longest if not bench.p.from_file else bench.p.grid[-1])


def pair(bench: Bench, method: str, n: int) -> Pair:
    """The matrices of the first head."""

    def build() -> Pair:
        with bench.calm():
            tensors = head(bench, n)
            return Pair(weights(*tensors[:2]), approximate(bench, method, tensors))

    return bench.cache.get("pair", (bench.source, method, bench.own(method), n), build)


def shown(bench: Bench) -> Iterator[Step]:
    """Images of the matrices, and their singular values."""
    p, n = bench.p, length(bench)
    yield from bench.ready(p.shown)
    found = pair(bench, p.shown, n)
    apart = found.approximate - found.exact
    place = np.arange(n, dtype=float)
    grid = {"key": np.tile(place, n), "query": np.repeat(place, n)}
    tables = {
        "matrix": _image(grid, n, exact=n * found.exact),
        "approximation": _image(grid, n, value=n * found.approximate),
        "difference": _image(grid, n, value=n * apart),
        "matrix_summary": summary(
            n=n,
            error=float(np.linalg.norm(apart) / np.linalg.norm(found.exact)),
            lowest=float(found.approximate.min()),
            largest=float(found.exact.max()),
        ),
    }
    yield Step(0.5, "", tables)
    yield Step(1.0, "", {"singular": _singular(bench, found, n)})


def _image(grid: dict[str, Array], n: int, **values: Array) -> Table:
    columns = {name: value.ravel() for name, value in values.items()}
    return Table({**grid, **columns}, grid=(n, n))


def _singular(bench: Bench, found: Pair, n: int) -> Table:
    key = (bench.source, bench.p.shown, bench.own(bench.p.shown), bench.p.landmarks, n)

    def build() -> Array:
        from kernlab.engine.numerics.attention import landmark_singular_values

        values = np.full((3, n), np.nan)
        for row, matrix in enumerate((found.exact, found.approximate)):
            values[row] = np.linalg.svd(matrix, compute_uv=False)
        with bench.calm():
            q, k, _ = head(bench, n)
            r = min(bench.p.landmarks, n)
            values[2, :r] = landmark_singular_values(q, k, r)[0, 0].numpy()
        return np.where(values > 1e-17, values, np.nan)

    exact, approximation, landmark = bench.cache.get("singular", key, build)
    columns = {"index": np.arange(1, n + 1), "exact": exact, "approximation": approximation}
    return Table({**columns, "landmarks": landmark})
