"""The published algorithm for entrywise low-rank approximation: alternating projections.

S. Budzinskiy, When big data actually are low-rank, or entrywise approximation of certain
function-generated matrices, section 7.1, with the constants and the stopping rule of the
author's code. In turn, the residual is clipped to ±ε and the rank is cut by a full SVD (TT-SVD
for tensors); around it, ε shrinks by something close to a binary search.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from typing import NamedTuple

import numpy as np

from kernlab.engine.numerics.tensor_chain import Array, contract, truncate

_INTERVAL = 1e-2  # c1: the search ends when the interval is this share of its upper end
_PROGRESS = 1e-3  # c2: the inner loop ends when the error falls by less than this share
_UPPER_PART = 2.0 / 3.0  # c3: ... and where it then lies in the interval decides whether
_CREEP = 2e-2  # c4: ... the lower end rises by this share of the interval
_SLICE = 0.012


class Projections(NamedTuple):
    """Where the algorithm stands: the interval of ε, the last error, the best chain so far."""

    projections: int
    current: float
    lower: float
    upper: float
    cores: list[Array]


def gaussian_chain(shape: Sequence[int], rank: int, rng: np.random.Generator) -> list[Array]:
    """Standard normal cores over the root of left times right rank; the ends are drawn first."""
    last = len(shape) - 1
    cores = {}
    for k in (0, last, *range(1, last)):
        left, right = (1 if k == 0 else rank), (1 if k == last else rank)
        cores[k] = rng.standard_normal((left, shape[k], right)) / math.sqrt(left * right)
    return [cores[k] for k in range(last + 1)]


def project(target: Array, rank: int, rng: np.random.Generator
            ) -> Generator[Projections, None, Projections]:  # fmt: skip
    """Run the algorithm to its own stopping rule.

    Args:
        target: matrix or tensor; rank: of every bond, at most what TT-SVD can give.
        rng: of the Gaussian start, drawn core by core.

    Yields: where it stands, after a projection and about 12 ms. Returns: the end; `upper` is the
        algorithm's answer.
    Cost: a full SVD a projection, a few hundred of them.
    """
    cores = gaussian_chain(target.shape, rank, rng)
    ranks = [rank] * (target.ndim - 1)
    residual = contract(cores) - target
    previous = float(np.abs(residual).max())
    best, smallest = cores, previous
    lower, upper, count = 0.0, previous, 0
    told = time.perf_counter()
    while (interval := upper - lower) >= _INTERVAL * upper:
        middle = 0.5 * (lower + upper)
        while True:
            cores = truncate(target + np.clip(residual, -middle, middle), ranks)
            residual = contract(cores) - target
            error = float(np.abs(residual).max())
            count += 1
            if error < smallest:
                best, smallest = cores, error
            upper = min(upper, error)
            if time.perf_counter() - told > _SLICE:
                yield Projections(count, error, lower, upper, best)
                told = time.perf_counter()
            if previous - error < _PROGRESS * previous:
                if error > lower + _UPPER_PART * interval:
                    lower += _CREEP * interval
                break
            previous = error
    return Projections(count, smallest, lower, upper, best)
