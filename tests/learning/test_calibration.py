import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from leadloop.learning.calibration import choose_calibrator, fit_beta, fit_isotonic, fit_platt
from leadloop.learning.evaluation import calibration_error
from leadloop.scoring.calibrator import calibrator_from_state, logistic


def test_margins_twice_too_sure_are_brought_back_to_the_truth():
    draw = np.random.default_rng(0)
    truth = draw.normal(-2, 1, 200_000)
    positive = (draw.random(200_000) < logistic(truth)).astype(float)
    calibrator = fit_platt(2 * truth[:100_000] + 1, positive[:100_000])
    probabilities = calibrator.probabilities(2 * truth[100_000:] + 1)
    assert calibrator.slope == pytest.approx(0.5, abs=0.03)
    assert calibration_error(positive[100_000:], probabilities) < 0.005
    assert calibration_error(positive[100_000:], logistic(2 * truth[100_000:] + 1)) > 0.05


def test_it_agrees_with_an_unpenalised_logistic_regression():
    draw = np.random.default_rng(1)
    margins = draw.normal(0, 2, 5_000)
    positive = (draw.random(5_000) < logistic(0.7 * margins - 1)).astype(float)
    peer = LogisticRegression(C=np.inf, tol=1e-8).fit(margins[:, None], positive)
    calibrator = fit_platt(margins, positive)
    assert calibrator.slope == pytest.approx(peer.coef_[0, 0], abs=0.01)
    assert calibrator.shift == pytest.approx(peer.intercept_[0], abs=0.01)


def test_with_few_outcomes_only_the_level_is_learned():
    draw = np.random.default_rng(2)
    margins = draw.normal(size=300)
    positive = np.zeros(300)
    positive[:40] = 1
    calibrator = fit_platt(margins, positive)
    assert calibrator.kind == "shift"
    assert calibrator.slope == 1.0
    assert calibrator.probabilities(margins).mean() == pytest.approx(40 / 300, abs=0.01)


def test_calibration_never_turns_the_order_around():
    margins = np.linspace(-3, 3, 2_000)
    positive = (np.random.default_rng(3).random(2_000) < logistic(-margins)).astype(float)
    assert np.all(np.diff(fit_platt(margins, positive).probabilities(margins)) > 0)


def test_weights_let_some_leads_count_more():
    margins = np.zeros(400)
    positive = np.repeat([0.0, 1.0], 200)
    newest = np.repeat([1.0, 3.0], 200)
    assert fit_platt(margins, positive, newest).probabilities(margins[:1])[0] == pytest.approx(0.75, abs=0.01)


def bent(count, seed=0):
    """Margins of a model that is right in the middle, and far too sure of itself at the high end."""
    draw = np.random.default_rng(seed)
    margins = draw.normal(-1, 2, count)
    truth = np.where(margins > 0, 0.2 * margins, margins)
    return margins, (draw.random(count) < logistic(truth)).astype(float), logistic(truth)


@pytest.mark.parametrize(("count", "kinds"), [(150, {"shift"}), (700, {"slope and shift", "beta"})])
def test_few_outcomes_get_a_simple_calibrator(count, kinds):
    margins, positive, _ = bent(count)
    assert choose_calibrator(margins, positive, np.ones(count), seed=1).kind in kinds


def test_many_outcomes_may_bend_the_line_where_it_must_bend():
    margins, positive, truth = bent(30_000)
    chosen = choose_calibrator(margins, positive, np.ones(30_000), seed=1)
    assert chosen.kind in ("beta", "isotonic")
    off = np.abs(chosen.probabilities(margins) - truth).mean()
    assert off < 0.3 * np.abs(fit_platt(margins, positive).probabilities(margins) - truth).mean()


def test_where_a_line_is_right_it_stays_a_line():
    draw = np.random.default_rng(5)
    margins = draw.normal(-1, 1.5, 20_000)
    positive = (draw.random(20_000) < logistic(0.7 * margins + 0.2)).astype(float)
    kinds = [choose_calibrator(margins, positive, np.ones(20_000), seed=seed).kind for seed in range(3)]
    assert kinds.count("slope and shift") >= 2


@pytest.mark.parametrize("fit", [fit_platt, fit_beta, fit_isotonic])
@pytest.mark.parametrize("count", [300, 20_000])
def test_every_calibrator_rises_strictly_everywhere_and_comes_back_from_its_state(fit, count):
    margins, positive, _ = bent(count)
    calibrator = fit(margins, positive)
    wide = np.linspace(-12, 12, 2_001)
    assert np.all(np.diff(calibrator.margins(wide)) > 0)
    again = calibrator_from_state(calibrator.state())
    assert again.probabilities(wide).tolist() == calibrator.probabilities(wide).tolist()


def test_a_calibrator_that_falls_is_not_read():
    for state in (
        {"kind": "slope and shift", "slope": -1.0, "shift": 0.0},
        {"kind": "beta", "up": 1.0, "down": 0.0, "shift": 0.0},
        {"kind": "isotonic", "at": [0.0, 1.0], "become": [1.0, 0.0]},
    ):
        with pytest.raises(ValueError, match="does not rise"):
            calibrator_from_state(state)


def test_leads_that_count_more_are_promised_more_exactly():
    draw = np.random.default_rng(6)
    margins = np.zeros(4_000)
    positive = np.concatenate([draw.random(2_000) < 0.2, draw.random(2_000) < 0.6]).astype(float)
    counts = np.repeat([1.9, 0.1], 2_000)
    said = choose_calibrator(margins + draw.normal(0, 0.1, 4_000), positive, counts, seed=1)
    assert said.probabilities(np.zeros(1))[0] == pytest.approx(0.22, abs=0.02)
