"""Spectra: neural tangent kernel and Sobolev training on sphere, torus and Gaussian domain.

The eigenvalues of the neural tangent kernel to degree 10,000 with relative accuracy, what the
Sobolev operator makes of them, the matrices on points, and networks of finite width. Source:
Spectral analysis of the neural tangent kernel (paper 002).

`parameters` declares what can be dragged; four areas, `degrees`, `sobolev`, `matrices` and
`widths`, each compute, draw and judge their own views; this file puts them together.
"""

from __future__ import annotations

import sys
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
from kernlab.engine.experiments.spectra import answers, degrees, matrices, sobolev, widths
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.experiments.spectra.parameters import Parameters

AREAS = (degrees.area, sobolev.area, matrices.area, widths.area)
RUNS = {view: run for area in AREAS for view, run in area.runs.items()}
LOADED = "kernlab.engine.numerics.ntk"
"""Imported by the first run, on the lane: numba takes a while."""


class Spectra:
    """The experiment; see the module."""

    key = "spectra"
    title = "Spectra"
    question = "How fast do the eigenvalues decay, and can training flatten them?"
    icon = "λ"
    exclusive = False
    views = tuple(RUNS)
    presets = read_presets(resource("presets/spectra.toml").read_text("utf-8"), Parameters)
    Parameters = Parameters

    def figures(self, p: Any, tables: Tables) -> Sequence[Figure | Sheet]:
        """The figures of the four areas."""
        return [figure for area in AREAS for figure in area.figures(p, tables)]

    def claims(self, p: Any, tables: Tables) -> Sequence[Claim]:
        """N1 to N31, judged at these parameters."""
        judged = [claim for area in AREAS for claim in area.judge(p, tables)]
        return sorted(judged, key=lambda claim: int(claim.id[1:]))

    def formulas(self, p: Any, tables: Tables) -> Sequence[Formula]:
        """The kernel, its eigenvalues, and the composite spectrum."""
        return [formula for area in AREAS for formula in area.formulas(p, tables)]

    def answer(self, p: Any, tables: Tables) -> str:
        """The decay of the eigenvalues, or what the view on screen computes instead."""
        return answers.answer(p, tables)

    def landmarks(self, p: Any, tables: Tables) -> Sequence[Landmark]:
        """The best s, and the depth from which deep networks are well conditioned."""
        return answers.landmarks(p, tables)

    def memory(self, p: Any, fidelity: Fidelity) -> Memory:
        """The kernel matrix with its copies, and the torus grid."""
        return answers.memory(p, fidelity)

    def run(self, p: Any, fidelity: Fidelity, cache: Cache, views: Sequence[str]) -> Iterator[Step]:
        """Compute what the wanted views need, the first view first."""
        bench = Bench(p, fidelity == "full", cache)
        yield Step(None, "" if LOADED in sys.modules else "loading compiled routines, about 1 s")
        for view in views:
            if view in RUNS:
                yield from RUNS[view](bench)
            elif view == CLAIMS and bench.full:
                for area in AREAS:
                    yield Step(None, "measuring the claims", (yield from area.measure(bench)))


experiment = Spectra()
