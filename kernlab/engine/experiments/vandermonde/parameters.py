"""What can be dragged in the Vandermonde panel, and its presets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from kernlab.engine.contract.parameters import (
    Columns,
    Group,
    Help,
    Label,
    OnlyIf,
    Options,
    OwnData,
    Span,
    validate,
)

LARGEST_N = 200
NODES = {
    "equispaced": "Equispaced",
    "chebyshev": "Chebyshev",
    "gauss": "Gauss",
    "leja": "Leja",
    "gapped": "Equispaced, with a gap",
    "file": "Your own file",
}
BASES = {
    "monomial": "Monomials",
    "scaled-monomial": "Scaled monomials",
    "chebyshev": "Chebyshev",
    "legendre": "Legendre",
    "newton": "Newton",
    "arnoldi": "Arnoldi",
    "roots-of-unity": "Roots of unity",
}


@dataclass(frozen=True)
class Parameters:
    """What can be dragged."""

    n: Annotated[
        int,
        Group("Matrix"),
        Span(2, LARGEST_N),
        Label("Nodes", "n"),
        OnlyIf("nodes", tuple(NODES)[:-1]),
        Help("number of nodes, so the matrix is n × n"),
    ] = 40
    half_width: Annotated[
        float,
        Span(0.05, 100, log=True),
        Label("Half-width", "a"),
        Help("the nodes lie in ±a"),
    ] = 1.0
    nodes: Annotated[str, Options(NODES), Label("Nodes at"), Help("where the nodes lie")] = (
        "equispaced"
    )
    nodes_file: Annotated[
        OwnData | None,
        Columns(("x",)),
        Label("File"),
        OnlyIf("nodes", ("file",)),
        Help("a CSV with the column x; its nodes are scaled to ±a"),
    ] = None
    gap_width: Annotated[
        float,
        Span(0.05, 0.95, step=0.01),
        Label("Gap", "of 2a"),
        OnlyIf("nodes", ("gapped",)),
        Help("share of the interval in its middle that holds no node"),
    ] = 0.5
    basis: Annotated[
        str, Options(BASES), Label("Basis"), Help("the polynomials in the columns")
    ] = "monomial"
    norm: Annotated[
        str,
        Options({"2": "2", "1": "1", "inf": "∞"}),
        Label("Norm"),
        Help("of the condition number; rows are nodes, so ∞ sums over powers"),
    ] = "2"
    bound_constant: Annotated[
        float,
        Group("Claims"),
        Span(0.001, 10, log=True),
        Label("Constant", "c"),
        Help("of the claimed bound cond V ≥ exp(c a n)"),
    ] = 0.5
    taylor_order: Annotated[
        int,
        Span(0, 60),
        Label("Taylor order", "M"),
        Help("sin x is cut after the power 2M + 1"),
    ] = 5
    m: Annotated[
        int,
        Group("Random features"),
        Span(2, 20),
        Label("Frequencies", "m"),
        Help("frequencies of the random Fourier features, so ZᵀZ is 2m × 2m"),
    ] = 10
    dimension: Annotated[
        int,
        Span(1, 16),
        Label("Dimension", "d"),
        Help("at which the claim about orthogonal features is judged"),
    ] = 1
    repeats: Annotated[int, Span(2, 50), Label("Repeats"), Help("draws of the frequencies")] = 10
    seed: Annotated[int, Span(0, 2**31 - 1), Label("Seed"), Help("of every random draw")] = 1

    def __post_init__(self) -> None:
        validate(self)
        if self.nodes != "file":
            return
        if self.nodes_file is None:
            raise ValueError("nodes is 'file' but there is no nodes_file; choose a CSV file")
        x = self.nodes_file.columns["x"]
        if not 2 <= x.size <= LARGEST_N or len(set(x.tolist())) < x.size:
            raise ValueError(
                f"nodes_file has {x.size} nodes; allowed: 2 to {LARGEST_N}, all different"
            )

    @property
    def count(self) -> int:
        """Number of nodes: that of the file, where one is chosen."""
        if self.nodes == "file" and self.nodes_file is not None:
            return int(self.nodes_file.columns["x"].size)
        return self.n
