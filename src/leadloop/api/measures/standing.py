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
    importance: Mapping[str, tuple[str, Mapping[str, float]]] = field(default_factory=dict)
    """By playbook, a version and the score points by which each of its fields moves leads."""

    def learn_importance(self, served: Served, points: Mapping[str, float]) -> None:
        """Show what a version that now serves goes by, in place of the version before."""
        strongest = sorted(points, key=lambda name: (-abs(points[name]), name))[:MOST_FIELDS]
        told = served.version, {name: points[name] for name in strongest}
        self.importance = {**self.importance, served.playbook: told}

    def collect(self) -> Iterable[Metric]:
        """The lines, as Prometheus reads them."""
        return self._created(), self._importance(), self._jobs()

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
