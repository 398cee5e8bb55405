"""The kernels of infinitely wide networks as functions of the angle between two inputs.

Everything is done in θ, in which both kernels are analytic. For ReLU and |·| a layer takes the
angle θ to θ' = 2 asin √(q/2), where q = 1 − k₁(cos θ) is evaluated without cancellation; so
the kernel keeps its absolute accuracy where its derivative in the cosine has no limit.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Generator
from typing import Any, NamedTuple

import numpy as np
from numba import float64, int64, njit, types
from numpy.typing import NDArray
from scipy.fft import dct

Array = NDArray[np.float64]

ACTIVATIONS = {"relu": 0, "abs": 1, "erf": 2}
SQRT_HALF = math.sqrt(0.5)
MOST_TERMS = 2**13
MOST_KNOWN = 1000
"""Series kept; each is a few kilobytes."""
VALUES_A_STEP = 100_000
"""Layers times angles between two yields, 5 ms."""

_vector = types.Array(float64, 1, "C")
_readonly = types.Array(float64, 1, "C", readonly=True)
_pair: Any = types.Tuple((float64, float64))  # type: ignore[no-untyped-call]
_compiled = functools.partial(njit, nogil=True, cache=True, error_model="numpy")


@_compiled(float64(float64))
def _bend(theta):  # type: ignore[no-untyped-def]
    """sin θ − θ cos θ; by its series where the difference would cancel."""
    if theta > 0.5:
        return math.sin(theta) - theta * math.cos(theta)
    square = theta * theta
    term, total = theta * square / 3.0, 0.0
    for k in range(1, 10):
        total += term
        term *= -square / (2.0 * k * (2.0 * k + 3.0))
    return total


@_compiled(_pair(float64, int64, int64, float64))
def _homogeneous(theta, depth, activation, bias):  # type: ignore[no-untyped-def]
    """NNGP and NTK at the angle θ, for ReLU (0) and |·| (1)."""
    square = bias * bias
    weight = 2.0 if activation == 0 else 1.0
    if depth == 1:
        value = math.cos(theta) + square
        return value, value
    size = weight + square
    if square > 0.0:
        half = 0.5 * theta
        share = weight / size
        up, down = math.sin(half), math.cos(half)
        theta = 2.0 * math.atan2(
            math.sqrt(share) * up, math.sqrt(square / size + share * down * down)
        )
    value = size * math.cos(theta)
    tangent = value
    for layer in range(2, depth + 1):
        sign = 1.0
        if activation == 1 and theta > 0.5 * math.pi:
            theta, sign = math.pi - theta, -1.0
        half = math.sin(0.5 * theta)
        factor = 1.0 if activation == 0 else 2.0
        gap = 2.0 * half * half - factor * _bend(theta) / math.pi
        slope = sign * (1.0 - factor * theta / math.pi)
        power = 0.5 if activation == 0 and layer == depth else 1.0
        value = power * size * (1.0 - gap) + square
        tangent = value + power * tangent * slope
        grown = size + square
        if layer < depth:
            theta = 2.0 * math.asin(math.sqrt(max(0.0, 0.5 * gap * size / grown)))
        size = grown
    return value, tangent


@_compiled(_pair(float64, int64, float64))
def _erf(theta, depth, bias):  # type: ignore[no-untyped-def]
    """NNGP and NTK at the angle θ for erf.

    `gap` and `rest` are the variance less and plus the covariance; asin x − asin y is one
    arctangent, so the smaller of the two keeps its relative accuracy through every layer.
    """
    square = bias * bias
    up, down = math.sin(0.5 * theta), math.cos(0.5 * theta)
    size, gap, rest = 1.0 + square, 2.0 * up * up, 2.0 * (down * down + square)
    tangent = 0.5 * (rest - gap)
    for _ in range(2, depth + 1):
        wide = 1.0 + 2.0 * size
        small = min(gap, rest)
        x, y = 2.0 * size / wide, 2.0 * (size - small) / wide
        root_x = math.sqrt((1.0 + x) / wide)
        root_y = math.sqrt((1.0 + 2.0 * small) / wide * (1.0 + y))
        sine = 2.0 * small / wide * (x + y) / (x * root_y + y * root_x)
        distance = 2.0 / math.pi * math.atan2(sine, root_x * root_y + x * y)
        size = 2.0 / math.pi * math.asin(x)
        if gap <= rest:
            gap, rest = distance, 2.0 * (size + square) - distance
        else:
            gap, rest = 2.0 * size - distance, distance + 2.0 * square
        size += square
        tangent = 0.5 * (rest - gap) + tangent * 4.0 / (math.pi * wide * root_y)
    return 0.5 * (rest - gap), tangent


@_compiled(types.void(_readonly, int64, int64, float64, _vector, _vector))
def _fill(angles, depth, activation, bias, nngp, tangent):  # type: ignore[no-untyped-def]
    for i in range(angles.size):
        if activation == 2:
            nngp[i], tangent[i] = _erf(angles[i], depth, bias)
        else:
            nngp[i], tangent[i] = _homogeneous(angles[i], depth, activation, bias)


def curves(angles: Array, depth: int, activation: str, bias: float) -> tuple[Array, Array]:
    """NNGP and NTK at the angles, float64 of any shape, in [0, π]. Cost: 60 ns a layer and angle.

    Source: Jacot et al. 2018; Cho and Saul 2009 for ReLU; Williams 1997 for erf.
    """
    flat = np.ascontiguousarray(angles, dtype=np.float64).ravel()
    flat.flags.writeable = False
    nngp, tangent = np.empty(flat.size), np.empty(flat.size)
    _fill(flat, depth, ACTIVATIONS[activation], bias, nngp, tangent)
    return nngp.reshape(np.shape(angles)), tangent.reshape(np.shape(angles))


class Expansion(NamedTuple):
    """The NTK as Chebyshev series in v on [0, √½], one for each sign of the cosine.

    v = sin(θ/2) for a cosine that is not negative, v = cos(θ/2) for a negative one; the argument
    of the series is √8 v − 1.

    Attributes:
        middle, half: (terms,), the mean of the two series and half of their difference.
        top: the kernel at angle 0.
    """

    middle: Array
    half: Array
    top: float


_known: dict[tuple[int, str, float], Expansion] = {}


def expansion(depth: int, activation: str, bias: float) -> Generator[float, None, Expansion]:
    """The Chebyshev series of the NTK, to rounding; yields every few milliseconds.

    The number of terms doubles until the coefficients vanish or stop falling: 30 terms at depth
    10, 80 at 100, 250 at 1000 for ReLU; up to 2000 at depth 1000 for erf without bias, whose
    kernel is then a spike. Cost: 100 ns a layer and term, once for each network.
    """
    key = (depth, activation, bias)
    if key in _known:
        return _known[key]
    terms = 32
    angles = _node_angles(np.arange(terms + 1) / terms)
    values = yield from _curves_in_steps(angles, *key)
    while True:
        series = dct(values, type=1, axis=1) / terms
        series[:, 0] *= 0.5
        used = _resolved(np.abs(series).max(axis=0), last=terms >= MOST_TERMS)
        if used:
            break
        finer = np.empty((2, 2 * terms + 1))
        finer[:, ::2] = values
        angles = _node_angles((np.arange(terms) + 0.5) / terms)
        finer[:, 1::2] = yield from _curves_in_steps(angles, *key)
        values, terms = finer, 2 * terms
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    plus, minus = series[:, :used]
    found = Expansion(0.5 * (plus + minus), 0.5 * (plus - minus), float(values[0, -1]))
    return _known.setdefault(key, found)


def _node_angles(part: Array) -> Array:
    """Angles θ and π − θ at the Chebyshev points cos(π part), (2, nodes)."""
    half = 2.0 * np.arcsin(SQRT_HALF * np.square(np.cos(0.5 * np.pi * part)))
    return np.stack([half, np.pi - half])


def _curves_in_steps(
    angles: Array, depth: int, activation: str, bias: float
) -> Generator[float, None, Array]:
    values = np.empty(angles.size)
    at_once = max(1, VALUES_A_STEP // depth)
    for start in range(0, angles.size, at_once):
        part = slice(start, start + at_once)
        values[part] = curves(angles.ravel()[part], depth, activation, bias)[1]
        yield 0.0
    return values.reshape(angles.shape)


def _resolved(size: Array, *, last: bool) -> int:
    """How many coefficients stand above the rounding, or 0 where more points are needed."""
    eighth = size.size // 8
    top, tail, before = size.max(), size[-eighth:].max(), size[-3 * eighth : -2 * eighth].max()
    stalled = tail < 1e-11 * top and tail > 0.1 * before
    if not (tail < 2e-15 * top or stalled or last):
        return 0
    return int(np.flatnonzero(size > max(2e-16 * top, 0.5 * tail))[-1]) + 1
