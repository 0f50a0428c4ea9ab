import numpy as np
import pytest
from tests.learning.tree_models.leads_for_tests import check_onnx, edges, leads, weights
from tests.scoring.trees.trees_for_tests import shapley_by_definition

from leadloop.errors import VersionError
from leadloop.learning.tree_models import ensemble_from_catboost
from leadloop.learning.tree_models.catboost import _tree
from leadloop.learning.tree_models.nodes import join
from leadloop.scoring.trees.ensemble import TreeEnsemble

catboost = pytest.importorskip("catboost", reason="CatBoost belongs to the extra `train`")

QUIET = {"thread_count": 1, "verbose": False, "allow_writing_files": False, "random_seed": 3}


def grown(rows, outcomes, rounds=30, weight=None, **settings) -> "catboost.CatBoost":
    chosen = {"loss_function": "Logloss", "iterations": rounds, **QUIET, **settings}
    return catboost.CatBoost(chosen).fit(rows, outcomes, sample_weight=weight)


def margins(model: "catboost.CatBoost", rows: np.ndarray) -> np.ndarray:
    return model.predict(rows, prediction_type="RawFormulaVal", thread_count=1)


SHAPES = [
    pytest.param(({}, 0.15, False), id="default"),
    pytest.param(({}, 0.15, True), id="weighted"),
    pytest.param(({}, 0.0, False), id="nothing-missing-in-training"),
    pytest.param(({"nan_mode": "Max"}, 0.15, False), id="missing-counts-as-high"),
    pytest.param(({"depth": 10, "iterations": 5}, 0.15, True), id="deep-with-empty-leaves"),
    pytest.param(({"depth": 1}, 0.15, False), id="stumps"),
    pytest.param(({"boost_from_average": True}, 0.15, False), id="with-a-bias"),
    pytest.param(({"loss_function": "CrossEntropy"}, 0.15, False), id="cross-entropy"),
    pytest.param(({"class_weights": [1, 5], "border_count": 6}, 0.15, False), id="few-borders"),
    pytest.param(({"boosting_type": "Ordered", "model_shrink_rate": 0.1}, 0.15, False), id="ordered-and-shrunk"),
]


@pytest.fixture(scope="module", params=SHAPES)
def model(request) -> tuple["catboost.CatBoost", TreeEnsemble]:
    settings, missing, weighted = request.param
    model = grown(*leads(missing=missing), weight=weights() if weighted else None, **settings)
    return model, ensemble_from_catboost(model)


def test_margins_are_those_of_catboost_on_borders_beside_them_and_at_the_ends(model):
    theirs, ensemble = model
    for rows in (leads(500, seed=7)[0], edges(ensemble)):
        assert ensemble.margins(rows) == pytest.approx(margins(theirs, rows), rel=1e-12, abs=1e-12)


def test_reasons_and_what_is_expected_are_those_of_catboost(model):
    theirs, ensemble = model
    for rows in (leads(60, seed=7)[0], edges(ensemble)[:60]):
        said = theirs.get_feature_importance(catboost.Pool(rows), type="ShapValues", thread_count=1)
        assert ensemble.contributions(rows) == pytest.approx(said[:, :-1], abs=1e-10)
        assert ensemble.expected == pytest.approx(said[0, -1], abs=1e-10)


def test_reasons_are_shapley_values_by_their_definition(model):
    _, ensemble = model
    few = np.append(leads(2, seed=7)[0], edges(ensemble)[:1], axis=0)
    one = TreeEnsemble.from_arrays(first_trees(ensemble, 2))
    for row in few:
        assert one.contributions(row[None])[0] == pytest.approx(shapley_by_definition(one, row), abs=1e-10)


def first_trees(ensemble: TreeEnsemble, count: int) -> dict[str, np.ndarray]:
    """The arrays of an ensemble's first few trees."""
    end = ensemble.tree_offsets[count]
    whole = {"tree_offsets", "n_features", "base"}
    arrays = {name: array if name in whole else array[:end] for name, array in ensemble.to_arrays().items()}
    return arrays | {"tree_offsets": ensemble.tree_offsets[: count + 1]}


def test_the_onnx_graph_gives_the_probabilities_of_the_arrays(model):
    check_onnx(model[1], edges(model[1]))


def test_a_scale_and_a_bias_are_read():
    model = grown(*leads())
    model.set_scale_and_bias(2.0, -0.5)
    ensemble = ensemble_from_catboost(model)
    rows = edges(ensemble)
    assert ensemble.margins(rows) == pytest.approx(margins(model, rows), abs=1e-12)


def test_columns_that_are_constant_or_left_aside_keep_their_place():
    rows, outcomes = leads()
    rows[:, 1] = 7
    model = grown(rows, outcomes, ignored_features=[0])
    ensemble = ensemble_from_catboost(model)
    assert ensemble.n_features == 6
    assert not {0, 1} & set(ensemble.feature.tolist())
    assert ensemble.margins(edges(ensemble)) == pytest.approx(margins(model, edges(ensemble)), abs=1e-12)


def test_a_model_saved_and_loaded_gives_the_same_bits(tmp_path):
    model = grown(*leads())
    model.save_model(str(tmp_path / "model.cbm"))
    again = catboost.CatBoost().load_model(str(tmp_path / "model.cbm"))
    one, other = ensemble_from_catboost(model).to_arrays(), ensemble_from_catboost(again).to_arrays()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_what_no_row_can_reach_is_left_out_and_leaves_that_say_the_same_become_one():
    # From the lowest bit: above 1? above 3? and, at the root, above 2?
    questions = [(0, 1.0, True), (0, 3.0, True), (0, 2.0, True)]
    value = np.array(
        [0.1, 0.2, 9, 9, 9, 0.3, 9, 0.3]
    )  # the nines would need a number both above 2 and at most 1, or so
    weight = np.array([4.0, 3, 0, 0, 0, 2, 0, 1])
    ensemble = join([_tree(questions, value, weight)], 1)
    rows = np.array([[0.5], [1], [1.5], [2], [2.5], [3], [3.5], [np.nan]], np.float32)
    assert ensemble.margins(rows).tolist() == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.3, 0.1]
    assert ensemble.n_nodes == 5
    assert ensemble.expected == pytest.approx((4 * 0.1 + 3 * 0.2 + 3 * 0.3) / 10)


def test_leaves_that_no_training_row_reached_still_say_what_they_say():
    questions = [(0, 0.0, True), (1, 0.0, False)]
    ensemble = join([_tree(questions, np.array([1.0, 2, 3, 4]), np.array([5.0, 3, 0, 0]))], 2)
    rows = np.array([[-1, -1], [1, -1], [-1, 1], [1, np.nan], [np.nan, np.nan]], np.float32)
    assert ensemble.margins(rows).tolist() == [1, 2, 3, 4, 3]
    for row, said in zip(rows, ensemble.contributions(rows), strict=True):
        assert said == pytest.approx(shapley_by_definition(ensemble, row), abs=1e-12)


def said_of(model: "catboost.CatBoost") -> str:
    with pytest.raises(VersionError) as refused:
        ensemble_from_catboost(model)
    assert refused.value.subject == "CatBoost model"
    assert all(problem.where and problem.mend for problem in refused.value.problems)
    return str(refused.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"grow_policy": "Depthwise"}, "grow_policy"),
        ({"grow_policy": "Lossguide"}, "grow_policy"),
        ({"loss_function": "RMSE"}, "no log-odds"),
        ({"loss_function": "MultiClass"}, "train one model for each outcome"),
        ({"cat_features": [2]}, "are categories"),
    ],
    ids=["depthwise", "lossguide", "another-loss", "classes", "categories"],
)
def test_a_model_that_would_be_served_wrongly_is_refused_with_the_reason(settings, said):
    rows, outcomes = leads(400, missing=0)
    if "cat_features" in settings:
        rows = rows.astype(object)
        rows[:, 2] = rows[:, 2].astype(int)
    assert said in said_of(grown(rows, outcomes, rounds=2, **settings))


def test_a_model_without_trees_or_without_a_record_of_its_training_is_refused():
    assert "trees" in said_of(catboost.CatBoost(QUIET))
    model = grown(*leads(400), rounds=2)
    assert "unknown" in said_of(catboost.sum_models([model, model]))
