"""The memory that an entrywise-rank run needs: the array, its copies in a descent, its points."""

from __future__ import annotations

import math

from kernlab.engine.contract.experiment import Fidelity
from kernlab.engine.contract.memory import Memory
from kernlab.engine.experiments.entrywise_rank.bench import (
    DIMENSIONS,
    LARGEST_AT_HAND,
    PREVIEW,
    SWEEP_N,
)
from kernlab.engine.experiments.entrywise_rank.parameters import Parameters

ENTRY = 24
"""Bytes an entry: F, F in its unit, target and residual in float32."""
QUICK_ENTRY = 32
FACTORS = 260
"""Bytes an entry of the factors: ten pairs of L-BFGS in float32, singular vectors, copies."""
SWEEPS = 60_000_000
SMALL = 60_000_000


def predicted(p: Parameters, fidelity: Fidelity) -> Memory:
    """The peak of a run of all views, and the parameter that most of it belongs to."""
    full = fidelity == "full"
    whole = full or p.given or p.n <= LARGEST_AT_HAND
    n = max(p.shape) if whole else PREVIEW
    entries = n**3 if p.order == "3" else math.prod(p.shape) if whole else n**2
    array = (ENTRY if full else QUICK_ENTRY) * entries + FACTORS * 2 * n * p.rank
    sets = 1 if p.sampling == "symmetric" else 2
    points = 8 * sets * n * p.m
    sweeps = SWEEPS + 8 * sets * min(p.size, SWEEP_N) * DIMENSIONS[-1] if full else 0
    total = SMALL + array + points + sweeps
    largest = "m" if points > array else "n"
    if p.given:
        largest = "matrix_file" if p.function == "file" else "q_file"
    return Memory(int(total), largest)
