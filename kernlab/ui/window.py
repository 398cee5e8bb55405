"""The window: panels on the left, the chosen one beside them, the status line below."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from kernlab.data_files import read_columns
from kernlab.engine import catalogue
from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract.parameters import OwnData, fields_of
from kernlab.engine.contract.recipe import Restored
from kernlab.engine.contract.snippets import as_command, as_python
from kernlab.engine.contract.text import plain
from kernlab.export import SUFFIXES, Bundle, ExportError, allowed_for, atomic
from kernlab.export.process import ExportProcess
from kernlab.threads import thread_counts
from kernlab.ui import commands, first_start, focus, hints
from kernlab.ui import theme as themes
from kernlab.ui.actions import add_action
from kernlab.ui.background import Background
from kernlab.ui.desktop import LongJobs
from kernlab.ui.jobs import Finished, Lane, rescaled
from kernlab.ui.notices import Notices
from kernlab.ui.opening import Opening, on_lane
from kernlab.ui.panel import EXPORT, VALUE, Panel
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
BRIEFLY = 5.0
"""Seconds for which the window says that something was copied or saved."""
NARROW = 1180
"""Window width in pixels below which the panel list shows icons only."""
TIGHT = 980
"""Window width in pixels below which the right column gives its place to the figures."""
EXPORTS = (
    ("Export figures of this view…", "view", "Ctrl+Shift+E"),
    ("Export all figures…", "all", "Ctrl+Alt+E"),
    ("Export data (CSV or ZIP)…", "data", "Ctrl+E"),
    ("Copy image", "image", "Ctrl+Shift+I"),
)
FIGURE_KINDS = "PDF (*.pdf);;SVG (*.svg);;PNG (*.png)"
DATA_KINDS = "All tables, CSV in a ZIP (*.zip);;First table, CSV (*.csv)"


class Window(QMainWindow):
    """The laboratory. Panels are built when they are first shown."""

    def __init__(self, theme: str = "light", preferences: Preferences | None = None) -> None:
        super().__init__()
        self.setWindowTitle("kernlab")
        self.resize(1440, 900)
        self.setMinimumSize(800, 560)
        self.setAnimated(False)
        self.lane = Lane()
        self.exports = ExportProcess()
        self.typesetter = Typesetter(self.exports, self)
        self.hints = hints.Hints(self)
        self.theme = themes.load(theme)
        self._tight = False
        self._panels: dict[str, Panel] = {}
        self._exporting: list[tuple[Future[Any], Panel, Path]] = []
        self._build()
        self.progress_title = Title(self)
        self.notices = Notices(self, lambda: panel.grid if (panel := self._current) else None)
        self.stack.currentChanged.connect(lambda _: self.notices.place())
        self.long_jobs = LongJobs(self)
        self.background = Background(self, lambda: self._current, self.notices, self.long_jobs)
        self.opening = Opening(self)
        self.setAcceptDrops(True)
        add_action(self, "Open…", self.opening.choose, "Ctrl+O", "A file that kernlab wrote")
        add_action(self, "Paste state", self.opening.paste, "Ctrl+Shift+V")
        self.settings = Settings(self, preferences or Preferences())
        self.session: Session | None = None
        self.command_palette, self.shortcut_sheet = commands.add_to_window(self)
        self._tick = QTimer(self)
        self._tick.setTimerType(Qt.TimerType.PreciseTimer)
        self._tick.timeout.connect(self._poll)
        self._tick.start(IDLE_TICK)

    def _build(self) -> None:
        self.stack = QStackedWidget()
        self.status_line = StatusLine()
        self.status_line.cancel_pressed.connect(self._cancel)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.stack, 1)
        right.addWidget(self.status_line)
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._navigation())
        row.addLayout(right, 1)
        self.setCentralWidget(central)

    def _navigation(self) -> QFrame:
        self.navigation = QFrame(objectName="navigation")
        column = QVBoxLayout(self.navigation)
        column.setContentsMargins(8, 12, 8, 8)
        column.setSpacing(4)
        self.brand = QLabel("kernlab", objectName="brand", indent=12)
        column.addWidget(self.brand)
        column.addSpacing(8)
        group = QButtonGroup(self, exclusive=True)
        self.entries: dict[str, QPushButton] = {}
        for key in catalogue.keys():
            entry = QPushButton(objectName="entry", checkable=True)
            entry.setAccessibleName(catalogue.title(key))
            entry.setToolTip(catalogue.title(key))
            entry.clicked.connect(lambda _=False, k=key: self._enter(k))
            group.addButton(entry)
            column.addWidget(entry)
            self.entries[key] = entry
        column.addStretch(1)
        self.theme_button = QPushButton(objectName="entry")
        self.theme_button.setAccessibleName("Switch between the light and the dark theme")
        self.theme_button.clicked.connect(self.switch_theme)
        column.addWidget(self.theme_button)
        self.preferences_button = QPushButton(objectName="entry")
        self.preferences_button.setAccessibleName("Preferences")
        self.preferences_button.setToolTip("Preferences (Ctrl+,)")
        self.preferences_button.clicked.connect(lambda _=False: self.settings.open())
        column.addWidget(self.preferences_button)
        self._label_navigation()
        return self.navigation

    def _label_navigation(self) -> None:
        scale = text_scale(self)
        narrow = self.width() < NARROW * scale
        self.navigation.setFixedWidth(round((56 if narrow else 172) * scale))
        self.brand.setText("k" if narrow else "kernlab")
        for key, entry in self.entries.items():
            icon = catalogue.icon(key)
            entry.setText(icon if narrow else f"{icon}   {catalogue.title(key)}")
        other = "Dark theme" if self.theme.name == "light" else "Light theme"
        self.theme_button.setText("◐" if narrow else f"◐   {other}")
        self.theme_button.setToolTip(other)
        self.preferences_button.setText("⚙" if narrow else "⚙   Preferences")

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
        if new:
            panel = Panel(catalogue.get(key), self.lane, self.theme.roles)
            panel.controls.changed.connect(lambda *_: self._tick.setInterval(TICK))
            panel.status_changed.connect(self._show_status)
            panel.picture_shown.connect(self._on_picture)
            panel.controls.help_changed.connect(self.status_line.show_help)
            panel.file_requested.connect(self._choose_file)
            self._fill_menus(panel)
            Recorder(panel, self.exports)
            panel.formulas.set_typesetter(self.typesetter)
            hints.add_to(panel, self.hints)
            panel.sweeping.export_requested.connect(partial(self._save, panel))
            commands.add_to_panel(panel)
            self.background.watch(panel)
            panel.toolbar.side.setChecked(not self._tight)
            self._panels[key] = panel
            self.stack.addWidget(panel)
        panel = self._panels[key]
        self.stack.setCurrentWidget(panel)
        self.entries[key].setChecked(True)
        self.setWindowTitle(f"{panel.experiment.title} – kernlab")
        self.lane.show(key)
        self.status_line.forget()
        if new:
            if self.session is not None:
                self.session.restore(panel)
            panel.start()
            QTimer.singleShot(PATIENCE, panel, lambda: self._explain_wait(panel))
        self._show_status()
        return panel

    def _fill_menus(self, panel: Panel) -> None:
        def add(text: str, slot: Callable[[], object], keys: str) -> None:
            panel.toolbar.exports.addAction(add_action(panel, text, slot, keys))

        for text, what, keys in EXPORTS:
            add(text, partial(self._export_pressed, what), keys)
        panel.toolbar.exports.addSeparator()
        add("Copy as Python", partial(self._copy, as_python), "Ctrl+Shift+Y")
        add("Copy as command", partial(self._copy, as_command), "Ctrl+Shift+K")
        add("Copy state as text", self.opening.copy, "Ctrl+Shift+C")

    def _enter(self, key: str) -> None:
        """Show a panel, or say in the one on screen why it cannot be shown."""
        try:
            self.show_panel(key)
        except ValueError as error:
            self.entries[self.panel.experiment.key].setChecked(True)
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
            panel.poll() if panel is self.stack.currentWidget() else panel.poll_errands()
        interval = TICK if self.lane.busy else IDLE_TICK
        if interval != self._tick.interval():
            self._tick.setInterval(interval)
        for entry in [entry for entry in self._exporting if entry[0].done()]:
            self._exporting.remove(entry)
            self._report_export(*entry)

    def _show_status(self) -> None:
        if self.sender() in (None, self.panel, *self.entries.values()):
            self.status_line.show_status(self.panel.status)
            self.progress_title.show(self.panel.experiment.title, self.panel.status)

    def _cancel(self) -> None:
        if self.panel.toolbar.running:
            self.panel.run_or_cancel()

    # -- own data, copies, exports ----------------------------------------------------------

    def _choose_file(self, field: str) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Own data", "", "CSV (*.csv);;All files (*)")
        if path:
            self.load_data(field, Path(path))

    def load_data(self, name: str, path: Path) -> None:
        """Read a file of own data on the lane and hand it to the panel's parameter."""
        panel = self.panel
        field = next(f for f in fields_of(panel.experiment.Parameters) if f.name == name)
        condition = field.only_if
        chosen = {condition.parameter: condition.values[0]} if condition else {}

        def deliver(outcome: Future[OwnData]) -> None:
            error = outcome.exception()
            if error is None:
                panel.set_parameters({name: outcome.result(), **chosen})
            elif isinstance(error, ValueError):
                panel.message.warn(str(error), VALUE)
            else:
                panel.message.fail(f"{path.name} was not read: {error!r}", repr(error), VALUE)

        on_lane(self, self.lane, lambda: read_columns(path, field), deliver)

    def _copy(self, make: Any) -> None:
        panel = self.panel
        QGuiApplication.clipboard().setText(make(panel.experiment.key, panel.parameters))
        panel.message.tell("Copied. Paste it into a script or a terminal.", BRIEFLY)

    def _export_pressed(self, what: str) -> None:
        panel = self.panel
        if what == "image":
            QGuiApplication.clipboard().setPixmap(panel.grid.grab())
            panel.message.tell("The picture is on the clipboard.", BRIEFLY)
            return
        figure_kinds = self.settings.preferences.first_kind(FIGURE_KINDS)
        kinds = DATA_KINDS if what == "data" else figure_kinds
        name = str(Path.home() / panel.experiment.key)
        path, kind = QFileDialog.getSaveFileName(self, "Export", name, kinds)
        if path:
            suffix = kind[kind.rindex("*.") + 1 : -1]
            target = Path(path)
            self.export(target if target.suffix else target.with_suffix(suffix), what)

    def export(self, path: Path, what: str) -> None:
        """Compute everything in full, then write a file in the export process."""
        panel = self.panel
        refusal = _refusal(path)
        if not refusal and panel.collecting:
            refusal = "Another export is being computed; wait until it is saved, or cancel it."
        if refusal:
            panel.message.warn(refusal)
            return
        view = panel.view if what == "view" else None
        recipe = recipes.make(panel.experiment.key, panel.parameters, thread_counts())
        options = self.settings.preferences.export_options
        panel.message.tell(f"Exporting {path.name} …", topic=EXPORT)

        def done(event: Finished) -> None:
            made = event.collected
            assert made is not None
            figures = tuple(
                rescaled(figure, event.request.scales)
                for figure in made.figures
                if view is None or figure.view == view
            )
            bundle = Bundle(
                title=panel.experiment.title,
                answer=plain(made.answer),
                figures=figures,
                tables=made.tables,
                claims=made.claims,
                recipe=recipe,
            )
            self._exporting.append((self.exports.submit(path, bundle, **options), panel, path))

        self.long_jobs.began(path)
        panel.collect(done)

    def _save(self, panel: Panel, path: Path, bundle: Bundle) -> None:
        """Write what is computed already, in the export process."""
        refusal = _refusal(path)
        if refusal:
            panel.message.warn(refusal)
            return
        panel.message.tell(f"Exporting {path.name} …", topic=EXPORT)
        options = self.settings.preferences.export_options
        self._exporting.append((self.exports.submit(path, bundle, **options), panel, path))

    def _report_export(self, outcome: Future[Any], panel: Panel, path: Path) -> None:
        error = outcome.exception()
        ended = f"{path.name} is saved" if error is None else f"{path.name} was not saved"
        self.long_jobs.ended(path, panel.experiment.title, ended)
        if error is None:
            panel.message.tell(f"Saved {path}.", BRIEFLY)
        elif isinstance(error, ValueError):
            panel.message.warn(str(error))
        else:
            details = "\n".join([repr(error), *getattr(error, "__notes__", ())])
            panel.message.fail(f"{path.name} was not saved: {error}", details)

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
        stopped = self.lane.close(timeout=max(0.1, 0.6 - (time.perf_counter() - begun)))
        if self.session is not None:
            self.session.finish(max(0.1, 0.8 - (time.perf_counter() - begun)))
        if not stopped:
            os._exit(0)
        event.accept()


def _refusal(path: Path) -> str:
    """Why nothing could be saved there, as far as it can be known before anything is computed."""
    try:
        real = atomic.resolved(path)
    except ExportError as error:
        return str(error)
    if path.suffix.lower() not in SUFFIXES and not real.is_char_device():
        return f"{path} ends in {path.suffix or 'nothing'!r}; allowed: {allowed_for(path.suffix)}"
    return ""
