"""A message inside the panel: one sentence, with its details behind a button; never a dialog."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout

from kernlab.ui import report
from kernlab.ui.theme import tag

BRIEFLY = 5.0
"""Seconds for which something is told that went as it should."""


class Message(QFrame):
    """Hidden until something is told; `fail` messages carry details to read and copy.

    Args:
        subject: says what the panel shows now, for the report of a failure.

    Signals:
        told(kind, text, details): something was told, warned of, or has failed.
        passed(text, topic): something brief, which is not told here: it would push the figures
            down and up again.
    """

    told = Signal(str, str, str)
    passed = Signal(str, str)

    def __init__(self, subject: report.SubjectNow = lambda: None) -> None:
        super().__init__(objectName="message")
        self._subject_now = subject
        self._subject: report.Subject | None = None
        self.topic = ""
        self._details = ""
        self.text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = self._button("Details", self._toggle)
        self._copy = self._button("Copy report", self._copy_report)
        self._dismiss = self._button("Dismiss", self.hide)
        self.details = QPlainTextEdit(readOnly=True, maximumBlockCount=400)
        self.details.setFixedHeight(140)
        self.details.setAccessibleName("Details of the message")
        row = QHBoxLayout()
        row.addWidget(self.text, 1)
        for button in (self._more, self._copy, self._dismiss):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.addLayout(row)
        layout.addWidget(self.details)
        self.hide()

    def _button(self, text: str, slot: object) -> QPushButton:
        button = QPushButton(text, flat=True)
        button.setAccessibleName(f"{text} (message)")
        button.clicked.connect(slot)
        return button

    def tell(self, text: str, seconds: float = 0.0, topic: str = "") -> None:
        """Say something that went as it should, until it is dismissed.

        What is for some seconds only is passed on, and ends what stands here on its topic.
        """
        if not seconds:
            self._show("tell", text, "", topic)
            return
        if topic:
            self.settle(topic)
        self.passed.emit(text, topic)

    def warn(self, text: str, topic: str = "") -> None:
        """Say what is not possible and what to do."""
        self._show("inconclusive", text, "", topic)

    def fail(self, text: str, details: str, topic: str = "") -> None:
        """Say what failed; the details are for a report."""
        self._show("fails", text, details, topic)

    def settle(self, topic: str) -> None:
        """Take back what was said on a topic, now that it is no longer so."""
        if self.topic == topic:
            self.topic = ""
            self.hide()

    def _show(self, kind: str, text: str, details: str, topic: str) -> None:
        self.topic = topic
        self._details = details
        self._subject = self._subject_now()
        self.text.setText(text)
        for widget in (self, self.text):  # Qt restyles no child with its parent
            tag(widget, kind=kind)
        self._more.setVisible(bool(details))
        self._copy.setVisible(bool(details))
        self.details.hide()
        self.details.setPlainText(details)
        self.show()
        self.told.emit(kind, text, details)

    def _toggle(self) -> None:
        self.details.setVisible(not self.details.isVisible())

    def _copy_report(self) -> None:
        report.copy(self.text.text(), self._details, self._subject)
