"""The figures of the Vandermonde panel, as specifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kernlab.engine.contract.drawing import quantised
from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.figure import (
    Axis,
    Band,
    Column,
    Figure,
    Image,
    Item,
    Line,
    Mark,
    Points,
    Sheet,
    Style,
)
from kernlab.engine.contract.text import brief
from kernlab.engine.experiments.vandermonde.parameters import BASES, LARGEST_N, Parameters
from kernlab.engine.experiments.vandermonde.stages import REAL_BASES

CONDITION, INTERPOLATION, FEATURES = "Condition", "Interpolation", "Features"

EXACT = Style("trace1")
NUMPY = Style("trace2", "solid", "cross")
CLAIMED = Style("trace4", "dash")
RATE = Style("trace3", "dash")
BECKERMANN = Style("trace5", "dot")
HERE = Style("text", width=1.4)
BASIS_STYLES = {
    "monomial": Style("trace1", marker="circle"),
    "scaled-monomial": Style("trace2", marker="diamond"),
    "chebyshev": Style("trace3", marker="square"),
    "legendre": Style("trace4", marker="triangle"),
    "newton": Style("trace5", marker="cross"),
    "arnoldi": Style("text", marker="circle"),
}
FEATURE_STYLES = {
    "iid": (Style("trace2", "solid", "circle"), "i.i.d."),
    "orthogonal": (Style("trace5", "solid", "diamond"), "orthogonal"),
    "qr_vector": (Style("trace1", "solid", "triangle"), "QR of the m×1 vector"),
}


def figures(p: Parameters, tables: Tables) -> Sequence[Figure | Sheet]:
    """All figures, in order; own nodes are of one number, so nothing is drawn against it."""
    one = p.nodes == "file"
    return (
        *(() if one else (_curve(p),)),
        _width(p, tables),
        *(() if one else (_map(p),)),
        _determinant(p),
        _cardinals(p),
        _singular(p),
        _errors(),
        _taylor(p),
        _bases(),
        _features(p),
        _kernel(),
    )


def _condition_axis(p: Parameters) -> Axis:
    return Axis("log₁₀ cond in the norm", {"2": "2", "1": "1", "inf": "∞"}[p.norm])


def _curve(p: Parameters) -> Figure:
    items: list[Item] = [
        Line(
            "curve", "n", "claimed", CLAIMED, f"claimed exp(c a n), c = {brief(p.bound_constant)}"
        ),
        Line("curve", "n", "numpy", NUMPY, "NumPy"),
        Line("curve", "n", "exact", EXACT, "exact"),
    ]
    if p.basis == "monomial" and p.nodes == "equispaced":
        items.append(Line("curve", "n", "rate", RATE, "rate r(a)"))
    if p.basis == "monomial" and p.norm == "2":
        items.append(Line("curve", "n", "beckermann", BECKERMANN, "Beckermann's lower bound"))
    return Figure(
        "curve",
        "Condition against the number of nodes",
        CONDITION,
        Axis("nodes", "n"),
        _condition_axis(p),
        (Mark(x=p.n, label=f"n = {p.n}"), *items),
        note=f"{BASES[p.basis]}, a = {brief(p.half_width, 4)}",
    )


def _width(p: Parameters, tables: Tables) -> Figure:
    table, axis = tables.get("width"), _condition_axis(p)
    if table is not None:
        top = 1.1 * float(np.nanmax(table["exact"]))
        axis = replace(axis, view=quantised((0.0, top)))
    return Figure(
        "width",
        "Condition against the half-width",
        CONDITION,
        Axis("half-width", "a", log=True, view=(0.05, 100)),
        axis,
        (
            Mark(x=p.half_width, label=f"a = {brief(p.half_width)}"),
            Line("width", "half_width", "claimed", CLAIMED, "claimed"),
            Line("width", "half_width", "numpy", NUMPY, "NumPy"),
            Line("width", "half_width", "exact", EXACT, "exact"),
        ),
        note=f"n = {p.count}",
    )


def _map(p: Parameters) -> Figure:
    return Figure(
        "map",
        "Condition over n and a",
        CONDITION,
        Axis("nodes", "n", view=(1, LARGEST_N + 1)),
        Axis("half-width", "a", log=True, view=(0.05, 100)),
        (
            Image("map", "n", "half_width", "log10_condition", "log₁₀ cond"),
            Mark(p.n, p.half_width, "here", HERE),
        ),
        click=("n", "half_width"),
    )


def _determinant(p: Parameters) -> Figure:
    return Figure(
        "determinant",
        "Determinant against the lemma's formula",
        CONDITION,
        Axis("nodes", "n"),
        Axis("log₁₀ |det V|"),
        (
            Mark(x=p.count, label=f"n = {p.count}"),
            Line("determinant", "n", "published", CLAIMED, "claimed exp(−c a n² ln n)"),
            Line("determinant", "n", "asymptotic", RATE, "(n²/2)(ln 2a − 3/2)"),
            Line("determinant", "n", "exact", EXACT, "exact"),
        ),
        note="equispaced nodes",
    )


def _cardinals(p: Parameters) -> Figure:
    return Figure(
        "cardinals",
        "Nodes, cardinal and Lebesgue functions",
        INTERPOLATION,
        Axis("x"),
        Axis("size", log=True),
        (
            Line("cardinals", "x", "lebesgue", EXACT, "Lebesgue function"),
            Line("cardinals", "x", "middle", Style("trace3"), "|ℓ| of the middle node"),
            Line("cardinals", "x", "last", Style("trace2"), "|ℓ| of the last node"),
            Points("nodes", "x", "y", Style("text", marker="circle"), "nodes"),
        ),
    )


def _singular(p: Parameters) -> Figure:
    return Figure(
        "singular",
        "Singular values of V",
        INTERPOLATION,
        Axis("index", "i"),
        Axis("log₁₀ σ"),
        (Line("singular", "index", "log10_sigma", EXACT, "exact", markers=p.count <= 60),),
        note="monomials, beyond double precision",
    )


def _errors() -> Figure:
    points = [
        Points("errors", f"value_{_key(b)}", f"coefficient_{_key(b)}", BASIS_STYLES[b], BASES[b])
        for b in REAL_BASES
        if b != "arnoldi"
    ]
    return Figure(
        "errors",
        "Coefficients against values",
        INTERPOLATION,
        Axis("largest error of the fitted sin", log=True),
        Axis("coefficient error", log=True),
        points,
        note="one point a basis, plain solve in float64",
    )


def _taylor(p: Parameters) -> Figure:
    return Figure(
        "taylor",
        f"Taylor polynomial of degree {2 * p.taylor_order + 1}",
        INTERPOLATION,
        Axis("x"),
        Axis("error", log=True, view=(1e-20, 1e6)),
        (
            Line("taylor", "x", "bound", CLAIMED, "bound |x|^(2M+3)/(2M+3)!"),
            Line("taylor", "x", "floor", BECKERMANN, "rounding, ε sinh x"),
            Line("taylor", "x", "float64", NUMPY, "float64"),
            Line("taylor", "x", "exact", EXACT, "exact"),
        ),
    )


def _bases() -> Sheet:
    return Sheet(
        "bases",
        "Three numbers",
        INTERPOLATION,
        "bases",
        (
            Column("basis", "Basis"),
            Column("condition", "cond₂ of the basis", 3),
            Column("lebesgue", "Lebesgue constant", 3),
            Column("value", "Error of sin", 2),
            Column("coefficient", "Error of the coefficients", 2),
        ),
        note="the error of sin follows the Lebesgue constant, not the basis",
    )


def _key(basis: str) -> str:
    return basis.replace("-", "_")


def _features(p: Parameters) -> Figure:
    items: list[Item] = [Mark(x=p.dimension, label=f"d = {p.dimension}")]
    for name, (style, label) in FEATURE_STYLES.items():
        items.append(Band("features", "d", f"low_{name}", f"high_{name}", style))
        items.append(Line("features", "d", name, style, label, markers=True))
    note = f"median and range, {p.repeats} draws"
    return Figure(
        "features",
        "Condition of ZᵀZ against dimension",
        FEATURES,
        Axis("dimension", "d", log=True, view=(0.9, 18)),
        Axis("log₁₀ cond ZᵀZ"),
        items,
        note=note,
    )


def _kernel() -> Figure:
    lines = [
        Line("features", "d", f"rmse_{name}", style, label, markers=True)
        for name, (style, label) in FEATURE_STYLES.items()
    ]
    return Figure(
        "kernel",
        "Error of the kernel against dimension",
        FEATURES,
        Axis("dimension", "d", log=True, view=(0.9, 18)),
        Axis("RMSE of the kernel"),
        lines,
        note="what orthogonality reduces",
    )
