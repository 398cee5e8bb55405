"""The memory that runs are predicted to need, beside the peaks that they reach.

Each case runs in a process of its own, after a small run that imports and compiles what is
needed; the peak is of the resident memory, above what was resident before. Linux only. The
prediction is to be within a factor of two, which is what the memory guard relies on.

    python -m benchmarks.memory
"""

from __future__ import annotations

import ctypes
import gc
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kernlab  # (sets the number of BLAS threads before NumPy is imported)

# isort: split
import numpy as np

from benchmarks.measuring import line, machine, section
from kernlab import headless
from kernlab.engine import catalogue
from kernlab.engine.contract.memory import size

MANY = ["exact", "iid", "orthogonal", "halton", "gauss-hermite", "nystrom-sor"]
SMALLEST: dict[str, dict[str, Any]] = {
    "gapped-sine": {"n": 50, "gap_width": 0.0},
    "vandermonde": {"n": 2, "m": 2, "repeats": 2},
    "spectra": {"n": 4, "draws": 2, "max_degree": 20, "n_grid": 8, "width": 8},
}
CASES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("gapped-sine", "full", {}),
    ("gapped-sine", "full", {"n": 1_000_000}),
    ("gapped-sine", "full", {"n": 3_000_000, "m": 100}),
    ("gapped-sine", "full", {"n": 10_000_000}),
    ("gapped-sine", "full", {"n": 10_000_000, "domain": 20.0}),
    ("gapped-sine", "full", {"m": 500}),
    ("gapped-sine", "full", {"m": 500, "methods": MANY}),
    ("gapped-sine", "full", {"lengthscale": 0.05, "domain": 20.0}),
    ("gapped-sine", "full", {"rows": 5_000_000}),
    ("gapped-sine", "coarse", {"n": 10_000_000}),
    ("gapped-sine", "coarse", {"m": 500}),
    ("gapped-sine", "coarse", {"lengthscale": 0.05, "domain": 20.0}),
    ("vandermonde", "full", {}),
    ("vandermonde", "full", {"n": 100}),
    ("vandermonde", "full", {"n": 200}),
    ("vandermonde", "coarse", {"n": 200}),
    ("spectra", "full", {}),
    ("spectra", "full", {"n": 1000}),
    ("spectra", "full", {"n": 2000}),
    ("spectra", "full", {"domain": "torus", "dimension": 1, "n_grid": 1024}),
    ("spectra", "full", {"domain": "torus", "dimension": 2, "n_grid": 1024}),
    ("spectra", "full", {"domain": "torus", "dimension": 3, "n_grid": 128}),
    ("spectra", "full", {"draws": 1000}),
    ("spectra", "full", {"draws": 1000, "width": 1024, "depth": 10}),
    ("spectra", "full", {"depth": 1000, "dimension": 50}),
    ("spectra", "full", {"domain": "gaussian", "depth": 100}),
    ("spectra", "coarse", {"n": 2000}),
    ("spectra", "coarse", {"domain": "torus", "dimension": 2, "n_grid": 1024}),
)


def main() -> None:
    """Print the table."""
    machine()
    section("memory: predicted, measured")
    for key, fidelity, values in CASES:
        what = ", ".join(f"{name} = {value}" for name, value in values.items())
        what = what.replace(", ".join(map(repr, MANY)), "six of them")
        job = json.dumps([key, fidelity, values])
        out = subprocess.run(
            [sys.executable, "-m", "benchmarks.memory", job], check=True, capture_output=True
        )
        predicted, measured = json.loads(out.stdout)
        ratio = predicted / measured
        figures = f"{size(measured)} ({ratio:.2f})"
        line(f"{key}, {fidelity} {what}", size(predicted), figures, 0.5 <= ratio <= 2)


def measure(key: str, fidelity: str, values: Mapping[str, Any]) -> tuple[int, int]:
    """Predicted and measured peak of a run of all views, in this process."""
    experiment = catalogue.get(key)
    kernlab.run(key, **SMALLEST[key])
    parameters = headless.build(experiment, _with_data(values))
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    before = _status("VmRSS")
    chosen: Any = fidelity
    views = headless.all_views(experiment) if fidelity == "full" else experiment.views
    for _ in headless.run_steps(experiment, parameters, chosen, views):
        pass
    predict: Any = experiment
    return predict.memory(parameters, fidelity).bytes, _status("VmHWM") - before


def _with_data(values: Mapping[str, Any]) -> dict[str, Any]:
    rest = dict(values)
    rows = rest.pop("rows", 0)
    if rows:
        x = np.random.default_rng(1).random(rows) * 12
        rest |= {"dataset": "file", "data_file": {"x": x, "y": np.sin(x)}}
    return rest


def _status(name: str) -> int:
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) * 1024 for row in rows if row.startswith(name + ":"))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(*json.loads(sys.argv[1]))))
    else:
        main()
