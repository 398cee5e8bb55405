"""The answer of the least-squares panel in words, and the ticks on its sliders."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from kernlab.engine.contract.experiment import Landmark, Tables
from kernlab.engine.contract.text import brief, count, number
from kernlab.engine.experiments.least_squares_attention.parameters import MODES, Parameters
from kernlab.engine.experiments.least_squares_attention.target import shortened


def answer(p: Parameters, tables: Tables) -> str:
    """What is known best of the view that is shown."""
    for tell in (_weights, _choice, _spectrum, _heads, _rate):
        text = tell(p, tables)
        if text:
            return text
    return ""


def _row(tables: Tables, name: str) -> dict[str, Any] | None:
    table = tables.get(name)
    return None if table is None else {key: column[0] for key, column in table.columns.items()}


def _weights(p: Parameters, tables: Tables) -> str:
    row = _row(tables, "row_summary")
    if row is None:
        return ""
    share = 100 * float(row["negative"])
    what = f" of “{shortened(p.target_name)}”" if p.target_name else ""
    text = (
        f"Test row {int(row['test_row'])}: the prediction{what} "
        f"**{number(float(row['prediction']), 4)}** sums {count(int(row['n']))} weighted targets; "
        f"**{number(share, 2)} %** of the weights are negative and all sum to "
        f"**{brief(float(row['row_sum']), 4)}**"
    )
    return text + _named(p, row) + "."


def _named(p: Parameters, row: dict[str, Any]) -> str:
    """Which of many solutions it is, where least squares has more than one."""
    rank, columns, constant = (int(row[name]) for name in ("rank", "columns", "constant"))
    if p.mode != "ols" or rank < 0 or rank >= columns:
        return ""
    flat = ":"
    if constant:
        flat = f", {constant} column{'s' * (constant > 1)} constant: {row['constant_names']};"
    return f" (rank {rank} of {columns}{flat} minimum-norm answer of the pseudo-inverse)"


def _choice(p: Parameters, tables: Tables) -> str:
    row, optima = _row(tables, "chosen"), tables.get("optima")
    if row is None or optima is None:
        return ""
    rmse = number(math.sqrt(float(row["held_out"])), 4)
    dof = number(float(row["dof"]), 3)
    text = f"{MODES[p.mode]}: held-out RMSE **{rmse}** with {dof} degrees of freedom"
    symbol = {"softmax": "τ", "pcr": "r"}.get(p.mode, "λ")
    best = [f"{name} {symbol} = **{number(float(optima['value'][at]), 3)}**"
            for name, at in (("GCV", 0), ("leave-one-out", 2), ("hindsight", 3))]  # fmt: skip
    return f"{text}; best by {', by '.join(best)}."


def _spectrum(p: Parameters, tables: Tables) -> str:
    table = tables.get("components")
    if table is None or not len(table):
        return ""
    published = int(table["published"].argmax()) + 1
    aware = int(table["with_target"].argmax()) + 1
    share = number(100 * float(table["with_target"].max()), 3)
    return (
        f"The published importance ranks component **{published}** first, as it must; with the "
        f"targets taken into account it is component **{aware}**, with {share} % of the whole."
    )


def _heads(p: Parameters, tables: Tables) -> str:
    table = tables.get("ways")
    if table is None:
        return ""
    best, average, stacked, whole = (number(float(value), 4) for value in table["rmse"])
    return (
        f"Held-out RMSE: best head {best}, average **{average}**, stack **{stacked}**; one model "
        f"of all features {whole}."
    )


def _rate(p: Parameters, tables: Tables) -> str:
    row = _row(tables, "rate")
    if row is None:
        return ""
    low, high = (number(float(row[name]), 3) for name in ("low", "high"))
    return (
        f"The error falls like n^(−**{number(float(row['exponent']), 3)}**), 95 %: {low} to "
        f"{high}; published 2s/(2s+1) = **{number(float(row['predicted']), 3)}**."
    )


def landmarks(p: Parameters, tables: Tables) -> Sequence[Landmark]:
    """The optima of GCV, leave-one-out and held-out error."""
    optima = tables.get("optima")
    if optima is None:
        return ()
    parameter = {"softmax": "temperature", "pcr": "rank"}.get(p.mode, "ridge")
    names = ("GCV is least", "GCV without the intercept is least", "leave-one-out is least",
             "held-out error is least")  # fmt: skip
    found = []
    for name, value in zip(names, optima["value"], strict=False):
        if "without" not in name and math.isfinite(float(value)):
            found.append(Landmark(parameter, float(value), name))
    return tuple(found)
