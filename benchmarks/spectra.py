"""How long the spectra panel's numbers take and how exact they are, beside their targets.

One line a target: kernel values, eigenvalues on the sphere, the kernel matrix against
neural-tangents, the torus, and networks of finite width. References are evaluated here with 60
digits by the textbook recursions, independent of what is measured.

neural-tangents is optional, and runs in an environment of its own, because it needs an older JAX:

    python -m venv /tmp/peer
    /tmp/peer/bin/pip install jax==0.4.30 jaxlib==0.4.30 neural-tangents==0.6.5 "numpy<2.3"
    python -m benchmarks.spectra --peer /tmp/peer/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import mpmath
import numpy as np

import kernlab  # noqa: F401  (sets the number of BLAS threads before NumPy is imported)
from benchmarks.measuring import line, machine, milliseconds, note, section

REFERENCE = Path(__file__).parents[1] / "tests" / "reference" / "ntk.json"
DEPTHS = (2, 3, 10, 33, 65)
PEER = """
import json, os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import jax
jax.config.update("jax_enable_x64", True)
import numpy as np
from neural_tangents import stax
n, d, depth, rounds = map(int, sys.argv[1:5])
x = np.random.default_rng(0).standard_normal((n, d))
x /= np.linalg.norm(x, axis=1)[:, None]
layers = []
for _ in range(depth - 1):
    layers += [stax.Dense(1, W_std=2**0.5, b_std=None), stax.Relu()]
kernel = stax.serial(*layers, stax.Dense(1, W_std=1.0, b_std=None))[2]
compiled = jax.jit(lambda points: kernel(points, None, "ntk"))
points = jax.numpy.asarray(x * np.sqrt(d))
found = np.asarray(compiled(points).block_until_ready())
taken = []
for _ in range(rounds):
    begun = time.perf_counter()
    compiled(points).block_until_ready()
    taken.append(time.perf_counter() - begun)
print(json.dumps({"seconds": float(np.median(taken)), "row": found[0, :200].tolist()}))
"""


def median_wall(work: Callable[[], Any], repeats: int = 7) -> tuple[float, Any]:
    """Median wall seconds after one call that warms up, and what the last call returned."""
    result = work()
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        result = work()
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken)), result


def exact_kernel(angle: float, depth: int) -> mpmath.mpf:
    """T_L of ReLU without bias at an angle, by the recursion in the cosine, with 60 digits."""
    with mpmath.workdps(60):
        value = tangent = mpmath.cos(mpmath.mpf(angle))
        for _ in range(2, depth + 1):
            theta = mpmath.acos(min(mpmath.mpf(1), value))
            sine = mpmath.sqrt(max(mpmath.mpf(0), 1 - value**2))
            slope = (mpmath.pi - theta) / mpmath.pi
            value = value * slope + sine / mpmath.pi
            tangent = value + slope * tangent
        return tangent


def kernel_values() -> None:
    """Absolute error of kernel values, over depth, at angles from 1e-12 to π."""
    from kernlab.engine.numerics import ntk

    angles = np.concatenate([np.geomspace(1e-12, 1.0, 30), np.linspace(1.0, np.pi, 20)])
    worst = 0.0
    for depth in DEPTHS:
        exact = np.array([float(exact_kernel(angle, depth)) for angle in angles.tolist()])
        worst = max(worst, np.abs(ntk.kernel(None, depth, angle=angles) - exact).max() / depth)
    line("kernel values, error / L, L ≤ 65", "≤ 1e-12", f"{worst:.1e}", worst <= 1e-12)


def sphere_eigenvalues() -> None:
    """Degrees 0 to 10,000 at three dimensions: time, and the reference file's relative errors."""
    from kernlab.engine.numerics import sphere

    for dimension in (2, 3, 10):
        taken, _ = median_wall(partial(sphere.eigenvalues, 3, dimension, 10_000), 3)
        what = f"μ_ℓ, ℓ ≤ 10⁴, d = {dimension}, L = 3"
        line(what, "≤ 100 ms", milliseconds(taken), taken <= 0.1)
    _sliders()
    worst, outside = 0.0, 0
    reference = json.loads(REFERENCE.read_text("utf-8"))
    for case in reference["funk_hecke"]:
        if case["affine_layers"] > 10:
            continue
        wanted = np.array([float(text) for text in case["mu"]])
        found = sphere.eigenvalues(
            case["affine_layers"],
            case["d"],
            wanted.size - 1,
            activation=case["act"],
            bias=case.get("sigma_b", 0.0),
        )
        off = np.abs(found.values - wanted)
        zero = wanted == 0
        worst = max(worst, float((off[~zero] / np.abs(wanted[~zero])).max()))
        outside += int((off > found.error + 1e-15 * np.abs(wanted)).sum())
    line("μ_ℓ against the reference, L ≤ 10, relative", "≤ 1e-10", f"{worst:.1e}", worst <= 1e-10)
    line("eigenvalues outside their error bars", "0", str(outside), outside == 0)


def _sliders() -> None:
    """A new depth each time; a new s on known eigenvalues; the error bar at depth 1000."""
    from kernlab.engine.numerics import sphere

    taken = []
    for depth in (4, 7, 12, 21, 37, 64, 99):
        begun = time.perf_counter()
        known = sphere.eigenvalues(depth, 3, 10_000)
        taken.append(time.perf_counter() - begun)
    slowest = max(taken)
    line("depth slider, ℓ ≤ 10⁴, d = 3, slowest of 7", "≤ 150 ms", milliseconds(slowest),
         slowest <= 0.15)  # fmt: skip

    def step() -> float:
        composite = known.values * sphere.sobolev_multiplier(3, 10_000, 1.3)
        positive = composite[composite > 0]
        return float(positive.max() / positive.min())

    moved, _ = median_wall(step)
    line("multiply by P_s and take κ, ℓ ≤ 10⁴", "≤ 16 ms", milliseconds(moved), moved <= 0.016)
    for dimension in (2, 3):
        begun = time.perf_counter()
        deep = sphere.eigenvalues(1000, dimension, 10_000)
        note(f"L = 1000, d = {dimension}: {milliseconds(time.perf_counter() - begun)}")
        shown = deep.values != 0
        worst = float((deep.error[shown] / np.abs(deep.values[shown])).max())
        what = f"error bar at L = 1000, d = {dimension}, relative"
        line(what, "≤ 1e-6", f"{worst:.1e}", worst <= 1e-6)


def kernel_matrix(peer: str | None) -> None:
    """n = 2000, d = 10, L = 10, beside neural-tangents (jit, float64, all cores)."""
    from kernlab.engine.numerics import ntk

    n, d, depth = 2000, 10, 10
    x = np.random.default_rng(0).standard_normal((n, d))
    x /= np.linalg.norm(x, axis=1)[:, None]
    taken, found = median_wall(lambda: ntk.kernel_matrix(x, depth), 9)
    note(f"ours, one thread: {milliseconds(taken)} wall")
    angles = 2.0 * np.arctan2(
        np.linalg.norm(x[:200] - x[0], axis=1), np.linalg.norm(x[:200] + x[0], axis=1)
    )
    exact = np.array([float(exact_kernel(angle, depth)) for angle in angles.tolist()])
    error = float(np.abs(found[0, :200] - exact).max())
    line("kernel matrix, n = 2000, L = 10: error", "≤ 1e-11", f"{error:.1e}", error <= 1e-11)
    if peer is None:
        note("neural-tangents: left out; name its Python with --peer")
        return
    ran = subprocess.run(
        [peer, "-c", PEER, str(n), str(d), str(depth), "7"], capture_output=True, text=True
    )
    if ran.returncode:
        note(f"neural-tangents: did not run with {peer}: {ran.stderr.strip().splitlines()[-1:]}")
        return
    other = json.loads(ran.stdout.strip().splitlines()[-1])
    off = float(np.abs(np.array(other["row"]) - exact).max())
    ratio = other["seconds"] / taken
    cores = os.cpu_count()
    note(f"neural-tangents, {cores} cores: {milliseconds(other['seconds'])} wall, error {off:.1e}")
    line("times faster than neural-tangents", "≥ 5 (10)", f"{ratio:.1f}", ratio >= 5)


def torus_spectrum() -> None:
    """The 1024² spectrum, and what a move of s then costs."""
    from kernlab.engine.numerics import ntk, point_sets, torus

    taken, values = median_wall(lambda: torus.octant_eigenvalues(3, 2, 1024), 5)
    line("torus 1024² spectrum, L = 3", "≤ 150 ms", milliseconds(taken), taken <= 0.15)
    squares = torus.octant_squares(1024, 2)
    base = torus.sobolev_base(squares)

    def step() -> float:
        composite = values * base**1.5219
        return float(composite.max() / composite.min())

    taken, _ = median_wall(step)
    line(
        "multiply by P_s and take κ, on the octant", "≤ 16 ms", milliseconds(taken), taken <= 0.016
    )
    n = 24
    axes = np.meshgrid(*[np.arange(n) / n] * 2, indexing="ij")
    points = point_sets.embed(np.stack([axis.ravel() for axis in axes], axis=1))
    brute = np.linalg.eigvalsh(ntk.kernel_matrix(points, 3))
    fast = np.sort(torus.eigenvalues(3, 2, n).ravel())
    off = float(np.abs(fast - brute).max() / brute.max())
    line("FFT against brute force, 24², over λ_max", "≤ 1e-12", f"{off:.1e}", off <= 1e-12)


def finite_width() -> None:
    """1000 networks, and their mean against the kernel of infinite width."""
    from kernlab.engine.numerics import ntk, point_sets

    x = point_sets.random_sphere(16, 3, 0).points
    taken, draws = median_wall(lambda: ntk.empirical(x, 3, 128, draws=1000, rng=0), 1)
    what = "1000 draws, L = 3, N = 128, n = 16"
    line(what, "≤ 5 s", f"{taken:.2f} s", taken <= 5)
    mean, error = draws.mean(axis=0), draws.std(axis=0, ddof=1) / np.sqrt(len(draws))
    diagonal = np.abs(np.diag(mean - ntk.kernel_matrix(x, 3)) / np.diag(error)).max()
    line("mean of the diagonal, standard errors off", "≤ 4.5", f"{diagonal:.1f}", diagonal <= 4.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="the Python in which neural-tangents is installed")
    peer = parser.parse_args().peer
    machine()
    print("Times in this table are medians of wall time.")
    for title, work in (
        ("Kernel", kernel_values),
        ("Sphere", sphere_eigenvalues),
        ("Kernel matrix", lambda: kernel_matrix(peer)),
        ("Torus", torus_spectrum),
        ("Finite width", finite_width),
    ):
        section(title)
        work()


if __name__ == "__main__":
    main()
