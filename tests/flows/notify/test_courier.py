"""Messages are stored with their scores, signed, and sent until they arrive, whatever their receivers do meanwhile."""

import contextlib
import os
import threading
import time
from collections import defaultdict
from datetime import timedelta

import pytest
from tests.flows.notify.receivers_for_tests import Receiver
from tests.store.stores_for_tests import START, make_score

from leadloop.errors import LeadLoopError
from leadloop.flows.notify.courier import Courier
from leadloop.flows.notify.endpoints import add_webhook, find_webhook, rotate_secret, tell_alert, turn_on
from leadloop.flows.notify.endpoints import test_webhook as send_test
from leadloop.flows.notify.signing_key import FILE
from leadloop.flows.place.workspace import Workspace
from leadloop.notify.schedule import PAUSES
from leadloop.outbound.requests import Limits

SHORT = Limits(seconds=0.4, body_bytes=0, redirects=0)
PAUSES_FOR_TESTS = (0.0, 0.02, 0.05, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3)
MOODS = {"ok": 5, "500": 1, "503": 1, "429": 1, "redirect": 1, "hang": 0.3, "drip": 0.3, "taken, and then 500": 0.5}


@pytest.fixture
def start(tmp_path):
    """Starts a workspace whose store is told to send to these receivers."""
    receivers = []

    def begin(*some, **told):
        receivers.extend(some)
        origins = ", ".join(f'"{one.origin}"' for one in receivers)
        (tmp_path / "leadloop.toml").write_text(f"webhook_origins = [{origins}]\n", encoding="utf-8")
        place = Workspace(tmp_path)
        for one in some:
            made = add_webhook(place, one.url, who="ada", **told)
            one.secret, one.id = made.secret, made.webhook.id
        return place

    yield begin
    for one in receivers:
        one.close()


def courier(place, **more):
    return Courier(place, "test", **{"limits": SHORT, "pauses": PAUSES_FOR_TESTS, "look_seconds": 0.02, **more})


def run_until(place, done, *, seconds=60.0, **more):
    """Let a courier run until all is done."""
    one = courier(place, **more)
    thread = threading.Thread(target=one.run)
    thread.start()
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        time.sleep(0.02)
    one.stopping.set()
    thread.join()
    assert done(), place.store.webhooks.counts()
    return one


def scores(leads, times=1):
    return [
        make_score(
            f"s-{lead}-{number}",
            f"L-{lead}",
            at=START + timedelta(minutes=number),
            route=f"route_{number}",
            card={"reasons": [{"field": "form", "sentence": "Form is “Demo”", "points": 4.0}]},
            fields={"company": "Acme", "email": "secret@example.com"},
        )
        for lead in range(leads)
        for number in range(times)
    ]


def test_a_score_that_is_stored_is_told_and_one_that_is_not_is_not(start):
    receiver = Receiver()
    place = start(receiver, fields=["company"])
    with contextlib.suppress(ZeroDivisionError), place.store.transaction():
        place.store.scores.add("b2b", scores(2))
        raise ZeroDivisionError
    assert place.store.webhooks.waiting() == 0
    place.store.scores.add("b2b", scores(1))
    place.store.scores.add("b2b", scores(1))  # sent again, it is the same score
    assert courier(place).run(until_idle=True) == {"sent": 1}
    (body,) = receiver.taken.values()
    assert (body["type"], body["data"]["lead_id"], body["data"]["route"]) == ("lead.routed", "L-0", "route_0")
    assert body["data"]["previous_route"] is None
    assert body["data"]["reasons"] == [{"field": "form", "sentence": "Form is “Demo”", "points": 4.0}]
    assert body["data"]["fields"] == {"company": "Acme"}
    assert "secret@example.com" not in str(body)


def test_whom_to_tell_is_chosen_by_playbook_kind_route_and_band(start):
    routed, scored, other, one_route = Receiver(), Receiver(), Receiver(), Receiver()
    place = start(routed)
    start(scored, types=["lead.scored"])
    start(one_route, routes=["route_1"])
    with pytest.raises(LeadLoopError, match="is not found"):
        start(other, playbook="insurance_of_nobody")
    place.store.webhooks.add(
        type(find_webhook(place, routed.id))(
            **{
                **{
                    name: getattr(find_webhook(place, routed.id), name)
                    for name in find_webhook(place, routed.id).__slots__
                },
                "id": "wh_other",
                "playbook": "other",
            }
        )
    )
    place.store.scores.add("b2b", scores(1, times=2))
    same = make_score("again", "L-0", route="route_1")
    place.store.scores.add("b2b", [same, make_score("nobody", "")])
    courier(place).run(until_idle=True)
    assert [one["data"]["route"] for one in routed.taken.values()] == ["route_0", "route_1"]
    assert [one["data"]["previous_route"] for one in routed.taken.values()] == [None, "route_0"]
    assert len(scored.taken) == 3
    assert [one["data"]["route"] for one in one_route.taken.values()] == ["route_1"]
    assert place.store.webhooks.counts().get("wh_other") is None


@pytest.mark.parametrize("leads", [60, pytest.param(1_000, marks=pytest.mark.long)])
def test_no_message_is_lost_whatever_receivers_answer(start, leads):
    receiver = Receiver(MOODS, slow=1.0)
    place = start(receiver)
    place.store.scores.add("b2b", scores(leads))
    run_until(place, lambda: place.store.webhooks.waiting() == 0, seconds=540)
    counts = place.store.webhooks.counts()[receiver.id]
    assert counts == {"sent": leads}
    assert len({one["data"]["lead_id"] for one in receiver.taken.values()}) == len(receiver.taken) == leads
    assert (receiver.forged, receiver.elsewhere) == (0, 0), "a redirect was followed, or a signature does not hold"
    print(f"{leads} messages: {dict(receiver.answers)}, {receiver.repeated} told twice under their own name")


def test_messages_of_one_lead_arrive_in_their_order_and_wait_for_no_other_lead(start):
    receiver = Receiver({"ok": 2, "500": 1})
    place = start(receiver)
    place.store.scores.add("b2b", scores(6, times=4))
    run_until(place, lambda: place.store.webhooks.waiting() == 0)
    arrived = defaultdict(list)
    for name, _ in receiver.order:
        data = receiver.taken[name]["data"]
        arrived[data["lead_id"]].append(data["route"])
    assert set(map(tuple, arrived.values())) == {("route_0", "route_1", "route_2", "route_3")}


def test_an_address_that_hangs_keeps_no_other_waiting(start):
    hanging, good = Receiver({"hang": 1}, slow=2.0), Receiver()
    place = start(hanging, good)
    place.store.scores.add("b2b", scores(40))
    began = time.monotonic()
    run_until(place, lambda: len(good.taken) == 40, limits=Limits(seconds=1.5, body_bytes=0, redirects=0))
    assert max(at for _, at in good.order) - began < 1.5 + 5
    assert hanging.taken == {}


def test_a_receiver_that_wants_nothing_more_is_left_alone_and_can_be_turned_on_again(start):
    receiver = Receiver({"410": 1})
    place = start(receiver)
    place.store.scores.add("b2b", scores(20))
    told = []
    courier(place, tell=told.append).run(until_idle=True)
    assert receiver.answers["410"] <= 2
    assert (find_webhook(place, receiver.id).state, place.store.webhooks.waiting()) == ("off", 0)
    assert "wants nothing more" in told[0]
    place.store.scores.add("b2b", [make_score("later", "L-later")])
    assert place.store.webhooks.waiting() == 0
    with pytest.raises(LeadLoopError, match="is off"):
        send_test(place, receiver.id)
    receiver.moods = {"ok": 1}
    turn_on(place, receiver.id, who="ada")
    send_test(place, receiver.id)
    assert courier(place).run(until_idle=True) == {"sent": 1}


def test_a_message_that_nobody_takes_is_given_up_after_eight_attempts_and_may_be_sent_again(start):
    receiver = Receiver({"500": 1})
    place = start(receiver)
    place.store.scores.add("b2b", scores(1))
    run_until(place, lambda: place.store.webhooks.waiting() == 0, pauses=(0.0,) * len(PAUSES))
    assert receiver.answers["500"] == len(PAUSES) + 1 == 8
    (message,) = place.store.webhooks.page().items
    assert (message.state, message.status, message.attempts) == ("given up", 500, 8)
    receiver.moods = {"ok": 1}
    place.store.webhooks.again(message.id)
    assert courier(place).run(until_idle=True) == {"sent": 1}
    assert 26 < sum(PAUSES) / 3_600 < 28.5


def test_a_receiver_that_asks_for_time_is_given_it(start):
    receiver = Receiver({"503": 1})
    place = start(receiver)
    place.store.webhooks.change(receiver.id, paused_until=START + timedelta(days=36_500))
    place.store.scores.add("b2b", scores(3))
    assert courier(place).run(until_idle=True) == {}
    place.store.webhooks.change(receiver.id, paused_until=None)
    receiver.moods = {"ok": 1}
    assert courier(place).run(until_idle=True) == {"sent": 3}


def test_a_new_secret_and_the_old_one_sign_together_for_a_day(start):
    old_one = Receiver()
    place = start(old_one)
    made = rotate_secret(place, old_one.id, who="ada")
    assert made.secret != old_one.secret
    for good in (old_one.secret, made.secret):
        old_one.secret = good
        send_test(place, old_one.id)
        assert courier(place).run(until_idle=True) == {"sent": 1}
    assert old_one.forged == 0


def test_secrets_are_in_no_file_but_the_key_and_a_wrong_key_signs_nothing(start, tmp_path):
    receiver = Receiver()
    place = start(receiver)
    key = (tmp_path / FILE).read_text(encoding="ascii").strip()
    assert os.stat(tmp_path / FILE).st_mode & 0o777 == 0o600
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name != FILE)
    assert receiver.secret.encode() not in stored
    assert key.encode() not in stored
    (tmp_path / FILE).write_text("00" * 32, encoding="ascii")
    send_test(place, receiver.id)
    one = courier(place, pauses=(60.0,))
    assert one.run(until_idle=True) == {"again": 1}
    (message,) = place.store.webhooks.page().items
    assert "is not the one" in message.error
    assert receiver.forged == len(receiver.taken) == 0
    (tmp_path / FILE).unlink()
    with pytest.raises(LeadLoopError, match="is missing"):
        one._secrets(find_webhook(place, receiver.id))


def test_an_alert_goes_to_those_who_listen_to_alerts(start):
    routed, alerted = Receiver(), Receiver()
    place = start(routed)
    start(alerted, types=["alert"])
    assert len(tell_alert(place, {"what": "the backlog is over 50"})) == 1
    courier(place).run(until_idle=True)
    assert routed.taken == {}
    assert [one["data"] for one in alerted.taken.values()] == [{"what": "the backlog is over 50"}]


def test_a_score_that_was_erased_meanwhile_is_told_to_nobody(start):
    receiver = Receiver()
    place = start(receiver)
    place.store.scores.add("b2b", scores(2))
    place.store.erasures.erase_person(who="ada", playbook="b2b", lead_id="L-0")
    assert courier(place).run(until_idle=True) == {"sent": 1}
    assert [one["data"]["lead_id"] for one in receiver.taken.values()] == ["L-1"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9/hook", "port"),
        ("https://user:pw@example.com/", "user or password"),
        ("http://localhost/", "without a dot"),
        ("ftp://example.com/", "scheme"),
        ("https://example.com:8443/", "port"),
    ],
)
def test_an_address_that_is_never_sent_to_is_refused_when_it_is_added(start, url, why):
    place = start()
    with pytest.raises(LeadLoopError, match=why):
        add_webhook(place, url, who="ada")
    with pytest.raises(LeadLoopError) as refused:
        add_webhook(place, "https://example.com/", types=["lead.eaten"], bands=[""], who="ada")
    assert {problem.where for problem in refused.value.problems} == {"types", "bands"}


def test_an_address_that_turns_out_to_be_private_is_never_connected_to(start):
    place = start()
    made = add_webhook(place, "https://10.0.0.1.nip.example/", who="ada")
    place.store.webhooks.change(made.webhook.id, url="http://169.254.169.254/latest/meta-data")
    send_test(place, made.webhook.id)
    courier(place, pauses=()).run(until_idle=True)
    (message,) = place.store.webhooks.page().items
    assert (message.state, message.status) == ("given up", None)
    assert "link-local" in message.error
