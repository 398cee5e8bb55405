"""The formulas of the attention-timing panel, in general and at the current parameters."""

from __future__ import annotations

import math

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.formula import Formula, given, join, power, tex
from kernlab.engine.experiments.attention_timing.parameters import Parameters


def formulas(p: Parameters, tables: Tables) -> tuple[Formula, ...]:
    """Softmax attention, FAVOR+ and its variance, Nyström, and the costs."""
    return (_softmax(p), _favor(p, tables), _variance(p, tables), _nystrom(p, tables), _costs(p))


def _softmax(p: Parameters) -> Formula:
    batch, heads, _ = p.sizes
    n = p.grid[-1]
    bytes_ = 2 * {"float64": 8, "float32": 4}.get(p.dtype, 2) * batch * heads * n * n
    return Formula(
        "Softmax attention",
        r"A_{ij} = \dfrac{\exp(q_i^T k_j / \sqrt{d})}{\sum_l \exp(q_i^T k_l / \sqrt{d})}",
        join(
            rf"n = {n}, \; d = {p.sizes[2]}",
            rf"\mathrm{{stored \; twice}}: {tex(bytes_ / 1e9, 3)} \; \mathrm{{GB}}",
        ),
        "paper 000, §4.1",
    )


def _error(tables: Tables, method: str) -> float:
    table = tables.get("errors")
    if table is None or method not in table.columns:
        return math.nan
    known = [float(value) for value in table[method] if math.isfinite(value)]
    return known[-1] if known else math.nan


def _relative(tables: Tables, method: str, left: str) -> str:
    error = _error(tables, method)
    if math.isnan(error):
        return ""
    return rf"\|{left} V - A V\| = {tex(error, 3)} \cdot \|A V\|"


def _favor(p: Parameters, tables: Tables) -> Formula:
    return Formula(
        "FAVOR+",
        join(
            r"\tilde A = D^{-1} \Phi(Q) \Phi(K)^T, \; D = diag(\Phi(Q) \Phi(K)^T 1)",
            r"\Phi(x)_j = \exp(w_j^T x / d^{1/4} - \|x\|^2 / (2 \sqrt{d})) / \sqrt{m}",
        ),
        join(rf"m = {p.m}", _relative(tables, "favor", r"\tilde A")),
        "Choromanski et al. 2021",
    )


def _variance(p: Parameters, tables: Tables) -> Formula:
    table = tables.get("claims")
    numbers = rf"m = {p.m}"
    if table is not None:
        exponent = float(table["log_variance"][0]) / math.log(10)
        numbers = join(numbers, rf"\mathrm{{typical \; pair}}: {power(exponent, 3)}")
    return Formula(
        "Relative variance of a positive-feature estimate",
        r"\dfrac{Var}{\exp(2 x^T y)} = \dfrac{\exp(\|x + y\|^2) - 1}{m}, \;"
        r" x = q / d^{1/4}, \; y = k / d^{1/4}",
        numbers,
        "Choromanski et al. 2021",
    )


def _nystrom(p: Parameters, tables: Tables) -> Formula:
    return Formula(
        "Nyström attention with segment means",
        join(
            r"\tilde A = F W^+ B",
            r"F = softmax(Q \tilde K^T / \sqrt{d}), \; W = softmax(\tilde Q \tilde K^T / \sqrt{d}),"
            r" \; B = softmax(\tilde Q K^T / \sqrt{d})",
        ),
        join(rf"r = {p.landmarks}", _relative(tables, "nystrom", r"\tilde A")),
        "Xiong et al. 2021",
    )


def _costs(p: Parameters) -> Formula:
    n, d, m, r = p.grid[-1], p.sizes[2], p.m, p.landmarks
    counts = (4.0 * n * n * d, 8.0 * n * m * d, 8.0 * n * r * d + 8.0 * p.iterations * r**3)
    softmax, favor, nystrom = (tex(value, 2) for value in counts)
    return Formula(
        "Operations of one head",
        join(
            r"\mathrm{softmax}: 4 n^2 d",
            r"\mathrm{FAVOR+}: 8 n m d",
            r"\mathrm{Nystroem}: 8 n r d + 8 t r^3",
        ),
        join(
            rf"n = {given(n)}, \; d = {given(d)}, \; m = {given(m)}, \; r = {given(r)}, \;"
            rf" t = {p.iterations}",
            rf"{softmax}, \quad {favor}, \quad {nystrom}",
        ),
        "multiplications and additions, both counted",
    )
