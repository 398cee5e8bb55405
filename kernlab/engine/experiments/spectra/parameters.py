"""What can be dragged in the spectra panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from kernlab.engine.contract.parameters import (
    Columns,
    Group,
    Help,
    Label,
    Matrix,
    OnlyIf,
    Options,
    OwnData,
    Span,
    validate,
)

LARGEST_GRID = 2**21
"""Points of a torus grid, at most."""
LARGEST_TORUS = 3

DOMAINS = {"sphere": "Sphere Sᵈ⁻¹ in ℝᵈ", "torus": "Torus 𝕋ᵈ", "gaussian": "Gaussian N(0, I) on ℝᵈ"}
ACTIVATIONS = {"relu": "ReLU", "abs": "Absolute value", "erf": "erf"}
SPHERE_FORMS = {
    "(1+l)^2": "(1 + ℓ)²ˢ",
    "(1+sqrt(l(l+d-2)))": "(1 + √ℓ(ℓ+d−2))ˢ",
}
TORUS_FORMS = {
    "1+|k|^2": "(1 + |k|²)ˢ",
    "(1+|k|)^2": "(1 + |k|)²ˢ",
    "1+4pi^2|k|^2": "(1 + 4π²|k|²)ˢ",
}


@dataclass(frozen=True)
class Parameters:
    """What can be dragged."""

    domain: Annotated[
        str,
        Group("Kernel"),
        Options(DOMAINS),
        Label("Domain"),
        Help("where the inputs live"),
    ] = "sphere"
    depth: Annotated[
        int,
        Span(2, 1000, log=True),
        Label("Depth", "L"),
        Help("affine layers of the network; two is one hidden layer"),
    ] = 3
    dimension: Annotated[
        int,
        Span(1, 50, log=True),
        Label("Dimension", "d"),
        Help("of the space around the sphere, or of the torus"),
    ] = 3
    activation: Annotated[
        str, Options(ACTIVATIONS), Label("Activation"), Help("of the hidden layers")
    ] = "relu"
    bias: Annotated[
        float,
        Span(0.0, 2.0, step=0.1),
        Label("Bias", "σ_b"),
        Help("standard deviation of the biases of every layer"),
    ] = 0.0
    max_degree: Annotated[
        int,
        Span(20, 10_000, log=True),
        Label("Largest degree", "ℓ_max"),
        OnlyIf("domain", ("sphere", "gaussian")),
        Help("of the eigenvalues shown"),
    ] = 10_000
    n_grid: Annotated[
        int,
        Span(8, 1024, log=True),
        Label("Grid", "N"),
        OnlyIf("domain", ("torus",)),
        Help("points a side of the torus grid"),
    ] = 64
    s: Annotated[
        float,
        Group("Sobolev training"),
        Span(0.0, 6.0, step=0.05),
        Label("Sobolev exponent", "s"),
        Help("of the operator P_s that the loss puts in front of the kernel"),
    ] = 0.0
    sobolev_form: Annotated[
        str,
        Options({"default": "Default of the domain", **SPHERE_FORMS, **TORUS_FORMS}),
        Label("Form of P_s"),
        Help("the papers use several, whose exponents differ by a factor of two"),
    ] = "default"
    target: Annotated[
        str,
        Options({"rough": "Rough (a jump)", "smooth": "Smooth", "file": "Own coefficients"}),
        Label("Target"),
        Help("the function that is learned"),
    ] = "rough"
    target_file: Annotated[
        OwnData | None,
        Columns(("degree", "coefficient")),
        Label("Coefficients"),
        OnlyIf("target", ("file",)),
        Help("a CSV file with one degree, or frequency, and its coefficient a row"),
    ] = None
    learning_rate: Annotated[
        float,
        Span(1e-4, 100.0, log=True),
        Label("Learning rate", "η"),
        Help("of the gradient flow"),
    ] = 1.0
    time: Annotated[
        float,
        Span(1e-2, 1e8, log=True),
        Label("Time", "t"),
        Help("for which the flow has run; animate it to see the function learned"),
    ] = 100.0
    points: Annotated[
        str,
        Group("Points"),
        Options(
            {
                "random": "Random",
                "fibonacci": "Fibonacci (S²)",
                "gauss": "Gauss grid (S²)",
                "circle": "Equispaced circle",
                "torus-grid": "Torus grid",
                "file": "Own points",
            }
        ),
        Label("Point set"),
        Help("at which the kernel matrix is taken"),
    ] = "random"
    points_file: Annotated[
        OwnData | None,
        Matrix(),
        Label("Points"),
        OnlyIf("points", ("file",)),
        Help("a .npy or CSV file, one point a row; rows are normalized"),
    ] = None
    n: Annotated[
        int, Span(4, 2000, log=True), Label("Points", "n"), Help("rows of the kernel matrix")
    ] = 200
    width: Annotated[
        int,
        Group("Finite width"),
        Span(8, 1024, log=True),
        Label("Width", "N"),
        Help("neurons of a hidden layer"),
    ] = 128
    width_profile: Annotated[
        str,
        Options({"constant": "Constant", "quadratic": "Quadratic, k²m"}),
        Label("Width profile"),
        Help("the same width in each layer, or k² times the first one's in layer k"),
    ] = "constant"
    budget: Annotated[
        int,
        Span(1000, 1_000_000, log=True),
        Label("Parameter budget", "P"),
        Help("weights of the network, shared out between depth and width"),
    ] = 20_000
    draws: Annotated[
        int, Span(2, 1000, log=True), Label("Draws"), Help("networks drawn at initialization")
    ] = 40
    seed: Annotated[int, Span(0, 2**31 - 100), Label("Seed"), Help("of every random draw")] = 0

    def __post_init__(self) -> None:
        validate(self)
        if self.target == "file" and self.target_file is None:
            raise ValueError("target is 'file' but there is no target_file; choose a file")
        if self.points == "file" and self.points_file is None:
            raise ValueError("points is 'file' but there is no points_file; choose a file")
        self._check_files()
        self._check_domain()

    def _check_files(self) -> None:
        if self.target == "file" and self.target_file is not None:
            degrees = self.target_file.columns["degree"]
            bad = (degrees < 0) | (degrees != np.floor(degrees))
            if bad.any():
                raise ValueError(
                    f"target_file holds the degree {degrees[bad][0]:g} in data row "
                    f"{int(np.argmax(bad)) + 1}; allowed: whole numbers from 0"
                )
        if self.points == "file" and self.points_file is not None:
            rows = self.points_file.matrix
            zero = np.zeros(1, bool) if rows is None else ~rows.any(axis=1)
            if zero.any():
                raise ValueError(
                    f"points_file has only zeros in row {int(np.argmax(zero)) + 1}; allowed: rows "
                    "with a direction, so remove it"
                )

    def _check_domain(self) -> None:
        if self.domain == "sphere" and self.dimension < 2:
            raise ValueError(
                "dimension is 1 and domain is 'sphere'; allowed on the sphere: dimension 2 and "
                "above (S⁰ is two points)"
            )
        if self.domain == "torus" and self.dimension > LARGEST_TORUS:
            raise ValueError(
                f"dimension is {self.dimension} and domain is 'torus'; allowed on the torus: "
                f"dimension up to {LARGEST_TORUS}"
            )
        if self.domain == "torus" and self.n_grid**self.dimension > LARGEST_GRID:
            most = int(LARGEST_GRID ** (1 / self.dimension) + 1e-9)
            raise ValueError(
                f"n_grid is {self.n_grid} and dimension {self.dimension}, a grid of "
                f"{self.n_grid**self.dimension:.2g} points; allowed at this dimension: n_grid up "
                f"to {most}"
            )
        other = SPHERE_FORMS if self.domain == "torus" else TORUS_FORMS
        if self.sobolev_form in other:
            allowed = TORUS_FORMS if self.domain == "torus" else SPHERE_FORMS
            raise ValueError(
                f"sobolev_form is {self.sobolev_form!r} and domain {self.domain!r}; allowed "
                f"there: default, {', '.join(allowed)}"
            )

    @property
    def form(self) -> str:
        """The form of P_s, with the domain's own for `default`."""
        if self.sobolev_form != "default":
            return self.sobolev_form
        return next(iter(TORUS_FORMS if self.domain == "torus" else SPHERE_FORMS))
