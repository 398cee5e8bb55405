"""The window: panels on the left, the chosen one beside them, the status line below."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from kernlab.engine import catalogue
from kernlab.engine.contract.recipe import Restored
from kernlab.export.process import ExportProcess
from kernlab.ui import commands, first_start, focus, hints
from kernlab.ui import theme as themes
from kernlab.ui.background import Background
from kernlab.ui.desktop import LongJobs
from kernlab.ui.exporting import Exporting
from kernlab.ui.jobs import Lane
from kernlab.ui.navigation import Navigation
from kernlab.ui.notices import Notices
from kernlab.ui.opening import Opening
from kernlab.ui.panel import Panel
from kernlab.ui.preferences import Preferences
from kernlab.ui.progress import Title
from kernlab.ui.recording import Recorder
from kernlab.ui.session import Session
from kernlab.ui.settings import Settings
from kernlab.ui.status import StatusLine
from kernlab.ui.text_width import text_scale
from kernlab.ui.typesetting import Typesetter

TICK, IDLE_TICK = 2, 16
"""Milliseconds between two looks into the lane's mailbox, while it is busy and while not."""
PATIENCE = 1000
"""Milliseconds without a first picture after which the status line says why."""
TIGHT = 980
"""Window width in pixels below which the right column gives its place to the figures."""


class Window(QMainWindow):
    """The laboratory. Panels are built when they are first shown."""

    def __init__(self, theme: str = "light", preferences: Preferences | None = None) -> None:
        super().__init__()
        self.setWindowTitle("kernlab")
        self.resize(1440, 900)
        self.setMinimumSize(800, 560)
        self.setAnimated(False)
        self.theme = themes.load(theme)
        self.session: Session | None = None
        self._panels: dict[str, Panel] = {}
        self._tight = False
        self.lane = Lane()
        self.exports = ExportProcess()
        self.typesetter = Typesetter(self.exports, self)
        self._build()
        self.setAcceptDrops(True)
        self.progress_title = Title(self)
        self.long_jobs = LongJobs(self)
        self.notices = Notices(self, lambda: panel.grid if (panel := self._current) else None)
        self.stack.currentChanged.connect(lambda _: self.notices.place())
        self.background = Background(self, lambda: self._current, self.notices, self.long_jobs)
        self.hints = hints.Hints(self)
        self.opening = Opening(self)
        self.exporting = Exporting(self)
        self.settings = Settings(self, preferences or Preferences())
        self.command_palette, self.shortcut_sheet = commands.add_to_window(self)
        self._label_navigation()
        self._tick = QTimer(self)
        self._tick.setTimerType(Qt.TimerType.PreciseTimer)
        self._tick.timeout.connect(self._poll)
        self._tick.start(IDLE_TICK)

    def _build(self) -> None:
        self.stack = QStackedWidget()
        self.status_line = StatusLine()
        self.status_line.cancel_pressed.connect(self._cancel)
        self.navigation = Navigation()
        self.navigation.entered.connect(self._enter)
        self.navigation.theme_button.clicked.connect(lambda _=False: self.switch_theme())
        self.navigation.preferences_button.clicked.connect(lambda _=False: self.settings.open())
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.stack, 1)
        right.addWidget(self.status_line)
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.navigation)
        row.addLayout(right, 1)
        self.setCentralWidget(central)

    def _label_navigation(self) -> None:
        self.navigation.fit(self.width(), text_scale(self), self.theme.name)

    # -- panels -----------------------------------------------------------------------------

    @property
    def panels(self) -> Mapping[str, Panel]:
        """Those that have been shown, by their keys."""
        return self._panels

    @property
    def panel(self) -> Panel:
        """The panel on screen."""
        current = self._current
        assert current is not None
        return current

    @property
    def _current(self) -> Panel | None:
        current = self.stack.currentWidget()
        return current if isinstance(current, Panel) else None

    def show_panel(self, key: str) -> Panel:
        """Bring a panel to the front; built and started at its first showing."""
        new = key not in self._panels
        panel = self._new_panel(key) if new else self._panels[key]
        self.stack.setCurrentWidget(panel)
        self.navigation.entries[key].setChecked(True)
        self.setWindowTitle(f"{panel.experiment.title} – kernlab")
        self.lane.show(key)
        self.status_line.forget()
        if new:
            if self.session is not None:
                self.session.restore(panel)
            panel.start()
            QTimer.singleShot(PATIENCE, panel, lambda: self._explain_wait(panel))
        self._show_status(panel)
        return panel

    def _new_panel(self, key: str) -> Panel:
        """Build a panel, and add what it can do only in a window; its menus keep this order."""
        panel = Panel(catalogue.get(key), self.lane, self.theme.roles)
        panel.controls.changed.connect(lambda *_: self._tick.setInterval(TICK))
        panel.status_changed.connect(partial(self._show_status, panel))
        panel.picture_shown.connect(self._on_picture)
        panel.controls.help_changed.connect(self.status_line.show_help)
        panel.file_requested.connect(self.opening.choose_data)
        panel.formulas.set_typesetter(self.typesetter)
        self.exporting.add_to(panel)
        Recorder(panel, self.exports)
        hints.add_to(panel, self.hints)
        commands.add_to_panel(panel)
        self.background.watch(panel)
        panel.toolbar.side.setChecked(not self._tight)
        self._panels[key] = panel
        self.stack.addWidget(panel)
        return panel

    def _enter(self, key: str) -> None:
        """Show a panel, or say in the one on screen why it cannot be shown."""
        try:
            self.show_panel(key)
        except ValueError as error:
            self.navigation.entries[self.panel.experiment.key].setChecked(True)
            self.panel.message.warn(str(error))

    def _explain_wait(self, panel: Panel) -> None:
        if not panel.pictured and panel.toolbar.running and not first_start.compiled():
            self.status_line.show_hint("compiling, only at the first start")

    def _on_picture(self, seconds: float) -> None:
        self.status_line.show_hint("")
        if self.panel.serial > 1:  # the first one was no slider's
            self.status_line.show_latency(seconds)

    def restore(self, restored: Restored) -> None:
        """Show a recipe's experiment with its parameters, and report what was odd about it."""
        panel = self.show_panel(restored.experiment)
        defaults = dict(vars(panel.experiment.Parameters()))
        panel.controls.lock(())
        panel.set_parameters({**defaults, **restored.parameters})
        if restored.warnings:
            panel.message.warn(" · ".join(restored.warnings))

    def _poll(self) -> None:
        for panel in self._panels.values():
            panel.runs.poll() if panel is self.stack.currentWidget() else panel.runs.poll_errands()
        interval = TICK if self.lane.busy else IDLE_TICK
        if interval != self._tick.interval():
            self._tick.setInterval(interval)

    def _show_status(self, panel: Panel) -> None:
        """Say in the status line and in the title what a panel does, if it is on screen."""
        if panel is self._current:
            self.status_line.show_status(panel.status)
            self.progress_title.show(panel.experiment.title, panel.status)

    def _cancel(self) -> None:
        if self.panel.toolbar.running:
            self.panel.run_or_cancel()

    def report(self, text: str, details: str) -> None:
        """Show a failure that no panel caught."""
        panel = self._current
        about = None if panel is None else (panel.experiment.key, panel.parameters)
        self.notices.fail(text, details, about)

    # -- theme, size, end -------------------------------------------------------------------

    def switch_theme(self) -> None:
        """Light to dark and back; it is remembered."""
        self.settings.change(theme="dark" if self.theme.name == "light" else "light")

    def set_theme(self, name: str) -> None:
        """Repaint everything in a theme."""
        self.theme = themes.load(name)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        themes.apply(application, self.theme, self.settings.preferences.font_size)
        for panel in self._panels.values():
            panel.set_roles(self.theme.roles)
        self._label_navigation()
        self._give_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._label_navigation()
        self._give_room()

    def _give_room(self) -> None:
        """Let the right column give its place to the figures where there is little of it."""
        scale = max(1.0, 0.25 + 0.75 * text_scale(self))  # gaps and icons do not grow
        if (self.width() < TIGHT * scale) != self._tight:
            self._tight = not self._tight
            for panel in self._panels.values():
                panel.toolbar.side.setChecked(not self._tight)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.opening.accepts(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.opening.drop(event.mimeData())
        event.acceptProposedAction()

    def focusNextPrevChild(self, next: bool) -> bool:
        return focus.move(self, forward=next)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:  # nothing nearer had a use for it
            self._cancel()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave within a second, also out of a computation that cannot be stopped."""
        begun = time.perf_counter()
        self._tick.stop()
        if self.session is not None:
            self.session.close()
        self.hide()
        self.exports.close()
        stopped = self.lane.close(timeout=max(0.1, 0.45 - (time.perf_counter() - begun)))
        if self.session is not None:
            self.session.finish(max(0.1, 0.65 - (time.perf_counter() - begun)))
        if not stopped:
            os._exit(0)
        event.accept()
