"""The sequential part of choosing pivots: float64 Cholesky rows of a few proposals."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class PivotState(NamedTuple):
    """What `take_pivots` extends: see there."""

    chosen: FloatArray
    pivots: IntArray
    factor: FloatArray


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def take_pivots(
    points: FloatArray,
    proposals: IntArray,
    ceilings: FloatArray,
    chances: FloatArray,
    chosen: FloatArray,
    pivots: IntArray,
    factor: FloatArray,
    start: int,
    stop: int,
    ridge: float,
) -> None:
    """Accept proposals until every head has `stop` pivots, and extend its Cholesky factor.

    A proposal drawn with probability in proportion to its ceiling is accepted with probability
    residual/ceiling, so accepted ones are drawn in proportion to the residual: exactly a step
    of randomly pivoted Cholesky. When the proposals run out, the first rejected ones fill up
    the rest.

    Args:
        points: y of the proposals, shape (heads, proposals, d), and their indices `proposals`,
            residuals when drawn `ceilings` (heads, proposals) and uniform numbers `chances`.
        chosen, pivots, factor: y, indices and lower Cholesky factor of G + ridge·I of the
            pivots, shapes (heads, size, d), (heads, size), (heads, size, size); rows from
            `start` to `stop` are written.

    Cost: proposals·(stop·d + stop²/2) a head. Source: Epperly, Tropp and Webber 2024.
    """
    heads, total, d = points.shape
    for h in range(heads):
        count = start
        for sweep in range(2):
            for i in range(total):
                if count == stop:
                    break
                if _contains(pivots[h], count, proposals[h, i]):
                    continue
                row = factor[h, count]
                residual = 1.0 + ridge
                least = ridge + chances[i] * ceilings[h, i] if sweep == 0 else -1.0
                for s in range(count):
                    square = 0.0
                    for c in range(d):
                        difference = points[h, i, c] - chosen[h, s, c]
                        square += difference * difference
                    value = 0.0
                    for c in range(s):
                        value += row[c] * factor[h, s, c]
                    row[s] = (math.exp(-0.5 * square) - value) / factor[h, s, s]
                    residual -= row[s] * row[s]
                    if residual <= least:  # it only falls: this one is rejected
                        break
                if residual > least:
                    row[count] = math.sqrt(max(residual, 0.5 * ridge))
                    chosen[h, count] = points[h, i]
                    pivots[h, count] = proposals[h, i]
                    count += 1


@njit(cache=True, nogil=True)
def _contains(values: IntArray, count: int, value: int) -> bool:
    for index in range(count):  # noqa: SIM110  (numba takes the loop as it is)
        if values[index] == value:
            return True
    return False
