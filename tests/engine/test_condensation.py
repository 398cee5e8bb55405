"""Condensed moments against brute-force sums over the points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kernlab.engine.numerics.condensation import ORDER, Bins, Moments, condense

Array = NDArray[np.float64]
HALF = 2.0 * math.pi
BINS = Bins(-HALF, HALF, 64)

seeds = st.integers(0, 2**31)
sizes = st.integers(1, 400)


def draw(seed: int, n: int) -> tuple[Array, Array]:
    """Unsorted points, and the columns sin(x) and unit noise."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-HALF, HALF, n)
    return x, np.stack([np.sin(x), rng.standard_normal(n)])


def assert_same_sums(moments: Moments, x: Array, y: Array, bandwidth: float) -> None:
    """Weighted nodes give the sums of 1 and y against cosines up to the bandwidth."""
    nodes = moments.nodes(bandwidth)
    assert nodes.n == x.size
    assert nodes.sum_y2 == pytest.approx(math.fsum(y * y), rel=1e-14)
    size = 1e-14 * (1.0 + float(np.abs(y).sum()) + x.size)
    for frequency in (0.0, 0.37 * bandwidth, bandwidth):
        wave, at_nodes = np.cos(frequency * x + 0.4), np.cos(frequency * nodes.x + 0.4)
        assert abs(nodes.weight @ at_nodes - math.fsum(wave)) < size
        assert abs(nodes.weighted_y @ at_nodes - math.fsum(wave * y)) < size


@settings(max_examples=30, deadline=None)
@given(seeds, sizes, st.floats(0.0, 2.0), st.floats(0.1, 10.0))
def test_nodes_reproduce_sums_of_smooth_functions(
    seed: int, n: int, noise: float, bandwidth: float
) -> None:
    x, values = draw(seed, n)
    moments = condense(BINS, x, values).moments().combine(noise)
    assert_same_sums(moments, x, values[0] + noise * values[1], bandwidth)


@settings(max_examples=30, deadline=None)
@given(seeds, sizes, st.floats(-7.0, 7.0), st.floats(0.0, 14.0))
def test_a_gap_removes_exactly_its_points(seed: int, n: int, left: float, width: float) -> None:
    x, values = draw(seed, n)
    parts = [condense(BINS, x[part], values[:, part]) for part in np.array_split(np.arange(n), 3)]
    total = Moments.zero(BINS, 2)
    for part in parts:
        total = total.plus(part.moments())
    gap = (left, left + width)
    kept = ~((x > gap[0]) & (x < gap[1]))
    moments = total.without_gap(parts, gap).combine(0.3)
    assert_same_sums(moments, x[kept], values[0, kept] + 0.3 * values[1, kept], 8.0)


def test_a_gap_that_ends_on_points_keeps_them() -> None:
    x = np.array([-1.0, 0.0, 0.5, 1.0])
    chunk = condense(BINS, x, x)
    assert chunk.moments().without_gap([chunk], (-1.0, 1.0)).n == 2
    assert chunk.moments().without_gap([chunk], (1.0, 1.0)).n == 4
    assert chunk.moments().without_gap([chunk], (-9.0, 9.0)).n == 0


@settings(max_examples=20, deadline=None)
@given(seeds, sizes)
def test_moments_of_chunks_add_up(seed: int, n: int) -> None:
    x, values = draw(seed, n)
    whole = condense(BINS, x, values).moments()
    cut = n // 3
    first = condense(BINS, x[:cut], values[:, :cut]).moments()
    both = first.plus(condense(BINS, x[cut:], values[:, cut:]).moments())
    assert np.array_equal(both.counts, whole.counts)
    np.testing.assert_allclose(both.high, whole.high, rtol=0, atol=1e-15 * n)


def test_combining_noise_equals_condensing_the_noisy_column() -> None:
    x, values = draw(3, 500)
    combined = condense(BINS, x, values).moments().combine(0.7)
    direct = condense(BINS, x, values[0] + 0.7 * values[1]).moments()
    np.testing.assert_allclose(
        combined.high + combined.low, direct.high + direct.low, rtol=0, atol=1e-13
    )


@pytest.mark.parametrize("half_width", [0.2, 0.9, 6.3, 40.0])
@pytest.mark.parametrize("extended", [False, True])
def test_merged_bins_hold_the_moments_of_their_points(half_width: float, extended: bool) -> None:
    x, values = draw(4, 300)
    merged = condense(BINS, x, values).moments().coarsen(half_width, extended=extended)
    direct = condense(merged.bins, x, values).moments()
    assert merged.bins.half_width <= half_width < 2.0 * merged.bins.half_width
    assert np.array_equal(merged.counts, direct.counts)
    np.testing.assert_allclose(merged.high + merged.low, direct.high, rtol=0, atol=1e-12)


def test_extended_merge_keeps_digits_beyond_float64() -> None:
    x, values = draw(5, 4000)
    fine = condense(Bins(-HALF, HALF, 1024), x, values).moments()
    once = fine.coarsen(0.8, extended=True)
    twice = fine.coarsen(0.1, extended=True).coarsen(0.8, extended=True)
    difference = (once.high - twice.high) + (once.low - twice.low)
    assert np.abs(difference[:, : 3 * ORDER]).max() < 1e-27


def test_sums_are_compensated() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.uniform(0.0, 1.0, 200_000), rng.uniform(0.0, 1.0, 200_000)
    moments = condense(Bins(0.0, 1.0, 1), x, y).moments()
    total = moments.high + moments.low
    assert total[0, ORDER] == pytest.approx(math.fsum(y), rel=3e-16)
    t = 2.0 * x - 1.0
    assert total[0, ORDER + 1] == pytest.approx(math.fsum(y * t), abs=1e-12)


def test_few_nodes_remain_at_a_low_bandwidth() -> None:
    x, values = draw(7, 20_000)
    moments = condense(Bins(-HALF, HALF, 1024), x, values).moments().combine(0.1)
    assert moments.nodes(2.0).x.size <= 256
    assert moments.nodes(200.0).x.size == 1024 * ORDER


@pytest.mark.parametrize("count", [1, 2, 1024])
def test_points_on_the_ends_belong_to_the_outer_bins(count: int) -> None:
    chunk = condense(Bins(-1.0, 1.0, count), np.array([1.0, -1.0]), np.zeros(2))
    counts = chunk.moments().counts
    assert counts.sum() == 2
    assert counts[0] >= 1 and counts[-1] >= 1


def test_bad_arguments_are_named() -> None:
    x, values = draw(8, 10)
    moments = condense(BINS, x, values).moments()
    with pytest.raises(ValueError, match="left = 1"):
        Bins(1.0, 1.0, 4)
    with pytest.raises(ValueError, match="count = 3"):
        Bins(0.0, 1.0, 3)
    with pytest.raises(ValueError, match="values of shape"):
        condense(BINS, x, np.zeros(3))
    with pytest.raises(ValueError, match="must be finite, within"):
        condense(BINS, np.array([0.0, np.nan]), np.zeros(2))
    with pytest.raises(ValueError, match="must be finite, within"):
        condense(BINS, np.array([9.0]), np.zeros(1))
    with pytest.raises(ValueError, match="bandwidth = 1000"):
        moments.combine(0.1).nodes(1000.0)
    with pytest.raises(ValueError, match="columns = 3"):
        moments.nodes(1.0)
    with pytest.raises(ValueError, match="columns = 2"):
        moments.combine(0.1).combine(0.1)
    with pytest.raises(ValueError, match="gap = "):
        moments.without_gap([], (1.0, 0.0))
    with pytest.raises(ValueError, match="other = "):
        moments.plus(moments.combine(0.1))
