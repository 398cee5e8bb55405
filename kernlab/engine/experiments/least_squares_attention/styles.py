"""Views and styles of the least-squares panel, and what its figures share."""

from __future__ import annotations

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.figure import Axis, Item, Mark, Style
from kernlab.engine.contract.text import brief
from kernlab.engine.experiments.least_squares_attention.parameters import Parameters

WEIGHTS, SPECTRUM, CHOICE = "Weights", "Spectrum", "Choice"
HEADS, SIMULATION = "Heads", "Simulation"

WEIGHT = Style("trace1")
RUNNING = Style("trace3")
TARGET = Style("muted", marker="circle")
HERE = Style("text", "dash", width=1.2)
STYLES = {
    "gcv": Style("trace1", "solid", "circle"),
    "loo": Style("trace2", "dash", "square"),
    "held_out": Style("trace3", "solid", "triangle"),
    "best": Style("trace1", "solid", "circle"),
    "average": Style("trace2", "dash", "square"),
    "stacked": Style("trace3", "solid", "triangle"),
    "published": Style("trace4", "dash"),
    "corrected": Style("trace1"),
    "measured": Style("text", marker="cross"),
    "bias": Style("trace1", "solid", "circle"),
    "variance": Style("trace2", "dash", "square"),
    "noise": Style("muted", "dot"),
    "total": Style("trace3", "solid", "triangle"),
}
WHOLE = Style("muted", "longdash", width=1.4)


def scalar(tables: Tables, table: str, column: str) -> float | None:
    """One number of a table of one row, or None while it is not there."""
    found = tables.get(table)
    return None if found is None else float(found[column][0])


def path_axis(p: Parameters) -> Axis:
    """The axis of λ, r or τ."""
    if p.mode == "softmax":
        return Axis("temperature", "τ", log=True)
    if p.mode == "pcr":
        return Axis("components", "r")
    return Axis("ridge", "λ", log=True)


def here(p: Parameters) -> list[Item]:
    """A line at the chosen value of the path, where it lies on it."""
    if p.mode == "ols":
        return []
    symbol = path_axis(p).symbol
    value = {"softmax": p.temperature, "pcr": float(p.rank)}.get(p.mode, p.ridge)
    return [Mark(x=value, label=f"{symbol} = {brief(value)}", style=HERE)]
