"""Jobs are done by workers, each in a process of its own, and survive whatever kills a worker.

TEST_KILLS says how often the last test kills (2 by default).
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from sqlalchemy import select, update
from tests.conftest import copy_workspace, put_in_service_there
from tests.leads_for_tests import make_cells

from leadloop.errors import LeadLoopError, StoreConflict
from leadloop.flows.place.known_playbooks import find_source
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.scoring.score import load
from leadloop.flows.scoring.score_stored import score_stored
from leadloop.flows.upkeep.keeping import keep_leads
from leadloop.flows.work.jobs import KINDS, ask_for, retry_job
from leadloop.flows.work.uploads import new_upload, remove_old_uploads
from leadloop.flows.work.worker import Worker
from leadloop.store import LeadRecord
from leadloop.store.tables import IDEMPOTENCY

KILLS = int(os.environ.get("TEST_KILLS", "2"))
needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def place(request, workspace, tmp_path):
    """A copy of the trained workspace with the past leads in its store."""
    root = tmp_path / "workspace"
    root.mkdir()
    if request.param == "postgresql":
        put_in_service_there(workspace.root, root, request.getfixturevalue("new_postgres")())
    else:
        copy_workspace(workspace.root, root)
    shutil.copytree(workspace.playbook, root / "tiny")
    with (root / "leadloop.toml").open("a", encoding="utf-8") as settings:
        settings.write("job_lease_seconds = 1.0\n")
    opened = Workspace(root)
    yield opened
    if "store" in opened.__dict__:
        opened.store.close()


def bring(place, count=400, seed=8):
    """New leads without outcomes, as a source sends them."""
    rows = make_cells(count, seed=seed)[0].drop("won").rows(named=True)
    place.store.leads.record("tiny", [LeadRecord(row["id"], row) for row in rows])


def all_scores(place):
    return list(place.store.scores.stream("tiny"))


def test_stored_leads_are_scored_once_each_and_as_a_file_would_be(place):
    bring(place)
    done = score_stored(place, "tiny", run="r1", batch_size=70)
    assert (done.leads, done.scored, done.rejected) == (400, 400, 0)
    scores = {one.lead_id: one for one in all_scores(place)}
    assert len(scores) == len(all_scores(place)) == 400
    trained = load("tiny", workspace=place)
    cells = make_cells(400, seed=8)[0]
    table = trained.score_table(trained.schema.read(cells).leads, explain=False)
    assert {row["lead_id"]: row["score"] for row in table.rows(named=True)} == {k: v.score for k, v in scores.items()}
    one = scores["L7"]
    assert one.features.shape == (len(trained.features.columns),)
    assert one.card["starts_at"] + sum(why["points"] for why in one.card["reasons"]) == pytest.approx(
        one.score, abs=0.01
    )
    assert "won" not in one.fields
    assert score_stored(place, "tiny", run="r2").scored == 0
    assert score_stored(place, "tiny", run="r3", everything=True).scored == 400
    assert score_stored(place, "tiny", run="r3", everything=True).scored == 0, "a run that goes on scores nobody twice"


def test_a_run_that_is_stopped_in_its_middle_goes_on_and_leaves_no_half_batch(place):
    bring(place)
    calls = iter(range(100))

    def stop(note, share):
        if next(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_stored(place, "tiny", run="r", everything=True, batch_size=100, keep=stop)
    assert len(all_scores(place)) == 200
    assert score_stored(place, "tiny", run="r", everything=True, batch_size=100).scored == 200
    assert len({one.key for one in all_scores(place)}) == len(all_scores(place)) == 400


def test_old_leads_and_those_that_cannot_be_read_are_left_out_and_told(place):
    bring(place, 10)
    long_ago = datetime.now(UTC) - timedelta(days=30)
    place.store.leads.record("tiny", [LeadRecord("old", {"id": "old", "visits": "3"}, long_ago)])
    place.store.leads.record("tiny", [LeadRecord("bad", {"id": "bad", "visits": "many"})])
    done = score_stored(place, "tiny", run="r")
    assert (done.scored, done.rejected) == (10, 1)
    assert done.reasons == ("lead bad: visits is not a number",)
    assert score_stored(place, "tiny", run="r", days=0).scored == 1
    with pytest.raises(LeadLoopError, match="no segments"):
        score_stored(place, "tiny", run="r", segment="pc")


def test_what_a_job_is_told_is_refused_by_name_all_at_once(place):
    with pytest.raises(LeadLoopError) as refused:
        ask_for(place, "score_leads", "tiny", {"batchsize": 3, "days": -1, "all": "yes"}, who="test")
    assert {problem.where for problem in refused.value.problems} == {"batchsize", "days", "all"}
    assert any("batch_size" in problem.mend for problem in refused.value.problems)
    with pytest.raises(LeadLoopError) as refused:
        ask_for(place, "train", "tiny", {"params": {"max_depth": 6, "trials": 0}, "validation_split": 0.3}, who="test")
    assert {problem.where for problem in refused.value.problems} == {"params.max_depth", "params.trials"}
    with pytest.raises(LeadLoopError, match="is none"):
        ask_for(place, "dance", "tiny", {}, who="test")


def test_the_same_thing_asked_for_twice_is_one_job_while_it_waits(place):
    first = ask_for(place, "score_leads", "tiny", {"days": 3}, who="test")
    assert ask_for(place, "score_leads", "tiny", {"days": 3}, who="test") == first
    assert ask_for(place, "score_leads", "tiny", {"days": 4}, who="test") != first
    assert find_source(place, "tiny").endswith("tiny")
    assert set(KINDS) >= {"train", "score", "score_leads", "loop", "health"}
    assert set(KINDS) >= {"train", "score", "score_leads", "sync", "sync_health", "sync_event", "enrich"}


def test_a_parked_job_is_tried_again_as_the_one_of_its_name(place):
    number = ask_for(place, "score_leads", "tiny", {"days": 3}, who="test")
    with pytest.raises(StoreConflict, match="is not parked"):
        retry_job(place, number)
    place.store.jobs.park(place.store.jobs.claim("w", seconds=60), "no version")
    again = retry_job(place, number)
    assert (again.id, again.state, again.attempts, again.finished_at) == (number, "waiting", 0, None)
    assert ask_for(place, "score_leads", "tiny", {"days": 3}, who="somebody else") == number, "it is not done twice"
    place.store.jobs.park(place.store.jobs.claim("w", seconds=60), "no version")
    anew = ask_for(place, "score_leads", "tiny", {"days": 3}, who="test")
    assert anew != number
    with pytest.raises(StoreConflict, match=f"was asked for anew meanwhile, as job {anew}"):
        retry_job(place, number)
    assert place.store.jobs.get(number).state == "parked"
    with pytest.raises(LeadLoopError, match="is not known here"):
        retry_job(place, 999_999)


@needs_posix
def test_a_worker_does_every_kind_of_job_and_keeps_what_came_of_it(place, workspace):
    keep_leads(workspace.playbook, workspace.past, workspace=place)
    upload = new_upload(place)
    shutil.copy(workspace.new, upload.data)
    told = {"validation_split": 0.2, "params": {"learners": ["logistic regression"], "seed": 3}}
    numbers = [
        ask_for(place, "train", "tiny", told, who="test"),
        ask_for(place, "score_leads", "tiny", {"days": 0}, who="test"),
        ask_for(place, "score", "tiny", {"output": "parquet"}, who="test", own={"file": upload.id}),
    ]
    worker = Worker(place)
    assert worker.run(until_idle=True) == 3
    trained, scored, filed = [place.store.jobs.get(number) for number in numbers]
    assert [job.state for job in (trained, scored, filed)] == ["done"] * 3, [trained.error, scored.error]
    version = place.registry.find("tiny", trained.result["version"])
    assert version.seed == 3
    assert version.data["test"] == 300, "a fifth of 1,500 leads was kept back"
    assert {member["name"] for member in version.members} <= {"logistic regression", "prior", "rules"}
    assert scored.result["scored"] == 1_500
    assert filed.result["scored"] == 300
    assert pl.read_parquet(upload.result("parquet")).height == 300


def test_a_worker_lets_go_of_answers_that_were_kept_for_seven_days(place):
    for key in ("old", "new"):
        place.store.idempotency.finish(place.store.idempotency.begin(key, "/score", "a" * 64), 200, "told")
    long_ago = datetime.now(UTC) - timedelta(days=7)
    with place.store._connections.write() as connection:
        connection.execute(update(IDEMPOTENCY).where(IDEMPOTENCY.c.key == "old").values(begun_at=long_ago))
    Worker(place).run(until_idle=True)
    with place.store._connections.read() as connection:
        assert connection.execute(select(IDEMPOTENCY.c.key)).scalars().all() == ["new"]


@needs_posix
def test_a_job_that_is_refused_is_parked_with_the_reason_and_not_tried_again(place):
    bring(place, 20)
    number = ask_for(place, "train", "tiny", {}, who="test")
    told = []
    Worker(place, tell=told.append).run(until_idle=True)
    job = place.store.jobs.get(number)
    assert (job.state, job.attempts) == ("parked", 1)
    assert "outcome" in job.error
    assert told[-1].startswith(f"Job {number} is parked: ")
    assert "outcome" in told[-1]


@needs_posix
def test_a_job_that_kills_its_process_is_tried_again_and_then_parked(place, monkeypatch):
    """A poison job: whatever kills the child, the worker lives, and gives up after the attempts it may have."""
    monkeypatch.setattr("leadloop.flows.work.worker.retry_seconds", lambda attempts: 0.0)
    number = place.store.jobs.add("no such kind", {"playbook": "tiny"}, max_attempts=2)
    worker = Worker(place)
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    worker.run(until_idle=True)
    job = place.store.jobs.get(number)
    assert (job.state, job.attempts) == ("parked", 2)
    assert "ended by code 1" in job.error


@needs_posix
def test_a_job_that_is_cancelled_while_it_is_done_ends_and_stores_no_more(place):
    bring(place, 1_000)
    number = ask_for(place, "score_leads", "tiny", {"batch_size": 1}, who="test")
    worker = Worker(place)
    job = place.store.jobs.claim(worker.holder, seconds=5)
    import threading

    said = []
    thread = threading.Thread(target=lambda: said.append(worker.do(job)))
    thread.start()
    while place.store.jobs.get(number).progress == 0:
        time.sleep(0.02)
    assert place.store.jobs.cancel(number)
    thread.join(20)
    assert said
    stored = len(all_scores(place))
    assert 0 < stored < 1_000
    time.sleep(0.5)
    assert len(all_scores(place)) == stored
    assert place.store.jobs.get(number).state == "cancelled"
    assert not place.store.jobs.cancel(number)


def start(place):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "leadloop", "worker", "--workspace", str(place.root)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


@needs_posix
def test_a_worker_that_is_told_to_stop_gives_the_job_back(place):
    bring(place, 3_000)
    number = ask_for(place, "score_leads", "tiny", {"batch_size": 1}, who="test")
    process = start(place)
    while place.store.jobs.get(number).progress == 0:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 0, told
    job = place.store.jobs.get(number)
    if job.state != "done":  # on a quick machine the grace may have been enough
        assert (job.state, job.attempts, job.holder) == ("waiting", 0, None)
        assert b"given back" in told


@needs_posix
@pytest.mark.long
def test_whenever_a_worker_is_killed_every_lead_is_scored_exactly_once(place):
    bring(place, 600)
    told = KINDS["score_leads"].read({"batch_size": 5, "all": True})
    number = place.store.jobs.add("score_leads", {**told, "playbook": "tiny"}, max_attempts=KILLS + 3)
    rolls = random.Random(5)
    for _ in range(KILLS):
        process = start(place)
        time.sleep(rolls.uniform(1.0, 4.0))
        process.kill()
        process.communicate()
        time.sleep(1.1)  # until its lease has lapsed
    Worker(place).run(until_idle=True)
    assert place.store.jobs.get(number).state == "done"
    scores = all_scores(place)
    assert len(scores) == len({one.lead_id for one in scores}) == 600


def test_files_go_when_they_are_old(place):
    kept, old = new_upload(place), new_upload(place)
    for path in (kept.data, old.data):
        path.write_text("id\n1\n")
    past = time.time() - 10 * 86_400
    for path in (old.data, old.folder):
        os.utime(path, (past, past))
    assert remove_old_uploads(place, days=7) == 1
    assert kept.data.exists()
    assert not old.folder.exists()
