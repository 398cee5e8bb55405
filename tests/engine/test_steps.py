"""A generator driven to its end, or passed on, is still the generator that it was."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import pytest

from kernlab.engine.numerics.steps import drain, map_steps, relay

Steps = Generator[int, None, str]


def counted(heard: list[str], stop: int = 3) -> Steps:
    """Yields 1 to `stop`; `heard` is how far it came, and that it was left."""
    try:
        for k in range(1, stop + 1):
            heard.append(f"step {k}")
            yield k
        return "result"
    finally:
        heard.append("left")


def failing() -> Steps:
    yield 1
    raise ZeroDivisionError("in the middle")


def relayed(steps: Steps) -> Generator[Any, None, str]:
    return relay(steps, "told")


def mapped(steps: Steps) -> Generator[Any, None, str]:
    return map_steps(steps, lambda step: 10 * step)


def told(steps: Generator[Any, None, str]) -> tuple[list[Any], str]:
    """What it yields, and what it returns to `yield from`."""
    returned = []

    def outer() -> Generator[Any, None, None]:
        returned.append((yield from steps))

    return list(outer()), *returned


def test_drain_returns_what_the_generator_returns() -> None:
    heard: list[str] = []
    assert drain(counted(heard)) == "result"
    assert heard == ["step 1", "step 2", "step 3", "left"]
    assert drain(counted([], stop=0)) == "result"


def test_each_step_is_told_and_the_result_returned() -> None:
    assert told(relayed(counted([]))) == (["told", "told", "told"], "result")
    assert told(mapped(counted([]))) == ([10, 20, 30], "result")
    assert told(mapped(counted([], stop=0))) == ([], "result")


@pytest.mark.parametrize("passed_on", [relayed, mapped])
def test_a_step_is_taken_when_it_is_asked_for(
    passed_on: Callable[[Steps], Generator[Any, None, str]],
) -> None:
    heard: list[str] = []
    steps = passed_on(counted(heard))
    assert heard == []
    next(steps)
    assert heard == ["step 1"]
    next(steps)
    assert heard == ["step 1", "step 2"]


@pytest.mark.parametrize("passed_on", [relayed, mapped])
def test_closing_reaches_the_generator_within(
    passed_on: Callable[[Steps], Generator[Any, None, str]],
) -> None:
    heard: list[str] = []
    within = counted(heard)
    steps = passed_on(within)
    next(steps)
    steps.close()
    assert heard == ["step 1", "left"]


@pytest.mark.parametrize("driven", [drain, lambda s: told(relayed(s)), lambda s: told(mapped(s))])
def test_an_exception_passes_through(driven: Callable[[Steps], object]) -> None:
    with pytest.raises(ZeroDivisionError, match="in the middle"):
        driven(failing())


def test_what_the_teller_raises_passes_and_closes() -> None:
    heard: list[str] = []
    with pytest.raises(ZeroDivisionError):
        told(map_steps(counted(heard), lambda step: 1 // (step - 2)))
    assert heard == ["step 1", "step 2", "left"]
