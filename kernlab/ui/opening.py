"""Recipes in and out of the window: files opened or dropped, the state copied and pasted."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from kernlab.data_files import read_own_data
from kernlab.engine import catalogue
from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract.parameters import OwnData, fields_of
from kernlab.engine.contract.recipe import Restored
from kernlab.export import read_recipe
from kernlab.threads import thread_counts
from kernlab.ui.actions import add_action
from kernlab.ui.choices import file_kinds
from kernlab.ui.futures import aside
from kernlab.ui.message import BRIEFLY
from kernlab.ui.panel import VALUE

if TYPE_CHECKING:
    from kernlab.ui.window import Window

KINDS = (
    "Files that kernlab wrote (*.pdf *.svg *.png *.csv *.zip *.json *.gif);;"
    "Own data (*.csv *.npy *.npz *.safetensors);;All files (*)"
)


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
    if not text.startswith("{"):
        raise ValueError("it is no state of a panel; get one with “Copy state as text”")
    return _restored(recipes.loads(text))


def _restored(recipe: dict[str, Any]) -> Restored:
    return recipes.restore(recipe, catalogue.get(recipe["experiment"]).Parameters)


class Opening(QObject):
    """What a window does with files, texts and drops."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        add_action(window, "Open…", self.choose, "Ctrl+O", "A file that kernlab wrote")
        add_action(window, "Paste state", self.paste, "Ctrl+Shift+V")

    def choose(self) -> None:
        """Ask for a file and open it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open", str(Path.home()), KINDS)
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Restore the run that a file came from; what has no recipe may be own data."""

        def deliver(outcome: Future[Restored]) -> None:
            own = self._own_data(path.suffix.lower())
            if isinstance(outcome.exception(), ValueError) and own:
                self.load_data(own, path)
            else:
                self._deliver(outcome, path.name)

        aside(self, lambda: from_file(path), deliver)

    def _own_data(self, suffix: str) -> str:
        """The parameter of the panel on screen that takes such a file, if there is one."""
        controls = self._window.panel.controls
        taking = [field.name for field in controls.fields if suffix in field.suffixes]
        chosen = [name for name in taking if controls.control(name).isEnabled()]
        return next(iter(chosen or taking), "")

    def paste(self) -> None:
        """Restore the run whose state is on the clipboard as text."""
        text = QGuiApplication.clipboard().text()
        if text.strip():
            self.restore_text(text)
        else:
            self._window.panel.message.warn("The clipboard holds no text; copy a state first.")

    def restore_text(self, text: str) -> None:
        """Restore the run whose state a text is."""
        aside(
            self,
            lambda: from_text(text.strip()),
            lambda outcome: self._deliver(outcome, "The text"),
        )

    def copy(self) -> None:
        """Put the state of the panel on the clipboard, as one line of text."""
        panel = self._window.panel
        recipe = recipes.make(panel.experiment.key, panel.parameters, thread_counts())
        QGuiApplication.clipboard().setText(recipes.dumps(recipe))
        panel.message.tell("Copied. Paste it here with “Paste state”, or keep the line.", BRIEFLY)

    def _deliver(self, outcome: Future[Restored], what: str) -> None:
        error = outcome.exception()
        if error is None:
            self._restore(outcome.result())
        elif isinstance(error, ValueError):
            self._window.panel.message.warn(f"{what} was not opened: {error}")
        else:
            self._window.panel.message.fail(f"{what} was not opened: {error!r}", repr(error))

    def _restore(self, restored: Restored) -> None:
        """Show a run as it was; what was said of the one before goes, and so do locks."""
        panel = self._window.panels.get(restored.experiment)
        locked = panel.controls.locked if panel is not None else []
        if panel is not None:
            panel.message.hide()
        self._window.restore(restored)
        if panel is not None and locked:
            names = ", ".join(locked)
            panel.message.tell(f"Restored as it was; no longer locked: {names}.", BRIEFLY)

    # -- own data ---------------------------------------------------------------------------

    def choose_data(self, name: str) -> None:
        """Ask for a file of own data for a parameter of the panel on screen."""
        kinds = file_kinds(self._window.panel.controls.control(name).field)
        path, _ = QFileDialog.getOpenFileName(self._window, "Own data", "", kinds)
        if path:
            self.load_data(name, Path(path))

    def load_data(self, name: str, path: Path) -> None:
        """Read a file of own data and hand it to the panel's parameter."""
        panel = self._window.panel
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

        aside(self, lambda: read_own_data(path, field), deliver)

    # -- drops ------------------------------------------------------------------------------

    @staticmethod
    def accepts(data: QMimeData) -> bool:
        """Whether something dragged over the window may be dropped."""
        return any(url.isLocalFile() for url in data.urls()) or data.hasText()

    def drop(self, data: QMimeData) -> None:
        """Open the file that was dropped, or restore the text."""
        paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
        if len(paths) > 1:
            self._window.panel.message.warn(
                f"Drop one file at a time; {len(paths)} were dropped, and none was opened."
            )
        elif paths:
            self.open(Path(paths[0]))
        elif data.hasText():
            self.restore_text(data.text())
