"""The posterior by a Cholesky factorization of K itself, for few points."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack

Array = NDArray[np.float64]

MAX_DENSE = 4000
"""Points up to which more modes than are allowed are answered by a dense factorization."""


def kernel(a: Array, b: Array, lengthscale: float) -> Array:
    """exp(-(a - b)^2 / (2 lengthscale^2)), (a, b)."""
    return np.exp(-0.5 * np.square(np.subtract.outer(a, b) / lengthscale))


def dense_posterior(
    x: Array, y: Array, query: Array, lengthscale: float, ridge: float
) -> tuple[Array, Array, tuple[float, float]]:
    """Mean, sd and estimates of their errors from K + ridge I, float64. Cost: n^3 / 3.

    Raises:
        ValueError: if K + ridge I is singular in float64.
    """
    system = np.asfortranarray(kernel(x, x, lengthscale))
    ratio = float(np.linalg.norm(system)) / ridge
    system[np.diag_indices_from(system)] += ridge
    factor, failed = lapack.dpotrf(system, lower=1, overwrite_a=1)
    if failed:
        raise ValueError(f"ridge = {ridge:.6g}: K + ridge I is singular in float64; raise it")
    dual, _ = lapack.dpotrs(factor, y, lower=1)
    cross = kernel(query, x, lengthscale)
    half = blas.dtrsm(1.0, factor, cross.T, lower=1)
    mean = cross @ dual
    variance = 1.0 - np.einsum("ij,ij->j", half, half)
    relative = 1e-14 + 2e-16 * ratio
    error = relative * float(np.max(np.abs(mean), initial=0.0))
    return mean, np.sqrt(np.maximum(variance, 0.0)), (error, math.sqrt(relative))
