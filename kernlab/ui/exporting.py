"""Exports and copies: figures, tables, pictures and code, out of a panel."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract.snippets import as_command, as_python
from kernlab.engine.contract.text import plain
from kernlab.export import SUFFIXES, Bundle, ExportError, allowed_for, atomic
from kernlab.threads import thread_counts
from kernlab.ui.actions import add_action
from kernlab.ui.collecting import EXPORT
from kernlab.ui.futures import when_done
from kernlab.ui.mailbox import Finished
from kernlab.ui.message import BRIEFLY
from kernlab.ui.panel import Panel
from kernlab.ui.requests import rescaled
from kernlab.ui.saving import ask_target, tell_outcome

if TYPE_CHECKING:
    from kernlab.ui.window import Window

EXPORTS = (
    ("Export figures of this view…", "view", "Ctrl+Shift+E"),
    ("Export all figures…", "all", "Ctrl+Alt+E"),
    ("Export data (CSV or ZIP)…", "data", "Ctrl+E"),
)
FIGURE_KINDS = "PDF (*.pdf);;SVG (*.svg);;PNG (*.png)"
DATA_KINDS = "All tables, CSV in a ZIP (*.zip);;First table, CSV (*.csv)"


class Exporting(QObject):
    """What the export menus of a window's panels do."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window

    def add_to(self, panel: Panel) -> None:
        """Fill the export menu of a panel, and save its sweeps."""

        def add(text: str, slot: Callable[[], object], keys: str) -> None:
            add_action(panel, text, slot, keys, menu=panel.toolbar.exports)

        for text, what, keys in EXPORTS:
            add(text, partial(self._choose, what), keys)
        add("Copy image", partial(self._copy_image, panel), "Ctrl+Shift+I")
        panel.toolbar.exports.addSeparator()
        add("Copy as Python", partial(self._copy, panel, as_python), "Ctrl+Shift+Y")
        add("Copy as command", partial(self._copy, panel, as_command), "Ctrl+Shift+K")
        add("Copy state as text", self._window.opening.copy, "Ctrl+Shift+C")
        panel.sweeping.export_requested.connect(partial(self.save, panel))

    def _copy(self, panel: Panel, make: Callable[[str, Any], str]) -> None:
        QGuiApplication.clipboard().setText(make(panel.experiment.key, panel.parameters))
        panel.message.tell("Copied. Paste it into a script or a terminal.", BRIEFLY)

    def _copy_image(self, panel: Panel) -> None:
        QGuiApplication.clipboard().setPixmap(panel.grid.grab())
        panel.message.tell("The picture is on the clipboard.", BRIEFLY)

    def _choose(self, what: str) -> None:
        figure_kinds = self._window.settings.preferences.first_kind(FIGURE_KINDS)
        kinds = DATA_KINDS if what == "data" else figure_kinds
        target = ask_target(self._window, "Export", self._window.panel.experiment.key, kinds)
        if target is not None:
            self.export(target, what)

    def export(self, path: Path, what: str) -> None:
        """Compute everything of the panel on screen in full, then write a file.

        Args:
            what: the figures of the `view` on screen, or `all`, or the `data`.
        """
        panel = self._window.panel
        refused = refusal(path)
        if not refused and panel.collecting.under_way:
            refused = "Another export is being computed; wait until it is saved, or cancel it."
        if refused:
            panel.message.warn(refused, EXPORT)
            return
        view = panel.view if what == "view" else None
        recipe = recipes.make(panel.experiment.key, panel.parameters, thread_counts())
        options = self._window.settings.preferences.export_options

        def done(event: Finished) -> None:
            self._write(panel, path, _bundle(event, recipe, view), options)

        panel.message.tell(f"Exporting {path.name} …", BRIEFLY, EXPORT)
        self._window.long_jobs.began(path)
        panel.collecting.collect(done, lambda: self._ended(panel, path, "was not saved"))

    def save(self, panel: Panel, path: Path, bundle: Bundle) -> None:
        """Write a file of what is computed already."""
        refused = refusal(path)
        if refused:
            panel.message.warn(refused, EXPORT)
            return
        panel.message.tell(f"Exporting {path.name} …", BRIEFLY, EXPORT)
        self._write(panel, path, bundle, self._window.settings.preferences.export_options)

    def _write(self, panel: Panel, path: Path, bundle: Bundle, options: dict[str, Any]) -> None:
        """Write it in the export process."""
        outcome = self._window.exports.submit(path, bundle, **options)
        when_done(self, outcome, partial(self._report, panel, path))

    def _report(self, panel: Panel, path: Path, outcome: Future[Any]) -> None:
        error = outcome.exception()
        self._ended(panel, path, "is saved" if error is None else "was not saved")
        tell_outcome(panel.message, path, error, EXPORT)

    def _ended(self, panel: Panel, path: Path, how: str) -> None:
        self._window.long_jobs.ended(path, panel.experiment.title, f"{path.name} {how}")


def _bundle(event: Finished, recipe: dict[str, Any], view: str | None) -> Bundle:
    """What is written of a collecting run: the figures of one view, or all."""
    made = event.collected
    assert made is not None
    figures = [figure for figure in made.figures if view is None or figure.view == view]
    return Bundle(
        title=event.request.experiment.title,
        answer=plain(made.answer),
        figures=tuple(rescaled(figure, event.request.scales) for figure in figures),
        tables=made.tables,
        claims=made.claims,
        recipe=recipe,
    )


def refusal(path: Path) -> str:
    """Why nothing could be saved there, as far as it can be known before anything is computed."""
    try:
        real = atomic.resolved(path)
    except ExportError as error:
        return str(error)
    if path.suffix.lower() not in SUFFIXES and not real.is_char_device():
        return f"{path} ends in {path.suffix or 'nothing'!r}; allowed: {allowed_for(path.suffix)}"
    return ""
