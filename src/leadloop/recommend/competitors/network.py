"""The network as it serves: a graph that reads a lead's recent events, and needs neither Keras nor TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leadloop.recommend.histories import Decisions, Histories
from leadloop.recommend.windows import LENGTH, last_windows
from leadloop.scoring.calibrator import logistic
from leadloop.scoring.onnx_session import OF_NETWORKS, open_session

if TYPE_CHECKING:
    import onnxruntime

NAME = "network"
GRAPH = "network.onnx"
_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Network:
    """Attention over a lead's recent events, as an ONNX graph."""

    graph: bytes
    session: onnxruntime.InferenceSession
    length: int = LENGTH
    name: str = NAME

    @classmethod
    def open(cls, graph: bytes, length: int = LENGTH) -> Network:
        """The network of a graph; raises VersionError where that holds anything unexpected."""
        return cls(graph, open_session(graph, GRAPH, allowed=OF_NETWORKS), length)

    def foresee(self, histories: Histories, decisions: Decisions) -> tuple[np.ndarray, np.ndarray]:
        """What the network says."""
        following, winning = [], []
        for start in range(0, len(decisions), _AT_ONCE):
            some = decisions.take(np.arange(start, min(start + _AT_ONCE, len(decisions))))
            windows, places = last_windows(histories, some, self.length)
            said, won = self.session.run(["next", "won"], windows.inputs())
            following.append(said[places.window, places.place])
            winning.append(won[places.window, places.place])
        margins = np.concatenate(following).astype(np.float64)
        chances = np.exp(margins - margins.max(axis=1, keepdims=True))
        return chances / chances.sum(axis=1, keepdims=True), logistic(np.concatenate(winning).astype(np.float64))

    def files(self) -> Mapping[str, bytes]:
        """The graph."""
        return {GRAPH: self.graph}

    def arrays(self) -> Mapping[str, np.ndarray]:
        """Nothing."""
        return {}

    def state(self) -> Mapping[str, Any]:
        """How many events it looks at."""
        return {"name": self.name, "length": self.length}


def network_from(files: Mapping[str, bytes], state: Mapping[str, Any]) -> Network:
    """The competitor that was saved."""
    return Network.open(files[GRAPH], int(state["length"]))
