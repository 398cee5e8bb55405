"""The right column of a panel: its controls, and below them its claims."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QVBoxLayout, QWidget

from kernlab.ui.text_width import TextWidth

WIDTH = 316
EDGE = 12
"""Pixels between the cards and the edge of the window; a scroll bar lies in them."""


class Side(QSplitter):
    """Two parts that scroll, with a gap between them that can be dragged."""

    def __init__(self, controls: QWidget, claims: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.setObjectName("side")
        self.setChildrenCollapsible(False)
        above = _scrolled(controls, "Controls", (4, 12, EDGE, 4))
        _hold_edge(above)
        self.addWidget(above)
        card = QFrame(objectName="card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(8, 8, 4, 8)
        inside.addWidget(_scrolled(claims, "Claims", (0, 0, 4, 0)))
        frame = QWidget()
        around = QVBoxLayout(frame)
        around.setContentsMargins(4, 4, EDGE, 8)
        around.addWidget(card)
        self.addWidget(frame)
        self.setStretchFactor(0, 11)
        self.setStretchFactor(1, 9)
        self.setSizes([540, 350])
        TextWidth(self, WIDTH)


def _scrolled(widget: QWidget, name: str, margins: tuple[int, int, int, int]) -> QScrollArea:
    column = QWidget()
    stack = QVBoxLayout(column)
    stack.setContentsMargins(*margins)
    stack.addWidget(widget)
    stack.addStretch(1)
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it scrolls to what has the focus
    area.setWidget(column)
    area.setAccessibleName(name)
    return area


def _hold_edge(area: QScrollArea) -> None:
    """Let what is scrolled end where it would without a scroll bar."""
    column, bar = area.widget(), area.verticalScrollBar()
    layout = column.layout() if column is not None else None
    assert layout is not None

    def give_room(_low: int, high: int) -> None:
        margins = layout.contentsMargins()
        margins.setRight(EDGE - bar.sizeHint().width() * (high > 0))
        layout.setContentsMargins(margins)

    bar.rangeChanged.connect(give_room)
