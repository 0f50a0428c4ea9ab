"""Trends: how many leads and calls came in, how good they were and how they felt, day by day, week by week or month by month."""

from __future__ import annotations

from calendar import day_name, month_name
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from leadloop.flows.figures.amounts import Mean, Share, mean_of, share_of
from leadloop.flows.figures.declared import high_band, read_declared, within_days
from leadloop.flows.place.workspace import Workspace
from leadloop.learning.labels import NOT_WORKED, WORKED

if TYPE_CHECKING:
    from leadloop.store.standing_sums import CallSums, CameSums, Tally

Step = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One day, one week from its Monday, or one month (UTC)."""

    start: date
    """Its first day."""
    leads: int
    """Leads that came in."""
    calls: int
    """Calls that were held."""
    scores: int
    """Scores that were given."""
    mean_score: Mean | None
    """The newest scores of the leads that came in then."""
    high_value: Share | None
    """The share of these that are in the highest band."""
    sentiment: Mean | None
    """The mood of the calls, 0 to 10."""
    follow_up: Share | None
    """The share of calls after which a next meeting was set, of those of which that is known."""
    won: Share | None
    """Of the leads that came in then and whose outcome is settled, the share that was won."""


@dataclass(frozen=True, slots=True)
class Season:
    """One weekday or one month of the year, over all the time that was looked at."""

    place: int
    """1 to 7 from Monday on, or 1 to 12 from January on."""
    name: str
    """The weekday or month, in English."""
    leads: int
    """Leads that came in on such days."""
    calls: int
    """Calls that were held on such days."""
    days: int
    """How many such days there were."""
    leads_a_day: float
    """Leads on such a day, on average."""
    calls_a_day: float
    """Calls on such a day, on average."""
    high_value: Share | None
    """The share of these leads that are in the highest band."""
    sentiment: Mean | None
    """The mood of the calls."""


@dataclass(frozen=True, slots=True)
class Trends:
    """A playbook over time."""

    playbook: str
    """The playbook."""
    step: Step
    """How long each point is."""
    since: datetime
    """From when on."""
    until: datetime
    """Until when; the last point may not be over yet."""
    points: tuple[TrendPoint, ...]
    """Every step in order, those in which nothing came in too."""
    weekdays: tuple[Season, ...]
    """Monday to Sunday."""
    months: tuple[Season, ...]
    """January to December."""
    hours: tuple[int, ...]
    """Leads that came in at each hour of the day (UTC), from midnight on."""


def read_trends(
    place: Workspace,
    playbook: str,
    *,
    step: Step = "day",
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime | None = None,
) -> Trends:
    """A playbook over time: by default the last 90 days, or two years where the step is a month."""
    ends = until or now or place.store.now()
    starts = since or ends - timedelta(days=730 if step == "month" else 90)
    declared, sums = read_declared(place, playbook), place.store.sums
    high = high_band(declared)
    came = {one.day: one for one in sums.came(playbook, starts, ends, high=high) if one.day}
    calls = {one.day: one for one in sums.calls(playbook, starts, ends) if one.day}
    scores = sums.scores_by_day(playbook, starts, ends)
    won: dict[date, tuple[int, int]] = {}
    if declared is not None:
        found = sums.ends(
            playbook,
            declared.target.name,
            ("day",),
            within_days=within_days(declared),
            now=now or place.store.now(),
            since=starts,
            idle=(NOT_WORKED, WORKED),
        )
        won = {one.by[0]: (one.won, one.settled) for one in found}
    first, last = starts.astimezone(UTC).date(), ends.astimezone(UTC).date()
    every = list(_days(first, last))
    hours = sums.hours(playbook, starts, ends)
    return Trends(
        playbook=playbook,
        step=step,
        since=starts,
        until=ends,
        points=tuple(
            _point(start, days, came, calls, scores, won, high) for start, days in _steps(every, _OPENINGS[step])
        ),
        weekdays=tuple(
            _season(one, day_name[one - 1], [day for day in every if day.isoweekday() == one], came, calls, high)
            for one in range(1, 8)
        ),
        months=tuple(
            _season(one, month_name[one], [day for day in every if day.month == one], came, calls, high)
            for one in range(1, 13)
        ),
        hours=tuple(hours.get(hour, 0) for hour in range(24)),
    )


_OPENINGS: dict[Step, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
}


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=place) for place in range((last - first).days + 1))


def _steps(days: Iterable[date], opening: Callable[[date], date]) -> Iterator[tuple[date, list[date]]]:
    """Every step with its days, in order."""
    steps: dict[date, list[date]] = {}
    for day in days:
        steps.setdefault(opening(day), []).append(day)
    yield from steps.items()


def _point(
    start: date,
    days: list[date],
    came: dict[date, CameSums],
    calls: dict[date, CallSums],
    scores: dict[date, int],
    won: dict[date, tuple[int, int]],
    high: str,
) -> TrendPoint:
    leads = [came[day] for day in days if day in came]
    held = [calls[day] for day in days if day in calls]
    settled = [won[day] for day in days if day in won]
    return TrendPoint(
        start=start,
        leads=sum(one.leads for one in leads),
        calls=sum(one.calls for one in held),
        scores=sum(scores.get(day, 0) for day in days),
        mean_score=_mean(one.score for one in leads),
        high_value=_high(leads, high),
        sentiment=_mean(one.sentiment for one in held),
        follow_up=share_of(sum(one.follow_up for one in held), sum(one.follow_up_known for one in held)),
        won=share_of(sum(reached for reached, _ in settled), sum(of for _, of in settled)),
    )


def _season(
    place: int, name: str, days: list[date], came: dict[date, CameSums], calls: dict[date, CallSums], high: str
) -> Season:
    leads = [came[day] for day in days if day in came]
    held = [calls[day] for day in days if day in calls]
    count, talked = sum(one.leads for one in leads), sum(one.calls for one in held)
    return Season(
        place=place,
        name=name,
        leads=count,
        calls=talked,
        days=len(days),
        leads_a_day=count / len(days) if days else 0.0,
        calls_a_day=talked / len(days) if days else 0.0,
        high_value=_high(leads, high),
        sentiment=_mean(one.sentiment for one in held),
    )


def _high(leads: list[CameSums], high: str) -> Share | None:
    return share_of(sum(one.high for one in leads), sum(one.score.count for one in leads)) if high else None


def _mean(tallies: Iterable[Tally]) -> Mean | None:
    found = list(tallies)
    return mean_of(sum(one.count for one in found), sum(one.total for one in found), sum(one.squares for one in found))
