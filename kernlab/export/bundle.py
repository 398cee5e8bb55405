"""What goes into an export: everything that a finished run made, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kernlab.engine.contract.claim import Claim
from kernlab.engine.contract.figure import Figure, Sheet
from kernlab.engine.contract.table import Table


class ExportError(ValueError):
    """A file could not be written; the message is one sentence: what was wrong, what to do."""


@dataclass(frozen=True)
class Bundle:
    """A run, ready to be saved; picklable, so that another process can save it.

    Attributes:
        figures: figures and sheets in the order in which they are presented; those whose
            tables are missing are left out of the file.
        tables: the data by name.
        recipe: what makes the same run again (`kernlab.engine.contract.recipe`).
        order: names of tables, the one that a CSV holds first; others follow.
        title: the experiment's title, at the top of the page; empty for the figures alone.
        answer: the answer in one sentence, under the title.
        claims: the claims with their verdicts; a ZIP holds them as JSON.
    """

    figures: Sequence[Figure | Sheet] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    order: Sequence[str] = ()
    title: str = ""
    answer: str = ""
    claims: Sequence[Claim] = ()

    def table_names(self) -> list[str]:
        """The names of the tables that are there, in the order of presentation."""
        first = [name for name in self.order if name in self.tables]
        return list(dict.fromkeys([*first, *self.tables]))

    def drawable(self, keys: Sequence[str] | None = None) -> list[Figure | Sheet]:
        """The figures whose tables are all there, or those of them that `keys` names.

        Raises:
            ExportError: a key names no figure, or no figure can be drawn.
        """
        known = [figure.key for figure in self.figures]
        for key in keys or ():
            if key not in known:
                raise ExportError(f"there is no figure {key!r}; allowed: {', '.join(known)}")
        chosen = [figure for figure in self.figures if keys is None or figure.key in keys]
        ready = [figure for figure in chosen if figure.tables <= self.tables.keys()]
        if not ready:
            raise ExportError(
                "there is no figure to save yet: no table of one has been computed; "
                "let the run finish, then save again"
            )
        return ready
