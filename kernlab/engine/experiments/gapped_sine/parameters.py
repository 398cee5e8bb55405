"""What can be dragged in the gapped-sine panel, its methods, and its presets."""

from __future__ import annotations

import math
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

METHODS = {
    "exact": "Exact GP",
    "krr": "Kernel ridge",
    "iid": "i.i.d. features",
    "orthogonal": "Orthogonal (in d = 1: i.i.d.)",
    "unit": "Paper's ω = ±1",
    "qr-vector": "QR of the m×1 vector",
    "halton": "Halton features",
    "gauss-hermite": "Gauss–Hermite",
    "nystrom-sor": "Nyström, SoR variance",
    "nystrom-dtc": "Nyström, DTC variance",
}
SHORT = {
    "exact": "Exact GP",
    "krr": "Kernel ridge",
    "iid": "i.i.d.",
    "orthogonal": "Orthogonal",
    "unit": "ω = ±1",
    "qr-vector": "QR of vector",
    "halton": "Halton",
    "gauss-hermite": "Gauss–Hermite",
    "nystrom-sor": "Nyström SoR",
    "nystrom-dtc": "Nyström DTC",
}


@dataclass(frozen=True)
class Parameters:
    """What can be dragged."""

    dataset: Annotated[
        str,
        Group("Data"),
        Options(
            {
                "free": "Random points",
                "paper-1": "Paper, data set 1",
                "paper-2": "Paper, data set 2",
                "file": "Your own file",
            }
        ),
        Help("random points with any gap, the source's two data sets, or a CSV of your own"),
    ] = "free"
    data_file: Annotated[
        OwnData | None,
        Columns(("x", "y")),
        Label("File"),
        OnlyIf("dataset", ("file",)),
        Help("a CSV with the columns x and y; a tenth of its rows is held out"),
    ] = None
    n: Annotated[
        int,
        Span(50, 10_000_000, log=True),
        Label("Points", "n"),
        OnlyIf("dataset", ("free",)),
        Help("points drawn over the whole domain; the gap removes some of them"),
    ] = 2500
    domain: Annotated[
        float,
        Span(1, 20, step=0.1, unit="rad"),
        Label("Domain", "±"),
        OnlyIf("dataset", ("free",)),
        Help("x lies between minus and plus this value"),
    ] = 2 * math.pi
    gap_center: Annotated[
        float,
        Span(-10, 10, step=0.05, unit="rad"),
        Label("Gap centre"),
        OnlyIf("dataset", ("free",)),
        Help("middle of the interval without data"),
    ] = 0.0
    gap_width: Annotated[
        float,
        Span(0, 12, step=0.05, unit="rad"),
        Label("Gap width"),
        OnlyIf("dataset", ("free",)),
        Help("length of the interval without data"),
    ] = 2 * math.pi
    noise: Annotated[
        float,
        Span(0, 2, step=0.01),
        Label("Noise", "s"),
        OnlyIf("dataset", ("free", "paper-1", "paper-2")),
        Help("standard deviation of the noise on y"),
    ] = 0.1
    lengthscale: Annotated[
        float,
        Group("Model"),
        Span(0.05, 10, log=True, unit="rad"),
        Label("Lengthscale", "σ"),
        Help("of the kernel exp(−(x − x′)²/(2σ²))"),
    ] = 1.0
    ridge: Annotated[
        float,
        Span(1e-8, 10, log=True),
        Label("Ridge", "α"),
        Help("added to the diagonal of K: the variance of the noise that the model believes in"),
    ] = 0.01
    methods: Annotated[
        tuple[str, ...],
        Group("Approximations"),
        Options(SHORT),
        Label("Methods"),
        Help("what is fitted and drawn"),
    ] = ("exact", "iid", "gauss-hermite")
    m: Annotated[
        int,
        Span(1, 500, log=True),
        Label("Frequencies", "m"),
        Help("frequencies, so D = 2m features; or landmarks"),
    ] = 25
    feature_scale: Annotated[
        float,
        Span(0.25, 4, log=True),
        Label("Feature scale"),
        Help("multiplies the weights: 2 gives the √(2/m) of the source's Table 2"),
    ] = 1.0
    landmarks: Annotated[
        str,
        Options({"cholesky": "Pivoted Cholesky", "kmeans": "k-means", "uniform": "Uniform"}),
        Label("Landmarks"),
        OnlyIf("methods", ("nystrom-sor", "nystrom-dtc")),
        Help("how Nyström chooses its landmarks"),
    ] = "cholesky"
    dimension: Annotated[
        int,
        Span(1, 16),
        Label("Dimension", "d"),
        Help("of the points in the figure of the kernel error against distance"),
    ] = 1
    seed: Annotated[
        int, Group("Randomness"), Span(0, 2**31 - 1), Label("Seed"), Help("of every random draw")
    ] = 1

    def __post_init__(self) -> None:
        validate(self)
        if self.dataset == "file" and self.data_file is None:
            raise ValueError("dataset is 'file' but there is no data_file; choose a CSV file")


def approximations(p: Parameters) -> list[str]:
    """The chosen methods that are feature maps."""
    return [name for name in p.methods if name not in ("exact", "krr")]


def suffix(method: str) -> str:
    return "" if method == "exact" else "_" + method.replace("-", "_")
