"""Numbers in place of missing values, for forests that must move one way with a column: scikit-learn grows those of numbers only.

A column without a direction gets a number below all its values, so that a split just above it asks "is it missing?". In a
column with a direction that would say that a missing value is the least of all; it gets the middle value, and one more column
says whether it was missing. Both can be read back from the trees without a trace: a served split says where missing values
go, whatever number stood in for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class StandIns:
    """What stands in for a missing value of each column (NaN: none was missing), and the columns that got a flag.

    `least` is the least value of each column; `directions` has one more place for each flag, and flags may do as they like.
    """

    value: npt.NDArray[np.float32]
    least: npt.NDArray[np.float32]
    flagged: npt.NDArray[np.int64]
    directions: npt.NDArray[np.int64]

    @classmethod
    def of(cls, matrix: npt.NDArray[np.float32], directions: Sequence[int]) -> Self:
        """Stand-ins for the missing values of a training matrix."""
        columns = matrix.shape[1]
        value, least, flagged = np.full(columns, np.nan, np.float32), np.zeros(columns, np.float32), []
        for place in range(columns):
            held = matrix[:, place][~np.isnan(matrix[:, place])]
            if len(held) == len(matrix):
                continue
            if directions[place]:
                value[place] = np.median(held) if len(held) else 0.0
                flagged.append(place)
                continue
            least[place], most = (held.min(), held.max()) if len(held) else (0.0, 0.0)
            # Near enough that thresholds drawn at random between the ends do not all fall into the gap.
            below = float(least[place]) - max(0.1 * (float(most) - float(least[place])), 1e-3)
            value[place] = min(np.float32(below), np.nextafter(least[place], np.float32(-np.inf)))
        ways = np.array([*directions, *(0 for _ in flagged)], np.int64)
        return cls(value, least, np.array(flagged, np.int64), ways)

    def filled(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The matrix without a missing value, and the flags behind it; what is missing in no column here counts as 0."""
        missing = np.isnan(matrix)
        filled = np.where(missing, np.nan_to_num(self.value), matrix)
        return np.hstack([filled, missing[:, self.flagged]]).astype(np.float32)

    def read(
        self, feature: npt.NDArray[np.int64], threshold: npt.NDArray[np.float32], missing_left: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """The splits of a tree that was grown on a filled matrix, as splits of the matrix itself."""
        columns = len(self.value)
        flag, split = feature >= columns, feature >= 0
        own = np.where(flag, np.append(self.flagged, 0)[np.where(flag, feature - columns, -1)], np.maximum(feature, 0))
        value = self.value[own]
        stood = split & ~flag & ~np.isnan(value)
        missing_left = np.where(stood, value <= threshold, missing_left & ~flag)
        # Between the stand-in and the least value: whatever number comes, it was given.
        apart = stood & missing_left & (threshold < self.least[own]) & (self.directions[own] == 0)
        threshold = np.where(apart, -np.inf, np.where(flag, np.inf, threshold)).astype(np.float32)
        return own, threshold, missing_left
