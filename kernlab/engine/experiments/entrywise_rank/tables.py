"""The tables of the entrywise-rank panel."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.entrywise_rank.matrices import Array, Made, Spectrum
from kernlab.engine.experiments.entrywise_rank.parameters import SOLVERS
from kernlab.engine.experiments.entrywise_rank.solving import Solved

PIXELS = 200
"""Cells a side of the residual's image, at most; a cell shows the largest entry of its block."""
CLIPPED = 0.99
"""Share of the largest residual from which an entry counts as clipped."""
DOTS = 1500
SIGMAS = 400


def trace_table(size: float, solved: Solved | None) -> Table:
    """Smallest relative error so far against iterations and seconds."""
    trace = np.full((1, 3), np.nan) if solved is None else _thinned(solved.trace)
    columns = {
        "iteration": trace[:, 0] + 1,
        "error": trace[:, 2] / size,
        "seconds": np.maximum(trace[:, 1], 1e-4),
    }
    return Table(columns, {"seconds": "s"}, frozenset({"seconds"}))


def _thinned(trace: Array) -> Array:
    return trace if len(trace) < 2000 else trace[:: len(trace) // 1000]


def bound_table(size: float, bounds: Sequence[float], last: float) -> Table:
    """The lower bound against its own iterations; it stands from then on."""
    values = np.array([*bounds, bounds[-1]], dtype=float) / size
    return Table(
        {
            "iteration": np.append(np.arange(1.0, values.size), max(last, values.size)),
            "bound": np.where(values > 0, values, np.nan),
        }
    )


def level_table(size: float, last: float, solved: Mapping[str, Solved]) -> Table:
    """Errors of solvers without iterations, as levels."""
    columns: dict[str, Any] = {"iteration": np.array([1.0, last])}
    for name in ("svd", "sketch"):
        error = solved[name].error / size if name in solved else np.nan
        columns[name] = np.full(2, error)
    return Table(columns)


def residual_tables(made: Made, solved: Solved) -> Generator[Step, None, dict[str, Table]]:
    """The residual as an image, with the entries at its limit; a few rows at a time."""
    from kernlab.engine.numerics.low_rank import largest, residual_rows

    matrix, left, right = _shown(made, solved)
    step = min(-(-max(matrix.shape) // PIXELS), min(matrix.shape))
    image = np.empty([side // step for side in matrix.shape])
    top, spots = 0.0, []
    for low, rest in residual_rows(matrix, left, right, multiple=step):
        if low > 0:
            yield Step()
        rest *= 1.0 / made.size
        top = max(top, largest(rest))
        at = np.flatnonzero(np.abs(rest) >= CLIPPED * top)
        spots.append((low * matrix.shape[1] + at, np.abs(rest.reshape(-1)[at])))
        pooled = _pooled(rest, step)
        image[low // step : low // step + len(pooled)] = pooled
    places, sizes = (np.concatenate(part) for part in zip(*spots, strict=True))
    found = _residual_tables(image, step, places[sizes >= CLIPPED * top], top, matrix.shape)
    rotated = {"rotated": np.array([made.rotated])}
    found["residual_summary"] = Table({**found["residual_summary"].columns, **rotated})
    return found


def _shown(made: Made, solved: Solved) -> tuple[Array, Array, Array]:
    """The matrix, or the middle slice of the tensor, with the factors of its approximation."""
    if made.array.ndim == 2:
        return made.array, solved.factors[0], solved.factors[1]
    first, second, third = solved.factors
    middle = made.array.shape[0] // 2
    return made.array[middle], np.tensordot(first[0, middle], second, 1), third[:, :, 0]


def _residual_tables(
    image: Array, step: int, clipped: npt.NDArray[np.intp], top: float, shape: Sequence[int]
) -> dict[str, Table]:
    count = clipped.size
    if count > DOTS:
        clipped = clipped[np.random.default_rng(0).permutation(count)[:DOTS]]
    rows, columns = np.divmod(clipped, shape[1])
    centres = [(np.arange(side) + 0.5) * step + 0.5 for side in image.shape]
    down, across = np.meshgrid(*centres, indexing="ij")
    summary = {"clipped": count, "shown": rows.size, "block": step, "largest": max(top, 1e-300),
               "rows": shape[0], "columns": shape[1]}  # fmt: skip
    return {
        "residual": Table(
            {"column": across.ravel(), "row": down.ravel(), "residual": image.ravel()},
            grid=image.shape,
        ),
        "clipped": Table({"column": columns + 1.0, "row": rows + 1.0}),
        "residual_summary": Table({name: np.array([value]) for name, value in summary.items()}),
    }


def _pooled(rest: Array, step: int) -> Array:
    """The entry of the largest size in each block."""
    if step == 1:
        return rest
    high, wide = (side // step for side in rest.shape)
    blocks = rest[: high * step, : wide * step].reshape(high, step, wide * step)
    most = blocks.max(axis=1).reshape(high, wide, step).max(axis=2)
    least = blocks.min(axis=1).reshape(high, wide, step).min(axis=2)
    return np.asarray(np.where(most >= -least, most, least))


def singular_table(spectrum: Spectrum, solved: Solved | None, exact: Array | None) -> Table:
    """Singular values of F and of the approximation."""
    values = spectrum.values[:SIGMAS]
    ours = np.full(values.size, np.nan)
    found = exact
    if found is None and solved is not None:
        triangle = np.linalg.qr(solved.factors[1].T)[1]
        found = np.linalg.svd(solved.factors[0] @ triangle.T, compute_uv=False)
    if found is not None:
        count = min(found.size, values.size)
        ours[:count] = found[:count]
    return Table(
        {
            "index": np.arange(1.0, values.size + 1),
            "matrix": _positive(values),
            "approximation": _positive(ours),
        }
    )


def _positive(values: Array) -> Array:
    top = float(np.nanmax(values, initial=0.0))
    with np.errstate(invalid="ignore"):
        return np.where(values > 1e-15 * top, values, np.nan)


def solver_table(made: Made, solved: Mapping[str, Solved], bound: float) -> Table:
    """One row a solver."""
    names = [name for name in SOLVERS if name in solved]
    errors = np.array([solved[name].error for name in names])
    gauge = errors / bound if bound > 0 else np.full(errors.size, np.nan)
    return Table(
        {
            "key": np.array(names),
            "solver": np.array([SOLVERS[name] for name in names]),
            "error": errors,
            "relative": errors / made.size,
            "constant": errors / made.constant if made.constant else errors * np.nan,
            "lower": np.full(errors.size, bound / made.size if bound > 0 else np.nan),
            "gauge": gauge,
            "iterations": np.array([solved[name].iterations for name in names]),
            "seconds": np.array([solved[name].seconds for name in names]),
        },
        {"seconds": "s"},
        frozenset({"seconds"}),
    )


def spread(prefix: str, values: Array) -> dict[str, Array]:
    """Median and range over the last axis, NaN where nothing is known yet."""
    known = np.asarray(np.isfinite(values).any(axis=1))
    filled = np.where(known[:, None], values, 0.0)
    low, middle, high = np.nanquantile(filled, [0, 0.5, 1], axis=1)
    parts = (("", middle), ("_low", low), ("_high", high))
    return {f"{prefix}{end}": np.where(known, part, np.nan) for end, part in parts}
