"""Checks of the arguments that all attention methods share."""

from __future__ import annotations

import torch


def require_qkv(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> None:
    """Raise `ValueError` unless q, k, v are floating tensors (batch, heads, n, d), alike."""
    for name, tensor in (("q", q), ("k", k), ("v", v)):
        if tensor.dim() != 4:
            shape = tuple(tensor.shape)
            raise ValueError(f"{name} has shape {shape}: must be (batch, heads, n, d)")
        if tensor.numel() == 0:
            raise ValueError(f"{name} has shape {tuple(tensor.shape)}: must not be empty")
        if not tensor.is_floating_point():
            raise ValueError(f"{name} has dtype {tensor.dtype}: must be a floating one")
    for name, tensor in (("k", k), ("v", v)):
        if tensor.shape != q.shape:
            shapes = f"{tuple(tensor.shape)}, q {tuple(q.shape)}"
            raise ValueError(f"{name} has shape {shapes}: must be equal")
        if tensor.dtype != q.dtype or tensor.device != q.device:
            kinds = f"{tensor.dtype} on {tensor.device}, q is {q.dtype} on {q.device}"
            raise ValueError(f"{name} is {kinds}: must be equal")


def require_whole(name: str, value: int, lowest: int, highest: int | None = None) -> int:
    """Return the value as an int, or raise `ValueError` naming the argument and its range."""
    allowed = f"at least {lowest}" + ("" if highest is None else f" and at most {highest}")
    if isinstance(value, bool) or int(value) != value or value < lowest:
        raise ValueError(f"{name} = {value!r}: must be a whole number, {allowed}")
    if highest is not None and value > highest:
        raise ValueError(f"{name} = {value!r}: must be a whole number, {allowed}")
    return int(value)


def as_generator(generator: torch.Generator | int | None) -> torch.Generator:
    """Return the generator; an int seeds one on the CPU, and None is seed 0."""
    if isinstance(generator, torch.Generator):
        return generator
    return torch.Generator().manual_seed(0 if generator is None else int(generator))
