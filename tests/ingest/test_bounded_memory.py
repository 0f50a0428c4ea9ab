"""A file's size does not show in the memory that reading or rewriting it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.ingest.make_large import COLUMNS, make_large

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")

# A process of its own, so that what other tests used does not count. VmHWM is the peak of resident memory, in kB.
READ = """
    import json, sys, time
    from pathlib import Path
    import polars as pl
    from leadloop.ingest.tables import open_table
    from leadloop.ingest.writers import open_writer

    def peak_mb():
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    pl.DataFrame({"a": [1]}).lazy().select(pl.col("a") + 1).collect()  # start the threads of Polars first
    before, started = peak_mb(), time.perf_counter()
    table = open_table(sys.argv[1])
    rows = rejects = 0
    if len(sys.argv) > 2:
        with open_writer(sys.argv[2]) as out:
            for batch, rejected in table.batches():
                out.write(batch.cells)
                rows, rejects = rows + batch.cells.height, rejects + len(rejected)
    else:
        for batch, rejected in table.batches():
            rows, rejects = rows + batch.cells.height, rejects + len(rejected)
    seconds = time.perf_counter() - started
    result = {"rows": rows, "rejects": rejects, "columns": len(table.columns), "growth_mb": peak_mb() - before}
    print(json.dumps(result | {"seconds": seconds}))
"""


def read(path: Path, destination: Path | None = None) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(READ), str(path), *([str(destination)] if destination else [])],
        stdout=subprocess.PIPE,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "POLARS_MAX_THREADS": "2"},
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def read_within(most_mb: float, path: Path, destination: Path | None = None) -> dict[str, float]:
    """Read a file, up to three times: on busy cores the threads of Polars now and then hold more at once than they need."""
    for _ in range(3):
        found = read(path, destination)
        if found["growth_mb"] < most_mb:
            break
    return found


@pytest.mark.parametrize("quoted", [False, True], ids=["plain", "quoted"])
def test_a_csv_file_four_times_as_large_takes_no_more_memory(tmp_path: Path, quoted: bool):
    small = read(make_large(tmp_path / "small.csv", 15, quoted=quoted))
    large = read_within(small["growth_mb"] + 25, make_large(tmp_path / "large.csv", 60, quoted=quoted))
    assert large["columns"] == COLUMNS
    assert large["rejects"] == large["rows"] // 999
    assert large["rows"] > 3 * small["rows"]
    assert large["growth_mb"] < small["growth_mb"] + 25
    assert large["growth_mb"] < 200


@pytest.mark.parametrize(("format", "megabytes"), [("csv", 15), ("jsonl", 3), ("parquet", 25)])
def test_rewriting_a_file_four_times_as_large_takes_no_more_memory(tmp_path: Path, format: str, megabytes: int):
    small_csv = make_large(tmp_path / "small.csv", megabytes)
    large_csv = make_large(tmp_path / "large.csv", 4 * megabytes)
    small = read(small_csv, tmp_path / f"small_out.{format}")
    allowed = small["growth_mb"] + (100 if format == "parquet" else 25)
    large = read_within(allowed, large_csv, tmp_path / f"large_out.{format}")
    # The parts of a Parquet file are joined by several threads, which take more or less depending on how they meet.
    assert large["growth_mb"] < allowed
    assert large["growth_mb"] < (300 if format == "parquet" else 200)
    again = read_within(200, tmp_path / f"large_out.{format}")
    assert (again["rows"], again["rejects"]) == (large["rows"], 0)
    assert again["growth_mb"] < 200


@pytest.mark.large
@pytest.mark.parametrize("quoted", [False, True], ids=["plain", "quoted"])
def test_a_gigabyte_is_read_in_less_than_200_megabytes(tmp_path: Path, quoted: bool):
    found = read(make_large(tmp_path / "leads.csv", 1024, quoted=quoted))
    print(f"{found['rows']:,.0f} rows in {found['seconds']:.1f} s, {found['growth_mb']:.0f} MB more memory")
    assert found["rows"] > 3_000_000
    assert found["growth_mb"] < 200
