"""Descent on the largest entry of a residual, through power norms of growing exponent.

The maximum norm of E is the limit of ‖E‖_p, and log ‖E‖_p is smooth: L-BFGS lowers it for
p = 4, 6, 8, 12, 16, ..., 1024 in turn, on the cores of a chain, and the cores with the smallest
largest entry are kept. Between two exponents the chain returns to its canonical form, in which
the quadratic model of every core is close to a multiple of the identity.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from kernlab.engine.numerics.max_norm_kernels import power_weights, quasi_newton, subtract
from kernlab.engine.numerics.tensor_chain import Array, Chain, Floats, canonical

EXPONENTS = tuple(p for k in range(2, 10) for p in (2**k, 3 * 2 ** (k - 1))) + (1024,)
"""4, 6, 8, 12, ..., 512, 768, 1024."""

SLICE = 0.012
"""Seconds between two yields."""

_PAIRS = 10
_FLOOR = 1e-3
_SINGLE = 1e-3  # below this relative error float32 products are too coarse
_WINDOW = 8
_STALLED = 2e-5  # relative decrease over the window at which an exponent has nothing more to give


class Descent(NamedTuple):
    """Where a descent stands: all in the unit of the tensor."""

    iterations: int
    exponent: int
    current: float
    error: float
    cores: list[Array]


@dataclass
class _Best:
    error: float = math.inf
    cores: list[Floats] = field(default_factory=list)


class PowerNorm:
    """log ‖T - target‖_p of a chain, its gradient, and the best chain met on the way."""

    def __init__(self, target: Array, ranks: Sequence[int], dtype: type) -> None:
        shape = target.shape
        bonds = [1, *ranks, 1]
        shapes = [(bonds[k], shape[k], bonds[k + 1]) for k in range(len(shape))]
        self.chain = Chain(shapes, dtype)
        self.dtype = dtype
        self.target = np.ascontiguousarray(target.reshape(-1, shape[-1]), dtype=dtype)
        self.residual = np.empty_like(self.target)
        self._work = np.empty(shape[-1], dtype)
        self._scale = 0.0
        self.exponent = EXPONENTS[0]
        self.current = math.inf
        self.best = _Best()

    def value(self, vector: Floats) -> float:
        """log ‖T - target‖_p; remembers the chain if its largest entry is the smallest so far."""
        self.chain.multiply(vector, self.residual)
        largest = float(subtract(self.residual, self.target))
        self.current = largest
        if not largest < math.inf:
            return math.inf
        if largest < self.best.error:
            self.best = _Best(largest, self.chain.cores(vector))
        if largest == 0.0:
            return -math.inf
        p = self.exponent
        triple = p % 3 == 0
        doublings = (p // 3 if triple else p).bit_length() - 1
        tiny = (1e-34 if self.dtype is np.float32 else 1e-290) ** (2.0 / p)
        total = power_weights(self.residual, self.dtype(1.0 / largest), doublings, triple,
                              self.dtype(tiny), self._work)  # fmt: skip
        self._scale = 1.0 / (largest * total)
        return math.log(largest) + math.log(total) / p

    def gradient(self, out: Floats) -> None:
        """Write the gradient at the last value into `out`."""
        self.chain.pull_back(self.residual, self._scale, out)


def minimize(objective: PowerNorm, start: Floats, iterations: int) -> Generator[None, None, Floats]:
    """L-BFGS from `start`; yields after each iteration, returns the last point."""
    dtype = objective.dtype
    x, count, newest, scale = start, 0, 0, 0.0
    steps, changes = np.empty((2, _PAIRS, x.size), dtype)
    inverse, work = np.zeros((2, _PAIRS), dtype)
    direction, gradient, following = np.empty((3, x.size), dtype)
    value = objective.value(x)
    objective.gradient(gradient)
    history = [value]
    for _ in range(iterations):
        if count == 0:
            length = float(np.linalg.norm(gradient))
            scale = 0.01 * float(np.linalg.norm(x)) / length if length > 0.0 else 0.0
        slope = float(quasi_newton(gradient, steps, changes, inverse, newest, count,
                                   dtype(scale), work, direction))  # fmt: skip
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
        np.subtract(there, x, out=step)
        np.subtract(following, gradient, out=change)
        product, square = float(step @ change), float(change @ change)
        if product > 1e-12 * square > 0.0:
            inverse[newest], scale = 1.0 / product, product / square
            newest, count = (newest + 1) % _PAIRS, min(count + 1, _PAIRS)
        x, gradient, following = there, following, gradient
        history.append(value)
        yield
        if len(history) > _WINDOW and history[-1 - _WINDOW] - value < _STALLED:
            return x
    return x


def _line_search(
    objective: PowerNorm, x: Floats, value: float, direction: Floats, slope: float
) -> tuple[Floats, float] | None:
    # Armijo, by quadratic interpolation.
    length = 1.0
    for _ in range(12):
        there = x + objective.dtype(length) * direction
        found = objective.value(there)
        if found <= value + 1e-4 * length * slope:
            return there, found
        rise = found - value - slope * length
        guess = -slope * length * length / (2.0 * rise) if math.isfinite(rise) else 0.0
        length = min(max(guess, 0.1 * length), 0.5 * length)
    return None


def descend(
    target: Array,
    cores: Sequence[Array],
    *,
    plan: Iterator[tuple[int, int]],
    deadline: float = math.inf,
) -> Generator[Descent, None, Descent]:
    """Lower the largest entry of T - target, from a chain, a few milliseconds at a time.

    Args:
        target: the tensor, scaled so that its largest entry is of the order of 1.
        cores: the chain to start from; its ranks are kept.
        plan: exponents with the iterations of each.
        deadline: on the clock of `time.perf_counter`.

    Yields: where it stands, about every `SLICE`. Returns: where it ends. Errors are those of the
    working precision.
    """
    ranks = [core.shape[0] for core in cores[1:]]
    first = float(np.abs(_product(cores) - target.reshape(-1, target.shape[-1])).max())
    dtype: Any = np.float32 if first > _SINGLE else np.float64
    objective = PowerNorm(target, ranks, dtype)
    vector = objective.chain.load(canonical(cores, _FLOOR))
    objective.best = _Best(first, list(cores))
    done, told = 0, time.perf_counter()
    for exponent, iterations in plan:
        objective.exponent = exponent
        steps = minimize(objective, vector, iterations)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                vector = end.value
                break
            done += 1
            now = time.perf_counter()
            if now - told > SLICE:
                yield _state(objective, done)
                told = time.perf_counter()
            if now > deadline:
                return _state(objective, done)
        if objective.best.error == 0.0:
            break
        vector = objective.chain.load(canonical(objective.chain.cores(vector), _FLOOR))
    return _state(objective, done)


def _product(cores: Sequence[Array]) -> Array:
    product = cores[0].reshape(-1, cores[0].shape[2])
    for core in cores[1:]:
        product = (product @ core.reshape(core.shape[0], -1)).reshape(-1, core.shape[2])
    return product.reshape(-1, cores[-1].shape[1])


def _state(objective: PowerNorm, iterations: int) -> Descent:
    best = objective.best
    cores = [np.asarray(core, dtype=np.float64) for core in best.cores]
    return Descent(iterations, objective.exponent, objective.current, best.error, cores)
