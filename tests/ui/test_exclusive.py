"""Experiments that measure times have the lane to themselves, and the window says so."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kernlab.engine.contract.experiment import CLAIMS, Step
from kernlab.engine.contract.figure import Axis, Figure, Line, Style
from kernlab.engine.contract.table import Table
from kernlab.ui import jobs
from kernlab.ui.jobs import ALONE, Lane
from kernlab.ui.mailbox import Event, Finished, Stopped
from kernlab.ui.requests import Request, gives_way

MOMENT = 0.05


class Watch:
    """Counts samples: it measures until it is let through, a millisecond each."""

    key, title, question, icon = "watch", "Watch", "", ""
    views, presets = ("A",), ()
    Parameters = int

    def __init__(self, exclusive: bool = True) -> None:
        self.exclusive = exclusive
        self.begun: list[int] = []
        self.samples = 0
        self.through = threading.Event()

    def run(self, p: int, fidelity: str, cache: Any, views: Sequence[str]) -> Iterator[Step]:
        self.begun.append(p)
        yield Step(0.1, "first", _curve(p))
        while fidelity == "full" and not self.through.wait(0.001):
            self.samples += 1
            yield Step(0.5, "sampling")
        yield Step(1.0, "", _curve(p))

    def figures(self, p: int, tables: Any) -> list[Figure]:
        line = Line("curve", "x", "y", Style("trace1"))
        plain = Figure("plain", "", "A", Axis("x"), Axis("y"), (line,))
        return [plain, replace(plain, key="times", timing=True)]

    def claims(self, p: int, tables: Any) -> list[Any]:
        return []

    def answer(self, p: int, tables: Any) -> str:
        return ""


def _curve(p: int) -> dict[str, Table]:
    return {"curve": Table({"x": np.arange(3.0), "y": np.full(3, float(p))})}


def request(experiment: Any, place: str, serial: int = 1, **more: Any) -> Request:
    fidelity = more.pop("fidelity", "full")
    return Request(place, serial, experiment, serial, fidelity, ("A",), **more)


class Bench:
    """A lane, and someone who takes its mail as a window does."""

    def __init__(self) -> None:
        self.lane = Lane()
        self.events: dict[str, list[Event]] = {}
        self.notes: list[str] = []

    def look(self, *places: str) -> None:
        for place in places:
            while self.lane.mailbox.take_figure(place) is not None:
                pass
            self.lane.seen(place)
            mail = self.lane.mailbox.take_rest(place)
            if mail is not None:
                self.events.setdefault(place, []).extend(mail.events)
                self.notes += [mail.status.note] if mail.status else []

    def until(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + 4
        while not condition():
            assert time.monotonic() < end, "timed out"
            self.look("watch", "watch/export", "other")
            threading.Event().wait(0.002)

    def ended(self, place: str) -> bool:
        return any(isinstance(event, Finished) for event in self.events.get(place, ()))

    def stopped(self, place: str) -> list[Request]:
        return [e.request for e in self.events.get(place, ()) if isinstance(e, Stopped)]


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    made.lane.show("watch")
    yield made
    assert made.lane.close(3.0)


class TestLane:
    def test_its_status_says_that_nothing_else_is_computed(self, bench: Bench) -> None:
        watch = Watch()
        bench.lane.submit(request(watch, "watch"))
        bench.until(lambda: f"sampling: {ALONE}" in bench.notes)
        watch.through.set()
        bench.until(lambda: bench.ended("watch"))

    def test_what_the_visible_panel_wants_stops_it_and_its_panel_is_told(
        self, bench: Bench
    ) -> None:
        watch, other = Watch(), Watch(exclusive=False)
        other.through.set()
        asked = request(watch, "watch")
        bench.lane.submit(asked)
        bench.until(lambda: watch.samples)
        bench.lane.show("other")
        bench.lane.submit(request(other, "other"))
        bench.until(lambda: bench.ended("other") and bench.stopped("watch"))
        assert bench.stopped("watch") == [asked]
        bench.until(lambda: not bench.lane.busy)

    def test_a_run_that_was_set_aside_stops_it_once_its_panel_is_shown(self, bench: Bench) -> None:
        watch, other = Watch(), Watch(exclusive=False)
        bench.lane.show("other")
        bench.lane.submit(request(other, "other"))
        bench.until(lambda: other.samples)
        bench.lane.show("watch")
        bench.lane.submit(request(watch, "watch"))
        bench.until(lambda: watch.samples)
        before = other.samples
        threading.Event().wait(MOMENT)
        assert other.samples == before
        bench.lane.show("other")
        bench.until(lambda: bench.stopped("watch") and other.samples > before)
        assert other.begun == [1], "it goes on where it stood"

    def test_it_goes_on_while_the_panel_on_screen_wants_nothing(self, bench: Bench) -> None:
        watch = Watch()
        bench.lane.submit(request(watch, "watch"))
        bench.until(lambda: watch.samples)
        bench.lane.show("other")
        before = watch.samples
        bench.until(lambda: watch.samples > before + 5)
        assert not bench.stopped("watch")

    def test_hidden_panels_and_its_own_errands_wait(self, bench: Bench) -> None:
        watch, export, other = Watch(), Watch(), Watch(exclusive=False)
        for made in (export, other):
            made.through.set()
        bench.lane.submit(request(watch, "watch"))
        bench.until(lambda: watch.samples)
        bench.lane.submit(request(export, "watch/export", purpose="collect"))
        bench.lane.submit(request(other, "other"))
        before = watch.samples
        bench.until(lambda: watch.samples > before + 5)
        assert not export.begun and not other.begun
        watch.through.set()
        bench.until(lambda: bench.ended("watch/export") and bench.ended("other"))
        assert bench.ended("watch") and watch.begun == [1] and not bench.stopped("watch")

    def test_its_errand_makes_room_for_its_picture_and_is_not_told(self, bench: Bench) -> None:
        watch, export = Watch(), Watch()
        bench.lane.submit(request(export, "watch/export", purpose="collect"))
        bench.until(lambda: export.samples)
        bench.lane.submit(request(watch, "watch", purpose="claims"))
        before = export.samples
        bench.until(lambda: export.samples > before + 5)
        watch.through.set()
        bench.lane.submit(request(watch, "watch"))
        bench.until(lambda: bench.ended("watch"))
        assert not bench.events.get("watch/export") and not bench.lane.busy

    def test_its_coarse_runs_take_turns_as_all_do_and_show_no_times(self, bench: Bench) -> None:
        bench.lane.submit(request(Watch(), "watch", fidelity="coarse"))
        while bench.lane.busy:
            threading.Event().wait(0.002)
        serial, drawing = bench.lane.mailbox.take_figure("watch") or (0, None)
        assert serial == 1 and drawing is not None and drawing.key == "plain"
        assert bench.lane.mailbox.take_figure("watch") is None

    def test_it_waits_until_its_figures_are_painted(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "PAINTED", 60.0)
        watch = Watch()
        bench.lane.submit(request(watch, "watch"))
        while bench.lane.mailbox.take_figure("watch") is None:
            threading.Event().wait(0.002)
        threading.Event().wait(MOMENT)
        assert watch.samples == 0
        bench.lane.seen("watch")
        bench.until(lambda: watch.samples)

    def test_a_newer_request_and_a_window_that_paints_nothing_end_that_wait(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "PAINTED", 60.0)
        watch = Watch()
        bench.lane.submit(request(watch, "watch", 1))
        while not watch.begun:
            threading.Event().wait(0.002)
        monkeypatch.setattr(jobs, "PAINTED", 0.01)
        bench.lane.submit(request(watch, "watch", 2))
        end = time.monotonic() + 4
        while not watch.samples:
            assert time.monotonic() < end, "timed out"
            threading.Event().wait(0.002)
        assert watch.begun == [1, 2]


@pytest.mark.parametrize(
    ("alone", "others", "visible", "purpose", "given"),
    [
        ("watch", ["other"], "watch", None, False),
        ("watch", ["watch/pin"], "watch", None, False),
        ("watch", ["third"], "other", None, False),
        ("watch", ["other/export"], "other", None, True),
        ("watch/pin", ["watch"], "watch", "show", True),
        ("watch/pin", ["watch"], "watch", "claims", False),
        ("watch/pin", ["watch/export"], "watch", None, False),
        ("watch", [], "", None, False),
    ],
)
def test_who_gives_way(
    alone: str, others: list[str], visible: str, purpose: Any, given: bool
) -> None:
    newer = request(Watch(), visible, purpose=purpose) if purpose else None
    assert gives_way(request(Watch(), alone), others, visible, newer) is given


# -- in the window ------------------------------------------------------------------------------


@pytest.fixture
def timed_user(timed: Any, make_user: Callable[[], Any]) -> Any:
    """In front of gapped sine, with that experiment beside it."""
    made = make_user()
    made.open("gapped-sine")
    made.rest()
    made.finished.clear()
    return made


@pytest.fixture
def timed(toy: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The toy as an experiment that measures times, until it is let through."""
    module: Any = importlib.import_module(f"kernlab.engine.experiments.{toy}")

    class Timed(module.Toy):  # type: ignore[misc]
        exclusive = True

        def __init__(self) -> None:
            self.through = threading.Event()
            self.samples = 0

        def run(self, p: Any, fidelity: Any, cache: Any, views: Any) -> Iterator[Step]:
            yield from super().run(p, fidelity, cache, views)
            while fidelity == "full" and CLAIMS not in views and not self.through.wait(0.001):
                self.samples += 1
                yield Step(0.5, "sampling")

    made = Timed()
    monkeypatch.setattr(module, "experiment", made)
    return made


def test_a_run_that_another_panel_stops_begins_anew_when_its_panel_is_back(
    timed_user: Any, timed: Any
) -> None:
    user = timed_user
    panel = user.open("toy")
    user.wait(lambda: timed.samples and user.drawing("curve"))
    user.wait(lambda: user.window.status_line.note.text().startswith(f"sampling: {ALONE}"))
    drawn = user.drawing("curve")
    gapped = user.window.show_panel("gapped-sine")
    gapped.run_or_cancel()
    user.wait(lambda: not panel.toolbar.running)
    assert panel.status.note == "stopped: timing needs the lane to itself"
    assert user.notice.startswith("Toy & co: The run was stopped: timing needs the lane to itself")
    user.quiet()
    user.finished.clear()
    before = timed.samples
    user.window.show_panel("toy")
    assert user.drawing("curve") is drawn
    user.wait(lambda: timed.samples > before)
    assert panel.toolbar.running
    timed.through.set()
    user.rest()
    user.quiet()
    assert len(user.shown) == 1


def test_a_stopped_run_whose_panel_was_asked_for_something_newer_stays_stopped(
    timed_user: Any, timed: Any
) -> None:
    user = timed_user
    panel = user.open("toy")
    user.wait(lambda: timed.samples)
    stopped = Stopped(panel.runs.asked)
    panel.runs.submit("full")
    newest = panel.runs.asked
    user.window.lane.mailbox.put_event("toy", stopped)
    user.wait(lambda: user.window.lane.mailbox.last_event("toy") is None)
    assert panel.runs.asked is newest
    timed.through.set()
    user.rest()
    user.quiet()
    assert len(user.shown) == 1
