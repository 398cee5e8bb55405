"""Hermite expansions and the Gaussian domain: high precision, closed forms, brute force."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlab.engine.numerics import gaussian_operator as gaussian
from kernlab.engine.numerics import hermite, ntk
from kernlab.engine.numerics.steps import drain

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "ntk.json").read_text("utf-8"))
FUNCTIONS = {"relu": lambda x: max(x, mpmath.mpf(0)), "abs": abs, "erf": mpmath.erf}


@pytest.mark.parametrize("activation", hermite.ACTIVATIONS)
@pytest.mark.parametrize("degree", [0, 1, 2, 3, 8, 21])
def test_coefficients_are_the_integrals(activation: str, degree: int) -> None:
    def integrand(x: Any) -> Any:
        scaled = mpmath.hermite(degree, x / mpmath.sqrt(2)) / mpmath.sqrt(2) ** degree
        return FUNCTIONS[activation](x) * scaled * mpmath.npdf(x)

    with mpmath.workdps(25):
        exact = mpmath.quad(integrand, [-14, -5, 0, 5, 14]) / mpmath.sqrt(mpmath.factorial(degree))
        found = hermite.coefficients(activation, degree)[degree]
        assert found == pytest.approx(float(exact), rel=1e-13, abs=1e-18)


@pytest.mark.parametrize(("activation", "second"), [("relu", 0.5), ("abs", 1.0), ("erf", None)])
def test_coefficients_add_up_to_the_second_moment(activation: str, second: float | None) -> None:
    squares = hermite.coefficients(activation, 100_000) ** 2
    expected = 2 / math.pi * math.asin(2 / 3) if second is None else second
    assert squares.sum() == pytest.approx(expected, abs=1e-8)


def test_relu_coefficients_of_large_degree() -> None:
    n = 100_000
    with mpmath.workdps(30):
        exact = mpmath.fac2(n - 3) / mpmath.sqrt(2 * mpmath.pi * mpmath.factorial(n))
    found = hermite.coefficients("relu", n)
    assert abs(found[n]) == pytest.approx(float(exact), rel=1e-12)
    assert found[n] ** 2 * n**2.5 == pytest.approx(1 / (math.pi * math.sqrt(2 * math.pi)), rel=1e-4)
    assert (found[3::2] == 0.0).all()


@given(
    activation=st.sampled_from(hermite.ACTIVATIONS),
    cosine=st.floats(-0.95, 0.95),
)
def test_dual_kernel_is_the_sum_of_its_series(activation: str, cosine: float) -> None:
    squares = hermite.coefficients(activation, 600) ** 2
    total = float(squares @ cosine ** np.arange(601))
    assert float(hermite.dual(activation, cosine)) == pytest.approx(total, abs=1e-14)


@given(
    activation=st.sampled_from(hermite.ACTIVATIONS),
    bias=st.sampled_from([0.0, 0.3, 1.5]),
    depth=st.integers(1, 8),
    cosine=st.floats(-0.9, 0.9),
)
def test_power_series_adds_up_to_the_tangent_kernel(
    activation: str, bias: float, depth: int, cosine: float
) -> None:
    series = hermite.power_series(depth, 300, activation=activation, bias=bias)
    assert (series >= 0).all()
    expected = float(ntk.kernel(cosine, depth, activation=activation, bias=bias))
    found = float(series @ cosine ** np.arange(301))
    assert found == pytest.approx(expected, abs=1e-13 * max(1.0, expected))


def test_power_series_keeps_relative_accuracy() -> None:
    def tangent(u: Any) -> Any:
        process = kernel = u
        for _ in range(3):
            angle = (mpmath.pi - mpmath.acos(process)) / mpmath.pi
            process = process * angle + mpmath.sqrt(1 - process**2) / mpmath.pi
            kernel = process + angle * kernel
        return kernel

    count = 256  # a circle of radius 1/2: what is left out is below 2^-240
    with mpmath.workdps(60):
        turn = [mpmath.expjpi(mpmath.mpf(2 * k) / count) for k in range(count)]
        values = [tangent(point / 2) for point in turn]
        exact = [
            float(2**n * mpmath.fsum(v * turn[-n * k % count] for k, v in enumerate(values)).real)
            / count
            for n in range(17)
        ]
    np.testing.assert_allclose(hermite.power_series(4, 16), exact, rtol=1e-13)


def test_two_layers_have_the_hermite_series_of_relu() -> None:
    squares = hermite.coefficients("relu", 40) ** 2
    n = np.arange(41)
    np.testing.assert_allclose(hermite.power_series(2, 40), 2 * squares * (1 + n), rtol=1e-13)


def test_absolute_value_has_an_even_series() -> None:
    assert (hermite.power_series(5, 41, activation="abs")[1::2] == 0.0).all()


def test_mehlers_kernel_is_its_series() -> None:
    x, y, rho = 0.8, -1.3, 0.4
    polynomials = np.polynomial.hermite_e.hermevander(np.array([x, y]), 60)
    scale = np.array([1 / math.factorial(n) for n in range(61)])
    total = float(np.sum(rho ** np.arange(61) * scale * polynomials[0] * polynomials[1]))
    assert float(hermite.mehler(x, y, rho)) == pytest.approx(total, rel=1e-13)


@pytest.mark.parametrize("lengthscale", [0.5, 1.0, 3.0])
def test_eigenvalues_of_the_gaussian_kernel_are_those_of_its_quadrature(lengthscale: float) -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    root = np.sqrt(weights / weights.sum())
    kernel = np.exp(-0.5 * (nodes[:, None] - nodes) ** 2 / lengthscale**2)
    values = np.linalg.eigvalsh(kernel * np.outer(root, root))[::-1][:8]
    found = hermite.rbf_eigenvalues(lengthscale, 7)
    np.testing.assert_allclose(found, values, rtol=1e-7, atol=1e-14)


@given(degree=st.integers(0, 30), dimension=st.integers(2, 50))
def test_shares_add_up_to_one(degree: int, dimension: int) -> None:
    found = hermite.shares(degree, dimension, 20_000)
    tail = found[-1] * 20_000 / (1 + dimension / 2)
    assert found.sum() + tail == pytest.approx(1.0, abs=1e-6)
    assert (found >= 0).all()


def test_in_one_dimension_the_shares_are_the_hermite_coefficients_of_the_absolute_value() -> None:
    squares = hermite.coefficients("abs", 40) ** 2
    np.testing.assert_allclose(hermite.shares(0, 1, 21), squares[::2], rtol=1e-13)


# -- the operator on N(0, I_d) ------------------------------------------------------------------


@pytest.mark.parametrize("case", [(3, 3, "relu"), (3, 10, "relu"), (2, 3, "abs"), (10, 5, "relu")])
def test_bias_free_relu_has_d_times_the_spheres_eigenvalues(case: tuple[int, int, str]) -> None:
    depth, dimension, activation = case
    known = next(
        entry
        for entry in REFERENCE["funk_hecke"]
        if (entry["affine_layers"], entry["d"], entry["act"]) == case
    )
    expected = dimension * np.array([float(value) for value in known["mu"][:13]])
    found = gaussian.gaussian_operator(depth, dimension, 12, activation=activation)
    np.testing.assert_allclose(found.values[:, 0], expected, rtol=1e-9, atol=1e-13)
    assert np.abs(found.values[:, 1:]).max() < 1e-12


@pytest.mark.parametrize("dimension", [1, 2, 3, 10])
def test_first_eigenfunction_is_shared_out_as_in_closed_form(dimension: int) -> None:
    most = 1 if dimension == 1 else 6
    found = gaussian.gaussian_operator(3, dimension, most)
    for degree in range(most + 1):
        expected = hermite.shares(degree, dimension, gaussian.MODES)
        np.testing.assert_allclose(found.shares[degree], expected, atol=1e-9)


@pytest.mark.parametrize(("activation", "bias"), [("relu", 0.5), ("erf", 0.3), ("abs", 1.0)])
def test_operator_in_one_dimension_is_that_of_the_explicit_kernel(
    activation: str, bias: float
) -> None:
    nodes, weights = np.polynomial.legendre.leggauss(400)
    x, root = 8.5 * nodes, np.sqrt(8.5 * weights * np.exp(-0.5 * (8.5 * nodes) ** 2))
    root /= (2 * math.pi) ** 0.25
    steps = gaussian._tangent(np.outer(x, x), x[:, None] ** 2, x**2, 3, activation, bias)
    values = np.linalg.eigvalsh(drain(steps) * np.outer(root, root))[::-1]
    blocks = gaussian.gaussian_operator(3, 1, 1, activation=activation, bias=bias).values
    found = np.sort(blocks.ravel())[::-1]
    np.testing.assert_allclose(found[:6], values[:6], rtol=0, atol=2e-4 * values[0])


@pytest.mark.parametrize(("activation", "bias"), [("relu", 0.7), ("abs", 0.2), ("erf", 0.5)])
def test_radial_kernel_agrees_with_the_unit_sphere(activation: str, bias: float) -> None:
    cosines, one = np.linspace(-1, 1, 9)[1:-1], np.ones(1)
    found = drain(gaussian._tangent(cosines, one, one, 4, activation, bias))
    expected = ntk.kernel(cosines, 4, activation=activation, bias=bias)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_trace_is_that_of_the_diagonal() -> None:
    found = gaussian.gaussian_operator(3, 3, 40, activation="erf")
    trace = float(found.multiplicity @ found.values.sum(axis=1))
    radii, density = gaussian._radial_rule(3, 60)
    square = radii**2
    expected = float(density @ drain(gaussian._tangent(square, square, square, 3, "erf", 0.0)))
    assert trace == pytest.approx(expected, rel=1e-3)


def test_commutator_of_relu_is_the_closed_form() -> None:
    depth, dimension, time = 3, 3, 0.5
    found = gaussian.gaussian_operator(depth, dimension, 30, time=time)
    off = total = 0.0
    for degree in range(31):
        parts = hermite.shares(degree, dimension, 4000)
        decay = np.exp(-time * (degree + 2.0 * np.arange(4000)))
        size = found.multiplicity[degree] * found.values[degree, 0] ** 2
        mean, square = float(parts @ decay), float(parts @ decay**2)
        off += size * 2 * (square - mean**2)
        total += size * square
    assert found.commutator == pytest.approx(math.sqrt(off / total), rel=1e-8)
    assert found.commutator > 0.1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hermite.coefficients("tanh", 3), "activation is 'tanh'; allowed"),
        (lambda: hermite.coefficients("relu", -1), "max_degree is -1; allowed"),
        (lambda: hermite.power_series(0, 5), "depth is 0; allowed"),
        (lambda: hermite.power_series(2, 5, bias=-0.1), "bias is -0.1; allowed"),
        (lambda: hermite.mehler(0.0, 0.0, 1.0), "correlation is 1.0; allowed"),
        (lambda: hermite.rbf_eigenvalues(0.0, 3), "lengthscale is 0.0; allowed"),
        (lambda: hermite.shares(2, 1, 5), "degree is 2; allowed: 0 or 1 in one dimension"),
        (lambda: hermite.shares(2, 3, 0), "count is 0; allowed"),
        (lambda: hermite.shares(2, 0, 3), "dimension is 0; allowed"),
        (lambda: gaussian.gaussian_operator(3, 1, 2), "max_degree is 2; allowed in dimension 1"),
        (lambda: gaussian.gaussian_operator(0, 2, 2), "depth is 0; allowed"),
        (lambda: gaussian.gaussian_operator(2, 2, 2, time=0.0), "time is 0.0; allowed"),
        (lambda: gaussian.gaussian_operator(2, 2, 2, bias=-1.0), "bias is -1.0; allowed"),
        (lambda: gaussian.gaussian_operator(2, 2, 2, activation="x"), "activation is 'x'"),
    ],
)
def test_bad_arguments_say_what_is_allowed(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
