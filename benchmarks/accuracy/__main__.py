"""How good the scores are beside other tools: fixed protocols on public data, every method on exactly the same leads.

    python -m benchmarks.accuracy
    python -m benchmarks.accuracy --only x_education --methods leadloop catboost
    python -m benchmarks.accuracy --write

Sets that are not on this machine are skipped with a word on which file is missing, and so are FLAML and AutoGluon until
`make peers` has made their environment. Every method runs in a process of its own, on one thread where it can be told to.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import numpy as np

from benchmarks.accuracy import ours
from benchmarks.accuracy.figures import Figures, Kept, measure
from benchmarks.accuracy.peers import PEERS
from benchmarks.accuracy.prepared import columns_of, write_tables
from benchmarks.accuracy.protocols import SETS, Block, DataSet, Leads, load_text
from benchmarks.accuracy.table import Section, render, write
from benchmarks.public_data import find_data, why_absent

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
WITHOUT = "logistic_regression_without_calendar"
AUTOML = ("flaml", "autogluon", "autogluon_good")
METHODS = ("leadloop", *PEERS, WITHOUT, *AUTOML)
LEAST_SECONDS = 10.0
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"), "1")


class Failed(Exception):
    """A method did not come to an end."""


def peers_python() -> Path | None:
    """The Python of the environment with FLAML and AutoGluon, or None where nobody has made it."""
    folder = Path(os.environ.get("LEADLOOP_PEERS") or ROOT / ".build" / "peers")
    python = folder / "bin" / "python"
    return python if python.exists() else None


def run(command: list[str], folder: Path) -> tuple[str, float]:
    """Run a command to its end; gives what it printed and the CPU seconds of it and all it started."""
    with (folder / "printed.txt").open("w+b") as printed, (folder / "errors.txt").open("w+b") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=printed, stderr=errors, env={**os.environ, **ONE_THREAD}, stdin=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        errors.seek(0)
        if process.returncode:
            raise Failed(
                errors.read().decode("utf-8", "replace").strip()[-2_000:] or f"ended with {process.returncode}"
            )
        return printed.read().decode("utf-8", "replace"), usage.ru_utime + usage.ru_stime


def run_ours(
    drafted: ours.Drafted, leads: Leads, block: Block, together: np.ndarray | None, folder: Path
) -> tuple[np.ndarray, float]:
    """LeadLoop's probabilities of one block, and the CPU seconds of training and scoring."""
    ours.write_files(folder, drafted, leads, block, together)
    printed, seconds = run([sys.executable, "-m", "benchmarks.accuracy.ours", str(folder)], folder)
    said = json.loads(printed.splitlines()[-1])
    probabilities = ours.read_probabilities(folder)
    if said["test_leads"] != len(block.test) or said["scored"] != len(block.test):
        raise Failed(f"kept back {said['test_leads']:,} leads and scored {said['scored']:,}, not {len(block.test):,}")
    here = measure(Kept(leads.won[block.test], np.zeros(len(block.test), int)), probabilities, 0.0).auc
    # Scores are written with six digits, so some ties are made.
    if abs(here - said["auc"]) > 5e-5:
        raise Failed(f"kept back other leads than the protocol: its report says AUC {said['auc']:.6f}, here {here:.6f}")
    return probabilities, seconds


def run_peer(method: str, folder: Path, seconds: float) -> tuple[np.ndarray, float]:
    """Another method's probabilities of one block, and its CPU seconds."""
    if method in AUTOML:
        script = Path(__file__).with_name("automl.py")
        command = [str(peers_python()), str(script), method, str(folder), f"{seconds:.0f}"]
    else:
        command = [sys.executable, "-m", "benchmarks.accuracy.peers", method.replace(WITHOUT, "logistic_regression")]
        command.append(str(folder))
    _, used = run(command, folder)
    return np.loadtxt(folder / "probabilities.csv"), used


def run_set(data_set: DataSet, methods: list[str], limit: float | None) -> tuple[Section, dict[str, str]]:
    """Run every method on one set; gives what came of it, and why a method failed where one did."""
    files = [path for name in data_set.files if (path := find_data(name)) is not None]
    leads = data_set.read(*(load_text(path) for path in files))
    blocks = data_set.split(leads)
    together = data_set.together(leads) if data_set.together else None
    test = np.concatenate([block.test for block in blocks])
    numbers = np.repeat(np.arange(len(blocks)), [len(block.test) for block in blocks])
    kept = Kept(
        leads.won[test],
        np.zeros(len(test), int) if data_set.pooled else numbers,
        together[test] if together is not None else None,
    )
    rows: dict[str, Figures] = {}
    failures: dict[str, str] = {}
    probabilities: np.ndarray | None = None
    allowed = [limit or LEAST_SECONDS] * len(blocks)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        drafted = ours.draft(data_set, leads, files, place / "draft")
        for method in methods:
            if method == WITHOUT and not data_set.calendar:
                continue
            print(f"{data_set.name}: {method}", end="", flush=True)
            without = data_set.calendar if method == WITHOUT else ()
            columns = None if method == "leadloop" else columns_of(drafted.playbook, leads, without)
            parts: list[np.ndarray] = []
            used: list[float] = []
            try:
                for number, block in enumerate(blocks):
                    folder = place / f"{method}_{number}"
                    folder.mkdir()
                    if columns is None:
                        part, seconds = run_ours(drafted, leads, block, together, folder)
                    else:
                        write_tables(folder, *columns, leads.won, block)
                        part, seconds = run_peer(method, folder, allowed[number])
                    parts.append(part)
                    used.append(seconds)
                    print(f" {seconds:.1f} s", end="", flush=True)
            except Failed as failure:
                failures[method] = str(failure)
                print(f" failed: {failure.args[0].splitlines()[-1]}", flush=True)
                continue
            row = measure(kept, np.concatenate(parts), sum(used), probabilities)
            rows[method] = row
            print(f": AUC {row.auc:.4f}, log-loss {row.log_loss:.4f}", flush=True)
            if method == "leadloop":
                probabilities = np.concatenate(parts)
                if limit is None:
                    allowed = [max(LEAST_SECONDS, seconds) for seconds in used]
    learned = f"{min(len(block.train) for block in blocks):,}"
    if len(blocks) > 1 and not data_set.pooled:
        learned += f" to {max(len(block.train) for block in blocks):,}"
    elif len(blocks) > 1:
        learned = f"about {learned}"
    said = f"{len(test):,} leads are predicted ({int(leads.won[test].sum()):,} won), learning from {learned}."
    today = datetime.datetime.now(datetime.UTC).date()
    remarks = [f"Measured on {today} with {versions()}; Python {platform.python_version()}, {machine()}."]
    if used_limits := [method for method in rows if method in AUTOML]:
        each = " and ".join(
            dict.fromkeys("AutoGluon" if method.startswith("autogluon") else "FLAML" for method in used_limits)
        )
        spans = sorted({f"{seconds:.0f}" for seconds in allowed}, key=float)
        limits = spans[0] if len(spans) == 1 else f"{spans[0]} to {spans[-1]}"
        remarks.append(f"{each} had {limits} seconds for each training.")
    remarks += [f"Failed here: {method}." for method in failures]
    return Section(data_set.title, data_set.protocol, said, rows, tuple(remarks)), failures


def versions() -> str:
    """The versions of everything that was compared, in words."""
    shown = {"LeadLoop": "leadloop", "scikit-learn": "scikit-learn", "LightGBM": "lightgbm", "CatBoost": "catboost"}
    found = []
    for title, package in shown.items():
        found.append(f"{title} {_version(package)}")
    found.append(f"XGBoost {_version('xgboost-cpu') or _version('xgboost')}")
    if python := peers_python():
        code = "from importlib.metadata import version as v; print(v('flaml'), v('autogluon.tabular'))"
        asked = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            flaml, autogluon = asked.stdout.split()
            found += [f"FLAML {flaml}", f"AutoGluon {autogluon}"]
    return ", ".join(found)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        if package == "leadloop":
            import leadloop

            return leadloop.__version__
        return ""


def machine() -> str:
    """The machine in a few words."""
    return f"{os.cpu_count()} cores ({platform.system()}, {platform.machine()})"


def main() -> None:
    """Run the sets and methods asked for, print a table for each set, and write them down with --write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", choices=[data_set.name for data_set in SETS], action="append", help="run only this set"
    )
    parser.add_argument(
        "--methods", choices=METHODS, nargs="+", help="run only these; others are compared with leadloop"
    )
    parser.add_argument(
        "--seconds", type=float, help="time limit of FLAML and AutoGluon for each training (else what LeadLoop took)"
    )
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    if options.write and options.methods:
        parser.error("--write publishes every method or none; leave out --methods")
    methods = [method for method in METHODS if not options.methods or method in options.methods]
    if peers_python() is None and (left_out := [method for method in methods if method in AUTOML]):
        print(f"{', '.join(left_out)}: skipped: `make peers` makes the environment that they run in")
        methods = [method for method in methods if method not in AUTOML]
    sections: dict[str, str] = {}
    failed = False
    for data_set in SETS:
        if options.only and data_set.name not in options.only:
            continue
        if absent := [name for name in data_set.files if find_data(name) is None]:
            print(f"{data_set.name}: skipped: {why_absent(absent[0])}")
            continue
        section, failures = run_set(data_set, methods, options.seconds)
        sections[section.title] = render(section)
        print(f"\n{sections[section.title]}\n", flush=True)
        # Another tool that does not come to an end is a result, and the section says so.
        failed = failed or "leadloop" in failures
        for method, why in failures.items():
            print(f"{data_set.name}: {method} failed:\n{why}\n", file=sys.stderr)
    if options.write and sections and not failed:
        write(PAGE, sections, tuple(data_set.title for data_set in SETS))
        print(f"written into {PAGE.relative_to(ROOT)}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
