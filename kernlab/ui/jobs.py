"""The lane: one worker thread that steps the generators of all panels.

The thread knows nothing of Qt. It leaves what it made in a :class:`Mailbox`, which a timer of
the window empties; so there is no queue that could fill up, and a slow window skips frames
instead of lagging behind.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kernlab.engine.contract.breaks import Break
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.memory import MemoryRefused
from kernlab.engine.contract.table import Table
from kernlab.ui.mailbox import Collected, Failed, Finished, Held, Mailbox, Status, Stopped
from kernlab.ui.requests import Request, gives_way, is_sweep, owner
from kernlab.ui.run import Run

PATIENCE = 0.4
"""Seconds without a finished coarse run after which a superseded one may finish."""
UNSEEN = 0.05
"""Seconds for which the next coarse run waits until the last one's figures are painted.

Computing and painting at the same time share one interpreter and take longer than in turn.
"""
PAINTED = 0.2
"""Seconds for which a run that measures times waits at most until its figures are painted."""
ALONE = "nothing else is computed meanwhile"
"""What the status says of a run that measures times."""
BREATH = 0.002
"""Seconds of a full run after which the lane sleeps for a moment: the window gets its turn.

A thread that gives the interpreter up and takes it back in every small NumPy call starves those
that wait for it: each time it is taken again before they are awake.
"""
MOMENT = 1e-6
"""Seconds of that sleep; the system makes it long enough for a waiting thread to wake."""
SUSPENDED = 2
"""Runs that may wait, half done, while the visible panel goes first."""
CALM = 0.15
"""Seconds without a coarse request after which a sweep, or a hidden panel's timing, goes on."""


class Lane:
    """One worker thread that steps one run at a time: the visible panel's, the newest first.

    Args:
        cache: the stages' results; only the lane's thread touches it.

    Attributes:
        memory_limit: bytes that a run may need at most, or None for a share of what is free;
            holds for runs that start from now on.
    """

    def __init__(self, cache: Cache | None = None) -> None:
        self.memory_limit: int | None = None
        self.mailbox = Mailbox()
        self._cache = cache or Cache()
        self._condition = threading.Condition()
        self._pending: dict[str, Request] = {}
        self._runs: dict[str, Run] = {}
        self._cancelled: set[str] = set()
        self._calls: list[Callable[[Cache], None]] = []
        self._known: dict[str, tuple[Any, dict[str, Table]]] = {}
        self._last_coarse: dict[str, float] = {}
        self._unseen: dict[str, float] = {}
        self._visible = ""
        self._stirred = 0.0
        self._closing = False
        self._working = False
        self._thread = threading.Thread(target=self._loop, name="kernlab-lane", daemon=True)
        self._thread.start()

    # -- called from the window -------------------------------------------------------------

    def submit(self, request: Request) -> None:
        """Ask for a run; it supersedes what the panel asked for before."""
        with self._condition:
            self._pending[request.panel] = request
            if request.fidelity == "coarse":
                self._stirred = time.perf_counter()
            self._cancelled.discard(request.panel)
            self._condition.notify()

    def cancel(self, panel: str) -> None:
        """Stop what runs and waits for a panel, at the next yield."""
        with self._condition:
            self._pending.pop(panel, None)
            self._cancelled.add(panel)
            self._condition.notify()

    def advance(self, panel: str, *, to_end: bool = False) -> bool:
        """Let a panel's stepwise run make its next step, or go on without further stops.

        Returns whether there is such a run; one that does not stand still just goes on.
        """
        with self._condition:
            waiting, run = self._pending.get(panel), self._runs.get(panel)
            if waiting is not None:
                self._pending[panel] = replace(waiting, stepwise=waiting.stepwise and not to_end)
                return waiting.stepwise
            if run is None or not run.stepwise:
                return False
            run.held, run.stepwise = False, not to_end
            self._condition.notify()
        return True

    def show(self, panel: str) -> None:
        """Say which panel is visible: its runs go first."""
        with self._condition:
            self._visible = panel
            self._condition.notify()

    def seen(self, panel: str) -> None:
        """Say that all figures of a panel that were taken are painted."""
        with self._condition:
            run = self._runs.get(panel)
            resting = run is not None and run.rests_until > 0
            if run is not None:
                run.rests_until = 0.0
            if self._unseen.pop(panel, None) is not None or resting:
                self._condition.notify()

    def call(self, function: Callable[[Cache], None]) -> None:
        """Run a function on the lane's thread, between two steps."""
        with self._condition:
            self._calls.append(function)
            self._condition.notify()

    def known(self, panel: str) -> Mapping[str, Table]:
        """The tables that full runs of a panel have made at its newest parameters."""
        parameters_and_tables = self._known.get(panel)
        return dict(parameters_and_tables[1]) if parameters_and_tables else {}

    @property
    def busy(self) -> bool:
        """Whether anything runs or waits its turn."""
        with self._condition:
            return self._working or bool(self._moving() or self._pending or self._calls)

    def close(self, timeout: float = 0.8) -> bool:
        """Stop the thread; False when it was inside a call that could not be stopped in time."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- the lane's own thread --------------------------------------------------------------

    def _loop(self) -> None:
        breathed = time.perf_counter()
        while True:
            with self._condition:
                self._working = False
                while not (self._closing or self._calls or self._cancelled or self._ready()):
                    self._condition.wait(UNSEEN if self._pending or self._moving() else None)
                if self._closing:
                    break
                self._working = True
                calls, self._calls = self._calls, []
                cancelled, self._cancelled = self._cancelled, set()
            while calls:
                self._guard(calls.pop(0))  # what it made is not kept
            for panel in cancelled:
                self._drop(panel)
            run = self._choose()
            if run is not None:
                self._advance(run)
                long = run.request.fidelity == "full"
                del run
                if long and time.perf_counter() - breathed > BREATH:
                    time.sleep(MOMENT)
                    breathed = time.perf_counter()
        for panel in list(self._runs):
            self._drop(panel)

    def _ready(self) -> list[str]:
        """Panels with something to do now; the unhurried last, and not while a slider moves."""
        names = [*(panel for panel in self._pending if self._may_start(panel)), *self._moving()]
        calm = time.perf_counter() - self._stirred > CALM
        names = sorted((n for n in names if calm or not self._unhurried(n)), key=self._unhurried)
        run = self._alone()
        if run is None:
            return names
        place = run.request.panel
        others = [name for name in names if name != place]
        if gives_way(run.request, others, self._visible, self._pending.get(self._visible)):
            return others
        resting = run.rests_until > time.perf_counter() and place not in self._pending
        return [] if resting else [place]

    def _unhurried(self, panel: str) -> bool:
        """Whether it is a sweep, or measures times in a panel that nobody looks at."""
        request = self._pending.get(panel)
        return is_sweep(panel) or (request is not None and request.alone and panel != self._visible)

    def _alone(self) -> Run | None:
        """The run that has the lane to itself, where there is one."""
        runs = list(self._runs.values())
        return next((run for run in runs if run.request.alone and not run.held), None)

    def _moving(self) -> list[str]:
        """Panels whose run is not held."""
        return [panel for panel, run in list(self._runs.items()) if not run.held]

    def _may_start(self, panel: str) -> bool:
        """Whether a panel's request may start: a coarse one waits for the last one's picture."""
        request = self._pending.get(panel)
        if request is None:
            return False
        return request.fidelity == "full" or self._unseen.get(panel, 0) <= time.perf_counter()

    def _guard(self, function: Callable[[Cache], None]) -> None:
        try:
            function(self._cache)
        except BaseException:
            traceback.print_exc()

    def _choose(self) -> Run | None:
        """The run to step next: the visible panel's, else one that was set aside."""
        with self._condition:
            names = self._ready()
            if not names:
                return None
            panel = self._visible if self._visible in names else names[0]
            alone = self._alone()
        if alone is not None and alone.request.panel != panel:
            self._stop(alone)
        with self._condition:
            request = self._pending.get(panel)
            run = self._runs.get(panel)
            if run is not None and (request is None or self._may_go_on(run, request)):
                return run
            starts = self._may_start(panel)
            if starts:
                del self._pending[panel]
        self._drop(panel)
        if request is None or not starts:
            return None
        self._make_room(panel)
        return self._start(request)

    def _may_go_on(self, run: Run, newer: Request) -> bool:
        """A superseded coarse run still reaches its first figure, or, when starved, its end."""
        if run.held:
            return False
        if run.request.fidelity == "full" or run.request.purpose != "show":
            return newer.purpose == "claims" and newer.serial == run.request.serial
        if newer.views != run.request.views:
            return False
        last = self._last_coarse.setdefault(run.request.panel, run.started)
        return not run.drawn or time.perf_counter() - last > PATIENCE

    def _make_room(self, panel: str) -> None:
        """Only so many half-done runs may wait."""
        waiting = [n for n in self._moving() if n != panel and not is_sweep(n)]
        for other in waiting[: max(0, len(waiting) - SUSPENDED)]:
            self._stop(self._runs[other])

    def _stop(self, run: Run) -> None:
        """Let a run go for another one, and tell its panel; an errand is sent again anyway."""
        request, place = run.request, run.request.panel
        self._drop(place)
        if place == owner(place):
            with self._condition:
                request = self._pending.pop(place, request)
            self.mailbox.put_event(place, Stopped(request))

    def _start(self, request: Request) -> Run | None:
        known = self._known.get(request.panel)
        if known is None or known[0] != request.parameters:
            known = (request.parameters, {})
            if request.fidelity == "full":
                self._known[request.panel] = known
        try:
            run = Run(request, self._cache, known[1], self.memory_limit)
        except Exception as error:
            self._fail(request, error)
            return None
        self._runs[request.panel] = run
        return run

    def _drop(self, panel: str) -> None:
        run = self._runs.pop(panel, None)
        if run is not None:
            run.close()

    def _advance(self, run: Run) -> None:
        request = run.request
        try:
            step = next(run.steps, self)
            if step is self:
                self._finish(run)
            elif isinstance(step, Break):
                self.mailbox.put(request.panel, found=(request, step))
            elif isinstance(step, Step):
                self._deliver(run, step)
            elif step is not None:
                raise TypeError(f"{request.experiment.key} yields {step!r}; allowed: a Step")
        except BaseException as error:
            self._drop(request.panel)
            self._fail(request, error, run.started)

    def _deliver(self, run: Run, step: Step) -> None:
        request = run.request
        run.precision = step.precision or run.precision
        run.fraction = run.fraction if step.fraction is None else step.fraction
        if step.note or step.fraction is not None or step.precision:
            note = f"{step.note or 'timing'}: {ALONE}" if request.alone else step.note
            status = Status(request.serial, run.fraction, note, run.precision, run.started)
            self.mailbox.put(request.panel, status=status)
        if not step.tables:
            return
        run.keep(step)
        if request.purpose in ("show", "pin"):
            self._draw(run, step)
        elif request.plan is not None:
            self.mailbox.put(request.panel, swept=(request.plan, dict(run.tables)))
        with self._condition:
            run.held = run.stepwise
        if run.held:
            self.mailbox.put_event(request.panel, Held(request, step.note))

    def _draw(self, run: Run, step: Step) -> None:
        request = run.request
        for drawing in run.drawings(step):
            self.mailbox.put_figure(request.panel, request.serial, drawing)
            run.drawn = True
            if request.fidelity == "coarse":
                self._unseen[request.panel] = time.perf_counter() + UNSEEN
        if run.drawn and request.alone and request.panel == self._visible:
            run.rests_until = time.perf_counter() + PAINTED
        answer = run.answer
        if answer:
            self.mailbox.put(request.panel, answer=(request.serial, answer))

    def _finish(self, run: Run) -> None:
        request = run.request
        self._runs.pop(request.panel, None)
        collected = None
        if request.fidelity == "coarse":
            self._last_coarse[request.panel] = time.perf_counter()
        elif request.purpose not in ("break", "pin", "sweep"):
            collected = self._judge(run)
        seconds = time.perf_counter() - run.started
        self.mailbox.put_event(request.panel, Finished(request, seconds, collected))

    def _judge(self, run: Run) -> Collected | None:
        """Judge the claims; collect everything, where that is what the run is for."""
        request = run.request
        judged = run.judged()
        self.mailbox.put(request.panel, judged=(request.serial, judged))
        return run.collected(judged.claims) if request.purpose == "collect" else None

    def _fail(self, request: Request, error: BaseException, begun: float | None = None) -> None:
        message = str(error) or type(error).__name__
        details = "".join(traceback.format_exception(error))
        refused = isinstance(error, MemoryRefused)
        seconds = 0.0 if begun is None else time.perf_counter() - begun
        self.mailbox.put_event(request.panel, Failed(request, message, details, refused, seconds))
