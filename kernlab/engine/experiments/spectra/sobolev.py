"""The area of P_s: composite spectrum, κ against s, training by frequencies, the torus grid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.spectra.bench import Area, Bench
from kernlab.engine.experiments.spectra.parameters import TORUS_FORMS
from kernlab.engine.experiments.spectra.sobolev_claims import judge, measure
from kernlab.engine.experiments.spectra.sobolev_figures import (
    CURVES,
    SOBOLEV,
    TORUS,
    figures,
    followed,
    torus_form,
    torus_grid,
)
from kernlab.engine.experiments.spectra.sobolev_formulas import formulas
from kernlab.engine.experiments.spectra.sobolev_measures import SIDES
from kernlab.engine.experiments.spectra.sobolev_spectra import (
    Composite,
    Grid,
    composite,
    grid,
    grid_base,
    grid_composite,
)
from kernlab.engine.experiments.spectra.sobolev_targets import learn_on_sphere, learn_on_torus

if TYPE_CHECKING:
    from kernlab.engine.numerics.sobolev import Envelope

Array = NDArray[np.float64]

EXPONENTS = np.linspace(0.0, 6.0, 121)
TIMES = np.logspace(-2, 8, 161)
COARSE_CELLS, FULL_CELLS = 181, 521
"""Rows of an image, at most, while a slider moves and at rest."""


def training(bench: Bench) -> Iterator[Step]:
    """The view Sobolev training: composite spectrum, κ(T_s), learning curves, the function."""
    p = bench.p
    found = yield from composite(bench)
    tables = {
        "composite": _spectrum(found, p.s),
        "composite_zeros": _zeros(found, p.s),
        "sobolev": _summary(found, p.s),
    }
    yield Step(0.3, "", tables, found.precision)
    yield Step(0.4, "", {"condition": _condition(bench, found)})
    yield Step(0.5, "", {"learning_curves": _curves(bench, found)})
    learn = learn_on_torus if p.domain == "torus" else learn_on_sphere
    yield from learn(bench, found)


def _spectrum(found: Composite, s: float) -> Table:
    """Smallest and largest eigenvalue of each group of neighbouring frequencies."""
    rise = s * found.log_base
    start = found.groups
    low, high = np.minimum.reduceat, np.maximum.reduceat
    plain, both = found.log_high, found.log_high + rise
    least = found.log_low + rise
    tops = plain.max(), both.max(), rise.max()
    columns = {
        "place": found.place[start],
        "kernel_low": np.exp(low(found.log_low, start) - tops[0]),
        "kernel": np.exp(high(plain, start) - tops[0]),
        "composite_low": np.exp(low(least, start) - tops[1]),
        "composite": np.exp(high(both, start) - tops[1]),
        "multiplier": np.exp(high(rise, start) - tops[2]),
        "log10_eigenvalue": high(both, start) / np.log(10.0),
    }
    return Table(columns)


def _zeros(found: Composite, s: float) -> Table:
    """Exact zeros, at the height of the bottom of the figure."""
    rise = s * found.log_base
    heights = (
        (found.log_low + rise).min() - (found.log_high + rise).max(),
        (found.log_low.min() - found.log_high.max()),
    )
    return Table({"place": found.zeros, "bottom": np.full(found.zeros.size, np.exp(min(heights)))})


def _summary(found: Composite, s: float) -> Table:
    from kernlab.engine.numerics.sobolev import log_condition

    return summary(
        s=s,
        best_s=found.best.s,
        best_condition=found.best.condition,
        condition=float(np.exp(log_condition(found.envelope, s))),
        condition_without=float(np.exp(log_condition(found.envelope, 0.0))),
        condition_sobolev=float(np.exp(min(s * found.base_range, 700.0))),
        frequencies=found.place.size,
        zeros=found.zeros.size,
        left_out=found.left_out,
    )


def _condition(bench: Bench, found: Composite) -> Table:
    """κ(T_s) against s, with a row at s* itself, and κ(P_s)."""
    key = (found.key, "condition")
    known: Table | None = bench.cache.peek("sobolev condition", key)
    if known is not None:
        return known
    from kernlab.engine.numerics.sobolev import log_condition

    s = np.unique(np.append(EXPONENTS, min(found.best.s, 6.0)))
    columns = {"s": s, "condition": _bounded(log_condition(found.envelope, s))}
    columns["sobolev"] = _bounded(s * found.base_range)
    for name, envelope in found.others.items():
        columns[name] = _bounded(log_condition(envelope, s))
    return bench.cache.put("sobolev condition", key, Table(columns))


def _bounded(logarithm: Array) -> Array:
    return np.exp(np.minimum(logarithm, 700.0))


def _curves(bench: Bench, found: Composite) -> Table:
    """What is left of each followed frequency, against time."""
    from kernlab.engine.numerics.learning import left

    p = bench.p
    columns = {"time": TIMES}
    for index, frequency in enumerate(followed(p)):
        value = found.at(frequency, p.s)
        columns[f"left_{index}"] = left(value * TIMES, p.learning_rate, 1.0)
    for index in range(len(columns) - 1, CURVES):
        columns[f"left_{index}"] = np.full(TIMES.size, np.nan)
    return Table(columns)


def torus(bench: Bench) -> Iterator[Step]:
    """The view Torus: spectrum as an image, slices, κ for each form, raw coordinates."""
    p = bench.p
    n, dimension = torus_grid(p)
    found = yield from grid(bench, n, dimension)
    base = grid_base(bench, found, torus_form(p))
    yield Step(0.1)
    yield Step(0.2, "", {"torus_image": _image(bench, found, base)}, found.precision)
    yield Step(0.4, "", _slices(found, base, p.s))
    conditions = bench.cache.peek("torus condition", found.key)
    if conditions is None:
        envelopes: dict[str, Envelope] = {}
        for each in TORUS_FORMS:
            envelopes[each] = grid_composite(bench, found, each)
            yield Step(0.5)
        conditions = bench.cache.put("torus condition", found.key, _forms(envelopes))
    yield Step(0.7, "", conditions)
    if bench.full or bench.cache.peek("raw", _raw_key(bench)) is not None:
        yield Step(0.9, "", {"torus_raw": _raw(bench)})


def _image(bench: Bench, found: Grid, base: Array) -> Table:
    """log10 of the eigenvalues of T_s: over (k_1, k_2), or over (k, s) in one dimension.

    Zeros, and what rounding hides, are NaN: blank.
    """
    n, dimension = found.n, found.dimension
    most = FULL_CELLS if bench.full else COARSE_CELLS
    step = 1
    while (n // 2 + 1) / step > most:
        step += 2  # odd, so that both parities are seen
    k = np.arange(0, n // 2 + 1, step)
    if dimension == 1:
        s = EXPONENTS[:61]
        value = found.log_values[k] + s[:, None] * base[k]
        value -= value.max(axis=1, keepdims=True)
        across, up = np.meshgrid(k.astype(float), s)
    else:
        part = (slice(None, None, step),) * 2 + (0,) * (dimension - 2)
        value = found.log_values[part] + bench.p.s * base[part]
        value -= value.max()
        across, up = np.meshgrid(k.astype(float), k.astype(float))
    value[np.isneginf(value)] = np.nan
    columns = {"across": across.ravel(), "up": up.ravel(), "value": value.ravel() / np.log(10.0)}
    return Table(columns, grid=value.shape)


def _slices(found: Grid, base: Array, s: float) -> dict[str, Table]:
    """Eigenvalues over the grid's points along an axis and along the diagonal, zeros left out."""
    k = np.arange(found.n // 2 + 1)
    axis = (k,) + (0,) * (found.dimension - 1)
    tables = {}
    for name, index in (("torus_axis", axis), ("torus_diagonal", (k,) * found.dimension)):
        logs = found.log_values[index]
        kept = ~np.isneginf(logs)
        tables[name] = Table(
            {
                "place": 1.0 + np.sqrt(found.squares[index][kept].astype(np.float64)),
                "kernel": np.exp(logs[kept] - found.log_top),
                "composite": np.exp(logs[kept] + s * base[index][kept] - found.log_top),
            }
        )
    return tables


def _forms(envelopes: dict[str, Envelope]) -> dict[str, Table]:
    from kernlab.engine.numerics.sobolev import best, log_condition

    columns = {"s": EXPONENTS}
    scalars = {"condition_without": 1.0}
    for index, envelope in enumerate(envelopes.values()):
        found = best(envelope)
        columns[f"condition_{index}"] = _bounded(log_condition(envelope, EXPONENTS))
        scalars["condition_without"] = float(columns[f"condition_{index}"][0])
        scalars |= {f"best_s_{index}": found.s, f"best_condition_{index}": found.condition}
    return {"torus_condition": Table(columns), "torus_best": summary(**scalars)}


def _raw_key(bench: Bench) -> tuple[object, ...]:
    p = bench.p
    return p.depth, torus_grid(p)[1], p.activation, p.bias


def _raw(bench: Bench) -> Table:
    from kernlab.engine.experiments.spectra.sobolev_spectra import in_fourier

    def build() -> Table:
        p = bench.p
        dimension = torus_grid(p)[1]
        size = in_fourier(p, SIDES[dimension], dimension, raw=True)
        size = np.maximum(size / size.max(), 1e-17)
        across, up = np.meshgrid(np.arange(len(size)) + 0.0, np.arange(len(size)) + 0.0)
        return Table(
            {"column": across.ravel(), "row": up.ravel(), "size": np.log10(size).ravel()},
            grid=(len(size), len(size)),
        )

    return bench.cache.get("raw", _raw_key(bench), build)


area = Area(
    runs={SOBOLEV: training, TORUS: torus},
    figures=figures,
    measure=measure,
    judge=judge,
    formulas=formulas,
)
