"""LightGBM's trees, read out of the text that LightGBM itself writes, number for number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from leadloop.errors import Problem, VersionError
from leadloop.learning.tree_models.nodes import Floats, Nodes, join, lowered
from leadloop.learning.tree_models.sets import SetList, members_of
from leadloop.scoring.trees.ensemble import TreeEnsemble

if TYPE_CHECKING:
    import lightgbm

_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_MISSING_NONE, _MISSING_ZERO, _MISSING_NAN = 0, 1, 2
# LightGBM reads every value this close to zero as zero.
_ZERO = np.float32(1e-35)


def ensemble_from_lightgbm(booster: lightgbm.Booster, sets: SetList | None = None) -> TreeEnsemble:
    """The trees of a LightGBM model for a yes-or-no outcome.

    On float32 rows `margins` gives the very bits of `booster.predict(..., raw_score=True)`, and `contributions` those of
    `pred_contrib=True` but for rounding. With early stopping the trees up to the best iteration are read, as LightGBM
    predicts by default. Splits on categories ask columns of `sets`, which must know how many categories each such feature
    has. Raises `VersionError` with every reason why a model cannot be served: no trees, a categorical split without sets,
    linear leaves, random-forest mode, zeros read as missing, several classes, or an objective whose margin is no log-odds.
    """
    header, *trees = booster.model_to_string().split("\n\nend of trees", 1)[0].split("\nTree=")
    said = _pairs(header)
    problems = list(_unservable(said, header))
    if not trees:
        problems.append(Problem("trees", "are missing", "train for one round or more"))
    read = [_tree(number, _pairs(tree), sets, problems) for number, tree in enumerate(trees)]
    if problems:
        raise VersionError("LightGBM model", problems)
    n_features = sets.n_features if sets else int(said["max_feature_idx"]) + 1
    return join([tree for tree in read if tree is not None], n_features)


def _pairs(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _unservable(header: dict[str, str], text: str) -> Iterator[Problem]:
    """What the header says that a yes-or-no model in log-odds must not say."""
    objective = header.get("objective", "none")
    name, *settings = objective.split()
    if name not in ("binary", "cross_entropy") or any(
        one.startswith("sigmoid:") and one != "sigmoid:1" for one in settings
    ):
        yield Problem("objective", f"is {objective!r}, whose margin is no log-odds", 'train with objective="binary"')
    for key in ("num_class", "num_tree_per_iteration"):
        if header.get(key) != "1":
            yield Problem(key, f"is {header.get(key, 'missing')}, not 1", "train one model for each outcome")
    if "\naverage_output" in text:
        yield Problem("boosting", "averages its trees", 'train with boosting="gbdt"')


def _tree(number: int, said: dict[str, str], sets: SetList | None, problems: list[Problem]) -> Nodes | None:
    """One tree; None if there is a reason why it cannot be served, which then stands among the problems."""
    where = f"tree {number}"
    leaves = int(said["num_leaves"])
    if said.get("is_linear", "0") != "0":
        problems.append(Problem(where, "has linear leaves", "train with linear_tree=False"))
        return None

    def numbers(name: str, dtype: type[np.generic], length: int) -> npt.NDArray[Any]:
        return np.array(said.get(name, "").split(), dtype=dtype).reshape(length)

    value = numbers("leaf_value", np.float64, leaves)
    if leaves == 1:
        return Nodes.of([-1], [0], [-1], [-1], [False], value, [0])
    splits = leaves - 1
    kinds = numbers("decision_type", np.int64, splits)
    missing = kinds >> 2 & 3
    by_category = kinds & _CATEGORICAL != 0
    if by_category.any() and sets is None:
        problems.append(Problem(where, "splits on a category", "hand categories in as numbers of your own making"))
    if (missing == _MISSING_ZERO).any():
        problems.append(Problem(where, "reads zero as missing", "train with zero_as_missing=False"))
    if problems:
        return None
    feature, threshold = numbers("split_feature", np.int64, splits), numbers("threshold", np.float64, splits)
    if by_category.any() and sets is not None:
        starts = np.array(said["cat_boundaries"].split(), np.int64)
        words = np.array(said["cat_threshold"].split(), np.uint32)
        for split in np.flatnonzero(by_category).tolist():
            which = int(threshold[split])
            members = members_of(words[starts[which] : starts[which + 1]])
            feature[split], threshold[split] = sets.column(int(feature[split]), members), 0.5
    # Without missing values in training, LightGBM reads a missing value as 0.
    missing_left = np.where(missing == _MISSING_NAN, kinds & _DEFAULT_LEFT != 0, threshold >= 0) & ~by_category
    nothing = np.zeros(leaves)

    def linked(name: str) -> npt.NDArray[np.int64]:
        """Children, numbered with the leaves (-1, -2, -3 ... in LightGBM) behind the splits (0, 1, 2 ...)."""
        child = numbers(name, np.int64, splits)
        return np.append(np.where(child >= 0, child, splits + ~child), np.full(leaves, -1))

    left, right = linked("left_child"), linked("right_child")
    # A category in the set goes left; its column is 1 there, which is not "at most a half".
    swapped = np.append(by_category, np.zeros(leaves, bool))
    return Nodes.of(
        np.append(feature, np.full(leaves, -1)),
        np.append(_lowered(threshold), nothing),
        np.where(swapped, right, left),
        np.where(swapped, left, right),
        np.append(missing_left, nothing),
        np.append(np.zeros(splits), value),
        np.append(numbers("internal_count", np.float64, splits), numbers("leaf_count", np.float64, leaves)),
    )


def _lowered(threshold: Floats) -> npt.NDArray[np.float32]:
    """The largest float32 that is at most each threshold, with LightGBM's zero drawn to one side of it.

    >>> _lowered(np.array([0.1, 1e300, -1e-35])).tolist() == [
    ...     0.09999999403953552,  # 0.1 itself lies just above it
    ...     3.4028234663852886e38,  # infinity still goes right
    ...     float(np.nextafter(np.float32(-1e-35), np.float32(-1))),  # -1e-35 is read as zero, so it goes right
    ... ]
    True
    """
    near_zero = np.abs(threshold) <= _ZERO
    drawn = np.where(threshold < 0, np.nextafter(-_ZERO, np.float32(-1)), _ZERO)
    return np.where(near_zero, drawn, lowered(threshold)).astype(np.float32)
