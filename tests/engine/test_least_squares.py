"""Least squares as attention: weights, criteria, kernels and heads against independent oracles."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes
from sklearn.decomposition import PCA
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, Ridge

from kernlab.assets import resource
from kernlab.engine.numerics import (
    kernel_smoother,
    least_squares,
    smoother_criteria,
    sobolev_regression,
    stacking,
)
from kernlab.engine.numerics import spectral_smoother as smoother
from kernlab.engine.numerics.steps import drain

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "reference" / "attention.json").read_text()
)["ols"]
LAMBDAS = [entry["lam"] for entry in REFERENCE["ridge"]]


def diabetes() -> tuple[Any, Any, Any, Any]:
    """The split of the reference: first 342 rows train, the rest test, z-scored."""
    x, y = load_diabetes(scaled=False, return_X_y=True)
    train, test = x[:342], x[342:]
    mean, scale = train.mean(0), train.std(0)
    return (train - mean) / scale, (test - mean) / scale, y[:342], y[342:]


def random_problem(n: int, p: int, seed: int = 0) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, p)), rng.standard_normal((7, p)), rng.standard_normal(n)


# -- the reference ------------------------------------------------------------------------------


@pytest.mark.parametrize("ridge", [0.0, 1e-12, 3.0, 1e300])
def test_filters_and_what_they_leave_are_exact(ridge: float) -> None:
    eigenvalues = np.array([1e12, 1.0, 1e-300])
    exact = [Fraction(ridge) / (Fraction(mu) + Fraction(ridge)) for mu in eigenvalues.tolist()]
    shrinkage, residue = smoother.ridge_filters(eigenvalues, ridge)
    assert residue == pytest.approx([float(share) for share in exact], rel=1e-15, abs=0)
    assert shrinkage == pytest.approx([float(1 - share) for share in exact], rel=1e-15, abs=0)
    assert np.array_equal(shrinkage, smoother.ridge_shrinkage(eigenvalues, ridge))
    for one, several in zip((shrinkage, residue),
                            smoother.ridge_filters(eigenvalues, np.array([1.0, ridge])),
                            strict=True):  # fmt: skip
        assert several.shape == (2, 3) and np.array_equal(several[1], one)


def test_least_squares_of_the_reference() -> None:
    x, t, y, y_test = diabetes()
    weights = least_squares.attention_weights(x, t, intercept=True)
    assert (weights @ y)[:5] == pytest.approx(REFERENCE["pred_first5"], rel=1e-12)
    assert weights[0, :5] == pytest.approx(REFERENCE["weights_row0_first5"], rel=1e-9)
    assert np.mean(weights < 0) == REFERENCE["neg_fraction"]
    assert weights.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    assert math.sqrt(np.mean((weights @ y - y_test) ** 2)) == pytest.approx(
        REFERENCE["test_rmse_ols"], rel=1e-12
    )
    leverage = 1 / 342 + np.einsum("ij,ij->i", t @ np.linalg.inv(x.T @ x), t)
    assert np.square(weights).sum(axis=1) == pytest.approx(leverage, abs=1e-12)
    without = least_squares.attention_weights(x, t)
    assert without.sum(axis=1) == pytest.approx(0.0, abs=1e-12)


def test_the_spectrum_of_the_reference() -> None:
    x, _, _, _ = diabetes()
    found = smoother.factor(x, intercept=True)
    assert found.eigenvalues / 342 == pytest.approx(REFERENCE["eig_ZtZ_over_n"], rel=1e-11)
    primal, dual = (smoother.condition(found.eigenvalues, 10.0, dual=d, rows=342, columns=10)
                    for d in (False, True))  # fmt: skip
    assert primal == pytest.approx(REFERENCE["null_eigs_of_KKt"]["kappa_primal_lam10"], rel=1e-11)
    assert dual == pytest.approx(REFERENCE["null_eigs_of_KKt"]["kappa_lam10"], rel=1e-11)
    squares = smoother.ridge_shrinkage(found.eigenvalues, 10.0) ** 2
    assert squares[:5] == pytest.approx(REFERENCE["S_lambda10_train"]["eig_top5"], rel=1e-11)


@pytest.mark.parametrize("entry", REFERENCE["ridge"], ids=lambda e: f"{e['lam']:g}")
def test_ridge_of_the_reference(entry: Any) -> None:
    x, t, y, y_test = diabetes()
    weights = least_squares.attention_weights(x, t, ridge=entry["lam"], intercept=True)
    assert (weights @ y)[0] == pytest.approx(entry["pred0"], rel=1e-12)
    assert math.sqrt(np.mean((weights @ y - y_test) ** 2)) == pytest.approx(
        entry["rmse"], rel=1e-12
    )
    dof = least_squares.effective_dof(x, ridge=entry["lam"], intercept=True)
    assert dof == pytest.approx(entry["df"] + 1, rel=1e-11)
    score = least_squares.gcv(x, y, ridge=entry["lam"], intercept=True)
    assert score == pytest.approx(entry["gcv"], rel=1e-11)


def test_the_best_gcv_of_the_reference() -> None:
    x, _, y, _ = diabetes()
    found = smoother.factor(x, intercept=True)
    embedding = smoother.embedding_of(found, x[:0])
    grid = np.logspace(-2, 4, 601)
    filters = smoother.ridge_filters(found.eigenvalues, grid)
    scores = smoother_criteria.criteria(embedding, y, *filters)
    best = int(np.argmin(scores.gcv))
    assert grid[best] == pytest.approx(REFERENCE["gcv_min"]["lam"])
    assert scores.gcv[best] == pytest.approx(REFERENCE["gcv_min"]["gcv"], rel=1e-12)


# -- scikit-learn and definitions ---------------------------------------------------------------


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("shape", [(40, 6), (12, 30), (20, 20)])
@pytest.mark.parametrize("ridge", [0.0, 0.3, 100.0])
def test_predictions_are_those_of_scikit_learn(
    shape: tuple[int, int], ridge: float, intercept: bool
) -> None:
    x, t, y = random_problem(*shape)
    model = (Ridge(ridge, fit_intercept=intercept, solver="svd") if ridge
             else LinearRegression(fit_intercept=intercept))  # fmt: skip
    expected = model.fit(x, y).predict(t)
    weights = least_squares.attention_weights(x, t, ridge=ridge, intercept=intercept)
    assert weights @ y == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("shape", [(25, 4), (9, 14), (12, 12)])
@pytest.mark.parametrize("ridge", [0.0, 1e-3, 5.0])
def test_leave_one_out_is_that_of_refits(
    shape: tuple[int, int], ridge: float, intercept: bool
) -> None:
    x, _, y = random_problem(*shape)
    found = least_squares.leave_one_out(x, y, ridge=ridge, intercept=intercept)
    for i in range(len(y)):
        rest = np.arange(len(y)) != i
        weights = least_squares.attention_weights(
            x[rest], x[i : i + 1], ridge=ridge, intercept=intercept
        )
        assert found[i] == pytest.approx(y[i] - (weights @ y[rest])[0], rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("intercept", [True, False])
def test_gcv_is_its_definition(intercept: bool) -> None:
    x, _, y = random_problem(30, 8)
    for ridge in (0.0, 0.1, 20.0):
        hat = least_squares.attention_weights(x, x, ridge=ridge, intercept=intercept)
        left = np.eye(30) - hat
        expected = np.mean((left @ y) ** 2) / (np.trace(left) / 30) ** 2
        assert least_squares.gcv(x, y, ridge=ridge, intercept=intercept) == pytest.approx(expected)
        assert least_squares.effective_dof(x, ridge=ridge, intercept=intercept) == pytest.approx(
            np.trace(hat)
        )


def test_gcv_without_anything_left_over_is_no_number() -> None:
    x, _, y = random_problem(8, 8)
    assert math.isnan(least_squares.gcv(x, y, ridge=0.0))


def test_principal_component_regression_is_pca_then_least_squares() -> None:
    x, t, y = random_problem(50, 9)
    found = smoother.factor(x, intercept=True)
    for rank in (1, 4, 9):
        kept = (np.arange(found.rank) < rank).astype(float)
        ours = smoother.embedding_of(found, t).predict(y, kept[None])[:, 0]
        pca = PCA(rank).fit(x)
        model = LinearRegression().fit(pca.transform(x), y)
        assert ours == pytest.approx(model.predict(pca.transform(t)), abs=1e-10)


def test_kernel_ridge_is_that_of_scikit_learn() -> None:
    x, t, y = random_problem(40, 3)
    gram = kernel_smoother.gaussian_kernel(x, x, 1.5)
    cross = kernel_smoother.gaussian_kernel(t, x, 1.5)
    embedding = kernel_smoother.kernel_embedding(gram, cross, intercept=False)
    shrinkage = smoother.ridge_shrinkage(embedding.eigenvalues, 0.2)
    model = KernelRidge(alpha=0.2, kernel="rbf", gamma=0.5 / 1.5**2).fit(x, y)
    assert embedding.weights(shrinkage) @ y == pytest.approx(model.predict(t), abs=1e-10)


def test_kernel_ridge_with_an_intercept_solves_its_own_problem() -> None:
    x, t, y = random_problem(20, 2)
    gram = kernel_smoother.gaussian_kernel(x, x, 1.0)
    cross = kernel_smoother.gaussian_kernel(t, x, 1.0)
    embedding = kernel_smoother.kernel_embedding(gram, cross, intercept=True)
    ours = embedding.weights(smoother.ridge_shrinkage(embedding.eigenvalues, 0.5)) @ y
    ones = np.ones((20, 1))
    system = np.block([[gram + 0.5 * np.eye(20), ones], [ones.T, np.zeros((1, 1))]])
    solution = np.linalg.solve(system, np.append(y, 0.0))
    assert ours == pytest.approx(cross @ solution[:20] + solution[20], abs=1e-10)


@pytest.mark.parametrize("temperature", [0.01, 0.7])
def test_leaving_out_of_softmax_attention_is_exact(temperature: float) -> None:
    x, _, y = random_problem(15, 4)
    hat = kernel_smoother.softmax_weights(x, x, temperature)
    assert hat.min() >= 0 and hat.sum(axis=1) == pytest.approx(1.0)
    squares = []
    for i in range(15):
        rest = np.arange(15) != i
        weights = kernel_smoother.softmax_weights(x[i : i + 1], x[rest], temperature)
        squares.append((y[i] - (weights @ y[rest])[0]) ** 2)
    found = kernel_smoother.softmax_criteria(hat, x, x, temperature, y)
    assert found.loo[0] == pytest.approx(np.mean(squares))
    assert found.dof[0] == pytest.approx(np.trace(hat))


def test_the_certified_coefficients_of_longley() -> None:
    with np.load(resource("data/longley.npz")) as data:
        x, y = data["features"], data["target"]
    # NIST, Statistical Reference Datasets: intercept and six coefficients.
    certified = np.array([-3482258.63459582, 15.0618722713733, -0.358191792925910e-1,
                          -2.02022980381683, -1.03322686717359, -0.511041056535807e-1,
                          1829.15146461355])  # fmt: skip
    probes = np.vstack([np.zeros(6), np.eye(6)])
    answers = least_squares.attention_weights(x, probes, intercept=True) @ y
    found = np.append(answers[0], answers[1:] - answers[0])
    assert found == pytest.approx(certified, rel=1e-6)


@pytest.mark.parametrize("name", ["diabetes", "breast-cancer", "digits"])
def test_bundled_data_are_those_of_scikit_learn(name: str) -> None:
    from sklearn.datasets import load_breast_cancer, load_digits

    loaders = {"diabetes": lambda: load_diabetes(scaled=False), "digits": load_digits,
               "breast-cancer": load_breast_cancer}  # fmt: skip
    expected = loaders[name]()
    with np.load(resource(f"data/{name}.npz")) as data:
        assert np.array_equal(data["features"], expected.data)
        assert np.array_equal(data["target"], expected.target)
        assert list(data["names"]) == list(map(str, expected.feature_names))


# -- identities ---------------------------------------------------------------------------------


@given(
    st.integers(2, 12), st.integers(1, 12), st.floats(0.0, 50.0), st.booleans(), st.integers(0, 99)
)
@settings(max_examples=60, deadline=None)
def test_identities(n: int, p: int, ridge: float, intercept: bool, seed: int) -> None:
    x, t, _ = random_problem(n, p, seed)
    found = smoother.factor(x, intercept=intercept)
    embedding = smoother.embedding_of(found, t)
    weights = embedding.weights(smoother.ridge_shrinkage(found.eigenvalues, ridge))
    if intercept:
        assert weights.sum(axis=1) == pytest.approx(1.0, abs=1e-8)
    if ridge > 1e-3:
        centred, asked = x - found.mean, t - found.mean
        dual = asked @ centred.T @ np.linalg.inv(centred @ centred.T + ridge * np.eye(n))
        assert weights == pytest.approx(dual + (1 / n if intercept else 0.0), abs=1e-7)
    plain = embedding.weights(np.ones(found.rank))
    leverage = embedding.offset + np.square(embedding.test).sum(axis=1)
    assert np.square(plain).sum(axis=1) == pytest.approx(leverage, rel=1e-7)


def test_rank_deficient_features_give_the_minimum_norm_answer() -> None:
    x, t, y = random_problem(30, 4)
    x, t = np.column_stack([x, x[:, 0], np.ones(30)]), np.column_stack([t, t[:, 0], np.ones(7)])
    weights = least_squares.attention_weights(x, t)
    assert weights @ y == pytest.approx(t @ np.linalg.pinv(x) @ y, abs=1e-10)
    assert least_squares.effective_dof(x, ridge=0.0) == pytest.approx(5.0)
    assert least_squares.effective_dof(x, ridge=0.0, intercept=True) == pytest.approx(5.0)


@pytest.mark.parametrize("collinear", [False, True])
@pytest.mark.parametrize("rows", [400, 45])
def test_slices_give_the_same_factor(rows: int, collinear: bool) -> None:
    x, t, y = random_problem(rows, 60)
    if collinear:
        x[:, 1] = x[:, 0] + 1e-7 * x[:, 1]
        x[:, 2] = x[:, 0]
    whole = smoother.factor(x, intercept=True)
    found = drain(smoother.factor_in_slices(x, intercept=True))
    assert found.rank == whole.rank == min(60 - collinear, rows - 1)
    assert found.singular == pytest.approx(whole.singular, rel=1e-6)
    filters = smoother.ridge_filters(whole.eigenvalues, np.array([0.1, 3.0]))
    ours = smoother.turned_embedding(found, x, t)
    theirs = smoother.embedding_of(whole, t)
    shrinkage = filters[0][0]
    assert ours.predict(y, shrinkage) == pytest.approx(theirs.predict(y, shrinkage), abs=1e-8)
    assert ours.weights(shrinkage) == pytest.approx(theirs.weights(shrinkage), abs=1e-8)
    row = ours.weight_row(ours.test[2], shrinkage, slice(5, 40))
    assert row == pytest.approx(theirs.weights(shrinkage)[2, 5:40], abs=1e-8)
    for mine, other in zip(
        smoother_criteria.criteria(ours, y, *filters),
        smoother_criteria.criteria(theirs, y, *filters),
        strict=True,
    ):
        assert mine == pytest.approx(other, rel=1e-7)


@pytest.mark.parametrize("intercept", [True, False])
def test_separate_projections(intercept: bool) -> None:
    x, t, y = random_problem(18, 5)
    maps = np.random.default_rng(3).standard_normal((2, 5, 5))
    mean = x.mean(0) if intercept else np.zeros(5)
    keys, queries, asked = (x - mean) @ maps[0], (x - mean) @ maps[1], (t - mean) @ maps[1]
    found = smoother.factor(keys, intercept=intercept)
    embedding = smoother.embedding_of(found, asked, queries=queries)
    one = np.array([0.4])
    filters = smoother.ridge_filters(found.eigenvalues, one)
    inverse = np.linalg.inv(keys @ keys.T + 0.4 * np.eye(18))
    offset = 1 / 18 if intercept else 0.0
    weights = asked @ keys.T @ inverse + offset
    assert embedding.weights(filters[0][0]) == pytest.approx(weights, abs=1e-9)
    hat = queries @ keys.T @ inverse + offset
    scores = smoother_criteria.criteria(embedding, y, *filters)
    assert scores.dof[0] == pytest.approx(np.trace(hat))
    assert scores.variance_dof[0] == pytest.approx(np.sum(hat**2))
    assert scores.rss[0] == pytest.approx(np.sum((y - hat @ y) ** 2))
    squares = []
    for i in range(18):
        rest = np.arange(18) != i
        design = np.column_stack([np.full(18, float(intercept)), keys])[rest]
        system = design.T @ design + np.diag([1e-30, *[0.4] * 5])
        if not intercept:
            system[0, 0] = 1.0
        fitted = np.linalg.solve(system, design.T @ y[rest])
        squares.append((y[i] - np.append(float(intercept), queries[i]) @ fitted) ** 2)
    assert scores.loo[0] == pytest.approx(np.mean(squares), rel=1e-9)


# -- heads and simulation -----------------------------------------------------------------------


def test_heads_see_every_feature() -> None:
    maps = stacking.head_maps(10, 4, "subsets", np.random.default_rng(0))
    assert {m.shape for m in maps} == {(10, 3)}
    assert np.sum(maps, axis=0).sum(axis=1).min() >= 1
    widths = {m.shape for m in stacking.head_maps(10, 4, "projections", np.random.default_rng(0))}
    assert widths == {(10, 3)}


def test_a_stack_is_no_worse_than_the_best_head_where_it_was_fitted() -> None:
    x, t, y = random_problem(80, 8)
    y = y + x @ np.arange(8.0)
    maps = stacking.head_maps(8, 3, "subsets", np.random.default_rng(0))
    heads = [stacking.head_embedding(x, t, m, intercept=True) for m in maps]
    pairs = [stacking.answers(head, y, 1.0) for head in heads]
    held_out = np.column_stack([left for left, _ in pairs])
    stack = stacking.stack(held_out, y)
    expected = LinearRegression().fit(held_out, y)
    assert stack.weights == pytest.approx(expected.coef_, rel=1e-9)
    mse = np.mean((stack.predict(held_out) - y) ** 2)
    assert mse <= np.mean((held_out - y[:, None]) ** 2, axis=0).min()
    model = Ridge(1.0).fit(x @ maps[0], y)
    assert pairs[0][1] == pytest.approx(model.predict(t @ maps[0]), abs=1e-10)


def test_bias_and_variance_are_those_of_a_simulation() -> None:
    x, t, _ = random_problem(40, 6)
    truth, asked = np.sin(x[:, 0]), np.sin(t[:, 0])
    found = smoother.factor(x, intercept=True)
    embedding = smoother.embedding_of(found, t)
    shrinkage = smoother.ridge_shrinkage(found.eigenvalues, np.array([0.1, 10.0]))
    parts = sobolev_regression.decompose(embedding, truth, asked, 0.5, shrinkage)
    error, risk = sobolev_regression.simulated_risk(
        embedding, truth, asked, 0.5, shrinkage, np.random.default_rng(0), 4000
    )
    assert error.mean(axis=0) == pytest.approx(parts.bias + parts.variance, rel=0.03)
    assert risk.mean(axis=0) == pytest.approx(parts.bias + parts.variance + parts.noise, rel=0.03)


def test_sobolev_features_are_orthonormal_and_errors_are_exact() -> None:
    x = (np.arange(64) + 0.5) / 64
    rows = sobolev_regression.fourier_rows(x, 9)
    assert rows.T @ rows / 64 == pytest.approx(np.eye(9), abs=1e-12)
    theta = sobolev_regression.true_coefficients(9, 1.5, np.random.default_rng(0))
    assert np.sum(theta**2) == pytest.approx(1.0)
    errors = drain(
        sobolev_regression.rate_draw(
            3000, 9, theta, 1.5, 0.0, np.array([1e-12, 1e9]), np.random.default_rng(0)
        )
    )
    assert errors == pytest.approx([0.0, 1.0], abs=1e-6)


def test_a_rate_is_recovered() -> None:
    sizes = [100, 200, 400, 800]
    means = 3.0 * np.array(sizes, dtype=float) ** -0.8
    found = sobolev_regression.fit_rate(sizes, means, 0.01 * means)
    assert found.exponent == pytest.approx(0.8) and found.low < 0.8 < found.high


# -- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x, t, y: least_squares.attention_weights(x, t[:, :2]), "X_test has 2 columns"),
        (lambda x, t, y: least_squares.attention_weights(x[0], t), "X_train has shape"),
        (lambda x, t, y: least_squares.attention_weights([["a", "b"]], t), "X_train holds text"),
        (lambda x, t, y: least_squares.attention_weights(x * np.nan, t), "X_train holds nan"),
        (lambda x, t, y: least_squares.attention_weights(x, t, ridge=-1.0), "ridge is -1.0"),
        (lambda x, t, y: least_squares.effective_dof(x, ridge=math.inf), "ridge is inf"),
        (lambda x, t, y: least_squares.gcv(x, y[:3], ridge=1.0), r"y has shape \(3,\)"),
        (lambda x, t, y: least_squares.leave_one_out(x, y * np.inf, ridge=1.0), "y holds"),
        (lambda x, t, y: least_squares.gcv(x[:0], y, ridge=1.0), "X has shape"),
    ],
)
def test_bad_arguments(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call(*random_problem(10, 3))
