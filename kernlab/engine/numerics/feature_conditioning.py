"""Condition of the Gram matrix ZᵀZ of random Fourier features, far beyond float64.

Theorem 2 of paper 000 says that orthogonalized frequencies bound it by a constant times that of
independent ones. In one dimension its logarithm reaches 60 at m = 10: float64 then gives way
to ball arithmetic. One draw at a time, with the kernel's error of the same draw beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from flint import arb

from kernlab.engine.numerics import balls
from kernlab.engine.numerics.features import (
    Frequencies,
    fourier_features,
    gaussian_frequencies,
    kernel_mean_square,
)
from kernlab.engine.numerics.weight_space import FloatArray, require_count, require_positive

DIMENSIONS = (1, 2, 4, 8, 16)

_TRUSTED = 1e-6  # smallest singular value over largest that a float64 decomposition tells well
_BITS = (320, 640, 1280, 2560, 5120)


class FeatureDraw(NamedTuple):
    """One draw of frequencies: log10 cond_2 of ZᵀZ, its error, and the kernel's mean square."""

    kind: str
    dimension: int
    repeat: int
    log10_condition: float
    error: float
    kernel_mean_square: float


def gram_log10_condition(
    points: npt.ArrayLike, frequencies: Frequencies | npt.ArrayLike
) -> tuple[float, float]:
    """log10 of the 2-norm condition number of ZᵀZ for Fourier features Z of given frequencies.

    cond(ZᵀZ) = cond(Z)²: by singular values of Z in float64 up to 1e12, beyond in balls.

    Args: points (n,) or (n, d); frequencies: as `fourier_features`, m of them, n ≥ 2m.
    Returns: the value and an estimate of its absolute error; inf, 0 where ZᵀZ is singular.
    Raises: ValueError: if shapes do not fit, or n < 2m (then ZᵀZ is always singular).
    Cost: n·m² operations; in balls 15 ms at n = 100, m = 10.
    """
    features = fourier_features(points, frequencies)
    rows, width = features.shape
    if rows < width:
        raise ValueError(f"points = {rows}: {width // 2} frequencies need at least {width}")
    singular = np.linalg.svd(features, compute_uv=False)
    ratio = float(singular[-1] / singular[0])
    if ratio > _TRUSTED:
        return -2.0 * math.log10(ratio), 4e-15 * width / ratio
    at = np.asarray(points, dtype=np.float64).reshape(rows, -1)
    values = frequencies.values if isinstance(frequencies, Frequencies) else frequencies
    omega = np.asarray(values, dtype=np.float64).reshape(width // 2, -1)
    weights = frequencies.weights if isinstance(frequencies, Frequencies) else None
    for bits in _BITS:
        with balls.precision(bits):
            matrix = _ball_features(at, omega, weights)
        try:
            *_, (_, logs) = balls.log10_singular_values(matrix, bits)
        except ValueError:
            continue
        assert logs is not None
        if 2.0 * (logs[0] - logs[-1]) < (bits - 100) * math.log10(2.0):
            return 2.0 * float(logs[0] - logs[-1]), 1e-12 * width
    return math.inf, 0.0


def _ball_features(
    points: FloatArray, omega: FloatArray, weights: FloatArray | None
) -> balls.Balls:
    # A common factor of all features does not change the condition number; weights may differ.
    m = omega.shape[0]
    share = np.ones(m) if weights is None or np.ptp(weights) == 0.0 else weights
    size = [arb(float(w)).sqrt() for w in share]
    speeds = [[arb(float(v)) for v in row] for row in omega]
    found = []
    for point in points:
        x = [arb(float(v)) for v in point]
        pairs = []
        for k in range(m):
            phase = sum((s * v for s, v in zip(speeds[k], x, strict=True)), arb(0))
            sine, cosine = phase.sin_cos()
            pairs.append((cosine * size[k], sine * size[k]))
        found.append([c for c, _ in pairs] + [s for _, s in pairs])
    return found


def box_points(count: int, dimension: int, half_width: float, *, rng: np.random.Generator | int
               ) -> FloatArray:  # fmt: skip
    """Points for the Gram matrix: equispaced on ±half_width in d = 1, else uniform in the box.

    Returns: (count, dimension), in the unit of x. Raises: ValueError: if out of range.
    """
    require_count("count", count)
    a = require_positive("half_width", half_width)
    if require_count("dimension", dimension) == 1:
        return np.linspace(-a, a, count)[:, None]
    return np.random.default_rng(rng).uniform(-a, a, (count, dimension))


def feature_draw(
    kind: str,
    m: int,
    dimension: int,
    repeat: int,
    *,
    points: npt.ArrayLike,
    lengthscale: float = 1.0,
    seed: int = 0,
) -> FeatureDraw:
    """Draw frequencies once; the condition of ZᵀZ at the points, and the kernel's error.

    Args:
        kind: as `gaussian_frequencies`: "iid", "orthogonal", "qr-vector", ...
        m: number of frequencies; dimension: d; repeat: number of the draw, from 0.
        points: (n, d) with n ≥ 2m; seed: with d and the repeat, it fixes the draw.

    Returns: a `FeatureDraw`. Raises: ValueError: if an argument is out of range.
    Cost: as `gram_log10_condition`, and 0.3 ms for the kernel.
    """
    # The kernel's error draws its frequencies first: the same seed gives the same draw.
    draw = np.random.SeedSequence([seed, dimension, repeat])
    frequencies = gaussian_frequencies(m, dimension, lengthscale, kind=kind,
                                       rng=np.random.default_rng(draw))  # fmt: skip
    value, error = gram_log10_condition(points, frequencies)
    square = kernel_mean_square(kind, m, dimension, lengthscale, rng=np.random.default_rng(draw))
    return FeatureDraw(kind, dimension, repeat, value, error, square)


def feature_draws(
    kinds: Sequence[str] = ("iid", "orthogonal"),
    *,
    m: int = 10,
    dimensions: Sequence[int] = DIMENSIONS,
    repeats: int = 20,
    count: int = 100,
    half_width: float = 2.0 * math.pi,
    lengthscale: float = 1.0,
    seed: int = 0,
) -> Iterator[FeatureDraw]:
    """One draw at a time: repeats outermost, then dimensions and kinds, so all fill up evenly.

    Args: as `feature_draw` and `box_points` (count points a draw, the same for every kind).
    Yields: a `FeatureDraw` each.
    Raises: ValueError: if an argument is out of range.
    Cost: 1 to 15 ms a draw at m = 10, count = 100.
    """
    for repeat in range(require_count("repeats", repeats)):
        for dimension in dimensions:
            points = box_points(count, dimension, half_width, rng=seed)
            for kind in kinds:
                yield feature_draw(kind, m, dimension, repeat, points=points,
                                   lengthscale=lengthscale, seed=seed)  # fmt: skip
