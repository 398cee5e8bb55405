"""How long a cancel takes, and how often a picture comes while n is dragged to its end.

Cancels a full run of the largest n at fifty moments spread over it and prints the time until
the lane is idle; then drags n itself over its whole range and prints the gaps between pictures.

    python -m benchmarks.cancel
"""

from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import kernlab  # noqa: F401  (sets the number of BLAS threads before NumPy is imported)
import numpy as np
from PySide6.QtWidgets import QApplication

from benchmarks.ui_latency import Watch, drag, live, rest
from kernlab.engine import catalogue
from kernlab.engine.contract.cache import Cache
from kernlab.ui import app as application
from kernlab.ui import theme as themes
from kernlab.ui.window import Window

LARGEST = 10_000_000


def cancels(window: Window) -> list[float]:
    """Milliseconds from the cancel to an idle lane, at moments spread over a cold run."""
    panel = window.show_panel("gapped-sine")
    taken = []
    for moment in np.linspace(0.01, 0.9, 50):
        panel.lane.call(Cache.clear)
        panel.set_parameters({"n": LARGEST})
        panel._rest.stop()
        panel._run_full()
        live(float(moment))
        if panel.lane.busy:
            begun = time.perf_counter()
            panel.run_or_cancel()
            while panel.lane.busy:
                time.sleep(0.0002)
            taken.append(1000 * (time.perf_counter() - begun))
    return taken


def main() -> None:
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
