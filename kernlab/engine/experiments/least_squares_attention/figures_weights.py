"""The figures of the views Weights and Spectrum, as specifications."""

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
from kernlab.engine.experiments.least_squares_attention.parameters import MODES, Parameters
from kernlab.engine.experiments.least_squares_attention.styles import (
    HERE,
    RUNNING,
    SPECTRUM,
    STYLES,
    TARGET,
    WEIGHT,
    WEIGHTS,
    here,
    scalar,
)
from kernlab.engine.experiments.least_squares_attention.target import shortened

MARKED = 100
"""Components up to which each has a marker; more are drawn on a log axis."""


def weights_and_spectrum(p: Parameters, tables: Tables) -> Sequence[Figure | Sheet]:
    """Eight figures in two views, and a sheet."""
    return (
        _map(p, tables),
        _row(p, tables),
        _running(p, tables),
        _predictions(p, tables),
        _identities(),
        _eigenvalues(p, tables),
        _shrinkage(tables),
        _importance(tables),
        _condition(p),
    )


def _map(p: Parameters, tables: Tables) -> Figure:
    items: list[Item] = [Image("map", "train", "test", "shown", "weight w", "diverging")]
    row, column = (scalar(tables, "row_summary", name) for name in ("test_row", "train_row"))
    if row is not None and column is not None:
        items.append(Mark(column, row, "", HERE))
    return Figure(
        "map",
        "Weights of the training targets",
        WEIGHTS,
        Axis(f"training row j, {_ordered(p)}"),
        Axis(f"test row i, {_ordered(p)}"),
        items,
        note=_map_note(p, tables),
        click=("train_row", "test_row"),
    )


def _ordered(p: Parameters) -> str:
    if p.order == "target":
        return "by target"
    return "by x" if p.data == "simulated" else "by first component"


def _map_note(p: Parameters, tables: Tables) -> str:
    n = scalar(tables, "row_summary", "n")
    if n is None:
        return MODES[p.mode]
    preview = ", preview" if scalar(tables, "row_summary", "preview") else ""
    shown = tables["map"].grid if "map" in tables else None
    rows = f"n = {count(int(n))}"
    if shown is not None and shown[1] < n:
        rows = f"{shown[1]} of {count(int(n))} rows"
    return f"{MODES[p.mode]}, {rows}{preview}"


def _row(p: Parameters, tables: Tables) -> Figure:
    items: list[Item] = [
        Band("row", "rank", "zero", "weight", WEIGHT),
        Line("row", "rank", "weight", WEIGHT),
        Mark(y=0.0),
    ]
    rank, row = (scalar(tables, "row_summary", name) for name in ("watched_rank", "train_row"))
    note = ""
    if rank is not None and row is not None:
        items.append(Mark(x=rank, label=f"training row {int(row)}", style=HERE))
        weight = scalar(tables, "row_summary", "watched_weight")
        target = scalar(tables, "row_summary", "watched_target")
        note = f"row {int(row)}: w = {number(weight, 2)}, y = {brief(target or 0.0, 4)}"
    return Figure(
        "row",
        f"Sorted weights of test row {_test_row(p, tables)}",
        WEIGHTS,
        Axis("training rows, largest weight first"),
        Axis("weight", "w"),
        items,
        note=note,
    )


def _test_row(p: Parameters, tables: Tables) -> int:
    return int(scalar(tables, "row_summary", "test_row") or p.test_row)


def _running(p: Parameters, tables: Tables) -> Figure:
    items: list[Item] = [
        Points("row", "rank", "target", TARGET, "training targets", faint=True),
        Line("row", "rank", "running", RUNNING, "running sum of w · y"),
    ]
    prediction, target = (scalar(tables, "row_summary", name) for name in ("prediction", "target"))
    note = ""
    if prediction is not None and target is not None:
        items.append(Mark(y=prediction, label="prediction", style=HERE))
        note = f"prediction {number(prediction, 4)}, target {brief(target, 4)}"
    return Figure(
        "running",
        "Running sum to the prediction",
        WEIGHTS,
        Axis("training rows, largest weight first"),
        Axis("target", "y"),
        items,
        note=note,
    )


def _predictions(p: Parameters, tables: Tables) -> Figure:
    items: list[Item] = [
        Points("predictions", "target", "prediction", Style("trace1", marker="circle")),
        Line("predictions", "target", "target", Style("muted", "dash", width=1.2), "y = x"),
    ]
    prediction, target = (scalar(tables, "row_summary", name) for name in ("prediction", "target"))
    if prediction is not None and target is not None:
        items.append(Mark(target, prediction, "", HERE))
    named = f"target: {shortened(p.target_name)}; " if p.target_name else ""
    return Figure(
        "predictions",
        "Predictions against test targets",
        WEIGHTS,
        Axis("target", "y"),
        Axis("prediction", "ŷ"),
        items,
        note=f"{named}the cross is test row {_test_row(p, tables)}",
    )


def _identities() -> Sheet:
    return Sheet(
        "identities",
        "Identities, each checked by another computation",
        WEIGHTS,
        "identities",
        (
            Column("identity", "Identity"),
            Column("light", ""),
            Column("residual", "Residual", 2),
            Column("tolerance", "Allowed", 2),
        ),
        note="residual of the third: the share of negative weights",
    )


def _many(tables: Tables) -> bool:
    """Whether there are so many components that markers would hide them."""
    return len(tables.get("components", ())) > MARKED


def _component_axis(tables: Tables) -> Axis:
    return Axis("component", "k", log=_many(tables))


def _eigenvalues(p: Parameters, tables: Tables) -> Figure:
    style, marked = STYLES["corrected"], not _many(tables)
    items: list[Item] = [Line("components", "component", "eigenvalue", style, "μ", markers=marked)]
    if p.mode in ("ridge", "kernel-ridge"):
        items.append(Mark(y=p.ridge, label=f"λ = {brief(p.ridge)}", style=HERE))
    if p.mode == "pcr":
        items.append(Mark(x=float(p.rank), label=f"r = {p.rank}", style=HERE))
    kernel = p.mode == "kernel-ridge"
    return Figure(
        "eigenvalues",
        "Eigenvalues of the kernel matrix" if kernel else "Eigenvalues of the features",
        SPECTRUM,
        _component_axis(tables),
        Axis("eigenvalue", "μ", log=True),
        items,
        note="of K" if kernel else "of XᵀX, which XXᵀ shares",
    )


def _shrinkage(tables: Tables) -> Figure:
    return Figure(
        "shrinkage",
        "Shrinkage and spectrum of S = HHᵀ",
        SPECTRUM,
        _component_axis(tables),
        Axis("factor", view=(0.0, 1.05)),
        (
            Line("components", "component", "shrinkage", STYLES["corrected"], "μ/(μ+λ)"),
            Line("components", "component", "resonance", STYLES["variance"], "its square"),
            Points("resonance", "component", "measured", STYLES["measured"], "eig(S), from H"),
        ),
        note="without the intercept",
    )


def _importance(tables: Tables) -> Figure:
    published, corrected = STYLES["published"], STYLES["corrected"]
    marked = not _many(tables)
    return Figure(
        "importance",
        "Importance of a component",
        SPECTRUM,
        _component_axis(tables),
        Axis("share of the whole", log=True),
        (
            Line("components", "component", "with_target", corrected, "with the target",
                 markers=marked),
            Line("components", "component", "published", published, "published", markers=marked),
        ),
        note="∝ μ²/(μ+λ), and μ/(μ+λ)·(uᵀy)²",
    )  # fmt: skip


def _condition(p: Parameters) -> Figure:
    kernel = p.mode == "kernel-ridge"
    gram = "kernel matrix + λI" if kernel else "Gram matrix + λI, n × n"
    items: list[Item] = [*here(p)] if p.mode in ("ridge", "kernel-ridge") else []
    items.append(Line("conditions", "ridge", "dual", STYLES["published"], gram))
    if not kernel:
        style = STYLES["corrected"]
        items.append(Line("conditions", "ridge", "primal", style, "XᵀX + λI, p × p"))
    return Figure(
        "condition",
        "Condition number against λ",
        SPECTRUM,
        Axis("ridge", "λ", log=True),
        Axis("condition number", "κ", log=True),
        items,
        note="of K" if kernel else "n × n has μ_min = 0 if n > p",
    )
