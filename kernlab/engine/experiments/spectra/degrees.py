"""The area of degrees: the view Eigenvalues, with local slopes, constants and kernel curves."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.contract.text import number
from kernlab.engine.experiments.spectra.bench import Area, Bench
from kernlab.engine.experiments.spectra.degrees_claims import judge
from kernlab.engine.experiments.spectra.degrees_figures import EIGENVALUES, figures
from kernlab.engine.experiments.spectra.degrees_formulas import formulas
from kernlab.engine.experiments.spectra.degrees_measures import constants, measure
from kernlab.engine.experiments.spectra.degrees_spectrum import (
    Array,
    Spectrum,
    companion,
    homogeneous,
    spectrum,
    sphere_dimension,
)

if TYPE_CHECKING:  # imported at the first run, on the lane
    from kernlab.engine.numerics.decay import Exponent

DEPTHS = (2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128)
"""Depths at which the constant of the decay is measured."""
RATES = (2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256)
SLOPES, ZEROS = 180, 240
"""Places at which slopes are taken, and zeros drawn, at most."""
COARSE_LAYERS, FULL_LAYERS = 60_000, 160_000
"""Layers times angles of a kernel curve, at most."""


def eigenvalues(bench: Bench) -> Iterator[Step]:
    """The view Eigenvalues."""
    found = yield from spectrum(bench)
    precision = f"relative error of an eigenvalue ≤ {number(found.relative, 1)}"
    yield Step(0.4, "", _spectrum_tables(bench, found), precision)
    yield Step(0.5, "", _slope_tables(found))
    yield Step(0.6, "", {"kernel_curves": _curves(bench)})
    yield from _depths(bench)


def _spectrum_tables(bench: Bench, found: Spectrum) -> dict[str, Table]:
    tables = {
        "spectrum": Table(
            {
                "place": found.place,
                "eigenvalue": found.values,
                "error": found.error,
                "multiplicity": found.multiplicity,
            }
        ),
        "decay": _fits(found),
        "torus_cloud": Table({"place": found.cloud[0], "eigenvalue": found.cloud[1]}),
    }
    shown = ~(found.zero | found.hidden) & (found.place > 0)
    bottom = float(found.values[shown].min()) if shown.any() else 1.0
    parity = found.place % 2
    for name, odd in (("even", 0), ("odd", 1)):
        rows = shown & (parity == odd)
        tables[f"spectrum_{name}"] = Table(
            {
                "place": found.place[rows],
                "eigenvalue": found.values[rows],
                "error": found.error[rows],
                "law": _law(bench, found, odd)[rows],
            }
        )
    zeros = found.place[found.zero & (found.place > 0)]
    some = np.unique(np.geomspace(1, max(zeros.size, 1), ZEROS).astype(int) - 1)
    zeros = zeros[some] if zeros.size else zeros
    tables["spectrum_zeros"] = Table({"place": zeros, "bottom": np.full(zeros.size, bottom)})
    return tables


def _law(bench: Bench, found: Spectrum, odd: int) -> Array:
    """A(d) C_± x^{−d}; NaN where no constant is known."""
    from kernlab.engine.numerics import decay

    p = bench.p
    if p.domain == "torus" or not homogeneous(p):
        return np.full(found.place.size, np.nan)
    d = sphere_dimension(p)
    constant = decay.predicted_constants(p.depth, p.activation)[odd]
    if constant <= 0.0:
        return np.full(found.place.size, np.nan)
    scale = math.log(constant) + decay.log_amplitude(d)
    scale += math.log(d) if p.domain == "gaussian" else 0.0
    return np.exp(scale - d * np.log(np.maximum(found.place + found.shift, 0.5)))


def _fits(found: Spectrum) -> Table:
    def columns(name: str, fit: Exponent) -> dict[str, float | bool]:
        return {
            name: fit.value,
            f"{name}_low": fit.low,
            f"{name}_high": fit.high,
            f"{name}_settled": fit.settled,
        }

    return summary(
        **columns("even", found.fits[0]),
        **columns("odd", found.fits[1]),
        predicted=found.predicted,
        onset=found.onset,
        zeros=int(found.zero.sum()),
        hidden=int(found.hidden.sum()),
        places=found.place.size,
    )


def _slope_tables(found: Spectrum) -> dict[str, Table]:
    from kernlab.engine.numerics import decay

    tables = {}
    usable = (found.values > 0.0) & (found.error < 1e-2 * found.values)
    for name, odd in (("even", 0), ("odd", 1)):
        places = np.flatnonzero(usable & (found.place % 2 == odd) & (found.place > 0))
        if places.size > SLOPES:
            some = np.unique(np.geomspace(1, places.size, SLOPES).astype(int) - 1)
            places = places[some]
        place = found.place[places]
        slope = decay.local_slopes(place, found.values[places], shift=found.shift)
        tables[f"slopes_{name}"] = Table({"place": np.sqrt(place[:-1] * place[1:]), "slope": slope})
    return tables


def _curves(bench: Bench) -> Table:
    """T_L and S_L over their values at θ = 0, with the two-layer forms."""
    from kernlab.engine.numerics import ntk

    p = bench.p
    most, layers = (401, FULL_LAYERS) if bench.full else (161, COARSE_LAYERS)
    count = max(61, min(most, layers // p.depth))

    def build() -> Table:
        theta = np.linspace(0.0, math.pi, count)
        kernels = (
            kernel(None, p.depth, angle=theta, activation=p.activation, bias=p.bias)
            for kernel in (ntk.kernel, ntk.nngp)
        )
        tangent, process = kernels
        cosine = np.cos(theta)
        published = (cosine * (math.pi - theta) + np.sin(theta)) / math.pi
        two = 0.5 * (2.0 * cosine * (math.pi - theta) + np.sin(theta)) / math.pi
        columns = {
            "angle": theta,
            "ntk": tangent / tangent[0],
            "nngp": process / process[0],
            "published": published,
            "two_layers": two,
        }
        return Table(columns, {"angle": "rad"})

    key = (p.depth, p.activation, p.bias, count)
    return bench.cache.get("kernel curves", key, build)


def _depths(bench: Bench) -> Iterator[Step]:
    """The constant of the decay against depth; for erf, the rate of its exponential decay."""
    p = bench.p
    key = (sphere_dimension(p), p.activation, p.bias)
    known: Table | None = bench.cache.peek("depth constants", key)
    if known is None and not bench.full:
        return
    if known is None:
        known = yield from (_rates(bench) if p.activation == "erf" else _constants(bench))
        bench.cache.put("depth constants", key, known)
    yield Step(1.0, "", {"depth_constants": known})


def _constants(bench: Bench) -> Generator[Step, None, Table]:
    from kernlab.engine.numerics import decay, ntk

    p = companion(bench).p
    rows = []
    for at, depth in enumerate(DEPTHS):
        even, odd = yield from constants(bench, depth)
        predicted = (math.nan, math.nan)
        if homogeneous(p):
            predicted = decay.predicted_constants(depth, p.activation)
        trace = ntk.kernel(1.0, depth, activation=p.activation, bias=p.bias)
        rows.append((depth, even, odd, *predicted, 0.5 * (even + odd) / trace))
        yield Step(0.6 + 0.4 * at / len(DEPTHS), "the constant against depth")
    names = ("depth", "even", "odd", "law_even", "law_odd", "over_trace")
    columns = dict(zip(names, np.array(rows).T, strict=True))
    for name in names[1:5]:  # an odd constant that is zero cannot be drawn on a log axis
        columns[name] = np.where(columns[name] > 0.0, columns[name], np.nan)
    return Table(columns)


def _rates(bench: Bench) -> Generator[Step, None, Table]:
    from kernlab.engine.numerics.ntk_continuation import branch_points

    p = bench.p
    rates = []
    for depth in RATES:
        rates.append(branch_points(depth, "erf", p.bias).right)
        yield Step(0.7, "the rate against depth")
    return Table({"depth": np.array(RATES, float), "rate": np.array(rates)})


area = Area(
    runs={EIGENVALUES: eigenvalues},
    figures=figures,
    measure=measure,
    judge=judge,
    formulas=formulas,
)
