"""The view Weights: the map, one prediction taken apart, and the identities."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.least_squares_attention import lights
from kernlab.engine.experiments.least_squares_attention.bench import Bench, Model, filters
from kernlab.engine.experiments.least_squares_attention.data_sets import Array
from kernlab.engine.experiments.least_squares_attention.target import listed

MAP_ROWS, MAP_COLUMNS = 100, 200
"""Test rows and training rows on the map, at most."""
COLOURED = 0.98
"""Share of the weights on the map that the colours tell apart; the rest has their ends."""
DOTS = 4000
"""Rows of the tables that are drawn, at most."""
SLICE = 3_000_000


def weights(bench: Bench) -> Iterator[Step]:
    """The map of weights, the chosen row, every prediction, and the lights."""
    model = yield from bench.model()
    row = yield from chosen_row(bench, model)
    yield Step(0.6, "", {**_row_tables(bench, model, row), "map": _map(bench, model)})
    yield Step(0.8, "", {"predictions": _predictions(bench, model)})
    if bench.full:
        yield from lights.identities(bench, model)


def sampled(count: int, most: int) -> tuple[Array, Any]:
    """Evenly spaced places 1 to count, and the nearest rows, from 0."""
    places = np.linspace(1.0, count, min(count, most))
    return places, np.rint(places).astype(np.intp) - 1


def _map(bench: Bench, model: Model) -> Table:
    problem = model.problem
    across, columns = sampled(problem.n, MAP_COLUMNS)
    up, rows = sampled(len(problem.y_test), MAP_ROWS)
    train_order, test_order = problem.orders[bench.p.order]
    values = block(bench, model, test_order[rows], train_order[columns])
    x, y = np.meshgrid(across, up)
    edge = float(np.quantile(np.abs(values), COLOURED))
    return Table(
        {
            "train": x.ravel(),
            "test": y.ravel(),
            "weight": values.ravel(),
            "shown": np.clip(values, -edge, edge).ravel(),
        },
        grid=values.shape,
    )


def block(bench: Bench, model: Model, test: Any, train: Any) -> Array:
    """Weights of some training rows in some predictions, (len(test), len(train))."""
    from kernlab.engine.numerics.kernel_smoother import softmax_weights

    embedding = model.embedding
    if embedding is None:
        found = softmax_weights(model.asked[test], model.keys, bench.p.temperature)
        return np.asarray(found[:, train])
    shrinkage = filters(bench.p, embedding.eigenvalues)[0]
    key = (model.key, bench.p.order, len(train))
    keys = bench.cache.get("shown keys", key, lambda: embedding.keys[train])
    return np.asarray((embedding.test[test] * shrinkage) @ keys.T + embedding.offset)


def chosen(place: int, count: int) -> int:
    """A row that is counted from 1, the last one where there are fewer; from 0."""
    return min(place, count) - 1


def chosen_row(bench: Bench, model: Model) -> Generator[Step, None, Array]:
    """All weights of the chosen prediction, (n,)."""
    from kernlab.engine.numerics.kernel_smoother import softmax_weights

    problem, embedding = model.problem, model.embedding
    at = problem.orders[bench.p.order][1][chosen(bench.p.test_row, len(problem.y_test))]
    if embedding is None:
        asked = model.asked[at : at + 1]
        return np.asarray(softmax_weights(asked, model.keys, bench.p.temperature)[0])
    shrinkage = filters(bench.p, embedding.eigenvalues)[0]
    step = max(1, SLICE // max(1, problem.p))
    row = np.empty(problem.n)
    for start in range(0, problem.n, step):
        rows = slice(start, start + step)
        row[rows] = embedding.weight_row(embedding.test[at], shrinkage, rows)
        if start + step < problem.n:
            yield Step()
    return row


def _row_tables(bench: Bench, model: Model, row: Array) -> dict[str, Table]:
    """The weights in order with the targets they weigh, and what they add up to."""
    p, problem = bench.p, model.problem
    order = np.argsort(-row, kind="stable")
    sorted_weights, targets = row[order], problem.y[order]
    running = np.cumsum(sorted_weights * targets)
    kept = _kept(problem.n)
    rank = kept + 1.0
    train_order, test_order = problem.orders[p.order]
    watched = train_order[chosen(p.train_row, problem.n)]
    test_at = chosen(p.test_row, len(problem.y_test))
    prediction = float(row @ problem.y)
    table = Table(
        {
            "rank": rank,
            "weight": sorted_weights[kept],
            "zero": np.zeros(kept.size),
            "target": targets[kept],
            "running": running[kept],
            "training_row": _ranks(train_order)[order][kept] + 1,
        }
    )
    about = summary(
        prediction=prediction,
        target=float(problem.y_test[test_order[test_at]]),
        test_row=test_at + 1,
        train_row=chosen(p.train_row, problem.n) + 1,
        watched_rank=int(_ranks(order)[watched]) + 1,
        watched_weight=float(row[watched]),
        watched_target=float(problem.y[watched]),
        row_sum=float(row.sum()),
        negative=float(np.mean(row < 0)),
        positive_part=float(running.max()),
        norm=float(row @ row),
        n=problem.n,
        rows_shown=kept.size,
        preview=problem.preview,
        rank=_rank(model),
        columns=problem.p,
        constant=len(problem.constant),
        constant_names=listed(problem.constant),
    )
    return {"row": table, "row_summary": about}


def _rank(model: Model) -> int:
    return -1 if model.embedding is None else model.embedding.eigenvalues.size


def _ranks(order: Any) -> Any:
    places = np.empty(order.size, dtype=np.intp)
    places[order] = np.arange(order.size)
    return places


def _kept(count: int) -> Any:
    return np.arange(count) if count <= DOTS else np.linspace(0, count - 1, DOTS).astype(np.intp)


def _predictions(bench: Bench, model: Model) -> Table:
    """Test predictions against their targets."""
    problem = model.problem
    kept = _kept(len(problem.y_test))
    return Table({"target": problem.y_test[kept], "prediction": predictions(bench, model)[kept]})


def predictions(bench: Bench, model: Model) -> Array:
    """Every test prediction, (m,)."""
    from kernlab.engine.numerics.kernel_smoother import softmax_weights

    if model.embedding is None:
        hat = softmax_weights(model.asked, model.keys, bench.p.temperature)
        return np.asarray(hat @ model.problem.y)
    shrinkage = filters(bench.p, model.embedding.eigenvalues)[0]
    key = ("coefficients", model.key)
    found = bench.cache.get(
        "coefficients",
        key,
        lambda: model.embedding.coefficients(model.problem.y),  # type: ignore[union-attr]
    )
    centre = model.embedding.centre(model.problem.y)
    return np.asarray(model.embedding.test @ (shrinkage * found) + centre)


def root_mean_square(values: Array) -> float:
    """√ of the mean square."""
    return math.sqrt(float(np.mean(np.square(values))))
