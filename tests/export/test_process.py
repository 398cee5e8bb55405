"""The export process: the same files and the same sentences, and gone when closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernlab.export import Bundle, ExportError, read_recipe, save
from kernlab.export.process import ExportProcess


@pytest.fixture
def process() -> Iterator[ExportProcess]:
    process = ExportProcess()
    yield process
    process.close()


def test_files_errors_and_the_end(process: ExportProcess, bundle: Bundle, tmp_path: Path) -> None:
    first = process.submit(tmp_path / "a.csv", bundle)
    refused = process.submit(tmp_path / "no" / "a.csv", bundle)
    second = process.submit(tmp_path / "b.svg", bundle, figures=["error"])
    assert first.result(20) == tmp_path / "a.csv"
    child = process._child
    assert child is not None
    with pytest.raises(ExportError) as caught:
        refused.result(20)
    with pytest.raises(ExportError) as here:
        save(tmp_path / "no" / "a.csv", bundle)
    assert str(caught.value) == str(here.value)
    assert read_recipe(second.result(20)) == bundle.recipe
    assert process._child is child  # still the same, warm process
    start = time.monotonic()
    process.close()
    assert time.monotonic() - start < 0.2
    assert child.poll() is not None
    assert "kernlab-export" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ExportError, match="closing"):
        process.submit(tmp_path / "c.csv", bundle).result(1)


def test_closing_in_the_middle_leaves_nothing(
    process: ExportProcess, bundle: Bundle, tmp_path: Path
) -> None:
    process.submit(tmp_path / "a.json", bundle).result(20)
    child = process._child
    running = process.submit(tmp_path / "a.png", bundle, dpi=600)
    waiting = process.submit(tmp_path / "b.png", bundle)
    while not running.running():
        time.sleep(0.002)
    start = time.monotonic()
    process.close()
    assert time.monotonic() - start < 0.2
    assert child is not None and child.poll() is not None
    assert waiting.cancelled()
    assert isinstance(running.exception(1), ExportError)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_process_that_died_is_replaced(
    process: ExportProcess, bundle: Bundle, tmp_path: Path
) -> None:
    process.submit(tmp_path / "a.json", bundle).result(20)
    assert process._child is not None
    process._child.kill()
    with pytest.raises(ExportError, match="the export process ended; try again"):
        process.submit(tmp_path / "b.json", bundle).result(20)
    assert process.submit(tmp_path / "b.json", bundle).result(20).exists()


def test_closing_one_that_never_started_is_quick(process: ExportProcess) -> None:
    process.close()
    process.close()
