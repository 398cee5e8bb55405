"""The view Spectrum: eigenvalues, shrinkage, importance of components, condition numbers."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.least_squares_attention.bench import Bench, Model, filters
from kernlab.engine.experiments.least_squares_attention.data_sets import Array

HAT_ROWS = 500
"""Training rows up to which the eigenvalues of S are measured from H itself."""
SHOWN = 400
"""Components in the tables, at most."""


def spectrum(bench: Bench) -> Iterator[Step]:
    """Everything that the eigenvalues say."""
    model = yield from bench.model()
    eigenvalues, coefficients = yield from _parts(bench, model)
    yield Step(0.5, "", {"components": components(bench, eigenvalues, coefficients)})
    yield Step(0.7, "", {"conditions": _conditions(bench, model, eigenvalues)})
    if bench.full or bench.cache.peek("eigenvalues of S", _key(bench, model)) is not None:
        yield from _measured(bench, model)


def _parts(bench: Bench, model: Model) -> Generator[Step, None, tuple[Array, Array]]:
    """μ and Uᵀy of the keys; for softmax attention those of its linear counterpart."""
    from kernlab.engine.numerics import spectral_smoother as smoother

    embedding = model.embedding
    if embedding is None:
        key = ("linear counterpart", model.key)
        known = bench.cache.peek("linear counterpart", key)
        if known is None:
            yield Step()
            found = smoother.factor(model.keys, intercept=bench.p.intercept)
            known = smoother.embedding_of(found, model.asked[:1])
            bench.cache.put("linear counterpart", key, known)
        embedding = known
    y = model.problem.y
    moments = bench.cache.get(
        "coefficients", ("coefficients", model.key), lambda: embedding.coefficients(y)
    )
    return embedding.eigenvalues, moments


def published_importance(eigenvalues: Array, ridge: float) -> Array:
    """(μ_i/Σμ) · μ_i/(μ_i+λ), of paper 003, 7.1."""
    total = float(eigenvalues.sum()) or 1.0
    return eigenvalues / total * eigenvalues / (eigenvalues + ridge)


def target_importance(eigenvalues: Array, coefficients: Array, ridge: float) -> Array:
    """μ_i/(μ_i+λ) · (u_iᵀy)²: what a component explains of the targets."""
    return eigenvalues / (eigenvalues + ridge) * np.square(coefficients)


def components(bench: Bench, eigenvalues: Array, coefficients: Array) -> Table:
    """One row a component, the largest eigenvalue first."""
    p = bench.p
    mu, moments = eigenvalues[:SHOWN], coefficients[:SHOWN]
    count = mu.size
    ridge = 0.0 if p.mode == "ols" else p.ridge
    shrinkage = np.full(count, np.nan) if p.mode == "softmax" else filters(p, mu)[0]
    published = published_importance(eigenvalues, ridge)[:SHOWN]
    aware = target_importance(eigenvalues, coefficients, ridge)
    return Table(
        {
            "component": np.arange(1.0, count + 1),
            "eigenvalue": np.where(mu > mu.size * np.finfo(float).eps * mu[:1], mu, np.nan),
            "shrinkage": shrinkage,
            "resonance": np.square(shrinkage),
            "published": published / (published_importance(eigenvalues, ridge).sum() or 1.0),
            "with_target": aware[:SHOWN] / (float(aware.sum()) or 1.0),
            "coefficient": moments,
        }
    )


def _key(bench: Bench, model: Model) -> tuple[object, ...]:
    p = bench.p
    return (model.key, p.mode, p.ridge, p.rank, p.temperature)


def _measured(bench: Bench, model: Model) -> Iterator[Step]:
    """Eigenvalues of S = HHᵀ from H itself, where it is small enough."""
    key = _key(bench, model)
    known = bench.cache.peek("eigenvalues of S", key)
    if known is None:
        values = np.full(1, np.nan)
        if model.problem.n <= HAT_ROWS:
            yield Step(0.8, "eigenvalues of H Hᵀ")
            values = resonance(hat_matrix(bench, model))[:SHOWN]
            values = values[values > 1e-12]
        known = bench.cache.put("eigenvalues of S", key, values)
    table = Table({"component": np.arange(1.0, known.size + 1), "measured": known})
    yield Step(1.0, "", {"resonance": table})


def resonance(hat: Array) -> Array:
    """Eigenvalues of H Hᵀ (n,), descending."""
    return np.asarray(np.square(np.linalg.svd(hat, compute_uv=False)))


def hat_matrix(bench: Bench, model: Model) -> Array:
    """H (n, n) of the training rows, without what an intercept adds."""
    from kernlab.engine.numerics.kernel_smoother import softmax_weights

    if model.embedding is None:
        return softmax_weights(model.queries, model.keys, bench.p.temperature)
    shrinkage = filters(bench.p, model.embedding.eigenvalues)[0]
    return np.asarray((model.embedding.queries[:] * shrinkage) @ model.embedding.keys[:].T)


def _conditions(bench: Bench, model: Model, eigenvalues: Array) -> Table:
    """κ of XᵀX + λI and of the Gram matrix + λI over λ."""
    from kernlab.engine.numerics.spectral_smoother import condition

    n, columns = model.problem.n, model.keys.shape[1]
    if bench.p.mode == "kernel-ridge":
        columns = n
    top = float(eigenvalues[0]) if eigenvalues.size else 1.0
    ridges = np.geomspace(max(1e-6, 1e-9 * top), max(1e-4, 10.0 * top), 61)
    sides = [
        [condition(eigenvalues, float(ridge), dual=dual, rows=n, columns=columns)
         for ridge in ridges]
        for dual in (False, True)
    ]  # fmt: skip
    return Table({"ridge": ridges, "primal": np.array(sides[0]), "dual": np.array(sides[1])})
