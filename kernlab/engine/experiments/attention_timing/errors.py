"""How far each method is from softmax attention, on a sample of rows, against float64."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from kernlab.engine.contract.experiment import Step, Tables
from kernlab.engine.contract.table import Table
from kernlab.engine.contract.text import count
from kernlab.engine.experiments.attention_timing.bench import Bench
from kernlab.engine.experiments.attention_timing.methods import (
    LONGEST_CALL,
    expected_seconds,
    operations,
    refused,
)
from kernlab.engine.experiments.attention_timing.parameters import Parameters, name_of

if TYPE_CHECKING:
    import torch

ROWS = 256
"""Queries of each head whose outputs are compared, evenly spread."""
PREVIEW_ROWS = 64
HEADS = 16
"""Heads over all sequences that are compared at most."""
LONG = 1e9
"""Operations of a call from which on it takes all threads that were asked for."""
QUICK, QUICK_FIRST = 2e8, 4e8
"""Operations of a call up to which it is made while a slider moves; at the shortest length."""
SLICE = 1_000_000
"""Exponentials between two yields."""

Cell = tuple[float, float, float]
"""The relative error over all heads, and that of the best and of the worst head.

Infinite where a method diverged: its output is not finite, while the exact one is.
"""
MISSING: Cell = (float("nan"),) * 3


def rows_of(n: int, full: bool) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The rows that are compared: evenly spread, the first and the last among them."""
    most = min(n, ROWS if full else PREVIEW_ROWS)
    return np.unique(np.linspace(0, n - 1, most).round().astype(np.int64))


def exact_rows(bench: Bench, n: int) -> Generator[Step, None, torch.Tensor]:
    """Softmax attention of the sampled rows in float64: (heads compared, rows, d), on the CPU."""
    key = (bench.source, n, bench.full)
    known: torch.Tensor | None = bench.cache.peek("exact", key)
    if known is not None:
        return known
    import torch

    with bench.calm():
        q, k, v = (t.flatten(0, 1)[:HEADS] for t in bench.tensors(n))
        rows = torch.from_numpy(rows_of(n, bench.full)).to(q.device)
        out = torch.empty((q.shape[0], len(rows), q.shape[-1]), dtype=torch.float64)
        block = max(1, SLICE // n)
    for head in range(q.shape[0]):
        for start in range(0, len(rows), block):
            with bench.calm():
                part = rows[start : start + block]
                logits = q[head, part].double() @ k[head].double().T
                weights = torch.softmax(logits * q.shape[-1] ** -0.5, -1)
                out[head, start : start + block] = (weights @ v[head].double()).cpu()
            yield Step()
    return bench.cache.put("exact", key, out)


def error_of(bench: Bench, method: str, n: int) -> Generator[Step, None, Cell]:
    """The relative Frobenius error of a method at a length, over the sampled rows; see `Cell`."""
    key = (bench.source, method, n, bench.own(method), bench.full)
    known: Cell | None = bench.cache.peek("error", key)
    if known is not None:
        return known
    exact = yield from exact_rows(bench, n)
    yield from bench.ready(method)
    import torch

    long = bench.full and operations(bench.p, method, n) > LONG
    with bench.threads() if long else bench.calm():
        out = bench.call(method, n)().flatten(0, 1)[:HEADS]
    yield Step()
    with bench.calm():
        rows = torch.from_numpy(rows_of(n, bench.full)).to(out.device)
        sampled = out[:, rows].double().cpu()
        apart = torch.where(sampled.isfinite(), sampled - exact, torch.inf)
        squares = apart.square().sum((1, 2)), exact.square().sum((1, 2))
        whole = float((squares[0].sum() / squares[1].sum()).sqrt())
        heads = (squares[0] / squares[1]).sqrt()
        cell = (whole, float(heads.min()), float(heads.max()))
    return bench.cache.put("error", key, cell)


def may_run(p: Parameters, method: str, n: int) -> bool:
    """Whether a method is run at a length: it fits into the memory, and ends in time."""
    return not refused(p, method, n) and expected_seconds(p, method, n, None) <= LONGEST_CALL


def table(p: Parameters, grid: tuple[int, ...], cells: dict[tuple[str, int], Cell]) -> Table:
    """Errors by length: one column a method, with those of its best and its worst head."""
    columns: dict[str, Any] = {"n": np.array(grid)}
    for method in p.methods:
        values = np.array([cells.get((method, n), MISSING) for n in grid])
        columns |= {method: values[:, 0]}
        columns |= {f"{method}_low": values[:, 1], f"{method}_high": values[:, 2]}
    return Table(columns)


def diverged(p: Parameters, tables: Tables) -> str:
    """Which methods diverged at which lengths, for a note; empty where none did."""
    found = tables.get("errors")
    if found is None:
        return ""
    parts = []
    for method in p.methods:
        lengths = found["n"][np.isinf(found[method])]
        if lengths.size:
            at = ", ".join(count(int(n)) for n in lengths)
            parts.append(f"{name_of(method)} diverged at n = {at}")
    return "; ".join(parts)


def preview(bench: Bench) -> Iterator[Step]:
    """Errors at the shortest lengths while a slider moves, of what is quick enough there."""
    cells: dict[tuple[str, int], Cell] = {}
    p = bench.p
    one = dataclasses.replace(p, batch=1, heads=1)
    for n in bench.grid:
        for method in p.methods:
            most = QUICK if n > bench.grid[0] else QUICK_FIRST
            if operations(one, method, n) < most and may_run(p, method, n):
                cells[method, n] = yield from error_of(bench, method, n)
                yield Step()
        yield Step(None, "", {"errors": table(p, p.grid, cells)})
