"""Settings of `[training]` that somebody gives for one training, in place of the playbook's and under the same limits."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from leadloop.errors import LeadLoopError, Problem
from leadloop.flows.place.duration import read_seconds
from leadloop.playbook import Training
from leadloop.playbook.parsing import read_training
from leadloop.playbook.table_reader import TableReader

BUDGET_VARIABLE = "LEADLOOP_BUDGET"
"""The environment variable with the budget of trainings for which none is given."""
SMALLEST_SPLIT, LARGEST_SPLIT = 0.1, 0.5
GIVEN = ("learners", "trials", "budget", "seed", "folds", "validation", "gap_days", "max_leads")
"""What may be given for one training. How much is enough to learn from is not among them."""
_SPLIT = "validation_split"


TRAINING = "train"
"""The turn of jobs that train: of a playbook, one does at a time."""


def explain_training(told: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with what a job that trains is told."""
    return explain_settings(told.get("validation_split"), told.get("params") or {})


def with_settings(training: Training, validation_split: float | None, params: Mapping[str, Any]) -> Training:
    """The settings of a training with those that were given for once.

    `validation_split` is the newest share of leads that is kept back and looked at once. Raises LeadLoopError naming every one
    that is no such setting, or that a playbook could not hold.
    """
    problems: list[Problem] = []
    given = _read(training, validation_split, params, problems)
    if problems:
        raise LeadLoopError("training", problems)
    return given


def with_effort(training: Training, trials: int | None, time_budget: float | str | None) -> Training:
    """The settings of a training with other numbers for how hard to search, where they were given for once.

    `time_budget` is CPU seconds, or a text such as "5m"; without it LEADLOOP_BUDGET counts, and then the playbook's own.
    """
    seconds = None
    if time_budget is not None:
        seconds = read_seconds(time_budget, "time budget")
    elif said := os.environ.get(BUDGET_VARIABLE):
        seconds = read_seconds(said, BUDGET_VARIABLE)
    return replace(training, trials=trials or training.trials, budget=seconds or training.budget)


def explain_settings(validation_split: Any, params: Any) -> list[Problem]:
    """Everything that is wrong with the settings given for one training.

    >>> for problem in explain_settings(0.9, {"folds": 1000, "min_leads": 5}):
    ...     print(problem)
    params.min_leads  cannot be given for one training; set it in the playbook, where it is said once and for all
    params.folds  is 1000; write a number from 2 to 20
    validation_split  is 0.9; write a number from 0.1 to 0.5
    """
    problems: list[Problem] = []
    if not isinstance(params, Mapping):
        problems.append(Problem("params", "is no object", "give settings by their name"))
        params = {}
    _read(Training(), validation_split, params, problems)
    return problems


def _read(training: Training, split: Any, params: Mapping[str, Any], problems: list[Problem]) -> Training:
    known = [one.name for one in fields(Training)]
    for name in params:
        if name not in GIVEN:
            mend = f"settings of learners are searched for; what may be given is {', '.join(GIVEN)}"
            if name in known:
                mend = "set it in the playbook, where it is said once and for all"
            problems.append(Problem(f"params.{name}", "cannot be given for one training", mend))
    usable = {name: value for name, value in params.items() if name in GIVEN}
    given = read_training(TableReader(usable, "params", problems), training)
    if "learners" in usable:
        problems += _unknown_learners(given.learners)
    if split is not None:
        kept_back = TableReader({_SPLIT: split}, "", problems).number(
            _SPLIT, training.test_share, low=SMALLEST_SPLIT, high=LARGEST_SPLIT
        )
        given = replace(given, test_share=kept_back)
    return given


def _unknown_learners(names: tuple[str, ...]) -> list[Problem]:
    from leadloop.learning.learners import LEARNERS

    mend = f"learners are {', '.join(LEARNERS)}"
    return [Problem("params.learners", f"“{one[:40]}” is no learner", mend) for one in names if one not in LEARNERS]
