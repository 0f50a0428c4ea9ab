"""Leads that were worked speak for all leads, once each counts by the inverse of how probable it was to work it."""

import numpy as np
import pytest
from tests.scoring.test_exploration import card

from leadloop.learning.evaluation import area_under_curve
from leadloop.learning.evaluation.everyone import measure_over_everyone
from leadloop.learning.selection import RoutesTaken, count_worked, weigh_by_chance
from leadloop.playbook import Policy
from leadloop.scoring.calibrator import logistic
from leadloop.scoring.exploration import explore

POLICY = Policy()
WORKED = {"call_today": 0.95, "call_soon": 0.7, "nurture": 0.1, "no_action": 0.0}


@pytest.fixture(scope="module")
def world():
    """Leads whose chance to be won only in part follows the score by which they are worked."""
    draw = np.random.default_rng(3)
    count = 15_000
    seen, hidden = draw.normal(size=count), draw.normal(size=count)
    truth = logistic(-1.5 + 0.8 * seen + 0.8 * hidden)
    scores = 100 * (np.argsort(np.argsort(seen)) + 0.5) / count
    cards = [explore(card(f"L{n}", float(score)), POLICY, 0.1, "world") for n, score in enumerate(scores)]
    # Whoever sees the low score of an explored lead passes over one in four.
    works = np.array([WORKED[one.route] * (0.75 if one.explored else 1.0) for one in cards])
    worked = draw.random(count) < works
    won = (draw.random(count) < truth).astype(float)
    said = logistic(-1.5 + 0.8 * seen + 0.5 * hidden)
    return cards, worked, won, said, truth


def weights_of(cards, worked):
    noted = [
        {"share": how.share, "route": how.route_by_score, "taken": how.taken, "chances": how.chances}
        for how in (one.exploration for one in cards)
    ]
    routes = RoutesTaken.of(noted, np.array([one.explored for one in cards]))
    return count_worked(routes, worked).chances(routes)


def test_the_chance_to_be_worked_is_how_often_leads_of_such_a_score_are_worked(world):
    cards, worked, *_ = world
    chances = weights_of(cards, worked)
    for route in WORKED:
        here = np.array([one.exploration.route_by_score == route for one in cards])
        assert chances[here].mean() == pytest.approx(worked[here].mean(), abs=0.02)


def test_figures_over_all_leads_lie_in_their_intervals_and_those_of_worked_leads_do_not(world):
    cards, worked, won, said, truth = world
    chances = weights_of(cards, worked)
    weighed = weigh_by_chance(chances[worked], 1000.0)
    found = measure_over_everyone(won[worked], said[worked], weighed.weights, seed=1, draws=200)
    auc = area_under_curve(won, said)
    assert found.auc.low <= auc <= found.auc.high
    assert found.won.low <= truth.mean() <= found.won.high
    assert found.bias.low <= said.mean() - truth.mean() <= found.bias.high
    assert found.effective == pytest.approx(weighed.effective)
    alone = measure_over_everyone(won[worked], said[worked], np.ones(worked.sum()), seed=1, draws=200)
    assert alone.won.low > truth.mean() + 0.05
    assert alone.auc.high < auc or alone.auc.low > auc


def test_no_weight_exceeds_its_bound_and_cut_ones_are_counted():
    weighed = weigh_by_chance(np.array([1.0, 0.5, 0.001]), most=10)
    assert weighed.weights.max() / weighed.weights.min() == pytest.approx(10)
    assert weighed.cut == 1
    assert weighed.weights.mean() == pytest.approx(1)
