"""The column to predict: by name, by number or the last, and what columns are called."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from unicodedata import normalize

LAST = "last"
SHOWN = 8
"""Names that a message lists, at most."""
SEARCHED = 1000
"""Names among which a near one is looked for, at most."""
LONGEST = 20
"""Letters of a name in a message, in a note or in the answer, at most."""


def written(text: str) -> None:
    """Check what can be checked of a target column without its file.

    Raises:
        ValueError: it is empty.
    """
    if not text.strip():
        raise ValueError("it names no column; allowed: a name, a number from 1, or last")


@lru_cache(maxsize=16)
def place_of(text: str, names: tuple[str, ...], columns: int) -> int:
    """The place of the target's column, from 0.

    A name goes before a number; `last` is the last column.

    Args:
        text: a name as it stands in the header, a number from 1, or `last`.
        names: what the columns are called, none where nobody named them.
        columns: how many there are.

    Raises:
        ValueError: there is no such column, or more than one; one sentence that begins with `is`.
    """
    wanted = normalize("NFC", text)
    found = [at for at, name in enumerate(names) if normalize("NFC", name) == wanted]
    if text == LAST:
        last = columns - 1
        if any(at != last for at in found):
            raise ValueError(
                f"is {LAST!r}, which a column is called that is not the last; give a number, "
                f"{found[0] + 1} for that column or {columns} for the last one"
            )
        return last
    if len(found) > 1:
        raise ValueError(
            f"is {text!r}, and {len(found)} columns are called that; "
            f"give a number, such as {found[0] + 1} or {found[1] + 1}"
        )
    if found:
        return found[0]
    if text.isascii() and text.isdigit() and 0 < int(text) <= columns:
        return int(text) - 1
    raise ValueError(f"is {text!r}; {_allowed(text, names, columns)}")


def _allowed(text: str, names: Sequence[str], columns: int) -> str:
    numbers = f"a number from 1 to {columns}, or {LAST}"
    if not names:
        return f"the {columns} columns of data_file have no names; allowed: {numbers}"
    listed = ", ".join(repr(shortened(name)) for name in names[:SHOWN])
    more = ", …" if len(names) > SHOWN else ""
    near = difflib.get_close_matches(text, filter(None, names[:SEARCHED]), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"the columns of data_file are {listed}{more}; allowed: one of these, {numbers}{hint}"


def called(names: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    """Columns by name, with their number where that is empty or stands twice; places from 0."""
    times = Counter(names)
    found = []
    for place in places:
        name, number = names[place] if names else "", f"column {place + 1}"
        once = name if times[name] == 1 else f"{name} ({number})"
        found.append(once if name else number)
    return tuple(found)


def listed(names: Sequence[str], most: int = 3) -> str:
    """A few names for a sentence; empty where there are none."""
    text = ", ".join(map(shortened, names[:most]))
    return text + (f" and {len(names) - most} more" if len(names) > most else "")


def shortened(name: str) -> str:
    """A name for one line of text, without what cannot be seen and without emphasis."""
    plain = "".join(mark if mark.isprintable() else " " for mark in name).replace("**", "* *")
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
