"""Condensation: n points of the line become a few moments a bin, whatever n is.

The domain is cut into equal bins. With t in [-1, 1] the coordinate inside a bin, the moments
m_j = sum_i v_i T_j(t_i), j < ORDER, of a column v replace its points in every sum
sum_i v_i g(x_i) with a smooth g: Fourier sums, Gram matrices of features, products of kernels.
Moments of disjoint sets of points add up, so data come in chunks, and a gap costs two bins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numba import njit, types
from numpy.typing import ArrayLike, NDArray

from kernlab.engine.numerics.extended import add_into, merge_moments, restriction

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

ORDER = 16
"""Chebyshev moments a bin; exp(i nu x) is off by about 2 (nu H / 2)^16 / 16! (H: half-width)."""
CHUNK = 100_000
"""Points a chunk: condensing one takes a few milliseconds."""
_BLOCK = 64

_f8, _i8 = types.float64, types.int64
_vector, _matrix = types.Array(_f8, 1, "C"), types.Array(_f8, 2, "C")
_integers = types.Array(_i8, 1, "C")
_read_vector = types.Array(_f8, 1, "C", readonly=True)
_read_matrix = types.Array(_f8, 2, "C", readonly=True)
_read_integers = types.Array(_i8, 1, "C", readonly=True)


@dataclass(frozen=True)
class Bins:
    """`count` equal bins of [left, right]; count is a power of two."""

    left: float
    right: float
    count: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.left) and math.isfinite(self.right) and self.left < self.right):
            raise ValueError(f"left = {self.left}, right = {self.right}: need finite left < right")
        if self.count < 1 or self.count & (self.count - 1):
            raise ValueError(f"count = {self.count}: must be a power of two, at least 1")

    @property
    def half_width(self) -> float:
        """H, half of a bin, in the unit of x."""
        return (self.right - self.left) / (2 * self.count)

    @property
    def centres(self) -> Array:
        """Midpoints of the bins, shape (count,)."""
        odd = 2.0 * np.arange(self.count, dtype=np.float64) + 1.0
        return np.asarray(self.left + odd * self.half_width, dtype=np.float64)

    @property
    def bandwidth(self) -> float:
        """Highest angular frequency that the nodes of these bins carry to 1e-16."""
        return 2.0 * (1e-16 * math.factorial(ORDER) / 4.0) ** (1.0 / ORDER) / self.half_width

    def coarser(self, half_width: float) -> Bins:
        """The widest bins, merged in pairs from the left, not wider than 2 * half_width."""
        ratio = 1
        while 2 * ratio * self.half_width <= half_width:
            ratio *= 2
        count = max(1, self.count // ratio)
        return Bins(self.left, self.left + 2.0 * ratio * count * self.half_width, count)


@dataclass(frozen=True)
class Chunk:
    """Points in bin-contiguous order: those of bin b are offsets[b] to offsets[b + 1]."""

    bins: Bins
    x: Array
    values: Array
    offsets: Counts

    def moments(self) -> Moments:
        """Moments of these points. Cost: about 20 ns a point and 60 ns a bin."""
        columns = 1 + self.values.shape[0]
        width = columns * ORDER + (columns - 1) * columns // 2
        high, low = np.zeros((self.bins.count, width)), np.zeros((self.bins.count, width))
        _condense_bins(self.x, self.values, self.offsets, self.bins.centres,
                       1.0 / self.bins.half_width, columns, high, low)  # fmt: skip
        return Moments(self.bins, columns, high, low, np.diff(self.offsets))


@dataclass(frozen=True)
class WeightedNodes:
    """Nodes that stand for n points: sum_i v_i g(x_i) = sum_q weight_q g(x_q) for smooth g.

    weight belongs to v = 1, weighted_y to v = y; both are signed. `bandwidth` is the highest
    angular frequency of g (of a product of two features: the sum of theirs) kept to 1e-16.
    """

    x: Array
    weight: Array
    weighted_y: Array
    sum_y2: float
    n: int
    bandwidth: float


@dataclass(frozen=True)
class Moments:
    """Moments of 1 and of the value columns in every bin, double-double, additive.

    high + low has shape (count, columns * ORDER + products): for each column (1 first) its
    Chebyshev moments, then the plain sums of products v_a v_b, a <= b, of the value columns.
    """

    bins: Bins
    columns: int
    high: Array
    low: Array
    counts: Counts

    @classmethod
    def zero(cls, bins: Bins, values: int) -> Moments:
        """No points yet, for `values` value columns."""
        width = (values + 1) * ORDER + values * (values + 1) // 2
        empty = np.zeros((bins.count, width))
        return cls(bins, values + 1, empty, empty, np.zeros(bins.count, dtype=np.int64))

    @property
    def n(self) -> int:
        """Number of points, exact."""
        return int(self.counts.sum())

    @property
    def products(self) -> Array:
        """Sums of v_a v_b over all points, a <= b, row by row of the upper triangle."""
        tail = slice(self.columns * ORDER, None)
        return np.array([math.fsum(column) for column in
                         np.concatenate([self.high[:, tail], self.low[:, tail]]).T])  # fmt: skip

    def plus(self, other: Moments) -> Moments:
        """Moments of both sets of points. Cost: 0.3 ms at 1024 bins and three columns."""
        if other.bins != self.bins or other.columns != self.columns:
            raise ValueError(
                f"other = moments of {other.columns} columns on {other.bins}: must match "
                f"{self.columns} columns on {self.bins}"
            )
        high, low = self.high.copy(), self.low.copy()
        add_into(high, low, other.high, other.low)
        return replace(self, high=high, low=low, counts=self.counts + other.counts)

    def without_gap(self, chunks: Sequence[Chunk], gap: tuple[float, float]) -> Moments:
        """Moments without the points gap[0] < x < gap[1].

        Whole bins are zeroed; the two that the gap cuts are condensed again.

        Args:
            chunks: the points that these moments are made of; gap: ends, in the unit of x.
        Returns: moments; `n` and `counts` stay exact.
        Cost: independent of n but for the points of two bins (8 us and 2 n / count points).
        """
        left, right = float(gap[0]), float(gap[1])
        if not left <= right:
            raise ValueError(f"gap = {gap}: need gap[0] <= gap[1]")
        if right <= self.bins.left or left >= self.bins.right or left == right:
            return self
        first, last = (int(i) for i in _indices(self.bins, np.array([left, right])))
        high, low, counts = self.high.copy(), self.low.copy(), self.counts.copy()
        high[first : last + 1] = 0.0
        low[first : last + 1] = 0.0
        counts[first : last + 1] = 0
        cut = np.array([first] if first == last else [first, last])
        centres = self.bins.centres
        for chunk in chunks:
            _condense_cut(chunk.x, chunk.values, chunk.offsets, centres,
                          1.0 / self.bins.half_width, self.columns, cut, left, right,
                          high, low, counts)  # fmt: skip
        return replace(self, high=high, low=low, counts=counts)

    def combine(self, noise: float) -> Moments:
        """Columns (1, f, eps) become (1, y) with y = f + noise * eps."""
        if self.columns != 3:
            raise ValueError(f"columns = {self.columns}: combine needs the columns 1, f, eps")
        p, out = ORDER, []
        for part in (self.high, self.low):
            y = part[:, p : 2 * p] + noise * part[:, 2 * p : 3 * p]
            squares = part[:, 3 * p :] @ np.array([1.0, 2.0 * noise, noise * noise])
            out.append(np.column_stack([part[:, :p], y, squares]))
        return replace(self, columns=2, high=out[0], low=out[1])

    def coarsen(self, half_width: float, *, extended: bool = False) -> Moments:
        """The same moments on bins merged up to `half_width`; exact algebra, no interpolation.

        Args:
            half_width: upper limit of the new H; extended: in double-double (else float64).
        Cost: count * columns * ORDER^2; 0.2 ms at 1024 bins, 2 ms extended.
        """
        target = self.bins.coarser(half_width)
        if target.half_width == self.bins.half_width:
            return self
        ratio = round(target.half_width / self.bins.half_width)
        parts = min(ratio, self.bins.count)
        width = self.columns * ORDER
        shape = (-1, self.columns, ORDER)
        map_high, map_low = restriction(ratio, parts, ORDER)
        high = np.zeros((target.count, self.high.shape[1]))
        low = np.zeros_like(high)
        if extended:
            merged = np.zeros((2, target.count, self.columns, ORDER))
            fine = [np.ascontiguousarray(a[:, :width]).reshape(shape)
                    for a in (self.high, self.low)]  # fmt: skip
            merge_moments(merged[0], merged[1], fine[0], fine[1], map_high, map_low)
            low[:, :width] = merged[1].reshape(target.count, width)
        else:
            # Whole rows are contiguous, which makes adding them three times as fast.
            fine_sum = (self.high + self.low)[:, :width].reshape(
                target.count, parts, self.columns, ORDER
            )
            merged = np.ascontiguousarray(fine_sum.transpose(0, 2, 1, 3)).reshape(
                target.count * self.columns, parts * ORDER
            ) @ map_high.reshape(parts * ORDER, ORDER)
            merged = merged[None]
        high[:, :width] = merged[0].reshape(target.count, width)
        for part, fine_part in ((high, self.high), (low, self.low)):
            np.einsum("bip->bp", fine_part[:, width:].reshape(target.count, parts, -1),
                      out=part[:, width:])  # fmt: skip
        counts = self.counts.reshape(target.count, parts).sum(axis=1)
        return Moments(target, self.columns, high, low, counts)

    def nodes(self, bandwidth: float) -> WeightedNodes:
        """Weighted nodes for functions of angular frequency up to `bandwidth`, columns (1, y).

        ORDER Chebyshev nodes in each bin that holds points, in bins as wide as 1e-16 allows.

        Raises:
            ValueError: if these bins are too wide for `bandwidth`, or have other columns.
        """
        if self.columns != 2:
            raise ValueError(f"columns = {self.columns}: nodes need the columns 1, y")
        if not 0.0 <= bandwidth <= self.bins.bandwidth:
            raise ValueError(
                f"bandwidth = {bandwidth:.6g}: these {self.bins.count} bins carry 0 to "
                f"{self.bins.bandwidth:.6g}; use more bins"
            )
        limit = self.bins.half_width * self.bins.bandwidth / max(bandwidth, 1e-300)
        coarse = self.coarsen(min(limit, self.bins.right - self.bins.left))
        points, transform = chebyshev_nodes()
        kept = coarse.counts > 0
        columns = (coarse.high + coarse.low)[kept, : 2 * ORDER].reshape(-1, 2, ORDER) @ transform
        x = coarse.bins.centres[kept, None] + coarse.bins.half_width * points
        return WeightedNodes(x.ravel(), columns[:, 0].ravel(), columns[:, 1].ravel(),
                             float(self.products[0]), self.n, coarse.bins.bandwidth)  # fmt: skip


def condense(bins: Bins, x: ArrayLike, values: ArrayLike) -> Chunk:
    """Put points in bin-contiguous order by one counting pass.

    Args:
        x: (n,) in [bins.left, bins.right], any order.
        values: (columns, n), a row for each value column (or (n,): one column).
    Returns: a chunk; `chunk.moments()` condenses it.
    Raises:
        ValueError: if shapes differ or x leaves the domain or is not finite.
    Cost: 15 ns a point; at most CHUNK points a call keep a caller responsive.
    """
    points = np.ascontiguousarray(x, dtype=np.float64)
    rows = np.ascontiguousarray(values, dtype=np.float64)
    rows = rows[None] if rows.ndim == 1 else rows
    if points.ndim != 1 or rows.ndim != 2 or rows.shape[1] != points.size:
        raise ValueError(
            f"values of shape {rows.shape}: must be (columns, n) for x of shape {points.shape}"
        )
    if points.size:
        low, high = float(points.min()), float(points.max())
        if not (low >= bins.left and high <= bins.right):
            raise ValueError(
                f"x from {low} to {high}: must be finite, within {bins.left} to {bins.right}"
            )
    sorted_x, sorted_values = np.empty_like(points), np.empty_like(rows)
    offsets = np.zeros(bins.count + 1, dtype=np.int64)
    _partition(points, rows, bins.left, 0.5 / bins.half_width, offsets, sorted_x, sorted_values)
    return Chunk(bins, sorted_x, sorted_values, offsets)


def _indices(bins: Bins, x: Array) -> Counts:
    """Bins of points, by the very expression of `_partition`."""
    scaled = (x - bins.left) * (0.5 / bins.half_width)
    return np.clip(scaled, 0.0, bins.count - 1.0).astype(np.int64)


def chebyshev_nodes() -> tuple[Array, Array]:
    """ORDER Chebyshev nodes s of [-1, 1], and the matrix e_j T_j(s_q) / ORDER, (moment, node).

    The matrix turns values at the nodes into coefficients, and moments into nodes' weights.
    """
    angle = np.pi * (np.arange(ORDER) + 0.5) / ORDER
    transform = 2.0 / ORDER * np.cos(np.outer(np.arange(ORDER), angle))
    transform[0] *= 0.5
    return np.cos(angle), transform


@njit(
    types.void(_read_vector, _read_matrix, _f8, _f8, _integers, _vector, _matrix),
    nogil=True,
    cache=True,
)
def _partition(x, values, left, scale, offsets, sorted_x, sorted_values):  # type: ignore[no-untyped-def]
    n, count, rows = x.size, offsets.size - 1, values.shape[0]
    index = np.empty(n, dtype=np.int32)
    cursor = np.zeros(count, dtype=np.int64)
    top = count - 1.0
    for i in range(n):
        index[i] = np.int32(min(max((x[i] - left) * scale, 0.0), top))
        cursor[index[i]] += 1
    total = 0
    for b in range(count):
        offsets[b] = total
        total += cursor[b]
        cursor[b] = offsets[b]
    offsets[count] = total
    for i in range(n):
        b = index[i]
        at = cursor[b]
        cursor[b] = at + 1
        sorted_x[at] = x[i]
        for r in range(rows):
            sorted_values[r, at] = values[r, i]


# Reordering is allowed only inside one block of 64 terms, whose sum is then added exactly.
@njit(fastmath={"reassoc", "contract"})
def _dot(a, b, size):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(size):
        total += a[i] * b[i]
    return total


@njit(inline="always")
def _deposit(high, low, at, value):  # type: ignore[no-untyped-def]
    s = high[at] + value
    v = s - high[at]
    low[at] += (high[at] - (s - v)) + (value - v)
    high[at] = s


@njit
def _flush(basis, block, size, columns, high, low):  # type: ignore[no-untyped-def]
    # basis[0], block[0] are ones; basis[1] holds t. Padding with zero values is harmless.
    order = basis.shape[0]
    for j in range(2, order):
        older, last, t, new = basis[j - 2], basis[j - 1], basis[1], basis[j]
        for i in range(size):
            new[i] = 2.0 * t[i] * last[i] - older[i]
    for v in range(columns):
        for j in range(order):
            _deposit(high, low, v * order + j, _dot(block[v], basis[j], size))
    at = columns * order
    for v in range(1, columns):
        for w in range(v, columns):
            _deposit(high, low, at, _dot(block[v], block[w], size))
            at += 1


@njit
def _condense_range(x, values, start, stop, centre, scale, left, right, basis, block, high, low):  # type: ignore[no-untyped-def]
    # Points left < x < right are left out; returns how many were kept.
    columns, filled, kept = block.shape[0], 0, 0
    for i in range(start, stop):
        if x[i] > left and x[i] < right:
            continue
        basis[1, filled] = (x[i] - centre) * scale
        for v in range(1, columns):
            block[v, filled] = values[v - 1, i]
        filled += 1
        kept += 1
        if filled == _BLOCK:
            _flush(basis, block, filled, columns, high, low)
            filled = 0
    if filled > 0:
        _flush(basis, block, filled, columns, high, low)
    return kept


@njit(
    types.void(_read_vector, _read_matrix, _read_integers, _read_vector, _f8, _i8,
               _matrix, _matrix),
    nogil=True,
    cache=True,
)  # fmt: skip
def _condense_bins(x, values, offsets, centres, scale, columns, high, low):  # type: ignore[no-untyped-def]
    basis, block = np.ones((ORDER, _BLOCK)), np.ones((columns, _BLOCK))
    for b in range(centres.size):
        _condense_range(x, values, offsets[b], offsets[b + 1], centres[b], scale,
                        np.inf, -np.inf, basis, block, high[b], low[b])  # fmt: skip


@njit(
    types.void(_read_vector, _read_matrix, _read_integers, _read_vector, _f8, _i8,
               _read_integers, _f8, _f8, _matrix, _matrix, _integers),
    nogil=True,
    cache=True,
)  # fmt: skip
def _condense_cut(x, values, offsets, centres, scale, columns, cut, left, right, high, low, counts):  # type: ignore[no-untyped-def]
    basis, block = np.ones((ORDER, _BLOCK)), np.ones((columns, _BLOCK))
    for b in cut:
        counts[b] += _condense_range(x, values, offsets[b], offsets[b + 1], centres[b], scale,
                                     left, right, basis, block, high[b], low[b])  # fmt: skip
