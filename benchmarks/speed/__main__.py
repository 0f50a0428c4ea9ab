"""One table: what scoring, serving, training and starting cost, each beside its limits and its peers, measured in the same run.

    python -m benchmarks.speed [--workspace FOLDER] [--only WORD]... [--keep] [--nightly]

Without a workspace one is made in `.build/bench` of the packaged playbooks' synthetic worlds, and taken again the next time.
`--keep` adds the run to `benchmarks/history`; `--nightly` does so too, and ends with an error where a ratio is a fifth worse than
in the last runs on the same kind of machine.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from benchmarks import serving
from benchmarks.speed import files, history
from benchmarks.speed.figure import Figure, write_table

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".build" / "bench"
ROWS = {"insurance": (100_000, 20_000), "b2b_calls": (20_000, 5_000)}
"""How many leads are scored file to file, and how many of them with reasons."""


def make_leads(playbook: str) -> tuple[Path, Path, Path]:
    """Files of many new leads, of some of them, and of past leads; made once."""
    from leadloop.flows.simulate import simulate

    rows, few = ROWS[playbook]
    folder = PLACE / playbook
    new, some, past = folder / f"new_{rows}.csv", folder / f"new_{few}.csv", folder / "past.csv"
    if not all(path.exists() for path in (new, some, past)):
        made = simulate(playbook, folder / "world", leads=rows + 3_000, seed=3)
        leads = pl.read_csv(made.leads_file, infer_schema=False)
        leads[3_000:].write_csv(new)
        leads[3_000 : 3_000 + few].write_csv(some)
        leads[:3_000].write_csv(past)
    return new, some, past


def measure_playbook(workspace: Path, playbook: str, folder: Path) -> list[Figure]:
    """Features, models and files of one playbook."""
    from leadloop.flows.scoring.score import load

    new, few, past = make_leads(playbook)
    trained = load(playbook, workspace=workspace)
    schema, outcome = trained.schema, trained.playbook.target.column
    reads = {
        column: schema[name].type for column, name in schema.locate(pl.scan_csv(new).collect_schema().names()).items()
    }
    columns = [column for column, kind in reads.items() if kind in ("number", "money", "boolean", "category", "text")]
    model = folder / f"{playbook}.joblib"
    texts = [column for column in columns if reads[column] == "text"]
    files.learn_pipeline(past, outcome, columns, texts, model)
    rows, some = ROWS[playbook]
    return [
        *files.measure_engine(workspace, playbook, new),
        *files.measure(workspace, playbook, new, few, rows, some, model, folder),
    ]


def measure_service(workspace: Path, playbook: str, folder: Path) -> list[Figure]:
    """`POST /score` of one playbook."""
    times = serving.time_service(workspace, playbook, folder, 1_000, 2)
    figures = []
    for connections in (1, 32):
        at = f"{playbook}, {connections} connection{'s' if connections > 1 else ''}"
        seen = {name: one for (name, count), one in times.best.items() if count == connections}
        for name in (serving.SCORES, serving.REASONS):
            others = [serving.ECHO, *(one for one in (serving.MLFLOWS, serving.BENTOS) if one in seen)]
            mine = seen[name]
            what = f"POST /score: {name} ({at})"
            figures.append(Figure(f"{what}, p50", mine.p50, "ms", {one: seen[one].p50 for one in others}))
            figures.append(Figure(f"{what}, p99", mine.p99, "ms", {one: seen[one].p99 for one in others}))
            figures.append(Figure(what, mine.rate, "requests/s", {one: seen[one].rate for one in others}))
    figures.append(Figure(f"server ready, {playbook}", times.ready, "s", {"Python alone": _least(["-c", "pass"])}))
    figures.append(Figure(f"memory of a worker that serves, {playbook}", times.memory, "MB"))
    return figures


def measure_training(workspace: Path, folder: Path) -> list[Figure]:
    """A training with its defaults, beside fitting the pipeline of most people once."""
    from leadloop.flows.scoring.score import load

    _, _, past = make_leads("insurance")
    trained = load("insurance", workspace=workspace)
    read = trained.schema.locate(pl.scan_csv(past).collect_schema().names())
    columns = [
        column for column, name in read.items() if trained.schema[name].type in ("number", "boolean", "category")
    ]
    theirs = files.learn_pipeline(past, trained.playbook.target.column, columns, [], folder / "fitted.joblib")
    command = [
        "-m",
        "leadloop",
        "train",
        "insurance",
        "--data",
        str(past),
        "--no-promote",
        "-w",
        str(folder / "trained"),
    ]
    started = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    ours = time.perf_counter() - started
    return [
        Figure(
            "train with the defaults (insurance, 3,000 leads)",
            ours,
            "s",
            {"the pipeline of most people fitted once": theirs},
        )
    ]


def measure_start() -> list[Figure]:
    """How long the command takes until it answers."""
    return [
        Figure("leadloop --help", _least(["-m", "leadloop", "--help"]), "s", {"Python alone": _least(["-c", "pass"])})
    ]


def _least(words: Sequence[str]) -> float:
    seconds = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run([sys.executable, *words], capture_output=True, check=True)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--only", action="append", help="only parts whose name has this word", default=[])
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--nightly", action="store_true")
    told = parser.parse_args()
    workspace = told.workspace or PLACE / "workspace"
    if not (workspace / "registry").exists():
        print("Training the packaged playbooks first; minutes, once.", file=sys.stderr)
        serving.make_workspace(workspace, list(ROWS))
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        parts: dict[str, Callable[[], list[Figure]]] = {"start": measure_start}
        for playbook in ROWS:
            parts[f"files {playbook}"] = lambda name=playbook: measure_playbook(workspace, name, folder)  # type: ignore[misc]
            parts[f"service {playbook}"] = lambda name=playbook: measure_service(workspace, name, folder)  # type: ignore[misc]
        parts["training"] = lambda: measure_training(workspace, folder)
        for name, part in parts.items():
            if not told.only or any(word in name for word in told.only):
                print(f"measuring: {name}", file=sys.stderr, flush=True)
                figures += part()
    print(write_table(figures))
    print(f"\n{history.describe_machine()}; commit {history.describe_commit(ROOT) or 'unknown'}")
    before = history.read_before()
    worse = history.find_regressions(figures, before)
    if told.keep or told.nightly:
        print(f"kept in {history.keep(figures, history.describe_commit(ROOT)).relative_to(ROOT)}")
    for one in worse:
        print(f"WORSE: {one}")
    if told.nightly and not before:
        print("no run on this kind of machine was kept before: nothing to compare with")
    if told.nightly and worse:
        sys.exit(1)


if __name__ == "__main__":
    main()
