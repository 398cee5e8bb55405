"""Exports in a process of their own, so that drawing a page never stalls the window.

The process starts at the first job and stays warm. It is a plain child that reads jobs from
its standard input: nothing of the parent is forked, its main module is not run again, and no
further process is left behind.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernlab.export import atomic
from kernlab.export.bundle import Bundle, ExportError
from kernlab.export.gif import Film
from kernlab.export.typeset import Outline

_ROOT = Path(__file__).resolve().parents[2]
CLOSE_SECONDS = 0.15


@dataclass
class _Job:
    """Something for the process to do: a function of :mod:`kernlab.export.worker` by its name."""

    work: str
    arguments: tuple[Any, ...]
    path: Path | None = None
    future: Future[Any] = field(default_factory=Future)

    @property
    def undone(self) -> str:
        """The beginning of a sentence on why it was not done."""
        return "nothing was typeset" if self.path is None else f"{self.path} was not written"


class ExportProcess:
    """Runs :func:`kernlab.export.save` in one other process, one export after the other.

    Matplotlib is there anyhow, so it also typesets formulas.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._current: _Job | None = None
        self._closed = False

    def submit(self, path: str | os.PathLike[str], bundle: Bundle, **options: Any) -> Future[Path]:
        """Save a bundle later; takes what `save` takes, returns at once.

        The future holds the path, or the :class:`ExportError` that `save` raised.
        """
        target = Path(os.path.abspath(path))
        return self._take(_Job("save", (target, bundle, options), target))

    def typeset(self, latex: str) -> Future[Outline]:
        """Typeset a line of mathematics later; returns at once.

        The future holds the outline, or an :class:`ExportError`.
        """
        return self._take(_Job("typeset", (latex,)))

    def save_film(self, path: str | os.PathLike[str], film: Film) -> Future[Path]:
        """Save a recording as GIF later; returns at once.

        The future holds the path, or an :class:`ExportError`.
        """
        target = Path(os.path.abspath(path))
        return self._take(_Job("save_film", (target, film), target))

    def cancel(self, outcome: Future[Any]) -> None:
        """Give a job up, whether it waits or runs; no part of its file is left."""
        job = self._current
        if outcome.cancel() or job is None or job.future is not outcome:
            return
        with self._lock:
            if self._child is not None:
                self._child.terminate()  # the next job starts another one

    def _take(self, job: _Job) -> Future[Any]:
        if self._closed:
            job.future.set_exception(ExportError(f"{job.undone}: kernlab is closing"))
            return job.future
        self._jobs.put(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="kernlab-export", daemon=True)
            self._thread.start()
        return job.future

    def close(self) -> None:
        """End the process, whatever it is doing; takes at most 0.2 s, may be called twice.

        A file that is being written is left as it was; exports that wait are cancelled.
        """
        end = time.monotonic() + CLOSE_SECONDS
        self._closed = True
        self._cancel_waiting()
        self._jobs.put(None)
        job = self._current
        with self._lock:
            child = self._child
        if child is not None:
            _end(child, end)
            if job is not None and job.path is not None:
                atomic.sweep(job.path, child.pid)
        if self._thread is not None:
            self._thread.join(max(0.02, end - time.monotonic()))

    def _cancel_waiting(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is not None:
                job.future.cancel()

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            self._current = job
            try:
                made = self._ask(job)
            except BaseException as error:
                job.future.set_exception(error)
            else:
                job.future.set_result(made)
            finally:
                self._current = None
            del job  # a bundle may hold much memory, and the next one may never come
        self._discard()

    def _ask(self, job: _Job) -> Any:
        message = pickle.dumps((job.work, job.arguments), pickle.HIGHEST_PROTOCOL)
        child = self._running()
        assert child.stdin is not None and child.stdout is not None
        try:
            child.stdin.write(message)
            child.stdin.flush()
            made, error, details = pickle.load(child.stdout)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            self._discard()
            if job.path is not None:
                atomic.sweep(job.path, child.pid)
            reason = "kernlab is closing" if self._closed else "the export process ended; try again"
            raise ExportError(f"{job.undone}: {reason}") from None
        if error is not None:
            if details:
                error.add_note(details)
            raise error
        return made

    def _running(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._child is None and self._closed:
                raise ExportError("nothing was written: kernlab is closing")
            if self._child is None:
                self._child = _start()
            return self._child

    def _discard(self) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is None:
            return
        _end(child, time.monotonic() + CLOSE_SECONDS)
        for pipe in (child.stdin, child.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:  # what was not sent any more has no reader
                continue


def _start() -> subprocess.Popen[bytes]:
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return subprocess.Popen(
        # -P: the folder that kernlab was started in is no place to import from.
        [sys.executable, "-P", "-m", "kernlab.export.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if sys.stderr is not None else subprocess.DEVNULL,
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _end(child: subprocess.Popen[bytes], deadline: float) -> None:
    """Ask a process to end, which lets it remove its temporary file; then make it."""
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(max(0.01, deadline - time.monotonic() - 0.05))
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(1)  # a killed process is gone within a millisecond
