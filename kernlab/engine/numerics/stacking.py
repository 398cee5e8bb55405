"""Heads: ridge models that each see a part of the features, and what is made of several.

Averaging is an ensemble. Concatenating the heads and applying W_O, as multi-head attention does,
is stacking: its weights are fitted, here to the exact leave-one-out predictions of the heads, so
that no head is judged by targets that it has seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kernlab.engine.numerics import smoother_criteria
from kernlab.engine.numerics import spectral_smoother as smoother
from kernlab.engine.numerics.spectral_smoother import Array, Embedding

HeadKind = Literal["subsets", "projections"]


@dataclass(frozen=True)
class Stack:
    """W_O: ŷ = constant + heads @ weights, weights (h,)."""

    weights: Array
    constant: float

    def predict(self, heads: Array) -> Array:
        """Stacked predictions (m,) of head predictions (m, h)."""
        return self.constant + heads @ self.weights


def head_maps(
    columns: int, heads: int, kind: HeadKind, rng: np.random.Generator
) -> tuple[Array, ...]:
    """What each head sees of p features: maps (p, d) with d = ⌈p/h⌉.

    Subsets deal a random permutation out, so that every feature is seen; projections are
    Gaussian with variance 1/d, one independent draw a head.
    """
    width = -(-columns // heads)
    if kind == "projections":
        return tuple(rng.standard_normal((columns, width)) / np.sqrt(width) for _ in range(heads))
    dealt = np.resize(rng.permutation(columns), width * heads).reshape(heads, width)
    return tuple(np.eye(columns)[:, chosen] for chosen in dealt)


def head_embedding(train: Array, test: Array, head: Array, *, intercept: bool) -> Embedding:
    """One head's factored features; it serves every λ. O(n d²)."""
    found = smoother.factor(train @ head, intercept=intercept)
    return smoother.embedding_of(found, test @ head)


def answers(head: Embedding, y: Array, ridge: float) -> tuple[Array, Array]:
    """One head's exact leave-one-out predictions (n,) and test predictions (m,)."""
    shrinkage, residue = smoother.ridge_filters(head.eigenvalues, np.array([ridge]))
    left_out = smoother_criteria.residuals(head, y, shrinkage, residue)[1][:, 0]
    return y - left_out, head.predict(y, shrinkage)[:, 0]


def stack(heads: Array, y: Array) -> Stack:
    """Least squares of the targets (n,) on head predictions (n, h), with a constant.

    The minimum-norm solution where heads agree. O(n h²).
    """
    centre = heads.mean(axis=0)
    weights = np.linalg.lstsq(heads - centre, y - y.mean(), rcond=1e-10)[0]
    return Stack(weights, float(y.mean() - centre @ weights))
