"""The help window: opens with F1, blocks nothing, follows the theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QTextCursor

from kernlab.engine.contract.help import Entry, Page, Section
from kernlab.ui.help import HelpWindow, as_html


def text_of(window: HelpWindow) -> str:
    return " ".join(window.browser.toPlainText().split())


def ink(window: HelpWindow, words: str) -> QColor:
    """The colour of some words on the page."""
    cursor = window.browser.document().find(words)
    assert not cursor.isNull(), words
    end = QTextCursor(cursor)
    end.setPosition(cursor.selectionEnd())
    return end.charFormat().foreground().color()


def test_f1_opens_it_and_escape_closes_it(user: Any) -> None:
    user.panel.controls.control("n").editor.setFocus()
    user.qtbot.keyClick(user.panel.controls.control("n").editor, Qt.Key.Key_F1)
    window = user.panel.help.window
    assert window.isVisible() and not window.isModal()
    assert "Gapped sine" in window.windowTitle()
    text = text_of(window)
    for words in (user.panel.experiment.question, "Lengthscale σ", "G8", "Table 2, data set 1"):
        assert words in text
    user.enter("n", "3000")
    assert user.value("n") == 3000
    user.qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    user.act("Help")
    assert user.panel.help.window is window and window.isVisible()
    assert "Help" in [action.text() for action in user.panel.toolbar.tools.actions()]


def test_it_follows_the_theme_and_stays_where_one_reads(user: Any) -> None:
    user.act("Help")
    window = user.panel.help.window
    question = user.panel.experiment.question
    for theme in ("light", "dark"):
        user.window.set_theme(theme)
        user.wait(lambda: ink(window, question) == user.window.theme.color("muted"))
    bar = window.browser.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    place = bar.value()
    user.window.set_theme("light")
    user.wait(lambda: ink(window, question) == user.window.theme.color("muted"))
    assert place > 100 and bar.value() == place


def test_a_heading_in_the_contents_scrolls_to_it(user: Any) -> None:
    user.act("Help")
    browser = user.panel.help.window.browser
    cursor = browser.document().find("Sources and how to cite")
    link = cursor.charFormat().anchorHref()
    browser.anchorClicked.emit(link)
    bar = browser.verticalScrollBar()
    user.wait(lambda: bar.value() > bar.maximum() // 2)


def test_what_it_shows_is_text_never_markup() -> None:
    page = Page(
        "<b>T</b>", "a & b", (Section("<i>", ("x < y",), (Entry("<u>", "", (("c", "\n<s>"),)),)),)
    )
    html = as_html(page)
    for tag in ("<b>", "<i>", "<u>", "<s>", "x < y"):
        assert tag not in html
    assert "&lt;u&gt;" in html and "<br>&lt;s&gt;" in html


@pytest.mark.usefixtures("toy")
def test_any_experiment_has_help(make_user: Callable[[], Any]) -> None:
    user = make_user()
    user.open("toy")
    user.rest()
    user.act("Help")
    text = text_of(user.panel.help.window)
    assert "100 % of <it>." in text and "the level is <low>" in text
