"""Presets as TOML: those that ship with kernlab, and the user's own."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from kernlab.engine.contract.claim import Preset
from kernlab.engine.contract.parameters import OwnData, check, fields_of, shown

LARGEST_TEXT = 1_000_000
KEYS = {"title", "look_at", "parameters"}


def read(text: str, parameters: type) -> tuple[Preset, ...]:
    """The presets of a text, each checked against the declaration of the parameters.

    Args:
        text: tables `[[preset]]` with `title`, `look_at` and a table of parameters, those that
            differ from the defaults.
        parameters: the experiment's parameter class.

    Raises:
        ValueError: the text is no TOML, or a preset lacks a part, has one too many, or asks for
            a value that is not allowed; one sentence.
    """
    if len(text) > LARGEST_TEXT:
        raise ValueError(f"the presets have {len(text)} characters; allowed: {LARGEST_TEXT}")
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"the presets are not TOML: {error}") from None
    entries = document.get("preset")
    if not isinstance(entries, list) or set(document) != {"preset"}:
        raise ValueError("the presets hold something else than tables [[preset]]")
    return tuple(_preset(entry, parameters) for entry in entries)


def _preset(entry: Any, parameters: type) -> Preset:
    if not isinstance(entry, dict) or set(entry) != KEYS:
        found = ", ".join(map(str, entry)) if isinstance(entry, dict) else shown(entry)
        raise ValueError(f"a preset has {found}; allowed: exactly title, look_at and parameters")
    title, look_at, given = entry["title"], entry["look_at"], entry["parameters"]
    if not (isinstance(title, str) and title.strip() and isinstance(look_at, str)):
        raise ValueError("a preset's title and look_at must be texts, and the title not empty")
    if not isinstance(given, dict):
        raise ValueError(f"preset {shown(title)}: parameters is no table")
    fields = {field.name: field for field in fields_of(parameters)}
    for name in given.keys() - fields.keys():
        raise ValueError(f"preset {shown(title)}: unknown parameter {shown(str(name))}")
    values = {name: check(fields[name], value) for name, value in given.items()}
    parameters(**values)
    return Preset(title, values, look_at)


def write(title: str, look_at: str, values: Mapping[str, Any]) -> str:
    """A preset as text that `read` takes back.

    Raises:
        ValueError: a value is own data, which only a recipe can carry.
    """
    lines = ["[[preset]]", f"title = {_toml(title)}", f"look_at = {_toml(look_at)}", ""]
    lines += [
        "[preset.parameters]",
        *(f"{name} = {_toml(value)}" for name, value in values.items()),
    ]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, OwnData):
        raise ValueError("own data do not fit into a preset; save the run as a file instead")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A basic string of TOML is one of JSON, but for the delete character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return repr(value)
