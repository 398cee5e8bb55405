"""Where the user's own files lie, and how they are read and written without losing any.

`KERNLAB_HOME`, where it is set, replaces all of the system's folders: tests and benchmarks point
it to a temporary one.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kernlab.export import atomic
from kernlab.export.bundle import ExportError

HOME = "KERNLAB_HOME"
LARGEST = 40_000_000
"""Bytes; a longer file is refused before it is read."""
DEEPEST = 60
"""Levels of lists and objects inside each other that a document may have."""
LEFT_OVER = 3600.0
"""Seconds after which a file that was being written counts as left behind."""
ATTEMPTS = 10_000


class Damaged(ValueError):
    """A file cannot be used; the message is the end of a sentence: why."""


def session_file() -> Path:
    """The session: what the window restores at the next start."""
    return _folder("state") / "session.json"


def preferences_file() -> Path:
    """The preferences."""
    return _folder("config") / "preferences.json"


def presets_folder() -> Path:
    """The user's own presets."""
    return _folder("config") / "presets"


def _folder(kind: str) -> Path:
    home = os.environ.get(HOME)
    if home:
        return Path(home)
    from platformdirs import user_config_path, user_state_path

    find = user_state_path if kind == "state" else user_config_path
    return find("kernlab", appauthor=False)


def read(path: Path, schema: int) -> dict[str, Any] | None:
    """A JSON document with its `schema`; None where there is no file.

    Raises:
        Damaged: it is too large, cannot be read, is not JSON, or is of another schema.
    """
    try:
        if not path.exists():
            return None
        if not path.is_file():
            raise Damaged("it is not a file")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise Damaged(f"it cannot be read ({error.strerror or error})") from None
    if len(data) > LARGEST:
        raise Damaged(f"it is longer than {LARGEST // 1_000_000} MB")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError, MemoryError):
        raise Damaged("it is not JSON") from None
    if not isinstance(document, dict):
        raise Damaged("it is not a JSON object")
    found = document.get("schema")
    if type(found) is not int or found != schema:
        raise Damaged(f"it is not of the version that this kernlab reads ({schema})")
    if _deeper(document, DEEPEST):
        raise Damaged(f"it has more than {DEEPEST} levels")
    return document


def _deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects lie more than so many levels deep; without recursion."""
    layer = [value]
    for _ in range(levels):
        nested = (item.values() if isinstance(item, dict) else item for item in layer)
        layer = [item for items in nested for item in items if isinstance(item, dict | list)]
        if not layer:
            return False
    return True


def set_aside(path: Path) -> Path:
    """Rename a file that cannot be used to `NAME.damaged-1.json`, or the next number.

    Raises:
        OSError: it could not be renamed, and lies where it was.
    """
    for number in range(1, ATTEMPTS):
        target = path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")
        try:
            # Reserves the name: another kernlab may be setting a file aside right now.
            target.mkdir() if path.is_dir() else target.open("x").close()
        except FileExistsError:
            continue
        try:
            os.replace(path, target)
        except OSError:
            target.rmdir() if target.is_dir() else target.unlink()
            raise
        return target
    raise OSError(f"there are {ATTEMPTS} damaged files beside {path}")


def recover(path: Path, damage: Damaged) -> tuple[str, bool]:
    """Set a damaged file aside.

    Returns:
        What to tell the user, and whether the file's old place is free to be written to.
    """
    try:
        kept = set_aside(path)
    except OSError as error:
        reason = error.strerror or str(error)
        return (
            f"{path} cannot be used: {damage}. It could not be renamed either ({reason}), so "
            "nothing will be saved there; remove it or repair it."
        ), False
    return f"{path.name} could not be used: {damage}. It is kept as {kept}.", True


def write(path: Path, text: str) -> None:
    """Write a document whole or not at all, in a folder that is made where it is missing.

    Raises:
        ExportError: nothing was written; the message says why.
    """
    data = text.encode()
    if len(data) > LARGEST:
        raise ExportError(f"{path} was not written: it would be {len(data) // 1_000_000} MB long")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise ExportError(f"{path} was not written: its folder cannot be made ({reason})") from None
    atomic.write(path, lambda file: file.write(data))


def sweep(folder: Path) -> None:
    """Remove what processes that were killed while they wrote have left behind."""
    for part in folder.glob(".kernlab-*.part"):
        try:
            if time.time() - part.stat().st_mtime > LEFT_OVER:
                part.unlink()
        except OSError:
            continue


def unknown(given: Mapping[str, Any], known: set[str], where: str = "") -> list[str]:
    """A sentence for each key that is not known, which is ignored."""
    strange = [key for key in given if key not in known]
    return [f"unknown entry {key[:40]!r}{where} ignored" for key in strange]
