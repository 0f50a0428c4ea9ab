"""Times to winning recover a known truth, whatever a file leaves open."""

from __future__ import annotations

import numpy as np
import pytest
from tests.timed_leads_for_tests import DAYS, HURRY, SCALE, SHAPE, day_of

from leadloop.features import FeatureColumn
from leadloop.learning.evaluation.timing import judge_timing
from leadloop.learning.event_times import EventTimes
from leadloop.learning.timing import TimedLeads, day_errors, day_grid, fit_timing
from leadloop.scoring.calibrator import logistic

COLUMNS = tuple(FeatureColumn(name, name) for name in ("plus", "max", "noise"))
PLANS = np.array(list(HURRY))


def make_leads(
    count: int, seed: int, *, open_leads: str, telling: bool = True, longest: float = DAYS / 2
) -> TimedLeads:
    """Leads whose true curve is known; `open_leads` says what the file tells of leads that were not won."""
    draw = np.random.default_rng(seed)
    plan = draw.integers(0, 3, count)
    margins = draw.normal(-0.7, 1.0, count)
    chance = logistic(margins)
    hurry = np.array(list(HURRY.values()))[plan] if telling else np.full(count, HURRY["plus"])
    days = SCALE * (draw.exponential(size=count) / np.exp(hurry)) ** (1 / SHAPE)
    ever, lost_after = draw.random(count) < chance, draw.exponential(25.0, count)
    followed = np.sort(draw.uniform(0, longest, count))[::-1]
    won = ever & (days <= followed)
    lost = ~ever & (lost_after <= followed) & (open_leads != "nothing is said of losses")
    when = np.where(won, days, np.where(lost & (open_leads == "losses are dated"), lost_after, np.nan))
    matrix = np.stack([plan == 1, plan == 2, draw.normal(size=count)], axis=1).astype(np.float32)
    return TimedLeads(matrix, margins, chance, EventTimes(won, lost, when, followed, np.ones(count, dtype=bool)))


def one_of_each_plan() -> tuple[np.ndarray, np.ndarray]:
    return np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=np.float32), np.full(3, -0.7)


@pytest.mark.parametrize("open_leads", ["losses are dated", "nothing is said of losses"])
def test_days_come_out_as_they_are_although_many_leads_are_still_open(open_leads):
    leads = make_leads(4_000, 5, open_leads=open_leads)
    fitted = fit_timing(leads, COLUMNS, (7, 30, 90), None)
    assert fitted is not None
    timing, same = fitted
    assert (timing.kind, same.kind) == ("by lead", "the same for all")
    speeds = timing.speeds(*one_of_each_plan())
    for place, plan in enumerate(HURRY):
        for share, tolerance in ((0.1, 0.3), (0.5, 0.12), (0.9, 0.15)):
            assert timing.day_of(speeds, share)[place] == pytest.approx(day_of(plan, share), rel=tolerance)


def test_to_leave_open_leads_out_would_make_days_too_short():
    leads = make_leads(4_000, 5, open_leads="nothing is said of losses", longest=60.0)
    naive = np.median(leads.times.days[leads.times.won])
    fitted = fit_timing(leads, COLUMNS, (7,), None)
    assert fitted is not None
    middle = float(fitted[1].day_of(np.ones(1), 0.5)[0])
    draw = np.random.default_rng(0)
    hurry = np.exp(np.array(list(HURRY.values()))[draw.integers(0, 3, 200_000)])
    truth = float(np.median(SCALE * (draw.exponential(size=200_000) / hurry) ** (1 / SHAPE)))
    assert naive < 0.85 * truth
    assert middle == pytest.approx(truth, rel=0.08)


def test_where_no_field_tells_who_is_won_sooner_all_get_the_same_days():
    leads = make_leads(2_000, 6, open_leads="losses are dated", telling=False)
    fitted = fit_timing(leads, COLUMNS, (7,), None)
    assert fitted is not None
    assert fitted[0].kind == "the same for all"


def test_too_few_dated_wins_give_no_times():
    leads = make_leads(2_000, 6, open_leads="losses are dated")
    few = leads.take(np.flatnonzero(~leads.times.won | (np.cumsum(leads.times.won) <= 39)))
    assert fit_timing(few, COLUMNS, (7,), None) is None


def test_young_leads_do_not_make_a_true_curve_look_worse_than_a_hasty_one():
    """Of leads followed for twenty days only the quick wins are seen; the true curve must still be the closest."""
    leads = make_leads(4_000, 5, open_leads="losses are dated")
    fitted = fit_timing(leads, COLUMNS, (7,), None)
    assert fitted is not None
    same = fitted[1]
    hasty = type(same)(same.days / 2, same.hazard, same.pace, same.horizons)
    young = np.flatnonzero(leads.times.won & (leads.times.followed < 40))
    assert len(young) > 50
    grid = day_grid(leads.times)
    assert day_errors(same, leads.take(young), grid).mean() < day_errors(hasty, leads.take(young), grid).mean()


@pytest.mark.long
def test_chances_come_true_on_new_leads_and_spans_hold_as_often_as_meant():
    past, new = (make_leads(4_000, seed, open_leads="losses are dated") for seed in (5, 7))
    fitted = fit_timing(past, COLUMNS, (7, 30, 90), None)
    timing, quality = judge_timing(fitted, past.times, new, ["all"] * len(new.times), seed=7)
    assert timing is not None
    assert quality.published == "by lead"
    for line in quality.horizons:
        assert line.low - 0.01 <= line.promised <= line.high + 0.01
        assert line.brier < line.without
    assert quality.covered is not None
    assert quality.covered[2] <= 0.8 <= quality.covered[3]
    order = next(measure for measure in quality.measures if measure.name == "order of days")
    assert order.low > order.baselines["the same days for all"]


@pytest.mark.long
def test_days_that_only_looked_telling_are_given_up_on_the_test_leads():
    past = make_leads(4_000, 5, open_leads="losses are dated")
    new = make_leads(4_000, 7, open_leads="losses are dated", telling=False)
    timing, quality = judge_timing(
        fit_timing(past, COLUMNS, (7, 30), None), past.times, new, ["all"] * len(new.times), seed=7
    )
    assert timing is not None
    assert (timing.kind, quality.published) == ("the same for all", "the same for all")
    assert "not clearly closer" in quality.why


def test_times_no_better_than_no_features_are_not_shown():
    past, new = (make_leads(3_000, seed, open_leads="losses are dated", telling=False) for seed in (5, 7))
    blind = TimedLeads(new.matrix, new.margins, np.random.default_rng(1).permutation(new.probabilities), new.times)
    timing, quality = judge_timing(
        fit_timing(past, COLUMNS, (7, 30), None), past.times, blind, ["all"] * len(new.times), seed=7
    )
    assert timing is None
    assert quality.published == "none"
    assert "not clearly better" in quality.why
