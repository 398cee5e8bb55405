"""What lies over the whole window for a moment: a veil, and a card in it that has the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QMainWindow, QVBoxLayout, QWidget
from shiboken6 import isValid

from kernlab.ui import focus

VEIL = {"light": 0.25, "dark": 0.55}
"""Opacity of the veil over what has to wait, by theme."""
EDGE = 16
"""Pixels between the card and the edges of the window."""


class Overlay(QWidget):
    """A card over the window; Escape or a click beside it closes it and gives the focus back.

    While it is open the window's shortcuts rest and Tab stays inside.

    Attributes:
        card: the frame to be filled.
    """

    def __init__(self, window: QMainWindow, name: str) -> None:
        super().__init__(window)
        self.window_below = window
        self._before: QWidget | None = None
        self.card = QFrame(self, objectName="overlay")
        self.card.setAccessibleName(name)
        self.column = QVBoxLayout(self.card)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.hide()
        window.installEventFilter(self)

    def open(self) -> None:
        """Show it above everything; its first widget gets the focus."""
        if self.isHidden():
            self._before = self.window_below.focusWidget()
        self.setGeometry(self.window_below.rect())
        self.place()
        self.show()
        self.raise_()

    def close_card(self) -> None:
        """Hide it and give the focus back to where it was."""
        if self.isHidden():
            return
        before, self._before = self._before, None
        self.hide()
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.ActiveWindowFocusReason)
        else:
            self.window_below.setFocus(Qt.FocusReason.OtherFocusReason)

    def place(self) -> None:
        """Put the card where it belongs; called whenever the window changes its size."""
        raise NotImplementedError

    # -- events -----------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self.setGeometry(self.window_below.rect())
            self.place()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        return focus.move(self.card, forward=next)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_card()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.card.geometry().contains(event.position().toPoint()):
            self.close_card()
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        ground = self.palette().color(QPalette.ColorRole.Window)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        dark = ground.lightness() < text.lightness()
        veil = QColor(ground if dark else text)
        veil.setAlphaF(VEIL["dark" if dark else "light"])
        QPainter(self).fillRect(event.rect(), veil)
