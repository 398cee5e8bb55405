"""One run of the entrywise-rank panel: its parameters, its arrays, and what a draw gives."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Step
from kernlab.engine.experiments.entrywise_rank import matrices, solving
from kernlab.engine.experiments.entrywise_rank.matrices import Made
from kernlab.engine.experiments.entrywise_rank.parameters import POSITIVE_DEFINITE, Parameters
from kernlab.engine.numerics.steps import relay

DIMENSIONS = (3, 10, 30, 100, 300, 1000, 3000, 10_000)
SIZES = (25, 50, 100, 200, 400)
TENSOR_SIZES = (12, 20, 30, 45, 60)
RANKS = (1, 2, 3, 5, 8, 12, 20, 32, 50, 80, 120, 200)
SWEEP_N, SWEEP_TENSOR = 300, 40
"""Rows of the matrices, and of the tensors, of a sweep, at most."""
PREVIEW, PREVIEW_TENSOR, LARGEST_AT_HAND = 360, 40, 1000
"""Rows of the stand-in for a larger array while a slider moves; rows up to which the matrix itself
is taken where it is at hand."""
PREVIEW_LEAST, PREVIEW_DRAWS = 40, 300_000
"""Rows of the stand-in at least, and coordinates of all points at most while there are more."""
QUICK_DRAWS = 100_000
"""Coordinates up to which a moving slider draws the points themselves, not others in their law."""
SWEEP_ITERATIONS, SWEEP_CERTIFICATE = 250, 12
PROOF_ITERATIONS = 40
SEARCH_ITERATIONS = 120


class Draw(NamedTuple):
    """What one draw of a sweep gives, in the unit of F; NaN where it was not asked for."""

    ours: float
    svd: float
    published: float
    lower: float
    size: float
    constant: float


@dataclass(frozen=True)
class Bench:
    """One set of parameters with what every stage needs.

    `rotated` says that the points are others of the same law; see `matrices.make`.
    """

    p: Parameters
    full: bool
    cache: Cache
    rotated: bool = False

    @property
    def tensor(self) -> bool:
        """Whether the array has three axes."""
        return self.p.order == "3"

    @property
    def solvers(self) -> tuple[str, ...]:
        """The solvers that run; a sketch is for matrices only."""
        return tuple(name for name in self.p.solver if name != "sketch" or not self.tensor)

    @property
    def sweep_n(self) -> int:
        """Rows of the arrays of a sweep over m or r."""
        return min(self.p.size, SWEEP_TENSOR if self.tensor else SWEEP_N)

    @property
    def sweep_rank(self) -> int:
        """The rank in a sweep over m."""
        return min(self.p.rank, self.sweep_n - 1)

    @property
    def source(self) -> tuple[Any, ...]:
        """What every draw depends on, apart from n, m and r."""
        p = self.p
        files = tuple(data.sha256 for data in (p.matrix_file, p.q_file, p.k_file) if data)
        return (p.function, p.formula, files, p.sampling, p.points, p.order, p.seed, p.repeats,
                "published" in p.solver)  # fmt: skip

    def preview(self) -> Bench:
        """A stand-in while a slider moves, unless the array itself is at hand.

        It has fewer rows, or, where there are many coordinates, other points of the same law.
        """
        p = self.p
        if self.full or p.given or self._at_hand():
            return self
        sets = 1 if p.sampling == "symmetric" else 2
        n = min(p.n, PREVIEW_TENSOR if self.tensor else PREVIEW)
        rotated = matrices.can_rotate(p, n) and sets * n * p.m > QUICK_DRAWS
        if not rotated:
            n = min(n, max(PREVIEW_LEAST, PREVIEW_DRAWS // (sets * p.m)))
        return replace(self, p=replace(p, n=n, rank=min(p.rank, n)), rotated=rotated)

    def _at_hand(self) -> bool:
        key = matrices.key_of(self.p, self.p.n, self.p.m, 0)
        small = self.p.n <= LARGEST_AT_HAND and not self.tensor
        return small and self.cache.peek("matrix", key) is not None

    def sizes(self) -> Sequence[int]:
        """The sizes of a sweep over n: those that the rank fits into."""
        grid = TENSOR_SIZES if self.tensor else SIZES
        own = [self.p.size] if self.p.size <= grid[-1] else []
        most = self.p.size if self.p.given else grid[-1]
        return sorted({n for n in (*grid, *own) if 1.2 * self.p.rank < n <= most})

    def lengths(self) -> Sequence[int]:
        """The sizes at which the required rank is looked for."""
        grid = TENSOR_SIZES if self.tensor else SIZES
        most = self.p.size if self.p.given else grid[-1]
        return [n for n in grid if n <= most] or [self.p.size]

    def ranks(self) -> Sequence[int]:
        """The ranks of a sweep over r."""
        own = [self.p.rank] if self.p.rank <= RANKS[-1] else []
        return sorted({r for r in (*RANKS, *own) if r <= 0.8 * self.sweep_n})

    def make(self, **changes: Any) -> Generator[Step, None, Made]:
        """The array of a draw."""
        return matrices.make(self.p, self.cache, rotated=self.rotated, **changes)

    def draw(
        self, rank: int, repeat: int, *, n: int | None = None, m: int | None = None
    ) -> Generator[Step, None, Draw]:
        """Solve one draw of a sweep; NaN where its entries overflow."""
        try:
            made = yield from self.make(n=n or self.sweep_n, m=m, repeat=repeat)
        except matrices.EntriesOverflow:
            return Draw(*[math.nan] * len(Draw._fields))
        slow = repeat == 0 and "published" in self.solvers
        key = (made.key, rank, slow)
        known: Draw | None = self.cache.peek("draw", key)
        if known is not None:
            return known
        start = yield from solving.truncated(made, rank, True, self.cache)
        steps = solving.descended(made, rank, start, SWEEP_ITERATIONS, cold=True)
        ours = yield from relay(steps, Step())
        lower, published = math.nan, math.nan
        if repeat == 0:
            for _ in solving.certified(made, rank, SWEEP_CERTIFICATE, self.cache):
                yield Step()
            lower = solving.known_bound(made, rank, self.cache)
        if slow:
            found = yield from relay(solving.published(made, rank, self.p.seed), Step())
            published = found.error
        made_draw = Draw(ours.error, start.error, published, lower, made.size, made.constant)
        return self.cache.put("draw", key, made_draw)

    def required(
        self, *, n: int | None = None, m: int | None = None
    ) -> Generator[Step, None, tuple[float, float]]:
        """The rank that the target error needs, at a size or dimension: proved, and found."""
        try:
            made = yield from self.make(n=n or self.sweep_n, m=m)
        except matrices.EntriesOverflow:
            return math.nan, math.nan
        key = (made.key, self.p.target_error)
        known: tuple[float, float] | None = self.cache.peek("required", key)
        if known is not None:
            return known
        target = self.p.target_error * made.size
        below, above = 0, min(made.array.shape)
        while (rank := _between(below, above)) is not None:
            found = yield from solving.truncated(made, rank, True, self.cache)
            if found.error > target:
                steps = solving.descended(made, rank, found, SEARCH_ITERATIONS, cold=True)
                found = yield from relay(steps, Step())
            below, above = (below, rank) if found.error <= target else (rank, above)
        proved, open_ = 0, above
        while (rank := _between(proved, open_)) is not None:
            bound = solving.known_bound(made, rank, self.cache)
            for _, bound in solving.certified(made, rank, PROOF_ITERATIONS, self.cache):
                yield Step()
                if bound > target:
                    break
            proved, open_ = (rank, open_) if bound > target else (proved, rank)
        return self.cache.put("required", key, (float(proved + 1), float(above)))


def _between(low: int, high: int) -> int | None:
    """A rank between two, about their geometric mean; None where they are close enough."""
    if high - low <= max(1, high // 40):
        return None
    middle = round(math.sqrt(max(low, 1) * high))
    return min(max(middle, low + 1), high - 1)


def gamma2(p: Parameters) -> float:
    """An upper bound of the factorization norm γ₂ of every such matrix, or NaN."""
    if p.order == "3" or p.given:
        return math.nan
    if p.function in (*POSITIVE_DEFINITE, "identity"):
        return 1.0
    if p.points == "normal":
        return math.nan
    known = {"attention": math.exp(1.0 / math.sqrt(p.m)), "sinh": math.sinh(1.0)}
    return known.get(p.function, math.nan)
