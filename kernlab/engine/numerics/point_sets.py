"""Sets of points on spheres and tori, with quadrature weights, and how close their points come."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import NamedTuple

import numpy as np
from numba import float64, int64, njit, types
from numpy.typing import ArrayLike, NDArray

from kernlab.engine.numerics.ntk import unit_rows
from kernlab.engine.numerics.steps import drain

Array = NDArray[np.float64]

COINCIDENT = 1e-7
"""Angle below which two points count as one: their rows of a kernel matrix agree to rounding."""
ENTRIES_A_STEP = 1_500_000

_square, _vector = types.Array(float64, 2, "C"), types.Array(float64, 1, "C")


class PointSet(NamedTuple):
    """Points on a sphere, and what they are.

    Attributes:
        points: (n, columns) float64, rows of length 1.
        weights: (n,) quadrature weights for the uniform measure, of sum 1.
        space: "sphere" or "torus".
        dimension: of the space around the sphere, or of the torus.
        exact_degree: products of harmonics up to this degree in all are integrated exactly;
            -1 for random points.
    """

    points: Array
    weights: Array
    space: str
    dimension: int
    exact_degree: int


def _even(points: Array, space: str, dimension: int, exact_degree: int = -1) -> PointSet:
    n = len(points)
    return PointSet(points, np.full(n, 1.0 / n), space, dimension, exact_degree)


def random_sphere(n: int, dimension: int, rng: np.random.Generator | int | None = None) -> PointSet:
    """n independent points, uniform on S^(dimension-1): normalized Gaussian vectors."""
    _require(n, dimension, 1)
    x = np.random.default_rng(0 if rng is None else rng).standard_normal((n, dimension))
    return _even(x / np.linalg.norm(x, axis=1)[:, None], "sphere", dimension)


def random_torus(n: int, dimension: int, rng: np.random.Generator | int | None = None) -> PointSet:
    """n independent points, uniform on [0, 1)^dimension, embedded."""
    _require(n, dimension, 1)
    x = np.random.default_rng(0 if rng is None else rng).random((n, dimension))
    return _even(embed(x), "torus", dimension)


def fibonacci(n: int) -> PointSet:
    """n points of a spiral on S², of nearly equal areas: heights (2i + 1)/n − 1, golden angles.

    Source: Swinbank and Purser 2006, Quarterly Journal of the Royal Meteorological Society 132.
    """
    _require(n, 3, 1)
    i = np.arange(n)
    z = (2.0 * i + 1.0) / n - 1.0
    longitude = 2.0 * np.pi * np.modf(i * (0.5 * (math.sqrt(5.0) - 1.0)))[0]
    return _even(_on_sphere(z, longitude), "sphere", 3)


def gauss_grid(rows: int) -> PointSet:
    """rows Gauss latitudes times 2·rows longitudes on S², exact to degree 2·rows − 1."""
    _require(rows, 3, 1)
    z, weight = np.polynomial.legendre.leggauss(rows)
    longitude = np.pi * np.arange(2 * rows) / rows
    points = _on_sphere(np.repeat(z, 2 * rows), np.tile(longitude, rows))
    weights = np.repeat(weight, 2 * rows) / (4.0 * rows)
    return PointSet(points, weights, "sphere", 3, 2 * rows - 1)


def _on_sphere(z: Array, longitude: Array) -> Array:
    radius = np.sqrt((1.0 - z) * (1.0 + z))
    return np.stack([radius * np.cos(longitude), radius * np.sin(longitude), z], axis=1)


def circle(n: int) -> PointSet:
    """n equispaced points on S¹, the orbit of a rotation."""
    _require(n, 2, 1)
    angle = 2.0 * np.pi * np.arange(n) / n
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _even(points, "sphere", 2, n - 1)


def torus_grid(side: int, dimension: int) -> PointSet:
    """The grid j/side on the torus, side^dimension points, embedded; an orbit of translations."""
    _require(side, dimension, 1)
    axes = np.meshgrid(*[np.arange(side) / side] * dimension, indexing="ij")
    x = np.stack([axis.ravel() for axis in axes], axis=1)
    return _even(embed(x), "torus", dimension, side - 1)


def embed(x: ArrayLike) -> Array:
    """x in [0, 1)^d, (n, d), to (cos 2πx_i, sin 2πx_i)/√d, (n, 2d), rows of length 1."""
    phase = 2.0 * np.pi * np.asarray(x, dtype=np.float64)
    scale = 1.0 / math.sqrt(phase.shape[1])
    return scale * np.concatenate([np.cos(phase), np.sin(phase)], axis=1)


def from_rows(rows: ArrayLike) -> PointSet:
    """Own points: every row divided by its length.

    Raises:
        ValueError: not a matrix of finite numbers, fewer than two columns, or a row of zeros.
    """
    x = np.array(rows, dtype=np.float64)
    if x.ndim != 2 or len(x) < 1 or x.shape[1] < 2:
        raise ValueError(f"points has shape {x.shape}; allowed: (n, d) with d from 2")
    if not np.isfinite(x).all():
        raise ValueError("points holds NaN or infinity; allowed: finite numbers")
    largest = np.abs(x).max(axis=1)
    if not largest.all():
        row = int(np.flatnonzero(largest == 0)[0])
        raise ValueError(f"points has a row of zeros, number {row}; allowed: rows with a direction")
    x /= largest[:, None]
    return _even(x / np.linalg.norm(x, axis=1)[:, None], "sphere", x.shape[1])


def _require(n: int, dimension: int, least: int) -> None:
    if n < least:
        raise ValueError(f"n is {n}; allowed: {least} and above")
    if dimension < 1:
        raise ValueError(f"dimension is {dimension}; allowed: 1 and above")


class Closeness(NamedTuple):
    """How close the points of a set come.

    Attributes:
        smallest_angle: over all pairs, radians; pi for one point.
        smallest_to_antipode: smallest angle between a point and the antipode of another.
        coincident, antipodal: pairs closer than `COINCIDENT` to each other, to the antipode.
    """

    smallest_angle: float
    smallest_to_antipode: float
    coincident: int
    antipodal: int

    @property
    def parallel_angle(self) -> float:
        """The smallest angle between the lines through two points: θ_min of non-parallel points."""
        return min(self.smallest_angle, self.smallest_to_antipode)


def closeness(points: ArrayLike) -> Closeness:
    """The closest pair, and the closest pair up to sign, from coordinates. Cost: n² d / 2."""
    return drain(closeness_in_steps(points))


def closeness_in_steps(points: ArrayLike) -> Generator[float, None, Closeness]:
    """`closeness`, yielding the fraction done every few milliseconds."""
    x = unit_rows(points)
    n = len(x)
    across = np.ascontiguousarray(x.T)
    found = np.array([4.0, 4.0, 0.0, 0.0])
    limit = COINCIDENT**2
    entries = ENTRIES_A_STEP * 8 // (x.shape[1] + 4)
    start = 0
    while start < n:
        stop = min(n, start + math.ceil(math.sqrt(start**2 + entries) - start))
        _closest(x, across, start, stop, limit, found)
        start = stop
        yield start * (start + 1) / (n * (n + 1))
    near, far = (2.0 * math.asin(min(1.0, 0.5 * math.sqrt(square))) for square in found[:2])
    return Closeness(near, far, int(found[2]), int(found[3]))


@njit(
    types.void(_square, _square, int64, int64, float64, _vector),
    nogil=True,
    cache=True,
    error_model="numpy",
)
def _closest(x, across, start, stop, limit, found):  # type: ignore[no-untyped-def]
    """Update smallest |x − y|², smallest |x + y|², and the numbers of pairs below the limit."""
    d = x.shape[1]
    dots = np.empty(stop)
    for i in range(start, stop):
        for j in range(i):
            dots[j] = 0.0
        for k in range(d):
            entry, row = x[i, k], across[k]
            for j in range(i):
                dots[j] += entry * row[j]
        for j in range(i):
            for side in range(2):
                sign = 1.0 - 2.0 * side
                if 2.0 - 2.0 * sign * dots[j] < min(4.0, found[side] + 1e-13):
                    total = 0.0
                    for k in range(d):
                        step = x[i, k] - sign * x[j, k]
                        total += step * step
                    found[side] = min(found[side], total)
                    if total < limit:
                        found[2 + side] += 1.0
