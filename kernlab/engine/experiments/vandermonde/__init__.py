"""Vandermonde: how ill-conditioned is polynomial interpolation, and does it matter?

The exact condition number of Vandermonde matrices far beyond 1e16, beside what NumPy reports and
what paper 000 predicts; the Lebesgue constant and the error that really comes out; random
features and their orthogonalization. Source: Ulrich, independent study (paper 000), sections 2.2
to 2.5 and Appendix A; Gautschi 1975.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kernlab.assets import resource
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.experiment import CLAIMS, Fidelity, Step, Tables
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.formula import Formula
from kernlab.engine.contract.memory import Memory
from kernlab.engine.contract.presets import read as read_presets
from kernlab.engine.contract.text import brief, number
from kernlab.engine.experiments.vandermonde import claims, stages
from kernlab.engine.experiments.vandermonde.figures import (
    CONDITION,
    FEATURES,
    INTERPOLATION,
    figures,
)
from kernlab.engine.experiments.vandermonde.formulas import formulas
from kernlab.engine.experiments.vandermonde.parameters import BASES, Parameters


class Vandermonde:
    """The experiment; see the module."""

    key = "vandermonde"
    title = "Vandermonde"
    question = "How ill-conditioned is polynomial interpolation, and does it matter?"
    icon = "V"
    exclusive = False
    views = (CONDITION, INTERPOLATION, FEATURES)
    presets = read_presets(resource("presets/vandermonde.toml").read_text("utf-8"), Parameters)
    Parameters = Parameters

    def memory(self, p: Any, fidelity: Fidelity) -> Memory:
        """Little: tables of some thousand numbers, and matrices of balls while they are needed."""
        size = 8_000_000 + 125_000 * p.count if fidelity == "full" else 4_000_000
        return Memory(size, "nodes_file" if p.nodes == "file" else "n")

    def figures(self, p: Any, tables: Tables) -> Sequence[Figure | Sheet]:
        """Eleven figures in three views; nine where the nodes are of one number."""
        return figures(p, tables)

    def claims(self, p: Any, tables: Tables) -> Sequence[Claim]:
        """V1 to V7, judged at these parameters."""
        return claims.judge(p, tables)

    def formulas(self, p: Any, tables: Tables) -> Sequence[Formula]:
        """The condition number, its growth, and what bounds the errors."""
        return formulas(p, tables)

    def answer(self, p: Any, tables: Tables) -> str:
        """The exact condition number beside NumPy's, or the three numbers of the basis."""
        table = tables.get("curve")
        if table is not None:
            at = int(abs(table["n"] - p.count).argmin())
            exact, claimed, numpy = (float(table[k][at]) for k in ("exact", "claimed", "numpy"))
            text = (
                f"{BASES[p.basis]} on {int(table['n'][at])} nodes: cond = **10^{number(exact, 5)}**"
            )
            if numpy == numpy and abs(numpy - exact) > 0.01:
                text += f", where NumPy reports 10^{number(numpy, 4)}"
            elif numpy == numpy:
                text += ", and NumPy agrees"
            verdict = "above" if exact >= claimed else "below"
            return f"{text}; {verdict} the claimed 10^{brief(claimed)}."
        bases = tables.get("bases")
        if bases is None:
            return ""
        at = list(bases["basis"]).index(BASES.get(p.basis)) if p.basis in BASES else 0
        return (
            f"{bases['basis'][at]}: condition number {number(float(bases['condition'][at]), 3)}, "
            f"Lebesgue constant {number(float(bases['lebesgue'][at]), 3)}, and sin comes out to "
            f"**{number(float(bases['value'][at]), 2)}**."
        )

    def run(self, p: Any, fidelity: Fidelity, cache: Cache, views: Sequence[str]) -> Iterator[Step]:
        """What the wanted views need, a figure at a time."""
        bench = stages.bench_of(p, fidelity, cache)
        wanted = {
            CONDITION: (stages.curve, stages.width, stages.determinant, stages.condition_map),
            INTERPOLATION: (stages.cardinals, stages.taylor, stages.fits, stages.singular),
            FEATURES: (stages.features,),
        }
        yield Step()
        for view in views:
            for stage in wanted.get(view, ()):
                yield from stage(bench)
            if view == CLAIMS and bench.full:
                yield from stages.claims(bench)


experiment = Vandermonde()
