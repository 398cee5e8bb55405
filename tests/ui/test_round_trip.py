"""Save, drop, compare: every experiment through every kind of file, and arbitrary states."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kernlab
from kernlab.engine import catalogue
from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract.parameters import Field, fields_of
from tests.smaller import SMALLER

from .test_opening import drop_file
from .test_window import collected, equal, exported

CHANGED: dict[str, dict[str, Any]] = {
    "gapped-sine": {"n": 400, "gap_width": 2.5, "ridge": 3e-4, "methods": ("exact", "halton")},
    "vandermonde": {"n": 13, "half_width": 2.75, "nodes": "chebyshev", "norm": "inf"},
    "entrywise-rank": {"n": 12, "m": 5, "rank": 2, "repeats": 1, "solver": ("svd",)},
    "spectra": {"depth": 4, "dimension": 5, "max_degree": 300, "activation": "abs", "s": 0.5},
    "attention-timing": {**SMALLER["attention-timing"], "m": 128, "input": "clustered"},
}
KINDS = [(".pdf", "view"), (".svg", "view"), (".png", "view"), (".csv", "data"), (".zip", "data")]


SLOW = {"entrywise-rank", "spectra", "attention-timing"}
"""Experiments whose views together take longer than a test may: the first view has to do."""


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """Any value that a parameter allows."""
    if field.kind == "int":
        assert field.span is not None
        return st.integers(int(field.span.low), int(field.span.high))
    if field.kind == "float":
        assert field.span is not None
        return st.floats(field.span.low, field.span.high)
    if field.kind == "bool":
        return st.booleans()
    if field.kind == "text":
        return st.sampled_from([field.default, field.text.example or field.default])
    words = [word for word in field.options if word != "file"]
    if field.kind == "flags":
        return st.lists(st.sampled_from(words), min_size=1, unique=True).map(
            lambda chosen: tuple(word for word in words if word in chosen)
        )
    return st.sampled_from(words)


@pytest.mark.parametrize("kind", KINDS, ids=[suffix for suffix, _ in KINDS])
@pytest.mark.parametrize("key", catalogue.keys())
def test_a_file_that_was_saved_brings_back_every_parameter_and_table(
    make_user: Any, tmp_path: Path, key: str, kind: tuple[str, str]
) -> None:
    suffix, what = kind
    path = tmp_path / f"run{suffix}"
    user = make_user()
    user.open(key)
    user.panel.set_parameters(CHANGED.get(key, {}))
    before = user.panel.parameters

    def made() -> Any:
        if key not in SLOW:
            return collected(user)
        views = user.panel.experiment.views[:1]
        return kernlab.run(key, views=views, **vars(user.panel.parameters))

    first = made()
    first.save(path) if key in SLOW else exported(user, path, what)
    user.act("Reset all parameters")
    assert key not in CHANGED or user.panel.parameters != before
    drop_file(user, path)
    user.wait(lambda: user.panel.parameters == before)
    equal(made().tables, first.tables)


@pytest.mark.parametrize("key", catalogue.keys())
@given(data=st.data())
def test_any_state_survives_its_line_of_text(key: str, data: st.DataObject) -> None:
    declared = catalogue.get(key).Parameters
    fields = [field for field in fields_of(declared) if field.kind != "data"]
    parameters = declared()
    for field in fields:
        value = data.draw(values_of(field), label=field.name)
        with contextlib.suppress(ValueError):  # values that do not go together
            parameters = replace(parameters, **{field.name: value})
    recipe = recipes.make(key, parameters, {"blas": 1})
    line = recipes.dumps(recipe)
    assert "\n" not in line and recipes.loads(line) == recipe
    restored = recipes.restore(recipes.loads(line), declared)
    assert restored.warnings == ()
    assert declared(**restored.parameters) == parameters


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_damaged_state_raises_in_the_window(user: Any, data: st.DataObject) -> None:
    """pytest-qt fails the test on any exception in a slot, a timer or an event handler."""
    experiment = user.panel.experiment
    line = recipes.dumps(recipes.make(experiment.key, experiment.Parameters(), {}))
    recipe = json.loads(line)
    if data.draw(st.booleans(), label="cut"):
        line = line[: data.draw(st.integers(0, len(line)))]
    else:
        anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
        nested = st.recursive(anything, lambda one: st.lists(one, max_size=3), max_leaves=4)
        name = data.draw(st.sampled_from(sorted(recipe["parameters"])))
        recipe["parameters"][name] = data.draw(nested)
        recipe[data.draw(st.sampled_from(["schema", "versions", "extra"]))] = data.draw(nested)
        line = json.dumps(recipe)
    done: list[bool] = []
    user.window.opening.restore_text(line)
    user.window.lane.call(lambda _: done.append(True))
    user.wait(lambda: done)
    assert isinstance(user.panel.parameters, experiment.Parameters)
