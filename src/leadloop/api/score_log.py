"""Where served scores are written down, so that later outcomes can be held against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from leadloop.scoring import ScoreCard


@dataclass(frozen=True, slots=True)
class LoggedScore:
    """One score as it was answered: the lead as it was given, its card, and which request asked."""

    playbook: str
    lead: Mapping[str, Any]
    card: ScoreCard
    scored_at: str
    request_id: str
    cached: bool
    """Whether the score was kept from an earlier request for the very same lead."""


class ScoreLog(Protocol):
    """Takes served scores. It must come back at once: what is slow it puts into a queue of its own."""

    def record(self, scores: Sequence[LoggedScore]) -> None:
        """Take scores that are about to be answered. An error is counted and logged, and never keeps an answer back."""


class NoScoreLog:
    """A log that is off: without a database nothing is written down, and nothing pretends to be."""

    def record(self, scores: Sequence[LoggedScore]) -> None:
        """Write nothing."""
