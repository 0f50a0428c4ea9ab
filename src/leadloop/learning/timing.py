"""Learning when leads are won: the days from coming in to winning, for leads that are won at all.

Leads that are lost say nothing of the days. Leads that are still open may be won yet: each counts as much as it is likely to
be won, given its probability and how long it has been open (the EM algorithm for mixtures of Larson and Dinse 1985; Sy and
Taylor 2000). How fast a lead is won is a ridge-penalised Cox regression on the blend's margin and the few columns that tell
most; whether that is better than one curve for all is decided on training leads that were held out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.event_times import EventTimes
from leadloop.learning.learners.logistic import shape_terms
from leadloop.scoring.members import HINGE, STRAIGHT, LinearModel, no_terms
from leadloop.scoring.timing import Timing

FEWEST_WON = 40
"""With fewer dated wins than this, no times are learned."""
MOST_LEADS = 20_000
"""The newest so many leads are learned from."""
BLOCKS = 4
_MOST_KNOTS = 200
_TERMS = (0, 12)
_PENALTIES = (0.01, 0.05, 0.2)
_ROUNDS = 100
_SECOND_LOOKS = 12
_SETTLED = 1e-3
_FEWEST_LOST = 20
_UNLIKELY = 1e-4

MARGIN = FeatureColumn("margin of the blend", "probability")

Tick = Callable[[str], None]


@dataclass(frozen=True)
class TimedLeads:
    """Leads to learn days from: features, the blend's margin and probability of leads it had not seen, and their fate."""

    matrix: np.ndarray
    margins: np.ndarray
    probabilities: np.ndarray
    times: EventTimes

    def take(self, rows: np.ndarray) -> TimedLeads:
        """The leads at these positions."""
        return TimedLeads(self.matrix[rows], self.margins[rows], self.probabilities[rows], self.times.take(rows))

    @property
    def wide(self) -> np.ndarray:
        """The features with the margin as the last column."""
        return np.hstack([self.matrix, self.margins[:, None].astype(self.matrix.dtype)])


def fit_timing(
    leads: TimedLeads,
    columns: Sequence[FeatureColumn],
    horizons: tuple[int, ...],
    within_days: float | None,
    tick: Tick = lambda stage: None,
) -> tuple[Timing, Timing] | None:
    """The days to winning, by lead or the same for all, as held-out leads decide; and, in any case, the same for all.

    `leads` stand in time order. A pace by lead is kept where its curves are closer to the days of held-out won leads than one
    curve for all, by more than a standard error. None where too few wins are dated.
    """
    leads = leads.take(np.flatnonzero(leads.times.known)[-MOST_LEADS:])
    if leads.times.won.sum() < FEWEST_WON:
        return None
    asked = Asked(horizons, within_days)
    blocks = _blocks(leads.times.won)
    grid = day_grid(leads.times)
    errors = []
    for block in range(BLOCKS):
        tick(f"times to winning, block {block + 1} of {BLOCKS}")
        inside = blocks == block
        learned, judged = leads.take(np.flatnonzero(~inside)), leads.take(np.flatnonzero(inside & leads.times.won))
        weight, same = _spread(learned, asked)
        tried = [same]
        for most in _TERMS:
            terms = _choose_terms(learned, columns, weight, same, most)
            tried += [_regress(learned, terms, weight, same, penalty) for penalty in _PENALTIES]
        errors.append(np.array([day_errors(each, judged, grid) for each in tried]))
    by_candidate = np.hstack(errors)
    best = int(np.argmin(by_candidate.mean(axis=1)))
    gained = by_candidate[0] - by_candidate[best]
    weight, same = _spread(leads, asked)
    if best == 0 or gained.mean() <= gained.std(ddof=1) / np.sqrt(len(gained)):
        return same, same
    most, penalty = _TERMS[(best - 1) // len(_PENALTIES)], _PENALTIES[(best - 1) % len(_PENALTIES)]
    terms = _choose_terms(leads, columns, weight, same, most)
    timing = same
    for _ in range(_SECOND_LOOKS):
        timing = _regress(leads, terms, weight, same, penalty)
        before, weight = weight, _weigh(leads, timing)
        if np.abs(weight - before).max() < _SETTLED:
            break
    return timing, same


@dataclass(frozen=True)
class Asked:
    """What the playbook asks of times: the horizons, and how long an outcome counts."""

    horizons: tuple[int, ...]
    within_days: float | None


def day_grid(times: EventTimes) -> np.ndarray:
    """Days that won leads are spread over evenly, for measuring curves."""
    return np.unique(np.quantile(times.days[times.won], np.linspace(0.02, 0.98, 49)))


def day_errors(timing: Timing, leads: TimedLeads, grid: np.ndarray) -> np.ndarray:
    """How far the curve of days is from the day of each won lead: the mean squared distance of curve and fact over `grid`.

    A lead that was followed for a short time could only be won in a short time; its curve is cut there, so that young leads
    do not make slow curves look wrong.
    """
    times = leads.times
    speeds = timing.speeds(leads.matrix, leads.margins)
    whole = np.maximum(timing.won_by(speeds, times.followed), 1e-12)
    curve = np.minimum(timing.won_by(speeds[:, None], grid) / whole[:, None], 1.0)
    could = grid <= times.followed[:, None]
    apart = np.where(could, (curve - (times.days[:, None] <= grid)) ** 2, 0.0)
    errors: np.ndarray = apart.sum(axis=1) / np.maximum(could.sum(axis=1), 1)
    return errors


def _blocks(won: np.ndarray) -> np.ndarray:
    """Blocks that follow one another in time, each with about as many won leads."""
    before = np.cumsum(won) - won
    blocks: np.ndarray = np.minimum(before * BLOCKS // max(int(won.sum()), 1), BLOCKS - 1)
    return blocks


def _spread(leads: TimedLeads, asked: Asked) -> tuple[np.ndarray, Timing]:
    """One curve of days for all won leads, and how much each lead counts in it: 1 if won, 0 if lost, between if open."""
    times = leads.times
    # From won leads alone upwards: begun with every open lead at its probability, the tail of the curve takes long to settle.
    weight = times.won.astype(np.float64)
    empty = Timing(np.zeros(1), np.zeros(1), no_terms(), asked.horizons, asked.within_days)
    same = _with_curve(empty, times, weight, np.ones(len(times)))
    for _ in range(_ROUNDS):
        before, weight = weight, _weigh(leads, same)
        same = _with_curve(same, times, weight, np.ones(len(times)))
        if np.abs(weight - before).max() < _SETTLED:
            break
    return weight, same


def _weigh(leads: TimedLeads, timing: Timing) -> np.ndarray:
    """How much each lead counts: 1 if won, 0 if lost; if open, how likely it is to be won after so many days without an end.

    Losses take as long as their own dates say; as long as wins where nobody dates them; where there is no loss at all, a
    lead that will not be won stays open.
    """
    times = leads.times
    open_now = ~times.won & ~times.lost
    speeds = timing.speeds(leads.matrix, leads.margins)
    not_yet_won = 1 - timing.won_by(speeds, times.followed)
    chance = leads.probabilities
    dated = times.lost & ~np.isnan(times.days)
    if timing.within_days or not times.lost.any():
        not_yet_lost = np.ones(len(times))
    elif dated.sum() < _FEWEST_LOST:
        not_yet_lost = not_yet_won
    else:
        not_yet_lost = np.exp(-_hazard_of_loss(times, dated, open_now, chance))
    still = chance * not_yet_won + (1 - chance) * not_yet_lost
    share = chance * not_yet_won / np.maximum(still, 1e-300)
    return np.where(times.won, 1.0, np.where(open_now, share, 0.0))


def _hazard_of_loss(times: EventTimes, dated: np.ndarray, open_now: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """The cumulative hazard of being lost by the time each lead was followed to; open leads count by their chance of it."""
    until = np.where(dated, times.days, times.followed)
    days, hazard = _breslow(
        until, dated, np.where(dated, 1.0, np.where(open_now, 1 - chance, 0.0)), np.ones(len(times))
    )
    gone: np.ndarray = np.interp(times.followed, days, hazard)
    return gone


def _with_curve(timing: Timing, times: EventTimes, weight: np.ndarray, speeds: np.ndarray) -> Timing:
    until = np.where(times.won, times.days, times.followed)
    days, hazard = _breslow(until, times.won, weight, speeds)
    return replace(timing, days=days, hazard=hazard)


def _breslow(
    until: np.ndarray, ended: np.ndarray, weight: np.ndarray, speeds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The cumulative hazard at no more than two hundred days, from 0 on (Breslow 1972)."""
    order = np.argsort(until, kind="stable")
    until, ended = until[order], ended[order]
    at_risk = np.cumsum((weight * speeds)[order][::-1])[::-1]
    days, first = np.unique(until, return_index=True)
    events = np.add.reduceat(weight[order] * ended, first)
    kept = events > 0
    days, hazard = days[kept], np.cumsum(events[kept] / at_risk[first][kept])
    if len(days) > _MOST_KNOTS:
        places = np.unique(np.linspace(0, len(days) - 1, _MOST_KNOTS).round().astype(int))
        days, hazard = days[places], hazard[places]
    return np.concatenate([[0.0], days]), np.concatenate([[0.0], hazard])


def _choose_terms(
    leads: TimedLeads, columns: Sequence[FeatureColumn], weight: np.ndarray, same: Timing, most: int
) -> LinearModel:
    """The margin, and the columns that tell most of the days by their score test in a Cox regression (Rao 1948)."""
    used = weight > _UNLIKELY
    wide = leads.wide[used]
    terms = shape_terms(wide, [*columns, MARGIN])
    is_margin = (terms.column == len(columns)) & (terms.term == STRAIGHT)
    candidate = (terms.term != HINGE) & (terms.column != len(columns))
    chosen = is_margin
    if most and candidate.any():
        design = terms.design(wide)
        times = leads.times.take(np.flatnonzero(used))
        hazard = np.interp(np.where(times.won, times.days, times.followed), same.days, same.hazard)
        residual = weight[used] * (times.won - hazard)
        spread = np.sqrt(np.maximum((design**2).T @ (weight[used] * hazard), 1e-12))
        strength = np.where(candidate, np.abs(design.T @ residual) / spread, -1.0)
        best = np.argsort(-strength, kind="stable")[:most]
        chosen = is_margin.copy()
        chosen[best[strength[best] > 0]] = True
    return _only(terms, chosen)


def _only(terms: LinearModel, chosen: np.ndarray) -> LinearModel:
    names = ("column", "term", "knot", "low", "high", "centre", "scale", "weight")
    return replace(terms, **{name: getattr(terms, name)[chosen] for name in names})


def _regress(leads: TimedLeads, terms: LinearModel, weight: np.ndarray, same: Timing, penalty: float) -> Timing:
    """The pace of each lead by a weighted Cox regression; the same for all where it does not converge."""
    if not len(terms.weight):
        return same
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError

    used = np.flatnonzero(weight > _UNLIKELY)
    times = leads.times.take(used)
    design = terms.design(leads.wide[used])
    frame = pd.DataFrame(design, columns=[f"term {place}" for place in range(design.shape[1])])
    frame["until"] = np.where(times.won, times.days, times.followed)
    frame["won"] = times.won
    frame["weight"] = weight[used]
    with warnings.catch_warnings():
        # It warns of weights that are no counts: they are shares here, and its standard errors are not used.
        warnings.simplefilter("ignore")
        try:
            fitted = CoxPHFitter(penalizer=penalty).fit(frame, "until", "won", weights_col="weight")
        except ConvergenceError:
            return same
    pace = replace(terms, weight=fitted.params_.to_numpy(dtype=np.float64))
    timing = replace(same, pace=pace)
    return _with_curve(timing, leads.times, weight, timing.speeds(leads.matrix, leads.margins))
