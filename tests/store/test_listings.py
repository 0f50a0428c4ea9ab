"""Listings of one lead, newest first, as of a moment, and what is counted over many rows."""

from datetime import timedelta

from tests.store.stores_for_tests import START, fill, make_score

from leadloop.store import Event, Feedback, LeadOutcome


def test_what_is_told_of_one_lead_can_be_listed_alone(store):
    for lead_id in ("a", "b"):
        store.events.add("p", [Event(f"e{lead_id}{n}", lead_id, "opened", START) for n in range(3)])
        store.outcomes.add("p", [LeadOutcome(f"o{lead_id}{n}", lead_id, "won", 1, START) for n in range(3)])
    first = store.events.page("p", lead_id="b", limit=2)
    rest = store.events.page("p", lead_id="b", limit=2, after=first.next)
    assert [one.key for one in first.items + rest.items] == ["eb0", "eb1", "eb2"]
    assert [one.key for one in store.outcomes.page("p", lead_id="a").items] == ["oa0", "oa1", "oa2"]


def test_scores_can_be_listed_newest_first_and_the_newest_by_a_moment_found(store):
    hours = [START + timedelta(hours=number) for number in range(3)]
    store.scores.add("p", [make_score(f"s{n}", "a", at=at, score=10.0 * n) for n, at in enumerate(hours)])
    back = store.scores.page("p", newest_first=True, limit=2)
    assert [one.key for one in back.items] == ["s2", "s1"]
    assert [one.key for one in store.scores.page("p", newest_first=True, after=back.next).items] == ["s0"]
    assert store.scores.latest("p", "a", by=hours[1]).key == "s1"
    assert store.scores.latest("p", "a", by=START - timedelta(seconds=1)) is None


def test_the_spread_counts_each_lead_once_by_its_newest_score(store):
    later = START + timedelta(hours=1)
    store.scores.add(
        "p",
        [
            make_score("1", "a", score=95.0, band="hot"), make_score("2", "a", at=later, score=20.0, band="cold"),
            make_score("3", "b", score=100.0, band="hot"), make_score("4", "c", score=50.0, band="cold"),
            make_score("5", "", score=50.0, band="cold"),
        ],
    )  # fmt: skip
    store.scores.add("other", [make_score("1", "a", score=1.0, band="cold")])
    cold, hot = store.scores.spread("p", [0, 50, 90])
    assert (cold.band, cold.leads, cold.total, cold.between) == ("cold", 2, 70.0, (1, 1, 0))
    assert (hot.band, hot.leads, hot.total, hot.between) == ("hot", 1, 100.0, (0, 0, 1))
    assert store.scores.spread("nowhere", [0]) == ()


def test_feedback_is_counted_by_day_kind_and_source_in_utc(store, clock):
    store.feedback.add("p", [Feedback("1", "a", "rate", user_rating=80, feedback_confidence=1.0)])
    store.feedback.add("p", [Feedback("2", "b", "contact", contact_successful=False, conversion_value=5.0)])
    clock.go(hours=14, minutes=29, seconds=59)  # one second to midnight
    store.feedback.add("p", [Feedback("3", "a", "view", feedback_source="implicit", feedback_confidence=0.3)])
    clock.go(seconds=1)
    store.feedback.add("p", [Feedback("4", "a", "view", feedback_source="implicit", feedback_confidence=0.3)])
    counts = store.feedback.counts("p", since=START)
    assert [(one.day, one.action_type, one.feedback_source, one.count) for one in counts] == [
        ("2026-03-02", "contact", "manual", 1), ("2026-03-02", "rate", "manual", 1), ("2026-03-02", "view", "implicit", 1),
        ("2026-03-03", "view", "implicit", 1),
    ]  # fmt: skip
    contact, rate = counts[:2]
    assert (contact.contacts, contact.contacts_successful, contact.conversion_value, contact.ratings) == (1, 0, 5.0, 0)
    assert (rate.ratings, rate.rating, rate.confidence) == (1, 80.0, 1.0)
    assert store.feedback.leads("p", since=START) == 2
    assert store.feedback.leads("p", since=clock.time) == 1


def test_feedback_is_found_by_its_keys(store):
    store.feedback.add("p", [Feedback("1", "a", "view"), Feedback("2", "b", "view")])
    assert {key: one.feedback.lead_id for key, one in store.feedback.known("p", ["2", "3"]).items()} == {"2": "b"}


def test_one_playbook_can_be_forgotten_alone(store, clock):
    for playbook in ("p", "other"):
        store.feedback.add(playbook, [Feedback("1", "a", "view")])
    before = clock.go(days=2)
    assert store.forget_older_than("feedback", before, who="ada", playbook="p") == 1
    assert store.feedback.page("p").items == ()
    assert len(store.feedback.page("other").items) == 1


def test_the_tests_that_a_lead_was_in_are_found(store):
    fill(store)
    assert [(test, variant) for test, variant, _ in store.experiments.of_lead("b2b", "L-1")] == [("first", "a")]
    assert store.experiments.of_lead("b2b", "nobody") == ()


def test_scores_of_a_time_are_streamed_newest_first(store):
    store.scores.add("p", [make_score(f"s{n}", f"l{n}", at=START + timedelta(hours=n)) for n in range(4)])
    store.scores.add("other", [make_score("s9", "l9", at=START + timedelta(hours=1))])
    found = list(store.scores.between("p", START + timedelta(hours=1), START + timedelta(hours=3)))
    assert {one.key for one in found} == {"s1", "s2"}
    assert list(store.scores.between("p", START + timedelta(hours=9), START + timedelta(hours=10))) == []


def test_the_last_word_on_each_lead_is_the_one_told_last_and_by_then(store):
    told = [
        LeadOutcome("1", "a", "won", 0, START),
        LeadOutcome("2", "a", "won", 1, START + timedelta(days=1)),
        LeadOutcome("3", "b", "won", 1, START + timedelta(days=9)),
        LeadOutcome("4", "c", "other", 1, START),
    ]
    for one in told:
        store.outcomes.add("p", [one])
    found = store.outcomes.last_of_leads("p", "won", ["a", "b", "c", "d"], by=START + timedelta(days=2))
    assert {lead_id: one.value for lead_id, one in found.items()} == {"a": 1}
