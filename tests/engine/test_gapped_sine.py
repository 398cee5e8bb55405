"""The gapped-sine experiment against scikit-learn, dense algebra and the published table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF

from kernlab.engine import catalogue
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import NOT_MEASURED
from kernlab.engine.contract.drawing import Drawing, draw
from kernlab.engine.contract.parameters import own_data
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.gapped_sine import data
from kernlab.engine.numerics.steps import drain

experiment = catalogue.get("gapped-sine")
ALL = (*experiment.views, "claims")


def tables_of(
    fidelity: Any = "full", views: tuple[str, ...] = ("Posterior",), **parameters: Any
) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    p = experiment.Parameters(**parameters)
    for step in experiment.run(p, fidelity, Cache(), views):
        tables.update(step.tables)
    return tables


def points_of(**parameters: Any) -> tuple[data.Points, np.ndarray, np.ndarray]:
    """The condensed points, and the same points made again chunk by chunk."""
    p = experiment.Parameters(**parameters)
    points = drain(data.prepare(p, "full", Cache()))
    size = 100_000
    chunks = [
        data.draw(p.seed, p.domain, k, min(size, p.n - k * size))
        for k in range((p.n + size - 1) // size)
    ]
    x = np.concatenate([x for x, _ in chunks])
    y = np.sin(x) + p.noise * np.concatenate([noise for _, noise in chunks])
    if points.gap is not None:
        outside = (x <= points.gap[0]) | (x >= points.gap[1])
        x, y = x[outside], y[outside]
    return points, x, y


def sklearn_gp(x: np.ndarray, y: np.ndarray, lengthscale: float, ridge: float) -> Any:
    kernel = RBF(lengthscale, length_scale_bounds="fixed")
    model = GaussianProcessRegressor(kernel, alpha=ridge, optimizer=None)
    return model.fit(x[:, None], y)


@pytest.mark.parametrize("dataset, published", [("paper-1", 7.6567e4), ("paper-2", 8.6482e4)])
def test_table_2_exact_cells(dataset: str, published: float) -> None:
    table = tables_of(dataset=dataset, methods=("exact", "krr"))["methods"]
    np.testing.assert_allclose(table["condition"], published, rtol=5e-5)


@pytest.mark.parametrize("dataset, published", [("paper-1", 2.5005e6), ("paper-2", 3.7513e6)])
def test_table_2_performer_cells(dataset: str, published: float) -> None:
    table = tables_of(dataset=dataset, methods=("unit",), ridge=1e-3, feature_scale=2.0)["methods"]
    np.testing.assert_allclose(table["condition"], published, rtol=5e-5)


@pytest.mark.parametrize("n", [900, 100_000, 230_000])
def test_condensed_points_are_the_points(n: int) -> None:
    points, x, y = points_of(n=n, gap_center=1.3, gap_width=2.2, noise=0.3)
    assert points.n == x.size
    nodes, weight, weighted_y = points.nodes(8.0, 1.0, Cache())
    for omega in (0.0, 1.7, 8.0):
        scale = np.abs(y).sum()
        assert weight @ np.cos(omega * nodes) == pytest.approx(
            np.cos(omega * x).sum(), abs=1e-13 * x.size
        )
        assert weighted_y @ np.sin(omega * nodes + 0.2) == pytest.approx(
            (y * np.sin(omega * x + 0.2)).sum(), abs=1e-13 * scale
        )


def test_fewer_points_are_a_prefix_of_more() -> None:
    few, many = data.draw(5, 1.0, 3, 100), data.draw(5, 1.0, 3, 1000)
    for a, b in zip(few, many, strict=True):
        np.testing.assert_array_equal(a, b[:100])


def test_posterior_agrees_with_scikit_learn() -> None:
    _, x, y = points_of(n=400, noise=0.2)
    table = tables_of(n=400, noise=0.2, lengthscale=0.8, ridge=0.04)["posterior"]
    mean, sd = sklearn_gp(x, y, 0.8, 0.04).predict(table["x"][:, None], return_std=True)
    np.testing.assert_allclose(table["mean"], mean, atol=1e-9)
    np.testing.assert_allclose(table["sd"], sd, rtol=1e-6)


def test_variance_share_in_the_gap_against_dense_algebra() -> None:
    points, x, _ = points_of(n=300)
    table = tables_of(n=300, methods=("exact", "unit"))["methods"]
    assert points.gap is not None
    grid = np.linspace(*points.gap, 201)
    gram = np.exp(-0.5 * (x[:, None] - x) ** 2)
    cross = np.exp(-0.5 * (grid[:, None] - x) ** 2)
    solved = np.linalg.solve(gram + 0.01 * np.eye(x.size), cross.T)
    exact = 1 - np.einsum("ij,ji->i", cross, solved)
    z, zq = (np.column_stack([np.cos(t), np.sin(t)]) for t in (x, grid))
    inverse = np.linalg.inv(z.T @ z + 0.01 * np.eye(2))
    unit = 0.01 * np.einsum("ij,jk,ik->i", zq, inverse, zq)
    row = list(table["key"]).index("unit")
    assert table["rho"][row] == pytest.approx(unit.sum() / exact.sum(), rel=1e-8)


def test_evidence_map_agrees_with_scikit_learn() -> None:
    _, x, y = points_of(n=80, noise=0.2)
    table = tables_of(n=80, noise=0.2, views=("Evidence",))["evidence"]
    for at in (48 * 30 + 20, 48 * 40 + 30):
        lengthscale, ridge = float(table["lengthscale"][at]), float(table["ridge"][at])
        expected = sklearn_gp(x, y, lengthscale, ridge).log_marginal_likelihood_value_
        assert table["log_evidence"][at] == pytest.approx(expected, rel=1e-7)


def test_spectrum_is_that_of_the_kernel_matrix() -> None:
    _, x, _ = points_of(n=200)
    table = tables_of(n=200, views=("Evidence",))["spectrum"]
    gram = np.exp(-0.5 * (x[:, None] - x) ** 2)
    expected = np.linalg.eigvalsh(gram)[::-1][:12]
    np.testing.assert_allclose(table["exact"][:12], expected, rtol=1e-9)


def test_own_data_are_fitted_without_the_rows_held_out() -> None:
    rng = np.random.default_rng(4)
    x = np.sort(rng.uniform(3, 9, 300))
    x = x[(x < 5) | (x > 6)]
    y = np.cos(x) + 0.1 * rng.standard_normal(x.size)
    file = own_data({"x": x, "y": y})
    tables = tables_of(dataset="file", data_file=file)
    held = np.random.default_rng([1, 3]).random(x.size) < 0.1
    model = sklearn_gp(x[~held], y[~held], 1.0, 0.01)
    table = tables["posterior"]
    np.testing.assert_allclose(table["mean"], model.predict(table["x"][:, None]), atol=1e-8)
    error = np.mean((model.predict(x[held][:, None]) - y[held]) ** 2)
    assert tables["methods"]["mse"][0] == pytest.approx(error, rel=1e-7)
    assert 5 - 0.1 < tables["data"]["gap_left"][0] <= 5


def test_coarse_agrees_with_full_within_the_error_shown() -> None:
    methods = ("exact", "iid", "halton", "nystrom-dtc")
    coarse, full = (tables_of(f, methods=methods)["posterior"] for f in ("coarse", "full"))
    assert coarse.columns.keys() == full.columns.keys()
    for name in full.columns:
        np.testing.assert_allclose(coarse[name], full[name][::3], atol=1e-9, rtol=1e-6)


def test_a_coarse_run_of_ten_million_points_is_labelled_as_a_preview() -> None:
    p = experiment.Parameters(n=10_000_000)
    tables: dict[str, Table] = {}
    for step in experiment.run(p, "coarse", Cache(), ("Posterior",)):
        tables.update(step.tables)
    drawing = draw(experiment.figures(p, tables)[0], tables)
    assert tables["data"]["used"][0] < 300_000
    assert "preview with n = 100\u202f000" in drawing.note or "10⁵" in drawing.note


@settings(max_examples=10)
@given(stop=st.integers(0, 60))
def test_a_run_that_was_stopped_anywhere_leaves_the_cache_right(stop: int) -> None:
    cache, p = Cache(), experiment.Parameters(n=120_000)
    steps = experiment.run(p, "full", cache, ("Posterior", "claims"))
    for _, _ in zip(range(stop), steps, strict=False):
        pass
    steps.close()  # type: ignore[attr-defined]
    tables: dict[str, Table] = {}
    for step in experiment.run(p, "full", cache, ("Posterior",)):
        tables.update(step.tables)
    fresh = tables_of(n=120_000)["posterior"]
    for name in fresh.columns:
        np.testing.assert_array_equal(tables["posterior"][name], fresh[name])


def test_every_figure_draws_and_every_claim_is_judged() -> None:
    p = experiment.Parameters(methods=tuple(k for k in _methods()), n=500, m=12)
    tables: dict[str, Table] = {}
    for step in experiment.run(p, "full", Cache(), ALL):
        tables.update(step.tables)
    for figure in experiment.figures(p, tables):
        drawing = draw(figure, tables)
        assert drawing.title
        if isinstance(drawing, Drawing):
            assert drawing.items
    judged = experiment.claims(p, tables)
    assert [claim.id for claim in judged] == [f"G{i}" for i in range(1, 9)]
    assert all(claim.reason != NOT_MEASURED for claim in judged)
    assert experiment.answer(p, tables)


def _methods() -> tuple[str, ...]:
    from kernlab.engine.contract.parameters import fields_of

    fields = {field.name: field for field in fields_of(experiment.Parameters)}
    return tuple(fields["methods"].options)


def test_claims_wait_for_their_measurement() -> None:
    p = experiment.Parameters()
    assert {claim.reason for claim in experiment.claims(p, {})} == {NOT_MEASURED}


def verdicts(**parameters: Any) -> dict[str, str]:
    tables = tables_of(views=("claims",), **parameters)
    claims = experiment.claims(experiment.Parameters(**parameters), tables)
    return {claim.id: claim.verdict for claim in claims}


def test_the_kernel_is_well_conditioned_only_for_points_far_apart() -> None:
    _, x, _ = points_of(n=50, gap_width=0.0)
    condition = np.linalg.cond(np.exp(-0.5 * ((x[:, None] - x) / 0.05) ** 2))
    assert condition < 1e12
    assert verdicts(n=50, lengthscale=0.05, gap_width=0.0)["G2"] == "holds"
    assert verdicts(n=50, lengthscale=1.0, gap_width=0.0)["G2"] == "fails"


def test_claims_about_the_papers_data_are_judged_only_there() -> None:
    elsewhere = verdicts()
    assert [elsewhere[k] for k in ("G3", "G4", "G6", "G7")] == ["inconclusive"] * 4
    performer = verdicts(dataset="paper-2", ridge=1e-3, feature_scale=2.0)
    assert [performer[k] for k in ("G4", "G6", "G7", "G8")] == ["holds", "fails", "fails", "fails"]


def test_presets_are_valid_and_named_by_the_claims() -> None:
    titles = {preset.title for preset in experiment.presets}
    for preset in experiment.presets:
        experiment.Parameters(**preset.parameters)
    claims = experiment.claims(experiment.Parameters(), {})
    assert {claim.preset for claim in claims if claim.preset} <= titles


def test_without_a_gap_there_is_no_starvation_to_judge() -> None:
    assert verdicts(gap_width=0.0)["G8"] == "inconclusive"


def test_a_gap_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="gap leaves 0 of 200 points"):
        tables_of(n=200, gap_width=12.0, domain=3.0)


def test_a_file_is_needed_for_own_data() -> None:
    with pytest.raises(ValueError, match="no data_file"):
        experiment.Parameters(dataset="file")
