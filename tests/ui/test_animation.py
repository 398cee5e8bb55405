"""Playing a slider and recording it: at the speed of the clock, paced by the picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

import kernlab
from kernlab.engine import catalogue
from kernlab.engine.contract.parameters import fields_of
from kernlab.engine.experiments.gapped_sine import experiment as gapped_sine
from kernlab.export.gif import Film
from kernlab.ui import animation
from kernlab.ui.animation import Sweep, along
from kernlab.ui.control_menu import menu_of
from kernlab.ui.recording import MOST_FRAMES, Recorder, script

FIELDS = {field.name: field for field in fields_of(gapped_sine.Parameters)}
LEFT = Qt.MouseButton.LeftButton


class TestWay:
    def test_once_ends_loop_starts_again_bounce_turns_round(self) -> None:
        assert along(0.25, "once") == (0.25, False) and along(1.5, "once") == (1.0, True)
        assert along(1.25, "loop") == (0.25, False)
        assert along(1.25, "bounce") == (0.75, False) and along(2.25, "bounce") == (0.25, False)

    def test_a_log_slider_moves_evenly_in_its_logarithm(self) -> None:
        sweep = Sweep(FIELDS["ridge"], 1e-8, 10)
        assert [sweep.value(share) for share in (0, 1)] == [1e-8, 10]
        for share in (0.2, 0.5, 0.9):
            assert math.log10(sweep.value(share)) == pytest.approx(9 * share - 8, abs=0.003)

    def test_a_narrow_way_has_as_many_places_as_a_wide_one(self) -> None:
        for name, ends in (("ridge", (1.0, 1.01)), ("gap_center", (0.5, 0.51))):
            sweep = Sweep(FIELDS[name], *ends)
            assert len({sweep.value(at / 500) for at in range(501)}) > 450

    def test_whole_numbers_move_by_one_at_least(self) -> None:
        sweep = Sweep(FIELDS["n"], 50, 60)
        values = [sweep.value(at / 1000) for at in range(1001)]
        assert sorted(set(values)) == list(range(50, 61))
        assert all(isinstance(value, int) for value in values)

    @given(
        st.sampled_from(["ridge", "gap_center", "n"]),
        st.floats(0, 1), st.floats(0, 1), st.floats(0, 1),
    )  # fmt: skip
    def test_it_stays_between_its_ends_in_either_direction(
        self, name: str, one: float, other: float, share: float
    ) -> None:
        span = FIELDS[name].span
        assert span is not None
        ends = [Sweep(FIELDS[name], span.low, span.high).value(at) for at in (one, other)]
        if ends[0] == ends[1]:
            return
        sweep = Sweep(FIELDS[name], *ends)
        assert min(ends) <= sweep.value(share) <= max(ends)
        assert (sweep.value(0), sweep.value(1)) == tuple(ends)
        assert 0 <= sweep.share(sweep.value(share)) <= 1
        assert sweep.share(ends[0]) == 0 and sweep.share(ends[1]) == 1


class TestScript:
    @pytest.mark.parametrize("mode", animation.MODES)
    @pytest.mark.parametrize("seconds", animation.SPEEDS)
    def test_it_lasts_as_long_as_the_animation(self, mode: Any, seconds: int) -> None:
        made = script(Sweep(FIELDS["ridge"], 1e-8, 10), seconds, mode)
        assert sum(made.durations) == 100 * seconds * (2 if mode == "bounce" else 1)
        assert len(made.order) == len(made.durations) <= MOST_FRAMES
        assert min(made.durations) >= 6

    def test_there_and_back_computes_nothing_twice(self) -> None:
        made = script(Sweep(FIELDS["ridge"], 1e-8, 10), 2, "bounce")
        assert len(made.order) == 60 and len(made.values) == 31
        assert made.values[0] == 1e-8 and max(made.values) == 10
        assert list(made.order[1:]) == list(made.order[:0:-1])

    def test_a_value_that_stays_is_one_picture_that_lasts(self) -> None:
        made = script(Sweep(FIELDS["n"], 50, 52), 2, "once")
        assert made.values == (50, 51, 52) and made.order == (0, 1, 2)
        assert sum(made.durations) == 200


@pytest.fixture
def toy_user(toy: str, make_user: Callable[[], Any]) -> Any:
    made = make_user()
    made.open("toy")
    made.rest()
    return made


def moves(user: Any) -> list[tuple[bool, Any]]:
    """The parameter changes from now on: whether while moving, and the shift."""
    seen: list[tuple[bool, Any]] = []
    user.panel.parameters_changed.connect(lambda moving: seen.append((moving, user.value("shift"))))
    return seen


class TestPlay:
    def test_it_moves_as_a_drag_does_and_ends_with_one_full_run(self, toy_user: Any) -> None:
        user, panel = toy_user, toy_user.panel
        user.quiet()
        seen, before = moves(user), len(user.shown)
        panel.animator.play("shift")
        user.wait(lambda: len(seen) > 5)
        assert all(moving for moving, _ in seen)
        values = [value for _, value in seen]
        assert values == sorted(values) and values[0] >= 0.5
        user.act("Stop animation")
        assert [moving for moving, _ in seen].count(False) == 1 and seen[-1][0] is False
        user.rest()
        user.quiet()
        (event,) = user.shown[before:]
        assert event.request.parameters.shift == user.value("shift") == seen[-1][1]

    def test_it_is_one_step_to_undo(self, toy_user: Any) -> None:
        seen = moves(toy_user)
        toy_user.panel.animator.play("shift")
        toy_user.wait(lambda: len(seen) > 3)
        toy_user.panel.animator.stop()
        toy_user.act("Undo")
        assert toy_user.value("shift") == 0.5

    def test_each_step_waits_for_the_picture_of_the_last_one(
        self, toy_user: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(animation, "PATIENCE", 60_000)
        order: list[str] = []
        toy_user.quiet()
        toy_user.panel.parameters_changed.connect(lambda _: order.append("step"))
        toy_user.panel.picture_shown.connect(lambda _: order.append("picture"))
        toy_user.panel.animator.play("shift")
        toy_user.wait(lambda: len(order) > 10)
        assert order == ["step", "picture"] * (len(order) // 2) + order[2 * (len(order) // 2) :]

    def test_once_ends_at_the_end(self, toy_user: Any) -> None:
        animator = toy_user.panel.animator
        animator.set_mode("once")
        animator.set_ends("shift", 0.5, 0.75)
        animator.seconds = 0.3
        animator.play("shift")
        toy_user.wait(lambda: not animator.playing)
        assert toy_user.value("shift") == 0.75 and not toy_user.panel.animation_bar.isVisible()

    def test_it_goes_on_after_a_pause(self, toy_user: Any) -> None:
        user, bar = toy_user, toy_user.panel.animation_bar
        seen = moves(user)
        user.act("Animate…")
        assert bar.isVisible() and not user.panel.animator.playing
        bar.name.setCurrentIndex(bar.name.findText("Shift"))
        bar.name.activated.emit(bar.name.currentIndex())
        user.qtbot.mouseClick(bar.play, LEFT)
        user.wait(lambda: len(seen) > 2)
        assert bar.play.accessibleName() == "Pause"
        user.qtbot.mouseClick(bar.play, LEFT)
        paused = user.value("shift")
        assert seen[-1] == (False, paused) and bar.isVisible()
        user.rest()
        user.qtbot.mouseClick(bar.play, LEFT)
        user.wait(lambda: user.value("shift") > paused)
        user.qtbot.mouseClick(bar.stop, LEFT)
        assert not bar.isVisible() and not user.panel.animator.playing

    def test_the_ends_are_typed_in_the_bar(self, toy_user: Any) -> None:
        user, bar = toy_user, toy_user.panel.animation_bar
        user.panel.animator.name = "shift"
        user.act("Animate…")
        for editor, text in ((bar.start, "2"), (bar.end, "1")):
            editor.setFocus()
            editor.selectAll()
            user.qtbot.keyClicks(editor, text)
            user.qtbot.keyClick(editor, Qt.Key.Key_Return)
        assert user.panel.animator.sweep("shift").value(0) == 2
        assert user.panel.animator.sweep("shift").value(1) == 1
        seen = moves(user)
        user.qtbot.mouseClick(bar.play, LEFT)
        user.wait(lambda: len(seen) > 3)
        assert all(1 <= value <= 2 for _, value in seen)

    @pytest.mark.parametrize("how", ["escape", "press", "key", "preset", "cancel", "lock", "leave"])
    def test_the_user_stops_it(self, toy_user: Any, how: str) -> None:
        user, panel = toy_user, toy_user.panel
        seen = moves(user)
        panel.animator.play("shift")
        user.wait(lambda: len(seen) > 2)
        slider = panel.controls.control("shift").slider
        if how == "escape":
            user.qtbot.keyClick(user.window, Qt.Key.Key_Escape)
        elif how == "press":
            user.qtbot.mouseClick(slider, LEFT, pos=QPoint(round(slider.x_of(0)), 10))
        elif how == "key":
            user.qtbot.keyClick(slider, Qt.Key.Key_Left)
        elif how == "preset":
            user.act("Left")
        elif how == "cancel":
            panel.toolbar.set_running(True)
            panel.toolbar.run.click()
        elif how == "lock":
            panel.controls.control("shift").set_locked(True)
        else:
            user.window.show_panel("gapped-sine")
        assert not panel.animator.playing and not panel.animation_bar.isVisible()
        assert seen[-1][0] is False and not slider.isSliderDown()
        expected = {"press": -5, "preset": -2.0}
        assert user.window.panels["toy"].parameters.shift == expected.get(how, seen[-1][1])

    def test_a_value_that_does_not_go_with_the_others_stops_it_before(self, toy_user: Any) -> None:
        toy_user.panel.set_parameters({"shape": "line", "level": 100})
        animator = toy_user.panel.animator
        animator.seconds = 2
        animator.play("level")
        toy_user.wait(lambda: not animator.playing)
        assert "The animation stopped: level is" in toy_user.message
        assert "at most 500 for a line" in toy_user.message
        assert 100 < toy_user.value("level") <= 500
        assert toy_user.panel.controls.control("level").value == toy_user.value("level")

    def test_a_run_that_fails_stops_it(
        self, toy_user: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        experiment, good = catalogue.get("toy"), catalogue.get("toy").run

        def run(p: Any, *rest: Any) -> Any:
            if p.shift > 1:
                raise ValueError("it broke beyond 1")
            yield from good(p, *rest)

        monkeypatch.setattr(experiment, "run", run)
        toy_user.panel.animator.play("shift")
        toy_user.wait(lambda: not toy_user.panel.animator.playing)
        assert "it broke beyond 1" in toy_user.message and toy_user.value("shift") > 1


class TestMenu:
    def texts(self, menu: QMenu) -> list[str]:
        return [action.text() for action in menu.actions() if action.text()]

    def test_a_slider_offers_it_and_other_controls_do_not(self, toy_user: Any) -> None:
        panel = toy_user.panel
        assert {"Animate", "Speed", "At the end", "Record as GIF…"} <= set(
            self.texts(menu_of(panel, "shift"))
        )
        assert "Animate" not in self.texts(menu_of(panel, "shape"))
        assert "Animate" not in self.texts(menu_of(panel, "seed"))

    def test_parts_of_the_panel_add_their_own(self, toy_user: Any) -> None:
        toy_user.panel.menu_providers.append(
            lambda panel, name, menu: menu.addAction(f"About {name}")
        )
        assert self.texts(menu_of(toy_user.panel, "noisy"))[-1] == "About noisy"

    @pytest.mark.parametrize("key", [Qt.Key.Key_F10, Qt.Key.Key_Menu])
    def test_a_key_opens_it(self, toy_user: Any, key: Qt.Key) -> None:
        slider = toy_user.panel.controls.control("shift").slider
        slider.setFocus()
        shift = Qt.KeyboardModifier.ShiftModifier
        plain = Qt.KeyboardModifier.NoModifier
        toy_user.qtbot.keyClick(slider, key, shift if key == Qt.Key.Key_F10 else plain)
        popup = QApplication.activePopupWidget()
        assert isinstance(popup, QMenu) and popup.accessibleName() == "Menu of Shift"
        popup.close()

    def test_a_right_click_opens_it_and_in_an_editor_keeps_what_texts_need(
        self, toy_user: Any
    ) -> None:
        control = toy_user.panel.controls.control("shift")
        for widget in (control.slider, control.editor):
            place = QPoint(5, 5)
            event = QContextMenuEvent(
                QContextMenuEvent.Reason.Mouse, place, widget.mapToGlobal(place)
            )
            QApplication.sendEvent(widget, event)
            popup = QApplication.activePopupWidget()
            assert isinstance(popup, QMenu)
            texts = self.texts(popup)
            popup.close()
            assert "Animate" in texts
        assert any("Paste" in text for text in texts)

    def test_its_entries_do_what_they_say(self, toy_user: Any) -> None:
        panel = toy_user.panel

        def choose(*path: str) -> None:
            menu = menu_of(panel, "shift")
            for text in path[:-1]:
                menu = next(a for a in menu.actions() if a.text() == text).menu()
            next(a for a in menu.actions() if a.text() == path[-1]).trigger()

        choose("Animate from this value")
        assert panel.animator.sweep("shift").start == 0.5
        choose("Speed", "10 s a sweep")
        choose("At the end", "Stop")
        assert (panel.animator.seconds, panel.animator.mode) == (10, "once")
        choose("Animate")
        assert panel.animator.playing and panel.animator.name == "shift"
        choose("Stop animation")
        assert not panel.animator.playing
        choose("Animate the whole range")
        assert panel.animator.sweep("shift").start == -5

    def test_everything_in_the_bar_has_a_name(self, toy_user: Any) -> None:
        toy_user.act("Animate…")
        bar = toy_user.panel.animation_bar
        for widget in (bar.play, bar.stop, bar.record, bar.name, bar.speed, bar.mode):
            assert widget.accessibleName()
        assert bar.start.accessibleName() == "First value of Points"


class TestRecording:
    @pytest.fixture
    def recorder(self, toy_user: Any) -> Recorder:
        animator = toy_user.panel.animator
        animator.choose("shift")
        animator.set_ends("shift", -1, 1)
        animator.seconds = 0.4
        recorder = toy_user.panel.findChild(Recorder)
        assert isinstance(recorder, Recorder)
        return recorder

    def test_frames_time_and_recipe_are_in_the_file(
        self, toy_user: Any, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "a.gif"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a"), ""))
        toy_user.quiet()
        done: list[bool] = []
        recorder.done.connect(done.append)
        seen = moves(toy_user)
        toy_user.act("Record as GIF…")
        assert toy_user.panel.animation_bar.cancel.isVisible()
        toy_user.wait(lambda: done)
        assert done == [True] and toy_user.notice == f"Saved {path}."
        assert not toy_user.panel.animation_bar.isVisible()
        values = [value for moving, value in seen if moving]
        assert values[0] == -1 and values[-1] == 1 and len(values) == 7
        assert seen[-1] == (False, 0.5) and not toy_user.panel.undo.history.can_undo
        with Image.open(path) as gif:
            assert gif.n_frames == 12 and gif.info["loop"] == 0
            lasted = []
            for at in range(gif.n_frames):
                gif.seek(at)
                lasted.append(gif.info["duration"])
            assert sum(lasted) == 800
            grid = toy_user.panel.grid
            assert gif.width == grid.width() // 4 * 4 and gif.height > gif.width / 2
        assert kernlab.open_recipe(path) == ("toy", vars(toy_user.panel.parameters))

    @pytest.mark.parametrize("how", ["button", "escape", "other", "view"])
    def test_given_up_it_leaves_no_file_and_the_value_as_it_was(
        self, toy_user: Any, recorder: Recorder, tmp_path: Path, how: str
    ) -> None:
        done: list[bool] = []
        recorder.done.connect(done.append)
        seen = moves(toy_user)
        recorder.record(tmp_path / "a.gif")
        toy_user.wait(lambda: len(seen) > 2)
        if how == "button":
            toy_user.qtbot.mouseClick(toy_user.panel.animation_bar.cancel, LEFT)
        elif how == "escape":
            toy_user.qtbot.keyClick(toy_user.window, Qt.Key.Key_Escape)
        elif how == "other":
            toy_user.enter("level", "3")
        else:
            toy_user.panel.tabs.setCurrentIndex(1)
        assert done == [False] and "given up" in toy_user.notice
        toy_user.quiet()
        assert not list(tmp_path.iterdir()) and toy_user.value("shift") == 0.5
        assert not toy_user.panel.animation_bar.isVisible()

    def test_given_up_while_it_is_written_it_leaves_no_file(
        self, toy_user: Any, recorder: Recorder, tmp_path: Path
    ) -> None:
        done: list[bool] = []
        recorder.done.connect(done.append)
        bar = toy_user.panel.animation_bar
        recorder.record(tmp_path / "a.gif")
        toy_user.wait(lambda: bar.note.text().startswith("Writing"))
        toy_user.qtbot.mouseClick(bar.cancel, LEFT)
        assert done == [False] and "given up" in toy_user.notice
        again = recorder.exports.save_film(tmp_path / "b.gif", Film((4, 4), (), (), ()))
        toy_user.wait(again.done)  # whatever came before is over
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(
        ("name", "reason"),
        [("a.pdf", "allowed: .gif"), ("no/a.gif", "does not exist"), (".", "allowed: .gif")],
    )
    def test_a_place_where_nothing_can_be_written_is_refused_at_once(
        self, toy_user: Any, recorder: Recorder, tmp_path: Path, name: str, reason: str
    ) -> None:
        seen = moves(toy_user)
        recorder.record(tmp_path / name)
        assert reason in toy_user.message and not seen and not recorder.recording

    def test_what_was_refused_meanwhile_is_not_said_any_longer(
        self, toy_user: Any, recorder: Recorder, tmp_path: Path
    ) -> None:
        done: list[bool] = []
        recorder.done.connect(done.append)
        recorder.record(tmp_path / "a.gif")
        recorder.record(tmp_path / "b.gif")
        assert "A recording is under way" in toy_user.message
        toy_user.wait(lambda: done)
        assert toy_user.message == ""
