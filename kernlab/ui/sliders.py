"""Painted widgets: the slider with its scale and marks, the switch, the check box.

They read the palette only, so a new theme repaints them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QSlider, QToolTip, QWidget

from kernlab.engine.contract.parameters import Span

POSITIONS = 1000
"""Places of a slider where the range has no fewer values."""
PER_DECADE = 20
"""Arrow key presses for a factor of ten on a log scale."""
NOTCH = 120
"""What Qt reports for one notch of a wheel."""


@dataclass(frozen=True)
class Scale:
    """The places of a slider over a declared range, and the values at them."""

    span: Span
    integer: bool

    @property
    def log(self) -> bool:
        return self.span.log and self.span.low > 0

    @property
    def last(self) -> int:
        """The last place; the first one is 0."""
        width = self.span.high - self.span.low
        return min(int(width), POSITIONS) if self.integer and not self.log else POSITIONS

    def value(self, place: int) -> float | int:
        """The value at a place: round enough to be read, the ends exact."""
        if place <= 0:
            return self._typed(self.span.low)
        if place >= self.last:
            return self._typed(self.span.high)
        low, high, share = self.span.low, self.span.high, place / self.last
        if self.log:
            return self._typed(_significant(low * (high / low) ** share, 3))
        spacing = (high - low) / self.last
        digits = -math.floor(math.log10(spacing)) if spacing < 1 else 0
        return self._typed(round(low + share * (high - low), digits))

    def place(self, value: float) -> int:
        """The place nearest to a value, which may lie outside the range."""
        low, high = self.span.low, self.span.high
        if self.last == 0 or value <= low:
            return 0
        if value >= high:
            return self.last
        share = math.log(value / low, high / low) if self.log else (value - low) / (high - low)
        return round(share * self.last)

    def moved(self, value: float, steps: float) -> float | int:
        """The value some steps further, not past an end; whole numbers move by one at least."""
        if self.log and self.span.step is None:
            target = _significant(value * 10 ** (steps / PER_DECADE), 3)
        else:
            target = _significant(value + steps * self._step, 12)
        if self.integer and abs(target - value) < 1:
            target = value + math.copysign(1, steps)
        return self._typed(target)

    @property
    def _step(self) -> float:
        if self.span.step is not None:
            return self.span.step
        step = 10.0 ** math.floor(math.log10((self.span.high - self.span.low) / 100))
        return max(1.0, step) if self.integer else step

    def _typed(self, value: float) -> float | int:
        value = min(max(value, self.span.low), self.span.high)
        return round(value) if self.integer else float(value)


def _significant(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


def key_factor(modifiers: Qt.KeyboardModifier) -> float:
    """What Shift and Ctrl do to a step."""
    factor = 10.0 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1.0
    return factor / 10 if modifiers & Qt.KeyboardModifier.ControlModifier else factor


@dataclass(frozen=True)
class SliderMark:
    """A value worth a tick on the slider, and what the tick means."""

    value: float
    text: str


class Slider(QSlider):
    """A thin groove and a round handle over a :class:`Scale`.

    A press in the groove takes the handle there. Arrow keys and the wheel ask for steps instead
    of moving, because only the owner knows the exact value; the wheel does so only with the
    focus, so that scrolling a column of sliders changes none.

    Signals:
        stepped(steps): an arrow key or the wheel asks for so many steps.
        reset: a double-click or Delete asks for the default.
    """

    stepped = Signal(float)
    reset = Signal()

    RADIUS = 7.0

    def __init__(self, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.scale = scale
        self.marks: tuple[SliderMark, ...] = ()
        self._grip = 0.0
        self._turn = 0.0
        self.setRange(0, scale.last)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_marks(self, marks: Sequence[SliderMark]) -> None:
        """Replace the ticks."""
        if tuple(marks) != self.marks:
            self.marks = tuple(marks)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 20)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 20)

    # -- places on screen -------------------------------------------------------------------

    def x_of(self, place: int) -> float:
        """Where a place is, in pixels."""
        inset = self.RADIUS + 2
        share = place / self.maximum() if self.maximum() else 0.0
        return inset + share * (self.width() - 2 * inset)

    def _place_at(self, x: float) -> int:
        inset = self.RADIUS + 2
        share = (x - inset) / max(1.0, self.width() - 2 * inset)
        return round(min(max(share, 0.0), 1.0) * self.maximum())

    def _mark_at(self, x: float) -> SliderMark | None:
        near = [mark for mark in self.marks if abs(self.x_of(self.scale.place(mark.value)) - x) < 6]
        return near[-1] if near else None

    # -- input ------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        offset = event.position().x() - self.x_of(self.value())
        on_handle = abs(offset) <= self.RADIUS + 1
        self._grip = offset if on_handle else 0.0
        self.setSliderDown(True)
        if not on_handle:
            self.setValue(self._place_at(event.position().x()))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setValue(self._place_at(event.position().x() - self._grip))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key
        directions = {
            key.Key_Right: 1.0, key.Key_Up: 1.0, key.Key_PageUp: 10.0,
            key.Key_Left: -1.0, key.Key_Down: -1.0, key.Key_PageDown: -10.0,
        }  # fmt: skip
        if event.key() in directions:
            pressed = Qt.Key(event.key())
            self.stepped.emit(directions[pressed] * key_factor(event.modifiers()))
        elif event.key() in (key.Key_Home, key.Key_End):
            self.setValue(0 if event.key() == key.Key_Home else self.maximum())
        elif event.key() in (key.Key_Delete, key.Key_Backspace):
            self.reset.emit()
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()
            return
        # Some platforms turn the wheel sideways while a modifier is held.
        self._turn += (event.angleDelta().y() or event.angleDelta().x()) / NOTCH
        whole = int(self._turn)
        self._turn -= whole
        if whole:
            self.stepped.emit(whole * key_factor(event.modifiers()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            mark = self._mark_at(event.pos().x())
            if mark is not None:
                QToolTip.showText(event.globalPos(), mark.text, self)
                return True
        return super().event(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    # -- painting ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle, x = self.height() / 2, self.x_of(self.value())
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        groove = QRectF(2, middle - 2, self.width() - 4, 4)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRoundedRect(groove, 2, 2)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(2, middle - 2, x - 2, 4), 2, 2)
        self._paint_marks(painter, middle)
        self._paint_handle(painter, QPointF(x, middle), accent)

    def _paint_marks(self, painter: QPainter, middle: float) -> None:
        painter.setBrush(self.palette().color(QPalette.ColorRole.BrightText))
        for mark in self.marks:
            x = self.x_of(self.scale.place(mark.value))
            painter.drawRoundedRect(QRectF(x - 1, middle - 10, 2, 20), 1, 1)

    def _paint_handle(self, painter: QPainter, at: QPointF, accent: QColor) -> None:
        if self.isEnabled() and (self.hasFocus() or self.underMouse() or self.isSliderDown()):
            halo = QColor(accent)
            halo.setAlphaF(0.32 if self.hasFocus() else 0.16)
            painter.setBrush(halo)
            if self.hasFocus():
                painter.setPen(QPen(accent, 1.5))
            painter.drawEllipse(at, self.RADIUS + 1.25, self.RADIUS + 1.25)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        painter.setPen(QPen(accent, 2))
        painter.drawEllipse(at, self.RADIUS - 1, self.RADIUS - 1)
