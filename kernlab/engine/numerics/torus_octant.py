"""Functions on a grid of the torus that are even in each coordinate, by their octant.

The first 1/2^d of the grid, index 0 to n/2 along each axis, for positions as for frequencies, holds
all values of such a function, and all of its transform.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, rfft

from kernlab.engine.numerics.steps import drain

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


def transform_in_steps(octant: Array, n: int) -> Generator[None, None, Array]:
    """Σ_x f(x) cos 2πk·x over the n^d grid, for f even in each coordinate; octant to octant.

    Divided by n^d it is its own inverse. Cost: d cosine transforms of n/2 values each.
    """
    values = np.asarray(octant, dtype=np.float64)
    for axis in range(values.ndim):
        if n == 1:
            break
        if n % 2 == 0:
            values = dct(values, type=1, axis=axis)
        else:
            mirrored = np.flip(np.take(values, np.arange(1, n // 2 + 1), axis=axis), axis=axis)
            values = rfft(np.concatenate([values, mirrored], axis=axis), axis=axis).real
        yield None
    return np.ascontiguousarray(values)


def transform(octant: Array, n: int) -> Array:
    """`transform_in_steps` in one go."""
    return drain(transform_in_steps(octant, n))


def every_other(octant: Array) -> Array:
    """The transform of every other point along each axis, from that of all: aliases added.

    Args:
        octant: what `transform` gives for n points along an axis, n a multiple of 4.

    Returns: 2^d times the octant of n / 2 points; divided by n^d it still gives the function.
    """
    for axis in range(octant.ndim):
        flipped = np.flip(octant, axis=axis)
        quarter = (slice(None),) * axis + (slice(0, octant.shape[axis] // 2 + 1),)
        octant = octant[quarter] + flipped[quarter]
    return octant


def octant_sums(n: int, dimension: int, along: NDArray[np.int64]) -> Integers:
    """The sum over the axes of a quantity given along one, on the octant."""
    total = np.zeros((1,) * dimension, dtype=np.int64)
    for axis in range(dimension):
        shape = [1] * dimension
        shape[axis] = along.size
        total = total + np.asarray(along, dtype=np.int64).reshape(shape)
    return total


def octant_squares(n: int, dimension: int) -> Integers:
    """|k|² on the octant, (n // 2 + 1,) * dimension."""
    return octant_sums(n, dimension, np.square(np.arange(n // 2 + 1, dtype=np.int64)))


def octant_multiplicity(n: int, dimension: int) -> Integers:
    """How many of the n^d frequencies each one of the octant stands for."""
    along = np.full(n // 2 + 1, 2, dtype=np.int64)
    along[0] = 1
    if n % 2 == 0:
        along[-1] = 1
    total = np.ones((1,) * dimension, dtype=np.int64)
    for axis in range(dimension):
        shape = [1] * dimension
        shape[axis] = along.size
        total = total * along.reshape(shape)
    return total


def unfold(octant: Array, n: int) -> Array:
    """The whole grid, (n,) * d in FFT order, from its octant."""
    index = np.abs(np.fft.fftfreq(n, 1.0 / n)).round().astype(np.intp)
    return octant[np.ix_(*[index] * octant.ndim)]
