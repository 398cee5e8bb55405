"""Table 3 of paper 000: seconds a forward pass on a T4 GPU, batch 8, means of 50 runs.

The paper states neither error, number type, r, m, heads nor spread.
"""

from __future__ import annotations

PRESET = "The paper's Table 3 setting"
BATCH = 8
LENGTHS = (256, 512, 1024, 2048, 4096, 8192, 16_384)
SECONDS = {
    "fused": (0.0035, 0.0044, 0.0099, 0.0270, 0.0794, 0.2585, 0.9018),
    "favor": (0.0044, 0.0064, 0.0123, 0.0244, 0.0514, 0.0993, 0.1922),
    "nystrom": (0.0059, 0.0071, 0.0121, 0.0176, 0.0355, 0.0673, 0.1334),
}
"""By our names: xFormers is `fused`, Performer `favor`."""


def growth(method: str, low: int = 4096, high: int = 16_384) -> float:
    """How many times longer a method takes at one length of the table than at another."""
    times = dict(zip(LENGTHS, SECONDS[method], strict=True))
    return times[high] / times[low]
