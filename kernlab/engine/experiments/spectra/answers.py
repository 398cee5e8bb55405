"""What the spectra panel says in one sentence, which values it marks, and the memory it needs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kernlab.engine.contract.experiment import Fidelity, Landmark, Tables
from kernlab.engine.contract.memory import Memory
from kernlab.engine.contract.text import number
from kernlab.engine.experiments.spectra.bench import row_of
from kernlab.engine.experiments.spectra.matrices_sets import COARSE_POINTS, MOST_POINTS
from kernlab.engine.experiments.spectra.parameters import TORUS_FORMS, Parameters
from kernlab.engine.experiments.spectra.sobolev_figures import torus_grid
from kernlab.engine.experiments.spectra.widths_ensembles import MOST_POINTS as MOST_DRAWN

SMALL, SMALL_COARSE = 32_000_000, 8_000_000
"""Bytes of the curves and tables of a run at the defaults."""
MATRICES, OCTANTS, ENSEMBLES = 3, 12, 25
"""Copies of the kernel matrix and of a torus octant, and kinds of networks, held at once."""
LAYER = 30_000
"""Bytes a layer."""
COMMUTES = 1e-9


def answer(p: Parameters, tables: Tables) -> str:
    """The decay of the eigenvalues, or what the view on screen computes instead."""
    for name, say in SAYINGS.items():
        row = row_of(tables, name)
        if row is not None:
            return say(p, row)
    return _budget(p, tables) if "fw_budget" in tables else ""


def _decay(p: Parameters, row: dict[str, float]) -> str:
    if p.activation == "erf":
        return f"At depth {p.depth} the eigenvalues of erf fall exponentially: no power law."
    what = "μ_k ∝ |k|^−α" if p.domain == "torus" else "μ_ℓ ∝ ℓ^−α"
    found = []
    for parity in ("even", "odd"):
        if row[f"{parity}_settled"]:
            low, high = row[f"{parity}_low"], row[f"{parity}_high"]
            value = number(float(row[parity]), 5)
            found.append(f"**{value}** ± {number((high - low) / 2, 1)} ({parity})")
    if found:
        return f"At depth {p.depth}, {what} with α = {', '.join(found)}."
    return (
        f"At depth {p.depth} the eigenvalues are pre-asymptotic here: the law shows well above "
        f"{'|k|' if p.domain == 'torus' else 'ℓ'} = {number(float(row['onset']), 3)}."
    )


def _sobolev(p: Parameters, row: dict[str, float]) -> str:
    return (
        f"κ(T_s) = {number(float(row['condition']), 4)} at s = {number(p.s, 4)}; it is smallest, "
        f"**{number(float(row['best_condition']), 4)}**, at s* = {number(float(row['best_s']), 5)}."
    )


def _torus(p: Parameters, row: dict[str, float]) -> str:
    best = ", ".join(
        f"**{number(float(row[f'best_s_{index}']), 4)}** for {form}"
        for index, form in enumerate(TORUS_FORMS.values())
    )
    return f"On the torus the best exponent s* depends on the form of P_s: {best}."


def _points(p: Parameters, row: dict[str, float]) -> str:
    if not np.isfinite(row["r2"]):
        return "All pairs of these points are at one distance: there is no line to fit."
    return (
        f"At depth {p.depth} a line through the inverse cosine distance explains "
        f"**{number(100 * float(row['r2']), 3)} %** of the kernel's variance (R²), "
        f"over {int(row['pairs'])} pairs of points."
    )


def _condition(p: Parameters, row: dict[str, float]) -> str:
    onset = float(row["onset"])
    reached = "is far above" if p.depth > 8 * onset else "is not far above"
    return (
        f"κ(K) → 1 + n/3 = **{number(1 + int(row['of']) / 3, 4)}** once L is far above "
        f"3π/θ_min = {number(onset, 4)}; L = {p.depth} {reached} it."
    )


def _width(p: Parameters, row: dict[str, float]) -> str:
    spread = 100 * float(row["spread"]) / float(row["limit"])
    return (
        f"At width {int(row['width'])} one network's entry spreads by **{number(spread, 2)} %** "
        f"of the infinite-width kernel; the mean of {int(row['draws'])} is "
        f"{number(float(row['mean']), 4)} ± {number(float(row['error']), 1)}, the limit "
        f"{number(float(row['limit']), 4)}."
    )


def _budget(p: Parameters, tables: Tables) -> str:
    table = tables["fw_budget"]
    if not np.isfinite(table["median"]).any():
        return ""
    at = int(np.nanargmax(table["median"]))
    return (
        f"With {p.budget} weights the smallest eigenvalue is largest at depth "
        f"**{int(table['depth'][at])}**, where N = {int(table['width'][at])}."
    )


def _gaussian(p: Parameters, row: dict[str, float]) -> str:
    commutator = float(row["commutator"])
    verdict = "commute" if commutator < COMMUTES else "do not commute"
    return (
        f"On the Gaussian domain K and the Hermite operator {verdict}: ‖[K, P]‖/‖KP‖ = "
        f"**{number(commutator, 3)}**."
    )


SAYINGS: dict[str, Callable[[Parameters, dict[str, float]], str]] = {
    "decay": _decay,
    "sobolev": _sobolev,
    "torus_best": _torus,
    "inverse_cosine_about": _points,
    "condition_depth_about": _condition,
    "fw_summary": _width,
    "operator_summary": _gaussian,
}
"""What is said by the first of these tables that is there."""


def landmarks(p: Parameters, tables: Tables) -> list[Landmark]:
    """The best s, and the depth that κ ≈ 1 + n/3 has to leave far behind."""
    found = []
    sobolev = row_of(tables, "sobolev")
    if sobolev is not None:
        best = float(sobolev["best_s"])
        found.append(Landmark("s", best, f"s* = {number(best, 5)}, where κ(T_s) is smallest"))
    deep = row_of(tables, "condition_depth_about")
    if deep is not None:
        onset = float(deep["onset"])
        found.append(Landmark("depth", onset, f"3π/θ_min = {number(onset, 4)}"))
    return [mark for mark in found if _within(p, mark)]


def _within(p: Parameters, mark: Landmark) -> bool:
    low, high = {"s": (0.0, 6.0), "depth": (2.0, 1000.0)}[mark.parameter]
    return low < mark.value < high


def memory(p: Parameters, fidelity: Fidelity) -> Memory:
    """The peak of a run of all views, and the parameter that most of it belongs to."""
    full = fidelity == "full"
    n = p.n
    if p.points == "file" and p.points_file is not None and p.points_file.matrix is not None:
        n = min(MOST_POINTS, len(p.points_file.matrix))
    side, dimension = torus_grid(p)
    parts = {
        "n": 8 * MATRICES * (n if full else min(n, COARSE_POINTS)) ** 2,
        "n_grid": 8 * OCTANTS * (side // 2 + 1) ** dimension,
        "draws": 8 * ENSEMBLES * p.draws * min(n, MOST_DRAWN) ** 2 if full else 0,
        "depth": LAYER * p.depth if full else 0,
    }
    small = SMALL if full else SMALL_COARSE
    return Memory(small + sum(parts.values()), max(parts, key=lambda name: parts[name]))
