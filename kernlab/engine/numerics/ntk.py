"""Neural tangent kernels of infinitely wide, fully connected networks on the unit sphere.

`depth` counts affine layers. Weights are N(0, 1) with the prefactor σ_w/√fan-in, σ_w² = 2 for the
hidden layers of ReLU, 1 for |·| and erf, and 1 for the last layer of all; biases of every layer
are N(0, bias²). Inputs have <x, x>/fan-in = 1, so that ReLU without bias has the diagonal `depth`.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import numpy as np
from numba import float64, int64, njit, types
from numpy.typing import ArrayLike, NDArray

from kernlab.engine.numerics.finite_width import empirical as empirical
from kernlab.engine.numerics.kernel_curve import ACTIVATIONS, curves, expansion
from kernlab.engine.numerics.steps import drain

Array = NDArray[np.float64]

LONGEST_ROUNDING = 1e-9
"""By how much a cosine, an angle or a length may miss its range through rounding."""
CLOSE = 0.01
"""1 − |cosine| below which a pair's distance is computed from its coordinates."""
TILE = 64
ENTRIES_A_STEP = 250_000

_square, _vector = types.Array(float64, 2, "C"), types.Array(float64, 1, "C")


def kernel(
    cosine: ArrayLike | None,
    depth: int,
    *,
    angle: ArrayLike | None = None,
    activation: str = "relu",
    bias: float = 0.0,
) -> Any:
    """The neural tangent kernel T_L at a cosine, or at an angle.

    T_1 = S_1 = u; S_{k+1} = k₁(S_k); T_{k+1} = S_{k+1} + k₀(S_k) T_k for ReLU without bias.

    Args:
        cosine: any shape, in [-1, 1]; may be None where `angle` is given.
        depth: affine layers, 1 and above.
        angle: radians in [0, π], used instead of the cosine; keeps accuracy near ±1.
        activation: "relu", "abs" or "erf".
        bias: standard deviation of every bias, 0 and above.

    Returns: float64 of the same shape. Absolute error below 1e-14 · depth for ReLU at depths
        up to 65. Cost: 60 ns a layer and value.

    Raises:
        ValueError: an argument is outside its range.
    """
    return _curves(cosine, depth, angle, activation, bias)[1]


def nngp(
    cosine: ArrayLike | None,
    depth: int,
    *,
    angle: ArrayLike | None = None,
    activation: str = "relu",
    bias: float = 0.0,
) -> Any:
    """The kernel of the Gaussian process of the same network at initialization; see `kernel`."""
    return _curves(cosine, depth, angle, activation, bias)[0]


def _curves(
    cosine: ArrayLike | None, depth: int, angle: ArrayLike | None, activation: str, bias: float
) -> tuple[Any, Any]:
    depth, bias = require_network(depth, activation, bias)
    if angle is not None:
        theta = _inside("angle", angle, 0.0, math.pi, "0 to π")
    elif cosine is not None:
        u = _inside("cosine", cosine, -1.0, 1.0, "-1 to 1")
        theta = 2.0 * np.arctan2(np.sqrt(1.0 - u), np.sqrt(1.0 + u))
    else:
        raise ValueError("cosine is None and angle is None; give one of them")
    found = curves(theta, depth, activation, bias)
    return (float(found[0]), float(found[1])) if theta.ndim == 0 else found


def require_network(depth: int, activation: str, bias: float) -> tuple[int, float]:
    """depth and bias as int and float; raises ValueError for what no kernel has."""
    if isinstance(depth, bool) or not 1 <= depth < math.inf or depth != int(depth):
        raise ValueError(f"depth is {depth!r}; allowed: whole numbers from 1")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}; allowed: {', '.join(ACTIVATIONS)}")
    if not (math.isfinite(bias) and bias >= 0):
        raise ValueError(f"bias is {bias!r}; allowed: finite numbers from 0")
    return int(depth), float(bias)


def _inside(name: str, values: ArrayLike, low: float, high: float, allowed: str) -> Array:
    array = np.asarray(values, dtype=np.float64)
    bad = ~((array >= low - LONGEST_ROUNDING) & (array <= high + LONGEST_ROUNDING))
    if bad.any():
        raise ValueError(f"{name} holds {array[bad].flat[0]}; allowed: {allowed}")
    return np.clip(array, low, high)


def kernel_matrix(
    points: ArrayLike, depth: int, *, activation: str = "relu", bias: float = 0.0
) -> Array:
    """The NTK of all pairs of points, not divided by n.

    Chebyshev series in v = |x − y|/2, or |x + y|/2 for a negative cosine, one for each sign; close
    and nearly antipodal pairs take v from the coordinates, others from the cosine.

    Args:
        points: (n, d) float64, rows of length 1 (within 1e-6; they are normalized).
        depth, activation, bias: as in `kernel`.

    Returns: (n, n) float64, symmetric; absolute error below 1e-13 · depth up to depth 65.

    Raises:
        ValueError: an argument is outside its range, or a row is not of length 1.
    Cost: n²/2 times (d + 3 terms) operations, one thread; 40 ms at n = 2000, d = 10, depth 10.
    """
    return drain(kernel_matrix_in_steps(points, depth, activation=activation, bias=bias))


def kernel_matrix_in_steps(
    points: ArrayLike, depth: int, *, activation: str = "relu", bias: float = 0.0
) -> Generator[float, None, Array]:
    """`kernel_matrix`, yielding the fraction done every few milliseconds."""
    depth, bias = require_network(depth, activation, bias)
    x = unit_rows(points)
    n = len(x)
    series = yield from expansion(depth, activation, bias)
    matrix = np.empty((n, n))
    across = np.ascontiguousarray(x.T)
    work = np.empty((5, TILE))
    entries = ENTRIES_A_STEP * 100 // (x.shape[1] + 3 * series.middle.size)
    start = 0
    while start < n:
        stop = min(n, start + TILE * math.ceil((math.sqrt(start**2 + entries) - start) / TILE))
        _fill(x, across, series.middle, series.half, series.top, start, stop, work, matrix)
        start = stop
        yield start * (start + 1) / (n * (n + 1))
    return matrix


@njit(
    types.void(
        _square, _square, _vector, _vector, float64, int64, int64, _square, _square
    ),
    nogil=True,
    cache=True,
    error_model="numpy",
)  # fmt: skip
def _fill(x, across, middle, half, top, start, stop, work, out):  # type: ignore[no-untyped-def]
    """Rows start to stop, up to the diagonal, and their mirror image."""
    n, d, terms = x.shape[0], x.shape[1], middle.size
    sign, twice, one, two, dots = work[0], work[1], work[2], work[3], work[4]
    for first in range(start, stop, TILE):
        last = min(first + TILE, stop)
        for left in range(0, last, TILE):
            width = min(TILE, n - left)
            for i in range(first, last):
                for j in range(width):
                    dots[j] = 0.0
                for k in range(d):
                    entry, row = x[i, k], across[k, left : left + width]
                    for j in range(width):
                        dots[j] += entry * row[j]
                for j in range(width):
                    u = dots[j]
                    sign[j] = 1.0 if u >= 0.0 else -1.0
                    twice[j] = 0.5 * max(0.0, 1.0 - abs(u))
                for j in range(width):
                    if twice[j] < 0.5 * CLOSE:
                        total = 0.0
                        for k in range(d):
                            step = x[i, k] - sign[j] * x[left + j, k]
                            total += step * step
                        twice[j] = 0.25 * total
                for j in range(width):
                    twice[j] = 2.0 * (math.sqrt(8.0 * twice[j]) - 1.0)
                    one[j] = 0.0
                    two[j] = 0.0
                for k in range(terms - 1, 0, -1):
                    a, b = middle[k], half[k]
                    for j in range(width):
                        new = a + sign[j] * b + twice[j] * one[j] - two[j]
                        two[j] = one[j]
                        one[j] = new
                for j in range(width):
                    out[i, left + j] = (
                        middle[0] + sign[j] * half[0] + 0.5 * twice[j] * one[j] - two[j]
                    )
            for j in range(left, min(left + width, last)):
                for i in range(max(first, j + 1), last):
                    out[j, i] = out[i, j]
        for i in range(first, last):
            out[i, i] = top


def unit_rows(points: ArrayLike) -> Array:
    """The points with rows of length 1 exactly to rounding, (n, d), C order.

    Raises:
        ValueError: not a matrix, empty, not finite, or a row whose length is not 1 within 1e-6.
    """
    x = np.array(points, dtype=np.float64, order="C")
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(f"points has shape {x.shape}; allowed: (n, d), at least one point")
    lengths = np.linalg.norm(x, axis=1)
    bad = ~(np.abs(lengths - 1.0) <= 1e-6)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"points has a row, number {row}, of length {lengths[row]:.7g}; allowed: rows of "
            "length 1, so divide each by its length"
        )
    x /= lengths[:, None]
    return x
