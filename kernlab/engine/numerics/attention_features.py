"""FAVOR+: softmax attention by positive random features, as two softmaxes.

With x = q/d^¼, y = k/d^¼ and rows w_j of a projection, exp(x·y) is the mean over w ~ N(0, I) of
exp(w·x - |x|²/2) exp(w·y - |y|²/2). Factors of a query cancel in the row normalization, so

    out_i = Σ_j softmax_j(w_j·x_i + l_j) c_j,    l_j = log Σ_t exp(w_j·y_t - |y_t|²/2),
    c_j = Σ_t softmax_t(w_j·y_t - |y_t|²/2) v_t.

Both sums are softmaxes: nothing over- or underflows, no ε is added, and every output is an
average of the values. Blocks of keys merge by their log sums. Source: Choromanski et al. 2021.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from kernlab.engine.numerics.attention_blocks import block_size, groups
from kernlab.engine.numerics.attention_checks import as_generator, require_qkv, require_whole


def orthogonal_projection(
    m: int,
    d: int,
    *,
    generator: torch.Generator | int | None = None,
    dtype: torch.dtype = torch.float32,
) -> torch.Tensor:
    """Rows of Haar-orthogonal blocks with the norms of normal vectors.

    Each block of d rows is Q·sign(diag R) of the QR of a normal matrix: without the signs the
    distribution is not the uniform one and the features are biased. Rows of different blocks
    are independent; every row alone is N(0, I).

    Args:
        m, d: rows and columns, at least 1.
        generator: a CPU generator, an int that seeds one, or None for seed 0.
        dtype: of the result; drawn in float64.

    Returns:
        Shape (m, d).

    Raises:
        ValueError: if m or d is not a positive whole number.

    Cost: m·d². Source: Mezzadri 2007 (Haar), Yu et al. 2016 (orthogonal features).
    """
    require_whole("m", m, 1)
    require_whole("d", d, 1)
    random = as_generator(generator)
    blocks = math.ceil(m / d)
    normal = torch.randn((blocks, d, d), generator=random, dtype=torch.float64)
    q, r = torch.linalg.qr(normal)
    signs = torch.where(r.diagonal(dim1=-2, dim2=-1) < 0.0, -1.0, 1.0).to(q.dtype)
    rows = (q * signs.unsqueeze(-2)).transpose(-2, -1).reshape(blocks * d, d)[:m]
    norms = torch.randn((m, d), generator=random, dtype=torch.float64).norm(dim=1, keepdim=True)
    return (rows * norms).to(dtype)


def performer(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    projection: torch.Tensor,
    *,
    centred: bool = False,
    chunk: int | None = None,
) -> torch.Tensor:
    """FAVOR+ attention with the given projection.

    Args:
        q, k, v: shape (batch, heads, n, d), floating; below float32 features are float32.
        projection: shape (m, d), rows N(0, I) such as of `orthogonal_projection`.
        centred: subtract the mean query and the mean key of each head first. exp(x·y) is then
            estimated around smaller vectors; what is subtracted is put back exactly.
        chunk: tokens at a time, of all heads together, at least 1; None: all tokens of a head,
            or of a few short ones. The answer is the same.

    Returns:
        Shape (batch, heads, n, d), every entry within the range of the head's values.

    Raises:
        ValueError: if shapes, dtypes or chunk do not fit.

    Cost: 4·n·m·d multiplications and 2·n·m exponentials a head; memory m·(chunk or n).
    """
    require_qkv(q, k, v)
    d = q.shape[-1]
    if projection.dim() != 2 or projection.shape[1] != d or projection.shape[0] == 0:
        shape = tuple(projection.shape)
        raise ValueError(f"projection has shape {shape}: must be (m, {d}) with m at least 1")
    n, m = q.shape[2], projection.shape[0]
    rows = n if chunk is None else min(n, require_whole("chunk", chunk, 1))
    work = torch.promote_types(q.dtype, torch.float32)
    w = projection.to(device=q.device, dtype=work) * d**-0.25
    flat = [tensor.reshape(-1, n, d) for tensor in (q, k, v)]
    out = torch.empty_like(flat[0])
    with torch.no_grad():
        together = block_size(q.device) // (rows * m) if chunk is None else chunk // rows
        for heads in groups(out.shape[0], together):
            queries, keys, values = (tensor[heads].to(work) for tensor in flat)
            _attend(queries, keys, values, w, out[heads], rows, centred)
    return out.reshape(q.shape)


class _Context(NamedTuple):
    values: torch.Tensor  # c_j, shape (g, m, d)
    logs: torch.Tensor  # l_j, shape (g, m)


def _attend(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    w: torch.Tensor,
    out: torch.Tensor,
    rows: int,
    centred: bool,
) -> None:
    """Attention of a group of heads, shapes (g, n, d), into out."""
    scale = q.shape[-1] ** -0.5
    if centred:
        centre = q.mean(1, keepdim=True)
        q, k = q - centre, k - k.mean(1, keepdim=True)
        bias = scale * ((centre * k).sum(-1) - 0.5 * (k * k).sum(-1))
    else:
        bias = torch.linalg.vector_norm(k, dim=-1).square_().mul_(-0.5 * scale)
    context = _key_context(k, v, bias, w, rows)
    group, n = q.shape[:2]
    transposed = w.T.expand(group, -1, -1)
    logs = context.logs.unsqueeze(1)
    for part in groups(n, rows):
        features = torch.baddbmm(logs, q[:, part], transposed)
        torch.softmax(features, -1, out=features)
        if out.dtype == features.dtype:
            torch.bmm(features, context.values, out=out[:, part])
        else:
            out[:, part] = torch.bmm(features, context.values)


def _key_context(
    k: torch.Tensor, v: torch.Tensor, bias: torch.Tensor, w: torch.Tensor, rows: int
) -> _Context:
    """What the features see of keys and values: averages and log sums, block by block."""
    group, n = k.shape[:2]
    spread = w.expand(group, -1, -1)
    found: _Context | None = None
    for part in groups(n, rows):
        features = torch.baddbmm(bias[:, None, part], spread, k[:, part].transpose(1, 2))
        top = features.amax(-1)
        torch.softmax(features, -1, out=features)
        # The largest entry of a softmax is one over its sum relative to that entry.
        block = _Context(features @ v[:, part], top - features.amax(-1).log_())
        found = block if found is None else _merge(found, block)
    assert found is not None
    return found


def _merge(one: _Context, other: _Context) -> _Context:
    logs = torch.logaddexp(one.logs, other.logs)
    shares = (one.logs - logs).exp_(), (other.logs - logs).exp_()
    values = shares[0].unsqueeze(-1) * one.values + shares[1].unsqueeze(-1) * other.values
    return _Context(values, logs)
