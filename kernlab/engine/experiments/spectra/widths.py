"""Networks of finite width, deeper against wider, and the Gaussian domain: claims N20 N21 N22
N27 N30."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.spectra import (
    widths_claims,
    widths_figures,
    widths_formulas,
    widths_gaussian,
    widths_measures,
)
from kernlab.engine.experiments.spectra.bench import Area, Bench
from kernlab.engine.experiments.spectra.parameters import Parameters
from kernlab.engine.experiments.spectra.widths_ensembles import (
    Draw,
    Ensembles,
    FloatArray,
    Moments,
    PointSet,
    budget_networks,
    diagonal,
    entry_of,
    inputs,
    limit,
    networks,
    point_set,
)

WIDTHS = tuple(2**k for k in range(3, 11))
PROFILE_DEPTHS = (2, 3, 4, 5, 6, 8, 10, 12, 16)
PROFILE_DRAWS = 200
"""Networks of each width profile and depth, at most."""
FRAME = 0.04
"""Seconds between two pictures of a stage that streams."""


# -- against the width --------------------------------------------------------------------------


def finite_width(bench: Bench) -> Iterator[Step]:
    """Mean and spread of the kernel against the width, and one entry's distribution."""
    p = bench.p
    points = point_set(bench)
    exact = limit(bench, points, p.depth)
    grid = sorted({*WIDTHS, p.width})
    kinds = networks(p, [(p.depth, width) for width in grid], p.width_profile)
    kinds.sort(key=lambda kind: kind.width != p.width)  # the width of the slider first
    ensembles = Ensembles(bench, points, kinds)
    drawn = time.perf_counter()
    for share in ensembles.blocks():
        if share is not None and bench.full and time.perf_counter() - drawn > FRAME:
            drawn = time.perf_counter()
            yield Step(share, _note(ensembles), _width_tables(p, ensembles, points, exact))
        else:
            yield Step(share if bench.full else None, "drawing networks")
    if not (ensembles.found or bench.full):
        yield Step()  # the picture before stays until there is time to draw
        return
    yield Step(1.0 if bench.full else None, "", _width_tables(p, ensembles, points, exact))


def _note(ensembles: Ensembles) -> str:
    drawn = min((len(kernels) for kernels in ensembles.found.values()), default=0)
    return f"{drawn} of {ensembles.draws} networks of each width"


def _width_tables(
    p: Parameters, ensembles: Ensembles, points: PointSet, exact: FloatArray
) -> dict[str, Table]:
    found = sorted(
        ((kind, kernels) for kind, kernels in ensembles.found.items() if len(kernels) > 1),
        key=lambda pair: pair[0].width,
    )
    columns: dict[str, Any] = {"width": [float(kind.width) for kind, _ in found] or [math.nan]}
    columns["draws"] = [float(len(kernels)) for _, kernels in found] or [0.0]
    cosines = points.points @ points.points.T
    own = diagonal(exact)
    masks = {"diagonal": own, "off": ~own, "acute": ~own & (cosines > 0), "obtuse": cosines < 0}
    rows = [ensembles.moments(kind, exact, list(masks.values())) for kind, _ in found]
    values = np.array(rows or [[Moments(*[math.nan] * 3)] * len(masks)])
    for at, name in enumerate(masks):
        mean, error, columns[f"spread_{name}"] = values[:, at].T
        columns |= {f"mean_{name}": mean, f"low_{name}": mean - error, f"high_{name}": mean + error}
    width = np.array(columns["width"])
    anchor, first = columns["spread_off"][0], width[0]
    columns |= {"root": anchor * np.sqrt(first / width), "inverse": anchor * first / width}
    tables = {"fw_width": Table({name: np.array(column) for name, column in columns.items()})}
    return tables | _entry_tables(p, found, points, exact)


def _entry_tables(
    p: Parameters, found: Sequence[tuple[Draw, FloatArray]], points: PointSet, exact: FloatArray
) -> dict[str, Table]:
    i, j = entry_of(points)
    by_width = {kind.width: kernels for kind, kernels in found}
    if not by_width:
        return {}
    width = min(by_width, key=lambda each: abs(math.log(each / p.width)))
    narrow = min(by_width, key=lambda each: abs(math.log(4.0 * each / p.width)))
    tables = {}
    for name, each in (("fw_entry", width), ("fw_entry_narrow", narrow)):
        values = np.sort(by_width[each][:, i, j])
        share = (np.arange(values.size) + 0.5) / values.size
        tables[name] = Table({"value": values, "share": share})
    values = by_width[width][:, i, j]
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    error = spread / math.sqrt(values.size)
    angle = math.degrees(math.acos(min(1.0, max(-1.0, float(points.points[i] @ points.points[j])))))
    bound = float(exact[i, j])
    tables["fw_summary"] = summary(
        width=width, narrow=narrow, draws=values.size, angle=angle, limit=bound, mean=mean,
        error=error, spread=spread, points=points.name,
    )  # fmt: skip
    tables["fw_quoted"] = Table(
        {
            "quantity": np.array(
                [
                    "Θ, infinite width",
                    f"mean of {values.size} networks, N = {width}",
                    "spread of one network",
                    "N (mean − Θ), all 1/N terms at initialization",
                ]
            ),
            "value": np.array([bound, mean, spread, width * (mean - bound)]),
            "error": np.array([math.nan, error, spread / math.sqrt(2.0 * values.size),
                               width * error]),
        }
    )  # fmt: skip
    return tables


# -- deeper or wider ----------------------------------------------------------------------------


def deeper_or_wider(bench: Bench) -> Iterator[Step]:
    """The smallest eigenvalue against depth at a fixed number of weights; width profiles."""
    yield Step(None, "", {"fw_sizes": _sizes(bench.p)})
    yield from _budget(bench)
    yield from _profiles(bench)


def _sizes(p: Parameters) -> Table:
    from kernlab.engine.numerics.finite_width import parameter_count, width_for, widths

    depths = np.unique(np.geomspace(2, 1000, 120).astype(int))
    dense = np.array([float(width_for(p.budget, int(depth), inputs(p))) for depth in depths])
    shared = p.budget / depths
    counts = [
        parameter_count(inputs(p), widths(int(depth), max(1, int(width)))) / p.budget
        for depth, width in zip(depths, shared, strict=True)
    ]
    return Table(
        {
            "depth": depths.astype(float),
            "dense": dense,
            "root": np.sqrt(p.budget / depths),
            "published": shared,
            "weights": np.array(counts),
        }
    )


def _budget(bench: Bench) -> Iterator[Step]:
    p = bench.p
    points = point_set(bench)
    kinds = budget_networks(p)
    exact = {kind.depth: limit(bench, points, kind.depth) for kind in kinds}
    yield Step()
    ensembles = Ensembles(bench, points, kinds)
    drawn = time.perf_counter()
    for share in ensembles.blocks():
        if share is not None and bench.full and time.perf_counter() - drawn > FRAME:
            drawn = time.perf_counter()
            yield Step(
                0.5 * share, _note(ensembles), {"fw_budget": _budget_table(ensembles, exact)}
            )
        else:
            yield Step(None, "drawing networks")
    yield Step(0.5 if bench.full else None, "", {"fw_budget": _budget_table(ensembles, exact)})


def _budget_table(ensembles: Ensembles, exact: dict[int, FloatArray]) -> Table:
    rows = []
    for kind in ensembles.kinds:
        infinite = float(np.linalg.eigvalsh(exact[kind.depth])[0])
        kernels = ensembles.found.get(kind)
        parts = np.full(3, np.nan)
        if kernels is not None and len(kernels) > 1:
            parts = np.quantile(ensembles.smallest(kind), [0.25, 0.5, 0.75])
        tops = [infinite, *parts]
        rows.append([kind.depth, kind.width, *(v if v > 0 else math.nan for v in tops)])
    names = ("depth", "width", "infinite", "low", "median", "high")
    values = np.array(rows, dtype=float).T if rows else np.full((6, 1), np.nan)
    return Table(dict(zip(names, values, strict=True)))


def _profiles(bench: Bench) -> Iterator[Step]:
    p = bench.p
    points = point_set(bench, 2)
    kinds = {name: networks(p, grid, profile, 2) for name, profile, grid in _profile_grids(p)}
    every = [kind for part in kinds.values() for kind in part]
    exact = {kind.depth: limit(bench, points, kind.depth) for kind in every}
    ensembles = Ensembles(bench, points, every, min(p.draws, PROFILE_DRAWS))
    drawn = time.perf_counter()
    for share in ensembles.blocks():
        if share is not None and bench.full and time.perf_counter() - drawn > FRAME:
            drawn = time.perf_counter()
            tables = _profile_tables(ensembles, kinds, exact)
            yield Step(0.5 + 0.5 * share, "width profiles", tables)
        else:
            yield Step(None, "width profiles")
    yield Step(1.0 if bench.full else None, "", _profile_tables(ensembles, kinds, exact))


def _profile_grids(p: Parameters) -> Iterator[tuple[str, str, list[tuple[int, int]]]]:
    from kernlab.engine.numerics.finite_width import parameter_count, widths

    constant = [(depth, p.width) for depth in PROFILE_DEPTHS]
    yield "fw_constant", "constant", constant
    yield "fw_quadratic", "quadratic", constant
    same = []
    for depth in PROFILE_DEPTHS:
        weights = parameter_count(inputs(p), widths(depth, p.width))
        first = 1
        while parameter_count(inputs(p), widths(depth, first + 1, "quadratic")) <= weights:
            first += 1
        same.append((depth, first))
    yield "fw_same", "quadratic", same


def _profile_tables(
    ensembles: Ensembles, kinds: dict[str, list[Draw]], exact: dict[int, FloatArray]
) -> dict[str, Table]:
    tables = {}
    for name, part in kinds.items():
        rows = []
        for kind in part:
            kernels = ensembles.found.get(kind)
            spread = math.nan
            if kernels is not None and len(kernels) > 1:
                spread = ensembles.moments(kind, exact[kind.depth], [diagonal(exact[kind.depth])])[
                    0
                ].spread
            rows.append((float(kind.depth), float(kind.width), spread))
        values = np.array(rows).T if rows else np.full((3, 1), np.nan)
        tables[name] = Table(dict(zip(("depth", "first", "spread"), values, strict=True)))
    return tables


area = Area(
    runs={
        widths_figures.FINITE: finite_width,
        widths_figures.BUDGET: deeper_or_wider,
        widths_figures.GAUSSIAN: widths_gaussian.gaussian,
    },
    figures=widths_figures.figures,
    measure=widths_measures.measure,
    judge=widths_claims.judge,
    formulas=widths_formulas.formulas,
)
