"""How long a cancel and a close take, and how often a picture comes while n is dragged.

Cancels a full run of the largest n at fifty moments spread over it and prints the time until
the lane is idle; drags n itself over its whole range and prints the gaps between pictures; closes
the window of fresh processes in the middle of such a run and prints the time until they are gone.

    python -m benchmarks.cancel
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import kernlab  # noqa: F401  (sets the number of BLAS threads before NumPy is imported)

# isort: split
import numpy as np
from PySide6.QtWidgets import QApplication

from benchmarks.ui_latency import Watch, drag, live, rest
from kernlab.engine import catalogue
from kernlab.engine.contract.cache import Cache
from kernlab.ui import app as application
from kernlab.ui import theme as themes
from kernlab.ui.window import Window

LARGEST = 10_000_000
CLOSING = """
import sys, time
from PySide6.QtCore import QTimer
from kernlab.threads import limit_blas
limit_blas()
from kernlab.engine.contract.recipe import Restored
from kernlab.ui import app, window

class Closing(window.Window):
    def restore(self, restored):
        super().restore(restored)
        QTimer.singleShot(int(sys.argv[1]), self.leave)

    def leave(self):
        print(time.time(), flush=True)
        self.close()

app.Window = Closing
app.run(recipe=Restored("gapped-sine", {"n": 10_000_000}, ()))
"""


def cancels(window: Window) -> list[float]:
    """Milliseconds from the cancel to an idle lane, at moments spread over a cold run."""
    panel = window.show_panel("gapped-sine")
    taken = []
    for moment in np.linspace(0.01, 0.9, 50):
        panel.lane.call(Cache.clear)
        panel.set_parameters({"n": LARGEST})
        panel.runs.refine()
        live(float(moment))
        if panel.lane.busy:
            begun = time.perf_counter()
            panel.run_or_cancel()
            while panel.lane.busy:
                time.sleep(0.0002)
            taken.append(1000 * (time.perf_counter() - begun))
    return taken


def closings() -> list[float]:
    """Milliseconds from the close to the end of the process, exit status 0 each time."""
    taken = []
    for moment in range(0, 2000, 100):
        command = [sys.executable, "-c", CLOSING, str(moment)]
        child = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if child.returncode:
            raise SystemExit(f"exit status {child.returncode}: {child.stderr}")
        taken.append(1000 * (time.time() - float(child.stdout)))
    return taken


def main() -> None:
    closed = closings()
    print(
        f"close in mid-run, {len(closed)} processes: median {np.median(closed):.0f}, "
        f"largest {max(closed):.0f} ms, exit status 0"
    )
    qt = QApplication(sys.argv[:1])
    sys.setswitchinterval(application.SWITCH_INTERVAL)
    themes.apply(qt, themes.load("light"))
    window = Window()
    window.show()
    keep = application.tame_garbage(window)
    panel = window.show_panel("gapped-sine")
    rest(panel)
    live(application.QUIET / 1000 + 0.5)
    taken = cancels(window)
    print(
        f"cancel at n = {LARGEST}, {len(taken)} moments: median {np.median(taken):.1f}, "
        f"largest {max(taken):.1f} ms"
    )
    panel.set_parameters({"n": 2500})
    rest(panel)
    watch = Watch(panel, catalogue.get("gapped-sine").figures(panel.parameters, {})[0].key)
    drag(panel, watch, "n", 500)
    gaps = 1000 * np.diff(watch.moments)
    print(
        f"n dragged up to {LARGEST}: {len(watch.moments)} pictures, gap between pictures median "
        f"{np.median(gaps):.0f}, p99 {np.quantile(gaps, 0.99):.0f}, largest {gaps.max():.0f} ms"
    )
    keep.stop()
    window.close()


if __name__ == "__main__":
    main()
