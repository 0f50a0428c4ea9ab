"""Graphs are made by the package onnx here, and by hand where it would not write such a thing."""

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scoring.trees.trees_for_tests import ensemble_of

from leadloop.errors import VersionError
from leadloop.scoring.onnx_session import ALLOWED, MOST_BYTES, open_session, problems_of

onnx = pytest.importorskip("onnx", reason="writing graphs needs the package onnx, of the extra `train`")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from leadloop.learning.tree_models import to_onnx  # noqa: E402

FLOAT = TensorProto.FLOAT
TREES = ensemble_of((0, 0.5, True, (-1.0, 3), (1, 2.0, False, (0.5, 1), (2.0, 1))), n_features=2)
GRAPH = to_onnx(TREES)


def model_of(*nodes, weights=(), sparse=(), functions=(), domains=("", "ai.onnx.ml")) -> "onnx.ModelProto":
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info("x", FLOAT, [None, 2])],
        [helper.make_tensor_value_info("y", FLOAT, [None, 2])],
        initializer=list(weights),
        sparse_initializer=list(sparse),
    )
    sets = [helper.make_opsetid(domain, {"": 21, "ai.onnx.ml": 5}.get(domain, 1)) for domain in domains]
    return helper.make_model(graph, opset_imports=sets, ir_version=10, functions=list(functions))


def identity() -> "onnx.NodeProto":
    return helper.make_node("Identity", ["x"], ["y"])


def elsewhere(path: str = "weights.bin") -> "onnx.TensorProto":
    tensor = TensorProto(name="w", data_type=FLOAT, dims=[2, 2], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=path)
    return tensor


def said_of(graph: bytes) -> str:
    with pytest.raises(VersionError) as refused:
        open_session(graph, "champion/member_0.onnx")
    assert refused.value.subject == "champion/member_0.onnx"
    assert refused.value.problems
    return str(refused.value)


def test_a_graph_of_trees_opens_and_answers():
    assert list(problems_of(GRAPH)) == []
    rows = np.array([[0, 0], [1, 5], [np.nan, np.nan]], np.float32)
    session = open_session(GRAPH)
    assert session.run(None, {"features": rows})[0][:, 0].tolist() == [-1.0, 2.0, -1.0]


def test_arithmetic_opens_too():
    weights = numpy_helper.from_array(np.eye(2, dtype=np.float32) * 3, "w")
    session = open_session(
        model_of(helper.make_node("MatMul", ["x", "w"], ["y"]), weights=[weights]).SerializeToString()
    )
    assert session.run(None, {"x": np.ones((1, 2), np.float32)})[0].tolist() == [[3.0, 3.0]]


def test_a_session_runs_on_one_thread_of_the_processor():
    session = open_session(GRAPH)
    settings = session.get_session_options()
    assert (settings.intra_op_num_threads, settings.inter_op_num_threads) == (1, 1)
    assert session.get_providers() == ["CPUExecutionProvider"]


@pytest.mark.parametrize("name", ["Loop", "If", "Scan", "Where", "StringConcat", "RandomNormal"])
def test_an_operator_that_is_not_on_the_list_is_refused_by_name(name):
    assert name not in {operator.split("/")[1] for operator in ALLOWED}
    assert f"ai.onnx/{name}" in said_of(model_of(helper.make_node(name, ["x"], ["y"])).SerializeToString())


def test_a_known_operator_of_a_foreign_domain_is_refused():
    graph = model_of(helper.make_node("Add", ["x", "x"], ["y"], domain="com.example"), domains=("", "com.example"))
    assert "com.example/Add" in said_of(graph.SerializeToString())


def test_weights_in_another_file_are_refused_wherever_they_stand():
    assert "another file" in said_of(model_of(identity(), weights=[elsewhere()]).SerializeToString())
    node = helper.make_node("Identity", ["x"], ["y"], value=elsewhere("/etc/hostname"))
    assert "another file" in said_of(model_of(node).SerializeToString())
    several = helper.make_node("Identity", ["x"], ["y"], values=[elsewhere()])
    assert "another file" in said_of(model_of(several).SerializeToString())


def test_a_location_is_refused_even_where_the_tensor_claims_to_be_inside():
    tensor = elsewhere()
    tensor.data_location = TensorProto.DEFAULT
    assert "another file" in said_of(model_of(identity(), weights=[tensor]).SerializeToString())


def test_graphs_inside_graphs_are_refused():
    inner = model_of(identity()).graph
    node = helper.make_node("Identity", ["x"], ["y"], body=inner)
    assert "graph of its own" in said_of(model_of(node).SerializeToString())
    node = helper.make_node("Identity", ["x"], ["y"], bodies=[inner, inner])
    assert "graph of its own" in said_of(model_of(node).SerializeToString())


def test_functions_and_sparse_weights_are_refused():
    function = helper.make_function("own", "f", ["a"], ["b"], [identity()], [helper.make_opsetid("", 21)])
    assert "functions" in said_of(model_of(identity(), functions=[function]).SerializeToString())
    values = numpy_helper.from_array(np.ones(1, np.float32), "s")
    sparse = helper.make_sparse_tensor(values, numpy_helper.from_array(np.zeros(1, np.int64)), [4])
    assert "sparse" in said_of(model_of(identity(), sparse=[sparse]).SerializeToString())


def test_everything_that_is_wrong_is_said_at_once():
    nodes = [helper.make_node("Loop", ["x"], ["a"]), helper.make_node("If", ["a"], ["y"])]
    said = said_of(model_of(*nodes, weights=[elsewhere()]).SerializeToString())
    assert said.count("another file") == 1
    assert all(part in said for part in ("ai.onnx/Loop", "ai.onnx/If", "another file"))


def test_two_graphs_in_one_file_are_refused():
    assert "2 graphs" in said_of(GRAPH + model_of(identity()).SerializeToString())


@pytest.mark.parametrize("graph", [b"", b"\x00", b"not a graph at all", b"\xff" * 40, GRAPH[: len(GRAPH) // 2]])
def test_bytes_that_are_no_graph_are_refused(graph):
    said_of(graph)


def test_a_graph_too_large_is_refused_unread():
    assert "at most" in said_of(bytes(MOST_BYTES + 1))


def test_operators_of_a_version_that_the_runtime_does_not_know_are_refused():
    model = onnx.load_from_string(GRAPH)
    model.opset_import[0].version = 9_999
    assert "cannot be opened" in said_of(model.SerializeToString())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_is_done_to_the_bytes_a_graph_opens_or_is_refused(data):
    damaged = bytearray(GRAPH)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(0, len(damaged))) :]
    try:
        list(problems_of(bytes(damaged)))
        open_session(bytes(damaged))
    except VersionError:
        pass


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_looked_through_without_an_error(content):
    assert all(problem.where for problem in problems_of(content))


def test_opening_a_graph_leaves_no_file_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path)
    before = set(os.listdir("/tmp")) if Path("/tmp").is_dir() else set()
    open_session(GRAPH).run(None, {"features": np.zeros((1, 2), np.float32)})
    with pytest.raises(VersionError):
        open_session(GRAPH[:-9])
    assert list(tmp_path.iterdir()) == []
    after = set(os.listdir("/tmp")) if before else set()
    assert not {name for name in after - before if "onnx" in name.lower() or "ort" in name.lower()}
