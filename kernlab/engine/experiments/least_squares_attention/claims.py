"""The claims of the least-squares panel: paper 003, S1 to S14."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kernlab.engine.contract.claim import Claim, Verdict
from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.text import brief, number
from kernlab.engine.experiments.least_squares_attention.statements import (
    S1,
    S2,
    S3,
    S4,
    S5,
    S6,
    S7,
    S8,
    S9,
    S10,
    S11,
    S12,
    S13,
    S14,
    STATEMENTS,
)

IDENTITY = 1e-10
EXACT = 1e-8
"""Relative differences up to which two computations count as the same."""
EPSILON = 2.2e-16
GCV_LOSS = 1.05
"""Leave-one-out error at GCV's λ over the least, up to which GCV has chosen well."""
NOTHING_LEFT = 0.02
"""1 − tr H/n below which GCV is a quotient of two small numbers."""
CHANCE, SURE = 3, 5
"""Standard errors below the published exponent up to which it is chance, and from which not."""
SHARE = 0.35
"""Of the simulated modes, what the best λ may keep while their number is taken for infinite."""

Row = Mapping[str, Any]


def judge(p: Any, tables: Tables) -> list[Claim]:
    """S1 to S14, as far as they are measured."""
    table, rate = tables.get("claims"), tables.get("rate")
    if table is None or rate is None:
        return [statement.not_measured() for statement in STATEMENTS]
    row = {name: column[0] for name, column in table.columns.items()}
    row |= {f"rate_{name}": column[0] for name, column in rate.columns.items()}
    if row["constant"]:
        flat = "every feature is constant on the training rows: there is nothing to weigh"
        return [_s13(p, row) if statement is S13 else statement.judge("inconclusive", flat)
                for statement in STATEMENTS]  # fmt: skip
    judges = (_s1, _s2, _s3, _s4, _s5, _s6, _s7, _s8, _s9, _s10, _s11, _s12, _s13, _s14)
    return [judge_one(p, row) for judge_one in judges]


def _on(row: Row) -> str:
    """Which part of the data a measurement took, where it was not all."""
    if int(row["all_rows"]) > int(row["n"]) or int(row["all_columns"]) > int(row["p"]):
        return f"; on {int(row['n'])} rows and {int(row['p'])} features"
    return ""


def _s1(p: Any, row: Row) -> Claim:
    rank, columns = int(row["s1_rank"]), int(row["p"])
    residual = float(row["s1_residual"])
    if not row["s1_invertible"]:
        return S1.judge(
            "inconclusive",
            f"XᵀX is not invertible in float64, rank {rank} of {columns}, and Λ^(−1/2) does not "
            f"exist; with the positive eigenvalues alone, as the pseudo-inverse has them, the "
            f"difference is {number(residual, 2)}" + _on(row),
            measured=residual,
        )
    allowed = max(IDENTITY, 100 * EPSILON * float(row["s1_condition"]))
    return S1.judge(
        "holds" if residual <= allowed else "fails",
        "largest difference from a direct solve, over the deviation of the targets" + _on(row),
        predicted=0.0,
        measured=residual,
        tolerance=allowed,
    )


def _s2(p: Any, row: Row) -> Claim:
    negative, off = float(row["s2_negative"]), float(row["s2_row_sum"])
    sums = "sum to 1" if off < EXACT else f"miss a sum of 1 by up to {number(off, 2)}"
    return S2.judge(
        "fails" if negative > 0 or off > EXACT else "holds",
        f"{number(100 * negative, 3)} % of the least-squares weights are negative, and the rows "
        f"{sums}; softmax weights are positive and sum to 1; ‖row‖² is the leverage to "
        f"{number(float(row['s2_leverage']), 2)}" + _on(row),
        predicted=0.0,
        measured=negative,
    )


def _s3(p: Any, row: Row) -> Claim:
    residual = float(row["s3_residual"])
    return S3.judge(
        "holds" if residual <= EXACT else "fails",
        "what a direct solve keeps along each eigenvector, against μ/(μ+λ); the embeddings are "
        f"then off orthonormal by {number(float(row['s3_identity']), 3)}" + _on(row),
        predicted=0.0,
        measured=residual,
        tolerance=EXACT,
    )


def _s4(p: Any, row: Row) -> Claim:
    apart, same = float(row["s4_apart"]), float(row["s4_same"])
    return S4.judge(
        "fails" if apart > EXACT else "holds",
        f"predictions with (K + λI)⁻¹ and (K + nλI)⁻¹ at the same λ = {brief(p.ridge)} lie "
        f"{number(apart, 3)} deviations of the targets apart; scikit-learn's alpha = nλ gives "
        f"the second to {number(same, 2)}" + _on(row),
        predicted=0.0,
        measured=apart,
        tolerance=EXACT,
    )


def _s5(p: Any, row: Row) -> Claim:
    apart = float(row["s5_apart"])
    m, n = int(row["m"]), int(row["n"])
    return S5.judge(
        "fails" if apart > EXACT or m != n else "holds",
        f"one is {m} × {n}, the other {n} × {n}; on the training rows they differ by "
        f"{number(apart, 3)} of the norm; as k_testᵀ(K + λI)⁻¹ it is right to "
        f"{number(float(row['s5_same']), 2)}",
        predicted=0.0,
        measured=apart,
        tolerance=EXACT,
    )


def _s6(p: Any, row: Row) -> Claim:
    off = float(row["s6_asymmetry"])
    drawn = "these W_Q ≠ W_K" if p.projections == "separate" else "drawn W_Q ≠ W_K"
    return S6.judge(
        "fails" if off > EXACT or float(row["s6_lowest"]) < -EXACT else "holds",
        f"‖QKᵀ − KQᵀ‖/‖QKᵀ‖ for {drawn}; the lowest eigenvalue of its symmetric part is "
        f"{number(float(row['s6_lowest']), 3)} of the largest, where a kernel has none below 0"
        + _on(row),
        predicted=0.0,
        measured=off,
        tolerance=EXACT,
    )


def _s7(p: Any, row: Row) -> Claim:
    trace, norm = float(row["s7_trace"]), float(row["s7_frobenius"])
    found = f"tr H_kk = {number(trace)}, and ‖H_qk‖² = {number(norm)}"
    m, n = int(row["m"]), int(row["n"])
    if not row["s7_square"]:
        return S7.judge(
            "fails", f"H_qk is {m} × {n} and has no trace; {found}" + _on(row),
            predicted="tr H_qk", measured=trace,
        )  # fmt: skip
    cross = float(row["s7_cross_trace"])
    return S7.judge(
        "fails" if abs(cross - trace) > EXACT * trace else "holds",
        f"tr H_qk depends on how the test rows are ordered: here {number(cross)}; {found}"
        + _on(row),
        predicted=cross,
        measured=trace,
    )


def _s8(p: Any, row: Row) -> Claim:
    counted, without, loo = (float(row[name]) for name in ("s8_gcv", "s8_without", "s8_loo"))
    there, least = float(row["s8_loo_there"]), float(row["s8_loo_least"])
    both = (
        f"at λ = {brief(p.ridge)} GCV is {number(counted, 6)}"
        + (f" (intercept not counted: {number(without, 6)})" if p.intercept else "")
        + f", exact leave-one-out {number(loo, 6)}"
    )
    if float(row["s8_left_there"]) < NOTHING_LEFT or not math.isfinite(there):
        return S8.judge(
            "inconclusive",
            f"GCV is least where almost nothing is left over, 1 − tr H/n = "
            f"{number(float(row['s8_left_there']), 2)}: a quotient of two small numbers",
        )
    good = there <= GCV_LOSS * least and float(row["s8_definition"]) <= EXACT
    return S8.judge(
        "holds" if good else "fails",
        f"leave-one-out error at GCV's choice, λ = {number(float(row['s8_best']), 3)}, against "
        f"the least of all; {both}; from H itself GCV comes out the same to "
        f"{number(float(row['s8_definition']), 2)}",
        predicted=f"≤ {number(GCV_LOSS * least)}",
        measured=there,
    )


def _s9(p: Any, row: Row) -> Claim:
    published, aware = float(row["s9_published"]), float(row["s9_target"])
    if not math.isfinite(published):
        return S9.judge("inconclusive", "there is one component and nothing to rank")
    only_mu = published > 1 - EXACT
    verdict: Verdict = "fails" if only_mu and aware < 1 - EXACT else "holds"
    return S9.judge(
        verdict,
        f"rank correlation with μ: the published importance {number(published, 3)}, the one "
        f"that looks at y {number(aware, 3)}, whose first is component {int(row['s9_first'])}",
        predicted=1.0,
        measured=aware,
    )


def _s10(p: Any, row: Row) -> Claim:
    predicted, measured = float(row["s10_predicted"]), float(row["s10_measured"])
    allowed = max(1e-6, 10 * EPSILON * predicted)
    zero = ""
    if row["s10_zero"]:
        zero = "; its rank is below n, so μ_min = 0 and κ = 1 + μ_max/λ"
    return S10.judge(
        "holds" if abs(measured - predicted) <= allowed * predicted else "fails",
        f"κ of the Gram matrix + λI from its eigenvalues{zero}" + _on(row),
        predicted=predicted,
        measured=measured,
        tolerance=allowed * predicted,
    )


def _s11(p: Any, row: Row) -> Claim:
    same, models = float(row["s11_same"]), float(row["s11_models"])
    return S11.judge(
        "fails" if same <= EXACT and models > EXACT else "holds",
        f"features rotated: S changes by {number(same, 2)} of its size; targets in another "
        f"order: S is the same, and the predictions differ by {number(models, 3)} deviations"
        + _on(row),
        predicted="another S for another model",
        measured=same,
        tolerance=EXACT,
    )


def _s12(p: Any, row: Row) -> Claim:
    if p.heads < 2:
        return S12.judge("inconclusive", "one head is its own average: choose more heads")
    best, average, stacked = (
        number(float(row[f"s12_{name}"])) for name in ("best", "average", "stacked")
    )
    return S12.judge(
        "fails" if float(row["s12_apart"]) > 1e-6 else "holds",
        f"fitted W_O and the average predict up to {number(float(row['s12_apart']), 3)} "
        f"deviations apart; held-out RMSE: best head {best}, average {average}, stack {stacked}",
        predicted="W_O = 1/h",
        measured=float(row["s12_equal"]),
    )


def _s13(p: Any, row: Row) -> Claim:
    predicted, found = float(row["rate_predicted"]), float(row["rate_exponent"])
    low, high = float(row["rate_low"]), float(row["rate_high"])
    modes = float(row["rate_modes"])
    verdict: Verdict = "holds"
    if low <= predicted <= high:
        where = "contains it"
    elif predicted < low:
        where = "lies above it, as O(…) allows"
    else:
        where = "lies below it"
        short = (predicted - found) / float(row["rate_error"])
        verdict = "holds" if short <= CHANCE else "fails" if short > SURE else "inconclusive"
        if verdict == "holds":
            where += f" by no more than {CHANCE} standard errors"
    if modes > SHARE * float(row["rate_simulated"]):
        verdict = "inconclusive"
        where += (
            f"; but at the largest n the best λ keeps {number(modes, 3)} of the "
            f"{int(row['rate_simulated'])} modes that "
            "are simulated, so their number decides: raise σ or s"
        )
    elif verdict == "inconclusive":
        where += f" by {CHANCE} to {SURE} standard errors: not yet asymptotic; try other seeds"
    return S13.judge(
        verdict,
        f"exponent from simulated f in Hˢ, s = {brief(p.smoothness)}, kernel of Hˢ, best λ; the "
        f"95 % interval {number(low, 3)} to {number(high, 3)} {where}. A rate of estimation, "
        "shown for kernel ridge, not for trained transformers",
        predicted=predicted,
        measured=found,
        tolerance=found - low,
    )


def _s14(p: Any, row: Row) -> Claim:
    risk, total = float(row["s14_risk"]), float(row["s14_sum"])
    error, noise = float(row["s14_error"]), float(row["s14_noise"])
    if not math.isfinite(risk):
        return S14.judge(
            "inconclusive", "too many training rows to draw their noise anew: use fewer"
        )
    function = number(float(row["s14_function"]))
    return S14.judge(
        "holds" if risk <= total + 3 * error else "fails",
        f"risk of predicting new targets at λ = {number(p.ridge, 3)}, {number(risk)} ± "
        f"{number(error, 2)}, against "
        f"bias² + variance + σ², which it should equal; E‖f_λ − f*‖² itself is {function}, "
        f"without the noise {number(noise)}",
        predicted=f"≤ {number(total)}",
        measured=risk,
        tolerance=3 * error,
    )
