"""What a panel wants computed besides its picture: an export, a search, an answer.

Each has a place of its own on the lane, so that moving a slider neither loses it nor waits for
it: the visible panel's own run goes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kernlab.ui.jobs import Lane
from kernlab.ui.mailbox import Mail
from kernlab.ui.requests import Request

WORDS = {
    "search": "looking for the value at which the verdict flips",
    "export": "computing all figures for the export",
    "answer": "computing the answer",
    "sweep": "sweeping",
    "pin": "computing pinned traces",
}


class Errands:
    """The errands of one panel, at most one of a kind."""

    def __init__(self, panel: str, lane: Lane) -> None:
        self._panel = panel
        self._lane = lane
        self._requests: dict[str, Request] = {}
        self._idle_before = False

    def __contains__(self, kind: str) -> bool:
        return kind in self._requests

    def __bool__(self) -> bool:
        return bool(self._requests)

    @property
    def doing(self) -> str:
        """What the oldest errand is, in words; nothing where there is none."""
        return WORDS.get(next(iter(self._requests), ""), "")

    def send(self, kind: str, request: Request) -> None:
        """Start an errand; it replaces one of the same kind."""
        self._requests[kind] = replace(request, panel=f"{self._panel}/{kind}")
        self._lane.submit(self._requests[kind])

    def cancel(self, *kinds: str) -> None:
        """Drop errands of these kinds, where there are any."""
        for kind in kinds:
            if self._requests.pop(kind, None) is not None:
                self._lane.cancel(f"{self._panel}/{kind}")

    def news(self) -> Iterator[tuple[str, Mail]]:
        """Each kind and its mail, whose events belong to the newest request of that kind."""
        if not self._requests:
            return
        idle = not self._lane.busy
        for kind, request in list(self._requests.items()):
            # The lane may have let go of a run before there was any mail.
            mail = self._lane.mailbox.take_rest(request.panel) or Mail()
            mail.events = [event for event in mail.events if event.request.number == request.number]
            if mail.events:
                del self._requests[kind]
            elif idle and self._idle_before:
                # The lane keeps only so many runs that wait, and lets go of the others.
                self._lane.submit(request)
            yield kind, mail
        self._idle_before = idle
