"""Texts and matrices in the real window: typed, dropped, refused, undone and brought back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from kernlab.engine.contract.own_data import own_matrix
from kernlab.ui.control_menu import menu_of
from kernlab.ui.offers import assignments
from kernlab.ui.pins import labels
from kernlab.ui.text_control import TextControl

from .test_opening import drop_file
from .test_session import begin, end

VALUES = np.array([[3.0, 1.0, 2.0], [4.0, 5.0, 6.0]])


@pytest.fixture
def user(written: str, make_user: Callable[[], Any]) -> Any:
    """In front of the experiment that takes a formula and a matrix."""
    made = make_user()
    made.open(written)
    made.rest()
    return made


@pytest.fixture
def matrix_file(tmp_path: Path) -> Path:
    path = tmp_path / "own.npy"
    np.save(path, VALUES)
    return path


def control(user: Any, name: str = "formula") -> TextControl:
    found = user.panel.controls.control(name)
    assert isinstance(found, TextControl)
    return found


def type_in(user: Any, text: str, name: str = "formula") -> Any:
    """Type over the text, without Enter."""
    editor = control(user, name).editor
    editor.setFocus()
    user.wait(editor.hasFocus)
    editor.selectAll()
    user.qtbot.keyClicks(editor, text)
    return editor


class TestTyping:
    def test_enter_takes_a_formula_over(self, user: Any) -> None:
        user.enter("formula", " dot + 1 ")
        assert user.value("formula") == "dot + 1" == control(user).editor.text()
        user.rest()
        assert "The first entry is <b>2</b>" in user.panel.answer.text()

    def test_a_pause_takes_it_over_and_leaves_the_text_as_it_is(self, user: Any) -> None:
        editor = type_in(user, "d2 ")
        assert user.value("formula") == "exp(-d2)"
        user.wait(lambda: user.value("formula") == "d2")
        assert editor.text() == "d2 " and editor.cursorPosition() == 3
        user.qtbot.keyClicks(editor, "+ 1")
        user.wait(lambda: user.value("formula") == "d2 + 1")
        assert editor.text() == "d2 + 1"

    def test_what_is_not_allowed_is_said_below_and_stays(self, user: Any) -> None:
        before = user.panel.parameters
        editor = type_in(user, "exp(-d2")
        user.wait(lambda: control(user).message.isVisible())
        assert "at character 4, '(' is not closed; add ')'" in control(user).message.text()
        assert editor.property("invalid") and user.panel.parameters == before
        user.qtbot.keyClick(editor, Qt.Key.Key_Tab)
        assert not editor.hasFocus() and editor.text() == "exp(-d2"
        user.enter("n", "12")
        user.panel.set_parameters({"seed": 7})
        assert editor.text() == "exp(-d2" and control(user).message.isVisible()
        editor.setFocus()
        editor.setCursorPosition(7)
        user.qtbot.keyClicks(editor, " / 2)")
        assert not control(user).message.isVisible()
        user.wait(lambda: user.value("formula") == "exp(-d2 / 2)")
        assert (user.value("n"), user.value("seed")) == (12, 7)

    def test_enter_says_at_once_what_is_wrong(self, user: Any) -> None:
        user.enter("formula", "sum(d2)")
        assert "put x or y into it" in control(user).message.text()
        assert control(user).editor.text() == "sum(d2)"

    def test_escape_brings_the_last_good_text_back(self, user: Any) -> None:
        editor = type_in(user, "d2 +")
        user.qtbot.keyClick(editor, Qt.Key.Key_Return)
        user.qtbot.keyClick(editor, Qt.Key.Key_Escape)
        assert editor.text() == "exp(-d2)" and not editor.property("invalid")
        assert not control(user).message.isVisible()

    def test_leaving_takes_over_what_is_allowed(self, user: Any) -> None:
        editor = type_in(user, "d2")
        user.qtbot.keyClick(editor, Qt.Key.Key_Tab)
        assert user.value("formula") == "d2"

    def test_another_value_replaces_what_is_typed(self, user: Any) -> None:
        editor = type_in(user, "d2 +")
        user.act("Cauchy")
        assert editor.text() == user.value("formula") == "1 / (1 + d2)"
        assert not control(user).message.isVisible()

    def test_a_text_without_a_rule(self, user: Any) -> None:
        user.enter("caption", "My row")
        user.rest()
        assert user.value("caption") == "My row" == user.drawing("row").title
        user.enter("caption", "x" * 30)
        assert "caption has 30 characters" in control(user, "caption").message.text()

    def test_a_formula_that_cannot_be_computed_is_one_sentence_in_the_panel(
        self, user: Any
    ) -> None:
        user.enter("formula", "1 / d2")
        user.wait(lambda: "infinite or undefined in 9 of 81 entries" in user.message)
        user.enter("formula", "d2")
        user.rest()
        user.wait(lambda: user.message == "")


class TestHabits:
    def test_undo_and_redo(self, user: Any) -> None:
        user.enter("formula", "d2")
        user.enter("n", "12")
        editor = control(user).editor
        editor.setFocus()
        user.qtbot.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert (user.value("n"), user.value("formula")) == (9, "d2")
        user.act("Undo")
        assert user.value("formula") == "exp(-d2)" == editor.text()
        user.act("Redo")
        assert user.value("formula") == "d2" == editor.text()

    def test_undo_belongs_to_the_text_while_it_is_typed(self, user: Any) -> None:
        user.enter("n", "12")
        editor = type_in(user, "d")
        user.qtbot.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert user.value("n") == 12 and editor.text() == "exp(-d2)"

    def test_a_locked_one_stays(self, user: Any) -> None:
        type_in(user, "d2 +")
        control(user).set_locked(True)
        assert control(user).editor.text() == "exp(-d2)" and not control(user).editor.isEnabled()
        user.act("Cauchy")
        assert user.value("formula") == "exp(-d2)" and "locked" in user.message
        control(user).unlock.click()
        user.act("Cauchy")
        assert user.value("formula") == "1 / (1 + d2)"

    def test_reset_clears_what_is_typed(self, user: Any) -> None:
        editor = type_in(user, "d2 +")
        control(user).reset()
        assert editor.text() == "exp(-d2)" and not editor.isModified()

    def test_it_is_named_and_described(self, user: Any) -> None:
        editor = control(user).editor
        assert editor.accessibleName() == "Formula"
        assert editor.accessibleDescription() == "of the entries"
        assert editor.placeholderText() == "such as exp(-d2)"
        tip = control(user).toolTip()
        assert "one line of up to 80 characters" in tip and "default exp(-d2): double-click" in tip
        assert control(user).label.buddy() is editor

    def test_its_menu_offers_what_the_others_offer(self, user: Any) -> None:
        texts = [[action.text() for action in menu_of(user.panel, name).actions()]
                 for name in ("formula", "source")]  # fmt: skip
        assert texts[0] == texts[1]

    def test_the_palette_sets_it(self, user: Any) -> None:
        (offer,), reason = assignments("formula = d2 + 1", user.panel)
        assert (offer.text, reason) == ("Set formula to d2 + 1", "")
        offer.run()
        assert user.value("formula") == "d2 + 1"
        assert "'(' is not closed" in assignments("formula = exp(", user.panel)[1]

    def test_it_is_dimmed_where_it_does_not_matter(self, user: Any, matrix_file: Path) -> None:
        user.window.opening.load_data("matrix_file", matrix_file)
        user.wait(lambda: user.value("source") == "file")
        assert not control(user).isEnabled()

    def test_a_sweep_does_not_offer_it(self, user: Any) -> None:
        listed = user.panel.sweeping.open().parameter
        names = [listed.itemData(at).name for at in range(listed.count())]
        assert names == ["source", "n", "seed"]

    def test_the_label_of_a_pin_is_short(self, user: Any) -> None:
        now = user.panel.parameters
        long = type(now)(formula="exp(-d2) + exp(-d2) + exp(-d2)")
        (label,) = labels([long], now)
        assert label == "formula = exp(-d2) + exp(-d2) + e…"

    def test_copies_name_it(self, user: Any) -> None:
        user.enter("formula", "exp(-d2) / 2")
        user.act("Copy as command")
        assert "--formula 'exp(-d2) / 2'" in QGuiApplication.clipboard().text()
        user.act("Copy as Python")
        assert "formula='exp(-d2) / 2'" in QGuiApplication.clipboard().text()

    def test_state_copied_and_pasted(self, user: Any, matrix_file: Path) -> None:
        user.enter("formula", "d2 * 3")
        user.window.opening.load_data("matrix_file", matrix_file)
        user.wait(lambda: user.value("source") == "file")
        before = user.panel.parameters
        user.act("Copy state as text")
        matrix_file.unlink()
        user.act("Reset all parameters")
        assert user.panel.parameters != before
        user.act("Paste state")
        user.wait(lambda: user.panel.parameters == before)
        np.testing.assert_array_equal(user.value("matrix_file").matrix, VALUES)

    def test_own_preset(self, user: Any) -> None:
        user.enter("formula", "exp(-d2) / 3")
        user.panel.own_presets.save("Mine", "nothing")
        user.act("Reset all parameters")
        user.wait(lambda: "Mine" in [action.text() for action in user.panel.actions()])
        user.act("Mine")
        assert user.value("formula") == "exp(-d2) / 3"
        user.panel.own_presets.delete("Mine")


class TestMatrix:
    @pytest.mark.parametrize("name", ["own.npy", "own.csv", "OWN.NPY"])
    def test_a_dropped_file_is_taken_over(self, user: Any, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        if name.endswith("csv"):
            np.savetxt(path, VALUES, delimiter=",")
        else:
            with path.open("wb") as file:
                np.save(file, VALUES)
        drop_file(user, path)
        user.wait(lambda: user.value("source") == "file")
        user.rest()
        np.testing.assert_array_equal(user.value("matrix_file").matrix, VALUES)
        assert "The first entry is <b>3</b>" in user.panel.answer.text()

    def test_the_dialog_asks_for_the_right_kinds(
        self, user: Any, matrix_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []

        def choose(*given: Any) -> tuple[str, str]:
            asked.append(given[-1])
            return str(matrix_file), ""

        monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
        user.panel.set_parameters({"source": "file"})
        assert "there is no matrix_file" in user.message
        editor: Any = user.panel.controls.control("matrix_file").editor
        user.qtbot.mouseClick(editor, Qt.MouseButton.LeftButton)
        user.wait(lambda: user.value("source") == "file")
        assert user.message == ""
        assert asked == ["Matrices (*.npy *.csv);;All files (*)"]
        assert user.panel.controls.control("matrix_file").name.text() == "own.npy"

    def test_a_bad_one_is_one_sentence_and_nothing_is_lost(self, user: Any, tmp_path: Path) -> None:
        before = user.panel.parameters
        for name, content, sentence in (
            ("a.csv", b"1,2\n3,four\n", "line 2, column 2: 'four' is not a number"),
            ("b.csv", b"1,2\n", "one data row"),
            ("c.npy", b"\x93NUMPY\1\0", "is damaged"),
            ("d.csv", b"", "is empty"),
        ):
            path = tmp_path / name
            path.write_bytes(content)
            user.window.opening.load_data("matrix_file", path)
            user.wait(lambda wanted=sentence: wanted in user.message)
            assert str(path) in user.message and "\n" not in user.message
            assert user.panel.parameters == before

    def test_a_column_of_an_own_file_by_its_name(
        self, make_user: Callable[[], Any], tmp_path: Path
    ) -> None:
        user = make_user()
        user.open("least-squares-attention")
        user.rest()
        table = np.random.default_rng(0).standard_normal((30, 3))
        for name, header in (("a.csv", "rooms,price,tax"), ("b.csv", "rooms,rent,tax")):
            np.savetxt(tmp_path / name, table, delimiter=",", header=header, comments="")
        user.window.opening.load_data("data_file", tmp_path / "a.csv")
        user.wait(lambda: user.value("data") == "file")
        user.enter("target_column", "price")
        user.rest()
        assert "the prediction of “price” " in user.panel.answer.text()
        user.enter("target_column", "prize")
        assert "are 'rooms', 'price', 'tax'" in user.message
        assert "did you mean 'price'?" in user.message and user.value("target_column") == "price"
        user.enter("target_column", "2")
        user.rest()
        assert user.message == "" and "the prediction of “price” " in user.panel.answer.text()
        user.enter("target_column", "price")
        user.window.opening.load_data("data_file", tmp_path / "b.csv")
        user.wait(lambda: "are 'rooms', 'rent', 'tax'" in user.message)
        user.enter("target_column", "rent")
        user.rest()
        assert user.message == "" and "the prediction of “rent” " in user.panel.answer.text()
        (tmp_path / "c.csv").write_text("rooms,hue\n1,2\n3,red\n")
        user.window.opening.load_data("data_file", tmp_path / "c.csv")
        user.wait(lambda: "line 3, column 'hue': 'red' is not a number" in user.message)

    def test_a_session_brings_both_back(
        self, written: str, make_user: Callable[[], Any], matrix_file: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "session.json"
        user = make_user()
        begin(user, path)
        user.open(written)
        user.enter("formula", "d2 * 5")
        user.window.opening.load_data("matrix_file", matrix_file)
        user.wait(lambda: user.value("source") == "file")
        large = own_matrix(np.ones((200, 200)), "/data/large.npy")
        before = user.panel.parameters
        end(user)
        matrix_file.unlink()
        user = make_user()
        begin(user, path)
        user.open(written)
        assert user.panel.parameters == before
        user.panel.set_parameters({"matrix_file": large})
        end(user)
        user = make_user()
        begin(user, path)
        user.open(written)
        assert (user.value("matrix_file"), user.value("source")) == (None, "formula")
        assert user.value("formula") == "d2 * 5"
        assert "/data/large.npy did not travel" in user.message
