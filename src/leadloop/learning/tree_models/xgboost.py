"""XGBoost's trees, read out of the JSON that XGBoost itself writes, number for number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from leadloop.errors import Problem, VersionError
from leadloop.learning.tree_models.nodes import Nodes, join
from leadloop.learning.tree_models.sets import SetList
from leadloop.scoring.trees.ensemble import TreeEnsemble

if TYPE_CHECKING:
    import xgboost

_ONE_FOR_EACH = "train one model for each outcome"


def ensemble_from_xgboost(booster: xgboost.Booster, sets: SetList | None = None) -> TreeEnsemble:
    """The trees of an XGBoost model for a yes-or-no outcome.

    On float32 rows whose missing values are NaN, `margins` are those of `booster.predict(..., output_margin=True)` and
    `contributions` those of `pred_contribs=True`, both but for rounding: XGBoost adds up in float32. The cover of a node is
    its `sum_hessian`, by which XGBoost weighs too. With early stopping the trees up to the best iteration are read, as
    `XGBClassifier` predicts; `Booster.predict` has to be told so. Raises `VersionError` with every reason why a model cannot be
    served: no trees, a booster other than gbtree, a categorical split without sets, several outputs, or an objective other
    than binary:logistic. Splits on categories ask columns of `sets`, which must know how many categories each such feature
    has; a category in the set goes right.

    XGBoost sends `x < threshold` left; in float32 that is `x <= ` the number just below. The intercept stands in the JSON as a
    probability, by version as a text, a text of a list, or a list.
    """
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    problems = list(_unservable(learner))
    trees: list[dict[str, Any]] = []
    if learner["gradient_booster"].get("name") == "gbtree":
        trees = _best(learner)
        problems += _unservable_trees(trees, sets)
    if problems:
        raise VersionError("XGBoost model", problems)
    base = np.float32(_base_scores(learner)[0])
    # As XGBoost does it: in float32, from the probability to the log-odds.
    margin = -np.log(np.float32(1) / base - np.float32(1))
    read = [_tree(tree, sets) for tree in trees]
    return join(read, sets.n_features if sets else int(learner["learner_model_param"]["num_feature"]), float(margin))


def _unservable(learner: dict[str, Any]) -> Iterator[Problem]:
    """What the model says of itself that a yes-or-no model in log-odds must not say."""
    objective = learner["objective"].get("name")
    if objective != "binary:logistic":
        mend = 'train with objective="binary:logistic"'
        yield Problem("objective", f"is {objective!r}, whose margin is not read as log-odds", mend)
    name = learner["gradient_booster"].get("name")
    if name != "gbtree":
        yield Problem("booster", f"is {name!r}, not 'gbtree'", 'train with booster="gbtree"')
    shape = learner["learner_model_param"]
    if int(shape.get("num_class", "0")) > 1:
        yield Problem("num_class", f"is {shape['num_class']}", _ONE_FOR_EACH)
    if int(shape.get("num_target", "1")) > 1:
        yield Problem("num_target", f"is {shape['num_target']}", _ONE_FOR_EACH)
    base = _base_scores(learner)
    if len(base) != 1:
        yield Problem("base_score", f"holds {len(base)} numbers, not 1", _ONE_FOR_EACH)
    elif not 0 < base[0] < 1:
        yield Problem("base_score", f"is {base[0]}, not a probability", "train on leads with both outcomes")


def _base_scores(learner: dict[str, Any]) -> list[float]:
    """The intercept, however this version of XGBoost writes it.

    >>> [_base_scores({"learner_model_param": {"base_score": said}}) for said in ("5E-1", "[4.95E-1]", [0.25])]
    [[0.5], [0.495], [0.25]]
    """
    said = learner["learner_model_param"]["base_score"]
    read = json.loads(said) if isinstance(said, str) else said
    return [float(one) for one in (read if isinstance(read, list) else [read])]


def _best(learner: dict[str, Any]) -> list[dict[str, Any]]:
    """All trees, or those up to the best iteration where training was stopped early."""
    model = learner["gradient_booster"]["model"]
    trees: list[dict[str, Any]] = model["trees"]
    best = learner["attributes"].get("best_iteration")
    if best is None:
        return trees
    starts = model["iteration_indptr"]  # iteration i grew the trees from starts[i] to starts[i + 1]
    return trees[: starts[min(int(best) + 1, len(starts) - 1)]]


def _unservable_trees(trees: list[dict[str, Any]], sets: SetList | None) -> Iterator[Problem]:
    if not trees:
        yield Problem("trees", "are missing", "train for one round or more")
    for number, tree in enumerate(trees):
        if sets is None and (any(tree.get("split_type", ())) or tree.get("categories_nodes")):
            yield Problem(f"tree {number}", "splits on a category", "hand categories in as numbers of your own making")
        if int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
            yield Problem(f"tree {number}", "has several values a leaf", _ONE_FOR_EACH)


def _tree(said: dict[str, Any], sets: SetList | None) -> Nodes:
    # Both the threshold of a split and the value of a leaf; XGBoost keeps either as float32.
    condition: npt.NDArray[np.float32] = np.array(said["split_conditions"], np.float32)
    feature = np.array(said["split_indices"], np.int64)
    threshold = np.nextafter(condition, np.float32(-np.inf))
    if sets is not None:
        named = (said[f"categories{part}"] for part in ("_nodes", "_segments", "_sizes"))
        for node, start, size in zip(*named, strict=True):
            members = said["categories"][start : start + size]
            feature[node], threshold[node] = sets.column(int(feature[node]), map(int, members)), 0.5
    return Nodes.of(
        feature,
        threshold,
        said["left_children"],
        said["right_children"],
        said["default_left"],
        condition.astype(np.float64),
        said["sum_hessian"],
    )
