"""The Vandermonde experiment: its tables against exact arithmetic, its claims, its edges."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import kernlab
from kernlab.engine import catalogue
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import NOT_MEASURED
from kernlab.engine.contract.drawing import Drawing, draw
from kernlab.engine.contract.parameters import own_data
from kernlab.engine.contract.table import Table

experiment = catalogue.get("vandermonde")
ALL = (*experiment.views, "claims")


def tables_of(
    views: tuple[str, ...], fidelity: Any = "full", **parameters: Any
) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    p = experiment.Parameters(**parameters)
    for step in experiment.run(p, fidelity, Cache(), views):
        tables.update(step.tables)
    return tables


def claim(id_: str, **parameters: Any) -> Any:
    p = experiment.Parameters(**parameters)
    found = experiment.claims(p, tables_of(("claims",), **parameters))
    return next(c for c in found if c.id == id_)


def exact_one_norm_condition(n: int, a: Fraction) -> float:
    """log10 cond₁ by rational elimination."""
    nodes = [-a + 2 * a * Fraction(i, n - 1) for i in range(n)]
    rows = [[x**j for j in range(n)] + [Fraction(i == j) for j in range(n)]
            for i, x in enumerate(nodes)]  # fmt: skip
    for k in range(n):
        pivot = next(i for i in range(k, n) if rows[i][k] != 0)
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [value / rows[k][k] for value in rows[k]]
        for i in range(n):
            if i != k and rows[i][k] != 0:
                rows[i] = [u - rows[i][k] * v for u, v in zip(rows[i], rows[k], strict=True)]
    matrix = [[x**j for j in range(n)] for x in nodes]
    norms = [max(sum(abs(row[j]) for row in block) for j in range(n))
             for block in (matrix, [row[n:] for row in rows])]  # fmt: skip
    product = norms[0] * norms[1]
    return math.log10(product.numerator) - math.log10(product.denominator)


@pytest.mark.parametrize("a", [Fraction(1, 4), Fraction(1), Fraction(10)])
def test_the_curve_is_exact(a: Fraction) -> None:
    table = tables_of(("Condition",), n=12, half_width=float(a), norm="1")["curve"]
    for n in (4, 9, 12):
        at = int(np.flatnonzero(table["n"] == n)[0])
        assert table["exact"][at] == pytest.approx(exact_one_norm_condition(n, a), abs=1e-9)


def test_numpy_agrees_as_long_as_double_precision_can_tell() -> None:
    table = tables_of(("Condition",), n=12)["curve"]
    small = table["exact"] < 10
    np.testing.assert_allclose(table["numpy"][small], table["exact"][small], atol=1e-4)
    large = table["exact"] > 30
    assert np.all(table["numpy"][large] < 25)


def test_the_lemma_breaks_where_the_exact_condition_crosses_its_bound() -> None:
    found = kernlab.find_break("vandermonde", "V1", "half_width", n=40, norm=2, bound_constant=0.5)
    assert found.value == pytest.approx(2.808, abs=5e-4)
    assert found.verdicts == ("holds", "fails")


@pytest.mark.parametrize("a", [0.25, 1.0, 2 * math.pi, 10.0])
def test_the_slope_agrees_with_the_rate_to_one_percent(a: float) -> None:
    row = tables_of(("claims",), half_width=a)["claims"]
    assert row["slope"][0] == pytest.approx(row["rate"][0], rel=0.01)
    assert "c that may depend on a" in claim("V1", half_width=a).reason


def test_the_lemma_holds_at_small_and_fails_at_large_half_widths() -> None:
    assert claim("V1", half_width=1.0).verdict == "holds"
    assert claim("V1", half_width=10.0).verdict == "fails"
    assert claim("V1", nodes="chebyshev").verdict == "inconclusive"


def test_the_determinant_breaks_its_bound_once_n_is_large_enough() -> None:
    assert claim("V2", half_width=1.0).verdict == "fails"
    small = claim("V2", half_width=0.05, n=20)
    assert small.verdict == "inconclusive" and "broken from about n" in small.reason


def test_gautschi_is_judged_only_on_the_unit_interval() -> None:
    assert claim("V4", half_width=1.0, n=80).verdict == "holds"
    assert claim("V4", half_width=2.0).verdict == "inconclusive"


def test_taylor_bound_holds() -> None:
    assert claim("V5", half_width=6.0, taylor_order=9).verdict == "holds"


def test_fitted_values_are_not_amplified_on_chebyshev_nodes() -> None:
    found = claim("V6", n=40, half_width=2 * math.pi, nodes="chebyshev")
    assert found.verdict == "fails" and float(found.measured) < 1e-11
    assert claim("V6", n=6).verdict == "inconclusive"


def test_orthogonalization_worsens_the_condition_in_one_dimension() -> None:
    found = claim("V7", dimension=1, m=8, repeats=5)
    assert found.verdict == "fails" and float(found.measured) > 5


def test_every_figure_draws_and_every_claim_is_judged() -> None:
    p = experiment.Parameters(n=20, repeats=2, m=4)
    tables = tables_of(ALL, n=20, repeats=2, m=4)
    for figure in experiment.figures(p, tables):
        drawing = draw(figure, tables)
        if isinstance(drawing, Drawing):
            assert drawing.items
    judged = experiment.claims(p, tables)
    assert [c.id for c in judged] == [f"V{i}" for i in range(1, 8)]
    assert all(c.reason != NOT_MEASURED for c in judged)
    assert experiment.answer(p, tables)
    assert {c.reason for c in experiment.claims(p, {})} == {NOT_MEASURED}


def test_presets_are_valid_and_named_by_the_claims() -> None:
    for preset in experiment.presets:
        experiment.Parameters(**preset.parameters)
    titles = {preset.title for preset in experiment.presets}
    claims = experiment.claims(experiment.Parameters(), {})
    assert {c.preset for c in claims if c.preset} <= titles


def test_coarse_agrees_with_full_where_both_have_rows() -> None:
    coarse, full = (tables_of(("Condition",), f, n=24)["curve"] for f in ("coarse", "full"))
    both = np.isin(full["n"], coarse["n"])
    np.testing.assert_allclose(coarse["exact"], full["exact"][both], atol=1e-10)


def test_own_nodes_are_scaled_to_the_half_width() -> None:
    file = own_data({"x": np.linspace(-3.0, 3.0, 12)})
    table = tables_of(("Condition",), nodes="file", nodes_file=file, half_width=2.0)["curve"]
    even = tables_of(("Condition",), n=12, half_width=2.0)["curve"]
    at = int(np.flatnonzero(even["n"] == 12)[0])
    assert table["exact"][0] == pytest.approx(even["exact"][at], abs=1e-8)


@pytest.mark.parametrize("x", [[1.0], [1.0, 1.0, 2.0], np.arange(300.0)])
def test_own_nodes_that_make_no_matrix_are_refused(x: Any) -> None:
    with pytest.raises(ValueError, match="nodes_file has"):
        experiment.Parameters(nodes="file", nodes_file=own_data({"x": x}))
