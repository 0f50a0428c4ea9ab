"""Feedback: what people did with a lead, how sure that is, what it says of the lead, and how much of it there was.

What feedback is worth is a playbook's own affair: its functions make fields of events, and here they are asked about one event or
all events of one lead. There is no second definition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from leadloop.flows.place.packaged import find_playbook
from leadloop.flows.place.playbook_folder import read_playbook
from leadloop.leads import Field
from leadloop.leads.frame import DTYPES
from leadloop.learning.aftermath import EventsFunction, judge_events

if TYPE_CHECKING:
    from leadloop.store import Feedback, FeedbackCount, Store, Stored

ACTIONS = ("view", "contact", "archive", "rate", "convert")
"""What people do with leads."""
_KIND, _WHOSE = "action_type", "\x00whose"


@dataclass(frozen=True)
class Grading:
    """How a playbook reads feedback."""

    fields: tuple[Field, ...]
    """What an event may say."""
    makes: Mapping[str, EventsFunction]
    """The functions that read events."""
    score: str
    """The one of them that says how good a lead turned out to be, 0 to 1."""
    confidence: str
    """The one that says how sure that is, 0 to 1."""

    def confidences(self, events: Sequence[Mapping[str, Any]]) -> list[float]:
        """How sure each event is, taken by itself."""
        return [confidence for _, confidence in self._judge(events, [str(place) for place in range(len(events))])]

    def judge(self, events: Sequence[Mapping[str, Any]]) -> tuple[float | None, float | None]:
        """How good a lead turned out to be by all of its events, and how sure that is; nothing is known without events."""
        return self._judge(events, [""] * len(events))[0] if events else (None, None)

    def _judge(self, events: Sequence[Mapping[str, Any]], whose: Sequence[str]) -> list[tuple[Any, Any]]:
        if not events:
            return []
        columns = [pl.Series(one.name, [_plain(event.get(one.name)) for event in events], dtype=DTYPES[one.type])
                   for one in self.fields if one.type not in ("id", "time")]  # fmt: skip
        table = pl.DataFrame([pl.Series(_WHOSE, whose), *columns])
        said = judge_events(table, _WHOSE, {name: self.makes[name] for name in (self.score, self.confidence)})
        return list(zip(said[self.score].to_list(), said[self.confidence].to_list(), strict=True))


def read_grading(playbook: Path | str) -> Grading | None:
    """How a playbook (by name or folder) reads feedback; None where it does not, or where there is none.

    >>> grading = read_grading("marketplace")
    >>> grading.confidences([{"action_type": "convert"}, {"action_type": "rate", "user_rating": 90}])
    [0.95, 1.0]
    >>> grading.judge([{"action_type": "view", "interaction_duration": 200}, {"action_type": "contact"}])
    (0.7, 0.7)
    """
    if find_playbook(playbook) is None:
        return None
    found = read_playbook(playbook)
    events = found.playbook.events
    if events is None or _KIND not in {one.name for one in events.fields}:
        return None
    for target in found.playbook.targets:
        if target.column in found.makes and target.confidence in found.makes:
            return Grading(events.fields, found.makes, target.column, target.confidence)
    return None


def keep_feedback(
    store: Store, playbook: str, given: Sequence[Feedback], confidences: Sequence[float]
) -> list[tuple[Feedback, Stored]]:
    """Store feedback with how sure each is and with the newest score that its lead had; all or nothing.

    What is sent again under its key keeps what was noted of it the first time, though the lead may have another score by now.
    Raises StoreConflict where a key was used for other feedback.
    """
    with store.transaction():
        before = store.feedback.known(playbook, [one.key for one in given])
        kept = []
        for one, confidence in zip(given, confidences, strict=True):
            if one.key in before:
                first = before[one.key].feedback
                told = (first.feedback_confidence, first.model_version, first.prediction_score)
            else:
                score = store.scores.latest(playbook, one.lead_id)
                told = (confidence, score.model_version if score else None, score.score if score else None)
            kept.append(replace(one, feedback_confidence=told[0], model_version=told[1], prediction_score=told[2]))
        return list(zip(kept, store.feedback.add(playbook, kept), strict=True))


def sum_up(counts: Sequence[FeedbackCount], *, leads: int, days: int) -> dict[str, Any]:
    """How much feedback there was of so many leads within so many days: by kind, by source, and day by day.

    Means are None where there is nothing to take them of.
    """

    def mean(total: float, count: int) -> float | None:
        return round(total / count, 4) if count else None

    def part(chosen: Sequence[FeedbackCount]) -> dict[str, Any]:
        count = sum(one.count for one in chosen)
        return {"count": count, "average_confidence": mean(sum(one.confidence for one in chosen), count)}

    whole = part(counts)
    contacts = sum(one.contacts for one in counts)
    daily: dict[str, dict[str, Any]] = {}
    for one in counts:
        day = daily.setdefault(one.day, {"date": one.day, "count": 0, "action_distribution": {}})
        day["count"] += one.count
        kinds = day["action_distribution"]
        kinds[one.action_type] = kinds.get(one.action_type, 0) + one.count
    return {
        "period_days": days,
        "total_feedback": whole["count"],
        "unique_leads": leads,
        "action_distribution": {
            kind: sum(one.count for one in counts if one.action_type == kind)
            for kind in sorted({one.action_type for one in counts})
        },
        "average_rating": mean(sum(one.rating for one in counts), sum(one.ratings for one in counts)),
        "average_confidence": whole["average_confidence"],
        "contact_success_rate": mean(sum(one.contacts_successful for one in counts), contacts),
        "conversion_value": round(sum(one.conversion_value for one in counts), 2),
        "by_source": {
            source: part([one for one in counts if one.feedback_source == source])
            for source in sorted({one.feedback_source for one in counts})
        },
        "daily": list(daily.values()),
    }


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
