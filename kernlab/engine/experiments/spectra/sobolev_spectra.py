"""The spectra that P_s multiplies: by degree on the sphere, by frequency on a torus grid."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.text import number
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.experiments.spectra.parameters import SPHERE_FORMS, Parameters
from kernlab.engine.experiments.spectra.shared import operator_eigenvalues
from kernlab.engine.numerics.steps import relay

if TYPE_CHECKING:
    from kernlab.engine.numerics.sobolev import Best, Envelope, Shells

Array = NDArray[np.float64]

SINGLE, GROUPS = 24, 600
"""Frequencies drawn one by one, and about how many groups the others are drawn in."""


@dataclass(frozen=True)
class Composite:
    """What is needed to multiply by P_s: positive eigenvalues by frequency, ascending.

    Attributes:
        key: the parameters that it depends on.
        place: 1 + ℓ, or 1 + |k|.
        log_low, log_high: natural logs of the smallest and largest eigenvalue there; the
            operator's, so divided by n^d on a grid.
        log_base: log of what P_s takes to the power s.
        envelope, best: κ(T_s) for the chosen form; `others`, by name, for the other forms.
        base_range: log κ(P_s)/s over all frequencies, those left out among them.
        zeros: 1 + frequency of eigenvalues that are exactly zero.
        left_out: how many are hidden by rounding.
        groups: first index of each group of neighbours that is drawn as one.
    """

    key: tuple[Any, ...]
    place: Array
    log_low: Array
    log_high: Array
    log_base: Array
    envelope: Envelope
    best: Best
    base_range: float
    zeros: Array
    left_out: int
    groups: NDArray[np.intp]
    precision: str
    others: dict[str, Envelope] = field(default_factory=dict)

    def at(self, frequency: int, s: float) -> float:
        """The eigenvalue of T_s at a degree, or at (k, 0, …); 0 where it is zero."""
        index = int(np.searchsorted(self.place, 1.0 + frequency - 1e-9))
        if index == self.place.size or abs(self.place[index] - 1.0 - frequency) > 1e-9:
            return 0.0
        return float(np.exp(min(self.log_high[index] + s * self.log_base[index], 700.0)))


def grouped(place: Array) -> NDArray[np.intp]:
    """First indices of groups: the first frequencies alone, then even in the logarithm."""
    if place.size <= GROUPS:
        return np.arange(place.size)
    edges = np.geomspace(place[SINGLE], place[-1], GROUPS)
    pairs = (np.searchsorted(place, edges[:-1]) - SINGLE) // 2
    starts = SINGLE + 2 * np.unique(pairs)  # an even number, so that both parities are in each
    found: NDArray[np.intp] = np.concatenate([np.arange(SINGLE), starts])
    return found


def composite(bench: Bench) -> Generator[Step, None, Composite]:
    """The spectrum of the domain, kept."""
    p = bench.p
    size = p.n_grid if p.domain == "torus" else p.max_degree
    key = (p.domain, p.depth, p.dimension, p.activation, p.bias, size, p.form)
    known: Composite | None = bench.cache.peek("composite", key)
    if known is not None:
        return known
    make = _on_torus if p.domain == "torus" else _on_sphere
    found = yield from make(bench, key)
    return bench.cache.put("composite", key, found)


def _on_sphere(bench: Bench, key: tuple[Any, ...]) -> Generator[Step, None, Composite]:
    """By degree; on the Gaussian domain d times that, the eigenvalue of ∣x∣ Y_ℓ."""
    from kernlab.engine.numerics import sobolev, sphere

    p = bench.p
    if p.dimension == 1:
        bench = Bench(replace(p, dimension=2), bench.full, bench.cache)
        p = bench.p
    found = yield from operator_eigenvalues(bench)
    scale = float(p.dimension) if p.domain == "gaussian" else 1.0
    degrees = np.arange(float(found.values.size))
    kept = found.values > np.maximum(found.error, 0.0)
    zero = (found.values == 0.0) & (found.error == 0.0)
    place: Array = 1.0 + degrees[kept]
    logs = np.log(found.values[kept] * scale)
    envelopes, bases = {}, {}
    for form in SPHERE_FORMS:
        base = sphere.sobolev_multiplier(p.dimension, p.max_degree, 1.0, form=form)
        bases[form] = base
        envelopes[form] = sobolev.envelope(found.values[kept], base[kept])
        yield Step(0.2)
    chosen = envelopes[p.form]
    relative = float(np.max(found.error[kept] / found.values[kept]))
    return Composite(
        key=key,
        place=place,
        log_low=logs,
        log_high=logs,
        log_base=np.log(bases[p.form][kept]),
        envelope=chosen,
        best=sobolev.best(chosen),
        base_range=float(np.log(bases[p.form].max())),
        zeros=1.0 + degrees[zero],
        left_out=int((~kept & ~zero).sum()),
        groups=grouped(place),
        precision=f"relative error of an eigenvalue ≤ {number(relative, 1)}",
        others={f"form_{i}": envelopes[form] for i, form in enumerate(SPHERE_FORMS)},
    )


@dataclass(frozen=True)
class Grid:
    """The eigenvalues of a torus grid on its octant.

    Attributes:
        values, errors: not divided by n^d.
        log_values: natural log of values / n^d; −∞ where zero, or hidden by rounding.
        log_top: the largest of them.
        shells: the same by |k|², as of the matrix.
        zero: which are exactly zero.
    """

    key: tuple[Any, ...]
    n: int
    dimension: int
    values: Array
    errors: Array
    log_values: Array
    log_top: float
    squares: NDArray[np.int64]
    shells: Shells
    zero: NDArray[np.bool_]
    precision: str


def grid(bench: Bench, n: int, dimension: int) -> Generator[Step, None, Grid]:
    """The eigenvalues of a torus grid of these parameters, kept."""
    p = bench.p
    key = (p.depth, dimension, n, p.activation, p.bias)
    known: Grid | None = bench.cache.peek("torus grid", key)
    if known is not None:
        return known
    from kernlab.engine.numerics import sobolev, torus

    steps = torus.octant_eigenvalues_in_steps(
        p.depth, dimension, n, activation=p.activation, bias=p.bias
    )
    values = yield from relay(steps, Step(0.1, "eigenvalues of the torus grid"))
    squares = torus.octant_squares(n, dimension)
    yield Step(0.12)
    errors = torus.rounding_errors(values, n)
    yield Step(0.14)
    shells = sobolev.shells(values, squares, errors)
    yield Step(0.16)
    logs, relative = _logarithms(values, errors, n**dimension)
    found = Grid(
        key=key,
        n=n,
        dimension=dimension,
        values=values,
        errors=errors,
        log_values=logs,
        log_top=float(logs.max()),
        squares=squares,
        shells=shells,
        zero=values == 0.0,
        precision=f"relative error of an eigenvalue ≤ {number(relative, 1)}",
    )
    return bench.cache.put("torus grid", key, found)


def _logarithms(values: Array, errors: Array, points: int) -> tuple[Array, float]:
    """Log of values / points, −∞ where hidden; the largest relative error of what is shown."""
    visible = values > errors
    logs = np.full(values.shape, -np.inf)
    np.log(values, out=logs, where=visible)
    logs -= np.log(points)
    return logs, float((errors[visible] / values[visible]).max())


def grid_composite(bench: Bench, found: Grid, form: str) -> Envelope:
    """κ against s of a grid for one form of P_s, kept."""
    from kernlab.engine.numerics.torus import sobolev_base

    def build() -> Envelope:
        return found.shells.envelope(sobolev_base(found.shells.squares, form))

    return bench.cache.get("torus envelope", (found.key, form), build)


def grid_base(bench: Bench, found: Grid, form: str) -> Array:
    """Log of what P_s takes to the power s, on the octant of a grid, kept."""
    from kernlab.engine.numerics.torus import sobolev_base

    def build() -> Array:
        return np.log(sobolev_base(found.squares, form))

    return bench.cache.get("torus base", (found.n, found.dimension, form), build)


def _on_torus(bench: Bench, key: tuple[Any, ...]) -> Generator[Step, None, Composite]:
    from kernlab.engine.numerics import sobolev
    from kernlab.engine.numerics.torus import sobolev_base

    p = bench.p
    found = yield from grid(bench, p.n_grid, p.dimension)
    shells = found.shells
    envelope = grid_composite(bench, found, p.form)
    yield Step(0.2)
    place = 1.0 + np.sqrt(shells.squares.astype(np.float64))
    scale = p.dimension * np.log(p.n_grid)
    zeros = np.flatnonzero(np.bincount(found.squares[found.zero]))
    return Composite(
        key=key,
        place=place,
        log_low=shells.lowest - scale,
        log_high=shells.highest - scale,
        log_base=np.log(sobolev_base(shells.squares, p.form)),
        envelope=envelope,
        best=sobolev.best(envelope),
        base_range=sobolev.log_largest(found.squares, p.form, 1.0),
        zeros=1.0 + np.sqrt(zeros.astype(np.float64)),
        left_out=shells.left_out - int(found.zero.sum()),
        groups=grouped(place),
        precision=found.precision,
    )


def in_fourier(p: Parameters, n: int, dimension: int, *, raw: bool) -> Array:
    """|F K Fᴴ| of the kernel matrix on the grid j/n, (n^d, n^d).

    With `raw` coordinates the points are (x, 1), scaled to length 1, as a network without the
    embedding sees them.
    """
    from kernlab.engine.numerics.ntk import kernel_matrix

    x = np.stack(np.meshgrid(*[np.arange(n) / n] * dimension, indexing="ij"), -1)
    x = x.reshape(-1, dimension)
    if raw:
        points = np.hstack([x, np.ones((len(x), 1))])
        points /= np.linalg.norm(points, axis=1, keepdims=True)
    else:
        points = np.hstack([np.cos(2 * np.pi * x), np.sin(2 * np.pi * x)]) / np.sqrt(dimension)
    matrix = kernel_matrix(points, p.depth, activation=p.activation, bias=p.bias)
    tensor = matrix.reshape((n,) * (2 * dimension))
    forward = np.fft.fftn(tensor, axes=range(dimension))
    both = np.fft.ifftn(forward, axes=range(dimension, 2 * dimension))
    return np.abs(both.reshape(matrix.shape))


def off_diagonal(size: Array) -> float:
    """The share of a matrix off its diagonal, in the Frobenius norm."""
    total = float(np.linalg.norm(size))
    return float(np.linalg.norm(size - np.diag(np.diag(size)))) / total
