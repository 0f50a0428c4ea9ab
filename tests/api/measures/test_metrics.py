"""What operators see: what versions go by, jobs, refusals, how long scores wait; and no line outlives what it is about."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.api.service_for_tests import LEAD, ask, open_service
from tests.api.workspaces_for_tests import copy_workspace, make_keys

from leadloop.api.measures.job_counts import JobCounts
from leadloop.api.measures.standing import MOST_FIELDS, MOST_KINDS, Standing
from leadloop.errors import Problem, StoreUnavailable
from leadloop.flows.training.field_points import score_points
from leadloop.flows.training.train import train


def read(text, name):
    """The values of a measure, by their labels."""
    families = text_string_to_metric_families(text)
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def test_a_version_shows_what_it_goes_by_and_when_it_was_made_until_another_serves(workspace, tmp_path):
    place = copy_workspace(workspace.root, tmp_path)
    first = workspace.result.version
    with ask(open_service(place.root)) as client:
        page = client.get("/metrics").text
        shown = {labels[0][1]: value for labels, value in read(page, "leadloop_feature_importance").items()}
        points = score_points(place.registry, "tiny", first.id)
        assert shown == {name: points[name] for name in sorted(points, key=lambda one: -abs(points[one]))[:MOST_FIELDS]}
        assert max(shown.values()) > 1
        made = read(page, "leadloop_model_created_timestamp_seconds")
        assert made == {
            (("playbook", "tiny"), ("version", first.id)): datetime.fromisoformat(first.created_at).timestamp()
        }
        second = train(workspace.playbook, workspace.past, workspace=place.root, promote=False).version
        client.put("/v1/tiny/models/champion", json={"version": second.id, "why": "newer"})
        page = client.get("/metrics").text
    assert [labels[1][1] for labels in read(page, "leadloop_model_created_timestamp_seconds")] == [second.id]
    assert read(page, "leadloop_scoring") == {(("playbook", "tiny"),): 1.0}


def test_no_more_than_twenty_fields_and_thirty_kinds_of_jobs_are_shown(workspace):
    service = open_service(workspace.root)
    service.versions.refresh()
    served = service.versions.served["tiny"]
    standing = Standing(served={"tiny": served})
    standing.learn_importance(served, {f"f{n}": (-1.0) ** n * n for n in range(50)})
    standing.jobs = {(f"kind {n:02}", "waiting"): 2 for n in range(40)}
    _, importance, jobs, *_ = standing.collect()
    assert {sample.labels["field"] for sample in importance.samples} == {f"f{n}" for n in range(30, 50)}
    assert len(jobs.samples) == MOST_KINDS + 1
    assert sum(sample.value for sample in jobs.samples) == 80


def test_jobs_are_counted_by_kind_and_state_without_those_that_are_over(workspace, tmp_path):
    place = copy_workspace(workspace.root, tmp_path)
    jobs = place.store.jobs
    for kind in ("train", "train", "score", "score"):
        jobs.add(kind, {})
    jobs.park(jobs.claim("w", seconds=60, kinds=["train"]), "broken")
    jobs.claim("w", seconds=60, kinds=["train"])
    jobs.finish(jobs.claim("w", seconds=60, kinds=["score"]))
    with ask(open_service(place.root)) as client:
        shown = read(client.get("/metrics").text, "leadloop_jobs")
    assert shown == {
        (("kind", kind), ("state", state)): count
        for kind, state, count in (
            *(("train", "waiting", 0), ("train", "running", 1), ("train", "parked", 1)),
            *(("score", "waiting", 1), ("score", "running", 0), ("score", "parked", 0)),
        )
    }


def test_a_database_that_hangs_keeps_nobody_from_the_measures_for_long():
    let_go, asked, now = Event(), [], [0.0]

    class Hanging:
        @property
        def jobs(self):
            return self

        def counts(self):
            asked.append(1)
            let_go.wait(10)
            return {("train", "waiting"): 3}

    counts = JobCounts(Hanging, clock=lambda: now[0])

    async def ask_twice():
        await counts.refresh()
        await counts.refresh()

    began = time.monotonic()
    asyncio.run(ask_twice())
    assert time.monotonic() - began < 5
    assert (len(asked), counts.counts) == (1, {})
    let_go.set()
    until = time.monotonic() + 10
    while not counts.counts and time.monotonic() < until:
        time.sleep(0.01)
    assert counts.counts == {("train", "waiting"): 3}
    now[0] = 61.0
    assert counts.counts == {}  # nobody knows any more


def test_jobs_that_cannot_be_counted_are_not_shown_and_nothing_else_is_lost():
    def away():
        raise StoreUnavailable("store", Problem("database", "is away"))

    counts = JobCounts(away)
    asyncio.run(counts.refresh())
    assert counts.counts == {}


def test_each_reason_not_to_let_somebody_in_is_counted(workspace, tmp_path):
    place = copy_workspace(workspace.root, tmp_path)
    with ask(open_service(place.root)) as client:
        client.get("/metrics", headers={"Host": "elsewhere.example"})
        page = client.get("/metrics").text
        assert read(page, "leadloop_refused_requests_total")[(("reason", "host"),)] == 1
    keys = make_keys(place)
    with ask(open_service(place.root, leads_per_minute=1)) as client:
        client.get("/metrics")
        client.get("/metrics", headers={"X-API-Key": keys["scorer"]})
        for _ in range(2):
            client.post("/v1/tiny/score", json=LEAD, headers={"X-API-Key": keys["scorer"]})
        for _ in range(12):
            client.get("/metrics", headers={"X-API-Key": "a guess"})
        page = client.get("/metrics", headers={"X-API-Key": keys["admin"]}).text
    refused = {labels[0][1]: value for labels, value in read(page, "leadloop_refused_requests_total").items()}
    assert refused == {"no key": 1, "wrong key": 10, "too many wrong keys": 2, "role": 1, "host": 0, "limit": 1}


def test_the_oldest_score_that_waits_says_how_long_it_has(workspace, tmp_path):
    place = copy_workspace(workspace.root, tmp_path)
    service = open_service(place.root)
    service.live.clock = lambda: datetime.now(UTC) - timedelta(seconds=90)
    service.versions.refresh()
    log = service.live.log
    assert log.oldest_seconds == 0
    service.live.score(service.versions.served["tiny"], [LEAD])  # the log was not started, so it waits
    assert 90 <= log.oldest_seconds < 100


def test_scores_are_counted_by_their_band(workspace):
    with ask(open_service(workspace.root)) as client:
        card = client.post("/v1/tiny/score", json=LEAD).json()
        shown = read(client.get("/metrics").text, "leadloop_predictions_total")
    ((labels, count),) = shown.items()
    assert (dict(labels)["band"], dict(labels)["route"], count) == (card["band"], card["route"], 1)


@pytest.mark.skipif(os.name != "posix", reason="asks whether a process lives as POSIX does")
def test_what_a_process_said_last_is_gone_once_it_is(tmp_path):
    code = (
        "from leadloop.api.measures.metrics import Metrics; import sys; one = Metrics(); one.database.set(int(sys.argv[1]));"
        "one.memory.set(5); one.cache.labels('hit').inc(); print(one.page().decode())"
    )
    shown = [
        subprocess.run(
            [sys.executable, "-c", code, up],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        ).stdout
        for up in ("0", "1")
    ]
    assert [read(page, "leadloop_database_up")[()] for page in shown] == [0, 1]
    assert [read(page, "leadloop_memory_usage_bytes")[()] for page in shown] == [5, 5]
    assert [read(page, "leadloop_cache_lookups_total")[(("result", "hit"),)] for page in shown] == [1, 2]
