"""Entrywise approximation of tensors by tensor trains of low ranks.

The same descent, certificate and published algorithm as for matrices (`max_norm`), on the cores
of a train: `tensor_train`, `tensor_alternating_projections` and TT-SVD.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kernlab.engine.numerics.alternating_projections import project
from kernlab.engine.numerics.function_matrices import random_generator
from kernlab.engine.numerics.max_norm_arrays import require_device
from kernlab.engine.numerics.max_norm_bounds import certificate, tail_bound
from kernlab.engine.numerics.max_norm_descent import Descent, descend, schedule
from kernlab.engine.numerics.max_norm_steps import (
    Limits,
    Progress,
    descent_progress,
    finite_array,
    projections_progress,
    unit,
)
from kernlab.engine.numerics.singular import singular_values
from kernlab.engine.numerics.steps import drain, map_steps
from kernlab.engine.numerics.tensor_chain import Array, contract, truncate
from kernlab.engine.numerics.weight_space import require_count

_LARGE = 1_000_000
_EXACT = 1e-15


class TensorTrain(NamedTuple):
    """T[i₁, ..., i_d] ≈ G₁[:, i₁, :] ··· G_d[:, i_d, :], cores of shape (r_{k-1}, n_k, r_k).

    `error` is the largest absolute difference, computed from the cores in float64; no train of
    these ranks has an error below `lower_bound`.
    """

    cores: tuple[Array, ...]
    error: float
    lower_bound: float


def tensor_train(
    T: npt.ArrayLike,
    rank: int,
    *,
    iterations: int | None = None,
    tolerance: float | None = None,
    seconds: float | None = None,
    rng: np.random.Generator | int | None = None,
    device: str | None = None,
) -> TensorTrain:
    """Approximate a tensor by a tensor train with a small largest error.

    From the TT-SVD, L-BFGS lowers power norms of the residual with growing exponent.

    Args:
        T: two to six axes.
        rank: of every bond; bonds that cannot have it get what they can.
        iterations, tolerance, seconds, device: as in `max_norm.low_rank`.
        rng: of the start's disturbance; a generator or a seed, None means seed 0.

    Returns: the cores with the smallest error met; the bound is the largest of all unfoldings.
    Raises: ValueError: if an argument is out of range.
    Cost: 0.5 s at n = 60, r = 10.
    """
    steps = tensor_train_steps(T, rank, iterations=iterations, tolerance=tolerance,
                               seconds=seconds, rng=rng, device=device)  # fmt: skip
    return drain(steps)


def tensor_train_steps(
    T: npt.ArrayLike,
    rank: int,
    *,
    iterations: int | None = None,
    tolerance: float | None = None,
    seconds: float | None = None,
    rng: np.random.Generator | int | None = None,
    device: str | None = None,
    bounded: bool = True,
) -> Generator[Progress, None, TensorTrain]:
    """Do as `tensor_train` does, about 8 ms at a time; the first yield is the TT-SVD.

    Args:
        bounded: whether to look for a lower bound in the end; it is 0 otherwise.
    """
    tensor = finite_array("T", T, (2, 6))
    limits = Limits.of(iterations, tolerance, seconds)
    generator = random_generator(rng)
    require_device(device)
    ranks = feasible_ranks(tensor.shape, rank)
    scale = unit(tensor)
    scaled = tensor / scale
    cores = truncate(scaled, ranks)
    error = float(np.abs(contract(cores) - scaled).max())
    yield Progress(0.0, "start", 2.0, 0, scale * error, scale * error, 0.0, _rescaled(cores, scale))
    bound = _tail(tensor, ranks) if bounded else 0.0
    share = 0.8 if bounded else 1.0
    if limits.iterations != 0 and error > _EXACT:
        plan = schedule(limits.iterations, large=tensor.size > _LARGE, endless=limits.endless)
        steps = descend(scaled, cores, plan=plan, rng=generator, tolerance=limits.tolerance,
                        deadline=limits.descent, error=error, device=device)  # fmt: skip

        def progress(state: Descent) -> Progress:
            return descent_progress(state, scale, share, bound, _rescaled(state.cores, scale))

        cores = (yield from map_steps(steps, progress)).cores
    found = _rescaled(cores, scale)
    error = float(np.abs(contract(found) - tensor).max())
    unfoldings = list(_unfoldings(tensor, ranks)) if bounded else []
    for k, (matrix, r) in enumerate(unfoldings):
        count = limits.certificate_iterations(matrix.size)
        for step in certificate(matrix, r, iterations=count, deadline=limits.end):
            bound = max(bound, step.lower_bound)
            done = (k + step.iterations / count) / len(unfoldings)
            yield Progress(share + (1.0 - share) * done, "certificate", 0.0, step.iterations,
                           error, error, bound, found)  # fmt: skip
    return TensorTrain(found, error, min(bound, error))


def tensor_alternating_projections(
    T: npt.ArrayLike, rank: int, *, rng: np.random.Generator | int | None = None
) -> TensorTrain:
    """The published algorithm with TT-SVD as its projection, to its own stopping rule.

    Args:
        T: two to six axes, all at least `rank` long; rng: of its Gaussian start.

    Returns: the best iterate met; `lower_bound` is that of the unfoldings' singular values.
    Raises: ValueError: if an argument is out of range.
    Cost: a TT-SVD an iteration: 500 of them, 5 s, at n = 60, r = 10.
    """
    return drain(tensor_alternating_projections_steps(T, rank, rng=rng))


def tensor_alternating_projections_steps(
    T: npt.ArrayLike, rank: int, *, rng: np.random.Generator | int | None = None
) -> Generator[Progress, None, TensorTrain]:
    """Do as `tensor_alternating_projections` does, a projection or 12 ms at a time."""
    tensor = finite_array("T", T, (2, 6))
    generator = random_generator(rng)
    r, least = require_count("rank", rank), min(tensor.shape)
    if r > least:
        raise ValueError(f"rank = {r}: must be at most {least}, the shortest side of T")
    bound = _tail(tensor, [r] * (tensor.ndim - 1))
    projections = yield from map_steps(
        project(tensor, r, generator),
        lambda state: projections_progress(state, bound, tuple(state.cores)),
    )
    cores = tuple(projections.cores)
    error = float(np.abs(contract(cores) - tensor).max())
    return TensorTrain(cores, error, min(bound, error))


def truncated_tensor_train(T: npt.ArrayLike, rank: int) -> TensorTrain:
    """TT-SVD: within a factor √(d-1) of the best train in the Frobenius norm.

    In the maximum norm it can be worse than the zero tensor (claim L10).

    Raises: ValueError: if an argument is out of range.
    """
    tensor = finite_array("T", T, (2, 6))
    ranks = feasible_ranks(tensor.shape, rank)
    cores = tuple(truncate(tensor, ranks))
    error = float(np.abs(contract(cores) - tensor).max())
    return TensorTrain(cores, error, min(_tail(tensor, ranks), error))


def feasible_ranks(shape: tuple[int, ...], rank: int) -> list[int]:
    """The ranks of the bonds: `rank`, or less where an unfolding has a shorter side."""
    r = require_count("rank", rank)
    sides = [(math.prod(shape[:k]), math.prod(shape[k:])) for k in range(1, len(shape))]
    return [min(r, *side) for side in sides]


def _unfoldings(tensor: Array, ranks: list[int]) -> Generator[tuple[Array, int], None, None]:
    rows = 1
    for size, rank in zip(tensor.shape[:-1], ranks, strict=True):
        rows *= size
        matrix = tensor.reshape(rows, -1)
        if rank < min(matrix.shape):
            yield matrix, rank


def _tail(tensor: Array, ranks: list[int]) -> float:
    return max((tail_bound(singular_values(matrix), rank, matrix.size)
                for matrix, rank in _unfoldings(tensor, ranks)), default=0.0)  # fmt: skip


def _rescaled(cores: list[Array], scale: float) -> tuple[Array, ...]:
    return (scale * cores[0], *cores[1:])
