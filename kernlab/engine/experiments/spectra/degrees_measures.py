"""What the claims on degrees are judged by, in one table of one row."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.experiments.spectra.degrees_spectrum import (
    companion,
    spectrum,
    sphere_dimension,
)
from kernlab.engine.experiments.spectra.parameters import SPHERE_FORMS, Parameters
from kernlab.engine.experiments.spectra.shared import operator_eigenvalues

if TYPE_CHECKING:  # imported at the first run, on the lane
    from kernlab.engine.numerics.decay import Exponent

CONSTANT_DEPTHS = (32, 64)
"""Depths between which the growth of the constant is measured."""
DIAGONAL_ORDERS = {"(1+l)^2": 2, "(1+sqrt(l(l+d-2)))": 1}
"""Of each form, the power of ℓ by which P_s grows, over s."""


def constants(bench: Bench, depth: int) -> Generator[Step, None, tuple[float, float]]:
    """C of even and of odd degrees at this depth, on the sphere of these parameters."""
    from kernlab.engine.numerics import decay

    there = companion(bench)
    p = there.p
    onset = decay.onset_degree(depth, p.dimension, p.activation, p.bias)
    last = 2 * math.ceil(max(200.0, 2.0 * onset))
    found = yield from operator_eigenvalues(there, depth, last + 1)
    pair = [np.array([last // 2, last]) + odd for odd in (0, 1)]
    even, odd = (decay.measured_constant(some, found.values[some], p.dimension) for some in pair)
    return even, odd


def measure(bench: Bench) -> Generator[Step, None, dict[str, Table]]:
    """The table `claims_degrees`."""
    found = yield from spectrum(bench)
    p = bench.p
    row: dict[str, float | int | bool | str] = {}
    for name, fit in zip(("even", "odd"), found.fits, strict=True):
        row |= _columns(name, fit)
    row |= {
        "predicted": found.predicted,
        "onset": found.onset,
        "last": found.place[-1],
        "zeros": int(found.zero.sum()),
        "hidden": int(found.hidden.sum()),
        "places": found.place.size,
        "first_zero": float(found.place[found.zero][0]) if found.zero.any() else math.nan,
        "steepening": _steepening(found.place, found.values, found.error),
    }
    row |= _two_layers()
    for name, depth in (("shallow", 2), ("deep", max(3, p.depth))):
        row |= _columns(name, (yield from _exponent(bench, depth)))
    row["deep_depth"] = max(3, p.depth)
    row |= yield from _growth(bench)
    row |= _harmonics(p)
    return {"claims_degrees": summary(**row)}


def _columns(name: str, fit: Exponent) -> dict[str, float | bool]:
    return {
        f"{name}_exponent": fit.value,
        f"{name}_low": fit.low,
        f"{name}_high": fit.high,
        f"{name}_settled": fit.settled,
    }


def _steepening(place: np.ndarray, values: np.ndarray, error: np.ndarray) -> float:
    """By how much the log-log slope falls from the middle of the degrees to their end."""
    good = np.flatnonzero((values > 0.0) & (error < 1e-3 * values) & (place > 0))
    if good.size < 8:
        return math.nan
    x, y = np.log(place[good]), np.log(values[good])
    ends = [0, good.size // 2, good.size - 1]
    first, second = np.diff(y[ends]) / np.diff(x[ends])
    return float(first - second)


def _two_layers() -> dict[str, float]:
    """How far the published form is from the NTK and from π times the NNGP kernel, at most."""
    from kernlab.engine.numerics import ntk

    theta = np.linspace(0.0, math.pi, 201)
    published = np.cos(theta) * (math.pi - theta) + np.sin(theta)
    return {
        "off_ntk": float(np.abs(published - ntk.kernel(None, 2, angle=theta)).max()),
        "off_scaled_ntk": float(
            np.abs(published / math.pi - ntk.kernel(None, 2, angle=theta) / 2.0).max()
        ),
        "off_nngp": float(np.abs(published / math.pi - ntk.nngp(None, 2, angle=theta)).max()),
    }


def _exponent(bench: Bench, depth: int) -> Generator[Step, None, Exponent]:
    """The exponent of the even degrees at this depth, on the sphere of these parameters."""
    from kernlab.engine.numerics import decay

    there = companion(bench)
    p = there.p
    onset = decay.onset_degree(depth, p.dimension, p.activation, p.bias)
    largest = max(p.max_degree, 400) if depth <= 40 else p.max_degree
    found = yield from operator_eigenvalues(there, depth, largest)
    ell = np.arange(0, largest + 1, 2)
    return decay.fit_exponent(
        ell, found.values[::2], found.error[::2], shift=0.5 * p.dimension - 1.0, onset=onset
    )


def _growth(bench: Bench) -> Generator[Step, None, dict[str, float]]:
    """Exponents with which the mean constant, and it over the trace, grow with depth."""
    from kernlab.engine.numerics import ntk

    p = bench.p
    if p.activation == "erf":
        return {"growth": math.nan, "growth_over_trace": math.nan, "constant": math.nan}
    means, traces = [], []
    for depth in CONSTANT_DEPTHS:
        means.append(0.5 * sum((yield from constants(bench, depth))))
        traces.append(ntk.kernel(1.0, depth, activation=p.activation, bias=p.bias))
    step = math.log(CONSTANT_DEPTHS[1] / CONSTANT_DEPTHS[0])
    growth = math.log(means[1] / means[0]) / step
    return {
        "growth": growth,
        "growth_over_trace": growth - math.log(traces[1] / traces[0]) / step,
        "constant": means[1],
    }


def _harmonics(p: Parameters) -> dict[str, float]:
    """Growth of N(d, ℓ) at ℓ_max, and of the zonal series of P_s on the diagonal.

    The latter at s, and at an s at which the series converges, like the sum of ℓ^{-3}.
    """
    from kernlab.engine.numerics import sphere

    d = sphere_dimension(p)
    ell = np.arange(p.max_degree + 1)
    counts = sphere.multiplicity(d, ell)
    form = p.form if p.form in SPHERE_FORMS else next(iter(SPHERE_FORMS))
    half = p.max_degree // 2
    rise = np.log(sphere.sobolev_multiplier(d, p.max_degree, 1.0, form=form))
    summable = -(d + 1) / DIAGONAL_ORDERS[form]
    leading = 2.0 * ell[-1] ** (d - 2.0) / math.factorial(d - 2)
    return {
        "count_slope": float(math.log(counts[-1] / counts[half]) / math.log(ell[-1] / half)),
        "count_ratio": float(counts[-1] / leading),
        "diagonal_growth": _growth_of_sums(np.log(counts) + p.s * rise),
        "summable_s": summable,
        "summable_growth": _growth_of_sums(np.log(counts) + summable * rise),
        "sphere_dimension": d,
        "largest": p.max_degree,
    }


def _growth_of_sums(logs: np.ndarray) -> float:
    """The exponent with which partial sums of e^logs grow over the last octave of their terms."""
    half = (logs.size - 1) // 2
    sums = np.cumsum(np.exp(logs - logs.max()))
    return float(math.log(sums[-1] / sums[half]) / math.log((logs.size - 1) / half))
