"""The export process: jobs in on standard input, outcomes out on standard output."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

from kernlab.export.bundle import ExportError
from kernlab.export.gif import save_film
from kernlab.export.save import save
from kernlab.export.typeset import outline

_busy = False


def main() -> None:
    """Serve until the input ends, which it also does when the parent has died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent
    signal.signal(signal.SIGTERM, _terminate)
    jobs = sys.stdin.buffer
    outcomes = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno() if sys.stderr else os.open(os.devnull, os.O_WRONLY), 1)
    try:
        while True:
            job = pickle.load(jobs)
            pickle.dump(_outcome(*job), outcomes, pickle.HIGHEST_PROTOCOL)
            outcomes.flush()
    except (EOFError, BrokenPipeError):
        return
    finally:
        os._exit(0)  # nothing here needs an orderly end


def _save(path: Any, bundle: Any, options: dict[str, Any]) -> Any:
    return save(path, bundle, **options)


WORK: dict[str, Callable[..., Any]] = {
    "save": _save,
    "save_film": save_film,
    "typeset": outline,
}


def _outcome(work: str, arguments: tuple[Any, ...]) -> tuple[Any, Any, str]:
    """What was made, or what went wrong and its traceback."""
    global _busy
    _busy = True
    try:
        return WORK[work](*arguments), None, ""
    except ExportError as error:
        return None, ExportError(str(error)), ""
    except Exception as error:
        # The error itself might not survive the way through the pipe.
        failure = RuntimeError(f"{type(error).__name__}: {error}")
        return None, failure, traceback.format_exc()
    finally:
        _busy = False


def _terminate(_number: int, _frame: FrameType | None) -> None:
    if not _busy:
        os._exit(0)
    raise SystemExit  # unwinds through the writer, which removes its temporary file


if __name__ == "__main__":
    main()
