"""A word to whoever works in another window: a long job has ended."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Protocol

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QStyle, QSystemTrayIcon, QWidget

LONG = 30.0
"""Seconds after which a job is long enough that one turns to something else."""
SHOWN = 10_000
"""Milliseconds for which the desktop shows what is said."""


class Desktop(Protocol):
    """Where it is said."""

    def tell(self, title: str, text: str) -> None:
        """Show a title and a sentence outside the window."""
        ...


class SystemDesktop:
    """The desktop's notifications; without them, the window asks for attention."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._tray: QSystemTrayIcon | None = None

    def tell(self, title: str, text: str) -> None:
        if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
            QApplication.alert(self._window)
            return
        tray = self._tray = self._tray or self._new_tray()
        tray.show()
        tray.showMessage(title, text, QSystemTrayIcon.MessageIcon.Information, SHOWN)
        QTimer.singleShot(2 * SHOWN, tray, tray.hide)

    def _new_tray(self) -> QSystemTrayIcon:
        icon = self._window.windowIcon()
        if icon.isNull():
            icon = self._window.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxInformation)
        tray = QSystemTrayIcon(icon, self._window)
        tray.messageClicked.connect(self._window.activateWindow)
        return tray


class LongJobs:
    """Tells the desktop when a job that took long has ended while the window was not active.

    Args:
        window: whose jobs they are.
        desktop: where it is said.
        threshold: seconds from which on a job is long.
    """

    def __init__(
        self, window: QWidget, desktop: Desktop | None = None, threshold: float = LONG
    ) -> None:
        self._window = window
        self.desktop = desktop or SystemDesktop(window)
        self.threshold = threshold
        self._begun: dict[Hashable, float] = {}

    def began(self, job: Hashable) -> None:
        """Note when a job began."""
        self._begun[job] = time.perf_counter()

    def ended(self, job: Hashable, title: str, text: str) -> None:
        """A job that was noted has ended."""
        begun = self._begun.pop(job, None)
        if begun is not None:
            self.took(time.perf_counter() - begun, title, text)

    def took(self, seconds: float, title: str, text: str) -> None:
        """A job has ended after so many seconds."""
        if seconds >= self.threshold and not self._window.isActiveWindow():
            self.desktop.tell(title, f"{text}, after {_duration(seconds)}")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
