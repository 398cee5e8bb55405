"""Measuring and printing, for the benchmarks of the numerics."""

from __future__ import annotations

import cProfile
import importlib
import io
import math
import os
import platform
import pstats
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from kernlab.threads import thread_counts


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of one call, and what it returns."""
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def median_cpu(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Median CPU seconds after one call that warms up."""
    result = work()
    return float(np.median([cpu(work)[0] for _ in range(repeats)])), result


def section(title: str) -> None:
    print(f"\n{title}", flush=True)


def line(what: str, target: str, measured: str, met: bool | None) -> None:
    """One row of the table; met is None where there is no target."""
    verdict = {True: "met", False: "NOT MET", None: "-"}[met]
    print(f"  {what:64s} {target:>14s}  {measured:>22s}  {verdict}", flush=True)


def note(text: str) -> None:
    print(f"      {text}", flush=True)


def where(work: Callable[[], Any], top: int = 8) -> None:
    """The functions in which the time of a call goes."""
    profile = cProfile.Profile()
    profile.runcall(work)
    text = io.StringIO()
    pstats.Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(top)
    rows = text.getvalue().splitlines()
    start = next(i for i, row in enumerate(rows) if "ncalls" in row)
    for row in rows[start : start + top + 1]:
        note(row)


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms"


def machine() -> None:
    """Processor, versions and threads."""
    text = Path("/proc/cpuinfo")
    model = platform.processor() or platform.machine()
    if text.exists():
        names = [row for row in text.read_text().splitlines() if row.startswith("model name")]
        model = names[0].split(":")[1].strip() if names else model
    packages = ("numpy", "scipy", "numba", "sklearn")
    versions = ", ".join(f"{n} {importlib.import_module(n).__version__}" for n in packages)
    blas = sorted({f"{p['internal_api']} {p['version']}" for p in threadpool_info()
                   if p["user_api"] == "blas"})  # fmt: skip
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan
    print(f"{model}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}; "
          f"{', '.join(blas)}; threads {thread_counts()}; load {load:.2f}")  # fmt: skip
    print("Times: medians of CPU time on a machine that may be shared; wall where it says so.")
