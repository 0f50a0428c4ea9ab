"""The trained network as an ONNX graph, written operator by operator from its weights.

A converter would do it too, and bring seventy operators and two packages along. Of this graph every operator is known, so that
serving can refuse whatever else stands in a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from leadloop.errors import DependencyMissing, Problem
from leadloop.recommend.windows import CONTEXT, TIMES

Weights = Mapping[str, np.ndarray]
"""Every weight of the network by the name of its layer and its own."""
OPSET = 17


class _Graph:
    """Nodes and numbers that are put together one after the other."""

    def __init__(self) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy = helper, numpy_helper
        self.nodes: list[Any] = []
        self.numbers: list[Any] = []

    def number(self, values: Any, dtype: Any = np.float32) -> str:
        """A constant."""
        name = f"n{len(self.numbers)}"
        self.numbers.append(self._numpy.from_array(np.ascontiguousarray(values, dtype=dtype), name))
        return name

    def add(self, operator: str, *inputs: str, name: str = "", **settings: Any) -> str:
        """An operator; answers the name of what it gives."""
        given = name or f"v{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(operator, list(inputs), [given], **settings))
        return given

    def dense(self, inputs: str, weights: Weights, layer: str, name: str = "") -> str:
        """A dense layer."""
        product = self.add("MatMul", inputs, self.number(weights[f"{layer}/kernel"]))
        return self.add("Add", product, self.number(weights[f"{layer}/bias"]), name=name)

    def embed(self, codes: str, weights: Weights, layer: str) -> str:
        """An embedding."""
        return self.add("Gather", self.number(weights[f"{layer}/embeddings"]), codes)

    def normalise(self, inputs: str, weights: Weights, layer: str) -> str:
        """A layer normalisation."""
        scale, shift = (self.number(weights[f"{layer}/{part}"]) for part in ("gamma", "beta"))
        return self.add("LayerNormalization", inputs, scale, shift, axis=-1, epsilon=1e-5)


def write_graph(weights: Weights, traits: int) -> bytes:
    """The graph: what each decision's place in a window is given, and two outputs, `next` and `won`, margins of each action.

    Raises DependencyMissing without the `onnx` package.
    """
    try:
        import onnx
        from onnx import TensorProto, helper
    except ImportError as error:
        raise DependencyMissing(
            "ONNX graph", Problem("onnx", "is not installed", 'install the extra: pip install "leadloop[train]"')
        ) from error
    graph = _Graph()
    event = graph.embed("kind", weights, "kinds")
    event = graph.add("Add", event, graph.embed("result", weights, "results"))
    event = graph.add("Add", event, graph.embed("place", weights, "places"))
    event = graph.add("Add", event, graph.dense("times", weights, "when"))
    for number in range(traits):
        codes = graph.add("Gather", "traits", graph.number([number], np.int64), axis=1)  # rows x 1: one for all places
        event = graph.add("Add", event, graph.embed(codes, weights, f"trait_{number}"))
    event = graph.normalise(event, weights, "events")
    seen = graph.normalise(graph.add("Add", event, _attend(graph, event, weights)), weights, "seen")
    hidden = graph.add("Concat", seen, event, "context", axis=-1)
    layer = 0
    while f"dense_{layer}/kernel" in weights:
        hidden = graph.add("Relu", graph.dense(hidden, weights, f"dense_{layer}"))
        layer += 1
    for head in ("next", "won"):
        graph.dense(hidden, weights, head, name=head)
    actions = weights["next/bias"].shape[0]
    whole = {name: (TensorProto.INT32, ["rows", "length"]) for name in ("kind", "result", "place")}
    inputs: dict[str, tuple[Any, list[Any]]] = {
        **whole,
        "times": (TensorProto.FLOAT, ["rows", "length", TIMES]),
        "traits": (TensorProto.INT32, ["rows", traits]),
        "context": (TensorProto.FLOAT, ["rows", "length", CONTEXT]),
    }
    outputs = [
        helper.make_tensor_value_info(head, TensorProto.FLOAT, ["rows", "length", actions]) for head in ("next", "won")
    ]
    made = helper.make_graph(
        graph.nodes,
        "network",
        [helper.make_tensor_value_info(name, *shape) for name, shape in inputs.items()],
        outputs,
        graph.numbers,
    )
    sets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(made, opset_imports=sets, ir_version=9, producer_name="leadloop")
    onnx.checker.check_model(model)
    written: bytes = model.SerializeToString(deterministic=True)
    return written


def _attend(graph: _Graph, event: str, weights: Weights) -> str:
    """Multi-head attention of each event to itself and those before it."""
    width, heads, size = weights["attention/query/kernel"].shape

    def turned(part: str, order: list[int]) -> str:
        kernel = weights[f"attention/{part}/kernel"].reshape(width, heads * size)
        product = graph.add("MatMul", event, graph.number(kernel))
        moved = graph.add("Add", product, graph.number(weights[f"attention/{part}/bias"].reshape(-1)))
        apart = graph.add("Reshape", moved, graph.number([0, 0, heads, size], np.int64))
        return graph.add("Transpose", apart, perm=order)

    query, value = turned("query", [0, 2, 1, 3]), turned("value", [0, 2, 1, 3])
    key = turned("key", [0, 2, 3, 1])
    scores = graph.add("Mul", graph.add("MatMul", query, key), graph.number(1 / np.sqrt(size)))
    later, earlier = (graph.add("Unsqueeze", "place", graph.number(axes, np.int64)) for axes in ([1, 3], [1, 2]))
    # place of the looking event (rows x 1 x length x 1) against that of the event looked at (rows x 1 x 1 x length)
    may = graph.add("GreaterOrEqual", later, earlier)
    held = graph.add("Where", may, scores, graph.number(-1e9))
    shares = graph.add("Softmax", held, axis=-1)
    together = graph.add("Transpose", graph.add("MatMul", shares, value), perm=[0, 2, 1, 3])
    flat = graph.add("Reshape", together, graph.number([0, 0, heads * size], np.int64))
    kernel = weights["attention/attention_output/kernel"].reshape(heads * size, width)
    product = graph.add("MatMul", flat, graph.number(kernel))
    return graph.add("Add", product, graph.number(weights["attention/attention_output/bias"]))
