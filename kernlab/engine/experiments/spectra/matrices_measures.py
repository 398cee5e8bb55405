"""What the claims about points and matrices need, in one table."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import numpy as np

from kernlab.engine.contract.experiment import Step
from kernlab.engine.contract.table import Table, summary
from kernlab.engine.experiments.spectra.bench import Bench
from kernlab.engine.experiments.spectra.matrices_runs import (
    COMMUTING_POINTS,
    SHOWN_PAIRS,
    commutator,
    fitted_pairs,
)
from kernlab.engine.experiments.spectra.matrices_sets import Sample, Wanted, wanted

CLAIM_POINTS = 500
LEADING = 9
"""Eigenvalues, from the largest on, in which matrix and operator are compared."""
UNIFORM_POINTS = 300
UNIFORM_DEGREES = 6
OPERATION_SIZES = ((4, 50), (4, 100), (8, 100))
"""Points, and largest degrees, at which operations are counted: one of them doubles at a time."""

Row = dict[str, Any]


def measure(bench: Bench) -> Generator[Step, None, dict[str, Table]]:
    """The table `claims_matrices`, one row."""
    sample = Sample(bench)
    want = wanted(bench.p, min(sample.available, CLAIM_POINTS))
    row: Row = {}
    for part in (_conditions, _products, _operator):
        row |= yield from part(sample, want)
    row |= yield from _uniform(sample)
    row |= yield from _harmonics(sample)
    return {"claims_matrices": summary(**row)}


def _conditions(sample: Sample, want: Wanted) -> Generator[Step, None, Row]:
    """κ at L, 2L, 4L and 2, extreme eigenvalues of K/n, closest points, and the affine fit."""
    depth = sample.p.depth
    close = yield from sample.closeness(want)
    n = len(sample.points(want).points)
    row: Row = {
        "n": n,
        "smallest_angle": sample.smallest_angle(close),
        "coincident": close.coincident,
        "antipodal": close.antipodal,
    }
    for name, layers in (("", depth), ("_2", 2 * depth), ("_4", 4 * depth), ("_two", 2)):
        found = yield from sample.condition(want, layers)
        row |= {
            f"condition{name}": found.value,
            f"smallest{name}": found.smallest / n,
            f"largest{name}": found.largest / n,
        }
        yield Step(None, "condition numbers")
    fit = yield from fitted_pairs(sample, want, SHOWN_PAIRS)
    return row | {"r2": fit.r2, "slope": fit.slope, "pairs": fit.distance.size}


def _products(sample: Sample, want: Wanted) -> Generator[Step, None, Row]:
    """The commutator of K and P_s, and how far eigenvalues are from multiplying.

    On a grid that integrates polynomials exactly, both are cut at the degree that it resolves;
    `commutator_whole` is that of the whole K.
    """
    from kernlab.engine.numerics.point_spectra import product_eigenvalues, relative_commutator

    small = want._replace(n=min(want.n, COMMUTING_POINTS))
    whole = yield from commutator(sample, small)
    operator = yield from sample.sobolev(small)
    if small.kind == "gauss":
        kernel = yield from sample.truncated(small)
        found = relative_commutator(kernel, operator)
    else:
        kernel, found = (yield from sample.matrix(small, sample.p.depth)), whole
    yield Step(None, "eigenvalues of the product")
    product = product_eigenvalues(kernel, operator)
    return {
        "commutator": found,
        "commutator_whole": whole,
        "product_difference": product.difference,
        "commuting_points": len(kernel),
    }


def _operator(sample: Sample, want: Wanted) -> Generator[Step, None, Row]:
    """Largest relative difference of the leading eigenvalues to the operator's, at n and n/4."""
    row: Row = {}
    for name, n in (("difference", want.n), ("difference_quarter", max(LEADING, want.n // 4))):
        values = yield from sample.eigenvalues(want._replace(n=n), sample.p.depth)
        leading = values[::-1][:LEADING]
        operator = yield from sample.operator(want, sample.p.depth, leading.size)
        with np.errstate(divide="ignore", invalid="ignore"):
            differences = np.abs(leading / operator - 1)[operator > 0]
        row[name] = float(differences.max()) if differences.size else math.nan
        row[f"{name}_n"] = values.size
        yield Step(None, "matrix against operator")
    return row


def _uniform(sample: Sample) -> Generator[Step, None, Row]:
    """Zonal moments of normalized Gaussian vectors, in standard deviations from uniform."""
    from kernlab.engine.numerics import point_sets, point_spectra

    d = max(2, sample.p.dimension)
    rng = np.random.default_rng([sample.p.seed, 22])
    x = point_sets.random_sphere(UNIFORM_POINTS, d, rng).points
    scores = []
    for degree in range(1, UNIFORM_DEGREES + 1):
        scores.append(point_spectra.uniformity(x, degree))
        yield Step(None, "uniformity of random points")
    return {"uniformity": float(np.abs(scores).max()), "uniform_dimension": d}


def _harmonics(sample: Sample) -> Generator[Step, None, Row]:
    """One degree of P_s by the recurrence: its rank; and the operations that it takes."""
    from kernlab.engine.numerics import point_sets, point_spectra, sphere

    d = max(2, sample.p.dimension)
    x = point_sets.random_sphere(COMMUTING_POINTS, d, 23).points
    degree = 1
    while sphere.multiplicity(d, degree + 1) <= len(x) // 2 and degree < 12:
        degree += 1
    one = np.zeros(degree + 1)
    one[degree] = float(sphere.multiplicity(d, degree))
    values = np.linalg.eigvalsh(point_spectra.zonal_matrix(x, one))
    yield Step(None, "harmonics")
    counted = []
    for n, largest in OPERATION_SIZES:
        counted.append(point_spectra.zonal_operations(n, d, largest))
        yield Step(None, "operations")
    first, higher, more = counted
    return {
        "harmonic_degree": degree,
        "harmonics": float(sphere.multiplicity(d, degree)),
        "harmonic_rank": int((values > 1e-10 * values[-1]).sum()),
        "operations": more,
        "operations_dimension": d,
        "operations_by_points": math.log2(more / higher),
        "operations_by_degree": math.log2(higher / first),
    }
