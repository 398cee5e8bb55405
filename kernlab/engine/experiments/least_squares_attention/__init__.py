"""Least squares: which training targets does a prediction listen to?

A least-squares prediction is a weighted sum of the training targets. This panel shows the
weights as attention, and where the analogy stops: signs, leverage, ridge, kernels and softmax,
what chooses λ, heads, and rates. Source: The OLS–attention equivalence (paper 003).

`parameters` declares what can be dragged, `data_sets` makes the rows, `bench` factors them,
`weights` with `lights`, `spectrum`, `choice`, `heads` and `simulation` make the tables of a view
each, `measures` those of the claims, `figures` says what is drawn; this file puts them together.
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
from kernlab.engine.experiments.least_squares_attention import (
    choice,
    claims,
    heads,
    measures,
    memory,
    simulation,
    spectrum,
    texts,
    weights,
)
from kernlab.engine.experiments.least_squares_attention.bench import Bench
from kernlab.engine.experiments.least_squares_attention.figures import figures
from kernlab.engine.experiments.least_squares_attention.formulas import formulas
from kernlab.engine.experiments.least_squares_attention.parameters import Parameters
from kernlab.engine.experiments.least_squares_attention.styles import (
    CHOICE,
    HEADS,
    SIMULATION,
    SPECTRUM,
    WEIGHTS,
)


class LeastSquaresAttention:
    """The experiment; see the module."""

    key = "least-squares-attention"
    title = "Least squares"
    question = "Which training targets does a prediction listen to?"
    icon = "ŷ"
    exclusive = False
    views = (WEIGHTS, SPECTRUM, CHOICE, HEADS, SIMULATION)
    presets = read_presets(
        resource("presets/least-squares-attention.toml").read_text("utf-8"), Parameters
    )
    Parameters = Parameters

    def memory(self, p: Any, fidelity: Fidelity) -> Memory:
        """The rows, their turned copies, and n × n matrices of kernels and claims."""
        return memory.predicted(p, fidelity)

    def figures(self, p: Any, tables: Tables) -> Sequence[Figure | Sheet]:
        """Fifteen figures in five views, and four sheets."""
        return figures(p, tables)

    def claims(self, p: Any, tables: Tables) -> Sequence[Claim]:
        """S1 to S14, judged at these parameters."""
        return claims.judge(p, tables)

    def formulas(self, p: Any, tables: Tables) -> Sequence[Formula]:
        """The weights, the conventions of λ, degrees of freedom, GCV, and the rate."""
        return formulas(p, tables)

    def landmarks(self, p: Any, tables: Tables) -> Sequence[Landmark]:
        """The optima of the criteria, on the slider of the method."""
        return texts.landmarks(p, tables)

    def answer(self, p: Any, tables: Tables) -> str:
        """The prediction as a signed sum, or what the shown view says best."""
        return texts.answer(p, tables)

    def run(self, p: Any, fidelity: Fidelity, cache: Cache, views: Sequence[str]) -> Iterator[Step]:
        """What the wanted views need, the first view first."""
        bench = Bench(p, fidelity == "full", cache)
        wanted = {
            WEIGHTS: weights.weights,
            SPECTRUM: spectrum.spectrum,
            CHOICE: choice.choice,
            HEADS: heads.heads,
            SIMULATION: simulation.simulation,
        }
        yield Step()
        for view in views:
            if view in wanted:
                yield from wanted[view](bench)
            elif view == CLAIMS and bench.full:
                yield from measures.claims(bench)


experiment = LeastSquaresAttention()
