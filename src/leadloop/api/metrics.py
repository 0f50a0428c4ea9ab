"""What the service counts and times, for Prometheus. No label ever holds anything of a lead."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from leadloop.api.versions import Served, ServedVersions

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0)
_SCORES = tuple(range(10, 101, 10))
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The measures of one process; with several processes, what is shown is the sum of all."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        every = self.registry
        self.predictions = Counter(
            "leadloop_predictions", "Leads scored.", ("playbook", "method", "route"), registry=every
        )
        self.rejected = Counter(
            "leadloop_rejected_leads", "Leads that could not be read.", ("playbook",), registry=every
        )
        self.latency = Histogram(
            "leadloop_inference_latency_seconds",
            "Time to read and score the leads of one request.",
            ("playbook",),
            buckets=_SECONDS,
            registry=every,
        )
        self.distribution = Histogram(
            "leadloop_prediction_distribution",
            "Scores given, 0 to 100.",
            ("playbook",),
            buckets=_SCORES,
            registry=every,
        )
        self.requests = Histogram(
            "http_server_request_duration_seconds",
            "Time to answer a request.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=every,
        )
        self.cache = Counter("leadloop_cache_lookups", "Leads looked up in the cache.", ("result",), registry=every)
        self.reloads = Counter(
            "leadloop_model_reloads", "Versions loaded or refused.", ("playbook", "result"), registry=every
        )
        self.log_failures = Counter(
            "leadloop_score_log_failures", "Times the score log failed; answers went out all the same.", registry=every
        )
        self.logged = Counter("leadloop_score_log_stored", "Scores written down in the store.", registry=every)
        self.log_dropped = Counter(
            "leadloop_score_log_dropped", "Scores that were answered but not written down.", ("why",), registry=every
        )
        self.log_waiting = Gauge(
            "leadloop_score_log_waiting", "Scores not written down yet.", multiprocess_mode="livesum", registry=every
        )
        self.database = Gauge(
            "leadloop_database_up",
            "1 while the database answers, seen from the process that has it worst.",
            multiprocess_mode="livemin",
            registry=every,
        )
        self.limited = Counter(
            "leadloop_rate_limited", "Requests refused since a key asked too often.", ("limit",), registry=every
        )
        self.memory = Gauge(
            "leadloop_memory_usage_bytes", "Resident memory.", multiprocess_mode="livesum", registry=every
        )
        self.serving = Gauge(
            "leadloop_model_info", "1 for the version that serves.", ("playbook", "version"), "", "",
            multiprocess_mode="livemax", registry=every,
        )  # fmt: skip
        self.degraded = Gauge(
            "leadloop_degraded",
            "1 where the first choice does not serve.",
            ("playbook",),
            multiprocess_mode="livemax",
            registry=every,
        )

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count and time one request; `route` is the template of its path."""
        self.requests.labels(method if method in _METHODS else "_OTHER", route, str(status)).observe(seconds)

    def show_served(self, served: Served, before: str) -> None:
        """Say which version serves from now on."""
        if before and before != served.version:
            self.serving.labels(served.playbook, before).set(0)
        self.serving.labels(served.playbook, served.version).set(1)

    def page(self, versions: ServedVersions) -> bytes:
        """Everything, as Prometheus reads it."""
        self.memory.set(_resident_bytes())
        for name in {*versions.served, *versions.problems}:
            self.degraded.labels(name).set(1 if name in versions.problems else 0)
        return generate_latest(_collected(self.registry))


def _collected(registry: CollectorRegistry) -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return registry
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


def _resident_bytes() -> int:
    """The memory that this process holds; on systems without /proc, the most that it ever held."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        if sys.platform == "win32":
            return 0
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def metric_names(metrics: Metrics) -> Iterable[tuple[str, str]]:
    """Every measure with what it says."""
    return [(metric.name, metric.documentation) for metric in metrics.registry.collect()]
