"""The ticks that an experiment puts on its sliders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.toy.toy import LEVEL_AT


def texts(user: Any) -> list[str]:
    return [mark.text for mark in user.panel.controls.control("level").slider.marks]


def test_landmarks_come_with_a_full_run_and_stay_beside_a_break(
    toy: str, make_user: Callable[[], Any]
) -> None:
    user = make_user()
    user.open("toy")
    user.wait(lambda: texts(user) == ["T1 at n = 100"])
    user.panel.controls.mark("level", 2 * LEVEL_AT, "here")
    assert texts(user) == ["here", "T1 at n = 100"]
    user.enter("n", "50")
    user.wait(lambda: texts(user) == ["here", "T1 at n = 50"])
    user.panel.controls.clear_marks()
    assert texts(user) == ["T1 at n = 50"]
