"""CatBoost's trees, found out by asking CatBoost itself: it hands out no tree, but says in which leaf any row ends.

A tree of CatBoost asks the same question on every split of a level; yes or no to each is one bit of the number of the leaf. A
row of nothing but minus infinity ends in leaf 0 of every tree. Raised over one border of one feature after another, the bits
that turn on are the questions of that border: each is found, exactly, with one more row. So it is with categories: one row for
each category of a feature tells which bits that feature turns on, and with which of its categories.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from leadloop.errors import Problem, VersionError
from leadloop.learning.tree_models.nodes import Floats, Nodes, join
from leadloop.learning.tree_models.sets import SetList
from leadloop.scoring.trees.ensemble import TreeEnsemble

if TYPE_CHECKING:
    import catboost

Whole = npt.NDArray[np.int64]
Question = tuple[int, float, bool]
"""A feature, the border that its value may lie above, and whether a missing value counts as at most the border."""

_LOG_ODDS = ("Logloss", "CrossEntropy")


def ensemble_from_catboost(model: catboost.CatBoost, sets: SetList | None = None) -> TreeEnsemble:
    """The trees of a CatBoost model for a yes-or-no outcome.

    On float32 rows `margins` are those of `predict(..., prediction_type="RawFormulaVal")`, and `contributions` those of
    `get_feature_importance(type="ShapValues")`, both but for rounding. The cover of a leaf is its weight in training, so rows
    weigh as they did there. Raises `VersionError` with every reason why a model cannot be served: no trees, trees that are
    not symmetric, a feature that is no number, several outputs, or a loss whose margin is no log-odds.

    With `sets`, the last features may be categories, named by their numbers in decimal digits ("0", "1" ...), of which `sets`
    must know how many there are; a split must look at one feature alone (max_ctr_complexity=1). Whatever CatBoost makes of a
    category, a question about it has one answer for each: the categories with the answer yes become a column of `sets`.

    What no row can reach (above 5, and below it at most 3) is left out, and leaves side by side that say the same become one:
    no margin and no contribution changes by that.
    """
    problems = list(_unservable(model, sets))
    if problems:
        raise VersionError("CatBoost model", problems)
    leaves = np.asarray(model.get_tree_leaf_counts(), np.int64)
    questions = _questions(model, leaves, sets)
    scale, bias = model.get_scale_and_bias()
    ends = np.cumsum(leaves)[:-1]
    values = np.split(np.asarray(model.get_leaf_values(), np.float64) * scale, ends)
    weights = np.split(np.asarray(model.get_leaf_weights(), np.float64), ends)
    trees = [_tree(*parts) for parts in zip(questions, values, weights, strict=True)]
    return join(trees, sets.n_features if sets else len(model.feature_names_), bias)


def _unservable(model: catboost.CatBoost, sets: SetList | None) -> Iterator[Problem]:
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
        "categories": [one for one in model.get_cat_feature_indices() if sets is None or one not in sets.levels],
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


def catboost_rows(matrix: npt.NDArray[np.float32], categories: int) -> Any:
    """Rows as CatBoost takes them; the last so many columns hold numbers of categories."""
    if not categories:
        return matrix
    import catboost

    numbers, codes = matrix[:, :-categories], matrix[:, -categories:]
    last = int(codes.max(initial=0))
    names = np.array([str(number).encode() for number in range(last + 1)], dtype=object)
    return catboost.FeaturesData(np.ascontiguousarray(numbers), names[codes.astype(np.int64)])


def _questions(model: catboost.CatBoost, leaves: Whole, sets: SetList | None) -> list[list[Question]]:
    """The question behind every bit of every tree's leaves, lowest bit first."""
    n_features, levels = len(model.feature_names_), sets.levels if sets else {}
    bits = [int(count).bit_length() - 1 for count in leaves]
    found: list[dict[int, Question]] = [{} for _ in bits]
    blank = np.full((1, n_features), -np.inf, np.float32)
    blank[:, list(levels)] = 0

    def reached(rows: npt.NDArray[np.float32]) -> Whole:
        given = catboost_rows(rows, len(levels))
        return np.asarray(model.calc_leaf_indexes(given, thread_count=1), np.int64)

    start = reached(blank)[0]
    twice = False
    for feature, borders in sorted(model.get_borders().items()):
        if not borders or feature in levels:
            continue
        steps = np.sort(np.asarray(borders, np.float32))
        rows = np.repeat(blank, len(steps) + 2, axis=0)
        with np.errstate(over="ignore"):  # just above the largest number is infinity
            rows[1:-1, feature] = np.nextafter(steps, np.float32(np.inf))
        rows[-1, feature] = np.nan
        at = reached(rows)
        turned = at[1:-1] ^ at[:-2]
        for step, tree in np.argwhere(turned).tolist():
            for bit in range(bits[tree]):
                if turned[step, tree] >> bit & 1:
                    missing_low = not at[-1, tree] >> bit & 1
                    twice = twice or bit in found[tree]
                    found[tree][bit] = (feature, float(steps[step]), missing_low)
    for feature, count in levels.items():
        assert sets is not None
        rows = np.repeat(blank, count, axis=0)
        rows[:, feature] = np.arange(count)
        at = reached(rows)
        turned = np.bitwise_or.reduce(at ^ start, axis=0)
        for tree in np.flatnonzero(turned).tolist():
            for bit in range(bits[tree]):
                if turned[tree] >> bit & 1:
                    members = np.flatnonzero(at[:, tree] >> bit & 1).tolist()
                    twice = twice or bit in found[tree]
                    found[tree][bit] = (sets.column(feature, members), 0.5, False)
    if levels:
        # What all categories answer alike never turns: no row can give the other answer.
        for tree, known in enumerate(found):
            for bit in set(range(bits[tree])) - known.keys():
                known[bit] = _always(int(start[tree]) >> bit & 1)
    if twice or any(len(known) != count for known, count in zip(found, bits, strict=True)):
        problem = Problem("trees", "do not ask one question a level", 'train with grow_policy="SymmetricTree"')
        raise VersionError("CatBoost model", problem)
    return [[known[bit] for bit in range(len(known))] for known in found]


def _always(answer: int) -> Question:
    """A question that every row answers the same."""
    return -1, float("-inf") if answer else float("inf"), False


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
        # A border at the ends of the scale is asked by no one: `_always`.
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
