"""Undo and redo of a panel's parameters: one step a drag."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import QObject, Signal

from kernlab.engine.contract.parameters import fields_of

LONGEST = 500
"""Steps that are kept."""
TOGETHER = 1.0
"""Seconds within which changes of one parameter (arrow keys, the wheel) are one step."""


class History(QObject):
    """The parameter sets that a panel has been at, and where among them it is.

    Signals:
        changed: what can be undone or redone is different now.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._states: list[Any] = []
        self._at = -1
        self._last: tuple[str, float] = ("", 0.0)

    @property
    def can_undo(self) -> bool:
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        return self._at < len(self._states) - 1

    def record(self, parameters: Any, *, drag: bool = False) -> None:
        """Remember a parameter set that the user has come to; what was undone is forgotten.

        A `drag` is a step of its own, however short.
        """
        if self._states and parameters == self._states[self._at]:
            return
        name = _only_difference(self._states[self._at], parameters) if self._states else ""
        now = time.perf_counter()
        together = bool(name) and name == self._last[0] and now - self._last[1] < TOGETHER
        if together and not drag and self._at > 0 and not self.can_redo:
            self._states[self._at] = parameters
        else:
            self._states = [*self._states[: self._at + 1], parameters][-LONGEST:]
            self._at = len(self._states) - 1
        self._last = ("" if drag else name, now)
        self.changed.emit()

    def undo(self) -> Any:
        """The parameter set before this one, or None."""
        return self._move(-1) if self.can_undo else None

    def redo(self) -> Any:
        """The parameter set that was undone last, or None."""
        return self._move(1) if self.can_redo else None

    def _move(self, by: int) -> Any:
        self._at += by
        self._last = ("", 0.0)
        self.changed.emit()
        return self._states[self._at]


def _only_difference(one: Any, other: Any) -> str:
    """The one parameter in which two sets differ; empty where there are several."""
    names = [f.name for f in fields_of(type(one)) if getattr(one, f.name) != getattr(other, f.name)]
    return names[0] if len(names) == 1 else ""
