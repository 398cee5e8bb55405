"""Pins: traces of other parameters, kept to compare with; what they are and how they are merged.

Nothing here knows a widget. :mod:`kernlab.ui.pinning` connects it to a panel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from kernlab.engine.contract import recipe
from kernlab.engine.contract.comparison import (
    differences,
    on_scales,
    room,
    same_quantities,
    traces,
)
from kernlab.engine.contract.drawing import Behind, Drawing, DrawnSheet, Range, widened
from kernlab.engine.contract.figure import Dash, Style
from kernlab.engine.contract.parameters import Field, OwnData, fields_of, shown
from kernlab.engine.contract.text import brief
from kernlab.ui.requests import Scales

DASHES: Mapping[str, Dash] = {"A": "dash", "B": "dot", "C": "dashdot", "D": "longdash"}
"""The dash of each pin; there are no more pins than these."""
NAMED = 2
"""Parameters that a label names."""
CROWDED, SAMPLE = 135, 5
"""Letters of a legend, with so many for each sample, above which pins go by their names alone."""
WORDS = 2
"""Words of a check list that a label names."""
LETTERS = 24
"""Of a text that a label shows."""


@dataclass(eq=False)
class Pin:
    """What was on screen for a parameter set.

    Attributes:
        recipe: the parameters, ready for JSON.
        views: the views that are computed to the end, each with the scales that the user had
            chosen.
    """

    letter: str
    parameters: Any
    recipe: dict[str, Any]
    drawings: dict[str, Drawing] = field(default_factory=dict)
    sheets: dict[str, DrawnSheet] = field(default_factory=dict)
    views: dict[str, Scales] = field(default_factory=dict)

    def keep(self, drawn: Drawing | DrawnSheet) -> None:
        """Take over a figure or a sheet."""
        if isinstance(drawn, Drawing):
            self.drawings[drawn.key] = drawn
        else:
            self.sheets[drawn.key] = drawn


@dataclass(frozen=True)
class Changes:
    """What the numbers of a sheet are more or less than those of a pin, cell by cell."""

    letter: str
    label: str
    cells: tuple[tuple[str, ...], ...]

    @property
    def heading(self) -> str:
        """The heading of a column of changes."""
        return f"vs {self.letter}"

    @property
    def note(self) -> str:
        """The pin that the changes are against."""
        return f"vs pin {self.letter}: {self.label}"


@dataclass(frozen=True)
class _Overlay:
    """All that pins add to a figure, ready for every step of a slider."""

    quantities: tuple[str, bool, str, bool]
    behind: tuple[Behind, ...]
    view: tuple[Range, Range] | None
    legend: tuple[tuple[str, Style, bool], ...]
    short: tuple[tuple[str, Style, bool], ...]
    note: str

    def over(self, drawing: Drawing) -> Drawing:
        """The drawing with the pinned traces behind it, in a view that shows them."""
        if not self.behind and not self.note:
            return drawing
        if self.view is not None:
            drawing = widened(drawing, *self.view)
        legend = drawing.legend + self.legend
        crowded = sum(len(label) + SAMPLE for label, _, _ in legend) > CROWDED
        return replace(
            drawing,
            behind=self.behind,
            legend=drawing.legend + self.short if crowded else legend,
            note=" · ".join(filter(None, (drawing.note, self.note))),
        )


class Pins:
    """Up to four pins of one experiment.

    Attributes:
        inexact: pins, by letter, and views whose figures have to be drawn anew, because a log
            axis left out what a linear one shows.
    """

    def __init__(self, experiment: str, current: Any) -> None:
        self._experiment = experiment
        self._type = type(current)
        self._pins: dict[str, Pin] = {}
        self._current = current
        self._known: list[tuple[str, ...]] = []
        self._overlays: dict[str, _Overlay] = {}
        self.labels: dict[str, str] = {}
        self.inexact: set[tuple[str, str]] = set()

    def __iter__(self) -> Iterator[Pin]:
        return iter(self._pins.values())

    def __len__(self) -> int:
        return len(self._pins)

    def __contains__(self, letter: str) -> bool:
        return letter in self._pins

    def __getitem__(self, letter: str) -> Pin:
        return self._pins[letter]

    def add(self, parameters: Any) -> Pin:
        """A new pin, with the first letter that is free.

        Raises:
            ValueError: these parameters are pinned, or there are as many pins as are kept.
        """
        for pin in self:
            if pin.parameters == parameters:
                raise ValueError(f"These traces are pinned already: they are pin {pin.letter}.")
        free = [letter for letter in DASHES if letter not in self._pins]
        if not free:
            raise ValueError("At most four pins are kept; remove one to pin these traces.")
        pin = Pin(free[0], parameters, recipe.make(self._experiment, parameters, {}))
        self._pins[pin.letter] = pin
        self._pins = {letter: self._pins[letter] for letter in DASHES if letter in self._pins}
        self._refresh()
        return pin

    def remove(self, letter: str) -> None:
        """Forget a pin."""
        del self._pins[letter]
        self._refresh()

    def set_current(self, parameters: Any) -> bool:
        """Say what the live parameters are; whether that changed a label."""
        self._current = parameters
        # A label holds the pin's own values, so it stays as long as the same ones differ.
        if not self._pins or self._differing() == self._known:
            return False
        self._refresh()
        return True

    def _differing(self) -> list[tuple[str, ...]]:
        return [differing(pin.parameters, self._current) for pin in self]

    def forget(self, key: str) -> None:
        """Merge a figure anew, because a pin of it has changed."""
        self._overlays.pop(key, None)

    def _refresh(self) -> None:
        made = labels([pin.parameters for pin in self], self._current)
        self.labels = dict(zip(self._pins, made, strict=True))
        self._known = self._differing()
        self._overlays.clear()
        self.inexact = {(letter, view) for letter, view in self.inexact if letter in self._pins}

    # -- merging ----------------------------------------------------------------------------

    def merged(self, drawing: Drawing) -> Drawing:
        """A drawing with what pins have of its figure behind it; cheap after the first time."""
        if not self._pins:
            return drawing
        quantities = (drawing.x.title, drawing.x.log, drawing.y.title, drawing.y.log)
        overlay = self._overlays.get(drawing.key)
        if overlay is None or overlay.quantities != quantities:
            overlay = self._overlays[drawing.key] = self._overlay(drawing, quantities)
        return overlay.over(drawing)

    def _overlay(self, drawing: Drawing, quantities: tuple[str, bool, str, bool]) -> _Overlay:
        behind: list[Behind] = []
        views: list[tuple[Range, Range]] = []
        legend: list[tuple[str, Style, bool]] = []
        left_out: dict[str, list[str]] = {}
        # A figure that has turned into an image hides whatever is behind it.
        showing = [pin for pin in self if traces(drawing) and drawing.key in pin.drawings]
        for pin in showing:
            pinned = pin.drawings[drawing.key]
            if not traces(pinned):
                continue
            if not same_quantities(pinned, drawing):
                left_out.setdefault("another quantity", []).append(pin.letter)
                continue
            moved = [on_scales(trace, pinned, drawing) for trace in traces(pinned)]
            kept = [trace for trace in moved if trace is not None]
            if len(kept) < len(moved):
                self.inexact.add((pin.letter, drawing.view))
                left_out.setdefault("drawn on another scale", []).append(pin.letter)
                continue
            dash = DASHES[pin.letter]
            behind += [Behind(trace, dash, f"pin {pin.letter}") for trace in kept]
            view = room(kept, pinned, drawing)
            views += [view] if view else []
            legend.append((f"pin {pin.letter}", Style("muted", dash, width=1.4), False))
        full = [(f"{name}: {self.labels[name[-1]]}", style, dots) for name, style, dots in legend]
        return _Overlay(
            quantities, tuple(behind), _union(views), tuple(full), tuple(legend), _note(left_out)
        )

    def compared(self, sheet: DrawnSheet) -> Changes | None:
        """How a sheet differs from the first pin that has it."""
        for pin in self:
            if sheet.key in pin.sheets:
                cells = differences(sheet, pin.sheets[sheet.key])
                return Changes(pin.letter, self.labels[pin.letter], cells) if cells else None
        return None

    # -- sessions ---------------------------------------------------------------------------

    def read(self, saved: Any) -> tuple[list[Any], list[str]]:
        """The parameter sets of a list of recipes, and what could not be read.

        A recipe that is damaged in one place is left out whole: a pin at other parameters than
        it was would mislead.
        """
        found: list[Any] = []
        trouble: list[str] = []
        if not isinstance(saved, list):
            return [], [f"The pins are {shown(saved)}; allowed: a list of recipes."]
        for item in saved[: len(DASHES)]:
            try:
                found.append(_restored(item, self._experiment, self._type))
            except ValueError as error:
                trouble.append(f"A pin was left out: {error}.")
        return found, trouble


def _union(views: Sequence[tuple[Range, Range]]) -> tuple[Range, Range] | None:
    """The view that holds all of these."""
    if not views:
        return None
    x, y = (
        (min(low for low, _ in ends), max(high for _, high in ends))
        for ends in zip(*views, strict=True)
    )
    return x, y


def _note(left_out: Mapping[str, Sequence[str]]) -> str:
    """Which pins are left out of a figure, and why."""
    return " · ".join(
        f"{'pins' if len(letters) > 1 else 'pin'} {', '.join(letters)} left out: {why}"
        for why, letters in left_out.items()
    )


def _restored(item: Any, key: str, parameters_type: type) -> Any:
    if not isinstance(item, dict) or not isinstance(item.get("parameters"), dict):
        raise ValueError(f"it is {shown(item)}, which is no recipe")
    if item.get("experiment") != key:
        raise ValueError(f"it belongs to {shown(item.get('experiment'))}")
    restored = recipe.restore(item, parameters_type)
    if restored.warnings:
        raise ValueError(restored.warnings[0])
    return parameters_type(**restored.parameters)


def labels(pinned: Sequence[Any], current: Any) -> list[str]:
    """What tells each parameter set from the current one: `ridge = 0.1, n = 300 +2`.

    One that is the current one is told from the other pins.
    """
    fields = {item.name: item for item in fields_of(type(current))}
    among = {name for one in pinned for name in differing(pinned[0], one)}
    made = []
    for one in pinned:
        named = differing(one, current) or tuple(name for name in fields if name in among)
        parts = [_assignment(fields[name], getattr(one, name)) for name in named[:NAMED]]
        more = f" +{len(named) - NAMED}" if len(named) > NAMED else ""
        made.append(", ".join(parts) + more or "as now")
    return made


def differing(one: Any, two: Any) -> tuple[str, ...]:
    """The names of the parameters in which two sets differ."""
    mine, theirs = vars(one), vars(two)
    return tuple(name for name in mine if mine[name] != theirs[name])


def _assignment(item: Field, value: Any) -> str:
    return f"{item.name.replace('_', ' ')} = {_in_words(item, value)}"


def _in_words(item: Field, value: Any) -> str:
    if item.kind in ("int", "float"):
        unit = f" {item.span.unit}" if item.span and item.span.unit else ""
        return brief(value, 4) + unit
    if item.kind == "bool":
        return "yes" if value else "no"
    if item.kind == "choice":
        return item.options[value]
    if item.kind == "flags":
        few = len(value) <= WORDS
        return " + ".join(item.options[word] for word in value) if few else f"{len(value)} chosen"
    if item.kind == "text":
        return str(value) if len(value) <= LETTERS else value[: LETTERS - 1] + "…"
    return PurePath(value.path).name if isinstance(value, OwnData) else "none"
