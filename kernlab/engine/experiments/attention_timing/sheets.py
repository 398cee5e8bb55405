"""The sheets of the attention-timing panel: growth and crossovers, and Table 3 beside ours."""

from __future__ import annotations

from kernlab.engine.contract.experiment import Tables
from kernlab.engine.contract.figure import Column, Sheet
from kernlab.engine.experiments.attention_timing.errors import diverged
from kernlab.engine.experiments.attention_timing.parameters import SHORT, Parameters

PAPER = "the paper: a T4 GPU, batch 8, no errors, number type, r, m or heads stated"


def sheets(p: Parameters, tables: Tables, view: str) -> tuple[Sheet, Sheet]:
    """Two sheets, of times both."""
    fits = Sheet(
        "growth",
        "Growth and crossovers",
        view,
        "fits",
        (
            Column("label", "method"),
            Column("lengths", "fitted over n"),
            Column("exponent_text", "exponent of n (95 %)"),
            Column("crossover_text", f"faster than {SHORT[p.baseline]} from n (95 %)"),
        ),
        note="bootstrap intervals over the rounds; crossovers interpolated in log n and log t",
        timing=True,
    )
    beside = Sheet(
        "table-3",
        "Table 3 of the paper, with errors",
        view,
        "beside",
        (
            Column("n", "n"),
            Column("fused", "fused", 3),
            Column("favor", "FAVOR+", 3),
            Column("nystrom", "Nyström", 3),
            Column("favor_error", "FAVOR+ error", 3),
            Column("nystrom_error", "Nyström error", 3),
            Column("mean_error", "mean of V error", 3),
            Column("fused_paper", "paper: xFormers", 3),
            Column("favor_paper", "paper: Performer", 3),
            Column("nystrom_paper", "paper: Nyström", 3),
        ),
        note="; ".join(part for part in (diverged(p, tables), PAPER) if part),
        timing=True,
    )
    return fits, beside
