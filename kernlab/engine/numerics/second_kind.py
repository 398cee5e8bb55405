"""Gegenbauer functions of the second kind, q_ℓ(z) = ∫ w(t) P_ℓ(t)/(z − t) dt, for all ℓ at once.

P_ℓ(1) = 1 and w is the weight (1 − t²)^{(d−3)/2} of the sphere, of integral 1. With n = ℓ + d − 2
and A = cosh y + sinh y cosh τ (Heine; for d = 2 the integral is e^{−ℓy}/sinh y),

    q_ℓ(cosh y) = (d − 2) ∫₀^∞ A^{−n} (sinh y sinh τ)^{d−3} dτ.

Downward in ℓ, q_ℓ and q_ℓ − q_{ℓ+1} follow a recurrence whose terms are positive for real y: it
keeps relative accuracy even where y ℓ is small.
"""

from __future__ import annotations

import cmath
import functools
import math
from typing import Any

import numpy as np
from numba import njit, types

from kernlab.engine.numerics.ntk_continuation import ComplexArray
from kernlab.engine.numerics.weight_space import FloatArray

_f8, _i8, _c16 = types.float64, types.int64, types.complex128
_vector, _complex = types.Array(_f8, 1, "C"), types.Array(_c16, 1, "C")
_matrix = types.Array(_f8, 2, "C")
_triple: Any = types.UniTuple(_f8, 3)  # type: ignore[no-untyped-call]
_read_vector = types.Array(_f8, 1, "C", readonly=True)
_read_complex = types.Array(_c16, 1, "C", readonly=True)


def add_real(
    y: FloatArray,
    right: FloatArray,
    left: FloatArray,
    start: int,
    dimension: int,
    found: FloatArray,
) -> None:
    """Add the sums over nodes of weight·q_ℓ(cosh y), ℓ = 0 to `start`, to the rows of `found`.

    Args:
        y: float64, shape (m,), above 0.
        right, left: weights, shape (m,), for rows 0 and 1; row 2 takes the sum of |terms|.
        start: the first degree, from above; at least about 60 and at most about 650/y.
        dimension: d ≥ 2.
        found: shape (3, ℓ_max + 1), changed; degrees above ℓ_max are passed over.

    Cost: 1 ns a node and degree, and 3 µs a node.
    """
    value, fall = _first_real(y.tobytes(), start, dimension)
    size, fall = value.copy(), fall.copy()
    above = 2.0 * np.sinh(0.5 * y) ** 2
    _descend_real(above, size, fall, right, left, start, dimension, found)


def add_complex(
    y: ComplexArray,
    right: ComplexArray,
    left: ComplexArray,
    start: int,
    dimension: int,
    found: FloatArray,
) -> None:
    """The same for complex nodes and weights (Re y > 0, 0 ≤ Im y ≤ π); imaginary parts are added.

    Cost: 5 ns a node and degree, and 20 µs a node.
    """
    first, fall = _first_complex(y.tobytes(), start, dimension)
    value, fall = first.copy(), fall.copy()
    above = 2.0 * np.sinh(0.5 * y) ** 2
    _descend_complex(above, value, fall, right, left, start, dimension, found)


@njit(_triple(_i8, _f8, _f8, _i8), nogil=True, cache=True)
def _rule(n, sinh, whole, d):  # type: ignore[no-untyped-def]
    # First and last x, between which lies all of the integrand but 1e-17, and the step. A falls
    # like exp(−n·sinh·eˣ) where that is small at eˣ = 1, otherwise like a Gaussian in eˣ.
    rate, steep = n * sinh / whole, 60.0 + 3.0 * d
    step = min(0.2, 0.45 / math.sqrt(d - 2.0))
    peak, last = math.log((d - 2.0) / rate), math.log(2.0 * steep / rate)
    if rate > 1.0:
        step *= 0.5
    if last < 1.0:
        last = 0.5 * math.log(4.0 * steep / rate) + 0.2
    if d > 80:  # then the peak lies beyond eˣ = 1, and A falls like e^{−ℓx} only
        ell = n - d + 2.0
        tail = (45.0 + n * math.log1p(ell / (d - 2.0))) / ell
        last = max(last, math.log((d - 2.0) * whole / (sinh * ell)) + tail)
    return min(0.0, peak, 0.5 * peak) - 40.0 / (d - 2.0), last, step


@njit(types.void(_read_vector, _i8, _i8, _vector, _vector), nogil=True, cache=True)
def _begin_real(y, start, dimension, value, fall):  # type: ignore[no-untyped-def]
    # q_start and q_start − q_{start+1} by the trapezoidal rule in x, sinh τ = eˣ.
    d = dimension
    for at in range(y.size):
        sinh, above = math.sinh(y[at]), 2.0 * math.sinh(0.5 * y[at]) ** 2
        if d == 2:
            value[at] = math.exp(-start * y[at]) / sinh
            fall[at] = -value[at] * math.expm1(-y[at])
            continue
        n = start + d - 2
        low, high, step = _rule(n, sinh, above + 1.0 + sinh, d)
        total, falling, x = 0.0, 0.0, low
        while x < high:
            wide = math.exp(x)
            root = math.sqrt(1.0 + wide * wide)
            excess = above + sinh * root
            log = math.log1p(excess)
            term = math.exp((d - 3) * (math.log(sinh) + x) - n * log + x) / root
            total += term
            falling += term * excess / (1.0 + excess)
            x += step
        value[at], fall[at] = (d - 2) * step * total, (d - 2) * step * falling


@njit(types.void(_read_complex, _i8, _i8, _complex, _complex), nogil=True, cache=True)
def _begin_complex(y, start, dimension, value, fall):  # type: ignore[no-untyped-def]
    # As for real y, on a line of τ along which the phase of the integrand hardly turns.
    d = dimension
    for at in range(y.size):
        sinh, above = cmath.sinh(y[at]), 2.0 * cmath.sinh(0.5 * y[at]) ** 2
        if d == 2:
            value[at] = cmath.exp(-start * y[at]) / sinh
            fall[at] = value[at] * (1.0 - cmath.exp(-y[at]))
            continue
        n = start + d - 2
        low, high, step = _rule(n, abs(sinh), abs(above + 1.0 + sinh), d)
        step *= 0.5
        turn = -1j * cmath.phase(sinh / (above + 1.0))
        total, falling, x = 0j, 0j, low
        base = cmath.log(sinh)
        while x < high:
            wide = cmath.exp(x + turn)
            root = cmath.sqrt(1.0 + wide * wide)
            excess = above + sinh * root
            log = cmath.log(1.0 + excess)
            term = cmath.exp((d - 3) * (base + x + turn) - n * log + x + turn) / root
            total += term
            falling += term * excess / (1.0 + excess)
            x += step
        value[at], fall[at] = (d - 2) * step * total, (d - 2) * step * falling


@njit(
    types.void(_vector, _vector, _vector, _vector, _vector, _i8, _i8, _matrix),
    nogil=True,
    cache=True,
    fastmath={"reassoc", "contract"},
)
def _descend_real(  # type: ignore[no-untyped-def]
    above, value, fall, right, left, start, dimension, found
):
    # ℓ(q_{ℓ−1} − q_ℓ) = (2ℓ + d − 2)(z − 1) q_ℓ + (ℓ + d − 2)(q_ℓ − q_{ℓ+1})
    last = found.shape[1] - 1
    for ell in range(start, -1, -1):
        if ell <= last:
            first, second, size = 0.0, 0.0, 0.0
            for j in range(value.size):
                first += right[j] * value[j]
                second += left[j] * value[j]
                size += (abs(right[j]) + abs(left[j])) * value[j]
            found[0, ell] += first
            found[1, ell] += second
            found[2, ell] += size
        if ell > 0:
            raising = (2.0 * ell + dimension - 2.0) / ell
            keeping = (ell + dimension - 2.0) / ell
            for j in range(value.size):
                fall[j] = raising * above[j] * value[j] + keeping * fall[j]
                value[j] += fall[j]


@njit(
    types.void(_complex, _complex, _complex, _complex, _complex, _i8, _i8, _matrix),
    nogil=True,
    cache=True,
)
def _descend_complex(  # type: ignore[no-untyped-def]
    above, value, fall, right, left, start, dimension, found
):
    last = found.shape[1] - 1
    for ell in range(start, -1, -1):
        if ell <= last:
            for j in range(value.size):
                found[0, ell] += (right[j] * value[j]).imag
                found[1, ell] += (left[j] * value[j]).imag
                found[2, ell] += (abs(right[j]) + abs(left[j])) * abs(value[j])
        if ell > 0:
            raising = (2.0 * ell + dimension - 2.0) / ell
            keeping = (ell + dimension - 2.0) / ell
            for j in range(value.size):
                fall[j] = raising * above[j] * value[j] + keeping * fall[j]
                value[j] += fall[j]


@functools.lru_cache(maxsize=512)
def _first_real(y: bytes, start: int, dimension: int) -> tuple[FloatArray, FloatArray]:
    # Nodes are the same for every depth: a slider over L finds its first values here.
    nodes = np.frombuffer(y, np.float64)
    value, fall = np.empty(nodes.size), np.empty(nodes.size)
    _begin_real(nodes, start, dimension, value, fall)
    return value, fall


@functools.lru_cache(maxsize=512)
def _first_complex(y: bytes, start: int, dimension: int) -> tuple[ComplexArray, ComplexArray]:
    nodes = np.frombuffer(y, np.complex128)
    value, fall = np.empty(nodes.size, np.complex128), np.empty(nodes.size, np.complex128)
    _begin_complex(nodes, start, dimension, value, fall)
    return value, fall
