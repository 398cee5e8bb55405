"""Running experiments without a window: the functions of `import kernlab`."""

from __future__ import annotations

import base64
import difflib
import html
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kernlab.engine import catalogue
from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract import text
from kernlab.engine.contract.breaks import Break
from kernlab.engine.contract.breaks import find_break as search_break
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.experiment import CLAIMS, Experiment, Fidelity, Tables, merge
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.memory import check
from kernlab.engine.contract.parameters import (
    Field,
    OwnData,
    fields_of,
    own_arrays,
    own_data,
    own_matrix,
    shown,
)
from kernlab.threads import thread_counts

if TYPE_CHECKING:
    from kernlab.export import Bundle

FIDELITIES: tuple[Fidelity, ...] = ("coarse", "full")


@dataclass(eq=False)
class Result:
    """What a run found: tables, and what is derived from them when it is asked for.

    In a notebook it shows its figures and claims.
    """

    experiment: str
    parameters: Any
    tables: Tables
    recipe: dict[str, Any]
    views: tuple[str, ...] = field(repr=False, default=())

    @cached_property
    def figures(self) -> tuple[Figure | Sheet, ...]:
        """The figures of the views that were run, as far as their tables are there."""
        found = self._declared.figures(self.parameters, self.tables)
        wanted = self.views or self._declared.views
        return tuple(f for f in found if f.view in wanted and f.tables <= self.tables.keys())

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The claims, judged at these parameters."""
        return tuple(self._declared.claims(self.parameters, self.tables))

    @cached_property
    def answer(self) -> str:
        """The answer in one sentence, with its numbers."""
        return text.plain(self._declared.answer(self.parameters, self.tables))

    @property
    def _declared(self) -> Experiment:
        return catalogue.get(self.experiment)

    @property
    def bundle(self) -> Bundle:
        """What an export needs."""
        from kernlab.export import Bundle

        return Bundle(
            title=self._declared.title,
            figures=self.figures,
            tables=self.tables,
            recipe=self.recipe,
            answer=self.answer,
            claims=self.claims,
        )

    def save(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write to a file; its ending says what: `.pdf`, `.svg`, `.png` (all figures), `.csv`
        (the first table), `.zip` (all tables as CSV) or `.json` (the recipe). Written whole or
        not at all.

        Args:
            path: the file.
            options: as for :func:`kernlab.export.save`: `width_mm`, `dpi`, `figures`, `table`.

        Raises:
            ValueError: the ending is none of these, or the file cannot be written there.
        """
        from kernlab.export import save

        return save(path, self.bundle, **options)

    def _repr_html_(self) -> str:
        title, answer = html.escape(self._declared.title), html.escape(self.answer)
        return f"<h3>{title}</h3><p>{answer}</p>{self._picture_html()}{self._claims_html()}"

    def _picture_html(self) -> str:
        from kernlab.export.page import render

        ready = [figure for figure in self.figures if figure.tables <= self.tables.keys()]
        if not ready:
            return ""
        png = render(
            ready, self.tables, self.recipe, ".png",
            width_mm=220, dpi=110, columns=2, heading=("", ""),
        )  # fmt: skip
        return f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}">'

    def _claims_html(self) -> str:
        headings = ("claim", "verdict", "statement", "predicted", "measured", "reason")
        rows = [
            (
                claim.id,
                claim.verdict,
                claim.statement,
                text.number(claim.predicted),
                text.number(claim.measured),
                claim.reason,
            )
            for claim in self.claims
        ]
        head = "".join(f"<th>{heading}</th>" for heading in headings)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if rows else ""


@dataclass(frozen=True)
class Progress:
    """A moment of a run: how far it is, what it does now, and the result so far."""

    fraction: float | None
    note: str
    result: Result


def experiments() -> tuple[str, ...]:
    """The experiments that exist, by the name that :func:`run` takes."""
    return catalogue.keys()


def run(
    name: str, *, fidelity: Fidelity = "full", views: Sequence[str] | None = None, **parameters: Any
) -> Result:
    """Run an experiment to its end.

    Args:
        name: one of :func:`experiments`.
        fidelity: `full`, or `coarse` for the rough and fast picture of a moving slider.
        views: the groups of figures that are wanted; all of them, and the claims, by default.
        parameters: by name; the others take their defaults. A data file is a path, a mapping
            of column names to arrays, or what :func:`kernlab.own_data` made; where it is a
            matrix, an array, or what :func:`kernlab.own_matrix` made; where it is named arrays,
            a mapping, or what :func:`kernlab.own_arrays` made.

    Raises:
        ValueError: something is unknown or out of its range; the message says what is allowed.
            `MemoryRefused`: the run would need more memory than is free.
    """
    for step in stream(name, fidelity=fidelity, views=views, **parameters):
        last = step  # not a list: partial tables of a large run would pile up
    return last.result


def stream(
    name: str, *, fidelity: Fidelity = "full", views: Sequence[str] | None = None, **parameters: Any
) -> Iterator[Progress]:
    """Run an experiment step by step; arguments as for :func:`run`.

    Errors in the arguments are raised here, not at the first step. Dropping the iterator
    cancels the run.
    """
    experiment = catalogue.get(name)
    if fidelity not in FIDELITIES:
        raise ValueError(f"fidelity is {fidelity!r}; allowed: one of {', '.join(FIDELITIES)}")
    wanted = _views(experiment, views, fidelity)
    return run_steps(experiment, build(experiment, parameters), fidelity, wanted)


def run_steps(
    experiment: Experiment, parameters: Any, fidelity: Fidelity, views: tuple[str, ...]
) -> Iterator[Progress]:
    """The steps of a run whose arguments are checked already; the last is the whole result.

    Raises:
        MemoryRefused: at once, where the run would need more memory than is free.
    """
    check(experiment, parameters, fidelity)
    return _steps(experiment, parameters, fidelity, views)


def _steps(
    experiment: Experiment, parameters: Any, fidelity: Fidelity, views: tuple[str, ...]
) -> Iterator[Progress]:
    tables: dict[str, Any] = {}
    recipe = recipes.make(experiment.key, parameters, thread_counts())
    for step in experiment.run(parameters, fidelity, Cache(), views):
        tables = merge(tables, step)
        result = Result(experiment.key, parameters, tables, recipe, views)
        yield Progress(step.fraction, step.note, result)
    yield Progress(1.0, "", Result(experiment.key, parameters, tables, recipe, views))


def all_views(experiment: Experiment) -> tuple[str, ...]:
    """All its groups of figures, and what the claims need."""
    return (*experiment.views, CLAIMS)


def _views(
    experiment: Experiment, views: Sequence[str] | None, fidelity: Fidelity
) -> tuple[str, ...]:
    known = all_views(experiment)
    if views is None:  # claims are judged on full results only
        return known if fidelity == "full" else tuple(experiment.views)
    wanted = (views,) if isinstance(views, str) else tuple(views)
    for view in wanted:
        if view not in known:
            raise ValueError(f"views holds {shown(view)}; allowed: {', '.join(known)}")
    return wanted


def build(experiment: Experiment, values: Mapping[str, Any]) -> Any:
    """The experiment's parameters from values by name, data files read.

    Raises:
        ValueError: a name is unknown, or a value is not allowed.
    """
    fields = {item.name: item for item in fields_of(experiment.Parameters)}
    for name in values:
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(
                f"{experiment.key} has no parameter {shown(name)}; "
                f"allowed: {', '.join(fields)}{hint}"
            )
    read = {
        name: _data(fields[name], value) if fields[name].kind == "data" else value
        for name, value in values.items()
    }
    return experiment.Parameters(**read)


def _data(declared: Field, value: Any) -> OwnData | None:
    if value is None or isinstance(value, OwnData):
        return value
    if isinstance(value, (str, os.PathLike)):
        from kernlab.data_files import read_own_data

        return read_own_data(value, declared)
    if declared.matrix and isinstance(value, (np.ndarray, Sequence)):
        try:
            return own_matrix(value)
        except ValueError as error:
            raise ValueError(f"{declared.name}: {error}") from None
    names = declared.arrays or declared.columns
    if not isinstance(value, Mapping) or set(value) != set(names):
        raise ValueError(f"{declared.name} is {shown(value)}; allowed: {declared.allowed}")
    if declared.arrays:
        try:
            return own_arrays({name: value[name] for name in names})
        except ValueError as error:
            raise ValueError(f"{declared.name}: {error}") from None
    return own_data({name: value[name] for name in declared.columns})


def find_break(key: str, claim: str, parameter: str, **parameters: Any) -> Break:
    """The value of a parameter at which the verdict of a claim flips, with its bracket.

    Args:
        key: one of :func:`experiments`.
        claim: the claim's id, such as `"G3"`.
        parameter: the numeric parameter to move; the others stay.
        parameters: as for :func:`run`; where the search looks for the nearest flip from.

    Raises:
        ValueError: something is unknown, or (`NoBreak`) the verdict is the same all over the
            parameter's range.
    """
    experiment = catalogue.get(key)
    start = build(experiment, parameters)
    found = [step for step in search_break(experiment, claim, parameter, start, Cache()) if step]
    return found[-1]


def open_recipe(path: str | os.PathLike[str]) -> tuple[str, dict[str, Any]]:
    """The experiment and the parameters behind any file that kernlab wrote.

    `kernlab.run(experiment, **parameters)` gives the same numbers. Whatever the file asks for
    that this version does not know is ignored, with a warning.

    Raises:
        ValueError: the file holds no recipe, or a damaged one.
    """
    restored = restore(path)
    for message in restored.warnings:
        warnings.warn(f"{path}: {message}", stacklevel=2)
    return restored.experiment, restored.parameters


def restore(path: str | os.PathLike[str]) -> recipes.Restored:
    """The recipe of a file, read against the declaration of its experiment."""
    from kernlab.export import read_recipe

    recipe = read_recipe(path)
    return recipes.restore(recipe, catalogue.get(recipe["experiment"]).Parameters)
