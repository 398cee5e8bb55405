"""The controls, driven by a simulated mouse and keyboard."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QSlider, QToolTip, QWidget

from kernlab.engine.contract.parameters import (
    Columns,
    Group,
    Help,
    Label,
    OnlyIf,
    Options,
    OwnData,
    Span,
    fields_of,
    own_data,
    validate,
)
from kernlab.ui import theme as themes
from kernlab.ui.choices import ComboControl, SegmentControl
from kernlab.ui.control import value_text
from kernlab.ui.controls import Controls
from kernlab.ui.sliders import Scale, Slider

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier
SOURCES = {"free": "free", "paper-1": "first table", "paper-2": "second table", "file": "file"}


@dataclass(frozen=True)
class Parameters:
    source: Annotated[str, Group("Data"), Label("Source"), Options(SOURCES)] = "free"
    table: Annotated[OwnData | None, Columns(("x", "y")), OnlyIf("source", ("file",))] = None
    n: Annotated[int, Span(50, 10_000_000, log=True), Label("Points", "n"), Help("How many.")] = (
        2500
    )
    gap: Annotated[float, Span(0, 4 * math.pi, unit="rad"), Label("Gap width")] = 2 * math.pi
    seed: Annotated[int, Span(0, 2**31 - 1)] = 1
    ridge: Annotated[float, Group("Model"), Span(1e-8, 10, log=True), Label("Ridge", "α")] = 1e-2
    order: Annotated[int, Span(1, 12)] = 2
    width: Annotated[float, Span(0, 1, step=0.05)] = 0.5
    precise: Annotated[bool, Label("Extended precision")] = True
    methods: Annotated[tuple[str, ...], Options({"exact": "exact", "iid": "i.i.d."})] = ("exact",)
    landmarks: Annotated[str, Options({"qr": "QR", "uniform": "uniform"}), OnlyIf(
        "methods", ("iid",)
    )] = "qr"  # fmt: skip
    detail: Annotated[int, Span(1, 9), OnlyIf("precise", ("true",))] = 3

    def __post_init__(self) -> None:
        validate(self)
        if self.order > 10 and self.width == 0:
            raise ValueError("order is 11; allowed: up to 10 while width is 0")


class Spy:
    """What `changed` told."""

    def __init__(self, controls: Controls) -> None:
        self.seen: list[tuple[str, bool]] = []
        controls.changed.connect(lambda name, moving: self.seen.append((name, moving)))


@pytest.fixture
def controls(qtbot, qapp: QApplication) -> Iterator[Controls]:
    themes.apply(qapp, themes.load("light"))
    widget = Controls(Parameters)
    widget.resize(290, 800)
    qtbot.addWidget(widget)
    widget.show()
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    yield widget


@pytest.fixture
def spy(controls: Controls) -> Spy:
    return Spy(controls)


def slider_of(controls: Controls, name: str) -> Slider:
    slider = controls.control(name).slider
    assert slider is not None
    return slider


def focus(qtbot, widget: QWidget) -> None:
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)


def enter(qtbot, controls: Controls, name: str, text: str) -> QLineEdit:
    """Type over the value of a parameter."""
    editor = controls.control(name).editor
    assert isinstance(editor, QLineEdit)
    focus(qtbot, editor)
    editor.selectAll()
    for letter in text:
        # QTest aborts on letters outside ASCII, which a real keyboard can send.
        key = QKeyEvent(QEvent.Type.KeyPress, 0, NONE, letter)
        QApplication.sendEvent(editor, key)
    return editor


def at(slider: Slider, place: float) -> QPoint:
    return QPoint(round(slider.x_of(round(place))), slider.height() // 2)


def turn_wheel(widget: QWidget, notches: int = 1) -> bool:
    centre = QPointF(widget.rect().center())
    event = QWheelEvent(
        centre, widget.mapToGlobal(centre), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    event.ignore()
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


# -- the walk -------------------------------------------------------------------------------


def test_one_control_a_field_in_order_with_the_defaults(controls: Controls) -> None:
    assert list(controls.values()) == [field.name for field in fields_of(Parameters)]
    assert controls.parameters() == Parameters()


def test_every_interactive_widget_has_an_accessible_name(controls: Controls) -> None:
    kinds = (QSlider, QLineEdit, QPushButton)
    widgets = [
        widget
        for widget in controls.findChildren(QWidget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(widget, kinds)
    ]
    assert len(widgets) > 20
    assert [widget for widget in widgets if not widget.accessibleName()] == []
    assert slider_of(controls, "gap").accessibleName() == "Gap width (rad)"


def test_tab_goes_from_a_value_to_its_slider_and_on(qtbot, controls: Controls) -> None:
    focus(qtbot, controls.control("n").editor)
    qtbot.keyClick(controls.control("n").editor, Qt.Key.Key_Tab)
    assert slider_of(controls, "n").hasFocus()
    qtbot.keyClick(slider_of(controls, "n"), Qt.Key.Key_Tab)
    assert controls.control("gap").editor.hasFocus()


def test_column_fits_into_260_pixels(controls: Controls) -> None:
    assert controls.minimumSizeHint().width() <= 260


def test_long_choices_are_a_list_and_short_ones_stand_side_by_side(controls: Controls) -> None:
    assert isinstance(controls.control("source"), ComboControl)
    assert isinstance(controls.control("landmarks"), SegmentControl)


def test_help_is_told_while_the_pointer_is_there(qtbot, controls: Controls) -> None:
    control = controls.control("n")
    with qtbot.waitSignal(controls.help_changed, check_params_cb=lambda text: text == "How many."):
        qtbot.mouseMove(controls.control("order"))
        qtbot.mouseMove(control)
    assert "How many." in control.toolTip()
    assert "50 to 10⁷" in control.toolTip()


def test_an_unknown_name_is_refused(controls: Controls) -> None:
    with pytest.raises(ValueError, match="'sigma'; allowed: one of source"):
        controls.set_value("sigma", 1.0)


# -- sliders --------------------------------------------------------------------------------


def test_drag_moves_the_value_and_tells_the_end(qtbot, controls: Controls, spy: Spy) -> None:
    slider = slider_of(controls, "n")
    qtbot.mousePress(slider, LEFT, pos=at(slider, slider.value()))
    assert spy.seen == []
    for place in (500, 700, 900):
        qtbot.mouseMove(slider, at(slider, place))
    assert spy.seen == [("n", True)] * 3
    qtbot.mouseRelease(slider, LEFT, pos=at(slider, 900))
    assert spy.seen == [("n", True)] * 3 + [("n", False)]
    assert controls.values()["n"] == pytest.approx(50 * (1e7 / 50) ** 0.9, rel=0.05)


def test_press_in_the_groove_takes_the_handle_there(qtbot, controls: Controls, spy: Spy) -> None:
    slider = slider_of(controls, "width")
    qtbot.mouseClick(slider, LEFT, pos=at(slider, 250))
    assert spy.seen == [("width", True), ("width", False)]
    assert controls.values()["width"] == pytest.approx(0.25, abs=0.01)


def test_drag_past_the_end_stops_at_it(qtbot, controls: Controls) -> None:
    slider = slider_of(controls, "gap")
    qtbot.mousePress(slider, LEFT, pos=at(slider, slider.value()))
    qtbot.mouseMove(slider, QPoint(slider.width() + 200, 8))
    qtbot.mouseRelease(slider, LEFT, pos=QPoint(slider.width() + 200, 8))
    assert controls.values()["gap"] == 4 * math.pi


def test_touching_the_handle_changes_nothing(qtbot, controls: Controls, spy: Spy) -> None:
    slider = slider_of(controls, "gap")
    qtbot.mouseClick(slider, LEFT, pos=at(slider, slider.value()) + QPoint(2, 0))
    assert spy.seen == []
    assert controls.values()["gap"] == 2 * math.pi


def test_double_click_resets_to_the_default(qtbot, controls: Controls, spy: Spy) -> None:
    controls.set_value("ridge", 3e-7)
    slider = slider_of(controls, "ridge")
    qtbot.mouseDClick(slider, LEFT, pos=at(slider, slider.value()))
    assert controls.values()["ridge"] == 1e-2
    assert spy.seen == [("ridge", False)] * 2


@pytest.mark.parametrize(
    ("name", "key", "modifier", "expected"),
    [
        ("width", Qt.Key.Key_Right, NONE, 0.55),
        ("width", Qt.Key.Key_Left, CTRL, 0.495),
        ("width", Qt.Key.Key_Up, SHIFT, 1.0),
        ("order", Qt.Key.Key_Right, NONE, 3),
        ("order", Qt.Key.Key_Right, CTRL, 3),
        ("order", Qt.Key.Key_Right, SHIFT, 12),
        ("order", Qt.Key.Key_Left, SHIFT, 1),
        ("ridge", Qt.Key.Key_Right, NONE, 0.0112),
        ("ridge", Qt.Key.Key_Left, SHIFT, 0.00316),
        ("n", Qt.Key.Key_Right, CTRL, 2530),
        ("n", Qt.Key.Key_Home, NONE, 50),
        ("n", Qt.Key.Key_End, NONE, 10_000_000),
    ],
)
def test_keys_move_by_steps(qtbot, controls, spy, name, key, modifier, expected) -> None:
    slider = slider_of(controls, name)
    focus(qtbot, slider)
    qtbot.keyClick(slider, key, modifier)
    assert controls.values()[name] == expected
    assert spy.seen == [(name, False)]


def test_wheel_changes_nothing_without_focus(qtbot, controls: Controls, spy: Spy) -> None:
    focus(qtbot, controls.control("n").editor)
    accepted = [turn_wheel(slider_of(controls, "width")), turn_wheel(controls.control("n").editor)]
    turn_wheel(controls.control("source").editor, -1)
    assert spy.seen == []
    assert accepted == [False, False]


def test_wheel_moves_the_slider_that_has_the_focus(qtbot, controls: Controls, spy: Spy) -> None:
    slider = slider_of(controls, "width")
    focus(qtbot, slider)
    assert turn_wheel(slider, -2)
    assert controls.values()["width"] == 0.4
    assert spy.seen == [("width", False)]


# -- scales ---------------------------------------------------------------------------------

SCALES = [
    Scale(Span(50, 1e7, log=True), True),
    Scale(Span(1e-8, 10, log=True), False),
    Scale(Span(0, 4 * math.pi), False),
    Scale(Span(1, 12), True),
    Scale(Span(0, 10_000), True),
    Scale(Span(-1e-6, 1e-6), False),
]


@pytest.mark.parametrize("scale", SCALES)
def test_scale_is_monotone_with_exact_ends(scale: Scale) -> None:
    values = [scale.value(place) for place in range(scale.last + 1)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (scale.span.low, scale.span.high)
    assert all(isinstance(value, int if scale.integer else float) for value in values)


@pytest.mark.parametrize("scale", SCALES)
def test_value_and_place_undo_each_other(scale: Scale) -> None:
    for place in range(0, scale.last + 1, max(1, scale.last // 50)):
        back = scale.value(scale.place(scale.value(place)))
        spacing = scale.value(min(scale.last, place + 1)) - scale.value(max(0, place - 1))
        assert abs(back - scale.value(place)) <= abs(spacing)


def test_few_whole_numbers_have_one_place_each() -> None:
    scale = Scale(Span(1, 12), True)
    assert [scale.value(place) for place in range(scale.last + 1)] == list(range(1, 13))


# -- typing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "value", "shown"),
    [
        ("ridge", "3e-7", 3e-7, "3·10⁻⁷"),
        ("ridge", "2·10⁻³", 2e-3, "0.002"),
        ("n", "1 000 000", 1_000_000, "1\u202f000\u202f000"),
        ("n", "1234567", 1_234_567, "1\u202f234\u202f567"),
        ("gap", "1.5 rad", 1.5, "1.5 rad"),
        ("gap", "1.23456789", 1.23456789, "1.235 rad"),
        ("seed", "1234567890", 1234567890, "1\u202f234\u202f567\u202f890"),
    ],
)
def test_typed_values_keep_full_precision(qtbot, controls, spy, name, text, value, shown) -> None:
    editor = enter(qtbot, controls, name, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert controls.values()[name] == value
    assert editor.text() == shown
    assert spy.seen == [(name, False)]


def test_a_visit_does_not_cut_the_digits(qtbot, controls: Controls, spy: Spy) -> None:
    editor = controls.control("gap").editor
    focus(qtbot, editor)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    focus(qtbot, slider_of(controls, "gap"))
    assert controls.values()["gap"] == 2 * math.pi
    assert spy.seen == []


@pytest.mark.parametrize(
    ("name", "text"), [("ridge", "abc"), ("ridge", "0"), ("n", "2500.5"), ("n", "nan"), ("n", "")]
)
def test_nonsense_stays_with_a_sentence_and_changes_nothing(
    qtbot, controls, spy, name, text
) -> None:
    before = controls.values()
    editor = enter(qtbot, controls, name, text or " ")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    message = controls.control(name).message
    assert editor.text() == (text or " ")
    assert editor.property("invalid") is True
    assert message.isVisible()
    assert message.text().startswith(f"{name} is ")
    assert "allowed: a" in message.text()
    assert controls.values() == before
    assert spy.seen == []


def test_escape_brings_the_last_good_value_back(qtbot, controls: Controls) -> None:
    editor = enter(qtbot, controls, "ridge", "abc")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert editor.text() == "0.01"
    assert not editor.property("invalid")
    assert not controls.control("ridge").message.isVisible()


def test_leaving_restores_nonsense_and_takes_what_is_allowed(qtbot, controls: Controls) -> None:
    editor = enter(qtbot, controls, "ridge", "abc")
    focus(qtbot, slider_of(controls, "ridge"))
    assert editor.text() == "0.01"
    enter(qtbot, controls, "ridge", "0.5")
    focus(qtbot, slider_of(controls, "ridge"))
    assert controls.values()["ridge"] == 0.5


def test_a_pause_tells_what_is_wrong_and_the_next_key_takes_it_back(qtbot, controls) -> None:
    editor = enter(qtbot, controls, "ridge", "3e")
    message = controls.control("ridge").message
    assert not message.isVisible()
    qtbot.waitUntil(message.isVisible)
    qtbot.keyClicks(editor, "-7")
    assert not message.isVisible()
    assert not editor.property("invalid")


def test_arrow_keys_step_in_the_editor_too(qtbot, controls: Controls) -> None:
    editor = controls.control("order").editor
    focus(qtbot, editor)
    qtbot.keyClick(editor, Qt.Key.Key_Up)
    assert controls.values()["order"] == 3


def test_numbers_show_no_more_digits_than_they_need() -> None:
    ridge = next(field for field in fields_of(Parameters) if field.name == "ridge")
    shown = {value: value_text(ridge, value) for value in (0.1, 1.0, 2.5e-7, 0.123456789)}
    assert shown == {0.1: "0.1", 1.0: "1", 2.5e-7: "2.5·10⁻⁷", 0.123456789: "0.1235"}


# -- other kinds ----------------------------------------------------------------------------


def test_switch_combo_segments_and_check_list(qtbot, controls: Controls, spy: Spy) -> None:
    qtbot.mouseClick(controls.control("precise").editor, LEFT)
    focus(qtbot, controls.control("source").editor)
    qtbot.keyClick(controls.control("source").editor, Qt.Key.Key_Down)
    qtbot.mouseClick(controls.control("methods").boxes["iid"], LEFT)
    qtbot.mouseClick(controls.control("landmarks").buttons["uniform"], LEFT)
    values = controls.values()
    assert [values[name] for name in ("precise", "source", "methods", "landmarks")] == [
        False, "paper-1", ("exact", "iid"), "uniform",
    ]  # fmt: skip
    assert [name for name, _ in spy.seen] == ["precise", "source", "methods", "landmarks"]


def test_the_last_word_of_a_check_list_stays(qtbot, controls: Controls, spy: Spy) -> None:
    control = controls.control("methods")
    qtbot.mouseClick(control.boxes["exact"], LEFT)
    assert control.boxes["exact"].isChecked()
    assert "one or more of exact, iid" in control.message.text()
    assert spy.seen == []


def test_new_seed_is_another_one(qtbot, controls: Controls, spy: Spy) -> None:
    control = controls.control("seed")
    assert control.slider is None
    button = next(b for b in control.findChildren(QPushButton) if b.accessibleName() == "New seed")
    seeds = [controls.values()["seed"]]
    for _ in range(5):
        qtbot.mouseClick(button, LEFT)
        seeds.append(controls.values()["seed"])
    assert all(a != b for a, b in pairwise(seeds))
    assert spy.seen == [("seed", False)] * 5


def test_file_is_asked_for_and_taken_over(qtbot, controls: Controls, spy: Spy) -> None:
    controls.set_value("source", "file")
    control = controls.control("table")
    with qtbot.waitSignal(controls.file_requested) as asked:
        qtbot.mouseClick(control.editor, LEFT)
    assert asked.args == ["table"]
    data = own_data({"x": [1.0], "y": [2.0]}, "/somewhere/points.csv")
    controls.set_value("table", data)
    assert control.name.text() == "points.csv"
    qtbot.mouseClick(control.drop, LEFT)
    assert controls.values()["table"] is None
    assert [name for name, _ in spy.seen] == ["source", "table", "table"]


def test_controls_that_do_not_matter_are_dimmed(qtbot, controls: Controls) -> None:
    names = ("table", "landmarks", "detail")
    assert [controls.control(name).isEnabled() for name in names] == [False, False, True]
    controls.set_values({"source": "file", "methods": ("iid",), "precise": False})
    assert [controls.control(name).isEnabled() for name in names] == [True, True, False]


# -- setting from outside -------------------------------------------------------------------


def test_a_preset_is_one_change(controls: Controls, spy: Spy) -> None:
    controls.set_values({"n": 5000, "ridge": 1e-3, "source": "paper-1", "methods": ("iid",)})
    assert spy.seen == [("", False)]
    assert controls.parameters() == Parameters(
        n=5000, ridge=1e-3, source="paper-1", methods=("iid",)
    )
    assert slider_of(controls, "n").value() == slider_of(controls, "n").scale.place(5000)


@pytest.mark.parametrize("bad", [{"n": 7}, {"nonsense": 1}, {"methods": ()}])
def test_a_preset_that_is_not_allowed_changes_nothing(
    controls: Controls, spy: Spy, bad: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="allowed"):
        controls.set_values({"ridge": 0.5, **bad})
    assert controls.parameters() == Parameters()
    assert spy.seen == []


def test_values_that_do_not_go_together_raise_at_parameters(controls: Controls) -> None:
    controls.set_values({"order": 11, "width": 0.0})
    with pytest.raises(ValueError, match="up to 10 while width is 0"):
        controls.parameters()


def test_a_slider_set_by_program_counts_as_a_change(controls: Controls, spy: Spy) -> None:
    slider = slider_of(controls, "order")
    slider.setSliderDown(True)
    slider.setValue(4)
    slider.setSliderDown(False)
    assert controls.values()["order"] == 5
    assert spy.seen == [("order", True), ("order", False)]


# -- marks ----------------------------------------------------------------------------------


def test_a_mark_replaces_the_last_one_and_tells_what_it_is(qtbot, controls: Controls) -> None:
    controls.mark("ridge", 3e-3, "G2 flips at 0.003")
    controls.mark("ridge", 3e-4, "G2 flips at 3·10⁻⁴")
    slider = slider_of(controls, "ridge")
    assert [mark.value for mark in slider.marks] == [3e-4]
    where = at(slider, slider.scale.place(3e-4))
    help_event = QHelpEvent(QEvent.Type.ToolTip, where, slider.mapToGlobal(where))
    QApplication.sendEvent(slider, help_event)
    assert QToolTip.text() == "G2 flips at 3·10⁻⁴"
    QToolTip.hideText()


def test_a_mark_is_painted_and_cleared(controls: Controls) -> None:
    slider = slider_of(controls, "ridge")
    plain = slider.grab().toImage()
    controls.mark("ridge", 3e-4, "here")
    assert slider.grab().toImage() != plain
    controls.clear_marks()
    assert slider.grab().toImage() == plain


@pytest.mark.parametrize("font_size", [11, 13, 17])
def test_the_longest_number_is_not_clipped(
    controls: Controls, qapp: QApplication, font_size: int
) -> None:
    themes.apply(qapp, themes.load("light"), font_size)
    controls.set_value("seed", 2_000_000_000 + 147_483_647)
    editor = controls.control("seed").editor
    # Qt keeps 2 pixels free on both sides; padding and border take 6 more on each.
    assert editor.fontMetrics().horizontalAdvance(editor.text()) <= editor.sizeHint().width() - 16
