"""Playing a slider: its parameter goes over a range by itself, at the speed of the clock."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from kernlab.engine.contract.parameters import Field, Span
from kernlab.ui.actions import add_action
from kernlab.ui.hold import Hold
from kernlab.ui.sliders import Scale

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

Mode = Literal["once", "loop", "bounce"]
MODES: tuple[Mode, ...] = get_args(Mode)
SPEEDS = (2, 5, 10, 20)
"""Seconds for one way over the range."""
PATIENCE = 500
"""Milliseconds after which the next step is taken although no picture of the last one came."""
GAP = 16
"""Milliseconds between two steps at least."""


def along(phase: float, mode: Mode) -> tuple[float, bool]:
    """Where on its way, 0 to 1, an animation is after `phase` ways, and whether it is over."""
    if mode == "once":
        return min(phase, 1.0), phase >= 1
    if mode == "loop":
        return phase % 1.0, False
    back = phase % 2.0
    return (back if back <= 1 else 2 - back), False


@dataclass(frozen=True)
class Sweep:
    """The way of a parameter from one value to another, which may be the smaller one.

    Even on a log scale where the parameter has one; the values are round enough to be read.
    """

    field: Field
    start: float
    end: float

    @property
    def _log(self) -> bool:
        span = self.field.span
        return span is not None and span.log and span.low > 0

    def value(self, share: float) -> float | int:
        """The value at a share of the way, 0 to 1; the ends are exact."""
        if share <= 0:
            return self._typed(self.start)
        if share >= 1:
            return self._typed(self.end)
        if self._log:
            step = abs(math.log(self.end / self.start)) / 1000
            digits = max(3, 1 - math.floor(math.log10(step)))
            value = self.start * (self.end / self.start) ** share
            return self._typed(float(f"{value:.{digits - 1}e}"))
        low, high = sorted((self.start, self.end))
        scale = Scale(Span(low, high), self.field.kind == "int")
        place = scale.last * (share if self.start < self.end else 1 - share)
        return scale.value(round(place))

    def share(self, value: float) -> float:
        """The share of the way at which a value lies; that of the nearer end beyond them."""
        low, high = sorted((self.start, self.end))
        value = min(max(value, low), high)
        if self._log:
            return math.log(value / self.start) / math.log(self.end / self.start)
        return (value - self.start) / (self.end - self.start)

    def _typed(self, value: float) -> float | int:
        return round(value) if self.field.kind == "int" else float(value)


class Animator(QObject):
    """Plays one slider of a panel at a time.

    Signals:
        changed: what is played, or how, is different now.

    Attributes:
        name: the parameter that is chosen, or nothing.
        shown: whether there is something to play, pause or stop on screen.
        playing: whether it moves.
        seconds: for one way over the range.
        mode: what comes at its end.
    """

    changed = Signal()

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self.panel = panel
        self.name = ""
        self.shown = False
        self.playing = False
        self.seconds: float = 5
        self.mode: Mode = "bounce"
        self._ends: dict[str, tuple[float, float]] = {}
        self._phase = 0.0
        self._at = 0.0
        self._hold = Hold(panel)
        self._hold.broken.connect(self._on_broken)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._step)
        panel.picture_shown.connect(self._on_picture)
        panel.menu_providers.append(self._offer)
        for text, slot, keys, tip in (
            ("Animate…", self.open, "Ctrl+Shift+A", "Let a parameter move by itself"),
            ("Stop animation", self.stop, "Ctrl+.", "Escape stops it too"),
        ):
            add_action(panel, text, slot, keys, tip, menu=panel.toolbar.tools)

    # -- what and how -----------------------------------------------------------------------

    def names(self) -> list[str]:
        """The parameters that can be played now: those whose slider can be moved."""
        controls = [self.panel.controls.control(f.name) for f in self.panel.controls.fields]
        return [c.field.name for c in controls if c.slider is not None and c.slider.isEnabled()]

    def sweep(self, name: str) -> Sweep:
        """The way of a parameter: between the ends that were set, else over its range."""
        field = self.panel.controls.control(name).field
        assert field.span is not None
        return Sweep(field, *self._ends.get(name, (field.span.low, field.span.high)))

    def set_ends(self, name: str, start: float, end: float) -> None:
        """Set the values between which a parameter is played."""
        if start == end:
            self.panel.message.warn("Both ends are the same value; choose another one for one end.")
        else:
            self._ends[name] = (start, end)
            self._place()
        self.changed.emit()

    def forget_ends(self, name: str) -> None:
        """Play a parameter over its whole range again."""
        self._ends.pop(name, None)
        self._place()
        self.changed.emit()

    def set_seconds(self, seconds: float) -> None:
        """Set how long one way takes; it goes on from where it is."""
        self._advance()
        self.seconds = seconds
        self.changed.emit()

    def set_mode(self, mode: Mode) -> None:
        """Set what comes at the end; it goes on from where it is."""
        self.mode = mode
        self._place()
        self.changed.emit()

    def choose(self, name: str) -> None:
        """Take another parameter, which does not play yet."""
        if name != self.name:
            self.pause()
            self.name = name
            self.changed.emit()

    # -- play -------------------------------------------------------------------------------

    def open(self) -> None:
        """Show what there is to play."""
        names = self.names()
        if not names:
            self.panel.message.warn("No slider can be moved here; unlock one, then animate it.")
            return
        self.name = self.name if self.name in names else names[0]
        self.shown = True
        self.changed.emit()

    def play(self, name: str = "") -> None:
        """Let a parameter move, from its present value onwards."""
        self.choose(name or self.name)
        if self.playing:
            return
        if self.name not in self.names():
            self.panel.message.warn("This slider cannot be moved now; choose another one.")
            return
        self.shown = self.playing = True
        self.changed.emit()
        self._hold.take(self.name)
        self._place()
        self._step()

    def pause(self) -> None:
        """Let it stand where it is, with a full run; it can be played on."""
        if self.playing:
            self.playing = False
            self._timer.stop()
            self._hold.let_go()
            self.changed.emit()

    def stop(self) -> None:
        """Let it stand where it is, with a full run, and put it away."""
        self.pause()
        if self.shown:
            self.shown = False
            self.changed.emit()

    def _on_broken(self, reason: str) -> None:
        self.stop()
        if reason:
            self.panel.message.warn(f"The animation stopped: {reason}")

    def _place(self) -> None:
        """Go on from where the slider is."""
        if not self.playing:
            return
        self._at = time.perf_counter()
        self._phase = self.sweep(self.name).share(self.panel.controls.control(self.name).value)
        if self.mode == "once" and self._phase >= 1:
            self._phase = 0.0

    def _advance(self) -> None:
        now = time.perf_counter()
        self._phase += (now - self._at) / self.seconds
        self._at = now

    def _step(self) -> None:
        """Go to where the clock is; the next step waits for this one's picture."""
        self._advance()
        share, over = along(self._phase, self.mode)
        differs = self._hold.move(self.sweep(self.name).value(share))
        if over:
            self.stop()
        elif self.playing:
            self._timer.start(PATIENCE if differs else GAP)

    def _on_picture(self, seconds: float) -> None:
        if self.playing:
            self._timer.start(max(0, GAP - round(1000 * seconds)))

    # -- menu -------------------------------------------------------------------------------

    def _offer(self, _panel: Panel, name: str, menu: QMenu) -> None:
        """What a slider's menu holds of it."""
        control = self.panel.controls.control(name)
        if control.slider is None:
            return
        playing = self.playing and self.name == name
        if playing:
            menu.addAction("Stop animation", self.stop)
        else:
            play = menu.addAction("Animate", lambda: self.play(name))
            play.setEnabled(control.slider.isEnabled())
        speed = menu.addMenu("Speed")
        group = QActionGroup(speed)
        for seconds in SPEEDS:
            action = speed.addAction(f"{seconds} s a sweep", partial(self.set_seconds, seconds))
            action.setCheckable(True)
            action.setChecked(seconds == self.seconds)
            group.addAction(action)
        mode = menu.addMenu("At the end")
        group = QActionGroup(mode)
        for word, text in zip(MODES, ("Stop", "Start again", "Turn round"), strict=True):
            action = mode.addAction(text, partial(self.set_mode, word))
            action.setCheckable(True)
            action.setChecked(word == self.mode)
            group.addAction(action)
        sweep, value = self.sweep(name), control.value
        menu.addAction("Animate from this value", lambda: self.set_ends(name, value, sweep.end))
        menu.addAction("Animate up to this value", lambda: self.set_ends(name, sweep.start, value))
        whole = menu.addAction("Animate the whole range", lambda: self.forget_ends(name))
        whole.setEnabled(name in self._ends)
