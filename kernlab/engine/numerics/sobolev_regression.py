"""Regression in a periodic Sobolev space: simulated data, convergence rates, bias and variance.

Features √2 cos 2πkx and √2 sin 2πkx times k^{-s} make XXᵀ the kernel of H^s on the circle, so
that ridge regression on them is kernel ridge regression in H^s. The true function lies just in
H^s: its coefficients are k^{-s-1/2-ε/2} with random signs.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kernlab.engine.numerics.spectral_smoother import Array, Embedding

MARGIN = 0.1
"""ε: how far inside H^s the true function lies, in the exponent of its squared coefficients."""
SAMPLES = 1024
"""Rows that are drawn between two yields."""


def frequencies(count: int) -> Array:
    """k of each of `count` features: 1, 1, 2, 2, 3 and so on."""
    return np.asarray(np.arange(count) // 2 + 1.0, dtype=np.float64)


def fourier_rows(x: Array, count: int) -> Array:
    """Orthonormal features without the constant: cos and sin in turn, (n, count)."""
    k = frequencies(count)[::2]
    angle = 2.0 * math.pi * np.outer(x, k)
    rows = np.empty((x.size, count))
    rows[:, ::2] = np.cos(angle)
    rows[:, 1::2] = np.sin(angle[:, : count // 2])
    rows *= math.sqrt(2.0)
    return rows


def true_coefficients(count: int, smoothness: float, rng: np.random.Generator) -> Array:
    """θ with θ_k² = k^{-2s-1-ε}, random signs, scaled to a function of variance 1."""
    sizes = frequencies(count) ** (-smoothness - 0.5 * (1.0 + MARGIN))
    signs = np.where(rng.random(count) < 0.5, -1.0, 1.0)
    return signs * sizes / math.sqrt(float(np.square(sizes).sum()))


def rate_draw(
    n: int,
    count: int,
    theta: Array,
    smoothness: float,
    noise: float,
    ridges: Array,
    rng: np.random.Generator,
) -> Generator[None, None, Array]:
    """‖f_λ − f‖² in L² for λ of the (1/n)-loss, from n noisy values at random points.

    x is uniform on the circle. The error is exact by Parseval. O(n count²), in slices.
    """
    gram, moments = np.zeros((count, count)), np.zeros(count)
    weights = frequencies(count) ** -smoothness
    for start in range(0, n, SAMPLES):
        x = rng.random(min(SAMPLES, n - start))
        rows = fourier_rows(x, count)
        y = rows @ theta + noise * rng.standard_normal(x.size)
        rows *= weights
        gram += rows.T @ rows
        moments += rows.T @ y
        yield
    values, vectors = np.linalg.eigh(gram / n)
    turned = vectors.T @ (moments / n)
    fitted = vectors @ (turned[:, None] / (np.maximum(values, 0.0)[:, None] + ridges))
    errors = np.square(weights[:, None] * fitted - theta[:, None]).sum(axis=0)
    yield
    return errors


@dataclass(frozen=True)
class Rate:
    """A fitted exponent: error ∝ n^{-exponent}, with its standard error and 95 % interval."""

    exponent: float
    error: float
    low: float
    high: float


def fit_rate(sizes: Sequence[int], means: Array, errors: Array) -> Rate:
    """Weighted least squares of ln(mean error) on ln n; `errors` are standard errors of means."""
    x, y = np.log(np.asarray(sizes, dtype=float)), np.log(means)
    weight = np.square(means / errors)
    centre = float(np.average(x, weights=weight))
    spread = float((weight * np.square(x - centre)).sum())
    slope = float((weight * (x - centre) * y).sum()) / spread
    error = 1.0 / math.sqrt(spread)
    return Rate(-slope, error, -slope - 1.96 * error, -slope + 1.96 * error)


class Decomposition(NamedTuple):
    """Mean squared bias, variance and noise over the test rows, (L,) each but the noise."""

    bias: Array
    variance: Array
    noise: float


def decompose(
    embedding: Embedding, train: Array, test: Array, noise: float, shrinkage: Array
) -> Decomposition:
    """Closed forms for a linear smoother: ‖W f − f_test‖²/m and σ²‖W‖_F²/m.

    Args:
        embedding: the smoother.
        train: true values f at the training rows (n,).
        test: true values at the test rows (m,).
        noise: σ, standard deviation of a target around f.
        shrinkage: (L, r).
    """
    mean = embedding.predict(train, shrinkage)
    bias = np.square(mean - test[:, None]).mean(axis=0)
    squares = np.square(shrinkage) @ np.square(embedding.test).mean(axis=0)
    return Decomposition(bias, noise**2 * (squares + embedding.offset), noise**2)


def simulated_risk(
    embedding: Embedding,
    train: Array,
    test: Array,
    noise: float,
    shrinkage: Array,
    rng: np.random.Generator,
    draws: int,
) -> tuple[Array, Array]:
    """Mean squared errors of each draw of new noise, (draws, L): of f itself, and of new targets.

    The first estimates bias² + variance, the second also the noise.
    """
    m, error, risk = len(test), [], []
    for _ in range(draws):
        y = train + noise * rng.standard_normal(train.size)
        off = embedding.predict(y, shrinkage) - test[:, None]
        error.append(np.square(off).mean(axis=0))
        risk.append(np.square(off - noise * rng.standard_normal((m, 1))).mean(axis=0))
    return np.array(error), np.array(risk)
