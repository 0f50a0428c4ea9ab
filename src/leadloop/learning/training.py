"""Training: from labelled leads to a trained playbook, with everything chosen before the test part is looked at.

The order of things is the honest one: split, audit, features and learners on folds of the training part, blend, calibrate,
fit once more on the whole training part; only then are the test leads scored, once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Protocol

import numpy as np

from leadloop.errors import NotEnoughOutcomes, PlaybookError, Problem
from leadloop.features import FeatureColumn, FeatureSet
from leadloop.features.functions import FeatureFunction
from leadloop.leads import Field
from leadloop.learning.baseline import Baseline
from leadloop.learning.blending import weigh_models
from leadloop.learning.calendar import CalendarFields, leave_out, weigh_calendar_fields
from leadloop.learning.doubt import measure_doubt
from leadloop.learning.evaluation import area_under_curve, log_loss
from leadloop.learning.folds import Folds, fit_features, make_folds
from leadloop.learning.labelled import Labelled
from leadloop.learning.leakage import time_share
from leadloop.learning.learners import (
    LEARNERS,
    Examples,
    Learner,
    LightGBMLearner,
    LogisticLearner,
    PriorLearner,
    RulesLearner,
)
from leadloop.learning.learners.learner import Fold, Settings
from leadloop.learning.outlook import Outlook
from leadloop.learning.recency import calibrate_for_now, choose_recent
from leadloop.learning.segments import SegmentVerdict, learn_segments
from leadloop.learning.steadiness import points_by_fold
from leadloop.learning.trials import Storage
from leadloop.learning.tuning import Budget, Search, fade, plan_trials, search_settings, share_out
from leadloop.learning.voice import Voice
from leadloop.playbook import Playbook
from leadloop.scoring.blend import Blend, blend_margins
from leadloop.scoring.calibrator import Calibrator, logistic
from leadloop.scoring.lead_columns import segments_of
from leadloop.scoring.members import Member
from leadloop.scoring.score_map import ScoreMap
from leadloop.scoring.venn_abers import VennAbers

SEARCH_LEADS = 100_000
"""Settings are chosen on the newest leads, at most so many; the models then learn from all of them."""
USUAL_LEARNERS = ("logistic regression", "LightGBM", "XGBoost", "CatBoost", "random forest")
"""Who competes where the playbook does not say."""

_NO_CALENDAR = CalendarFields({}, True, float("nan"), float("nan"))

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
class HeldOut:
    """What the blend said of training leads that its models had not seen: `margins`, before calibration.

    `places` are the positions of these leads among the training leads.
    """

    places: np.ndarray
    margins: np.ndarray


@dataclass(frozen=True)
class Learned:
    """What training found: the features and the blend, who competed, and the rules and prior to compare with.

    `calendar` tells which fields told the time rather than the lead, and whether they are used; `weighing` how the weights of
    the blend were found; `segments` holds the blends of segments that have their own, and `verdicts` what speaks for or
    against each segment; `fold_points` how many
    score points each field moved leads by, for the same blend learned from each fold.
    """

    features: FeatureSet
    blend: Blend
    contenders: tuple[Contender, ...]
    prior: float
    rules: Baseline | None
    held_out_auc: float
    calendar: CalendarFields
    weighing: str
    segments: Mapping[str, Blend]
    verdicts: tuple[SegmentVerdict, ...]
    held_out: HeldOut
    fold_points: tuple[Mapping[str, float], ...] = ()


@dataclass(frozen=True)
class How:
    """How settings are searched for: whether newer leads may count more, and the seed."""

    fading: bool
    seed: int


Asked = tuple[Learner, Examples, Sequence[FeatureColumn], Settings]
"""A model to be fitted: by whom, to which examples with which columns, and with which settings."""


class Elsewhere(Protocol):
    """Other processes that do parts of the work, all at the same time; what comes of it is the same."""

    def search(
        self, learners: Sequence[Learner], folds: Sequence[Fold], shares: Sequence[float], budget: Budget, how: How
    ) -> list[Search]:
        """The settings that each learner chooses; their trials are kept nowhere."""

    def fit(self, asked: Sequence[Asked], seed: int) -> list[Member]:
        """The models."""


@dataclass(frozen=True)
class Effort:
    """How hard to try: the budget of the searches, where their trials are kept (None: nowhere), and who does them (None: we)."""

    budget: Budget
    storage: Storage | None = None
    elsewhere: Elsewhere | None = None


def require_enough(playbook: Playbook, positive: np.ndarray) -> None:
    """Raise NotEnoughOutcomes where there are too few leads, won leads or lost leads to learn from honestly."""
    wanted = playbook.training
    won, leads = round(float(positive.sum())), len(positive)
    problems = []
    if leads < wanted.min_leads:
        mend = "bring more leads, or lower min_leads under [training] if you accept wide intervals"
        problems.append(Problem("leads", f"not enough leads: {leads:,} of {wanted.min_leads:,}", mend))
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
    """Raise PlaybookError where the playbook names a learner that does not exist; those beside the playbook are not looked at."""
    problems = []
    for name in playbook.training.learners:
        if name not in LEARNERS and ":" not in name:
            near = get_close_matches(name, LEARNERS, 1, 0.5)
            known = ", ".join(LEARNERS)
            mend = f"did you mean “{near[0]}”?" if near else f"name some of: {known}"
            problems.append(Problem("training.learners", f"“{name}” is no learner", mend))
    if problems:
        raise PlaybookError(playbook.name, problems)


def learn(
    playbook: Playbook,
    labelled: Labelled,
    *,
    fields: Sequence[Field],
    effort: Effort,
    functions: Sequence[FeatureFunction] = (),
    rules: Mapping[str, float] | None = None,
    own_learners: Mapping[str, Learner] | None = None,
    tick: Tick = lambda stage: None,
) -> Learned:
    """Learn from the training part alone.

    `labelled` holds the training leads, in time order where there is one, with their outcomes as far as they were known
    `until` then; `fields` are the fields that may be used; `rules` the points of each rule by its column; `own_learners` the
    learners beside the playbook, by the name that it gives them.
    """
    seed = playbook.training.seed
    in_time_order = labelled.order is not None
    forward = in_time_order and playbook.training.validation != "k-fold"
    given = _Given(fields, functions, rules or {})
    newest = _newest(len(labelled), seed, in_time_order=in_time_order)
    folds = make_folds(
        playbook, labelled.take(newest), fields=fields, functions=functions, in_time_order=in_time_order, tick=tick
    )
    calendar = _weigh_calendar(folds, given, seed=seed, tick=tick) if forward else _NO_CALENDAR
    if not calendar.used:
        folds = replace(folds, folds=tuple(leave_out(fold, calendar.shares) for fold in folds.folds))
        given = given.without(calendar.shares)
    learners = _competitors(playbook, given.rules, own_learners or {})
    half_ripe = labelled.maturity is not None and labelled.maturity.weigh
    searches = _search(learners, folds, effort, seed=seed, fading=forward and not half_ripe, tick=tick)

    tick("blending and calibrating")
    weighing = weigh_models([search.margins for search in searches], folds.positive, folds.counts, folds.blocks)
    blended = blend_margins([search.margins for search in searches], weighing.weights)
    ages = folds.blocks.max() - folds.blocks if forward else np.zeros_like(folds.blocks)
    calibrator = calibrate_for_now(blended, folds.positive, folds.calibrating, ages, seed=seed)
    voices = [
        Voice(learner, search, weight)
        for learner, search, weight in zip(learners, searches, weighing.weights, strict=True)
        if weight
    ]
    tick("asking halves of the leads how far apart they are")
    doubt = measure_doubt(voices, folds, calibrator, blended, leads=len(labelled), seed=seed)

    tick("fitting on all training leads")
    everywhere = np.arange(len(labelled))
    features, examples = fit_features(playbook, labelled, everywhere, labelled.until, given.fields, given.functions)
    blend = Blend(
        _fit_members(voices, examples, features.columns, effort.elsewhere, seed=seed, tick=tick),
        tuple(voice.weight for voice in voices),
        calibrator,
        _believe(blended, folds, calibrator, ages),
        ScoreMap.fit(playbook.policy, calibrator.probabilities(blended)),
        doubt,
    )
    segments: Mapping[str, Blend] = {}
    verdicts: tuple[SegmentVerdict, ...] = ()
    if playbook.segment_by:
        segment_of = segments_of(playbook, labelled.leads).to_numpy().astype(str)
        segments, verdicts = learn_segments(
            segment_of[newest],
            folds,
            voices,
            blend,
            examples,
            features.columns,
            segment_of,
            least=playbook.training.min_positives,
            forward=forward,
            seed=seed,
            tick=tick,
        )
    ruled = None
    if given.rules:
        alone = RulesLearner(given.rules).fit(examples, features.columns, {}, seed=seed)
        said = next(
            search.margins
            for learner, search in zip(learners, searches, strict=True)
            if learner.name == RulesLearner.name
        )
        ruled = Baseline(alone, calibrate_for_now(said, folds.positive, folds.calibrating, ages, seed=seed))
    won = float(examples.counts @ examples.positive / examples.counts.sum() * len(labelled))
    tick("asking folds what moves scores")
    return Learned(
        features=features,
        blend=blend,
        contenders=_contenders(learners, searches, weighing.weights, folds.positive),
        prior=(won + 0.5) / (len(labelled) + 1),
        rules=ruled,
        held_out_auc=area_under_curve(folds.positive, blended),
        calendar=calendar,
        weighing=weighing.how,
        segments=segments,
        verdicts=verdicts,
        held_out=HeldOut(newest[folds.held_out], blended),
        fold_points=points_by_fold(folds.folds, voices, blend, seed=seed),
    )


@dataclass(frozen=True)
class _Given:
    """What may be learned from: fields, features in Python, and the points of each rule by its column."""

    fields: Sequence[Field]
    functions: Sequence[FeatureFunction]
    rules: Mapping[str, float]

    def without(self, names: Collection[str]) -> _Given:
        return _Given(
            [field for field in self.fields if field.name not in names],
            [function for function in self.functions if function.__name__ not in names],
            {name: points for name, points in self.rules.items() if name not in names},
        )


def _weigh_calendar(folds: Folds, given: _Given, *, seed: int, tick: Tick) -> CalendarFields:
    """Which fields tell the time rather than the lead, and whether later leads are ranked better with them."""
    kinds = {field.name: field.type for field in given.fields}
    shares = time_share(folds.labelled.leads.data.select(list(kinds)), kinds)
    return weigh_calendar_fields(folds.folds, shares, (LogisticLearner(), LightGBMLearner()), seed=seed, tick=tick)


def _competitors(playbook: Playbook, rules: Mapping[str, float], beside: Mapping[str, Learner]) -> list[Learner]:
    """Who competes: the prior and the rules, which have to be beaten, and the learners that the playbook names."""
    learners: list[Learner] = [PriorLearner()]
    if rules:
        learners.append(RulesLearner(rules))
    names = playbook.training.learners or USUAL_LEARNERS
    return [*learners, *(beside[name] if name in beside else LEARNERS[name]() for name in names)]


def _believe(blended: np.ndarray, folds: Folds, calibrator: Calibrator, ages: np.ndarray) -> VennAbers:
    """What probabilities are believed within; by the newest leads alone where the share of won leads moves."""
    moved = calibrator.kind == "slope and moving shift"
    recent = choose_recent(ages, folds.positive) if moved else np.ones(len(blended), dtype=bool)
    return VennAbers.fit(blended[recent], folds.positive[recent], folds.calibrating[recent])


def _fit_members(
    voices: Sequence[Voice],
    examples: Examples,
    columns: Sequence[FeatureColumn],
    elsewhere: Elsewhere | None,
    *,
    seed: int,
    tick: Tick,
) -> tuple[Member, ...]:
    """Each learner of the blend, fitted on all training leads."""
    asked = [(voice.learner, *fade(examples, voice.search.settings)) for voice in voices]
    if elsewhere:
        return tuple(elsewhere.fit([(one, faded, columns, settings) for one, faded, settings in asked], seed))
    members = []
    for learner, faded, settings in asked:
        tick(f"fitting {learner.name}")
        members.append(learner.fit(faded, columns, settings, seed=seed))
    return tuple(members)


def _contenders(
    learners: Sequence[Learner], searches: Sequence[Search], weights: Sequence[float], positive: np.ndarray
) -> tuple[Contender, ...]:
    return tuple(
        Contender(
            learner.name,
            weight,
            area_under_curve(positive, search.margins),
            log_loss(positive, logistic(search.margins)),
            search.settings,
            search.curve,
            search.trials,
            search.cut,
        )
        for learner, search, weight in zip(learners, searches, weights, strict=True)
    )


def _newest(count: int, seed: int, *, in_time_order: bool) -> np.ndarray:
    """Leads to choose settings on: the newest, or some where nothing says which are."""
    if in_time_order or count <= SEARCH_LEADS:
        return np.arange(count)[-SEARCH_LEADS:]
    return np.sort(np.random.default_rng(seed).choice(count, SEARCH_LEADS, replace=False))


def _search(
    learners: Sequence[Learner], folds: Folds, effort: Effort, *, seed: int, fading: bool, tick: Tick
) -> list[Search]:
    shares = share_out(learners, folds.folds, effort.budget)
    if effort.elsewhere:
        tick(f"choosing settings: {', '.join(one.name for one in learners)}")
        return effort.elsewhere.search(learners, folds.folds, shares, effort.budget, How(fading, seed))
    plan = {
        one.name: plan_trials(one, folds.folds, effort.budget, share)
        for one, share in zip(learners, shares, strict=True)
    }
    outlook = Outlook(plan, effort.budget.spent, effort.budget.passed)
    searches = []
    for learner, share in zip(learners, shares, strict=True):
        tick(f"choosing settings: {learner.name}")
        searches.append(
            search_settings(
                learner,
                folds.folds,
                fading=fading,
                seed=seed,
                budget=effort.budget,
                share=share,
                storage=effort.storage,
                outlook=outlook,
                tick=tick,
            )
        )
    return searches
