"""Step mode: a run is held after each step that carries tables, and goes on at request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from kernlab.engine import catalogue
from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.figure import Axis, Figure, Line, Style
from kernlab.engine.contract.table import Table, summary
from kernlab.ui.jobs import Lane
from kernlab.ui.mailbox import Finished, Held
from kernlab.ui.requests import Request

STEPS = 4


def iterate(p: Any, fidelity: str, cache: Any, views: Any) -> Iterator[Step]:
    """Halves a curve in each step, and yields in between without tables."""
    x = np.linspace(-1, 1, 5)
    for step in range(1, STEPS + 1):
        yield Step(step / STEPS, "between")
        tables = {
            "curve": Table({"x": x, "y": np.full(5, 0.5**step)}),
            "summary": summary(mean=0.0, k=step),
        }
        yield Step(step / STEPS, f"halved {step} times", tables)


class Halving:
    """What the lane needs of an iterative experiment."""

    key, title, question, icon = "halving", "Halving", "", ""
    views, presets, exclusive, iterative = ("A",), (), False, True
    Parameters = int

    def run(self, *arguments: Any) -> Iterator[Step]:
        return iterate(*arguments)

    def figures(self, p: int, tables: Any) -> list[Figure]:
        line = Line("curve", "x", "y", Style("trace1"))
        return [Figure("curve", "Curve", "A", Axis("x"), Axis("y"), (line,))]

    def claims(self, p: int, tables: Any) -> list[Any]:
        return []

    def answer(self, p: int, tables: Any) -> str:
        return f"k = {tables['summary']['k'][0]:g}"


class Watched:
    """A lane and what it has said of its panels."""

    def __init__(self) -> None:
        self.lane = Lane()
        self.said: dict[str, list[Any]] = {}

    def submit(self, serial: int = 1, panel: str = "halving", **more: Any) -> None:
        request = Request(panel, serial, Halving(), serial, "full", ("A",), **more)  # type: ignore[arg-type]
        self.lane.submit(request)

    def events(self, panel: str = "halving") -> list[Any]:
        while self.lane.mailbox.take_figure(panel) is not None:
            pass
        mail = self.lane.mailbox.take_rest(panel)
        self.said.setdefault(panel, []).extend(mail.events if mail else [])
        return self.said[panel]

    def notes(self) -> list[str]:
        return [event.note for event in self.events() if isinstance(event, Held)]

    def ended(self, panel: str = "halving") -> list[int]:
        return [e.request.serial for e in self.events(panel) if isinstance(e, Finished)]


@pytest.fixture
def watched() -> Iterator[Watched]:
    watched = Watched()
    yield watched
    assert watched.lane.close(timeout=3.0)


class TestLane:
    def test_it_stands_still_after_each_step_with_tables(
        self, qtbot: Any, watched: Watched
    ) -> None:
        watched.submit(stepwise=True)
        for step in range(1, STEPS + 1):
            notes = [f"halved {at} times" for at in range(1, step + 1)]
            qtbot.waitUntil(lambda notes=notes: watched.notes() == notes)
            assert not watched.lane.busy and watched.ended() == []
            assert watched.lane.advance("halving")
        qtbot.waitUntil(lambda: watched.ended() == [1])
        assert len(watched.notes()) == STEPS
        assert not watched.lane.advance("halving")

    def test_it_goes_on_to_the_end_at_request(self, qtbot: Any, watched: Watched) -> None:
        watched.submit(stepwise=True)
        qtbot.waitUntil(lambda: len(watched.notes()) == 1)
        assert watched.lane.advance("halving", to_end=True)
        qtbot.waitUntil(lambda: watched.ended() == [1])
        assert len(watched.notes()) == 1

    @pytest.mark.parametrize("more", [{}, {"stepwise": True}, {"purpose": "claims"}])
    def test_a_newer_request_takes_its_place(
        self, qtbot: Any, watched: Watched, more: dict[str, Any]
    ) -> None:
        watched.submit(stepwise=True)
        qtbot.waitUntil(lambda: len(watched.notes()) == 1)
        watched.submit(**more)
        if "stepwise" in more:
            qtbot.waitUntil(lambda: watched.notes() == ["halved 1 times"] * 2)
        else:
            qtbot.waitUntil(lambda: watched.ended() == [1])
            assert not watched.lane.advance("halving")

    def test_cancelling_lets_it_go(self, qtbot: Any, watched: Watched) -> None:
        watched.submit(stepwise=True)
        qtbot.waitUntil(lambda: len(watched.notes()) == 1)
        watched.lane.cancel("halving")
        qtbot.waitUntil(lambda: not watched.lane.advance("halving"))

    def test_other_panels_run_meanwhile_and_it_keeps_its_place(
        self, qtbot: Any, watched: Watched
    ) -> None:
        watched.submit(stepwise=True)
        qtbot.waitUntil(lambda: len(watched.notes()) == 1)
        for panel in "abcd":
            watched.submit(panel=panel)
            qtbot.waitUntil(lambda panel=panel: watched.ended(panel) == [1])
        assert watched.lane.advance("halving")
        qtbot.waitUntil(lambda: len(watched.notes()) == 2)

    def test_a_run_that_is_not_stepwise_is_not_held(self, qtbot: Any, watched: Watched) -> None:
        watched.submit()
        qtbot.waitUntil(lambda: watched.ended() == [1])
        assert watched.notes() == []

    def test_two_quick_requests_are_one(self, watched: Watched, qtbot: Any) -> None:
        watched.submit(stepwise=True)
        assert watched.lane.advance("halving", to_end=True)
        qtbot.waitUntil(lambda: watched.ended() == [1])


@pytest.fixture
def user(toy: str, make_user: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """In front of an iterative experiment, whose first full run has come."""
    experiment = catalogue.get(toy)
    monkeypatch.setattr(experiment, "iterative", True, raising=False)
    monkeypatch.setattr(experiment, "run", iterate)
    made = make_user()
    made.open(toy)
    made.rest()
    made.quiet()
    return made


def height(user: Any) -> float:
    return float(user.drawing("curve").items[0].y[0])


class TestPanel:
    def test_steps_are_made_by_key_and_shown_one_by_one(self, user: Any) -> None:
        before = len(user.shown)
        for step in range(1, STEPS + 1):
            user.qtbot.keyClick(user.window, Qt.Key.Key_F10)
            user.wait(lambda step=step: f"step {step}:" in user.panel.status.note)
            assert height(user) == 0.5**step
            assert not user.panel.toolbar.running and len(user.shown) == before
            assert f"halved {step} times" in user.window.status_line.note.text()
        user.qtbot.keyClick(user.window, Qt.Key.Key_F10)
        user.wait(lambda: len(user.shown) == before + 1)
        assert height(user) == 0.5**STEPS

    def test_it_runs_on_from_where_it_stands(self, user: Any) -> None:
        before = len(user.shown)
        user.act("Step")
        user.wait(lambda: height(user) == 0.5)
        user.wait(lambda: not user.panel.toolbar.running)
        user.qtbot.keyClick(user.window, Qt.Key.Key_F5)
        user.wait(lambda: len(user.shown) == before + 1)
        assert height(user) == 0.5**STEPS and user.shown[-1].request.stepwise

    def test_restart_goes_back_to_the_first_step(self, user: Any) -> None:
        for step in (1, 2):
            user.act("Step")
            user.wait(lambda step=step: f"step {step}:" in user.panel.status.note)
        user.act("Restart")
        user.wait(lambda: "step 1:" in user.panel.status.note)
        assert height(user) == 0.5

    def test_a_change_of_a_parameter_runs_to_the_end_again(self, user: Any) -> None:
        user.act("Step")
        user.wait(lambda: height(user) == 0.5)
        user.enter("level", "3")
        user.rest()
        assert height(user) == 0.5**STEPS
        user.act("Step")
        user.wait(lambda: "step 1:" in user.panel.status.note)

    def test_run_on_without_a_step_runs_all_of_it(self, user: Any) -> None:
        before = len(user.shown)
        user.act("Run on")
        user.wait(lambda: len(user.shown) == before + 1)
        assert not user.shown[-1].request.stepwise

    def test_another_view_shows_the_same_step(self, user: Any) -> None:
        user.act("Step")
        user.wait(lambda: "step 1:" in user.panel.status.note)
        user.panel.tabs.setCurrentIndex(1)
        user.act("Step")
        user.wait(lambda: "step 2:" in user.panel.status.note)
        user.panel.tabs.setCurrentIndex(0)
        assert height(user) == 0.25

    def test_the_window_closes_while_a_run_stands_still(self, user: Any) -> None:
        user.act("Step")
        user.wait(lambda: "step 1:" in user.panel.status.note)
        user.window.close()
        assert not user.window.isVisible()


def test_other_experiments_have_no_such_actions(toy: str, make_user: Callable[[], Any]) -> None:
    user = make_user()
    user.open(toy)
    assert not {"Step", "Run on", "Restart"} & {action.text() for action in user.panel.actions()}
