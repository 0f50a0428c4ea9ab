"""Parquet: rows in batches, a few pages of the file at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.ingest.batch import Batch
from leadloop.ingest.sources import Source
from leadloop.leads.reject import Reject

# Finding the place of a slice costs about the same whatever its size, so a slice holds several batches; but not more
# than some tens of megabytes, counting that text unpacks to a few times its size on disk, and repeated text to far more.
CELLS_AT_ONCE = 1_500_000
SLICE_BYTES = 16 * 2**20

# Polars may hold a whole row group, packed, of the columns it is asked for, and some writers make one row group of the
# whole file. So the columns of a large file are read a few at a time.
COLUMNS_BYTES = 64 * 2**20


def find_schema(source: Source) -> tuple[pl.Schema, int]:
    """The columns of a Parquet file with their types, and how many rows there are; DataError where it is none."""
    try:
        schema = _scan(source).collect_schema()
        rows = int(_scan(source).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(source.name, _damaged(error)) from error
    if rows == 0:
        raise DataError(source.name, Problem("file", "holds columns and no rows", "export it again with its rows"))
    return schema, rows


def read_batches(
    source: Source, columns: tuple[str, ...], height: int, rows: int
) -> Iterator[tuple[Batch, list[Reject]]]:
    """Yield batches of at most `rows` rows; a Parquet file has no rows that cannot be told apart, so no rejects."""
    at_once = max(1, min(CELLS_AT_ONCE // len(columns), SLICE_BYTES * height // source.size_bytes))
    passes = min(len(columns), source.size_bytes // COLUMNS_BYTES + 1)
    for start in range(0, height, at_once):
        try:
            parts = [
                _scan(source).select(columns[each::passes]).slice(start, at_once).collect() for each in range(passes)
            ]
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(source.name, _damaged(error)) from error
        part = pl.concat(parts, how="horizontal").select(columns)
        for first in range(0, part.height, rows):
            cells = part[first : first + rows]
            lines = np.arange(start + first + 1, start + first + 1 + cells.height, dtype=np.int64)
            yield Batch(cells, lines, min(1.0, (start + first + cells.height) / height)), []


def _scan(source: Source) -> pl.LazyFrame:
    return pl.scan_parquet(source.path, glob=False, hive_partitioning=False, cache=False)


def _damaged(error: Exception) -> Problem:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return Problem("file", f"cannot be read as Parquet: {reason}", "export or copy it again")
