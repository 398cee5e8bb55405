"""All figures of the least-squares panel, in order."""

from __future__ import annotations

from collections.abc import Sequence

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.experiments.least_squares_attention.figures_choice import choice_to_simulation
from kernlab.engine.experiments.least_squares_attention.figures_weights import weights_and_spectrum
from kernlab.engine.experiments.least_squares_attention.parameters import Parameters


def figures(p: Parameters, tables: Tables) -> Sequence[Figure | Sheet]:
    """Fifteen figures in five views, and four sheets."""
    return (*weights_and_spectrum(p, tables), *choice_to_simulation(p, tables))
