"""The control of a text, such as a formula: what is typed is never lost, allowed or not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from kernlab.engine.contract.parameters import Field, parse
from kernlab.ui.control import Control
from kernlab.ui.theme import tag

PAUSE = 600
"""Milliseconds without a key press after which a text is taken over, or said to be wrong."""


class TextEditor(QLineEdit):
    """A line of text that is taken over by Enter, by leaving, and after a pause.

    A text that is not allowed stays, marked, until it is put right; Escape brings the last good
    one back.

    Signals:
        typed(text): a new text that the field allows.
        refused(reason): the text is not allowed; an empty reason takes it back.
    """

    typed = Signal(object)
    refused = Signal(str)

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.shown = ""
        self.setAcceptDrops(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if field.text and field.text.example:
            self.setPlaceholderText(f"such as {field.text.example}")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._take)
        self.textEdited.connect(self._on_edited)
        self.returnPressed.connect(self._commit)

    @property
    def pending(self) -> bool:
        """Whether there is a text that has not been taken over."""
        return self.isModified()

    def show_text(self, text: str) -> None:
        """Show the value in force; whatever was being typed is dropped."""
        self._accept(text)
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)

    def restore(self) -> None:
        """Show the last good text again."""
        self.show_text(self.shown)
        self.refused.emit("")

    def _accept(self, text: str) -> None:
        self.shown = text
        self._pause.stop()
        self.setModified(False)
        tag(self, invalid=False)

    def _on_edited(self) -> None:
        if self.property("invalid"):
            self._read()
        self._pause.start()

    def _read(self) -> str | None:
        """The text as the field takes it; None, and the reason told, where it does not."""
        text: str | None = None
        reason = ""
        try:
            text = parse(self.field, self.text())
        except ValueError as error:
            reason = str(error)
        tag(self, invalid=bool(reason))
        self.refused.emit(reason)
        return text

    def _take(self) -> None:
        """Take the text over if it is allowed, and leave it as it was typed."""
        self._pause.stop()
        text = self._read() if self.isModified() else None
        if text is not None:
            self._accept(text)
            self.typed.emit(text)

    def _commit(self) -> None:
        """Take the text over for good: what is around it goes."""
        self._take()
        if not self.isModified():
            self.show_text(self.shown)

    def event(self, event: QEvent) -> bool:
        # Unless a text is being edited, undo is for the parameters and not for the text.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            undoes = event.matches(QKeySequence.StandardKey.Undo)
            if not self.isModified() and (undoes or event.matches(QKeySequence.StandardKey.Redo)):
                event.ignore()
                return False
            if self.isModified() and event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.isModified():
            self.restore()
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        away = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if event.reason() not in away:
            self._commit()


class TextControl(Control):
    """A text in one line, below its name."""

    editor: TextEditor

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.editor = TextEditor(field)
        self.editor.typed.connect(self._take)
        self.editor.refused.connect(self.refuse)
        self.rows.addWidget(self.editor)
        self._finish()

    def set_value(self, value: object) -> bool:
        """As for every control; the value that is in force already leaves what is typed alone."""
        if self.editor.pending and value == self._value:
            return False
        return super().set_value(value)

    def reset(self) -> None:
        if not self.locked:
            self.editor.restore()
        super().reset()

    def set_locked(self, locked: bool) -> None:
        if locked and self.editor.pending:
            self.editor.restore()
        super().set_locked(locked)

    def _show(self) -> None:
        if self._value != self.editor.shown or self.editor.text().strip() != self._value:
            self.editor.show_text(self._value)
        self.editor.setToolTip(f"{self._value}\n{self.toolTip()}")
