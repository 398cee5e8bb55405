"""The posterior of one lengthscale in Fourier features: a linear system, solved for any ridge.

With the Gram matrix D G D of the features and the projection D Z'y of the data on them:
mean = phi'(D G D + ridge I)^-1 D Z'y, variance = ridge phi'(D G D + ridge I)^-1 phi.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import blas, eigh, lapack

from kernlab.engine.numerics.fourier import FourierGrid, gram
from kernlab.engine.numerics.weight_space import finite_vector, require_positive

Array = NDArray[np.float64]

_QUERY_WORK = 40_000_000  # queries * modes^2 between two yields


class Posterior(NamedTuple):
    """mean, sd (queries,): of the latent function; error_estimate: (mean, sd), absolute."""

    mean: Array
    sd: Array
    error_estimate: tuple[float, float]


class Evidence(NamedTuple):
    """Each (lengthscales, ridges), or (ridges,) for one lengthscale."""

    log_marginal_likelihood: Array
    gcv: Array
    effective_dof: Array


@dataclass(frozen=True)
class Solution:
    """A factored system L L' = D G D + ridge I; answers any queries."""

    grid: FourierGrid
    factor: Array
    weights: Array
    ridge: float
    relative_error: float

    def posterior(self, features: Array) -> Posterior:
        """mean = phi w; sd^2 = ridge |L^-1 phi|^2, never a difference of large numbers.

        Args: features = grid.features(x_query), (queries, modes); keep it while only the data
            or the ridge change. Cost: queries * modes^2.
        """
        mean = features @ self.weights
        half = blas.dtrsm(1.0, self.factor, features.T, lower=1)
        sd = np.sqrt(self.ridge * np.vecdot(half.T, half.T))
        top = float(np.max(np.abs(mean), initial=0.0))
        return Posterior(mean, sd, (self.relative_error * top, self.relative_error))

    def posterior_steps(self, x_query: Array) -> Generator[float, None, Posterior]:
        """`posterior` at x_query, about 3 ms of queries between two yields (fraction done)."""
        mean, sd = np.empty(x_query.size), np.empty(x_query.size)
        block = max(32, _QUERY_WORK // self.grid.modes**2)
        for start in range(0, x_query.size, block):
            part = slice(start, start + block)
            mean[part], sd[part], _ = self.posterior(self.grid.features(x_query[part]))
            yield min(1.0, (start + block) / x_query.size)
        top = float(np.max(np.abs(mean), initial=0.0))
        return Posterior(mean, sd, (self.relative_error * top, self.relative_error))


@dataclass(frozen=True)
class Spectrum:
    """What a change of the ridge reuses: D G D and D Z'y in the features of one lengthscale.

    sums (2 M + 1, 2): cosine and sine parts of sum exp(i omega_k x), which D G D is made of.
    """

    grid: FourierGrid
    sums: Array
    projection: Array
    n: int
    sum_y2: float

    @property
    def gram(self) -> Array:
        """D G D, (modes, modes), C order, made anew: that is cheaper than to keep or copy it."""
        return gram(self.sums, self.grid)

    def relative_error(self, ridge: float) -> float:
        """Estimate of the float64 error, relative to max |mean| and to sd."""
        return 1e-14 + 3e-16 * self._size / ridge

    @cached_property
    def _size(self) -> float:
        return float(np.linalg.norm(self.gram))

    def solve(self, ridge: float) -> Solution:
        """Factor D G D + ridge I in float64. Cost: modes^3 / 3.

        Beyond float64 (lambda_max / ridge above 1e15) negative eigenvalues count as zero.
        """
        ridge = require_positive("ridge", ridge)
        relative = self.relative_error(ridge)
        # The matrix is symmetric: its transpose is the same one in LAPACK's order.
        system = self.gram.T
        system[np.diag_indices_from(system)] += ridge
        factor, failed = lapack.dpotrf(system, lower=1, overwrite_a=1)
        if not failed:
            weights, _ = lapack.dpotrs(factor, self.projection, lower=1)
            return Solution(self.grid, factor, weights, ridge, relative)
        values, vectors = eigh(self.gram.T, overwrite_a=True, check_finite=False)
        shifted = np.maximum(values, 0.0) + ridge
        weights = vectors @ ((vectors.T @ self.projection) / shifted)
        triangle: Array = np.linalg.qr((vectors * np.sqrt(shifted)).T)[1]
        return Solution(self.grid, np.asfortranarray(triangle.T), weights, ridge, relative)

    def posterior(self, x_query: ArrayLike, ridge: float) -> Posterior:
        """Posterior in float64 at x_query (queries,) in the domain of the grid."""
        return self.solve(ridge).posterior(self.grid.features(finite_vector("x_query", x_query)))

    @cached_property
    def _eigen(self) -> tuple[Array, Array]:
        values, vectors = eigh(self.gram.T, driver="evd", overwrite_a=True, check_finite=False)
        return np.maximum(values, 0.0), np.square(vectors.T @ self.projection)

    @property
    def eigenvalues(self) -> Array:
        """Nonzero eigenvalues of K, descending: min(n, modes) of them."""
        return self._eigen[0][::-1][: min(self.n, self.grid.modes)].copy()

    def evidence(self, ridges: ArrayLike) -> Evidence:
        """Log marginal likelihood, GCV and effective degrees of freedom, (ridges,) each."""
        values, squares = self._eigen
        return evidence_sums(values, squares, self.n, self.sum_y2, ridges)


def evidence_sums(
    values: Array, squares: Array, n: int, sum_y2: float, ridges: ArrayLike
) -> Evidence:
    """Sums over eigenvalues of K and squared projections (u'Z'y)^2 of the data on them.

    y'(K + aI)^-1 y = (y'y - sum s / (v + a)) / a;  RSS = y'y - sum s (v + 2a) / (v + a)^2;
    GCV = (RSS / n) / (1 - df / n)^2.
    """
    alpha = np.asarray(ridges, dtype=np.float64)[:, None]
    shifted = values + alpha
    ridge = alpha[:, 0]
    fit = (sum_y2 - (squares / shifted).sum(axis=1)) / ridge
    log_det = np.log1p(values / alpha).sum(axis=1) + n * np.log(ridge)
    dof = (values / shifted).sum(axis=1)
    residual = np.maximum(sum_y2 - (squares * (values + 2.0 * alpha) / shifted**2).sum(axis=1), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        gcv = residual / n / np.square(1.0 - dof / n)
    return Evidence(-0.5 * (fit + log_det + n * math.log(2.0 * np.pi)), gcv, dof)
