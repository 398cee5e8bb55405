"""What the solvers for the maximum norm share: progress, arguments, the unit of an array."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.alternating_projections import Projections
from kernlab.engine.numerics.max_norm_descent import Descent
from kernlab.engine.numerics.tensor_chain import Array
from kernlab.engine.numerics.weight_space import require_positive


class Progress(NamedTuple):
    """Where a solver stands.

    Attributes:
        fraction: of the work, in [0, 1]; an estimate.
        stage: "start", "descent", "projections" or "certificate".
        level: the exponent p of a descent, the threshold ε of alternating projections.
        iterations: in this stage.
        current: largest absolute entry of the residual of the current iterate.
        error: the smallest so far, of `factors`. A descent in single precision states both to
            about 1e-6 of the largest entry; the result's error is computed in float64.
        lower_bound: what no matrix (tensor) of these ranks can beat, as far as proven yet.
        factors: the best so far: left (n₁, r) and right (r, n₂), or the cores of a tensor train.
        precision: of a descent, and the device that it runs on.
    """

    fraction: float
    stage: str
    level: float
    iterations: int
    current: float
    error: float
    lower_bound: float
    factors: tuple[Array, ...]
    precision: str = "float64"


class Limits(NamedTuple):
    """Where a solver has to end: what the user asked for, checked."""

    iterations: int | None
    tolerance: float
    descent: float
    end: float

    @classmethod
    def of(cls, iterations: int | None, tolerance: float | None, seconds: float | None) -> Limits:
        """Check the arguments; the descent gets four fifths of the seconds.

        Raises: ValueError: naming the argument and its value.
        """
        if iterations is not None and (
            isinstance(iterations, bool)
            or not isinstance(iterations, int | np.integer)
            or iterations < 0
        ):
            raise ValueError(f"iterations = {iterations!r}: must be an integer of at least 0")
        share = 0.0
        if tolerance is not None:
            share = float(tolerance)
            if not 0.0 <= share < 1.0:
                raise ValueError(f"tolerance = {tolerance!r}: must be at least 0 and below 1")
        now = time.perf_counter()
        budget = math.inf if seconds is None else require_positive("seconds", seconds)
        return cls(iterations, share, now + 0.8 * budget, now + budget)

    @property
    def endless(self) -> bool:
        """Whether only the clock ends a descent."""
        return math.isfinite(self.end) and self.iterations is None

    def certificate_iterations(self, entries: int) -> int:
        """How many steps of the lower bound are worth their time beside a descent."""
        return 25 if entries <= 250_000 else 6


def finite_array(name: str, values: npt.ArrayLike, dimensions: tuple[int, int]) -> Array:
    """Return `values` as a float64 array with that many dimensions, no empty axis, all finite.

    Raises: ValueError: naming the argument and what it was.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is no array of numbers: {error}") from error
    least, most = dimensions
    if not least <= array.ndim <= most or array.size == 0:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise ValueError(f"{name} has shape {array.shape}: must have {wanted} axes, none empty")
    if not np.isfinite(array).all():
        count = int(np.count_nonzero(~np.isfinite(array)))
        raise ValueError(f"{name} holds {count} entries that are nan or infinite: must be finite")
    return array


def unit(array: Array) -> float:
    """The power of two next below the largest absolute entry, by which it scales exactly."""
    largest = float(np.abs(array).max())
    return math.ldexp(1.0, math.frexp(largest)[1] - 1) if largest > 0.0 else 1.0


def descent_progress(
    state: Descent, scale: float, share: float, lower_bound: float, factors: tuple[Array, ...]
) -> Progress:
    """The progress of a descent on an array that was divided by `scale`."""
    return Progress(share * state.fraction, "descent", float(state.exponent), state.iterations,
                    scale * state.current, scale * state.error, lower_bound, factors,
                    state.precision)  # fmt: skip


def projections_progress(
    state: Projections, lower_bound: float, factors: tuple[Array, ...]
) -> Progress:
    """The progress of alternating projections, which end when their interval is short."""
    length = (state.upper - state.lower) / state.upper if state.upper > 0.0 else 0.0
    fraction = min(1.0, max(0.0, 1.0 - math.log(max(length, 0.01) / 0.01) / math.log(100.0)))
    return Progress(fraction, "projections", 0.5 * (state.lower + state.upper), state.projections,
                    state.current, state.upper, lower_bound, factors)  # fmt: skip
