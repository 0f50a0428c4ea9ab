"""A boosted model as plain tables: which question each tree asks, where each answer leads, and what it adds to the score.

Every tree library keeps its trees in its own way and answers in its own way. Here they are read into one frozen form, a
`TreeEnsemble` of numpy arrays, and everything that serves is derived from that form: the prediction (`margins`), the exact
reasons (`contributions`) and, on the training side, the ONNX graph. What agrees with the arrays agrees with each other.

The rule of a split is `x <= threshold` goes left, in float32, with a flag that says where a missing value (NaN) goes. Other
libraries fit in: `x < t` is `x <= nextafter(t, -inf)`; an oblivious tree is an ordinary tree that repeats its splits. A
split on membership in a set of categories asks one more column, 1.0 where the category is in the set, behind the real
features (see `sets`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from leadloop.errors import Problem, VersionError
from leadloop.scoring.onnx_session import open_session

if TYPE_CHECKING:
    from leadloop.scoring.trees.reasons import TreeReasons

__all__ = ["TreeEnsemble", "open_session"]

# Far above any model worth serving (300 trees of 63 leaves are 37,500 nodes), far below what would hurt a worker.
MOST_NODES = 1_000_000
MOST_FEATURES = 100_000
DEEPEST = 256
# All paths together, in splits: reasons walk every one of them when they are prepared.
MOST_STEPS = 8_000_000
# A leaf beyond this would be infinite in the float32 graph; a log-odds of 1e6 is already absurd.
LARGEST_VALUE = 1e30

_DTYPES = {
    "feature": np.int32,
    "threshold": np.float32,
    "left": np.int32,
    "right": np.int32,
    "missing_left": np.bool_,
    "value": np.float64,
    "cover": np.float64,
    "tree_offsets": np.int32,
    "n_features": np.int64,
    "base": np.float64,
}
_SCALARS = ("n_features", "base")
_PER_NODE = ("feature", "threshold", "left", "right", "missing_left", "value", "cover")
_CELLS_AT_ONCE = 1 << 16


@dataclass(frozen=True, eq=False)
class TreeEnsemble:
    """The trees of one model, in log-odds: a row's margin is `base` plus one leaf's value from every tree.

    All nodes of all trees stand in one line; tree `k` owns nodes `tree_offsets[k]` to `tree_offsets[k + 1]`, its root is
    the first, and a child always stands after its parent. A leaf has `feature`, `left` and `right` of -1.

    - `feature`, `threshold`: the split asks whether `row[feature] <= threshold` (float32); yes goes `left`, no `right`.
    - `missing_left`: whether a missing value goes left.
    - `value`: what a leaf adds to the margin (log-odds, float64).
    - `cover`: how many training rows (or how much of their weight) reached the node; reasons weigh by it.

    >>> stump = TreeEnsemble.from_arrays(
    ...     {
    ...         "feature": np.array([0, -1, -1], np.int32),
    ...         "threshold": np.array([9.5, 0, 0], np.float32),
    ...         "left": np.array([1, -1, -1], np.int32),
    ...         "right": np.array([2, -1, -1], np.int32),
    ...         "missing_left": np.array([True, False, False]),
    ...         "value": np.array([0, -1.0, 0.6]),
    ...         "cover": np.array([100.0, 60, 40]),
    ...         "tree_offsets": np.array([0, 3], np.int32),
    ...         "n_features": np.array(1),
    ...         "base": np.array(0.0),
    ...     }
    ... )
    >>> rows = np.array([[3], [200], [np.nan]], np.float32)
    >>> stump.margins(rows)
    array([-1. ,  0.6, -1. ])
    >>> round(stump.expected, 3), stump.contributions(rows).round(3).ravel().tolist()
    (-0.36, [-0.64, 0.96, -0.64])
    """

    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float32]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    missing_left: npt.NDArray[np.bool_]
    value: npt.NDArray[np.float64]
    cover: npt.NDArray[np.float64]
    tree_offsets: npt.NDArray[np.int32]
    n_features: int
    base: float

    @property
    def n_nodes(self) -> int:
        """How many nodes all trees have together."""
        return len(self.feature)

    @property
    def n_trees(self) -> int:
        """How many trees there are."""
        return len(self.tree_offsets) - 1

    @cached_property
    def levels(self) -> tuple[npt.NDArray[np.int64], ...]:
        """The nodes of every depth, roots first; a walk needs one step fewer than there are levels."""
        found = [self.tree_offsets[:-1].astype(np.int64)]
        while True:
            split = found[-1][self.feature[found[-1]] >= 0]
            if not len(split):
                return tuple(found)
            found.append(np.concatenate([self.left[split], self.right[split]]).astype(np.int64))

    @cached_property
    def share(self) -> npt.NDArray[np.float64]:
        """The share of its parent's training rows that each node received; 1 at a root.

        Below a node that no training row reached the rows cannot say, so both children count for half.
        """
        share = np.ones(self.n_nodes)
        parents = np.flatnonzero(self.feature >= 0)
        reached = self.cover[parents]
        for side in (self.left, self.right):
            children = side[parents]
            np.divide(self.cover[children], reached, out=(part := np.full(len(parents), 0.5)), where=reached > 0)
            share[children] = part
        return share

    @cached_property
    def expected(self) -> float:
        """The margin of a lead of which nothing is known: `base` plus every tree's leaves weighed by their cover."""
        reach = np.ones(self.n_nodes)
        for level in self.levels:
            parents = level[self.feature[level] >= 0]
            for side in (self.left, self.right):
                reach[side[parents]] = reach[parents] * self.share[side[parents]]
        leaf = self.feature < 0
        return float(self.base + (self.value[leaf] * reach[leaf]).sum())

    def margins(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """What the model says of each row, in log-odds: float32 (rows, features) in, float64 (rows,) out.

        The trees are added in order and in float64, as LightGBM does, so a row gives the same bits alone and in a batch.
        Raises `ValueError` for a matrix of another type or width.
        """
        rows = self.rows(matrix)
        said = np.empty(len(rows))
        step = max(1, _CELLS_AT_ONCE // max(1, self.n_trees))
        for start in range(0, len(rows), step):
            said[start : start + step] = self._margins(rows[start : start + step])
        return said

    def _margins(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        feature, left, right = self._walk
        at = np.broadcast_to(self.tree_offsets[:-1, None], (self.n_trees, len(rows)))
        row = np.arange(len(rows))
        for _ in range(len(self.levels) - 1):
            x = rows[row, feature[at]]
            goes_left = np.where(np.isnan(x), self.missing_left[at], x <= self.threshold[at])
            at = np.where(goes_left, left[at], right[at])
        terms = np.empty((self.n_trees + 1, len(rows)))
        terms[0] = self.base
        terms[1:] = self.value[at]
        # accumulate adds strictly one after another; sum() would pair the terms differently for one row than for many.
        margins: npt.NDArray[np.float64] = np.add.accumulate(terms, axis=0)[-1]
        return margins

    @cached_property
    def _walk(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Feature, left and right with every leaf leading to itself, so that all rows can take the same number of steps."""
        leaf = self.feature < 0
        here = np.arange(self.n_nodes, dtype=np.int32)
        return (
            np.where(leaf, np.int32(0), self.feature),
            np.where(leaf, here, self.left),
            np.where(leaf, here, self.right),
        )

    @cached_property
    def reasons(self) -> TreeReasons:
        """The tables that exact reasons are looked up in; built once, at the first use."""
        from leadloop.scoring.trees.reasons import TreeReasons

        return TreeReasons.of(self)

    def contributions(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """How much each field moved each row's margin away from `expected`: float32 (rows, features) in, float64 out.

        The Shapley values of path-dependent TreeSHAP, exactly (see `reasons`). A row's contributions and `expected` add
        up to its margin. Raises `ValueError` for a matrix of another type or width.
        """
        return self.reasons.contributions(self.rows(matrix))

    def rows(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The matrix itself, if it is float32 with one column a feature; else `ValueError`."""
        return check_rows(matrix, self.n_features)

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The ensemble as named arrays, ready for an `.npz`; `from_arrays` reads them back."""
        return {field.name: np.asarray(getattr(self, field.name), _DTYPES[field.name]) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], subject: str = "tree ensemble") -> TreeEnsemble:
        """Reads an ensemble from named arrays, and trusts none of them.

        The arrays may come from a file that is damaged or made to harm: names, types, lengths, sizes, that every link stays
        inside its tree and leads onwards, and that every number is finite are all checked before anything is used. Raises
        `VersionError` about `subject` with everything that is wrong.
        """
        problems = list(_misshapen(arrays))
        if not problems:
            problems = list(_mislinked(arrays))
        if problems:
            raise VersionError(subject, problems)
        ready: dict[str, Any] = {name: _frozen(arrays[name], _DTYPES[name]) for name in (*_PER_NODE, "tree_offsets")}
        return cls(**ready, n_features=int(arrays["n_features"]), base=float(arrays["base"]))


def check_rows(matrix: npt.NDArray[np.float32], columns: int) -> npt.NDArray[np.float32]:
    """The matrix itself, if it is float32 with so many columns; else `ValueError`."""
    if matrix.dtype != np.float32 or matrix.ndim != 2 or matrix.shape[1] != columns:
        raise ValueError(
            f"expected a float32 matrix of {columns} columns, not {matrix.dtype} of shape {matrix.shape}; "
            "a float64 value can fall on the other side of a threshold, so the features are cast where they are made"
        )
    return matrix


def _frozen(array: npt.NDArray[Any], dtype: type[np.generic]) -> npt.NDArray[Any]:
    """A copy of our own that nobody can write to."""
    copy = np.array(array, dtype=dtype, order="C")
    copy.flags.writeable = False
    return copy


_MEND = "take the version from a backup or train again"


def _misshapen(arrays: Mapping[str, npt.NDArray[Any]]) -> Iterator[Problem]:
    """What is wrong with names, types and lengths: all that must hold before an element may be looked at."""
    for name in sorted(arrays.keys() - _DTYPES.keys()):
        yield Problem(name, "is not part of a tree ensemble", "remove it")
    lengths = {}
    for name, dtype in _DTYPES.items():
        if name not in arrays:
            yield Problem(name, "is missing", _MEND)
            continue
        array = arrays[name]
        if array.dtype != dtype:
            yield Problem(name, f"holds {array.dtype}, not {np.dtype(dtype)}", _MEND)
        elif array.ndim != (0 if name in _SCALARS else 1):
            yield Problem(name, f"has {array.ndim} dimensions", _MEND)
        elif name in _PER_NODE:
            lengths[name] = len(array)
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        yield Problem("nodes", f"have different lengths: {said}", _MEND)
    elif lengths and not 1 <= (nodes := next(iter(lengths.values()))) <= MOST_NODES:
        yield Problem("nodes", f"number {nodes:,}; 1 to {MOST_NODES:,} can be served", "train a smaller model")


def _mislinked(arrays: Mapping[str, npt.NDArray[Any]]) -> Iterator[Problem]:
    """What is wrong with the numbers themselves: the bounds, the links, the values."""
    feature, left, right = arrays["feature"], arrays["left"], arrays["right"]
    nodes, n_features = len(feature), int(arrays["n_features"])
    if not 1 <= n_features <= MOST_FEATURES:
        yield Problem("n_features", f"is {n_features:,}; 1 to {MOST_FEATURES:,} can be served", _MEND)
    if not abs(float(arrays["base"])) <= LARGEST_VALUE:
        yield Problem("base", f"is {float(arrays['base'])}, not a log-odds", _MEND)

    split = feature >= 0
    yield from _where(
        "feature", (feature < -1) | (feature >= n_features), f"names a feature that is not among {n_features}"
    )
    yield from _where("threshold", np.isnan(arrays["threshold"]), "is not a number")
    yield from _where("value", ~(np.abs(arrays["value"]) <= LARGEST_VALUE), "is not a log-odds")
    yield from _where("cover", ~((arrays["cover"] >= 0) & (arrays["cover"] <= 1e300)), "is not a count of rows")

    offsets = arrays["tree_offsets"].astype(np.int64)
    if len(offsets) < 2 or offsets[0] != 0 or offsets[-1] != nodes or (np.diff(offsets) < 1).any():
        yield Problem("tree_offsets", f"does not cut {nodes:,} nodes into trees", _MEND)
        return
    here = np.arange(nodes)
    tree_end = np.repeat(offsets[1:], np.diff(offsets))
    broken = False
    for name, side in (("left", left), ("right", right)):
        astray = np.where(split, (side <= here) | (side >= tree_end), side != -1)
        yield from _where(name, astray, "leads out of its tree, back, or on from a leaf")
        broken = broken or bool(astray.any())
    if broken:
        return
    parents = np.bincount(np.concatenate([left[split], right[split]]), minlength=nodes)
    wanted = np.ones(nodes, np.int64)
    wanted[offsets[:-1]] = 0
    unlike = parents != wanted
    yield from _where("nodes", unlike, "is not reached from exactly one parent")
    if unlike.any():
        return
    depth = _depths(offsets[:-1], feature, left, right)
    if (depth > DEEPEST).any():
        deep = np.searchsorted(offsets, np.argmax(depth > DEEPEST), side="right") - 1
        yield Problem("nodes", f"make tree {deep} deeper than {DEEPEST} splits", "train with a limit on depth")
    if (steps := int(depth[~split].sum())) > MOST_STEPS:
        yield Problem(
            "nodes", f"make paths of {steps:,} splits in all; {MOST_STEPS:,} can be served", "train a smaller model"
        )
    cover = arrays["cover"]
    # Counts add up exactly; sums of weights in float32 (XGBoost) nearly.
    apart = np.abs(cover[left[split]] + cover[right[split]] - cover[split]) > 1e-3 * cover[split] + 1e-6
    yield from _where("cover", apart, "is not the sum of its children's", nodes=np.flatnonzero(split))


def _where(
    name: str, wrong: npt.NDArray[np.bool_], what: str, nodes: npt.NDArray[np.int64] | None = None
) -> Iterable[Problem]:
    """One problem for all nodes that share it: the first is named, the others are counted."""
    at = np.flatnonzero(wrong) if nodes is None else nodes[wrong]
    if len(at):
        others = f" (and {len(at) - 1:,} more)" if len(at) > 1 else ""
        yield Problem(f"{name}[{at[0]}]", what + others, _MEND)


def _depths(
    roots: npt.NDArray[np.int64],
    feature: npt.NDArray[np.int32],
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
) -> npt.NDArray[np.int64]:
    """How many splits stand above each node; nodes beyond one more than the limit count as just that."""
    depth = np.zeros(len(feature), np.int64)
    at, below = roots, 0
    while len(at) and below <= DEEPEST:
        at = at[feature[at] >= 0]
        at = np.concatenate([left[at], right[at]]).astype(np.int64)
        below += 1
        depth[at] = below
    return depth
