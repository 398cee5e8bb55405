"""Lines of mathematics, typeset in the export process and painted in the colours of the theme."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future

from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from kernlab.engine.contract.formula import readable
from kernlab.export.bundle import ExportError
from kernlab.export.process import ExportProcess
from kernlab.export.typeset import CLOSE, CUBIC, EM, LINE, MOVE, QUADRATIC, Outline

KEPT = 500
"""Lines that are kept typeset."""
LOOK = 20
"""Milliseconds between two looks whether a line has come."""
SIZE = 1.12
"""Size of the mathematics in sizes of the text: its letters are smaller."""
FADED = 0.45
"""Opacity of numbers that belong to earlier values."""


class Typesetter(QObject):
    """Asks the export process for outlines, each once; nothing here waits for them.

    Signals:
        came(latex): the outline of a line is there, or will never be.
    """

    came = Signal(str)

    def __init__(self, exports: ExportProcess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exports = exports
        self._known: OrderedDict[str, Outline] = OrderedDict()
        self._refused: set[str] = set()
        self._waiting: dict[str, Future[Outline]] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK)
        self._timer.timeout.connect(self._look)

    def outline(self, latex: str) -> Outline | None:
        """The outline of a line, where it is there; otherwise it is asked for."""
        found = self._known.get(latex)
        if found is not None:
            self._known.move_to_end(latex)
        elif latex not in self._waiting and latex not in self._refused:
            self._waiting[latex] = self._exports.typeset(latex)
            self._timer.start()
        return found

    def waits_for(self, latex: str) -> bool:
        """Whether a line has been asked for and has not come yet."""
        return latex in self._waiting

    def _look(self) -> None:
        """Take one line, so that no look takes long."""
        done = next((latex for latex, future in self._waiting.items() if future.done()), None)
        if done is not None:
            future = self._waiting.pop(done)
            if future.cancelled() or future.exception() is not None:
                self._refused.add(done)  # its plain text stays
            else:
                self._known[done] = future.result()
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
            self.came.emit(done)
        if not self._waiting:
            self._timer.stop()


def path_of(outline: Outline) -> QPainterPath:
    """An outline as a path with y downwards and the top left corner of its box at 0."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    spots = [QPointF(x, outline.height - y) for x, y in outline.points.tolist()]
    codes, at = outline.codes.tolist(), 0
    while at < len(codes):
        code = codes[at]
        if code == MOVE:
            path.moveTo(spots[at])
        elif code == LINE:
            path.lineTo(spots[at])
        elif code == QUADRATIC:
            path.quadTo(spots[at], spots[at + 1])
            at += 1
        elif code == CUBIC:
            path.cubicTo(spots[at], spots[at + 1], spots[at + 2])
            at += 2
        elif code == CLOSE:
            path.closeSubpath()
        else:
            raise ExportError(f"an outline holds the code {code}")
        at += 1
    return path


class MathLine(QLabel):
    """A line of mathematics: plain text until its outline is there. Too wide, it shrinks."""

    def __init__(self, latex: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.latex = latex
        self.faded = False
        self._outline: Outline | None = None
        self._path = QPainterPath()
        self._picture: QPixmap | None = None
        plain = readable(latex)
        self.setText(plain)
        self.setAccessibleName(plain)

    @property
    def typeset(self) -> bool:
        """Whether it is typeset yet."""
        return self._outline is not None

    def show_outline(self, outline: Outline) -> None:
        """Paint this instead of the plain text."""
        self._outline, self._path, self._picture = outline, path_of(outline), None
        self.updateGeometry()
        self.update()

    def set_faded(self, faded: bool) -> None:
        """Dim it while it belongs to earlier values."""
        if faded != self.faded:
            self.faded = faded
            self._picture = None
            self.update()

    def _scale(self, outline: Outline, width: int) -> float:
        natural = SIZE * self.fontInfo().pixelSize() / EM
        return min(natural, max(1, width - 2) / max(outline.width, 1.0))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if self._outline is None:
            return super().heightForWidth(width)
        box = self._outline.height + self._outline.depth
        return round(box * self._scale(self._outline, width)) + 2

    def sizeHint(self) -> QSize:
        if self._outline is None:
            return super().sizeHint()
        width = round(self._outline.width * SIZE * self.fontInfo().pixelSize() / EM) + 2
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 0) if self._outline is not None else super().minimumSizeHint()

    def changeEvent(self, event: QEvent) -> None:
        self._picture = None  # the colours, the font or the style may be others now
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._outline is None:
            super().paintEvent(event)
            return
        ratio, size = self.devicePixelRatioF(), self.size()
        if self._picture is None or self._picture.deviceIndependentSize().toSize() != size:
            self._picture = QPixmap(size * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            self._draw(self._picture, self._outline)
        QPainter(self).drawPixmap(0, 0, self._picture)

    def _draw(self, picture: QPixmap, outline: Outline) -> None:
        scale = self._scale(outline, self.width())
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(FADED if self.faded else 1.0)
        painter.translate(1, 1)
        painter.scale(scale, scale)
        painter.fillPath(self._path, self.palette().color(QPalette.ColorRole.WindowText))
        painter.end()
