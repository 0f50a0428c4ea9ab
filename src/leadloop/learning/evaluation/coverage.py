"""Whether the intervals of single leads hold what happens, as far as outcomes can tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.learning.evaluation.intervals import DRAWS, wilson_interval
from leadloop.learning.evaluation.measures import equal_groups

_MOST_GROUPS = 20
_FEWEST_LEADS = 50


@dataclass(frozen=True, slots=True)
class Coverage:
    """In how many groups of test leads the observed rate lay within the mean interval, beside what chance allows."""

    groups: int
    """Groups of leads of about equal probability."""
    held: int
    """Groups whose observed rate lay within the mean interval of their leads."""
    low: float
    """The lower end of the 95% interval of the share of groups that held."""
    high: float
    """The upper end of it."""
    expected: float
    """How many groups would hold on average if every probability were exactly right."""
    expected_low: int
    """How few would hold in the worst 2.5% of such worlds."""
    expected_high: int
    """How many would hold in the best 2.5% of such worlds."""
    width: float
    """The width of the middle interval."""

    @property
    def share(self) -> float:
        """The share of groups that held."""
        return self.held / self.groups


def measure_coverage(
    positive: np.ndarray,
    probabilities: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    *,
    seed: int,
    draws: int = DRAWS,
) -> Coverage:
    """Count the groups of leads whose observed rate lies within the mean interval of their leads.

    A single lead is won or lost, so an interval of a probability can only be held against a group. The rate of a group is
    itself uncertain, and often more so than a narrow interval is wide: what perfect probabilities would reach on as many
    leads is simulated and stands beside the count, or a good interval would look bad.
    """
    groups = equal_groups(probabilities, max(1, min(_MOST_GROUPS, len(positive) // _FEWEST_LEADS)))
    sizes = np.array([len(group) for group in groups])
    rows = np.concatenate(groups)
    starts = np.cumsum(sizes) - sizes
    least, most, rate = (np.add.reduceat(each[rows], starts) / sizes for each in (low, high, positive))
    held = int(((rate >= least) & (rate <= most)).sum())
    generator = np.random.default_rng(seed)
    ranked = probabilities[rows]
    worlds = []
    for _ in range(draws):
        drawn = np.add.reduceat((generator.random(len(ranked)) < ranked).astype(float), starts) / sizes
        worlds.append(int(((drawn >= least) & (drawn <= most)).sum()))
    fewest, many = np.quantile(worlds, (0.025, 0.975))
    return Coverage(
        len(groups),
        held,
        *wilson_interval(held, len(groups)),
        float(np.mean(worlds)),
        int(np.floor(fewest)),
        int(np.ceil(many)),
        float(np.median(high - low)),
    )
