"""Named columns of numbers from a CSV file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TextIO

import numpy as np

from kernlab.data_files.numbers import (
    Layout,
    Lines,
    Refused,
    not_empty,
    read_numbers,
    read_text,
    split,
)
from kernlab.engine.contract.own_data import Array
from kernlab.engine.contract.parameters import Field, OwnData

LONGEST_HEADER = 100_000
_unit = re.compile(r"\s*\[[^\]]*\]$")


def read_columns(path: str | os.PathLike[str], field: Field) -> OwnData:
    """Read the columns that a parameter asks for from a CSV file.

    Comma, semicolon or tab; a header line (a unit in brackets after a name is ignored); lines
    that start with `#` and empty ones are skipped; UTF-8; decimal points. About 0.5 µs a number.

    Args:
        path: the file.
        field: the parameter; its `columns` are wanted, its `max_bytes` are allowed.

    Raises:
        ValueError: one sentence that names the file and, where it can, the line and column.
    """
    path = Path(path)
    not_empty(path, field)
    digest, columns = read_text(path, field, lambda file: _read(path, file, field))
    return OwnData(str(path), digest, columns)


def _read(path: Path, file: TextIO, field: Field) -> dict[str, Array]:
    values = read_numbers(path, file, _layout(Lines(path, file), field))
    columns = {}
    for place, name in enumerate(field.columns):
        columns[name] = np.ascontiguousarray(values[:, place])
        columns[name].flags.writeable = False
    return columns


def _layout(lines: Lines, field: Field) -> Layout:
    path = lines.path
    header = next(iter(lines), "").rstrip("\n")
    if not header:
        raise Refused(f"{path} holds no header line; allowed: {field.allowed}")
    if len(header) > LONGEST_HEADER:
        raise Refused(f"{path} is not a table: line {lines.number} is too long")
    delimiter = max(",;\t", key=lambda mark: len(split(header, mark)))
    found = [_unit.sub("", name.strip()) for name in split(header, delimiter)]
    for name in field.columns:
        if found.count(name) != 1:
            what = "stands twice" if name in found else "is missing"
            raise Refused(
                f"{path}, line {lines.number}: the column {name!r} {what}; "
                f"found {_listed(found)}; allowed: {field.allowed}"
            )
    wanted = tuple(found.index(name) for name in field.columns)
    return Layout(delimiter, len(found), wanted, tuple(map(repr, field.columns)))


def _listed(names: list[str]) -> str:
    text = ", ".join(name[:20] for name in names[:8])
    return text + (", …" if len(names) > 8 else "")
