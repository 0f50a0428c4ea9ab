"""The pipeline forecast: how many leads will be won in each coming week, and what they will bring.

Two kinds of leads are won in a week. Those that are there: each has its probability, of which some was used up while it waited
without being won (a lead that is usually won in ten days and has waited for sixty is hardly won any more). And those that are
yet to come: as many as came lately, with the probability that they had. What is won in a week is then a sum of many small
chances; how much wider reality is than such a sum says is learned from past weeks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WEEK = 7.0
FEWEST_WON = 30
"""With fewer dated wins than this nothing is forecast."""
RATE_WEEKS = 8
"""From how many of the last weeks it is told how many leads come in a week."""
_GRID = 200


@dataclass(frozen=True, eq=False)
class Pipeline:
    """All leads that ever came, as they are known at a moment. Times are days on one axis."""

    came: np.ndarray
    """When each came in."""
    probability: np.ndarray
    """How likely it was to be won, when it came (calibrated)."""
    won: np.ndarray
    """When it was won; NaN where it was not (yet)."""
    lost: np.ndarray
    """When it was known to be lost; NaN where it was not."""
    value: np.ndarray
    """What it brings if it is won, as it is expected."""

    def at(self, now: float) -> Pipeline:
        """As it was known at a moment."""
        there = self.came <= now
        won, lost = self.won[there], self.lost[there]
        return Pipeline(
            self.came[there],
            self.probability[there],
            np.where(won <= now, won, np.nan),
            np.where(lost <= now, lost, np.nan),
            self.value[there],
        )


@dataclass(frozen=True, eq=False)
class Delays:
    """How long it takes until a lead is won, of those that are: shares that rise with the days."""

    days: np.ndarray
    share: np.ndarray
    lost_days: np.ndarray
    lost_share: np.ndarray
    """The same of leads that are lost: of those that are still open fewer and fewer will be."""
    scale: float
    """By how much probabilities have to be multiplied so that as many are won as were; 1 where they are calibrated."""

    def by(self, days: np.ndarray) -> np.ndarray:
        """The share of won leads that are won within so many days."""
        share: np.ndarray = np.interp(np.maximum(days, 0.0), self.days, self.share)
        return share

    def lost_by(self, days: np.ndarray) -> np.ndarray:
        """The share of lost leads of which that is known within so many days."""
        share: np.ndarray = np.interp(np.maximum(days, 0.0), self.lost_days, self.lost_share)
        return share

    def open_at(self, chance: np.ndarray, age: np.ndarray) -> np.ndarray:
        """How likely a lead of this age is to be neither won nor known to be lost."""
        open_yet: np.ndarray = chance * (1 - self.by(age)) + (1 - chance) * (1 - self.lost_by(age))
        held: np.ndarray = np.maximum(open_yet, 1e-9)
        return held


@dataclass(frozen=True, slots=True)
class Week:
    """What is forecast for one week."""

    start: float
    """Its first moment."""
    won: float
    """How many leads are expected to be won in it."""
    low: float
    """The lower limit (80 % unless asked otherwise)."""
    high: float
    """The upper limit."""
    value: float
    """What they are expected to bring."""
    value_low: float
    value_high: float
    from_pipeline: float
    """How many of them are leads that are there already."""


@dataclass(frozen=True)
class Backtest:
    """What would have been forecast in past weeks, against what came."""

    weeks: int
    """How many forecasts were compared."""
    covered: float
    """The share of them whose interval held what came."""
    error: float
    """The mean absolute error, as a share of what came."""
    naive_error: float
    """The same where one says that every week brings what the last weeks brought."""
    bias: float
    """How much more was forecast than came, as a share."""


def fit_delays(pipeline: Pipeline, now: float) -> Delays:
    """How days to winning, and to being known as lost, are spread, from leads that have come so far.

    Leads that are still open may be won yet, or lost: each counts as both, to the extent that its probability and its age make
    it likely (the EM algorithm for mixtures, as for the times of a playbook). Where no losses are dated, none is ever known.
    """
    won, lost = (each[np.isfinite(each)] for each in (pipeline.won - pipeline.came, pipeline.lost - pipeline.came))
    grid, share = _first_curve(won)
    lost_grid, lost_share = _first_curve(lost) if len(lost) >= FEWEST_WON else (np.array([0.0, 1.0]), np.zeros(2))
    open_now = ~np.isfinite(pipeline.won) & ~np.isfinite(pipeline.lost)
    age, chance = np.maximum(now - pipeline.came, 0.0)[open_now], pipeline.probability[open_now]
    expected = max(float(pipeline.probability.sum()), 1e-9)
    delays = Delays(grid, share, lost_grid, lost_share, 1.0)
    for _ in range(50):
        scaled = np.clip(delays.scale * chance, 0, 1)
        later = scaled * (1 - delays.by(age)) / delays.open_at(scaled, age)
        share = _next_curve(won, grid, delays.share, age, later)
        if len(lost) >= FEWEST_WON:
            lost_share = _next_curve(lost, lost_grid, delays.lost_share, age, 1 - later)
        moved = float(np.abs(share - delays.share).max())
        delays = Delays(grid, share, lost_grid, lost_share, float(len(won) + later.sum()) / expected)
        if moved < 1e-5:
            break
    return delays


def _first_curve(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    grid = np.unique(np.concatenate([[0.0], np.quantile(np.maximum(days, 0.0), np.linspace(0, 1, _GRID))]))
    return grid, np.searchsorted(np.sort(days), grid, side="right") / len(days)


def _next_curve(
    days: np.ndarray, grid: np.ndarray, share: np.ndarray, age: np.ndarray, later: np.ndarray
) -> np.ndarray:
    """The curve once more: known days count where they are, open leads are spread over the days beyond their age."""
    mass = np.bincount(np.searchsorted(grid, np.minimum(days, grid[-1])), minlength=len(grid)).astype(float)
    steps = np.diff(share, prepend=0.0)
    beyond = np.cumsum(steps[::-1])[::-1]
    first = np.searchsorted(grid, age, side="right")
    inside = first < len(grid)
    each = np.zeros(len(grid))
    np.add.at(each, first[inside], later[inside] / np.maximum(beyond[first[inside]], 1e-12))
    mass = mass + np.cumsum(each) * steps
    curve: np.ndarray = np.cumsum(mass) / mass.sum()
    return curve


def expect(pipeline: Pipeline, delays: Delays, now: float, weeks: int) -> tuple[np.ndarray, ...]:
    """For each coming week: expected wins of leads that are there, their variance, expected wins of leads to come, and values."""
    open_now = ~np.isfinite(pipeline.won) & ~np.isfinite(pipeline.lost)
    age = now - pipeline.came[open_now]
    chance = np.clip(delays.scale * pipeline.probability[open_now], 0, 1)
    value = pipeline.value[open_now]
    left = delays.open_at(chance, age)
    lately = pipeline.came > now - RATE_WEEKS * WEEK
    span = min(RATE_WEEKS * WEEK, max(now - float(pipeline.came.min()), 1.0))
    per_day = lately.sum() / span
    new_chance = float(np.clip(delays.scale * pipeline.probability[lately], 0, 1).mean()) if lately.any() else 0.0
    new_value = float((pipeline.value * pipeline.probability)[lately].sum()) if lately.any() else 0.0
    new_value = new_value / max(float(pipeline.probability[lately].sum()), 1e-9)
    known, spread, coming, known_value, coming_value, square = (np.zeros(weeks) for _ in range(6))
    hours = np.linspace(0, WEEK, 29)
    middle = (hours[1:] + hours[:-1]) / 2
    for week in range(weeks):
        first = week * WEEK
        each = chance * (delays.by(age + first + WEEK) - delays.by(age + first)) / left
        known[week], spread[week] = each.sum(), (each * (1 - each)).sum()
        known_value[week], square[week] = (each * value).sum(), (each * value**2).sum()
        # A lead that comes u days from now is won in the week if its days lie between first - u and first + 7 - u.
        since = np.concatenate([middle + day * WEEK for day in range(week + 1)])
        won = delays.by(first + WEEK - since) - np.where(first > since, delays.by(first - since), 0.0)
        coming[week] = per_day * new_chance * won.sum() * (WEEK / 28)
        coming_value[week] = coming[week] * new_value
        square[week] += coming[week] * new_value**2
    return known, spread + coming, coming, known_value, coming_value, square


def forecast(
    pipeline: Pipeline, now: float, weeks: int, *, level: float = 0.8, past: int = 26, ahead: int = 4
) -> tuple[tuple[Week, ...], Backtest]:
    """The coming weeks with limits, and how well the past ones would have been forecast.

    Limits are those of a sum of chances, made as much wider as past forecasts of the same distance were off (the quantile of
    their errors in units of that sum's spread); with few past weeks they are those of a slightly wider sum. Raises ValueError
    where too few wins are dated.
    """
    today = pipeline.at(now)
    if np.isfinite(today.won).sum() < FEWEST_WON:
        raise ValueError(f"{int(np.isfinite(today.won).sum())} dated wins; {FEWEST_WON} are needed")
    errors = past_errors(pipeline, now, past, ahead)
    stretch = _stretch(errors, level)
    delays = fit_delays(today, now)
    known, spread, coming, known_value, coming_value, square = expect(today, delays, now, weeks)
    found = []
    for week in range(weeks):
        won = known[week] + coming[week]
        reach = stretch * np.sqrt(max(spread[week], 0.25))
        value = known_value[week] + coming_value[week]
        value_reach = stretch * np.sqrt(max(square[week], 0.0))
        found.append(
            Week(
                now + week * WEEK, float(won), float(max(0.0, won - reach)), float(won + reach), float(value),
                float(max(0.0, value - value_reach)), float(value + value_reach), float(known[week]),
            )
        )  # fmt: skip
    return tuple(found), _backtest(errors, level)


@dataclass(frozen=True, eq=False)
class Errors:
    """Past forecasts and what came, oldest first; a row a moment, a column a week ahead."""

    expected: np.ndarray
    spread: np.ndarray
    came: np.ndarray
    naive: np.ndarray


def past_errors(pipeline: Pipeline, now: float, past: int, ahead: int) -> Errors:
    """What would have been forecast in each of the past weeks, as it was known then, for the weeks that are over by now."""
    rows: list[tuple[np.ndarray, ...]] = []
    for back in range(past + ahead, ahead - 1, -1):
        then = now - back * WEEK
        known = pipeline.at(then)
        if np.isfinite(known.won).sum() < FEWEST_WON or len(known.came) < 2 * FEWEST_WON:
            continue
        first, spread, coming, *_ = expect(known, fit_delays(known, then), then, ahead)
        starts = then + WEEK * np.arange(ahead)
        came = np.array([((pipeline.won > one) & (pipeline.won <= one + WEEK)).sum() for one in starts])
        lately = (known.won > then - RATE_WEEKS * WEEK).sum() / RATE_WEEKS
        rows.append((first + coming, spread, came, np.full(ahead, lately)))
    if not rows:
        nothing = np.zeros((0, ahead))
        return Errors(nothing, nothing, nothing, nothing)
    return Errors(*(np.array([row[number] for row in rows]) for number in range(4)))


def _stretch(errors: Errors, level: float) -> float:
    """How many standard deviations of the sum the limits lie away: at least what a normal one would have."""
    usual = {0.5: 0.674, 0.8: 1.282, 0.9: 1.645, 0.95: 1.960}.get(level, 1.282)
    off = (np.abs(errors.came - errors.expected) / np.sqrt(np.maximum(errors.spread, 0.25))).reshape(-1)
    if len(off) < 20:
        return usual
    rank = min(1.0, np.ceil((len(off) + 1) * level) / len(off))
    return float(np.quantile(off, rank, method="higher"))


def _backtest(errors: Errors, level: float) -> Backtest:
    """How well past weeks would have been forecast, the limits of each made from the forecasts before it alone."""
    held, count = 0, 0
    for number in range(len(errors.came)):
        ahead = errors.came.shape[1]
        before = slice(0, max(0, number - ahead))  # forecasts whose weeks were over by then
        earlier = Errors(*(getattr(errors, name)[before] for name in ("expected", "spread", "came", "naive")))
        reach = _stretch(earlier, level) * np.sqrt(np.maximum(errors.spread[number], 0.25))
        off = np.abs(errors.came[number] - errors.expected[number])
        held, count = held + int((off <= reach).sum()), count + ahead
    came = max(float(errors.came.sum()), 1.0)
    return Backtest(
        count,
        held / count if count else float("nan"),
        float(np.abs(errors.came - errors.expected).sum()) / came,
        float(np.abs(errors.came - errors.naive).sum()) / came,
        float((errors.expected - errors.came).sum()) / came,
    )
