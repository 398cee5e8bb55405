"""Neural tangent kernels on a grid of the torus: exact eigenvalues by cosine transforms.

A point x of the torus [0, 1)^d becomes (cos 2πx_i, sin 2πx_i)/√d on the unit sphere, so that the
cosine between two points is the mean of cos 2π(x_i − y_i). The kernel depends on x − y only and is
even in each coordinate: the first 1/2^d of the grid, called the octant here (index 0 to n/2 along
each axis, for positions as for frequencies), holds all its values and all its eigenvalues.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Generator

import numpy as np
from numba import float64, int64, njit, types
from numpy.typing import NDArray

from kernlab.engine.numerics.steps import drain, relay
from kernlab.engine.numerics.torus_octant import every_other as every_other
from kernlab.engine.numerics.torus_octant import octant_multiplicity as octant_multiplicity
from kernlab.engine.numerics.torus_octant import octant_squares as octant_squares
from kernlab.engine.numerics.torus_octant import octant_sums as octant_sums
from kernlab.engine.numerics.torus_octant import transform as transform
from kernlab.engine.numerics.torus_octant import transform_in_steps as transform_in_steps
from kernlab.engine.numerics.torus_octant import unfold as unfold

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

FORMS = ("1+|k|^2", "(1+|k|)^2", "1+4pi^2|k|^2")
MOST_POINTS = 2**27
"""Points of a grid, at most: 1 GB of eigenvalues."""
TERMS_A_STEP = 3_000_000
LANES = 64
MOST_EXTENDED = 2048
"""Points along an axis up to which distances are computed beyond double precision (5 ms)."""

_vector = types.Array(float64, 1, "C")
_matrix = types.Array(float64, 2, "C")


def eigenvalues(
    depth: int, dimension: int, n: int, *, activation: str = "relu", bias: float = 0.0
) -> Array:
    """The eigenvalues of the NTK matrix of the grid j/n, not divided by n^dimension.

    Args:
        depth, activation, bias: of the network, as in `ntk.kernel`.
        dimension: of the torus, 1 and above.
        n: points along an axis, 1 and above; even ones of small prime factors are fastest.

    Returns: float64 (n,) * dimension; the entry at k belongs to exp(2πi k·x), k in FFT order.
        Eigenvalues that a symmetry of the kernel makes zero are exactly 0; the others carry the
        absolute error `rounding_errors`.

    Raises:
        ValueError: an argument is outside its range.
    Cost: the kernel at (n/2)^d angles and a cosine transform; 40 ms for 1024², depth 3.
    """
    octant = octant_eigenvalues(depth, dimension, n, activation=activation, bias=bias)
    return unfold(octant, n)


def octant_eigenvalues(
    depth: int, dimension: int, n: int, *, activation: str = "relu", bias: float = 0.0
) -> Array:
    """`eigenvalues` at the frequencies 0 to n // 2 along each axis, (n // 2 + 1,) * dimension."""
    steps = octant_eigenvalues_in_steps(depth, dimension, n, activation=activation, bias=bias)
    return drain(steps)


def octant_eigenvalues_in_steps(
    depth: int, dimension: int, n: int, *, activation: str = "relu", bias: float = 0.0
) -> Generator[None, None, Array]:
    """`octant_eigenvalues`, yielding every few milliseconds."""
    from kernlab.engine.numerics.ntk import require_network

    depth, bias = require_network(depth, activation, bias)
    dimension, n = _require_grid(dimension, n)
    values = yield from _kernel_in_steps(depth, dimension, n, activation, bias)
    found = yield from transform_in_steps(values, n)
    zero = exact_zeros(depth, dimension, n, activation=activation, bias=bias)
    if zero is not None:
        found[zero] = 0.0
    return found


def _require_grid(dimension: int, n: int) -> tuple[int, int]:
    if isinstance(dimension, bool) or dimension != int(dimension) or dimension < 1:
        raise ValueError(f"dimension is {dimension!r}; allowed: whole numbers from 1")
    if isinstance(n, bool) or n != int(n) or n < 1:
        raise ValueError(f"n is {n!r}; allowed: whole numbers from 1")
    if dimension * math.log2(n) > math.log2(MOST_POINTS) or dimension > 27:
        raise ValueError(
            f"n is {n} and dimension {dimension}, a grid of {n}^{dimension} points; allowed: up "
            f"to {MOST_POINTS} points"
        )
    return int(dimension), int(n)


def _kernel_in_steps(
    depth: int, dimension: int, n: int, activation: str, bias: float
) -> Generator[None, None, Array]:
    """The kernel between the origin and each point of the octant."""
    from kernlab.engine.numerics.kernel_curve import expansion

    curve = yield from relay(expansion(depth, activation, bias), None)
    near, far = _half_distances(n, dimension)
    rows = [np.zeros((2, 1)), np.zeros((2, 1))]
    for _ in range(dimension - 1):
        rows = [_outer_sum(row, along) for row, along in zip(rows, (near, far), strict=True)]
    side = near.shape[1]
    values = np.empty((rows[0].shape[1], side))
    at_once = max(1, TERMS_A_STEP // (curve.middle.size * (side + LANES)))
    work = np.empty((4, LANES))
    for start in range(0, len(values), at_once):
        stop = min(start + at_once, len(values))
        _fill(rows[0], rows[1], near, far, curve.middle, curve.half, start, stop, work, values)
        yield None
    values[0, 0] = curve.top
    return values.reshape((side,) * dimension)


@functools.lru_cache(maxsize=16)
def _half_distances(n: int, dimension: int) -> tuple[Array, Array]:
    """sin²(πj/n)/d and cos²(πj/n)/d for j up to n // 2, each (2, n // 2 + 1): heads and tails.

    On a grid of several dimensions a rounding of these is shared by a whole row of points, so
    that it does not average out; there they are computed beyond double precision.
    """
    index = np.arange(n // 2 + 1)
    near, far = (np.zeros((2, index.size)) for _ in range(2))
    near[0] = np.square(np.sin(np.pi * index / n)) / dimension
    far[0] = np.square(np.sin(np.pi * (n - 2 * index) / (2 * n))) / dimension
    if dimension > 1 and n <= MOST_EXTENDED:
        from flint import arb, ctx, fmpq

        precision, ctx.prec = ctx.prec, 120
        try:
            for j in range(index.size):
                for table, turns in ((near, fmpq(j, n)), (far, fmpq(n - 2 * j, 2 * n))):
                    exact = arb.sin_pi_fmpq(turns) ** 2 / dimension
                    table[1, j] = float((exact - arb(float(table[0, j]))).mid())
        finally:
            ctx.prec = precision
    return near, far


def _outer_sum(rows: Array, along: Array) -> Array:
    """All sums of two tables of heads and tails, (2, rows · along)."""
    head = np.add.outer(rows[0], along[0])
    part = head - rows[0][:, None]
    missed = (rows[0][:, None] - (head - part)) + (along[0] - part)
    tail = missed + np.add.outer(rows[1], along[1])
    return np.stack([head.ravel(), tail.ravel()])


@njit(
    types.void(
        _matrix, _matrix, _matrix, _matrix, _vector, _vector, int64, int64, _matrix, _matrix
    ),
    nogil=True,
    cache=True,
    error_model="numpy",
)  # fmt: skip
def _fill(  # type: ignore[no-untyped-def]
    row_near, row_far, along_near, along_far, middle, half, start, stop, work, out
):
    # Clenshaw's recurrence of the series in v = |x - y|/2, or |x + y|/2 beyond the right angle,
    # for LANES points at once, so that it is done in vector registers.
    sign, twice, one, two = work[0], work[1], work[2], work[3]
    size, terms = along_near.shape[1], middle.size
    for i in range(start, stop):
        for left in range(0, size, LANES):
            width = min(LANES, size - left)
            for j in range(width):
                tail = row_near[1, i] + along_near[1, left + j]
                near = row_near[0, i] + along_near[0, left + j] + tail
                tail = row_far[1, i] + along_far[1, left + j]
                far = row_far[0, i] + along_far[0, left + j] + tail
                sign[j] = 1.0 if near <= far else -1.0
                twice[j] = 2.0 * (math.sqrt(8.0 * min(near, far)) - 1.0)
                one[j] = 0.0
                two[j] = 0.0
            for k in range(terms - 1, 0, -1):
                a, b = middle[k], half[k]
                for j in range(width):
                    new = a + sign[j] * b + twice[j] * one[j] - two[j]
                    two[j] = one[j]
                    one[j] = new
            for j in range(width):
                first = middle[0] + sign[j] * half[0]
                out[i, left + j] = first + 0.5 * twice[j] * one[j] - two[j]


def exact_zeros(
    depth: int, dimension: int, n: int, *, activation: str, bias: float
) -> NDArray[np.bool_] | None:
    """Which eigenvalues of the octant are zero by symmetry, or None where none is.

    Half a turn in every coordinate takes u to −u, so an even kernel has no frequency with an odd
    sum of its entries, an odd one none with an even sum; on a grid for even n only. The kernel of
    two ReLU layers is u plus an even one; that of one layer is u + bias².
    """
    sums = octant_sums(n, dimension, np.arange(n // 2 + 1))
    if n <= 2:
        return None
    if depth == 1:
        zero = sums > 1
        return zero | (sums == 0) if bias == 0.0 else zero
    if bias > 0.0 or n % 2:
        return None
    odd = sums % 2 == 1
    if activation == "abs":
        return odd
    if activation == "erf":
        return ~odd
    return odd & (sums > 1) if depth == 2 else None


def rounding_errors(octant: Array, n: int) -> Array:
    """Bound of the absolute error of each eigenvalue of an octant, same shape and units.

    Kernel values carry errors of a few units in the last place. What is independent from point to
    point a transform spreads evenly, √(Σ λ²/n^d) to each frequency; what the transform along one
    axis loses stays on that line of frequencies, √(Σ λ²/n) over the line; what the series of the
    kernel leaves out is smooth, and stays with the low frequencies. Checked against 80-bit
    arithmetic for depths 2 to 1000 in one to three dimensions, where it is 2 to 20 times the
    largest error.
    """
    along = octant_multiplicity(n, 1).astype(np.float64)
    square, line = np.square(octant), np.zeros_like(octant)
    everywhere = square
    for axis in range(octant.ndim):
        shape = [1] * octant.ndim
        shape[axis] = -1
        weight = along.reshape(shape) / n
        line = np.maximum(line, (weight * square).sum(axis=axis, keepdims=True))
        everywhere = (weight * everywhere).sum(axis=axis, keepdims=True)
    eps = float(np.finfo(np.float64).eps)
    smooth = np.abs(octant).max() / (1.0 + (octant_squares(n, octant.ndim) / 256.0) ** 1.5)
    spread = np.sqrt(np.maximum(everywhere, line))
    bound: Array = eps * (4.0 * np.abs(octant) + 16.0 * smooth + 100.0 * spread)
    return bound


def sobolev_base(squares: NDArray[np.int64] | Array, form: str = "1+|k|^2") -> Array:
    """What P_s takes to the power s, at frequencies with these |k|².

    Args:
        squares: |k|², any shape.
        form: "1+|k|^2", "(1+|k|)^2", or "1+4pi^2|k|^2", which is 1 − Δ on [0, 1)^d.

    Raises:
        ValueError: another form.
    """
    square = np.asarray(squares, dtype=np.float64)
    if form == "1+|k|^2":
        return 1.0 + square
    if form == "(1+|k|)^2":
        return np.square(1.0 + np.sqrt(square))
    if form == "1+4pi^2|k|^2":
        return 1.0 + 4.0 * np.pi**2 * square
    raise ValueError(f"form is {form!r}; allowed: {', '.join(FORMS)}")


def sobolev_multiplier(n: int, dimension: int, s: float, *, form: str = "1+|k|^2") -> Array:
    """The eigenvalues of P_s on the grid: `sobolev_base` to the power s.

    Args:
        n, dimension: of the grid, as in `eigenvalues`.
        s: exponent, any finite number.
        form: as in `sobolev_base`.

    Returns: float64 (n,) * dimension, in FFT order.

    Raises:
        ValueError: an argument is outside its range.
    """
    dimension, n = _require_grid(dimension, n)
    if not math.isfinite(s):
        raise ValueError(f"s is {s!r}; allowed: a finite number")
    return unfold(sobolev_base(octant_squares(n, dimension), form) ** s, n)
