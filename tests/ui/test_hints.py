"""The first minute: three hints in place, once, that cover no figure and take no focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt

from kernlab.ui import hints as hints_module
from kernlab.ui.hints import HINTS, Hints, at_first_start, best_place, seen_file

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("KERNLAB_HOME", str(tmp_path))
    monkeypatch.setattr(hints_module, "AFTER", 0)
    yield tmp_path


def hints_of(user: Any) -> Hints:
    hints: Hints = user.window.hints
    return hints


def covered(user: Any) -> list[str]:
    """The figures under the bubble."""
    bubble, found = hints_of(user).bubble, []
    for card in user.panel.grid.cards:
        place = QRect(card.mapTo(user.window, card.rect().topLeft()), card.size())
        if place.intersects(bubble.geometry()):
            found.append(card.key)
    return found


def test_three_hints_one_after_the_other(user: Any) -> None:
    assert not hints_of(user).shown
    user.act("Show the hints again")
    seen = []
    for at in range(len(HINTS)):
        bubble = hints_of(user).bubble
        assert bubble.isVisible() and hints_of(user).ring.isVisible()
        assert user.window.rect().contains(bubble.geometry())
        assert not bubble.geometry().intersects(hints_of(user).ring.geometry())
        assert covered(user) == []
        assert bubble.count.text() == f"{at + 1} of 3"
        seen.append(bubble.text.text())
        user.qtbot.mouseClick(bubble.next, LEFT)
    assert [words.split()[0] for words in seen] == ["Drag", "The", "Export:"]
    assert not hints_of(user).bubble.isVisible() and not hints_of(user).ring.isVisible()


def test_they_never_take_the_focus(user: Any) -> None:
    editor = user.panel.controls.control("n").editor
    editor.setFocus()
    editor.selectAll()
    user.act("Show the hints again")
    user.qtbot.mouseClick(hints_of(user).bubble.next, LEFT)
    assert editor.hasFocus()
    user.qtbot.keyClicks(editor, "3000")
    user.qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert user.value("n") == 3000 and hints_of(user).shown


def test_dragging_what_they_point_at(user: Any) -> None:
    user.act("Show the hints again")
    user.drag("n", 0.3)
    user.rest()
    assert hints_of(user).bubble.isVisible()


@pytest.mark.parametrize("way", ["skip", "escape"])
def test_skip(user: Any, way: str) -> None:
    user.act("Show the hints again")
    if way == "skip":
        user.qtbot.mouseClick(hints_of(user).bubble.skip, LEFT)
    else:
        user.window.activateWindow()
        user.wait(user.window.isActiveWindow)
        user.qtbot.keyClick(user.panel.controls.control("n").editor, Qt.Key.Key_Escape)
    assert not hints_of(user).shown and not hints_of(user).bubble.isVisible()


def test_they_go_with_what_they_point_at(user: Any) -> None:
    user.act("Show the hints again")
    place = hints_of(user).bubble.geometry()
    user.window.resize(1200, 800)
    user.wait(lambda: hints_of(user).bubble.geometry() != place)
    user.panel.toolbar.side.click()  # hides the column that the slider is in
    user.wait(lambda: not hints_of(user).bubble.isVisible())
    hints_of(user).advance()
    assert hints_of(user).bubble.text.text().startswith("Export")
    assert hints_of(user).bubble.isVisible()


def test_at_the_very_first_start_only(make_user: Callable[[], Any]) -> None:
    user = make_user()
    user.open("gapped-sine")
    at_first_start(user.window)
    user.wait(lambda: hints_of(user).shown)
    user.wait(seen_file().exists)
    again = make_user()
    again.open("gapped-sine")
    at_first_start(again.window)
    again.rest()
    assert not hints_of(again).shown


def test_a_home_that_cannot_be_written_to(
    user: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("KERNLAB_HOME", str(home / "file"))
    user.act("Show the hints again")
    user.quiet()
    assert hints_of(user).shown


def test_where_a_bubble_goes() -> None:
    window, size = QRect(0, 0, 1000, 800), QRect(0, 0, 200, 80)
    figure = QRect(0, 100, 700, 600)
    for target in (QRect(720, 300, 200, 40), QRect(720, 10, 200, 40), QRect(400, 10, 80, 30)):
        place = best_place(size, target, window, [figure])
        assert window.contains(place)
        assert not place.intersects(target) and not place.intersects(figure)
    everywhere = best_place(size, QRect(400, 300, 80, 30), window, [window])
    assert not everywhere.intersects(QRect(400, 300, 80, 30))
