"""Readings: what can only be looked at, not counted. Every process takes them every few seconds, and when it is asked."""

from __future__ import annotations

import os
import sys

from leadloop.api.service import Service


def take_readings(service: Service) -> None:
    """Note the memory that is held, what scores, what waits to be written down, and whether the database answers."""
    metrics, versions, log = service.metrics, service.versions, service.live.log
    served, problems = versions.served, versions.problems
    metrics.memory.set(_resident_bytes())
    for name in {*served, *problems}:
        metrics.degraded.labels(name).set(1 if name in problems else 0)
        metrics.scoring.labels(name).set(1 if name in served else 0)
    metrics.log_waiting.set(log.waiting)
    metrics.log_oldest.set(log.oldest_seconds)
    metrics.database.set(0 if service.database.problem else 1)
    metrics.standing.served, metrics.standing.jobs = served, service.job_counts.counts
    metrics.standing.backlog = service.backlog_counts.counts


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
