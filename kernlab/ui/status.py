"""The status line: what is running, how far, how long still; latency, precision, threads."""

from __future__ import annotations

import statistics
import time
from collections import deque

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy

from kernlab.threads import thread_counts
from kernlab.ui.mailbox import Status
from kernlab.ui.progress import TimeLeft, in_words


class Note(QLabel):
    """A line that is shortened where there is no room for all of it."""

    def minimumSizeHint(self) -> QSize:
        return QSize(60, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width()
        )
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, shown)


class StatusLine(QFrame):
    """One line below the panels."""

    cancel_pressed = Signal()

    def __init__(self) -> None:
        super().__init__(objectName="status")
        self.note = Note("", objectName="muted")
        self.bar = QProgressBar(textVisible=False, maximum=1000)
        self.bar.setFixedSize(128, 6)
        self.bar.setAccessibleName("Progress")
        self.cancel = QPushButton("Cancel", flat=True, objectName="small")
        self.cancel.setAccessibleName("Cancel what is running")
        self.cancel.clicked.connect(self.cancel_pressed)
        self.facts = QLabel("", objectName="muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(12)
        for widget in (self.note, self.bar, self.cancel):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.facts)
        row.addStrut(24)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._left = TimeLeft()
        self._sentence = ""
        self._help = self._hint = ""
        self._latencies: deque[float] = deque(maxlen=15)
        self._precision = ""
        self.show_threads(thread_counts()["blas"])
        self.show_status(None)

    def show_threads(self, blas: int) -> None:
        """Say with how many BLAS threads the lane computes."""
        self._threads = f"{blas} BLAS thread{'s' * (blas != 1)}, CPU"
        self._show_facts()

    def show_latency(self, seconds: float) -> None:
        """Remember how long the newest picture took; the median is shown."""
        self._latencies.append(seconds)
        self._show_facts()

    def forget(self) -> None:
        """Forget the latency and the precision: they are another panel's."""
        self._latencies.clear()
        self._precision = ""

    def show_help(self, text: str) -> None:
        """Show the help of what the pointer is on; an empty text brings the status back."""
        self._help = text
        self._show_note()

    def show_hint(self, text: str) -> None:
        """Show why it takes long; an empty text brings the status back."""
        self._hint = text
        self._show_note()

    def _show_note(self) -> None:
        text = self._help or self._hint or self._sentence
        if text != self.note.text():
            self.note.setText(text)

    def show_status(self, status: Status | None) -> None:
        """Show what the visible panel's run is doing."""
        self._sentence = self._said(status)
        running = status is not None and status.fraction is not None
        self.bar.setVisible(running)
        self.cancel.setVisible(running)
        self._show_note()
        if status is not None and status.fraction is not None:
            self.bar.setValue(round(1000 * status.fraction))
        if status is not None and status.precision:
            self._precision = status.precision
        self._show_facts()

    def _said(self, status: Status | None) -> str:
        """What is running, and how long it will still take where that can be said."""
        if status is None:
            return "starting…"
        seconds = self._left.estimate(status.started, status.fraction, time.perf_counter())
        return ", ".join(filter(None, (status.note, in_words(seconds)))) or "ready"

    def _show_facts(self) -> None:
        facts = []
        if self._latencies:
            facts.append(f"slider to picture {1000 * statistics.median(self._latencies):.0f} ms")
        if self._precision:
            facts.append(self._precision)
        text = "  ·  ".join([*facts, self._threads])
        if text != self.facts.text():
            self.facts.setText(text)
