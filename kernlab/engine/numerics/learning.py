"""Gradient flow under a Sobolev loss: how fast each frequency is learned, and the function so far.

With residual r and loss ½⟨r, P_s r⟩ the flow is dr/dt = −η K P_s r. Where K and P_s share their
eigenfunctions, as the operators on the sphere and the matrices on a torus grid do, each frequency
decays on its own: exp(−η λ t) with λ = μ_ℓ (1+ℓ)^{2s}.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def left(eigenvalues: ArrayLike, rate: float, time: float) -> Array:
    """The share exp(−η λ t) of each frequency that is not learned yet, same shape.

    Args:
        eigenvalues: λ of T_s, any shape, not negative.
        rate, time: η and t, not negative.

    Raises:
        ValueError: rate or time is negative or not finite.
    """
    return np.exp(-_span(rate, time) * np.asarray(eigenvalues, dtype=np.float64))


def learned(eigenvalues: ArrayLike, rate: float, time: float) -> Array:
    """1 − `left`, without cancellation."""
    return -np.expm1(-_span(rate, time) * np.asarray(eigenvalues, dtype=np.float64))


def _span(rate: float, time: float) -> float:
    for name, value in (("rate", rate), ("time", time)):
        if not (math.isfinite(value) and value >= 0.0):
            raise ValueError(f"{name} is {value!r}; allowed: finite numbers from 0")
    return rate * time


def zonal(dimension: int, max_degree: int, angles: ArrayLike) -> Array:
    """Gegenbauer polynomials P_ℓ(cos θ) of S^{d-1}, normalized to 1 at θ = 0.

    Args:
        dimension: d of the surrounding space, 2 and above.
        max_degree: 0 and above.
        angles: (n,) radians.

    Returns: (n, max_degree + 1) float64.

    Raises:
        ValueError: dimension or max_degree is outside its range.
    Cost: 3 operations an entry; errors grow like max_degree · 1e-16.
    """
    if dimension < 2 or max_degree < 0:
        raise ValueError(
            f"dimension is {dimension} and max_degree {max_degree}; allowed: from 2 and from 0"
        )
    u = np.cos(np.asarray(angles, dtype=np.float64))
    out = np.empty((max_degree + 1, u.size))
    out[0] = 1.0
    if max_degree:
        out[1] = u
    for ell in range(1, max_degree):
        # (ℓ+d−2) P_{ℓ+1} = (2ℓ+d−2) u P_ℓ − ℓ P_{ℓ−1}
        out[ell + 1] = ((2 * ell + dimension - 2) * u * out[ell] - ell * out[ell - 1]) / (
            ell + dimension - 2
        )
    return np.ascontiguousarray(out.T)


def cap_coefficients(dimension: int, max_degree: int, angle: float, *, blur: float = 0.0) -> Array:
    """Coefficients c_ℓ of the cap 1[θ < angle] = Σ c_ℓ P_ℓ(cos θ), (max_degree + 1,).

    c_0 is the share of the sphere in the cap, and for ℓ ≥ 1, by Rodrigues' formula,
    c_ℓ = N(d, ℓ) w sin^{d−1}(angle)/(d − 1) P'(cos angle) with P' of degree ℓ − 1 in dimension
    d + 2 and w = Γ(d/2)/(√π Γ((d−1)/2)).

    Args:
        dimension, max_degree: as in `zonal`.
        angle: of the edge, between 0 and π.
        blur: time τ of the heat flow exp(τΔ) that rounds the edge off, over an angle of √(2τ).

    Raises:
        ValueError: an argument is outside its range.
    """
    from scipy.special import betainc, gammaln

    from kernlab.engine.numerics.sphere import multiplicity

    if not 0.0 < angle < math.pi:
        raise ValueError(f"angle is {angle!r}; allowed: between 0 and π")
    degrees = np.arange(max_degree + 1)
    d = dimension
    weight = math.exp(gammaln(d / 2) - gammaln((d - 1) / 2)) / math.sqrt(math.pi)
    found = np.empty(max_degree + 1)
    share = 0.5 * float(betainc((d - 1) / 2, 0.5, math.sin(angle) ** 2))
    found[0] = share if angle <= 0.5 * math.pi else 1.0 - share
    if max_degree:
        raised = zonal(d + 2, max_degree - 1, np.array([angle]))[0]
        ring = weight * math.sin(angle) ** (d - 1) / (d - 1)
        found[1:] = multiplicity(d, degrees[1:]) * ring * raised
    return found * np.exp(-blur * degrees * (degrees + d - 2.0))


def poisson_coefficients(dimension: int, max_degree: int, radius: float) -> Array:
    """Coefficients of a smooth bump, Poisson's kernel (1−r²)/(1−2r cos θ+r²)^{d/2} over its top.

    c_ℓ = N(d, ℓ) r^ℓ (1−r)^{d−1}/(1+r), (max_degree + 1,), for 0 ≤ r < 1.
    """
    from kernlab.engine.numerics.sphere import multiplicity

    if not 0.0 <= radius < 1.0:
        raise ValueError(f"radius is {radius!r}; allowed: from 0 to below 1")
    degrees = np.arange(max_degree + 1)
    top = (1.0 + radius) / (1.0 - radius) ** (dimension - 1)
    found: Array = multiplicity(dimension, degrees) * radius**degrees / top
    return found


class Flow(NamedTuple):
    """Gradient flow on n points: `modes` (n, m) @ `learned(speeds)` is learned, `speeds` (m,)."""

    speeds: Array
    modes: Array


def matrix_flow(kernel: ArrayLike, sobolev: ArrayLike, target: ArrayLike) -> Flow:
    """The modes of the flow at n points, for matrices that need not commute.

    With P = R Rᵀ, z = Rᵀ r solves dz/dt = −η RᵀKR z, so that for RᵀKR = U diag(λ) Uᵀ and r = y
    at the start, y − r(t) = K R U diag((1 − e^{−ηλt})/λ) Uᵀ Rᵀ y.

    Args:
        kernel, sobolev: (n, n), symmetric positive semidefinite; divided by n each, the matrices
            of the NTK and of P_s have the time scale of the operators.
        target: (n,), y.

    Returns: modes whose speed is zero to rounding, which are never learned, are left out.
    Raises:
        ValueError: shapes do not fit.
    Cost: two symmetric eigenproblems, 10 n³ each.
    """
    from scipy.linalg import eigh

    K, P = np.asarray(kernel, dtype=np.float64), np.asarray(sobolev, dtype=np.float64)
    y = np.asarray(target, dtype=np.float64)
    if y.ndim != 1 or K.shape != (y.size, y.size) or P.shape != K.shape:
        raise ValueError(
            f"kernel has shape {K.shape}, sobolev {P.shape} and target {y.shape}; allowed: "
            "(n, n), (n, n) and (n,)"
        )
    values, vectors = eigh(P)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    image = K @ root
    speeds, turn = eigh(root.T @ image)
    kept = speeds > y.size * np.finfo(np.float64).eps * speeds[-1]
    start = (turn.T @ (root.T @ y))[kept]
    return Flow(speeds[kept], (image @ turn[:, kept]) * (start / speeds[kept]))
