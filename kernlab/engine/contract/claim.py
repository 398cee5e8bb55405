"""Claims: what the literature says, what is correct, what was measured, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["holds", "fails", "inconclusive"]


@dataclass(frozen=True)
class Preset:
    """A named set of parameters and what to look at there; others take their defaults."""

    title: str
    parameters: Mapping[str, Any]
    look_at: str


@dataclass(frozen=True)
class Claim:
    """One claim, judged at the current parameters.

    `verdict` is about the *published* form. `predicted` is what it predicts here, `measured`
    what was found, `tolerance` how far apart the two may lie. `preset` names the preset at
    which the claim can be judged; `figure` the figure that shows it.
    """

    id: str
    statement: str
    published: str
    correct: str
    source: str
    verdict: Verdict
    reason: str
    predicted: float | str | None = None
    measured: float | str | None = None
    tolerance: float | None = None
    preset: str | None = None
    figure: str | None = None


@dataclass(frozen=True)
class Statement:
    """The fixed part of a claim; :meth:`judge` adds what was found at the current parameters."""

    id: str
    statement: str
    published: str
    correct: str
    source: str
    preset: str | None = None
    figure: str | None = None

    def judge(
        self,
        verdict: Verdict,
        reason: str,
        *,
        predicted: float | str | None = None,
        measured: float | str | None = None,
        tolerance: float | None = None,
    ) -> Claim:
        """The claim with its verdict, and why."""
        return Claim(
            id=self.id,
            statement=self.statement,
            published=self.published,
            correct=self.correct,
            source=self.source,
            verdict=verdict,
            reason=reason,
            predicted=predicted,
            measured=measured,
            tolerance=tolerance,
            preset=self.preset,
            figure=self.figure,
        )

    def not_measured(self) -> Claim:
        """The claim while the tables that it needs are not there yet."""
        return self.judge("inconclusive", NOT_MEASURED)


NOT_MEASURED = "not yet measured"
