"""Folds of the training part that still know their leads: what is asked of features needs the values they are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadloop.features import FeatureSet
from leadloop.features.functions import FeatureFunction
from leadloop.leads import Field
from leadloop.learning.evaluation import area_under_curve
from leadloop.learning.folds import divide_inside, fit_features
from leadloop.learning.labelled import Labelled
from leadloop.learning.learners import Examples, Fold, Learner, LightGBMLearner, LogisticLearner
from leadloop.learning.learners.learner import lead_log_loss
from leadloop.learning.splits import divide_leads
from leadloop.playbook import Playbook


@dataclass(frozen=True)
class FittedFold:
    """A fold with the features that were fitted on its training side, and the positions of its leads on both sides.

    `inner` numbers the folds within the training side from which each of its leads learned outcomes.
    """

    fold: Fold
    features: FeatureSet
    train: np.ndarray
    held_out: np.ndarray
    inner: np.ndarray


@dataclass(frozen=True)
class HeldOut:
    """What quick learners say of the held-out leads of all folds, fold after fold: margins, outcomes, and surprise."""

    margins: np.ndarray
    positive: np.ndarray
    sizes: tuple[int, ...]

    @property
    def losses(self) -> np.ndarray:
        """The log-loss of each held-out lead."""
        return lead_log_loss(self.margins, self.positive)

    @property
    def auc(self) -> float:
        """The mean AUC of the folds: margins of different folds come from different models."""
        parts = zip(self.by_fold(self.positive), self.by_fold(self.margins), strict=True)
        return float(np.nanmean([area_under_curve(positive, margins) for positive, margins in parts]))

    def by_fold(self, values: np.ndarray) -> list[np.ndarray]:
        """A value a held-out lead, fold by fold."""
        return np.split(values, np.cumsum(self.sizes)[:-1])


def fit_folds(
    playbook: Playbook,
    labelled: Labelled,
    *,
    fields: Sequence[Field],
    in_time_order: bool,
    count: int,
    start: float = 0.4,
    functions: Sequence[FeatureFunction] = (),
    tick: Callable[[str], None] = lambda said: None,
) -> list[FittedFold]:
    """Folds of the training part that walk forward in time, or at random where nothing tells the order of leads.

    `labelled` stands in time order where `in_time_order`; the first fold begins after the oldest `start` share. A fold whose
    training side holds but one outcome is left out, and so are leads whose outcome was not known by then.
    """
    training = replace(playbook.training, folds=count, validation="auto")
    folds = []
    for number, division in enumerate(
        divide_leads(labelled, training, in_time_order=in_time_order, start=start), start=1
    ):
        tick(f"features, fold {number} of {count}")
        features, train = fit_features(playbook, labelled, division.train, division.moment, fields, functions)
        held_out = labelled.take(division.held_out)
        judged = Examples.of(features.matrix(held_out.leads.data), held_out.positive, held_out.counts())
        fold = Fold(train, judged, features.columns)
        inner = divide_inside(playbook, labelled.take(division.train))
        folds.append(FittedFold(fold, features, division.train, division.held_out, inner))
    return folds


QUICK_LEARNERS: tuple[Learner, ...] = (LogisticLearner(), LightGBMLearner())
"""Two fast learners of different kinds; what helps one of them only because of its own weakness helps the pair less."""


def judge_folds(folds: Sequence[Fold], *, seed: int) -> HeldOut:
    """The mean margin of two quick learners (logistic regression and LightGBM, usual settings) for all held-out leads."""
    margins = []
    for fold in folds:
        said = [_margins(learner, fold, seed) for learner in QUICK_LEARNERS]
        margins.append(np.mean(said, axis=0))
    return HeldOut(
        np.concatenate(margins),
        np.concatenate([fold.held_out.positive for fold in folds]),
        tuple(len(fold.held_out) for fold in folds),
    )


def _margins(learner: Learner, fold: Fold, seed: int) -> np.ndarray:
    said = learner.judge(fold, learner.usual(), seed=seed)
    rounds = int(np.argmin(said.curve)) + 1 if len(said.curve) else 0
    return said.margins(rounds)


def keep_columns(fold: Fold, kept: np.ndarray) -> Fold:
    """The fold with these columns only (a boolean a column)."""
    return replace(
        fold,
        train=replace(fold.train, matrix=np.ascontiguousarray(fold.train.matrix[:, kept])),
        held_out=replace(fold.held_out, matrix=np.ascontiguousarray(fold.held_out.matrix[:, kept])),
        columns=[column for column, keep in zip(fold.columns, kept, strict=True) if keep],
    )
