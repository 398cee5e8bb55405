"""How long the Vandermonde panel's numbers take, beside their targets.

Prints a slider step at n = 200, the ratio to ball arithmetic at n = 80, the maps over (n, a),
and what the other views cost; the last word of a line says whether the target was met.

    python -m benchmarks.vandermonde
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import numpy as np

import kernlab  # noqa: F401  (sets the number of BLAS threads before NumPy is imported)
from kernlab.engine.numerics import vandermonde
from kernlab.engine.numerics.feature_conditioning import feature_draws
from kernlab.engine.numerics.interpolation import exact_sine_in_slices, fit_sine
from kernlab.engine.numerics.polynomial_bases import ball_condition

WIDTHS = np.geomspace(0.05, 100.0, 200)
COUNTS = range(2, 202)


def milliseconds(work: Callable[[], object], repeats: int = 5) -> float:
    """The least time of a few runs."""
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return 1000.0 * min(taken)


def report(what: str, value: float, unit: str, target: float | None, *, least: bool = False
           ) -> None:  # fmt: skip
    """Print a figure, its target and whether it was met."""
    line = f"{what:<58} {value:9.2f} {unit:<3}"
    if target is not None:
        met = value >= target if least else value <= target
        sign, word = "≥" if least else "≤", "met" if met else "MISSED"
        line += f"  target {sign} {target:g} {unit:<3} {word}"
    print(line)


def drain(steps: Iterator[object]) -> None:
    for _ in steps:
        pass


def slider_steps() -> None:
    """A step of the half-width, and of n, at n = 200."""
    known = vandermonde.conditioner(200)
    for norm in (1, 2, "inf"):
        steps = [milliseconds(lambda a=a, norm=norm: known.log10_condition(a, norm))
                 for a in (0.05, 0.5, 1.0, 2.0, 10.0, 100.0)]  # fmt: skip
        report(f"slider step of a, n = 200, norm {norm} (worst of 6)", max(steps), "ms", 10.0)
    step = milliseconds(lambda: vandermonde.conditioner(200).log10_condition(1.0, 2))
    report("slider step of n, n = 200, norm 2 (with its table)", step, "ms", 10.0)
    for norm in (1, 2, "inf"):
        curve = milliseconds(lambda norm=norm: known.log10_condition(WIDTHS, norm))
        report(f"200 half-widths at n = 200, norm {norm}", curve, "ms", None)


def against_balls() -> None:
    """The same number from python-flint by inversion, at n = 80."""
    nodes = vandermonde.resolve_nodes("equispaced", 80, math.pi)
    by_balls = milliseconds(lambda: ball_condition(nodes), 1)
    known = vandermonde.conditioner(80)
    step = milliseconds(lambda: known.log10_condition(math.pi, 2))
    cold = milliseconds(lambda: vandermonde.conditioner(80).log10_condition(math.pi, 2))
    report("python-flint at n = 80, 256 + 24n bits", by_balls, "ms", None)
    report("times faster, slider step", by_balls / step, "", 100.0, least=True)
    report("times faster, table included", by_balls / cold, "", 100.0, least=True)


def maps() -> None:
    """The 200 × 200 maps, tables included, and their first columns."""
    for norm, target in ((1, 3.0), ("inf", 3.0), (2, 10.0)):
        begun = time.perf_counter()
        steps = vandermonde.condition_map(COUNTS, WIDTHS, norm=norm)
        next(steps)
        report(f"map, norm {norm}: first column", 1e3 * (time.perf_counter() - begun), "ms", 100.0)
        drain(steps)
        report(f"map 200 × 200, norm {norm}", time.perf_counter() - begun, "s", target)


def other_views() -> None:
    """Everything else that a panel shows; no targets."""
    curve = milliseconds(lambda: drain(vandermonde.condition_curve(1.0, COUNTS)), 1)
    report("cond against n ≤ 201 at one a, norm 2, cold", curve, "ms", None)
    begun = time.perf_counter()
    for n in COUNTS:
        vandermonde.numpy_log10_condition(n, 1.0)
    report("the same by numpy.linalg.cond", 1e3 * (time.perf_counter() - begun), "ms", None)
    for nodes, basis in (("leja", "monomial"), ("gauss", "monomial"), ("leja", "newton"),
                         ("equispaced", "chebyshev"), ("equispaced", "arnoldi")):  # fmt: skip
        vandermonde.resolve_nodes(nodes, 200)
        cost = milliseconds(
            lambda n=nodes, b=basis: vandermonde.conditioner(200, n, b).log10_condition(1.0),
            2,
        )
        report(f"{basis} on {nodes} nodes, n = 200, cold", cost, "ms", None)
    nodes = vandermonde.resolve_nodes("equispaced", 200)
    cost = milliseconds(lambda: vandermonde.log10_lebesgue_constant(nodes))
    report("Lebesgue constant, equispaced, n = 200", cost, "ms", None)
    for n, a in ((40, 1.0), (80, 1.0), (80, 100.0)):
        cost = milliseconds(lambda n=n, a=a: vandermonde.singular_values(n, a), 1)
        report(f"all singular values, n = {n}, a = {a:g}", cost, "ms", None)
    x = vandermonde.resolve_nodes("equispaced", 40, 2.0 * math.pi)
    *_, (_, exact) = exact_sine_in_slices(x, 2.0 * math.pi)
    cost = milliseconds(lambda: drain(exact_sine_in_slices(x, 2.0 * math.pi)))
    report("exact interpolant of sin, n = 40", cost, "ms", None)
    cost = milliseconds(lambda: fit_sine(x, "chebyshev", 2.0 * math.pi, exact=exact))
    report("fit of sin, n = 40, Chebyshev, exact given", cost, "ms", None)
    cost = milliseconds(lambda: drain(feature_draws(m=10, repeats=1)), 2)
    report("ten draws of random features, m = 10, d = 1 to 16", cost, "ms", None)


def main() -> None:
    # The first call of each kernel loads or compiles it.
    drain(vandermonde.condition_map([5, 6], [1.0], norm=2))
    vandermonde.singular_values(5, 1.0)
    vandermonde.conditioner(5, "leja", "newton")
    slider_steps()
    against_balls()
    maps()
    other_views()


if __name__ == "__main__":
    main()
