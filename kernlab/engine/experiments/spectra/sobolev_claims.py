"""The claims on P_s, its conditioning, and the torus: paper 002."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np

from kernlab.engine.contract.claim import Claim, Statement
from kernlab.engine.contract.experiment import Step, Tables
from kernlab.engine.contract.table import Table
from kernlab.engine.contract.text import number
from kernlab.engine.experiments.spectra.bench import Bench, raised, row_of
from kernlab.engine.experiments.spectra.parameters import Parameters
from kernlab.engine.experiments.spectra.sobolev_measures import (
    SETTLED,
    WINDOW,
    aliases,
    critical,
    forms_apart,
    laplacian,
    orthogonality,
    products,
)

PAPER = "Spectral analysis of the neural tangent kernel (paper 002)"
ROUNDING = 1e-10
TOLERANCE = 0.05
"""Of a critical exponent, relative."""
LARGEST_S = 6.0

N11 = Statement(
    "N11",
    "P_s is (1+ℓ)²ˢ, and it is (I + √−Δ)ˢ",
    "“P_s = Σ (1+ℓ)^(2s) P_ℓp”, and in Proof 2 “T_s = K ∘ (I + (−Δ)^(1/2))^s”",
    "Two operators: √−Δ acts as √(ℓ(ℓ+d−2)), about ℓ, so the exponents differ by a factor of two. "
    "Each is offered by name.",
    f"{PAPER}, Sobolev Training Framework and Proof 2",
    figure="condition-s",
)
N12 = Statement(
    "N12",
    "λ_ℓ(T_s) ~ ℓ^(s−d), critical at s = d",
    "“λ_ℓ ~ ℓ^(s−d) … s < d (regularizing), s = d (critical), or s > d (amplifying high "
    "frequencies)”",
    "True for (1 + √(ℓ(ℓ+d−2)))ˢ only. With (1+ℓ)²ˢ it is ℓ^(2s−d), critical at s = d/2; on the "
    "torus 𝕋ᵈ, where d + 1 stands in place of d, at (d+1)/2.",
    f"{PAPER}, Proof 5",
    preset="Critical exponent on the sphere",
    figure="composite",
)
N13 = Statement(
    "N13",
    "A larger s flattens the spectrum; κ(P_s) is unknown",
    "“multiplying by P_s amplifies high-frequency modes and can flatten the composite spectrum. "
    "Making s larger for large n counterbalances K's conditioning. However, we still lack a "
    "precise estimate of κ(P_s)”",
    "There is a best s*; beyond it κ(T_s) grows again, without limit. And κ(P_s) is known: "
    "(1 + d(N/2)²)ˢ on a torus grid, for (1+|k|²)ˢ.",
    f"{PAPER}, Future Directions",
    preset="The best exponent on a torus",
    figure="condition-s",
)
N23 = Statement(
    "N23",
    "On the torus K is diagonal in Fourier",
    "“Functions on [0,1]^d extended periodically, with Fourier modes as eigenbasis”",
    "Only after embedding x as (cos 2πx_i, sin 2πx_i)/√d. With raw coordinates the kernel does not "
    "depend on x − y, and is not diagonal.",
    f"{PAPER}, Alternative Domains",
    figure="torus-raw",
)
N24 = Statement(
    "N24",
    "Discrete Fourier modes are orthogonal, up to aliasing",
    "(1/N) Σ_j exp(2πi k₁j/N) exp(−2πi k₂j/N) = 1 where k₁ = k₂ mod N, else 0",
    "True, aliasing included: an eigenvalue of the grid is N^d times the sum of the operator's "
    "over all its aliases.",
    f"{PAPER}, Alternative Domains",
    figure="torus-slices",
)
N25 = Statement(
    "N25",
    "The FFT takes O(d N^d log N) in place of O(N^(2d))",
    "“This goes from O(N^(2d)) naive approach to O(d·N^d log N) with FFT”",
    "True for a product with K. The dense eigenproblem, which the transform also replaces, is "
    "O(N^(3d)).",
    f"{PAPER}, Computational Implementation Strategy",
)
N26 = Statement(
    "N26",
    "The multiplier of P_s on the torus is (1+|k|²)ˢ",
    "“Spectral multiplication: ĝ_k = (1 + ||k||²)^s f̂_k”",
    "It is an operator, but not (1 − Δ)ˢ on [0,1]ᵈ, whose multiplier is (1 + 4π²|k|²)ˢ: say which "
    "one is meant.",
    f"{PAPER}, Computational Implementation Strategy",
    preset="The best exponent on a torus",
    figure="torus-forms",
)

Row = dict[str, Any]


def measure(bench: Bench) -> Generator[Step, None, dict[str, Table]]:
    """The table `claims_sobolev`."""
    found: Row = {"forms_ratio": forms_apart(max(2, bench.p.dimension))}
    yield Step(None, "the critical exponent")
    found |= yield from critical(bench)
    found |= yield from _conditions(bench)
    found |= yield from _coordinates(bench)
    found |= {"orthogonality": orthogonality(min(bench.p.n_grid, 64)), "laplacian": laplacian()}
    yield Step(None, "aliases")
    found |= yield from aliases(bench)
    yield Step(None, "products by FFT and dense")
    found |= yield from products()
    columns = {name: np.array([value]) for name, value in found.items()}
    volatile = frozenset({"fft_growth", "dense_growth"})
    return {"claims_sobolev": Table(columns, volatile=volatile)}


def _conditions(bench: Bench) -> Generator[Step, None, Row]:
    """κ(T_s) at 0, at s* and beyond it, κ(P_s), and s* for two forms on the torus."""
    from kernlab.engine.experiments.spectra.sobolev_figures import torus_grid
    from kernlab.engine.experiments.spectra.sobolev_spectra import (
        composite,
        grid,
        grid_composite,
    )
    from kernlab.engine.numerics.sobolev import best, log_condition

    found = yield from composite(bench)
    row: Row = {
        "best_s": found.best.s,
        "best_log": math.log(found.best.condition),
        "zero_log": float(log_condition(found.envelope, 0.0)),
        "beyond_s": max(LARGEST_S, 2.0 * found.best.s),
        "sobolev_log": found.best.s * found.base_range,
        "sobolev_closed_log": found.best.s * _closed_form(bench.p),
        "zeros": found.zeros.size,
        "left_out": found.left_out,
    }
    row["beyond_log"] = float(log_condition(found.envelope, row["beyond_s"]))
    beside = yield from grid(bench, *torus_grid(bench.p))
    for name, form in (("plain_s", "1+|k|^2"), ("laplace_s", "1+4pi^2|k|^2")):
        row[name] = best(grid_composite(bench, beside, form)).s
        yield Step(None)
    return row


def _closed_form(p: Parameters) -> float:
    """log κ(P_s)/s from the largest frequency."""
    if p.domain == "torus":
        square = p.dimension * (p.n_grid // 2) ** 2
        return {
            "1+|k|^2": math.log1p(square),
            "(1+|k|)^2": 2.0 * math.log1p(math.sqrt(square)),
            "1+4pi^2|k|^2": math.log1p(4.0 * math.pi**2 * square),
        }[p.form]
    if p.form == "(1+l)^2":
        return 2.0 * math.log1p(p.max_degree)
    return math.log1p(math.sqrt(p.max_degree * (p.max_degree + max(2, p.dimension) - 2.0)))


def _coordinates(bench: Bench) -> Generator[Step, None, Row]:
    from kernlab.engine.experiments.spectra.sobolev_figures import torus_grid
    from kernlab.engine.experiments.spectra.sobolev_measures import SIDES
    from kernlab.engine.experiments.spectra.sobolev_spectra import in_fourier, off_diagonal

    dimension = torus_grid(bench.p)[1]
    row: Row = {}
    for name, raw in (("raw", True), ("embedded", False)):
        size = in_fourier(bench.p, SIDES[dimension], dimension, raw=raw)
        row[name] = off_diagonal(size)
        yield Step(None, "raw coordinates")
    return row


def judge(p: Parameters, tables: Tables) -> Sequence[Claim]:
    """N11, N12, N13 and N23 to N26."""
    row = row_of(tables, "claims_sobolev")
    judges: dict[Statement, Callable[[Parameters, Row], Claim]] = {
        N11: _n11, N12: _n12, N13: _n13, N23: _n23, N24: _n24, N25: _n25, N26: _n26,
    }  # fmt: skip
    return [
        statement.not_measured() if row is None else decide(p, row)
        for statement, decide in judges.items()
    ]


def _n11(p: Parameters, row: Row) -> Claim:
    ratio = float(row["forms_ratio"])
    return N11.judge(
        "holds" if abs(ratio - 1.0) <= TOLERANCE else "fails",
        "growth of log (1+ℓ)²ˢ over that of log (1+√(ℓ(ℓ+d−2)))ˢ, degrees 5000 to 10 000",
        predicted=1.0,
        measured=ratio,
        tolerance=TOLERANCE,
    )


def _n12(p: Parameters, row: Row) -> Claim:
    d = int(row["decay_dimension"])
    found, apart = float(row["critical_s"]), float(row["critical_spread"])
    if d == 1:
        return N12.judge("inconclusive", "needs d ≥ 2: S⁰ has degrees 0 and 1 only")
    if not math.isfinite(found):
        return N12.judge(
            "inconclusive",
            f"pre-asymptotic: needs frequencies from 5 L to {WINDOW} · 5 L; load the preset",
        )
    if apart > SETTLED * d:
        return N12.judge(
            "inconclusive",
            f"no power law yet: slopes of the two halves of the window differ by "
            f"{number(apart, 2)}; load the preset",
            measured=found,
        )
    where = f"the torus, d + 1 = {d} in place of d" if p.domain == "torus" else f"S{raised(d - 1)}"
    return N12.judge(
        "holds" if abs(found / d - 1.0) <= TOLERANCE else "fails",
        f"s at which the fitted exponent of λ(T_s) vanishes, on {where}",
        predicted=float(d),
        measured=found,
        tolerance=TOLERANCE * d,
    )


def _n13(p: Parameters, row: Row) -> Claim:
    if row["left_out"]:
        return N13.judge(
            "inconclusive",
            f"needs every eigenvalue: {int(row['left_out'])} lie below the rounding, so κ is known "
            "from below only; load the preset",
            measured=float(row["best_s"]),
        )
    best, beyond = float(row["best_s"]), float(row["beyond_log"])
    lowest, known = float(row["best_log"]), float(row["sobolev_closed_log"])
    grows = beyond > lowest + 1e-6
    agrees = abs(known - float(row["sobolev_log"])) <= 1e-9 * max(1.0, known)
    zeros = ", zero eigenvalues left out" if row["zeros"] else ""
    ten = math.log(10.0)
    form = "by its closed form too" if agrees else "not its closed form"
    return N13.judge(
        "fails" if grows else "holds",
        f"log10 κ(T_s): {number(float(row['zero_log']) / ten)} at 0, {number(lowest / ten)} at "
        f"s* = {number(best)}, {number(beyond / ten)} at {number(float(row['beyond_s']))}{zeros}; "
        f"log10 κ(P_s) at s* {number(float(row['sobolev_log']) / ten)}, {form}",
        predicted="κ(T_s) decreases",
        measured=f"smallest at s* = {number(best)}",
    )


def _n23(p: Parameters, row: Row) -> Claim:
    raw, embedded = float(row["raw"]), float(row["embedded"])
    return N23.judge(
        "holds" if raw <= ROUNDING else "fails",
        f"share of F K Fᴴ off the diagonal with raw coordinates; embedded: {number(embedded, 2)}",
        predicted=0.0,
        measured=raw,
        tolerance=ROUNDING,
    )


def _n24(p: Parameters, row: Row) -> Claim:
    wrong, alias = float(row["orthogonality"]), float(row["alias_error"])
    return N24.judge(
        "holds" if max(wrong, alias) <= ROUNDING else "fails",
        "largest deviation of the sum from 0 or 1, aliases among the pairs; eigenvalues of a grid "
        f"against sums over aliases of a finer one: {number(alias, 2)} of the largest",
        predicted=0.0,
        measured=wrong,
        tolerance=ROUNDING,
    )


def _n25(p: Parameters, row: Row) -> Claim:
    fast, dense = float(row["fft_growth"]), float(row["dense_growth"])
    if float(row["product_error"]) > ROUNDING:
        return N25.judge("fails", "the two products differ", measured=float(row["product_error"]))
    clear = fast < 1.5 < dense
    return N25.judge(
        "holds" if clear else "inconclusive",
        f"time of a product grows like (N^d)^{number(fast, 2)} by FFT and (N^d)^{number(dense, 2)} "
        f"dense{'' if clear else ': timings too noisy here, measure again'}",
        predicted="1 and a logarithm, 2",
        measured=f"{number(fast, 3)}, {number(dense, 3)}",
    )


def _n26(p: Parameters, row: Row) -> Claim:
    plain, laplace = float(row["plain_s"]), float(row["laplace_s"])
    wave = float(row["laplacian"])
    same = abs(wave - 1.0) <= TOLERANCE
    return N26.judge(
        "holds" if same else "inconclusive",
        "−Δ over |k|², by differences of a wave of [0,1); closed form 4π² = "
        f"{number(4.0 * math.pi**2)}. "
        + ("This is (1 − Δ)ˢ" if same else "So this is another operator than (1 − Δ)ˢ")
        + f". Best s {number(plain)}, against {number(laplace)} for (1+4π²|k|²)ˢ; the paper does "
        "not say which one it means",
        predicted=1.0,
        measured=wave,
        tolerance=TOLERANCE,
    )
