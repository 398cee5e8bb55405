"""The spectrum that the view Eigenvalues shows: by degree, or along an axis of a torus grid."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.experiment import Step
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.experiments.spectra.parameters import Parameters
from kernlab.engine.experiments.spectra.shared import operator_eigenvalues

if TYPE_CHECKING:  # imported at the first run, on the lane
    from kernlab.engine.experiments.spectra.sobolev_spectra import Grid
    from kernlab.engine.numerics.decay import Exponent

Array = npt.NDArray[np.float64]

CLOUD, CLOUD_SEARCH = 3000, 20_000
"""Frequencies off the axes that are drawn, and that are looked at, at most."""


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues by place (ℓ, or |k| along an axis), with the fit for each parity.

    Attributes:
        zero: which are exactly zero; `hidden`, below their error bar or below 10⁻²⁴⁰.
        multiplicity: of each eigenvalue, as floats.
        shift: added to a place before a slope is taken.
        predicted: the exponent that theory gives for a kernel with a kink.
        fits: exponents of the even and of the odd places.
        cloud: |k| and eigenvalue of frequencies off the axes, shape (2, m).
    """

    place: Array
    values: Array
    error: Array
    multiplicity: Array
    zero: npt.NDArray[np.bool_]
    hidden: npt.NDArray[np.bool_]
    shift: float
    predicted: int
    onset: float
    fits: tuple[Exponent, Exponent]
    cloud: Array

    @property
    def relative(self) -> float:
        """Largest relative error of what is shown."""
        shown = ~(self.zero | self.hidden)
        return float((self.error[shown] / self.values[shown]).max()) if shown.any() else 0.0


def sphere_dimension(p: Parameters) -> int:
    """d of the sphere S^{d−1} on which a claim is measured; that with the torus's exponent."""
    return p.dimension + 1 if p.domain == "torus" else max(2, p.dimension)


def companion(bench: Bench) -> Bench:
    """The same parameters on that sphere."""
    d = sphere_dimension(bench.p)
    if bench.p.domain == "sphere":
        return bench
    return replace(bench, p=replace(bench.p, domain="sphere", dimension=d, sobolev_form="default"))


def homogeneous(p: Parameters) -> bool:
    """Whether the kernel scales with |x||y|, so that it is d·μ_ℓ on the Gaussian domain."""
    return p.bias == 0.0 and p.activation != "erf"


def spectrum(bench: Bench) -> Generator[Step, None, Spectrum]:
    """The spectrum of these parameters, kept."""
    p = bench.p
    size = p.n_grid if p.domain == "torus" else p.max_degree
    key = (p.domain, p.depth, p.dimension, size, p.activation, p.bias)
    known: Spectrum | None = bench.cache.peek("degrees", key)
    if known is not None:
        return known
    make = _on_grid if p.domain == "torus" else _by_degree
    return bench.cache.put("degrees", key, (yield from make(bench)))


def _by_degree(bench: Bench) -> Generator[Step, None, Spectrum]:
    from kernlab.engine.numerics import decay, sphere

    p = companion(bench).p
    d = p.dimension
    found = yield from operator_eigenvalues(companion(bench))
    scale = float(d) if bench.p.domain == "gaussian" and homogeneous(p) else 1.0
    place, values, error = np.arange(found.values.size), scale * found.values, scale * found.error
    onset, shift = decay.onset_degree(p.depth, d, p.activation, p.bias), 0.5 * d - 1.0
    fits = []
    for parity in (0, 1):
        some = slice(parity, None, 2)
        fits.append(
            decay.fit_exponent(place[some], values[some], error[some], shift=shift, onset=onset)
        )
    zero = sphere.exact_zeros(p.depth, p.max_degree, p.activation, p.bias)
    return Spectrum(
        place.astype(float),
        values,
        error,
        found.multiplicity,
        zero,
        ~zero & (values <= error),
        shift,
        d,
        onset,
        (fits[0], fits[1]),
        np.empty((2, 0)),
    )


def _on_grid(bench: Bench) -> Generator[Step, None, Spectrum]:
    from kernlab.engine.experiments.spectra.sobolev_spectra import grid
    from kernlab.engine.numerics import decay

    p = bench.p
    n, d = p.n_grid, p.dimension
    found = yield from grid(bench, n, d)
    along, bars = (
        array.reshape(n // 2 + 1, -1)[:, 0] / float(n) ** d
        for array in (found.values, found.errors)
    )
    onset = decay.onset_degree(p.depth, d, p.activation, p.bias)
    fits = []
    for parity in (0, 1):
        some = slice(parity, n // 8 + 1, 2)
        fits.append(
            decay.fit_on_grid(n, along[some], bars[some], d, onset=onset,
                              first=parity)
        )  # fmt: skip
    yield Step(0.2)
    zero = along == 0.0
    return Spectrum(
        np.arange(along.size, dtype=float),
        along,
        bars,
        np.where(np.arange(along.size) % (n // 2 or 1) == 0, 1.0, 2.0),
        zero,
        ~zero & (along <= bars),
        0.0,
        d + 1,
        onset,
        (fits[0], fits[1]),
        _cloud(found),
    )


def _cloud(found: Grid) -> Array:
    """|k| and eigenvalue of some frequencies off the axes, more of the low ones; (2, m)."""
    if found.dimension == 1:
        return np.empty((2, 0))
    most = int(CLOUD_SEARCH ** (1 / found.dimension))
    along = np.unique(np.geomspace(1, found.n // 2 + 1, most).astype(int) - 1)
    block = np.ix_(*[along] * found.dimension)
    squares, logs = found.squares[block].ravel(), found.log_values[block].ravel()
    kept = np.flatnonzero(np.isfinite(logs) & (squares > 0))
    if kept.size > CLOUD:
        wanted = np.geomspace(1.0, kept.size, CLOUD).astype(int) - 1
        order = kept[np.argsort(squares[kept], kind="stable")]
        kept = order[np.unique(wanted)]
    return np.stack([np.sqrt(squares[kept].astype(float)), np.exp(logs[kept])])
