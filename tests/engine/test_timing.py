"""The timing protocol: shuffled rounds, marked samples, summaries, exponents and crossovers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlab.engine.numerics import timing
from kernlab.engine.numerics.timing import Sample, Turn


def told(call: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """A clock for work that says itself how many seconds it took, wall and CPU."""
    seconds = call()
    return seconds if isinstance(seconds, tuple) else (seconds, seconds)


def last(turns: Iterator[Turn]) -> list[Sample]:
    return list(list(turns)[-1].samples)


def measured(calls: dict[str, Callable[[], Any]], **options: Any) -> list[Sample]:
    given = {"rng": np.random.default_rng(1), "probe": lambda: 1e-4, "clock": told, **options}
    return last(timing.measure(calls, **given))


class TestProtocol:
    def test_every_method_is_timed_once_a_round(self) -> None:
        samples = measured({"a": lambda: 1.0, "b": lambda: 2.0, "c": lambda: 3.0}, rounds=9)
        assert Counter((s.method, s.round) for s in samples) == {
            (name, count): 1 for name in "abc" for count in range(9)
        }
        assert [s.place for s in samples] == list(range(27))

    def test_the_order_is_shuffled_in_each_round(self) -> None:
        samples = measured({name: lambda: 1.0 for name in "abcd"}, rounds=12)
        orders = {tuple(s.method for s in samples[at : at + 4]) for at in range(0, 48, 4)}
        assert len(orders) > 6

    def test_what_comes_next_is_announced_with_its_time(self) -> None:
        turns = timing.measure(
            {"a": lambda: 0.5}, rng=np.random.default_rng(0), probe=lambda: 1e-4, clock=told
        )
        first, second = next(turns), next(turns)
        assert first.upcoming == "a" and math.isnan(first.expected) and not first.samples
        assert second.upcoming == "a" and second.expected == 0.5

    def test_a_short_call_is_repeated_within_its_sample(self) -> None:
        asked: list[int] = []

        def clock(call: Callable[[], Any], repeats: int) -> tuple[float, float]:
            asked.append(repeats)
            return told(call, repeats)

        measured({"a": lambda: 1e-5}, clock=clock)
        assert max(asked) == 100

    def test_a_disturbed_sample_is_marked_and_taken_again(self) -> None:
        probes = iter([1e-4] * 9 + [9e-4] + [1e-4] * 100)
        samples = measured({"a": lambda: 1.0, "b": lambda: 2.0}, probe=lambda: next(probes))
        bad = timing.marked(samples)
        assert bad.sum() == 1
        again = samples[int(np.argmax(bad))].method
        assert Counter(s.method for s in samples)[again] == 8

    def test_repetitions_end(self) -> None:
        slow = iter([1e-4] * 6 + [5e-4] * 1000)
        samples = measured({"a": lambda: 1.0}, probe=lambda: next(slow), repetitions=2)
        assert len(samples) == 9

    def test_the_real_clocks_tell_seconds(self) -> None:
        wall, cpu = timing.wall_clock(timing.numpy_probe(), 3)
        assert 0 < wall < 5 and cpu >= 0
        turns = list(
            timing.measure({"a": timing.numpy_probe()}, rng=np.random.default_rng(0), rounds=7)
        )
        assert turns[-1].upcoming == "" and len(turns[-1].samples) >= 7

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"rounds": 6}, "rounds = 6: must be at least 7"),
            ({"calls": {}}, "calls holds no method"),
        ],
    )
    def test_bad_arguments(self, options: dict[str, Any], sentence: str) -> None:
        calls = options.pop("calls", {"a": lambda: 1.0})
        with pytest.raises(ValueError, match=sentence):
            measured(calls, **options)


def _samples(seconds: Any, method: str = "a", cpu: Any = None, probe: Any = None) -> list[Sample]:
    cpu = seconds if cpu is None else cpu
    probe = [1e-4] * len(seconds) if probe is None else probe
    rows = zip(seconds, cpu, probe, strict=True)
    return [Sample(method, at, at, s, c, p) for at, (s, c, p) in enumerate(rows)]


class TestMarks:
    def test_a_slow_probe_marks(self) -> None:
        samples = _samples([1.0] * 7, probe=[1e-4] * 6 + [1.4e-4])
        assert timing.marked(samples).tolist() == [False] * 6 + [True]

    def test_a_wall_time_out_of_step_with_the_cpu_marks(self) -> None:
        samples = _samples([1.0, 1.1, 1.0, 1.6, 1.0], cpu=[2.0, 2.2, 2.0, 2.0, 2.0])
        assert timing.marked(samples).tolist() == [False, False, False, True, False]

    def test_no_cpu_time_marks_nothing(self) -> None:
        assert not timing.marked(_samples([1.0, 5.0], cpu=[math.nan, math.nan])).any()

    def test_none(self) -> None:
        assert timing.marked([]).shape == (0,) and timing.summarize([]) == {}


class TestSummaries:
    def test_only_clean_samples_count(self) -> None:
        seconds = [3.0, 1.0, 2.0, 4.0, 100.0]
        found = timing.summarize(_samples(seconds, probe=[1e-4] * 4 + [1e-3]))["a"]
        assert found[:4] == (1.0, 2.5, 1.75, 3.25)
        assert (found.clean, found.marked, found.cpu) == (4, 1, 2.5)

    def test_all_count_where_none_is_clean(self) -> None:
        quiet = _samples([1.0] * 7, "b")
        loud = _samples([2.0, 4.0], "a", probe=[1e-3, 1e-3])
        found = timing.summarize([*quiet, *loud])["a"]
        assert found.median == 3.0 and found.clean == 0 and found.marked == 2
        assert timing.clean_seconds([*quiet, *loud], "a").tolist() == [2.0, 4.0]


# Paper 000, Table 3: seconds on a T4.
N = [256, 512, 1024, 2048, 4096, 8192, 16384]
XFORMERS = [0.0035, 0.0044, 0.0099, 0.0270, 0.0794, 0.2585, 0.9018]
PERFORMER = [0.0044, 0.0064, 0.0123, 0.0244, 0.0514, 0.0993, 0.1922]
NYSTROM = [0.0059, 0.0071, 0.0121, 0.0176, 0.0355, 0.0673, 0.1334]


def _rows(times: list[float], spread: float = 0.0) -> list[Any]:
    rng = np.random.default_rng(2)
    return [t * np.exp(spread * rng.standard_normal(9)) for t in times]


class TestFits:
    @given(st.floats(0.1, 3.0), st.floats(1e-6, 10.0))
    def test_the_exponent_of_a_power(self, power: float, factor: float) -> None:
        found = timing.exponent(N, _rows([factor * n**power for n in N]), np.random.default_rng(0))
        assert np.allclose(found, power, rtol=1e-9, atol=1e-9)

    def test_the_interval_holds_the_exponent_and_shrinks_with_the_noise(self) -> None:
        widths = []
        for spread in (0.02, 0.2):
            found = timing.exponent(
                N, _rows([1e-6 * n**1.5 for n in N], spread), np.random.default_rng(0)
            )
            assert found.low < 1.5 < found.high and found.low < found.value < found.high
            widths.append(found.high - found.low)
        assert widths[0] < widths[1] / 5

    @pytest.mark.parametrize(("times", "wanted"), [(PERFORMER, 1640), (NYSTROM, 1280)])
    def test_the_crossovers_of_table_3(self, times: list[float], wanted: float) -> None:
        rng = np.random.default_rng(0)
        found = timing.crossover(N, _rows(times), _rows(XFORMERS), rng)
        assert found.value == pytest.approx(wanted, rel=0.01)
        assert found.low == found.high == pytest.approx(found.value)

    def test_always_and_never_faster(self) -> None:
        rng = np.random.default_rng(0)
        fast, slow = _rows([1.0] * 7), _rows([2.0] * 7)
        assert timing.crossover(N, fast, slow, rng).value == 0.0
        assert timing.crossover(N, slow, fast, rng).value == math.inf

    def test_an_interval_may_reach_beyond_the_lengths(self) -> None:
        rng = np.random.default_rng(0)
        found = timing.crossover(
            N, _rows([1.0] * 7, 0.1), _rows([1 - 0.1 * (1 - i / 6) for i in range(7)], 0.1), rng
        )
        assert found.low < found.high

    def test_one_length_has_no_exponent(self) -> None:
        with pytest.raises(ValueError, match="at least two different ones"):
            timing.exponent([512], _rows([1.0]), np.random.default_rng(0))
