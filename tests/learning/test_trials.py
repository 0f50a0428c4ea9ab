"""Several workers share the trials of one search, on SQLite and on PostgreSQL, and some of them die."""

from __future__ import annotations

import json
import os
import signal

import optuna
import pytest
from tests.learning.learners_for_tests import make_folds
from tests.learning.workers_for_tests import Worker

from leadloop.learning.learners import LogisticLearner
from leadloop.learning.trials import Storage, Trials
from leadloop.learning.tuning import Budget, search_settings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals as POSIX has them")

WANTED = 8


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.long)])
def address(request, tmp_path):
    """A database with Optuna's tables in it, as a training makes them before its search begins."""
    file = f"sqlite:///{tmp_path / 'trials.db'}"
    made = file if request.param == "SQLite" else request.getfixturevalue("new_postgres")()
    optuna.storages.RDBStorage(made)
    return made


def trials_in(address: str) -> list[optuna.trial.FrozenTrial]:
    (name,) = optuna.study.get_all_study_names(address)
    return optuna.load_study(study_name=name, storage=address).get_trials()


def require_every_slot_made_once(address: str, wanted: int = WANTED) -> None:
    done = [trial for trial in trials_in(address) if trial.state.name in ("COMPLETE", "PRUNED")]
    assert sorted(trial.user_attrs["slot"] for trial in done) == list(range(wanted))
    assert len({json.dumps(trial.params, sort_keys=True) for trial in done}) == wanted
    assert not [trial for trial in trials_in(address) if trial.state.name in ("RUNNING", "WAITING")]


def test_two_workers_share_the_trials_do_none_twice_and_end_with_the_same_settings(address):
    both = [Worker(address, 12), Worker(address, 12)]
    first, second = (worker.report() for worker in both)
    assert first["trials"] == second["trials"] == 12
    require_every_slot_made_once(address, 12)
    assert first["begun"]
    assert second["begun"]
    assert len(first["begun"]) + len(second["begun"]) == 12
    assert first["settings"] == second["settings"]
    assert first["margins"] == second["margins"]


def test_a_worker_that_comes_late_finds_everything_done(address):
    first, late = Worker(address, 3).report(), Worker(address, 3).report()
    assert late["begun"] == []
    assert (late["settings"], late["margins"]) == (first["settings"], first["margins"])


def test_the_trial_of_a_worker_killed_by_kill_9_is_made_by_the_other(address):
    doomed = Worker(address, WANTED, slow=3, seconds=1000)
    doomed.wait_until_it_begins(3)
    other = Worker(address, WANTED)
    other.wait_until_it_begins(1)
    doomed.kill()
    assert other.report()["trials"] == WANTED
    require_every_slot_made_once(address)
    (failed,) = [trial for trial in trials_in(address) if trial.state.name == "FAIL"]
    assert failed.user_attrs["slot"] == 2


def test_a_worker_killed_before_it_had_chosen_what_to_try_blocks_nobody(address):
    doomed = Worker(address, WANTED, slow=0)
    doomed.wait_until_it_begins(1)
    doomed.kill()
    assert Worker(address, WANTED).report()["trials"] == WANTED
    require_every_slot_made_once(address)
    assert [trial.state.name for trial in trials_in(address)].count("FAIL") == 1


def test_a_slow_worker_that_lives_is_waited_for(address):
    slow = Worker(address, WANTED, slow=1, seconds=8)  # more than twice as long as a silence that counts as death
    slow.wait_until_it_begins(1)
    other = Worker(address, WANTED).report()
    assert slow.report()["settings"] == other["settings"]
    assert {trial.state.name for trial in trials_in(address)} <= {"COMPLETE", "PRUNED"}
    require_every_slot_made_once(address)


def test_a_worker_that_was_taken_for_dead_and_wakes_again_joins_in(address):
    sleeper = Worker(address, WANTED, slow=1, seconds=0.2)
    sleeper.wait_until_it_begins(1)
    sleeper.send(signal.SIGSTOP)
    other = Worker(address, WANTED).report()
    sleeper.send(signal.SIGCONT)
    woken = sleeper.report()
    assert (woken["settings"], woken["margins"]) == (other["settings"], other["margins"])
    require_every_slot_made_once(address)


def test_alone_the_trial_of_a_training_that_was_killed_is_made_again_at_once(address):
    storage = Storage(address, "test")
    killed = Trials("logistic regression", {}, 3, seed=1, storage=storage).making_one()
    assert killed.__enter__().user_attrs["slot"] == 0  # and it never ends
    again = Trials("logistic regression", {}, 3, seed=1, storage=storage)
    assert again.others == 0
    with again.making_one() as trial:
        assert (trial.number, trial.user_attrs["slot"]) == (1, 0)


def test_the_first_trial_has_the_usual_settings_whoever_makes_it(address):
    learner = LogisticLearner()
    storage = Storage(address, "test")
    budget = Budget(trials=2, seconds=1e6, spent=lambda: 0.0)
    search_settings(learner, make_folds(), fading=True, seed=7, budget=budget, storage=storage)
    first, second = trials_in(address)
    assert first.params == {**learner.usual(), "half_life": 0.5}
    assert second.params != first.params
