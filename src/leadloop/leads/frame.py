"""A table of leads whose every column has its declared type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from leadloop.leads.schema import LeadSchema

DTYPES: dict[str, pl.DataType] = {
    "number": pl.Float64(),
    "money": pl.Float64(),
    "employees": pl.Struct({"low": pl.Float64, "high": pl.Float64}),
    "category": pl.String(),
    "text": pl.String(),
    "boolean": pl.Boolean(),
    "time": pl.Datetime("us"),
    "email": pl.String(),
    "phone": pl.String(),
    "url": pl.String(),
    "id": pl.String(),
}
"""How each field type is held: times are UTC without a zone, employees an interval with both ends included."""


@dataclass(frozen=True, eq=False)
class LeadFrame:
    """Leads as a frame: one row a lead, one column a field of the schema, missing values null.

    `lines` gives each row's line in the file it came from (or its position, where there was no file).
    """

    schema: LeadSchema
    data: pl.DataFrame
    lines: np.ndarray

    def __len__(self) -> int:
        return len(self.lines)  # a frame without columns forgets its height when it is cut

    def __getitem__(self, rows: slice) -> LeadFrame:
        return LeadFrame(self.schema, self.data[rows], self.lines[rows])

    def take(self, rows: np.ndarray) -> LeadFrame:
        """The leads at these positions (or where a boolean mask is true), in the order given."""
        positions = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return LeadFrame(self.schema, self.data[positions], self.lines[positions])

    @staticmethod
    def join(parts: list[LeadFrame]) -> LeadFrame:
        """Frames of one schema, one after the other."""
        first = parts[0]
        return LeadFrame(
            first.schema,
            pl.concat([part.data for part in parts], rechunk=True),
            np.concatenate([part.lines for part in parts]),
        )
