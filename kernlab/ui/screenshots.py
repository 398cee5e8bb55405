"""Screenshots of every panel and view, in both themes and two sizes.

`python -m kernlab.ui.screenshots [FOLDER]` writes PNG files, by default to
`resources/screenshots/`; it needs no display.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from kernlab.engine import catalogue
from kernlab.ui import theme as themes
from kernlab.ui.jobs import Finished
from kernlab.ui.panel import Panel
from kernlab.ui.window import Window

SIZES = ((1440, 900), (1024, 700))
SETTLE = 400
LONGEST = 120_000


def main(folder: Path) -> None:
    """Write `PANEL-VIEW-THEME-WIDTHxHEIGHT.png` for all combinations."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    themes.apply(application, themes.load("light"))
    folder.mkdir(parents=True, exist_ok=True)
    window = Window()
    window.show()
    for key in catalogue.keys():
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
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("resources/screenshots"))
