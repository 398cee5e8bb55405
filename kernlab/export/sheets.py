"""A sheet on the page: a table with three rules, numbers to the right, text to the left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernlab.engine.contract import drawing as drawings
from kernlab.engine.contract.drawing import DrawnSheet
from kernlab.engine.contract.figure import Sheet
from kernlab.engine.contract.table import Table
from kernlab.engine.contract.text import count
from kernlab.export.canvas import Canvas
from kernlab.export.words import height, width, wrapped

TITLE_PT, NOTE_PT, CELL_PT, SMALLEST_PT = 8.0, 6.2, 7.0, 4.0
MOST_ROWS = 60
GAP, WIDEST_GAP = 3.0, 12.0


@dataclass
class Block:
    """A sheet over the whole width of the page; lengths in mm."""

    title: list[str]
    note: list[str]
    headings: list[list[str]]
    rows: list[tuple[str, ...]]
    to_right: list[bool]
    widths: list[float]
    gap: float
    size: float

    @property
    def row(self) -> float:
        return height(self.size) + 0.9

    @property
    def above(self) -> float:
        note = height(NOTE_PT, len(self.note)) + 0.2 if self.note else 0.0
        return height(TITLE_PT, len(self.title)) + note + 1.2

    @property
    def head(self) -> float:
        return height(self.size, max((len(lines) for lines in self.headings), default=1)) + 1.0

    @property
    def height(self) -> float:
        return self.above + self.head + len(self.rows) * self.row + 0.8

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        """Draw with the top left corner at (x, y)."""
        for number, line in enumerate(self.title):
            canvas.text(x, y + height(TITLE_PT, number), line, TITLE_PT, bold=True)
        y += height(TITLE_PT, len(self.title)) + 0.2
        for number, line in enumerate(self.note):
            canvas.text(x, y + height(NOTE_PT, number), line, NOTE_PT, role="muted")
        y += self.above - height(TITLE_PT, len(self.title)) - 0.2
        end = x + sum(self.widths) + self.gap * (len(self.widths) - 1)
        canvas.rule(x, end, y, 0.9, "text")
        left = x
        for lines, across, to_right in zip(self.headings, self.widths, self.to_right, strict=True):
            top = y + 0.5 + self.head - 1.0 - height(self.size, len(lines))
            for number, line in enumerate(lines):
                at = left + across if to_right else left
                place = top + height(self.size, number)
                align = "right" if to_right else "left"
                canvas.text(at, place, line, self.size, role="muted", align=align)
            left += across + self.gap
        y += self.head
        canvas.rule(x, end, y, 0.5, "muted")
        for row in self.rows:
            self._draw_row(canvas, x, y + 0.45, row)
            y += self.row
        canvas.rule(x, end, y + 0.2, 0.9, "text")

    def _draw_row(self, canvas: Canvas, x: float, y: float, row: tuple[str, ...]) -> None:
        for text, across, to_right in zip(row, self.widths, self.to_right, strict=True):
            at = x + across if to_right else x
            canvas.text(at, y, text, self.size, align="right" if to_right else "left")
            x += across + self.gap


def measured(sheet: Sheet, tables: Mapping[str, Table], across: float) -> Block:
    """A sheet's block for a page of a given inner width in mm.

    Raises:
        KeyError: a column that the sheet names is missing.
    """
    drawn = drawings.draw(sheet, tables)
    assert isinstance(drawn, DrawnSheet)
    table = tables[sheet.table]
    note = [drawn.note] if drawn.note else []
    if len(drawn.rows) > MOST_ROWS:
        note.append(f"{MOST_ROWS} of {count(len(drawn.rows))} rows")
    rows = list(drawn.rows[:MOST_ROWS])
    headings, widths, size = _set(drawn.headings, rows, across)
    spare = (across - sum(widths)) / max(1, len(widths) - 1)
    return Block(
        title=wrapped(drawn.title, TITLE_PT, across, bold=True),
        note=wrapped(" · ".join(note), NOTE_PT, across),
        headings=headings,
        rows=rows,
        to_right=[table[column.name].dtype.kind not in "USOT" for column in sheet.columns],
        widths=widths,
        gap=min(spare, WIDEST_GAP),
        size=size,
    )


def _set(
    headings: Sequence[str], rows: Sequence[tuple[str, ...]], across: float
) -> tuple[list[list[str]], list[float], float]:
    """Break the headings, then shrink the type, until the table fits the page."""
    size = CELL_PT
    while True:
        cells = [
            max((width(row[place], size) for row in rows), default=0.0)
            for place in range(len(headings))
        ]
        room = across - GAP * (len(headings) - 1)
        # The narrower the headings may be, the more lines they take.
        for least in (200.0, 40.0, 28.0, 20.0, 14.0, 8.0):
            lines = [
                wrapped(heading, size, max(cell, least)) or [""]
                for heading, cell in zip(headings, cells, strict=True)
            ]
            widths = [
                max(cell, *(width(line, size) for line in found))
                for found, cell in zip(lines, cells, strict=True)
            ]
            if sum(widths) <= room:
                return lines, widths, size
        if size <= SMALLEST_PT:
            return lines, widths, size
        size -= 0.5
