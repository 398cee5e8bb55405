"""The answer of a panel: shown as it comes, and asked for where the view does not compute it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from kernlab.ui.mailbox import Finished, Mail

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

KIND = "answer"


class Answering(QObject):
    """Keeps the line above the figures up to date with the parameters."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._serial = -1
        panel.runs.add_errand(KIND, self)
        panel.parameters_changed.connect(lambda _: self.cancel())

    def show(self, serial: int, answer: str) -> None:
        """Show the answer for the parameters of a serial."""
        self._serial = serial
        self._panel.answer.show_answer(answer, moving=self._panel.moving)

    def complete(self) -> None:
        """Compute the first view where the tables of the one on screen held no answer."""
        if self._serial != self._panel.serial:
            runs, first = self._panel.runs, self._panel.experiment.views[:1]
            runs.send(KIND, runs.request("full", first, purpose="collect"))

    def dim(self) -> None:
        """Dim an answer that has lagged behind the parameters."""
        self._panel.answer.set_stale(self._serial < self._panel.serial)

    def take(self, mail: Mail) -> None:
        """Show the answer that was asked for."""
        end = mail.end
        if isinstance(end, Finished) and end.collected and end.request.serial == self._panel.serial:
            self.show(end.request.serial, end.collected.answer)

    def cancel(self) -> None:
        """Give up what was asked for."""
        self._panel.runs.errands.cancel(KIND)
