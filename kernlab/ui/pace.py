"""Texts that change no faster than they can be read."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

READABLE = 100
"""Milliseconds for which a text stays while a slider moves."""


class Pace(QTimer):
    """Makes calls at most every `READABLE` ms; of those in between the last one is made late."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.setSingleShot(True)
        self.setInterval(READABLE)
        self.timeout.connect(self._make)
        self._call: Callable[[], None] | None = None

    def make(self, call: Callable[[], None], *, at_once: bool) -> None:
        """Make a call now if none was made lately, or `at_once`; else when the time has come."""
        self._call = call
        if at_once or not self.isActive():
            self._make()

    def _make(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            self.start()
            call()
