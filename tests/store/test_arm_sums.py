"""What is counted of arms is what counting lead by lead gives, on either database."""

from datetime import timedelta

import numpy as np
import pytest
from tests.store.stores_for_tests import START, make_score

from leadloop.store import Exposure, Feedback, LeadOutcome, LeadRecord, Variant

ARMS = [Variant("rules", "rules", 50, is_control=True), Variant("model", "v2", 50)]


@pytest.fixture
def test(store):
    return store.experiments.start("b2b", "first", ARMS, target="won")


def expose(store, test, leads, *, at=START, arm="model", unit=""):
    store.experiments.exposures.add(
        "b2b",
        [Exposure(test.id, lead, arm, at, unit, 0.5, 40.0 + place, 2.0) for place, lead in enumerate(leads)],
    )


def tell(store, rows):
    store.outcomes.add(
        "b2b",
        [LeadOutcome(f"o{number}", *row) for number, row in enumerate(rows, len(list(store.outcomes.stream("b2b"))))],
    )


def days(number):
    return START + timedelta(days=number)


def test_units_are_counted_by_the_days_they_were_watched_with_their_sums(store, test):
    store.scores.add("b2b", [make_score("before", "L-1", at=days(-1), score=30.0)])
    expose(store, test, ["L-1", "L-2"])
    expose(store, test, ["L-3"], at=days(5), arm="rules")
    rules, model = store.arm_sums.exposed(test, now=days(10), edges=(7.0,))
    assert (rules.variant_name, rules.days, rules.units) == ("rules", 5, 1)
    assert (model.days, model.units, model.scored, model.score, model.score_squares) == (
        10,
        2,
        2,
        81.0,
        40.0**2 + 41.0**2,
    )
    assert (model.known, model.before, model.before_squares, model.latency_ms) == (1, 30.0, 900.0, 4.0)


def test_a_group_of_days_ends_where_units_mature(store, test):
    expose(store, test, ["L-1"], at=days(0))
    expose(store, test, ["L-2"], at=days(0.2))
    found = store.arm_sums.exposed(test, now=days(7.6), edges=(7.5,))
    assert [(one.days, one.units) for one in found] == [(7, 1), (7.5, 1)]


def test_wins_are_leads_not_rows_since_the_exposure_within_the_time_and_not_taken_back(store, test):
    expose(store, test, [f"L-{number}" for number in range(8)], at=days(1))
    tell(
        store,
        [
            ("L-0", "won", 1, days(0)),  # before it saw anything
            ("L-1", "won", 1, days(3)),
            ("L-1", "won", 1, days(4)),
            ("L-2", "won", 1, days(3)),
            ("L-2", "won", 0, days(5)),  # taken back
            ("L-3", "won", 0, days(3)),
            ("L-3", "won", 1, days(6)),
            ("L-4", "other", 1, days(3)),
            ("L-5", "won", 1, days(40)),  # too late
            ("L-9", "won", 1, days(3)),  # never saw it
        ],
    )
    wins = store.arm_sums.won(test, now=days(60), within_days=30.0)
    assert sorted(wins["model"].days.round(6)) == [2.0, 5.0]
    assert not len(wins["rules"].days)
    assert wins["model"].watched_days.round(6).tolist() == [59.0, 59.0]


def test_an_outcome_of_which_it_is_not_known_when_it_came_about_says_nothing(store, test):
    expose(store, test, ["L-1"])
    store.outcomes.add("b2b", [LeadOutcome("o", "L-1", "won", 1, days(1), dated=False)])
    assert not len(store.arm_sums.won(test, now=days(60), within_days=30.0)["model"].days)


def test_what_a_win_brought_is_the_outcome_else_feedback_else_the_field(store, test):
    leads = ["L-1", "L-2", "L-3", "L-4"]
    fields = [{"premium": "75.5"}, {"premium": "90"}, {"premium": 33}, {"premium": "much"}]
    store.leads.record("b2b", [LeadRecord(lead, one) for lead, one in zip(leads, fields, strict=True)], source="x")
    expose(store, test, leads)
    tell(store, [("L-1", "won", 250.0, days(1)), *((lead, "won", 1.0, days(1)) for lead in leads[1:])])
    store.feedback.add("b2b", [Feedback(f"f{n}", "L-2", "convert", conversion_value=60.0) for n in range(2)])
    amounts = store.arm_sums.won(test, now=days(60), within_days=30.0, field="premium")["model"].amounts
    assert sorted(amounts[~np.isnan(amounts)].tolist()) == [33.0, 120.0, 250.0]
    assert np.isnan(amounts).sum() == 1


def test_leads_that_were_taken_up_are_counted_once_and_only_where_there_was_time(store, test, clock):
    expose(store, test, ["L-1", "L-2", "L-3"])
    expose(store, test, ["L-4"], at=days(9))
    clock.go(days=2)
    taken = [("L-1", "contact"), ("L-1", "convert"), ("L-2", "view"), ("L-4", "contact")]
    store.feedback.add("b2b", [Feedback(f"f{n}", lead, action) for n, (lead, action) in enumerate(taken)])
    clock.go(days=20)
    store.feedback.add("b2b", [Feedback("late", "L-3", "contact")])
    assert store.arm_sums.accepted(test, now=days(10), actions=("contact", "convert"), within_days=7.0) == {"model": 1}


def test_where_units_are_accounts_each_counts_once_however_many_leads_it_has(store):
    test = store.experiments.start("b2b", "accounts", ARMS, target="won", unit="account", unit_field="company")
    expose(store, test, ["L-1", "L-2", "L-3"], unit="Acme")
    expose(store, test, ["L-4"], unit="Bolt", at=days(3))
    tell(store, [("L-1", "won", 1, days(4)), ("L-2", "won", 1, days(2)), ("L-4", "won", 0, days(4))])
    found = store.arm_sums.exposed(test, now=days(10), edges=(7.0,))
    assert [(one.days, one.units, one.score) for one in found] == [(7, 1, 40.0), (10, 1, 41.0)]
    assert store.arm_sums.won(test, now=days(10), within_days=None)["model"].days.round(6).tolist() == [2.0]
    assert store.arm_sums.between(test, [START, days(1)]) == [1, 1]


def test_the_log_for_other_ways_to_choose_holds_matured_leads_with_their_propensity(store, test):
    expose(store, test, ["L-1", "L-2"])
    expose(store, test, ["L-3"], at=days(59))
    tell(store, [("L-2", "won", 1, days(4))])
    rows = store.arm_sums.logged(test, now=days(60), matures_days=30.0, within_days=30.0)
    assert rows == [("model", 0.5, False, 40.0), ("model", 0.5, True, 41.0)]
