"""What is so at the moment when Prometheus asks: which versions serve, what they go by, and which jobs there are.

Lines of an old version end when it does. Counters and gauges cannot do that where several processes are measured together;
these lines come from the process that answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from leadloop.api.measures.backlogs import Backlog
from leadloop.api.served.versions import Served

MOST_FIELDS = 20
MOST_KINDS = 30
"""More kinds of jobs than this are counted together: the store takes any name."""
_OTHERS = "(others)"


@dataclass(eq=False)
class Standing(Collector):
    """What is shown of the present; each part is replaced as a whole by whoever knows better."""

    served: Mapping[str, Served] = field(default_factory=dict)
    """What scores, by playbook."""
    jobs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How many jobs there are of each kind and state."""
    backlog: Backlog = field(default_factory=Backlog)
    """What piles up where calls come in and leads go out."""
    importance: Mapping[str, tuple[str, Mapping[str, float]]] = field(default_factory=dict)
    """By playbook, a version and the score points by which each of its fields moves leads."""

    def learn_importance(self, served: Served, points: Mapping[str, float]) -> None:
        """Show what a version that now serves goes by, in place of the version before."""
        strongest = sorted(points, key=lambda name: (-abs(points[name]), name))[:MOST_FIELDS]
        told = served.version, {name: points[name] for name in strongest}
        self.importance = {**self.importance, served.playbook: told}

    def collect(self) -> Iterable[Metric]:
        """The lines, as Prometheus reads them."""
        return self._created(), self._importance(), self._jobs(), *self._backlog()

    def _created(self) -> Metric:
        made = GaugeMetricFamily(
            "leadloop_model_created_timestamp_seconds",
            "When the version that serves was trained.",
            labels=("playbook", "version"),
        )
        for name, one in self.served.items():
            if one.record is not None:
                made.add_metric((name, one.version), datetime.fromisoformat(one.record.created_at).timestamp())
        return made

    def _importance(self) -> Metric:
        family = GaugeMetricFamily(
            "leadloop_feature_importance",
            "Score points by which a field moved the leads that the version was tested on, on average; the strongest 20.",
            labels=("playbook", "field"),
        )
        for name, (version, points) in self.importance.items():
            if name in self.served and self.served[name].version == version:
                for one, value in points.items():
                    family.add_metric((name, one), value)
        return family

    def _jobs(self) -> Metric:
        family = GaugeMetricFamily(
            "leadloop_jobs", "Jobs that wait, run, or are parked: given up after some tries.", labels=("kind", "state")
        )
        kinds = sorted({kind for kind, _ in self.jobs})
        counts: dict[tuple[str, str], int] = {}
        for (kind, state), count in sorted(self.jobs.items()):
            shown = kind if kind in kinds[:MOST_KINDS] else _OTHERS
            counts[shown, state] = counts.get((shown, state), 0) + count
        for labels, count in counts.items():
            family.add_metric(labels, count)
        return family

    def _backlog(self) -> Iterable[Metric]:
        held = self.backlog
        leads = GaugeMetricFamily(
            "leadloop_enrichment_waiting", "Leads that wait to be enriched.", labels=("playbook",)
        )
        for playbook, count in held.leads.items():
            leads.add_metric((playbook,), count)
        messages = GaugeMetricFamily("leadloop_webhook_messages_waiting", "Messages that wait to be sent to webhooks.")
        events = GaugeMetricFamily("leadloop_source_events_waiting", "Events of calls that nobody has worked on yet.")
        for family, waiting in ((messages, held.messages), (events, held.events)):
            if waiting is not None:
                family.add_metric((), waiting)
        failures = GaugeMetricFamily(
            "leadloop_sync_failures",
            "How often fetching calls failed since it last came to its end.",
            labels=("account",),
        )
        for account, count in held.failures.items():
            failures.add_metric((account,), count)
        success = GaugeMetricFamily(
            "leadloop_sync_success_timestamp_seconds",
            "When the last fetching of calls began that came to its end.",
            labels=("account",),
        )
        for account, moment in held.succeeded_at.items():
            success.add_metric((account,), moment)
        return leads, messages, events, failures, success
