"""From tables to arrays to paint: nothing lost that matters, nothing outside the view."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlab.engine.contract.drawing import (
    BLANK,
    COLORS,
    DOTS,
    LINE_POINTS,
    Drawing,
    DrawnBand,
    DrawnImage,
    DrawnLine,
    DrawnPoints,
    DrawnSheet,
    draw,
    peaks,
    quantised,
    widened,
)
from kernlab.engine.contract.figure import (
    Axis,
    Band,
    Column,
    Figure,
    Image,
    Item,
    Line,
    Mark,
    Points,
    Region,
    Sheet,
    Style,
)
from kernlab.engine.contract.table import Table

STYLE = Style("trace1")
finite = st.floats(-1e100, 1e100)


def drawn(columns: dict[str, Any], *items: Item, log: str = "", **table: Any) -> Drawing:
    x, y = Axis("x", log="x" in log), Axis("y", log="y" in log)
    figure = Figure("f", "F", "V", x, y, items)
    result = draw(figure, {"t": Table(columns, **table)})
    assert isinstance(result, Drawing)
    return result


def line(columns: dict[str, Any], log: str = "") -> tuple[Drawing, DrawnLine]:
    drawing = drawn(columns, Line("t", "x", "y", STYLE, "a line"), log=log)
    (item,) = drawing.items
    assert isinstance(item, DrawnLine)
    return drawing, item


class TestLogAxis:
    def test_coordinates_are_exponents(self) -> None:
        _, item = line({"x": [1, 10, 100], "y": [1e-3, 1, 1e3]}, log="xy")
        np.testing.assert_allclose(item.x, [0, 1, 2])
        np.testing.assert_allclose(item.y, [-3, 0, 3])

    def test_values_that_it_cannot_show_are_masked_and_counted(self) -> None:
        drawing, item = line({"x": [1, 2, 3, 4], "y": [1, 0, -5, math.nan]}, log="y")
        assert np.isnan(item.y).tolist() == [False, True, True, True]
        assert drawing.note == "2 values ≤ 0 not drawn"

    def test_region_from_zero_does_not_move_the_view_to_infinity(self) -> None:
        columns = {"x": [1.0, 10.0], "y": [1.0, 2.0]}
        drawing = drawn(columns, Line("t", "x", "y", STYLE), Region(0, 3), log="x")
        assert all(map(math.isfinite, drawing.x.view))

    def test_band_whose_lower_edge_is_negative_still_reaches_up(self) -> None:
        columns = {"x": [1.0, 2.0], "low": [-1.0, -1.0], "high": [100.0, 1000.0]}
        drawing = drawn(columns, Band("t", "x", "low", "high", STYLE), log="y")
        assert drawing.y.view[1] >= 3
        assert math.isfinite(drawing.y.view[0])

    def test_band_on_a_log_axis_goes_down_to_the_bottom_and_breaks_where_nothing_is(self) -> None:
        columns = {"x": [1.0, 2.0, 3.0], "low": [-1.0, 0.0, math.nan], "high": [10.0, 100.0, 10.0]}
        drawing = drawn(columns, Band("t", "x", "low", "high", STYLE), log="y")
        (band,) = drawing.items
        assert isinstance(band, DrawnBand)
        assert band.low[:2].tolist() == [-math.inf, -math.inf] and math.isnan(band.low[2])
        assert drawing.note == ""


class TestThinning:
    def test_short_curve_is_left_alone(self) -> None:
        x = np.arange(10.0)
        assert peaks(x, x, 10)[0] is x

    @given(st.integers(20, 3000), st.integers(10, 300), st.integers(0, 2**32 - 1))
    def test_extremes_ends_and_order_are_kept(self, size: int, most: int, seed: int) -> None:
        y = np.random.default_rng(seed).standard_normal(size)
        x, thin = peaks(np.arange(float(size)), y, most)
        assert thin.size <= max(most, 0) or size <= most
        assert (thin.min(), thin.max()) == (y.min(), y.max())
        assert (x[0], x[-1]) == (0, size - 1)
        assert np.all(np.diff(x) > 0)

    @given(st.integers(200, 3000), st.integers(0, 2**32 - 1))
    def test_gap_in_a_curve_stays_and_hides_no_extreme(self, size: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        y = 5 + rng.random(size)
        y[rng.integers(size)] = math.nan
        _, thin = peaks(np.arange(float(size)), y, 100)
        assert thin.size <= 100
        assert np.isnan(thin).sum() == 1
        assert (np.nanmin(thin), np.nanmax(thin)) == (np.nanmin(y), np.nanmax(y))

    def test_all_missing_is_no_error(self) -> None:
        x, y = peaks(np.arange(5000.0), np.full(5000, math.nan), 100)
        assert np.isnan(y).all() and x.size <= 100

    def test_long_items_are_thinned_and_keep_their_ends(self) -> None:
        x = np.linspace(0, 1, 12_345)
        items = (
            Line("t", "x", "y", STYLE),
            Band("t", "x", "y", "y", STYLE),
            Points("t", "x", "y", STYLE),
        )
        drawing = drawn({"x": x, "y": np.sin(x)}, *items)
        for item, most in zip(drawing.items, (LINE_POINTS, LINE_POINTS, DOTS), strict=True):
            assert isinstance(item, (DrawnLine, DrawnBand, DrawnPoints))
            assert item.x.size <= most
            assert (item.x[0], item.x[-1]) == (0, 1)


def test_line_is_sorted_by_x() -> None:
    _, item = line({"x": [3.0, 1.0, 2.0], "y": [30.0, 10.0, 20.0]})
    assert item.x.tolist() == [1, 2, 3]
    assert item.y.tolist() == [10, 20, 30]


class TestView:
    @given(st.lists(st.tuples(finite, finite), min_size=1, max_size=20))
    def test_it_holds_the_data(self, points: list[tuple[float, float]]) -> None:
        x, y = np.array(points).T
        drawing, _ = line({"x": x, "y": y})
        for values, view in ((x, drawing.x.view), (y, drawing.y.view)):
            assert view[0] <= values.min() and values.max() <= view[1]
            assert view[0] < view[1]

    @given(finite, st.floats(0, 1e100))
    def test_quantised_holds_its_span_without_waste(self, low: float, width: float) -> None:
        span = (low, low + width)
        view = quantised(span)
        assert view[0] <= span[0] and span[1] <= view[1]
        if width > 1e-9 * abs(low) and width > 0:
            assert view[1] - view[0] < 1.8 * width

    def test_small_changes_do_not_move_it(self) -> None:
        assert quantised((0.011, 0.97)) == quantised((0.012, 0.972))

    def test_fixed_view_wins(self) -> None:
        figure = Figure("f", "F", "V", Axis("x", log=True, view=(0.1, 10)), Axis("y"), ())
        drawing = draw(figure, {})
        assert isinstance(drawing, Drawing)
        assert drawing.x.view == pytest.approx((-1, 1))
        assert drawing.y.view == (0, 1)

    def test_widened_only_grows(self) -> None:
        drawing, _ = line({"x": [0.0, 1.0], "y": [0.0, 1.0]})
        grown = widened(drawing, (0.5, 7.0), (-3.0, 0.5))
        assert grown.x.view == (drawing.x.view[0], 7)
        assert grown.y.view == (-3, drawing.y.view[1])

    def test_nothing_finite_is_no_error(self) -> None:
        drawing, _ = line({"x": [math.nan], "y": [math.inf]})
        assert drawing.x.view == (0, 1)

    def test_marks_are_inside(self) -> None:
        columns = {"x": [0.0, 1.0], "y": [0.0, 1.0]}
        drawing = drawn(columns, Line("t", "x", "y", STYLE), Mark(y=5.0), Mark(x=-4.0))
        assert drawing.y.view[1] >= 5
        assert drawing.x.view[0] <= -4


class TestImage:
    @staticmethod
    def image(x: Any, y: Any, values: Any, **options: Any) -> DrawnImage:
        grid_y, grid_x = np.meshgrid(y, x, indexing="ij")
        columns = {"x": grid_x.ravel(), "y": grid_y.ravel(), "v": np.ravel(values)}
        item = Image("t", "x", "y", "v", "value", **options)
        (drawn_item,) = drawn(columns, item, grid=grid_x.shape).items
        assert isinstance(drawn_item, DrawnImage)
        return drawn_item

    def test_row_zero_is_at_the_lowest_y(self) -> None:
        image = self.image([0, 1, 2], [10, 20], [[0, 0, 1], [0, 0, 0]])
        assert image.index[0].tolist() == [0, 0, COLORS - 1]
        assert image.rect == (-0.5, 2.5, 5, 25)

    def test_descending_axes_give_the_same_picture(self) -> None:
        values = np.arange(6.0).reshape(2, 3)
        image = self.image([0, 1, 2], [10, 20], values)
        turned = self.image([2, 1, 0], [20, 10], values[::-1, ::-1])
        np.testing.assert_array_equal(image.index, turned.index)
        assert image.rect == turned.rect

    def test_diverging_colours_have_zero_in_the_middle(self) -> None:
        image = self.image([0, 1], [0], [[-1, 4]], colormap="diverging")
        assert image.limits == (-4, 4)
        zeros = self.image([0, 1], [0], [[0, 0]], colormap="diverging")
        assert set(zeros.index.ravel().tolist()) == {(COLORS - 1) // 2}

    def test_holes_and_infinities_do_not_spoil_the_scale(self) -> None:
        image = self.image([0, 1, 2, 3], [0], [[1, 2, math.inf, math.nan]])
        assert image.limits == (1, 2)
        assert image.index[0].tolist() == [0, COLORS - 1, COLORS - 1, BLANK]

    def test_table_without_a_grid_is_refused(self) -> None:
        item = Image("t", "x", "y", "v", "value")
        with pytest.raises(ValueError, match="'t' has no grid"):
            drawn({"x": [1.0], "y": [1.0], "v": [1.0]}, item)

    @pytest.mark.parametrize("spaced", [np.linspace, np.geomspace])
    def test_an_image_fills_its_axes_where_nothing_reaches_further(self, spaced: Any) -> None:
        log = "xy" if spaced is np.geomspace else ""
        grid_y, grid_x = np.meshgrid(spaced(1, 8, 4), spaced(1, 100, 3), indexing="ij")
        columns = {"x": grid_x.ravel(), "y": grid_y.ravel(), "v": np.arange(12.0)}
        item = Image("t", "x", "y", "v", "value")
        drawing = drawn(columns, item, Mark(x=50.0), Mark(y=1e4), grid=(4, 3), log=log)
        image = drawing.items[0]
        assert isinstance(image, DrawnImage)
        assert drawing.x.view == image.rect[:2]
        assert drawing.y.view[1] > (4 if log else 1e4)

    @pytest.mark.parametrize(
        ("x", "y", "log", "sentence"),
        [
            ([0, 1, 2], [1, 2], "x", "figure 'f': .* 'x' .* a log axis needs values above 0"),
            ([1, 2], [0, 1], "y", "column 'y'"),
            ([1, 2, 3], [1, 2], "x", "column 'x' is not evenly spaced on its log axis"),
            ([1, 2, 4], [1, 2], "", "column 'x' is not evenly spaced on its linear axis"),
            ([1, 2], [1, 2, 4], "", "column 'y' is not evenly spaced on its linear axis"),
            ([2, 2], [1, 2], "", "column 'x' is not evenly"),
            ([1, math.nan], [1, 2], "", "column 'x' .* finite"),
        ],
    )
    def test_cells_that_are_not_even_are_refused(
        self, x: list[float], y: list[float], log: str, sentence: str
    ) -> None:
        grid_y, grid_x = np.meshgrid(y, x, indexing="ij")
        columns = {"x": grid_x.ravel(), "y": grid_y.ravel(), "v": grid_x.ravel()}
        with pytest.raises(ValueError, match=sentence):
            drawn(columns, Image("t", "x", "y", "v", "value"), grid=grid_x.shape, log=log)

    def test_a_grid_that_lies_the_wrong_way_is_refused(self) -> None:
        across, up = np.meshgrid([0.0, 1.0], [0.0, 1.0], indexing="ij")
        columns = {"x": across.ravel(), "y": up.ravel(), "v": np.arange(4.0)}
        with pytest.raises(ValueError, match="x has to vary along each row"):
            drawn(columns, Image("t", "x", "y", "v", "value"), grid=(2, 2))

    def test_rounding_of_the_centres_is_forgiven(self) -> None:
        x = 1.0 + 1e-9 * np.array([0.0, 1.0, -1.0]) + np.arange(3.0)
        assert self.image(x, [0], [[1, 2, 3]]).rect[:2] == pytest.approx((0.5, 3.5))


@pytest.mark.parametrize("grid", [(2, 2), (3, 3), (-2, -3), (0, 0)])
def test_a_grid_has_as_many_cells_as_its_table_has_rows(grid: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"grid is .*; allowed: 6 cells"):
        Table({"x": np.arange(6.0)}, grid=grid)
    assert Table({"x": np.arange(6.0)}, grid=(2, 3)).grid == (2, 3)
    assert Table({"x": np.array([])}, grid=(0, 3)).grid == (0, 3)


def test_sheet_is_text_with_units() -> None:
    sheet = Sheet("s", "S", "V", "t", (Column("name", "Method"), Column("t", "Time", 2)))
    table = Table({"name": np.array(["exact"]), "t": [1234.5678]}, {"t": "s"})
    result = draw(sheet, {"t": table})
    assert isinstance(result, DrawnSheet)
    assert result.headings == ("Method", "Time (s)")
    assert result.rows == (("exact", "1\u202f235"),)


def test_legend_names_lines_and_points_with_a_label() -> None:
    columns = {"x": [0.0, 1.0], "y": [0.0, 1.0]}
    items = (
        Line("t", "x", "y", STYLE, "line"),
        Line("t", "x", "y", STYLE),
        Points("t", "x", "y", STYLE, "dots"),
    )
    legend = drawn(columns, *items).legend
    assert [(label, points) for label, _, points in legend] == [("line", False), ("dots", True)]


def test_drawing_goes_to_another_process() -> None:
    drawing, item = line({"x": [0.0, 1.0], "y": [2.0, 3.0]})
    back = pickle.loads(pickle.dumps(drawing))
    assert back.x == drawing.x
    np.testing.assert_array_equal(back.items[0].y, item.y)


def test_missing_table_is_a_key_error() -> None:
    figure = Figure("f", "F", "V", Axis("x"), Axis("y"), [Line("absent", "x", "y", STYLE)])
    with pytest.raises(KeyError, match=r"^figure 'f' names the table 'absent', .* are: 't'$"):
        draw(figure, {"t": Table({"x": [1.0]})})


@pytest.mark.parametrize(
    "figure",
    [
        Figure("f", "F", "V", Axis("x"), Axis("y"), [Line("t", "x", "absent", STYLE)]),
        Figure("f", "F", "V", Axis("x"), Axis("y"), [Band("t", "x", "x", "absent", STYLE)]),
        Figure("f", "F", "V", Axis("x"), Axis("y"), [Image("t", "x", "y", "absent", "v")]),
        Sheet("f", "F", "V", "t", (Column("absent", "Absent"),)),
    ],
)
def test_missing_column_is_a_key_error_that_says_which_there_are(figure: Any) -> None:
    table = Table({"x": [1.0], "y": [2.0]})
    with pytest.raises(KeyError) as caught:
        draw(figure, {"t": table})
    assert str(caught.value) == (
        "figure 'f' names the column 'absent', which the table 't' lacks; "
        "columns there are: 'x', 'y'"
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
