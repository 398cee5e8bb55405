"""Ticks of a static axis: inside the view, apart from each other, labelled truly."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernlab.export.ticks import Room, ticks

WIDE = Room(190.0, 6.5, across=True)
NARROW = Room(40.0, 6.5, across=True)
TALL = Room(125.0, 6.5, across=False)


@pytest.mark.parametrize(
    ("view", "log", "labels"),
    [
        ((-6.5, 6.5), False, "−6 −4 −2 0 2 4 6"),
        ((0.0, 1.05), False, "0.0 0.2 0.4 0.6 0.8 1.0"),
        ((-3.1, 0.1), True, "10⁻³ 10⁻² 10⁻¹ 10⁰"),
        ((0.9, 2.4), True, "10 20 50 100 200"),
        ((math.log10(2.1), math.log10(2.9)), True, "2.2 2.4 2.6 2.8"),
        ((0.0, 3e-9), False, "0 1·10⁻⁹ 2·10⁻⁹ 3·10⁻⁹"),
        ((-4500.0, 0.0), False, "−4\u202f000 −3\u202f000 −2\u202f000 −1\u202f000 0"),
    ],
)
def test_labels(view: tuple[float, float], log: bool, labels: str) -> None:
    found = " ".join(ticks(view, log, WIDE).labels).replace("0.0", "0", 1)
    assert found == labels.replace("0.0", "0", 1)


def test_a_log_axis_has_minor_ticks_at_2_to_9() -> None:
    minor = ticks((0.0, 2.5), True, WIDE).minor
    assert [round(10**at) for at in minor] == [*range(2, 10), *range(20, 100, 10), 200, 300]


def test_many_decades_are_strided_with_the_others_as_minor_ticks() -> None:
    found = ticks((-300.0, 0.0), True, TALL)
    assert found.labels == ("10⁻³⁰⁰", "10⁻²⁵⁰", "10⁻²⁰⁰", "10⁻¹⁵⁰", "10⁻¹⁰⁰", "10⁻⁵⁰", "10⁰")
    assert ticks((-16.0, 0.0), True, TALL).minor


@given(
    low=st.floats(-1e6, 1e6),
    width=st.floats(1e-6, 1e6),
    log=st.booleans(),
    room=st.sampled_from([WIDE, TALL, NARROW]),
)
def test_ticks_are_in_the_view_and_apart(low: float, width: float, log: bool, room: Room) -> None:
    if log:
        low, width = low / 4e3, width / 4e3
    view = (low, low + max(width, 1e-6 * abs(low)))
    found = ticks(view, log, room)
    slack = 1e-5 * (view[1] - view[0]) + 1e-8
    assert len(found.major) == len(found.labels) <= room.most
    assert all(view[0] - slack <= at <= view[1] + slack for at in found.major + found.minor)
    assert len(set(found.labels)) == len(found.labels)
    if room is not NARROW:
        assert len(found.major) >= 2
