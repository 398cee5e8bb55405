"""How long a run will still take, and the window's title while one takes long."""

from __future__ import annotations

import math
import time

from PySide6.QtWidgets import QWidget

from kernlab.ui.mailbox import Status
from kernlab.ui.pace import Pace

TOO_EARLY = 1.0
"""Seconds of a run before which nobody can say how long it will take."""
LITTLE = 0.02
"""Fraction of a run below which the same holds."""
SMOOTHING = 1.5
"""Seconds over which an estimate follows its measurements."""
LONG = 2.0
"""Seconds after which a run is shown in the window's title."""
HALF_A_SECOND = 500
"""Milliseconds between two changes of the title."""


class TimeLeft:
    """Seconds until a run ends, from how far it is; smooth, and unknown at first."""

    def __init__(self) -> None:
        self._started = math.nan
        self._fraction = 0.0
        self._at = 0.0
        self._end: float | None = None

    def estimate(self, started: float, fraction: float | None, now: float) -> float | None:
        """Take in how far a run is, and say how many seconds are left, or None.

        Args:
            started: when the run began; another value is another run.
            fraction: how much of it is done.
            now: the time, on the same clock as `started`.
        """
        if started != self._started or fraction is None or fraction < self._fraction:
            self._end = None
        self._started, self._fraction = started, fraction or 0.0
        elapsed = now - started
        if fraction is None or fraction < LITTLE or elapsed < TOO_EARLY:
            return None
        measured = started + elapsed / min(fraction, 1.0)
        if self._end is None:
            self._end = measured
        else:
            self._end += (measured - self._end) * (1 - math.exp((self._at - now) / SMOOTHING))
        self._at = now
        return max(0.0, self._end - now)


def in_words(seconds: float | None) -> str:
    """`about 40 s left`; nothing where it is unknown or next to nothing."""
    if seconds is None or seconds < 1.5:
        return ""
    if seconds < 20:
        return f"about {seconds:.0f} s left"
    if seconds < 90:
        return f"about {5 * round(seconds / 5)} s left"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.0f} h left"


class Title:
    """The title of a window: the panel's name, and before it how far a long run is.

    Args:
        window: whose title it is.
        patience: seconds after which a run counts as long.
    """

    def __init__(self, window: QWidget, patience: float = LONG) -> None:
        self._window = window
        self.patience = patience
        self._pace = Pace(window)
        self._pace.setInterval(HALF_A_SECOND)

    def show(self, panel: str, status: Status | None) -> None:
        """Say what is shown and how far it is; changes at most twice a second while it runs."""
        title = f"{panel} – kernlab"
        fraction = None if status is None else status.fraction
        if status is None or fraction is None:
            if self._window.windowTitle() != title:
                self._pace.make(lambda: self._window.setWindowTitle(title), at_once=True)
        elif time.perf_counter() - status.started > self.patience:
            text = f"{100 * fraction:.0f} % – {title}"
            self._pace.make(lambda: self._window.setWindowTitle(text), at_once=False)
