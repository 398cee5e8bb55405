"""The help page of an experiment, made from its declaration: nothing of it is written by hand."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from kernlab.engine.contract.experiment import Experiment, formulas_of
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.formula import readable
from kernlab.engine.contract.parameters import Field, OwnData, fields_of
from kernlab.engine.contract.text import brief, number

WIDTH = 88
"""Letters in a line of plain text."""


@dataclass(frozen=True)
class Entry:
    """Something that has a name: a parameter, a claim, a figure.

    `facts` are pairs of a caption and a text; a text may have several lines.
    """

    name: str
    text: str = ""
    facts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs and entries."""

    title: str
    paragraphs: Sequence[str] = ()
    entries: Sequence[Entry] = ()


@dataclass(frozen=True)
class Page:
    """All that there is to read about an experiment."""

    title: str
    question: str
    sections: Sequence[Section] = field(default_factory=tuple)


def page_of(experiment: Experiment) -> Page:
    """The help page of an experiment, at its defaults."""
    p = experiment.Parameters()
    sections = (
        _about(experiment),
        *_views(experiment, p),
        *_parameters(experiment),
        _formulas(experiment, p),
        _claims(experiment, p),
        _presets(experiment),
        _sources(experiment, p),
    )
    filled = tuple(part for part in sections if part.paragraphs or part.entries)
    return Page(experiment.title, experiment.question, filled)


def _about(experiment: Experiment) -> Section:
    """The docstring of the module, without the first line, which is title and question.

    Paragraphs that begin with a name in backquotes are about the code.
    """
    module = sys.modules.get(type(experiment).__module__)
    paragraphs = [part.strip() for part in ((module and module.__doc__) or "").split("\n\n")[1:]]
    read = [" ".join(part.split()) for part in paragraphs if part and not part.startswith("`")]
    return Section("About", read)


def _views(experiment: Experiment, p: Any) -> Iterator[Section]:
    figures = experiment.figures(p, {})
    for view in experiment.views:
        entries = [_figure(figure) for figure in figures if figure.view == view]
        yield Section(f"View: {view}", (), entries)


def _figure(figure: Figure | Sheet) -> Entry:
    if isinstance(figure, Sheet):
        columns = ", ".join(column.heading for column in figure.columns)
        return Entry(figure.title, figure.note, [("Columns", columns)])
    labels = [getattr(item, "label", "") for item in figure.items]
    facts = [
        ("Across", figure.x.title),
        ("Up", figure.y.title),
        ("Shows", ", ".join(dict.fromkeys(label for label in labels if label))),
    ]
    if figure.click:
        facts.append(("A click", f"sets {' and '.join(figure.click)}"))
    return Entry(figure.title, figure.note, _known(facts))


def _parameters(experiment: Experiment) -> Iterator[Section]:
    fields = fields_of(experiment.Parameters)
    labels = {item.name: item.label for item in fields}
    for group in dict.fromkeys(item.group for item in fields):
        title = f"Parameters: {group}" if group else "Parameters"
        members = [item for item in fields if item.group == group]
        yield Section(title, (), [_parameter(item, labels) for item in members])


def _parameter(item: Field, labels: Mapping[str, str]) -> Entry:
    condition = ""
    if item.only_if:
        condition = f"{labels[item.only_if.parameter]} is {' or '.join(item.only_if.values)}"
    facts = [
        ("Name", item.name),
        ("Allowed", item.allowed + (", logarithmic" if item.span and item.span.log else "")),
        ("Default", _value(item, item.default)),
        ("Options", "\n".join(f"{word}: {label}" for word, label in item.options.items())),
        ("Only if", condition),
    ]
    return Entry(f"{item.label} {item.symbol}".strip(), item.help, _known(facts))


def _value(item: Field, value: Any) -> str:
    if isinstance(value, OwnData):
        return value.path
    if isinstance(value, tuple):
        return ", ".join(value)
    if value is None:
        return "none"
    unit = f" {item.span.unit}" if item.span and item.span.unit else ""
    return (number(value) if isinstance(value, str | bool) else brief(value, 4)) + unit


def _formulas(experiment: Experiment, p: Any) -> Section:
    entries = [
        Entry(formula.title, readable(formula.latex), _known([("Source", formula.source)]))
        for formula in formulas_of(experiment, p, {})
    ]
    return Section("Formulas", (), entries)


def _claims(experiment: Experiment, p: Any) -> Section:
    entries = [
        Entry(
            f"{claim.id}  {claim.statement}",
            "",
            _known(
                [
                    ("Published", claim.published),
                    ("Correct", claim.correct),
                    ("Source", claim.source),
                    ("Judged at", f"preset “{claim.preset}”" if claim.preset else ""),
                ]
            ),
        )
        for claim in experiment.claims(p, {})
    ]
    return Section("Claims", (), entries)


def _presets(experiment: Experiment) -> Section:
    fields = {item.name: item for item in fields_of(experiment.Parameters)}
    entries = []
    for preset in experiment.presets:
        values = [
            f"{name} = {_value(fields[name], value)}" for name, value in preset.parameters.items()
        ]
        entries.append(Entry(preset.title, preset.look_at, _known([("Sets", ", ".join(values))])))
    return Section("Presets", (), entries)


def _sources(experiment: Experiment, p: Any) -> Section:
    """What the page rests on, and how to name a run."""
    sources = [claim.source for claim in experiment.claims(p, {})]
    sources += [formula.source for formula in formulas_of(experiment, p, {})]
    try:
        version = " " + metadata.version("kernlab")
    except metadata.PackageNotFoundError:
        version = ""
    cite = (
        f"Cite a run as: kernlab{version}, {experiment.title} ({experiment.key}), with the "
        "parameters that differ from the defaults. Every exported file carries its recipe, which "
        "opens the same run again. A statement from a paper is cited from the paper:"
    )
    return Section(
        "Sources and how to cite", [cite], [Entry(text) for text in dict.fromkeys(sources) if text]
    )


def _known(facts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(caption, text) for caption, text in facts if text]


# -- as plain text ----------------------------------------------------------------------------


def as_text(page: Page) -> str:
    """The page for a terminal."""
    out = [page.title, "=" * len(page.title), "", page.question]
    for section in page.sections:
        out += ["", section.title, "-" * len(section.title)]
        for paragraph in section.paragraphs:
            out += [_wrapped(paragraph, ""), ""]
        for entry in section.entries:
            out.append(_wrapped(entry.name, ""))
            if entry.text:
                out.append(_wrapped(entry.text, "    "))
            out += [_wrapped(f"{caption}: {text}", "    ") for caption, text in entry.facts]
    return "\n".join(out) + "\n"


def _wrapped(text: str, indent: str) -> str:
    further = indent + "  " * bool(indent)
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            initial_indent=further if at else indent,
            subsequent_indent=further,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for at, line in enumerate(text.split("\n"))
    )
