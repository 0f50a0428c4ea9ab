"""The search for settings: reproducible, resumable, and honest about its budget."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import numpy as np
import pytest
from tests.learning.learners_for_tests import make_folds

from leadloop.learning.learners import LEARNERS, LightGBMLearner, LogisticLearner, PriorLearner
from leadloop.learning.tuning import Budget, search_settings, share_out

PLENTY = Budget(trials=6, seconds=1e6, spent=lambda: 0.0)


def search(learner=None, folds=None, budget=PLENTY, **more):
    return search_settings(
        learner or LogisticLearner(),
        folds or make_folds(),
        fading=True,
        seed=7,
        budget=budget,
        **more,
    )


@pytest.mark.parametrize("learner", [LogisticLearner(), LightGBMLearner()], ids=lambda one: one.name)
def test_the_same_seed_chooses_the_same_settings_to_the_bit(learner):
    first, second = search(learner), search(learner)
    assert first.settings == second.settings
    assert first.margins.tolist() == second.margins.tolist()


def test_another_seed_tries_other_settings():
    other = search_settings(LogisticLearner(), make_folds(), fading=True, seed=8, budget=PLENTY)
    assert other.trials == search().trials
    assert other.settings != search().settings or other.margins.tolist() != search().margins.tolist()


def test_a_search_can_only_gain_on_the_usual_settings():
    from leadloop.learning.learners import held_out_log_loss

    folds = make_folds()
    positive = np.concatenate([fold.held_out.positive for fold in folds])
    usual = search(folds=folds, budget=replace(PLENTY, trials=1))
    more = search(folds=folds, budget=replace(PLENTY, trials=12))
    assert usual.trials == 1
    assert usual.settings == {"strength": 0.01, "half_life": 0.5}
    assert held_out_log_loss(more.margins, positive) <= held_out_log_loss(usual.margins, positive)


def test_a_learner_with_nothing_to_choose_is_tried_once():
    found = search(PriorLearner())
    assert (found.settings, found.trials) == ({}, 1)


def test_rounds_are_those_at_which_all_folds_together_lose_least():
    found = search(LightGBMLearner(), budget=replace(PLENTY, trials=1))
    assert found.settings["rounds"] == int(np.argmin(found.curve)) + 1


def test_half_lives_are_only_tried_where_leads_stand_in_time_order():
    found = search_settings(LogisticLearner(), make_folds(), fading=False, seed=7, budget=PLENTY)
    assert "half_life" not in found.settings


def test_the_number_of_trials_follows_from_the_budget_and_the_leads_and_not_from_a_clock():
    few = search(budget=replace(PLENTY, trials=1_000, seconds=1.0))
    assert 1 <= few.trials < 20
    assert few.trials == search(budget=replace(PLENTY, trials=1_000, seconds=1.0)).trials
    assert not few.cut


def test_a_search_that_runs_far_over_its_time_is_broken_off_and_says_so():
    spent = iter(range(0, 10_000, 100))
    found = search(budget=Budget(trials=50, seconds=100.0, spent=lambda: float(next(spent))))
    assert found.cut
    assert 1 <= found.trials < 50


RUN = """
    import json, sys
    from leadloop.learning.learners import LogisticLearner
    from leadloop.learning.trials import Storage
    from leadloop.learning.tuning import Budget, search_settings, share_out
    from tests.learning.learners_for_tests import make_folds

    found = search_settings(
        LogisticLearner(), make_folds(), fading=True, seed=7, budget=Budget(int(sys.argv[2]), 1e6, lambda: 0.0),
        storage=Storage(sys.argv[1], "test"), tick=lambda said: print(said, flush=True),
    )
    print(json.dumps({"settings": found.settings, "margins": found.margins.tolist(), "trials": found.trials}))
"""


def start(storage: str, trials: int) -> subprocess.Popen[str]:
    code = [sys.executable, "-c", textwrap.dedent(RUN), storage, str(trials)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(code, stdout=subprocess.PIPE, text=True, env=environment)


def test_a_search_that_was_killed_goes_on_and_ends_where_it_would_have_ended(tmp_path):
    import json

    storage = f"sqlite:///{tmp_path / 'trials.db'}"
    killed = start(storage, 9)
    assert killed.stdout is not None
    for line in killed.stdout:
        if ", 4 of 9" in line:
            time.sleep(0.01)
            killed.send_signal(signal.SIGKILL)
            break
    assert killed.wait() == -signal.SIGKILL
    resumed = start(storage, 9)
    out, _ = resumed.communicate()
    assert "1 of 9" not in out
    found = json.loads(out.splitlines()[-1])
    whole = search(budget=replace(PLENTY, trials=9))
    assert found["settings"] == whole.settings
    assert found["margins"] == whole.margins.tolist()


def test_what_quick_learners_leave_over_goes_to_the_slow():
    learners = [PriorLearner(), *(LEARNERS[name]() for name in ("logistic regression", "LightGBM", "random forest"))]
    folds = make_folds()
    cells = sum(fold.train.matrix.size for fold in folds)
    quick = 12 * (learners[1].cost * cells / 1e6 + learners[1].start * len(folds))
    budget = Budget(trials=10, seconds=3.3 * quick, spent=lambda: 0.0)
    prior, logistic, boosted, forest = share_out(learners, folds, budget)
    assert prior == 0
    assert logistic * budget.seconds == pytest.approx(quick)  # what ten trials take, and no more
    assert forest > 1 / 3
    assert prior + logistic + boosted + forest == pytest.approx(1)


def test_with_enough_for_everyone_all_trials_are_made():
    budget = Budget(trials=3, seconds=1e6, spent=lambda: 0.0)
    learners, folds = [LogisticLearner(), LightGBMLearner()], make_folds()
    parts = share_out(learners, folds, budget)
    assert sum(parts) < 0.1
    assert [search(one, folds, budget, share=part).trials for one, part in zip(learners, parts, strict=True)] == [3, 3]
