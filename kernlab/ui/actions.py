"""Actions: whatever the window or a panel can do, by menu, by shortcut and from the palette."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QWidget


def add_action(
    owner: QWidget, text: str, slot: Callable[[], object], shortcut: str = "", tip: str = ""
) -> QAction:
    """Give a widget something that it can do.

    Args:
        owner: the window, for what is always there, or a panel, for what is there with it.
        text: what menus and the palette call it.
        slot: called without arguments.
        shortcut: in Qt's words, such as `Ctrl+K`; of a panel's, only while it is on screen.
        tip: a sentence more.
    """
    action = QAction(text, owner)
    action.triggered.connect(lambda _=False: slot())
    if tip:
        action.setToolTip(tip)
        action.setStatusTip(tip)
    if shortcut:
        action.setShortcut(QKeySequence(shortcut))
    everywhere = isinstance(owner, QMainWindow)
    action.setShortcutContext(
        Qt.ShortcutContext.WindowShortcut
        if everywhere
        else Qt.ShortcutContext.WidgetWithChildrenShortcut
    )
    owner.addAction(action)
    return action
