"""Tensor trains with a small largest error, and the chains of cores beneath."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kernlab.engine.numerics import max_norm
from kernlab.engine.numerics.max_norm import function_tensor, tensor_train
from kernlab.engine.numerics.max_norm_arrays import arrays_on
from kernlab.engine.numerics.max_norm_descent import EXPONENTS, PowerNorm
from kernlab.engine.numerics.tensor_chain import canonical, contract, joined, truncate

Array = NDArray[np.float64]


def random_chain(rng: np.random.Generator, shape: tuple[int, ...], ranks: list[int]) -> list[Array]:
    bonds = [1, *ranks, 1]
    return [rng.standard_normal((bonds[k], n, bonds[k + 1])) for k, n in enumerate(shape)]


shapes = st.lists(st.integers(2, 6), min_size=2, max_size=4).map(tuple)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), shape=shapes, floor=st.sampled_from([0.0, 1e-4, 0.5]))
def test_canonical_form_is_the_same_tensor(seed: int, shape: tuple[int, ...], floor: float) -> None:
    rng = np.random.default_rng(seed)
    ranks = [min(3, math.prod(shape[:k]), math.prod(shape[k:])) for k in range(1, len(shape))]
    cores = random_chain(rng, shape, ranks)
    tensor = contract(cores)
    form = canonical(cores, floor)
    assert contract(joined(form)) == pytest.approx(tensor, abs=1e-11 * np.abs(tensor).max())
    if floor == 0.0:
        norm = np.linalg.norm(tensor)
        assert [np.linalg.norm(core) for core in form.cores] == pytest.approx([norm] * len(shape))


@pytest.mark.parametrize("exponent", EXPONENTS[:8])
@pytest.mark.parametrize("shape", [(7, 9), (4, 5, 6), (3, 4, 2, 5)])
def test_power_norm_and_its_gradient(shape: tuple[int, ...], exponent: int) -> None:
    rng = np.random.default_rng(exponent)
    ranks = [2] * (len(shape) - 1)
    target = rng.standard_normal(shape)
    cores = random_chain(rng, shape, ranks)
    objective = PowerNorm(target, ranks, arrays_on(None, single=False))
    objective.exponent = exponent
    x = objective.chain.load(canonical(cores, 1e-3))
    value = objective.value(x)
    residual = np.abs(contract(cores) - target)
    norm = float((residual**exponent).sum() ** (1.0 / exponent))
    assert value == pytest.approx(math.log(norm), rel=1e-10, abs=1e-10)
    assert objective.best.error == pytest.approx(residual.max(), rel=1e-12)
    gradient = np.empty_like(x)
    objective.gradient(gradient)
    direction = rng.standard_normal(x.size)
    step = 1e-6 / exponent
    rise = objective.value(x + step * direction) - objective.value(x - step * direction)
    assert gradient @ direction == pytest.approx(rise / (2 * step), rel=1e-5, abs=1e-6)


def test_single_precision_agrees_with_double() -> None:
    rng = np.random.default_rng(0)
    target = rng.standard_normal((30, 40))
    cores = random_chain(rng, (30, 40), [3])
    for exponent in EXPONENTS:
        values = []
        for single in (True, False):
            objective = PowerNorm(target, [3], arrays_on(None, single=single))
            objective.exponent = exponent
            values.append(objective.value(objective.chain.load(canonical(cores, 1e-3))))
        assert values[0] == pytest.approx(values[1], rel=1e-5)


def test_sinh_tensor_agrees_with_its_definition() -> None:
    from kernlab.engine.numerics.function_matrices import draw_points

    rng = np.random.default_rng(2)
    x, y, z = (draw_points(4, 3, rng) for _ in range(3))
    T = function_tensor("sinh", 4, 3, rng=2)
    for i, j, k in itertools.product(range(4), repeat=3):
        assert T[i, j, k] == pytest.approx(math.sinh((x[i] * y[j] * z[k]).sum()), rel=1e-12)


def test_descent_beats_tt_svd_and_the_published_algorithm() -> None:
    T = function_tensor("sinh", 20, 10, rng=0)
    found = tensor_train(T, 5)
    published = max_norm.tensor_alternating_projections(T, 5, rng=0)
    start = max_norm.truncated_tensor_train(T, 5)
    assert found.error == np.abs(contract(found.cores) - T).max()
    assert [core.shape for core in found.cores] == [(1, 20, 5), (5, 20, 5), (5, 20, 1)]
    assert 0.0 < found.lower_bound <= found.error < 0.92 * published.error < published.error
    assert published.error < start.error
    assert max(start.lower_bound, published.lower_bound) <= found.error


def test_a_tensor_of_these_ranks_is_found_exactly() -> None:
    cores = random_chain(np.random.default_rng(1), (8, 9, 10), [2, 2])
    T = contract(cores)
    found = tensor_train(T, 2)
    assert found.error <= 1e-13 * np.abs(T).max()
    assert found.lower_bound <= found.error


def test_two_axes_are_a_matrix() -> None:
    F = max_norm.function_matrix("gaussian", 60, 10, rng=0)
    train, matrix = tensor_train(F, 6), max_norm.low_rank(F, 6)
    assert train.error == pytest.approx(matrix.error, rel=0.05)


def test_ranks_are_cut_to_what_the_shape_allows() -> None:
    T = np.random.default_rng(0).standard_normal((2, 3, 4, 2))
    found = tensor_train(T, 5)
    assert [core.shape[0] for core in found.cores] == [1, 2, 5, 2]
    assert tensor_train(T, 8).error <= 1e-12


def test_scaling_a_tensor_scales_its_error() -> None:
    T = function_tensor("sinh", 10, 4, rng=1)
    error = tensor_train(T, 3, iterations=60).error
    assert tensor_train(math.ldexp(1.0, -40) * T, 3, iterations=60).error == pytest.approx(
        math.ldexp(error, -40), rel=1e-9
    )


def test_tt_svd_is_exact_at_full_rank() -> None:
    T = np.random.default_rng(3).standard_normal((3, 4, 5))
    assert contract(truncate(T, [3, 5])) == pytest.approx(T, abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((np.ones(3), 1), "T has shape"),
        ((np.ones((2, 2, 2)), 0), "rank = 0"),
        ((np.full((2, 2, 2), np.inf), 1), "8 entries that are nan or infinite"),
    ],
)
def test_bad_arguments_are_named(arguments: tuple[Array, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tensor_train(*arguments)
    with pytest.raises(ValueError, match="rank = 3: must be at most 2"):
        max_norm.tensor_alternating_projections(np.ones((2, 2, 4)), 3)
    with pytest.raises(ValueError, match="name = 'cos'"):
        function_tensor("cos", 3, 2)
