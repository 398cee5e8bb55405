"""Written: is the matrix that a formula makes positive? For tests of texts and matrices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim, Preset, Statement
from kernlab.engine.contract.experiment import Fidelity, Step, Tables
from kernlab.engine.contract.figure import Axis, Figure, Line, Style
from kernlab.engine.contract.parameters import (
    Help,
    Label,
    Matrix,
    OnlyIf,
    Options,
    OwnData,
    Span,
    Text,
    validate,
)
from kernlab.engine.contract.table import Table
from kernlab.engine.numerics.expression import compile_expression

SOURCES = {"formula": "formula", "file": "own matrix"}


@dataclass(frozen=True)
class Parameters:
    source: Annotated[str, Options(SOURCES), Help("where the matrix comes from")] = "formula"
    formula: Annotated[
        str,
        Text(most=80, check=compile_expression, example="exp(-d2)"),
        Label("Formula", "f"),
        Help("of the entries"),
        OnlyIf("source", ("formula",)),
    ] = "exp(-d2)"
    matrix_file: Annotated[
        OwnData | None, Matrix(most_bytes=1_000_000), Help("your own"), OnlyIf("source", ("file",))
    ] = None
    caption: Annotated[str, Text(most=20), Help("of the figure")] = ""
    n: Annotated[int, Span(2, 50), Label("Points", "n"), Help("how many")] = 9
    seed: Annotated[int, Span(0, 100), Help("of nothing")] = 1

    def __post_init__(self) -> None:
        validate(self)
        if self.source == "file" and self.matrix_file is None:
            raise ValueError("source is 'file' but there is no matrix_file; choose a file")

    @property
    def matrix(self) -> Any:
        if self.source == "file":
            assert self.matrix_file is not None and self.matrix_file.matrix is not None
            return self.matrix_file.matrix
        x = np.linspace(-1, 1, self.n)
        given = {"d2": (x[:, None] - x) ** 2, "dot": x[:, None] * x}
        return compile_expression(self.formula).evaluate(**given, x=x[:, None], y=x[:, None])


_positive = Statement("W1", "all entries are positive", "min > 0", "min > 0", "here")


class Written:
    key = "written"
    title = "Written"
    question = "Is the matrix that a formula makes positive?"
    icon = ""
    exclusive = False
    views = ("Row",)
    presets = (Preset("Cauchy", {"formula": "1 / (1 + d2)"}, "the tails"),)
    Parameters = Parameters

    def run(self, p: Any, fidelity: Fidelity, cache: Cache, views: Sequence[str]) -> Iterator[Step]:
        row = p.matrix[0]
        yield Step(1.0, "the row", {"row": Table({"j": np.arange(row.size), "value": row})})

    def figures(self, p: Any, tables: Tables) -> list[Figure]:
        line = Line("row", "j", "value", Style("trace1"))
        return [Figure("row", p.caption or "First row", "Row", Axis("j"), Axis("value"), [line])]

    def claims(self, p: Any, tables: Tables) -> list[Claim]:
        if "row" not in tables:
            return [_positive.not_measured()]
        positive = bool((tables["row"]["value"] > 0).all())
        return [_positive.judge("holds" if positive else "fails", "looked at")]

    def answer(self, p: Any, tables: Tables) -> str:
        return f"The first entry is **{tables['row']['value'][0]:g}**." if tables else ""


experiment = Written()
