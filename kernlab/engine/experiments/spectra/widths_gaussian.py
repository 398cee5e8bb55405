"""The Gaussian domain: Hermite coefficients, power series, and the operator on N(0, I)."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.numerics.steps import relay

if TYPE_CHECKING:  # imported at the first run, on the lane
    from kernlab.engine.numerics.gaussian_operator import GaussianOperator

FloatArray = npt.NDArray[np.float64]

HIGHEST = 2000
"""Hermite degree up to which coefficients are drawn."""
TERMS, FEWER_TERMS, DEEP = 400, 160, 100
"""Of the power series, and fewer for networks deeper than the last."""
DEGREES = 24
CORRELATION = 0.6
LENGTHSCALE = 1.0
TIME = 0.5
"""Of the Ornstein–Uhlenbeck semigroup in the commutator."""
SMALLEST = 1e-17
NOISE = 1e-15
"""Share of the largest eigenvalue below which one is rounding."""
SHOWN = 13
"""Hermite degrees of an eigenfunction that are drawn."""
ACTIVATIONS = ("relu", "abs", "erf")


def gaussian(bench: Bench) -> Iterator[Step]:
    """Hermite coefficients of the activations and the kernel, and the Gaussian operator."""
    yield Step(None, "", bench.cache.get("hermite", (), _activations))
    series = yield from _series(bench)
    yield Step(None, "", {} if series is None else _series_tables(series))
    operator = yield from gaussian_operator(bench)
    if operator is not None:
        yield Step(1.0, "", _operator_tables(bench, operator))


def _activations() -> dict[str, Table]:
    from kernlab.engine.numerics.hermite import coefficients

    tables: dict[str, Table] = {}
    shown = np.unique(np.r_[np.arange(60), np.geomspace(60, HIGHEST, 400).astype(int)])
    for name in ACTIVATIONS:
        squares = coefficients(name, HIGHEST) ** 2
        squares[squares < SMALLEST] *= name != "erf"  # below the picture
        tables |= _split(f"hermite_{name}", squares, shown[shown > 0])
    n = shown[shown >= 2].astype(float)
    guide = n**-2.5 / (math.pi * math.sqrt(2.0 * math.pi))
    return tables | {"hermite_guide": Table({"degree": n, "power": guide})}


def _split(name: str, values: FloatArray, shown: npt.NDArray[np.int64]) -> dict[str, Table]:
    """What is not zero, to be joined by a line, and where the zeros are."""
    values, degrees = values[shown], shown.astype(float)
    there = values > 0
    zeros = degrees[~there & (degrees <= 60)]
    floor = np.full(zeros.size, SMALLEST)
    return {
        name: Table({"degree": degrees[there], "square": values[there]}),
        f"{name}_zero": Table({"degree": zeros, "square": floor}),
    }


def _series(bench: Bench) -> Generator[Step, None, FloatArray | None]:
    """Coefficients of the kernel's power series; None where a moving slider has no time."""
    from kernlab.engine.numerics.hermite import power_series_in_steps

    p = bench.p
    key = (p.depth, p.activation, p.bias)
    known: FloatArray | None = bench.cache.peek("power series", key)
    if known is not None or (not bench.full and p.depth > 5):
        return known
    terms = TERMS if p.depth <= DEEP else FEWER_TERMS
    steps = power_series_in_steps(p.depth, terms, activation=p.activation, bias=p.bias)
    series = yield from relay(steps, Step(None, "power series of the kernel"))
    return bench.cache.put("power series", key, series)


def _series_tables(series: FloatArray) -> dict[str, Table]:
    degrees = np.arange(1, series.size)
    n = degrees.astype(float)
    factorial = np.array([math.lgamma(k + 1.0) for k in n])
    rbf = np.exp(-1.0 / LENGTHSCALE**2 - 2.0 * n * math.log(LENGTHSCALE) - factorial)
    rest = {
        "degree": n,
        "mehler": np.where(CORRELATION**n > SMALLEST, CORRELATION**n, np.nan),
        "rbf": np.where(rbf > SMALLEST, rbf, np.nan),
    }
    return _split("series_ntk", series, degrees) | {"series_other": Table(rest)}


def gaussian_operator(bench: Bench) -> Generator[Step, None, GaussianOperator | None]:
    """The operator on N(0, I_d), kept; None where a moving slider has no time for it."""
    from kernlab.engine.numerics.gaussian_operator import gaussian_operator_in_steps

    p = bench.p
    key = (p.depth, p.dimension, p.activation, p.bias)
    known: GaussianOperator | None = bench.cache.peek("gaussian operator", key)
    if known is not None or not bench.full:
        return known
    degrees = 1 if p.dimension == 1 else DEGREES
    steps = gaussian_operator_in_steps(
        p.depth, p.dimension, degrees, activation=p.activation, bias=p.bias, time=TIME
    )
    found = yield from relay(steps, Step(None, "operator on the Gaussian domain"))
    return bench.cache.put("gaussian operator", key, found)


def _operator_tables(bench: Bench, found: GaussianOperator) -> dict[str, Table]:
    from kernlab.engine.numerics.hermite import rbf_eigenvalues

    first = found.values[:, 0]
    floor = NOISE * first.max()
    degrees = np.arange(1.0, first.size)
    there = first[1:] > floor
    radial = found.values[:, 1]
    n = np.arange(1.0, DEGREES + 1.0)
    size = float(first[min(1, first.size - 1)])
    mehler, rbf = CORRELATION**n, rbf_eigenvalues(LENGTHSCALE, DEGREES)[1:]
    zeros = degrees[~there]
    second = np.where(radial[1:] > 1e3 * floor, radial[1:], np.nan)
    rest = {"mehler": size * mehler / mehler[0], "rbf": size * rbf / rbf[0]}
    tables = {
        "operator_first": Table({"degree": degrees[there], "eigenvalue": first[1:][there]}),
        "operator_zero": Table({"degree": zeros, "eigenvalue": np.full(zeros.size, floor)}),
        "operator_second": Table({"degree": degrees, "eigenvalue": second}),
        "operator_other": Table({"degree": n, **rest}),
        "operator_summary": summary(commutator=found.commutator),
    }
    for degree in (0, 1, 2, 4):
        rows = min(degree, first.size - 1) if degree < first.size else -1
        share = found.shares[rows, :SHOWN] if rows >= 0 else np.full(SHOWN, np.nan)
        at = degree + 2.0 * np.arange(share.size)
        kept = share > 1e-10 if rows >= 0 and first[rows] > floor else np.zeros(share.size, bool)
        values = {"degree": at[kept], "share": share[kept]}
        tables[f"mixing_{degree}"] = Table(values)
    return tables
