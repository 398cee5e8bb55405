"""Painted buttons that are on or off, and a row of widgets that breaks where it must."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QGridLayout, QSizePolicy, QWidget


class Switch(QAbstractButton):
    """On or off, as a knob in a track."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(38, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role, colors = QPalette.ColorRole, self.palette()
        track = QRectF(3, 3, self.width() - 6, self.height() - 6)
        on = self.isChecked()
        edge = colors.color(role.Highlight if on else role.PlaceholderText)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(colors.color(role.Highlight if on else role.Base))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        radius = track.height() / 2
        x = track.right() - radius if on else track.left() + radius
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color(role.HighlightedText) if on else edge)
        painter.drawEllipse(QPointF(x, track.center().y()), radius - 3.5, radius - 3.5)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colors.color(role.Highlight), 1.5))
            ring = track.adjusted(-2, -2, 2, 2)
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)


class SideToggle(QAbstractButton):
    """A small picture of a window with its right column: filled while the column is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFixedSize(28, 28)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role, colors = QPalette.ColorRole, self.palette()
        lit = self.hasFocus() or self.underMouse()
        ink = colors.color(role.Highlight if lit else role.PlaceholderText)
        if self.hasFocus():
            painter.setPen(QPen(ink, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        painter.setPen(QPen(ink, 1.4))
        painter.drawRoundedRect(QRectF(5.5, 7, 17, 14), 2.5, 2.5)
        column = QRectF(16, 7, 6.5, 14)
        if self.isChecked():
            painter.fillRect(column, ink)
        else:
            painter.drawLine(column.topLeft(), column.bottomLeft())


class ArrowButton(QAbstractButton):
    """An action as a round arrow: back for *Undo*, onwards for any other."""

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.action = action
        self.setFixedSize(24, 28)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(action.text())
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        self.setToolTip(f"{action.text()} ({keys})")
        self.clicked.connect(lambda _=False: action.trigger())
        action.enabledChanged.connect(self.setEnabled)
        self.setEnabled(action.isEnabled())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role, colors = QPalette.ColorRole, self.palette()
        lit = self.hasFocus() or self.underMouse()
        if self.hasFocus():
            painter.setPen(QPen(colors.color(role.Highlight), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        ink = QColor(colors.color(role.Highlight if lit else role.WindowText))
        ink.setAlphaF(1.0 if self.isEnabled() else 0.3)
        painter.setPen(QPen(ink, 1.6))
        painter.translate(self.width() / 2, self.height() / 2)
        if self.action.text() != "Undo":
            painter.scale(-1, 1)
        painter.drawArc(QRectF(-6, -5, 12, 11), -90 * 16, 200 * 16)
        painter.drawPolyline([QPointF(-2, -9), QPointF(-6, -4), QPointF(-1, -1.5)])


class CheckBox(QCheckBox):
    """A check box in the colours of the palette; a stylesheet alone cannot draw its tick."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(22 + self.fontMetrics().horizontalAdvance(self.text()) + 2, 24)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role, colors = QPalette.ColorRole, self.palette()
        box = QRectF(1.5, self.height() / 2 - 7, 14, 14)
        accent = colors.color(role.Highlight)
        plain = accent if self.underMouse() else colors.color(role.PlaceholderText)
        painter.setPen(QPen(accent if self.isChecked() else plain, 1.2))
        painter.setBrush(accent if self.isChecked() else colors.color(role.Base))
        painter.drawRoundedRect(box, 3.5, 3.5)
        if self.isChecked():
            painter.setPen(QPen(colors.color(role.HighlightedText), 1.8, c=Qt.PenCapStyle.RoundCap))
            corner = [QPointF(3.5, 7.2), QPointF(6, 9.8), QPointF(10.6, 4.4)]
            painter.drawPolyline([box.topLeft() + point for point in corner])
        painter.setPen(colors.color(role.WindowText))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(self.rect().adjusted(22, 0, 0, 0), flags, self.text())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(accent, 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 2.5, -0.5, -2.5), 4, 4)


class TwoColumns(QWidget):
    """Widgets in two columns where they fit, else in one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widgets: list[QWidget] = []
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(0)

    def set_widgets(self, widgets: Sequence[QWidget]) -> None:
        """Show these, row by row; others that stood here are the caller's to hide."""
        if list(widgets) != self._widgets:
            for widget in self._widgets:
                self._grid.removeWidget(widget)
            self._widgets, self._columns = list(widgets), 0
            self._arrange()

    def _needed(self, columns: int) -> int:
        widths = [widget.sizeHint().width() for widget in self._widgets]
        gaps = (columns - 1) * self._grid.horizontalSpacing()
        return sum(max(widths[at::columns], default=0) for at in range(columns)) + gaps

    def _arrange(self) -> None:
        columns = 2 if self._needed(2) <= self.width() else 1
        if columns != self._columns:
            self._columns = columns
            self._grid.setColumnStretch(0, 1)
            self._grid.setColumnStretch(1, columns - 1)
            for at, widget in enumerate(self._widgets):
                self._grid.addWidget(widget, at // columns, at % columns)
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._needed(1), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)
