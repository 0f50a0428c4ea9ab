import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from leadloop.learning.calibration import fit_calibrator
from leadloop.learning.evaluation import calibration_error
from leadloop.scoring.calibrator import logistic


def test_margins_twice_too_sure_are_brought_back_to_the_truth():
    draw = np.random.default_rng(0)
    truth = draw.normal(-2, 1, 200_000)
    positive = (draw.random(200_000) < logistic(truth)).astype(float)
    calibrator = fit_calibrator(2 * truth[:100_000] + 1, positive[:100_000])
    probabilities = calibrator.probabilities(2 * truth[100_000:] + 1)
    assert calibrator.slope == pytest.approx(0.5, abs=0.03)
    assert calibration_error(positive[100_000:], probabilities) < 0.005
    assert calibration_error(positive[100_000:], logistic(2 * truth[100_000:] + 1)) > 0.05


def test_it_agrees_with_an_unpenalised_logistic_regression():
    draw = np.random.default_rng(1)
    margins = draw.normal(0, 2, 5_000)
    positive = (draw.random(5_000) < logistic(0.7 * margins - 1)).astype(float)
    peer = LogisticRegression(C=np.inf, tol=1e-8).fit(margins[:, None], positive)
    calibrator = fit_calibrator(margins, positive)
    assert calibrator.slope == pytest.approx(peer.coef_[0, 0], abs=0.01)
    assert calibrator.shift == pytest.approx(peer.intercept_[0], abs=0.01)


def test_with_few_outcomes_only_the_level_is_learned():
    draw = np.random.default_rng(2)
    margins = draw.normal(size=300)
    positive = np.zeros(300)
    positive[:40] = 1
    calibrator = fit_calibrator(margins, positive)
    assert calibrator.kind == "shift"
    assert calibrator.slope == 1.0
    assert calibrator.probabilities(margins).mean() == pytest.approx(40 / 300, abs=0.01)


def test_calibration_never_turns_the_order_around():
    margins = np.linspace(-3, 3, 2_000)
    positive = (np.random.default_rng(3).random(2_000) < logistic(-margins)).astype(float)
    assert np.all(np.diff(fit_calibrator(margins, positive).probabilities(margins)) > 0)


def test_weights_let_some_leads_count_more():
    margins = np.zeros(400)
    positive = np.repeat([0.0, 1.0], 200)
    newest = np.repeat([1.0, 3.0], 200)
    assert fit_calibrator(margins, positive, newest).probabilities(margins[:1])[0] == pytest.approx(0.75, abs=0.01)
