"""The claims of the entrywise-rank experiment: verdicts, premises, and what they depend on."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from kernlab.engine.contract.claim import NOT_MEASURED
from kernlab.engine.contract.table import Table
from kernlab.engine.experiments.entrywise_rank.bench import gamma2
from kernlab.engine.experiments.entrywise_rank.claims import L8
from kernlab.engine.experiments.entrywise_rank.measures import theorem_rank
from kernlab.engine.numerics import max_norm
from tests.engine.test_entrywise_rank_panel import SMALL, experiment, made_by, tables_of


def claim(id_: str, **parameters: Any) -> Any:
    p = experiment.Parameters(**{**SMALL, **parameters})
    found = experiment.claims(p, tables_of(("claims",), **parameters))
    return next(c for c in found if c.id == id_)


def test_every_preset_can_be_judged() -> None:
    verdicts = {
        "L1": claim("L1", n=200, m=20, rank=100).verdict,
        "L2": claim("L2", function="quartic").verdict,
        "L3": claim("L3").verdict,
        "L4": claim("L4").verdict,
        "L5": claim("L5").verdict,
        "L6": claim("L6", sampling="independent").verdict,
        "L7": claim("L7").verdict,
        "L8": claim("L8").verdict,
        "L9": claim("L9", function="exponential").verdict,
        "L10": claim("L10", function="sinh", order="3", n=12, rank=2).verdict,
    }
    assert verdicts == {
        "L1": "holds", "L2": "inconclusive", "L3": "holds", "L4": "fails", "L5": "fails",
        "L6": "fails", "L7": "holds", "L8": "fails", "L9": "fails", "L10": "inconclusive",
    }  # fmt: skip


def test_premises_are_named() -> None:
    assert claim("L1").verdict == "inconclusive" and "zero matrix" in claim("L1").reason
    assert claim("L6").verdict == "inconclusive"
    assert claim("L7", sampling="independent").verdict == "inconclusive"
    assert claim("L9", function="exponential", sampling="independent").verdict == "holds"
    unmeasured = experiment.claims(experiment.Parameters(), {})
    assert {c.reason for c in unmeasured} == {NOT_MEASURED}


def test_a_bound_fails_only_where_every_matrix_is_proven_to_break_it() -> None:
    made = tables_of(("claims",), n=200, m=20, rank=100)
    row = {name: column[0] for name, column in made["claims"].columns.items()}
    assert 0 < row["lower"] <= row["error"] <= row["explicit"] < row["gamma2"]
    p = experiment.Parameters(n=200, m=20, rank=100)
    for error, lower, verdict in ((0.9, 0.1, "inconclusive"), (0.99, 0.98, "fails")):
        changed = Table({**made["claims"].columns, "error": [error], "lower": [lower]})
        found = {c.id: c for c in experiment.claims(p, {"claims": changed})}
        assert found["L1"].verdict == found["L2"].verdict == verdict


@pytest.mark.parametrize(("m", "seed"), [(1, 0), (7, 1), (20, 2), (300, 0)])
def test_the_slip_is_that_of_the_correct_form(m: int, seed: int) -> None:
    found = claim("L5", m=m, seed=seed)
    assert found.measured == pytest.approx(math.sqrt(2 * 0.25) / (math.sqrt(2) * 0.25))
    side = min(m, 100)
    assert f"at seed {seed}: a random {side} × {side} matrix" in found.reason


def test_what_no_parameter_can_change_says_so() -> None:
    largest = experiment.Parameters(n=10_000).n
    assert theorem_rank(1.0, 10) > largest  # the largest error, the smallest matrix
    assert claim("L3").reason.startswith("vacuous at every size here")
    assert claim("L4").reason.startswith("a closed form, the same at all parameters")
    assert not re.search(r"\d\.\d", L8.correct)  # what a run measures stands in its reason


def test_the_theorem_asks_for_an_absurd_rank() -> None:
    # The recursion of Lemma 4.1, literally.
    def rank(t: int, p: int, r: int) -> int:
        if p == 0:
            return r if t else 1
        return 1 + sum(rank(s, p - 1, r) for s in range(1, t + 1))

    c = math.exp(4)
    r = max_norm.rank_bound((0.1 / c - math.exp(-30)) / (c - 1), 1000, 1000)
    assert theorem_rank(0.1, 1000) == pytest.approx(rank(29, 3, r), rel=1e-9)
    assert 1e14 < theorem_rank(0.1, 1000) < 4e14


# -- the factorization norm -----------------------------------------------------------------------


def norm_at_least(F: Any) -> float:
    """A lower bound of γ₂(F) by its dual: nuclear norms of diag(√p) F diag(√q), Σp = Σq = 1."""
    p, q = (np.full(side, 1.0 / side) for side in F.shape)
    best = 0.0
    for _ in range(40):
        u, s, v = np.linalg.svd(np.sqrt(p)[:, None] * F * np.sqrt(q), full_matrices=False)
        best = max(best, float(s.sum()))
        p, q = (u * u) @ s, s @ (v * v)
        p, q = p / p.sum(), q / q.sum()
    return best


def test_the_dual_finds_factorization_norms_with_closed_forms() -> None:
    hadamard = np.array([[1.0, 1.0], [1.0, -1.0]])
    assert norm_at_least(np.kron(hadamard, hadamard)) == pytest.approx(2.0)
    assert norm_at_least(np.outer([1.0, 2.0], [1.0, 0.5, 3.0])) == pytest.approx(6.0, rel=0.02)


@pytest.mark.parametrize("sampling", ["symmetric", "independent"])
@pytest.mark.parametrize(
    "function", ["gaussian", "exponential", "cauchy", "attention", "sinh", "identity"]
)
def test_the_closed_form_bounds_the_factorization_norm(function: str, sampling: str) -> None:
    p = experiment.Parameters(function=function, sampling=sampling, n=40, m=3, rank=3)
    found = norm_at_least(made_by(p).array)
    assert found <= gamma2(p) * (1 + 1e-12)
    if sampling == "symmetric":  # there it is the largest entry of the diagonal
        assert found >= 0.8 * gamma2(p)
