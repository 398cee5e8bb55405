"""The formulas of the entrywise-rank panel, in general and at the current parameters."""

from __future__ import annotations

import math

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.formula import Formula, given, join, tex
from kernlab.engine.experiments.entrywise_rank.bench import gamma2
from kernlab.engine.experiments.entrywise_rank.figures import bracket
from kernlab.engine.experiments.entrywise_rank.parameters import Parameters

ENTRIES = {
    "gaussian": r"\exp(-\Vert x_i - x_j \Vert^2)",
    "quartic": r"\exp(-\Vert x_i - x_j \Vert^4)",
    "exponential": r"\exp(-\Vert x_i - x_j \Vert)",
    "cauchy": r"1 / (1 + \Vert x_i - x_j \Vert^2)",
    "attention": r"\exp(x_i^T x_j / \sqrt{m})",
    "sinh": r"\sinh(x_i^T x_j)",
    "identity": r"\delta_{ij}",
}
SOURCE = "Budzinskiy, When big data actually are low-rank (paper 001)"


def formulas(p: Parameters, tables: Tables) -> tuple[Formula, ...]:
    """The problem, its lower bound, the rank that suffices, and the limit of high dimension."""
    return (_problem(p, tables), _certificate(p, tables), _explicit(p), _welch(p), _rate(p))


def _problem(p: Parameters, tables: Tables) -> Formula:
    if p.order == "3":
        entry = r"F_{ijk} = \sinh(\sum_a x_i(a) \, y_j(a) \, z_k(a))"
    else:
        text = ENTRIES.get(p.function, r"f(x_i, x_j)")
        text = text if p.sampling == "symmetric" else text.replace("x_j", "y_j")
        entry = "" if p.function == "file" else rf"F_{{ij}} = {text}"
    found = bracket(tables)
    result = "" if found is None else rf"\max |F - G| = {tex(found[1])} \cdot \max |F|"
    return Formula(
        "Entrywise approximation of low rank",
        r"\min_{\mathrm{rank}\, G \leq r} \; \max_{ij} |F_{ij} - G_{ij}|",
        join(entry, rf"n = {p.size}, \; m = {p.m}, \; r = {p.rank}", result),
        SOURCE,
    )


def _certificate(p: Parameters, tables: Tables) -> Formula:
    found = bracket(tables)
    result = ""
    if found is not None and found[2] > 0:
        result = rf"{tex(found[2])} \leq \varepsilon / \max |F| \leq {tex(found[1])}"
    return Formula(
        "Lower bound, for every D and weights p, q ≥ 0",
        join(
            r"w_{ij} = \sqrt{p_i q_j}, \; Z = w \circ F + D",
            r"\sum_{k > r} \sigma_k(Z)^2 \leq \sum_{ij} (|D_{ij}| + \varepsilon w_{ij})^2",
        ),
        result,
        "Eckart–Young for Z; D and the weights are then chosen to raise ε",
    )


def _explicit(p: Parameters) -> Formula:
    from kernlab.engine.numerics.max_norm_bounds import error_bound

    norm = gamma2(p)
    result = ""
    if math.isfinite(norm):
        value = error_bound(p.rank, *p.shape, gamma2=norm)
        says = r"\quad \mathrm{(says \; nothing)}" if value >= norm else ""
        result = join(
            rf"\gamma_2 \leq {given(norm)}, \; n = {p.size}, \; r = {p.rank}",
            rf"\varepsilon \leq {tex(value)}{says}",
        )
    return Formula(
        "Explicit bound by a random embedding",
        join(
            r"r > \dfrac{2 \ln (2 n_1 n_2)}{\varepsilon - \ln (1 + \varepsilon)}",
            r"\Rightarrow \min \max |F - G| \leq \varepsilon \, \gamma_2(F)",
        ),
        result,
        f"constant derived for Theorem 1.3 of {SOURCE}",
    )


def _welch(p: Parameters) -> Formula:
    from kernlab.engine.numerics.max_norm_bounds import welch_bound

    result = ""
    if p.rank < p.size:
        bound = welch_bound(p.size, p.rank)
        result = rf"n = {p.size}, \; r = {p.rank}: \; \varepsilon \geq {tex(bound)}"
    return Formula(
        "Identity matrix",
        join(
            r"\max |I - G| \geq \dfrac{c}{1 + c}",
            r"c = \sqrt{\dfrac{n - r}{r (n - 1)}}",
        ),
        result,
        "Welch 1974, IEEE Trans. Inf. Theory 20",
    )


def _rate(p: Parameters) -> Formula:
    value = math.sqrt(math.log(p.size) / p.rank)
    return Formula(
        "Published rate",
        r"\varepsilon = O(\sqrt{\log(n) / r})",
        rf"\sqrt{{\ln {p.size} / {p.rank}}} = {tex(value)}",
        f"{SOURCE}, §7.4",
    )
