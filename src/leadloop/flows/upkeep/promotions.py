"""What was in service when: the changes of a day, or the one that held at a moment, for people to read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from leadloop.errors import LeadLoopError, Problem
from leadloop.registry import CHAMPION, Registry

if TYPE_CHECKING:
    from leadloop.store import PromotionRecord


_TOLD = ("AUC", "log-loss")


def find_changes(
    registry: Registry, playbook: str, *, on: str = "", alias: str = CHAMPION
) -> tuple[PromotionRecord, ...]:
    """Every change of what a name stands for, oldest first.

    With a day (`2026-05-03`) only those that held on that day: the last one before it, and each of that day. With a time
    (`2026-05-03T14:00`, UTC unless it says another zone) the one that held at that moment. Raises LeadLoopError for what is
    neither.
    """
    if not on:
        return registry.history(playbook, alias)
    start, end = read_moments(on)
    first = registry.in_service_at(playbook, start, alias)
    later = [one for one in registry.history(playbook, alias) if start < one.at <= end] if end > start else []
    return (*((first,) if first else ()), *later)


def read_moments(text: str) -> tuple[datetime, datetime]:
    """The first and the last moment that a text means, in UTC: a whole day, or twice the same moment.

    >>> [moment.isoformat() for moment in read_moments("2026-05-03")]
    ['2026-05-03T00:00:00+00:00', '2026-05-03T23:59:59.999999+00:00']
    >>> read_moments("2026-05-03T14:00+02:00")[0].isoformat()
    '2026-05-03T12:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
        start = (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        problem = Problem("on", f"“{text}” is no date", "write 2026-05-03, or 2026-05-03T14:00 for a moment (UTC)")
        raise LeadLoopError("history", problem) from None
    is_day = len(text) == len("2026-05-03") and "T" not in text
    try:
        return start, start + timedelta(days=1) - timedelta(microseconds=1) if is_day else start
    except OverflowError:
        return start, start


def tell_moment(moment: datetime) -> str:
    """A moment as it is written everywhere: UTC, to the second.

    >>> tell_moment(datetime(2026, 5, 3, 12, 0, 0, 999, tzinfo=UTC))
    '2026-05-03T12:00:00Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def tell_evidence(change: PromotionRecord) -> str:
    """The quality that was known when a change was made, in a few words: the same two measures whoever made it.

    >>> from types import SimpleNamespace
    >>> tell_evidence(SimpleNamespace(evidence={"metrics": {"AUC": {"value": 0.81234}}, "seen": 3}))
    'AUC 0.812'
    """
    said = change.evidence.get("metrics", change.evidence)
    told: dict[str, Any] = said if isinstance(said, dict) else {}
    measured = [
        (name, told[name]["value"]) for name in _TOLD if isinstance(told.get(name), dict) and "value" in told[name]
    ]
    return ", ".join(f"{name} {value:.3f}" for name, value in measured if isinstance(value, int | float))
