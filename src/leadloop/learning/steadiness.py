"""How steady importances are: the same blend learned from other stretches of the training part, each asked about later leads.

A field whose points jump from stretch to stretch holds its place in the list by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from leadloop.learning.learners import Fold
from leadloop.learning.tuning import fade
from leadloop.learning.voice import Voice
from leadloop.scoring.blend import Blend

_MOST_LEARNED_FROM = 5_000
_MOST_ASKED = 200


def points_by_fold(
    folds: Sequence[Fold],
    voices: Sequence[Voice],
    blend: Blend,
    *,
    seed: int,
) -> tuple[Mapping[str, float], ...]:
    """The mean absolute score points of each field, for a blend learned from each fold and asked about its held-out leads.

    `voices` are the blend's learners; calibration and score map are those of `blend`. To
    cost little, only the quickest of them learn again, as many as make up half of the blend, from the newest 5,000 leads of
    a fold at most, and 200 held-out leads are asked.
    """
    found = []
    heard = quickest_half(voices)
    total = sum(voice.weight for voice in heard)
    for fold in folds:
        train = fold.train.newest(_MOST_LEARNED_FROM)
        if len(np.unique(train.positive)) < 2:
            continue
        fitted = []
        for voice in heard:
            faded, own = fade(train, voice.search.settings)
            fitted.append(voice.learner.fit(faded, fold.columns, own, seed=seed))
        own_blend = Blend(
            tuple(fitted),
            tuple(voice.weight / total for voice in heard),
            blend.calibrator,
            blend.venn_abers,
            blend.score_map,
        )
        held_out = fold.held_out.matrix
        asked = held_out[np.unique(np.linspace(0, len(held_out) - 1, _MOST_ASKED).astype(int))]
        found.append(_points(own_blend, fold, asked))
    return tuple(found)


def quickest_half(voices: Sequence[Voice]) -> list[Voice]:
    """The quickest learners that together have half of the blend's weight."""
    half = sum(voice.weight for voice in voices) / 2
    chosen: list[Voice] = []
    for voice in sorted(voices, key=lambda each: each.learner.cost):
        if sum(one.weight for one in chosen) >= half:
            break
        chosen.append(voice)
    return chosen


def _points(blend: Blend, fold: Fold, matrix: np.ndarray) -> Mapping[str, float]:
    fields = list(dict.fromkeys(column.field for column in fold.columns))
    contributions = blend.contributions(matrix)
    place = np.array([fields.index(column.field) for column in fold.columns])
    grouped = np.column_stack([contributions[:, place == number].sum(axis=1) for number in range(len(fields))])
    scores = blend.scores(blend.probabilities(blend.margins(matrix)))
    points, _ = blend.points(grouped, scores)
    return dict(zip(fields, np.abs(points).mean(axis=0).tolist(), strict=True))
