"""How long each stage of a story takes, passed on to whoever shows progress."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Tick = Callable[[str], None]


class Stopwatch:
    """Passes each stage on to whoever shows it, and keeps how long it took."""

    def __init__(self, tick: Tick) -> None:
        self.tick = tick
        self.seconds: dict[str, float] = {}
        self.started = self.since = time.perf_counter()
        self.cpu_started = time.process_time()
        self.cpu_since = self.cpu_started
        self.cpu_seconds: dict[str, float] = {}
        self.stage = "starting"

    def __call__(self, stage: str) -> None:
        now, cpu = time.perf_counter(), time.process_time()
        kind = self.stage.split(":")[0] if self.stage.startswith("reading") else self.stage.split(",")[0]
        self.seconds[kind] = self.seconds.get(kind, 0.0) + now - self.since
        self.cpu_seconds[kind] = self.cpu_seconds.get(kind, 0.0) + cpu - self.cpu_since
        self.since, self.cpu_since, self.stage = now, cpu, stage
        self.tick(stage)

    def cpu(self) -> float:
        """CPU seconds since it was started."""
        return time.process_time() - self.cpu_started

    def passed(self) -> float:
        """Seconds by the clock since it was started."""
        return time.perf_counter() - self.started

    def learner_cpu(self, name: str, opening: str = "") -> float:
        """CPU seconds that one learner took, its search and its fit together; `opening` begins the names of the stages."""
        stages = (f"{opening}choosing settings: {name}", f"{opening}fitting {name}")
        return sum(self.cpu_seconds.get(stage, 0.0) for stage in stages)

    def totals(self) -> dict[str, float]:
        """Seconds and CPU seconds so far, and the longest stages."""
        longest = sorted(self.seconds.items(), key=lambda item: -item[1])[:5]
        return {
            "total": time.perf_counter() - self.started,
            "CPU": time.process_time() - self.cpu_started,
            **{stage: seconds for stage, seconds in longest if seconds >= 0.05},
        }


class StagesOf:
    """A part of the story, timed by the same watch: its stages carry its name, and its CPU seconds begin with it."""

    def __init__(self, watch: Stopwatch, name: str) -> None:
        self.watch, self.name = watch, name
        self.before = watch.cpu()

    def __call__(self, stage: str) -> None:
        self.watch(f"{self.name}: {stage}")

    def cpu(self) -> float:
        """CPU seconds since the part began."""
        return self.watch.cpu() - self.before

    def passed(self) -> float:
        """Seconds by the clock since the whole story began."""
        return self.watch.passed()

    def learner_cpu(self, name: str) -> float:
        """CPU seconds that one learner took within this part."""
        return self.watch.learner_cpu(name, f"{self.name}: ")

    def totals(self) -> dict[str, float]:
        """Seconds and CPU seconds of the whole story so far."""
        return self.watch.totals()


def peak_memory_mb() -> float:
    """The most memory that this process has held, in megabytes; NaN where the system does not say."""
    try:
        import resource
    except ImportError:
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20) if sys.platform == "darwin" else most / 1024
