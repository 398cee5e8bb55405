"""The panel's answer in one sentence, above its figures."""

from __future__ import annotations

import html
import re

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QLabel

from kernlab.engine.contract.text import plain
from kernlab.ui.pace import Pace
from kernlab.ui.theme import tag

RELATION = re.compile(r" ([≥≤≈]) ")
"""Signs at which a line is not broken."""


def emphasised(answer: str) -> str:
    """The answer as rich text, its `**key number**` in bold."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(answer))


class Answer(QLabel):
    """Room for two lines, or for as many as are needed."""

    def __init__(self) -> None:
        super().__init__(objectName="answer", wordWrap=True, textFormat=Qt.TextFormat.RichText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._words = ""
        self._pace = Pace(self)
        self._fit(keep=False)

    def show_answer(self, answer: str, *, moving: bool) -> None:
        """Show an answer; while a slider moves, now and then, and the room only grows."""
        self._pace.make(lambda: self._tell(answer, moving), at_once=not moving)

    def _tell(self, answer: str, moving: bool) -> None:
        answer = RELATION.sub("\u00a0\\1\u00a0", answer)
        self._words = plain(answer)
        self.set_stale(False)
        self.setText(emphasised(answer))
        self._fit(keep=moving)

    def set_stale(self, stale: bool) -> None:
        """Dim an answer that belongs to earlier parameters."""
        tag(self, muted=stale)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit(keep=False)

    def _fit(self, *, keep: bool) -> None:
        font = QFont(self.font())
        font.setBold(True)  # a little wider than what is shown, and cheaper than to lay it out
        metrics, room = QFontMetrics(font), QRect(0, 0, max(1, self.width()), 10_000)
        wrapped = metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, self._words).height()
        needed = max(2 * metrics.lineSpacing(), wrapped) + 4
        if needed > self.height() or (needed < self.height() and not keep):
            self.setFixedHeight(needed)
