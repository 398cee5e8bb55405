"""From the command to the window, and to the first computed picture.

Starts the application in fresh processes, first with an empty numba cache (the very first
start), then five times warm, without a display; prints the seconds from the start of the
process to the first paint of the window and to the first figure on screen.

    python -m benchmarks.startup
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

CHILD = """
import os, sys, time
started = float(sys.argv[1])
from kernlab.threads import limit_blas
limit_blas()
from kernlab.ui import app, panel, window

class Watched(window.Window):
    painted = False

    def paintEvent(self, event):
        super().paintEvent(event)
        if not Watched.painted:
            Watched.painted = True
            print("window", time.time() - started, flush=True)

    def show_panel(self, key):
        shown = super().show_panel(key)
        shown.picture_shown.connect(self.done)
        return shown

    def done(self, _):
        print("picture", time.time() - started, flush=True)
        self.close()

app.Window = Watched
app.main()
"""


def start(cache: str) -> dict[str, float]:
    """One start; the seconds by event."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "NUMBA_CACHE_DIR": cache}
    command = [sys.executable, "-c", CHILD, str(time.time())]
    out = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    if out.returncode:
        raise SystemExit(out.stderr)
    return {line.split()[0]: float(line.split()[1]) for line in out.stdout.splitlines()}


def main() -> None:
    with tempfile.TemporaryDirectory() as cache:
        first = start(cache)
        print(f"first start: window {first['window']:.2f} s, picture {first['picture']:.2f} s")
        warm = [start(cache) for _ in range(5)]
    for event in ("window", "picture"):
        times = sorted(run[event] for run in warm)
        print(
            f"warm start, {event}: median {statistics.median(times):.2f} s, "
            f"{times[0]:.2f} to {times[-1]:.2f} s"
        )


if __name__ == "__main__":
    main()
