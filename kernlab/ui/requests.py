"""What a panel asks of the lane."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from kernlab.engine.contract.experiment import Experiment, Fidelity
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.sweep import Plan

Scales = tuple[tuple[str, str, bool], ...]
"""Figures whose axis ("x" or "y") the user wants logarithmic or linear."""


@dataclass(frozen=True)
class Request:
    """What a panel wants computed. `serial` counts the panel's parameter changes."""

    panel: str
    serial: int
    experiment: Experiment
    parameters: Any
    fidelity: Fidelity
    views: tuple[str, ...]
    purpose: Literal["show", "claims", "break", "collect", "pin", "sweep"] = "show"
    claim: str = ""
    parameter: str = ""
    scales: Scales = ()
    plan: Plan | None = None
    stepwise: bool = False
    """Whether the run is held after each step that carries tables, until `Lane.advance`."""


def rescaled(figure: Figure | Sheet, scales: Scales) -> Figure | Sheet:
    """The figure with the axes that the user has switched to logarithmic or linear."""
    for key, name, log in scales:
        if isinstance(figure, Figure) and key == figure.key:
            axis = replace(figure.x if name == "x" else figure.y, log=log, view=None)
            figure = replace(figure, x=axis) if name == "x" else replace(figure, y=axis)
    return figure
