"""How long a cancel and a close take, and how often a picture comes while n is dragged.

For every panel and each of its views: cancels a cold run at moments spread over it and prints
the time until the lane is idle, with what the status said where that took longest (a call into a
library that is announced may end first); closes the window of fresh processes in the middle of
such a run and prints the time until they are gone. Gapped sine: also drags n over its whole range
and prints the gaps between pictures.

    python -m benchmarks.cancel [gapped-sine …]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import kernlab  # noqa: F401  (sets the number of BLAS threads before NumPy is imported)

# isort: split
import numpy as np
from PySide6.QtWidgets import QApplication

from benchmarks.ui_latency import Watch, drag, live, rest
from kernlab.engine.contract.cache import Cache
from kernlab.ui import app as application
from kernlab.ui import theme as themes
from kernlab.ui.panel import Panel
from kernlab.ui.window import Window

LARGEST = 10_000_000
HEAVY: dict[str, dict[str, Any]] = {
    "gapped-sine": {"n": LARGEST},
    "vandermonde": {"n": 200},
    "entrywise-rank": {"n": 1000},
    "spectra": {"depth": 100, "n_grid": 1024, "n": 2000, "width": 512},
    "attention-timing": {},
    "least-squares-attention": {"data": "simulated", "rows": 5000, "features": 500},
}
"""What makes the runs of a panel long."""
MOMENTS = 20
COLD = 1.5
"""Seconds over which the moments of the cancels are spread."""
CLOSING = """
import json, sys, time
from PySide6.QtCore import QTimer
from kernlab.threads import limit_blas
limit_blas()
from kernlab.engine.contract.recipe import Restored
from kernlab.ui import app, window

class Closing(window.Window):
    def restore(self, restored):
        super().restore(restored)
        QTimer.singleShot(int(sys.argv[3]), self.leave)

    def leave(self):
        print(time.time(), flush=True)
        self.close()

app.Window = Closing
app.run(recipe=Restored(sys.argv[1], json.loads(sys.argv[2]), ()))
"""


def cancels(panel: Panel, view: int) -> tuple[list[float], str]:
    """Milliseconds from each cancel to an idle lane, and the note of the longest."""
    taken, said = [0.0], ""
    panel.tabs.setCurrentIndex(view)
    for moment in np.linspace(0.01, COLD, MOMENTS):
        panel.lane.call(Cache.clear)
        panel.runs.refine()
        live(float(moment))
        if panel.lane.busy and panel.toolbar.running:
            note = panel.runs.status.note if panel.runs.status else ""
            begun = time.perf_counter()
            panel.run_or_cancel()
            while panel.lane.busy:
                time.sleep(0.0002)
            taken.append(1000 * (time.perf_counter() - begun))
            said = note if taken[-1] == max(taken) else said
    return taken[1:], said


def closings(experiment: str) -> list[float]:
    """Milliseconds from the close to the end of the process, exit status 0 each time."""
    taken = []
    parameters = json.dumps(HEAVY[experiment])
    for moment in range(0, 2000, 200):
        command = [sys.executable, "-c", CLOSING, experiment, parameters, str(moment)]
        child = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if child.returncode:
            raise SystemExit(f"exit status {child.returncode}: {child.stderr}")
        taken.append(1000 * (time.time() - float(child.stdout)))
    return taken


def drags(panel: Panel) -> None:
    """Print the gaps between pictures while n is dragged over its whole range."""
    panel.tabs.setCurrentIndex(0)
    panel.set_parameters({"n": 2500})
    rest(panel)
    watch = Watch(panel, panel.experiment.figures(panel.parameters, {})[0].key)
    drag(panel, watch, "n", 500)
    gaps = 1000 * np.diff(watch.moments)
    print(
        f"n dragged up to {LARGEST}: {len(watch.moments)} pictures, gap between pictures median "
        f"{np.median(gaps):.0f}, p99 {np.quantile(gaps, 0.99):.0f}, largest {gaps.max():.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("experiments", nargs="*", help="all of them by default")
    keys = parser.parse_args().experiments or list(HEAVY)
    for key in keys:
        closed = closings(key)
        print(
            f"{key}: close in mid-run, {len(closed)} processes: median {np.median(closed):.0f}, "
            f"largest {max(closed):.0f} ms, exit status 0",
            flush=True,
        )
    qt = QApplication(sys.argv[:1])
    sys.setswitchinterval(application.SWITCH_INTERVAL)
    themes.apply(qt, themes.load("light"))
    window = Window()
    window.show()
    keep = application.tame_garbage(window)
    for key in keys:
        panel = window.show_panel(key)
        rest(panel)
        live(application.QUIET / 1000 + 0.5)
        panel.set_parameters(HEAVY[key])
        for view, name in enumerate(panel.experiment.views):
            taken, said = cancels(panel, view)
            found = f"median {np.median(taken):.1f}, largest {max(taken):.1f} ms" if taken else ""
            print(f"{key}, {name}: cancel, {len(taken)} moments: {found} {said!r}", flush=True)
    if "gapped-sine" in keys:
        drags(window.show_panel("gapped-sine"))
    keep.stop()
    window.close()


if __name__ == "__main__":
    main()
