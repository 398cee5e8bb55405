"""Tables of numbers as text, and what is wrong with them."""

from __future__ import annotations

import csv
import hashlib
import itertools
import math
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar

import numpy as np

from kernlab.engine.contract.own_data import Array
from kernlab.engine.contract.parameters import Field

SNIFF = 65_536
MISSING = ("na", "n/a", "nan", "null", "none", "nil", "missing", "unknown", "?", "-", "--", ".")
"""What stands in files where a number is missing, in small letters."""
CODE = "code categories as numbers, or leave the column out"
"""What to do with words in a column that may be left out."""

T = TypeVar("T")


class Refused(ValueError):
    """A file that was understood and found wrong; the message is for the user."""


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


def not_empty(path: Path, field: Field) -> int:
    """The size of a file that a parameter may be read from.

    Raises:
        ValueError: as for :func:`checked_size`, or it is empty.
    """
    size = checked_size(path, field.max_bytes)
    if size == 0:
        raise ValueError(f"{path} is empty; allowed: {field.allowed}")
    return size


def read_text(path: Path, field: Field, read: Callable[[TextIO], T]) -> tuple[str, T]:
    """What `read` makes of a text file, after the file's SHA-256.

    Raises:
        ValueError: the file cannot be read or is no text in UTF-8.
    """
    try:
        with path.open("rb") as raw:
            if b"\0" in raw.read(SNIFF):
                raise ValueError(f"{path} is not a text file; allowed: {field.allowed}")
            raw.seek(0)
            digest = hashlib.file_digest(raw, "sha256").hexdigest()
        with path.open(encoding="utf-8-sig") as file:
            return digest, read(file)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text; save it as CSV in UTF-8") from None


@dataclass(frozen=True)
class Layout:
    """Where the wanted columns of a table stand, and what messages call them.

    Attributes:
        header: whether the first line holds no data.
        most_rows: rows that it may have.
        optional: whether it may do without a column.
    """

    delimiter: str
    width: int
    wanted: tuple[int, ...]
    labels: tuple[str, ...]
    header: bool = True
    most_rows: int | None = None
    optional: bool = False


class Lines:
    """The lines of a file that are neither empty nor comments; knows where it is."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self.path, self.file, self.number = path, file, 0

    def __iter__(self) -> Iterator[str]:
        for line in self.file:
            self.number += 1
            if line[0] in "# \t\n" and (not line.strip(" \n") or line.lstrip()[:1] == "#"):
                continue
            yield line

    def rows(self, layout: Layout) -> Iterator[str]:
        """The lines with data, each with as many fields as the first line."""
        delimiter, width = layout.delimiter, layout.width
        first = "in the header" if layout.header else "in the first row"
        if layout.header:
            next(iter(self))
        for count, line in enumerate(self):
            found = line.count(delimiter) + 1
            if found != width and '"' in line:
                found = len(split(line, delimiter))
            if found != width:
                raise Refused(
                    f"{self.path}, line {self.number}: fields found {found}, {first} "
                    f"{width}; give every row the same columns"
                )
            if count == layout.most_rows:
                raise Refused(
                    f"{self.path} has more than {layout.most_rows} rows of {width} numbers; "
                    "use fewer rows"
                )
            yield line


def read_numbers(path: Path, file: TextIO, layout: Layout) -> Array:
    """The wanted columns of a table, all finite, two rows at least.

    Raises:
        ValueError: a sentence that names the line and the column.
    """
    file.seek(0)
    rows = Lines(path, file).rows(layout)
    first = list(itertools.islice(rows, 2))
    if not first:
        raise Refused(f"{path} holds a header and no data; at least 2 rows are needed")
    try:
        values = np.loadtxt(
            itertools.chain(first, rows),
            delimiter=layout.delimiter,
            usecols=layout.wanted,
            quotechar='"',
            comments=None,
            ndmin=2,
        )
    except Refused:
        raise
    except ValueError as error:
        raise _explained(path, layout, str(error)) from None
    if not np.isfinite(values).all():
        raise _explained(path, layout, "a value is not finite")
    if len(values) < 2:
        raise Refused(f"{path} holds one data row; at least 2 rows are needed")
    return values


def split(line: str, delimiter: str) -> list[str]:
    """The fields of a line, without the quotation marks around them."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a field longer than the limit of the module
        return line.split(delimiter)


def trouble(text: str, *, optional: bool = False) -> tuple[str, str]:
    """Why a field is no usable number, and what to do; both empty where it is one.

    Args:
        text: the field.
        optional: whether its column may be left out.
    """
    plain = text.strip()
    shown = plain if len(plain) <= 40 else plain[:39] + "…"
    remedy = "remove the row or fill it with a finite number"
    if optional:
        remedy = "fill it with a finite number, or leave out the row or the column"
    if not plain:
        return "the field is empty", remedy
    number = as_number(plain)
    if number is not None:
        return ("", "") if math.isfinite(number) else (f"{shown} is not a finite number", remedy)
    if re.fullmatch(r"[-+]?\d+,\d+", plain):
        remedy = "write a decimal point"
    elif optional and plain.lower().strip("<>#") not in MISSING:
        remedy = CODE
    return f"{shown!r} is not a number", remedy


def as_number(text: str) -> float | None:
    """A field as a number, perhaps not a finite one; None where it is none."""
    try:
        return float(text.replace("_", "?"))  # Python reads 1_000, files do not
    except ValueError:
        return None


def _explained(path: Path, layout: Layout, reason: str) -> ValueError:
    """Find the value that could not be used, in a slow second pass that only failures pay."""
    with path.open(encoding="utf-8-sig") as file:
        lines = Lines(path, file)
        for row, line in enumerate(lines.rows(layout), 1):
            if line.count('"') % 2:
                return Refused(f"{path}, line {lines.number}: a quotation mark is not closed")
            fields = split(line.rstrip("\n"), layout.delimiter)
            for place, label in zip(layout.wanted, layout.labels, strict=True):
                why, remedy = trouble(fields[place], optional=layout.optional)
                if why:
                    where = f"{path}, line {lines.number}, column {label}"
                    why += f" (data row {row})" if layout.optional else ""
                    if remedy == CODE and row == 1 and not layout.header:
                        remedy += "; if the line is a header, put its numbers in quotation marks"
                    return Refused(f"{where}: {why}; {remedy}")
    return Refused(f"{path} cannot be read as a table of numbers: {reason}")
