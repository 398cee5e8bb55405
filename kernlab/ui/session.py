"""The session: what the window and its panels were, saved every second and restored at the start.

A document of version 1, as JSON::

    {"schema": 1,
     "window": {"place": [x, y, width, height], "screen": [width, height], "maximised": false},
     "panel": "gapped-sine",
     "panels": {"gapped-sine": {"recipe": {…}, "memory": {"view": "Posterior", …}}}}

`recipe` is the one that every export carries; `memory` holds what the panel's keepers save (see
`kernlab.ui.keeper`). The theme and the text size are preferences (`kernlab.ui.preferences`).

Once a second the window's thread notes what has changed, without a disk; a thread of its own
writes it (`kernlab.ui.writer`). Panels come back when they are first shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QRect, QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from kernlab import user_files
from kernlab.engine import catalogue
from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract.parameters import fields_of
from kernlab.ui.keeper import Keeper
from kernlab.ui.layout_memory import remember_layout
from kernlab.ui.panel import Panel
from kernlab.ui.writer import Writer

if TYPE_CHECKING:
    from kernlab.ui.window import Window

SCHEMA = 1
INTERVAL = 1000
"""Milliseconds between two looks at what has changed."""
SHOWN = 3
"""Sentences about odd entries that are shown; the rest is counted."""
TOPIC = "session"


@dataclass(frozen=True)
class Place:
    """Where the window lies."""

    rect: tuple[int, int, int, int]
    screen: tuple[int, int]
    maximised: bool = False


@dataclass(frozen=True)
class Document:
    """A session as it was read; `panels` holds each panel's entry as JSON values."""

    place: Place | None = None
    panel: str = ""
    panels: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Note:
    """What there is to save, noted without writing anything; equal to the last one if the same.

    Attributes:
        built: the parameters of each panel that is built, and what its keepers saved, as text.
        waiting: the entries of those that have not been shown yet, as they were read.
    """

    place: Place | None
    panel: str
    built: Mapping[str, tuple[Any, Mapping[str, str]]]
    waiting: Mapping[str, dict[str, Any]]


# -- documents ------------------------------------------------------------------------------


def read(path: Path) -> Document:
    """The session in a file; an empty one where there is none.

    Raises:
        Damaged: it cannot be used.
    """
    plain = user_files.read(path, SCHEMA)
    return Document() if plain is None else _document(plain)


def _document(plain: dict[str, Any]) -> Document:
    notices = user_files.unknown(plain, {"schema", "window", "panel", "panels"})
    panels = _typed(plain, "panels", dict, {})
    for key, entry in panels.items():
        if not isinstance(entry, dict):
            raise user_files.Damaged("an entry of its panels is not an object")
        _check_entry(entry)
        notices += user_files.unknown(entry, {"recipe", "memory"}, f" of panel {key[:40]!r}")
    known = set(catalogue.keys())
    notices += user_files.unknown(panels, known, " among the panels")
    panel = _typed(plain, "panel", str, "")
    window = _typed(plain, "window", dict, {})
    notices += user_files.unknown(window, {"place", "screen", "maximised"}, " of the window")
    return Document(
        place=_place(window) if window else None,
        panel=panel if panel in known else "",
        panels={key: entry for key, entry in panels.items() if key in known},
        notices=tuple(notices),
    )


def _check_entry(entry: dict[str, Any]) -> None:
    recipe = _typed(entry, "recipe", dict, {})
    if recipe:
        _typed(recipe, "experiment", str, "")
        _typed(recipe, "parameters", dict, {})
    _typed(entry, "memory", dict, {})


def _typed(plain: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
    value = plain.get(key, default)
    if not isinstance(value, kind):
        raise user_files.Damaged(f"its entry {key!r} is of the wrong type")
    return value


def _place(window: dict[str, Any]) -> Place:
    numbers = [*_typed(window, "place", list, []), *_typed(window, "screen", list, [])]
    if len(numbers) != 6 or any(type(n) is not int or abs(n) > 100_000 for n in numbers):
        raise user_files.Damaged("the window's place is no six whole numbers")
    x, y, width, height, across, down = numbers
    return Place((x, y, width, height), (across, down), _typed(window, "maximised", bool, False))


def as_text(note: Note) -> str:
    """The document of a note."""
    panels: dict[str, Any] = dict(note.waiting)
    for key, (parameters, memory) in note.built.items():
        panels[key] = {
            "recipe": recipes.make(key, parameters, {}),
            "memory": {name: json.loads(text) for name, text in memory.items()},
        }
    document: dict[str, Any] = {"schema": SCHEMA, "panel": note.panel, "panels": panels}
    if note.place is not None:
        document["window"] = {
            "place": list(note.place.rect),
            "screen": list(note.place.screen),
            "maximised": note.place.maximised,
        }
    return json.dumps(document) + "\n"


def fitted(place: Place, screens: list[QRect]) -> QRect:
    """Where the window goes: as it was on a screen of the same size, else within one there is."""
    rect = QRect(*place.rect)
    if not screens or any((s.width(), s.height()) == place.screen for s in screens):
        return rect
    screen = next((s for s in screens if s.contains(rect.center())), screens[0])
    width, height = min(rect.width(), screen.width()), min(rect.height(), screen.height())
    x = min(max(rect.x(), screen.x()), screen.x() + screen.width() - width)
    y = min(max(rect.y(), screen.y()), screen.y() + screen.height() - height)
    return QRect(x, y, width, height)


# -- the session of a window ----------------------------------------------------------------


class Session(QObject):
    """Restores a window from a file, and keeps the file up to date with the window.

    Attributes:
        panel: the panel that was on screen, or nothing.
    """

    def __init__(self, window: Window, writer: Writer, path: Path) -> None:
        super().__init__(window)
        self._window = window
        self._writer = writer
        self._free = True
        self._path = path
        self._notices: list[str] = []
        self._last: Note | None = None
        self._reported: set[str] = set()
        document = self._read()
        self.panel = document.panel
        self._waiting = dict(document.panels)
        self._notices += document.notices
        self._place = document.place
        if document.place is not None:
            self._restore_place(document.place)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self.save)
        self._clock.start(INTERVAL)

    def _read(self) -> Document:
        try:
            return read(self._path)
        except user_files.Damaged as damage:
            notice, self._free = user_files.recover(self._path, damage)
            self._notices.append(f"The last session is not restored: {notice}")
            return Document()

    def add_notices(self, notices: tuple[str, ...]) -> None:
        """Say these too, once there is a panel to say them in."""
        self._notices += notices

    # -- restoring --------------------------------------------------------------------------

    def _restore_place(self, place: Place) -> None:
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        self._window.setGeometry(fitted(place, screens))
        if place.maximised:
            self._window.setWindowState(self._window.windowState() | Qt.WindowState.WindowMaximized)

    def restore(self, panel: Panel) -> None:
        """Give a panel that has just been built what the session knows of it, before it runs."""
        key = panel.experiment.key
        remember_layout(panel)
        entry = self._waiting.pop(key, {})
        if entry.get("recipe"):
            self._restore_parameters(panel, entry["recipe"])
        for name, value in entry.get("memory", {}).items():
            self._restore_part(panel.memory.get(name), name, value)
        if self._notices:
            panel.message.warn(_joined(self._notices), TOPIC)
            self._notices.clear()

    def _restore_parameters(self, panel: Panel, recipe: dict[str, Any]) -> None:
        kind = panel.experiment.Parameters
        given = _without_lost_data(recipe.get("parameters", {}), kind)
        plain = {**recipe, "experiment": panel.experiment.key, "parameters": given}
        restored = recipes.restore(plain, kind)
        self._notices += restored.warnings
        with QSignalBlocker(panel.controls):  # the panel's start tells everybody
            panel.set_parameters(restored.parameters)

    def _restore_part(self, keeper: Keeper | None, name: str, value: Any) -> None:
        if keeper is None:
            self._notices.append(f"unknown part {name[:40]!r} of the panel ignored")
            return
        try:
            keeper.load(value)
        except ValueError as error:
            self._notices.append(str(error))
        except Exception as error:  # whatever a damaged file makes a component do
            self._notices.append(f"{name} was not restored: {error!r}")

    # -- saving -----------------------------------------------------------------------------

    def save(self) -> None:
        """Hand what has changed to the writer; report what could not be written before."""
        failure = self._writer.take_failure()
        if failure:
            self._last = None
            self._report(failure)
        if not self._free:
            return
        note = self._note()
        if note != self._last:
            self._last = note
            self._writer.put(self._path, lambda: as_text(note))

    def close(self) -> None:
        """Save for the last time; the writer goes on with it until :meth:`finish`."""
        self._clock.stop()
        self.save()

    def finish(self, timeout: float) -> bool:
        """Wait for the writer; False where the last state was not written in time."""
        return self._writer.close(timeout)

    def _note(self) -> Note:
        window = self._window
        current = window.stack.currentWidget()
        if isinstance(current, Panel):
            self.panel = current.experiment.key
        if not window.isMinimized():
            self._place = _place_of(window)
        return Note(
            place=self._place,
            panel=self.panel,
            built={
                key: (panel.parameters, self._saved(panel)) for key, panel in window.panels.items()
            },
            waiting=dict(self._waiting),
        )

    def _saved(self, panel: Panel) -> dict[str, str]:
        """What a panel's keepers save; one that fails takes no other with it."""
        saved = {}
        for name, keeper in panel.memory.items():
            try:
                saved[name] = json.dumps(keeper.save())
            except Exception as error:
                self._report(f"{name} of {panel.experiment.key}: {error!r}")
        return saved

    def _report(self, failure: str) -> None:
        """Say once why something is not saved."""
        current = self._window.stack.currentWidget()
        if failure not in self._reported and isinstance(current, Panel):
            self._reported.add(failure)
            current.message.warn(f"The session is not saved: {failure}", TOPIC)


def _place_of(window: Window) -> Place:
    whole = window.isMaximized() or window.isFullScreen()
    rect = window.normalGeometry() if whole else window.geometry()
    screen = window.screen().availableGeometry()
    place = (rect.x(), rect.y(), rect.width(), rect.height())
    return Place(place, (screen.width(), screen.height()), window.isMaximized())


def _without_lost_data(given: dict[str, Any], parameters: type) -> dict[str, Any]:
    """Without the choice of own data that did not travel: the other parameters stand alone."""
    lost = []
    for one in fields_of(parameters):
        data = given.get(one.name) if one.kind == "data" else None
        if one.only_if and isinstance(data, dict) and not data.keys() & recipes.DATA_PARTS:
            lost.append(one.only_if.parameter)
    return {name: value for name, value in given.items() if name not in lost}


def _joined(notices: list[str]) -> str:
    more = f" · and {len(notices) - SHOWN} more" if len(notices) > SHOWN else ""
    return " · ".join(notices[:SHOWN]) + more
