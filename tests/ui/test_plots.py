"""The live figures: what is painted, which ticks an axis gets, and what the pointer does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QFontMetricsF, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kernlab.assets import roles
from kernlab.engine.contract.drawing import Drawing, DrawnLine, DrawnSheet, draw
from kernlab.engine.contract.figure import (
    Axis,
    Band,
    Figure,
    Image,
    Item,
    Line,
    Mark,
    Points,
    Region,
    Style,
)
from kernlab.engine.contract.table import Table
from kernlab.ui.axes import bar_label_width, bar_ticks, ticks
from kernlab.ui.cards import FigureCard, FigureGrid, SheetCard
from kernlab.ui.items import apart, runs, thinned, within
from kernlab.ui.plots import read_out

STYLE = Style("trace1", marker="circle")
OTHER = Style("trace2", dash="dash", marker="square")


def _tables(scale: float = 1.0, *, log: bool = False) -> dict[str, Table]:
    x = np.linspace(1.0, 100.0, 300)
    spaced = np.geomspace if log else np.linspace
    across, up = np.meshgrid(spaced(1, 100, 8), spaced(1, 10, 6))
    y = scale * (5 + 4 * np.sin(x / 9))
    return {
        "curve": Table({"x": x, "y": y, "low": y * 0.8, "high": y * 1.2}),
        "image": Table(
            {"x": across.ravel(), "y": up.ravel(), "z": (across * up).ravel()}, grid=(6, 8)
        ),
        "broken": Table({"x": np.arange(6.0), "y": np.array([1, 2, np.nan, np.nan, 5, np.inf])}),
        "nothing": Table({"x": np.array([]), "y": np.array([])}),
    }


def _drawing(
    items: Sequence[Item], *, log: bool = False, scale: float = 1.0, **more: Any
) -> Drawing:
    axes = Axis("time", "t", "s", log=log), Axis("height", "h", log=log)
    made = draw(Figure("key", "A title", "view", *axes, items, **more), _tables(scale, log=log))
    assert isinstance(made, Drawing)
    return made


CURVE = Line("curve", "x", "y", STYLE, "a curve")
KINDS: dict[str, Item] = {
    "line": CURVE,
    "line with markers": Line("curve", "x", "y", OTHER, "a curve", markers=True),
    "broken line": Line("broken", "x", "y", STYLE, "gaps", markers=True),
    "empty line": Line("nothing", "x", "y", STYLE, "nothing"),
    "band": Band("curve", "x", "low", "high", OTHER),
    "faint points": Points("curve", "x", "y", Style("muted"), "data", faint=True),
    "points": Points("curve", "x", "y", Style("trace3"), "data"),
    "marked points": Points("curve", "x", "y", Style("trace3", marker="cross"), "data"),
    "sequential image": Image("image", "x", "y", "z", "product"),
    "diverging image": Image("image", "x", "y", "z", "product", "diverging"),
    "vertical mark": Mark(x=10.0, label="here"),
    "horizontal mark": Mark(y=5.0, label="there"),
    "cross": Mark(x=10.0, y=5.0, label="both", style=Style("text")),
    "region": Region(5.0, 20.0, "no data"),
}


@pytest.fixture
def card(qtbot: QtBot) -> FigureCard:
    made = FigureCard("key", "A title", roles("light"))
    made.resize(440, 340)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def _picture(card: FigureCard) -> QImage:
    return card.plot.grab().toImage()


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_item_paints(card: FigureCard, kind: str, log: bool) -> None:
    card.show_drawing(_drawing([Region(1.0, 1.5)], log=log))
    before = _picture(card)
    card.show_drawing(_drawing([KINDS[kind]], log=log))
    assert card.plot.items()
    assert _picture(card) != before


@pytest.mark.parametrize("away", [(1e3, 0.0), (0.0, 1e3), (1e3, 1e3), (-1e3, -1e3)])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_item_may_lie_out_of_view(
    card: FigureCard, kind: str, away: tuple[float, float]
) -> None:
    drawing = _drawing([KINDS[kind]])
    card.show_drawing(drawing)
    shifted = [
        (view[0] + by, view[1] + by)
        for view, by in zip((drawing.x.view, drawing.y.view), away, strict=True)
    ]
    card.plot.choose(shifted[0], shifted[1])
    assert not _picture(card).isNull()


def test_an_item_that_cannot_be_painted_is_reported_and_the_others_are_painted(
    card: FigureCard, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    told: list[BaseException] = []
    monkeypatch.setattr("sys.excepthook", lambda kind, error, trace: told.append(error))
    good = _drawing([CURVE])
    card.show_drawing(good)
    before = _picture(card)
    line = good.items[0]
    assert isinstance(line, DrawnLine)
    # NumPy raises this one in C, which would kill the process on its way through Qt.
    card.show_drawing(replace(good, items=(replace(line, y=line.y[:7]), line)))
    assert _picture(card) == before
    qtbot.waitUntil(lambda: bool(told))
    card.repaint()  # as a report over the figures makes it
    qtbot.wait(50)
    (error,) = told
    assert isinstance(error, ValueError) and "shape" in str(error)


def _color_at(card: FigureCard, x: float, y: float) -> str:
    """The colour at a point in picture coordinates."""
    to = card.plot.projection
    return _picture(card).pixelColor(int(to.px(x)), int(to.py(y))).name()


def test_a_cell_without_a_value_has_the_colour_of_the_surface(card: FigureCard) -> None:
    holes = {"x": np.tile([1.0, 2.0], 2), "y": np.repeat([1.0, 2.0], 2), "z": [0, math.nan, 1, 2]}
    image = Image("holes", "x", "y", "z", "value")
    figure = Figure("key", "A title", "view", Axis("x"), Axis("y"), [image])
    drawing = draw(figure, {"holes": Table(holes, grid=(2, 2))})
    assert isinstance(drawing, Drawing)
    for name in ("light", "dark"):
        card.set_roles(roles(name))
        card.show_drawing(drawing)
        assert _color_at(card, 1.9, 0.9) == roles(name)["surface"].lower()
        assert _color_at(card, 0.9, 0.9) == "#440154"
    to = card.plot.projection
    assert "value" not in read_out(drawing, to, QPointF(to.px(1.9), to.py(0.9)))


def test_a_band_that_reaches_below_zero_fills_a_log_axis_down_to_its_end(card: FigureCard) -> None:
    table = Table({"x": [0.0, 1.0], "low": [-1.0, 0.0], "high": [10.0, 10.0]})
    axes = Axis("x"), Axis("y", log=True, view=(1e-3, 100))
    figure = Figure("key", "A title", "view", *axes, [Band("t", "x", "low", "high", STYLE)])
    drawing = draw(figure, {"t": table})
    assert isinstance(drawing, Drawing)
    card.show_drawing(drawing)
    assert _color_at(card, 0.53, -2.9) == _color_at(card, 0.53, 0.9) != _color_at(card, 0.53, 1.3)


def test_a_card_without_a_drawing_says_so_instead_of_showing_axes(card: FigureCard) -> None:
    waiting = _picture(card)
    ink = {
        (x, y)
        for x in range(waiting.width())
        for y in range(waiting.height())
        if waiting.pixelColor(x, y).name() != roles("light")["surface"].lower()
    }
    assert ink and all(abs(y - waiting.height() / 2) < 12 for _, y in ink)
    card.set_waiting("not computed")
    assert _picture(card) != waiting
    card.show_drawing(_drawing([CURVE]))
    shown = _picture(card)
    card.set_waiting("something else")
    assert _picture(card) == shown


@pytest.mark.parametrize("marker", ["circle", "square", "triangle", "diamond", "cross"])
def test_every_marker_paints_its_own_shape(card: FigureCard, marker: Any) -> None:
    bare = _drawing([CURVE])
    card.show_drawing(bare)
    before = _picture(card)
    style = Style("trace1", marker=marker)
    card.show_drawing(_drawing([Line("curve", "x", "y", style, "a curve", markers=True)]))
    assert _picture(card) != before


def _labels(low: float, high: float, *, log: bool = True, most: int = 6) -> list[str]:
    return [tick.label for tick in ticks((low, high), log, most).ticks if tick.label]


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ((2.1, 2.9), ["200", "300", "400", "500", "600", "700"]),
        ((11, 19), ["10¹²", "10¹⁴", "10¹⁶", "10¹⁸"]),
        ((-12.5, 0.2), ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"]),
        ((0.9, 2.4), ["10", "20", "50", "100", "200"]),
        ((-8.2, -7.3), ["10⁻⁸", "2·10⁻⁸", "5·10⁻⁸"]),
        ((2.1, 2.15), ["130", "135", "140"]),
        ((-1, 1), ["0.1", "1", "10"]),
    ],
)
def test_log_axis_is_labelled_in_every_view(view: tuple[float, float], expected: list[str]) -> None:
    assert _labels(*view) == expected


@pytest.mark.parametrize("low", np.linspace(-20, 20, 41))
@pytest.mark.parametrize("width", [1e-3, 0.02, 0.3, 0.8, 1.9, 2.1, 7.0, 40.0])
def test_log_axis_never_goes_without_two_labels(low: float, width: float) -> None:
    made = [tick for tick in ticks((low, low + width), True, 6).ticks if tick.label]
    assert 2 <= len(made) <= 12
    assert all(low - 1e-9 <= tick.at <= low + width + 1e-9 for tick in made)
    assert len({tick.label for tick in made}) == len(made)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ((-3, 3), ["−3", "−2", "−1", "0", "1", "2", "3"]),
        ((0, 1e6), ["0", "2·10⁵", "4·10⁵", "6·10⁵", "8·10⁵", "10⁶"]),
        ((0, 2e-6), ["0", "5·10⁻⁷", "10⁻⁶", "1.5·10⁻⁶", "2·10⁻⁶"]),
        ((0, 4000), ["0", "1\u202f000", "2\u202f000", "3\u202f000", "4\u202f000"]),
    ],
)
def test_linear_axis_reads_like_numbers(view: tuple[float, float], expected: list[str]) -> None:
    assert _labels(*view, log=False) == expected


def test_a_narrow_view_far_from_zero_is_labelled_relative_to_an_offset() -> None:
    made = ticks((0.142, 0.142 + 3e-9), False, 3)
    assert made.offset == "0.142 +"
    assert [tick.label for tick in made.ticks] == ["0", "10⁻⁹", "2·10⁻⁹", "3·10⁻⁹"]


@pytest.mark.parametrize("size", [1e-12, 1.5e-6, 1.5e-3, 0.7, 3e4, 2e9])
def test_a_view_around_zero_has_no_offset(size: float) -> None:
    for low, high in ((-size, size), (0.0, size), (-size, size / 3)):
        made = ticks((low, high), False, 8)
        assert made.offset == ""
        assert "0" in [tick.label for tick in made.ticks]


def test_an_offset_is_used_only_far_from_zero() -> None:
    assert ticks((1.5e-3, 3e-3), False, 12).offset == ""
    assert ticks((1.5, 1.5 + 1e-5), False, 4).offset == "1.5 +"


@pytest.mark.parametrize("height", [90.0, 300.0, 1200.0])
def test_labels_of_a_colour_bar_fit_their_gutter(qtbot: QtBot, height: float) -> None:
    metrics = QFontMetricsF(QApplication.font())
    for size in (1e-12, 1.5e-3, 0.0123, 0.7, 17.0, 9.9e3, 3.3e4, 2.5e11):
        for low in (-size, 0.0, size / 3, 0.9 * size, 0.999 * size):
            made = bar_ticks((low, size), height, metrics.height())
            assert made.ticks
            widths = [metrics.horizontalAdvance(tick.label) for tick in made.ticks]
            assert max(widths) <= bar_label_width(metrics)


@pytest.mark.parametrize("view", [(1.0, 1.0), (2.0, 1.0), (float("nan"), 1.0)])
@pytest.mark.parametrize("log", [False, True])
def test_an_impossible_view_has_no_ticks(view: tuple[float, float], log: bool) -> None:
    assert ticks(view, log, 6).ticks == ()


def test_thinning_moves_a_smooth_curve_by_less_than_a_pixel_and_keeps_corners() -> None:
    x = np.linspace(0, 400, 1001)
    y = 100 + 80 * np.sin(x / 30)
    y[500] = 0.0
    few_x, few_y = thinned(x, y)
    assert few_x.size < 0.5 * x.size
    assert np.abs(np.interp(x, few_x, few_y) - y).max() < 0.5
    assert 0.0 in few_y


def test_a_curve_is_cut_off_where_it_leaves_a_strip() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    y = np.array([0.0, 10.0, 0.0, -30.0, 30.0, np.nan, 100.0])
    across, up = within(x, y, -5.0, 5.0)
    pieces = [(np.round(a, 9).tolist(), b.tolist()) for a, b in runs(across, up)]
    assert pieces == [
        ([0.0, 0.5], [0.0, 5.0]),
        ([1.5, 2.0, 2.166666667], [5.0, 0.0, -5.0]),
        ([3.416666667, 3.583333333], [-5.0, 5.0]),
    ]
    inside = within(x[:3], y[:3] / 10, -5.0, 5.0)
    assert inside[0].tolist() == x[:3].tolist() and inside[1].tolist() == (y[:3] / 10).tolist()


def test_a_crowd_of_markers_keeps_one_near_each_place() -> None:
    rng = np.random.default_rng(0)
    x, y = 400 * rng.random(20_000), 300 * rng.random(20_000)
    y[::100] = np.nan
    kept_x, kept_y = apart(x, y)
    assert kept_x.size < 200 * 150 * 0.6 and np.isfinite(kept_y).all()
    line_x, line_y = np.linspace(0, 400, 5000), np.full(5000, 7.0)
    few_x, few_y = apart(line_x, line_y)
    assert 150 < few_x.size < 250
    assert np.abs(line_x[:, None] - few_x).min(axis=1).max() <= 2.0 and set(few_y) == {7.0}
    assert apart(line_x[:300], line_y[:300])[0].size == 300


def test_views_only_grow_while_a_slider_moves_and_fit_on_release(card: FigureCard) -> None:
    card.show_drawing(_drawing([CURVE]), keep_view=False)
    first = card.plot.ranges
    small, large = _drawing([CURVE], scale=0.9), _drawing([CURVE], scale=3.0)
    card.show_drawing(small, keep_view=True)
    assert card.plot.ranges == first
    card.show_drawing(large, keep_view=True)
    grown = card.plot.ranges
    assert grown[1][1] >= large.y.view[1] and grown[1][0] <= first[1][0]
    card.show_drawing(small, keep_view=True)
    assert card.plot.ranges == grown
    card.show_drawing(small, keep_view=False)
    assert card.plot.ranges == (small.x.view, small.y.view)


def _pixel(card: FigureCard, x: float, y: float) -> QPoint:
    to = card.plot.projection
    return QPointF(to.px(x), to.py(y)).toPoint()


def test_a_click_gives_data_values_on_log_axes(card: FigureCard, qtbot: QtBot) -> None:
    card.show_drawing(_drawing([CURVE], log=True, click=("a", "b")))
    place = _pixel(card, 1.0, 0.5)
    with qtbot.waitSignal(card.clicked) as caught:
        qtbot.mouseClick(card.plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    key, x, y = caught.args
    assert key == "key"
    assert x == pytest.approx(10.0, rel=0.05)
    assert y == pytest.approx(10**0.5, rel=0.05)


def test_a_click_means_nothing_in_a_figure_without_parameters(
    card: FigureCard, qtbot: QtBot
) -> None:
    card.show_drawing(_drawing([CURVE]))
    with qtbot.assertNotEmitted(card.clicked):
        qtbot.mouseClick(
            card.plot.viewport(), Qt.MouseButton.LeftButton, pos=_pixel(card, 50.0, 5.0)
        )


def _turn_wheel(card: FigureCard, at: QPoint, by: int = 240) -> None:
    viewport = card.plot.viewport()
    event = QWheelEvent(
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        QPoint(),
        QPoint(0, by),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def test_the_wheel_zooms_new_data_keep_the_zoom_and_a_double_click_resets(
    card: FigureCard, qtbot: QtBot
) -> None:
    drawing = _drawing([CURVE])
    card.show_drawing(drawing)
    place = _pixel(card, 50.0, 5.0)
    _turn_wheel(card, place)
    zoomed = card.plot.ranges
    assert zoomed[0][1] - zoomed[0][0] < drawing.x.view[1] - drawing.x.view[0]
    card.show_drawing(_drawing([CURVE], scale=2.0), keep_view=False)
    assert card.plot.ranges == zoomed
    card.show_drawing(drawing)
    qtbot.mouseDClick(card.plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseRelease(card.plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert card.plot.ranges == (drawing.x.view, drawing.y.view)


def test_a_log_axis_zoomed_out_as_far_as_it_goes_still_has_a_read_out_and_clicks(
    card: FigureCard, qtbot: QtBot
) -> None:
    card.show_drawing(_drawing([CURVE], log=True))
    for _ in range(60):
        _turn_wheel(card, card.plot.projection.rect.center().toPoint(), -240)
    low, high = card.plot.ranges[1]
    assert high - low > 500
    rect = card.plot.projection.rect
    corners = rect.topRight() + QPointF(-2, 2), rect.bottomLeft() + QPointF(2, -2)
    clicked: list[tuple[float, float]] = []
    card.plot.clicked.connect(lambda x, y: clicked.append((x, y)))
    for at in corners:
        assert card.plot.read_at(at).startswith("x ")
        card.plot.click_at(at)
    assert np.isfinite(clicked).all() and len(clicked) == 2


def test_linked_figures_zoom_x_together_only_where_x_is_the_same_quantity(
    card: FigureCard, qtbot: QtBot
) -> None:
    twin, stranger = FigureCard("twin"), FigureCard("stranger")
    for other in (twin, stranger):
        qtbot.addWidget(other)
        card.link_x(other)
    card.show_drawing(_drawing([CURVE]))
    twin.show_drawing(_drawing([CURVE], scale=2.0))
    stranger.show_drawing(_drawing([CURVE], log=True))
    before = stranger.plot.ranges
    _turn_wheel(card, _pixel(card, 50.0, 5.0))
    assert twin.plot.ranges[0] == card.plot.ranges[0]
    assert twin.plot.ranges[1] != card.plot.ranges[1]
    assert stranger.plot.ranges == before
    card.plot.reset_by_hand()
    assert twin.plot.ranges[0] == card.plot.ranges[0]


def test_the_read_out_names_the_nearest_curve_and_its_value(card: FigureCard) -> None:
    drawing = _drawing([CURVE], log=True)
    card.show_drawing(drawing)
    to = card.plot.projection
    on_curve = QPointF(to.px(1.0), to.py(np.log10(5 + 4 * np.sin(10 / 9))))
    assert read_out(drawing, to, on_curve).startswith("x 10")
    assert "a curve 8.58" in read_out(drawing, to, on_curve)
    above = QPointF(on_curve.x(), on_curve.y() - 60)
    assert "a curve" not in read_out(drawing, to, above)


def test_the_read_out_gives_the_value_of_an_image_cell(card: FigureCard) -> None:
    drawing = _drawing([KINDS["sequential image"]])
    card.show_drawing(drawing)
    to = card.plot.projection
    assert "product ≈ 1000" in read_out(drawing, to, QPointF(to.px(99.0), to.py(9.9))).replace(
        "\u202f", ""
    )


def test_a_theme_changes_the_painted_pixels_and_nothing_else(card: FigureCard) -> None:
    card.show_drawing(_drawing([CURVE, KINDS["band"]]))
    before, ranges = _picture(card), card.plot.ranges
    card.set_roles(roles("dark"))
    after = _picture(card)
    assert after != before
    assert after.pixelColor(2, 2).name().upper() == roles("dark")["surface"]
    assert card.plot.ranges == ranges
    card.set_roles(roles("light"))
    assert _picture(card) == before


def test_stale_dims_the_data_without_moving_anything(card: FigureCard) -> None:
    card.show_drawing(_drawing([CURVE]))
    before, place = _picture(card), card.plot.projection
    card.set_stale(True)
    assert _picture(card) != before
    assert card.plot.projection == place
    card.set_stale(False)
    assert _picture(card) == before


def test_a_highlighted_card_gets_an_outline_in_the_accent_colour(card: FigureCard) -> None:
    card.plot.clearFocus()  # the keyboard's focus outlines it too
    card.highlight(True)
    edge = card.grab().toImage().pixelColor(0, card.height() // 2)
    assert edge.name().upper() == roles("light")["accent"]
    card.highlight(False)
    assert card.grab().toImage().pixelColor(0, card.height() // 2) != edge


def test_the_header_wraps_and_shortens_its_legend_above_the_plot(card: FigureCard) -> None:
    many = [
        Line("curve", "x", "y", Style(f"trace{k + 1}"), f"a method with a long name, {k}")
        for k in range(5)
    ]
    card.show_drawing(_drawing(many))
    card.resize(300, 340)
    assert len(card.header.shown_texts) == 5
    assert any(text.endswith("…") for text in card.header.shown_texts)
    assert card.header.geometry().bottom() < card.plot.geometry().top()
    assert "a method with a long name, 4" in card.header.toolTip()


def test_texts_that_get_shorter_do_not_resize_the_plot_during_a_drag(card: FigureCard) -> None:
    long = [Line("curve", "x", "y", STYLE, "a method with a name that is very long indeed")] * 2
    card.show_drawing(_drawing(long), keep_view=False)
    tall = card.header.height()
    card.show_drawing(_drawing([CURVE]), keep_view=True)
    assert card.header.height() == tall
    card.show_drawing(_drawing([CURVE]), keep_view=False)
    assert card.header.height() < tall


def test_there_is_no_export_entry_and_no_menu_of_pyqtgraph(card: FigureCard, qtbot: QtBot) -> None:
    def texts() -> list[str]:
        return [action.text().lower() for action in card.findChildren(QAction)]

    card.show_drawing(_drawing([CURVE]))
    qtbot.waitUntil(lambda: bool(texts()) and not any("export" in text for text in texts()))
    assert card.plot.scene().contextMenu == []
    assert not [item for item in card.plot.items() if getattr(item, "menu", None) is not None]


def test_a_changed_scale_is_asked_for_and_shown(card: FigureCard, qtbot: QtBot) -> None:
    card.show_drawing(_drawing([CURVE]))
    with qtbot.waitSignal(card.scale_requested) as caught:
        card.log_y.trigger()
    assert caught.args == ["key", "y", True]
    card.show_drawing(_drawing([CURVE], log=True), keep_view=True)
    assert card.log_x.isChecked() and card.log_y.isChecked()
    assert card.plot.ranges[0] == card.drawing.x.view


def test_the_scale_of_an_image_is_not_for_the_user_to_change(card: FigureCard) -> None:
    card.show_drawing(_drawing([KINDS["sequential image"], Mark(x=10.0)]))
    assert not card.log_x.isEnabled() and not card.log_y.isEnabled()
    card.show_drawing(_drawing([CURVE]))
    assert card.log_x.isEnabled() and card.log_y.isEnabled()


def test_copy_image_puts_the_card_on_the_clipboard(card: FigureCard) -> None:
    card.show_drawing(_drawing([CURVE]))
    card.copy_image()
    assert QApplication.clipboard().pixmap().size() == card.size()


# -- sheets -------------------------------------------------------------------------------


def _sheet(rows: int, value: str = "1.5") -> DrawnSheet:
    lines = tuple((f"method {k}", value, f"{k}·10⁻⁹") for k in range(rows))
    return DrawnSheet("sheet", "Methods", "view", ("Method", "MSE", "± error"), lines, "a note")


@pytest.fixture
def sheet_card(qtbot: QtBot) -> SheetCard:
    made = SheetCard("sheet", "Methods", roles("light"))
    made.resize(700, 100)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_rows_of_a_sheet_change_in_place(sheet_card: SheetCard) -> None:
    sheet_card.show_sheet(_sheet(3))
    height, places, before = sheet_card.height(), sheet_card.rows.places, sheet_card.rows.grab()
    sheet_card.show_sheet(_sheet(3, value="2"))
    assert sheet_card.rows.grab().toImage() != before.toImage()
    assert (sheet_card.height(), sheet_card.rows.places) == (height, places)


def test_a_sheet_is_as_tall_as_its_rows_and_scrolls_beyond(sheet_card: SheetCard) -> None:
    heights = []
    for rows in (3, 8, 12, 60):
        sheet_card.show_sheet(_sheet(rows))
        heights.append(sheet_card.height())
    assert heights[0] < min(heights[1:]) and max(heights) <= 260
    assert sheet_card.rows.height() > sheet_card.area.viewport().height()


def test_a_stale_sheet_is_dimmed_and_a_theme_repaints_it(sheet_card: SheetCard) -> None:
    sheet_card.show_sheet(_sheet(3))
    fresh = sheet_card.rows.grab().toImage()
    sheet_card.set_stale(True)
    dimmed = sheet_card.rows.grab().toImage()
    assert dimmed != fresh
    sheet_card.set_roles(roles("dark"))
    assert sheet_card.rows.grab().toImage() != dimmed


def test_a_sheet_is_copied_with_tabs(sheet_card: SheetCard) -> None:
    sheet_card.show_sheet(_sheet(1))
    sheet_card.copy_text()
    assert QApplication.clipboard().text() == "Method\tMSE\t± error\nmethod 0\t1.5\t0·10⁻⁹"


# -- the grid -----------------------------------------------------------------------------


@pytest.fixture
def grid(qtbot: QtBot) -> FigureGrid:
    made = FigureGrid()
    qtbot.addWidget(made)
    made.resize(1000, 800)
    cards: list[FigureCard | SheetCard] = [FigureCard(name, name) for name in "abcd"]
    made.set_cards([*cards, SheetCard("sheet", "Methods")])
    for card in cards:
        assert isinstance(card, FigureCard)
        card.enlarge_requested.connect(made.enlarge)
        card.show_drawing(_drawing([CURVE]))
    with qtbot.waitExposed(made):
        made.show()
    return made


def _shown(grid: FigureGrid) -> list[str]:
    return [card.key for card in grid.cards if card.isVisible()]


def test_figures_stand_in_two_columns_and_stack_where_it_is_narrow(
    grid: FigureGrid, qtbot: QtBot
) -> None:
    def corner(k: int) -> QPoint:
        return grid.cards[k].mapTo(grid, QPoint(0, 0))

    qtbot.waitUntil(lambda: corner(1).x() > corner(0).x() and corner(2).y() > corner(0).y())
    assert corner(1).y() == corner(0).y()
    sheet = grid.cards[4]
    assert corner(4).y() > corner(2).y() and sheet.width() == grid.width()
    grid.resize(500, 800)
    qtbot.waitUntil(lambda: corner(1).y() > corner(0).y() and corner(1).x() == corner(0).x())
    assert _shown(grid) == ["a", "b", "c", "d", "sheet"]


def test_enlarge_shows_one_card_alone_and_escape_all_again(grid: FigureGrid, qtbot: QtBot) -> None:
    card = grid.cards[1]
    assert isinstance(card, FigureCard)
    qtbot.mouseClick(card.enlarge_button, Qt.MouseButton.LeftButton)
    assert _shown(grid) == ["b"]
    qtbot.waitUntil(lambda: card.width() == grid.width())
    grid.resize(500, 800)
    assert _shown(grid) == ["b"] and grid.enlarged == "b"
    qtbot.keyClick(grid, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(_shown(grid)) == 5)
    grid.enlarge("b")
    grid.enlarge("b")
    assert grid.enlarged == ""


def test_cards_that_leave_the_grid_are_hidden_and_can_come_back(grid: FigureGrid) -> None:
    first = list(grid.cards)
    grid.set_cards(first[:1])
    assert [card.isVisible() for card in first] == [True, False, False, False, False]
    grid.set_cards(first)
    assert _shown(grid) == ["a", "b", "c", "d", "sheet"]
