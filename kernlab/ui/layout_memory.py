"""What every panel remembers of its layout: view, open parts, gaps, switched axes."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker

from kernlab.engine.contract.parameters import shown
from kernlab.ui.keeper import Keeper
from kernlab.ui.panel import Panel

LARGEST = 100_000


def remember_layout(panel: Panel) -> None:
    """Register the keepers that any panel has; those of that name stay as they are."""
    keepers = {
        "view": Keeper(lambda: panel.view, lambda value: _load_view(panel, value)),
        "column": Keeper(panel.toolbar.side.isChecked, lambda value: _load_column(panel, value)),
        "formulas": Keeper(
            lambda: panel.formulas.open, lambda value: panel.formulas.restore(_switch(value))
        ),  # before the sizes, which belong to it
        "side": Keeper(panel.side.sizes, lambda value: _load_side(panel, value)),
        "splits": Keeper(lambda: dict(panel.grid.splits), lambda value: _load_splits(panel, value)),
        "scales": Keeper(
            lambda: [[*place, log] for place, log in panel.views.scales.items()],
            lambda value: _load_scales(panel, value),
        ),
    }
    for name, keeper in keepers.items():
        panel.memory.setdefault(name, keeper)


def _load_view(panel: Panel, value: Any) -> None:
    views = panel.experiment.views
    if value not in views:
        raise ValueError(f"view is {shown(value)}; allowed: one of {', '.join(views)}")
    with QSignalBlocker(panel.tabs):  # nothing is computed before the panel starts
        panel.tabs.setCurrentIndex(views.index(value))


def _load_column(panel: Panel, value: Any) -> None:
    panel.toolbar.side.setChecked(_switch(value))


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"what is open is {shown(value)}; allowed: true or false")
    return value


def _load_side(panel: Panel, value: Any) -> None:
    sizes = _sizes(value, "the right column")
    if any(sizes) and len(sizes) == panel.side.count():
        panel.side.setSizes(sizes)


def _sizes(value: Any, name: str) -> list[int]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"the sizes of {name} are {shown(value)}; allowed: whole numbers")
    if any(type(size) is not int or not 0 <= size <= LARGEST for size in value):
        raise ValueError(f"the sizes of {name} are {shown(value)}; allowed: 0 to {LARGEST}")
    return value


def _load_splits(panel: Panel, value: Any) -> None:
    if not isinstance(value, dict) or any(not isinstance(v, list) for v in value.values()):
        raise ValueError(f"the gaps between figures are {shown(value)}; allowed: lists of sizes")
    splits = {
        key: [_sizes(sizes, "a row of figures") for sizes in rows] for key, rows in value.items()
    }
    panel.grid.splits.update(splits)
    panel.grid.split()


def _load_scales(panel: Panel, value: Any) -> None:
    refusal = ValueError(f"the switched axes are {shown(value)}; allowed: figure, axis, yes or no")
    if not isinstance(value, list):
        raise refusal
    scales = {}
    for entry in value:
        if not isinstance(entry, list) or len(entry) != 3:
            raise refusal
        key, axis, log = entry
        if not isinstance(key, str) or axis not in ("x", "y") or not isinstance(log, bool):
            raise refusal
        scales[key, axis] = log
    panel.views.scales.update(scales)
