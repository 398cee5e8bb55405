"""The figures of the views Sobolev training and Torus, as specifications."""

from __future__ import annotations

from collections.abc import Sequence

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.figure import (
    Axis,
    Band,
    Figure,
    Image,
    Item,
    Line,
    Mark,
    Points,
    Sheet,
    Style,
)
from kernlab.engine.contract.text import brief, count, number
from kernlab.engine.experiments.spectra.bench import raised, row_of
from kernlab.engine.experiments.spectra.parameters import (
    LARGEST_GRID,
    LARGEST_TORUS,
    SPHERE_FORMS,
    TORUS_FORMS,
    Parameters,
)

SOBOLEV, TORUS = "Sobolev", "Torus"

KERNEL = Style("muted", "solid")
COMPOSITE = Style("trace1")
OPERATOR = Style("trace4", "dash")
OTHER = Style("trace2", "dashdot")
TARGET = Style("muted", "dash")
SAMPLES = Style("trace5", marker="circle")
BEST = Style("trace3", "dash", width=1.4)
HERE = Style("text", width=1.4)
FORM_STYLES = (Style("trace1"), Style("trace2", "dashdot"), Style("trace5", "longdash"))
FREQUENCIES = (0, 1, 2, 3, 8, 32)
CURVES = len(FREQUENCIES)
FREQUENCY_STYLES = (
    Style("trace1"),
    Style("trace2"),
    Style("trace3"),
    Style("trace4", "dash"),
    Style("trace5", "dashdot"),
    Style("text", "longdash"),
)


def torus_grid(p: Parameters) -> tuple[int, int]:
    """Points along an axis, and dimension, of the torus shown; on other domains one beside it."""
    if p.domain == "torus":
        return p.n_grid, p.dimension
    dimension = min(p.dimension, LARGEST_TORUS - 1)
    return min(p.n_grid, int(LARGEST_GRID ** (1 / dimension))), dimension


def torus_form(p: Parameters) -> str:
    """The form of P_s on the torus shown."""
    return p.form if p.form in TORUS_FORMS else next(iter(TORUS_FORMS))


def followed(p: Parameters) -> tuple[int, ...]:
    """The degrees, or frequencies along an axis, whose learning is followed."""
    largest = p.n_grid // 2 if p.domain == "torus" else p.max_degree
    return tuple(k for k in FREQUENCIES if k <= largest)


def figures(p: Parameters, tables: Tables) -> Sequence[Figure | Sheet]:
    """Four figures in each of two views."""
    return (
        _composite(p, tables),
        _condition(p, tables),
        _curves(p),
        _function(p, tables),
        _image(p),
        _slices(p),
        _forms(p, tables),
        _raw(p, tables),
    )


def _frequency(p: Parameters) -> tuple[str, str]:
    return ("frequency", "1 + |k|") if p.domain == "torus" else ("degree", "1 + ℓ")


def _composite(p: Parameters, tables: Tables) -> Figure:
    items: list[Item] = [
        Band("composite", "place", "kernel_low", "kernel", KERNEL),
        Line("composite", "place", "kernel", KERNEL, "K"),
        Line("composite", "place", "multiplier", OPERATOR, "P_s"),
        Band("composite", "place", "composite_low", "composite", COMPOSITE),
        Line("composite", "place", "composite", COMPOSITE, "T_s = K P_s"),
    ]
    row = row_of(tables, "sobolev")
    if row is None or row["zeros"]:
        zeros = Style("trace5", marker="cross")
        items.append(Points("composite_zeros", "place", "bottom", zeros, "zeros, at the bottom"))
    return Figure(
        "composite",
        "Spectra of K, P_s and T_s",
        SOBOLEV,
        Axis(*_frequency(p), log=True),
        Axis("eigenvalue / largest", log=True),
        items,
        note=_spectrum_note(p, row),
    )


def _spectrum_note(p: Parameters, row: dict[str, float] | None) -> str:
    if row is not None and row["left_out"]:
        return f"{count(int(row['left_out']))} below the rounding, left out"
    if p.domain == "gaussian":
        if p.activation == "erf" or p.bias > 0.0:
            return "of the unit sphere: on N(0, I) degrees mix"
        return "of |x| Y_ℓ: d times the sphere's" if p.dimension > 1 else "of the circle: d = 2"
    return f"s = {brief(p.s)}, κ(T_s) = {number(row['condition'])}" if row is not None else ""


def _condition(p: Parameters, tables: Tables) -> Figure:
    row = row_of(tables, "sobolev")
    forms = TORUS_FORMS if p.domain == "torus" else SPHERE_FORMS
    items: list[Item] = [Mark(x=p.s, label="s", style=HERE)]
    view, note = None, ""
    if row is not None:
        best, lowest = float(row["best_s"]), float(row["best_condition"])
        if best <= 6.0:
            items.append(Mark(x=best, label="s*", style=BEST))
        highest = max(float(row["condition_without"]), 10.0 * lowest)
        view = (0.5 * lowest, 1e3 * highest)
        sign = "≥" if row["left_out"] else "="
        note = f"s* = {number(best)}: κ {sign} {number(lowest)}"
        without = f", {number(float(row['condition_without']), 3)} at s = 0"
        note += "; zeros left out" if row["zeros"] else without
    items += [
        Line("condition", "s", "condition", COMPOSITE, f"κ(T_s), {forms[p.form]}"),
        Line("condition", "s", "sobolev", OPERATOR, "κ(P_s)"),
    ]
    if p.domain != "torus":
        index = 1 - list(SPHERE_FORMS).index(p.form)
        label = f"κ(T_s), {list(SPHERE_FORMS.values())[index]}"
        items.append(Line("condition", "s", f"form_{index}", OTHER, label))
    return Figure(
        "condition-s",
        "Condition number of T_s against s",
        SOBOLEV,
        Axis("exponent", "s", view=(0.0, 6.0)),
        Axis("condition number", "κ", log=True, view=view),
        items,
        note=note,
    )


def _curves(p: Parameters) -> Figure:
    letter = "k" if p.domain == "torus" else "ℓ"
    items: list[Item] = [Mark(x=p.time, label="t", style=HERE)]
    items += [
        Line("learning_curves", "time", f"left_{i}", FREQUENCY_STYLES[i], f"{letter} = {k}")
        for i, k in enumerate(followed(p))
    ]
    return Figure(
        "learning",
        "Error left of each frequency",
        SOBOLEV,
        Axis("time", "t", log=True),
        Axis("error left", view=(-0.02, 1.05)),
        items,
        note=f"exp(−η λ t), η = {brief(p.learning_rate)}"
        + (", k along an axis" if p.domain == "torus" and p.dimension > 1 else ""),
    )


def _function(p: Parameters, tables: Tables) -> Figure:
    row = row_of(tables, "learning")
    note = f"t = {brief(p.time)}"
    if row is not None:
        note += f": {number(100 * float(row['error']), 3)} % "
        note += "missing" if row["points"] else "of its norm missing"
        if row["points"]:
            note += f", {number(100 * float(row['error_on_points']), 3)} % on the points"
        if row["beyond"]:
            note = f"t = {brief(p.time)}; {row['beyond']} coefficients too high, left out"
    if p.domain == "torus" and p.dimension > 1:
        limit = (-0.5, 0.5)
        return Figure(
            "function",
            "Function being learned",
            SOBOLEV,
            Axis("position", "x₁", view=limit),
            Axis("position", "x₂", view=limit),
            (Image("function_image", "x1", "x2", "learned", "learned so far"),),
            note=note,
        )
    x = Axis("position", "x") if p.domain == "torus" else Axis("angle", "θ", "°")
    column = "position" if p.domain == "torus" else "angle"
    items: list[Item] = [
        Line("function", column, "target", TARGET, "target"),
        Line("function", column, "learned", COMPOSITE, "learned so far"),
    ]
    if row is not None and row["points"]:
        label = f"by the matrices on {int(row['points'])} points"
        items.append(Points("function_points", column, "learned", SAMPLES, label))
    return Figure(
        "function",
        "Function being learned",
        SOBOLEV,
        x,
        Axis("value"),
        items,
        note=note,
    )


def _beside(p: Parameters) -> str:
    n, dimension = torus_grid(p)
    return f"𝕋{raised(dimension)}, N = {n}" + ("" if p.domain == "torus" else ", same network")


def _image(p: Parameters) -> Figure:
    _, dimension = torus_grid(p)
    one = dimension == 1
    rest = ", k₃ = 0" if dimension == 3 else ""
    items: list[Item] = [Image("torus_image", "across", "up", "value", "log₁₀ λ/λ_max")]
    if one and p.s <= 3.0:
        items.append(Mark(y=p.s, label="s", style=HERE))
    return Figure(
        "torus-spectrum",
        "Torus spectrum against s" if one else "Torus spectrum of T_s",
        TORUS,
        Axis("frequency", "k" if one else "k₁"),
        Axis("exponent", "s") if one else Axis("frequency", "k₂"),
        items,
        note=f"{_beside(p)}{rest}; blank: zero or rounding",
    )


def _slices(p: Parameters) -> Figure:
    slices = [("torus_axis", "along an axis", COMPOSITE)]
    if torus_grid(p)[1] > 1:
        slices.append(("torus_diagonal", "along the diagonal", Style("trace2", "dashdot")))
    items: list[Item] = []
    for table, label, style in slices:
        plain = Style("muted", style.dash)
        items.append(Line(table, "place", "kernel", plain, f"K {label}"))
        items.append(Line(table, "place", "composite", style, f"T_s {label}"))
    return Figure(
        "torus-slices",
        "Slices of the torus spectrum",
        TORUS,
        Axis("frequency", "1 + |k|", log=True),
        Axis("eigenvalue / largest of K", log=True),
        items,
        note=f"{_beside(p)}; the end: aliasing",
    )


def _forms(p: Parameters, tables: Tables) -> Figure:
    row = row_of(tables, "torus_best")
    items: list[Item] = [Mark(x=p.s, label="s", style=HERE)]
    note, view = _beside(p), None
    for index, name in enumerate(TORUS_FORMS.values()):
        style = FORM_STYLES[index]
        label = name
        if row is not None:
            best, lowest = float(row[f"best_s_{index}"]), float(row[f"best_condition_{index}"])
            label += f": κ = {number(lowest)} at {number(best)}"
            view = (1.0, 1e3 * max(10.0 * lowest, float(row["condition_without"])))
            if best <= 6.0:
                items.append(Mark(x=best, style=Style(style.role, "dot", width=1.0)))
        items.append(Line("torus_condition", "s", f"condition_{index}", style, label))
    return Figure(
        "torus-forms",
        "Three forms of P_s on the torus",
        TORUS,
        Axis("exponent", "s", view=(0.0, 3.0)),
        Axis("condition number", "κ(T_s)", log=True, view=view),
        items,
        note=note,
    )


def _raw(p: Parameters, tables: Tables) -> Figure:
    table = tables.get("torus_raw")
    note = "embedded, only the diagonal is left"
    if table is not None and table.grid is not None:
        import numpy as np

        from kernlab.engine.experiments.spectra.sobolev_spectra import off_diagonal

        share = off_diagonal(np.power(10.0, np.asarray(table["size"]).reshape(table.grid)))
        note = f"{number(100 * share, 3)} % off the diagonal; embedded: none"
    return Figure(
        "torus-raw",
        "Raw coordinates in Fourier",
        TORUS,
        Axis("frequency number"),
        Axis("frequency number"),
        (Image("torus_raw", "column", "row", "size", "log₁₀ |F K Fᴴ| / largest"),),
        note=note,
    )
