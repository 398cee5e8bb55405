"""The preferences in a dialog: the same controls as a panel's, each change at once."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kernlab.ui import devices
from kernlab.ui.choices import SegmentControl
from kernlab.ui.controls import Controls
from kernlab.ui.preferences import Preferences
from kernlab.ui.theme import tag

LOOK = 100
"""Milliseconds between two looks whether the devices are known."""
WIDTH, HEIGHT, MARGIN = 420, 800, 40
ASKING = "asking torch …"


class PreferencesDialog(QDialog):
    """Non-blocking: `open()` returns at once.

    Signals:
        changed(preferences): the user chose something else.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget, preferences: Preferences) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences – kernlab")
        self.setModal(True)
        self.controls = Controls(Preferences)
        self.controls.changed.connect(self._on_changed)
        self.controls.help_changed.connect(self._show_help)
        self.help = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        tag(self.help, muted=True)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._build()
        self._watch = QTimer(self)
        self._watch.setInterval(LOOK)
        self._watch.timeout.connect(self._look)
        self.resize(WIDTH, min(HEIGHT, parent.height() - MARGIN))
        self.show_preferences(preferences)

    def _build(self) -> None:
        page = QWidget()
        stack = QVBoxLayout(page)
        stack.setContentsMargins(12, 12, 12, 4)
        stack.addWidget(self.controls)
        stack.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("Preferences")
        area.setWidget(page)
        self.defaults = QPushButton("Restore defaults", autoDefault=False)
        self.defaults.clicked.connect(lambda _=False: self._restore_defaults())
        self.done_button = QPushButton("Close", default=True)
        tag(self.done_button, primary=True)
        self.done_button.clicked.connect(lambda _=False: self.accept())
        row = QHBoxLayout()
        row.addWidget(self.defaults)
        row.addStretch(1)
        row.addWidget(self.done_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(area, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(16, 8, 16, 16)
        foot.setSpacing(8)
        foot.addWidget(self.help)
        foot.addLayout(row)
        layout.addLayout(foot)

    def show_preferences(self, preferences: Preferences) -> None:
        """Show these, and ask which devices there are where that is not known yet."""
        self.controls.set_values(vars(preferences))
        self._show_help("")
        self._answer = devices.unavailable()
        self._look()

    def _look(self) -> None:
        known = self._answer.done()
        reasons = self._answer.result() if known else {"cuda": ASKING, "mps": ASKING}
        self._offer(reasons)
        if known:
            self._watch.stop()
        elif not self._watch.isActive():
            self._watch.start()

    def _offer(self, reasons: Mapping[str, str]) -> None:
        control = self.controls.control("device")
        assert isinstance(control, SegmentControl)
        for word, reason in reasons.items():
            button = control.buttons[word]
            button.setDisabled(bool(reason))
            button.setToolTip(f"Not available: {reason}" if reason else "")
            button.setAccessibleDescription(button.toolTip())

    def _on_changed(self, _name: str, moving: bool) -> None:
        if not moving:
            self.changed.emit(self.controls.parameters())

    def _restore_defaults(self) -> None:
        self.controls.set_values(vars(Preferences()))

    def _show_help(self, text: str) -> None:
        self.help.setText(text or "Every change takes effect at once.")
