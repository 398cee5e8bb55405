"""Widths that grow with the text."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from kernlab.ui.theme import FONT_SIZE


def text_scale(widget: QWidget) -> float:
    """How much larger than usual a widget's text is."""
    size = widget.font().pixelSize()
    return size / FONT_SIZE if size > 0 else 1.0


class TextWidth(QObject):
    """Keeps a widget at a fixed width, in proportion to its text.

    Args:
        widget: the widget.
        width: its width in pixels while the text has its usual size.
    """

    def __init__(self, widget: QWidget, width: int) -> None:
        super().__init__(widget)
        self._widget, self._width = widget, width
        widget.installEventFilter(self)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FontChange:
            self._fit()
        return False

    def _fit(self) -> None:
        self._widget.setFixedWidth(round(self._width * text_scale(self._widget)))
