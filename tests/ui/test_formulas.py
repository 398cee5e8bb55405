"""The card of formulas: closed at first, typeset once open, new numbers at rest only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QPushButton

from kernlab.ui.formulas import FormulaCard, FormulaView
from kernlab.ui.typesetting import MathLine

LEFT = Qt.MouseButton.LeftButton


def card_of(user: Any) -> FormulaCard:
    card: FormulaCard = user.panel.formulas
    return card


def click_header(user: Any) -> None:
    card = card_of(user)
    header = next(b for b in card.findChildren(QPushButton) if "Formulas" in b.text())
    user.qtbot.mouseClick(header, LEFT)


def view(user: Any, title: str) -> FormulaView:
    return next(view for view in card_of(user).views if view.formula.title.startswith(title))


def text_of(lines: list[MathLine]) -> str:
    return "\n".join(line.accessibleName() for line in lines)


def wait_typeset(user: Any, lines: Callable[[], Sequence[MathLine]]) -> None:
    """Wait for the export process, which imports Matplotlib first."""
    user.qtbot.waitUntil(lambda: all(line.typeset for line in lines()), timeout=15_000)


def lightness(line: MathLine) -> float:
    """Of the darkest or the lightest ink, whichever is farther from the paper."""
    image = line.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    spots = [QPoint(x, y) for x in range(image.width()) for y in range(image.height())]
    levels = [image.pixelColor(spot).value() for spot in spots]
    paper = levels[0]
    return max(levels, key=lambda level: abs(level - paper))


def test_closed_it_starts_nothing(user: Any) -> None:
    card = card_of(user)
    assert not card.open and card.height() < 60
    assert user.window.exports._thread is None
    assert user.panel.side.indexOf(card) == 1


def test_opened_it_is_plain_text_until_it_is_typeset(user: Any) -> None:
    click_header(user)
    lines = view(user, "Posterior").general
    assert not lines[0].typeset
    assert lines[0].text() == "m(x) = k_xᵀ (K + α I)⁻¹ y"
    wait_typeset(user, lambda: [line for v in card_of(user).views for line in v.general])
    assert lines[0].accessibleName() == "m(x) = k_xᵀ (K + α I)⁻¹ y"
    assert 10 < lines[0].height() < 60
    click_header(user)
    assert not card_of(user).open and card_of(user).height() < 60


def test_numbers_change_at_rest_only(user: Any) -> None:
    click_header(user)
    posterior = view(user, "Posterior")
    wait_typeset(user, lambda: posterior.numbers)
    before = text_of(posterior.numbers)
    assert "0.01\u202fI" in before and "k_x = " in before
    slider = user.panel.controls.control("ridge").slider
    user.qtbot.mousePress(slider, LEFT, pos=QPoint(round(slider.x_of(slider.value())), 10))
    user.qtbot.mouseMove(slider, QPoint(slider.width() - 1, 10))
    assert user.value("ridge") > 1
    serial = user.panel.serial
    user.wait(lambda: user.panel.views.pictured == serial)
    assert text_of(posterior.numbers) == before
    assert all(line.faded for line in posterior.numbers)
    user.qtbot.mouseRelease(slider, LEFT, pos=QPoint(slider.width() - 1, 10))
    user.wait(lambda: "10\u202fI" in text_of(posterior.numbers) and posterior.numbers[0].typeset)
    assert not any(line.faded for line in posterior.numbers)
    assert len(posterior.numbers) == 3


def test_the_ink_is_that_of_the_theme(user: Any) -> None:
    click_header(user)
    line = view(user, "Posterior").general[0]
    wait_typeset(user, lambda: [line])
    user.window.set_theme("light")
    assert lightness(line) < 130
    user.window.set_theme("dark")
    assert lightness(line) > 130


def test_a_line_too_wide_shrinks(user: Any) -> None:
    click_header(user)
    line = view(user, "Posterior").general[1]
    wait_typeset(user, lambda: [line])
    natural = line.heightForWidth(1000)
    assert line.heightForWidth(90) < natural == line.sizeHint().height()


def test_copy_as_latex(user: Any) -> None:
    click_header(user)
    rate = view(user, "Generalized")
    button = next(b for b in rate.findChildren(QPushButton) if b.text() == "copy")
    assert button.accessibleName() == "Generalized cross-validation: copy as LaTeX"
    user.qtbot.mouseClick(button, LEFT)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("% Generalized cross-validation (Golub")
    assert r"\begin{gather*}" in copied and r"\mathrm{GCV} = \dfrac{0." in copied
    assert "Copied" in user.notice
    menu = rate.actions()
    assert [action.text() for action in menu] == ["Copy as LaTeX"]
    QGuiApplication.clipboard().clear()
    menu[0].trigger()
    assert QGuiApplication.clipboard().text() == copied
    user.act("Copy formulas as LaTeX")
    assert QGuiApplication.clipboard().text().count(r"\begin{gather*}") == 5


def test_without_the_export_process_plain_text_stays(user: Any) -> None:
    user.window.exports.close()
    user.act("Show or hide the formulas")
    user.wait(lambda: not user.window.typesetter._waiting)
    posterior = view(user, "Posterior")
    assert not any(line.typeset for line in (*posterior.general, *posterior.numbers))
    assert "0.01\u202fI" in text_of(posterior.numbers)
    user.enter("ridge", "0.5")
    user.wait(lambda: "0.5\u202fI" in text_of(posterior.numbers))


def test_open_where_the_column_is_high(make_user: Callable[[], Any]) -> None:
    user = make_user()
    user.window.resize(1440, 1000)
    idle: list[bool] = []
    panel = user.open("vandermonde")
    panel.picture_shown.connect(lambda _: idle.append(user.window.exports._thread is None))
    user.wait(lambda: card_of(user).open)
    user.rest()
    assert idle[0], "typeset only after the first picture"
    wait_typeset(user, lambda: [line for v in card_of(user).views for line in v.general])


@pytest.mark.usefixtures("toy")
def test_an_experiment_without_formulas_has_no_card(make_user: Callable[[], Any]) -> None:
    user = make_user()
    user.open("toy")
    user.rest()
    assert not card_of(user).isVisible()
