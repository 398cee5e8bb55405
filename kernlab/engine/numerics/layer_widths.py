"""Widths of the hidden layers of a network, and what they cost in weights."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

PROFILES = ("constant", "quadratic")


def widths(depth: int, width: int, profile: str = "constant") -> tuple[int, ...]:
    """Neurons of the depth − 1 hidden layers: all `width`, or k² width in layer k.

    Raises:
        ValueError: depth or width below 1, or an unknown profile.
    """
    require_count("depth", depth)
    require_count("width", width)
    if profile not in PROFILES:
        raise ValueError(f"profile is {profile!r}; allowed: one of {', '.join(PROFILES)}")
    square = profile == "quadratic"
    return tuple(width * k * k if square else width for k in range(1, depth))


def parameter_count(dimension: int, hidden: Sequence[int]) -> int:
    """Weights of a dense network from `dimension` inputs to one output, biases left out."""
    sizes = [dimension, *hidden, 1]
    return sum(a * b for a, b in itertools.pairwise(sizes))


def width_for(budget: int, depth: int, dimension: int) -> int:
    """The largest constant width whose dense network has at most `budget` weights, at least 1.

    The root of (depth − 2) N² + (dimension + 1) N = budget: √(P/L) for deep networks.

    Raises:
        ValueError: depth below 2, budget or dimension below 1.
    """
    require_count("budget", budget)
    require_count("dimension", dimension)
    if depth < 2:
        raise ValueError(f"depth is {depth}; allowed: 2 and above, with a hidden layer")
    square, linear = depth - 2, dimension + 1
    root = 2.0 * budget / (linear + math.sqrt(linear * linear + 4.0 * square * budget))
    found = max(1, math.floor(root + 1e-9))
    while found > 1 and square * found * found + linear * found > budget:
        found -= 1
    return found


def require_count(name: str, value: int) -> None:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < 1:
        raise ValueError(f"{name} is {value!r}; allowed: a whole number, 1 and above")
