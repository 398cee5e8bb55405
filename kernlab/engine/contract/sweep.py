"""Sweeps: one quantity measured over the values of one parameter, repeated over seeds."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Experiment, Step, Tables, merge
from kernlab.engine.contract.figure import Axis, Band, Figure, Line, Mark, Style
from kernlab.engine.contract.memory import check
from kernlab.engine.contract.parameters import Field, OwnData, fields_of
from kernlab.engine.contract.quantity import Quantity
from kernlab.engine.contract.sweep_values import write_values
from kernlab.engine.contract.table import Table
from kernlab.engine.contract.text import brief, number

MOST_REPEATS = 100
DECADES = 1000.0
"""Positive medians that differ by more than this factor get a log axis."""
TABLE, RUNS = "sweep", "runs"


class Plan(NamedTuple):
    """What is swept: a parameter over values, so many runs each, and what each measures."""

    parameter: str
    values: Sequence[Any]
    repeats: int
    quantity: Quantity


def recipe(plan: Plan) -> dict[str, Any]:
    """What a recipe says of a sweep, under the key `sweep`."""
    values = [list(value) if isinstance(value, tuple) else value for value in plan.values]
    return {
        "parameter": plan.parameter,
        "values": values,
        "repeats": plan.repeats,
        "quantity": plan.quantity.key,
    }


def check_plan(experiment: Experiment, parameters: Any, plan: Plan) -> Field:
    """The swept field.

    Raises:
        ValueError: one sentence on what is not possible and what is.
    """
    fields = {field.name: field for field in fields_of(experiment.Parameters)}
    name, repeats = plan.parameter, plan.repeats
    sweepable = [field.name for field in fields.values() if field.sweepable]
    if name not in sweepable:
        raise ValueError(f"parameter is {name!r}; allowed: one of {', '.join(sweepable)}")
    if not plan.values:
        raise ValueError(f"{name} has no values; give one at least")
    if not 1 <= repeats <= MOST_REPEATS:
        raise ValueError(f"repeats is {repeats}; allowed: a whole number from 1 to {MOST_REPEATS}")
    if repeats > 1 and ("seed" not in fields or name == "seed"):
        why = "the seed itself is swept" if name == "seed" else f"{experiment.key} has no seed"
        raise ValueError(f"repeats is {repeats}, but {why}; allowed: 1")
    span = fields["seed"].span if "seed" in fields else None
    if repeats > 1 and span and parameters.seed + repeats - 1 > span.high:
        raise ValueError(f"seed is {parameters.seed}; choose one at least {repeats} below its end")
    return fields[name]


def sweep(
    experiment: Experiment,
    parameters: Any,
    name: str,
    values: Sequence[Any],
    repeats: int,
    quantity: Quantity,
    cache: Cache,
    memory_limit: int | None = None,
) -> Iterator[Step]:
    """Measure a quantity over the values of a parameter, the others held fixed.

    All values are measured with the first seed, then with the next, so that the whole curve is
    there early and only gets surer. Yields wherever the runs yield, so that it can be stopped,
    and the tables `sweep` and `runs` after each run. A value that the experiment refuses, or whose
    run would need too much memory, or more than `memory_limit` bytes, is a gap, and `runs` says
    why.

    Args:
        repeats: runs a value, with the seeds `seed`, `seed + 1`, …

    Raises:
        ValueError: the plan is not possible (:func:`check_plan`).
    """
    plan = Plan(name, values, repeats, quantity)
    field = check_plan(experiment, parameters, plan)
    results = _Results(plan, field, getattr(parameters, "seed", None))
    views = list(quantity.views)
    total = repeats * len(values)
    for done in range(total):
        repeat, at = divmod(done, len(values))
        note = f"{name} = {write_values(field, values[at : at + 1])}, run {done + 1} of {total}"
        progress = _Progress(done, total, note)
        measured, why = math.nan, ""
        try:
            changed = {name: values[at], **({"seed": parameters.seed + repeat} if repeat else {})}
            p = dataclasses.replace(parameters, **changed)
            check(experiment, p, "full", memory_limit, cache.used)
            measured = yield from _measure(experiment, p, quantity, cache, views, progress)
        except ValueError as error:
            why = str(error)
        results.add(at, repeat, measured, why)
        yield dataclasses.replace(progress.at(1.0), tables=results.tables())


@dataclass(frozen=True)
class _Progress:
    """How far a sweep is: the runs that are done, of how many, and what runs now."""

    done: int
    total: int
    note: str

    def at(self, fraction: float | None) -> Step:
        """The sweep's step when the run is so far."""
        return Step((self.done + min(1.0, fraction or 0.0)) / self.total, self.note)


def _measure(
    experiment: Experiment,
    p: Any,
    quantity: Quantity,
    cache: Cache,
    views: list[str],
    progress: _Progress,
) -> Generator[Step, None, float]:
    """One run; tries one view after the other until one makes the quantity, and remembers it."""
    for view in list(views):
        tables: dict[str, Table] = {}
        for step in experiment.run(p, "full", cache, (view,)):
            tables = merge(tables, step)
            yield progress.at(step.fraction)
        found = quantity.read(experiment, p, tables)
        if found is not None:
            views.remove(view)
            views.insert(0, view)
            return found
    return math.nan


class _Results:
    """What has been measured so far, and its two tables."""

    def __init__(self, plan: Plan, field: Field, seed: int | None) -> None:
        self._plan, self._field, self._seed = plan, field, seed
        self._measured: list[list[float]] = [[] for _ in plan.values]
        self._quartiles = np.full((3, len(plan.values)), np.nan)
        self._runs: list[tuple[int, int, float, str]] = []

    def add(self, at: int, repeat: int, measured: float, why: str) -> None:
        self._runs.append((at, repeat, measured, why))
        if math.isfinite(measured):
            self._measured[at].append(measured)
            self._quartiles[:, at] = np.quantile(self._measured[at], [0.25, 0.5, 0.75])

    def tables(self) -> dict[str, Table]:
        """New ones each time: a table that was handed over does not change."""
        plan = self._plan
        low, median, high = self._quartiles.copy()
        columns: dict[str, Any] = _place(self._field, plan.values)
        columns |= {"median": median, "low": low, "high": high}
        columns["count"] = np.array([len(found) for found in self._measured])
        unit = plan.quantity.unit
        units = {column: unit for column in ("median", "low", "high") if unit}
        span = self._field.span
        units |= {plan.parameter: span.unit} if span and span.unit else {}
        return {TABLE: Table(columns, units), RUNS: self._runs_table()}

    def _runs_table(self) -> Table:
        at, repeat, measured, why = zip(*self._runs, strict=True)
        values = _column(self._field, [self._plan.values[k] for k in at])
        columns = {"value": values, "repeat": np.array(repeat) + 1}
        if self._seed is not None:
            swept = self._field.name == "seed"
            columns["seed"] = values if swept else np.array(repeat) + self._seed
        columns |= {"quantity": np.array(measured), "note": np.array(why)}
        unit = self._plan.quantity.unit
        return Table(columns, {"quantity": unit} if unit else {})


def _named(field: Field) -> bool:
    """Whether the values are words, which stand on the axis one after the other."""
    return field.kind not in ("int", "float")


def _column(field: Field, values: Sequence[Any]) -> Any:
    if _named(field):
        return np.array([write_values(field, [value]) for value in values])
    return np.array(values)


def _place(field: Field, values: Sequence[Any]) -> dict[str, Any]:
    """The columns of the values: the parameter's own, and of words also their places."""
    columns = {field.name: _column(field, values)}
    return {**columns, "place": np.arange(len(values))} if _named(field) else columns


def figure(
    experiment: Experiment, plan: Plan, tables: Tables, here: Any = None, title: str = ""
) -> Figure:
    """The medians with the band between the quartiles.

    Args:
        here: the parameter's current value, which is marked.
    """
    field = next(f for f in fields_of(experiment.Parameters) if f.name == plan.parameter)
    named, span = _named(field), field.span
    x = "place" if named else plan.parameter
    style = Style("trace1", marker="circle")
    items: list[Any] = [
        Band(TABLE, x, "low", "high", style),
        Line(TABLE, x, "median", style, markers=True),
    ]
    if here is not None and (not named or here in plan.values):
        at = plan.values.index(here) if named else here
        items.append(Mark(x=float(at), label="now"))
    count = len(plan.values)
    log = bool(span and span.log and min(plan.values) > 0)
    return Figure(
        "sweep",
        title or f"{plan.quantity.label} against {field.label.lower()}",
        experiment.views[0],
        Axis(
            field.label,
            field.symbol,
            span.unit if span else "",
            log=log,
            view=(-0.5, count - 0.5) if named else None,
            names=tuple(_word(field, value) for value in plan.values) if named else (),
        ),
        Axis(plan.quantity.label, unit=plan.quantity.unit, log=_decades(tables)),
        items,
        note=_note(plan, field, tables),
    )


def _word(field: Field, value: Any) -> str:
    if isinstance(value, tuple):
        return " + ".join(field.options[word] for word in value)
    return number(value) if isinstance(value, bool) else field.options[value]


def _decades(tables: Tables) -> bool:
    if TABLE not in tables:
        return False
    medians = tables[TABLE]["median"]
    known = medians[np.isfinite(medians)]
    return bool(known.size and known.min() > 0 and known.max() > DECADES * known.min())


def _note(plan: Plan, field: Field, tables: Tables) -> str:
    """How many runs a point has, and where there is none."""
    parts = [f"median and quartiles of {_made(plan, tables)} runs"] if plan.repeats > 1 else []
    if RUNS in tables:
        runs = tables[RUNS]
        empty = ~np.isfinite(runs["quantity"])
        texts = dict.fromkeys(_shown(field, value) for value in runs["value"][empty].tolist())
        if texts:
            listed = ", ".join(list(texts)[:4]) + (" …" if len(texts) > 4 else "")
            parts.append(f"no number at {listed}")
    return " · ".join(parts)


def _made(plan: Plan, tables: Tables) -> str:
    """How many runs a point has by now: `50`, or `2 to 3 of 50` while some are missing."""
    if RUNS not in tables or len(tables[RUNS]) == len(plan.values) * plan.repeats:
        return str(plan.repeats)
    counts = Counter(tables[RUNS]["value"].tolist()).values()
    if not counts:
        return str(plan.repeats)
    low, high = min(counts), max(counts)
    return f"{low} of {plan.repeats}" if low == high else f"{low} to {high} of {plan.repeats}"


def _shown(field: Field, value: Any) -> str:
    return value if isinstance(value, str) else brief(value, 4)


def refusals(tables: Tables) -> Mapping[str, str]:
    """Why there is a gap: what the experiment said, by the value that it refused."""
    if RUNS not in tables:
        return {}
    runs = tables[RUNS]
    pairs = zip(runs["value"].tolist(), runs["note"].tolist(), strict=True)
    return {str(value): why for value, why in pairs if why}


def held(experiment: Experiment, parameters: Any, plan: Plan) -> str:
    """What a sweep holds fixed, as text: `Points 2 500, Noise 0.1`."""
    fields = fields_of(experiment.Parameters)
    parts = []
    for field in fields:
        value = getattr(parameters, field.name)
        if field.name == plan.parameter or not _matters(field, parameters) or value is None:
            continue
        shown = _held(field, value)
        if field.name == "seed" and plan.repeats > 1:
            shown = f"{shown} to {_held(field, value + plan.repeats - 1)}"
        parts.append(f"{field.label} {shown}")
    return ", ".join(parts)


def _matters(field: Field, parameters: Any) -> bool:
    if field.only_if is None:
        return True
    value = getattr(parameters, field.only_if.parameter)
    chosen = value if isinstance(value, tuple) else (value,)
    return any(word in field.only_if.values for word in chosen)


def _held(field: Field, value: Any) -> str:
    if isinstance(value, OwnData):
        return value.path.replace("\\", "/").rsplit("/", 1)[-1]
    if field.kind == "text":
        return str(value)
    if _named(field):
        return _word(field, value)
    unit = f" {field.span.unit}" if field.span and field.span.unit else ""
    return brief(value, 4) + unit
