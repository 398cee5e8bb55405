"""Least squares as attention: a prediction is a weighted sum of the training targets.

Conventions: `ridge` is the λ of ‖y − Xb‖² + λ‖b‖² (scikit-learn's alpha; nλ in a mean-square
loss). With `intercept` the model has an unpenalized constant that counts: weights gain 1/n and
the degrees of freedom 1. Where XᵀX is singular and λ = 0 the answers are those of the
minimum-norm solution (the pseudo-inverse).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics import smoother_criteria
from kernlab.engine.numerics import spectral_smoother as smoother
from kernlab.engine.numerics.spectral_smoother import Array, Embedding


def attention_weights(
    X_train: npt.ArrayLike,
    X_test: npt.ArrayLike,
    *,
    ridge: float = 0.0,
    intercept: bool = False,
) -> Array:
    """The weights of the training targets in each test prediction: ŷ = W y.

    W = X_test (XᵀX + λI)⁻¹ Xᵀ = F_test diag(μ/(μ+λ)) F_trainᵀ, with F = X U Λ^{-1/2}.

    Args:
        X_train: (n, p) features.
        X_test: (m, p) features.
        ridge: λ ≥ 0.
        intercept: whether there is an unpenalized constant; rows then sum to 1.

    Returns:
        (m, n) weights, signed.

    Raises:
        ValueError: an argument has a wrong shape, holds no finite number, or λ < 0.

    Cost: O(n p min(n, p) + m n p). Source: paper 003, equations of 2.2 and 3.1.
    """
    train, test = _features(X_train, "X_train"), _features(X_test, "X_test")
    if train.shape[1] != test.shape[1]:
        raise ValueError(
            f"X_test has {test.shape[1]} columns; allowed: the {train.shape[1]} of X_train"
        )
    _check_ridge(ridge)
    found = smoother.factor(train, intercept=intercept)
    embedding = smoother.embedding_of(found, test)
    return embedding.weights(smoother.ridge_shrinkage(found.eigenvalues, ridge))


def effective_dof(X: npt.ArrayLike, *, ridge: float, intercept: bool = False) -> float:
    """tr H = Σ μ/(μ+λ), plus 1 for an intercept; the rank (plus 1) at λ = 0. O(n p min(n, p)).

    Raises:
        ValueError: as for :func:`attention_weights`.
    """
    _check_ridge(ridge)
    found = smoother.factor(_features(X, "X"), intercept=intercept)
    return float(smoother.ridge_shrinkage(found.eigenvalues, ridge).sum()) + intercept


def gcv(X: npt.ArrayLike, y: npt.ArrayLike, *, ridge: float, intercept: bool = False) -> float:
    """Generalized cross-validation, n⁻¹‖y − Hy‖² / (1 − tr H / n)²; NaN where tr H = n (0/0).

    An intercept is counted in H. O(n p min(n, p)). Source: paper 003, 5.1.

    Raises:
        ValueError: as for :func:`attention_weights`, or y has another length.
    """
    embedding, target = _fitted(X, y, ridge, intercept)
    filters = smoother.ridge_filters(embedding.eigenvalues, np.array([ridge]))
    return float(smoother_criteria.criteria(embedding, target, *filters).gcv[0])


def leave_one_out(
    X: npt.ArrayLike, y: npt.ArrayLike, *, ridge: float, intercept: bool = False
) -> Array:
    """The n residuals y_i − ŷ_i of the models fitted without row i, from one factorization.

    (y − Hy)_i / (1 − h_i); where h_i = 1 and λ = 0, that of the minimum-norm solution without
    row i. A column that is constant without row i then carries no weight. O(n p min(n, p)).

    Raises:
        ValueError: as for :func:`attention_weights`, or y has another length.
    """
    embedding, target = _fitted(X, y, ridge, intercept)
    filters = smoother.ridge_filters(embedding.eigenvalues, np.array([ridge]))
    return smoother_criteria.residuals(embedding, target, *filters)[1][:, 0]


def _fitted(
    X: npt.ArrayLike, y: npt.ArrayLike, ridge: float, intercept: bool
) -> tuple[Embedding, Array]:
    features = _features(X, "X")
    _check_ridge(ridge)
    target = np.asarray(y, dtype=float)
    if target.shape != (len(features),):
        raise ValueError(f"y has shape {target.shape}; allowed: ({len(features)},), one a row of X")
    if not np.isfinite(target).all():
        raise ValueError(f"y holds {_not_finite(target)}; allowed: finite numbers")
    found = smoother.factor(features, intercept=intercept)
    return smoother.embedding_of(found, features[:0]), target


def _features(X: npt.ArrayLike, name: str) -> Array:
    try:
        features = np.asarray(X, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} holds text or rows of different lengths; allowed: a matrix of "
                         "finite numbers") from None  # fmt: skip
    if features.ndim != 2 or not features.size:
        raise ValueError(f"{name} has shape {features.shape}; allowed: rows and columns, not empty")
    if not np.isfinite(features).all():
        raise ValueError(f"{name} holds {_not_finite(features)}; allowed: finite numbers")
    return features


def _not_finite(values: Array) -> str:
    return str(values[~np.isfinite(values)][0])


def _check_ridge(ridge: float) -> None:
    if not (isinstance(ridge, (int, float, np.number)) and math.isfinite(ridge) and ridge >= 0):
        raise ValueError(f"ridge is {ridge!r}; allowed: a finite number, at least 0")
