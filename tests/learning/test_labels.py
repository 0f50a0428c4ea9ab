from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from leadloop.errors import DataError
from leadloop.leads import Field, LeadSchema
from leadloop.learning.labels import label_leads
from leadloop.playbook import Order, Playbook, Target

SCHEMA = LeadSchema(
    (
        Field("came", "time", "intake"),
        Field("stage", "category", "outcome"),
        Field("count", "number", "outcome"),
        Field("paid", "boolean", "outcome"),
        Field("won_at", "time", "outcome"),
        Field("stars", "number", "outcome"),
    )
)


def playbook(target: Target) -> Playbook:
    return Playbook("labels", SCHEMA, "intake", target, order=Order("field", "came"))


def leads(**columns):
    return SCHEMA.read(pl.DataFrame(columns)).leads


def test_listed_values_mean_won_whatever_their_case_and_a_blank_is_still_open():
    frame = leads(stage=["Closed Won", "closed won ", "Lost", None])
    values = label_leads(playbook(Target("won", "stage", ("Closed Won",))), frame)
    assert values[:3].tolist() == [1, 1, 0]
    assert np.isnan(values[3])


def test_numbers_are_compared_as_numbers_and_yes_as_yes():
    assert label_leads(playbook(Target("won", "count", ("1",))), leads(count=["1.0", "0", "1"])).tolist() == [1, 0, 1]
    assert label_leads(playbook(Target("won", "paid", ("Yes",))), leads(paid=["y", "no", "1"])).tolist() == [1, 0, 1]
    assert label_leads(playbook(Target("lost", "paid", ("no",))), leads(paid=["y", "no", "1"])).tolist() == [0, 1, 0]


def test_any_value_means_won_where_the_target_says_filled():
    values = label_leads(playbook(Target("won", "won_at", filled=True)), leads(won_at=["2024-01-01", None]))
    assert values.tolist() == [1, 0]


def test_a_deadline_makes_late_wins_losses_and_young_leads_open():
    start = datetime(2024, 1, 1)
    day = timedelta(days=1)
    frame = leads(
        came=[start, start, start, start + 95 * day, start + 95 * day, start + 100 * day],
        won_at=[start + 10 * day, start + 60 * day, None, None, start + 97 * day, None],
    )
    target = Target("won", "won_at", filled=True, at="won_at", within_days=30)
    values = label_leads(playbook(target), frame)
    assert values[:3].tolist() == [1, 0, 0]  # in time; too late; long past without
    assert np.isnan(values[3])  # five days old: still open
    assert np.isnan(values[4])  # won already, yet those of its age that will be lost are not known
    assert np.isnan(values[5])


def test_a_function_may_decide():
    values = label_leads(
        playbook(Target("big", label="labels:big")), leads(count=["5", "50", None]), lambda: pl.col("count") > 10
    )
    assert values[:2].tolist() == [0, 1]
    assert np.isnan(values[2])


@pytest.mark.parametrize(("stages", "said"), [(["Won", "Won"], "won"), (["Lost", "Open"], "lost")])
def test_an_outcome_that_is_the_same_for_all_is_refused_with_what_was_seen(stages, said):
    with pytest.raises(DataError, match=f"every one of 2 leads {said}; the file holds"):
        label_leads(playbook(Target("won", "stage", ("Won",))), leads(stage=stages))


def test_no_outcome_at_all_is_refused():
    with pytest.raises(DataError, match="no outcome at all"):
        label_leads(playbook(Target("won", "stage", ("Won",))), leads(stage=[None, None], count=["1", "2"]))


def test_a_grade_is_a_share_of_the_best_one():
    values = label_leads(playbook(Target("liked", "stars", graded=True, top=5.0)), leads(stars=["5", "0", "2", None]))
    assert values[:3].tolist() == [1.0, 0.0, 0.4]
    assert np.isnan(values[3])


def test_a_function_may_give_the_grade():
    target = Target("liked", label="labels:liked", graded=True)
    values = label_leads(playbook(target), leads(stars=["5", "1"]), lambda: pl.col("stars") / 10)
    assert values.tolist() == [0.5, 0.1]


def test_grades_beyond_the_best_are_refused_by_line():
    target = Target("liked", "stars", graded=True, top=5.0)
    with pytest.raises(DataError, match="line 1  has the grade 7, and grades run from 0 to 5"):
        label_leads(playbook(target), leads(stars=["7", "5", "2"]))


def test_one_grade_for_all_is_refused():
    with pytest.raises(DataError, match="has the grade 3 for every one of 2 leads"):
        label_leads(playbook(Target("liked", "stars", graded=True, top=5.0)), leads(stars=["3", "3"]))
