"""The descent through torch, against NumPy's; on GPUs where there are some."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kernlab.engine.numerics.max_norm import (
    function_matrix,
    function_tensor,
    low_rank,
    low_rank_steps,
    tensor_train,
)
from kernlab.engine.numerics.max_norm_arrays import DescentArrays, arrays_on
from kernlab.engine.numerics.steps import drain

REFERENCE = Path(__file__).parents[1] / "reference" / "lowrank.json"


@pytest.fixture(params=["cpu", "cuda", "mps"])
def device(request: pytest.FixtureRequest) -> str:
    import torch

    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there[request.param]:
        pytest.skip(f"no {request.param} here")
    return str(request.param)


def test_descent_is_as_good_as_the_reference_asks(device: str) -> None:
    case: dict[str, Any] = json.loads(REFERENCE.read_text())["cases"][0]
    F = function_matrix("gaussian", case["n"], case["m"], rng=0)
    steps = low_rank_steps(F, case["r"], device=device, bounded=False)
    state = next(steps)
    assert state.stage == "start"
    state = next(steps)
    assert state.precision.startswith("float32 on ")
    found = drain(steps)
    known = case["per_seed"][0]
    assert found.error <= 0.92 * known["author_ap"] * F.max()
    here = low_rank(F, case["r"]).error
    assert found.error == pytest.approx(here, rel=0.03)
    assert found.error == np.abs(F - found.left @ found.right).max()


def test_a_smooth_matrix_takes_double_precision(device: str) -> None:
    F = function_matrix("gaussian", 100, 2, rng=0)
    steps = low_rank_steps(F, 30, device=device, bounded=False)
    states = list(steps)
    assert states[-1].precision.startswith("float64 on ")
    assert states[-1].error == pytest.approx(low_rank(F, 30).error, rel=0.05)


def test_a_tensor_train(device: str) -> None:
    T = function_tensor("sinh", 20, 10, rng=0)
    found, here = tensor_train(T, 4, device=device), tensor_train(T, 4)
    assert found.error == pytest.approx(here.error, rel=0.05)
    assert 0.0 < found.lower_bound <= found.error


@pytest.mark.parametrize("device_name", ["meta", "no device", "cuda:99", ""])
def test_a_device_that_is_not_there_is_named(device_name: str) -> None:
    with pytest.raises(ValueError, match="must be None or one that torch has here"):
        low_rank(np.eye(3), 3, device=device_name)


# -- the operations ----------------------------------------------------------------------------


def placed(arrays: DescentArrays, *shape: int, seed: int = 0) -> Any:
    return arrays.place(np.random.default_rng(seed).standard_normal(shape))


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("exponent", [4, 6, 96, 1024])
def test_power_weights_agree(device: str, single: bool, exponent: int) -> None:
    found: list[tuple[float, NDArray[np.float64]]] = []
    for arrays in (arrays_on(None, single=single), arrays_on(device, single=single)):
        residual, target = placed(arrays, 30, 20), placed(arrays, 30, 20, seed=1)
        largest = arrays.subtract(residual, target)
        floor = (1e-34 if single else 1e-290) ** (2.0 / exponent)
        total = arrays.power_weights(residual, 1.0 / largest, exponent, floor)
        assert total >= 1.0 - 1e-4
        found.append((total, arrays.host(residual)))
    (total, weights), (other, others) = found
    assert other == pytest.approx(total, rel=1e-3 if single else 1e-11)
    assert np.allclose(others, weights, rtol=1e-3 if single else 1e-11)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_quasi_newton_directions_agree(device: str, count: int) -> None:
    found = []
    for arrays in (arrays_on(None, single=True), arrays_on(device, single=True)):
        steps, changes = placed(arrays, 4, 50), placed(arrays, 4, 50, seed=1)
        gradient, direction = placed(arrays, 50, seed=2), arrays.empty(50)
        inverse = np.array([0.01, 0.02, 0.03, 0.04])
        slope = arrays.quasi_newton(gradient, (steps, changes), inverse, 1, count, 0.5, direction)
        found.append((slope, arrays.host(direction)))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-4)
    assert np.allclose(found[1][1], found[0][1], rtol=1e-4, atol=1e-4)


def test_orthonormal_bases_and_products_agree(device: str) -> None:
    arrays = arrays_on(device, single=False)
    columns = placed(arrays, 30, 5)
    basis = arrays.orthonormal(columns)
    product = arrays.empty(5, 5)
    arrays.multiply(basis.T, basis, product)
    assert np.allclose(arrays.host(product), np.eye(5), atol=1e-13)
