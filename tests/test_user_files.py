"""Where the user's files lie, and that none is lost, whatever is in it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlab import user_files
from kernlab.export import ExportError

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)
DAMAGED = {
    "empty": b"",
    "truncated": b'{"schema": 1, "panels": {"a"',
    "binary": bytes(range(256)),
    "not utf-8": b'{"schema": 1, "panel": "\xff"}',
    "a list": b"[1]",
    "no version": b"{}",
    "an older version": b'{"schema": 0}',
    "a newer version": b'{"schema": 2}',
    "a version that is true": b'{"schema": true}',
    "a number of 5000 digits": b'{"schema": 1' + b"0" * 5000 + b"}",
    "deep": b'{"schema": 1, "a": ' + b"[" * 100 + b"]" * 100 + b"}",
    "very deep": b"[" * 100_000,
}


def test_the_environment_replaces_all_folders(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv(user_files.HOME, str(tmp_path))
    assert user_files.session_file() == tmp_path / "session.json"
    assert user_files.preferences_file() == tmp_path / "preferences.json"
    assert user_files.presets_folder() == tmp_path / "presets"


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_without_it_files_lie_where_the_system_has_them(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.delenv(user_files.HOME)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert user_files.session_file() == tmp_path / "state/kernlab/session.json"
    assert user_files.preferences_file() == tmp_path / "config/kernlab/preferences.json"
    assert user_files.presets_folder() == tmp_path / "config/kernlab/presets"
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "made" / "on demand" / "a.json"
    assert user_files.read(path, 1) is None
    user_files.write(path, '{"schema": 1, "α": [1.5]}')
    assert user_files.read(path, 1) == {"schema": 1, "α": [1.5]}
    assert [item.name for item in path.parent.iterdir()] == ["a.json"]


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_file_is_set_aside_whole(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "session.json"
    path.write_bytes(DAMAGED[kind])
    with pytest.raises(user_files.Damaged) as damage:
        user_files.read(path, 1)
    notice, free = user_files.recover(path, damage.value)
    kept = tmp_path / "session.damaged-1.json"
    assert free and str(kept) in notice and "\n" not in notice
    assert kept.read_bytes() == DAMAGED[kind]
    assert not path.exists()


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(user_files.Damaged, match="longer than 40 MB"):
        user_files.read(path, 1)


def test_damaged_files_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    for number in (1, 2, 3):
        path.write_text(str(number))
        assert user_files.set_aside(path).name == f"session.damaged-{number}.json"
    assert (tmp_path / "session.damaged-2.json").read_text() == "2"


def test_a_folder_in_its_place_is_set_aside_too(tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    (path / "inside").mkdir(parents=True)
    with pytest.raises(user_files.Damaged, match="not a file") as damage:
        user_files.read(path, 1)
    assert user_files.recover(path, damage.value)[1]
    assert (tmp_path / "session.damaged-1.json" / "inside").is_dir()


def test_what_cannot_be_renamed_is_left_alone(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "session.json"
    path.write_text("keep")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    notice, free = user_files.recover(path, user_files.Damaged("it is not JSON"))
    assert not free and "nothing will be saved there" in notice
    assert [item.name for item in tmp_path.iterdir()] == ["session.json"]
    assert path.read_text() == "keep"


@given(value=JSON, version=st.booleans())
def test_any_json_is_a_document_or_damaged(tmp_path: Path, value: Any, version: bool) -> None:
    path = tmp_path / "a.json"
    if version and isinstance(value, dict):
        value["schema"] = 1
    path.write_text(json.dumps(value))
    try:
        document = user_files.read(path, 1)
    except user_files.Damaged:
        assert not (isinstance(value, dict) and version)
    else:
        assert document is not None and document["schema"] == 1
    assert path.exists()


@given(data=st.binary())
def test_any_bytes_are_a_document_or_damaged(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(user_files.Damaged):
        user_files.read(path, 1)
    assert path.read_bytes() == data


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("keep")
    with pytest.raises(ExportError, match="its folder cannot be made"):
        user_files.write(tmp_path / "file" / "a" / "b.json", "{}")
    assert (tmp_path / "file").read_text() == "keep"


def test_only_old_leftovers_are_swept(tmp_path: Path) -> None:
    old, new = tmp_path / ".kernlab-1-aa.part", tmp_path / ".kernlab-2-bb.part"
    other = tmp_path / "session.json"
    for path in (old, new, other):
        path.touch()
    os.utime(old, (1, 1))
    os.utime(other, (1, 1))
    user_files.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == [new, other]
