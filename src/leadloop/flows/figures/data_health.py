"""Data health: whether leads still come in, what was turned away, and what waits to be worked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadloop.flows.loop.alerts import show_address
from leadloop.flows.place.settings import read_settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.sync.account import SOURCE

if TYPE_CHECKING:
    from leadloop.store import Job
    from leadloop.store.quarantine import HeldSource

_MOST_REJECTS = 20


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source of leads, or one list of it."""

    source: str
    """The source, as leads name it."""
    stream: str
    """The list of it; empty where it has none."""
    leads: int
    """Leads whose newest version came from it."""
    last_at: datetime | None
    """When it last told of anything."""
    succeeded_at: datetime | None
    """When the last reading began that came to its end; None where it is not read by us."""
    lag_hours: float | None
    """How long ago that is."""
    late: bool
    """Whether that is too long."""
    failures: int
    """How often it failed since."""
    failure: str
    """Why, the last time."""


@dataclass(frozen=True, slots=True)
class RejectLine:
    """Rows of one scored or imported file that could not be read."""

    job: int
    """The job that met them."""
    kind: str
    """What the job did."""
    at: datetime | None
    """When it was over."""
    rows: int
    """How many rows."""
    of: int
    """How many the file had."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """The queue of leads whose companies are looked up."""

    waiting: int
    """How many wait."""
    running: int
    """How many are being looked up."""
    done: int
    """How many were."""
    failed: int
    """How many were given up."""
    oldest_at: datetime | None
    """Since when the one waits that has waited longest."""
    best: tuple[tuple[str, float, Mapping[str, Any]], ...]
    """Who is next: the lead, what looking it up is worth, and why."""


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """One address that is told of leads."""

    id: str
    """Its identifier."""
    url: str
    """The address without anything that may be secret."""
    state: str
    """`on` or `off`."""
    why: str
    """Why it is off."""
    waiting: int
    """Messages that wait."""
    sent: int
    """Messages that arrived."""
    given_up: int
    """Messages that were given up, or dropped."""
    oldest_at: datetime | None
    """Since when the message waits that has waited longest."""


@dataclass(frozen=True, slots=True)
class DataHealth:
    """How the data of a playbook fares."""

    playbook: str
    """The playbook."""
    at: datetime
    """When this was looked at."""
    sources: tuple[SourceLine, ...]
    """Where leads come from, the latest to tell first."""
    quarantine: tuple[HeldSource, ...]
    """Sources whose outcomes nothing is learned from until somebody has looked."""
    rejects: tuple[RejectLine, ...]
    """Rows that could not be read, the newest files first."""
    queue: QueueState
    """The enrichment queue."""
    webhooks: tuple[WebhookLine, ...]
    """Who is told of leads."""
    events_waiting: int
    """Events that a source sent by itself and that wait to be worked on."""
    jobs: tuple[tuple[str, int], ...]
    """How many jobs are in each state."""
    parked: tuple[Job, ...]
    """The newest jobs that were given up; `error` says why."""
    doubtful_matches: int
    """Pairs of companies or people that may be the same, and wait for a person."""
    unscored: int
    """Leads that are kept and have no score."""
    newest_lead_at: datetime | None
    """When the newest lead came in."""


def read_data_health(place: Workspace, playbook: str, *, now: datetime | None = None) -> DataHealth:
    """How the data of a playbook fares."""
    at = now or place.store.now()
    store, settings = place.store, read_settings(place.root)
    _, _, unscored, newest = store.sums.known(playbook)
    return DataHealth(
        playbook=playbook,
        at=at,
        sources=_sources(place, playbook, at, settings.sync_late_hours),
        quarantine=store.quarantine.all(playbook),
        rejects=_rejects(place, playbook),
        queue=_queue(place, playbook),
        webhooks=_webhooks(place, playbook),
        events_waiting=store.source_events.counts(SOURCE).get("waiting", 0),
        jobs=tuple(sorted(store.jobs.states().items())),
        parked=store.jobs.page(state="parked", limit=10).items,
        doubtful_matches=store.identity.counts(playbook).get("doubtful", 0),
        unscored=unscored,
        newest_lead_at=newest,
    )


def _sources(place: Workspace, playbook: str, at: datetime, late_hours: float) -> tuple[SourceLine, ...]:
    """Who told of leads, and the lists that are read by us for this playbook."""
    lines = []
    states = place.store.source_states.all() if playbook == read_settings(place.root).calls_playbook else ()
    told = {source: (leads, last) for source, leads, last in place.store.sums.sources(playbook)}
    for state in states:
        leads, last = told.pop(state.source, (0, None))
        lag = None if state.succeeded_at is None else (at - state.succeeded_at).total_seconds() / 3600
        late = state.failures > 0 or lag is None or lag > late_hours
        stream = f"{state.account}: {state.stream}" if state.account else state.stream
        lines.append(
            SourceLine(
                state.source, stream, leads, last, state.succeeded_at, lag, late, state.failures, state.failure or ""
            )
        )
    lines += [
        SourceLine(source or "not said", "", leads, last, None, None, False, 0, "")
        for source, (leads, last) in told.items()
    ]
    return tuple(sorted(lines, key=lambda one: (one.last_at is not None, one.last_at or at, one.source), reverse=True))


def _rejects(place: Workspace, playbook: str) -> tuple[RejectLine, ...]:
    """What jobs said of rows that they could not read."""
    lines = []
    for job in place.store.jobs.page(playbook=playbook, state="done", limit=200).items:
        said = job.result if isinstance(job.result, Mapping) else {}
        rejected = said.get("rejected", said.get("rejects"))
        count = len(rejected) if isinstance(rejected, list) else rejected
        if isinstance(count, int) and count > 0:
            rows = said.get("rows", said.get("scored", 0))
            lines.append(RejectLine(job.id, job.kind, job.finished_at, count, rows if isinstance(rows, int) else 0))
    return tuple(lines[:_MOST_REJECTS])


def _queue(place: Workspace, playbook: str) -> QueueState:
    counts = place.store.enrichment.counts(playbook)
    best = place.store.enrichment.best(playbook, most=10)
    return QueueState(
        waiting=counts.get("waiting", 0),
        running=sum(1 for one in best if one.holder),
        done=counts.get("done", 0) + counts.get("changed", 0),
        failed=counts.get("failed", 0),
        oldest_at=place.store.sums.oldest_waiting(playbook),
        best=tuple((one.lead_id, one.worth, one.why) for one in best),
    )


def _webhooks(place: Workspace, playbook: str) -> tuple[WebhookLine, ...]:
    counts, oldest = place.store.webhooks.counts(), place.store.sums.oldest_messages()
    lines = []
    for one in place.store.webhooks.all():
        if one.playbook in ("", playbook):
            mine = counts.get(one.id, {})
            gone = mine.get("given up", 0) + mine.get("dropped", 0)
            lines.append(
                WebhookLine(
                    id=one.id,
                    url=show_address(one.url),
                    state=one.state,
                    why=one.why,
                    waiting=mine.get("waiting", 0),
                    sent=mine.get("sent", 0),
                    given_up=gone,
                    oldest_at=oldest.get(one.id),
                )
            )
    return tuple(lines)
