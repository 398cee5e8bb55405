"""Recipes in and out of the window: files opened or dropped, the state copied and pasted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from kernlab.engine import catalogue
from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract.recipe import Restored
from kernlab.export import read_recipe
from kernlab.threads import thread_counts
from kernlab.ui.jobs import Lane

if TYPE_CHECKING:
    from kernlab.ui.window import Window

KINDS = (
    "Files that kernlab wrote (*.pdf *.svg *.png *.csv *.zip *.json *.gif);;"
    "Own data (*.csv);;All files (*)"
)
LOOK = 20
"""Milliseconds between two looks whether a file has been read."""

T = TypeVar("T")


def on_lane(
    parent: QObject, lane: Lane, make: Callable[[], T], deliver: Callable[[Future[T]], None]
) -> None:
    """Do what may take long (a file, a long text) on the lane's thread, then deliver here."""
    outcome: Future[T] = Future()

    def attempt(_: object) -> None:
        try:
            outcome.set_result(make())
        except BaseException as error:
            outcome.set_exception(error)

    def look() -> None:
        if outcome.done():
            watch.stop()
            watch.deleteLater()
            deliver(outcome)

    watch = QTimer(parent)
    watch.timeout.connect(look)
    watch.start(LOOK)
    lane.call(attempt)


def from_file(path: Path) -> Restored:
    """The recipe in a file.

    Raises:
        ValueError: there is none, or a damaged one.
    """
    return _restored(read_recipe(path))


def from_text(text: str) -> Restored:
    """The recipe in a line of text.

    Raises:
        ValueError: it is none.
    """
    return _restored(recipes.loads(text))


def _restored(recipe: dict[str, Any]) -> Restored:
    return recipes.restore(recipe, catalogue.get(recipe["experiment"]).Parameters)


class Opening(QObject):
    """What a window does with files, texts and drops."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window

    def choose(self) -> None:
        """Ask for a file and open it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open", str(Path.home()), KINDS)
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Restore the run that a file came from; a CSV without a recipe counts as own data."""

        def deliver(outcome: Future[Restored]) -> None:
            own = self._own_data()
            if isinstance(outcome.exception(), ValueError) and own and path.suffix == ".csv":
                self._window.load_data(own, path)
            else:
                self._deliver(outcome, path.name)

        on_lane(self, self._window.lane, lambda: from_file(path), deliver)

    def _own_data(self) -> str:
        """The parameter of the panel on screen that takes a file, if there is one."""
        fields = self._window.panel.controls.fields
        return next((field.name for field in fields if field.kind == "data"), "")

    def paste(self) -> None:
        """Restore the run whose state is on the clipboard as text."""
        self.restore_text(QGuiApplication.clipboard().text())

    def restore_text(self, text: str) -> None:
        """Restore the run whose state a text is."""
        on_lane(
            self,
            self._window.lane,
            lambda: from_text(text.strip()),
            lambda outcome: self._deliver(outcome, "The text on the clipboard"),
        )

    def copy(self) -> None:
        """Put the state of the panel on the clipboard, as one line of text."""
        panel = self._window.panel
        recipe = recipes.make(panel.experiment.key, panel.parameters, thread_counts())
        QGuiApplication.clipboard().setText(recipes.dumps(recipe))
        panel.message.tell("Copied. Paste it here with “Paste state”, or keep the line.", 5.0)

    def _deliver(self, outcome: Future[Restored], what: str) -> None:
        error = outcome.exception()
        if error is None:
            self._window.restore(outcome.result())
        elif isinstance(error, ValueError):
            self._window.panel.message.warn(f"{what} was not opened: {error}")
        else:
            self._window.panel.message.fail(f"{what} was not opened: {error!r}", repr(error))

    # -- drops ------------------------------------------------------------------------------

    @staticmethod
    def accepts(data: QMimeData) -> bool:
        """Whether something dragged over the window may be dropped."""
        return any(url.isLocalFile() for url in data.urls()) or data.hasText()

    def drop(self, data: QMimeData) -> None:
        """Open the first file that was dropped, or restore the text."""
        paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
        if paths:
            self.open(Path(paths[0]))
        elif data.hasText():
            self.restore_text(data.text())
