"""Locks: a parameter keeps its value whatever is asked for; and the way back to its default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QMenu

from kernlab.ui.keeper import Keeper

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel


def wire(panel: Panel) -> None:
    """Put *Reset* and *Lock* into the menus of a panel's controls; the session keeps locks."""

    def load(names: Any) -> None:
        known = {field.name for field in panel.controls.fields}
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError("the locks are no list of parameters")
        panel.controls.lock(known.intersection(names))

    panel.menu_providers.append(_offer)
    panel.memory["locks"] = Keeper(save=lambda: panel.controls.locked, load=load)


def _offer(panel: Panel, name: str, menu: QMenu) -> None:
    control = panel.controls.control(name)
    reset = menu.addAction("Reset to default")
    reset.setEnabled(not control.locked and control.value != control.default)
    reset.triggered.connect(lambda _=False: control.reset())
    lock = menu.addAction("Lock")
    lock.setCheckable(True)
    lock.setChecked(control.locked)
    lock.setToolTip("Keep this value whatever a preset, a reset or undo asks for")
    lock.triggered.connect(lambda on: control.set_locked(on))
