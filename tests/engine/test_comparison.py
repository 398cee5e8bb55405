"""Traces and tables of other parameters beside the live ones: what is taken, moved and compared."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from kernlab.engine.contract.comparison import (
    differences,
    on_scales,
    room,
    same_quantities,
    traces,
)
from kernlab.engine.contract.drawing import Drawing, DrawnLine, DrawnSheet, draw
from kernlab.engine.contract.figure import (
    Axis,
    Band,
    Column,
    Figure,
    Image,
    Line,
    Mark,
    Points,
    Sheet,
    Style,
)
from kernlab.engine.contract.table import Table

STYLE = Style("trace1", marker="circle")
X = np.linspace(0.5, 4.0, 60)


def drawn(y: Any = None, *, log: tuple[bool, bool] = (False, False), **more: Any) -> Drawing:
    table = Table({"x": X, "y": np.exp(-X) if y is None else y, "low": X, "high": X + 1})
    items = more.pop("items", [Line("t", "x", "y", STYLE, "curve")])
    x, y_axis = Axis("x", log=log[0]), Axis("y", log=log[1], **more)
    made = draw(Figure("f", "F", "V", x, y_axis, items), {"t": table})
    assert isinstance(made, Drawing)
    return made


def test_lines_and_named_points_are_traces_and_nothing_else_is() -> None:
    items = [
        Band("t", "x", "low", "high", STYLE),
        Line("t", "x", "y", STYLE),
        Line("t", "x", "low", Style("muted"), "a reference"),
        Points("t", "x", "y", STYLE, "data", faint=True),
        Points("t", "x", "low", STYLE, "nodes"),
        Points("t", "x", "high", STYLE),
        Mark(x=1.0),
    ]
    drawing = drawn(items=items)
    assert traces(drawing) == (drawing.items[1], drawing.items[4])


def test_a_figure_with_an_image_has_no_traces() -> None:
    table = Table(
        {"x": np.tile([0.0, 1.0], 2), "y": np.repeat([0.0, 1.0], 2), "v": np.arange(4.0)},
        grid=(2, 2),
    )
    items = [Image("t", "x", "y", "v", "v"), Line("t", "x", "v", STYLE)]
    drawing = draw(Figure("f", "F", "V", Axis("x"), Axis("y"), items), {"t": table})
    assert isinstance(drawing, Drawing) and traces(drawing) == ()


@pytest.mark.parametrize("to", [(False, True), (True, False), (True, True), (False, False)])
@pytest.mark.parametrize("at", [(False, True), (True, False), (True, True), (False, False)])
def test_a_moved_trace_is_the_one_that_is_drawn_on_those_scales(
    at: tuple[bool, bool], to: tuple[bool, bool]
) -> None:
    pinned, live = drawn(log=at), drawn(log=to)
    moved = on_scales(traces(pinned)[0], pinned, live)
    expected = traces(live)[0]
    assert moved is not None
    np.testing.assert_allclose(moved.x, expected.x, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(moved.y, expected.y, rtol=1e-12, atol=1e-14)


def test_values_that_a_log_axis_left_out_cannot_be_moved_back() -> None:
    y = np.where(X > 2, -1.0, 1.0)
    pinned, live = drawn(y, log=(False, True)), drawn(y)
    assert on_scales(traces(pinned)[0], pinned, live) is None
    there = on_scales(traces(live)[0], live, pinned)
    assert there is not None
    np.testing.assert_array_equal(np.isnan(there.y), X > 2)


def test_a_thinned_curve_keeps_its_extremes_on_the_other_scale() -> None:
    x = np.linspace(1, 2, 20_001)
    y = np.full(x.size, 1.0)
    y[[777, 15_555]] = 1e-9, 1e6
    table = Table({"x": x, "y": y})
    made = []
    for log in (False, True):
        axis = Axis("y", log=log)
        figure = Figure("f", "F", "V", Axis("x"), axis, [Line("t", "x", "y", STYLE)])
        made.append(draw(figure, {"t": table}))
    pinned, live = made
    assert isinstance(pinned, Drawing) and isinstance(live, Drawing)
    moved = on_scales(traces(pinned)[0], pinned, live)
    assert moved is not None
    assert np.nanmin(moved.y) == pytest.approx(-9) and np.nanmax(moved.y) == pytest.approx(6)


def test_room_holds_the_traces_and_no_more_than_their_drawing_showed() -> None:
    pinned, live = drawn(view=(0.0, 0.25)), drawn()
    (x_low, x_high), y = room(traces(pinned), pinned, live) or ((0, 0), (0, 0))
    assert x_low <= 0.5 and x_high >= 4.0
    assert y == (0.0, 0.25)
    other = drawn(log=(False, True))
    found = room([trace for trace in traces(other)], other, other)
    assert found is not None and found[1][0] <= np.log10(np.exp(-4.0))
    assert room([], pinned, live) is None


def test_axes_with_other_titles_are_other_quantities() -> None:
    one = drawn()
    two = draw(Figure("f", "F", "V", Axis("x"), Axis("error"), []), {})
    assert isinstance(two, Drawing)
    assert same_quantities(one, drawn(log=(True, True))) and not same_quantities(one, two)


# -- sheets -------------------------------------------------------------------------------


def sheet(names: list[str], values: list[float], **more: Any) -> DrawnSheet:
    columns = more.pop("columns", (Column("name", "Method"), Column("value", "MSE")))
    table = Table({"name": np.array(names), "value": np.array(values)})
    made = draw(Sheet("s", "S", "V", "t", columns), {"t": table})
    assert isinstance(made, DrawnSheet)
    return made


def test_a_sheet_knows_its_numbers_and_stays_picklable() -> None:
    made = sheet(["exact", "iid"], [0.5, np.nan])
    assert made.numbers[0] == (None, 0.5)
    assert made.numbers[1][0] is None and np.isnan(made.numbers[1][1])
    assert pickle.loads(pickle.dumps(made)).rows == made.rows


def test_rows_are_matched_by_their_names() -> None:
    mine = sheet(["exact", "iid", "new"], [0.5, 2.0, 1.0])
    theirs = sheet(["iid", "exact"], [1.0, 0.75])
    assert differences(mine, theirs) == (("", "−0.25"), ("", "+1"), ("", ""))


def test_rows_without_names_are_matched_by_their_places() -> None:
    columns = (Column("value", "MSE"),)
    mine, theirs = (sheet(["", ""], values, columns=columns) for values in ([1, 2], [1, 5]))
    assert differences(mine, theirs) == (("=",), ("−3",))
    three = sheet(["", "", ""], [1, 2, 3], columns=columns)
    assert differences(mine, three) == (("",), ("",))


def test_cells_that_read_the_same_are_equal_and_missing_ones_are_not_compared() -> None:
    mine = sheet(["a", "b", "c", "d"], [0.5, np.nan, np.inf, np.inf])
    theirs = sheet(["a", "b", "c", "d"], [0.5 + 1e-12, 1.0, np.inf, 1.0])
    assert [row[1] for row in differences(mine, theirs)] == ["=", "", "=", "+∞"]


def test_columns_are_matched_by_their_headings() -> None:
    mine = sheet(["a"], [2.0])
    theirs = sheet(["a"], [1.0], columns=(Column("value", "Other"), Column("name", "Method")))
    assert differences(mine, theirs) == (("", ""),)


def test_a_line_is_left_as_it_is_on_its_own_scales() -> None:
    drawing = drawn()
    (line,) = traces(drawing)
    assert isinstance(line, DrawnLine) and on_scales(line, drawing, drawn()) is line
