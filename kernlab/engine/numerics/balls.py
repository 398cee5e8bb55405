"""Linear algebra in ball arithmetic (python-flint): what float64 cannot tell.

Every number is a midpoint with a radius that provably holds the truth; where a radius comes out
too large, the precision is doubled and the work repeated. The precision is one number for the
whole process, so it is set inside a lock and put back before anything is yielded. python-flint
keeps the interpreter to itself during a call: calls are kept short.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from flint import arb, arb_mat, arb_poly, ctx
from numba import njit, types

from kernlab.engine.numerics.weight_space import FloatArray

Balls = list[list[Any]]

_LARGEST_BITS = 1 << 17
_SWEEPS = 60
_ENOUGH = 60  # bits of an entry, relative to its row
_LOCK = threading.RLock()
_f8, _i8 = types.float64, types.int64
_matrix, _vector = types.Array(_f8, 2, "C"), types.Array(_f8, 1, "C")


class Ball(NamedTuple):
    """A value with a bound of its error."""

    value: float
    radius: float


class ScaledInverse(NamedTuple):
    """V⁻¹[j, i] = mantissa[j, i]·2^exponent[j], rounded to float64 relative to its row."""

    mantissa: FloatArray
    exponent: npt.NDArray[np.int64]


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute with `bits` bits inside the block; never yield from a generator inside it."""
    with _LOCK:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def scaled_float(ball: Any) -> tuple[float, int]:
    """The midpoint of a ball as a mantissa in [½, 1) and a binary exponent; 0.0, 0 for zero."""
    mantissa, exponent = ball.mid().man_exp()
    whole = int(mantissa)
    if whole == 0:
        return 0.0, 0
    extra = max(0, whole.bit_length() - 64)
    value, shift = math.frexp(float(whole >> extra))
    return value, shift + extra + int(exponent)


def log2_of(ball: Any) -> float:
    """log2 of the midpoint of a positive ball; -inf where the midpoint is not positive."""
    value, exponent = scaled_float(ball)
    return math.log2(value) + exponent if value > 0.0 else -math.inf


def inverse_in_slices(nodes: FloatArray) -> Iterator[tuple[float, ScaledInverse | None]]:
    """Invert the Vandermonde matrix of any distinct nodes, a few milliseconds at a time.

    Column i holds the coefficients of the Lagrange polynomial Π_{k≠i}(x - x_k)/(x_i - x_k).

    Args: nodes (n,), distinct, within [-1, 1] or so.
    Yields: the fraction done, and the inverse at the last step (None before).
    Cost: n divisions of polynomials: 8 ms at n = 80, 60 ms at n = 200.
    """
    n, bits = nodes.size, 160 + 5 * nodes.size
    while True:
        with precision(bits):
            points = [arb(float(x)) for x in nodes]
            product = arb_poly.from_roots(points)
            slope = product.derivative()
        columns, doubtful = [], []
        for i, point in enumerate(points):
            with precision(bits):
                quotient = product // arb_poly([-point, 1])
                weight = 1 / slope(point)
                column = [c * weight for c in quotient.coeffs()]
                column += [arb(0)] * (n - len(column))
                columns.append([scaled_float(c) for c in column])
                doubtful += [(j, _radius_exponent(c)) for j, c in enumerate(column)
                             if c.rel_accuracy_bits() < _ENOUGH and not c.is_exact()]  # fmt: skip
            if i + 1 < n and i % 8 == 7:
                yield (i + 1) / (n + 1), None
        found = _row_scaled(np.array(columns).transpose(1, 0, 2))
        # An entry that is exactly 0 has no relative accuracy: its row is the measure.
        if all(radius <= found.exponent[j] - _ENOUGH for j, radius in doubtful):
            break
        bits = more_bits(bits)
    yield 1.0, found


def _row_scaled(pairs: FloatArray) -> ScaledInverse:
    values, exponents = pairs[..., 0], np.where(pairs[..., 0] == 0.0, -1e9, pairs[..., 1])
    top = exponents.max(axis=1)
    shift = np.maximum(exponents - top[:, None], -4000.0).astype(np.int32)
    return ScaledInverse(np.ldexp(values, shift), top.astype(np.int64))


def _radius_exponent(ball: Any) -> int:
    return scaled_float(ball.rad())[1] if ball.is_finite() else 1 << 40


def more_bits(bits: int) -> int:
    """Twice the bits; ValueError beyond 131,072."""
    if 2 * bits > _LARGEST_BITS:
        raise ValueError(
            f"nodes need more than {_LARGEST_BITS} bits: they are too close to one another"
        )
    return 2 * bits


def condition(matrix: Balls, norm: int | str) -> Ball:
    """log10 of the condition number of a square matrix of balls, by inversion.

    Args: matrix: rows of balls (n, n), made at the precision in force; norm: 1, 2 or "inf".
    Returns: the value with its radius: rigorous for the norms 1 and ∞; for the 2-norm, a
        decomposition in float64 of the matrices rounded entry by entry adds 1e-15·n.
    Raises: ZeroDivisionError: if the balls hold a singular matrix: use more bits.
    Cost: n³ operations in one call: 0.3 s at n = 80 with 256 + 24n bits.
    """
    inverse = arb_mat(matrix).inv().tolist()
    total = _log10_norm(matrix, norm) + _log10_norm(inverse, norm)
    return Ball(max(0.0, float(total.mid())), float(total.rad()) + 1e-16 * abs(float(total.mid())))


def _log10_norm(rows: Balls, norm: int | str) -> Any:
    if norm == 2:
        scaled = _row_scaled(np.array([[scaled_float(c) for c in row] for row in rows]))
        values, exponents = scaled.mantissa, scaled.exponent
        shift = int(exponents.max())
        values = np.ldexp(values, np.maximum(exponents - shift, -4000)[:, None].astype(np.int32))
        norm_two = float(np.linalg.norm(values, 2))
        found = arb(norm_two, len(rows) * 4e-16 * norm_two + _widest(rows, shift))
        return (found.log() + shift * arb.const_log2()) / arb.const_log10()
    lines = rows if norm == "inf" else [list(column) for column in zip(*rows, strict=True)]
    sums = [sum((abs(entry) for entry in line), arb(0)) for line in lines]
    best = sums[0]
    for other in sums[1:]:
        best = best.max(other)
    return best.log() / arb.const_log10()


def _widest(rows: Balls, shift: int) -> float:
    # The Frobenius norm of the radii, over 2^shift, bounds what they do to the 2-norm.
    squares = sum(((entry.rad() * arb(2) ** -shift) ** 2 for row in rows for entry in row), arb(0))
    return float(squares.sqrt().mid()) * (1.0 + 1e-9)


def log10_singular_values(rows: Balls, bits: int) -> Iterator[tuple[float, FloatArray | None]]:
    """All singular values of a matrix of balls, each to about 1e-13, a little at a time.

    A Cholesky factor L of the Gram matrix with complete pivoting, in balls; its columns, graded
    and well-conditioned up to their lengths, then go to a one-sided Jacobi iteration in float64,
    which keeps the relative accuracy of every singular value (Demmel and Veselić 1992).

    Args: rows of balls (p, q), p ≥ q, of full rank; bits: at least 2·log2 of the condition
        number, and 100 more; where the balls say that it was not enough, ValueError.
    Yields: the fraction done; at last also log10 of the q values, descending (None before).
    Cost: q³ operations in balls: 30 ms at q = 40, 0.3 s at q = 100 (3000 bits).
    """
    q = len(rows[0])
    with precision(bits):
        matrix = arb_mat(rows).transpose()
    columns = []
    for j in range(q):
        with precision(bits):
            columns.append((matrix * arb_mat([[row[j]] for row in rows])).entries())
        yield (j + 1) / (3 * q), None
    with precision(bits):
        rest = arb_mat(columns)
    factor, lengths = np.zeros((q, q)), np.empty(q)
    left = list(range(q))
    for step in range(q):
        with precision(bits):
            sizes = [log2_of(rest[i, i]) for i in left]
            pivot = left[int(np.argmax(sizes))]
            if not rest[pivot, pivot] > 0:
                raise ValueError(f"bits = {bits}: too few for this matrix, or it is singular")
            root = rest[pivot, pivot].sqrt()
            lengths[step] = 0.5 * max(sizes)
            column = [arb(0)] * q
            for i in left:
                column[i] = rest[i, pivot] / root
                factor[i, step] = float(column[i] / root)
            left.remove(pivot)
            tall = arb_mat([[c] for c in column])
            rest = rest - tall * tall.transpose()
        yield (q + 2 * step + 2) / (3 * q + 1), None
    sizes = np.linalg.norm(factor, axis=0)
    vectors, log2 = np.ascontiguousarray((factor / sizes).T), lengths + np.log2(sizes)
    for _ in range(_SWEEPS):
        if _rotate(vectors, log2) < 1e-14:
            break
        yield 3 * q / (3 * q + 1), None
    yield 1.0, np.sort(log2)[::-1] * math.log10(2.0)


@njit(_f8(_matrix, _vector), nogil=True, cache=True)
def _rotate(vectors, log2):  # type: ignore[no-untyped-def]
    # One sweep; returns the largest cosine met. Rows of `vectors` are unit vectors: vector p
    # stands for 2^log2[p] times itself, and only ratios of lengths ≤ 1 occur, so any range goes.
    count, worst = log2.size, 0.0
    for p in range(count):
        for q in range(p + 1, count):
            i, j = (p, q) if log2[p] >= log2[q] else (q, p)
            u, v = vectors[i], vectors[j]
            cosine = 0.0
            for k in range(count):
                cosine += u[k] * v[k]
            worst = max(worst, abs(cosine))
            if abs(cosine) < 1e-15:
                continue
            ratio = 2.0 ** (log2[j] - log2[i])
            zeta = (ratio * ratio - 1.0) / (2.0 * cosine)
            over = -1.0 / (abs(zeta) + math.sqrt(ratio * ratio + zeta * zeta))
            over = over if cosine > 0.0 else -over
            c = 1.0 / math.sqrt(1.0 + (ratio * over) ** 2)
            size_u, size_v = 0.0, 0.0
            for k in range(count):
                new_u = c * u[k] - (c * over * ratio * ratio) * v[k]
                v[k] = c * over * u[k] + c * v[k]
                u[k] = new_u
                size_u += u[k] * u[k]
                size_v += v[k] * v[k]
            size_u, size_v = math.sqrt(size_u), math.sqrt(size_v)
            for k in range(count):
                u[k] /= size_u
                v[k] /= size_v
            log2[i] += math.log2(size_u)
            log2[j] += math.log2(size_v)
    return worst
