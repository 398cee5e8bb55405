"""The memory guard in the window: a run that cannot fit is refused in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QPushButton


def buttons(user: Any) -> list[str]:
    found = user.panel.message.findChildren(QPushButton)
    return [button.text() for button in found if button.isVisible()]


def refused(user: Any) -> None:
    """Ask for more points than a limit of 100 MB allows."""
    user.window.lane.memory_limit = 100_000_000
    user.enter("n", "1e7")
    user.wait(lambda: "needs about" in user.message)


def test_a_run_that_cannot_fit_is_a_warning_that_says_what_to_lower(user: Any) -> None:
    refused(user)
    sentence = user.message.replace("\u202f", " ")
    assert sentence.startswith("n = 10 000 000 needs about 2")
    assert "and the limit is 100 MB; lower n (to about 1 " in sentence
    assert user.panel.message.property("kind") == "inconclusive"
    assert buttons(user) == ["Dismiss"]
    user.wait(lambda: not user.panel.toolbar.running)
    assert user.window.status_line.note.text() == "not started"
    assert all(event.request.parameters.n == 2500 for event in user.shown)


def test_the_rough_picture_of_a_drag_is_still_drawn(user: Any) -> None:
    refused(user)
    drawn = user.drawing("posterior")
    user.wait(lambda: user.card("posterior").drawing is not drawn or "of" in drawn.note)


def test_the_promised_value_runs_and_the_warning_goes(user: Any) -> None:
    refused(user)
    promised = user.message.partition("to about ")[2].rstrip(")").replace("\u202f", "")
    user.enter("n", promised)
    user.rest()
    user.wait(lambda: user.message == "")
    assert user.shown[-1].request.parameters.n == int(promised) > 1_000_000


def test_an_export_that_cannot_fit_is_refused_too(user: Any, tmp_path: Path) -> None:
    user.quiet()
    user.window.lane.memory_limit = 1_000_000
    user.window.exporting.export(tmp_path / "a.csv", "data")
    user.wait(lambda: user.message.startswith("Nothing was exported: m = 25 needs about"))
    assert user.panel.message.property("kind") == "inconclusive"
    assert not (tmp_path / "a.csv").exists()
    user.window.lane.memory_limit = None
    user.window.exporting.export(tmp_path / "a.csv", "data")
    user.wait(lambda: (tmp_path / "a.csv").exists() and "Saved" in user.notice)


def test_a_search_leaves_aside_what_does_not_fit(user: Any) -> None:
    user.panel.set_parameters({"gap_width": 0.0})
    user.rest()
    user.quiet()
    user.window.lane.memory_limit = 75_000_000
    user.panel.break_search.find("G2", "n")
    user.wait(lambda: " up to " in user.message or "does not flip" in user.message)
    user.quiet()
    keys: Any = user.window.lane._cache._shelf.entries
    chunks = [key[2][1] for key in keys if key[1] == "chunk"]
    assert max(chunks, default=0) < 2_000_000 // 100_000


def test_a_refusal_by_the_users_own_preference(user: Any) -> None:
    user.window.settings.change(memory="own", memory_gb=0.25)
    user.wait(lambda: user.window.lane.memory_limit == 250_000_000)
    user.panel.set_parameters({"n": 10_000_000, "domain": 20.0})
    user.wait(lambda: "the limit is 250" in user.message)
