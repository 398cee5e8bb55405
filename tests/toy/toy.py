"""Toy: is the level low? Nothing but what the tests of the machinery need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim, Preset, Statement
from kernlab.engine.contract.experiment import CLAIMS, Fidelity, Landmark, Step, Tables
from kernlab.engine.contract.figure import Axis, Column, Figure, Line, Sheet, Style
from kernlab.engine.contract.parameters import (
    Columns,
    Group,
    Help,
    Label,
    Options,
    OwnData,
    Span,
    validate,
)
from kernlab.engine.contract.table import Table, summary

LEVEL_AT, N_AT, SHIFT_AT = 7.5, 1234, 0.0


@dataclass(frozen=True)
class Parameters:
    n: Annotated[
        int, Span(10, 1_000_000, log=True), Label("Points", "n"), Group("Data"), Help("how many")
    ] = 100
    level: Annotated[float, Span(1e-3, 1e3, log=True, unit="V"), Help("100 % of <it>.")] = 1.0
    shift: Annotated[float, Span(-5, 5), Help("to the right")] = 0.5
    shape: Annotated[str, Options({"sine": "Sine", "line": "Line"}), Help("of the curve")] = "sine"
    methods: Annotated[tuple[str, ...], Options({"a": "A", "b": "B"}), Help("compared")] = ("a",)
    noisy: Annotated[bool, Help("adds noise")] = False
    data_file: Annotated[OwnData | None, Columns(("x", "y")), Help("your own")] = None
    seed: Annotated[int, Span(0, 2**31 - 1), Help("of the noise")] = 1

    def __post_init__(self) -> None:
        validate(self)
        if self.shape == "line" and self.level > 500:
            raise ValueError(f"level is {self.level:g}; allowed: at most 500 for a line")


_low = Statement("T1", "the level is <low>", "level ≤ 7.5", "level ≤ 7.5", "here", figure="curve")
_few = Statement("T2", "there are few points", "n ≤ 1234", "n ≤ 1234", "here")
_right = Statement("T3", "the shift is positive", "shift > 0", "shift > 0", "here", preset="Left")
_always = Statement("T4", "true", "true", "true", "nowhere")


class Toy:
    key = "toy"
    title = "Toy & co"
    question = "Is the level low?"
    icon = ""
    exclusive = False
    views = ("Curve", "Numbers")
    presets = (
        Preset("Left", {"shift": -2.0, "level": 3.0}, "the shift"),
        Preset("High level", {"level": 100.0}, "the level"),
    )
    Parameters = Parameters

    def run(self, p: Any, fidelity: Fidelity, cache: Cache, views: Sequence[str]) -> Iterator[Step]:
        rows = p.n if fidelity == "full" else min(p.n, 20)
        x = np.linspace(-1, 1, rows) if p.data_file is None else p.data_file.columns["x"]
        y = p.level * (np.sin(x + p.shift) if p.shape == "sine" else x)
        if p.noisy:
            y = y + np.random.default_rng([p.seed, 0]).standard_normal(x.size)
        if "Curve" in views:
            yield Step(0.3, "the curve", {"curve": Table({"x": x, "y": y}, {"y": "V"})})
        if "Numbers" in views:
            yield Step(0.6, "the numbers", {"summary": summary(mean=float(y.mean()), n=x.size)})
        if CLAIMS in views:
            yield Step(0.9, "the claims", {"measured": summary(level=p.level, n=p.n)})

    def figures(self, p: Any, tables: Tables) -> list[Figure | Sheet]:
        style = Style("trace1")
        curve = Figure(
            "curve", "A curve", "Curve", Axis("x"), Axis("y"), [Line("curve", "x", "y", style)]
        )
        numbers = Sheet("numbers", "Numbers", "Numbers", "summary", (Column("mean", "mean"),))
        return [curve, numbers]

    def claims(self, p: Any, tables: Tables) -> list[Claim]:
        if "measured" not in tables:
            return [item.not_measured() for item in (_low, _few, _right, _always)]
        level = float(tables["measured"]["level"][0])
        left = _right.judge("inconclusive", "the shift is below −1") if p.shift < -1 else None
        return [
            _low.judge(_if(level <= LEVEL_AT), "as measured", predicted=LEVEL_AT, measured=level),
            _few.judge(_if(p.n <= N_AT), "counted"),
            left or _right.judge(_if(p.shift > SHIFT_AT), "looked at"),
            _always.judge("holds", "by definition"),
        ]

    def landmarks(self, p: Any, tables: Tables) -> list[Landmark]:
        return [Landmark("level", LEVEL_AT, f"T1 at n = {p.n}")] if "measured" in tables else []

    def answer(self, p: Any, tables: Tables) -> str:
        return f"The level is **{p.level:g} V**." if "curve" in tables else ""


def _if(true: bool) -> Any:
    return "holds" if true else "fails"


experiment = Toy()
