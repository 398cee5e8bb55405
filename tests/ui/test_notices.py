"""Notices, progress and the word to the desktop: what is said without being in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QCursor, QEnterEvent, QGuiApplication
from PySide6.QtWidgets import QWidget

from kernlab.ui.desktop import LongJobs, SystemDesktop
from kernlab.ui.mailbox import Status
from kernlab.ui.notices import KEPT, MOST, Notices
from kernlab.ui.progress import TimeLeft, Title, in_words

LEFT = Qt.MouseButton.LeftButton


class Recorded:
    """A desktop that writes down what it is told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def tell(self, title: str, text: str) -> None:
        self.said.append((title, text))


def on_window(widget: QWidget) -> QRect:
    return QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())


class TestToasts:
    def test_they_lie_over_the_figures_and_the_newest_is_at_the_bottom(self, user: Any) -> None:
        notices: Notices = user.window.notices
        for number in range(MOST + 2):
            notices.tell(f"notice {number}")
        user.wait(lambda: notices.toasts[-1].isVisible())
        assert [t.text.text() for t in notices.toasts] == ["notice 2", "notice 3", "notice 4"]
        tops = [on_window(toast).top() for toast in notices.toasts]
        assert tops == sorted(tops)
        grid = on_window(user.panel.grid)
        for toast in notices.toasts:
            assert grid.contains(on_window(toast)), "over the figures only"
        assert grid.right() - on_window(notices).right() == 16
        user.window.resize(1024, 700)
        user.wait(lambda: on_window(user.panel.grid).contains(on_window(notices)))

    def test_the_figures_stay_where_they_are(self, user: Any) -> None:
        before = user.panel.grid.geometry()
        user.window.notices.fail("a failure", "details")
        assert user.panel.grid.geometry() == before
        assert user.message == ""

    def test_what_is_said_goes_and_a_failure_stays(self, user: Any) -> None:
        notices: Notices = user.window.notices
        notices.seconds = 0.02
        notices.fail("a failure", "details")
        notices.tell("saved")
        notices.warn("not possible")
        user.wait(lambda: [t.notice.text for t in notices.toasts] == ["a failure"])
        toast = notices.toasts[0]
        user.qtbot.mouseClick(toast.dismiss, LEFT)
        assert notices.toasts == [] and not notices.isVisible()

    def test_failures_are_the_last_to_make_room(self, user: Any) -> None:
        notices: Notices = user.window.notices
        notices.fail("a failure", "")
        for number in range(3):
            notices.tell(f"notice {number}")
        assert [t.notice.text for t in notices.toasts] == ["a failure", "notice 1", "notice 2"]

    def test_it_stays_while_the_pointer_is_on_it(self, user: Any) -> None:
        notices: Notices = user.window.notices
        notices.seconds = 0.02
        notices.tell("read me")
        toast, here = notices.toasts[0], QPointF(3, 3)
        toast.enterEvent(QEnterEvent(here, here, here))
        notices.tell("a later one")
        user.wait(lambda: [t.notice.text for t in notices.toasts] == ["read me"])
        toast.leaveEvent(QEnterEvent(here, here, here))
        user.wait(lambda: notices.toasts == [])

    def test_a_pointer_in_the_corner_of_the_window_does_not_keep_it(self, user: Any) -> None:
        QCursor.setPos(user.window.mapToGlobal(QPoint(10, 10)))
        notices: Notices = user.window.notices
        notices.seconds = 0.02
        notices.tell("saved")
        user.wait(lambda: notices.toasts == [])

    def test_one_on_the_same_thing_takes_the_place_of_the_last(self, user: Any) -> None:
        notices: Notices = user.window.notices
        notices.tell("a third", key="sweep")
        notices.tell("something else")
        notices.tell("all", key="sweep")
        assert [t.notice.text for t in notices.toasts] == ["something else", "all"]
        assert len(notices.history) == 3

    def test_details_open_and_the_report_is_copied(self, user: Any) -> None:
        notices: Notices = user.window.notices
        notices.fail("a failure", "Traceback: here", ("gapped-sine", user.panel.parameters))
        toast = notices.toasts[0]
        height = notices.height()
        user.qtbot.mouseClick(toast.more, LEFT)
        assert toast.details.isVisible() and notices.height() > height + 100
        assert on_window(user.panel.grid).contains(on_window(notices))
        user.qtbot.mouseClick(toast.copy, LEFT)
        copied = QGuiApplication.clipboard().text()
        assert copied.startswith("a failure\n\nTraceback: here\n\n{")
        assert '"experiment": "gapped-sine"' in copied

    def test_the_keyboard_reaches_dismisses_and_comes_back(self, user: Any) -> None:
        editor = user.panel.controls.control("ridge").editor
        editor.setFocus()
        user.window.notices.tell("first")
        user.window.notices.fail("second", "details")
        user.act("Go to the newest notice")
        assert user.window.focusWidget() is user.window.notices.toasts[-1].dismiss
        user.qtbot.keyClick(user.window.focusWidget(), Qt.Key.Key_Escape)
        assert user.window.focusWidget() is user.window.notices.toasts[0].dismiss
        user.qtbot.keyClick(user.window.focusWidget(), Qt.Key.Key_Space)
        assert user.window.notices.toasts == []
        assert user.window.focusWidget() is editor

    def test_the_last_ones_are_listed_in_a_window_that_does_not_block(self, user: Any) -> None:
        notices: Notices = user.window.notices
        for number in range(KEPT + 5):
            notices.fail(f"notice {number}", f"details {number}")
        user.act("Show notices")
        listed = notices._list
        assert listed is not None and listed.isVisible() and not listed.isModal()
        texts = [listed.list.item(row).text() for row in range(listed.list.count())]
        assert len(texts) == KEPT
        assert texts[0].endswith(f"notice {KEPT + 4}") and texts[-1].endswith("notice 5")
        listed.list.setCurrentRow(1)
        assert listed.details.toPlainText() == f"details {KEPT + 3}"
        user.qtbot.mouseClick(listed.copy, LEFT)
        assert f"details {KEPT + 3}" in QGuiApplication.clipboard().text()
        notices.tell("while it is open")
        assert listed.list.item(0).text().endswith("while it is open")
        assert not listed.details.isVisible()

    def test_without_any_the_list_says_so(self, user: Any) -> None:
        user.act("Go to the newest notice")
        listed = user.window.notices._list
        assert listed is not None and listed.empty.isVisible() and not listed.copy.isEnabled()


class TestWhere:
    def test_a_brief_word_does_not_hide_what_went_wrong(self, user: Any) -> None:
        user.panel.message.warn("n is 3; allowed: a whole number from 50 to 10000000")
        user.act("Copy as Python")
        assert user.message.startswith("n is 3")
        assert user.window.notices.toasts[-1].notice.text.startswith("Copied.")

    def test_a_brief_word_moves_nothing(self, user: Any) -> None:
        before = user.panel.grid.geometry()
        user.act("Copy as Python")
        assert user.notice == "Copied. Paste it into a script or a terminal."
        assert user.message == "" and user.panel.grid.geometry() == before
        user.act("Copy as command")
        assert len(user.window.notices.toasts) == 1, "the same words are said once"

    def test_an_export_takes_no_room_and_ends_what_was_said_of_the_last(
        self, user: Any, tmp_path: Path
    ) -> None:
        user.window.exporting.export(tmp_path / "none" / "a.csv", "data")
        assert "does not exist" in user.message
        user.window.exporting.export(tmp_path / "a.csv", "data")
        assert (user.message, user.notice) == ("", "Exporting a.csv …")
        user.wait(lambda: user.notice == f"Saved {tmp_path / 'a.csv'}.")
        assert len(user.window.notices.toasts) == 1

    def test_a_brief_word_ends_what_stands_on_its_topic_only(self, user: Any) -> None:
        message = user.panel.message
        message.tell("G2 holds for ridge up to 3.", topic="search")
        message.tell("Copied.", 5.0)
        assert (user.message, user.notice) == ("G2 holds for ridge up to 3.", "Copied.")

    def test_a_message_has_the_colour_of_its_kind(self, user: Any) -> None:
        message, roles = user.panel.message, user.window.theme.roles

        def ink() -> str:
            return str(message.text.palette().color(message.text.foregroundRole()).name())

        message.warn("not possible")
        assert ink() == roles["inconclusive"].lower()
        message.fail("a failure", "details")
        assert ink() == roles["fails"].lower()
        message.tell("as it should be")
        assert ink() == roles["text"].lower()

    def test_a_hidden_panel_that_fails_is_heard(
        self, toy: str, make_user: Callable[[], Any]
    ) -> None:
        user = make_user()
        first = user.open("gapped-sine")
        user.rest()
        user.open(toy)
        first.set_parameters({"n": 50, "domain": 1.0, "gap_width": 12.0})
        notices: Notices = user.window.notices
        user.wait(lambda: notices.toasts)
        (toast,) = notices.toasts
        assert toast.notice.text.startswith("Gapped sine: the gap leaves 0 of 50 points")
        assert toast.notice.details.startswith("Traceback")
        assert user.message == ""
        user.window.show_panel("gapped-sine")
        user.wait(lambda: user.message.startswith("the gap leaves 0 of 50 points"))

    def test_a_hidden_panel_that_finds_its_flip_is_heard(
        self, toy: str, make_user: Callable[[], Any]
    ) -> None:
        user = make_user()
        first = user.open(toy)
        user.rest()
        first.break_search.find("T1", "level")
        user.open("vandermonde")
        notices: Notices = user.window.notices
        user.wait(lambda: notices.toasts)
        assert notices.toasts[-1].notice.text.startswith("Toy & co: T1 holds for level up to 7.5")
        assert user.message == ""

    def test_what_nobody_caught_is_a_notice(self, user: Any) -> None:
        user.window.report("Something went wrong: 3", "Traceback")
        assert user.window.notices.toasts[-1].notice.kind == "fails"
        assert user.message == ""


class TestTimeLeft:
    def test_a_steady_run_is_estimated_exactly(self) -> None:
        left = TimeLeft()
        for second in range(1, 10):
            assert left.estimate(100.0, second / 10, 100.0 + second) == pytest.approx(10 - second)

    def test_it_is_unknown_at_first_and_without_a_fraction(self) -> None:
        left = TimeLeft()
        assert left.estimate(0.0, 0.5, 0.9) is None
        assert left.estimate(0.0, 0.001, 5.0) is None
        assert left.estimate(0.0, None, 5.0) is None
        assert left.estimate(0.0, 0.0, 5.0) is None

    def test_a_jump_is_followed_smoothly(self) -> None:
        left = TimeLeft()
        before = left.estimate(0.0, 0.5, 10.0)
        after = left.estimate(0.0, 0.9, 10.1)
        assert before == pytest.approx(10.0)
        assert after is not None and 8.5 < after < before

    def test_it_comes_to_what_is_measured(self) -> None:
        left = TimeLeft()
        left.estimate(0.0, 0.1, 1.0)  # ten seconds in all, and then it goes four times slower
        for second in range(4, 30):
            after = left.estimate(0.0, second / 40, float(second))
        assert after == pytest.approx(40 - 29, rel=0.02)

    def test_another_run_starts_from_its_own_measurements(self) -> None:
        left = TimeLeft()
        left.estimate(0.0, 0.1, 100.0)
        assert left.estimate(200.0, 0.5, 202.0) == pytest.approx(2.0)

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (None, ""),
            (1.2, ""),
            (7.4, "about 7 s left"),
            (43.0, "about 45 s left"),
            (200.0, "about 3 min left"),
            (9000.0, "about 2 h left"),
        ],
    )
    def test_in_words_it_is_no_more_precise_than_it_is(
        self, seconds: float | None, words: str
    ) -> None:
        assert in_words(seconds) == words


class TestTitle:
    def test_a_long_run_is_in_the_title_until_it_ends(self, user: Any) -> None:
        user.quiet()
        seen: list[str] = []
        user.window.windowTitleChanged.connect(seen.append)
        user.window.progress_title.patience = 0.0
        user.enter("n", "4e6")
        user.rest()
        user.quiet()
        user.wait(lambda: user.window.windowTitle() == "Gapped sine – kernlab")
        percents = [title for title in seen if title != "Gapped sine – kernlab"]
        assert percents and all(title.endswith(" % – Gapped sine – kernlab") for title in percents)

    def test_short_runs_are_not(self, user: Any) -> None:
        seen: list[str] = []
        user.window.windowTitleChanged.connect(seen.append)
        user.drag("ridge", 0.2, 0.7)
        user.rest()
        user.quiet()
        assert seen == []

    def test_it_changes_no_faster_than_it_can_be_read(self, qtbot: Any) -> None:
        widget = QWidget()
        qtbot.addWidget(widget)
        title = Title(widget, patience=0.0)
        seen: list[str] = []
        widget.windowTitleChanged.connect(seen.append)
        for percent in range(100):
            title.show("Toy", Status(1, percent / 100, "", "", 0.0))
        assert seen == ["0 % – Toy – kernlab"]
        qtbot.waitUntil(lambda: len(seen) == 2, timeout=3000)
        assert seen[-1] == "99 % – Toy – kernlab"
        title.show("Toy", Status(1, None, "", "", 0.0))
        assert seen[-1] == "Toy – kernlab"


class TestDesktop:
    def listen(self, user: Any) -> Recorded:
        """Every job counts as long, and the desktop writes down what it hears."""
        desktop = Recorded()
        user.window.long_jobs.desktop = desktop
        user.window.long_jobs.threshold = 0.0
        return desktop

    def leave(self, user: Any) -> None:
        """Turn to another window."""
        other = QWidget()
        user.qtbot.addWidget(other)
        other.show()
        other.activateWindow()
        user.wait(lambda: not user.window.isActiveWindow())

    def test_a_run_that_ends_while_another_window_is_used_is_told(self, user: Any) -> None:
        desktop = self.listen(user)
        user.quiet()
        self.leave(user)
        user.panel.set_parameters({"ridge": 0.3})
        user.rest()
        user.wait(lambda: desktop.said)
        assert desktop.said == [("Gapped sine", "The figures are computed, after 0 s")]

    def test_to_whoever_uses_the_window_nothing_is_told(self, user: Any) -> None:
        desktop = self.listen(user)
        user.window.activateWindow()
        user.wait(user.window.isActiveWindow)
        user.panel.set_parameters({"ridge": 0.3})
        user.rest()
        user.quiet()
        assert desktop.said == []

    def test_an_export_is_told_once_it_is_saved(self, user: Any, tmp_path: Path) -> None:
        desktop = self.listen(user)
        user.quiet()
        self.leave(user)
        user.window.exporting.export(tmp_path / "a.csv", "data")
        user.wait(lambda: desktop.said)
        assert (tmp_path / "a.csv").exists()
        ((title, text),) = desktop.said
        assert title == "Gapped sine" and text.startswith("a.csv is saved, after ")

    def test_a_search_is_told_also_where_it_finds_nothing(self, user: Any) -> None:
        desktop = self.listen(user)
        user.quiet()
        self.leave(user)
        user.panel.break_search.find("G1", "noise")
        user.wait(lambda: desktop.said)
        title, text = desktop.said[-1]
        assert title == "Gapped sine" and text.startswith("G1 does not flip over noise")

    def test_a_hidden_panels_run_is_told_once(self, toy: str, make_user: Callable[[], Any]) -> None:
        user = make_user()
        first = user.open("gapped-sine")
        user.rest()
        user.open(toy)
        user.rest()
        user.quiet()
        desktop = self.listen(user)
        self.leave(user)
        first.set_parameters({"ridge": 0.3})
        user.wait(lambda: desktop.said)
        user.window.show_panel("gapped-sine")
        user.rest()
        assert desktop.said == [("Gapped sine", "The figures are computed, after 0 s")]

    def test_a_short_job_is_not_told(self, qtbot: Any) -> None:
        window = QWidget()
        qtbot.addWidget(window)
        desktop = Recorded()
        jobs = LongJobs(window, desktop)
        jobs.took(29.0, "Toy", "done")
        assert desktop.said == []
        jobs.took(31.0, "Toy", "done")
        jobs.took(400.0, "Toy", "done")
        assert desktop.said == [("Toy", "done, after 31 s"), ("Toy", "done, after 7 min")]

    def test_without_a_tray_the_window_asks_for_attention(self, qtbot: Any) -> None:
        window = QWidget()
        qtbot.addWidget(window)
        SystemDesktop(window).tell("Toy", "done")
