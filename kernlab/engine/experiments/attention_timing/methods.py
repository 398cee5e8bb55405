"""The methods, ready to be called, and what each is expected to need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from kernlab.engine.experiments.attention_timing.parameters import ENTRY, Parameters
from kernlab.engine.numerics import attention_memory
from kernlab.engine.numerics.attention_options import AttentionOptions

if TYPE_CHECKING:  # imported at the first run, on the lane
    import torch

    Tensors = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

SLOW = 2.5e10
"""Operations a second and thread that a method is taken to reach before it has been timed."""
SLOW_GPU = 2e12
LONGEST_CALL = 20.0
"""Seconds that a call may be expected to take; a method is left out where it takes longer."""


def options(p: Parameters) -> AttentionOptions:
    """What the approximations are told."""
    return AttentionOptions(
        features=p.m,
        landmarks=p.landmarks,
        iterations=p.iterations,
        coreset_size=p.coreset_size,
        pivots=p.pivots,
        temperature=p.temperature,
        seed=p.seed,
    )


def prepared(method: str, tensors: Tensors, o: AttentionOptions) -> Callable[[], torch.Tensor]:
    """A method on these tensors; what is drawn once for a whole model is already drawn."""
    from kernlab.engine.numerics.attention import prepare

    q, k, v = tensors
    attend = prepare(method, at_length(o, q.shape[2]), q.shape[3])
    return lambda: attend(q, k, v)


def at_length(o: AttentionOptions, n: int) -> AttentionOptions:
    """The options with sizes above the length cut to it."""
    return replace(o, landmarks=min(o.landmarks, n), coreset_size=min(o.coreset_size, n))


def operations(p: Parameters, method: str, n: int) -> float:
    """Floating-point operations of a method at a length, roughly."""
    batch, heads, d = p.sizes
    r, s = min(p.landmarks, n), min(p.coreset_size, n)
    one = {
        "naive": 12.0 * n * n * d,  # held up by the memory that it moves
        "fused": 4.0 * n * n * d,
        "nystrom": 8.0 * n * r * d + 8.0 * p.iterations * r**3,
        "coreset": 6.0 * n * s * d + 4.0 * s**3 + 2.0 * n * s * s,
        "taylor": 6.0 * n * d * d,
        "mean": 4.0 * n * d,
    }
    return batch * heads * one.get(method, 10.0 * n * p.m * d)


def expected_seconds(p: Parameters, method: str, n: int, known: tuple[int, float] | None) -> float:
    """Seconds that a call may take: from a shorter length that was timed, or a slow guess."""
    work = operations(p, method, n)
    if known is not None:
        return known[1] * work / operations(p, method, known[0])
    return work / (SLOW * p.threads if p.device == "cpu" else SLOW_GPU)


def predicted_bytes(p: Parameters, method: str, n: int) -> int:
    """The memory that a method needs at a length, above its inputs."""
    shape = (*p.sizes[:2], n, p.sizes[2])
    block = attention_memory.CPU_BLOCK if p.device == "cpu" else attention_memory.CUDA_BLOCK
    return attention_memory.predicted_bytes(
        method, shape, at_length(options(p), n), itemsize=ENTRY[p.dtype], block=block
    )


def refused(p: Parameters, method: str, n: int) -> bool:
    """Whether a method is predicted to need more memory than the limit."""
    return predicted_bytes(p, method, n) > p.memory_limit * 1e9


def input_bytes(p: Parameters, n: int) -> int:
    """Bytes of Q, K, V and one output of the length n."""
    batch, heads, d = p.sizes
    return 4 * ENTRY[p.dtype] * batch * heads * n * d
