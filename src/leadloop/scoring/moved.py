"""A trained playbook whose probabilities were moved along one line in log-odds: same models, same order of leads, same bands.

With the probabilities move their intervals and the marks of the score map, so that a lead that was just hot still is: what is
promised of leads changes, and not who is worked. Where the score is composed of several targets it follows the probability.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadloop.scoring.blend import Blend
from leadloop.scoring.calibrator import MovedCalibrator, log_odds, logistic
from leadloop.scoring.score_map import ScoreMap
from leadloop.scoring.trained import TrainedPlaybook
from leadloop.scoring.venn_abers import VennAbers

_APART = 1e-9


def move_playbook(trained: TrainedPlaybook, *, slope: float, shift: float, version: str) -> TrainedPlaybook:
    """The same playbook under another version's id, the probabilities of its main target moved; `slope` is above 0."""
    segments = {name: move_blend(blend, slope, shift) for name, blend in trained.segments.items()}
    return replace(trained, blend=move_blend(trained.blend, slope, shift), segments=segments, version=version)


def move_blend(blend: Blend, slope: float, shift: float) -> Blend:
    """A blend with everything moved that is said in probabilities."""
    table = blend.venn_abers
    return replace(
        blend,
        calibrator=MovedCalibrator.of(blend.calibrator, slope, shift),
        venn_abers=VennAbers(table.edges, move(table.low, slope, shift), move(table.high, slope, shift)),
        score_map=move_map(blend.score_map, slope, shift),
        doubt=blend.doubt * slope,
    )


def move_map(score_map: ScoreMap, slope: float, shift: float) -> ScoreMap:
    """The score map with its inner marks moved; its ends stay 0 and 1."""
    inner = move(np.array(score_map.probabilities[1:-1]), slope, shift).tolist()
    marks = [0.0]
    for left, mark in zip(range(len(inner), 0, -1), inner, strict=True):
        marks.append(min(max(mark, marks[-1] + _APART), 1 - left * _APART))
    return ScoreMap((*marks, 1.0), score_map.anchors)


def move(probabilities: np.ndarray, slope: float, shift: float) -> np.ndarray:
    """Probabilities moved along a line in log-odds; what is certain stays so.

    >>> move(np.array([0.0, 0.5, 1.0]), 1.0, 0.0).tolist()
    [0.0, 0.5, 1.0]
    """
    moved = logistic(slope * log_odds(probabilities) + shift)
    kept: np.ndarray = np.where((probabilities <= 0) | (probabilities >= 1), probabilities, moved)
    return kept
