"""Step mode: a run of an iterative experiment, one step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from kernlab.ui.actions import add_action

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel


class StepMode(QObject):
    """What the panel of an iterative experiment can do besides running to the end."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self.panel = panel
        self.steps = 0
        panel.held.connect(self._on_held)
        panel.parameters_changed.connect(lambda _: self._forget())
        for text, slot, shortcut, tip in (
            ("Step", self.step, "F10", "Make one step of the iteration, then stand still"),
            ("Run on", self.run_on, "F5", "Go on from this step to the end"),
            ("Restart", self.restart, "Shift+F5", "Back to the first step, and stand still there"),
        ):
            add_action(panel, text, slot, shortcut, tip, menu=panel.toolbar.tools)

    def step(self) -> None:
        """Make the next step, or the first one where no run stands still."""
        if not self.panel.runs.advance():
            self.restart()

    def run_on(self) -> None:
        """Go on to the end from where the run stands still, or run all of it."""
        if not self.panel.runs.advance(to_end=True):
            self._forget()
            self.panel.runs.refine()

    def restart(self) -> None:
        """Begin again, and stand still after the first step."""
        self._forget()
        self.panel.runs.run_stepwise()

    def _forget(self) -> None:
        self.steps = 0

    def _on_held(self, note: str) -> None:
        self.steps += 1
        where = f"step {self.steps}" + (f": {note}" if note else "")
        self.panel.runs.show_note(f"{where} – F10 makes the next one, F5 goes on to the end")
