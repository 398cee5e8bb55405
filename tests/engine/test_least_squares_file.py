"""The least-squares experiment on the user's own file: its target, its columns, what is refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

import kernlab
from kernlab.cli import main
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.drawing import draw
from kernlab.engine.contract.parameters import own_matrix
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.least_squares_attention import experiment
from kernlab.engine.experiments.least_squares_attention.parameters import MODES
from tests.engine import test_least_squares_panel as panel

WEIGHTS = experiment.views[0]
short_simulations, tables_of = panel.short_simulations, panel.tables_of


def own(values: Any, names: Sequence[str] = (), **parameters: Any) -> dict[str, Any]:
    return {"data": "file", "data_file": own_matrix(values, names=names), **parameters}


VALUES = np.random.default_rng(0).standard_normal((50, 4))
HOUSES = ("rooms", "garden", "price", "tax")


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    """A file of 50 rows with a header."""
    path = tmp_path / "houses.csv"
    rows = "\n".join(",".join(map(repr, map(float, row))) for row in VALUES)
    path.write_text(",".join(HOUSES) + "\n" + rows)
    return path


@pytest.mark.parametrize("column", ["3", "price", "rooms", "last"])
def test_own_data_with_a_target_column(column: str, houses: Path) -> None:
    at = {"last": 3, "3": 2, "price": 2, "rooms": 0}[column]
    result = kernlab.run(
        experiment.key, views=(WEIGHTS,), data="file", data_file=houses, target_column=column,
        mode="ols", split="last",
    )  # fmt: skip
    x, y = np.delete(VALUES, at, axis=1), VALUES[:, at]
    model = LinearRegression().fit(x[:38], y[:38])
    assert result.tables["predictions"]["prediction"] == pytest.approx(model.predict(x[38:]))
    assert f"the prediction of “{HOUSES[at]}” " in result.answer
    note = next(figure.note for figure in result.figures if figure.key == "predictions")
    assert note == f"target: {HOUSES[at]}; the cross is test row 12"


def test_a_recipe_keeps_the_target_by_its_name(houses: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"data": "file", "data_file": houses, "target_column": "price"}
    result = kernlab.run(experiment.key, views=(WEIGHTS,), **given)
    result.save(tmp_path / "run.json")
    houses.unlink()
    key, parameters = kernlab.open_recipe(tmp_path / "run.json")
    again = kernlab.run(key, views=(WEIGHTS,), **parameters)
    assert again.parameters == result.parameters and again.answer == result.answer


def test_the_command_line_takes_a_name(houses: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", experiment.key, "--data", "file", "--data-file", str(houses)]
    assert main([*words, "--target-column", "price"]) == 0
    assert "the prediction of “price” " in capsys.readouterr().out
    assert main([*words, "--target-column", "Price"]) == 2
    assert capsys.readouterr().err == (
        "kernlab: target_column is 'Price'; the columns of data_file are 'rooms', 'garden', "
        "'price', 'tax'; allowed: one of these, a number from 1 to 4, or last; "
        "did you mean 'price'?\n"
    )


@given(
    names=st.lists(st.text(max_size=3), min_size=2, max_size=7, unique_by=str.strip),
    at=st.integers(0, 6),
)
def test_a_name_goes_before_a_number(names: list[str], at: int) -> None:
    names = [name.strip() for name in names]
    at %= len(names)
    p = own(np.ones((4, len(names))), names, target_column=names[at])
    try:
        assert experiment.Parameters(**p).target_place == at
    except ValueError:  # nothing that can be typed
        assert not names[at] or not names[at].isprintable()


def test_a_column_called_3_comes_before_the_third() -> None:
    p = own(VALUES, ("3", "a", "b", "c"), target_column="3")
    assert experiment.Parameters(**p).target_place == 0
    assert experiment.Parameters(**{**p, "target_column": "2"}).target_place == 1


def test_accents_may_be_written_in_two_ways() -> None:
    name = "Höhe"
    p = own(VALUES, (unicodedata.normalize("NFD", name), "a", "b", "c"), target_column=name)
    assert experiment.Parameters(**p).target_place == 0


@pytest.mark.parametrize(
    ("names", "column", "words"),
    [
        ((), "price", "is 'price'; the 4 columns of data_file have no names; allowed: a number"),
        ((), "5", "is '5'; the 4 columns of data_file have no names; allowed: a number from 1 t"),
        ((), "0", "is '0'; the 4 columns"),
        ((), " ", "is '': it names no column; allowed: a name, a number from 1, or last"),
        (HOUSES, "9", "is '9'; the columns of data_file are 'rooms', 'garden', 'price', 'tax'"),
        (HOUSES, "taxes", "a number from 1 to 4, or last; did you mean 'tax'?"),
        (("a", "b", "a", "c"), "a", "is 'a', and 2 columns are called that; give a number, such "
                                    "as 1 or 3"),
        (("last", "b", "a", "c"), "last", "called that is not the last; give a number, 1 for that "
                                          "column or 4 for the last one"),
    ],
)  # fmt: skip
def test_a_target_that_is_not_there(names: tuple[str, ...], column: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"^target_column is ") as caught:
        experiment.Parameters(**own(VALUES, names, target_column=column))
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_of_many_columns_a_few_are_named() -> None:
    names = [f"a quite long name of column {at}" for at in range(500)]
    with pytest.raises(ValueError, match=r"…', …; allowed: one of these") as caught:
        experiment.Parameters(**own(np.ones((4, 500)), names, target_column="price"))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("size,hue\n1,2\n1,red\n2,blue\n3,red\n",
         "line 3, column 'hue': 'red' is not a number (data row 2); code categories as numbers, "
         "or leave the column out"),
        ("size,hue\n1,2\n2,\n3,4\n",
         "line 3, column 'hue': the field is empty (data row 2); fill it with a finite number, or "
         "leave out the row or the column"),
        ("size,hue\n1,2\n2,NA\n3,4\n",
         "line 3, column 'hue': 'NA' is not a number (data row 2); fill it with"),
        ("# kernlab\nsize,hue\n1,2\n2,nan\n3,4\n",
         "line 4, column 'hue': nan is not a finite number (data row 2); fill it with"),
    ],
)  # fmt: skip
def test_categorical_text_and_missing_values_are_refused(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.csv"
    path.write_text(text)
    assert main(["run", experiment.key, "--data", "file", "--data-file", str(path)]) == 2
    assert f"own.csv, {words}" in capsys.readouterr().err


CENTRED = {"standardize": False}
BARE = {"standardize": False, "intercept": False}


@pytest.mark.parametrize("changes", [{}, CENTRED, {"intercept": False}, BARE], ids=str)
@pytest.mark.parametrize(
    "columns",
    [
        lambda x, one: [x],
        lambda x, one: [x, 0.1 * one],  # whose mean is not 0.1 but rounding away
        lambda x, one: [x, (1e12 + 0.1) * one],
        lambda x, one: [x, x[:, :1] - 2.0 * x[:, 1:2]],
        lambda x, one: [x, x],
        lambda x, one: [x[:, :1] * np.arange(1.0, 40.0)],
        lambda x, one: [1e-14 * x],  # columns in a unit in which they are small
        lambda x, one: [1e-20 * x[:, :1], 1e20 * x[:, 1:]],
        lambda x, one: [x + 1e6],
        lambda x, one: [one, 2.0 * one],
        lambda x, one: [np.vstack([np.ones((20, 3)), x[20:]])],  # constant on training rows
        lambda x, one: [x @ np.random.default_rng(2).standard_normal((3, 60))],
        lambda x, one: [np.random.default_rng(2).standard_normal((24, 60))],
    ],
)
def test_least_squares_is_the_pseudo_inverse(columns: Any, changes: dict[str, bool]) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((24, 3))
    features = np.hstack(columns(x, np.ones((24, 1))))
    y = x @ [1.0, 2.0, 3.0] + 0.1 * rng.standard_normal(24)
    given = own(np.column_stack([features, y]), mode="ols", split="last", **changes)
    found = tables_of((WEIGHTS,), **given)
    train, test = features[:18], features[18:]
    intercept = changes.get("intercept", True)
    if changes.get("standardize", True):
        flat = np.ptp(train, axis=0) == 0.0
        mean, scale = train.mean(axis=0), np.where(flat, 1.0, train.std(axis=0))
        train, test = (np.where(flat, 0.0, (part - mean) / scale) for part in (train, test))
    shift = y[:18].mean() if intercept else 0.0
    if intercept:
        centre = np.where(np.ptp(train, axis=0) == 0.0, train[0], train.mean(axis=0))
        train, test = train - centre, test - centre
    expected = test @ np.linalg.pinv(train, rcond=1e-14) @ (y[:18] - shift) + shift
    assert found["predictions"]["prediction"] == pytest.approx(expected, rel=1e-7, abs=1e-7)
    rank = int(found["row_summary"]["rank"][0])
    assert rank == np.linalg.matrix_rank(train)
    assert found["identities"]["light"][0] == "● holds"


def test_what_squares_cannot_hold_is_refused_by_its_name() -> None:
    large = VALUES * [1.0, 1e200, 1.0, 1.0]
    with pytest.raises(ValueError, match=r"^data_file, garden: the largest entry is 2\.\S+e\+200"):
        tables_of((WEIGHTS,), **own(large, HOUSES))
    with pytest.raises(ValueError, match=r"data_file, column 4: .*write the column in another uni"):
        tables_of((WEIGHTS,), **own(VALUES * [1.0, 1.0, 1.0, 1e-200]))


def test_constant_columns_are_named() -> None:
    values = np.column_stack([np.ones((50, 4)), VALUES])
    names = ("a", "**b**", "", "d", *HOUSES)
    p = own(values, names, mode="ols", target_column="price")
    text = experiment.answer(experiment.Parameters(**p), tables_of((WEIGHTS,), **p))
    assert "(rank 3 of 7, 4 columns constant: a, * *b* *, column 3 and 1 more; minimum" in text


@pytest.mark.parametrize("mode", list(MODES))
def test_awkward_columns(mode: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((24, 3))
    values = np.column_stack([x, x[:, 0], np.ones(24), x @ [1.0, 2.0, 3.0]])
    for changes in ({}, {"standardize": False, "intercept": False}, {"test_fraction": 0.01}):
        tables = tables_of((*experiment.views, "claims"), **own(values, mode=mode, **changes))
        assert np.isfinite(tables["predictions"]["prediction"]).all()
        p = experiment.Parameters(**own(values, mode=mode, **changes))
        for figure in experiment.figures(p, tables):
            draw(figure, tables)
        assert len(experiment.claims(p, tables)) == 14
    if mode == "ols":
        tables = tables_of((WEIGHTS,), **own(values, mode=mode))
        assert "rank 3 of 5" in experiment.answer(experiment.Parameters(**own(values, mode=mode)),
                                                  tables)  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [
        np.column_stack([np.arange(6.0), np.ones(6)]),  # the same target everywhere
        np.column_stack([np.ones(6), np.arange(6.0)]),  # nothing but a constant column
        np.random.default_rng(0).standard_normal((4, 9)),  # n < p, one test row
        np.random.default_rng(0).standard_normal((7, 2)) * 1e12,
    ],
)
@pytest.mark.parametrize("mode", list(MODES))
def test_degenerate_data(values: Any, mode: str) -> None:
    p = experiment.Parameters(**own(values, mode=mode, heads=2))
    tables: dict[str, Table] = {}
    for step in experiment.run(p, "full", Cache(), (*experiment.views, "claims")):
        tables.update(step.tables)
    for figure in experiment.figures(p, tables):
        if figure.tables <= set(tables):
            draw(figure, tables)
    assert len(experiment.claims(p, tables)) == 14
    assert experiment.answer(p, tables)
    experiment.formulas(p, tables)


def test_bad_parameters() -> None:
    values = np.random.default_rng(0).standard_normal((9, 3))
    with pytest.raises(ValueError, match="no data_file"):
        experiment.Parameters(data="file")
    with pytest.raises(ValueError, match="at least 4"):
        experiment.Parameters(**own(values[:3]))
