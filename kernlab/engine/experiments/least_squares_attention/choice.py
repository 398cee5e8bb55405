"""The view Choice: degrees of freedom and criteria along the path, with each optimum."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.least_squares_attention.bench import (
    Bench,
    Model,
    Path,
    filters,
    path,
    value_of,
)
from kernlab.engine.experiments.least_squares_attention.data_sets import Array
from kernlab.engine.numerics.smoother_criteria import Criteria
from kernlab.engine.numerics.spectral_smoother import Turned
from kernlab.engine.numerics.steps import relay

CRITERIA = {
    "gcv": "GCV",
    "gcv_without": "GCV, intercept not counted",
    "loo": "Leave-one-out",
    "held_out": "Held-out error",
}
CURVES = ("gcv", "loo", "held_out")


class Judged(NamedTuple):
    """Criteria and held-out mean squared errors along a path, (L,) each."""

    path: Path
    criteria: Criteria
    held_out: Array
    held_out_error: Array


def choice(bench: Bench) -> Iterator[Step]:
    """The curves, their optima, and what the chosen value comes to."""
    model = yield from bench.model()
    judged = yield from judge(bench, model)
    yield Step(0.8, "", {"path": _path_table(judged)})
    if not bench.full and model.embedding is not None and isinstance(model.embedding.keys, Turned):
        return  # leave-one-out at one more value would take a pass over many rows
    here = yield from at_value(bench, model)
    yield Step(1.0, "", optima_tables(bench, model, judged, here))


def judge(bench: Bench, model: Model) -> Generator[Step, None, Judged]:
    """Everything along the path; nothing of it depends on the value chosen."""
    key = (model.key, bench.p.mode == "pcr")
    known: Judged | None = bench.cache.peek("path", key)
    if known is not None:
        return known
    quick: Judged | None = bench.cache.peek("quick path", key)
    if quick is not None and not bench.full:
        return quick
    line = path(bench, model)
    found: Judged = yield from _along(bench, model, line)
    bench.cache.put("path" if bench.full else "quick path", key, found)
    return found


def _along(bench: Bench, model: Model, line: Path) -> Generator[Step, None, Judged]:
    from kernlab.engine.numerics import smoother_criteria

    problem = model.problem
    if model.embedding is None:
        return (yield from _softmax(bench, model, line.values))
    steps = smoother_criteria.criteria_in_slices(
        model.embedding, problem.y, line.shrinkage, line.residue
    )
    found = yield from relay(steps, Step(None, "leave-one-out along the path"))
    mean, error = np.empty((2, len(line.values)))
    step = max(1, 4_000_000 // max(1, model.embedding.test.size))
    for start in range(0, len(line.values), step):
        some = slice(start, start + step)
        answers = model.embedding.predict(problem.y, line.shrinkage[some])
        mean[some], error[some] = squares(answers - problem.y_test[:, None])
        yield Step(None, "held-out errors")
    return Judged(line, found, mean, error)


def squares(off: Array) -> tuple[Array, Array]:
    """Mean square over the rows, and its standard error."""
    values = np.square(off)
    count = len(values)
    error = values.std(axis=0, ddof=1) / math.sqrt(count) if count > 1 else values[0] * np.nan
    return values.mean(axis=0), np.asarray(error)


def _softmax(bench: Bench, model: Model, values: Array) -> Generator[Step, None, Judged]:
    rows, mean, error = [], np.empty(values.size), np.empty(values.size)
    for at, value in enumerate(values):
        row, answers = yield from softmax_at(model, float(value))
        rows.append(row)
        off = (answers - model.problem.y_test)[:, None]
        mean[at : at + 1], error[at : at + 1] = squares(off)
        yield Step(None, f"temperature {value:.3g}")
    together = Criteria(*(np.concatenate(column) for column in zip(*rows, strict=True)))
    return Judged(Path(values, *np.zeros((2, 0, 0))), together, mean, error)


def softmax_at(model: Model, temperature: float) -> Generator[Step, None, tuple[Criteria, Array]]:
    """Criteria of softmax attention at one temperature, and its test predictions."""
    from kernlab.engine.numerics import kernel_smoother as kernels

    y = model.problem.y
    hat = np.empty((len(y), len(y)))
    for start in range(0, len(y), 500):
        rows = slice(start, start + 500)
        hat[rows] = kernels.softmax_weights(model.queries[rows], model.keys, temperature)
        yield Step()
    found = kernels.softmax_criteria(hat, model.queries, model.keys, temperature, y)
    answers = np.empty(len(model.asked))
    for start in range(0, len(answers), 500):
        rows = slice(start, start + 500)
        answers[rows] = kernels.softmax_weights(model.asked[rows], model.keys, temperature) @ y
        yield Step()
    return found, answers


def at_value(bench: Bench, model: Model) -> Generator[Step, None, Judged]:
    """The same at the chosen value alone."""
    from kernlab.engine.numerics import smoother_criteria

    p, problem = bench.p, model.problem
    value = np.array([value_of(p)])
    if model.embedding is None:
        found, answers = yield from softmax_at(model, p.temperature)
        return Judged(Path(value, *np.zeros((2, 0, 0))), found,
                      *squares((answers - problem.y_test)[:, None]))  # fmt: skip
    shrinkage, residue = filters(p, model.embedding.eigenvalues)
    line = Path(value, shrinkage[None], residue[None])
    key = (model.key, p.mode, p.ridge, p.rank)
    known: Judged | None = bench.cache.peek("at value", key)
    if known is not None:
        return known
    steps = smoother_criteria.criteria_in_slices(model.embedding, problem.y, *line[1:])
    found = yield from relay(steps, Step())
    answers = model.embedding.predict(problem.y, line.shrinkage)
    here = Judged(line, found, *squares(answers - problem.y_test[:, None]))
    return bench.cache.put("at value", key, here)


def _path_table(judged: Judged) -> Table:
    criteria = judged.criteria
    return Table(
        {
            "value": judged.path.values,
            "dof": criteria.dof,
            "variance_dof": criteria.variance_dof,
            "gcv": criteria.gcv,
            "gcv_without": criteria.gcv_without,
            "loo": criteria.loo,
            "held_out": judged.held_out,
            "held_out_low": judged.held_out - judged.held_out_error,
            "held_out_high": judged.held_out + judged.held_out_error,
        }
    )


def curve(judged: Judged, name: str) -> Array:
    """One criterion along the path."""
    if name == "held_out":
        return judged.held_out
    return np.asarray(getattr(judged.criteria, name))


def best(judged: Judged, name: str) -> int:
    """Where a criterion is least; the middle where it is nowhere known."""
    values = curve(judged, name)
    if not np.isfinite(values).any():
        return values.size // 2
    return int(np.nanargmin(values))


def optima_tables(bench: Bench, model: Model, judged: Judged, here: Judged) -> dict[str, Table]:
    """One row a criterion, at its optimum; the last row is the chosen value."""
    places = [best(judged, name) for name in CRITERIA]
    rows = [(label, judged, at, curve(judged, name)[at])
            for (name, label), at in zip(CRITERIA.items(), places, strict=True)]  # fmt: skip
    chosen = "least squares" if bench.p.mode == "ols" else "the value chosen"
    rows.append((chosen, here, 0, float("nan")))
    n = model.problem.n
    value = np.array([float(found.path.values[at]) for _, found, at, _ in rows])
    if bench.p.mode == "ols":
        value[-1] = 0.0
    per_row = value / n if bench.p.mode in ("ols", "ridge", "kernel-ridge") else value * np.nan
    optima = Table(
        {
            "criterion": np.array([label for label, _, _, _ in rows]),
            "value": value,
            "per_row": per_row,
            "score": np.array([float(score) for *_, score in rows]),
            "dof": np.array([float(found.criteria.dof[at]) for _, found, at, _ in rows]),
            "rmse": np.sqrt([float(found.held_out[at]) for _, found, at, _ in rows]),
            "loo_rmse": np.sqrt([float(found.criteria.loo[at]) for _, found, at, _ in rows]),
        }
    )
    marks = {}
    for name in CURVES:
        at = best(judged, name)
        marks[f"best_{name}"] = Table(
            {"value": judged.path.values[at : at + 1], "score": curve(judged, name)[at : at + 1]}
        )
    now = Table(
        {
            "value": value[-1:],
            "dof": here.criteria.dof,
            "variance_dof": here.criteria.variance_dof,
            "gcv": here.criteria.gcv,
            "loo": here.criteria.loo,
            "held_out": here.held_out,
            "held_out_error": here.held_out_error,
            "n": np.array([n]),
        }
    )
    return {"optima": optima, "chosen": now, **marks}
