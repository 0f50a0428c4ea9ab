import numpy as np
import pytest
from tests.learning.tree_models.leads_for_tests import answers, check_onnx, edges, leads, probability

from leadloop.errors import VersionError
from leadloop.learning.tree_models import ensemble_from_lightgbm, to_onnx
from leadloop.scoring.onnx_session import open_session
from leadloop.scoring.trees.ensemble import TreeEnsemble

lightgbm = pytest.importorskip("lightgbm", reason="LightGBM belongs to the extra `train`")


def grown(rows: np.ndarray, outcomes: np.ndarray, rounds: int = 40, **settings: object) -> "lightgbm.Booster":
    chosen = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 3, "min_data_in_leaf": 5, **settings}
    data = lightgbm.Dataset(rows, outcomes, params={"verbosity": -1, **settings})
    return lightgbm.train(chosen, data, num_boost_round=rounds)


SHAPES = [
    pytest.param(({}, 0.15), id="default"),
    pytest.param(
        ({"num_leaves": 63, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0}, 0.15), id="leaves-of-one-lead"
    ),
    pytest.param(({"num_leaves": 2}, 0.15), id="stumps"),
    pytest.param(({"use_missing": False}, 0.15), id="missing-read-as-zero"),
    pytest.param(({}, 0.0), id="nothing-missing-in-training"),
    pytest.param(({"extra_trees": True, "feature_fraction": 0.5}, 0.15), id="random-thresholds"),
    pytest.param(({"boosting": "dart"}, 0.15), id="dart"),
    pytest.param(({"objective": "cross_entropy"}, 0.15), id="cross-entropy"),
    pytest.param(({"boost_from_average": False, "is_unbalance": True}, 0.15), id="weighted"),
    pytest.param(
        ({"monotone_constraints": [1, 1, 0, 0, 1, 0], "monotone_constraints_method": "advanced"}, 0.15), id="monotone"
    ),
]


@pytest.fixture(scope="module", params=SHAPES)
def model(request) -> tuple["lightgbm.Booster", TreeEnsemble]:
    settings, missing = request.param
    booster = grown(*leads(missing=missing), **settings)
    return booster, ensemble_from_lightgbm(booster)


def test_margins_are_those_of_lightgbm_bit_for_bit_on_thresholds_beside_them_and_at_the_ends(model):
    booster, ensemble = model
    for rows in (leads(500, seed=7)[0], edges(ensemble)):
        assert (ensemble.margins(rows) == booster.predict(rows, raw_score=True)).all()


def test_reasons_and_what_is_expected_are_those_of_lightgbm(model):
    booster, ensemble = model
    for rows in (leads(60, seed=7)[0], edges(ensemble)[:60]):
        theirs = booster.predict(rows, pred_contrib=True)
        assert ensemble.contributions(rows) == pytest.approx(theirs[:, :-1], abs=1e-10)
        assert ensemble.expected == pytest.approx(theirs[0, -1], abs=1e-10)


def test_the_onnx_graph_gives_the_probabilities_of_the_arrays(model):
    _, ensemble = model
    for rows in (leads(500, seed=7)[0], edges(ensemble)):
        check_onnx(ensemble, rows)


def test_the_side_of_a_missing_value_is_read_for_every_split():
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(600, 2)).astype(np.float32)
    rows[rng.random(rows.shape) < 0.3] = np.nan
    outcomes = (np.isnan(rows[:, 0]) ^ np.isnan(rows[:, 1])).astype(float)
    booster = grown(rows, outcomes, num_leaves=8)
    ensemble = ensemble_from_lightgbm(booster)
    sides = ensemble.missing_left[ensemble.feature >= 0]
    assert 0 < sides.sum() < len(sides)
    blank = np.array([[np.nan, 0], [0, np.nan], [np.nan, np.nan]], np.float32)
    assert (ensemble.margins(blank) == booster.predict(blank, raw_score=True)).all()


def test_trees_without_a_split_are_read_and_explain_nothing():
    rows, outcomes = np.zeros((50, 2), np.float32), np.repeat([0.0, 1.0], [40, 10])
    booster = grown(rows, outcomes, rounds=3)
    ensemble = ensemble_from_lightgbm(booster)
    blank = np.array([[0, 0], [np.nan, 5]], np.float32)
    assert (ensemble.margins(blank) == booster.predict(blank, raw_score=True)).all()
    assert probability(ensemble.margins(blank)) == pytest.approx(0.2)
    assert not ensemble.contributions(blank).any()
    assert answers(open_session(to_onnx(ensemble)), blank)[:, 0] == pytest.approx(ensemble.margins(blank))


def test_after_early_stopping_the_trees_up_to_the_best_are_read():
    rows, outcomes = leads()
    train = lightgbm.Dataset(rows[:700], outcomes[:700])
    booster = lightgbm.train(
        {"objective": "binary", "verbosity": -1, "num_threads": 1, "learning_rate": 0.5},
        train,
        num_boost_round=60,
        valid_sets=[lightgbm.Dataset(rows[700:], outcomes[700:], reference=train)],
        callbacks=[lightgbm.early_stopping(5, verbose=False)],
        keep_training_booster=True,  # otherwise LightGBM drops the later trees itself
    )
    assert 0 < booster.best_iteration < booster.current_iteration()
    ensemble = ensemble_from_lightgbm(booster)
    assert ensemble.n_trees == booster.best_iteration
    assert (ensemble.margins(rows) == booster.predict(rows, raw_score=True)).all()


def said_of(booster: "lightgbm.Booster") -> str:
    with pytest.raises(VersionError) as refused:
        ensemble_from_lightgbm(booster)
    assert refused.value.subject == "LightGBM model"
    assert all(problem.where and problem.mend for problem in refused.value.problems)
    return str(refused.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"zero_as_missing": True}, "reads zero as missing"),
        ({"linear_tree": True}, "has linear leaves"),
        ({"objective": "multiclass", "num_class": 2}, "train one model for each outcome"),
        ({"objective": "regression"}, "no log-odds"),
        ({"sigmoid": 2.0}, "no log-odds"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}, "averages its trees"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_model_that_would_be_served_wrongly_is_refused_with_the_reason(settings, said):
    assert said in said_of(grown(*leads(400), rounds=3, **settings))


def test_a_split_on_a_category_is_refused():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 6, 600).astype(np.float32)[:, None]
    outcomes = np.isin(kind[:, 0], [1, 4]).astype(float)
    data = lightgbm.Dataset(kind, outcomes, categorical_feature=[0])
    booster = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, data, num_boost_round=2)
    assert "tree 0  splits on a category" in said_of(booster)


def test_a_model_without_trees_is_refused():
    assert "trees" in said_of(lightgbm.Booster({"objective": "binary", "verbosity": -1}, lightgbm.Dataset(*leads(100))))


def test_all_reasons_to_refuse_a_model_are_said_at_once():
    said = said_of(grown(*leads(400), rounds=2, objective="regression", zero_as_missing=True))
    assert "no log-odds" in said
    assert "tree 0" in said
    assert "tree 1" in said
