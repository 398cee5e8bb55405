"""The application: one process, one window, one lane."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Any, NoReturn

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from kernlab import user_files
from kernlab.engine import catalogue
from kernlab.engine.contract.recipe import Restored
from kernlab.ui import focus, hints, preferences
from kernlab.ui import theme as themes
from kernlab.ui.session import Session
from kernlab.ui.settings import shown_theme
from kernlab.ui.window import Window
from kernlab.ui.writer import Writer

SWITCH_INTERVAL = 0.0005
"""Seconds after which the lane's Python code hands the interpreter back to the window."""
QUIET = 3000
"""Milliseconds after the first picture at which garbage collection leaves the lane's thread."""
SLOW = 0.01
"""Seconds of a collection above which what has survived it is never looked at again."""
COLLECT = 5000
"""Milliseconds between two garbage collections, made by the window when nothing runs."""


def main(experiment: str | None = None, recipe: Restored | None = None) -> int:
    """Open the window and stay until it is closed; returns the exit status."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("kernlab")
    found = preferences.load(user_files.preferences_file())
    theme = shown_theme(found.preferences)
    themes.apply(application, themes.load(theme), found.preferences.font_size)
    window = Window(theme, found.preferences)
    install_hooks(window)
    remember(window, found)
    window.show()
    keep = tame_garbage(window)
    QTimer.singleShot(0, lambda: _open(window, experiment, recipe))
    QTimer.singleShot(0, lambda: hints.at_first_start(window))
    signal.signal(signal.SIGINT, lambda *_: window.close())
    status = application.exec()
    keep.stop()
    return status


def run(experiment: str | None = None, recipe: Restored | None = None) -> NoReturn:
    """`main`, then leave at once: taking Qt and numba down in order takes half a second."""
    status = main(experiment, recipe)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def remember(window: Window, found: preferences.Loaded) -> None:
    """Restore the last session, and save this one and its preferences from now on."""
    writer = Writer()
    if found.path is not None:
        window.settings.keep(writer, found.path)
    window.session = Session(window, writer, user_files.session_file())
    window.session.add_notices(found.notices)


def _open(window: Window, experiment: str | None, recipe: Restored | None) -> None:
    """Show what was asked for, else the panel that was on screen last, else the first one."""
    focus.rest(window)
    if recipe is not None:
        window.restore(recipe)
        return
    last = window.session.panel if window.session is not None else ""
    try:
        window.show_panel(experiment or last or catalogue.keys()[0])
    except ValueError:
        if experiment or not last:
            raise
        window.show_panel(catalogue.keys()[0])


def install_hooks(window: Window) -> None:
    """Show what nobody caught in the panel instead of losing it on a terminal."""

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            os._exit(130)
        traceback.print_exception(kind, error, trace)
        details = "".join(traceback.format_exception(kind, error, trace))
        if threading.current_thread() is threading.main_thread():
            window.report(f"Something went wrong: {error}", details)

    def thread_report(failure: threading.ExceptHookArgs) -> None:
        if failure.exc_value is not None:
            report(failure.exc_type, failure.exc_value, failure.exc_traceback)

    def unraisable(failure: Any) -> None:
        if failure.exc_value is not None:
            report(failure.exc_type, failure.exc_value, failure.exc_traceback)

    sys.excepthook = report
    threading.excepthook = thread_report
    sys.unraisablehook = unraisable


def tame_garbage(window: Window) -> QTimer:
    """Collect garbage in the window's thread only, and only while nothing runs.

    A collection that strikes in the lane's thread can free Qt objects there, which crashes;
    one that strikes during a drag stops the picture for up to 130 ms.
    """
    gc.disable()

    def freeze() -> None:
        gc.collect()
        gc.freeze()

    def collect() -> None:
        if not window.lane.busy:
            begun = time.perf_counter()
            gc.collect()
            if time.perf_counter() - begun > SLOW:  # a large library has been loaded since
                gc.freeze()

    QTimer.singleShot(QUIET, freeze)
    timer = QTimer(window)
    timer.timeout.connect(collect)
    timer.start(COLLECT)
    return timer
