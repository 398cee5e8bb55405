"""Point sets and the spectra of kernel matrices on them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import eval_gegenbauer, eval_legendre

from kernlab.engine.numerics import ntk, point_sets, point_spectra

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "ntk.json").read_text("utf-8"))


def sobolev(points: point_sets.PointSet, degree: int, s: float) -> np.ndarray:
    """P_s on the points, W^½ P W^½."""
    dimension = points.dimension
    ell = np.arange(degree + 1)
    counts = np.diff([0, *(point_spectra._harmonics(k, dimension) for k in ell)])
    matrix = point_spectra.zonal_matrix(points.points, counts * (1.0 + ell) ** (2 * s))
    return point_spectra.weighted(matrix, points.weights)


@pytest.mark.parametrize(
    "points",
    [
        point_sets.random_sphere(50, 4, 1),
        point_sets.random_torus(50, 2, 1),
        point_sets.fibonacci(50),
        point_sets.gauss_grid(5),
        point_sets.circle(50),
        point_sets.torus_grid(5, 2),
        point_sets.from_rows(np.random.default_rng(0).normal(size=(9, 3)) * 1e200),
    ],
)
def test_points_are_of_length_one_and_weights_sum_to_one(points: point_sets.PointSet) -> None:
    assert np.abs(np.linalg.norm(points.points, axis=1) - 1).max() < 1e-14
    assert points.weights.sum() == pytest.approx(1, abs=1e-14)
    assert (points.weights > 0).all()


def test_gauss_grid_is_exact_to_its_degree() -> None:
    grid = point_sets.gauss_grid(6)
    other = np.array([0.36, 0.48, 0.8])
    for degree in range(1, grid.exact_degree + 1):
        assert abs(grid.weights @ eval_legendre(degree, grid.points @ other)) < 1e-14
    assert abs(grid.weights @ eval_legendre(12, grid.points @ other)) > 1e-5


def test_fibonacci_points_are_spread_evenly() -> None:
    found = point_sets.closeness(point_sets.fibonacci(400).points)
    assert found.smallest_angle > 3.0 / math.sqrt(400)  # sphere packing allows about 3.8/√n


@pytest.mark.parametrize("case", REFERENCE["matrix_kappa"][::4])
def test_smallest_angles_agree_with_the_reference_file(case: dict[str, float | str]) -> None:
    points = REFERENCE["points"][case["points_ref"]]
    assert point_sets.closeness(points).smallest_angle == pytest.approx(case["theta_min"], rel=1e-9)


def test_coincident_and_antipodal_points_are_counted() -> None:
    x = point_sets.random_sphere(40, 3, 2).points.copy()
    x[7], x[21], x[30] = x[3], x[3], -x[5]
    found = point_sets.closeness(x)
    assert (found.coincident, found.antipodal) == (3, 1)
    assert found.smallest_angle == 0 == found.smallest_to_antipode


def test_tiny_angles_are_found_to_their_own_digits() -> None:
    x = point_sets.random_sphere(30, 5, 3).points.copy()
    aside = x[1] - (x[1] @ x[0]) * x[0]
    x[9] = x[0] + 1e-9 * aside / np.linalg.norm(aside)
    assert point_sets.closeness(x).smallest_angle == pytest.approx(1e-9, rel=1e-6)


def test_coincident_points_make_the_matrix_singular() -> None:
    x = point_sets.random_sphere(20, 3, 2).points.copy()
    x[7] = x[3]
    found = point_spectra.condition_number(ntk.kernel_matrix(x, 4))
    assert found.singular
    assert math.isinf(found.error)


def test_antipodal_points_are_singular_for_abs_only() -> None:
    x = point_sets.random_sphere(20, 3, 2).points.copy()
    x[7] = -x[3]
    assert point_spectra.condition_number(ntk.kernel_matrix(x, 4, activation="abs")).singular
    assert not point_spectra.condition_number(ntk.kernel_matrix(x, 4)).singular


def test_many_antipodal_pairs_are_singular_for_two_relu_layers() -> None:
    # Its odd part has degree 1 only: d functions for n/2 odd combinations of points.
    x = point_sets.circle(40).points
    assert point_spectra.condition_number(ntk.kernel_matrix(x, 2)).singular
    assert not point_spectra.condition_number(ntk.kernel_matrix(x, 3)).singular


@pytest.mark.parametrize("case", REFERENCE["matrix_kappa"])
def test_the_error_bar_of_the_condition_number_holds(case: dict[str, float | str]) -> None:
    points = REFERENCE["points"][case["points_ref"]]
    matrix = ntk.kernel_matrix(points, int(case["affine_layers"]), activation=str(case["act"]))
    found = point_spectra.condition_number(matrix)
    # The file's own float64 is off by up to 4e-13 (60-digit entries agree with ours to 1e-15).
    assert abs(found.value / float(case["kappa"]) - 1) <= found.error + 1e-12
    assert found.error < 1e-9


def test_zonal_sums_agree_with_gegenbauer_polynomials() -> None:
    coefficients = np.random.default_rng(4).normal(size=12)
    for dimension in (2, 3, 7):
        x = point_sets.random_sphere(25, dimension, 6).points
        t = np.clip(x @ x.T, -1, 1)
        if dimension == 2:
            parts = [np.cos(k * np.arccos(t)) for k in range(12)]
        else:
            index = dimension / 2 - 1
            parts = [
                eval_gegenbauer(k, index, t) / eval_gegenbauer(k, index, 1.0) for k in range(12)
            ]
        wanted = np.tensordot(coefficients, parts, axes=1)
        assert np.abs(point_spectra.zonal_matrix(x, coefficients) - wanted).max() < 1e-7


def test_zonal_kernel_of_ones_projects() -> None:
    grid = point_sets.gauss_grid(8)
    projection = sobolev(grid, 5, 0.0)
    assert np.abs(projection @ projection - projection).max() < 1e-13
    assert np.trace(projection) == pytest.approx(36)


def test_degrees_for_counts_all_harmonics() -> None:
    assert point_spectra.degrees_for(200, 3) == 13  # (13 + 1)² = 196
    assert point_spectra.degrees_for(200, 2) == 99
    assert point_spectra.degrees_for(1, 50) == 0


def test_torus_matrix_is_the_sum_of_cosines() -> None:
    raw = np.random.default_rng(7).random((12, 2))
    modes = point_spectra.torus_modes(2, 2)
    multipliers = (1.0 + (modes**2).sum(axis=1)) ** 0.7
    wanted = np.zeros((12, 12))
    for k, m in zip(modes, multipliers, strict=True):
        wanted += m * np.cos(2 * np.pi * (raw[:, None] - raw) @ k)
    found = point_spectra.torus_matrix(point_sets.embed(raw), modes, multipliers)
    assert np.abs(found - wanted).max() < 1e-11


def test_matrices_commute_on_exact_grids_and_on_no_others() -> None:
    def commutator(points: point_sets.PointSet, degree: int, kernel: np.ndarray) -> float:
        matrix = point_spectra.weighted(kernel, points.weights)
        return point_spectra.relative_commutator(matrix, sobolev(points, degree, 1.0))

    circle = point_sets.circle(60)
    assert commutator(circle, 20, ntk.kernel_matrix(circle.points, 3)) < 1e-14
    gauss = point_sets.gauss_grid(8)
    polynomial = point_spectra.zonal_matrix(gauss.points, 1.0 / (1.0 + np.arange(8.0)) ** 2)
    assert commutator(gauss, 7, polynomial) < 1e-14
    fibonacci = point_sets.fibonacci(200)
    assert 1e-3 < commutator(fibonacci, 13, ntk.kernel_matrix(fibonacci.points, 3)) < 0.05
    drawn = point_sets.random_sphere(200, 3, 0)
    assert 0.15 < commutator(drawn, 13, ntk.kernel_matrix(drawn.points, 3)) < 0.4


def test_eigenvalues_multiply_where_matrices_commute() -> None:
    circle = point_sets.circle(40)
    kernel = point_spectra.weighted(ntk.kernel_matrix(circle.points, 3), circle.weights)
    assert point_spectra.product_eigenvalues(kernel, sobolev(circle, 19, 1.0)).difference < 1e-12
    drawn = point_sets.random_sphere(40, 3, 0)
    kernel = point_spectra.weighted(ntk.kernel_matrix(drawn.points, 3), drawn.weights)
    assert point_spectra.product_eigenvalues(kernel, sobolev(drawn, 5, 1.0)).difference > 0.05


def test_an_exact_affine_relation_is_recovered() -> None:
    angles = np.linspace(0.5, 3.0, 300)
    fit = point_spectra.inverse_cosine_fit(angles, 3)
    assert fit.r2 == pytest.approx(np.corrcoef(fit.distance, fit.kernel)[0, 1] ** 2, rel=1e-10)
    line = np.polyfit(fit.distance, fit.kernel, 1)
    assert (fit.slope, fit.intercept) == pytest.approx(tuple(line), rel=1e-9)


def test_the_slope_on_inverse_cosine_distance_tends_to_three_eighths_of_pi() -> None:
    fit = point_spectra.inverse_cosine_fit(np.linspace(1.0, 2.0, 200), 1000)
    assert fit.slope == pytest.approx(3 * math.pi / 8, rel=0.01)
    assert fit.r2 > 0.999


def test_coincident_pairs_are_left_out_of_the_fit() -> None:
    fit = point_spectra.inverse_cosine_fit([0.0, 1.0, 2.0], 3)
    assert fit.distance.size == 2
    assert math.isnan(point_spectra.inverse_cosine_fit([1.0, 1.0], 3).r2)


def test_pair_angles_keep_tiny_angles() -> None:
    x = np.array([[1.0, 0.0], [math.cos(1e-9), math.sin(1e-9)], [-1.0, 0.0]])
    assert point_spectra.pair_angles(x, [0, 0], [1, 2]) == pytest.approx([1e-9, math.pi], rel=1e-12)


def test_condition_tends_to_one_plus_a_third_of_n() -> None:
    drawn = point_sets.random_sphere(100, 50, 1).points
    ratios = [
        point_spectra.condition_number(ntk.kernel_matrix(drawn, depth)).value / (1 + 100 / 3)
        for depth in (100, 1000)
    ]
    assert 1.0 < ratios[1] < 1.03 < ratios[0]


def test_random_points_are_uniform_and_a_cap_is_not() -> None:
    drawn = point_sets.random_sphere(300, 3, 8).points
    assert max(abs(point_spectra.uniformity(drawn, degree)) for degree in range(1, 6)) < 5
    cap = drawn * np.sign(drawn[:, :1])
    assert point_spectra.uniformity(cap, 1) > 20


def test_uniformity_is_the_mean_legendre_polynomial_over_its_spread() -> None:
    x = point_sets.random_sphere(50, 3, 8).points
    for degree in (1, 4):
        mean = eval_legendre(degree, x @ x.T).sum() / 50
        expected = (mean - 1) / math.sqrt(2 / (2 * degree + 1))
        assert point_spectra.uniformity(x, degree) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("n", "dimension", "degree"), [(3, 2, 7), (5, 3, 20), (2, 40, 3)])
def test_operations_of_the_recurrence_are_counted(n: int, dimension: int, degree: int) -> None:
    # An entry: 2d − 1 for x·y, 2 for degrees 0 and 1, then 6 a degree; no product with P_0 = 1.
    expected = n * n * (2 * dimension - 1 + 2 + 6 * (degree - 1) - 1)
    assert point_spectra.zonal_operations(n, dimension, degree) == expected


def test_operator_list_repeats_and_sorts() -> None:
    found = point_spectra.operator_list(np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0, 1e30]), 4)
    assert found.tolist() == [3, 3, 2, 2]
    short = point_spectra.operator_list(np.array([2.0]), np.array([1.0]), 3)
    assert short[0] == 2
    assert np.isnan(short[1:]).all()


@pytest.mark.parametrize(
    ("rows", "said"), [([[0.0, 0.0]], "zeros"), ([[math.nan, 1.0]], "NaN"), ([[1.0]], "shape")]
)
def test_bad_rows_are_refused(rows: list[list[float]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        point_sets.from_rows(rows)


def test_bad_matrices_are_refused() -> None:
    with pytest.raises(ValueError, match="matrix"):
        point_spectra.condition_number([[1.0, 2.0]])
