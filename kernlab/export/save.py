"""A finished run to a file whose suffix says of what kind."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from kernlab.export import atomic, data, recipes
from kernlab.export.bundle import Bundle, ExportError

FIGURES = (".pdf", ".svg", ".png")
SUFFIXES = (*FIGURES, ".csv", ".zip", ".json")
SINGLE_MM, DOUBLE_MM = 85.0, 178.0
"""Widths of one and of two columns of a journal's page."""


def save(
    path: str | os.PathLike[str],
    bundle: Bundle,
    *,
    width_mm: float | None = None,
    dpi: float = 300,
    columns: int | None = None,
    figures: Sequence[str] | None = None,
    table: str | None = None,
    kind: str | None = None,
) -> Path:
    """Save figures (`.pdf`, `.svg`, `.png`), a table (`.csv`), all (`.zip`), the recipe (`.json`).

    The recipe is inside every one of them; :func:`kernlab.export.read_recipe` gets it back.
    An existing file is replaced only once the new one is complete.

    Args:
        width_mm: width of the page; one figure 85 mm, several 178 mm unless given.
        dpi: resolution of a PNG, and of images and point clouds in the other two.
        columns: figures side by side; one for each 80 mm of width unless given.
        figures: keys of the figures wanted, without the page's title; all unless given.
        table: name of the table for a CSV; the first unless given.
        kind: a suffix that decides in place of the path's, for `/dev/stdout` and the like.

    Raises:
        ExportError: nothing was written; the message says why and what to do.
    """
    target = Path(path)
    suffix = (kind or target.suffix).lower()
    if suffix not in SUFFIXES and _is_device(target):
        suffix = ".csv"
    if suffix not in SUFFIXES:
        found = f"the suffix {suffix!r}" if suffix else "no suffix"
        raise ExportError(f"{target} has {found}; allowed: {allowed_for(suffix)}")
    atomic.resolved(target)  # no page is drawn for a folder that does not exist
    if suffix == ".zip":
        atomic.write(target, lambda file: data.write_zip(file, bundle))
    elif suffix == ".json":
        text = recipes.as_text(bundle.recipe, indent=1) + "\n"
        atomic.write(target, lambda file: file.write(text.encode()))
    elif suffix == ".csv":
        name = _table_name(bundle, table)
        atomic.write(target, lambda file: data.write_csv(file, bundle.tables[name], bundle.recipe))
    else:
        drawn = _draw(bundle, suffix, width_mm, dpi, columns, figures)
        atomic.write(target, lambda file: file.write(drawn))
    return target


def allowed_for(suffix: str) -> str:
    """The suffixes that are allowed instead of this one, as the end of a sentence."""
    hint = " (a GIF is recorded in the window, from the menu of a slider)"
    return ", ".join(SUFFIXES) + (hint if suffix.lower() == ".gif" else "")


def _is_device(path: Path) -> bool:
    try:
        return path.exists() and not path.is_file() and not path.is_dir()
    except (OSError, ValueError):
        return False


def _table_name(bundle: Bundle, wanted: str | None) -> str:
    names = bundle.table_names()
    if not names:
        raise ExportError("there is no table to save yet; let the run finish, then save again")
    if wanted is None:
        return names[0]
    if wanted not in names:
        raise ExportError(f"there is no table {wanted!r}; allowed: {', '.join(names)}")
    return wanted


def _draw(
    bundle: Bundle,
    suffix: str,
    width_mm: float | None,
    dpi: float,
    columns: int | None,
    keys: Sequence[str] | None,
) -> bytes:
    ready = bundle.drawable(keys)
    width = width_mm if width_mm is not None else (SINGLE_MM if len(ready) == 1 else DOUBLE_MM)
    side_by_side = columns if columns is not None else max(1, int(width // 80))
    for name, value, low, high in (
        ("width_mm", width, 40, 600),
        ("dpi", dpi, 36, 1200),
        ("columns", side_by_side, 1, 6),
    ):
        if not low <= value <= high:  # also false for NaN
            raise ExportError(f"{name} is {value!r}; allowed: a number from {low} to {high}")
    from kernlab.export.page import render  # Matplotlib takes more than a second to import

    heading = ("", "") if keys is not None else (bundle.title, bundle.answer)
    return render(
        ready, bundle.tables, bundle.recipe, suffix,
        width_mm=width, dpi=dpi, columns=side_by_side, heading=heading,
    )  # fmt: skip
