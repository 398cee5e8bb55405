"""Nyström: against dense solves, scikit-learn, and its own ordering of the variances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.kernel_approximation import Nystroem

from kernlab.engine.numerics.nystrom import (
    METHODS,
    choose_landmarks,
    nystrom_features,
    nystrom_posterior,
    nystrom_posterior_in_space,
)
from kernlab.engine.numerics.weight_space import WeightSpace, normal_equations


def kernel(x: np.ndarray, z: np.ndarray, lengthscale: float = 1.0) -> np.ndarray:
    return np.exp(-0.5 * (np.subtract.outer(x, z) / lengthscale) ** 2)


def gapped_sine(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(np.pi, 2.0 * np.pi, n) * rng.choice([-1.0, 1.0], n)
    return x, np.sin(x) + 0.1 * rng.standard_normal(n)


def posterior(z: np.ndarray, x: np.ndarray, y: np.ndarray, query: np.ndarray, ridge: float) -> Any:
    return nystrom_posterior(z, x, np.ones_like(x), y, query, 1.0, ridge)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**31), n=st.integers(1, 40), log_ridge=st.floats(-2.0, 2.0))
def test_all_points_as_landmarks_give_the_exact_posterior(
    seed: int, n: int, log_ridge: float
) -> None:
    rng, ridge = np.random.default_rng(seed), 10.0**log_ridge
    x, y, query = rng.uniform(-4.0, 4.0, n), rng.standard_normal(n), np.linspace(-5.0, 5.0, 31)
    result = posterior(x, x, y, query, ridge)
    cross = kernel(query, x)
    solution = np.linalg.solve(kernel(x, x) + ridge * np.eye(n), np.column_stack([y, cross.T]))
    variance = 1.0 - np.einsum("pn,np->p", cross, solution[:, 1:])
    assert result.mean == pytest.approx(cross @ solution[:, 0], abs=1e-5)
    assert result.sd_dtc**2 == pytest.approx(variance, abs=1e-8)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**31),
    rank=st.integers(1, 30),
    method=st.sampled_from(METHODS),
    lengthscale=st.floats(0.05, 10.0),
    log_ridge=st.floats(-6.0, 2.0),
)
def test_variances_are_ordered_sor_dtc_prior(
    seed: int, rank: int, method: str, lengthscale: float, log_ridge: float
) -> None:
    x, y = gapped_sine(seed, 60)
    ones, query = np.ones_like(x), np.linspace(-8.0, 8.0, 61)
    z = choose_landmarks(x, ones, rank, lengthscale, method=method, rng=seed)
    result = nystrom_posterior(z, x, ones, y, query, lengthscale, 10.0**log_ridge)
    assert np.all(result.sd_sor >= 0.0)
    assert np.all(result.sd_sor <= result.sd_dtc)
    assert np.all(result.sd_dtc <= 1.0 + 1e-7)


def test_the_textbook_formulas_are_met() -> None:
    x, y = gapped_sine(1, 200)
    z, query, ridge = np.linspace(-6.0, 6.0, 9), np.linspace(-7.0, 7.0, 40), 0.02
    # Quiñonero-Candela and Rasmussen 2005: Σ = (σ⁻² K_zx K_xz + K_zz)⁻¹.
    cross, k_zz, k_qz = kernel(z, x), kernel(z, z), kernel(query, z)
    sigma = np.linalg.inv(cross @ cross.T / ridge + k_zz)
    variance = np.einsum("pk,kl,pl->p", k_qz, sigma, k_qz)
    unseen = 1.0 - np.einsum("pk,kl,pl->p", k_qz, np.linalg.inv(k_zz), k_qz)
    result = posterior(z, x, y, query, ridge)
    assert result.mean == pytest.approx(k_qz @ sigma @ cross @ y / ridge, abs=1e-10)
    assert result.sd_sor == pytest.approx(np.sqrt(variance), abs=1e-10)
    assert result.sd_dtc == pytest.approx(np.sqrt(variance + unseen), abs=1e-10)


def test_features_reproduce_the_nystroem_kernel_of_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(-5.0, 5.0, 80)
    theirs = Nystroem(gamma=0.5 / 0.8**2, n_components=12, random_state=0).fit(x[:, None])
    z = theirs.components_[:, 0]
    embedded = theirs.transform(x[:, None])
    phi = nystrom_features(z, 0.8)(x)
    assert phi @ phi.T == pytest.approx(embedded @ embedded.T, abs=1e-8)


def test_coincident_landmarks_do_no_harm() -> None:
    x, y = gapped_sine(3, 300)
    z, query = np.linspace(-6.0, 6.0, 10), np.linspace(-7.0, 7.0, 50)
    crowd = np.concatenate([z, z, z + 1e-13])
    expected = posterior(z, x, y, query, 0.01)
    result = posterior(crowd, x, y, query, 0.01)
    assert nystrom_features(crowd, 1.0).whitening.shape == (30, 10)
    for measured, wanted in zip(result, expected, strict=True):
        assert measured == pytest.approx(wanted, abs=1e-8)


def test_the_system_is_conditioned_by_the_kernel_and_the_ridge() -> None:
    x, y = gapped_sine(4, 400)
    ones = np.ones_like(x)
    z = choose_landmarks(x, ones, 60, 1.0, method="kmeans", rng=0)
    features = nystrom_features(z, 1.0)
    space = WeightSpace(*normal_equations(features, x, ones, y))
    largest = np.linalg.eigvalsh(kernel(x, x))[-12:][::-1]
    assert space.eigenvalues()[:12] == pytest.approx(largest, rel=1e-6, abs=1e-9)
    assert space.condition(0.01) == pytest.approx(1.0 + largest[0] / 0.01, rel=1e-6)
    query = np.linspace(-6.0, 6.0, 20)
    in_space = nystrom_posterior_in_space(features, space, query, 0.01)
    assert np.array_equal(in_space.mean, posterior(z, x, y, query, 0.01).mean)


@pytest.mark.parametrize("method", METHODS)
def test_landmarks_are_sorted_reproducible_and_within_the_data(method: str) -> None:
    x, _ = gapped_sine(5, 500)
    ones = np.ones_like(x)
    z = choose_landmarks(x, ones, 20, 1.0, method=method, rng=9)
    again = choose_landmarks(x, ones, 20, 1.0, method=method, rng=np.random.default_rng(9))
    assert np.array_equal(z, again)
    assert z.shape == (20,)
    assert np.all(np.diff(z) > 0.0)
    assert x.min() <= z[0]
    assert z[-1] <= x.max()


@pytest.mark.parametrize("method", METHODS)
def test_candidates_without_a_count_are_never_chosen(method: str) -> None:
    candidates = np.linspace(-3.0, 3.0, 61)
    counts = np.where(candidates > 0.5, 3.0, 0.0)
    z = choose_landmarks(candidates, counts, 5, 1.0, method=method, rng=1)
    assert z.min() > 0.5


@pytest.mark.parametrize("method", ["uniform", "cholesky"])
def test_the_first_landmark_is_drawn_in_proportion_to_the_counts(method: str) -> None:
    candidates, counts = np.array([0.0, 5.0, 10.0]), np.array([1.0, 2.0, 5.0])
    rng, draws = np.random.default_rng(10), 2000
    chosen = [
        choose_landmarks(candidates, counts, 1, 1.0, method=method, rng=rng)[0]
        for _ in range(draws)
    ]
    for candidate, share in zip(candidates, counts / 8.0, strict=True):
        error = np.sqrt(share * (1.0 - share) / draws)
        assert abs(np.mean(np.array(chosen) == candidate) - share) < 4.5 * error


def test_random_pivots_follow_the_residual_diagonal() -> None:
    # After a pivot at 0 the residual at x is 1 - exp(-x²): the second pivot is known in law.
    candidates, counts = np.array([0.0, 0.5, 2.0]), np.array([1e9, 2.0, 1.0])
    rng, draws = np.random.default_rng(11), 2000
    pairs = [
        choose_landmarks(candidates, counts, 2, 1.0, method="cholesky", rng=rng)
        for _ in range(draws)
    ]
    near = np.mean([pair[1] == 0.5 for pair in pairs])
    weights = counts[1:] * -np.expm1(-(candidates[1:] ** 2))
    share = weights[0] / weights.sum()
    assert abs(near - share) < 4.5 * np.sqrt(share * (1.0 - share) / draws)


def test_cholesky_stops_at_the_numerical_rank_of_the_kernel() -> None:
    x, _ = gapped_sine(6, 400)
    z = choose_landmarks(x, np.ones_like(x), 200, 1.0, method="cholesky", rng=0)
    residual = 1.0 - np.sum(nystrom_features(z, 1.0)(x) ** 2, axis=1)
    assert z.size < 60
    assert residual.max() < 1e-9


def test_kmeans_ends_in_weighted_centres_of_its_own_cells() -> None:
    rng = np.random.default_rng(12)
    x, counts = rng.uniform(-5.0, 5.0, 400), rng.integers(1, 6, 400).astype(float)
    z = choose_landmarks(x, counts, 4, 1.0, method="kmeans", rng=3)
    nearest = np.abs(np.subtract.outer(x, z)).argmin(axis=1)
    centres = [np.average(x[nearest == k], weights=counts[nearest == k]) for k in range(4)]
    assert z == pytest.approx(centres, abs=1e-12)


def test_kmeans_finds_separated_clusters_exactly() -> None:
    x = np.array([-5.0, -4.9, 0.0, 0.1, 7.0])
    z = choose_landmarks(x, np.array([1.0, 3.0, 1.0, 1.0, 2.0]), 3, 1.0, method="kmeans", rng=0)
    assert z == pytest.approx([-4.925, 0.05, 7.0], abs=1e-14)


def test_kmeans_returns_the_distinct_candidates_when_there_are_fewer_than_asked() -> None:
    x = np.array([1.0, 1.0, 2.0, 2.0])
    z = choose_landmarks(x, np.ones(4), 4, 1.0, method="kmeans", rng=0)
    assert np.array_equal(z, [1.0, 2.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rank": 0}, "rank = 0"),
        ({"rank": 4}, "rank = 4: must be at most 3"),
        ({"rank": 1.5}, r"rank = 1\.5"),
        ({"counts": [1.0, -1.0, 1.0]}, r"counts hold -1\.0"),
        ({"counts": [1.0, 1.0]}, "counts has length 2"),
        ({"lengthscale": 0.0}, r"lengthscale = 0\.0"),
        ({"method": "grid"}, "method = 'grid'.*uniform, kmeans, cholesky"),
    ],
)
def test_bad_arguments_of_the_choice_are_named(change: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {
        "candidates": [0.0, 1.0, 2.0],
        "counts": [1.0, 1.0, 1.0],
        "rank": 2,
        "lengthscale": 1.0,
        "method": "uniform",
        "rng": 0,
    }
    with pytest.raises(ValueError, match=message):
        choose_landmarks(**(arguments | change))


def test_bad_landmarks_are_named() -> None:
    with pytest.raises(ValueError, match="landmarks is empty"):
        nystrom_features([], 1.0)
    with pytest.raises(ValueError, match="landmarks holds 1 entries"):
        nystrom_features([np.inf, 1.0], 1.0)
    with pytest.raises(ValueError, match=r"relative_cut = 2\.0"):
        nystrom_features([1.0], 1.0, relative_cut=2.0)
