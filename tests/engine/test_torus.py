"""Eigenvalues on torus grids: the reference file, brute force, symmetries, error bars."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlab.engine.numerics import ntk, torus

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "ntk.json").read_text())


def grid(n: int, dimension: int) -> np.ndarray:
    """Embedded points (n^d, 2d), in C order."""
    angles = np.array(list(itertools.product(2 * np.pi * np.arange(n) / n, repeat=dimension)))
    return np.hstack([np.cos(angles), np.sin(angles)]) / np.sqrt(dimension)


@pytest.mark.parametrize("case", REFERENCE["torus"], ids=lambda c: f"{c['dim']}-{c['N']}")
def test_reference(case: dict) -> None:
    expected = np.array(case["eig_sorted_ascending"])
    n, dimension = case["N"], case["dim"]
    found = torus.eigenvalues(case["affine_layers"], dimension, n)
    assert found.shape == (n,) * dimension
    assert np.abs(np.sort(found.ravel()) - expected).max() <= 1e-12 * expected.max()


@pytest.mark.parametrize("activation", ["relu", "abs", "erf"])
@pytest.mark.parametrize("bias", [0.0, 0.7])
@pytest.mark.parametrize(("n", "dimension"), [(1, 2), (2, 1), (2, 3), (9, 1), (6, 2), (5, 3)])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_matrix_times_waves(
    n: int, dimension: int, depth: int, activation: str, bias: float
) -> None:
    matrix = ntk.kernel_matrix(grid(n, dimension), depth, activation=activation, bias=bias)
    found = torus.eigenvalues(depth, dimension, n, activation=activation, bias=bias)
    brute = np.fft.fftn(matrix[0].reshape((n,) * dimension)).real
    assert np.abs(found - brute).max() <= 2e-13 * max(1.0, np.abs(brute).max())
    bars = torus.unfold(
        torus.rounding_errors(
            torus.octant_eigenvalues(depth, dimension, n, activation=activation, bias=bias), n
        ),
        n,
    )
    assert (bars >= 0.0).all() and np.abs(found - brute).max() <= 10.0 * bars.max()


@pytest.mark.parametrize(("depth", "n", "dimension"), [(2, 12, 1), (3, 32, 1), (10, 10, 2)])
def test_error_bars_contain_the_error(depth: int, n: int, dimension: int) -> None:
    octant = torus.octant_eigenvalues(depth, dimension, n)
    bars = torus.rounding_errors(octant, n)
    with mpmath.workdps(40):
        half = n // 2 + 1
        points = list(itertools.product(range(n), repeat=dimension))
        values = []
        for point in points:
            u = sum(mpmath.cos(2 * mpmath.pi * j / n) for j in point) / dimension
            nngp, tangent = u, u
            for _ in range(depth - 1):
                angle = mpmath.acos(max(mpmath.mpf(-1), min(mpmath.mpf(1), nngp)))
                slope = 1 - angle / mpmath.pi
                nngp = nngp * slope + mpmath.sin(angle) / mpmath.pi
                tangent = nngp + slope * tangent
            values.append(tangent)
        for k in itertools.product(range(half), repeat=dimension):
            waves = (
                mpmath.cos(2 * mpmath.pi * sum(a * b for a, b in zip(k, p, strict=True)) / n)
                for p in points
            )
            exact = mpmath.fdot(zip(values, waves, strict=True))
            assert abs(exact - octant[k]) <= bars[k]


def test_zeros_are_exact() -> None:
    two = torus.eigenvalues(2, 1, 64)
    assert (two[3:62:2] == 0.0).all() and (two[::2] > 0.0).all() and two[1] > 0.0
    assert (torus.eigenvalues(4, 1, 64, activation="abs")[1::2] == 0.0).all()
    assert (torus.eigenvalues(3, 2, 8, activation="erf")[0, ::2] == 0.0).all()
    assert (torus.eigenvalues(2, 1, 63) != 0.0).all()  # odd grids mix the parities


@settings(max_examples=25, deadline=None)
@given(
    depth=st.integers(1, 60),
    n=st.integers(1, 24),
    dimension=st.integers(1, 2),
    activation=st.sampled_from(["relu", "abs", "erf"]),
    bias=st.floats(0.0, 2.0),
)
def test_sum_of_eigenvalues_is_the_trace(
    depth: int, n: int, dimension: int, activation: str, bias: float
) -> None:
    octant = torus.octant_eigenvalues(depth, dimension, n, activation=activation, bias=bias)
    top = ntk.kernel(1.0, depth, activation=activation, bias=bias)
    total = (torus.octant_multiplicity(n, dimension) * octant).sum()
    assert total == pytest.approx(n**dimension * top, rel=1e-12)
    assert total == pytest.approx(torus.unfold(octant, n).sum(), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 20), dimension=st.integers(1, 3), seed=st.integers(0, 99))
def test_transform_is_the_fourier_transform_and_its_own_inverse(
    n: int, dimension: int, seed: int
) -> None:
    octant = np.random.default_rng(seed).standard_normal((n // 2 + 1,) * dimension)
    found = torus.transform(octant, n)
    whole = np.fft.fftn(torus.unfold(octant, n))
    assert np.abs(torus.unfold(found, n) - whole).max() <= 1e-12 * n**dimension
    assert np.abs(torus.transform(found, n) / n**dimension - octant).max() <= 1e-13


@pytest.mark.parametrize(("n", "dimension"), [(4, 1), (12, 2), (8, 3)])
def test_every_other_point(n: int, dimension: int) -> None:
    values = np.random.default_rng(2).standard_normal((n // 2 + 1,) * dimension)
    thinned = values[(slice(None, None, 2),) * dimension]
    found = torus.every_other(torus.transform(values, n)) / 2**dimension
    assert found == pytest.approx(torus.transform(thinned, n // 2), abs=1e-12)


def test_coarse_grid_eigenvalues_are_sums_over_aliases() -> None:
    fine = torus.eigenvalues(3, 2, 48) / 48**2
    folded = fine.reshape(3, 16, 3, 16).sum(axis=(0, 2))
    assert torus.eigenvalues(3, 2, 16) / 16**2 == pytest.approx(folded, rel=1e-12)


def test_multipliers() -> None:
    k = np.array([0.0, 1.0, 2.0, -2.0, -1.0])
    square = k[:, None] ** 2 + k**2
    for form, base in (
        ("1+|k|^2", 1 + square),
        ("(1+|k|)^2", (1 + np.sqrt(square)) ** 2),
        ("1+4pi^2|k|^2", 1 + 4 * np.pi**2 * square),
    ):
        found = torus.sobolev_multiplier(5, 2, 1.3, form=form)
        assert found == pytest.approx(base**1.3, rel=1e-14)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((3, 0, 8), "dimension is 0"),
        ((3, 1, 0), "n is 0"),
        ((3, 1, 2.5), "n is 2.5"),
        ((3, 3, 4096), "n is 4096 and dimension 3"),
        ((0, 1, 8), "depth is 0"),
    ],
)
def test_bad_input(arguments: tuple, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        torus.eigenvalues(*arguments)


def test_unknown_form() -> None:
    with pytest.raises(ValueError, match="form is '1'; allowed"):
        torus.sobolev_multiplier(8, 1, 1.0, form="1")
    with pytest.raises(ValueError, match="s is inf"):
        torus.sobolev_multiplier(8, 1, float("inf"))
