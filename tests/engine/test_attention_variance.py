"""Random-feature estimates of exp(x·y) against the reference, simulation and one another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlab.engine.numerics.attention_variance import (
    KINDS,
    feature_estimates,
    feature_variance,
    log_feature_variance,
    optimal_exponent,
)
from tests.engine.test_attention import REFERENCE

CLOSED = {
    "positive": "var_pos",
    "trigonometric": "var_trig",
    "hyperbolic": "var_hyp",
    "optimal": "var_oprf",
}
vectors = st.lists(st.floats(-1.5, 1.5), min_size=3, max_size=3).map(np.array)
quickly = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.mark.parametrize("case", REFERENCE["kernel"], ids=range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_variances_match_the_reference(case: dict[str, Any], kind: str) -> None:
    value = feature_variance(case["x"], case["y"], case["m"], kind=kind)
    assert value == pytest.approx(case["closed"][CLOSED[kind]], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("case", REFERENCE["kernel"], ids=range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_estimates_have_the_mean_and_the_variance_of_the_closed_form(
    case: dict[str, Any], kind: str
) -> None:
    x, y, m, draws = case["x"], case["y"], case["m"], 20_000
    estimates = feature_estimates(x, y, m, kind=kind, draws=draws, rng=1)
    variance = feature_variance(x, y, m, kind=kind)
    margin = 4.5 * (variance / draws) ** 0.5 + 1e-12
    assert estimates.mean() == pytest.approx(case["closed"]["SM"], abs=margin)
    assert estimates.var() == pytest.approx(variance, rel=0.1, abs=1e-15)


def test_the_optimal_exponent_matches_the_reference() -> None:
    for case in REFERENCE["kernel"]:
        closed = case["closed"]
        a = float(optimal_exponent(closed["z2"], len(case["x"])))
        assert a == pytest.approx(closed["A_star"], abs=1e-14)
        assert 1.0 / (1.0 - 8.0 * a) == pytest.approx(closed["rho_star"], rel=1e-13)


def test_orthogonal_frequencies_keep_the_mean_and_lower_the_variance() -> None:
    x, y = np.full(8, 0.25), np.full(8, 0.2)
    estimates = feature_estimates(
        x, y, 8, kind="positive", draws=4000, rng=2, frequencies="orthogonal"
    )
    variance = feature_variance(x, y, 8, kind="positive")
    assert estimates.mean() == pytest.approx(np.exp(x @ y), abs=4.5 * (variance / 4000) ** 0.5)
    assert estimates.var() < 0.9 * variance


@quickly
@given(x=vectors, y=vectors)
def test_the_optimal_features_vary_least_of_the_positive_ones(x: Any, y: Any) -> None:
    positive, hyperbolic, optimal = (
        feature_variance(x, y, 4, kind=kind) for kind in ("positive", "hyperbolic", "optimal")
    )
    assert optimal <= positive * (1 + 1e-9)
    assert hyperbolic <= 0.5 * positive * (1 + 1e-12)


@quickly
@given(x=vectors, y=vectors, kind=st.sampled_from(KINDS), m=st.integers(1, 1000))
def test_the_variance_is_one_over_the_number_of_features(x: Any, y: Any, kind: str, m: int) -> None:
    one = feature_variance(x, y, 1, kind=kind)
    assert feature_variance(x, y, m, kind=kind) == pytest.approx(one / m, rel=1e-9)


def test_normal_queries_and_keys_of_64_entries_have_a_relative_variance_near_e16_over_m() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((2, 4000, 64)) * 64**-0.25
    relative = log_feature_variance(x, y, 256, kind="positive") - 2.0 * (x * y).sum(-1)
    assert np.median(relative) == pytest.approx(16.0 - np.log(256.0), abs=0.3)


def test_a_variance_above_the_largest_number_is_infinite() -> None:
    x = np.full(64, 10.0)
    assert feature_variance(x, x, 4, kind="positive") == np.inf
    assert np.isfinite(log_feature_variance(x, x, 4, kind="positive"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0], [1.0, 2.0], 4, "positive"), "x has shape"),
        (([1.0], [np.nan], 4, "positive"), "y holds values that are not finite"),
        (([1.0], [1.0], 0, "positive"), "m = 0"),
        (([1.0], [1.0], 4, "best"), "kind = 'best': must be one of positive"),
        (([[1.0]], [[1.0]], 4, "positive"), r"x has shape \(1, 1\): must be \(d,\)"),
    ],
)
def test_bad_arguments_are_named(arguments: Any, message: str) -> None:
    x, y, m, kind = arguments
    with pytest.raises(ValueError, match=message):
        feature_variance(x, y, m, kind=kind)
    with pytest.raises(ValueError, match=message):
        feature_estimates(x, y, m, kind=kind, draws=10, rng=1)
