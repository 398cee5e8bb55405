"""The preferences at work: applied to the window at once, and written when they change."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence

from kernlab import threads
from kernlab.engine.contract.cache import Cache
from kernlab.ui.actions import add_action
from kernlab.ui.preferences import LARGEST, SMALLEST, Preferences, as_text
from kernlab.ui.preferences_dialog import PreferencesDialog
from kernlab.ui.writer import Writer

if TYPE_CHECKING:
    from kernlab.ui.window import Window


def shown_theme(preferences: Preferences) -> str:
    """The theme to show: the preferred one, or the system's."""
    if preferences.theme != "system":
        return preferences.theme
    dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return "dark" if dark else "light"


class Settings(QObject):
    """A window's preferences. They are kept only once :meth:`keep` has said where.

    Signals:
        changed: there are new preferences.
    """

    changed = Signal()

    def __init__(self, window: Window, preferences: Preferences) -> None:
        super().__init__(window)
        self.preferences = preferences
        self._window = window
        self._writer: Writer | None = None
        self._path: Path | None = None
        self._dialog: PreferencesDialog | None = None
        self._compute(Preferences(), preferences)
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._follow_system)
        add_action(window, "Preferences…", self.open, "Ctrl+,", "Theme, text size, computing")
        larger = add_action(window, "Larger text", partial(self.zoom, 1))
        larger.setShortcuts([QKeySequence("Ctrl++"), QKeySequence("Ctrl+=")])
        add_action(window, "Smaller text", partial(self.zoom, -1), "Ctrl+-")
        add_action(window, "Usual text size", partial(self.zoom, 0), "Ctrl+0")

    def keep(self, writer: Writer, path: Path) -> None:
        """Write the preferences to a file whenever they change from now on."""
        self._writer, self._path = writer, path

    def change(self, **values: Any) -> None:
        """Take over some preferences, apply them and write them.

        Raises:
            ValueError: one of them is not allowed.
        """
        self.set(replace(self.preferences, **values))

    def set(self, preferences: Preferences) -> None:
        """Take over preferences, apply what differs and write them."""
        before, self.preferences = self.preferences, preferences
        if preferences == before:
            return
        if (before.theme, before.font_size) != (preferences.theme, preferences.font_size):
            self._window.set_theme(shown_theme(preferences))
        self._compute(before, preferences)
        if self._writer is not None and self._path is not None:
            self._writer.put(self._path, partial(as_text, preferences))
        self.changed.emit()

    def zoom(self, step: int) -> None:
        """Make the text larger or smaller by so many pixels; 0: its usual size."""
        size = self.preferences.font_size + step if step else Preferences().font_size
        self.change(font_size=min(max(size, SMALLEST), LARGEST))

    def open(self) -> None:
        """Show the preferences in a dialog, where each change takes effect at once."""
        if self._dialog is None:
            self._dialog = PreferencesDialog(self._window, self.preferences)
            self._dialog.changed.connect(self.set)
        self._dialog.show_preferences(self.preferences)
        self._dialog.open()

    def _compute(self, before: Preferences, now: Preferences) -> None:
        """Tell the lane, which takes it over between two steps."""
        window = self._window
        window.lane.memory_limit = now.memory_limit
        if now.cache_mb != before.cache_mb:
            window.lane.call(partial(Cache.resize, budget=now.cache_budget))
        if now.blas_threads != before.blas_threads:

            def limit(cache: Cache) -> None:
                threads.set_blas(now.blas_threads)
                cache.clear()

            window.lane.call(limit)
            window.status_line.show_threads(now.blas_threads)

    def _follow_system(self) -> None:
        if self.preferences.theme == "system":
            self._window.set_theme(shown_theme(self.preferences))
