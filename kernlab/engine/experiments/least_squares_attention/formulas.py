"""The formulas of the least-squares panel, in general and at the current parameters."""

from __future__ import annotations

import math

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.formula import Formula, given, join, tex
from kernlab.engine.experiments.least_squares_attention.parameters import Parameters

SOURCE = "notes on least squares as attention (paper 003)"


def formulas(p: Parameters, tables: Tables) -> tuple[Formula, ...]:
    """The weights, the two conventions of λ, degrees of freedom, GCV, and the risk."""
    return (_weights(p, tables), _conventions(p, tables), _dof(p, tables), _gcv(p, tables),
            _rate(p, tables))  # fmt: skip


def _value(tables: Tables, table: str, column: str) -> float:
    return float(tables[table][column][0]) if table in tables else math.nan


def _weights(p: Parameters, tables: Tables) -> Formula:
    numbers = ""
    prediction = _value(tables, "row_summary", "prediction")
    if math.isfinite(prediction):
        n = int(_value(tables, "row_summary", "n"))
        row_sum = _value(tables, "row_summary", "row_sum")
        numbers = join(
            rf"n = {n}, \; \sum_j w_j = {tex(row_sum)}", rf"\hat{{y}} = {tex(prediction)}"
        )
    if p.mode == "softmax":
        return Formula(
            "Softmax attention, a Nadaraya–Watson smoother",
            r"\hat{y}_i = \dfrac{\sum_j \exp(q_i^T k_j / (\sqrt{d} \, \tau)) \, y_j}"
            r"{\sum_j \exp(q_i^T k_j / (\sqrt{d} \, \tau))}",
            join(rf"\tau = {given(p.temperature)}", numbers),
        )
    return Formula(
        "Least squares as a weighted sum of targets",
        join(
            r"\hat{y} = W y, \; W = F_{test} \, \mathrm{diag}(g) \, F_{train}^T",
            r"F = X U \Lambda^{-1/2}",
            r"g_k = \mu_k / (\mu_k + \lambda)",
        ),
        numbers,
        f"{SOURCE}, 2.2 and 3.1",
    )


def _conventions(p: Parameters, tables: Tables) -> Formula:
    n = _value(tables, "chosen", "n")
    if not math.isfinite(n):
        n = _value(tables, "row_summary", "n")
    numbers = rf"\lambda = {given(p.ridge)}"
    if math.isfinite(n):
        numbers += rf", \; \lambda / n = {given(p.ridge)} / {int(n)} = {tex(p.ridge / n)}"
    return Formula(
        "Two conventions of the ridge",
        join(
            r"\Vert y - X b \Vert^2 + \lambda \Vert b \Vert^2",
            r"= n \, ( \dfrac{1}{n} \Vert y - X b \Vert^2 + \dfrac{\lambda}{n} \Vert b \Vert^2 )",
        ),
        numbers,
        f"{SOURCE}, 3.1 against 4.1",
    )


def _dof(p: Parameters, tables: Tables) -> Formula:
    dof, other = (_value(tables, "chosen", name) for name in ("dof", "variance_dof"))
    numbers = ""
    if math.isfinite(dof):
        numbers = rf"\mathrm{{tr}}\, H = {tex(dof)}, \; \Vert H \Vert_F^2 = {tex(other)}"
    one = "1 + " if p.intercept else ""
    sums = {"softmax": r"\sum_i H_{ii}", "pcr": f"{one}r", "ols": rf"{one}\mathrm{{rank}}\, X"}
    shrunk = rf"{one}\sum_k \dfrac{{\mu_k}}{{\mu_k + \lambda}}"
    return Formula(
        "Effective degrees of freedom",
        rf"\mathrm{{tr}}\, H = {sums.get(p.mode, shrunk)}",
        numbers,
        f"{SOURCE}, 4.3",
    )


def _gcv(p: Parameters, tables: Tables) -> Formula:
    score, loo = (_value(tables, "chosen", name) for name in ("gcv", "loo"))
    numbers = ""
    if math.isfinite(loo):
        numbers = rf"\mathrm{{GCV}} = {tex(score)}, \; \mathrm{{LOO}} = {tex(loo)}"
    return Formula(
        "Generalized and exact leave-one-out cross-validation",
        join(
            r"\mathrm{GCV} = \dfrac{n^{-1} \Vert y - H y \Vert^2}{(1 - \mathrm{tr}\, H / n)^2}",
            r"\mathrm{LOO} = \dfrac{1}{n} \sum_i "
            r"\left( \dfrac{y_i - \hat{y}_i}{1 - H_{ii}} \right)^2",
        ),
        numbers,
        f"{SOURCE}, 5.1",
    )


def _rate(p: Parameters, tables: Tables) -> Formula:
    predicted = 2 * p.smoothness / (2 * p.smoothness + 1)
    found, error = (_value(tables, "rate", name) for name in ("exponent", "error"))
    numbers = rf"s = {given(p.smoothness)}: \; 2s / (2s + 1) = {tex(predicted)}"
    if math.isfinite(found):
        numbers = join(numbers, rf"\mathrm{{measured}} \; {tex(found)} \pm {tex(error, 2)}")
    return Formula(
        "Rate of kernel ridge regression in Hˢ, d = 1",
        r"\Vert f_\lambda - f \Vert_{L^2}^2 = O(n^{-2s/(2s+1)})",
        numbers,
        f"{SOURCE}, 8.1",
    )
