"""Peak memory of every method at every length, from a child process, beside its prediction."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.contract.text import count
from kernlab.engine.experiments.attention_timing import peak
from kernlab.engine.experiments.attention_timing.bench import Bench
from kernlab.engine.experiments.attention_timing.errors import may_run
from kernlab.engine.experiments.attention_timing.methods import options, predicted_bytes
from kernlab.engine.experiments.attention_timing.parameters import SHORT, Parameters

ROOT = Path(__file__).resolve().parents[4]
MAIN = f"from {peak.__name__} import main; main()"
WAIT = 0.008
"""Seconds for which the child is waited for between two yields."""

Cells = dict[tuple[str, int], float]
Answers = Generator[tuple[str, int, float], None, None]


class Child:
    """A process that measures; it is polled, and ends with :meth:`close` or with its parent."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-c", MAIN, json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, name="kernlab-peak", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def poll(self) -> str | None:
        """The next line, empty at the end; None where there is none within :data:`WAIT`."""
        try:
            return self._lines.get(timeout=WAIT)
        except queue.Empty:
            return None

    def close(self) -> None:
        """Kill the process and wait for it."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def measured(
    bench: Bench, methods: Sequence[str], grid: Sequence[int]
) -> Generator[Step, None, Cells]:
    """Peaks in bytes; NaN where the system does not tell. What is known is not measured again."""
    found: Cells = {}
    for method in methods:
        for n in grid:
            known = bench.cache.peek("peak", _key(bench, method, n))
            if known is not None:
                found[method, n] = known
    missing = [(m, n) for n in grid for m in methods
               if (m, n) not in found and may_run(bench.p, m, n)]  # fmt: skip
    if missing:
        ask = _on_gpu if bench.p.device == "cuda" else _in_child
        with contextlib.closing(ask(bench, missing)) as answers:
            for method, n, value in answers:
                if not method:
                    yield Step(None, "peak memory, in a process of its own")
                    continue
                found[method, n] = bench.cache.put("peak", _key(bench, method, n), value)
                yield Step(None, f"peak memory of {SHORT[method]} at n = {count(n)}")
    return found


def _key(bench: Bench, method: str, n: int) -> tuple[Any, ...]:
    p = bench.p
    return (p.sizes, p.dtype, p.device, p.threads, method, n, bench.own(method))


def _in_child(bench: Bench, cells: Sequence[tuple[str, int]]) -> Answers:
    """Ask the child; an empty method says that there is nothing new yet."""
    p = bench.p
    child = Child(
        {
            "sizes": p.sizes,
            "dtype": p.dtype,
            "threads": p.threads,
            "options": dataclasses.asdict(options(p)),
            "cells": cells,
        }
    )
    try:
        while (line := child.poll()) != "":
            if line is None:
                yield "", 0, math.nan
                continue
            method, n, value = json.loads(line)
            yield method, n, math.nan if value is None else float(value)
    finally:
        child.close()


def _on_gpu(bench: Bench, cells: Sequence[tuple[str, int]]) -> Answers:
    """On a GPU the allocator itself knows."""
    import torch

    for method, n in cells:
        with bench.threads():
            call = bench.call(method, n)
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
            call()
            torch.cuda.synchronize()
            value = float(torch.cuda.max_memory_allocated() - before)
        yield method, n, value


def table(p: Parameters, cells: Cells) -> Table:
    """By length: the measured peak of each method and its prediction, in megabytes."""
    columns: dict[str, Any] = {"n": np.array(p.grid)}
    measured_ones = []
    for method in p.methods:
        columns[method] = np.array([cells.get((method, n), math.nan) / 1e6 for n in p.grid])
        measured_ones.append(method)
        columns[f"{method}_predicted"] = np.array(
            [predicted_bytes(p, method, n) / 1e6 for n in p.grid]
        )
    units = {name: "MB" for name in columns if name != "n"}
    return Table(columns, units, frozenset(measured_ones))


def against_length(bench: Bench) -> Iterator[Step]:
    """The peaks of all methods, after the predictions, which are known at once."""
    yield Step(None, "", {"peaks": table(bench.p, {})})
    if not bench.full:
        return
    cells = yield from measured(bench, bench.p.methods, bench.p.grid)
    yield Step(None, "", {"peaks": table(bench.p, cells)})
