"""Drawings and sheets of one parameter set beside those of another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from kernlab.engine.contract import text
from kernlab.engine.contract.drawing import (
    Array,
    Drawing,
    DrawnAxis,
    DrawnImage,
    DrawnLine,
    DrawnPoints,
    DrawnSheet,
    Range,
    quantised,
    reach,
)

Trace = DrawnLine | DrawnPoints
DIGITS = 2
"""Significant digits of a difference."""


def traces(drawing: Drawing) -> tuple[Trace, ...]:
    """What of a drawing can stand behind another: its lines and its named points.

    Muted ones are references, the same for all. An image hides what is behind it, so a figure
    with one has none.
    """
    if any(isinstance(item, DrawnImage) for item in drawing.items):
        return ()
    return tuple(
        item
        for item in drawing.items
        if (isinstance(item, DrawnLine) and item.style.role != "muted")
        or (isinstance(item, DrawnPoints) and item.label and not item.faint)
    )


def same_quantities(one: Drawing, two: Drawing) -> bool:
    """Whether the axes of two drawings mean the same."""
    return (one.x.title, one.y.title) == (two.x.title, two.y.title)


def on_scales(trace: Trace, drawing: Drawing, onto: Drawing) -> Trace | None:
    """A trace of one drawing on the scales of another.

    Thinning keeps the extremes of every stretch, and they are the same on both scales. None
    where a log axis has left out values that a linear one would show.
    """
    x = _on_scale(trace.x, drawing.x, onto.x)
    y = _on_scale(trace.y, drawing.y, onto.y)
    if x is None or y is None:
        return None
    if x is trace.x and y is trace.y:
        return trace
    placed = np.isfinite(x)
    return replace(trace, x=x[placed], y=y[placed])


def _on_scale(values: Array, was: DrawnAxis, now: DrawnAxis) -> Array | None:
    if was.log == now.log:
        return values
    if now.log:
        out = np.full(values.shape, np.nan)
        np.log10(values, out=out, where=values > 0)
        return out
    return 10.0**values if np.isfinite(values).all() else None


def room(shown: Sequence[Trace], drawing: Drawing, onto: Drawing) -> tuple[Range, Range] | None:
    """The view that traces of one drawing need on the scales of another, if they have any.

    It never goes beyond the view that the drawing itself had on the same scales.
    """
    x = _room([reach(trace, "x") for trace in shown], drawing.x, onto.x)
    y = _room([reach(trace, "y") for trace in shown], drawing.y, onto.y)
    return (x, y) if x is not None and y is not None else None


def _room(extents: Iterable[Range | None], was: DrawnAxis, now: DrawnAxis) -> Range | None:
    known = [extent for extent in extents if extent is not None]
    if not known:
        return None
    low, high = quantised((min(low for low, _ in known), max(high for _, high in known)))
    if was.log != now.log:
        return low, high
    # The grid of the ends is as coarse as the span, so the own view may lie inside.
    low, high = max(low, was.view[0]), min(high, was.view[1])
    return (low, high) if low < high else was.view


def differences(sheet: DrawnSheet, other: DrawnSheet) -> tuple[tuple[str, ...], ...]:
    """What each number of a sheet is more or less than in another one, in words.

    Rows are matched by their texts, or by their places where these do not tell them apart, and
    columns by their headings. A cell without a counterpart has no text.
    """
    if not (sheet.numbers and other.numbers):
        return ()
    columns = [
        other.headings.index(heading) if heading in other.headings else None
        for heading in sheet.headings
    ]
    mine, theirs = _names(sheet), _names(other)
    if len(set(mine)) == len(mine) and len(set(theirs)) == len(theirs):
        matched = [theirs.index(name) if name in theirs else None for name in mine]
    elif len(mine) == len(theirs):
        matched = list(range(len(mine)))
    else:
        matched = [None] * len(mine)
    return tuple(
        tuple(
            ""
            if row is None or column is None
            else _difference(
                (sheet.rows[k][j], sheet.numbers[k][j]),
                (other.rows[row][column], other.numbers[row][column]),
            )
            for j, column in enumerate(columns)
        )
        for k, row in enumerate(matched)
    )


def _names(sheet: DrawnSheet) -> list[tuple[str, ...]]:
    return [
        tuple(cell for cell, value in zip(row, values, strict=True) if value is None)
        for row, values in zip(sheet.rows, sheet.numbers, strict=True)
    ]


def _difference(mine: tuple[str, float | None], theirs: tuple[str, float | None]) -> str:
    if mine[1] is None or theirs[1] is None or math.isnan(mine[1]) or math.isnan(theirs[1]):
        return ""
    if mine[0] == theirs[0]:
        return "="
    change = mine[1] - theirs[1]
    return ("+" if change > 0 else "") + text.number(change, DIGITS)
