"""Preferences: kept, applied at once, and checked as everything that comes from a file is."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QSlider

from kernlab import threads
from kernlab.engine.contract.cache import Cache
from kernlab.ui import devices, preferences_dialog
from kernlab.ui.preferences import SCHEMA, Preferences, as_text, load
from kernlab.ui.settings import shown_theme
from kernlab.ui.writer import Writer

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
NAMES = st.sampled_from(sorted(vars(Preferences())))
ANSWER = {"cuda": "no GPU found", "mps": ""}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "preferences.json"


@pytest.fixture(autouse=True)
def answered(monkeypatch: pytest.MonkeyPatch) -> Future[dict[str, str]]:
    """What torch says of the devices, which here depends on no machine."""
    answer: Future[dict[str, str]] = Future()
    answer.set_result(ANSWER)
    monkeypatch.setattr(devices, "unavailable", lambda: answer)
    return answer


@pytest.fixture
def user(make_user: Callable[[], Any], path: Path) -> Any:
    """In front of a panel whose preferences are kept."""
    made = make_user()
    writer = Writer()
    made.window.settings.keep(writer, path)
    made.open("vandermonde")
    yield made
    assert writer.close(2)


def dialog(user: Any) -> Any:
    user.act("Preferences…")
    return user.window.settings._dialog


def on_the_lane(user: Any, ask: Callable[[Cache], Any]) -> Any:
    answer: Future[Any] = Future()
    user.window.lane.call(lambda cache: answer.set_result(ask(cache)))
    user.wait(answer.done)
    return answer.result()


class TestFile:
    def test_they_come_back(self, path: Path) -> None:
        asked = Preferences(theme="dark", font_size=17, memory="own", memory_gb=2.5, width_mm=120)
        path.write_text(as_text(asked))
        assert load(path).preferences == asked
        assert load(path).notices == ()

    def test_without_a_file_there_are_defaults(self, path: Path) -> None:
        assert load(path).preferences == Preferences()
        assert not path.exists()

    def test_odd_values_take_their_defaults_and_are_reported(self, path: Path) -> None:
        given = {"schema": SCHEMA, "font_size": 99, "theme": "dark", "cache_mb": "much", "new": 1}
        path.write_text(json.dumps(given))
        found = load(path)
        assert found.preferences == Preferences(theme="dark")
        assert sorted(found.notices) == [
            "preferences: cache_mb is 'much'; allowed: a whole number from 16 to 65536 MB; "
            "the default is used",
            "preferences: font_size is 99; allowed: a whole number from 11 to 20 px; "
            "the default is used",
            "unknown entry 'new' in the preferences ignored",
        ]

    def test_a_damaged_file_is_set_aside(self, path: Path) -> None:
        path.write_text('{"schema": 1, "theme"')
        found = load(path)
        kept = path.with_name("preferences.damaged-1.json")
        assert found.preferences == Preferences() and found.path == path
        assert kept.read_text() == '{"schema": 1, "theme"' and str(kept) in found.notices[0]

    @given(document=st.dictionaries(NAMES | st.text(), JSON))
    def test_any_document_gives_preferences(self, path: Path, document: Any) -> None:
        path.write_text(json.dumps({**document, "schema": SCHEMA}))
        assert isinstance(load(path).preferences, Preferences)
        assert path.exists()

    def test_what_others_read(self) -> None:
        assert Preferences().memory_limit is None
        assert Preferences(memory="own", memory_gb=2.5).memory_limit == 2_500_000_000
        assert Preferences().export_options == {}
        own = Preferences(export_dpi=600, export_width="own", width_mm=120.0)
        assert own.export_options == {"dpi": 600, "width_mm": 120.0}
        kinds = "PDF (*.pdf);;SVG (*.svg);;PNG (*.png)"
        assert Preferences().first_kind(kinds) == kinds
        png = Preferences(export_format="png").first_kind(kinds)
        assert png == "PNG (*.png);;PDF (*.pdf);;SVG (*.svg)"


class TestLook:
    def test_text_grows_and_shrinks_everywhere_and_is_remembered(
        self, user: Any, qapp: QApplication, path: Path
    ) -> None:
        side, bar = user.panel.side.width(), user.window.navigation.width()
        for _ in range(12):
            user.act("Larger text")
        assert qapp.font().pixelSize() == 20
        plot = user.panel.grid.cards[0].plot
        assert plot.font().pixelSize() == 20
        assert user.panel.side.width() > 1.5 * side
        user.act("Smaller text")
        user.wait(lambda: load(path).preferences.font_size == 19)
        user.act("Usual text size")
        assert qapp.font().pixelSize() == 13
        assert (user.panel.side.width(), user.window.navigation.width()) == (side, bar)

    def test_the_keys_for_it(self, user: Any, qapp: QApplication) -> None:
        for key, size in (
            (Qt.Key.Key_Plus, 14),
            (Qt.Key.Key_Equal, 15),
            (Qt.Key.Key_Minus, 14),
            (Qt.Key.Key_0, 13),
        ):
            user.qtbot.keyClick(user.window, key, Qt.KeyboardModifier.ControlModifier)
            assert qapp.font().pixelSize() == size

    def test_a_switched_theme_is_remembered(self, user: Any, path: Path) -> None:
        user.qtbot.mouseClick(user.window.navigation.theme_button, Qt.MouseButton.LeftButton)
        assert user.window.theme.name == "dark"
        user.wait(lambda: load(path).preferences.theme == "dark")
        user.qtbot.mouseClick(user.window.navigation.theme_button, Qt.MouseButton.LeftButton)
        user.wait(lambda: load(path).preferences.theme == "light")

    def test_the_theme_follows_the_system_only_where_it_is_asked_to(
        self, user: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from kernlab.ui import settings

        monkeypatch.setattr(settings, "shown_theme", lambda preferences: "dark")
        user.window.settings._follow_system()
        assert user.window.theme.name == "dark"
        monkeypatch.setattr(settings, "shown_theme", shown_theme)
        user.window.settings.change(theme="light")
        user.window.settings._follow_system()
        assert user.window.theme.name == "light"


class TestDialog:
    def test_it_blocks_nothing_and_each_change_takes_effect_at_once(
        self, user: Any, qapp: QApplication, path: Path
    ) -> None:
        user.qtbot.keyClick(user.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
        shown = user.window.settings._dialog
        assert shown.isVisible()
        user.rest()  # the run goes on below it
        user.qtbot.mouseClick(
            shown.controls.control("theme").buttons["dark"], Qt.MouseButton.LeftButton
        )
        assert user.window.theme.name == "dark"
        editor = shown.controls.control("font_size").editor
        editor.selectAll()
        user.qtbot.keyClicks(editor, "16")
        user.qtbot.keyClick(editor, Qt.Key.Key_Return)
        assert qapp.font().pixelSize() == 16
        user.qtbot.mouseClick(shown.defaults, Qt.MouseButton.LeftButton)
        assert user.window.settings.preferences == Preferences()
        assert qapp.font().pixelSize() == 13
        user.qtbot.mouseClick(shown.done_button, Qt.MouseButton.LeftButton)
        assert not shown.isVisible()
        user.wait(lambda: load(path).preferences == Preferences())

    def test_every_control_has_a_name_and_a_line_of_help(self, user: Any) -> None:
        shown = dialog(user)
        kinds = (QAbstractButton, QComboBox, QLineEdit, QSlider)
        nameless = [
            widget
            for kind in kinds
            for widget in shown.findChildren(kind)
            if not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
            and not widget.objectName().startswith("qt_")
        ]
        assert nameless == []
        assert all(field.help.endswith(".") for field in shown.controls.fields)
        shown.controls.help_changed.emit("a sentence")
        assert shown.help.text() == "a sentence"
        shown.controls.help_changed.emit("")
        assert shown.help.text() == "Every change takes effect at once."

    def test_a_device_that_is_missing_is_disabled_and_says_why(
        self, user: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asking: Future[dict[str, str]] = Future()
        monkeypatch.setattr(devices, "unavailable", lambda: asking)
        buttons = dialog(user).controls.control("device").buttons
        assert buttons["cpu"].isEnabled()
        assert not buttons["cuda"].isEnabled() and not buttons["mps"].isEnabled()
        assert buttons["cuda"].toolTip() == f"Not available: {preferences_dialog.ASKING}"
        asking.set_result(ANSWER)
        user.wait(lambda: buttons["mps"].isEnabled())
        assert not buttons["cuda"].isEnabled()
        assert buttons["cuda"].toolTip() == "Not available: no GPU found"


class TestComputing:
    def test_blas_gets_its_threads_on_the_lane_before_the_next_run(self, user: Any) -> None:
        before = threads.thread_counts()["blas"]
        try:
            user.window.settings.change(blas_threads=2)
            assert on_the_lane(user, lambda _: threads.thread_counts()["blas"]) == 2
            assert user.window.status_line.facts.text().endswith("2 BLAS threads, CPU")
        finally:
            user.window.settings.change(blas_threads=1)
            assert on_the_lane(user, lambda _: threads.thread_counts()["blas"]) == before

    def test_the_cache_and_the_memory_limit_follow(self, user: Any) -> None:
        user.window.settings.change(cache_mb=16, memory="own", memory_gb=3.0)
        assert on_the_lane(user, lambda cache: cache.budget) == 16_000_000
        assert user.window.lane.memory_limit == 3_000_000_000

    def test_an_export_has_the_preferred_width_and_resolution(
        self, user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[dict[str, Any]] = []

        def submit(path: Path, bundle: Any, **options: Any) -> Future[Path]:
            asked.append(options)
            done: Future[Path] = Future()
            done.set_result(path)
            return done

        monkeypatch.setattr(user.window.exports, "submit", submit)
        user.window.settings.change(export_width="own", width_mm=99.0, export_dpi=150)
        user.window.exporting.export(tmp_path / "a.png", "view")
        user.wait(lambda: asked)
        assert asked == [{"width_mm": 99.0, "dpi": 150}]


TORCH = """
class version: cuda = None
class cuda: is_available = staticmethod(lambda: False)
class backends:
    class mps:
        is_built = is_available = staticmethod(lambda: True)
"""


@pytest.mark.parametrize(
    ("torch", "reasons"),
    [
        (TORCH, {"cuda": "this torch is built without CUDA", "mps": ""}),
        ("raise ImportError", {"cuda": "torch is not installed", "mps": "torch is not installed"}),
        ("raise SystemExit", {"cuda": devices.UNKNOWN, "mps": devices.UNKNOWN}),
    ],
)
def test_torch_is_asked_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torch: str, reasons: dict[str, str]
) -> None:
    (tmp_path / "torch.py").write_text(torch)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    answer: Future[dict[str, str]] = Future()
    devices._ask(answer)
    assert answer.result() == reasons


def test_a_smaller_cache_forgets_at_once_what_is_beyond_it() -> None:
    cache = Cache(1000)
    for key in range(10):
        cache.put("stage", key, bytes(60))
    kept = cache.used
    cache.resize(200)
    assert cache.used <= 200 < kept
    assert cache.peek("stage", 9) is not None and cache.peek("stage", 0) is None
