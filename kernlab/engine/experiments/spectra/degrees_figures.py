"""The figures of the view Eigenvalues, as specifications."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.figure import Axis, Figure, Item, Line, Mark, Points, Sheet, Style
from kernlab.engine.contract.text import brief, count, number
from kernlab.engine.experiments.spectra.bench import row_of
from kernlab.engine.experiments.spectra.degrees_spectrum import homogeneous, sphere_dimension
from kernlab.engine.experiments.spectra.parameters import Parameters

EIGENVALUES = "Eigenvalues"

STYLES = {
    "even": Style("trace1", "solid", "circle"),
    "odd": Style("trace2", "solid", "square"),
    "zeros": Style("trace5", "solid", "cross"),
    "cloud": Style("trace4", "solid", "diamond"),
    "nngp": Style("trace3", "dash", "triangle"),
}
LAW = Style("muted", "dash", width=1.4)
PUBLISHED = Style("text", "dot", width=1.6)
OTHER = Style("text", "dashdot", width=1.4)


def figures(p: Parameters, tables: Tables) -> Sequence[Figure | Sheet]:
    """Eigenvalues, local slopes, the constant against depth, kernel curves."""
    row = row_of(tables, "decay")
    return (_eigenvalues(p, row), _slopes(p, row), _depths(p), _curves(p))


def _axis(p: Parameters) -> Axis:
    return Axis("frequency", "|k|", log=True) if p.domain == "torus" else Axis(
        "degree", "ℓ", log=True)  # fmt: skip


def _parities(p: Parameters) -> tuple[str, str]:
    return ("even k, on an axis", "odd k") if p.domain == "torus" else ("even ℓ", "odd ℓ")


def _eigenvalues(p: Parameters, row: dict[str, float] | None) -> Figure:
    even, odd = _parities(p)
    items: list[Item] = []
    if p.domain == "torus" and p.dimension > 1:
        items.append(Points("torus_cloud", "place", "eigenvalue", STYLES["cloud"], "off the axes",
                            faint=True))  # fmt: skip
    items.append(Line("spectrum_even", "place", "eigenvalue", STYLES["even"], even))
    items.append(Line("spectrum_odd", "place", "eigenvalue", STYLES["odd"], odd))
    if homogeneous(p) and p.domain != "torus":
        items.append(Line("spectrum_even", "place", "law", LAW, "A(d) C± x^−d"))
        items.append(Line("spectrum_odd", "place", "law", LAW))
    if row is None or row["zeros"]:
        items.append(Points("spectrum_zeros", "place", "bottom", STYLES["zeros"], "exactly zero"))
    items += _window(p, row)
    symbol = {"torus": "μ_k", "gaussian": "dμ_ℓ" if homogeneous(p) else "μ_ℓ"}
    return Figure(
        "eigenvalues",
        "Eigenvalues against " + ("frequency" if p.domain == "torus" else "degree"),
        EIGENVALUES,
        _axis(p),
        Axis("eigenvalue", symbol.get(p.domain, "μ_ℓ"), log=True),
        items,
        note=_note(p, row),
    )


def _window(p: Parameters, row: dict[str, float] | None) -> list[Item]:
    """Marks at the ends of the frequencies that exponents are fitted to."""
    marks: list[Item] = []
    if row is None or p.activation == "erf":
        return marks
    onset = float(row["onset"])
    if onset < row["places"]:
        marks.append(Mark(x=onset, label="5L" if onset == 5 * p.depth else "fitted from here"))
    if p.domain == "torus" and onset < p.n_grid / 8:
        style = Style("muted", "dot", width=1.0)
        marks.append(Mark(x=p.n_grid / 8, label="N/8, aliasing beyond", style=style))
    return marks


def _note(p: Parameters, row: dict[str, float] | None) -> str:
    if p.domain == "gaussian" and not homogeneous(p):
        return "of the unit sphere: on N(0, I) degrees mix"
    if row is None:
        return ""
    hidden = int(row["hidden"])
    parts = [part for part in (_fit(row, "even"), _fit(row, "odd")) if part]
    if len(parts) == 2 and parts[0].split(": ")[1] == parts[1].split(": ")[1]:
        parts = [parts[0].split(": ")[1]]
    if p.activation == "erf":
        parts = ["exponential decay"]
    if hidden:
        parts.append(f"{count(hidden)} below the error bar")
    return "; ".join(parts)


def _fit(row: dict[str, float], name: str) -> str:
    if math.isnan(row[name]):
        return f"{name}: pre-asymptotic" if not _vanishes(row, name) else ""
    half = 0.5 * (row[f"{name}_high"] - row[f"{name}_low"])
    value = f"{row[name]:.{max(2, min(7, 1 - math.floor(math.log10(max(half, 1e-9)))))}f}"
    text = f"{name}: α = {value} ± {brief(half, 1)}"
    return text if row[f"{name}_settled"] else f"{text}, pre-asymptotic"


def _vanishes(row: dict[str, float], name: str) -> bool:
    return name == "odd" and row["zeros"] >= 0.4 * row["places"]


def _slopes(p: Parameters, row: dict[str, float] | None) -> Figure:
    even, odd = _parities(p)
    d = p.dimension + 1 if p.domain == "torus" else sphere_dimension(p)
    items: list[Item] = [
        Mark(y=-float(d), label="−(d+1)" if p.domain == "torus" else "−d"),
        Line("slopes_even", "place", "slope", STYLES["even"], even),
        Line("slopes_odd", "place", "slope", STYLES["odd"], odd),
    ]
    if p.domain != "torus" and p.activation != "erf":
        items.insert(1, Mark(y=-float(d + 1), label="−(d+1), published for L = 2",
                             style=Style("text", "dot", width=1.0)))  # fmt: skip
    items += _window(p, row)
    x = "x = |k|" if p.domain == "torus" else "x = ℓ + (d − 2)/2"
    note = f"in {x}"
    if p.activation == "erf":
        note += "; it falls without end"
    elif row is not None and not (row["even_settled"] or row["odd_settled"]):
        note += "; pre-asymptotic"
    return Figure(
        "slopes", "Local slopes", EIGENVALUES, _axis(p), Axis("d log μ / d log x"), items, note
    )


def _depths(p: Parameters) -> Figure:
    mark = Mark(x=float(p.depth), label=f"L = {p.depth}")
    if p.activation == "erf":
        return Figure(
            "depth-constants",
            "Exponential rate against depth",
            EIGENVALUES,
            Axis("depth", "L", log=True),
            Axis("rate", "y₊", log=True),
            (mark, Line("depth_constants", "depth", "rate", STYLES["even"], markers=True)),
            note="μ_ℓ ~ e^(−ℓ y₊), branch point u = cosh y₊",
        )
    items: list[Item] = [
        mark,
        Line("depth_constants", "depth", "law_even", LAW, "L(L−1)/2 · (1 ± c_L)"),
        Line("depth_constants", "depth", "law_odd", LAW),
        Points("depth_constants", "depth", "even", STYLES["even"], "even ℓ"),
        Points("depth_constants", "depth", "odd", STYLES["odd"], "odd ℓ"),
        Line("depth_constants", "depth", "over_trace", STYLES["nngp"], "mean / T(1)", markers=True),
    ]
    where = f" on S^{sphere_dimension(p) - 1}" if p.domain == "torus" else ""
    return Figure(
        "depth-constants",
        "Constant of the decay against depth",
        EIGENVALUES,
        Axis("depth", "L", log=True),
        Axis("constant", "C", log=True),
        items,
        note=f"C = lim μ_ℓ x^d / A(d){where}",
    )


def _curves(p: Parameters) -> Figure:
    items: list[Item] = [
        Line("kernel_curves", "angle", "ntk", STYLES["even"], f"NTK, L = {p.depth}"),
        Line("kernel_curves", "angle", "nngp", STYLES["nngp"], f"NNGP, L = {p.depth}"),
    ]
    if p.activation == "relu" and (p.depth > 2 or p.bias > 0.0):
        label = "NTK, L = 2" if p.bias == 0.0 else "NTK, L = 2, no bias"
        items.append(Line("kernel_curves", "angle", "two_layers", OTHER, label))
    if p.activation == "relu":
        items.append(
            Line("kernel_curves", "angle", "published", PUBLISHED, "published as NTK, L = 2")
        )
    return Figure(
        "kernel-curves",
        "Kernels against angle",
        EIGENVALUES,
        Axis("angle", "θ", "rad", view=(0.0, math.pi)),
        Axis("kernel / its value at θ = 0"),
        items,
        note="kink at θ = 0; published: the NNGP kernel"
        if p.activation == "relu"
        else f"bias {number(p.bias, 2)}",
    )
