"""The stages of a gapped-sine run, one function a stage, and the tables that they make."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.contract.text import number
from kernlab.engine.experiments.gapped_sine.fits import Fits, Fitted
from kernlab.engine.experiments.gapped_sine.parameters import (
    METHODS,
    Parameters,
    approximations,
    suffix,
)

if TYPE_CHECKING:
    from kernlab.engine.numerics.gaussian_process import Spectrum

SWEEP = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
SWEEP_DRAWS, CLAIM_DRAWS = 5, 7
DIMENSIONS = (1, 2, 3, 4, 6, 8, 12, 16)
KERNEL_DRAWS = 20
MAP_LENGTHSCALES = np.geomspace(0.1, 10, 48)
MAP_RIDGES = np.geomspace(1e-6, 1, 48)
KERNEL_KINDS = {"iid": "i.i.d.", "orthogonal": "orthogonal", "structured": "structured"}


def posterior(fits: Fits, tables: dict[str, Table]) -> Iterator[Step]:
    """The picture first in float64, then, when at rest, in extended precision."""
    made: dict[str, Fitted] = {"exact": fits.exact()}
    for name in approximations(fits.p):
        yield Step()
        made[name] = yield from fits.approximation(
            name, fits.p.m, fits.p.feature_scale, (fits.p.seed, 10), fits.p.ridge
        )
    tables = {**_tables_of(fits, made), **tables}
    exact = made["exact"]
    yield Step(1.0 if not fits.full else 0.6, "posterior", tables, _precision(exact))
    if fits.full:
        made["exact"] = yield from fits.precise(exact)
        tables = {**_tables_of(fits, made), **_evidence_here(fits)}
        yield Step(1.0, "posterior", tables, _precision(made["exact"]))


def _tables_of(fits: Fits, made: Mapping[str, Fitted]) -> dict[str, Table]:
    exact = made["exact"]
    columns: dict[str, Any] = {"x": fits.grid}
    if fits.p.dataset != "file":
        columns["truth"] = np.sin(fits.grid)
    for name in fits.p.methods:
        fitted = made.get(name, exact)
        mean, sd = fitted.mean[: fits.grid.size], fitted.sd[: fits.grid.size]
        end = suffix(name)
        columns[f"mean{end}"] = mean
        if name != "krr":
            columns[f"sd{end}"] = sd
            columns[f"low{end}"] = mean - 1.96 * sd
            columns[f"high{end}"] = mean + 1.96 * sd
            columns[f"ratio{end}"] = sd / exact.sd[: fits.grid.size]
    units = {} if fits.p.dataset == "file" else {"x": "rad"}
    return {"posterior": Table(columns, units), "methods": _sheet(fits, made)}


def _sheet(fits: Fits, made: Mapping[str, Fitted]) -> Table:
    rows = [(name, made.get(name, made["exact"])) for name in fits.p.methods]
    return Table(
        {
            "key": np.array([name for name, _ in rows]),
            "method": np.array([METHODS[name] for name, _ in rows]),
            "features": np.array([fitted.features for _, fitted in rows]),
            "mse": np.array([fits.mse(fitted) for _, fitted in rows]),
            "error": np.array([fitted.error for _, fitted in rows]),
            "fit": np.array([1000 * fitted.fit for _, fitted in rows]),
            "predict": np.array([1000 * fitted.predict for _, fitted in rows]),
            "condition": np.array([fitted.condition for _, fitted in rows]),
            "rho": np.array(
                [math.nan if name == "krr" else fits.rho(f, made["exact"]) for name, f in rows]
            ),
        },
        units={"fit": "ms", "predict": "ms"},
        volatile=frozenset({"fit", "predict"}),
    )


def sweep(fits: Fits) -> Iterator[Step]:
    """Error and ρ_gap against the number of features, streaming."""
    names = swept(fits.p)
    known = fits.cache.peek("sweep", _sweep_key(fits, names))
    if known is not None:
        yield Step(tables={"sweep": known})
        return
    if not fits.full:
        return
    rows = np.full((len(names), 2, SWEEP_DRAWS, len(SWEEP)), np.nan)
    exact = fits.exact()
    total, done = len(names) * len(SWEEP), 0
    for column, m in enumerate(SWEEP):
        for index, name in enumerate(names):
            for draw in range(1 if name == "gauss-hermite" else SWEEP_DRAWS):
                size = m if not name.startswith("nystrom") else 2 * m
                fitted = yield from fits.approximation(
                    name, size, fits.p.feature_scale, (fits.p.seed, 20, draw), fits.p.ridge
                )
                difference = fitted.mean[: fits.grid.size] - exact.mean[: fits.grid.size]
                rows[index, 0, draw, column] = np.sqrt(np.mean(difference**2))
                rows[index, 1, draw, column] = fits.rho(fitted, exact)
                yield Step()
            done += 1
            note = f"error against features: {done} of {total}"
            yield Step(0.8 * done / total, note, {"sweep": _sweep_table(names, rows)})
    fits.cache.put("sweep", _sweep_key(fits, names), _sweep_table(names, rows))


def _sweep_key(fits: Fits, names: Sequence[str]) -> Any:
    p = fits.p
    return (
        fits.points.key,
        p.lengthscale,
        p.ridge,
        p.feature_scale,
        p.landmarks,
        tuple(names),
        p.seed,
    )


def kernel_error(fits: Fits) -> Iterator[Step]:
    """RMSE of the kernel estimate against dimension, and against distance at one d."""
    from kernlab.engine.numerics import features

    p = fits.p
    profile = yield from _kernel_profile(fits)
    yield Step(tables={"kernel_profile": profile})
    known = fits.cache.peek("kernel error", (p.m, p.seed))
    if known is None and not fits.full:
        return
    columns = known or {}
    for at, d in enumerate(DIMENSIONS if known is None else ()):
        for offset, kind in enumerate(KERNEL_KINDS):
            squares = []
            for draw in range(KERNEL_DRAWS):
                rng = np.random.default_rng([p.seed, 30, d, draw, offset])
                squares.append(features.kernel_mean_square(kind, p.m, d, rng=rng))
                if draw % 5 == 4:
                    yield Step()
            rmse, error = features.pool_draws(squares)
            ends = {kind: 0.0, f"low_{kind}": -2 * error, f"high_{kind}": 2 * error}
            for name, offset_by in ends.items():
                columns.setdefault(name, np.full(len(DIMENSIONS), np.nan))[at] = rmse + offset_by
        table = Table({"d": np.array(DIMENSIONS), **{k: v.copy() for k, v in columns.items()}})
        note = f"error of the kernel: d = {d}"
        yield Step(0.8 + 0.2 * (at + 1) / len(DIMENSIONS), note, {"kernel_error": table})
    if known is None:
        fits.cache.put("kernel error", (p.m, p.seed), columns)
    else:
        yield Step(tables={"kernel_error": Table({"d": np.array(DIMENSIONS), **columns})})


def _kernel_profile(fits: Fits) -> Generator[Step, None, Table]:
    from kernlab.engine.numerics import features

    p = fits.p
    key = (p.m, p.dimension, p.seed)
    known: Table | None = fits.cache.peek("kernel profile", key)
    if known is not None:
        return known
    distances = np.linspace(0, 4, 41)
    columns = {"distance": distances, "theory": features.iid_kernel_sd(distances, p.m, 1.0)}
    for offset, kind in enumerate(KERNEL_KINDS):
        squares = np.zeros_like(distances)
        for draw in range(10):
            rng = np.random.default_rng([p.seed, 31, draw, offset])
            part = features.kernel_error_profile(
                kind, p.m, p.dimension, 1.0, distances, repeats=10, rng=rng
            )
            squares += part.rmse**2 / 10
            if draw % 3 == 2:
                yield Step()
        columns[kind] = np.sqrt(squares)
    return fits.cache.put("kernel profile", key, Table(columns))


def spectrum(fits: Fits) -> Iterator[Step]:
    """Eigenvalues of K, and of ZᵀZ of each approximation."""
    p = fits.p
    exact, _ = fits.spectrum_of(p.lengthscale)
    if fits.slow and not fits.full:
        return
    values = {"exact": exact.eigenvalues}
    for name in approximations(p):
        yield Step()
        approximation, _ = yield from fits.fitted(name, p.m, p.feature_scale, (p.seed, 10))
        values[name.replace("-", "_")] = approximation.space.eigenvalues()
    epsilon = np.finfo(float).eps
    values = {name: v[v > v.size * epsilon * v[0]] for name, v in values.items()}
    length = max(column.size for column in values.values())
    columns: dict[str, Any] = {"index": np.arange(1, length + 1)}
    for name, column in values.items():
        columns[name] = np.full(length, np.nan)
        columns[name][: column.size] = column
    yield Step(0.1, "spectrum", {"spectrum": Table(columns)})


def evidence(fits: Fits) -> Iterator[Step]:
    """Log evidence and GCV over lengthscale and ridge, column by column."""
    size = len(MAP_LENGTHSCALES)
    known = fits.cache.peek("evidence", fits.points.key)
    maps = np.full((2, size, size), np.nan) if known is None else known
    if known is None and not fits.full:
        return
    begun = time.perf_counter()
    for done, column in enumerate(reversed(range(size)) if known is None else ()):
        spectrum, _ = fits.spectrum_of(float(MAP_LENGTHSCALES[column]))
        yield Step()
        found = spectrum.evidence(MAP_RIDGES)
        maps[0, :, column] = found.log_marginal_likelihood
        maps[1, :, column] = found.gcv
        note = f"evidence: {done + 1} of {size} lengthscales"
        tables = {}
        if time.perf_counter() - begun > 0.05 or done == size - 1:
            begun = time.perf_counter()
            tables = {"evidence": _map_table(maps, fits.points.n)}
        yield Step(0.1 + 0.9 * (done + 1) / size, note, tables)
    if known is None:
        fits.cache.put("evidence", fits.points.key, maps)
    else:
        yield Step(1.0, "", {"evidence": _map_table(maps, fits.points.n)})


def claims(fits: Fits) -> Iterator[Step]:
    """What only the claims need, as one row."""
    p = fits.p
    spectrum, _ = fits.spectrum_of(p.lengthscale)
    exact = fits.exact()
    unit = yield from fits.approximation("unit", p.m, p.feature_scale, (p.seed, 10), p.ridge)
    yield Step(0.3, "measuring the claims")
    row: dict[str, Any] = {
        "phase_change": _phase_change(p),
        "kernel_condition": _kernel_condition(fits, spectrum),
        "condition": exact.condition,
        "condition_unit": unit.condition,
        "mse": fits.mse(exact),
        "mse_unit": fits.mse(unit),
        "starvation_unit": fits.rho(unit, exact),
        "draws": CLAIM_DRAWS,
    }
    ratios, errors, shares = [], [], []
    for draw in range(CLAIM_DRAWS):
        seed = (p.seed, 40, draw)
        fitted = yield from fits.approximation("orthogonal", p.m, 1.0, seed, p.ridge)
        ratios.append(fitted.condition / exact.condition)
        errors.append(fits.mse(fitted))
        shares.append(fits.rho(fitted, exact))
        yield Step(0.3 + 0.7 * (draw + 1) / CLAIM_DRAWS, "measuring the claims")
    low, middle, high = np.quantile(ratios, [0, 0.5, 1])
    row |= {"condition_ratio_low": low, "condition_ratio_mid": middle}
    row |= {"condition_ratio_high": high, "mse_orthogonal": np.median(errors)}
    row["starvation_iid"] = np.median(shares)
    yield Step(1.0, "", {"claims": summary(**row), **_evidence_here(fits)})


def _evidence_here(fits: Fits) -> dict[str, Table]:
    """Log evidence, GCV and degrees of freedom at the current lengthscale and ridge.

    What rounding could have changed in the fourth digit is NaN.
    """
    ridge = fits.p.ridge
    spectrum, _ = fits.spectrum_of(fits.p.lengthscale)
    found = spectrum.evidence([ridge])
    lml, gcv, df = (float(part[0]) for part in found)
    rounding = 1e-15 * spectrum.sum_y2
    residual = gcv * spectrum.n * (1 - df / spectrum.n) ** 2
    row = summary(
        n=spectrum.n,
        log_evidence=lml if rounding / ridge < 1e-4 * abs(lml) else math.nan,
        gcv=gcv if rounding < 1e-4 * residual else math.nan,
        df=df,
    )
    return {"evidence_here": row}


def _kernel_condition(fits: Fits, spectrum: Spectrum) -> float:
    """κ(K) without a ridge; infinite once n exceeds the numerical rank."""
    if fits.points.n > spectrum.grid.modes:
        return math.inf
    values = spectrum.eigenvalues
    smallest = float(values[-1])
    return float(values[0]) / smallest if smallest > 1e-14 * values[0] else math.inf


# -- small helpers ----------------------------------------------------------------------------


def swept(p: Parameters) -> list[str]:
    return approximations(p) or ["iid", "gauss-hermite"]


def _precision(exact: Fitted) -> str:
    largest = float(np.abs(exact.mean).max(initial=1e-300))
    return f"relative error about {number(exact.error / largest, 1)}"


def _sweep_table(names: Sequence[str], rows: Any) -> Table:
    columns: dict[str, Any] = {"m": np.array(SWEEP), "features": 2 * np.array(SWEEP)}
    known = np.isfinite(rows).any(axis=2)
    filled = np.where(known[:, :, None], rows, 0.0)
    low, middle, high = np.nanquantile(filled, [0, 0.5, 1], axis=2)
    for index, name in enumerate(names):
        for part, what in enumerate(("error", "rho")):
            for label, values in (("", middle), ("_low", low), ("_high", high)):
                column = np.where(known[index, part], values[index, part], np.nan)
                columns[f"{what}{label}{suffix(name)}"] = column
    return Table(columns)


def _map_table(maps: Any, n: int) -> Table:
    lengthscale, ridge = np.meshgrid(MAP_LENGTHSCALES, MAP_RIDGES)
    lml, gcv = maps
    known = np.isfinite(lml)
    best = lml[known].max() if known.any() else 0.0
    least = gcv[known].min() if known.any() else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        lml_shown = np.maximum((lml - best) / n, -1.0)
        gcv_shown = np.minimum(np.log10(gcv / least), 0.03)
    return Table(
        {
            "lengthscale": lengthscale.ravel(),
            "ridge": ridge.ravel(),
            "log_evidence": lml.ravel(),
            "gcv": gcv.ravel(),
            "log_evidence_shown": lml_shown.ravel(),
            "gcv_shown": gcv_shown.ravel(),
        },
        units={"lengthscale": "rad"},
        grid=lml.shape,
    )


def _phase_change(p: Parameters) -> float:
    """How much random phases change the kernel estimate on a few points (claim G1)."""
    rng = np.random.default_rng([p.seed, 50])
    frequencies, phases = rng.standard_normal(p.m) / p.lengthscale, rng.uniform(0, 2 * np.pi, p.m)
    phase = np.outer(np.linspace(-1, 1, 40) * p.lengthscale, frequencies)

    def estimate(shift: Any) -> Any:
        z = np.hstack([np.cos(phase + shift), np.sin(phase + shift)]) / math.sqrt(p.m)
        return z @ z.T

    return float(np.abs(estimate(phases) - estimate(0.0)).max())
