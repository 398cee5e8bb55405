"""Attention timing: is it fast because it is wrong?

Softmax attention and its approximations, honestly timed, with their errors beside the times and
beside the trivial answer, the mean of V. Source: degenerate kernel approximations (paper 000),
section 4.

`parameters` declares what can be dragged, `bench` holds a run together and says what may be run,
`errors`, `times` and `peaks` measure one length each, `overview` puts them together, `matrices`
and `estimates` make the other views, `figures` and `sheets` say what is drawn, `measures` and
`claims` judge; this file puts them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kernlab.assets import resource
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.experiment import CLAIMS, Fidelity, Landmark, Step, Tables
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.formula import Formula
from kernlab.engine.contract.memory import Memory
from kernlab.engine.contract.presets import read as read_presets
from kernlab.engine.experiments.attention_timing import (
    answer,
    claims,
    estimates,
    matrices,
    measures,
    memory,
    overview,
)
from kernlab.engine.experiments.attention_timing.bench import Bench
from kernlab.engine.experiments.attention_timing.figures import (
    ESTIMATES,
    MATRIX,
    OVERVIEW,
    TIMING,
    figures,
)
from kernlab.engine.experiments.attention_timing.formulas import formulas
from kernlab.engine.experiments.attention_timing.parameters import Parameters


class AttentionTiming:
    """The experiment; see the module."""

    key = "attention-timing"
    title = "Attention timing"
    question = "Is it fast because it is wrong?"
    icon = "◷"
    exclusive = True
    views = (OVERVIEW, TIMING, MATRIX, ESTIMATES)
    presets = read_presets(resource("presets/attention-timing.toml").read_text("utf-8"), Parameters)
    Parameters = Parameters

    def memory(self, p: Any, fidelity: Fidelity) -> Memory:
        """The tensors, and the hungriest method that is let run."""
        return memory.predicted(p, fidelity)

    def figures(self, p: Any, tables: Tables) -> Sequence[Figure | Sheet]:
        """Fifteen figures in four views, and two sheets."""
        return figures(p, tables)

    def claims(self, p: Any, tables: Tables) -> Sequence[Claim]:
        """A1 to A10, judged at these parameters."""
        return claims.judge(p, tables)

    def formulas(self, p: Any, tables: Tables) -> Sequence[Formula]:
        """What the methods compute, and at what cost."""
        return formulas(p, tables)

    def landmarks(self, p: Any, tables: Tables) -> Sequence[Landmark]:
        """How many features it takes."""
        return answer.landmarks(p, tables)

    def answer(self, p: Any, tables: Tables) -> str:
        """The best approximation, how much sooner it is there, and how far off."""
        return answer.answer(p, tables)

    def run(self, p: Any, fidelity: Fidelity, cache: Cache, views: Sequence[str]) -> Iterator[Step]:
        """Measure what the wanted views need, the first view first."""
        bench = Bench(p, fidelity == "full", cache)
        wanted = {OVERVIEW: overview.overview, TIMING: overview.compared,
                  MATRIX: matrices.shown, ESTIMATES: estimates.shown}  # fmt: skip
        yield from bench.loaded()
        for view in views:
            if view == TIMING and (OVERVIEW in views or not bench.full):
                continue  # the same tables; and times change at rest only
            if view in wanted:
                yield from wanted[view](bench)
            elif view == CLAIMS and bench.full:
                yield from measures.claims(bench)


experiment = AttentionTiming()
