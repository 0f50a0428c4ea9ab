"""Opens an ONNX graph for serving: from bytes, on one thread, and only if it does nothing but what we write into graphs.

A graph comes from a file. Before the runtime sees it, its outline is read here (the format is Protocol Buffers, and the few
fields that matter are enough): operators that are not on the list, sub-graphs, functions and weights kept in other files are
refused. `onnx` itself belongs to training and is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from leadloop.errors import Problem, VersionError

if TYPE_CHECKING:
    import onnxruntime

ALLOWED = frozenset(
    {
        *(f"ai.onnx.ml/{name}" for name in ("TreeEnsemble", "TreeEnsembleRegressor")),
        *(
            f"ai.onnx/{name}"
            for name in ("Add", "Cast", "Concat", "Gemm", "Identity", "MatMul", "Mul", "Sigmoid", "Sub")
        ),
    }
)
"""The operators a graph may use: arithmetic on its inputs; none reads a file, branches, or loops."""
_OF_NETWORKS = "Gather GreaterOrEqual LayerNormalization Relu Reshape Softmax Transpose Unsqueeze Where"
OF_NETWORKS = ALLOWED | {f"ai.onnx/{name}" for name in _OF_NETWORKS.split()}
"""The operators that a network of the recommender uses besides; they compute as harmlessly."""

MOST_BYTES = 256 << 20

# Field numbers of onnx.proto.
_GRAPH, _OPERATOR_SETS, _TRAINING, _FUNCTIONS = 7, 8, 20, 25
_NODE, _INITIALIZER, _SPARSE_INITIALIZER = 1, 5, 15
_OP_TYPE, _ATTRIBUTE, _DOMAIN = 4, 5, 7
_TENSOR, _SUBGRAPH, _TENSORS, _SUBGRAPHS, _SPARSE, _SPARSES = 5, 6, 10, 11, 22, 23
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14

# A run of the numbers of a list attribute (field 7, a float; field 8, an integer). There are hundreds of thousands of them in
# a large graph and none can hide anything, so they are passed over at once.
_NUMBERS = re.compile(rb"(?:\x3d.{4}|\x40[\x80-\xff]{0,9}[\x00-\x7f])*", re.DOTALL)

Field = tuple[int, int | memoryview]


def open_session(
    graph: bytes, subject: str = "ONNX graph", *, allowed: frozenset[str] = ALLOWED
) -> onnxruntime.InferenceSession:
    """A session that runs the graph on one thread.

    Two threads for one row cost more than they bring; a server gets its speed from processes. Raises `VersionError` about
    `subject` if the graph holds anything unexpected or cannot be read.
    """
    problems = list(problems_of(graph, allowed))
    if problems:
        raise VersionError(subject, problems)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's errors share no base that it exports
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise VersionError(
            subject, Problem("graph", f"cannot be opened: {said}", "restore the version or train again")
        ) from error


def problems_of(graph: bytes, allowed: frozenset[str] = ALLOWED) -> Iterator[Problem]:
    """Everything in a graph that is not served."""
    if len(graph) > MOST_BYTES:
        yield Problem("graph", f"has {len(graph):,} bytes; at most {MOST_BYTES:,} are read", "train a smaller model")
        return
    try:
        yield from _of_model(memoryview(graph), allowed)
    except ValueError as error:
        yield Problem("graph", f"is not an ONNX graph: {error}", "restore the version or train again")


def _of_model(model: memoryview, allowed: frozenset[str]) -> Iterator[Problem]:
    graphs = 0
    for number, value in _fields(model):
        if number in (_TRAINING, _FUNCTIONS):
            yield Problem("graph", "defines functions or training steps of its own", "only plain graphs are served")
        elif number == _GRAPH:
            graphs += 1
            yield from _of_graph(_message(value), allowed)
    if graphs != 1:
        raise ValueError(f"it holds {graphs} graphs")


def _of_graph(graph: memoryview, allowed: frozenset[str]) -> Iterator[Problem]:
    for number, value in _fields(graph):
        if number == _NODE:
            yield from _of_node(_message(value), allowed)
        elif number == _INITIALIZER:
            yield from _of_tensor("initializer", _message(value))
        elif number == _SPARSE_INITIALIZER:
            yield Problem("initializer", "is sparse", "only plain graphs are served")


def _of_node(node: memoryview, allowed: frozenset[str]) -> Iterator[Problem]:
    name, domain, attributes = "", "", []
    for number, value in _fields(node):
        if number == _OP_TYPE:
            name = str(_message(value), "utf-8")
        elif number == _DOMAIN:
            domain = str(_message(value), "utf-8")
        elif number == _ATTRIBUTE:
            attributes.append(_message(value))
    operator = f"{domain or 'ai.onnx'}/{name}"
    if operator not in allowed:
        yield Problem(
            f"operator {operator[:80]!r}", "is not one that a saved model uses", "restore the version or train again"
        )
    for attribute in attributes:
        for number, value in _fields(attribute, pass_over=_NUMBERS):
            if number in (_SUBGRAPH, _SUBGRAPHS):
                yield Problem(f"operator {operator[:80]!r}", "holds a graph of its own", "only plain graphs are served")
            elif number in (_SPARSE, _SPARSES):
                yield Problem(f"operator {operator[:80]!r}", "holds a sparse tensor", "only plain graphs are served")
            elif number in (_TENSOR, _TENSORS):
                yield from _of_tensor(f"operator {operator[:80]!r}", _message(value))


def _of_tensor(where: str, tensor: memoryview) -> Iterator[Problem]:
    outside = [
        number
        for number, value in _fields(tensor)
        if number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0)
    ]
    if outside:
        yield Problem(where, "keeps its numbers in another file", "save the graph with its weights inside")


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number stands where a message belongs")
    return value


def _fields(message: memoryview, pass_over: re.Pattern[bytes] | None = None) -> Iterator[Field]:
    """The fields of a Protocol Buffers message: number, and the integer or the bytes it holds."""
    at, end = 0, len(message)
    while at < end:
        if pass_over is not None and (run := pass_over.match(message, at)):
            at = run.end()
            if at == end:
                return
        key, at = _integer(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _integer(message, at)
            yield number, value
            continue
        if kind == 2:
            length, at = _integer(message, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of kind {kind}")
        if at + length > end:
            raise ValueError("it ends too early")
        yield number, message[at : at + length]
        at += length


def _integer(message: memoryview, at: int) -> tuple[int, int]:
    """A variable-length integer (seven bits a byte, lowest first), and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise ValueError("it ends too early")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number of more than ten bytes")
