"""A sweep from the window: chosen, started, streaming, cancelled and exported by a user."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

import kernlab
from kernlab.engine.contract.drawing import DrawnBand, DrawnLine, DrawnMark
from kernlab.export import read_recipe

LEFT = Qt.MouseButton.LeftButton


class Sweeper:
    """The user in front of the page."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.user.act("Sweep…")
        self.sweeping = user.panel.sweeping
        self.page = user.panel.sweeping.open()

    def choose(self, parameter: str, values: str, repeats: int, quantity: str) -> None:
        page, qtbot = self.page, self.user.qtbot
        names = [page.parameter.itemData(at).name for at in range(page.parameter.count())]
        page.parameter.setCurrentIndex(names.index(parameter))
        for editor, text in ((page.values, values), (page.repeats, str(repeats))):
            editor.selectAll()
            qtbot.keyClicks(editor, text)
        self.user.wait(lambda: quantity in self.quantities)
        page.quantity.setCurrentIndex(self.quantities.index(quantity))

    @property
    def quantities(self) -> list[str]:
        page = self.page
        return [page.quantity.itemData(at).key for at in range(page.quantity.count())]

    def press(self, button: Any) -> None:
        self.user.qtbot.mouseClick(button, LEFT)

    @property
    def running(self) -> bool:
        return str(self.page.start.text()) == "Cancel"

    @property
    def points(self) -> int:
        """How many medians are on screen."""
        drawing = self.page.card.drawing
        lines = [i for i in drawing.items if isinstance(i, DrawnLine)] if drawing else []
        return sum(int((line.y == line.y).sum()) for line in lines)

    def finish(self) -> None:
        self.user.wait(lambda: not self.running)


@pytest.fixture
def toy_user(make_user: Callable[[], Any], toy: str) -> Any:
    user = make_user()
    user.open("toy")
    user.rest()
    return user


def item(sweeper: Sweeper, kind: type) -> Any:
    return next(i for i in sweeper.page.card.drawing.items if isinstance(i, kind))


def test_medians_and_quartiles_of_every_value_appear(toy_user: Any) -> None:
    sweeper = Sweeper(toy_user)
    toy_user.panel.set_parameters({"noisy": True})
    sweeper.choose("level", "1, 10, 100", 3, "measured.level")
    sweeper.press(sweeper.page.start)
    sweeper.finish()
    assert sweeper.points == 3
    line, band = item(sweeper, DrawnLine), item(sweeper, DrawnBand)
    assert line.x.tolist() == pytest.approx([0, 1, 2]) and line.markers
    assert band.low.tolist() == band.high.tolist() == line.y.tolist()  # no noise in the level
    assert "Done: 9 runs" in sweeper.page.note.text()
    assert "Noisy yes" in sweeper.page.fixed.text() and "Level" not in sweeper.page.fixed.text()


def test_the_page_takes_the_place_of_the_figures_and_gives_it_back(toy_user: Any) -> None:
    sweeper = Sweeper(toy_user)
    assert sweeper.page.isVisible() and not toy_user.panel.grid.isVisible()
    sweeper.press(sweeper.page.back)
    assert not sweeper.page.isVisible() and toy_user.panel.grid.isVisible()
    assert toy_user.panel.tabs.isVisible()
    toy_user.act("Sweep…")
    assert sweeper.page.isVisible()
    toy_user.act("Sweep…")
    assert toy_user.panel.grid.isVisible()


def test_what_was_dragged_last_is_offered_first(toy_user: Any) -> None:
    toy_user.drag("shift", 0.3, 0.7)
    page = Sweeper(toy_user).page
    assert page.field.name == "shift"
    assert page.values.text() == "-5..5 x9"
    assert "9 values, 45 runs: -5.0, -3.75" in page.note.text()


def test_bad_values_are_said_below_the_form_and_nothing_starts(toy_user: Any) -> None:
    sweeper = Sweeper(toy_user)
    toy_user.wait(lambda: sweeper.quantities)
    for values, repeats, sentence in (
        ("10, many", "5", "'many'"),
        ("10:1e9:10", "5", "allowed: a whole number from 10 to 1000000"),
        ("20", "many", "repeats is 'many'; allowed: a whole number from 1 to 100"),
        ("20", "1000", "repeats is 1000; allowed"),
    ):
        sweeper.page.values.setText(values)
        sweeper.page.repeats.setText(repeats)
        toy_user.wait(lambda s=sentence: s in sweeper.page.note.text())
        assert sweeper.page.note.property("message") == "fails"
        toy_user.wait(lambda: not sweeper.page.start.isEnabled())
    sweeper.page.repeats.setText("1")
    toy_user.qtbot.keyClick(sweeper.page.repeats, Qt.Key.Key_Return)
    assert sweeper.running
    sweeper.finish()


def test_refused_values_are_gaps_with_their_reason(toy_user: Any) -> None:
    sweeper = Sweeper(toy_user)
    toy_user.panel.set_parameters({"shape": "line"})
    sweeper.choose("level", "100, 900", 1, "measured.level")
    sweeper.press(sweeper.page.start)
    sweeper.finish()
    assert sweeper.points == 1
    assert "allowed: at most 500 for a line" in sweeper.page.note.text()
    assert "no number at 900" in sweeper.page.card.drawing.note


def test_the_list_of_quantities_is_searched_by_any_part(toy_user: Any) -> None:
    toy_user.wait(lambda: toy_user.panel.claims.cards["T1"].claim.measured is not None)
    sweeper = Sweeper(toy_user)
    box = sweeper.page.quantity
    toy_user.wait(lambda: "measured.n" in sweeper.quantities)
    editor = box.lineEdit()
    editor.selectAll()
    toy_user.qtbot.keyClicks(editor, "low")
    completer = box.completer()
    assert completer.completionCount() == 1
    assert completer.currentCompletion().startswith("T1 (measured)")
    editor.setText("nothing of the kind")
    toy_user.qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert box.currentText() == box.itemText(box.currentIndex())


def test_long_tables_are_offered_on_demand(toy_user: Any) -> None:
    sweeper = Sweeper(toy_user)
    toy_user.wait(lambda: sweeper.quantities)
    assert "curve.y:max" not in sweeper.quantities
    sweeper.press(sweeper.page.longer)
    sweeper.choose("level", "1, 5", 1, "curve.y:max")
    sweeper.press(sweeper.page.start)
    sweeper.finish()
    assert item(sweeper, DrawnLine).y[1] == pytest.approx(5 * item(sweeper, DrawnLine).y[0])
    assert "(V)" in sweeper.page.card.drawing.y.title


def test_words_stand_on_the_axis(toy_user: Any) -> None:
    sweeper = Sweeper(toy_user)
    sweeper.choose("shape", "all", 1, "T1")
    sweeper.press(sweeper.page.start)
    sweeper.finish()
    assert sweeper.page.card.drawing.x.names == ("Sine", "Line")
    assert sweeper.page.grab().width() > 0


def test_the_current_value_is_marked_and_follows(toy_user: Any) -> None:
    sweeper = Sweeper(toy_user)
    sweeper.choose("shift", "-4, 4", 1, "T1")
    sweeper.press(sweeper.page.start)
    sweeper.finish()
    assert item(sweeper, DrawnMark).x == 0.5
    toy_user.enter("shift", "2")
    assert item(sweeper, DrawnMark).x == 2.0
    assert "moved since" not in sweeper.page.fixed.text()
    toy_user.enter("level", "3")
    assert "moved since" in sweeper.page.fixed.text()
    assert "Level 1 V" in sweeper.page.fixed.text()


def test_an_axis_is_switched_between_logarithmic_and_linear(toy_user: Any) -> None:
    sweeper = Sweeper(toy_user)
    sweeper.choose("level", "1, 10", 1, "T1")
    sweeper.press(sweeper.page.start)
    sweeper.finish()
    sweeper.page.card.log_x.trigger()
    assert not sweeper.page.card.drawing.x.log
    assert item(sweeper, DrawnLine).x.tolist() == [1, 10]


class TestBesideTheSliders:
    """On gapped sine, whose runs take a while."""

    def start(self, user: Any, runs: int = 100) -> Sweeper:
        sweeper = Sweeper(user)
        sweeper.choose("ridge", f"1e-6..1 x{runs // 10}", 10, "methods.rho[iid]")
        sweeper.press(sweeper.page.start)
        return sweeper

    def test_a_slider_is_dragged_while_points_stream_in(self, user: Any) -> None:
        sweeper = self.start(user, 1000)
        user.wait(lambda: sweeper.points >= 2)
        before = len(user.shown)
        user.drag("gap_width", 0.2, 0.4, 0.3)
        user.wait(lambda: len(user.shown) > before)
        assert user.shown[-1].request.parameters.gap_width == user.value("gap_width")
        assert sweeper.running
        points = sweeper.points
        user.wait(lambda: sweeper.points > points)
        assert sweeper.sweeping.bundle().recipe["parameters"]["gap_width"] > 6.2

    def test_a_cancelled_sweep_keeps_its_points(self, user: Any) -> None:
        sweeper = self.start(user, 1000)
        user.wait(lambda: sweeper.points >= 3)
        sweeper.press(sweeper.page.start)
        assert not sweeper.running and "Cancelled after" in sweeper.page.note.text()
        user.quiet()
        assert sweeper.points >= 3
        sweeper.press(sweeper.page.start)  # and again from the beginning
        assert sweeper.running
        user.wait(lambda: "of 1000 runs" in sweeper.page.note.text())
        user.panel.run_or_cancel()
        assert not sweeper.running
        user.quiet()

    def test_an_export_does_not_wait_for_it(self, user: Any) -> None:
        sweeper = self.start(user, 1000)
        user.wait(lambda: sweeper.points >= 1)
        made: list[Any] = []
        user.panel.collecting.collect(made.append)
        user.wait(lambda: made)
        assert sweeper.running

    def test_it_goes_on_while_the_figures_are_shown(self, user: Any) -> None:
        sweeper = self.start(user, 30)
        sweeper.press(sweeper.page.back)
        assert user.panel.toolbar.running
        sweeper.finish()
        user.act("Sweep…")
        assert sweeper.points == 3 and "Done: 30 runs" in sweeper.page.note.text()


def test_figure_and_tables_leave_with_the_recipe_of_the_sweep(
    toy_user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeper = Sweeper(toy_user)
    assert not sweeper.page.export.isEnabled()
    toy_user.enter("shift", "2")
    toy_user.rest()
    sweeper.choose("level", "1, 10", 2, "measured.level")
    sweeper.press(sweeper.page.start)
    sweeper.finish()
    for name, kind in (("a.pdf", "PDF (*.pdf)"), ("b", "Medians, CSV (*.csv)")):
        path = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, p=path, k=kind: (str(p), k))
        sweeper.press(sweeper.page.export)
        saved = path if path.suffix else path.with_suffix(".csv")
        toy_user.wait(lambda s=saved: toy_user.notice == f"Saved {s}.")
        assert read_recipe(saved)["sweep"] == {
            "parameter": "level",
            "values": [1.0, 10.0],
            "repeats": 2,
            "quantity": "measured.level",
        }
        experiment, parameters = kernlab.open_recipe(saved)
        assert experiment == "toy" and parameters["shift"] == 2.0
    rows = list(csv.reader((tmp_path / "b.csv").read_text().splitlines()[1:]))
    assert rows[0] == ["level [V]", "median", "low", "high", "count"]
    assert rows[1:] == [["1.0", "1.0", "1.0", "1.0", "2"], ["10.0", "10.0", "10.0", "10.0", "2"]]


def test_an_impossible_target_is_refused_in_the_panel(
    toy_user: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeper = Sweeper(toy_user)
    sweeper.choose("level", "1", 1, "T1")
    sweeper.press(sweeper.page.start)
    sweeper.finish()
    (tmp_path / "file").write_text("")
    target = str(tmp_path / "file" / "a.pdf")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (target, "PDF (*.pdf)"))
    sweeper.press(sweeper.page.export)
    assert "a.pdf" in toy_user.message


def test_every_widget_has_a_name(toy_user: Any) -> None:
    page = Sweeper(toy_user).page
    for widget in (page.parameter, page.values, page.repeats, page.quantity, page.longer,
                   page.start, page.export, page.back, page.bar):  # fmt: skip
        assert widget.accessibleName()
