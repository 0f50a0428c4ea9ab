"""What feedback says of a posting: the table of scores and the table of confidences, row by row."""

import pytest
from tests.leadloop_playbooks.marketplace.marketplace_for_tests import FOUND, PLAYBOOK, events

from leadloop.learning.aftermath import judge_events


def judge(*rows):
    """The target score and the confidence of a posting with these events."""
    ((_, score, confidence),) = judge_events(events(*rows), "lead_id", FOUND.makes).rows()
    return pytest.approx(score), pytest.approx(confidence)


def event(action, seconds=None, **more):
    return {"action_type": action, "interaction_duration": seconds, **more}


def contact(succeeded, **more):
    return event("contact", contact_successful=succeeded, **more)


SCORES = {
    "a rating is a share of 100": (event("rate", user_rating=83), 0.83),
    "a rating of nothing": (event("rate", user_rating=0), 0.0),
    "a rating beside another action": (event("view", 10, user_rating=90), 0.9),
    "a deal": (event("convert"), 1.0),
    "a contact that succeeded": (contact("true"), 0.9),
    "a contact of which no more is known": (contact(None), 0.7),
    "a contact that failed": (contact("false"), 0.6),
    "a look of more than five minutes": (event("view", 301), 0.7),
    "a look of five minutes": (event("view", 300), 0.5),
    "a look of more than two minutes": (event("view", 121), 0.5),
    "a look of two minutes": (event("view", 120), 0.4),
    "a look of more than half a minute": (event("view", 31), 0.4),
    "a look of half a minute": (event("view", 30), 0.3),
    "a glance": (event("view", 2), 0.3),
    "a look of unknown length": (event("view"), 0.4),
    "put away at once": (event("archive", 29.9), 0.1),
    "put away after half a minute": (event("archive", 30), 0.3),
    "put away, nobody knows when": (event("archive"), 0.3),
    "capital letters": (event("Convert"), 1.0),
}
CONFIDENCES = {
    "a rating": (event("rate", user_rating=20), 1.0),
    "a deal": (event("convert"), 0.95),
    "a contact that succeeded": (contact("true"), 0.9),
    "put away": (event("archive", 200), 0.8),
    "put away at once": (event("archive", 2), 0.8),
    "a contact that failed": (contact("false"), 0.7),
    "a contact of which no more is known": (contact(None), 0.7),
    "a look of more than two minutes": (event("view", 121), 0.6),
    "a look of two minutes": (event("view", 120), 0.5),
    "a look of more than half a minute": (event("view", 31), 0.5),
    "a short look": (event("view", 30), 0.3),
    "a look of unknown length": (event("view"), 0.5),
    "watched: a look of five minutes": (event("view", 300, feedback_source="implicit"), 0.6),
    "watched: a look of four minutes": (event("view", 240, feedback_source="implicit"), 0.5),
    "watched: a glance": (event("view", 30, feedback_source="implicit"), 0.3),
    "watched: put away at once": (event("archive", 10, feedback_source="implicit"), 0.8),
    "watched: put away": (event("archive", 11, feedback_source="implicit"), 0.5),
    "watched: looked at three times": (event("view", 5, feedback_source="implicit", view_count=3), 0.7),
    "watched: looked at twice": (event("view", 5, feedback_source="implicit", view_count=2), 0.3),
    "watched: a long look, three times": (event("view", 400, feedback_source="implicit", view_count=3), 0.7),
    "watched: a look of nearly five minutes": (event("view", 299, feedback_source="implicit"), 0.5),
    "watched: a look of more than half a minute": (event("view", 31, feedback_source="implicit"), 0.5),
    "watched: a look of unknown length": (event("view", feedback_source="implicit"), 0.5),
    "watched: a contact that succeeded": (contact("true", feedback_source="implicit"), 0.9),
    "said by hand: looked at three times": (event("view", 5, feedback_source="manual", view_count=3), 0.3),
    "said by hand: put away after 11 seconds": (event("archive", 11, feedback_source="manual"), 0.8),
}


@pytest.mark.parametrize("row", SCORES)
def test_each_event_has_its_score(row):
    said, score = SCORES[row]
    assert judge(said)[0] == score


@pytest.mark.parametrize("row", CONFIDENCES)
def test_each_event_has_its_confidence(row):
    said, confidence = CONFIDENCES[row]
    assert judge(said)[1] == confidence


@pytest.mark.parametrize("row", SCORES)
def test_an_event_that_was_only_watched_is_worth_as_much(row):
    said, score = SCORES[row]
    assert judge({**said, "feedback_source": "implicit"})[0] == score


@pytest.mark.parametrize("row", SCORES)
def test_money_adds_a_fifth_to_every_event_and_nothing_goes_beyond_one(row):
    said, score = SCORES[row]
    assert judge({**said, "conversion_value": 40})[0] == min(score + 0.2, 1.0)


def test_a_rating_without_a_number_grades_nothing():
    assert judge(event("view", 200), event("rate")) == (0.5, 0.6)
    ((_, score, _),) = judge_events(events(event("rate")), "lead_id", FOUND.makes).rows()
    assert score is None


def test_a_posting_is_worth_its_best_event_and_as_sure_as_that():
    assert judge(event("archive", 5), event("view", 200), contact("false")) == (0.6, 0.7)
    assert judge(event("view", 400), contact(None)) == (0.7, 0.7)  # the surer of two that are as good


def test_money_adds_a_fifth_and_nothing_goes_beyond_one():
    assert judge(contact("false", conversion_value=300)) == (0.8, 0.7)
    assert judge(contact("true"), event("view", 3, conversion_value=50))[0] == 1.0
    assert judge(event("convert", conversion_value=5000)) == (1.0, 0.95)
    assert judge(contact("false", conversion_value=0))[0] == 0.6


def test_ratings_beyond_the_scale_are_held_within_it():
    assert judge(event("rate", user_rating=120))[0] == 1.0


def test_an_action_that_nobody_knows_grades_nothing():
    assert judge(event("view", 40), event("share", 999)) == (0.4, 0.5)


def test_every_confidence_is_above_zero_so_that_every_lead_can_be_learned_from():
    assert min(confidence for _, confidence in CONFIDENCES.values()) > 0
    assert PLAYBOOK.target.confidence == "feedback_confidence"
