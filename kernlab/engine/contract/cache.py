"""A cache of stage results, budgeted in bytes; the least recently used goes first."""

from __future__ import annotations

import functools
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")

BUDGET = 256_000_000
"""Bytes that a cache keeps at most, where nothing else is said."""


class _Shelf:
    """What all parts of a cache share: the entries and their budget."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.used = 0
        self.entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()


class Cache:
    """Results of stages, keyed by the stage's name and the values that it depends on.

    Only one thread at a time may use it. A value's size is its `nbytes`, where it has one.

    Args:
        budget: bytes to keep at most; a single larger value is still returned, and dropped
            at the next insertion.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._shelf = _Shelf(budget)
        self._owner = ""

    def part(self, owner: str) -> Cache:
        """The part of one experiment: same budget, stage names of its own."""
        part = Cache()
        part._shelf, part._owner = self._shelf, owner
        return part

    @property
    def budget(self) -> int:
        """Bytes to keep at most, all parts together."""
        return self._shelf.budget

    @property
    def used(self) -> int:
        """Bytes kept, all parts together."""
        return self._shelf.used

    def get(self, stage: str, key: Hashable, build: Callable[[], T]) -> T:
        """The cached value of a stage, built now where it is not there."""
        value = self.peek(stage, key)
        return self.put(stage, key, build()) if value is None else value

    def peek(self, stage: str, key: Hashable) -> Any:
        """The cached value, or None."""
        name = (self._owner, stage, key)
        entry = self._shelf.entries.get(name)
        if entry is None:
            return None
        self._shelf.entries.move_to_end(name)
        return entry[0]

    def put(self, stage: str, key: Hashable, value: T) -> T:
        """Keep a value that a stage built step by step; returns it."""
        self.drop(stage, key)
        size, shelf = size_of(value), self._shelf
        shelf.entries[self._owner, stage, key] = (value, size)
        shelf.used += size
        self._shrink()
        return value

    def _shrink(self) -> None:
        shelf = self._shelf
        while shelf.used > shelf.budget and len(shelf.entries) > 1:
            _, (_, freed) = shelf.entries.popitem(last=False)
            shelf.used -= freed

    def resize(self, budget: int) -> None:
        """Set the bytes to keep at most, and forget at once what is beyond them."""
        self._shelf.budget = budget
        self._shrink()

    def drop(self, stage: str, key: Hashable) -> None:
        """Forget a value, where it is there."""
        entry = self._shelf.entries.pop((self._owner, stage, key), None)
        if entry is not None:
            self._shelf.used -= entry[1]

    def clear(self) -> None:
        """Forget everything, of all parts."""
        self._shelf.entries.clear()
        self._shelf.used = 0


def size_of(value: Any) -> int:
    """Bytes that a value holds: `nbytes`, or the sum over a container or over its attributes."""
    nbytes = getattr(value, "nbytes", None)
    if isinstance(nbytes, int):
        return nbytes
    if isinstance(value, (tuple, list, set, frozenset)):
        return sum(size_of(item) for item in value)
    if isinstance(value, dict):
        return sum(size_of(item) for item in value.values())
    names = _attributes(cast(Hashable, type(value))) | set(getattr(value, "__dict__", ()))
    if names and not isinstance(value, type):
        return sum(size_of(getattr(value, name, None)) for name in names)
    return sys.getsizeof(value)


@functools.cache
def _attributes(kind: Hashable) -> frozenset[str]:
    """The attributes that a class keeps in slots."""
    slots = [getattr(base, "__slots__", ()) for base in cast(type, kind).__mro__]
    names = [name for some in slots for name in ((some,) if isinstance(some, str) else some)]
    return frozenset(names) - {"__weakref__", "__dict__"}
