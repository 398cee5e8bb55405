"""Entrywise approximation by matrices of low rank: the smallest largest error.

`low_rank` looks for L R of rank r with a small max|F - L R|, `certify` proves how small it can be
at best, `alternating_projections` is the published algorithm, `truncated_svd` and
`gaussian_sketch` are what one would take otherwise. Tensors are in `tensor_train`. The functions
named `*_steps` do the same a few milliseconds at a time.

Source: S. Budzinskiy, When big data actually are low-rank, or entrywise approximation of certain
function-generated matrices; the lower bound and the descent are not in it.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.alternating_projections import project
from kernlab.engine.numerics.function_matrices import (
    FUNCTIONS,
    POINTS,
    SAMPLINGS,
    TENSOR_FUNCTIONS,
    function_matrix,
    function_tensor,
    random_generator,
)
from kernlab.engine.numerics.low_rank import (
    LowRank,
    constant_error,
    factors_of,
    gaussian_sketch,
    low_rank,
    low_rank_steps,
    require_rank,
    truncated_svd,
)
from kernlab.engine.numerics.max_norm_bounds import (
    Certificate,
    block,
    certificate,
    error_bound,
    gaussian_limit_bound,
    rank_bound,
    tail_bound,
    welch_bound,
)
from kernlab.engine.numerics.max_norm_steps import Progress, finite_array, projections_progress
from kernlab.engine.numerics.singular import singular_values
from kernlab.engine.numerics.steps import drain, map_steps
from kernlab.engine.numerics.tensor_train import (
    TensorTrain,
    tensor_alternating_projections,
    tensor_alternating_projections_steps,
    tensor_train,
    tensor_train_steps,
    truncated_tensor_train,
)
from kernlab.engine.numerics.weight_space import require_count

__all__ = [
    "FUNCTIONS",
    "POINTS",
    "SAMPLINGS",
    "TENSOR_FUNCTIONS",
    "Certificate",
    "LowRank",
    "Progress",
    "TensorTrain",
    "alternating_projections",
    "alternating_projections_steps",
    "certify",
    "certify_steps",
    "constant_error",
    "error_bound",
    "function_matrix",
    "function_tensor",
    "gaussian_limit_bound",
    "gaussian_sketch",
    "low_rank",
    "low_rank_steps",
    "rank_bound",
    "tensor_alternating_projections",
    "tensor_alternating_projections_steps",
    "tensor_train",
    "tensor_train_steps",
    "truncated_svd",
    "truncated_tensor_train",
    "welch_bound",
]

_BLOCK_ITERATIONS = 25


def alternating_projections(
    F: npt.ArrayLike, rank: int, *, rng: np.random.Generator | int | None = None
) -> LowRank:
    """The published algorithm, to its own stopping rule (`alternating_projections.project`).

    Args:
        F: (n₁, n₂); rank: 1 to min(n₁, n₂); rng: of its Gaussian start, None means seed 0.

    Returns: the best iterate met, whose error is the algorithm's answer; `lower_bound` is that
        of the singular values alone.
    Raises: ValueError: if an argument is out of range.
    Cost: a full SVD an iteration: 450 of them, 3 s, at n = 200.
    """
    return drain(alternating_projections_steps(F, rank, rng=rng))


def alternating_projections_steps(
    F: npt.ArrayLike, rank: int, *, rng: np.random.Generator | int | None = None
) -> Generator[Progress, None, LowRank]:
    """Do as `alternating_projections` does, a projection or 12 ms at a time.

    How many it takes is not known beforehand: `fraction` follows the length of its interval.
    """
    matrix = finite_array("F", F, (2, 2))
    r, generator = require_rank(rank, matrix), random_generator(rng)
    bound = tail_bound(singular_values(matrix), r, matrix.size) if r < min(matrix.shape) else 0.0
    projections = yield from map_steps(
        project(matrix, r, generator),
        lambda state: projections_progress(state, bound, factors_of(state.cores)),
    )
    left, right = factors_of(projections.cores)
    error = float(np.abs(matrix - left @ right).max())
    return LowRank(left, right, error, min(bound, error))


def certify(F: npt.ArrayLike, rank: int, *, iterations: int = 200) -> float:
    """A rigorous lower bound of max|F - G| over all G of rank r (`max_norm_bounds.certificate`).

    Args:
        F: (n₁, n₂); rank: 1 to min(n₁, n₂).
        iterations: at most; it ends when ten of them have raised the bound by less than 0.2 %.

    Returns: in the unit of F; 0 where nothing is proven.
    Raises: ValueError: if an argument is out of range.
    Cost: 40 to 150 symmetric eigenvalue decompositions: 0.2 to 0.6 s at n = 200, 15 s at 1000.
    """
    return drain(certify_steps(F, rank, iterations=iterations)).lower_bound


def certify_steps(
    F: npt.ArrayLike, rank: int, *, iterations: int = 200
) -> Generator[Certificate, None, Certificate]:
    """Do as `certify` does, an eigenvalue decomposition at a time; a block of a large F first."""
    matrix = finite_array("F", F, (2, 2))
    r, count = require_rank(rank, matrix), require_count("iterations", iterations)
    if r == min(matrix.shape):
        return Certificate(0, 0.0)
    part, first = block(matrix, r), Certificate(0, 0.0)
    if part is not None:
        first = yield from certificate(part, r, iterations=min(count, _BLOCK_ITERATIONS))

    def best(found: Certificate) -> Certificate:
        return found._replace(lower_bound=max(found.lower_bound, first.lower_bound))

    return best((yield from map_steps(certificate(matrix, r, iterations=count), best)))
