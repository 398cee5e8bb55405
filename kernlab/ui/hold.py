"""A slider that is moved for the user, as if it were dragged, until something lets it go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

from kernlab.ui.numeric import NumberControl

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

_touches = {QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick, QEvent.Type.KeyPress}
_passing = {Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Menu, Qt.Key.Key_F10}
_modifiers = {Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta}


class Hold(QObject):
    """Holds one slider of a panel.

    Signals:
        broken(reason): the user or the run put an end to it: a sentence, or nothing where the
            user knows. Whoever holds it then lets it go.

    Args:
        alone: a change of any other parameter ends it too.
    """

    broken = Signal(str)

    def __init__(self, panel: Panel, *, alone: bool = False) -> None:
        super().__init__(panel)
        self.panel = panel
        self.control: NumberControl | None = None
        self._alone = alone
        self._before: Any = None
        self._own = False
        panel.controls.changed.connect(self._on_changed)
        panel.failed.connect(lambda _: self._break(""))
        panel.cancelled.connect(lambda: self._break(""))

    def take(self, name: str) -> NumberControl:
        """Take a parameter's slider."""
        control = self.panel.controls.control(name)
        assert isinstance(control, NumberControl) and control.slider is not None
        self.control, self._before = control, control.value
        for watched in self._watched(control):
            watched.installEventFilter(self)
        return control

    def move(self, value: float | int) -> bool:
        """Set a value as a drag does; says whether it was another one.

        A value that does not go with the others is taken back, and ends it.
        """
        assert self.control is not None
        before, serial = self.control.value, self.panel.serial
        self._own = True
        differs = self.control.glide(value)
        if differs and self.panel.serial == serial:
            reason = self.panel.message.text.text()
            self.control.glide(before)
            self._own = False
            self._break(reason)
            return False
        self._own = False
        return differs

    def let_go(self, *, back: bool = False) -> None:
        """Let the slider go, which a full run follows; `back` to the value that it had."""
        if self.control is None:
            return
        control, self.control = self.control, None
        for watched in self._watched(control):
            watched.removeEventFilter(self)
        if back:
            control.set_value(self._before)
        control.let_go()

    def _watched(self, control: NumberControl) -> list[QObject]:
        assert control.slider is not None
        return [control.slider, control.editor, self.panel, self.panel.window()]

    def _break(self, reason: str) -> None:
        if self.control is not None:
            self.broken.emit(reason)

    def _on_changed(self, name: str, moving: bool) -> None:
        if self.control is None or self._own:
            return
        if self._alone or name in ("", self.control.field.name):
            if name in ("", self.control.field.name):
                self._before = self.control.value
            self._break("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.control is None:
            return False
        if watched is self.panel:
            if event.type() == QEvent.Type.Hide and not event.spontaneous():
                self._break("")
        elif watched in (self.control.slider, self.control.editor):
            if _is_touch(event):
                self._break("")
        elif _is_escape(event):
            event.accept()  # as an override, so that it comes as a key
            if event.type() == QEvent.Type.KeyPress:
                self._break("")
            return True
        return False


def _is_touch(event: QEvent) -> bool:
    if event.type() not in _touches:
        return False
    if isinstance(event, QMouseEvent):
        return event.button() == Qt.MouseButton.LeftButton
    return isinstance(event, QKeyEvent) and event.key() not in _passing | _modifiers


def _is_escape(event: QEvent) -> bool:
    kinds = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
    return (
        event.type() in kinds and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
    )
