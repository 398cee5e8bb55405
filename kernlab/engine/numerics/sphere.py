"""Eigenvalues of the neural tangent kernel on the unit sphere, with relative accuracy.

A kernel T(⟨x, y⟩) on S^{d-1} has the spherical harmonics of degree ℓ as eigenfunctions; under the
uniform probability measure their eigenvalue is μ_ℓ (Funk and Hecke), with multiplicity N(d, ℓ).
`sphere_contour` computes them; the first ones of the usual kernels come from tables that were made
in ball arithmetic (`sphere_balls`, `benchmarks/make_ntk_tables.py`).
"""

from __future__ import annotations

import functools
from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.assets import resource
from kernlab.engine.numerics.steps import drain
from kernlab.engine.numerics.weight_space import FloatArray

TABLE = "ntk/sphere.npz"
_EPSILON = 2.2e-16
_SMALLEST = 1e-240  # what is smaller is given as 0 with this error
FORMS = ("(1+l)^2", "(1+sqrt(l(l+d-2)))")


class Eigenvalues(NamedTuple):
    """Eigenvalues of degrees 0 to ℓ_max, float64, shape (ℓ_max + 1,) each.

    Attributes:
        values: μ_ℓ; exactly 0.0, with error 0.0, where a symmetry makes it vanish.
        error: absolute error bars of `values`.
        multiplicity: N(d, ℓ), as floats (they pass 2⁶³ in high dimension).
    """

    values: FloatArray
    error: FloatArray
    multiplicity: FloatArray


def multiplicity(dimension: int, degrees: npt.ArrayLike) -> FloatArray:
    """Number N(d, ℓ) = (2ℓ+d−2)/ℓ · C(ℓ+d−3, d−2) of spherical harmonics of degree ℓ in ℝᵈ.

    Args:
        dimension: d ≥ 2.
        degrees: integers ≥ 0, any shape.

    Returns: float64 of the same shape, exact below 2⁵³.
    Raises: ValueError: an argument is out of range.
    """
    d = require_dimension(dimension)
    ell = np.asarray(degrees, dtype=np.float64)
    if ell.size and (ell.min() < 0 or (ell != np.floor(ell)).any()):
        raise ValueError(f"degrees has {ell.min():g}; allowed: whole numbers from 0")
    if d == 2:
        return np.where(ell == 0, 1.0, 2.0)
    product = np.ones_like(ell)  # C(ℓ+d−3, d−3) along the way: whole numbers, so each step exact
    for i in range(1, d - 2):
        product = product * (ell + i) / i
    return product * (2.0 * ell + d - 2) / (d - 2)


def sobolev_multiplier(
    dimension: int, max_degree: int, s: float, *, form: str = "(1+l)^2"
) -> FloatArray:
    """Eigenvalues of P_s on S^{d-1}, degrees 0 to `max_degree`, shape (max_degree + 1,).

    `(1+l)^2` is (1+ℓ)^{2s}; `(1+sqrt(l(l+d-2)))` is (1+√(ℓ(ℓ+d−2)))^s, half the exponent.

    Raises: ValueError: an argument is out of range.
    """
    d, largest = require_dimension(dimension), require_degree(max_degree)
    if not np.isfinite(s):
        raise ValueError(f"s is {s!r}; allowed: a finite number")
    ell = np.arange(largest + 1.0)
    if form == "(1+l)^2":
        return (1.0 + ell) ** (2.0 * s)
    if form == "(1+sqrt(l(l+d-2)))":
        return (1.0 + np.sqrt(ell * (ell + d - 2))) ** s
    raise ValueError(f"form is {form!r}; allowed: {', '.join(FORMS)}")


def eigenvalues(
    depth: int,
    dimension: int,
    max_degree: int,
    *,
    activation: str = "relu",
    bias: float = 0.0,
) -> Eigenvalues:
    """Eigenvalues μ_ℓ of the depth-L kernel on S^{d-1}, degrees 0 to `max_degree`.

    Args:
        depth: L ≥ 1, affine layers.
        dimension: d ≥ 2.
        max_degree: ℓ_max ≥ 0.
        activation: "relu", "abs" or "erf".
        bias: σ_b ≥ 0 of every layer.

    Returns: relative error below 1e-12, mostly 1e-14, at every depth and up to d = 2000 at least:
        less only where the error says so. For erf, eigenvalues below 1e-240 are 0 with that error.
    Raises: ValueError: an argument is out of range.
    Cost: 10,000 degrees: 10 to 20 ms at L = 10, 60 ms at L = 100, 0.4 s at L = 1000.
    """
    steps = eigenvalues_in_steps(depth, dimension, max_degree, activation=activation, bias=bias)
    return drain(steps)


def eigenvalues_in_steps(
    depth: int,
    dimension: int,
    max_degree: int,
    *,
    activation: str = "relu",
    bias: float = 0.0,
) -> Generator[None, None, Eigenvalues]:
    """:func:`eigenvalues`, a few milliseconds between two steps."""
    from kernlab.engine.numerics.ntk import require_network

    layers, sigma = require_network(depth, activation, bias)
    d, largest = require_dimension(dimension), require_degree(max_degree)
    counts = multiplicity(d, np.arange(largest + 1))
    if layers == 1:
        return _linear(d, sigma, counts)
    from kernlab.engine.numerics.sphere_contour import integrate

    values, terms = yield from integrate(layers, d, largest, activation, sigma)
    error = _EPSILON * (100.0 + 4.0 * d + layers) * terms
    if activation == "erf":  # deep and near the edge of chaos its branch points crowd
        error *= 10.0
    lost = np.abs(values) < _SMALLEST
    values[lost], error[lost] = 0.0, _SMALLEST
    known = _tabulated(layers, d, activation, sigma)[: largest + 1]
    values[: known.size], error[: known.size] = known, np.spacing(known)
    zero = exact_zeros(layers, largest, activation, sigma)
    values[zero], error[zero] = 0.0, 0.0
    return Eigenvalues(values, error, counts)


def exact_zeros(
    depth: int, max_degree: int, activation: str = "relu", bias: float = 0.0
) -> npt.NDArray[np.bool_]:
    """Which of the degrees 0 to `max_degree` a symmetry makes vanish, in every dimension.

    Without bias: for |·| the odd ones, for erf the even ones, for ReLU with two layers the odd ones
    from 3 on. Depth 1 is linear.
    """
    ell = np.arange(max_degree + 1)
    if depth == 1:
        return (ell > 1) | ((ell == 0) & (bias == 0.0))
    if bias > 0.0:
        return np.zeros(ell.size, dtype=bool)
    if activation == "relu":
        return (depth == 2) & (ell % 2 == 1) & (ell > 1)
    return np.asarray(ell % 2 == (1 if activation == "abs" else 0))


def _linear(dimension: int, bias: float, counts: FloatArray) -> Eigenvalues:
    values = np.zeros(counts.size)
    values[:2] = [bias * bias, 1.0 / dimension][: counts.size]
    return Eigenvalues(values, np.spacing(values) * (values > 0.0), counts)


def _tabulated(depth: int, dimension: int, activation: str, bias: float) -> FloatArray:
    """The first eigenvalues, correctly rounded, where the shipped tables have them."""
    if bias > 0.0:
        return np.empty(0)
    return _tables().get((activation, depth, dimension), np.empty(0))


@functools.cache
def _tables() -> dict[tuple[str, int, int], FloatArray]:
    found = {}
    with np.load(resource(TABLE)) as table:
        for i, name in enumerate(table["activations"].tolist()):
            for j, depth in enumerate(table["depths"].tolist()):
                for k, dimension in enumerate(table["dimensions"].tolist()):
                    found[name, depth, dimension] = table["values"][i, j, k]
    return found


def require_dimension(dimension: int) -> int:
    """The dimension as an int of at least 2; ValueError otherwise."""
    return _whole("dimension", dimension, 2)


def require_degree(max_degree: int) -> int:
    """The largest degree as an int of at least 0; ValueError otherwise."""
    return _whole("max_degree", max_degree, 0)


def _whole(name: str, value: int, low: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ValueError(f"{name} is {value!r}; allowed: a whole number from {low}")
    return int(value)
