"""Polynomial bases on n nodes: their square matrices, the inverses, and the condition numbers.

But for raw monomials, the inverse needs no elimination and loses nothing to cancellation: column
i holds the coefficients of the Lagrange polynomial ℓ_i. Newton's are products of differences
(divided differences). Those of Chebyshev and Legendre are a well-conditioned quadrature of
ℓ_i at Chebyshev or Gauss points, whose values are products: float64 is right to 1e-12 however
badly the matrix is conditioned.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from flint import arb
from numba import njit, types

from kernlab.engine.numerics import balls
from kernlab.engine.numerics.interpolation_nodes import (
    barycentric_weights,
    difference_product,
    distinct_nodes,
    gauss_legendre,
    leja_order,
)
from kernlab.engine.numerics.vandermonde_table import require_norm
from kernlab.engine.numerics.weight_space import FloatArray, finite_vector, require_positive

Matrix = npt.NDArray[np.float64] | npt.NDArray[np.complex128]

BASES = (
    "monomial",
    "scaled-monomial",
    "chebyshev",
    "legendre",
    "normalized-legendre",
    "newton",
    "arnoldi",
    "roots-of-unity",
)

_RADIUS = 1e-9

_f8, _i8 = types.float64, types.int64
_read_vector = types.Array(_f8, 1, "C", readonly=True)
_read_integers = types.Array(_i8, 1, "C", readonly=True)
_matrix = types.Array(_f8, 2, "C")


def require_basis(basis: str) -> str:
    """Return the name of a basis if it is one of `BASES`; "scaled monomial" counts too.

    Raises:
        ValueError: naming the value and the bases.
    """
    name = str(basis).replace(" ", "-")
    if name not in BASES:
        raise ValueError(f"basis = {basis!r}: must be one of {', '.join(BASES)}")
    return name


def basis_matrix(nodes: npt.ArrayLike, basis: str, half_width: float = 1.0) -> Matrix:
    """The square matrix B[i, j] = φ_j(x_i), rows being nodes.

    With t = x/half_width: monomial x^j; scaled-monomial t^j; chebyshev T_j(t); legendre P_j(t);
    normalized-legendre √(j + ½) P_j(t); newton Π_{k<j} 2(t - t_k) over the nodes in Leja order;
    arnoldi: polynomials orthonormal over the nodes times √n (Brubeck, Nakatsukasa, Trefethen
    2021); roots-of-unity: exp(2πi·ij/n), whatever the nodes.

    Args:
        nodes: positions x (n,), distinct, in the unit of x; basis: one of `BASES`.
        half_width: a > 0; nodes may lie outside ±a.

    Returns: (n, n), float64 (complex128 for roots of unity); powers may overflow to inf.
    Raises: ValueError: if an argument is out of range.
    Cost: n² operations, n³ for "arnoldi".
    """
    points = distinct_nodes(nodes)
    return evaluate_basis(points, points, basis, half_width)


def evaluate_basis(
    points: npt.ArrayLike, nodes: npt.ArrayLike, basis: str, half_width: float = 1.0
) -> Matrix:
    """The basis of `basis_matrix` at any points x (q,): (q, n)."""
    name, a = require_basis(basis), require_positive("half_width", half_width)
    x, at = distinct_nodes(nodes), finite_vector("points", points)
    n, t = x.size, at / a
    if name == "monomial":
        with np.errstate(over="ignore"):
            return np.asarray(at[:, None] ** np.arange(n), dtype=np.float64)
    if name == "scaled-monomial":
        return np.asarray(t[:, None] ** np.arange(n), dtype=np.float64)
    if name == "newton":
        steps = 2.0 * (t[:, None] - leja_order(x)[None, :-1] / a)
        factors = np.column_stack([np.ones_like(t), steps])
        return np.asarray(np.cumprod(factors, axis=1), dtype=np.float64)
    if name == "arnoldi":
        return _arnoldi(x / a, t)
    if name == "roots-of-unity":
        if not np.array_equal(x, at):
            raise ValueError("basis = 'roots-of-unity': has its own nodes, on the unit circle")
        exponents = np.outer(np.arange(n), np.arange(n)) % n
        return np.asarray(np.exp(2j * np.pi / n * exponents), dtype=np.complex128)
    return _orthogonal(name, t, n)


def _orthogonal(name: str, t: FloatArray, n: int) -> FloatArray:
    values = np.empty((n, t.size))
    values[0], values[1] = 1.0, t
    for k in range(1, n - 1):
        if name == "chebyshev":
            values[k + 1] = 2.0 * t * values[k] - values[k - 1]
        else:
            values[k + 1] = ((2 * k + 1) * t * values[k] - k * values[k - 1]) / (k + 1)
    if name == "normalized-legendre":
        values *= np.sqrt(np.arange(n) + 0.5)[:, None]
    return np.ascontiguousarray(values.T)


def _arnoldi(nodes: FloatArray, points: FloatArray) -> FloatArray:
    # Orthogonalized twice: once leaves 1e-8 of the older columns at n = 80.
    n = nodes.size
    basis, values = np.ones((n, n)), np.ones((points.size, n))
    for k in range(n - 1):
        new, at = nodes * basis[:, k], points * values[:, k]
        for _ in range(2):
            share = basis[:, : k + 1].T @ new / n
            new, at = new - basis[:, : k + 1] @ share, at - values[:, : k + 1] @ share
        length = math.sqrt(float(new @ new) / n)
        basis[:, k + 1], values[:, k + 1] = new / length, at / length
    return basis if np.array_equal(nodes, points) else values


def basis_inverse(nodes: npt.ArrayLike, basis: str, half_width: float = 1.0) -> FloatArray:
    """The inverse of a Chebyshev, Legendre or Newton matrix without cancellation.

    Args: as `basis_matrix`; basis: "chebyshev", "legendre", "normalized-legendre" or "newton".
    Returns: (n, n): row k, column i holds coefficient k of ℓ_i. Inf beyond 1e308.
    Raises: ValueError: for another basis.
    Cost: n³ operations; 8 ms at n = 200. Error: 1e-13 of the largest entry of its column.
    """
    name, a = require_basis(basis), require_positive("half_width", half_width)
    x = distinct_nodes(nodes)
    t, n = np.ascontiguousarray(x / a), x.size
    if name == "newton":
        return _newton_inverse(x, a)
    if name == "chebyshev":
        angle = np.pi * (np.arange(n) + 0.5) / n
        transform = 2.0 / n * np.cos(np.outer(np.arange(n), angle))
        transform[0] *= 0.5
        return np.asarray(transform @ cardinal_values(np.cos(angle), t))
    if name in ("legendre", "normalized-legendre"):
        z, weights = gauss_legendre(n)
        transform = weights * _orthogonal(name, z, n).T
        if name == "legendre":
            transform *= (np.arange(n) + 0.5)[:, None]
        return np.asarray(transform @ cardinal_values(z, t))
    raise ValueError(f"basis = {basis!r}: has no closed inverse; use `BasisCondition`")


def _newton_inverse(nodes: FloatArray, half_width: float) -> FloatArray:
    # Row k: the divided difference of the first k + 1 nodes, 1/Π_{l≤k, l≠i}(s_i - s_l).
    order = leja_order(nodes)
    s = 2.0 * order / half_width
    inverse = np.zeros((s.size, s.size))
    for i in range(s.size):
        tail = np.cumprod(1.0 / (s[i] - s[i + 1 :]))
        head = 1.0 / np.prod(s[i] - s[:i])
        if head == 0.0:
            # The product left the range of float64; what follows might come back into it.
            head = np.float64(np.nan)
        inverse[i, i], inverse[i + 1 :, i] = head, head * tail
    columns = np.searchsorted(np.sort(nodes), order)
    found = np.empty_like(inverse)
    found[:, np.argsort(nodes)[columns]] = inverse
    return found


@njit(types.void(_read_vector, _read_vector, _read_vector, _read_integers, _matrix),
      nogil=True, cache=True)  # fmt: skip
def _cardinals(points, nodes, mantissa, exponent, out):  # type: ignore[no-untyped-def]
    for q in range(points.size):
        hit = -1
        for k in range(nodes.size):
            if points[q] == nodes[k]:
                hit = k
        if hit >= 0:
            out[q, :] = 0.0
            out[q, hit] = 1.0
        else:
            product, shift = difference_product(nodes, points[q], -1)
            for k in range(nodes.size):
                value = product * mantissa[k] / (points[q] - nodes[k])
                out[q, k] = math.ldexp(value, shift + exponent[k])


def cardinal_values(points: npt.ArrayLike, nodes: npt.ArrayLike) -> FloatArray:
    """The Lagrange polynomials ℓ_k(x) = Π_{i≠k}(x - x_i)/(x_k - x_i) at points.

    Args: points x (q,); nodes (n,), distinct, in the same unit.
    Returns: (q, n) float64; signed; inf beyond 1e308.
    Raises: ValueError: if nodes are not finite and distinct.
    Cost: 2·q·n operations. Error: relative, n·1e-16 (products, no cancellation).
    """
    at = np.ascontiguousarray(finite_vector("points", points))
    x = np.ascontiguousarray(distinct_nodes(nodes))
    mantissa, exponent = barycentric_weights(x)
    out = np.empty((at.size, x.size))
    _cardinals(at, x, mantissa, exponent, out)
    return out


@dataclass(frozen=True)
class BasisCondition:
    """The condition number of a basis that scales with the half-width: one for every a.

    Made of unit nodes t = x/a. Answers as a `Table` does, with constants.
    """

    nodes: FloatArray
    basis: str

    @property
    def n(self) -> int:
        """Number of nodes."""
        return int(self.nodes.size)

    @property
    def error(self) -> float:
        """Estimate of the absolute error of a log10 condition number."""
        return 1e-15 * self.n + 1e-12

    def log10_condition(self, half_width: npt.ArrayLike, norm: float | str = 2) -> FloatArray:
        """log10 of the condition number, repeated in the shape of `half_width`.

        Cost: once 8 ms at n = 200, and 5 ms for each norm asked; then nothing.
        """
        kind = require_norm(norm)
        if kind not in self._known:
            self._known[kind] = self._measure(kind)
        return np.full(np.shape(half_width), self._known[kind])

    @cached_property
    def _known(self) -> dict[int | str, float]:
        return {}

    @cached_property
    def _pair(self) -> tuple[Matrix, Matrix]:
        # Nodes far outside ±a may overflow; `_measure` sees it.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            forward = basis_matrix(self.nodes, self.basis)
            if self.basis == "roots-of-unity":
                return forward, forward.conj() / self.n
            if self.basis == "arnoldi":
                return forward, np.asarray(np.linalg.inv(forward))
            return forward, basis_inverse(self.nodes, self.basis)

    def _measure(self, kind: int | str) -> float:
        order: float = np.inf if kind == "inf" else float(kind)
        forward, inverse = self._pair
        if not (np.isfinite(inverse).all() and np.isfinite(forward).all()):
            return ball_condition(self.nodes, self.basis, norm=kind).value
        both = np.linalg.norm(forward, order), np.linalg.norm(inverse, order)
        return max(0.0, math.log10(float(both[0])) + math.log10(float(both[1])))


def ball_condition(
    nodes: npt.ArrayLike,
    basis: str = "monomial",
    half_width: float = 1.0,
    *,
    norm: float | str = 2,
    bits: int | None = None,
) -> balls.Ball:
    """log10 of the condition number of a real basis in ball arithmetic: the referee.

    Args: as `basis_matrix` (not "arnoldi", "roots-of-unity"); bits: by default 256 + 24n, doubled
        until the radius is below 1e-9.
    Returns: the value and the radius of its ball, for the nodes and the half-width as floats.
    Raises: ValueError: for a basis that has no entries in balls, or if bits are too few.
    Cost: n³ ball operations in one uninterrupted call: 0.3 s at n = 80, 6 s at n = 200.
    """
    x, kind = distinct_nodes(nodes), require_norm(norm)
    count = 256 + 24 * x.size if bits is None else bits
    while True:
        with balls.precision(count):
            try:
                found = balls.condition(ball_matrix(x, basis, half_width), kind)
            except ZeroDivisionError:
                found = None
        if found is not None and (bits is not None or found.radius < _RADIUS):
            return found
        if bits is not None:
            raise ValueError(f"bits = {bits}: too few for these nodes; give more, or None")
        count = balls.more_bits(count)


def ball_matrix(nodes: FloatArray, basis: str, half_width: float) -> balls.Balls:
    """The matrix of `basis_matrix` in balls, at the precision in force."""
    name, a = require_basis(basis), arb(require_positive("half_width", half_width))
    points = [arb(float(x)) for x in nodes]
    roots = [arb(float(x)) for x in leja_order(nodes)] if name == "newton" else points
    if name in ("arnoldi", "roots-of-unity"):
        raise ValueError(f"basis = {basis!r}: has no entries in balls")
    return [list(_ball_row(name, x, a, roots)) for x in points]


def _ball_row(name: str, x: arb, a: arb, roots: list[arb]) -> Iterator[arb]:
    t, older, value = x / a, arb(0), arb(1)
    for k in range(len(roots)):
        size = (arb(k) + arb(0.5)).sqrt() if name == "normalized-legendre" else 1
        yield value * size
        if name == "newton":
            older, value = value, value * 2 * (x - roots[k]) / a
        elif name == "chebyshev":
            older, value = value, (2 if k else 1) * t * value - older
        elif name in ("legendre", "normalized-legendre"):
            older, value = value, ((2 * k + 1) * t * value - k * older) / (k + 1)
        else:
            older, value = value, value * (x if name == "monomial" else t)
