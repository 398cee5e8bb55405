"""Singular value decompositions that do not give up.

LAPACK's divide and conquer (gesdd, behind `numpy.linalg.svd`) fails to converge on some harmless
matrices with some builds of BLAS; the older QR iteration (gesvd), a few times slower, does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def svd(matrix: Array) -> tuple[Array, Array, Array]:
    """U, s (descending) and Vᵀ of the thin decomposition of a finite matrix."""
    try:
        u, s, v = np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:
        import scipy.linalg

        u, s, v = scipy.linalg.svd(matrix, full_matrices=False, lapack_driver="gesvd")
    return u, s, v


def singular_values(matrix: Array, *, symmetric: bool = False) -> Array:
    """All singular values, descending; by eigenvalues where the matrix is exactly symmetric."""
    if symmetric:
        return np.asarray(np.sort(np.abs(np.linalg.eigvalsh(matrix)))[::-1])
    try:
        return np.asarray(np.linalg.svd(matrix, compute_uv=False))
    except np.linalg.LinAlgError:
        return svd(matrix)[1]
