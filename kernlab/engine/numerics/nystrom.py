"""Nyström approximation of the Gaussian kernel in one dimension.

From landmarks z, k(x, x') becomes k(x, z) K_zz⁺ k(z, x'), an inner product of the whitened
features φ(x) = Λ^{-1/2} Uᵀ k(z, x) with K_zz = U Λ Uᵀ. So the subset-of-regressors posterior
is `weight_space` on these features, at the conditioning of ZᵀZ + αI rather than of K_zz. The
DTC variance adds back what the landmarks do not see: 1 - |φ(x)|².

Landmarks are chosen among candidates with counts: a few thousand cells of a histogram
stand for any number of points, or the points themselves with counts of 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.features import Rng
from kernlab.engine.numerics.weight_space import (
    FloatArray,
    WeightSpace,
    finite_vector,
    normal_equations,
    require_count,
    require_positive,
)

METHODS = ("uniform", "kmeans", "cholesky")

# Of the largest eigenvalue of K_zz. The mean between landmarks suffers like the square root
# of what is cut, so cut as little as rounding allows; at 2e-16 noise enters the features.
RELATIVE_CUT = 2e-15
_RESIDUAL_CUT = 1e-13  # share of the trace at which the kernel's numerical rank is exhausted
_RESIDUAL_FLOOR = 1e-15  # a residual below this is rounding: never a pivot
_LLOYD_STEPS = 100


class NystromPosterior(NamedTuple):
    """Mean and two standard deviations of the latent function, shape (p,) each."""

    mean: FloatArray
    sd_sor: FloatArray
    sd_dtc: FloatArray


@dataclass(frozen=True)
class NystromFeatures:
    """The whitened feature map x (q,) → φ(x) (q, r) of `nystrom_features`.

    Attributes:
        landmarks: shape (k,), in the unit of x.
        whitening: U Λ^{-1/2}, shape (k, r), r the rank kept.
        lengthscale: of the kernel, in the unit of x.
    """

    landmarks: FloatArray
    whitening: FloatArray
    lengthscale: float

    def __call__(self, x: FloatArray) -> FloatArray:
        """Features φ(x) = k(x, z) U Λ^{-1/2}, shape (q, r). Cost: q·k exponentials, q·k·r."""
        return _kernel(x, self.landmarks, self.lengthscale) @ self.whitening


def _kernel(x: FloatArray, z: FloatArray, lengthscale: float) -> FloatArray:
    scaled = np.subtract.outer(x / lengthscale, z / lengthscale)
    scaled *= scaled
    scaled *= -0.5
    return np.asarray(np.exp(scaled, out=scaled))


def nystrom_features(
    landmarks: npt.ArrayLike, lengthscale: float, *, relative_cut: float = RELATIVE_CUT
) -> NystromFeatures:
    """Whitened Nyström features of the Gaussian kernel.

    φ(x)·φ(x') = Σ_j (k(x, z) u_j)(u_j k(z, x'))/λ_j over the eigenvalues λ_j of K_zz above
    relative_cut·λ_max. Landmarks that nearly coincide add nothing and do no harm.

    Args:
        landmarks: shape (k,), k at least 1, in the unit of x.
        lengthscale: above 0, in the unit of x.
        relative_cut: in (0, 1).

    Returns:
        The feature map; `whitening.shape[1]` is the rank kept, at most k.

    Raises:
        ValueError: if there is no landmark, or an argument is out of range.

    Cost: an eigendecomposition of size k. Error: with every point as a landmark, posterior
    means within about 1e-7 and deviations within 1e-8 of the exact ones (ridge 0.01).
    """
    z = finite_vector("landmarks", landmarks)
    scale = require_positive("lengthscale", lengthscale)
    if z.size == 0:
        raise ValueError("landmarks is empty: at least one is needed")
    if not 0.0 < relative_cut < 1.0:
        raise ValueError(f"relative_cut = {relative_cut!r}: must be between 0 and 1")
    eigenvalues, vectors = np.linalg.eigh(_kernel(z, z, scale))
    kept = eigenvalues > relative_cut * eigenvalues[-1]
    whitening = vectors[:, kept] / np.sqrt(eigenvalues[kept])
    return NystromFeatures(z, whitening, scale)


def nystrom_posterior(
    landmarks: npt.ArrayLike,
    x: npt.ArrayLike,
    weight: npt.ArrayLike,
    weighted_y: npt.ArrayLike,
    x_query: npt.ArrayLike,
    lengthscale: float,
    ridge: float,
) -> NystromPosterior:
    """Posterior of the Nyström approximation, with the SoR and the DTC variance.

    With A = ZᵀZ + αI in whitened features: mean = φᵀA⁻¹Zᵀy, var_SoR = α φᵀA⁻¹φ and
    var_DTC = var_SoR + 1 - |φ|².

    Args:
        landmarks: shape (k,), in the unit of x.
        x, weight, weighted_y: nodes that stand for the data, shape (q,) each, as in
            `weight_space.normal_equations`.
        x_query: shape (p,).
        lengthscale: above 0, in the unit of x.
        ridge: α > 0, the variance of the noise.

    Returns:
        Mean, sd_sor and sd_dtc, shape (p,) each; sd_sor ≤ sd_dtc ≤ 1 (to rounding).

    Raises:
        ValueError: if an argument is out of range.

    Cost: (q + p)·k·(r + exponential) + q·r² + r³. Eigenvalues and the condition number of the
    system: `nystrom_posterior_in_space`, which takes features and a `WeightSpace`.
    """
    features = nystrom_features(landmarks, lengthscale)
    space = WeightSpace(*normal_equations(features, x, weight, weighted_y))
    return nystrom_posterior_in_space(features, space, x_query, ridge)


def nystrom_posterior_in_space(
    features: NystromFeatures, space: WeightSpace, x_query: npt.ArrayLike, ridge: float
) -> NystromPosterior:
    """Do the last step of `nystrom_posterior`, all that a change of the ridge repeats.

    Args:
        features: of `nystrom_features`.
        space: `WeightSpace` of the normal equations of these features; it also has the
            eigenvalues and the condition number of the system that is solved.
        x_query: shape (p,).
        ridge: α > 0.

    Raises:
        ValueError: if the ridge is not positive or the space is of other features.
    """
    phi = features(finite_vector("x_query", x_query))
    mean, sd_sor = space.posterior(phi, ridge)
    unseen = np.maximum(1.0 - np.einsum("pr,pr->p", phi, phi), 0.0)
    return NystromPosterior(mean, sd_sor, np.sqrt(sd_sor**2 + unseen))


def choose_landmarks(
    candidates: npt.ArrayLike,
    counts: npt.ArrayLike,
    rank: int,
    lengthscale: float,
    *,
    method: str,
    rng: Rng,
) -> FloatArray:
    """Choose landmarks for points that are given as candidates with counts.

    Args:
        candidates: shape (c,), in the unit of x.
        counts: at least 0, shape (c,); how many points each candidate stands for.
        rank: number of landmarks asked for, between 1 and the candidates with a count.
        lengthscale: of the kernel; only "cholesky" looks at it.
        method: "uniform": points at random, each with the same chance, no candidate twice;
            "kmeans": the centres of Lloyd's algorithm from a k-means++ start; "cholesky":
            pivots of the randomly pivoted Cholesky factorization of the kernel matrix.
        rng: a generator, or an int that seeds one.

    Returns:
        Landmarks, sorted, shape (k,). k = rank; less for "cholesky" once the trace of the
        residual is 1e-13 of the kernel's (fewer span it), and for "kmeans" if fewer differ.

    Raises:
        ValueError: if an argument is out of range.

    Cost: c log c; kmeans c·rank + up to 100·(c + rank·log c); cholesky c·rank².
    Source: Chen, Epperly, Tropp and Webber 2023 (randomly pivoted Cholesky).
    """
    x, weight = _used_candidates(candidates, counts, rank)
    scale = require_positive("lengthscale", lengthscale)
    generator = np.random.default_rng(rng)
    if method == "uniform":
        chosen = generator.choice(x, size=rank, replace=False, p=weight / weight.sum())
    elif method == "kmeans":
        chosen = _lloyd(x, weight, _spread_start(x, weight, rank, generator))
    elif method == "cholesky":
        chosen = x[_random_pivots(x, weight, rank, scale, generator)]
    else:
        raise ValueError(f"method = {method!r}: must be one of {', '.join(METHODS)}")
    return np.sort(chosen)


def _used_candidates(
    candidates: npt.ArrayLike, counts: npt.ArrayLike, rank: int
) -> tuple[FloatArray, FloatArray]:
    x = finite_vector("candidates", candidates)
    weight = finite_vector("counts", counts, x.size)
    if (weight < 0.0).any():
        raise ValueError(f"counts hold {float(weight.min())}: must be at least 0")
    x, weight = x[weight > 0.0], weight[weight > 0.0]
    if require_count("rank", rank) > x.size:
        raise ValueError(f"rank = {rank}: must be at most {x.size}, the candidates with a count")
    return x, weight


def _pick(weight: FloatArray, generator: np.random.Generator) -> int:
    cumulative = np.cumsum(weight)
    index = int(np.searchsorted(cumulative, generator.random() * cumulative[-1], side="right"))
    return min(index, weight.size - 1)


def _spread_start(
    x: FloatArray, weight: FloatArray, rank: int, generator: np.random.Generator
) -> FloatArray:
    # k-means++ (Arthur and Vassilvitskii 2007): in proportion to the squared distance.
    centres = np.empty(rank)
    nearest = np.full(x.size, np.inf)
    chance = weight
    for index in range(rank):
        centres[index] = x[_pick(chance, generator)]
        np.minimum(nearest, (x - centres[index]) ** 2, out=nearest)
        chance = weight * nearest
        if not chance.any():  # fewer distinct candidates than landmarks
            return centres[: index + 1]
    return centres


def _lloyd(x: FloatArray, weight: FloatArray, centres: FloatArray) -> FloatArray:
    """Weighted k-means in one dimension, to a fixed point or for 100 steps.

    Clusters of sorted points are intervals, so a step needs two cumulative sums, made once.
    """
    order = np.argsort(x)
    x, weight = x[order], weight[order]
    mass = np.concatenate([[0.0], np.cumsum(weight)])
    moment = np.concatenate([[0.0], np.cumsum(weight * x)])
    centres = np.sort(centres)
    edges = np.empty(0, dtype=np.intp)
    for _ in range(_LLOYD_STEPS):
        borders = np.searchsorted(x, 0.5 * (centres[1:] + centres[:-1]))
        if np.array_equal(borders, edges):
            break
        edges = borders
        bounds = np.concatenate([[0], edges, [x.size]])
        inside = np.diff(mass[bounds])
        filled = inside > 0.0  # an empty cluster keeps its centre
        mean = np.diff(moment[bounds])[filled] / inside[filled]
        centres[filled] = np.clip(mean, x[bounds[:-1][filled]], x[bounds[1:][filled] - 1])
    return centres


def _random_pivots(
    x: FloatArray, weight: FloatArray, rank: int, lengthscale: float, generator: np.random.Generator
) -> list[int]:
    """Pivots of the randomly pivoted Cholesky factorization, one point after another.

    A pivot is drawn in proportion to the diagonal of the residual kernel. All points of a
    candidate share their residual, so a candidate is drawn in proportion to count × residual.
    """
    residual = np.ones(x.size)
    factor = np.empty((rank, x.size))
    floor = _RESIDUAL_CUT * float(weight.sum())
    pivots: list[int] = []
    for step in range(rank):
        chance = weight * residual
        if chance.sum() <= floor:
            break
        pivot = _pick(chance, generator)
        column = _kernel(x, x[pivot : pivot + 1], lengthscale)[:, 0]
        column -= factor[:step, pivot] @ factor[:step]
        factor[step] = column / np.sqrt(residual[pivot])
        residual -= factor[step] ** 2
        residual[residual < _RESIDUAL_FLOOR] = 0.0
        residual[pivot] = 0.0
        pivots.append(pivot)
    return pivots
