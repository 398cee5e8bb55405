"""The formula of finite width, with the current numbers."""

from __future__ import annotations

from collections.abc import Sequence

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.formula import Formula, join, tex
from kernlab.engine.experiments.spectra.bench import row_of
from kernlab.engine.experiments.spectra.parameters import Parameters


def formulas(p: Parameters, tables: Tables) -> Sequence[Formula]:
    """The kernel of one network."""
    row = row_of(tables, "fw_summary")
    result = ""
    if row is not None:
        mean, error, spread = (float(row[name]) for name in ("mean", "error", "spread"))
        result = join(
            rf"N = {row['width']}: \; {tex(mean)} \pm {tex(error, 2)}",
            rf"\mathrm{{spread}} \; {tex(spread, 3)}, \; N \to \infty: \; "
            rf"{tex(float(row['limit']))}",
        )
    kernel = Formula(
        "Kernel of a network of finite width",
        join(
            r"K(x, y) = \sum_{k=1}^{L} (\sigma_w^2 \frac{a_{k-1}(x)^T a_{k-1}(y)}{N_{k-1}}"
            r" + \sigma_b^2) \; g_k(x)^T g_k(y)",
            r"g_k = \mathrm{d} f / \mathrm{d} h_k",
        ),
        result,
        "One pass back, no Jacobian; one entry over many networks",
    )
    return (kernel,)
