"""The stage: what comes when, what is told when, and what is true."""

from datetime import timedelta

import numpy as np
import pytest

from leadloop.flows.play.stage import WEEK, WITHIN, Course, bare, set_stage
from leadloop.simulate import expected_auc

SMALL = Course(weeks=6, change_week=3, past_weeks=4, leads_per_day=40)


@pytest.fixture(scope="module")
def stage():
    return set_stage(SMALL, 5)


def test_the_weeks_hold_every_lead_of_the_play_once_and_the_past_none_of_them(stage):
    weeks = [stage.coming(SMALL.week_starts(week), SMALL.week_starts(week) + WEEK) for week in range(1, 7)]
    places = np.concatenate(weeks)
    assert len(places) == len(set(places.tolist()))
    assert places[0] == np.searchsorted(stage.came, bare(SMALL.begins))
    assert places[-1] == len(stage.came) - 1
    assert all(200 < len(week) < 360 for week in weeks)


def test_outcomes_are_told_when_they_come_about_and_none_later_than_the_playbook_waits(stage):
    days = (stage.ended - stage.came) / np.timedelta64(1, "D")
    assert days.min() > 0
    assert days.max() <= WITHIN.days + 0.01
    told = stage.ending(SMALL.begins, SMALL.begins + timedelta(days=1))
    assert len(told)
    assert (stage.ended[told] > bare(SMALL.begins)).all()


def test_before_the_change_the_truth_is_one_and_after_it_what_ranked_well_ranks_far_worse(stage):
    before = stage.came < bare(SMALL.changes)
    assert np.array_equal(stage.truth[before], stage.unchanged[before])
    truth, unchanged = stage.truth[~before], stage.unchanged[~before]
    assert expected_auc(unchanged, truth) < expected_auc(truth, truth) - 0.06


def test_a_course_without_a_change_has_one_truth():
    quiet = set_stage(Course(weeks=2, change_week=1, past_weeks=1, leads_per_day=20, strength=0.0), 5)
    assert np.array_equal(quiet.truth, quiet.unchanged)


def test_leads_are_sent_by_the_fields_that_the_playbook_knows_and_that_they_have(stage):
    (row,) = stage.rows(np.array([0]), frozenset({"lead_id", "created_at", "state", "no such field"}))
    assert set(row) <= {"lead_id", "created_at", "state"}
    assert row["lead_id"].startswith("SYN-INS-")
    assert None not in row.values()


def test_evidence_is_there_when_the_first_changed_week_has_ended():
    course = Course()
    assert course.week_of(course.changes) == 10
    assert course.evidence - course.changes == timedelta(days=52)
    assert course.week_of(course.ends - timedelta(seconds=1)) == 26
