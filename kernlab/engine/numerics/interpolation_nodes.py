"""Families of interpolation nodes on [-1, 1], and the products of their differences.

Nodes are made on the unit interval and multiplied by the half-width a afterwards. Products of
differences leave the range of float64 (2^-n for n nodes, and worse), so a product is a mantissa
and a binary exponent; there is no subtraction beyond those of the nodes themselves.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numba import njit, types

from kernlab.engine.numerics.weight_space import FloatArray, finite_vector, require_positive

NODES = ("equispaced", "chebyshev", "gauss", "leja", "gapped", "lobatto")
LARGEST_N = 500
"""Most nodes of a table; beyond it the tables take seconds and hundreds of megabytes."""

_LEJA_GRID = 40_001
_f8, _i8 = types.float64, types.int64
_read_vector = types.Array(_f8, 1, "C", readonly=True)
_vector, _integers = types.Array(_f8, 1, "C"), types.Array(_i8, 1, "C")
_matrix = types.Array(_f8, 2, "C")


def require_nodes(n: int) -> int:
    """Return n if it is an integer from 2 to `LARGEST_N`.

    Raises:
        ValueError: naming the argument and its value.
    """
    whole = isinstance(n, int | np.integer) and not isinstance(n, bool)
    if not whole or not 2 <= n <= LARGEST_N:
        raise ValueError(f"n = {n!r}: must be an integer from 2 to {LARGEST_N}")
    return int(n)


def distinct_nodes(nodes: npt.ArrayLike) -> FloatArray:
    """Return nodes as a float64 vector (n,), in their order, if they are finite and distinct.

    Raises:
        ValueError: naming what is wrong with them.
    """
    vector = finite_vector("nodes", nodes)
    if not 2 <= vector.size <= LARGEST_N:
        raise ValueError(f"nodes hold {vector.size} positions: must be 2 to {LARGEST_N}")
    ordered = np.sort(vector)
    equal = np.flatnonzero(ordered[1:] == ordered[:-1])
    if equal.size:
        raise ValueError(f"nodes hold {ordered[equal[0]]} twice: they must be distinct")
    return vector


def unit_nodes(family: str, n: int, *, gap: float = 0.5) -> FloatArray:
    """Nodes of a family on [-1, 1].

    equispaced -1 + 2i/(n-1); chebyshev cos(π(i+½)/n); gauss: zeros of the Legendre polynomial;
    lobatto cos(πi/(n-1)); leja: greedy maxima of Π|x - x_k| from 1, in that order; gapped:
    ceil(n/2) equispaced on [-1, -gap] and floor(n/2) on [gap, 1].

    Args:
        family: one of `NODES`; n: 2 to `LARGEST_N`.
        gap: half of the gap over the half-width, 0 < gap < 1; only "gapped" reads it.

    Returns: (n,) float64; ascending except for "leja"; exactly symmetric except for "leja" and
        for "gapped" with odd n.
    Raises: ValueError: if an argument is out of range.
    Cost: O(n); "gauss" O(n²); "leja" 40,001·n once: 5 ms for n ≤ 80, 15 ms for n ≤ 256.
    """
    require_nodes(n)
    step = np.arange(n, dtype=np.float64)
    odd = 2.0 * step - (n - 1.0)
    if family == "equispaced":
        return odd / (n - 1.0)
    if family == "chebyshev":
        return np.sin(np.pi * odd / (2.0 * n))
    if family == "lobatto":
        return np.sin(np.pi * odd / (2.0 * (n - 1.0)))
    if family == "gauss":
        return gauss_legendre(n)[0].copy()
    if family == "leja":
        return _leja_sequence(n)
    if family == "gapped":
        return _gapped(n, gap)
    raise ValueError(f"nodes = {family!r}: must be one of {', '.join(NODES)}, or an array")


def resolve_nodes(
    nodes: str | npt.ArrayLike,
    n: int | None = None,
    half_width: float = 1.0,
    *,
    gap_width: float | None = None,
) -> FloatArray:
    """Positions x of nodes: a named family on ±half_width, or an array as it stands.

    Args:
        nodes: one of `NODES`, or positions (n,) in the unit of x, which are not scaled.
        n: number of nodes; for an array None or its length.
        half_width: a > 0; gap_width: of "gapped", in the unit of x; by default a.
    Raises: ValueError: if an argument is out of range or n is not the length of the array.
    """
    a = require_positive("half_width", half_width)
    if isinstance(nodes, str):
        if n is None:
            raise ValueError("n = None: a named family of nodes needs their number")
        return a * unit_nodes(nodes, n, gap=gap_fraction(gap_width, a))
    positions = distinct_nodes(nodes)
    if n is not None and n != positions.size:
        raise ValueError(f"n = {n}: must be {positions.size}, the length of nodes")
    return positions


def gap_fraction(gap_width: float | None, half_width: float) -> float:
    """Half of a gap over the half-width; without a gap width ½, a gap as wide as a."""
    if gap_width is None:
        return 0.5
    if not 0.0 < gap_width < 2.0 * half_width:
        raise ValueError(f"gap_width = {gap_width}: must lie between 0 and {2.0 * half_width}")
    return gap_width / (2.0 * half_width)


def _gapped(n: int, gap: float) -> FloatArray:
    if not 0.0 < gap < 1.0:
        raise ValueError(f"gap = {gap}: half of the gap over the half-width, must be in (0, 1)")
    if n < 4:
        raise ValueError(f"n = {n}: nodes with a gap need at least 4, two on each side")
    left, right = np.linspace(1.0, gap, n - n // 2), np.linspace(gap, 1.0, n // 2)
    return np.concatenate([-left, right if n % 2 else left[::-1]])


@lru_cache(maxsize=512)
def gauss_legendre(n: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of Gauss–Legendre quadrature on [-1, 1], by Newton's method.

    Returns: nodes ascending and exactly antisymmetric, weights, (n,) each; about 1e-15. Both
        are shared: do not write to them.
    Cost: 6n² operations, 1 ms at n = 200.
    """
    half = n // 2
    x = np.cos(np.pi * (np.arange(half) + 0.75) / (n + 0.5))
    for _ in range(6):
        value, slope = _legendre_with_slope(n, x)
        x = x - value / slope
    positive = np.concatenate([[0.0] * (n % 2), x[::-1]])
    slope = _legendre_with_slope(n, positive)[1]
    weight = 2.0 / ((1.0 - positive**2) * slope**2)
    nodes = np.concatenate([-x, positive])
    weights = np.concatenate([weight[n % 2 :][::-1], weight])
    nodes.flags.writeable = weights.flags.writeable = False
    return nodes, weights


def _legendre_with_slope(n: int, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    older, last = np.ones_like(x), x.copy()
    for k in range(1, n):
        older, last = last, ((2 * k + 1) * x * last - k * older) / (k + 1)
    return last, n * (x * last - older) / (x * x - 1.0)


@lru_cache(maxsize=4)
def _leja_order(n: int) -> tuple[float, ...]:
    grid = np.sin(np.pi * (0.5 - np.arange(_LEJA_GRID) / (_LEJA_GRID - 1.0)))
    grid[_LEJA_GRID // 2] = 0.0
    order = np.empty(n, dtype=np.int64)
    _greedy(grid, order)
    return tuple(grid[order])


def _leja_sequence(n: int) -> FloatArray:
    # The sequence is nested: one of a round length serves every n below it.
    length = min(LARGEST_N, max(80, 1 << (n - 1).bit_length()))
    return np.array(_leja_order(length)[:n])


def leja_order(nodes: npt.ArrayLike) -> FloatArray:
    """Put given nodes in Leja order: each next one maximizes Π|x - x_k| over those left.

    The first is the one of largest |x|; of equals the rightmost. Cost: n² operations.
    """
    points = np.ascontiguousarray(np.sort(distinct_nodes(nodes))[::-1])
    order = np.empty(points.size, dtype=np.int64)
    _greedy(points, order)
    return points[order]


@njit(types.void(_read_vector, _integers), nogil=True, cache=True)
def _greedy(points, order):  # type: ignore[no-untyped-def]
    product = np.ones(points.size)
    best = 0
    for i in range(points.size):
        if abs(points[i]) > abs(points[best]) * (1.0 + 1e-10):
            best = i
    order[0] = best
    scale = 1.0
    for k in range(1, order.size):
        last, largest = points[best], 0.0
        for i in range(points.size):
            # A common factor does not matter; without it the products would underflow.
            product[i] *= abs(points[i] - last) * scale
            # Ties go to the first, not to where rounding happens to point.
            if product[i] > largest * (1.0 + 1e-10):
                largest, best = product[i], i
        order[k] = best
        scale = 1.0 / largest if largest > 0.0 else 1.0


@njit(nogil=True)
def difference_product(nodes, point, skip):  # type: ignore[no-untyped-def]
    """Π_{k ≠ skip} (point - nodes[k]) as a mantissa (signed) and a binary exponent."""
    mantissa, exponent = 1.0, 0
    for k in range(nodes.size):
        if k != skip:
            mantissa *= point - nodes[k]
            size = abs(mantissa)
            if size < 1e-100 or size > 1e100:
                mantissa, shift = math.frexp(mantissa)
                exponent += shift
    mantissa, shift = math.frexp(mantissa)
    return mantissa, exponent + shift


@njit(types.void(_read_vector, _vector, _integers), nogil=True, cache=True)
def _weights(nodes, mantissa, exponent):  # type: ignore[no-untyped-def]
    for k in range(nodes.size):
        product, shift = difference_product(nodes, nodes[k], k)
        mantissa[k], more = math.frexp(1.0 / product)
        exponent[k] = more - shift


def barycentric_weights(nodes: npt.ArrayLike) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Weights w_k = 1/Π_{i≠k}(x_k - x_i) = mantissa·2^exponent.

    Args: nodes: distinct positions, (n,), any order.
    Returns: mantissa (n,), signed, ½ ≤ |mantissa| < 1, and exponent (n,), int64.
    Raises: ValueError: if nodes are not finite and distinct.
    Cost: n² multiplications. Error: relative, about n·1e-16, for the nodes as given.
    """
    points = np.ascontiguousarray(distinct_nodes(nodes))
    mantissa, exponent = np.empty(points.size), np.empty(points.size, dtype=np.int64)
    _weights(points, mantissa, exponent)
    return mantissa, exponent
