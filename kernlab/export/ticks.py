"""Where the ticks of a static axis stand, and what they say.

The axis is that of a drawing: log10 of the value on a log axis. Labels are plain text, with a
common number of decimals, a real minus sign, and powers of ten in place of offsets.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from kernlab.engine.contract import text

GLYPH = 0.62
"""Width of a digit in units of the font size; a label's room is estimated by it."""


@dataclass(frozen=True)
class Ticks:
    """Positions in the drawing's coordinates, and the labels of the major ones."""

    major: tuple[float, ...]
    labels: tuple[str, ...]
    minor: tuple[float, ...] = ()


@dataclass(frozen=True)
class Room:
    """The length of an axis and its font size in points, and whether labels stand side by side."""

    length: float
    font: float
    across: bool
    most: int = 7

    def fits(self, ticks: Ticks, view: tuple[float, float]) -> bool:
        """Whether no two labels come too close."""
        scale = self.length / ((view[1] - view[0]) or 1.0)
        places = [at * scale for at in ticks.major]
        sizes = [self.font * (GLYPH * len(label) if self.across else 1.0) for label in ticks.labels]
        gap = self.font * (1.1 if self.across else 0.9)
        return all(
            places[i + 1] - places[i] >= (sizes[i] + sizes[i + 1]) / 2 + gap
            for i in range(len(places) - 1)
        )


def ticks(view: tuple[float, float], log: bool, room: Room) -> Ticks:
    """The most ticks that fit, at most `room.most`."""
    return _log(view, room) if log else _linear(view, room)


def _linear(view: tuple[float, float], room: Room) -> Ticks:
    for count in range(room.most, 1, -1):
        found = _at_step(view, _nice_step((view[1] - view[0]) / count))
        if 2 <= len(found.major) <= room.most and room.fits(found, view):
            return found
    return _ends(_at_step(view, _nice_step((view[1] - view[0]) / 4)))


def _nice_step(width: float) -> float:
    power = 10.0 ** math.floor(math.log10(width))
    return power * next(step for step in (1, 2, 2.5, 5, 10) if step * power >= width * (1 - 1e-9))


def _at_step(view: tuple[float, float], step: float) -> Ticks:
    low, high = math.ceil(view[0] / step - 1e-6), math.floor(view[1] / step + 1e-6)
    # Dividing by a whole number keeps 0.3 from becoming 0.30000000000000004.
    inverse = 1 / step
    whole = round(inverse) if step < 1 and abs(inverse - round(inverse)) < 1e-6 * inverse else 0
    places = tuple(i / whole if whole else i * step for i in range(low, high + 1))
    return Ticks(places, _labels(places))


def _labels(values: Sequence[float]) -> tuple[str, ...]:
    """The values with a common exponent and just the decimals that tell them apart."""
    size = max((abs(value) for value in values), default=0.0)
    plain = size == 0 or 1e-3 <= size < 1e6
    exponent = 0 if plain else math.floor(math.log10(size) + 1e-12)
    scaled = [value / 10.0**exponent for value in values]
    step = min((b - a for a, b in itertools.pairwise(scaled)), default=abs(size) or 1)
    places = next(
        (d for d in range(12) if all(abs(round(v, d) - v) <= 1e-3 * step for v in scaled)), 12
    )
    return tuple(_label(value, places, exponent) for value in scaled)


def _label(mantissa: float, places: int, exponent: int) -> str:
    digits = f"{abs(mantissa):,.{places}f}".replace(",", text.THIN_SPACE)
    if not any(digit in digits for digit in "123456789"):
        return "0"
    sign = "−" if mantissa < 0 else ""
    return f"{sign}{digits}·{text.power_of_ten(exponent)}" if exponent else sign + digits


def _log(view: tuple[float, float], room: Room) -> Ticks:
    decades = range(math.ceil(view[0] - 1e-9), math.floor(view[1] + 1e-9) + 1)
    if view[1] - view[0] < 2.0:
        within = _within_decades(view, room)
        if within is not None:
            return within
    for stride in (1, 2, 3, 4, 5, 6, 8, 10, 20, 50, 100):
        major = tuple(float(d) for d in decades if d % stride == 0)
        found = Ticks(major, tuple(text.power_of_ten(int(d)) for d in major))
        if len(major) <= room.most and room.fits(found, view):
            break
    if stride > 1:
        minor = tuple(float(d) for d in decades if d % stride) if len(decades) <= 60 else ()
    else:
        minor = _minor(view)
    return Ticks(found.major, found.labels, minor)


def _minor(view: tuple[float, float]) -> tuple[float, ...]:
    return tuple(
        place
        for decade in range(math.floor(view[0]), math.floor(view[1]) + 1)
        for digit in range(2, 10)
        if view[0] <= (place := decade + math.log10(digit)) <= view[1]
    )


def _within_decades(view: tuple[float, float], room: Room) -> Ticks | None:
    """Ticks of a short log axis, at 1, 2, 5, or at equal steps of the value."""
    candidates = [(3, _at_digits(view, digits)) for digits in ((1, 2, 5), (1, 3), (1,))]
    if view[1] - view[0] <= 1:
        low, high = 10.0 ** view[0], 10.0 ** view[1]
        steps = [_nice_step((high - low) / count) for count in range(room.most, 1, -1)]
        candidates += [(2, _at_even_values(view, step)) for step in steps]
        dense = _at_even_values(view, _nice_step((high - low) / 4))
        candidates.append((2, _ends(dense)))
    candidates += [(2, _at_digits(view, digits)) for digits in ((1, 2, 5), (1, 3), (1,))]
    for least, found in candidates:
        if least <= len(found.major) <= room.most and room.fits(found, view):
            return found
    return None


def _at_digits(view: tuple[float, float], digits: Sequence[int]) -> Ticks:
    values = [
        digit * 10.0**decade
        for decade in range(math.floor(view[0]) - 1, math.floor(view[1]) + 2)
        for digit in digits
        if view[0] - 1e-9 <= decade + math.log10(digit) <= view[1] + 1e-9
    ]
    major = tuple(math.log10(value) for value in values)
    return Ticks(major, tuple(text.number(value) for value in values), _minor(view))


def _at_even_values(view: tuple[float, float], step: float) -> Ticks:
    even = _at_step((10.0 ** view[0], 10.0 ** view[1]), step)
    positive = [value for value in even.major if value > 0]
    return Ticks(tuple(math.log10(value) for value in positive), _labels(positive))


def _ends(found: Ticks) -> Ticks:
    """The first and the last tick alone, for an axis that has room for no more."""
    return Ticks((found.major[0], found.major[-1]), (found.labels[0], found.labels[-1]))
