"""Kernels of infinite width: the reference file, high precision, closed forms and identities."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlab.engine.numerics import ntk

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "ntk.json").read_text("utf-8"))
CASES = REFERENCE["kernel_cases"]
EDGE_ANGLES = np.array([0.0, 1e-12, 1e-7, 1e-3, 0.02, 0.49, 0.51, 1.5, 3.0, 3.14159])


def case_name(case: dict[str, Any]) -> str:
    return f"{case['act']}-{case['affine_layers']}"


def exact(theta: float, depth: int, activation: str, bias: float) -> tuple[Any, Any]:
    """(NNGP, NTK) by the textbook recursion in the covariance, with 60 digits."""
    with mpmath.workdps(60):
        b2 = mpmath.mpf(bias) ** 2
        hidden = 2 if activation == "relu" else 1

        def dense(weight: int, old: Any) -> Any:
            return weight * old + b2

        weight = hidden if depth > 1 else 1
        size, value = dense(weight, 1), dense(weight, mpmath.cos(mpmath.mpf(theta)))
        tangent = value
        for layer in range(2, depth + 1):
            weight = hidden if layer < depth else 1
            c = max(mpmath.mpf(-1), min(mpmath.mpf(1), value / size))
            angle, sine = mpmath.acos(c), mpmath.sqrt(1 - c * c)
            if activation == "relu":
                mean = size * (sine + c * (mpmath.pi - angle)) / (2 * mpmath.pi)
                slope, top = (mpmath.pi - angle) / (2 * mpmath.pi), size / 2
            elif activation == "abs":
                mean = 2 * size / mpmath.pi * (sine + c * mpmath.asin(c))
                slope, top = 1 - 2 * angle / mpmath.pi, size
            else:
                wide = 1 + 2 * size
                mean = 2 / mpmath.pi * mpmath.asin(2 * value / wide)
                slope = 4 / mpmath.pi / mpmath.sqrt(wide**2 - 4 * value**2)
                top = 2 / mpmath.pi * mpmath.asin(2 * size / wide)
            size, value = dense(weight, top), dense(weight, mean)
            tangent = value + weight * tangent * slope
        return value, tangent


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_kernels_agree_with_the_reference_file(case: dict[str, Any]) -> None:
    depth = case["affine_layers"]
    network = {"activation": case["act"], "bias": case["sigma_b"]}
    for function, name in ((ntk.kernel, "ntk"), (ntk.nngp, "nngp")):
        wanted = np.array([float(text) for text in case[name]])
        assert np.abs(function(case["u"], depth, **network) - wanted).max() <= 2e-15 * depth


@pytest.mark.parametrize("activation", ["relu", "abs", "erf"])
@pytest.mark.parametrize("bias", [0.0, 1e-6, 0.7])
@pytest.mark.parametrize("depth", [2, 3, 40])
def test_kernels_at_an_angle_agree_with_sixty_digits(
    activation: str, bias: float, depth: int
) -> None:
    found = ntk.kernel(None, depth, angle=EDGE_ANGLES, activation=activation, bias=bias)
    process = ntk.nngp(None, depth, angle=EDGE_ANGLES, activation=activation, bias=bias)
    wanted = [exact(theta, depth, activation, bias) for theta in EDGE_ANGLES.tolist()]
    scale = max(1.0, float(wanted[0][1]) / depth)
    for i, (value, tangent) in enumerate(wanted):
        assert abs(float(value) - process[i]) <= 1e-14 * scale
        assert abs(float(tangent) - found[i]) <= 1e-14 * depth * scale


def test_depth_1000_is_accurate() -> None:
    angles = np.array([1e-9, 1e-4, 0.01, 1.0, math.pi])
    found = ntk.kernel(None, 1000, angle=angles)
    wanted = [float(exact(theta, 1000, "relu", 0.0)[1]) for theta in angles.tolist()]
    assert np.abs(found - wanted).max() <= 1e-12 * 1000


def test_the_difference_to_the_diagonal_keeps_digits_at_tiny_angles() -> None:
    theta = 1e-10
    drop = 3.0 - ntk.kernel(None, 3, angle=theta)
    assert drop == pytest.approx(3 * theta / math.pi, rel=1e-4)  # L(L−1)/(2π) θ


@given(theta=st.floats(0.0, math.pi))
def test_two_layers_are_the_closed_form(theta: float) -> None:
    u = math.cos(theta)
    wanted = (2 * u * (math.pi - theta) + math.sin(theta)) / math.pi
    assert ntk.kernel(None, 2, angle=theta) == pytest.approx(wanted, abs=1e-14)


@given(theta=st.floats(0.0, math.pi), depth=st.integers(2, 60))
def test_abs_without_bias_is_even_and_erf_odd(theta: float, depth: int) -> None:
    for activation, sign in (("abs", None), ("erf", -1.0)):
        there, back = (
            ntk.nngp(None, depth, angle=t, activation=activation) for t in (theta, math.pi - theta)
        )
        assert back == pytest.approx(sign * there if sign else there, abs=1e-13)


@given(depth=st.integers(1, 1000), bias=st.floats(0.0, 2.0))
@settings(max_examples=30)
def test_the_diagonal_of_relu_grows_as_its_sum(depth: int, bias: float) -> None:
    # Q_k = 2 + k b² before the last layer; each layer adds its own covariance.
    square = bias**2
    sizes = [2 + k * square for k in range(1, depth)]
    wanted = (sum(sizes) + sizes[-1]) / 2 + square if depth > 1 else 1 + square
    assert ntk.kernel(1.0, depth, bias=bias) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("activation", ["relu", "abs", "erf"])
@pytest.mark.parametrize(("depth", "bias"), [(1, 0.0), (2, 0.3), (10, 0.0), (150, 0.0)])
def test_the_matrix_is_the_kernel_of_its_angles(activation: str, depth: int, bias: float) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(130, 4))
    x[1] = x[0]
    x[2] = -x[0]
    x[3] = x[0] + 1e-9 * x[5]
    x[4] = -x[0] + 1e-4 * x[5]
    x /= np.linalg.norm(x, axis=1)[:, None]
    angles = 2 * np.arctan2(
        np.linalg.norm(x[:, None] - x, axis=2), np.linalg.norm(x[:, None] + x, axis=2)
    )
    wanted = ntk.kernel(None, depth, angle=angles, activation=activation, bias=bias)
    found = ntk.kernel_matrix(x, depth, activation=activation, bias=bias)
    assert np.abs(found - wanted).max() <= 1e-13 * np.abs(wanted).max()
    assert np.array_equal(found, found.T)
    assert (np.diag(found) == ntk.kernel(1.0, depth, activation=activation, bias=bias)).all()


@pytest.mark.parametrize("case", REFERENCE["matrix_kappa"])
def test_condition_numbers_agree_with_the_reference_file(case: dict[str, Any]) -> None:
    points = REFERENCE["points"][case["points_ref"]]
    found = ntk.kernel_matrix(points, case["affine_layers"], activation=case["act"])
    values = np.linalg.eigvalsh(found)
    assert values[-1] / values[0] == pytest.approx(case["kappa"], rel=1e-9)
    assert values[0] == pytest.approx(case["lambda_min"], rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"cosine": 1.1, "depth": 2}, "cosine"),
        ({"cosine": math.nan, "depth": 2}, "cosine"),
        ({"cosine": None, "depth": 2}, "cosine"),
        ({"cosine": None, "depth": 2, "angle": -0.1}, "angle"),
        ({"cosine": 0.5, "depth": 0}, "depth"),
        ({"cosine": 0.5, "depth": 2.5}, "depth"),
        ({"cosine": 0.5, "depth": math.nan}, "depth"),
        ({"cosine": 0.5, "depth": 2, "activation": "tanh"}, "activation"),
        ({"cosine": 0.5, "depth": 2, "bias": -1.0}, "bias"),
        ({"cosine": 0.5, "depth": 2, "bias": math.inf}, "bias"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        ntk.kernel(**arguments)


@pytest.mark.parametrize("points", [[[1.0, 1.0]], [[math.nan, 1.0]], [1.0, 0.0], np.empty((0, 3))])
def test_points_off_the_sphere_are_refused(points: Any) -> None:
    with pytest.raises(ValueError, match="points"):
        ntk.kernel_matrix(points, 2)
