"""Degenerate approximations of the Gaussian kernel in one dimension, all fitted the same way.

Each method is a feature map φ with k(x, x') ≈ φ(x)·φ(x'); its posterior is Bayesian linear
regression on these features (`weight_space`), with nodes that stand for any number of points.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.features import fourier_features, gaussian_frequencies
from kernlab.engine.numerics.nystrom import choose_landmarks, nystrom_features
from kernlab.engine.numerics.weight_space import WeightSpace, normal_equations_in_slices

FloatArray = npt.NDArray[np.float64]
Nodes = Callable[[float], tuple[FloatArray, FloatArray, FloatArray]]
"""From an angular frequency to x, weight, weighted_y that carry products of features to it."""

FOURIER = ("iid", "orthogonal", "unit", "qr-vector", "halton", "gauss-hermite")
NYSTROM = ("nystrom-sor", "nystrom-dtc")
KERNEL_BANDWIDTH = 12.0
"""Beyond this times 1/lengthscale, exp(-(ν lengthscale)²/4) is below 3e-16."""


@dataclass(frozen=True)
class Approximation:
    """A fitted approximation: its features, their normal equations, and how it corrects the sd.

    `missing_variance` adds 1 - |φ(x)|² to the variance (the DTC form of Nyström).
    """

    features: Callable[[FloatArray], FloatArray]
    space: WeightSpace
    missing_variance: bool

    @property
    def nbytes(self) -> int:
        return 3 * self.space.gram.nbytes

    def predict(self, phi: FloatArray, ridge: float) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and sd (p,) of the latent function where the features are phi (p, D)."""
        mean, sd = self.space.posterior(phi, ridge)
        if self.missing_variance:
            missing = np.maximum(1.0 - np.einsum("pr,pr->p", phi, phi), 0.0)
            sd = np.sqrt(sd**2 + missing)
        return mean, sd


def fit(
    method: str,
    nodes: Nodes,
    *,
    m: int,
    lengthscale: float,
    scale: float,
    landmarks: str,
    candidates: tuple[FloatArray, FloatArray],
    seed: tuple[int, ...],
) -> Generator[float, None, Approximation]:
    """Fit a method, a few milliseconds at a time.

    Args:
        method: one of `FOURIER` or `NYSTROM`.
        nodes: the data, as nodes that carry a given bandwidth.
        m: frequencies, or landmarks; at least 1.
        lengthscale: of the Gaussian kernel, above 0.
        scale: multiplies the weights of Fourier features.
        landmarks: rule for Nyström landmarks: "uniform", "kmeans" or "cholesky".
        candidates: where landmarks may lie, and how many points each stands for.
        seed: of the random draws; the method adds its own.

    Yields: the fraction done.
    Returns: the approximation.
    Cost: q·D² for q nodes and D features (2m, or m landmarks).
    """
    rng = np.random.default_rng([*seed, (*FOURIER, *NYSTROM).index(method)])
    if method in NYSTROM:
        # Both variances belong to the same landmarks, so both draw with the same seed.
        rng = np.random.default_rng([*seed, len(FOURIER)])
        x, counts = candidates
        rank = min(m, int(np.count_nonzero(counts)))
        chosen = choose_landmarks(x, counts, rank, lengthscale, method=landmarks, rng=rng)
        features: Callable[[FloatArray], FloatArray] = nystrom_features(chosen, lengthscale)
        bandwidth = KERNEL_BANDWIDTH / lengthscale
    else:
        frequencies = gaussian_frequencies(m, 1, lengthscale, kind=method, rng=rng).scaled(scale)
        features = partial(fourier_features, frequencies=frequencies)
        bandwidth = 2.0 * float(np.abs(frequencies.values).max())
    x, weight, weighted_y = nodes(bandwidth)
    sums = None
    for fraction, sums in normal_equations_in_slices(features, x, weight, weighted_y):  # noqa: B007
        yield fraction
    assert sums is not None
    return Approximation(features, WeightSpace(*sums), method == "nystrom-dtc")
