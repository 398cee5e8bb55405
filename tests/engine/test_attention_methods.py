"""FAVOR+, Nyström and coreset each against what they are defined to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlab.engine.numerics import attention
from kernlab.engine.numerics.attention_coreset import (
    RIDGE,
    choose_coreset,
    draw_numbers,
    scaled_keys,
)
from kernlab.engine.numerics.attention_features import performer
from kernlab.engine.numerics.attention_nystrom import pseudo_inverse, segment_means
from tests.engine.test_attention import REFERENCE, Tensor, Triple, difference, normal

quickly = settings(max_examples=25, deadline=None, derandomize=True)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def fixed_case() -> tuple[Triple, Tensor]:
    random = torch.Generator().manual_seed(123)
    q, k, v = (torch.randn(1, 1, 32, 8, generator=random).double() for _ in range(3))
    return (q, k, v), torch.randn(16, 8, generator=random).double()


def feature_kernel(x: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """Estimates of exp(x·y), (n, d), (n', d) → (n, n'), by the definition."""
    left = torch.exp(x @ w.T - 0.5 * (x * x).sum(-1, keepdim=True))
    right = torch.exp(y @ w.T - 0.5 * (y * y).sum(-1, keepdim=True))
    return left @ right.T / len(w)


@pytest.mark.parametrize("chunk", [None, 1, 5, 32, 100])
def test_performer_matches_the_reference_in_blocks_of_any_size(chunk: int | None) -> None:
    case = REFERENCE["performer_fixed"]
    inputs, projection = fixed_case()
    result = performer(*inputs, projection, chunk=chunk)
    assert float(result[0, 0, 0, 0]) == pytest.approx(case["o000"], abs=1e-14)
    assert float(result[0, 0, 17, 5]) == pytest.approx(case["o_17_5"], abs=1e-14)
    assert float(result[0, 0, 31, 7]) == pytest.approx(case["o_31_7"], abs=1e-14)
    assert float(result.norm()) == pytest.approx(case["fro"], rel=1e-14)
    x, y = (z[0, 0] * 8**-0.25 for z in inputs[:2])
    assert float(feature_kernel(x, y, projection)[3, 4]) == pytest.approx(case["A_3_4"], rel=1e-9)


def test_centring_is_put_back_exactly() -> None:
    (q, k, v), projection = fixed_case()
    centre = q[0, 0].mean(0) * 8**-0.25
    x, y = (8**-0.25 * (z[0, 0] - z[0, 0].mean(0)) for z in (q, k))
    # exp(x·y) of the original vectors, up to factors of the row.
    weights = feature_kernel(x, y, projection) * torch.exp(y @ centre)
    expected = (weights @ v[0, 0]) / weights.sum(-1, keepdim=True)
    result = performer(q, k, v, projection, centred=True)
    assert difference(result, expected[None, None]) < 1e-13


@pytest.mark.parametrize("centred", [False, True])
def test_many_features_approach_the_exact_answer(centred: bool) -> None:
    q, k, v = normal((1, 2, 40, 3), seed=2)
    q, k = 0.5 * q + 0.7, 0.5 * k - 0.4
    exact = attention.softmax(q, k, v)
    projection = attention.orthogonal_projection(100_000, 3, generator=1, dtype=torch.float64)
    assert difference(performer(q, k, v, projection, centred=centred), exact) < 0.02


def test_centring_helps_where_all_keys_share_an_offset() -> None:
    q, k, v = normal((1, 4, 256, 16), seed=3)
    q, k = 0.3 * q, 0.3 * k + 2.0
    exact = attention.softmax(q, k, v)
    projection = attention.orthogonal_projection(64, 16, generator=1, dtype=torch.float64)
    plain = difference(performer(q, k, v, projection), exact)
    assert difference(performer(q, k, v, projection, centred=True), exact) < 0.5 * plain


def test_huge_queries_and_keys_neither_overflow_nor_vanish() -> None:
    q, k, v = normal((1, 2, 64, 16), dtype=torch.float32)
    projection = attention.orthogonal_projection(32, 16, generator=1)
    for chunk in (None, 9):
        result = performer(1e4 * q, 1e4 * k, v, projection, chunk=chunk)
        assert bool(torch.isfinite(result).all())


@pytest.mark.parametrize(("m", "d"), [(64, 64), (10, 64), (100, 16), (3, 1)])
def test_rows_of_a_block_are_orthogonal(m: int, d: int) -> None:
    rows = attention.orthogonal_projection(m, d, generator=1, dtype=torch.float64)
    assert rows.shape == (m, d)
    for start in range(0, m, d):
        block = rows[start : start + d]
        gram = block @ block.T
        assert float((gram - gram.diag().diag()).abs().max()) < 1e-12


@pytest.mark.parametrize("case", REFERENCE["orf_haar"], ids=lambda case: f"d={case['d']}")
def test_haar_blocks_are_unbiased_where_a_raw_qr_is_not(case: dict[str, Any]) -> None:
    d, draws = case["d"], 4000
    random = torch.Generator().manual_seed(7)
    rows = torch.stack(
        [
            attention.orthogonal_projection(d, d, generator=random, dtype=torch.float64)
            for _ in range(draws)
        ]
    )
    # E exp(w·t) = exp(|t|²/2) for a normal w; the reference took t along one axis.
    t = torch.zeros(d, dtype=torch.float64)
    t[0] = (2.0 * np.log(case["exact"])) ** 0.5
    estimates = torch.exp(rows @ t).mean(1)
    error = float(estimates.std()) / draws**0.5
    assert float(estimates.mean()) == pytest.approx(case["exact"], abs=4.5 * error)
    assert abs(case["raw_qr"][0] - case["exact"]) > 4.5 * error


def test_orthogonal_rows_have_the_norms_of_normal_vectors() -> None:
    squares = attention.orthogonal_projection(8000, 8, generator=2).square().sum(1)
    assert float(squares.mean()) == pytest.approx(8.0, abs=4.5 * (16.0 / 8000) ** 0.5)
    assert float(squares.var()) == pytest.approx(16.0, rel=0.1)


def test_nystrom_with_all_tokens_as_landmarks_matches_the_reference() -> None:
    case = REFERENCE["nystrom"][0]
    random = torch.Generator().manual_seed(5)
    q, k, v = (torch.randn(1, 1, 64, 16, generator=random).double() for _ in range(3))
    exact = attention.softmax(q, k, v)
    values = attention.landmark_singular_values(q, k, 64)[0, 0]
    assert float(values[0] / values[-1]) == pytest.approx(case["cond"], rel=1e-10)
    assert difference(attention.nystrom(q, k, v, 64, None), exact) < 1e-13
    for iterations, error in case["iter_err"].items():
        found = difference(attention.nystrom(q, k, v, 64, int(iterations)), exact)
        assert found == pytest.approx(error, rel=1e-6, abs=1e-12)


def test_nystrom_is_exact_where_segments_are_constant() -> None:
    q, k, v = normal((1, 2, 256, 16), seed=6)
    q, k = (x[:, :, ::16].repeat_interleave(16, dim=2) for x in (q, k))
    exact = attention.softmax(q, k, v)
    assert difference(attention.nystrom(q, k, v, 16, None), exact) < 1e-11
    assert 1e-4 < difference(attention.nystrom(q, k, v, 16, 6), exact) < 0.2


@quickly
@given(n=st.integers(1, 60), part=st.floats(0.0, 1.0))
def test_segment_means_are_means_of_segments_of_nearly_equal_length(n: int, part: float) -> None:
    segments = 1 + int(part * (n - 1))
    x = torch.randn((1, 2, n, 3), generator=torch.Generator().manual_seed(n)).double()
    expected = np.array_split(x.numpy(), segments, axis=2)
    means = np.stack([piece.mean(axis=2) for piece in expected], axis=2)
    assert segment_means(x, segments).numpy() == pytest.approx(means, abs=1e-14)


def test_newton_schulz_converges_to_the_pseudo_inverse() -> None:
    matrix = torch.softmax(torch.randn((3, 20, 20), generator=torch.Generator().manual_seed(1)), -1)
    inverse = pseudo_inverse(matrix.double(), 40)
    assert difference(inverse[None], torch.linalg.inv(matrix.double())[None]) < 1e-10


def test_forty_newton_schulz_steps_in_float32_reach_the_float64_pseudo_inverse() -> None:
    inputs = attention.attention_inputs("smooth", (1, 2, 512, 64), generator=1)
    doubles = tuple(x.double() for x in inputs)
    expected = attention.nystrom(*doubles, 256, None)  # type: ignore[arg-type]
    found = attention.nystrom(*inputs, 256, 40)
    assert found.dtype == torch.float32
    assert difference(found, expected) < 1e-3


@pytest.mark.parametrize(("steps", "kind"), [(6, torch.float32), (13, torch.float32),
                                             (14, torch.float64), (40, torch.float64)])  # fmt: skip
def test_newton_schulz_is_in_float64_where_rounding_would_grow_above_one(
    steps: int, kind: torch.dtype
) -> None:
    assert (3.25**steps * torch.finfo(torch.float32).eps > 1) == (kind == torch.float64)
    assert pseudo_inverse(torch.full((1, 8, 8), 0.125), steps).dtype == kind


def test_a_coreset_of_all_keys_is_exact_up_to_its_ridge() -> None:
    q, k, v = normal((1, 2, 64, 16))
    exact = attention.softmax(q, k, v)
    assert difference(attention.coreset(q, k, v, 64), exact) < 1e-3
    assert difference(attention.coreset(q, k, v, 64, pivots="uniform"), exact) < 1e-3


def test_a_coreset_finds_all_distinct_keys_where_uniform_pivots_miss_some() -> None:
    q, k, v = normal((1, 2, 240, 8), seed=8)
    k = k[:, :, :12].repeat(1, 1, 20, 1)
    exact = attention.softmax(q, k, v)
    assert difference(attention.coreset(q, k, v, 24), exact) < 1e-3
    assert difference(attention.coreset(q, k, v, 24, pivots="uniform"), exact) > 0.05


@pytest.mark.parametrize("kind", ["smooth", "clustered"])
def test_a_coreset_of_256_keys_is_within_five_percent(kind: str) -> None:
    inputs = attention.attention_inputs(kind, (1, 2, 2048, 64), generator=1)
    exact = attention.exact_rows(*inputs, slice(0, 400))
    result = attention.coreset(*inputs, 256, generator=2)
    assert difference(result[:, :, :400], exact) < 0.05


@quickly
@given(seed=st.integers(0, 2**31 - 1), n=st.integers(1, 70), part=st.floats(0.0, 1.0))
def test_pivots_differ_and_the_factor_is_that_of_their_kernel(
    seed: int, n: int, part: float
) -> None:
    size = 1 + int(part * (n - 1))
    random = torch.Generator().manual_seed(seed)
    # Few distinct keys, so that the rank runs out.
    keys = torch.randn((2, 5, 4), generator=random).double()[:, torch.arange(n) % 5]
    y = 0.5 * (keys - keys.mean(1, keepdim=True))
    numbers = draw_numbers(size, n, "cholesky", random)
    chosen = choose_coreset(scaled_keys(keys, 0.5), size, numbers)
    for head in range(2):
        picks = chosen.indices[head]
        assert len(set(picks.tolist())) == size
        kernel = torch.exp(-0.5 * torch.cdist(y[head, picks], y[head]) ** 2)
        assert torch.allclose(chosen.rows[head], kernel, atol=1e-12)
        product = chosen.factor[head] @ chosen.factor[head].T
        regularized = kernel[:, picks] + RIDGE * torch.eye(size)
        assert torch.allclose(product, regularized.double(), atol=1e-9)


def test_pivots_are_drawn_as_by_one_pivot_at_a_time() -> None:
    """Where one key stands alone among many equal ones, a second pivot always finds it."""
    keys = torch.zeros((1, 200, 4), dtype=torch.float64)
    keys[0, 117] = 50.0
    random = torch.Generator().manual_seed(0)
    for _ in range(30):
        numbers = draw_numbers(2, 200, "cholesky", random)
        chosen = choose_coreset(scaled_keys(keys, 1.0), 2, numbers)
        assert 117 in chosen.indices[0].tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: attention.performer(*x, torch.zeros(3, 5)), r"projection has shape \(3, 5\)"),
        (lambda x: attention.performer(*x, torch.zeros(3, 4), chunk=0), "chunk = 0: must be"),
        (lambda x: attention.orthogonal_projection(0, 4, generator=1), "m = 0: must be"),
        (lambda x: attention.nystrom(*x, 0), "landmarks = 0: must be"),
        (lambda x: attention.nystrom(*x, 9), "landmarks = 9: must be .* at most 8"),
        (lambda x: attention.nystrom(*x, 4, iterations=-1), "iterations = -1: must be"),
        (lambda x: attention.coreset(*x, 9), "size = 9: must be .* at most 8"),
        (lambda x: attention.coreset(*x, 2.5), "size = 2.5: must be a whole number"),
        (lambda x: attention.coreset(*x, 4, pivots="greedy"), "pivots = 'greedy'"),
        (lambda x: attention.coreset(*x, 4, temperature=0.0), "temperature = 0.0"),
    ],
)
def test_bad_arguments_are_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(normal((1, 1, 8, 4)))
