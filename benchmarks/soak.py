"""Thousands of random parameter changes in the real window, offscreen (`make soak`).

The panels take turns. Fails when anything crashed, a thread leaked, or memory grew by more
than 50 MB after the first fifth (caches emptied and the allocator trimmed before each reading).

    python -m benchmarks.soak [--changes 5000] [--experiment gapped-sine]
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import random
import sys
import threading
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import kernlab  # noqa: F401  (sets the number of BLAS threads before NumPy is imported)

# isort: split
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from kernlab.engine import catalogue
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.parameters import Field
from kernlab.ui import app as application
from kernlab.ui import theme as themes
from kernlab.ui.panel import Panel
from kernlab.ui.window import Window

GROWTH = 50.0
LARGEST = 200_000
"""Integers stay below this, so that thousands of changes take minutes."""
TURN = 50
"""Changes of a panel before the next one has its turn."""


def live(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def settle(panel: Panel, longest: float = 60.0) -> None:
    end = time.monotonic() + longest
    while time.monotonic() < end:
        live(100)
        if not panel.lane.busy and not panel.runs.due:
            return


def resident(panel: Panel) -> float:
    """Resident memory in MB after everything that can be freed has been."""
    emptied = threading.Event()

    def empty(cache: Cache) -> None:
        cache.clear()
        emptied.set()

    settle(panel)
    panel.lane.call(empty)
    emptied.wait(10)
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def random_value(field: Field, rng: random.Random) -> object:
    if field.span:
        low, high = field.span.low, field.span.high
        high = min(high, LARGEST) if field.kind == "int" else high
        if field.kind == "int" and not field.span.log:
            return rng.randint(round(low), round(high))
        if field.kind == "int":
            return round(low * (high / low) ** rng.random())
        if field.span.log:
            return low * (high / low) ** rng.random()
        return rng.uniform(low, high)
    if field.kind == "bool":
        return rng.random() < 0.5
    if field.text:
        return rng.choice([field.default, field.text.example or field.default])
    words = list(field.options)
    if field.kind == "flags":
        return tuple(rng.sample(words, rng.randint(1, min(4, len(words)))))
    return rng.choice(words)


def change(window: Window, panel: Panel, rng: random.Random) -> None:
    """One thing that a user may do."""
    fields = [field for field in panel.controls.fields if field.kind != "data"]
    field = rng.choice(fields)
    panel.set_parameters({field.name: random_value(field, rng)})
    dice = rng.random()
    if dice < 0.02:
        panel.tabs.setCurrentIndex(rng.randrange(panel.tabs.count()))
    elif dice < 0.03:
        window.switch_theme()
    elif dice < 0.04 and panel.experiment.presets:
        panel.load_preset(rng.choice(panel.experiment.presets))
    elif dice < 0.05:
        panel.run_or_cancel()
    elif dice < 0.06:
        window.resize(rng.randint(900, 1500), rng.randint(650, 950))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--changes", type=int, default=5000)
    parser.add_argument("--experiment", default="")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    qt = QApplication(sys.argv[:1])
    themes.apply(qt, themes.load("light"))
    window = Window()
    window.show()
    application.tame_garbage(window)
    panels = [window.show_panel(key) for key in catalogue.keys() if options.experiment in ("", key)]
    settle(panels[0])
    threads = threading.active_count()
    base, begun = 0.0, time.monotonic()
    for done in range(1, options.changes + 1):
        panel = panels[done // TURN % len(panels)]
        window.show_panel(panel.experiment.key)
        change(window, panel, rng)
        live(rng.choice((0, 5, 20, 40)))
        if done == options.changes // 5:
            base = resident(panel)
        if done % (options.changes // 5) == 0:
            now = resident(panel)
            print(f"{done} changes, {time.monotonic() - begun:.0f} s, {now:.0f} MB", flush=True)
    growth = resident(panels[-1]) - base
    leaked = threading.active_count() - threads
    timers = len(window.findChildren(QTimer))
    window.close()
    print(f"memory grew by {growth:.0f} MB, {leaked} threads leaked, {timers} timers in the window")
    return int(growth > GROWTH or leaked > 0)


if __name__ == "__main__":
    sys.exit(main())
