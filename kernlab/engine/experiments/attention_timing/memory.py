"""The memory that an attention-timing run needs: its tensors and its hungriest method."""

from __future__ import annotations

from kernlab.engine.contract.experiment import Fidelity
from kernlab.engine.contract.memory import Memory
from kernlab.engine.experiments.attention_timing.bench import PREVIEW
from kernlab.engine.experiments.attention_timing.methods import (
    input_bytes,
    predicted_bytes,
    refused,
)
from kernlab.engine.experiments.attention_timing.parameters import Parameters

SMALL = 250_000_000
"""PyTorch itself, the matrices of the other views, and the tables."""
CHILD = 250_000_000
"""PyTorch once more, in the process that measures peaks."""
EXACT_ROWS = 260 * 3 * 8
"""Bytes a token of the exact rows in float64."""


def predicted(p: Parameters, fidelity: Fidelity) -> Memory:
    """The peak of a run of all views, and the parameter that most of it belongs to."""
    if fidelity == "coarse":
        return Memory(SMALL + 4 * input_bytes(p, min(p.grid[0], PREVIEW[-1])), "heads")
    n = p.grid[-1]
    cells = [predicted_bytes(p, method, n) for n in p.grid for method in p.methods
             if not refused(p, method, n)]  # fmt: skip
    tensors = 3 * input_bytes(p, n) + EXACT_ROWS * n
    hungriest = max(cells, default=0)
    largest = "memory_limit" if hungriest > tensors else "input_file" if p.from_file else "heads"
    on_gpu = p.device == "cuda"
    return Memory(SMALL + CHILD + tensors + (0 if on_gpu else hungriest), largest)
