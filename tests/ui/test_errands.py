"""Errands: what a panel wants besides its picture is neither lost nor mixed up."""

from __future__ import annotations

from typing import Any

from kernlab.ui.errands import Errands
from kernlab.ui.mailbox import Finished, Mailbox
from kernlab.ui.requests import Request


class FakeLane:
    """Takes requests and runs none of them."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.submitted: list[Request] = []
        self.cancelled: list[str] = []
        self.busy = True

    def submit(self, request: Request) -> None:
        self.submitted.append(request)
        self.mailbox.put(request.panel)

    def cancel(self, panel: str) -> None:
        self.cancelled.append(panel)


def request(serial: int = 1) -> Request:
    return Request("toy", serial, None, None, "full", ("A",), purpose="collect")  # type: ignore[arg-type]


def made() -> tuple[Any, Errands]:
    lane = FakeLane()
    return lane, Errands("toy", lane)  # type: ignore[arg-type]


def test_an_errand_has_a_place_of_its_own_and_ends_with_its_event() -> None:
    lane, errands = made()
    errands.send("export", request())
    assert lane.submitted[0].panel == "toy/export" and "export" in errands
    assert errands.doing == "computing all figures for the export"
    lane.mailbox.put_event("toy/export", Finished(lane.submitted[0], 1.0))
    ((kind, mail),) = errands.news()
    assert kind == "export" and len(mail.events) == 1 and not errands and errands.doing == ""


def test_the_event_of_a_replaced_errand_is_left_aside() -> None:
    lane, errands = made()
    errands.send("search", request(1))
    errands.send("search", request(2))
    lane.mailbox.put_event("toy/search", Finished(lane.submitted[0], 1.0))
    assert [mail.events for _, mail in errands.news()] == [[]]
    assert "search" in errands


def test_an_errand_that_the_lane_let_go_of_is_sent_again() -> None:
    lane, errands = made()
    errands.send("export", request())
    list(errands.news())
    assert len(lane.submitted) == 1
    lane.busy = False
    list(errands.news())
    list(errands.news())
    assert lane.submitted == [lane.submitted[0]] * 2


def test_an_errand_that_was_let_go_of_before_any_mail_is_sent_again() -> None:
    lane, errands = made()
    lane.mailbox.put = lambda *_, **__: None  # nothing has come yet
    errands.send("export", request())
    lane.busy = False
    list(errands.news())
    list(errands.news())
    assert lane.submitted == [lane.submitted[0]] * 2


def test_a_cancelled_errand_is_forgotten() -> None:
    lane, errands = made()
    errands.send("export", request())
    errands.cancel("export", "search")
    assert lane.cancelled == ["toy/export"] and not errands
    assert list(errands.news()) == []
