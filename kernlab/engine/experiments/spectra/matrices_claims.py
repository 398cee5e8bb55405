"""The claims about points and matrices: paper 002, N7 to N10, N14 to N17, N19, N29, N31."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from kernlab.engine.contract.claim import Claim, Statement, Verdict
from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.text import brief, number
from kernlab.engine.experiments.spectra.bench import row_of
from kernlab.engine.experiments.spectra.matrices_measures import LEADING, OPERATION_SIZES
from kernlab.engine.experiments.spectra.parameters import Parameters

PAPER = "Spectral analysis of the neural tangent kernel (paper 002)"
DEEP = "Deep enough for 1 + n/3"
GROUPS = {"circle", "torus-grid"}
"""Point sets that are orbits of a group."""
MARGIN = 8.0
"""L over 3π/θ_min from which the limit of infinite depth is expected to show."""
LIMIT_TOLERANCE = 0.2
"""Of a limit of infinite depth, relative."""
DIVIDED = 0.1
"""Of κ(K_2)/L, relative."""
AFFINE = 0.95
"""R² from which K counts as affine in the inverse cosine distance."""
ROUNDING = 1e-9
COUNTED = 0.05
"""Of an exponent of the counted operations."""

N7 = Statement(
    "N7",
    "The condition number is about 1 + n/3",
    "κ(K) ~ 1 + n/3 + O(nξ/L)",
    "True as L → ∞ at fixed n, for distinct, non-parallel points: it needs L ≫ 3π/θ_min, θ_min "
    "the smallest angle between two points.",
    f"{PAPER}, key spectral results",
    preset=DEEP,
    figure="condition-depth",
)
N8 = Statement(
    "N8",
    "The smallest eigenvalue is about 3L/(4n)",
    "λ_min ~ 3L/(4n)",
    "True for K/n, in the limit of N7; for K itself it is 3L/4.",
    f"{PAPER}, key spectral results",
    preset=DEEP,
    figure="extremes",
)
N9 = Statement(
    "N9",
    "The largest eigenvalue is about 3L/4",
    "λ_max ~ 3L/4 ± ξ, ξ ~ log L",
    "L/4 + 3L/(4n) for K/n. Three quarters would contradict the paper's own κ.",
    f"{PAPER}, key spectral results",
    preset=DEEP,
    figure="extremes",
)
N10 = Statement(
    "N10",
    "K is nearly affine in the inverse cosine distance",
    "K ≈ A·W + B",
    "Deep networks, off the diagonal: A → 3π/8 with W = 1/sin(θ_L/2). How good it is depends on "
    "n, d and the draw.",
    f"{PAPER}, deep NTK analysis",
    preset=DEEP,
    figure="inverse-cosine",
)
N14 = Statement(
    "N14",
    "Eigenvalues of the matrices multiply",
    "λ_i(K P_s) = λ_i(K) λ_i(P_s)",
    "True of the operators under the uniform measure, and of the matrices on group orbits and "
    "exact grids; not on general points.",
    f"{PAPER}, unified framework",
    preset="Where K and P_s commute",
    figure="commutators",
)
N15 = Statement(
    "N15",
    "The matrices K and P_s commute",
    "K P_s = P_s K for the discrete matrices",
    "True on orbits of a group (equispaced circle, torus grid) and on grids that integrate the "
    "products exactly; not on general points.",
    f"{PAPER}, proof 4",
    preset="Where K and P_s commute",
    figure="commutators",
)
N16 = Statement(
    "N16",
    "There is no uniform sampling measure on the sphere",
    "there's no uniform sampling measure on the sphere",
    "It exists, and normalized Gaussian vectors sample it. What does not exist for every n is an "
    "equispaced set of points.",
    f"{PAPER}, strategic investigation",
    figure="points",
)
N17 = Statement(
    "N17",
    "Depth divides the condition number",
    "κ(K_deep) ≈ κ(K_2)/L",
    "Roughly at best: κ saturates at 1 + n/3, while κ(K_2)/L goes to zero.",
    f"{PAPER}, deep narrow networks",
    figure="depth-effect",
)
N19 = Statement(
    "N19",
    "Building the matrix takes O(n² ℓ_max^(d−1)) operations",
    "O(n² ℓ_max^{d−1}) for the matrix construction",
    "True as an upper bound, and unnecessary: the addition theorem and a three-term recurrence "
    "take O(n² ℓ_max) in any dimension.",
    f"{PAPER}, practical implementation",
    figure="commutators",
)
N29 = Statement(
    "N29",
    "Deeper networks are better conditioned, with diminishing returns",
    "deeper networks improve conditioning but with diminishing returns",
    "True at infinite width; for a fixed number of parameters see N22.",
    f"{PAPER}, key spectral results",
    figure="depth-effect",
)
N31 = Statement(
    "N31",
    "Eigenvalues of the matrix are not those of the operator",
    "The eigenvalues of the sampled matrix are not the operator's",
    "True; λ_i(K)/n tends to the operator's eigenvalues, repeated by multiplicity, as n grows.",
    f"{PAPER}, matrix against operator",
    figure="matrix-spectrum",
)
STATEMENTS = (N7, N8, N9, N10, N14, N15, N16, N17, N19, N29, N31)

Row = Mapping[str, Any]


def judge(p: Parameters, tables: Tables) -> Sequence[Claim]:
    """The claims of the views "Points" and "Condition"."""
    row = row_of(tables, "claims_matrices")
    if row is None:
        return [statement.not_measured() for statement in STATEMENTS]
    return [
        *_limits(p, row),
        _affine(p, row),
        _multiply(p, row),
        _commute(p, row),
        _uniform(row),
        _divided(p, row),
        _operations(row),
        _deeper(p, row),
        _operator(row),
    ]


def _premise(p: Parameters, row: Row) -> str:
    """What keeps the limit of infinite depth from being judged here; empty where nothing does."""
    if int(row["n"]) < 2:
        return "one point only"
    if row["coincident"]:
        return f"{row['coincident']} pairs of points coincide: K is singular at every depth"
    if p.activation == "abs" and row["antipodal"]:
        return f"{row['antipodal']} pairs are antipodal: K is singular for |·|"
    if p.bias > 0 or p.activation == "erf":
        return "about ReLU (or |·|) without bias, at the edge of chaos"
    angle = float(row["smallest_angle"])
    if p.depth * angle < MARGIN * 3 * math.pi:
        return (
            f"premise: L ≫ 3π/θ_min = {brief(3 * math.pi / angle)} "
            f"(θ_min = {brief(angle)} of {row['n']} points); here L = {p.depth}"
        )
    return ""


def _limits(p: Parameters, row: Row) -> list[Claim]:
    n, depth = int(row["n"]), p.depth
    found = (
        (N7, 1 + n / 3, float(row["condition"]), "κ"),
        (N8, 3 * depth / (4 * n), float(row["smallest"]), "λ_min of K/n"),
        (N9, 3 * depth / 4, float(row["largest"]), "λ_max of K/n"),
    )
    why = _premise(p, row)
    claims = []
    for statement, predicted, measured, name in found:
        off = abs(measured / predicted - 1) if math.isfinite(measured) else math.inf
        holds = off <= LIMIT_TOLERANCE
        reason = why or (
            f"{name} over the formula: {number(measured / predicted, 4)}, {n} points, "
            f"L θ_min/3π = {brief(depth * float(row['smallest_angle']) / (3 * math.pi))}"
        )
        if statement is N9 and not why:
            reason += f"; L/4 + 3L/(4n) = {number(depth / 4 + 3 * depth / (4 * n), 4)}"
        verdict: Verdict = "inconclusive" if why else "holds" if holds else "fails"
        claims.append(
            statement.judge(
                verdict,
                reason,
                predicted=predicted,
                measured=measured,
                tolerance=LIMIT_TOLERANCE * predicted,
            )
        )
    return claims


def _affine(p: Parameters, row: Row) -> Claim:
    r2, slope = float(row["r2"]), float(row["slope"])
    if not math.isfinite(r2):
        return N10.judge("inconclusive", "all pairs of points are at one distance")
    numbers = (
        f"R² over {row['pairs']} pairs, off the diagonal; A = {number(slope, 4)}, "
        f"3π/8 = {number(3 * math.pi / 8, 4)}"
    )
    why = "" if r2 >= AFFINE else _premise(p, row)
    return N10.judge(
        "holds" if r2 >= AFFINE else "inconclusive" if why else "fails",
        f"{why}. {numbers}" if why else numbers,
        predicted=f"R² ≥ {AFFINE}",
        measured=r2,
    )


def _multiply(p: Parameters, row: Row) -> Claim:
    difference = float(row["product_difference"])
    where = "no orbit of a group"
    if p.points in GROUPS:
        where = "an orbit of a group"
    elif p.points == "gauss":
        where = "an exact grid, K cut at the degree of P_s"
    return N14.judge(
        "holds" if difference <= ROUNDING else "fails",
        f"‖λ(K)λ(P_s) − λ(KP_s)‖/‖λ(KP_s)‖, {row['commuting_points']} points, {where}, "
        f"s = {brief(p.s)}",
        predicted=0.0,
        measured=difference,
        tolerance=ROUNDING,
    )


def _commute(p: Parameters, row: Row) -> Claim:
    found = float(row["commutator"])
    reason = f"‖KP − PK‖/(‖K‖ ‖P‖) on {row['commuting_points']} points, s = {brief(p.s)}"
    if p.points == "gauss":
        reason += (
            ", K cut at the degree of P_s: products of polynomials are integrated exactly. "
            f"The whole K: {number(float(row['commutator_whole']), 3)}"
        )
    return N15.judge(
        "holds" if found <= ROUNDING else "fails",
        reason,
        predicted=0.0,
        measured=found,
        tolerance=ROUNDING,
    )


def _uniform(row: Row) -> Claim:
    score = float(row["uniformity"])
    return N16.judge(
        "fails" if score < 5 else "inconclusive",
        f"normalized Gaussian vectors on the sphere of ℝ^{row['uniform_dimension']}: the mean "
        "zonal harmonics of degrees 1 to 6 are those of a uniform measure, the largest this many "
        "standard deviations away",
        predicted="no such measure",
        measured=score,
        tolerance=5.0,
    )


def _divided(p: Parameters, row: Row) -> Claim:
    two, deep = float(row["condition_two"]), float(row["condition"])
    if p.depth < 3:
        return N17.judge("inconclusive", "a claim about deep networks: raise L to 3 or above")
    if not (math.isfinite(two) and math.isfinite(deep)):
        return N17.judge("inconclusive", "K is singular on these points at two layers, or at L")
    predicted = two / p.depth
    ratio = deep / predicted
    return N17.judge(
        "holds" if abs(ratio - 1) <= DIVIDED else "fails",
        f"κ(K_L) over κ(K_2)/L = {number(ratio, 4)}; 1 + n/3 = {number(1 + row['n'] / 3, 4)}",
        predicted=predicted,
        measured=deep,
        tolerance=DIVIDED * predicted,
    )


def _operations(row: Row) -> Claim:
    growth, claimed = float(row["operations_by_degree"]), int(row["operations_dimension"]) - 1
    by_points = float(row["operations_by_points"])
    right = int(row["harmonic_rank"]) == int(row["harmonics"])
    below = growth <= claimed + COUNTED and by_points <= 2 + COUNTED
    verdict: Verdict = "fails"
    if below:
        verdict = "holds" if right else "inconclusive"
    (_, small), _, (n, large) = OPERATION_SIZES
    return N19.judge(
        verdict,
        f"exponent of ℓ_max in the operations of the recurrence, by counting from ℓ_max = {small} "
        f"to {large}; that of n is {number(by_points, 3)}, and {n} points take "
        f"{number(int(row['operations']))} operations. Degree {row['harmonic_degree']} so made has "
        f"rank {row['harmonic_rank']}, of {number(float(row['harmonics']))} harmonics",
        predicted=f"≤ {claimed}",
        measured=growth,
        tolerance=COUNTED,
    )


def _deeper(p: Parameters, row: Row) -> Claim:
    values = [float(row[f"condition{name}"]) for name in ("", "_2", "_4")]
    if not all(math.isfinite(value) for value in values):
        return N29.judge("inconclusive", "K is singular on these points: no condition number")
    first, second = values[0] - values[1], values[1] - values[2]
    holds = first > 0 and second > 0 and second < first
    return N29.judge(
        "holds" if holds else "fails",
        f"κ at L, 2L and 4L, L = {p.depth}, infinite width, {row['n']} points",
        predicted="falling, by less and less",
        measured=", ".join(number(value, 4) for value in values),
    )


def _operator(row: Row) -> Claim:
    here, quarter = float(row["difference"]), float(row["difference_quarter"])
    n, fewer = int(row["difference_n"]), int(row["difference_quarter_n"])
    if not (math.isfinite(here) and n > fewer):
        why = f"needs more than {LEADING} points: raise n"
        if n > fewer:
            why = "the operator's eigenvalues are not computed in this dimension"
        return N31.judge("inconclusive", why)
    if here <= ROUNDING:
        return N31.judge(
            "inconclusive",
            f"these {n} points integrate the {LEADING} leading eigenfunctions to rounding: load "
            "another point set",
            predicted="> 0",
            measured=here,
        )
    closer = here < quarter
    return N31.judge(
        "holds" if closer else "inconclusive",
        f"largest relative difference of the {LEADING} largest eigenvalues, n = {n}; "
        f"{number(quarter, 3)} at n = {fewer}: they "
        + ("come closer" if closer else "do not come closer here, so raise n or load another set"),
        predicted="> 0",
        measured=here,
        tolerance=ROUNDING,
    )
