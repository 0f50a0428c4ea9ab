"""Everything that the routes share: settings, versions, scoring, keys and measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from leadloop.api.access.limits import Limits
from leadloop.api.database import Database
from leadloop.api.measures.backlogs import BacklogCounts
from leadloop.api.measures.job_counts import JobCounts
from leadloop.api.measures.logs import EventLog
from leadloop.api.measures.metrics import Metrics
from leadloop.api.scoring.live import LiveScoring
from leadloop.api.scoring.rounds import Rounds
from leadloop.api.scoring.score_log import NoScoreLog, ScoreLog, StoredScoreLog
from leadloop.api.scoring.trials import Trials
from leadloop.api.served.arms import ServedArms
from leadloop.api.served.versions import Served, ServedVersions
from leadloop.flows.place.settings import Settings
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.explorers import Explorers
from leadloop.flows.training.field_points import score_points
from leadloop.flows.upkeep.key_ring import KeyRing, require_good_key

if TYPE_CHECKING:
    from leadloop.api.measures.traces import Traces


@dataclass(frozen=True)
class Service:
    """One process of the service."""

    workspace: Workspace
    settings: Settings
    versions: ServedVersions
    live: LiveScoring
    database: Database
    keys: KeyRing
    limits: Limits
    metrics: Metrics
    log: EventLog
    rounds: Rounds
    """Scores the leads of those who wait together."""
    arms: ServedArms
    """The tests that run, and what scores their arms."""
    traces: Traces | None = None
    """Where the spans of requests go; None where no collector is named."""

    @cached_property
    def job_counts(self) -> JobCounts:
        """How many jobs wait and run."""
        return JobCounts(self.database.store)

    @cached_property
    def backlog_counts(self) -> BacklogCounts:
        """How much waits to be enriched, worked on and sent."""
        return BacklogCounts(self.database.store)


def make_service(
    workspace: Workspace,
    settings: Settings,
    *,
    score_log: ScoreLog | None = None,
    log: EventLog | None = None,
    traces: Traces | None = None,
) -> Service:
    """A service of this workspace: its versions are not loaded yet, and its database has not been looked into."""
    ring = KeyRing()
    metrics, events = Metrics(), log or EventLog(settings.log_level, settings.log_format)

    def tell(name: str, facts: Mapping[str, object]) -> None:
        playbook = str(facts.get("playbook", ""))
        if name in ("version serves", "version refused"):
            metrics.reloads.labels(playbook, "loaded" if name == "version serves" else "refused").inc()
        if name == "version serves":
            served = versions.served[playbook]
            metrics.show_served(served, str(facts.get("before", "")))
            metrics.standing.learn_importance(served, _importance(workspace, served))
            events.info(name, **facts)
        elif name == "experiment runs":
            events.info(name, **facts)
        else:
            events.warning(name, **facts)

    versions = ServedVersions(workspace, settings, tell)
    database = Database(workspace, ring, events)
    if score_log is None:
        most = settings.score_log_waiting
        score_log = StoredScoreLog(database.store, most, metrics, events, traces) if most else NoScoreLog()
    live = LiveScoring(settings, score_log, metrics, workspace.clock)
    limits = Limits(settings, lambda name: metrics.limited.labels(name).inc())
    arms = ServedArms(versions, database.store, tell, lambda: live.clock())
    arms.missing = lambda *labels: metrics.arms_missing.labels(*labels).inc()
    live.arms = arms
    live.explorers = Explorers(workspace.root)
    if isinstance(score_log, StoredScoreLog):
        live.trials = score_log.trials = Trials(arms, lambda playbook: metrics.trial_failures.labels(playbook).inc())
    rounds = Rounds(live)
    return Service(workspace, settings, versions, live, database, ring, limits, metrics, events, rounds, arms, traces)


def _importance(workspace: Workspace, served: Served) -> Mapping[str, float]:
    """What a version goes by; nothing where its report is not there: it is shown, and nobody scores by it."""
    try:
        return score_points(workspace.registry, served.playbook, served.version) if served.record else {}
    except (OSError, ValueError):
        return {}


def require_key(service: Service) -> None:
    """See that a service which others can reach has a key that is good; raises LeadLoopError where it has none.

    Where it cannot be told, as the database is away and there is no copy of the keys from before, it is refused too.
    """
    if service.settings.is_open:
        require_good_key(service.keys, service.settings.host, service.database.problem)
