"""The claims of the Vandermonde panel: paper 000, sections 2.3 to 2.5, and Gautschi 1975."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from kernlab.engine.contract.claim import Claim, Statement
from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.text import brief, number

PAPER = "Ulrich, independent study (paper 000)"
LN10 = math.log(10.0)
REACH = 16.0
"""log10 of a condition number beyond which float64 solves lose every digit."""

V1 = Statement(
    "V1",
    "Lemma 1: the condition number grows at least like exp(c a n)",
    "cond(V) ≥ exp(c a n) with c > 0 independent of n",
    "ln cond = n·r(a) + O(ln n), r(a) = ln max(1, a) + ½ ln(1 + a⁻²) + arctan(a)/a: a U with its "
    "minimum 1.132 at a = 1 that grows like ln a, not like a. With a c that may depend on a the "
    "lemma says only that cond grows exponentially in n, which holds.",
    f"{PAPER}, Lemma 1",
    preset="The lemma fails for large a",
    figure="curve",
)
V2 = Statement(
    "V2",
    "Proof of Lemma 1: the determinant is at most exp(−c a n² ln n)",
    "|det V| ≤ exp(−c a n² ln n) for large n",
    "ln|det V| = n(n−1)/2·ln(2a/(n−1)) + Σ ln k! ~ (n²/2)(ln 2a − 3/2): no n² ln n term. It is "
    "tiny only for a < e^{3/2}/2 = 2.2408.",
    f"{PAPER}, Lemma 1",
    figure="determinant",
)
V3 = Statement(
    "V3",
    "Appendix A: the superfactorial is exp(½ n² ln n) up to constants",
    "A₁ exp(½ n² ln n) ≤ Π k! ≤ A₂ exp(½ n² ln n)",
    "Π_{k<n} k! = exp(½ n² ln n − ¾ n² + ½ n ln 2π − (1/12) ln n + ζ′(−1) + o(1)): smaller by "
    "exp(¾ n²).",
    f"{PAPER}, Appendix A",
    figure="determinant",
)
V4 = Statement(
    "V4",
    "Gautschi's asymptotic condition number on ±1",
    "cond_∞ ~ (1/π) e^{−π/4} e^{n(π/4 + ½ ln 2)}, rows being powers",
    "True; in the convention here, where rows are nodes, this is cond₁ of V.",
    "Gautschi 1975, Numerische Mathematik 24",
    preset="Gautschi's constant",
    figure="curve",
)
V5 = Statement(
    "V5",
    "Theorem 1: the Taylor polynomial of sin is within its next term",
    "|sin x − T_{2M+1}(x)| ≤ |x|^{2M+3}/(2M+3)!",
    "True, by Taylor's theorem. Evaluated in float64 the error has a floor: cancellation.",
    f"{PAPER}, Theorem 1",
    figure="taylor",
)
V6 = Statement(
    "V6",
    "Theorem 1: small errors are amplified by cond(V) in the fit",
    "Truncation and rounding errors are magnified by the condition number of V",
    "Not in the fitted values: their error follows the Lebesgue constant of the nodes. The "
    "coefficients may lose all digits.",
    f"{PAPER}, Theorem 1",
    preset="Monomials on Chebyshev nodes",
    figure="errors",
)
V7 = Statement(
    "V7",
    "Theorem 2: orthogonalized frequencies bound the condition number",
    "cond(Z̃ᵀZ̃) ≤ C cond(ZᵀZ) with a universal constant C",
    "Z̃ = ZP is false: cosines are not linear in the frequencies. In one dimension the QR "
    "rescales all frequencies and worsens the condition number by many decades; in more the "
    "ratio goes both ways. What orthogonality reduces is the error of the kernel.",
    f"{PAPER}, Theorem 2",
    preset="Orthogonal features in one dimension",
    figure="features",
)
STATEMENTS = (V1, V2, V3, V4, V5, V6, V7)

Row = Mapping[str, Any]


def judge(p: Any, tables: Tables) -> list[Claim]:
    """V1 to V7, as far as they are measured."""
    table = tables.get("claims")
    if table is None:
        return [statement.not_measured() for statement in STATEMENTS]
    row = {name: column[0] for name, column in table.columns.items()}
    found = [_v1(p, row), _v2(p, row), _v3(row), _v4(p, row), _v5(row), _v6(p, row)]
    return [*found, _v7(p, row)]


def _v1(p: Any, row: Row) -> Claim:
    if p.nodes != "equispaced" or p.basis != "monomial":
        return V1.judge("inconclusive", "the lemma is about monomials on equispaced nodes")
    exact, claimed = float(row["log10_condition"]), float(row["log10_claimed"])
    slope, rate = float(row["slope"]), float(row["rate"])
    own = exact * LN10 / (p.half_width * p.count)
    return V1.judge(
        "holds" if exact >= claimed else "fails",
        f"log10; with a c that may depend on a it holds: c = {number(own, 3)} here. "
        f"Slope of ln cond from n = 80 to 160: {number(slope, 5)}, r(a) = {number(rate, 5)}, "
        f"{number(100 * abs(slope / rate - 1), 2)} % apart",
        predicted=f"≥ {number(claimed, 5)}",
        measured=exact,
    )


def _v2(p: Any, row: Row) -> Claim:
    exact, claimed = float(row["log10_determinant"]), float(row["log10_claimed_determinant"])
    # (n²/2)(ln 2a − 3/2) > −c a n² ln n as soon as ln n > (3/2 − ln 2a)/(2 c a).
    exponent = (1.5 - math.log(2 * p.half_width)) / (2 * p.bound_constant * p.half_width)
    start = math.exp(min(exponent, 700.0))
    broken = exact > claimed
    return V2.judge(
        "fails" if broken else "inconclusive",
        "log10, equispaced nodes at this n, a and c; "
        + (
            "the bound is broken here"
            if broken
            else f"a claim about large n, broken from about n = {brief(max(start, 2.0))} on"
        ),
        predicted=f"≤ {number(claimed, 5)}",
        measured=exact,
    )


def _v3(row: Row) -> Claim:
    off, half, expansion = (float(row[f"superfactorial_{k}"]) for k in ("off", "half", "expansion"))
    grows = abs(off) > abs(half) + 0.5
    return V3.judge(
        "fails" if grows else "inconclusive",
        f"log10 of the ratio Π k!/exp(½ n² ln n), {number(half, 4)} at half of n: no constant "
        f"bounds it; the full expansion is off by {number(expansion, 2)}"
        if grows
        else "n is too small to tell a constant from growth: raise n",
        predicted="constant",
        measured=off,
    )


def _v4(p: Any, row: Row) -> Claim:
    if p.half_width != 1 or p.nodes != "equispaced" or p.basis != "monomial":
        return V4.judge(
            "inconclusive", "about monomials on equispaced nodes of ±1: load the preset"
        )
    ratio = 10 ** (float(row["log10_condition_1"]) - float(row["log10_gautschi"]))
    return V4.judge(
        "holds" if abs(ratio - 1) <= 1.5 / p.count else "fails",
        "cond₁ over the formula; an asymptotic statement, off by about 1.4/n",
        predicted=1.0,
        measured=ratio,
        tolerance=1.5 / p.count,
    )


def _v5(row: Row) -> Claim:
    return V5.judge(
        "holds" if row["taylor_excess"] <= 1 + 1e-9 else "fails",
        f"largest error over its bound on ±a; the bound is {number(float(row['taylor_bound']), 2)}",
        predicted=1.0,
        measured=float(row["taylor_excess"]),
        tolerance=1e-9,
    )


def _v6(p: Any, row: Row) -> Claim:
    condition = float(row["log10_monomial_condition"])
    value, coefficient = float(row["value_error"]), float(row["coefficient_error"])
    if not math.isfinite(value) or condition < REACH:
        reason = "cond V is below 10¹⁶ here: there is little to amplify; load the preset"
        return V6.judge("inconclusive", reason)
    predicted = 10.0 ** min(condition - REACH, 300)
    return V6.judge(
        "fails" if value < 1e-3 * predicted else "holds",
        f"largest error of the fitted values, monomials by a plain solve; the coefficients are off "
        f"by {number(coefficient, 2)} relative. Lebesgue constant of the nodes: "
        f"{number(float(row['lebesgue']), 2)}",
        predicted=f"about {number(predicted, 2)}",
        measured=value,
    )


def _v7(p: Any, row: Row) -> Claim:
    low, middle, high = (float(row[f"ratio_{k}"]) for k in ("low", "median", "high"))
    if not np.isfinite([low, middle, high]).all():
        return V7.judge("inconclusive", "ZᵀZ is singular to working precision: lower m")
    kind = "QR of the frequencies" if p.dimension == 1 else "orthogonal frequencies"
    return V7.judge(
        "fails" if high > 1 else "inconclusive",
        f"log10 of the ratio of condition numbers, {kind} over i.i.d. ones, d = {p.dimension}, "
        f"median of {p.repeats} draws, from {number(low, 3)} to {number(high, 3)}",
        predicted="≤ log10 C, about 0",
        measured=middle,
    )
