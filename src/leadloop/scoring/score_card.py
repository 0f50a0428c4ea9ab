"""The score card: everything that is said of one lead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """What one field does to a score: `points` up or down, and a plain sentence that quotes the lead's own value."""

    field: str
    points: float
    sentence: str

    def __str__(self) -> str:
        return f"{self.sentence} ({self.points:+.1f})"


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """One lead's score, what it leads to, and why.

    `probability` is calibrated, with an interval; `score` (0 to 100) is a fixed, rising map of it. `reasons` holds every
    field's points: `starts_at` plus all of them is the score. `method` says how the score came about, `degraded` whether
    that was not the first choice.
    """

    lead_id: str
    line: int
    probability: float
    probability_low: float
    probability_high: float
    score: float
    band: str
    route: str
    confidence: float
    model_version: str
    method: str
    degraded: bool
    starts_at: float
    reasons: tuple[Reason, ...]

    @property
    def reasons_up(self) -> tuple[Reason, ...]:
        """What raises the score, the strongest first."""
        return tuple(reason for reason in self.reasons if reason.points > 0)

    @property
    def reasons_down(self) -> tuple[Reason, ...]:
        """What lowers the score, the strongest first."""
        return tuple(sorted((reason for reason in self.reasons if reason.points < 0), key=lambda reason: reason.points))
