"""The cache: what it keeps, what it drops, and how it counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kernlab.engine.contract.cache import Cache, size_of
from kernlab.engine.contract.table import Table


def block(size: int) -> np.ndarray:
    return np.zeros(size, dtype=np.uint8)


def test_a_stage_is_built_once_for_each_key() -> None:
    cache, built = Cache(), []

    def build() -> str:
        built.append(1)
        return "value"

    assert [cache.get("stage", 1, build), cache.get("stage", 1, build)] == ["value"] * 2
    cache.get("stage", 2, build)
    cache.get("other", 1, build)
    assert len(built) == 3


def test_least_recently_used_goes_first() -> None:
    cache = Cache(budget=300)
    for key in range(3):
        cache.put("s", key, block(100))
    cache.peek("s", 0)
    cache.put("s", 3, block(100))
    assert [cache.peek("s", key) is not None for key in range(4)] == [True, False, True, True]


def test_value_beyond_the_budget_is_returned_and_goes_at_the_next_insertion() -> None:
    cache = Cache(budget=100)
    assert cache.get("s", 0, lambda: block(500)).size == 500
    cache.put("s", 1, block(10))
    assert cache.peek("s", 0) is None
    assert cache.used == 10


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 400))))
def test_budget_is_held_and_the_count_is_right(puts: list[tuple[int, int]]) -> None:
    cache = Cache(budget=1000)
    for key, size in puts:
        cache.put("s", key, block(size))
        assert cache.used <= 1000
        assert cache.peek("s", key).size == size
        kept = [cache.peek("s", other) for other in range(6)]
        assert cache.used == sum(value.nbytes for value in kept if value is not None)
    cache.clear()
    assert cache.used == 0


def test_dropping_twice_is_harmless() -> None:
    cache = Cache()
    cache.put("s", 1, block(10))
    cache.drop("s", 1)
    cache.drop("s", 1)
    assert cache.used == 0


@dataclass(frozen=True, slots=True)
class Slotted:
    values: np.ndarray
    name: str = ""


@dataclass(frozen=True)
class Plain:
    values: np.ndarray


@pytest.mark.parametrize(
    "value",
    [
        block(1000),
        (block(400), [block(600)]),
        {"a": block(1000)},
        Plain(block(1000)),
        Slotted(block(1000)),
        Table({"x": block(1000)}),
        torch.zeros(250),
    ],
)
def test_size_counts_the_arrays_inside(value: object) -> None:
    assert 1000 <= size_of(value) < 1200
