"""The card of a panel's formulas: in general, and with the numbers of the last full run."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from kernlab.engine.contract.experiment import formulas_of
from kernlab.engine.contract.formula import Formula, as_latex, lines
from kernlab.ui.actions import add_action
from kernlab.ui.message import BRIEFLY
from kernlab.ui.theme import tag
from kernlab.ui.typesetting import MathLine, Typesetter

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

ROOM = 900
"""Height of the right column from which on the card is open at first."""
EACH, SHARE = 150, 0.38
"""Pixels for each formula, and the share of the column that the card takes at most, when it is
opened."""
QUIET = 1500
"""Milliseconds after the first picture at which a card that is open at first is typeset."""
QWIDGETSIZE_MAX = 16_777_215


class FormulaView(QWidget):
    """One formula: its title, its general form, the form with numbers, its source.

    Signals:
        copy_requested: the user wants it as LaTeX.
    """

    copy_requested = Signal()

    def __init__(self, formula: Formula, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.formula = formula
        self.setAccessibleName(formula.title)
        title = _small(formula.title)
        copy = QPushButton("copy")
        copy.setAccessibleName(f"{formula.title}: copy as LaTeX")
        copy.setToolTip("Copy as LaTeX")
        copy.setCursor(Qt.CursorShape.PointingHandCursor)
        tag(copy, link=True, small=True)
        copy.clicked.connect(self.copy_requested)
        menu = QAction("Copy as LaTeX", self)
        menu.triggered.connect(lambda _=False: self.copy_requested.emit())
        self.addAction(menu)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        self.general = [MathLine(line, self) for line in lines(formula.latex)]
        self.numbers: list[MathLine] = []
        self._number_column = _column(spacing=3)
        self._number_column.setContentsMargins(10, 0, 0, 0)
        source = _small(formula.source)
        if not formula.source:
            source.hide()
        stack = _column(spacing=4)
        self.setLayout(stack)
        stack.addLayout(top)
        for line in self.general:
            tag(line, muted=True)
            stack.addWidget(line)
        stack.addLayout(self._number_column)
        stack.addWidget(source)
        self._show_numbers()

    def update_formula(self, formula: Formula) -> None:
        """Show other numbers; the general form is the same always."""
        self.formula = formula
        self._show_numbers()
        self.set_faded(False)

    def set_faded(self, faded: bool) -> None:
        """Dim the numbers while they belong to earlier values."""
        for line in self.numbers:
            line.set_faded(faded)

    def typeset(self, typesetter: Typesetter) -> None:
        """Typeset the lines whose outlines are there, and ask for the others."""
        for line in (*self.general, *self.numbers):
            if not line.typeset:
                found = typesetter.outline(line.latex)
                if found is not None:
                    line.show_outline(found)

    def waits(self, formula: Formula, typesetter: Typesetter) -> bool:
        """Whether the typeset numbers should stay until newer ones are typeset as well."""
        if not any(line.typeset for line in self.numbers):
            return False
        coming = [
            line
            for line in lines(formula.numbers)
            if typesetter.outline(line) is None and typesetter.waits_for(line)
        ]
        return bool(coming)

    def _show_numbers(self) -> None:
        wanted = lines(self.formula.numbers)
        if [line.latex for line in self.numbers] == list(wanted):
            return
        for line in self.numbers:
            self._number_column.removeWidget(line)
            line.deleteLater()
        self.numbers = [MathLine(latex, self) for latex in wanted]
        for line in self.numbers:
            self._number_column.addWidget(line)


class FormulaCard(QWidget):
    """The formulas of one panel, closed until there is room for them or they are asked for.

    While it is closed it holds no widgets but its header, so that neither the start nor a run
    pays for what nobody sees.

    Signals:
        copied(sentence): something is on the clipboard.
    """

    copied = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.views: list[FormulaView] = []
        self.open = False
        self._newest: tuple[Formula, ...] = ()
        self._typesetter: Typesetter | None = None
        self._awake = self._placed = self._outdated = False
        self._header = QPushButton()
        self._header.setCursor(Qt.CursorShape.PointingHandCursor)
        tag(self._header, link=True)
        self._header.clicked.connect(self.toggle)
        self._stack = _column(spacing=14)
        self._stack.setContentsMargins(4, 4, 8, 4)
        self._stack.addStretch(1)
        self._inside = QWidget()
        self._inside.setLayout(self._stack)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName("Formulas")
        self._area.setWidget(self._inside)
        self._area.hide()
        inner, outer = _column(spacing=2), _column()
        inner.setContentsMargins(8, 6, 4, 6)
        inner.addWidget(self._header)
        inner.addWidget(self._area, 1)
        frame = QFrame(objectName="card")
        frame.setLayout(inner)
        outer.setContentsMargins(4, 2, 12, 2)
        outer.addWidget(frame)
        self.setLayout(outer)
        self._label()
        self._fit()

    def _label(self) -> None:
        when = ", at earlier values" if self._outdated and self.open else ""
        count = len(self._newest)
        self._header.setText(f"{'▾' if self.open else '▸'} Formulas  {count}{when}")
        state = "open" if self.open else "closed"
        self._header.setAccessibleName(f"Formulas, {count}, {state}")

    @property
    def needed(self) -> bool:
        """Whether there is anything to show."""
        return bool(self._newest)

    def _fit(self) -> None:
        """As high as the header while closed; open, at most a share of the column."""
        column = self.parentWidget()
        closed = self._header.sizeHint().height() + 18
        sizes = column.sizes() if isinstance(column, QSplitter) else []
        if not self.open:
            self.setFixedHeight(closed)
        else:
            self.setMinimumHeight(100)
            self.setMaximumHeight(QWIDGETSIZE_MAX)
        if isinstance(column, QSplitter) and any(sizes):
            at, total = column.indexOf(self), sum(sizes)
            most = min(EACH * len(self._newest), round(SHARE * total))
            wanted = most if self.open else closed
            others = max(1, total - sizes[at])
            shared = [size * (total - wanted) // others for size in sizes]
            shared[at] = wanted
            column.setSizes(shared)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._placed:
            self._placed = True
            QTimer.singleShot(0, self, self._open_where_there_is_room)

    def _open_where_there_is_room(self) -> None:
        column = self.parentWidget()
        if column is not None and column.height() >= ROOM and not self.open:
            self._set_open(True)

    def restore(self, opened: bool) -> None:
        """Open or close the card as it was left, whatever room there is."""
        self._placed = True
        if opened != self.open and self.needed:
            self._set_open(opened)

    def toggle(self) -> None:
        """Open or close the card."""
        self.wake()
        self._set_open(not self.open)

    def _set_open(self, opened: bool) -> None:
        self.open = opened
        self._area.setVisible(opened)
        self._label()
        if opened:
            self._build()
        self._fit()
        self._refresh()

    def wake(self) -> None:
        """Typeset from now on, while the card is open."""
        self._awake = True
        self._refresh()

    def set_typesetter(self, typesetter: Typesetter) -> None:
        """Have formulas typeset by this."""
        self._typesetter = typesetter
        typesetter.came.connect(lambda _: self._refresh())

    def show_formulas(self, formulas: Sequence[Formula]) -> None:
        """Show the numbers of a full run."""
        self._newest = tuple(formulas)
        self._outdated = False
        self._label()
        shown = [(view.formula.title, view.formula.latex) for view in self.views]
        if self.open and shown != [(formula.title, formula.latex) for formula in formulas]:
            self._clear()
            self._build()
        self._refresh()

    def _clear(self) -> None:
        for view in self.views:
            self._stack.removeWidget(view)
            view.hide()
            view.deleteLater()
        self.views = []

    def _build(self) -> None:
        """Make the views anew where they are not as many, and show what is newest in them."""
        if len(self.views) != len(self._newest):
            self._clear()
        for formula in self._newest if not self.views else ():
            view = FormulaView(formula, self._inside)
            view.copy_requested.connect(partial(self._copy_one, view))
            self._stack.insertWidget(self._stack.count() - 1, view)
            self.views.append(view)
        for view, formula in zip(self.views, self._newest, strict=True):
            view.update_formula(formula)
            view.set_faded(self._outdated)

    def _refresh(self) -> None:
        """Show what is newest, typeset where that is possible by now."""
        if not self.open:
            return
        typesetter = self._typesetter if self._awake else None
        for view, formula in zip(self.views, self._newest, strict=True):
            if not self._outdated and (typesetter is None or not view.waits(formula, typesetter)):
                view.update_formula(formula)
            if typesetter is not None:
                view.typeset(typesetter)

    def set_outdated(self) -> None:
        """Say that the numbers are still those of earlier parameters."""
        if not self._outdated:
            self._outdated = True
            self._label()
            for view in self.views:
                view.set_faded(True)

    def copy_all(self) -> None:
        """Put all formulas on the clipboard, as LaTeX."""
        self._copy(self._newest)

    def _copy_one(self, view: FormulaView) -> None:
        self._copy([view.formula])

    def _copy(self, formulas: Sequence[Formula]) -> None:
        text = "\n".join(as_latex(formula) for formula in formulas)
        QGuiApplication.clipboard().setText(text)
        self.copied.emit("Copied. Paste it into a LaTeX document that uses amsmath.")


def add_to(panel: Panel) -> FormulaCard:
    """Put the card of the panel's formulas between its controls and its claims."""
    card = FormulaCard()
    panel.side.insertWidget(1, card)
    try:
        card.show_formulas(formulas_of(panel.experiment, panel.parameters, {}))
    except Exception as error:
        details = "".join(traceback.format_exception(error))
        panel.message.fail(f"The formulas cannot be listed: {error}", details)
    card.setVisible(card.needed)
    if not card.needed:
        return card

    def first_picture() -> None:
        panel.picture_shown.disconnect(first_picture)
        QTimer.singleShot(QUIET, card, card.wake)

    panel.picture_shown.connect(first_picture)
    panel.parameters_changed.connect(card.set_outdated)
    card.copied.connect(lambda text: panel.message.tell(text, BRIEFLY))
    add_action(panel, "Show or hide the formulas", card.toggle, "F2")
    menu = panel.toolbar.exports
    add_action(panel, "Copy formulas as LaTeX", card.copy_all, "Ctrl+Shift+L", menu=menu)
    return card


def _column(spacing: int = 0) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(spacing)
    return column


def _small(text: str) -> QLabel:
    label = QLabel(text, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
    tag(label, muted=True, small=True)
    return label
