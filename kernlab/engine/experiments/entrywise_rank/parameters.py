"""What can be dragged in the entrywise-rank panel, and its solvers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from kernlab.engine.contract.parameters import (
    Group,
    Help,
    Label,
    Matrix,
    OnlyIf,
    Options,
    OwnData,
    Span,
    Text,
    validate,
)
from kernlab.engine.numerics.expression import compile_expression

LARGEST_TENSOR = 120
"""Points a side of a third-order tensor, at most."""

FUNCTION_NAMES = {
    "gaussian": "f₁, exp(−‖x − y‖²)",
    "quartic": "f₂, exp(−‖x − y‖⁴)",
    "exponential": "exp(−‖x − y‖)",
    "cauchy": "1/(1 + ‖x − y‖²)",
    "attention": "exp(xᵀy/√m)",
    "sinh": "f₃, sinh⟨x, y⟩ or sinh⟨x, y, z⟩",
    "identity": "Identity matrix",
    "formula": "Your own formula",
    "file": "Your own matrix",
}
POSITIVE_DEFINITE = ("gaussian", "exponential", "cauchy")
"""Shift-invariant positive-definite kernels with f(x, x) = 1, for which γ₂(F) ≤ 1."""

SOLVERS = {
    "ours": "Our descent",
    "published": "Alternating projections",
    "svd": "Truncated SVD",
    "sketch": "Gaussian sketch",
}
SHORT = {"ours": "Ours", "published": "Published", "svd": "SVD", "sketch": "Sketch"}


@dataclass(frozen=True)
class Parameters:
    """What can be dragged."""

    function: Annotated[
        str,
        Group("Matrix"),
        Options(FUNCTION_NAMES),
        Label("Function", "f"),
        Help("makes the entries F(i, j) = f(x_i, y_j); third-order tensors are made by f₃"),
    ] = "gaussian"
    formula: Annotated[
        str,
        Text(check=compile_expression, example="exp(-d2)"),
        Label("Formula", "f"),
        OnlyIf("function", ("formula",)),
        Help("of d2 = ‖x − y‖², dot = xᵀy, x, y, and the panel's m and n"),
    ] = "exp(-d2)"
    matrix_file: Annotated[
        OwnData | None,
        Matrix(),
        Label("Matrix"),
        OnlyIf("function", ("file",)),
        Help("a .npy or CSV file with the entries of F"),
    ] = None
    q_file: Annotated[
        OwnData | None,
        Matrix(),
        Label("Queries", "Q"),
        OnlyIf("function", ("attention",)),
        Help("one query a row; with K they replace the random points of exp(QKᵀ/√m)"),
    ] = None
    k_file: Annotated[
        OwnData | None,
        Matrix(),
        Label("Keys", "K"),
        OnlyIf("function", ("attention",)),
        Help("one key a row, as long as a query"),
    ] = None
    sampling: Annotated[
        str,
        Options({"symmetric": "Symmetric, y = x", "independent": "Independent"}),
        Label("Sampling"),
        OnlyIf("order", ("2",)),
        Help("whether rows and columns share their points"),
    ] = "symmetric"
    points: Annotated[
        str,
        Options({"ball": "Unit ball", "sphere": "Unit sphere", "normal": "Standard normal"}),
        Label("Points"),
        Help("where the points are drawn"),
    ] = "ball"
    n: Annotated[
        int,
        Span(10, 10_000, log=True),
        Label("Size", "n"),
        Help("points, so F is n × n"),
    ] = 200
    m: Annotated[
        int,
        Span(1, 10_000, log=True),
        Label("Dimension", "m"),
        Help("of the points"),
    ] = 100
    order: Annotated[
        str,
        Options({"2": "Matrix", "3": "Third-order tensor"}),
        Label("Order"),
        Help("a matrix, or an n × n × n tensor as a tensor train of ranks (r, r)"),
    ] = "2"
    rank: Annotated[
        int,
        Group("Approximation"),
        Span(1, 500, log=True),
        Label("Rank", "r"),
        Help("of the approximation"),
    ] = 20
    solver: Annotated[
        tuple[str, ...],
        Options(SHORT),
        Label("Solvers"),
        Help("which ones run; the published one takes seconds"),
    ] = ("ours", "svd")
    device: Annotated[
        str,
        Options({"auto": "Auto", "cpu": "CPU", "cuda": "CUDA", "mps": "MPS"}),
        Label("Device"),
        Help("of our descent at rest; auto takes CUDA where it is there and F has 800 rows"),
    ] = "auto"
    target_error: Annotated[
        float,
        Span(0.01, 0.9, log=True),
        Label("Target error", "ε"),
        Help("relative to the largest entry: which rank does it need?"),
    ] = 0.3
    repeats: Annotated[
        int,
        Group("Randomness"),
        Span(1, 20),
        Label("Repeats"),
        Help("draws a point of a sweep; the median and the range are shown"),
    ] = 5
    seed: Annotated[int, Span(0, 2**31 - 100), Label("Seed"), Help("of every random draw")] = 0

    def __post_init__(self) -> None:
        validate(self)
        if self.function == "file" and self.matrix_file is None:
            raise ValueError("function is 'file' but there is no matrix_file; choose a file")
        if self.function == "attention" and (self.q_file is None) != (self.k_file is None):
            raise ValueError("one of q_file and k_file is missing; choose both, or none")
        if self.function == "attention" and self.q_file and self.k_file:
            widths = [data.matrix.shape[1] for data in (self.q_file, self.k_file)
                      if data.matrix is not None]  # fmt: skip
            if len(set(widths)) > 1:
                raise ValueError(
                    f"q_file has {widths[0]} columns and k_file {widths[1]}; give both the same"
                )
        if self.given and self.order == "3":
            raise ValueError("order is 3 and F is from a file; allowed with a file: order 2")
        if self.rank > self.size:
            raise ValueError(f"rank is {self.rank} and n is {self.size}; allowed: rank up to n")
        if self.order == "3" and self.function != "sinh":
            raise ValueError(
                f"order is 3 and function is {self.function!r}; allowed with order 3: sinh"
            )
        if self.order == "3" and self.n > LARGEST_TENSOR:
            raise ValueError(
                f"order is 3 and n is {self.n}; allowed with order 3: n up to {LARGEST_TENSOR}"
            )

    @property
    def given(self) -> bool:
        """Whether the matrix comes from files."""
        return self.function == "file" or (self.function == "attention" and self.q_file is not None)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of F."""
        if self.function == "file" and self.matrix_file and self.matrix_file.matrix is not None:
            rows, columns = self.matrix_file.matrix.shape
            return rows, columns
        if self.given and self.q_file and self.k_file:
            q, k = self.q_file.matrix, self.k_file.matrix
            if q is not None and k is not None:
                return q.shape[0], k.shape[0]
        return self.n, self.n

    @property
    def size(self) -> int:
        """The smaller side of F, n unless F comes from a file."""
        return min(self.shape)
