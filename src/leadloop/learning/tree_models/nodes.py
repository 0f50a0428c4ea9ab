"""One tree as columns of its nodes: what every library's trees are read into before they become an ensemble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from leadloop.scoring.trees.ensemble import TreeEnsemble

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Nodes:
    """The nodes of one tree, numbered from 0, the root first and parents before children.

    The columns mean what those of `TreeEnsemble` mean.
    """

    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float32]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    missing_left: npt.NDArray[np.bool_]
    value: Floats
    cover: Floats

    @classmethod
    def of(
        cls,
        feature: npt.ArrayLike,
        threshold: npt.ArrayLike,
        left: npt.ArrayLike,
        right: npt.ArrayLike,
        missing_left: npt.ArrayLike,
        value: npt.ArrayLike,
        cover: npt.ArrayLike,
    ) -> Nodes:
        """Nodes in any numbering whose root is 0, put in the order of a walk, left before right.

        A leaf has `left` and `right` of -1; what its `feature`, `threshold` and `missing_left` hold does not matter, nor
        does the `value` of a split. Nodes that the root does not lead to are left out.

        >>> tree = Nodes.of(
        ...     [0, 0, 0], [9.5, 0, 0], [2, -1, -1], [1, -1, -1], [True, False, False], [0, 7, 5], [3, 2, 1]
        ... )
        >>> tree.left.tolist(), tree.value.tolist(), tree.feature.tolist()
        ([1, -1, -1], [0.0, 5.0, 7.0], [0, -1, -1])
        """
        yes, no = np.asarray(left, np.int64), np.asarray(right, np.int64)
        order = _walk(yes.tolist(), no.tolist())
        place = np.full(len(yes) + 1, -1)  # the last is what -1, the child of a leaf, finds
        place[order] = np.arange(len(order))
        split = yes[order] >= 0
        return cls(
            np.where(split, np.asarray(feature)[order], -1).astype(np.int32),
            np.where(split, np.asarray(threshold, np.float32)[order], np.float32(0)),
            place[yes[order]].astype(np.int32),
            place[no[order]].astype(np.int32),
            split & np.asarray(missing_left, bool)[order],
            np.where(split, 0.0, np.asarray(value, np.float64)[order]),
            np.asarray(cover, np.float64)[order],
        )


def _walk(left: list[int], right: list[int]) -> list[int]:
    """The nodes below and with the root, each before its children and everything on its left before its right."""
    order: list[int] = []
    pending = [0]
    while pending:
        node = pending.pop()
        order.append(node)
        if left[node] >= 0:
            pending += [right[node], left[node]]
    return order


def join(trees: Sequence[Nodes], n_features: int, base: float = 0.0) -> TreeEnsemble:
    """One ensemble of these trees. Raises `VersionError` where it would be too large, too deep or no number."""
    offsets = np.cumsum([0, *(len(tree.feature) for tree in trees)])
    arrays = {field.name: np.concatenate([getattr(tree, field.name) for tree in trees]) for field in fields(Nodes)}
    first = np.repeat(offsets[:-1], np.diff(offsets))
    for side in ("left", "right"):
        arrays[side] = np.where(arrays[side] >= 0, arrays[side] + first, -1).astype(np.int32)
    scalars = {"n_features": np.array(n_features, np.int64), "base": np.array(base, np.float64)}
    return TreeEnsemble.from_arrays(arrays | {"tree_offsets": offsets.astype(np.int32)} | scalars)


def apart(ensemble: TreeEnsemble) -> Iterator[Nodes]:
    """The trees of an ensemble, one by one: what `join` puts together."""
    for first, end in zip(ensemble.tree_offsets[:-1].tolist(), ensemble.tree_offsets[1:].tolist(), strict=True):
        columns = {field.name: getattr(ensemble, field.name)[first:end] for field in fields(Nodes)}
        for side in ("left", "right"):
            columns[side] = np.where(columns[side] >= 0, columns[side] - first, -1).astype(np.int32)
        yield Nodes(**columns)


def lowered(threshold: Floats) -> npt.NDArray[np.float32]:
    """The largest float32 that is at most each threshold: every float32 value stays on the side where it was.

    Rounding to nearest would move the values that lie on a threshold.

    >>> lowered(np.array([0.1, 0.5, 1e300])).tolist()  # 0.1 itself lies just above the first
    [0.09999999403953552, 0.5, 3.4028234663852886e+38]
    """
    with np.errstate(over="ignore"):  # for both: the lowest float32 has only minus infinity below it
        nearest = threshold.astype(np.float32)
        return np.where(nearest > threshold, np.nextafter(nearest, np.float32(-np.inf)), nearest)
