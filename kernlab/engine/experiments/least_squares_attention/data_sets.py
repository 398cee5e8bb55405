"""The rows of the least-squares panel: read, split and scaled, or simulated."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kernlab.assets import resource
from kernlab.engine.contract.experiment import Step
from kernlab.engine.experiments.least_squares_attention.parameters import Parameters
from kernlab.engine.experiments.least_squares_attention.target import called, shortened

Array = npt.NDArray[np.float64]
Order = npt.NDArray[np.intp]

TEST_ROWS = 2000
"""Simulated rows that are held out, at most."""
COMPONENT_ROWS, COMPONENT_STEPS = 1000, 30
SMALLEST, LARGEST = 1e-50, 1e50
"""The largest entry of an own column, unless all are 0: its fourth power is a float64."""
CONSTANT = 1e-12
"""Range over largest size up to which a column counts as constant."""
SLICE = 400_000
"""Numbers that a slice fills between two yields."""


@dataclass(frozen=True)
class Problem:
    """Training and test rows, features scaled.

    Attributes:
        key: what they depend on.
        train, test: features (n, p) and (m, p).
        y, y_test: targets.
        orders: rows by their first component (simulated: by x) and by target, training and test.
        constant: names of columns that are constant on the training rows.
        truth, truth_test: the function behind simulated targets, otherwise None.
        noise: its σ, or NaN.
        preview: whether it stands in for more rows.
    """

    key: tuple[Any, ...]
    train: Array
    test: Array
    y: Array
    y_test: Array
    orders: Mapping[str, tuple[Order, Order]]
    constant: tuple[str, ...]
    truth: Array | None
    truth_test: Array | None
    noise: float
    preview: bool

    @property
    def n(self) -> int:
        return len(self.y)

    @property
    def p(self) -> int:
        return int(self.train.shape[1])

    @property
    def spread(self) -> float:
        """Standard deviation of the training targets, 1 where they are all the same."""
        return float(self.y.std()) or 1.0


@cache
def bundled(name: str) -> tuple[Array, Array, tuple[str, ...]]:
    """A shipped data set: features, target, names of the columns."""
    with np.load(resource(f"data/{name}.npz"), allow_pickle=False) as data:
        features = np.asarray(data["features"], dtype=np.float64)
        target = np.asarray(data["target"], dtype=np.float64)
        return features, target, tuple(map(str, data["names"]))


def counts(p: Parameters) -> tuple[int, int, int]:
    """Training rows, test rows and features, without making them."""
    if p.data == "simulated":
        rows, columns = p.rows, p.features
    elif p.data == "file" and p.data_file is not None and p.data_file.matrix is not None:
        rows, columns = p.data_file.matrix.shape
        columns -= 1
    else:
        rows, columns = bundled(p.data)[0].shape
    held_out = min(max(1, round(p.test_fraction * rows)), rows - 2)
    if p.data == "simulated":
        held_out = min(held_out, TEST_ROWS)
    return rows - held_out, held_out, columns


def make(p: Parameters, most: int | None = None) -> Generator[Step, None, Problem]:
    """The rows of a parameter set; of `most` training rows at most, as a preview."""
    if p.data == "simulated":
        return (yield from _simulated(p, most))
    features, target, names = _read(p)
    return _split(p, features, target, names, most)


def _read(p: Parameters) -> tuple[Array, Array, tuple[str, ...]]:
    if p.data != "file":
        return bundled(p.data)
    assert p.data_file is not None and p.data_file.matrix is not None
    matrix, column = p.data_file.matrix, p.target_place
    kept = [at for at in range(matrix.shape[1]) if at != column]
    names = called(p.data_file.names, range(matrix.shape[1]))
    _check_sizes(matrix, names)
    return matrix[:, kept], matrix[:, column], tuple(names[at] for at in kept)


def _check_sizes(matrix: Array, names: tuple[str, ...]) -> None:
    """Refuse columns whose squares float64 cannot hold.

    Raises:
        ValueError: one sentence that names the first such column.
    """
    size = np.maximum(matrix.max(axis=0), -matrix.min(axis=0))
    bad = np.flatnonzero((size > LARGEST) | ((size < SMALLEST) & (size > 0)))
    if bad.size:
        at = int(bad[0])
        raise ValueError(
            f"data_file, {shortened(names[at])}: the largest entry is {size[at]:.3g} in size; "
            f"allowed: 0, or from {SMALLEST:g} to {LARGEST:g}; write the column in another unit"
        )


def _split(
    p: Parameters, features: Array, target: Array, names: tuple[str, ...], most: int | None
) -> Problem:
    n, m, _ = counts(p)
    order = np.arange(n + m)
    if p.split == "random":
        order = np.random.default_rng([p.seed, 0]).permutation(n + m)
    train, test = order[:n][:most], order[n:][:most]
    kept, asked, flat = _scaled(p, features[train], features[test])
    y, y_test = target[train], target[test]
    return Problem(
        (*p.source, most),
        kept,
        asked,
        y,
        y_test,
        {"features": _by_component(kept, asked), "target": (_order(y), _order(y_test))},
        tuple(name for name, constant in zip(names, flat, strict=True) if constant),
        None,
        None,
        math.nan,
        len(train) < n,
    )


def _scaled(p: Parameters, train: Array, test: Array) -> tuple[Array, Array, Any]:
    """Features (n, p) and (m, p), scaled in place, and which are constant on training rows (p,)."""
    low, high = train.min(axis=0), train.max(axis=0)
    size = np.maximum(np.abs(low), np.abs(high))
    flat = high - low <= CONSTANT * np.maximum(size, SMALLEST)
    if p.scaling == "none":
        return train, test, flat
    mean, scale = train.mean(axis=0), np.where(flat, 1.0, train.std(axis=0))
    for part in (train, test):
        part -= mean
        if p.scaling == "standard":
            part /= scale
            part[:, flat] = 0.0
    train[:, flat] = 0.0
    return train, test, flat


def _order(values: Array) -> Order:
    return np.argsort(values, kind="stable")


def _by_component(train: Array, test: Array) -> tuple[Order, Order]:
    """Rows by their first principal component, from a part of them by power iteration."""
    part = train[:COMPONENT_ROWS]
    mean = part.mean(axis=0)
    direction = np.abs(part - mean).mean(axis=0)
    for _ in range(COMPONENT_STEPS):
        direction = (part - mean).T @ ((part - mean) @ direction)
        direction /= np.linalg.norm(direction) or 1.0
    return _order(train @ direction), _order(test @ direction)


def _simulated(p: Parameters, most: int | None) -> Generator[Step, None, Problem]:
    from kernlab.engine.numerics import sobolev_regression as sobolev

    n, m, columns = counts(p)
    whole = n
    n, m = min(n, most or n), min(m, most or m)
    theta = sobolev.true_coefficients(columns, p.smoothness, np.random.default_rng([p.seed, 1]))
    weights = sobolev.frequencies(columns) ** -p.smoothness
    places = np.random.default_rng([p.seed, 2]).random(n + m)
    noise = np.random.default_rng([p.seed, 3]).standard_normal(n + m)
    made, truth = (np.empty((n, columns)), np.empty((m, columns))), np.empty(n + m)
    step = max(1, SLICE // columns)
    for part, base in zip(made, (0, n), strict=True):
        for start in range(0, len(part), step):
            some = slice(base + start, base + min(start + step, len(part)))
            rows = sobolev.fourier_rows(places[some], columns)
            truth[some] = rows @ theta
            np.multiply(rows, weights, out=part[start : start + step])
            yield Step(None, "drawing rows")
    y = truth + p.noise * noise
    return Problem(
        (*p.source, most),
        made[0],
        made[1],
        y[:n],
        y[n:],
        {
            "features": (_order(places[:n]), _order(places[n:])),
            "target": (_order(y[:n]), _order(y[n:])),
        },
        (),
        truth[:n],
        truth[n:],
        p.noise,
        n < whole,
    )
