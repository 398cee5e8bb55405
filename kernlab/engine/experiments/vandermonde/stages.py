"""The stages of a Vandermonde run, one function a stage, and the tables that they make."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Fidelity, Step
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.vandermonde.parameters import BASES, LARGEST_N, Parameters

if TYPE_CHECKING:  # numba and flint are imported at the first run, on the lane
    from kernlab.engine.numerics.vandermonde import Conditioner

FULL_COUNTS = tuple(range(2, 41)) + tuple(range(42, LARGEST_N + 1, 2))
COARSE_COUNTS = (2, 8, 16, 32, 56, 80, 120, 160, 200)
WIDTHS = np.geomspace(0.05, 100, 121)
MAP_COUNTS = tuple(range(2, LARGEST_N + 1, 2))
MAP_WIDTHS = np.geomspace(0.05, 100, 100)
NUMPY_QUICK = 40
"""Matrix size up to which NumPy's own answer is computed while a slider moves."""
GRID = 801
DIMENSIONS = (1, 2, 4, 8, 16)
REAL_BASES = tuple(name for name in BASES if name != "roots-of-unity")
GRAM_POINTS = 100


@dataclass(frozen=True)
class Bench:
    """One set of parameters with what every stage needs."""

    p: Parameters
    full: bool
    cache: Cache

    @property
    def n(self) -> int:
        """Number of nodes."""
        return self.p.count

    @property
    def file(self) -> Any:
        """The user's own nodes, or None."""
        return self.p.nodes_file if self.p.nodes == "file" else None

    @property
    def family(self) -> tuple[Any, ...]:
        """What the nodes depend on, apart from n and a."""
        return (self.p.nodes, self.p.gap_width if self.p.nodes == "gapped" else None,
                self.file.sha256 if self.file else None)  # fmt: skip

    def unit_nodes(self, n: int) -> Any:
        """The nodes for a = 1."""
        from kernlab.engine.numerics.interpolation_nodes import unit_nodes

        if self.file:
            x = self.file.columns["x"]
            return x / np.abs(x).max()
        return unit_nodes(self.p.nodes, n, gap=self.p.gap_width)

    def counts(self) -> Sequence[int]:
        """The numbers of nodes of the curve."""
        if self.file:
            return (self.n,)
        counts = FULL_COUNTS if self.full else COARSE_COUNTS
        return sorted({*counts, self.n})

    def conditioner(self, n: int, basis: str) -> Generator[Step, None, Conditioner]:
        """What answers for (n, nodes, basis) at every a, kept."""
        from kernlab.engine.numerics.vandermonde import conditioner_in_slices

        key = (n, basis, self.family)
        known: Conditioner | None = self.cache.peek("conditioner", key)
        if known is None:
            nodes = self.unit_nodes(n) if self.file else self.p.nodes
            for _, made in conditioner_in_slices(n, nodes, basis, gap=self.p.gap_width):
                known = made
                yield Step()
            assert known is not None
            self.cache.put("conditioner", key, known)
        return known

    def numpy_condition(self, n: int, half_width: float) -> float:
        """log10 of what numpy.linalg.cond reports, kept."""
        from kernlab.engine.numerics.vandermonde import numpy_log10_condition

        p = self.p
        key = (n, half_width, self.family, p.basis, p.norm)
        nodes = half_width * self.unit_nodes(n)
        return self.cache.get(
            "numpy",
            key,
            lambda: numpy_log10_condition(n, half_width, norm=p.norm, nodes=nodes, basis=p.basis),
        )


def curve(bench: Bench) -> Iterator[Step]:
    """log10 cond against n: exact, as NumPy reports it, and what was claimed."""
    from kernlab.engine.numerics import vandermonde_bounds as bounds

    p = bench.p
    counts = np.array(bench.counts())
    exact, numpy = np.full(counts.size, np.nan), np.full(counts.size, np.nan)
    for at, n in enumerate(counts.tolist()):
        key = (n, p.half_width, p.norm, p.basis, bench.family)
        known = bench.cache.peek("condition", key)
        if known is None:
            found = yield from bench.conditioner(n, p.basis)
            known = float(found.log10_condition(p.half_width, p.norm))
            bench.cache.put("condition", key, known)
            yield Step(0.5 * (at + 1) / counts.size, "condition against n")
        exact[at] = known
        if bench.full or n <= NUMPY_QUICK:
            numpy[at] = bench.numpy_condition(n, p.half_width)
    rate = bounds.growth_rate(p.half_width) / math.log(10)
    anchor = int(np.argmin(np.abs(counts - 40)))
    columns = {
        "n": counts,
        "exact": exact,
        "numpy": np.where(np.isfinite(numpy), numpy, np.nan),
        "rate": exact[anchor] + rate * (counts - counts[anchor]),
        "claimed": bounds.log10_claimed_bound(counts, p.half_width, p.bound_constant),
        "beckermann": bounds.log10_beckermann(counts),
    }
    yield Step(0.5, "condition against n", {"curve": Table(columns)}, "error below 10⁻⁹ in log₁₀")


def width(bench: Bench) -> Iterator[Step]:
    """log10 cond against a at this n."""
    from kernlab.engine.numerics import vandermonde_bounds as bounds

    p, n = bench.p, bench.n
    key = (n, bench.family, p.basis, p.norm)
    exact = bench.cache.peek("width", key)
    if exact is None:
        found = yield from bench.conditioner(n, p.basis)
        exact = bench.cache.put("width", key, found.log10_condition(WIDTHS, p.norm))
        yield Step()
    numpy = bench.cache.peek("numpy width", key)
    if numpy is None and (bench.full or n <= NUMPY_QUICK // 2):
        numpy = yield from _numpy_width(bench)
        bench.cache.put("numpy width", key, numpy)
    elif numpy is None:
        numpy = np.full(WIDTHS.size, np.nan)
    columns = {
        "half_width": WIDTHS,
        "exact": exact,
        "numpy": np.where(np.isfinite(numpy), numpy, np.nan),
        "claimed": bounds.log10_claimed_bound(n, WIDTHS, p.bound_constant),
    }
    yield Step(0.6, "condition against a", {"width": Table(columns)})


def _numpy_width(bench: Bench) -> Generator[Step, None, Any]:
    """NumPy's answer at every third half-width, and lines between."""
    some = np.arange(0, WIDTHS.size, 3)
    values = np.empty(some.size)
    for at, a in enumerate(WIDTHS[some].tolist()):
        values[at] = bench.numpy_condition(bench.n, a)
        if at % 8 == 7 or bench.n > NUMPY_QUICK:
            yield Step(0.5 + 0.1 * at / some.size, "condition against a")
    return np.interp(np.arange(WIDTHS.size), some, values)


def determinant(bench: Bench) -> Iterator[Step]:
    """log10 |det V| against n for equispaced nodes, with the published bound."""
    from kernlab.engine.numerics import vandermonde_bounds as bounds

    p = bench.p
    counts = np.array(COARSE_COUNTS if not bench.full else FULL_COUNTS)
    key = (p.half_width, counts.size)
    exact = bench.cache.get(
        "determinant",
        key,
        lambda: np.array([bounds.log10_determinant(n, p.half_width) for n in counts.tolist()]),
    )
    columns = {
        "n": counts,
        "exact": exact,
        "published": bounds.log10_published_determinant(counts, p.half_width, p.bound_constant),
        "asymptotic": bounds.log10_determinant_asymptotics(counts, p.half_width),
    }
    yield Step(0.65, "determinant", {"determinant": Table(columns)})


def condition_map(bench: Bench) -> Iterator[Step]:
    """log10 cond over (n, a), filling in column by column."""
    p = bench.p
    if bench.file:
        return
    key = (bench.family, p.basis, p.norm)
    known = bench.cache.peek("map", key)
    if known is None and not bench.full:
        return
    if known is not None:
        yield Step(tables={"map": known})
        return
    values = np.full((MAP_WIDTHS.size, len(MAP_COUNTS)), np.nan)
    for column, n in enumerate(MAP_COUNTS):
        found = yield from bench.conditioner(n, p.basis)
        for part in range(0, MAP_WIDTHS.size, 50):
            some = slice(part, part + 50)
            values[some, column] = found.log10_condition(MAP_WIDTHS[some], p.norm)
            yield Step(0.65 + 0.35 * column / len(MAP_COUNTS), f"map: n = {n}")
        if column % 10 == 9 or column == len(MAP_COUNTS) - 1:
            yield Step(tables={"map": _map_table(values)})
    bench.cache.put("map", key, _map_table(values))


def _map_table(values: Any) -> Table:
    counts, widths = np.meshgrid(np.array(MAP_COUNTS), MAP_WIDTHS)
    columns = {
        "n": counts.ravel(),
        "half_width": widths.ravel(),
        "log10_condition": values.ravel().copy(),
    }
    return Table(columns, grid=values.shape)


def cardinals(bench: Bench) -> Iterator[Step]:
    """The nodes, the Lebesgue function, and two cardinal functions."""
    from kernlab.engine.numerics.interpolation import log10_lebesgue_function
    from kernlab.engine.numerics.polynomial_bases import cardinal_values

    p = bench.p
    nodes = np.sort(p.half_width * bench.unit_nodes(bench.n))
    x = np.linspace(-p.half_width, p.half_width, GRID if bench.full else GRID // 2)
    middle, last = nodes.size // 2, nodes.size - 1
    columns = {"x": x, "lebesgue": 10 ** np.minimum(log10_lebesgue_function(x, nodes), 300)}
    for name, k in (("middle", middle), ("last", last)):
        size = np.abs(cardinal_values(x, nodes)[:, k])
        columns[name] = np.where(size > 0, size, np.nan)
    ones = np.ones(nodes.size)
    yield Step(
        0.2,
        "cardinal functions",
        {"cardinals": Table(columns), "nodes": Table({"x": nodes, "y": ones})},
    )


def singular(bench: Bench) -> Iterator[Step]:
    """log10 of the singular values of V."""
    from kernlab.engine.numerics.vandermonde import singular_values_in_slices

    p = bench.p
    key = (bench.n, p.half_width, bench.family)
    values = bench.cache.peek("singular", key)
    if values is None and not bench.full and bench.n > 30:
        return
    if values is None:
        nodes = bench.unit_nodes(bench.n)
        steps = singular_values_in_slices(bench.n, p.half_width, nodes=nodes, gap=p.gap_width)
        for fraction, made in steps:
            values = made
            yield Step(0.2 + 0.4 * fraction, "singular values")
        bench.cache.put("singular", key, values)
    index = np.arange(1, values.size + 1)
    yield Step(0.6, "", {"singular": Table({"index": index, "log10_sigma": values})})


def fits(bench: Bench) -> Iterator[Step]:
    """Three numbers for each basis: its condition, the Lebesgue constant, the error of sin."""
    p = bench.p
    if not bench.full and bench.n > NUMPY_QUICK:
        return
    exact, lebesgue = yield from _exact_sine(bench)
    rows: dict[str, list[Any]] = {
        name: [] for name in ("basis", "condition", "value", "coefficient")
    }
    columns: dict[str, Any] = {}
    for at, basis in enumerate(REAL_BASES):
        fitted = yield from _fit(bench, basis, exact)
        found = yield from bench.conditioner(bench.n, basis)
        rows["basis"].append(BASES[basis])
        rows["condition"].append(10 ** min(300.0, float(found.log10_condition(p.half_width, "2"))))
        rows["value"].append(fitted.value_error)
        rows["coefficient"].append(fitted.coefficient_error)
        key = basis.replace("-", "_")
        columns[f"value_{key}"] = np.array([fitted.value_error])
        columns[f"coefficient_{key}"] = np.array([fitted.coefficient_error])
        yield Step(0.6 + 0.3 * (at + 1) / len(REAL_BASES), "fits of sin")
    table = {name: np.array(column) for name, column in rows.items()}
    table["lebesgue"] = np.full(len(REAL_BASES), 10 ** min(300.0, lebesgue))
    yield Step(0.9, "", {"bases": Table(table), "errors": Table(columns)})


def _exact_sine(bench: Bench) -> Generator[Step, None, tuple[Any, float]]:
    from kernlab.engine.numerics.interpolation import exact_sine_in_slices, log10_lebesgue_constant

    a, key = bench.p.half_width, (bench.n, bench.p.half_width, bench.family)
    nodes = np.sort(a * bench.unit_nodes(bench.n))
    exact = bench.cache.peek("exact sine", key)
    if exact is None:
        for fraction, made in exact_sine_in_slices(nodes, a):
            exact = made
            yield Step(0.6, f"exact interpolant of sin: {round(100 * fraction)} %")
        bench.cache.put("exact sine", key, exact)
    ends = (min(-a, float(nodes[0])), max(a, float(nodes[-1])))
    lebesgue = bench.cache.get(
        "lebesgue", key, lambda: log10_lebesgue_constant(nodes, interval=ends)
    )
    return exact, lebesgue


def _fit(bench: Bench, basis: str, exact: Any) -> Generator[Step, None, Any]:
    from kernlab.engine.numerics.interpolation import fit_sine

    key = (bench.n, bench.p.half_width, bench.family, basis)
    nodes = np.sort(bench.p.half_width * bench.unit_nodes(bench.n))
    found = bench.cache.get(
        "fit", key, lambda: fit_sine(nodes, basis, bench.p.half_width, exact=exact)
    )
    yield Step()
    return found


def taylor(bench: Bench) -> Iterator[Step]:
    """The Taylor polynomial of sin against its bound and its floor in float64."""
    found = _taylor(bench)
    columns = {
        "x": found.x[1:],
        "exact": found.exact[1:],
        "float64": np.maximum(found.float64[1:], 1e-18),
        "bound": found.bound[1:],
        "floor": found.floor[1:],
    }
    yield Step(0.95, "", {"taylor": Table(columns)})


def _taylor(bench: Bench) -> Any:
    from kernlab.engine.numerics.interpolation import taylor_error

    p = bench.p
    key = (p.taylor_order, p.half_width)
    return bench.cache.get("taylor", key, lambda: taylor_error(*key))


def features(bench: Bench) -> Iterator[Step]:
    """cond(ZᵀZ) of i.i.d. and orthogonal features over draws, with the error of the kernel."""
    p = bench.p
    kinds = ("iid", "orthogonal", "qr-vector")
    shape = (len(kinds), len(DIMENSIONS), p.repeats)
    conditions, squares = np.full(shape, np.nan), np.full(shape, np.nan)
    known = bench.cache.peek("features", (p.m, p.repeats, p.seed))
    if known is None and not bench.full:
        return
    if known is not None:
        yield Step(1.0, "", {"features": known})
        return
    total, done = p.repeats * len(DIMENSIONS), 0
    for repeat in range(p.repeats):
        for at, d in enumerate(DIMENSIONS):
            for kind_at, kind in enumerate(kinds):
                if kind == "qr-vector" and d > 1:
                    continue
                draw = yield from _draw(bench, kind, d, repeat)
                conditions[kind_at, at, repeat] = draw.log10_condition
                squares[kind_at, at, repeat] = draw.kernel_mean_square
            done += 1
            tables = {}
            if done % len(DIMENSIONS) == 0:
                tables = {"features": _feature_table(kinds, conditions, squares)}
            yield Step(done / total, f"draws: {repeat + 1} of {p.repeats}", tables)
    table = _feature_table(kinds, conditions, squares)
    bench.cache.put("features", (p.m, p.repeats, p.seed), table)


def _draw(bench: Bench, kind: str, d: int, repeat: int) -> Generator[Step, None, Any]:
    from kernlab.engine.numerics.feature_conditioning import box_points, feature_draw

    p = bench.p
    points = box_points(GRAM_POINTS, d, 2 * math.pi, rng=p.seed)
    key = (kind, p.m, d, repeat, p.seed)
    found = bench.cache.get(
        "draw",
        key,
        lambda: feature_draw(kind, p.m, d, repeat, points=points, seed=p.seed),
    )
    yield Step()
    return found


def _feature_table(kinds: Sequence[str], conditions: Any, squares: Any) -> Table:
    columns: dict[str, Any] = {"d": np.array(DIMENSIONS)}
    known = np.isfinite(conditions).any(axis=2)
    filled = np.where(known[:, :, None], conditions, 0.0)
    finite = np.where(np.isfinite(filled), filled, np.nan)
    low, middle, high = np.nanquantile(finite, [0, 0.5, 1], axis=2)
    counted = np.maximum(np.isfinite(squares).sum(axis=2), 1)
    rmse = np.sqrt(np.nansum(squares, axis=2) / counted)
    for at, kind in enumerate(kinds):
        name = kind.replace("-", "_")
        parts = (("", middle), ("low_", low), ("high_", high), ("rmse_", rmse))
        for prefix, values in parts:
            columns[f"{prefix}{name}"] = np.where(known[at], values[at], np.nan)
    return Table(columns)


def claims(bench: Bench) -> Iterator[Step]:
    """What only the claims need, as one row."""
    row: dict[str, Any] = {}
    for part in (_condition_claims, _fit_claims, _feature_claims):
        row |= yield from part(bench)
        yield Step(0.5, "measuring the claims")
    table = Table({name: np.array([value]) for name, value in row.items()})
    yield Step(1.0, "", {"claims": table})


def _condition_claims(bench: Bench) -> Generator[Step, None, dict[str, Any]]:
    from kernlab.engine.numerics import vandermonde_bounds as bounds

    p, n = bench.p, bench.n
    found: dict[int, Any] = {}
    for count in sorted({n, 80, 160}):
        if bench.file and count != n:
            continue
        found[count] = yield from bench.conditioner(count, "monomial")
    values = {k: float(v.log10_condition(p.half_width, p.norm)) for k, v in found.items()}
    slope = math.nan if bench.file else (values[160] - values[80]) / 80 * math.log(10)
    half = max(2, n // 2)
    return {
        "log10_condition": values[n],
        "log10_condition_1": float(found[n].log10_condition(p.half_width, "1")),
        "log10_monomial_condition": float(found[n].log10_condition(p.half_width, "2")),
        "log10_claimed": float(bounds.log10_claimed_bound(n, p.half_width, p.bound_constant)),
        "log10_gautschi": float(bounds.log10_gautschi(n)),
        "slope": slope,
        "rate": bounds.growth_rate(p.half_width),
        "log10_determinant": bounds.log10_determinant(n, p.half_width),
        "log10_claimed_determinant": float(
            bounds.log10_published_determinant(n, p.half_width, p.bound_constant)
        ),
        "superfactorial_off": bounds.log10_superfactorial(n)
        - float(bounds.log10_published_superfactorial(n)),
        "superfactorial_half": bounds.log10_superfactorial(half)
        - float(bounds.log10_published_superfactorial(half)),
        "superfactorial_expansion": abs(
            bounds.log10_superfactorial(n) - float(bounds.log10_superfactorial_expansion(n))
        ),
    }


def _fit_claims(bench: Bench) -> Generator[Step, None, dict[str, Any]]:
    exact, lebesgue = yield from _exact_sine(bench)
    fitted = yield from _fit(bench, "monomial", exact)
    found = _taylor(bench)
    positive = found.bound > 0
    excess = np.max(found.exact[positive] / found.bound[positive], initial=0.0)
    return {
        "value_error": fitted.value_error,
        "coefficient_error": fitted.coefficient_error,
        "lebesgue": 10 ** min(300.0, lebesgue),
        "taylor_excess": float(excess),
        "taylor_bound": float(found.bound[-1]),
    }


def _feature_claims(bench: Bench) -> Generator[Step, None, dict[str, Any]]:
    p = bench.p
    kind = "qr-vector" if p.dimension == 1 else "orthogonal"
    ratios = []
    for repeat in range(p.repeats):
        ours = yield from _draw(bench, kind, p.dimension, repeat)
        iid = yield from _draw(bench, "iid", p.dimension, repeat)
        ratios.append(ours.log10_condition - iid.log10_condition)
    with np.errstate(invalid="ignore"):
        low, middle, high = np.quantile(ratios, [0, 0.5, 1])
    return {"ratio_low": low, "ratio_median": middle, "ratio_high": high}


def bench_of(p: Parameters, fidelity: Fidelity, cache: Cache) -> Bench:
    """The bench of a run."""
    return Bench(p, fidelity == "full", cache)
