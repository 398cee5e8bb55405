"""Condition numbers of Vandermonde matrices far beyond 1e16, exact to 1e-9 in log10.

V[i, j] = x_i^j: rows are nodes, n nodes on [-a, a], equispaced unless said otherwise. A caller
that moves a slider keeps what `conditioner` returns for (n, nodes, basis) and asks it at each
half-width; the curves and maps here are generators that take and fill such a store.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, MutableMapping
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt
from flint import arb

from kernlab.engine.numerics import balls
from kernlab.engine.numerics.interpolation import lebesgue_constant, log10_lebesgue_constant
from kernlab.engine.numerics.interpolation_nodes import (
    NODES,
    distinct_nodes,
    gap_fraction,
    require_nodes,
    resolve_nodes,
    unit_nodes,
)
from kernlab.engine.numerics.polynomial_bases import (
    BASES,
    BasisCondition,
    basis_matrix,
    require_basis,
)
from kernlab.engine.numerics.vandermonde_bounds import growth_rate, log10_determinant
from kernlab.engine.numerics.vandermonde_table import (
    Table,
    named_table,
    require_norm,
    table,
    table_in_slices,
)
from kernlab.engine.numerics.weight_space import FloatArray, require_positive

__all__ = [
    "BASES",
    "NODES",
    "Conditioner",
    "Table",
    "basis_matrix",
    "condition_curve",
    "condition_map",
    "conditioner",
    "conditioner_in_slices",
    "growth_rate",
    "lebesgue_constant",
    "log10_condition",
    "log10_determinant",
    "log10_lebesgue_constant",
    "numpy_log10_condition",
    "resolve_nodes",
    "singular_values",
    "singular_values_in_slices",
    "table",
]


class Conditioner(Protocol):
    """What answers for one (n, nodes, basis) at every half-width and norm."""

    @property
    def n(self) -> int:
        """Number of nodes."""
        ...

    @property
    def error(self) -> float:
        """Estimate of the absolute error of a log10 condition number."""
        ...

    def log10_condition(self, half_width: npt.ArrayLike, norm: float | str = 2) -> FloatArray:
        """log10 of the condition number, in the shape of `half_width`."""
        ...


def log10_condition(
    n: int,
    half_width: float,
    *,
    norm: float | str = 2,
    nodes: str | npt.ArrayLike = "equispaced",
    basis: str = "monomial",
    gap_width: float | None = None,
) -> float:
    """log10 of the condition number ‖B‖·‖B⁻¹‖ of a basis matrix, rows being nodes.

    Args:
        n: number of nodes, 2 to 500.
        half_width: a > 0: nodes on ±a, and the scale of every basis but the monomials.
        norm: 1, 2 or "inf" (numpy.inf): column sums, largest singular value, row sums.
        nodes: one of `NODES`, or n positions in the unit of x, taken as they stand.
        basis: one of `BASES`; for "roots-of-unity" the nodes do not matter.
        gap_width: of nodes "gapped", in the unit of x; by default a.

    Returns: a float, at least 0. Error: 1e-9 or less (1e-13 for symmetric nodes) in log10.
    Raises: ValueError: if an argument is out of range.
    Cost at n = 200: 1.2 ms for symmetric nodes, then 0.3 ms for another half-width; others see
        `conditioner`. The last few tables are kept.
    """
    require_nodes(n)
    a, kind = require_positive("half_width", half_width), require_norm(norm)
    if isinstance(nodes, str):
        gap = gap_fraction(gap_width, a) if nodes == "gapped" else 0.5
        known = _kept(n, nodes, require_basis(basis), gap)
        return float(known.log10_condition(a, kind))
    positions = resolve_nodes(nodes, n)
    if require_basis(basis) == "monomial":
        return float(_kept_table(tuple(positions.tolist())).log10_condition(1.0, kind))
    return float(conditioner(n, positions / a, basis).log10_condition(a, kind))


@lru_cache(maxsize=8)
def _kept(n: int, nodes: str, basis: str, gap: float) -> Conditioner:
    return conditioner(n, nodes, basis, gap=gap)


@lru_cache(maxsize=4)
def _kept_table(positions: tuple[float, ...]) -> Table:
    return table(positions)


def conditioner(
    n: int,
    nodes: str | npt.ArrayLike = "equispaced",
    basis: str = "monomial",
    *,
    gap: float = 0.5,
) -> Conditioner:
    """What a slider of the half-width needs: made once for (n, nodes, basis).

    Args:
        n: number of nodes; basis: one of `BASES`.
        nodes: one of `NODES`, or unit nodes t (n,): at the half-width a they are a·t.
        gap: half of the gap over the half-width, for "gapped".

    Returns: a `Table` for monomials, otherwise a `BasisCondition`; `.log10_condition(a, norm)`
        takes a number or an array of half-widths.
    Raises: ValueError: if an argument is out of range.
    Cost at n = 200: symmetric nodes 1.2 ms; Leja, gapped with odd n and arrays 0.1 s.
    """
    *_, (_, found) = conditioner_in_slices(n, nodes, basis, gap=gap)
    assert found is not None
    return found


def conditioner_in_slices(
    n: int,
    nodes: str | npt.ArrayLike = "equispaced",
    basis: str = "monomial",
    *,
    gap: float = 0.5,
) -> Iterator[tuple[float, Conditioner | None]]:
    """Do as `conditioner` does, a few milliseconds at a time: (fraction, None), then the result."""
    name = require_basis(basis)
    require_nodes(n)
    if isinstance(nodes, str) and nodes == "equispaced" and name.endswith("monomial"):
        exact = named_table(nodes, n)
        yield 1.0, exact if name == "monomial" else _Scaled(exact)
        return
    unit = unit_nodes(nodes, n, gap=gap) if isinstance(nodes, str) else resolve_nodes(nodes, n)
    if not name.endswith("monomial"):
        yield 1.0, BasisCondition(distinct_nodes(unit), name)
        return
    for fraction, found in table_in_slices(unit):
        yield fraction, _Scaled(found) if found and name != "monomial" else found


class _Scaled:
    """Monomials in x/a: the table's answer at a = 1 for every half-width."""

    def __init__(self, unit: Table) -> None:
        self._unit, self.n, self.error = unit, unit.n, unit.error

    def log10_condition(self, half_width: npt.ArrayLike, norm: float | str = 2) -> FloatArray:
        return np.full(np.shape(half_width), float(self._unit.log10_condition(1.0, norm)))


Store = MutableMapping[int, Conditioner]


def condition_curve(
    half_width: float,
    counts: Iterable[int],
    *,
    norm: float | str = 2,
    nodes: str = "equispaced",
    basis: str = "monomial",
    gap: float = 0.5,
    store: Store | None = None,
) -> Iterator[tuple[int, float]]:
    """log10 cond against the number of nodes at one half-width, a value at a time.

    Args:
        counts: the numbers of nodes, in the order wanted; the rest as `conditioner`.
        store: conditioners by n for these nodes and this basis; those missing are added.

    Yields: n and log10 cond.
    Raises: ValueError: if an argument is out of range.
    Cost: all n ≤ 200, equispaced: 0.1 s for the tables; then 20 ms (1, ∞) or 0.17 s (2).
    """
    for n, column in condition_map(counts, [half_width], norm=norm, nodes=nodes, basis=basis,
                                   gap=gap, store=store):  # fmt: skip
        yield n, float(column[0])


def condition_map(
    counts: Iterable[int],
    half_widths: npt.ArrayLike,
    *,
    norm: float | str = 2,
    nodes: str = "equispaced",
    basis: str = "monomial",
    gap: float = 0.5,
    store: Store | None = None,
) -> Iterator[tuple[int, FloatArray]]:
    """log10 cond over (n, a), a column of all half-widths at a time.

    Args: as `condition_curve`; half_widths (k,), above 0.
    Yields: n and log10 cond (k,). One n costs at most 10 ms (n = 200, 200 half-widths, norm 2).
    Raises: ValueError: if an argument is out of range.
    Cost: 200 × 200, equispaced: 0.15 s (1, ∞), 0.7 s (2), tables included; nodes without
        symmetry take a decomposition a point in norm 2.
    """
    widths, kind = np.asarray(half_widths, dtype=np.float64), require_norm(norm)
    known: Store = {} if store is None else store
    for n in counts:
        if n not in known:
            known[n] = conditioner(n, nodes, basis, gap=gap)
        yield n, known[n].log10_condition(widths, kind)


def numpy_log10_condition(
    n: int,
    half_width: float,
    *,
    norm: float | str = 2,
    nodes: str | npt.ArrayLike = "equispaced",
    basis: str = "monomial",
    gap_width: float | None = None,
) -> float:
    """What numpy.linalg.cond reports in float64, as log10: wrong both ways beyond about 1e16.

    Returns: log10 of the reported number, inf where it reports a singular matrix, nan where an
        entry overflows (100^199) or the decomposition fails. Depends on the BLAS beyond 1e15.
    Raises: ValueError: as `log10_condition`.
    Cost: a decomposition, 6 ms at n = 200.
    """
    kind = require_norm(norm)
    x = resolve_nodes(nodes, require_nodes(n), half_width, gap_width=gap_width)
    matrix = basis_matrix(x, basis, half_width)
    if not np.isfinite(matrix).all():
        return math.nan
    with np.errstate(all="ignore"):
        try:
            reported = float(np.linalg.cond(matrix, math.inf if kind == "inf" else float(kind)))
        except np.linalg.LinAlgError:
            return math.nan
    return math.log10(reported) if reported > 0.0 else math.nan


def singular_values(
    n: int, half_width: float, *, nodes: str | npt.ArrayLike = "equispaced", gap: float = 0.5
) -> FloatArray:
    """log10 of all singular values of V, descending, each to about 1e-12.

    Args: as `conditioner`, for monomials. Returns: (n,). Raises: ValueError as there.
    Cost: see `singular_values_in_slices`.
    """
    *_, (_, found) = singular_values_in_slices(n, half_width, nodes=nodes, gap=gap)
    assert found is not None
    return found


def singular_values_in_slices(
    n: int, half_width: float, *, nodes: str | npt.ArrayLike = "equispaced", gap: float = 0.5
) -> Iterator[tuple[float, FloatArray | None]]:
    """Do as `singular_values` does, a little at a time.

    Even and odd degrees of symmetric nodes are two problems of half the size.

    Yields: the fraction done, and at last the values (None before).
    Cost: 8 ms at n = 40, 65 ms at n = 80 (125 ms at a = 100), 1.7 s at n = 200 (3.8 s); Leja
        nodes 3 times that.
    """
    a = require_positive("half_width", half_width)
    *_, (_, known) = conditioner_in_slices(n, nodes, gap=gap)
    assert isinstance(known, Table)
    bits = 160 + int(2.0 * float(known.log10_condition(a)) / math.log10(2.0)) + 4 * n
    parts = []
    for index, block in enumerate(known.blocks):
        with balls.precision(bits):
            rows = _block_rows(known, index, a)
        for fraction, found in balls.log10_singular_values(rows, bits):
            if found is not None:
                parts.append(found)
            yield (index + fraction) / (len(known.blocks) + 0.01), None
        assert len(parts) == index + 1, block
    yield 1.0, np.sort(np.concatenate(parts))[::-1]


def _block_rows(known: Table, index: int, half_width: float) -> balls.Balls:
    # The same coordinates as in the table: a symmetric pair of nodes is one row times √2.
    block, scale = known.blocks[index], arb(half_width)
    nodes = known.nodes[-block.pairs.size :] if len(known.blocks) == 2 else known.nodes
    rows = []
    for t, pair in zip(nodes, block.pairs, strict=True):
        x = scale * arb(float(t))
        value = (arb(2).sqrt() if pair > 1.0 else arb(1)) * x ** int(block.degrees[0])
        step, row = x ** len(known.blocks), []
        for _ in block.degrees:
            row.append(value)
            value = value * step
        rows.append(row)
    return rows
