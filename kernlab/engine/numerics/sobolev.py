"""The Sobolev operator P_s in front of a kernel: conditioning of T_s = K P_s, and the best s.

In log-log coordinates the eigenvalue of T_s at one frequency, log λ + s log b, is a line in s. The
largest one is the upper envelope of all lines, convex and piecewise linear; the smallest one is
concave; so log κ(T_s) is convex and piecewise linear, and its minimum is a corner of it: exact.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import float64, int64, njit, types
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_readonly = types.Array(float64, 1, "C", readonly=True)
_vector = types.Array(float64, 1, "C")
_counts = types.Array(int64, 1, "C")
_squares = types.Array(int64, 1, "C", readonly=True)


class Envelope(NamedTuple):
    """log κ(T_s) as a function of s: the lines log λ + s log b that are extreme somewhere.

    Attributes:
        top_slopes, top_offsets: of the largest eigenvalue, slopes ascending.
        bottom_slopes, bottom_offsets: of the smallest one, slopes descending.
    """

    top_slopes: Array
    top_offsets: Array
    bottom_slopes: Array
    bottom_offsets: Array


class Best(NamedTuple):
    """The exponent with the smallest condition number, and that number."""

    s: float
    condition: float


def envelope(eigenvalues: ArrayLike, base: ArrayLike) -> Envelope:
    """The lines that bound the spectrum of T_s from above and from below.

    Args:
        eigenvalues: any shape; those that are not positive (exact zeros) are left out.
        base: same shape, positive: what P_s takes to the power s.

    Raises:
        ValueError: shapes differ, no eigenvalue is positive, or a base is not.
    Cost: a sort of the distinct bases; 0.4 ms for 10,000 degrees.
    """
    values, bases = np.asarray(eigenvalues, float).ravel(), np.asarray(base, float).ravel()
    if values.shape != bases.shape:
        raise ValueError(
            f"eigenvalues has {values.size} entries and base {bases.size}; allowed: as many"
        )
    kept = values > 0.0
    if not kept.any():
        raise ValueError("eigenvalues holds no positive entry; allowed: at least one")
    if not (bases[kept] > 0.0).all():
        raise ValueError(f"base holds {bases[kept].min()}; allowed: positive numbers")
    slopes, offsets = np.log(bases[kept]), np.log(values[kept])
    return _of_lines(slopes, offsets, offsets)


def _of_lines(slopes: Array, lowest: Array, highest: Array) -> Envelope:
    order = np.argsort(slopes, kind="stable")
    slopes = np.ascontiguousarray(slopes[order])
    top = _hull(slopes, np.ascontiguousarray(highest[order]))
    bottom = _hull(np.ascontiguousarray(-slopes[::-1]), np.ascontiguousarray(-lowest[order][::-1]))
    return Envelope(top[0], top[1], -bottom[0], -bottom[1])


def _hull(slopes: Array, offsets: Array) -> tuple[Array, Array]:
    chosen = np.empty(slopes.size, np.int64)
    index = chosen[: _upper_hull(slopes, offsets, chosen)]
    return slopes[index], offsets[index]


@njit(int64(_readonly, _readonly, _counts), nogil=True, cache=True)
def _upper_hull(x, y, chosen):  # type: ignore[no-untyped-def]
    """Indices of the upper hull of points with ascending x (Andrew's monotone chain)."""
    count = 0
    for i in range(x.size):
        if count and x[chosen[count - 1]] == x[i]:
            if y[chosen[count - 1]] >= y[i]:
                continue
            count -= 1
        while count >= 2:
            a, b = chosen[count - 2], chosen[count - 1]
            if (y[b] - y[a]) * (x[i] - x[a]) > (y[i] - y[a]) * (x[b] - x[a]):
                break
            count -= 1
        chosen[count] = i
        count += 1
    return count


def log_condition(found: Envelope, s: ArrayLike) -> Array:
    """log κ(T_s), natural, at each s; same shape. Cost: a binary search each."""
    exponents = np.asarray(s, dtype=np.float64)
    top = _extreme(found.top_slopes, found.top_offsets, exponents)
    bottom = _extreme(-found.bottom_slopes, -found.bottom_offsets, exponents)
    return top + bottom


def _corners(slopes: Array, offsets: Array) -> Array:
    """Where the upper envelope of lines of ascending slopes passes from one to the next."""
    return -np.diff(offsets) / np.diff(slopes)


def _extreme(slopes: Array, offsets: Array, s: Array) -> Array:
    line = np.searchsorted(_corners(slopes, offsets), s)
    return offsets[line] + s * slopes[line]


def best(found: Envelope) -> Best:
    """The s ≥ 0 with the smallest κ(T_s), exact to rounding; the smallest where there are many."""
    corners = np.concatenate([
        [0.0],
        _corners(found.top_slopes, found.top_offsets),
        _corners(-found.bottom_slopes, -found.bottom_offsets),
    ])  # fmt: skip
    corners = np.sort(corners[(corners >= 0.0) & np.isfinite(corners)])
    values = log_condition(found, corners)
    first = int(np.argmin(values > values.min() + 1e-13 * max(1.0, abs(float(values.min())))))
    return Best(float(corners[first]), math.exp(min(float(values[first]), 700.0)))


class Shells(NamedTuple):
    """The eigenvalues of a torus grid, gathered by |k|².

    Attributes:
        squares: (m,) int64, the |k|² that have a positive eigenvalue, ascending.
        lowest, highest: (m,) log of the smallest and largest eigenvalue at that |k|².
        left_out: frequencies of the octant without one: exact zeros, and those below `floor`.
    """

    squares: NDArray[np.int64]
    lowest: Array
    highest: Array
    left_out: int

    def envelope(self, base: ArrayLike) -> Envelope:
        """As :func:`envelope`, with the base at each of `squares`."""
        return _of_lines(np.log(np.asarray(base, float)), self.lowest, self.highest)


def shells(octant: ArrayLike, squares: NDArray[np.int64], floor: ArrayLike | float = 0.0) -> Shells:
    """Gather eigenvalues by |k|².

    Args:
        octant: eigenvalues, any shape.
        squares: |k|² of each, same shape.
        floor: eigenvalues up to this, such as their error bound, are left out.

    Raises:
        ValueError: none is above the floor.
    Cost: 2 ms for 1024².
    """
    values = np.ascontiguousarray(octant, dtype=np.float64).ravel()
    index = np.ascontiguousarray(squares, dtype=np.int64).ravel()
    least = np.broadcast_to(np.asarray(floor, dtype=np.float64), np.shape(octant))
    known: NDArray[np.int64] | None = None
    if index.max() > 8 * values.size:  # in one dimension most |k|² do not occur
        known, index = np.unique(index, return_inverse=True)
    low = np.full(int(index.max()) + 1, np.inf)
    high = np.full(low.size, -np.inf)
    left_out = _gather(values, index, np.ascontiguousarray(least).ravel(), low, high)
    found = np.flatnonzero(high > 0.0)
    if not found.size:
        raise ValueError("octant holds no eigenvalue above its error; allowed: at least one")
    shown = found if known is None else known[found]
    return Shells(shown, np.log(low[found]), np.log(high[found]), int(left_out))


@njit(int64(_readonly, _squares, _readonly, _vector, _vector), nogil=True, cache=True)
def _gather(values, index, floor, low, high):  # type: ignore[no-untyped-def]
    left_out = 0
    for i in range(values.size):
        value, at = values[i], index[i]
        if value <= 0.0 or value <= floor[i]:
            left_out += 1
            continue
        low[at] = min(low[at], value)
        high[at] = max(high[at], value)
    return left_out


def log_largest(squares: ArrayLike, form: str, s: float) -> float:
    """log κ(P_s) on a torus grid: its smallest eigenvalue, at frequency 0, is 1.

    Args:
        squares: |k|² of the grid's frequencies.
        form, s: as in `torus.sobolev_multiplier`.
    """
    from kernlab.engine.numerics.torus import sobolev_base

    return s * math.log(float(sobolev_base(np.max(squares), form)))
