"""Exact Gaussian-kernel Gaussian process on the line, at any n.

Kernel exp(-(x - x')^2 / (2 lengthscale^2)), system K + ridge I, zero prior mean; sd is of the
latent function. K is never formed: on an interval of length L the kernel is a sum over
equispaced frequencies 2 pi k / T, T >= L + 9 lengthscale, to 1e-17, so that the posterior needs
only Fourier sums of the data, which come from condensed moments.
Source: Greengard, Rachh, Barnett, Equispaced Fourier representations for efficient Gaussian
process regression from a billion data points (2022).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh

from kernlab.engine.numerics import extended
from kernlab.engine.numerics.condensation import CHUNK, Bins, Moments, condense
from kernlab.engine.numerics.dense import MAX_DENSE, dense_posterior, kernel
from kernlab.engine.numerics.fourier import (
    DIGITS,
    MAX_MODES,
    WIDEST_BIN,
    FourierGrid,
    bins_needed,
    fourier_grid,
    fourier_sums,
    modes_needed,
    projection,
    split_columns,
)
from kernlab.engine.numerics.spectrum import (
    Evidence,
    Posterior,
    Solution,
    Spectrum,
    evidence_sums,
)
from kernlab.engine.numerics.steps import drain
from kernlab.engine.numerics.weight_space import (
    WeightSpace,
    finite_vector,
    normal_equations,
    require_positive,
)

__all__ = [
    "MAX_DENSE",
    "MAX_MODES",
    "Evidence",
    "FourierGrid",
    "FourierPosterior",
    "Posterior",
    "Solution",
    "Spectrum",
    "bins_needed",
    "condition_number",
    "evidence",
    "feature_posterior",
    "fourier_grid",
    "modes_needed",
    "posterior",
    "starvation_index",
]

Array = NDArray[np.float64]
Features = Callable[[Array], Array]

_MANY_MODES, _SETTLED = 400, 5e-11  # where float64 is good enough to skip double-double
_PRECISE_BIN = 0.1
"""H / lengthscale where double-double follows: 1e-23."""
_PRECISE_DIGITS = 25.0
"""Digits of the kernel there: at 1e-17 the mean would be off by 1e-9 for lambda_max/ridge 3e9."""


class FourierPosterior:
    """Data condensed once; posteriors for any lengthscale and ridge after that.

    Holds moments only, and the two vectors given, in case a short lengthscale needs narrower
    bins than the 1024 of the start. No hidden cache: keep `spectrum(...)` to change the ridge.
    left, right: the domain, measured from `origin`.
    """

    def __init__(self, x: ArrayLike, y: ArrayLike) -> None:
        points, values = _checked_data(x, y)
        low, high = float(points.min()), float(points.max())
        middle = low + 0.5 * (high - low)
        # Far from 0 (dates, say) bins would inherit the coarse spacing of float64 there.
        self.origin = middle if abs(middle) > high - low else 0.0
        points = points - self.origin if self.origin else points
        self._points = points, values
        self.left, self.right = low - self.origin, high - self.origin
        self.moments = _condensed(_first_bins(self.left, self.right), points, values)

    @classmethod
    def from_moments(
        cls, moments: Moments, left: float | None = None, right: float | None = None
    ) -> FourierPosterior:
        """From condensed columns (1, y); left, right: the domain of data and queries."""
        if moments.columns != 2:
            raise ValueError(f"moments of {moments.columns} columns: need (1, y); see combine")
        self = cls.__new__(cls)
        self._points, self.origin = (np.empty(0), np.empty(0)), 0.0
        self.left = moments.bins.left if left is None else left
        self.right = moments.bins.right if right is None else right
        self.moments = moments
        return self

    @property
    def n(self) -> int:
        """Number of points."""
        return self.moments.n

    def grid(
        self, lengthscale: float, span: float | None = None, *, precise: bool = False
    ) -> FourierGrid:
        """The Fourier features for distances up to `span` (default: the domain)."""
        lengthscale = require_positive("lengthscale", lengthscale)
        self._refine(lengthscale)
        grid = fourier_grid(
            self.moments.bins,
            lengthscale,
            self.right - self.left if span is None else span,
            digits=_PRECISE_DIGITS if precise else DIGITS,
            widest_bin=_PRECISE_BIN if precise else WIDEST_BIN,
        )
        return replace(grid, origin=self.origin)

    def _refine(self, lengthscale: float) -> None:
        bins = self.moments.bins
        span = self.right - self.left
        needed = bins_needed(bins.left, bins.right, lengthscale)
        if (
            self._points[0].size
            and bins.count < needed
            and modes_needed(span, lengthscale) <= MAX_MODES
        ):
            self.moments = _condensed(Bins(bins.left, bins.right, needed), *self._points)

    def spectrum(self, lengthscale: float, *, grid: FourierGrid | None = None) -> Spectrum:
        """Fourier sums of the data as a linear system, in float64. Cost: bins and modes^2."""
        grid = self.grid(lengthscale) if grid is None else grid
        coarse = self.moments.coarsen(WIDEST_BIN * grid.lengthscale)
        sums = fourier_sums(coarse, grid)
        weighted = projection(sums, grid) * grid.both_weights
        sum_y2 = float(coarse.products[0])
        return Spectrum(grid, sums[:, 0], weighted, self.n, sum_y2)

    def evidence_row(self, lengthscale: float, ridges: ArrayLike) -> Evidence:
        """Evidence for one lengthscale, (ridges,) each; dense where MAX_MODES is exceeded."""
        x, y = self._points
        if (
            modes_needed(self.right - self.left, lengthscale) > MAX_MODES
            and 0 < x.size <= MAX_DENSE
        ):
            values, vectors = eigh(kernel(x, x, lengthscale), driver="evd", check_finite=False)
            values = np.maximum(values, 0.0)
            squares = values * np.square(vectors.T @ y)
            return evidence_sums(values, squares, self.n, float(y @ y), ridges)
        return self.spectrum(lengthscale).evidence(ridges)

    def posterior(
        self, x_query: ArrayLike, *, lengthscale: float, ridge: float, precise: bool = True
    ) -> Posterior:
        """Posterior at x_query; see `posterior`."""
        steps = self.posterior_steps(x_query, lengthscale=lengthscale, ridge=ridge, precise=precise)
        return drain(steps)

    def posterior_steps(
        self, x_query: ArrayLike, *, lengthscale: float, ridge: float, precise: bool = True
    ) -> Generator[float, None, Posterior]:
        """`posterior` in slices of a few milliseconds: yields the fraction done, returns it."""
        lengthscale = require_positive("lengthscale", lengthscale)
        ridge = require_positive("ridge", ridge)
        query = finite_vector("x_query", x_query)
        place = query - self.origin
        reach = 9.5 * lengthscale if not precise else 11.5 * lengthscale
        inside = (place >= self.left - reach) & (place <= self.right + reach)
        near = place[inside]
        low = min(self.left, float(near.min(initial=self.left)))
        high = max(self.right, float(near.max(initial=self.right)))
        span = max(high - self.left, self.right - low)
        if modes_needed(span, lengthscale) > MAX_MODES and 0 < self._points[0].size <= MAX_DENSE:
            return Posterior(*dense_posterior(*self._points, place, lengthscale, ridge))
        solution = yield from self._solve_steps(lengthscale, ridge, span, precise)
        part = yield from solution.posterior_steps(query[inside])
        mean, sd = np.zeros(query.size), np.ones(query.size)
        mean[inside], sd[inside] = part.mean, part.sd
        return Posterior(mean, sd, part.error_estimate)

    def _solve_steps(
        self, lengthscale: float, ridge: float, span: float, precise: bool
    ) -> Generator[float, None, Solution]:
        """Float64 where that is asked for, or where many modes make it slow and it suffices."""
        many = modes_needed(span, lengthscale) > _MANY_MODES
        if not precise or many:
            spectrum = self.spectrum(lengthscale, grid=self.grid(lengthscale, span))
            yield 0.1
            if not precise or spectrum.relative_error(ridge) <= _SETTLED:
                solution = spectrum.solve(ridge)
                yield 0.2
                return solution
        return (yield from self.solve_steps(lengthscale, ridge, span))

    def solve_steps(
        self, lengthscale: float, ridge: float, span: float | None = None
    ) -> Generator[float, None, Solution]:
        """A factored system in double-double, in slices of a few milliseconds."""
        ridge = require_positive("ridge", ridge)
        grid = self.grid(lengthscale, span, precise=True)
        coarse = self.moments.coarsen(_PRECISE_BIN * lengthscale, extended=True)
        high, low = (split_columns(part, 2) for part in (coarse.high, coarse.low))
        yield 0.1
        high, low = yield from extended.fourier_sums(high, low, grid.length, grid.modes)
        system = np.zeros((grid.modes, grid.modes)), np.zeros((grid.modes, grid.modes))
        columns = [np.ascontiguousarray(part[:, 0]) for part in (high, low)]
        extended.fill_system(system[0], system[1], columns[0], columns[1], grid.weights, ridge)
        ratio = math.sqrt(2.0) * float(np.linalg.norm(system[0])) / ridge
        yield from extended.cholesky(*system)
        weights = [projection(part, grid) for part in (high, low)]
        extended.scale_into(weights[0], weights[1], grid.both_weights)
        extended.cholesky_solve(weights[0], weights[1], system[0], system[1])
        # Rounding the factor costs sqrt(ratio), where rounding the system would cost ratio.
        relative = 1e-13 + 4e-16 * math.sqrt(ratio) + 1e-22 * ratio
        return Solution(grid, np.asfortranarray(system[0]), weights[0], ridge, relative)


def _condensed(bins: Bins, x: Array, y: Array) -> Moments:
    """Moments of (1, y), a chunk at a time."""
    total = Moments.zero(bins, 1)
    for start in range(0, x.size, CHUNK):
        stop = start + CHUNK
        part = condense(bins, x[start:stop], y[start:stop]).moments()
        total = total.plus(part) if start else part
    return total


def _first_bins(left: float, right: float) -> Bins:
    """1024 bins of the hull, widened where it is too short to be divided."""
    least = 1e-9 * (max(abs(left), abs(right)) or 1.0)
    if right - left < least:
        left, right = left - least, right + least
    return Bins(left, right, 1024)


def _checked_data(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    points = np.ascontiguousarray(finite_vector("x", x))
    values = np.ascontiguousarray(finite_vector("y", y))
    if points.size == 0:
        raise ValueError("x is empty: at least one point is needed")
    if values.size != points.size:
        raise ValueError(f"y has {values.size} values: must have as many as x, {points.size}")
    return points, values


def posterior(
    x: ArrayLike,
    y: ArrayLike,
    x_query: ArrayLike,
    *,
    lengthscale: float,
    ridge: float,
    precise: bool = True,
) -> Posterior:
    """Exact posterior of the latent function.

    mean = k'(K + ridge I)^-1 y, sd^2 = k(x, x) - k'(K + ridge I)^-1 k.

    Args:
        x, y: (n,), any order; x_query: (queries,), anywhere on the line.
        lengthscale: in the unit of x; ridge: noise variance, in the unit of y squared.
        precise: sums and factorization in double-double: errors about 1e-16 sqrt(lambda_max /
            ridge); otherwise float64: about 2e-16 lambda_max / ridge.
    Returns: mean and sd (queries,), and estimates of their absolute errors.
    Raises:
        ValueError: on bad arguments, or when more than MAX_MODES Fourier modes are needed
            and n exceeds MAX_DENSE.
    Cost: 40 ns a point, then modes^3 / 3 + queries * modes^2; modes = 2.8 length / lengthscale.
    """
    return FourierPosterior(x, y).posterior(
        x_query, lengthscale=lengthscale, ridge=ridge, precise=precise
    )


def evidence(x: ArrayLike, y: ArrayLike, *, lengthscales: ArrayLike, ridges: ArrayLike) -> Evidence:
    """Log marginal likelihood, GCV and effective degrees of freedom over a grid.

    Args: x, y (n,); lengthscales (a,), ridges (b,): positive.
    Returns: three (a, b) arrays. GCV = (RSS / n) / (1 - df / n)^2, df = tr K (K + ridge I)^-1.
    Cost: one eigendecomposition a lengthscale. For a stream of rows:
    `FourierPosterior(x, y).spectrum(lengthscale).evidence(ridges)`.
    """
    data = FourierPosterior(x, y)
    alphas = np.array(
        [require_positive("ridges", value) for value in finite_vector("ridges", ridges)]
    )
    rows = []
    for value in finite_vector("lengthscales", lengthscales):
        rows.append(data.evidence_row(require_positive("lengthscales", value), alphas))
    empty = np.empty((0, alphas.size))
    return Evidence(*(np.array(part) if rows else empty for part in zip(*rows, strict=True)))


def condition_number(
    x: ArrayLike, *, lengthscale: float, ridge: float, features: Features | None = None
) -> float:
    """(lambda_max + ridge) / (lambda_min + ridge) of K, or of Z'Z where `features` are given.

    lambda_min is 0 to machine precision once n exceeds the number of Fourier modes; below, the
    dense n x n matrix gives it.

    Args: x (n,); features: x -> (n, D), or None for the exact kernel.
    """
    ridge, lengthscale = (
        require_positive("ridge", ridge),
        require_positive("lengthscale", lengthscale),
    )
    points = _checked_data(x, np.zeros(np.size(x)))[0]
    if features is not None:
        values = np.linalg.eigvalsh(normal_equations(features, points, *_unit(points)).gram)
    elif points.size <= min(MAX_DENSE, modes_needed(float(np.ptp(points)), lengthscale)):
        values = np.linalg.eigvalsh(kernel(points, points, lengthscale))
    else:
        spectrum = FourierPosterior(points, np.zeros(points.size)).spectrum(lengthscale)
        values = np.append(spectrum.eigenvalues, 0.0)
    # Eigenvalues that are rounding count as zero.
    noise = values.size * np.finfo(np.float64).eps * float(values.max())
    least = float(values.min()) if float(values.min()) > noise else 0.0
    return (float(values.max()) + ridge) / (least + ridge)


def _unit(x: Array) -> tuple[Array, Array]:
    return np.ones(x.size), np.zeros(x.size)


def feature_posterior(
    x: ArrayLike, y: ArrayLike, x_query: ArrayLike, *, features: Features, ridge: float
) -> Posterior:
    """Posterior of the degenerate kernel features(x) @ features(x'), in weight space.

    mean = phi'(Z'Z + ridge I)^-1 Z'y, sd^2 = ridge phi'(Z'Z + ridge I)^-1 phi.

    Args: x, y (n,); x_query (queries,); features: x -> (n, D), called on slices of x.
    Cost: n D^2 / 2 + D^3.
    """
    points, values = _checked_data(x, y)
    query = finite_vector("x_query", x_query)
    ridge = require_positive("ridge", ridge)
    gram, projection = normal_equations(features, points, np.ones(points.size), values)
    mean, sd = WeightSpace(gram, projection).posterior(features(query), ridge)
    relative = 1e-14 + 4e-16 * float(np.linalg.norm(gram)) / ridge
    return Posterior(mean, sd, (relative * float(np.max(np.abs(mean), initial=0.0)), relative))


def starvation_index(
    x: ArrayLike,
    y: ArrayLike | None,
    gap: tuple[float, float],
    *,
    lengthscale: float,
    ridge: float,
    features: Features,
) -> float:
    """rho_gap = sum of var_features / sum of var_exact on 201 points of the gap; y is ignored.

    1: as uncertain as the exact posterior; near 0: variance starvation.
    """
    left, right = float(gap[0]), float(gap[1])
    if not (math.isfinite(left) and math.isfinite(right) and left < right):
        raise ValueError(f"gap = {gap}: need finite gap[0] < gap[1]")
    query, points = np.linspace(left, right, 201), finite_vector("x", x)
    zero = np.zeros(points.size)
    exact = posterior(points, zero, query, lengthscale=lengthscale, ridge=ridge).sd
    approximate = feature_posterior(points, zero, query, features=features, ridge=ridge).sd
    return float(np.square(approximate).sum() / np.square(exact).sum())
