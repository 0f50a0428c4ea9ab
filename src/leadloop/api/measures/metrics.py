"""What the service counts and times, for Prometheus. No label ever holds anything of a lead."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from leadloop.api.measures.standing import Standing
from leadloop.api.served.versions import Served

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 10.0)
_SCORES = tuple(range(10, 101, 10))
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
"""Any other is counted as `_OTHER`."""
REFUSALS = ("no key", "wrong key", "too many wrong keys", "role", "host", "limit")
"""Why somebody was not let in."""
_OF_PROCESS = re.compile(r"_(\d+)\.db$")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The measures of one process; with several processes, what is shown is the sum of all."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        every = self.registry
        self.predictions = Counter(
            "leadloop_predictions", "Leads scored.", ("playbook", "method", "band", "route"), registry=every
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
        self.log_oldest = Gauge(
            "leadloop_score_log_oldest_seconds",
            "How long the score has waited that waits longest to be written down.",
            multiprocess_mode="livemax",
            registry=every,
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
        self.refused = Counter(
            "leadloop_refused_requests", "Requests that were not let in.", ("reason",), registry=every
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

        self.scoring = Gauge(
            "leadloop_scoring",
            "1 where something scores, 0 where nothing can.",
            ("playbook",),
            multiprocess_mode="livemin",
            registry=every,
        )
        self.arms_missing = Counter(
            "leadloop_experiment_arm_missing",
            "Leads whose arm could not score them, so that its control did.",
            ("playbook", "experiment", "arm"),
            registry=every,
        )
        self.trial_failures = Counter(
            "leadloop_trial_failures",
            "Leads that a version on trial could not score; what is in service did, where anybody waited.",
            ("playbook",),
            registry=every,
        )
        self._request_lines: dict[tuple[str, str, int], Histogram] = {}
        self._score_lines: dict[tuple[str, str, str, str], Counter] = {}
        self.standing = Standing()
        every.register(self.standing)
        # A rate cannot be told of a line that begins with its first event.
        for counter, values in (
            (self.cache, ("hit", "miss")),
            (self.log_dropped, ("no room", "refused", "not stored before the end")),
            (self.limited, ("requests", "leads")),
            (self.refused, REFUSALS),
        ):
            for value in values:
                counter.labels(value)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count and time one request; `route` is the template of its path."""
        key = method, route, status
        line = self._request_lines.get(key)
        if line is None:  # to find the line of some labels takes longer than to count on it
            line = self.requests.labels(method if method in METHODS else "_OTHER", route, str(status))
            if method in METHODS:
                self._request_lines[key] = line
        line.observe(seconds)

    def count_score(self, playbook: str, method: str, band: str, route: str) -> None:
        """Count one lead scored."""
        key = playbook, method, band, route
        line = self._score_lines.get(key)
        if line is None:
            line = self._score_lines[key] = self.predictions.labels(*key)
        line.inc()

    def count_refused(self, status: int, *, known: bool, key: bool) -> None:
        """Count a request that was not let in (401, 403, 429); whether it gave a key, and whether that is known."""
        if status == 401:
            reason = "wrong key" if key else "no key"
        elif status == 403:
            reason = "role" if known else "host"
        else:
            reason = "limit" if known else "too many wrong keys"
        self.refused.labels(reason).inc()

    def show_served(self, served: Served, before: str) -> None:
        """Say which version serves from now on."""
        if before and before != served.version:
            self.serving.labels(served.playbook, before).set(0)
        self.serving.labels(served.playbook, served.version).set(1)

    def page(self) -> bytes:
        """Everything, as Prometheus reads it."""
        folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        if folder is None:
            return generate_latest(self.registry)
        _forget_dead(Path(folder))
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        together.register(self.standing)
        return generate_latest(together)


def _forget_dead(folder: Path) -> None:
    """Leave out the gauges of processes that are gone: what one said last would stand for ever."""
    if os.name != "posix":
        return  # asking whether a process lives would end it
    for pid in {int(found[1]) for file in folder.glob("gauge_live*.db") if (found := _OF_PROCESS.search(file.name))}:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
        except PermissionError:
            pass  # it lives, and is another's


def metric_names(metrics: Metrics) -> Iterable[tuple[str, str]]:
    """Every measure with what it says."""
    return [(metric.name, metric.documentation) for metric in metrics.registry.collect()]
