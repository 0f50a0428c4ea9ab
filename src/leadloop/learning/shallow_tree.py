"""A shallow tree that tries to rebuild the label: where a handful of questions about a lead give its outcome away, the label was
computed from what the features read, and a model of it would only repeat the computation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.evaluation.measures import area_under_curve

DEPTH = 3
"""Three questions, one after the other."""
GIVEN_AWAY = 0.98
"""The AUC on leads that the tree has not seen from which the label counts as rebuilt."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How well a shallow tree ranks leads that it has not seen, and the fields that it asks about."""

    auc: float
    fields: tuple[str, ...]


def rebuild_label(matrix: np.ndarray, columns: Sequence[FeatureColumn], positive: np.ndarray, *, seed: int) -> Rebuilt:
    """Let a tree of three questions learn the label from every other lead, and judge it on the rest.

    `matrix` holds a row a lead, `positive` 0 to 1 a lead (a grade counts as won from its mean on).
    """
    from sklearn.tree import DecisionTreeClassifier

    won = (positive >= positive.mean()).astype(np.int64) if ((positive > 0) & (positive < 1)).any() else positive
    filled = np.where(np.isnan(matrix), np.float32(-1e9), matrix)
    learned, judged = slice(0, None, 2), slice(1, None, 2)
    if len(np.unique(won[learned])) < 2 or len(np.unique(won[judged])) < 2 or not len(columns):
        return Rebuilt(0.5, ())
    tree = DecisionTreeClassifier(max_depth=DEPTH, random_state=seed).fit(filled[learned], won[learned])
    said = tree.predict_proba(filled[judged])[:, 1]
    asked = sorted({int(place) for place in tree.tree_.feature if place >= 0})
    return Rebuilt(area_under_curve(won[judged], said), tuple(dict.fromkeys(columns[place].field for place in asked)))
