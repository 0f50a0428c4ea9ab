"""A play goes through the parts that serve real leads, by a clock of its own."""

from datetime import timedelta

import polars as pl
import pytest

from leadloop.api.within import open_within
from leadloop.errors import LeadLoopError
from leadloop.flows.place.workspace import Workspace
from leadloop.flows.play.play import run_play
from leadloop.flows.play.simulated_clock import SimulatedClock
from leadloop.flows.play.stage import WORLD, Course, bare, set_stage

SMALL = Course(weeks=2, change_week=2, leads_per_day=16)


@pytest.fixture(scope="module")
def stage():
    return set_stage(SMALL, 103)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    root = tmp_path_factory.mktemp("plays") / "play"
    told = []
    play = run_play(root, open_front=open_within, course=SMALL, seed=103, done=told.append)
    place = Workspace(root, SimulatedClock(SMALL.ends))
    yield play, place, told
    place.store.close()


def test_every_lead_of_the_play_is_scored_once_within_a_day_by_the_service(played, stage):
    play, place, told = played
    places = stage.coming(SMALL.begins, SMALL.ends)
    logged = place.store.logged.scores(WORLD, SMALL.begins, SMALL.ends + timedelta(days=1))
    assert sorted(logged["lead_id"]) == sorted(stage.leads["lead_id"].gather(places.tolist()))
    assert play.leads == logged.height == sum(one.leads for one in told)
    assert tuple(told) == play.weeks
    came = pl.DataFrame({"lead_id": stage.leads["lead_id"], "came": stage.came})
    waited = logged.join(came, on="lead_id").select((pl.col("at") - pl.col("came")).dt.total_hours())["at"]
    assert 0 <= waited.min() <= waited.max() <= 24
    assert place.store.scores.is_asked_live(WORLD, since=SMALL.begins)


def test_no_outcome_is_told_before_its_time_and_every_one_in_its_time(played, stage):
    _, place, _ = played
    told = place.store.logged.outcomes(WORLD, "policy_bound", SMALL.start, SMALL.ends)
    ended = stage.ended[stage.ended <= bare(SMALL.ends)]
    assert told.height == len(ended)
    assert told["at"].max() <= SMALL.ends.replace(tzinfo=None)


def test_the_loop_looked_each_week_and_everything_goes_by_the_clock_of_the_play(played):
    _, place, _ = played
    jobs = place.store.jobs.page(kind="loop", playbook=WORLD).items
    assert [one.state for one in jobs] == ["done", "done"], [one.error for one in jobs]
    assert [one.at for one in place.store.checks.page(WORLD).items] == [
        SMALL.week_starts(week) + timedelta(hours=6) for week in (2, 1)
    ]
    (version,) = place.registry.versions(WORLD)
    assert version.created_at == f"{SMALL.begins:%Y-%m-%dT%H:%M:%SZ}"
    assert version.synthetic
    assert all(SMALL.begins <= one.created_at <= SMALL.ends for one in jobs)
    assert place.registry.history(WORLD)[0].at == SMALL.begins


def test_while_the_first_version_serves_both_sides_are_the_same_and_the_change_is_felt(played):
    play, _, _ = played
    for week in play.weeks:
        assert week.shares == {"v1": 1.0}
        assert week.auc_with == pytest.approx(week.auc_without, abs=1e-9)
        assert week.auc_with <= week.auc_truth
    quiet, changed = play.weeks
    assert quiet.auc_unchanged == quiet.auc_without
    assert changed.auc_without < changed.auc_unchanged - 0.05


def test_a_folder_that_no_play_made_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(LeadLoopError, match="did not make"):
        run_play(tmp_path, open_front=open_within, course=SMALL)
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.world
def test_half_a_year_keeps_what_the_loop_promises(tmp_path):
    play = run_play(tmp_path / "play", open_front=open_within, seed=100)
    assert all(play.keeps_promise.values()), (play.keeps_promise, play.alarms, play.won_back)
