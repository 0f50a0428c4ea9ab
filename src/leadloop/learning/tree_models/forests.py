"""scikit-learn's forests as trees in log-odds: what is averaged is how strongly each tree speaks, not how often it wins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from leadloop.errors import Problem, VersionError
from leadloop.learning.tree_models.nodes import Floats, Nodes, join, lowered
from leadloop.learning.tree_models.stand_ins import StandIns
from leadloop.scoring.trees.ensemble import TreeEnsemble

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
    from sklearn.tree._tree import Tree


def ensemble_from_forest(
    forest: RandomForestClassifier | ExtraTreesClassifier, shrink: float, stand_ins: StandIns | None = None
) -> TreeEnsemble:
    """The trees of a forest for a yes-or-no outcome; the margin of a row is the mean of its leaves' log-odds.

    A leaf of `rows` training rows of which `won` had the second class says logit((won + shrink * base) / (rows + shrink)): as
    if `shrink` more leads had come that won at the base rate, so that a leaf of three leads that all won says no more than it
    knows. Rows count as they did when the tree was grown: as often as they were drawn, or by their weight; `base` is the
    share that won among all rows that the trees were grown from. A forest's own `predict_proba` averages the shares
    instead, and reasons in log-odds could not add up to that.

    Rows fall to the leaves that `forest.apply` names, missing values included. A forest that was grown from what `stand_ins`
    made of a matrix is read as one of the matrix itself, and moves one way only with every column that has a direction:
    what scikit-learn promises of the shares of its leaves is kept for their log-odds by holding the leaves on either side
    of a split apart, at the middle of what the two sides say as a whole. Raises `ValueError` if `shrink` is not above
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
    read = []
    for tree, (won, rows) in zip(trees, counts, strict=True):
        said = np.log((won + shrink * base) / (rows - won + shrink * (1 - base))) / len(trees)
        read.append(_tree(tree, said, rows, stand_ins))
    return join(read, int(forest.n_features_in_) if stand_ins is None else len(stand_ins.value))


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


def _tree(tree: Tree, said: Floats, rows: Floats, stand_ins: StandIns | None) -> Nodes:
    feature, threshold = tree.feature.astype(np.int64), lowered(np.asarray(tree.threshold, np.float64))
    missing_left = np.asarray(tree.missing_go_to_left, bool)
    if stand_ins is not None:
        said = _held_apart(tree, said, stand_ins.directions)
        feature, threshold, missing_left = stand_ins.read(feature, threshold, missing_left)
    return Nodes.of(feature, threshold, tree.children_left, tree.children_right, missing_left, said, rows)


def _held_apart(tree: Tree, said: Floats, directions: npt.NDArray[np.int64]) -> Floats:
    """What each node says, with what lies on either side of a split of a directed column on its side of the middle."""
    held = said.copy()
    low, high = np.full(len(said), -np.inf), np.full(len(said), np.inf)
    for node, (left, right) in enumerate(zip(tree.children_left.tolist(), tree.children_right.tolist(), strict=True)):
        if left < 0:
            continue
        # Children stand behind their parent, so the bounds of a node are settled when it is reached.
        for side in (left, right):
            low[side], high[side] = low[node], high[node]
            held[side] = min(max(said[side], low[node]), high[node])
        way = int(directions[tree.feature[node]])
        if way:
            middle = (held[left] + held[right]) / 2
            lower, upper = (left, right) if way > 0 else (right, left)
            high[lower], low[upper] = middle, middle
            held[lower], held[upper] = min(held[lower], middle), max(held[upper], middle)
    return held
