"""Folds of the training leads, with features fitted on each fold's own training side and on nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from leadloop.errors import NotEnoughOutcomes, Problem
from leadloop.features import FeatureSet
from leadloop.features.functions import FeatureFunction
from leadloop.leads import Field
from leadloop.learning.labelled import Labelled
from leadloop.learning.learners import Examples, Fold
from leadloop.learning.splits import Division, divide_leads, stratified_folds
from leadloop.playbook import Playbook

INNER_FOLDS = 5


@dataclass(frozen=True)
class Folds:
    """The leads that settings are chosen on, how they were divided, and the matrices of each division."""

    labelled: Labelled
    divisions: tuple[Division, ...]
    folds: tuple[Fold, ...]
    alike: bool = False
    """Whether all leads count alike in calibration, however sure their outcomes are."""

    @property
    def held_out(self) -> np.ndarray:
        """The held-out leads of all folds, one after the other, as positions in `labelled`."""
        return np.concatenate([division.held_out for division in self.divisions])

    @property
    def positive(self) -> np.ndarray:
        """The outcome of each held-out lead."""
        positive: np.ndarray = self.labelled.positive[self.held_out]
        return positive

    @property
    def counts(self) -> np.ndarray:
        """How much each held-out lead counts, 1 on average."""
        counts: np.ndarray = self.labelled.counts()[self.held_out]
        return np.asarray(counts / counts.mean())

    @property
    def calibrating(self) -> np.ndarray:
        """How much each held-out lead counts in calibration."""
        if not self.alike:
            return self.counts
        weights: np.ndarray = self.labelled.weights[self.held_out]
        return np.asarray(weights / weights.mean())

    @property
    def blocks(self) -> np.ndarray:
        """The number of each held-out lead's fold, from 0."""
        return np.repeat(np.arange(len(self.divisions)), [len(division.held_out) for division in self.divisions])


def make_folds(
    playbook: Playbook,
    labelled: Labelled,
    *,
    fields: Sequence[Field],
    functions: Sequence[FeatureFunction],
    in_time_order: bool,
    tick: Callable[[str], None],
) -> Folds:
    """Divide leads, and fit features for each division.

    Raises NotEnoughOutcomes where no division has both outcomes to learn from.
    """
    divisions = divide_leads(labelled, playbook.training, in_time_order=in_time_order)
    if not divisions:
        raise NotEnoughOutcomes(playbook.name, _nothing_known(labelled))
    folds = []
    for number, division in enumerate(divisions, start=1):
        tick(f"features, fold {number} of {len(divisions)}")
        features, train = fit_features(playbook, labelled, division.train, division.moment, fields, functions)
        held_out = labelled.take(division.held_out)
        judged = Examples.of(features.matrix(held_out.leads.data), held_out.positive, held_out.counts())
        folds.append(Fold(train, judged, features.columns))
    return Folds(labelled, tuple(divisions), tuple(folds), playbook.target.calibrate == "all alike")


def _nothing_known(labelled: Labelled) -> Problem:
    said = "no past part of the leads holds both outcomes"
    if labelled.maturity is None:
        return Problem("order", said, "give leads of a longer time")
    came = labelled.maturity.came
    days = came.max() - came.min() if len(came) else 0.0
    return Problem(
        "training.gap_days",
        f"{said} that were known by then: they came within {days:,.0f} days, and an outcome is known after "
        f"{labelled.maturity.gap:g}",
        'give leads of a longer time, set open_leads = "weighed", or shorten within_days',
    )


def fit_features(
    playbook: Playbook,
    labelled: Labelled,
    places: np.ndarray,
    moment: float,
    fields: Sequence[Field],
    functions: Sequence[FeatureFunction],
) -> tuple[FeatureSet, Examples]:
    """Features fitted on some leads as somebody knows them on that day, and the examples that they make."""
    train = labelled.take(places)
    inner = divide_inside(playbook, train)
    features, matrix = FeatureSet.fit(
        playbook, train.leads, train.positive, inner, fields=fields, functions=functions, until=moment
    )
    return features, Examples.of(matrix, train.positive, train.counts(moment))


def divide_inside(playbook: Playbook, train: Labelled) -> np.ndarray:
    """A fold number a lead: what a feature learns from outcomes is, for each lead, learned from the other folds."""
    return stratified_folds(train.positive, INNER_FOLDS, seed=playbook.training.seed, groups=train.groups)
