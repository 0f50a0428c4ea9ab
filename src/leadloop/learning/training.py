"""Training: from labelled leads to a trained playbook, with everything chosen before the test part is looked at.

The order of things is the honest one: split, audit, features and learners on folds of the training part, blend, calibrate,
fit once more on the whole training part; only then are the test leads scored, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leadloop.errors import NotEnoughOutcomes, Problem
from leadloop.features import FeatureColumn, FeatureSet
from leadloop.features.functions import FeatureFunction
from leadloop.leads import Field, LeadFrame
from leadloop.learning.blending import fit_weights
from leadloop.learning.calibration import fit_calibrator
from leadloop.learning.evaluation import area_under_curve, log_loss
from leadloop.learning.learners import (
    Examples,
    Fold,
    Learner,
    LightGBMLearner,
    LogisticLearner,
    PriorLearner,
    RulesLearner,
    Search,
)
from leadloop.learning.splits import rolling_origin, stratified_folds
from leadloop.playbook import Playbook
from leadloop.scoring.blend import Blend, blend_margins
from leadloop.scoring.calibrator import logistic
from leadloop.scoring.score_map import ScoreMap
from leadloop.scoring.venn_abers import VennAbers

FOLDS = 4
INNER_FOLDS = 5

Tick = Callable[[str], None]
"""Told what is being done now, so that somebody can show it and time it."""


@dataclass(frozen=True)
class Contender:
    """A learner after its search: settings, and how well it did on held-out training leads."""

    name: str
    weight: float
    auc: float
    log_loss: float
    settings: Mapping[str, float | int | str]


@dataclass(frozen=True)
class Learned:
    """What training found: the features and the blend, who competed, and the rules and prior to compare with."""

    features: FeatureSet
    blend: Blend
    contenders: tuple[Contender, ...]
    prior: float
    rules: Blend | None
    held_out_auc: float


def require_enough(playbook: Playbook, positive: np.ndarray) -> None:
    """Raise NotEnoughOutcomes where there are too few leads, won leads or lost leads to learn from honestly."""
    wanted = playbook.training
    won, leads = int(positive.sum()), len(positive)
    problems = []
    if leads < wanted.min_leads:
        problems.append(Problem("leads", f"not enough leads: {leads:,} of {wanted.min_leads:,}"))
    for name, count in (("positives", won), ("negatives", leads - won)):
        if count < wanted.min_positives:
            problems.append(
                Problem(
                    "outcomes",
                    f"not enough outcomes: {count:,} of {wanted.min_positives:,} {name}",
                    "wait for more outcomes, or lower min_positives under [training] if you accept wide intervals",
                )
            )
    if problems:
        raise NotEnoughOutcomes(playbook.name, problems)


def learn(
    playbook: Playbook,
    leads: LeadFrame,
    positive: np.ndarray,
    *,
    fields: Sequence[Field],
    in_time_order: bool,
    groups: np.ndarray | None = None,
    functions: Sequence[FeatureFunction] = (),
    rules: Mapping[str, float] | None = None,
    tick: Tick = lambda stage: None,
) -> Learned:
    """Learn from the training part alone.

    `leads` stand in time order where `in_time_order`; `positive` holds 0 or 1 a lead; `fields` are the fields that may be
    used; `groups` the account or person of each lead; `rules` the points of each rule by its column.
    """
    seed = playbook.training.seed
    folds = _folds(playbook, leads, positive, fields, functions, in_time_order, groups, tick)
    judged = np.concatenate([fold.held_out.positive for fold, _ in folds])
    learners: list[Learner] = [PriorLearner(), LogisticLearner(), LightGBMLearner()]
    if rules:
        learners.insert(1, RulesLearner(rules))
    searches: list[Search] = []
    for learner in learners:
        tick(f"choosing settings: {learner.name}")
        searches.append(learner.search(folds, seed=seed))
    tick("blending and calibrating")
    weights = fit_weights([search.margins for search in searches], judged)
    blended = blend_margins([search.margins for search in searches], weights)
    calibrator = fit_calibrator(blended, judged)
    venn_abers = VennAbers.fit(blended, judged)
    score_map = ScoreMap.fit(playbook.policy, calibrator.probabilities(blended))

    tick("fitting on all training leads")
    inner = stratified_folds(positive, INNER_FOLDS, seed=seed, groups=groups)
    features, matrix = FeatureSet.fit(playbook, leads, positive, inner, fields=fields, functions=functions)
    examples = Examples(matrix, positive)
    members, heard = [], []
    for learner, search, weight in zip(learners, searches, weights, strict=True):
        if weight:
            tick(f"fitting {learner.name}")
            members.append(learner.fit(examples, features.columns, search.settings, seed=seed))
            heard.append(weight)
    contenders = tuple(
        Contender(
            learner.name,
            weight,
            area_under_curve(judged, search.margins),
            log_loss(judged, logistic(search.margins)),
            search.settings,
        )
        for learner, search, weight in zip(learners, searches, weights, strict=True)
    )
    ruled = None
    if rules:
        alone = RulesLearner(rules).fit(examples, features.columns, {}, seed=seed)
        ruled = Blend((alone,), (1.0,), fit_calibrator(searches[1].margins, judged), venn_abers, score_map)
    return Learned(
        features=features,
        blend=Blend(tuple(members), tuple(heard), calibrator, venn_abers, score_map),
        contenders=contenders,
        prior=float((positive.sum() + 0.5) / (len(positive) + 1)),
        rules=ruled,
        held_out_auc=area_under_curve(judged, blended),
    )


def _folds(
    playbook: Playbook,
    leads: LeadFrame,
    positive: np.ndarray,
    fields: Sequence[Field],
    functions: Sequence[FeatureFunction],
    in_time_order: bool,
    groups: np.ndarray | None,
    tick: Tick,
) -> list[tuple[Fold, Sequence[FeatureColumn]]]:
    """Folds of the training part, each with features fitted on its own training side and on nothing else."""
    seed = playbook.training.seed
    if in_time_order:
        places = rolling_origin(len(leads), FOLDS, groups=groups)
    else:
        numbers = stratified_folds(positive, FOLDS, seed=seed, groups=groups)
        places = [(np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)) for fold in range(FOLDS)]
    folds: list[tuple[Fold, Sequence[FeatureColumn]]] = []
    for number, (train, held_out) in enumerate(places, start=1):
        if positive[train].min() == positive[train].max():
            continue  # too early in time: nobody had been won (or lost) yet
        tick(f"features, fold {number} of {FOLDS}")
        inner = stratified_folds(
            positive[train], INNER_FOLDS, seed=seed, groups=None if groups is None else groups[train]
        )
        features, matrix = FeatureSet.fit(
            playbook, leads.take(train), positive[train], inner, fields=fields, functions=functions
        )
        judged = features.matrix(leads.take(held_out).data)
        folds.append((Fold(Examples(matrix, positive[train]), Examples(judged, positive[held_out])), features.columns))
    if not folds:
        raise NotEnoughOutcomes(playbook.name, Problem("order", "no past part of the leads holds both outcomes"))
    return folds
