"""What comes of working as many leads as the team has time for: who is reached, who is missed, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.learning.evaluation.intervals import DRAWS, Estimate, draw_times, middle
from leadloop.learning.evaluation.ranking import Ranking, Tally


@dataclass(frozen=True, slots=True)
class Decision:
    """What working the best-scored leads at the team's capacity comes to on the test leads.

    The counts are whole leads unless leads tie at the threshold: `tied` of them share the last places then, and count by
    their share.
    """

    capacity: float
    """The share of leads that the team has time for."""
    threshold: float
    """The probability of the last lead that is worked."""
    tied: int
    """How many leads share that probability where not all of them find a place; else 0."""
    won_worked: float
    """Leads worked and won (true positives)."""
    lost_worked: float
    """Leads worked in vain (false positives)."""
    won_passed: float
    """Won leads that were not worked (false negatives)."""
    lost_passed: float
    """Lost leads that were rightly left (true negatives)."""
    precision: Estimate
    """The share of worked leads that was won."""
    recall: Estimate
    """The share of won leads that was worked."""
    f1: Estimate
    """The harmonic mean of precision and recall."""
    net_benefit: Estimate
    """Net benefit a lead: won leads worked, less lost leads worked weighed by the odds of the threshold."""
    work_all: Estimate
    """The net benefit of working every lead, at the same threshold; working none has 0."""
    over_all: Estimate
    """How much more net benefit working the best-scored leads has than working every lead."""


def decide_at_capacity(
    positive: np.ndarray,
    probabilities: np.ndarray,
    *,
    capacity: float,
    seed: int,
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
) -> Decision:
    """Work the best-scored leads at the team's capacity, and count what comes of it.

    Net benefit is that of decision curve analysis (Vickers and Elkin 2006): the threshold says how many wasted calls one
    won lead is held to be worth. The threshold is kept as it is while leads are drawn anew for the intervals.

    >>> decision = decide_at_capacity(np.array([1, 0, 1, 0]), np.array([0.8, 0.5, 0.2, 0.1]), capacity=0.5, seed=1)
    >>> decision.threshold, decision.won_worked, decision.lost_worked, decision.net_benefit.value
    (0.5, 1.0, 1.0, 0.0)
    """
    order = np.argsort(-probabilities, kind="stable")
    positive = positive[order]
    ranking = Ranking.of(probabilities[order])
    tally = ranking.tally(positive)
    count, place = tally.cut(capacity)
    threshold = float(ranking.scores[place])
    odds = threshold / (1 - threshold) if threshold < 1 else float("nan")
    times = draw_times(len(positive), draws, seed, None if groups is None else groups[order])
    drawn = np.array([_figures(ranking.tally(positive, each), capacity, odds) for each in times])
    estimates = [
        Estimate(value, *middle(values)) for value, values in zip(_figures(tally, capacity, odds), drawn.T, strict=True)
    ]
    won_worked = tally.won_among(capacity)
    return Decision(
        capacity,
        threshold,
        0 if tally.leads_down_to[place] == count else int(tally.leads[place]),
        won_worked,
        count - won_worked,
        tally.total_won - won_worked,
        tally.total - count - (tally.total_won - won_worked),
        *estimates,
    )


def _figures(tally: Tally, capacity: float, odds: float) -> tuple[float, ...]:
    """Precision, recall, F1, net benefit, that of working every lead, and the difference of the two."""
    count, _ = tally.cut(capacity)
    won, worked = tally.total_won, tally.won_among(capacity)
    benefit = (worked - (count - worked) * odds) / tally.total
    everyone = (won - (tally.total - won) * odds) / tally.total
    return (
        worked / count,
        worked / won if won else float("nan"),
        2 * worked / (count + won),
        benefit,
        everyone,
        benefit - everyone,
    )
