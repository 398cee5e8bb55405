"""The window around the panels: themes, copies, exports, re-opening, keyboard, its end."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFrame,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QTabBar,
    QWidget,
)

from kernlab import cli
from kernlab.assets import roles
from kernlab.engine import catalogue
from kernlab.engine.contract import recipe as recipes
from kernlab.export import read_recipe
from kernlab.ui import first_start
from kernlab.ui.mailbox import Status

INTERACTIVE = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QSlider, QTabBar)
CHANGED = {"n": 400, "gap_width": 2.5, "ridge": 3e-4, "methods": ("exact", "krr", "halton")}


class Shown(QObject):
    """Listens for windows that appear."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.windows.append(repr(watched))
        return False


def equal(one: Any, two: Any) -> None:
    """Two sets of tables agree to the last digit, columns that time something aside."""
    assert list(one) == list(two)
    for name, table in one.items():
        assert list(table.columns) == list(two[name].columns)
        for column in table.columns.keys() - table.volatile:
            np.testing.assert_array_equal(table[column], two[name][column], err_msg=column)


def collected(user: Any) -> Any:
    made: list[Any] = []
    user.panel.collecting.collect(made.append)
    user.wait(lambda: made)
    return made[0].collected


def exported(user: Any, path: Path, what: str) -> None:
    user.window.exporting.export(path, what)
    user.wait(lambda: user.notice == f"Saved {path}.")


class TestExport:
    @pytest.mark.parametrize(
        ("name", "what"),
        [("a.pdf", "all"), ("a.svg", "view"), ("a.png", "view"), ("a.csv", "data"),
         ("a.zip", "data")],
    )  # fmt: skip
    def test_an_exported_file_restores_its_parameters(
        self, user: Any, tmp_path: Path, name: str, what: str
    ) -> None:
        user.panel.set_parameters(CHANGED)
        asked, path = user.panel.parameters, tmp_path / name
        exported(user, path, what)
        user.act("Nyström, two variances")
        recipe = read_recipe(path)
        user.window.restore(recipes.restore(recipe, catalogue.get("gapped-sine").Parameters))
        assert user.panel.parameters == asked

    def test_the_csv_holds_the_curves_and_the_page_no_markup(
        self, user: Any, tmp_path: Path
    ) -> None:
        path = tmp_path / "data.csv"
        exported(user, path, "data")
        header = path.read_text(encoding="utf-8").splitlines()[1]
        assert header.startswith("x [rad],") or header.startswith("x,")
        assert "mean_iid" in header
        page = tmp_path / "page.svg"
        exported(user, page, "view")
        assert "**" not in page.read_text(encoding="utf-8")

    def test_a_slider_that_moves_meanwhile_does_not_lose_the_export(
        self, user: Any, tmp_path: Path
    ) -> None:
        path = tmp_path / "data.csv"
        user.window.exporting.export(path, "data")
        user.drag("ridge", 0.2, 0.7)
        user.wait(lambda: path.exists())
        assert read_recipe(path)["parameters"]["ridge"] == 0.01
        user.wait(lambda: user.notice == f"Saved {path}.")
        assert user.value("ridge") != 0.01

    @pytest.mark.parametrize(
        ("target", "sentence"),
        [
            ("file/a.pdf", "is a file"),
            ("missing/a.pdf", "missing"),
            ("a.xls", "ends in '.xls'; allowed: .pdf"),
            ("", "is a folder"),
            ("a", "ends in 'nothing'"),
            ("/dev/full", "the disk is full"),
        ],
    )
    def test_a_target_that_cannot_be_written_is_one_sentence(
        self, user: Any, tmp_path: Path, target: str, sentence: str
    ) -> None:
        (tmp_path / "file").write_text("keep")
        good = user.panel.parameters
        user.window.exporting.export(tmp_path / target, "data")
        user.wait(lambda: sentence in user.message)
        assert "\n" not in user.message
        assert (tmp_path / "file").read_text() == "keep"
        assert sorted(tmp_path.iterdir()) == [tmp_path / "file"]
        user.enter("noise", "0.2")
        user.rest()
        assert user.panel.parameters != good

    def test_axes_that_were_switched_are_exported_so(
        self, user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bundles: list[Any] = []
        submit = user.window.exports.submit

        def spied(path: Path, bundle: Any) -> Any:
            bundles.append(bundle)
            return submit(path, bundle)

        monkeypatch.setattr(user.window.exports, "submit", spied)
        user.card("ratio").log_y.trigger()
        exported(user, tmp_path / "a.csv", "view")
        figures = {figure.key: figure for figure in bundles[0].figures}
        assert list(figures) == ["posterior", "ratio", "methods"]
        assert figures["ratio"].y.log and not figures["posterior"].y.log
        assert "**" not in bundles[0].answer
        assert bundles[0].table_names()[0] == "posterior"

    def test_cancel_ends_an_export(self, user: Any, tmp_path: Path) -> None:
        user.enter("n", "1e7")
        user.window.exporting.export(tmp_path / "a.csv", "data")
        assert user.panel.toolbar.running
        user.panel.run_or_cancel()
        user.quiet()
        assert user.message == "" and not user.panel.collecting.under_way
        assert not (tmp_path / "a.csv").exists()


class TestCopy:
    def test_copied_python_makes_the_tables_of_the_panel(
        self, user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
    ) -> None:
        user.drag("lengthscale", 0.4, 0.6)
        user.panel.set_parameters(CHANGED)
        shown = collected(user)
        user.act("Copy as Python")
        assert user.notice.startswith("Copied.")
        text = QGuiApplication.clipboard().text()
        monkeypatch.chdir(tmp_path)
        code = text.replace('result.save("gapped-sine.pdf")', "")  # Matplotlib takes its time
        namespace: dict[str, Any] = {}
        exec(compile(code, "copied", "exec"), namespace)
        result = namespace["result"]
        equal(result.tables, shown.tables)
        assert result.claims == shown.claims
        assert (tmp_path / "gapped-sine.csv").exists()
        assert result.answer in capsys.readouterr().out

    def test_a_copied_command_is_understood_by_the_command_line(self, user: Any) -> None:
        user.panel.set_parameters({**CHANGED, "gap_center": -1.5, "landmarks": "kmeans"})
        user.act("Copy as command")
        program, command, key, *words = shlex.split(QGuiApplication.clipboard().text())
        assert (program, command, key) == ("kernlab", "run", "gapped-sine")
        experiment = catalogue.get(key)
        given = cli._run_parser(experiment).parse_args(cli._joined(words, experiment))
        assert cli._parameters(experiment, vars(given)) == user.panel.parameters

    def test_the_picture_goes_to_the_clipboard(self, user: Any) -> None:
        user.act("Copy image")
        assert not QGuiApplication.clipboard().pixmap().isNull()


class TestWindow:
    def test_a_theme_repaints_everything_and_back(self, user: Any) -> None:
        window = user.window

        def corner() -> str:
            return str(window.grab().toImage().pixelColor(4, 200).name())

        light = corner()
        user.qtbot.mouseClick(window.navigation.theme_button, _left())
        assert corner() == roles("dark")["surface"].lower() != light
        user.qtbot.mouseClick(window.navigation.theme_button, _left())
        assert corner() == light

    @pytest.mark.parametrize("key", catalogue.keys())
    def test_a_panel_opens_no_window_of_its_own(self, make_user: Any, key: str) -> None:
        """A widget that is shown before it has a parent flashes up and takes the focus away."""
        user = make_user()
        shown = Shown()
        QApplication.instance().installEventFilter(shown)
        user.open(key)
        user.rest()
        QApplication.instance().removeEventFilter(shown)
        assert shown.windows == []
        assert user.window.isActiveWindow()

    def test_the_right_column_can_be_hidden(self, user: Any) -> None:
        width = user.panel.grid.width()
        user.qtbot.mouseClick(user.panel.toolbar.side, _left())
        assert not user.panel.side.isVisible()
        user.wait(lambda: user.panel.grid.width() > width + 200)
        user.qtbot.mouseClick(user.panel.toolbar.side, _left())
        assert user.panel.side.isVisible()

    def test_nothing_is_wider_than_a_narrow_window(self, user: Any) -> None:
        user.window.resize(1024, 700)
        panel = user.panel
        user.wait(lambda: user.window.navigation.width() < 60 and panel.toolbar.width() > 600)
        for widget in (panel.toolbar, panel.answer, panel.tabs, panel.grid, panel.side):
            right = widget.mapTo(user.window, widget.rect().topRight()).x()
            assert right < 1024
        line = user.window.status_line
        line.show_help("a sentence that is by far too long for the status line, " * 4)
        user.wait(lambda: line.facts.geometry().right() < line.width())
        assert line.minimumSizeHint().width() <= line.width()
        for widget in (panel.toolbar, panel.answer, panel.tabs, panel.grid, panel.side):
            assert widget.minimumSizeHint().width() <= widget.width()
        for button in panel.toolbar.findChildren(QAbstractButton):
            assert button.width() >= button.minimumSizeHint().width()
        user.window.resize(user.window.minimumSize())
        user.wait(lambda: user.window.width() == user.window.minimumWidth())
        assert not panel.side.isVisible()
        assert panel.toolbar.minimumSizeHint().width() <= user.window.width() - 56 - 24
        user.window.resize(1024, 700)
        user.wait(lambda: panel.side.isVisible())

    def test_every_interactive_widget_has_a_name(self, user: Any) -> None:
        user.wait(lambda: user.panel.claims.cards)
        user.panel.claims.cards["G2"].toggle()
        user.panel.message.fail("a sentence", "details")
        nameless = [
            widget
            for kind in INTERACTIVE
            for widget in user.window.findChildren(kind)
            if not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
            and not widget.objectName().startswith("qt_")
        ]
        assert nameless == []

    def test_a_long_first_start_is_explained_and_the_explanation_goes(
        self, make_user: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(first_start, "compiled", lambda: False)
        user = make_user()
        panel = user.window.show_panel("gapped-sine")
        line = user.window.status_line
        if not panel.pictured:
            user.window._explain_wait(panel)
            assert line.note.text() == "compiling, only at the first start"
            line.show_status(Status(1, 0.5, "drawing points", "", 0.0))
            assert line.note.text() == "compiling, only at the first start"
        user.wait(lambda: panel.pictured)
        assert "compiling" not in line.note.text()
        user.quiet()
        user.window._explain_wait(panel)
        assert "compiling" not in line.note.text()

    def test_repainting_loses_no_reference_to_none(self, user: Any) -> None:
        user.quiet()
        widget: QWidget = user.card("posterior")
        widget.repaint()
        before = sys.getrefcount(None), sys.getrefcount(True)
        for _ in range(300):
            widget.update()
            widget.repaint()
        after = sys.getrefcount(None), sys.getrefcount(True)
        assert all(now > then - 100 for now, then in zip(after, before, strict=True))

    def test_the_cards_of_the_right_column_end_at_the_same_place(self, user: Any) -> None:
        side = user.panel.side
        bar = side.widget(0).verticalScrollBar()
        for height in (900, 2400):
            user.window.resize(1440, height)
            user.wait(lambda h=height: bar.isVisible() == (h == 900))
            cards = [f for f in side.findChildren(QFrame) if f.objectName() == "card"]
            cards += [f for f in side.findChildren(QFrame) if f.property("card")]
            ends = {f.mapTo(side, QPoint(f.width(), 0)).x() for f in cards if f.isVisible()}
            assert ends == {side.width() - 12}

    def test_a_failed_export_process_leaves_the_window_alive(
        self, user: Any, tmp_path: Path
    ) -> None:
        exported(user, tmp_path / "a.csv", "data")
        child = user.window.exports._child
        assert child is not None
        os.kill(child.pid, 9)
        user.window.exporting.export(tmp_path / "b.csv", "data")
        user.wait(lambda: "try again" in user.message or "Saved" in user.notice)
        exported(user, tmp_path / "c.csv", "data")


def test_compiled_kernels_are_found_where_numba_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not first_start.compiled()
    folder = tmp_path / "numerics_0123"
    folder.mkdir()
    (folder / "a.nbi").touch()
    assert first_start.compiled()
    os.utime(folder / "a.nbi", (1, 1))
    assert not first_start.compiled()


def _left() -> Any:
    from PySide6.QtCore import Qt

    return Qt.MouseButton.LeftButton
