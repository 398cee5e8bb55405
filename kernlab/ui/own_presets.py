"""The user's own presets in a panel's menu: load, save, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QMenu

from kernlab import user_presets
from kernlab.engine.contract.claim import Preset
from kernlab.ui.actions import add_action
from kernlab.ui.futures import aside
from kernlab.ui.message import BRIEFLY

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

Found = tuple[list[Preset], list[str]]


class OwnPresets(QObject):
    """Fills the presets menu of a panel below the presets that ship with kernlab."""

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._actions: list[QAction] = []
        menu = panel.toolbar.presets
        menu.addSeparator()
        self._end = menu.addSeparator()
        add_action(panel, "Save as preset…", self.ask, "Ctrl+S", menu=menu)
        self._delete = QMenu("Delete a preset", menu)
        menu.addMenu(self._delete)
        self._show(())
        self.reload()

    def reload(self) -> None:
        """Read the folder again."""
        experiment = self._panel.experiment
        aside(
            self,
            lambda: user_presets.load(experiment.key, experiment.Parameters),
            self._on_loaded,
        )

    def _on_loaded(self, outcome: Future[Found]) -> None:
        presets, problems = outcome.result()
        self._show(presets)
        if problems:
            self._panel.message.warn(" ".join(problems))

    def _show(self, presets: Sequence[Preset]) -> None:
        menu = self._panel.toolbar.presets
        for action in self._actions:
            menu.removeAction(action)
            self._panel.removeAction(action)
            action.deleteLater()
        self._actions = [self._panel.preset_action(preset) for preset in presets]
        menu.insertActions(self._end, self._actions)
        self._delete.clear()
        for preset in presets:
            action = self._delete.addAction(preset.title)
            action.triggered.connect(lambda _=False, title=preset.title: self.delete(title))
        self._delete.menuAction().setVisible(bool(presets))

    def ask(self) -> None:
        """Ask for a title and what to look at, then keep the present parameters."""
        dialog = QDialog(self._panel)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Save as preset")
        title, look_at = QLineEdit(), QLineEdit()
        title.setAccessibleName("Title of the preset")
        look_at.setAccessibleName("What to look at")
        look_at.setMinimumWidth(360)
        kind = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kind.Save | kind.Cancel)
        save = buttons.button(kind.Save)
        save.setEnabled(False)
        title.textChanged.connect(lambda text: save.setEnabled(bool(text.strip())))
        buttons.rejected.connect(dialog.reject)
        buttons.accepted.connect(dialog.accept)
        dialog.accepted.connect(lambda: self.save(title.text(), look_at.text()))
        form = QFormLayout(dialog)
        form.addRow("Title", title)
        form.addRow("What to look at", look_at)
        form.addRow(buttons)
        dialog.open()

    def save(self, title: str, look_at: str) -> None:
        """Keep the present parameters, as far as they differ from the defaults."""
        key, now = self._panel.experiment.key, self._panel.parameters
        fields = self._panel.controls.fields
        values = {f.name: getattr(now, f.name) for f in fields if getattr(now, f.name) != f.default}
        if any(title.strip() == preset.title for preset in self._panel.experiment.presets):
            self._panel.message.warn(f"{title.strip()!r} ships with kernlab; choose another title.")
            return
        self._change(
            lambda: user_presets.save(key, title, look_at, values), f"Saved the preset {title!r}."
        )

    def delete(self, title: str) -> None:
        """Remove one of the user's presets."""
        key = self._panel.experiment.key
        self._change(lambda: user_presets.delete(key, title), f"Deleted the preset {title!r}.")

    def _change(self, make: Callable[[], None], done: str) -> None:
        def deliver(outcome: Future[None]) -> None:
            error = outcome.exception()
            if error is None:
                self._panel.message.tell(done, BRIEFLY)
                self.reload()
            else:
                self._panel.message.warn(f"The presets stay as they are: {error}")

        aside(self, make, deliver)
