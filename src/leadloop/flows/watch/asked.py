"""What people and programs ask of quality and drift: any stretch of time, any version, computed when they ask."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leadloop.errors import LeadLoopError, Problem, VersionMissing
from leadloop.flows.place.playbook_folder import playbook_name
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.place.workspace import Workspace, open_workspace
from leadloop.flows.watch.check import check
from leadloop.flows.watch.history import export_performance, list_history
from leadloop.flows.watch.logged_leads import watch_playbook
from leadloop.flows.watch.look import (
    correct_by,
    look_at_quality,
    look_for_drift,
    newest_matured,
    newest_scored,
    read_past,
)
from leadloop.monitoring import Check, DriftReport, QualityPoint, QualityReport
from leadloop.monitoring.page import render_check

_DAYS = 28.0


def ask_quality(
    playbook: str,
    *,
    version: str = "",
    start: datetime | str | None = None,
    end: datetime | str | None = None,
    now: datetime | None = None,
    workspace: Workspace | Path | str | None = None,
    tick: Tick = lambda stage: None,
) -> QualityReport:
    """How good the scores were that a version gave from one day to before another, by what became of the leads.

    `version` is an id, a release or an alias (`champion` by default), or `served` for whatever served. Without days it is the
    newest whole weeks whose leads had the time to mature, as many as it takes. Days are in UTC, as in 2026-03-01.
    """
    place = _place(workspace)
    now = now or place.clock()
    watched = watch_playbook(place, playbook_name(playbook) if Path(playbook).exists() else playbook)
    tick("reading scores and outcomes")
    served = version == "served"
    first, last = read_day(start, "from"), read_day(end, "to")
    if first or last:
        last = last or now
        first = first or last - timedelta(days=_DAYS)
        _require_order(first, last)
    past = read_past(watched, now, version="" if served else version, served=served, since=first)
    if first is None or last is None:
        first, last = newest_matured(past)
    tick("measuring quality")
    return look_at_quality(past, first, last, label="" if served else past.name)


def ask_drift(
    playbook: str,
    *,
    days: float | None = None,
    version: str = "",
    now: datetime | None = None,
    workspace: Workspace | Path | str | None = None,
    tick: Tick = lambda stage: None,
) -> DriftReport:
    """How the leads of the last so many days differ from those that a version learned from; by default, of the last week."""
    place = _place(workspace)
    now = now or place.clock()
    watched = watch_playbook(place, playbook)
    tick("reading scores and outcomes")
    past = read_past(watched, now, version=version)
    if past.version is None:
        raise VersionMissing(playbook, Problem("version in service", "is none", f"train it: leadloop train {playbook}"))
    start, end = newest_scored(past) if days is None else (now - timedelta(days=days), now)
    tick("looking for drift")
    return look_for_drift(past, start, end, past.between(*newest_matured(past)), correct_by(past))


def ask_check(
    playbook: str,
    *,
    keep: bool = True,
    report: Path | str | None = None,
    now: datetime | None = None,
    workspace: Workspace | Path | str | None = None,
    tick: Tick = lambda stage: None,
) -> Check:
    """One look at the version in service; `report` is a file to write it to as a page with pictures."""
    place = _place(workspace)
    found = check(place, playbook, keep=keep, now=now, tick=tick)
    if report is not None:
        tick("writing the report")
        synthetic = place.registry.find(playbook, found.model_version).synthetic
        write_page(Path(report), render_check(found, synthetic=synthetic))
    return found


def ask_history(
    playbook: str, *, version: str = "", most: int = 30, workspace: Workspace | Path | str | None = None
) -> list[QualityPoint]:
    """What checks found, the newest first; of one version on request."""
    place = _place(workspace)
    watch_playbook(place, playbook)
    of = place.registry.find(playbook, version).id if version else None
    return list_history(place, playbook, version=of, most=most)


def export_to(playbook: str, to: Path | str, *, workspace: Workspace | Path | str | None = None) -> int:
    """Write the performance of every version to a JSON file, and say of how many."""
    place = _place(workspace)
    body = export_performance(place, playbook)
    write_page(Path(to), json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    return len(body)


def write_page(path: Path, content: str) -> None:
    """Write a file; raises LeadLoopError where it cannot be written."""
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        raise LeadLoopError(
            "report", Problem(str(path), what, "name a file in a folder that you may write to")
        ) from error


def read_day(text: datetime | str | None, name: str) -> datetime | None:
    """A day or a moment in UTC; None where nothing is said. Raises LeadLoopError for what is neither.

    >>> read_day("2026-03-01", "from")
    datetime.datetime(2026, 3, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    if not text:
        return None
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    except ValueError:
        problem = Problem(f"--{name}", f"“{str(text)[:40]}” is no day", "write 2026-03-01, or 2026-03-01T14:00")
        raise LeadLoopError("quality", problem) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _require_order(start: datetime, end: datetime) -> None:
    if start >= end:
        what = f"is {start:%Y-%m-%d %H:%M}, and --to is {end:%Y-%m-%d %H:%M}"
        raise LeadLoopError("quality", Problem("--from", what, "begin before the end"))


def _place(workspace: Workspace | Path | str | None) -> Workspace:
    return workspace if isinstance(workspace, Workspace) else open_workspace(workspace)
