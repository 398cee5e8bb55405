"""Attention and its approximations: reference values, brute force, and what must not matter."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlab.engine.numerics import attention
from kernlab.engine.numerics.attention import AttentionOptions
from kernlab.engine.numerics.attention_inputs import KINDS

Tensor = torch.Tensor
Triple = tuple[Tensor, Tensor, Tensor]

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "attention.json").read_text(encoding="utf-8")
)
SMALL = AttentionOptions(features=24, chunk=7, landmarks=9, coreset_size=12)
EXACT = ("naive", "fused")
FAVOR = ("favor", "favor-centred", "favor-chunked")
quickly = settings(max_examples=15, deadline=None, derandomize=True)
seeds = st.integers(0, 2**31 - 1)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def normal(shape: tuple[int, int, int, int], seed: int = 0, dtype: Any = torch.float64) -> Triple:
    return attention.attention_inputs("gaussian", shape, generator=seed, dtype=dtype)


def difference(one: Tensor, other: Tensor) -> float:
    return float(attention.relative_error(one, other).max())


def run(method: str, inputs: Triple, options: AttentionOptions = SMALL) -> Tensor:
    return attention.prepare(method, options, inputs[0].shape[-1])(*inputs)


@pytest.mark.parametrize("case", REFERENCE["exact"], ids=lambda case: f"n={case['n']}")
def test_exact_attention_matches_the_reference(case: dict[str, Any]) -> None:
    q, k, v = normal((case["b"], case["h"], case["n"], case["d"]), case["seed"], torch.float32)
    assert q[0, 0, 0, :3] * case["qscale"] == pytest.approx(case["q000"])
    q = q * case["qscale"]
    exact = attention.exact_rows(q, k, v, slice(None))
    entries = [float(exact[0][tuple(index)]) for index in case["entries"]]
    assert entries == pytest.approx(case["values"], abs=1e-14)
    assert float(exact.norm()) == pytest.approx(case["fro"], rel=1e-13)
    assert float(exact.sum()) == pytest.approx(case["sum"], rel=1e-12)
    if case["n"] <= 1024:
        assert float((attention.softmax(q, k, v) - exact).norm() / exact.norm()) < case["tol_fp32"]
        doubles = attention.softmax(q.double(), k.double(), v.double())
        assert difference(doubles, exact) < 1e-14
    assert float((attention.fused(q, k, v) - exact).norm() / exact.norm()) < case["tol_fp32"]
    mean = attention.mean_value(q, k, v)
    assert float((mean - exact).norm() / exact.norm()) == pytest.approx(
        case["mean_baseline_rel"], rel=1e-6
    )


def test_exact_rows_are_rows_of_the_exact_answer() -> None:
    inputs = normal((2, 3, 40, 5))
    chosen = torch.tensor([3, 0, 39])
    rows = attention.exact_rows(*inputs, chosen)
    assert difference(rows, attention.softmax(*inputs)[:, :, chosen]) < 1e-14


@pytest.mark.parametrize("method", attention.KEYS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_else_is_in_the_batch_changes_nothing(method: str, kind: str) -> None:
    q, k, v = attention.attention_inputs(kind, (3, 2, 150, 16), generator=3)
    together = run(method, (q, k, v))
    for item in range(3):
        alone = run(method, tuple(x[item : item + 1].contiguous() for x in (q, k, v)))  # type: ignore[arg-type]
        assert difference(alone, together[item : item + 1]) < 1e-6


@pytest.mark.parametrize("method", attention.KEYS)
@pytest.mark.parametrize("kind", KINDS)
def test_float32_agrees_with_float64(method: str, kind: str) -> None:
    inputs = attention.attention_inputs(kind, (1, 2, 300, 32), generator=4)
    doubles = tuple(x.double() for x in inputs)
    result, exact = run(method, inputs), run(method, doubles)  # type: ignore[arg-type]
    assert result.dtype == torch.float32
    assert exact.dtype == torch.float64
    assert difference(result, exact) < 2e-5


@pytest.mark.parametrize("method", attention.KEYS)
def test_views_that_are_not_contiguous_give_the_same_answer(method: str) -> None:
    base = torch.randn((2, 50, 3, 3, 8), generator=torch.Generator().manual_seed(1))
    strided = tuple(base[:, :, :, i].transpose(1, 2) for i in range(3))
    dense = tuple(x.contiguous() for x in strided)
    assert difference(run(method, strided), run(method, dense)) < 1e-6  # type: ignore[arg-type]


@pytest.mark.parametrize("method", [key for key in attention.KEYS if key != "nystrom"])
@quickly
@given(seed=seeds)
def test_permuted_queries_give_permuted_answers(method: str, seed: int) -> None:
    q, k, v = normal((1, 2, 30, 8), seed)
    order = torch.randperm(30, generator=torch.Generator().manual_seed(seed))
    result = run(method, (q[:, :, order], k, v))
    assert difference(result, run(method, (q, k, v))[:, :, order]) < 1e-10


@pytest.mark.parametrize("method", [*EXACT, *FAVOR, "taylor", "mean"])
@quickly
@given(seed=seeds)
def test_the_order_of_the_keys_does_not_matter(method: str, seed: int) -> None:
    q, k, v = normal((1, 2, 30, 8), seed)
    order = torch.randperm(30, generator=torch.Generator().manual_seed(seed))
    result = run(method, (q, k[:, :, order], v[:, :, order]))
    assert difference(result, run(method, (q, k, v))) < 1e-10


@pytest.mark.parametrize("method", attention.KEYS)
@quickly
@given(seed=seeds, factor=st.floats(-5.0, 5.0).filter(lambda x: abs(x) > 0.1))
def test_values_scale_through(method: str, seed: int, factor: float) -> None:
    q, k, v = normal((1, 2, 30, 8), seed)
    result = run(method, (q, k, factor * v))
    assert difference(result, factor * run(method, (q, k, v))) < 1e-10


@pytest.mark.parametrize("method", [key for key in attention.KEYS if key != "nystrom"])
@quickly
@given(seed=seeds, shift=st.floats(-5.0, 5.0))
def test_weights_of_a_row_sum_to_one(method: str, seed: int, shift: float) -> None:
    q, k, v = normal((1, 2, 30, 8), seed)
    result = run(method, (q, k, v + shift))
    assert difference(result, run(method, (q, k, v)) + shift) < 1e-9


@pytest.mark.parametrize("method", [*EXACT, "nystrom", "taylor", "mean"])
@quickly
@given(seed=seeds, factor=st.floats(0.1, 10.0))
def test_a_factor_can_move_from_queries_to_keys(method: str, seed: int, factor: float) -> None:
    q, k, v = normal((1, 2, 30, 8), seed)
    result = run(method, (factor * q, k / factor, v))
    assert difference(result, run(method, (q, k, v))) < 1e-8


@pytest.mark.parametrize("method", [*EXACT, "favor-centred", "coreset", "taylor", "mean"])
@quickly
@given(seed=seeds, shift=st.floats(-3.0, 3.0))
def test_a_shift_of_all_keys_does_not_matter(method: str, seed: int, shift: float) -> None:
    q, k, v = normal((1, 2, 30, 8), seed)
    result = run(method, (q, k + shift, v))
    assert difference(result, run(method, (q, k, v))) < 1e-8


@pytest.mark.parametrize("method", [*EXACT, *FAVOR, "coreset", "mean"])
@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0])
def test_answers_stay_within_the_range_of_the_values(method: str, scale: float) -> None:
    q, k, v = attention.attention_inputs("gaussian", (2, 2, 60, 16), scale=scale, generator=5)
    result = run(method, (q, k, v))
    assert bool(torch.isfinite(result).all())
    assert bool((result <= v.amax(2, keepdim=True) + 1e-5).all())
    assert bool((result >= v.amin(2, keepdim=True) - 1e-5).all())


def test_taylor_is_the_derivative_at_zero_queries() -> None:
    q, k, v = normal((1, 2, 50, 8))
    step = 1e-5
    slope = (attention.softmax(step * q, k, v) - attention.softmax(-step * q, k, v)) / (2 * step)
    mean = attention.mean_value(q, k, v)
    assert difference(attention.taylor(q, k, v) - mean, slope) < 1e-8


@pytest.mark.parametrize("method", ["naive", "favor", "nystrom"])
def test_the_matrix_of_a_method_gives_its_answer(method: str) -> None:
    q, k, v = normal((1, 2, 30, 8))
    attend = attention.prepare(method, SMALL, 8)
    matrix = attention.approximate_matrix(attend, q, k)
    assert matrix.shape == (1, 2, 30, 30)
    assert difference(matrix @ v, attend(q, k, v)) < 1e-12
    if method == "naive":
        assert difference(matrix, attention.attention_matrix(q, k)) < 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_have_unit_variance_and_follow_scale_and_seed(kind: str) -> None:
    shape = (2, 4, 512, 32)
    q, k, v = attention.attention_inputs(kind, shape, generator=1)
    for x in (q, k, v):
        assert x.shape == shape
        assert float(x.var()) == pytest.approx(1.0, abs=0.1)
    twice = attention.attention_inputs(kind, shape, generator=1, scale=2.0)
    assert torch.equal(twice[0], 2.0 * q)
    assert torch.equal(twice[1], 2.0 * k)
    assert torch.equal(twice[2], v)
    assert not torch.equal(attention.attention_inputs(kind, shape, generator=2)[0], q)


def test_in_half_precision_the_work_is_in_float32() -> None:
    inputs = normal((1, 2, 128, 16), dtype=torch.bfloat16)
    doubles = tuple(x.double() for x in inputs)
    for method in attention.KEYS:
        result = run(method, inputs)
        assert result.dtype == torch.bfloat16
        assert difference(result, run(method, doubles)) < 0.03  # type: ignore[arg-type]


@pytest.mark.parametrize("method", FAVOR)
def test_a_projection_drawn_before_gives_the_same_answer(method: str) -> None:
    inputs = normal((1, 2, 64, 8))
    w = attention.orthogonal_projection(SMALL.features, 8, generator=SMALL.seed)
    attend = attention.prepare(method, SMALL, 8, w)
    assert torch.equal(attend(*inputs), run(method, inputs))


def test_a_method_prepared_once_repeats_itself() -> None:
    inputs = normal((1, 2, 64, 8))
    for method in attention.KEYS:
        attend = attention.prepare(method, SMALL, 8)
        assert torch.equal(attend(*inputs), attend(*inputs))


@pytest.mark.parametrize("method", attention.KEYS)
def test_predicted_memory_holds_the_result_and_grows_with_the_length(method: str) -> None:
    at = [attention.predicted_bytes(method, (1, 8, n, 64)) for n in (1024, 2048, 4096, 8192)]
    assert at[0] >= 8 * 1024 * 64 * 4
    growth = math.log2(at[3] / at[2])
    assert growth == pytest.approx(2.0, abs=0.1) if method == "naive" else growth < 1.2


def test_the_naive_matrix_at_16384_is_predicted_to_take_two_gigabytes_a_head() -> None:
    assert attention.predicted_bytes("naive", (1, 1, 16384, 64)) == pytest.approx(2.15e9, rel=0.01)


def test_nystrom_is_predicted_to_need_twice_as_much_where_its_steps_are_in_float64() -> None:
    few, many = (
        attention.predicted_bytes("nystrom", (1, 8, 1024, 8),
                                  AttentionOptions(landmarks=512, iterations=steps))
        for steps in (13, 14)
    )  # fmt: skip
    assert 1.8 < many / few < 2.3


BAD_SHAPE = torch.zeros(2, 3, 4)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ((BAD_SHAPE, BAD_SHAPE, BAD_SHAPE), r"q has shape \(2, 3, 4\): must be \(batch"),
        ((torch.zeros(1, 1, 4, 2),) * 2 + (torch.zeros(1, 1, 5, 2),), "v has shape"),
        ((torch.zeros(1, 1, 0, 2),) * 3, "must not be empty"),
        ((torch.zeros(1, 1, 4, 2, dtype=torch.int64),) * 3, "must be a floating one"),
        ((torch.zeros(1, 1, 4, 2), *(torch.zeros(1, 1, 4, 2).double(),) * 2), "must be equal"),
    ],
)
@pytest.mark.parametrize("method", attention.KEYS)
def test_bad_tensors_are_named(method: str, inputs: Triple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attention.prepare(method, SMALL, 2)(*inputs)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: attention.prepare("magic", SMALL, 8), "method = 'magic': must be one of naive"),
        (lambda: AttentionOptions(features=0), "features = 0: must be at least 1"),
        (lambda: AttentionOptions(iterations=-1), "iterations = -1"),
        (lambda: AttentionOptions(pivots="best"), "pivots = 'best'"),
        (lambda: AttentionOptions(temperature=float("nan")), "temperature = nan"),
        (lambda: attention.predicted_bytes("naive", (1, 0, 3, 4)), "shape = "),
        (lambda: attention.predicted_bytes("none", (1, 1, 3, 4)), "method = 'none'"),
        (lambda: attention.attention_inputs("noise", (1, 1, 2, 2)), "kind = 'noise'"),
        (lambda: attention.attention_inputs("smooth", (1, 1, 0, 2)), "n = 0: must be"),
        (lambda: attention.attention_inputs("smooth", (1, 1, 2)), "shape = "),  # type: ignore[arg-type]
        (lambda: attention.attention_inputs("smooth", (1, 1, 2, 2), scale=-1.0), "scale = -1.0"),
    ],
)
def test_bad_settings_are_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
