"""The function that is learned: on the sphere by degrees, on a torus grid by frequencies."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.experiments.spectra.matrices_sets import COARSE_POINTS, Sample, wanted
from kernlab.engine.experiments.spectra.parameters import Parameters
from kernlab.engine.experiments.spectra.sobolev_spectra import Composite, grid, grid_base
from kernlab.engine.numerics.steps import relay

if TYPE_CHECKING:
    from kernlab.engine.numerics.learning import Flow

Array = NDArray[np.float64]

HIGHEST = 300
"""Largest degree of a target on the sphere."""
ANGLES = np.linspace(0.0, np.pi, 361)
RADII = {1: 0.2, 2: 0.3, 3: 0.35}
"""Of the disc where a rough target on the torus is 1, by dimension."""
FLOW_POINTS = 200
"""Points at which the matrices learn, at most."""
COARSE_SIDE, FULL_SIDE = 128, 256
"""Rows of the image of a function on the torus, at most."""
COARSE_GRID = 256
"""Points along an axis at which a function is drawn while a slider moves, at most, about."""


def own_coefficients(p: Parameters, most: int) -> Array:
    """The coefficients of the target's file, (most + 1,); those beyond are left out."""
    assert p.target_file is not None
    degrees = np.asarray(p.target_file.columns["degree"], dtype=np.float64)
    values = np.asarray(p.target_file.columns["coefficient"], dtype=np.float64)
    inside = degrees <= most
    found = np.zeros(most + 1)
    np.add.at(found, degrees[inside].astype(np.intp), values[inside])
    return found


def learn_on_sphere(bench: Bench, found: Composite) -> Iterator[Step]:
    """A zonal function, degree by degree."""
    from kernlab.engine.numerics import learning, sphere

    p = bench.p
    dimension, most = max(2, p.dimension), min(p.max_degree, HIGHEST)
    polynomials = bench.cache.get(
        "zonal", (dimension, most), lambda: learning.zonal(dimension, most, ANGLES)
    )
    yield Step(0.7)
    key = (p.target, dimension, most, p.target_file)
    coefficients, values = bench.cache.get(
        "target", key, lambda: _zonal_target(p, dimension, most, polynomials)
    )
    yield Step(0.8)
    share = _shares(bench, found, most)
    table = Table(
        {
            "angle": np.degrees(ANGLES),
            "target": values,
            "learned": polynomials @ (coefficients * share),
        },
        {"angle": "°"},
    )
    energy = np.square(coefficients) / sphere.multiplicity(dimension, np.arange(most + 1))
    rest = float((energy * np.square(1.0 - share)).sum() / (energy.sum() or 1.0))
    yield Step(0.9)
    sampled = yield from _learn_on_points(bench, key, coefficients)
    about = _reached(p, math.sqrt(rest), most, sampled)
    yield Step(1.0, "", {"function": table, "function_points": sampled, "learning": about})


def _learn_on_points(
    bench: Bench, name: tuple[object, ...], coefficients: Array
) -> Generator[Step, None, Table]:
    """The same by the matrices K and P_s on the point set, where it lies on this sphere."""
    from kernlab.engine.numerics import learning

    p, sample = bench.p, Sample(bench)
    want = wanted(p, min(sample.available, FLOW_POINTS if bench.full else COARSE_POINTS))
    points = sample.points(want)
    if p.domain != "sphere" or (points.space, points.dimension) != ("sphere", p.dimension):
        return Table({"angle": np.empty(0), "target": np.empty(0), "learned": np.empty(0)})
    key = (sample.key(want), p.depth, p.activation, p.bias, p.s, p.form, name)
    known: tuple[Array, Array, Flow] | None = bench.cache.peek("flow", key)
    root = np.sqrt(points.weights)
    if known is None:
        angles = np.arccos(np.clip(points.points[:, 0], -1.0, 1.0))
        values = learning.zonal(p.dimension, coefficients.size - 1, angles) @ coefficients
        yield Step()
        kernel = yield from sample.matrix(want, p.depth)
        operator = yield from sample.sobolev(want)
        yield Step(None, "learning on the points")
        flow = learning.matrix_flow(kernel, operator, root * values)
        known = bench.cache.put("flow", key, (np.degrees(angles), values, flow))
        yield Step()
    angles, values, flow = known
    found = flow.modes @ learning.learned(flow.speeds, p.learning_rate, p.time) / root
    return Table({"angle": angles, "target": values, "learned": found}, {"angle": "°"})


def _shares(bench: Bench, found: Composite, most: int) -> Array:
    """The share learned of each degree up to `most`."""
    from kernlab.engine.numerics.learning import learned

    p = bench.p
    inside = int(np.searchsorted(found.place, most + 1.5))
    logs = found.log_high[:inside] + p.s * found.log_base[:inside]
    share = np.zeros(most + 1)
    degrees = np.rint(found.place[:inside] - 1.0).astype(np.intp)
    share[degrees] = learned(np.exp(logs), p.learning_rate, p.time)
    return share


def _zonal_target(
    p: Parameters, dimension: int, most: int, polynomials: Array
) -> tuple[Array, Array]:
    """Coefficients and values of the target; a jump is blurred to what the degrees can carry."""
    from kernlab.engine.numerics import learning, sphere

    if p.target == "file":
        coefficients = own_coefficients(p, most)
    elif p.target == "smooth":
        radius = min(0.5, 0.87 / math.sqrt(dimension))
        coefficients = learning.poisson_coefficients(dimension, most, radius)
    else:
        modes = float(sphere.multiplicity(dimension, most))
        blur = (0.5 * math.log(modes) + 14.0) / (most * (most + dimension - 2.0))
        edge = math.acos(0.87 / math.sqrt(dimension))
        coefficients = learning.cap_coefficients(dimension, most, edge, blur=blur)
    return coefficients, polynomials @ coefficients


def _reached(p: Parameters, error: float, most: int, sampled: Table | None = None) -> Table:
    on_points = math.nan
    if sampled is not None and sampled["angle"].size:
        missing, target = sampled["target"] - sampled["learned"], sampled["target"]
        on_points = float(np.linalg.norm(missing) / (np.linalg.norm(target) or 1.0))
    beyond = 0
    if p.target == "file" and p.target_file is not None:
        beyond = int((p.target_file.columns["degree"] > most).sum())
    return summary(
        time=p.time,
        learning_rate=p.learning_rate,
        error=error,
        error_on_points=on_points,
        points=0 if sampled is None else sampled["angle"].size,
        beyond=beyond,
    )


def learn_on_torus(bench: Bench, found: Composite) -> Iterator[Step]:
    """A function on the grid, even in each coordinate; exact."""
    from kernlab.engine.numerics import torus
    from kernlab.engine.numerics.learning import left

    p = bench.p
    n, dimension = p.n_grid, p.dimension
    spectrum = yield from grid(bench, n, dimension)
    values = bench.cache.get(
        "torus target", (p.target, n, dimension, p.target_file), lambda: _grid_target(p)
    )
    yield Step(0.6)
    name = (p.target, n, dimension, p.target_file)
    waves = yield from _waves(bench, name, values)
    yield Step(0.65)
    total = float(waves[1].sum()) or 1.0
    speed = p.s * grid_base(bench, spectrum, p.form)
    speed += spectrum.log_values
    np.exp(speed, out=speed)
    yield Step(0.7)
    share = left(speed, p.learning_rate, p.time)
    error = math.sqrt(
        float(np.einsum("i,i,i", waves[1].ravel(), share.ravel(), share.ravel())) / total
    )
    yield Step(0.75)
    rest, shown = share * waves[0], values
    while not bench.full and n % 4 == 0 and n > COARSE_GRID:
        rest, shown, n = torus.every_other(rest), shown[(slice(None, None, 2),) * dimension], n // 2
    missing = yield from relay(torus.transform_in_steps(rest, n), Step(0.75))
    learned = shown - missing / float(p.n_grid) ** dimension
    tables = {"learning": _reached(p, error, p.n_grid // 2), "function": _line(shown, learned, n)}
    if dimension > 1:
        tables["function_image"] = _picture(learned, n, FULL_SIDE if bench.full else COARSE_SIDE)
    yield Step(1.0, "", tables)


def _waves(
    bench: Bench, name: tuple[object, ...], values: Array
) -> Generator[Step, None, tuple[Array, Array]]:
    """The transform of the target, and the energy of each frequency of the octant; kept."""
    known: tuple[Array, Array] | None = bench.cache.peek("torus waves", name)
    if known is not None:
        return known
    from kernlab.engine.numerics.torus import octant_multiplicity, transform_in_steps

    n, dimension = bench.p.n_grid, bench.p.dimension
    transform = yield from relay(transform_in_steps(values, n), Step(0.75))
    weight = octant_multiplicity(n, dimension).astype(np.float64)
    found = transform, weight * np.square(transform)
    return bench.cache.put("torus waves", name, found)


def _grid_target(p: Parameters) -> Array:
    """The target on the octant of positions."""
    n, dimension = p.n_grid, p.dimension
    x = np.arange(n // 2 + 1) / n
    along = np.meshgrid(*[x] * dimension, indexing="ij", sparse=True)
    if p.target == "file":
        coefficients = own_coefficients(p, n // 2)
        wave = np.cos(2 * np.pi * np.outer(x, np.arange(coefficients.size))) @ coefficients
        total = np.zeros((x.size,) * dimension)
        for axis in range(dimension):
            shape = [1] * dimension
            shape[axis] = -1
            total += wave.reshape(shape) / dimension
        return total
    if p.target == "smooth":
        bump: Array = np.exp(2.0 * sum(np.cos(2 * np.pi * each) - 1.0 for each in along))
        return bump
    distance = np.sqrt(sum(np.square(each) for each in along))
    return (distance < RADII[dimension]).astype(np.float64)


def _line(values: Array, learned: Array, n: int) -> Table:
    """Target and what is learned of it along the first axis, over [−½, ½]."""
    first = (slice(None),) + (0,) * (values.ndim - 1)
    back = np.arange(values.shape[0] - 1, 0, -1)
    order = np.concatenate([back, np.arange(values.shape[0])])
    sign = np.where(np.arange(order.size) < back.size, -1.0, 1.0)
    return Table(
        {
            "position": sign * order / n,
            "target": values[first][order],
            "learned": learned[first][order],
        }
    )


def _picture(learned: Array, n: int, most: int) -> Table:
    """The learned function over the first two coordinates, others 0, over [−½, ½]²."""
    plane = learned[(slice(None), slice(None)) + (0,) * (learned.ndim - 2)]
    step = max(1, math.ceil(n / most))
    index = np.arange(0, plane.shape[0], step)
    order = np.concatenate([index[:0:-1], index])
    sign = np.where(np.arange(order.size) < index.size - 1, -1.0, 1.0)
    across, up = np.meshgrid(sign * order / n, sign * order / n)
    shown = plane[np.ix_(order, order)]
    return Table(
        {"x1": across.ravel(), "x2": up.ravel(), "learned": shown.ravel()}, grid=shown.shape
    )
