"""The figures of the gapped-sine panel, as specifications."""

from __future__ import annotations

import math
from collections.abc import Sequence

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
    Region,
    Sheet,
    Style,
)
from kernlab.engine.contract.text import brief, count, number
from kernlab.engine.experiments.gapped_sine.parameters import (
    METHODS,
    Parameters,
    approximations,
    suffix,
)
from kernlab.engine.experiments.gapped_sine.stages import (
    KERNEL_KINDS,
    SWEEP,
    SWEEP_DRAWS,
    swept,
)

POSTERIOR, FEATURES, EVIDENCE = "Posterior", "Features", "Evidence"

STYLES = {
    "exact": Style("trace1"),
    "krr": Style("trace1", "dash", "cross"),
    "iid": Style("trace2", "solid", "circle"),
    "orthogonal": Style("trace5", "solid", "diamond"),
    "unit": Style("trace5", "dash", "triangle"),
    "qr-vector": Style("trace5", "dot", "cross"),
    "halton": Style("trace3", "dash", "diamond"),
    "gauss-hermite": Style("trace3", "solid", "square"),
    "nystrom-sor": Style("trace4", "dot", "triangle"),
    "nystrom-dtc": Style("trace4", "dashdot", "cross"),
}
TRUTH = Style("muted", "dash", width=1.2)
HERE = Style("text", width=1.4)
KERNEL_STYLES = {
    "iid": STYLES["iid"],
    "orthogonal": STYLES["orthogonal"],
    "structured": Style("trace4", "dashdot", "triangle"),
}


def figures(p: Parameters, tables: Tables) -> Sequence[Figure | Sheet]:
    """Ten figures in three views."""
    x = _x_axis(p, tables)
    gap = _gap_region(p, tables)
    return (
        _posterior(p, tables, x, gap),
        _ratio(p, tables, x, gap),
        _methods(),
        _sweep(p, "error", "Error of the mean against features", tables),
        _sweep(p, "rho", "Variance kept in the gap against features", tables),
        _kernel_error(p),
        _kernel_profile(p),
        _map(p, "log_evidence", "Log evidence", tables),
        _map(p, "gcv", "Generalized cross-validation", tables),
        _spectrum(p),
    )


def _posterior(p: Parameters, tables: Tables, x: Axis, gap: list[Item]) -> Figure:
    sample = Points("sample", "x", "y", Style("muted"), "data", faint=True)
    bands = [
        Band("posterior", "x", f"low{suffix(name)}", f"high{suffix(name)}", STYLES[name])
        for name in p.methods
        if name != "krr"
    ]
    lines = [
        Line("posterior", "x", f"mean{suffix(name)}", STYLES[name], _label(name, p, tables))
        for name in p.methods
    ]
    truth = [] if p.dataset == "file" else [Line("posterior", "x", "truth", TRUTH, "sin x")]
    return Figure(
        "posterior",
        "Posterior mean and 95 % band",
        POSTERIOR,
        x,
        Axis("f(x)", view=_calm_view(tables)),
        (*gap, *bands, sample, *truth, *lines),
        note=_sample_note(tables),
    )


def _ratio(p: Parameters, tables: Tables, x: Axis, gap: list[Item]) -> Figure:
    names = [name for name in p.methods if name != "krr"]
    shares = _rho_by_method(tables)
    lines = [
        Line(
            "posterior",
            "x",
            f"ratio{suffix(name)}",
            STYLES[name],
            f"{METHODS[name]}, ρ = {number(shares[name], 2)}"
            if name != "exact" and name in shares
            else METHODS[name],
        )
        for name in names
    ]
    return Figure(
        "ratio",
        "Standard deviation over the exact one",
        POSTERIOR,
        x,
        Axis("sd / exact sd"),
        (*gap, Mark(y=0.0, style=Style("grid", "solid", width=1.0)), *lines),
    )


def _methods() -> Sheet:
    return Sheet(
        "methods",
        "Methods",
        POSTERIOR,
        "methods",
        (
            Column("method", "Method"),
            Column("features", "Features"),
            Column("mse", "MSE"),
            Column("error", "± error", 1),
            Column("fit", "Fit", 2),
            Column("predict", "Predict", 2),
            Column("condition", "Condition number", 5),
            Column("rho", "ρ gap", 3),
        ),
        note="MSE on held-out points; fit from the condensed data",
    )


def _sweep(p: Parameters, what: str, title: str, tables: Tables) -> Figure:
    items: list[Item] = []
    for name in swept(p):
        column = f"{what}{suffix(name)}"
        low, high = f"{what}_low{suffix(name)}", f"{what}_high{suffix(name)}"
        items.append(Band("sweep", "features", low, high, STYLES[name]))
        items.append(Line("sweep", "features", column, STYLES[name], METHODS[name], markers=True))
    marks = [Mark(x=2 * p.m, label=f"D = {2 * p.m}")] if 4 <= 2 * p.m <= 512 else []
    y = (
        Axis("RMSE against the exact mean", log=True)
        if what == "error"
        else Axis("variance in the gap / exact", "ρ")
    )
    return Figure(
        f"sweep-{what}",
        title,
        FEATURES,
        Axis("features", "D", log=True, view=(2 * SWEEP[0] / 1.1, 2 * SWEEP[-1] * 1.1)),
        y,
        (*marks, *items),
        note=f"median and range of {SWEEP_DRAWS} draws",
    )


def _kernel_error(p: Parameters) -> Figure:
    items: list[Item] = [Mark(x=p.dimension, label=f"d = {p.dimension}")]
    for kind, label in KERNEL_KINDS.items():
        low, high = f"low_{kind}", f"high_{kind}"
        items.append(Band("kernel_error", "d", low, high, KERNEL_STYLES[kind]))
        items.append(Line("kernel_error", "d", kind, KERNEL_STYLES[kind], label, markers=True))
    return Figure(
        "kernel-error",
        "Error of the kernel against dimension",
        FEATURES,
        Axis("dimension", "d", log=True, view=(0.9, 18)),
        Axis("RMSE of the kernel"),
        items,
        note=f"m = {p.m}, ± 2 standard errors",
    )


def _kernel_profile(p: Parameters) -> Figure:
    lines = [
        Line("kernel_profile", "distance", kind, KERNEL_STYLES[kind], label)
        for kind, label in KERNEL_KINDS.items()
    ]
    theory = Line("kernel_profile", "distance", "theory", TRUTH, "i.i.d., closed form")
    return Figure(
        "kernel-profile",
        "Error of the kernel against distance",
        FEATURES,
        Axis("distance / lengthscale"),
        Axis("RMSE of the kernel"),
        (*lines, theory),
        note=f"m = {p.m}, d = {p.dimension}",
    )


def _map(p: Parameters, what: str, title: str, tables: Tables) -> Figure:
    label = {
        "log_evidence": "per point, against the best",
        "gcv": "log10 of GCV over the best",
    }[what]
    best = _best(tables, what)
    marks: list[Item] = [Mark(p.lengthscale, p.ridge, "here", HERE)]
    if best:
        marks.append(Mark(*best, "best", Style("accent", width=1.4)))
    return Figure(
        f"map-{what.replace('_', '-')}",
        title,
        EVIDENCE,
        Axis("lengthscale", "σ", "rad", log=True, view=(0.1, 10)),
        Axis("ridge", "α", log=True, view=(1e-6, 1)),
        (Image("evidence", "lengthscale", "ridge", f"{what}_shown", label), *marks),
        note="colours clipped",
        click=("lengthscale", "ridge"),
    )


def _spectrum(p: Parameters) -> Figure:
    names = ["exact", *approximations(p)]
    lines = [
        Line("spectrum", "index", name.replace("-", "_"), STYLES[name], label, markers=False)
        for name, label in ((name, METHODS[name]) for name in names)
    ]
    return Figure(
        "spectrum",
        "Eigenvalues of K and of ZᵀZ",
        EVIDENCE,
        Axis("index", "i"),
        Axis("eigenvalue", "λ", log=True),
        (*lines, Mark(y=p.ridge, label=f"ridge α = {brief(p.ridge)}")),
        note="eigenvalues below the rounding error are not shown",
    )


def _gap_region(p: Parameters, tables: Tables) -> list[Item]:
    table = tables.get("data")
    if table is None or not np.isfinite(table["gap_left"][0]):
        return []
    return [Region(float(table["gap_left"][0]), float(table["gap_right"][0]), "gap")]


def _calm_view(tables: Tables) -> tuple[float, float] | None:
    """The exact band and the data with room to spare; a method far off leaves the picture."""
    posterior, sample = tables.get("posterior"), tables.get("sample")
    if posterior is None or sample is None or "low" not in posterior.columns:
        return None
    low = min(posterior["low"].min(), sample["y"].min())
    high = max(posterior["high"].max(), sample["y"].max())
    room = 0.3 * (high - low)
    return quantised((float(low - room), float(high + room)))


def _sample_note(tables: Tables) -> str:
    table = tables.get("data")
    if table is None:
        return ""
    drawn, kept, wanted = (int(table[name][0]) for name in ("drawn", "n", "wanted"))
    note = f"{count(drawn)} of {count(kept)} points drawn" if drawn < kept else f"n = {count(kept)}"
    standin = int(table["used"][0])
    return note if standin == wanted else f"{note}; preview with n = {count(standin)}"


def _x_axis(p: Parameters, tables: Tables) -> Axis:
    table = tables.get("posterior")
    unit = "" if p.dataset == "file" else "rad"
    if table is None:
        return Axis("x", unit=unit)
    left, right = float(table["x"][0]), float(table["x"][-1])
    room = 0.02 * (right - left)
    return Axis("x", unit=unit, view=(left - room, right + room))


def nodes_needed(p: Parameters, tables: Tables) -> int:
    """Gauss–Hermite nodes below which the kernel repeats itself within the domain: r²/4."""
    table = tables.get("posterior")
    reach = float(table["x"][-1] - table["x"][0]) / p.lengthscale if table is not None else 0.0
    return math.ceil(reach**2 / 4)


def aliased(p: Parameters, tables: Tables) -> bool:
    return p.m < nodes_needed(p, tables)


def _label(name: str, p: Parameters, tables: Tables) -> str:
    wraps = name == "gauss-hermite" and aliased(p, tables)
    return f"{METHODS[name]}, aliased" if wraps else METHODS[name]


def _rho_by_method(tables: Tables) -> dict[str, float]:
    table = tables.get("methods")
    if table is None:
        return {}
    pairs = zip(table["key"], table["rho"], strict=True)
    return {str(key): float(rho) for key, rho in pairs if np.isfinite(rho)}


def _best(tables: Tables, what: str) -> tuple[float, float] | None:
    table = tables.get("evidence")
    if table is None or not np.isfinite(table[what]).any():
        return None
    at = int(np.nanargmax(table[what]) if what == "log_evidence" else np.nanargmin(table[what]))
    return float(table["lengthscale"][at]), float(table["ridge"][at])
