import numpy as np
import pytest
from tests.scoring.trees.trees_for_tests import ensemble_of

from leadloop.errors import VersionError
from leadloop.scoring.tree_member import GRAPH, TreeMember

onnx = pytest.importorskip("onnx", reason="writing a graph needs the package onnx, of the extra `train`")
from leadloop.learning.tree_models import to_onnx  # noqa: E402

TREES = ensemble_of(
    (0, 9.5, True, (-1.0, 60), (1, 0.5, True, (-0.2, 30), (0.9, 10))),
    (1, 0.5, False, (-0.1, 80), (0.3, 20)),
    n_features=2,
    base=-0.5,
)
MEMBER = TreeMember(TREES, to_onnx(TREES))


def rows(n: int = 200) -> np.ndarray:
    rng = np.random.default_rng(0)
    matrix = np.stack([rng.choice([3, 9.5, 200, np.nan], n), rng.choice([0, 0.5, 1, np.nan], n)], axis=1)
    return matrix.astype(np.float32)


def test_margins_come_from_the_graph_as_log_odds_in_float64():
    margins = MEMBER.margins(rows())
    assert (margins.dtype, margins.shape) == (np.float64, (200,))
    assert margins == pytest.approx(TREES.margins(rows()), abs=1e-6)


def test_reasons_and_what_is_expected_add_up_to_the_margin_of_the_graph():
    contributions = MEMBER.contributions(rows())
    assert contributions.shape == (200, 2)
    assert MEMBER.expected + contributions.sum(axis=1) == pytest.approx(MEMBER.margins(rows()), abs=1e-6)


def test_a_row_alone_gets_the_very_bits_that_it_gets_in_a_batch():
    together, reasons = MEMBER.margins(rows()), MEMBER.contributions(rows())
    for i in range(200):
        alone = rows()[i : i + 1]
        assert MEMBER.margins(alone)[0] == together[i]
        assert (MEMBER.contributions(alone)[0] == reasons[i]).all()


def test_a_member_survives_being_written_down_as_arrays():
    arrays = MEMBER.arrays()
    assert arrays[GRAPH].dtype == np.uint8
    assert all(array.dtype != object for array in arrays.values())
    again = TreeMember.from_arrays(arrays)
    assert again.graph == MEMBER.graph
    assert again.margins(rows()).tolist() == MEMBER.margins(rows()).tolist()
    assert again.contributions(rows()).tolist() == MEMBER.contributions(rows()).tolist()


def test_no_rows_have_no_margins():
    empty = np.empty((0, 2), np.float32)
    assert MEMBER.margins(empty).shape == (0,)
    assert MEMBER.contributions(empty).shape == (0, 2)


@pytest.mark.parametrize(
    "matrix", [np.zeros((1, 2)), np.zeros((1, 3), np.float32), np.zeros((1, 1), np.float32), np.zeros(2, np.float32)]
)
def test_a_matrix_of_another_type_or_width_is_refused_by_margins_and_reasons_alike(matrix):
    with pytest.raises(ValueError, match="float32 matrix of 2 columns"):
        MEMBER.margins(matrix)
    with pytest.raises(ValueError, match="float32 matrix of 2 columns"):
        MEMBER.contributions(matrix)


def test_a_damaged_graph_or_damaged_trees_are_refused():
    arrays = MEMBER.arrays()
    with pytest.raises(VersionError, match="cover"):
        TreeMember.from_arrays({**arrays, "cover": -arrays["cover"]})
    cut = TreeMember.from_arrays({**arrays, GRAPH: arrays[GRAPH][:-40]})
    with pytest.raises(VersionError, match="ONNX graph"):
        cut.margins(rows())


def test_a_graph_that_reads_or_answers_in_another_shape_is_refused():
    three = ensemble_of((2, 0.5, True, (-1.0, 3), (2.0, 1)), n_features=3)
    with pytest.raises(VersionError, match="features"):
        TreeMember(TREES, to_onnx(three)).margins(rows())
    graph = onnx.load_from_string(MEMBER.graph)
    graph.graph.node.append(onnx.helper.make_node("Concat", ["margin", "margin"], ["two"], axis=1))
    graph.graph.output[0].name = "two"
    graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 2
    with pytest.raises(VersionError, match="one float32 a row"):
        TreeMember(TREES, graph.SerializeToString()).margins(rows())
