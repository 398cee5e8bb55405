"""What paper 003 states, and what is correct."""

from __future__ import annotations

from kernlab.engine.contract.claim import Statement

PAPER = "The OLS–attention equivalence (paper 003)"
REFERENCE, APART = "Diabetes, the last 100 rows held out", "Queries and keys apart"

S1 = Statement(
    "S1",
    "Least-squares predictions are F_test F_trainᵀ y",
    "With F = X U Λ^(−1/2), ŷ_test = F_test F_trainᵀ y",
    "True if XᵀX is invertible. Otherwise keep the positive eigenvalues: the pseudo-inverse, or "
    "with fewer of them principal-component regression.",
    f"{PAPER}, 2.2",
    preset="Least squares, taken apart",
    figure="map",
)
S2 = Statement(
    "S2",
    "This “precisely matches the attention computation”",
    "The similarities F_test F_trainᵀ are attention weights",
    "The weights are signed, their rows sum to 1 only with an intercept, and there is no "
    "softmax: linear attention. The squared norm of a row is the leverage of its test point.",
    f"{PAPER}, 2.3",
    preset="Least squares, taken apart",
    figure="row",
)
S3 = Statement(
    "S3",
    "Ridge shrinks each component by λ_i/(λ_i+λ)",
    "The shrinkage factor of eigenvalue λ_i is λ_i/(λ_i + λ)",
    "True. The regularized embeddings are then no longer orthonormal: F_λᵀF_λ has λ_i/(λ_i+λ) "
    "on its diagonal, not 1.",
    f"{PAPER}, 3.2",
    figure="shrinkage",
)
S4 = Statement(
    "S4",
    "One λ for ridge and for the RKHS problem",
    "(XᵀX + λI)⁻¹ in section 3 and (K + nλI)⁻¹ in section 4",
    "Mixed: (K + nλI)⁻¹ y belongs to the loss that is divided by n, (XᵀX + λI)⁻¹ to the one "
    "that is not. scikit-learn's alpha is nλ in terms of section 4.",
    f"{PAPER}, 3.1 and 4.1",
    figure="criteria",
)
S5 = Statement(
    "S5",
    "K_qk(K_kk + λI)⁻¹ plays the role of (K + nλI)⁻¹",
    "The cross hat matrix takes the place of the inverse",
    "It takes the place of k_testᵀ(K + nλI)⁻¹: it already contains the test rows.",
    f"{PAPER}, 4.2",
    figure="map",
)
S6 = Statement(
    "S6",
    "QKᵀ is the kernel matrix of an RKHS",
    "“The kernel matrix K in RKHS corresponds to QKᵀ in attention”",
    "Not for W_Q ≠ W_K: QKᵀ is then not symmetric and has no RKHS. Softmax attention is a "
    "Nadaraya–Watson smoother.",
    f"{PAPER}, 4.2",
    preset=APART,
    figure="map",
)
S7 = Statement(
    "S7",
    "Degrees of freedom are tr(H_qk)",
    "The effective degrees of freedom appear “identically in attention analysis through tr(H_qk)”",
    "Undefined for m test rows and n training rows. tr(H_kk) is defined, and so is ‖H_qk‖².",
    f"{PAPER}, 4.3",
    figure="dof",
)
S8 = Statement(
    "S8",
    "Generalized cross-validation chooses λ",
    "GCV(λ) = n⁻¹‖y − Hy‖²/(n⁻¹ tr(I − H))² chooses the regularization",
    "True for a linear smoother that does not depend on y; 0/0 where tr H reaches n; not for "
    "trained Q and K. Whether the intercept counts in tr H changes the number. Exact "
    "leave-one-out costs no more.",
    f"{PAPER}, 5.1",
    preset=REFERENCE,
    figure="criteria",
)
S9 = Statement(
    "S9",
    "Importance (μ_i/Σμ)·μ_i/(μ_i+λ) ranks circuits",
    "Components are ranked by (μ_i/Σμ)·μ_i/(μ_i+λ)",
    "This rises with μ, so it ranks exactly as μ does and never looks at the targets. "
    "μ_i/(μ_i+λ)·(u_iᵀy)² does.",
    f"{PAPER}, 7.1",
    figure="importance",
)
S10 = Statement(
    "S10",
    "κ = (μ_max+λ)/(μ_min+λ)",
    "κ(K_kk + λI) = (μ_max + λ)/(μ_min + λ), and a large one indicates overfitting",
    "The formula holds. With more tokens than dimensions μ_min = 0 and κ = 1 + μ_max/λ. It is "
    "a matter of rounding, not a sign of overfitting.",
    f"{PAPER}, 7.2",
    figure="condition",
)
S11 = Statement(
    "S11",
    "The spectrum of S = HHᵀ is a commitment to the model",
    "The eigenvalues of S “can serve as cryptographic commitments to model state”",
    "S does not change under rotations of the features and does not see the targets: it "
    "neither binds nor hides.",
    f"{PAPER}, 7.3",
    figure="shrinkage",
)
S12 = Statement(
    "S12",
    "Multi-head attention is an average of ridge models",
    "W_O “implements weighted ensemble averaging” of h ridge regressions",
    "Concatenation and W_O are stacking: the weights are fitted, may be negative, and need not "
    "sum to 1. Best head, average and stack are measured here.",
    f"{PAPER}, 6.2",
    preset="Four heads of two to three features",
    figure="stack",
)
S13 = Statement(
    "S13",
    "The error falls like n^(−2s/(2s+d))",
    "‖f − f_λ‖² = O(n^(−2s/(2s+d))) for smoothness s, and attention inherits it",
    "True for a Sobolev-s kernel, the squared L² error and s > d/2, as a rate of estimation. "
    "It saturates for smoother f, fails for the Gaussian kernel, and says nothing of trained "
    "transformers.",
    f"{PAPER}, 8.1 and 8.2",
    preset="Rates in a Sobolev space",
    figure="rates",
)
S14 = Statement(
    "S14",
    "Risk ≤ bias² + variance + noise",
    "E‖f_λ − f*‖² ≤ bias²(λ) + variance(λ) + noise",
    "An equality for the risk of predicting new targets. The noise does not enter "
    "E‖f_λ − f*‖², which is bias² + variance.",
    f"{PAPER}, 8.3",
    figure="decomposition",
)
STATEMENTS = (S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, S12, S13, S14)
