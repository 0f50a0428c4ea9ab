"""How good the scores are, with intervals and beside what one would get without a model.

All measures take probabilities and outcomes of leads that the model never saw. The calibration error has a lower end of
its own (see `_lowest_calibration_error`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from leadloop.learning.evaluation.intervals import DRAWS, draw_times, middle
from leadloop.learning.evaluation.measures import MeasureOf, counted, equal_groups, log_loss, measures_for
from leadloop.learning.evaluation.ranking import Ranking


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of quality on the test leads, with its 95% interval and the same measure of each baseline."""

    name: str
    """What it is called, as in “AUC” or “lift at 20%”."""
    value: float
    """The measure on the test leads."""
    low: float
    """The lower end of its 95% interval."""
    high: float
    """The upper end of its 95% interval."""
    higher_is_better: bool
    """Whether more is better; of errors, less is."""
    baselines: Mapping[str, float]
    """The same measure of each baseline, by its name."""
    meaning: str
    """What it says, in a few plain words."""


def evaluate(
    positive: np.ndarray,
    probabilities: np.ndarray,
    baselines: Mapping[str, np.ndarray],
    *,
    capacity: float,
    seed: int,
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
) -> tuple[Measure, ...]:
    """Measure probabilities on leads that were kept back.

    `positive` holds 0 or 1 a lead, `baselines` the probabilities that each baseline gives to the same leads, `groups`
    (optional) the account or person of each lead.
    """
    # Drawn in score order: neighbours in memory are neighbours in the ranking, and the order of the file changes nothing.
    order = np.argsort(-probabilities, kind="stable")
    positive, probabilities = positive[order], probabilities[order]
    groups = None if groups is None else groups[order]
    wanted = measures_for(capacity)
    ranking = Ranking.of(probabilities)
    drawn = np.array(
        [
            [measure(tally) for measure, _, _ in wanted.values()]
            for tally in (ranking.tally(positive, times) for times in draw_times(len(positive), draws, seed, groups))
        ]
    )
    ours = ranking.tally(positive)
    beside = {label: Ranking.of(other[order]).tally(positive) for label, other in baselines.items()}
    measures = []
    for (name, (measure, higher_is_better, meaning)), values in zip(wanted.items(), drawn.T, strict=True):
        value = measure(ours)
        low, high = middle(values)
        if name == "calibration error":
            low = _lowest_calibration_error(probabilities, value, high, draws, seed)
        # What is certain of every lead has a log-loss without end; where it is cut off says nothing of anybody.
        others = {
            label: measure(tally)
            for label, tally in beside.items()
            if name != "log-loss" or not _is_certain(baselines[label])
        }
        measures.append(Measure(name, value, low, high, higher_is_better, others, meaning))
    return tuple(measures)


def _is_certain(probabilities: np.ndarray) -> bool:
    return bool(np.all((probabilities <= 0) | (probabilities >= 1)))


def _lowest_calibration_error(probabilities: np.ndarray, value: float, high: float, draws: int, seed: int) -> float:
    """The lower end of the calibration error: 0 where even perfect probabilities would often seem this far off.

    A drawn sample is always further off than the leads it was drawn from, so the plain bootstrap interval of this measure
    never reaches 0 and may even lie above the value itself. Chance alone is simulated instead (consistency resampling,
    Broecker and Smith 2007); beyond it the interval is mirrored at the value (the basic bootstrap).
    """
    generator = np.random.default_rng(seed)
    groups = equal_groups(probabilities)
    rows = np.concatenate(groups)
    starts = np.cumsum([0, *(len(group) for group in groups[:-1])])
    ranked = probabilities[rows]
    promised = np.add.reduceat(ranked, starts)
    by_chance = [
        np.abs(np.add.reduceat((generator.random(len(ranked)) < ranked).astype(float), starts) - promised).sum()
        for _ in range(draws)
    ]
    return 0.0 if value <= np.quantile(by_chance, 0.95) / len(ranked) else max(0.0, 2 * value - high)


def difference_interval(
    positive: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    measure: MeasureOf = log_loss,
    *,
    seed: int,
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
) -> tuple[float, float, float]:
    """How much `first` exceeds `second` in a measure on the same leads: the difference and its 95% interval."""
    tallied = counted(measure)
    times = draw_times(len(positive), draws, seed, groups)
    if tallied is None:
        drawn = [_apart(measure, positive[rows], first[rows], second[rows]) for rows in map(_rows, times)]
    else:
        one, other = Ranking.of(first), Ranking.of(second)
        drawn = [tallied(one.tally(positive, each)) - tallied(other.tally(positive, each)) for each in times]
    return _apart(measure, positive, first, second), *middle(np.array(drawn))


def surely_less(difference: tuple[float, float, float]) -> bool:
    """Whether a difference is below zero with the whole of its interval; for a loss, that `first` is surely better.

    >>> surely_less((-0.02, -0.03, -0.01)), surely_less((-0.01, -0.03, 0.01))
    (True, False)
    """
    _, _, high = difference
    return high < 0


def _apart(measure: MeasureOf, positive: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    return measure(positive, first) - measure(positive, second)


def _rows(times: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(len(times)), times)
