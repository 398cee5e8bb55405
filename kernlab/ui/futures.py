"""Waiting for what is made elsewhere, without stopping the window."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer

LOOK = 20
"""Milliseconds between two looks whether it is there."""

T = TypeVar("T")


def when_done(parent: QObject, outcome: Future[T], deliver: Callable[[Future[T]], None]) -> None:
    """Deliver an outcome in the window's thread once it is there, unless it was cancelled.

    Args:
        parent: nothing is delivered after its end.
    """

    def look() -> None:
        if outcome.done():
            watch.stop()
            watch.deleteLater()
            if not outcome.cancelled():
                deliver(outcome)

    watch = QTimer(parent)
    watch.timeout.connect(look)
    watch.start(LOOK)


def aside(parent: QObject, make: Callable[[], T], deliver: Callable[[Future[T]], None]) -> None:
    """Do what may take long (a file, a long text) on a thread of its own, then deliver here."""
    outcome: Future[T] = Future()

    def attempt() -> None:
        try:
            outcome.set_result(make())
        except BaseException as error:
            outcome.set_exception(error)

    when_done(parent, outcome, deliver)
    threading.Thread(target=attempt, name="kernlab-file", daemon=True).start()
