"""A new version beside the one in service, on the same test leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadloop.learning.evaluation.intervals import DRAWS, draw_times, middle
from leadloop.learning.evaluation.measures import measures_for
from leadloop.learning.evaluation.ranking import Ranking

_FEWEST_OUTCOMES = 10
_COMPARED = ("AUC", "average precision", "log-loss", "Brier score", "lift at")


@dataclass(frozen=True)
class Champion:
    """The version in service, and the probabilities that it gives to the test leads of a new version."""

    version: str
    """Its id or release."""
    probabilities: np.ndarray
    """The probability that it gives to each test lead."""
    learned_from: np.ndarray | None = None
    """Whether it may have learned from each test lead, or been tuned on it; None where nobody can tell."""
    blanked: tuple[str, ...] = ()
    """Fields that it reads and that are known too late by now: it was given none of them."""


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One measure of both versions on the same leads, and by how much the new one differs."""

    name: str
    value: float
    champion: float
    difference: float
    low: float
    high: float
    higher_is_better: bool

    @property
    def verdict(self) -> str:
        """`better`, `worse`, or nothing where the interval of the difference holds 0.

        >>> VersionLine("log-loss", 0.30, 0.33, -0.03, -0.05, -0.01, higher_is_better=False).verdict
        'better'
        """
        if not (self.low > 0 or self.high < 0):
            return ""
        return "better" if (self.low > 0) == self.higher_is_better else "worse"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a new version does beside the one in service."""

    version: str
    """The version in service."""
    leads: int
    """The test leads that both were measured on."""
    positives: int
    """How many of them were won."""
    learned_from: int | None
    """How many test leads the version in service may have learned from; None where nobody can tell."""
    unseen_only: bool
    """Whether those were left out, so that the comparison is fair."""
    lines: tuple[VersionLine, ...]
    """Each measure of both versions."""
    blanked: tuple[str, ...] = ()
    """Fields that the version in service reads and was not given, since they are known too late by now."""


def compare_versions(
    positive: np.ndarray,
    probabilities: np.ndarray,
    champion: Champion,
    *,
    capacity: float,
    seed: int,
    groups: np.ndarray | None = None,
    draws: int = DRAWS,
) -> Comparison:
    """Measure a new version and the one in service on the same leads, with the interval of each difference.

    Leads that the champion may have learned from flatter it. Where it is known which they are, and enough others are left
    (ten won and ten lost), only the others count. Both versions are measured on the same drawn leads, so what is common to
    both cancels out (a paired bootstrap).
    """
    learned_from = champion.learned_from
    rows = np.arange(len(positive))
    unseen_only = False
    if learned_from is not None and learned_from.any():
        unseen = np.flatnonzero(~learned_from)
        won = positive[unseen].sum()
        if min(won, len(unseen) - won) >= _FEWEST_OUTCOMES:
            rows, unseen_only = unseen, True
    rows = rows[np.argsort(-probabilities[rows], kind="stable")]
    positive = positive[rows]
    ours, theirs = Ranking.of(probabilities[rows]), Ranking.of(champion.probabilities[rows])
    wanted = {name: each for name, each in measures_for(capacity).items() if name.startswith(_COMPARED)}

    def figures(times: np.ndarray | None) -> list[list[float]]:
        tallies = ours.tally(positive, times), theirs.tally(positive, times)
        return [[measure(tally) for measure, _, _ in wanted.values()] for tally in tallies]

    (mine, other) = figures(None)
    drawn = np.array(
        [figures(times) for times in draw_times(len(rows), draws, seed, None if groups is None else groups[rows])]
    )
    differences = drawn[:, 0] - drawn[:, 1]
    lines = tuple(
        VersionLine(name, value, before, value - before, *middle(column), higher_is_better)
        for (name, (_, higher_is_better, _)), value, before, column in zip(
            wanted.items(), mine, other, differences.T, strict=True
        )
    )
    seen = None if learned_from is None else int(learned_from.sum())
    return Comparison(champion.version, len(rows), int(positive.sum()), seen, unseen_only, lines, champion.blanked)
