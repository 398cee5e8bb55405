"""The neural tangent kernel T(u) continued to the complex plane cut along (−∞, u₋] and [u₊, ∞).

Every dual activation here maps the upper half plane to itself (to within a shift by the bias), so
the recursion of the layers may be followed there; only the two branch points u₋ ≤ −1 and u₊ ≥ 1
remain. They are given by y ≥ 0 with u = ±cosh y. Conventions of the kernel: `ntk`.
"""

from __future__ import annotations

import cmath
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit, types

from kernlab.engine.numerics.weight_space import FloatArray

ComplexArray = npt.NDArray[np.complex128]
CODES = {"relu": 1, "abs": 2, "erf": 3}

_f8, _i8, _c16 = types.float64, types.int64, types.complex128
_read_complex = types.Array(_c16, 1, "C", readonly=True)
_complex, _vector = types.Array(_c16, 1, "C"), types.Array(_f8, 1, "C")
_TERMS = 12
_COEFFICIENTS = tuple(
    (-1) ** n * 2 * n / math.factorial(2 * n + 1) for n in range(1, _TERMS + 1)
)  # of θ cos θ − sin θ
_SMALL = 0.6
_STEEP = 100.0


class Branches(NamedTuple):
    """The branch points u = cosh(right) and u = −cosh(left)."""

    right: float
    left: float


def branch_points(depth: int, activation: str, bias: float) -> Branches:
    """Where the continuation of the kernel of `depth` ≥ 2 layers ends on the real line.

    ReLU and |·| end at 1 and, with bias, not before −1 − σ² and −1 − 2σ²; erf is analytic beyond
    ±1, and its nearest branch point is found by bisection over the layers.
    """
    if activation == "erf":
        return Branches(_erf_branch(depth, bias, 1.0), _erf_branch(depth, bias, -1.0))
    shift = bias * bias if activation == "relu" else 2.0 * bias * bias
    return Branches(0.0, 2.0 * math.asinh(math.sqrt(shift / 2.0)))


def continued(y: ComplexArray, side: int, depth: int, activation: str, bias: float) -> ComplexArray:
    """T(u) less `left_out`, approached from above where u lies on a cut.

    Args:
        y: complex128, shape (n,), Im y ≥ 0. For side 1, u = cosh(y), up to Im y = π; for side −1,
            u = −cosh(y₋ + ȳ), where y₋ is the left branch point.
        side: 1 or −1.
        depth: L ≥ 2.

    Returns: complex128, shape (n,); relative accuracy of a few roundings a layer in the real and
        in the imaginary part.
    Cost: 0.2 µs a layer and point.
    """
    if activation == "erf":
        place = y if side > 0 else np.conj(y) + branch_points(depth, "erf", bias).left
        excess = 2.0 * np.sinh(0.5 * place) ** 2
        start = excess if side > 0 else -2.0 - excess
        variances = _erf_variances(depth, bias)
        whole = left_out(depth, activation, bias) == 0.0
        return _erf_layers(np.ascontiguousarray(start), depth, bias, variances, whole)
    gain = 2.0 if activation == "relu" else 1.0
    scale = gain / (gain + bias * bias)
    if side > 0:
        angle = -2j * np.arcsinh(math.sqrt(scale) * np.sinh(0.5 * y))
    else:
        place, edge = np.conj(y), branch_points(depth, activation, bias).left
        excess = 2.0 * np.sinh(edge + 0.5 * place) * np.sinh(0.5 * place)
        angle = math.pi - 2j * np.arcsinh(np.sqrt(0.5 * scale * excess))
    return _angle_layers(np.ascontiguousarray(angle), depth, bias, float(CODES[activation]))


@njit(_complex(_read_complex, _i8, _f8, _f8), nogil=True, cache=True)
def _angle_layers(first, depth, bias, code):  # type: ignore[no-untyped-def]
    # ReLU (code 1) and |·| (code 2): ρ = cos θ, 1 − k₁ = 2 sin²(θ/2) + (code/π)(θ cos θ − sin θ),
    # k₀ = 1 − code·θ/π; the gain of a hidden layer is 2/code, of the last one 1.
    gain = 2.0 / code
    found = np.empty(first.size, np.complex128)
    for at in range(first.size):
        theta = first[at]
        variance = gain + bias * bias
        tangent = variance * cmath.cos(theta)
        for layer in range(1, depth):
            flip = 1.0
            if code > 1.5 and theta.real > 0.5 * math.pi:
                theta, flip = math.pi - theta, -1.0
            cosine, sine = cmath.cos(theta), cmath.sin(theta)
            if abs(theta.real) + abs(theta.imag) < _SMALL:
                square = theta * theta
                bend = 0j
                for n in range(_TERMS - 1, -1, -1):
                    bend = bend * square + _COEFFICIENTS[n]
                bend = bend * square * theta
            else:
                bend = theta * cosine - sine
            half = cmath.sin(0.5 * theta)
            below = 2.0 * half * half + (code / math.pi) * bend
            slope = flip * (1.0 - (code / math.pi) * theta)
            if layer == depth - 1:
                weight = 1.0 / gain
                mean = variance * weight * (1.0 - below) + bias * bias
                tangent = mean + weight * slope * tangent
            else:
                after = variance + bias * bias
                tangent = after - variance * below + slope * tangent
                below = below * (variance / after)
                variance = after
                theta = 2.0 * cmath.asin(cmath.sqrt(0.5 * below))
        found[at] = tangent
    return found


def _erf_variances(depth: int, bias: float) -> FloatArray:
    """Variance of each layer before its activation, shape (depth,)."""
    variance = np.empty(depth)
    variance[0] = 1.0 + bias * bias
    for k in range(1, depth):
        last = variance[k - 1]
        variance[k] = 2.0 / math.pi * math.asin(2.0 * last / (1.0 + 2.0 * last)) + bias * bias
    return variance


@njit(_complex(_read_complex, _i8, _f8, _vector, types.boolean), nogil=True, cache=True)
def _erf_layers(start, depth, bias, variance, whole):  # type: ignore[no-untyped-def]
    # Σ is followed as its difference from u = 1, and Θ too unless it is wanted whole.
    found = np.empty(start.size, np.complex128)
    for at in range(start.size):
        excess, change, diagonal = start[at], start[at], variance[0]
        tangent = variance[0] + start[at]
        for layer in range(1, depth):
            width = 1.0 + 2.0 * variance[layer - 1]
            edge, step = 2.0 * variance[layer - 1] / width, 2.0 * excess / width
            sine, flat = edge + step, math.sqrt((1.0 - edge) * (1.0 + edge))
            root = cmath.sqrt((1.0 / width - step) * (1.0 + sine))
            if abs(step) < 0.3 * edge:
                turn = cmath.asin(step * (sine + edge) / (sine * flat + edge * root))
            else:
                turn = cmath.asin(sine) - math.asin(edge)
            excess = (2.0 / math.pi) * turn
            slope = (4.0 / math.pi) / (width * root)
            steeper = slope * step * (sine + edge) / (flat * (flat + root))
            change = excess + slope * change + steeper * diagonal
            tangent = variance[layer] + excess + slope * tangent
            diagonal = variance[layer] + (4.0 / math.pi) / (width * flat) * diagonal
        found[at] = tangent if whole else change
    return found


def left_out(depth: int, activation: str, bias: float) -> float:
    """The constant that `continued` leaves out: T(1) for erf where it gets flat with depth, or 0.

    With much bias a deep erf kernel is nearly T(1), and its eigenvalues are those of the rest;
    with little it is steep at u = 1 and small elsewhere, and T(1) would drown them.
    """
    if activation != "erf" or bias == 0.0:
        return 0.0
    value = diagonal_value(depth, activation, bias)
    return value if value < _STEEP else 0.0


def diagonal_value(depth: int, activation: str, bias: float) -> float:
    """T(1)."""
    if activation == "erf":
        variance = _erf_variances(depth, bias)
        total = variance[0]
        for k in range(1, depth):
            slope = 4.0 / math.pi / math.sqrt(1.0 + 4.0 * variance[k - 1])
            total = variance[k] + slope * total
        return float(total)
    square, gain = bias * bias, 2.0 if activation == "relu" else 1.0
    hidden = (depth - 1) * gain + 0.5 * depth * (depth - 1) * square
    return 1.0 + square + (depth - 1) * square / gain + hidden / gain


def _erf_branch(depth: int, bias: float, side: float) -> float:
    variance = _erf_variances(depth, bias)
    low, high = 0.0, math.acosh(1.5 + (2.0 * bias * bias if side < 0 else 0.0))
    for _ in range(80):
        middle = 0.5 * (low + high)
        excess = 2.0 * math.sinh(0.5 * middle) ** 2
        if _erf_real(excess if side > 0 else -2.0 - excess, depth, variance):
            low = middle
        else:
            high = middle
    return low


@njit(types.boolean(_f8, _i8, _vector), nogil=True, cache=True)
def _erf_real(excess, depth, variance):  # type: ignore[no-untyped-def]
    # Whether every layer is still real at u = 1 + excess.
    for layer in range(1, depth):
        width = 1.0 + 2.0 * variance[layer - 1]
        edge, step = 2.0 * variance[layer - 1] / width, 2.0 * excess / width
        sine = edge + step
        if abs(sine) >= 1.0:
            return False
        if abs(step) < 0.3 * edge:
            root = math.sqrt((1.0 / width - step) * (1.0 + sine))
            down = sine * math.sqrt((1.0 - edge) * (1.0 + edge)) + edge * root
            turn = math.asin(min(1.0, max(-1.0, step * (sine + edge) / down)))
        else:
            turn = math.asin(sine) - math.asin(edge)
        excess = (2.0 / math.pi) * turn
    return True
