"""File to file: leads read, scored and written, beside reading and writing alone, and beside pandas with scikit-learn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.figure import Figure

ROOT = Path(__file__).parents[2]
ROUNDS = 3
PLAIN = "reading and writing the same file"
PANDAS = "pandas with scikit-learn"
_COPY = """
import sys, time
from leadloop.ingest.tables import open_table
from leadloop.ingest.writers import open_writer
started = time.process_time()
with open_writer(sys.argv[2]) as out:
    for batch, _ in open_table(sys.argv[1]).batches():
        out.write(batch.cells)
print(time.process_time() - started)
"""
_SCORE = """
import os, resource, sys, time
import polars, onnxruntime
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
from leadloop.flows.scoring.score import score
started, cpu = time.perf_counter(), time.process_time()
new, to, playbook, workspace, reasons, workers = sys.argv[1:]
score(playbook, new, to, workspace=workspace, reasons=reasons == "reasons", workers=int(workers))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(time.process_time() - cpu, time.perf_counter() - started, peak / 1024, before / 1024)
"""


def run(*command: str) -> list[float]:
    """The numbers that a Python process prints."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=ROOT, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)[:200]} failed:\n{done.stderr[-2000:]}")
    return [float(word) for word in done.stdout.split()]


def measure(
    workspace: Path, playbook: str, new: Path, few: Path, rows: int, few_rows: int, model: Path, folder: Path
) -> list[Figure]:
    """Time whole files of one playbook, the best of some rounds in which all take turns; `few` are those scored with reasons.

    What one process does is told by its CPU seconds, which neighbours hardly change; what several do, by the clock.
    """
    told = [str(workspace)]
    to = str(folder / "scored.csv")
    cores = os.cpu_count() or 1
    seen: dict[str, list[list[float]]] = {}
    for _ in range(ROUNDS):
        ways: dict[str, Sequence[str]] = {
            PLAIN: ("-c", _COPY, str(new), to),
            "scores": ("-c", _SCORE, str(new), to, playbook, *told, "none", "1"),
            "together": ("-c", _SCORE, str(new), to, playbook, *told, "none", str(cores)),
            "reasons": ("-c", _SCORE, str(few), to, playbook, *told, "reasons", "1"),
            PANDAS: ("-m", "benchmarks.speed.pipeline", "score", str(model), str(new), to),
        }
        for name, command in ways.items():
            seen.setdefault(name, []).append(run(*command))
    rate = {
        name: (few_rows if name == "reasons" else rows) / min(one[0] for one in done) for name, done in seen.items()
    }
    clock = {name: rows / min(one[1] for one in seen[name]) for name in ("scores", "together")}
    beside = {name: rate[name] for name in (PLAIN, PANDAS)}
    memory = max(one[2] for one in seen["scores"])
    return [
        Figure(f"file to file, {playbook}, by CPU seconds", rate["scores"], "rows/s", beside),
        Figure(
            f"file to file, {playbook}, {cores} processes, by the clock",
            clock["together"],
            "rows/s",
            {"1 process": clock["scores"]},
        ),
        Figure(
            f"file to file with reasons, {playbook}, by CPU seconds",
            rate["reasons"],
            "rows/s",
            {"without": rate["scores"]},
        ),
        Figure(
            f"peak memory of that, {playbook}", memory, "MB", {"Polars and ONNX Runtime loaded": seen["scores"][0][3]}
        ),
    ]


def learn_pipeline(past: Path, outcome: str, columns: Sequence[str], texts: Sequence[str], model: Path) -> float:
    """Fit the pipeline of most people; the seconds that it took, Python's start included."""
    words = [word for text in texts for word in ("--text", text)]
    started = time.perf_counter()
    run("-m", "benchmarks.speed.pipeline", "learn", str(past), outcome, str(model), *columns, *words)
    return time.perf_counter() - started


def _environment() -> dict[str, str]:
    paths = [str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def measure_engine(workspace: Path, playbook: str, new: Path) -> list[Figure]:
    """Time features and models of one playbook in a process of its own."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, "-m", "benchmarks.speed.engine", str(workspace), playbook, str(new)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    if done.returncode:
        raise SystemExit(f"the engine failed:\n{done.stderr[-2000:]}")
    return [Figure(**one) for one in json.loads(done.stdout.splitlines()[-1])]
