"""The memory that a gapped-sine run needs: what the cache keeps, and a stage's largest matrices.

The constants were fitted to measured peaks; `python -m benchmarks.memory` compares them.
"""

from __future__ import annotations

import math

from kernlab.engine.contract.cache import BUDGET
from kernlab.engine.contract.experiment import Fidelity
from kernlab.engine.contract.memory import Memory
from kernlab.engine.experiments.gapped_sine.data import KEEP_EVERY, bin_count
from kernlab.engine.experiments.gapped_sine.fits import (
    GAP_POINTS,
    GRID,
    QUICK_GAP_POINTS,
    QUICK_GRID,
)
from kernlab.engine.experiments.gapped_sine.parameters import Parameters, approximations
from kernlab.engine.experiments.gapped_sine.stages import CLAIM_DRAWS, SWEEP, SWEEP_DRAWS, swept

CHUNK = 100_000
FLOAT = 8
MOMENTS = 103
"""Numbers a bin of the condensed points: three columns in double-double, and the counts."""
OWN_ROW = 31
"""Bytes a row of own data: the rows that are fitted, and, for the widest spacing, sorted."""
SMALL = 4_000_000
"""Bytes of everything else."""


def predicted(p: Parameters, fidelity: Fidelity) -> Memory:
    """The peak of a run of all views, and the parameter that most of it belongs to."""
    full = fidelity == "full"
    data = _points(p, full)
    modes = _modes(p)
    kept, largest = _features(p, full, modes)
    spectrum = _spectrum(modes, full)
    cached = min(BUDGET, kept + (data if p.dataset == "free" else 0))
    rest = data if p.dataset != "free" else 0
    shares = {"m": kept + largest}
    if p.dataset == "free":
        shares |= {"n": data, "domain": spectrum}
    elif p.dataset == "file":
        shares["data_file"] = data
    total = SMALL + cached + rest + max(largest, spectrum)
    return Memory(int(total), max(shares, key=shares.__getitem__))


def _points(p: Parameters, full: bool) -> float:
    """Bytes of the points and of their moments in bins."""
    if p.dataset == "file" and p.data_file is not None:
        return OWN_ROW * p.data_file.columns["x"].size
    if p.dataset != "free":
        return 0.0
    bins = bin_count(-p.domain, p.domain)
    whole = p.n / CHUNK if full else min(2.0, p.n / CHUNK)
    totals = (6 + whole / KEEP_EVERY) * MOMENTS * FLOAT * bins
    return 2 * FLOAT * CHUNK * whole + FLOAT * bins * whole + totals


def _modes(p: Parameters) -> int:
    """Fourier modes of the exact posterior, about."""
    if p.dataset == "file" and p.data_file is not None:
        return 30  # their span is not known without a look at all of them
    width = 2 * (p.domain if p.dataset == "free" else 2 * math.pi)
    return 27 + round(2.8 * width / p.lengthscale)


def _spectrum(modes: int, full: bool) -> float:
    """Bytes of the exact posterior's Gram matrix, factors and features."""
    rows = GRID + GAP_POINTS if full else QUICK_GRID + QUICK_GAP_POINTS
    return FLOAT * modes * ((4.0 if full else 1.5) * modes + rows)


def _features(p: Parameters, full: bool, modes: int) -> tuple[float, float]:
    """Bytes that all fits of features keep, and those of one more while it is made."""
    rows = GRID + GAP_POINTS if full else QUICK_GRID + QUICK_GAP_POINTS

    def fit(name: str, m: int) -> float:
        size = min(m, modes) if name.startswith("nystrom") else 2 * m
        return FLOAT * size * (size + rows)

    kept = [fit(name, p.m) for name in approximations(p)]
    largest = 2 * max(kept, default=0.0)
    if full:
        claims = fit("iid", p.m)
        kept.append((1 + CLAIM_DRAWS) * claims)
        largest = max(largest, 2 * claims)
        for name in swept(p):
            draws = 1 if name == "gauss-hermite" else SWEEP_DRAWS
            nystrom = name.startswith("nystrom")
            kept += [draws * fit(name, 2 * m if nystrom else m) for m in SWEEP]
    return sum(kept), largest
