"""The line above a panel's figures: its title and question, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from kernlab.engine.contract.experiment import Experiment
from kernlab.ui.switches import SideToggle

EXPORTS = (
    ("Figures of this view…", "view"),
    ("All figures…", "all"),
    ("Data (CSV or ZIP)…", "data"),
    ("Copy image", "image"),
)


class Toolbar(QWidget):
    """Presets, copies, export, and run or cancel."""

    preset_chosen = Signal(str)
    run_pressed = Signal()
    copy_python_pressed = Signal()
    copy_command_pressed = Signal()
    export_pressed = Signal(str)
    side_toggled = Signal(bool)

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self.running = False
        title = QLabel(experiment.title, objectName="title")
        question = QLabel(experiment.question, objectName="muted", wordWrap=True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(title, 1)
        for button in self._buttons(experiment):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(question)

    def _buttons(self, experiment: Experiment) -> list[QAbstractButton]:
        self.presets = presets = self._button("Presets", "Load a preset")
        menu = QMenu(presets, toolTipsVisible=True)
        for preset in experiment.presets:
            action = QAction(preset.title, menu, toolTip=preset.look_at)
            action.triggered.connect(lambda _=False, t=preset.title: self.preset_chosen.emit(t))
            menu.addAction(action)
        presets.setMenu(menu)
        presets.setVisible(bool(experiment.presets))
        code = self._button("Copy as", "Copy this run as code")
        copies = QMenu(code)
        copies.addAction("Copy as Python").triggered.connect(self.copy_python_pressed)
        copies.addAction("Copy as command").triggered.connect(self.copy_command_pressed)
        code.setMenu(copies)
        export = self._button("Export", "Export figures or data")
        exports = QMenu(export)
        for text, what in EXPORTS:
            action = exports.addAction(text)
            action.triggered.connect(lambda _=False, w=what: self.export_pressed.emit(w))
        export.setMenu(exports)
        self.run = self._button("Run", "Run or cancel")
        self.run.clicked.connect(self.run_pressed)
        self.run.setFixedWidth(76)
        self.side = SideToggle()
        self.side.setAccessibleName("Show controls and claims")
        self.side.setToolTip("Controls and claims (F9)")
        self.side.setShortcut(QKeySequence(Qt.Key.Key_F9))
        self.side.toggled.connect(self.side_toggled)
        return [presets, code, export, self.run, self.side]

    def _button(self, text: str, name: str) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)
        return button

    def set_running(self, running: bool) -> None:
        """Show *Cancel* while something runs, *Run* otherwise."""
        if running != self.running:
            self.running = running
            self.run.setText("Cancel" if running else "Run")
