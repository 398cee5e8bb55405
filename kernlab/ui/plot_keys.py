"""What the keyboard does in a figure: pan, zoom, reset, scales, a read-out along curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from kernlab.engine.contract.drawing import DrawnLine, Range

if TYPE_CHECKING:
    from kernlab.ui.figure_card import FigureCard

PAN = 0.1
"""Share of the view by which an arrow key moves it."""
ZOOM = 1.25
STEP = 6.0
"""Pixels by which the read-out moves at least."""
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class Cursor(QWidget):
    """A ring around the place that is read out."""

    SIZE = 15

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.resize(self.SIZE, self.SIZE)
        self.hide()

    def show_at(self, at: QPointF) -> None:
        """Come to a place in the plot."""
        self.move(at.toPoint() - QPoint(self.SIZE // 2, self.SIZE // 2))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(self.SIZE / 2, self.SIZE / 2)
        for role, width in ((QPalette.ColorRole.Base, 4.0), (QPalette.ColorRole.Highlight, 2.0)):
            painter.setPen(QPen(self.palette().color(role), width))
            painter.drawEllipse(middle, 4.5, 4.5)


class PlotKeys(QObject):
    """The keys of one card's plot, while it has the focus."""

    def __init__(self, card: FigureCard) -> None:
        super().__init__(card)
        self.card = card
        self.plot = card.plot
        self.at: QPointF | None = None
        """The place that is read out, in pixels of the plot."""
        self._curve = 0
        self.cursor = Cursor(self.plot.viewport())
        card.outline_with(self.plot)
        self.plot.x_moved.connect(lambda *_: self._leave())
        self.plot.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._press(event)
        if kind == QEvent.Type.FocusOut:
            self._leave()
        return False

    def _press(self, event: QKeyEvent) -> bool:
        key, keys = Qt.Key(event.key()), Qt.Key
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control:
            return False
        if key in ARROWS:
            self._read(*ARROWS[key]) if shift else self._pan(*ARROWS[key])
        elif key in (keys.Key_Plus, keys.Key_Equal, keys.Key_Minus):
            self._zoom(ZOOM if key == keys.Key_Minus else 1 / ZOOM)
        elif key == keys.Key_Home:
            self.plot.reset_by_hand()
        elif key == keys.Key_L:
            (self.card.log_x if shift else self.card.log_y).trigger()
        elif key in (keys.Key_Return, keys.Key_Enter):
            self.card.enlarge_button.click()
        elif key == keys.Key_Space and self.at is not None:
            self.plot.click_at(self.at)
        else:
            return False
        return True

    # -- what is in view --------------------------------------------------------------------

    def _pan(self, across: int, up: int) -> None:
        x, y = self.plot.ranges
        self.plot.choose(_moved(x, across * PAN), _moved(y, up * PAN))

    def _zoom(self, factor: float) -> None:
        x, y = self.plot.ranges
        self.plot.choose(_zoomed(x, factor), _zoomed(y, factor))

    # -- the read-out -----------------------------------------------------------------------

    def _read(self, across: int, up: int) -> None:
        """Walk along a curve, or to the next one; freely where there is none."""
        to = self.plot.projection
        start = self.at or to.rect.center()
        curves = self._curves()
        if not curves:
            step = QPointF(2 * STEP * across, -2 * STEP * up)
            self._show(start + step)
            return
        self._curve = (self._curve + up) % len(curves)
        x, y = curves[self._curve]
        wanted = start.x() + (across * STEP)
        beyond = (x >= wanted) if across >= 0 else (x <= wanted)
        if across and not beyond.any():
            return
        gaps = np.where(beyond, np.abs(x - wanted), np.inf) if across else np.abs(x - wanted)
        nearest = int(np.argmin(gaps))
        self._show(QPointF(float(x[nearest]), float(y[nearest])))

    def _curves(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The visible points of every curve, in pixels."""
        drawing, to = self.plot.drawing, self.plot.projection
        made = []
        for item in drawing.items if drawing is not None else ():
            if isinstance(item, DrawnLine) and item.label:
                x, y = to.px(item.x), to.py(item.y)
                with np.errstate(invalid="ignore"):
                    inside = (x >= to.rect.left()) & (x <= to.rect.right())
                    inside &= (y >= to.rect.top()) & (y <= to.rect.bottom())
                if inside.any():
                    made.append((x[inside], y[inside]))
        return made

    def _show(self, at: QPointF) -> None:
        rect = self.plot.projection.rect
        self.at = QPointF(
            min(max(at.x(), rect.left()), rect.right() - 1e-6),
            min(max(at.y(), rect.top()), rect.bottom() - 1e-6),
        )
        self.cursor.show_at(self.at)
        self.plot.setAccessibleDescription(self.plot.read_at(self.at))

    def _leave(self) -> None:
        if self.at is not None:
            self.at = None
            self.cursor.hide()
            self.plot.read_at(None)


def _moved(view: Range, share: float) -> Range:
    by = share * (view[1] - view[0])
    return view[0] + by, view[1] + by


def _zoomed(view: Range, factor: float) -> Range:
    middle, half = (view[0] + view[1]) / 2, factor * (view[1] - view[0]) / 2
    return middle - half, middle + half
