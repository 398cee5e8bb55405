"""Recording an animation: every picture in full, then all of them as one GIF."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter, QPalette
from PySide6.QtWidgets import QMenu

from kernlab.engine.contract import recipe as recipes
from kernlab.export import ExportError, atomic
from kernlab.export.gif import SUFFIX, Film, packed
from kernlab.threads import thread_counts
from kernlab.ui.actions import add_action
from kernlab.ui.animation import Mode, Sweep, along
from kernlab.ui.control import value_text
from kernlab.ui.hold import Hold
from kernlab.ui.mailbox import Finished
from kernlab.ui.message import BRIEFLY
from kernlab.ui.saving import ask_target, tell_outcome

if TYPE_CHECKING:
    from kernlab.export.process import ExportProcess
    from kernlab.ui.panel import Panel

RATE = 15
"""Pictures a second at most."""
MOST_FRAMES = 200
WIDEST, CAPTION = 1200, 30
"""Pixels: the width at most, and the height of the line with the parameter's value."""
LOOK = 30
"""Milliseconds between two looks at what is written elsewhere."""
TOPIC = "recording"


@dataclass(frozen=True)
class Script:
    """What a recording shows: values to compute, their order, how long each is seen."""

    values: tuple[float | int, ...]
    order: tuple[int, ...]
    durations: tuple[int, ...]
    """In hundredths of a second."""


def script(sweep: Sweep, seconds: float, mode: Mode) -> Script:
    """One way of a sweep, or, in mode `bounce`, there and back, which computes nothing twice."""
    ways = 2 if mode == "bounce" else 1
    count = min(MOST_FRAMES, round(RATE * seconds * ways))
    intervals = count if ways == 2 else count - 1
    seen = [sweep.value(along(ways * at / intervals, mode if ways == 2 else "once")[0])
            for at in range(count)]  # fmt: skip
    values = list(dict.fromkeys(seen))
    order: list[int] = []
    durations: list[int] = []
    for at, value in enumerate(seen):
        lasts = round(100 * seconds * ways * (at + 1) / count)
        lasts -= round(100 * seconds * ways * at / count)
        if order and values[order[-1]] == value:
            durations[-1] += lasts
        else:
            order.append(values.index(value))
            durations.append(lasts)
    return Script(tuple(values), tuple(order), tuple(durations))


class Recorder(QObject):
    """Records what the animator of a panel would play.

    Signals:
        done(saved): a recording has ended; `saved` where there is a file now.
    """

    done = Signal(bool)

    def __init__(self, panel: Panel, exports: ExportProcess) -> None:
        super().__init__(panel)
        self.panel = panel
        self.exports = exports
        self._hold = Hold(panel, alone=True)
        self._hold.broken.connect(self._on_broken)
        self._path: Path | None = None
        self._script = Script((), (), ())
        self._at = 0
        self._size = (0, 0)
        self._frames: list[bytes] = []
        self._recipe: dict[str, Any] = {}
        self._repeats = True
        self._outcome: Future[Path] | None = None
        self._watch = QTimer(self)
        self._watch.setInterval(LOOK)
        self._watch.timeout.connect(self._look)
        panel.finished.connect(self._on_finished)
        panel.tabs.currentChanged.connect(lambda _: self._on_view_changed())
        panel.animation_bar.record_pressed.connect(self.ask)
        panel.animation_bar.cancel_pressed.connect(self.cancel)
        panel.menu_providers.append(self._offer)
        tip = "An animated picture of the parameter that moves"
        menu = panel.toolbar.tools
        add_action(panel, "Record as GIF…", self.ask, "Ctrl+Shift+R", tip, menu=menu)

    @property
    def recording(self) -> bool:
        """Whether pictures are taken or written."""
        return self._path is not None

    def ask(self, name: str = "") -> None:
        """Ask where to save, then record a parameter, or the one that is chosen."""
        animator = self.panel.animator
        animator.choose(name or animator.name or (animator.names() or [""])[0])
        name = f"{self.panel.experiment.key}-{animator.name}{SUFFIX}"
        target = ask_target(self.panel, "Record as GIF", name, f"Animated GIF (*{SUFFIX})")
        if target is not None:
            self.record(target)

    def record(self, path: Path) -> None:
        """Record the parameter that the animator has chosen, over its way, into a file."""
        animator = self.panel.animator
        refusal = self._refusal(path)
        if refusal:
            self.panel.message.warn(refusal, TOPIC)
            return
        animator.stop()
        self._path, self._at, self._size, self._frames = path, 0, (0, 0), []
        self._script = script(animator.sweep(animator.name), animator.seconds, animator.mode)
        self._repeats = animator.mode != "once"
        self._recipe = recipes.make(
            self.panel.experiment.key, self.panel.parameters, thread_counts()
        )
        self.panel.message.settle(TOPIC)
        self._hold.take(animator.name)
        self._tell()
        self._next()

    def _refusal(self, path: Path) -> str:
        if self.recording:
            return "A recording is under way; wait until it is saved, or cancel it."
        if self.panel.animator.name not in self.panel.animator.names():
            return "This slider cannot be moved now; choose another one to record."
        if path.suffix.lower() != SUFFIX:
            return f"{path} ends in {path.suffix or 'nothing'!r}; allowed: {SUFFIX}"
        try:
            atomic.resolved(path)
        except ExportError as error:
            return str(error)
        return ""

    # -- taking pictures --------------------------------------------------------------------

    def _next(self) -> None:
        self._hold.move(self._script.values[self._at])
        if self._hold.control is not None:
            self.panel.runs.refine()

    def _on_finished(self, event: Finished) -> None:
        taking = self._hold.control is not None and event.request.purpose == "show"
        if not taking or event.request.serial != self.panel.serial:
            return
        frames, pixels = self._frames, self._grab()
        self.panel.lane.call(lambda _: frames.append(packed(pixels)))
        self._at += 1
        self._tell()
        if self._at < len(self._script.values):
            self._next()
        else:
            self._hold.let_go(back=True)
            self._watch.start()

    def _on_view_changed(self) -> None:
        if self._hold.control is not None:
            self._on_broken("another view was chosen.")

    def _grab(self) -> bytes:
        """The figures as at rest under the parameter's value, as RGB; all as large as the first."""
        grabbed = self.panel.grid.grab()
        if self._size == (0, 0):
            width = min(grabbed.width(), WIDEST)
            height = round(width * grabbed.height() / grabbed.width())
            self._size = (width // 4 * 4, height + CAPTION)  # rows without padding
        image = QImage(*self._size, QImage.Format.Format_RGB888)
        image.fill(self.panel.palette().color(QPalette.ColorRole.Window))
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(image.rect().adjusted(0, CAPTION, 0, 0), grabbed)
        painter.setFont(self.panel.font())
        painter.setPen(self.panel.palette().color(QPalette.ColorRole.WindowText))
        line = image.rect().adjusted(12, 0, -12, 0)
        line.setHeight(CAPTION)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, self._caption())
        painter.end()
        return bytes(image.constBits())

    def _caption(self) -> str:
        control = self._hold.control
        assert control is not None
        name = f"{control.field.label} {control.field.symbol}".strip()
        return f"{name} = {value_text(control.field, control.value)}"

    # -- writing and the end ----------------------------------------------------------------

    def _look(self) -> None:
        """Hand the frames over once all are compressed; say what became of the file."""
        if self._path is None:
            return
        if self._outcome is None and len(self._frames) == len(self._script.values):
            film = Film(
                self._size,
                self._frames,
                self._script.order,
                self._script.durations,
                self._repeats,
                self._recipe,
            )
            self._frames = []
            self._outcome = self.exports.save_film(self._path, film)
        elif self._outcome is not None and self._outcome.done():
            self._report(self._outcome, self._path)

    def _report(self, outcome: Future[Path], path: Path) -> None:
        message = self.panel.message
        self._end()
        if outcome.cancelled():
            message.warn(f"{path} was not written: kernlab is closing", TOPIC)
        else:
            tell_outcome(message, path, outcome.exception(), TOPIC)
        self.done.emit(not outcome.cancelled() and outcome.exception() is None)

    def cancel(self) -> None:
        """Give the recording up; no file is left."""
        self._on_broken("")

    def _on_broken(self, reason: str) -> None:
        path, outcome = self._path, self._outcome
        if path is None:
            return
        if outcome is not None and outcome.done():
            self._report(outcome, path)
            return
        if outcome is not None:
            self.exports.cancel(outcome)
        self._end()
        self._hold.let_go(back=True)
        because = f": {reason}" if reason else "."
        self.panel.message.tell(
            f"The recording was given up, {path.name} not saved{because}", BRIEFLY, TOPIC
        )
        self.done.emit(False)

    def _end(self) -> None:
        self._path, self._outcome, self._frames = None, None, []
        self._watch.stop()
        self.panel.message.settle(TOPIC)
        self.panel.animation_bar.end_recording()

    def _tell(self) -> None:
        total = len(self._script.values)
        assert self._path is not None
        note = f"Writing {self._path.name} …"
        if self._at < total:
            note = f"Recording {self._path.name}: picture {self._at + 1} of {total}"
        self.panel.animation_bar.show_recording(note, self._at, total)

    def _offer(self, _panel: Panel, name: str, menu: QMenu) -> None:
        control = self.panel.controls.control(name)
        if control.slider is not None:
            action = menu.addAction("Record as GIF…", partial(self.ask, name))
            action.setEnabled(control.slider.isEnabled() and not self.recording)
