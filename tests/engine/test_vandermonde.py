"""Condition numbers of Vandermonde matrices against the reference and ball arithmetic."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import brentq

from kernlab.engine.numerics import vandermonde
from kernlab.engine.numerics import vandermonde_bounds as bounds
from kernlab.engine.numerics.interpolation_nodes import gauss_legendre, unit_nodes
from kernlab.engine.numerics.polynomial_bases import ball_condition, basis_matrix
from kernlab.engine.numerics.vandermonde import log10_condition
from kernlab.engine.numerics.vandermonde_table import NORMS, named_table, table

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "reference" / "vandermonde.json").read_text()
)
CASES = REFERENCE["cases"]
WIDTHS = {"pi": math.pi, "2pi": 2.0 * math.pi}
OTHERS = {
    "mono_equi": ("monomial", "equispaced"),
    "mono_cheb": ("monomial", "chebyshev"),
    "scaledmono_equi(x/a)": ("scaled-monomial", "equispaced"),
    "scaledmono_cheb(x/a)": ("scaled-monomial", "chebyshev"),
    "cheb_cheb1": ("chebyshev", "chebyshev"),
    "cheb_lobatto": ("chebyshev", "lobatto"),
    "leg_cheb1": ("legendre", "chebyshev"),
    "cheb_equi": ("chebyshev", "equispaced"),
    "leg_equi": ("legendre", "equispaced"),
    "normleg_gauss": ("normalized-legendre", "gauss"),
    "arnoldi_equi": ("arnoldi", "equispaced"),
    "arnoldi_cheb": ("arnoldi", "chebyshev"),
    "roots_unity": ("roots-of-unity", "equispaced"),
}


def width(case: dict[str, Any]) -> float:
    """The half-width of a case, whose float is the nearest to a multiple of pi."""
    return WIDTHS.get(case["a"], case["a_float"])


def others() -> Iterator[Any]:
    for key, values in REFERENCE["other_bases_log10_cond2"].items():
        n, a = int(key.split(",")[0]), 1.0 if key.endswith("1.0000") else 2.0 * math.pi
        for name, expected in values.items():
            yield pytest.param(n, a, name, expected, id=f"{name}-{n}-{a:.1f}")


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['n']}-{c['a']}")
@pytest.mark.parametrize(
    ("norm", "key"),
    [(2, "log10_cond2"), (np.inf, "log10_cond_inf"), (1, "log10_cond_1_gautschi")],
)
def test_condition_agrees_with_the_reference(case: dict[str, Any], norm: float, key: str) -> None:
    if math.isfinite(case[key]):
        value = log10_condition(case["n"], width(case), norm=norm)
        assert value == pytest.approx(case[key], rel=0, abs=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['n']}-{c['a']}")
def test_determinant_and_two_norms_agree_with_the_reference(case: dict[str, Any]) -> None:
    n, a = case["n"], width(case)
    known = named_table("equispaced", n)
    forward, inverse = known.log10_two_norms(a)
    assert bounds.log10_determinant(n, a) == pytest.approx(case["log10_absdet"], rel=0, abs=1e-9)
    assert known.log10_determinant(a) == pytest.approx(case["log10_absdet"], rel=0, abs=1e-9)
    assert forward == pytest.approx(case["log10_norm2_V"], rel=0, abs=1e-9)
    assert inverse == pytest.approx(case["log10_norm2_Vinv"], rel=0, abs=1e-9)


@pytest.mark.parametrize(("n", "a", "name", "expected"), list(others()))
def test_other_bases_agree_with_the_reference(n: int, a: float, name: str, expected: float) -> None:
    if name == "normleg_gauss_weighted":
        nodes, weights = gauss_legendre(n)
        matrix = np.sqrt(weights)[:, None] * basis_matrix(nodes, "normalized-legendre")
        value = math.log10(np.linalg.cond(matrix))
    else:
        basis, nodes_name = OTHERS[name]
        value = log10_condition(n, a, nodes=nodes_name, basis=basis)
    assert value == pytest.approx(expected, rel=0, abs=1e-6)


def test_ill_conditioned_bases_agree_with_the_note_in_the_reference() -> None:
    assert log10_condition(80, 1.0, basis="chebyshev") == pytest.approx(20.9386, abs=5e-5)
    assert log10_condition(80, 1.0, basis="legendre") == pytest.approx(21.0810, abs=5e-5)


@settings(max_examples=40)
@given(
    st.lists(st.integers(-2000, 2000), min_size=2, max_size=12, unique=True),
    st.sampled_from((0.003, 0.37, 5.1)),
    st.sampled_from(NORMS),
    st.booleans(),
)
def test_any_monomial_nodes_agree_with_balls(
    marks: list[int], scale: float, norm: float | str, symmetric: bool
) -> None:
    nodes = scale * np.array(sorted({*marks, *(-m for m in marks)} if symmetric else marks), float)
    expected = ball_condition(nodes, norm=norm)
    value = log10_condition(nodes.size, 1.0, norm=norm, nodes=nodes)
    assert value == pytest.approx(expected.value, rel=0, abs=1e-10 + expected.radius)


@settings(max_examples=40)
@given(
    st.lists(st.integers(-100, 100), min_size=2, max_size=12, unique=True),
    st.sampled_from(("scaled-monomial", "chebyshev", "legendre", "normalized-legendre", "newton")),
    st.sampled_from(NORMS),
)
def test_any_nodes_in_other_bases_agree_with_balls(
    marks: list[int], basis: str, norm: float | str
) -> None:
    nodes = 0.025 * np.array(marks, dtype=float)
    expected = ball_condition(nodes, basis, 2.5, norm=norm)
    value = log10_condition(nodes.size, 2.5, norm=norm, nodes=nodes, basis=basis)
    assert value == pytest.approx(expected.value, rel=0, abs=1e-10 + expected.radius)


@pytest.mark.parametrize("family", ["equispaced", "chebyshev", "gauss", "leja", "gapped"])
@pytest.mark.parametrize("basis", ["monomial", "chebyshev", "legendre", "newton"])
@pytest.mark.parametrize("norm", NORMS)
def test_named_nodes_agree_with_balls(family: str, basis: str, norm: float | str) -> None:
    n, a = 31, 3.0
    nodes = vandermonde.resolve_nodes(family, n, a, gap_width=1.0)
    expected = ball_condition(nodes, basis, a, norm=norm)
    value = log10_condition(n, a, norm=norm, nodes=family, basis=basis, gap_width=1.0)
    assert value == pytest.approx(expected.value, rel=0, abs=1e-9)


@pytest.mark.parametrize("norm", NORMS)
def test_two_hundred_nodes_agree_with_the_way_through_balls(norm: float | str) -> None:
    # Moved by a hair, nodes lose their symmetry and go through ball arithmetic.
    nodes = unit_nodes("equispaced", 200)
    nodes[0] = np.nextafter(-1.0, 0.0)
    widths = np.array([0.05, 1.0, 100.0])
    by_balls = table(nodes).log10_condition(widths, norm)
    known = named_table("equispaced", 200).log10_condition(widths, norm)
    assert np.abs(by_balls - known).max() < 1e-9
    assert known[2] > 390.0


def _exact_norms(n: int, a: Fraction) -> tuple[Fraction, Fraction]:
    """cond_1 and cond_inf by Gauss-Jordan elimination in fractions."""
    nodes = [-a + 2 * a * i / (n - 1) for i in range(n)]
    rows = [[x**j for j in range(n)] + [Fraction(int(i == k)) for k in range(n)]
            for i, x in enumerate(nodes)]  # fmt: skip
    forward = [row[:n] for row in rows]
    for c in range(n):
        pivot = next(r for r in range(c, n) if rows[r][c] != 0)
        rows[c], rows[pivot] = rows[pivot], rows[c]
        rows[c] = [v / rows[c][c] for v in rows[c]]
        for r in range(n):
            if r != c:
                rows[r] = [v - rows[r][c] * w for v, w in zip(rows[r], rows[c], strict=True)]
    inverse = [row[n:] for row in rows]

    def row_norm(m: list[list[Fraction]]) -> Fraction:
        return max(sum(map(abs, row), Fraction(0)) for row in m)

    def column_norm(m: list[list[Fraction]]) -> Fraction:
        return row_norm([list(column) for column in zip(*m, strict=True)])

    return column_norm(forward) * column_norm(inverse), row_norm(forward) * row_norm(inverse)


@pytest.mark.parametrize("n", range(2, 8))
@pytest.mark.parametrize("a", [Fraction(1, 4), Fraction(1), Fraction(5, 2), Fraction(40)])
def test_small_matrices_agree_with_fractions(n: int, a: Fraction) -> None:
    one, infinity = _exact_norms(n, a)
    assert 10 ** log10_condition(n, float(a), norm=1) == pytest.approx(float(one), rel=1e-12)
    assert 10 ** log10_condition(n, float(a), norm="inf") == pytest.approx(
        float(infinity), rel=1e-12
    )


def test_two_nodes_have_the_closed_form() -> None:
    assert log10_condition(2, 1.0) == pytest.approx(0.0, abs=1e-14)
    assert log10_condition(2, 5.0) == pytest.approx(math.log10(5.0))
    assert log10_condition(2, 0.2) == pytest.approx(math.log10(5.0))


@pytest.mark.parametrize("n", [5, 40, 157])
def test_norms_bound_one_another(n: int) -> None:
    widths = np.geomspace(0.05, 100.0, 23)
    known = named_table("equispaced", n)
    one, two, infinity = (known.log10_condition(widths, norm) for norm in NORMS)
    assert np.all(two <= 0.5 * (one + infinity) + 1e-12)
    assert np.all(one <= two + math.log10(n) + 1e-12)
    assert np.all(infinity <= two + math.log10(n) + 1e-12)


def test_many_half_widths_at_once_equal_one_at_a_time() -> None:
    known, widths = named_table("equispaced", 60), np.geomspace(0.05, 100.0, 31).reshape(31, 1)
    for norm in NORMS:
        single = [[float(known.log10_condition(a[0], norm))] for a in widths]
        assert np.abs(known.log10_condition(widths, norm) - single).max() < 1e-11


@pytest.mark.parametrize("a", [0.25, 1.0, 2.0 * math.pi, 10.0])
def test_slope_agrees_with_the_growth_rate(a: float) -> None:
    slope = (log10_condition(160, a) - log10_condition(80, a)) / 80.0 * math.log(10.0)
    assert slope == pytest.approx(vandermonde.growth_rate(a), rel=0.01)


def test_minimum_over_the_half_width_is_where_the_reference_has_it() -> None:
    # The reference's half-widths have three digits: its minima lie a little above the true ones.
    widths = np.arange(1.0, 1.25, 0.0005)
    for row in REFERENCE["argmin_a"]:
        known, least = named_table("equispaced", row["n"]), row["min_log10_cond2"]
        values = known.log10_condition(widths, 2)
        assert least - 3e-3 < values.min() < least + 6e-5
        assert widths[values.argmin()] == pytest.approx(row["a_cond2"], abs=5e-3)
        assert float(known.log10_condition(row["a_cond2"], 2)) == pytest.approx(least, abs=5e-4)
        assert values[0] == pytest.approx(row["at_a1"], abs=6e-5)


def test_growth_rate_has_its_minimum_at_one() -> None:
    assert vandermonde.growth_rate(1.0) == pytest.approx(math.pi / 4 + 0.5 * math.log(2), abs=1e-15)
    assert vandermonde.growth_rate(1.0) < min(map(vandermonde.growth_rate, (0.99, 1.01, 1e-3, 1e3)))
    assert vandermonde.growth_rate(1e8) == pytest.approx(math.log(1e8), rel=1e-8)
    assert vandermonde.growth_rate(1e-8) == pytest.approx(math.log(1e8) + 1.0, rel=1e-8)


def test_the_lemma_breaks_where_the_source_says() -> None:
    known = named_table("equispaced", 40)

    def margin(a: float) -> float:
        claimed = float(bounds.log10_claimed_bound(40, a, 0.5))
        return float(known.log10_condition(a, 2)) - claimed

    assert brentq(margin, 1.0, 10.0, xtol=1e-6) == pytest.approx(2.808, abs=5e-4)


def test_beckermann_bounds_every_table_and_is_attained() -> None:
    for n in (2, 3, 4, *range(5, 201, 13)):
        lowest = named_table("equispaced", n).log10_condition(np.geomspace(0.05, 100, 40), 2).min()
        assert lowest >= float(bounds.log10_beckermann(n)) - 1e-12
    assert float(bounds.log10_beckermann(2)) == pytest.approx(log10_condition(2, 1.0), abs=1e-14)


def test_beckermann_with_nodes_put_for_the_degree_is_no_bound() -> None:
    half = np.array([0.200575, 0.571711, 0.859961, 1.032109, 1.107313])
    best = log10_condition(10, 1.0, nodes=np.concatenate([-half[::-1], half]))
    assert best < float(bounds.log10_beckermann_as_quoted(10)) - 0.09
    assert best > float(bounds.log10_beckermann(10))


def test_gautschi_ratio_decreases_to_one() -> None:
    ratios = [10 ** (log10_condition(n, 1.0, norm=1) - float(bounds.log10_gautschi(n)))
              for n in (5, 10, 20, 40, 80, 160)]  # fmt: skip
    assert ratios == pytest.approx([1.200, 1.139, 1.068, 1.034, 1.017, 1.008], abs=1e-3)


def test_determinant_turns_at_its_half_width() -> None:
    turn = bounds.DETERMINANT_TURN
    assert turn == pytest.approx(2.2408, abs=5e-5)
    assert bounds.log10_determinant(80, 2.0 * math.pi) == pytest.approx(1513.97, abs=5e-3)
    assert bounds.log10_determinant_asymptotics(400, turn) == pytest.approx(0.0, abs=1e-8)
    assert bounds.log10_published_determinant(80, 2.0 * math.pi, 0.5) < 0.0


def test_superfactorial_expansion_converges() -> None:
    errors = [abs(bounds.log10_superfactorial(n) - float(bounds.log10_superfactorial_expansion(n)))
              for n in (10, 20, 40)]  # fmt: skip
    assert errors[0] < 2e-5
    assert errors[1] == pytest.approx(errors[0] / 4.0, rel=0.05)
    assert errors[2] == pytest.approx(errors[1] / 4.0, rel=0.05)
    assert bounds.log10_published_superfactorial(40) > 1.5 * bounds.log10_superfactorial(40)


def test_numpy_is_right_while_it_can_be_and_never_raises() -> None:
    for case in CASES:
        if case["log10_cond2"] < 13.0:
            reported = vandermonde.numpy_log10_condition(case["n"], width(case))
            assert reported == pytest.approx(case["log10_cond2"], abs=1e-2)
    assert math.isnan(vandermonde.numpy_log10_condition(200, 100.0))
    for norm in NORMS:
        assert vandermonde.numpy_log10_condition(80, 1.0, norm=norm) < 25.0


def test_the_node_positions_of_an_array_are_taken_as_they_stand() -> None:
    nodes = 3.0 * unit_nodes("equispaced", 9)
    expected = log10_condition(9, 3.0)
    assert log10_condition(9, 1.0, nodes=nodes) == pytest.approx(expected, abs=1e-12)
    assert log10_condition(9, 3.0, nodes=nodes[::-1]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("norm", NORMS)
def test_positions_whose_powers_overflow_are_as_good_as_any(norm: float | str) -> None:
    nodes = vandermonde.resolve_nodes("gauss", 200, 50.0)
    expected = log10_condition(200, 50.0, norm=norm, nodes="gauss")
    assert expected > 330.0
    assert log10_condition(200, 1.0, norm=norm, nodes=nodes) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("basis", ["monomial", "chebyshev", "newton"])
def test_clusters_beyond_the_range_of_float64_go_through_balls(basis: str) -> None:
    marks = 1e-12 * np.arange(1.0, 16.0)
    nodes = np.concatenate([-marks, marks, [-1.0, 1.0]])
    expected = ball_condition(nodes, basis, 2.0)
    value = log10_condition(32, 2.0, nodes=nodes, basis=basis)
    assert expected.value > 300.0
    assert value == pytest.approx(expected.value, rel=0, abs=1e-9 + expected.radius)


def test_a_curve_fills_a_store_and_uses_it() -> None:
    store: dict[int, Any] = {}
    curve = dict(vandermonde.condition_curve(2.0, range(2, 30), store=store))
    assert set(store) == set(range(2, 30))
    assert curve[17] == log10_condition(17, 2.0)
    columns = dict(vandermonde.condition_map([29, 5], [0.5, 2.0], norm=1, store=store))
    assert columns[5][1] == log10_condition(5, 2.0, norm=1)
    assert list(columns) == [29, 5]


def test_slices_end_with_the_conditioner() -> None:
    steps = list(vandermonde.conditioner_in_slices(40, "leja"))
    fractions = [fraction for fraction, _ in steps]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert all(found is None for _, found in steps[:-1])
    assert steps[-1][1] is not None


@pytest.mark.parametrize(("n", "a", "nodes"), [(10, 1.0, "equispaced"), (11, 3.0, "leja")])
def test_singular_values_agree_with_numpy_where_it_can_tell(n: int, a: float, nodes: str) -> None:
    x = vandermonde.resolve_nodes(nodes, n, a)
    expected = np.linalg.svd(basis_matrix(x, "monomial"), compute_uv=False)
    values = 10 ** vandermonde.singular_values(n, a, nodes=nodes)
    assert values == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("n", "a"), [(41, 0.05), (60, 1.0), (60, 100.0)])
def test_singular_values_multiply_to_the_determinant(n: int, a: float) -> None:
    values = vandermonde.singular_values(n, a)
    assert np.all(np.diff(values) <= 0.0)
    assert values.sum() == pytest.approx(bounds.log10_determinant(n, a), abs=1e-9)
    assert values[0] - values[-1] == pytest.approx(log10_condition(n, a), abs=1e-10)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 1}, "n = 1"),
        ({"half_width": 0.0}, "half_width = 0.0"),
        ({"half_width": math.nan}, "half_width = nan"),
        ({"norm": 3}, "norm = 3"),
        ({"nodes": "random"}, "nodes = 'random'"),
        ({"nodes": [0.0, 1.0, 1.0]}, "1.0 twice"),
        ({"nodes": [0.0, 1.0]}, "n = 3"),
        ({"basis": "fourier"}, "basis = 'fourier'"),
        ({"n": 4, "nodes": "gapped", "gap_width": 2.0}, "gap_width = 2.0"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        log10_condition(**{"n": 3, "half_width": 1.0, **arguments})


def test_nodes_are_those_of_their_definition() -> None:
    assert unit_nodes("equispaced", 3) == pytest.approx([-1.0, 0.0, 1.0])
    assert unit_nodes("chebyshev", 3) == pytest.approx(np.cos(np.pi * np.array([5, 3, 1]) / 6))
    assert unit_nodes("lobatto", 3) == pytest.approx([-1.0, 0.0, 1.0])
    assert unit_nodes("gapped", 5, gap=0.5) == pytest.approx([-1.0, -0.75, -0.5, 0.5, 1.0])
    leja = unit_nodes("leja", 5)
    assert leja[:4] == pytest.approx([1.0, -1.0, 0.0, 1.0 / math.sqrt(3.0)], abs=1e-4)
    assert np.array_equal(unit_nodes("leja", 40)[:5], leja)
    for n in (2, 3, 50, 201):
        expected: NDArray[np.float64] = np.polynomial.legendre.leggauss(n)[0]
        assert gauss_legendre(n)[0] == pytest.approx(expected, abs=1e-14)
        assert gauss_legendre(n)[1].sum() == pytest.approx(2.0, abs=1e-13)
