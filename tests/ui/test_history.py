"""Undo, redo, reset and locks, by mouse and keyboard in the real window."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QObject, Qt

from kernlab.engine.experiments.gapped_sine import experiment as gapped_sine
from kernlab.ui.control_menu import menu_of
from kernlab.ui.history import History

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


class TestHistory:
    @given(st.lists(st.sampled_from(["undo", "redo", 50, 60, 70, 80]), max_size=40))
    def test_it_agrees_with_two_stacks(self, moves: list[Any]) -> None:
        history = History()
        past: list[int] = []
        now, future = 100, []
        history.record(gapped_sine.Parameters(n=100))
        for move in moves:
            if move == "undo":
                found = history.undo()
                if past:
                    future.append(now)
                    now = past.pop()
                    assert found.n == now
                else:
                    assert found is None
            elif move == "redo":
                found = history.redo()
                if future:
                    past.append(now)
                    now = future.pop()
                    assert found.n == now
                else:
                    assert found is None
            else:
                # Two parameters change, so that quick changes are not taken for one.
                history.record(gapped_sine.Parameters(n=move, m=move))
                if move != now:
                    past, now, future = [*past, now], move, []
            assert history.can_undo == bool(past) and history.can_redo == bool(future)

    def test_quick_steps_of_one_parameter_are_one(self) -> None:
        history = History()
        for n in (100, 101, 102, 103):
            history.record(gapped_sine.Parameters(n=n))
        history.record(gapped_sine.Parameters(n=103, m=30))
        assert history.undo().n == 103
        assert history.undo().n == 100
        assert history.undo() is None


class TestUndo:
    def test_a_drag_is_one_step(self, user: Any) -> None:
        before = user.panel.parameters
        assert not user.panel.undo.undo.isEnabled()
        user.drag("lengthscale", 0.3, 0.5, 0.6, 0.7)
        after = user.panel.parameters
        assert after != before
        user.qtbot.keyClick(user.panel, Qt.Key.Key_Z, CTRL)
        assert user.panel.parameters == before
        assert user.panel.controls.control("lengthscale").editor.text() == "1 rad"
        assert not user.panel.undo.undo.isEnabled()
        user.qtbot.keyClick(user.panel, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
        assert user.panel.parameters == after
        user.rest()

    def test_quick_drags_of_one_slider_are_a_step_each(self, user: Any) -> None:
        first = user.panel.parameters
        user.drag("lengthscale", 0.3, 0.5)
        second = user.panel.parameters
        user.drag("lengthscale", 0.6, 0.7)
        user.qtbot.keyClick(user.panel, Qt.Key.Key_Z, CTRL)
        assert user.panel.parameters == second
        user.qtbot.keyClick(user.panel, Qt.Key.Key_Z, CTRL)
        assert user.panel.parameters == first
        user.rest()

    def test_a_preset_is_undone_whole(self, user: Any) -> None:
        user.enter("ridge", "0.2")
        before = user.panel.parameters
        user.act("Table 2, data set 1: exact")
        assert user.value("dataset") == "paper-1"
        assert user.message.startswith("Table 2, data set 1: exact: ")
        user.act("Undo")
        assert user.panel.parameters == before
        assert user.message == ""
        user.act("Undo")
        assert user.value("ridge") == 0.01
        user.rest()

    def test_the_arrow_button_undoes(self, user: Any) -> None:
        user.enter("noise", "0.3")
        buttons = {b.accessibleName(): b for b in user.panel.toolbar.findChildren(QObject)
                   if hasattr(b, "accessibleName")}  # fmt: skip
        user.qtbot.mouseClick(buttons["Undo"], LEFT)
        assert user.value("noise") == 0.1
        assert not buttons["Undo"].isEnabled() and buttons["Redo"].isEnabled()

    def test_reset_brings_all_defaults_back(self, user: Any) -> None:
        user.enter("noise", "0.3")
        user.drag("m", 0.8)
        user.act("Reset all parameters")
        assert user.panel.parameters == gapped_sine.Parameters()
        user.act("Undo")
        assert user.value("noise") == 0.3


class TestLock:
    def test_a_locked_parameter_stays_whatever_is_asked_for(self, user: Any) -> None:
        control = user.panel.controls.control("ridge")
        user.enter("ridge", "0.2")
        control.set_locked(True)
        assert not control.slider.isEnabled() and not control.editor.isEnabled()
        user.act("Table 2, data set 1: Performer")
        assert user.value("ridge") == 0.2 and user.value("feature_scale") == 2.0
        assert "ridge stayed as before: locked" in user.message
        user.act("Reset all parameters")
        assert user.value("ridge") == 0.2 and user.value("feature_scale") == 1.0
        control.reset()
        assert user.value("ridge") == 0.2
        user.qtbot.mouseClick(control.unlock, LEFT)
        assert control.slider.isEnabled() and not control.unlock.isVisible()
        user.act("Reset all parameters")
        assert user.panel.parameters == gapped_sine.Parameters()

    def test_a_restored_run_unlocks(self, user: Any) -> None:
        user.act("Copy state as text")
        user.enter("ridge", "0.2")
        user.panel.controls.lock(["ridge"])
        user.act("Paste state")
        user.wait(lambda: user.value("ridge") == 0.01)
        assert user.panel.controls.locked == []


def test_undo_in_an_editor_is_for_the_text_only_while_it_is_edited(user: Any) -> None:
    user.enter("ridge", "0.2")
    editor: Any = user.panel.controls.control("ridge").editor
    user.qtbot.keyClicks(editor, "7")
    user.qtbot.keyClick(editor, Qt.Key.Key_Z, CTRL)
    assert user.value("ridge") == 0.2
    user.qtbot.keyClick(editor, Qt.Key.Key_Escape)
    user.qtbot.keyClick(editor, Qt.Key.Key_Z, CTRL)
    assert user.value("ridge") == 0.01


def test_the_menu_of_a_control_resets_and_locks(user: Any) -> None:
    user.enter("ridge", "0.2")
    entries = {a.text(): a for a in menu_of(user.panel, "ridge").actions()}
    entries["Lock"].trigger()
    assert user.panel.controls.locked == ["ridge"]
    entries = {a.text(): a for a in menu_of(user.panel, "ridge").actions()}
    assert entries["Lock"].isChecked() and not entries["Reset to default"].isEnabled()
    entries["Lock"].trigger()
    entries = {a.text(): a for a in menu_of(user.panel, "ridge").actions()}
    entries["Reset to default"].trigger()
    assert user.value("ridge") == 0.01
