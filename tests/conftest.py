"""What every test relies on: no display, one BLAS thread, no thread left behind."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["KERNLAB_HOME"] = tempfile.mkdtemp(prefix="kernlab-tests-")  # nobody's own session

import pytest
from hypothesis import HealthCheck, settings

import kernlab  # noqa: F401  (before NumPy, so that BLAS gets one thread as in the application)
from kernlab.engine import catalogue, experiments

atexit.register(shutil.rmtree, os.environ["KERNLAB_HOME"], ignore_errors=True)
settings.register_profile(
    "kernlab",
    deadline=None,  # the first example of a property may compile
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("kernlab")


def _left_behind(known: set[threading.Thread]) -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if thread not in known and thread.is_alive() and not thread.daemon
    ]


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """Fails a test that leaves a thread running which would keep the process alive."""
    known = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2
    while _left_behind(known) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _left_behind(known), "the test left threads behind"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The key of an experiment that is one file in `tests/toy`, found as any other."""
    yield from _found(monkeypatch, "toy")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Likewise of the experiment in `tests/written`, which takes a text and a matrix."""
    yield from _found(monkeypatch, "written")


def _found(monkeypatch: pytest.MonkeyPatch, key: str) -> Iterator[str]:
    folder = str(Path(__file__).parent / key)
    monkeypatch.setattr(experiments, "__path__", [*experiments.__path__, folder])
    _forget_experiments()
    yield key
    _forget_experiments()
    sys.modules.pop(f"kernlab.engine.experiments.{key}", None)


def _forget_experiments() -> None:
    catalogue.keys.cache_clear()
    catalogue.title.cache_clear()
