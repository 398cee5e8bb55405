"""The least-squares experiment: its tables against oracles, its claims, its edges."""

from __future__ import annotations

import dataclasses
import math
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, Ridge

import kernlab
from kernlab.cli import main
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import NOT_MEASURED
from kernlab.engine.contract.drawing import draw
from kernlab.engine.contract.parameters import fields_of, own_matrix
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.least_squares_attention import (
    bench as benches,
)
from kernlab.engine.experiments.least_squares_attention import (
    data_sets,
    experiment,
    measures,
    simulation,
)
from kernlab.engine.experiments.least_squares_attention.parameters import MODES

WEIGHTS, SPECTRUM, CHOICE, HEADS, SIMULATION = experiment.views
SMALL: dict[str, Any] = {"data": "simulated", "rows": 60, "features": 9}
FAILS = {"S2", "S4", "S5", "S6", "S7", "S9", "S11", "S12"}


@pytest.fixture(autouse=True)
def short_simulations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer draws: what is tested does not depend on their number."""
    monkeypatch.setattr(simulation, "SIZES", (128, 256, 512))
    monkeypatch.setattr(simulation, "RATE_DRAWS", 8)


def tables_of(
    views: tuple[str, ...], fidelity: Any = "full", cache: Cache | None = None, **parameters: Any
) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    p = experiment.Parameters(**parameters)
    for step in experiment.run(p, fidelity, cache or Cache(), views):
        tables.update(step.tables)
    return tables


def claims_of(**parameters: Any) -> dict[str, Any]:
    p = experiment.Parameters(**parameters)
    found = experiment.claims(p, tables_of(("claims",), **parameters))
    return {claim.id: claim for claim in found}


def drain(steps: Any) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def model_of(**parameters: Any) -> Any:
    p = experiment.Parameters(**parameters)
    return drain(benches.Bench(p, True, Cache()).model())


# -- tables -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["ols", "ridge", "pcr", "kernel-ridge"])
def test_predictions_are_those_of_scikit_learn(mode: str) -> None:
    parameters: dict[str, Any] = {"mode": mode, "ridge": 3.0, "rank": 4, "lengthscale": 4.0}
    problem = model_of(**parameters).problem
    train, test, y = problem.train, problem.test, problem.y
    if mode == "pcr":
        pca = PCA(4).fit(train)
        expected = LinearRegression().fit(pca.transform(train), y).predict(pca.transform(test))
    elif mode == "kernel-ridge":
        parameters["intercept"] = False
        model = KernelRidge(alpha=3.0, kernel="rbf", gamma=0.5 / 16.0)
        expected = model.fit(train, y).predict(test)
    else:
        ridge = LinearRegression() if mode == "ols" else Ridge(3.0)
        expected = ridge.fit(train, y).predict(test)
    table = tables_of((WEIGHTS,), **parameters)["predictions"]
    assert table["prediction"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("mode", list(MODES))
def test_the_chosen_row_adds_up_to_its_prediction(mode: str) -> None:
    tables = tables_of((WEIGHTS,), mode=mode)
    row, about = tables["row"], {k: v[0] for k, v in tables["row_summary"].columns.items()}
    assert row["running"][-1] == pytest.approx(about["prediction"])
    assert np.all(np.diff(row["weight"]) <= 0)
    assert row["weight"] @ row["target"] == pytest.approx(about["prediction"])
    assert row["weight"].sum() == pytest.approx(about["row_sum"]) == pytest.approx(1.0)
    at = int(about["watched_rank"]) - 1
    assert row["weight"][at] == pytest.approx(about["watched_weight"])
    assert row["training_row"][at] == about["train_row"]


def test_a_click_chooses_a_cell() -> None:
    figure = experiment.figures(experiment.Parameters(), {})[0]
    assert figure.click == ("train_row", "test_row")
    names = {field.name for field in fields_of(experiment.Parameters)}
    assert set(figure.click) <= names
    tables = tables_of((WEIGHTS,), data="longley", test_row=2, train_row=5)
    image = tables["map"]
    cell = (image["train"] == 5) & (image["test"] == 2)
    assert image["weight"][cell][0] == pytest.approx(tables["row_summary"]["watched_weight"][0])


@pytest.mark.parametrize("mode", list(MODES))
@pytest.mark.parametrize("projections", ["none", "shared", "separate"])
@pytest.mark.parametrize("intercept", [True, False])
def test_the_lights_are_right(mode: str, projections: str, intercept: bool) -> None:
    parameters = {**SMALL, "mode": mode, "projections": projections, "intercept": intercept}
    parameters |= {"rank": 4, "ridge": 0.5, "smoothness": 0.75}
    table = tables_of((WEIGHTS,), **parameters)["identities"]
    lights = dict(zip(table["identity"].tolist(), table["light"].tolist(), strict=True))
    first = "Nadaraya–Watson weights" if mode == "softmax" else "Predictions of a direct solve"
    assert lights[first] == "● holds"
    assert (lights["Rows sum to 1"] == "● holds") == (intercept or mode == "softmax")
    assert (lights["No weight is negative"] == "● holds") == (mode == "softmax")
    if mode in ("ols", "ridge"):
        assert lights["Primal is dual"] == "● holds"
    if mode in ("ols", "pcr"):
        assert lights["‖w‖² is the leverage"] == "● holds"


def test_the_spectrum_of_s_is_the_squared_shrinkage() -> None:
    tables = tables_of((SPECTRUM,))
    assert tables["resonance"]["measured"] == pytest.approx(tables["components"]["resonance"])
    assert tables["components"]["with_target"].sum() == pytest.approx(1.0)
    assert tables["components"]["published"].sum() == pytest.approx(1.0)


def test_criteria_in_the_reference_split() -> None:
    tables = tables_of((CHOICE,), split="last", test_fraction=0.2263, ridge=1.0)
    chosen = tables["chosen"]
    assert chosen["gcv"][0] == pytest.approx(3109.069763247271, rel=1e-11)
    assert chosen["dof"][0] == pytest.approx(9.663406958868078 + 1, rel=1e-11)
    assert math.sqrt(chosen["held_out"][0]) == pytest.approx(52.0371599125078, rel=1e-11)
    gcv = tables["optima"]["score"][0]
    assert gcv == pytest.approx(3086.83, rel=1e-4) and tables["optima"]["value"][0] > 25
    assert tables["optima"]["per_row"] == pytest.approx(tables["optima"]["value"] / 342)


@pytest.mark.parametrize("mode", list(MODES))
def test_the_optima_are_the_least_of_their_curves(mode: str) -> None:
    tables = tables_of((CHOICE,), mode=mode, **SMALL)
    path = tables["path"]
    for at, name in enumerate(("gcv", "gcv_without", "loo", "held_out")):
        assert tables["optima"]["score"][at] == pytest.approx(np.nanmin(path[name]))
    p = experiment.Parameters(mode=mode, **SMALL)
    ticks = experiment.landmarks(p, tables)
    spans = {field.name: field.span for field in fields_of(experiment.Parameters)}
    for tick in ticks:
        assert spans[tick.parameter].low <= tick.value <= spans[tick.parameter].high


def test_many_rows_give_the_numbers_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    views = (WEIGHTS, SPECTRUM, CHOICE)
    whole = tables_of(views, **SMALL)
    monkeypatch.setattr(benches, "WHOLE", 0.0)
    sliced = tables_of(views, **SMALL)
    for name in ("row", "predictions", "components", "path", "chosen"):
        for column, values in whole[name].columns.items():
            if column not in ("coefficient", "training_row"):
                assert sliced[name][column] == pytest.approx(values, rel=1e-6, abs=1e-9), column


def test_a_coarse_run_over_cold_data_says_that_it_is_a_preview() -> None:
    parameters = {"data": "simulated", "rows": 4000, "features": 200}
    cache = Cache()
    coarse = tables_of((WEIGHTS,), "coarse", cache, **parameters)
    p = experiment.Parameters(**parameters)
    assert coarse["row_summary"]["preview"][0]
    assert "preview" in experiment.figures(p, coarse)[0].note
    full = tables_of((WEIGHTS,), "full", cache, **parameters)
    warm = tables_of((WEIGHTS,), "coarse", cache, **parameters)
    assert not warm["row_summary"]["preview"][0]
    assert warm["map"]["weight"] == pytest.approx(full["map"]["weight"])


def test_stacks_and_heads() -> None:
    tables = tables_of((HEADS,), heads=3)
    problem = model_of().problem
    whole = Ridge(10.0).fit(problem.train, problem.y).predict(problem.test)
    rmse = math.sqrt(np.mean((whole - problem.y_test) ** 2))
    assert tables["ways"]["rmse"][3] == pytest.approx(rmse)
    assert len(tables["heads"]) == 3 and tables["head_counts"]["heads"][0] == 1
    one = tables["head_counts"]["average"][0]
    assert one == pytest.approx(rmse)


def test_simulated_targets_are_the_function_and_its_noise() -> None:
    problem = model_of(data="simulated", rows=2000, features=40, noise=0.3).problem
    assert np.std(problem.y - problem.truth) == pytest.approx(0.3, rel=0.1)
    assert np.var(problem.truth) == pytest.approx(1.0, rel=0.2)
    shorter = model_of(data="simulated", rows=1000, features=40, noise=0.3).problem
    assert shorter.p == problem.p == 40


# -- claims -------------------------------------------------------------------------------------


def test_every_claim_at_the_defaults() -> None:
    claims = claims_of()
    assert list(claims) == [f"S{k}" for k in range(1, 15)]
    assert {name for name, claim in claims.items() if claim.verdict == "fails"} == FAILS
    assert {claim.verdict for name, claim in claims.items() if name not in FAILS} == {"holds"}


def test_claims_before_they_are_measured() -> None:
    claims = experiment.claims(experiment.Parameters(), {})
    assert {claim.reason for claim in claims} == {NOT_MEASURED}


def test_the_numbers_of_the_reference_split() -> None:
    claims = claims_of(split="last", test_fraction=0.2263, ridge=1.0)
    assert claims["S2"].measured == pytest.approx(0.3767251461988304)
    assert "3\u202f109.07" in claims["S8"].reason and "3\u202f090.39" in claims["S8"].reason
    ten = claims_of(split="last", test_fraction=0.2263, ridge=10.0)
    assert ten["S10"].measured == pytest.approx(140.99945821094586, rel=1e-9)
    assert ten["S7"].measured == pytest.approx(8.655631192210869, rel=1e-9)


def test_where_the_premises_do_not_hold() -> None:
    singular = claims_of(data="simulated", rows=40, features=60)
    assert singular["S1"].verdict == "inconclusive" and "pseudo-inverse" in singular["S1"].reason
    assert claims_of(heads=1, **SMALL)["S12"].verdict == "inconclusive"


def test_a_rate_is_judged_by_its_interval() -> None:
    def verdict(**changes: float) -> str:
        row = {"exponent": 0.75, "error": 0.02, "low": 0.71, "high": 0.79, "predicted": 0.75,
               "modes": 12.0, "simulated": 100, **changes}  # fmt: skip
        tables = {"rate": summary(**row), "claims": summary(constant=True)}
        claims = experiment.claims(experiment.Parameters(), tables)
        return next(str(claim.verdict) for claim in claims if claim.id == "S13")

    assert verdict() == "holds"
    assert verdict(exponent=0.7, low=0.66, high=0.74) == "holds"
    assert verdict(exponent=0.68, low=0.64, high=0.72) == "inconclusive"
    assert verdict(exponent=0.6, low=0.56, high=0.64) == "fails"
    assert verdict(modes=60.0) == "inconclusive"
    assert (
        claims_of(data="simulated", rows=40, features=9, smoothness=0.75, noise=0.05)["S13"].verdict
        == "inconclusive"
    )


def test_a_claim_can_turn_out_otherwise() -> None:
    column = np.random.default_rng(0).standard_normal((40, 1))
    p: dict[str, Any] = {
        "data": "file",
        "data_file": own_matrix(np.hstack([column, 2.0 * column + 1.0])),
        "heads": 2,
    }
    claims = claims_of(**p)
    assert claims["S9"].verdict == "inconclusive"  # one component
    assert claims["S6"].measured < 1e-8  # one feature: QKᵀ is symmetric whatever W_Q and W_K are


def test_as_many_test_rows_as_training_rows() -> None:
    found = claims_of(test_fraction=0.5, **SMALL)["S7"]
    assert found.verdict == "fails" and "how the test rows are ordered" in found.reason


def test_the_risk_is_an_equality() -> None:
    offs = []
    for seed in range(6):
        p = experiment.Parameters(seed=seed, **SMALL)
        row = drain_claims(p)
        offs.append((row["s14_risk"] - row["s14_sum"]) / row["s14_error"])
    assert abs(np.mean(offs)) < 3 / math.sqrt(6) and np.abs(offs).max() < 4


def drain_claims(p: Any) -> dict[str, Any]:
    table = None
    for step in measures.claims(benches.Bench(p, True, Cache())):
        table = step.tables.get("claims", table)
    assert table is not None
    return {name: column[0] for name, column in table.columns.items()}


# -- figures and words --------------------------------------------------------------------------


@pytest.mark.parametrize("preset", experiment.presets, ids=lambda preset: preset.title[:20])
def test_presets_can_be_drawn(preset: Any) -> None:
    parameters = dict(preset.parameters)
    if parameters.get("rows", 0) > 1000:  # its size is what it is about: the benchmark's
        parameters |= {"rows": 300, "features": 50}
    p = experiment.Parameters(**parameters)
    views = (WEIGHTS, SPECTRUM, CHOICE, SIMULATION)
    cache = Cache()
    tables = tables_of(views, "full", cache, **parameters)
    tables |= tables_of((HEADS,), "coarse", cache, **parameters)
    for figure in experiment.figures(p, tables):
        if figure.tables <= set(tables):
            draw(figure, tables)
        else:
            assert figure.view == HEADS
        assert len(figure.title) <= 50 and len(figure.note) <= 60, figure.key
    assert experiment.answer(p, tables)
    assert len(experiment.formulas(p, tables)) == 5


@pytest.mark.parametrize("view", experiment.views)
def test_every_view_has_an_answer(view: str) -> None:
    tables = tables_of((view,), **SMALL)
    assert experiment.answer(experiment.Parameters(**SMALL), tables)


def test_the_pseudo_inverse_is_named() -> None:
    tables = tables_of((WEIGHTS,), data="digits", mode="ols")
    text = experiment.answer(experiment.Parameters(data="digits", mode="ols"), tables)
    assert "rank 61 of 64, 3 columns constant" in text and "pseudo-inverse" in text
    lights = tables["identities"]["light"]
    assert lights[0] == "● holds"


# -- own data and extremes ----------------------------------------------------------------------


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


@pytest.mark.parametrize("field", [f for f in fields_of(experiment.Parameters) if f.span],
                         ids=lambda f: f.name)  # fmt: skip
@pytest.mark.parametrize("end", ["low", "high"])
def test_extremes(field: Any, end: str) -> None:
    value = getattr(field.span, end)
    if field.name in ("rows", "features") and end == "high":
        value = 400
    parameters = {**SMALL, field.name: value}
    for mode in ("pcr", "kernel-ridge", "softmax", "ridge"):
        p = experiment.Parameters(**{**parameters, "mode": mode})
        tables = tables_of((WEIGHTS, SPECTRUM, CHOICE), **dataclasses.asdict(p))
        for figure in experiment.figures(p, tables):
            if figure.tables <= set(tables):
                draw(figure, tables)


def test_bad_parameters() -> None:
    values = np.random.default_rng(0).standard_normal((9, 3))
    with pytest.raises(ValueError, match="no data_file"):
        experiment.Parameters(data="file")
    with pytest.raises(ValueError, match="at least 4"):
        experiment.Parameters(**own(values[:3]))


def test_memory_grows_with_the_rows() -> None:
    small, large = (
        experiment.memory(experiment.Parameters(data="simulated", rows=rows), "full")
        for rows in (100, 100_000)
    )
    assert large.bytes > small.bytes and large.parameter == "rows"
    assert data_sets.counts(experiment.Parameters()) == (332, 110, 10)
