"""Calibration that follows a moving share of won leads, on made-up leads whose true log-odds are known."""

from types import SimpleNamespace

import numpy as np
import pytest

from leadloop.learning import recency
from leadloop.learning.calibration import fit_platt
from leadloop.learning.evaluation import calibration_error, log_loss
from leadloop.learning.recency import calibrate_for_now, choose_recent, fit_slope_within, follow_level
from leadloop.scoring.calibrator import logistic

COUNT, BLOCKS = 6_000, 4


def drifting(seed, moves, slope=0.7, count=COUNT):
    """Margins in time order, too sure by a slope, and outcomes whose level goes from 0 to `moves`; and leads that come next."""
    draw = np.random.default_rng(seed)
    margins = draw.normal(-1.5, 1.2, count + count // 4)
    level = moves * np.arange(len(margins)) / count
    truth = slope * margins + level
    positive = (draw.random(len(margins)) < logistic(truth)).astype(float)
    return (margins[:count], positive[:count]), (margins[count:], positive[count:], logistic(truth[count:]))


def ages(count=COUNT):
    return BLOCKS - 1 - np.arange(count) * BLOCKS // count


def test_probabilities_come_true_for_leads_to_come_although_the_share_of_won_leads_moves():
    past, (margins, _, truth) = drifting(0, moves=1.8)
    calibrator = calibrate_for_now(*past, np.ones(COUNT), ages(), seed=1)
    assert calibrator.kind == "slope and moving shift"
    assert abs(calibrator.probabilities(margins).mean() - truth.mean()) < 0.06
    alike = fit_platt(*past)
    assert abs(alike.probabilities(margins).mean() - truth.mean()) > 0.12


def test_where_nothing_moves_all_leads_count_alike():
    past, (margins, _, truth) = drifting(1, moves=0.0)
    calibrator = calibrate_for_now(*past, np.ones(COUNT), ages(), seed=1)
    plain = fit_platt(*past)
    assert calibrator.probabilities(margins) == pytest.approx(plain.probabilities(margins), abs=0.02)
    assert calibration_error(truth, calibrator.probabilities(margins)) < 0.02


def test_the_slope_is_not_fooled_by_a_level_that_moves_with_the_margins():
    """Later blocks have higher margins and a lower level: over all leads a higher margin seems to say less than it does."""
    draw = np.random.default_rng(2)
    block = np.repeat(np.arange(4), 2_500)
    margins = draw.normal(-1, 1, 10_000) + block
    positive = (draw.random(10_000) < logistic(margins - 1.5 * block)).astype(float)
    assert fit_slope_within(margins, positive, np.ones(10_000), block) == pytest.approx(1.0, abs=0.08)
    assert fit_platt(margins, positive).slope < 0.5


def test_the_level_is_followed_to_where_it_stands_at_the_end():
    draw = np.random.default_rng(3)
    truth = np.concatenate([np.full(4_000, -2.0), np.full(1_000, -0.5)])
    positive = (draw.random(5_000) < logistic(truth)).astype(float)
    level = follow_level(np.zeros(5_000), positive, np.ones(5_000), 40)
    assert level.step > 0
    assert level.value == pytest.approx(-0.5, abs=3 * level.variance**0.5)
    still = follow_level(np.zeros(4_000), positive[:4_000], np.ones(4_000), 40)
    assert still.value == pytest.approx(-2.0, abs=0.15)
    assert still.step <= 0.001


def test_a_level_that_wanders_makes_probabilities_less_sure():
    draw = np.random.default_rng(6)
    level = np.repeat(np.cumsum(draw.normal(0, 0.4, 40)), 150)
    margins = draw.normal(-1, 1.0, 6_000)
    positive = (draw.random(6_000) < logistic(margins + level)).astype(float)
    calibrator = calibrate_for_now(margins, positive, np.ones(6_000), ages(), seed=1)
    assert calibrator.kind == "slope and moving shift"
    assert calibrator.slope < 0.95 * fit_slope_within(margins, positive, np.ones(6_000), ages())


@pytest.mark.parametrize("won", [20, 45])
def test_few_outcomes_move_the_shift_alone(won):
    draw = np.random.default_rng(5)
    positive = np.zeros(400)
    positive[draw.choice(400, won, replace=False)] = 1
    margins = draw.normal(-2, 1, 400)
    calibrator = calibrate_for_now(margins, positive, np.ones(400), ages(400), seed=1)
    assert calibrator.kind == "shift"
    assert calibrator.probabilities(margins).mean() == pytest.approx(won / 400, abs=0.03)


def test_a_curve_is_taken_where_it_predicts_later_blocks_better():
    draw = np.random.default_rng(6)
    margins = draw.normal(-1, 2, 20_000)
    truth = np.where(margins > 0, 0.1 * margins, 1.5 * margins)
    positive = (draw.random(20_000) < logistic(truth)).astype(float)
    calibrator = calibrate_for_now(margins, positive, np.ones(20_000), ages(20_000), seed=1)
    assert calibrator.kind in ("beta", "isotonic")
    assert log_loss(logistic(truth), calibrator.probabilities(margins)) < log_loss(
        logistic(truth), fit_platt(margins, positive).probabilities(margins)
    )


def test_without_blocks_in_time_all_leads_are_one_heap():
    past, _ = drifting(7, moves=1.0)
    calibrator = calibrate_for_now(*past, np.ones(COUNT), np.zeros(COUNT, dtype=int), seed=1)
    assert calibrator.kind in ("slope and shift", "beta")


def test_a_curve_is_judged_on_leads_that_are_newer_than_all_it_was_fitted_to(monkeypatch):
    (margins, positive), _ = drifting(0, moves=0.5)
    age_of = dict(zip(margins.tolist(), ages().tolist(), strict=True))
    assert len(age_of) == COUNT
    heard = []

    def curve(margins, positive, counts, learned_from):
        fitted = fit_platt(margins, positive, counts)
        assert [age_of[margin] for margin in margins.tolist()] == learned_from.tolist()

        def judge(others):
            heard.append(({age_of[margin] for margin in others.tolist()}, set(learned_from.tolist())))
            return fitted.margins(others)

        return SimpleNamespace(margins=judge, probabilities=fitted.probabilities, kind="spy")

    monkeypatch.setattr(recency, "flexible_fits", lambda positive: [curve])
    calibrate_for_now(margins, positive, np.ones(COUNT), ages(), seed=1)
    assert heard == [({age}, set(range(age + 1, BLOCKS))) for age in (2, 1, 0)]


@pytest.mark.parametrize(("won_in_newest_two", "blocks"), [(149, 3), (150, 2)])
def test_intervals_go_by_the_newest_two_blocks_or_more_that_hold_150_of_the_rarer_outcome(won_in_newest_two, blocks):
    age = np.repeat([3, 2, 1, 0], 1_000)
    positive = np.zeros(4_000)
    positive[1_000:1_100] = positive[2_000 : 2_000 + won_in_newest_two - 90] = positive[3_000:3_090] = 1
    assert np.unique(age[choose_recent(age, positive)]).tolist() == list(range(blocks))
    # It is the rarer outcome that counts, be it the lost ones.
    assert np.unique(age[choose_recent(age, 1 - positive)]).tolist() == list(range(blocks))


def test_where_all_blocks_hold_too_few_outcomes_for_intervals_all_of_them_are_taken():
    age, positive = ages(400), np.zeros(400)
    positive[::10] = 1
    assert choose_recent(age, positive).all()
