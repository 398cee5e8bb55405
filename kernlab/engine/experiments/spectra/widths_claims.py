"""The claims about finite width and the Gaussian domain: N20 N21 N22 N27 N30 of paper 002."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from kernlab.engine.contract.claim import Claim, Statement, Verdict
from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.text import number
from kernlab.engine.experiments.spectra.bench import row_of
from kernlab.engine.experiments.spectra.parameters import Parameters
from kernlab.engine.experiments.spectra.widths_gaussian import TIME
from kernlab.engine.experiments.spectra.widths_measures import DEEPEST, PROFILE_PAIR

PAPER = "Spectral analysis of the neural tangent kernel (paper 002)"
ROUNDING = 1e-9
"""Relative commutator up to which two operators count as commuting."""

N20 = Statement(
    "N20",
    "Parabolic widths m_ℓ = m^(ℓ²)",
    "“parabolic width profiles m_ℓ = m^(ℓ²)” for networks at the edge of chaos",
    "A misprint: parabolic is m_k = k² m. Then the sum of 1/m_k over the layers is bounded, and "
    "the kernel's fluctuation stops growing with depth.",
    f"{PAPER}, Research objective",
    preset="Deeper or wider at a fixed budget",
    figure="fw-profile",
)
N21 = Statement(
    "N21",
    "Finite width perturbs the kernel by V = O(1/N)",
    "H = H₀ + V with V “typically scaling as O(1/N)”",
    "That is the mean: its shift is O(1/N), and zero on the ReLU diagonal. The kernel of one "
    "network fluctuates by N^(−1/2).",
    f"{PAPER}, Perturbation theory framework",
    preset="Finite width: mean and spread",
    figure="fw-spread",
)
N22 = Statement(
    "N22",
    "At a fixed budget P the width is N = P/L",
    "“fixing a total parameter budget P and expressing the finite-width corrections in terms of "
    "both depth L and effective width N = P/L”",
    "Dense layers have about L N² weights: N ~ √(P/L). The median smallest eigenvalue then peaks "
    "at a moderate depth, while at infinite width it keeps rising.",
    f"{PAPER}, Deeper versus wider",
    preset="Deeper or wider at a fixed budget",
    figure="fw-budget",
)
N27 = Statement(
    "N27",
    "Gaussian domain: Hermite eigenbasis and exponential decay",
    "“Ornstein–Uhlenbeck operator with Hermite polynomial eigenfunctions. The Gaussian measure "
    "introduces natural regularization through exponential decay”",
    "Not for the NTK: it does not commute with Ornstein–Uhlenbeck. Without bias its "
    "eigenfunctions are |x| Y_ℓ with eigenvalues d μ_ℓ, a power law. Exponential decay belongs to "
    "Mehler's kernel and the RBF.",
    f"{PAPER}, Domain comparison",
    preset="Gaussian domain: no Hermite eigenbasis",
    figure="gaussian-mixing",
)
N30 = Statement(
    "N30",
    "The four-term formula of Θᴺᵀᴴ",
    "Θᴺᵀᴴ = Θ + n⁻¹ E[O₂,₀] − n⁻¹ E[O₃,₀ Θ⁻¹ f₀] + n⁻¹ yᵀ Θ⁻¹ E[O₄,₀] Θ⁻¹ y + …",
    "Not verified here: quoted beside the measured mean and spread at initialization.",
    f"{PAPER}, Finite-width corrections and NTK hierarchy",
    figure="fw-quoted",
)
STATEMENTS = (N20, N21, N22, N27, N30)

Row = Mapping[str, Any]


def judge(p: Parameters, tables: Tables) -> Sequence[Claim]:
    """The five claims, as far as they are measured."""
    row = row_of(tables, "claims_widths")
    if row is None:
        return [statement.not_measured() for statement in STATEMENTS]
    return [each(p, row) for each in (_n20, _n21, _n22, _n27, _n30)]


def _n20(p: Parameters, row: Row) -> Claim:
    if p.depth == 2:
        return N20.judge("inconclusive", "one hidden layer has m neurons in both forms: L ≥ 3")
    layers = p.depth - 1
    ratio = 3.0 * math.log10(p.width)  # of the second hidden layer to the first, m^4 to m
    low, high = PROFILE_PAIR
    reason = (
        f"width of the second hidden layer over the first's, as a power of ten; parabolic is "
        f"log₁₀ 4. Layer {layers} would have 10^{number(round(layers**2 * math.log10(p.width)))} "
        f"neurons. With m_k = k² m the spread grows by {number(float(row['growth_quadratic']), 3)} "
        f"from L = {low} to {high}, with equal widths by "
        f"{number(float(row['growth_constant']), 3)}"
    )
    parabolic = math.log10(4.0)
    return N20.judge(
        "holds" if abs(ratio - parabolic) < 0.01 else "fails",
        reason,
        predicted=parabolic,
        measured=ratio,
        tolerance=0.01,
    )


def _n21(p: Parameters, row: Row) -> Claim:
    slope, error = float(row["slope"]), float(row["slope_error"])
    if not math.isfinite(slope):
        return N21.judge(
            "inconclusive",
            f"widths far above the depth are drawn up to L = {DEEPEST}: load the preset",
        )
    interval = 3.0 * error + 0.02
    if abs(slope + 1.0) <= interval:
        verdict: Verdict = "holds"
    else:
        verdict = "fails" if slope - interval > -1.0 else "inconclusive"
    width = int(row["first_width"])
    shift, twice, own = (
        f"{number(float(row[name]), 2)} ± {number(float(row[f'{name}_error']), 1)}"
        for name in ("shift", "shift_twice", "diagonal")
    )
    reason = (
        f"exponent of one network's spread against N, ± {number(error, 2)}. The mean shifts by "
        f"c/N of K(x, x): two points 120° apart have c = {shift} at N = {width} and {twice} at "
        f"{2 * width}, the diagonal {own}"
    )
    return N21.judge(verdict, reason, predicted=-1.0, measured=slope, tolerance=interval)


def _n22(p: Parameters, row: Row) -> Claim:
    if p.depth == 2:
        return N22.judge(
            "inconclusive", "one hidden layer has no dense layer between two others: L ≥ 3"
        )
    ratio = float(row["weights"]) / p.budget
    reason = (
        f"weights of a dense network with L = {p.depth}, N = P/L = "
        f"{number(int(row['published_width']))}, over the budget"
    )
    peak = float(row["peak"])
    if math.isfinite(peak):
        ends = "the deepest drawn" if peak == float(row["deepest"]) else "and falls beyond"
        reason += (
            f". With N = {int(row['peak_width'])} the median λ_min is largest at L = {int(peak)}, "
            f"{ends}; at infinite width it {'keeps rising' if row['rising'] else 'does not rise'}"
        )
    return N22.judge(
        "holds" if 0.5 <= ratio <= 2.0 else "fails",
        reason,
        predicted="1, to a factor of two",
        measured=ratio,
    )


def _n27(p: Parameters, row: Row) -> Claim:
    commutator = float(row["commutator"])
    if p.domain != "gaussian" or not math.isfinite(commutator):
        return N27.judge("inconclusive", "about the Gaussian domain: load the preset")
    power, exponential = float(row["power_fit"]), float(row["exponential_fit"])
    reason = f"‖KP − PK‖/‖KP‖ with P = e^(−{TIME:g} D), D the Hermite degree; zero for Mehler"
    if math.isfinite(power):
        better = "a power of ℓ" if power > exponential else "an exponential in ℓ"
        reason += (
            f". The eigenvalues follow {better}: R² {number(power, 5)} for a power, "
            f"{number(exponential, 5)} for an exponential"
        )
    else:
        reason += ". Too few eigenvalues above rounding to tell their decay"
    basis = commutator <= ROUNDING
    verdict: Verdict = "fails"
    if basis:
        verdict = "holds" if exponential > power else "inconclusive"
    return N27.judge(verdict, reason, predicted=0.0, measured=commutator, tolerance=ROUNDING)


def _n30(p: Parameters, row: Row) -> Claim:
    mean, error, bound = (float(row[name]) for name in ("mean", "mean_error", "limit"))
    if not math.isfinite(mean):
        return N30.judge("inconclusive", "quoted, not verified; no network this large is drawn")
    return N30.judge(
        "inconclusive",
        f"quoted, not verified. Measured at N = {p.width}: mean of one entry less Θ is "
        f"{number(mean - bound, 2)} ± {number(error, 1)}, spread of one network "
        f"{number(float(row['spread']), 2)}, which the formula leaves out",
        predicted=f"Θ = {number(bound, 4)} + O(1/N), not verified",
        measured=mean,
        tolerance=error,
    )
