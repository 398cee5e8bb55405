"""The answer of the attention-timing panel in one sentence, and its ticks on sliders."""

from __future__ import annotations

import math

from kernlab.engine.contract.experiment import Landmark, Tables
from kernlab.engine.contract.text import count, number
from kernlab.engine.experiments.attention_timing.parameters import EXACT, SHORT, Parameters

LEAST, MOST = 8, 4096


def answer(p: Parameters, tables: Tables) -> str:
    """The best approximation at the longest length: how much sooner, and how far off."""
    return _traded(p, tables) or _erring(p, tables) or _matrix(p, tables)


def _traded(p: Parameters, tables: Tables) -> str:
    table = tables.get("trade")
    if table is None:
        return ""
    row = {name: float(table[name][0]) for name in table.columns}
    base = row[f"{p.baseline}_seconds"]
    found = [
        (row[f"{name}_error"], base / row[f"{name}_seconds"], name)
        for name in p.methods
        if name not in (*EXACT, "mean") and row[f"{name}_error"] == row[f"{name}_error"]
    ]
    if not found or math.isnan(base):
        return ""
    error, faster, name = min(found)
    times = f"{number(faster, 2)}× as fast as {SHORT[p.baseline]}"
    text = f"At n = {count(int(row['n']))} **{SHORT[name]}** errs least of the approximations: "
    text += f"**{number(error, 2)}**, {times}"
    trivial = row.get("mean_error", math.nan)
    return text + ("." if math.isnan(trivial) else f"; the mean of V errs {number(trivial, 2)}.")


def _erring(p: Parameters, tables: Tables) -> str:
    table = tables.get("errors")
    if table is None:
        return ""
    parts = []
    for name in p.methods:
        known = [float(value) for value in table[name] if value == value]
        if known and name not in EXACT:
            parts.append(f"{SHORT[name]} **{number(known[-1], 2)}**")
    known = [int(n) for n, v in zip(table["n"], table[p.methods[0]], strict=True) if v == v]
    return f"Relative errors at n = {count(int(known[-1]))}: {', '.join(parts)}." if (
        parts and known) else ""  # fmt: skip


def _matrix(p: Parameters, tables: Tables) -> str:
    table = tables.get("matrix_summary")
    if table is not None:
        error, n = float(table["error"][0]), int(table["n"][0])
        name = SHORT[p.shown]
        return f"{name[0].upper()}{name[1:]}'s matrix is off by **{number(error, 3)}** at n = {n}."
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
