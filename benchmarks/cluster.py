"""A file of millions of leads, scored by one process, by several, and by a Dask cluster of one and two workers on this machine.

    python -m benchmarks.cluster [--leads 5000000] [--workspace FOLDER]

The leads are those of the synthetic world of `insurance`, again and again under new names. Every way must write the very same
scores. Times are by the clock and begin when the cluster stands; memory is the most that the process which reads and writes had.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

from benchmarks import serving
from benchmarks.speed.__main__ import PLACE, ROWS, make_leads

_RUN = """
import contextlib, json, resource, sys, time
def main():
    new, to, workspace, workers, dask = sys.argv[1:]
    from leadloop.flows.scoring.score import score
    with contextlib.ExitStack() as stack:
        address = ""
        if int(dask):
            from distributed import LocalCluster
            cluster = LocalCluster(n_workers=int(dask), threads_per_worker=1, processes=True, dashboard_address=None)
            address = stack.enter_context(cluster).scheduler_address
        started = time.perf_counter()
        done = score("insurance", new, to, workspace=workspace, reasons=False, workers=int(workers), dask=address)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([done.scored, time.perf_counter() - started, peak]))
if __name__ == "__main__":
    main()
"""
WAYS = {
    "one process": ("1", "0"),
    "2 processes": ("2", "0"),
    "Dask, 1 worker": ("1", "1"),
    "Dask, 2 workers": ("1", "2"),
}


def make_file(leads: int) -> Path:
    """So many leads in a Parquet file, written a part at a time."""
    path = PLACE / f"insurance_{leads}.parquet"
    if not path.exists():
        few = pl.read_csv(make_leads("insurance")[0], infer_schema=False)
        with tempfile.TemporaryDirectory(dir=PLACE) as folder:
            for number in range(-(-leads // few.height)):
                part = few.with_columns(pl.col("lead_id") + f"-{number}")
                part.write_parquet(Path(folder) / f"{number:05}.parquet")
            pl.scan_parquet(f"{folder}/*.parquet").head(leads).sink_parquet(path)
    return path


def main() -> None:
    """Score in every way, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--leads", type=int, default=5_000_000)
    parser.add_argument("--workspace", type=Path, default=PLACE / "workspace")
    told = parser.parse_args()
    if not (told.workspace / "registry").exists():
        serving.make_workspace(told.workspace, list(ROWS))
    file, seen = make_file(told.leads), set()
    print("| who scores | leads a second | seconds | peak MB of who reads and writes |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        script, to = Path(folder) / "run.py", Path(folder) / "scored.parquet"
        script.write_text(_RUN, encoding="utf-8")
        for name, (workers, dask) in WAYS.items():
            environment = {**os.environ, "OMP_NUM_THREADS": "1"} | ({"POLARS_MAX_THREADS": "1"} if dask != "0" else {})
            words = [sys.executable, str(script), str(file), str(to), str(told.workspace), workers, dask]
            done = subprocess.run(words, capture_output=True, text=True, env=environment)
            if done.returncode:
                raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
            scored, seconds, memory = json.loads(done.stdout.splitlines()[-1])
            sums = pl.scan_parquet(to).select(pl.all().hash(1).sum()).collect().row(0)
            seen.add(hashlib.sha256(repr(sums).encode()).hexdigest())
            print(f"| {name} | {scored / seconds:,.0f} | {seconds:,.0f} | {memory:,.0f} |", flush=True)
    if len(seen) > 1:
        raise SystemExit("the ways wrote different scores")
    print(f"\n{told.leads:,} leads; all ways wrote the very same scores.")


if __name__ == "__main__":
    main()
