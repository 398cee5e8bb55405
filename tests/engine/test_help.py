"""The help page: all that an experiment declares is in it."""

from __future__ import annotations

import pytest

from kernlab.engine import catalogue
from kernlab.engine.contract.experiment import Experiment, formulas_of
from kernlab.engine.contract.help import WIDTH, Page, as_text, page_of
from kernlab.engine.contract.parameters import fields_of


@pytest.fixture(params=catalogue.keys())
def experiment(request: pytest.FixtureRequest) -> Experiment:
    return catalogue.get(request.param)


def flat(page: Page) -> str:
    """The page as one line, so that a sentence may go over the end of a line."""
    return " ".join(as_text(page).split())


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_every_parameter_is_explained(experiment: Experiment) -> None:
    text = flat(page_of(experiment))
    for field in fields_of(experiment.Parameters):
        name = f"{field.label} {field.symbol}".strip()
        start = text.index(one_line(f"{name} {field.help} Name: {field.name} "))
        rest = text[start:].split(" Name: ", 2)[1]
        assert one_line(field.allowed) in rest
        assert "Default: " in rest
        assert all(f"{word}: {one_line(label)}" in rest for word, label in field.options.items())


def test_every_figure_claim_preset_and_formula_is_there(experiment: Experiment) -> None:
    p, text = experiment.Parameters(), flat(page_of(experiment))
    wanted = [experiment.title, experiment.question, *experiment.views]
    wanted += [figure.title for figure in experiment.figures(p, {})]
    for claim in experiment.claims(p, {}):
        wanted += [f"{claim.id} {claim.statement}", f"Published: {claim.published}"]
        wanted += [f"Correct: {claim.correct}", f"Source: {claim.source}"]
    wanted += [f"{preset.title} {preset.look_at}" for preset in experiment.presets]
    wanted += [formula.title for formula in formulas_of(experiment, p, {})]
    assert [part for part in wanted if one_line(part) not in text] == []


def test_every_source_is_named_once_at_the_end(experiment: Experiment) -> None:
    page = page_of(experiment)
    last = [entry.name for entry in page.sections[-1].entries]
    assert {claim.source for claim in experiment.claims(experiment.Parameters(), {})} <= set(last)
    assert len(last) == len(set(last))
    assert experiment.key in page.sections[-1].paragraphs[0]


def test_what_the_docstring_says_of_the_subject_but_not_of_the_code() -> None:
    about = page_of(catalogue.get("gapped-sine")).sections[0]
    assert about.title == "About"
    assert about.paragraphs[0].startswith("Noisy samples of sin x with a gap")
    assert not any("`stages`" in paragraph for paragraph in about.paragraphs)


def test_lines_fit_a_terminal(experiment: Experiment) -> None:
    for line in as_text(page_of(experiment)).splitlines():
        assert len(line) <= WIDTH or " " not in line.strip()
