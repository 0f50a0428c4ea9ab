import numpy as np
import pytest
from tests.learning.tree_models.leads_for_tests import check_onnx, edges, leads, probability, weights
from tests.scoring.trees.trees_for_tests import shapley_by_definition

from leadloop.errors import VersionError
from leadloop.learning.tree_models import ensemble_from_gradient_boosting

threadpool_limits = pytest.importorskip("threadpoolctl", reason="comes with scikit-learn").threadpool_limits
ensembles = pytest.importorskip("sklearn.ensemble", reason="scikit-learn belongs to the extra `train`")


def grown(rows, outcomes, weight=None, **settings):
    chosen = {"max_iter": 40, "early_stopping": False, "random_state": 3, **settings}
    with threadpool_limits(limits=1):  # it would take every thread of the machine
        return ensembles.HistGradientBoostingClassifier(**chosen).fit(rows, outcomes, weight)


SHAPES = [
    pytest.param(({}, 0.15, False), id="default"),
    pytest.param(({"max_leaf_nodes": 63, "min_samples_leaf": 1}, 0.15, False), id="leaves-of-one-lead"),
    pytest.param(({"max_depth": 1}, 0.15, False), id="stumps"),
    pytest.param(({}, 0.0, False), id="nothing-missing-in-training"),
    pytest.param(({"max_features": 0.4, "l2_regularization": 3.0}, 0.15, True), id="weighted-and-some-columns"),
    pytest.param(({"monotonic_cst": [1, 1, 0, 0, -1, 0]}, 0.15, False), id="monotone"),
    pytest.param(({"max_bins": 31, "learning_rate": 0.5}, 0.3, False), id="few-bins"),
]


@pytest.fixture(scope="module", params=SHAPES)
def model(request):
    settings, missing, weighted = request.param
    fitted = grown(*leads(missing=missing), weights() if weighted else None, **settings)
    return fitted, ensemble_from_gradient_boosting(fitted)


def test_margins_are_those_of_scikit_learn_bit_for_bit_on_thresholds_beside_them_and_at_the_ends(model):
    fitted, ensemble = model
    for rows in (leads(500, seed=7)[0], edges(ensemble)):
        assert (ensemble.margins(rows) == fitted.decision_function(rows)).all()


def test_reasons_add_up_to_the_margin(model):
    _, ensemble = model
    rows = edges(ensemble)[:60]
    reasons = ensemble.contributions(rows)
    assert reasons.sum(axis=1) + ensemble.expected == pytest.approx(ensemble.margins(rows), abs=1e-10)


def test_reasons_of_a_small_model_are_shapley_values_by_their_definition():
    ensemble = ensemble_from_gradient_boosting(grown(*leads(300), max_iter=3, max_leaf_nodes=6))
    for row in leads(4, seed=7)[0]:
        assert ensemble.contributions(row[None])[0] == pytest.approx(shapley_by_definition(ensemble, row), abs=1e-10)


def test_the_onnx_graph_gives_the_probabilities_of_the_arrays(model):
    check_onnx(model[1], edges(model[1]))


def test_after_early_stopping_all_trees_that_were_grown_are_read():
    rows, outcomes = leads()
    fitted = grown(rows, outcomes, early_stopping=True, n_iter_no_change=3, learning_rate=0.5, max_iter=300)
    assert fitted.n_iter_ < 300
    ensemble = ensemble_from_gradient_boosting(fitted)
    assert ensemble.n_trees == fitted.n_iter_
    assert (ensemble.margins(rows) == fitted.decision_function(rows)).all()


def test_trees_without_a_split_say_the_base_rate():
    rows, outcomes = np.zeros((50, 2), np.float32), np.repeat([0.0, 1.0], [40, 10])
    ensemble = ensemble_from_gradient_boosting(grown(rows, outcomes, max_iter=3))
    blank = np.array([[0, 0], [np.nan, 5]], np.float32)
    assert probability(ensemble.margins(blank)) == pytest.approx(0.2)
    assert not ensemble.contributions(blank).any()
    check_onnx(ensemble, blank)


def test_a_model_that_would_be_served_wrongly_is_refused_with_the_reason():
    rows, outcomes = leads(400)
    with pytest.raises(VersionError, match="fit the model"):
        ensemble_from_gradient_boosting(ensembles.HistGradientBoostingClassifier())
    with pytest.raises(VersionError, match="are 3, not 2"):
        ensemble_from_gradient_boosting(grown(rows, outcomes + (rows[:, 5] > 0)))
    flags = np.nan_to_num(rows)
    by_category = grown(flags, flags[:, 2], categorical_features=[2])
    with pytest.raises(VersionError, match="category"):
        ensemble_from_gradient_boosting(by_category)
