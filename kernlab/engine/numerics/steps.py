"""Generators that yield where they stand and return a result: driven to the end, or passed on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

R = TypeVar("R")
S = TypeVar("S")
T = TypeVar("T")


def drain(steps: Generator[object, None, R]) -> R:
    """What a generator returns, without what it yields."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: R = end.value
            return result


def relay(steps: Generator[object, None, R], told: T) -> Generator[T, None, R]:
    """The same generator, yielding `told` instead of each of its steps."""
    return map_steps(steps, lambda _: told)


def map_steps(steps: Generator[S, None, R], tell: Callable[[S], T]) -> Generator[T, None, R]:
    """The same generator, yielding `tell(step)` for each of its steps; closing it closes both."""
    with closing(steps):
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                result: R = end.value
                return result
            yield tell(step)
