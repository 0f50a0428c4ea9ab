"""Schedules: jobs that are asked for by the clock. Workers look every second whose time has come; of several, one asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from leadloop.errors import LeadLoopError, Problem, StoreError
from leadloop.flows.place.known_playbooks import named_folders
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace

if TYPE_CHECKING:
    from leadloop.store import Schedule

WHO = "schedule"


@dataclass(frozen=True, slots=True)
class Default:
    """A schedule that every workspace begins with."""

    name: str
    """What it is called."""
    kind: str
    """The kind of job."""
    cron: str
    """When, in UTC."""
    payload: Mapping[str, Any]
    """What the job is told."""
    is_on: bool = True
    """Whether it is on from the beginning."""


DEFAULTS = (
    Default("daily check", "loop", "0 6 * * *", {"if_due": True}),
    # A version that was made by the last tick is a few minutes short of a week old at this one.
    Default("weekly tick", "loop", "0 5 * * MON", {"if_due": True, "slack_days": 0.5}),
    Default("hourly health", "health", "7 * * * *", {}),
    # Whoever wants it switches it on, having set where it goes.
    Default("weekly digest", "digest", "0 7 * * MON", {}, is_on=False),
)
"""Looked at daily, trained weekly where nothing was urgent before, and watched every hour."""


HOURLY_SYNC = Default("hourly sync", "sync", "23 * * * *", {})
"""Where a source of calls is configured, what is new there is fetched every hour."""


def next_time(cron: str, zone: str, after: datetime, *, place: int = 0) -> datetime:
    """When a schedule is due after a moment, in UTC; the second time after it for `place` 1, and so on.

    Where clocks go forward over a time of day, it is due when they have; where they go back over it, once.

    >>> next_time("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 29, 0, 0, tzinfo=UTC)).isoformat()
    '2026-03-29T01:00:00+00:00'
    >>> next_time("30 2 * * *", "Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)).isoformat()
    '2026-10-26T01:30:00+00:00'
    """
    local = after.astimezone(ZoneInfo(zone) if zone != "UTC" else UTC)
    return next(islice(CronSim(cron, local), place, None)).astimezone(UTC)


def require_cron(cron: str, zone: str) -> None:
    """Raise LeadLoopError where a schedule can never be due, or is none.

    >>> require_cron("61 * * * *", "UTC")
    Traceback (most recent call last):
    leadloop.errors.LeadLoopError: schedule: 1 problem
      cron  “61 * * * *” is no time: bad minute; write minute, hour, day, month and weekday, as in 0 6 * * MON-FRI
    """
    problems = []
    mend = "write minute, hour, day, month and weekday, as in 0 6 * * MON-FRI"
    try:
        if len(cron.split()) != 5:
            raise CronSimError("not five fields")
        next(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        problems.append(Problem("cron", f"“{cron[:60]}” is no time: {str(error).lower()}", mend))
    except StopIteration:
        problems.append(Problem("cron", f"“{cron[:60]}” is never due", "name a day that there is"))
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        known = "name one as in Europe/Berlin; where the system knows none, install the package tzdata"
        problems.append(Problem("zone", f"“{zone[:60]}” is no time zone here", known))
    if problems:
        raise LeadLoopError("schedule", problems)


def put_schedule(
    place: Workspace,
    name: str,
    kind: str,
    *,
    cron: str,
    zone: str = "UTC",
    playbook: str = "",
    payload: Mapping[str, Any] | None = None,
) -> Schedule:
    """Let a kind of job be asked for by the clock, for one playbook or for every one.

    Raises LeadLoopError with everything that is wrong: no such kind, what it is told, the times, the zone.
    """
    from leadloop.flows.work.jobs import KINDS

    require_cron(cron, zone)
    if kind not in KINDS:
        raise LeadLoopError("schedule", Problem("kind", f"“{kind[:40]}” is none", f"take {', '.join(KINDS)}"))
    KINDS[kind].read(payload or {})
    due = next_time(cron, zone, place.clock())
    return place.store.schedules.put(name, kind, playbook=playbook, cron=cron, zone=zone, payload=payload, next_at=due)


def switch_schedule(place: Workspace, name: str, *, on: bool) -> Schedule:
    """Switch a schedule on or off; raises StoreError where there is none of this name."""
    schedules = place.store.schedules
    found = schedules.named(name)
    due = next_time(found.cron, found.zone, place.clock()) if found else place.clock()
    return schedules.switch(name, on=on, next_at=due)


def add_defaults(place: Workspace) -> None:
    """Keep the schedules that every workspace begins with; one that somebody changed, or switched off, stays as it is."""
    schedules, now = place.store.schedules, place.store.now()
    there = {one.name for one in schedules.all()}
    for one in DEFAULTS:
        if one.name not in there:
            due = next_time(one.cron, "UTC", now)
            schedules.add_missing(one.name, one.kind, cron=one.cron, next_at=due, payload=one.payload, is_on=one.is_on)
    from leadloop.flows.sync.account import may_ask

    if HOURLY_SYNC.name not in there and may_ask(place):
        due, playbook = next_time(HOURLY_SYNC.cron, "UTC", now), read_settings(place.root).calls_playbook
        schedules.add_missing(HOURLY_SYNC.name, HOURLY_SYNC.kind, cron=HOURLY_SYNC.cron, next_at=due, playbook=playbook)


def ask_for_due(place: Workspace) -> list[tuple[str, str, int]]:
    """Ask for the jobs whose time has come: for each the schedule, the playbook and the job's number.

    Each time is acted on once, however many workers look. Times that passed while none looked count as one. A job that is still
    being done is not asked for a second time. A clock that was set back is followed, and asks for nothing that was done.
    """
    store = place.store
    asked: list[tuple[str, str, int]] = []
    moment = store.now()
    for schedule in store.schedules.due():
        try:
            following = next_time(schedule.cron, schedule.zone, moment)
        except (CronSimError, StopIteration, ValueError, OSError, KeyError):
            # Its zone is not known on this machine: another one may know it, and the health check tells of it.
            continue
        # Asking and noting that it was are one thing: a worker that is killed between them leaves neither.
        with store.transaction():
            if not store.schedules.move(schedule, following):
                continue
            for playbook in _playbooks(place, schedule):
                number = _ask(place, schedule, playbook)
                if number is not None:
                    store.schedules.asked(schedule, number)
                    asked.append((schedule.name, playbook, number))
    _follow_clock(place, moment)
    return asked


def _ask(place: Workspace, schedule: Schedule, playbook: str) -> int | None:
    from leadloop.flows.work.jobs import KINDS, ask_for

    if schedule.kind not in KINDS:  # a newer LeadLoop's, or one of a part that is not installed
        return None
    try:
        return ask_for(place, schedule.kind, playbook, schedule.payload, who=f"{WHO} “{schedule.name}”")
    except StoreError:
        raise
    except LeadLoopError:  # what it tells is not read any more
        return None


def _playbooks(place: Workspace, schedule: Schedule) -> Iterator[str]:
    """The playbooks that a schedule is about: its own, else every one that has a version or is named in the settings."""
    from leadloop.flows.work.jobs import KINDS

    if schedule.playbook or not KINDS.get(schedule.kind) or not KINDS[schedule.kind].about_playbook:
        yield schedule.playbook
        return
    names = [*place.registry.playbooks(), *(name for name, _ in named_folders(place))]
    yield from dict.fromkeys(names)


def _follow_clock(place: Workspace, now: datetime) -> None:
    """After a clock that was far ahead was set right, let schedules be due again in this life.

    A schedule is due at its next time, or at the one after where its next was acted on before the clock went back a little.
    Whatever is due later than that was noted by a clock that was wrong.
    """
    for schedule in place.store.schedules.all():
        if not schedule.is_on or schedule.next_at <= now:
            continue
        try:
            second = next_time(schedule.cron, schedule.zone, now, place=1)
            if schedule.next_at > second:
                place.store.schedules.move(schedule, next_time(schedule.cron, schedule.zone, now))
        except (CronSimError, StopIteration, ValueError, OSError, KeyError):
            continue
