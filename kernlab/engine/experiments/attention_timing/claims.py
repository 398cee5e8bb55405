"""The claims of the attention-timing panel: paper 000, section 4."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kernlab.engine.contract.claim import Claim, Statement, Verdict
from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.memory import size
from kernlab.engine.contract.text import brief, count, number
from kernlab.engine.experiments.attention_timing import table3
from kernlab.engine.experiments.attention_timing.measures import TELLING, is_table3
from kernlab.engine.experiments.attention_timing.methods import predicted_bytes
from kernlab.engine.experiments.attention_timing.statements import (
    A1,
    A2,
    A3,
    A4,
    A5,
    A6,
    A7,
    A8,
    A9,
    A10,
    STATEMENTS,
)

ROUNDING = 1e-9
SYMMETRIC = 1e-6
MODERATE = 100.0
"""Norm of W⁺ up to which it counts as moderate."""
QUADRATIC = (1.8, 2.2)
ACCURATE = 0.1
"""Relative error up to which an approximation counts as accurate."""
POOR = 0.5
"""Share of the trivial answer's error from which on it does not."""
DEPENDS, FREE = 1.25, 1.05
"""Growth of the operations over a doubling of d: it matters; it does not."""
NO_TAIL = 1e-12

Row = Mapping[str, Any]

READS = {
    "A1": ("lemma",),
    "A2": ("map_positive", "largest_feature", "negative_share"),
    "A3": ("row_sum_low", "row_sum_high"),
    "A4": ("asymmetry", "asymmetry_same"),
    "A6": ("inverse_norm", "condition"),
    "A7": ("tail", "spectral_error"),
}
"""What a claim cannot be judged without. A9 and A10 say themselves what is missing."""


def judge(p: Any, tables: Tables) -> list[Claim]:
    """A1 to A10, as far as they are measured."""
    table = tables.get("claims")
    if table is None:
        return [statement.not_measured() for statement in STATEMENTS]
    row = {name: float(column[0]) for name, column in table.columns.items()}
    judges = (_a1, _a2, _a3, _a4, _a5, _a6, _a7, _a8, _a9, _a10)
    pairs = zip(STATEMENTS, judges, strict=True)
    return [_unknown(statement, row) or judge_one(p, row) for statement, judge_one in pairs]


def _unknown(statement: Statement, row: Row) -> Claim | None:
    """The claim where a number that its verdict compares is not one; comparisons would lie."""
    if not any(math.isnan(row[name]) for name in READS.get(statement.id, ())):
        return None
    return statement.judge("inconclusive", "not finite at these parameters: nothing to compare")


def _a1(p: Any, row: Row) -> Claim:
    holds = row["lemma"] <= ROUNDING
    return A1.judge(
        "holds" if holds else "fails",
        "both sides compared in logarithms over all pairs of queries and keys, each over d^¼",
        predicted=0.0,
        measured=row["lemma"],
        tolerance=ROUNDING,
    )


def _a2(p: Any, row: Row) -> Claim:
    largest, apart = row["largest_feature"], row["map_positive"]
    if apart > 1e-6:
        return A2.judge("inconclusive", "our FAVOR+ does not match its definition here",
                        measured=apart)  # fmt: skip
    verdict: Verdict = "fails" if largest > 1 else "inconclusive"
    reason = (
        f"FAVOR+ equals the positive map to {number(apart, 2)}; its largest feature is "
        f"{number(largest, 3)} times the trigonometric map's bound, whose kernel estimates are "
        f"negative in {number(100 * row['negative_share'], 2)} % of the pairs"
    )
    return A2.judge(verdict, reason, predicted=1.0, measured=largest)


def _a3(p: Any, row: Row) -> Claim:
    low, high = row["row_sum_low"], row["row_sum_high"]
    apart = max(abs(low - 1), abs(high - 1))
    verdict: Verdict = "fails" if apart > 1e-3 else "holds"
    reason = (
        f"the rows of ΦΦᵀ sum to between {number(low, 3)} and {number(high, 3)}, those of the "
        "attention matrix to 1"
    )
    return A3.judge(verdict, reason, predicted=1.0, measured=high, tolerance=1e-3)


def _a4(p: Any, row: Row) -> Claim:
    apart = row["asymmetry_same"]
    verdict: Verdict = "holds" if max(apart, row["asymmetry"]) <= SYMMETRIC else "fails"
    reason = (
        f"‖A − Aᵀ‖/‖A‖ is {number(row['asymmetry'], 3)}, and {number(apart, 3)} even for Q = K; "
        "with all tokens as landmarks C W⁺ Cᵀ is Aᵀ"
    )
    return A4.judge(verdict, reason, predicted=0.0, measured=row["asymmetry"], tolerance=SYMMETRIC)


def _a5(p: Any, row: Row) -> Claim:
    favor, nystrom = row["doubling_favor"], row["doubling_nystrom"]
    verdict: Verdict = "inconclusive"
    if min(favor, nystrom) > DEPENDS:
        verdict = "fails"
    elif max(favor, nystrom) < FREE:
        verdict = "holds"
    reason = (
        f"operations as d doubles: FAVOR+ × {number(favor, 3)}, Nyström × {number(nystrom, 3)}; "
        "neither n, m nor r changes"
    )
    return A5.judge(verdict, reason, predicted=1.0, measured=favor, tolerance=FREE - 1)


def _a6(p: Any, row: Row) -> Claim:
    norm = row["inverse_norm"]
    reason = (
        f"r = {number(row['landmarks'])}: cond(W) = {number(row['condition'], 3)}; Nyström "
        f"{_errs(row['used_error'])} after {p.iterations} steps, with the true W⁺ it "
        f"{_errs(row['true_error'])}"
    )
    return A6.judge(
        "fails" if norm > MODERATE else "holds",
        f"{reason}; moderate: up to {number(MODERATE)}",
        predicted=MODERATE,
        measured=norm,
    )


def _a7(p: Any, row: Row) -> Claim:
    tail, error = row["tail"], row["spectral_error"]
    if tail < NO_TAIL:
        reason = "A has no more than r singular values above rounding, so there is no tail"
        return A7.judge("inconclusive", reason, predicted=tail, measured=error)
    verdict: Verdict = "fails" if error > tail * (1 + 1e-6) else "holds"
    reason = (
        f"‖Ã − A‖ is {number(error / tail, 3)} times σ at r + 1 = "
        f"{number(row['landmarks'] + 1)}, over ‖A‖; no rank-r matrix comes below it"
    )
    return A7.judge(verdict, reason, predicted=tail, measured=error)


def _a8(p: Any, row: Row) -> Claim:
    if not is_table3(p):
        reason = "a claim about the paper's Table 3: judged at its lengths and batch"
        return A8.judge("inconclusive", reason)
    nystrom, favor, full = (table3.growth(name) for name in ("nystrom", "favor", "fused"))
    flattest = nystrom < min(favor, full)
    ours = ""
    if not math.isnan(row["growth_nystrom"] + row["growth_favor"]):
        ours = f"; here {number(row['growth_nystrom'], 3)}× and {number(row['growth_favor'], 3)}×"
    reason = (
        f"from 4096 to 16 384 the table has Nyström {number(nystrom, 3)}×, Performer "
        f"{number(favor, 3)}×, xFormers {number(full, 3)}×{ours}"
    )
    verdict: Verdict = "holds" if flattest else "fails"
    return A8.judge(verdict, reason, predicted=favor, measured=nystrom)


def _a9(p: Any, row: Row) -> Claim:
    power, fused = row["naive_power"], row["fused_power"]
    if math.isnan(row["memory_n"]):
        return A9.judge("inconclusive", "the naive softmax does not fit into the memory limit")
    if predicted_bytes(p, "naive", int(row["memory_n"])) < TELLING:
        reason = f"n = {count(int(row['memory_n']))} is too short for its memory to tell"
        return A9.judge("inconclusive", reason, predicted=2.0)
    if math.isnan(power):
        return A9.judge("inconclusive", "this system does not tell the peak memory of a process")
    held = (
        f"at n = {count(int(row['memory_n']))} naive {_size(row['naive_bytes'])}, fused "
        f"{_size(row['fused_bytes'])}; exponents {number(power, 3)} and {brief(fused, 2)}"
    )
    if "naive" not in p.methods:
        reason = f"premise: the attention matrix is materialized (method naive); {held}"
        return A9.judge("inconclusive", reason, predicted=2.0, measured=fused)
    verdict: Verdict = "holds" if QUADRATIC[0] <= power <= QUADRATIC[1] else "fails"
    reason = f"materialized: {held}"
    return A9.judge(verdict, reason, predicted=2.0, measured=power, tolerance=0.2)


def _errs(error: float) -> str:
    return f"errs by {number(error, 3)}" if math.isfinite(error) else "diverged"


def _size(value: float) -> str:
    return "–" if math.isnan(value) else size(int(value))


def _a10(p: Any, row: Row) -> Claim:
    favor, nystrom, trivial = (row[f"{name}_error"] for name in ("favor", "nystrom", "mean"))
    if math.isnan(favor + nystrom + trivial):
        return A10.judge("inconclusive", "softmax attention itself is zero or not finite here")
    worst = max(favor, nystrom)
    verdict: Verdict = "inconclusive"
    if worst <= ACCURATE:
        verdict = "holds"
    elif worst > POOR * trivial:
        verdict = "fails"
    variance = row["log_variance"] / math.log(10)
    reason = (
        f"n = {number(row['typical_n'])}: FAVOR+ {_errs(favor)}, Nyström {_errs(nystrom)}, the "
        f"mean of V {_errs(trivial)}; relative variance of a typical feature estimate "
        f"10^{brief(variance, 2)}"
    )
    return A10.judge(verdict, reason, predicted=ACCURATE, measured=worst)
