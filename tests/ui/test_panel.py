"""The panel in the real window, driven by mouse and keyboard: what is computed and shown."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent

from kernlab.engine import catalogue
from kernlab.engine.contract.breaks import Break
from kernlab.engine.contract.drawing import DrawnLine, DrawnMark, DrawnPoints
from kernlab.engine.contract.experiment import CLAIMS
from kernlab.engine.contract.parameters import fields_of
from kernlab.engine.experiments.gapped_sine import experiment as gapped_sine
from kernlab.ui.figure_card import FigureCard
from kernlab.ui.mailbox import Finished

LEFT = Qt.MouseButton.LeftButton
NUMERIC = [field for field in fields_of(gapped_sine.Parameters) if field.span]
OWN_DATA = [
    (key, field.name, field.columns)  # no columns: a matrix
    for key in catalogue.keys()
    for field in fields_of(catalogue.get(key).Parameters)
    if field.kind == "data" and not field.arrays
]


class TestPicture:
    def test_first_picture_appears_with_answer_and_claims(self, user: Any) -> None:
        assert user.drawing("posterior").items
        assert "In the gap" in user.panel.answer.text()
        user.wait(lambda: "G1" in user.panel.claims.cards)
        user.wait(lambda: user.panel.claims.cards["G2"].claim.verdict == "fails")
        assert user.message == ""

    def test_a_drag_ends_with_exactly_one_full_run_for_the_last_value(self, user: Any) -> None:
        user.quiet()
        before = len(user.shown)
        user.drag("ridge", 0.3, 0.5, 0.8, 0.65)
        value = user.panel.controls.control("ridge").value
        user.rest()
        user.quiet()
        (event,) = user.shown[before:]
        assert event.request.fidelity == "full"
        assert event.request.parameters.ridge == value == user.value("ridge") != 0.01

    def test_figures_answer_and_claims_belong_to_the_last_value(self, user: Any) -> None:
        user.drag("gap_width", 0.9, 0.1, 0.25)
        user.rest()
        p = user.panel.parameters
        region = next(i for i in user.drawing("posterior").items if hasattr(i, "high"))
        assert region.high - region.low == pytest.approx(p.gap_width)
        made: list[Any] = []
        user.panel.collecting.collect(made.append)
        user.wait(lambda: made)
        tables = made[0].collected.tables
        line = next(i for i in user.drawing("posterior").items if isinstance(i, DrawnLine))
        np.testing.assert_array_equal(line.x, tables["posterior"]["x"])
        assert user.panel.answer.text().replace("<b>", "**").replace("</b>", "**") == (
            gapped_sine.answer(p, tables)
        )
        user.quiet()
        user.wait(lambda: user.panel.claims.cards["G2"].claim.measured is not None)
        judged = {claim.id: claim for claim in made[0].collected.claims}
        assert {key: card.claim for key, card in user.panel.claims.cards.items()} == judged

    def test_a_tab_computes_only_its_view(self, user: Any) -> None:
        user.quiet()
        before = len(user.shown)
        user.panel.tabs.setCurrentIndex(2)
        user.wait(lambda: len(user.shown) > before)
        assert [event.request.views for event in user.shown[before:]] == [("Evidence",)]
        assert user.drawing("map-gcv").items
        user.panel.tabs.setCurrentIndex(0)
        user.quiet()
        assert len(user.shown) == before + 1

    def test_the_answer_follows_while_another_view_is_shown(self, user: Any) -> None:
        user.panel.tabs.setCurrentIndex(2)
        before = user.panel.answer.text()
        user.drag("m", 0.3)
        user.wait(lambda: user.panel.answer.text() != before)
        assert f"D = {2 * user.value('m')}" in user.panel.answer.text()
        assert not user.panel.answer.property("muted")

    def test_a_long_answer_is_shown_whole(self, user: Any) -> None:
        label = user.panel.answer
        two = label.height()
        label.show_answer("a number of **words** " * 60, moving=False)
        user.wait(lambda: label.height() > two)
        assert label.heightForWidth(label.width()) <= label.height()
        label.show_answer("short", moving=False)
        user.wait(lambda: label.height() == two)

    def test_a_click_in_the_map_takes_its_values(self, user: Any) -> None:
        user.panel.tabs.setCurrentIndex(2)
        user.wait(lambda: user.card("map-gcv").drawing)
        plot = user.card("map-gcv").plot
        to = plot.projection
        place = QPointF(to.px(math.log10(2.0)), to.py(-3.0)).toPoint()
        user.qtbot.mouseClick(plot.viewport(), LEFT, pos=place)
        user.wait(lambda: user.value("ridge") != 0.01)
        assert user.value("lengthscale") == pytest.approx(2.0, rel=0.05)
        assert user.value("ridge") == pytest.approx(1e-3, rel=0.1)
        assert user.value("ridge") == float(f"{user.value('ridge'):.3e}")
        assert "click" in user.card("map-gcv").header.note

    def test_an_axis_is_switched_between_logarithmic_and_linear(self, user: Any) -> None:
        card = user.card("ratio")
        assert not card.drawing.y.log
        card.log_y.trigger()
        user.wait(lambda: card.drawing.y.log)
        card.log_y.trigger()
        user.wait(lambda: not card.drawing.y.log)

    def test_own_points_are_drawn_at_their_places(self, user: Any) -> None:
        dots = next(i for i in user.drawing("posterior").items if isinstance(i, DrawnPoints))
        assert 1000 < dots.x.size < 2500


class TestClaims:
    def test_an_expanded_claim_gets_the_room_that_it_needs(self, user: Any) -> None:
        user.wait(lambda: user.panel.claims.cards["G2"].claim.verdict == "fails")
        card = user.panel.claims.cards["G2"]
        before = card.height()
        user.qtbot.mouseClick(card, LEFT)
        user.wait(lambda: card.height() > before + 100)
        assert card.height() == card.heightForWidth(card.width())


class TestInput:
    def test_a_small_number_is_typed(self, user: Any) -> None:
        user.enter("ridge", "3e-7")
        assert user.value("ridge") == 3e-7
        user.rest()
        assert user.shown[-1].request.parameters.ridge == 3e-7

    @pytest.mark.parametrize("field", NUMERIC, ids=lambda field: field.name)
    def test_what_is_not_allowed_is_said_at_the_control(self, user: Any, field: Any) -> None:
        control = user.panel.controls.control(field.name)
        good = user.panel.parameters
        for text in (f"{2 * field.span.high + 1:g}", f"{field.span.low - 1:g}", "many", "nan"):
            user.enter(field.name, text)
            assert control.message.isVisible()
            assert f"{field.name} is" in control.message.text()
            assert "allowed" in control.message.text()
        assert user.panel.parameters == good
        user.qtbot.keyClick(control.editor, Qt.Key.Key_Escape)
        assert not control.message.isVisible()

    def test_presets_are_loaded_over_the_defaults(self, user: Any) -> None:
        user.enter("noise", "0.3")
        actions = user.panel.toolbar.presets.actions()
        texts = [action.text() for action in actions if not action.menu()]
        titles = [preset.title for preset in gapped_sine.presets]
        assert list(filter(None, texts)) == [*titles, "Save as preset…"]
        actions[2].trigger()
        assert (user.value("dataset"), user.value("feature_scale")) == ("paper-1", 2.0)
        assert user.value("noise") == 0.1
        assert user.message.startswith("Table 2, data set 1: Performer")
        user.rest()
        assert not user.panel.controls.control("n").isEnabled()

    def test_the_help_of_a_control_is_shown_while_the_pointer_is_on_it(self, user: Any) -> None:
        user.quiet()
        control, note = user.panel.controls.control("ridge"), user.window.status_line.note
        here = QPointF(3, 3)
        user.qtbot.mouseMove(user.panel.toolbar)
        control.enterEvent(QEnterEvent(here, here, here))
        assert note.text() == control.field.help
        control.leaveEvent(QEvent(QEvent.Type.Leave))
        assert note.text() == "ready"

    def test_cancel_ends_a_large_run_and_run_starts_it_again(self, user: Any) -> None:
        user.enter("n", "1e7")
        user.wait(lambda: user.panel.toolbar.running and user.window.lane.busy)
        user.qtbot.mouseClick(user.panel.toolbar.run, LEFT)
        user.wait(lambda: not user.window.lane.busy)
        assert user.window.status_line.note.text() == "cancelled"
        assert user.shown[-1].request.parameters.n == 2500
        user.enter("n", "3000")
        user.rest()
        assert user.shown[-1].request.parameters.n == 3000


class TestTrouble:
    def test_a_run_that_fails_says_why_and_the_next_good_value_works(self, user: Any) -> None:
        user.panel.set_parameters({"n": 50, "domain": 1.0, "gap_width": 12.0})
        user.wait(lambda: "the gap leaves 0 of 50 points" in user.message)
        assert user.panel.message.details.toPlainText().startswith("Traceback")
        user.wait(lambda: not user.panel.toolbar.running)
        assert user.window.status_line.note.text() == "failed"
        user.enter("gap_width", "0.5")
        user.rest()
        user.wait(lambda: user.message == "")

    def test_a_dataset_without_its_file_is_one_sentence_until_another_is_chosen(
        self, user: Any
    ) -> None:
        good = user.panel.parameters
        editor: Any = user.panel.controls.control("dataset").editor
        editor.setFocus()
        user.qtbot.keyClick(editor, Qt.Key.Key_End)
        assert user.message == "dataset is 'file' but there is no data_file; choose a CSV file"
        assert user.panel.parameters == good
        user.qtbot.keyClick(editor, Qt.Key.Key_Home)
        assert user.message == ""
        assert user.panel.parameters == good
        user.rest()

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            ("{head}\n{one}\nthree{rest}\n", "line 3, column {first}: 'three' is not a number"),
            ("{head}\n{one}\nnan{rest}\n", "line 3, column {first}: nan is not a finite number"),
            ("{head}\n{one}\n", "holds one data row"),
            ("", "is empty"),
            ("a,b,c\n1,2,3\n3,4,5\n", "the column {first} is missing"),
            ("\0\1\2", "is not a text file"),
            (None, "is a folder"),
            (2_000_000_000, "2000000000 bytes; allowed: at most"),
        ],
        ids=["text", "nan", "one row", "empty", "columns", "binary", "folder", "2 GB"],
    )
    @pytest.mark.parametrize(("key", "parameter", "columns"), OWN_DATA)
    def test_a_bad_file_is_one_sentence_and_nothing_is_lost(
        self,
        make_user: Any,
        tmp_path: Path,
        key: str,
        parameter: str,
        columns: tuple[str, ...],
        content: Any,
        sentence: str,
    ) -> None:
        if not columns and "the column" in sentence:
            pytest.skip("a matrix has no names to be missing")
        user = make_user()
        user.open(key)
        user.rest()
        names = columns or ("a", "b")
        parts = {
            "head": ",".join(names),
            "one": ",".join("1" for _ in names),
            "rest": ",2" * (len(names) - 1),
            "first": repr(names[0]),
        }
        good, path = user.panel.parameters, tmp_path / "own.csv"
        if isinstance(content, int):
            with path.open("wb") as file:
                file.truncate(content)
        elif content is None:
            path.mkdir()
        else:
            path.write_text(content.format(**parts))
        user.window.opening.load_data(parameter, path)
        user.wait(lambda: user.message)
        assert str(path) in user.message and sentence.format(**parts) in user.message
        assert "\n" not in user.message and "Traceback" not in user.message
        assert user.panel.parameters == good
        user.enter("seed", "7")
        user.rest()
        assert user.message == ""

    def test_own_data_are_fitted(self, user: Any, tmp_path: Path) -> None:
        path = tmp_path / "own.csv"
        x = np.linspace(0, 3, 200)
        rows = "".join(f"{a},{b}\n" for a, b in zip(x, np.cos(x), strict=True))
        path.write_text("x,y\n" + rows)
        user.window.opening.load_data("data_file", path)
        user.wait(lambda: user.value("dataset") == "file")
        user.rest()
        assert user.value("data_file").path == str(path)
        assert user.drawing("posterior").x.view[1] < 3.2
        assert user.message == ""

    def test_figures_that_own_nodes_cannot_fill_go_and_come_back(
        self, make_user: Any, tmp_path: Path
    ) -> None:
        user = make_user()
        user.open("vandermonde")
        user.rest()
        before = [card.key for card in user.panel.grid.cards]
        path = tmp_path / "nodes.csv"
        path.write_text("x\n-1\n0.1\n0.5\n2\n")
        user.window.opening.load_data("nodes_file", path)
        user.wait(lambda: user.value("nodes") == "file")
        user.rest()
        assert [card.key for card in user.panel.grid.cards] == ["width", "determinant"]
        assert user.drawing("width").note == "n = 4"
        user.panel.set_parameters({"nodes": "chebyshev"})
        user.rest()
        assert [card.key for card in user.panel.grid.cards] == before

    def test_closing_in_the_middle_of_a_large_run_leaves_nothing_running(self, user: Any) -> None:
        user.enter("n", "1e7")
        user.wait(lambda: user.window.lane.busy)
        user.window.close()
        assert not user.window.lane._thread.is_alive()


class TestBreak:
    def test_the_value_at_which_a_claim_breaks_is_marked_on_its_slider(self, user: Any) -> None:
        user.panel.set_parameters({"n": 60, "gap_width": 0.0})
        user.rest()
        user.panel.break_search.find("G2", "lengthscale")
        assert "Looking for the lengthscale" in user.message
        user.wait(lambda: " up to " in user.message)
        slider = user.panel.controls.control("lengthscale").slider
        (mark,) = slider.marks
        assert 0.05 < mark.value < 10 and "G2 flips at" in mark.text
        assert "G2 holds for lengthscale up to" in user.message
        user.quiet()

    def test_a_claim_that_never_breaks_is_said_to_hold_everywhere(self, user: Any) -> None:
        user.panel.break_search.find("G1", "m")
        user.wait(lambda: "G1 does not flip over m" in user.message)
        assert user.panel.message.property("kind") == "inconclusive"
        user.quiet()

    def test_a_changed_parameter_ends_the_search(self, user: Any) -> None:
        user.panel.break_search.find("G2", "lengthscale")
        user.drag("ridge", 0.4)
        assert user.message == ""
        user.rest()
        user.quiet()
        assert user.panel.controls.control("lengthscale").slider.marks == ()


class TestNews:
    """The lane stands still, so that the order in which things come is the test's."""

    @pytest.fixture
    def held(self, user: Any) -> Iterator[Any]:
        user.quiet()
        gate = threading.Event()
        user.window.lane.call(lambda _: gate.wait(10))
        yield user
        gate.set()
        user.quiet()

    def test_the_end_of_an_older_run_leaves_the_newer_one_running(self, held: Any) -> None:
        older = held.panel.runs.asked
        held.panel.tabs.setCurrentIndex(2)
        seen = len(held.finished)
        held.window.lane.mailbox.put_event("gapped-sine", Finished(older, 0.1))
        held.wait(lambda: len(held.finished) > seen)
        assert held.panel.toolbar.running

    def test_a_bracket_of_an_older_search_marks_nothing(self, held: Any) -> None:
        older = held.panel.runs.request(
            "full", (CLAIMS,), purpose="break", claim="G2", parameter="lengthscale"
        )
        held.panel.break_search.find("G1", "m")
        found = Break("lengthscale", 1.5, 1.0, 2.0, ("holds", "fails"), final=True)
        held.window.lane.mailbox.put("gapped-sine/search", found=(older, found))
        held.qtbot.wait(150)  # many looks of the window
        assert held.panel.controls.control("m").slider.marks == ()
        assert "Looking for the m" in held.message


def test_another_panel_goes_first_and_the_first_one_then_ends(
    toy: str, make_user: Callable[[], Any]
) -> None:
    user = make_user()
    first = user.open("gapped-sine")
    user.rest()
    user.enter("n", "1e6")
    user.wait(
        lambda: first.runs.complete.get("Posterior") != first.serial and user.window.lane.busy
    )
    user.open(toy)
    user.wait(lambda: any(event.request.experiment.key == toy for event in user.shown))
    assert user.drawing("curve").items
    serial = first.serial
    user.window.show_panel("gapped-sine")
    user.rest()
    assert user.panel is first and first.serial == serial
    assert user.shown[-1].request.parameters.n == 1_000_000


def test_a_card_tells_what_it_waits_for_and_marks_are_where_the_parameters_are(user: Any) -> None:
    user.panel.tabs.setCurrentIndex(1)
    user.wait(lambda: isinstance(user.card("sweep-rho"), FigureCard) and user.drawing("sweep-rho"))
    marks = [i for i in user.drawing("sweep-rho").items if isinstance(i, DrawnMark)]
    assert marks[0].x == pytest.approx(math.log10(2 * user.value("m")))
