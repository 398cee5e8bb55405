"""What only the claims of the entrywise-rank panel need, as one row."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import summary
from kernlab.engine.experiments.entrywise_rank import devices, solving, stages
from kernlab.engine.experiments.entrywise_rank.bench import SWEEP_CERTIFICATE, Bench, gamma2
from kernlab.engine.experiments.entrywise_rank.parameters import POSITIVE_DEFINITE
from kernlab.engine.numerics.steps import relay

LARGEST = 300
"""Rows up to which the claims take the published algorithm, or a sweep, at the panel's own n."""
DRAWS = 3
LOW_DIMENSION, HIGH_DIMENSIONS = 10, (1000, 10_000)
DERIVATIVES = (10, 40, 160)
SHRUNK = 0.25
WIDEST = 100
"""‖W‖ of the example for claim L5, and its rows at most: it has m of them up to there."""


def claims(bench: Bench) -> Iterator[Step]:
    """Measure what the claims are about, at these parameters."""
    row: dict[str, Any] = {}
    for part in (_own, _published, _dimensions, _tensors):
        row |= yield from part(bench)
        yield Step(0.6, "measuring the claims")
    yield Step(1.0, "", {"claims": summary(**row, **_closed_forms(bench))})


def _own(bench: Bench) -> Generator[Step, None, dict[str, Any]]:
    """The error at the panel's own parameters, as the view Solve finds it."""
    p, cache = bench.p, bench.cache
    made = yield from bench.make()
    start = yield from solving.truncated(made, p.rank, True, cache)
    found = solving.recall(made, p.rank, cache)
    if found is None or cache.peek("cold", (made.key, p.rank)) is None:
        device = yield from devices.chosen(p, made.array.size)
        begin = yield from solving.leading(made, p.rank, cache)
        steps = solving.descended(made, p.rank, begin, cold=True, device=device)
        found = yield from relay(steps, Step())
        found = solving.keep(made, p.rank, found, cache)
        cache.put("cold", (made.key, p.rank), True)
    for _ in solving.certified(made, p.rank, SWEEP_CERTIFICATE, cache):
        yield Step()
    return {
        "error": found.error,
        "lower": solving.known_bound(made, p.rank, cache),
        "svd": start.error,
        "size": made.size,
        "constant": made.constant,
        "nearest": made.nearest,
    }


def _published(bench: Bench) -> Generator[Step, None, dict[str, Any]]:
    if bench.tensor or max(bench.p.shape) > LARGEST or bench.p.rank >= bench.p.size:
        return {"published": math.nan}
    made = yield from bench.make()
    found = yield from stages.published(bench, made)
    return {"published": found.error}


def _dimensions(bench: Bench) -> Generator[Step, None, dict[str, Any]]:
    """Errors at a low and at high dimensions, medians of a few draws."""
    p, row = bench.p, {}
    for name, m in (("low", LOW_DIMENSION), ("high", HIGH_DIMENSIONS[0]),
                    ("higher", HIGH_DIMENSIONS[1])):  # fmt: skip
        draws = []
        for repeat in range(min(DRAWS, p.repeats)):
            draws.append((yield from bench.draw(bench.sweep_rank, repeat, m=m)))
        sized = [draw.ours / draw.size for draw in draws]
        row[f"error_{name}"] = float(np.median(sized))
        row[f"bound_{name}"] = draws[0].lower / draws[0].size
        row[f"constant_{name}"] = float(
            np.median([draw.ours / draw.constant if draw.constant else math.nan for draw in draws])
        )
    return row


def _tensors(bench: Bench) -> Generator[Step, None, dict[str, Any]]:
    if not bench.tensor:
        return {"tensor_low": math.nan, "tensor_high": math.nan, "tensor_svd": math.nan}
    errors, largest = [], 0.0
    for repeat in range(bench.p.repeats):
        draw = yield from bench.draw(bench.sweep_rank, repeat)
        errors.append(draw.ours / draw.size)
        largest = max(largest, draw.svd / draw.size)
    return {"tensor_low": min(errors), "tensor_high": max(errors), "tensor_svd": largest}


def _closed_forms(bench: Bench) -> dict[str, Any]:
    from kernlab.engine.numerics.max_norm_bounds import (
        error_bound,
        gaussian_limit_bound,
        welch_bound,
    )

    p, n, rank = bench.p, bench.sweep_n, bench.sweep_rank
    norm = gamma2(p)
    known = math.isfinite(norm)
    growth = [
        math.exp((math.lgamma(s + 1) - math.lgamma(s / 2 + 1)) / s) for s in DERIVATIVES
    ]  # (|h⁽ˢ⁾(0)|)^(1/s) of h(t) = exp(−t²)
    limit = gaussian_limit_bound(n, rank) if p.function == "gaussian" else welch_bound(n, rank)
    return {
        "gamma2": norm,
        "explicit": error_bound(p.rank, *p.shape, gamma2=norm) if known else math.nan,
        "positive_definite": p.function in POSITIVE_DEFINITE,
        "limit": limit,
        "growth_first": growth[0],
        "growth_middle": growth[1],
        "growth_last": growth[2],
        "slip": _slip(min(p.m, WIDEST), p.seed),
        "slip_side": min(p.m, WIDEST),
    }


def _slip(side: int, seed: int) -> float:
    """‖A‖_{2,∞} of A = √2 X U Λ^{1/2}, W = U Λ Uᵀ, over √2 ‖W‖ R, on the unit sphere (R = 1)."""
    drawn = np.random.default_rng(seed).standard_normal((side, side))
    values, u = np.linalg.eigh(drawn @ drawn.T)
    values *= SHRUNK / values[-1]
    points = np.vstack([u.T, drawn / np.linalg.norm(drawn, axis=1, keepdims=True)])
    a = math.sqrt(2) * points @ u * np.sqrt(values)
    return float(np.linalg.norm(a, axis=1).max() / (math.sqrt(2) * SHRUNK))


def theorem_rank(error: float, n: int) -> float:
    """The rank that Theorem 4.5 asks for at an error of f₁ in the unit ball.

    h(t) = exp(−t) on [−4, 4] has C = e⁴, M = 1; the error is at most C (e^{−t} + ε (e⁴ − 1)) for
    t ≥ 4e², at rank ℜ_r(t − 1, 3) with r the rank for ε.
    """
    from kernlab.engine.numerics.max_norm_bounds import rank_bound

    c = math.exp(4.0)
    t = max(math.ceil(4 * math.e**2), math.ceil(math.log(2 * c / error)))
    epsilon = (error / c - math.exp(-t)) / (math.exp(4.0) - 1.0)
    r = rank_bound(epsilon, n, n)
    ranks = [float(r)] * t
    for _ in range(3):
        ranks = [1.0, *(1.0 + np.cumsum(ranks[1:]))]
    return ranks[-1]
