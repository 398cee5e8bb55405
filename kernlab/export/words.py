"""Text measured and broken into lines before anything is drawn."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable

FAMILY = "DejaVu Sans"
"""Comes with Matplotlib: the same file on every machine, with all the symbols needed."""
MM = 72 / 25.4
"""Points in a millimetre."""


def clean(text: str) -> str:
    """Text without control characters, which no XML may hold."""
    return "".join(mark for mark in text if not unicodedata.category(mark).startswith("C"))


@functools.lru_cache(maxsize=4096)
def width(text: str, size: float, bold: bool = False) -> float:
    """The width of one line in mm, at a font size in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FAMILY, size=size, weight="bold" if bold else "normal")
    found: tuple[float, float, float] = text_to_path.get_text_width_height_descent(
        clean(text), font, False
    )
    return found[0] / MM


def height(size: float, lines: int = 1) -> float:
    """The height of lines of text in mm."""
    return 1.25 * size * lines / MM


def wrapped(text: str, size: float, limit: float, bold: bool = False) -> list[str]:
    """Text in lines no wider than a limit in mm, unless a single word is."""
    return _filled(text.split(" "), " ", lambda line: width(line, size, bold) <= limit)


def _filled(words: list[str], glue: str, fits: Callable[[str], bool]) -> list[str]:
    lines: list[str] = []
    for word in words:
        if not word:
            continue
        longer = f"{lines[-1]}{glue}{word}" if lines else word
        if lines and fits(longer):
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
