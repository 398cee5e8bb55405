"""Weight-space regression: against dense solves, references, and itself."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from kernlab.engine.numerics.features import Frequencies, fourier_features, gaussian_frequencies
from kernlab.engine.numerics.weight_space import (
    WeightSpace,
    normal_equations,
    normal_equations_in_slices,
    starvation,
)

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "regression.json").read_text(encoding="utf-8")
)
TOLERANCE = REFERENCE["tolerance"]


def gapped_sine(
    seed: int, n: int, gap: list[float], noise_sd: float
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the data of the reference file, in the order of its own generator."""
    rng = np.random.default_rng(seed)
    half = 2.0 * np.pi
    left, right = gap[0] + half, half - gap[1]
    along = rng.random(n) * (left + right)
    x = np.sort(np.where(along < left, along - half, gap[1] + (along - left)))
    return x, np.sin(x) + noise_sd * rng.standard_normal(n)


def features_of(frequencies: Frequencies) -> Any:
    return partial(fourier_features, frequencies=frequencies)


def fit(features: Any, x: np.ndarray, y: np.ndarray) -> WeightSpace:
    return WeightSpace(*normal_equations(features, x, np.ones_like(x), y))


def kernel(x: np.ndarray, z: np.ndarray, lengthscale: float) -> np.ndarray:
    return np.exp(-0.5 * (np.subtract.outer(x, z) / lengthscale) ** 2)


def dense_posterior(
    x: np.ndarray, y: np.ndarray, query: np.ndarray, lengthscale: float, ridge: float
) -> tuple[np.ndarray, np.ndarray]:
    system = kernel(x, x, lengthscale)
    system[np.diag_indices_from(system)] += ridge
    cross = kernel(query, x, lengthscale)
    solution = np.linalg.solve(system, np.column_stack([y, cross.T]))
    variance = 1.0 - np.einsum("pn,np->p", cross, solution[:, 1:])
    return cross @ solution[:, 0], np.sqrt(variance)


@pytest.mark.parametrize("case", REFERENCE["starvation"], ids=lambda case: case["name"])
def test_starvation_of_the_reference_cases(case: dict[str, Any]) -> None:
    x, y = gapped_sine(case["data_seed"], case["n"], case["gap"], case["noise_sd"])
    query = np.linspace(*case["gap"], 201)
    random = features_of(
        gaussian_frequencies(case["m"], 1, case["lengthscale"], kind="iid", rng=case["freq_seed"])
    )
    mean, sd = fit(random, x, y).posterior(random(query), case["alpha"])
    if case["n"] <= 2500:
        exact_mean, exact_sd = dense_posterior(x, y, query, case["lengthscale"], case["alpha"])
    else:  # 100 Gauss-Hermite nodes are the exact kernel over this domain
        rule = features_of(
            gaussian_frequencies(100, 1, case["lengthscale"], kind="gauss-hermite", rng=0)
        )
        exact_mean, exact_sd = fit(rule, x, y).posterior(rule(query), case["alpha"])
    tolerance = TOLERANCE["sd_rel"]
    assert starvation(sd, exact_sd) == pytest.approx(case["rho_gap"], rel=2 * tolerance)
    assert np.min(sd / exact_sd) == pytest.approx(case["min_sd_ratio"], rel=tolerance)
    assert sd[100] == pytest.approx(case["sd_approx_centre"], rel=tolerance)
    assert exact_sd[100] == pytest.approx(case["sd_exact_centre"], rel=tolerance)
    rmse = np.sqrt(np.mean((mean - exact_mean) ** 2))
    assert rmse == pytest.approx(case["mean_rmse_gap"], abs=TOLERANCE["mean_abs"])


@pytest.mark.parametrize(("dataset", "edge"), [(0, np.pi), (1, np.pi / 2)])
def test_table_2_of_the_source_is_reproduced(dataset: int, edge: float) -> None:
    x = np.linspace(-2.0 * np.pi, 2.0 * np.pi, 5000)
    x = x[np.abs(x) > edge]
    computed = REFERENCE["paper000_table2"]["computed"]
    exact = features_of(gaussian_frequencies(100, 1, 1.0, kind="gauss-hermite", rng=0))
    assert fit(exact, x, x).condition(0.01) == pytest.approx(computed["exact"][dataset], rel=1e-6)
    collapsed = features_of(gaussian_frequencies(25, 1, 1.0, kind="unit", rng=0).scaled(2.0))
    condition = fit(collapsed, x, x).condition(1e-3)
    assert condition == pytest.approx(computed["performer"][dataset], rel=1e-6)


@pytest.mark.parametrize(
    ("lengthscale", "m", "ridge"), [(1.0, 110, 0.01), (2.0, 60, 1e-3), (0.5, 360, 0.01)]
)
def test_gauss_hermite_features_give_the_exact_posterior(
    lengthscale: float, m: int, ridge: float
) -> None:
    x, y = gapped_sine(5, 300, [-np.pi, np.pi], 0.1)
    query = np.linspace(-2.0 * np.pi, 2.0 * np.pi, 101)
    rule = features_of(gaussian_frequencies(m, 1, lengthscale, kind="gauss-hermite", rng=0))
    mean, sd = fit(rule, x, y).posterior(rule(query), ridge)
    exact_mean, exact_sd = dense_posterior(x, y, query, lengthscale, ridge)
    assert mean == pytest.approx(exact_mean, abs=1e-8)
    assert sd == pytest.approx(exact_sd, abs=1e-8)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**31),
    n=st.integers(1, 30),
    width=st.integers(1, 30),
    log_ridge=st.floats(-4.0, 2.0),
)
def test_primal_and_dual_agree(seed: int, n: int, width: int, log_ridge: float) -> None:
    rng, ridge = np.random.default_rng(seed), 10.0**log_ridge
    z, y = rng.standard_normal((n, width)), rng.standard_normal(n)
    query = rng.standard_normal((7, width))
    mean, sd = WeightSpace(z.T @ z, z.T @ y).posterior(query, ridge)
    system = z @ z.T + ridge * np.eye(n)
    dual = np.linalg.solve(system, np.column_stack([y, z @ query.T]))
    assert mean == pytest.approx(query @ z.T @ dual[:, 0], abs=1e-8)
    variance = np.sum(query**2, axis=1) - np.einsum("pn,np->p", query @ z.T, dual[:, 1:])
    assert sd**2 == pytest.approx(variance, abs=1e-8)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**31), log_ridge=st.floats(-12.0, 6.0))
def test_more_data_never_raise_the_variance(seed: int, log_ridge: float) -> None:
    rng, ridge = np.random.default_rng(seed), 10.0**log_ridge
    features = features_of(gaussian_frequencies(6, 1, 1.0, kind="iid", rng=seed))
    x, query = rng.uniform(-3.0, 3.0, 40), np.linspace(-4.0, 4.0, 30)
    phi = features(query)
    few, many = (fit(features, part, part).posterior(phi, ridge).sd for part in (x[:10], x))
    slack = 1e-7 + np.sqrt(np.finfo(float).eps * 80.0)
    assert np.all(many <= few + slack)
    assert np.all(few <= 1.0 + slack)


def test_the_mean_is_ridge_regression_of_scikit_learn() -> None:
    x, y = gapped_sine(6, 200, [-1.0, 1.0], 0.1)
    features = features_of(gaussian_frequencies(15, 1, 1.0, kind="iid", rng=2))
    query = np.linspace(-6.0, 6.0, 50)
    theirs = Ridge(alpha=0.05, fit_intercept=False, solver="svd").fit(features(x), y)
    mean = fit(features, x, y).posterior(features(query), 0.05).mean
    assert mean == pytest.approx(theirs.predict(features(query)), abs=1e-9)


def test_counted_nodes_stand_for_repeated_points() -> None:
    rng = np.random.default_rng(7)
    x, counts = rng.uniform(-3.0, 3.0, 60), rng.integers(0, 5, 60)
    repeated = np.repeat(x, counts)
    y = np.cos(repeated)
    features = features_of(gaussian_frequencies(5, 1, 1.0, kind="iid", rng=1))
    raw = normal_equations(features, repeated, np.ones_like(repeated), y)
    condensed = normal_equations(features, x, counts, counts * np.cos(x))
    assert condensed.gram == pytest.approx(raw.gram, abs=1e-12)
    assert condensed.projection == pytest.approx(raw.projection, abs=1e-12)


def test_negative_weights_are_summed_as_they_are() -> None:
    rng = np.random.default_rng(8)
    x, weight, weighted_y = rng.uniform(-3, 3, 500), rng.normal(1, 1, 500), rng.normal(0, 1, 500)
    features = features_of(gaussian_frequencies(5, 1, 1.0, kind="iid", rng=1))
    gram, projection = normal_equations(features, x, weight, weighted_y)
    phi = features(x)
    assert weight.min() < 0.0
    assert np.array_equal(gram, gram.T)
    assert gram == pytest.approx(phi.T @ np.diag(weight) @ phi, abs=1e-11)
    assert projection == pytest.approx(phi.T @ weighted_y, abs=1e-12)


def test_slices_end_in_the_whole_and_report_progress() -> None:
    rng = np.random.default_rng(9)
    x, y = rng.uniform(-3.0, 3.0, 3000), rng.standard_normal(3000)
    features = features_of(gaussian_frequencies(100, 1, 1.0, kind="iid", rng=1))
    steps = list(normal_equations_in_slices(features, x, np.ones_like(x), y))
    fractions = [fraction for fraction, _ in steps]
    phi = features(x)
    assert len(steps) > 3
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert steps[-1][1].gram == pytest.approx(phi.T @ phi, abs=1e-10)
    assert steps[-1][1].projection == pytest.approx(phi.T @ y, abs=1e-11)


@pytest.mark.parametrize("ridge", [1e-12, 1e-6, 1e-2])
def test_repeated_features_are_one_feature_of_the_same_kernel(ridge: float) -> None:
    x, y = gapped_sine(10, 400, [-np.pi, np.pi], 0.1)
    query = np.linspace(-3.0, 3.0, 41)
    repeated = features_of(gaussian_frequencies(40, 1, 1.0, kind="unit", rng=0))
    single = features_of(Frequencies(np.array([[1.0]]), np.array([1.0])))
    many, one = fit(repeated, x, y), fit(single, x, y)
    mean, sd = many.posterior(repeated(query), ridge)
    expected_mean, expected_sd = one.posterior(single(query), ridge)
    assert mean == pytest.approx(expected_mean, abs=1e-9 + 20 * many.rounding_error(ridge))
    assert np.all(np.isfinite(sd))
    assert sd == pytest.approx(
        expected_sd, rel=1e-6, abs=np.sqrt(many.rounding_error(ridge) * ridge)
    )
    assert np.all(many.eigenvalues() >= 0.0)
    assert many.condition(ridge) == pytest.approx(1.0 + many.eigenvalues()[0] / ridge, rel=1e-9)


def test_eigenvalues_condition_and_degrees_of_freedom() -> None:
    rng = np.random.default_rng(11)
    vectors, _ = np.linalg.qr(rng.standard_normal((4, 4)))
    space = WeightSpace((vectors * [8.0, 3.0, 1.0, 0.5]) @ vectors.T, np.zeros(4))
    assert space.eigenvalues() == pytest.approx([8.0, 3.0, 1.0, 0.5], rel=1e-13)
    assert space.condition(0.5) == pytest.approx(8.5, rel=1e-13)
    dof = 8 / 8.5 + 3 / 3.5 + 1 / 1.5 + 0.5
    assert space.effective_dof(0.5) == pytest.approx(dof, rel=1e-13)


def test_fixed_features_starve_as_data_accumulate() -> None:
    x, y = gapped_sine(12, 6400, [-np.pi, np.pi], 0.1)
    query = np.linspace(-np.pi, np.pi, 201)
    exact = features_of(gaussian_frequencies(100, 1, 1.0, kind="gauss-hermite", rng=0))
    few = features_of(gaussian_frequencies(25, 1, 1.0, kind="iid", rng=3))
    index = []
    for n in (100, 6400):
        part = np.random.default_rng(0).permutation(6400)[:n]
        sd_exact = fit(exact, x[part], y[part]).posterior(exact(query), 0.01).sd
        sd_few = fit(few, x[part], y[part]).posterior(few(query), 0.01).sd
        index.append(starvation(sd_few, sd_exact))
    assert index[1] < index[0] < 1.0
    assert starvation(sd_exact, sd_exact) == pytest.approx(1.0, rel=1e-15)


def test_bad_arguments_are_named() -> None:
    features = features_of(gaussian_frequencies(3, 1, 1.0, kind="iid", rng=0))
    ones = np.ones(4)
    with pytest.raises(ValueError, match=r"weight has length 3: must be 4"):
        normal_equations(features, ones, np.ones(3), ones)
    with pytest.raises(ValueError, match="weighted_y holds 1 entries that are nan"):
        normal_equations(features, ones, ones, [1.0, np.nan, 0.0, 0.0])
    with pytest.raises(ValueError, match=r"x has shape \(2, 2\)"):
        normal_equations(features, np.ones((2, 2)), ones, ones)
    with pytest.raises(ValueError, match="x is empty"):
        normal_equations(features, [], [], [])
    with pytest.raises(ValueError, match=r"features\(x\) has shape \(1,\)"):
        normal_equations(lambda x: x, ones, ones, ones)
    with pytest.raises(ValueError, match="gram has shape"):
        WeightSpace(np.ones((2, 3)), np.ones(2))
    with pytest.raises(ValueError, match="gram holds"):
        WeightSpace([[np.inf]], [1.0])
    space = WeightSpace(np.eye(2), np.ones(2))
    with pytest.raises(ValueError, match=r"ridge = 0\.0"):
        space.posterior(np.ones((1, 2)), 0.0)
    with pytest.raises(ValueError, match=r"phi_query has shape \(1, 3\): must be \(p, 2\)"):
        space.posterior(np.ones((1, 3)), 1.0)
    with pytest.raises(ValueError, match="sd_exact is zero"):
        starvation([1.0], [0.0])
    with pytest.raises(ValueError, match="sd_approx has length 2"):
        starvation([1.0, 1.0], [1.0])
