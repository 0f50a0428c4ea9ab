"""Messages come into being with the scores they tell of, and are taken in order for each lead and address."""

from datetime import timedelta

from tests.store.stores_for_tests import make_score, make_webhook

from leadloop.store.tables import SHADOW


def told(store):
    return [
        (one.webhook, one.lead_id, one.type, one.said.get("previous_route")) for one in store.webhooks.page().items
    ][::-1]


def take(store, holder="w", *, room=None, usual=9, most=99):
    return store.webhooks.claim(holder, seconds=30, room=room or {}, usual=usual, most=most)


def end(store, *messages, state="sent"):
    for one in messages:
        assert store.webhooks.end(one, state, status=204, error=None, seconds=0.1)


def test_each_new_score_is_told_once_to_everybody_whom_it_concerns(store):
    store.webhooks.add(make_webhook("wh_all", types=("lead.scored", "lead.routed")))
    store.webhooks.add(make_webhook("wh_other", playbook="insurance"))
    store.webhooks.add(make_webhook("wh_off", state="off"))
    store.webhooks.add(make_webhook("wh_hot", bands=("hot",)))
    first = make_score("1", "a")
    store.scores.add("b2b", [first, make_score("0", "")])
    store.scores.add("b2b", [first])
    assert store.scores.add_first("b2b", [make_score("2", "a"), make_score("3", "b")]) == 1
    store.scores.add("b2b", [make_score("4", "a", route="call_now"), make_score("5", "a", route="nurture", band="hot")])
    assert told(store) == [
        *(("wh_all", "a", "lead.scored", None), ("wh_all", "a", "lead.routed", None)),
        *(("wh_all", "b", "lead.scored", None), ("wh_all", "b", "lead.routed", None)),
        ("wh_all", "a", "lead.scored", "call_now"),
        *(("wh_all", "a", "lead.scored", "call_now"), ("wh_all", "a", "lead.routed", "call_now")),
        ("wh_hot", "a", "lead.routed", "call_now"),
    ]
    assert store.webhooks.score(store.webhooks.page().items[0].score_id).key == "5"


def test_nobody_is_told_of_scores_that_were_given_in_the_shadow(store):
    store.webhooks.add(make_webhook("wh_all", types=("lead.scored", "lead.routed")))
    store.scores.add("b2b", [make_score("1", "a", route="nurture", arm=SHADOW), make_score("2", "a", route="call_now")])
    store.scores.add("b2b", [make_score("3", "a", route="nurture", arm=SHADOW)])
    store.scores.add("b2b", [make_score("4", "a", route="call_now")])
    assert told(store) == [
        *(("wh_all", "a", "lead.scored", None), ("wh_all", "a", "lead.routed", None)),
        ("wh_all", "a", "lead.scored", "call_now"),
    ]


def test_a_lead_waits_for_its_own_messages_alone(store, clock):
    store.webhooks.add(make_webhook("wh_1", types=("lead.scored",)))
    store.scores.add("b2b", [make_score(f"{lead}{number}", lead) for number in range(3) for lead in "ab"])
    first = take(store)
    assert [one.lead_id for one in first] == ["a", "b"]
    assert take(store, "w2") == ()
    end(store, first[0])
    assert store.webhooks.put_off(first[1], after=60, status=500, error=None, seconds=0.1)
    assert [one.lead_id for one in take(store)] == ["a"], "b waits for its own"
    clock.go(seconds=61)
    assert sorted((one.lead_id, one.attempts) for one in take(store)) == [("a", 2), ("b", 2)]


def test_no_address_takes_more_than_its_room_and_one_that_rests_none(store, clock):
    for name in ("wh_1", "wh_2", "wh_3"):
        store.webhooks.add(make_webhook(name, types=("lead.scored",)))
    store.webhooks.change("wh_3", paused_until=clock() + timedelta(minutes=1))
    store.scores.add("b2b", [make_score(str(number), f"L-{number}") for number in range(10)])
    taken = take(store, room={"wh_1": 1}, usual=3)
    assert [one.webhook for one in sorted(taken, key=lambda one: one.webhook)] == ["wh_1", "wh_2", "wh_2", "wh_2"]
    assert store.webhooks.due()
    assert store.webhooks.release("w") == 4
    assert len(take(store, usual=9, most=5)) == 5
    clock.go(minutes=2)
    assert len([one for one in take(store, usual=9) if one.webhook == "wh_3"]) == 9


def test_what_a_lost_holder_says_is_not_heard_and_its_message_is_sent_again(store, clock):
    store.webhooks.add(make_webhook("wh_1"))
    store.scores.add("b2b", [make_score("1", "a")])
    (lost,) = take(store)
    clock.go(seconds=31)
    (mine,) = take(store, "w2")
    assert (mine.message, mine.attempts) == (lost.message, 2)
    assert not store.webhooks.end(lost, "sent", status=204, error=None, seconds=0.1)
    end(store, mine)
    assert store.webhooks.counts() == {"wh_1": {"sent": 1}}


def test_an_address_that_is_turned_off_or_removed_leaves_no_message_waiting(store):
    for name in ("wh_1", "wh_2"):
        store.webhooks.add(make_webhook(name))
    store.scores.add("b2b", [make_score("1", "a"), make_score("2", "b")])
    assert store.webhooks.turn_off("wh_1", "410") == 2
    assert store.webhooks.remove("wh_2")
    assert not store.webhooks.remove("wh_2")
    assert (store.webhooks.waiting(), store.webhooks.counts()) == (0, {"wh_1": {"dropped": 2}})
    assert store.webhooks.get("wh_1").why == "410"
