"""The loop finishes, once, wherever it is killed.

TEST_LOOP_KILLS says how often the long test kills (100 by default).
"""

import itertools
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.flows.loop.worlds_for_tests import RULES, open_world

from leadloop.flows.loop.steps import STEPS
from leadloop.flows.work.jobs import ask_for
from leadloop.store.tables import JOBS

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
KILLS = int(os.environ.get("TEST_LOOP_KILLS", "100"))
DYING = Path(__file__).with_name("dying_loop.py")
STEP = ["step-before", "step-after", "commit"]
"""Where every step is killed: before it is noted, before that is committed, and after."""
COURSES = [
    [*STEP, *STEP, *STEP, *STEP, "save-before", "save-after", *STEP, "rollout-before", "rollout-after", *STEP, *STEP,
     "promote-before", "promote-after", *STEP, "finish-before", "finish-after"],
    [*STEP, *STEP, *STEP, *STEP, "beat-after", "save-after", *STEP, "rollout-after", *STEP, *STEP,
     "change-before", "change-after", *STEP, "finish-before"],
]  # fmt: skip
"""Points in the order in which a workflow comes by them, each the death of one attempt; no step has more than five."""
QUICK = RULES.replace("[loop]", "[loop]\nshadow_leads = 0").replace("\nshadow_leads = 40", "")


def run(place, number, point="", times=0):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "LEADLOOP_BUDGET": "1"}
    command = [sys.executable, str(DYING), str(place.root), str(number), point, str(times)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def let_go(place):
    """What a worker that was killed held is anybody's, as it would be some seconds later."""
    with place.store._connections.write() as connection:
        gone = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(JOBS).where(JOBS.c.state == "running").values(held_until=gone))


def look(place, number, before):
    """The job is done, and everything that it does was done once."""
    job = place.store.jobs.get(number)
    assert job.state == "done", (job.state, job.error, job.note)
    assert job.result["outcome"] == "done"
    assert list(place.store.steps.of(number)) == [step.name for step in STEPS]
    made = [one for one in place.registry.versions("tiny") if one.id != before]
    assert len(made) == 1, "it was trained twice"
    assert place.registry.champion("tiny") == made[0].id
    history = [one.model_version for one in place.registry.history("tiny")]
    assert history == [before, made[0].id], "it was promoted twice"
    (rollout,) = place.store.rollouts.page("tiny").items
    assert (rollout.state, rollout.model_version) == ("promoted", made[0].id)
    assert len(place.store.checks.page("tiny").items) == 1
    assert place.store.audit.verify()
    place.registry.load(place.registry.find("tiny", "champion"))


def kill_through(workspace, root, points):
    """Kill one workflow at each of these points in turn; says how many kills there were."""
    place = open_world(workspace, root, rules=QUICK)
    before = place.registry.champion("tiny")
    number = ask_for(place, "loop", "tiny", {}, who="a test")
    kills = 0
    for point in points:
        done = run(place, number, point, 1)
        assert done.returncode in (0, -9), done.stderr
        kills += done.returncode == -9
        assert place.registry.find("tiny", "champion"), "there was a moment without a version"
        let_go(place)
    if place.store.jobs.get(number).state != "done":
        done = run(place, number)
        assert done.returncode == 0, done.stderr
    look(place, number, before)
    place.store.close()
    return kills


def test_killed_after_it_saved_a_version_and_after_it_promoted_it_the_loop_finishes_once(workspace, tmp_path):
    root = tmp_path / "world"
    root.mkdir()
    points = ["save-after", "promote-after", "commit"]
    assert kill_through(workspace, root, points) == 3


@pytest.mark.long
def test_killed_at_every_step_a_hundred_times_the_loop_finishes_once_each_time(workspace, tmp_path):
    kills = 0
    for world, course in enumerate(itertools.cycle(COURSES)):
        root = tmp_path / f"world_{world}"
        root.mkdir()
        kills += kill_through(workspace, root, course)
        print(f"{kills} kills in {world + 1} workflows", flush=True)
        if kills >= KILLS:
            return


@pytest.mark.long
def test_a_step_that_is_poisoned_is_parked_with_its_error_and_goes_on_there_when_it_is_mended(workspace, tmp_path):
    from leadloop.flows.work.jobs import list_jobs, retry_job
    from leadloop.flows.work.worker import Worker

    place = open_world(workspace, tmp_path, rules=QUICK, leads=0)
    number = ask_for(place, "loop", "tiny", {}, who="a test")
    worker = Worker(place)
    ended = worker.run_one(number)
    assert (ended.state, ended.attempts) == ("parked", 1)
    assert "step “retrain”" in ended.error
    assert "there are none of “tiny”" in ended.error
    assert list(place.store.steps.of(number)) == ["sync", "features", "evaluate", "drift", "recalibrate"]
    assert [one.id for one in list_jobs(place, state="parked")] == [number]
    from tests.flows.loop.worlds_for_tests import changed_cells, keep

    keep(place, changed_cells(700))
    before = place.registry.champion("tiny")
    retry_job(place, number)
    worker.run_one(number)
    look(place, number, before)
    place.store.close()
