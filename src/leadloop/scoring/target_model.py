"""What predicts one target: its fitted features, the models of all leads, and those of segments that have their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from leadloop.features import FeatureSet
from leadloop.scoring.blend import Blend
from leadloop.scoring.reasons import ReasonWriter


@dataclass(frozen=True)
class Prediction:
    """What is predicted of some leads, a row each.

    `margins` are those of the blend that gave the probability. The last four are filled where reasons were asked for:
    `contributions` by feature column (log-odds), `points` by field (score points of the target's own score) with what they
    start from, and `parts` by field: shares of the way from `average`, the average lead's probability, to this lead's.
    """

    margins: np.ndarray
    probabilities: np.ndarray
    low: np.ndarray
    high: np.ndarray
    scores: np.ndarray
    contributions: np.ndarray
    points: np.ndarray
    starts: np.ndarray
    parts: np.ndarray
    average: np.ndarray


@dataclass(frozen=True)
class TargetModel:
    """What predicts one target, ready to be asked."""

    name: str
    """The target's name."""
    features: FeatureSet
    """The fitted features."""
    blend: Blend
    """The models, the calibrator, and the map to the target's own score."""
    segments: Mapping[str, Blend] = field(default_factory=dict)
    """The blends of the segments that have one of their own."""

    @cached_property
    def writer(self) -> ReasonWriter:
        """Writes down what its features say of a lead."""
        return ReasonWriter(self.features)

    def predict(
        self, matrix: np.ndarray, segments: pl.Series, *, explain: bool = False, apart: bool = False
    ) -> Prediction:
        """Ask it about leads: `matrix` is what `features` make of them, `segments` the segment of each.

        With `explain` the reasons come along; with `apart` as parts of the probability too.
        """
        count, fields = len(matrix), len(self.features.fields)
        margins, probabilities, low, high, scores = (np.empty(count) for _ in range(5))
        starts, average = np.empty(count), np.empty(count)
        contributions = np.empty(matrix.shape if explain else (count, 0))
        points, parts = np.empty((count, fields if explain else 0)), np.empty((count, fields if apart else 0))
        for blend, rows in self._shares(segments):
            some = matrix[rows]
            said = blend.margins(some)
            margins[rows] = said
            probabilities[rows] = blend.probabilities(said)
            low[rows], high[rows] = blend.intervals(said, probabilities[rows])
            scores[rows] = blend.scores(probabilities[rows])
            if explain:
                contributions[rows] = blend.contributions(some)
                grouped = self.writer.group(contributions[rows])
                points[rows], starts[rows] = blend.points(grouped, scores[rows])
                if apart:
                    parts[rows], average[rows] = blend.parts(grouped)
        return Prediction(margins, probabilities, low, high, scores, contributions, points, starts, parts, average)

    def _shares(self, segments: pl.Series) -> Iterator[tuple[Blend, np.ndarray | slice]]:
        """Each blend with the leads that it is asked about."""
        if not self.segments:
            yield self.blend, slice(None)
            return
        pooled = ~segments.is_in(list(self.segments))
        for blend, mine in ((self.blend, pooled), *((self.segments[name], segments == name) for name in self.segments)):
            if mine.any():
                yield blend, mine.arg_true().to_numpy()
