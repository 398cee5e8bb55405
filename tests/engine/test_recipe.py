"""Recipes: what goes out comes back, and nothing in a file can do harm."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlab.engine import catalogue
from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract.parameters import fields_of, own_data

THREADS = {"blas": 1, "numba": 2}
LARGE = recipes.EMBEDDED_BYTES // 16 + 1

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@pytest.fixture
def parameters(toy: str) -> Any:
    return catalogue.get(toy).Parameters


def round_trip(p: Any) -> recipes.Restored:
    text = json.dumps(recipes.make("toy", p, THREADS))
    return recipes.restore(recipes.loads(text), type(p))


@given(data=st.data())
def test_parameters_survive_the_text(parameters: Any, data: st.DataObject) -> None:
    finite = st.floats(-1e6, 1e6)
    rows = data.draw(st.lists(st.tuples(finite, finite), min_size=1, max_size=8))
    table = {"x": [row[0] for row in rows], "y": [row[1] for row in rows]}
    p = parameters(
        n=data.draw(st.integers(10, 1_000_000)),
        level=data.draw(st.floats(1e-3, 500)),
        shift=data.draw(st.floats(-5, 5)),
        shape=data.draw(st.sampled_from(["sine", "line"])),
        methods=data.draw(st.sampled_from([("a",), ("b",), ("a", "b")])),
        noisy=data.draw(st.booleans()),
        data_file=data.draw(st.none() | st.just(own_data(table, "x.csv"))),
        seed=data.draw(st.integers(0, 2**31 - 1)),
    )
    restored = round_trip(p)
    assert restored.warnings == ()
    assert parameters(**restored.parameters) == p
    if p.data_file is not None:
        back = restored.parameters["data_file"]
        assert back.path == "x.csv"
        for name, column in p.data_file.columns.items():
            np.testing.assert_array_equal(back.columns[name], column)


def test_recipe_says_what_the_numbers_depend_on(parameters: Any) -> None:
    recipe = recipes.make("toy", parameters(), THREADS)
    assert set(recipe) == {"schema", "experiment", "parameters", "versions", "threads"}
    assert {"python", "kernlab", "numpy", "scipy", "numba"} <= set(recipe["versions"])
    assert set(recipe["parameters"]) == {field.name for field in fields_of(parameters)}


def test_large_data_travel_as_path_and_hash_only(parameters: Any) -> None:
    x = np.arange(LARGE, dtype=float)
    p = parameters(data_file=own_data({"x": x, "y": x}, "/large.csv"), level=2.0)
    recipe = recipes.make("toy", p, THREADS)
    assert set(recipe["parameters"]["data_file"]) == {"path", "sha256"}
    restored = recipes.restore(recipe, parameters)
    assert "did not travel" in restored.warnings[0]
    assert restored.parameters["level"] == 2.0
    assert "data_file" not in restored.parameters


def test_unknown_missing_and_unusable_values_are_reported_and_replaced(parameters: Any) -> None:
    recipe = {
        "schema": 99,
        "experiment": "toy",
        "parameters": {"level": -1, "n": 50, "magic": "x" * 10_000},
    }
    restored = recipes.restore(recipe, parameters)
    assert restored.parameters == {"n": 50}
    assert len(restored.warnings) == 3
    assert all(len(warning) < 300 for warning in restored.warnings)


def test_values_that_contradict_each_other_give_the_defaults(parameters: Any) -> None:
    given = {"level": 900, "shape": "line"}
    recipe = {"schema": 1, "experiment": "toy", "parameters": given}
    restored = recipes.restore(recipe, parameters)
    assert restored.parameters == {}
    assert "all defaults" in restored.warnings[-1]
    assert recipes.read_values(recipe, parameters) == ({"level": 900.0, "shape": "line"}, [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        '{"experiment": 1, "parameters": {}}',
        '{"experiment": "toy"}',
        '{"experiment": "toy", "parameters": []}',
        "[" * 100_000,
        '{"experiment": "toy", "parameters": {"n": ' + "9" * 10_000 + "}}",
        " " * (recipes.LARGEST_TEXT + 1),
    ],
)
def test_damaged_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="recipe"):
        recipes.loads(text)


@given(values=st.dictionaries(st.text(max_size=8), json_values))
def test_hostile_values_never_break_the_restoring(parameters: Any, values: dict) -> None:
    names = [field.name for field in fields_of(parameters)]
    hostile = dict(zip(names, values.values(), strict=False)) | values
    text = json.dumps({"schema": 1, "experiment": "toy", "parameters": hostile})
    restored = recipes.restore(recipes.loads(text), parameters)
    parameters(**restored.parameters)


@pytest.mark.parametrize(
    "data",
    [
        {"path": "x", "columns": {"x": "AAAA", "y": "AAAA"}},
        {"path": "x", "columns": {"x": "?", "y": "?"}},
        {"path": "x", "columns": {"x": 1, "y": None}},
        {"path": "x", "columns": {"x": "", "y": ""}},
        {"path": "x", "columns": {"x": "AAAAAAAA8D8="}},
        {"path": "x", "columns": {"x": "AAAAAAAA+H8=", "y": "AAAAAAAA8D8="}},
        {"path": "x", "columns": []},
        "x.csv",
        [1, 2],
    ],
    ids=["short", "not-base64", "no-text", "empty", "one-missing", "nan", "list", "path", "array"],
)
def test_damaged_data_are_reported_and_left_out(parameters: Any, data: Any) -> None:
    recipe = {"schema": 1, "experiment": "toy", "parameters": {"data_file": data}}
    restored = recipes.restore(recipe, parameters)
    assert restored.parameters == {}
    assert len(restored.warnings) == 1


def test_special_floats_are_refused(parameters: Any) -> None:
    text = '{"schema": 1, "experiment": "toy", "parameters": {"level": NaN, "shift": Infinity}}'
    restored = recipes.restore(recipes.loads(text), parameters)
    assert restored.parameters == {}
    assert math.isfinite(parameters(**restored.parameters).level)
