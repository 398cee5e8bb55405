"""Actions: whatever the window or a panel can do, by menu, by shortcut and from the palette."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget


def add_action(
    owner: QWidget,
    text: str,
    slot: Callable[[], object],
    shortcut: str = "",
    tip: str = "",
    *,
    menu: QMenu | None = None,
) -> QAction:
    """Give a widget something that it can do.

    Args:
        owner: the window, for what is always there, or a panel, for what is there with it. What
            it can do, it can do while it is on screen, wherever in the window the focus is.
        text: what menus and the palette call it.
        slot: called without arguments.
        shortcut: in Qt's words, such as `Ctrl+K`.
        tip: a sentence more.
        menu: where it is listed at the end, besides the palette.
    """
    action = QAction(text, owner)
    action.triggered.connect(lambda _=False: slot())
    if tip:
        action.setToolTip(tip)
        action.setStatusTip(tip)
    if shortcut:
        action.setShortcut(QKeySequence(shortcut))
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    owner.addAction(action)
    if menu is not None:
        menu.addAction(action)
    return action
