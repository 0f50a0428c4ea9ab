import builtins

import numpy as np
import onnx
import pytest
from tests.learning.tree_models.leads_for_tests import answers, edges, leads
from tests.scoring.trees.trees_for_tests import ensemble_of

from leadloop.errors import DependencyMissing
from leadloop.learning.tree_models import ensemble_from_lightgbm, to_onnx
from leadloop.scoring.onnx_session import open_session
from leadloop.scoring.trees.ensemble import TreeEnsemble

lightgbm = pytest.importorskip("lightgbm", reason="LightGBM belongs to the extra `train`")


@pytest.fixture(scope="module")
def default() -> tuple["lightgbm.Booster", TreeEnsemble]:
    rows, outcomes = leads()
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5}
    booster = lightgbm.train(settings, lightgbm.Dataset(rows, outcomes), num_boost_round=40)
    return booster, ensemble_from_lightgbm(booster)


def test_the_onnx_graph_gives_a_row_the_same_bits_alone_and_in_a_batch(default):
    _, ensemble = default
    session = open_session(to_onnx(ensemble))
    rows = edges(ensemble)
    together = answers(session, rows)
    assert all((answers(session, rows[i : i + 1])[0] == together[i]).all() for i in range(0, len(rows), 5))
    assert (answers(session, rows[300:777]) == together[300:777]).all()


def test_the_same_trees_are_written_as_the_same_bytes(default):
    booster, ensemble = default
    assert to_onnx(ensemble) == to_onnx(ensemble_from_lightgbm(booster))


def test_the_graph_says_which_columns_it_reads_and_passes_the_checker_of_onnx(default):
    _, ensemble = default
    graph = onnx.load_from_string(to_onnx(ensemble))
    onnx.checker.check_model(graph, full_check=True)
    dimension = graph.graph.input[0].type.tensor_type.shape.dim
    assert (dimension[0].dim_value, dimension[1].dim_value) == (0, ensemble.n_features)


def test_a_base_and_lone_leaves_among_other_trees_reach_the_onnx_graph():
    ensemble = ensemble_of(
        (0.25, 4),
        (1, 0.5, True, (-1.0, 3), (2.0, 1)),
        (0.5, 4),
        (0, 1.0, False, (0.1, 2), (0.2, 2)),
        n_features=2,
        base=-3.0,
    )
    rows = np.array([[0, 0], [2, 1], [np.nan, np.nan]], np.float32)
    said = answers(open_session(to_onnx(ensemble)), rows)[:, 0]
    assert said == pytest.approx(ensemble.margins(rows), abs=1e-6)


def test_without_the_package_onnx_it_is_said_what_to_install(monkeypatch):
    imported = builtins.__import__

    def without_onnx(name, *more):
        if name == "onnx":
            raise ImportError(name)
        return imported(name, *more)

    monkeypatch.setattr(builtins, "__import__", without_onnx)
    with pytest.raises(DependencyMissing, match=r"leadloop\[train\]"):
        to_onnx(ensemble_of((0, 0.5, True, (-1.0, 3), (2.0, 1)), n_features=1))
