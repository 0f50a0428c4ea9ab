"""Settings for one training stand under the limits of a playbook's, and the rest of a playbook's hold."""

import pytest

from leadloop.errors import LeadLoopError
from leadloop.flows.training.given_settings import GIVEN, explain_settings, with_settings
from leadloop.playbook import Training

USUAL = Training(trials=7, learners=("XGBoost",), folds=4, seed=3)


def test_what_is_given_takes_the_place_of_the_playbooks_and_the_rest_holds():
    given = with_settings(USUAL, 0.25, {"trials": 9, "learners": ["LightGBM"]})
    assert (given.trials, given.learners, given.test_share) == (9, ("LightGBM",), 0.25)
    assert (given.folds, given.seed) == (4, 3)
    assert with_settings(USUAL, None, {}) == USUAL


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("folds", 1000),
        ("trials", 10**7),
        ("budget", 10**8),
        ("max_leads", 1),
        ("seed", -1),
        ("gap_days", "soon"),
        ("validation", "by hand"),
        ("learners", ["Oracle"]),
        ("learners", "XGBoost"),
        ("min_leads", 5),
        ("max_depth", 6),
    ],
)
def test_what_a_playbook_could_not_hold_or_is_not_for_once_is_refused_by_its_name(name, value):
    (problem,) = explain_settings(None, {name: value})
    assert problem.where == f"params.{name}"
    assert problem.mend
    with pytest.raises(LeadLoopError, match=name):
        with_settings(USUAL, None, {name: value})


def test_every_mistake_is_told_at_once():
    problems = explain_settings(0.9, {"folds": 1, "trials": 0})
    assert {one.where for one in problems} == {"params.folds", "params.trials", "validation_split"}
    assert [one.where for one in explain_settings(None, [3])] == ["params"]


def test_every_setting_that_may_be_given_is_one_of_training():
    assert set(GIVEN) <= set(Training.__dataclass_fields__)
