"""Boosted trees as a member of a blend: margins from an ONNX graph, reasons from the same trees as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from leadloop.scoring.onnx_session import open_session
from leadloop.scoring.trees.ensemble import TreeEnsemble

if TYPE_CHECKING:
    import onnxruntime

GRAPH = "onnx"


@dataclass(frozen=True)
class TreeMember:
    """A tree ensemble and its ONNX graph; both were made from the same trees, and loading a version checks that."""

    kind: ClassVar[str] = "trees"
    ensemble: TreeEnsemble
    graph: bytes

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return open_session(self.graph)

    @property
    def expected(self) -> float:
        return self.ensemble.expected

    def margins(self, matrix: np.ndarray) -> np.ndarray:
        margins: np.ndarray = self._session.run(None, {"features": matrix})[0]
        return margins[:, 0].astype(np.float64)

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        return self.ensemble.contributions(matrix)

    def arrays(self) -> dict[str, np.ndarray]:
        return {**self.ensemble.to_arrays(), GRAPH: np.frombuffer(self.graph, dtype=np.uint8)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        rest = {name: values for name, values in arrays.items() if name != GRAPH}
        return cls(TreeEnsemble.from_arrays(rest), arrays[GRAPH].tobytes())
