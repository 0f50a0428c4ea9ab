"""One row that could not be used: where it stands, why, and what stood there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reject:
    """A row left out with its reason, so that the good ones can go on.

    `line` is the line of the file where the row starts (the header is line 1; in a Parquet file the number of the row,
    from 1), `reason` is plain words, `field` names the column where one is to blame, `value` is what stood there,
    shortened.
    """

    line: int
    reason: str
    field: str = ""
    value: str = ""
