"""Formulas: what is put in is right, by independent computation; how they read and copy."""

from __future__ import annotations

import math
import re
from typing import Any

import mpmath
import numpy as np
import pytest

from kernlab.engine import catalogue
from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.experiment import Experiment, formulas_of, merge
from kernlab.engine.contract.formula import Formula, as_latex, given, join, lines, readable, tex
from kernlab.engine.contract.table import Table
from tests.smaller import parameters_of


def tables_of(experiment: Experiment, p: Any, *views: str) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    for step in experiment.run(p, "full", Cache(), views):
        tables = merge(tables, step)
    return tables


def results(key: str, *views: str, **parameters: Any) -> dict[str, str]:
    """The numbers of each formula as plain text, by its title."""
    experiment = catalogue.get(key)
    p = experiment.Parameters(**parameters)
    found = formulas_of(experiment, p, tables_of(experiment, p, *views))
    return {formula.title: readable(formula.numbers) for formula in found}


def value(text: str, after: str) -> float:
    """The number behind some words, read as a person would."""
    found = re.search(re.escape(after) + r"\s*(-?[\d\u202f.]+)( · 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text)
    assert found, f"{after!r} is not in {text!r}"
    number = float(found[1].replace("\u202f", ""))
    powers = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    return number * 10.0 ** int((found[3] or "0").translate(powers))


# -- gapped sine, against dense linear algebra --------------------------------------------------


@pytest.fixture(scope="module")
def gapped() -> dict[str, str]:
    return results("gapped-sine", "Posterior", n=300, noise=0.2, lengthscale=0.8, ridge=0.04, m=40)


@pytest.fixture(scope="module")
def dense() -> dict[str, Any]:
    """The same posterior by a dense solve, from the same raw points."""
    x = 2 * np.pi * (2 * np.random.default_rng([1, 1, 0]).random(300) - 1)
    noise = np.random.default_rng([1, 2, 0]).standard_normal(300)
    kept = (x < -np.pi) | (x > np.pi)
    x, y = x[kept], np.sin(x[kept]) + 0.2 * noise[kept]
    system = kernel(x, x) + 0.04 * np.eye(x.size)
    return {"x": x, "y": y, "system": system}


def kernel(x: Any, z: Any) -> Any:
    return np.exp(-((x[:, None] - z[None, :]) ** 2) / (2 * 0.8**2))


def test_posterior_in_the_middle_of_the_gap(gapped: dict[str, str], dense: Any) -> None:
    text = gapped["Posterior mean and variance"]
    at = np.array([value(text, "m(")])
    cross = kernel(at, dense["x"])
    weights = np.linalg.solve(dense["system"], np.column_stack([dense["y"], cross[0]]))
    mean, variance = cross[0] @ weights[:, 0], 1 - cross[0] @ weights[:, 1]
    assert value(text, "y =") == pytest.approx(mean, rel=2e-3, abs=1e-4)
    assert value(text, "k_x =") == pytest.approx(variance, rel=1e-3)
    assert value(text, "n =") == dense["x"].size


def test_share_of_the_variance_by_gauss_hermite(gapped: dict[str, str], dense: Any) -> None:
    nodes, weights = np.polynomial.hermite.hermgauss(40)
    frequencies, weights = math.sqrt(2) * nodes / 0.8, weights / math.sqrt(math.pi)

    def features(x: Any) -> Any:
        phase = np.outer(x, frequencies)
        return np.hstack([np.cos(phase), np.sin(phase)]) * np.sqrt(np.tile(weights, 2))

    gap = np.linspace(-np.pi, np.pi, 201)
    cross = kernel(gap, dense["x"])
    exact = 1 - np.sum(cross * np.linalg.solve(dense["system"], cross.T).T, axis=1)
    z, phi = features(dense["x"]), features(gap)
    approximate = 0.04 * np.sum(phi * np.linalg.solve(z.T @ z + 0.04 * np.eye(80), phi.T).T, axis=1)
    found = value(gapped["Variance kept in the gap"], "ρ_GH =")
    assert found == pytest.approx(approximate.sum() / exact.sum(), rel=2e-3)


def test_evidence_and_cross_validation(gapped: dict[str, str], dense: Any) -> None:
    y, system = dense["y"], dense["system"]
    n, solved = y.size, np.linalg.solve(system, y)
    logdet = np.linalg.slogdet(system)[1]
    evidence = -(y @ solved + logdet + n * math.log(2 * math.pi)) / 2
    assert value(gapped["Log evidence"], "ln p(y) =") == pytest.approx(evidence, rel=1e-4)
    hat = np.eye(n) - 0.04 * np.linalg.inv(system)
    df, residual = np.trace(hat), y - hat @ y
    text = gapped["Generalized cross-validation"]
    assert value(text, "df =") == pytest.approx(df, rel=1e-3)
    gcv = residual @ residual / n / (1 - df / n) ** 2
    assert value(text, "²) =") == pytest.approx(gcv, rel=1e-3)
    assert value(text, "GCV =") == pytest.approx(residual @ residual / n, rel=1e-3)


def test_the_standard_error_of_random_features(gapped: dict[str, str]) -> None:
    text = gapped["Random Fourier features"]
    assert value(text, "2 · 40 =") == 80
    # Far apart the kernel is 0 and its estimate the mean of 40 cosines of random phases.
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, (20_000, 40))
    spread = np.cos(phases).mean(axis=1).std()
    assert value(text, "√(2 · 40) =") == pytest.approx(spread, rel=0.02)


def test_without_a_gap_there_is_no_share() -> None:
    assert (
        results("gapped-sine", "Posterior", n=100, gap_width=0.0)["Variance kept in the gap"] == ""
    )


def test_evidence_that_rounding_has_eaten_is_left_out() -> None:
    found = results("gapped-sine", "Posterior", noise=0.0, ridge=1e-8, n=20_000)
    assert "GCV" not in found["Generalized cross-validation"]


# -- Vandermonde, against high precision --------------------------------------------------------


@pytest.fixture(scope="module")
def vandermonde() -> dict[str, str]:
    views = ("Condition", "Interpolation", "claims")
    return results("vandermonde", *views, n=12, half_width=3.0, norm="inf", taylor_order=3)


@pytest.fixture(scope="module")
def matrix() -> Any:
    with mpmath.workdps(60):
        nodes = [mpmath.mpf(-3) + mpmath.mpf(6) * k / 11 for k in range(12)]
        return mpmath.matrix([[x**j for j in range(12)] for x in nodes])


def test_condition_number(vandermonde: dict[str, str], matrix: Any) -> None:
    with mpmath.workdps(60):
        inverse = matrix**-1
        rows = [
            max(sum(abs(a[i, j]) for j in range(12)) for i in range(12)) for a in (matrix, inverse)
        ]
        exact = float(mpmath.log10(rows[0] * rows[1]))
    text = vandermonde["Condition number"]
    assert float(text.split("10^")[1]) == pytest.approx(exact, abs=6e-4)
    assert "cond_∞" in text


def test_determinant(vandermonde: dict[str, str], matrix: Any) -> None:
    with mpmath.workdps(60):
        exact = float(mpmath.log(abs(mpmath.det(matrix))))
    text = vandermonde["Determinant: monomials, equispaced nodes"]
    parts = [
        float(part.replace("\u202f", "")) for part in re.split("[=+]", text.split("\n")[1])[1:]
    ]
    assert parts[0] + parts[1] == pytest.approx(parts[2], abs=2e-3)
    assert parts[2] == pytest.approx(exact, abs=1e-3)
    assert float(text.split("10^")[1]) == pytest.approx(exact / math.log(10), rel=1e-4)


@pytest.mark.parametrize(
    ("a", "ratio"), [(0.25, 9.59), (0.5, 3.46), (1.0, 1.132), (math.pi, 0.508), (10.0, 0.245)]
)
def test_growth_rate(a: float, ratio: float) -> None:
    experiment = catalogue.get("vandermonde")
    found = formulas_of(experiment, experiment.Parameters(half_width=a, n=40), {})
    text = readable(next(f.numbers for f in found if f.title.startswith("Growth")))
    *parts, total = re.split("[=+]", text.split("\n")[0])[1:]
    assert float(total) / a == pytest.approx(ratio, rel=3e-3)
    assert sum(map(float, parts)) == pytest.approx(float(total), abs=2e-4)
    assert value(text.split("\n")[1], "=") == 40


def test_the_measured_slope_is_near_the_rate(vandermonde: dict[str, str]) -> None:
    text = vandermonde["Growth rate: monomials, equispaced nodes"]
    slope = float(text.split("\n")[2].rpartition("=")[2])
    assert slope == pytest.approx(float(text.split("\n")[0].rpartition("=")[2]), rel=0.01)


def test_lebesgue_constant(vandermonde: dict[str, str]) -> None:
    nodes, x = np.linspace(-3, 3, 12), np.linspace(-3, 3, 60_001)
    total = np.zeros_like(x)
    for k in range(12):
        others = np.delete(nodes, k)
        total += np.abs(np.prod((x[:, None] - others) / (nodes[k] - others), axis=1))
    text = vandermonde["Lebesgue constant of the nodes"]
    assert value(text, "Λ_12 =") == pytest.approx(total.max(), rel=1e-3)


def test_taylor_bound(vandermonde: dict[str, str]) -> None:
    x = np.linspace(0, 3, 2001)
    polynomial = x - x**3 / 6 + x**5 / 120 - x**7 / 5040
    text = vandermonde["Taylor polynomial of sin"]
    largest = np.abs(np.sin(x) - polynomial).max()
    assert value(text, "T_7(x)| =") == pytest.approx(largest, rel=1e-3)
    assert value(text, "(9!) =") == pytest.approx(3**9 / math.factorial(9), rel=1e-3)


# -- every experiment -------------------------------------------------------------------------


@pytest.mark.parametrize("key", catalogue.keys())
def test_general_forms_stay_and_every_line_can_be_typeset(key: str) -> None:
    from kernlab.export.typeset import outline

    experiment = catalogue.get(key)
    p = parameters_of(experiment)
    before = formulas_of(experiment, p, {})
    after = formulas_of(experiment, p, tables_of(experiment, p, experiment.views[0], "claims"))
    assert [(f.title, f.latex) for f in before] == [(f.title, f.latex) for f in after]
    assert len(before) == 0 or 3 <= len(before) <= 7
    for line in {line for f in after for line in (*lines(f.latex), *lines(f.numbers))}:
        drawn = outline(line)
        assert drawn.points.shape == (drawn.codes.size, 2) and drawn.width > 5
        assert not re.search(r"[\\{}]", readable(line)), "a command is left over"


@pytest.mark.parametrize("basis", ["newton", "arnoldi", "roots-of-unity", "legendre"])
def test_every_basis_has_its_formula(basis: str) -> None:
    from kernlab.export.typeset import outline

    experiment = catalogue.get("vandermonde")
    first, *_ = formulas_of(experiment, experiment.Parameters(basis=basis), {})
    assert all(outline(line).width > 5 for line in lines(first.numbers))


# -- the notation -----------------------------------------------------------------------------


def test_numbers() -> None:
    assert (tex(1_000_000), tex(2.5e-9), tex(-3)) == (r"1\,000\,000", r"2.5 \cdot 10^{-9}", "-3")
    assert (tex(0.01), given(0.01), tex(math.inf)) == ("0.01000", "0.01", r"\infty")
    assert (tex(1e-10), tex(-1.5e12, 2)) == ("10^{-10}", r"-1.5 \cdot 10^{12}")


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"\rho_{\mathrm{gap}} = \frac{\sum_i \hat v_i}{n}", "ρ_gap = (Σ_i v̂_i)/n"),
        (r"k_x^{\mathrm{T}} (K + \alpha I)^{-1} y", "k_xᵀ (K + α I)⁻¹ y"),
        (r"\sqrt{2m} \; e^{-x^2/2} \leq \Lambda_{n-1}", "√(2m) e^(-x²/2) ≤ Λ_(n-1)"),
        (r"a \\ \ln |\det V|", "a\nln |det V|"),
    ],
)
def test_plain_text(latex: str, plain: str) -> None:
    assert readable(latex) == plain


def test_for_a_latex_document() -> None:
    formula = Formula("Length", join("a", "b"), "c = 3", "Euclid")
    assert as_latex(formula) == (
        "% Length (Euclid)\n\\begin{gather*}\n  a \\\\\n  b \\\\\n  c = 3\n\\end{gather*}\n"
    )
