"""The area of point sets and kernel matrices: the views "Points" and "Condition"."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.formula import Formula, join, tex
from kernlab.engine.experiments.spectra.bench import Area, row_of
from kernlab.engine.experiments.spectra.matrices_claims import judge
from kernlab.engine.experiments.spectra.matrices_figures import CONDITIONING, POINTS, figures
from kernlab.engine.experiments.spectra.matrices_measures import measure
from kernlab.engine.experiments.spectra.matrices_runs import conditioning, points
from kernlab.engine.experiments.spectra.parameters import Parameters


def formulas(p: Parameters, tables: Tables) -> Sequence[Formula]:
    """The condition number in the limit of infinite depth."""
    return (_limit(p, tables),)


def _limit(p: Parameters, tables: Tables) -> Formula:
    numbers = ""
    row = row_of(tables, "condition_depth_about")
    if row is not None:
        n, onset = int(row["points"]), float(row["onset"])
        numbers = rf"n = {n}, \; 1 + n/3 = {tex(1 + n / 3)}"
        if math.isfinite(onset):
            numbers = join(numbers, rf"3 \pi / \theta_{{\min}} = {tex(onset)}, \; L = {p.depth}")
    return Formula(
        "Condition number of deep networks",
        join(
            r"\kappa(K) \to 1 + \dfrac{n}{3}, \quad L \to \infty",
            r"\lambda_{\min}(K/n) \to \dfrac{3L}{4n}, \quad"
            r" \lambda_{\max}(K/n) \to \dfrac{L}{4} + \dfrac{3L}{4n}",
            r"L \theta_{\min} / (3 \pi) \geq 1",
        ),
        numbers,
        "Terjék and González-Sánchez 2025, MLPs at the edge of chaos; errata of paper 002",
    )


area = Area(
    runs={POINTS: points, CONDITIONING: conditioning},
    figures=figures,
    measure=measure,
    judge=judge,
    formulas=formulas,
)
