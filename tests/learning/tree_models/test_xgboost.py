import json

import numpy as np
import pytest
from tests.learning.tree_models.leads_for_tests import check_onnx, edges, leads, probability, weights

from leadloop.errors import VersionError
from leadloop.learning.tree_models import ensemble_from_xgboost
from leadloop.scoring.trees.ensemble import TreeEnsemble

xgboost = pytest.importorskip("xgboost", reason="XGBoost belongs to the extra `train`")


def grown(rows, outcomes, rounds=30, weight=None, **settings) -> "xgboost.Booster":
    chosen = {"objective": "binary:logistic", "nthread": 1, "seed": 3, **settings}
    return xgboost.train(chosen, xgboost.DMatrix(rows, outcomes, weight=weight, nthread=1), num_boost_round=rounds)


def theirs(booster: "xgboost.Booster", rows: np.ndarray, **wanted: object) -> np.ndarray:
    return booster.predict(xgboost.DMatrix(rows, nthread=1), **wanted).astype(np.float64)


SHAPES = [
    pytest.param(({}, 0.15, False), id="default"),
    pytest.param(({}, 0.15, True), id="weighted"),
    pytest.param(({}, 0.0, False), id="nothing-missing-in-training"),
    pytest.param(({"max_depth": 12, "min_child_weight": 0}, 0.15, True), id="deep"),
    pytest.param(({"max_depth": 1}, 0.15, False), id="stumps"),
    pytest.param(({"tree_method": "exact", "gamma": 2}, 0.15, True), id="exact-splits-and-pruned"),
    pytest.param(({"base_score": 0.2}, 0.15, False), id="base-score-given"),
    pytest.param(({"scale_pos_weight": 5}, 0.15, False), id="wins-count-more"),
    pytest.param(({"num_parallel_tree": 3, "subsample": 0.5}, 0.15, False), id="boosted-forest"),
    pytest.param(({"grow_policy": "lossguide", "max_leaves": 20, "max_depth": 0}, 0.15, False), id="lossguide"),
]


@pytest.fixture(scope="module", params=SHAPES)
def model(request) -> tuple["xgboost.Booster", TreeEnsemble]:
    settings, missing, weighted = request.param
    booster = grown(*leads(missing=missing), weight=weights() if weighted else None, **settings)
    return booster, ensemble_from_xgboost(booster)


def test_margins_are_those_of_xgboost_on_thresholds_beside_them_and_at_the_ends(model):
    booster, ensemble = model
    for rows in (leads(500, seed=7)[0], edges(ensemble, infinite=False)):  # XGBoost takes no infinite values
        assert ensemble.margins(rows) == pytest.approx(theirs(booster, rows, output_margin=True), abs=1e-5)


def test_reasons_and_what_is_expected_are_those_of_xgboost(model):
    booster, ensemble = model
    for rows in (leads(60, seed=7)[0], edges(ensemble, infinite=False)[:60]):
        reasons = theirs(booster, rows, pred_contribs=True)
        assert ensemble.contributions(rows) == pytest.approx(reasons[:, :-1], abs=1e-5)
        assert ensemble.expected == pytest.approx(reasons[0, -1], abs=1e-5)


def test_reasons_add_up_to_the_margin(model):
    _, ensemble = model
    rows = edges(ensemble)[:200]
    assert ensemble.contributions(rows).sum(axis=1) + ensemble.expected == pytest.approx(
        ensemble.margins(rows), abs=1e-10
    )


def test_the_onnx_graph_gives_the_probabilities_of_the_arrays(model):
    check_onnx(model[1], edges(model[1]))


def test_one_tree_says_what_xgboost_says_to_the_last_digit_of_float32():
    booster = grown(*leads(), rounds=1, max_depth=10, base_score=0.5)  # a base of 0.5 adds nothing
    ensemble = ensemble_from_xgboost(booster)
    rows = edges(ensemble, infinite=False)
    assert (ensemble.margins(rows) == theirs(booster, rows, output_margin=True)).all()


def test_a_value_on_a_threshold_goes_right_and_the_number_below_it_left():
    booster = grown(np.array([[0], [1]] * 50, np.float32), np.array([0, 1] * 50), rounds=1, max_depth=1)
    ensemble = ensemble_from_xgboost(booster)
    said = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]["model"]["trees"][0]
    limit = np.float32(said["split_conditions"][0])
    low, high = ensemble.margins(np.array([[np.nextafter(limit, np.float32(-1))], [limit]], np.float32))
    assert low < high


def test_trees_without_a_split_are_read_and_explain_nothing():
    booster = grown(np.zeros((50, 2), np.float32), np.repeat([0.0, 1.0], [40, 10]), rounds=3)
    ensemble = ensemble_from_xgboost(booster)
    blank = np.array([[0, 0], [np.nan, 5]], np.float32)
    assert probability(ensemble.margins(blank)) == pytest.approx(0.2, abs=1e-6)
    assert not ensemble.contributions(blank).any()
    check_onnx(ensemble, blank)


def test_after_early_stopping_the_trees_up_to_the_best_are_read():
    rows, outcomes = leads()
    chosen = {"n_estimators": 200, "early_stopping_rounds": 3, "learning_rate": 0.6, "n_jobs": 1}
    classifier = xgboost.XGBClassifier(**chosen)
    classifier.fit(rows[:700], outcomes[:700], eval_set=[(rows[700:], outcomes[700:])], verbose=False)
    booster = classifier.get_booster()
    assert booster.best_iteration + 1 < booster.num_boosted_rounds()
    ensemble = ensemble_from_xgboost(booster)
    assert ensemble.n_trees == booster.best_iteration + 1
    assert ensemble.margins(rows) == pytest.approx(classifier.predict(rows, output_margin=True), abs=1e-5)


def test_a_model_saved_and_loaded_gives_the_same_bits():
    booster = grown(*leads())
    again = xgboost.Booster(model_file=booster.save_raw("ubj"))
    one, other = ensemble_from_xgboost(booster).to_arrays(), ensemble_from_xgboost(again).to_arrays()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def said_of(booster: "xgboost.Booster") -> str:
    with pytest.raises(VersionError) as refused:
        ensemble_from_xgboost(booster)
    assert refused.value.subject == "XGBoost model"
    assert all(problem.where and problem.mend for problem in refused.value.problems)
    return str(refused.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"booster": "dart"}, "is 'dart'"),
        ({"booster": "gblinear"}, "is 'gblinear'"),
        ({"objective": "reg:squarederror"}, "not read as log-odds"),
        ({"objective": "multi:softprob", "num_class": 2}, "train one model for each outcome"),
    ],
    ids=["dart", "linear", "another-objective", "classes"],
)
def test_a_model_that_would_be_served_wrongly_is_refused_with_the_reason(settings, said):
    assert said in said_of(grown(*leads(400), rounds=2, **settings))


@pytest.mark.parametrize("strategy", ["one_output_per_tree", "multi_output_tree"])
def test_a_model_of_several_outcomes_is_refused(strategy):
    rows, outcomes = leads(400)
    both = np.stack([outcomes, 1 - outcomes], axis=1)
    assert "num_target" in said_of(grown(rows, both, rounds=2, tree_method="hist", multi_strategy=strategy))


@pytest.mark.parametrize("most_one_by_one", [1, 100], ids=["sets", "one-by-one"])
def test_a_split_on_a_category_is_refused(most_one_by_one):
    kind = np.random.default_rng(0).integers(0, 6, 600)
    data = xgboost.DMatrix(
        kind[:, None], np.isin(kind, [1, 4]), feature_types=["c"], enable_categorical=True, nthread=1
    )
    settings = {"objective": "binary:logistic", "nthread": 1, "max_cat_to_onehot": most_one_by_one}
    assert "tree 0  splits on a category" in said_of(xgboost.train(settings, data, num_boost_round=2))


def test_a_model_without_trees_or_with_only_one_outcome_is_refused():
    rows, outcomes = leads(100)
    assert "trees" in said_of(grown(rows, outcomes, rounds=0))
    assert "base_score" in said_of(grown(rows, np.zeros(100), rounds=1))
