"""A run: a request that the lane has started, and what can be made of its tables."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator

from kernlab.engine.contract.breaks import Break, find_break
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.drawing import Drawing, DrawnSheet, draw
from kernlab.engine.contract.experiment import Step, formulas_of, landmarks_of
from kernlab.engine.contract.figure import Sheet
from kernlab.engine.contract.memory import check
from kernlab.engine.contract.sweep import sweep
from kernlab.engine.contract.table import Table
from kernlab.ui.mailbox import Collected, Judged
from kernlab.ui.requests import Request, rescaled


class Run:
    """A started request: its generator and the tables that it has made so far.

    Raises:
        MemoryRefused: it would need more than is free, or than `limit` where there is one.
    """

    def __init__(
        self, request: Request, cache: Cache, known: dict[str, Table], limit: int | None
    ) -> None:
        check(request.experiment, request.parameters, request.fidelity, limit, cache.used)
        self.request = request
        self.tables: dict[str, Table] = {}
        self.known = known
        self.drawn = False
        self.stepwise = request.stepwise
        self.held = False
        self.rests_until = 0.0
        self.started = time.perf_counter()
        self.precision = ""
        self.fraction = 0.0
        part = cache.part(request.experiment.key)
        steps: Iterator[Step | Break | None]
        if request.purpose == "break":
            steps = find_break(
                request.experiment,
                request.claim,
                request.parameter,
                request.parameters,
                part,
                limit,
            )
        elif request.plan is not None:
            steps = sweep(request.experiment, request.parameters, *request.plan, part, limit)
        else:
            steps = request.experiment.run(
                request.parameters, request.fidelity, part, request.views
            )
        self.steps = steps

    def keep(self, step: Step) -> None:
        """Take over the tables of a step."""
        self.tables.update(step.tables)
        if self.request.fidelity == "full":
            self.known.update(step.tables)

    def drawings(self, step: Step) -> Iterator[Drawing | DrawnSheet]:
        """The wanted figures whose tables are all of this run, and at least one of this step."""
        request = self.request
        for figure in request.experiment.figures(request.parameters, self.tables):
            wanted = figure.view in request.views and figure.tables <= self.tables.keys()
            if request.fidelity == "coarse" and (isinstance(figure, Sheet) or figure.timing):
                continue  # text that changes with every move cannot be read; nor can times
            if wanted and not figure.tables.isdisjoint(step.tables):
                yield draw(rescaled(figure, request.scales), self.tables)

    @property
    def answer(self) -> str:
        """The experiment's answer with the tables of this run."""
        return self.request.experiment.answer(self.request.parameters, self.tables)

    def judged(self) -> Judged:
        """What follows from all that is known at these parameters."""
        p, experiment, tables = self.request.parameters, self.request.experiment, dict(self.known)
        return Judged(
            tuple(experiment.claims(p, tables)),
            formulas_of(experiment, p, tables),
            landmarks_of(experiment, p, tables),
        )

    def collected(self, claims: tuple[Claim, ...]) -> Collected:
        """Everything that it has made."""
        request = self.request
        figures = tuple(request.experiment.figures(request.parameters, self.tables))
        return Collected(figures, dict(self.tables), claims, self.answer)

    def close(self) -> None:
        """Stop the generator; nothing that it does while it stops reaches the lane."""
        if isinstance(self.steps, Generator):
            with contextlib.suppress(BaseException):
                self.steps.close()
