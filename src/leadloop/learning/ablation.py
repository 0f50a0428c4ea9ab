"""Ablation: what each family of features is worth, by leaving it out and learning again.

Folds are made once; leaving columns out needs no new features. Two quick learners (logistic regression and LightGBM with
their usual settings) judge held-out leads of the training part with everything and without each family, on the same leads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from leadloop.features import Block, FeatureColumn
from leadloop.features.derived import DerivedBlock
from leadloop.features.functions import FeatureFunction, FunctionsBlock
from leadloop.leads import Field, LeadFrame
from leadloop.learning.calendar import leave_out, weigh_calendar_fields
from leadloop.learning.evaluation import Estimate, Ranking, area_under_curve
from leadloop.learning.evaluation.intervals import draw_times, middle
from leadloop.learning.evaluation.measures import counted
from leadloop.learning.fitted_folds import QUICK_LEARNERS, FittedFold, HeldOut, fit_folds, judge_folds, keep_columns
from leadloop.learning.labelled import Labelled
from leadloop.learning.leakage import time_share
from leadloop.learning.learners import Fold
from leadloop.playbook import Playbook

ABLATION_LEADS = 30_000
"""Families are judged on the newest leads, at most so many."""
_FOLDS = 4
_DRAWS = 300
_LITTLE = 0.005
"""A family that costs at most this share of the log-loss, whatever chance does, is not missed."""
_TIMED = 5_000
_KINDS = {
    "numbers": "numbers",
    "employees": "numbers",
    "booleans": "yes or no",
    "times": "times",
    "text": "texts: length, signs, phrases",
    "words": "texts: words",
    "email": "contact",
    "phone": "contact",
    "url": "contact",
    "functions": "functions of the playbook",
    "derived": "derived features",
}
CALENDAR = "calendar"
ALL_CATEGORIES = "categories, all"

Tick = Callable[[str], None]


@dataclass(frozen=True)
class AblationLine:
    """What held-out leads say of a family (or a field) that was left out."""

    name: str
    """The family's name, or the field's."""
    fields: tuple[str, ...]
    """The fields whose columns were left out."""
    columns: int
    """How many columns that were."""
    auc: Estimate
    """By how much the AUC is higher without it, with its 95% interval (paired: on the same leads)."""
    log_loss: Estimate
    """By how much the log-loss is higher without it, in the same way."""
    learning_cpu: float
    """How many CPU seconds learning takes longer with it."""
    features_ms: float
    """How many CPU milliseconds its columns take for 1,000 leads."""
    verdict: str
    """What to do with it, in plain words."""


@dataclass(frozen=True)
class Ablation:
    """The quality with everything, and what happens to it without each family of features."""

    lines: tuple[AblationLine, ...]
    """A line for each family (or field), the one that is missed most first."""
    auc: float
    """The AUC with everything: the mean of the folds."""
    log_loss: float
    """The log-loss with everything."""
    columns: int
    """How many columns everything is."""
    leads: int
    """How many leads of the training part were used."""
    held_out: int
    """How many of them were held out in some fold, and asked."""
    by_field: bool
    """Whether each field was left out rather than each family."""
    calendar_left_out: tuple[str, ...]
    """Fields that tell the time and that training leaves out."""


def ablate(
    playbook: Playbook,
    labelled: Labelled,
    *,
    fields: Sequence[Field],
    by_field: bool = False,
    functions: Sequence[FeatureFunction] = (),
    rules: Sequence[str] = (),
    cpu: Callable[[], float],
    tick: Tick = lambda said: None,
) -> Ablation:
    """Leave out each family of features (or each field, `by_field`) and see what held-out leads lose.

    `labelled` is the training part alone, in time order where there is one; `cpu` gives the CPU seconds used so far. A
    field takes with it everything that is made of it. Fields that tell the time are left out as training would leave them
    out, and are a family of their own.
    """
    seed = playbook.training.seed
    in_time_order = labelled.order is not None
    labelled = labelled.take(_newest(len(labelled), in_time_order, seed))
    labelled = replace(labelled, positive=labelled.won)  # a grade counts as won from the middle up
    leads, groups = labelled.leads, labelled.groups
    folds = fit_folds(
        playbook,
        labelled,
        fields=fields,
        in_time_order=in_time_order,
        count=_FOLDS,
        functions=functions,
        tick=tick,
    )
    telling, used = _calendar(leads, fields, folds, in_time_order, seed, tick)
    whole = [each.fold for each in folds]
    base = whole if used else [leave_out(fold, telling) for fold in whole]
    tick("judging with everything")
    judge_folds(base[:1], seed=seed)  # what learners import is no cost of the first one
    before = cpu()
    with_all = judge_folds(base, seed=seed)
    takes = cpu() - before
    comparer = _Comparer(with_all, groups, [each.held_out for each in folds], seed)
    families = _by_field(folds[-1], fields) if by_field else _by_family(folds[-1], telling, rules)
    costs = _column_costs(folds[-1], leads, cpu)
    lines = []
    for number, (name, members) in enumerate(families.items(), start=1):
        tick(f"leaving out {number} of {len(families)}")
        # Fields that training leaves out anyway are judged by what it would be like to have them.
        added = bool(telling) and not used and members.isdisjoint(column.name for column in base[-1].columns)
        others = whole if added else [_without(fold, members) for fold in base]
        before = cpu()
        said = judge_folds(others, seed=seed)
        spent = cpu() - before
        auc, loss = comparer.compare(said)
        if added:
            auc, loss, spent = _turned(auc), _turned(loss), 2 * takes - spent
        made_of = tuple(dict.fromkeys(column.field for column in whole[-1].columns if column.name in members))
        verdict = "left out by training already: " if added else ""
        lines.append(
            AblationLine(
                name,
                made_of,
                len(members),
                auc,
                loss,
                takes - spent,
                sum(costs[column] for column in members),
                verdict + judge(auc, loss, float(with_all.losses.mean()), len(families)),
            )
        )
    return Ablation(
        tuple(sorted(lines, key=lambda line: -line.log_loss.value)),
        with_all.auc,
        float(with_all.losses.mean()),
        len(base[-1].columns),
        len(leads),
        len(with_all.positive),
        by_field,
        () if used else tuple(telling),
    )


def judge(auc: Estimate, log_loss: Estimate, whole: float, looks: int = 1) -> str:
    """What to do with a family, in plain words; `auc` and `log_loss` are by how much each is higher without it.

    Who looks often sees something by chance: with many `looks` the intervals that decide are wider (Bonferroni). `whole` is
    the log-loss with everything.

    >>> judge(Estimate(-0.02, -0.03, -0.01), Estimate(0.01, 0.005, 0.015), 0.4)
    'keeps its place'
    >>> judge(Estimate(0.0, -0.001, 0.001), Estimate(0.0, -0.001, 0.001), 0.4)
    'can go: nothing is lost'
    """
    little = log_loss.high <= _LITTLE * whole
    auc, log_loss = _widened(auc, looks), _widened(log_loss, looks)
    worse, better = log_loss.low > 0 or auc.high < 0, log_loss.high < 0 or auc.low > 0
    if worse and better:
        return "mixed: one measure needs it, the other suffers from it"
    if worse:
        return "keeps its place"
    if better:
        return "hurts: leave it out"
    if little:
        return "can go: nothing is lost"
    return "cannot be told: too few leads"


class _Comparer:
    """Holds what was said with everything against what is said without a family, on the same leads drawn anew."""

    def __init__(self, said: HeldOut, groups: np.ndarray | None, places: Sequence[np.ndarray], seed: int) -> None:
        self.said = said
        pooled = None if groups is None else np.concatenate([groups[held_out] for held_out in places])
        self.times = list(draw_times(len(said.positive), _DRAWS, seed, pooled))
        self.aucs = self._aucs(said)

    def compare(self, other: HeldOut) -> tuple[Estimate, Estimate]:
        """By how much AUC and log-loss are higher for the other."""
        more = other.losses - self.said.losses
        losses = np.array([float(more @ times) / max(times.sum(), 1) for times in self.times])
        aucs = self._aucs(other) - self.aucs
        return (
            Estimate(other.auc - self.said.auc, *middle(aucs)),
            Estimate(float(more.mean()), *middle(losses)),
        )

    def _aucs(self, said: HeldOut) -> np.ndarray:
        """The mean AUC of the folds for each draw of leads."""
        measure = counted(area_under_curve)
        assert measure is not None
        rankings = [Ranking.of(margins) for margins in said.by_fold(said.margins)]
        positives = said.by_fold(said.positive)
        drawn = []
        for times in self.times:
            parts = zip(rankings, positives, said.by_fold(times), strict=True)
            found = [measure(ranking.tally(positive, each)) for ranking, positive, each in parts if each.any()]
            drawn.append(float(np.nanmean(found)))
        return np.array(drawn)


def _widened(change: Estimate, looks: int) -> Estimate:
    """The interval that holds the truth for all of so many looks at once."""
    wider = NormalDist().inv_cdf(1 - 0.025 / max(looks, 1)) / NormalDist().inv_cdf(0.975)
    value = change.value
    return Estimate(value, value + (change.low - value) * wider, value + (change.high - value) * wider)


def _turned(change: Estimate) -> Estimate:
    return Estimate(-change.value, -change.high, -change.low)


def _newest(count: int, in_time_order: bool, seed: int) -> np.ndarray:
    if in_time_order or count <= ABLATION_LEADS:
        return np.arange(count)[-ABLATION_LEADS:]
    return np.sort(np.random.default_rng(seed).choice(count, ABLATION_LEADS, replace=False))


def _calendar(
    leads: LeadFrame, fields: Sequence[Field], folds: Sequence[FittedFold], in_time_order: bool, seed: int, tick: Tick
) -> tuple[dict[str, float], bool]:
    """The fields that tell the time, and whether training would use them."""
    if not in_time_order:
        return {}, True
    kinds = {field.name: field.type for field in fields}
    shares = time_share(leads.data.select(list(kinds)), kinds)
    calendar = weigh_calendar_fields([each.fold for each in folds], shares, QUICK_LEARNERS, seed=seed, tick=tick)
    return calendar.shares, calendar.used


def _without(fold: Fold, members: set[str]) -> Fold:
    return keep_columns(fold, np.array([column.name not in members for column in fold.columns], dtype=bool))


def _columns(fold: FittedFold) -> Iterator[tuple[Block, FeatureColumn, tuple[str, ...]]]:
    """Every column with its block and the fields that it is made of."""
    for block in fold.features.blocks:
        reads = {kept.name: kept.reads for kept in block.functions} if isinstance(block, FunctionsBlock) else {}
        for column in block.columns:
            made_of = block.reads if isinstance(block, DerivedBlock) else reads.get(column.name, (column.field,))
            yield block, column, made_of


def _by_family(fold: FittedFold, telling: Mapping[str, float], rules: Sequence[str]) -> dict[str, set[str]]:
    """The names of the columns in each family; a category is a family of its own, and all of them are one besides."""
    families: dict[str, set[str]] = {}
    categories: dict[str, set[str]] = {}
    for block, column, _ in _columns(fold):
        if {column.field, *column.rests_on} & telling.keys():
            families.setdefault(CALENDAR, set()).add(column.name)
        elif block.kind == "category":
            categories.setdefault(f"category: {column.field}", set()).add(column.name)
        else:
            name = "rules of the playbook" if column.name in rules else _KINDS[block.kind]
            families.setdefault(name, set()).add(column.name)
    if len(categories) > 1:
        families[ALL_CATEGORIES] = set().union(*categories.values())
    return families | categories


def _by_field(fold: FittedFold, fields: Sequence[Field]) -> dict[str, set[str]]:
    """The names of the columns that each field has a part in."""
    found: dict[str, set[str]] = {field.name: set() for field in fields}
    for _, column, made_of in _columns(fold):
        for name in made_of:
            found.setdefault(name, set()).add(column.name)
    return {name: members for name, members in found.items() if members}


def _column_costs(fold: FittedFold, leads: LeadFrame, cpu: Callable[[], float]) -> dict[str, float]:
    """CPU milliseconds for 1,000 leads that each column takes to make: its share of its block's."""
    data = leads.take(fold.held_out[-_TIMED:]).data
    costs: dict[str, float] = {}
    for block in fold.features.blocks:
        before = cpu()
        block.values(data)
        each = 1e6 * (cpu() - before) / max(data.height, 1) / len(block.columns)
        costs |= {column.name: each for column in block.columns}
    return costs
