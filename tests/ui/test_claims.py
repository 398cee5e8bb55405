"""The list of claims: what it shows, what it keeps, what it asks for."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea

from kernlab.engine.contract.claim import NOT_MEASURED, Claim, Statement, Verdict
from kernlab.ui import theme as themes
from kernlab.ui.claims import ClaimCard, ClaimList, facts, latex
from kernlab.ui.latex import escape

LEFT = Qt.MouseButton.LeftButton
VERDICTS: tuple[Verdict, ...] = ("holds", "fails", "inconclusive")


def claim(number: int, verdict: Verdict = "holds", reason: str = "as predicted") -> Claim:
    return Statement(
        id=f"G{number}",
        statement=f"Statement {number} about κ(K+αI)",
        published="cond(K) is moderate",
        correct="κ(K+αI)=1+λ_max/α_which_is_a_long_formula_without_a_single_space_in_it",
        source="section 4",
        preset="First table",
        figure="posterior",
    ).judge(verdict, reason, predicted=1.0, measured=1.0 + number / 100, tolerance=0.05)


def claims(count: int = 8) -> list[Claim]:
    return [claim(number, VERDICTS[number % 3]) for number in range(1, count + 1)]


@pytest.fixture
def area(qtbot, qapp: QApplication) -> QScrollArea:
    """The list as a column that scrolls."""
    themes.apply(qapp, themes.load("light"))
    area = QScrollArea(widgetResizable=True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.resize(290, 300)
    area.setWidget(ClaimList())
    qtbot.addWidget(area)
    area.show()
    qtbot.waitExposed(area)
    return area


@pytest.fixture
def shown(area: QScrollArea) -> ClaimList:
    widget = area.widget()
    assert isinstance(widget, ClaimList)
    return widget


def click(qtbot, card: ClaimCard) -> None:
    qtbot.mouseClick(card, LEFT, pos=card.rect().topLeft() + card.statement.pos())


def visible(shown: ClaimList) -> list[str]:
    return [key for key, card in shown.cards.items() if not card.isHidden()]


def test_claims_are_grouped_with_counts(shown: ClaimList) -> None:
    shown.set_claims(claims(7))
    headers = [header.text() for header in shown.headers.values()]
    assert headers == ["▾ fails here  3", "▾ holds here  2", "▾ inconclusive  2"]


def test_groups_stand_in_the_order_of_the_verdicts(qtbot, shown: ClaimList) -> None:
    shown.set_claims(claims(7))
    in_order = ["G1", "G4", "G7", "G3", "G6", "G2", "G5"]
    qtbot.waitUntil(lambda: shown.cards["G5"].y() > shown.cards["G1"].y())
    assert sorted(shown.cards, key=lambda key: shown.cards[key].y()) == in_order


def test_verdict_is_a_sign_and_a_word(shown: ClaimList) -> None:
    shown.set_claims(claims(3))
    assert [card.pill.text() for card in shown.cards.values()] == [
        "✕ fails", "∘ inconclusive", "✓ holds",
    ]  # fmt: skip
    assert shown.cards["G1"].accessibleName().startswith("G1, fails: Statement 1")


def test_facts_name_what_is_known_only() -> None:
    part = claim(1)
    assert facts(part).replace("\u00a0", " ") == "predicted 1 · measured 1.010 · tolerance 0.05"
    assert facts(dataclasses.replace(part, predicted=None, tolerance=None)) == "measured\u00a01.010"
    assert facts(claim(1).__class__(**{**vars(part), "predicted": None, "measured": None,
                                       "tolerance": None})) == ""  # fmt: skip


def test_facts_show_the_digits_that_the_tolerance_asks_for() -> None:
    fine = dataclasses.replace(claim(1), predicted=7.6567e4, measured=7.65675e4, tolerance=5e-5)
    assert "76\u202f567.5" in facts(fine)


def test_a_group_closes_and_opens(qtbot, shown: ClaimList) -> None:
    shown.set_claims(claims(3))
    qtbot.mouseClick(shown.headers["holds"], LEFT)
    assert visible(shown) == ["G1", "G2"]
    assert shown.headers["holds"].text() == "▸ holds here  1"
    qtbot.mouseClick(shown.headers["holds"], LEFT)
    assert visible(shown) == ["G1", "G2", "G3"]


def test_search_shows_with_many_claims_and_narrows(qtbot, shown: ClaimList) -> None:
    shown.set_claims(claims(6))
    assert shown.search.isHidden()
    shown.set_claims(claims(7))
    assert shown.search.isVisible()
    qtbot.keyClicks(shown.search, "STATEMENT 3")
    assert visible(shown) == ["G3"] and shown.none.isHidden()
    qtbot.keyClicks(shown.search, " and more")
    assert visible(shown) == [] and shown.none.isVisible()
    shown.search.clear()
    assert len(visible(shown)) == 7 and shown.none.isHidden()


def test_click_opens_the_details_and_points_to_the_figure(qtbot, shown: ClaimList) -> None:
    shown.set_claims(claims(3))
    card = shown.cards["G1"]
    with qtbot.waitSignal(shown.highlight_requested) as signal:
        click(qtbot, card)
    assert signal.args == ["posterior"]
    assert card.expanded
    texts = {label.text().replace("\u200b", "") for label in card.findChildren(QLabel)}
    assert {claim(1).published, claim(1).correct, claim(1).source} <= texts
    click(qtbot, card)
    assert not card.expanded


def test_enter_opens_the_details(qtbot, shown: ClaimList) -> None:
    shown.set_claims(claims(3))
    qtbot.keyClick(shown.cards["G1"], Qt.Key.Key_Return)
    assert shown.cards["G1"].expanded


def test_buttons_ask_with_the_id_and_the_preset(qtbot, shown: ClaimList) -> None:
    shown.set_claims([claim(1, "inconclusive", NOT_MEASURED)])
    shown.cards["G1"].toggle()
    details = shown.cards["G1"].details
    assert details is not None
    with qtbot.waitSignal(shown.break_requested) as signal:
        qtbot.mouseClick(details.find_break, LEFT)
    assert signal.args == ["G1"]
    with qtbot.waitSignal(shown.preset_requested) as signal:
        qtbot.mouseClick(details.preset, LEFT)
    assert signal.args == ["First table"]
    with qtbot.waitSignal(shown.measure_requested):
        qtbot.mouseClick(details.measure, LEFT)
    qtbot.mouseClick(details.copy, LEFT)
    assert QGuiApplication.clipboard().text() == latex(shown.cards["G1"].claim)
    assert shown.cards["G1"].expanded


def test_buttons_that_do_not_apply_are_hidden(shown: ClaimList) -> None:
    shown.set_claims([dataclasses.replace(claim(1), preset=None)])
    shown.cards["G1"].toggle()
    details = shown.cards["G1"].details
    assert details is not None
    assert details.measure.isHidden()
    assert details.preset.isHidden()
    shown.set_claims([claim(1, "inconclusive", NOT_MEASURED)])
    assert not details.measure.isHidden()
    assert not details.preset.isHidden()


def test_update_keeps_cards_expansion_and_scroll_position(
    qtbot, area: QScrollArea, shown: ClaimList
) -> None:
    shown.set_claims(claims(8))
    shown.cards["G2"].toggle()
    bar = area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 120)
    bar.setValue(100)
    cards = dict(shown.cards)
    flipped = [dataclasses.replace(item, measured=7.5) for item in claims(8)]
    flipped[0] = dataclasses.replace(flipped[0], verdict="holds")
    shown.set_claims(flipped)
    assert shown.cards == cards
    assert shown.cards["G2"].expanded
    assert bar.value() == 100
    assert "7.500" in shown.cards["G2"].facts.text()
    assert shown.headers["holds"].text() == "▾ holds here  3"


def test_equal_claims_change_nothing(shown: ClaimList, monkeypatch) -> None:
    shown.set_claims(claims(8))

    def refuse(*_: object) -> None:
        raise AssertionError("a label was touched")

    monkeypatch.setattr(QLabel, "setText", refuse)
    shown.set_claims(claims(8))


def test_claims_that_are_gone_lose_their_cards(qtbot, shown: ClaimList) -> None:
    shown.set_claims(claims(8))
    with qtbot.waitSignal(shown.cards["G8"].destroyed):
        shown.set_claims(claims(7))
    assert list(shown.cards) == [f"G{number}" for number in range(1, 8)]


@pytest.mark.parametrize("font_size", [13, 16])
def test_text_wraps_and_is_never_clipped(
    qtbot, qapp: QApplication, area: QScrollArea, shown: ClaimList, font_size: int
) -> None:
    themes.apply(qapp, themes.load("light"), font_size)
    shown.set_claims(claims(8))
    for card in shown.cards.values():
        card.toggle()

    def complete() -> bool:
        labels = [label for label in shown.findChildren(QLabel) if label.isVisible()]
        high = all(label.height() >= label.heightForWidth(label.width()) for label in labels)
        return high and shown.width() <= area.viewport().width()

    for width in (290, 260):
        area.resize(width, 300)
        qtbot.waitUntil(complete)


# -- LaTeX ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50 % of A & B_1 #2 {x} $5", r"50 \% of A \& B\_1 \#2 \{x\} \$5"),
        (r"a\b^c~d", r"a\textbackslash{}b\textasciicircum{}c\textasciitilde{}d"),
        ("7.66·10⁻⁹", r"7.66\ensuremath{\cdot}10\ensuremath{^{-9}}"),
        ("x₁₂ ≤ λ", r"x\ensuremath{_{12}} \ensuremath{\le} \ensuremath{\lambda}"),
        ("1\u202f000", r"1\,000"),
        ("Ω and Α", r"\ensuremath{\Omega} and \ensuremath{\mathrm{A}}"),
        ("Nyström", "Nyström"),
    ],
)
def test_text_is_escaped_for_latex(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_latex_holds_what_is_known() -> None:
    snippet = latex(dataclasses.replace(claim(1, "fails", "50 % off"), tolerance=None))
    assert snippet.startswith(r"\textbf{G1} Statement 1 about \ensuremath{\kappa}")
    assert r"\item[Published] cond(K) is moderate" in snippet
    assert r"\item[Correct] " in snippet
    assert r"\item[Predicted] 1" in snippet
    assert r"\item[Measured] 1.010" in snippet
    assert r"\item[Verdict] fails: 50 \% off" in snippet
    assert "Tolerance" not in snippet


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(tmp_path: Path) -> None:
    preamble = "\\documentclass{article}\n\\begin{document}\n"
    source = tmp_path / "claim.tex"
    source.write_text(preamble + latex(claim(1)) + "\\end{document}\n")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", source.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
