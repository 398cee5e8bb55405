"""What a control's menu offers for its value: the default again, and a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from kernlab.ui.panel import Panel


def offer(panel: Panel, name: str, menu: QMenu) -> None:
    """Add *Reset* and *Lock* for a parameter to a menu."""
    control = panel.controls.control(name)
    reset = menu.addAction("Reset to default")
    reset.setEnabled(not control.locked and control.value != control.default)
    reset.triggered.connect(lambda _=False: control.reset())
    lock = menu.addAction("Lock")
    lock.setCheckable(True)
    lock.setChecked(control.locked)
    lock.setToolTip("Keep this value whatever a preset, a reset or undo asks for")
    lock.triggered.connect(lambda on: control.set_locked(on))
