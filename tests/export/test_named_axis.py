"""An axis of words: its names stand where its values are, whole where there is room."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernlab.engine.contract.figure import Axis, Figure, Line, Style
from kernlab.engine.contract.table import Table
from kernlab.export import cells
from kernlab.export.canvas import TICK_PT
from kernlab.export.words import width

NAMES = ("Monomials", "Scaled monomials", "Chebyshev", "Legendre", "Roots of unity")


def cell(across: float) -> Any:
    table = Table({"place": np.arange(len(NAMES)), "y": np.linspace(0, 1, len(NAMES))})
    line = Line("t", "place", "y", Style("trace1"), markers=True)
    x = Axis("Basis", view=(-0.5, len(NAMES) - 0.5), names=NAMES)
    made = cells.measured(Figure("f", "F", "V", x, Axis("y"), [line]), {"t": table}, across)
    made.settle(made.left)
    return made


def test_names_are_whole_where_there_is_room() -> None:
    ticks = cell(178.0).x_ticks
    assert ticks.major == (0.0, 1.0, 2.0, 3.0, 4.0)
    assert ticks.labels == NAMES


@pytest.mark.parametrize("across", [85.0, 60.0, 40.0])
def test_names_that_do_not_fit_are_shortened_and_keep_apart(across: float) -> None:
    made = cell(across)
    room = (across - made.left) / len(NAMES)
    for name, shown in zip(NAMES, made.x_ticks.labels, strict=True):
        assert shown == name or (shown.endswith("…") and name.startswith(shown[:-1]))
        assert width(shown, TICK_PT) <= room
