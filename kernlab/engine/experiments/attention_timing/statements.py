"""What paper 000 claims of attention, and what is correct."""

from __future__ import annotations

from kernlab.engine.contract.claim import Statement
from kernlab.engine.experiments.attention_timing import table3

PAPER = "Degenerate kernel approximations (paper 000)"
CANNOT = "Where FAVOR+ cannot work"

A1 = Statement(
    "A1",
    "Lemma 2: the softmax kernel is a Gaussian one between norms",
    "exp(xᵀy) = exp(‖x‖²/2) · K_gauss(x, y) · exp(‖y‖²/2)",
    "True. For attention, whose exponent is qᵀk/√d, both q and k have to be divided by d^¼.",
    f"{PAPER}, Lemma 2",
)
A2 = Statement(
    "A2",
    "The Performer uses a bounded trigonometric map",
    "“Performer uses a bounded, trigonometric-based map to represent the Gaussian portion”",
    "No: FAVOR+ uses positive exponential features, which are not bounded. The trigonometric map "
    "is the variant that it replaces, because its estimates can be negative.",
    f"{PAPER}, §4.2; Choromanski et al. 2021",
    figure="estimates",
)
A3 = Statement(
    "A3",
    "The Performer's approximation is ΦΦᵀ",
    "K̃ = Φ(Q) Φ(K)ᵀ approximates the attention matrix",
    "Incomplete: it approximates the unnormalized kernel. The row normalization is missing: "
    "A ≈ D⁻¹ Φ(Q) Φ(K)ᵀ with D = diag(Φ(Q) Φ(K)ᵀ 1).",
    f"{PAPER}, §4.2",
)
A4 = Statement(
    "A4",
    "Nyström attention is C W⁺ Cᵀ of the softmax matrix",
    "K̃ = C W⁺ Cᵀ, with C landmark columns of softmax(QKᵀ/√d) and W their intersection",
    "That is for symmetric positive semi-definite matrices. The row softmax is not symmetric, not "
    "even for Q = K. Nyströmformer takes segment means in three softmaxes, F W⁺ B.",
    f"{PAPER}, §4.3; Xiong et al. 2021",
    figure="matrix",
)
A5 = Statement(
    "A5",
    "The cost is O(nr + r²) and O(nm)",
    "Nyström costs O(nr + r²) and the Performer O(nm) instead of O(n²)",
    "Incomplete: O(n r (d + d_v) + r² d_v + r³) and O(n m d). The head dimension multiplies all "
    "of it.",
    f"{PAPER}, §4.2 and §4.3",
)
A6 = Statement(
    "A6",
    "W is nearly diag(λ₁ … λ_r), invertible, and ‖W⁺‖ moderate",
    "W ≈ Λ_r, “which ensures that W is invertible and that ‖W⁺‖ remains moderate”",
    "No: nearly collinear landmarks make it explode. Six Newton–Schulz steps do not converge on "
    "such a matrix, and that acts as a regularizer: the true pseudo-inverse can be worse.",
    f"{PAPER}, §4.3",
    figure="newton-schulz",
)
A7 = Statement(
    "A7",
    "The error of Nyström is at most the tail of the spectrum",
    "‖K̃ − K‖ ≤ ‖R_r‖, the discarded eigenmodes",
    "The wrong way round: the tail is a lower bound of the error of every matrix of rank r "
    "(Eckart–Young).",
    f"{PAPER}, §4.3",
    figure="singular-values",
)
A8 = Statement(
    "A8",
    "Table 3: Nyström has the flattest slope for large n",
    "“Nyström has the most shallow slope for large n” (Figure 5, from Table 3)",
    "The table says otherwise: from 4096 to 16 384 Nyström takes 3.76 times as long, the "
    "Performer 3.74 times. It reports no error, number type, r, m, heads or spread.",
    f"{PAPER}, Table 3 and Figure 5",
    preset=table3.PRESET,
    figure="time-length",
)
A9 = Statement(
    "A9",
    "The memory of full attention is quadratic in n",
    "Full attention needs O(n²) memory",
    "Where the attention matrix is stored. A fused kernel, such as PyTorch's SDPA or the paper's "
    "xFormers, never stores it and needs O(n).",
    f"{PAPER}, §4",
    preset=table3.PRESET,
    figure="memory-length",
)
A10 = Statement(
    "A10",
    "The approximations are accurate (unstated)",
    "Times are compared as if all methods gave the same answer",
    "Not on typical inputs: for standard normal Q and K the relative variance of a feature "
    "estimate is about e¹⁶/m at d = 64, and the mean of V, the trivial answer, is closer.",
    f"{PAPER}, §4.4",
    preset=CANNOT,
    figure="error-length",
)
STATEMENTS = (A1, A2, A3, A4, A5, A6, A7, A8, A9, A10)
