"""What a panel remembers beside its parameters: named parts that the session saves and restores.

A component registers itself where it is built::

    panel.memory["locks"] = Keeper(save=lambda: controls.locked, load=controls.lock)

`save` is called about once a second, in the window's thread: it returns plain JSON values (lists,
dicts with string keys, numbers, texts, None) in well under a millisecond. `load` is called at
most once, before the panel's first run and after its parameters are restored, with what an
earlier `save` returned, or with whatever else a damaged file holds: it raises a ValueError whose
message is a sentence for the user where it cannot use it, and changes nothing then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Keeper:
    """How one part is saved and restored."""

    save: Callable[[], Any]
    load: Callable[[Any], None]
