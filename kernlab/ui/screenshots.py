"""Screenshots of every panel and view, in both themes and two sizes, and of the workbench.

`python -m kernlab.ui.screenshots [FOLDER]` writes PNG files, by default to
`resources/screenshots/`; it needs no display.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["KERNLAB_HOME"] = tempfile.mkdtemp(prefix="kernlab-screenshots-")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from kernlab.engine import catalogue
from kernlab.ui import theme as themes
from kernlab.ui.mailbox import Finished
from kernlab.ui.panel import Panel
from kernlab.ui.window import Window

SIZES = ((1440, 900), (1024, 700))
SETTLE = 400
LONGEST = 120_000


def main(folder: Path, only: Sequence[str] = ()) -> None:
    """Write `PANEL-VIEW-THEME-WIDTHxHEIGHT.png` for all combinations, or for some panels only."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    themes.apply(application, themes.load("light"))
    folder.mkdir(parents=True, exist_ok=True)
    window = Window()
    window.show()
    for scene in () if only else SCENES:
        _scene(window, scene, folder)
    for key in only or catalogue.keys():
        panel = window.show_panel(key)
        rest(panel)
        for index, view in enumerate(panel.experiment.views):
            if panel.tabs.currentIndex() != index:
                panel.tabs.setCurrentIndex(index)
                rest(panel)
            for theme in ("light", "dark"):
                for width, height in SIZES:
                    window.set_theme(theme)
                    window.resize(width, height)
                    pause(SETTLE)
                    name = f"{key}-{view.lower()}-{theme}-{width}x{height}.png"
                    window.grab().save(str(folder / name))
            window.resize(*SIZES[0])
    window.close()


def _scene(window: Window, scene: Callable[[Window], None], folder: Path) -> None:
    """Set a scene on gapped sine, take it in both themes, and clear up."""
    first = not window.panels
    panel = window.show_panel("gapped-sine")
    if first:
        rest(panel)
    scene(window)
    for theme in ("light", "dark"):
        window.set_theme(theme)
        pause(SETTLE)
        name = scene.__name__.removeprefix("_")
        window.grab().save(str(folder / f"workbench-{name}-{theme}-1440x900.png"))
    if window.command_palette.isVisible():
        window.command_palette.close_card()
    panel.message.hide()
    act(window, "Unpin all")
    act(window, "Reset all parameters")
    pause(2 * SETTLE)


def _palette(window: Window) -> None:
    act(window, "Command palette")
    window.command_palette.edit.setText("ridge 1e-3")


def _pins(window: Window) -> None:
    act(window, "Pin current traces")
    window.panel.set_parameters({"ridge": 0.2})
    rest(window.panel)


def _error(window: Window) -> None:
    window.panel.set_parameters({"gap_width": 12.0, "domain": 5.0})
    pause(2 * SETTLE)


def _preset(window: Window) -> None:
    act(window, "Table 2, data set 1: Performer")
    rest(window.panel)


def _formulas(window: Window) -> None:
    act(window, "Show or hide the formulas")
    pause(10 * SETTLE)


SCENES = (_palette, _pins, _error, _preset, _formulas)


def act(window: Window, text: str) -> None:
    """Do what a menu would, by its name; nothing where it is disabled."""
    actions = [*window.actions(), *window.panel.actions()]
    next(action for action in actions if action.text() == text).trigger()


def pause(milliseconds: int) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def rest(panel: Panel) -> None:
    """Wait until the panel has run in full and its claims are measured."""
    loop = QEventLoop()

    def finished(event: object) -> None:
        if isinstance(event, Finished) and event.request.purpose == "claims":
            loop.quit()

    panel.finished.connect(finished)
    QTimer.singleShot(LONGEST, loop.quit)
    loop.exec()
    panel.finished.disconnect(finished)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("resources/screenshots"), sys.argv[2:])
