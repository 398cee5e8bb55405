"""The figures of one view: two columns where there is room, a stack that scrolls where not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QScrollArea,
    QSplitter,
    QSplitterHandle,
    QVBoxLayout,
    QWidget,
)

from kernlab.ui.figure_card import FigureCard
from kernlab.ui.sheet_card import SheetCard

AnyCard = FigureCard | SheetCard

TWO_COLUMNS = 700
GAP = 8
LEAST_HEIGHT = 210
STACKED_HEIGHT = 280


class _Handle(QSplitterHandle):
    """The gap between two cards: it can be dragged, and nothing is painted in it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        pass


class _Splitter(QSplitter):
    def __init__(self, orientation: Qt.Orientation) -> None:
        super().__init__(orientation)
        self.setHandleWidth(GAP)
        self.setChildrenCollapsible(False)

    def createHandle(self) -> QSplitterHandle:
        return _Handle(self.orientation(), self)


class FigureGrid(QWidget):
    """One to four figures in a grid whose gaps can be dragged, and sheets below them.

    Connect each card's `enlarge_requested` to :meth:`enlarge`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._cards: list[AnyCard] = []
        self._enlarged = ""
        self._columns = 2
        self._rows: list[_Splitter] = []
        self._stack = _Splitter(Qt.Orientation.Vertical)
        self.splits: dict[str, list[list[int]]] = {}
        """Where gaps were dragged, by the cards shown: heights of rows, then each row's widths."""
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.viewport().setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        self._escape.setContext(Qt.ShortcutContext.WindowShortcut)
        self._escape.setEnabled(False)
        self._escape.activated.connect(lambda: self.enlarge(""))

    @property
    def cards(self) -> tuple[AnyCard, ...]:
        return tuple(self._cards)

    @property
    def enlarged(self) -> str:
        """The key of the card that is shown alone, or nothing."""
        return self._enlarged

    @property
    def columns(self) -> int:
        return self._columns

    def set_cards(self, cards: Sequence[AnyCard]) -> None:
        """Show these cards; those that were shown before are kept, hidden, by their owner."""
        for figure in self._figures():
            figure.unlink_x()
        for card in self._cards:
            card.hide()
            card.setParent(self)
        self._cards = list(cards)
        for one, two in combinations(self._figures(), 2):
            one.link_x(two)
        self._enlarged = ""
        self._build()

    def enlarge(self, key: str) -> None:
        """Show one card alone; the same key again, or an unknown one, shows all of them."""
        known = key in {card.key for card in self._figures()}
        self._enlarged = key if known and key != self._enlarged else ""
        self._escape.setEnabled(bool(self._enlarged))
        for card in self._cards:
            card.setVisible(card.key == self._enlarged or not self._enlarged)
            if isinstance(card, FigureCard):
                card.set_enlarged(card.key == self._enlarged)
        for row in self._rows:
            shown = [card for card in self._cards if not card.isHidden()]
            row.setVisible(any(row.isAncestorOf(card) for card in shown))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._wanted_columns() != self._columns:
            enlarged = self._enlarged
            self._build()
            self._enlarged = ""
            self.enlarge(enlarged)

    def _figures(self) -> list[FigureCard]:
        return [card for card in self._cards if isinstance(card, FigureCard)]

    def _wanted_columns(self) -> int:
        return 2 if self.width() >= TWO_COLUMNS else 1

    def _build(self) -> None:
        """Arrange the cards anew, in as many columns as there is room for."""
        self._columns = self._wanted_columns()
        figures = self._figures()
        sheets = [card for card in self._cards if isinstance(card, SheetCard)]
        for card in self._cards:
            card.setParent(self)
        least = LEAST_HEIGHT if self._columns == 2 else STACKED_HEIGHT
        self._stack = stack = _Splitter(Qt.Orientation.Vertical)
        stack.splitterMoved.connect(lambda *_: self._note())
        self._rows = []
        for first in range(0, len(figures), self._columns):
            row = _Splitter(Qt.Orientation.Horizontal)
            for card in figures[first : first + self._columns]:
                row.addWidget(card)
                card.setMinimumHeight(least)
            row.setSizes([1000] * row.count())
            row.splitterMoved.connect(lambda *_, moved=row: self._align(moved))
            self._rows.append(row)
            stack.addWidget(row)
        stack.setSizes([1000] * len(self._rows))
        self.split()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        if figures:
            column.addWidget(stack, 1)
        for sheet in sheets:
            column.addWidget(sheet)
        if not figures:
            column.addStretch(1)
        self._scroll.setWidget(page)
        page.setAutoFillBackground(False)  # setWidget turned it on
        for card in self._cards:
            card.show()

    def _align(self, moved: _Splitter) -> None:
        """Let the columns of all rows follow the one that was dragged."""
        for row in self._rows:
            if row is not moved and row.count() == moved.count():
                row.setSizes(moved.sizes())
        self._note()

    @property
    def _arrangement(self) -> str:
        return " ".join([str(self._columns), *(card.key for card in self._figures())])

    def _note(self) -> None:
        if not self._enlarged:
            self.splits[self._arrangement] = [s.sizes() for s in (self._stack, *self._rows)]

    def split(self) -> None:
        """Put the gaps where `splits` has them, for the cards shown."""
        noted = self.splits.get(self._arrangement, ())
        for splitter, sizes in zip((self._stack, *self._rows), noted, strict=False):
            splitter.setSizes(sizes)
