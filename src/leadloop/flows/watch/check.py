"""Check: one look at the version in service, kept as a point of the history of quality."""

from __future__ import annotations

from datetime import datetime

from leadloop.errors import Problem, VersionMissing
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.watch.history import keep_check, points_before
from leadloop.flows.watch.logged_leads import watch_playbook
from leadloop.flows.watch.look import (
    correct_by,
    look_ahead,
    look_at_quality,
    look_for_drift,
    newest_matured,
    newest_scored,
    read_past,
)
from leadloop.monitoring import Check


def check(
    place: Workspace,
    playbook: str,
    *,
    now: datetime | None = None,
    keep: bool = True,
    tick: Tick = lambda stage: None,
) -> Check:
    """Measure matured quality, estimate today's, look for drift, and keep all of it as history.

    `quality` is of the newest whole weeks whose leads had the time to mature, as many as it takes to judge by; `estimate` and
    `drift` are of the scores of the last week (or of as many as it takes). All of them are of the version in service; where too
    few of its own leads have matured yet, quality is that of whatever served, and says so. Asked again, a stretch of time is
    measured anew and kept in place of the earlier point.

    Raises PlaybookError where there is no such playbook, VersionMissing where nothing of it is in service, and DataError where
    nothing was ever stored.
    """
    now = now or place.clock()
    watched = watch_playbook(place, playbook)
    tick("reading scores and outcomes")
    past = read_past(watched, now)
    if past.version is None:
        mend = f"train it: leadloop train {playbook}"
        raise VersionMissing(playbook, Problem("version in service", "is none, so there is nothing to check", mend))
    tick("measuring quality")
    start, end = newest_matured(past)
    quality = look_at_quality(past, start, end, label=past.name)
    if not quality.is_judged:
        served = read_past(watched, now, served=True)
        first, last = newest_matured(served)
        of_all = look_at_quality(served, first, last, label="")
        if of_all.is_judged:
            quality = of_all
    tick("estimating today's quality")
    correction = correct_by(past)
    begin, until = newest_scored(past)
    estimate = look_ahead(past, begin, until, correction)
    tick("looking for drift")
    drift = look_for_drift(past, begin, until, past.between(start, end), correction)
    before = points_before(place.store, playbook, past.name, quality)
    found = Check(playbook, past.name, now, quality, estimate, drift, before)
    if keep:
        keep_check(place, found)
    return found
