"""Softmax attention and its approximations: (batch, heads, n, d) tensors in and out.

    softmax(q kᵀ/√d) v

exactly (`softmax`, `fused`), by random features (`performer`), segment means (`nystrom`), a few
re-weighted keys (`coreset`), to first order in the logits (`taylor`), and by the trivial answer
(`mean_value`). Every head is computed on its own: what else is in the batch changes nothing.
`METHODS` has them all by key, ready for given options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
import torch.nn.functional as F

from kernlab.engine.numerics.attention_checks import require_qkv
from kernlab.engine.numerics.attention_coreset import coreset
from kernlab.engine.numerics.attention_features import orthogonal_projection, performer
from kernlab.engine.numerics.attention_inputs import attention_inputs
from kernlab.engine.numerics.attention_memory import predicted_bytes
from kernlab.engine.numerics.attention_nystrom import (
    landmark_matrix,
    landmark_singular_values,
    nystrom,
)
from kernlab.engine.numerics.attention_options import KEYS, AttentionOptions
from kernlab.engine.numerics.attention_variance import feature_variance

__all__ = [
    "KEYS",
    "METHODS",
    "Attend",
    "AttentionOptions",
    "approximate_matrix",
    "attention_inputs",
    "attention_matrix",
    "coreset",
    "exact_rows",
    "feature_variance",
    "fused",
    "landmark_matrix",
    "landmark_singular_values",
    "mean_value",
    "nystrom",
    "orthogonal_projection",
    "performer",
    "predicted_bytes",
    "prepare",
    "relative_error",
    "softmax",
    "taylor",
]

Attend = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
Make = Callable[[AttentionOptions, int, torch.Tensor | None], Attend]
"""From settings, the head dimension and FAVOR+'s projection, where that is already drawn."""


def softmax(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Exact attention with the attention matrix in memory, as in a textbook.

    Args: q, k, v of shape (batch, heads, n, d), floating. Raises `ValueError` unless alike.
    Cost: 2·n²·d multiplications, n² exponentials and 2·n² numbers of memory a head.
    """
    require_qkv(q, k, v)
    with torch.no_grad():
        logits = (q @ k.transpose(-2, -1)) * q.shape[-1] ** -0.5
        return torch.softmax(logits, dim=-1) @ v


def fused(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Exact attention by torch's fused kernel, block by block: memory in proportion to n.

    Arguments, result and errors as `softmax`; float32 within about 1e-6, relative.
    """
    require_qkv(q, k, v)
    with torch.no_grad():
        return F.scaled_dot_product_attention(q, k, v)


def mean_value(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """The mean of V for every query, the answer of attention to zero queries. Cost: n·d."""
    require_qkv(q, k, v)
    return v.mean(2, keepdim=True).expand_as(v).contiguous()


def taylor(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Attention to first order in the queries: mean of V plus q·Cov(K, V)/√d.

    The expansion exp(x) ≈ 1 + x with centred keys, which the row normalization allows: the
    denominator is then n exactly, never zero or negative. Cost: 2·n·d² a head.
    """
    require_qkv(q, k, v)
    with torch.no_grad():
        keys = k - k.mean(2, keepdim=True)
        covariance = keys.transpose(-2, -1) @ v
        covariance *= q.shape[-1] ** -0.5 / q.shape[2]
        return (q @ covariance).add_(v.mean(2, keepdim=True))


def prepare(
    method: str,
    options: AttentionOptions,
    head_dim: int,
    projection: torch.Tensor | None = None,
) -> Attend:
    """Return attention(q, k, v) by a method, with what it draws beforehand drawn.

    Args:
        method: one of `KEYS`.
        options: its settings; the same seed gives the same answer at every call.
        head_dim: d of the tensors to come, at least 1.
        projection: of FAVOR+, shape (m, d), such as of `orthogonal_projection`; None: drawn here.

    Raises:
        ValueError: if there is no such method.
    """
    if method not in METHODS:
        raise ValueError(f"method = {method!r}: must be one of {', '.join(KEYS)}")
    return METHODS[method](options, head_dim, projection)


def _favor(centred: bool, chunked: bool) -> Make:
    def make(options: AttentionOptions, head_dim: int, projection: torch.Tensor | None) -> Attend:
        w = projection
        if w is None:
            w = orthogonal_projection(options.features, head_dim, generator=options.seed)
        chunk = options.chunk if chunked else None
        return lambda q, k, v: performer(q, k, v, w, centred=centred, chunk=chunk)

    return make


def _nystrom(options: AttentionOptions, *_: object) -> Attend:
    return lambda q, k, v: nystrom(q, k, v, options.landmarks, options.iterations)


def _coreset(options: AttentionOptions, *_: object) -> Attend:
    return lambda q, k, v: coreset(
        q,
        k,
        v,
        options.coreset_size,
        pivots=options.pivots,
        temperature=options.temperature,
        generator=options.seed,
    )


METHODS: Mapping[str, Make] = MappingProxyType(
    {
        "naive": lambda *_: softmax,
        "fused": lambda *_: fused,
        "favor": _favor(False, False),
        "favor-centred": _favor(True, False),
        "favor-chunked": _favor(False, True),
        "nystrom": _nystrom,
        "coreset": _coreset,
        "taylor": lambda *_: taylor,
        "mean": lambda *_: mean_value,
    }
)


def exact_rows(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, rows: slice | torch.Tensor
) -> torch.Tensor:
    """Exact attention of some queries in float64, shape (batch, heads, rows, d).

    Args: rows: a slice or indices along the tokens of q. Cost: 2·rows·n·d multiplications and
    rows·n exponentials a head, so an error can be measured on a few rows of a long sequence.
    """
    require_qkv(q, k, v)
    some = q[:, :, rows].double()
    logits = some @ k.double().transpose(-2, -1)
    return torch.softmax(logits.mul_(q.shape[-1] ** -0.5), dim=-1) @ v.double()


def relative_error(approximation: torch.Tensor, exact: torch.Tensor) -> torch.Tensor:
    """‖approximation - exact‖/‖exact‖ (Frobenius) of each head: (b, h, n, d) → (b, h), float64."""
    difference = approximation.double() - exact.double()
    norm = torch.linalg.vector_norm
    return norm(difference, dim=(-2, -1)) / norm(exact.double(), dim=(-2, -1))


def attention_matrix(q: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    """softmax(q kᵀ/√d), shape (batch, heads, n, n). Cost: n²·d a head."""
    return torch.softmax((q @ k.transpose(-2, -1)) * q.shape[-1] ** -0.5, dim=-1)


def approximate_matrix(attend: Attend, q: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    """The matrix that a method puts in place of `attention_matrix`: attend's answer to V = I.

    Args: attend: of `prepare`. Cost: n/d calls. For the coreset without its clipping it would
    be linear in V; here entries are clipped to [0, 1].
    """
    batch, heads, n, d = q.shape
    identity = torch.eye(n, dtype=q.dtype, device=q.device)
    columns = []
    for start in range(0, n, d):
        part = F.pad(identity[:, start : start + d], (0, max(0, start + d - n)))
        values = part.expand(batch, heads, n, d)
        columns.append(attend(q, k, values))
    return torch.cat(columns, dim=-1)[..., :n]
