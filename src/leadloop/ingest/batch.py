"""Some rows of a table, as they stand in the file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a table as they stand in the file, before any of them is understood.

    `cells` has one column for each name in the table's `columns`. From CSV all are String and an empty cell is null;
    from Parquet and JSON lines they keep the file's own types (lists and structs too: the schema refuses them).
    `lines` (int64, one for each row) is the line of the file where the row starts, the header being line 1; in a
    Parquet file it is the number of the row, from 1. `share_read` (0-1) is how much of the file lies behind us.
    """

    cells: pl.DataFrame
    lines: npt.NDArray[np.int64]
    share_read: float
