"""Equispaced Fourier features of the Gaussian kernel, and Fourier sums of condensed data.

exp(-(x - x')^2 / (2 lengthscale^2)) is a sum of cosines at the frequencies omega_k = 2 pi k / T:
to 1e-17 for |x - x'| up to T - 9 lengthscale. In these features the Gram matrix of n points
holds only sums exp(i omega_k x) over the points, k <= 2 M, so that n vanishes.
Source: Greengard, Rachh, Barnett, Equispaced Fourier representations for efficient Gaussian
process regression from a billion data points (2022).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit, types
from numpy.typing import ArrayLike, NDArray
from scipy.fft import next_fast_len, rfft

from kernlab.engine.numerics.condensation import ORDER, Bins, Moments, chebyshev_nodes
from kernlab.engine.numerics.dense import MAX_DENSE

Array = NDArray[np.float64]

MAX_MODES = 4000
"""Fourier features (2 M + 1) beyond which the exact posterior is refused or made dense."""
WIDEST_BIN = 0.2
"""H / lengthscale at which ORDER moments still leave 1e-18 of a kernel entry."""
DIGITS = 17.0
"""Digits of the kernel where float64 follows."""

_vector = types.Array(types.float64, 1, "C")
_matrix = types.Array(types.float64, 2, "C")
_cube = types.Array(types.float64, 3, "C")
_read_vector = types.Array(types.float64, 1, "C", readonly=True)
_read_matrix = types.Array(types.float64, 2, "C", readonly=True)
_read_transform = types.Array(types.complex128, 2, "C", readonly=True)


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

    def features(self, x: ArrayLike) -> Array:
        """(n, 2 M + 1): M + 1 cosines, then M sines, weighted. Cost: n M complex products."""
        centre = 0.5 * (self.bins.left + self.bins.right)
        turns = 2.0 * np.pi * ((np.asarray(x) - self.origin) - centre) / self.period
        out = np.empty((turns.size, self.modes))
        _fill_features(np.ascontiguousarray(turns), self.weights, out)
        return out


@njit(types.void(_read_vector, _read_vector, _matrix), nogil=True, cache=True)
def _fill_features(turns, weights, out):  # type: ignore[no-untyped-def]
    # exp(i k t) = exp(i a t) exp(i s b t) with k = a + s b, s about sqrt(M): 2 sqrt(M) cosines
    # and sines a point instead of M, and only one product, so that no rounding piles up.
    modes = weights.size
    step = math.ceil(math.sqrt(modes))
    cosine, sine = np.empty(step), np.empty(step)
    for i in range(turns.size):
        for a in range(step):
            cosine[a], sine[a] = math.cos(a * turns[i]), math.sin(a * turns[i])
        for start in range(0, modes, step):
            c, s = math.cos(start * turns[i]), math.sin(start * turns[i])
            for a in range(min(step, modes - start)):
                out[i, start + a] = weights[start + a] * (c * cosine[a] - s * sine[a])
            skipped = 1 if start == 0 else 0  # there is no sine of frequency 0
            for a in range(skipped, min(step, modes - start)):
                value = weights[start + a] * (s * cosine[a] + c * sine[a])
                out[i, modes - 1 + start + a] = value


def fourier_grid(
    bins: Bins,
    lengthscale: float,
    span: float,
    *,
    digits: float = DIGITS,
    widest_bin: float = WIDEST_BIN,
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
    if coarse.half_width > 1.000001 * WIDEST_BIN * lengthscale:
        raise ValueError(
            f"lengthscale = {lengthscale:.6g}: bins of half-width {bins.half_width:.6g} are too "
            f"wide; use at least {bins_needed(bins.left, bins.right, lengthscale)} bins"
        )
    images, cut = _cutoffs(digits)
    length = math.ceil((span + images * lengthscale) / (2.0 * coarse.half_width))
    length = max(length, coarse.count)
    if digits <= DIGITS:
        # A prime length would make the transform in float64 eight times slower.
        length = next_fast_len(length)
    step = np.pi / (length * coarse.half_width)
    omega = step * np.arange(math.ceil(cut / (lengthscale * step)) + 1)
    square = step * lengthscale / math.sqrt(2.0 * np.pi) * np.exp(-0.5 * (lengthscale * omega) ** 2)
    weights = np.sqrt(square * np.where(omega > 0.0, 2.0, 1.0))
    return FourierGrid(lengthscale, coarse, length, weights)


def _cutoffs(digits: float) -> tuple[float, float]:
    """Distance of the nearest image and highest frequency, in lengthscales and their inverse."""
    edge = math.sqrt(2.0 * digits * math.log(10.0))
    return edge, edge * (1.0 - 0.5 * math.log(edge) / edge**2)


def modes_needed(span: float, lengthscale: float, *, digits: float = DIGITS) -> int:
    """Number of Fourier features for distances up to `span` (about 2.8 span / lengthscale)."""
    images, cut = _cutoffs(digits)
    return 2 * math.ceil(cut * (span / lengthscale + images) / (2.0 * np.pi)) + 1


def bins_needed(left: float, right: float, lengthscale: float) -> int:
    """Smallest admissible number of bins of [left, right] for this lengthscale."""
    count = (right - left) / (2.0 * WIDEST_BIN * lengthscale)
    return 1 << max(0, math.ceil(math.log2(count))) if count > 1.0 else 1


def split_columns(moments: Array, columns: int) -> Array:
    """(bins, columns, p), contiguous, from the rows of `Moments`."""
    rows = np.ascontiguousarray(moments[:, : columns * ORDER])
    return rows.reshape(-1, columns, ORDER)


def fourier_sums(coarse: Moments, grid: FourierGrid) -> Array:
    """Fourier sums (2 M + 1, columns, 2) in float64, by ORDER short transforms over the bins.

    Inside a bin exp(i omega H t) is replaced by its Chebyshev interpolant in t.
    """
    columns = coarse.columns
    width = columns * ORDER
    rows = np.add(coarse.high[:, :width], coarse.low[:, :width])
    transform = rfft(rows, n=grid.length, axis=0, overwrite_x=True)
    sums = np.empty((grid.modes, columns, 2))
    factors, turns = _bin_factors(grid.length, grid.modes, coarse.bins.count)
    _fold(transform, factors, turns, grid.length, sums)
    return sums


@lru_cache(maxsize=8)
def _bin_factors(length: int, modes: int, count: int) -> tuple[Array, Array]:
    """What the moments of a bin are multiplied by, and the phase of the middle of all bins.

    Returns: factors (modes, ORDER), real for even and imaginary for odd moments; turns
        (modes, 2), cosine and sine.
    """
    points, to_coefficients = chebyshev_nodes()
    half = ORDER // 2  # the nodes are symmetric
    k = np.arange(modes)
    phase = np.pi / length * np.multiply.outer(k, points[:half])
    factors = np.empty((modes, ORDER))
    factors[:, 0::2] = np.cos(phase) @ (2.0 * to_coefficients[0::2, :half].T)
    factors[:, 1::2] = np.sin(phase) @ (2.0 * to_coefficients[1::2, :half].T)
    # The phase index is reduced exactly, so that high frequencies lose no digits.
    angle = np.pi / length * ((k * (count - 1)) % (2 * length))
    return factors, np.stack([np.cos(angle), np.sin(angle)], axis=1)


@njit(
    types.void(_read_transform, _read_matrix, _read_matrix, types.int64, _cube),
    nogil=True,
    cache=True,
)
def _fold(transform, factors, turns, length, sums):  # type: ignore[no-untyped-def]
    # transform holds exp(-i ...) of the frequencies up to length / 2; the others follow.
    order = factors.shape[1]
    for k in range(sums.shape[0]):
        residue = k % length
        mirrored = residue > length // 2
        row = length - residue if mirrored else residue
        sign = 1.0 if mirrored else -1.0
        for v in range(sums.shape[1]):
            real, imaginary = 0.0, 0.0
            for j in range(0, order, 2):
                even, odd = transform[row, v * order + j], transform[row, v * order + j + 1]
                real += factors[k, j] * even.real - sign * factors[k, j + 1] * odd.imag
                imaginary += sign * factors[k, j] * even.imag + factors[k, j + 1] * odd.real
            sums[k, v, 0] = real * turns[k, 0] + imaginary * turns[k, 1]
            sums[k, v, 1] = imaginary * turns[k, 0] - real * turns[k, 1]


def projection(sums: Array, grid: FourierGrid) -> Array:
    """Z'y, unweighted, from Fourier sums (frequencies, columns, 2)."""
    m = grid.weights.size
    return np.concatenate([sums[:m, 1, 0], sums[1:m, 1, 1]])


def gram(sums: Array, grid: FourierGrid) -> Array:
    """D G D from c_k = sum exp(i omega_k x), (2 M + 1, 2): Toeplitz plus and minus Hankel."""
    out = np.empty((grid.modes, grid.modes))
    cosine, sine = np.ascontiguousarray(sums.T)
    m = grid.weights.size
    # Entry m - 1 + d is that of the difference d of two frequencies.
    even = np.concatenate([cosine[m - 1 : 0 : -1], cosine[:m]])
    odd = np.concatenate([-sine[m - 1 : 0 : -1], sine[:m]])
    _fill_gram(cosine, sine, even, odd, grid.weights, out)
    return out


@njit(
    types.void(_read_vector, _read_vector, _read_vector, _read_vector, _read_vector, _matrix),
    nogil=True,
    cache=True,
)
def _fill_gram(cosine, sine, even, odd, weights, out):  # type: ignore[no-untyped-def]
    m = weights.size
    for j in range(m):
        half = 0.5 * weights[j]
        for k in range(m):
            out[j, k] = half * weights[k] * (even[m - 1 - j + k] + cosine[j + k])
        for k in range(1, m):
            out[j, m - 1 + k] = half * weights[k] * (sine[j + k] + odd[m - 1 - j + k])
        if j == 0:
            continue
        row = out[m - 1 + j]
        for k in range(m):
            row[k] = half * weights[k] * (sine[j + k] - odd[m - 1 - j + k])
        for k in range(1, m):
            row[m - 1 + k] = half * weights[k] * (even[m - 1 - j + k] - cosine[j + k])
