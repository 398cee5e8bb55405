"""What no matrix of low rank can beat, and what some matrix of low rank attains.

Lower bounds of the maximum norm of F - G over all G of rank r (`certificate`), the closed forms
for the identity matrix, and the rank that suffices by a random embedding (claim L1).
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernlab.engine.numerics.singular import singular_values, svd
from kernlab.engine.numerics.weight_space import require_count, require_positive

Array = NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
_MARGIN = 1e-10
_STEP = 3.0
_TEMPER = 0.5  # exponent of the multiplicative update of the weights
_FIRST_UPDATE = 5
_LEAST_WEIGHT = 1e-12
_WINDOW = 10
_STALLED = 2e-3


class Certificate(NamedTuple):
    """A rigorous lower bound, and the iterations it took."""

    iterations: int
    lower_bound: float


def certificate(
    F: Array, rank: int, *, iterations: int = 100, deadline: float = math.inf
) -> Generator[Certificate, None, Certificate]:
    """Raise a lower bound of max|F - G| over all G of rank r, an iteration at a time.

    With weights w_ij = √(p_i q_j) and any D, the matrix w∘G has rank r as well, so that for
    ε = max|F - G| the tail √(Σ_{k>r} σ_k²) of w∘F + D is at most ‖|D| + εw‖_F. Solved for ε,
    that is the bound of `_solve`. For fixed ε it is concave in D and is maximized by
    Douglas-Rachford splitting; the weights follow by comparing, row by row and column by column,
    what the tail holds with what it has to exceed.

    Args:
        F: (n₁, n₂), finite; rank: 0 < r < min(n₁, n₂).
        iterations: at most; it ends when ten of them have raised the bound by less than 0.2 %.
        deadline: on the clock of `time.perf_counter`.

    Yields: the bound so far, after each iteration, and the last one again; proven in float64
        with room for rounding.
    Cost: a full symmetric eigenvalue decomposition an iteration, 5 ms at n = 200, 0.3 s at 1000.
    """
    size = float(np.abs(F).max())
    if size == 0.0:
        return Certificate(0, 0.0)
    scaled = np.ascontiguousarray(F if F.shape[0] <= F.shape[1] else F.T) / size
    state = _Splitting(scaled, rank)
    proven = state.prove()
    trace = [state.bound]
    for count in range(1, iterations + 1):
        if state.tail <= _EPS * max(F.shape):
            break
        state.step()
        if state.bound > 1.01 * state.proven_at or count == iterations:
            proven = max(proven, state.prove())
        yield Certificate(count, size * proven)
        trace.append(max(trace[-1], state.bound))
        if time.perf_counter() > deadline:
            break
        if count > 2 * _WINDOW and trace[-1] < (1.0 + _STALLED) * trace[-1 - _WINDOW]:
            break
    found = Certificate(len(trace) - 1, size * max(proven, state.prove()))
    yield found
    return found


def block(F: Array, rank: int) -> Array | None:
    """A submatrix of evenly spaced rows and columns, whose bounds are bounds of F as well.

    A sixth of the cost at n = 1000, and at most 15 % lower there. None where F is not much
    larger, or the rank not much smaller.
    """
    most = max(400, 6 * rank)
    if min(F.shape) < 1.5 * most:
        return None
    rows, columns = (np.linspace(0, size - 1, most).astype(np.intp) for size in F.shape)
    return np.ascontiguousarray(F[np.ix_(rows, columns)])


class _Splitting:
    """Douglas-Rachford splitting in Z = w∘F + D, with weights that follow."""

    def __init__(self, F: Array, rank: int) -> None:
        self.F, self.rank = F, rank
        self.symmetric = F.shape[0] == F.shape[1] and np.array_equal(F, F.T)
        self.rows, self.columns = np.ones(F.shape[0]), np.ones(F.shape[1])
        self.weights = np.ones_like(F)
        values = singular_values(F, symmetric=self.symmetric)
        self.tail = float(np.sqrt((values[rank:] ** 2).sum()))
        self.bound = _solve(values, np.zeros_like(F), self.weights, rank)
        self.accurate = values[rank] < 1e-5 * values[0]
        self.variable = F.copy()
        self.best = (np.zeros_like(F), self.weights)
        self.level, self.proven_at, self.count = self.bound, 0.0, 0

    def step(self) -> None:
        """One iteration: shrink, decompose, and from the sixth on adapt the weights."""
        target = self.weights * self.F
        shift = self.variable - target + _STEP * target
        np.copysign(np.maximum(np.abs(shift) - _STEP * self.level * self.weights, 0.0), shift,
                    out=shift)  # fmt: skip
        shrunk = target + shift
        u, s, y = _decompose(2.0 * shrunk - self.variable, self.symmetric, self.accurate)
        values, share = _proximal(s, self.rank, _STEP)
        ratio = np.divide(values, s, out=np.zeros_like(s), where=s > 0.0)
        z = (u * ratio) @ y
        self.variable += z - shrunk
        difference = z - target
        found = _solve(np.sort(values)[::-1], difference, self.weights, self.rank)
        if found > self.bound:
            self.bound, self.best = found, (difference, self.weights)
        self.level = max(found, 0.9 * self.level)
        self.count += 1
        if self.count > _FIRST_UPDATE:
            self._adapt(difference, u, (ratio[:, None] * y), values, share)

    def _adapt(self, difference: Array, u: Array, z: Array, values: Array, share: Array) -> None:
        budget = (np.abs(difference) + self.level * self.weights) ** 2
        tail = (1.0 - share) * values * values
        self.rows *= ((u * u) @ tail / budget.sum(axis=1)) ** _TEMPER
        self.columns *= ((1.0 - share) @ (z * z) / budget.sum(axis=0)) ** _TEMPER
        self.rows = np.maximum(self.rows / self.rows.max(), _LEAST_WEIGHT)
        self.columns = np.maximum(self.columns / self.columns.max(), _LEAST_WEIGHT)
        factor = math.sqrt(self.F.size / (self.rows.sum() * self.columns.sum()))
        weights = factor * np.sqrt(np.outer(self.rows, self.columns))
        self.variable *= weights / self.weights
        self.weights = weights

    def prove(self) -> float:
        """The bound of the best D and weights, less all that rounding may have added."""
        difference, weights = self.best
        self.proven_at = self.bound
        values = singular_values(weights * self.F + difference, symmetric=self.symmetric)
        loss = _EPS * sum(self.F.shape) * float(values[0])
        values = np.concatenate([values[: self.rank],
                                 np.maximum(values[self.rank :] - loss, 0.0)])  # fmt: skip
        found = _solve(values, difference, weights, self.rank)
        return max(0.0, (1.0 - _MARGIN) * found - 4.0 * _EPS)


def _solve(values: Array, difference: Array, weights: Array, rank: int) -> float:
    # The positive root of A ε² + B ε = C, with A = Σw²/2, B = Σ w|D|, C = (tail² - ‖D‖²)/2.
    tail = values[rank:]
    c = 0.5 * (float(tail @ tail) - float(np.vdot(difference, difference)))
    if c <= 0.0:
        return 0.0
    a = 0.5 * float(np.vdot(weights, weights))
    b = float(np.vdot(weights, np.abs(difference)))
    return 2.0 * c / (b + math.sqrt(b * b + 4.0 * a * c))


def _proximal(s: Array, rank: int, step: float) -> tuple[Array, Array]:
    # argmin_z (1/2) Σ_{r largest} z² + ‖z - s‖²/(2 step), and how much of each is in that sum:
    # values above a threshold θ go down to it at most, such that r of them count in all. The
    # count falls with θ, along one hyperbola between two neighbouring breaks.
    breaks = np.sort(np.concatenate([s, s / (1.0 + step)]))
    low, high = 0, breaks.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        threshold = float(breaks[middle])
        over = threshold <= 0.0 or _shares(s, threshold, step).sum() > rank
        low, high = (middle, high) if over else (low, middle)
    threshold = 0.5 * float(breaks[low] + breaks[high])
    if threshold <= 0.0:
        return s / (1.0 + step), np.ones_like(s)
    between = (s > threshold) & (s < (1.0 + step) * threshold)
    full = np.count_nonzero(s >= (1.0 + step) * threshold)
    divisor = step * (rank - full) + np.count_nonzero(between)
    if divisor > 0.0 and between.any():
        threshold = float(s[between].sum()) / divisor
    share = _shares(s, threshold, step)
    return s / (1.0 + step * share), share


def _shares(s: Array, threshold: float, step: float) -> Array:
    inside = np.clip(s, threshold, (1.0 + step) * threshold)
    return np.asarray(np.clip((inside / threshold - 1.0) / step, 0.0, 1.0))


def _decompose(matrix: Array, symmetric: bool, accurate: bool) -> tuple[Array, Array, Array]:
    # U, singular values s, and Uᵀ·matrix; by the Gram matrix where half of the digits are enough.
    if symmetric:
        values, u = np.linalg.eigh(matrix)
        return u, np.abs(values), values[:, None] * u.T
    if accurate:
        u, s, v = svd(matrix)
        return u, s, s[:, None] * v
    values, u = np.linalg.eigh(matrix @ matrix.T)
    return u, np.sqrt(np.maximum(values, 0.0)), u.T @ matrix


def tail_bound(values: Array, rank: int, entries: int) -> float:
    """√(Σ_{k>r} σ_k² / (n₁n₂)): the lower bound that singular values alone prove.

    Args:
        values: all singular values, descending; entries: n₁n₂.
    """
    largest = float(values[0])
    if largest == 0.0:
        return 0.0
    tail = np.maximum(values[rank:] / largest - 4.0 * _EPS * entries**0.5, 0.0)
    return (1.0 - _MARGIN) * largest * math.sqrt(float(tail @ tail) / entries)


def rank_bound(error: float, n1: int, n2: int, *, gamma2: float = 1.0) -> int:
    """The rank that suffices for an entrywise error by a random embedding (claim L1).

    The least r with r > 2 ln(2 n₁n₂)/(ε - ln(1+ε)), ε = error/γ₂; about 4 ln(2 n₁n₂)/ε².

    Args:
        error: absolute; n1, n2: the shape.
        gamma2: an upper bound of the factorization norm of the matrix; 1 for f₁.

    Returns: the rank. It may exceed min(n1, n2), where every matrix is exact, and from
        error ≥ gamma2 on even the zero matrix would do: there the bound says nothing.
    Raises: ValueError: if an argument is out of range.
    """
    epsilon = require_positive("error", error) / require_positive("gamma2", gamma2)
    logarithm = math.log(2.0 * require_count("n1", n1) * require_count("n2", n2))
    return math.floor(2.0 * logarithm / _excess(epsilon)) + 1


def error_bound(rank: int, n1: int, n2: int, *, gamma2: float = 1.0) -> float:
    """The entrywise error that rank r guarantees by a random embedding: `rank_bound` inverted.

    Returns: absolute, to 1e-12; at least gamma2 where it says nothing.
    Raises: ValueError: if an argument is out of range.
    """
    logarithm = math.log(2.0 * require_count("n1", n1) * require_count("n2", n2))
    wanted = 2.0 * logarithm / require_count("rank", rank)
    low, high = 0.0, 1.0
    while _excess(high) < wanted:
        high *= 2.0
    while high - low > 1e-13 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _excess(middle) < wanted else (low, middle)
    return high * require_positive("gamma2", gamma2)


def _excess(epsilon: float) -> float:
    # ε - ln(1+ε), without cancellation for small ε.
    if epsilon > 1e-3:
        return epsilon - math.log1p(epsilon)
    return epsilon**2 * (0.5 - epsilon * (1.0 / 3.0 - epsilon * (0.25 - 0.2 * epsilon)))


def welch_bound(n: int, rank: int) -> float:
    """No n × n matrix of rank r is closer to the identity, entry by entry (claim L7).

    c/(1+c) with Welch's coherence c = √((n-r)/(r(n-1))); 0 for r ≥ n.

    Raises: ValueError: if an argument is not a positive integer.
    """
    size, r = require_count("n", n), require_count("rank", rank)
    if r >= size:
        return 0.0
    coherence = math.sqrt((size - r) / (r * (size - 1)))
    return coherence / (1.0 + coherence)


def gaussian_limit_bound(n: int, rank: int) -> float:
    """The same for the limit of f₁ with symmetric sampling in high dimension (claim L7).

    The matrix is e⁻² 11ᵀ + (1-e⁻²) I: (1-e⁻²) times Welch's bound with r + 1.
    """
    return -math.expm1(-2.0) * welch_bound(n, require_count("rank", rank) + 1)
