"""What the lane has to say: the news of runs, and the box from which the window takes them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kernlab.engine.contract.breaks import Break
from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.drawing import Drawing, DrawnSheet
from kernlab.engine.contract.experiment import Landmark
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.formula import Formula
from kernlab.engine.contract.sweep import Plan
from kernlab.engine.contract.table import Table
from kernlab.ui.requests import Request


@dataclass(frozen=True)
class Status:
    """What the lane is doing for a panel."""

    serial: int
    fraction: float | None
    note: str
    precision: str
    started: float


@dataclass(frozen=True)
class Collected:
    """Everything that a finished run of all views made, for an export."""

    figures: tuple[Figure | Sheet, ...]
    tables: Mapping[str, Table]
    claims: tuple[Claim, ...]
    answer: str


class Judged(NamedTuple):
    """What is said beside the figures after a full run."""

    claims: tuple[Claim, ...]
    formulas: tuple[Formula, ...]
    landmarks: tuple[Landmark, ...]


@dataclass(frozen=True)
class Finished:
    """A run that reached its end."""

    request: Request
    seconds: float
    collected: Collected | None = None


@dataclass(frozen=True)
class Failed:
    """A run that raised: one sentence for the panel, the traceback for whoever asks.

    `refused` says that it was not started: it would have needed too much memory.
    """

    request: Request
    message: str
    details: str
    refused: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Held:
    """A stepwise run that made a step and waits for :meth:`Lane.advance`."""

    request: Request
    note: str


@dataclass(frozen=True)
class Stopped:
    """A hidden panel's run that was let go for another panel's; to be asked for again."""

    request: Request


Event = Finished | Failed | Held | Stopped


@dataclass
class Mail:
    """The newest word for one panel."""

    figures: dict[str, tuple[int, Drawing | DrawnSheet]] = field(default_factory=dict)
    status: Status | None = None
    answer: tuple[int, str] | None = None
    judged: tuple[int, Judged] | None = None
    found: tuple[Request, Break] | None = None
    swept: tuple[Plan, Mapping[str, Table]] | None = None
    events: list[Event] = field(default_factory=list)

    @property
    def end(self) -> Finished | Failed | None:
        """The end of the run, once it has come."""
        return next((e for e in self.events if isinstance(e, Finished | Failed)), None)


class Mailbox:
    """Holds the newest version of each figure and message; the lock only guards pointers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mail: dict[str, Mail] = {}

    def put_figure(self, panel: str, serial: int, drawing: Drawing | DrawnSheet) -> None:
        with self._lock:
            figures = self._mail.setdefault(panel, Mail()).figures
            waiting = figures.get(drawing.key)
            if waiting is None or waiting[0] <= serial:
                figures[drawing.key] = (serial, drawing)

    def put(self, panel: str, **news: Any) -> None:
        with self._lock:
            mail = self._mail.setdefault(panel, Mail())
            for name, value in news.items():
                setattr(mail, name, value)

    def put_event(self, panel: str, event: Event) -> None:
        with self._lock:
            self._mail.setdefault(panel, Mail()).events.append(event)

    def take_figure(self, panel: str) -> tuple[int, Drawing | DrawnSheet] | None:
        """The figure that waits longest, or None."""
        with self._lock:
            mail = self._mail.get(panel)
            if mail is None or not mail.figures:
                return None
            key = next(iter(mail.figures))
            return mail.figures.pop(key)

    def take_rest(self, panel: str) -> Mail | None:
        """All that is no figure, or None. A run's events wait until its figures are taken."""
        with self._lock:
            mail = self._mail.get(panel)
            if mail is None:
                return None
            kept = Mail(figures=mail.figures)
            if mail.figures:
                kept.events, mail.events = mail.events, []
            self._mail[panel] = kept
            return mail

    def last_event(self, panel: str) -> Event | None:
        """The newest event that nobody has taken yet; it stays where it is."""
        with self._lock:
            mail = self._mail.get(panel)
            return mail.events[-1] if mail is not None and mail.events else None

    def panels(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._mail)
