"""Find where it breaks: the parameter value at which the verdict of a claim flips."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kernlab.engine.contract.cache import Cache
from kernlab.engine.contract.claim import NOT_MEASURED, Verdict
from kernlab.engine.contract.experiment import CLAIMS, Experiment, merge
from kernlab.engine.contract.memory import check
from kernlab.engine.contract.parameters import Field, fields_of

SCAN = 9
"""Values tried over the whole range before the bisection starts."""


@dataclass(frozen=True)
class Break:
    """Where a verdict flips: between `low` and `high`; `value` is the middle of the two.

    `verdicts` are those at `low` and at `high`. While the search runs, `final` is false.
    """

    parameter: str
    value: float
    low: float
    high: float
    verdicts: tuple[Verdict, Verdict]
    final: bool = False


class NoBreak(ValueError):
    """The verdict is the same at every value tried; the message says which."""


def find_break(
    experiment: Experiment,
    claim_id: str,
    parameter: str,
    start: Any,
    cache: Cache,
    memory_limit: int | None = None,
) -> Iterator[Break | None]:
    """Bisect one numeric parameter to the value where a claim's verdict flips.

    Scans the parameter's range (on a log scale where it has one), takes the flip between
    *holds* and *fails* nearest to the current value, and bisects it to a relative width of
    1e-4, or to neighbouring integers. Where the claim turns inconclusive in between, the flip
    is the one from a verdict to *inconclusive*, and `verdicts` says so. Yields None wherever the
    run yields, so that it can be stopped, and the bracket after each halving; the last one is
    `final`. Values whose run would need too much memory, or more than `memory_limit` bytes, are
    left aside.

    Raises:
        ValueError: the parameter is not a number.
        NoBreak: no flip in the whole range.
    """
    field = _numeric(experiment, parameter)
    scale = _Scale(field)

    def verdict(at: float) -> Iterator[Verdict | None]:
        try:
            p = dataclasses.replace(start, **{parameter: scale.value(at)})
            check(experiment, p, "full", memory_limit, cache.used)
        except ValueError:  # with another parameter or for its size: nothing to judge
            yield "inconclusive"
            return
        tables: dict[str, Any] = {}
        for step in experiment.run(p, "full", cache, (CLAIMS,)):
            tables = merge(tables, step)
            yield None
        found = {claim.id: claim for claim in experiment.claims(p, tables)}
        if claim_id not in found:
            raise ValueError(f"claim is {claim_id!r}; allowed: one of {', '.join(found)}")
        if found[claim_id].reason == NOT_MEASURED:
            raise ValueError(f"{claim_id} is not measured by the view {CLAIMS!r} alone")
        yield found[claim_id].verdict

    known: dict[float, Verdict] = {}
    here = scale.place(getattr(start, parameter))
    for at in _scan(scale, here):
        for found in verdict(at):
            if found is None:
                yield None
            else:
                known[at] = found
    low, high = _nearest_flip(known, here, claim_id, field, scale)
    while not scale.narrow(low, high):
        yield _bracket(field, scale, low, high, known, final=False)
        middle = scale.middle(low, high)
        for found in verdict(middle):
            if found is None:
                yield None
            else:
                known[middle] = found
        low, high = _half(known, low, middle, high)
    yield _bracket(field, scale, low, high, known, final=True)


def _numeric(experiment: Experiment, parameter: str) -> Field:
    fields = {field.name: field for field in fields_of(experiment.Parameters)}
    numeric = [name for name, field in fields.items() if field.span]
    if parameter not in numeric:
        raise ValueError(f"parameter is {parameter!r}; allowed: one of {', '.join(numeric)}")
    return fields[parameter]


class _Scale:
    """A parameter's range as a linear one: the log where the parameter has a log scale."""

    def __init__(self, field: Field) -> None:
        assert field.span is not None
        self.log = field.span.log and field.span.low > 0
        self.integer = field.kind == "int"
        self.ends = field.span.low, field.span.high
        self.low, self.high = self.place(field.span.low), self.place(field.span.high)

    def place(self, value: float) -> float:
        return math.log(value) if self.log else float(value)

    def value(self, at: float) -> float | int:
        value = math.exp(at) if self.log else at
        # exp(log(end)) may lie outside the range by a rounding error, and would be refused.
        value = min(max(value, self.ends[0]), self.ends[1])
        return round(value) if self.integer else value

    def narrow(self, low: float, high: float) -> bool:
        if self.integer:
            return self.value(high) - self.value(low) <= 1
        width = abs(self.value(high) - self.value(low))
        size = max(abs(self.value(low)), abs(self.value(high)))
        if not self.log:  # towards a flip at zero no relative width is ever reached
            size = max(size, 1e-5 * (self.ends[1] - self.ends[0]))
        return width <= 1e-4 * size

    def middle(self, low: float, high: float) -> float:
        middle = (low + high) / 2
        return self.place(self.value(middle)) if self.integer else middle


def _scan(scale: _Scale, here: float) -> Sequence[float]:
    grid = [scale.low + (scale.high - scale.low) * i / (SCAN - 1) for i in range(SCAN)]
    if scale.integer:
        grid = [scale.place(scale.value(at)) for at in grid]
    return sorted({*grid, here})


def _nearest_flip(
    known: dict[float, Verdict], here: float, claim_id: str, field: Field, scale: _Scale
) -> tuple[float, float]:
    judged = [at for at in sorted(known) if known[at] != "inconclusive"]
    flips = [(a, b) for a, b in itertools.pairwise(judged) if known[a] != known[b]]
    if not flips:
        verdicts = " and ".join(sorted(set(known.values())))
        low, high = f"{scale.value(min(known)):.6g}", f"{scale.value(max(known)):.6g}"
        raise NoBreak(
            f"{claim_id} does not flip over {field.name}: "
            f"{verdicts} at all {len(known)} values tried from {low} to {high}"
        )
    return min(flips, key=lambda flip: min(abs(flip[0] - here), abs(flip[1] - here)))


def _half(
    known: dict[float, Verdict], low: float, middle: float, high: float
) -> tuple[float, float]:
    return (middle, high) if known[middle] == known[low] else (low, middle)


def _bracket(
    field: Field, scale: _Scale, low: float, high: float, known: dict[float, Verdict], final: bool
) -> Break:
    return Break(
        parameter=field.name,
        value=scale.value(scale.middle(low, high)),
        low=scale.value(low),
        high=scale.value(high),
        verdicts=(known[low], known[high]),
        final=final,
    )
