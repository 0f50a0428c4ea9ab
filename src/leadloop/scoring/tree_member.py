"""Boosted trees as a member of a blend: margins from an ONNX graph, reasons from the same trees as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from leadloop.errors import Problem, VersionError
from leadloop.scoring.onnx_session import open_session
from leadloop.scoring.trees.ensemble import TreeEnsemble, check_rows
from leadloop.scoring.trees.sets import HOLDS, SOURCE, START, CategorySets

if TYPE_CHECKING:
    import onnxruntime

GRAPH = "onnx"
_INPUT = "features"
_NUMBERS = "tensor(float)"


@dataclass(frozen=True)
class TreeMember:
    """A tree ensemble and its ONNX graph; both were made from the same trees, and loading a version checks that.

    Where the trees ask about sets of categories, `sets` makes the columns that they ask, behind those of the feature matrix.
    """

    kind: ClassVar[str] = "trees"
    ensemble: TreeEnsemble
    graph: bytes
    sets: CategorySets | None = None

    @property
    def width(self) -> int:
        """How many columns the feature matrix has."""
        return self.ensemble.n_features - (len(self.sets) if self.sets else 0)

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        session = open_session(self.graph)
        asked, said = (
            [(one.name, one.type, one.shape[1:]) for one in side]
            for side in (session.get_inputs(), session.get_outputs())
        )
        problems = []
        if asked != [(_INPUT, _NUMBERS, [self.ensemble.n_features])]:
            wanted = f"{_INPUT!r} of {self.ensemble.n_features} float32 columns, as its trees do"
            problems.append(Problem("graph", f"does not read {wanted}", "restore the version or train again"))
        if [one[1:] for one in said] != [(_NUMBERS, [1])]:
            problems.append(Problem("graph", "does not answer one float32 a row", "restore the version or train again"))
        if problems:
            raise VersionError("ONNX graph", problems)
        return session

    @property
    def expected(self) -> float:
        return self.ensemble.expected

    def margins(self, matrix: np.ndarray) -> np.ndarray:
        """Log-odds of each row, float64; `ValueError` for a matrix of another type or width than the trees read."""
        margins: np.ndarray = self._session.run(None, {_INPUT: self._asked(matrix)})[0]
        return margins[:, 0].astype(np.float64)

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """How much each column moved each row's margin; what a set contributes counts to the column of its categories."""
        contributions = self.ensemble.contributions(self._asked(matrix))
        return self.sets.fold(contributions, self.width) if self.sets else contributions

    def _asked(self, matrix: np.ndarray) -> np.ndarray:
        """The columns that the trees ask about: those of the matrix, and the sets that its categories are in."""
        if self.sets is None:
            return self.ensemble.rows(matrix)
        return self.sets.widen(check_rows(matrix, self.width))

    def arrays(self) -> dict[str, np.ndarray]:
        sets = self.sets.to_arrays() if self.sets else {}
        return {**self.ensemble.to_arrays(), **sets, GRAPH: np.frombuffer(self.graph, dtype=np.uint8)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        rest = {name: values for name, values in arrays.items() if name != GRAPH}
        asked = {name: rest.pop(name) for name in (SOURCE, START, HOLDS) if name in rest}
        ensemble = TreeEnsemble.from_arrays(rest)
        sets = None
        if asked:
            sets = CategorySets.from_arrays(asked, ensemble.n_features - len(asked.get(SOURCE, ())))
        return cls(ensemble, arrays[GRAPH].tobytes(), sets)
