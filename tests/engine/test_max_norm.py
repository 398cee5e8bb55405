"""Entrywise approximation by matrices of low rank: reference cases, brute force, identities."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kernlab.engine.numerics import max_norm
from kernlab.engine.numerics.max_norm import (
    alternating_projections,
    certify,
    function_matrix,
    low_rank,
    low_rank_steps,
)
from kernlab.engine.numerics.steps import drain

Array = NDArray[np.float64]

CASES = json.loads((Path(__file__).parents[1] / "reference" / "lowrank.json").read_text())["cases"]
NAMES = {"f1": "gaussian", "f2": "quartic"}
SAMPLINGS = {"sym": "symmetric", "ind": "independent"}


def matrix(case: dict[str, Any], seed: int = 0) -> Array:
    return function_matrix(NAMES[case["function"]], case["n"], case["m"],
                           sampling=SAMPLINGS[case["sampling"]], rng=seed)  # fmt: skip


def random_matrix(seed: int, rows: int, columns: int) -> Array:
    return np.random.default_rng(seed).standard_normal((rows, columns))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_matrices_match_their_fingerprints(case: dict[str, Any]) -> None:
    F, print_ = matrix(case), case["fingerprint_seed0"]
    assert F.sum() == pytest.approx(print_["sum"], rel=1e-12)
    assert F.max() == pytest.approx(print_["max"], rel=1e-14)
    assert [F[0, 1], F[1, 7], F[5, 3]] == pytest.approx(print_["entries"], rel=1e-12)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_svd_agrees_with_the_reference(case: dict[str, Any]) -> None:
    for found in case["per_seed"]:
        F = matrix(case, found["seed"])
        error = max_norm.truncated_svd(F, case["r"]).error / F.max()
        assert error == pytest.approx(found["svd"], rel=1e-3)


def test_published_algorithm_agrees_with_the_reference() -> None:
    case = next(c for c in CASES if c["id"] == "f2_ind_n200_m10_r50")
    F = matrix(case)
    found = alternating_projections(F, case["r"], rng=0)
    assert found.error / F.max() == pytest.approx(case["per_seed"][0]["author_ap"], rel=1e-6)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_descent_beats_the_published_algorithm_and_comes_close_to_the_best(
    case: dict[str, Any],
) -> None:
    F, known = matrix(case), case["per_seed"][0]
    steps = low_rank_steps(F, case["r"], bounded=False)
    found = drain(steps).error / F.max()
    assert found <= 0.92 * known["author_ap"]
    assert found <= 1.03 * known["best"]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_certificate_is_above_the_reference_and_below_every_error(case: dict[str, Any]) -> None:
    F, known = matrix(case), case["per_seed"][0]
    bound = certify(F, case["r"], iterations=45) / F.max()
    assert 0.95 * known["lower_bound"] <= bound <= 0.97 * known["best"]


def literally(F: Array, r: int, rng: np.random.Generator) -> float:
    """The author's code, line by line."""
    m, n = F.shape
    left, right = rng.standard_normal((m, r)) / r**0.5, rng.standard_normal((r, n)) / r**0.5
    product = left @ right
    before = upper = np.abs(product - F).max()
    lower = 0.0
    while True:
        width = upper - lower
        if width < 1e-2 * upper:
            return float(upper)
        middle = (lower + upper) / 2
        while True:
            u, s, v = np.linalg.svd(F + np.clip(product - F, -middle, middle))
            product = u[:, :r] @ np.diag(s[:r]) @ v[:r]
            error = np.abs(product - F).max()
            upper = min(error, upper)
            if error > before * (1 - 1e-3):
                if error > lower + width * 2 / 3:
                    lower += width * 2e-2
                break
            before = error


@pytest.mark.parametrize("shape", [(20, 20), (12, 30), (30, 12)])
def test_alternating_projections_are_the_authors(shape: tuple[int, int]) -> None:
    F = random_matrix(1, *shape)
    expected = literally(F, 4, np.random.default_rng(7))
    assert alternating_projections(F, 4, rng=7).error == pytest.approx(expected, rel=1e-9)


def distance_to_singular(A: Array) -> float:
    """min max|A - G| over singular G: 1/max over signs of yᵀA⁻¹x."""
    signs = np.array(list(itertools.product((-1.0, 1.0), repeat=A.shape[0] - 1)))
    signs = np.hstack([np.ones((signs.shape[0], 1)), signs])
    return float(1.0 / np.abs(signs @ np.linalg.inv(A)).sum(axis=1).max())


@pytest.mark.parametrize("seed", range(3))
def test_certificate_stays_below_the_optimum_of_a_hundred_small_matrices(seed: int) -> None:
    ratios = []
    rng = np.random.default_rng(seed)
    for _ in range(100):
        n = int(rng.integers(2, 11))
        A = rng.standard_normal((n, n))
        ratios.append(certify(A, n - 1, iterations=30) / distance_to_singular(A))
    assert max(ratios) <= 1.0
    assert np.median(ratios) > 0.98
    assert min(ratios) > 0.6


def test_descent_finds_the_optimum_of_most_small_matrices() -> None:
    rng = np.random.default_rng(6)
    ratios = []
    for _ in range(30):
        n = int(rng.integers(2, 11))
        A = rng.standard_normal((n, n))
        found, optimum = low_rank(A, n - 1), distance_to_singular(A)
        assert found.lower_bound <= optimum * (1 + 1e-12) <= found.error * (1 + 1e-9)
        ratios.append(found.error / optimum)
    assert np.median(ratios) < 1.003


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(1, 24),
    columns=st.integers(1, 24),
    share=st.floats(0.0, 1.0),
    power=st.integers(-300, 300),
)
def test_reported_error_is_recomputed_scales_and_lies_above_the_bound(
    seed: int, rows: int, columns: int, share: float, power: int
) -> None:
    F = random_matrix(seed, rows, columns)
    rank = 1 + int(share * (min(rows, columns) - 1))
    found = low_rank(F, rank, iterations=60)
    assert found.left.shape == (rows, rank)
    assert found.right.shape == (rank, columns)
    assert found.error == np.abs(F - found.left @ found.right).max()
    assert found.lower_bound <= found.error
    assert found.error <= max_norm.constant_error(F) * (1 + 1e-12)
    assert low_rank(math.ldexp(1.0, power) * F, rank, iterations=60).error == pytest.approx(
        math.ldexp(found.error, power), rel=1e-9
    )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(2, 20), columns=st.integers(2, 20))
def test_no_method_gets_below_the_certificate(seed: int, rows: int, columns: int) -> None:
    F = random_matrix(seed, rows, columns) + 1.0
    rank = 1 + seed % (min(rows, columns) - 1) if min(rows, columns) > 2 else 1
    bound = certify(F, rank, iterations=40)
    assert bound == pytest.approx(certify(F.T, rank, iterations=40), rel=1e-6)
    assert certify(8.0 * F, rank, iterations=40) == pytest.approx(8.0 * bound, rel=1e-12)
    for found in (
        low_rank(F, rank, iterations=100),
        max_norm.truncated_svd(F, rank),
        max_norm.gaussian_sketch(F, rank, rng=seed),
        alternating_projections(F, rank, rng=seed),
    ):
        assert bound <= found.error * (1 + 1e-12)
        assert found.lower_bound <= found.error


def test_a_matrix_of_low_rank_is_found_exactly_and_nothing_is_claimed() -> None:
    F = random_matrix(2, 40, 3) @ random_matrix(3, 3, 50)
    found = low_rank(F, 3)
    assert found.error <= 1e-14 * np.abs(F).max()
    assert certify(F, 3) <= found.error


@pytest.mark.parametrize("F", [np.zeros((4, 7)), np.ones((5, 5)), 3.0 * np.ones((2, 9))])
def test_constant_matrices_need_rank_one(F: Array) -> None:
    found = low_rank(F, 1)
    assert found.error <= 1e-14
    assert found.lower_bound == 0.0


def test_full_rank_is_exact() -> None:
    F = random_matrix(4, 5, 8)
    found = low_rank(F, 5)
    assert (found.error, found.lower_bound, certify(F, 5)) == (0.0, 0.0, 0.0)
    assert np.array_equal(found.left @ found.right, F)


def test_a_smooth_matrix_is_improved_far_below_single_precision() -> None:
    F = function_matrix("gaussian", 100, 1, rng=0)
    found, start = low_rank(F, 8), max_norm.truncated_svd(F, 8)
    assert start.error < 1e-6
    assert found.error < 0.4 * start.error
    assert 0.0 < found.lower_bound <= found.error


def test_symmetric_saddles_are_left() -> None:
    n, rank = 50, 25
    found = low_rank(np.eye(n), rank)
    bound = max_norm.welch_bound(n, rank)
    assert bound <= found.error <= 1.1 * bound


def test_hadamard_matrix_never_does_worse_than_a_constant() -> None:
    F = np.ones((1, 1))
    for _ in range(5):
        F = np.block([[F, F], [F, -F]])
    assert low_rank(F, 4).error <= 1.0


def test_steps_report_falling_errors_and_rising_bounds() -> None:
    F = function_matrix("gaussian", 120, 20, rng=3)
    steps = low_rank_steps(F, 10)
    first = next(steps)
    assert first.stage == "start"
    assert first.error == pytest.approx(max_norm.truncated_svd(F, 10).error, rel=0.2)
    states = [first]
    result = None
    while result is None:
        try:
            states.append(next(steps))
        except StopIteration as end:
            result = end.value
    errors = [state.error for state in states]
    bounds = [state.lower_bound for state in states]
    assert errors == sorted(errors, reverse=True)
    assert bounds == sorted(bounds)
    assert {state.stage for state in states} == {"start", "descent", "certificate"}
    fractions = [state.fraction for state in states]
    assert fractions == sorted(fractions)
    assert all(0.0 <= value <= 1.0 for value in fractions)
    assert states[-1].error == result.error
    for state in states:
        left, right = state.factors
        assert np.abs(F - left @ right).max() == pytest.approx(state.error, abs=1e-5)


def test_a_warm_start_of_another_rank_is_cut_or_filled() -> None:
    F = function_matrix("gaussian", 80, 20, rng=1)
    before = low_rank(F, 10)
    for rank in (7, 13):
        steps = low_rank_steps(F, rank, start=(before.left, before.right))
        first = next(steps)
        assert first.factors[0].shape == (80, rank)
        warm = drain(steps).error
        assert warm <= 1.05 * low_rank(F, rank).error


def test_limits_end_a_solve() -> None:
    F = function_matrix("gaussian", 100, 20, rng=0)
    start = low_rank(F, 5, iterations=0).error
    some = low_rank(F, 5, iterations=34).error
    assert low_rank(F, 5).error < some < start
    assert low_rank(F, 5, tolerance=0.5).error < start
    assert low_rank(F, 5, seconds=0.05).error < start


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"F": np.ones(3), "rank": 1}, "F has shape"),
        ({"F": [[1.0, np.nan]], "rank": 1}, "1 entries that are nan or infinite"),
        ({"F": np.ones((0, 3)), "rank": 1}, "F has shape"),
        ({"F": "text", "rank": 1}, "F is no array of numbers"),
        ({"F": np.eye(3), "rank": 4}, "rank = 4: must be at most 3"),
        ({"F": np.eye(3), "rank": 0}, "rank = 0"),
        ({"F": np.eye(3), "rank": 1.5}, "rank = 1.5"),
        ({"F": np.eye(3), "rank": 1, "iterations": -1}, "iterations = -1"),
        ({"F": np.eye(3), "rank": 1, "tolerance": 1.5}, "tolerance = 1.5"),
        ({"F": np.eye(3), "rank": 1, "seconds": 0.0}, "seconds = 0.0"),
        ({"F": np.eye(3), "rank": 1, "rng": -1}, "rng = -1"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        low_rank(**arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sine", 5, 2), "name = 'sine': must be one of gaussian"),
        (("gaussian", 0, 2), "n = 0"),
        (("gaussian", 5, 2.5), "m = 2.5"),
    ],
)
def test_bad_matrices_are_named(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        function_matrix(*arguments)
    with pytest.raises(ValueError, match="sampling = 'both'"):
        function_matrix("gaussian", 5, 2, sampling="both")


@pytest.mark.parametrize("name", max_norm.FUNCTIONS)
@pytest.mark.parametrize("points", max_norm.POINTS)
def test_matrices_agree_with_their_definition(name: str, points: str) -> None:
    from kernlab.engine.numerics.function_matrices import draw_points

    rng = np.random.default_rng(3)
    x, y = draw_points(6, 4, rng, points), draw_points(6, 4, rng, points)
    F = function_matrix(name, 6, 4, sampling="independent", points=points, rng=3)
    d = np.linalg.norm(x[:, None, :] - y[None, :, :], axis=2)
    expected = {
        "gaussian": np.exp(-(d**2)),
        "quartic": np.exp(-(d**4)),
        "exponential": np.exp(-d),
        "cauchy": 1.0 / (1.0 + d**2),
        "attention": np.exp((x @ y.T) / 2.0),
        "identity": np.eye(6),
    }[name]
    assert pytest.approx(expected, rel=1e-12) == F
    symmetric = function_matrix(name, 6, 4, points=points, rng=3)
    assert np.array_equal(symmetric, symmetric.T)


def test_a_decomposition_that_does_not_converge_is_done_another_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    F = random_matrix(8, 12, 15)
    expected = max_norm.truncated_svd(F, 4), alternating_projections(F, 4, rng=1)

    def fail(*_: Any, **__: Any) -> None:
        raise np.linalg.LinAlgError("SVD did not converge")

    monkeypatch.setattr(np.linalg, "svd", fail)
    found = max_norm.truncated_svd(F, 4), alternating_projections(F, 4, rng=1)
    for one, other in zip(found, expected, strict=True):
        assert one.error == pytest.approx(other.error, rel=1e-9)
        assert one.lower_bound == pytest.approx(other.lower_bound, rel=1e-9)
    assert low_rank(F, 4).lower_bound > 0.0
