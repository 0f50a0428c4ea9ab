"""Health: what somebody should see to, looked for every hour.

Each check reads what one part keeps of its own work, and says what is wrong. What a check no longer finds is over. A part that
wants to be looked after adds its check to `CHECKS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from leadloop.errors import LeadLoopError, StoreUnavailable
from leadloop.flows.loop.alerts import Finding, ask_to_tell, raise_alert
from leadloop.flows.loop.rollout import look_after
from leadloop.flows.loop.rules import read_rules
from leadloop.flows.loop.syncing import SYNC
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace

CheckHealth = Callable[[Workspace], Iterator[Finding]]
_OVERDUE = timedelta(hours=3)
_LATELY = timedelta(days=7)
_MOST = 200


def find_parked_jobs(place: Workspace) -> Iterator[Finding]:
    """Jobs that were given up within a week. Of syncs `find_sync_trouble` tells, until one comes to its end."""
    for job in place.store.jobs.page(state="parked", limit=_MOST).items:
        if job.kind == SYNC or (job.finished_at and place.store.now() - job.finished_at > _LATELY):
            continue
        yield Finding(
            "parked job",
            "warning",
            f"job {job.id} ({job.kind}) was given up",
            f"It was begun {job.attempts} times; `leadloop jobs list --state parked` says why.",
            f"mend the cause, then `leadloop jobs retry {job.id}`",
            playbook=str(job.payload.get("playbook", "")),
            about=f"job {job.id}",
        )


def find_sync_trouble(place: Workspace) -> Iterator[Finding]:
    """Calls that do not come in: a sync that failed and is not being tried again, or none that came to its end for long."""
    from leadloop.flows.sync.account import SOURCE
    from leadloop.flows.sync.fetch import WHOLE
    from leadloop.flows.sync.health import is_late

    settings = read_settings(place.root)
    trying = any(place.store.jobs.page(kind=SYNC, state=state, limit=1).items for state in ("waiting", "running"))
    for state in place.store.source_states.all(SOURCE):
        if state.stream != WHOLE or state.account != (settings.fellow_subdomain or state.account):
            continue
        if state.failures and not trying:
            what, detail = "a sync failed", f"The last of {state.failures:,} failures: {state.failure}."
        elif settings.fellow_subdomain and is_late(state, now=place.store.now(), hours=settings.sync_late_hours):
            what, detail = "no calls were fetched for long", "No sync came to its end since, and none says why."
        else:
            continue
        yield Finding(
            "sync",
            "critical",
            what,
            detail,
            "see `leadloop sync status`, mend the cause, then `leadloop sync fellow`",
            playbook=settings.calls_playbook,
            about=state.account,
        )


def find_late_jobs(place: Workspace) -> Iterator[Finding]:
    """Jobs that should have been done for hours: no worker does them."""
    late = [
        job
        for job in place.store.jobs.page(state="waiting", limit=_MOST).items
        if place.store.now() - job.run_after > _OVERDUE
    ]
    if late:
        yield Finding(
            "late jobs",
            "warning",
            f"{len(late)} jobs wait for a worker",
            f"The oldest should have been taken up at {min(one.run_after for one in late):%Y-%m-%d %H:%M} UTC.",
            "start another `leadloop worker`, or see what the one there is does",
        )


def find_trials_gone_wrong(place: Workspace) -> Iterator[Finding]:
    """Versions on trial that no workflow looks after: they are taken back where they run into a guardrail."""
    for rollout in place.store.rollouts.going_on():
        try:
            look_after(place, rollout, read_rules(place.root, rollout.playbook), who="loop (health)")
        except StoreUnavailable:
            raise
        except LeadLoopError:
            continue
    yield from ()


def find_backlog(place: Workspace) -> Iterator[Finding]:
    """Leads that wait to be enriched, where they are more than `enrichment_backlog`."""
    from leadloop.flows.enrich.queue import backlog

    for playbook, waiting in backlog(place).items():
        yield Finding(
            "enrichment backlog",
            "warning",
            f"{waiting:,} leads wait to be enriched",
            "They come in faster than they are looked up.",
            "start another `leadloop worker`, or see whether a provider is down",
            playbook=playbook,
        )


CHECKS: list[CheckHealth] = [find_parked_jobs, find_sync_trouble, find_late_jobs, find_trials_gone_wrong, find_backlog]
"""What is looked for. A check says by its findings' `rule` and `about` which alert is which."""
RULES = ("sync", "parked job", "late jobs", "enrichment backlog")
"""The rules whose alerts are over once no check finds them any more."""


def look_at_health(place: Workspace) -> Mapping[str, Any]:
    """Look for what somebody should see to, note it, and note what is over; says how much of each there was."""
    found = [finding for check in CHECKS for finding in check(place)]
    for finding in found:
        raise_alert(place, finding)
    store = place.store
    still = {(one.rule, one.playbook, one.about) for one in found}
    over = [
        one for one in store.alerts.open() if one.rule in RULES and (one.rule, one.playbook, one.about) not in still
    ]
    for one in over:
        store.alerts.end(one.rule, playbook=one.playbook, about=one.about)
    ask_to_tell(place)  # what goes on is told again after a while
    return {"found": len(found), "over": len(over)}
