"""The identities of the view Weights, each with its residual, against another computation."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.least_squares_attention.bench import Bench, Model, filters
from kernlab.engine.experiments.least_squares_attention.data_sets import Array
from kernlab.engine.experiments.least_squares_attention.parameters import Parameters

TEST_ROWS, WEIGHTS = 60, 2_000_000
"""Test rows on which identities are checked, and weights of them, at most."""
DUAL_ROWS = 1200
"""Training rows up to which the n × n system is solved."""
TOLERANCE = 1e-10
SLICE = 4_000_000


def checked_rows(n: int) -> int:
    """Test rows on which identities are checked: fewer where a row has many weights."""
    return min(TEST_ROWS, max(4, WEIGHTS // n))


class Light(NamedTuple):
    """One identity: its residual, and how large that may be; NaN where it does not apply."""

    name: str
    residual: float
    tolerance: float


def identities(bench: Bench, model: Model) -> Iterator[Step]:
    """The sheet of identities."""
    p = bench.p
    key = (model.key, p.mode, p.ridge, p.rank, p.temperature)
    known = bench.cache.peek("identities", key)
    if known is None:
        found = yield from (_softmax(bench, model) if model.embedding is None
                            else _linear(bench, model))  # fmt: skip
        known = bench.cache.put("identities", key, _table(found))
    yield Step(1.0, "", {"identities": known})


def _table(found: list[Light]) -> Table:
    residual = np.array([light.residual for light in found])
    tolerance = np.array([light.tolerance for light in found])
    verdict = np.where(residual <= tolerance, "● holds", "○ fails")
    return Table(
        {
            "identity": np.array([light.name for light in found]),
            "light": np.where(np.isfinite(residual), verdict, "– does not apply"),
            "residual": residual,
            "tolerance": tolerance,
        }
    )


def _softmax(bench: Bench, model: Model) -> Generator[Step, None, list[Light]]:
    from kernlab.engine.numerics.kernel_smoother import gaussian_kernel, softmax_weights

    asked, keys = model.asked[:TEST_ROWS], model.keys
    weights = softmax_weights(asked, keys, bench.p.temperature)
    yield Step()
    width = np.sqrt(np.sqrt(keys.shape[1]) * bench.p.temperature)
    lift = np.square(keys).sum(axis=1) / (2.0 * width**2)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        smoother = gaussian_kernel(asked, keys, float(width)) * np.exp(lift - lift.max())
        smoother /= smoother.sum(axis=1, keepdims=True)
    apart = np.abs(smoother - weights).max(axis=1)
    apart = apart[np.isfinite(apart)]
    return [
        Light("Nadaraya–Watson weights", float(apart.max()) if apart.size else np.nan, 1e-8),
        Light("Rows sum to 1", _off(weights.sum(axis=1), 1.0), TOLERANCE),
        Light("No weight is negative", float(np.mean(weights < 0)), 0.0),
        Light("‖w‖² is the leverage", np.nan, TOLERANCE),
        Light("Primal is dual", np.nan, TOLERANCE),
    ]


def _linear(bench: Bench, model: Model) -> Generator[Step, None, list[Light]]:
    embedding, problem, p = model.embedding, model.problem, bench.p
    assert embedding is not None
    shrinkage = filters(p, embedding.eigenvalues)[0]
    test = embedding.test[: checked_rows(problem.n)]
    weights = np.empty((len(test), problem.n))
    step = max(1, 8 * SLICE // max(1, shrinkage.size) ** 2)
    for start in range(0, problem.n, step):
        rows = slice(start, start + step)
        weights[:, rows] = (test * shrinkage) @ embedding.keys[rows].T + embedding.offset
        yield Step()
    leverage = embedding.offset + np.square(test) @ shrinkage
    norms = np.square(weights).sum(axis=1)
    ours = weights @ problem.y
    direct = yield from _direct(p, model)
    allowed = tolerance(embedding.eigenvalues, p)
    other = yield from _other_side(p, model)
    apart = np.nan if other is None else _off(other, weights) / (np.abs(weights).max() or 1.0)
    return [
        Light("Predictions of a direct solve", _off(direct, ours) / problem.spread, allowed),
        Light("Rows sum to 1", _off(weights.sum(axis=1), 1.0), max(TOLERANCE, allowed)),
        Light("No weight is negative", float(np.mean(weights < -1e-14)), 0.0),
        Light("‖w‖² is the leverage", _off(norms, leverage) / (leverage.max() or 1.0), allowed),
        Light("Primal is dual", apart, allowed),
    ]


def tolerance(eigenvalues: Array, p: Parameters) -> float:
    """1e-10, or ten rounding errors times the condition number of the system that is solved."""
    ridge = p.ridge if p.mode in ("ridge", "kernel-ridge") else 0.0
    if not eigenvalues.size:
        return TOLERANCE
    kept = eigenvalues[: p.rank] if p.mode == "pcr" else eigenvalues
    condition = (float(kept[0]) + ridge) / (float(kept[-1]) + ridge)
    return max(TOLERANCE, 10.0 * np.finfo(float).eps * condition)


def _off(one: Array, other: Array | float) -> float:
    return float(np.abs(one - other).max())


def means(p: Parameters, model: Model) -> tuple[Array, float]:
    """The mean of the keys, which is that of the queries, and that of the targets; or zeros."""
    if not p.intercept:
        return np.zeros(model.keys.shape[1]), 0.0
    return model.keys.mean(axis=0), float(model.problem.y.mean())


def _direct(p: Parameters, model: Model) -> Generator[Step, None, Array]:
    """Predictions of the first test rows by a solve that shares nothing with the embedding."""
    from kernlab.engine.numerics.kernel_smoother import gaussian_kernel

    if p.mode == "kernel-ridge":
        y, keys, n = model.problem.y, model.keys, model.problem.n
        system = gaussian_kernel(keys, keys, p.lengthscale) + p.ridge * np.eye(n)
        yield Step()
        ones = np.full((n, 1), float(p.intercept))
        bordered = np.block([[system, ones], [ones.T, np.full((1, 1), 1.0 - p.intercept)]])
        solution = np.linalg.solve(bordered, np.append(y, 0.0))
        yield Step()
        cross = gaussian_kernel(model.asked[:TEST_ROWS], keys, p.lengthscale)
        return np.asarray(cross @ solution[:n] + solution[n] * p.intercept)
    centre, mean = means(p, model)
    keys, y = model.keys, model.problem.y - mean
    asked = model.asked[: checked_rows(len(y))] - centre
    yield Step()
    if p.mode == "ols" and len(y) * keys.shape[1] ** 2 <= 5e7:
        return np.asarray(asked @ np.linalg.lstsq(keys - centre, y)[0] + mean)
    gram, moments = np.zeros((keys.shape[1],) * 2), np.zeros(keys.shape[1])
    step = max(1, SLICE * 8 // keys.shape[1] ** 2)
    for start in range(0, len(y), step):
        part = keys[start : start + step] - centre
        gram += part.T @ part
        moments += part.T @ y[start : start + step]
        yield Step()
    if p.mode == "ridge":
        gram[np.diag_indices_from(gram)] += p.ridge
        found = np.linalg.solve(gram, moments)
    else:
        values, vectors = np.linalg.eigh(gram)
        known = values > keys.shape[1] * np.finfo(float).eps * max(values[-1], 0.0)
        kept = np.flatnonzero(known)[::-1][: p.rank if p.mode == "pcr" else None]
        found = vectors[:, kept] @ ((vectors[:, kept].T @ moments) / values[kept])
    yield Step()
    return np.asarray(asked @ found + mean)


def _other_side(p: Parameters, model: Model) -> Generator[Step, None, Array | None]:
    """Weights by the n × n system, for least squares and ridge."""
    n = model.problem.n
    if p.mode not in ("ols", "ridge") or n > DUAL_ROWS:
        return None
    centre, _ = means(p, model)
    keys, asked = model.keys - centre, model.asked - centre
    gram = keys @ keys.T
    yield Step()
    offset = 1.0 / n if p.intercept else 0.0
    cross = asked[:TEST_ROWS] @ keys.T
    if p.mode == "ridge":
        gram[np.diag_indices(n)] += p.ridge
        found = np.linalg.solve(gram, cross.T).T
    else:
        found = np.linalg.lstsq(keys.T, asked[:TEST_ROWS].T)[0].T
    yield Step()
    return np.asarray(found + offset)
