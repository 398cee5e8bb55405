"""Interpolation itself: Lebesgue constants, and the errors of fitting sin on ±a.

Three numbers answer whether a fit is bad because of its basis or of its nodes: the condition
number of the basis, the Lebesgue constant of the nodes, and the error that comes out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from flint import arb, arb_poly
from numba import njit, types

from kernlab.engine.numerics import balls
from kernlab.engine.numerics.interpolation_nodes import (
    barycentric_weights,
    difference_product,
    distinct_nodes,
    leja_order,
)
from kernlab.engine.numerics.polynomial_bases import basis_matrix, evaluate_basis, require_basis
from kernlab.engine.numerics.weight_space import FloatArray, require_positive

_LOG10_2 = math.log10(2.0)
_GOLDEN = 0.5 * (math.sqrt(5.0) - 1.0)
_STEPS = 30  # leaves 6e-7 of an interval: its square, 1e-12, is the error of a maximum

_f8, _i8 = types.float64, types.int64
_read_vector = types.Array(_f8, 1, "C", readonly=True)
_read_integers = types.Array(_i8, 1, "C", readonly=True)
_vector = types.Array(_f8, 1, "C")


@njit(nogil=True)
def _log2_lebesgue(point, nodes, size, exponent):  # type: ignore[no-untyped-def]
    # λ(x) = |Π(x - x_k)|·Σ|w_k|/|x - x_k|: every term positive. `size` is over 2^exponent.
    product, shift = difference_product(nodes, point, -1)
    if product == 0.0:
        return 0.0
    total = 0.0
    for k in range(nodes.size):
        total += size[k] / abs(point - nodes[k])
    return math.log2(abs(product)) + math.log2(total) + shift + exponent


@njit(_f8(_read_vector, _read_vector, _i8), nogil=True, cache=True)
def _log2_largest(nodes, size, exponent):  # type: ignore[no-untyped-def]
    # Between neighbours λ has one maximum; only intervals whose samples come within a factor
    # of 16 of the best sample are searched.
    count = nodes.size - 1
    samples = np.empty(count)
    for i in range(count):
        samples[i] = -np.inf
        for share in (0.2, 0.5, 0.8):
            point = nodes[i] + share * (nodes[i + 1] - nodes[i])
            samples[i] = max(samples[i], _log2_lebesgue(point, nodes, size, exponent))
    best = samples.max()
    floor = best - 4.0
    for i in range(count):
        if samples[i] < floor:
            continue
        left, right = nodes[i], nodes[i + 1]
        a, b = right - _GOLDEN * (right - left), left + _GOLDEN * (right - left)
        at_a, at_b = (_log2_lebesgue(a, nodes, size, exponent),
                      _log2_lebesgue(b, nodes, size, exponent))  # fmt: skip
        for _ in range(_STEPS):
            if at_a > at_b:
                right, b, at_b = b, a, at_a
                a = right - _GOLDEN * (right - left)
                at_a = _log2_lebesgue(a, nodes, size, exponent)
            else:
                left, a, at_a = a, b, at_b
                b = left + _GOLDEN * (right - left)
                at_b = _log2_lebesgue(b, nodes, size, exponent)
        best = max(best, at_a, at_b)
    return best


@njit(types.void(_read_vector, _read_vector, _read_vector, _i8, _vector), nogil=True, cache=True)
def _log2_function(points, nodes, size, exponent, out):  # type: ignore[no-untyped-def]
    for q in range(points.size):
        out[q] = _log2_lebesgue(points[q], nodes, size, exponent)


def _aligned_weights(nodes: FloatArray) -> tuple[FloatArray, int]:
    mantissa, exponent = barycentric_weights(nodes)
    top = int(exponent.max())
    size = np.ldexp(np.abs(mantissa), np.maximum(exponent - top, -1000).astype(np.int32))
    return np.ascontiguousarray(size), top


def log10_lebesgue_constant(
    nodes: npt.ArrayLike, *, interval: tuple[float, float] | None = None
) -> float:
    """log10 of the Lebesgue constant max_x Σ_k |ℓ_k(x)| of interpolation at the nodes.

    Args:
        nodes: distinct positions (n,), any order.
        interval: where x runs; by default from the smallest to the largest node. Chebyshev and
            Gauss nodes, which leave out the ends, are usually measured on [-a, a].

    Returns: a float, at least 0. Error: 1e-9 for the nodes as given.
    Raises: ValueError: if nodes are not finite and distinct, or the interval is not wider.
    Cost: 3n² to 35n² divisions; 1 to 15 ms at n = 200.
    """
    points = np.sort(distinct_nodes(nodes))
    size, exponent = _aligned_weights(points)
    best = float(_log2_largest(points, size, exponent))
    if interval is not None:
        ends = np.array(interval, dtype=np.float64)
        if not (ends.shape == (2,) and ends[0] <= points[0] and ends[1] >= points[-1]):
            raise ValueError(
                f"interval = {interval}: must hold all nodes, {points[0]} to {points[-1]}"
            )
        # Beyond the outer nodes λ only grows.
        values = np.empty(2)
        _log2_function(ends, points, size, exponent, values)
        best = max(best, float(values.max()))
    return max(0.0, best * _LOG10_2)


def lebesgue_constant(
    nodes: npt.ArrayLike, *, interval: tuple[float, float] | None = None
) -> float:
    """The Lebesgue constant of nodes, max_x Σ_k |ℓ_k(x)|; see `log10_lebesgue_constant`.

    Returns: a float, at least 1, inf beyond 1e308. Error: relative 1e-9, 1e-12 typically.
    """
    exponent = log10_lebesgue_constant(nodes, interval=interval)
    return math.inf if exponent > 308.0 else float(10.0**exponent)


def log10_lebesgue_function(points: npt.ArrayLike, nodes: npt.ArrayLike) -> FloatArray:
    """log10 of λ(x) = Σ_k |ℓ_k(x)| at points (q,): 0 at the nodes, never less. Cost: 2·q·n."""
    x = np.sort(distinct_nodes(nodes))
    size, exponent = _aligned_weights(x)
    at = np.ascontiguousarray(points, dtype=np.float64)
    out = np.empty(at.size)
    _log2_function(at, x, size, exponent, out)
    return out * _LOG10_2


class SineFit(NamedTuple):
    """Interpolation of sin at n nodes on ±a in float64, beside exact arithmetic.

    Arrays over `x` (q,): `fitted`, the plain solve in the basis; `barycentric`; `exact`, the
    interpolant without rounding. Errors are largest absolute differences over `x`, and
    `coefficient_error` is max|c - c_exact|/max|c_exact| (nan for "arnoldi", whose basis is
    itself computed). Powers that overflow, or a singular matrix, give nan.
    """

    x: FloatArray
    fitted: FloatArray
    barycentric: FloatArray
    exact: FloatArray
    value_error: float
    barycentric_error: float
    truncation_error: float
    coefficient_error: float
    coefficients: FloatArray
    exact_coefficients: FloatArray


class ExactSine(NamedTuple):
    """The interpolant p of sin without rounding: p - sin on equispaced points of ±a, and p."""

    nodes: FloatArray
    half_width: float
    error: FloatArray
    polynomial: arb_poly


def exact_sine_in_slices(
    nodes: npt.ArrayLike, half_width: float, *, points: int = 801
) -> Iterator[tuple[float, ExactSine | None]]:
    """Interpolate sin in ball arithmetic, a few milliseconds at a time.

    Args: nodes: positions x (n,); half_width: a > 0; points: of the grid on ±a.
    Yields: the fraction done, and the interpolant at the last step (None before).
    Raises: ValueError: if an argument is out of range.
    Cost: 7 ms at n = 40, 70 ms at n = 200.
    """
    x, a = distinct_nodes(nodes), require_positive("half_width", half_width)
    bits = _bits(x.size, a)
    with balls.precision(bits):
        at = [arb(float(value)) for value in x]
        polynomial = arb_poly.interpolate(at, [value.sin() for value in at])
    grid, error = np.linspace(-a, a, points), np.empty(points)
    for start in range(0, points, 50):
        part = slice(start, start + 50)
        if start:
            yield start / points, None
        with balls.precision(bits):
            balls_at = [arb(float(value)) for value in grid[part]]
            error[part] = [float(polynomial(value) - value.sin()) for value in balls_at]
    yield 1.0, ExactSine(x, a, error, polynomial)


def fit_sine(
    nodes: npt.ArrayLike,
    basis: str,
    half_width: float,
    *,
    points: int = 801,
    exact: ExactSine | None = None,
) -> SineFit:
    """Interpolate sin in a basis by a plain solve, and say what is wrong with the result.

    Args:
        nodes: positions x (n,) in ±a; basis: one of `BASES` but "roots-of-unity".
        half_width: a > 0; points: equispaced ones on ±a where errors are measured.
        exact: of the same nodes, half-width and points; computed if None.

    Returns: a `SineFit`.
    Raises: ValueError: if an argument is out of range.
    Cost, with `exact`: 1 ms at n = 40, 3 ms at n = 80, 20 ms at n = 200.
    """
    name, a = require_basis(basis), require_positive("half_width", half_width)
    if name == "roots-of-unity":
        raise ValueError("basis = 'roots-of-unity': its nodes are complex; sin is fitted on ±a")
    at = distinct_nodes(nodes)
    if exact is None:
        *_, (_, exact) = exact_sine_in_slices(at, a, points=points)
        assert exact is not None
    if not (np.array_equal(exact.nodes, at) and exact.half_width == a):
        raise ValueError("exact: belongs to other nodes or another half-width")
    x = np.linspace(-a, a, exact.error.size)
    sine = np.sin(x)
    with np.errstate(all="ignore"):
        try:
            solved = np.linalg.solve(np.real(basis_matrix(at, name, a)), np.sin(at))
            fitted = np.asarray(np.real(evaluate_basis(x, at, name, a)) @ solved)
        except np.linalg.LinAlgError:
            solved, fitted = np.full(at.size, np.nan), np.full(x.size, np.nan)
    reference = _exact_coefficients(exact.polynomial, at, name, a)
    bary = barycentric_interpolant(x, at, np.sin(at))
    return SineFit(
        x, fitted, bary, sine + exact.error,
        _largest(fitted - sine), _largest(bary - sine), _largest(exact.error),
        _largest(solved - reference) / _largest(reference), solved, reference,
    )  # fmt: skip


def _largest(values: FloatArray) -> float:
    return float(np.abs(values).max()) if np.isfinite(values).all() else math.nan


def barycentric_interpolant(
    points: npt.ArrayLike, nodes: npt.ArrayLike, values: npt.ArrayLike
) -> FloatArray:
    """Interpolate by the second barycentric formula, Σ w_k y_k/(x - x_k) over Σ w_k/(x - x_k).

    Args: points (q,); nodes (n,) and values (n,). Returns: (q,). Cost: q·n divisions.
    Source: Berrut and Trefethen 2004.
    """
    at, x = np.asarray(points, dtype=np.float64), distinct_nodes(nodes)
    y = np.asarray(values, dtype=np.float64)
    mantissa, exponent = barycentric_weights(x)
    shift = np.maximum(exponent - exponent.max(), -1000).astype(np.int32)
    difference = at[:, None] - x
    hit = difference == 0.0
    terms = np.ldexp(mantissa, shift) / np.where(hit, 1.0, difference)
    terms = np.where(hit.any(axis=1)[:, None], hit, terms)
    with np.errstate(all="ignore"):
        return np.asarray((terms @ y) / terms.sum(axis=1))


def _bits(n: int, half_width: float) -> int:
    return 192 + int(n * (8.0 + 2.0 * abs(math.log2(half_width))))


def _exact_coefficients(
    polynomial: arb_poly, nodes: FloatArray, basis: str, a: float
) -> FloatArray:
    n = nodes.size
    if basis == "arnoldi":
        return np.full(n, np.nan)
    with balls.precision(_bits(n, a)):
        rest = polynomial
        if basis == "monomial":
            found = [rest[k] for k in range(n)]
        else:
            family = _polynomials(basis, n, arb(a), nodes)
            found = [arb(0)] * n
            for k in range(n - 1, -1, -1):
                found[k] = rest[k] / family[k][k]
                rest = rest - family[k] * found[k]
        return np.array([float(c) for c in found])


def _polynomials(basis: str, n: int, a: arb, nodes: FloatArray) -> list[arb_poly]:
    t, family = arb_poly([0, 1 / a]), [arb_poly([1])]
    roots = leja_order(nodes) if basis == "newton" else nodes
    older = arb_poly([0])
    for k in range(n - 1):
        last = family[-1]
        if basis == "newton":
            new = last * arb_poly([-2 * arb(float(roots[k])) / a, 2 / a])
        elif basis == "chebyshev":
            new = t * last * (2 if k else 1) - older
        elif basis == "scaled-monomial":
            new = t * last
        else:
            new = (t * last * (2 * k + 1) - older * k) * (arb(1) / (k + 1))
        older = last
        family.append(new)
    if basis == "normalized-legendre":
        family = [p * (arb(k) + arb(0.5)).sqrt() for k, p in enumerate(family)]
    return family


class TaylorError(NamedTuple):
    """T_{2M+1} against sin on [0, a], arrays over x (q,), and their largest values.

    `exact` is |sin x - T(x)| without rounding, `float64` what evaluation in float64 gives,
    `bound` x^{2M+3}/(2M+3)!, `floor` an estimate of the rounding, ε·sinh x (ε = 1.1e-16).
    """

    x: FloatArray
    exact: FloatArray
    float64: FloatArray
    bound: FloatArray
    floor: FloatArray


def taylor_error(order: int, half_width: float, *, points: int = 201) -> TaylorError:
    """Error of the Taylor polynomial of sin with terms up to x^{2M+1}, M = order.

    |sin x - T_{2M+1}(x)| ≤ |x|^{2M+3}/(2M+3)!, by Taylor's theorem.

    Args: order: M ≥ 0; half_width: a > 0; points on [0, a], at least 2.
    Returns: a `TaylorError`; bound and floor are inf beyond 1e308.
    Raises: ValueError: if an argument is out of range.
    Cost: 201 hypergeometric values; 3 ms at a = 2π, 10 ms at a = 100.
    """
    a = require_positive("half_width", half_width)
    if order < 0 or points < 2:
        raise ValueError(f"order = {order}, points = {points}: need order ≥ 0 and points ≥ 2")
    x = np.linspace(0.0, a, points)
    # The remainder is the next term times ₁F₂(1; M+2, M+5/2; -x²/4): nothing cancels in it but
    # its own alternating terms, at most e^x.
    with balls.precision(96 + int(3.0 * a)):
        tail = [(-(arb(float(v)) ** 2) / 4).hypgeom([1], [order + 2, order + 2.5]) for v in x]
        share = np.array([abs(float(value)) for value in tail])
    value, term = np.zeros_like(x), x.copy()
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for k in range(order + 1):
            value += term
            term = -term * x * x / ((2 * k + 2) * (2 * k + 3))
        bound = np.exp((2 * order + 3) * np.log(x) - math.lgamma(2 * order + 4))
        floor = 1.1e-16 * np.sinh(x)
        return TaylorError(x, bound * share, np.abs(value - np.sin(x)), bound, floor)
