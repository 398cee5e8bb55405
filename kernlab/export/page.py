"""Figures and sheets on one page, in a grid grouped by view, and the page into a file."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.table import Table
from kernlab.export import cells, recipes, sheets
from kernlab.export.bundle import ExportError
from kernlab.export.canvas import Canvas
from kernlab.export.words import FAMILY, clean, height, wrapped

MARGIN, BETWEEN_COLUMNS, BETWEEN_ROWS = 2.0, 6.0, 5.0
HEADING_PT, TITLE_PT, ANSWER_PT = 8.5, 10.0, 7.0
MOST_PIXELS = 400_000_000
_one_at_a_time = threading.Lock()
_settings: dict[str, Any] = {
    "font.family": [FAMILY],
    "svg.hashsalt": "kernlab",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "agg.path.chunksize": 20_000,
    "axes.unicode_minus": True,
    "text.usetex": False,
}


@contextmanager
def _house_style() -> Iterator[None]:
    """Matplotlib's own defaults with ours on top, whatever the user's file of settings says."""
    import matplotlib

    with _one_at_a_time, matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_settings)  # type: ignore[arg-type]
        # A sign that the font lacks becomes a box: no reason to fail, or to tell a notebook.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


@dataclass
class _Row:
    """Cells side by side, or one sheet over the whole width."""

    cells: list[cells.Cell] = field(default_factory=list)
    sheet: sheets.Block | None = None
    heading: str = ""

    @property
    def header(self) -> float:
        return max(cell.header for cell in self.cells)

    @property
    def height(self) -> float:
        top = height(HEADING_PT) + 2.0 if self.heading else 0.0
        if self.sheet is not None:
            return top + self.sheet.height
        tall = max(cell.tall for cell in self.cells)
        return top + self.header + tall + max(cell.footer for cell in self.cells)


def render(
    figures: Sequence[Figure | Sheet],
    tables: Mapping[str, Table],
    recipe: Mapping[str, Any],
    suffix: str,
    *,
    width_mm: float,
    dpi: float,
    columns: int,
    heading: tuple[str, str] = ("", ""),
) -> bytes:
    """The page as the bytes of a `.pdf`, `.svg` or `.png` that carries the recipe.

    Raises:
        ExportError: a column is missing, or the page would have too many pixels.
    """
    with _house_style():
        canvas = compose(
            figures, tables, width_mm=width_mm, dpi=dpi, columns=columns, heading=heading
        )
        pixels = canvas.width * canvas.height * (dpi / 25.4) ** 2
        if suffix == ".png" and (pixels > MOST_PIXELS or canvas.height * dpi / 25.4 > 65_000):
            raise ExportError(
                f"dpi is {dpi:g}, which makes an image of {pixels:.2g} pixels; allowed: at most "
                f"{MOST_PIXELS:.2g} and 65000 in height; lower it or choose fewer figures"
            )
        out = io.BytesIO()
        options = _embedding(suffix, recipe, heading[0])
        canvas.figure.savefig(out, format=suffix[1:], dpi=dpi, **options)
    return out.getvalue()


def _embedding(suffix: str, recipe: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Where each kind of file takes the recipe; no dates, so that equal runs give equal bytes."""
    if suffix == ".png":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt(recipes.KEY, recipes.as_text(recipe))
        return {"pil_kwargs": {"pnginfo": info}}
    named = {"Title": clean(title)} if title else {}
    if suffix == ".svg":
        text = f"{recipes.KEY}: {recipes.as_text(recipe)}"
        return {"metadata": {**named, "Creator": "kernlab", "Date": None, "Description": text}}
    keywords = recipes.as_keywords(recipe)
    return {"metadata": {**named, "Creator": "kernlab", "CreationDate": None, "Keywords": keywords}}


def compose(
    figures: Sequence[Figure | Sheet],
    tables: Mapping[str, Table],
    *,
    width_mm: float,
    dpi: float,
    columns: int,
    heading: tuple[str, str] = ("", ""),
) -> Canvas:
    """Lay out and draw everything; to be called in the house style."""
    inner = width_mm - 2 * MARGIN
    across = (inner - BETWEEN_COLUMNS * (columns - 1)) / columns
    if across < 34:
        raise ExportError(
            f"columns is {columns!r}, too many for width_mm = {width_mm:g}; "
            "allowed: columns of at least 34 mm"
        )
    rows = _rows(figures, tables, inner, across, columns)
    lefts = _align(rows, columns)
    title = wrapped(heading[0], TITLE_PT, inner, bold=True)
    answer = wrapped(heading[1], ANSWER_PT, inner)
    top = height(TITLE_PT, len(title)) + height(ANSWER_PT, len(answer))
    top += 4.0 if title or answer else 0.0
    tall = 2 * MARGIN + top + sum(row.height for row in rows) + BETWEEN_ROWS * (len(rows) - 1)
    canvas = Canvas(width_mm, tall, dpi)
    _draw_top(canvas, title, answer)
    y = MARGIN + top
    for row in rows:
        _draw_row(canvas, row, y, lefts, across, tables)
        y += row.height + BETWEEN_ROWS
    return canvas


def _rows(
    figures: Sequence[Figure | Sheet],
    tables: Mapping[str, Table],
    inner: float,
    across: float,
    columns: int,
) -> list[_Row]:
    views = list(dict.fromkeys(figure.view for figure in figures))
    rows: list[_Row] = []
    for view in views:
        first = len(rows)
        for figure in figures:
            if figure.view != view:
                continue
            try:
                if isinstance(figure, Sheet):
                    rows.append(_Row(sheet=sheets.measured(figure, tables, inner)))
                    continue
                cell = cells.measured(figure, tables, across)
            except KeyError as error:
                raise ExportError(f"{error}; save the other figures, and report this") from None
            if len(rows) == first or rows[-1].sheet or len(rows[-1].cells) == columns:
                rows.append(_Row())
            rows[-1].cells.append(cell)
        if len(views) > 1:
            rows[first].heading = view
    return rows


def _align(rows: Sequence[_Row], columns: int) -> list[float]:
    """One left margin a column, so that the axes stand under each other."""
    lefts = [
        max((row.cells[place].left for row in rows if len(row.cells) > place), default=0.0)
        for place in range(columns)
    ]
    for row in rows:
        for place, cell in enumerate(row.cells):
            cell.settle(lefts[place])
    return lefts


def _draw_top(canvas: Canvas, title: Sequence[str], answer: Sequence[str]) -> None:
    y = MARGIN
    for line in title:
        canvas.text(MARGIN, y, line, TITLE_PT, bold=True)
        y += height(TITLE_PT)
    for line in answer:
        canvas.text(MARGIN, y + 0.6, line, ANSWER_PT)
        y += height(ANSWER_PT)


def _draw_row(
    canvas: Canvas,
    row: _Row,
    y: float,
    lefts: Sequence[float],
    across: float,
    tables: Mapping[str, Table],
) -> None:
    if row.heading:
        canvas.text(MARGIN, y, row.heading, HEADING_PT, role="muted", bold=True)
        line = y + height(HEADING_PT) + 0.2
        canvas.rule(MARGIN, canvas.width - MARGIN, line, 0.5, "line")
        y += height(HEADING_PT) + 2.0
    if row.sheet is not None:
        row.sheet.draw(canvas, MARGIN, y)
    for place, cell in enumerate(row.cells):
        x = MARGIN + place * (across + BETWEEN_COLUMNS)
        cell.draw(canvas, x, y, lefts[place], row.header, tables)
