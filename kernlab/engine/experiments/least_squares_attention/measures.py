"""What the claims of the least-squares panel need, as one row.

They are about least squares and ridge on the panel's features, whatever method is chosen, at the
panel's λ, split and intercept. What needs n × n matrices takes `ROWS` training rows at most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import summary
from kernlab.engine.experiments.least_squares_attention import (
    choice,
    heads,
    simulation,
    spectrum,
)
from kernlab.engine.experiments.least_squares_attention.bench import Bench, Model, Path, maps
from kernlab.engine.experiments.least_squares_attention.data_sets import Array
from kernlab.engine.numerics.spectral_smoother import ridge_filters

ROWS = 500
"""Training rows and test rows, at most, of what needs n × n matrices."""
COLUMNS = 400
"""Features that these measurements take, at most: the first ones."""


class Small(NamedTuple):
    """The rows and columns on which matrices are compared, centred with an intercept."""

    train: Array
    test: Array
    y: Array
    mean: float
    spread: float
    ridge: float
    offset: float


def claims(bench: Bench) -> Iterator[Step]:
    """Measure what the claims are about, at these parameters."""
    linear = replace(bench, p=replace(bench.p, mode="ridge", projections="none"))
    model = yield from linear.model()
    small = _small(linear, model)
    seconds = 2e-9 * len(small.y) ** 3
    if not small.train.any():
        yield from simulation.rates(bench)
        yield Step(1.0, "", {"claims": summary(constant=True)})
        return
    row: dict[str, Any] = {
        "constant": False,
        "n": len(small.y),
        "m": len(small.test),
        "p": small.train.shape[1],
        "all_rows": model.problem.n,
        "all_columns": model.problem.p,
    }
    for at, part in enumerate(PARTS):
        yield Step(0.05 * at, f"measuring the claims, a step of up to {seconds:.2f} s")
        row |= part(bench, small)
    yield Step(0.5, "measuring the claims")
    row |= yield from _criteria(linear, model)
    row |= _importance(linear, model)
    row |= yield from _heads(linear)
    row |= yield from _risk(linear, model)
    yield from simulation.rates(bench)
    yield Step(1.0, "", {"claims": summary(**row)})


def _small(bench: Bench, model: Model) -> Small:
    problem = model.problem
    train = problem.train[:ROWS, :COLUMNS]
    test = problem.test[:ROWS, :COLUMNS]
    y = problem.y[:ROWS]
    mean = 0.0
    if bench.p.intercept:
        centre, mean = train.mean(axis=0), float(y.mean())
        train, test, y = train - centre, test - centre, y - mean
    offset = 1.0 / len(y) if bench.p.intercept else 0.0
    return Small(train, test, y, mean, problem.spread, bench.p.ridge, offset)


def _largest(values: npt.NDArray[Any]) -> float:
    return float(np.abs(values).max())


# -- matrices -----------------------------------------------------------------------------------


def literal(bench: Bench, small: Small) -> dict[str, Any]:
    """S1: F_test F_trainᵀ y as it stands, by eigenvectors of XᵀX, beside a direct solve."""
    values, u = np.linalg.eigh(small.train.T @ small.train)
    top = max(float(values[-1]), 0.0)
    invertible = bool(values[0] > len(values) * np.finfo(float).eps * top)
    direct, _, rank, _ = np.linalg.lstsq(small.train, small.y)
    if invertible:
        turn = u / np.sqrt(values)
    else:  # the positive ones alone, and without squaring what is nearly zero
        _, singular, vt = np.linalg.svd(small.train, full_matrices=False)
        turn = vt[:rank].T / singular[:rank]
    ours = (small.test @ turn) @ ((small.train @ turn).T @ small.y)
    return {
        "s1_residual": _largest(ours - small.test @ direct) / small.spread,
        "s1_rank": int(rank),
        "s1_invertible": invertible,
        "s1_condition": top / float(values[0]) if invertible else math.inf,
    }


def signs(bench: Bench, small: Small) -> dict[str, Any]:
    """S2: the signs and the row sums of least-squares weights, and ‖row‖² beside the leverage."""
    inverse = np.linalg.pinv(small.train)
    weights = small.test @ inverse + small.offset
    precision = np.linalg.pinv(small.train.T @ small.train, hermitian=True)
    leverage = small.offset + np.einsum("ij,ij->i", small.test @ precision, small.test)
    return {
        "s2_negative": float(np.mean(weights < -1e-12 * _largest(weights))),
        "s2_row_sum": _largest(weights.sum(axis=1) - 1.0),
        "s2_leverage": _largest(np.square(weights).sum(axis=1) - leverage) / _largest(leverage),
    }


def shrinkages(bench: Bench, small: Small) -> dict[str, Any]:
    """S3: what a direct ridge solve keeps of each eigenvector, beside μ/(μ+λ)."""
    gram, moments = small.train.T @ small.train, small.train.T @ small.y
    values, u = np.linalg.eigh(gram)
    values = np.maximum(values, 0.0)
    solved = np.linalg.solve(gram + small.ridge * np.eye(len(gram)), moments)
    kept = values > 1e-9 * values[-1]
    plain = (u.T @ moments)[kept] / values[kept]
    wanted = values[kept] / (values[kept] + small.ridge) * plain
    turn = small.train @ (u / np.sqrt(values + small.ridge))
    return {
        "s3_residual": _largest((u.T @ solved)[kept] - wanted) / (_largest(plain) or 1.0),
        "s3_identity": _largest(np.asarray(turn.T @ turn) - np.eye(len(gram))),
    }


def conventions(bench: Bench, small: Small) -> dict[str, Any]:
    """S4 and S5: (K + λI)⁻¹ beside (K + nλI)⁻¹, and K_qk (K_kk + λI)⁻¹ beside both."""
    n = len(small.y)
    gram, cross = small.train @ small.train.T, small.test @ small.train.T
    identity = np.eye(n)
    inverse = np.linalg.inv(gram + small.ridge * identity)
    answers = cross @ (inverse @ small.y)
    scaled = cross @ np.linalg.solve(gram + n * small.ridge * identity, small.y)
    primal = np.linalg.solve(
        small.train.T @ small.train + n * small.ridge * np.eye(small.train.shape[1]),
        small.train.T @ small.y,
    )
    hat = gram @ inverse
    rows = np.linalg.solve(gram + small.ridge * identity, cross.T).T
    return {
        "s4_apart": _largest(answers - scaled) / small.spread,
        "s4_same": _largest(scaled - small.test @ primal) / small.spread,
        "s5_apart": float(np.linalg.norm(hat - inverse) / np.linalg.norm(hat)),
        "s5_same": _largest(cross @ inverse - rows) / (_largest(rows) or 1.0),
    }


def kernels(bench: Bench, small: Small) -> dict[str, Any]:
    """S6: QKᵀ for W_Q ≠ W_K: how far from symmetric, and its lowest eigenvalue when made so."""
    p = bench.p if bench.p.projections == "separate" else replace(bench.p, projections="separate")
    columns = small.train.shape[1]
    w_q, w_k = maps(p, columns)
    assert w_q is not None and w_k is not None
    product = (small.train @ w_q) @ (small.train @ w_k).T
    size = float(np.linalg.norm(product)) or 1.0
    values = np.linalg.eigvalsh((product + product.T) / 2)
    return {
        "s6_asymmetry": float(np.linalg.norm(product - product.T)) / size,
        "s6_lowest": float(values[0] / (np.abs(values).max() or 1.0)),
    }


def freedom(bench: Bench, small: Small) -> dict[str, Any]:
    """S7 and S10: traces and norms of the hat matrices, and κ of the Gram matrix + λI."""
    n = len(small.y)
    gram = small.train @ small.train.T
    values = np.linalg.eigvalsh(gram)
    system = gram + small.ridge * np.eye(n)
    hat = np.linalg.solve(system, gram)
    cross = np.linalg.solve(system, small.train @ small.test.T)
    rank = int((values > n * np.finfo(float).eps * values[-1]).sum())
    low = float(values[0]) if rank == n else 0.0
    sized = np.linalg.eigvalsh(system)
    return {
        "s7_trace": float(np.trace(hat)),
        "s7_frobenius": float(np.square(cross).sum()),
        "s7_square": cross.shape[0] == cross.shape[1],
        "s7_cross_trace": float(np.trace(cross)) if cross.shape[0] == cross.shape[1] else math.nan,
        "s8_definition": _gcv_difference(bench, small, hat),
        "s10_measured": float(sized[-1] / sized[0]),
        "s10_predicted": (float(values[-1]) + small.ridge) / (low + small.ridge),
        "s10_zero": rank < n,
    }


def _gcv_difference(bench: Bench, small: Small, hat: npt.NDArray[Any]) -> float:
    """S8: GCV by its definition, from H, relative to ours; 0 where both are 0/0."""
    from kernlab.engine.numerics import least_squares

    left = np.eye(len(hat)) - hat - small.offset
    score = np.mean(np.square(left @ small.y)) / np.square(np.trace(left) / len(hat))
    ours = least_squares.gcv(small.train, small.y, ridge=small.ridge, intercept=bench.p.intercept)
    return abs(ours / float(score) - 1.0) if math.isfinite(ours) and score > 0 else 0.0


def commitment(bench: Bench, small: Small) -> dict[str, Any]:
    """S11: S after a rotation of the features, and predictions after other targets."""
    rng = np.random.default_rng([bench.p.seed, 9])
    columns = small.train.shape[1]
    rotation, _ = np.linalg.qr(rng.standard_normal((columns, columns)))

    def resonance(train: Array) -> Array:
        gram = train @ train.T
        hat = np.linalg.solve(gram + small.ridge * np.eye(len(gram)), gram)
        return np.asarray(hat @ hat.T)

    before, after = resonance(small.train), resonance(small.train @ rotation)
    gram = small.train.T @ small.train + small.ridge * np.eye(columns)
    pair = np.column_stack([small.y, rng.permutation(small.y)])
    answers = small.test @ np.linalg.solve(gram, small.train.T @ pair)
    return {
        "s11_same": _largest(before - after) / (_largest(before) or 1.0),
        "s11_models": _largest(answers[:, 0] - answers[:, 1]) / small.spread,
    }


PARTS: tuple[Callable[[Bench, Small], dict[str, Any]], ...] = (
    literal,
    signs,
    shrinkages,
    conventions,
    kernels,
    freedom,
    commitment,
)


# -- criteria, heads, risk ----------------------------------------------------------------------


def _criteria(bench: Bench, model: Model) -> Generator[Step, None, dict[str, Any]]:
    """S8: GCV at λ, at its own best λ, and the exact leave-one-out error there."""
    judged = yield from choice.judge(bench, model)
    here = yield from choice.at_value(bench, model)
    at = choice.best(judged, "gcv")
    loo = judged.criteria.loo
    n = model.problem.n
    return {
        "s8_gcv": float(here.criteria.gcv[0]),
        "s8_without": float(here.criteria.gcv_without[0]),
        "s8_loo": float(here.criteria.loo[0]),
        "s8_best": float(judged.path.values[at]),
        "s8_loo_there": float(loo[at]),
        "s8_loo_least": float(np.nanmin(loo)) if np.isfinite(loo).any() else math.nan,
        "s8_left_there": 1.0 - float(judged.criteria.dof[at]) / n,
    }


def _importance(bench: Bench, model: Model) -> dict[str, Any]:
    """S9: orders of components by both importances, as rank correlations with μ."""
    assert model.embedding is not None
    mu = model.embedding.eigenvalues
    if mu.size < 2:
        return {"s9_published": math.nan, "s9_target": math.nan, "s9_first": 1}
    published = spectrum.published_importance(mu, bench.p.ridge)
    moments = model.embedding.coefficients(model.problem.y)
    aware = spectrum.target_importance(mu, moments, bench.p.ridge)
    return {
        "s9_published": rank_correlation(mu, published),
        "s9_target": rank_correlation(mu, aware),
        "s9_first": int(aware.argmax()) + 1,
    }


def rank_correlation(one: Array, other: Array) -> float:
    """Spearman's, of values without ties but for rounding."""
    ranks = [np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in
             (one, other)]  # fmt: skip
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _heads(bench: Bench) -> Generator[Step, None, dict[str, Any]]:
    """S12: what the stack predicts beside the average."""
    problem = yield from bench.problem(heads.head_rows(bench))
    found = yield from heads.measured(bench, problem, bench.p.heads, 0)
    return {
        "s12_apart": found.apart,
        "s12_best": float(found.ways[0]),
        "s12_average": float(found.ways[1]),
        "s12_stacked": float(found.ways[2]),
        "s12_equal": float(np.abs(found.weights - 1.0 / found.weights.size).max()),
    }


def _risk(bench: Bench, model: Model) -> Generator[Step, None, dict[str, Any]]:
    """S14: the simulated risk beside its parts, at λ."""
    if model.problem.n > simulation.TRAINING:
        model = yield from replace(bench, p=shrunk(bench.p, simulation.TRAINING)).model()
        if model.problem.n > simulation.TRAINING:
            return {name: math.nan for name in ("s14_risk", "s14_sum", "s14_error", "s14_noise",
                                                "s14_function", "s14_function_error")}  # fmt: skip
    assert model.embedding is not None
    here = np.array([bench.p.ridge])
    line = Path(here, *ridge_filters(model.embedding.eigenvalues, here))
    table = yield from simulation.decomposition(bench, model, line, simulation.DRAWS)
    return {
        "s14_risk": float(table["risk"][0]),
        "s14_error": float(table["risk_error"][0]),
        "s14_sum": float(table["total"][0]),
        "s14_noise": float(table["noise"][0]),
        "s14_function": float(table["error"][0]),
        "s14_function_error": float(table["error_error"][0]),
    }


def shrunk(p: Any, most: int) -> Any:
    """The parameters with fewer simulated rows; the same where the rows are given."""
    if p.data != "simulated":
        return p
    return replace(p, rows=min(p.rows, int(most / max(1.0 - p.test_fraction, 0.1))))
