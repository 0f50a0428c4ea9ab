"""Sources of outcomes that say the opposite of all others: nothing should be learned from them before somebody has looked.

What a source tells is held against the version in service, as what all other sources tell is. When buyers change, both change;
when only what one source tells stops agreeing with the scores, it is more likely that the source is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadloop.learning.evaluation import area_under_curve
from leadloop.learning.evaluation.intervals import draw_times, middle
from leadloop.learning.evaluation.measures import counted
from leadloop.learning.evaluation.ranking import Ranking

FEWEST_LEADS = 30
"""With fewer ended leads than this, or fewer than 5 won or lost, nothing is said of a source."""
FEWEST_OF_EACH = 5
_DRAWS = 300


@dataclass(frozen=True, slots=True)
class DoubtfulSource:
    """A source whose outcomes contradict all others."""

    source: str
    """Its name."""
    leads: int
    """Its leads that have ended."""
    auc: float
    """How often the version in service ranks a won lead of this source above a lost one, 0 to 1."""
    high: float
    """The upper end of its 95% interval."""
    others: float
    """The same for all other sources."""
    others_low: float
    """The lower end of its 95% interval."""

    @property
    def said(self) -> str:
        """It in words."""
        ours = (
            f"on its {self.leads:,} leads the version in service has an AUC of {self.auc:.2f} (at most {self.high:.2f})"
        )
        theirs = f"on the leads of all others {self.others:.2f} (at least {self.others_low:.2f})"
        return f"outcomes from “{self.source}” contradict the others: {ours}, {theirs}"


def doubt_sources(
    sources: Sequence[str],
    positive: np.ndarray,
    probabilities: np.ndarray,
    *,
    seed: int,
    margin: float = 0.1,
) -> tuple[DoubtfulSource, ...]:
    """The sources whose outcomes surely agree less with the version in service than those of all others do, by a `margin` of AUC.

    `probabilities` are what the version in service gives to each lead, `positive` how it ended by what its source tells. Of
    several that are doubtful the worst is set aside first, and the rest looked at again without it.
    """
    named = np.asarray(sources, dtype=object)
    left = np.ones(len(named), dtype=bool)
    found: list[DoubtfulSource] = []
    while True:
        worst: DoubtfulSource | None = None
        for source in sorted({str(one) for one in named[left]}):
            one = _doubt(
                source, (named == source) & left, (named != source) & left, positive, probabilities, seed, margin
            )
            if one is not None and (worst is None or one.auc < worst.auc):
                worst = one
        if worst is None:
            return tuple(found)
        found.append(worst)
        left &= named != worst.source


def _doubt(
    source: str,
    mine: np.ndarray,
    others: np.ndarray,
    positive: np.ndarray,
    probabilities: np.ndarray,
    seed: int,
    margin: float,
) -> DoubtfulSource | None:
    # Whoever tells most of what is known cannot be the one who is out of line with it.
    if mine.sum() > others.sum() or not (_enough(positive[mine]) and _enough(positive[others])):
        return None
    auc, _, high = _auc(positive[mine], probabilities[mine], seed)
    rest, low, _ = _auc(positive[others], probabilities[others], seed)
    if high >= low - margin:
        return None
    return DoubtfulSource(source, int(mine.sum()), auc, high, rest, low)


def _enough(positive: np.ndarray) -> bool:
    won = positive.sum()
    return len(positive) >= FEWEST_LEADS and min(won, len(positive) - won) >= FEWEST_OF_EACH


def _auc(positive: np.ndarray, probabilities: np.ndarray, seed: int) -> tuple[float, float, float]:
    """The AUC with its 95% interval."""
    ranking, area = Ranking.of(probabilities), counted(area_under_curve)
    assert area is not None
    drawn = [area(ranking.tally(positive, times)) for times in draw_times(len(positive), _DRAWS, seed)]
    return (area_under_curve(positive, probabilities), *middle(np.array(drawn)))
