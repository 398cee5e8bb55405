"""The sheet of shortcuts: every key of the window and of the panel on screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kernlab.ui.overlay import EDGE, Overlay
from kernlab.ui.theme import tag

if TYPE_CHECKING:
    from kernlab.ui.window import Window

WIDTH, NARROW = 920, 700
"""Pixels that the sheet takes where there is room, and below which it has one column."""
Keys = tuple[str, str]

FIXED: dict[str, Sequence[Keys]] = {
    "Sliders and numbers": (
        ("One step", "← →"),
        ("Ten steps, a tenth of a step", "Shift ←   Ctrl ←"),
        ("Ten steps", "PgUp PgDn"),
        ("Ends of the range", "Home End"),
        ("Default value", "Del, or double-click"),
        ("Take what was typed", "Enter"),
        ("Last good value", "Esc"),
    ),
    "Figures": (
        ("Pan", "← → ↑ ↓, or drag"),
        ("Zoom", "+ −, or wheel"),
        ("Reset the view", "Home, or double-click"),
        ("Logarithmic y, logarithmic x", "L   Shift+L"),
        ("Read along a curve", "Shift ← →"),
        ("Next curve", "Shift ↑ ↓"),
        ("Set what a click there sets", "Space"),
        ("Enlarge, and back", "Enter"),
    ),
    "Everywhere": (
        ("Next, previous part", "Tab   Shift+Tab"),
        ("Within a row of choices or tabs", "← →"),
        ("Press a button, open a claim", "Space"),
        ("Close what is on top, else cancel the run", "Esc"),
    ),
}


def keys_of(actions: Iterable[QAction]) -> list[Keys]:
    """The texts of the actions that have keys, with the keys as this system writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    return [
        (action.text().replace("&", ""), "   ".join(k.toString(native) for k in action.shortcuts()))
        for action in actions
        if action.shortcuts() and action.text() and action.isVisible()
    ]


class Sheet(Overlay):
    """Read it, scroll it, Escape."""

    def __init__(self, window: Window) -> None:
        super().__init__(window, "Keyboard shortcuts")
        self.window_below: Window = window
        self.groups: dict[str, Sequence[Keys]] = {}
        heading = QLabel("Keyboard shortcuts", objectName="title")
        self.close_button = QPushButton("Close")
        self.close_button.setAccessibleName("Close the keyboard shortcuts")
        self.close_button.clicked.connect(self.close_card)
        top = QHBoxLayout()
        top.setContentsMargins(20, 14, 16, 8)
        top.addWidget(heading, 1)
        top.addWidget(self.close_button)
        self.area = QScrollArea(widgetResizable=True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.area.setAccessibleName("All keyboard shortcuts")
        self.column.addLayout(top)
        self.column.addWidget(self.area, 1)

    def open(self) -> None:
        """Ask the window and the panel for their keys, and show them."""
        panel = self.window_below.panel
        self.groups = {
            panel.experiment.title: keys_of(panel.actions()),
            "Window": keys_of(self.window_below.actions()),
            **FIXED,
        }
        super().open()
        self.area.setFocus(Qt.FocusReason.PopupFocusReason)

    def place(self) -> None:
        room = self.window_below.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        scale = self.fontMetrics().height() / 16
        width = min(round(WIDTH * max(1.0, scale)), room.width())
        page = _page(self.groups, 1 if width < NARROW * scale else 2)
        self.area.setWidget(page)
        page.setAutoFillBackground(False)  # setWidget turned it on
        self.card.setFixedWidth(width)
        heading = self.close_button.sizeHint().height() + 30
        self.card.setFixedHeight(min(heading + page.sizeHint().height() + 8, room.height()))
        across = (room.width() - width) // 2
        down = (room.height() - self.card.height()) // 2
        self.card.move(room.left() + across, room.top() + down)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        slash = event.key() == Qt.Key.Key_Slash
        if slash and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.close_card()
        super().keyPressEvent(event)


def _page(groups: dict[str, Sequence[Keys]], columns: int) -> QWidget:
    page = QWidget()
    row = QHBoxLayout(page)
    row.setContentsMargins(20, 0, 20, 12)
    row.setSpacing(36)
    stacks = [QVBoxLayout() for _ in range(columns)]
    heights = [0] * columns
    for title, keys in groups.items():
        shortest = heights.index(min(heights))
        stacks[shortest].addLayout(_group(title, keys))
        heights[shortest] += len(keys) + 2
    for stack in stacks:
        stack.addStretch(1)
        row.addLayout(stack, 1)
    return page


def _group(title: str, keys: Sequence[Keys]) -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 6, 0, 10)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(5)
    grid.setColumnStretch(0, 1)
    heading = QLabel(title)
    tag(heading, title=True)
    grid.addWidget(heading, 0, 0, 1, 2)
    for at, (text, pressed) in enumerate(keys, 1):
        right = QLabel(pressed, textFormat=Qt.TextFormat.PlainText)
        tag(right, muted=True)
        grid.addWidget(QLabel(text, textFormat=Qt.TextFormat.PlainText), at, 0)
        grid.addWidget(right, at, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
    return grid
