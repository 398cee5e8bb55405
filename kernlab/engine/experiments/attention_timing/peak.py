"""The peak memory of single calls, measured in a process of its own.

:func:`main` takes one argument, JSON: the shape, the number type, the options and a list of
methods and lengths. Prints a line `[method, n, bytes]` for each: the largest resident memory
during a call, above that just before it; bytes is null where the system does not tell. Ends
when its standard input does, so that it never outlives whoever started it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"
WARM = 64
"""A short length at which each method runs once before, for what it allocates only once."""


def peak_of(call: Callable[[], Any]) -> int | None:
    """Bytes of resident memory that a call needs at its peak, above what was there before."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # not the GNU C library
        ctypes.CDLL(None).malloc_trim(0)
    try:
        CLEAR.write_text(RESET_PEAK)
        before = _status("VmRSS")
        call()
        return max(0, _status("VmHWM") - before)
    except OSError:
        return _without_reset(call)


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text())
    if found is None:
        raise OSError(f"{STATUS} holds no {name}")
    return 1024 * int(found[1])


def _without_reset(call: Callable[[], Any]) -> int | None:
    """Where the peak cannot be reset: known only if it is a new one for the whole process."""
    import psutil

    process = psutil.Process()

    def peak() -> int:
        if sys.platform == "win32":
            return int(process.memory_info().peak_wset)
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    highest, before = peak(), int(process.memory_info().rss)
    call()
    return peak() - before if peak() > highest else None


def work(job: dict[str, Any]) -> None:
    """Measure all methods and lengths of a job, one after the other."""
    import torch

    from kernlab.engine.experiments.attention_timing.bench import torch_threads
    from kernlab.engine.experiments.attention_timing.methods import prepared
    from kernlab.engine.numerics.attention_inputs import attention_inputs
    from kernlab.engine.numerics.attention_options import AttentionOptions

    options = AttentionOptions(**job["options"])
    batch, heads, d = job["sizes"]
    dtype = getattr(torch, job["dtype"])
    with torch_threads(job["threads"]):
        for method, n in job["cells"]:
            small = attention_inputs("gaussian", (batch, heads, WARM, d), dtype=dtype)
            prepared(method, small, options)()
            tensors = attention_inputs("gaussian", (batch, heads, n, d), dtype=dtype)
            found = peak_of(prepared(method, tensors, options))
            print(json.dumps([method, n, found]), flush=True)


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """The whole life of the process."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    work(json.loads(sys.argv[1]))
    os._exit(0)  # the thread waits inside the standard input
