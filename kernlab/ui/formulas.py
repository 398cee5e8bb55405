"""The card of a panel's formulas: in general, and with the numbers of the last full run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kernlab.engine.contract.experiment import formulas_of
from kernlab.engine.contract.formula import Formula, as_latex, lines
from kernlab.ui.actions import add_action
from kernlab.ui.theme import tag
from kernlab.ui.typesetting import MathLine, Typesetter

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel
    from kernlab.ui.side import Side

ROOM = 900
"""Height of the right column from which on the card is open at first."""
SHARE = 0.4
"""Share of the column that the card takes at most when it is opened."""
QUIET = 1500
"""Milliseconds after the first picture at which a card that is open at first is typeset."""
BRIEFLY = 4.0


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
        source.setHidden(not formula.source)
        stack = _column(spacing=4)
        self.setLayout(stack)
        stack.addLayout(top)
        for line in self.general:
            tag(line, muted=True)
            stack.addWidget(line)
        stack.addLayout(self._number_column)
        stack.addWidget(source)
        self._show_numbers()

    @property
    def lines(self) -> list[MathLine]:
        """All lines of mathematics."""
        return [*self.general, *self.numbers]

    def update_formula(self, formula: Formula) -> None:
        """Show other numbers; the general form is the same always."""
        if formula.numbers != self.formula.numbers:
            self.formula = formula
            self._show_numbers()

    def _show_numbers(self) -> None:
        wanted = lines(self.formula.numbers)
        old = {line.latex: line for line in self.numbers}
        kept = [old.pop(latex, None) or MathLine(latex, self) for latex in wanted]
        for line in (*self.numbers, *old.values()):
            self._number_column.removeWidget(line)
        for line in old.values():
            line.deleteLater()
        for line in kept:
            self._number_column.addWidget(line)
        self.numbers = kept


class FormulaCard(QWidget):
    """The formulas of one panel, closed until there is room for them or they are asked for.

    Signals:
        toggled(open): the card was opened or closed.
        copied(title): a formula is on the clipboard.
    """

    toggled = Signal(bool)
    copied = Signal(str)

    def __init__(self, formulas: Sequence[Formula]) -> None:
        super().__init__()
        self.views: list[FormulaView] = []
        self.open = False
        self._typesetter: Typesetter | None = None
        self._outdated = False
        self._header = QPushButton()
        self._header.setCursor(Qt.CursorShape.PointingHandCursor)
        tag(self._header, link=True)
        self._header.clicked.connect(self.toggle)
        self._inside = QWidget()
        self._stack = _column(spacing=12)
        self._stack.setContentsMargins(4, 4, 8, 4)
        self._stack.addStretch(1)
        self._inside.setLayout(self._stack)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName("Formulas")
        self._area.setWidget(self._inside)
        self._area.hide()
        frame = QFrame(objectName="card")
        inner = _column(spacing=2)
        inner.setContentsMargins(8, 6, 4, 6)
        inner.addWidget(self._header)
        inner.addWidget(self._area, 1)
        frame.setLayout(inner)
        outer = _column()
        outer.setContentsMargins(4, 2, 12, 2)
        outer.addWidget(frame)
        self.setLayout(outer)
        self.show_formulas(formulas)
        self._label()

    def _label(self) -> None:
        when = ", at earlier values" if self._outdated and self.open else ""
        self._header.setText(f"{'▾' if self.open else '▸'} Formulas  {len(self.views)}{when}")
        state = "open" if self.open else "closed"
        self._header.setAccessibleName(f"Formulas, {len(self.views)}, {state}")

    @property
    def closed_height(self) -> int:
        """The height of the card while only its header shows."""
        return self._header.sizeHint().height() + 18

    def toggle(self) -> None:
        """Open or close the card."""
        self.set_open(not self.open)

    def set_open(self, opened: bool) -> None:
        """Show the formulas, or only the header."""
        if opened == self.open:
            return
        self.open = opened
        self._area.setVisible(opened)
        self._label()
        self.toggled.emit(opened)
        self._typeset()

    def set_typesetter(self, typesetter: Typesetter) -> None:
        """Typeset with this from now on, as soon as the card is open."""
        self._typesetter = typesetter
        typesetter.came.connect(self._on_came)
        self._typeset()

    def show_formulas(self, formulas: Sequence[Formula]) -> None:
        """Show the numbers of a full run."""
        self.set_outdated(False)
        titles = [view.formula.title for view in self.views]
        if titles != [formula.title for formula in formulas]:
            self._rebuild(formulas)
        for view, formula in zip(self.views, formulas, strict=True):
            view.update_formula(formula)
        self._typeset()

    def _rebuild(self, formulas: Sequence[Formula]) -> None:
        for view in self.views:
            self._stack.removeWidget(view)
            view.deleteLater()
        self.views = []
        for formula in formulas:
            view = FormulaView(formula, self._inside)
            view.copy_requested.connect(lambda view=view: self.copy(view))
            self._stack.insertWidget(self._stack.count() - 1, view)
            self.views.append(view)
        self._label()

    def set_outdated(self, outdated: bool) -> None:
        """Say that the numbers are still those of earlier parameters."""
        if outdated != self._outdated:
            self._outdated = outdated
            self._label()
            for view in self.views:
                for line in view.numbers:
                    line.set_faded(outdated)

    def _typeset(self) -> None:
        """Typeset what is on screen."""
        if self._typesetter is None or not self.open:
            return
        for line in [line for view in self.views for line in view.lines if not line.typeset]:
            found = self._typesetter.outline(line.latex)
            if found is not None:
                line.show_outline(found)

    def _on_came(self, latex: str) -> None:
        for line in [line for view in self.views for line in view.lines]:
            found = self._typesetter.outline(latex) if self._typesetter else None
            if line.latex == latex and found is not None and not line.typeset:
                line.show_outline(found)

    def copy(self, view: FormulaView) -> None:
        """Put one formula on the clipboard."""
        QGuiApplication.clipboard().setText(as_latex(view.formula))
        self.copied.emit(view.formula.title)

    def copy_all(self) -> None:
        """Put all formulas on the clipboard."""
        text = "\n".join(as_latex(view.formula) for view in self.views)
        QGuiApplication.clipboard().setText(text)
        self.copied.emit("All formulas")


class _Place(QWidget):
    """Keeps the card between controls and claims as high as it needs to be."""

    def __init__(self, card: FormulaCard, side: Side) -> None:
        super().__init__(card)
        self._card, self._side = card, side
        self._touched = False
        self.hide()
        card.toggled.connect(self._resize)
        side.insertWidget(1, card)
        self._resize(False)

    def first_size(self) -> None:
        """Open the card where the column has room for it."""
        if not self._touched and self._side.height() >= ROOM:
            self._card.set_open(True)
        self._touched = True

    def _resize(self, opened: bool) -> None:
        self._touched = True


def add_to(panel: Panel) -> FormulaCard:
    """Put the card of the panel's formulas between its controls and its claims."""
