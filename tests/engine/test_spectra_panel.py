"""The spectra experiment: its claims against what is known, its edges, its presets."""

from __future__ import annotations

import functools
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from kernlab.engine import catalogue
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import NOT_MEASURED
from kernlab.engine.contract.drawing import draw
from kernlab.engine.contract.experiment import formulas_of, landmarks_of
from kernlab.engine.contract.parameters import OwnData, own_data, own_matrix
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.spectra import AREAS
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.numerics import ntk, sphere
from kernlab.engine.numerics.steps import drain

experiment = catalogue.get("spectra")
SMALL: dict[str, Any] = {"n": 40, "draws": 4, "max_degree": 200, "n_grid": 32}
VIEWS = {"degrees": "Eigenvalues", "sobolev": "Sobolev", "matrices": "Points", "widths": "Width"}
OF = {
    "degrees": (1, 2, 3, 4, 5, 6, 18, 28),
    "sobolev": (11, 12, 13, 23, 24, 25, 26),
    "matrices": (7, 8, 9, 10, 14, 15, 16, 17, 19, 29, 31),
    "widths": (20, 21, 22, 27, 30),
}
CLUSTERED = np.concatenate(
    [np.eye(3)[[0, 1, 2] * 10], np.eye(3)[[0] * 30]]
) + 0.01 * np.random.default_rng(1).standard_normal((60, 3))
"""Rows of which the first quarter is spread more evenly than all of them."""
AREA_OF = {f"N{number}": area for area, numbers in OF.items() for number in numbers}


def tables_of(
    views: tuple[str, ...], fidelity: Any = "full", **parameters: Any
) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    p = experiment.Parameters(**{**SMALL, **parameters})
    for step in experiment.run(p, fidelity, Cache(), views):
        tables.update(step.tables)
    return tables


@functools.cache
def judged(area: str, **parameters: Any) -> dict[str, Any]:
    """The claims of one area, measured alone."""
    p = experiment.Parameters(**parameters)
    chosen = next(each for each in AREAS if VIEWS[area] in each.runs)
    measured = drain(chosen.measure(Bench(p, True, Cache())))
    return {claim.id: claim for claim in chosen.judge(p, measured)}


def claim(id_: str, **parameters: Any) -> Any:
    return judged(AREA_OF[id_], **parameters)[id_]


def claim_on(id_: str, **parameters: Any) -> Any:
    """As `claim`, for parameters that cannot be a key."""
    return judged.__wrapped__(AREA_OF[id_], **parameters)[id_]


def verdicts(area: str, **parameters: Any) -> dict[str, str]:
    return {id_: each.verdict for id_, each in judged(area, **parameters).items()}


def table_row(tables: dict[str, Table], name: str) -> Any:
    return SimpleNamespace(**{key: column[0] for key, column in tables[name].columns.items()})


def notes(tables: dict[str, Table], **parameters: Any) -> dict[str, str]:
    p = experiment.Parameters(**{**SMALL, **parameters})
    return {figure.key: figure.note for figure in experiment.figures(p, tables)}


# -- claims -------------------------------------------------------------------------------------


def test_the_claims_are_all_there() -> None:
    found = experiment.claims(experiment.Parameters(), {})
    assert [each.id for each in found] == [f"N{number}" for number in range(1, 32)]
    assert {each.reason for each in found} == {NOT_MEASURED}
    assert set(AREA_OF) == {each.id for each in found}


def test_verdicts_on_degrees() -> None:
    assert verdicts("degrees") == {
        "N1": "fails", "N2": "holds", "N3": "fails", "N4": "holds", "N5": "holds", "N6": "holds",
        "N18": "holds", "N28": "inconclusive",
    }  # fmt: skip
    assert claim("N4", depth=2).verdict == "fails"
    assert claim("N4", activation="abs", depth=5, max_degree=300).verdict == "fails"
    assert claim("N4", activation="abs", depth=5, max_degree=300).measured == 150  # the odd ones


def test_verdicts_on_sobolev_training() -> None:
    assert verdicts("sobolev", max_degree=2000) == {
        "N11": "fails", "N12": "fails", "N13": "fails", "N23": "fails", "N24": "holds",
        "N25": claim("N25", max_degree=2000).verdict, "N26": "inconclusive",
    }  # fmt: skip
    assert claim("N25", max_degree=2000).verdict in ("holds", "inconclusive")  # timings


def test_verdicts_on_points() -> None:
    assert verdicts("matrices") == {
        "N7": "inconclusive", "N8": "inconclusive", "N9": "inconclusive", "N10": "inconclusive",
        "N14": "fails", "N15": "fails", "N16": "fails", "N17": "fails", "N19": "holds",
        "N29": "holds", "N31": "holds",
    }  # fmt: skip
    assert "3π/θ_min" in claim("N7").reason


@pytest.mark.parametrize(
    ("parameters", "premise", "settles", "growth"),
    [
        ({"s": 1.0}, "s < −(d−1)/2 = −1,", "s = −2", 4.0),
        ({"s": 1.0, "dimension": 2}, "s < −(d−1)/2 = −0.5000,", "s = −1.500", 3.0),
        ({"s": 1.0, "sobolev_form": "(1+sqrt(l(l+d-2)))"}, "s < −(d−1) = −2,", "s = −4", 3.0),
    ],
)
def test_the_zonal_kernel_of_a_sobolev_operator_misses_its_premise(
    parameters: dict[str, Any], premise: str, settles: str, growth: float
) -> None:
    # Σ N(d, ℓ) ℓ^(c s) grows like ℓ^(d − 1 + c s), c = 2 or 1 by form.
    found = claim("N28", max_degree=2000, **parameters)
    assert found.verdict == "inconclusive" and premise in found.reason
    assert f"At {settles} the power is" in found.reason and "there is a kernel" in found.reason
    assert found.measured == pytest.approx(growth, rel=0.01)


def test_tolerances_are_distances_between_predicted_and_measured() -> None:
    for id_, preset in (("N7", "holds"), ("N8", "holds"), ("N9", "fails"), ("N17", "fails")):
        found = claim(id_, depth=1000, dimension=50)
        assert found.verdict == preset
        inside = abs(float(found.measured) - float(found.predicted)) <= found.tolerance
        assert inside == (found.verdict == "holds"), id_
    assert claim("N7", depth=1000, dimension=50).tolerance == pytest.approx(0.2 * (1 + 200 / 3))


@pytest.mark.parametrize("dimension", [2, 3, 8])
def test_operations_of_a_zonal_matrix_grow_like_its_degree(dimension: int) -> None:
    found = claim("N19", dimension=dimension, n=40)
    assert found.verdict == "holds" and found.predicted == f"≤ {dimension - 1}"
    assert found.measured == pytest.approx(1.0, abs=0.05 * dimension)
    assert "by counting" in found.reason and "that of n is 2" in found.reason


def test_a_matrix_that_comes_no_closer_to_the_operator_proves_nothing() -> None:
    for parameters in ({"n": 8}, {"points": "file", "points_file": own_matrix(CLUSTERED)}):
        found = claim_on("N31", **parameters)
        assert found.verdict == "inconclusive", found.reason
    assert "do not come closer" in found.reason


def test_the_multiplier_on_the_torus_is_compared_with_its_closed_form() -> None:
    found = claim("N26", max_degree=2000)
    assert found.measured == pytest.approx(4 * math.pi**2, rel=1e-6)
    assert "closed form 4π² = 39.48" in found.reason


def test_verdicts_on_finite_width() -> None:
    assert verdicts("widths") == {
        "N20": "fails", "N21": "fails", "N22": "fails", "N27": "inconclusive",
        "N30": "inconclusive",
    }  # fmt: skip
    assert claim("N21").measured == pytest.approx(-0.5, abs=0.06)
    assert "not verified" in claim("N30").reason


NAMED = sorted(
    {
        (each.preset, each.id)
        for each in experiment.claims(experiment.Parameters(), {})
        if each.preset is not None
    }
)


@pytest.mark.parametrize(("preset", "id_"), NAMED)
def test_a_claim_can_be_judged_at_the_preset_it_names(preset: str, id_: str) -> None:
    values = next(each.parameters for each in experiment.presets if each.title == preset)
    expected = {
        "N2": "holds", "N3": "fails", "N4": "fails", "N7": "holds", "N8": "holds", "N9": "fails",
        "N10": "holds", "N12": "fails", "N13": "fails", "N14": "holds", "N15": "holds",
        "N20": "fails", "N21": "fails", "N22": "fails", "N27": "fails",
        "N26": "inconclusive",  # the paper does not say which operator it means
    }  # fmt: skip
    assert claim(id_, **values).verdict == expected[id_]


@pytest.mark.parametrize("d", [2, 3, 5, 10])
def test_exponents_are_the_dimension(d: int) -> None:
    found = table_row(tables_of(("Eigenvalues",), "coarse", dimension=d, max_degree=3000), "decay")
    for low, value, high in (
        (found.even_low, found.even, found.even_high),
        (found.odd_low, found.odd, found.odd_high),
    ):
        assert low <= d <= high
        assert value == pytest.approx(d, abs=1e-3)
    slopes = tables_of(("Eigenvalues",), "coarse", dimension=d, max_degree=400)["slopes_even"]
    assert slopes["slope"][-1] == pytest.approx(-d, rel=2e-3)


def test_constants_and_parities() -> None:
    table = tables_of(("Eigenvalues",))["depth_constants"]
    depth, even, odd = (table[name] for name in ("depth", "even", "odd"))
    assert depth[:2].tolist() == [2, 3]
    assert even[0] == pytest.approx(2.0, rel=1e-4) and math.isnan(odd[0])  # c = 1: 1 · (1 ± 1)
    assert even[1] == pytest.approx(3 * 7 / 6, rel=1e-4)  # c = 1/6
    assert odd[1] == pytest.approx(3 * 5 / 6, rel=1e-4)
    assert np.allclose(even, table["law_even"], rtol=1e-3)


def test_a_power_law_is_not_claimed_too_early() -> None:
    assert claim("N2", depth=100, max_degree=400).verdict == "inconclusive"
    assert claim("N2", domain="torus", dimension=2, n_grid=64).verdict == "inconclusive"
    assert claim("N2", activation="erf", bias=0.5, max_degree=300).verdict == "fails"


@pytest.mark.parametrize(("depth", "ratio"), [(100, 1.138), (1000, 1.0187)])
def test_the_condition_number_of_deep_networks(depth: int, ratio: float) -> None:
    found = claim("N7", depth=depth, dimension=50, n=200)
    assert found.measured / (1 + 200 / 3) == pytest.approx(ratio, rel=0.02)
    assert found.verdict == "holds"


def test_a_sobolev_exponent_that_is_critical() -> None:
    found = claim("N12", sobolev_form="(1+sqrt(l(l+d-2)))", max_degree=2000)
    assert found.verdict == "holds" and found.measured == pytest.approx(3.0, rel=0.01)
    assert claim("N12", max_degree=2000).measured == pytest.approx(1.5, rel=0.01)
    torus = claim("N12", domain="torus", dimension=1, sobolev_form="(1+|k|)^2")
    assert torus.verdict == "fails" and torus.measured == pytest.approx(1.0, rel=0.02)


@pytest.mark.parametrize(
    ("dimension", "n_grid", "form", "best", "smallest", "without"),
    [
        (1, 256, "1+|k|^2", 1.0327, 3.853, 28_367),
        (2, 64, "1+|k|^2", 1.5219, 8.165, 153_350),
        (1, 256, "(1+|k|)^2", 1.117, 4.92, 28_367),
        (1, 256, "1+4pi^2|k|^2", 0.797, 11.6, 28_367),
    ],
)
def test_the_best_exponent(
    dimension: int, n_grid: int, form: str, best: float, smallest: float, without: float
) -> None:
    tables = tables_of(
        ("Sobolev",), "coarse", domain="torus", dimension=dimension, n_grid=n_grid,
        sobolev_form=form, s=best,
    )  # fmt: skip
    found = table_row(tables, "sobolev")
    assert found.best_s == pytest.approx(best, rel=5e-4)
    assert found.best_condition == pytest.approx(smallest, rel=3e-3)
    assert found.condition == pytest.approx(found.best_condition, rel=5e-3)
    assert found.condition_without == pytest.approx(without, rel=1e-4)


def test_beyond_the_best_exponent_conditioning_worsens_in_high_dimension_too() -> None:
    found = claim("N13", dimension=20, max_degree=500)
    assert found.verdict == "fails" and float(str(found.measured).split()[-1]) > 6


def test_which_point_sets_let_the_matrices_commute() -> None:
    table = tables_of(("Points",), n=200)["commutators"]
    of = dict(zip(table["name"].tolist(), table["commutator"].tolist(), strict=True))
    assert of["circle"] < 1e-12 and of["grid"] < 1e-12
    assert 1e-4 < of["Fib."] < of["S¹"] < 1 and of["Fib."] < of["S²"] < 1
    assert table["truncated"][table["name"].tolist().index("Gauss")] < 1e-12


# -- edges --------------------------------------------------------------------------------------


def shown(views: tuple[str, ...], fidelity: Any = "full", **parameters: Any) -> dict[str, Table]:
    """Run, draw and say everything; the tables."""
    p = experiment.Parameters(**{**SMALL, **parameters})
    tables = tables_of(views, fidelity, **parameters)
    for figure in experiment.figures(p, tables):
        if all(table in tables for table in figure.tables):
            draw(figure, tables)
    experiment.claims(p, tables)
    assert len(formulas_of(experiment, p, tables)) == 5
    assert experiment.answer(p, tables)
    assert all(mark.parameter in ("s", "depth") for mark in landmarks_of(experiment, p, tables))
    return tables


@pytest.mark.parametrize("bias", [0.0, 0.5])
@pytest.mark.parametrize("activation", ["relu", "abs", "erf"])
@pytest.mark.parametrize("domain", ["sphere", "torus", "gaussian"])
def test_every_domain_activation_and_bias(domain: str, activation: str, bias: float) -> None:
    tables = shown(
        experiment.views, "coarse", domain=domain, activation=activation, bias=bias, dimension=2
    )
    assert (tables["spectrum"]["eigenvalue"] >= 0).all()
    trace = tables["sobolev"]
    assert trace["best_condition"][0] <= trace["condition_without"][0]


@pytest.mark.parametrize(
    "parameters",
    [
        {"dimension": 2},
        {"dimension": 50},
        {"depth": 1000, "dimension": 2},
        {"depth": 1000, "domain": "torus", "dimension": 1},
        {"n": 4},
        {"n": 2000, "max_degree": 20},
        {"domain": "torus", "dimension": 3, "n_grid": 9},
        {"domain": "torus", "dimension": 2, "n_grid": 512},
        {"domain": "gaussian", "dimension": 1},
        {"s": 6.0, "time": 1e8, "learning_rate": 100.0, "max_degree": 10_000},
        {"budget": 1000, "depth": 300, "width": 8},
        {"activation": "erf", "bias": 2.0, "depth": 1000, "dimension": 50},
    ],
)
def test_extremes(parameters: dict[str, Any]) -> None:
    shown(experiment.views, "coarse", **parameters)


@pytest.mark.parametrize("n", [4, 30])
@pytest.mark.parametrize("points", ["random", "fibonacci", "gauss", "circle", "torus-grid"])
def test_every_point_set(points: str, n: int) -> None:
    tables = shown(("Points", "Condition"), points=points, n=n, dimension=2)
    assert len(tables["point_set"]["x"]) <= max(n, 8)


def test_a_symmetric_set_is_named_singular() -> None:
    parameters: dict[str, Any] = {"points": "circle", "dimension": 2, "depth": 2, "n": 100}
    tables = tables_of(("Points",), **parameters)
    assert table_row(tables, "matrix_spectrum_about").zeros == 48
    assert "48 zero to rounding: antipodal" in notes(tables, **parameters)["matrix-spectrum"]
    assert "antipodal" in notes(tables, **parameters)["points"]


PRESETS = [{}, *(dict(preset.parameters) for preset in experiment.presets)]


def test_notes_fit_beside_their_titles() -> None:
    for parameters in PRESETS:
        tables = tables_of(experiment.views, "coarse", **{**parameters, "n": 200})
        p = experiment.Parameters(**{**SMALL, **parameters})
        for figure in experiment.figures(p, tables):
            assert len(figure.note) <= 60 and len(figure.title + figure.note) <= 80, figure.note


# -- bad input ----------------------------------------------------------------------------------


def coefficients(*degrees: float) -> OwnData:
    return own_data({"degree": degrees, "coefficient": np.ones(len(degrees))})


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"dimension": 1}, "dimension is 1.*sphere.*2 and above"),
        ({"domain": "torus", "dimension": 4}, "dimension is 4.*up to 3"),
        ({"domain": "torus", "dimension": 3, "n_grid": 200}, "n_grid is 200.*up to 128"),
        ({"sobolev_form": "1+|k|^2"}, "sobolev_form.*sphere.*allowed"),
        ({"domain": "torus", "dimension": 2, "sobolev_form": "(1+l)^2"}, "sobolev_form.*torus"),
        ({"depth": 1}, "depth.*2"),
        ({"depth": 1001}, "depth.*1000"),
        ({"bias": math.nan}, "bias"),
        ({"s": math.nan}, "s is nan"),
        ({"n": 3}, "n is 3"),
        ({"n": 2001}, "n is 2001"),
        ({"points": "file"}, "points_file"),
        ({"target": "file"}, "target_file"),
        ({"target": "file", "target_file": coefficients(2, -1)}, "degree -1 in data row 2"),
        ({"target": "file", "target_file": coefficients(1.5)}, "degree 1.5"),
        ({"points": "file", "points_file": own_matrix([[1, 2], [0, 0]])}, "only zeros in row 2"),
    ],
)
def test_bad_input_is_refused(parameters: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        experiment.Parameters(**parameters)


@pytest.mark.parametrize(
    "make",
    [
        lambda: own_matrix([[1.0, 0.0]]),
        lambda: own_matrix([[1.0, math.nan], [0.0, 1.0]]),
        lambda: coefficients(math.nan),
    ],
)
def test_bad_files_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"row|nan"):
        make()


def test_coefficients_that_are_too_high_are_named() -> None:
    for parameters in ({}, {"domain": "torus", "dimension": 2}):
        given = {"target": "file", "target_file": coefficients(1, 3, 1e12), **parameters}
        tables = shown(("Sobolev",), **given)
        assert "1 coefficients too high" in notes(tables, **given)["function"]
        assert np.isfinite(tables["function"]["learned"]).all()


def test_own_points_with_close_ones() -> None:
    x = np.random.default_rng(0).standard_normal((20, 3))
    x[1], x[3] = 2 * x[0], -x[2]
    given = {"points": "file", "points_file": own_matrix(x), "activation": "abs"}
    tables = shown(("Points", "Condition"), **given)
    found = notes(tables, **given)
    assert "1 coincident; 1 antipodal" in found["points"]
    assert "coincident" in found["matrix-spectrum"] and "singular" in found["condition-n"]
    assert "coincide" in claim("N7", **given).reason


def test_nearly_antipodal_points_count_as_close_for_an_even_activation() -> None:
    x = np.array([[1.0, 0.0, 0.0], [-1.0, 1e-3, 0.0], [0.0, 0.0, 1.0]])
    for activation, angle in (("abs", 1e-3), ("relu", 0.5 * math.pi)):
        given = {"points": "file", "points_file": own_matrix(x), "activation": activation}
        found = table_row(tables_of(("Points",), **given), "point_set_about")
        assert found.smallest_angle == pytest.approx(angle, rel=1e-5)


def test_own_points_in_many_dimensions() -> None:
    x = np.random.default_rng(0).standard_normal((40, 200))
    given = {"points": "file", "points_file": own_matrix(x)}
    tables = shown(("Points", "Width"), **given)
    table = tables["matrix_spectrum"]
    assert table["matrix"][0] == pytest.approx(table["operator"][0], rel=0.1)
    assert "S¹⁹⁹" in notes(tables, **given)["points"]


def test_more_own_points_than_are_used_are_named() -> None:
    x = np.random.default_rng(0).standard_normal((2500, 3))
    given = {"points": "file", "points_file": own_matrix(x)}
    tables = tables_of(("Points",), "coarse", **given)
    assert table_row(tables, "point_set_about").of == 2500
    assert "stand-in" in notes(tables, **given)["points"]


# -- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_eigenvalues_in_hundreds_of_dimensions(activation: str) -> None:
    # Of u ↦ T(u) on S^{d−1} the mean is close to T(0) + T''(0)/(2d); integrated here exactly.
    d, theta = 300, np.pi * (np.arange(4000) + 0.5) / 4000
    weight = np.exp((d - 2) * np.log(np.sin(theta)))
    weight /= weight.sum()
    values = ntk.kernel(None, 3, angle=theta, activation=activation, bias=0.5)
    found = sphere.eigenvalues(3, d, 1, activation=activation, bias=0.5)
    assert found.values[0] == pytest.approx(values @ weight, rel=1e-12)
    assert found.values[1] == pytest.approx((values * np.cos(theta)) @ weight, rel=1e-10)


@pytest.mark.parametrize("depth", [2, 3])
def test_points_on_the_circle_learn_by_their_matrices(depth: int) -> None:
    # At L = 2 the kernel matrix of antipodal points is singular.
    n, s, time, rate = 40, 1.0, 50.0, 0.5
    tables = tables_of(
        ("Sobolev",), dimension=2, points="circle", n=n, depth=depth, s=s, time=time,
        learning_rate=rate,
    )  # fmt: skip
    found, line = tables["function_points"], tables["function"]
    turn = 2 * np.pi * np.arange(n) / n
    apart = turn[:, None] - turn
    kernel = ntk.kernel(None, depth, angle=np.arccos(np.cos(apart))) / n
    degrees = np.arange(1, 20)
    waves = np.cos(degrees * apart[..., None]) @ (2 * (1.0 + degrees) ** (2 * s))
    operator = (1 + waves) / n
    target = np.interp(np.degrees(np.arccos(np.cos(turn))), line["angle"], line["target"])
    expected = target - expm(-rate * time * kernel @ operator) @ target
    assert found["target"] == pytest.approx(target, abs=1e-9)
    assert found["learned"] == pytest.approx(expected, abs=1e-7)
    about = table_row(tables, "learning")
    missing = np.linalg.norm(target - expected) / np.linalg.norm(target)
    assert about.points == n and about.error_on_points == pytest.approx(missing, abs=1e-7)


@pytest.mark.parametrize(
    "parameters",
    [{"dimension": 5, "points": "fibonacci"}, {"points": "torus-grid"}, {"domain": "gaussian"},
     {"domain": "torus", "dimension": 1}],
)  # fmt: skip
def test_points_of_another_space_do_not_learn_the_function(parameters: dict[str, Any]) -> None:
    tables = tables_of(("Sobolev",), "coarse", **parameters)
    assert table_row(tables, "learning").points == 0
    p = experiment.Parameters(**{**SMALL, **parameters})
    function = next(each for each in experiment.figures(p, tables) if each.key == "function")
    assert "function_points" not in function.tables


def test_memory_grows_with_what_it_belongs_to() -> None:
    def predicted(**parameters: Any) -> Any:
        p = experiment.Parameters(**parameters)
        return experiment.memory(p, "full")  # type: ignore[attr-defined]

    assert predicted(n=2000).parameter == "n"
    assert predicted(domain="torus", dimension=2, n_grid=1024).parameter == "n_grid"
    assert predicted(draws=1000).parameter == "draws"
    assert predicted(n=2000).bytes > 3 * 8 * 2000**2 + predicted(n=4).bytes
