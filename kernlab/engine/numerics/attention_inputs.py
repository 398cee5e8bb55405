"""Queries, keys and values on which attention is measured.

- gaussian: every entry N(0, 1): logits of unit variance, the worst case of most methods
- smooth: every coordinate a random sum of a few slow waves over the sequence, variance 1
- clustered: tokens around 32 centres in random order; queries, keys and values share labels,
  queries and keys share centres, so that a query finds its cluster

All are drawn in float32 on the CPU in the order q, k, v, so that neither dtype nor device
changes them.
"""

from __future__ import annotations

import math

import torch

from kernlab.engine.numerics.attention_checks import as_generator, require_whole

KINDS = ("gaussian", "smooth", "clustered")

WAVES = 8  # periods over the sequence of the fastest wave of "smooth"
CLUSTERS = 32
SPREAD = 0.25  # standard deviation of a token around its centre; the centres take the rest

Shape = tuple[int, int, int, int]


def attention_inputs(
    kind: str,
    shape: Shape,
    *,
    scale: float = 1.0,
    generator: torch.Generator | int | None = None,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Draw queries, keys and values.

    Args:
        kind: one of `KINDS`, see the module.
        shape: (batch, heads, n, d), each at least 1.
        scale: multiplies queries and keys, and so the logits q·k/√d by its square; finite, at
            least 0.
        generator: a CPU generator, an int that seeds one, or None for seed 0.
        dtype, device: of the tensors that are returned.

    Returns:
        q, k, v of the shape; entries of v of variance 1, of q and k of variance scale².

    Raises:
        ValueError: if an argument is out of range.

    Cost: n·d normals a head; "smooth" a product of size n × 4·WAVES × d.
    """
    if kind not in KINDS:
        raise ValueError(f"kind = {kind!r}: must be one of {', '.join(KINDS)}")
    if len(shape) != 4:
        raise ValueError(f"shape = {shape!r}: must be (batch, heads, n, d)")
    for name, size in zip(("batch", "heads", "n", "d"), shape, strict=True):
        require_whole(name, size, 1)
    if not (math.isfinite(scale) and scale >= 0.0):
        raise ValueError(f"scale = {scale!r}: must be finite and at least 0")
    random = as_generator(generator)
    if kind == "gaussian":
        q, k, v = (torch.randn(shape, generator=random) for _ in range(3))
    elif kind == "smooth":
        q, k, v = (_smooth(shape, random) for _ in range(3))
    else:
        q, k, v = _clustered(shape, random)
    return (q * scale).to(device, dtype), (k * scale).to(device, dtype), v.to(device, dtype)


def _smooth(shape: Shape, random: torch.Generator) -> torch.Tensor:
    *_, n, d = shape
    # Half periods too: over whole ones every mean would be zero.
    phases = math.pi * torch.outer(torch.arange(n) / n, torch.arange(1, 2 * WAVES + 1))
    waves = torch.cat([phases.cos(), phases.sin()], dim=1) / math.sqrt(2 * WAVES)
    return waves @ torch.randn((*shape[:2], 4 * WAVES, d), generator=random)


def _clustered(shape: Shape, random: torch.Generator) -> tuple[torch.Tensor, ...]:
    *heads, n, d = shape
    labels = torch.randint(CLUSTERS, (*heads, n, 1), generator=random).expand(shape)
    share = math.sqrt(1.0 - SPREAD**2)
    of_keys, of_values = (
        torch.randn((*heads, CLUSTERS, d), generator=random).gather(2, labels) * share
        for _ in range(2)
    )
    return tuple(
        centres + SPREAD * torch.randn(shape, generator=random)
        for centres in (of_keys, of_keys, of_values)
    )
