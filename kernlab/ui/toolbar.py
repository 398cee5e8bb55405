"""The line above a panel's figures: its title and question, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
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
from kernlab.ui.switches import ArrowButton, SideToggle
from kernlab.ui.text_width import TextWidth


class Toolbar(QWidget):
    """Run or cancel, and the menus of what a panel can do, which others fill with actions.

    Attributes:
        presets, tools, exports: the menus.
    """

    run_pressed = Signal()
    side_toggled = Signal(bool)

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self.running = False
        title = QLabel(experiment.title, objectName="title")
        question = QLabel(experiment.question, objectName="muted", wordWrap=True)
        self._row = row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(title, 1)
        self._icons = 1
        for button in self._buttons():
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(question)

    def _buttons(self) -> list[QAbstractButton]:
        self._menus: list[QPushButton] = []
        self.presets = self._menu("Presets", "Load a preset")
        self.tools = self._menu("Tools", "Compare, animate, sweep, help")
        self.exports = self._menu("Export", "Export or copy figures, data, or the run as code")
        self.run = self._button("Run", "Run or cancel")
        self.run.clicked.connect(self.run_pressed)
        TextWidth(self.run, 76)
        self.side = SideToggle()
        self.side.setAccessibleName("Show controls and claims")
        self.side.setToolTip("Controls and claims (F9)")
        self.side.toggled.connect(self.side_toggled)
        return [*self._menus, self.run, self.side]

    def add_icons(self, *actions: QAction) -> None:
        """Show actions as small buttons before the menus."""
        for action in actions:
            button = ArrowButton(action)
            self._row.insertWidget(self._icons, button, 0, Qt.AlignmentFlag.AlignTop)
            self._icons += 1

    def _menu(self, text: str, name: str) -> QMenu:
        button = self._button(text, name)
        menu = QMenu(button, toolTipsVisible=True)
        button.setMenu(menu)
        self._menus.append(button)
        return menu

    def _button(self, text: str, name: str) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)
        return button

    def set_running(self, running: bool) -> None:
        """Show *Cancel* while something runs, *Run* otherwise."""
        if running != self.running:
            self.running = running
            self.run.setText("Cancel" if running else "Run")
