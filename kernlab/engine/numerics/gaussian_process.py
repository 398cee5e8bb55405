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
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import blas, eigh, lapack

from kernlab.engine.numerics import extended
from kernlab.engine.numerics.condensation import (
    CHUNK,
    ORDER,
    Bins,
    Moments,
    chebyshev_nodes,
    condense,
)
from kernlab.engine.numerics.weight_space import (
    WeightSpace,
    finite_vector,
    normal_equations,
    require_positive,
)

Array = NDArray[np.float64]
Features = Callable[[Array], Array]

MAX_MODES = 4000
"""Fourier features (2 M + 1) beyond which the exact posterior is refused or made dense."""
MAX_DENSE = 4000
"""Points up to which more modes are answered by a dense factorization."""
_WIDEST_BIN = 0.2
"""H / lengthscale at which ORDER moments still leave 1e-18 of a kernel entry."""
_MANY_MODES, _SETTLED = 400, 5e-11  # where float64 is good enough to skip double-double
_QUERY_WORK = 40_000_000  # queries * modes^2 between two yields
_PRECISE_BIN = 0.1
"""The same where double-double follows: 1e-23."""
_PRECISE_DIGITS = 25.0
"""Digits of the kernel there: at 1e-17 the mean would be off by 1e-9 for lambda_max/ridge 3e9."""


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
class FourierGrid:
    """Equispaced Fourier features of the kernel: k(x, x') = features(x) @ features(x').

    `bins` and everything condensed are measured from `origin`.
    """

    lengthscale: float
    bins: Bins
    length: int
    weights: Array
    origin: float = 0.0

    @property
    def period(self) -> float:
        """T, a whole number (`length`) of bins."""
        return 2.0 * self.length * self.bins.half_width

    @property
    def modes(self) -> int:
        """Number of real features, 2 M + 1."""
        return 2 * self.weights.size - 1

    @property
    def both_weights(self) -> Array:
        """Weights of all features, (2 M + 1,): cosines, then sines."""
        return np.concatenate([self.weights, self.weights[1:]])

    def features(self, x: Array) -> Array:
        """(n, 2 M + 1): M + 1 cosines, then M sines, weighted. Cost: n M cosines and sines."""
        centre = 0.5 * (self.bins.left + self.bins.right)
        turns = 2.0 * np.pi * ((np.asarray(x) - self.origin) - centre) / self.period
        phase = np.multiply.outer(turns, np.arange(self.weights.size, dtype=np.float64))
        out = np.empty((turns.size, self.modes))
        np.multiply(np.cos(phase), self.weights, out=out[:, : self.weights.size])
        np.multiply(np.sin(phase[:, 1:]), self.weights[1:], out=out[:, self.weights.size :])
        return out


def fourier_grid(
    bins: Bins,
    lengthscale: float,
    span: float,
    *,
    digits: float = 17.0,
    widest_bin: float = _WIDEST_BIN,
) -> FourierGrid:
    """Frequencies that carry the kernel to 10^-digits over distances up to `span`.

    The bins are merged up to a half-width of widest_bin * lengthscale.

    Raises:
        ValueError: if more than MAX_MODES features or narrower bins are needed.
    """
    needed = modes_needed(span, lengthscale)
    if needed > MAX_MODES:
        raise ValueError(
            f"lengthscale = {lengthscale:.6g}: needs {needed} Fourier modes over a length of "
            f"{span:.6g}, and {MAX_MODES} are allowed; use a longer lengthscale, or at most "
            f"{MAX_DENSE} points"
        )
    coarse = bins.coarser(widest_bin * lengthscale)
    if coarse.half_width > 1.000001 * _WIDEST_BIN * lengthscale:
        raise ValueError(
            f"lengthscale = {lengthscale:.6g}: bins of half-width {bins.half_width:.6g} are too "
            f"wide; use at least {bins_needed(bins.left, bins.right, lengthscale)} bins"
        )
    images, cut = _cutoffs(digits)
    length = math.ceil((span + images * lengthscale) / (2.0 * coarse.half_width))
    length = max(length, coarse.count)
    step = np.pi / (length * coarse.half_width)
    omega = step * np.arange(math.ceil(cut / (lengthscale * step)) + 1)
    square = step * lengthscale / math.sqrt(2.0 * np.pi) * np.exp(-0.5 * (lengthscale * omega) ** 2)
    weights = np.sqrt(square * np.where(omega > 0.0, 2.0, 1.0))
    return FourierGrid(lengthscale, coarse, length, weights)


def _cutoffs(digits: float) -> tuple[float, float]:
    """Distance of the nearest image and highest frequency, in lengthscales and their inverse."""
    edge = math.sqrt(2.0 * digits * math.log(10.0))
    return edge, edge * (1.0 - 0.5 * math.log(edge) / edge**2)


def modes_needed(span: float, lengthscale: float, *, digits: float = 17.0) -> int:
    """Number of Fourier features for distances up to `span` (about 2.8 span / lengthscale)."""
    images, cut = _cutoffs(digits)
    return 2 * math.ceil(cut * (span / lengthscale + images) / (2.0 * np.pi)) + 1


def bins_needed(left: float, right: float, lengthscale: float) -> int:
    """Smallest admissible number of bins of [left, right] for this lengthscale."""
    count = (right - left) / (2.0 * _WIDEST_BIN * lengthscale)
    return 1 << max(0, math.ceil(math.log2(count))) if count > 1.0 else 1


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
        sd = np.sqrt(self.ridge * np.einsum("ij,ij->j", half, half))
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
    """What a change of the ridge reuses: D G D and D Z'y in the features of one lengthscale."""

    grid: FourierGrid
    gram: Array
    projection: Array
    n: int
    sum_y2: float

    def relative_error(self, ridge: float) -> float:
        """Estimate of the float64 error, relative to max |mean| and to sd."""
        return 1e-14 + 3e-16 * float(np.linalg.norm(self.gram)) / ridge

    def solve(self, ridge: float) -> Solution:
        """Factor D G D + ridge I in float64. Cost: modes^3 / 3.

        Beyond float64 (lambda_max / ridge above 1e15) negative eigenvalues count as zero.
        """
        ridge = require_positive("ridge", ridge)
        relative = self.relative_error(ridge)
        # The matrix is symmetric: its transpose is the same one in LAPACK's order.
        system = self.gram.T.copy(order="F")
        system[np.diag_indices_from(system)] += ridge
        factor, failed = lapack.dpotrf(system, lower=1, overwrite_a=1)
        if not failed:
            weights, _ = lapack.dpotrs(factor, self.projection, lower=1)
            return Solution(self.grid, factor, weights, ridge, relative)
        values, vectors = eigh(self.gram, check_finite=False)
        shifted = np.maximum(values, 0.0) + ridge
        weights = vectors @ ((vectors.T @ self.projection) / shifted)
        triangle: Array = np.linalg.qr((vectors * np.sqrt(shifted)).T)[1]
        return Solution(self.grid, np.asfortranarray(triangle.T), weights, ridge, relative)

    def posterior(self, x_query: ArrayLike, ridge: float) -> Posterior:
        """Posterior in float64 at x_query (queries,) in the domain of the grid."""
        return self.solve(ridge).posterior(self.grid.features(finite_vector("x_query", x_query)))

    @cached_property
    def _eigen(self) -> tuple[Array, Array]:
        values, vectors = eigh(self.gram, driver="evd", check_finite=False)
        return np.maximum(values, 0.0), np.square(vectors.T @ self.projection)

    @property
    def eigenvalues(self) -> Array:
        """Nonzero eigenvalues of K, descending: min(n, modes) of them."""
        return self._eigen[0][::-1][: min(self.n, self.grid.modes)].copy()

    def evidence(self, ridges: ArrayLike) -> Evidence:
        """Log marginal likelihood, GCV and effective degrees of freedom, (ridges,) each."""
        values, squares = self._eigen
        return _evidence(values, squares, self.n, self.sum_y2, ridges)


def _evidence(values: Array, squares: Array, n: int, sum_y2: float, ridges: ArrayLike) -> Evidence:
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
            digits=_PRECISE_DIGITS if precise else 17.0,
            widest_bin=_PRECISE_BIN if precise else _WIDEST_BIN,
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
        coarse = self.moments.coarsen(_WIDEST_BIN * grid.lengthscale)
        sums = _fourier_sums(coarse, grid)
        projection = _projection(sums, grid) * grid.both_weights
        sum_y2 = float(self.moments.products[0])
        return Spectrum(grid, _gram(sums[:, 0], grid), projection, self.n, sum_y2)

    def evidence_row(self, lengthscale: float, ridges: ArrayLike) -> Evidence:
        """Evidence for one lengthscale, (ridges,) each; dense where MAX_MODES is exceeded."""
        x, y = self._points
        if (
            modes_needed(self.right - self.left, lengthscale) > MAX_MODES
            and 0 < x.size <= MAX_DENSE
        ):
            values, vectors = eigh(_kernel(x, x, lengthscale), driver="evd", check_finite=False)
            values = np.maximum(values, 0.0)
            squares = values * np.square(vectors.T @ y)
            return _evidence(values, squares, self.n, float(y @ y), ridges)
        return self.spectrum(lengthscale).evidence(ridges)

    def posterior(
        self, x_query: ArrayLike, *, lengthscale: float, ridge: float, precise: bool = True
    ) -> Posterior:
        """Posterior at x_query; see `posterior`."""
        steps = self.posterior_steps(x_query, lengthscale=lengthscale, ridge=ridge, precise=precise)
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                result: Posterior = stop.value
                return result

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
            return _dense_posterior(*self._points, place, lengthscale, ridge)
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
        high, low = (_split_columns(part, 2) for part in (coarse.high, coarse.low))
        yield 0.1
        high, low = yield from extended.fourier_sums(high, low, grid.length, grid.modes)
        system = np.zeros((grid.modes, grid.modes)), np.zeros((grid.modes, grid.modes))
        columns = [np.ascontiguousarray(part[:, 0]) for part in (high, low)]
        extended.fill_system(system[0], system[1], columns[0], columns[1], grid.weights, ridge)
        ratio = math.sqrt(2.0) * float(np.linalg.norm(system[0])) / ridge
        yield from extended.cholesky(*system)
        weights = [_projection(part, grid) for part in (high, low)]
        extended.scale_into(weights[0], weights[1], grid.both_weights)
        extended.cholesky_solve(weights[0], weights[1], system[0], system[1])
        # Rounding the factor costs sqrt(ratio), where rounding the system would cost ratio.
        relative = 1e-13 + 4e-16 * math.sqrt(ratio) + 1e-22 * ratio
        return Solution(grid, np.asfortranarray(system[0]), weights[0], ridge, relative)


def _split_columns(moments: Array, columns: int) -> Array:
    """(bins, columns, p), contiguous, from the rows of `Moments`."""
    rows = np.ascontiguousarray(moments[:, : columns * ORDER])
    return rows.reshape(-1, columns, ORDER)


def _projection(sums: Array, grid: FourierGrid) -> Array:
    """Z'y, unweighted, from Fourier sums (frequencies, columns, 2)."""
    m = grid.weights.size
    return np.concatenate([sums[:m, 1, 0], sums[1:m, 1, 1]])


def _fourier_sums(coarse: Moments, grid: FourierGrid) -> Array:
    """Fourier sums (2 M + 1, columns, 2) in float64, by ORDER short transforms over the bins.

    Inside a bin exp(i omega H t) is replaced by its Chebyshev interpolant in t.
    """
    k, length, columns = np.arange(grid.modes), grid.length, coarse.columns
    rows = _split_columns(coarse.high + coarse.low, columns)
    folded = np.conj(np.fft.rfft(rows, n=length, axis=0))
    residue = k % length
    mirrored = residue > length // 2
    transform = folded[np.where(mirrored, length - residue, residue)]
    np.conj(transform, out=transform, where=mirrored[:, None, None])
    points, to_coefficients = chebyshev_nodes()
    factors = np.exp(1j * np.pi / length * np.multiply.outer(k, points)) @ to_coefficients.T
    # The phase index is reduced exactly, so that high frequencies lose no digits.
    angle = np.pi / length * ((k * (coarse.bins.count - 1)) % (2 * length))
    sums = np.einsum("kvj,kj->kv", transform, factors) * np.exp(-1j * angle)[:, None]
    return np.stack([sums.real, sums.imag], axis=-1)


def _gram(sums: Array, grid: FourierGrid) -> Array:
    """D G D from c_k = sum exp(i omega_k x), (2 M + 1, 2): Toeplitz plus and minus Hankel."""
    m = grid.weights.size
    cosine, sine = 0.5 * sums[:, 0], 0.5 * sums[:, 1]
    near = sliding_window_view(np.concatenate([cosine[m - 1 : 0 : -1], cosine[:m]]), m)[::-1]
    far = sliding_window_view(cosine, m)
    # Row j, column k: sine of (j - k), odd.
    odd = sliding_window_view(np.concatenate([sine[m - 1 : 0 : -1], -sine[:m]]), m)[::-1]
    mixed = sliding_window_view(sine, m)
    gram = np.empty((grid.modes, grid.modes))
    np.add(near, far, out=gram[:m, :m])
    np.subtract(near[1:, 1:], far[1:, 1:], out=gram[m:, m:])
    np.add(odd[1:], mixed[1:], out=gram[m:, :m])
    gram[:m, m:] = gram[m:, :m].T
    gram *= grid.both_weights[:, None]
    gram *= grid.both_weights
    return gram


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


def _dense_posterior(
    x: Array, y: Array, query: Array, lengthscale: float, ridge: float
) -> Posterior:
    """Cholesky of K + ridge I itself; float64 whatever was asked for."""
    system = np.asfortranarray(_kernel(x, x, lengthscale))
    ratio = float(np.linalg.norm(system)) / ridge
    system[np.diag_indices_from(system)] += ridge
    factor, failed = lapack.dpotrf(system, lower=1, overwrite_a=1)
    if failed:
        raise ValueError(f"ridge = {ridge:.6g}: K + ridge I is singular in float64; raise it")
    dual, _ = lapack.dpotrs(factor, y, lower=1)
    cross = _kernel(query, x, lengthscale)
    half = blas.dtrsm(1.0, factor, cross.T, lower=1)
    mean = cross @ dual
    variance = 1.0 - np.einsum("ij,ij->j", half, half)
    relative = 1e-14 + 2e-16 * ratio
    error = relative * float(np.max(np.abs(mean), initial=0.0))
    return Posterior(mean, np.sqrt(np.maximum(variance, 0.0)), (error, math.sqrt(relative)))


def _kernel(a: Array, b: Array, lengthscale: float) -> Array:
    return np.exp(-0.5 * np.square(np.subtract.outer(a, b) / lengthscale))


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
        values = np.linalg.eigvalsh(_kernel(points, points, lengthscale))
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
