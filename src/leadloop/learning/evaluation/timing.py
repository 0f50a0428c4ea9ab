"""How good the times to winning are on test leads: order, distance from what happened, and whether chances come true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from leadloop.learning.evaluation.concordance import concordance
from leadloop.learning.evaluation.intervals import DRAWS, draw_times, middle, wilson_interval
from leadloop.learning.evaluation.quality import Measure
from leadloop.learning.event_times import EventTimes, cumulative_incidence
from leadloop.learning.timing import TimedLeads, day_errors, day_grid
from leadloop.scoring.timing import CENTRAL, Timing

FEWEST_WON = 20
"""With fewer dated wins among the test leads than this, nothing is claimed of times."""
MOST_LEADS = 20_000
_FEWEST_LEADS = 50
_POINTS = 24

Published = Literal["by lead", "the same for all", "none"]


@dataclass(frozen=True, slots=True)
class HorizonLine:
    """What came of the chance of being won within so many days, on test leads that were followed for so long."""

    days: int
    leads: int
    promised: float
    observed: float
    low: float
    high: float
    brier: float
    without: float


@dataclass(frozen=True, slots=True)
class DayCurve:
    """Leads of one band along time: day, share expected to be won by then, share that was."""

    band: str
    leads: int
    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class TimingQuality:
    """How well a version can tell when leads are won; `published` says what of it scores show, and `why` why no more."""

    published: Published
    why: str
    dated: int
    """Test leads that were won, with the day."""
    measures: tuple[Measure, ...] = ()
    horizons: tuple[HorizonLine, ...] = ()
    curves: tuple[DayCurve, ...] = ()
    covered: tuple[int, int, float, float] | None = None
    """Of won test leads: how many were won between the earliest and the latest day told, of how many; the 95% interval of
    that share."""


def judge_timing(
    fitted: tuple[Timing, Timing] | None,
    training: EventTimes,
    test: TimedLeads,
    bands: Sequence[str],
    *,
    seed: int,
    groups: np.ndarray | None = None,
) -> tuple[Timing | None, TimingQuality]:
    """What of a timing deserves to be shown, and how good it is on the test leads.

    `fitted` are the timing that was chosen and the same days for all. A pace by lead is given up for these where it is not
    closer to the days of won test leads; times are given up altogether where they are no better than the share of `training`
    leads that is won by each day, which needs no features at all. `bands` holds the band of each test lead.
    """
    used = np.flatnonzero(test.times.known)
    if len(used) > MOST_LEADS:
        used = np.sort(np.random.default_rng(seed).choice(used, MOST_LEADS, replace=False))
    groups = None if groups is None else groups[used]
    test, bands = test.take(used), [bands[place] for place in used.tolist()]
    dated = int(test.times.won.sum())
    if fitted is None:
        return None, TimingQuality("none", "too few won leads of the training part have a date", dated)
    if dated < FEWEST_WON:
        return None, TimingQuality("none", f"only {dated} test leads were won on a known day", dated)
    timing, same = fitted
    grid = day_grid(training)
    why = "" if timing.kind == "by lead" else "no field told, on held-out training leads, who is won sooner"
    if timing.kind == "by lead":
        won = test.take(np.flatnonzero(test.times.won))
        gain = day_errors(timing, won, grid) - day_errors(same, won, grid)
        names = None if groups is None else groups[test.times.won]
        if not _means(gain[:, None], np.ones((len(gain), 1)), seed, names)[2] < 0:
            timing, why = same, "days by lead were not clearly closer to what happened than the same days for all"
    days = _days_to_judge(timing, test.times)
    if not len(days):
        return None, TimingQuality("none", "too few test leads were followed long enough", dated)
    without = np.broadcast_to(cumulative_incidence(training, days), (len(test.times), len(days)))
    quality = _measure(timing, same, test, days, without, grid, seed, groups)
    quality = replace(
        quality,
        horizons=_horizon_lines(timing, training, test, seed),
        curves=_curves(timing, test, bands, days),
    )
    fact, seen = test.times.won_by(days)
    gained = (_chances(timing, test, days) - fact) ** 2 - (without - fact) ** 2
    if not _means(gained, seen.astype(np.float64), seed, groups)[2] < 0:
        none = "its curves were not clearly better than the share of all leads that is won by each day"
        return None, replace(quality, published="none", why=none)
    return timing, replace(quality, published=timing.kind, why=why)


def _days_to_judge(timing: Timing, times: EventTimes) -> np.ndarray:
    """Days up to the last horizon, as far as enough test leads were followed."""
    days = np.unique(np.linspace(0, max(timing.horizons), _POINTS + 1)[1:])
    enough = (times.followed[:, None] >= days).sum(axis=0) >= _FEWEST_LEADS
    judged: np.ndarray = days[enough]
    return judged


def _chances(timing: Timing, leads: TimedLeads, days: np.ndarray) -> np.ndarray:
    """The chance of each lead to be won by each day: shape (leads, days)."""
    speeds = timing.speeds(leads.matrix, leads.margins)
    chances: np.ndarray = leads.probabilities[:, None] * timing.won_by(speeds[:, None], days)
    return chances


def _means(values: np.ndarray, counts: np.ndarray, seed: int, groups: np.ndarray | None) -> tuple[float, float, float]:
    """The mean over columns of each column's mean over the leads that count, with its 95% interval."""
    held = values * counts

    def mean(times: np.ndarray) -> float:
        of_column = times @ counts
        some = of_column > 0
        return float(((times @ held)[some] / of_column[some]).mean()) if some.any() else float("nan")

    drawn = np.array([mean(times.astype(np.float64)) for times in draw_times(len(values), DRAWS, seed, groups)])
    return mean(np.ones(len(values))), *middle(drawn)


def _measure(
    timing: Timing,
    same: Timing,
    test: TimedLeads,
    days: np.ndarray,
    without: np.ndarray,
    grid: np.ndarray,
    seed: int,
    groups: np.ndarray | None,
) -> TimingQuality:
    times, last = test.times, float(days[-1])
    fact, seen = times.won_by(days)
    seen = seen.astype(np.float64)

    def brier(chances: np.ndarray) -> tuple[float, float, float]:
        return _means((chances - fact) ** 2, seen, seed, groups)

    mine = _chances(timing, test, np.array([last]))[:, 0]
    by_probability = concordance(times, test.probabilities, last, seed=seed)[0]
    measures = [
        Measure(
            "concordance",
            *concordance(times, mine, last, seed=seed, groups=groups),
            True,
            {"without features": 0.5, "the probability alone": by_probability},
            f"how often, of two leads, the one that is won sooner, within {last:g} days, has the higher chance",
        ),
        Measure(
            "integrated Brier score",
            *brier(_chances(timing, test, days)),
            False,
            {
                "without features": brier(without)[0],
                "the same days for all": brier(_chances(same, test, days))[0],
            },
            f"mean squared distance between chance and what happened, over the first {last:g} days",
        ),
    ]
    won = test.take(np.flatnonzero(times.won))
    names = None if groups is None else groups[times.won]
    one = np.ones((len(won.times), 1))
    if timing.kind == "by lead":
        speeds = timing.speeds(test.matrix, test.margins)
        measures += [
            Measure(
                "order of days",
                *concordance(times, speeds, float("inf"), seed=seed, groups=groups, won_only=True),
                True,
                {"the same days for all": 0.5},
                "how often, of two won leads, the one that was won sooner is told to be",
            ),
            Measure(
                "distance of days",
                *_means(day_errors(timing, won, grid)[:, None], one, seed, names),
                False,
                {"the same days for all": float(day_errors(same, won, grid).mean())},
                "mean squared distance between the curve of days and the day, of won leads",
            ),
        ]
    return TimingQuality("none", "", len(won.times), tuple(measures), covered=_coverage(timing, won))


def _coverage(timing: Timing, won: TimedLeads) -> tuple[int, int, float, float] | None:
    """How many won leads were won between the earliest and the latest day told.

    A lead can only be won in the time that it was followed, so its days are those of the curve cut there.
    """
    speeds = timing.speeds(won.matrix, won.margins)
    place = timing.won_by(speeds, won.times.days) / np.maximum(timing.won_by(speeds, won.times.followed), 1e-12)
    held = int(((place >= CENTRAL[0]) & (place <= CENTRAL[2])).sum())
    return held, len(place), *wilson_interval(held, len(place))


def _horizon_lines(timing: Timing, training: EventTimes, test: TimedLeads, seed: int) -> tuple[HorizonLine, ...]:
    lines = []
    for days in timing.horizons:
        asked = np.array([float(days)])
        fact, seen = (cells[:, 0] for cells in test.times.won_by(asked))
        chances, without = _chances(timing, test, asked)[seen, 0], cumulative_incidence(training, asked)[0]
        won, leads = fact[seen].astype(np.float64), int(seen.sum())
        if not leads:
            lines.append(HorizonLine(days, 0, *(float("nan"),) * 6))
            continue
        low, high = wilson_interval(int(won.sum()), leads)
        lines.append(
            HorizonLine(
                days,
                leads,
                float(chances.mean()),
                float(won.mean()),
                low,
                high,
                float(((chances - won) ** 2).mean()),
                float(((without - won) ** 2).mean()),
            )
        )
    return tuple(lines)


def _curves(timing: Timing, test: TimedLeads, bands: Sequence[str], days: np.ndarray) -> tuple[DayCurve, ...]:
    """Each band's leads along time: what was expected, and what came, as far as they were followed."""
    curves = []
    chances = _chances(timing, test, days)
    names = np.array(bands)
    for band in dict.fromkeys(bands):
        inside = np.flatnonzero(names == band)
        came = cumulative_incidence(test.times.take(inside), days)
        told = chances[inside].mean(axis=0)
        points = tuple((float(day), float(up), float(fact)) for day, up, fact in zip(days, told, came, strict=True))
        curves.append(DayCurve(band, len(inside), points))
    return tuple(sorted(curves, key=lambda curve: -curve.points[-1][1]))
