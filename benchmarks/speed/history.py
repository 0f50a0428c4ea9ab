"""What was measured before: a small file a run, and whether this run is worse than the last ones on the same kind of machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.speed.figure import Figure

FOLDER = Path(__file__).parents[1] / "history"
WORSE = 0.8
"""A ratio below this share of what it was before is a regression."""
LOOKS_BACK = 5
"""So many runs before this one say what it was: one that met a busy moment decides nothing."""


def describe_machine() -> str:
    """What a figure depends on before any code: processor, cores, system and Python."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    version = ".".join(platform.python_version_tuple()[:2])
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {version}"


def describe_commit(root: Path) -> str:
    """The commit that was measured, with a mark where files differ from it; empty where there is none."""
    told = [["rev-parse", "--short=12", "HEAD"], ["status", "--porcelain", "--untracked-files=no"]]
    try:
        commit, changed = (
            subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=True).stdout.strip()
            for words in told
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{commit}+" if changed else commit


def keep(figures: Iterable[Figure], commit: str, folder: Path = FOLDER, now: datetime | None = None) -> Path:
    """Write what was measured into a file of its own."""
    at = now or datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{at:%Y%m%d_%H%M%S}.json"
    told = {
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "machine": describe_machine(),
        "commit": commit,
        "figures": [asdict(one) for one in figures],
    }
    path.write_text(json.dumps(told, indent=1, default=dict) + "\n", encoding="utf-8")
    return path


def read_before(folder: Path = FOLDER) -> list[list[Figure]]:
    """The runs on this kind of machine, the oldest first."""
    runs: list[dict[str, Any]] = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))
    ]
    return [[Figure(**one) for one in run["figures"]] for run in runs if run["machine"] == describe_machine()]


def find_regressions(figures: Iterable[Figure], before: list[list[Figure]]) -> list[str]:
    """What is worse than in the last runs by more than a fifth, ratio by ratio, since machines are noisy and neighbours busy.

    >>> was = [[Figure("file", 50_000, "rows/s", {"pandas": 5_000})]]
    >>> find_regressions([Figure("file", 30_000, "rows/s", {"pandas": 4_000})], was)
    ['file beside pandas: 7.5 times as good, and it was 10']
    >>> find_regressions([Figure("file", 34_000, "rows/s", {"pandas": 4_000})], was)
    []
    """
    found = []
    for one in figures:
        for name, ratio in one.ratios.items():
            seen = [was.ratios[name] for run in before for was in run if was.name == one.name and name in was.beside]
            if seen and ratio < WORSE * (usual := median(seen[-LOOKS_BACK:])):
                found.append(f"{one.name} beside {name}: {ratio:.3g} times as good, and it was {usual:.3g}")
    return found
