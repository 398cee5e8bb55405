"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from kernlab.engine.contract import text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (0, "0"),
        (-0.0, "0"),
        (True, "yes"),
        ("as it is", "as it is"),
        (1234567, "1\u202f234\u202f567"),
        (-2.5, "−2.500"),
        (2.5e-9, "2.5·10⁻⁹"),
        (1e-4, "10⁻⁴"),
        (-1e-4, "−10⁻⁴"),
        (3e12, "3·10¹²"),
        (0.12345678, "0.1235"),
    ],
)
def test_number(value: float | str | None, shown: str) -> None:
    assert text.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (10**6, "10⁶"),
        (2500, "2\u202f500"),
        (10**4, "10\u202f000"),
        (0, "0"),
        (999_999, "999\u202f999"),
    ],
)
def test_count(value: int, shown: str) -> None:
    assert text.count(value) == shown
