"""Bayesian linear regression on features, from sums over weighted nodes.

With features φ of length D, the prior f(x) = φ(x)·θ, θ ~ N(0, I), and observations whose
noise variance is the ridge α, the posterior needs only the Gram matrix ZᵀZ = Σ φ(xᵢ)φ(xᵢ)ᵀ
and the projection Zᵀy = Σ yᵢ φ(xᵢ). Both are sums over the data, so any quadrature that
reproduces Σ g(xᵢ) and Σ yᵢ g(xᵢ) stands for the data: here, nodes with weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
FeatureMap = Callable[[FloatArray], FloatArray]

_SLICE_ENTRIES = 65536  # a slice of features (512 KiB) that stays in the second-level cache
_SLICE_ROWS = 256  # below this the matrix product no longer runs at full speed


class NormalEquations(NamedTuple):
    """ZᵀZ, shape (D, D), and Zᵀy, shape (D,)."""

    gram: FloatArray
    projection: FloatArray


class LatentPosterior(NamedTuple):
    """Posterior mean and standard deviation of the latent function, shape (p,) each."""

    mean: FloatArray
    sd: FloatArray


def require_positive(name: str, value: float) -> float:
    """Return `value` as a float if it is a finite number above zero.

    Raises:
        ValueError: naming the argument and its value.
    """
    number = float(value)
    if not (math.isfinite(number) and number > 0.0):
        raise ValueError(f"{name} = {value!r}: must be a finite number above 0")
    return number


def require_count(name: str, value: int) -> int:
    """Return `value` as an int if it is an integer of at least 1.

    Raises:
        ValueError: naming the argument and its value.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} = {value!r}: must be an integer of at least 1")
    return int(value)


def finite_vector(name: str, values: npt.ArrayLike, length: int | None = None) -> FloatArray:
    """Return `values` as a float64 array of shape (q,) if it is finite (and has `length`).

    Raises:
        ValueError: naming the argument and what it was.
    """
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1:
        raise ValueError(f"{name} has shape {vector.shape}: must be one-dimensional")
    if length is not None and vector.size != length:
        raise ValueError(f"{name} has length {vector.size}: must be {length}, one entry a node")
    if not np.isfinite(vector).all():
        count = int(np.count_nonzero(~np.isfinite(vector)))
        raise ValueError(f"{name} holds {count} entries that are nan or infinite: must be finite")
    return vector


def normal_equations(
    features: FeatureMap,
    x: npt.ArrayLike,
    weight: npt.ArrayLike,
    weighted_y: npt.ArrayLike,
) -> NormalEquations:
    """Sum the normal equations of the features over weighted nodes.

    ZᵀZ = Σ_q weight_q φ(x_q) φ(x_q)ᵀ and Zᵀy = Σ_q weighted_y_q φ(x_q).

    Args:
        features: maps nodes (q,) to features (q, D), float64.
        x: nodes, shape (q,).
        weight: how many data points each node stands for, shape (q,); ones for raw data.
            Interpolation may make some slightly negative.
        weighted_y: the sum of their y, shape (q,); y itself for raw data.

    Returns:
        The Gram matrix (D, D), exactly symmetric, and the projection (D,).

    Raises:
        ValueError: if an array is not one-dimensional, not finite, or of another length.

    Cost: q·D² multiplications (twice that with negative weights); memory O(D²) beside a slice.
    """
    *_, (_, equations) = normal_equations_in_slices(features, x, weight, weighted_y)
    return equations


def normal_equations_in_slices(
    features: FeatureMap,
    x: npt.ArrayLike,
    weight: npt.ArrayLike,
    weighted_y: npt.ArrayLike,
) -> Iterator[tuple[float, NormalEquations]]:
    """Do as `normal_equations` does, a few milliseconds at a time.

    Yields:
        The fraction done in (0, 1] and the sums so far. The arrays are the running sums
        themselves: copy them to keep an intermediate state.
    """
    nodes = finite_vector("x", x)
    counts = finite_vector("weight", weight, nodes.size)
    sums = finite_vector("weighted_y", weighted_y, nodes.size)
    if nodes.size == 0:
        raise ValueError("x is empty: at least one node is needed")
    width = _checked_features(features, nodes[:1]).shape[1]
    rows = max(_SLICE_ROWS, _SLICE_ENTRIES // max(width, 1))
    gram, projection = np.zeros((width, width)), np.zeros(width)
    for start in range(0, nodes.size, rows):
        part = slice(start, start + rows)
        phi = _checked_features(features, nodes[part])
        projection += sums[part] @ phi
        gram += _weighted_gram(phi, counts[part])
        yield min(1.0, (start + rows) / nodes.size), NormalEquations(gram, projection)


def _checked_features(features: FeatureMap, nodes: FloatArray) -> FloatArray:
    phi = features(nodes)
    if phi.ndim != 2 or phi.shape[0] != nodes.size:
        raise ValueError(
            f"features(x) has shape {phi.shape} for {nodes.size} nodes: "
            f"must be ({nodes.size}, D), one row a node"
        )
    return phi


def _weighted_gram(phi: FloatArray, weight: FloatArray) -> FloatArray:
    # A product of a matrix with its own transpose costs half of a general one, but needs the
    # square root of the weights: only where none is negative.
    if weight.min() >= 0.0:
        scaled = phi * np.sqrt(weight)[:, None]
        gram: FloatArray = scaled.T @ scaled
        return gram
    product = (phi * weight[:, None]).T @ phi
    return 0.5 * (product + product.T)


class WeightSpace:
    """The posterior of f(x) = φ(x)·θ for every ridge, from one eigendecomposition of ZᵀZ.

    The decomposition is made at the first use; a change of the ridge then costs one product.
    Eigenvalues that rounding has made negative count as zero, so a singular ZᵀZ (repeated
    features, fewer nodes than features) is as good as any other.

    Args:
        gram: ZᵀZ, shape (D, D), symmetric.
        projection: Zᵀy, shape (D,).

    Raises:
        ValueError: if the shapes do not fit or an entry is not finite.

    Cost: 0.1 ms at D = 50, 0.16 s at D = 1000 (one thread).
    """

    def __init__(self, gram: npt.ArrayLike, projection: npt.ArrayLike) -> None:
        matrix = np.asarray(gram, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
            raise ValueError(f"gram has shape {matrix.shape}: must be square and not empty")
        if not np.isfinite(matrix).all():
            raise ValueError("gram holds entries that are nan or infinite: must be finite")
        self.gram = matrix
        self.projection = finite_vector("projection", projection, matrix.shape[0])

    @cached_property
    def _spectrum(self) -> tuple[FloatArray, FloatArray]:
        eigenvalues, vectors = np.linalg.eigh(self.gram)
        return np.maximum(eigenvalues, 0.0), vectors

    def posterior(self, phi_query: npt.ArrayLike, ridge: float) -> LatentPosterior:
        """Predict the latent function at query points, given their features.

        mean = φᵀ(ZᵀZ + αI)⁻¹Zᵀy and sd = √(α φᵀ(ZᵀZ + αI)⁻¹φ), never a difference of
        large numbers.

        Args:
            phi_query: features of the query points, shape (p, D).
            ridge: α > 0, the variance of the noise.

        Returns:
            Mean and standard deviation (without the noise), shape (p,) each.

        Raises:
            ValueError: if the ridge is not positive or the features have another width.

        Cost: p·D² multiplications. Error: relative, about `rounding_error(ridge)`.
        """
        alpha = require_positive("ridge", ridge)
        phi = np.asarray(phi_query, dtype=np.float64)
        width = self.projection.size
        if phi.ndim != 2 or phi.shape[1] != width:
            raise ValueError(f"phi_query has shape {phi.shape}: must be (p, {width})")
        eigenvalues, vectors = self._spectrum
        rotated = phi @ vectors
        shrinkage = 1.0 / (eigenvalues + alpha)
        mean = rotated @ (shrinkage * (self.projection @ vectors))
        rotated *= rotated
        return LatentPosterior(mean, np.sqrt(rotated @ (alpha * shrinkage)))

    def eigenvalues(self) -> FloatArray:
        """Eigenvalues of ZᵀZ, shape (D,), descending, at least 0.

        Those below D·ε times the largest (ε = 2.2e-16) are rounding, not measurements.
        """
        return self._spectrum[0][::-1].copy()

    def condition(self, ridge: float) -> float:
        """Condition number of the system solved, (λ_max + α)/(λ_min + α), in the 2-norm."""
        alpha = require_positive("ridge", ridge)
        eigenvalues = self._spectrum[0]
        return float((eigenvalues[-1] + alpha) / (eigenvalues[0] + alpha))

    def effective_dof(self, ridge: float) -> float:
        """Effective degrees of freedom, tr (ZᵀZ + αI)⁻¹ZᵀZ = Σ λ/(λ + α)."""
        alpha = require_positive("ridge", ridge)
        eigenvalues = self._spectrum[0]
        return float(np.sum(eigenvalues / (eigenvalues + alpha)))

    def rounding_error(self, ridge: float) -> float:
        """Estimate of the relative rounding error of the posterior, ε·λ_max/α; not a bound."""
        alpha = require_positive("ridge", ridge)
        return float(np.finfo(np.float64).eps * (self._spectrum[0][-1] / alpha + 1.0))


def starvation(sd_approx: npt.ArrayLike, sd_exact: npt.ArrayLike) -> float:
    """Share of the exact posterior variance that an approximation keeps.

    ρ = Σ sd_approx² / Σ sd_exact² over the points of a gap: 1 for a faithful method, towards 0
    for one that is sure of what it has never seen (variance starvation).

    Args:
        sd_approx: standard deviations of the approximation, shape (p,).
        sd_exact: those of the exact posterior at the same points, shape (p,).

    Returns:
        ρ ≥ 0, no unit.

    Raises:
        ValueError: if the shapes differ, an entry is not finite, or every exact sd is 0.
    """
    exact = finite_vector("sd_exact", sd_exact)
    approx = finite_vector("sd_approx", sd_approx, exact.size)
    total = float(exact @ exact)
    if total == 0.0:
        raise ValueError("sd_exact is zero at every point: choose points with some uncertainty")
    return float(approx @ approx) / total
