"""What a linear smoother is judged by: degrees of freedom, GCV, exact leave-one-out.

All for a grid of shrinkages at once, from one embedding of the training rows.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np

from kernlab.engine.numerics.spectral_smoother import SLICE, Array, Embedding, Turned
from kernlab.engine.numerics.steps import drain


class Criteria(NamedTuple):
    """Criteria for L shrinkages, (L,) each.

    Attributes:
        dof: tr H, the intercept counted.
        variance_dof: ‖H‖_F², the intercept counted.
        rss: ‖y − Hy‖².
        gcv: n⁻¹ rss / (1 − dof/n)²; NaN where dof = n.
        gcv_without: the same with an intercept that is not counted.
        loo: mean square of the exact leave-one-out residuals.
    """

    dof: Array
    variance_dof: Array
    rss: Array
    gcv: Array
    gcv_without: Array
    loo: Array


def criteria(embedding: Embedding, y: Array, shrinkage: Array, residue: Array) -> Criteria:
    """Criteria for shrinkages (L, r) and what they leave, `residue` = 1 − shrinkage. O(L n r)."""
    return drain(criteria_in_slices(embedding, y, shrinkage, residue))


def criteria_in_slices(
    embedding: Embedding, y: Array, shrinkage: Array, residue: Array
) -> Generator[None, None, Criteria]:
    """The same in slices of rows of a few milliseconds."""
    n, count = embedding.rows, len(shrinkage)
    overlap, norms = np.zeros((2, embedding.eigenvalues.size))
    coefficients = embedding.coefficients(y)
    yield
    size = max(1, embedding.eigenvalues.size)
    step = max(1, SLICE * 4 // (size * count))
    if isinstance(embedding.keys, Turned):  # a product of matrices makes them, at several a cycle
        step = min(step, max(1, SLICE * 32 // size**2))
    rss, loo = np.zeros(count), np.zeros(count)
    for start in range(0, n, step):
        rows = slice(start, start + step)
        keys = embedding.keys[rows]
        queries = keys if embedding.same else embedding.queries[rows]
        overlap += np.einsum("ij,ij->j", queries, keys)
        norms += np.square(queries).sum(axis=0)
        residual, left_out = _residuals(
            embedding, keys, queries, y[rows] - embedding.centre(y), coefficients,
            shrinkage, residue,
        )  # fmt: skip
        rss += np.square(residual).sum(axis=0)
        loo += np.square(left_out).sum(axis=0)
        yield
    intercept = n * embedding.offset
    dof = intercept + shrinkage @ overlap
    frobenius = intercept + np.square(shrinkage) @ norms
    return Criteria(
        dof,
        frobenius,
        rss,
        gcv_score(rss, dof, n),
        gcv_score(rss, dof - intercept, n),
        loo / n,
    )


def gcv_score(rss: Array, dof: Array, n: int) -> Array:
    """n⁻¹ rss / (1 − dof/n)²; NaN where nothing is left over, 0/0."""
    left = 1.0 - np.asarray(dof) / n
    known = left > 1e-10
    return np.where(known, np.asarray(rss) / n / np.where(known, left, 1.0) ** 2, np.nan)


def residuals(
    embedding: Embedding,
    y: Array,
    shrinkage: Array,
    residue: Array,
    rows: slice = slice(None),
) -> tuple[Array, Array]:
    """Residuals and exact leave-one-out residuals of some training rows, (rows, L) each.

    The residuals of the keys come as U (1−g) Uᵀy, and 1 − h as Σ u²(1−g), so that neither is a
    small difference of large numbers. Where a row has all the leverage, 1 − h = 0, the residual
    is the limit of vanishing ridge, Σ u Uᵀy/μ over Σ u²/μ: that of the minimum-norm solution.
    """
    keys, queries = embedding.keys[rows], embedding.queries[rows]
    targets = y[rows] - embedding.centre(y)
    coefficients = embedding.coefficients(y)
    return _residuals(embedding, keys, queries, targets, coefficients, shrinkage, residue)


def _residuals(
    embedding: Embedding, keys: Array, queries: Array, targets: Array, coefficients: Array,
    shrinkage: Array, residue: Array,
) -> tuple[Array, Array]:  # fmt: skip
    loose = targets - keys @ coefficients
    free = np.maximum(1.0 - embedding.offset - np.square(keys).sum(axis=1), 0.0)
    if embedding.saturated:
        loose, free = np.zeros_like(loose), np.zeros_like(free)
    rest = loose[:, None] + keys @ (residue * coefficients).T
    left = free[:, None] + np.square(keys) @ residue.T
    bound = left <= 1e-13
    inverse = 1.0 / embedding.eigenvalues
    with np.errstate(invalid="ignore", divide="ignore"):
        limit = (keys @ (inverse * coefficients)) / (np.square(keys) @ inverse)
        left_out = np.where(bound, limit[:, None], rest / left)
    if embedding.same:
        return rest, left_out
    asked = targets[:, None] - queries @ (shrinkage * coefficients).T
    cross = embedding.offset + (queries * keys) @ shrinkage.T
    return asked, asked + cross * left_out
