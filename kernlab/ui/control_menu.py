"""The menu of a control, put together from what the parts of a panel offer for a parameter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget

from kernlab.ui.actions import add_action
from kernlab.ui.control import Control
from kernlab.ui.message import BRIEFLY

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel

Provider = Callable[["Panel", str, QMenu], None]
"""Adds what it offers for a parameter, by name, to a menu; nothing where it has no offer."""


def menu_of(panel: Panel, name: str) -> QMenu:
    """What can be done with a parameter; one block for each of the panel's providers."""
    menu = QMenu(panel, toolTipsVisible=True)
    menu.setAccessibleName(f"Menu of {panel.controls.control(name).field.label}")
    for provider in panel.menu_providers:
        if not menu.isEmpty():
            menu.addSeparator()
        provider(panel, name, menu)
    return menu


def wire(panel: Panel) -> None:
    """Let every control of a panel show its menu, by right click and by keyboard."""
    custom = Qt.ContextMenuPolicy.CustomContextMenu
    for field in panel.controls.fields:
        control = panel.controls.control(field.name)
        for widget in (control, control.editor):
            widget.setContextMenuPolicy(custom)
            widget.customContextMenuRequested.connect(partial(_show, panel, field.name, widget))
    action = add_action(
        panel,
        "Menu of this control",
        lambda: _show_for_focus(panel),
        "Shift+F10",
        "What can be done with the parameter that has the focus",
    )
    action.setShortcuts([QKeySequence("Shift+F10"), QKeySequence("Menu")])


def _show(panel: Panel, name: str, widget: QWidget, place: QPoint) -> None:
    if QApplication.activePopupWidget() is not None:
        return  # the key came as a shortcut and as an event of its own
    menu = menu_of(panel, name)
    if isinstance(widget, QLineEdit):
        standard = widget.createStandardContextMenu()
        standard.setParent(menu)
        menu.addSeparator()
        menu.addActions(standard.actions())
    if menu.isEmpty():
        menu.deleteLater()
        return
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.popup(widget.mapToGlobal(place))


def _show_for_focus(panel: Panel) -> None:
    widget = QApplication.focusWidget()
    while widget is not None and not isinstance(widget, Control):
        widget = widget.parentWidget()
    if widget is None or not panel.controls.isAncestorOf(widget):
        panel.message.tell("Go to a control with Tab first; then its menu opens.", BRIEFLY)
        return
    target = widget.slider or widget.editor
    _show(panel, widget.field.name, target, target.rect().center())
