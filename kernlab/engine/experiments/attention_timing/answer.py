"""The answer of the attention-timing panel in one sentence, and its ticks on sliders."""

from __future__ import annotations

import math

import numpy as np

from kernlab.engine.contract.experiment import Landmark, Tables
from kernlab.engine.contract.text import count, number
from kernlab.engine.experiments.attention_timing.errors import diverged
from kernlab.engine.experiments.attention_timing.parameters import (
    EXACT,
    SHORT,
    Parameters,
    name_of,
)

LEAST, MOST = 8, 4096


def answer(p: Parameters, tables: Tables) -> str:
    """The best approximation at the longest length: how much sooner, how far off; who diverged."""
    text = _traded(p, tables) or _erring(p, tables)
    lost = diverged(p, tables)
    return " ".join(part for part in (text, lost and f"{lost}.") if part) or _matrix(p, tables)


def _traded(p: Parameters, tables: Tables) -> str:
    table = tables.get("trade")
    if table is None:
        return ""
    row = {name: float(table[name][0]) for name in table.columns}
    base = row[f"{p.baseline}_seconds"]
    rivals = [name for name in p.methods if name not in (*EXACT, "mean")]
    found = [
        (row[f"{name}_error"], base / row[f"{name}_seconds"], name)
        for name in rivals
        if math.isfinite(row[f"{name}_error"])
    ]
    if not found or math.isnan(base):
        return ""
    error, faster, name = min(found)
    times = f"{number(faster, 2)}× as fast as {SHORT[p.baseline]}"
    among = "approximations" if len(found) == len(rivals) else "approximations measured"
    text = f"At n = {count(int(row['n']))} **{SHORT[name]}** errs least of the {among}: "
    text += f"**{number(error, 2)}**, {times}"
    trivial = row.get("mean_error", math.nan)
    return text + ("." if math.isnan(trivial) else f"; the mean of V errs {number(trivial, 2)}.")


def _erring(p: Parameters, tables: Tables) -> str:
    table = tables.get("errors")
    if table is None:
        return ""
    rows = {name: table[name] for name in p.methods if name not in EXACT}
    known = sum((np.isfinite(row).astype(int) for row in rows.values()), np.zeros(len(table), int))
    if not known.any():
        return ""
    at = int(np.flatnonzero(known == known.max())[-1])
    parts = [
        f"{SHORT[name]} **{number(float(row[at]), 2)}**"
        for name, row in rows.items()
        if np.isfinite(row[at])
    ]
    return f"Relative errors at n = {count(int(table['n'][at]))}: {', '.join(parts)}."


def _matrix(p: Parameters, tables: Tables) -> str:
    table = tables.get("matrix_summary")
    if table is not None:
        error, n = float(table["error"][0]), int(table["n"][0])
        return f"{name_of(p.shown)}'s matrix is off by **{number(error, 3)}** at n = {n}."
    table = tables.get("kernel")
    if table is not None:
        spread = float(table["positive"][-1])
        return f"Positive features of the widest pair spread by **{number(spread, 3)}** of it."
    return ""


def landmarks(p: Parameters, tables: Tables) -> tuple[Landmark, ...]:
    """The number of features at which a typical estimate has a relative variance of 1."""
    table = tables.get("claims")
    if table is None:
        return ()
    needed = float(table["log_variance"][0]) + math.log(p.m)
    if not math.log(LEAST) <= needed <= math.log(MOST):
        return ()
    value = round(math.exp(needed))
    return (Landmark("m", value, "a typical estimate's spread equals its value"),)
