"""Slider to picture, in the real window without a display.

For each slider: 500 moves at 60 a second in a saw-tooth over its range, then a release. Printed
per slider: the time from the move to the end of the first paint that shows that value or a
newer one (p50, p95, max), the stalls of the event loop (the gap of a 5 ms timer, less 5 ms; p99,
max), pictures older than the one on screen (must be 0), and the full runs that finished (must
be 1).

    python -m benchmarks.ui_latency gapped-sine --n 1000000 --sliders gap_width,ridge
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import kernlab  # noqa: F401  (sets the number of BLAS threads before NumPy is imported)

# isort: split
import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from kernlab.engine import catalogue
from kernlab.engine.contract.parameters import fields_of, parse
from kernlab.ui import app as application
from kernlab.ui import theme as themes
from kernlab.ui.mailbox import Finished
from kernlab.ui.panel import Panel
from kernlab.ui.plots import PlotView
from kernlab.ui.window import Window

RATE, TIMER = 60.0, 5

painted: list[Callable[[object], None]] = []
_paint = PlotView.paintEvent


def _paint_and_tell(view: Any, event: Any) -> None:
    _paint(view, event)
    for listener in painted:
        listener(view)


PlotView.paintEvent = _paint_and_tell


class Watch:
    """Listens to the paints of one figure and to the beat of the event loop."""

    def __init__(self, panel: Panel, key: str) -> None:
        self.panel, self.key = panel, key
        self.waiting: deque[tuple[int, float]] = deque()
        self.latencies: list[float] = []
        self.stalls: list[float] = []
        self.moments: list[float] = []
        self.dragging = False
        self.stale = 0
        self.painted = -1
        self.full = 0
        self._last = time.perf_counter()
        self.timer = QTimer(panel)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self._beat)
        panel.finished.connect(self._finished)
        self.plot = panel.views.cards[key].plot
        painted.append(self._on_paint)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.stalls.append(now - self._last - TIMER / 1000)
        self._last = now

    def _on_paint(self, view: object) -> None:
        if view is not self.plot:
            return
        serial = self.panel.views.serial_of(self.key)
        self.stale += serial < self.painted
        now = time.perf_counter()
        if serial > self.painted and self.dragging:
            self.moments.append(now)
        self.painted = max(self.painted, serial)
        while self.waiting and self.waiting[0][0] <= serial:
            self.latencies.append(now - self.waiting.popleft()[1])

    def _finished(self, event: Any) -> None:
        shown = isinstance(event, Finished) and event.request.purpose == "show"
        self.full += shown and event.request.fidelity == "full"

    def start(self) -> None:
        self.latencies, self.stalls, self.stale, self.full = [], [], 0, 0
        self.waiting.clear()
        self._last = time.perf_counter()
        self.timer.start(TIMER)


def live(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def rest(panel: Panel, longest: float = 60.0) -> None:
    """Wait until the panel's full run and its claims are done."""
    end = time.perf_counter() + longest
    while time.perf_counter() < end:
        live(0.2)
        if not (panel.lane.busy or panel.runs.due):
            live(0.1)  # for the window to take the last news
            return


def drag(panel: Panel, watch: Watch, name: str, moves: int) -> None:
    """Move one slider as a hand does, at a fixed rate, then let it go and wait."""
    slider = panel.controls.control(name).slider
    last = slider.maximum()
    start = slider.value()
    triangle = np.abs(((np.arange(moves) * 3 / moves + 0.1) % 2) - 1)
    slider.setSliderDown(True)
    begun = time.perf_counter()
    done = 0

    def move() -> None:
        nonlocal done
        while done < moves and time.perf_counter() - begun >= done / RATE:
            at, before = time.perf_counter(), panel.serial
            slider.setValue(round(0.02 * last + 0.96 * last * float(triangle[done])))
            if panel.serial != before:
                watch.waiting.append((panel.serial, at))
            done += 1

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(move)
    watch.start()
    watch.dragging, watch.moments = True, []
    timer.start(2)
    while done < moves:
        live(0.05)
    watch.dragging = False
    slider.setValue(start)
    slider.setSliderDown(False)
    timer.stop()
    rest(panel)
    watch.timer.stop()


def report(name: str, watch: Watch) -> None:
    p50, p95 = (1000 * np.quantile(watch.latencies, q) for q in (0.5, 0.95))
    p99 = 1000 * np.quantile(watch.stalls, 0.99)
    print(
        f"{name:20s} {p50:7.1f} {p95:7.1f} {1000 * max(watch.latencies):7.1f} "
        f"{p99:9.1f} {1000 * max(watch.stalls):7.1f} {watch.stale:6d} {watch.full:6d} "
        f"{len(watch.latencies):7d}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("experiment", choices=catalogue.keys())
    parser.add_argument("--sliders", default="")
    parser.add_argument("--moves", type=int, default=500)
    parser.add_argument("--view", type=int, default=0)
    known, rest_of = parser.parse_known_args()
    parameters = {}
    fields = {field.name: field for field in fields_of(catalogue.get(known.experiment).Parameters)}
    for flag, value in zip(rest_of[::2], rest_of[1::2], strict=True):
        name = flag.removeprefix("--").replace("-", "_")
        parameters[name] = parse(fields[name], value)
    sliders = [n for n, f in fields.items() if f.span and n != "seed"]
    names = known.sliders.split(",") if known.sliders else sliders
    qt = QApplication(sys.argv[:1])
    sys.setswitchinterval(application.SWITCH_INTERVAL)
    themes.apply(qt, themes.load("light"))
    window = Window()
    window.show()
    keep = application.tame_garbage(window)
    panel = window.show_panel(known.experiment)
    panel.set_parameters(parameters)
    panel.tabs.setCurrentIndex(known.view)
    rest(panel)
    live(application.QUIET / 1000 + 0.5)
    figure = next(f for f in panel.experiment.figures(panel.parameters, {}) if f.view == panel.view)
    watch = Watch(panel, figure.key)
    print(f"{known.experiment}, {parameters}, figure {figure.key!r}; milliseconds")
    print("slider                   p50     p95     max stall p99     max  stale   full   moves")
    for name in names:
        drag(panel, watch, name, known.moves)
        report(name, watch)
    keep.stop()
    window.close()


if __name__ == "__main__":
    main()
