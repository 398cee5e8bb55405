"""The memory that a run would need, and the refusal of one that needs more than there is."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from kernlab.engine.contract.experiment import Experiment, Fidelity
from kernlab.engine.contract.free_memory import available
from kernlab.engine.contract.parameters import Field, OwnData, fields_of
from kernlab.engine.contract.text import THIN_SPACE, number

SHARE = 0.8
"""Of the free memory, what a run may plan with: predictions are rough, and others need some."""


@dataclass(frozen=True)
class Memory:
    """What an experiment's `memory(p, fidelity)` returns.

    Attributes:
        bytes: the predicted peak of a run of all views, above what was in use before it.
        parameter: the name of the parameter to lower, or of the file to replace.
    """

    bytes: int
    parameter: str


class MemoryRefused(ValueError):
    """A run would need more memory than it may take; the message says what to lower."""


def check(
    experiment: Experiment,
    parameters: Any,
    fidelity: Fidelity,
    limit: int | None = None,
    held: int = 0,
) -> None:
    """Refuse a run that would need too much memory. Cost: a few µs where it may start.

    Args:
        experiment: asked for its prediction, where it has one.
        parameters: of the run.
        fidelity: of the run.
        limit: bytes that the user allows at most, or None.
        held: bytes that a cache holds and gives back when they are needed.

    Raises:
        MemoryRefused: with the figures, and the largest value that would fit.
    """
    predict = getattr(experiment, "memory", None)
    if predict is None:
        return
    need: Memory = predict(parameters, fidelity)
    room = int(SHARE * (available() + held))
    limited = limit is not None and limit < room
    if limit is not None and limited:
        room = limit
    if need.bytes <= room:
        return
    field = next(f for f in fields_of(type(parameters)) if f.name == need.parameter)
    spare = f"the limit is {size(room)}" if limited else f"{size(room)} can be spared"
    raise MemoryRefused(
        f"{_subject(field, parameters)} needs about {size(need.bytes)}, and {spare}; "
        f"{_remedy(field, predict, parameters, fidelity, room)}"
    )


def size(count: int) -> str:
    """Bytes for reading, on one line: 850 MB, 3.2 GB, 16 GB."""
    if count >= 999_500_000:
        return f"{count / 1e9:.{1 if count < 9.95e9 else 0}f}{THIN_SPACE}GB"
    return f"{max(0, round(count / 1e6))}{THIN_SPACE}MB"


def _subject(field: Field, parameters: Any) -> str:
    value = getattr(parameters, field.name)
    if isinstance(value, OwnData) and value.matrix is not None:
        rows, columns = value.matrix.shape
        return f"{field.name} with {_written(rows)} by {_written(columns)} numbers"
    if isinstance(value, OwnData) and value.arrays:
        entries = sum(array.size for array in value.arrays.values())
        return f"{field.name} with {_written(entries)} numbers"
    if isinstance(value, OwnData):
        rows = max((column.size for column in value.columns.values()), default=0)
        return f"{field.name} with {_written(rows)} rows"
    return f"{field.name} = {_written(value)}"


def _written(value: Any) -> str:
    """A value as a person would type it, with spaces between thousands."""
    return f"{value:,}".replace(",", THIN_SPACE) if isinstance(value, int) else number(value, 4)


def _remedy(field: Field, predict: Any, parameters: Any, fidelity: Fidelity, room: int) -> str:
    if field.kind == "data":
        return "choose a smaller file"
    found = largest_that_fits(field, predict, parameters, fidelity, room)
    return f"lower {field.name}" + ("" if found is None else f" (to about {_written(found)})")


def largest_that_fits(
    field: Field, predict: Any, parameters: Any, fidelity: Fidelity, room: int
) -> float | int | None:
    """The largest smaller value whose run fits into `room` bytes, to two digits, or None."""
    if field.span is None:
        return None

    def fits(value: float) -> bool:
        try:
            changed = dataclasses.replace(parameters, **{field.name: value})
        except ValueError:  # not together with the other parameters
            return False
        return int(predict(changed, fidelity).bytes) <= room

    whole = field.kind == "int"
    low, high = float(field.span.low), float(getattr(parameters, field.name))
    if not fits(round(low) if whole else low):
        return None
    while high - low > max(0.005 * abs(high), 1.0 if whole else 0.0):
        middle = math.sqrt(low * high) if field.span.log and low > 0 else (low + high) / 2
        if whole:
            middle = float(round(middle))
        if not low < middle < high:
            break
        low, high = (middle, high) if fits(round(middle) if whole else middle) else (low, middle)
    rounded = max(_floored(low), field.span.low)
    return round(rounded) if whole else rounded


def _floored(value: float) -> float:
    """The value with two digits, not larger."""
    if value == 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return float(f"{math.floor(value / unit * (1 + 1e-12)) * unit:.12g}")
