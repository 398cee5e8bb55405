"""The view Simulation: bias, variance and noise of the model, and convergence rates in Hˢ."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.least_squares_attention import choice
from kernlab.engine.experiments.least_squares_attention.bench import Bench, Model, Path
from kernlab.engine.experiments.least_squares_attention.data_sets import Array
from kernlab.engine.numerics.spectral_smoother import Embedding, ridge_shrinkage
from kernlab.engine.numerics.steps import relay

TEST_ROWS, DOTS = 200, 13
DRAWS = 400
SIZES = (256, 512, 1024, 2048, 4096, 8192)
RATE_DRAWS = 24
RIDGES = 81
SLICE = 32_000_000
"""Products between two yields, about."""
TRAINING = 2000
"""Training rows up to which the noise is drawn anew; beyond that only closed forms are shown."""


def modes(smoothness: float) -> int:
    """Fourier modes of the simulated function: more where they fade slowly."""
    return 100 if smoothness >= 1.25 else 200


class Truth(NamedTuple):
    """What the targets are taken to be: a function and noise."""

    train: Array
    test: Array
    noise: float


def simulation(bench: Bench) -> Iterator[Step]:
    """The decomposition, then the rates."""
    model = yield from bench.model()
    if model.embedding is not None:
        yield from _decomposition(bench, model)
    elif bench.full:
        yield Step(0.1, "", _shown(_empty()))
    yield from rates(bench)


def _empty() -> Table:
    names = ("value", "bias", "variance", "noise", "total", "risk", "risk_error", "error",
             "error_error")  # fmt: skip
    return Table({name: np.full(1, np.nan) for name in names})


def truth(bench: Bench, model: Model) -> Generator[Step, None, Truth]:
    """The simulated function, or for real data the fit at the best GCV with its residual noise."""
    problem = model.problem
    assert model.embedding is not None
    rows = slice(0, TEST_ROWS)
    if problem.truth is not None and problem.truth_test is not None:
        return Truth(problem.truth, problem.truth_test[rows], problem.noise)
    judged = yield from choice.judge(bench, model)
    at = choice.best(judged, "gcv")
    shrinkage = judged.path.shrinkage[at]
    embedding = model.embedding
    left = problem.n - float(judged.criteria.dof[at])
    noise = math.sqrt(float(judged.criteria.rss[at]) / left) if left > 0.5 else problem.spread
    fitted = np.empty(problem.n)
    coefficients = shrinkage * embedding.coefficients(problem.y)
    step = max(1, SLICE // max(1, coefficients.size) ** 2)
    for start in range(0, problem.n, step):
        some = slice(start, start + step)
        fitted[some] = embedding.queries[some] @ coefficients
        yield Step()
    centre = float(embedding.centre(problem.y))
    test = embedding.predict(problem.y, shrinkage, embedding.test[rows])
    return Truth(fitted + centre, test, noise)


def shortened(embedding: Embedding) -> Embedding:
    """The embedding with the first test rows only."""
    return Embedding(
        embedding.keys,
        embedding.queries,
        embedding.test[:TEST_ROWS],
        embedding.eigenvalues,
        embedding.offset,
    )


def _decomposition(bench: Bench, model: Model) -> Iterator[Step]:
    key = (model.key, bench.p.mode == "pcr")
    known = bench.cache.peek("decomposition", key)
    if known is None:
        judged = yield from choice.judge(bench, model)
        draws = DRAWS if bench.full else 0
        known = yield from decomposition(bench, model, judged.path, draws)
        if bench.full:
            bench.cache.put("decomposition", key, known)
    yield Step(0.3, "", _shown(known))


def _shown(table: Table) -> dict[str, Table]:
    """The parts along the whole path, and the simulated risk at some of its values."""
    kept = np.unique(np.linspace(0, len(table) - 1, min(len(table), DOTS)).round().astype(int))
    dots = Table({name: table[name][kept] for name in ("value", "risk", "risk_error")})
    return {"decomposition": table, "risks": dots}


def decomposition(
    bench: Bench, model: Model, line: Path, draws: int
) -> Generator[Step, None, Table]:
    """Closed forms along a path, and means over new draws of the noise."""
    from kernlab.engine.numerics import sobolev_regression as sobolev

    given = yield from truth(bench, model)
    assert model.embedding is not None
    embedding = shortened(model.embedding)
    parts = sobolev.decompose(embedding, given.train, given.test, given.noise, line.shrinkage)
    yield Step(0.1, "bias and variance")
    count = len(line.values)
    errors, risks = np.full((2, 2, count), np.nan)
    if draws and model.problem.n <= TRAINING:
        done = [[], []]  # type: list[list[Array]]
        for draw in range(draws):
            rng = np.random.default_rng([bench.p.seed, 6, draw])
            found = sobolev.simulated_risk(
                embedding, given.train, given.test, given.noise, line.shrinkage, rng, 1
            )
            for kept, values in zip(done, found, strict=True):
                kept.append(values[0])
            yield Step(0.1 + 0.2 * draw / draws, "drawing new noise")
        errors, risks = (_mean(np.array(kept)) for kept in done)
    total = parts.bias + parts.variance
    return Table(
        {
            "value": line.values,
            "bias": parts.bias,
            "variance": parts.variance,
            "noise": np.full(count, parts.noise),
            "total": total + parts.noise,
            "risk": risks[0],
            "risk_error": risks[1],
            "error": errors[0],
            "error_error": errors[1],
        }
    )


def _mean(values: Array) -> Array:
    """Mean and standard error over the rows, (2, L)."""
    return np.array([values.mean(axis=0), values.std(axis=0, ddof=1) / math.sqrt(len(values))])


# -- rates --------------------------------------------------------------------------------------


def rates(bench: Bench) -> Iterator[Step]:
    """Errors of kernel ridge in Hˢ against n, at the best λ, and the fitted exponent."""
    p = bench.p
    key = (p.smoothness, p.noise, p.seed)
    known = bench.cache.peek("rates", key)
    if known is None and bench.full:
        known = yield from _drawn(bench)
        bench.cache.put("rates", key, known)
    if known is not None:
        yield Step(1.0, "", known)


def _drawn(bench: Bench) -> Generator[Step, None, dict[str, Table]]:
    from kernlab.engine.numerics import sobolev_regression as sobolev

    p = bench.p
    count = modes(p.smoothness)
    theta = sobolev.true_coefficients(count, p.smoothness, np.random.default_rng([p.seed, 7]))
    ridges = np.geomspace(1e-8, 1.0, RIDGES)
    values = np.full((len(SIZES), RATE_DRAWS, RIDGES), np.nan)
    for draw in range(RATE_DRAWS):
        for at, n in enumerate(SIZES):
            rng = np.random.default_rng([p.seed, 8, draw, n])
            steps = sobolev.rate_draw(n, count, theta, p.smoothness, p.noise, ridges, rng)
            share = 0.3 + 0.7 * (draw + at / len(SIZES)) / RATE_DRAWS
            told = Step(share, f"rates, draw {draw + 1} of {RATE_DRAWS}")
            values[at, draw] = yield from relay(steps, told)
        if 2 <= draw < RATE_DRAWS - 1:
            so_far = rate_tables(p.smoothness, ridges, values[:, : draw + 1])
            yield Step(None, "", so_far)
    return rate_tables(p.smoothness, ridges, values)


def rate_tables(smoothness: float, ridges: Array, values: Array) -> dict[str, Table]:
    """Errors (sizes, draws, ridges) as curves, with the fitted and the published exponent."""
    from kernlab.engine.numerics import sobolev_regression as sobolev

    sizes = np.array(SIZES, dtype=float)
    means = values.mean(axis=1)
    at = means.argmin(axis=1)
    chosen = np.take_along_axis(values, at[:, None, None], axis=2)[..., 0]
    mean, error = chosen.mean(axis=1), chosen.std(axis=1, ddof=1) / math.sqrt(values.shape[1])
    fit = sobolev.fit_rate(SIZES, mean, error)
    predicted = 2.0 * smoothness / (2.0 * smoothness + 1.0)
    middle = len(sizes) // 2
    best = ridges[at]
    kept = ridge_shrinkage(
        sobolev.frequencies(modes(smoothness)) ** (-2.0 * smoothness), float(best[-1])
    )
    return {
        "rates": Table(
            {
                "n": sizes,
                "error": mean,
                "low": mean - 2.0 * error,
                "high": mean + 2.0 * error,
                "predicted": mean[middle] * (sizes / sizes[middle]) ** -predicted,
                "fitted": _fitted(sizes, mean, error, fit.exponent),
                "ridge": best,
                "ridge_predicted": best[middle] * (sizes / sizes[middle]) ** -predicted,
            }
        ),
        "rate": summary(
            exponent=fit.exponent,
            error=fit.error,
            low=fit.low,
            high=fit.high,
            predicted=predicted,
            modes=float(kept.sum()),
            simulated=modes(smoothness),
        ),
    }


def _fitted(sizes: Array, mean: Array, error: Array, exponent: float) -> Array:
    weight = np.square(mean / error)
    level = float(np.average(np.log(mean) + exponent * np.log(sizes), weights=weight))
    return np.asarray(math.exp(level) * sizes**-exponent)
