"""Pins: traces of other parameters are kept, told apart, shown behind the live ones, restored."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QStyleOptionGraphicsItem

from kernlab.assets import roles
from kernlab.engine import catalogue
from kernlab.engine.contract.drawing import Behind, Drawing, DrawnLine, DrawnSheet, draw
from kernlab.engine.contract.figure import Axis, Column, Figure, Line, Sheet, Style
from kernlab.engine.contract.parameters import own_data
from kernlab.engine.contract.table import Table
from kernlab.ui.figure_card import FigureCard
from kernlab.ui.items import Palette
from kernlab.ui.pin_layer import contrast, muted
from kernlab.ui.pins import DASHES, Pins, labels
from kernlab.ui.sheet_card import SheetCard

LEFT = Qt.MouseButton.LeftButton
TRACES = [f"trace{k}" for k in range(1, 6)]


@pytest.fixture
def parameters(toy: str) -> Any:
    return catalogue.get(toy).Parameters


def drawn(level: float = 1.0, *, log: bool = False, title: str = "y") -> Drawing:
    table = Table({"x": np.linspace(0.0, 1.0, 50), "y": np.linspace(0.1, level, 50)})
    line = Line("t", "x", "y", Style("trace1"), "curve")
    made = draw(Figure("f", "F", "V", Axis("x"), Axis(title, log=log), [line]), {"t": table})
    assert isinstance(made, Drawing)
    return made


class TestLabels:
    def test_a_label_names_what_differs_from_now(self, parameters: Any) -> None:
        now = parameters()
        others = [
            replace(now, level=0.1),
            replace(now, n=200_000, noisy=True),
            replace(now, shape="line", methods=("a", "b"), seed=7, noisy=True),
        ]
        assert labels(others, now) == [
            "level = 0.1 V",
            "n = 200\u202f000, noisy = yes",
            "shape = Line, methods = A + B +2",
        ]

    def test_one_that_is_the_current_set_is_told_from_the_other_pins(self, parameters: Any) -> None:
        now = parameters()
        assert labels([now], now) == ["as now"]
        assert labels([now, replace(now, level=0.1)], now) == ["level = 1 V", "level = 0.1 V"]

    def test_own_data_go_by_the_name_of_their_file(self, parameters: Any) -> None:
        data = own_data({"x": [0.0, 1.0], "y": [0.0, 1.0]}, "/some/where/points.csv")
        with_data = replace(parameters(), data_file=data)
        assert labels([with_data], parameters()) == ["data file = points.csv"]
        assert labels([parameters()], with_data) == ["data file = none"]


class TestModel:
    def test_four_pins_are_kept_and_a_free_letter_is_used_again(self, parameters: Any) -> None:
        now = parameters()
        pins = Pins("toy", now)
        for level in (1.0, 2.0, 3.0, 4.0):
            pins.add(replace(now, level=level))
        with pytest.raises(ValueError, match="At most four pins are kept"):
            pins.add(replace(now, level=5.0))
        pins.remove("B")
        with pytest.raises(ValueError, match="pinned already: they are pin C"):
            pins.add(replace(now, level=3.0))
        assert pins.add(replace(now, level=5.0)).letter == "B"
        assert [pin.letter for pin in pins] == list("ABCD")

    def test_a_merged_drawing_shows_the_pin_and_its_label_in_a_view_that_holds_both(
        self, parameters: Any
    ) -> None:
        pins = Pins("toy", parameters())
        live, pinned = drawn(), drawn(2.0)
        assert pins.merged(live) is live
        pins.add(parameters(level=2.0)).keep(pinned)
        made = pins.merged(live)
        assert [item.trace for item in made.behind] == list(pinned.items)
        assert made.items == live.items
        assert made.y.view[0] == live.y.view[0] and made.y.view[1] >= 2.0
        assert [entry[0] for entry in made.legend] == ["curve", "pin A: level = 2 V"]
        assert pins.merged(drawn()).behind is made.behind

    def test_labels_follow_the_live_parameters(self, parameters: Any) -> None:
        pins = Pins("toy", parameters())
        pins.add(parameters(level=2.0)).keep(drawn(2.0))
        assert pins.merged(drawn()).legend[-1][0] == "pin A: level = 2 V"
        assert not pins.set_current(parameters(level=3.0))
        assert pins.set_current(parameters(level=2.0, shift=1.0))
        assert pins.merged(drawn()).legend[-1][0] == "pin A: shift = 0.5"

    def test_a_pin_follows_a_switched_axis_or_is_left_out_with_a_word(
        self, parameters: Any
    ) -> None:
        pins = Pins("toy", parameters())
        pins.add(parameters(level=2.0)).keep(drawn(2.0))
        made = pins.merged(drawn(log=True))
        (item,) = made.behind
        np.testing.assert_allclose(item.trace.y, drawn(2.0, log=True).items[0].y)  # type: ignore[union-attr]
        pins["A"].keep(drawn(-2.0, log=True))
        pins.forget("f")
        made = pins.merged(drawn())
        assert made.behind == () and "left out" in made.note and len(made.legend) == 1
        assert pins.inexact == {("A", "V")}

    def test_another_quantity_is_left_out_with_a_word(self, parameters: Any) -> None:
        pins = Pins("toy", parameters())
        pins.add(parameters(level=2.0)).keep(drawn(2.0, title="error"))
        made = pins.merged(drawn())
        assert made.behind == () and made.note == "pin A left out: another quantity"
        assert made.y.view == drawn().y.view

    def test_a_sheet_is_compared_with_the_first_pin_that_has_it(self, parameters: Any) -> None:
        def sheet(value: float) -> DrawnSheet:
            table = Table({"name": np.array(["exact"]), "value": np.array([value])})
            columns = (Column("name", "Method"), Column("value", "MSE"))
            made = draw(Sheet("s", "S", "V", "t", columns), {"t": table})
            assert isinstance(made, DrawnSheet)
            return made

        pins = Pins("toy", parameters())
        pins.add(parameters(level=2.0))
        pins.add(parameters(level=3.0)).keep(sheet(0.5))
        changes = pins.compared(sheet(0.75))
        assert changes is not None and changes.letter == "B"
        assert changes.cells == (("", "+0.25"),)
        assert changes.note == "vs pin B: level = 3 V"


class TestLayer:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("role", [*TRACES, "text"])
    def test_a_muted_colour_is_seen_on_the_surface(self, theme: str, role: str) -> None:
        colors = {name: QColor(value) for name, value in roles(theme).items()}
        assert contrast(muted(colors[role], colors["surface"]), colors["surface"]) >= 3.0

    def test_contrast_is_that_of_the_guideline(self) -> None:
        assert contrast(QColor("#000000"), QColor("#FFFFFF")) == pytest.approx(21.0)
        assert contrast(QColor("#777777"), QColor("#FFFFFF")) == pytest.approx(4.478, abs=1e-3)

    def test_a_pinned_line_is_dashed_and_under_the_live_one(self, qtbot: Any) -> None:
        card = FigureCard("f", "F", roles("light"))
        qtbot.addWidget(card)
        card.resize(460, 340)
        with qtbot.waitExposed(card):
            card.show()
        live = drawn()
        card.show_drawing(live)
        bare = _pixels(card)
        x = np.linspace(0.0, 1.0, 50)
        level = DrawnLine(x, np.full(50, 0.5), Style("trace2"), "flat", False)
        card.show_drawing(replace(live, behind=(Behind(level, "dash", "pin A"),)))
        changed = (_pixels(card) != bare).any(axis=2)
        rows = np.flatnonzero(changed.any(axis=1))
        assert rows.size and np.ptp(rows) <= 3
        share = changed[rows].any(axis=0).mean()
        assert 0.3 < share < 0.8
        card.show_drawing(live)
        np.testing.assert_array_equal(_pixels(card), bare)

    def test_the_picture_of_the_traces_is_painted_once(self, qtbot: Any) -> None:
        card = FigureCard("f", "F", roles("light"))
        qtbot.addWidget(card)
        line = drawn().items[0]
        assert isinstance(line, DrawnLine)
        behind = (Behind(line, "dot", "pin A"),)
        card.show_drawing(replace(drawn(), behind=behind))
        layer = card.plot._pinned
        paper = QImage(400, 300, QImage.Format.Format_ARGB32)
        keys = []
        for palette in (layer.palette, layer.palette, Palette(roles("dark"))):
            layer.palette = palette
            card.plot.show_drawing(replace(drawn(), behind=behind), keep_view=True)
            painter = QPainter(paper)
            layer.paint(painter, QStyleOptionGraphicsItem())
            painter.end()
            keys.append(layer._picture.cacheKey())
        assert keys[0] == keys[1] != keys[2]


def _pixels(card: FigureCard) -> Any:
    image = card.plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(image.constBits(), dtype=np.uint8).copy()
    return data.reshape(image.height(), image.width(), 4)


# -- in the window ----------------------------------------------------------------------------


@pytest.fixture
def toys(make_user: Callable[[], Any], toy: str) -> Any:
    made = make_user()
    made.open(toy)
    made.rest()
    return made


def chips(user: Any) -> dict[str, str]:
    return {letter: chip.entry.label for letter, chip in user.panel.pins.bar.chips.items()}


def behind(user: Any, key: str = "curve") -> list[Behind]:
    return list(user.drawing(key).behind)


class TestWindow:
    def test_pinned_traces_stay_behind_while_a_slider_moves_on(self, toys: Any) -> None:
        before = toys.drawing("curve").items[0]
        toys.act("Pin current traces")
        assert chips(toys) == {"A": "as now"} and toys.panel.pins.bar.isVisible()
        toys.drag("level", 0.6, 0.9)
        toys.rest()
        (pinned,) = behind(toys)
        np.testing.assert_array_equal(pinned.trace.y, before.y)
        assert pinned.dash == "dash"
        assert toys.drawing("curve").items[0].y.max() > before.y.max()
        assert chips(toys) == {"A": "level = 1 V"}
        assert "pin A: level = 1 V" in [text for text, _, _ in toys.card("curve").header.legend]

    def test_the_view_at_rest_holds_what_is_pinned(self, toys: Any) -> None:
        toys.enter("level", "100")
        toys.rest()
        toys.act("Pin current traces")
        toys.enter("level", "1")
        toys.rest()
        assert toys.card("curve").plot.ranges[1][1] >= behind(toys)[0].trace.y.max() > 10
        toys.act("Unpin all")
        assert behind(toys) == [] and not toys.panel.pins.bar.isVisible()
        assert toys.card("curve").plot.ranges[1][1] < 10

    def test_a_fifth_pin_is_refused_in_a_sentence(self, toys: Any) -> None:
        for level in ("1", "2", "3", "4", "5"):
            toys.enter("level", level)
            toys.rest()
            toys.act("Pin current traces")
        assert list(chips(toys)) == list(DASHES)
        assert toys.notice == "At most four pins are kept; remove one to pin these traces."
        assert len({item.dash for item in behind(toys)}) == 4

    def test_a_chip_loads_its_parameters_and_its_cross_removes_it(self, toys: Any) -> None:
        toys.act("Pin current traces")
        toys.enter("level", "20")
        toys.enter("shift", "2")
        toys.rest()
        chip = toys.panel.pins.bar.chips["A"]
        assert chip.accessibleName() == "Load the parameters of pin A: level = 1 V, shift = 0.5"
        toys.qtbot.mouseClick(chip, LEFT, pos=QPoint(12, 12))
        assert (toys.value("level"), toys.value("shift")) == (1.0, 0.5)
        toys.qtbot.keyClick(toys.panel.controls.control("level").editor, Qt.Key.Key_Tab)
        close = next(b for b in chip.findChildren(QAbstractButton))
        assert close.accessibleName() == "Remove pin A"
        toys.qtbot.mouseClick(close, LEFT)
        assert chips(toys) == {} and behind(toys) == []

    def test_a_pin_is_loaded_and_removed_from_the_menu(self, toys: Any) -> None:
        toys.act("Pin current traces")
        toys.enter("level", "20")
        toys.act("Load pin B")
        assert toys.value("level") == 20.0
        toys.act("Load pin A")
        assert toys.value("level") == 1.0
        toys.act("Remove pin A")
        assert chips(toys) == {}
        offered = [a for a in toys.panel.actions() if "pin A" in a.text()]
        assert len(offered) == 2 and not any(a.isEnabled() or a.isVisible() for a in offered)

    def test_a_pin_is_computed_for_a_view_that_was_not_shown_when_it_was_pinned(
        self, toys: Any
    ) -> None:
        toys.act("Pin current traces")
        toys.enter("level", "3")
        toys.rest()
        toys.panel.tabs.setCurrentIndex(1)
        toys.wait(lambda: toys.card("numbers").rows.changes)
        toys.quiet()
        card = toys.card("numbers")
        assert isinstance(card, SheetCard) and card.sheet is not None
        mean = card.sheet.numbers[0][0]
        change = card.rows.changes.cells[0][0]
        # The curve is proportional to the level.
        assert change[:4] == f"+{mean * 2 / 3:.2f}"[:4]
        assert card.header.note == "vs pin A: level = 1 V"
        toys.panel.tabs.setCurrentIndex(0)
        assert len(behind(toys)) == 1

    def test_a_pin_taken_before_the_full_run_gets_the_full_traces(self, toys: Any) -> None:
        toys.enter("level", "2")
        toys.act("Pin current traces")
        toys.enter("level", "1")
        toys.rest()
        toys.wait(lambda: behind(toys) and behind(toys)[0].trace.x.size == 100)
        assert behind(toys)[0].trace.y.max() == pytest.approx(2 * np.sin(1.5), rel=1e-3)

    def test_a_pin_follows_a_logarithmic_axis_and_back(self, toys: Any) -> None:
        before = toys.drawing("curve").items[0]
        toys.act("Pin current traces")
        card = toys.card("curve")
        card.log_y.trigger()
        toys.wait(lambda: card.drawing.y.log)
        toys.quiet()
        (pinned,) = behind(toys)
        shown = before.y > 0
        np.testing.assert_allclose(
            pinned.trace.y[np.isfinite(pinned.trace.y)], np.log10(before.y[shown])
        )
        toys.enter("level", "2")
        toys.rest()
        toys.act("Pin current traces")  # it knows no values below zero
        toys.quiet()
        card.log_y.trigger()
        toys.wait(lambda: not card.drawing.y.log and len(behind(toys)) == 2)
        np.testing.assert_array_equal(behind(toys)[0].trace.y, before.y)
        np.testing.assert_allclose(behind(toys)[1].trace.y, 2 * before.y)
        assert "left out" not in card.header.note

    def test_saved_pins_are_restored_in_another_window(
        self, toys: Any, make_user: Callable[[], Any]
    ) -> None:
        toys.act("Pin current traces")
        toys.enter("level", "3")
        toys.rest()
        toys.act("Pin current traces")
        saved = json.loads(json.dumps(toys.panel.pins.save()))
        other = make_user()
        other.open("toy")
        other.panel.pins.load(saved)
        assert chips(other) == {"A": "level = 1 V", "B": "level = 3 V"}
        other.wait(lambda: len(behind(other)) == 2)
        np.testing.assert_array_equal(behind(other)[1].trace.y, toys.drawing("curve").items[0].y)

    @pytest.mark.parametrize(
        "damaged",
        [
            None,
            7,
            {"A": 1},
            [None],
            [{"parameters": 3}],
            [{"experiment": "gapped-sine", "parameters": {}}],
            [{"schema": 1, "experiment": "toy", "parameters": {"level": "much"}}],
            [{"schema": 99, "experiment": "toy", "parameters": {"level": 2.0}}],
            [{"schema": 1, "experiment": "toy", "parameters": {"shape": "line", "level": 900.0}}],
        ],
    )
    def test_damaged_pins_are_refused_in_a_sentence_and_change_nothing(
        self, toys: Any, damaged: Any
    ) -> None:
        toys.act("Pin current traces")
        with pytest.raises(ValueError, match=r"[Pp]in"):
            toys.panel.pins.load(damaged)
        assert list(chips(toys)) == ["A"]

    def test_one_damaged_pin_is_left_out_and_the_others_are_restored(self, toys: Any) -> None:
        toys.act("Pin current traces")
        saved = toys.panel.pins.save()
        toys.panel.pins.load([None, *saved, *saved])
        assert list(chips(toys)) == ["A"]
        assert "left out" in toys.message

    def test_cancel_stops_a_pin_and_the_next_run_takes_it_up_again(self, toys: Any) -> None:
        toys.act("Pin current traces")
        toys.panel.tabs.setCurrentIndex(1)
        toys.panel.run_or_cancel()
        toys.quiet()
        toys.enter("level", "3")
        toys.wait(lambda: toys.card("numbers").rows.changes)
        toys.quiet()
