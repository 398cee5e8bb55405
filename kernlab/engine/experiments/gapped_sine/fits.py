"""The fits of a gapped-sine run, each kept in the cache under what it depends on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Fidelity, Step
from kernlab.engine.experiments.gapped_sine import data
from kernlab.engine.experiments.gapped_sine.parameters import Parameters
from kernlab.engine.numerics.steps import map_steps, relay

if TYPE_CHECKING:  # numba is imported at the first run, on the lane: it takes half a second
    from kernlab.engine.numerics.gaussian_process import Spectrum
    from kernlab.engine.numerics.kernel_methods import Approximation

GRID, GAP_POINTS = 1000, 201
QUICK_GRID, QUICK_GAP_POINTS = 334, 101
SHORT_GRID, SHORT_GAP_POINTS = 200, 41
"""Points of the grid and of the gap: in full, during a drag, and during one of a lengthscale
so short that the exact posterior has hundreds of modes."""
MANY_SPANS = 60.0
"""Lengthscales in the domain beyond which a coarse run (then of some 200 modes) saves work."""


@dataclass(frozen=True)
class Fitted:
    """A method's predictions on the grid and in the gap, and what the sheet says of it."""

    mean: Any
    sd: Any
    condition: float
    features: int
    error: float
    fit: float
    predict: float


class Fits:
    """Fits at one set of parameters; predictions on the grid, in the gap, at held-out points."""

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

    def exact(self) -> Fitted:
        """The exact posterior in float64."""
        spectrum, seconds = self.spectrum_of(self.p.lengthscale)
        begun = time.perf_counter()
        phi = self.query_features(spectrum.grid.features, "exact", self.p.lengthscale)
        posterior = spectrum.solve(self.p.ridge).posterior(phi)
        predict = time.perf_counter() - begun
        condition = self.condition(spectrum) if self.full else math.nan
        error = posterior.error_estimate[0]
        modes = spectrum.grid.modes
        return Fitted(posterior.mean, posterior.sd, condition, modes, error, seconds, predict)

    def condition(self, spectrum: Spectrum) -> float:
        """κ(K + αI); λ_min counts only where K has fewer rows than modes."""
        values = spectrum.eigenvalues
        smallest = values[-1] if self.points.n <= spectrum.grid.modes else 0.0
        return float((values[0] + self.p.ridge) / (smallest + self.p.ridge))

    def approximation(
        self, method: str, m: int, scale: float, seed: tuple[int, ...], ridge: float
    ) -> Generator[Step, None, Fitted]:
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
        return Fitted(mean, sd, space.condition(ridge), size, error, seconds, predict)

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
        found = yield from relay(steps, Step())
        return self.cache.put("fit", key, (found, time.perf_counter() - begun))

    def precise(self, rough: Fitted) -> Generator[Step, None, Fitted]:
        """The exact posterior again, beyond the rounding of float64."""
        from kernlab.engine.numerics.gaussian_process import FourierPosterior

        p, points = self.p, self.points
        key = (points.key, p.lengthscale, p.ridge)
        known: Fitted | None = self.cache.peek("precise", key)
        if known is not None:
            return known
        moments = points.moments(p.lengthscale, self.cache, extended=True)
        posterior = FourierPosterior.from_moments(moments, points.left, points.right)
        steps = posterior.posterior_steps(
            self.query, lengthscale=p.lengthscale, ridge=p.ridge, precise=True
        )
        mean, sd, (error, _) = yield from map_steps(
            steps, lambda done: Step(0.6 + 0.4 * done, "settling in extended precision")
        )
        return self.cache.put("precise", key, replace(rough, mean=mean, sd=sd, error=error))

    def mse(self, fitted: Fitted) -> float:
        """On the grid against sin x, or on the rows of the file that were held out."""
        if self.p.dataset != "file":
            return float(np.mean((fitted.mean[: self.grid.size] - np.sin(self.grid)) ** 2))
        held = fitted.mean[self.grid.size + self.gap_grid.size :]
        return float(np.mean((held - self.points.held_y) ** 2)) if held.size else math.nan

    def rho(self, fitted: Fitted, exact: Fitted) -> float:
        """Share of the exact variance in the gap: Σ var / Σ exact var."""
        if not self.gap_grid.size:
            return math.nan
        inside = slice(self.grid.size, self.grid.size + self.gap_grid.size)
        return float(np.sum(fitted.sd[inside] ** 2) / np.sum(exact.sd[inside] ** 2))
