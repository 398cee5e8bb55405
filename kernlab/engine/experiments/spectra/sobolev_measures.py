"""What the claims on P_s and the torus are judged by."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernlab.engine.contract.experiment import Step
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.experiments.spectra.shared import operator_eigenvalues
from kernlab.engine.experiments.spectra.sobolev_spectra import grid

Array = NDArray[np.float64]
Row = dict[str, Any]

WINDOW = 4
"""By what factor the frequencies of a fit have to extend, from 5 L."""
SETTLED = 0.05
"""Difference of the slopes of a window's halves, over d, up to which it is a power law."""
FIT_GRIDS = {1: 8192, 2: 1024, 3: 128}
"""Points along an axis of the grid at which a torus's decay is fitted, by dimension."""
SIDES = {1: 48, 2: 10, 3: 4}


def forms_apart(dimension: int) -> float:
    """Growth of log (1+ℓ)^{2s} over that of log (1+√(ℓ(ℓ+d−2)))^s at high degrees."""
    from kernlab.engine.numerics.sphere import sobolev_multiplier

    rises = []
    for form in ("(1+l)^2", "(1+sqrt(l(l+d-2)))"):
        values = np.log(sobolev_multiplier(dimension, 10_000, 1.0, form=form))
        rises.append(float(values[10_000] - values[5_000]))
    return rises[0] / rises[1]


def critical(bench: Bench) -> Generator[Step, None, Row]:
    """The s at which the fitted exponent of λ(T_s) is zero, NaN where nothing can be fitted.

    The spread is the difference between the slopes of the two halves of the window.
    """
    p = bench.p
    if p.domain == "torus":
        k, values, base, top = yield from _torus_decay(bench)
        dimension = p.dimension + 1
    elif p.dimension < 2:
        return {"critical_s": math.nan, "critical_spread": math.nan, "decay_dimension": 1}
    else:
        k, values, base, top = yield from _sphere_decay(bench)
        dimension = p.dimension
    inside = (k >= 5 * p.depth) & (k <= top) & (values > 0.0)
    row: Row = {"critical_s": math.nan, "critical_spread": math.nan, "decay_dimension": dimension}
    if not inside.any() or top < WINDOW * 5 * p.depth:
        return row
    x = np.log(k[inside] + 0.5 * (dimension - 2))
    y = np.log(values[inside])
    middle = 0.5 * (x[0] + x[-1])
    halves = [_slope(x[part], y[part]) for part in (x <= middle, x >= middle)]
    rise = _slope(x[x >= middle], np.log(base[inside])[x >= middle])
    return row | {
        "critical_s": -halves[1] / rise,
        "critical_spread": abs(halves[1] - halves[0]),
    }


def _slope(x: Array, y: Array) -> float:
    """Least squares with weights 1/k, so that each octave counts the same."""
    if x.size < 3:
        return math.nan
    weight = np.exp(-0.5 * x)
    return float(np.polyfit(x, y, 1, w=weight)[0])


def _sphere_decay(bench: Bench) -> Generator[Step, None, tuple[Array, Array, Array, float]]:
    """Even degrees (the odd ones decay alike, where they are not zero)."""
    from kernlab.engine.numerics.sphere import sobolev_multiplier

    p = bench.p
    found = yield from operator_eigenvalues(bench)
    base = sobolev_multiplier(p.dimension, p.max_degree, 1.0, form=p.form)
    reliable = np.where(found.values > found.error, found.values, 0.0)
    degrees = np.arange(reliable.size, dtype=np.float64)
    parity = 1 if p.activation == "erf" and p.bias == 0.0 else 0
    part = slice(parity, None, 2)
    return degrees[part], reliable[part], base[part], float(p.max_degree)


def _torus_decay(bench: Bench) -> Generator[Step, None, tuple[Array, Array, Array, float]]:
    """Along an axis, up to N/16, where aliasing is below a percent."""
    from kernlab.engine.numerics.torus import sobolev_base

    p = bench.p
    n = FIT_GRIDS[p.dimension]
    found = yield from grid(bench, n, p.dimension)
    axis = (slice(None),) + (0,) * (p.dimension - 1)
    values = found.values[axis]
    reliable = np.where(values > found.errors[axis], values, 0.0)
    k = np.arange(values.size, dtype=np.float64)
    part = slice(0, None, 2)
    base = sobolev_base(np.square(k), p.form)
    return k[part], reliable[part], base[part], n / 16


def orthogonality(n: int) -> float:
    """Largest deviation of (1/n) Σ_j exp(2πi (k₁−k₂) j/n) from 1 or 0, |k| up to n."""
    k = np.arange(-n, n + 1)
    waves = np.exp(2j * np.pi * np.outer(k, np.arange(n)) / n)
    expected = (k[:, None] - k) % n == 0
    return float(np.abs(waves @ waves.conj().T / n - expected).max())


def laplacian() -> float:
    """−Δ of cos(2πkx), by differences of sixth order, over k² times the wave; k = 3."""
    k, step = 3, 1e-3
    x = step * np.arange(-3, 4)
    weights = np.array([2.0, -27.0, 270.0, -490.0, 270.0, -27.0, 2.0]) / (180.0 * step**2)
    return -float(weights @ np.cos(2 * np.pi * k * x)) / k**2


def aliases(bench: Bench) -> Generator[Step, None, Row]:
    """Eigenvalues of a grid of 16 points against sums over the aliases of one of 48."""
    coarse = yield from grid(bench, 16, 1)
    fine = yield from grid(bench, 48, 1)
    from kernlab.engine.numerics.torus import unfold

    folded = unfold(fine.values, 48).reshape(3, 16).sum(axis=0) / 3.0
    wrong = np.abs(folded - unfold(coarse.values, 16)).max() / np.abs(folded).max()
    return {"alias_error": float(wrong)}


def products() -> Generator[Step, None, Row]:
    """How the time of a product grows with the points, by FFT and dense, and their difference."""
    from scipy.fft import irfft, rfft

    rng = np.random.default_rng(25)
    rows: dict[str, list[float]] = {"fft": [], "dense": []}
    sizes = {"fft": (2**13, 2**16), "dense": (300, 900)}
    for n in sizes["fft"]:
        x, spectrum = rng.standard_normal(n), rng.standard_normal(n // 2 + 1)
        rows["fft"].append(
            (yield from _fastest(lambda x=x, s=spectrum, n=n: irfft(s * rfft(x), n)))
        )
    for n in sizes["dense"]:
        x, matrix = rng.standard_normal(n), np.full((n, n), 1.0 / n)
        yield Step(None)
        rows["dense"].append((yield from _fastest(lambda x=x, m=matrix: m @ x)))
    growth = {
        f"{name}_growth": math.log(pair[1] / pair[0]) / math.log(sizes[name][1] / sizes[name][0])
        for name, pair in rows.items()
    }
    n = 400
    first = rng.standard_normal(n)
    circulant = first[(np.arange(n)[:, None] - np.arange(n)) % n]
    x = rng.standard_normal(n)
    apart = np.abs(circulant @ x - irfft(rfft(first) * rfft(x), n)).max()
    return growth | {"product_error": float(apart / np.abs(circulant @ x).max())}


def _fastest(work: Any) -> Generator[Step, None, float]:
    """Seconds of the fastest of nine."""
    best = math.inf
    for _ in range(9):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
        yield Step(None)
    return best
