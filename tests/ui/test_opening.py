"""Recipes in and out of the real window: drops, files, one line of text, and damaged ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

import kernlab
from kernlab.engine import catalogue
from kernlab.engine.contract import recipe as recipes
from kernlab.engine.contract.parameters import fields_of
from kernlab.ui.opening import KINDS

COPY = Qt.DropAction.CopyAction
CHANGED = {"n": 400, "gap_width": 2.5, "ridge": 3e-4, "methods": ("exact", "krr", "halton")}


def drop(user: Any, data: QMimeData) -> bool:
    """Drag something over the window and let it go there; says whether it was taken."""
    where, none, left = QPointF(400, 300), Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(where.toPoint(), COPY, data, left, none)
    QApplication.sendEvent(user.window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(user.window, QDropEvent(where, COPY, data, left, none))
    return enter.isAccepted()


def drop_file(user: Any, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    assert drop(user, data)


class TestFiles:
    def test_a_dropped_file_opens_its_experiment(self, user: Any, tmp_path: Path) -> None:
        path = tmp_path / "run.csv"
        kernlab.run("vandermonde", views=("Condition",), n=12, half_width=3.0).save(path)
        drop_file(user, path)
        user.wait(lambda: user.panel.experiment.key == "vandermonde")
        assert (user.value("n"), user.value("half_width")) == (12, 3.0)

    def test_the_open_dialog_opens_it_too(
        self, user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "run.json"
        kernlab.run("gapped-sine", views=("Posterior",), **CHANGED).save(path)
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
        user.qtbot.keyClick(user.window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
        user.wait(lambda: user.value("n") == 400)
        assert {name: user.value(name) for name in CHANGED} == CHANGED

    def test_the_open_dialog_offers_every_kind_of_own_data(self) -> None:
        fields = [f for key in catalogue.keys() for f in fields_of(catalogue.get(key).Parameters)]
        offered = set(KINDS.replace(";;", " ").replace(")", " ").replace("(", " ").split())
        assert {f"*{suffix}" for field in fields for suffix in field.suffixes} <= offered

    def test_a_table_without_a_recipe_counts_as_own_data(self, user: Any, tmp_path: Path) -> None:
        path = tmp_path / "own.csv"
        path.write_text("x,y\n0,1\n1,2\n2,0\n3,1\n")
        drop_file(user, path)
        user.wait(lambda: user.value("dataset") == "file")
        assert user.value("data_file").path == str(path)

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.pdf", b"%PDF-1.4 nothing"),
            ("a.png", b"\x89PNG\r\n\x1a\n"),
            ("a.svg", b"<svg><metadata>{</metadata>"),
            ("a.zip", b"PK\x03\x04"),
            ("a.json", b'{"experiment": "gapped-sine", "parameters": {"n": "'),
            ("a.txt", b"hello"),
            ("a.csv", b"# kernlab: {\n"),
        ],
    )
    def test_a_damaged_file_is_one_sentence(
        self, user: Any, tmp_path: Path, name: str, content: bytes
    ) -> None:
        good, path = user.panel.parameters, tmp_path / name
        path.write_bytes(content)
        drop_file(user, path)
        user.wait(lambda: user.message)
        assert name in user.message and "Traceback" not in user.message
        assert user.panel.parameters == good

    def test_a_folder_and_a_missing_file_are_one_sentence(self, user: Any, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "absent.pdf"):
            user.panel.message.hide()
            drop_file(user, path)
            user.wait(lambda path=path: path.name in user.message)


class TestText:
    def test_the_state_is_one_line_that_restores_it(self, user: Any) -> None:
        user.panel.set_parameters(CHANGED)
        changed = user.panel.parameters
        user.act("Copy state as text")
        line = QGuiApplication.clipboard().text()
        assert "\n" not in line
        user.act("Reset all parameters")
        user.qtbot.keyClick(
            user.panel,
            Qt.Key.Key_V,
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
        )
        user.wait(lambda: user.panel.parameters == changed)
        user.rest()

    def test_a_dropped_text_restores_it(self, user: Any) -> None:
        data = QMimeData()
        recipe = recipes.make("vandermonde", kernlab.run("vandermonde", n=9).parameters, {})
        data.setText(recipes.dumps(recipe) + "\n")
        assert drop(user, data)
        user.wait(lambda: user.panel.experiment.key == "vandermonde" and user.value("n") == 9)

    def test_several_files_are_refused(self, user: Any, tmp_path: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("a.pdf", "b.pdf")])
        before = user.panel.parameters
        assert drop(user, data)
        assert user.message.startswith("Drop one file at a time; 2 were dropped")
        assert user.panel.parameters == before

    def test_a_picture_cannot_be_dropped(self, user: Any) -> None:
        data = QMimeData()
        data.setData("image/png", b"\x89PNG")
        assert not drop(user, data)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "hello",
            "{",
            "[" * 100_000,
            '{"experiment": "no-such", "parameters": {}}',
            '{"experiment": "../../etc/passwd", "parameters": {}}',
            '{"experiment": "gapped-sine", "parameters": 3}',
            json.dumps({"experiment": "__import__('os').system('touch /tmp/x')", "parameters": {}}),
            "x" * 50_000_000,
        ],
        ids=["empty", "words", "brace", "deep", "unknown", "path", "types", "code", "50 MB"],
    )
    def test_a_text_that_is_no_state_is_one_sentence(self, user: Any, text: str) -> None:
        good = user.panel.parameters
        user.window.opening.restore_text(text)
        user.wait(lambda: user.message)
        assert "was not opened" in user.message and len(user.message) < 400
        assert user.panel.parameters == good

    def test_what_is_odd_in_a_state_is_reported_and_the_rest_restored(self, user: Any) -> None:
        given = {"ridge": 0.5, "noise": -3, "m": "many", "nonsense": 1}
        recipe = {"schema": 99, "experiment": "gapped-sine", "parameters": given}
        user.window.opening.restore_text(json.dumps(recipe))
        user.wait(lambda: user.value("ridge") == 0.5)
        assert (user.value("noise"), user.value("m")) == (0.1, 25)
        for word in ("schema 99", "noise", "nonsense"):
            assert word in user.message

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [(" \n", "holds no text; copy a state"), ("hello", "no state of a panel; get one with")],
    )
    def test_what_is_no_state_at_all_is_said_in_plain_words(
        self, user: Any, text: str, sentence: str
    ) -> None:
        QGuiApplication.clipboard().setText(text)
        user.act("Paste state")
        user.wait(lambda: sentence in user.message)
        assert "JSON" not in user.message

    def test_what_is_restored_ends_what_was_said_before_and_tells_of_locks(self, user: Any) -> None:
        user.enter("ridge", "0.5")
        user.act("Copy state as text")
        user.panel.controls.lock(["ridge", "n"])
        user.act("A million points")
        assert "stayed as before: locked" in user.message
        user.act("Paste state")
        user.wait(lambda: "no longer locked: n, ridge" in user.notice)
        assert user.message == "" and user.panel.controls.locked == []
