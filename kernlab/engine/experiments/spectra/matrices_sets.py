"""The point set of the parameters, and its kernel matrices and spectra, kept."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.experiments.spectra.parameters import LARGEST_TORUS, SPHERE_FORMS, Parameters
from kernlab.engine.experiments.spectra.shared import operator_eigenvalues
from kernlab.engine.numerics.steps import relay

if TYPE_CHECKING:  # numba is imported at the first run, on the lane
    from kernlab.engine.numerics.point_sets import Closeness, PointSet
    from kernlab.engine.numerics.point_spectra import Condition

COARSE_POINTS = 100
"""Points of the stand-in while a slider moves."""
MOST_POINTS = 2000
LARGEST_DIMENSION = 1000
"""Of the sphere of own points, up to which the operator's eigenvalues are computed."""
STAGE = 21
"""Of the random numbers."""
LONG = 350
"""Matrix size from which one eigenvalue call takes longer than a step."""
TORUS_SIDES = {1: 4096, 2: 256, 3: 64}
"""Grid on which the operator of a torus is resolved, well beyond the points' own frequencies."""


class Wanted(NamedTuple):
    """What a point set is made from."""

    kind: str
    n: int
    dimension: int


def wanted(p: Parameters, n: int) -> Wanted:
    """The point set of the parameters at n points; each kind has its own space."""
    kind = p.points
    if kind == "random":
        torus = p.domain == "torus"
        kind = "random-torus" if torus else "random-sphere"
        return Wanted(kind, n, p.dimension if torus else max(2, p.dimension))
    if kind == "torus-grid":
        return Wanted(kind, n, min(p.dimension, LARGEST_TORUS))
    return Wanted(kind, n, {"circle": 2}.get(kind, 3))


def make(p: Parameters, want: Wanted) -> PointSet:
    """The points; grids have the largest size that is at most n."""
    from kernlab.engine.numerics import point_sets

    kind, n, dimension = want
    if kind == "file" and p.points_file is not None and p.points_file.matrix is not None:
        return point_sets.from_rows(p.points_file.matrix[:n])
    if kind == "fibonacci":
        return point_sets.fibonacci(n)
    if kind == "gauss":
        return point_sets.gauss_grid(max(1, math.isqrt(n // 2)))
    if kind == "circle":
        return point_sets.circle(n)
    if kind == "torus-grid":
        return point_sets.torus_grid(max(2, int(n ** (1 / dimension) + 1e-9)), dimension)
    rng = np.random.default_rng([p.seed, STAGE])
    if kind == "random-torus":
        return point_sets.random_torus(n, dimension, rng)
    return point_sets.random_sphere(n, dimension, rng)


class Sample:
    """The point sets of one run, with what is computed on them, kept in its cache."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.p = bench, bench.p

    @property
    def available(self) -> int:
        """Points that are used at most: those asked for; of own points all rows, up to 2000."""
        return min(MOST_POINTS, self.given)

    @property
    def given(self) -> int:
        """Points that the parameters ask for, or rows of the user's own."""
        own = self.p.points_file
        if self.p.points == "file" and own is not None and own.matrix is not None:
            return len(own.matrix)
        return self.p.n

    def key(self, want: Wanted) -> tuple[Any, ...]:
        """What the points depend on."""
        own = self.p.points_file
        sha = own.sha256 if want.kind == "file" and own is not None else None
        return (*want, self.p.seed if want.kind.startswith("random") else None, sha)

    def points(self, want: Wanted) -> PointSet:
        """The points."""
        return self.bench.cache.get("points", self.key(want), lambda: make(self.p, want))

    def closeness(self, want: Wanted) -> Generator[Step, None, Closeness]:
        """The closest pairs."""
        from kernlab.engine.numerics.point_sets import closeness_in_steps

        known: Closeness | None = self.bench.cache.peek("closeness", self.key(want))
        if known is not None:
            return known
        steps = closeness_in_steps(self.points(want).points)
        found = yield from relay(steps, Step(None, "closest points"))
        return self.bench.cache.put("closeness", self.key(want), found)

    def smallest_angle(self, close: Closeness) -> float:
        """θ_min: between points; for |·| without bias, which is even, between lines through 0."""
        even = self.p.activation == "abs" and self.p.bias == 0.0
        return close.parallel_angle if even else close.smallest_angle

    def matrix(self, want: Wanted, depth: int) -> Generator[Step, None, Any]:
        """The kernel matrix, W^½ K W^½: of an even set K/n."""
        from kernlab.engine.numerics.ntk import kernel_matrix_in_steps

        p = self.p
        key = (self.key(want), depth, p.activation, p.bias)
        known = self.bench.cache.peek("kernel matrix", key)
        if known is None:
            points = self.points(want)
            steps = kernel_matrix_in_steps(
                points.points, depth, activation=p.activation, bias=p.bias
            )
            matrix = yield from relay(steps, Step(None, "kernel matrix"))
            root = np.sqrt(points.weights)
            matrix *= root
            yield Step()
            matrix *= root[:, None]
            known = self.bench.cache.put("kernel matrix", key, matrix)
            yield Step()
        return known

    def eigenvalues(self, want: Wanted, depth: int) -> Generator[Step, None, Any]:
        """Eigenvalues of W^½ K W^½, ascending; long calls are announced."""
        p = self.p
        key = (self.key(want), depth, p.activation, p.bias)
        known = self.bench.cache.peek("matrix eigenvalues", key)
        if known is None:
            matrix = yield from self.matrix(want, depth)
            known = yield from self.solve(matrix)
            self.bench.cache.put("matrix eigenvalues", key, known)
            yield Step()
        return known

    def solve(self, matrix: Any) -> Generator[Step, None, Any]:
        """Eigenvalues of a symmetric matrix, ascending."""
        from scipy.linalg import eigvalsh

        size = len(matrix)
        if size >= LONG:
            seconds = 0.01 + 0.1 * (size / 1000) ** 3
            yield Step(None, f"eigenvalues, {size} × {size}: one call of about {seconds:.1f} s")
        return eigvalsh(matrix, check_finite=False)

    def condition(self, want: Wanted, depth: int) -> Generator[Step, None, Condition]:
        """κ of K itself, without weights, with its extreme eigenvalues; those of K, not of K/n."""
        from kernlab.engine.numerics.point_spectra import Condition, condition_of

        points = self.points(want)
        if want.kind != "gauss":
            values = yield from self.eigenvalues(want, depth)
            found = condition_of(values)
            n = len(points.points)
            return Condition(found.value, found.smallest * n, found.largest * n, found.error)
        key = (self.key(want), depth, self.p.activation, self.p.bias)
        known = self.bench.cache.peek("plain eigenvalues", key)
        if known is None:
            matrix = yield from self.matrix(want, depth)
            root = np.sqrt(points.weights)
            known = yield from self.solve(matrix / root[:, None] / root)
            self.bench.cache.put("plain eigenvalues", key, known)
        return condition_of(known)

    def operator(self, want: Wanted, depth: int, count: int) -> Generator[Step, None, Any]:
        """The operator's eigenvalues on the set's own space, by multiplicity, the first `count`."""
        from kernlab.engine.numerics.point_spectra import degrees_for, operator_list

        points = self.points(want)
        if points.space == "torus":
            return (yield from self._torus_operator(points.dimension, depth, count))
        if points.dimension > LARGEST_DIMENSION:
            return np.full(count, np.nan)
        # ReLU with two layers and |·| have no odd degrees: twice the harmonics are enough.
        largest = max(24, degrees_for(2 * count, points.dimension) + 2)
        found = yield from operator_eigenvalues(self.bench, depth, largest, points.dimension)
        return operator_list(found.values, found.multiplicity, count)

    def _torus_operator(self, dimension: int, depth: int, count: int) -> Generator[Step, None, Any]:
        from kernlab.engine.numerics import torus
        from kernlab.engine.numerics.point_spectra import operator_list

        p, side = self.p, TORUS_SIDES[dimension]
        key = (dimension, depth, p.activation, p.bias)
        known = self.bench.cache.peek("torus operator", key)
        if known is None:
            steps = torus.octant_eigenvalues_in_steps(
                depth, dimension, side, activation=p.activation, bias=p.bias
            )
            octant = yield from relay(steps, Step(None, "eigenvalues of the torus"))
            values = octant.ravel() / float(side) ** dimension
            order = np.argsort(values)[::-1][:MOST_POINTS]
            many = torus.octant_multiplicity(side, dimension).ravel()
            known = values[order].copy(), many[order].astype(float)
            self.bench.cache.put("torus operator", key, known)
            yield Step()
        values, many = known
        return operator_list(values, many, count)

    def truncated(self, want: Wanted) -> Generator[Step, None, Any]:
        """The operator's kernel on points of a sphere, cut at the degree of `sobolev`."""
        from kernlab.engine.numerics import point_spectra

        points, p = self.points(want), self.p
        largest = _largest_degree(points)
        found = yield from operator_eigenvalues(
            self.bench, p.depth, max(24, largest), points.dimension
        )
        kept = slice(largest + 1)
        steps = point_spectra.zonal_matrix_in_steps(
            points.points, found.values[kept] * found.multiplicity[kept]
        )
        matrix = yield from relay(steps, Step(None, "truncated kernel"))
        return point_spectra.weighted(matrix, points.weights)

    def sobolev(self, want: Wanted) -> Generator[Step, None, Any]:
        """P_s on the points, W^½ P W^½; at most as many harmonics as points, or as are exact."""
        from kernlab.engine.numerics import point_spectra, sphere, torus

        points, p = self.points(want), self.p
        n, d = len(points.points), points.dimension
        if points.space == "torus":
            largest = max(1, (int(n ** (1 / d) + 1e-9) - 1) // 2)
            modes = point_spectra.torus_modes(largest, d)
            form = p.form if p.domain == "torus" else "1+|k|^2"
            base = torus.sobolev_base((modes**2).sum(axis=1), form)
            found = point_spectra.torus_matrix(points.points, modes, base**p.s)
            yield Step()
            return point_spectra.weighted(found, points.weights)
        largest = _largest_degree(points)
        form = p.form if p.form in SPHERE_FORMS else "(1+l)^2"
        multiplier = sphere.sobolev_multiplier(d, largest, p.s, form=form)
        counts = sphere.multiplicity(d, np.arange(largest + 1))
        steps = point_spectra.zonal_matrix_in_steps(points.points, multiplier * counts)
        found = yield from relay(steps, Step(None, "kernel of P_s"))
        return point_spectra.weighted(found, points.weights)


def _largest_degree(points: PointSet) -> int:
    """Degree at which P_s is cut; products of two such harmonics are exact on an exact grid."""
    from kernlab.engine.numerics.point_spectra import degrees_for

    largest = degrees_for(len(points.points), points.dimension)
    if points.exact_degree >= 0:
        largest = min(largest, points.exact_degree // 2)
    return max(1, largest)
