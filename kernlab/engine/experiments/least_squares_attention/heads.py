"""The view Heads: several ridge models, the best of them, their average, and their stack."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.least_squares_attention import data_sets
from kernlab.engine.experiments.least_squares_attention.bench import Bench
from kernlab.engine.experiments.least_squares_attention.data_sets import Array, Problem
from kernlab.engine.numerics import stacking
from kernlab.engine.numerics.spectral_smoother import Embedding

ROWS, LEAST = 2000, 200
"""Training rows that heads are fitted to, at most, and at least where there are so many."""
COST, QUICK = 8e7, 1e6
"""n p² of the largest head, about: at rest, and while a slider moves over cold data."""
COLUMNS = 300
"""Features up to which a sweep over the number of heads is made."""
COUNTS = (1, 2, 3, 4, 6, 8, 12, 16)
DRAWS = 5
WAYS = ("best", "average", "stacked")


class Measured(NamedTuple):
    """Held-out root mean squared errors of h heads and of what is made of them."""

    heads: Array
    errors: Array
    weights: Array
    best: int
    ways: Array
    way_errors: Array
    apart: float


def heads(bench: Bench) -> Iterator[Step]:
    """Heads at the chosen number, and over the number of heads."""
    problem = yield from bench.problem(head_rows(bench))
    found = yield from measured(bench, problem, bench.p.heads, 0)
    whole = yield from measured(bench, problem, 1, 0, whole=True)
    yield Step(0.4, "", tables(found, whole, problem.n))
    yield from _counts(bench, problem)


def head_rows(bench: Bench) -> int:
    """Training rows that the heads see: fewer while a slider moves over cold data."""
    _, _, columns = data_sets.counts(bench.p)
    most = min(ROWS, max(LEAST, int(COST / columns**2)))
    known = bench.cache.peek("heads of all", (bench.problem_key(most), bench.p.intercept))
    if bench.full or known is not None:
        return most
    return min(most, max(60, int(QUICK / columns**2)))


def measured(
    bench: Bench, problem: Problem, count: int, draw: int, *, whole: bool = False
) -> Generator[Step, None, Measured]:
    """Fit `count` heads and measure them on the test rows; `whole` is one head of all features."""
    p = bench.p
    ridge = 0.0 if p.mode == "ols" else p.ridge
    kind = "whole" if whole else p.head_kind
    key = (problem.key, p.intercept, ridge, count, draw, kind)
    known: Measured | None = bench.cache.peek("heads", key)
    if known is not None:
        return known
    embeddings = yield from _embedded(bench, problem, count, draw, whole)
    held_out, test = [], []
    for embedding in embeddings:
        left, answer = stacking.answers(embedding, problem.y, ridge)
        held_out.append(left)
        test.append(answer)
        yield Step()
    found = _judged(problem, np.column_stack(held_out), np.column_stack(test))
    return bench.cache.put("heads", key, found)


def _embedded(
    bench: Bench, problem: Problem, count: int, draw: int, whole: bool
) -> Generator[Step, None, Sequence[Embedding]]:
    """The factored heads; those of the sweep over their number are not kept."""
    p = bench.p
    stage = "heads of all" if whole else "embedded heads"
    key: tuple[Any, ...] = (problem.key, p.intercept)
    if not whole:
        key = (*key, p.head_kind, count)
    known: Sequence[Embedding] | None = bench.cache.peek(stage, key) if draw == 0 else None
    if known is not None:
        return known
    maps: Sequence[Array] = (np.eye(problem.p),)
    if not whole:
        rng = np.random.default_rng([p.seed, 5, draw])
        kind: stacking.HeadKind = "subsets" if p.head_kind == "subsets" else "projections"
        maps = stacking.head_maps(problem.p, count, kind, rng)
    found = []
    for head in maps:
        seconds = 1.2e-9 * problem.n * head.shape[1] ** 2
        yield Step(None, f"factoring a head, about {seconds:.2f} s")
        found.append(
            stacking.head_embedding(problem.train, problem.test, head, intercept=p.intercept)
        )
    return bench.cache.put(stage, key, found) if draw == 0 and count in (1, p.heads) else found


def _judged(problem: Problem, held_out: Array, test: Array) -> Measured:
    known = np.isfinite(held_out).all(axis=1)
    stack = stacking.stack(held_out[known], problem.y[known])
    best = int(np.nanmean(np.square(held_out - problem.y[:, None]), axis=0).argmin())
    answers = np.column_stack([test[:, best], test.mean(axis=1), stack.predict(test)])
    errors, spread = rmse(test - problem.y_test[:, None])
    ways, way_spread = rmse(answers - problem.y_test[:, None])
    apart = float(np.abs(answers[:, 2] - answers[:, 1]).max()) / problem.spread
    return Measured(errors, spread, stack.weights, best, ways, way_spread, apart)


def rmse(off: Array) -> tuple[Array, Array]:
    """Root mean squares over the rows, and their standard errors by the delta method."""
    values = np.square(off)
    root = np.sqrt(values.mean(axis=0))
    if len(values) < 2:
        return root, root * np.nan
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return root, np.asarray(error / np.maximum(2.0 * root, 1e-300))


def tables(found: Measured, whole: Measured, n: int) -> dict[str, Table]:
    """One row a head (counted from 0), one row a way to combine them, and what is drawn."""
    count = found.heads.size
    names = ["best head (by leave-one-out)", "average of the heads", "stack, W_O fitted",
             "one model of all features"]  # fmt: skip
    values = np.append(found.ways, whole.heads[0])
    spread = np.append(found.way_errors, whole.errors[0])
    number = np.arange(float(count))
    level = np.array([-0.5, count - 0.5])
    gap, ends = np.full(count, np.nan), (found.heads - found.errors, found.heads + found.errors)
    return {
        "heads": Table(
            {
                "head": number,
                "rmse": found.heads,
                "error": found.errors,
                "weight": found.weights,
            }
        ),
        "head_bars": Table(
            {
                "head": np.repeat(number, 3),
                "interval": np.column_stack([*ends, gap]).ravel(),
                "weight": np.column_stack([0.0 * number, found.weights, gap]).ravel(),
            }
        ),
        "levels": Table(
            {
                "head": level,
                **{way: np.full(2, value) for way, value in zip(WAYS, found.ways, strict=True)},
                "whole": np.full(2, whole.heads[0]),
                "equal": np.full(2, 1.0 / count),
                "none": np.zeros(2),
            }
        ),
        "ways": Table(
            {"way": np.array(names), "rmse": values, "error": spread, "n": np.full(len(names), n)}
        ),
    }


def _counts(bench: Bench, problem: Problem) -> Iterator[Step]:
    p = bench.p
    ridge = 0.0 if p.mode == "ols" else p.ridge
    key = (problem.key, p.intercept, ridge, p.head_kind)
    known = bench.cache.peek("head counts", key)
    if known is None and bench.full:
        counts = [count for count in COUNTS if count <= max(problem.p, 1)]
        draws = DRAWS if problem.p <= COLUMNS else 1
        values = np.full((len(counts), draws, len(WAYS)), np.nan)
        for draw in range(draws):
            for at, count in enumerate(counts):
                found = yield from measured(bench, problem, count, draw)
                values[at, draw] = found.ways
                share = 0.4 + 0.6 * (draw * len(counts) + at + 1) / (draws * len(counts))
                yield Step(share, f"{count} heads")
            known = _count_table(counts, values)
            yield Step(None, "", {"head_counts": known})
        bench.cache.put("head counts", key, known)
    elif known is not None:
        yield Step(1.0, "", {"head_counts": known})


def _count_table(counts: list[int], values: Array) -> Table:
    columns = {"heads": np.array(counts, dtype=float)}
    done = np.isfinite(values).all(axis=(0, 2))
    for at, way in enumerate(WAYS):
        low, middle, high = np.quantile(values[:, done, at], [0, 0.5, 1], axis=1)
        columns |= {way: middle, f"{way}_low": low, f"{way}_high": high}
    return Table(columns)
