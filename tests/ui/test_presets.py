"""The user's own presets: saved, loaded, deleted, found by the command line, damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLineEdit

from kernlab import cli, user_presets
from kernlab.engine.contract.parameters import own_data
from kernlab.engine.experiments.gapped_sine import experiment as gapped_sine

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERNLAB_HOME", str(tmp_path))
    return tmp_path


def titles(user: Any) -> list[str]:
    return [action.text() for action in user.panel.toolbar.presets.actions() if action.text()]


def opened(make_user: Any) -> Any:
    user = make_user()
    user.open("gapped-sine")
    user.rest()
    return user


def saved(home: Path) -> list[Path]:
    return list((home / "presets").rglob("*.toml"))


class TestWindow:
    def test_a_preset_is_saved_loaded_and_deleted(self, make_user: Any, home: Path) -> None:
        user = opened(make_user)
        user.enter("ridge", "0.2")
        user.enter("m", "40")
        kept = user.panel.parameters
        user.qtbot.keyClick(user.panel, Qt.Key.Key_S, CTRL)
        dialog = user.panel.findChild(QDialog)
        title, look_at = dialog.findChildren(QLineEdit)
        user.qtbot.keyClicks(title, 'Wide "and" smooth')
        user.qtbot.keyClicks(look_at, "the gap")
        user.qtbot.keyClick(look_at, Qt.Key.Key_Return)
        user.wait(lambda: 'Wide "and" smooth' in titles(user))
        user.act("Reset all parameters")
        user.act('Wide "and" smooth')
        assert user.panel.parameters == kept
        assert user.message == 'Wide "and" smooth: the gap'
        again = opened(make_user)
        again.wait(lambda: 'Wide "and" smooth' in titles(again))
        again.panel.own_presets.delete('Wide "and" smooth')
        again.wait(lambda: 'Wide "and" smooth' not in titles(again))
        assert saved(home) == []

    def test_a_title_that_ships_is_refused(self, make_user: Any, home: Path) -> None:
        user = opened(make_user)
        user.panel.own_presets.save("A million points", "")
        assert "choose another title" in user.message
        assert saved(home) == []

    def test_own_data_do_not_fit(self, make_user: Any, home: Path) -> None:
        user = opened(make_user)
        data = own_data({"x": [0, 1, 2], "y": [1, 0, 1]}, "x.csv")
        user.panel.set_parameters({"data_file": data, "dataset": "file"})
        user.panel.own_presets.save("mine", "")
        user.wait(lambda: "own data do not fit" in user.message)
        assert saved(home) == []

    def test_a_damaged_one_is_reported_and_the_others_are_there(
        self, make_user: Any, home: Path
    ) -> None:
        user_presets.save("gapped-sine", "good", "", {"n": 99})
        (home / "presets" / "gapped-sine" / "bad.toml").write_text("title = ")
        user = make_user()
        user.open("gapped-sine")
        user.wait(lambda: "bad.toml is left out: the presets are not TOML" in user.message)
        assert "good" in titles(user)


class TestFiles:
    def test_titles_that_look_alike_are_apart_and_the_same_one_is_replaced(
        self, home: Path
    ) -> None:
        for title in ("a b", "a-b", "α", "β", "a b"):
            user_presets.save("gapped-sine", title, "", {"n": 60 + len(title)})
        presets, problems = user_presets.load("gapped-sine", gapped_sine.Parameters)
        assert [preset.title for preset in presets] == ["a b", "a-b", "α", "β"]
        assert problems == [] and len(saved(home)) == 4
        assert all(path.name.isascii() for path in saved(home))

    def test_a_large_file_is_refused_unread(self, home: Path) -> None:
        folder = home / "presets" / "gapped-sine"
        folder.mkdir(parents=True)
        with (folder / "large.toml").open("wb") as file:
            file.truncate(2_000_000_000)
        presets, problems = user_presets.load("gapped-sine", gapped_sine.Parameters)
        assert presets == [] and "longer than" in problems[0]

    def test_the_command_line_finds_them(self, home: Path, capsys: Any) -> None:
        user_presets.save("gapped-sine", "Mine", "", {"n": 77, "gap_width": 0.0})
        out = home / "out.csv"
        cli.main(["run", "gapped-sine", "--preset", "mine", "--out", str(out)])
        assert '"n":77' in out.read_text("utf-8").splitlines()[0].replace(" ", "")
        assert cli.main(["run", "gapped-sine", "--preset", "yours", "--out", str(out)]) == 2
        assert "allowed: Mine, " in capsys.readouterr().err
