"""Beside the probability: when a lead is won, and what it brings. Each is learned only where the playbook asks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.flows.past.labelled import group_leads
from leadloop.flows.place.stopwatch import Tick
from leadloop.flows.training.learned_targets import LearnedTarget
from leadloop.leads import LeadFrame
from leadloop.learning.evaluation.timing import TimingQuality, judge_timing
from leadloop.learning.evaluation.worth import WorthQuality, judge_worth
from leadloop.learning.event_times import EventTimes, read_event_times
from leadloop.learning.labelled import Labelled
from leadloop.learning.splits import Split
from leadloop.learning.timing import MOST_LEADS, TimedLeads, fit_timing
from leadloop.learning.training import Learned
from leadloop.learning.worth import fit_worth
from leadloop.playbook import Playbook
from leadloop.scoring import TrainedPlaybook


@dataclass(frozen=True)
class TimesAndAmounts:
    """How good a version's times and amounts are; None where nobody asked for them."""

    timing: TimingQuality | None
    worth: WorthQuality | None


def add_times_and_amounts(
    trained: TrainedPlaybook, main: LearnedTarget, tick: Tick = lambda stage: None
) -> tuple[TrainedPlaybook, TimesAndAmounts]:
    """Learn times and amounts of the main target from its training leads, measure them on its test leads, and keep what is good
    enough: the version with them, and how good they are.
    """
    aimed, labelled, split = trained.aimed_at(main.name), main.part.labelled, main.part.split
    timing = worth = None
    if aimed.playbook.target.horizons:
        tick("times to winning")
        aimed, timing = _add_timing(aimed, main.learned, labelled, split, tick)
    if aimed.playbook.target.value:
        tick("amounts of won leads")
        aimed, worth = _add_worth(aimed, labelled, split)
    return replace(trained, timing=aimed.timing, worth=aimed.worth), TimesAndAmounts(timing, worth)


def require_followed(playbook: Playbook, labelled: Labelled) -> None:
    """Raise DataError where the playbook asks about more days than any lead was followed for."""
    if not playbook.target.horizons:
        return
    leads, outcomes = _with_waiting(labelled)
    times = read_event_times(playbook, leads, outcomes)
    longest, asked = float(times.followed.max(initial=0.0)), max(playbook.target.horizons)
    if asked > longest:
        problem = Problem(
            f"targets.{playbook.target.name}.horizons",
            f"ask about {asked} days, and the oldest lead came in {longest:.0f} days before the newest time in the file",
            "name smaller ones, or give older leads too",
        )
        raise DataError(playbook.name, problem)


def require_amounts(playbook: Playbook, labelled: Labelled) -> None:
    """Raise DataError where won leads brought amounts below 0: nobody can say what these mean."""
    name = playbook.target.value
    if not name:
        return
    won = labelled.leads.take(labelled.positive == 1)
    amounts = won.data[name].to_numpy()
    below = np.flatnonzero(amounts < 0)
    if len(below):
        problem = Problem(
            f"fields.{name}",
            f"is below 0 for {len(below):,} won leads, the first in line {won.lines[below[0]]:,}",
            "mend the file, or leave `value` out of the target",
        )
        raise DataError(playbook.name, problem)


def _with_waiting(labelled: Labelled) -> tuple[LeadFrame, np.ndarray]:
    """All leads, those still open last, with their outcomes: NaN where open."""
    if labelled.waiting is None or not labelled.open:
        return labelled.leads, labelled.positive
    leads = LeadFrame.join([labelled.leads, labelled.waiting])
    return leads, np.concatenate([labelled.positive, np.full(labelled.open, np.nan)])


def _add_timing(
    trained: TrainedPlaybook, learned: Learned, labelled: Labelled, split: Split, tick: Tick
) -> tuple[TrainedPlaybook, TimingQuality]:
    playbook = trained.playbook
    order = playbook.order
    assert order is not None  # the playbook's check saw to it
    leads, outcomes = _with_waiting(labelled)
    times = read_event_times(playbook, leads, outcomes)
    came = leads.data[order.field].dt.timestamp("us").fill_null(-(2**62)).to_numpy()
    waiting = np.arange(len(labelled.leads), len(leads))
    # Open leads belong to the part of the file in which they came in.
    newer = came[waiting] >= came[split.test].min()
    older, test = waiting[~newer], np.concatenate([split.test, waiting[newer]])
    groups = group_leads(playbook, leads) if playbook.group_by else None
    if groups is not None:
        older = older[~np.isin(groups[older], groups[test])]
    # Of training leads, the margins of models that had not seen them; nobody learned from open leads.
    margins = np.full(len(leads), np.nan)
    margins[split.train[learned.held_out.places]] = learned.held_out.margins
    rows = np.concatenate([split.train[learned.held_out.places], older])
    rows = rows[np.argsort(came[rows], kind="stable")]
    learned_from = rows[times.known[rows]][-MOST_LEADS:]
    fitted = fit_timing(
        _timed(trained, leads, times, learned_from, margins),
        learned.features.columns,
        playbook.target.horizons,
        playbook.target.within_days,
        tick,
    )
    tested = _timed(trained, leads, times, test, margins)
    scores = trained.blend.scores(tested.probabilities)
    timing, quality = judge_timing(
        fitted,
        times.take(rows),
        tested,
        trained.bands(scores).to_list(),
        seed=playbook.training.seed,
        groups=None if groups is None else groups[test],
    )
    return replace(trained, timing=timing), quality


def _timed(
    trained: TrainedPlaybook, leads: LeadFrame, times: EventTimes, rows: np.ndarray, margins: np.ndarray
) -> TimedLeads:
    """These leads with what timing reads of them; margins that are not known yet are the blend's."""
    matrix = trained.features.matrix(leads.take(rows).data)
    held_out = margins[rows]
    margins = np.where(np.isnan(held_out), trained.blend.margins(matrix), held_out)
    return TimedLeads(matrix, margins, trained.blend.probabilities(margins), times.take(rows))


def _add_worth(trained: TrainedPlaybook, labelled: Labelled, split: Split) -> tuple[TrainedPlaybook, WorthQuality]:
    playbook, features = trained.playbook, trained.features
    amounts = labelled.leads.data[playbook.target.value].cast(pl.Float64).to_numpy()
    positive = labelled.positive
    won = split.train[(positive[split.train] == 1) & ~np.isnan(amounts[split.train])]
    worth = (
        fit_worth(features.matrix(labelled.leads.take(won).data), amounts[won], features.columns) if len(won) else None
    )
    matrix = features.matrix(labelled.leads.take(split.test).data)
    worth, quality = judge_worth(
        worth,
        float(amounts[won].mean()) if len(won) else float("nan"),
        matrix,
        trained.blend.probabilities(trained.blend.margins(matrix)),
        positive[split.test],
        amounts[split.test],
        capacity=playbook.policy.capacity,
        seed=playbook.training.seed,
        groups=None if labelled.groups is None else labelled.groups[split.test],
    )
    return replace(trained, worth=worth), quality
