"""Feedback analytics: what people did with leads in any stretch of time, how sure that is, when, from where, what they overrode.

The database makes the sums; here they are put together. Hours and days are in UTC. Users are told apart by keyed hashes of their
address and program, or by their session, and nobody is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from leadloop.store import Store
    from leadloop.store.feedback_sums import HourSums


class Sums(Protocol):
    """Whatever was counted."""

    @property
    def count(self) -> int: ...
    @property
    def confidence(self) -> float: ...


S = TypeVar("S", bound=Sums)
DAYS = 30.0
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHOWN_USER = 12


def ask_feedback(
    playbook: str,
    *,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    version: str = "",
    users: int = 10,
    now: datetime | None = None,
    workspace: Workspace | Path | str | None = None,
) -> dict[str, Any]:
    """Analytics of a playbook's feedback from one day (or moment) to before another; the last 30 days where none is named.

    `version` is the id of the version that had scored the leads; all where it is empty. Raises LeadLoopError for days that are
    none, and DataError where nothing was ever stored.
    """
    from leadloop.flows.past.stored_past import require_store
    from leadloop.flows.watch.asked import read_day

    place = workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
    require_store(place, playbook)
    first, last = read_day(start, "from"), read_day(end, "to")
    return analyse(place.store, playbook, first, last, version=version, users=users, now=now or datetime.now(UTC))


def analyse(
    store: Store,
    playbook: str,
    start: datetime | None,
    end: datetime | None,
    *,
    now: datetime,
    version: str = "",
    users: int = 10,
) -> dict[str, Any]:
    """The same of a store; raises LeadLoopError where it would end before it begins."""
    last = end or now
    first = start or last - timedelta(days=DAYS)
    if first >= last:
        what = f"is {first:%Y-%m-%d %H:%M}, and --to is {last:%Y-%m-%d %H:%M}"
        raise LeadLoopError("quality", Problem("--from", what, "begin before the end"))
    sums = store.feedback_sums
    kinds = sums.kinds(playbook, first, last, version=version)
    hours = sums.hours(playbook, first, last, version=version)
    leads, sessions = sums.distinct(playbook, first, last, version=version)
    people, busiest = sums.users(playbook, first, last, version=version, most=users)
    overrides = sums.overrides(playbook, first, last)
    whole = _part(kinds)
    count = whole["count"]
    return {
        "playbook": playbook,
        "model_version": version or None,
        "from": _write(first),
        "to": _write(last),
        "total": count,
        "leads": leads,
        "sessions": sessions,
        "users": people,
        "average_confidence": whole["average_confidence"],
        "average_rating": _mean(sum(one.rating for one in kinds), sum(one.ratings for one in kinds)),
        "average_seconds": _mean(sum(one.duration for one in kinds), sum(one.durations for one in kinds)),
        "contact_success_rate": _mean(
            sum(one.contacts_successful for one in kinds), sum(one.contacts for one in kinds)
        ),
        "conversion_value": round(sum(one.conversion_value for one in kinds), 2),
        "actions": _by(kinds, lambda one: one.action_type, count),
        "confidence": _by(kinds, lambda one: one.level, count),
        "sources": _by(kinds, lambda one: one.feedback_source, count),
        "versions": _by(kinds, lambda one: one.model_version or "none", count),
        "hours": _by(hours, lambda one: one.hour[11:13], count, [f"{hour:02}" for hour in range(24)]),
        "weekdays": _by(hours, lambda one: WEEKDAYS[_day(one).weekday()], count, WEEKDAYS),
        "days": _by(hours, lambda one: one.hour[:10], count),
        "busiest_users": [
            {"user": one.user[:_SHOWN_USER], "count": one.count,
             "average_confidence": _mean(one.confidence, one.count)}
            for one in busiest
        ],
        "overrides": {
            "total": sum(one.count for one in overrides),
            "reasons": [{"reason": one.reason, "count": one.count, "leads": one.leads} for one in overrides],
        },
    }  # fmt: skip


_TABLES = ("actions", "confidence", "sources", "versions", "hours", "weekdays", "days")


def rows_of(analytics: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Analytics as rows of a table: what is counted, which of it, how much, its share of all, and how sure it is on average."""
    for name in _TABLES:
        for key, told in analytics[name].items():
            yield {"by": name, "key": key, **told}
    total = analytics["total"]
    for one in analytics["busiest_users"]:
        share = _mean(one["count"], total)
        told = {"count": one["count"], "share": share, "average_confidence": one["average_confidence"]}
        yield {"by": "busiest_users", "key": one["user"], **told}
    overrides = analytics["overrides"]
    for one in overrides["reasons"]:
        share = _mean(one["count"], overrides["total"])
        yield {
            "by": "overrides",
            "key": one["reason"],
            "count": one["count"],
            "share": share,
            "average_confidence": None,
        }


def _by(
    sums: Sequence[S], name: Callable[[S], str], whole: int, every: Iterable[str] = ()
) -> dict[str, dict[str, Any]]:
    """The sums by a name, the names of `every` first; others in alphabetical order."""
    parts: dict[str, list[S]] = {one: [] for one in every}
    for one in sorted(sums, key=name) if not parts else sums:
        parts.setdefault(name(one), []).append(one)
    return {key: _part(some, whole) for key, some in parts.items()}


def _part(sums: Sequence[Sums], whole: int | None = None) -> dict[str, Any]:
    count = sum(one.count for one in sums)
    said: dict[str, Any] = {"count": count}
    if whole is not None:
        said["share"] = _mean(count, whole)
    return {**said, "average_confidence": _mean(sum(one.confidence for one in sums), count)}


def _mean(total: float, count: float) -> float | None:
    return round(total / count, 4) if count else None


def _day(one: HourSums) -> date:
    return date.fromisoformat(one.hour[:10])


def _write(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
