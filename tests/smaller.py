"""Parameters that keep a run short, for experiments whose defaults take longer than 4 s."""

from __future__ import annotations

from typing import Any

from kernlab.engine.contract.experiment import Experiment

SMALLER: dict[str, dict[str, Any]] = {
    "entrywise-rank": {"n": 24, "rank": 4, "repeats": 1},
    "spectra": {"n": 20, "draws": 4, "max_degree": 200},
    "attention-timing": {
        "lengths": ("256", "512"),
        "heads": 1,
        "methods": ("fused", "nystrom", "mean"),
    },
}


def parameters_of(experiment: Experiment) -> Any:
    """The defaults, or smaller ones."""
    return experiment.Parameters(**SMALLER.get(experiment.key, {}))
