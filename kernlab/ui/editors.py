"""The controls of single parameters: label, editor and slider, by the kind of the parameter."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QRandomGenerator, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kernlab.engine.contract.parameters import Field, OwnData, check, parse
from kernlab.engine.contract.text import THIN_SPACE, number
from kernlab.ui.sliders import CheckBox, Scale, Slider, SliderMark, Switch, key_factor
from kernlab.ui.theme import tabular_font, tag

PAUSE = 600
"""Milliseconds without a key press after which a text that is not allowed is said to be so."""
SEGMENTS = 3
"""Choices up to this many stand side by side, where their words are short."""
SEGMENT_LETTERS = 24
LARGEST_NEW_SEED = 9999


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
        return "\n".join(lines)

    def _finish(self, *interactive: QWidget) -> None:
        """To be called at the end of a kind's `__init__`."""
        self.rows.addWidget(self.message)
        for widget in interactive or (self.editor,):
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
        """Back to the default, as a change by the user."""
        self._take(self.default)

    def _take(self, value: Any, moving: bool = False) -> None:
        if self.set_value(value):
            self.changed.emit(moving)

    def refuse(self, reason: str) -> None:
        """Say below the control why a value is not allowed; an empty reason takes it back."""
        if reason != self.message.text():
            self.message.setText(reason)
        self.message.setVisible(bool(reason))

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
        self.setFont(tabular_font())
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._say)
        self.textEdited.connect(self._on_edited)
        self.returnPressed.connect(self._commit)

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
        self.editor.setFixedWidth(104)
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


class SwitchControl(Control):
    """True or false."""

    editor: Switch

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.editor = Switch()
        self.editor.toggled.connect(self._take)
        self.header.addWidget(self.editor)
        self._finish()

    def _show(self) -> None:
        with QSignalBlocker(self.editor):
            self.editor.setChecked(self._value)


class Combo(QComboBox):
    """A combo box that the wheel changes only while it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ComboControl(Control):
    """One of several words, in a list."""

    editor: Combo

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.editor = Combo()
        for word, text in field.options.items():
            self.editor.addItem(text, word)
        self.editor.currentIndexChanged.connect(lambda at: self._take(self.editor.itemData(at)))
        self.rows.addWidget(self.editor)
        self._finish()

    def _show(self) -> None:
        with QSignalBlocker(self.editor):
            self.editor.setCurrentIndex(list(self.field.options).index(self._value))


class SegmentControl(Control):
    """One of two or three short words, side by side."""

    editor: QFrame

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.editor = QFrame(objectName="segments")
        row = QHBoxLayout(self.editor)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        self.group = QButtonGroup(self, exclusive=True)
        self.buttons: dict[str, QPushButton] = {}
        for word, text in field.options.items():
            button = QPushButton(text, checkable=True)
            button.setAccessibleName(f"{field.label}: {text}")
            tag(button, segment=True)
            button.toggled.connect(lambda on, w=word: self._take(w) if on else None)
            self.group.addButton(button)
            self.buttons[word] = button
            row.addWidget(button, 1)
        self.rows.addWidget(self.editor)
        self._finish(self.editor, *self.buttons.values())

    def _show(self) -> None:
        button = self.buttons[self._value]
        with QSignalBlocker(button):
            button.setChecked(True)


class FlagsControl(Control):
    """A check list, in two columns where they fit; one word stays checked at least."""

    editor: QWidget

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.editor = QWidget()
        self._grid = QGridLayout(self.editor)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(0)
        self._columns = 0
        self.boxes: dict[str, CheckBox] = {}
        for word, text in field.options.items():
            box = CheckBox(text)
            box.setAccessibleName(f"{field.label}: {text}")
            box.clicked.connect(self._on_clicked)
            self.boxes[word] = box
        self._arrange(2)
        self.rows.addWidget(self.editor)
        self._finish(self.editor, *self.boxes.values())

    def _arrange(self, columns: int) -> None:
        if columns != self._columns:
            self._columns = columns
            self._grid.setColumnStretch(0, 1)
            self._grid.setColumnStretch(1, columns - 1)
            for at, box in enumerate(self.boxes.values()):
                self._grid.addWidget(box, at // columns, at % columns)

    def _width(self, columns: int) -> int:
        """What so many columns need."""
        widths = [box.sizeHint().width() for box in self.boxes.values()]
        gaps = (columns - 1) * self._grid.horizontalSpacing()
        return sum(max(widths[at::columns], default=0) for at in range(columns)) + gaps

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width(1), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange(2 if self._width(2) <= self.width() else 1)
        super().resizeEvent(event)

    def _on_clicked(self) -> None:
        words = tuple(word for word, box in self.boxes.items() if box.isChecked())
        try:
            self._take(words)
        except ValueError as error:
            self._show()
            self.refuse(str(error))

    def _show(self) -> None:
        for word, box in self.boxes.items():
            box.setChecked(word in self._value)


class FileControl(Control):
    """The user's own data: the window reads the file and hands it over by `set_value`.

    Signals:
        file_requested: the user wants to choose a file.
    """

    file_requested = Signal()
    editor: QPushButton

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.editor = QPushButton("Choose file…")
        self.editor.clicked.connect(self.file_requested)
        self.drop = QPushButton("remove")
        self.drop.setAccessibleName(f"Remove the file of {field.label}")
        tag(self.drop, link=True, muted=True)
        self.drop.clicked.connect(lambda: self._take(None))
        self.header.addWidget(self.drop)
        self.name = QLabel(textFormat=Qt.TextFormat.PlainText)
        tag(self.name, muted=True)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.editor)
        row.addWidget(self.name, 1)
        self.rows.addLayout(row)
        self._finish(self.editor, self.drop)
        self.editor.setAccessibleName(f"Choose file: {field.label}")

    def _show(self) -> None:
        self.drop.setVisible(self._value is not None)
        self._elide()

    def _elide(self) -> None:
        path = self._value.path if isinstance(self._value, OwnData) else ""
        name = path.replace("\\", "/").rsplit("/", 1)[-1] or "no file"
        self.name.setToolTip(path)
        middle = Qt.TextElideMode.ElideMiddle
        self.name.setText(
            self.name.fontMetrics().elidedText(name, middle, max(40, self.name.width()))
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()


def control_for(field: Field) -> Control:
    """The control of a parameter, by its kind."""
    if field.kind in ("int", "float"):
        return NumberControl(field)
    if field.kind == "choice":
        letters = sum(len(text) for text in field.options.values())
        few = len(field.options) <= SEGMENTS and letters <= SEGMENT_LETTERS
        return SegmentControl(field) if few else ComboControl(field)
    kinds = {"bool": SwitchControl, "flags": FlagsControl, "data": FileControl}
    return kinds[field.kind](field)
