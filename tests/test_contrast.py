"""Colours: contrast by WCAG 2, and traces that are told apart without seeing all colours."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from kernlab.assets import roles
from kernlab.engine import catalogue
from kernlab.engine.contract.experiment import Experiment
from kernlab.engine.contract.figure import Figure, Line, Points, Style
from kernlab.engine.contract.parameters import fields_of
from kernlab.export import paint
from kernlab.ui import theme as themes
from kernlab.ui.palette import TINT

Array = npt.NDArray[np.float64]

THEMES = ("light", "dark")
GROUNDS = ("background", "surface", "raised")
VERDICTS = ("holds", "fails", "inconclusive")
TRACES = tuple(f"trace{k}" for k in range(1, 6))
TEXT, GRAPHICS = 4.5, 3.0
APART = 10.0
"""CIE76 distance from which two lines are told apart by colour alone."""

# Machado, Oliveira and Fernandes (2009), severity 1, in linear RGB; none is full colour vision.
VISION = {
    "full": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # sRGB, D65


def linear(color: str) -> Array:
    """Linear RGB from `#RRGGBB`."""
    coded = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def contrast(one: str, two: str) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((float(TO_XYZ[1] @ linear(c)) for c in (one, two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def seen(color: str, vision: str) -> Array:
    """CIELAB of a colour as it is seen."""
    rgb = np.clip(VISION[vision] @ linear(color), 0, 1)
    xyz = TO_XYZ @ rgb / TO_XYZ.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, two: str) -> float:
    """The smallest CIE76 distance of two colours over all kinds of vision."""
    return min(float(np.linalg.norm(seen(one, v) - seen(two, v))) for v in VISION)


def test_the_measures_agree_with_published_values() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)
    assert contrast("#FF0000", "#FFFFFF") == pytest.approx(3.998, abs=0.005)
    assert seen("#FFFFFF", "full") == pytest.approx([100, 0, 0], abs=0.02)
    assert seen("#FF0000", "full") == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert seen("#0000FF", "full") == pytest.approx([32.30, 79.19, -107.86], abs=0.05)
    for vision in VISION:  # whoever sees colours otherwise sees greys as they are
        assert seen("#808080", vision) == pytest.approx(seen("#808080", "full"), abs=0.3)


@pytest.mark.parametrize("theme", THEMES)
class TestRoles:
    @pytest.mark.parametrize("ground", GROUNDS)
    @pytest.mark.parametrize("role", ["text", "muted", "accent", *VERDICTS])
    def test_text_is_read_on_every_ground(self, theme: str, role: str, ground: str) -> None:
        table = roles(theme)
        assert contrast(table[role], table[ground]) >= TEXT

    @pytest.mark.parametrize("verdict", VERDICTS)
    def test_a_verdict_is_read_on_its_tint(self, theme: str, verdict: str) -> None:
        table = roles(theme)
        assert contrast(table[verdict], table[f"{verdict}-tint"]) >= TEXT

    def test_text_is_read_on_the_accent_and_on_its_tints(self, theme: str) -> None:
        table, made = roles(theme), themes.load(theme)
        assert contrast(table["on-accent"], table["accent"]) >= TEXT
        chosen = [("accent", 0.08), ("accent", TINT), ("text", 0.05)]
        for role, share in (*chosen, ("text", 0.10)):
            ground = made.blend(role, "surface", share).name()
            assert contrast(table["text"], ground) >= TEXT
            assert contrast(table["muted"], ground) >= TEXT
            if (role, share) in chosen:
                assert contrast(table["accent"], ground) >= TEXT

    @pytest.mark.parametrize("role", [*TRACES, "text", "muted", "accent"])
    def test_traces_and_marks_stand_out_from_the_figure(self, theme: str, role: str) -> None:
        table = roles(theme)
        assert contrast(table[role], table["surface"]) >= GRAPHICS

    @pytest.mark.parametrize("ground", GROUNDS)
    def test_the_focus_ring_stands_out(self, theme: str, ground: str) -> None:
        table = roles(theme)
        assert contrast(table["accent"], table[ground]) >= GRAPHICS
        assert contrast(table["fails"], table[ground]) >= GRAPHICS

    def test_one_pair_of_traces_needs_more_than_its_colours(self, theme: str) -> None:
        table = roles(theme)
        pairs = combinations(TRACES, 2)
        close = [(a, b) for a, b in pairs if distance(table[a], table[b]) < APART]
        assert close == [("trace1", "trace4")]  # to protanopes; below, figures tell them apart


def test_exports_are_drawn_in_the_light_colours() -> None:
    assert {role: paint.color(role) for role in TRACES} == {r: roles("light")[r] for r in TRACES}
    assert contrast(roles("light")["surface"], "#FFFFFF") == 1  # the paper is the surface


# -- the experiments' figures -------------------------------------------------------------------


def everything(experiment: Experiment) -> Any:
    """The defaults, with every word of every check list, where all may go together."""
    made = experiment.Parameters()
    for field in fields_of(experiment.Parameters):
        if field.kind == "flags":
            with contextlib.suppress(ValueError):
                made = replace(made, **{field.name: tuple(field.options)})
    return made


def drawn(figure: Figure) -> Iterator[tuple[str, Style]]:
    """The lines and dots of a figure as they are drawn, each with its kind."""
    for item in figure.items:
        if isinstance(item, Line):
            marker = item.style.marker if item.markers else ""
            yield "line", Style(item.style.role, item.style.dash, marker)
        elif isinstance(item, Points) and not item.faint:
            yield "dots", Style(item.style.role, "solid", item.style.marker)


def confused(figure: Figure, theme: str) -> list[str]:
    """The pairs of traces that differ neither in dash nor marker nor, for someone, in colour."""
    table = roles(theme)
    return [
        f"{figure.key}: {one} {two}"
        for (kind, one), (other, two) in combinations(dict.fromkeys(drawn(figure)), 2)
        if kind == other
        and (one.dash, one.marker) == (two.dash, two.marker)
        and distance(table[one.role], table[two.role]) < APART
    ]


def repeated(figure: Figure) -> list[str]:
    """The labels of lines that are drawn exactly alike."""
    lines = [item for item in figure.items if isinstance(item, Line) and item.label]
    looks = [Style(i.style.role, i.style.dash, i.style.marker * i.markers) for i in lines]
    return [i.label for i, look in zip(lines, looks, strict=True) if looks.count(look) > 1]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("make", [lambda e: e.Parameters(), everything], ids=["default", "all"])
@pytest.mark.parametrize("key", catalogue.keys())
def test_no_two_traces_of_a_figure_are_confused(
    key: str, make: Callable[[Experiment], Any], theme: str
) -> None:
    experiment = catalogue.get(key)
    figures = [f for f in experiment.figures(make(experiment), {}) if isinstance(f, Figure)]
    assert any(len(list(drawn(figure))) > 1 for figure in figures)
    assert [pair for figure in figures for pair in confused(figure, theme)] == []
    assert [label for figure in figures for label in repeated(figure)] == []
