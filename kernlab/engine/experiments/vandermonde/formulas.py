"""The formulas of the Vandermonde panel, in general and at the current parameters."""

from __future__ import annotations

import math

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.formula import Formula, given, join, power, tex
from kernlab.engine.experiments.vandermonde.parameters import Parameters
from kernlab.engine.numerics import vandermonde_bounds as bounds

LN10 = math.log(10.0)
COLUMNS = {
    "monomial": r"b_j(x) = x^j",
    "scaled-monomial": r"b_j(x) = (x/a)^j",
    "chebyshev": r"b_j(x) = T_j(x/a)",
    "legendre": r"b_j(x) = P_j(x/a)",
    "newton": r"b_j(x) = \prod_{k < j} 2 (x - x_k) / a",
    "arnoldi": r"\sum_i b_j(x_i) \, b_k(x_i) = n \, \delta_{jk}",
    "roots-of-unity": r"V_{ij} = e^{2 \pi \mathrm{i} \, i j / n}",
}
LARGEST = 300.0
"""log10 beyond which the tables hold 1e300 instead."""


def formulas(p: Parameters, tables: Tables) -> tuple[Formula, ...]:
    """The condition number and its growth, the determinant, and what bounds the errors."""
    return (
        _condition(p, tables),
        _rate(p, tables),
        _determinant(p),
        _lebesgue(p, tables),
        _taylor(p, tables),
    )


def _condition(p: Parameters, tables: Tables) -> Formula:
    norm = {"2": "2", "1": "1", "inf": r"\infty"}[p.norm]
    found = _log10_condition(p, tables)
    result = ""
    if math.isfinite(found):
        result = rf"\mathrm{{cond}}_{{{norm}}}(V) = {power(found)}"
    return Formula(
        "Condition number",
        join(
            r"\mathrm{cond}_p(V) = \Vert V \Vert_p \, \Vert V^{-1} \Vert_p",
            r"V_{ij} = b_j(x_i), \; j = 0, \ldots, n - 1",
        ),
        join(COLUMNS[p.basis], rf"n = {p.count}, \; a = {given(p.half_width)}", result),
        "by definition; rows are nodes, and where rows are powers the norms 1 and ∞ swap",
    )


def _log10_condition(p: Parameters, tables: Tables) -> float:
    curve, claims = tables.get("curve"), tables.get("claims")
    if curve is not None and (curve["n"] == p.count).any():
        return float(curve["exact"][curve["n"] == p.count][0])
    if claims is not None and p.basis == "monomial":
        return float(claims["log10_condition"][0])
    return math.nan


def _rate(p: Parameters, tables: Tables) -> Formula:
    a, rate = p.half_width, bounds.growth_rate(p.half_width)
    parts = math.log(max(1.0, a)), 0.5 * math.log1p(a**-2), math.atan(a) / a
    width, claims = given(a), tables.get("claims")
    slope = float(claims["slope"][0]) if claims is not None else math.nan
    measured = ""
    if math.isfinite(slope) and p.nodes == "equispaced":
        measured = r"\dfrac{\ln \mathrm{cond}_{n=160} - \ln \mathrm{cond}_{n=80}}{80} = " + tex(
            slope, 5
        )
    return Formula(
        "Growth rate: monomials, equispaced nodes",
        join(
            r"\ln \mathrm{cond}(V) = n \, r(a) + O(\ln n)",
            r"r(a) = \ln \max(1, a) + \frac{1}{2} \ln (1 + a^{-2})",
            r"\qquad + \arctan(a) / a",
        ),
        join(
            rf"r({width}) = {' + '.join(tex(part, 5) for part in parts)} = {tex(rate, 5)}",
            rf"n \, r(a) / \ln 10 = {p.count} \cdot {tex(rate / LN10, 5)} = "
            + tex(p.count * rate / LN10),
            measured,
        ),
        "r(1) = π/4 + ½ ln 2: Gautschi 1975, Numerische Mathematik 24",
    )


def _determinant(p: Parameters) -> Formula:
    n, a = p.count, p.half_width
    logs = LN10 * bounds.log10_superfactorial(n)
    first = n * (n - 1) / 2 * math.log(2 * a / (n - 1))
    total = bounds.log10_determinant(n, a)
    return Formula(
        "Determinant: monomials, equispaced nodes",
        join(
            r"\ln |\det V| = \dfrac{n (n - 1)}{2} \ln \dfrac{2a}{n - 1}",
            r"\qquad + \sum_{k=1}^{n-1} \ln k!",
        ),
        join(
            rf"\ln |\det V| = {n * (n - 1) // 2} \, \ln \dfrac{{2 \cdot {given(a)}}}{{{n - 1}}} + "
            rf"\sum_{{k=1}}^{{{n - 1}}} \ln k!",
            rf"= {tex(first, 6)} + {tex(logs, 6)} = {tex(total * LN10, 6)}",
            rf"|\det V| = {power(total, 5)}",
        ),
        "the product of all differences of nodes; Ulrich, independent study (paper 000), Lemma 1, "
        "has another form: see V2",
    )


def _lebesgue(p: Parameters, tables: Tables) -> Formula:
    table = tables.get("bases", tables.get("claims"))
    result = ""
    if table is not None:
        value = float(table["lebesgue"][0])
        above = math.log10(value) >= LARGEST
        sign = r"\geq" if above else "="
        result = rf"\Lambda_{{{p.count}}} {sign} {tex(value)}"
    return Formula(
        "Lebesgue constant of the nodes",
        join(
            r"\Lambda_n = \max_{|x| \leq a} \sum_{i=1}^{n} |\ell_i(x)|",
            r"\ell_i(x) = \prod_{j \neq i} \; \dfrac{x - x_j}{x_i - x_j}",
            r"|f - p_n| \leq (1 + \Lambda_n) \, \min_{\deg q < n} \max |f - q|",
        ),
        result,
        "Trefethen 2013, Approximation Theory and Approximation Practice, ch. 15",
    )


def _taylor(p: Parameters, tables: Tables) -> Formula:
    degree, a = 2 * p.taylor_order + 1, p.half_width
    log10_bound = ((degree + 2) * math.log(a) - math.lgamma(degree + 3)) / LN10
    table = tables.get("taylor")
    measured = ""
    if table is not None:
        largest = float(table["exact"].max())
        if math.isfinite(largest) and largest > 0:
            measured = rf"\max_{{|x| \leq a}} |\sin x - T_{{{degree}}}(x)| = {tex(largest)}"
    sign = r"\leq" if measured else ""
    small = -4 < log10_bound < 5
    bound = tex(10**log10_bound) if small else _scientific(log10_bound)
    return Formula(
        "Taylor polynomial of sin",
        join(
            r"|\sin x - T_{2M+1}(x)| \leq \dfrac{|x|^{2M+3}}{(2M+3)!}",
        ),
        join(
            measured,
            rf"{sign} \dfrac{{{given(a)}^{{{degree + 2}}}}}{{{degree + 2}!}} = {bound}",
        ),
        "Taylor's theorem; Ulrich, independent study (paper 000), Theorem 1",
    )


def _scientific(log10: float, digits: int = 4) -> str:
    """A number of any size from its log10."""
    exponent = math.floor(log10)
    mantissa = 10 ** (log10 - exponent)
    return rf"{mantissa:.{digits - 1}f} \cdot 10^{{{exponent}}}"
