"""What if: the score that a lead would have if something of it were different, beside the one that it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from leadloop.flows.scoring.explain import Explanation, explain_read
from leadloop.flows.scoring.file_batch import set_absent_times
from leadloop.flows.scoring.score import read_rows
from leadloop.scoring import ScoreCard, TrainedPlaybook


@dataclass(frozen=True, slots=True)
class FieldMove:
    """What one field does to the difference between two scores of a lead."""

    field: str
    """The field, or the name of a function beside the playbook."""
    points: float
    """By how many points it moves the score."""
    sentence: str
    """What it is about the lead after the change."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A lead's score as it is and as it would be."""

    before: ScoreCard
    """The card as it is."""
    after: ScoreCard
    """The card as it would be."""
    moves: tuple[FieldMove, ...]
    """What makes the difference, the strongest first; they add up to it but for rounding."""


def what_if(
    trained: TrainedPlaybook, lead: Mapping[str, Any], changes: Mapping[str, Any], *, now: datetime | None = None
) -> WhatIf:
    """Score a lead as it is and with some fields changed, by the very same version and as of the same moment.

    A change to None (or an empty text) takes a value away. Raises DataError with every mistake of either at once.
    """
    moment = now or datetime.now(UTC)
    rows = [dict(lead), {**lead, **{name: value if value != "" else None for name, value in changes.items()}}]
    before, after = trained.score(set_absent_times(trained, read_rows(trained, rows), moment))
    return WhatIf(before, after, _moves(before, after))


def explain_fields(trained: TrainedPlaybook, lead: Mapping[str, Any], *, now: datetime | None = None) -> Explanation:
    """Everything that is said of a lead given by its fields, with what would raise its score; raises DataError."""
    return explain_read(trained, set_absent_times(trained, read_rows(trained, [lead]), now or datetime.now(UTC)))


def _moves(before: ScoreCard, after: ScoreCard) -> tuple[FieldMove, ...]:
    was = {one.field: one for one in before.reasons}
    now = {one.field: one for one in after.reasons}
    moves = []
    for field in dict.fromkeys([*now, *was]):
        points = (now[field].points if field in now else 0.0) - (was[field].points if field in was else 0.0)
        if abs(points) >= 0.05:
            moves.append(FieldMove(field, round(points, 1), (now.get(field) or was[field]).sentence))
    return tuple(sorted(moves, key=lambda move: -abs(move.points)))
