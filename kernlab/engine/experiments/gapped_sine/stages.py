"""The stages of a gapped-sine run: each is keyed in the cache by what it depends on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Fidelity, Step
from kernlab.engine.contract.table import Table
from kernlab.engine.contract.text import number
from kernlab.engine.experiments.gapped_sine import data
from kernlab.engine.experiments.gapped_sine.parameters import (
    METHODS,
    Parameters,
    approximations,
    suffix,
)

if TYPE_CHECKING:  # numba is imported at the first run, on the lane: it takes half a second
    from kernlab.engine.numerics.gaussian_process import Spectrum
    from kernlab.engine.numerics.kernel_methods import Approximation

GRID, GAP_POINTS = 1000, 201
QUICK_GRID, QUICK_GAP_POINTS = 334, 101
SHORT_GRID, SHORT_GAP_POINTS = 200, 41
"""Points of the grid and of the gap: in full, during a drag, and during one of a lengthscale
so short that the exact posterior has hundreds of modes."""
SWEEP = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
SWEEP_DRAWS, CLAIM_DRAWS = 5, 7
DIMENSIONS = (1, 2, 3, 4, 6, 8, 12, 16)
KERNEL_DRAWS = 20
MAP_LENGTHSCALES = np.geomspace(0.1, 10, 48)
MAP_RIDGES = np.geomspace(1e-6, 1, 48)
MANY_SPANS = 60.0
"""Lengthscales in the domain beyond which a coarse run (then of some 200 modes) saves work."""
KERNEL_KINDS = {"iid": "i.i.d.", "orthogonal": "orthogonal", "structured": "structured"}


@dataclass(frozen=True)
class _Fitted:
    """A method's predictions on the grid and in the gap, and what the sheet says of it."""

    mean: Any
    sd: Any
    condition: float
    features: int
    error: float
    fit: float
    predict: float


class Stages:
    """The stages of one run; each is keyed in the cache by what it depends on."""

    def __init__(
        self, p: Parameters, fidelity: Fidelity, cache: Cache, points: data.Points
    ) -> None:
        self.p, self.cache, self.points = p, cache, points
        self.full = fidelity == "full"
        self.slow = (points.right - points.left) / p.lengthscale > MANY_SPANS
        quick = (SHORT_GRID, SHORT_GAP_POINTS) if self.slow else (QUICK_GRID, QUICK_GAP_POINTS)
        size, gap_size = (GRID, GAP_POINTS) if self.full else quick
        self.grid = np.linspace(points.left, points.right, size)
        gap = points.gap or (0.0, 0.0)
        self.gap_grid = np.linspace(*gap, gap_size) if points.gap else np.empty(0)
        self.query = np.concatenate([self.grid, self.gap_grid, points.held_x])

    # The exact posterior: Fourier sums per lengthscale, then a Cholesky per ridge.

    def spectrum_of(self, lengthscale: float) -> tuple[Spectrum, float]:
        """Fourier sums of the data at a lengthscale, and the seconds that they took."""
        from kernlab.engine.numerics.gaussian_process import FourierPosterior

        def build() -> tuple[Spectrum, float]:
            begun = time.perf_counter()
            posterior = FourierPosterior.from_moments(
                self.points.moments(lengthscale, self.cache), self.points.left, self.points.right
            )
            return posterior.spectrum(lengthscale), time.perf_counter() - begun

        return self.cache.get("spectrum", (self.points.key, lengthscale), build)

    def query_features(self, features: Callable[[Any], Any], *key: Any) -> Any:
        """Features at the query points; those on the grid are kept, for a drag of the gap."""
        points = self.points
        whole = (points.left, points.right, self.grid.size, *key)
        grid = self.cache.get("features", whole, lambda: features(self.grid))
        rest = self.query[self.grid.size :]
        return np.concatenate([grid, features(rest)]) if rest.size else grid

    def exact(self) -> _Fitted:
        """The exact posterior in float64."""
        spectrum, seconds = self.spectrum_of(self.p.lengthscale)
        begun = time.perf_counter()
        phi = self.query_features(spectrum.grid.features, "exact", self.p.lengthscale)
        posterior = spectrum.solve(self.p.ridge).posterior(phi)
        predict = time.perf_counter() - begun
        condition = self.condition(spectrum) if self.full or not self.slow else math.nan
        error = posterior.error_estimate[0]
        modes = spectrum.grid.modes
        return _Fitted(posterior.mean, posterior.sd, condition, modes, error, seconds, predict)

    def condition(self, spectrum: Spectrum) -> float:
        """κ(K + αI); λ_min counts only where K has fewer rows than modes."""
        values = spectrum.eigenvalues
        smallest = values[-1] if self.points.n <= spectrum.grid.modes else 0.0
        return float((values[0] + self.p.ridge) / (smallest + self.p.ridge))

    def approximation(
        self, method: str, m: int, scale: float, seed: tuple[int, ...], ridge: float
    ) -> Generator[Step, None, _Fitted]:
        """Fit and evaluate one feature method."""
        approximation, seconds = yield from self.fitted(method, m, scale, seed)
        begun = time.perf_counter()
        data_key = self.points.key if method.startswith("nystrom") else None
        key = (method, m, self.p.lengthscale, scale, self.p.landmarks, seed, data_key)
        phi = self.query_features(approximation.features, *key)
        mean, sd = approximation.predict(phi, ridge)
        predict = time.perf_counter() - begun
        space = approximation.space
        size = int(space.projection.size)
        error = space.rounding_error(ridge) * float(np.abs(mean).max(initial=0.0))
        return _Fitted(mean, sd, space.condition(ridge), size, error, seconds, predict)

    def fitted(
        self, method: str, m: int, scale: float, seed: tuple[int, ...]
    ) -> Generator[Step, None, tuple[Approximation, float]]:
        from kernlab.engine.numerics import kernel_methods

        p, points = self.p, self.points
        key = (method, points.key, m, p.lengthscale, scale, p.landmarks, seed)
        known: tuple[Approximation, float] | None = self.cache.peek("fit", key)
        if known is not None:
            return known
        begun = time.perf_counter()
        steps = kernel_methods.fit(
            method,
            lambda bandwidth: points.nodes(bandwidth, p.lengthscale, self.cache),
            m=m,
            lengthscale=p.lengthscale,
            scale=scale,
            landmarks=p.landmarks,
            candidates=(points.fine.bins.centres, points.fine.counts.astype(float)),
            seed=seed,
        )
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                found = (stop.value, time.perf_counter() - begun)
                return self.cache.put("fit", key, found)
            yield Step()

    # Posterior view

    def posterior(self, tables: dict[str, Table]) -> Iterator[Step]:
        """The picture first in float64, then, when at rest, in extended precision."""
        fits: dict[str, _Fitted] = {"exact": self.exact()}
        for name in approximations(self.p):
            yield Step()
            fits[name] = yield from self.approximation(
                name, self.p.m, self.p.feature_scale, (self.p.seed, 10), self.p.ridge
            )
        tables = {**self.tables_of(fits), **tables}
        exact = fits["exact"]
        yield Step(1.0 if not self.full else 0.6, "posterior", tables, _precision(exact))
        if self.full:
            fits["exact"] = yield from self.precise(exact)
            yield Step(1.0, "posterior", self.tables_of(fits), _precision(fits["exact"]))

    def precise(self, rough: _Fitted) -> Generator[Step, None, _Fitted]:
        """The exact posterior again, beyond the rounding of float64."""
        from kernlab.engine.numerics.gaussian_process import FourierPosterior

        p, points = self.p, self.points
        key = (points.key, p.lengthscale, p.ridge)
        known: _Fitted | None = self.cache.peek("precise", key)
        if known is not None:
            return known
        moments = points.moments(p.lengthscale, self.cache, extended=True)
        posterior = FourierPosterior.from_moments(moments, points.left, points.right)
        steps = posterior.posterior_steps(
            self.query, lengthscale=p.lengthscale, ridge=p.ridge, precise=True
        )
        while True:
            try:
                fraction = next(steps)
            except StopIteration as stop:
                mean, sd, (error, _) = stop.value
                fitted = replace(rough, mean=mean, sd=sd, error=error)
                return self.cache.put("precise", key, fitted)
            yield Step(0.6 + 0.4 * fraction, "settling in extended precision")

    def tables_of(self, fits: Mapping[str, _Fitted]) -> dict[str, Table]:
        exact = fits["exact"]
        columns: dict[str, Any] = {"x": self.grid}
        if self.p.dataset != "file":
            columns["truth"] = np.sin(self.grid)
        for name in self.p.methods:
            fitted = fits.get(name, exact)
            mean, sd = fitted.mean[: self.grid.size], fitted.sd[: self.grid.size]
            end = suffix(name)
            columns[f"mean{end}"] = mean
            if name != "krr":
                columns[f"sd{end}"] = sd
                columns[f"low{end}"] = mean - 1.96 * sd
                columns[f"high{end}"] = mean + 1.96 * sd
                columns[f"ratio{end}"] = sd / exact.sd[: self.grid.size]
        units = {} if self.p.dataset == "file" else {"x": "rad"}
        return {"posterior": Table(columns, units), "methods": self.sheet(fits)}

    def sheet(self, fits: Mapping[str, _Fitted]) -> Table:
        rows = [(name, fits.get(name, fits["exact"])) for name in self.p.methods]
        return Table(
            {
                "key": np.array([name for name, _ in rows]),
                "method": np.array([METHODS[name] for name, _ in rows]),
                "features": np.array([fitted.features for _, fitted in rows]),
                "mse": np.array([self.mse(fitted) for _, fitted in rows]),
                "error": np.array([fitted.error for _, fitted in rows]),
                "fit": np.array([1000 * fitted.fit for _, fitted in rows]),
                "predict": np.array([1000 * fitted.predict for _, fitted in rows]),
                "condition": np.array([fitted.condition for _, fitted in rows]),
                "rho": np.array(
                    [math.nan if name == "krr" else self.rho(f, fits["exact"]) for name, f in rows]
                ),
            },
            units={"fit": "ms", "predict": "ms"},
            volatile=frozenset({"fit", "predict"}),
        )

    def mse(self, fitted: _Fitted) -> float:
        """On the grid against sin x, or on the rows of the file that were held out."""
        if self.p.dataset != "file":
            return float(np.mean((fitted.mean[: self.grid.size] - np.sin(self.grid)) ** 2))
        held = fitted.mean[self.grid.size + self.gap_grid.size :]
        return float(np.mean((held - self.points.held_y) ** 2)) if held.size else math.nan

    def rho(self, fitted: _Fitted, exact: _Fitted) -> float:
        """Share of the exact variance in the gap: Σ var / Σ exact var."""
        if not self.gap_grid.size:
            return math.nan
        inside = slice(self.grid.size, self.grid.size + self.gap_grid.size)
        return float(np.sum(fitted.sd[inside] ** 2) / np.sum(exact.sd[inside] ** 2))

    # Features view

    def sweep(self) -> Iterator[Step]:
        """Error and ρ_gap against the number of features, streaming."""
        names = swept(self.p)
        known = self.cache.peek("sweep", self.sweep_key(names))
        if known is not None:
            yield Step(tables={"sweep": known})
            return
        if not self.full:
            return
        rows = np.full((len(names), 2, SWEEP_DRAWS, len(SWEEP)), np.nan)
        exact = self.exact()
        total, done = len(names) * len(SWEEP), 0
        for column, m in enumerate(SWEEP):
            for index, name in enumerate(names):
                for draw in range(1 if name == "gauss-hermite" else SWEEP_DRAWS):
                    size = m if not name.startswith("nystrom") else 2 * m
                    fitted = yield from self.approximation(
                        name, size, self.p.feature_scale, (self.p.seed, 20, draw), self.p.ridge
                    )
                    difference = fitted.mean[: self.grid.size] - exact.mean[: self.grid.size]
                    rows[index, 0, draw, column] = np.sqrt(np.mean(difference**2))
                    rows[index, 1, draw, column] = self.rho(fitted, exact)
                    yield Step()
                done += 1
                note = f"error against features: {done} of {total}"
                yield Step(0.8 * done / total, note, {"sweep": _sweep_table(names, rows)})
        self.cache.put("sweep", self.sweep_key(names), _sweep_table(names, rows))

    def sweep_key(self, names: Sequence[str]) -> Any:
        p = self.p
        return (
            self.points.key,
            p.lengthscale,
            p.ridge,
            p.feature_scale,
            p.landmarks,
            tuple(names),
            p.seed,
        )

    def kernel_error(self) -> Iterator[Step]:
        """RMSE of the kernel estimate against dimension, and against distance at one d."""
        from kernlab.engine.numerics import features

        p = self.p
        profile = yield from self.kernel_profile()
        yield Step(tables={"kernel_profile": profile})
        known = self.cache.peek("kernel error", (p.m, p.seed))
        if known is None and not self.full:
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
                    columns.setdefault(name, np.full(len(DIMENSIONS), np.nan))[at] = (
                        rmse + offset_by
                    )
            table = Table({"d": np.array(DIMENSIONS), **{k: v.copy() for k, v in columns.items()}})
            note = f"error of the kernel: d = {d}"
            yield Step(0.8 + 0.2 * (at + 1) / len(DIMENSIONS), note, {"kernel_error": table})
        if known is None:
            self.cache.put("kernel error", (p.m, p.seed), columns)
        else:
            yield Step(tables={"kernel_error": Table({"d": np.array(DIMENSIONS), **columns})})

    def kernel_profile(self) -> Generator[Step, None, Table]:
        from kernlab.engine.numerics import features

        p = self.p
        key = (p.m, p.dimension, p.seed)
        known: Table | None = self.cache.peek("kernel profile", key)
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
        return self.cache.put("kernel profile", key, Table(columns))

    # Evidence view

    def spectrum(self) -> Iterator[Step]:
        """Eigenvalues of K, and of ZᵀZ of each approximation."""
        p = self.p
        exact, _ = self.spectrum_of(p.lengthscale)
        if self.slow and not self.full:
            return
        values = {"exact": exact.eigenvalues}
        for name in approximations(p):
            yield Step()
            approximation, _ = yield from self.fitted(name, p.m, p.feature_scale, (p.seed, 10))
            values[name.replace("-", "_")] = approximation.space.eigenvalues()
        epsilon = np.finfo(float).eps
        values = {name: v[v > v.size * epsilon * v[0]] for name, v in values.items()}
        length = max(column.size for column in values.values())
        columns: dict[str, Any] = {"index": np.arange(1, length + 1)}
        for name, column in values.items():
            columns[name] = np.full(length, np.nan)
            columns[name][: column.size] = column
        yield Step(0.1, "spectrum", {"spectrum": Table(columns)})

    def evidence(self) -> Iterator[Step]:
        """Log evidence and GCV over lengthscale and ridge, column by column."""
        size = len(MAP_LENGTHSCALES)
        known = self.cache.peek("evidence", self.points.key)
        maps = np.full((2, size, size), np.nan) if known is None else known
        if known is None and not self.full:
            return
        begun = time.perf_counter()
        for done, column in enumerate(reversed(range(size)) if known is None else ()):
            spectrum, _ = self.spectrum_of(float(MAP_LENGTHSCALES[column]))
            yield Step()
            found = spectrum.evidence(MAP_RIDGES)
            maps[0, :, column] = found.log_marginal_likelihood
            maps[1, :, column] = found.gcv
            note = f"evidence: {done + 1} of {size} lengthscales"
            tables = {}
            if time.perf_counter() - begun > 0.05 or done == size - 1:
                begun = time.perf_counter()
                tables = {"evidence": _map_table(maps, self.points.n)}
            yield Step(0.1 + 0.9 * (done + 1) / size, note, tables)
        if known is None:
            self.cache.put("evidence", self.points.key, maps)
        else:
            yield Step(1.0, "", {"evidence": _map_table(maps, self.points.n)})

    # Claims

    def claims(self) -> Iterator[Step]:
        """What only the claims need, as one row."""
        p = self.p
        spectrum, _ = self.spectrum_of(p.lengthscale)
        exact = self.exact()
        unit = yield from self.approximation("unit", p.m, p.feature_scale, (p.seed, 10), p.ridge)
        yield Step(0.3, "measuring the claims")
        row: dict[str, Any] = {
            "phase_change": _phase_change(p),
            "kernel_condition": self.kernel_condition(spectrum),
            "condition": exact.condition,
            "condition_unit": unit.condition,
            "mse": self.mse(exact),
            "mse_unit": self.mse(unit),
            "starvation_unit": self.rho(unit, exact),
            "draws": CLAIM_DRAWS,
        }
        ratios, errors, shares = [], [], []
        for draw in range(CLAIM_DRAWS):
            seed = (p.seed, 40, draw)
            fitted = yield from self.approximation("orthogonal", p.m, 1.0, seed, p.ridge)
            ratios.append(fitted.condition / exact.condition)
            errors.append(self.mse(fitted))
            shares.append(self.rho(fitted, exact))
            yield Step(0.3 + 0.7 * (draw + 1) / CLAIM_DRAWS, "measuring the claims")
        low, middle, high = np.quantile(ratios, [0, 0.5, 1])
        row |= {"condition_ratio_low": low, "condition_ratio_mid": middle}
        row |= {"condition_ratio_high": high, "mse_orthogonal": np.median(errors)}
        row["starvation_iid"] = np.median(shares)
        yield Step(1.0, "", {"claims": Table({k: np.array([v]) for k, v in row.items()})})

    def kernel_condition(self, spectrum: Spectrum) -> float:
        """κ(K) without a ridge; infinite once n exceeds the numerical rank."""
        if self.points.n > spectrum.grid.modes:
            return math.inf
        values = spectrum.eigenvalues
        smallest = float(values[-1])
        return float(values[0]) / smallest if smallest > 1e-14 * values[0] else math.inf


# -- small helpers ----------------------------------------------------------------------------


def swept(p: Parameters) -> list[str]:
    return approximations(p) or ["iid", "gauss-hermite"]


def _precision(exact: _Fitted) -> str:
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
