"""Data health: whether leads still come in, what was turned away, and what waits to be worked on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from leadloop.flows.place.workspace import Workspace

if TYPE_CHECKING:
    from leadloop.store.quarantine import HeldSource


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
    best: tuple[tuple[str, float, tuple[str, ...]], ...]
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
    doubtful_matches: int
    """Pairs of companies or people that may be the same, and wait for a person."""
    unscored: int
    """Leads that are kept and have no score."""
    newest_lead_at: datetime | None
    """When the newest lead came in."""


def read_data_health(place: Workspace, playbook: str, *, now: datetime | None = None) -> DataHealth:
    """How the data of a playbook fares."""
    raise NotImplementedError
