"""What is claimed, and what is true, of the growth of Vandermonde condition numbers.

Everything is a logarithm to base 10 of a quantity for n equispaced nodes on [-a, a], rows being
nodes, unless the name says otherwise. Closed forms only.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.weight_space import FloatArray, require_positive

ZETA_SLOPE = -0.16542114370045092
"""ζ'(-1), the constant of the superfactorial's expansion."""
DETERMINANT_TURN = math.exp(1.5) / 2.0
"""The half-width 2.2408 at which ln|det V| changes from decay to growth."""
SMALLEST_RATE = math.pi / 4.0 + 0.5 * math.log(2.0)
"""r(1) = 1.13197, the least growth rate of all half-widths (Gautschi's constant)."""

_LN10 = math.log(10.0)


def growth_rate(half_width: float) -> float:
    """Rate r(a) in ln cond V = n·r(a) + O(ln n), for n equispaced nodes on ±a.

    r(a) = ln max(1, a) + ½ ln(1 + a⁻²) + arctan(a)/a; smallest at a = 1, where it is
    π/4 + ½ ln 2 = 1.13197 (Gautschi 1975).

    Args:
        half_width: a > 0.

    Returns: the rate in natural logarithms a node; the same in every p-norm.
    Raises: ValueError: if the half-width is not a finite number above 0.
    """
    a = require_positive("half_width", half_width)
    if a < 1.0:
        # ½ ln(1 + a⁻²) = ½ ln(1 + a²) - ln a, which does not overflow for a tiny a.
        return 0.5 * math.log1p(a * a) - math.log(a) + math.atan(a) / a
    return math.log(a) + 0.5 * math.log1p(a**-2) + math.atan(a) / a


def chebyshev_growth_rate(half_width: float) -> float:
    """The same rate for Chebyshev nodes: ln max(1, a) + asinh(1/a)."""
    a = require_positive("half_width", half_width)
    return math.log(max(1.0, a)) + math.asinh(1.0 / a)


def log10_claimed_bound(
    n: npt.ArrayLike, half_width: npt.ArrayLike, constant: float = 0.5
) -> FloatArray:
    """log10 of exp(c a n), the published lower bound of cond V. Fails for every c at large a."""
    return np.asarray(constant * np.asarray(half_width, float) * np.asarray(n, float) / _LN10)


def log10_beckermann(n: npt.ArrayLike) -> FloatArray:
    """log10 of √(2/n)·(1+√2)^(n-2): below cond_2 of V for any n real nodes.

    That is √(2/(k+1))·(1+√2)^(k-1) in the degree k = n - 1, with equality at n = 2, nodes ±1.

    Args: n: number of nodes, at least 2. Source: Beckermann 2000, Numerische Mathematik 85.
    """
    return log10_beckermann_as_quoted(np.asarray(n, dtype=np.float64) - 1.0)


def log10_beckermann_as_quoted(n: npt.ArrayLike) -> FloatArray:
    """log10 of √(2/(n+1))·(1+√2)^(n-1), which is not a lower bound for n nodes.

    Two nodes ±1 have cond_2 = 1, below its 1.97; the best ten nodes 10^2.983, below its 10^3.075.
    """
    count = np.asarray(n, dtype=np.float64)
    return np.asarray(
        0.5 * np.log10(2.0 / (count + 1.0)) + (count - 1.0) * math.log10(1.0 + math.sqrt(2.0))
    )


def log10_gautschi(n: npt.ArrayLike) -> FloatArray:
    """log10 of (1/π) e^{-π/4} e^{n(π/4 + ½ ln 2)}, the size of cond_1 of V at a = 1.

    In Gautschi's convention (rows are powers) the norm is cond_∞. The ratio is 1.2 at n = 5,
    1.008 at n = 160. Source: Gautschi 1975, Numerische Mathematik 24.
    """
    count = np.asarray(n, dtype=np.float64)
    return np.asarray((count * SMALLEST_RATE - math.pi / 4.0 - math.log(math.pi)) / _LN10)


def log10_superfactorial(n: int) -> float:
    """log10 of Π_{k<n} k!, exact up to rounding."""
    return math.fsum(math.lgamma(k + 1.0) for k in range(n)) / _LN10


def log10_superfactorial_expansion(n: npt.ArrayLike) -> FloatArray:
    """log10 of exp(½n² ln n - ¾n² + ½n ln 2π - (1/12) ln n + ζ'(-1)): Π_{k<n} k! up to 1 + O(n⁻²).

    The published form has ½n² ln n alone. Source: the Barnes G-function.
    """
    x = np.asarray(n, dtype=np.float64)
    squares = 0.5 * x * x * np.log(x) - 0.75 * x * x
    rest = 0.5 * x * math.log(2.0 * math.pi) - np.log(x) / 12.0 + ZETA_SLOPE
    return np.asarray((squares + rest) / _LN10)


def log10_published_superfactorial(n: npt.ArrayLike) -> FloatArray:
    """log10 of exp(½n² ln n), the published size of Π_{k<n} k!."""
    x = np.asarray(n, dtype=np.float64)
    return np.asarray(0.5 * x * x * np.log(x) / _LN10)


def log10_determinant(n: int, half_width: float) -> float:
    """log10|det V| for n equispaced nodes on ±a.

    n(n-1)/2·ln(2a/(n-1)) + Σ_{k<n} ln k!, in natural logarithms.

    Args: n: number of nodes, at least 2; half_width: a > 0.
    Raises: ValueError: if an argument is out of range.
    Cost: n log-gammas. Error: about 1e-15 of the larger term.
    """
    a = require_positive("half_width", half_width)
    if n < 2:
        raise ValueError(f"n = {n}: must be at least 2")
    return n * (n - 1) / 2.0 * math.log10(2.0 * a / (n - 1)) + log10_superfactorial(n)


def log10_determinant_asymptotics(n: npt.ArrayLike, half_width: float) -> FloatArray:
    """log10 of exp((n²/2)(ln 2a - 3/2)), the leading order of |det V|."""
    a = require_positive("half_width", half_width)
    x = np.asarray(n, dtype=np.float64)
    return np.asarray(0.5 * x * x * (math.log(2.0 * a) - 1.5) / _LN10)


def log10_published_determinant(
    n: npt.ArrayLike, half_width: float, constant: float = 0.5
) -> FloatArray:
    """log10 of exp(-c a n² ln n), the published upper bound of |det V|. Fails for every a."""
    a = require_positive("half_width", half_width)
    x = np.asarray(n, dtype=np.float64)
    return np.asarray(-constant * a * x * x * np.log(x) / _LN10)
