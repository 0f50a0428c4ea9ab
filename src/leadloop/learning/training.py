"""Training: from labelled leads to a trained playbook, with everything chosen before the test part is looked at.

The order of things is the honest one: split, audit, features and learners on folds of the training part, blend, calibrate,
fit once more on the whole training part; only then are the test leads scored, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from leadloop.errors import NotEnoughOutcomes, PlaybookError, Problem
from leadloop.features import FeatureSet
from leadloop.features.functions import FeatureFunction
from leadloop.leads import Field, LeadFrame
from leadloop.learning.blending import fit_weights
from leadloop.learning.calendar import CalendarFields, leave_out, weigh_calendar_fields
from leadloop.learning.calibration import fit_calibrator
from leadloop.learning.evaluation import area_under_curve, log_loss
from leadloop.learning.leakage import time_share
from leadloop.learning.learners import (
    LEARNERS,
    Examples,
    Fold,
    Learner,
    LightGBMLearner,
    LogisticLearner,
    PriorLearner,
    RulesLearner,
)
from leadloop.learning.splits import rolling_origin, stratified_folds
from leadloop.learning.tuning import Budget, Search, fade, search_settings, share_out
from leadloop.playbook import Playbook
from leadloop.scoring.blend import Blend, blend_margins
from leadloop.scoring.calibrator import Calibrator, logistic
from leadloop.scoring.score_map import ScoreMap
from leadloop.scoring.venn_abers import VennAbers

FOLDS = 4
INNER_FOLDS = 5
SEARCH_LEADS = 100_000
"""Settings are chosen on the newest leads, at most so many; the models then learn from all of them."""
USUAL_LEARNERS = ("logistic regression", "LightGBM", "XGBoost", "CatBoost", "random forest")
"""Who competes where the playbook does not say."""

_FADE = (1.0, 0.5, 0.25)
_BY_CHANCE = 1.3
_ENOUGH = 150.0

Tick = Callable[[str], None]
"""Told what is being done now, so that somebody can show it and time it."""


@dataclass(frozen=True)
class Contender:
    """A learner after its search: settings, and how well it did on held-out training leads.

    `curve` holds the log-loss on held-out leads after each round, for learners that go in rounds; `trials` counts the
    settings that were tried, and `cut` says that there was no time for all of them.
    """

    name: str
    weight: float
    auc: float
    log_loss: float
    settings: Mapping[str, float | int | str]
    curve: np.ndarray
    trials: int
    cut: bool


@dataclass(frozen=True)
class Learned:
    """What training found: the features and the blend, who competed, and the rules and prior to compare with.

    `calendar` tells which fields told the time rather than the lead, and whether they are used.
    """

    features: FeatureSet
    blend: Blend
    contenders: tuple[Contender, ...]
    prior: float
    rules: Blend | None
    held_out_auc: float
    calendar: CalendarFields


@dataclass(frozen=True)
class Effort:
    """How hard to try: the budget of the searches, and where their trials are kept (nowhere, if `storage` is empty).

    `study` names the search in the storage: with another playbook or other leads it must be another name.
    """

    budget: Budget
    storage: str = ""
    study: str = ""


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


def require_learners(playbook: Playbook) -> None:
    """Raise PlaybookError where the playbook names a learner that does not exist."""
    problems = []
    for name in playbook.training.learners:
        if name not in LEARNERS:
            near = get_close_matches(name, LEARNERS, 1, 0.5)
            known = ", ".join(LEARNERS)
            mend = f"did you mean “{near[0]}”?" if near else f"name some of: {known}"
            problems.append(Problem("training.learners", f"“{name}” is no learner", mend))
    if problems:
        raise PlaybookError(playbook.name, problems)


def learn(
    playbook: Playbook,
    leads: LeadFrame,
    positive: np.ndarray,
    *,
    fields: Sequence[Field],
    in_time_order: bool,
    effort: Effort,
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
    newest = slice(max(0, len(leads) - SEARCH_LEADS), None) if in_time_order else _some_leads(len(leads), seed)
    folds = _folds(
        playbook,
        leads.take(np.arange(len(leads))[newest]),
        positive[newest],
        fields,
        functions,
        in_time_order,
        None if groups is None else groups[newest],
        tick,
    )
    calendar = CalendarFields({}, True, float("nan"), float("nan"))
    if in_time_order:
        kinds = {field.name: field.type for field in fields}
        shares = time_share(leads.data.select(list(kinds)), kinds)
        calendar = weigh_calendar_fields(folds, shares, (LogisticLearner(), LightGBMLearner()), seed=seed, tick=tick)
        if not calendar.used:
            folds = [leave_out(fold, calendar.shares) for fold in folds]
            fields = [field for field in fields if field.name not in calendar.shares]
            functions = [function for function in functions if function.__name__ not in calendar.shares]
            rules = {name: points for name, points in (rules or {}).items() if name not in calendar.shares}
    judged = np.concatenate([fold.held_out.positive for fold in folds])
    learners: list[Learner] = [PriorLearner()]
    if rules:
        learners.append(RulesLearner(rules))
    learners += [LEARNERS[name]() for name in playbook.training.learners or USUAL_LEARNERS]
    searches: list[Search] = []
    for learner, share in zip(learners, share_out(learners, folds, effort.budget), strict=True):
        tick(f"choosing settings: {learner.name}")
        searches.append(
            search_settings(
                learner,
                folds,
                in_time_order=in_time_order,
                seed=seed,
                budget=effort.budget,
                share=share,
                storage=effort.storage,
                study=effort.study,
                tick=tick,
            )
        )
    tick("blending and calibrating")
    weights = fit_weights([search.margins for search in searches], judged)
    blended = blend_margins([search.margins for search in searches], weights)
    ages = np.repeat(np.arange(len(folds))[::-1], [len(fold.held_out) for fold in folds])
    if not in_time_order:
        ages = np.zeros_like(ages)
    calibrator, fading = _calibrate(blended, judged, ages)
    recent = _recent(ages, judged) if fading.min() < 1 else np.ones(len(judged), dtype=bool)
    venn_abers = VennAbers.fit(blended[recent], judged[recent])
    score_map = ScoreMap.fit(playbook.policy, calibrator.probabilities(blended))

    tick("fitting on all training leads")
    inner = stratified_folds(positive, INNER_FOLDS, seed=seed, groups=groups)
    features, matrix = FeatureSet.fit(playbook, leads, positive, inner, fields=fields, functions=functions)
    examples = Examples(matrix, positive)
    members, heard = [], []
    for learner, search, weight in zip(learners, searches, weights, strict=True):
        if weight:
            tick(f"fitting {learner.name}")
            faded, settings = fade(examples, search.settings)
            members.append(learner.fit(faded, features.columns, settings, seed=seed))
            heard.append(weight)
    contenders = tuple(
        Contender(
            learner.name,
            weight,
            area_under_curve(judged, search.margins),
            log_loss(judged, logistic(search.margins)),
            search.settings,
            search.curve,
            search.trials,
            search.cut,
        )
        for learner, search, weight in zip(learners, searches, weights, strict=True)
    )
    ruled = None
    if rules:
        alone = RulesLearner(rules).fit(examples, features.columns, {}, seed=seed)
        ruled = Blend((alone,), (1.0,), fit_calibrator(searches[1].margins, judged, fading), venn_abers, score_map)
    return Learned(
        features=features,
        blend=Blend(tuple(members), tuple(heard), calibrator, venn_abers, score_map),
        contenders=contenders,
        prior=float((positive.sum() + 0.5) / (len(positive) + 1)),
        rules=ruled,
        held_out_auc=area_under_curve(judged, blended),
        calendar=calendar,
    )


def _some_leads(count: int, seed: int) -> np.ndarray:
    """Leads to choose settings on, where nothing says which are the newest."""
    if count <= SEARCH_LEADS:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, SEARCH_LEADS, replace=False))


def _calibrate(blended: np.ndarray, positive: np.ndarray, ages: np.ndarray) -> tuple[Calibrator, np.ndarray]:
    """The calibrator, and how much each held-out lead counted in it; `ages` numbers the blocks, 0 for the newest.

    All blocks count alike, unless probabilities fitted so would not come true in the newest block by more than chance
    explains. Then each older block counts half, or a quarter, as much as the next newer one: what share of leads is won now
    is best seen in the newest.
    """
    newest = ages == 0
    for share in _FADE:
        weight: np.ndarray = share ** ages.astype(np.float64)
        calibrator = fit_calibrator(blended, positive, weight)
        promised = calibrator.probabilities(blended[newest])
        off = abs(float(positive[newest].sum() - promised.sum()))
        if off <= _BY_CHANCE * float(np.sqrt((promised * (1 - promised)).sum())):
            break
    return calibrator, weight


def _recent(ages: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """The newest blocks of held-out leads that hold enough outcomes for intervals; all of them where none do."""
    for oldest in range(1, int(ages.max()) + 1):
        recent: np.ndarray = ages <= oldest
        if min(positive[recent].sum(), (1 - positive[recent]).sum()) >= _ENOUGH:
            return recent
    return np.ones(len(ages), dtype=bool)


def _folds(
    playbook: Playbook,
    leads: LeadFrame,
    positive: np.ndarray,
    fields: Sequence[Field],
    functions: Sequence[FeatureFunction],
    in_time_order: bool,
    groups: np.ndarray | None,
    tick: Tick,
) -> list[Fold]:
    """Folds of the training part, each with features fitted on its own training side and on nothing else."""
    seed = playbook.training.seed
    if in_time_order:
        places = rolling_origin(len(leads), FOLDS, groups=groups)
    else:
        numbers = stratified_folds(positive, FOLDS, seed=seed, groups=groups)
        places = [(np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)) for fold in range(FOLDS)]
    folds: list[Fold] = []
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
        folds.append(Fold(Examples(matrix, positive[train]), Examples(judged, positive[held_out]), features.columns))
    if not folds:
        raise NotEnoughOutcomes(playbook.name, Problem("order", "no past part of the leads holds both outcomes"))
    return folds
