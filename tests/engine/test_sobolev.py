"""κ(T_s), the best exponent, and gradient flow: errata N13, brute force, closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp
from scipy.optimize import minimize_scalar
from scipy.special import eval_gegenbauer

from kernlab.engine.numerics import learning, sobolev, torus


def torus_envelope(n: int, dimension: int, form: str) -> sobolev.Envelope:
    octant = torus.octant_eigenvalues(3, dimension, n)
    shells = sobolev.shells(octant, torus.octant_squares(n, dimension))
    return shells.envelope(torus.sobolev_base(shells.squares, form))


@pytest.mark.parametrize(
    ("n", "dimension", "form", "s", "condition", "without"),
    [
        (256, 1, "1+|k|^2", 1.0327, 3.853, 28367),
        (64, 2, "1+|k|^2", 1.5219, 8.165, 153350),
        (256, 1, "(1+|k|)^2", 1.117, 4.92, 28367),
        (256, 1, "1+4pi^2|k|^2", 0.797, 11.6, 28367),
    ],
)
def test_errata_n13(
    n: int, dimension: int, form: str, s: float, condition: float, without: float
) -> None:
    found = torus_envelope(n, dimension, form)
    best = sobolev.best(found)
    assert best.s == pytest.approx(s, abs=0.5 * 10.0 ** -len(str(s).partition(".")[2]))
    digits = len(str(condition).partition(".")[2])
    assert best.condition == pytest.approx(condition, abs=0.51 * 10.0**-digits)
    assert math.exp(sobolev.log_condition(found, 0.0)) == pytest.approx(without, abs=0.51)


@pytest.mark.parametrize(("n", "dimension"), [(256, 1), (64, 2), (16, 3)])
def test_condition_of_the_sobolev_operator(n: int, dimension: int) -> None:
    multiplier = torus.sobolev_multiplier(n, dimension, 1.7)
    closed = (1 + dimension * (n / 2) ** 2) ** 1.7
    assert multiplier.max() / multiplier.min() == pytest.approx(closed, rel=1e-13)
    squares = torus.octant_squares(n, dimension)
    assert math.exp(sobolev.log_largest(squares, "1+|k|^2", 1.7)) == pytest.approx(closed)


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.floats(1e-8, 10.0), st.floats(1.0, 1e4)), min_size=1, max_size=30),
    s=st.floats(-3.0, 6.0),
)
def test_envelope_is_brute_force(pairs: list[tuple[float, float]], s: float) -> None:
    values, bases = np.array(pairs).T
    found = sobolev.envelope(values, bases)
    composite = np.log(values) + s * np.log(bases)
    expected = composite.max() - composite.min()
    assert float(sobolev.log_condition(found, s)) == pytest.approx(expected, abs=1e-9)
    best = sobolev.best(found)
    for other in np.linspace(0.0, 6.0, 61):
        spread = np.ptp(np.log(values) + other * np.log(bases))
        assert math.log(best.condition) <= spread + 1e-9


def test_best_is_what_a_minimizer_finds() -> None:
    found = torus_envelope(40, 2, "1+|k|^2")
    searched = minimize_scalar(
        lambda s: float(sobolev.log_condition(found, s)), bounds=(0, 6), method="bounded",
        options={"xatol": 1e-9},
    )  # fmt: skip
    assert sobolev.best(found).s == pytest.approx(searched.x, abs=1e-6)


def test_zeros_are_left_out() -> None:
    found = sobolev.envelope([4.0, 0.0, 1.0], [1.0, 7.0, 4.0])
    assert sobolev.best(found) == pytest.approx((1.0, 1.0))
    octant = torus.octant_eigenvalues(2, 1, 32)
    assert sobolev.shells(octant, torus.octant_squares(32, 1)).left_out == 7


def test_nothing_to_condition() -> None:
    with pytest.raises(ValueError, match="no positive entry"):
        sobolev.envelope([0.0, 0.0], [1.0, 2.0])
    with pytest.raises(ValueError, match=r"base holds 0\.0"):
        sobolev.envelope([1.0, 1.0], [0.0, 2.0])
    with pytest.raises(ValueError, match="2 entries and base 1"):
        sobolev.envelope([1.0, 1.0], [2.0])
    with pytest.raises(ValueError, match="no eigenvalue above"):
        sobolev.shells(np.ones(3), np.arange(3), floor=2.0)


@pytest.mark.parametrize("dimension", [2, 3, 4, 7, 50])
def test_zonal_polynomials_are_gegenbauers(dimension: int) -> None:
    angles = np.linspace(0.0, np.pi, 41)
    found = learning.zonal(dimension, 12, angles)
    for degree in range(13):
        if dimension == 2:
            expected = np.cos(degree * angles)
        else:
            index = dimension / 2 - 1
            expected = eval_gegenbauer(degree, index, np.cos(angles)) / eval_gegenbauer(
                degree, index, 1.0
            )
        assert found[:, degree] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("dimension", [2, 3, 6])
@pytest.mark.parametrize("edge", [1.1, 2.0])
def test_cap_coefficients_are_integrals(dimension: int, edge: float) -> None:
    found = learning.cap_coefficients(dimension, 7, edge)
    for degree in (0, 1, 2, 7):

        def weighted(angle: float, power: int, degree: int = degree) -> float:
            value = learning.zonal(dimension, degree, np.array([angle]))[0, degree]
            return float(value**power * math.sin(angle) ** (dimension - 2))

        inside, _ = quad(weighted, 0.0, edge, args=(1,))
        square, _ = quad(weighted, 0.0, np.pi, args=(2,))
        assert found[degree] == pytest.approx(inside / square, abs=1e-9)


def test_poisson_bump_is_summed() -> None:
    angles = np.linspace(0.0, np.pi, 9)
    radius, d = 0.5, 5
    bump = (1 - radius**2) / (1 - 2 * radius * np.cos(angles) + radius**2) ** (d / 2)
    series = learning.zonal(d, 120, angles) @ learning.poisson_coefficients(d, 120, radius)
    assert series == pytest.approx(bump / bump[0], abs=1e-12)


def test_blurred_cap_stays_between_zero_and_one() -> None:
    for dimension in (2, 3, 10):
        found = learning.cap_coefficients(dimension, 300, 1.0, blur=2e-3)
        values = learning.zonal(dimension, 300, np.linspace(0.0, np.pi, 181)) @ found
        assert values.min() >= -1e-9 and values.max() <= 1.0 + 1e-9


def flowed(kernel: Any, operator: Any, target: Any, rate: float, time: float) -> Any:
    flow = learning.matrix_flow(kernel, operator, target)
    return flow.modes @ learning.learned(flow.speeds, rate, time)


@pytest.mark.parametrize(("kernel_rank", "operator_rank"), [(6, 6), (4, 6), (6, 3), (4, 3)])
def test_flow_of_matrices_solves_its_equation(kernel_rank: int, operator_rank: int) -> None:
    rng = np.random.default_rng(3)
    root, other = rng.standard_normal((6, kernel_rank)), rng.standard_normal((6, operator_rank))
    kernel, operator, target = root @ root.T, other @ other.T, rng.standard_normal(6)
    found = flowed(kernel, operator, target, rate=0.1, time=0.7)
    flow = solve_ivp(
        lambda t, r: -0.1 * kernel @ operator @ r, (0.0, 0.7), target, rtol=1e-11, atol=1e-13,
        method="LSODA",
    )  # fmt: skip
    assert found == pytest.approx(target - flow.y[:, -1], abs=1e-8)


def test_flow_on_a_torus_grid_is_learned_by_frequencies() -> None:
    n, rate, time = 16, 0.3, 5.0
    octant, multiplier = torus.eigenvalues(3, 1, n) / n, torus.sobolev_multiplier(n, 1, 0.8)
    circulant = (np.arange(n)[:, None] - np.arange(n)) % n
    kernel, operator = (np.fft.ifft(v).real[circulant] for v in (octant, multiplier))
    target = np.random.default_rng(1).standard_normal(n)
    share = learning.learned(octant * multiplier, rate, time)
    exact = np.fft.ifft(share * np.fft.fft(target)).real
    assert flowed(kernel, operator, target, rate, time) == pytest.approx(exact, abs=1e-12)
    assert share + learning.left(octant * multiplier, rate, time) == pytest.approx(1.0, abs=1e-15)


def test_a_flow_that_learns_nothing_has_no_modes() -> None:
    assert flowed(np.eye(3), np.zeros((3, 3)), np.ones(3), 1.0, 1e8).tolist() == [0, 0, 0]


def test_matrices_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"sobolev \(2, 2\)"):
        learning.matrix_flow(np.eye(3), np.eye(2), np.ones(3))


@pytest.mark.parametrize(("rate", "time", "named"), [(-1.0, 1.0, "rate"), (1.0, math.nan, "time")])
def test_bad_times(rate: float, time: float, named: str) -> None:
    with pytest.raises(ValueError, match=f"{named} is"):
        learning.left([1.0], rate, time)


def test_bad_targets() -> None:
    with pytest.raises(ValueError, match="dimension is 1"):
        learning.zonal(1, 3, [0.0])
    with pytest.raises(ValueError, match="angle is 4"):
        learning.cap_coefficients(3, 3, 4.0)
    with pytest.raises(ValueError, match="radius is 1"):
        learning.poisson_coefficients(3, 3, 1.0)
