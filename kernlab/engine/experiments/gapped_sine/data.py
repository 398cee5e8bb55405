"""The data of the gapped-sine panel: random points at any n, the paper's sets, or a file.

Points come in chunks of a fixed size, each with a seed of its own, so that the data at a
smaller n are a prefix of those at a larger one: dragging n only adds or leaves out chunks.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Fidelity, Step
from kernlab.engine.contract.table import Table, summary

if TYPE_CHECKING:
    from kernlab.engine.numerics.condensation import Bins, Chunk, Moments

FloatArray = npt.NDArray[np.float64]

DRAWN = 4000
"""Points of a sample that are drawn at most."""
NEW_CHUNKS = 1
"""Chunks that a coarse run may add; beyond it a stand-in of fewer points is shown."""
KEEP_EVERY = 8
"""Running totals of moments are kept at every so many chunks."""
FINEST_HALF_WIDTH = 0.0065
"""Half-width of a bin that carries kernels down to a lengthscale of 0.05."""
SMOOTH = 0.07
"""Half-width of a bin in lengthscales at which products of features are still exact."""
PAPER_POINTS, PAPER_GAPS = 5000, {"paper-1": math.pi, "paper-2": math.pi / 2}
HELD_OUT = 0.1


@dataclass(frozen=True)
class Points:
    """Condensed data, and what the figures show of them.

    `gap` is the interval without data, `held_x` and `held_y` rows that were not fitted.
    `fine` are the moments in the finest bins; where they are of sin x and unit noise, `noise`
    says how much of the noise belongs to y.
    """

    key: Hashable
    fine: Moments
    fine_key: Hashable
    noise: float | None
    left: float
    right: float
    gap: tuple[float, float] | None
    sample: Table
    used: int
    wanted: int
    held_x: FloatArray = field(default_factory=lambda: np.empty(0))
    held_y: FloatArray = field(default_factory=lambda: np.empty(0))
    held_key: Hashable = None

    @property
    def n(self) -> int:
        """Points that are fitted."""
        return self.fine.n

    @property
    def summary(self) -> Table:
        """One row: points wanted, used and kept, and the ends of the gap."""
        low, high = self.gap or (math.nan, math.nan)
        return summary(
            wanted=self.wanted,
            used=self.used,
            n=self.n,
            drawn=len(self.sample),
            gap_left=low,
            gap_right=high,
        )

    def moments(self, lengthscale: float, cache: Cache, *, extended: bool = False) -> Moments:
        """Moments of 1 and y in bins as wide as kernels of this lengthscale allow."""
        half_width = SMOOTH * lengthscale
        level = self.fine.bins.coarser(half_width).count
        key = (self.fine_key, level, extended)
        merged = cache.get("merged", key, lambda: self.fine.coarsen(half_width, extended=extended))
        if self.noise is None:
            return merged
        noise = self.noise
        return cache.get("combined", (*key, noise), lambda: merged.combine(noise))

    def nodes(
        self, bandwidth: float, lengthscale: float, cache: Cache
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Weighted nodes that stand for the points, for functions up to a bandwidth."""
        moments = self.moments(lengthscale, cache)
        level = min(moments.bins.bandwidth, 2.0 ** math.ceil(math.log2(max(bandwidth, 1e-6))))
        key = (self.key, moments.bins.count, level)
        found = cache.get("nodes", key, lambda: moments.nodes(level))
        return found.x, found.weight, found.weighted_y


def prepare(p: Any, fidelity: Fidelity, cache: Cache) -> Generator[Step, None, Points]:
    """The data of these parameters, condensed.

    Raises:
        ValueError: fewer than two points are left.
    """
    if p.dataset == "file":
        points = yield from _file(p, cache)
    elif p.dataset == "free":
        points = yield from _free(p, fidelity, cache)
    else:
        points = _paper(p, cache)
        yield Step()
    if points.n < 2:
        raise ValueError(
            f"the gap leaves {points.n} of {points.used} points; "
            "make gap_width smaller or move gap_center"
        )
    return points


# -- random points ----------------------------------------------------------------------------


def bin_count(left: float, right: float) -> int:
    """Bins, a power of two, that are fine enough for the shortest lengthscale."""
    needed = (right - left) / (2 * FINEST_HALF_WIDTH)
    return 1 << min(16, max(8, math.ceil(math.log2(needed))))


def _bins(left: float, right: float) -> Bins:
    from kernlab.engine.numerics.condensation import Bins

    return Bins(left, right, bin_count(left, right))


def draw(seed: int, domain: float, index: int, size: int) -> tuple[FloatArray, FloatArray]:
    """The first `size` points of a chunk: x uniform on ±domain, and unit noise."""
    u = np.random.default_rng([seed, 1, index]).random(size)
    noise = np.random.default_rng([seed, 2, index]).standard_normal(size)
    return domain * (2 * u - 1), noise


def _free(p: Any, fidelity: Fidelity, cache: Cache) -> Generator[Step, None, Points]:
    from kernlab.engine.numerics.condensation import CHUNK

    bins = _bins(-p.domain, p.domain)
    base = (p.seed, p.domain)
    whole, rest = divmod(p.n, CHUNK)
    total = yield from _whole_chunks(base, bins, whole, fidelity, cache)
    used = total.chunks * CHUNK
    chunks = [cache.peek("chunk", (base, k)) for k in range(total.chunks)]
    moments = total.moments
    if total.chunks == whole and rest:
        last = _condensed(bins, *draw(p.seed, p.domain, whole, rest))
        moments, used = moments.plus(last.moments()), p.n
        chunks.append(_slim(last))
        yield Step()
    gap = _gap(p)
    key = (*base, used, gap)
    kept = cache.peek("kept", key)
    if kept is None:
        kept = moments
        if gap is not None:
            edges = _around(gap, bins, [c for c in chunks if c is not None])
            kept = moments.without_gap([edges], gap)
        cache.put("kept", key, kept)
        yield Step()
    size = min(used, DRAWN)
    drawn = cache.get("drawn", (*base, size), lambda: draw(p.seed, p.domain, 0, size))
    sample = _sample(*drawn, p.noise, gap)
    return Points(
        key=("free", *key, p.noise),
        fine=kept,
        fine_key=("free", *key),
        noise=p.noise,
        left=-p.domain,
        right=p.domain,
        gap=gap,
        sample=sample,
        used=used,
        wanted=p.n,
    )


@dataclass(frozen=True)
class _Total:
    """Moments of the first `chunks` whole chunks."""

    chunks: int
    moments: Moments

    @property
    def nbytes(self) -> int:
        return int(self.moments.high.nbytes + self.moments.low.nbytes)


def _whole_chunks(
    base: tuple[int, float], bins: Bins, wanted: int, fidelity: Fidelity, cache: Cache
) -> Generator[Step, None, _Total]:
    """Running totals up to `wanted` chunks; a coarse run stops at a stand-in."""
    from kernlab.engine.numerics.condensation import Moments

    start = next((k for k in range(wanted, 0, -1) if cache.peek("total", (base, k))), 0)
    total: _Total = cache.peek("total", (base, start)) or _Total(0, Moments.zero(bins, 2))
    missing = [k for k in range(start) if cache.peek("chunk", (base, k)) is None]
    built = 0
    for k in [*missing, *range(start, wanted)]:
        chunk = cache.peek("chunk", (base, k))
        if chunk is None and fidelity == "coarse" and built >= NEW_CHUNKS and total.chunks > 0:
            break
        if chunk is None:
            fresh = _condensed(bins, *draw(base[0], base[1], k, _chunk_size()))
            cache.put("chunk", (base, k), _slim(fresh))
            built += 1
        else:
            fresh = _with_target(chunk)
        if k >= total.chunks:
            previous = total.chunks
            total = _Total(k + 1, total.moments.plus(fresh.moments()))
            cache.put("total", (base, k + 1), total)
            if previous % KEEP_EVERY:
                cache.drop("total", (base, previous))
        yield Step(0.5 * (k + 1) / wanted, f"drawing and condensing points: {k + 1} of {wanted}")
    return total


def _chunk_size() -> int:
    from kernlab.engine.numerics.condensation import CHUNK

    return CHUNK


def _condensed(bins: Bins, x: FloatArray, noise: FloatArray) -> Chunk:
    from kernlab.engine.numerics.condensation import condense

    return condense(bins, x, np.stack([np.sin(x), noise]))


def _slim(chunk: Chunk) -> Chunk:
    """Without the column of sin x, which costs less to make again than to keep."""
    return replace(chunk, values=chunk.values[1:].copy())  # a view would keep both


def _with_target(chunk: Chunk) -> Chunk:
    return replace(chunk, values=np.stack([np.sin(chunk.x), chunk.values[0]]))


def _gap(p: Any) -> tuple[float, float] | None:
    low = max(p.gap_center - p.gap_width / 2, -p.domain)
    high = min(p.gap_center + p.gap_width / 2, p.domain)
    return (low, high) if high > low else None


def _around(gap: tuple[float, float], bins: Bins, chunks: list[Chunk]) -> Chunk:
    """The points of the bins that the ends of the gap cut, and of their neighbours."""
    wanted: set[int] = set()
    for end in gap:
        at = int((end - bins.left) / (2 * bins.half_width))
        wanted |= {b for b in (at - 1, at, at + 1) if 0 <= b < bins.count}
    parts = [
        (chunk.x[start:stop], chunk.values[0, start:stop])
        for chunk in chunks
        for start, stop in ((chunk.offsets[b], chunk.offsets[b + 1]) for b in wanted)
        if stop > start
    ]
    empty = np.empty(0)
    x = np.concatenate([part[0] for part in parts]) if parts else empty
    noise = np.concatenate([part[1] for part in parts]) if parts else empty
    return _condensed(bins, x, noise)


def _sample(x: FloatArray, noise: FloatArray, sd: float, gap: tuple[float, float] | None) -> Table:
    if gap is not None:
        outside = (x <= gap[0]) | (x >= gap[1])
        x, noise = x[outside], noise[outside]
    return Table({"x": x, "y": np.sin(x) + sd * noise}, units={"x": "rad"})


# -- the paper's data sets, and files ---------------------------------------------------------


def _paper(p: Any, cache: Cache) -> Points:
    """x = linspace(−2π, 2π, 5000) without |x| ≤ π (data set 1) or π/2 (data set 2)."""
    half = PAPER_GAPS[p.dataset]
    x = np.linspace(-2 * math.pi, 2 * math.pi, PAPER_POINTS)
    x = x[np.abs(x) > half]
    y = np.sin(x) + p.noise * np.random.default_rng([p.seed, 2, 0]).standard_normal(x.size)
    key = (p.dataset, p.seed, p.noise)
    bins = _bins(-2 * math.pi, 2 * math.pi)
    return Points(
        key=key,
        fine=cache.get("data", key, lambda: _moments(bins, x, y)),
        fine_key=key,
        noise=None,
        left=-2 * math.pi,
        right=2 * math.pi,
        gap=(-half, half),
        sample=Table({"x": x[::2], "y": y[::2]}, units={"x": "rad"}),
        used=x.size,
        wanted=x.size,
    )


def _moments(bins: Bins, x: FloatArray, y: FloatArray) -> Moments:
    from kernlab.engine.numerics.condensation import condense

    return condense(bins, x, y).moments()


def _file(p: Any, cache: Cache) -> Generator[Step, None, Points]:
    """Own data: a tenth is held out at random, and the widest spacing counts as the gap."""
    from kernlab.engine.numerics.condensation import Moments

    x, y = p.data_file.columns["x"], p.data_file.columns["y"]
    left, right = float(x.min()), float(x.max())
    if left == right:
        raise ValueError(f"data_file: every x is {left}; at least two different x are needed")
    key = ("file", p.data_file.sha256, p.seed)
    held = np.random.default_rng([p.seed, 3]).random(x.size) < HELD_OUT
    fitted_x, fitted_y = x[~held], y[~held]
    bins = _bins(left, right)
    moments = cache.peek("data", key)
    if moments is None:
        moments = Moments.zero(bins, 1)
        size = _chunk_size()
        for start in range(0, fitted_x.size, size):
            part = slice(start, start + size)
            moments = moments.plus(_moments(bins, fitted_x[part], fitted_y[part]))
            yield Step(0.5 * min(1.0, (start + size) / fitted_x.size), "condensing the file")
        cache.put("data", key, moments)
    yield Step()
    step = max(1, math.ceil(fitted_x.size / DRAWN))
    few = np.flatnonzero(held)[:DRAWN]
    return Points(
        key=key,
        fine=moments,
        fine_key=key,
        noise=None,
        left=left,
        right=right,
        gap=cache.get("widest spacing", key, lambda: _widest_spacing(fitted_x)),
        sample=Table({"x": fitted_x[::step], "y": fitted_y[::step]}),
        used=fitted_x.size,
        wanted=fitted_x.size,
        held_x=x[few],
        held_y=y[few],
        held_key=key,
    )


def _widest_spacing(x: FloatArray) -> tuple[float, float]:
    ordered = np.sort(x)
    at = int(np.argmax(np.diff(ordered)))
    return float(ordered[at]), float(ordered[at + 1])
