"""The lane: the newest request wins, nothing that an experiment does can kill it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from kernlab.engine.contract.drawing import Drawing
from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.figure import Axis, Figure, Line, Style
from kernlab.engine.contract.memory import Memory
from kernlab.engine.contract.table import Table
from kernlab.ui.errands import Errands
from kernlab.ui.jobs import Lane
from kernlab.ui.mailbox import Failed, Finished
from kernlab.ui.requests import Request


class Steps:
    """An experiment whose run is given by the test; parameters are plain integers."""

    key, title, question, icon = "steps", "Steps", "", ""
    views, presets, exclusive = ("A",), (), False
    Parameters = int

    def __init__(self, run: Callable[..., Iterator[Step]], **overrides: Any) -> None:
        self.body = run
        self.runs: list[tuple[int, str]] = []
        for name, value in overrides.items():
            setattr(self, name, value)

    def run(self, p: int, fidelity: str, cache: Any, views: Any) -> Iterator[Step]:
        self.runs.append((p, fidelity))
        return self.body(p, fidelity)

    def figures(self, p: int, tables: Any) -> list[Figure]:
        line = Line("curve", "x", "y", Style("trace1"))
        return [Figure("curve", f"p = {p}", "A", Axis("x"), Axis("y"), (line,))]

    def claims(self, p: int, tables: Any) -> list[Any]:
        return []

    def answer(self, p: int, tables: Any) -> str:
        return f"answer {p}"


def curve(p: int) -> dict[str, Table]:
    return {"curve": Table({"x": np.arange(3.0), "y": np.full(3, float(p))})}


def quick(p: int, fidelity: str) -> Iterator[Step]:
    yield Step(0.5, "half")
    yield Step(1.0, "done", curve(p))


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane()
    yield lane
    assert lane.close(timeout=3.0)


def request(experiment: Any, serial: int, fidelity: Any = "full", **more: Any) -> Request:
    panel = more.pop("panel", "steps")
    return Request(panel, serial, experiment, serial, fidelity, ("A",), **more)


def wait(condition: Callable[[], Any], seconds: float = 5.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        threading.Event().wait(0.002)
    raise AssertionError("timed out")


def events(lane: Lane, panel: str = "steps") -> list[Finished | Failed]:
    while lane.mailbox.take_figure(panel) is not None:
        pass
    mail = lane.mailbox.take_rest(panel)
    return mail.events if mail else []


def test_a_run_delivers_its_figure_answer_and_end(lane: Lane) -> None:
    lane.submit(request(Steps(quick), 7))
    serial, drawing = wait(lambda: lane.mailbox.take_figure("steps"))
    assert serial == 7 and isinstance(drawing, Drawing) and drawing.title == "p = 7"
    finished = wait(lambda: events(lane))[0]
    assert isinstance(finished, Finished) and finished.request.serial == 7


def test_a_step_that_does_not_know_how_far_it_is_keeps_the_share_done(lane: Lane) -> None:
    """So the bar and the button that cancels stay."""
    done = threading.Event()

    def steps(p: int, fidelity: str) -> Iterator[Step]:
        yield Step(None, "loading")
        yield Step(0.4, "half")
        yield Step(None, "more")
        while not done.wait(0.002):
            yield Step()

    def share_at(note: str) -> float | None:
        mail = lane.mailbox.take_rest("steps")
        return mail.status.fraction if mail and mail.status and mail.status.note == note else None

    lane.submit(request(Steps(steps), 1))
    assert wait(lambda: share_at("more")) == 0.4
    done.set()


def test_the_newest_of_many_requests_is_the_only_full_run(lane: Lane) -> None:
    gate = threading.Event()

    def slow(p: int, fidelity: str) -> Iterator[Step]:
        if p == 0:
            gate.wait(5)
        yield Step(1.0, "", curve(p))

    experiment = Steps(slow)
    lane.submit(request(experiment, 0))
    wait(lambda: experiment.runs)
    for serial in range(1, 50):
        lane.submit(request(experiment, serial))
    gate.set()
    seen: list[Any] = []
    wait(lambda: seen.extend(events(lane)) or any(e.request.serial == 49 for e in seen))
    assert [event.request.serial for event in seen if isinstance(event, Finished)] == [49]


def test_a_superseded_coarse_run_still_reaches_its_first_figure(lane: Lane) -> None:
    gate = threading.Event()
    reached: list[int] = []

    def steps(p: int, fidelity: str) -> Iterator[Step]:
        if p == 1:
            gate.wait(5)
        yield Step()
        yield Step(0.5, "", curve(p))
        reached.append(p)
        yield Step(1.0, "", curve(p))
        reached.append(10 * p)

    experiment = Steps(steps)
    lane.submit(request(experiment, 1, "coarse"))
    wait(lambda: experiment.runs)
    lane.submit(request(experiment, 2, "coarse"))
    gate.set()
    wait(lambda: 20 in reached)
    assert 10 not in reached


def test_an_older_figure_never_replaces_a_newer_one(lane: Lane) -> None:
    newer = Drawing("curve", "new", "A", None, None, (), (), "", None)  # type: ignore[arg-type]
    older = Drawing("curve", "old", "A", None, None, (), (), "", None)  # type: ignore[arg-type]
    lane.mailbox.put_figure("p", 5, newer)
    lane.mailbox.put_figure("p", 4, older)
    assert lane.mailbox.take_figure("p") == (5, newer)
    assert lane.mailbox.take_figure("p") is None


def test_cancel_stops_at_the_next_yield(lane: Lane) -> None:
    started, closed = threading.Event(), threading.Event()

    def endless(p: int, fidelity: str) -> Iterator[Step]:
        started.set()
        try:
            while True:
                threading.Event().wait(0.001)
                yield Step()
        finally:
            closed.set()

    lane.submit(request(Steps(endless), 1))
    assert started.wait(2.0)
    lane.cancel("steps")
    assert closed.wait(2.0)
    wait(lambda: not lane.busy)


def raising_in_run(p: int, fidelity: str) -> Iterator[Step]:
    yield Step()
    raise ValueError("run is broken")


def raising_when_closed(p: int, fidelity: str) -> Iterator[Step]:
    try:
        while True:
            yield Step()
    finally:
        raise RuntimeError("close is broken")


def yielding_when_closed(p: int, fidelity: str) -> Iterator[Step]:
    try:
        while True:
            yield Step()
    finally:
        yield Step()


def system_exit(p: int, fidelity: str) -> Iterator[Step]:
    yield Step()
    raise SystemExit(3)


def broken(*_: Any) -> Any:
    raise ValueError("this part is broken")


@pytest.mark.parametrize(
    "experiment",
    [
        Steps(raising_in_run),
        Steps(system_exit),
        Steps(quick, figures=broken),
        Steps(quick, claims=broken),
        Steps(quick, answer=broken),
        Steps(broken),
    ],
    ids=["run", "exit", "figures", "claims", "answer", "start"],
)
def test_a_failure_anywhere_is_a_message_and_the_lane_goes_on(lane: Lane, experiment: Any) -> None:
    lane.submit(request(experiment, 1))
    failed = wait(lambda: [e for e in events(lane) if isinstance(e, Failed)])[0]
    assert failed.message and "Traceback" in failed.details
    lane.submit(request(Steps(quick), 2))
    assert wait(lambda: [e for e in events(lane) if isinstance(e, Finished)])


@pytest.mark.parametrize("run", [raising_when_closed, yielding_when_closed])
def test_a_generator_that_fights_its_end_does_not_kill_the_lane(lane: Lane, run: Any) -> None:
    lane.submit(request(Steps(run), 1))
    wait(lambda: lane.busy)
    lane.submit(request(Steps(quick), 2))
    assert wait(lambda: [e for e in events(lane) if isinstance(e, Finished)])


def test_a_call_that_fails_does_not_kill_the_lane(
    lane: Lane, capsys: pytest.CaptureFixture[str]
) -> None:
    lane.call(broken)
    lane.submit(request(Steps(quick), 1))
    assert wait(lambda: [e for e in events(lane) if isinstance(e, Finished)])
    assert "this part is broken" in capsys.readouterr().err


def test_the_visible_panel_goes_first_and_the_other_one_resumes(lane: Lane) -> None:
    order: list[str] = []

    def named(name: str, steps: int) -> Any:
        def run(p: int, fidelity: str) -> Iterator[Step]:
            for _ in range(steps):
                threading.Event().wait(0.002)
                yield Step()
            order.append(name)
            yield Step(1.0, "", curve(p))

        return Steps(run)

    lane.show("hidden")
    lane.submit(request(named("hidden", 100), 1, panel="hidden"))
    wait(lambda: lane.busy)
    lane.show("visible")
    lane.submit(request(named("visible", 5), 1, panel="visible"))
    wait(lambda: len(order) == 2)
    assert order == ["visible", "hidden"]


def test_an_exclusive_run_is_stopped_and_not_set_aside(lane: Lane) -> None:
    started, closed = threading.Event(), threading.Event()

    def timing(p: int, fidelity: str) -> Iterator[Step]:
        started.set()
        try:
            while True:
                threading.Event().wait(0.001)
                yield Step()
        finally:
            closed.set()

    lane.show("timing")
    lane.submit(request(Steps(timing, exclusive=True), 1, panel="timing"))
    assert started.wait(2.0)
    lane.show("steps")
    lane.submit(request(Steps(quick), 1))
    assert closed.wait(2.0)


@pytest.mark.parametrize("slow", ["claims", "memory"])
def test_an_errand_runs_once_however_long_it_takes_to_begin_and_to_judge(
    lane: Lane, slow: str
) -> None:
    """The lane is busy also between a request and its run, and between a run and its end."""

    def slowly(*_: Any) -> Any:
        threading.Event().wait(0.1)
        return Memory(0, "n") if slow == "memory" else []

    experiment = Steps(quick, **{slow: slowly})
    errands = Errands("steps", lane)
    errands.send("export", request(experiment, 1, purpose="collect"))
    ends: list[Finished | Failed] = []

    def ended() -> bool:
        ends.extend(mail.end for _, mail in errands.news() if mail.end is not None)
        lane.mailbox.take_figure("steps/export")
        return bool(ends)

    wait(ended)
    wait(lambda: not lane.busy)
    assert isinstance(ends[0], Finished) and experiment.runs == [(1, "full")]


def test_collecting_hands_over_everything(lane: Lane) -> None:
    lane.submit(request(Steps(quick), 3, purpose="collect"))
    finished = wait(lambda: [e for e in events(lane) if isinstance(e, Finished)])[0]
    assert finished.collected.answer == "answer 3"
    assert set(finished.collected.tables) == {"curve"}
    assert [figure.key for figure in finished.collected.figures] == ["curve"]


def test_close_ends_the_thread_in_the_middle_of_a_run() -> None:
    lane = Lane()

    def endless(p: int, fidelity: str) -> Iterator[Step]:
        while True:
            yield Step()

    lane.submit(request(Steps(endless), 1))
    wait(lambda: lane.busy)
    assert lane.close(timeout=2.0)
