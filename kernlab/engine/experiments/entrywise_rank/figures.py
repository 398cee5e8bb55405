"""The figures of the entrywise-rank panel, as specifications."""

from __future__ import annotations

from collections.abc import Sequence

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
from kernlab.engine.contract.text import brief, count, number
from kernlab.engine.experiments.entrywise_rank.bench import (
    DIMENSIONS,
    RANKS,
    SIZES,
    SWEEP_N,
    SWEEP_TENSOR,
    TENSOR_SIZES,
)
from kernlab.engine.experiments.entrywise_rank.parameters import SOLVERS, Parameters

SOLVE, DIMENSION, SIZE = "Solve", "Against m", "Against n and rank"

STYLES = {
    "ours": Style("trace1", "solid", "circle"),
    "published": Style("trace2", "solid", "square"),
    "svd": Style("trace3", "dash", "triangle"),
    "sketch": Style("trace4", "dashdot", "diamond"),
    "lower": Style("trace5", "solid", "cross"),
}
THEORY = Style("muted", "dash", width=1.4)
EXPLICIT = Style("text", "dashdot", width=1.4)
WELCH = Style("text", "dot", width=1.6)


def figures(p: Parameters, tables: Tables) -> Sequence[Figure | Sheet]:
    """Ten figures in three views, and a sheet."""
    return (
        _trace(p, "iteration"),
        _residual(p, tables),
        _singular(p),
        _trace(p, "seconds"),
        _sheet(p),
        _against_m(p, "", "max|F|"),
        _against_m(p, "_constant", "the best constant's"),
        _required(p, "m"),
        _against(p, "sizes", "n"),
        _against(p, "ranks", "r"),
        _required(p, "n"),
    )


def _solvers(p: Parameters) -> list[str]:
    return [name for name in SOLVERS if name in p.solver and not (
        name == "sketch" and p.order == "3")]  # fmt: skip


def _trace(p: Parameters, x: str) -> Figure:
    timing = x == "seconds"
    items: list[Item] = []
    names = _solvers(p) or ["svd"]
    for name in ("ours", "published"):
        if name in names:
            label = SOLVERS[name]
            items.append(Line(f"trace_{name}", x, "error", STYLES[name], label))
    if not timing:
        items += [Line("levels", x, name, STYLES[name], SOLVERS[name])
                  for name in ("svd", "sketch") if name in names]  # fmt: skip
        items.append(Line("trace_bound", x, "bound", STYLES["lower"], "proven lower bound"))
    elif not items:
        items.append(Line("trace_ours", x, "error", STYLES["ours"]))
    axis = Axis("time", unit="s", log=True) if timing else Axis("iteration", log=True)
    return Figure(
        "error-time" if timing else "error",
        "Error against time" if timing else "Error against iteration",
        SOLVE,
        axis,
        Axis("largest error / max|F|"),
        items,
        note="the smallest error so far" if timing
        else "the bound has iterations of its own",
        timing=timing,
    )  # fmt: skip


def _residual(p: Parameters, tables: Tables) -> Figure:
    summary = tables.get("residual_summary")
    rows, columns = p.shape
    if summary is not None:
        rows, columns = (int(summary[name][0]) for name in ("rows", "columns"))
    return Figure(
        "residual",
        "Residual F − G" if p.order == "2" else "Residual, its middle slice",
        SOLVE,
        Axis("column", "j", view=(0.5, columns + 0.5)),
        Axis("row", "i", view=(0.5, rows + 0.5)),
        (
            Image("residual", "column", "row", "residual", "residual / max|F|", "diverging"),
            Points("clipped", "column", "row", Style("text"), "", faint=True),
        ),
        note=_residual_note(p, tables),
    )


def _residual_note(p: Parameters, tables: Tables) -> str:
    table = tables.get("residual_summary")
    if table is None:
        return ""
    other = " and other points of the same law" if table["rotated"][0] else ""
    if int(table["rows"][0]) != p.shape[0]:
        return f"preview with n = {int(table['rows'][0])}{other}"
    if other:
        return f"preview with{other.removeprefix(' and')}"
    clipped, shown, block = (int(table[name][0]) for name in ("clipped", "shown", "block"))
    note = f"{count(clipped)} entries are nearly the largest"
    note += ", dotted" if shown == clipped else f", {count(shown)} dotted"
    return note if block == 1 else f"{note}; a cell is {block} × {block} entries"


def _singular(p: Parameters) -> Figure:
    return Figure(
        "singular-values",
        "Singular values" if p.order == "2" else "Singular values of the first unfolding",
        SOLVE,
        Axis("index", "k", log=True),
        Axis("singular value", "σ", log=True),
        (
            Mark(x=float(p.rank), label=f"r = {p.rank}"),
            Line("singular", "index", "matrix", Style("muted"), "F"),
            Line("singular", "index", "approximation", STYLES["ours"], "the approximation"),
        ),
    )


def _sheet(p: Parameters) -> Sheet:
    return Sheet(
        "solvers",
        "Solvers",
        SOLVE,
        "solvers",
        (
            Column("solver", "Solver"),
            Column("error", "Largest error"),
            Column("relative", "/ max|F|"),
            Column("constant", "/ best constant"),
            Column("lower", "Proven ≥", 3),
            Column("gauge", "Upper / lower", 3),
            Column("iterations", "Iterations"),
            Column("seconds", "Seconds", 2),
        ),
        note="proven ≥: no approximation of this rank is below, relative to max|F|",
    )


def _curves(p: Parameters, table: str, x: str, end: str = "") -> list[Item]:
    items: list[Item] = []
    for name in ("svd", "published", "ours"):
        if name == "published" and name not in p.solver:
            continue
        style = STYLES[name]
        low, high = f"{name}{end}_low", f"{name}{end}_high"
        items.append(Band(table, x, low, high, style))
        items.append(Line(table, x, f"{name}{end}", style, SOLVERS[name], markers=True))
    lower = Line(table, x, f"lower{end}", STYLES["lower"], "proven lower bound", markers=True)
    return [*items, lower]


def _against_m(p: Parameters, end: str, what: str) -> Figure:
    marks: list[Item] = [Mark(x=float(p.m), label=f"m = {p.m}")]
    limit = Line("dimension", "m", f"limit{end}", WELCH, "no better as m → ∞")
    limited = p.sampling == "symmetric" and p.function in ("gaussian", "quartic", "identity")
    return Figure(
        f"against-m{end.replace('_', '-')}",
        f"Error against m, over {what}",
        DIMENSION,
        Axis("dimension", "m", log=True, view=(DIMENSIONS[0] / 1.2, DIMENSIONS[-1] * 1.2)),
        Axis("error / max|F|" if not end else "error / best constant error"),
        (*marks, *_curves(p, "dimension", "m", end), *([limit] if limited else ())),
        note=_sweep_note(p, f"r = {min(p.rank, sweep_n(p) - 1)}"),
    )


def sweep_n(p: Parameters) -> int:
    """Rows of the arrays of a sweep over m or r."""
    return min(p.size, SWEEP_TENSOR if p.order == "3" else SWEEP_N)


def _sweep_note(p: Parameters, fixed: str, *, sized: bool = True) -> str:
    size = f"n = {sweep_n(p)}, " if sized else ""
    draws = "draw" if p.repeats == 1 else "draws, median, range"
    return f"{size}{fixed}; {p.repeats} {draws}"


def _required(p: Parameters, x: str) -> Figure:
    table, view, name = ("required", DIMENSION, "dimension") if x == "m" else (
        "required_n", SIZE, "size")  # fmt: skip
    sizes = TENSOR_SIZES if p.order == "3" else SIZES
    ends = (DIMENSIONS[0], DIMENSIONS[-1]) if x == "m" else (sizes[0], sizes[-1])
    own = p.m if x == "m" else p.size
    marks = [Mark(x=float(own), label=f"{x} = {own}")] if ends[0] <= own <= ends[1] else []
    return Figure(
        "required-rank" if x == "m" else "required-rank-n",
        f"Rank needed for an error of {brief(p.target_error)} · max|F|",
        view,
        Axis(name, x, log=True, view=(ends[0] / 1.2, ends[1] * 1.2)),
        Axis("rank", "r", log=True),
        (
            *marks,
            Band(table, x, "proved", "found", STYLES["ours"]),
            Line(table, x, "found", STYLES["ours"], "found to suffice", markers=True),
            Line(table, x, "proved", STYLES["lower"], "proved to need", markers=True),
        ),
        note=(f"n = {sweep_n(p)}" if x == "m" else f"m = {p.m}")
        + ", one draw; the truth lies between",
    )


def _against(p: Parameters, table: str, x: str) -> Figure:
    own, name = (p.size, "size") if x == "n" else (p.rank, "rank")
    sizes = TENSOR_SIZES if p.order == "3" else SIZES
    grid = sizes if x == "n" else [r for r in RANKS if r <= 0.8 * sweep_n(p)]
    items: list[Item] = []
    if grid[0] <= own <= grid[-1]:
        items.append(Mark(x=float(own), label=f"{x} = {own}"))
    items += _curves(p, table, x)
    rate = "∝ √(log n)" if x == "n" else "∝ 1/√r"
    items.append(Line(table, x, "rate", THEORY, rate))
    items.append(Line(table, x, "bound", EXPLICIT, "explicit bound"))
    if p.function == "identity":
        items.append(Line(table, x, "welch", WELCH, "Welch's bound"))
    fixed = f"r = {p.rank}, m = {p.m}" if x == "n" else f"m = {p.m}"
    return Figure(
        f"against-{x}",
        f"Error against {'n' if x == 'n' else 'rank'}",
        SIZE,
        Axis(name, x, log=True, view=(grid[0] / 1.2, grid[-1] * 1.2)),
        Axis("error / max|F|", log=True),
        items,
        note=_sweep_note(p, fixed, sized=x != "n"),
    )


def bracket(tables: Tables) -> tuple[str, float, float, float] | None:
    """The first solver with its relative error, the relative lower bound, and the gauge."""
    table = tables.get("solvers")
    if table is None or not len(table):
        return None
    values = (float(table[name][0]) for name in ("relative", "lower", "gauge"))
    return str(table["solver"][0]), *values  # type: ignore[return-value]


def answer(p: Parameters, tables: Tables) -> str:
    """How low the error is, and how far that is from what is possible at all."""
    table, found = tables.get("solvers"), bracket(tables)
    if table is None or found is None:
        return _swept(p, tables)
    name, error, lower, gauge = found
    text = f"{name}, rank {p.rank} of {p.size}: error **{number(error, 3)}** · max|F|"
    keys = list(table["key"])
    if "svd" in keys and keys[0] != "svd":
        svd = float(table["relative"][keys.index("svd")])
        text += f" (SVD {number(svd, 3)})"
    if gauge == gauge and lower > 0:
        text += f"; proven ≥ {number(lower, 3)}, so within **{number(gauge, 3)}×** of the best"
    return text + "."


def _swept(p: Parameters, tables: Tables) -> str:
    table = tables.get("dimension")
    if table is not None:
        known = [(float(m), float(e), float(c)) for m, e, c in zip(
            table["m"], table["ours"], table["ours_constant"], strict=True) if e == e]  # fmt: skip
        if known:
            (low, e0, c0), (high, e1, c1) = known[0], known[-1]
            return (
                f"From m = {number(low)} to {number(high)} the error goes from "
                f"{number(e0, 2)} to **{number(e1, 2)}** · max|F|, and from {number(c0, 2)} to "
                f"**{number(c1, 2)}** of the best constant matrix's."
            )
    table = tables.get("ranks")
    if table is not None:
        known = [(float(r), float(e), 0.0) for r, e in zip(table["r"], table["ours"], strict=True)
                 if e == e]  # fmt: skip
        if known:
            return (
                f"Rank {number(known[0][0])} leaves an error of {number(known[0][1], 2)} · max|F|, "
                f"rank {number(known[-1][0])} one of **{number(known[-1][1], 2)}**."
            )
    return ""
