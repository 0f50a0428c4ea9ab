import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadloop.playbook import Band, Policy
from leadloop.scoring.calibrator import PlattCalibrator, log_odds, logistic
from leadloop.scoring.score_map import ScoreMap

THIRDS = Policy(bands=(Band("high", 70, 0.2), Band("middle", 30, 0.3), Band("low", 0, 0.5)))


def test_log_odds_and_logistic_undo_each_other():
    margins = np.linspace(-20, 20, 81)
    assert log_odds(logistic(margins)) == pytest.approx(margins, abs=1e-5)


def test_a_calibrator_survives_being_written_down():
    calibrator = PlattCalibrator("slope and shift", 0.8, -0.3)
    assert PlattCalibrator.from_state(calibrator.state()) == calibrator


def test_each_band_holds_the_share_of_leads_that_the_policy_asks_for():
    past = np.random.default_rng(1).beta(1, 9, 10_000)  # a base rate of 10%: hardly a probability above a half
    scores = ScoreMap.fit(THIRDS, past).scores(past)
    assert (scores >= 70).mean() == pytest.approx(0.2, abs=0.001)
    assert ((scores >= 30) & (scores < 70)).mean() == pytest.approx(0.3, abs=0.001)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_a_higher_probability_never_gets_a_lower_score(past, probabilities):
    score_map = ScoreMap.fit(THIRDS, np.array(past))
    ordered = np.sort(probabilities)
    scores = score_map.scores(ordered)
    assert np.all(np.diff(scores) >= 0)
    assert np.all((scores >= 0) & (scores <= 100))
    assert score_map.scores(np.array([0.0, 1.0])).tolist() == [0.0, 100.0]


def test_probabilities_that_differ_get_scores_that_differ_even_where_past_leads_were_all_alike():
    score_map = ScoreMap.fit(THIRDS, np.full(100, 0.1))
    assert np.all(np.diff(score_map.scores(np.array([0.05, 0.09, 0.2, 0.9]))) > 0)


def test_a_map_whose_anchors_fall_is_refused():
    with pytest.raises(ValueError, match="do not rise"):
        ScoreMap.from_state({"probabilities": [0, 0.5, 1], "anchors": [0, 0, 100]})


def test_bands_keep_their_order_where_nearly_everybody_is_certain():
    found = ScoreMap.fit(Policy(), np.full(1_000, 1.0 - 1e-9))
    assert np.all(np.diff(found.probabilities) > 0)
    assert ScoreMap.from_state(found.state()) == found
