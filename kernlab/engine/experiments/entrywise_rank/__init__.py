"""Entrywise rank: how low is low, with a proof?

Matrices made by a function of points in high dimension, approximated by low rank in the largest
entry of the error: a descent on power norms, the published alternating projections, the
truncated SVD and a random sketch, with a rigorous lower bound that closes in from below. Source:
Budzinskiy, When big data actually are low-rank (paper 001).

`parameters` declares what can be dragged, `matrices` makes the arrays, `solving` solves and
certifies them, `devices` says where, `bench` holds a run together, `stages`, `board` and `measures`
make the tables, `figures` says what is drawn, `claims` judges; this file puts them together.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from kernlab.assets import resource
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.experiment import CLAIMS, Fidelity, Step, Tables
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.formula import Formula
from kernlab.engine.contract.memory import Memory
from kernlab.engine.contract.presets import read as read_presets
from kernlab.engine.experiments.entrywise_rank import claims, measures, memory, stages
from kernlab.engine.experiments.entrywise_rank.bench import Bench
from kernlab.engine.experiments.entrywise_rank.figures import (
    DIMENSION,
    SIZE,
    SOLVE,
    answer,
    figures,
)
from kernlab.engine.experiments.entrywise_rank.formulas import formulas
from kernlab.engine.experiments.entrywise_rank.parameters import Parameters

LOADED = "kernlab.engine.numerics.max_norm"
"""Imported by the first run, on the lane: numba and SciPy take a while."""


class EntrywiseRank:
    """The experiment; see the module."""

    key = "entrywise-rank"
    title = "Entrywise rank"
    question = "How low is low, with a proof?"
    icon = "▦"
    exclusive = False
    iterative = True
    views = (SOLVE, DIMENSION, SIZE)
    presets = read_presets(resource("presets/entrywise-rank.toml").read_text("utf-8"), Parameters)
    Parameters = Parameters

    def memory(self, p: Any, fidelity: Fidelity) -> Memory:
        """The array with its copies, and the points."""
        return memory.predicted(p, fidelity)

    def figures(self, p: Any, tables: Tables) -> Sequence[Figure | Sheet]:
        """Ten figures in three views, and a sheet."""
        return figures(p, tables)

    def claims(self, p: Any, tables: Tables) -> Sequence[Claim]:
        """L1 to L10, judged at these parameters."""
        return claims.judge(p, tables)

    def formulas(self, p: Any, tables: Tables) -> Sequence[Formula]:
        """The problem, its lower bound, and what is known of its size."""
        return formulas(p, tables)

    def answer(self, p: Any, tables: Tables) -> str:
        """The largest error, beside the SVD's and what no matrix can beat."""
        return answer(p, tables)

    def run(self, p: Any, fidelity: Fidelity, cache: Cache, views: Sequence[str]) -> Iterator[Step]:
        """Solve what the wanted views need, the first view first."""
        bench = Bench(p, fidelity == "full", cache)
        wanted = {SOLVE: stages.solve, DIMENSION: stages.against_m, SIZE: stages.against_size}
        if LOADED not in sys.modules:
            yield Step(None, "loading the solvers, about 1 s in one piece")
            import_module(LOADED)
        yield Step()
        for view in views:
            if view in wanted:
                yield from wanted[view](bench)
            elif view == CLAIMS and bench.full:
                yield from measures.claims(bench)


experiment = EntrywiseRank()
