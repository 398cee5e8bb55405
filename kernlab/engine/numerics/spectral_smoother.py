"""Linear smoothers that share one factorization: least squares, ridge, principal components.

Centred keys Z = U diag(σ) Vᵀ are factored once. Every method then weighs the training targets by
W = F diag(g) Uᵀ + 1/n, with F the queries in the coordinates Vᵀ/σ and g a shrinkage of the
eigenvalues μ = σ²: one for least squares, μ/(μ+λ) for ridge, a step for principal components.
The unpenalized intercept adds 1/n to every weight and 1 to the degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SLICE = 4_000_000
"""Products a slice of rows takes between two yields, about."""


@dataclass(frozen=True)
class Factor:
    """Centred features X − mean = U diag(σ) Vᵀ at numerical rank r.

    Attributes:
        mean: (p,), zero without an intercept.
        scores: U (n, r); empty where it was not asked for.
        singular: σ (r,), descending, all positive.
        directions: V (p, r).
        rows: n.
        intercept: whether an unpenalized intercept belongs to the model.
    """

    mean: Array
    scores: Array
    singular: Array
    directions: Array
    rows: int
    intercept: bool

    @property
    def eigenvalues(self) -> Array:
        """μ = σ² (r,), descending."""
        return np.square(self.singular)

    @property
    def rank(self) -> int:
        """The numerical rank r of the centred features."""
        return self.singular.size

    def embed(self, features: Array) -> Array:
        """Rows of features (m, p) in the coordinates of U: (X − mean) V / σ, (m, r)."""
        return ((features - self.mean) @ self.directions) / self.singular


def factor(features: Array, *, intercept: bool) -> Factor:
    """Factor features (n, p) by a thin SVD, cut at numerical rank. O(n p min(n, p))."""
    mean = _mean(features, intercept)
    u, singular, vt = np.linalg.svd(features - mean, full_matrices=False)
    rank = numerical_rank(singular, features.shape)
    kept = np.ascontiguousarray(u[:, :rank])
    return Factor(mean, kept, singular[:rank], vt[:rank].T.copy(), len(features), intercept)


def factor_in_slices(
    features: Array, *, intercept: bool, precise: bool = True
) -> Generator[None, None, Factor]:
    """The same for many rows, in slices, without U; returns the factor at the end.

    Goes by the Gram matrix; where that squares too bad a condition number and `precise`, by the
    triangular factors of slices instead. O(n p²), in slices of a few milliseconds.
    """
    mean = _mean(features, intercept)
    rows, columns = features.shape
    step = max(columns, SLICE * 8 // max(columns, 1) ** 2)
    gram = np.zeros((columns, columns))
    for start in range(0, rows, step):
        part = features[start : start + step] - mean
        gram += part.T @ part
        yield
    values, vectors = np.linalg.eigh(gram)
    yield
    top = max(float(values[-1]), 0.0)
    if precise and top and values[0] < SQUARED * top:
        triangle = np.zeros((0, columns))
        for start in range(0, rows, step):
            part = features[start : start + step] - mean
            triangle = np.asarray(np.linalg.qr(np.vstack([triangle, part]), mode="r"))
            yield
        _, singular, vt = np.linalg.svd(triangle, full_matrices=False)
        vectors = vt.T
    else:
        singular, vectors = np.sqrt(np.maximum(values[::-1], 0.0)), vectors[:, ::-1]
        singular[np.square(singular) < columns * np.finfo(float).eps * top] = 0.0
    rank = numerical_rank(singular, features.shape)
    directions = np.ascontiguousarray(vectors[:, :rank])
    none = np.zeros((0, rank))
    return Factor(mean, none, singular[:rank].copy(), directions, rows, intercept)


SQUARED = 1e-6
"""Smallest over largest eigenvalue below which the Gram matrix is not good enough."""


def numerical_rank(singular: Array, shape: tuple[int, ...]) -> int:
    """Singular values above the rounding errors of a matrix of that shape."""
    top = float(singular[0]) if singular.size else 0.0
    return int(np.count_nonzero(singular > max(shape) * np.finfo(float).eps * top))


def _mean(features: Array, intercept: bool) -> Array:
    return features.mean(axis=0) if intercept else np.zeros(features.shape[1])


def ridge_shrinkage(eigenvalues: Array, ridge: float | Array) -> Array:
    """μ/(μ+λ), (r,) for one λ and (L, r) for L of them; 1 at λ = 0."""
    values = np.asarray(ridge, dtype=float)
    return eigenvalues / (eigenvalues + values[..., None])


def ridge_filters(eigenvalues: Array, ridge: float | Array) -> tuple[Array, Array]:
    """Shrinkage μ/(μ+λ), and what it leaves, λ/(μ+λ), without the cancellation of 1 − μ/(μ+λ).

    Each is (r,) for one λ and (L, r) for L of them.
    """
    values = np.asarray(ridge, dtype=float)[..., None]
    shifted = eigenvalues + values
    return eigenvalues / shifted, values / shifted


@dataclass(frozen=True)
class Turned:
    """Rows (X − mean) T of many, made when they are asked for: U without its n r numbers."""

    features: Array
    mean: Array
    turn: Array

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, rows: Any) -> Array:
        return (self.features[rows] - self.mean) @ self.turn

    def project(self, y: Array) -> Array:
        """Uᵀy for (n,) or (n, c)."""
        return self.turn.T @ (self.features.T @ y - np.multiply.outer(self.mean, y.sum(axis=0)))

    def spread(self, coefficients: Array, rows: slice = slice(None)) -> Array:
        """U c for (r,), of some rows."""
        turned = self.turn @ coefficients
        return self.features[rows] @ turned - self.mean @ turned


Keys = Array | Turned


@dataclass(frozen=True)
class Embedding:
    """Training keys, and queries in the same coordinates.

    Attributes:
        keys: U (n, r), orthonormal columns, orthogonal to the ones where `offset` is not 0.
        queries: of the training rows (n, r); `keys` itself unless W_Q ≠ W_K.
        test: of the test rows (m, r).
        eigenvalues: μ (r,), descending.
        offset: what an intercept adds to each weight, 1/n, or 0.
    """

    keys: Keys
    queries: Keys
    test: Array
    eigenvalues: Array
    offset: float

    @property
    def rows(self) -> int:
        """Training rows n."""
        return len(self.keys)

    @property
    def same(self) -> bool:
        """Whether training rows ask as they answer, so that the hat matrix is symmetric."""
        return self.queries is self.keys

    @property
    def saturated(self) -> bool:
        """Whether keys and intercept together span all n dimensions."""
        return self.eigenvalues.size + (self.offset > 0) == self.rows

    def weights(self, shrinkage: Array, test: Array | None = None) -> Array:
        """Weights of the training targets, (m, n), for one shrinkage (r,)."""
        rows = self.test if test is None else test
        return (rows * shrinkage) @ self.keys[:].T + self.offset

    def weight_row(self, test: Array, shrinkage: Array, rows: slice = slice(None)) -> Array:
        """The weights of some training rows in one prediction, whose embedding is (r,)."""
        if isinstance(self.keys, Turned):
            return self.keys.spread(test * shrinkage, rows) + self.offset
        return self.keys[rows] @ (test * shrinkage) + self.offset

    def coefficients(self, y: Array) -> Array:
        """Uᵀy (r,), or (r, c) for several targets."""
        left = y - self.centre(y)
        return self.keys.project(left) if isinstance(self.keys, Turned) else self.keys.T @ left

    def centre(self, y: Array) -> Array:
        """The mean of the targets where there is an intercept, otherwise 0."""
        return np.asarray(y.mean(axis=0) if self.offset else 0.0 * y[0])

    def predict(self, y: Array, shrinkage: Array, test: Array | None = None) -> Array:
        """Predictions of the test rows: (m,), or (m, L) for shrinkage (L, r)."""
        rows = self.test if test is None else test
        return rows @ (shrinkage * self.coefficients(y)).T + self.centre(y)


def embedding_of(found: Factor, test: Array, *, queries: Array | None = None) -> Embedding:
    """Least squares and ridge: keys are the factored features, queries go through its directions.

    Args:
        found: with its scores.
        test: queries of the test rows, (m, p).
        queries: of the training rows (n, p) where they differ from the keys.
    """
    asked = found.scores if queries is None else found.embed(queries)
    return _embedding(found, found.scores, asked, test)


def turned_embedding(
    found: Factor, train: Array, test: Array, *, queries: Array | None = None
) -> Embedding:
    """The same from a factor without scores: rows of U are made from `train` when needed."""
    turn = found.directions / found.singular
    keys = Turned(train, found.mean, turn)
    asked = keys if queries is None else Turned(queries, found.mean, turn)
    return _embedding(found, keys, asked, test)


def _embedding(found: Factor, keys: Keys, queries: Keys, test: Array) -> Embedding:
    offset = 1.0 / found.rows if found.intercept else 0.0
    return Embedding(keys, queries, found.embed(test), found.eigenvalues, offset)


def condition(eigenvalues: Array, ridge: float, *, dual: bool, rows: int, columns: int) -> float:
    """(μ_max+λ)/(μ_min+λ) of XᵀX + λI (p, p) or of the Gram matrix XXᵀ + λI (n, n).

    The side that is larger than the rank has μ_min = 0. Infinite where λ is then 0.
    """
    size = rows if dual else columns
    low = 0.0 if eigenvalues.size < size else float(eigenvalues[-1])
    top = float(eigenvalues[0]) if eigenvalues.size else 0.0
    return (top + ridge) / (low + ridge) if low + ridge > 0 else math.inf
