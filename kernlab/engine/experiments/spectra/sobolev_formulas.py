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
SOURCE = "Spectral analysis of the neural tangent kernel (paper 002)"


def formulas(p: Parameters, tables: Tables) -> tuple[Formula, ...]:
    """The composite spectrum, the best exponent, and the flow."""
    return (_composite(p, tables), _best(p, tables), _flow(p, tables))


def _index(p: Parameters) -> str:
    return "k" if p.domain == "torus" else r"\ell"


def _composite(p: Parameters, tables: Tables) -> Formula:
    row = row_of(tables, "sobolev")
    result = "" if row is None else rf"\kappa(T_s) = {tex(float(row['condition']))}"
    i = _index(p)
    return Formula(
        "Composite spectrum",
        join(
            r"T_s = K P_s",
            rf"\lambda_{i}(T_s) = \mu_{i} \, {FORMS[p.form]}",
        ),
        join(rf"s = {given(p.s)}", result),
        f"{SOURCE}, with the form named",
    )


def _best(p: Parameters, tables: Tables) -> Formula:
    row = row_of(tables, "sobolev")
    result = ""
    if row is not None:
        result = join(
            rf"s^* = {tex(float(row['best_s']), 5)}",
            rf"\kappa(T_{{s^*}}) = {tex(float(row['best_condition']))}",
        )
    i = _index(p)
    return Formula(
        "Best exponent: a corner of a convex, piecewise linear function",
        join(
            rf"\ln \kappa(T_s) = \max_{i} (\ln \mu_{i} + s \ln b_{i})"
            rf" - \min_{i} (\ln \mu_{i} + s \ln b_{i})",
            rf"b_{i}^s = {FORMS[p.form]}",
        ),
        result,
        "convex because a maximum of lines is; zero eigenvalues left out",
    )


def _flow(p: Parameters, tables: Tables) -> Formula:
    row = row_of(tables, "learning")
    missing = ""
    if row is not None:
        missing = rf"\Vert r(t) \Vert / \Vert r(0) \Vert = {tex(float(row['error']))}"
    i = _index(p)
    return Formula(
        "Training, frequency by frequency",
        rf"r_{i}(t) = \exp(-\eta \, \lambda_{i}(T_s) \, t) \, r_{i}(0)",
        join(rf"\eta = {given(p.learning_rate)}, \; t = {given(p.time)}", missing),
        "gradient flow of half of the Sobolev norm of the residual",
    )
