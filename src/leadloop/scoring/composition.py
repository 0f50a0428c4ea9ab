"""The composed score: several targets in one number, each heard by its weight, and still explained to the point.

What is mapped to a score is the weighted mean of the targets' calibrated probabilities, so a weight means the same whatever
the learners were; the map is fitted on past leads that no model had learned from, so that the bands hold their shares.

Reasons: the way of each probability from the average lead's to this lead's is shared out among the fields as their log-odds
are (the rescale rule of Shrikumar et al. 2017, arXiv 1704.02685), the shares of all targets are added up by weight, and the
way from the average lead's score to this lead's is shared out as these sums are. Nothing is lost on the way: the points add
up to the score shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl

from leadloop.features.texts_together import Heard
from leadloop.scoring.blend import SCORE_DECIMALS
from leadloop.scoring.reasons import Sentence
from leadloop.scoring.score_map import ScoreMap
from leadloop.scoring.secant import secant_rates
from leadloop.scoring.target_model import Prediction, TargetModel

_STEP = 1e-6


@dataclass(frozen=True)
class Composition:
    """How much each target counts, adding up to 1, and the map from the weighted mean of probabilities to a score.

    >>> halfway = ScoreMap((0.0, 0.2, 1.0), (0.0, 80.0, 100.0))
    >>> composed = Composition((("met", 0.75), ("bought", 0.25)), halfway)
    >>> composed.scores({"met": np.array([0.2, 0.1]), "bought": np.array([0.2, 0.1])}).tolist()
    [80.0, 40.0]
    """

    weights: tuple[tuple[str, float], ...]
    score_map: ScoreMap

    def means(self, probabilities: Mapping[str, np.ndarray]) -> np.ndarray:
        """The weighted mean of the targets' probabilities, one a lead."""
        return weigh(self.weights, probabilities)

    def scores(self, probabilities: Mapping[str, np.ndarray]) -> np.ndarray:
        """Scores as they are shown."""
        return np.round(self.score_map.scores(self.means(probabilities)), SCORE_DECIMALS)

    def points(self, parts: np.ndarray, averages: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Parts of the weighted mean in score points, and the score that each lead starts from.

        `parts` has a row a lead and a column a field, `averages` is the weighted mean of the average lead, `scores` are the
        scores shown. Start plus points is the score shown, exactly.
        """
        moved = parts.sum(axis=1)
        points = parts * secant_rates(self.score_map.scores, averages, moved, step=_STEP)[:, None]
        return points, scores - points.sum(axis=1)

    def state(self) -> dict[str, Any]:
        """Weights and map as plain values."""
        return {"weights": dict(self.weights), "score_map": self.score_map.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The composition that `state` describes; raises ValueError where the weights do not add up to 1."""
        weights = tuple((str(name), float(weight)) for name, weight in state["weights"].items())
        if any(not weight > 0 for _, weight in weights) or abs(sum(weight for _, weight in weights) - 1) > 1e-9:
            raise ValueError("the weights of the score do not add up to 1")
        return cls(weights, ScoreMap.from_state(state["score_map"]))


def weigh(weights: Sequence[tuple[str, float]], values: Mapping[str, np.ndarray]) -> np.ndarray:
    """The weighted sum of what is said of each target."""
    name, weight = weights[0]
    total = weight * values[name]
    for name, weight in weights[1:]:
        total = total + weight * values[name]
    return total


@dataclass(frozen=True)
class ComposedReasons:
    """Why a composed score is what it is: the points of every field that any of its targets reads.

    `says` gives the sentence of a field (by its place) for a lead (by its row): that of the target through which the field
    moved this lead most.
    """

    fields: tuple[str, ...]
    points: np.ndarray
    starts: np.ndarray
    says: Sentence


def compose_reasons(
    composition: Composition,
    models: Mapping[str, TargetModel],
    predictions: Mapping[str, Prediction],
    matrices: Mapping[str, np.ndarray],
    data: pl.DataFrame,
    scores: np.ndarray,
    heard: Mapping[str, Mapping[str, Heard]],
) -> ComposedReasons:
    """The reasons of composed scores, from the reasons of each target; `heard` is what texts said to each, by field."""
    names = [name for name, _ in composition.weights]
    fields = tuple(dict.fromkeys(field for name in names for field in models[name].features.fields))
    place_of = {field: place for place, field in enumerate(fields)}
    places = {name: [place_of[field] for field in models[name].features.fields] for name in names}
    parts = np.zeros((len(names), len(scores), len(fields)))
    for layer, (name, weight) in zip(parts, composition.weights, strict=True):
        layer[:, places[name]] = weight * predictions[name].parts
    averages = weigh(composition.weights, {name: predictions[name].average for name in names})
    points, starts = composition.points(parts.sum(axis=0), averages, scores)
    has = np.zeros((len(names), 1, len(fields)), dtype=bool)
    for number, name in enumerate(names):
        has[number, :, places[name]] = True
    speaker = np.where(has, np.abs(parts), -1.0).argmax(axis=0)
    sentences: list[Sentence] = [
        models[name].writer.sentences(data, matrices[name], predictions[name].contributions, heard[name])
        for name in names
    ]
    own = [{place: number for number, place in enumerate(places[name])} for name in names]

    def says(place: int, row: int) -> str:
        who = int(speaker[row, place])
        return sentences[who](own[who][place], row)

    return ComposedReasons(fields, points, starts, says)
