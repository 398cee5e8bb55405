"""Find where it breaks, on an experiment whose claims flip at known values."""

from __future__ import annotations

from typing import Any

import pytest

from kernlab.engine import catalogue
from kernlab.engine.contract.breaks import Break, NoBreak, find_break
from kernlab.engine.contract.cache import Cache


def search(claim: str, parameter: str, **values: Any) -> list[Break | None]:
    experiment = catalogue.get("toy")
    start = experiment.Parameters(**values)
    return list(find_break(experiment, claim, parameter, start, Cache()))


def test_flip_on_a_log_scale_is_found_to_1e_4(toy: str) -> None:
    found = search("T1", "level")[-1]
    assert found is not None and found.final
    assert found.low <= 7.5 <= found.high
    assert found.value == pytest.approx(7.5, rel=1e-4)
    assert found.verdicts == ("holds", "fails")


def test_flip_of_an_integer_is_found_between_neighbours(toy: str) -> None:
    found = search("T2", "n")[-1]
    assert found is not None
    assert (found.low, found.high) == (1234, 1235)
    assert all(isinstance(end, int) for end in (found.low, found.high, found.value))


def test_flip_at_zero_of_a_linear_scale_ends_soon(toy: str) -> None:
    steps = search("T3", "shift")
    found = steps[-1]
    assert found is not None
    assert abs(found.value) < 1e-8
    assert found.verdicts == ("fails", "holds")
    assert len([step for step in steps if step]) < 40


def test_bracket_shrinks_and_every_run_can_be_stopped(toy: str) -> None:
    steps = search("T1", "level")
    brackets = [step for step in steps if step]
    widths = [bracket.high - bracket.low for bracket in brackets]
    assert widths == sorted(widths, reverse=True)
    assert [bracket.final for bracket in brackets] == [False] * (len(brackets) - 1) + [True]
    assert steps[0] is None


def test_refused_combinations_are_passed_over(toy: str) -> None:
    found = search("T1", "level", shape="line")[-1]  # refuses levels above 500
    assert found is not None and found.value == pytest.approx(7.5, rel=1e-4)


def test_claim_that_never_flips_says_so(toy: str) -> None:
    with pytest.raises(NoBreak, match=r"T4 does not flip .*: holds at all .* from 0.001 to 1000"):
        search("T4", "level")


def test_unknown_claim_and_parameter_are_refused(toy: str) -> None:
    with pytest.raises(ValueError, match="claim is 'T9'; allowed: one of T1, T2"):
        search("T9", "level")
    with pytest.raises(ValueError, match="parameter is 'shape'; allowed: one of n, level"):
        search("T1", "shape")
