"""What the window, the export and the command line expect of every experiment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pytest

from kernlab.assets import roles
from kernlab.engine import catalogue
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.drawing import draw
from kernlab.engine.contract.experiment import CLAIMS, Experiment, Fidelity, Step, merge
from kernlab.engine.contract.figure import Figure, Sheet, Style
from kernlab.engine.contract.parameters import fields_of
from kernlab.engine.contract.table import Table
from tests.smaller import parameters_of


@dataclass(frozen=True)
class Run:
    steps: Sequence[Step]
    tables: dict[str, Table]


@cache
def run(key: str, fidelity: Fidelity = "full", views: tuple[str, ...] | None = None) -> Run:
    """A run from nothing, of every view and the claims unless told otherwise."""
    experiment = catalogue.get(key)
    wanted = (*experiment.views, CLAIMS) if views is None else views
    steps = list(experiment.run(parameters_of(experiment), fidelity, Cache(), wanted))
    tables: dict[str, Table] = {}
    for step in steps:
        tables = merge(tables, step)
    return Run(steps, tables)


@pytest.fixture(params=catalogue.keys())
def experiment(request: pytest.FixtureRequest) -> Experiment:
    return catalogue.get(request.param)


def figures_of(experiment: Experiment) -> Sequence[Figure | Sheet]:
    return experiment.figures(parameters_of(experiment), run(experiment.key).tables)


def styles_of(figure: Figure | Sheet) -> list[Style]:
    items = figure.items if isinstance(figure, Figure) else ()
    return [style for item in items if isinstance(style := getattr(item, "style", None), Style)]


def repeated(values: Sequence[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


@pytest.mark.parametrize("key", catalogue.keys())
def test_names(key: str) -> None:
    experiment = catalogue.get(key)
    assert experiment.key == key  # that of its module
    assert experiment.title == catalogue.title(key)  # that of its docstring
    assert experiment.question.strip() and experiment.icon
    assert experiment.views and not repeated(experiment.views)
    assert CLAIMS not in experiment.views


def test_every_yield_is_a_step(experiment: Experiment) -> None:
    steps = run(experiment.key).steps
    assert steps and all(isinstance(step, Step) for step in steps)
    assert all(step.fraction is None or 0 <= step.fraction <= 1 for step in steps)


def test_figures(experiment: Experiment) -> None:
    figures = figures_of(experiment)
    assert not repeated([figure.key for figure in figures])
    assert {figure.view for figure in figures} == set(experiment.views)
    shown = Counter(figure.view for figure in figures if isinstance(figure, Figure))
    assert all(count <= 4 for count in shown.values()), shown


def test_figures_are_the_same_before_there_are_tables(experiment: Experiment) -> None:
    early = experiment.figures(parameters_of(experiment), {})
    assert [figure.key for figure in early] == [figure.key for figure in figures_of(experiment)]


def test_figures_can_be_drawn(experiment: Experiment) -> None:
    tables = run(experiment.key).tables
    for figure in figures_of(experiment):
        assert figure.tables <= set(tables), figure.key
        draw(figure, tables)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_roles_of_the_theme(experiment: Experiment, theme: str) -> None:
    used = {style.role for figure in figures_of(experiment) for style in styles_of(figure)}
    assert used <= set(roles(theme))


def test_presets(experiment: Experiment) -> None:
    assert not repeated([preset.title for preset in experiment.presets])
    for preset in experiment.presets:
        experiment.Parameters(**preset.parameters)
        assert preset.look_at.strip(), preset.title


def test_claims(experiment: Experiment) -> None:
    p, tables = parameters_of(experiment), run(experiment.key).tables
    claims = experiment.claims(p, tables)
    assert not repeated([claim.id for claim in claims])
    assert [claim.id for claim in experiment.claims(p, {})] == [claim.id for claim in claims]
    presets = {preset.title for preset in experiment.presets}
    figures = {figure.key for figure in figures_of(experiment)}
    for claim in claims:
        assert claim.preset is None or claim.preset in presets, claim.id
        assert claim.figure is None or claim.figure in figures, claim.id


def test_claims_need_no_view(experiment: Experiment) -> None:
    p = parameters_of(experiment)
    verdicts = [
        {claim.id: claim.verdict for claim in experiment.claims(p, tables)}
        for tables in (
            run(experiment.key).tables,
            run(experiment.key, "full", (CLAIMS,)).tables,
        )
    ]
    assert verdicts[0] == verdicts[1]


def test_answer(experiment: Experiment) -> None:
    assert experiment.answer(parameters_of(experiment), run(experiment.key).tables).strip()


def test_every_parameter_has_a_label_and_help(experiment: Experiment) -> None:
    for field in fields_of(experiment.Parameters):
        assert field.label.strip(), field.name
        assert field.help.strip(), field.name


def test_a_coarse_run_has_the_columns_of_a_full_one(experiment: Experiment) -> None:
    coarse = run(experiment.key, "coarse", tuple(experiment.views)).tables
    full = run(experiment.key).tables
    assert set(coarse) <= set(full)
    for name, table in coarse.items():
        assert list(table.columns) == list(full[name].columns), name
        assert table.units == full[name].units, name
