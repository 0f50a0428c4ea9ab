"""Alerts: said once, told once in a while, told again when they get worse; sent by Apprise to a real server."""

import http.server
import json
import logging
import threading
from datetime import UTC, datetime

import pytest
from tests.store.stores_for_tests import Clock

from leadloop.errors import LeadLoopError
from leadloop.flows.loop.alerts import Finding, NotTold, raise_alert, read_addresses, tell_alerts
from leadloop.flows.loop.health import look_at_health
from leadloop.flows.place.workspace import Workspace
from leadloop.store import open_store
from leadloop.store.enrichment import Wanted

LOW = Finding("accuracy", "warning", "accuracy is low", "It is 0.71.", "see the report", playbook="tiny")


@pytest.fixture
def clock():
    return Clock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest.fixture
def place(tmp_path, clock):
    opened = Workspace(tmp_path)
    opened.__dict__["store"] = open_store(tmp_path / "leadloop.db", now=clock)
    yield opened
    opened.store.close()


@pytest.fixture
def receiver():
    """A server that takes what is sent, and answers with the next status."""

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            said = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(json.loads(said))
            self.send_response(answers.pop(0) if answers else 200)
            self.end_headers()

        def log_message(self, *said):
            pass

    got, answers = [], []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}/hook?+X-Token=verysecret", got, answers
    server.shutdown()
    thread.join()
    server.server_close()


def urls(place, *addresses):
    (place.root / "leadloop.toml").write_text(f"alert_urls = {json.dumps(list(addresses))}\n", encoding="utf-8")


def test_what_goes_on_is_one_alert_told_once_and_again_after_a_while(place, clock, receiver):
    url, got, _ = receiver
    urls(place, url)
    raise_alert(place, LOW)
    assert tell_alerts(place)["told"] == 1
    for _ in range(5):
        clock.go(minutes=10)
        raise_alert(place, LOW)
        assert tell_alerts(place)["told"] == 0
    clock.go(hours=4)
    raise_alert(place, LOW)
    assert tell_alerts(place)["told"] == 1
    assert tell_alerts(place)["told"] == 0
    assert [one["title"] for one in got] == ["LeadLoop, warning: accuracy is low"] * 2
    assert got[0]["type"] == "warning"
    assert "What to do: see the report" in got[0]["message"]
    (alert,) = place.store.alerts.open()
    assert alert.times == 7


def test_what_becomes_more_urgent_is_told_at_once(place, receiver):
    url, got, _ = receiver
    urls(place, url)
    raise_alert(place, LOW)
    tell_alerts(place)
    raise_alert(place, Finding("accuracy", "critical", "accuracy is very low", "0.6", "see", playbook="tiny"))
    assert tell_alerts(place)["told"] == 1
    assert [one["type"] for one in got] == ["warning", "failure"]


def test_what_is_over_and_begins_again_is_another_alert(place, receiver):
    url, got, _ = receiver
    urls(place, url)
    raise_alert(place, LOW)
    tell_alerts(place)
    assert place.store.alerts.end("accuracy", playbook="tiny")
    assert not place.store.alerts.end("accuracy", playbook="tiny")
    raise_alert(place, LOW)
    tell_alerts(place)
    assert len(got) == 2
    assert len(place.store.alerts.page().items) == 2


def test_several_at_once_are_one_message_the_most_urgent_first(place, receiver):
    url, got, _ = receiver
    urls(place, url)
    raise_alert(place, LOW)
    raise_alert(place, Finding("sync", "critical", "a sync failed", "Thrice.", "see the job"))
    raise_alert(place, Finding("news", "info", "a version was trained", "v2.", "nothing"))
    assert tell_alerts(place) == {"told": 2, "listed": 1, "failed": []}
    (one,) = got
    assert one["title"] == "LeadLoop, critical: a sync failed and 1 more"


def test_what_no_address_takes_is_told_later_and_what_one_takes_is_told(place, receiver, caplog):
    url, _, answers = receiver
    urls(place, url)
    raise_alert(place, LOW)
    answers.append(500)
    with pytest.raises(NotTold):
        tell_alerts(place)
    assert tell_alerts(place)["told"] == 1
    urls(place, url, "json://127.0.0.1:1/closed?+X-Token=verysecret")
    raise_alert(place, Finding("other", "critical", "another", "It.", "see"))
    with caplog.at_level(logging.WARNING):
        told = tell_alerts(place)
    assert (told["told"], len(told["failed"])) == (1, 1)
    assert "verysecret" not in caplog.text + str(told)


def test_without_addresses_they_go_to_the_log(place, caplog):
    raise_alert(place, LOW)
    with caplog.at_level(logging.INFO, logger="leadloop.alerts"):
        assert tell_alerts(place)["told"] == 1
    assert "warning: accuracy is low (tiny) It is 0.71. What to do: see the report" in caplog.text


def test_an_address_that_is_none_is_refused_without_its_secret():
    with pytest.raises(LeadLoopError) as refused:
        read_addresses(["json://127.0.0.1/x", "msteams://verysecret/a/b", "nonsense"])
    assert [problem.where for problem in refused.value.problems] == ["alert_urls, number 2", "alert_urls, number 3"]
    assert "verysecret" not in str(refused.value)


def test_health_finds_what_was_given_up_and_says_when_it_is_over(place, clock):
    clock.time = datetime.now(UTC)
    number = place.store.jobs.add("train", {"playbook": "tiny"}, max_attempts=1)
    place.store.jobs.park(place.store.jobs.claim("w", seconds=60), "the source refused the key")
    place.store.enrichment.want("tiny", [Wanted(f"L{one}", 1.0) for one in range(60)])
    look_at_health(place)
    assert {(one.rule, one.severity) for one in place.store.alerts.open()} >= {
        ("parked job", "warning"), ("enrichment backlog", "warning"),
    }  # fmt: skip
    place.store.jobs.retry(number)
    look_at_health(place)
    assert "parked job" not in {one.rule for one in place.store.alerts.open()}


def test_a_sync_that_failed_is_critical_until_one_comes_to_its_end_and_not_while_it_is_tried_again(place, clock):
    clock.time = datetime.now(UTC)
    states, jobs = place.store.source_states, place.store.jobs
    states.fail("fellow", "acme", "sync", "the source refused the key")
    number = jobs.add("sync", {"playbook": "tiny"}, max_attempts=1)
    look_at_health(place)
    assert "sync" not in {one.rule for one in place.store.alerts.open()}, "somebody is at it"
    jobs.park(jobs.claim("w", seconds=60), "the source refused the key")
    look_at_health(place)
    assert [(one.rule, one.severity) for one in place.store.alerts.open()] == [("sync", "critical")]
    states.succeed(states.begin("fellow", "acme", "sync", since=None, at=clock.time))
    look_at_health(place)
    assert place.store.alerts.open() == ()
    assert jobs.get(number).state == "parked", "what was given up last week is over with the first that works"
