"""Gapped sine: what does a kernel method know where there is no data?

Noisy samples of sin x with a gap, and the Gaussian-kernel posterior from the exact Gaussian
process, kernel ridge regression and eight degenerate approximations, at any n. Source: Ulrich,
independent study (paper 000), sections 2.5, 2.6 and 3, Tables 1 and 2.

`parameters` declares what can be dragged, `data` makes and condenses the points, `fits` fits
the methods, `stages` makes the tables, `figures` says what is drawn, `claims` judges; this file
puts them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from kernlab.assets import resource
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.experiment import CLAIMS, Fidelity, Step, Tables
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.formula import Formula
from kernlab.engine.contract.memory import Memory
from kernlab.engine.contract.presets import read as read_presets
from kernlab.engine.contract.text import number
from kernlab.engine.experiments.gapped_sine import claims, data, memory, stages
from kernlab.engine.experiments.gapped_sine.figures import (
    EVIDENCE,
    FEATURES,
    POSTERIOR,
    aliased,
    figures,
    nodes_needed,
)
from kernlab.engine.experiments.gapped_sine.fits import Fits
from kernlab.engine.experiments.gapped_sine.formulas import formulas
from kernlab.engine.experiments.gapped_sine.parameters import (
    METHODS,
    Parameters,
    approximations,
)


class GappedSine:
    """The experiment; see the module."""

    key = "gapped-sine"
    title = "Gapped sine"
    question = "What does a kernel method know where there is no data?"
    icon = "∿"
    exclusive = False
    views = (POSTERIOR, FEATURES, EVIDENCE)
    presets = read_presets(resource("presets/gapped-sine.toml").read_text("utf-8"), Parameters)
    Parameters = Parameters

    def memory(self, p: Any, fidelity: Fidelity) -> Memory:
        """Points and features that the cache keeps, and the largest matrices of a stage."""
        return memory.predicted(p, fidelity)

    def figures(self, p: Any, tables: Tables) -> Sequence[Figure | Sheet]:
        """Ten figures in three views."""
        return figures(p, tables)

    def claims(self, p: Any, tables: Tables) -> Sequence[Claim]:
        """G1 to G8, judged at these parameters."""
        return claims.judge(p, tables)

    def formulas(self, p: Any, tables: Tables) -> Sequence[Formula]:
        """The posterior, its random features, and what judges them."""
        return formulas(p, tables)

    def answer(self, p: Any, tables: Tables) -> str:
        """How much of the exact variance the approximations report in the gap."""
        table = tables.get("methods")
        if table is None:
            return ""
        rows = {str(key): i for i, key in enumerate(table["key"])}
        names = [name for name in approximations(p) if name in rows]
        if names and np.isfinite(table["rho"][rows[names[0]]]):
            first, *others = [
                (name, float(table["rho"][rows[name]]), int(table["features"][rows[name]]))
                for name in names
            ]
            text = (
                f"In the gap, {METHODS[first[0]]} with D = {first[2]} report "
                f"**{_percent(first[1])}** of the exact posterior variance "
                f"(ρ = {number(first[1], 2)})"
            )
            if others:
                rest = "; ".join(f"{METHODS[o[0]]} {_percent(o[1])}" for o in others[:2])
                text += f"; {rest}"
            if "gauss-hermite" in names and aliased(p, tables):
                text += (
                    f". Gauss–Hermite is aliased: it needs m\u202f≥\u202f{nodes_needed(p, tables)}"
                )
            return text + "."
        error, condition = float(table["mse"][0]), float(table["condition"][0])
        text = f"{table['method'][0]}: mean squared error **{number(error, 3)}** on held-out points"
        if np.isfinite(condition):  # a run that is not at rest leaves it out
            text += f", condition number {number(condition, 4)}"
        return text + "."

    def run(self, p: Any, fidelity: Fidelity, cache: Cache, views: Sequence[str]) -> Iterator[Step]:
        """Condense the data, fit what the wanted views need, stream the rest."""
        points = yield from data.prepare(p, fidelity, cache)
        fits = Fits(p, fidelity, cache, points)
        tables = {"sample": points.sample, "data": points.summary}
        for view in views:
            if view == POSTERIOR:
                yield from stages.posterior(fits, tables)
            elif view == FEATURES:
                yield from stages.sweep(fits)
                yield from stages.kernel_error(fits)
            elif view == EVIDENCE:
                yield from stages.spectrum(fits)
                yield from stages.evidence(fits)
            elif view == CLAIMS and fidelity == "full":
                yield from stages.claims(fits)


def _percent(share: float) -> str:
    return f"{number(100 * share, 2)} %"


experiment = GappedSine()
