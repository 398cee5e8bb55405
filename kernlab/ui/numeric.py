"""The control of a number: a text that is read with care, and a slider."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRandomGenerator, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QLineEdit, QPushButton, QSizePolicy, QWidget

from kernlab.engine.contract.parameters import Field, parse
from kernlab.engine.contract.text import THIN_SPACE
from kernlab.ui.control import Control, value_text
from kernlab.ui.sliders import Scale, Slider, SliderMark, key_factor
from kernlab.ui.theme import tabular_font, tag

PAUSE = 600
"""Milliseconds without a key press after which a text that is not allowed is said to be so."""
LARGEST_NEW_SEED = 9999
WIDEST = THIN_SPACE.join(("2", "000", "000", "000"))
"""The longest number that an editor has to show in full."""


class NumberEditor(QLineEdit):
    """A number as text, with its unit.

    A text that is not allowed stays while the editor has the focus; Escape or leaving brings
    the last good value back. The text is read only if it was edited, so that a value with more
    digits than shown is not cut by a mere visit.

    Signals:
        typed(value): a new value that the field allows.
        refused(reason): the text is not allowed; an empty reason takes it back.
        stepped(steps): an arrow key asks for so many steps.
    """

    typed = Signal(object)
    refused = Signal(str)
    stepped = Signal(float)

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.shown = ""
        self._fresh = False
        self.setAcceptDrops(False)
        self.setFont(tabular_font())
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._say)
        self.textEdited.connect(self._on_edited)
        self.returnPressed.connect(self._commit)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(WIDEST) + 18, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def show_text(self, text: str) -> None:
        """Show the value in force; whatever was being typed is dropped."""
        self.shown = text
        self._pause.stop()
        tag(self, invalid=False)
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)
        self.setModified(False)

    def _reason(self) -> str:
        try:
            parse(self.field, self.text())
        except ValueError as error:
            return str(error)
        return ""

    def _on_edited(self) -> None:
        if self.property("invalid"):
            self._say()
        else:
            self._pause.start()

    def _say(self) -> None:
        reason = self._reason()
        tag(self, invalid=bool(reason))
        self.refused.emit(reason)

    def _commit(self) -> None:
        self._pause.stop()
        if not self.isModified():
            return
        self._say()
        if not self.property("invalid"):
            self.typed.emit(parse(self.field, self.text()))

    def _restore(self) -> None:
        self.show_text(self.shown)
        self.refused.emit("")

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
        key = event.key()
        if key == Qt.Key.Key_Escape and self.isModified():
            self._restore()
            self.selectAll()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            direction = 1.0 if key == Qt.Key.Key_Up else -1.0
            self.stepped.emit(direction * key_factor(event.modifiers()))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._fresh = event.reason() == Qt.FocusReason.MouseFocusReason
        super().focusInEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        # The first click selects the whole number: thin spaces would cut it into words.
        if self._fresh and not self.hasSelectedText():
            self.selectAll()
        self._fresh = False

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        away = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if event.reason() in away:
            return
        if self.isModified():
            self._commit()
        if self.isModified():
            self._restore()


class NumberControl(Control):
    """A number: editor on the right, slider below where the field declares a range."""

    editor: NumberEditor

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.editor = NumberEditor(field)
        self.editor.typed.connect(self._take)
        self.editor.refused.connect(self.refuse)
        self.header.addWidget(self.editor)
        self.scale = Scale(field.span, field.kind == "int") if field.span else None
        self.editor.stepped.connect(self._step)
        self._dragged = False
        if self.scale and field.name != "seed":
            self.slider = self._new_slider(self.scale)
            self.rows.addWidget(self.slider)
            self._finish(self.editor, self.slider)
        elif field.name == "seed":
            self._finish(self.editor, self._new_button())
        else:
            self._finish()

    def _new_slider(self, scale: Scale) -> Slider:
        slider = Slider(scale)
        slider.valueChanged.connect(self._on_slid)
        slider.sliderReleased.connect(self._on_released)
        slider.stepped.connect(self._step)
        slider.reset.connect(self.reset)
        return slider

    def _new_button(self) -> QPushButton:
        button = QPushButton("⟳ new")
        button.setAccessibleName(f"New {self.field.label.lower()}")
        button.setToolTip("Draw again with another seed")
        tag(button, link=True, muted=True)
        button.clicked.connect(self._draw)
        self.header.insertWidget(self.header.indexOf(self.editor), button)
        return button

    def _draw(self) -> None:
        low, high = (self.field.span.low, self.field.span.high) if self.field.span else (0, 2**31)
        high = max(low, min(high, LARGEST_NEW_SEED))
        seed = QRandomGenerator.global_().bounded(int(low), int(high) + 1)
        self._take(seed if seed != self._value else max(int(low), (seed + 1) % (int(high) + 1)))

    def _on_slid(self, place: int) -> None:
        assert self.scale is not None and self.slider is not None
        moving = self.slider.isSliderDown()
        self._dragged = self._dragged or moving
        value = self.scale.value(place)
        if value != self._value:
            self._value = value
            self.refuse("")
            self._show_text()
            self.changed.emit(moving)

    def _on_released(self) -> None:
        if self._dragged:
            self._dragged = False
            self.changed.emit(False)

    def glide(self, value: float | int) -> bool:
        """Take a value over as a drag of the slider does; says whether it was another one."""
        assert self.slider is not None
        self.slider.setSliderDown(True)
        differs = self.set_value(value)
        if differs:
            self._dragged = True
            self.changed.emit(True)
        return differs

    def let_go(self) -> None:
        """End what :meth:`glide` began, as letting the slider go does."""
        assert self.slider is not None
        self.slider.setSliderDown(False)

    def _step(self, steps: float) -> None:
        if self.scale is not None:
            self._take(self.scale.moved(self._value, steps))

    def _show(self) -> None:
        self._show_text()
        if self.slider is not None and self.scale is not None:
            with QSignalBlocker(self.slider):
                self.slider.setValue(self.scale.place(self._value))

    def _show_text(self) -> None:
        self.editor.show_text(value_text(self.field, self._value))
        self.editor.setToolTip(f"{self._value!r}\n{self.toolTip()}")

    def set_marks(self, marks: tuple[SliderMark, ...]) -> None:
        """Ticks on the slider, where there is one."""
        if self.slider is not None:
            self.slider.set_marks(marks)
