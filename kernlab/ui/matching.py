"""Fuzzy matching of what is typed against the entries of a list."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

WORD, RUN, GAP = 10.0, 8.0, 0.1
"""Points for a letter at the start of a word and for one that follows the letter matched before
it, and what a letter that is left out between two matched ones costs."""

LOOSE = 4
"""Times its own length over which a word may be scattered where no letter starts a word."""


class Tier(IntEnum):
    """What kind of match it is, the better ones greater."""

    LETTERS = 0
    INSIDE = 1
    WORDS = 2
    PREFIX = 3


@dataclass(frozen=True)
class Match:
    """How well a text is met, and which of its letters are.

    Attributes:
        tier: the kind of match, which counts first.
        score: the better of two matches of one kind has more.
        places: the positions of the matched letters in the text, ascending.
    """

    tier: Tier
    score: float
    places: tuple[int, ...]


@lru_cache(4096)
def folded(text: str) -> str:
    """The text in small letters without accents, letter for letter: as long as it was."""
    return "".join(_fold(letter) for letter in text)


def _fold(letter: str) -> str:
    if letter < "\x80":
        return letter.lower()
    base = unicodedata.normalize("NFKD", letter)[:1].lower()
    return base if len(base) == 1 else letter


def match(typed: str, text: str) -> Match | None:
    """The best way to find the typed letters in a text in this order, if there is one.

    Spaces in what is typed only separate words. Cost: letters typed times letters of the text.

    Returns:
        The match, or nothing where a letter is missing or all lie far apart; an empty match for
        nothing typed.
    """
    wanted, within = "".join(folded(typed).split()), folded(text)
    if not _in_order(wanted, within):
        return None
    if not wanted:
        return Match(Tier.LETTERS, 0.0, ())
    starts = [at == 0 or not within[at - 1].isalnum() for at in range(len(within))]
    score, places = _best(wanted, within, starts)
    prefix = within.startswith(folded(typed).strip())
    tier = Tier.PREFIX if prefix else _tier(places, starts)
    scattered = places[-1] - places[0] >= LOOSE * len(wanted)
    return None if tier == Tier.LETTERS and scattered else Match(tier, score, places)


def _in_order(wanted: str, within: str) -> bool:
    at = -1
    for letter in wanted:
        at = within.find(letter, at + 1)
        if at < 0:
            return False
    return True


def _best(wanted: str, within: str, starts: list[bool]) -> tuple[float, tuple[int, ...]]:
    """The alignment with the most points, by dynamic programming over the letters."""
    ends: dict[int, tuple[float, tuple[int, ...]]] = {-1: (0.0, ())}
    for letter in wanted:
        made: dict[int, tuple[float, tuple[int, ...]]] = {}
        for at, other in enumerate(within):
            if other != letter:
                continue
            found = max(
                (
                    (points + _gain(last, at, starts), places)
                    for last, (points, places) in ends.items()
                    if last < at
                ),
                key=lambda pair: pair[0],
                default=None,
            )
            if found is not None:
                made[at] = (found[0], (*found[1], at))
        ends = made
    return max(ends.values(), key=lambda pair: pair[0])


def _gain(last: int, at: int, starts: list[bool]) -> float:
    if last >= 0 and at == last + 1:
        return RUN
    return (WORD if starts[at] else 0.0) - GAP * (at - last - 1)


def _tier(places: tuple[int, ...], starts: list[bool]) -> Tier:
    heads = [at for k, at in enumerate(places) if k == 0 or at != places[k - 1] + 1]
    if all(starts[at] for at in heads):
        return Tier.WORDS
    return Tier.INSIDE if len(heads) == 1 else Tier.LETTERS
