"""Everything that a panel can show, computed to the end for an export."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from kernlab.engine.contract.experiment import CLAIMS
from kernlab.ui.mailbox import Failed, Finished, Mail

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

EXPORT = "export"
"""The kind of errand, and what a message is about."""


class Collecting(QObject):
    """Runs all views of a panel; changes of parameters meanwhile do not concern it."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._done: Callable[[Finished], None] | None = None
        self._given_up: Callable[[], None] | None = None
        panel.runs.add_errand(EXPORT, self)

    @property
    def under_way(self) -> bool:
        """Whether an export is being computed."""
        return EXPORT in self._panel.runs.errands

    def collect(
        self, done: Callable[[Finished], None], given_up: Callable[[], None] | None = None
    ) -> None:
        """Run all views to the end, then call back with everything that they made, or nothing."""
        self._done, self._given_up = done, given_up
        runs, views = self._panel.runs, (*self._panel.experiment.views, CLAIMS)
        runs.send(EXPORT, runs.request("full", views, purpose="collect"))

    def take(self, mail: Mail) -> None:
        """Hand over what was collected, or say why there is none."""
        end, message = mail.end, self._panel.message
        if isinstance(end, Failed) and self._given_up is not None:
            self._given_up()
        if isinstance(end, Failed) and end.refused:
            message.warn(f"Nothing was exported: {end.message}", EXPORT)
        elif isinstance(end, Failed):
            message.fail(f"Nothing was exported: {end.message}", end.details, EXPORT)
        elif end is not None and end.collected is not None and self._done is not None:
            done, self._done = self._done, None
            done(end)

    def cancel(self) -> None:
        """Give it up."""
        if self.under_way:
            self._panel.message.settle(EXPORT)
            self._panel.runs.errands.cancel(EXPORT)
            if self._given_up is not None:
                self._given_up()
