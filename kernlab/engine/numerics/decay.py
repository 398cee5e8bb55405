"""How fast eigenvalues fall: exponents with deterministic intervals, local slopes, constants.

μ_ℓ = A(d) C x^{−d} (1 + O(x^{−2})), x = ℓ + (d − 2)/2, for even and for odd degrees each, once
ℓ is well above the depth (from about 5 L on). On S^{d−1}, A(d) = 2^{d−2} Γ(d/2)²/π², and for ReLU
without bias C = L(L − 1)/2 · (1 ± c_L) (errata N5).
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.weight_space import FloatArray

ONSET = 5
"""Degrees a layer, below which no exponent is fitted."""
_LEAST_RATIO = 1.9
_LEAST_POINTS = 8
_WIDEST = 0.25  # of an interval's half-width that still counts as settled


class Exponent(NamedTuple):
    """A fitted exponent α of values ~ x^{−α}.

    Attributes:
        value, low, high: α and its interval; NaN where nothing could be fitted.
        first, last: the degrees between which it was fitted.
        settled: whether a verdict may be based on it; otherwise `reason` says why not.
    """

    value: float
    low: float
    high: float
    first: float
    last: float
    settled: bool
    reason: str


def onset_degree(depth: int, dimension: int, activation: str = "relu", bias: float = 0.0) -> float:
    """The degree from which exponents may be fitted: 5 L and 2 d, and with bias later.

    A small bias moves the left branch point from −1 to −cosh y only, and tells the parities apart
    until e^{−ℓ y} is small.
    """
    start = float(max(ONSET * depth, 2 * dimension))
    if bias > 0.0 and activation != "erf":
        shift = bias * bias if activation == "relu" else 2.0 * bias * bias
        start = max(start, (20.0 + dimension) / (2.0 * math.asinh(math.sqrt(0.5 * shift))))
    return start


def fit_exponent(
    degrees: npt.ArrayLike,
    values: FloatArray,
    errors: FloatArray,
    *,
    shift: float = 0.0,
    onset: float = 1.0,
) -> Exponent:
    """The exponent of positive values over degrees ≥ `onset`, with a deterministic interval.

    Least squares on two windows that meet at the geometric mean; what the slope still changes from
    one to the other, a term in x^{−2}, is extrapolated, and the interval is as wide as twice the
    largest such step, also between quarters of the degrees, plus what errors of the values may do.

    Args:
        degrees: shape (n,), ascending, one parity.
        values, errors: shape (n,); values of 0 (exact zeros, underflow) are left out.
        shift: x = degree + shift.
        onset: degrees below it are left out.

    Cost: O(n).
    """
    ell = np.asarray(degrees, dtype=np.float64)
    good = (ell >= onset) & (values > 0.0) & (errors < 1e-3 * values)
    ell, value, relative = ell[good], values[good], errors[good] / values[good]
    if ell.size < _LEAST_POINTS or ell[-1] < _LEAST_RATIO * ell[0]:
        return _nothing(f"needs degrees from {onset:g} to {_LEAST_RATIO * onset:g} and above")
    x, y = np.log(ell + shift), np.log(value)
    middle = 0.5 * (x[0] + x[-1])
    early, late = x <= middle, x >= middle
    if min(early.sum(), late.sum()) < 3:
        return _nothing("too few degrees")
    first, second = _slope(x[early], y[early]), _slope(x[late], y[late])
    ratio = math.exp(x[-1] - x[0])  # squared ratio of the windows' centres
    step = (second - first) / (ratio - 1.0)
    noise = 4.0 * float(relative.max()) / (x[-1] - middle)
    value_ = -(second + step)
    jump = max(abs(second - first), _largest_jump(x, y)) / (ratio - 1.0)
    half = 2.0 * jump + 0.25 * (second - first) ** 2 + noise + 1e-12
    settled = half <= _WIDEST and abs(second - first) <= _WIDEST
    reason = "" if settled else "pre-asymptotic: the local slope still changes"
    return Exponent(value_, value_ - half, value_ + half, ell[0], ell[-1], settled, reason)


def _nothing(reason: str) -> Exponent:
    nan = math.nan
    return Exponent(nan, nan, nan, nan, nan, False, f"pre-asymptotic: {reason}")


def _slope(x: FloatArray, y: FloatArray) -> float:
    centred = x - x.mean()
    return float(centred @ y / (centred @ centred))


def _largest_jump(x: FloatArray, y: FloatArray) -> float:
    """The largest change of slope between neighbouring quarters of the window."""
    part = np.minimum((4.0 * (x - x[0]) / (x[-1] - x[0])).astype(int), 3)
    slopes = [_slope(x[part == i], y[part == i]) for i in range(4) if (part == i).sum() > 2]
    return max((abs(b - a) for a, b in itertools.pairwise(slopes)), default=0.0)


def local_slopes(degrees: npt.ArrayLike, values: FloatArray, *, shift: float = 0.0) -> FloatArray:
    """d log(value)/d log(x) between neighbours of the same class, shape (n − 1,); NaN at zeros."""
    x = np.log(np.asarray(degrees, dtype=np.float64) + shift)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(values > 0.0, np.log(values), np.nan)
        return np.diff(y) / np.diff(x)


def log_amplitude(dimension: int) -> float:
    """ln A(d)."""
    d = dimension
    return (d - 2) * math.log(2.0) + 2.0 * math.lgamma(d / 2) - 2.0 * math.log(math.pi)


def predicted_constants(depth: int, activation: str = "relu") -> tuple[float, float]:
    """C of even and of odd degrees for a network without bias, L ≥ 2 (ReLU or |·|)."""
    half = 0.5 * depth * (depth - 1)
    if activation == "abs":
        return 4.0 * half, 0.0
    share = parity_share(depth)
    return half * (1.0 + share), half * (1.0 - share)


def parity_share(depth: int) -> float:
    """c_L = 2/(L(L−1)) Π_{k=2}^{L−1} k₀(S_k(−1)): how far the parities differ (ReLU, no bias)."""
    covariance, product = 0.0, 1.0  # S_2(−1) = 0
    for _ in range(2, depth):
        theta = math.acos(covariance)
        product *= 1.0 - theta / math.pi
        covariance = (math.sin(theta) + (math.pi - theta) * math.cos(theta)) / math.pi
    return 2.0 * product / (depth * (depth - 1))


def measured_constant(degrees: npt.ArrayLike, values: FloatArray, dimension: int) -> float:
    """C from the two degrees given, one about twice the other, by extrapolation in x^{−2}.

    Returns: NaN where a value is not positive.
    """
    if not (values > 0.0).all():
        return 0.0 if (values == 0.0).all() else math.nan
    x = np.asarray(degrees, dtype=np.float64) + 0.5 * (dimension - 2)
    scaled = np.exp(np.log(values) + dimension * np.log(x) - log_amplitude(dimension))
    weight = (x[1] / x[0]) ** 2
    return float((weight * scaled[1] - scaled[0]) / (weight - 1.0))


def fit_on_grid(
    n: int, values: FloatArray, errors: FloatArray, dimension: int, *, onset: float, first: int = 0
) -> Exponent:
    """The exponent along an axis of a torus grid, from the frequencies of one parity up to n/8.

    A grid adds up the aliases k + n m (errata N24). They are taken off as if they followed the
    exponent fitted before, twice; the interval is wider by what the last step took off.

    Args:
        values, errors: eigenvalues at (k, 0, …), k = first, first + 2, …, and their error bars.
    """
    k: FloatArray = first + 2.0 * np.arange(float(values.size))
    found = fit_exponent(k, values, errors, onset=onset)
    for _ in range(2):
        if not math.isfinite(found.value):
            return found
        share = _alias_share(k, n, dimension, max(found.value, dimension + 0.5))
        clean = fit_exponent(k, values / (1.0 + share), errors, onset=onset)
        extra, found = abs(clean.value - found.value), clean
    return found._replace(low=found.low - extra, high=found.high + extra)


def _alias_share(k: FloatArray, n: int, dimension: int, exponent: float) -> FloatArray:
    """Sum over m ≠ 0 of |k + n m|^{−α}, over |k|^{−α}, for k along an axis."""
    reach = {1: 40, 2: 8}.get(dimension, 3)
    total = np.zeros_like(k)
    for shift in itertools.product(range(-reach, reach + 1), repeat=dimension):
        if any(shift):
            across = sum(m * m for m in shift[1:]) * float(n) ** 2
            total += ((k + n * shift[0]) ** 2 + across) ** (-0.5 * exponent)
    return total * k**exponent
