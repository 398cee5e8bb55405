"""The values of a sweep as a person types them.

`10, 100, 1000` lists them; `1:10:2` goes from 1 to 10 in steps of 2; `0.05..10 x9` takes nine
values from end to end on the parameter's own scale, and `log 1..100 x5` or `linear 1..100 x5` on
another. Parts are joined by commas. Of choices and switches: words, or `all`; of a check list
each value is a set, `exact+iid, exact`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from kernlab.engine.contract.parameters import Field, check, parse, shown

MOST_VALUES = 200
COUNT = 9
"""Values in a range that does not say how many."""
CHEAP = 100
"""A size is swept up to so many times its current value unless more is asked for."""

_range = re.compile(
    r"(?:(?P<scale>log|linear)\s+)?(?P<low>[^:]+?)\s*(?:\.\.|…)\s*(?P<high>[^:]+?)"
    r"(?:\s*[x×]\s*(?P<count>\d{1,6}))?$"
)


def parse_values(field: Field, text: str) -> tuple[Any, ...]:
    """Read values in the order in which they are written; what is there twice is taken once.

    Raises:
        ValueError: a part is not understood or outside the field's range; one sentence.
    """
    if not field.sweepable:
        what = "a file" if field.kind == "data" else "a text"
        raise ValueError(f"{field.name} is {what}; choose a number, a choice or a switch to sweep")
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ValueError(f"{field.name} has no values; type some, such as {example(field)}")
    read = _numbers if field.kind in ("int", "float") else _words
    values: dict[Any, None] = {}
    for part in parts:
        values.update(dict.fromkeys(read(field, part)))
    _check_count(field, len(values))
    return tuple(values)


def _check_count(field: Field, count: int) -> None:
    if not 1 <= count <= MOST_VALUES:
        raise ValueError(f"{field.name} gets {count} values; allowed: 1 to {MOST_VALUES}")


def write_values(field: Field, values: Sequence[Any]) -> str:
    """The text that :func:`parse_values` reads as these values."""
    return ", ".join(_written(field, value) for value in values)


def default_values(field: Field, here: Any) -> str:
    """A text to begin with: nine values over the range, of a size not far beyond `here`."""
    if field.kind not in ("int", "float"):
        return "all"
    if field.name == "seed" or field.span is None:
        return f"{here}:{here + 8}:1" if field.kind == "int" else repr(here)
    low, high = field.span.low, field.span.high
    if field.kind == "int" and field.span.log:
        high = min(high, max(CHEAP * here, low))
    return f"{low:.10g}..{high:.10g} x{COUNT}"


def example(field: Field) -> str:
    """What may be typed, as the end of a sentence."""
    if field.kind in ("int", "float"):
        low, high = (field.span.low, field.span.high) if field.span else (1, 10)
        return f"{low:.6g}..{high:.6g} x5"
    words = list(field.options) or ["true", "false"]
    return ", ".join(words[:2])


def _written(field: Field, value: Any) -> str:
    if field.kind == "bool":
        return "true" if value else "false"
    return "+".join(value) if field.kind == "flags" else str(value)


def _words(field: Field, part: str) -> Iterator[Any]:
    if part == "all":
        words = list(field.options) or ["true", "false"]
        yield from (parse(field, word) for word in words)
    elif field.kind == "flags":
        yield check(field, tuple(word.strip() for word in part.split("+") if word.strip()))
    else:
        yield parse(field, part)


def _numbers(field: Field, part: str) -> Iterator[Any]:
    found = _range.match(part)
    if found:
        yield from _even(field, part, found)
    elif ":" in part:
        yield from _steps(field, part)
    else:
        yield parse(field, part)


def _steps(field: Field, part: str) -> Iterator[Any]:
    ends = part.split(":")
    if len(ends) != 3:
        raise ValueError(f"{field.name} is {shown(part)}; allowed: START:STOP:STEP, such as 1:9:2")
    start, stop = parse(field, ends[0]), parse(field, ends[1])
    try:
        step = float(ends[2])
    except ValueError:
        step = math.nan
    if not math.isfinite(step) or step * (stop - start) < 0 or step == 0:
        raise ValueError(
            f"the step of {shown(part)} is {ends[2].strip()}; "
            f"allowed: one that leads from {start:g} to {stop:g}"
        )
    if field.kind == "int" and step != int(step):
        raise ValueError(f"the step of {shown(part)} is {step:g}; allowed: a whole number")
    count = math.floor((stop - start) / step + 1e-9) + 1
    _check_count(field, count)
    for k in range(count):
        yield _tidy(field, start + k * step, start, stop)


def _even(field: Field, part: str, found: re.Match[str]) -> Iterator[Any]:
    low, high = parse(field, found["low"]), parse(field, found["high"])
    count = int(found["count"] or COUNT)
    log = found["scale"] == "log" if found["scale"] else bool(field.span and field.span.log)
    if log and min(low, high) <= 0:
        if found["scale"]:
            raise ValueError(f"{shown(part)} reaches 0 or less; allowed on a log scale: above 0")
        log = False
    _check_count(field, count)
    ends = (math.log(low), math.log(high)) if log else (low, high)
    for k in range(count):
        share = k / (count - 1) if count > 1 else 0.0
        if share in (0.0, 1.0):  # the ends as they were typed
            yield high if share else low
            continue
        place = ends[0] + share * (ends[1] - ends[0])
        yield _tidy(field, math.exp(place) if log else place, low, high)


def _tidy(field: Field, value: float, one: float, other: float) -> int | float:
    """A computed value without the digits of its rounding errors, between the two ends."""
    value = min(max(value, min(one, other)), max(one, other))
    if field.kind == "int":
        return round(value)
    tidy = float(f"{value:.6g}")
    return tidy if min(one, other) <= tidy <= max(one, other) else float(value)
