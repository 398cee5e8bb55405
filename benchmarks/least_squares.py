"""How long the least-squares panel takes, and how exact it is, beside targets and named peers.

    python -m benchmarks.least_squares

Times are medians of wall time with one BLAS thread unless a line says otherwise.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import kernlab  # noqa: F401  (sets the number of BLAS threads before NumPy is imported)
from benchmarks.measuring import line, machine, milliseconds, note, section
from kernlab.engine import catalogue
from kernlab.engine.contract.cache import Cache
from kernlab.engine.numerics import least_squares, smoother_criteria
from kernlab.engine.numerics import spectral_smoother as smoother

KEY = "least-squares-attention"
LARGE = {"data": "simulated", "rows": 6700, "features": 500, "smoothness": 0.75}
LARGEST = {"data": "simulated", "rows": 100_000, "features": 200, "smoothness": 0.75}


def wall(work: Callable[[], Any], repeats: int = 5) -> float:
    """Median seconds of a few calls."""
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken))


def run(p: Any, fidelity: Any, cache: Cache, views: tuple[str, ...]) -> tuple[float, float, float]:
    """Seconds to the first tables, in all, and between two yields at most."""
    begun = last = time.perf_counter()
    first, gap = 0.0, 0.0
    for step in catalogue.get(KEY).run(p, fidelity, cache, views):
        now = time.perf_counter()
        gap = max(gap, now - last)
        first = first or (now - begun if step.tables else 0.0)
        last = time.perf_counter()
    return first, time.perf_counter() - begun, gap


def slider() -> None:
    section("Moving λ, one engine step of a view (5025 training rows, 500 features)")
    experiment = catalogue.get(KEY)
    p, cache = experiment.Parameters(**LARGE), Cache()
    first = run(p, "full", Cache(), experiment.views[:1])[0]
    first = float(np.median([first] + [run(p, "full", Cache(), experiment.views[:1])[0]
                                       for _ in range(4)]))  # fmt: skip
    for view in experiment.views:
        run(p, "full", cache, (view,))
    for view in experiment.views:
        steps = [run(dataclasses.replace(p, ridge=float(ridge)), "coarse", cache, (view,))[1]
                 for ridge in np.geomspace(0.01, 1000.0, 41)]  # fmt: skip
        median = float(np.median(steps))
        line(f"λ step, view {view}", "≤ 16 ms", milliseconds(median), median <= 0.016)
    line("first picture from nothing", "≤ 300 ms", milliseconds(first), first <= 0.3)


def many_rows() -> None:
    section("100 000 rows, 200 features (98 000 training rows)")
    experiment = catalogue.get(KEY)
    p, cache = experiment.Parameters(**LARGEST), Cache()
    for view in experiment.views[:3]:
        first, total, gap = run(p, "full", cache, (view,))
        line(f"view {view}, from nothing where it is the first", "", f"{total:.2f} s", None)
        note(f"first tables after {milliseconds(first)}, longest gap {milliseconds(gap)}")
    steps = [run(dataclasses.replace(p, ridge=ridge), "coarse", cache, experiment.views[:1])[1]
             for ridge in (0.1, 1.0, 10.0, 100.0)]  # fmt: skip
    step = float(np.median(steps))
    line("λ step, view Weights", "", milliseconds(step), None)


def peers() -> None:
    section("The same numbers from scikit-learn (5000 rows, 500 features, 61 values of λ)")
    from sklearn.linear_model import Ridge, RidgeCV

    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((5000, 500)), rng.standard_normal((200, 500))
    y = x @ rng.standard_normal(500) + rng.standard_normal(5000)
    grid = np.geomspace(0.01, 1e4, 61)

    def ours() -> Any:
        steps = smoother.factor_in_slices(x, intercept=True)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                found = end.value
                break
        embedding = smoother.turned_embedding(found, x, t)
        filters = smoother.ridge_filters(found.eigenvalues, grid)
        return smoother_criteria.criteria(embedding, y, *filters), embedding

    path = wall(ours, 3)
    cv = RidgeCV(alphas=grid, store_cv_results=True)
    theirs = wall(lambda: cv.fit(x, y), 1)
    line("factor, leave-one-out, GCV and tr H for all λ", "", milliseconds(path), None)
    line("RidgeCV, leave-one-out for all λ, times slower", "≥ 1", f"{theirs / path:.3g} ×",
         theirs >= path)  # fmt: skip
    criteria, embedding = ours()
    apart = np.abs(criteria.loo / cv.cv_results_.mean(axis=0) - 1).max()
    line("leave-one-out, largest relative difference", "≤ 1e-8", f"{apart:.1e}", apart <= 1e-8)
    model = Ridge(10.0, solver="cholesky")
    fit = wall(lambda: model.fit(x, y).predict(t), 3)
    shrinkage = smoother.ridge_shrinkage(embedding.eigenvalues, 10.0)
    again = wall(lambda: embedding.predict(y, shrinkage))
    line("one more λ: Ridge fitted anew, times slower", "≥ 10", f"{fit / again:.3g} ×",
         fit >= 10 * again)  # fmt: skip


def exactness() -> None:
    section("Exactness (diabetes as in the reference, z-scored, λ = 1)")
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LinearRegression, Ridge

    x, y = load_diabetes(scaled=False, return_X_y=True)
    x = (x - x[:342].mean(0)) / x[:342].std(0)
    train, test, target = x[:342], x[342:], y[:342]
    spread = target.std()
    for name, ridge, model in (("least squares", 0.0, LinearRegression()),
                               ("ridge", 1.0, Ridge(1.0, solver="svd"))):  # fmt: skip
        weights = least_squares.attention_weights(train, test, ridge=ridge, intercept=True)
        off = np.abs(weights @ target - model.fit(train, target).predict(test)).max() / spread
        line(f"{name}, predictions against scikit-learn", "≤ 1e-10", f"{off:.1e}", off <= 1e-10)
    left = least_squares.leave_one_out(train, target, ridge=1.0, intercept=True)
    refits = []
    for i in range(342):
        rest = np.arange(342) != i
        model = Ridge(1.0, solver="svd").fit(train[rest], target[rest])
        refits.append(target[i] - model.predict(train[i : i + 1])[0])
    off = np.abs(left - refits).max() / spread
    line("leave-one-out against 342 refits", "≤ 1e-10", f"{off:.1e}", off <= 1e-10)


def main() -> None:
    machine()
    slider()
    many_rows()
    peers()
    exactness()


if __name__ == "__main__":
    main()
