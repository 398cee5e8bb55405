"""The formulas of the composite spectrum and of training, at the current parameters."""

from __future__ import annotations

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.formula import Formula, given, join, tex
from kernlab.engine.experiments.spectra.bench import row_of
from kernlab.engine.experiments.spectra.parameters import Parameters

FORMS = {
    "(1+l)^2": r"(1 + \ell)^{2s}",
    "(1+sqrt(l(l+d-2)))": r"(1 + \sqrt{\ell (\ell + d - 2)})^s",
    "1+|k|^2": r"(1 + |k|^2)^s",
    "(1+|k|)^2": r"(1 + |k|)^{2s}",
    "1+4pi^2|k|^2": r"(1 + 4 \pi^2 |k|^2)^s",
}


def formulas(p: Parameters, tables: Tables) -> tuple[Formula, ...]:
    """The composite spectrum, its best exponent, and how fast each frequency is learned."""
    i = "k" if p.domain == "torus" else r"\ell"
    row, reached = row_of(tables, "sobolev"), row_of(tables, "learning")
    numbers = [rf"s = {given(p.s)}"]
    if row is not None:
        numbers[0] += rf", \; \kappa(T_s) = {tex(float(row['condition']))}"
        numbers.append(
            rf"s^* = {tex(float(row['best_s']), 5)}, \; "
            rf"\kappa(T_{{s^*}}) = {tex(float(row['best_condition']))}"
        )
    if reached is not None:
        numbers.append(
            rf"\eta = {given(p.learning_rate)}, \; t = {given(p.time)}, \; "
            rf"\Vert r(t) \Vert / \Vert r(0) \Vert = {tex(float(reached['error']))}"
        )
    composite = Formula(
        "Composite spectrum, best exponent, and training",
        join(
            rf"T_s = K P_s, \quad \lambda_{i} = \mu_{i} \, {FORMS[p.form]}",
            rf"\kappa(T_s) = \max_{i} \lambda_{i} / \min_{i} \lambda_{i}, \quad"
            r" s^* = \mathrm{arg \, min}_s \; \kappa(T_s)",
            rf"r_{i}(t) = \exp(-\eta \, \lambda_{i} \, t) \, r_{i}(0)",
        ),
        join(*numbers),
        "ln κ is convex and piecewise linear in s; zero eigenvalues left out",
    )
    return (composite,)
