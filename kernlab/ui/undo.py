"""What a panel does with its history: undo, redo, all defaults again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from kernlab.ui.actions import add_action
from kernlab.ui.history import History

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel


class Undo(QObject):
    """Records a panel's parameters whenever no slider moves, and brings them back."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._dragged = False
        self.history = History(self)
        self.undo = add_action(panel, "Undo", self._undo, "Ctrl+Z", "The parameters before")
        self.redo = add_action(panel, "Redo", self._redo, "Ctrl+Shift+Z", "What was undone")
        add_action(panel, "Reset all parameters", self.reset, "Ctrl+R", "All defaults again")
        panel.toolbar.add_icons(self.undo, self.redo)
        panel.parameters_changed.connect(self._record)
        self.history.changed.connect(self._enable)
        self._enable()

    def reset(self) -> None:
        """All parameters back to their defaults, the locked ones aside."""
        self._panel.set_parameters(vars(self._panel.experiment.Parameters()))

    def _record(self, moving: bool) -> None:
        if not moving:
            self.history.record(self._panel.parameters, drag=self._dragged)
        self._dragged = moving

    def _enable(self) -> None:
        self.undo.setEnabled(self.history.can_undo)
        self.redo.setEnabled(self.history.can_redo)

    def _undo(self) -> None:
        self._load(self.history.undo())

    def _redo(self) -> None:
        self._load(self.history.redo())

    def _load(self, parameters: Any) -> None:
        if parameters is not None:
            self._panel.set_parameters(vars(parameters))
