"""The session: saved while it lasts, back at the next start, and never lost."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRect, Qt

from kernlab import user_files
from kernlab.engine.contract.parameters import own_data
from kernlab.engine.contract.recipe import Restored
from kernlab.ui import app
from kernlab.ui.keeper import Keeper
from kernlab.ui.preferences import Loaded, Preferences
from kernlab.ui.session import SCHEMA, Document, Place, Session, fitted, read
from kernlab.ui.writer import Writer

ROOT = Path(__file__).parents[2]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)
PARTS = st.sampled_from(
    ["view", "column", "formulas", "side", "splits", "scales", "locks", "pins", "stranger"]
)
NAMES = st.sampled_from(["n", "ridge", "methods", "data_file", "dataset", "stranger"])
ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "recipe": st.fixed_dictionaries({"parameters": st.dictionaries(NAMES, JSON)}),
        "memory": st.dictionaries(PARTS, JSON),
    },
)
DOCUMENT = st.fixed_dictionaries(
    {"schema": st.just(SCHEMA)},
    optional={
        "window": JSON,
        "panel": st.sampled_from(["vandermonde", "stranger"]) | JSON,
        "panels": st.dictionaries(st.just("vandermonde") | st.text(), ENTRY | JSON) | JSON,
        "stranger": JSON,
    },
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.json"


def begin(user: Any, path: Path) -> Session:
    """What the application does before the window is shown."""
    user.window.session = Session(user.window, Writer(), path)
    return user.window.session


def end(user: Any) -> None:
    user.window.close()
    user.window.session = None


@pytest.fixture
def at_work(make_user: Callable[[], Any], path: Path) -> Any:
    """In front of a panel whose session is saved."""
    user = make_user()
    begin(user, path)
    user.open("vandermonde")
    return user


@pytest.fixture
def again(make_user: Callable[[], Any], path: Path) -> Callable[..., Any]:
    """Starts once more from the session, on the panel that was on screen."""

    def start() -> Any:
        user = make_user()
        session = begin(user, path)
        user.open(session.panel or "vandermonde")
        return user

    return start


def saved(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text())) if path.exists() else {}


class TestRoundTrip:
    def test_everything_that_was_set_comes_back(
        self, at_work: Any, again: Callable[[], Any]
    ) -> None:
        user = at_work
        user.enter("n", "23")
        user.drag("half_width", 0.3, 0.6)
        user.panel.tabs.setCurrentIndex(1)
        user.window.resize(1300, 800)
        user.panel.controls.lock(["seed"])
        user.panel.side.setSizes([400, 30, 430])
        key = user.panel.grid.cards[0].key
        user.panel.grid.cards[0].scale_requested.emit(key, "y", True)
        asked, view, sides = user.panel.parameters, user.panel.view, user.panel.side.sizes()
        end(user)
        user = again()
        assert user.panel.parameters == asked != user.panel.experiment.Parameters()
        assert user.panel.view == view != user.panel.experiment.views[0]
        assert (user.window.width(), user.window.height()) == (1300, 800)
        assert user.panel.controls.locked == ["seed"]
        assert user.panel.side.sizes() == pytest.approx(sides, abs=12)
        assert user.panel.views.scales == {(key, "y"): True}
        assert user.message == ""
        user.rest()
        assert user.drawing(key).y.log
        assert user.panel.serial == 1  # nothing was computed for the defaults

    @pytest.mark.parametrize("opened", [True, False])
    @pytest.mark.parametrize("column", [True, False])
    def test_what_is_open_in_the_right_column_comes_back(
        self, at_work: Any, again: Callable[[], Any], opened: bool, column: bool
    ) -> None:
        user = at_work
        user.rest()
        user.panel.formulas.restore(not opened)
        user.act("Show or hide the formulas")
        sides = user.panel.side.sizes()
        if not column:
            user.act("Show or hide controls and claims")
        end(user)
        user = again()
        user.rest()
        assert user.panel.side.isVisible() == user.panel.toolbar.side.isChecked() == column
        if not column:
            user.act("Show or hide controls and claims")
        assert user.panel.formulas.open == opened
        user.wait(lambda: user.panel.side.sizes() == pytest.approx(sides, abs=12))

    def test_gaps_between_figures_come_back_and_survive_another_view(
        self, at_work: Any, again: Callable[[], Any]
    ) -> None:
        user = at_work

        def widths() -> list[int]:
            return [card.width() for card in user.panel.grid.cards[:2]]

        user.rest()
        row = user.panel.grid._rows[0]
        before = widths()
        row.moveSplitter(row.width() // 3, 1)
        dragged = widths()
        assert dragged[0] < before[0] - 50
        user.panel.tabs.setCurrentIndex(1)
        user.panel.tabs.setCurrentIndex(0)
        user.wait(lambda: abs(widths()[0] - dragged[0]) < 8)
        end(user)
        user = again()
        user.wait(lambda: abs(widths()[0] - dragged[0]) < 8)

    def test_only_the_panel_on_screen_is_built_and_others_come_when_shown(
        self, at_work: Any, again: Callable[[], Any]
    ) -> None:
        user = at_work
        user.enter("n", "17")
        user.open("gapped-sine")
        user.panel.set_parameters({"n": 333})
        end(user)
        user = again()
        assert list(user.window.panels) == ["gapped-sine"]
        assert user.value("n") == 333
        end(user)
        user = again()  # what was never shown in between is still there
        user.open("vandermonde")
        assert user.value("n") == 17

    def test_own_data_travel_while_they_are_small(
        self, make_user: Callable[[], Any], path: Path, again: Callable[[], Any]
    ) -> None:
        user = make_user()
        begin(user, path)
        user.open("gapped-sine")
        small = own_data({"x": np.arange(50.0), "y": np.ones(50)}, "/data/small.csv")
        user.panel.set_parameters({"dataset": "file", "data_file": small, "ridge": 0.5})
        end(user)
        user = again()
        assert user.value("data_file") == small and user.value("ridge") == 0.5
        large = own_data({"x": np.arange(20_000.0), "y": np.ones(20_000)}, "/data/large.csv")
        user.panel.set_parameters({"data_file": large})
        end(user)
        user = again()
        assert (user.value("data_file"), user.value("dataset")) == (None, "free")
        assert user.value("ridge") == 0.5
        assert "/data/large.csv did not travel" in user.message

    def test_a_maximised_window_comes_back_so(self, at_work: Any, again: Callable[[], Any]) -> None:
        at_work.window.showMaximized()
        end(at_work)
        user = again()
        assert user.window.windowState() & Qt.WindowState.WindowMaximized

    def test_what_any_component_registers_comes_back(
        self, at_work: Any, again: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loaded: list[Any] = []
        at_work.panel.memory["mine"] = Keeper(lambda: {"a": [1, None]}, loaded.append)
        at_work.panel.memory["broken"] = Keeper(lambda: 1 / 0, loaded.append)
        at_work.panel.memory["no JSON"] = Keeper(object, loaded.append)
        at_work.wait(lambda: "is not saved: " in at_work.message)
        end(at_work)
        user = again()
        assert "unknown part 'mine' of the panel ignored" in user.message
        assert loaded == []

    def test_a_place_on_a_screen_that_is_gone_moves_to_one_there_is(self) -> None:
        screens = [QRect(0, 0, 1000, 700)]
        assert fitted(Place((50, 40, 900, 600), (1000, 700)), screens) == QRect(50, 40, 900, 600)
        assert fitted(Place((2100, 40, 900, 600), (2000, 900)), screens) == QRect(100, 40, 900, 600)
        assert fitted(Place((-9, -9, 1900, 800), (2000, 900)), screens) == QRect(0, 0, 1000, 700)


class TestAutosave:
    def test_a_change_is_on_disk_without_any_further_action(self, at_work: Any, path: Path) -> None:
        at_work.enter("n", "31")
        at_work.wait(lambda: '"n": 31' in (path.read_text() if path.exists() else ""))
        at_work.panel.tabs.setCurrentIndex(2)
        at_work.wait(lambda: '"view": "Features"' in path.read_text())
        assert read(path).panel == "vandermonde"

    def test_nothing_is_written_while_nothing_changes(self, at_work: Any) -> None:
        session = at_work.window.session
        at_work.quiet()
        session.save()
        last = session._last
        session.save()
        assert session._last is last

    def test_a_killed_session_is_back_as_it_was_two_seconds_before(
        self, tmp_path: Path, make_user: Callable[[], Any]
    ) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), user_files.HOME: str(tmp_path)}
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        with child.stdout:
            said = child.stdout.readline()
            child.kill()
            child.wait(5)
        assert said == "two seconds later\n"
        user = make_user()
        session = begin(user, tmp_path / "session.json")
        assert session.panel == "vandermonde"
        panel = user.open(session.panel)
        assert panel.parameters.n == 29 and panel.parameters.half_width == 3.5
        assert panel.view == "Interpolation"

    def test_what_cannot_be_written_is_said_once_and_the_window_goes_on(
        self, at_work: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").write_text("keep")
        at_work.window.session._path = tmp_path / "file" / "session.json"
        at_work.enter("n", "31")
        at_work.wait(lambda: "The session is not saved" in at_work.message)
        at_work.panel.message.hide()
        at_work.enter("n", "32")
        at_work.rest()
        at_work.window.session.save()
        assert at_work.message == "" and at_work.value("n") == 32

    def test_two_windows_on_one_file_leave_a_whole_one(
        self, make_user: Callable[[], Any], path: Path
    ) -> None:
        users = [make_user() for _ in range(2)]
        for user in users:
            begin(user, path)
            user.open("vandermonde")
        users[0].panel.set_parameters({"n": 11})
        users[1].panel.set_parameters({"n": 12})
        for user in users:
            end(user)
        assert read(path).panels["vandermonde"]["recipe"]["parameters"]["n"] == 12


KILLED = """
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from kernlab.ui import app, window

class Busy(window.Window):
    def show_panel(self, key):
        panel = super().show_panel("vandermonde")
        QTimer.singleShot(10, self.work)
        return panel

    def work(self):
        for name, text in (("n", "29"), ("half_width", "3.5")):
            editor = self.panel.controls.control(name).editor
            editor.selectAll()
            QTest.keyClicks(editor, text)
            QTest.keyClick(editor, Qt.Key.Key_Return)
        self.panel.tabs.setCurrentIndex(1)
        QTimer.singleShot(2000, lambda: print("two seconds later", flush=True))

app.Window = Busy
app.main()
"""


class TestCommands:
    def test_an_experiment_that_is_named_overrides_the_panel(
        self, at_work: Any, make_user: Callable[[], Any], path: Path
    ) -> None:
        at_work.enter("n", "17")
        end(at_work)
        user = make_user()
        begin(user, path)
        app._open(user.window, "gapped-sine", None)
        assert list(user.window.panels) == ["gapped-sine"]
        app._open(user.window, None, None)
        assert user.window.panel.experiment.key == "vandermonde" and user.value("n") == 17

    def test_nothing_shows_a_focus_before_a_key_is_pressed(self, make_user: Any) -> None:
        user = make_user()
        app._open(user.window, "gapped-sine", None)
        assert user.window.focusWidget() is user.window
        user.qtbot.keyClick(user.window, Qt.Key.Key_Tab)
        assert user.window.focusWidget() is user.window.navigation.entries["gapped-sine"]

    def test_a_file_that_is_opened_overrides_the_parameters(
        self, at_work: Any, make_user: Callable[[], Any], path: Path
    ) -> None:
        at_work.panel.set_parameters({"n": 17, "half_width": 3.5})
        end(at_work)
        user = make_user()
        begin(user, path)
        app._open(user.window, None, Restored("vandermonde", {"n": 40}, ()))
        default = user.panel.experiment.Parameters()
        assert (user.value("n"), user.value("half_width")) == (40, default.half_width)

    def test_a_panel_that_no_longer_works_is_no_way_not_to_start(
        self, make_user: Callable[[], Any], path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = make_user()
        session = begin(user, path)
        session.panel = "gone"
        app._open(user.window, None, None)
        assert user.window.panel.experiment.key == "gapped-sine"

    def test_the_application_wires_both_files(
        self, make_user: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(user_files.HOME, str(tmp_path))
        user = make_user()
        found = Loaded(Preferences(), ("an odd entry",), user_files.preferences_file())
        app.remember(user.window, found)
        user.open("vandermonde")
        assert user.message == "an odd entry"
        user.act("Larger text")
        end(user)
        assert saved(tmp_path / "preferences.json")["font_size"] == 14
        assert saved(tmp_path / "session.json")["panel"] == "vandermonde"


class TestDamage:
    @pytest.mark.parametrize(
        "text",
        [
            '{"schema": 1, "panels": {"vander',
            '{"schema": 2}',
            '{"schema": 1, "panels": []}',
            '{"schema": 1, "panels": {"vandermonde": 3}}',
            '{"schema": 1, "panels": {"vandermonde": {"recipe": {"parameters": 1}}}}',
            '{"schema": 1, "window": {"place": [1, 2, 3], "screen": [1, 2]}}',
            '{"schema": 1, "panel": 7}',
        ],
    )
    def test_a_damaged_file_is_kept_and_said(
        self, make_user: Callable[[], Any], path: Path, text: str
    ) -> None:
        path.write_text(text)
        user = make_user()
        begin(user, path)
        user.open("vandermonde")
        kept = path.with_name("session.damaged-1.json")
        assert str(kept) in user.message and user.message.startswith("The last session is not")
        assert kept.read_text() == text
        user.wait(path.exists)

    def test_a_file_that_cannot_be_set_aside_is_never_overwritten(
        self, make_user: Callable[[], Any], path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path.write_text("keep")
        user = make_user()
        with monkeypatch.context() as patch:
            patch.setattr(user_files, "set_aside", lambda _: exec("raise OSError(13, 'no')"))
            begin(user, path)
        user.open("vandermonde")
        assert "nothing will be saved there" in user.message
        end(user)
        assert path.read_text() == "keep"

    def test_odd_entries_are_reported_in_plain_text_and_the_rest_is_restored(
        self, make_user: Callable[[], Any], path: Path
    ) -> None:
        parameters = {"n": 21, "half_width": "wide", "<img src='x'>": 1, "\ud800": 2}
        memory = {"view": "Nowhere", "side": "broad", "locks": ["n", "stranger"]}
        entry = {"recipe": {"schema": 1, "parameters": parameters}, "memory": memory}
        document = {"schema": 1, "panels": {"vandermonde": entry}, "later": 1}
        path.write_text(json.dumps(document))
        user = make_user()
        begin(user, path)
        user.open("vandermonde")
        assert user.value("n") == 21
        assert user.panel.controls.locked == ["n"]
        assert "unknown entry 'later' ignored" in user.message
        assert "half_width is 'wide'" in user.message
        assert user.message.endswith("and 3 more")
        assert user.panel.message.text.textFormat() == Qt.TextFormat.PlainText

    @given(document=DOCUMENT)
    def test_any_document_is_read_or_set_aside(self, tmp_path: Path, document: Any) -> None:
        path = tmp_path / "session.json"
        path.write_text(json.dumps(document))
        text = path.read_bytes()
        try:
            found = read(path)
        except user_files.Damaged as damage:
            notice, free = user_files.recover(path, damage)
            assert free and "\n" not in notice
            kept = sorted(tmp_path.glob("session.damaged-*.json"))
            assert text in {file.read_bytes() for file in kept}
            for file in kept:
                file.unlink()
        else:
            assert isinstance(found, Document) and path.read_bytes() == text

    @settings(max_examples=20)
    @given(entry=ENTRY)
    def test_any_entry_of_a_panel_leaves_it_working(self, odd: Any, entry: Any) -> None:
        session, panel = odd
        session._waiting["vandermonde"] = entry
        session.restore(panel)
        assert panel.controls.parameters() is not None
        session.save()


@pytest.fixture
def odd(make_user: Callable[[], Any], path: Path) -> Any:
    """A session, and a panel that it has not restored yet."""
    user = make_user()
    panel = user.open("vandermonde")
    return begin(user, path), panel


def test_a_path_in_a_recipe_is_never_opened(
    make_user: Callable[[], Any], path: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "data.csv"
    secret.write_text("x\n1\n2\n3\n")
    columns = {"x": base64.b64encode(b"12345").decode()}
    data = {"path": str(secret), "sha256": "0", "columns": columns}
    entry = {"recipe": {"schema": 1, "parameters": {"nodes_file": data, "n": 9}}}
    path.write_text(json.dumps({"schema": 1, "panels": {"vandermonde": entry}}))
    user = make_user()
    begin(user, path)
    user.open("vandermonde")
    assert user.value("nodes_file") is None and user.value("n") == 9
    assert "damaged" in user.message
