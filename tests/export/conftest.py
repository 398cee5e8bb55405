"""One small run with every kind of item, as the export sees it."""

from __future__ import annotations

import numpy as np
import pytest

from kernlab.engine.contract.claim import Statement
from kernlab.engine.contract.figure import (
    Axis,
    Band,
    Column,
    Figure,
    Image,
    Line,
    Mark,
    Points,
    Region,
    Sheet,
    Style,
)
from kernlab.engine.contract.table import Table
from kernlab.export import Bundle

EXACT = Style("trace1")
IID = Style("trace2", "dash", "square")
OTHERS = (
    Style("trace3", "dot", "triangle"),
    Style("trace4", "dashdot", "diamond"),
    Style("trace5", "solid", "cross"),
)


def _tables() -> dict[str, Table]:
    rng = np.random.default_rng(1)
    x = np.linspace(-6.0, 6.0, 300)
    sd = 0.1 + np.exp(-(x**2))
    x_data = rng.uniform(-6, 6, 6000)
    m = 2 ** np.arange(3, 10)
    lengthscale, ridge = np.meshgrid(np.logspace(-1, 1, 12), np.logspace(-4, 0, 10))
    value = -(np.log10(lengthscale) ** 2) - (np.log10(ridge) + 2) ** 2
    value[0, 0] = np.nan
    return {
        "posterior": Table(
            {"x": x, "mean": np.sin(x), "low": np.sin(x) - sd, "high": np.sin(x) + sd},
            {"x": "rad"},
        ),
        "sample": Table({"x": x_data, "y": np.sin(x_data) + 0.1 * rng.normal(size=6000)}),
        "error": Table(
            {"m": m, "iid": 1 / np.sqrt(m), "gh": 10.0 ** (-m / 20), "seconds": 1e-6 * m**2},
            {"seconds": "s"},
            frozenset({"seconds"}),
        ),
        "evidence": Table(
            {"lengthscale": lengthscale.ravel(), "ridge": ridge.ravel(), "lml": value.ravel()},
            grid=(10, 12),
        ),
        "summary": Table(
            {"method": np.array(["exact GP", 'i.i.d., "D" = 48']), "mse": np.array([0.142, 3e-12])}
        ),
    }


def _figures() -> tuple[Figure | Sheet, ...]:
    lengthscale, ridge = Axis("lengthscale", "σ", log=True), Axis("ridge", "α", log=True)
    image = Image("evidence", "lengthscale", "ridge", "lml", "log evidence")
    return (
        Figure(
            "posterior", "Posterior mean and 95 % band", "Posterior",
            Axis("input", "x", "rad"), Axis("f(x)"),
            (
                Region(-2.0, 2.0, "gap"),
                Points("sample", "x", "y", Style("muted"), "data", faint=True),
                Band("posterior", "x", "low", "high", EXACT),
                Line("posterior", "x", "mean", EXACT, "exact GP with a rather long label"),
                Mark(y=0.0, label="prior mean"),
                Mark(x=1.0, label="here"),
            ),
            note="6 000 of 10⁶ drawn",
        ),
        Sheet(
            "methods", "Methods", "Posterior", "summary",
            (Column("method", "Method"), Column("mse", "MSE")),
        ),
        Figure(
            "error", "Error against the number of features", "Features",
            Axis("features", "D", log=True), Axis("RMSE", log=True),
            (
                Line("error", "m", "iid", IID, "i.i.d.", markers=True),
                Line("error", "m", "gh", OTHERS[0], "Gauss–Hermite", markers=True),
                Band("error", "m", "gh", "iid", OTHERS[1]),
                Points("error", "m", "gh", OTHERS[2], "measured"),
            ),
        ),
        Figure(
            "evidence", "Log evidence", "Evidence", lengthscale, ridge,
            (image, Mark(1.3, 5e-3, "best")),
        ),
        Figure(
            "difference", "Difference of the two criteria", "Evidence", lengthscale, ridge,
            (Image("evidence", "lengthscale", "ridge", "lml", "difference", "diverging"),),
        ),
        Figure(
            "later", "Not computed yet", "Evidence", Axis("x"), Axis("y"),
            (Line("missing", "x", "y", EXACT),),
        ),
    )  # fmt: skip


@pytest.fixture
def recipe() -> dict[str, object]:
    return {
        "schema": 1,
        "experiment": "gapped-sine",
        "parameters": {"n": 2500, "ridge": 0.1 + 0.2, "path": "dürr \x07 (--> ]]> \\) $x$.csv"},
        "versions": {"kernlab": "0.1.0"},
        "threads": {"blas": 1},
    }


@pytest.fixture
def bundle(recipe: dict[str, object]) -> Bundle:
    claim = Statement("G1", "a statement", "published", "correct", "a source")
    return Bundle(
        title="Gapped sine",
        answer="In the gap, 48 random features report 43 % of the exact posterior variance.",
        figures=_figures(),
        tables=_tables(),
        order=("posterior", "error"),
        claims=(claim.judge("fails", "a reason", predicted=float("inf"), measured=1.0),),
        recipe=recipe,
    )
