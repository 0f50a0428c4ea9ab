"""What users of the marketplace do: every event fits the others, and the grade of a lead is what its events are worth."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from leadloop.simulate import WORLDS, WorldPart
from leadloop.simulate.marketplace.feedback import EVENT_COLUMNS, GRADES, chances, grade


@pytest.fixture(scope="module")
def part() -> WorldPart:
    return next(WORLDS["marketplace"].stream(40_000, 40_000, seed=5, start=datetime(2025, 1, 6)))


@pytest.fixture(scope="module")
def events(part: WorldPart) -> pl.DataFrame:
    numbers = ["user_rating", "interaction_duration", "contact_response_time", "conversion_value"]
    return part.events.with_columns(pl.col(numbers).cast(pl.Float64))


def worth(event: dict[str, object]) -> float:
    """What one event says of its lead, as feedback is graded."""
    seconds, known = event["interaction_duration"], event["contact_successful"]
    match event["action_type"]:
        case "convert":
            return 1.0
        case "rate":
            return float(event["user_rating"]) / 100
        case "contact":
            return {"true": 0.9, "false": 0.6, None: 0.7}[known]
        case "view":
            return 0.7 if seconds > 300 else 0.5 if seconds > 120 else 0.4 if seconds > 30 else 0.3
        case "archive":
            return 0.1 if seconds < 30 else 0.3
    raise AssertionError(event)


def test_feedback_is_told_with_the_columns_that_a_feedback_service_takes(part):
    assert part.events.columns == list(EVENT_COLUMNS)
    assert set(part.events["action_type"].unique()) == {"view", "contact", "archive", "rate", "convert"}


def test_the_expected_target_score_is_what_the_events_of_a_lead_are_worth_on_average(part, events):
    best = dict.fromkeys(part.leads["lead_id"], 0.0)
    for event in events.iter_rows(named=True):
        best[event["lead_id"]] = max(best[event["lead_id"]], worth(event))
    reached, expected = np.array(list(best.values())), part.truth["expected_target_score"].to_numpy()
    assert set(np.round(reached, 3)) <= set(GRADES)
    order = np.argsort(expected)
    for tenth in np.array_split(order, 10):
        error = 4.5 * reached[tenth].std() / np.sqrt(len(tenth))
        assert reached[tenth].mean() == pytest.approx(expected[tenth].mean(), abs=error)


def test_contacts_succeed_as_often_as_the_truth_says(part, events):
    answered = events.filter(pl.col("contact_successful") == "true")["lead_id"].unique()
    reached = part.leads["lead_id"].is_in(answered.implode()).to_numpy()
    expected = part.truth["contact_success_probability"].to_numpy()
    for fifth in np.array_split(np.argsort(expected), 5):
        error = 4 * np.sqrt((expected[fifth] * (1 - expected[fifth])).sum())
        assert reached[fifth].sum() == pytest.approx(expected[fifth].sum(), abs=error)


def test_nobody_converts_without_having_looked_and_been_answered(part, events):
    first = {
        action: events.filter(pl.col("action_type") == action).group_by("lead_id").agg(pl.col("at").min().alias(action))
        for action in ("view", "contact", "convert")
    }
    converted = (
        first["convert"].join(first["contact"], on="lead_id", how="left").join(first["view"], on="lead_id", how="left")
    )
    assert converted.height > 1_000
    assert (converted["view"] <= converted["contact"]).all()
    assert (converted["contact"] < converted["convert"]).all()
    assert set(converted["lead_id"]) == set(part.outcomes.filter(pl.col("converted") == "Yes")["lead_id"])
    answers = events.filter(pl.col("action_type") == "contact").join(converted, on="lead_id", how="semi")
    assert (answers["contact_successful"] == "true").all()


def test_each_event_holds_what_belongs_to_it_and_nothing_else(events):
    holds = {
        "user_rating": {"rate"},
        "interaction_duration": {"view", "archive"},
        "contact_response_time": {"contact"},
        "conversion_value": {"convert"},
        "contact_successful": {"contact"},
    }
    for column, actions in holds.items():
        assert set(events.filter(pl.col(column).is_not_null())["action_type"].unique()) == actions
    assert events["user_rating"].drop_nulls().is_between(0, 100).all()
    assert events.filter(pl.col("contact_response_time").is_not_null())["contact_successful"].eq("true").all()
    assert (events["conversion_value"].drop_nulls() > 0).all()
    assert events["ip_address"].str.contains(r"^192\.0\.2\.\d{1,3}$").all()  # Kept for documentation (RFC 5737).


def test_some_postings_are_never_seen_by_anybody(part, events):
    unseen = 1 - events["lead_id"].n_unique() / len(part)
    assert 0.01 < unseen < 0.2


def test_the_ladder_goes_down_step_by_step_and_its_grade_is_its_mean():
    reaching = chances(np.array([-2.0, 1.0]), np.array([0.5, 0.9]), np.array([0.6, 1.0]))
    assert (np.diff(reaching, axis=1) >= 0).all()
    steps = np.diff(reaching, axis=1, prepend=0, append=1)
    np.testing.assert_allclose(grade(reaching), steps @ GRADES)
