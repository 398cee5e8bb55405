"""The figures of the attention-timing panel, as specifications."""

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
from kernlab.engine.experiments.attention_timing.errors import diverged
from kernlab.engine.experiments.attention_timing.estimates import KINDS, MOST_DRAWN, SMALL
from kernlab.engine.experiments.attention_timing.parameters import SHORT, Parameters, name_of
from kernlab.engine.experiments.attention_timing.sheets import sheets

OVERVIEW, TIMING, MATRIX, ESTIMATES = "Error and time", "Timing", "Matrix", "Estimates"

STYLES = {
    "naive": Style("text", "dash", "cross"),
    "fused": Style("trace1", "solid", "circle"),
    "favor": Style("trace2", "solid", "square"),
    "favor-centred": Style("trace2", "dash", "triangle"),
    "favor-chunked": Style("trace2", "dot", "diamond"),
    "nystrom": Style("trace3", "solid", "triangle"),
    "coreset": Style("trace4", "solid", "diamond"),
    "taylor": Style("trace5", "dashdot", "cross"),
    "mean": Style("muted", "dot", "circle"),
}
KIND_STYLES = {
    "positive": Style("trace2", "solid", "square"),
    "trigonometric": Style("trace4", "dash", "diamond"),
    "hyperbolic": Style("trace5", "dashdot", "triangle"),
}
FRONT = Style("muted", "longdash", width=1.2)
EXACT = Style("text", "solid", width=1.4)


def figures(p: Parameters, tables: Tables) -> Sequence[Figure | Sheet]:
    """Fifteen figures in four views, and two sheets."""
    return (
        _trade(p, tables),
        _errors(p, tables),
        _times(p, tables),
        _peaks(p, tables),
        _ratio(p),
        _samples(p, tables),
        _busy(p),
        *sheets(p, tables, TIMING),
        *_matrices(p, tables),
        _singular(p),
        _kernel(p, tables),
        _spread(p),
        _newton(p),
        _orthogonal(),
    )


def _lengths(p: Parameters) -> Axis:
    low, high = p.grid[0], p.grid[-1]
    return Axis("length", "n", log=True, view=(low / 1.2, high * 1.2))


def _lines(p: Parameters, table: str, *, band: bool, ending: str = "") -> list[Item]:
    items: list[Item] = []
    for name in p.methods if band else ():
        items.append(Band(table, "n", f"{name}_low", f"{name}_high", STYLES[name]))
    for name in p.methods:
        items.append(Line(table, "n", name + ending, STYLES[name], SHORT[name], markers=True))
    return items


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _machine(p: Parameters, tables: Tables) -> str:
    table = tables.get("machine")
    if table is None:
        return ""
    device, threads = str(table["device"][0]), int(table["threads"][0])
    load = brief(float(table["load_most"][0]), 2)
    cores = f"{threads} thread{'s' * (threads != 1)}"
    return device if p.device == "cuda" else f"{device}, {cores}, load {load}"


def _trade(p: Parameters, tables: Tables) -> Figure:
    table = tables.get("trade")
    n = "" if table is None else f" at n = {count(int(table['n'][0]))}"
    items: list[Item] = [Line("front", "seconds", "error", FRONT, "best trade-off")]
    items += [
        Line("trade", f"{name}_seconds", f"{name}_error", STYLES[name], SHORT[name], markers=True)
        for name in p.methods
    ]
    return Figure(
        "error-time",
        f"Error against time{n}",
        OVERVIEW,
        Axis("time", "t", "s", log=True),
        Axis("relative error", log=True),
        items,
        note=_joined("lower left is better", diverged(p, tables)),
        timing=True,
    )


def _errors(p: Parameters, tables: Tables) -> Figure:
    return Figure(
        "error-length",
        "Error against length",
        OVERVIEW,
        _lengths(p),
        Axis("relative error", log=True),
        _lines(p, "errors", band=True),
        note=_joined(diverged(p, tables), "against float64; bands: best and worst head"),
    )


def _times(p: Parameters, tables: Tables) -> Figure:
    return Figure(
        "time-length",
        "Time against length",
        OVERVIEW,
        _lengths(p),
        Axis("time", "t", "s", log=True),
        _lines(p, "times", band=True),
        note=_machine(p, tables),
        timing=True,
    )


def _peaks(p: Parameters, tables: Tables) -> Figure:
    items: list[Item] = [Mark(y=1000 * p.memory_limit, label="memory limit")]
    for name in p.methods:
        style = STYLES[name]
        thin = Style(style.role, "dot", style.marker, width=1.0)
        items.append(Line("peaks", "n", f"{name}_predicted", thin, markers=True))
    items += [
        Line("peaks", "n", name, STYLES[name], SHORT[name], markers=True) for name in p.methods
    ]
    return Figure(
        "memory-length",
        "Peak memory against length",
        OVERVIEW,
        _lengths(p),
        Axis("peak memory", unit="MB", log=True),
        items,
        note="in a process of its own; dotted: predicted",
    )


def _ratio(p: Parameters) -> Figure:
    return Figure(
        "ratio",
        f"Time over {SHORT[p.baseline]}'s",
        TIMING,
        _lengths(p),
        Axis("time / baseline", log=True),
        [Mark(y=1.0), *_lines(p, "ratios", band=True)],
        note=f"baseline: {SHORT[p.baseline]}; bands: quartiles",
        timing=True,
    )


def _samples(p: Parameters, tables: Tables) -> Figure:
    table = tables.get("samples")
    note = ""
    if table is not None:
        bad = int((table["marked"] == table["marked"]).sum())
        note = f"{bad} of {len(table)} disturbed, grey"
    items: list[Item] = [
        Points("samples", "place", "marked", Style("muted", marker="cross"), "disturbed")
    ]
    items += [Points("samples", "place", name, STYLES[name], SHORT[name]) for name in p.methods]
    return Figure(
        "samples",
        "Samples in the order of taking",
        TIMING,
        Axis("sample"),
        Axis("time / median"),
        items,
        note=note,
        timing=True,
    )


def _busy(p: Parameters) -> Figure:
    return Figure(
        "cpu",
        "Processors kept busy",
        TIMING,
        _lengths(p),
        Axis("CPU time / wall time"),
        [Mark(y=float(p.threads), label="threads"), *_lines(p, "ratios", band=False,
                                                            ending="_busy")],
        timing=True,
    )  # fmt: skip


def _matrices(p: Parameters, tables: Tables) -> tuple[Figure, ...]:
    table = tables.get("matrix_summary")
    about, note = "", ""
    if table is not None:
        about = f"first head, n = {int(table['n'][0])}"
        note = f"relative error {number(float(table['error'][0]), 3)}"
        if float(table["lowest"][0]) < -1e-12:
            note += "; has negative weights"
    name = name_of(p.shown)
    pictures = (
        ("matrix", "Attention matrix n·A", "exact", "n · weight", "sequential", about),
        ("approximation", f"{name}'s n·Ã", "value", "n · weight", "sequential", note),
        ("difference", "Difference n·(Ã − A)", "value", "n · difference", "diverging", ""),
    )
    return tuple(
        Figure(
            key,
            title,
            MATRIX,
            Axis("key", "j"),
            Axis("query", "i"),
            (Image(key, "key", "query", value, label, "diverging" if map_ == "diverging"
                   else "sequential"),),
            note=said,
        )
        for key, title, value, label, map_, said in pictures
    )  # fmt: skip


def _singular(p: Parameters) -> Figure:
    return Figure(
        "singular-values",
        "Singular values",
        MATRIX,
        Axis("index", "k"),
        Axis("singular value", "σ", log=True),
        (
            Line("singular", "index", "exact", EXACT, "A"),
            Line("singular", "index", "approximation", STYLES[p.shown], f"{SHORT[p.shown]}'s Ã"),
            Line("singular", "index", "landmarks", Style("trace5", "dash"), "landmark matrix W"),
        ),
        note="float64",
    )


def _features(p: Parameters) -> str:
    """Of how many features the estimates were drawn, where of fewer than asked for."""
    return f"drawn with {MOST_DRAWN} features, spread scaled" if p.m > MOST_DRAWN else ""


def _kernel(p: Parameters, tables: Tables) -> Figure:
    closed, drawn = tables.get("kernel"), tables.get("kernel_draws")
    draws = "" if closed is None or drawn is None else f"{len(drawn) // len(closed)} draws"
    items: list[Item] = [Mark(y=1.0)]
    for kind in KINDS:
        style = KIND_STYLES[kind]
        items.append(Band("kernel", "size", f"{kind}_low", f"{kind}_high", style))
        items.append(Points("kernel_draws", "size", kind, style, kind, faint=True))
    return Figure(
        "estimates",
        "Estimates of the kernel",
        ESTIMATES,
        Axis("size of the pair", "‖x + y‖²", log=True),
        Axis("estimate / exp(x·y)", view=(-1.0, 3.0)),
        items,
        note=_joined(draws, _features(p), "bands: closed form, 95 %"),
    )


def _spread(p: Parameters) -> Figure:
    items: list[Item] = [Mark(y=1.0, label="no information")]
    for kind in KINDS:
        style = KIND_STYLES[kind]
        items.append(Line("kernel", "size", kind, style, kind))
        items.append(Points("kernel", "size", f"{kind}_measured", style))
    return Figure(
        "variance",
        "Relative standard deviation",
        ESTIMATES,
        Axis("size of the pair", "‖x + y‖²", log=True),
        Axis("standard deviation / exp(x·y)", log=True),
        items,
        note=_joined("lines: closed form; dots: the draws", _features(p)),
    )


def _newton(p: Parameters) -> Figure:
    style = STYLES["nystrom"]
    return Figure(
        "newton-schulz",
        "Newton–Schulz steps",
        ESTIMATES,
        Axis("steps"),
        Axis("relative error", log=True),
        (
            Mark(x=float(p.iterations), label=f"{p.iterations} steps"),
            Line("newton", "steps", "error", style, "Nyström's output", markers=True),
            Line("newton", "steps", "exact_inverse", Style(style.role, "dash"), "with the true W⁺"),
            Line("newton", "steps", "inverse", Style("trace5", "dot"), "of W⁺ itself"),
        ),
        note=f"r = {p.landmarks}, first head, float64",
    )


def _orthogonal() -> Figure:
    items: list[Item] = [Mark(y=1.0)]
    for name, label, style in (
        ("haar", "Haar blocks", STYLES["favor"]),
        ("raw", "raw QR factor", Style("trace5", "dash", "cross")),
    ):
        items.append(Band("orthogonal", "norm", f"{name}_low", f"{name}_high", style))
        items.append(Line("orthogonal", "norm", name, style, label, markers=True))
    return Figure(
        "orthogonal",
        f"Orthogonal features, d = {SMALL}",
        ESTIMATES,
        Axis("norm", "‖x‖ = ‖y‖"),
        Axis("mean estimate / exp(x·y)"),
        items,
        note="bands: 95 % of the means",
    )
