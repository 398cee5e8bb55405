"""Attention: speed, memory and error of every method, beside two packages of others.

One line a target: target, measured, met or not. Speeds are ratios of medians in one process,
methods in a new order in each round, float32 on the CPU: of CPU time on one thread, of wall time
on two. Batch 8 is that of the source paper's Table 3. Peak memory is that of one call in a
process of its own, result included, inputs not (Linux only). The ratios to what no code can
leave out, products and exponentials, say what is possible on this machine at most.
Peers, where installed: performer-pytorch 1.1.4 and nystrom-attention 0.0.14, with what they
import: einops 0.8.2, local-attention 1.11.2, axial-positional-embedding 0.3.12,
hyper-connections 0.4.11, torch-einops-utils 0.2.0 (pip install --no-deps).

    python -m benchmarks.attention [--quick]
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import kernlab  # noqa: F401  (sets the number of BLAS threads before NumPy is imported)

# isort: split
import numpy as np
import torch

from benchmarks.measuring import line, machine, note, section
from kernlab.engine.contract.memory import size
from kernlab.engine.numerics import attention
from kernlab.engine.numerics.attention_inputs import KINDS
from kernlab.engine.numerics.attention_variance import (
    feature_estimates,
    feature_variance,
)

BATCH, HEADS, D = 1, 8, 64
PAPER_BATCH = 8
LENGTHS = (256, 512, 1024, 2048, 4096, 16384)
QUICK = (512, 2048)
MOST_NAIVE, MOST_FUSED = 4096, 4096
PERFORMER, NYSTROM = "performer-pytorch", "nystrom-attention"
PEERS = (PERFORMER, NYSTROM)
FAVOR_FLOOR, FUSED_FLOOR = "FAVOR+'s products and exponentials", "attention's own"

Attend = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def peer(name: str, dimension: int, features: int = 256, landmarks: int = 64) -> Attend | None:
    """The attention of a package as a function of q, k, v; None where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if name == PERFORMER:
                from performer_pytorch import FastAttention

                layer: Attend = FastAttention(dimension, features)
                return layer
            from nystrom_attention import NystromAttention
    except ImportError:
        return None
    # Its layer also projects and adds a convolution: those are taken out.
    module = NystromAttention(
        HEADS * dimension, dimension, HEADS, num_landmarks=landmarks, residual=False
    )
    module.to_qkv, module.to_out = torch.nn.Identity(), torch.nn.Identity()

    def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        packed: torch.Tensor = module(_packed(q, k, v))
        return packed.unflatten(2, (HEADS, -1)).transpose(1, 2)

    return attend


def _packed(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """One tensor of shape (batch, n, 3·heads·d), as its layer hands it to itself."""
    if q not in _PACKED:
        _PACKED.clear()
        _PACKED[q] = torch.cat([x.transpose(1, 2).flatten(2) for x in (q, k, v)], -1)
    return _PACKED[q]


_PACKED: dict[torch.Tensor, torch.Tensor] = {}  # made once, before the clock starts


def methods(n: int) -> dict[str, Attend]:
    """Everything that is timed at a length, by name."""
    options = attention.AttentionOptions()
    keys = [key for key in attention.KEYS if not (key == "naive" and n > MOST_NAIVE)]
    found = {
        key: attention.prepare(key, options, D)
        for key in keys
        if not (key == "fused" and n > MOST_FUSED)
    }
    for name in PEERS:
        other = peer(name, D)
        if other is not None:
            found[name] = other
    return found


def floors(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> dict[str, Callable[[], Any]]:
    """What no code can leave out, head by head in the cache: products and exponentials alone."""
    n, features = q.shape[-2], attention.AttentionOptions().features
    heads = list(zip(*(x.reshape(-1, n, D) for x in (q, k, v)), strict=True))
    weights, lifted = torch.randn(D, features), torch.empty(n, features)
    block = min(n, 256)
    scores = torch.empty(block, n)

    def favor() -> None:
        for one, other, values in heads:
            torch.mm(other, weights, out=lifted).mul_(0.01).exp_()
            state = lifted.T @ values
            torch.mm(one, weights, out=lifted).mul_(0.01).exp_()
            lifted @ state

    def fused() -> None:
        for one, other, values in heads:
            for rows in one.split(block):
                torch.mm(rows, other.T, out=scores[: len(rows)]).mul_(0.01).exp_()
                scores[: len(rows)] @ values

    return {FAVOR_FLOOR: favor, FUSED_FLOOR: fused}


def times(works: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of each, shuffled anew in every round after one that warms up."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    taken: dict[str, list[float]] = {name: [] for name in works}
    order = list(works)
    for round_ in range(rounds + 1):
        random.Random(round_).shuffle(order)
        for name in order:
            begun = clock()
            works[name]()
            if round_:
                taken[name].append(clock() - begun)
    return {name: statistics.median(samples) for name, samples in taken.items()}


def speeds(lengths: tuple[int, ...], threads: int, batch: int) -> None:
    """Times, and their ratios beside the targets."""
    torch.set_num_threads(threads)
    clock = "CPU time" if threads == 1 else "wall time"
    section(f"speed: batch {batch}, heads {HEADS}, d {D}, float32, {threads} thread(s), {clock}")
    for n in lengths:
        inputs = attention.attention_inputs("smooth", (batch, HEADS, n, D), generator=1)
        works = {name: (lambda f=f, inputs=inputs: f(*inputs)) for name, f in methods(n).items()}
        works |= floors(*inputs)
        found = times(works, 9 if batch * n <= 2048 else 5)
        shown = ", ".join(f"{name} {1e3 * value:.3g}" for name, value in found.items())
        print(f"  n = {n}, ms: {shown}", flush=True)
        for name in ("favor", "favor-chunked"):
            ratio(found, PERFORMER, name, n, 4.0 if 512 <= n <= 2048 else 2.0)
        ratio(found, PERFORMER, FAVOR_FLOOR, n, None)
        ratio(found, NYSTROM, "nystrom", n, 1.2)
        ratio(found, "naive", "fused", n, 4.0 if n >= 512 else None)
        ratio(found, "naive", FUSED_FLOOR, n, None)
        share = found["coreset"] / found["nystrom"]
        line(f"coreset (64) over nystrom (64), n = {n}", "≤ 1.6", f"{share:.2f}", share <= 1.6)


def ratio(found: Mapping[str, float], slow: str, fast: str, n: int, target: float | None) -> None:
    """One line: how many times faster."""
    if slow in found and fast in found:
        value = found[slow] / found[fast]
        least = "" if target is None else f"≥ {target:g}×"
        met = None if target is None else value >= target
        line(f"{fast} against {slow}, n = {n}", least, f"{value:.2f}×", met)


def memory(lengths: tuple[int, ...]) -> None:
    """Peaks, each in a process of its own, beside predictions and targets."""
    section("peak memory of one call: predicted, measured")
    for n in lengths:
        names = [*(k for k in attention.KEYS if k != "naive" or n <= MOST_NAIVE), *PEERS]
        peaks = {name: child_peak(name, n) for name in names}
        for name in names:
            shown = f"{peaks[name] / 2**20:.1f} MiB"
            if name in PEERS:
                line(f"{name}, n = {n}", "", shown, None)
                continue
            predicted = attention.predicted_bytes(name, (BATCH, HEADS, n, D))
            share = predicted / max(peaks[name], 1)
            met = 0.5 <= share <= 2.0 if predicted > 32e6 else None
            line(f"{name}, n = {n}", size(predicted), f"{shown} ({share:.2f})", met)
        for ours, other, target in (("favor-chunked", PERFORMER, 8), ("nystrom", NYSTROM, 5)):
            if peaks[other]:
                value = peaks[other] / peaks[ours]
                text = f"memory of {other} over {ours}, n = {n}"
                line(text, f"≥ {target}×", f"{value:.1f}×", value >= target)


def child_peak(name: str, n: int) -> int:
    """Bytes above what was resident before the call; 0 where a peer is not installed."""
    out = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.attention", "--peak", name, str(n)],
        check=True,
        capture_output=True,
        # Tensors go back to the system when freed, so that the peak is of what lives at once.
        env=os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"},
    )
    return int(json.loads(out.stdout.splitlines()[-1]))


def peak(name: str, n: int) -> int:
    """The same in this process."""
    torch.set_num_threads(1)
    ready = peer(name, D) if name in PEERS else methods(256).get(name)
    if ready is None:
        return 0
    for length in (256, n):
        inputs = attention.attention_inputs("smooth", (BATCH, HEADS, length, D), generator=1)
        if name == NYSTROM:
            _packed(*inputs)
        if length == 256:
            ready(*inputs)
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    before = _status("VmRSS")
    ready(*inputs)
    return _status("VmHWM") - before


def _status(name: str) -> int:
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) * 1024 for row in rows if row.startswith(name + ":"))


def errors() -> None:
    """Relative error of every method on three inputs; the coreset's target."""
    section("relative error at n = 2048 (mean over heads, 512 queries)")
    rows = slice(0, None, 4)
    for kind in KINDS:
        inputs = attention.attention_inputs(kind, (BATCH, HEADS, 2048, D), generator=1)
        exact = attention.exact_rows(*inputs, rows)

        def error(attend: Attend, inputs: Any = inputs, exact: Any = exact) -> float:
            return float(attention.relative_error(attend(*inputs)[:, :, rows], exact).mean())

        found = {name: error(attend) for name, attend in methods(2048).items()}
        print(f"  {kind}: " + ", ".join(f"{name} {value:.2g}" for name, value in found.items()))
        options = attention.AttentionOptions(coreset_size=256)
        value = error(attention.prepare("coreset", options, D))
        judged = kind != "gaussian"
        line(f"coreset (256), {kind}", "< .05" if judged else "", f"{value:.2g}",
             value < 0.05 if judged else None)  # fmt: skip


def invariance() -> None:
    """Change of an item when others join its batch."""
    section("batch invariance: change of item 0 when a second item is added, n = 512")
    one = attention.attention_inputs("gaussian", (1, HEADS, 512, D), generator=1)
    two = tuple(torch.cat([x, 3.0 * x.flip(2)]) for x in one)
    for name, attend in methods(512).items():
        change = float(attention.relative_error(attend(*two)[:1], attend(*one)).max())
        ours = name in attention.KEYS
        line(name, "≤ 1e-6" if ours else "", f"{change:.1e}", change <= 1e-6 if ours else None)


def estimators() -> None:
    """Means of 20,000 estimates against their closed forms, in standard errors."""
    section("estimators of exp(x·y), d = 16, m = 64: distance from the closed form")
    x, y = np.full(16, 0.2), np.linspace(-0.3, 0.3, 16)
    for kind in ("positive", "trigonometric", "hyperbolic", "optimal"):
        drawn = feature_estimates(x, y, 64, kind=kind, draws=20_000, rng=1)
        variance = feature_variance(x, y, 64, kind=kind)
        distance = abs(drawn.mean() - np.exp(x @ y)) / np.sqrt(variance / drawn.size)
        line(f"{kind}, variance {variance:.4g}, drawn {drawn.var():.4g}", "≤ 4.5 s.e.",
             f"{distance:.2f} s.e.", distance <= 4.5)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="two lengths only")
    parser.add_argument("--peak", nargs=2, metavar=("METHOD", "N"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    torch.set_grad_enabled(False)
    if chosen.peak:
        print(peak(chosen.peak[0], int(chosen.peak[1])))
        return
    lengths = QUICK if chosen.quick else LENGTHS
    machine()
    print(f"torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}")
    for name in PEERS:
        if peer(name, D) is None:
            note(f"{name} is not installed: its lines are left out")
    errors()
    invariance()
    estimators()
    for threads in (1, 2):
        speeds(lengths, threads, BATCH)
        speeds(tuple(n for n in lengths if 512 <= n <= 2048), threads, PAPER_BATCH)
    memory(tuple(n for n in lengths if n >= 512))


if __name__ == "__main__":
    main()
