"""The neural tangent kernel as an operator on the Gaussian domain N(0, I_d).

K(x, y) depends on |x|, |y| and the angle only, so that it splits into one radial operator a
degree ℓ, found by quadrature in angle and radius. Without bias ReLU and |·| have
K(x, y) = |x||y| T(cos): each radial operator has rank one, eigenfunction |x| Y_ℓ and eigenvalue
d μ_ℓ, with μ_ℓ that of the sphere. Hermite functions are no eigenfunctions of it: it does not
commute with the Ornstein–Uhlenbeck semigroup, which multiplies Hermite degree n by e^{−nt}.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.hermite import ACTIVATIONS
from kernlab.engine.numerics.steps import drain

FloatArray = npt.NDArray[np.float64]

RADII, ANGLES, MODES = 40, 96, 20
RADII_ON_THE_LINE = 200  # no integral over angles smooths the kernel's kink there
LARGEST_DEGREE = 40
_FAR = 8.5  # standard deviations beyond which a radius has probability below 1e-16


class GaussianOperator(NamedTuple):
    """Eigenvalues of the kernel on N(0, I_d), and how far it is from commuting.

    Attributes:
        values: (max_degree + 1, MODES), those of each degree ℓ, descending; the multiplicity of
            each is that of the degree. Error about 1e-15 of the largest, with bias 1e-6, on the
            line 1e-4 (there the kernel is not smooth in the radii).
        shares: (max_degree + 1, MODES), the part of the first eigenfunction of degree ℓ in
            Hermite degree ℓ + 2j; error up to 1e-6 in the last few for d = 50.
        multiplicity: (max_degree + 1,), harmonics of each degree.
        commutator: ‖KP − PK‖ / ‖KP‖ (Frobenius) with P = e^{−tD}, D the Hermite degree.
    """

    values: FloatArray
    shares: FloatArray
    multiplicity: FloatArray
    commutator: float


def gaussian_operator(
    depth: int,
    dimension: int,
    max_degree: int,
    *,
    activation: str = "relu",
    bias: float = 0.0,
    time: float = 0.5,
) -> GaussianOperator:
    """The kernel's operator on N(0, I_d); see :class:`GaussianOperator`.

    Args:
        depth: affine layers, 1 and above. Inputs are not divided by √d: on the unit sphere K is
            `ntk.kernel`.
        dimension: d, 1 and above.
        max_degree: largest degree ℓ, up to 40 (1 where d = 1).
        activation: "relu", "abs" or "erf".
        bias: standard deviation of every bias.
        time: t of the semigroup e^{−tD}, positive.

    Raises:
        ValueError: an argument is out of range.

    Cost: 80,000 kernel values and max_degree eigenproblems of size 40: about 6 ms a layer and
    1 ms a degree.
    """
    steps = gaussian_operator_in_steps(
        depth, dimension, max_degree, activation=activation, bias=bias, time=time
    )
    return drain(steps)


def gaussian_operator_in_steps(
    depth: int,
    dimension: int,
    max_degree: int,
    *,
    activation: str = "relu",
    bias: float = 0.0,
    time: float = 0.5,
) -> Generator[None, None, GaussianOperator]:
    """:func:`gaussian_operator`, yielding every few milliseconds."""
    _check(depth, dimension, max_degree, activation, bias, time)
    radii, density = _radial_rule(dimension, RADII if dimension > 1 else RADII_ON_THE_LINE)
    cosines, measure = _angular_rule(dimension)
    first, second = np.triu_indices(radii.size)
    kernel = np.empty((first.size, cosines.size))
    piece = max(1, 16_000 // cosines.size)
    for start in range(0, first.size, piece):
        rows = slice(start, start + piece)
        one, other = radii[first[rows], None], radii[second[rows], None]
        cross = cosines * one * other
        kernel[rows] = yield from _tangent(cross, one**2, other**2, depth, activation, bias)
    radial = kernel @ (_zonal(dimension, max_degree, cosines) * measure[:, None])
    values = np.zeros((max_degree + 1, MODES))
    shares = np.zeros((max_degree + 1, MODES))
    multiplicity = np.array([_multiplicity(dimension, k) for k in range(max_degree + 1)])
    off = total = 0.0
    root = np.sqrt(density)
    for degree in range(max_degree + 1):
        yield
        block = np.empty((radii.size, radii.size))
        block[first, second] = block[second, first] = radial[:, degree]
        block *= np.outer(root, root)
        basis = _hermite_functions(degree, dimension, radii, density)
        eigenvalues, vectors = np.linalg.eigh(block)
        values[degree] = eigenvalues[::-1][:MODES]
        shares[degree] = (basis @ vectors[:, -1]) ** 2
        decay = np.exp(-time * (degree + 2.0 * np.arange(MODES)))
        product = block @ ((basis.T * decay) @ basis)
        off += multiplicity[degree] * float(np.sum((product - product.T) ** 2))
        total += multiplicity[degree] * float(np.sum(product**2))
    return GaussianOperator(values, shares, multiplicity, math.sqrt(off / total))


def _tangent(
    cross: FloatArray, left: FloatArray, right: FloatArray, depth: int, activation: str, bias: float
) -> Generator[None, None, FloatArray]:
    """The tangent kernel from <x, y>, |x|² and |y|²; yields after each layer."""
    relu = activation == "relu"
    gain, offset = (2.0 if relu and depth > 1 else 1.0), bias * bias
    process, p, q = (gain * part + offset for part in (cross, left, right))
    tangent = process
    for layer in range(2, depth + 1):
        gain = 2.0 if relu and layer < depth else 1.0
        if activation == "erf":
            scale = np.sqrt((1.0 + 2.0 * p) * (1.0 + 2.0 * q))
            ratio = 2.0 * process / scale
            values = 2.0 / math.pi * np.arcsin(ratio)
            slopes = 4.0 / math.pi / (scale * np.sqrt((1.0 - ratio) * (1.0 + ratio)))
            p, q = (2.0 / math.pi * np.arcsin(2.0 * v / (1.0 + 2.0 * v)) for v in (p, q))
        else:
            scale = np.sqrt(p * q)
            ratio = np.clip(process / scale, -1.0, 1.0)
            root, angle = np.sqrt((1.0 - ratio) * (1.0 + ratio)), np.arccos(ratio)
            if relu:
                slopes = (math.pi - angle) / (2.0 * math.pi)
                values = scale * (root / (2.0 * math.pi) + ratio * slopes)
                p, q = 0.5 * p, 0.5 * q
            else:
                slopes = 1.0 - 2.0 * angle / math.pi
                values = scale * (2.0 * root / math.pi + ratio * slopes)
        process, p, q = (gain * part + offset for part in (values, p, q))
        tangent = process + gain * slopes * tangent
        yield
    return tangent


# -- quadrature and bases -----------------------------------------------------------------------


def _radial_rule(dimension: int, count: int) -> tuple[FloatArray, FloatArray]:
    """Radii, and their probabilities under the chi distribution."""
    middle = math.sqrt(dimension)
    low, high = max(0.0, middle - _FAR), middle + _FAR
    nodes, weights = np.polynomial.legendre.leggauss(count)
    radii = 0.5 * (low + high) + 0.5 * (high - low) * nodes
    scale = (0.5 * dimension - 1.0) * math.log(2.0) + math.lgamma(0.5 * dimension)
    log = (dimension - 1.0) * np.log(radii) - 0.5 * radii**2 - scale
    return radii, 0.5 * (high - low) * weights * np.exp(log)


def _angular_rule(dimension: int) -> tuple[FloatArray, FloatArray]:
    """Cosines, and the probabilities of the angle between uniform directions."""
    if dimension == 1:
        return np.array([1.0, -1.0]), np.array([0.5, 0.5])
    nodes, weights = np.polynomial.legendre.leggauss(ANGLES)
    angles = 0.5 * math.pi * (1.0 + nodes)
    scale = math.lgamma(0.5 * dimension) - math.lgamma(0.5 * (dimension - 1))
    density = math.exp(scale) / math.sqrt(math.pi) * np.sin(angles) ** (dimension - 2)
    return np.cos(angles), 0.5 * math.pi * weights * density


def _zonal(dimension: int, max_degree: int, cosines: FloatArray) -> FloatArray:
    """Zonal harmonics with value 1 at 1, (cosines, max_degree + 1)."""
    found = np.ones((cosines.size, max_degree + 1))
    if max_degree:
        found[:, 1] = cosines
    for k in range(1, max_degree):
        step = (2 * k + dimension - 2) * cosines * found[:, k] - k * found[:, k - 1]
        found[:, k + 1] = step / (k + dimension - 2)
    return found


def _hermite_functions(
    degree: int, dimension: int, radii: FloatArray, density: FloatArray
) -> FloatArray:
    """Radial parts of the Hermite functions of degrees ℓ + 2j, orthonormal (MODES, radii)."""
    alpha, x = degree + 0.5 * dimension - 1.0, 0.5 * radii**2
    log = degree * np.log(x) + math.lgamma(0.5 * dimension) - math.lgamma(alpha + 1.0)
    found = np.empty((MODES, radii.size))
    found[0] = np.sqrt(density) * np.exp(0.5 * log)
    found[1] = (alpha + 1.0 - x) * found[0] / math.sqrt(alpha + 1.0)
    for j in range(1, MODES - 1):
        step = (2 * j + 1 + alpha - x) * found[j] - math.sqrt(j * (j + alpha)) * found[j - 1]
        found[j + 1] = step / math.sqrt((j + 1) * (j + 1 + alpha))
    return found


def _multiplicity(dimension: int, degree: int) -> float:
    """Independent spherical harmonics of a degree."""
    if degree == 0 or dimension == 1:
        return 1.0
    ways = math.comb(degree + dimension - 3, dimension - 2)
    return (2 * degree + dimension - 2) * ways / degree


def _check(
    depth: int, dimension: int, max_degree: int, activation: str, bias: float, time: float
) -> None:
    for name, value in (("depth", depth), ("dimension", dimension)):
        if value < 1:
            raise ValueError(f"{name} is {value}; allowed: 1 and above")
    most = 1 if dimension == 1 else LARGEST_DEGREE
    if not 0 <= max_degree <= most:
        raise ValueError(
            f"max_degree is {max_degree}; allowed in dimension {dimension}: 0 to {most}"
        )
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}; allowed: one of {', '.join(ACTIVATIONS)}")
    if not (math.isfinite(bias) and bias >= 0):
        raise ValueError(f"bias is {bias}; allowed: finite, 0 and above")
    if not (math.isfinite(time) and time > 0):
        raise ValueError(f"time is {time}; allowed: positive, finite")
