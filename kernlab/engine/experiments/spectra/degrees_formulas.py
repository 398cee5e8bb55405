"""The formulas of the view Eigenvalues, in general and at the current parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.formula import Formula, given, join, tex
from kernlab.engine.experiments.spectra.bench import row_of
from kernlab.engine.experiments.spectra.degrees_spectrum import homogeneous
from kernlab.engine.experiments.spectra.parameters import Parameters


def formulas(p: Parameters, tables: Tables) -> Sequence[Formula]:
    """The kernel, and how its eigenvalues decay."""
    return (_kernel(p), _decay(p, tables))


def _kernel(p: Parameters) -> Formula:
    strength = 2 if p.activation == "abs" else 1
    general = [
        r"T_{k+1} = S_{k+1} + k_0(S_k) \, T_k, \quad S_{k+1} = k_1(S_k), \quad S_1 = T_1 = u",
        r"k_0(u) = 1 - \dfrac{c}{\pi} \arccos u",
        r"k_1(u) = u + \dfrac{c}{\pi} (\sqrt{1 - u^2} - u \arccos u)",
        r"c = 1 \; \mathrm{(ReLU)}, \quad c = 2 \; \mathrm{(absolute \; value)}",
    ]
    numbers = ""
    if homogeneous(p):
        numbers = join(rf"c = {strength}, \; L = {p.depth}", rf"T_L(1) = {p.depth}")
    return Formula(
        "Neural tangent kernel, without bias",
        join(*general),
        numbers,
        "Jacot, Gabriel and Hongler 2018; Cho and Saul 2009",
    )


def _decay(p: Parameters, tables: Tables) -> Formula:
    row = row_of(tables, "decay")
    numbers = []
    if row is not None and p.activation != "erf":
        for name, sign in (("even", "+"), ("odd", "-")):
            value = float(row[name])
            if math.isfinite(value) and row[f"{name}_settled"]:
                half = 0.5 * (float(row[f"{name}_high"]) - float(row[f"{name}_low"]))
                numbers.append(rf"\alpha_{sign} = {tex(value, 6)} \pm {given(half, 1)}")
        numbers.insert(0, rf"d = {p.dimension}, \; L = {p.depth}")
    return Formula(
        "Decay of the eigenvalues",
        join(
            r"\mu_\ell \sim A(d) \, C_\pm \, x^{-d}, \quad x = \ell + \dfrac{d - 2}{2}",
            r"A(d) = \dfrac{2^{d-2} \, \Gamma(d/2)^2}{\pi^2}",
            r"C_\pm = \dfrac{L (L - 1)}{2} (1 \pm c_L)",
            r"c_L = \dfrac{2}{L (L - 1)} \prod_{k=2}^{L-1} k_0(S_k(-1))",
        ),
        join(*numbers),
        "ReLU without bias, + for even and - for odd degrees, from about 5 L on",
    )
