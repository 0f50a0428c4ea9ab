"""The queue of enrichment: best worth first, each lead held by one, and no turn lost with whoever held it."""

from tests.store.stores_for_tests import START, make_score

from leadloop.store import LeadRecord
from leadloop.store.enrichment import MAX_ATTEMPTS, Wanted


def want(store, **worths):
    return store.enrichment.want(
        "b2b", [Wanted(lead, worth, {"missing": ["industry"]}) for lead, worth in worths.items()]
    )


def taken(store, holder, most=10):
    return [one.lead_id for one in store.enrichment.claim("b2b", holder, seconds=60, most=most)]


def test_the_best_are_taken_first_each_by_one_and_come_free_when_their_holder_is_silent(store, clock):
    assert want(store, a=0.1, b=0.9, c=0.5) == 3
    assert want(store, a=0.95, b=0.9) == 0, "their worth is reckoned anew"
    assert taken(store, "w1", most=2) == ["a", "b"]
    assert taken(store, "w2") == ["c"]
    assert taken(store, "w3") == []
    clock.go(seconds=40)
    store.enrichment.hold("w2", seconds=60)
    clock.go(seconds=30)
    assert taken(store, "w3") == ["a", "b"], "w1 fell silent"
    assert store.enrichment.release("w3") == 2
    assert [one.attempts for one in store.enrichment.claim("b2b", "w4", seconds=60, most=1)] == [2]


def test_what_a_lost_holder_says_is_not_heard(store, clock):
    want(store, a=0.1)
    (lost,) = store.enrichment.claim("b2b", "w1", seconds=1, most=1)
    clock.go(seconds=2)
    (mine,) = store.enrichment.claim("b2b", "w2", seconds=60, most=1)
    assert not store.enrichment.finish(lost, changed=True, filled=["industry"], cost=1.0)
    assert store.enrichment.finish(mine, changed=True, filled=["industry"], cost=1.0)
    assert store.enrichment.counts("b2b") == {"changed": 1}
    assert store.enrichment.changed("b2b") == ["a"]
    store.enrichment.settle("b2b", ["a"])
    assert (store.enrichment.changed("b2b"), store.enrichment.counts("b2b")) == ([], {"done": 1})


def test_a_lead_is_put_off_and_after_some_tries_given_up(store, clock):
    want(store, a=0.1)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        (one,) = store.enrichment.claim("b2b", "w", seconds=60, most=1)
        assert one.attempts == attempt
        became = store.enrichment.put_off(one, "down", seconds=30)
        assert taken(store, "w") == []
        clock.go(seconds=31)
    assert (became, store.enrichment.counts("b2b")) == ("failed", {"failed": 1})
    assert want(store, a=0.2) == 0, "given up stays given up"
    assert store.enrichment.want("b2b", [Wanted("a", 0.2)], again=True) == 1
    assert store.enrichment.backlog() == {"b2b": 1}


def test_a_lead_over_which_its_holders_die_is_given_up(store, clock):
    want(store, a=0.1)
    for _ in range(MAX_ATTEMPTS):
        assert taken(store, "w") == ["a"]
        clock.go(seconds=61)
    assert taken(store, "w") == []
    assert [one.state for one in store.enrichment.stream("b2b")] == ["failed"]


def test_answers_and_facts_are_good_for_their_time(store, clock):
    store.enrichment.keep_answer("website", "acme.example", {"facts": {}}, cost=0.5, days=2)
    store.enrichment.keep_answer("website", "acme.example", {"facts": {"x": 1}}, cost=0.5, days=2)
    assert store.enrichment.answer("website", "acme.example") == {"facts": {"x": 1}}
    for value in ("SaaS", "Travel"):
        said = {"industry": {"value": value, "source": "a page", "field": "industry"}}
        store.enrichment.keep_facts("b2b", "a", "website", said, note="", days=2)
    (facts,) = store.enrichment.facts("b2b", ["a", "b"])["a"]
    assert (facts.facts["industry"]["value"], facts.found_at) == ("Travel", START)
    assert store.enrichment.filled("b2b", "a") == {"industry": "Travel"}
    clock.go(days=3)
    assert store.enrichment.answer("website", "acme.example") is None


def test_a_lead_is_read_for_change_inside_the_transaction_that_changes_it(store):
    store.leads.record("b2b", [LeadRecord("a", {"x": 1})])
    with store.transaction():
        lead = store.enrichment.current("b2b", "a")
        store.leads.record("b2b", [LeadRecord("a", {**lead.fields, "y": 2}, lead.at)])
    assert store.leads.get("b2b", "a").fields == {"x": 1, "y": 2}
    assert store.enrichment.current("b2b", "nobody") is None


def test_the_newest_score_of_each_lead_is_how_it_stands(store):
    store.scores.add("b2b", [make_score("1", "a", probability=0.1), make_score("2", "b", probability=0.3)])
    store.scores.add("b2b", [make_score("3", "a", probability=0.7, probability_low=0.5, probability_high=0.8)])
    assert store.enrichment.standings("b2b") == {"a": (0.7, 0.5, 0.8, 62.0), "b": (0.3, None, None, 62.0)}
