"""CatBoost's trees, found out by asking CatBoost itself: it hands out no tree, but says in which leaf any row ends.

A tree of CatBoost asks the same question on every split of a level; yes or no to each is one bit of the number of the leaf. A
row of nothing but minus infinity ends in leaf 0 of every tree. Raised over one border of one feature after another, the bits
that turn on are the questions of that border: each is found, exactly, with one more row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from leadloop.errors import Problem, VersionError
from leadloop.learning.tree_models.nodes import Floats, Nodes, join
from leadloop.scoring.trees.ensemble import TreeEnsemble

if TYPE_CHECKING:
    import catboost

Whole = npt.NDArray[np.int64]
Question = tuple[int, float, bool]
"""A feature, the border that its value may lie above, and whether a missing value counts as at most the border."""

_LOG_ODDS = ("Logloss", "CrossEntropy")


def ensemble_from_catboost(model: catboost.CatBoost) -> TreeEnsemble:
    """The trees of a CatBoost model for a yes-or-no outcome.

    On float32 rows `margins` are those of `predict(..., prediction_type="RawFormulaVal")`, and `contributions` those of
    `get_feature_importance(type="ShapValues")`, both but for rounding. The cover of a leaf is its weight in training, so rows
    weigh as they did there. Raises `VersionError` with every reason why a model cannot be served: no trees, trees that are
    not symmetric, a feature that is no number, several outputs, or a loss whose margin is no log-odds.

    What no row can reach (above 5, and below it at most 3) is left out, and leaves side by side that say the same become one:
    no margin and no contribution changes by that.
    """
    problems = list(_unservable(model))
    if problems:
        raise VersionError("CatBoost model", problems)
    leaves = np.asarray(model.get_tree_leaf_counts(), np.int64)
    questions = _questions(model, leaves)
    scale, bias = model.get_scale_and_bias()
    ends = np.cumsum(leaves)[:-1]
    values = np.split(np.asarray(model.get_leaf_values(), np.float64) * scale, ends)
    weights = np.split(np.asarray(model.get_leaf_weights(), np.float64), ends)
    trees = [_tree(*parts) for parts in zip(questions, values, weights, strict=True)]
    return join(trees, len(model.feature_names_), bias)


def _unservable(model: catboost.CatBoost) -> Iterator[Problem]:
    """What the model says of itself that a yes-or-no model of symmetric trees over numbers must not say."""
    if not model.is_fitted() or not model.tree_count_:
        yield Problem("trees", "are missing", "train for one round or more")
        return
    settings = _settings(model)
    loss = str(settings.get("loss_function", "unknown"))
    if loss.split(":")[0] not in _LOG_ODDS:
        mend = 'train with loss_function="Logloss"'
        yield Problem("loss_function", f"is {loss!r}, whose margin is no log-odds", mend)
    if isinstance(model.get_scale_and_bias()[1], list):
        yield Problem("outputs", "are several", "train one model for each outcome")
    policy = settings.get("grow_policy", "unknown")
    if policy != "SymmetricTree":
        yield Problem("grow_policy", f"is {policy!r}", 'train with grow_policy="SymmetricTree"')
    others = {
        "categories": model.get_cat_feature_indices(),
        "texts": model.get_text_feature_indices(),
        "embeddings": model.get_embedding_feature_indices(),
    }
    for kind, features in others.items():
        if features:
            yield Problem("features", f"{features} are {kind}", "hand them in as numbers of your own making")


def _settings(model: catboost.CatBoost) -> dict[str, Any]:
    """What the model was trained with; nothing where it does not say, as a sum of models does not."""
    import catboost

    try:
        settings: dict[str, Any] = model.get_all_params()
    except catboost.CatBoostError:
        return {}
    return settings


def _questions(model: catboost.CatBoost, leaves: Whole) -> list[list[Question]]:
    """The question behind every bit of every tree's leaves, lowest bit first."""
    n_features = len(model.feature_names_)
    bits = [int(count).bit_length() - 1 for count in leaves]
    found: list[dict[int, Question]] = [{} for _ in bits]
    twice = False
    for feature, borders in sorted(model.get_borders().items()):
        if not borders:
            continue
        steps = np.sort(np.asarray(borders, np.float32))
        rows = np.full((len(steps) + 2, n_features), -np.inf, np.float32)
        with np.errstate(over="ignore"):  # just above the largest number is infinity
            rows[1:-1, feature] = np.nextafter(steps, np.float32(np.inf))
        rows[-1, feature] = np.nan
        reached = np.asarray(model.calc_leaf_indexes(rows, thread_count=1), np.int64)
        turned = reached[1:-1] ^ reached[:-2]
        for step, tree in np.argwhere(turned).tolist():
            for bit in range(bits[tree]):
                if turned[step, tree] >> bit & 1:
                    missing_low = not reached[-1, tree] >> bit & 1
                    twice = twice or bit in found[tree]
                    found[tree][bit] = (feature, float(steps[step]), missing_low)
    if twice or any(len(known) != count for known, count in zip(found, bits, strict=True)):
        problem = Problem("trees", "do not ask one question a level", 'train with grow_policy="SymmetricTree"')
        raise VersionError("CatBoost model", problem)
    return [[known[bit] for bit in range(len(known))] for known in found]


def _tree(questions: list[Question], value: Floats, weight: Floats) -> Nodes:
    """One tree from its questions and its leaves; the last question stands at the root, as CatBoost's own reasons have it."""
    nodes: list[tuple[int, float, int, int, bool, float, float]] = []

    def grow(bit: int, leaf: int, between: dict[int, tuple[float, float]]) -> int:
        """Adds what lies below the questions above `bit`, whose answers are in `leaf`; returns where it begins.

        `between` holds, for features already asked about, the borders that the value lies above, and at or below.
        """
        if bit < 0:
            nodes.append((-1, 0.0, -1, -1, False, float(value[leaf]), float(weight[leaf])))
            return len(nodes) - 1
        feature, border, missing_left = questions[bit]
        low, high = between.get(feature, (-np.inf, np.inf))
        if border <= low:
            return grow(bit - 1, leaf | 1 << bit, between)
        if border >= high:
            return grow(bit - 1, leaf, between)
        at = len(nodes)
        nodes.append((feature, border, -1, -1, missing_left, 0.0, 0.0))
        left = grow(bit - 1, leaf, between | {feature: (low, border)})
        right = grow(bit - 1, leaf | 1 << bit, between | {feature: (border, high)})
        cover = nodes[left][-1] + nodes[right][-1]
        if nodes[left][0] == nodes[right][0] == -1 and nodes[left][5] == nodes[right][5]:
            said = nodes[left][5]
            del nodes[at:]
            nodes.append((-1, 0.0, -1, -1, False, said, cover))
        else:
            nodes[at] = (feature, border, left, right, missing_left, 0.0, cover)
        return at

    grow(len(questions) - 1, 0, {})
    return Nodes.of(*map(list, zip(*nodes, strict=True)))
