"""Kernel ridge regression and softmax attention as smoothers of the training targets.

Kernel ridge has the eigenvalues of its (centred) Gram matrix for μ and goes through the same
embedding as least squares. Softmax attention with keys and queries is a Nadaraya–Watson
smoother: its weights are positive, its rows sum to 1, and leaving a row out is exact as well.
"""

from __future__ import annotations

import numpy as np

from kernlab.engine.numerics.smoother_criteria import Criteria, gcv_score
from kernlab.engine.numerics.spectral_smoother import Array, Embedding

ALONE = 1e-6
"""What a row leaves to the others, 1 − H_ii, below which a quotient by it loses digits."""

LEAST = 1e-30
"""Eigenvalues of a kernel matrix are taken to be at least this share of the largest."""


def gaussian_kernel(x: Array, y: Array, lengthscale: float) -> Array:
    """exp(−‖x − y‖² / (2 lengthscale²)), (m, n) for rows (m, p) and (n, p)."""
    squares = np.square(x).sum(axis=1)[:, None] + np.square(y).sum(axis=1)
    distances = np.maximum(squares - 2.0 * (x @ y.T), 0.0)
    return np.exp(distances * (-0.5 / lengthscale**2))


def kernel_embedding(gram: Array, cross: Array, *, intercept: bool) -> Embedding:
    """The embedding of kernel ridge: K = U diag(μ) Uᵀ, test rows k U/μ.

    With an intercept the kernel is centred in its feature space, which is what an unpenalized
    constant does: K is replaced by (I − 11ᵀ/n) K (I − 11ᵀ/n). Every eigenvector is kept, for a
    test row may lie along one whose eigenvalue is a rounding error. O(n³).

    Args:
        gram: K (n, n) of the training rows.
        cross: k (m, n) of the test rows with the training rows.
    """
    n = len(gram)
    if intercept:
        columns = gram.mean(axis=0)
        whole = columns.mean()
        cross = cross - cross.mean(axis=1, keepdims=True) - columns + whole
        gram = gram - columns - columns[:, None] + whole
        gram += (2.0 * np.trace(gram) + 1.0) / n  # lifts the constant vector to the top
    values, vectors = np.linalg.eigh(gram)
    kept = slice(n - 2, None, -1) if intercept else slice(None, None, -1)
    mu, keys = values[kept], np.ascontiguousarray(vectors[:, kept])
    mu = np.maximum(mu, LEAST * max(float(mu[0]), 1e-300))
    return Embedding(keys, keys, cross @ keys / mu, mu, 1.0 / n if intercept else 0.0)


def softmax_weights(queries: Array, keys: Array, temperature: float) -> Array:
    """softmax(q·k / (√d τ)) over the keys: (m, n) weights, positive, rows sum to 1.

    Args:
        queries: (m, d).
        keys: (n, d).
        temperature: τ > 0; 1 is attention's own scale.
    """
    return _normalized(queries @ keys.T, keys.shape[1], temperature)


def _normalized(scores: Array, width: int, temperature: float) -> Array:
    """Softmax of products q·k, in their place."""
    scores *= 1.0 / (np.sqrt(width) * temperature)
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def softmax_criteria(
    hat: Array, queries: Array, keys: Array, temperature: float, y: Array
) -> Criteria:
    """Criteria of softmax attention over its own training rows: arrays of one entry.

    Without row i the rest of its weights are normalized again, so y_i − ŷ_i becomes
    (y_i − ŷ_i)/(1 − H_ii), as in least squares. Where a row listens to itself alone, its weights
    without itself are made anew. Nothing here is an intercept.

    Args:
        hat: softmax_weights(queries, keys, temperature), (n, n).
    """
    n = len(y)
    residual = y - hat @ y
    diagonal = np.diagonal(hat)
    left = 1.0 - diagonal
    alone = np.flatnonzero(left < ALONE)
    left_out = residual / np.maximum(left, ALONE)
    if alone.size and n > 1:
        others = queries[alone] @ keys.T
        others[np.arange(alone.size), alone] = -np.inf
        left_out[alone] = y[alone] - _normalized(others, keys.shape[1], temperature) @ y
    dof = np.array([diagonal.sum()])
    rss = np.array([residual @ residual])
    score = gcv_score(rss, dof, n)
    frobenius = np.array([np.square(hat).sum()])
    return Criteria(dof, frobenius, rss, score, score, np.array([np.mean(np.square(left_out))]))
