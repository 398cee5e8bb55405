"""What the attention methods can be told: no torch in here, so that it is quick to import.

Methods by key: naive softmax, fused (torch's own), FAVOR+ (plain, centred, chunked), Nyström,
coreset, first-order Taylor, mean of V.
"""

from __future__ import annotations

from dataclasses import dataclass

KEYS = (
    "naive",
    "fused",
    "favor",
    "favor-centred",
    "favor-chunked",
    "nystrom",
    "coreset",
    "taylor",
    "mean",
)

PIVOTS = ("cholesky", "uniform")


@dataclass(frozen=True)
class AttentionOptions:
    """Settings of the approximations; each method reads its own.

    Attributes:
        features: m, the rows of FAVOR+'s projection, at least 1.
        chunk: tokens at a time of "favor-chunked", at least 1.
        landmarks: r, Nyström's segments, at least 1.
        iterations: Newton–Schulz steps for Nyström's pseudo-inverse; None: the exact one.
        coreset_size: keys in the coreset, at least 1.
        pivots: "cholesky" or "uniform".
        temperature: τ of the coreset's kernel, above 0.
        seed: of the projection and the pivots.
    """

    features: int = 256
    chunk: int = 512
    landmarks: int = 64
    iterations: int | None = 6
    coreset_size: int = 64
    pivots: str = "cholesky"
    temperature: float = 0.7
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("features", "chunk", "landmarks", "coreset_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)!r}: must be at least 1")
        if self.iterations is not None and self.iterations < 0:
            raise ValueError(f"iterations = {self.iterations!r}: must be at least 0, or None")
        if self.pivots not in PIVOTS:
            raise ValueError(f"pivots = {self.pivots!r}: must be one of {', '.join(PIVOTS)}")
        if not self.temperature > 0.0:
            raise ValueError(f"temperature = {self.temperature!r}: must be above 0")
