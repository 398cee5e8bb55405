"""Named arrays from NumPy's `.npz` and from `.safetensors` files."""

from __future__ import annotations

import hashlib
import json
import math
import os
import zipfile
import zlib
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from kernlab.data_files.matrices import MAGIC, npy_header
from kernlab.data_files.numbers import Refused, not_empty
from kernlab.engine.contract.own_data import Array, check_array
from kernlab.engine.contract.parameters import Field, OwnData

ZIP = b"PK\3\4"
LONGEST_HEADER = 10_000_000
"""Bytes of a `.safetensors` header; real ones have up to some hundred thousand."""
BF16 = "BF16"
KINDS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", BF16: "<u2", "I64": "<i8", "I32": "<i4",
    "I16": "<i2", "I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
}  # fmt: skip


def read_arrays(path: str | os.PathLike[str], field: Field) -> OwnData:
    """Read the arrays that a parameter asks for; the contents say what kind of file it is.

    Other arrays in the file are not read. Shapes and types are compared with the file's size
    before anything is allocated, and no object is ever unpickled.

    Args:
        path: the file, a `.npz` (compressed or not) or a `.safetensors` (bfloat16 too).
        field: the parameter; its `arrays` are wanted, each with `axes`, and its `max_bytes` hold
            for the file and for the wanted entries as float64.

    Raises:
        ValueError: one sentence that names the file and, where it can, the array.
    """
    path = Path(path)
    size = not_empty(path, field)
    try:
        with path.open("rb") as raw:
            start = raw.read(len(ZIP))
            raw.seek(0)
            read = _from_npz if start == ZIP else _from_safetensors
            arrays = read(path, raw, size, field)
            raw.seek(0)
            digest = hashlib.file_digest(raw, "sha256").hexdigest()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    for name, array in arrays.items():
        check_array(array, f"{path}, array {name!r}")
        array.flags.writeable = False
    return OwnData(str(path), digest, {}, arrays=arrays)


def _wanted(path: Path, found: list[str], field: Field) -> dict[str, str]:
    """The wanted names, each with the name that it has in the file."""
    places = {}
    for name in field.arrays:
        same = [other for other in found if other.lower() == name.lower()]
        if len(same) != 1:
            what = "stands twice" if same else "is missing"
            there = ", ".join(other[:20] for other in found[:8]) or "none"
            more = ", …" if len(found) > 8 else ""
            raise Refused(
                f"{path}: the array {name!r} {what}; found {there}{more}; allowed: {field.allowed}"
            )
        places[name] = same[0]
    return places


def _check_shapes(path: Path, shapes: Mapping[str, tuple[int, ...]], field: Field) -> None:
    """Refuse too many axes, or more numbers than are allowed."""
    least, most = field.axes
    for name, shape in shapes.items():
        if not least <= len(shape) <= most:
            raise Refused(
                f"{path}, array {name!r} has {len(shape)} axes; allowed: {least} to {most}"
            )
    needed = 8 * sum(math.prod(shape) for shape in shapes.values())
    if needed > field.max_bytes:
        raise Refused(
            f"{path} holds {needed // 8} numbers, {needed} bytes as float64; "
            f"allowed: at most {field.max_bytes}"
        )


# -- .npz -------------------------------------------------------------------------------------


def _from_npz(path: Path, raw: BufferedReader, size: int, field: Field) -> dict[str, Array]:
    try:
        with zipfile.ZipFile(raw) as archive:
            found = [entry.removesuffix(".npy") for entry in archive.namelist()]
            places = _wanted(path, found, field)
            entries = {name: archive.getinfo(place + ".npy") for name, place in places.items()}
            headers = {name: _member_header(path, archive, e) for name, e in entries.items()}
            _check_shapes(path, {name: header[1] for name, header in headers.items()}, field)
            return {name: _member(path, archive, entries[name], *headers[name]) for name in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as error:
        raise Refused(f"{path} is damaged: {error or 'it ends too early'}") from None
    except RuntimeError:  # zipfile's word for a password
        raise Refused(f"{path} is encrypted; save it without a password") from None


def _member_header(
    path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo
) -> tuple[np.dtype[Any], tuple[int, ...], Any, int]:
    """Type, shape, order and length of the header of one array, checked against its size."""
    where = f"{path}, array {entry.filename.removesuffix('.npy')!r}"
    with archive.open(entry) as member:
        if member.read(len(MAGIC)) != MAGIC:
            raise Refused(f"{where} is damaged: it is no .npy inside")
        dtype, shape, order = npy_header(where, member)
        begun = member.tell()
    promised = math.prod(shape) * dtype.itemsize
    if begun + promised != entry.file_size:
        raise Refused(
            f"{where} is damaged: its shape takes {promised} bytes, "
            f"and it holds {entry.file_size - begun}"
        )
    return dtype, shape, order, begun


def _member(
    path: Path,
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    order: Any,
    begun: int,
) -> Array:
    data = archive.read(entry)
    if len(data) != entry.file_size:
        raise Refused(f"{path} is damaged: {entry.filename} ends too early")
    values = np.frombuffer(data, dtype, offset=begun)
    return np.array(values.reshape(shape, order=order), dtype=np.float64, order="C")


# -- .safetensors -----------------------------------------------------------------------------


def _from_safetensors(path: Path, raw: BufferedReader, size: int, field: Field) -> dict[str, Array]:
    """Eight bytes with the header's length, the header as JSON, then the values in a row."""
    length = int.from_bytes(raw.read(8), "little")
    start = raw.read(1)
    if size < 10 or not 2 <= length <= size - 8 or start != b"{":
        raise Refused(f"{path} is neither a .npz nor a .safetensors file; allowed: {field.allowed}")
    if length > LONGEST_HEADER:
        raise Refused(f"{path} is damaged: its header has {length} bytes")
    raw.seek(8)
    try:
        header = json.loads(raw.read(length).decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused(f"{path} is damaged: its header cannot be read") from None
    places = _wanted(path, [name for name in header if name != "__metadata__"], field)
    spans = {name: _span(path, place, header[place], size - 8 - length)
             for name, place in places.items()}  # fmt: skip
    _check_shapes(path, {name: shape for name, (_, shape, _) in spans.items()}, field)
    arrays = {}
    for name, (kind, shape, begin) in spans.items():
        dtype = np.dtype(KINDS[kind])
        raw.seek(8 + length + begin)
        values = np.frombuffer(raw.read(math.prod(shape) * dtype.itemsize), dtype)
        if values.size != math.prod(shape):
            raise Refused(f"{path} became shorter while it was read; try again")
        if kind == BF16:  # the upper half of a float32
            values = (values.astype(np.uint32) << 16).view(np.float32)
        arrays[name] = np.array(values.reshape(shape), dtype=np.float64)
    return arrays


def _span(path: Path, name: str, entry: Any, room: int) -> tuple[str, tuple[int, ...], int]:
    """Type, shape and first byte of an array, checked against the file's size."""
    where = f"{path}, array {name[:40]!r}"
    try:
        kind, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        whole = all(type(n) is int and n >= 0 for n in (*shape, begin, end))
    except (TypeError, KeyError, ValueError):
        raise Refused(f"{where} is damaged: its entry in the header cannot be read") from None
    if kind not in KINDS:
        raise Refused(
            f"{where} holds values of the type {str(kind)[:20]!r}; allowed: {', '.join(KINDS)}"
        )
    promised = math.prod(shape) * np.dtype(KINDS[kind]).itemsize if whole else -1
    if end - begin != promised or end > room:
        raise Refused(f"{where} is damaged: its shape does not fit its place in the file")
    return kind, tuple(shape), begin
