"""scikit-learn's histogram gradient boosting, read out of its predictors, number for number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from leadloop.errors import Problem, VersionError
from leadloop.learning.tree_models.nodes import Nodes, join, lowered
from leadloop.learning.tree_models.sets import SetList, members_of
from leadloop.scoring.trees.ensemble import TreeEnsemble

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier


def ensemble_from_gradient_boosting(model: HistGradientBoostingClassifier, sets: SetList | None = None) -> TreeEnsemble:
    """The trees of a `HistGradientBoostingClassifier` for a yes-or-no outcome.

    On float32 rows `margins` gives the very numbers of `decision_function`, missing values included. The cover of a node is
    how many training rows came there; scikit-learn keeps no weights of rows. Splits on categories ask columns of `sets`, which
    must know how many categories each such feature has (their values are 0, 1, 2 ...); a category that training did not see
    goes where missing values go, as there. Raises `VersionError` with every reason why a model cannot be served: no trees,
    other than two classes, or a categorical split without sets.
    """
    problems = list(_unservable(model, sets))
    if problems:
        raise VersionError("gradient boosting", problems)
    inside = _Inside.of(model)
    trees = [_tree(predictor, inside, sets) for (predictor,) in model._predictors]
    n_features = sets.n_features if sets else int(model.n_features_in_)
    return join(trees, n_features, float(np.ravel(model._baseline_prediction)[0]))


def _unservable(model: HistGradientBoostingClassifier, sets: SetList | None) -> Iterator[Problem]:
    predictors = getattr(model, "_predictors", None)
    if not predictors:
        yield Problem("trees", "are missing", "fit the model for one round or more")
        return
    if len(model.classes_) != 2:
        yield Problem("classes", f"are {len(model.classes_)}, not 2", "train on leads with both outcomes")
        return
    if sets is None and any(one.nodes["is_categorical"].any() for (one,) in predictors):
        yield Problem("trees", "split on a category", "hand categories in as numbers of your own making")


@dataclass(frozen=True)
class _Inside:
    """How features stand inside the model: categories first, each numbered anew by those that training saw."""

    feature: npt.NDArray[np.int64]
    seen: dict[int, npt.NDArray[np.int64]]

    @classmethod
    def of(cls, model: HistGradientBoostingClassifier) -> _Inside:
        by_category = model.is_categorical_
        if by_category is None or not by_category.any():
            return cls(np.arange(model.n_features_in_), {})
        feature = np.concatenate([np.flatnonzero(by_category), np.flatnonzero(~by_category)])
        encoder = model._preprocessor.named_transformers_["encoder"]
        seen = {number: np.asarray(held) for number, held in enumerate(encoder.categories_)}
        return cls(feature, {number: held[~np.isnan(held)].astype(np.int64) for number, held in seen.items()})


def _tree(predictor: Any, inside: _Inside, sets: SetList | None) -> Nodes:
    nodes = predictor.nodes
    leaf = nodes["is_leaf"] != 0
    by_category = (nodes["is_categorical"] != 0) & ~leaf
    feature = np.where(leaf, -1, inside.feature[np.where(leaf, 0, nodes["feature_idx"])])
    threshold = np.where(leaf | by_category, 0.0, nodes["num_threshold"])
    left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    missing_left = nodes["missing_go_to_left"] != 0
    for node in np.flatnonzero(by_category).tolist():
        assert sets is not None
        seen = inside.seen[int(nodes["feature_idx"][node])]
        bits = members_of(predictor.raw_left_cat_bitsets[int(nodes["bitset_idx"][node])])
        goes_left = {int(seen[bit]) for bit in bits if bit < len(seen)}
        of = int(feature[node])
        if missing_left[node]:
            goes_left |= set(range(sets.levels[of])) - set(seen.tolist())
        feature[node], threshold[node] = sets.column(of, goes_left), 0.5
        left[node], right[node] = right[node], left[node]
        missing_left[node] = False
    return Nodes.of(
        feature,
        lowered(threshold),
        np.where(leaf, -1, left),
        np.where(leaf, -1, right),
        missing_left,
        nodes["value"],
        nodes["count"],
    )
