"""The figures of the views Choice, Heads and Simulation, as specifications."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

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
from kernlab.engine.experiments.least_squares_attention.parameters import Parameters
from kernlab.engine.experiments.least_squares_attention.styles import (
    CHOICE,
    HEADS,
    HERE,
    SIMULATION,
    STYLES,
    WHOLE,
    here,
    path_axis,
    scalar,
)


def choice_to_simulation(p: Parameters, tables: Tables) -> Sequence[Figure | Sheet]:
    """Eight figures in three views, and two sheets."""
    return (
        _criteria(p, tables),
        _dof(p),
        _optima(p),
        _heads(p, tables),
        _stack(p),
        _head_counts(p),
        _ways(),
        _decomposition(p, tables),
        _rates(p, tables),
        _rate_ridge(),
    )


def _path_note(p: Parameters, tables: Tables) -> str:
    if p.mode == "ols":
        return "least squares: the left end, λ = 0"
    n = scalar(tables, "chosen", "n")
    if p.mode in ("softmax", "pcr") or n is None:
        return "dots: the optima"
    return f"dots: the optima; λ/n = {brief(p.ridge / n)}"


def _criteria(p: Parameters, tables: Tables) -> Figure:
    items: list[Item] = here(p)
    style = STYLES["held_out"]
    items.append(Band("path", "value", "held_out_low", "held_out_high", style))
    for name, label in (("held_out", "held-out error ± s.e."), ("loo", "leave-one-out, exact"),
                        ("gcv", "GCV")):  # fmt: skip
        items.append(Line("path", "value", name, STYLES[name], label))
    for name in ("held_out", "loo", "gcv"):
        items.append(Points(f"best_{name}", "value", "score", STYLES[name], ""))
    return Figure(
        "criteria",
        "Criteria, and what comes out",
        CHOICE,
        path_axis(p),
        Axis("mean squared error"),
        items,
        note=_path_note(p, tables),
    )


def _dof_note(p: Parameters) -> str:
    if p.mode == "softmax":
        return "of the matrix of weights"
    return "the intercept counts as one" if p.intercept else "no intercept"


def _dof(p: Parameters) -> Figure:
    return Figure(
        "dof",
        "Effective degrees of freedom",
        CHOICE,
        path_axis(p),
        Axis("degrees of freedom"),
        (
            *here(p),
            Line("path", "value", "dof", STYLES["corrected"], "tr H"),
            Line("path", "value", "variance_dof", STYLES["variance"], "‖H‖² = tr S"),
        ),
        note=_dof_note(p),
    )


def _optima(p: Parameters) -> Sheet:
    symbol = path_axis(p).symbol
    ridge = p.mode in ("ols", "ridge", "kernel-ridge")
    return Sheet(
        "optima",
        "Where each criterion is least",
        CHOICE,
        "optima",
        (
            Column("criterion", "Criterion"),
            Column("value", symbol, 3),
            *((Column("per_row", "λ/n", 3),) if ridge else ()),
            Column("score", "Its least value"),
            Column("dof", "tr H", 4),
            Column("loo_rmse", "Leave-one-out RMSE"),
            Column("rmse", "Held-out RMSE"),
        ),
        note="λ: ‖y − Xb‖² + λ‖b‖²; λ/n: the same with a loss divided by n" if ridge else "",
    )


def _head_note(tables: Tables) -> str:
    n = scalar(tables, "ways", "n")
    rows = "" if n is None else f", n = {count(int(n))}"
    return f"± s.e.{rows}"


def _head_axis(p: Parameters) -> Axis:
    names = tuple(str(head + 1) for head in range(p.heads))
    return Axis("head", view=(-0.5, p.heads - 0.5), names=names)


def _heads(p: Parameters, tables: Tables) -> Figure:
    names = (("best", "best head"), ("average", "average"), ("stacked", "stack"))
    return Figure(
        "heads",
        f"Held-out error of {p.heads} head{'s' * (p.heads > 1)}",
        HEADS,
        _head_axis(p),
        Axis("root mean squared error"),
        (
            Line("levels", "head", "whole", WHOLE, "all features, one model"),
            *(Line("levels", "head", name, STYLES[name], label) for name, label in names),
            Line("head_bars", "head", "interval", Style("text", width=1.2)),
            Points("heads", "head", "rmse", Style("text", marker="circle"), "a head"),
        ),
        note=_head_note(tables),
    )


def _stack(p: Parameters) -> Figure:
    return Figure(
        "stack",
        "What W_O makes of the heads",
        HEADS,
        _head_axis(p),
        Axis("weight of a head"),
        (
            Line("levels", "head", "equal", STYLES["average"], "average, 1/h"),
            Line("levels", "head", "none", Style("muted", "dot", width=1.0)),
            Line("head_bars", "head", "weight", STYLES["stacked"]),
            Points("heads", "head", "weight", STYLES["stacked"], "stack"),
        ),
        note="from leave-one-out predictions",
    )


def _head_counts(p: Parameters) -> Figure:
    items: list[Item] = [Mark(x=float(p.heads), label=f"h = {p.heads}", style=HERE)]
    names = (("best", "best head"), ("average", "average"), ("stacked", "stack"))
    for name, label in names:
        style = STYLES[name]
        items.append(Band("head_counts", "heads", f"{name}_low", f"{name}_high", style))
        items.append(Line("head_counts", "heads", name, style, label, markers=True))
    return Figure(
        "head-counts",
        "Held-out error against the number of heads",
        HEADS,
        Axis("heads", "h"),
        Axis("root mean squared error"),
        items,
        note="median and range of five draws",
    )


def _ways() -> Sheet:
    return Sheet(
        "ways",
        "Best, average, stack",
        HEADS,
        "ways",
        (
            Column("way", "Prediction"),
            Column("rmse", "Held-out RMSE"),
            Column("error", "± s.e.", 2),
        ),
    )


def _decomposition(p: Parameters, tables: Tables) -> Figure:
    parts = (("bias", "bias²"), ("variance", "variance"), ("noise", "noise σ²"), ("total", "sum"))
    return Figure(
        "decomposition",
        "Bias, variance and noise",
        SIMULATION,
        path_axis(p),
        Axis("mean squared error", log=True, view=_risk_view(tables)),
        (
            *here(p),
            *(Line("decomposition", "value", name, STYLES[name], label) for name, label in parts),
            Points("risks", "value", "risk", STYLES["measured"], "risk, simulated"),
        ),
        note="σ is given" if p.data == "simulated" else "truth: the fit at the best GCV",
    )


def _risk_view(tables: Tables) -> tuple[float, float] | None:
    """From a little below the least variance; the bias goes on far below it."""
    table = tables.get("decomposition")
    if table is None or not np.nanmax(table["total"], initial=0.0) > 0:
        return None
    low, high = float(np.nanmin(table["variance"])), float(np.nanmax(table["total"]))
    low = max(low, 1e-6 * high)
    exponents = math.floor(math.log10(low) - 0.5), math.ceil(math.log10(high) + 0.1)
    return 10.0 ** exponents[0], 10.0 ** exponents[1]


def _rates(p: Parameters, tables: Tables) -> Figure:
    fitted = "fitted"
    exponent, low, high = (scalar(tables, "rate", name) for name in ("exponent", "low", "high"))
    note = f"simulated in Hˢ, s = {brief(p.smoothness)}, σ = {brief(p.noise)}"
    if exponent is not None:
        note = f"95 %: {number(low, 3)} to {number(high, 3)}"
        fitted += f" n^−{number(exponent, 3)}"
    predicted = 2 * p.smoothness / (2 * p.smoothness + 1)
    return Figure(
        "rates",
        "Error of kernel ridge in Hˢ against n",
        SIMULATION,
        Axis("rows", "n", log=True),
        Axis("squared L² error", log=True),
        (
            Band("rates", "n", "low", "high", STYLES["corrected"]),
            Line("rates", "n", "predicted", STYLES["published"],
                 f"∝ n^−{number(predicted, 3)}"),
            Line("rates", "n", "fitted", Style("trace3", "dot"), fitted),
            Line("rates", "n", "error", Style("trace1", "solid", "circle"), "at the best λ",
                 markers=True),
        ),
        note=note,
    )  # fmt: skip


def _rate_ridge() -> Figure:
    return Figure(
        "rate-ridge",
        "The best λ against n",
        SIMULATION,
        Axis("rows", "n", log=True),
        Axis("λ of a loss divided by n", log=True),
        (
            Line("rates", "n", "ridge_predicted", STYLES["published"], "∝ n^(−2s/(2s+1))"),
            Line("rates", "n", "ridge", Style("trace1", "solid", "circle"), "found",
                 markers=True),
        ),
        note="n times it is the λ of this panel",
    )  # fmt: skip
