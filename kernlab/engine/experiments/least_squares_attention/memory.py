"""The memory that a least-squares run needs: the rows, their turned copies, and n × n matrices."""

from __future__ import annotations

from kernlab.engine.contract.experiment import Fidelity
from kernlab.engine.contract.memory import Memory
from kernlab.engine.experiments.least_squares_attention.bench import KERNEL_ROWS, WHOLE
from kernlab.engine.experiments.least_squares_attention.data_sets import counts
from kernlab.engine.experiments.least_squares_attention.measures import ROWS
from kernlab.engine.experiments.least_squares_attention.parameters import Parameters

FLOAT = 8
SMALL = 12_000_000
SLICES = 60_000_000
"""Bytes of the slices of a long pass over many rows."""


def predicted(p: Parameters, fidelity: Fidelity) -> Memory:
    """The peak of a run of all views, and the parameter that most of it belongs to."""
    n, m, columns = counts(p)
    rows = n + m
    kernel = p.mode in ("kernel-ridge", "softmax")
    if kernel:
        n, m = min(n, KERNEL_ROWS), min(m, KERNEL_ROWS)
    copies = 1.5 if p.projections == "none" else 3.5
    features = FLOAT * copies * (n + m) * columns
    if n * columns * min(n, columns) <= WHOLE:
        features += FLOAT * 4 * n * min(n, columns)
    else:
        features += SLICES + FLOAT * 6 * columns**2
    square = FLOAT * 6 * n**2 if kernel else 0
    claims = FLOAT * 8 * min(n, ROWS) ** 2 if fidelity == "full" else 0
    own = FLOAT * rows * columns if p.data == "file" else 0
    total = SMALL + features + square + claims + own
    parameter = {"simulated": "rows", "file": "data_file"}.get(p.data, "test_fraction")
    return Memory(int(total), parameter)
