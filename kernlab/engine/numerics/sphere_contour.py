"""Funk–Hecke eigenvalues as integrals over the branch cuts of the kernel.

μ_ℓ = (1/π) Im ∫ T(u) q_ℓ(u) du along any path in the upper half plane from the right branch point
of T to the left one, q_ℓ being the function of `second_kind`. On the cuts of ReLU and |·| the
terms have one sign, so that nothing cancels, in any dimension, at any depth and degree: float64
gives relative accuracy. The path follows the cuts up to `REACH` and then crosses over in an arc;
for erf it leaves the branch points at 45°, for others lie behind them.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.ntk_continuation import (
    Branches,
    branch_points,
    continued,
    left_out,
)
from kernlab.engine.numerics.second_kind import add_complex, add_real
from kernlab.engine.numerics.weight_space import FloatArray

REACH = 1.0
"""Height Re y at which the path leaves the cuts, u = cosh y."""
_CLEAR = 0.25  # distance that the arc keeps from a branch point
_HALVINGS = 26  # of the panels towards u = ±1
_ROOT_HALVINGS = 13  # towards another branch point, in the square root of the distance
_ARC_PANELS = 10
_DECAY = 75.0  # e-folds, and one more a dimension, after which a node no longer counts
_LARGEST_LOG = 670.0
_LOWEST_START = 60
_SLICE_LAYERS = 40_000  # layers times points that take about 8 ms
_SLICE_DEGREES = 100_000  # degrees of panels of 16 points that take about 3 ms
_TURN = complex(math.sqrt(0.5), math.sqrt(0.5))

Complex = npt.NDArray[np.complexfloating[Any, Any]]


class Sums(NamedTuple):
    """μ_ℓ, and the sum of the sizes of its terms, by which rounding scales; (ℓ_max + 1,) each."""

    values: FloatArray
    terms: FloatArray


class _Piece(NamedTuple):
    """Nodes of a piece of the path, shape (panels, points), and the rule's weights times du/dy.

    A piece of the right side has its nodes at u = cosh y, one of the left side at u = −cosh ȳ;
    `sides` names one or both.
    """

    y: Complex
    weight: Complex
    sides: tuple[int, ...]


def integrate(
    depth: int, dimension: int, max_degree: int, activation: str, bias: float, points: int = 16
) -> Generator[None, None, Sums]:
    """μ_0 to μ_{ℓ_max} by Gauss–Legendre panels of `points` nodes, half as many more for erf.

    Args: as in `sphere.eigenvalues`, depth ≥ 2.
    Yields: every few milliseconds.
    Cost: about 1,000 values of the kernel, each 0.2 µs a layer, and 5 ms for 10,000 degrees.
    """
    branches = branch_points(depth, activation, bias)
    points += points // 2 if activation == "erf" else 0
    parity = activation if bias == 0.0 and activation != "relu" else ""
    centre = _centre(depth, activation, bias)
    found = np.zeros((3, max_degree + 1))
    done = 0
    for piece in _pieces(branches, activation, max_degree, bool(parity), points):
        weights = {1: np.zeros_like(piece.y), -1: np.zeros_like(piece.y)}
        for side in piece.sides:
            offset = piece.y if side > 0 else piece.y - branches.left
            kernel = yield from _kernel(offset, side, depth, activation, bias)
            kernel -= centre
            weights[side] = (kernel if side > 0 else np.conj(kernel)) * piece.weight / math.pi
        real = not piece.y.imag.any()
        for y, right, left in zip(piece.y, weights[1], weights[-1], strict=True):
            start = _start(y.real, branches.right, dimension, max_degree)
            if real:
                heights, rights, lefts = (part.copy() for part in (y.real, right.imag, left.imag))
                add_real(heights, rights, lefts, start, dimension, found)
            else:
                add_complex(y, right, left, start, dimension, found)
            done += start + 5_000 if real else 5 * start + 30_000
            if done > _SLICE_DEGREES:
                done = 0
                yield
    return _sums(found, parity, centre + left_out(depth, activation, bias))


def _kernel(
    offset: Complex, side: int, depth: int, activation: str, bias: float
) -> Generator[None, None, Complex]:
    """`continued` at nodes of shape (panels, points), some panels at a time."""
    panels, points = offset.shape
    kernel = np.empty_like(offset)
    rows = max(1, _SLICE_LAYERS // (depth * points))
    for first in range(0, panels, rows):
        some = slice(first, first + rows)
        flat = offset[some].ravel().astype(np.complex128)
        kernel[some] = continued(flat, side, depth, activation, bias).reshape(-1, points)
        yield
    return kernel


def _sums(found: FloatArray, parity: str, constant: float) -> Sums:
    sign = 1.0 - 2.0 * (np.arange(found.shape[1]) % 2)
    values, terms = found[0] + sign * found[1], found[2]
    values[0] += constant
    if parity:  # half of the path stands for the other half
        values[0] += values[0] - constant
        kept = sign == (1.0 if parity == "abs" else -1.0)
        values[1:] *= 2.0
        values, terms = np.where(kept, values, 0.0), np.where(kept, 2.0 * terms, 0.0)
    return Sums(values, terms)


def _centre(depth: int, activation: str, bias: float) -> float:
    """A constant to take off the kernel, which changes μ_0 only."""
    if activation == "erf":
        return 0.0
    return float(continued(np.array([0.5j * math.pi]), 1, depth, activation, bias)[0].real)


def _start(heights: FloatArray, edge: float, dimension: int, max_degree: int) -> int:
    """The degree above which nodes at these Re y add nothing, or from where the sums start."""
    counts = (_DECAY + dimension) / max(float(heights.min()) - edge, 1e-300)
    represented = (_LARGEST_LOG - 4.0 * dimension) / float(heights.max())
    return int(max(_LOWEST_START, min(max_degree, counts, represented)))


def _pieces(
    branches: Branches, activation: str, max_degree: int, half: bool, points: int
) -> Iterator[_Piece]:
    if activation == "erf":
        yield from _oblique(branches, max_degree, half, points)
        return
    left = branches.left
    shared = left == 0.0 and not half
    reach = left + _CLEAR if abs(left - REACH) < _CLEAR else REACH
    y, rule = _ladder(reach, _HALVINGS, points)
    yield _Piece(y + 0j, rule * np.sinh(y) + 0j, (1, -1) if shared else (1,))
    if 0.0 < left < reach:
        root, rule = _ladder(math.sqrt(reach - left), _ROOT_HALVINGS, points)
        y = left + root * root
        yield _Piece(y + 0j, 2.0 * root * rule * np.sinh(y) + 0j, (-1,))
    end = complex(reach, 0.5 * math.pi if half else math.pi)
    yield _segment(complex(reach, 0.0), end, points)


def _oblique(branches: Branches, max_degree: int, half: bool, points: int) -> Iterator[_Piece]:
    """Rays at 45° up to Im y = 1, and a line between their ends.

    They start just below the branch points, where T is real, at a distance at which q_ℓ is not yet
    larger: branch points of deeper layers accumulate there.
    """
    ends = []
    for side, edge in ((1, branches.right), (-1, branches.left)):
        below = edge / (2.0 + min(max_degree * edge, _LARGEST_LOG))
        ends.append(edge - below + 1.0)
        if side > 0 or not half:
            along, rule = _ladder(math.sqrt(2.0), math.ceil(math.log2(3.0 / below)), points)
            y = edge - below + _TURN * along
            yield _Piece(y, rule * _TURN * np.sinh(y), (side,))
    last = complex(ends[0], 0.5 * math.pi) if half else complex(ends[1], math.pi - 1.0)
    yield _segment(complex(ends[0], 1.0), last, points)


def _segment(first: complex, last: complex, points: int) -> _Piece:
    nodes, weights = np.polynomial.legendre.leggauss(points)
    share = (np.arange(_ARC_PANELS)[:, None] + 0.5 * (nodes + 1.0)) / _ARC_PANELS
    y = first + (last - first) * share
    weight = (last - first) * 0.5 / _ARC_PANELS * weights * np.sinh(y)
    return _Piece(y, weight, (1,))


def _ladder(end: float, halvings: int, points: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of panels [0, h], [h, 2h], [2h, 4h] up to `end`; (panels, points) each."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    high = end * 2.0 ** np.arange(-halvings, 1.0)
    low = np.concatenate(([0.0], high[:-1]))
    half = 0.5 * (high - low)[:, None]
    return low[:, None] + half * (nodes + 1.0), half * weights
