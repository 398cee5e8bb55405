"""Matrices of low rank with a small largest error, and what one would take otherwise.

The descent, from a randomized SVD or from given factors, with a certificate at its end; the
truncated SVD, the Gaussian sketch and the best constant beside it.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.function_matrices import random_generator
from kernlab.engine.numerics.max_norm_arrays import arrays_on, require_device
from kernlab.engine.numerics.max_norm_bounds import (
    block,
    certificate,
    tail_bound,
)
from kernlab.engine.numerics.max_norm_descent import EXPONENTS, Descent, descend, schedule
from kernlab.engine.numerics.max_norm_steps import (
    Limits,
    Progress,
    descent_progress,
    finite_array,
    unit,
)
from kernlab.engine.numerics.singular import singular_values, svd
from kernlab.engine.numerics.steps import drain, map_steps
from kernlab.engine.numerics.tensor_chain import Array
from kernlab.engine.numerics.weight_space import require_count

_LARGE = 250_000
"""Entries from which a descent takes half of the iterations."""
_WARM = 8
_EXACT = 1e-15
_ROWS = 60_000_000
"""Work of a block of rows, in entries times (rank + 50): some 8 ms."""
_OVERSAMPLING = 8
_POWERS = 2
_FILLS = (1.0, 0.5, 0.25, 0.1, 0.03)


class LowRank(NamedTuple):
    """F ≈ left @ right, shapes (n₁, r) and (r, n₂).

    `error` is max|F - left @ right|, computed from the factors in float64; no matrix of rank r
    has an error below `lower_bound`.
    """

    left: Array
    right: Array
    error: float
    lower_bound: float


def low_rank(
    F: npt.ArrayLike,
    rank: int,
    *,
    iterations: int | None = None,
    tolerance: float | None = None,
    seconds: float | None = None,
    rng: np.random.Generator | int | None = None,
    device: str | None = None,
) -> LowRank:
    """Approximate a matrix by one of rank r with a small largest error.

    From a truncated SVD, L-BFGS lowers power norms of the residual with growing exponent
    (`max_norm_descent`); a certificate follows (`max_norm_bounds`).

    Args:
        F: (n₁, n₂).
        rank: 1 to min(n₁, n₂).
        iterations: of L-BFGS in all; 0 is the SVD start. By default about 650 (half of it above
            250,000 entries).
        tolerance: ends when an exponent (×4/3 or ×3/2) lowers the error by less than this share.
        seconds: of wall time in all; the descent repeats more slowly while there are some left.
        rng: of the start's random test matrix and disturbance; None means seed 0.
        device: None for NumPy and numba, or a device of torch ("cuda", "mps", "cpu") for the
            start's products and the descent: the same steps, with roundings of their own.

    Returns: the factors with the smallest error met.
    Raises: ValueError: if an argument is out of range.
    Cost: three products n₁ r n₂ an iteration: 0.2 s at n = 200, r = 20; 5 s at 1000, 50.
    """
    steps = low_rank_steps(F, rank, iterations=iterations, tolerance=tolerance, seconds=seconds,
                           rng=rng, device=device)  # fmt: skip
    return drain(steps)


def low_rank_steps(
    F: npt.ArrayLike,
    rank: int,
    *,
    iterations: int | None = None,
    tolerance: float | None = None,
    seconds: float | None = None,
    rng: np.random.Generator | int | None = None,
    device: str | None = None,
    start: tuple[Array, Array] | None = None,
    first: int | None = None,
    bounded: bool = True,
) -> Generator[Progress, None, LowRank]:
    """Do as `low_rank` does, about 8 ms at a time; the first yield is the start.

    Args:
        start: factors (n₁, k), (k, n₂) to start from instead, cut or filled up to rank r.
        first: the least exponent; by default 4, and 8 from given factors, which are better than
            a truncated SVD.
        bounded: whether to look for a lower bound in the end; it is 0 otherwise.
    """
    matrix = finite_array("F", F, (2, 2))
    r = require_rank(rank, matrix)
    limits, generator = Limits.of(iterations, tolerance, seconds), random_generator(rng)
    require_device(device)
    if r == min(matrix.shape):
        return _exact(matrix)
    scale = unit(matrix)
    scaled = matrix if scale == 1.0 else matrix / scale
    left, right = (_randomized_svd(scaled, r, generator, device) if start is None
                   else _from_factors(scaled, r, generator, start, scale))  # fmt: skip
    error = largest_residual(scaled, left, right)
    yield Progress(0.0, "start", 2.0, 0, scale * error, scale * error, 0.0, (scale * left, right))
    part = _part(matrix, r)
    bound = tail_bound(singular_values(part), r, part.size) if bounded else 0.0
    large = matrix.size > _LARGE
    usual = EXPONENTS[0] if start is None else _WARM
    plan = schedule(limits.iterations, large=large, endless=limits.endless, first=first or usual)
    share = 0.8 if bounded else 1.0
    if limits.iterations != 0 and error > _EXACT:
        steps = descend(scaled, [left[None], right[:, :, None]], plan=plan, rng=generator,
                        tolerance=limits.tolerance, deadline=limits.descent, error=error,
                        device=device)  # fmt: skip

        def progress(state: Descent) -> Progress:
            a, b = factors_of(state.cores)
            return descent_progress(state, scale, share, bound, (scale * a, b))

        left, right = factors_of((yield from map_steps(steps, progress)).cores)
    left, right, error = _or_constant(matrix, scale * left, right)
    found = LowRank(left, right, error, min(bound, error))
    if not bounded:
        return found
    return (yield from _certified(part, found, share, limits))


def _part(matrix: Array, rank: int) -> Array:
    # What is small enough for a lower bound beside a descent.
    part = block(matrix, rank)
    return matrix if part is None else part


def _certified(
    part: Array, found: LowRank, share: float, limits: Limits
) -> Generator[Progress, None, LowRank]:
    count, bound = limits.certificate_iterations(part.size), found.lower_bound
    steps = certificate(part, found.left.shape[1], iterations=count, deadline=limits.end)
    for step in steps:
        bound = max(bound, step.lower_bound)
        fraction = share + (1.0 - share) * step.iterations / count
        yield Progress(fraction, "certificate", 0.0, step.iterations, found.error, found.error,
                       bound, (found.left, found.right))  # fmt: skip
    return found._replace(lower_bound=min(bound, found.error))


def truncated_svd(F: npt.ArrayLike, rank: int) -> LowRank:
    """The best matrix of rank r in the Frobenius norm, with its largest error.

    Raises: ValueError: if an argument is out of range.
    Cost: a full SVD.
    """
    matrix = finite_array("F", F, (2, 2))
    r = require_rank(rank, matrix)
    u, s, v = svd(matrix)
    left, right = u[:, :r] * s[:r], v[:r]
    error = float(np.abs(matrix - left @ right).max())
    bound = tail_bound(s, r, matrix.size) if r < s.size else 0.0
    return LowRank(left, right, error, min(bound, error))


def gaussian_sketch(
    F: npt.ArrayLike, rank: int, *, rng: np.random.Generator | int | None = None
) -> LowRank:
    """The random embedding behind theorem 1.3: F = A Bᵀ ≈ (A R)(B R)ᵀ/r, R Gaussian.

    A and B take half of the singular values each, which attains γ₂ for positive definite F.

    Raises: ValueError: if an argument is out of range.
    Cost: a full SVD; the lower bound is that of its singular values.
    """
    matrix = finite_array("F", F, (2, 2))
    r, generator = require_rank(rank, matrix), random_generator(rng)
    u, s, v = svd(matrix)
    embedding = generator.standard_normal((s.size, r)) / math.sqrt(r)
    root = np.sqrt(s)
    left, right = (u * root) @ embedding, embedding.T @ (root[:, None] * v)
    error = float(np.abs(matrix - left @ right).max())
    bound = tail_bound(s, r, matrix.size) if r < s.size else 0.0
    return LowRank(left, right, error, min(bound, error))


def constant_error(F: npt.ArrayLike) -> float:
    """The largest error of the best constant array: half of max F - min F (claim L6)."""
    array = finite_array("F", F, (1, 16))
    return 0.5 * float(array.max()) - 0.5 * float(array.min())


def require_rank(rank: int, matrix: Array) -> int:
    r, most = require_count("rank", rank), min(matrix.shape)
    if r > most:
        raise ValueError(f"rank = {r}: must be at most {most}, the smaller side of F")
    return r


def _exact(matrix: Array) -> LowRank:
    n1, n2 = matrix.shape
    left, right = (np.eye(n1), matrix.copy()) if n1 <= n2 else (matrix.copy(), np.eye(n2))
    return LowRank(left, right, 0.0, 0.0)


def _or_constant(matrix: Array, left: Array, right: Array) -> tuple[Array, Array, float]:
    # A few matrices (Hadamard's) leave a descent no better than the best constant one.
    error = largest_residual(matrix, left, right)
    if error <= constant_error(matrix):
        return left, right, error
    left, right = np.zeros_like(left), np.zeros_like(right)
    left[:, 0], right[0] = 0.5 * matrix.max() + 0.5 * matrix.min(), 1.0
    return left, right, largest_residual(matrix, left, right)


def residual_rows(
    matrix: Array, left: Array, right: Array, *, multiple: int = 1
) -> Iterator[tuple[int, Array]]:
    """F - left @ right a few milliseconds at a time: the first row of a block, and the block.

    Args:
        multiple: of which the number of rows of a block, except for the last, is one.
    """
    work = matrix.shape[1] * (right.shape[0] + 50) * multiple
    rows = max(1, _ROWS // work) * multiple
    for low in range(0, matrix.shape[0], rows):
        block = left[low : low + rows] @ right
        yield low, np.subtract(matrix[low : low + rows], block, out=block)


def largest_residual(matrix: Array, left: Array, right: Array) -> float:
    """max|F - left @ right|, with a few rows of the residual in memory."""
    return max(largest(block) for _, block in residual_rows(matrix, left, right))


def largest(block: Array) -> float:
    """The largest absolute entry, without a copy."""
    return max(float(block.max()), -float(block.min()))


def factors_of(cores: Sequence[Array]) -> tuple[Array, Array]:
    return cores[0][0], cores[1][:, :, 0]


def _from_factors(
    matrix: Array,
    rank: int,
    rng: np.random.Generator,
    start: tuple[Array, Array],
    scale: float,
) -> tuple[Array, Array]:
    left, right = (finite_array("start", factor, (2, 2)) for factor in start)
    n1, n2 = matrix.shape
    left = left / scale
    if left.shape[0] != n1 or right.shape[1] != n2 or left.shape[1] != right.shape[0]:
        raise ValueError(f"start has shapes {left.shape} and {right.shape}: must be ({n1}, k) "
                         f"and (k, {n2})")  # fmt: skip
    q, triangle = np.linalg.qr(right.T)
    u, s, v = svd(left @ triangle.T)
    left, right = u[:, :rank] * s[:rank], v[:rank] @ q.T
    if left.shape[1] < rank:
        left, right = _filled(matrix, left, right, rank, rng)
    return left, right


def _filled(
    matrix: Array, left: Array, right: Array, rank: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    # Leading singular directions of the residual, as much of them as the largest entry likes.
    residual = matrix - left @ right
    more, directions = _randomized_svd(residual, rank - left.shape[1], rng)
    addition = more @ directions
    share = min(_FILLS, key=lambda t: float(np.abs(residual - t * addition).max()))
    return np.hstack([left, share * more]), np.vstack([right, directions])


def _randomized_svd(
    matrix: Array, rank: int, rng: np.random.Generator, device: str | None = None
) -> tuple[Array, Array]:
    # Subspace iteration (Halko, Martinsson, Tropp 2011), or all of it where that is as fast.
    if 3 * (rank + _OVERSAMPLING) > min(matrix.shape):
        u, s, v = svd(matrix)
    else:
        arrays = arrays_on(device, single=False)
        there = arrays.place(matrix)
        basis = arrays.place(rng.standard_normal((matrix.shape[1], rank + _OVERSAMPLING)))
        for _ in range(_POWERS):
            basis = arrays.orthonormal(there.T @ arrays.orthonormal(there @ basis))
        basis = arrays.orthonormal(there @ basis)
        u, s, v = svd(arrays.host(basis.T @ there))
        u = arrays.host(basis) @ u
    return u[:, :rank] * s[:rank], v[:rank]
