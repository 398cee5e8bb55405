"""Blocks of a computation that stay in a processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from kernlab.engine.numerics.attention_memory import CPU_BLOCK, CUDA_BLOCK


def block_size(device: torch.device) -> int:
    """Entries of a temporary that are worth having at once on the device."""
    return CUDA_BLOCK if device.type == "cuda" else CPU_BLOCK


def groups(total: int, size: int) -> Iterator[slice]:
    """Slices that cut range(total) into parts of the size, which counts as 1 if below."""
    step = max(1, size)
    return (slice(start, min(start + step, total)) for start in range(0, total, step))
