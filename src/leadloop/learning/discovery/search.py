"""The search: candidates are screened, held against noise of their own making, audited, and only then learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from leadloop.features.derived import DerivedBlock
from leadloop.features.functions import FeatureFunction
from leadloop.leads import Field, LeadFrame
from leadloop.learning.calendar import TELLS_TIME, leave_out, weigh_calendar_fields
from leadloop.learning.discovery.candidates import propose_candidates
from leadloop.learning.discovery.screen import Bench, bar_for, screen
from leadloop.learning.evaluation import DRAWS
from leadloop.learning.evaluation.intervals import draw_times, middle
from leadloop.learning.fitted_folds import QUICK_LEARNERS, FittedFold, HeldOut, fit_folds, judge_folds
from leadloop.learning.labelled import Labelled
from leadloop.learning.leakage import Finding, audit_fields, time_share
from leadloop.learning.learners import Fold
from leadloop.playbook import Playbook
from leadloop.playbook.derived import Derived

SEARCH_LEADS = 20_000
"""Features are sought on the newest leads, at most so many."""
NOISE_COPIES = 12
"""Each candidate that passes the screen must beat so many copies of itself in which one of its fields is shuffled."""
MOST_KEPT = 6
_MOST_TRIED = 12
_FOLDS, _START = 6, 0.3
_SAME = 0.95

Tick = Callable[[str], None]


@dataclass(frozen=True)
class Proposal:
    """A derived feature that stood every test, with the evidence."""

    derived: Derived
    """The feature."""
    gain: float
    """By how much the log-loss of held-out leads falls when learners are given it."""
    low: float
    """The lower end of the 95% interval of the gain."""
    high: float
    """The upper end of the 95% interval of the gain."""
    folds_better: int
    """In how many folds the log-loss fell."""
    folds: int
    """How many folds there are."""
    auc_gain: float
    """By how much the AUC of held-out leads rises."""
    z: float
    """How many standard errors its own knowledge lies above 0 in the screen."""
    noise: float
    """The most that a copy with a shuffled field reached there."""
    warning: str = ""
    """What the leakage audit has to say of it, if anything."""

    @property
    def because(self) -> str:
        """The evidence in a sentence, for the playbook."""
        return (
            f"log-loss of held-out training leads {self.gain:.4f} lower ({self.low:.4f} to {self.high:.4f}), better in "
            f"{self.folds_better} of {self.folds} folds; {self.z:.1f} standard errors above chance, shuffled copies at "
            f"most {self.noise:.1f}"
        )


@dataclass(frozen=True)
class Discovery:
    """What a search for derived features came to."""

    proposals: tuple[Proposal, ...]
    """What stood every test, in the order in which it was found."""
    refused: tuple[tuple[Derived, str], ...]
    """What passed the screen and failed later, each with the reason."""
    tried: int
    """How many candidates there were."""
    bar: float
    """How many standard errors above chance a candidate had to be in the screen."""
    leads: int
    """How many leads of the training part were used."""
    log_loss: float
    """The log-loss of held-out training leads under two quick learners, without what is proposed."""
    log_loss_with: float
    """The same with everything proposed."""
    auc: float
    """The AUC without what is proposed: the mean of the folds."""
    auc_with: float
    """The same with everything proposed."""


def discover_features(
    playbook: Playbook,
    labelled: Labelled,
    *,
    fields: Sequence[Field],
    functions: Sequence[FeatureFunction] = (),
    tick: Tick = lambda said: None,
) -> Discovery:
    """Seek derived features on the training part alone; `fields` are those that may be used when leads are scored.

    A candidate is proposed when it passes four tests, in this order. In the screen its gain must lie so far above 0 that
    all candidates together would let one pass by chance in one search of twenty. It must beat copies of itself in which
    the values of one field are dealt out anew, so that it is the two fields together that know something. The leakage audit
    must find nothing that blocks. And two learners that are given the feature, beside those proposed before it, must rank
    later leads better in most folds, by more than the leads' own chance explains; what says the same as an earlier
    proposal does not pass.
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
        in_time_order=True,
        count=_FOLDS,
        start=_START,
        functions=functions,
        tick=tick,
    )
    order, positive = (np.arange(len(leads)) if in_time_order else None), labelled.positive
    fields, folds = _without_calendar(leads, fields, folds, in_time_order, seed, tick)
    tick("listing candidates")
    candidates = propose_candidates(fields, leads.data, positive, order=order, seed=seed, known=playbook.derived)
    tick("judging what there is already")
    base = judge_folds([each.fold for each in folds], seed=seed)
    types = {field.name: field.type for field in fields}
    bench = Bench(leads.data, positive, types, folds, groups)
    search = _Search(bench, base, seed, bar_for(len(candidates)), tick)
    if len(folds) > 1:
        search.run(candidates, order)
    return Discovery(
        tuple(search.kept),
        tuple(search.refused),
        len(candidates),
        search.bar,
        len(leads),
        float(base.losses.mean()),
        float(search.said.losses.mean()),
        base.auc,
        search.said.auc,
    )


class _Search:
    """Goes through the candidates that the screen let pass, the strongest first, and keeps those that prove themselves."""

    def __init__(self, bench: Bench, said: HeldOut, seed: int, bar: float, tick: Tick) -> None:
        self.bench, self.said, self.seed, self.bar, self.tick = bench, said, seed, bar, tick
        self.folds = [each.fold for each in bench.folds]
        self.kept: list[Proposal] = []
        self.columns: list[np.ndarray] = []
        self.refused: list[tuple[Derived, str]] = []

    def run(self, candidates: Sequence[Derived], order: np.ndarray | None) -> None:
        passed = []
        for number, candidate in enumerate(candidates, start=1):
            self.tick(f"screening candidate {number} of {len(candidates)}")
            if (z := screen(candidate, self.bench, self.said)) > self.bar:
                passed.append((z, candidate))
        passed.sort(key=lambda found: -found[0])
        for z, candidate in passed[:_MOST_TRIED]:
            if len(self.kept) == MOST_KEPT:
                break
            self.tick(f"testing {candidate.label}")
            self._test(candidate, z, order)

    def _test(self, candidate: Derived, z: float, order: np.ndarray | None) -> None:
        if self.kept and (now := screen(candidate, self.bench, self.said)) <= self.bar:
            self.refused.append((candidate, f"known already with those above it ({now:.1f} standard errors left)"))
            return
        noise = max(
            screen(candidate, self.bench, self.said, self.bench.shuffled(field, self.seed + 101 * copy))
            for copy in range(NOISE_COPIES)
            for field in [candidate.reads[copy % len(candidate.reads)]]
        )
        if noise >= z:
            self.refused.append((candidate, f"a copy with a shuffled field does as well ({noise:.1f} against {z:.1f})"))
            return
        fitted = [_columns(candidate, self.bench, each) for each in self.bench.folds]
        if twin := self._twin(np.concatenate([held_out[:, 0] for _, held_out in fitted])):
            self.refused.append((candidate, f"says the same as {twin}"))
            return
        finding = self._audit(candidate, order)
        if finding is not None and (finding.severity == "blocks" or finding.kind == "acts_as_calendar"):
            self.refused.append((candidate, f"{finding.evidence} [{finding.kind}]"))
            return
        self._learn(candidate, z, noise, fitted, "" if finding is None else finding.evidence)

    def _learn(
        self, candidate: Derived, z: float, noise: float, fitted: Sequence[tuple[np.ndarray, np.ndarray]], warning: str
    ) -> None:
        """Give the feature to the learners, and keep it if they do better."""
        folds = [_with_column(fold, candidate, *values) for fold, values in zip(self.folds, fitted, strict=True)]
        said = judge_folds(folds, seed=self.seed)
        gains = self.said.losses - said.losses
        low, high = _interval(gains, self.bench, self.seed)
        better = sum(bool(each.mean() > 0) for each in said.by_fold(gains))
        if low <= 0 or better * 4 < 3 * len(folds):
            self.refused.append(
                (
                    candidate,
                    f"learners gain too little from it: log-loss {gains.mean():.4f} lower ({low:.4f} to {high:.4f}), better in "
                    f"{better} of {len(folds)} folds",
                )
            )
            return
        auc_gain = said.auc - self.said.auc
        self.kept.append(
            Proposal(candidate, float(gains.mean()), low, high, better, len(folds), auc_gain, z, noise, warning)
        )
        self.columns.append(np.concatenate([held_out[:, 0] for _, held_out in fitted]))
        self.said, self.folds = said, folds

    def _twin(self, values: np.ndarray) -> str:
        """The name of a proposal that puts leads in the same order (or the reverse); empty where none does."""
        for proposal, other in zip(self.kept, self.columns, strict=True):
            known = ~(np.isnan(values) | np.isnan(other))
            if known.sum() < 3:
                continue
            one, two = (pl.Series(each[known]).rank().to_numpy() for each in (values, other))
            if min(one.std(), two.std()) > 0 and abs(np.corrcoef(one, two)[0, 1]) > _SAME:
                return proposal.derived.label
        return ""

    def _audit(self, candidate: Derived, order: np.ndarray | None) -> Finding | None:
        """What the leakage audit says of it as if it were a field; its name says nothing of its own."""
        bench = self.bench
        everyone = np.arange(bench.data.height)
        folds = everyone % 5
        _, values = DerivedBlock.fit(candidate, bench.types, bench.data, bench.positive, folds)
        frame = pl.DataFrame({"feature": pl.Series(values[:, 0].astype(np.float64)).fill_nan(None)})
        findings = audit_fields(frame, bench.positive, kinds={"feature": "number"}, order=order, seed=self.seed)
        return next(iter(findings), None)


def _newest(count: int, in_time_order: bool, seed: int) -> np.ndarray:
    """The newest leads in time order; without one, leads at random in an order drawn by lot, which serves as well."""
    if in_time_order:
        return np.arange(count)[-SEARCH_LEADS:]
    return np.random.default_rng(seed).permutation(count)[:SEARCH_LEADS]


def _without_calendar(
    leads: LeadFrame, fields: Sequence[Field], folds: list[FittedFold], in_time_order: bool, seed: int, tick: Tick
) -> tuple[list[Field], list[FittedFold]]:
    """The fields to make candidates of, none of which tells the time; and the folds as training would have them."""
    if not in_time_order:
        return list(fields), folds
    kinds = {field.name: field.type for field in fields}
    shares = time_share(leads.data.select(list(kinds)), kinds)
    calendar = weigh_calendar_fields([each.fold for each in folds], shares, QUICK_LEARNERS, seed=seed, tick=tick)
    if not calendar.used:
        folds = [replace(each, fold=leave_out(each.fold, calendar.shares)) for each in folds]
    return [field for field in fields if shares.get(field.name, 0.0) < TELLS_TIME], folds


def _columns(candidate: Derived, bench: Bench, each: FittedFold) -> tuple[np.ndarray, np.ndarray]:
    """The candidate's column on both sides of a fold."""
    train = bench.data[each.train]
    block, values = DerivedBlock.fit(candidate, bench.types, train, bench.positive[each.train], each.inner)
    return values, block.values(bench.data[each.held_out])


def _with_column(fold: Fold, candidate: Derived, train: np.ndarray, held_out: np.ndarray) -> Fold:
    column = DerivedBlock(candidate.kind, candidate.label, candidate.reads, (), 0.0, 0.0).columns
    return replace(
        fold,
        train=replace(fold.train, matrix=np.ascontiguousarray(np.hstack([fold.train.matrix, train]))),
        held_out=replace(fold.held_out, matrix=np.ascontiguousarray(np.hstack([fold.held_out.matrix, held_out]))),
        columns=(*fold.columns, *column),
    )


def _interval(gains: np.ndarray, bench: Bench, seed: int) -> tuple[float, float]:
    """The 95% interval of the mean gain: leads (or whole groups of them) drawn anew."""
    groups = None
    if bench.groups is not None:
        groups = np.concatenate([bench.groups[each.held_out] for each in bench.folds])
    times = draw_times(len(gains), DRAWS, seed, groups)
    return middle(np.array([float(gains @ each) / max(each.sum(), 1) for each in times]))
