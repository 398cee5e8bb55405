"""What can be dragged in the least-squares panel, and the names of its data and modes."""

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
from kernlab.engine.experiments.least_squares_attention import target

DATA = {
    "diabetes": "Diabetes, 442 × 10",
    "breast-cancer": "Breast cancer, 569 × 30",
    "digits": "Digits, 1797 × 64",
    "longley": "Longley, 16 × 6",
    "simulated": "Simulated in Hˢ",
    "file": "Your own file",
}
MODES = {
    "ols": "Least squares",
    "ridge": "Ridge",
    "pcr": "Principal components",
    "kernel-ridge": "Kernel ridge",
    "softmax": "Softmax attention",
}
PROJECTIONS = {
    "none": "None",
    "shared": "One, W_Q = W_K",
    "separate": "Two, W_Q ≠ W_K",
}


@dataclass(frozen=True)
class Parameters:
    """What can be dragged."""

    data: Annotated[
        str,
        Group("Data"),
        Options(DATA),
        Label("Data"),
        Help("rows of features with a target each"),
    ] = "diabetes"
    data_file: Annotated[
        OwnData | None,
        Matrix(),
        Label("File"),
        OnlyIf("data", ("file",)),
        Help("CSV with or without a header, or .npy: one row a case; code categories as numbers"),
    ] = None
    target_column: Annotated[
        str,
        Text(check=target.written, example=target.LAST),
        Label("Target column"),
        OnlyIf("data", ("file",)),
        Help("the column to predict: its name in the header, else its number from 1, or last"),
    ] = target.LAST
    mode: Annotated[
        str,
        Group("Model"),
        Options(MODES),
        Label("Method"),
        Help("how the training targets are weighed"),
    ] = "ridge"
    ridge: Annotated[
        float,
        Span(1e-6, 1e6, log=True),
        Label("Ridge", "λ"),
        OnlyIf("mode", ("ridge", "kernel-ridge")),
        Help("of ‖y − Xb‖² + λ‖b‖²; a loss divided by n calls λ/n what is λ here"),
    ] = 10.0
    rank: Annotated[
        int,
        Span(1, 500, log=True),
        Label("Components", "r"),
        OnlyIf("mode", ("pcr",)),
        Help("principal components that are kept; all where there are fewer"),
    ] = 5
    temperature: Annotated[
        float,
        Span(0.01, 100, log=True),
        Label("Temperature", "τ"),
        OnlyIf("mode", ("softmax",)),
        Help("of softmax(q·k/(√d τ)); 1 is attention's own"),
    ] = 1.0
    lengthscale: Annotated[
        float,
        Span(0.05, 100, log=True),
        Label("Lengthscale", "ℓ"),
        OnlyIf("mode", ("kernel-ridge",)),
        Help("of the Gaussian kernel exp(−‖x − x′‖²/(2ℓ²))"),
    ] = 3.0
    intercept: Annotated[
        bool,
        Label("Intercept"),
        Help("an unpenalized constant; with it each row of weights sums to 1"),
    ] = True
    standardize: Annotated[
        bool,
        Label("Standardize"),
        OnlyIf("data", ("diabetes", "breast-cancer", "digits", "longley", "file")),
        Help("columns to mean 0 and deviation 1 on the training rows; simulated ones stay"),
    ] = True
    projections: Annotated[
        str,
        Options(PROJECTIONS),
        Label("Projections", "W_Q, W_K"),
        Help("random square maps of the features to queries and keys"),
    ] = "none"
    order: Annotated[
        str,
        Group("Look at"),
        Options({"features": "First component", "target": "Target"}),
        Label("Rows by"),
        Help("how rows are counted: by their first principal component (simulated: x), or target"),
    ] = "features"
    test_row: Annotated[
        int,
        Span(1, 100_000, log=True),
        Label("Test row"),
        Help("counted in that order; the last one where there are fewer; click the map"),
    ] = 40
    train_row: Annotated[
        int,
        Span(1, 100_000, log=True),
        Label("Training row"),
        Help("counted in that order; the last one where there are fewer; click the map"),
    ] = 200
    split: Annotated[
        str,
        Group("Split"),
        Options({"random": "Random rows", "last": "The last rows"}),
        Label("Test rows"),
        Help("which rows are held out"),
    ] = "random"
    test_fraction: Annotated[
        float,
        Span(0.01, 0.9, step=0.01),
        Label("Test fraction"),
        Help("share of the rows that is held out, one row at least"),
    ] = 0.25
    seed: Annotated[
        int,
        Span(0, 2**31 - 100),
        Label("Seed"),
        Help("of the split, the simulation, and every projection"),
    ] = 0
    heads: Annotated[
        int,
        Group("Heads"),
        Span(1, 16),
        Label("Heads", "h"),
        Help("ridge models, each on a part of the features"),
    ] = 4
    head_kind: Annotated[
        str,
        Options({"subsets": "Feature subsets", "projections": "Random projections"}),
        Label("A head sees"),
        Help("a share of the columns, or as many random combinations of all"),
    ] = "subsets"
    rows: Annotated[
        int,
        Group("Simulated data"),
        Span(20, 100_000, log=True),
        Label("Rows", "n + m"),
        OnlyIf("data", ("simulated",)),
        Help("simulated rows, training and test together"),
    ] = 400
    features: Annotated[
        int,
        Span(2, 1000, log=True),
        Label("Features", "p"),
        OnlyIf("data", ("simulated",)),
        Help("simulated features: Fourier modes, weighted by k^−s"),
    ] = 100
    smoothness: Annotated[
        float,
        Span(0.75, 4, step=0.05),
        Label("Smoothness", "s"),
        Help("of the simulated function and of its kernel, in Hˢ on the circle"),
    ] = 1.5
    noise: Annotated[
        float,
        Span(0.01, 3, log=True),
        Label("Noise", "σ"),
        Help("standard deviation of the noise on simulated targets; the function has 1"),
    ] = 0.5

    def __post_init__(self) -> None:
        validate(self)
        if self.data != "file":
            return
        if self.data_file is None or self.data_file.matrix is None:
            raise ValueError("data is 'file' but there is no data_file; choose a file")
        rows, columns = self.data_file.matrix.shape
        if rows < 4:
            raise ValueError(f"data_file has {rows} rows; allowed: at least 4")
        try:
            target.place_of(self.target_column, self.data_file.names, columns)
        except ValueError as error:
            raise ValueError(f"target_column {error}") from None

    @property
    def target_place(self) -> int:
        """The place of the target in the columns of the own file, from 0."""
        assert self.data_file is not None and self.data_file.matrix is not None
        columns = self.data_file.matrix.shape[1]
        return target.place_of(self.target_column, self.data_file.names, columns)

    @property
    def target_name(self) -> str:
        """What the target of the own file is called; empty where it has no name."""
        if self.data != "file" or self.data_file is None or not self.data_file.names:
            return ""
        return target.called(self.data_file.names, [self.target_place])[0]

    @property
    def source(self) -> tuple[object, ...]:
        """What the rows and their split depend on."""
        if self.data == "file" and self.data_file is not None:
            own: tuple[object, ...] = (self.data_file.sha256, self.target_place)
        elif self.data == "simulated":
            own = (self.rows, self.features, self.smoothness, self.noise)
        else:
            own = (self.data,)
        return (*own, self.split, self.test_fraction, self.seed, self.scaling)

    @property
    def scaling(self) -> str:
        """What happens to features that are read: `standard`, `centred` or `none`.

        Where a shift changes nothing, they are centred before anything is made of them: of a
        large mean, rounding leaves what would count as a feature. Softmax attention is not so.
        """
        if self.data == "simulated":
            return "none"
        if self.standardize:
            return "standard"
        return "centred" if self.intercept and self.mode != "softmax" else "none"
