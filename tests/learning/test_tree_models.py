import builtins

import numpy as np
import onnx
import pytest
from tests.scoring.trees.trees_for_tests import ensemble_of

from leadloop.errors import DependencyMissing, VersionError
from leadloop.learning.tree_models import ensemble_from_lightgbm, to_onnx
from leadloop.scoring.onnx_session import open_session
from leadloop.scoring.trees.ensemble import TreeEnsemble

lightgbm = pytest.importorskip("lightgbm", reason="LightGBM belongs to the extra `train`")

TINY = np.float32(1e-35)
EXTREMES = np.array(
    [
        *(0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf),
        *(np.finfo(np.float32).max, np.finfo(np.float32).min, np.finfo(np.float32).tiny, 1e-45, -1e-45),
        *(TINY, -TINY, np.nextafter(TINY, np.float32(1)), np.nextafter(-TINY, np.float32(-1))),
    ],
    np.float32,
)


def leads(n: int = 1500, missing: float = 0.15, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows and outcomes: a straight number, a count with a long tail, a flag, a tiny number, an amount, a number without gaps."""
    rng = np.random.default_rng(seed)
    straight, whole = rng.normal(size=(2, n))
    count, flag = rng.poisson(3, n) ** 2, rng.integers(0, 2, n)
    tiny, amount = rng.normal(size=n) * 3e-35, np.exp(rng.normal(size=n) * 8)
    log_odds = straight + 0.1 * count * flag - 1 + (tiny > 0) + 0.1 * np.log(amount) + 0.5 * whole
    rows = np.stack([straight, count, flag, tiny, amount, whole], axis=1).astype(np.float32)
    rows[:, :5][rng.random((n, 5)) < missing] = np.nan
    return rows, (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(float)


def grown(rows: np.ndarray, outcomes: np.ndarray, rounds: int = 40, **settings: object) -> "lightgbm.Booster":
    chosen = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 3, "min_data_in_leaf": 5, **settings}
    data = lightgbm.Dataset(rows, outcomes, params={"verbosity": -1, **settings})
    return lightgbm.train(chosen, data, num_boost_round=rounds)


def edges(ensemble: TreeEnsemble, seed: int = 1) -> np.ndarray:
    """Rows made of every threshold of the model itself, its two float32 neighbours, and the ends of the scale."""
    rng = np.random.default_rng(seed)
    thresholds = ensemble.threshold[ensemble.feature >= 0]
    with np.errstate(over="ignore"):
        near = [np.nextafter(thresholds, np.float32(side)) for side in (-np.inf, np.inf)]
    pool = np.concatenate([thresholds, *near, np.repeat(EXTREMES, 1 + len(thresholds) // 16)])
    return rng.choice(pool, size=(2000, ensemble.n_features)).astype(np.float32)


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


@pytest.fixture(scope="module")
def default() -> tuple["lightgbm.Booster", TreeEnsemble]:
    booster = grown(*leads())
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


def probability(margin: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-margin.astype(np.float64)))


def answers(session, rows: np.ndarray) -> np.ndarray:
    return session.run(None, {"features": rows})[0]


def test_the_onnx_graph_gives_the_probabilities_of_the_arrays(model):
    _, ensemble = model
    session = open_session(to_onnx(ensemble))
    for rows in (leads(500, seed=7)[0], edges(ensemble)):
        said = answers(session, rows)
        assert said.shape == (len(rows), 1)
        assert probability(said[:, 0]) == pytest.approx(probability(ensemble.margins(rows)), abs=1e-5)


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


def test_without_the_package_onnx_it_is_said_what_to_install(monkeypatch):
    imported = builtins.__import__

    def without_onnx(name, *more):
        if name == "onnx":
            raise ImportError(name)
        return imported(name, *more)

    monkeypatch.setattr(builtins, "__import__", without_onnx)
    with pytest.raises(DependencyMissing, match=r"leadloop\[train\]"):
        to_onnx(ensemble_of((0, 0.5, True, (-1.0, 3), (2.0, 1)), n_features=1))
