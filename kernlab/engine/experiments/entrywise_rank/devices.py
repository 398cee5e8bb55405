"""On which device a run at rest descends; torch is imported only where it may find one."""

from __future__ import annotations

import functools
import os
import platform
import sys
from collections.abc import Generator
from pathlib import Path

from kernlab.engine.contract.experiment import Step
from kernlab.engine.experiments.entrywise_rank.parameters import Parameters

WORTH = 640_000
"""Entries from which a GPU is worth its overhead of about a millisecond an iteration."""
LOADING = "loading torch, a few seconds in one piece"


def chosen(p: Parameters, entries: int) -> Generator[Step, None, str | None]:
    """The device that torch descends on, or None for NumPy on the CPU.

    `auto` takes CUDA where it is there and the array is large enough; a device that is not there
    is replaced by the CPU, which the precision of the steps says.
    """
    name = "cuda" if p.device == "auto" and entries >= WORTH else p.device
    if name not in ("cuda", "mps") or not may_have(name):
        return None
    if "torch" not in sys.modules:
        yield Step(None, LOADING)
    import torch

    yield Step()
    there = torch.cuda if name == "cuda" else torch.backends.mps
    return name if there.is_available() else None


@functools.cache
def may_have(name: str) -> bool:
    """Whether there is a driver for it, by its files alone."""
    if name == "mps":
        return sys.platform == "darwin" and platform.machine() == "arm64"
    if sys.platform == "win32":
        root = os.environ.get("SYSTEMROOT", r"C:\Windows")
        return (Path(root) / "System32" / "nvcuda.dll").exists()
    return any(Path(file).exists() for file in ("/dev/nvidiactl", "/dev/dxg"))
