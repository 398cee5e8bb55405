"""The figures of the views "Points" and "Condition"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.figure import Axis, Band, Figure, Item, Line, Mark, Points, Style
from kernlab.engine.contract.text import brief, number
from kernlab.engine.experiments.spectra.bench import raised, row_of
from kernlab.engine.experiments.spectra.matrices_runs import SETS
from kernlab.engine.experiments.spectra.matrices_sets import MOST_POINTS
from kernlab.engine.experiments.spectra.parameters import Parameters

POINTS, CONDITIONING = "Points", "Condition"

MATRIX = Style("trace1", marker="circle")
OPERATOR = Style("trace2", "dash")
PUBLISHED = Style("trace4", "dash")
CORRECT = Style("trace3")
CUT = Style("trace3", marker="square")
FLOOR = Style("muted", marker="cross")
SAMPLES = Style("trace5", marker="circle")


def figures(p: Parameters, tables: Tables) -> Sequence[Figure]:
    """All figures, in order."""
    return (
        _spectrum(p, tables),
        _commutators(p, tables),
        _inverse_cosine(p, tables),
        _points(tables),
        _against_depth(p, tables),
        _against_n(p, tables),
        _extremes(p, tables),
        _depth_effect(p),
    )


def _some(row: dict[str, Any] | None) -> str:
    """How many points were used, and whether that is fewer than asked for."""
    if row is None:
        return ""
    used, of = int(row["points"]), int(row["of"])
    if row["reduced"]:
        return f"stand-in, {used} points"
    return f"first {used} of {of} points" if of > MOST_POINTS else f"{used} points"


def _spectrum(p: Parameters, tables: Tables) -> Figure:
    about = row_of(tables, "matrix_spectrum_about")
    items: list[Item] = [
        Line("matrix_spectrum", "index", "operator", OPERATOR, "operator, with multiplicity"),
        Line("matrix_spectrum", "index", "matrix", MATRIX, "matrix, K/n"),
    ]
    note = _some(about)
    if about is not None and about["zeros"]:
        items.append(Points("matrix_spectrum", "index", "rounding", FLOOR, "zero to rounding"))
        note += f"; {about['zeros']} zero to rounding{_why_singular(p, tables)}"
    return Figure(
        "matrix-spectrum",
        "Matrix against operator",
        POINTS,
        Axis("index", "i", log=True),
        Axis("eigenvalue", log=True),
        items,
        note=note,
    )


def _why_singular(p: Parameters, tables: Tables) -> str:
    """The symmetry or the coincidence that makes K singular, where there is one."""
    about = row_of(tables, "point_set_about")
    if about is None:
        return ""
    if about["coincident"]:
        return ": coincident"
    odd = p.bias == 0 and (p.activation == "abs" or (p.activation == "relu" and p.depth == 2))
    return ": antipodal" if odd and about["antipodal"] else ""


def _commutators(p: Parameters, tables: Tables) -> Figure:
    names = (*(name for name, _ in SETS), "here")
    return Figure(
        "commutators",
        "Commutator of K and P_s",
        POINTS,
        Axis("points", names=names, view=(-0.5, len(names) - 0.5)),
        Axis("‖KP − PK‖ / ‖K‖‖P‖", log=True, view=(1e-17, 3.0)),
        (
            Mark(y=1e-15, label="rounding"),
            Points("commutators", "set", "commutator", MATRIX, f"L = {p.depth}, s = {brief(p.s)}"),
            Points("commutators", "set", "truncated", CUT, "K cut at the degree of P_s"),
        ),
        note="200 points; S², S¹, 𝕋²: random; here: yours",
    )


def _inverse_cosine(p: Parameters, tables: Tables) -> Figure:
    about = row_of(tables, "inverse_cosine_about")
    note, label = "", "fit A·W + B"
    if about is not None:
        r2 = float(about["r2"])
        note = f"{about['pairs']} pairs, A = {number(float(about['slope']), 4)}; 3π/8 = 1.178"
        label = f"A·W + B, R² = {number(r2, 4)}" if math.isfinite(r2) else "one distance: no fit"
    return Figure(
        "inverse-cosine",
        "K against inverse cosine distance",
        POINTS,
        Axis("W = 1/sin(θ_L/2)", log=False),
        Axis(f"kernel, L = {p.depth}"),
        (
            Points("inverse_cosine", "distance", "kernel", SAMPLES, "pairs of points", faint=True),
            Line("inverse_cosine_line", "distance", "fitted", CORRECT, label),
        ),
        note=note,
    )


def _points(tables: Tables) -> Figure:
    about = row_of(tables, "point_set_about")
    note, torus = "", False
    if about is not None:
        torus = about["space"] == "torus"
        d = int(about["dimension"])
        where = f"𝕋{raised(d)}" if torus else f"S{raised(d - 1)}"
        note = f"{_some(about)}, {where}, θ_min = {number(float(about['smallest_angle']), 3)}"
        if about["coincident"]:
            note += f"; {about['coincident']} coincident"
        if about["antipodal"]:
            note += f"; {about['antipodal']} antipodal"
    names = ("x₁", "x₂") if torus else ("first coordinate", "last coordinate")
    view = (-0.02, 1.02) if torus else (-1.05, 1.05)
    return Figure(
        "points",
        "The points",
        POINTS,
        Axis(names[0], view=view),
        Axis(names[1], view=view),
        (Points("point_set", "x", "y", SAMPLES),),
        note=note,
    )


def _onset(tables: Tables) -> list[Item]:
    about = row_of(tables, "condition_depth_about")
    if about is None or not math.isfinite(float(about["onset"])):
        return []
    onset = float(about["onset"])
    return [Mark(x=onset, label=f"3π/θ_min = {brief(onset)}")] if onset < 1e6 else []


def _here(p: Parameters) -> Mark:
    return Mark(x=p.depth, label=f"L = {p.depth}", style=Style("text", width=1.0))


def _against_depth(p: Parameters, tables: Tables) -> Figure:
    return Figure(
        "condition-depth",
        "κ/(1 + n/3) against depth",
        CONDITIONING,
        Axis("depth", "L", log=True),
        Axis("κ / (1 + n/3)", log=True),
        (
            Mark(y=1.0, label="1 + n/3"),
            *_onset(tables),
            _here(p),
            Line("condition_depth", "depth", "ratio", MATRIX, "measured", markers=True),
        ),
        note=_some(row_of(tables, "condition_depth_about")),
    )


def _against_n(p: Parameters, tables: Tables) -> Figure:
    about = row_of(tables, "condition_n_about")
    note = f"L = {p.depth}"
    if about is not None and about["singular"]:
        note += f"; singular at {about['singular']} sizes, left out"
    return Figure(
        "condition-n",
        "κ against the number of points",
        CONDITIONING,
        Axis("points", "n", log=True),
        Axis("κ(K)", log=True),
        (
            Line("condition_n", "n", "limit", PUBLISHED, "published: 1 + n/3"),
            Band("condition_n", "n", "low", "high", MATRIX),
            Line("condition_n", "n", "condition", MATRIX, "measured", markers=True),
        ),
        note=note,
    )


def _extremes(p: Parameters, tables: Tables) -> Figure:
    return Figure(
        "extremes",
        "Extreme eigenvalues of K/n over their formulas",
        CONDITIONING,
        Axis("depth", "L", log=True),
        Axis("measured / formula", log=True),
        (
            Mark(y=1.0),
            *_onset(tables),
            _here(p),
            Line("condition_depth", "depth", "smallest", MATRIX, "λ_min / (3L/4n)", markers=True),
            Line("condition_depth", "depth", "largest", PUBLISHED, "λ_max / (3L/4), published"),
            Line("condition_depth", "depth", "largest_correct", CORRECT, "λ_max / (L/4 + 3L/4n)"),
        ),
        note=_some(row_of(tables, "condition_depth_about")),
    )


def _depth_effect(p: Parameters) -> Figure:
    return Figure(
        "depth-effect",
        "What depth does to κ",
        CONDITIONING,
        Axis("depth", "L", log=True),
        Axis("κ(K)", log=True),
        (
            _here(p),
            Line("condition_depth", "depth", "condition", MATRIX, "measured", markers=True),
            Line("condition_depth", "depth", "two_layers", PUBLISHED, "published: κ(K₂)/L"),
            Line("condition_depth", "depth", "limit", CORRECT, "limit 1 + n/3"),
        ),
        note="infinite width; κ saturates, κ(K₂)/L does not",
    )
