"""Scoring stored leads by a command is a job like any other: it ends by the same rules, and nothing of it is done twice."""

import pytest
from tests.conftest import copy_workspace
from tests.leads_for_tests import make_cells

from leadloop.errors import JobLost, LeadLoopError, Problem, StoreFull, StoreUnavailable
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.work import stored_run
from leadloop.flows.work.jobs import conclude
from leadloop.flows.work.stored_run import run_stored
from leadloop.store import LeadRecord


@pytest.fixture
def place(workspace, tmp_path):
    """A copy of the trained workspace with forty new leads in its store."""
    place = Workspace(copy_workspace(workspace.root, tmp_path))
    rows = make_cells(40, seed=8)[0].drop("won").rows(named=True)
    place.store.leads.record("tiny", [LeadRecord(row["id"], row) for row in rows])
    yield place
    place.store.close()


def only_job(place):
    (job,) = place.store.jobs.page().items
    return job


def break_after(batches, error):
    """Something to be told of each batch, which breaks after so many."""
    left = iter(range(batches))

    def tick(note):
        if next(left, None) is None:
            raise error

    return tick


def test_leads_are_scored_and_the_job_says_how_many(place):
    assert run_stored(place, "tiny", batch_size=10).scored == 40
    job = only_job(place)
    assert (job.state, job.result["scored"]) == ("done", 40)


def test_a_database_that_goes_away_parks_nothing_and_the_same_words_go_on_with_the_same_job(place, monkeypatch):
    score = stored_run.score_stored

    def cut_off(*given, **told):
        score(*given, **told)
        raise StoreUnavailable("store", Problem("database", "cannot be reached", "try again"))

    monkeypatch.setattr(stored_run, "score_stored", cut_off)
    with pytest.raises(StoreUnavailable):
        run_stored(place, "tiny", everything=True, batch_size=10)
    assert (only_job(place).state, only_job(place).attempts) == ("waiting", 1)
    assert "cannot be reached" in only_job(place).error
    monkeypatch.setattr(stored_run, "score_stored", score)
    assert run_stored(place, "tiny", everything=True, batch_size=10).scored == 0, "each was scored in this job already"
    assert only_job(place).state == "done"
    assert len(list(place.store.scores.stream("tiny"))) == 40


def test_a_job_that_is_cancelled_meanwhile_is_said_to_be_so_and_stores_no_more(place):
    def tick(note):
        place.store.jobs.cancel(only_job(place).id)

    with pytest.raises(JobLost, match="was cancelled, or given to another worker"):
        run_stored(place, "tiny", batch_size=10, tick=tick)
    assert only_job(place).state == "cancelled"
    assert len(list(place.store.scores.stream("tiny"))) == 10, (
        "the batch after the one in which it was cancelled is undone"
    )


def test_what_is_refused_is_parked_with_the_reason(place):
    with pytest.raises(LeadLoopError, match="no segments"):
        run_stored(place, "tiny", segment="pc")
    assert only_job(place).state == "parked"
    assert "no segments" in only_job(place).error


def test_a_run_that_is_stopped_gives_its_job_back(place):
    with pytest.raises(KeyboardInterrupt):
        run_stored(place, "tiny", batch_size=10, tick=break_after(2, KeyboardInterrupt))
    job = only_job(place)
    assert (job.state, job.attempts, job.holder) == ("waiting", 0, None)
    assert run_stored(place, "tiny", batch_size=10).scored == 20


def test_what_another_is_at_or_what_waits_is_not_begun_again(place):
    job = run_and_lose(place)
    assert place.store.jobs.claim("somebody", seconds=60, number=job.id) is not None
    with pytest.raises(LeadLoopError, match=f"job {job.id} does this already, in another process"):
        run_stored(place, "tiny")
    place.store.jobs.fail(place.store.jobs.get(job.id), "no disk", retry_seconds=600)
    with pytest.raises(LeadLoopError, match=f"job {job.id} does this, and waits to be tried again at"):
        run_stored(place, "tiny")


def run_and_lose(place):
    with pytest.raises(KeyboardInterrupt):
        run_stored(place, "tiny", tick=break_after(0, KeyboardInterrupt))
    return only_job(place)


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (LeadLoopError("tiny", Problem("outcomes", "are too few")), "parked", "too few"),
        (StoreUnavailable("store", Problem("database", "is away")), "waiting", "is away"),
        (StoreFull("store", Problem("disk", "is full")), "waiting", "is full"),
        (ValueError("ann@example.com"), "waiting", "ValueError in test_stored_run.py, line "),
    ],
)
def test_a_refusal_is_parked_and_trouble_is_tried_again(place, error, state, said):
    number = place.store.jobs.add("train", {"playbook": "tiny"})
    job = place.store.jobs.claim("w", seconds=60, number=number)
    try:
        raise error
    except Exception as raised:
        conclude(place.store.jobs, job, raised, retry_seconds=60)
    ended = place.store.jobs.get(number)
    assert ended.state == state
    assert said in ended.error
    assert "ann@example.com" not in ended.error
    with pytest.raises(JobLost):
        conclude(place.store.jobs, job, error, retry_seconds=60)


def test_a_run_that_goes_on_keeps_the_version_with_which_it_began(two, tmp_path):
    root, first, second = two
    place = Workspace(copy_workspace(root, tmp_path))
    rows = make_cells(30, seed=8)[0].drop("won").rows(named=True)
    place.store.leads.record("tiny", [LeadRecord(row["id"], row) for row in rows])
    with pytest.raises(KeyboardInterrupt):
        run_stored(place, "tiny", batch_size=10, tick=break_after(1, KeyboardInterrupt))
    place.registry.promote("tiny", second, who="a test", why="to change")
    notes = []
    assert run_stored(place, "tiny", batch_size=10, tick=notes.append).version == first
    assert {row.model_version for row in place.store.scores.stream("tiny")} == {first}
    assert all(" a second" in note for note in notes)
    assert notes[-1].endswith(", 0:00 left")
    place.store.close()
