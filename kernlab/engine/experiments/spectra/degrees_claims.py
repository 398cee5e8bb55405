"""The claims on the operator's eigenvalues by degree: paper 002."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from kernlab.engine.contract.claim import Claim, Statement
from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.text import brief, number
from kernlab.engine.experiments.spectra.bench import row_of
from kernlab.engine.experiments.spectra.degrees_measures import DIAGONAL_ORDERS
from kernlab.engine.experiments.spectra.parameters import Parameters

PAPER = "Spectral analysis of the neural tangent kernel (paper 002)"
GROWTH = 0.1
"""Of an exponent of L, up to which it counts as the one claimed."""
SAME = 1e-9

N1 = Statement(
    "N1",
    "The two-layer ReLU NTK is u·arccos(−u) + √(1−u²)",
    "“k(x_i, x_j) = x_iᵀx_j · arccos(−⟨x_i, x_j⟩) + √(1 − ⟨x_i, x_j⟩²)”",
    "That is π times the NNGP kernel. The NTK is [2u(π − arccos u) + √(1−u²)]/π.",
    f"{PAPER}, NTK Matrix Structure",
    figure="kernel-curves",
)
N2 = Statement(
    "N2",
    "Eigenvalues decay like μ_ℓ ~ ℓ^(−α)",
    "“derive decay rates μ_ℓ ~ ℓ^(−α) for NTK operator eigenvalues”",
    "True for kernels with a kink: α = d on S^(d−1), for every L ≥ 2 (d + 1 on S^d and on 𝕋ᵈ). "
    "Once ℓ is well above 5 L; before, the local slope wanders.",
    f"{PAPER}, Introduction",
    preset="A power law once ℓ ≥ 5L",
    figure="slopes",
)
N3 = Statement(
    "N3",
    "Two layers decay like ℓ^(−(d+1)), deep networks like ℓ^(−d)",
    "“Two-layer: μ_ℓ ~ ℓ^(−(d+1)); deep narrow: μ_ℓ ~ C(L,d) ℓ^(−d)”",
    "Both decay alike: two conventions of d were mixed, S^d and S^(d−1). Depth changes the "
    "constant only.",
    f"{PAPER}, Deep Narrow Networks",
    preset="A power law once ℓ ≥ 5L",
    figure="slopes",
)
N4 = Statement(
    "N4",
    "Every mode can be learned",
    "Unstated: the analysis divides by every μ_ℓ",
    "Without bias, two ReLU layers have μ_ℓ = 0 for odd ℓ ≥ 3, and |·| for all odd ℓ at every "
    "depth: such modes are never learned.",
    f"{PAPER}, throughout",
    preset="Modes that are never learned",
    figure="eigenvalues",
)
N5 = Statement(
    "N5",
    "The constant C(d, L) grows like L²",
    "“μ_k ~ C(d,L) k^(−d) where C(d,L) grows quadratically with L”",
    "True unnormalized, up to parity: C_± = (L(L−1)/2)(1 ± c_L), + for even ℓ, − for odd; "
    "c_2 = 1, c_3 = 1/6, c_L → 0.",
    f"{PAPER}, Deep NTK Analysis",
    figure="depth-constants",
)
N6 = Statement(
    "N6",
    "Elsewhere: the constant grows like L",
    "“C(L,d) ∝ L”, of the scaled NTK",
    "True after dividing by the trace T(1) = L: then it is (L−1)/2.",
    f"{PAPER}, Deep Narrow Networks",
    figure="depth-constants",
)
N18 = Statement(
    "N18",
    "The multiplicity grows like ℓ^(d−2)",
    "“dimension growth N(d,ℓ) ~ ℓ^(d−2)”",
    "True up to the factor 2/(d−2)!. Exactly: N(d, ℓ) = (2ℓ+d−2)/ℓ · C(ℓ+d−3, d−2).",
    f"{PAPER}, Practical Implementation",
    figure="eigenvalues",
)
N28 = Statement(
    "N28",
    "P_s has a zonal kernel, a Gegenbauer series",
    "“P_s has a zonal kernel representation with explicit Gegenbauer polynomial expansions”",
    "Formal: on the diagonal the series Σ N(d,ℓ)(1+ℓ)^(2s) diverges for s ≥ −(d−1)/2, so for "
    "every s of Sobolev training; it has a kernel below that, and off the diagonal as a "
    "distribution. Truncate at ℓ_max.",
    f"{PAPER}, Unified Framework",
    figure="eigenvalues",
)
STATEMENTS = (N1, N2, N3, N4, N5, N6, N18, N28)

Row = dict[str, Any]


def judge(p: Parameters, tables: Tables) -> Sequence[Claim]:
    """The claims of this area, as far as they are measured."""
    row = row_of(tables, "claims_degrees")
    if row is None:
        return [statement.not_measured() for statement in STATEMENTS]
    judges = (_n1, _n2, _n3, _n4, _n5, _n6, _n18, _n28)
    return [judge_one(p, row) for judge_one in judges]


def _n1(p: Parameters, row: Row) -> Claim:
    off, scaled, same = (float(row[name]) for name in ("off_ntk", "off_scaled_ntk", "off_nngp"))
    fails = off > SAME and scaled > SAME
    return N1.judge(
        "fails" if fails else "holds",
        "largest distance from the NTK over all angles; with both scaled to 1 at θ = 0 it is "
        f"{number(scaled, 3)}. From π times the NNGP kernel: {number(math.pi * same, 1)}",
        predicted=0.0,
        measured=off,
        tolerance=SAME,
    )


def _interval(row: Row, name: str) -> str:
    half = 0.5 * (float(row[f"{name}_high"]) - float(row[f"{name}_low"]))
    return f"{number(float(row[f'{name}_exponent']), 6)} ± {brief(half, 1)}"


def _holds(row: Row, name: str, value: float) -> bool:
    return bool(row[f"{name}_low"] <= value <= row[f"{name}_high"])


def _n2(p: Parameters, row: Row) -> Claim:
    alpha = int(row["predicted"])
    settled = [name for name in ("even", "odd") if row[f"{name}_settled"]]
    if settled:
        right = all(_holds(row, name, alpha) for name in settled)
        measured = ", ".join(f"{name} {_interval(row, name)}" for name in settled)
        return N2.judge(
            "holds" if right else "fails",
            f"fitted from {_place(p)} = {number(float(row['onset']), 3)} on, for each parity that "
            "does not vanish; the intervals come from two windows",
            predicted=f"α = {alpha}",
            measured=measured,
        )
    if p.activation == "erf" and float(row["steepening"]) > 1.0:
        return N2.judge(
            "fails",
            "the kernel of erf is analytic, so its eigenvalues decay exponentially: the slope in "
            "logarithms still falls by this much from the first half of the degrees to the second",
            predicted="a constant slope",
            measured=float(row["steepening"]),
        )
    most = "a grid of N ≥ 80 L points a side" if p.domain == "torus" else "ℓ_max ≥ 10 L"
    return N2.judge(
        "inconclusive",
        f"pre-asymptotic here: a fit needs frequencies well above "
        f"{number(float(row['onset']), 3)}; raise {most}, lower L, or load the preset",
    )


def _place(p: Parameters) -> str:
    return "|k|" if p.domain == "torus" else "ℓ"


def _n3(p: Parameters, row: Row) -> Claim:
    d = int(row["sphere_dimension"])
    if p.activation == "erf":
        return N3.judge("inconclusive", "about kernels with a kink: choose ReLU or |·|")
    if not (row["shallow_settled"] and row["deep_settled"]):
        return N3.judge(
            "inconclusive",
            "pre-asymptotic at this depth: raise ℓ_max above 10 L, or load the preset",
        )
    both = _holds(row, "shallow", d) and _holds(row, "deep", d)
    apart = row["shallow_low"] > row["deep_high"] + 0.5
    depth = int(row["deep_depth"])
    return N3.judge(
        "fails" if both else "holds" if apart else "inconclusive",
        f"exponents of even degrees on S^{d - 1} at L = 2 and L = {depth}: both intervals hold "
        f"d = {d}"
        if both
        else f"exponents of even degrees on S^{d - 1} at L = 2 and L = {depth}",
        predicted="one apart",
        measured=f"{_interval(row, 'shallow')}, {_interval(row, 'deep')}",
    )


def _n4(p: Parameters, row: Row) -> Claim:
    zeros, places, hidden = (int(row[name]) for name in ("zeros", "places", "hidden"))
    place = _place(p)
    if zeros:
        reason = f"exact zeros among {number(places)} eigenvalues, the first at {place} = "
        reason += number(float(row["first_zero"]))
    elif hidden:
        reason = f"no zero, but {number(hidden)} eigenvalues are below their error bar"
    else:
        reason = f"all {number(places)} eigenvalues are above their error bars"
    return N4.judge(
        "fails" if zeros else "inconclusive" if hidden else "holds",
        reason + ("" if zeros else "; slowly, for the largest frequencies"),
        predicted=0.0,
        measured=float(zeros),
    )


def _n5(p: Parameters, row: Row) -> Claim:
    return _grows(N5, p, row, "growth", 2.0, "mean of both parities between L = 32 and 64")


def _n6(p: Parameters, row: Row) -> Claim:
    what = "mean of both parities over T(1), between L = 32 and 64"
    return _grows(N6, p, row, "growth_over_trace", 1.0, what)


def _grows(statement: Statement, p: Parameters, row: Row, name: str, power: float,
           what: str) -> Claim:  # fmt: skip
    found = float(row[name])
    if not math.isfinite(found):
        return statement.judge(
            "inconclusive", "about kernels with a kink, whose decay has a constant: choose ReLU"
        )
    if p.bias > 0.0:
        return statement.judge(
            "inconclusive",
            f"about networks without bias; with σ_b = {brief(p.bias)} the exponent of L is this",
            measured=found,
        )
    return statement.judge(
        "holds" if abs(found - power) <= GROWTH else "fails",
        f"exponent of L of the measured constant, {what}, on S^{int(row['sphere_dimension']) - 1}",
        predicted=power,
        measured=found,
        tolerance=GROWTH,
    )


def _n18(p: Parameters, row: Row) -> Claim:
    d, largest = int(row["sphere_dimension"]), int(row["largest"])
    tolerance = max(0.01, d * d / largest)
    if tolerance > 0.25:
        return N18.judge(
            "inconclusive", "about large ℓ: raise ℓ_max to four times d² or more, or lower d"
        )
    found = float(row["count_slope"])
    return N18.judge(
        "holds" if abs(found - (d - 2)) <= tolerance else "fails",
        f"exponent of N({d}, ℓ) between ℓ = {largest // 2} and {largest}; over 2ℓ^(d−2)/(d−2)! it "
        f"is {number(float(row['count_ratio']), 4)}",
        predicted=float(d - 2),
        measured=found,
        tolerance=tolerance,
    )


def _n28(p: Parameters, row: Row) -> Claim:
    if p.domain != "sphere":
        return N28.judge("inconclusive", "about the sphere: choose it as the domain")
    order = DIAGONAL_ORDERS[p.form]
    limit = -(p.dimension - 1) / order
    half = "/2" if order == 2 else ""
    below, settled = float(row["summable_s"]), float(row["summable_growth"])
    return N28.judge(
        "inconclusive",
        f"premise: s < −(d−1){half} = {number(limit)}, or off the diagonal; here s = {brief(p.s)}, "
        f"and on the diagonal the partial sums up to ℓ = {number(p.max_degree)} grow like ℓ to "
        "this power: no kernel there, only its truncations. "
        f"At s = {number(below)} the power is {number(settled, 2)}"
        + (": there is a kernel" if settled <= GROWTH else ""),
        predicted="≤ 0",
        measured=float(row["diagonal_growth"]),
    )
