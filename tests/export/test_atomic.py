"""A file is written whole, or the old one stays as it was and nothing is left behind."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from kernlab.export import Bundle, ExportError, atomic, save

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")

    def fail(file: BinaryIO) -> None:
        file.write(b"new" * 100_000)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        atomic.write(target, fail)
    assert target.read_text() == "old" and list(tmp_path.iterdir()) == [target]


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(file: BinaryIO) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic.write(tmp_path / "a.csv", interrupt)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("kind", [None, ".pdf", ".svg", ".png", ".csv", ".zip", ".json"])
def test_a_full_disk_is_one_sentence(kind: str | None, bundle: Bundle) -> None:
    with pytest.raises(ExportError, match=r"^/dev/full was not written: the disk is full; free"):
        save("/dev/full", bundle, kind=kind)
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_link_to_a_full_disk_stays_a_link(bundle: Bundle, tmp_path: Path) -> None:
    link = tmp_path / "a.csv"
    link.symlink_to("/dev/full")
    with pytest.raises(ExportError, match="the disk is full"):
        save(link, bundle)
    assert link.is_symlink()


@posix
def test_a_pipe_that_nobody_reads_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    pipe = tmp_path / "a.csv"
    os.mkfifo(pipe)
    with pytest.raises(ExportError, match="was not written"):
        save(pipe, bundle)


@pytest.mark.parametrize("suffix", [".pdf", ".csv", ".zip", ".json"])
def test_bad_targets_are_one_sentence(suffix: str, bundle: Bundle, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    (tmp_path / f"folder{suffix}").mkdir()
    before = sorted(tmp_path.iterdir())
    cases = {
        file / f"a{suffix}": "is a file, not a folder",
        file / f"b/a{suffix}": "is a file, not a folder",
        tmp_path / f"no/a{suffix}": "does not exist",
        tmp_path / f"folder{suffix}": "is a folder",
        tmp_path / ("a" * 300 + suffix): "too long",
        tmp_path / f"a\0b{suffix}": "null",
    }
    for target, words in cases.items():
        with pytest.raises(ExportError, match=words) as caught:
            save(target, bundle)
        assert "\n" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before and file.read_text() == "old"


def test_unknown_suffixes_are_refused_with_those_allowed(bundle: Bundle, tmp_path: Path) -> None:
    for name, words in (("a.doc", r"the suffix '\.doc'; allowed: \.pdf"), ("a", "no suffix")):
        with pytest.raises(ExportError, match=words):
            save(tmp_path / name, bundle)


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission_is_one_sentence(bundle: Bundle, tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_text("old")
    target.chmod(0o400)
    with pytest.raises(ExportError, match="write-protected"):
        save(target, bundle)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ExportError, match="no permission"):
            save(tmp_path / "b.json", bundle)
    finally:
        tmp_path.chmod(0o700)
    assert target.read_text() == "old"


@posix
def test_links_and_modes_survive(bundle: Bundle, tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    save(link, bundle)
    assert link.is_symlink() and real.read_text().startswith("{")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


@posix
def test_a_new_file_follows_the_umask(bundle: Bundle, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        target = save(tmp_path / "a.json", bundle)
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_the_leftovers_of_one_process_are_swept(tmp_path: Path) -> None:
    for name in (".kernlab-7-ab.part", ".kernlab-77-ab.part", "a.csv"):
        (tmp_path / name).touch()
    atomic.sweep(tmp_path / "a.csv", 7)
    assert {path.name for path in tmp_path.iterdir()} == {".kernlab-77-ab.part", "a.csv"}
