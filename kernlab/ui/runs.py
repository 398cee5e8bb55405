"""What a panel asks of the lane, and what it does with the news."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, QTimer

from kernlab.engine.contract.claim import NOT_MEASURED, Claim
from kernlab.engine.contract.experiment import CLAIMS, Fidelity
from kernlab.ui.errands import Errands
from kernlab.ui.mailbox import Failed, Finished, Held, Mail, Status, Stopped
from kernlab.ui.requests import Request

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

REST = 120
"""Milliseconds without a change after which the full run starts."""
CLAIMS_REST = 1000
"""Milliseconds of rest after which the window measures what only the claims need."""
STALE = 0.25
"""Seconds that a figure may lag behind before it is dimmed."""
RUN = "run"
"""What a message about the run itself is about."""


class Errand(Protocol):
    """Whoever sends errands of a kind."""

    def take(self, mail: Mail) -> None:
        """Take the news, which may be none, while there is one."""
        ...

    def cancel(self) -> None:
        """The user cancels everything: stop it, where there is one."""
        ...


class Runs(QObject):
    """The runs of a panel: coarse while a slider moves, in full at rest, then for the claims.

    Attributes:
        errands: what is computed besides, by kinds (see :meth:`add_errand`).
        status: what the status line says of the panel.
        asked: the newest request for the picture or the claims.
        complete: the newest parameters, by serial, for which each view is computed in full.
    """

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._key = panel.experiment.key
        self._lane = panel.lane
        self.errands = Errands(self._key, panel.lane)
        self.status: Status | None = None
        self.asked: Request | None = None
        self.complete: dict[str, int] = {}
        self._kinds: dict[str, Errand] = {}
        self._running = False
        self._next = self._timer(0, self._take_figures)
        self._rest = self._timer(REST, lambda: self.submit("full"))
        self._claims_rest = self._timer(CLAIMS_REST, self.measure_claims)
        panel.toolbar.run_pressed.connect(self.run_or_cancel)
        panel.tabs.currentChanged.connect(lambda _: self._on_view_changed())
        panel.claims.measure_requested.connect(self.measure_claims)

    def _timer(self, milliseconds: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    @property
    def due(self) -> bool:
        """Whether a run will start by itself soon."""
        return self._rest.isActive() or self._claims_rest.isActive()

    # -- asking -----------------------------------------------------------------------------

    def request(self, fidelity: Fidelity, views: tuple[str, ...], **more: Any) -> Request:
        """A request for the parameters and scales of now, unless `more` names others."""
        panel = self._panel
        now = {"serial": panel.serial, "parameters": panel.parameters}
        return Request(
            panel=self._key,
            experiment=panel.experiment,
            fidelity=fidelity,
            views=views,
            scales=panel.views.switched,
            **{**now, **more},
        )

    def submit(self, fidelity: Fidelity) -> None:
        """Run for the view on screen."""
        self._start(self.request(fidelity, (self._panel.view,)))

    def _start(self, request: Request) -> None:
        self.asked = request
        self._lane.submit(request)
        self._set_running()

    def _set_running(self) -> None:
        self._running = True
        self._panel.toolbar.set_running(True)
        self._panel.views.set_waiting("computing…")

    def change(self, moving: bool) -> None:
        """Follow a change of parameters."""
        self._claims_rest.stop()
        self.submit("coarse")
        if moving:
            self._rest.stop()
        else:
            self._rest.start()

    def refine(self) -> None:
        """Compute the picture that there would be at rest, also while a slider moves."""
        self._panel.moving = False
        self._rest.stop()
        self.submit("full")

    def measure_claims(self) -> None:
        """Compute what only the claims need."""
        self._start(self.request("full", (CLAIMS,), purpose="claims"))

    def run_stepwise(self) -> None:
        """Run in full once more, from the start, and stand still after each step with tables."""
        self._rest.stop()
        self._claims_rest.stop()
        here = self._panel.view
        others = [view for view in self._panel.experiment.views if view != here]
        self._start(self.request("full", (here, *others), stepwise=True))

    def advance(self, *, to_end: bool = False) -> bool:
        """Let the stepwise run make its next step, or go on to its end; False where none is."""
        goes_on = self._lane.advance(self._key, to_end=to_end)
        if goes_on:
            self._set_running()
        return goes_on

    def show_note(self, note: str) -> None:
        """Say in the status line what the panel is at, while nothing runs."""
        self._set_idle(note)

    def run_or_cancel(self) -> None:
        """Cancel what runs, or run again where nothing does."""
        if not self._panel.toolbar.running:
            self.submit("full")
            return
        self._panel.cancelled.emit()
        self._rest.stop()
        self._claims_rest.stop()
        self._lane.cancel(self._key)
        for errand in self._kinds.values():
            errand.cancel()
        self._set_idle("cancelled")

    def _on_view_changed(self) -> None:
        if self.complete.get(self._panel.view) != self._panel.serial:
            self.submit("full")

    # -- errands ----------------------------------------------------------------------------

    def add_errand(self, kind: str, errand: Errand) -> None:
        """Let someone send errands of a kind, and take their news."""
        self._kinds[kind] = errand

    def send(self, kind: str, request: Request) -> None:
        """Compute something besides the picture."""
        self.errands.send(kind, request)
        self._panel.toolbar.set_running(True)
        if not self._running:
            self._set_idle("")

    def drop(self, kind: str) -> None:
        """Stop an errand, and say so."""
        self.errands.cancel(kind)
        if not self._running:
            self._set_idle("cancelled")

    def poll_errands(self) -> None:
        """Take what the lane has made besides the picture; also while another panel is shown."""
        for kind, mail in self.errands.news():
            self._kinds[kind].take(mail)
            if mail.status is not None and not self._running:
                self._set_status(mail.status)
            if mail.end is not None:
                if not self._running:
                    self._set_idle("")
                finished = isinstance(mail.end, Finished)
                ended = self._panel.finished if finished else self._panel.errand_failed
                ended.emit(mail.end)

    # -- news -------------------------------------------------------------------------------

    def poll(self) -> None:
        """Take what the lane has made; called by the window's timer."""
        self._take_figures()
        mail = self._lane.mailbox.take_rest(self._key)
        if mail is not None:
            self._take(mail)
        self.poll_errands()
        if time.perf_counter() - self._panel.changed_at >= STALE:
            self._panel.views.dim()
            self._panel.answering.dim()

    def _take_figures(self) -> None:
        """Hand one figure to its card; the lane goes on once all that came are painted.

        One at a time: each is painted before the next, so that no stall is longer than one paint.
        """
        news = self._lane.mailbox.take_figure(self._key)
        if news is not None:
            self._panel.views.show(*news)
            self._next.start()
        elif not self._next.isActive():
            self._lane.seen(self._key)

    def _take(self, mail: Mail) -> None:
        panel = self._panel
        if mail.status is not None and mail.status.serial == panel.serial and self._running:
            self._set_status(mail.status)
        if mail.answer is not None:
            panel.answering.show(*mail.answer)
        if mail.judged is not None and mail.judged[0] == panel.serial:
            self._show_claims(mail.judged[1].claims)
            panel.formulas.show_formulas(mail.judged[1].formulas)
            panel.controls.show_landmarks(mail.judged[1].landmarks)
        for event in mail.events:
            if event.request.serial != panel.serial:
                continue
            if isinstance(event, Held):
                self._on_held(event)
            elif isinstance(event, Failed):
                self._on_failed(event)
            elif isinstance(event, Stopped):
                self._on_stopped(event)
            elif event.request.fidelity == "full":
                self._on_finished(event)

    def _show_claims(self, claims: Sequence[Claim]) -> None:
        """Show verdicts once they are measured; the first ones also while they are not."""
        shown = self._panel.claims
        if shown.cards and all(claim.reason == NOT_MEASURED for claim in claims):
            return
        shown.set_claims(claims)
        shown.set_outdated(False)

    def is_asked(self, request: Request) -> bool:
        """Whether it is the newest one; another one may run by the time an end is told."""
        return self.asked is not None and self.asked.number == request.number

    def _on_finished(self, event: Finished) -> None:
        panel, request = self._panel, event.request
        last = self.is_asked(request)
        if request.purpose == "show":
            panel.message.settle(RUN)
            self.complete[request.views[0]] = request.serial
            panel.views.fill()
            if last:
                self._claims_rest.start()
            panel.answering.complete()
        if last:
            self._set_idle("")
        panel.finished.emit(event)

    def _on_failed(self, event: Failed) -> None:
        message = self._panel.message
        if event.refused:
            message.warn(event.message, RUN)
        else:
            message.fail(event.message, event.details, RUN)
        if self.is_asked(event.request):
            self._set_idle("not started" if event.refused else "failed")
        self._panel.failed.emit(event)

    def _on_stopped(self, event: Stopped) -> None:
        """Ask again for what was let go while the panel was hidden."""
        if not self.is_asked(event.request):
            return
        if self.complete.get(self._panel.view) == self._panel.serial:
            self._start(event.request)
        else:
            self.submit("full")

    def _on_held(self, event: Held) -> None:
        self.complete.update(dict.fromkeys(event.request.views, self._panel.serial))
        if self.is_asked(event.request):
            self._set_idle(event.note)
        self._panel.held.emit(event.note)

    # -- status -----------------------------------------------------------------------------

    def _set_status(self, status: Status) -> None:
        self.status = status
        self._panel.status_changed.emit()

    def _set_idle(self, note: str) -> None:
        precision = self.status.precision if self.status else ""
        self._running = False
        doing = self.errands.doing
        fraction = 0.0 if doing else None
        self._panel.toolbar.set_running(bool(self.errands))
        self._panel.views.set_waiting("not computed")
        now = time.perf_counter()
        self._set_status(Status(self._panel.serial, fraction, note or doing, precision, now))
