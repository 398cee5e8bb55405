"""The recipe inside every file that is written, and out of any of them again.

Where it is: PNG, an iTXt chunk `kernlab`; SVG, the Description in its metadata; PDF, the
Keywords in base64; GIF, its comment; CSV, the first line; ZIP, `recipe.json`. Nothing that a
file holds is ever executed, and no more of it is read than its kind needs.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

from kernlab.data_files import checked_size
from kernlab.engine.contract import recipe as recipes

KEY = "kernlab"
CSV_PREFIX = "# kernlab: "
LARGEST_FILE = 1_000_000_000
_LARGEST_TEXT = 4 * recipes.LARGEST_TEXT  # in bytes: a character of UTF-8 has up to four
_PNG = b"\x89PNG\r\n\x1a\n"
_BOM = b"\xef\xbb\xbf"


def as_text(recipe: Mapping[str, Any], indent: int | None = None) -> str:
    """A recipe as JSON in plain ASCII, which every kind of file can hold."""
    return json.dumps(recipe, indent=indent, ensure_ascii=True, allow_nan=False)


def as_keywords(recipe: Mapping[str, Any]) -> str:
    """A recipe as the Keywords of a PDF."""
    return base64.b64encode(as_text(recipe).encode()).decode()


def as_comment(recipe: Mapping[str, Any]) -> bytes:
    """A recipe as the comment of a GIF."""
    return f"{KEY}:{as_text(recipe)}".encode()


def read_recipe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The recipe out of a file that kernlab wrote, told by its contents, not by its name.

    Raises:
        ValueError: the file cannot be read, is too large, is damaged, or holds no recipe.
    """
    path = Path(path)
    size = checked_size(path)
    try:
        with path.open("rb") as file:
            head = file.read(64)
            file.seek(0)
            kind = _kind(head)
            if size > LARGEST_FILE and kind != "csv":  # of a CSV only the first line is read
                raise ValueError(
                    f"it has {size} bytes, more than the allowed {LARGEST_FILE}; "
                    "open a file that kernlab wrote"
                )
            text = _readers[kind](file)
        return recipes.loads(text)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ValueError(f"{path} gives no recipe: {error}") from None


def _kind(head: bytes) -> str:
    start = head.removeprefix(_BOM).lstrip()
    if head.startswith(_PNG):
        return "png"
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if start.startswith(CSV_PREFIX.strip().encode()):
        return "csv"
    if start.startswith(b"{"):
        return "json"
    return "svg" if start.startswith(b"<") else "unknown"


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ValueError("its recipe is not UTF-8 text; the file is damaged") from None


def _from_png(file: BinaryIO) -> str:
    file.seek(len(_PNG))
    for kind, length in _chunks(file):
        if kind != b"iTXt" or length > _LARGEST_TEXT:
            file.seek(length + 4, os.SEEK_CUR)
            continue
        body, checksum = file.read(length), file.read(4)
        if binascii.crc32(kind + body) != int.from_bytes(checksum, "big") or len(checksum) < 4:
            raise ValueError("the PNG is damaged (a checksum does not fit)")
        keyword, _, rest = body.partition(b"\0")
        if keyword == KEY.encode():
            return _decode(_itxt(rest))
    raise ValueError("this PNG was not written by kernlab, or another program removed its recipe")


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    while True:
        head = file.read(8)
        if len(head) < 8:
            raise ValueError("the PNG is damaged (it ends too early)")
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind == b"IEND":
            return
        yield kind, length


def _itxt(rest: bytes) -> bytes:
    """The text of an iTXt chunk after its keyword: flag, method, language, translation, text."""
    parts = rest[2:].split(b"\0", 2)
    if len(rest) < 2 or len(parts) < 3:
        raise ValueError("the PNG is damaged (its recipe is cut off)")
    if rest[0] == 0:
        return parts[2]
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(parts[2], _LARGEST_TEXT)
    except zlib.error as error:
        raise ValueError(f"the PNG is damaged ({error})") from None
    if unpacker.unconsumed_tail:
        raise ValueError("its recipe is too long")
    return text


def _from_pdf(file: BinaryIO) -> str:
    found = re.findall(rb"/Keywords\s*\(([A-Za-z0-9+/=\s]{8,})\)", file.read())
    for keywords in reversed(found):  # the newest revision of a PDF is the last
        try:
            text = base64.b64decode(b"".join(keywords.split()), validate=True)
        except binascii.Error:
            continue
        if text.startswith(b"{"):
            return _decode(text)
    raise ValueError("this PDF was not written by kernlab, or another program removed its recipe")


def _from_svg(file: BinaryIO) -> str:
    parser = expat.ParserCreate(namespace_separator=" ")
    found: list[str] = []
    pieces: list[str] | None = None

    def start(name: str, _attributes: object) -> None:
        nonlocal pieces
        pieces = [] if name.endswith(" description") else pieces

    def data(text: str) -> None:
        if pieces is not None:
            pieces.append(text)

    def end(name: str) -> None:
        nonlocal pieces
        if name.endswith(" description") and pieces is not None:
            found.append("".join(pieces))
            pieces = None

    def entity(*_declaration: object) -> None:
        raise ValueError("it declares XML entities, which kernlab never writes")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.EntityDeclHandler = data, entity
    parser.buffer_text = True
    try:
        parser.ParseFile(file)
    except expat.ExpatError as error:
        raise ValueError(f"the SVG is damaged ({error})") from None
    for text in found:
        if text.strip().startswith(KEY + ":"):
            return text.strip().removeprefix(KEY + ":")
    raise ValueError("this SVG was not written by kernlab, or another program removed its recipe")


def _from_gif(file: BinaryIO) -> str:
    """The comment that stands before the first picture."""
    head = file.read(13)
    if len(head) == 13 and head[10] & 0x80:  # a table of colours follows
        file.seek(3 << ((head[10] & 7) + 1), os.SEEK_CUR)
    while file.read(1) == b"!":
        label = file.read(1)
        block = _sub_blocks(file)
        if label == b"\xfe" and block.startswith(KEY.encode() + b":"):
            return _decode(block.removeprefix(KEY.encode() + b":"))
    raise ValueError("this GIF was not written by kernlab, or another program removed its recipe")


def _sub_blocks(file: BinaryIO) -> bytes:
    """The data of an extension of a GIF, which come in pieces of at most 255 bytes."""
    pieces: list[bytes] = []
    size = 0
    while length := file.read(1):
        if length == b"\0":
            return b"".join(pieces)
        pieces.append(file.read(length[0]))
        size += length[0]
        if size > _LARGEST_TEXT:
            raise ValueError("its comment is too long for a recipe")
    raise ValueError("the GIF is damaged (it ends too early)")


def _from_csv(file: BinaryIO) -> str:
    line = file.readline(_LARGEST_TEXT + 1)
    if len(line) > _LARGEST_TEXT:
        raise ValueError("its first line is too long")
    return _decode(line.removeprefix(_BOM)).strip().removeprefix(CSV_PREFIX.strip())


def _from_zip(file: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(file) as archive, archive.open("recipe.json") as member:
            raw = member.read(_LARGEST_TEXT + 1)
    except KeyError:
        raise ValueError("this ZIP was not written by kernlab: no recipe.json is in it") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise ValueError(f"the ZIP is damaged ({error})") from None
    if len(raw) > _LARGEST_TEXT:
        raise ValueError("its recipe.json is too long")
    return _decode(raw)


def _from_json(file: BinaryIO) -> str:
    raw = file.read(_LARGEST_TEXT + 1)
    if len(raw) > _LARGEST_TEXT:
        raise ValueError("it is too long for a recipe")
    return _decode(raw.removeprefix(_BOM))


def _unknown(file: BinaryIO) -> str:
    if not file.read(1):
        raise ValueError("it is empty")
    raise ValueError("it is not a PDF, SVG, PNG, GIF, CSV, ZIP or JSON file that kernlab wrote")


_readers = {
    "png": _from_png,
    "pdf": _from_pdf,
    "svg": _from_svg,
    "gif": _from_gif,
    "csv": _from_csv,
    "zip": _from_zip,
    "json": _from_json,
    "unknown": _unknown,
}
