"""What feedback is worth: as the playbook says, whoever asks."""

from leadloop.flows.upkeep.feedback import read_grading, sum_up
from leadloop.store import FeedbackCount


def test_a_playbook_that_says_nothing_of_feedback_has_no_grading(workspace):
    assert read_grading(str(workspace.playbook)) is None
    assert read_grading("no such playbook") is None


def test_a_playbook_that_reads_feedback_says_by_which_functions():
    grading = read_grading("marketplace")
    assert (grading.score, grading.confidence) == ("target_score", "feedback_confidence")


def test_each_event_is_judged_by_itself_and_a_lead_by_its_best():
    grading = read_grading("marketplace")
    events = [{"action_type": "archive", "interaction_duration": 5}, {"action_type": "rate", "user_rating": 60}]
    assert grading.confidences(events) == [0.8, 1.0]
    assert grading.judge(events) == (0.6, 1.0)
    assert grading.judge([]) == (None, None)
    assert grading.confidences([]) == []


def count(day, kind, source="manual", **more):
    told = {"count": 1, "confidence": 0.5, "ratings": 0, "rating": 0.0, "contacts": 0, "contacts_successful": 0,
            "conversion_value": 0.0}  # fmt: skip
    return FeedbackCount(day, kind, source, **{**told, **more})


def test_counts_are_summed_by_kind_source_and_day():
    counts = [
        count("2026-01-05", "rate", ratings=2, rating=150.0, count=2, confidence=2.0),
        count("2026-01-05", "view", "implicit", confidence=0.3),
        count("2026-01-06", "contact", contacts=1, contacts_successful=1, confidence=0.9, conversion_value=10.0),
    ]
    said = sum_up(counts, leads=3, days=7)
    assert said["total_feedback"] == 4
    assert said["action_distribution"] == {"contact": 1, "rate": 2, "view": 1}
    assert (said["average_rating"], said["contact_success_rate"], said["conversion_value"]) == (75.0, 1.0, 10.0)
    assert said["average_confidence"] == 0.8
    assert said["by_source"]["implicit"] == {"count": 1, "average_confidence": 0.3}
    assert [(day["date"], day["count"]) for day in said["daily"]] == [("2026-01-05", 3), ("2026-01-06", 1)]


def test_where_nothing_came_there_are_no_means():
    said = sum_up([], leads=0, days=7)
    assert (said["total_feedback"], said["average_rating"], said["average_confidence"]) == (0, None, None)
    assert said["contact_success_rate"] is None
