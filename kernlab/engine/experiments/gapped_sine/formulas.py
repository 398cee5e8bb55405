"""The formulas of the gapped-sine panel, in general and at the current parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.formula import Formula, given, join, tex
from kernlab.engine.experiments.gapped_sine.parameters import Parameters, approximations

GAUSSIAN_PROCESSES = "Rasmussen and Williams 2006, Gaussian Processes for Machine Learning"
SUBSCRIPTS = {
    "iid": r"\mathrm{iid}",
    "orthogonal": r"\mathrm{orth}",
    "unit": r"\omega = \pm 1",
    "qr-vector": r"\mathrm{QR}",
    "halton": r"\mathrm{Halton}",
    "gauss-hermite": r"\mathrm{GH}",
    "nystrom-sor": r"\mathrm{SoR}",
    "nystrom-dtc": r"\mathrm{DTC}",
}
SHOWN = 3
"""Methods whose share of the variance is shown."""


def formulas(p: Parameters, tables: Tables) -> tuple[Formula, ...]:
    """What is solved, what approximates it, and how both are judged."""
    return (_posterior(p, tables), _features(p), _share(p, tables), *_evidence(p, tables))


def _posterior(p: Parameters, tables: Tables) -> Formula:
    ridge = given(p.ridge)
    mean = rf"k_x^{{\mathrm{{T}}}} (K + {ridge}\,I)^{{-1}} y"
    variance = rf"1 - k_x^{{\mathrm{{T}}}} (K + {ridge}\,I)^{{-1}} k_x"
    table = tables.get("posterior")
    place = "x"
    if table is not None and "mean" in table.columns:
        at = int(np.abs(table["x"] - _middle(tables)).argmin())
        place = tex(table["x"][at])
        mean += f" = {tex(table['mean'][at])}"
        variance += f" = {tex(table['sd'][at] ** 2)}"
    return Formula(
        "Posterior mean and variance",
        join(
            r"m(x) = k_x^{\mathrm{T}} (K + \alpha I)^{-1} y",
            r"v(x) = k(x, x) - k_x^{\mathrm{T}} (K + \alpha I)^{-1} k_x",
            r"k(x, z) = e^{-(x - z)^2 / (2 \sigma^2)}",
        ),
        join(
            f"m({place}) = {mean}",
            f"v({place}) = {variance}",
            rf"k(x, z) = e^{{-(x - z)^2 / (2 \cdot {given(p.lengthscale)}^2)}}"
            + _points(tables, ", \\; n = {}"),
        ),
        f"{GAUSSIAN_PROCESSES}, eq. 2.25 and 2.26",
    )


def _features(p: Parameters) -> Formula:
    scale = p.feature_scale
    return Formula(
        "Random Fourier features",
        join(
            r"\varphi(x) = \sqrt{c/m} \; [\cos \omega_j x, \; \sin \omega_j x]_{j=1}^m",
            r"\varphi(x)^{\mathrm{T}} \varphi(z) = \frac{c}{m} \sum_{j=1}^m \cos \omega_j (x - z)",
            r"\approx c\,k(x, z) \pm c\,(1 - k(x, z)^2) / \sqrt{2m}",
            r"\omega_j \sim N(0, \sigma^{-2}), \; D = 2m, \; c = \mathrm{feature\ scale}",
        ),
        join(
            rf"\sqrt{{c/m}} = \sqrt{{{given(scale)} / {p.m}}} = {tex(math.sqrt(scale / p.m))}",
            rf"D = 2 \cdot {p.m} = {2 * p.m}",
            rf"c / \sqrt{{2m}} = {given(scale)} / \sqrt{{2 \cdot {p.m}}} = "
            + tex(scale / math.sqrt(2 * p.m)),
        ),
        "Rahimi and Recht 2007; the standard error: Sutherland and Schneider 2015",
    )


def _share(p: Parameters, tables: Tables) -> Formula:
    data, table = tables.get("data"), tables.get("methods")
    rows, where = [], ""
    if data is not None and np.isfinite(data["gap_left"][0]):
        low, high = (tex(float(data[f"gap_{end}"][0])) for end in ("left", "right"))
        where = rf"x_i \in [{low}, {high}]"
    if where and table is not None:
        shares = dict(zip(table["key"].tolist(), table["rho"].tolist(), strict=True))
        rows = [
            rf"\rho_{{{SUBSCRIPTS[name]}}} = {tex(shares[name], 3)}"
            for name in approximations(p)[:SHOWN]
            if math.isfinite(shares.get(name, math.nan))
        ]
    return Formula(
        "Variance kept in the gap",
        r"\rho_{\mathrm{gap}} = \dfrac{\sum_i \hat v(x_i)}{\sum_i v(x_i)}, \; "
        r"x_i \; \mathrm{in\ the\ gap}",
        join(where, r", \; ".join(rows)),
        "variance starvation: Ulrich, independent study (paper 000), §2.6",
    )


def _evidence(p: Parameters, tables: Tables) -> tuple[Formula, Formula]:
    table = tables.get("evidence_here")
    row = {name: float(table[name][0]) for name in table.columns} if table is not None else {}
    n = row.get("n", math.nan)
    log_evidence, score, df = (row.get(k, math.nan) for k in ("log_evidence", "gcv", "df"))
    setting = rf"\sigma = {given(p.lengthscale)}, \; \alpha = {given(p.ridge)}"
    evidence = rf"\ln p(y) = {tex(log_evidence, 6)}" if math.isfinite(log_evidence) else ""
    degrees = gcv = ""
    if math.isfinite(df):
        degrees = rf"\mathrm{{df}} = {tex(df)}, \; n = {tex(int(n))}"
    if math.isfinite(score):
        residual = score * (1 - df / n) ** 2
        gcv = (
            rf"\mathrm{{GCV}} = \dfrac{{{tex(residual)}}}{{(1 - {tex(df)} / {tex(int(n))})^2}}"
            rf" = {tex(score)}"
        )
    return (
        Formula(
            "Log evidence",
            join(
                r"\ln p(y) = -\frac{1}{2} \, y^{\mathrm{T}} (K + \alpha I)^{-1} y",
                r"- \frac{1}{2} \ln \det (K + \alpha I) - \frac{n}{2} \ln 2\pi",
            ),
            join(setting, evidence, _best(tables)),
            f"{GAUSSIAN_PROCESSES}, eq. 2.30",
        ),
        Formula(
            "Generalized cross-validation",
            join(
                r"\mathrm{GCV} = \dfrac{\Vert y - K (K + \alpha I)^{-1} y \Vert^2 / n}"
                r"{(1 - \mathrm{df} / n)^2}",
                r"\mathrm{df} = \mathrm{tr} \, K (K + \alpha I)^{-1}",
            ),
            join(degrees, gcv),
            "Golub, Heath and Wahba 1979",
        ),
    )


def _best(tables: Tables) -> str:
    """The largest evidence of the map, once the map is complete."""
    table = tables.get("evidence")
    if table is None or not np.isfinite(table["log_evidence"]).all():
        return ""
    at = int(table["log_evidence"].argmax())
    lengthscale, ridge, value = (
        float(table[name][at]) for name in ("lengthscale", "ridge", "log_evidence")
    )
    return (
        rf"\mathrm{{best}}: \; {tex(value, 6)} \; \mathrm{{at}} \; "
        rf"\sigma = {given(lengthscale, 3)}, \; \alpha = {given(ridge, 3)}"
    )


def _middle(tables: Tables) -> float:
    """The middle of the gap, or of the domain where there is no gap."""
    data, x = tables.get("data"), tables["posterior"]["x"]
    ends: Any = (x[0], x[-1])
    if data is not None and np.isfinite(data["gap_left"][0]):
        ends = (data["gap_left"][0], data["gap_right"][0])
    return float(ends[0] + ends[1]) / 2


def _points(tables: Tables, form: str) -> str:
    data = tables.get("data")
    return form.format(tex(int(data["n"][0]))) if data is not None else ""
