"""scikit-learn's forests as trees in log-odds: what is averaged is how strongly each tree speaks, not how often it wins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from leadloop.errors import Problem, VersionError
from leadloop.learning.tree_models.nodes import Floats, Nodes, join, lowered
from leadloop.scoring.trees.ensemble import TreeEnsemble

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
    from sklearn.tree._tree import Tree


def ensemble_from_forest(forest: RandomForestClassifier | ExtraTreesClassifier, shrink: float) -> TreeEnsemble:
    """The trees of a forest for a yes-or-no outcome; the margin of a row is the mean of its leaves' log-odds.

    A leaf of `rows` training rows of which `won` had the second class says logit((won + shrink * base) / (rows + shrink)): as
    if `shrink` more leads had come that won at the base rate, so that a leaf of three leads that all won says no more than it
    knows. Rows count as they did when the tree was grown: as often as they were drawn, or by their weight; `base` is the
    share that won among all rows that the trees were grown from. A forest's own `predict_proba` averages the shares
    instead, and reasons in log-odds could not add up to that.

    Rows fall to the leaves that `forest.apply` names, missing values included. Raises `ValueError` if `shrink` is not above
    zero, and `VersionError` if the forest has no trees, several outcomes, or other than two classes.
    """
    if not 0 < shrink < np.inf:
        raise ValueError(f"shrink is {shrink}; without any, a leaf whose leads all won would be infinitely sure")
    problems = list(_unservable(forest))
    if problems:
        raise VersionError("forest", problems)
    trees = [member.tree_ for member in forest.estimators_]
    counts = [_counts(tree) for tree in trees]
    base = float(sum(won[0] for won, _ in counts) / sum(rows[0] for _, rows in counts))
    read = [_tree(tree, won, rows, shrink, base, len(trees)) for tree, (won, rows) in zip(trees, counts, strict=True)]
    return join(read, int(forest.n_features_in_))


def _unservable(forest: RandomForestClassifier | ExtraTreesClassifier) -> Iterator[Problem]:
    if not getattr(forest, "estimators_", None):
        yield Problem("trees", "are missing", "fit the forest")
        return
    if forest.n_outputs_ != 1:
        yield Problem("outputs", f"are {forest.n_outputs_}", "train one forest for each outcome")
    elif len(forest.classes_) != 2:
        yield Problem("classes", f"are {len(forest.classes_)}, not 2", "train on leads with both outcomes")


def _counts(tree: Tree) -> tuple[Floats, Floats]:
    """How many rows, by weight, won at each node, and how many came there."""
    rows = np.asarray(tree.weighted_n_node_samples, np.float64)
    # Where rows of weight zero stand alone, their share is no number.
    share = np.where(rows > 0, tree.value[:, 0, 1], 0.0)
    return share * rows, rows


def _tree(tree: Tree, won: Floats, rows: Floats, shrink: float, base: float, of: int) -> Nodes:
    return Nodes.of(
        tree.feature,
        lowered(np.asarray(tree.threshold, np.float64)),
        tree.children_left,
        tree.children_right,
        tree.missing_go_to_left,
        np.log((won + shrink * base) / (rows - won + shrink * (1 - base))) / of,
        rows,
    )
