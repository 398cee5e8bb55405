"""Solving in slices, with warm starts from what was solved before."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Step
from kernlab.engine.experiments.entrywise_rank import matrices
from kernlab.engine.experiments.entrywise_rank.matrices import Array, Clock, Made

QUICK_WORK = 3e8
"""Multiplications that a moving slider may spend on a descent."""
FEWEST = 14
"""Iterations in which a descent passes all its exponents."""
CERTIFIED = 400
"""Rows that a certificate takes at least, where there are so many: a block bounds the whole."""
LARGEST_CERTIFIED = 1000
SMALL_CERTIFIED = 200
"""Rows of a block that comes first at low ranks, where a larger one takes more iterations."""
PUBLISHED_LIMIT = 600
"""Rows up to which the published algorithm is run."""


@dataclass(frozen=True)
class Solved:
    """What a solver found: factors, its largest error in the unit of F, and how it went.

    `trace` has the columns iteration, seconds, and smallest error so far; `precision` names that
    of a descent, and its device.
    """

    factors: tuple[Array, ...]
    error: float
    iterations: int
    seconds: float
    trace: Array
    precision: str = ""


def error_of(made: Made, factors: tuple[Array, ...]) -> Generator[Step, None, float]:
    """max|F - approximation|; exact factors leave rounding only."""
    from kernlab.engine.numerics.low_rank import largest, residual_rows
    from kernlab.engine.numerics.tensor_chain import contract

    if made.array.ndim == 3:
        return largest(np.asarray(made.array - contract(factors)))
    error = 0.0
    for low, rest in residual_rows(made.array, *factors):
        if low > 0:
            yield Step()
        error = max(error, largest(rest))
    return error


def truncated(made: Made, rank: int, full: bool, cache: Cache) -> Generator[Step, None, Solved]:
    """The truncated SVD, or TT-SVD."""
    from kernlab.engine.numerics.tensor_chain import truncate
    from kernlab.engine.numerics.tensor_train import feasible_ranks

    known: Solved | None = cache.peek("truncated", (made.key, rank, full))
    if known is not None:
        return known
    factors: tuple[Array, ...]
    if made.array.ndim == 3:
        yield Step(None, matrices.unfolded(made))
        clock = Clock()
        factors = tuple(truncate(made.array, feasible_ranks(made.array.shape, rank)))
        error, seconds = (yield from error_of(made, factors)), clock.pause()
    else:
        found = yield from matrices.spectrum(made, rank, full, cache)
        factors = found.factors(rank)
        error, seconds = (yield from error_of(made, factors)), found.seconds
    solved = Solved(factors, error, 0, seconds, np.array([[0.0, seconds, error]]))
    yield Step()
    return cache.put("truncated", (made.key, rank, full), solved)


def leading(made: Made, rank: int, cache: Cache) -> Generator[Step, None, Solved]:
    """A truncated SVD to start from: the same whatever else is kept, and the exact one if small."""
    if made.array.ndim == 3 or min(made.array.shape) <= matrices.QUICK:
        return (yield from truncated(made, rank, True, cache))
    known: Solved | None = cache.peek("leading", (made.key, rank))
    if known is not None:
        return known
    found = yield from matrices.randomized(made.array, rank)
    if cache.peek("spectrum", made.key) is None:
        cache.put("spectrum", made.key, found)
    factors = found.factors(rank)
    error = yield from error_of(made, factors)
    solved = Solved(factors, error, 0, found.seconds, np.array([[0.0, found.seconds, error]]))
    return cache.put("leading", (made.key, rank), solved)


def sketched(made: Made, rank: int, seed: int, cache: Cache) -> Generator[Step, None, Solved]:
    """The random embedding behind theorem 1.3: F = ABᵀ ≈ (AR)(BR)ᵀ/r."""
    found = yield from matrices.spectrum(made, rank, True, cache)
    clock = Clock()
    root = np.sqrt(found.values)
    embedding = np.random.default_rng(seed).standard_normal((root.size, rank)) / math.sqrt(rank)
    factors = ((found.u * root) @ embedding, embedding.T @ (root[:, None] * found.v))
    seconds = found.seconds + clock.pause()
    error = yield from error_of(made, factors)
    yield Step()
    return Solved(factors, error, 0, seconds, np.array([[0.0, seconds, error]]))


def settled(made: Made, rank: int, start: Solved) -> bool:
    """Whether a descent has nothing to gain: the start is exact."""
    return start.error <= 1e-13 * made.size or rank >= min(made.array.shape)


def quick_iterations(made: Made, rank: int) -> int:
    """Iterations for a moving slider; none where even a few take too long."""
    work = made.array.size * (6.0 * rank + 60.0)
    return min(80, int(QUICK_WORK / work / FEWEST) * FEWEST)


def descended(
    made: Made,
    rank: int,
    start: Solved,
    iterations: int | None = None,
    *,
    cold: bool = False,
    device: str | None = None,
) -> Generator[Solved, None, Solved]:
    """Descent on power norms; yields where it stands, every few milliseconds.

    Args:
        start: what it may not end worse than; its factors may have another rank.
        iterations: None for the solver's own plan.
        cold: these factors are a truncated SVD; those of a small matrix or tensor are made anew.
        device: of torch; None for NumPy.
    """
    from kernlab.engine.numerics.max_norm import low_rank_steps, tensor_train_steps

    if iterations == 0 or settled(made, rank, start):
        return start
    clock, spent = Clock(), 0.0 if cold else start.seconds
    steps: Any
    if made.array.ndim == 3:
        steps = tensor_train_steps(made.array, rank, iterations=iterations, device=device,
                                   bounded=False)  # fmt: skip
    else:
        repeat = cold and min(made.array.shape) <= matrices.QUICK
        begin = None if repeat else (start.factors[0], start.factors[1])
        steps = low_rank_steps(made.array, rank, iterations=iterations, device=device,
                               start=begin, first=4 if cold else None, bounded=False)  # fmt: skip
    fits = start.error < math.inf and not cold
    trace = [(0.0, start.seconds, start.error)] if fits else []
    best = start
    while True:
        try:
            state = next(steps)
        except StopIteration as end:
            found = end.value
            factors = tuple(found[:2]) if made.array.ndim == 2 else tuple(found.cores)
            if found.error < best.error or best is start:
                best = replace(best, factors=factors, error=found.error)
            seconds = spent + clock.pause()
            trace.append((float(best.iterations), seconds, best.error))
            best = replace(best, seconds=seconds, trace=np.array(trace))
            if best.error <= start.error:
                return best
            return replace(best, factors=start.factors, error=start.error)
        if state.error < best.error:
            best = replace(best, factors=tuple(state.factors), error=state.error)
        seconds = spent + clock.pause()
        trace.append((float(state.iterations), seconds, best.error))
        if state.stage == "descent":
            best = replace(best, precision=state.precision)
        best = replace(best, iterations=state.iterations, seconds=seconds, trace=np.array(trace))
        yield best
        clock.go_on()


def published(made: Made, rank: int, seed: int) -> Generator[Solved, None, Solved]:
    """The published algorithm, to its own stopping rule."""
    from kernlab.engine.numerics.max_norm import (
        alternating_projections_steps,
        tensor_alternating_projections_steps,
    )

    run: Any = (
        alternating_projections_steps
        if made.array.ndim == 2
        else tensor_alternating_projections_steps
    )
    clock, trace = Clock(), []
    steps = run(made.array, rank, rng=seed)
    state = None
    while True:
        try:
            state = next(steps)
        except StopIteration as end:
            found, spent = end.value, clock.pause()
            factors = tuple(found[:2]) if made.array.ndim == 2 else tuple(found.cores)
            count = state.iterations if state is not None else 0
            trace.append((count + 1, spent, found.error))
            return Solved(factors, found.error, count + 1, spent, np.array(trace))
        spent = clock.pause()
        trace.append((state.iterations, spent, state.error))
        yield Solved(tuple(state.factors), state.error, state.iterations, spent, np.array(trace))
        clock.go_on()


# -- what was solved before ---------------------------------------------------------------------


def keep(made: Made, rank: int, solved: Solved, cache: Cache) -> Solved:
    """Keep a solution, unless a better one is kept already; returns the better one."""
    known = recall(made, rank, cache)
    if known is not None and known.error <= solved.error:
        return known
    ranks = cache.get("ranks", made.key, set)
    ranks.add(rank)
    return cache.put("solved", (made.key, rank), solved)


def recall(made: Made, rank: int, cache: Cache) -> Solved | None:
    """The best solution that is kept."""
    known: Solved | None = cache.peek("solved", (made.key, rank))
    return known


def warm_start(made: Made, rank: int, cache: Cache) -> Generator[Step, None, Solved | None]:
    """The solution of the nearest rank that is kept, if any, cut to this rank.

    Its error is infinite (not computed) where it had to be cut and the matrix is large.
    """
    if made.array.ndim == 3:
        return recall(made, rank, cache)
    ranks = cache.peek("ranks", made.key) or ()
    for near in sorted(ranks, key=lambda other: abs(math.log(other / rank))):
        known = recall(made, near, cache)
        if known is None:
            continue
        if near == rank:
            return known
        if near > 2 * rank or 2 * near < rank:
            return None
        factors, error = known.factors, known.error
        if near > rank:
            small = max(made.array.shape) <= matrices.QUICK
            factors = _cut(known.factors, rank) if small else known.factors
            error = (yield from error_of(made, factors)) if small else math.inf
        return Solved(factors, error, 0, 0.0, np.empty((0, 3)))
    return None


def _cut(factors: tuple[Array, ...], rank: int) -> tuple[Array, ...]:
    """The truncated SVD of a product of two factors."""
    left, right = np.linalg.qr(factors[0]), np.linalg.qr(factors[1].T)
    u, s, vt = np.linalg.svd(left[1] @ right[1].T)
    return (left[0] @ u[:, :rank]) * s[:rank], vt[:rank] @ right[0].T


# -- lower bounds -------------------------------------------------------------------------------


def known_bound(made: Made, rank: int, cache: Cache) -> float:
    """The largest lower bound that is proven so far; one of a larger rank holds here too."""
    found = [0.0]
    bounds: dict[int, float] = cache.peek("bounds", made.key) or {}
    found += [value for other, value in bounds.items() if other >= rank]
    spectrum = cache.peek("spectrum", made.key)
    if made.array.ndim == 2 and spectrum is not None and spectrum.exact:
        from kernlab.engine.numerics.max_norm_bounds import tail_bound

        if rank < spectrum.values.size:
            found.append(tail_bound(spectrum.values, rank, made.array.size))
    return max(found)


def certified(
    made: Made, rank: int, iterations: int, cache: Cache
) -> Generator[tuple[int, float], None, None]:
    """Raise the lower bound; yields the iteration and the bound, and keeps it.

    A large matrix is certified by leading blocks: no approximation of the whole can be better
    than the best one of a block.
    """
    from kernlab.engine.numerics.max_norm_bounds import certificate

    settled = cache.get("certified", made.key, set)
    if (rank, iterations) in settled:
        return
    count = 0
    for block, r in _blocks(made, rank):
        if not 0 < r < min(block.shape):
            continue
        for state in certificate(block, r, iterations=iterations):
            count += 1
            remember(made, rank, state.lower_bound, cache)
            yield count, known_bound(made, rank, cache)
    settled.add((rank, iterations))


def remember(made: Made, rank: int, bound: float, cache: Cache) -> None:
    """Keep a lower bound."""
    bounds: dict[int, float] = cache.get("bounds", made.key, dict[int, float])
    bounds[rank] = max(bound, bounds.get(rank, 0.0))


def _blocks(made: Made, rank: int) -> Iterator[tuple[Array, int]]:
    array = made.array
    if array.ndim == 2:
        side = min(array.shape)
        if side >= 2 * SMALL_CERTIFIED >= 12 * rank:
            yield np.ascontiguousarray(array[:SMALL_CERTIFIED, :SMALL_CERTIFIED]), rank
        size = min(side, max(CERTIFIED, min(6 * rank, LARGEST_CERTIFIED)))
        yield np.ascontiguousarray(array[:size, :size]), rank
        return
    n = array.shape[0]
    columns = min(n * n, 4 * n)
    for axis in (0, 2):
        unfolded = np.moveaxis(array, axis, 0).reshape(n, -1)
        stride = max(1, n * n // columns)
        yield np.ascontiguousarray(unfolded[:, ::stride]), rank
