"""Exponents, their intervals, and the constants of the decay."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kernlab.engine.numerics import decay, ntk, sphere, torus


def fitted(depth: int, d: int, largest: int, parity: int, **options: object) -> decay.Exponent:
    found = sphere.eigenvalues(depth, d, largest, **options)  # type: ignore[arg-type]
    ell = np.arange(parity, largest + 1, 2)
    onset = decay.onset_degree(depth, d, **options)  # type: ignore[arg-type]
    return decay.fit_exponent(
        ell, found.values[parity::2], found.error[parity::2], shift=d / 2 - 1, onset=onset
    )


@pytest.mark.parametrize("depth", [2, 3, 10, 100])
@pytest.mark.parametrize("d", [2, 3, 5, 10, 50])
@pytest.mark.parametrize("largest", [200, 1100, 10_000])
def test_interval_holds_the_dimension_or_there_is_none(depth: int, d: int, largest: int) -> None:
    found = fitted(depth, d, largest, 0)
    assert found.settled == (largest >= max(10 * depth, 5 * d))
    if found.settled:
        assert found.low <= d <= found.high and found.high - found.low < 0.3
    else:
        assert "pre-asymptotic" in found.reason


@pytest.mark.parametrize("activation", ["relu", "abs"])
@pytest.mark.parametrize("bias", [0.02, 0.3, 1.0])
def test_interval_with_bias(activation: str, bias: float) -> None:
    for depth, d, largest in ((2, 3, 300), (3, 10, 3000), (10, 2, 3000)):
        for parity in (0, 1):
            found = fitted(depth, d, largest, parity, activation=activation, bias=bias)
            assert not found.settled or found.low <= d <= found.high


def test_no_power_is_found_where_there_is_none() -> None:
    ell = np.arange(10, 400)
    assert not decay.fit_exponent(ell, np.exp(-0.05 * ell), 0.0 * ell).settled
    assert not decay.fit_exponent(ell, 0.0 * ell, 0.0 * ell).settled


@pytest.mark.parametrize(
    ("depth", "dimension", "n"),
    [(2, 1, 1024), (3, 1, 4096), (10, 1, 4096), (3, 2, 1024), (10, 2, 1024)],
)
def test_torus_interval(depth: int, dimension: int, n: int) -> None:
    octant = torus.octant_eigenvalues(depth, dimension, n)
    errors = torus.rounding_errors(octant, n)
    for first in (0, 1):
        axis = (slice(first, n // 8 + 1, 2), *([0] * (dimension - 1)))
        found = decay.fit_on_grid(
            n, octant[axis], errors[axis], dimension, onset=5.0 * depth, first=first
        )
        vanishes = depth == 2 and first == 1
        assert found.settled != vanishes
        assert vanishes or found.low <= dimension + 1 <= found.high


@pytest.mark.parametrize("depth", [2, 3, 8, 40])
@pytest.mark.parametrize("d", [2, 5])
def test_constants(depth: int, d: int) -> None:
    found = sphere.eigenvalues(depth, d, 4001)
    for parity, predicted in zip((0, 1), decay.predicted_constants(depth), strict=True):
        ell = np.array([2000, 4000]) + parity
        measured = decay.measured_constant(ell, found.values[ell], d)
        assert measured == pytest.approx(predicted, rel=1e-6, abs=1e-12)


def test_constant_of_the_absolute_value() -> None:
    found = sphere.eigenvalues(5, 4, 4000, activation="abs")
    ell = np.array([2000, 4000])
    measured = decay.measured_constant(ell, found.values[ell], 4)
    assert measured == pytest.approx(decay.predicted_constants(5, "abs")[0], rel=1e-6)
    assert decay.predicted_constants(5, "abs")[1] == 0.0


def test_share_of_parity_comes_from_the_antipode() -> None:
    assert decay.parity_share(2) == pytest.approx(1.0)
    assert decay.parity_share(3) == pytest.approx(1 / 6)
    step = 1e-5  # T near −1 falls like c_L L(L−1)/2 times the angle from it, over π
    depth = 5
    angle = math.pi - np.array([0.0, step, 2 * step])
    value = ntk.kernel(None, depth, angle=angle)
    slope = (4 * value[1] - 3 * value[0] - value[2]) / (2 * step)
    expected = -decay.parity_share(depth) * depth * (depth - 1) / 2 / math.pi
    assert slope == pytest.approx(expected, rel=1e-4)


def test_local_slopes() -> None:
    ell = np.arange(1, 9)
    slopes = decay.local_slopes(ell, np.append(ell[:-1] ** -3.0, 0.0))
    assert slopes[:-1] == pytest.approx(-3.0) and math.isnan(slopes[-1])
