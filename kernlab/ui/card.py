"""What the cards of a panel have in common: a quiet frame, a header, stale and highlight."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from kernlab.ui.header import Header, IconButton
from kernlab.ui.items import Palette

RADIUS = 8
BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
RETURNS = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
HIGHLIGHT = 1600
"""Milliseconds for which a highlighted card keeps its outline."""


class Card(QFrame):
    """A titled card that paints its own frame: a style sheet for each card would cost more.

    Signals:
        enlarge_requested(key): the user wants this card alone, or all of them again.
    """

    enlarge_requested = Signal(str)

    def __init__(self, key: str, title: str, roles: Mapping[str, str]) -> None:
        super().__init__()
        self.key = key
        self.colors = Palette(roles)
        self._highlighted = False
        self._focused = self._by_keyboard = False
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(HIGHLIGHT)
        self._calm.timeout.connect(lambda: self.highlight(False))
        self.header = Header(title, self.colors)
        self.buttons: list[IconButton] = []
        self._corner = QWidget(self)
        self._corner_row = QHBoxLayout(self._corner)
        self._corner_row.setContentsMargins(0, 0, 0, 0)
        self._corner_row.setSpacing(2)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 7, 8, 6)
        self.column.setSpacing(2)
        self.column.addWidget(self.header)
        self.setAccessibleName(title)

    def add_button(self, button: IconButton) -> None:
        """Put a button at the right of the header."""
        self.buttons.append(button)
        self._corner_row.addWidget(button)
        self._corner.adjustSize()
        self.header.reserved = self._corner.width() + 4
        self._place_corner()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_corner()

    def _place_corner(self) -> None:
        self._corner.move(self.width() - self._corner.width() - 8, 7)
        self._corner.raise_()

    def set_roles(self, roles: Mapping[str, str]) -> None:
        """Repaint in the colours of another theme."""
        self.colors = Palette(roles)
        self.header.set_palette(self.colors)
        for button in self.buttons:
            button.colors = self.colors
        self.update()

    def highlight(self, on: bool) -> None:
        """Outline the card for a moment."""
        if on:
            self._calm.start()
        if on != self._highlighted:
            self._highlighted = on
            self.update()

    def outline_with(self, widget: QWidget) -> None:
        """Outline the card while a widget in it has the focus that the keyboard gave it."""
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent):
            if event.gotFocus() and event.reason() not in RETURNS:
                self._by_keyboard = event.reason() in BY_KEYBOARD
            focused = event.gotFocus() and self._by_keyboard
            if focused != self._focused:
                self._focused = focused
                self.update()
        return False

    def copy_image(self) -> None:
        """Put a picture of the card on the clipboard."""
        QGuiApplication.clipboard().setPixmap(self.grab())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ringed = self._highlighted or self._focused
        width, role = (2.0, "accent") if ringed else (1.0, "line")
        painter.setPen(QPen(self.colors.color(role), width))
        painter.setBrush(self.colors.color("surface"))
        inset = width / 2
        place = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(place, RADIUS, RADIUS)
