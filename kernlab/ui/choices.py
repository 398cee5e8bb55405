"""The controls of everything that is not a number: switches, words, check lists, files."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from kernlab.engine.contract.parameters import Field, OwnData
from kernlab.ui.control import Control
from kernlab.ui.switches import CheckBox, Switch, TwoColumns
from kernlab.ui.theme import tag

SEGMENTS = 3
"""Choices up to this many stand side by side, where their words are short."""
SEGMENT_LETTERS = 24


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
        self._finish(self.editor, self.editor.view())

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

    editor: TwoColumns

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.editor = TwoColumns()
        self.boxes: dict[str, CheckBox] = {}
        for word, text in field.options.items():
            box = CheckBox(text, self.editor)
            box.setAccessibleName(f"{field.label}: {text}")
            box.clicked.connect(self._on_clicked)
            self.boxes[word] = box
        self.editor.set_widgets(list(self.boxes.values()))
        self.rows.addWidget(self.editor)
        self._finish(self.editor, *self.boxes.values())

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


def file_kinds(field: Field) -> str:
    """What a file dialog offers for a parameter that is read from a file."""
    what = "Matrices" if field.matrix else "Arrays" if field.arrays else "CSV"
    return f"{what} ({' '.join('*' + suffix for suffix in field.suffixes)});;All files (*)"


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
