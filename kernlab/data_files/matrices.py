"""Matrices of numbers from NumPy's `.npy` and from CSV files."""

from __future__ import annotations

import ast
import hashlib
import os
import re
from collections import Counter
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, Literal, TextIO

import numpy as np

from kernlab.data_files.numbers import (
    Layout,
    Lines,
    Refused,
    as_number,
    not_empty,
    read_numbers,
    read_text,
    split,
)
from kernlab.engine.contract.own_data import Array, check_entries, check_shape
from kernlab.engine.contract.parameters import Field, OwnData, shown

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 4096
_quoted = re.compile(r'"[^"]*"')
_real = re.compile(r"[<>=|]?[iu][1248]|[<>=|]?f[248]")


def read_matrix(path: str | os.PathLike[str], field: Field) -> OwnData:
    """Read a matrix; what kind of file it is, its contents say and not its name.

    A `.npy` holds a two-dimensional array of floats or integers; its header is read and compared
    with the file's size before anything is allocated, and no object is ever unpickled. A CSV
    holds rows of numbers between commas, semicolons or tabs; lines that start with `#` and empty
    ones are skipped. A first line with a word in it and no number is a header: its fields, without
    quotation marks and spaces around them, are the `names` of the columns. In quotation marks a
    number is a name too, a field may be empty, and a name may stand twice.

    Args:
        path: the file.
        field: the parameter, whose `max_bytes` hold for the file and for its entries as float64.

    Raises:
        ValueError: one sentence that names the file and, where it can, the line and column.
    """
    path = Path(path)
    size = not_empty(path, field)
    try:
        with path.open("rb") as raw:
            if raw.read(len(MAGIC)) == MAGIC:
                return _from_npy(path, raw, size, field)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    digest, (matrix, names) = read_text(path, field, lambda file: _from_csv(path, file, field))
    return _own(path, digest, matrix, names)


def _own(path: Path, digest: str, matrix: Array, names: tuple[str, ...] = ()) -> OwnData:
    check_entries(matrix, str(path))
    matrix.flags.writeable = False
    return OwnData(str(path), digest, {}, matrix, names=names)


def _from_csv(path: Path, file: TextIO, field: Field) -> tuple[Array, tuple[str, ...]]:
    first = next(iter(Lines(path, file)), "").rstrip("\n")
    if not first:
        raise Refused(f"{path} holds no numbers; allowed: {field.allowed}")
    unquoted = _quoted.sub("", first)
    delimiter = next((mark for mark in "\t;" if mark in unquoted), ",")
    fields = split(first, delimiter)
    width = len(fields)
    if width < 2:
        raise Refused(
            f"{path} holds one column; at least 2 are needed, "
            "with commas, semicolons or tabs between them"
        )
    names = _names(fields, first)
    layout = Layout(
        delimiter,
        width,
        tuple(range(width)),
        _labels(names, width),
        header=bool(names),
        most_rows=max(1, field.max_bytes // (8 * width)),
        optional=True,
    )
    return np.ascontiguousarray(read_numbers(path, file, layout)), names


def _names(fields: list[str], line: str) -> tuple[str, ...]:
    """The names in a header; none where the line is none."""
    words = 0
    for text in fields:
        number = as_number(text) is not None
        if number and f'"{text}"' not in line:
            return ()
        words += not number and bool(text.strip())
    return tuple(map(_bare, fields)) if words else ()


def _bare(text: str) -> str:
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1].strip() if quoted else text


def _labels(names: tuple[str, ...], width: int) -> tuple[str, ...]:
    """What messages call the columns: by name, or by number where that names none or several."""
    times = Counter(names)
    found = names or ("",) * width
    return tuple(
        shown(name) if name and times[name] == 1 else str(place + 1)
        for place, name in enumerate(found)
    )


def _from_npy(path: Path, raw: BufferedReader, size: int, field: Field) -> OwnData:
    dtype, shape, order = npy_header(path, raw)
    check_shape(shape, str(path))
    rows, columns = shape
    if 8 * rows * columns > field.max_bytes:
        raise Refused(
            f"{path} holds {rows} by {columns} numbers, {8 * rows * columns} bytes as float64; "
            f"allowed: at most {field.max_bytes}"
        )
    promised, found = rows * columns * dtype.itemsize, size - raw.tell()
    if promised != found:
        raise Refused(
            f"{path} is damaged: {rows} by {columns} {dtype.name} take {promised} bytes, "
            f"and it holds {found}"
        )
    values = np.frombuffer(raw.read(promised), dtype)
    if values.size != rows * columns:
        raise Refused(f"{path} became shorter while it was read; try again")
    matrix = np.array(values.reshape(shape, order=order), dtype=np.float64, order="C")
    raw.seek(0)
    return _own(path, hashlib.file_digest(raw, "sha256").hexdigest(), matrix)


def npy_header(
    path: Path | str, raw: IO[bytes]
) -> tuple[np.dtype[Any], tuple[int, ...], Literal["F", "C"]]:
    """Type, shape and order of a `.npy` after its magic bytes; never anything pickled.

    Raises:
        ValueError: a sentence that begins with `path`.
    """
    version = raw.read(2)
    length = int.from_bytes(raw.read(2 if version[:1] == b"\1" else 4), "little")
    if version[:1] not in (b"\1", b"\2", b"\3") or not 0 < length <= LONGEST_HEADER:
        raise Refused(f"{path} is damaged: its header is none of a .npy file")
    try:
        header = ast.literal_eval(raw.read(length).decode("ascii").strip())
        kind, fortran, shape = (header[key] for key in ("descr", "fortran_order", "shape"))
        whole = all(type(count) is int and count >= 0 for count in shape)
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        raise Refused(f"{path} is damaged: its header cannot be read") from None
    if not (isinstance(shape, tuple) and whole and isinstance(fortran, bool)):
        raise Refused(f"{path} is damaged: its header cannot be read")
    if not (isinstance(kind, str) and _real.fullmatch(kind)):
        raise Refused(
            f"{path} holds values of the type {str(kind)[:20]!r}; allowed: floats and integers "
            "of up to 64 bits; convert it with .astype(float)"
        )
    return np.dtype(kind), shape, "F" if fortran else "C"
