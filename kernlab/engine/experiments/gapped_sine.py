"""Gapped sine: what does a kernel method know where there is no data?

Noisy samples of sin x with a gap, and the Gaussian-kernel posterior from the exact Gaussian
process, kernel ridge regression and ten degenerate approximations, at any n. Source: Ulrich,
independent study (paper 000), sections 2.5, 2.6 and 3, Tables 1 and 2.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim, Preset
from kernlab.engine.contract.drawing import quantised
from kernlab.engine.contract.experiment import CLAIMS, Fidelity, Step, Tables
from kernlab.engine.contract.figure import (
    Axis,
    Band,
    Column,
    Figure,
    Image,
    Item,
    Line,
    Mark,
    Points,
    Region,
    Sheet,
    Style,
)
from kernlab.engine.contract.parameters import (
    Columns,
    Group,
    Help,
    Label,
    OnlyIf,
    Options,
    OwnData,
    Span,
    validate,
)
from kernlab.engine.contract.table import Table
from kernlab.engine.contract.text import brief, count, number
from kernlab.engine.experiments import _gapped_sine_claims as claims
from kernlab.engine.experiments import _gapped_sine_data as data

if TYPE_CHECKING:  # numba is imported at the first run, on the lane: it takes half a second
    from kernlab.engine.numerics.gaussian_process import FourierGrid, Spectrum
    from kernlab.engine.numerics.kernel_methods import Approximation

POSTERIOR, FEATURES, EVIDENCE = "Posterior", "Features", "Evidence"

METHODS = {
    "exact": "Exact GP",
    "krr": "Kernel ridge",
    "iid": "i.i.d. features",
    "orthogonal": "Orthogonal (in d = 1: i.i.d.)",
    "unit": "Paper's ω = ±1",
    "qr-vector": "QR of the m×1 vector",
    "halton": "Halton features",
    "gauss-hermite": "Gauss–Hermite",
    "nystrom-sor": "Nyström, SoR variance",
    "nystrom-dtc": "Nyström, DTC variance",
}
SHORT = {
    "exact": "Exact GP",
    "krr": "Kernel ridge",
    "iid": "i.i.d.",
    "orthogonal": "Orthogonal",
    "unit": "ω = ±1",
    "qr-vector": "QR of vector",
    "halton": "Halton",
    "gauss-hermite": "Gauss–Hermite",
    "nystrom-sor": "Nyström SoR",
    "nystrom-dtc": "Nyström DTC",
}
STYLES = {
    "exact": Style("trace1"),
    "krr": Style("trace1", "dash", "cross"),
    "iid": Style("trace2", "solid", "circle"),
    "orthogonal": Style("trace5", "solid", "diamond"),
    "unit": Style("trace5", "dash", "triangle"),
    "qr-vector": Style("trace5", "dot", "cross"),
    "halton": Style("trace4", "solid", "diamond"),
    "gauss-hermite": Style("trace3", "solid", "square"),
    "nystrom-sor": Style("trace4", "dash", "triangle"),
    "nystrom-dtc": Style("trace4", "dashdot", "cross"),
}
TRUTH = Style("muted", "dash", width=1.2)
HERE = Style("text", width=1.4)
KERNEL_KINDS = {"iid": "i.i.d.", "orthogonal": "orthogonal", "structured": "structured"}
KERNEL_STYLES = {
    "iid": STYLES["iid"],
    "orthogonal": STYLES["orthogonal"],
    "structured": Style("trace4", "dash", "triangle"),
}

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


@dataclass(frozen=True)
class Parameters:
    """What can be dragged."""

    dataset: Annotated[
        str,
        Group("Data"),
        Options(
            {
                "free": "Random points",
                "paper-1": "Paper, data set 1",
                "paper-2": "Paper, data set 2",
                "file": "Your own file",
            }
        ),
        Help("random points with any gap, the source's two data sets, or a CSV of your own"),
    ] = "free"
    data_file: Annotated[
        OwnData | None,
        Columns(("x", "y")),
        Label("File"),
        OnlyIf("dataset", ("file",)),
        Help("a CSV with the columns x and y; a tenth of its rows is held out"),
    ] = None
    n: Annotated[
        int,
        Span(50, 10_000_000, log=True),
        Label("Points", "n"),
        OnlyIf("dataset", ("free",)),
        Help("points drawn over the whole domain; the gap removes some of them"),
    ] = 2500
    domain: Annotated[
        float,
        Span(1, 20, step=0.1, unit="rad"),
        Label("Domain", "±"),
        OnlyIf("dataset", ("free",)),
        Help("x lies between minus and plus this value"),
    ] = 2 * math.pi
    gap_center: Annotated[
        float,
        Span(-10, 10, step=0.05, unit="rad"),
        Label("Gap centre"),
        OnlyIf("dataset", ("free",)),
        Help("middle of the interval without data"),
    ] = 0.0
    gap_width: Annotated[
        float,
        Span(0, 12, step=0.05, unit="rad"),
        Label("Gap width"),
        OnlyIf("dataset", ("free",)),
        Help("length of the interval without data"),
    ] = 2 * math.pi
    noise: Annotated[
        float,
        Span(0, 2, step=0.01),
        Label("Noise", "s"),
        OnlyIf("dataset", ("free", "paper-1", "paper-2")),
        Help("standard deviation of the noise on y"),
    ] = 0.1
    lengthscale: Annotated[
        float,
        Group("Model"),
        Span(0.05, 10, log=True, unit="rad"),
        Label("Lengthscale", "σ"),
        Help("of the kernel exp(−(x − x′)²/(2σ²))"),
    ] = 1.0
    ridge: Annotated[
        float,
        Span(1e-8, 10, log=True),
        Label("Ridge", "α"),
        Help("added to the diagonal of K: the variance of the noise that the model believes in"),
    ] = 0.01
    methods: Annotated[
        tuple[str, ...],
        Group("Approximations"),
        Options(SHORT),
        Label("Methods"),
        Help("what is fitted and drawn"),
    ] = ("exact", "iid", "gauss-hermite")
    m: Annotated[
        int,
        Span(1, 500, log=True),
        Label("Frequencies", "m"),
        Help("frequencies, so D = 2m features; or landmarks"),
    ] = 25
    feature_scale: Annotated[
        float,
        Span(0.25, 4, log=True),
        Label("Feature scale"),
        Help("multiplies the weights: 2 gives the √(2/m) of the source's Table 2"),
    ] = 1.0
    landmarks: Annotated[
        str,
        Options({"cholesky": "Pivoted Cholesky", "kmeans": "k-means", "uniform": "Uniform"}),
        Label("Landmarks"),
        OnlyIf("methods", ("nystrom-sor", "nystrom-dtc")),
        Help("how Nyström chooses its landmarks"),
    ] = "cholesky"
    dimension: Annotated[
        int,
        Span(1, 16),
        Label("Dimension", "d"),
        Help("of the points in the figure of the kernel error against distance"),
    ] = 1
    seed: Annotated[
        int, Group("Randomness"), Span(0, 2**31 - 1), Label("Seed"), Help("of every random draw")
    ] = 1

    def __post_init__(self) -> None:
        validate(self)
        if self.dataset == "file" and self.data_file is None:
            raise ValueError("dataset is 'file' but there is no data_file; choose a CSV file")


TABLE_2 = {"lengthscale": 1.0, "methods": ("exact", "krr", "iid", "unit")}
PERFORMER = {**TABLE_2, "ridge": 1e-3, "feature_scale": 2.0, "methods": ("exact", "iid", "unit")}
PRESETS = (
    Preset(
        "Table 2, data set 1: exact",
        {**TABLE_2, "dataset": "paper-1", "ridge": 0.01},
        "The condition number of the exact GP and of kernel ridge: 7.6567·10⁴, as published.",
    ),
    Preset(
        "Table 2, data set 2: exact",
        {**TABLE_2, "dataset": "paper-2", "ridge": 0.01},
        "The condition number of the exact GP and of kernel ridge: 8.6482·10⁴, as published.",
    ),
    Preset(
        "Table 2, data set 1: Performer",
        {**PERFORMER, "dataset": "paper-1"},
        "With all frequencies ±1, scale √(2/m) and α = 10⁻³ the published 2.5005·10⁶ comes out, "
        "and the band in the gap vanishes.",
    ),
    Preset(
        "Table 2, data set 2: Performer",
        {**PERFORMER, "dataset": "paper-2"},
        "The published 3.7513·10⁶, and an MSE below the exact GP's: the features contain sin x.",
    ),
    Preset(
        "A million points",
        {"n": 1_000_000},
        "Random features have lost their uncertainty in the gap; drag n and watch ρ_gap sink.",
    ),
    Preset(
        "Gauss–Hermite against chance",
        {"m": 48, "methods": ("exact", "iid", "halton", "gauss-hermite")},
        "Features view: at equal cost quadrature converges, random features crawl.",
    ),
    Preset(
        "Nyström, two variances",
        {"m": 12, "methods": ("exact", "nystrom-sor", "nystrom-dtc")},
        "The same mean, two bands: only the DTC variance knows what the landmarks miss.",
    ),
)


def approximations(p: Parameters) -> list[str]:
    """The chosen methods that are feature maps."""
    return [name for name in p.methods if name not in ("exact", "krr")]


def _suffix(method: str) -> str:
    return "" if method == "exact" else "_" + method.replace("-", "_")


class GappedSine:
    """The experiment; see the module."""

    key = "gapped-sine"
    title = "Gapped sine"
    question = "What does a kernel method know where there is no data?"
    icon = "∿"
    exclusive = False
    views = (POSTERIOR, FEATURES, EVIDENCE)
    presets = PRESETS
    Parameters = Parameters

    # -- figures ----------------------------------------------------------------------------

    def figures(self, p: Parameters, tables: Tables) -> Sequence[Figure | Sheet]:
        """Ten figures in three views."""
        x = _x_axis(p, tables)
        gap = _gap_region(p, tables)
        return (
            self._posterior(p, tables, x, gap),
            self._ratio(p, tables, x, gap),
            self._methods(),
            self._sweep(p, "error", "Error of the mean against features", tables),
            self._sweep(p, "rho", "Variance kept in the gap against features", tables),
            self._kernel_error(p),
            self._kernel_profile(p),
            self._map(p, "log_evidence", "Log evidence", tables),
            self._map(p, "gcv", "Generalized cross-validation", tables),
            self._spectrum(p),
        )

    def _posterior(self, p: Parameters, tables: Tables, x: Axis, gap: list[Item]) -> Figure:
        sample = Points("sample", "x", "y", Style("muted"), "data", faint=True)
        bands = [
            Band("posterior", "x", f"low{_suffix(name)}", f"high{_suffix(name)}", STYLES[name])
            for name in p.methods
            if name != "krr"
        ]
        lines = [
            Line("posterior", "x", f"mean{_suffix(name)}", STYLES[name], _label(name, p, tables))
            for name in p.methods
        ]
        truth = [] if p.dataset == "file" else [Line("posterior", "x", "truth", TRUTH, "sin x")]
        return Figure(
            "posterior",
            "Posterior mean and 95 % band",
            POSTERIOR,
            x,
            Axis("f(x)", view=_calm_view(tables)),
            (*gap, *bands, sample, *truth, *lines),
            note=_sample_note(tables),
        )

    def _ratio(self, p: Parameters, tables: Tables, x: Axis, gap: list[Item]) -> Figure:
        names = [name for name in p.methods if name != "krr"]
        shares = _rho_by_method(tables)
        lines = [
            Line(
                "posterior",
                "x",
                f"ratio{_suffix(name)}",
                STYLES[name],
                f"{METHODS[name]}, ρ = {number(shares[name], 2)}"
                if name != "exact" and name in shares
                else METHODS[name],
            )
            for name in names
        ]
        return Figure(
            "ratio",
            "Standard deviation over the exact one",
            POSTERIOR,
            x,
            Axis("sd / exact sd"),
            (*gap, Mark(y=0.0, style=Style("grid", "solid", width=1.0)), *lines),
        )

    def _methods(self) -> Sheet:
        return Sheet(
            "methods",
            "Methods",
            POSTERIOR,
            "methods",
            (
                Column("method", "Method"),
                Column("features", "Features"),
                Column("mse", "MSE"),
                Column("error", "± error", 1),
                Column("fit", "Fit", 2),
                Column("predict", "Predict", 2),
                Column("condition", "Condition number", 5),
                Column("rho", "ρ gap", 3),
            ),
            note="MSE on held-out points; fit from the condensed data",
        )

    def _sweep(self, p: Parameters, what: str, title: str, tables: Tables) -> Figure:
        items: list[Item] = []
        for name in _swept(p):
            column = f"{what}{_suffix(name)}"
            low, high = f"{what}_low{_suffix(name)}", f"{what}_high{_suffix(name)}"
            items.append(Band("sweep", "features", low, high, STYLES[name]))
            items.append(
                Line("sweep", "features", column, STYLES[name], METHODS[name], markers=True)
            )
        marks = [Mark(x=2 * p.m, label=f"D = {2 * p.m}")] if 4 <= 2 * p.m <= 512 else []
        y = (
            Axis("RMSE against the exact mean", log=True)
            if what == "error"
            else Axis("variance in the gap / exact", "ρ")
        )
        return Figure(
            f"sweep-{what}",
            title,
            FEATURES,
            Axis("features", "D", log=True, view=(2 * SWEEP[0] / 1.1, 2 * SWEEP[-1] * 1.1)),
            y,
            (*marks, *items),
            note=f"median and range of {SWEEP_DRAWS} draws",
        )

    def _kernel_error(self, p: Parameters) -> Figure:
        items: list[Item] = [Mark(x=p.dimension, label=f"d = {p.dimension}")]
        for kind, label in KERNEL_KINDS.items():
            low, high = f"low_{kind}", f"high_{kind}"
            items.append(Band("kernel_error", "d", low, high, KERNEL_STYLES[kind]))
            items.append(
                Line("kernel_error", "d", kind, KERNEL_STYLES[kind], label, markers=True)
            )
        return Figure(
            "kernel-error",
            "Error of the kernel against dimension",
            FEATURES,
            Axis("dimension", "d", log=True, view=(0.9, 18)),
            Axis("RMSE of the kernel"),
            items,
            note=f"m = {p.m}, ± 2 standard errors",
        )

    def _kernel_profile(self, p: Parameters) -> Figure:
        lines = [
            Line("kernel_profile", "distance", kind, KERNEL_STYLES[kind], label)
            for kind, label in KERNEL_KINDS.items()
        ]
        theory = Line("kernel_profile", "distance", "theory", TRUTH, "i.i.d., closed form")
        return Figure(
            "kernel-profile",
            "Error of the kernel against distance",
            FEATURES,
            Axis("distance / lengthscale"),
            Axis("RMSE of the kernel"),
            (*lines, theory),
            note=f"m = {p.m}, d = {p.dimension}",
        )

    def _map(self, p: Parameters, what: str, title: str, tables: Tables) -> Figure:
        label = {
            "log_evidence": "per point, against the best, clipped",
            "gcv": "log10 of GCV over the best, clipped",
        }[what]
        best = _best(tables, what)
        marks: list[Item] = [Mark(p.lengthscale, p.ridge, "here", HERE)]
        if best:
            marks.append(Mark(*best, "best", Style("accent", width=1.4)))
        return Figure(
            f"map-{what.replace('_', '-')}",
            title,
            EVIDENCE,
            Axis("lengthscale", "σ", "rad", log=True, view=(0.1, 10)),
            Axis("ridge", "α", log=True, view=(1e-6, 1)),
            (Image("evidence", "lengthscale", "ridge", f"{what}_shown", label), *marks),
            note="click to take these values",
            click=("lengthscale", "ridge"),
        )

    def _spectrum(self, p: Parameters) -> Figure:
        names = ["exact", *approximations(p)]
        lines = [
            Line("spectrum", "index", name.replace("-", "_"), STYLES[name], label, markers=False)
            for name, label in ((name, METHODS[name]) for name in names)
        ]
        return Figure(
            "spectrum",
            "Eigenvalues of K and of ZᵀZ",
            EVIDENCE,
            Axis("index", "i"),
            Axis("eigenvalue", "λ", log=True),
            (*lines, Mark(y=p.ridge, label=f"ridge α = {brief(p.ridge)}")),
            note="eigenvalues below the rounding error are not shown",
        )

    # -- claims and answer ------------------------------------------------------------------

    def claims(self, p: Parameters, tables: Tables) -> Sequence[Claim]:
        """G1 to G8, judged at these parameters."""
        return claims.judge(p, tables)

    def answer(self, p: Parameters, tables: Tables) -> str:
        """How much of the exact variance the approximations report in the gap."""
        table = tables.get("methods")
        if table is None:
            return ""
        rows = {str(key): i for i, key in enumerate(table["key"])}
        names = [name for name in approximations(p) if name in rows]
        if names and np.isfinite(table["rho"][rows[names[0]]]):
            first, *others = [
                (name, float(table["rho"][rows[name]]), int(table["features"][rows[name]]))
                for name in names
            ]
            text = (
                f"In the gap, {METHODS[first[0]]} with D = {first[2]} report "
                f"**{_percent(first[1])}** of the exact posterior variance "
                f"(ρ = {number(first[1], 2)})"
            )
            if others:
                rest = "; ".join(f"{METHODS[o[0]]} {_percent(o[1])}" for o in others[:2])
                text += f"; {rest}"
            if "gauss-hermite" in names and _aliased(p, tables):
                text += f". Gauss–Hermite is aliased: it needs m ≥ {_nodes_needed(p, tables)} here"
            return text + "."
        error, condition = float(table["mse"][0]), float(table["condition"][0])
        return (
            f"{table['method'][0]}: mean squared error **{number(error, 3)}** on held-out points, "
            f"condition number {number(condition, 4)}."
        )

    # -- run --------------------------------------------------------------------------------

    def run(
        self, p: Parameters, fidelity: Fidelity, cache: Cache, views: Sequence[str]
    ) -> Iterator[Step]:
        """Condense the data, fit what the wanted views need, stream the rest."""
        points = yield from data.prepare(p, fidelity, cache)
        stage = _Stages(p, fidelity, cache, points)
        tables = {"sample": points.sample, "data": points.summary}
        for view in views:
            if view == POSTERIOR:
                yield from stage.posterior(tables)
            elif view == FEATURES:
                yield from stage.sweep()
                yield from stage.kernel_error()
            elif view == EVIDENCE:
                yield from stage.spectrum()
                yield from stage.evidence()
            elif view == CLAIMS and fidelity == "full":
                yield from stage.claims()


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


class _Stages:
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
        from dataclasses import replace

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
            suffix = _suffix(name)
            columns[f"mean{suffix}"] = mean
            if name != "krr":
                columns[f"sd{suffix}"] = sd
                columns[f"low{suffix}"] = mean - 1.96 * sd
                columns[f"high{suffix}"] = mean + 1.96 * sd
                columns[f"ratio{suffix}"] = sd / exact.sd[: self.grid.size]
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
        names = _swept(self.p)
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
                for name, value in (
                    (kind, rmse), (f"low_{kind}", rmse - 2 * error), (f"high_{kind}", rmse + 2 * error)
                ):  # fmt: skip
                    columns.setdefault(name, np.full(len(DIMENSIONS), np.nan))[at] = value
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


def _swept(p: Parameters) -> list[str]:
    return approximations(p) or ["iid", "gauss-hermite"]


def _percent(share: float) -> str:
    return f"{number(100 * share, 2)} %"


def _precision(exact: _Fitted) -> str:
    largest = float(np.abs(exact.mean).max(initial=1e-300))
    return f"relative error about {number(exact.error / largest, 1)}"


def _gap_region(p: Parameters, tables: Tables) -> list[Item]:
    table = tables.get("data")
    if table is None or not np.isfinite(table["gap_left"][0]):
        return []
    return [Region(float(table["gap_left"][0]), float(table["gap_right"][0]), "gap")]


def _calm_view(tables: Tables) -> tuple[float, float] | None:
    """The exact band and the data with room to spare; a method far off leaves the picture."""
    posterior, sample = tables.get("posterior"), tables.get("sample")
    if posterior is None or sample is None or "low" not in posterior.columns:
        return None
    low = min(posterior["low"].min(), sample["y"].min())
    high = max(posterior["high"].max(), sample["y"].max())
    room = 0.3 * (high - low)
    return quantised((float(low - room), float(high + room)))


def _sample_note(tables: Tables) -> str:
    table = tables.get("data")
    if table is None:
        return ""
    drawn, kept, wanted = (int(table[name][0]) for name in ("drawn", "n", "wanted"))
    note = f"{count(drawn)} of {count(kept)} points drawn" if drawn < kept else f"n = {count(kept)}"
    standin = int(table["used"][0])
    return note if standin == wanted else f"{note}; preview with n = {count(standin)}"


def _x_axis(p: Parameters, tables: Tables) -> Axis:
    table = tables.get("posterior")
    unit = "" if p.dataset == "file" else "rad"
    if table is None:
        return Axis("x", unit=unit)
    left, right = float(table["x"][0]), float(table["x"][-1])
    room = 0.02 * (right - left)
    return Axis("x", unit=unit, view=(left - room, right + room))


def _nodes_needed(p: Parameters, tables: Tables) -> int:
    """Gauss–Hermite nodes below which the kernel repeats itself within the domain: r²/4."""
    table = tables.get("posterior")
    reach = float(table["x"][-1] - table["x"][0]) / p.lengthscale if table is not None else 0.0
    return math.ceil(reach**2 / 4)


def _aliased(p: Parameters, tables: Tables) -> bool:
    return p.m < _nodes_needed(p, tables)


def _label(name: str, p: Parameters, tables: Tables) -> str:
    aliased = name == "gauss-hermite" and _aliased(p, tables)
    return f"{METHODS[name]}, aliased" if aliased else METHODS[name]


def _rho_by_method(tables: Tables) -> dict[str, float]:
    table = tables.get("methods")
    if table is None:
        return {}
    pairs = zip(table["key"], table["rho"], strict=True)
    return {str(key): float(rho) for key, rho in pairs if np.isfinite(rho)}


def _best(tables: Tables, what: str) -> tuple[float, float] | None:
    table = tables.get("evidence")
    if table is None or not np.isfinite(table[what]).any():
        return None
    at = int(np.nanargmax(table[what]) if what == "log_evidence" else np.nanargmin(table[what]))
    return float(table["lengthscale"][at]), float(table["ridge"][at])


def _sweep_table(names: Sequence[str], rows: Any) -> Table:
    columns: dict[str, Any] = {"m": np.array(SWEEP), "features": 2 * np.array(SWEEP)}
    known = np.isfinite(rows).any(axis=2)
    filled = np.where(known[:, :, None], rows, 0.0)
    low, middle, high = np.nanquantile(filled, [0, 0.5, 1], axis=2)
    for index, name in enumerate(names):
        for part, what in enumerate(("error", "rho")):
            for label, values in (("", middle), ("_low", low), ("_high", high)):
                column = np.where(known[index, part], values[index, part], np.nan)
                columns[f"{what}{label}{_suffix(name)}"] = column
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


experiment = GappedSine()
