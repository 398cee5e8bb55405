"""What a panel asks of the lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Literal

from kernlab.engine.contract.experiment import Experiment, Fidelity
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.sweep import Plan

_numbers = count(1)
Scales = tuple[tuple[str, str, bool], ...]
"""Figures whose axis ("x" or "y") the user wants logarithmic or linear."""


@dataclass(frozen=True)
class Request:
    """What a panel wants computed. `serial` counts the panel's parameter changes.

    `panel` is its place on the lane: the panel's key, or for an errand `key/kind`. A changed copy
    keeps the `number`, by which the news of a request are known.
    """

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
    number: int = field(default_factory=_numbers.__next__, compare=False)

    @property
    def alone(self) -> bool:
        """Whether nothing else is computed meanwhile: it measures times."""
        return self.experiment.exclusive and self.fidelity == "full"


def owner(place: str) -> str:
    """The key of the panel whose run, or errand, has this place on the lane."""
    return place.partition("/")[0]


def is_sweep(place: str) -> bool:
    """Whether an errand is a sweep: long, and in no hurry."""
    return place.endswith("/sweep")


def gives_way(alone: Request, others: Sequence[str], visible: str, newer: Request | None) -> bool:
    """Whether what is computed alone is let go: the visible panel wants something else.

    A panel's own errands wait, and so does what hidden panels want.

    Args:
        alone: the request whose run has the lane to itself.
        others: the places with something else to do.
        visible: the key of the visible panel.
        newer: what that panel waits for.
    """
    if owner(alone.panel) != visible:
        return any(owner(place) == visible for place in others)
    return alone.panel != visible and newer is not None and newer.purpose == "show"


def rescaled(figure: Figure | Sheet, scales: Scales) -> Figure | Sheet:
    """The figure with the axes that the user has switched to logarithmic or linear."""
    for key, name, log in scales:
        if isinstance(figure, Figure) and key == figure.key:
            axis = replace(figure.x if name == "x" else figure.y, log=log, view=None)
            figure = replace(figure, x=axis) if name == "x" else replace(figure, y=axis)
    return figure
