"""The stages of an entrywise-rank run, one function a stage."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.entrywise_rank import devices, matrices, solving, tables
from kernlab.engine.experiments.entrywise_rank.bench import DIMENSIONS, Bench, Draw, gamma2
from kernlab.engine.experiments.entrywise_rank.board import Board
from kernlab.engine.experiments.entrywise_rank.matrices import Made
from kernlab.engine.experiments.entrywise_rank.parameters import Parameters
from kernlab.engine.experiments.entrywise_rank.solving import Solved
from kernlab.engine.numerics.steps import relay

SLOW = 0.02
"""Seconds of an iteration from which its length is told: it cannot be cut."""
PREPARING = 2.3e-8
"""Seconds an entry before the first iteration, in one piece."""
CERTIFICATE, TYPICAL = 200, 600
"""Iterations of a lower bound, at most, and of a descent, about."""


def solve(bench: Bench) -> Iterator[Step]:
    """Every chosen solver, and the lower bound that closes in from below."""
    bench = bench.preview()
    p, cache = bench.p, bench.cache
    made = yield from bench.make()
    board = Board(bench, made)
    if bench.full:
        start = yield from solving.leading(made, p.rank, cache)
    else:
        start = yield from solving.truncated(made, p.rank, False, cache)
    if "svd" in bench.solvers:
        board.solved["svd"] = start
    if "ours" in bench.solvers:
        yield from (_cold if bench.full else _warm)(bench, board, start)
    if bench.full:
        yield from _others(bench, board)
        if "svd" in bench.solvers:
            board.solved["svd"] = yield from solving.truncated(made, p.rank, True, cache)
    if not board.solved:
        board.solved["svd"] = start
    yield Step(0.7, "", (yield from board.frame(whole=True)), board.precision)
    yield from _singular(bench, board)
    if bench.full:
        yield from _certify(bench, board)


def _warm(bench: Bench, board: Board, start: Solved) -> Iterator[Step]:
    """What is at hand at once, then the best that a moving slider has time for."""
    made, rank, cache = board.made, bench.p.rank, bench.cache
    known = solving.recall(made, rank, cache)
    if known is None:
        warm = (yield from solving.warm_start(made, rank, cache)) or start
        iterations = solving.quick_iterations(made, rank)
        if iterations and not solving.settled(made, rank, warm):
            board.solved["ours"] = warm if warm.error < start.error else start
            yield Step(0.3, "", (yield from board.frame(whole=True)), board.precision)
        steps = solving.descended(made, rank, warm, iterations)
        found = yield from relay(steps, Step())
        known = solving.keep(made, rank, found if found.error < start.error else start, cache)
    board.solved["ours"] = known


def _cold(bench: Bench, board: Board, start: Solved) -> Iterator[Step]:
    """A cold solve that streams; what a warm one found is kept where it is better."""
    made, rank, cache = board.made, bench.p.rank, bench.cache
    known = solving.recall(made, rank, cache)
    if known is not None and cache.peek("cold", (made.key, rank)) is not None:
        board.solved["ours"] = known
        return
    board.solved["ours"] = start if known is None or start.error < known.error else known
    seconds = PREPARING * made.array.size
    note = "the start" if seconds < 2 * SLOW else f"preparing a descent, about {seconds:.1g} s"
    yield Step(0.0, note, (yield from board.frame(whole=True)), board.precision)
    device = yield from devices.chosen(bench.p, made.array.size)
    steps = solving.descended(made, rank, start, cold=True, device=device)
    while True:
        try:
            state = next(steps)
        except StopIteration as end:
            board.solved["ours"] = solving.keep(made, rank, end.value, cache)
            cache.put("cold", (made.key, rank), True)
            return
        if known is None or state.error < known.error:
            board.solved["ours"] = state
        share = 0.5 * min(1.0, state.iterations / TYPICAL)
        each = state.seconds / max(1, state.iterations)
        pace = f", about {each:.1g} s each" if each > SLOW and state.iterations > 2 else ""
        yield Step(share, f"descent, {state.iterations} iterations{pace}")
        if board.due():
            yield Step(share, "", (yield from board.frame()), board.precision)


def _others(bench: Bench, board: Board) -> Iterator[Step]:
    made, p, cache = board.made, bench.p, bench.cache
    if "sketch" in bench.solvers:
        board.solved["sketch"] = yield from solving.sketched(made, p.rank, p.seed, cache)
    if "published" not in bench.solvers or max(made.array.shape) > solving.PUBLISHED_LIMIT:
        return
    found = yield from published(bench, made, board)
    board.solved["published"] = found


def published(
    bench: Bench, made: Made, board: Board | None = None
) -> Generator[Step, None, Solved]:
    """The published algorithm, streaming where there is a board."""
    p = bench.p
    key = (made.key, p.rank, p.seed)
    known: Solved | None = bench.cache.peek("published", key)
    if known is not None:
        return known
    steps = solving.published(made, p.rank, p.seed)
    while True:
        try:
            state = next(steps)
        except StopIteration as end:
            found: Solved = end.value
            return bench.cache.put("published", key, found)
        frame: dict[str, Table] = {}
        if board is not None:
            board.solved["published"] = state
            frame = (yield from board.frame()) if board.due() else {}
        yield Step(0.6, f"{state.iterations} alternating projections", frame)


def _singular(bench: Bench, board: Board) -> Iterator[Step]:
    made = board.made
    array = made.array
    if array.ndim == 3:
        if bench.cache.peek("unfolded", made.key) is None:
            yield Step(0.7, matrices.unfolded(made))
            values = np.linalg.svd(array.reshape(array.shape[0], -1), compute_uv=False)
            bench.cache.put("unfolded", made.key, values)
            yield Step()
        values = bench.cache.peek("unfolded", made.key)
        found = matrices.Spectrum(np.empty((0, 0)), values, np.empty((0, 0)), True)
        from kernlab.engine.numerics.tensor_chain import canonical

        first = canonical(board.shown().factors, 0.0).cores[0]
        exact = np.linalg.svd(first[0], compute_uv=False)[: bench.p.rank]
        table = tables.singular_table(found, None, exact)
    else:
        known = bench.cache.peek("spectrum", made.key)
        if known is None:
            known = yield from matrices.spectrum(made, bench.p.rank, bench.full, bench.cache)
        table = tables.singular_table(known, board.shown(), None)
    yield Step(0.75, "", {"singular": table})


def _certify(bench: Bench, board: Board) -> Iterator[Step]:
    """Raise the lower bound, streaming."""
    for count, bound in solving.certified(board.made, bench.p.rank, CERTIFICATE, bench.cache):
        board.bounds.append(bound)
        share = 0.75 + 0.25 * min(1.0, count / 60)
        due = board.due()
        frame = _bound_frame(board) if due else {}
        yield Step(share, f"lower bound, {count} iterations", frame)
    bench.cache.put("bound trace", (board.made.key, bench.p.rank), tuple(board.bounds))
    yield Step(1.0, "", _bound_frame(board), board.precision)


def _bound_frame(board: Board) -> dict[str, Table]:
    made = board.lines()
    return {name: made[name] for name in ("trace_bound", "levels", "solvers")}


# -- sweeps -------------------------------------------------------------------------------------


def against_m(bench: Bench) -> Iterator[Step]:
    """Errors against the dimension, and the rank that the target error needs."""
    p = bench.p
    key = (bench.source, bench.sweep_n, bench.sweep_rank)
    known = bench.cache.peek("against m", key)
    if known is not None:
        yield Step(0.5, "", {"dimension": known})
    elif bench.full:
        plan = [(m, r, {"m": m}) for r in range(p.repeats) for m in DIMENSIONS]
        table = None
        for step, table in _sweep(bench, "m", DIMENSIONS, plan, lambda m: bench.sweep_rank):
            shown = {} if table is None else {"dimension": table}
            yield Step(step, f"errors against m, {round(100 * step)} %", shown)
        bench.cache.put("against m", key, table)
    yield from _required(bench, "m", DIMENSIONS)


def _required(bench: Bench, name: str, grid: Sequence[int]) -> Iterator[Step]:
    """The rank that the target error needs, against m or n."""
    p, cache = bench.p, bench.cache
    key = (bench.source, name, bench.sweep_n if name == "m" else p.m, p.target_error, tuple(grid))
    table = cache.peek("required ranks", key)
    title = "required" if name == "m" else "required_n"
    if table is not None:
        yield Step(1.0, "", {title: table})
        return
    if not bench.full:
        return
    low, high = np.full((2, len(grid)), np.nan)
    for at, value in enumerate(grid):
        low[at], high[at] = yield from bench.required(**{name: value})
        columns = {name: np.array(grid), "proved": low.copy(), "found": high.copy()}
        table = Table(columns)
        share = 0.5 + 0.5 * (at + 1) / len(grid)
        yield Step(share, f"required rank at {name} = {value}", {title: table})
    cache.put("required ranks", key, table)


def against_size(bench: Bench) -> Iterator[Step]:
    """Errors against n at this rank, and against the rank."""
    p = bench.p
    sizes = bench.sizes()
    key = (bench.source, p.m, p.rank, tuple(sizes))
    known = bench.cache.peek("against n", key)
    if known is not None:
        yield Step(0.5, "", {"sizes": known})
    elif bench.full:
        plan = [(n, r, {"n": n}) for r in range(p.repeats) for n in sizes]
        for step, table in _sweep(bench, "n", sizes, plan, lambda n: p.rank):
            shown = {} if table is None else {"sizes": with_bounds(p, table, "n", p.rank)}
            known = shown.get("sizes", known)
            yield Step(0.5 * step, f"errors against n, {round(100 * step)} %", shown)
        bench.cache.put("against n", key, known)
    ranks, n = bench.ranks(), bench.sweep_n
    key = (bench.source, p.m, n, tuple(ranks))
    known = bench.cache.peek("against r", key)
    if known is not None:
        yield Step(1.0, "", {"ranks": known})
    elif bench.full:
        plan = [(rank, r, {}) for r in range(p.repeats) for rank in ranks]
        for step, table in _sweep(bench, "r", ranks, plan, lambda rank: rank):
            shown = {} if table is None else {"ranks": with_bounds(p, table, "r", n)}
            known = shown.get("ranks", known)
            yield Step(0.5 + 0.5 * step, f"errors against r, {round(100 * step)} %", shown)
        bench.cache.put("against r", key, known)
    yield from _required(bench, "n", bench.lengths())


def _sweep(
    bench: Bench, name: str, grid: Sequence[int], plan: Sequence[Any], rank_of: Any
) -> Generator[tuple[float, Table | None], None, None]:
    """Draw after draw; yields the share that is done, and a table after each draw."""
    limit = limits(bench)
    if not grid:
        yield 1.0, _sweep_table(name, (0,), np.full((1, bench.p.repeats, 6), np.nan), limit)
        return
    values = np.full((len(grid), bench.p.repeats, len(Draw._fields)), np.nan)
    place = {value: at for at, value in enumerate(grid)}
    for done, (value, repeat, changes) in enumerate(plan):
        share = done / len(plan)
        steps = bench.draw(rank_of(value), repeat, **changes)
        values[place[value], repeat] = yield from relay(steps, (share, None))
        yield (done + 1) / len(plan), _sweep_table(name, grid, values, limit)


def _sweep_table(name: str, grid: Sequence[int], values: Any, limit: tuple[float, float]) -> Table:
    size, constant = values[..., 4], values[..., 5]
    columns: dict[str, Any] = {name: np.array(grid, dtype=float)}
    if name == "m":
        columns |= {"limit": np.full(len(grid), limit[0])}
        columns |= {"limit_constant": np.full(len(grid), limit[1])}
    with np.errstate(invalid="ignore", divide="ignore"):
        for at, solver in enumerate(("ours", "svd", "published", "lower")):
            columns |= tables.spread(solver, values[..., at] / size)
            relative = np.where(constant > 0, values[..., at] / constant, np.nan)
            columns |= tables.spread(f"{solver}_constant", relative)
        columns |= tables.spread("size", size)
    return Table(columns)


def limits(bench: Bench) -> tuple[float, float]:
    """What claim L7 proves about the limit of high dimension, over max|F| and over the error of
    the best constant matrix; NaN where it proves nothing."""
    from kernlab.engine.numerics.max_norm_bounds import gaussian_limit_bound, welch_bound

    p, n, rank = bench.p, bench.sweep_n, bench.sweep_rank
    shares = {"gaussian": -math.expm1(-2.0), "quartic": -math.expm1(-4.0), "identity": 1.0}
    ball = p.points != "normal" or p.function == "identity"
    symmetric = p.sampling == "symmetric" or p.function == "identity"
    if p.function not in shares or not ball or not symmetric or rank + 1 >= n:
        return math.nan, math.nan
    share = shares[p.function]
    if p.function == "gaussian":
        bound = gaussian_limit_bound(n, rank)
    else:
        bound = share * welch_bound(n, rank + (p.function == "quartic"))
    return bound, bound / (share / 2)


def with_bounds(p: Parameters, table: Table, name: str, other: int) -> Table:
    """A sweep over n or r with the published rate, the explicit bound, and Welch's."""
    from kernlab.engine.numerics.max_norm_bounds import error_bound, welch_bound

    columns = dict(table.columns)
    grid = columns[name]
    pairs = [(int(v), other) if name == "n" else (other, int(v)) for v in grid]
    norm = gamma2(p)
    bound, welch, rate = np.full((3, grid.size), np.nan)
    for at, (n, rank) in enumerate(pairs):
        if not 0 < rank < n:
            continue
        size = float(columns["size"][at])
        if math.isfinite(norm) and math.isfinite(size):
            found = error_bound(rank, n, n, gamma2=norm) / size
            bound[at] = found if found < 1 else np.nan
        if p.function == "identity":
            welch[at] = welch_bound(n, rank)
        rate[at] = math.sqrt(math.log(n) / rank)
    known = np.flatnonzero(np.isfinite(columns["ours"]) & np.isfinite(rate))
    if known.size:
        anchor = known[known.size // 2]
        rate = rate * columns["ours"][anchor] / rate[anchor]
    columns |= {"rate": rate, "bound": bound, "welch": welch}
    return Table(columns)
