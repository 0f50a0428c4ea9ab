"""Everything that the routes share: settings, versions, scoring, keys and measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from leadloop.api.keys import HashedKeys, KeyRing
from leadloop.api.live import LiveScoring
from leadloop.api.logs import EventLog
from leadloop.api.metrics import Metrics
from leadloop.api.rounds import Rounds
from leadloop.api.score_log import NoScoreLog, ScoreLog
from leadloop.api.versions import ServedVersions
from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.settings import Settings
from leadloop.flows.workspace import Workspace
from leadloop.scoring import ScoreCard


class StoredLeads(Protocol):
    """Leads that are kept somewhere and are asked about by their identifier."""

    def find(self, playbook: str, lead_ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """The fields of each lead that is there, by identifier."""

    def write_scores(self, playbook: str, cards: Sequence[ScoreCard], scored_at: str) -> None:
        """Write scores back to their leads."""


@dataclass(frozen=True)
class Service:
    """One process of the service."""

    workspace: Workspace
    settings: Settings
    versions: ServedVersions
    live: LiveScoring
    keys: KeyRing
    metrics: Metrics
    log: EventLog
    rounds: Rounds
    """Scores the leads of those who wait together."""
    leads: StoredLeads | None = None
    """Where leads are kept; None where there is no database, and the routes that ask for leads by identifier are not there."""


def make_service(
    workspace: Workspace,
    settings: Settings,
    *,
    keys: KeyRing | None = None,
    score_log: ScoreLog | None = None,
    leads: StoredLeads | None = None,
    log: EventLog | None = None,
) -> Service:
    """A service of this workspace, its versions not yet loaded.

    Raises LeadLoopError where it would be open to others without a key.
    """
    ring = HashedKeys(settings.api_keys) if keys is None else keys
    if settings.is_open and ring.is_empty:
        raise LeadLoopError(
            "service",
            Problem(
                "host",
                f"{settings.host} can be reached from other machines, and there is no key",
                "make one with `leadloop serve --new-key admin`, or listen on 127.0.0.1",
            ),
        )
    metrics, events = Metrics(), log or EventLog(settings.log_level, settings.log_format)

    def tell(name: str, facts: Mapping[str, object]) -> None:
        playbook = str(facts.get("playbook", ""))
        metrics.reloads.labels(playbook, "loaded" if name == "version serves" else "refused").inc()
        if name == "version serves":
            metrics.show_served(versions.served[playbook], str(facts.get("before", "")))
            events.info(name, **facts)
        else:
            events.warning(name, **facts)

    versions = ServedVersions(workspace, settings, tell)
    live = LiveScoring(settings, NoScoreLog() if score_log is None else score_log, metrics)
    return Service(workspace, settings, versions, live, ring, metrics, events, Rounds(live), leads)
