"""Funk–Hecke eigenvalues by Gauss–Legendre quadrature in ball arithmetic: the independent check.

μ_ℓ = ∫₀^π T(cos θ) P_ℓ(cos θ) sin^{d−2} θ dθ / ∫₀^π sin^{d−2} θ dθ; T is analytic in θ on [0, π],
where it is not in u = cos θ. What float64 loses to cancellation (8e-5 of μ_200 at d = 10), a few
hundred bits do not. The tables under `resources/ntk` were made with it. ReLU and |·|, no bias.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from flint import arb

from kernlab.engine.numerics.balls import precision

_EDGES = (0.0, 0.05, 0.2, 0.6, 1.2, 1.9, 2.6)  # of the panels, and π; T bends near θ = 0 only
_BITS = 320


def ball_eigenvalues(
    depth: int,
    dimensions: tuple[int, ...],
    max_degree: int,
    activation: str,
    *,
    points: int = 64,
    bits: int = _BITS,
) -> Iterator[dict[int, list[Any]]]:
    """Balls around μ_0 to μ_{ℓ_max} for each dimension, a panel at a time.

    Args:
        depth: L ≥ 2.
        dimensions: each d ≥ 2.
        max_degree: up to about 2·points: a panel has to resolve cos ℓθ.
        activation: "relu" or "abs".
        points: nodes a panel; the balls hold rounding, not truncation: compare two numbers.
        bits: of the arithmetic.

    Yields: the sums so far, dimension to a list of balls; the last ones are the eigenvalues.
    Cost: 7·points values of the kernel, 20 µs a layer each, and as many times ℓ_max steps of the
        recurrence, 1 µs each.
    """
    with precision(bits):
        edges = [arb(edge) for edge in _EDGES] + [arb.pi()]
        rule = [arb.legendre_p_root(points, k, weight=True) for k in range(points)]
        total = {d: [arb(0)] * (max_degree + 1) for d in dimensions}
        area = {d: _area(d) for d in dimensions}
    for low, high in itertools.pairwise(edges):
        with precision(bits):
            for node, weight in rule:
                angle = (low + high) / 2 + (high - low) / 2 * node
                value = kernel_ball(angle, depth, activation) * weight * (high - low) / 2
                sine, cosine = angle.sin(), angle.cos()
                for d in dimensions:
                    scaled = value * sine ** (d - 2) / area[d]
                    for ell, polynomial in enumerate(_gegenbauer(cosine, d, max_degree)):
                        total[d][ell] += scaled * polynomial
        yield total


def kernel_ball(angle: Any, depth: int, activation: str) -> Any:
    """T_L(cos θ) without bias, at the precision in force."""
    strength = 1 if activation == "relu" else 2
    covariance = angle.cos()
    tangent = covariance
    for _ in range(depth - 1):
        theta = angle if covariance is tangent else _angle(covariance)
        slope = 1 - strength * theta / arb.pi()
        bent = theta.sin() - theta * theta.cos()
        covariance = theta.cos() + strength * bent / arb.pi()
        tangent = covariance + slope * tangent
    return tangent


def _angle(covariance: Any) -> Any:
    # 2 atan2(√(1 − c), √(1 + c)): a ball around ±1 may reach beyond it.
    up, down = 1 + covariance, 1 - covariance
    return 2 * arb.atan2(abs(down).sqrt(), abs(up).sqrt())


def _gegenbauer(cosine: Any, d: int, max_degree: int) -> Iterator[Any]:
    """P_0 to P_{ℓ_max} at cos θ, P_ℓ(1) = 1."""
    before, now = cosine, arb(1)  # so that the first step gives cos θ for every d
    for ell in range(max_degree + 1):
        yield now
        if ell == 0:
            before, now = now, cosine
        else:
            before, now = now, ((2 * ell + d - 2) * cosine * now - ell * before) / (ell + d - 2)


def _area(d: int) -> Any:
    """∫₀^π sin^{d−2} θ dθ = √π Γ((d−1)/2)/Γ(d/2)."""
    return arb.pi().sqrt() * (arb(d - 1) / 2).gamma() / (arb(d) / 2).gamma()
