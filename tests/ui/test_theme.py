"""The theme: legible in both forms, complete, and without colours of its own."""

from __future__ import annotations

import itertools
import re

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from kernlab.ui import theme as themes

NAMES = ("light", "dark")
VERDICTS = ("holds", "fails", "inconclusive")
GROUNDS = ("background", "surface", "raised")
TEXTS = [
    *itertools.product(("text", "muted", "accent", *VERDICTS), GROUNDS),
    *((verdict, f"{verdict}-tint") for verdict in VERDICTS),
    *(("text", f"{verdict}-tint") for verdict in VERDICTS),
    ("on-accent", "accent"),
]


def luminance(color: QColor) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(first: QColor, second: QColor) -> float:
    """WCAG 2 contrast ratio, 1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast(QColor("#000000"), QColor("#FFFFFF")) == pytest.approx(21)


@pytest.mark.parametrize("name", NAMES)
def test_text_is_legible_on_every_ground(name: str) -> None:
    theme = themes.load(name)
    ratios = {pair: contrast(theme.color(pair[0]), theme.color(pair[1])) for pair in TEXTS}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("name", NAMES)
def test_traces_stand_out_from_the_surface(name: str) -> None:
    theme = themes.load(name)
    traces = [f"trace{number}" for number in range(1, 6)]
    ratios = {role: contrast(theme.color(role), theme.color("surface")) for role in traces}
    assert {role: ratio for role, ratio in ratios.items() if ratio < 3} == {}


@pytest.mark.parametrize("name", NAMES)
def test_accent_on_its_own_tint_is_legible(name: str) -> None:
    theme = themes.load(name)
    tint = theme.blend("accent", "surface", 0.08)
    assert contrast(theme.color("accent"), tint) >= 4.5


def test_both_themes_have_the_same_roles() -> None:
    assert set(themes.load("light").roles) == set(themes.load("dark").roles)


def test_unknown_names_are_refused_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="light, dark"):
        themes.load("sepia")
    with pytest.raises(ValueError, match="'ink'; allowed: one of background"):
        themes.load("light").color("ink")


@pytest.mark.parametrize("name", NAMES)
def test_stylesheet_uses_colours_of_the_roles_only(name: str) -> None:
    theme = themes.load(name)
    sheet = themes.stylesheet(theme)
    assert "$" not in sheet
    blends = [
        theme.blend(*blend).name().upper()
        for blend in (
            ("muted", "surface", 0.6),
            ("text", "surface", 0.05),
            ("text", "surface", 0.10),
            ("muted", "surface", 0.55),
            ("text", "accent", 0.18),
            ("accent", "surface", 0.08),
        )
    ]
    used = {color.upper() for color in re.findall(r"#[0-9A-Fa-f]{6}\b", sheet)}
    assert used <= {*theme.roles.values(), *blends}


def test_apply_sets_palette_font_and_sheet_and_can_be_repeated(qapp: QApplication) -> None:
    for name in NAMES:
        theme = themes.load(name)
        themes.apply(qapp, theme, font_size=15)
        palette = qapp.palette()
        assert palette.color(QPalette.ColorRole.Window) == theme.color("background")
        assert palette.color(QPalette.ColorRole.Base) == theme.color("surface")
        assert palette.color(QPalette.ColorRole.Highlight) == theme.color("accent")
        assert palette.color(QPalette.ColorRole.BrightText) == theme.color("fails")
        assert qapp.font().pixelSize() == 15
        assert theme.roles["inconclusive-tint"] in qapp.styleSheet()


def test_a_tag_restyles_the_widget(qtbot, qapp: QApplication) -> None:
    themes.apply(qapp, themes.load("light"))
    label = QLabel("✕ fails")
    qtbot.addWidget(label)
    themes.tag(label, verdict="fails")
    role = label.foregroundRole()
    assert label.palette().color(role) == themes.load("light").color("fails")
    themes.tag(label, verdict="holds")
    assert label.palette().color(role) == themes.load("light").color("holds")


def test_tabular_font_follows_the_size_of_the_application(qtbot, qapp: QApplication) -> None:
    themes.apply(qapp, themes.load("light"), font_size=13)
    editor = QLineEdit("1 000 000")
    qtbot.addWidget(editor)
    editor.setFont(themes.tabular_font())
    editor.show()
    themes.apply(qapp, themes.load("light"), font_size=17)
    assert editor.font().pixelSize() == 17
    assert [tag.toString().data() for tag in editor.font().featureTags()] == [b"tnum"]
