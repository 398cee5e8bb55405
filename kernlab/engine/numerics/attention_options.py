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

NEWTON_GROWTH = 3.25
"""Factor by which a Newton–Schulz step multiplies what lies in the null space."""


def outgrows(iterations: int | None, eps: float) -> bool:
    """Whether rounding errors of size eps grow above 1 in this many Newton–Schulz steps.

    What rounding leaves in the null space of A grows by `NEWTON_GROWTH` a step: from 14 steps on
    in float32 (eps = 2⁻²³), from 31 on in float64. None (no steps) never does.
    """
    return iterations is not None and NEWTON_GROWTH**iterations * eps > 1.0


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
