"""The last notices in a list, in a window of its own that may stay open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

SIGNS = {"tell": "", "inconclusive": "! ", "fails": "✗ "}
"""What stands before a warning and before a failure."""


class Said(Protocol):
    """A notice, as far as the list needs it."""

    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def details(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    def copy_report(self) -> None: ...


class NoticeList(QDialog):
    """The newest notice comes first; below the list the details of the chosen one."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, modal=False)
        self.setWindowTitle("Notices")
        self.resize(560, 420)
        self._notices: list[Said] = []
        self.empty = QLabel("Nothing was said yet.", objectName="muted")
        self.list = QListWidget(wordWrap=True, spacing=4)
        self.list.setAccessibleName("Notices, the newest first")
        self.list.currentRowChanged.connect(self._choose)
        self.details = QPlainTextEdit(readOnly=True)
        self.details.setAccessibleName("Details of the chosen notice")
        self.copy = QPushButton("Copy report")
        self.copy.setAccessibleName("Copy report of the chosen notice")
        self.copy.clicked.connect(self._copy)
        close = QPushButton("Close", default=True)
        close.setAccessibleName("Close notices")
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.copy)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        for widget, stretch in ((self.empty, 0), (self.list, 3), (self.details, 2)):
            column.addWidget(widget, stretch)
        column.addLayout(row)

    def fill(self, notices: Sequence[Said]) -> None:
        """Show these, which come oldest first."""
        self._notices = list(notices)[::-1]
        self.list.clear()
        for notice in self._notices:
            self.list.addItem(f"{notice.at:%H:%M}   {SIGNS.get(notice.kind, '')}{notice.text}")
        self.empty.setVisible(not self._notices)
        self.list.setVisible(bool(self._notices))
        self.list.setCurrentRow(0 if self._notices else -1)
        self._choose(self.list.currentRow())

    def _choose(self, row: int) -> None:
        chosen = self._notices[row] if 0 <= row < len(self._notices) else None
        details = chosen.details if chosen is not None else ""
        self.details.setPlainText(details)
        self.details.setVisible(bool(details))
        self.copy.setEnabled(chosen is not None)

    def _copy(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._notices):
            self._notices[row].copy_report()
