"""A user in front of the real window."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import kernlab
from kernlab.engine.contract.drawing import Drawing
from kernlab.ui import theme as themes
from kernlab.ui.figure_card import FigureCard
from kernlab.ui.mailbox import Finished
from kernlab.ui.panel import Panel
from kernlab.ui.sheet_card import SheetCard
from kernlab.ui.window import Window
from tests.smaller import SMALLER

LEFT = Qt.MouseButton.LeftButton


LONG = {"attention-timing"}
"""Experiments whose run at the defaults is longer than a test."""
PATIENCE = 12_000
"""Milliseconds after which what was waited for is missing; what comes, comes in far less."""


class User:
    """Does what a person does, by mouse and keyboard, and looks at what is on screen."""

    def __init__(self, qtbot: QtBot, window: Window) -> None:
        self.qtbot = qtbot
        self.window = window
        self.finished: list[Finished] = []

    @property
    def panel(self) -> Panel:
        return self.window.panel

    def open(self, key: str) -> Panel:
        panel = self.window.show_panel(key)
        if key in LONG:
            panel.set_parameters(SMALLER[key])
        panel.finished.connect(self.finished.append)
        return panel

    # -- waiting ----------------------------------------------------------------------------

    def wait(self, condition: Callable[[], Any]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE)

    def rest(self) -> None:
        """Wait until the full run of the newest parameters has come."""
        panel = self.panel
        self.wait(lambda: any(f.request.serial == panel.serial for f in self.shown))

    def quiet(self) -> None:
        """Wait until nothing runs and nothing is about to."""
        self.wait(lambda: not self.panel.toolbar.running and not self.window.lane.busy)

    @property
    def shown(self) -> list[Finished]:
        """The full runs that were made for the picture, and have finished."""
        return [event for event in self.finished if event.request.purpose == "show"]

    # -- input ------------------------------------------------------------------------------

    def drag(self, name: str, *places: float) -> None:
        """Drag a slider over places from 0 to 1, and let go at the last one."""
        slider = self.panel.controls.control(name).slider
        assert slider is not None
        spots = [QPoint(round(slider.x_of(round(p * slider.maximum()))), 10) for p in places]
        start = QPoint(round(slider.x_of(slider.value())), 10)
        self.qtbot.mousePress(slider, LEFT, pos=start)
        for spot in spots:
            self.qtbot.mouseMove(slider, spot)
        self.qtbot.mouseRelease(slider, LEFT, pos=spots[-1])

    def enter(self, name: str, text: str) -> None:
        """Type a value into an editor and press Enter."""
        editor: Any = self.panel.controls.control(name).editor
        editor.setFocus()
        editor.selectAll()
        self.qtbot.keyClicks(editor, text)
        self.qtbot.keyClick(editor, Qt.Key.Key_Return)

    def act(self, text: str) -> None:
        """Do what a menu, a shortcut or the palette would, by its name."""
        found = [*self.window.actions(), *self.panel.actions()]
        next(action for action in found if action.text() == text).trigger()

    # -- what is on screen ------------------------------------------------------------------

    def value(self, name: str) -> Any:
        return getattr(self.panel.parameters, name)

    def card(self, key: str) -> FigureCard | SheetCard:
        return next(card for card in self.panel.grid.cards if card.key == key)

    def drawing(self, key: str) -> Drawing:
        card = self.card(key)
        assert isinstance(card, FigureCard) and card.drawing is not None
        return card.drawing

    @property
    def message(self) -> str:
        """The sentence in the panel, if there is one."""
        message = self.panel.message
        return message.text.text() if message.isVisible() else ""

    @property
    def notice(self) -> str:
        """The sentence in the newest notice over the figures, if there is one."""
        toasts = self.window.notices.toasts
        return toasts[-1].notice.text if toasts else ""


@pytest.fixture(scope="session")
def compiled() -> None:
    """The numerical kernels, whose first compilation takes longer than a user here waits."""
    kernlab.run("gapped-sine", n=300)


@pytest.fixture
def make_user(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, compiled: None
) -> Iterator[Callable[[], User]]:
    """Opens windows without a panel; each is closed, and its lane with it, after the test."""
    windows: list[Window] = []
    killed: list[int] = []
    monkeypatch.setattr(os, "_exit", killed.append)  # or it would end the tests as a success

    def make() -> User:
        themes.apply(qapp, themes.load("light"))
        window = Window()
        windows.append(window)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        return User(qtbot, window)

    yield make
    for window in windows:
        window.lane.close(10)
        window.close()
        window.deleteLater()
    qapp.setStyleSheet("")
    assert killed == [], "a window was closed by the end of its process"


@pytest.fixture
def user(make_user: Callable[[], User]) -> User:
    """In front of gapped sine, whose first full run has come."""
    made = make_user()
    made.open("gapped-sine")
    made.rest()
    return made
