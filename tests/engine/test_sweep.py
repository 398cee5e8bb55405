"""Sweeps against separate runs, and their values as a person types them."""

from __future__ import annotations

import dataclasses
import itertools
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernlab
from kernlab.engine import catalogue
from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.drawing import DrawnLine, DrawnMark, draw
from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.figure import Band, Line
from kernlab.engine.contract.parameters import Field, fields_of
from kernlab.engine.contract.quantity import Quantity, quantities
from kernlab.engine.contract.sweep import Plan, figure, held, recipe, refusals, sweep
from kernlab.engine.contract.sweep_values import (
    MOST_VALUES,
    default_values,
    parse_values,
    write_values,
)


def field(key: str, name: str) -> Field:
    return next(f for f in fields_of(catalogue.get(key).Parameters) if f.name == name)


def measurable(key: str, *, longer: bool = False, **values: Any) -> dict[str, Quantity]:
    experiment, result = catalogue.get(key), kernlab.run(key, **values)
    found = quantities(experiment, result.parameters, result.tables, longer=longer)
    return {quantity.key: quantity for quantity in found}


def swept(
    parameter: str, values: Any, repeats: int = 1, quantity: str = "summary.mean", **fixed: Any
) -> list[Step]:
    experiment = catalogue.get("toy")
    measured = measurable("toy", longer=True)[quantity]
    start = experiment.Parameters(**fixed)
    return list(sweep(experiment, start, parameter, values, repeats, measured, Cache()))


def mean(**values: Any) -> float:
    """The oracle: the mean of one separate run."""
    return float(kernlab.run("toy", **values).tables["summary"]["mean"][0])


class TestSweep:
    def test_medians_and_quartiles_are_those_of_separate_runs(self, toy: str) -> None:
        levels, seeds = (0.5, 100.0, 2.0), (7, 8, 9, 10, 11)
        table = swept("level", levels, 5, noisy=True, seed=7)[-1].tables["sweep"]
        brute = [[mean(level=v, noisy=True, seed=seed) for seed in seeds] for v in levels]
        assert table["level"].tolist() == list(levels)
        for name, share in (("low", 0.25), ("median", 0.5), ("high", 0.75)):
            expected = [sorted(row)[int(share * 4)] for row in brute]  # of five runs, exactly
            np.testing.assert_array_equal(table[name], expected)
        assert table["count"].tolist() == [5, 5, 5]

    def test_every_run_is_listed_with_its_seed(self, toy: str) -> None:
        runs = swept("shift", (0.0, 1.0), 3, noisy=True, seed=4)[-1].tables["runs"]
        rows = list(zip(*(runs[name].tolist() for name in runs.columns), strict=True))
        assert len(rows) == 6
        for value, repeat, seed, measured, note in rows:
            assert seed == 3 + repeat and note == ""
            assert measured == mean(shift=value, noisy=True, seed=seed)

    def test_points_stream_in_the_whole_curve_first(self, toy: str) -> None:
        steps = swept("level", (1.0, 2.0), 2, noisy=True)
        counts = [step.tables["sweep"]["count"].tolist() for step in steps if step.tables]
        assert counts == [[1, 0], [1, 1], [2, 1], [2, 2]]
        fractions = [step.fraction for step in steps]
        assert fractions == sorted(fractions) and fractions[-1] == 1.0

    def test_it_can_be_stopped_within_each_run(self, toy: str) -> None:
        steps = swept("level", (1.0, 2.0))
        gaps = [len(list(g)) for empty, g in itertools.groupby(bool(s.tables) for s in steps)]
        assert gaps == [1, 1, 1, 1]  # the run's own step, then its result

    def test_tables_that_were_handed_over_do_not_change(self, toy: str) -> None:
        first = next(step.tables["sweep"] for step in swept("level", (1.0, 2.0)) if step.tables)
        assert first["count"].tolist() == [1, 0]
        assert math.isnan(first["median"][1])

    @pytest.mark.parametrize(
        ("runs", "note"), [(1, "1 of 2 runs"), (3, "1 to 2 of 2 runs"), (4, "quartiles of 2 runs")]
    )
    def test_its_figure_says_how_many_runs_there_are_so_far(
        self, toy: str, runs: int, note: str
    ) -> None:
        plan = Plan("level", (1.0, 2.0), 2, measurable("toy")["summary.mean"])
        made = [step.tables for step in swept("level", (1.0, 2.0), repeats=2) if step.tables]
        tables = next(t for t in made if len(t["runs"]) == runs)
        assert note in figure(catalogue.get("toy"), plan, tables).note

    def test_a_refused_value_is_a_gap_that_is_named(self, toy: str) -> None:
        last = swept("level", (100.0, 900.0, 200.0), shape="line")[-1]
        assert np.isfinite(last.tables["sweep"]["median"]).tolist() == [True, False, True]
        assert refusals(last.tables) == {"900.0": "level is 900; allowed: at most 500 for a line"}
        plan = Plan("level", (100.0, 900.0, 200.0), 1, measurable("toy")["summary.mean"])
        assert "no number at 900" in figure(catalogue.get("toy"), plan, last.tables).note

    def test_a_claim_is_measured_without_its_figures(self, toy: str) -> None:
        last = swept("level", (2.0, 30.0), quantity="T1")[-1]
        assert last.tables["sweep"]["median"].tolist() == [2.0, 30.0]

    def test_a_table_that_no_figure_shows_is_found(self, toy: str) -> None:
        last = swept("n", (20, 50), quantity="measured.n")[-1]
        assert last.tables["sweep"]["median"].tolist() == [20, 50]

    def test_a_long_column_is_reduced(self, toy: str) -> None:
        last = swept("level", (2.0,), quantity="curve.y:max", shape="line")[-1]
        assert last.tables["sweep"]["median"].tolist() == [2.0]
        assert last.tables["sweep"].units == {
            "median": "V", "low": "V", "high": "V", "level": "V",
        }  # fmt: skip

    def test_words_and_switches_are_swept(self, toy: str) -> None:
        table = swept("shape", ("line", "sine"))[-1].tables["sweep"]
        assert table["shape"].tolist() == ["line", "sine"]
        assert table["place"].tolist() == [0, 1]
        assert table["median"].tolist() == [mean(shape="line"), mean(shape="sine")]
        table = swept("methods", (("a",), ("a", "b")))[-1].tables["sweep"]
        assert table["methods"].tolist() == ["a", "a+b"]
        assert swept("noisy", (False, True))[-1].tables["sweep"]["noisy"].tolist() == [
            "false", "true",
        ]  # fmt: skip

    def test_the_seed_itself_is_swept_once_each(self, toy: str) -> None:
        table = swept("seed", (3, 9), noisy=True)[-1].tables["sweep"]
        assert table["median"].tolist() == [mean(noisy=True, seed=3), mean(noisy=True, seed=9)]

    @pytest.mark.parametrize(
        ("parameter", "values", "repeats", "sentence"),
        [
            ("sheep", (1,), 1, "parameter is 'sheep'; allowed: one of n, level"),
            ("data_file", (1,), 1, "parameter is 'data_file'; allowed"),
            ("level", (), 1, "level has no values"),
            ("level", (1.0,), 0, "repeats is 0; allowed: a whole number from 1 to 100"),
            ("seed", (1, 2), 3, "repeats is 3, but the seed itself is swept; allowed: 1"),
        ],
    )
    def test_an_impossible_plan_is_refused_in_a_sentence(
        self, toy: str, parameter: str, values: Any, repeats: int, sentence: str
    ) -> None:
        with pytest.raises(ValueError, match=sentence):
            swept(parameter, values, repeats)


class TestQuantities:
    def test_rows_of_a_list_of_methods_and_claims_are_found(self, compiled_run: Any) -> None:
        experiment = catalogue.get("gapped-sine")
        p, tables = compiled_run
        found = {item.key: item for item in quantities(experiment, p, tables)}
        rho = found["methods.rho[iid]"]
        assert rho.label == "ρ gap, i.i.d. features" and rho.views == ("Posterior",)
        at = tables["methods"]["key"].tolist().index("iid")
        assert rho.read(experiment, p, tables) == tables["methods"]["rho"][at]
        assert found["methods.fit[exact]"].unit == "ms"
        assert "G1" in found and found["G1"].views == ("claims",)
        assert not any(item.reduction for item in found.values())

    def test_a_row_that_is_not_there_is_a_gap(self, compiled_run: Any) -> None:
        p, tables = compiled_run
        quantity = Quantity("k", "", ("Posterior",), table="methods", column="rho", by="key",
                            row="halton")  # fmt: skip
        assert math.isnan(quantity.read(catalogue.get("gapped-sine"), p, tables) or 0.0)

    def test_claims_decided_without_a_number_are_left_out(self, toy: str) -> None:
        assert {key for key in measurable("toy") if key.startswith("T")} == {"T1"}


@pytest.fixture(scope="module")
def compiled_run() -> Any:
    result = kernlab.run("gapped-sine", n=200, views=["Posterior"])
    return result.parameters, result.tables


class TestFigure:
    def plan(self, parameter: str, values: Any, repeats: int = 1) -> Plan:
        return Plan(parameter, values, repeats, measurable("toy")["summary.mean"])

    def test_it_follows_the_declaration(self, toy: str) -> None:
        experiment = catalogue.get("toy")
        made = figure(experiment, self.plan("level", (1.0, 2.0), 3), {}, here=1.5)
        assert made.x.title == "Level (V)" and made.x.log
        assert not figure(experiment, self.plan("shift", (1.0, 2.0)), {}).x.log
        assert any(isinstance(item, Band) for item in made.items)
        assert any(isinstance(item, Line) and item.markers for item in made.items)
        assert "3 runs" in made.note

    def test_it_is_drawn_with_the_current_value_marked(self, toy: str) -> None:
        values = (1.0, 100.0)
        tables = swept("level", values)[-1].tables
        made = figure(catalogue.get("toy"), self.plan("level", values), tables, here=10.0)
        drawing: Any = draw(made, tables)
        line = next(item for item in drawing.items if isinstance(item, DrawnLine))
        mark = next(item for item in drawing.items if isinstance(item, DrawnMark))
        assert line.x.tolist() == [0.0, 2.0] and mark.x == 1.0

    def test_words_stand_on_the_axis(self, toy: str) -> None:
        values = ("line", "sine")
        tables = swept("shape", values)[-1].tables
        made = figure(catalogue.get("toy"), self.plan("shape", values), tables, here="sine")
        drawing: Any = draw(made, tables)
        assert drawing.x.names == ("Line", "Sine") and drawing.x.view == (-0.5, 1.5)
        assert next(item for item in drawing.items if isinstance(item, DrawnMark)).x == 1

    def test_medians_over_many_decades_get_a_log_axis(self, toy: str) -> None:
        plan = self.plan("level", (1.0, 1e3))
        few = swept("level", (1.0, 10.0), shift=1.0)[-1].tables
        many = swept("level", (1e-3, 1e3), shift=1.0)[-1].tables
        logs = [figure(catalogue.get("toy"), plan, tables).y.log for tables in ({}, few, many)]
        assert logs == [False, False, True]

    def test_it_says_what_is_held_fixed(self, toy: str) -> None:
        text = held(catalogue.get("toy"), catalogue.get("toy").Parameters(), self.plan("n", (10,)))
        assert text == "Level 1 V, Shift 0.5, Shape Sine, Methods A, Noisy no, Seed 1"


def test_a_recipe_with_a_sweep_is_read_as_any_other(toy: str) -> None:
    experiment = catalogue.get("toy")
    p = experiment.Parameters(level=3.0)
    plan = Plan("methods", (("a",), ("a", "b")), 2, measurable("toy")["summary.mean"])
    made = {**recipes.make("toy", p, {}), "sweep": recipe(plan)}
    assert made["sweep"] == {
        "parameter": "methods",
        "values": [["a"], ["a", "b"]],
        "repeats": 2,
        "quantity": "summary.mean",
    }
    restored = recipes.restore(made, experiment.Parameters)
    assert restored.warnings == () and restored.parameters["level"] == 3.0


def test_an_experiment_without_a_seed_is_not_repeated(toy: str) -> None:
    only_n: Any = dataclasses.make_dataclass("Parameters", [("n", int, 5)])
    bare: Any = SimpleNamespace(key="bare", Parameters=only_n)
    steps = sweep(bare, only_n(), "n", (1,), 2, measurable("toy")["T1"], Cache())
    with pytest.raises(ValueError, match="repeats is 2, but bare has no seed; allowed: 1"):
        list(steps)


class TestValues:
    @pytest.mark.parametrize(
        ("name", "text", "values"),
        [
            ("n", "10, 100, 1000", (10, 100, 1000)),
            ("n", "1 000, 1e4", (1000, 10_000)),
            ("n", "10:20:5", (10, 15, 20)),
            ("n", "10:21:5, 10", (10, 15, 20)),
            ("n", "10..1000 x3", (10, 100, 1000)),
            ("n", "linear 10..20 x3", (10, 15, 20)),
            ("n", "10..12 x9", (10, 11, 12)),
            ("shift", "0:1:0.1", (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)),
            ("shift", "1:0:-0.5", (1.0, 0.5, 0.0)),
            ("shift", "-1..1 x3", (-1.0, 0.0, 1.0)),
            ("level", "log 1e-3..1 × 4", (1e-3, 1e-2, 0.1, 1.0)),
            ("level", "10⁻³ … 10 V x3", (1e-3, 0.1, 10.0)),
            ("shape", "line", ("line",)),
            ("shape", "all", ("sine", "line")),
            ("noisy", "no, yes", (False, True)),
            ("noisy", "all", (True, False)),
            ("methods", "b, a+b", (("b",), ("a", "b"))),
        ],
    )
    def test_syntax(self, toy: str, name: str, text: str, values: tuple[Any, ...]) -> None:
        read = parse_values(field("toy", name), text)
        assert read == values
        assert all(type(a) is type(read[0]) for a in read)

    @pytest.mark.parametrize(
        ("name", "text", "sentence"),
        [
            ("n", "5, 10", "n is 5; allowed: a whole number from 10 to 1000000"),
            ("n", "10..2000000", "n is 2000000; allowed"),
            ("n", "ten", "n is 'ten'; allowed"),
            ("n", " , ", "n has no values; type some, such as 10..1e"),
            ("n", "10:1000:1", "n gets 991 values; allowed: 1 to 200"),
            ("n", "10..1000 x0", "n gets 0 values; allowed: 1 to 200"),
            ("n", "10..1000 x999", "n gets 999 values; allowed: 1 to 200"),
            ("n", "10:20:0.5", "the step of '10:20:0.5' is 0.5; allowed: a whole number"),
            ("shift", "0:1", "shift is '0:1'; allowed: START:STOP:STEP"),
            ("shift", "0:1:-1", "the step of '0:1:-1' is -1; allowed: one that leads from 0 to 1"),
            ("shift", "0:1:0", "the step of '0:1:0' is 0"),
            ("shift", "0:1:nan", "the step of '0:1:nan' is nan"),
            ("shift", "log -1..1", "'log -1..1' reaches 0 or less"),
            ("shape", "round", "shape is 'round'; allowed: one of sine, line"),
            ("methods", "a+c", "allowed: one or more of a, b"),
            ("data_file", "a.csv", "data_file is a file; choose a number"),
        ],
    )
    def test_what_is_not_allowed_is_said_in_one_sentence(
        self, toy: str, name: str, text: str, sentence: str
    ) -> None:
        with pytest.raises(ValueError) as caught:
            parse_values(field("toy", name), text)
        assert sentence in str(caught.value) and "\n" not in str(caught.value)

    def test_the_defaults_of_every_parameter_are_read(self, toy: str) -> None:
        for key in catalogue.keys():
            for item in fields_of(catalogue.get(key).Parameters):
                if item.sweepable:
                    values = parse_values(item, default_values(item, item.default))
                    assert 1 <= len(values) <= max(9, len(item.options))

    def test_a_size_is_not_swept_far_beyond_its_current_value(self, toy: str) -> None:
        assert parse_values(field("toy", "n"), default_values(field("toy", "n"), 20))[-1] == 2000

    @given(
        low=st.floats(-5, 5), high=st.floats(-5, 5), count=st.integers(1, MOST_VALUES),
        scale=st.sampled_from(["", "linear "]),
    )  # fmt: skip
    def test_a_linear_range_stays_between_its_ends_in_order(
        self, toy: str, low: float, high: float, count: int, scale: str
    ) -> None:
        shift = field("toy", "shift")
        values = parse_values(shift, f"{scale}{low!r}..{high!r} x{count}")
        assert all(min(low, high) <= value <= max(low, high) for value in values)
        assert list(values) == sorted(values, reverse=high < low)
        assert values[0] == low and (count == 1 or values[-1] == high)

    @given(low=st.integers(10, 10**6), high=st.integers(10, 10**6), count=st.integers(1, 60))
    def test_whole_numbers_on_a_log_scale_stay_whole_and_between(
        self, toy: str, low: int, high: int, count: int
    ) -> None:
        values = parse_values(field("toy", "n"), f"{low}..{high} x{count}")
        assert all(isinstance(v, int) and min(low, high) <= v <= max(low, high) for v in values)
        assert len(set(values)) == len(values)

    @given(values=st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=20, unique=True))
    def test_listed_values_come_back_as_they_are_in_their_order(
        self, toy: str, values: list[float]
    ) -> None:
        level = field("toy", "level")
        read = parse_values(level, ", ".join(map(repr, values)))
        assert read == tuple(values)
        assert parse_values(level, write_values(level, read)) == read

    @given(
        start=st.integers(10, 1000), stop=st.integers(10, 1000), step=st.integers(1, 300)
    )  # fmt: skip
    def test_steps_are_those_of_range(self, toy: str, start: int, stop: int, step: int) -> None:
        sign = 1 if stop >= start else -1
        expected = tuple(range(start, stop + sign, sign * step))
        if len(expected) <= MOST_VALUES:
            text = f"{start}:{stop}:{sign * step}"
            assert parse_values(field("toy", "n"), text) == expected
