"""The user's own data: a CSV file with named columns, read, checked and hashed."""

from __future__ import annotations

import csv
import hashlib
import itertools
import math
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.parameters import Field, OwnData

SNIFF = 65_536
LONGEST_HEADER = 100_000
_unit = re.compile(r"\s*\[[^\]]*\]$")


def checked_size(path: Path, most: int | None = None) -> int:
    """The size of a regular file in bytes, found without opening it.

    Raises:
        ValueError: it is not there, is no regular file, or is larger than `most`.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise ValueError(f"{path} does not exist; check its name and folder") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{str(path)!r} cannot be opened: {reason}") from None
    if stat.S_ISDIR(status.st_mode):
        raise ValueError(f"{path} is a folder; choose a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{path} is not a regular file; choose one")
    if most is not None and status.st_size > most:
        raise ValueError(
            f"{path} has {status.st_size} bytes; allowed: at most {most}; use fewer rows"
        )
    return status.st_size


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
    size = checked_size(path, field.max_bytes)
    if size == 0:
        raise ValueError(f"{path} is empty; allowed: {field.allowed}")
    try:
        with path.open("rb") as raw:
            if b"\0" in raw.read(SNIFF):
                raise ValueError(f"{path} is not a text file; allowed: {field.allowed}")
            raw.seek(0)
            digest = hashlib.file_digest(raw, "sha256").hexdigest()
        with path.open(encoding="utf-8-sig") as file:
            columns = _read(path, file, field)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text; save it as CSV in UTF-8") from None
    return OwnData(str(path), digest, columns)


class _Refused(ValueError):
    """A file that was understood and found wrong; the message is for the user."""


@dataclass(frozen=True)
class _Layout:
    """Where the wanted columns stand."""

    delimiter: str
    width: int
    wanted: tuple[int, ...]
    names: tuple[str, ...]


class _Lines:
    """The lines of a file that are neither empty nor comments; knows where it is."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self.path, self.file, self.number = path, file, 0

    def __iter__(self) -> Iterator[str]:
        for line in self.file:
            self.number += 1
            if line[0] in "# \t\n" and (not line.strip(" \n") or line.lstrip()[:1] == "#"):
                continue
            yield line

    def rows(self, layout: _Layout) -> Iterator[str]:
        """The lines that remain, each with as many fields as the header."""
        delimiter, width = layout.delimiter, layout.width
        for line in self:
            found = line.count(delimiter) + 1
            if found != width and '"' in line:
                found = len(_split(line, delimiter))
            if found != width:
                raise _Refused(
                    f"{self.path}, line {self.number}: fields found {found}, in the header "
                    f"{width}; give every row the same columns"
                )
            yield line


def _read(path: Path, file: TextIO, field: Field) -> dict[str, npt.NDArray[np.float64]]:
    lines = _Lines(path, file)
    layout = _layout(lines, field)
    rows = lines.rows(layout)
    first = list(itertools.islice(rows, 2))
    if not first:
        raise _Refused(f"{path} holds a header and no data; at least 2 rows are needed")
    try:
        values = np.loadtxt(
            itertools.chain(first, rows),
            delimiter=layout.delimiter,
            usecols=layout.wanted,
            quotechar='"',
            comments=None,
            ndmin=2,
        )
    except _Refused:
        raise
    except ValueError as error:
        raise _explained(path, layout, str(error)) from None
    if not np.isfinite(values).all():
        raise _explained(path, layout, "a value is not finite")
    if len(values) < 2:
        raise _Refused(f"{path} holds one data row; at least 2 rows are needed")
    columns = {}
    for place, name in enumerate(layout.names):
        columns[name] = np.ascontiguousarray(values[:, place])
        columns[name].flags.writeable = False
    return columns


def _layout(lines: _Lines, field: Field) -> _Layout:
    path = lines.path
    header = next(iter(lines), "").rstrip("\n")
    if not header:
        raise _Refused(f"{path} holds no header line; allowed: {field.allowed}")
    if len(header) > LONGEST_HEADER:
        raise _Refused(f"{path} is not a table: line {lines.number} is too long")
    delimiter = max(",;\t", key=lambda mark: len(_split(header, mark)))
    found = [_unit.sub("", name.strip()) for name in _split(header, delimiter)]
    for name in field.columns:
        if found.count(name) != 1:
            what = "stands twice" if name in found else "is missing"
            raise _Refused(
                f"{path}, line {lines.number}: the column {name!r} {what}; "
                f"found {_listed(found)}; allowed: {field.allowed}"
            )
    wanted = tuple(found.index(name) for name in field.columns)
    return _Layout(delimiter, len(found), wanted, field.columns)


def _listed(names: list[str]) -> str:
    text = ", ".join(name[:20] for name in names[:8])
    return text + (", …" if len(names) > 8 else "")


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a field longer than the limit of the module
        return line.split(delimiter)


def _explained(path: Path, layout: _Layout, reason: str) -> ValueError:
    """Find the value that could not be used, in a slow second pass that only failures pay."""
    with path.open(encoding="utf-8-sig") as file:
        lines = _Lines(path, file)
        next(iter(lines))
        for line in lines.rows(layout):
            if line.count('"') % 2:
                return _Refused(f"{path}, line {lines.number}: a quotation mark is not closed")
            fields = _split(line.rstrip("\n"), layout.delimiter)
            for place, name in zip(layout.wanted, layout.names, strict=True):
                trouble = _trouble(fields[place])
                if trouble:
                    return _Refused(f"{path}, line {lines.number}, column {name!r}: {trouble}")
    return _Refused(f"{path} cannot be read as a table of numbers: {reason}")


def _trouble(text: str) -> str:
    """Why a field is no usable number; empty where it is one."""
    plain = text.strip()
    shown = plain if len(plain) <= 40 else plain[:39] + "…"
    remedy = "remove the row or fill it with a finite number"
    if not plain:
        return f"the field is empty; {remedy}"
    try:
        number = float(plain.replace("_", "?"))  # Python reads 1_000, files do not
    except ValueError:
        if re.fullmatch(r"[-+]?\d+,\d+", plain):
            remedy = "write a decimal point"
        return f"{shown!r} is not a number; {remedy}"
    return "" if math.isfinite(number) else f"{shown} is not a finite number; {remedy}"
