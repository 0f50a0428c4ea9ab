"""Whether the leads of a file, all together, are unlike those that a version was trained on: one line, where they plainly are.

Each lead may look ordinary and all of them together still not: a column that is suddenly blank, or bands that nobody falls into
any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from leadloop.scoring import Scorer, TrainedPlaybook

_FEWEST = 50
_BANDS_APART = 0.25
_BLANKS_APART = 0.3
_MOST_SAID = 3


@dataclass(frozen=True)
class Counted:
    """What was counted of some leads."""

    leads: int
    promised: float
    """The sum of their probabilities."""
    bands: Mapping[str, int]
    blanks: Mapping[str, int]
    """How many do not give each field."""


def count_leads(leads: pl.DataFrame, scores: pl.DataFrame) -> Counted:
    """Count some leads and what was said of them."""
    promises = "probability" in scores.columns and scores["probability"].dtype.is_numeric()
    promised = float(scores["probability"].sum() or 0.0) if promises else 0.0
    blanks = {name: leads[name].null_count() for name in leads.columns}
    return Counted(scores.height, promised, Counter(scores["band"].to_list()), blanks)


class FileTally:
    """Adds up bands and blanks as leads go by, and holds them against the training at the end."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._leads = 0
        self._promised = 0.0
        self._bands: Counter[str] = Counter()
        self._blanks: Counter[str] = Counter()

    def add(self, counted: Counted) -> None:
        """Add what was counted of some leads."""
        self._leads += counted.leads
        self._promised += counted.promised
        self._bands.update(counted.bands)
        self._blanks.update(counted.blanks)

    def describe(self) -> str:
        """What differs, in a sentence; empty where nothing does, where leads are few, or where rules scored."""
        trained = self._scorer
        if not isinstance(trained, TrainedPlaybook) or self._leads < _FEWEST:
            return ""
        shares = {band.name: self._bands[band.name] / self._leads for band in trained.playbook.policy.bands}
        apart = [(abs(shares[band.name] - band.share), band.name, band.share) for band in trained.playbook.policy.bands]
        worst, name, wanted = max(apart)
        blanks = self._blanks_apart(trained)
        if worst <= _BANDS_APART and not blanks:
            return ""
        said = (
            [f"{shares[name]:.0%} fall into “{name}”, where the training had {wanted:.0%}"]
            if worst > _BANDS_APART
            else []
        )
        said += [f"“{field}” is blank in {now:.0%} of them, in the training in {was:.0%}" for field, now, was in blanks]
        mean = f" (mean probability {self._promised / self._leads:.3f})"
        return f"these leads are unlike those of the training{mean}: {'; '.join(said)}"

    def _blanks_apart(self, trained: TrainedPlaybook) -> list[tuple[str, float, float]]:
        """Fields that are blank much more or less often than in training, the furthest first."""
        seen = trained.novelty.fields if trained.novelty else ()
        found = []
        for field in seen:
            if field.name in self._blanks and field.leads:
                now, was = self._blanks[field.name] / self._leads, field.missing / field.leads
                if abs(now - was) > _BLANKS_APART:
                    found.append((field.name, now, was))
        return sorted(found, key=lambda one: -abs(one[1] - one[2]))[:_MOST_SAID]
