"""What the view Solve shows: its tables, and when they are due."""

from __future__ import annotations

import time
from collections.abc import Generator

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.entrywise_rank import matrices, solving, tables
from kernlab.engine.experiments.entrywise_rank.bench import Bench
from kernlab.engine.experiments.entrywise_rank.matrices import Made
from kernlab.engine.experiments.entrywise_rank.solving import Solved

FRAME = 0.05
"""Seconds between two frames of a long solve."""
PICTURED = 0.1
"""Share of the time that may go into pictures of the residual."""


class Board:
    """What the view Solve shows, and which of its tables are due."""

    def __init__(self, bench: Bench, made: Made) -> None:
        self.bench, self.made = bench, made
        self.solved: dict[str, Solved] = {}
        key = (made.key, bench.p.rank)
        self.bounds: list[float] = list(bench.cache.peek("bound trace", key) or [])
        self._told = self._next_picture = 0.0

    def due(self) -> bool:
        """Whether it is time for a frame."""
        return time.perf_counter() - self._told > FRAME

    @property
    def bound(self) -> float:
        """The lower bound as far as proven."""
        return solving.known_bound(self.made, self.bench.p.rank, self.bench.cache)

    @property
    def precision(self) -> str:
        """That of the errors, and of the descent with its device."""
        ours = self.solved.get("ours")
        descent = f"; descent in {ours.precision}" if ours is not None and ours.precision else ""
        return f"errors computed in float64{descent}"

    def shown(self) -> Solved:
        """The solution whose residual is shown."""
        names = ("ours", "published", "svd", "sketch")
        return next(self.solved[name] for name in names if name in self.solved)

    def lines(self) -> dict[str, Table]:
        """The tables of a frame without a picture."""
        made, solved = self.made, self.solved
        self._told = time.perf_counter()
        longest = max((s.iterations + 1.0 for s in solved.values()), default=1.0)
        bounds = self.bounds or [self.bound]
        last = max(2.0, longest, len(bounds))
        return {
            "solvers": tables.solver_table(made, solved, self.bound),
            "trace_ours": tables.trace_table(made.size, solved.get("ours")),
            "trace_published": tables.trace_table(made.size, solved.get("published")),
            "trace_bound": tables.bound_table(made.size, bounds, last),
            "levels": tables.level_table(made.size, last, solved),
        }

    def frame(self, *, whole: bool = False) -> Generator[Step, None, dict[str, Table]]:
        """The tables of a frame, with the residual if `whole`, or if its turn has come."""
        if not whole and time.perf_counter() < self._next_picture:
            return self.lines()
        clock = matrices.Clock()
        steps = tables.residual_tables(self.made, self.shown())
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                self._next_picture = time.perf_counter() + clock.pause() / PICTURED
                picture: dict[str, Table] = end.value
                return self.lines() | picture
            clock.pause()
            yield step
            clock.go_on()
