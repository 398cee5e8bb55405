"""Passes over a residual and over the memory of L-BFGS, in float32 or float64."""

from __future__ import annotations

from typing import Any

from numba import float32, float64, int64, njit, types

_matrix32, _matrix64 = types.Array(float32, 2, "C"), types.Array(float64, 2, "C")
_vector32, _vector64 = types.Array(float32, 1, "C"), types.Array(float64, 1, "C")


def _kernel(narrow: Any, wide: Any) -> Any:
    return njit([narrow, wide], nogil=True, cache=True, fastmath=True)


@_kernel(float32(_matrix32, _matrix32), float64(_matrix64, _matrix64))
def subtract(product, target):  # type: ignore[no-untyped-def]
    """product -= target, in place; returns the largest absolute entry."""
    largest = product[0, 0] * 0
    for i in range(product.shape[0]):
        row, other = product[i], target[i]
        top = product[0, 0] * 0
        for j in range(product.shape[1]):
            entry = row[j] - other[j]
            row[j] = entry
            top = max(top, abs(entry))
        largest = max(largest, top)
    return largest


@_kernel(
    float64(_matrix32, float32, int64, int64, float32, _vector32),
    float64(_matrix64, float64, int64, int64, float64, _vector64),
)
def power_weights(residual, scale, doublings, triple, floor, work):  # type: ignore[no-untyped-def]
    """Replace t = scale·residual by t·|t|^(p-2); returns Σ|t|^p.

    p = 2^doublings, or 3 times that if triple. Squares below `floor` count as zero: their powers
    would be denormal numbers, which are eleven times slower.
    """
    total = 0.0
    columns = residual.shape[1]
    for i in range(residual.shape[0]):
        row = residual[i]
        for j in range(columns):
            entry = row[j] * scale
            square = entry * entry
            row[j] = entry
            work[j] = square if square > floor else square * 0
        if triple:
            for j in range(columns):
                power = work[j]
                row[j] *= power * power
                work[j] = power * power * power
        for _ in range(doublings - 1):
            for j in range(columns):
                power = work[j]
                row[j] *= power
                work[j] = power * power
        part = work[0] * 0
        for j in range(columns):
            part += work[j]
        total += part
    return total


@_kernel(
    float64(_vector32, _matrix32, _matrix32, _vector32, int64, int64, float32, _vector32,
            _vector32),
    float64(_vector64, _matrix64, _matrix64, _vector64, int64, int64, float64, _vector64,
            _vector64),
)  # fmt: skip
def quasi_newton(gradient, steps, changes, inverse, newest, count, scale, work, direction):  # type: ignore[no-untyped-def]
    """The L-BFGS direction from the last `count` pairs; returns its slope.

    `steps` and `changes` are ring buffers of pairs, `inverse` the reciprocals of their products,
    `newest` the row after the newest pair.
    """
    size, rows = gradient.size, steps.shape[0]
    for i in range(size):
        direction[i] = -gradient[i]
    for back in range(count):
        k = (newest - 1 - back) % rows
        step, change = steps[k], changes[k]
        part = gradient[0] * 0
        for i in range(size):
            part += step[i] * direction[i]
        part *= inverse[k]
        work[k] = part
        for i in range(size):
            direction[i] -= part * change[i]
    for i in range(size):
        direction[i] *= scale
    for back in range(count - 1, -1, -1):
        k = (newest - 1 - back) % rows
        step, change = steps[k], changes[k]
        part = gradient[0] * 0
        for i in range(size):
            part += change[i] * direction[i]
        part = work[k] - part * inverse[k]
        for i in range(size):
            direction[i] += part * step[i]
    slope = gradient[0] * 0
    for i in range(size):
        slope += direction[i] * gradient[i]
    return slope
