"""The page of a sweep: what is swept in one card, its figure in another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from kernlab.engine.contract.parameters import Field
from kernlab.engine.contract.quantity import Quantity
from kernlab.ui.choices import Combo
from kernlab.ui.figure_card import FigureCard
from kernlab.ui.status import Note
from kernlab.ui.switches import CheckBox
from kernlab.ui.theme import tag

SYNTAX = (
    "10, 100, 1000: these values\n"
    "1:10:2: from 1 to 10 in steps of 2\n"
    "0.1..10 x9: nine values from end to end, on the parameter's own scale\n"
    "log 1..100 x5, linear 1..100 x5: on that scale\n"
    "words of a choice, or all; sets of a check list: exact+iid, exact"
)


class SearchCombo(Combo):
    """A long list that is searched by typing any part of an entry."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMaxVisibleItems(16)
        completer, editor = self.completer(), self.lineEdit()
        assert completer is not None and editor is not None
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(completer.CompletionMode.PopupCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        editor.setStyleSheet("border: none; padding: 0; background: transparent;")
        editor.editingFinished.connect(self._settle)

    def _settle(self) -> None:
        """Back to the chosen entry where the text is none."""
        if self.findText(self.currentText(), Qt.MatchFlag.MatchFixedString) < 0:
            self.setEditText(self.itemText(self.currentIndex()))


class SweepPage(QWidget):
    """Form and figure. It knows what is written in it, not what it means.

    Signals:
        changed: a field of the form was edited.
        entered: the Enter key was pressed in a field.
        parameter_chosen: another parameter was chosen.
    """

    changed = Signal()
    entered = Signal()
    parameter_chosen = Signal()

    def __init__(self, fields: Iterable[Field], roles: Mapping[str, str]) -> None:
        super().__init__()
        self.form = QFrame(objectName="card")
        self.card = FigureCard("sweep", "Sweep", roles)
        self.card.set_waiting("choose what to sweep, then press Start")
        self.card.enlarge_requested.connect(lambda _: self._enlarge())
        self.fixed = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        tag(self.fixed, muted=True, small=True)
        self._fields(fields)
        column = QVBoxLayout(self.form)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(self._head())
        column.addLayout(self._grid())
        column.addLayout(self._foot())
        column.addWidget(self.fixed)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        rows.addWidget(self.form)
        rows.addWidget(self.card, 1)

    def _fields(self, fields: Iterable[Field]) -> None:
        self.parameter = Combo()
        for field in fields:
            self.parameter.addItem(f"{field.label}  {field.symbol}".strip(), field)
        self.values = QLineEdit()
        self.repeats = QLineEdit("5")
        self.repeats.setFixedWidth(72)
        self.quantity = SearchCombo()
        self.longer = CheckBox("also columns of long tables")
        self.start = QPushButton("Start")
        self.export = QPushButton("Export…")
        self.back = QPushButton("Back to the figures")
        tag(self.start, primary=True)
        for widget, name in (
            (self.parameter, "Parameter to sweep"),
            (self.values, "Values to sweep over"),
            (self.repeats, "Runs of each value"),
            (self.quantity, "Quantity to measure"),
            (self.longer, "Measure also columns of long tables"),
            (self.start, "Start or cancel the sweep"),
            (self.export, "Export the sweep"),
            (self.back, "Back to the figures"),
        ):
            widget.setAccessibleName(name)
        for editor in (self.values, self.repeats):
            editor.setMinimumHeight(self.parameter.sizeHint().height())
        self.values.setToolTip(SYNTAX)
        self.back.setToolTip("Back to the figures (Ctrl+Shift+S); a sweep that runs goes on")
        self.parameter.currentIndexChanged.connect(lambda _: self.parameter_chosen.emit())
        self.values.textChanged.connect(lambda _: self.changed.emit())
        self.repeats.textChanged.connect(lambda _: self.changed.emit())
        self.quantity.currentIndexChanged.connect(lambda _: self.changed.emit())
        for editor in (self.values, self.repeats):
            editor.returnPressed.connect(self.entered)

    def _head(self) -> QHBoxLayout:
        title = QLabel("Sweep")
        tag(title, title=True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(title)
        row.addStretch(1)
        row.addWidget(self.export)
        row.addWidget(self.back)
        return row

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(2)
        for column, (text, widget) in enumerate(
            (("Parameter", self.parameter), ("Values", self.values), ("Repeats", self.repeats))
        ):
            grid.addWidget(_label(text, widget), 0, column)
            grid.addWidget(widget, 1, column)
        grid.addWidget(_label("Measured quantity", self.quantity), 2, 0)
        grid.addWidget(self.longer, 2, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.quantity, 3, 0, 1, 2)
        grid.addWidget(self.start, 3, 2)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)
        grid.setColumnMinimumWidth(2, 72)
        grid.setRowMinimumHeight(2, 26)
        return grid

    def _foot(self) -> QHBoxLayout:
        self.bar = QProgressBar(textVisible=False, maximum=1000)
        self.bar.setFixedSize(128, 6)
        self.bar.setAccessibleName("Progress of the sweep")
        self.bar.hide()
        self.note = Note("", textFormat=Qt.TextFormat.PlainText)
        self.note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.bar)
        row.addWidget(self.note, 1)
        return row

    # -- what is written --------------------------------------------------------------------

    @property
    def field(self) -> Field:
        """The chosen parameter."""
        field: Field = self.parameter.currentData()
        return field

    @property
    def measured(self) -> Quantity | None:
        """The chosen quantity, where there is one."""
        found: Quantity | None = self.quantity.currentData()
        return found

    def choose_parameter(self, name: str) -> None:
        """Choose a parameter by its name, without a signal."""
        with QSignalBlocker(self.parameter):
            for at in range(self.parameter.count()):
                if self.parameter.itemData(at).name == name:
                    self.parameter.setCurrentIndex(at)

    def offer(self, quantities: Sequence[Quantity], chosen: str) -> None:
        """List what can be measured; the choice stays where it is still there."""
        measured = self.measured
        wanted = measured.key if measured else chosen
        with QSignalBlocker(self.quantity):
            self.quantity.clear()
            for quantity in quantities:
                about = f": {quantity.about}" if quantity.about else ""
                self.quantity.addItem(f"{quantity.label}{about}", quantity)
            keys = [quantity.key for quantity in quantities]
            self.quantity.setCurrentIndex(keys.index(wanted) if wanted in keys else 0)
        editor = self.quantity.lineEdit()
        if editor is not None:
            editor.setCursorPosition(0)

    # -- what is said -----------------------------------------------------------------------

    def say(self, text: str, kind: str = "") -> None:
        """One line below the form; `fails` and `inconclusive` say what is wrong."""
        tag(self.note, message=kind, muted=not kind)
        if text != self.note.text():
            self.note.setText(text)
            self.note.setToolTip(text)

    def show_running(self, running: bool) -> None:
        """Show *Cancel* and the bar while a sweep runs; the form waits."""
        self.start.setText("Cancel" if running else "Start")
        self.bar.setVisible(running)
        for widget in (self.parameter, self.values, self.repeats, self.quantity, self.longer):
            widget.setDisabled(running)

    def _enlarge(self) -> None:
        alone = not self.form.isHidden()
        self.form.setVisible(not alone)
        self.card.set_enlarged(alone)


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    tag(label, muted=True, small=True)
    label.setBuddy(buddy)
    return label
