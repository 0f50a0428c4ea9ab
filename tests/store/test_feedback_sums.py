"""Sums of feedback over any stretch of time, on every database."""

from datetime import timedelta

from tests.store.stores_for_tests import START

from leadloop.store import Event, Feedback


def tell(store, clock):
    """Feedback of three users over two days: START is a Monday, 09:30 UTC."""
    rows = [
        Feedback("a", "L1", "view", interaction_duration=40.0, feedback_confidence=0.3, feedback_source="implicit",
                 session_id="s1", user_agent="Browser", ip_address="203.0.113.9", model_version="v1"),
        Feedback("b", "L1", "rate", user_rating=80.0, feedback_confidence=1.0, session_id="s1", user_agent="Browser",
                 ip_address="203.0.113.9", model_version="v1"),
    ]  # fmt: skip
    store.feedback.add("tiny", rows)
    clock.go(hours=25)
    more = [
        Feedback("c", "L2", "contact", contact_successful=True, feedback_confidence=0.9, session_id="s2"),
        Feedback("d", "L3", "contact", contact_successful=False, feedback_confidence=0.9, conversion_value=5.0),
    ]
    store.feedback.add("tiny", more)
    store.feedback.add("other", [Feedback("a", "L9", "view")])
    overrides = [
        Event("o1", "L1", "override", START, {"reason": "knows them", "route": "call_today"}),
        Event("o2", "L2", "override", START, {"reason": "knows them"}),
        Event("o3", "L2", "override", START),
        Event("o4", "L2", "viewed", START, {"reason": "no override"}),
    ]
    store.events.add("tiny", overrides)


def test_sums_are_of_the_stretch_of_time_the_playbook_and_the_version_asked_for(store, clock):
    tell(store, clock)
    start, end = START, START + timedelta(days=2)
    kinds = store.feedback_sums.kinds("tiny", start, end)
    assert [(one.action_type, one.feedback_source, one.model_version, one.level, one.count) for one in kinds] == [
        ("contact", "manual", "", "high", 2),
        ("rate", "manual", "v1", "high", 1),
        ("view", "implicit", "v1", "low", 1),
    ]
    contact = kinds[0]
    assert (contact.contacts, contact.contacts_successful, contact.conversion_value) == (2, 1, 5.0)
    hours = store.feedback_sums.hours("tiny", start, end)
    assert [(one.hour, one.count) for one in hours] == [("2026-03-02 09", 2), ("2026-03-03 10", 2)]
    assert store.feedback_sums.distinct("tiny", start, end) == (3, 2)
    assert len(store.feedback_sums.kinds("tiny", start, end, version="v1")) == 2
    assert store.feedback_sums.hours("tiny", START + timedelta(hours=1), START + timedelta(hours=2)) == []
    assert store.feedback_sums.distinct("tiny", end, end + timedelta(days=1)) == (0, 0)


def test_users_are_told_apart_by_hashes_that_name_nobody(store, clock):
    tell(store, clock)
    count, users = store.feedback_sums.users("tiny", START, START + timedelta(days=2))
    assert count == 2
    assert [one.count for one in users] == [2, 1]
    assert not any("203.0" in one.user or "Browser" in one.user for one in users)
    kept = store.feedback.page("tiny").items[0].feedback
    assert kept.ip_address != "203.0.113.9"
    assert kept.user_agent != "Browser"
    assert len(kept.ip_address) == 32


def test_the_same_feedback_sent_again_is_known_though_its_address_is_hashed(store, clock):
    tell(store, clock)
    again = Feedback("b", "L1", "rate", user_rating=80.0, feedback_confidence=1.0, session_id="s1", user_agent="Browser",
                     ip_address="203.0.113.9", model_version="v1")  # fmt: skip
    assert [one.new for one in store.feedback.add("tiny", [again])] == [False]


def test_overrides_are_counted_by_their_reasons(store, clock):
    tell(store, clock)
    found = store.feedback_sums.overrides("tiny", START, START + timedelta(days=1))
    assert [(one.reason, one.count, one.leads) for one in found] == [("knows them", 2, 2), ("", 1, 1)]
