"""Where Tab goes: through what is on screen in the order in which it is read.

Qt's own order is that of construction, and cards are made, moved and hidden all the time; so the
order is read from the layouts at the moment in which Tab is pressed.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QSplitter, QStackedWidget, QWidget

MARGIN = 8
"""Pixels around a focused widget that are scrolled into view with it."""


def chain(root: QWidget) -> list[QWidget]:
    """The widgets below `root` that Tab reaches, in order."""
    return [widget for widget in _walk(root) if _takes_tab(widget)]


def move(root: QWidget, *, forward: bool) -> bool:
    """Give the focus to the next or the previous widget below `root`, round at the ends.

    Returns:
        Whether there was one.
    """
    every = list(_walk(root))
    now = root.window().focusWidget()
    at = every.index(now) if now in every else (-1 if forward else 0)
    rest = every[at + 1 :] + every[: max(at, 0)] if forward else _before(every, at)
    target = next((widget for widget in rest if _takes_tab(widget)), None)
    if target is None:
        return False
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    target.setFocus(reason)
    reveal(target)
    return True


def rest(window: QWidget) -> None:
    """Give the focus to nothing that shows it, until the first Tab."""
    window.setFocus(Qt.FocusReason.OtherFocusReason)


def reveal(widget: QWidget) -> None:
    """Scroll every area around a widget so that it is seen."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(widget, MARGIN, MARGIN)
        above = above.parentWidget()


def _before(every: list[QWidget], at: int) -> list[QWidget]:
    return every[:at][::-1] + every[at + 1 :][::-1]


def _takes_tab(widget: QWidget) -> bool:
    return bool(
        widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isEnabled()
        and widget.focusProxy() is None
    )


def _walk(widget: QWidget) -> Iterator[QWidget]:
    """The visible widgets below one, each before what it holds."""
    for child in _children(widget):
        if child.isVisible() and not child.isWindow():
            yield child
            yield from _walk(child)


def _children(widget: QWidget) -> list[QWidget]:
    """What a widget holds, in the order of its layout; what no layout holds comes last."""
    held: list[QWidget | None] | None = None
    if isinstance(widget, QStackedWidget):
        held = [widget.currentWidget()]
    elif isinstance(widget, QSplitter):
        held = [widget.widget(at) for at in range(widget.count())]
    elif isinstance(widget, QScrollArea):
        held = [widget.widget()]
    if held is not None:
        return [child for child in held if child is not None]
    layout = widget.layout()
    placed = list(_placed(layout)) if layout is not None else []
    return placed + [
        child for child in widget.children() if isinstance(child, QWidget) and child not in placed
    ]


def _placed(layout: QLayout) -> Iterator[QWidget]:
    for at in range(layout.count()):
        item = layout.itemAt(at)
        if item is None:
            continue
        inner, widget = item.layout(), item.widget()
        if inner is not None:
            yield from _placed(inner)
        elif widget is not None:
            yield widget
