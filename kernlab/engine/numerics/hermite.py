"""Hermite expansions of activations, and of kernels, under the Gaussian measure.

With orthonormal h_n = He_n / √n! and f = Σ c_n h_n, standard normal x and y of correlation u have
E f(x) f(y) = Σ c_n² uⁿ, the dual kernel of f. Every layer of a network maps such power series
with non-negative coefficients to others, and with sums of non-negative terms only, so that the
coefficients of the neural tangent kernel come with relative accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.steps import drain

FloatArray = npt.NDArray[np.float64]

ACTIVATIONS = ("relu", "abs", "erf")


def coefficients(activation: str, max_degree: int) -> FloatArray:
    """Hermite coefficients c_n = E f(x) h_n(x) of an activation, exact up to rounding.

    From E f h_n = E f^(k) h_{n-k} √((n-k)!/n!): for ReLU c_0 = 1/√(2π), c_1 = 1/2 and
    c_n = (-1)^{n/2−1} (n − 3)!! / √(2π n!) for even n, so that c_n² ~ n^{-5/2} / (π √(2π)); for
    erf c_n² falls like (2/3)^n.

    Args:
        activation: "relu", "abs" or "erf".
        max_degree: 0 and above.

    Returns:
        (max_degree + 1,); zeros are exact. O(max_degree).

    Raises:
        ValueError: an unknown activation or a negative degree.
    """
    _require(activation, max_degree)
    found = np.zeros(max_degree + 1)
    if activation == "erf":
        degrees = np.arange(1, max_degree + 1, 2, dtype=np.float64)
        steps = -(2.0 / 3.0) * degrees[:-1] / np.sqrt((degrees[:-1] + 1) * (degrees[:-1] + 2))
        found[1::2] = 2.0 / math.sqrt(3.0 * math.pi) * _products(steps, degrees.size)
        return found
    degrees = np.arange(2, max_degree + 1, 2, dtype=np.float64)
    steps = -(degrees[:-1] - 1) / np.sqrt((degrees[:-1] + 1) * (degrees[:-1] + 2))
    scale = 1.0 if activation == "relu" else 2.0
    found[0] = scale / math.sqrt(2.0 * math.pi)
    found[2::2] = scale / math.sqrt(4.0 * math.pi) * _products(steps, degrees.size)
    if activation == "relu" and max_degree >= 1:
        found[1] = 0.5
    return found


def dual(activation: str, cosine: npt.ArrayLike) -> FloatArray:
    """The dual kernel E f(x) f(y) = Σ c_n² uⁿ of an activation at correlation u, closed form.

    Any shape in [-1, 1]. Raises ValueError for an unknown activation.
    """
    _require(activation, 0)
    u = np.asarray(cosine, dtype=np.float64)
    root = np.sqrt((1.0 - u) * (1.0 + u))
    found: FloatArray
    if activation == "relu":
        found = (u * (math.pi - np.arccos(u)) + root) / (2.0 * math.pi)
    elif activation == "abs":
        found = 2.0 / math.pi * (root + u * np.arcsin(u))
    else:
        found = 2.0 / math.pi * np.arcsin(2.0 * u / 3.0)
    return found


def power_series(
    depth: int, max_degree: int, *, activation: str = "relu", bias: float = 0.0
) -> FloatArray:
    """Coefficients b_n of the neural tangent kernel T_L(u) = Σ b_n uⁿ on the unit sphere.

    Args:
        depth: affine layers, 1 and above.
        max_degree: the largest n.
        activation: "relu", "abs" or "erf".
        bias: standard deviation of every bias.

    Returns:
        (max_degree + 1,), all ≥ 0. Relative error about 1e-15 · depth · max_degree. Zeros of a
        parity are exact.

    Raises:
        ValueError: an argument is out of range.

    Cost: O(depth · max_degree²).
    """
    return drain(power_series_in_steps(depth, max_degree, activation=activation, bias=bias))


def power_series_in_steps(
    depth: int, max_degree: int, *, activation: str = "relu", bias: float = 0.0
) -> Generator[None, None, FloatArray]:
    """:func:`power_series`, yielding after each layer."""
    _require(activation, max_degree)
    if depth < 1:
        raise ValueError(f"depth is {depth}; allowed: 1 and above")
    if not (math.isfinite(bias) and bias >= 0):
        raise ValueError(f"bias is {bias}; allowed: finite, 0 and above")
    gain = 2.0 if activation == "relu" and depth > 1 else 1.0
    process = np.zeros(max_degree + 1)
    process[0] = bias * bias
    process[1:2] = gain
    variance = gain + bias * bias
    tangent = process.copy()
    for layer in range(2, depth + 1):
        gain = 2.0 if activation == "relu" and layer < depth else 1.0
        values, slopes, variance = _layer(process, variance, activation)
        process = gain * values
        process[0] += bias * bias
        variance = gain * variance + bias * bias
        tangent = process + gain * _product(slopes, tangent)
        yield
    return tangent


def mehler(x: npt.ArrayLike, y: npt.ArrayLike, correlation: float) -> FloatArray:
    """Mehler's kernel Σ ρⁿ h_n(x) h_n(y), of the Ornstein–Uhlenbeck semigroup; broadcasts.

    exp(−(ρ²(x² + y²) − 2ρxy) / (2(1 − ρ²))) / √(1 − ρ²): its eigenvalues on N(0, 1) are ρⁿ.

    Raises:
        ValueError: the correlation ρ is not inside (-1, 1).
    """
    if not -1.0 < correlation < 1.0:
        raise ValueError(f"correlation is {correlation}; allowed: between -1 and 1")
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    rest = (1.0 - correlation) * (1.0 + correlation)
    exponent = (correlation**2 * (a * a + b * b) - 2.0 * correlation * a * b) / (2.0 * rest)
    found: FloatArray = np.exp(-exponent) / math.sqrt(rest)
    return found


def rbf_eigenvalues(lengthscale: float, max_degree: int) -> FloatArray:
    """Eigenvalues of exp(−(x − y)² / (2 lengthscale²)) on N(0, 1), a geometric sequence.

    Returns (max_degree + 1,). Raises ValueError where the lengthscale is not positive. Source:
    Zhu, Williams, Rohwer & Morciniec (1998).
    """
    if not (math.isfinite(lengthscale) and lengthscale > 0):
        raise ValueError(f"lengthscale is {lengthscale}; allowed: positive, finite")
    _require("relu", max_degree)
    a, b = 0.25, 0.5 / lengthscale**2
    total = a + b + math.sqrt(a * a + 2.0 * a * b)
    found: FloatArray = math.sqrt(2.0 * a / total) * (b / total) ** np.arange(max_degree + 1.0)
    return found


def shares(degree: int, dimension: int, count: int) -> FloatArray:
    """How |x| Y_ℓ(x/|x|) is shared out among the Hermite degrees ℓ, ℓ + 2, ℓ + 4, …

    It is an eigenfunction of the bias-free ReLU kernel on N(0, I_d). Shares are its squared
    coefficients in the normalized r^ℓ Y_ℓ L_j^{(α)}(r²/2), α = ℓ + d/2 − 1, the Hermite functions
    of degree ℓ + 2j; they sum to 1, fall like j^{−(2 + d/2)}, and lie in one degree for ℓ = 1 only.

    Args:
        degree: ℓ of the spherical harmonic.
        dimension: d, 1 and above; ℓ is 0 or 1 where d = 1.
        count: how many of them.

    Returns:
        (count,). O(count).

    Raises:
        ValueError: there is no such harmonic, or count is below 1.
    """
    if dimension < 1:
        raise ValueError(f"dimension is {dimension}; allowed: 1 and above")
    if degree < 0 or (dimension == 1 and degree > 1):
        limit = "0 or 1 in one dimension" if dimension == 1 else "0 and above"
        raise ValueError(f"degree is {degree}; allowed: {limit}")
    if count < 1:
        raise ValueError(f"count is {count}; allowed: 1 and above")
    half, alpha, start = 0.5 * dimension, degree + 0.5 * dimension - 1.0, 0.5 * (degree - 1.0)
    first = math.exp(
        2.0 * math.lgamma(alpha - start + 1.0) - math.lgamma(alpha + 1.0) - math.lgamma(half + 1.0)
    )
    j = np.arange(count - 1.0)
    return first * _products((start + j) ** 2 / ((j + 1.0) * (alpha + j + 1.0)), count)


def _products(steps: FloatArray, count: int) -> FloatArray:
    """1, s_0, s_0 s_1, …: `count` of them."""
    found: FloatArray = np.concatenate([[1.0], np.cumprod(steps)])[:count]
    return found


# -- power series with non-negative coefficients ------------------------------------------------


def _layer(
    process: FloatArray, variance: float, activation: str
) -> tuple[FloatArray, FloatArray, float]:
    """E f f, E f' f' as series in u, and E f(x)², from the covariance's series and diagonal."""
    if activation == "erf":
        ratio = process * (2.0 / (1.0 + 2.0 * variance))
        root = _inverse_root(ratio)
        values = _integral(2.0 / math.pi * math.asin(ratio[0]), 2.0 / math.pi, root, ratio)
        slopes = 4.0 / (math.pi * (1.0 + 2.0 * variance)) * root
        return values, slopes, 2.0 / math.pi * math.asin(2.0 * variance / (1.0 + 2.0 * variance))
    ratio = process / variance
    root = _inverse_root(ratio)
    at = float(ratio[0])
    relu = activation == "relu"
    angle = (math.pi - math.acos(at)) / math.pi if relu else 2.0 / math.pi * math.asin(at)
    slopes = _integral(angle, (1.0 if relu else 2.0) / math.pi, root, ratio)
    leading = math.sqrt((1.0 - at) * (1.0 + at)) * (1.0 if relu else 2.0) / math.pi + at * angle
    values = _integral(leading, 1.0, slopes, ratio)
    half = 0.5 if relu else 1.0
    return half * variance * values, half * slopes, half * variance


def _product(first: FloatArray, second: FloatArray) -> FloatArray:
    return np.convolve(first, second)[: first.size]


def _integral(start: float, scale: float, outer: FloatArray, inner: FloatArray) -> FloatArray:
    """The series F with F' = scale · outer · inner' and F(0) = start."""
    degrees = np.arange(inner.size, dtype=np.float64)
    found = np.empty_like(inner)
    found[0] = start
    slope = (degrees * inner)[1:]
    found[1:] = scale * np.convolve(outer[:-1], slope)[: slope.size] / degrees[1:]
    return found


def _inverse_root(ratio: FloatArray) -> FloatArray:
    """(1 − r²)^{-1/2} of a series r ≥ 0 by Miller's recurrence, all of whose terms are ≥ 0."""
    square = _product(ratio, ratio)
    rest = (1.0 - ratio[0]) * (1.0 + ratio[0])
    degrees = np.arange(ratio.size, dtype=np.float64)
    found = np.empty_like(ratio)
    found[0] = 1.0 / math.sqrt(rest)
    for n in range(1, ratio.size):
        weights = square[1 : n + 1] * (1.0 - degrees[1 : n + 1] / (2.0 * n))
        found[n] = weights @ found[:n][::-1] / rest
    return found


def _require(activation: str, max_degree: int) -> None:
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}; allowed: one of {', '.join(ACTIVATIONS)}")
    if max_degree < 0:
        raise ValueError(f"max_degree is {max_degree}; allowed: 0 and above")
