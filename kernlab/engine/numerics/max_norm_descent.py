"""Descent on the largest entry of a residual, through power norms of growing exponent.

The maximum norm of E is the limit of ‖E‖_p, and log ‖E‖_p is smooth: L-BFGS lowers it for
p = 4, 6, 8, 12, 16, ..., 1024 in turn, on the cores of a chain, and the cores with the smallest
largest entry are kept. Between two exponents the chain returns to its canonical form, in which
the quadratic model of every core is close to a multiple of the identity.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from kernlab.engine.numerics.max_norm_arrays import DescentArrays, arrays_on
from kernlab.engine.numerics.tensor_chain import Array, Chain, Floats, canonical, contract

EXPONENTS = (*(p for k in range(2, 10) for p in (2**k, 3 * 2 ** (k - 1))), 1024)
"""4, 6, 8, 12, ..., 512, 768, 1024."""

SLICE = 0.008
"""Seconds between two yields."""

_PAIRS = 10
_LEAST = 8  # iterations of an exponent, however short the time
_ROUGH = 16  # exponents below this one only lead the way: few iterations are enough
_FLOORS = {True: 1e-4, False: 1e-8}  # in single precision, in double precision
_SINGLE = 5e-3  # below this relative error float32 products are too coarse
_CURVATURE = 1e-6  # least cosine between a step and its change of gradient
_REACH = 0.1
_DISTURBANCE = 0.01
_WINDOW = 8
_STALLED = 2e-5  # relative decrease over the window at which an exponent has nothing more to give


class Descent(NamedTuple):
    """Where a descent stands; errors in the unit of the target, in the working precision."""

    fraction: float
    iterations: int
    exponent: int
    current: float
    error: float
    cores: list[Array]
    precision: str


@dataclass
class _Best:
    error: float = math.inf
    cores: list[Floats] = field(default_factory=list)


class PowerNorm:
    """log ‖T - target‖_p of a chain, its gradient, and the best chain met on the way."""

    def __init__(self, target: Array, ranks: Sequence[int], arrays: DescentArrays) -> None:
        shape = target.shape
        bonds = [1, *ranks, 1]
        shapes = [(bonds[k], shape[k], bonds[k + 1]) for k in range(len(shape))]
        self.arrays = arrays
        self.chain = Chain(shapes, arrays)
        self.target = arrays.place(target.reshape(-1, shape[-1]))
        self.residual = arrays.empty(*self.target.shape)
        self._scale = 0.0
        self.exponent = EXPONENTS[0]
        self.current = math.inf
        self.best = _Best()

    @property
    def floor(self) -> float:
        """The share of its largest singular value by which a bond is divided at least."""
        return _FLOORS[self.arrays.single]

    def value(self, vector: Floats) -> float:
        """log ‖T - target‖_p; remembers the chain if its largest entry is the smallest so far."""
        self.chain.multiply(vector, self.residual)
        largest = self.arrays.subtract(self.residual, self.target)
        self.current = largest
        if not largest < math.inf:
            return math.inf
        if largest < self.best.error:
            self.best = _Best(largest, self.chain.cores(vector))
        if largest == 0.0:
            return -math.inf
        p = self.exponent
        tiny = (1e-34 if self.arrays.single else 1e-290) ** (2.0 / p)
        total = self.arrays.power_weights(self.residual, 1.0 / largest, p, tiny)
        self._scale = 1.0 / (largest * total)
        return math.log(largest) + math.log(total) / p

    def gradient(self, out: Floats) -> None:
        """Write the gradient at the last value into `out`."""
        self.chain.pull_back(self.residual, self._scale, out)


def minimize(
    objective: PowerNorm, start: Floats, iterations: int
) -> Generator[Floats, None, Floats]:
    """L-BFGS from `start`; yields the point after each iteration, returns the last."""
    arrays = objective.arrays
    x, count, newest, scale = start, 0, 0, 0.0
    steps, changes = arrays.empty(2, _PAIRS, len(x))
    direction, gradient, following = arrays.empty(3, len(x))
    inverse = np.zeros(_PAIRS)
    value = objective.value(x)
    objective.gradient(gradient)
    history = [value]
    for _ in range(iterations):
        if count == 0:
            length = _norm(gradient)
            if length == 0.0:
                return x
            scale = _first_step(objective, x) / length
        slope = arrays.quasi_newton(gradient, (steps, changes), inverse, newest, count, scale,
                                    direction)  # fmt: skip
        found = _line_search(objective, x, value, direction, slope) if slope < 0.0 else None
        if found is None:
            if count == 0:
                return x
            count = 0
            objective.value(x)
            objective.gradient(gradient)
            continue
        there, value = found
        if value == -math.inf:
            return there
        objective.gradient(following)
        step, change = steps[newest], changes[newest]
        step[:] = there - x
        change[:] = following - gradient
        product, square = float(step @ change), float(change @ change)
        if product > _CURVATURE * math.sqrt(float(step @ step) * square) > 0.0:
            inverse[newest], scale = 1.0 / product, product / square
            newest, count = (newest + 1) % _PAIRS, min(count + 1, _PAIRS)
        x, gradient, following = there, following, gradient
        history.append(value)
        yield x
        if len(history) > _WINDOW and history[-1 - _WINDOW] - value < _STALLED:
            return x
    return x


def _first_step(objective: PowerNorm, x: Floats) -> float:
    # The length of a step that changes the tensor about as much as its error, or x by 1 %.
    return min(0.01 * _norm(x), _REACH * objective.current * len(x) ** 0.5)


def _norm(x: Floats) -> float:
    return math.sqrt(float(x @ x))


def _line_search(
    objective: PowerNorm, x: Floats, value: float, direction: Floats, slope: float
) -> tuple[Floats, float] | None:
    # Armijo, by quadratic interpolation.
    length = 1.0
    for _ in range(12):
        there = x + length * direction
        found = objective.value(there)
        if found <= value + 1e-4 * length * slope:
            return there, found
        rise = found - value - slope * length
        guess = -slope * length * length / (2.0 * rise) if math.isfinite(rise) else 0.0
        length = min(max(guess, 0.1 * length), 0.5 * length)
    return None


class Level(NamedTuple):
    """An exponent, its iterations, and how many exponents its sweep still has, itself included."""

    exponent: int
    iterations: int
    remaining: int


def schedule(
    iterations: int | None, *, large: bool, endless: bool, first: int = EXPONENTS[0]
) -> list[Level]:
    """The exponents of a descent.

    Args:
        iterations: in all; None for what gets within about 1 % of what patience would reach.
        large: half as many.
        endless: then again from 16 on with twice as many, and so on: a deadline will end it.
        first: the least exponent.
    """
    exponents = [p for p in EXPONENTS if p >= first]
    if iterations is not None:
        return _sweep(exponents, max(1, iterations // len(exponents)), math.inf)
    each = 25 if large else 50
    plan = _sweep(exponents, each, 25)
    for k in range(1, 12 if endless else 1):
        plan += _sweep([p for p in EXPONENTS if p >= _ROUGH], each * 2**k, math.inf)
    return plan


def _sweep(exponents: Sequence[int], each: int, rough: float) -> list[Level]:
    most = len(exponents)
    return [Level(p, each if p >= _ROUGH else int(min(each, rough)), most - k)
            for k, p in enumerate(exponents)]  # fmt: skip


def descend(
    target: Array,
    cores: Sequence[Array],
    *,
    plan: Sequence[Level],
    rng: np.random.Generator,
    tolerance: float = 0.0,
    deadline: float = math.inf,
    error: float | None = None,
    device: str | None = None,
) -> Generator[Descent, None, Descent]:
    """Lower the largest entry of T - target, from a chain, a few milliseconds at a time.

    Args:
        target: the tensor, scaled so that its largest entry is of the order of 1.
        cores: the chain to start from; its ranks are kept.
        plan: of `schedule`.
        rng: of a disturbance by a hundredth of the error: an SVD may start on a saddle.
        tolerance: ends when an exponent lowered the best error by less than this share.
        deadline: on the clock of `time.perf_counter`; the exponents of a sweep share the time.
        error: the largest entry of T - target, where it is known.
        device: of `max_norm_arrays.arrays_on`.

    Yields: where it stands, about every `SLICE`. Returns: where it ends.
    """
    largest = float(np.abs(contract(cores) - target).max()) if error is None else error
    # Single precision where its rounding is well below the error at the start.
    arrays = arrays_on(device, single=largest > _SINGLE)
    objective = PowerNorm(target, [core.shape[0] for core in cores[1:]], arrays)
    objective.best = _Best(largest, [*cores])
    vector = objective.chain.load(canonical(cores, objective.floor))
    vector += arrays.place(rng.standard_normal(len(vector)) * (_DISTURBANCE * largest))
    done, told = 0, time.perf_counter()
    for k, (exponent, iterations, remaining) in enumerate(plan):
        objective.exponent = exponent
        before, begun, now = objective.best.error, done, time.perf_counter()
        until = now + (deadline - now) / remaining
        steps = minimize(objective, vector, iterations)
        while True:
            try:
                vector = next(steps)
            except StopIteration as end:
                vector = end.value
                break
            done += 1
            now = time.perf_counter()
            if now - told > SLICE:
                yield _state(objective, (k + (done - begun) / iterations) / len(plan), done)
                told = time.perf_counter()
            if now > deadline or (now > until and done - begun >= _LEAST):
                break
        if time.perf_counter() > deadline:
            break
        found = objective.best.error
        stalled = exponent >= _ROUGH and before - found < tolerance * before
        if found == 0.0 or stalled:
            break
        if time.perf_counter() - told > 0.5 * SLICE:
            yield _state(objective, (k + 1) / len(plan), done)
            told = time.perf_counter()
        reached = [arrays.host(core) for core in objective.chain.cores(vector)]
        vector = objective.chain.load(canonical(reached, objective.floor))
    return _state(objective, 1.0, done)


def _state(objective: PowerNorm, fraction: float, iterations: int) -> Descent:
    best = objective.best
    cores = [objective.arrays.host(core) for core in best.cores]
    return Descent(fraction, iterations, objective.exponent, objective.current, best.error, cores,
                   objective.arrays.name)  # fmt: skip
