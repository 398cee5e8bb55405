"""Fourier features: closed forms, distributions of the frequencies, errors of the kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from sklearn.kernel_approximation import RBFSampler

from kernlab.engine.numerics.features import (
    KINDS,
    Frequencies,
    fourier_features,
    gaussian_frequencies,
    iid_kernel_sd,
    kernel_error_profile,
    kernel_mean_square,
    kernel_rmse,
    pool_draws,
)

RANDOM_KINDS = tuple(kind for kind in KINDS if kind != "gauss-hermite")
REFERENCE = Path(__file__).parents[1] / "reference" / "regression.json"
BOUND = 4.5  # standard errors


def gaussian_kernel(distance: np.ndarray, lengthscale: float) -> np.ndarray:
    return np.exp(-0.5 * (distance / lengthscale) ** 2)


def kernel_draws(kind: str, m: int, difference: np.ndarray, draws: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    estimates = np.empty(draws)
    for draw in range(draws):
        values, weights = gaussian_frequencies(m, difference.size, 1.3, kind=kind, rng=rng)
        estimates[draw] = np.cos(values @ difference) @ weights
    return estimates


@pytest.mark.parametrize("span", [1.0, 50.0, 1e5])
def test_features_are_the_weighted_cosines_and_sines(span: float) -> None:
    rng = np.random.default_rng(0)
    x, values, weights = rng.uniform(-span, span, 2500), rng.standard_normal(7), rng.random(7)
    phase = x[:, None] * values
    expected = np.concatenate([np.cos(phase), np.sin(phase)], axis=1) * np.sqrt(np.tile(weights, 2))
    assert fourier_features(x, values, weights) == pytest.approx(expected, abs=5e-16)


def test_features_are_exact_where_the_tangent_of_half_the_phase_has_its_poles() -> None:
    x = np.pi * np.arange(-2001, 2002)
    features = fourier_features(x, np.array([1.0]))
    assert features[:, 0] == pytest.approx(np.cos(x), abs=1e-15)
    assert features[:, 1] == pytest.approx(np.sin(x), abs=1e-15)


def test_weights_default_to_one_over_m_and_can_replace_those_of_the_frequencies() -> None:
    values = np.array([0.5, 2.0])
    frequencies = Frequencies(values[:, None], np.array([0.25, 0.75]))
    x = np.linspace(-1.0, 1.0, 5)
    assert np.array_equal(fourier_features(x, values), fourier_features(x, values, [0.5, 0.5]))
    given_weights = fourier_features(x, frequencies)
    assert np.array_equal(given_weights, fourier_features(x, values, [0.25, 0.75]))
    replaced = fourier_features(x, frequencies, [0.5, 0.5])
    assert np.array_equal(replaced, fourier_features(x, values))


def test_points_in_several_dimensions_take_the_inner_product_with_the_frequencies() -> None:
    rng = np.random.default_rng(3)
    points, values = rng.standard_normal((40, 3)), rng.standard_normal((6, 3))
    phase = points @ values.T
    expected = np.concatenate([np.cos(phase), np.sin(phase)], axis=1) / np.sqrt(6)
    assert fourier_features(points, values) == pytest.approx(expected, abs=2e-15)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**31),
    m=st.integers(1, 40),
    kind=st.sampled_from(KINDS),
    shift=st.floats(-100.0, 100.0),
)
def test_inner_products_are_shift_invariant_with_unit_diagonal(
    seed: int, m: int, kind: str, shift: float
) -> None:
    x = np.random.default_rng(seed).uniform(-5.0, 5.0, 12)
    frequencies = gaussian_frequencies(m, 1, 0.8, kind=kind, rng=seed)
    phi, moved = fourier_features(x, frequencies), fourier_features(x + shift, frequencies)
    assert np.sum(phi**2, axis=1) == pytest.approx(np.ones(12), abs=1e-13)
    assert moved @ moved.T == pytest.approx(phi @ phi.T, abs=1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_weights_and_reproducibility(kind: str) -> None:
    first = gaussian_frequencies(27, 3, 2.0, kind=kind, rng=5)
    again = gaussian_frequencies(27, 3, 2.0, kind=kind, rng=np.random.default_rng(5))
    assert first.values.shape == (27, 3)
    assert first.weights.shape == (27,)
    assert first.weights.sum() == pytest.approx(1.0, abs=1e-14)
    assert np.array_equal(first.values, again.values)


def test_scaling_by_two_doubles_the_kernel() -> None:
    frequencies = gaussian_frequencies(8, 1, 1.0, kind="iid", rng=1)
    x = np.linspace(0.0, 3.0, 7)
    single, double = fourier_features(x, frequencies), fourier_features(x, frequencies.scaled(2.0))
    assert double @ double.T == pytest.approx(2.0 * single @ single.T, abs=1e-14)


def test_iid_reproduces_the_recipe_of_the_reference() -> None:
    for case in json.loads(REFERENCE.read_text(encoding="utf-8"))["starvation"]:
        frequencies = gaussian_frequencies(
            case["m"], 1, case["lengthscale"], kind="iid", rng=case["freq_seed"]
        )
        assert frequencies.values[:3, 0] == pytest.approx(case["first3_freq"], rel=1e-15)


def test_orthogonal_features_in_one_dimension_are_iid_features() -> None:
    iid = gaussian_frequencies(9, 1, 0.7, kind="iid", rng=4)
    orthogonal = gaussian_frequencies(9, 1, 0.7, kind="orthogonal", rng=4)
    assert np.array_equal(iid.values, orthogonal.values)


@pytest.mark.parametrize("dimension", [2, 5])
def test_orthogonal_blocks_are_orthogonal(dimension: int) -> None:
    values = gaussian_frequencies(4 * dimension, dimension, 1.0, kind="orthogonal", rng=2).values
    for block in values.reshape(4, dimension, dimension):
        rows = block / np.linalg.norm(block, axis=1, keepdims=True)
        assert rows @ rows.T == pytest.approx(np.eye(dimension), abs=1e-14)


@pytest.mark.parametrize("dimension", [2, 3, 8])
def test_orthogonal_norms_have_the_moments_of_the_chi_distribution(dimension: int) -> None:
    count, scale = 20_000, 1.7
    values = gaussian_frequencies(count, dimension, scale, kind="orthogonal", rng=8).values
    squared = np.sum((values * scale) ** 2, axis=1)  # chi-squared: mean d, variance 2d
    assert abs(squared.mean() - dimension) < BOUND * np.sqrt(2.0 * dimension / count)
    # The fourth central moment of chi-squared is 12 d (d + 4).
    spread = np.sqrt((12.0 * dimension * (dimension + 4) - 4.0 * dimension**2) / count)
    assert abs(np.mean((squared - dimension) ** 2) - 2.0 * dimension) < BOUND * spread


def test_orthogonal_blocks_are_haar_distributed() -> None:
    # A Haar matrix of size 2 is a rotation or a reflection with equal chances, and its first
    # entry has mean 0: a bare QR factorization fixes the sign of both.
    count = 4000
    values = gaussian_frequencies(2 * count, 2, 1.0, kind="orthogonal", rng=9).values
    blocks = values.reshape(count, 2, 2)
    blocks = blocks / np.linalg.norm(blocks, axis=2, keepdims=True)
    assert abs(np.sign(np.linalg.det(blocks)).mean()) < BOUND / np.sqrt(count)
    for entry in (blocks[:, 0, 0], blocks[:, 1, 0], blocks[:, 1, 1]):
        assert abs(entry.mean()) < BOUND * np.sqrt(0.5 / count)


@pytest.mark.parametrize("dimension", [2, 3, 5, 8])
def test_structured_blocks_are_orthogonal_before_the_padding_is_cut(dimension: int) -> None:
    padded = 1 << (dimension - 1).bit_length()
    values = gaussian_frequencies(padded, dimension, 1.0, kind="structured", rng=3).values
    assert values.T @ values == pytest.approx(padded * np.eye(dimension), abs=1e-12)


def test_structured_features_in_one_dimension_are_plus_or_minus_one_over_the_lengthscale() -> None:
    values = gaussian_frequencies(50, 1, 0.5, kind="structured", rng=3).values
    assert set(np.unique(values)) == {-2.0, 2.0}


@pytest.mark.parametrize("base_index", [0, 1, 2])
def test_halton_fills_every_elementary_interval_once(base_index: int) -> None:
    base = (2, 3, 5)[base_index]
    count = base**4
    values = gaussian_frequencies(count, 3, 1.0, kind="halton", rng=6).values
    cells = np.floor(ndtr(values[:, base_index]) * count).astype(int)
    assert np.array_equal(np.sort(cells), np.arange(count))


def test_unit_frequencies_are_plus_or_minus_one_at_every_lengthscale() -> None:
    values = gaussian_frequencies(200, 1, 0.3, kind="unit", rng=0).values
    assert set(np.unique(values)) == {-1.0, 1.0}


def test_qr_of_the_vector_only_rescales_the_iid_frequencies() -> None:
    iid = gaussian_frequencies(30, 1, 0.6, kind="iid", rng=7).values
    rescaled = gaussian_frequencies(30, 1, 0.6, kind="qr-vector", rng=7).values
    assert rescaled == pytest.approx(iid / np.linalg.norm(iid * 0.6), rel=1e-13)


@pytest.mark.parametrize(("m", "reach"), [(25, 1.0), (64, 9.0), (100, 12.0), (400, 25.0)])
def test_gauss_hermite_is_the_exact_kernel_within_its_reach(m: int, reach: float) -> None:
    frequencies = gaussian_frequencies(m, 1, 0.5, kind="gauss-hermite", rng=0)
    distance = np.linspace(0.0, 0.5 * reach, 300)
    estimate = fourier_features(distance, frequencies) @ fourier_features([0.0], frequencies)[0]
    assert estimate == pytest.approx(gaussian_kernel(distance, 0.5), abs=1e-13)


def test_gauss_hermite_in_two_dimensions_is_the_product_rule() -> None:
    frequencies = gaussian_frequencies(20**2, 2, 1.0, kind="gauss-hermite", rng=0)
    points = np.random.default_rng(1).uniform(-1.0, 1.0, (30, 2))
    phi = fourier_features(points, frequencies)
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    assert phi @ phi.T == pytest.approx(gaussian_kernel(distance, 1.0), abs=1e-12)


def test_gauss_hermite_leaves_out_underflowing_weights() -> None:
    values, weights = gaussian_frequencies(1000, 1, 1.0, kind="gauss-hermite", rng=0)
    assert values.shape == (weights.size, 1)
    assert 500 < weights.size < 1000
    assert weights.min() >= 1e-300
    assert weights.sum() == pytest.approx(1.0, abs=1e-14)


@pytest.mark.parametrize("kind", ["iid", "orthogonal", "halton"])
@pytest.mark.parametrize("dimension", [1, 3])
def test_the_kernel_estimate_is_unbiased(kind: str, dimension: int) -> None:
    difference = np.array([0.9, -1.1, 0.4])[:dimension]
    estimates = kernel_draws(kind, 16, difference, 800, seed=21)
    exact = float(gaussian_kernel(np.linalg.norm(difference), 1.3))
    error = estimates.std(ddof=1) / np.sqrt(estimates.size)
    assert abs(estimates.mean() - exact) < BOUND * error


def test_the_variance_of_iid_features_is_the_closed_form() -> None:
    difference = np.array([1.2, 0.7])
    estimates = kernel_draws("iid", 10, difference, 3000, seed=22)
    squares = (estimates - gaussian_kernel(np.linalg.norm(difference), 1.3)) ** 2
    expected = iid_kernel_sd(np.linalg.norm(difference), 10, 1.3) ** 2
    error = squares.std(ddof=1) / np.sqrt(squares.size)
    assert abs(squares.mean() - expected) < BOUND * error


def test_the_error_profile_of_iid_features_follows_the_closed_form() -> None:
    distances = np.linspace(0.2, 4.0, 9)
    profile = kernel_error_profile("iid", 20, 3, 1.5, distances, repeats=600, rng=31)
    expected = iid_kernel_sd(distances, 20, 1.5)
    assert np.all(np.abs(profile.bias) < BOUND * profile.bias_standard_error)
    assert np.all(np.abs(profile.rmse - expected) < BOUND * profile.rmse_standard_error)


def test_the_rmse_of_iid_features_is_the_closed_form_over_pairs() -> None:
    m, dimension = 24, 4
    measured = kernel_rmse("iid", m, dimension, 0.8, pairs=400, repeats=60, rng=41)
    # z² = (2/d) χ²_d, so E exp(-t z²) = (1 + 4t/d)^(-d/2).
    first, second = ((1.0 + 4.0 * t / dimension) ** (-dimension / 2) for t in (1, 2))
    expected = np.sqrt((1.0 - 2.0 * first + second) / (2.0 * m))
    assert abs(measured.rmse - expected) < BOUND * measured.standard_error


@pytest.mark.parametrize("kind", ["orthogonal", "structured", "halton"])
def test_better_kinds_beat_iid_in_eight_dimensions(kind: str) -> None:
    iid = kernel_rmse("iid", 64, 8, repeats=25, rng=51)
    other = kernel_rmse(kind, 64, 8, repeats=25, rng=52)
    assert other.rmse < iid.rmse - BOUND * np.hypot(iid.standard_error, other.standard_error)


def test_repeats_can_be_asked_for_one_at_a_time() -> None:
    rng = np.random.default_rng(61)
    draws = [kernel_mean_square("iid", 8, 2, pairs=50, rng=rng) for _ in range(5)]
    together = kernel_rmse("iid", 8, 2, pairs=50, repeats=5, rng=61)
    assert pool_draws(draws) == together
    assert np.isnan(pool_draws(draws[:1]).standard_error)


def test_the_error_does_not_depend_on_the_lengthscale() -> None:
    one = kernel_mean_square("orthogonal", 8, 2, 1.0, rng=3)
    assert kernel_mean_square("orthogonal", 8, 2, 40.0, rng=3) == pytest.approx(one, rel=1e-12)


def test_rbf_sampler_of_scikit_learn_has_the_same_error() -> None:
    x = np.linspace(-2.0, 2.0, 30)[:, None]
    exact = gaussian_kernel(x - x.T, 1.0)
    theirs, ours = [], []
    for seed in range(40):
        z = RBFSampler(gamma=0.5, n_components=400, random_state=seed).fit_transform(x)
        theirs.append(np.mean((z @ z.T - exact) ** 2))
        phi = fourier_features(x, gaussian_frequencies(200, 1, 1.0, kind="iid", rng=seed))
        ours.append(np.mean((phi @ phi.T - exact) ** 2))
    # Cosines with random phases are the noisier of the two at equal length.
    assert pool_draws(ours).rmse < 1.2 * pool_draws(theirs).rmse
    assert pool_draws(theirs).rmse < 2.5 * pool_draws(ours).rmse


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"m": 0}, "m = 0"),
        ({"m": 2.5}, r"m = 2\.5"),
        ({"dimension": 0}, "dimension = 0"),
        ({"lengthscale": -1.0}, r"lengthscale = -1\.0"),
        ({"lengthscale": float("nan")}, "lengthscale = nan"),
        ({"kind": "rff"}, "kind = 'rff'.*iid, orthogonal"),
        ({"kind": "gauss-hermite", "dimension": 2, "m": 10}, r"m = 10.*k\^2, the nearest is 9"),
        ({"kind": "qr-vector", "dimension": 12}, "m must be at least 12"),
    ],
)
def test_bad_arguments_are_named(change: dict[str, Any], message: str) -> None:
    arguments = {"m": 10, "dimension": 1, "lengthscale": 1.0, "kind": "iid", "rng": 0} | change
    with pytest.raises(ValueError, match=message):
        gaussian_frequencies(
            arguments.pop("m"),
            arguments.pop("dimension"),
            arguments.pop("lengthscale"),
            **arguments,
        )


def test_bad_points_and_weights_are_named() -> None:
    values = np.ones((3, 2))
    with pytest.raises(ValueError, match=r"x has shape \(4,\): must be \(n, 2\)"):
        fourier_features(np.ones(4), values)
    with pytest.raises(ValueError, match="x holds entries that are nan"):
        fourier_features([np.nan], [1.0])
    with pytest.raises(ValueError, match=r"weights have shape \(2,\): must be \(3,\)"):
        fourier_features(np.ones((4, 2)), values, np.ones(2))
    with pytest.raises(ValueError, match=r"weights hold -1\.0"):
        fourier_features([1.0], [1.0], [-1.0])
    with pytest.raises(ValueError, match="frequencies have shape"):
        fourier_features([1.0], np.empty((0, 1)))


@pytest.mark.parametrize("kind", RANDOM_KINDS)
def test_different_seeds_draw_different_frequencies(kind: str) -> None:
    first = gaussian_frequencies(40, 3, 1.0, kind=kind, rng=1).values
    assert not np.array_equal(first, gaussian_frequencies(40, 3, 1.0, kind=kind, rng=2).values)
