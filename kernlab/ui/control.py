"""A control: one parameter with its label, its editor and its message."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kernlab.engine.contract.parameters import Field, check, parse
from kernlab.engine.contract.text import THIN_SPACE, number
from kernlab.ui.sliders import Slider
from kernlab.ui.theme import tag


def value_text(field: Field, value: float | int) -> str:
    """A number as its editor shows it: no more digits than it needs, six at most."""
    unit = f" {field.span.unit}" if field.span and field.span.unit else ""
    for digits in range(1, 7):
        text = number(value, digits)
        if _reads_back(field, text, value):
            return text + unit
    if field.kind == "int":
        return f"{value:,}".replace(",", THIN_SPACE) + unit
    return number(value, 4) + unit


def _reads_back(field: Field, text: str, value: float | int) -> bool:
    try:
        return bool(parse(field, text) == value)
    except ValueError:
        return False


def name_of(field: Field) -> str:
    """What a screen reader calls the control."""
    unit = f" ({field.span.unit})" if field.span and field.span.unit else ""
    return field.label + unit


class Control(QWidget):
    """One parameter: its header line, and whatever the kind puts below it.

    Signals:
        changed(moving): the user changed the value; `moving` while a slider is dragged.
        hovered(help): the pointer came, or, with an empty text, left.

    Attributes:
        editor: the widget that takes the value as it is.
        locked: whether the value stays whatever is asked for.
        slider: the slider, where there is one.
    """

    changed = Signal(bool)
    hovered = Signal(str)

    editor: QWidget
    slider: Slider | None = None

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.default = check(field, field.default)
        self._value = self.default
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(1)
        self.header = QHBoxLayout()
        self.header.setSpacing(4)
        self.rows.addLayout(self.header)
        self.label = QLabel(field.label, textFormat=Qt.TextFormat.PlainText)
        # Only long names may wrap: a wrapping label asks for less width than it could have.
        self.label.setWordWrap(len(field.label) > 18)
        self.header.addWidget(self.label)
        if field.symbol:
            symbol = QLabel(field.symbol, textFormat=Qt.TextFormat.PlainText)
            tag(symbol, muted=True)
            self.header.addWidget(symbol)
        self.header.addStretch(1)
        self.unlock = QPushButton("locked")
        self.unlock.setAccessibleName(f"Unlock {field.label}")
        self.unlock.setToolTip("Unlock this parameter")
        tag(self.unlock, link=True, muted=True)
        self.unlock.clicked.connect(lambda _=False: self.set_locked(False))
        self.unlock.hide()
        self.header.addWidget(self.unlock)
        self.locked = False
        self._interactive: tuple[QWidget, ...] = ()
        self.message = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        tag(self.message, message="fails")
        self.message.hide()
        self.setToolTip(self._tool_tip())

    def _tool_tip(self) -> str:
        lines = [self.field.help] if self.field.help else []
        span = self.field.span
        if span:
            lines.append(f"{number(span.low)} to {number(span.high)} {span.unit}".strip())
            lines.append(f"default {value_text(self.field, self.default)}: double-click")
        elif self.field.text:
            lines.append(self.field.allowed)
            lines.append(f"default {self.default}: double-click")
        return "\n".join(lines)

    def _finish(self, *interactive: QWidget) -> None:
        """To be called at the end of a kind's `__init__`."""
        self.rows.addWidget(self.message)
        self._interactive = interactive or (self.editor,)
        for widget in self._interactive:
            widget.setAccessibleName(widget.accessibleName() or name_of(self.field))
            widget.setAccessibleDescription(self.field.help)
        self.label.setBuddy(self.editor)
        self._show()

    # -- value ------------------------------------------------------------------------------

    @property
    def value(self) -> Any:
        """The last good value."""
        return self._value

    def set_value(self, value: Any) -> bool:
        """Take a value over without a signal; says whether it was another one.

        Raises:
            ValueError: the field does not allow it.
        """
        value = check(self.field, value)
        differs = bool(value != self._value)
        self._value = value
        self.refuse("")
        self._show()
        return differs

    def reset(self) -> None:
        """Back to the default, as a change by the user; a locked value stays."""
        if not self.locked:
            self._take(self.default)

    def set_locked(self, locked: bool) -> None:
        """Keep the value whatever the user, a preset or a reset asks for, or no longer."""
        self.locked = locked
        for widget in self._interactive:
            widget.setDisabled(locked)
        self.unlock.setVisible(locked)

    def _take(self, value: Any, moving: bool = False) -> None:
        if self.set_value(value):
            self.changed.emit(moving)

    def refuse(self, reason: str) -> None:
        """Say below the control why a value is not allowed; an empty reason takes it back."""
        if reason != self.message.text():
            self.message.setText(reason)
        self.message.setVisible(bool(reason))
        if reason:
            QTimer.singleShot(0, self, self._reveal)

    def _reveal(self) -> None:
        """Scroll so that the message is seen."""
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if above is not None:
            above.ensureWidgetVisible(self.message, 0, 8)

    def _show(self) -> None:
        """Make the widgets show the value."""
        raise NotImplementedError

    # -- events -----------------------------------------------------------------------------

    def enterEvent(self, event: QEnterEvent) -> None:
        self.hovered.emit(self.field.help)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")
        super().leaveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset()
