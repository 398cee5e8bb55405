"""The user's own presets: one file each, so that a damaged one takes no other with it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kernlab import user_files
from kernlab.engine.contract.claim import Preset
from kernlab.engine.contract.presets import LARGEST_TEXT, read, write


def load(key: str, parameters: type) -> tuple[list[Preset], list[str]]:
    """The user's presets of an experiment by title, and a sentence for each that is damaged.

    Args:
        key: the experiment's.
        parameters: its parameter class, against which the presets are read.
    """
    presets: list[Preset] = []
    problems: list[str] = []
    for path in sorted(_folder(key).glob("*.toml")):
        try:
            if path.stat().st_size > LARGEST_TEXT:
                raise ValueError(f"longer than {LARGEST_TEXT} bytes")
            presets += read(path.read_text("utf-8"), parameters)
        except (OSError, ValueError) as error:
            problems.append(f"The preset in {path} is left out: {error}")
    return sorted(presets, key=lambda preset: preset.title.lower()), problems


def save(key: str, title: str, look_at: str, values: Mapping[str, Any]) -> None:
    """Keep a preset; it replaces one of the same title.

    Raises:
        ValueError: it has no title, holds own data, or cannot be written there.
    """
    if not title.strip():
        raise ValueError("a preset needs a title")
    user_files.write(_file(key, title), write(title.strip(), look_at.strip(), values))


def delete(key: str, title: str) -> None:
    """Remove a preset; nothing happens where there is none of this title."""
    _file(key, title).unlink(missing_ok=True)


def _folder(key: str) -> Path:
    return user_files.presets_folder() / key


def _file(key: str, title: str) -> Path:
    """A name that any file system takes, and no two titles share."""
    plain = unicodedata.normalize("NFKD", title.strip()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40] or "preset"
    digest = hashlib.sha256(title.strip().encode()).hexdigest()[:8]
    return _folder(key) / f"{words}-{digest}.toml"
