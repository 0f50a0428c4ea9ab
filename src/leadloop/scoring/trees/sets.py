"""Questions about sets of categories, as columns that trees can ask: 1 where a lead's category is in the set, else 0.

Trees of the libraries may split a category into two sets ("search, referral, partner" against all others). Served trees ask
only whether a number is at most a threshold. So every set that a model asks about becomes one more column behind the real
ones, looked up by the number of the lead's category; the graph and the reasons see ordinary columns, and what such a column
contributes is counted to the column that it was looked up by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from leadloop.errors import Problem, VersionError

SOURCE, START, HOLDS = "set_source", "set_start", "set_holds"
_MEND = "take the version from a backup or train again"
_MOST_CELLS = 1 << 24


@dataclass(frozen=True, eq=False)
class CategorySets:
    """Sets of categories that trees ask about.

    Set `k` is asked of column `source[k]`; it holds category `c` where `holds[start[k] + c]` is 1. A missing category counts
    as the last one ("not given"), and numbers beyond the ends as the first and the last.

    >>> sets = CategorySets.of([(1, 3, [0, 2])])  # of column 1 with three categories, the first and the last
    >>> sets.widen(np.array([[5, 0], [5, 1], [5, np.nan]], np.float32)).tolist()[0:2]
    [[5.0, 0.0, 1.0], [5.0, 1.0, 0.0]]
    >>> sets.fold(np.array([[0.5, 0.0, 0.25]]), 2).tolist()
    [[0.5, 0.25]]
    """

    source: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    holds: npt.NDArray[np.float32]

    @classmethod
    def of(cls, sets: Iterable[tuple[int, int, Iterable[int]]]) -> Self:
        """Sets given as column, number of categories, and the categories in the set."""
        source, start, parts = [], [0], []
        for column, count, members in sets:
            holds = np.zeros(count, np.float32)
            holds[list(members)] = 1
            source.append(column)
            start.append(start[-1] + count)
            parts.append(holds)
        return cls(
            np.array(source, np.int64), np.array(start, np.int64), np.concatenate(parts or [np.empty(0, np.float32)])
        )

    def __len__(self) -> int:
        return len(self.source)

    def widen(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The matrix with a column for every set behind its own."""
        first, last = self.start[:-1], self.start[1:] - 1
        asked = matrix.take(self.source, axis=1)
        # A missing category is the largest of all numbers here: fmin takes the other one.
        number = np.maximum(np.fmin(asked, (last - first).astype(np.float32)), 0).astype(np.int64)
        return np.concatenate([matrix, self.holds.take(number + first)], axis=1)

    def fold(self, contributions: npt.NDArray[np.float64], columns: int) -> npt.NDArray[np.float64]:
        """Contributions of the widened columns as those of the real ones: shape (rows, columns)."""
        order, starts, sources = self._runs
        folded = contributions[:, :columns].copy()
        folded[:, sources] += np.add.reduceat(contributions.take(columns + order, axis=1), starts, axis=1)
        return folded

    @cached_property
    def _runs(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The sets in order of their columns, where those of each column begin, and which column it is."""
        order = np.argsort(self.source, kind="stable")
        sources, starts = np.unique(self.source[order], return_index=True)
        return order, starts, sources

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The sets as named arrays; `from_arrays` reads them back."""
        return {SOURCE: self.source, START: self.start, HOLDS: self.holds}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], columns: int) -> Self:
        """Reads sets that are asked of so many columns, and trusts nothing; raises `VersionError` with what is wrong."""
        problems = []
        for name, kind in ((SOURCE, np.int64), (START, np.int64), (HOLDS, np.float32)):
            if name not in arrays:
                problems.append(Problem(name, "is missing", _MEND))
            elif arrays[name].dtype != kind or arrays[name].ndim != 1:
                problems.append(Problem(name, f"is no line of {np.dtype(kind)}", _MEND))
        if problems:
            raise VersionError("sets of categories", problems)
        source, start, holds = arrays[SOURCE], arrays[START], arrays[HOLDS]
        if not (0 < len(holds) <= _MOST_CELLS):
            problems.append(Problem(HOLDS, f"has {len(holds):,} cells; 1 to {_MOST_CELLS:,} are served", _MEND))
        if len(start) != len(source) + 1 or start[0] != 0 or start[-1] != len(holds) or (np.diff(start) < 1).any():
            problems.append(Problem(START, "does not cut the cells into sets", _MEND))
        if ((source < 0) | (source >= columns)).any():
            problems.append(Problem(SOURCE, f"names a column that is not among {columns}", _MEND))
        if not np.isin(holds, (0, 1)).all():
            problems.append(Problem(HOLDS, "is not all 0 and 1", _MEND))
        if problems:
            raise VersionError("sets of categories", problems)
        return cls(source.copy(), start.copy(), holds.copy())
