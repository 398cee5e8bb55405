"""Eigenvalues on the sphere: the reference file, ball quadrature, identities, error bars."""

from __future__ import annotations

import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlab.engine.numerics import ntk, sphere
from kernlab.engine.numerics.ntk_continuation import (
    branch_points,
    continued,
    diagonal_value,
    left_out,
)
from kernlab.engine.numerics.second_kind import add_complex, add_real
from kernlab.engine.numerics.sphere_balls import ball_eigenvalues
from kernlab.engine.numerics.sphere_contour import Sums, integrate
from kernlab.engine.numerics.steps import drain

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "ntk.json").read_text())


def contour(*args: object, points: int = 16) -> Sums:
    """The integrals, with no table beside them."""
    return drain(integrate(*args, points=points))  # type: ignore[arg-type]


def legendre(depth: int, d: int, largest: int, activation: str, bias: float) -> np.ndarray:
    """μ by Gauss–Legendre in θ in float64: absolute accuracy only."""
    nodes, weights = np.polynomial.legendre.leggauss(150)
    edges = np.array([0.0, 0.01, 0.05, 0.2, 0.6, 1.5, math.pi - 0.6, math.pi - 0.1, math.pi])
    low, width = edges[:-1, None], np.diff(edges)[:, None]
    theta = (low + 0.5 * width * (nodes + 1)).ravel()
    weight = (0.5 * width * weights).ravel() * np.sin(theta) ** (d - 2)
    value = ntk.kernel(None, depth, angle=theta, activation=activation, bias=bias)
    before, now, found = np.cos(theta), np.ones_like(theta), []
    for ell in range(largest + 1):
        found.append((weight * value * now).sum() / weight.sum())
        after = np.cos(theta) if ell == 0 else (
            (2 * ell + d - 2) * np.cos(theta) * now - ell * before) / (ell + d - 2)  # fmt: skip
        before, now = now, after
    return np.array(found)


@pytest.mark.parametrize(
    "case",
    REFERENCE["funk_hecke"],
    ids=lambda c: f"{c['act']}-{c['affine_layers']}-{c['d']}",
)
def test_reference(case: dict) -> None:
    expected = np.array([float(value) for value in case["mu"]])
    largest = expected.size - 1
    found = sphere.eigenvalues(case["affine_layers"], case["d"], largest, activation=case["act"])
    zero = np.array([value == "0" for value in case["mu"]])
    assert (found.values[zero] == 0.0).all() and (found.values[~zero] > 0.0).all()
    assert np.abs(found.values[~zero] / expected[~zero] - 1).max() < 5e-14
    assert (np.abs(found.values - expected) <= found.error + np.spacing(expected)).all()
    plain = contour(case["affine_layers"], case["d"], largest, case["act"], 0.0)
    assert np.abs(plain.values[~zero] / expected[~zero] - 1).max() < 5e-14


@pytest.mark.parametrize("case", REFERENCE["funk_hecke_large_l"], ids=lambda c: str(c["l"]))
def test_reference_at_large_degree(case: dict) -> None:
    found = sphere.eigenvalues(case["affine_layers"], case["d"], 10_000)
    expected = float(case["mu"])
    assert found.values[case["l"]] == pytest.approx(expected, rel=1e-13)
    assert abs(found.values[case["l"]] - expected) <= found.error[case["l"]]


@pytest.mark.parametrize(("depth", "activation"), [(7, "relu"), (12, "abs"), (3, "relu")])
def test_ball_quadrature(depth: int, activation: str) -> None:
    dimensions = (2, 3, 6, 13, 50)
    *_, totals = ball_eigenvalues(depth, dimensions, 40, activation, points=48)
    for d in dimensions:
        expected = np.array([float(value.mid()) for value in totals[d]])
        found = sphere.eigenvalues(depth, d, 40, activation=activation)
        assert (np.abs(found.values - expected) <= found.error + 1e-50).all()
        assert (found.error <= 1e-12 * found.values).all()


@pytest.mark.parametrize("activation", ["relu", "abs", "erf"])
@pytest.mark.parametrize("bias", [0.0, 0.05, 0.38, 0.5, 0.54, 0.63, 0.85, 2.0])
@pytest.mark.parametrize("depth", [2, 12, 150])
def test_float_quadrature(depth: int, activation: str, bias: float) -> None:
    for d in (2, 3, 7):
        expected = legendre(depth, d, 60, activation, bias)
        found = sphere.eigenvalues(depth, d, 60, activation=activation, bias=bias)
        scale = abs(ntk.kernel(1.0, depth, activation=activation, bias=bias))
        assert np.abs(found.values - expected).max() <= 1e-13 * scale


@pytest.mark.parametrize("activation", ["relu", "abs", "erf"])
@pytest.mark.parametrize("bias", [0.0, 0.03, 0.6])
@pytest.mark.parametrize("depth", [7, 60, 1000])
def test_error_bars_hold_what_another_rule_gives(depth: int, activation: str, bias: float) -> None:
    for d in (3, 50):
        found = sphere.eigenvalues(depth, d, 300, activation=activation, bias=bias)
        other = contour(depth, d, 300, activation, bias, points=21).values
        zero = sphere.exact_zeros(depth, 300, activation, bias)
        assert (np.abs(found.values - other) <= 2 * found.error)[~zero].all()
        known = found.values > 0.0
        least = 1e-9 if depth < 1000 or activation != "erf" else 1e-5
        assert (found.error[known] <= least * found.values[known]).all()


@settings(max_examples=25, deadline=None)
@given(
    depth=st.integers(1, 40),
    dimension=st.integers(4, 30),
    activation=st.sampled_from(["relu", "abs", "erf"]),
    bias=st.sampled_from([0.0, 0.2, 1.3]),
)
def test_multiplicities_and_eigenvalues_add_up_to_the_trace(
    depth: int, dimension: int, activation: str, bias: float
) -> None:
    largest = 3000
    found = sphere.eigenvalues(depth, dimension, largest, activation=activation, bias=bias)
    total = float(found.multiplicity @ found.values)
    trace = ntk.kernel(1.0, depth, activation=activation, bias=bias)
    assert (found.values >= 0.0).all()
    # N μ ~ ℓ⁻² for a kernel with a kink: the rest is about ℓ times the last pair of terms.
    rest = float(largest * (found.multiplicity * found.values)[-2:].sum())
    assert total <= trace * (1 + 1e-12)
    assert trace - total <= 1.2 * rest + 1e-11 * trace


@pytest.mark.parametrize(("depth", "activation", "bias"), [(3, "relu", 0.0), (4, "erf", 0.4)])
def test_kernel_is_rebuilt_from_its_spectrum(depth: int, activation: str, bias: float) -> None:
    d, largest = 3, 4000
    found = sphere.eigenvalues(depth, d, largest, activation=activation, bias=bias)
    cosine = np.cos(np.array([0.4, 1.3, 2.5]))
    total = np.polynomial.legendre.legval(cosine, found.multiplicity * found.values)
    kernel = ntk.kernel(cosine, depth, activation=activation, bias=bias)
    assert np.abs(total - kernel).max() < 1e-6


def test_zeros_are_exact() -> None:
    two = sphere.eigenvalues(2, 5, 99)
    assert (two.values[3::2] == 0.0).all() and (two.error[3::2] == 0.0).all()
    assert two.values[1] > 0.0
    assert (sphere.eigenvalues(9, 4, 50, activation="abs").values[1::2] == 0.0).all()
    assert (sphere.eigenvalues(3, 4, 50, activation="erf").values[::2] == 0.0).all()
    assert (sphere.eigenvalues(2, 5, 50, bias=0.1).values > 0.0).all()
    assert (sphere.eigenvalues(3, 5, 50).values > 0.0).all()


def test_underflow_is_not_a_zero() -> None:
    found = sphere.eigenvalues(3, 3, 2000, activation="erf", bias=0.5)
    gone = found.values == 0.0
    assert gone[1500:].all() and (found.error[gone] > 0.0).all()


def test_linear_network() -> None:
    found = sphere.eigenvalues(1, 7, 3, bias=0.5)
    assert found.values == pytest.approx([0.25, 1 / 7, 0.0, 0.0])
    assert sphere.eigenvalues(1, 2, 0).values == pytest.approx([0.0])


def test_largest_degree_does_not_matter() -> None:
    long = sphere.eigenvalues(20, 6, 5000, bias=0.3)
    short = sphere.eigenvalues(20, 6, 70, bias=0.3)
    assert (np.abs(long.values[:71] - short.values) <= 2 * short.error).all()


@given(d=st.integers(2, 40), degree=st.integers(0, 60))
def test_multiplicity_is_exact(d: int, degree: int) -> None:
    count = math.comb(degree + d - 1, d - 1) - (
        math.comb(degree + d - 3, d - 1) if degree > 1 else 0
    )
    assert float(sphere.multiplicity(d, degree)) == pytest.approx(count, rel=1e-14)


def test_sobolev_multipliers() -> None:
    plain = sphere.sobolev_multiplier(5, 3, 1.5)
    assert plain == pytest.approx([(1 + ell) ** 3.0 for ell in range(4)])
    root = sphere.sobolev_multiplier(5, 3, 1.5, form="(1+sqrt(l(l+d-2)))")
    assert root == pytest.approx([(1 + math.sqrt(ell * (ell + 3))) ** 1.5 for ell in range(4)])


@pytest.mark.parametrize("d", [2, 3, 4, 11, 50])
@pytest.mark.parametrize("place", [1e-4, 0.2, 1.0, 0.3 + 0.2j, 1.0 + 1.6j, 1.0 + 3.0j])
def test_functions_of_the_second_kind(d: int, place: complex) -> None:
    found = np.zeros((3, 81))
    weight = np.array([1.0])
    if isinstance(place, float):
        add_real(np.array([place]), weight, 0.0 * weight, 80, d, found)
    else:
        add_complex(np.array([place]), 1j * weight, 0j * weight, 80, d, found)
    with mpmath.workdps(40):
        y = mpmath.mpmathify(place)
        for ell in (0, 1, 7, 80):
            if d == 2 and ell == 0:
                expected = 1 / mpmath.sinh(y)
            else:
                half = mpmath.mpf(d) / 2
                first = mpmath.factorial(ell) * mpmath.gamma(half) / mpmath.gamma(ell + half)
                series = mpmath.hyp2f1(ell + 1, 2 - half, ell + half, mpmath.exp(-2 * y))
                expected = 2 * first * mpmath.exp(-(ell + 1) * y) * series
            wanted = float(mpmath.re(expected))
            assert found[0, ell] == pytest.approx(wanted, rel=1e-11, abs=1e-13 * found[2, ell])


@pytest.mark.parametrize("activation", ["relu", "abs", "erf"])
@pytest.mark.parametrize("bias", [0.0, 0.4])
def test_continuation_meets_the_kernel(activation: str, bias: float) -> None:
    angle = np.array([0.3, 1.5, 2.9])
    expected = ntk.kernel(None, 6, angle=angle, activation=activation, bias=bias)
    found = continued(1j * angle, 1, 6, activation, bias)
    found = found + left_out(6, activation, bias)
    assert found.real == pytest.approx(expected, rel=1e-13)
    assert np.abs(found.imag).max() < 1e-13
    trace = ntk.kernel(1.0, 6, activation=activation, bias=bias)
    assert diagonal_value(6, activation, bias) == pytest.approx(trace, rel=1e-14)
    assert min(branch_points(6, activation, bias)) >= 0.0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"dimension": 1}, "dimension is 1"),
        ({"depth": 0}, "depth is 0"),
        ({"max_degree": -1}, "max_degree is -1"),
        ({"max_degree": 2.5}, "max_degree is 2.5"),
        ({"activation": "tanh"}, "activation is 'tanh'"),
        ({"bias": -1.0}, "bias is -1.0"),
        ({"bias": math.nan}, "bias is nan"),
    ],
)
def test_bad_arguments(arguments: dict, word: str) -> None:
    good = {"depth": 3, "dimension": 3, "max_degree": 10}
    with pytest.raises(ValueError, match=word):
        sphere.eigenvalues(**{**good, **arguments})


def test_bad_multiplier() -> None:
    with pytest.raises(ValueError, match="form is 'x'"):
        sphere.sobolev_multiplier(3, 10, 1.0, form="x")
    with pytest.raises(ValueError, match="degrees has -1"):
        sphere.multiplicity(3, [-1])
