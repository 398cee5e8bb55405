"""Matrices of the neural tangent kernel on points: spectra, condition numbers, commutators."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any, NamedTuple

import numpy as np
from numba import float64, int64, njit, types
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigvalsh

from kernlab.engine.numerics.kernel_curve import curves
from kernlab.engine.numerics.ntk import require_network, unit_rows
from kernlab.engine.numerics.steps import drain

Array = NDArray[np.float64]

ENTRIES_A_STEP = 2_000_000
SINGULAR = 1e-13
"""λ_min/λ_max, times the root of n, below which a matrix counts as singular to rounding."""

_square, _vector = types.Array(float64, 2, "C"), types.Array(float64, 1, "C")


class Condition(NamedTuple):
    """κ = largest/smallest; `error` bounds its relative error, infinite where singular."""

    value: float
    smallest: float
    largest: float
    error: float

    @property
    def singular(self) -> bool:
        """The smallest eigenvalue is zero to rounding."""
        return not math.isfinite(self.value)


def condition_number(matrix: ArrayLike) -> Condition:
    """κ of a symmetric positive semidefinite matrix, (n, n), by its eigenvalues.

    The error is that of the eigenvalues of float64 entries, ε·√n·κ with ε = 2.2e-16: below 1e-9
    for κ up to 1e5 at n = 1000. A singular matrix has κ = inf. Cost: 4/3 n³.
    """
    return condition_of(eigvalsh(require_symmetric(matrix), check_finite=False))


def condition_of(eigenvalues: Array) -> Condition:
    """κ from eigenvalues in ascending order."""
    smallest, largest = float(eigenvalues[0]), float(eigenvalues[-1])
    if smallest <= SINGULAR * math.sqrt(eigenvalues.size) * largest:
        return Condition(math.inf, smallest, largest, math.inf)
    value = largest / smallest
    return Condition(value, smallest, largest, 2.2e-16 * math.sqrt(eigenvalues.size) * value)


def require_symmetric(matrix: ArrayLike) -> Array:
    """The matrix as float64; raises ValueError where it is not square and finite."""
    found = np.asarray(matrix, dtype=np.float64)
    if found.ndim != 2 or found.shape[0] != found.shape[1] or not found.size:
        raise ValueError(f"matrix has shape {found.shape}; allowed: (n, n), n from 1")
    if not np.isfinite(found).all():
        raise ValueError("matrix holds NaN or infinity; allowed: finite numbers")
    return found


def operator_list(values: Array, multiplicity: Array, count: int) -> Array:
    """Eigenvalues repeated by multiplicity, descending, the first `count`; NaN beyond them."""
    order = np.argsort(values)[::-1]
    repeats = np.minimum(multiplicity[order], count).astype(np.int64)
    kept = np.cumsum(repeats) - repeats < count
    found = np.repeat(values[order][kept], repeats[kept])[:count]
    return np.concatenate([found, np.full(count - found.size, np.nan)])


def degrees_for(count: int, dimension: int) -> int:
    """The largest degree ℓ such that all harmonics up to ℓ are at most `count` functions.

    Their number is C(ℓ+d−1, d−1) + C(ℓ+d−2, d−1).
    """
    degree = 0
    while _harmonics(degree + 1, dimension) <= count:
        degree += 1
    return degree


def _harmonics(degree: int, dimension: int) -> int:
    k = dimension - 1
    return math.comb(degree + k, k) + math.comb(degree + k - 1, k)


def zonal_matrix(points: ArrayLike, coefficients: ArrayLike) -> Array:
    """Σ_ℓ c_ℓ P_ℓ(x·y) for all pairs, P_ℓ the Gegenbauer polynomial of the sphere, P_ℓ(1) = 1.

    With c_ℓ = m_ℓ N(d, ℓ) this is the kernel of the operator that multiplies degree ℓ by m_ℓ.

    Args: points (n, d), d from 2; coefficients (ℓ_max + 1,).
    Returns: (n, n) float64, symmetric. Cost: n² (d + 2 ℓ_max), by the three-term recurrence.
    """
    return drain(zonal_matrix_in_steps(points, coefficients))


def zonal_matrix_in_steps(
    points: ArrayLike, coefficients: ArrayLike
) -> Generator[float, None, Array]:
    """`zonal_matrix`, yielding the fraction done every few milliseconds."""
    x = unit_rows(points)
    if x.shape[1] < 2:
        raise ValueError(f"points has {x.shape[1]} column; allowed: 2 and above")
    c = np.array(coefficients, dtype=np.float64)
    matrix = np.empty((len(x), len(x)))
    work = np.empty((2, len(x)))
    rows = max(1, ENTRIES_A_STEP // (len(x) * (c.size + x.shape[1])))
    for start in range(0, len(x), rows):
        part = matrix[start : start + rows]
        np.clip(np.matmul(x[start : start + rows], x.T, out=part), -1.0, 1.0, out=part)
        _zonal(part, c, x.shape[1], work)
        yield min(1.0, (start + rows) / len(x))
    lower = np.tril_indices(len(x), -1)
    matrix[lower] = matrix.T[lower]
    return matrix


@njit(
    types.void(_square, _vector, int64, _square),
    nogil=True,
    cache=True,
    error_model="numpy",
)
def _zonal(cosines, coefficients, dimension, work):  # type: ignore[no-untyped-def]
    """Replace cosines by the sum, in place: (ℓ+d−2) P_{ℓ+1} = (2ℓ+d−2) t P_ℓ − ℓ P_{ℓ−1}."""
    n, top = cosines.shape[1], coefficients.size - 1
    before, now = work[0], work[1]
    total = np.empty(n)
    for i in range(cosines.shape[0]):
        t = cosines[i]
        for j in range(n):
            before[j] = 1.0
            now[j] = t[j]
            total[j] = coefficients[0] + (coefficients[1] * t[j] if top > 0 else 0.0)
        for degree in range(1, top):
            down = degree + dimension - 2.0
            a, b, c = (degree + down) / down, degree / down, coefficients[degree + 1]
            for j in range(n):
                after = a * t[j] * now[j] - b * before[j]
                before[j] = now[j]
                now[j] = after
                total[j] += c * after
        for j in range(n):
            t[j] = total[j]


def zonal_operations(n: int, dimension: int, max_degree: int) -> int:
    """Additions and multiplications of `zonal_matrix` on n points, by counting each of them.

    The same recurrence runs, uncompiled, on objects that count. Cost: 0.6 µs an operation.
    """
    done = 0

    class Counted:
        __array_ufunc__ = None  # so that NumPy's own numbers leave the operation to this one

        def count(self, _: object) -> Counted:
            nonlocal done
            done += 1
            return self

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = count

        def __float__(self) -> float:
            return 1.0

    def counted(*shape: int) -> NDArray[np.object_]:
        return np.full(shape, Counted(), dtype=object)

    x = counted(n, dimension)
    plain: Any = _zonal.py_func
    plain(x @ x.T, counted(max_degree + 1), dimension, counted(2, n))
    return done


def torus_modes(largest: int, dimension: int) -> NDArray[np.int64]:
    """All frequencies with |k_i| ≤ largest, (modes, dimension)."""
    axes = np.meshgrid(*[np.arange(-largest, largest + 1)] * dimension, indexing="ij")
    return np.stack([axis.ravel() for axis in axes], axis=1)


def torus_matrix(points: ArrayLike, modes: ArrayLike, multipliers: ArrayLike) -> Array:
    """Σ_k m_k cos 2πk·(x − y) for all pairs of embedded points.

    Args: points (n, 2d) as `point_sets.embed` makes them; modes (m, d); multipliers (m,), even in
        the frequency. Returns: (n, n) float64. Cost: 4 n² m.
    """
    x = np.asarray(points, dtype=np.float64)
    d = x.shape[1] // 2
    phase = np.arctan2(x[:, d:], x[:, :d]) @ np.asarray(modes, dtype=np.float64).T
    root = np.sqrt(np.asarray(multipliers, dtype=np.float64))
    parts = np.concatenate([np.cos(phase) * root, np.sin(phase) * root], axis=1)
    found: Array = parts @ parts.T
    return found


def weighted(matrix: Array, weights: Array) -> Array:
    """W^½ M W^½: symmetric, and of the eigenvalues of the operator that quadrature makes of M."""
    root = np.sqrt(weights)
    return root[:, None] * matrix * root


def relative_commutator(first: Array, second: Array) -> float:
    """‖AB − BA‖/(‖A‖ ‖B‖), spectral norms, of symmetric matrices; 0 to 2. Cost: about 10 n³."""
    product = first @ second
    sizes = [float(np.abs(eigvalsh(m)[[0, -1]]).max()) for m in (first, second)]
    size = sizes[0] * sizes[1]
    return float(np.linalg.norm(product - product.T, 2)) / size if size else 0.0


class ProductEigenvalues(NamedTuple):
    """Both descending, (n,); `difference` is ‖product − measured‖/‖measured‖."""

    product: Array
    measured: Array
    difference: float


def product_eigenvalues(first: Array, second: Array) -> ProductEigenvalues:
    """λ_i(A) λ_i(B) against λ(AB) = λ(A^½ B A^½), for symmetric A and B, A semidefinite.

    The eigenvectors of a mixture of A and B say which eigenvalues belong together: each is
    ranked by its two Rayleigh quotients. Where A and B commute, the two lists agree to
    rounding. Cost: about 25 n³.
    """
    values, vectors = np.linalg.eigh(first)
    others = np.linalg.eigvalsh(second)
    scale = np.abs(values).max() / (np.abs(others).max() or 1.0)
    joint = np.linalg.eigh(first + 0.7548776662466927 * scale * second)[1]
    ranks = [
        np.argsort(np.argsort(np.vecdot(joint.T, (matrix @ joint).T))) for matrix in (first, second)
    ]
    product = np.sort(values[ranks[0]] * others[ranks[1]])[::-1]
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    measured = np.linalg.eigvalsh(root.T @ second @ root)[::-1]
    size = float(np.linalg.norm(measured)) or 1.0
    return ProductEigenvalues(product, measured, float(np.linalg.norm(product - measured)) / size)


class Fit(NamedTuple):
    """kernel ≈ slope · distance + intercept, with R²; the pairs that were fitted."""

    slope: float
    intercept: float
    r2: float
    distance: Array
    kernel: Array


def inverse_cosine_fit(
    angles: ArrayLike, depth: int, *, activation: str = "relu", bias: float = 0.0
) -> Fit:
    """Least squares of the NTK on the inverse cosine distance W = 1/sin(θ_L/2).

    cos θ_L is the NNGP kernel over its diagonal. Coincident pairs (θ_L = 0) are left out.

    Args: angles (pairs,), radians. Cost: 60 ns a pair and layer.
    Source: Terjék and González-Sánchez 2025, the full spectrum of the NTK.
    """
    return affine_fit(*inverse_cosine_parts(angles, depth, activation=activation, bias=bias))


def inverse_cosine_parts(
    angles: ArrayLike, depth: int, *, activation: str = "relu", bias: float = 0.0
) -> tuple[Array, Array]:
    """W and the NTK at the angles; W is infinite where θ_L is zero to rounding."""
    depth, bias = require_network(depth, activation, bias)
    theta = np.asarray(angles, dtype=np.float64).ravel()
    process, tangent = curves(np.append(theta, 0.0), depth, activation, bias)
    gap = 0.5 * (1.0 - process[:-1] / process[-1])
    distance = np.full(gap.size, np.inf)
    distance[gap > 1e-15] = 1.0 / np.sqrt(gap[gap > 1e-15])
    return distance, tangent[:-1]


def affine_fit(distance: Array, kernel: Array) -> Fit:
    """kernel ≈ slope · distance + intercept over the pairs at finite W; NaN where all agree."""
    distance, kernel = distance[np.isfinite(distance)], kernel[np.isfinite(distance)]
    if kernel.size < 2 or np.ptp(distance) <= 1e-12 * distance.max():
        return Fit(math.nan, math.nan, math.nan, distance, kernel)
    x, y = distance - distance.mean(), kernel - kernel.mean()
    slope = float(x @ y / (x @ x))
    residual = y - slope * x
    spread = float(y @ y)
    r2 = 1.0 - float(residual @ residual) / spread if spread > 0 else math.nan
    intercept = float(kernel.mean() - slope * distance.mean())
    return Fit(slope, intercept, r2, distance, kernel)


def pair_angles(points: ArrayLike, first: ArrayLike, second: ArrayLike) -> Array:
    """Angles between the points first[i] and second[i], from coordinates: 2 atan2(|x−y|, |x+y|)."""
    x = unit_rows(points)
    a, b = x[np.asarray(first)], x[np.asarray(second)]
    angles: Array = 2.0 * np.arctan2(np.linalg.norm(a - b, axis=1), np.linalg.norm(a + b, axis=1))
    return angles


def uniformity(points: ArrayLike, degree: int) -> float:
    """(n R_ℓ − 1)/√(2/N(d, ℓ)) for a degree ℓ ≥ 1, R_ℓ the mean of P_ℓ(x·y) over all pairs.

    For independent uniform points n R_ℓ has mean 1, exactly, and variance about 2/N(d, ℓ); its
    distance in standard deviations is what is returned. Cost: n² (d + 2 ℓ).
    """
    x = unit_rows(points)
    n, dimension = x.shape
    pure = np.zeros(degree + 1)
    pure[degree] = 1.0
    count = _harmonics(degree, dimension) - _harmonics(degree - 1, dimension)
    mean = float(zonal_matrix(x, pure).sum()) / n
    return (mean - 1.0) / math.sqrt(2.0 / count)
