"""Attention over a few keys that stand for all: a coreset by randomly pivoted Cholesky.

On the scaled keys y = τ d^-¼ (k - mean) the Gaussian kernel G = exp(-|y - y'|²/2) is
interpolated from pivots S, G ≈ G_:S (G_SS + 1e-5 I)⁻¹ G_S:, and so is exp(q·k/√d) as a
function of the key: Σ_t exp(q·k_t/√d) v_t ≈ Σ_s exp(q·k_s/√d) ṽ_s with
ṽ = (G_SS + 1e-5 I)⁻¹ G_S: V; likewise the denominator, with ones in place of V.

Heads share their random numbers, so what stands beside a head does not change its answer.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch

from kernlab.engine.numerics.attention_blocks import block_size, groups
from kernlab.engine.numerics.attention_checks import as_generator, require_qkv, require_whole
from kernlab.engine.numerics.attention_options import PIVOTS
from kernlab.engine.numerics.attention_pivots import PivotState, take_pivots

RIDGE = 1e-5
_PROPOSALS = 4  # for each pivot that is wanted


class Coreset(NamedTuple):
    """Pivots of each head and what the interpolation from them needs.

    Attributes:
        indices: of the pivots, shape (heads, size).
        factor: lower Cholesky factor of G_SS + 1e-5 I, float64, shape (heads, size, size).
        rows: G_S:, shape (heads, size, n).
    """

    indices: torch.Tensor
    factor: torch.Tensor
    rows: torch.Tensor


def coreset(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    size: int,
    *,
    pivots: str = "cholesky",
    temperature: float = 0.7,
    generator: torch.Generator | int | None = None,
) -> torch.Tensor:
    """Attention over `size` keys of each head, re-weighted to stand for all.

    Args:
        q, k, v: shape (batch, heads, n, d), floating; below float32 the work is in float32.
        size: keys kept, from 1 to n.
        pivots: "cholesky": in proportion to what the kernel does not yet explain; "uniform".
        temperature: τ > 0, below 1 a wider kernel than that of the attention.
        generator: a CPU generator, an int that seeds one, or None for seed 0.

    Returns:
        Shape (batch, heads, n, d), clipped to the range of the head's values by coordinate.

    Raises:
        ValueError: if shapes do not fit or an argument is out of range.

    Cost: about 5·n·size·d multiplications and 2·n·size exponentials a head.
    """
    require_qkv(q, k, v)
    n = k.shape[2]
    require_whole("size", size, 1, n)
    if pivots not in PIVOTS:
        raise ValueError(f"pivots = {pivots!r}: must be one of {', '.join(PIVOTS)}")
    if not (math.isfinite(temperature) and temperature > 0.0):
        raise ValueError(f"temperature = {temperature!r}: must be finite and above 0")
    draws = draw_numbers(size, n, pivots, as_generator(generator))
    work = torch.promote_types(q.dtype, torch.float32)
    flat = [tensor.reshape(-1, n, q.shape[-1]) for tensor in (q, k, v)]
    out = torch.empty_like(flat[0])
    with torch.no_grad():
        for heads in groups(out.shape[0], block_size(q.device) // (2 * n * size)):
            queries, keys, values = (tensor[heads].to(work) for tensor in flat)
            _attend(queries, keys, values, size, draws, temperature, out[heads])
    return out.reshape(q.shape)


def choose_coreset(y: torch.Tensor, size: int, draws: list[torch.Tensor]) -> Coreset:
    """Choose pivots among `scaled_keys`, by the numbers of `draw_numbers`."""
    return _uniform(y, draws[0]) if len(draws) == 1 else _random_cholesky(y, size, draws)


def draw_numbers(size: int, n: int, pivots: str, random: torch.Generator) -> list[torch.Tensor]:
    """One permutation's start, or a pair of uniform numbers for each proposal of each round."""
    if pivots == "uniform":
        return [torch.randperm(n, generator=random)[:size]]
    return [
        torch.rand((2, _PROPOSALS * count), generator=random, dtype=torch.float64)
        for count in (size // 2, size - size // 2)
    ]


def scaled_keys(k: torch.Tensor, factor: float) -> torch.Tensor:
    """[y, -|y|²/2, 1] with y = factor·(k - mean), so that one product gives the exponents."""
    heads, n, d = k.shape
    points = k.new_ones((heads, n, d + 2))
    y = torch.sub(k, k.mean(1, keepdim=True), out=points[..., :d]).mul_(factor)
    torch.linalg.vector_norm(y, dim=-1, out=points[..., d]).square_().mul_(-0.5)
    return points


def _attend(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    size: int,
    draws: list[torch.Tensor],
    temperature: float,
    out: torch.Tensor,
) -> None:
    """Attention of a group of heads, shapes (g, n, d), into out."""
    heads, n, d = q.shape
    factor = temperature * d**-0.25
    y = scaled_keys(k, factor)
    indices, cholesky, rows = choose_coreset(y, size, draws)
    weighted = torch.cat([rows @ v, rows.sum(-1, keepdim=True)], -1)
    solved = torch.cholesky_solve(weighted.double(), cholesky).to(q.dtype)
    few = _gather(y, indices)[..., :d] * (d**-0.5 / factor)
    weights = torch.bmm(q, few.transpose(1, 2), out=rows.view(heads, n, size))
    torch.softmax(weights, -1, out=weights)
    total = (weights @ solved[..., d:]).clamp_min_(torch.finfo(q.dtype).tiny)
    result = torch.bmm(weights, solved[..., :d], out=out if out.dtype == q.dtype else None)
    # torch.aminmax takes six times as long as the two of them.
    result.div_(total).clamp_(v.amin(1, keepdim=True), v.amax(1, keepdim=True))
    if result is not out:
        out.copy_(result)


def _kernel_rows(y: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    """G_S: of scaled keys, shape (heads, s, n)."""
    few = _gather(y, indices)
    swapped = torch.cat([few[..., :-2], few[..., -1:], few[..., -2:-1]], -1)
    return torch.bmm(swapped, y.transpose(1, 2)).exp_()


def _gather(x: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    # Whole rows at once are several times faster than `gather`.
    heads, n, width = x.shape
    offsets = torch.arange(heads, device=x.device).unsqueeze(1) * n
    rows = x.reshape(-1, width).index_select(0, (indices + offsets).flatten())
    return rows.reshape(heads, -1, width)


def _uniform(y: torch.Tensor, order: torch.Tensor) -> Coreset:
    indices = order.to(y.device).expand(len(y), -1)
    few = _gather(y, indices)[..., :-2].double()
    kernel = torch.cdist(few, few).square_().mul_(-0.5).exp_()
    kernel.diagonal(dim1=-2, dim2=-1).add_(RIDGE)
    return Coreset(indices, torch.linalg.cholesky(kernel), _kernel_rows(y, indices))


def _random_cholesky(y: torch.Tensor, size: int, draws: list[torch.Tensor]) -> Coreset:
    """Pivots drawn in proportion to the residual diagonal, in two rounds of rejection.

    In a round proposals come from the residual at its start and are accepted as if pivots
    were drawn one at a time; what is missing after all proposals is filled up without
    rejection. Source: Epperly, Tropp and Webber 2024, with half of the pivots a round.
    """
    heads, n, width = y.shape
    half = size // 2
    state = PivotState(
        np.zeros((heads, size, width - 2)),
        np.zeros((heads, size), dtype=np.int64),
        np.zeros((heads, size, size)),
    )
    residual = y.new_ones((heads, n))
    rows = y.new_empty((heads, size, n))
    if half:
        first = _extend(y, residual, draws[0], state, 0, half)
        rows[:, :half] = _kernel_rows(y, first)
        corner = torch.from_numpy(state.factor[:, :half, :half]).to(y.device)
        identity = torch.eye(half, dtype=corner.dtype, device=y.device)
        inverse = torch.linalg.solve_triangular(corner, identity.expand_as(corner), upper=False)
        explained = torch.bmm(inverse.to(y.dtype), rows[:, :half]).square_().sum(1)
        residual = (residual - explained).clamp_min_(0.0)
    last = _extend(y, residual, draws[1], state, half, size)
    rows[:, half:] = _kernel_rows(y, last)
    pivots, factor = (torch.from_numpy(x).to(y.device) for x in (state.pivots, state.factor))
    return Coreset(pivots, factor, rows)


def _extend(
    y: torch.Tensor,
    residual: torch.Tensor,
    uniform: torch.Tensor,
    state: PivotState,
    start: int,
    stop: int,
) -> torch.Tensor:
    """Add pivots from start to stop to the state, and return them, shape (heads, new).

    Spare tokens follow the proposals: never accepted, they fill up where those run out.
    """
    n = residual.shape[1]
    cumulative = residual.double().cumsum(-1)
    where = uniform[0].to(residual.device) * cumulative[:, -1:]
    drawn = torch.searchsorted(cumulative, where, right=True).clamp_max_(n - 1)
    spare = (torch.arange(stop, device=residual.device) * n // stop).expand(len(residual), -1)
    proposals = torch.cat([drawn, spare], 1)
    never = torch.full((stop,), math.inf, dtype=torch.float64)
    take_pivots(
        _gather(y, proposals)[..., :-2].double().contiguous().cpu().numpy(),
        proposals.cpu().numpy(),
        residual.gather(1, proposals).double().cpu().numpy(),
        torch.cat([uniform[1], never]).numpy(),
        *state,
        start,
        stop,
        RIDGE,
    )
    return torch.from_numpy(state.pivots[:, start:stop]).to(y.device)
