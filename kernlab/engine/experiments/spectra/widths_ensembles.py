"""Networks of finite width: the points, the widths and depths drawn, and the draws, kept."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.experiments.spectra.parameters import Parameters

FloatArray = npt.NDArray[np.float64]

MOST_POINTS = 16
BLOCK = 8
"""Draws with one seed: what is added at once."""
LARGEST_LAYER = 8_000
LARGEST_SUM = 100_000
"""Neurons of a layer, and of a network, that the panel draws at most; more at fewer points."""
BUDGET_DEPTHS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32)
NARROWEST = 4
"""Neurons below which a network of the budget is left out."""
POINTS_STAGE, DRAWS_STAGE = 71, 72
QUICK = 0.008
"""Seconds of drawing in a coarse run."""


class PointSet(NamedTuple):
    """Points on a unit sphere, how many dimensions it has, what they are, and their key."""

    points: FloatArray
    name: str
    key: tuple[Any, ...]


@dataclass(frozen=True)
class Draw:
    """One kind of network: everything that its kernels depend on but the seed and the points."""

    depth: int
    width: int
    profile: str
    activation: str
    bias: float

    @property
    def layers(self) -> tuple[int, ...]:
        """Neurons of the hidden layers."""
        from kernlab.engine.numerics.finite_width import widths

        return widths(self.depth, self.width, self.profile)

    def fits(self, n: int) -> bool:
        """Whether the panel draws it at n points."""
        share = MOST_POINTS / n
        small = max(self.layers, default=1) <= share * LARGEST_LAYER
        return small and sum(self.layers) <= share * LARGEST_SUM

    def seconds(self, n: int) -> float:
        """Roughly what a draw takes."""
        return 1.5e-8 * sum(self.layers) * 2 * n + 4e-5 * self.depth


def networks(
    p: Parameters, grid: Sequence[tuple[int, int]], profile: str, n: int = MOST_POINTS
) -> list[Draw]:
    """The networks of a grid of (depth, width), those left out that are too large."""
    every = (Draw(depth, width, profile, p.activation, p.bias) for depth, width in grid)
    return [draw for draw in every if draw.fits(n)]


def point_set(bench: Bench, most: int = MOST_POINTS) -> PointSet:
    """At most `most` points of the domain, as unit vectors: random ones, or the user's own."""
    p = bench.p
    if p.points == "file" and p.points_file is not None and p.points_file.matrix is not None:
        key: tuple[Any, ...] = ("file", p.points_file.sha256, most)
        rows = np.asarray(p.points_file.matrix, dtype=np.float64)[:most]
        name = f"first {len(rows)} own points"
    else:
        n = min(p.n, most)
        key = (p.domain, p.dimension, n, p.seed)
        rows = _random(p, n)
        name = f"{n} random points"
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return PointSet(rows / np.where(lengths > 0, lengths, 1.0), name, key)


def _random(p: Parameters, n: int) -> FloatArray:
    rng = np.random.default_rng([p.seed, POINTS_STAGE])
    if p.domain == "torus":
        turn = 2.0 * np.pi * rng.random((n, p.dimension))
        return np.concatenate([np.cos(turn), np.sin(turn)], axis=1)
    return rng.standard_normal((n, max(2, p.dimension)))  # a line has two directions only


def limit(bench: Bench, points: PointSet, depth: int) -> FloatArray:
    """The kernel matrix at infinite width, kept."""
    p = bench.p
    key = (points.key, depth, p.activation, p.bias)
    return bench.cache.get("infinite width", key, lambda: _limit(p, points.points, depth))


def _limit(p: Parameters, x: FloatArray, depth: int) -> FloatArray:
    from kernlab.engine.numerics.ntk import kernel

    apart, along = (np.linalg.norm(x[:, None] + sign * x, axis=2) for sign in (-1.0, 1.0))
    rows, columns = np.triu_indices(len(x))
    angles = 2.0 * np.arctan2(apart[rows, columns], along[rows, columns])
    found = np.empty((len(x), len(x)))
    values = kernel(None, depth, angle=angles, activation=p.activation, bias=p.bias)
    found[rows, columns] = found[columns, rows] = values
    return found


class Ensembles:
    """Kernels of several kinds of networks, drawn block by block and kept.

    Attributes:
        found: for each kind, its kernels (draws, n, n) so far; at most the draws asked for.
    """

    def __init__(
        self, bench: Bench, points: PointSet, kinds: Sequence[Draw], draws: int | None = None
    ) -> None:
        self.bench, self.points, self.kinds = bench, points, tuple(kinds)
        self.draws = bench.p.draws if draws is None else draws
        self.found: dict[Draw, FloatArray] = {}
        for kind in self.kinds:
            known = bench.cache.peek("ensemble", self._key(kind))
            if known is not None:
                self.found[kind] = known[: self.draws]

    def _key(self, kind: Draw) -> tuple[Any, ...]:
        return (self.points.key, kind, self.bench.p.seed)

    def blocks(self) -> Generator[float | None, None, None]:
        """Draw what is missing, a block of each kind in turn.

        Yields the share that is done whenever a block has been added, None while one is drawn.
        A coarse run draws at most one block of each kind, while time lasts.
        """
        n, rounds = len(self.points.points), -(-self.draws // BLOCK)
        start = time.perf_counter()
        for number in range(rounds if self.bench.full else 1):
            for at, kind in enumerate(self.kinds):
                if len(self.found.get(kind, ())) >= min(self.draws, (number + 1) * BLOCK):
                    continue
                left = QUICK - (time.perf_counter() - start)
                if not self.bench.full and BLOCK * kind.seconds(n) > left:
                    continue
                yield from self._block(kind, number)
                yield (number + (at + 1) / len(self.kinds)) / rounds

    def moments(
        self, kind: Draw, exact: FloatArray, masks: Sequence[npt.NDArray[np.bool_]]
    ) -> list[Moments]:
        """:func:`moments` of the draws so far, kept; the masks depend on the points alone."""
        kernels = self.found[kind]
        key = (self._key(kind), len(kernels), len(masks))
        return self.bench.cache.get("moments", key, lambda: moments(kernels, exact, masks))

    def smallest(self, kind: Draw) -> FloatArray:
        """:func:`smallest` of the draws so far; only new ones are computed."""
        kernels, key = self.found[kind], self._key(kind)
        known = self.bench.cache.peek("smallest", key)
        if known is None or len(known) < len(kernels):
            before = 0 if known is None else len(known)
            fresh = smallest(kernels[before:])
            known = fresh if known is None else np.concatenate([known, fresh])
            self.bench.cache.put("smallest", key, known)
        found: FloatArray = known[: len(kernels)]
        return found

    def _block(self, kind: Draw, number: int) -> Generator[None, None, None]:
        from kernlab.engine.numerics.finite_width import empirical_in_steps

        cache, key = self.bench.cache, self._key(kind)
        seed = [self.bench.p.seed, DRAWS_STAGE, kind.depth, kind.width, number]
        drawn = []
        for piece in empirical_in_steps(
            self.points.points, kind.depth, kind.width, draws=BLOCK,
            rng=np.random.default_rng(seed), activation=kind.activation, bias=kind.bias,
            profile=kind.profile,
        ):  # fmt: skip
            if piece is None:
                yield
            else:
                drawn.append(piece)
        before = cache.peek("ensemble", key)
        before = self.found.get(kind) if before is None else before
        known = [] if before is None else [before[: number * BLOCK]]
        together = np.concatenate([*known, *drawn])
        self.found[kind] = cache.put("ensemble", key, together)[: self.draws]


# -- what is read off ---------------------------------------------------------------------------


class Moments(NamedTuple):
    """Of some entries, over K(x, x): shift of the mean, its standard error, spread of one entry."""

    mean: float
    error: float
    spread: float


def moments(
    kernels: FloatArray, exact: FloatArray, masks: Sequence[npt.NDArray[np.bool_]]
) -> list[Moments]:
    """Moments over the draws of the entries that each mask chooses; NaN where it chooses none."""
    count = len(kernels)
    entries = (kernels - exact).reshape(count, -1) / float(np.mean(np.diag(exact)))
    centred = entries - entries.mean(axis=0)
    variances = np.einsum("ij,ij->j", centred, centred) / (count - 1)
    found = []
    for mask in masks:
        weights = mask.ravel() / max(1, int(np.count_nonzero(mask)))
        per_draw = entries @ weights
        one = Moments(
            float(per_draw.mean()),
            float(per_draw.std(ddof=1)) / math.sqrt(count),
            math.sqrt(float(variances @ weights)),
        )
        found.append(one if mask.any() else Moments(math.nan, math.nan, math.nan))
    return found


def diagonal(exact: FloatArray) -> npt.NDArray[np.bool_]:
    """The mask of the diagonal."""
    return np.eye(len(exact), dtype=bool)


def entry_of(points: PointSet) -> tuple[int, int]:
    """The pair of points whose angle is nearest to 60 degrees."""
    cosines = points.points @ points.points.T
    pairs = np.triu_indices(len(cosines), 1)
    at = int(np.argmin(np.abs(cosines[pairs] - 0.5)))
    return int(pairs[0][at]), int(pairs[1][at])


def inputs(p: Parameters) -> int:
    """Numbers that the network takes in."""
    return 2 * p.dimension if p.domain == "torus" else max(2, p.dimension)


def budget_networks(p: Parameters) -> list[Draw]:
    """Networks of constant width with the weights of the budget, the slider's depth included."""
    from kernlab.engine.numerics.finite_width import width_for

    depths = sorted({*BUDGET_DEPTHS, min(p.depth, BUDGET_DEPTHS[-1])})
    grid = [(depth, width_for(p.budget, depth, inputs(p))) for depth in depths]
    return networks(p, [(depth, width) for depth, width in grid if width >= NARROWEST], "constant")


def smallest(kernels: FloatArray) -> FloatArray:
    """The smallest eigenvalue of each kernel; NaN where it is lost in rounding."""
    values = np.linalg.eigvalsh(kernels)
    found: FloatArray = np.where(values[:, 0] > 1e-14 * values[:, -1], values[:, 0], np.nan)
    return found
