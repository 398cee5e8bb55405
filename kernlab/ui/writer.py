"""A thread that writes the user's documents, so that no disk ever stalls the window."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from kernlab import user_files


class Writer:
    """Writes the newest text of each file, whole or not at all. Knows nothing of Qt."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: dict[Path, Callable[[], str]] = {}
        self._failure = ""
        self._closing = False
        self._thread: threading.Thread | None = None

    def put(self, path: Path, make: Callable[[], str]) -> None:
        """Write a file soon; a text that waits for the same file is left out.

        Args:
            path: the file.
            make: gives the text, in the writer's thread.
        """
        with self._condition:
            self._waiting[path] = make
            self._condition.notify()
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(
                    target=self._serve, name="kernlab-writer", daemon=True
                )
                self._thread.start()

    def take_failure(self) -> str:
        """Why the last document was not written, once; or nothing."""
        with self._condition:
            failure, self._failure = self._failure, ""
            return failure

    def close(self, timeout: float) -> bool:
        """Write what waits, then end; False where it took longer than that."""
        with self._condition:
            self._closing = True
            self._condition.notify()
            thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _serve(self) -> None:
        swept: set[Path] = set()
        while True:
            with self._condition:
                while not (self._waiting or self._closing):
                    self._condition.wait()
                if not self._waiting:
                    return
                path, make = self._waiting.popitem()
            try:
                user_files.write(path, make())
            except Exception as error:
                with self._condition:
                    self._failure = str(error) or type(error).__name__
            if path.parent not in swept:
                swept.add(path.parent)
                with contextlib.suppress(OSError):
                    user_files.sweep(path.parent)
