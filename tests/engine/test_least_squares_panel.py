"""The least-squares experiment: its tables against oracles, its claims, its edges."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, Ridge

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import NOT_MEASURED
from kernlab.engine.contract.drawing import draw
from kernlab.engine.contract.parameters import fields_of, own_matrix
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.contract.text import number
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
from kernlab.engine.numerics.steps import drain

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


@pytest.mark.parametrize("ridge", [1e-6, 0.3, 1e6])
def test_the_risk_is_judged_at_the_ridge_that_is_set(ridge: float) -> None:
    p = experiment.Parameters(ridge=ridge, **SMALL)
    problem = model_of(ridge=ridge, **SMALL).problem
    x, centre = problem.train, problem.train.mean(axis=0)
    gram = (x - centre).T @ (x - centre) + ridge * np.eye(problem.p)
    weights = (problem.test - centre) @ np.linalg.solve(gram, (x - centre).T) + 1.0 / problem.n
    bias = np.mean((weights @ problem.truth - problem.truth_test) ** 2)
    variance = problem.noise**2 * np.square(weights).sum() / len(problem.test)
    row = drain_claims(p)
    assert row["s14_sum"] == pytest.approx(bias + variance + problem.noise**2, rel=1e-9)
    assert abs(row["s14_risk"] - row["s14_sum"]) < 4 * row["s14_error"]
    told = claims_of(ridge=ridge, **SMALL)["S14"].reason
    assert f"at λ = {number(ridge, 3)}, " in told


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


# -- extremes -----------------------------------------------------------------------------------


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


def test_memory_grows_with_the_rows() -> None:
    small, large = (
        experiment.memory(experiment.Parameters(data="simulated", rows=rows), "full")
        for rows in (100, 100_000)
    )
    assert large.bytes > small.bytes and large.parameter == "rows"
    assert data_sets.counts(experiment.Parameters()) == (332, 110, 10)
