"""One table for n nodes gives the condition number of V(a) = V(1)·diag(a^j) at every a.

The entries of V⁻¹ are elementary symmetric functions of nodes over products of differences. For
symmetric nodes the even and the odd degrees decouple, and each block is such an inverse in
y = x²: all positive but for a checkerboard of signs that no norm sees, hence float64 without
cancellation. Other nodes take their entries from ball arithmetic once. Rows (degrees) carry
binary exponents of their own, so nothing overflows: cond reaches 10^401 at n = 200, a = 100.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit, types

from kernlab.engine.numerics import balls
from kernlab.engine.numerics.interpolation_nodes import (
    barycentric_weights,
    difference_product,
    distinct_nodes,
    require_nodes,
    unit_nodes,
)
from kernlab.engine.numerics.weight_space import FloatArray, require_positive

Exponents = npt.NDArray[np.int64]
NORMS = (1, 2, "inf")

_LOG10_2 = math.log10(2.0)
_TOLERANCE = 1e-13
_NOISE = 1e-15  # changes this small are rounding, whatever their ratio
_MAX_ITERATIONS = 400
_SMALLEST_LOG2 = -900.0  # a product of squared nodes below this leaves the range of float64

_f8, _i8 = types.float64, types.int64
_read_vector = types.Array(_f8, 1, "C", readonly=True)
_matrix, _integers = types.Array(_f8, 2, "C"), types.Array(_i8, 1, "C")


def require_norm(norm: float | str) -> int | str:
    """Return a norm as 1, 2 or "inf"; infinity and the string "2" count as well.

    Raises:
        ValueError: naming the value.
    """
    if norm in ("inf", "∞") or (not isinstance(norm, str) and norm == math.inf):
        return "inf"
    if str(norm) in ("1", "2", "1.0", "2.0") and not isinstance(norm, bool):
        return int(float(norm))
    raise ValueError(f'norm = {norm!r}: must be 1, 2 or "inf"')


class ScaledRows(NamedTuple):
    """A matrix matrix[j, k]·2^exponent[j], the largest of each row in [½, 1)."""

    matrix: FloatArray
    exponent: Exponents

    @classmethod
    def of(cls, matrix: FloatArray, exponent: Exponents | None = None) -> ScaledRows:
        """Scale the rows of a matrix whose row j is to be multiplied by 2^exponent[j]."""
        shift = np.frexp(np.abs(matrix).max(axis=1))[1].astype(np.int64)
        scaled = np.ascontiguousarray(np.ldexp(matrix, -shift[:, None].astype(np.int32)))
        return cls(scaled, shift if exponent is None else shift + exponent)

    def log2_weights(self, degrees: FloatArray, log2_scale: FloatArray) -> FloatArray:
        """log2 of the factor of each row once row j is multiplied by 2^(degree·log2_scale)."""
        return np.asarray(self.exponent[:, None] + np.outer(degrees, log2_scale))


@dataclass(frozen=True)
class Block:
    """V restricted to some degrees, as a square matrix in q coordinates of the nodes.

    `power` is its transpose at a = 1 and `inverse` its inverse, rows being degrees in both. A
    symmetric pair of nodes is one coordinate: `pairs` holds √2 for it and 1 for a single node.
    """

    degrees: FloatArray
    power: ScaledRows
    inverse: ScaledRows
    pairs: FloatArray
    positive: bool


@dataclass(frozen=True)
class Table:
    """Condition numbers of V(a) for the nodes a·t, t fixed, at every half-width a.

    Attributes:
        nodes: t, shape (n,), usually on [-1, 1].
        blocks: one for all degrees, or the even and the odd ones.
        rounding: relative size of the rounding of an entry of the inverse.
    """

    nodes: FloatArray
    blocks: tuple[Block, ...]
    rounding: float

    @property
    def n(self) -> int:
        """Number of nodes."""
        return int(self.nodes.size)

    @property
    def error(self) -> float:
        """Estimate of the absolute error of a log10 condition number: 2n roundings and 1e-12."""
        return 2.0 * self.n * self.rounding / math.log(10.0) + 1e-12

    def log10_condition(self, half_width: npt.ArrayLike, norm: float | str = 2) -> FloatArray:
        """log10 of cond V(a) = ‖V(a)‖·‖V(a)⁻¹‖, V(a)[i, j] = (a·t_i)^j.

        Args:
            half_width: a > 0, a number or an array of any shape.
            norm: 1, 2 or "inf" (numpy.inf).

        Returns: an array of the shape of `half_width`, float64.
        Raises: ValueError: if a half-width is not above 0 or the norm is unknown.
        Cost at n = 200: norms 1 and ∞ 0.2 ms, norm 2 0.3 to 0.9 ms for one a; 0.6 and 5 ms for
            200 of them. Without parity (`blocks` has one) norm 2 takes 3 ms for each a.
        """
        a = np.asarray(half_width, dtype=np.float64)
        for value in (a.min(initial=1.0), a.max(initial=1.0)):
            require_positive("half_width", float(value))
        scale = np.log2(a.ravel())
        kind = require_norm(norm)
        if kind == 2:
            total = self._log2_two_norm(scale, False) + self._log2_two_norm(-scale, True)
        elif kind == 1:
            total = self._log2_power_columns(scale).max(axis=0) + self._log2_inverse_columns(scale)
        else:
            total = self._log2_power_rows(scale) + self._log2_inverse_rows(scale)
        return np.maximum(total * _LOG10_2, 0.0).reshape(a.shape)

    def log10_two_norms(self, half_width: float) -> tuple[float, float]:
        """log10 of the 2-norms of V(a) and of its inverse."""
        scale = np.log2([require_positive("half_width", half_width)])
        return (float(self._log2_two_norm(scale, False)[0]) * _LOG10_2,
                float(self._log2_two_norm(-scale, True)[0]) * _LOG10_2)  # fmt: skip

    def log10_determinant(self, half_width: float) -> float:
        """log10|det V(a)| = Σ_{i<j} log10|t_i - t_j| + n(n-1)/2·log10 a."""
        a = require_positive("half_width", half_width)
        mantissa, exponent = barycentric_weights(self.nodes)
        pairs = -0.5 * math.fsum(np.log2(np.abs(mantissa)) + exponent)
        return pairs * _LOG10_2 + self.n * (self.n - 1) / 2.0 * math.log10(a)

    @cached_property
    def _degrees(self) -> FloatArray:
        return np.arange(self.n, dtype=np.float64)

    def _log2_power_columns(self, scale: FloatArray) -> FloatArray:
        # log2 of Σ_i |a t_i|^j, shape (n, A): the columns of V are degrees.
        size = np.abs(self.nodes)
        farthest = float(size.max())
        sums = np.sum((size / farthest) ** self._degrees[:, None], axis=1)
        return np.asarray(
            np.log2(sums)[:, None] + np.outer(self._degrees, scale + math.log2(farthest))
        )

    def _log2_power_rows(self, scale: FloatArray) -> FloatArray:
        farthest = math.log2(float(np.abs(self.nodes).max()))
        return _log2_sum(np.outer(self._degrees, scale + farthest))

    def _log2_inverse_rows(self, scale: FloatArray) -> FloatArray:
        # The rows of the inverse are degrees: each is only multiplied by a^-j.
        found = []
        for block in self.blocks:
            sums = np.abs(block.inverse.matrix) @ block.pairs
            weights = block.inverse.log2_weights(block.degrees, -scale)
            found.append(np.max(np.log2(sums)[:, None] + weights, axis=0))
        return np.asarray(np.max(found, axis=0))

    def _log2_inverse_columns(self, scale: FloatArray) -> FloatArray:
        weights = [b.inverse.log2_weights(b.degrees, -scale) for b in self.blocks]
        shift = np.max([w.max(axis=0) for w in weights], axis=0)
        sums = np.zeros(((self.n + 1) // 2 if len(self.blocks) == 2 else self.n, scale.size))
        for block, weight in zip(self.blocks, weights, strict=True):
            part = np.abs(block.inverse.matrix).T @ np.exp2(weight - shift)
            # Half of the entry of a pair belongs to each of its nodes.
            part *= np.where(block.pairs > 1.0, math.sqrt(0.5), 1.0)[:, None]
            # The odd block lacks the node in the middle, which comes first where there is one.
            sums[sums.shape[0] - part.shape[0] :] += part
        return np.asarray(np.log2(sums.max(axis=0)) + shift)

    def _log2_two_norm(self, scale: FloatArray, inverse: bool) -> FloatArray:
        found = []
        for block in self.blocks:
            rows = block.inverse if inverse else block.power
            weights = rows.log2_weights(block.degrees, scale)
            largest = largest_singular_value if block.positive else _by_decomposition
            found.append(largest(rows.matrix, weights))
        return np.asarray(np.max(found, axis=0))


def _log2_sum(terms: FloatArray) -> FloatArray:
    top = terms.max(axis=0)
    return np.asarray(np.log2(np.exp2(terms - top).sum(axis=0)) + top)


def largest_singular_value(matrix: FloatArray, log2_weights: FloatArray) -> FloatArray:
    """log2 of the 2-norm of diag(2^w)·M for a matrix of entries ≥ 0 and many w at a time.

    Power iteration on all columns of weights together: two matrix products an iteration. With
    non-negative entries the start (the heaviest row) is never orthogonal to the answer.

    Args: matrix M (c, r), entries in [0, 1]; log2_weights (c, A).
    Returns: (A,). Error: relative 1e-12 by the observed rate of convergence.
    Cost: about 10 iterations of 4·c·r·A operations; a decomposition where it stalls.
    """
    shift = log2_weights.max(axis=0)
    squares = np.exp2(2.0 * (log2_weights - shift))
    vectors = np.ascontiguousarray(matrix[log2_weights.argmax(axis=0)].T)
    value, change = np.zeros(shift.size), np.full(shift.size, np.inf)
    active = np.arange(shift.size)
    for _ in range(_MAX_ITERATIONS):
        vectors /= np.sqrt(np.einsum("ra,ra->a", vectors, vectors))
        image = matrix @ vectors
        weighted = squares * image
        new = np.einsum("ca,ca->a", weighted, image)
        step = np.abs(new - value[active])
        # A geometric tail with the last ratio q of two changes leaves step·q/(1 - q).
        ratio = np.minimum(step / np.maximum(change[active], 1e-300), 0.999)
        value[active], change[active] = new, step
        left = step * np.maximum(ratio / (1.0 - ratio), 1.0)
        done = (left <= _TOLERANCE * new) | (step <= _NOISE * new)
        if done.all():
            return np.asarray(0.5 * np.log2(value) + shift)
        if 2 * np.count_nonzero(done) > done.size:
            keep = ~done
            active, squares, weighted = active[keep], squares[:, keep], weighted[:, keep]
        vectors = matrix.T @ weighted
    result = 0.5 * np.log2(value) + shift
    result[active] = _by_decomposition(matrix, log2_weights[:, active])
    return np.asarray(result)


def _by_decomposition(matrix: FloatArray, log2_weights: FloatArray) -> FloatArray:
    # Signed matrices: the two largest singular values may be equal, so no power iteration.
    shift = log2_weights.max(axis=0)
    norms = [
        np.linalg.norm(matrix * np.exp2(weight)[:, None], 2) for weight in (log2_weights - shift).T
    ]
    return np.log2(np.array(norms)) + shift


def table(nodes: npt.ArrayLike) -> Table:
    """The table of given nodes; see `table_in_slices`."""
    *_, (_, found) = table_in_slices(nodes)
    assert found is not None
    return found


def table_in_slices(nodes: npt.ArrayLike) -> Iterator[tuple[float, Table | None]]:
    """Make the table of given nodes, a few milliseconds at a time.

    Args: nodes: distinct positions t (n,), any order; exactly symmetric ones need no balls.
    Yields: the fraction done in (0, 1], and the table at the last step (None before).
    Raises: ValueError: if nodes are not finite and distinct.
    Cost: symmetric nodes n³/8 operations: 1 ms at n = 200, 80 ms for all n ≤ 200. Others: n
        polynomial divisions in ball arithmetic: 8 ms at n = 80, 60 ms at n = 200.
    """
    points = np.sort(distinct_nodes(nodes))
    if np.array_equal(points, -points[::-1]) and _in_range(points):
        yield 1.0, _symmetric_table(points[points.size // 2 :], 1.0)
        return
    exponent = math.frexp(float(np.abs(points).max()))[1]
    unit = np.ldexp(points, -exponent)
    for fraction, found in balls.inverse_in_slices(unit):
        yield fraction, None if found is None else _general_table(points, exponent, found)


def named_table(family: str, n: int, *, gap: float = 0.5) -> Table:
    """The table of a family of nodes on [-1, 1]; arguments as `unit_nodes`."""
    if family == "equispaced":
        count = require_nodes(n)
        half = np.arange(count // 2, count, dtype=np.float64)
        return _symmetric_table(2.0 * half - (count - 1.0), count - 1.0)
    return table(unit_nodes(family, n, gap=gap))


def _in_range(points: FloatArray) -> bool:
    positive = points[points > 0.0]
    top, logs = abs(math.log2(positive[-1])), np.log2(positive)
    return top * points.size < -_SMALLEST_LOG2 and float(2.0 * logs.sum()) > _SMALLEST_LOG2


def _symmetric_table(half: FloatArray, divisor: float) -> Table:
    """The table of ±half/divisor; `half` ascends and may begin with 0.

    Equispaced nodes are integers over n - 1, whose differences are then exact.
    """
    n = 2 * half.size - (1 if half[0] == 0.0 else 0)
    positive = half[half > 0.0]
    blocks = []
    for parity, numerators in ((0, half), (1, positive)):
        if numerators.size == 0:
            continue
        size = numerators.size
        pairs: FloatArray = np.sqrt(np.where(numerators > 0.0, 2.0, 1.0))
        degrees = 2.0 * np.arange(size, dtype=np.float64) + parity
        entries, exponent = np.empty((size, size)), np.empty(size, dtype=np.int64)
        _inverse_entries(np.ascontiguousarray(numerators), divisor, parity, entries, exponent)
        entries /= pairs
        powers = pairs * (numerators / divisor) ** degrees[:, None]
        inverse = ScaledRows.of(entries, exponent)
        blocks.append(Block(degrees, ScaledRows.of(powers), inverse, pairs, True))
    nodes = np.concatenate([-positive[::-1], half]) / divisor
    return Table(nodes, tuple(blocks), n * 2.2e-16)


def _general_table(points: FloatArray, exponent: int, inverse: balls.ScaledInverse) -> Table:
    # V(points) = V(unit)·diag(2^(exponent·j)): the scaling moves into the exponents of the rows.
    degrees = np.arange(points.size, dtype=np.float64)
    shift = exponent * np.arange(points.size, dtype=np.int64)
    unit = np.ldexp(points, -exponent)
    power = ScaledRows.of(unit ** degrees[:, None], shift)
    rows = ScaledRows.of(inverse.mantissa, inverse.exponent - shift)
    block = Block(degrees, power, rows, np.ones(points.size), False)
    return Table(points, (block,), 2.2e-16)


@njit(types.void(_read_vector, _f8, _i8, _matrix, _integers), nogil=True, cache=True)
def _inverse_entries(numerators, divisor, parity, entries, exponent):  # type: ignore[no-untyped-def]
    # Row j, column k: e_{m-1-j}(y without y_k) / (Π_{i≠k}|y_k - y_i|·x_k^parity), over 2^exponent.
    m = numerators.size
    node = numerators / divisor
    square = node * node
    symmetric = np.empty((m, m))
    shifts = np.empty(m, dtype=np.int64)
    for k in range(m):
        e = symmetric[k]
        e[:] = 0.0
        e[0] = 1.0
        filled = 0
        for i in range(m):
            if i != k:
                filled += 1
                for j in range(filled, 0, -1):
                    e[j] += square[i] * e[j - 1]
        minus, first = difference_product(numerators, numerators[k], k)
        plus, second = difference_product(numerators, -numerators[k], k)
        scale, third = math.frexp(divisor**-2.0)
        product, total = minus * plus, first + second + (m - 1) * third
        for _ in range(m - 1):
            product, more = math.frexp(product * scale)
            total += more
        e /= abs(product) * (node[k] if parity == 1 else 1.0)
        shifts[k] = -total
    for j in range(m):
        top = np.int64(-(2**62))
        for k in range(m):
            value = symmetric[k, m - 1 - j]
            if value > 0.0:
                top = max(top, math.frexp(value)[1] + shifts[k])
        exponent[j] = top
        for k in range(m):
            entries[j, k] = math.ldexp(symmetric[k, m - 1 - j], shifts[k] - top)
