"""The claims of the entrywise-rank panel: paper 001."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kernlab.engine.contract.claim import Claim, Statement, Verdict
from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.text import count, number
from kernlab.engine.experiments.entrywise_rank.measures import (
    DERIVATIVES,
    HIGH_DIMENSIONS,
    LARGEST,
    LOW_DIMENSION,
    SHRUNK,
    theorem_rank,
)
from kernlab.engine.experiments.entrywise_rank.parameters import FUNCTION_NAMES

PAPER = "Budzinskiy, When big data actually are low-rank (paper 001)"
CONSTANT_ERROR = 0.1
"""Relative change of an error between two dimensions up to which it counts as constant."""
BETTER = 5.0

L1 = Statement(
    "L1",
    "Theorem 1.3: rank of order log(n)/ε² suffices",
    "Some matrix of rank ⌈c₂ ε⁻² log(2e n₁n₂)⌉ is within ε ‖A‖₂,∞‖B‖₂,∞ of F = ABᵀ, with "
    "an absolute constant c₂",
    "True, and with a usable constant: rank r suffices if r > 2 ln(2n₁n₂)/(ε − ln(1+ε)), about "
    "4 ln(2n₁n₂)/ε²; ε scales with γ₂(F). It says nothing where ε reaches γ₂.",
    f"{PAPER}, Theorem 1.3",
    preset="Where the explicit bound speaks",
    figure="against-r",
)
L2 = Statement(
    "L2",
    "Theorem 5.2: positive-definite kernels have low entrywise rank in every dimension",
    "For shift-invariant positive-definite kernels the rank of Theorem 1.3 suffices for every m",
    "True: such kernels have γ₂ ≤ f(0), so the curve is that of L1. For f₁ it is the only usable "
    "bound.",
    f"{PAPER}, Theorem 5.2",
    preset="Where the explicit bound speaks",
    figure="against-r",
)
L3 = Statement(
    "L3",
    "Theorem 4.5 for f₁",
    "Functions of the squared distance with derivatives bounded by C Mˢ have low entrywise rank "
    "in every dimension",
    "True for f₁, and numerically meaningless: with C = e⁴, M = 1 an error of 0.1 at n = 1000 "
    "needs rank 2·10¹⁴. It proves independence of m and gives no curve.",
    f"{PAPER}, Theorem 4.5",
    preset="Figure 1, f₁",
)
L4 = Statement(
    "L4",
    "f₂ = exp(−‖x − y‖⁴) is covered by Theorem 4.5",
    "f₂ is not positive definite and “cannot be analyzed with Theorem 5.2 (but can be with "
    "Theorem 4.5)”",
    "Not as stated: the derivatives of h(t) = exp(−t²) grow like √(2ˢ s!), faster than every "
    "C Mˢ, so Assumption 3.5 does not hold. Lemma 4.3 applied directly works.",
    f"{PAPER}, §5",
)
L5 = Statement(
    "L5",
    "Proof of Theorem 4.5: ‖A‖₂,∞ ≤ √2 ‖W‖ R",
    "A = −√2 X U Λ^{1/2} has ‖A‖₂,∞ ≤ √2 ‖W‖₂ R",
    "A slip: it is √(2‖W‖₂) R, which is larger where ‖W‖ < 1. The product ‖A‖‖B‖ ≤ 2‖W‖R² that "
    "the theorem needs is right, and so is the conclusion.",
    f"{PAPER}, proof of Theorem 4.5",
)
L6 = Statement(
    "L6",
    "Errors decrease with m for independent sampling",
    "“the errors … even decrease for independent sampling”",
    "An artefact: all entries tend to one number, so the best constant matrix gets good. Relative "
    "to it the error rises with m.",
    f"{PAPER}, §7.3 and Figure 1",
    preset="Independent sampling: an artefact",
    figure="against-m-constant",
)
L7 = Statement(
    "L7",
    "Errors are constant in m for symmetric sampling",
    "“the errors remain constant with growing m for symmetric sampling”",
    "True, and explained: F tends to e⁻² 11ᵀ + (1 − e⁻²) I (f₁) or about I (f₂), so that for "
    "large m it is the identity that is measured, and Welch's bound tells its error from below.",
    f"{PAPER}, §7.3 and Figure 1",
    preset="The identity in disguise",
    figure="against-m",
)
L8 = Statement(
    "L8",
    "Alternating projections are 5 to 10 times better than the SVD",
    "“approximation errors that are 5-10 times smaller than those of the truncated SVD”",
    "Not at sizes of 200 to 300, neither for the published algorithm nor for the descent on power "
    "norms. Both ratios are measured here.",
    f"{PAPER}, §7.5",
    preset="Alternating projections against the SVD",
    figure="error",
)
L9 = Statement(
    "L9",
    "Theorem 4.7 covers the exponential kernel",
    "With Taylor series at a positive point the theorem extends to exp(−‖x − y‖), which is not "
    "smooth at 0",
    "Not with symmetric sampling: there the diagonal has distance 0, the interval of distances "
    "contains it, and the derivatives are not bounded.",
    f"{PAPER}, Theorem 4.7",
    preset="The exponential kernel",
)
L10 = Statement(
    "L10",
    "Errors of f₃ tensors in Figures 1 to 3",
    "Relative errors of tensor trains of rank (r, r), medians of five draws",
    "Noisy: max|F| varies from draw to draw, and the relative errors with it. TT-SVD can be worse "
    "than the zero tensor in the largest entry.",
    f"{PAPER}, Figures 1 to 3",
    preset="Tensors of f₃",
    figure="against-n",
)
STATEMENTS = (L1, L2, L3, L4, L5, L6, L7, L8, L9, L10)

Row = Mapping[str, Any]


def judge(p: Any, tables: Tables) -> list[Claim]:
    """L1 to L10, as far as they are measured."""
    table = tables.get("claims")
    if table is None:
        return [statement.not_measured() for statement in STATEMENTS]
    row = {name: column[0] for name, column in table.columns.items()}
    judges = (_l1, _l2, _l3, _l4, _l5, _l6, _l7, _l8, _l9, _l10)
    return [judge_one(p, row) for judge_one in judges]


def _bound(statement: Statement, row: Row, premise: str) -> Claim:
    error, bound, norm = (float(row[name]) for name in ("error", "explicit", "gamma2"))
    lower = float(row["lower"])
    reason = f"largest error found against the bound worked out, γ₂ ≤ {number(norm, 4)} {premise}"
    if bound >= norm:
        verdict: Verdict = "inconclusive"
        reason = (
            "at this rank the bound is no better than the zero matrix: raise the rank, or load "
            "the preset"
        )
    elif error <= bound:
        verdict = "holds"
    else:
        verdict = "fails" if lower > bound else "inconclusive"
        reason += f"; every matrix of this rank is proven to be off by {number(lower, 4)} at least"
    return statement.judge(verdict, reason, predicted=f"≤ {number(bound, 4)}", measured=error)


def _l1(p: Any, row: Row) -> Claim:
    if not math.isfinite(float(row["gamma2"])):
        return L1.judge("inconclusive", "no bound of γ₂(F) is known for this function and points")
    return _bound(L1, row, "for these points")


def _l2(p: Any, row: Row) -> Claim:
    if not row["positive_definite"]:
        return L2.judge(
            "inconclusive",
            f"{FUNCTION_NAMES[p.function]} is not among the positive-definite shift-invariant "
            "kernels here: choose f₁, the exponential or the Cauchy kernel",
        )
    return _bound(L2, row, "for every m")


def _l3(p: Any, row: Row) -> Claim:
    if p.function != "gaussian" or p.points == "normal":
        return L3.judge(
            "inconclusive", "worked out for f₁ with points in the unit ball: load the preset"
        )
    error = max(float(row["error"]), 1e-9)
    needed = theorem_rank(error, p.n)
    return L3.judge(
        "holds",
        f"vacuous at every size here: at the error found, {number(error, 3)}, the theorem allows "
        f"a rank of {number(needed, 2)}, and no n × n matrix has one above n = {count(p.n)}",
        predicted=f"≤ {number(needed, 2)}",
        measured=float(p.rank),
    )


def _l4(p: Any, row: Row) -> Claim:
    values = [float(row[f"growth_{name}"]) for name in ("first", "middle", "last")]
    listed = ", ".join(number(value, 3) for value in values)
    degrees = ", ".join(str(s) for s in DERIVATIVES)
    return L4.judge(
        "fails",
        f"a closed form, the same at all parameters: |h⁽ˢ⁾(0)|^(1/s) of h(t) = exp(−t²) at "
        f"s = {degrees} is {listed}; it would have to stay below a constant M",
        predicted="bounded in s",
        measured=values[-1],
    )


def _l5(p: Any, row: Row) -> Claim:
    slip, side = float(row["slip"]), int(row["slip_side"])
    return L5.judge(
        "fails" if slip > 1 else "holds",
        f"‖A‖ over its claimed bound √2 ‖W‖ R, at seed {p.seed}: a random {side} × {side} matrix "
        f"W with ‖W‖ = {number(SHRUNK, 2)}, and points on the unit sphere, R = 1, its eigenvectors "
        "among them; the closed form is 1/√‖W‖",
        predicted="≤ 1",
        measured=slip,
    )


def _l6(p: Any, row: Row) -> Claim:
    if p.order == "3" or p.sampling != "independent" or p.function == "identity" or p.given:
        return L6.judge("inconclusive", "about independent sampling: load the preset")
    low, high = float(row["error_low"]), float(row["error_high"])
    before, after = float(row["constant_low"]), float(row["constant_high"])
    falls = high < low
    reason = (
        f"relative to max|F| the error goes from {number(low, 3)} at m = {LOW_DIMENSION} to "
        f"{number(high, 3)} at m = {HIGH_DIMENSIONS[0]}; relative to the best constant matrix "
        f"from {number(before, 3)} to {number(after, 3)}"
    )
    return L6.judge(
        "fails" if after > before or not falls else "holds",
        reason,
        predicted=f"≤ {number(before, 3)}",
        measured=after,
    )


def _l7(p: Any, row: Row) -> Claim:
    symmetric = p.order == "2" and p.sampling == "symmetric" and p.points != "normal"
    if not symmetric or p.function not in ("gaussian", "quartic"):
        return L7.judge("inconclusive", "about f₁ and f₂ with symmetric sampling: load the preset")
    high, higher = float(row["error_high"]), float(row["error_higher"])
    change = abs(higher / high - 1) if high > 0 else math.inf
    return L7.judge(
        "holds" if change <= CONSTANT_ERROR else "fails",
        f"error at m = {number(HIGH_DIMENSIONS[1])} over that at m = {HIGH_DIMENSIONS[0]}; the "
        f"limit's lower bound is {number(float(row['limit']), 3)}, the error found "
        f"{number(higher, 3)}",
        predicted=1.0,
        measured=higher / high if high > 0 else math.nan,
        tolerance=CONSTANT_ERROR,
    )


def _l8(p: Any, row: Row) -> Claim:
    published, svd, ours = (float(row[name]) for name in ("published", "svd", "error"))
    if not math.isfinite(published) or published <= 0:
        return L8.judge(
            "inconclusive",
            f"the published algorithm is run for matrices up to n = {LARGEST}: load the preset",
        )
    ratio = svd / published
    return L8.judge(
        "holds" if ratio >= BETTER else "fails",
        f"error of the SVD over that of alternating projections, one draw; over ours it is "
        f"{number(svd / ours, 3) if ours > 0 else '∞'}",
        predicted="5 to 10",
        measured=ratio,
    )


def _l9(p: Any, row: Row) -> Claim:
    if p.function != "exponential" or p.order == "3":
        return L9.judge("inconclusive", "about the exponential kernel: load the preset")
    nearest = float(row["nearest"])
    return L9.judge(
        "holds" if nearest > 0 else "fails",
        "smallest distance of a row's point to a column's, at which the derivatives must be "
        "bounded",
        predicted="> 0",
        measured=nearest,
    )


def _l10(p: Any, row: Row) -> Claim:
    if p.order != "3":
        return L10.judge("inconclusive", "about third-order tensors of f₃: load the preset")
    low, high, svd = (float(row[f"tensor_{name}"]) for name in ("low", "high", "svd"))
    return L10.judge(
        "inconclusive",
        f"too noisy to judge: relative errors from {number(low, 3)} to {number(high, 3)} over "
        f"{p.repeats} draws; TT-SVD up to {number(svd, 3)}, the zero tensor 1",
        predicted="one median",
        measured=f"{number(low, 3)} to {number(high, 3)}",
    )
