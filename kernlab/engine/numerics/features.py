"""Fourier features of the Gaussian kernel, and how far they are from it.

k(x, x') = exp(-|x - x'|²/(2 lengthscale²)) is the mean of cos(ω·(x - x')) over
ω ~ N(0, I/lengthscale²). A set of m frequencies with weights replaces that mean by
Σ w_j cos(ω_j·(x - x')), which is an inner product of 2m features. Kinds of frequencies:

- iid: independent draws (Rahimi and Recht 2007)
- orthogonal: Haar-orthogonal blocks with chi-distributed norms (Yu et al. 2016)
- structured: SORF: Hadamard and sign matrices (ibid.); biased, worst in few dimensions
- halton: quasi-Monte-Carlo, digits permuted at random (Owen 2017)
- gauss-hermite: Gauss quadrature, a tensor product in more than one dimension
- unit: every entry ±1: what the QR of 1×1 blocks leaves of orthogonal features
- qr-vector: the QR of the whole m×d matrix: in d = 1 it only shrinks all frequencies
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.weight_space import FloatArray, require_count, require_positive

Rng = np.random.Generator | int

KINDS = ("iid", "orthogonal", "structured", "halton", "gauss-hermite", "unit", "qr-vector")

_ROWS = 1024  # rows of phases at a time, so that the passes over them stay in cache
_SMALLEST_WEIGHT = 1e-300  # its square root still squares to a normal number


class Frequencies(NamedTuple):
    """Frequencies `values` (m, dimension), in 1/unit of x, and their `weights` (m,)."""

    values: FloatArray
    weights: FloatArray

    def scaled(self, factor: float) -> Frequencies:
        """Multiply the weights: 2 gives the features √(2/m) [cos, sin] of a doubled kernel."""
        return Frequencies(self.values, self.weights * require_positive("factor", factor))


def fourier_features(
    x: npt.ArrayLike,
    frequencies: Frequencies | npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
) -> FloatArray:
    """Fourier features, whose inner products estimate the kernel.

    φ(x) = [√w₁ cos ω₁·x, …, √w_m cos ω_m·x, √w₁ sin ω₁·x, …, √w_m sin ω_m·x].

    Args:
        x: points, shape (n,) in one dimension or (n, d).
        frequencies: a `Frequencies`, or values of shape (m,) or (m, d), in 1/unit of x.
        weights: at least 0, shape (m,); by default those of the `Frequencies`, or 1/m.

    Returns:
        Features, shape (n, 2m), float64, C order; each entry within 4e-16·√w of the exact
        value at the rounded phase.

    Raises:
        ValueError: if shapes do not fit, x is not finite or a weight is negative.

    Cost: n·m tangents. One tangent of half the phase gives both: with t = tan(ωx/2),
    cos = 2/(1 + t²) - 1 and sin = 2t/(1 + t²), twice as fast as a cosine and a sine.
    """
    values, amplitude = _values_and_amplitudes(frequencies, weights)
    m, dimension = values.shape
    points = _points(x, dimension)
    half = 0.5 * values.T
    features = np.empty((points.shape[0], 2 * m))
    for start in range(0, points.shape[0], _ROWS):
        part = slice(start, start + _ROWS)
        tangent = points[part] * half if dimension == 1 else points[part] @ half
        np.tan(tangent, out=tangent)
        share = tangent * tangent
        share += 1.0
        np.divide(2.0 * amplitude, share, out=share)
        np.subtract(share, amplitude, out=features[part, :m])
        np.multiply(share, tangent, out=features[part, m:])
    return features


def _points(x: npt.ArrayLike, dimension: int) -> FloatArray:
    points = np.asarray(x, dtype=np.float64)
    if points.ndim == 1:
        points = points[:, None]
    if points.ndim != 2 or points.shape[1] != dimension:
        raise ValueError(f"x has shape {np.shape(x)}: must be (n, {dimension}), as frequencies are")
    if not np.isfinite(points).all():
        raise ValueError("x holds entries that are nan or infinite: must be finite")
    return points


def _values_and_amplitudes(
    frequencies: Frequencies | npt.ArrayLike, weights: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    if isinstance(frequencies, Frequencies):
        weights = frequencies.weights if weights is None else weights
        frequencies = frequencies.values
    values = np.asarray(frequencies, dtype=np.float64)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"frequencies have shape {values.shape}: must be (m,) or (m, dimension)")
    m = values.shape[0]
    share = np.full(m, 1.0 / m) if weights is None else np.asarray(weights, dtype=np.float64)
    if share.shape != (m,):
        raise ValueError(f"weights have shape {share.shape}: must be ({m},), one a frequency")
    if not (share >= 0.0).all():
        raise ValueError(f"weights hold {float(share.min())}: must be at least 0")
    return values, np.sqrt(share)


def gaussian_frequencies(
    m: int, dimension: int, lengthscale: float, *, kind: str, rng: Rng
) -> Frequencies:
    """Frequencies and weights whose features stand for the Gaussian kernel.

    Args:
        m: number of frequencies, at least 1.
        dimension: d, the number of coordinates of a point, at least 1.
        lengthscale: of exp(-|x - x'|²/(2 lengthscale²)), above 0, in the unit of x.
        kind: one of `KINDS`. In d = 1 "orthogonal" is "iid" (identical in distribution, and
            drawn so) and "structured" is ±1/lengthscale. "unit" is ±1 at every lengthscale.
            "gauss-hermite" draws nothing and needs m = k^d. It is at rounding up to distances
            of r lengthscales once k > r²/2 + 20, and wrong altogether when k < r²/4. Nodes
            whose weight underflows (below 1e-300, from about 350) are left out.
        rng: a generator, or an int that seeds one. "iid" is
            `standard_normal((m, dimension)) / lengthscale`.

    Returns:
        `Frequencies`: values (m, dimension), weights (m,): 1/m except for "gauss-hermite".

    Raises:
        ValueError: if an argument is out of range, or m does not suit the kind.

    Cost: O(m d) to O(m d²); "gauss-hermite" O(m).
    """
    require_count("m", m)
    require_count("dimension", dimension)
    scale = require_positive("lengthscale", lengthscale)
    generator = np.random.default_rng(rng)
    if kind == "gauss-hermite":
        return _gauss_hermite(m, dimension, scale)
    if kind not in _DRAWS:
        raise ValueError(f"kind = {kind!r}: must be one of {', '.join(KINDS)}")
    values = _DRAWS[kind](m, dimension, generator)
    if kind != "unit":
        values = values / scale
    return Frequencies(values, np.full(m, 1.0 / m))


def _haar(gaussian: FloatArray) -> FloatArray:
    # LAPACK fixes the signs of R, not of Q: without this the factor is not Haar-distributed.
    q, r = np.linalg.qr(gaussian)
    diagonal = np.diagonal(r, axis1=-2, axis2=-1)
    return np.asarray(q * np.where(diagonal < 0.0, -1.0, 1.0)[..., None, :])


def _iid(m: int, dimension: int, generator: np.random.Generator) -> FloatArray:
    return generator.standard_normal((m, dimension))


def _unit(m: int, dimension: int, generator: np.random.Generator) -> FloatArray:
    return generator.choice(np.array([-1.0, 1.0]), size=(m, dimension))


def _orthogonal(m: int, dimension: int, generator: np.random.Generator) -> FloatArray:
    if dimension == 1:
        return _iid(m, 1, generator)
    blocks = -(-m // dimension)
    q = _haar(generator.standard_normal((blocks, dimension, dimension)))
    norms = np.sqrt(generator.chisquare(dimension, size=m))
    return q.reshape(-1, dimension)[:m] * norms[:, None]


def _structured(m: int, dimension: int, generator: np.random.Generator) -> FloatArray:
    # Blocks √p H D₁ H D₂ H D₃ of size p, the next power of two, cut to the dimension.
    padded = 1 << (dimension - 1).bit_length()
    hadamard = np.ones((1, 1))
    while hadamard.shape[0] < padded:
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    hadamard /= np.sqrt(padded)
    blocks = -(-m // padded)
    signs = generator.choice(np.array([-1.0, 1.0]), size=(3, blocks, 1, padded))
    product = (hadamard * signs[0]) @ (hadamard * signs[1]) @ (hadamard * signs[2])
    # Rows of a Hadamard product are not alike: a block that is cut keeps a random choice.
    product[-1] = generator.permutation(product[-1], axis=0)
    return np.asarray(np.sqrt(padded) * product.reshape(-1, padded)[:m, :dimension])


def _qr_of_all(m: int, dimension: int, generator: np.random.Generator) -> FloatArray:
    if m < dimension:
        raise ValueError(
            f"m = {m}: kind 'qr-vector' takes the QR of the m × {dimension} matrix; "
            f"m must be at least {dimension}"
        )
    return _haar(generator.standard_normal((m, dimension)))


def _halton(m: int, dimension: int, generator: np.random.Generator) -> FloatArray:
    from scipy.special import ndtri  # 0.1 s to import, and only this kind needs it

    uniform = np.zeros((m, dimension))
    for column, base in enumerate(_primes(dimension)):
        index, place = np.arange(m), 1.0 / base
        while place > 2.0**-54:
            uniform[:, column] += place * generator.permutation(base)[index % base]
            index, place = index // base, place / base
    return np.asarray(ndtri(np.clip(uniform + 2.0**-54, 2.0**-54, 1.0 - 2.0**-53)))


# Draws for lengthscale 1; the lengthscale divides them all but "unit".
_DRAWS = {
    "iid": _iid,
    "orthogonal": _orthogonal,
    "structured": _structured,
    "halton": _halton,
    "unit": _unit,
    "qr-vector": _qr_of_all,
}


def _primes(count: int) -> list[int]:
    primes = (n for n in itertools.count(2) if all(n % k for k in range(2, math.isqrt(n) + 1)))
    return list(itertools.islice(primes, count))


@lru_cache(maxsize=32)
def _hermite_rule(count: int) -> tuple[FloatArray, FloatArray]:
    from scipy.special import roots_hermite

    nodes, weights = roots_hermite(count)
    return np.sqrt(2.0) * nodes, weights / weights.sum()


def _gauss_hermite(m: int, dimension: int, lengthscale: float) -> Frequencies:
    per_axis = round(m ** (1.0 / dimension))
    if per_axis**dimension != m:
        raise ValueError(
            f"m = {m}: kind 'gauss-hermite' is a tensor product in dimension {dimension}; m must "
            f"be k^{dimension}, the nearest is {max(per_axis, 1) ** dimension}"
        )
    nodes, weights = _hermite_rule(per_axis)
    axes = np.meshgrid(*[nodes] * dimension, indexing="ij")
    values = np.stack(axes, axis=-1).reshape(-1, dimension)
    product = np.prod(np.meshgrid(*[weights] * dimension, indexing="ij"), axis=0).ravel()
    kept = product >= _SMALLEST_WEIGHT
    return Frequencies(values[kept] / lengthscale, product[kept])


class KernelError(NamedTuple):
    """Root mean square error of a kernel estimate; its standard error over draws (nan for one)."""

    rmse: float
    standard_error: float


class KernelProfile(NamedTuple):
    """Error of the kernel estimate at each distance, over draws, shape (k,) each."""

    bias: FloatArray
    bias_standard_error: FloatArray
    rmse: FloatArray
    rmse_standard_error: FloatArray


def kernel_mean_square(
    kind: str, m: int, dimension: int, lengthscale: float = 1.0, *, pairs: int = 500, rng: Rng
) -> float:
    """Mean squared error of one draw of frequencies over random pairs of points.

    Mean over pairs of (Σ w_j cos ω_j·(x - x') - k(x, x'))², the coordinates of the points being
    N(0, lengthscale²/d): so the mean squared distance is 2 lengthscale² in every dimension,
    and a comparison over dimensions is not one over distances.

    Args: as `gaussian_frequencies`; pairs of points, at least 1; rng draws frequencies first.

    Returns: the mean square, no unit. Pool several with `pool_draws`.
    Raises: `ValueError` as `gaussian_frequencies`, or if pairs is not positive.
    Cost: pairs·m cosines; 1 ms at m = 100, d = 16, 500 pairs.
    """
    require_count("pairs", pairs)
    generator = np.random.default_rng(rng)
    frequencies = gaussian_frequencies(m, dimension, lengthscale, kind=kind, rng=generator)
    spread = lengthscale * np.sqrt(2.0 / dimension)
    difference = spread * generator.standard_normal((pairs, dimension))
    error = _kernel_error(difference, frequencies, lengthscale)
    return float(np.mean(error**2))


def _kernel_error(
    difference: FloatArray, frequencies: Frequencies, lengthscale: float
) -> FloatArray:
    estimate = np.cos(difference @ frequencies.values.T) @ frequencies.weights
    exact = np.exp(-0.5 * np.sum((difference / lengthscale) ** 2, axis=1))
    return np.asarray(estimate - exact)


def pool_draws(mean_squares: npt.ArrayLike) -> KernelError:
    """Pool the mean squares of independent draws into an RMSE and its standard error.

    rmse = √mean(s), standard error = sd(s)/(2 rmse √R) for s of shape (R,) (delta method).

    Raises:
        ValueError: if there is no draw.
    """
    draws = np.asarray(mean_squares, dtype=np.float64)
    if draws.ndim != 1 or draws.size == 0:
        raise ValueError(f"mean_squares has shape {draws.shape}: must be (R,), R at least 1")
    rmse, error = _root_with_error(draws[:, None])
    return KernelError(float(rmse[0]), float(error[0]))


def _root_with_error(squares: FloatArray) -> tuple[FloatArray, FloatArray]:
    root = np.sqrt(squares.mean(axis=0))
    error = 0.5 * _standard_error(squares) / np.maximum(root, np.finfo(np.float64).tiny)
    return root, error


def _standard_error(draws: FloatArray) -> FloatArray:
    count = draws.shape[0]
    if count == 1:
        return np.full(draws.shape[1], np.nan)
    return np.asarray(draws.std(axis=0, ddof=1) / np.sqrt(count))


def kernel_rmse(
    kind: str,
    m: int,
    dimension: int,
    lengthscale: float = 1.0,
    *,
    pairs: int = 500,
    repeats: int = 20,
    rng: Rng,
) -> KernelError:
    """RMSE of the kernel estimate over random pairs and repeated draws, with its error.

    `repeats` calls of `kernel_mean_square`, which see, and one of `pool_draws`.
    """
    generator = np.random.default_rng(rng)
    squares = [
        kernel_mean_square(kind, m, dimension, lengthscale, pairs=pairs, rng=generator)
        for _ in range(require_count("repeats", repeats))
    ]
    return pool_draws(squares)


def kernel_error_profile(
    kind: str,
    m: int,
    dimension: int,
    lengthscale: float,
    distances: npt.ArrayLike,
    *,
    repeats: int = 50,
    rng: Rng,
) -> KernelProfile:
    """Error of the kernel estimate as a function of distance, over draws.

    Each draw takes new frequencies and a new direction, uniform on the sphere.

    Args: as `gaussian_frequencies`; distances |x - x'|, shape (k,), in the unit of x; repeats
        is the number of draws, at least 1.

    Returns: bias and RMSE with their standard errors (nan for one draw), shape (k,) each.
    Raises: `ValueError` as `gaussian_frequencies`, or if repeats is not positive.
    Cost: repeats·k·m cosines. Closed form for "iid": `iid_kernel_sd`.
    """
    require_count("repeats", repeats)
    generator = np.random.default_rng(rng)
    lengths = np.asarray(distances, dtype=np.float64)
    errors = np.empty((repeats, lengths.size))
    for repeat in range(repeats):
        frequencies = gaussian_frequencies(m, dimension, lengthscale, kind=kind, rng=generator)
        direction = generator.standard_normal(dimension)
        direction /= np.linalg.norm(direction)
        errors[repeat] = _kernel_error(np.outer(lengths, direction), frequencies, lengthscale)
    rmse, rmse_error = _root_with_error(errors**2)
    return KernelProfile(errors.mean(axis=0), _standard_error(errors), rmse, rmse_error)


def iid_kernel_sd(distances: npt.ArrayLike, m: int, lengthscale: float) -> FloatArray:
    """Standard deviation of the kernel estimate of m i.i.d. frequencies, in any dimension.

    (1 - exp(-z²))/√(2m) with z = |x - x'|/lengthscale. The estimate is unbiased, so this is
    its RMSE. Source: Sutherland and Schneider 2015.
    """
    require_count("m", m)
    z = np.asarray(distances, dtype=np.float64) / require_positive("lengthscale", lengthscale)
    return np.asarray(-np.expm1(-(z**2)) / np.sqrt(2.0 * m))
