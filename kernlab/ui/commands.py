"""What the window and every panel can do by keyboard besides what their own parts add."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kernlab.engine import catalogue
from kernlab.ui.actions import add_action
from kernlab.ui.palette import Palette
from kernlab.ui.panel import Panel
from kernlab.ui.shortcuts import Sheet

if TYPE_CHECKING:
    from kernlab.ui.window import Window

MOST = 9
"""Panels and views beyond this many have no digit of their own."""


def add_to_window(window: Window) -> tuple[Palette, Sheet]:
    """The palette, the sheet of shortcuts, the theme, and the ways from panel to panel."""
    palette, sheet = Palette(window), Sheet(window)
    add_action(window, "Command palette", palette.open, "Ctrl+K", "Find whatever can be done")
    add_action(window, "Keyboard shortcuts", sheet.open, "Ctrl+/", "All keys at once")
    add_action(window, "Light or dark theme", window.switch_theme, "Ctrl+T")
    add_action(window, "Next panel", partial(_step, window, 1), "Ctrl+Tab")
    add_action(window, "Previous panel", partial(_step, window, -1), "Ctrl+Shift+Tab")
    for number, key in enumerate(catalogue.keys(), 1):
        keys = f"Alt+{number}" if number <= MOST else ""
        enter = window.navigation.entries[key].click
        add_action(window, f"Go to {catalogue.title(key)}", enter, keys)
    return palette, sheet


def _step(window: Window, steps: int) -> None:
    keys = catalogue.keys()
    now = keys.index(window.panel.experiment.key)
    window.navigation.entries[keys[(now + steps) % len(keys)]].click()


def add_to_panel(panel: Panel) -> None:
    """Its run, its views, its right column."""
    add_action(panel, "Run or cancel", panel.run_or_cancel, "Ctrl+Return")
    add_action(panel, "Show or hide controls and claims", panel.toolbar.side.click, "F9")
    add_action(panel, "Search the claims", partial(_search_claims, panel), "Ctrl+F")
    for number, view in enumerate(panel.experiment.views, 1):
        keys = f"Ctrl+{number}" if number <= MOST else ""
        add_action(panel, f"Show {view}", partial(panel.tabs.setCurrentIndex, number - 1), keys)


def _search_claims(panel: Panel) -> None:
    panel.toolbar.side.setChecked(True)
    panel.claims.search.setFocus()
    panel.claims.search.selectAll()
