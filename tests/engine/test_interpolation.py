"""Lebesgue constants, the interpolation of sin and random features, against ball arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from flint import arb, arb_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kernlab.engine.numerics import balls
from kernlab.engine.numerics.feature_conditioning import (
    box_points,
    feature_draw,
    feature_draws,
    gram_log10_condition,
)
from kernlab.engine.numerics.features import fourier_features, gaussian_frequencies
from kernlab.engine.numerics.interpolation import (
    exact_sine_in_slices,
    fit_sine,
    log10_lebesgue_constant,
    log10_lebesgue_function,
    taylor_error,
)
from kernlab.engine.numerics.interpolation_nodes import unit_nodes
from kernlab.engine.numerics.polynomial_bases import BASES, cardinal_values
from kernlab.engine.numerics.vandermonde import lebesgue_constant, resolve_nodes

Array = NDArray[np.float64]
TWO_PI = 2.0 * math.pi


def ball_lebesgue(points: Array, nodes: Array) -> list[float]:
    """log10 of the sum of |l_k(x)| by products in ball arithmetic."""
    with balls.precision(400):
        x = [arb(float(t)) for t in nodes]
        found = []
        for z in (arb(float(p)) for p in points):
            total = arb(0)
            for k, node in enumerate(x):
                term = arb(1)
                for i, other in enumerate(x):
                    if i != k:
                        term *= (z - other) / (node - other)
                total += abs(term)
            found.append(float(total.log() / arb.const_log10()))
    return found


@pytest.mark.parametrize(
    ("n", "expected", "digits"),
    [(10, 1.2516045, 1e-7), (20, 3.7700847, 1e-7), (40, 9.3841737, 1e-7), (80, 21.0485, 5e-5)],
)
def test_equispaced_lebesgue_constants(n: int, expected: float, digits: float) -> None:
    nodes = unit_nodes("equispaced", n)
    assert log10_lebesgue_constant(nodes) == pytest.approx(expected, abs=digits)
    assert log10_lebesgue_constant(7.0 * nodes) == pytest.approx(expected, abs=digits)
    assert math.log10(lebesgue_constant(nodes)) == pytest.approx(expected, abs=digits)


def test_lebesgue_constants_of_few_nodes_have_closed_forms() -> None:
    assert lebesgue_constant([3.0, -1.0]) == pytest.approx(1.0, abs=1e-12)
    assert lebesgue_constant([-1.0, 0.0, 1.0]) == pytest.approx(1.25, rel=1e-10)
    # At the ends of the interval: cot(pi/4n) summed, (2/pi) ln n + 0.9625 for many nodes.
    nodes = unit_nodes("chebyshev", 100)
    known = sum(1 / math.tan((2 * k + 1) * math.pi / 400) for k in range(100)) / 100
    assert lebesgue_constant(nodes, interval=(-1.0, 1.0)) == pytest.approx(known, rel=1e-10)
    assert lebesgue_constant(nodes) < known


@settings(max_examples=20)
@given(st.lists(st.integers(-300, 300), min_size=3, max_size=12, unique=True))
def test_lebesgue_function_and_maximum_agree_with_balls(marks: list[int]) -> None:
    nodes = np.array(marks, dtype=float) / 100.0
    points = np.linspace(nodes.min(), nodes.max(), 41)[1:-1]
    values = log10_lebesgue_function(points, nodes)
    assert values == pytest.approx(ball_lebesgue(points, nodes), abs=1e-10)
    # No sample exceeds the constant, and a fine sample comes close to it.
    fine = np.sort(
        np.concatenate(
            [
                np.linspace(a, b, 400)
                for a, b in zip(np.sort(nodes)[:-1], np.sort(nodes)[1:], strict=True)
            ]
        )
    )
    largest = log10_lebesgue_function(fine, nodes).max()
    constant = log10_lebesgue_constant(nodes)
    assert largest <= constant + 1e-9
    assert constant == pytest.approx(largest, abs=3e-5)


def test_large_lebesgue_constants_agree_with_balls_at_their_maximum() -> None:
    nodes = unit_nodes("equispaced", 80)
    points = np.linspace(nodes[0], nodes[1], 2001)[1:-1]
    best = points[np.argmax(log10_lebesgue_function(points, nodes))]
    [expected] = ball_lebesgue(np.array([best]), nodes)
    assert log10_lebesgue_constant(nodes) == pytest.approx(expected, abs=1e-6)
    assert log10_lebesgue_constant(unit_nodes("equispaced", 500)) > 140.0


def test_cardinal_functions_are_one_and_zero_at_the_nodes_and_sum_to_one() -> None:
    nodes = unit_nodes("leja", 25)
    assert np.array_equal(cardinal_values(nodes, nodes), np.eye(25))
    x = np.linspace(-1.0, 1.0, 301)
    assert cardinal_values(x, nodes).sum(axis=1) == pytest.approx(np.ones(301), abs=1e-12)


def test_the_nodes_not_the_basis_decide_the_fitted_values() -> None:
    # Errata V6: cond is 1e33, yet the fitted values follow the Lebesgue constant.
    chebyshev = resolve_nodes("chebyshev", 40, TWO_PI)
    equispaced = resolve_nodes("equispaced", 40, TWO_PI)
    assert fit_sine(chebyshev, "monomial", TWO_PI).value_error < 1e-11
    for basis in ("monomial", "chebyshev", "arnoldi"):
        error = fit_sine(equispaced, basis, TWO_PI).value_error
        assert 1e-10 < error < 1e-4


@pytest.mark.parametrize("basis", [name for name in BASES if name != "roots-of-unity"])
def test_fits_on_few_chebyshev_nodes_are_as_good_as_exact_arithmetic(basis: str) -> None:
    nodes = resolve_nodes("chebyshev", 12, 2.0)
    fit = fit_sine(nodes, basis, 2.0)
    assert fit.truncation_error < 1e-9
    assert fit.fitted == pytest.approx(fit.exact, abs=1e-12)
    assert fit.barycentric == pytest.approx(fit.exact, abs=1e-14)
    assert fit.value_error == pytest.approx(fit.truncation_error, abs=1e-12)
    if basis == "arnoldi":
        assert math.isnan(fit.coefficient_error)
    else:
        assert fit.coefficient_error < 1e-9


def test_exact_coefficients_solve_the_system_in_balls() -> None:
    nodes = resolve_nodes("equispaced", 9, 3.0)
    with balls.precision(500):
        x = [arb(float(t)) for t in nodes]
        matrix = arb_mat([[t**j for j in range(9)] for t in x])
        solved = matrix.solve(arb_mat([[t.sin()] for t in x]))
        expected = [float(solved[j, 0]) for j in range(9)]
    fit = fit_sine(nodes, "monomial", 3.0)
    assert fit.exact_coefficients == pytest.approx(expected, rel=1e-14, abs=1e-17)


def test_a_basis_that_overflows_says_nan() -> None:
    nodes = resolve_nodes("equispaced", 200, 100.0)
    *_, (_, exact) = exact_sine_in_slices(nodes, 100.0, points=11)
    fit = fit_sine(nodes, "monomial", 100.0, exact=exact)
    assert math.isnan(fit.value_error)
    assert math.isfinite(fit.truncation_error)


def test_an_exact_interpolant_of_other_nodes_is_refused() -> None:
    nodes = resolve_nodes("equispaced", 6, 1.0)
    *_, (_, exact) = exact_sine_in_slices(nodes, 1.0)
    with pytest.raises(ValueError, match="other nodes"):
        fit_sine(2.0 * nodes, "monomial", 2.0, exact=exact)


@pytest.mark.parametrize(("order", "a"), [(0, 1.0), (9, TWO_PI), (30, 10.0), (3, 100.0)])
def test_taylor_error_is_below_its_bound_and_exact(order: int, a: float) -> None:
    found = taylor_error(order, a, points=21)
    assert np.all(found.exact <= found.bound * (1 + 1e-12))
    with balls.precision(1500):
        expected = []
        for x in (arb(float(v)) for v in found.x):
            terms = [(-1) ** k * x ** (2 * k + 1) / arb(2 * k + 2).gamma()
                     for k in range(order + 1)]  # fmt: skip
            expected.append(abs(float(x.sin() - sum(terms, arb(0)))))
    assert found.exact == pytest.approx(expected, rel=1e-12)


def test_taylor_in_float64_stops_at_the_floor() -> None:
    found = taylor_error(40, TWO_PI)
    assert found.exact.max() < 1e-30
    assert 1e-16 < found.float64.max() < 10 * found.floor.max()
    assert taylor_error(9, TWO_PI).exact.max() == pytest.approx(1.048e-3, abs=1e-6)
    assert taylor_error(9, TWO_PI).bound.max() == pytest.approx(1.131e-3, abs=1e-6)


def test_gram_condition_agrees_with_balls_and_with_float64() -> None:
    points = box_points(60, 1, TWO_PI, rng=0)
    frequencies = gaussian_frequencies(10, 1, 1.0, kind="iid", rng=3)
    value, error = gram_log10_condition(points, frequencies)
    with balls.precision(600):
        rows = [[f(arb(float(w)) * arb(float(x))) for f in (arb.cos, arb.sin)
                 for w in frequencies.values[:, 0]] for x in points[:, 0]]  # fmt: skip
        matrix = arb_mat(rows)
        expected = balls.condition((matrix.transpose() * matrix).tolist(), 2).value
    assert value > 16.0
    assert value == pytest.approx(expected, abs=max(error, 1e-10))
    spread = gaussian_frequencies(5, 4, 1.0, kind="orthogonal", rng=3)
    cloud = box_points(80, 4, TWO_PI, rng=1)
    z = fourier_features(cloud, spread)
    value, _ = gram_log10_condition(cloud, spread)
    assert value == pytest.approx(math.log10(np.linalg.cond(z.T @ z)), abs=1e-9)


def test_orthogonal_features_in_one_dimension_are_independent_ones() -> None:
    points = box_points(40, 1, TWO_PI, rng=0)
    draws = {kind: feature_draw(kind, 6, 1, 0, points=points)
             for kind in ("iid", "orthogonal", "qr-vector")}  # fmt: skip
    assert draws["iid"][3:] == draws["orthogonal"][3:]
    # The QR of a vector only shrinks all frequencies: many decades worse.
    assert draws["qr-vector"].log10_condition > draws["iid"].log10_condition + 5.0


def test_draws_come_one_at_a_time_in_a_fixed_order() -> None:
    found = list(feature_draws(m=4, dimensions=(2, 4), repeats=2, count=20, seed=5))
    order = [(d.repeat, d.dimension, d.kind) for d in found]
    assert order[:4] == [(0, 2, "iid"), (0, 2, "orthogonal"), (0, 4, "iid"), (0, 4, "orthogonal")]
    assert len(found) == 8
    assert found == list(feature_draws(m=4, dimensions=(2, 4), repeats=2, count=20, seed=5))
    with pytest.raises(ValueError, match="points = 7"):
        gram_log10_condition(np.arange(7.0), [0.1, 0.2, 0.3, 0.4])
