"""The exact posterior against ball arithmetic, high precision, scikit-learn and dense algebra."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from kernlab.engine.numerics import extended
from kernlab.engine.numerics import gaussian_process as gp
from kernlab.engine.numerics.condensation import Bins, Moments, condense

Array = NDArray[np.float64]
REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "regression.json").read_text(encoding="utf-8")
)
SMALL, LARGE = REFERENCE["cases"], REFERENCE["large_n"]
HALF = 2.0 * math.pi


def generate(case: dict[str, Any], seed: str = "seed") -> tuple[Array, Array]:
    """The recipe of the reference file: uniform outside the gap, sine plus noise."""
    rng = np.random.default_rng(case[seed])
    gap = case["gap"]
    left, right = gap[0] + HALF, HALF - gap[1]
    t = rng.random(case["n"]) * (left + right)
    x = np.sort(np.where(t < left, -HALF + t, gap[1] + (t - left)))
    return x, np.sin(x) + case["noise_sd"] * rng.standard_normal(case["n"])


def kernel(a: Array, b: Array, lengthscale: float) -> Array:
    return np.exp(-0.5 * ((a[:, None] - b) / lengthscale) ** 2)


def high_precision(
    x: Array, y: Array, noise: Array, query: Array, lengthscale: float
) -> tuple[Array, Array]:
    """Mean and sd with noise variances `noise`, by 50-digit dense algebra."""
    with mpmath.workdps(50):
        points, queries = [mpmath.mpf(v) for v in x], [mpmath.mpf(v) for v in query]
        width = 2 * mpmath.mpf(lengthscale) ** 2

        def k(a: Any, b: Any) -> Any:
            return mpmath.exp(-((a - b) ** 2) / width)

        system = mpmath.matrix([[k(a, b) for b in points] for a in points])
        for i, value in enumerate(noise):
            system[i, i] += mpmath.mpf(value)
        inverse = system**-1
        cross = mpmath.matrix([[k(a, b) for b in points] for a in queries])
        solved = cross * inverse
        mean = solved * mpmath.matrix([mpmath.mpf(v) for v in y])
        sd = [mpmath.sqrt(1 - mpmath.fdot(solved[i, :], cross[i, :])) for i in range(len(queries))]
        return np.array([float(v) for v in mean]), np.array([float(v) for v in sd])


@pytest.mark.parametrize("precise", [False, True])
@pytest.mark.parametrize("case", SMALL + LARGE, ids=lambda case: str(case["name"]))
def test_posterior_meets_the_reference_within_its_estimate(
    case: dict[str, Any], precise: bool
) -> None:
    x, y = generate(case)
    result = gp.posterior(
        x, y, case["query"], lengthscale=case["lengthscale"], ridge=case["alpha"], precise=precise
    )
    mean, sd = np.array(case["post_mean"]), np.array(case["post_sd_latent"])
    mean_error = np.abs(result.mean - mean).max()
    sd_error = np.abs(result.sd - sd).max()
    assert mean_error < 1e-8
    assert np.abs(result.sd / sd - 1.0).max() < 1e-7
    assert mean_error <= result.error_estimate[0]
    assert sd_error <= result.error_estimate[1]
    if precise:
        assert mean_error <= 1e-10 * np.abs(mean).max()
        assert np.abs(result.sd / sd - 1.0).max() < 1e-10


@pytest.mark.parametrize("case", SMALL, ids=lambda case: str(case["name"]))
def test_condition_number_meets_the_reference(case: dict[str, Any]) -> None:
    x, _ = generate(case)
    value = gp.condition_number(x, lengthscale=case["lengthscale"], ridge=case["alpha"])
    assert value == pytest.approx(case["cond2_K_plus_alphaI"], rel=1e-6)


@pytest.mark.parametrize("case", SMALL, ids=lambda case: str(case["name"]))
def test_evidence_meets_the_reference(case: dict[str, Any]) -> None:
    x, y = generate(case)
    grid = case.get("gcv_grid", [])
    ridges = [case["alpha"]] + [row["alpha"] for row in grid]
    result = gp.evidence(x, y, lengthscales=[case["lengthscale"]], ridges=ridges)
    assert result.gcv.shape == (1, len(ridges))
    assert result.log_marginal_likelihood[0, 0] == pytest.approx(
        case["log_marginal_likelihood"], rel=1e-7
    )
    assert result.effective_dof[0, 0] == pytest.approx(case["df_at_alpha"], rel=1e-7)
    for column, row in enumerate(grid, start=1):
        assert result.gcv[0, column] == pytest.approx(row["gcv"], rel=1e-8)
        assert result.effective_dof[0, column] == pytest.approx(row["df"], rel=1e-8)


@pytest.mark.parametrize("case", REFERENCE["starvation"], ids=lambda case: str(case["name"]))
def test_starvation_index_meets_the_reference(case: dict[str, Any]) -> None:
    x, y = generate(case, "data_seed")
    m = case["m"]
    frequencies = np.random.default_rng(case["freq_seed"]).standard_normal(m) / case["lengthscale"]

    def features(points: Array) -> Array:
        phase = np.multiply.outer(points, frequencies)
        return np.concatenate([np.cos(phase), np.sin(phase)], axis=1) / math.sqrt(m)

    for values in (y, None):
        rho = gp.starvation_index(
            x, values, case["gap"],
            lengthscale=case["lengthscale"], ridge=case["alpha"], features=features,
        )  # fmt: skip
        assert rho == pytest.approx(case["rho_gap"], rel=1e-6)


def test_table_2_is_reproduced() -> None:
    computed = REFERENCE["paper000_table2"]["computed"]
    line = np.linspace(-HALF, HALF, 5000)
    signs = np.where(np.arange(25) % 2, 1.0, -1.0)

    def performer(points: Array) -> Array:
        phase = np.multiply.outer(points, signs)
        return np.concatenate([np.cos(phase), np.sin(phase)], axis=1) * math.sqrt(2.0 / 25.0)

    for gap, exact, unit in zip(
        (math.pi, math.pi / 2), computed["exact"], computed["performer"], strict=True
    ):
        x = line[np.abs(line) > gap]
        assert gp.condition_number(x, lengthscale=1.0, ridge=0.01) == pytest.approx(exact, rel=1e-5)
        value = gp.condition_number(x, lengthscale=1.0, ridge=1e-3, features=performer)
        assert value == pytest.approx(unit, rel=1e-5)


@pytest.mark.parametrize(("lengthscale", "ridge"), [(1.0, 0.01), (0.2, 0.1), (7.0, 1e-3)])
def test_posterior_equals_scikit_learn(lengthscale: float, ridge: float) -> None:
    from sklearn import gaussian_process as process

    rng = np.random.default_rng(1)
    x = rng.uniform(-3.0, 5.0, 150)
    y, query = np.cos(x) + 0.1 * rng.standard_normal(150), np.linspace(-6.0, 8.0, 80)
    peer = process.GaussianProcessRegressor(
        process.kernels.RBF(lengthscale), alpha=ridge, optimizer=None
    ).fit(x[:, None], y)
    mean, sd = peer.predict(query[:, None], return_std=True)
    result = gp.posterior(x, y, query, lengthscale=lengthscale, ridge=ridge)
    np.testing.assert_allclose(result.mean, mean, rtol=0, atol=1e-10)
    np.testing.assert_allclose(result.sd, sd, rtol=1e-8)


@pytest.mark.parametrize(("lengthscale", "ratio"), [(1.0, 3e9), (0.4, 3e9), (3.0, 1e6)])
def test_repeated_points_equal_weighted_ones_in_high_precision(
    lengthscale: float, ratio: float
) -> None:
    # m copies of a point act as one with the mean value and ridge / m: a dense oracle for large n.
    rng = np.random.default_rng(2)
    base = np.sort(np.concatenate([rng.uniform(-6, -2, 16), rng.uniform(2, 6, 16)]))
    copies = rng.integers(1, 800, base.size)
    x = np.repeat(base, copies)
    order = rng.permutation(x.size)
    y = np.sin(x) + 0.1 * rng.standard_normal(x.size)
    scaled = kernel(base, base, lengthscale) * np.sqrt(np.multiply.outer(copies, copies))
    ridge = float(np.linalg.eigvalsh(scaled)[-1]) / ratio
    ends = np.cumsum(copies)
    means = [math.fsum(y[e - c : e]) / c for c, e in zip(copies, ends, strict=True)]
    query = np.linspace(-6.5, 6.5, 14)
    mean, sd = high_precision(base, np.array(means), ridge / copies, query, lengthscale)
    for precise, limit in ((True, 1e-10), (False, 5e-16 * ratio)):
        result = gp.posterior(
            x[order], y[order], query, lengthscale=lengthscale, ridge=ridge, precise=precise
        )
        error = np.abs(result.mean - mean).max()
        assert error <= limit * np.abs(mean).max()
        assert error <= result.error_estimate[0]
        assert np.abs(result.sd - sd).max() <= min(limit, result.error_estimate[1])


def test_one_point_has_the_closed_form() -> None:
    result = gp.posterior([0.3], [2.0], [0.3, 1.3, 99.0], lengthscale=1.0, ridge=0.25)
    k = np.array([1.0, math.exp(-0.5), 0.0])
    np.testing.assert_allclose(result.mean, 2.0 * k / 1.25, atol=1e-14)
    np.testing.assert_allclose(result.sd, np.sqrt(1.0 - k**2 / 1.25), rtol=1e-14)


@pytest.mark.parametrize("lengthscale", [0.05, 0.3, 10.0, 1000.0])
@pytest.mark.parametrize("precise", [False, True])
def test_queries_far_outside_the_data_equal_dense_algebra(
    lengthscale: float, precise: bool
) -> None:
    rng = np.random.default_rng(3)
    x = 1e3 + rng.uniform(-2.0, 2.0, 60)
    y = rng.standard_normal(60)
    query = 1e3 + np.array([-500.0, -12.0, -2.3, 0.1, 2.2, 7.0, 800.0])
    dual = np.linalg.solve(kernel(x, x, lengthscale) + 0.5 * np.eye(60), y)
    result = gp.posterior(x, y, query, lengthscale=lengthscale, ridge=0.5, precise=precise)
    np.testing.assert_allclose(result.mean, kernel(query, x, lengthscale) @ dual, atol=1e-11)


@pytest.mark.parametrize(("lengthscale", "ridge"), [(0.03, 0.01), (0.03, 1e-7), (0.4, 0.01)])
def test_short_lengthscales_far_from_zero_equal_dense_algebra(
    lengthscale: float, ridge: float
) -> None:
    rng = np.random.default_rng(8)
    x = np.round(2.0**31 + rng.uniform(0.0, 4.0, 150), 3)
    y, query = rng.standard_normal(150), np.round(2.0**31 + np.linspace(-1.0, 5.0, 40), 3)
    near, at = x - 2.0**31, query - 2.0**31
    dual = np.linalg.solve(kernel(near, near, lengthscale) + ridge * np.eye(150), y)
    result = gp.posterior(x, y, query, lengthscale=lengthscale, ridge=ridge)
    expected = kernel(at, near, lengthscale) @ dual
    np.testing.assert_allclose(result.mean, expected, atol=1e-9 * np.abs(expected).max())


def test_too_many_modes_are_dense_for_few_points_and_refused_for_many() -> None:
    rng = np.random.default_rng(4)
    x = rng.uniform(0.0, 1000.0, 300)
    y, query = np.sin(x), np.array([0.5, 300.0])
    dense = kernel(x, x, 0.05) + 0.01 * np.eye(300)
    cross = kernel(query, x, 0.05)
    result = gp.posterior(x, y, query, lengthscale=0.05, ridge=0.01)
    np.testing.assert_allclose(result.mean, cross @ np.linalg.solve(dense, y), atol=1e-12)
    variance = 1.0 - np.sum(cross * np.linalg.solve(dense, cross.T).T, axis=1)
    np.testing.assert_allclose(result.sd, np.sqrt(variance), atol=1e-7)
    row = gp.evidence(x, y, lengthscales=[0.05], ridges=[0.01]).log_marginal_likelihood[0, 0]
    log_det = np.linalg.slogdet(dense)[1]
    quadratic = y @ np.linalg.solve(dense, y)
    assert row == pytest.approx(-0.5 * (quadratic + log_det + 300 * math.log(2 * math.pi)))
    many = np.linspace(0.0, 1000.0, gp.MAX_DENSE + 1)
    with pytest.raises(ValueError, match=r"lengthscale = 0\.05: needs \d{5} Fourier modes"):
        gp.posterior(many, many, query, lengthscale=0.05, ridge=0.01)


@pytest.mark.parametrize("precise", [False, True])
def test_a_ridge_beyond_float64_is_answered_with_its_error(precise: bool) -> None:
    x = np.linspace(-1.0, 1.0, 3000)
    result = gp.posterior(x, np.sin(x), x[::500], lengthscale=5.0, ridge=1e-14, precise=precise)
    assert np.isfinite(result.mean).all() and np.isfinite(result.sd).all()
    assert result.error_estimate[0] > (1e-9 if precise else 1.0)
    assert np.abs(result.mean - np.sin(x[::500])).max() < result.error_estimate[0]


@pytest.mark.parametrize("precise", [False, True])
def test_steps_return_the_posterior(precise: bool) -> None:
    x, y = generate(SMALL[0])
    data = gp.FourierPosterior(x, y)
    query = np.linspace(-HALF, HALF, 700)
    steps = data.posterior_steps(query, lengthscale=0.3, ridge=0.01, precise=precise)
    fractions = []
    while True:
        try:
            fractions.append(next(steps))
        except StopIteration as stop:
            result = stop.value
            break
    assert len(fractions) >= 3 and min(fractions) >= 0.0 and max(fractions) <= 1.0
    whole = data.posterior(query, lengthscale=0.3, ridge=0.01, precise=precise)
    assert np.array_equal(result.mean, whole.mean) and np.array_equal(result.sd, whole.sd)


def test_condensed_chunks_with_noise_and_gap_equal_the_points() -> None:
    rng = np.random.default_rng(5)
    x = rng.uniform(-HALF, HALF, 3000)
    values = np.stack([np.sin(x), rng.standard_normal(x.size)])
    bins = Bins(-HALF, HALF, 1024)
    chunks = [condense(bins, x[i::3], values[:, i::3]) for i in range(3)]
    total = Moments.zero(bins, 2)
    for chunk in chunks:
        total = total.plus(chunk.moments())
    data = gp.FourierPosterior.from_moments(total.without_gap(chunks, (-1.0, 2.0)).combine(0.2))
    kept = (x <= -1.0) | (x >= 2.0)
    direct = gp.FourierPosterior(x[kept], values[0, kept] + 0.2 * values[1, kept])
    query = np.linspace(-HALF, HALF, 50)
    assert data.n == direct.n == kept.sum()
    for lengthscale in (0.05, 1.0):
        ours = data.posterior(query, lengthscale=lengthscale, ridge=0.04)
        theirs = direct.posterior(query, lengthscale=lengthscale, ridge=0.04)
        np.testing.assert_allclose(ours.mean, theirs.mean, atol=1e-12)
        np.testing.assert_allclose(ours.sd, theirs.sd, rtol=1e-11)


def test_no_points_left_is_the_prior() -> None:
    empty = gp.FourierPosterior.from_moments(Moments.zero(Bins(0.0, 1.0, 8), 1))
    for precise in (False, True):
        result = empty.posterior([0.5], lengthscale=1.0, ridge=0.1, precise=precise)
        assert result.mean[0] == 0.0
        assert result.sd[0] == pytest.approx(1.0, rel=1e-14)


def test_eigenvalues_are_those_of_the_kernel_matrix() -> None:
    x = np.random.default_rng(6).uniform(-2.0, 2.0, 200)
    values = gp.FourierPosterior(x, x).spectrum(0.5).eigenvalues
    dense = np.linalg.eigvalsh(kernel(x, x, 0.5))[::-1][: values.size]
    assert np.all(np.diff(values) <= 0.0)
    np.testing.assert_allclose(values, dense, atol=1e-12 * dense[0])


def test_condition_number_of_few_points_counts_the_smallest_eigenvalue() -> None:
    x = np.linspace(0.0, 10.0, 8)
    eigenvalues = np.linalg.eigvalsh(kernel(x, x, 1.0))
    expected = (eigenvalues[-1] + 0.1) / (eigenvalues[0] + 0.1)
    assert gp.condition_number(x, lengthscale=1.0, ridge=0.1) == pytest.approx(expected, rel=1e-12)


def test_features_of_the_kernel_give_the_exact_posterior() -> None:
    x, y = generate(SMALL[1])
    grid = gp.FourierPosterior(x, y).grid(0.8)
    query = np.array(SMALL[1]["query"])
    ours = gp.feature_posterior(x, y, query, features=grid.features, ridge=0.04)
    np.testing.assert_allclose(ours.mean, SMALL[1]["post_mean"], atol=1e-9)
    np.testing.assert_allclose(ours.sd, SMALL[1]["post_sd_latent"], rtol=1e-8)


def test_extended_special_values_hold_28_digits() -> None:
    high, low = extended.bessel(0, 40, 23, 16)
    with mpmath.workdps(50):
        for k, j in ((0, 0), (1, 15), (13, 3), (39, 0), (39, 15)):
            exact = mpmath.besselj(j, mpmath.pi * k / 23)
            error = mpmath.mpf(float(high[k, j])) + mpmath.mpf(float(low[k, j])) - exact
            assert abs(error) < mpmath.mpf(10) ** -27
        ch, cl, sh, sl = extended.root_of_unity(97)
        assert abs(mpmath.mpf(ch) + cl - mpmath.cos(mpmath.pi / 97)) < mpmath.mpf(10) ** -31
        assert abs(mpmath.mpf(sh) + sl - mpmath.sin(mpmath.pi / 97)) < mpmath.mpf(10) ** -31


def test_extended_cholesky_solves_the_hilbert_matrix() -> None:
    n = 12  # condition number 1.8e16: beyond float64
    index = np.arange(n)
    exact = mpmath.matrix(n, n)
    high, low = np.empty((n, n)), np.empty((n, n))
    with mpmath.workdps(50):
        for i in index:
            for j in index:
                exact[i, j] = 1 / mpmath.mpf(int(i + j + 1))
                high[i, j] = float(exact[i, j])
                low[i, j] = float(exact[i, j] - mpmath.mpf(high[i, j]))
        expected = [float(v) for v in mpmath.lu_solve(exact, mpmath.ones(n, 1))]
    solution, rest = np.ones(n), np.zeros(n)
    assert list(extended.cholesky(high, low))[-1] == 1.0
    extended.cholesky_solve(solution, rest, high, low)
    np.testing.assert_allclose(solution, expected, rtol=1e-13)
    with pytest.raises(ArithmeticError, match="pivot 0 of 2"):
        list(extended.cholesky(-np.eye(2), np.zeros((2, 2))))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": [0.0, math.nan]}, "x"),
        ({"y": [0.0, math.inf]}, "y"),
        ({"x": [0.0]}, "y has 2 values"),
        ({"x": [], "y": []}, "x is empty"),
        ({"x": [[0.0, 1.0]]}, "x has shape"),
        ({"x_query": [math.nan]}, "x_query"),
        ({"ridge": 0.0}, "ridge = 0.0"),
        ({"ridge": math.nan}, "ridge = nan"),
        ({"lengthscale": -1.0}, "lengthscale = -1.0"),
    ],
)
def test_bad_arguments_are_named(change: dict[str, Any], message: str) -> None:
    arguments = {"x": [0.0, 1.0], "y": [0.0, 1.0], "x_query": [0.5]} | {
        "lengthscale": 1.0, "ridge": 0.1,
    } | change  # fmt: skip
    with pytest.raises(ValueError, match=message):
        gp.posterior(**arguments)


def test_bins_too_wide_for_a_lengthscale_are_refused() -> None:
    data = gp.FourierPosterior.from_moments(Moments.zero(Bins(0.0, 100.0, 8), 1))
    with pytest.raises(ValueError, match=r"lengthscale = 0\.5: bins of half-width 6\.25"):
        data.spectrum(0.5)
    with pytest.raises(ValueError, match="moments of 3 columns"):
        gp.FourierPosterior.from_moments(Moments.zero(Bins(0.0, 100.0, 8), 2))
    with pytest.raises(ValueError, match="gap = "):
        gp.starvation_index([0.0], None, (1.0, 0.0), lengthscale=1.0, ridge=1.0,
                            features=lambda x: np.ones((x.size, 1)))  # fmt: skip
