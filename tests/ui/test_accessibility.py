"""The window without a mouse, without sight, with large letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QAction, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QSizePolicy,
    QTabBar,
    QTextEdit,
    QWidget,
)

from kernlab.engine import catalogue
from kernlab.ui import focus
from kernlab.ui.control import Control
from kernlab.ui.figure_card import FigureCard

KEY, SHIFT = Qt.Key, Qt.KeyboardModifier.ShiftModifier
INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
    pyqtgraph.GraphicsView,
)
WHOLE = (QLineEdit, QTabBar, QComboBox, QAbstractItemView)
"""Kinds whose inner buttons are theirs: what they do, the keyboard does in the widget itself."""
RING = 24
"""Pixels that have to change, by a contrast of 3 at least, for a focus to be seen."""


def interactive(root: QWidget) -> list[QWidget]:
    """What a person can use below a widget, as far as it is on screen and enabled."""
    found = []
    for widget in root.findChildren(QWidget):
        usable = widget.isVisible() and widget.isEnabled() and not widget.isWindow()
        tabbed = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and not widget.focusProxy()
        kind = isinstance(widget, INTERACTIVE) and not isinstance(widget, QScrollBar)
        if usable and (tabbed or kind) and not _inner(widget):
            found.append(widget)
    return found


def _inner(widget: QWidget) -> bool:
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, WHOLE):
            return True
        above = above.parentWidget()
    return False


def name_of(widget: QWidget) -> str:
    return str(QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)).strip()


def nameless(root: QWidget) -> list[str]:
    return [f"{type(w).__name__} {w.objectName()}" for w in interactive(root) if not name_of(w)]


def open_everything(user: Any) -> None:
    """Claims measured and open, a message with its details."""
    panel = user.panel
    user.wait(lambda: panel.claims.cards)
    panel.runs._claims_rest.stop()
    user.quiet()
    for card in panel.claims.cards.values():
        card.toggle()
    panel.message.fail("a sentence", "details")
    panel.message._more.click()


@pytest.fixture(params=catalogue.keys())
def full(request: Any, make_user: Callable[[], Any]) -> Any:
    """In front of each panel in turn, with all that can be open open."""
    user = make_user()
    user.open(request.param)
    user.rest()
    open_everything(user)
    return user


class TestNames:
    def test_everything_has_one(self, full: Any) -> None:
        for at in range(full.panel.tabs.count()):
            full.panel.tabs.setCurrentIndex(at)
            full.wait(lambda: all(c.isVisible() for c in full.panel.grid.cards))
            assert len(interactive(full.window)) > 40
            assert nameless(full.window) == []
        for text in ("Command palette", "Keyboard shortcuts"):
            full.act(text)
            overlays = (full.window.command_palette, full.window.shortcut_sheet)
            shown = next(card for card in overlays if card.isVisible())
            assert interactive(shown) and nameless(shown) == []
            shown.close_card()

    def test_a_name_says_which_one(self, full: Any) -> None:
        """No two controls of the right column, and no two buttons of cards, are called alike."""
        side = [w for w in interactive(full.panel.controls) if not isinstance(w, QAbstractButton)]
        alike = Counter((type(widget).__name__, name_of(widget)) for widget in side)
        assert [name for name, count in alike.items() if count > 1] == []


class TestActions:
    def test_each_has_a_text_and_keys_of_its_own(self, full: Any) -> None:
        window, panel = full.window, full.panel
        actions = [*window.actions(), *panel.actions()]
        assert [a for a in actions if not a.text().strip() and not a.isSeparator()] == []
        taken: dict[str, list[str]] = {}
        for action in actions:
            for keys in action.shortcuts():
                taken.setdefault(keys.toString(), []).append(action.text())
        assert {keys: texts for keys, texts in taken.items() if len(texts) > 1} == {}
        items = {*panel.toolbar.presets.actions(), *_in_submenus(window, panel)}
        assert [a.text() for a in actions if a.shortcut().isEmpty() and a not in items] == []

    def test_keys_of_buttons_are_not_keys_of_actions(self, full: Any) -> None:
        actions = [*full.window.actions(), *full.panel.actions()]
        taken = {keys.toString() for action in actions for keys in action.shortcuts()}
        buttons = full.window.findChildren(QAbstractButton)
        assert not taken & {b.shortcut().toString() for b in buttons if not b.shortcut().isEmpty()}

    def test_a_panels_keys_work_wherever_the_focus_is(self, user: Any) -> None:
        user.quiet()
        for place in (user.window.navigation.theme_button, user.panel.tabs):
            place.setFocus()
            user.qtbot.keyClick(place, KEY.Key_F9)
            assert not user.panel.side.isVisible()
            user.qtbot.keyClick(place, KEY.Key_F9)
            assert user.panel.side.isVisible()


def _in_submenus(window: QWidget, panel: Any) -> Iterator[QAction]:
    """The entries of menus within menus: they are made of items, such as recent files."""
    for menu in (panel.toolbar.presets, panel.toolbar.tools, panel.toolbar.exports):
        for action in menu.actions():
            if action.menu() is not None:
                yield action
                yield from action.menu().actions()


class TestTab:
    def walk(self, user: Any, *, back: bool = False) -> list[QWidget]:
        user.window.setFocus()
        seen: list[QWidget] = []
        while True:
            now = user.window.focusWidget() or user.window
            user.qtbot.keyClick(now, KEY.Key_Backtab if back else KEY.Key_Tab)
            now = user.window.focusWidget()
            if now in seen:
                return seen
            seen.append(now)

    def test_it_reaches_everything_and_in_the_order_of_reading(self, full: Any) -> None:
        window, panel = full.window, full.panel
        window.setFocus()
        reached = self.walk(full)
        groups = {w.group() for w in reached if isinstance(w, QAbstractButton) and w.group()}
        missed = [
            f"{type(widget).__name__} {name_of(widget)}"
            for widget in interactive(window)
            if widget not in reached
            and not (isinstance(widget, QAbstractButton) and widget.group() in groups)
        ]
        assert missed == []
        parts = (
            window.navigation, panel.toolbar, panel.message, panel.tabs, panel.grid,
            panel.controls, panel.claims, window.status_line,
        )  # fmt: skip
        order = [
            next(at for at, part in enumerate(parts) if part is w or part.isAncestorOf(w))
            for w in reached
            if any(part is w or part.isAncestorOf(w) for part in parts)
        ]
        assert order == sorted(order)
        assert set(order) >= set(range(len(parts) - 1))
        assert self.walk(full, back=True) == reached[::-1]

    def test_what_it_reaches_is_scrolled_into_view(self, full: Any) -> None:
        full.window.resize(1024, 700)
        full.wait(lambda: full.window.navigation.width() < 60)
        panel = full.panel
        for widget in (panel.controls.control("seed").editor, panel.claims.search):
            if widget.isVisible():
                chain = focus.chain(full.window)
                chain[chain.index(widget) - 1].setFocus()
                full.qtbot.keyClick(full.window.focusWidget(), KEY.Key_Tab)
                assert widget.hasFocus() and not widget.visibleRegion().isEmpty()

    def test_arrows_move_within_a_row_of_choices(self, user: Any) -> None:
        entries = user.window.navigation.entries
        first, second = (entries[key] for key in catalogue.keys()[:2])
        first.setFocus()
        user.qtbot.keyClick(first, KEY.Key_Down)
        assert second.hasFocus()
        tabs = user.panel.tabs
        tabs.setFocus()
        user.qtbot.keyClick(tabs, KEY.Key_Right)
        assert user.panel.view == user.panel.experiment.views[1]

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_the_focus_is_seen_on_everything(self, full: Any, theme: str) -> None:
        full.window.set_theme(theme)
        QApplication.sendPostedEvents()  # layouts settle before anything is scrolled to
        for card in full.panel.grid.cards:
            card.highlight(False)
        faint = []
        for widget in focus.chain(full.window):
            focus.reveal(widget)
            full.window.setFocus()
            before = self.around(full, widget)
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            changed = int(np.sum(contrasts(before, self.around(full, widget)) >= 3))
            if changed < RING:
                faint.append(f"{type(widget).__name__} {name_of(widget)}: {changed}")
        assert faint == []

    def around(self, user: Any, widget: QWidget) -> npt.NDArray[np.float64]:
        """The picture of a widget with what surrounds it closely, luminance by pixel."""
        corner = widget.mapTo(user.window, widget.rect().topLeft())
        place = QRect(corner, widget.size()).adjusted(-14, -34, 14, 14) & user.window.rect()
        picture = user.window.grab(place).toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), -1)
        coded = rows[:, : 3 * picture.width()].reshape(picture.height(), -1, 3) / 255
        linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
        return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrasts(
    one: npt.NDArray[np.float64], two: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return (np.maximum(one, two) + 0.05) / (np.minimum(one, two) + 0.05)


class TestPlotKeys:
    @pytest.fixture
    def card(self, user: Any) -> FigureCard:
        user.quiet()
        made = user.card("posterior")
        assert isinstance(made, FigureCard)
        made.plot.setFocus(Qt.FocusReason.TabFocusReason)
        return made

    def test_arrows_pan_signs_zoom_home_resets(self, user: Any, card: FigureCard) -> None:
        press, plot = user.qtbot.keyClick, card.plot
        home = plot.ranges
        (x0, x1), (y0, y1) = home
        press(plot, KEY.Key_Right)
        press(plot, KEY.Key_Up)
        (left, right), (low, high) = plot.ranges
        assert left - x0 == pytest.approx(0.1 * (x1 - x0)) == pytest.approx(right - x1)
        assert low - y0 == pytest.approx(0.1 * (y1 - y0)) == pytest.approx(high - y1)
        linked = user.card("ratio").plot
        assert linked.ranges[0] == pytest.approx((left, right))
        press(plot, KEY.Key_Plus)
        assert plot.ranges[0][1] - plot.ranges[0][0] == pytest.approx((x1 - x0) / 1.25)
        press(plot, KEY.Key_Minus)
        assert plot.ranges[0] == pytest.approx((left, right))
        press(plot, KEY.Key_Home)
        assert plot.ranges == home and linked.ranges[0] == pytest.approx(home[0])

    def test_letters_and_enter_do_what_the_cards_buttons_do(
        self, user: Any, card: FigureCard
    ) -> None:
        ratio = user.card("ratio")
        user.qtbot.keyClick(ratio.plot, KEY.Key_L)
        user.wait(lambda: ratio.drawing.y.log)
        user.qtbot.keyClick(ratio.plot, KEY.Key_Return)
        assert user.panel.grid.enlarged == "ratio"
        user.qtbot.keyClick(ratio.plot, KEY.Key_Return)
        assert user.panel.grid.enlarged == ""

    def test_the_read_out_walks_along_curves(self, user: Any, card: FigureCard) -> None:
        press, plot, keys = user.qtbot.keyClick, card.plot, card.keys
        labels, places = [], []
        for key in (KEY.Key_Right, KEY.Key_Right, KEY.Key_Up, KEY.Key_Left):
            press(plot, key, SHIFT)
            assert keys.cursor.isVisible() and keys.at is not None
            places.append(keys.at.x())
            labels.append(plot.accessibleDescription())
        assert places[0] < places[1] and places[3] < places[2]
        assert all(text.startswith("x ") for text in labels)
        assert labels[1] != labels[2]
        user.panel.tabs.setFocus()
        assert not keys.cursor.isVisible()

    def test_a_place_in_a_map_is_chosen_without_a_mouse(self, user: Any) -> None:
        user.panel.tabs.setCurrentIndex(2)
        user.wait(lambda: getattr(user.card("map-gcv"), "drawing", None) is not None)
        user.quiet()
        plot = user.card("map-gcv").plot
        plot.setFocus(Qt.FocusReason.TabFocusReason)
        before = user.panel.parameters
        for _ in range(3):
            user.qtbot.keyClick(plot, KEY.Key_Right, SHIFT)
        user.qtbot.keyClick(plot, KEY.Key_Space)
        assert user.value("lengthscale") != before.lengthscale


class TestLargeLetters:
    @pytest.mark.parametrize("size", [11, 13, 16, 20])
    @pytest.mark.parametrize("shape", [(1440, 900), (1024, 700)])
    def test_nothing_is_clipped(self, user: Any, size: int, shape: tuple[int, int]) -> None:
        window, panel = user.window, user.panel
        user.wait(lambda: panel.claims.cards)
        panel.claims.cards["G2"].toggle()
        window.settings.change(font_size=size)
        window.resize(*shape)
        user.wait(lambda: window.width() == shape[0])
        assert panel.side.isVisible() == (shape[0] == 1440 or size < 14)
        parts = (panel.toolbar, panel.controls, panel.claims, window.navigation)
        user.wait(lambda: not [text for part in parts for text in clipped(part)])
        for area in panel.side.findChildren(QScrollArea):
            assert area.widget().width() <= area.viewport().width()
        for widget in (panel.toolbar, panel.answer, panel.tabs, panel.grid, panel.side):
            if widget.isVisible():
                assert widget.mapTo(window, widget.rect().topRight()).x() < window.width()
                assert widget.minimumSizeHint().width() <= widget.width()
        line = window.status_line
        assert line.facts.sizeHint().height() <= line.facts.height()


def clipped(root: QWidget) -> list[str]:
    """The texts below a widget that need more room than they have."""
    found = []
    for widget in root.findChildren(QWidget):
        if widget.isVisible() and not _inner(widget) and _too_small(widget):
            text = getattr(widget, "text", lambda: "")()
            hint = widget.sizeHint()
            found.append(f"{type(widget).__name__} {text!r}: {hint} in {widget.size()}")
    return found


def _too_small(widget: QWidget) -> bool:
    hint, size = widget.sizeHint(), widget.size()
    if isinstance(widget, QLabel):
        if widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored:
            return hint.height() > size.height()
        if widget.wordWrap():
            return widget.heightForWidth(size.width()) > size.height()
    elif not isinstance(widget, (QAbstractButton, QLineEdit, QComboBox, Control)):
        return False
    if isinstance(widget, (QLineEdit, Control)):
        hint = widget.minimumSizeHint()
    return hint.width() > size.width() or hint.height() > size.height()


def test_sheets_that_scroll_are_scrolled_by_keyboard(user: Any) -> None:
    user.panel.set_parameters(
        {"methods": tuple(user.panel.controls.control("methods").field.options)}
    )
    user.rest()
    area: QAbstractScrollArea = user.card("methods").area
    assert area.focusPolicy() & Qt.FocusPolicy.TabFocus and name_of(area) == "Methods"
    area.setFocus(Qt.FocusReason.TabFocusReason)
    bar = area.verticalScrollBar()
    if bar.maximum():
        user.qtbot.keyClick(area, KEY.Key_Down)
        assert bar.value() > 0
