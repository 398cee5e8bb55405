"""What can be dragged in the attention-timing panel, and its methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.parameters import (
    Arrays,
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
    "naive": "Softmax, naive",
    "fused": "Softmax, fused (SDPA)",
    "favor": "FAVOR+",
    "favor-centred": "FAVOR+, centred",
    "favor-chunked": "FAVOR+, chunked",
    "nystrom": "Nyström",
    "coreset": "Coreset of keys",
    "taylor": "Taylor, first order",
    "mean": "Mean of V",
}
SHORT = {
    "naive": "naive",
    "fused": "fused",
    "favor": "FAVOR+",
    "favor-centred": "FAVOR+ centred",
    "favor-chunked": "FAVOR+ chunked",
    "nystrom": "Nyström",
    "coreset": "coreset",
    "taylor": "Taylor",
    "mean": "mean of V",
}
EXACT = ("naive", "fused")
FAVOR = ("favor", "favor-centred", "favor-chunked")
SHOWN = {key: METHODS[key] for key in METHODS if key not in EXACT}
LENGTHS = (256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536)
LENGTH_NAMES = {str(n): f"{n:,}".replace(",", "\u202f") for n in LENGTHS}
LONGEST_ON_CPU = 16_384
DTYPES = {
    "float32": "float32",
    "float64": "float64",
    "bfloat16": "bfloat16 (GPU)",
    "float16": "float16 (GPU)",
}
ENTRY = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}
"""Bytes of a number."""
ON_GPU_ONLY = ("bfloat16", "float16")
INPUTS = {
    "gaussian": "Standard normal",
    "smooth": "Smooth along the sequence",
    "clustered": "In 32 clusters",
    "file": "Your own Q, K, V",
}

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    """What can be dragged."""

    lengths: Annotated[
        tuple[str, ...],
        Group("Problem"),
        Options(LENGTH_NAMES),
        Label("Lengths", "n"),
        Help("sequence lengths; above 16 384 on a GPU only"),
    ] = ("256", "512", "1024", "2048", "4096")
    batch: Annotated[int, Span(1, 64, log=True), Label("Batch", "B"), Help("sequences at once")] = 1
    heads: Annotated[
        int, Span(1, 64, log=True), Label("Heads", "H"), Help("attention heads a sequence")
    ] = 8
    head_dim: Annotated[
        int,
        Span(8, 256, log=True),
        Label("Head dimension", "d"),
        Help("entries of a query, a key and a value"),
    ] = 64
    dtype: Annotated[
        str,
        Options(DTYPES),
        Label("Number type"),
        Help("of Q, K, V and of the methods; errors are always measured against float64"),
    ] = "float32"
    device: Annotated[
        str,
        Options({"cpu": "CPU", "cuda": "NVIDIA GPU"}),
        Label("Device"),
        Help("where the methods run"),
    ] = "cpu"
    methods: Annotated[
        tuple[str, ...],
        Group("Methods"),
        Options(METHODS),
        Label("Methods"),
        Help("timed against each other, and against the first of them as baseline"),
    ] = ("naive", "fused", "favor", "nystrom", "coreset", "mean")
    m: Annotated[
        int,
        Span(8, 4096, log=True),
        Label("Random features", "m"),
        OnlyIf("methods", FAVOR),
        Help("of FAVOR+"),
    ] = 256
    landmarks: Annotated[
        int,
        Span(4, 512, log=True),
        Label("Landmarks", "r"),
        OnlyIf("methods", ("nystrom",)),
        Help("segment means of Nyström attention"),
    ] = 64
    iterations: Annotated[
        int,
        Span(0, 40),
        Label("Newton–Schulz steps"),
        OnlyIf("methods", ("nystrom",)),
        Help("for the pseudo-inverse of the landmarks' softmax; published: 6"),
    ] = 6
    coreset_size: Annotated[
        int,
        Span(4, 1024, log=True),
        Label("Coreset size"),
        OnlyIf("methods", ("coreset",)),
        Help("keys that are kept"),
    ] = 64
    pivots: Annotated[
        str,
        Options({"cholesky": "Randomly pivoted Cholesky", "uniform": "Uniform"}),
        Label("Pivots"),
        OnlyIf("methods", ("coreset",)),
        Help("how the keys of the coreset are chosen"),
    ] = "cholesky"
    temperature: Annotated[
        float,
        Span(0.05, 3.0),
        Label("Coreset temperature", "τ"),
        OnlyIf("methods", ("coreset",)),
        Help("scale of the keys in the Gaussian kernel of the coreset"),
    ] = 0.7
    shown: Annotated[
        str,
        Options(SHOWN),
        Label("Shown as a matrix"),
        Help("whose approximation of the attention matrix is drawn"),
    ] = "nystrom"
    input: Annotated[
        str,
        Group("Input"),
        Options(INPUTS),
        Label("Input"),
        Help("where Q, K and V come from; entries have variance 1 before the scale"),
    ] = "smooth"
    input_scale: Annotated[
        float,
        Span(0.01, 20.0, log=True),
        Label("Scale of Q"),
        Help("multiplies the queries, and so the exponents q·k/√d"),
    ] = 1.0
    input_file: Annotated[
        OwnData | None,
        Arrays(("q", "k", "v"), axes=(2, 4)),
        Label("Q, K, V"),
        OnlyIf("input", ("file",)),
        Help("arrays q, k, v of the shape (n, d), (heads, n, d) or (batch, heads, n, d)"),
    ] = None
    rounds: Annotated[
        int,
        Group("Timing"),
        Span(7, 100, log=True),
        Label("Rounds"),
        Help("timings of each method, in an order shuffled in every round"),
    ] = 7
    threads: Annotated[
        int, Span(1, 64, log=True), Label("Threads"), Help("of the CPU; at most those it has")
    ] = 1
    memory_limit: Annotated[
        float,
        Span(0.1, 128.0, log=True, unit="GB"),
        Label("Memory limit"),
        Help("a method is not run at a length where it is predicted to need more"),
    ] = 2.0
    seed: Annotated[
        int, Span(0, 2**31 - 1), Label("Seed"), Help("of inputs, features, pivots and rounds")
    ] = 1

    def __post_init__(self) -> None:
        validate(self)
        if self.device == "cpu" and self.dtype in ON_GPU_ONLY:
            raise ValueError(
                f"dtype is {self.dtype!r} and device 'cpu'; allowed there: float32, float64"
            )
        if self.device == "cpu" and self.longest > LONGEST_ON_CPU:
            raise ValueError(
                f"lengths holds {self.longest} and device is 'cpu'; allowed there: "
                f"up to {LONGEST_ON_CPU}"
            )
        if self.input == "file":
            self._check_file()

    def _check_file(self) -> None:
        if self.input_file is None:
            raise ValueError("input is 'file' but there is no input_file; choose a file")
        q, k, v = self.given
        if not q.shape == k.shape == v.shape:
            raise ValueError(
                f"input_file has q {_shape(q)}, k {_shape(k)}, v {_shape(v)}; "
                "allowed: three arrays of the same shape"
            )
        if q.shape[2] < 2:
            raise ValueError(f"input_file has sequences of length {q.shape[2]}; allowed: from 2")

    @property
    def given(self) -> tuple[Array, Array, Array]:
        """Q, K, V of the file, each (batch, heads, n, d)."""
        assert self.input_file is not None
        arrays = [self.input_file.arrays[name] for name in ("q", "k", "v")]
        q, k, v = (a.reshape((1,) * (4 - a.ndim) + a.shape) for a in arrays)
        return q, k, v

    @property
    def from_file(self) -> bool:
        """Whether Q, K, V are the user's own."""
        return self.input == "file"

    @property
    def longest(self) -> int:
        """The longest of the chosen lengths."""
        return max(int(n) for n in self.lengths)

    @property
    def grid(self) -> tuple[int, ...]:
        """The lengths that are measured: the chosen ones up to a file's own, and that one."""
        chosen = sorted(int(n) for n in self.lengths)
        if not self.from_file:
            return tuple(chosen)
        own = int(self.given[0].shape[2])
        return (*(n for n in chosen if n < own), own)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Batch, heads and head dimension: a file has its own."""
        if not self.from_file:
            return self.batch, self.heads, self.head_dim
        shape = self.given[0].shape
        return int(shape[0]), int(shape[1]), int(shape[3])

    @property
    def baseline(self) -> str:
        """What times are compared with: the fused softmax, or the first method chosen."""
        return "fused" if "fused" in self.methods else self.methods[0]


def name_of(method: str) -> str:
    """A method's short name at the beginning of a sentence."""
    name = SHORT[method]
    return name[0].upper() + name[1:]


def _shape(array: Array) -> str:
    return " × ".join(map(str, array.shape))
