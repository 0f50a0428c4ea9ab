"""The log of scores: everything that was answered is written down, once, and nobody waits for it."""

import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Event

import pytest
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.api.workspaces_for_tests import copy_workspace
from tests.waiting_for_tests import within

from leadloop.api.measures.logs import EventLog
from leadloop.api.measures.metrics import Metrics
from leadloop.api.scoring.score_log import StoredScoreLog
from leadloop.api.scoring.score_rows import LoggedScore
from leadloop.errors import Problem, StoreFull, StoreUnavailable
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score_rows import fields_of


@pytest.fixture
def place(workspace, tmp_path):
    return copy_workspace(workspace.root, tmp_path)


@pytest.fixture(scope="module")
def served(workspace):
    service = open_service(workspace.root)
    service.versions.refresh()
    return service.versions.served["tiny"]


def answered(served, count, start=0, **lead):
    """Scores as live scoring hands them over."""
    leads = [{"id": f"L{number}", "visits": number % 9, **lead} for number in range(start, start + count)]
    frame = served.reader.frame([served.reader.read(one)[0] for one in leads], range(1, count + 1))
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    cards = served.scorer.score(frame)
    return [
        LoggedScore(served, one, card, at, "r", n, False)
        for n, (one, card) in enumerate(zip(leads, cards, strict=True))
    ]


@contextmanager
def running(store, *, most=1_000):
    """A log that runs, with its measures and what it says."""
    said, metrics = StringIO(), Metrics()
    log = StoredScoreLog(store, most, metrics, EventLog("info", "json", said))
    log.start()
    yield log, metrics, said
    log.close(10)


def count_of(metrics, name, **labels):
    return metrics.registry.get_sample_value(name, labels) or 0


def stored(place):
    return list(place.store.scores.stream("tiny"))


def test_a_score_is_in_the_store_within_a_second_with_all_that_was_answered(place, workspace):
    with ask(open_service(place.root)) as client:
        answer = client.post("/v1/tiny/score", json=LEAD, headers={"X-Request-ID": "asked-1"}).json()
        assert within(1.5, lambda: stored(place))
    (row,) = stored(place)
    assert (row.lead_id, row.model_version, row.method) == ("L1", workspace.result.version.id, "model")
    assert (row.score, row.band, row.route, row.degraded) == tuple(
        answer[name] for name in ("score", "band", "route", "degraded")
    )
    assert round(row.probability, 6) == answer["probability"]
    assert row.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") == answer["scored_at"]
    assert row.fields == {"id": "L1", "visits": "7", "source": "Reference", "opted_out": "false"}
    assert row.card["request_id"] == "asked-1"
    assert row.key.startswith("asked-1:")
    assert [why["field"] for why in row.card["reasons"]] == [why["field"] for why in answer["reasons"]]


def test_what_was_answered_is_stored_before_the_service_ends_and_a_request_id_may_come_twice(place):
    with ask(open_service(place.root, cache_ttl_minutes=0)) as client:
        for _ in range(30):
            client.post("/v1/tiny/score", json=LEAD, headers={"X-Request-ID": "same"})
    assert len(stored(place)) == 30


def test_an_answer_from_memory_is_noted_once(place):
    with ask(open_service(place.root)) as client:
        for _ in range(3):
            client.post("/v1/tiny/score", json=LEAD)
    assert len(stored(place)) == 1


def test_a_lead_without_an_identifier_is_nobodys_and_nothing_is_learned_from_it(place):
    with ask(open_service(place.root)) as client:
        client.post("/v1/tiny/score", json={"visits": 3})
        client.post("/v1/tiny/score", json={"id": "L2", "visits": 3})
    assert sorted(row.lead_id for row in stored(place)) == ["", "L2"]
    later = datetime.now(UTC) + timedelta(days=9)
    (frame,) = place.store.training.past("tiny", [], [], {"won": 3}, now=later)
    assert frame["_lead_id"].to_list() == ["L2"]


def test_scores_wait_while_the_database_is_away_up_to_the_bound_and_are_stored_when_it_is_back(place, served):
    away = [True]

    def store():
        if away[0]:
            raise StoreUnavailable("store", Problem("database", "is away"))
        return place.store

    with running(store, most=25) as (log, metrics, said):
        began = time.perf_counter()
        for number in range(4):
            log.record(answered(served, 10, start=number * 10))
        assert within(3, lambda: log.problem)
        assert "is away" in log.problem
        assert log.waiting == 25
        assert count_of(metrics, "leadloop_score_log_dropped_total", why="no room") == 15
        assert time.perf_counter() - began < 3
        away[0] = False
        assert within(5, lambda: not log.waiting)
        assert not log.problem
    assert sorted(row.lead_id for row in stored(place)) == sorted(f"L{number}" for number in range(25))
    assert count_of(metrics, "leadloop_score_log_stored_total") == 25
    assert "not written down" in said.getvalue()
    assert "written down again" in said.getvalue()


def test_nobody_waits_for_a_database_that_hangs_and_the_end_does_not_either(place, served):
    answers = Event()

    def store():
        answers.wait(30)
        return place.store

    said, metrics = StringIO(), Metrics()
    log = StoredScoreLog(store, 100, metrics, EventLog("info", "json", said))
    log.start()
    batch = answered(served, 10)
    log.record(batch)
    time.sleep(0.5)
    began = time.perf_counter()
    log.record(batch)
    assert time.perf_counter() - began < 0.05
    log.close(0.3)
    assert time.perf_counter() - began < 2
    assert count_of(metrics, "leadloop_score_log_dropped_total", why="not stored before the end") == 20
    answers.set()


def test_one_score_that_the_store_refuses_costs_no_other(place, served):
    good, bad = answered(served, 3), answered(served, 1, start=7)
    bad[0].lead["id"] = "x" * 300
    frame = served.reader.frame([served.reader.read(bad[0].lead)[0]], [1])
    bad = [LoggedScore(served, bad[0].lead, served.scorer.score(frame)[0], bad[0].scored_at, "r", 0, False)]
    with running(lambda: place.store) as (log, metrics, said):
        log.record([good[0], *bad, *good[1:]])
    assert [row.lead_id for row in stored(place)] == ["L0", "L1", "L2"]
    assert count_of(metrics, "leadloop_score_log_dropped_total", why="refused") == 1
    assert "lead_id has 300 signs" in said.getvalue()
    assert "xxx" not in said.getvalue()


@pytest.mark.parametrize("trouble", [StoreUnavailable, StoreFull])
def test_a_batch_whose_acknowledgement_got_lost_is_not_stored_twice(place, served, monkeypatch, trouble):
    scores, times = place.store.scores, []
    add = scores.add

    def lose(playbook, rows):
        add(playbook, rows)
        times.append(len(rows))
        if len(times) == 1:
            raise trouble("store", Problem("database", "went away"))
        return []

    monkeypatch.setattr(scores, "add", lose)
    with running(lambda: place.store) as (log, _, _):
        log.record(answered(served, 12))
    assert times == [12, 12]
    assert len(stored(place)) == 12


def test_a_log_that_is_off_writes_nothing(place):
    with ask(open_service(place.root, score_log_waiting=0)) as client:
        assert client.post("/v1/tiny/score", json=LEAD).status_code == 200
    assert stored(place) == []


def test_fields_are_noted_as_they_were_given_and_what_was_not_given_is_not(served):
    assert fields_of(served.scorer.playbook, {"id": "a", "source": "Select", "visits": None}, datetime.now(UTC)) == {
        "id": "a",
        "source": "Select",
    }


def test_a_service_without_a_database_file_makes_it_and_says_what_it_is(place):
    said = StringIO()
    with ask(open_service(place.root, log=said)):
        pass
    assert (place.root / "leadloop.db").is_file()
    assert '"event": "store"' in said.getvalue()
    assert '"database": "SQLite"' in said.getvalue()
    assert Workspace(place.root).store.step()
