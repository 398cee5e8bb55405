"""Make `resources/ntk/sphere.npz`: the first eigenvalues on the sphere, correctly rounded.

Gauss–Legendre quadrature in ball arithmetic (`numerics/sphere_balls.py`), twice, with different
numbers of nodes; the two must agree to 25 digits of each eigenvalue.

    python -m benchmarks.make_ntk_tables
"""

from __future__ import annotations

import time

import numpy as np
from flint import arb

from kernlab.assets import resource
from kernlab.engine.numerics.balls import precision
from kernlab.engine.numerics.sphere import TABLE, exact_zeros
from kernlab.engine.numerics.sphere_balls import ball_eigenvalues

ACTIVATIONS = ("relu", "abs")
DEPTHS = (2, 3, 4, 5, 6, 8, 10)
DIMENSIONS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 50)
LARGEST_DEGREE = 60
POINTS = (96, 112)
AGREEMENT = 1e-25


def rounded(depth: int, activation: str) -> np.ndarray:
    """float64 eigenvalues of one kernel, shape (dimensions, degrees)."""
    runs = []
    for points in POINTS:
        *_, found = ball_eigenvalues(
            depth, DIMENSIONS, LARGEST_DEGREE, activation, points=points, bits=640
        )
        runs.append(found)
    values = np.zeros((len(DIMENSIONS), LARGEST_DEGREE + 1))
    zero = exact_zeros(depth, LARGEST_DEGREE, activation)
    with precision(640):
        for i, d in enumerate(DIMENSIONS):
            for ell, (first, second) in enumerate(zip(runs[0][d], runs[1][d], strict=True)):
                if zero[ell]:
                    assert abs(second) < arb(10) ** -50, (activation, depth, d, ell)
                    continue
                assert abs(first - second) < AGREEMENT * abs(second), (activation, depth, d, ell)
                values[i, ell] = float(second.mid().str(25, radius=False))
    return values


def main() -> None:
    start = time.perf_counter()
    values = np.array([[rounded(depth, name) for depth in DEPTHS] for name in ACTIVATIONS])
    target = resource(TABLE)
    target.parent.mkdir(exist_ok=True)
    np.savez(
        target,
        activations=np.array(ACTIVATIONS),
        depths=np.array(DEPTHS),
        dimensions=np.array(DIMENSIONS),
        values=values,
    )
    print(f"{target}: {values.size} eigenvalues, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
