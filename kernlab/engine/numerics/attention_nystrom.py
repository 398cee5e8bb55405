"""Nyström attention: three softmaxes through segment means.

With landmarks q̃, k̃, the means of r segments, softmax(qkᵀ/√d) becomes F A⁺ B with
F = softmax(q k̃ᵀ/√d), A = softmax(q̃ k̃ᵀ/√d), B = softmax(q̃ kᵀ/√d). F(A⁺(B V)) is two calls of
torch's fused attention around a product of r×r matrices: nothing of size n×r is stored.
Source: Xiong et al. 2021 (Nyströmformer).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from kernlab.engine.numerics.attention_checks import require_qkv, require_whole
from kernlab.engine.numerics.attention_options import NEWTON_GROWTH, outgrows


def nystrom(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    landmarks: int,
    iterations: int | None = 6,
) -> torch.Tensor:
    """Nyström attention.

    Args:
        q, k, v: shape (batch, heads, n, d), floating.
        landmarks: segments r, from 1 to n; where r does not divide n the first ones are longer.
        iterations: Newton–Schulz steps for A⁺, at least 0, from 14 on in float64 (see
            `pseudo_inverse`); None: the pseudo-inverse by SVD.

    Returns:
        Shape (batch, heads, n, d). Exact for r = n, or where q and k are constant on the
        segments, up to the error of A⁺: six steps leave 5 % at a condition number of 1e3.

    Raises:
        ValueError: if shapes do not fit or an argument is out of range.

    Cost: 4·n·r·d + 4·iterations·r³ multiplications a head; memory r·(r + d).
    """
    require_qkv(q, k, v)
    require_whole("landmarks", landmarks, 1, q.shape[2])
    if iterations is not None:
        require_whole("iterations", iterations, 0)
    with torch.no_grad():
        q_means, k_means = segment_means(q, landmarks), segment_means(k, landmarks)
        inverse = pseudo_inverse(_landmark_matrix(q_means, k_means), iterations)
        seen = F.scaled_dot_product_attention(q_means, k, v)
        solved = (inverse @ seen.to(inverse.dtype)).to(v.dtype)
        return F.scaled_dot_product_attention(q, k_means, solved)


def segment_means(x: torch.Tensor, segments: int) -> torch.Tensor:
    """Means of consecutive segments of the tokens, (b, h, n, d) → (b, h, segments, d).

    The first n mod segments of them are one token longer. Raises `ValueError` unless segments
    is from 1 to n. Cost: n·d a head.
    """
    n = x.shape[2]
    require_whole("segments", segments, 1, n)
    length, longer = divmod(n, segments)
    split = longer * (length + 1)
    parts = [
        part.reshape(*x.shape[:2], count, -1, x.shape[3]).mean(3)
        for part, count in ((x[:, :, :split], longer), (x[:, :, split:], segments - longer))
        if count
    ]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)


def landmark_matrix(q: torch.Tensor, k: torch.Tensor, landmarks: int) -> torch.Tensor:
    """A = softmax(q̃ k̃ᵀ/√d), shape (batch, heads, r, r), float32 at least; rows sum to 1."""
    return _landmark_matrix(segment_means(q, landmarks), segment_means(k, landmarks))


def landmark_singular_values(q: torch.Tensor, k: torch.Tensor, landmarks: int) -> torch.Tensor:
    """Singular values of A in falling order, shape (batch, heads, r), float64. Cost: r³ a head."""
    return torch.linalg.svdvals(landmark_matrix(q.double(), k.double(), landmarks))


def _landmark_matrix(q_means: torch.Tensor, k_means: torch.Tensor) -> torch.Tensor:
    work = torch.promote_types(q_means.dtype, torch.float32)
    logits = q_means.to(work) @ k_means.to(work).transpose(-2, -1)
    return torch.softmax(logits * q_means.shape[-1] ** -0.5, -1)


def pseudo_inverse(matrix: torch.Tensor, iterations: int | None) -> torch.Tensor:
    """Newton–Schulz approximation of A⁺ for each matrix (..., r, r) on its own.

    Starts at Z = Aᵀ/(‖A‖₁ ‖A‖_∞), norms of that matrix alone, and repeats the third-order
    step Z ← ¼ Z (13 I - AZ (15 I - AZ (7 I - AZ))). None: the exact one, by SVD.

    Each step multiplies what rounding leaves in the null space by 3.25. Where that would grow
    above 1, 3.25^iterations·eps > 1, the steps are made in float64, which is then the dtype of
    the result; up to 13 steps of a float32 matrix stay in float32.

    Cost: 4 products of size r a step.
    """
    if iterations is None:
        return torch.linalg.pinv(matrix)
    size = matrix.shape[-1]
    a = matrix.reshape(-1, size, size)
    if outgrows(iterations, torch.finfo(a.dtype).eps):
        a = a.double()
    columns, rows = a.abs().sum(1), a.abs().sum(2)
    z = a.transpose(1, 2) / (columns.amax(1) * rows.amax(1))[:, None, None]
    identity = torch.eye(size, dtype=a.dtype, device=a.device)
    for _ in range(iterations):
        az = a @ z
        inner = torch.baddbmm(15.0 * identity, az, 7.0 * identity - az, alpha=-1.0)
        inner = torch.baddbmm(NEWTON_GROWTH * identity, az, inner, alpha=-0.25)
        z = z @ inner
    return z.reshape(matrix.shape)
