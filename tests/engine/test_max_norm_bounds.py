"""Bounds of the maximum norm: closed forms, the rank of claim L1."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlab.engine.numerics import max_norm
from kernlab.engine.numerics.max_norm import certify, error_bound, rank_bound
from kernlab.engine.numerics.max_norm_bounds import _proximal


@pytest.mark.parametrize(("n", "rank"), [(50, 3), (100, 20), (40, 39)])
def test_certificate_of_the_identity_is_welchs_bound(n: int, rank: int) -> None:
    welch = max_norm.welch_bound(n, rank)
    assert certify(np.eye(n), rank) == pytest.approx(welch, rel=1e-3)
    assert certify(np.eye(n), rank) <= welch


def test_limit_of_the_gaussian_in_high_dimension_obeys_its_bound() -> None:
    n, rank = 80, 10
    F = math.exp(-2.0) * np.ones((n, n)) + (1.0 - math.exp(-2.0)) * np.eye(n)
    coherence = math.sqrt((n - rank - 1) / ((rank + 1) * (n - 1)))
    expected = (1.0 - math.exp(-2.0)) * coherence / (1.0 + coherence)
    bound = max_norm.gaussian_limit_bound(n, rank)
    assert bound == pytest.approx(expected, rel=1e-14)
    assert bound <= max_norm.low_rank(F, rank).error


def test_welchs_bound_vanishes_at_full_rank() -> None:
    assert max_norm.welch_bound(7, 7) == max_norm.welch_bound(7, 9) == 0.0


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.floats(0.0, 10.0), min_size=2, max_size=12),
    share=st.floats(0.0, 1.0),
    step=st.floats(0.1, 10.0),
)
def test_proximal_point_minimizes(values: list[float], share: float, step: float) -> None:
    s = np.sort(values)[::-1]
    rank = 1 + int(share * (s.size - 2))

    def objective(z: np.ndarray) -> float:
        return 0.5 * float((np.sort(np.abs(z))[::-1][:rank] ** 2).sum()) + float(
            ((z - s) ** 2).sum()
        ) / (2.0 * step)

    z, shares = _proximal(s, rank, step)
    assert ((shares >= 0.0) & (shares <= 1.0)).all()
    rng = np.random.default_rng(0)
    for size in (1e-4, 1e-2, 1.0):
        for _ in range(20):
            assert objective(z) <= objective(z + size * rng.standard_normal(s.size)) + 1e-12


@pytest.mark.parametrize(
    ("n", "rank", "expected"),
    [(1000, 50, 1.49), (1000, 100, 0.97), (1000, 200, 0.64), (1000, 500, 0.38), (1000, 1000, 0.26)],
)
def test_error_that_a_rank_guarantees(n: int, rank: int, expected: float) -> None:
    assert error_bound(rank, n, n) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(("n", "least"), [(1000, 94), (200, 73)])
def test_where_the_rank_bound_says_nothing(n: int, least: int) -> None:
    assert error_bound(least, n, n) >= 1.0 > error_bound(least + 1, n, n)
    assert rank_bound(1.0, n, n) == least + 1


@given(
    error=st.floats(1e-6, 3.0),
    n1=st.integers(1, 10**6),
    n2=st.integers(1, 10**6),
    gamma2=st.floats(0.1, 100.0),
)
def test_rank_bound_is_the_least_rank_of_its_inequality(
    error: float, n1: int, n2: int, gamma2: float
) -> None:
    from mpmath import log, mp, mpf

    with mp.workdps(40):
        epsilon = mpf(error) / mpf(gamma2)
        exact = 2 * log(2 * mpf(n1) * n2) / (epsilon - log(1 + epsilon))
        rank = rank_bound(error, n1, n2, gamma2=gamma2)
        assert rank > exact * (1 - mpf(10) ** -9)
        assert rank - 1 <= exact * (1 + mpf(10) ** -9)
    assert error_bound(rank, n1, n2, gamma2=gamma2) <= error * (1 + 1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rank_bound(0.0, 5, 5), "error = 0.0"),
        (lambda: rank_bound(0.1, 0, 5), "n1 = 0"),
        (lambda: rank_bound(0.1, 5, 5, gamma2=-1.0), "gamma2 = -1.0"),
        (lambda: max_norm.welch_bound(0, 1), "n = 0"),
        (lambda: certify(np.eye(3), 1, iterations=0), "iterations = 0"),
        (lambda: certify(np.eye(3), 5), "rank = 5"),
    ],
)
def test_bad_arguments_are_named(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=words):
        call()
