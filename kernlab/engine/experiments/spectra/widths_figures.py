"""The figures of the views Finite width, Deeper or wider, and Gaussian domain."""

from __future__ import annotations

from collections.abc import Sequence

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.figure import (
    Axis,
    Band,
    Column,
    Figure,
    Item,
    Line,
    Mark,
    Points,
    Sheet,
    Style,
)
from kernlab.engine.contract.text import brief, count, number
from kernlab.engine.experiments.spectra.bench import row_of
from kernlab.engine.experiments.spectra.parameters import ACTIVATIONS, Parameters
from kernlab.engine.experiments.spectra.widths_ensembles import (
    BUDGET_DEPTHS,
    LARGEST_LAYER,
    inputs,
)

FINITE, BUDGET, GAUSSIAN = "Width", "Budget", "Gaussian"

OFF = Style("trace1", "solid", "circle")
DIAGONAL = Style("trace2", "solid", "square")
NARROW = Style("trace3", "dash", "triangle")
QUADRATIC = Style("trace4", "solid", "diamond")
SAME = Style("trace5", "dashdot", "triangle")
INFINITE = Style("text", "dash", width=1.4)
THEORY = Style("muted", "dash", width=1.4)
PUBLISHED = Style("text", "dot", width=1.6)
ZERO = Style("muted", marker="cross")

RELU = Style("trace1", "solid", "circle")
ABS = Style("trace2", "dash", "square")
ERF = Style("trace3", "dashdot", "triangle")
MEHLER = Style("trace4", "dash", "diamond")
RBF = Style("trace5", "dot", "cross", width=2.2)
MIXING = {0: RELU, 1: ABS, 2: ERF, 4: MEHLER}
EIGEN = "eigenvalue"


def figures(p: Parameters, tables: Tables) -> Sequence[Figure | Sheet]:
    """Eleven figures in three views, one of them a sheet."""
    return (
        _mean(tables),
        _spread(),
        _entry(tables),
        _quoted(),
        _budget(p),
        _sizes(p),
        _profile(p),
        _hermite(),
        _series(p),
        _operator(p),
        _mixing(p, tables),
    )


# -- finite width -------------------------------------------------------------------------------

_N = Axis("width", "N", log=True)


def _drawn(tables: Tables) -> str:
    row = row_of(tables, "fw_summary")
    return "" if row is None else f"{row['points']}, {count(int(row['draws']))} networks"


def _mean(tables: Tables) -> Figure:
    items: list[Item] = [Mark(y=0.0, label="infinite width")]
    kinds = (
        ("obtuse", "angles above 90°", OFF),
        ("diagonal", "diagonal", DIAGONAL),
        ("acute", "angles below 90°", NARROW),
    )
    for name, label, style in kinds:
        items.append(Band("fw_width", "width", f"low_{name}", f"high_{name}", style))
        items.append(Line("fw_width", "width", f"mean_{name}", style, label, markers=True))
    note = _drawn(tables)
    return Figure(
        "fw-mean",
        "Mean of the finite-width kernel",
        FINITE,
        _N,
        Axis("shift of the mean over K(x, x)"),
        items,
        note=f"{note}; band: ± 1 s.e." if note else "band: ± 1 standard error",
    )


def _spread() -> Figure:
    return Figure(
        "fw-spread",
        "Spread of one network's kernel",
        FINITE,
        _N,
        Axis("standard deviation over K(x, x)", log=True),
        (
            Line("fw_width", "width", "spread_off", OFF, "off the diagonal", markers=True),
            Line("fw_width", "width", "spread_diagonal", DIAGONAL, "diagonal", markers=True),
            Line("fw_width", "width", "root", THEORY, "1/√N"),
            Line("fw_width", "width", "inverse", PUBLISHED, "1/N (published)"),
        ),
        note="root mean square over the entries",
    )


def _entry(tables: Tables) -> Figure:
    row = row_of(tables, "fw_summary")
    items: list[Item] = []
    wide, narrow, note = "", "", "share of the networks below"
    if row is not None:
        wide, narrow = f"N = {row['width']}", f"N = {row['narrow']}"
        note = (
            f"two points {brief(float(row['angle']))}° apart, {count(int(row['draws']))} networks"
        )
        items.append(Mark(x=float(row["limit"]), label="infinite width"))
    items.append(Line("fw_entry", "value", "share", OFF, wide, markers=False))
    if row is None or row["narrow"] != row["width"]:
        items.append(Line("fw_entry_narrow", "value", "share", NARROW, narrow))
    return Figure(
        "fw-entry",
        "One entry over many networks",
        FINITE,
        Axis("entry", "K(x, x′)"),
        Axis("share of networks below", view=(0.0, 1.0)),
        items,
        note=note,
    )


def _quoted() -> Sheet:
    return Sheet(
        "fw-quoted",
        "The quoted Θᴺᵀᴴ formula, and what is measured",
        FINITE,
        "fw_quoted",
        (Column("quantity", "entry K(x, x′)"), Column("value", "value"), Column("error", "± s.e.")),
        note="claim N30: quoted, not verified",
    )


# -- deeper or wider ----------------------------------------------------------------------------

_L = Axis("depth", "L", log=True)


def _budget(p: Parameters) -> Figure:
    too_wide = p.budget / (inputs(p) + 1) > LARGEST_LAYER
    rest = "; L = 2 is too wide to draw" if too_wide else ""
    return Figure(
        "fw-budget",
        "Smallest eigenvalue at a fixed budget",
        BUDGET,
        _L,
        Axis("smallest eigenvalue", "λ_min(K)", log=True),
        (
            Band("fw_budget", "depth", "low", "high", OFF),
            Line("fw_budget", "depth", "median", OFF, "median, N from the budget", markers=True),
            Line("fw_budget", "depth", "infinite", INFINITE, "infinite width"),
            *([Mark(x=float(p.depth))] if p.depth <= BUDGET_DEPTHS[-1] else []),
        ),
        note=f"P = {count(p.budget)} weights; band: quartiles{rest}",
    )


def _sizes(p: Parameters) -> Figure:
    return Figure(
        "fw-sizes",
        "Width that the budget allows",
        BUDGET,
        _L,
        Axis("width", "N", log=True),
        (
            Line("fw_sizes", "depth", "dense", OFF, "dense layers"),
            Line("fw_sizes", "depth", "root", THEORY, "√(P/L)"),
            Line("fw_sizes", "depth", "published", PUBLISHED, "P/L (published)"),
            Mark(x=float(p.depth)),
        ),
        note="dense: (L − 2) N² + (inputs + 1) N = P",
    )


def _profile(p: Parameters) -> Figure:
    return Figure(
        "fw-profile",
        "Width profiles: spread against depth",
        BUDGET,
        _L,
        Axis("spread of K(x, x) over its mean", log=True),
        (
            Line("fw_constant", "depth", "spread", DIAGONAL, f"N = {p.width} constant",
                 markers=True),
            Line("fw_quadratic", "depth", "spread", QUADRATIC, f"k²m, m = {p.width}", markers=True),
            Line("fw_same", "depth", "spread", SAME, "k²m, as many weights", markers=True),
        ),
        note="for k²m the sum of 1/width is bounded",
    )  # fmt: skip


# -- the Gaussian domain ------------------------------------------------------------------------


def _hermite() -> Figure:
    styles = {"relu": RELU, "abs": ABS, "erf": ERF}
    items: list[Item] = [
        Line(f"hermite_{name}", "degree", "square", style, ACTIVATIONS[name])
        for name, style in styles.items()
    ]
    items.append(Line("hermite_guide", "degree", "power", THEORY, "n^(−5/2)"))
    items.append(Points("hermite_relu_zero", "degree", "square", ZERO, "zero (ReLU)"))
    return Figure(
        "hermite",
        "Hermite coefficients of the activation",
        GAUSSIAN,
        Axis("degree", "n", log=True),
        Axis("squared coefficient", "cₙ²", log=True, view=(5e-18, 1.0)),
        items,
        note="crosses: exact zeros",
    )


def _series(p: Parameters) -> Figure:
    return Figure(
        "hermite-series",
        "Power series of the kernel in x·x′",
        GAUSSIAN,
        Axis("power", "n", log=True),
        Axis("coefficient", "bₙ", log=True, view=(5e-18, 2.0 * max(1, p.depth))),
        (
            Line("series_ntk", "degree", "square", RELU, f"NTK, L = {p.depth}"),
            Line("series_other", "degree", "mehler", MEHLER, "0.6ⁿ (Mehler)"),
            Line("series_other", "degree", "rbf", RBF, "RBF, lengthscale 1"),
            Points("series_ntk_zero", "degree", "square", ZERO, "zero"),
        ),
        note="on the unit sphere; sums of positive terms",
    )


def _operator(p: Parameters) -> Figure:
    return Figure(
        "gaussian-operator",
        "Eigenvalues on N(0, I)",
        GAUSSIAN,
        Axis("degree", "ℓ", log=True),
        Axis(EIGEN, "λ", log=True),
        (
            Line("operator_first", "degree", "eigenvalue", RELU, "NTK, first radial", markers=True),
            Line("operator_second", "degree", "eigenvalue", ABS, "NTK, second radial"),
            Line("operator_other", "degree", "mehler", MEHLER, "Mehler"),
            Line("operator_other", "degree", "rbf", RBF, "RBF"),
            Points("operator_zero", "degree", "eigenvalue", ZERO, "below rounding"),
        ),
        note=f"d = {p.dimension}; Mehler, RBF: on the line, scaled",
    )


def _mixing(p: Parameters, tables: Tables) -> Figure:
    row = row_of(tables, "operator_summary")
    note = "a Hermite function would be one dot at 1"
    if row is not None:
        note = f"‖[K, P]‖/‖KP‖ = {number(float(row['commutator']), 3)}; Mehler: 0"
    degrees = (0, 1) if p.dimension == 1 else tuple(MIXING)
    return Figure(
        "gaussian-mixing",
        "Hermite degrees in an eigenfunction",
        GAUSSIAN,
        Axis("Hermite degree", "n"),
        Axis("share", log=True, view=(1e-8, 1.5)),
        [
            Line(f"mixing_{degree}", "degree", "share", MIXING[degree], f"ℓ = {degree}",
                 markers=True)
            for degree in degrees
        ],
        note=note,
    )  # fmt: skip
