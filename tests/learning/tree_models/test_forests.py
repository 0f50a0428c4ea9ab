import numpy as np
import pytest
from tests.learning.tree_models.leads_for_tests import check_onnx, edges, leads, probability, weights
from tests.scoring.trees.trees_for_tests import shapley_by_definition

from leadloop.errors import VersionError
from leadloop.learning.tree_models import ensemble_from_forest

sklearn_ensemble = pytest.importorskip("sklearn.ensemble", reason="scikit-learn belongs to the extra `train`")
ExtraTreesClassifier, RandomForestClassifier = (
    sklearn_ensemble.ExtraTreesClassifier,
    sklearn_ensemble.RandomForestClassifier,
)

SHRINK = 4.0


def grown(kind, rows, outcomes, weight=None, **settings):
    return kind(**{"n_estimators": 15, "random_state": 3, "n_jobs": 1, **settings}).fit(rows, outcomes, weight)


SHAPES = [
    pytest.param((RandomForestClassifier, {}, 0.15, False), id="forest-to-the-last-lead"),
    pytest.param((RandomForestClassifier, {"min_samples_leaf": 8}, 0.15, True), id="forest-weighted"),
    pytest.param((RandomForestClassifier, {"max_leaf_nodes": 12}, 0.0, False), id="forest-best-first-nothing-missing"),
    pytest.param((RandomForestClassifier, {"bootstrap": False, "max_depth": 1}, 0.15, False), id="forest-of-stumps"),
    pytest.param((ExtraTreesClassifier, {}, 0.15, True), id="extra-trees-to-the-last-lead-weighted"),
    pytest.param((ExtraTreesClassifier, {"min_samples_leaf": 8}, 0.0, False), id="extra-trees-nothing-missing"),
    pytest.param((ExtraTreesClassifier, {"class_weight": "balanced", "max_depth": 9}, 0.15, False), id="balanced"),
]


@pytest.fixture(scope="module", params=SHAPES)
def model(request):
    kind, settings, missing, weighted = request.param
    forest = grown(kind, *leads(missing=missing), weights() if weighted else None, **settings)
    return forest, ensemble_from_forest(forest, SHRINK)


def by_hand(forest, rows: np.ndarray, shrink: float) -> np.ndarray:
    """The mean of the leaves' log-odds, from the leaves that scikit-learn says each row falls to."""
    trees = [member.tree_ for member in forest.estimators_]
    grown_from = sum(tree.weighted_n_node_samples[0] for tree in trees)
    base = sum(tree.weighted_n_node_samples[0] * tree.value[0, 0, 1] for tree in trees) / grown_from
    said = np.zeros(len(rows))
    for tree, leaf in zip(trees, forest.apply(rows).T, strict=True):
        count = tree.weighted_n_node_samples[leaf]
        won = np.where(count > 0, count * tree.value[leaf, 0, 1], 0)
        share = (won + shrink * base) / (count + shrink)
        said += np.log(share / (1 - share))
    return said / len(trees)


# Looking for infinite values, scikit-learn adds up rows whose largest numbers overflow.
@pytest.mark.filterwarnings("ignore:invalid value encountered in reduce:RuntimeWarning")
def test_a_margin_is_the_mean_of_the_log_odds_of_the_leaves_that_scikit_learn_names(model):
    forest, ensemble = model
    for rows in (leads(500, seed=7)[0], edges(ensemble, infinite=False)):  # scikit-learn takes no infinite values
        assert ensemble.margins(rows) == pytest.approx(by_hand(forest, rows, SHRINK), abs=1e-10)


def test_reasons_are_shapley_values_and_add_up_to_the_margin(model):
    _, ensemble = model
    rows = edges(ensemble)[:50]
    reasons = ensemble.contributions(rows)
    assert reasons.sum(axis=1) + ensemble.expected == pytest.approx(ensemble.margins(rows), abs=1e-10)


def test_reasons_of_a_small_forest_are_shapley_values_by_their_definition():
    forest = grown(RandomForestClassifier, *leads(300), n_estimators=2, max_depth=4)
    ensemble = ensemble_from_forest(forest, SHRINK)
    for row in leads(4, seed=7)[0]:
        assert ensemble.contributions(row[None])[0] == pytest.approx(shapley_by_definition(ensemble, row), abs=1e-10)


def test_the_onnx_graph_gives_the_probabilities_of_the_arrays(model):
    check_onnx(model[1], edges(model[1]))


def test_the_same_forest_gives_the_same_bits():
    rows, outcomes = leads(400)
    one, other = (
        ensemble_from_forest(grown(ExtraTreesClassifier, rows, outcomes), SHRINK).to_arrays() for _ in range(2)
    )
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_leaf_is_drawn_to_the_base_rate_the_more_the_fewer_its_leads():
    rows = np.repeat([0.0, 1.0, 2.0], [70, 10, 2]).astype(np.float32)[:, None]
    outcomes = np.repeat([0, 1], [70, 12])
    forest = grown(ExtraTreesClassifier, rows, outcomes, max_features=None, n_estimators=1)
    base = 12 / 82
    margin = ensemble_from_forest(forest, 5.0).margins(np.array([[0], [2]], np.float32))
    assert probability(margin[0]) == pytest.approx(5 * base / 75)
    assert probability(margin[1]) == pytest.approx((12 + 5 * base) / 17)
    far = ensemble_from_forest(forest, 1e9).margins(np.array([[0], [2]], np.float32))
    assert probability(far) == pytest.approx(base, abs=1e-6)


def test_a_lead_without_a_value_goes_where_those_without_went():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 1)).astype(np.float32)
    rows[:150] = np.nan
    outcomes = np.isnan(rows[:, 0]).astype(int)
    for kind in (RandomForestClassifier, ExtraTreesClassifier):
        margin = ensemble_from_forest(grown(kind, rows, outcomes), 1.0).margins(np.array([[np.nan], [0]], np.float32))
        assert margin[0] > 2
        assert margin[1] < -2


def test_trees_without_a_split_say_the_base_rate():
    forest = grown(ExtraTreesClassifier, np.zeros((50, 2), np.float32), np.repeat([0, 1], [40, 10]))
    ensemble = ensemble_from_forest(forest, SHRINK)
    blank = np.array([[0, 0], [np.nan, 5]], np.float32)
    assert probability(ensemble.margins(blank)) == pytest.approx(0.2)
    assert not ensemble.contributions(blank).any()
    check_onnx(ensemble, blank)


@pytest.mark.parametrize("shrink", [0.0, -1.0, np.nan, np.inf])
def test_to_shrink_by_nothing_or_by_no_number_is_refused(shrink):
    with pytest.raises(ValueError, match="shrink"):
        ensemble_from_forest(grown(ExtraTreesClassifier, *leads(100)), shrink)


def said_of(forest) -> str:
    with pytest.raises(VersionError) as refused:
        ensemble_from_forest(forest, SHRINK)
    return str(refused.value)


def test_a_forest_that_would_be_served_wrongly_is_refused_with_the_reason():
    rows, outcomes = leads(200)
    assert "fit the forest" in said_of(RandomForestClassifier())
    assert "are 3, not 2" in said_of(grown(RandomForestClassifier, rows, outcomes + (rows[:, 5] > 0)))
    assert "are 1, not 2" in said_of(grown(RandomForestClassifier, rows, np.zeros(200)))
    assert "each outcome" in said_of(grown(RandomForestClassifier, rows, np.stack([outcomes, outcomes], axis=1)))
