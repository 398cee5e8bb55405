"""The formulas of finite width and of the Gaussian domain, with the current numbers."""

from __future__ import annotations

from collections.abc import Sequence

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.formula import Formula, given, join, tex
from kernlab.engine.experiments.spectra.bench import row_of
from kernlab.engine.experiments.spectra.parameters import Parameters
from kernlab.engine.experiments.spectra.widths_ensembles import inputs

PAPER = "Spectral analysis of the neural tangent kernel (paper 002)"


def formulas(p: Parameters, tables: Tables) -> Sequence[Formula]:
    """The kernel of one network, the width of a budget, Hermite series, and what is quoted."""
    return (_kernel(p, tables), _budget(p), _hermite(p, tables), _quoted(p, tables))


def _kernel(p: Parameters, tables: Tables) -> Formula:
    row = row_of(tables, "fw_summary")
    result = ""
    if row is not None:
        mean, error, spread = (float(row[name]) for name in ("mean", "error", "spread"))
        result = join(
            rf"N = {row['width']}: \; {tex(mean)} \pm {tex(error, 2)}",
            rf"\mathrm{{spread}} \; {tex(spread, 3)}, \; N \to \infty: \; "
            rf"{tex(float(row['limit']))}",
        )
    return Formula(
        "Kernel of a network of finite width",
        join(
            r"K(x, y) = \sum_{k=1}^{L} (\sigma_w^2 \frac{a_{k-1}(x)^T a_{k-1}(y)}{N_{k-1}}"
            r" + \sigma_b^2) \; g_k(x)^T g_k(y)",
            r"g_k = \mathrm{d} f / \mathrm{d} h_k",
        ),
        result,
        "One pass back, no Jacobian; one entry over many networks",
    )


def _budget(p: Parameters) -> Formula:
    from kernlab.engine.numerics.finite_width import width_for

    return Formula(
        "Width that a budget of dense weights allows",
        r"P = (L - 2) N^2 + (d_{in} + 1) N, \quad N \sim \sqrt{P / L}",
        join(
            rf"P = {given(p.budget)}, \; L = {p.depth}, \; d_{{in}} = {inputs(p)}",
            rf"N = {tex(width_for(p.budget, p.depth, inputs(p)))}, \; "
            rf"P / L = {tex(p.budget / p.depth)}",
        ),
        f"{PAPER} has N = P/L",
    )


def _hermite(p: Parameters, tables: Tables) -> Formula:
    row = row_of(tables, "operator_summary")
    result = ""
    if row is not None:
        result = (
            rf"d = {p.dimension}, \; L = {p.depth}: \; \Vert K P - P K \Vert / \Vert K P \Vert = "
            rf"{tex(float(row['commutator']), 3)}"
        )
    return Formula(
        "Hermite series of ReLU, and the Gaussian domain",
        join(
            r"c_n^2 = \frac{((n-3)!!)^2}{2 \pi \, n!} \sim \frac{n^{-5/2}}{\pi \sqrt{2 \pi}}, "
            r"\quad n \; \mathrm{even}",
            r"K = |x| |y| \, T_L(\cos \theta), \quad \lambda = d \, \mu_\ell, \quad |x| Y_\ell",
        ),
        result,
        "P multiplies Hermite degree n by exp(−n/2)",
    )


def _quoted(p: Parameters, tables: Tables) -> Formula:
    row = row_of(tables, "fw_summary")
    result = ""
    if row is not None:
        scaled = int(row["width"]) * (float(row["mean"]) - float(row["limit"]))
        error = int(row["width"]) * float(row["error"])
        result = rf"N (\mathrm{{mean}} - \Theta) = {tex(scaled, 3)} \pm {tex(error, 2)}"
    return Formula(
        "Quoted, not verified: four-term expansion",
        join(
            r"\Theta^{NTH} = \Theta + n^{-1} E[O_{2,0}] - n^{-1} E[O_{3,0} \Theta^{-1} f_0]",
            r"+ n^{-1} y^T \Theta^{-1} E[O_{4,0}] \Theta^{-1} y",
        ),
        result,
        f"{PAPER}, Finite-width corrections and NTK hierarchy",
    )
