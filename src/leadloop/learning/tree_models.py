"""From a trained LightGBM model to the frozen form that is saved and served, and from that to an ONNX graph.

`ensemble_from_lightgbm` reads the trees out of LightGBM's own text, number for number. `to_onnx` writes them as a graph that
ONNX Runtime answers from in microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from leadloop.errors import DependencyMissing, Problem, VersionError
from leadloop.scoring.trees.ensemble import TreeEnsemble

if TYPE_CHECKING:
    import lightgbm

INPUT, OUTPUT = "features", "margin"

_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_MISSING_NONE, _MISSING_ZERO, _MISSING_NAN = 0, 1, 2
# Numbers of ai.onnx.ml 5 for "add up", "leave the sum as it is" and "at most".
_SUM, _NO_TRANSFORM, _AT_MOST = 1, 0, 0
# LightGBM reads every value this close to zero as zero.
_ZERO = np.float32(1e-35)


def ensemble_from_lightgbm(booster: lightgbm.Booster) -> TreeEnsemble:
    """The trees of a LightGBM model for a yes-or-no outcome.

    On float32 rows `margins` gives the very bits of `booster.predict(..., raw_score=True)`, and `contributions` those of
    `pred_contrib=True` but for rounding. With early stopping the trees up to the best iteration are read, as LightGBM
    predicts by default. Raises `VersionError` with every reason why a model cannot be served: no trees, a categorical split,
    linear leaves, random-forest mode, zeros read as missing, several classes, or an objective whose margin is no log-odds.

    Thresholds are float64 in LightGBM. Each is lowered to the nearest float32, which leaves every float32 value on the side
    where it was; rounding to nearest would move the values that lie on a threshold.
    """
    header, *trees = booster.model_to_string().split("\n\nend of trees", 1)[0].split("\nTree=")
    said = _pairs(header)
    problems = list(_unservable(said, header))
    if not trees:
        problems.append(Problem("trees", "are missing", "train for one round or more"))
    parts: list[dict[str, npt.NDArray[Any]]] = []
    first = 0
    for number, tree in enumerate(trees):
        part = _tree(number, _pairs(tree), first, problems)
        if part is not None:
            parts.append(part)
            first += len(part["feature"])
    if problems:
        raise VersionError("LightGBM model", problems)
    return _joined(parts, [len(part["feature"]) for part in parts], int(said["max_feature_idx"]) + 1)


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


def _tree(number: int, said: dict[str, str], first: int, problems: list[Problem]) -> dict[str, npt.NDArray[Any]] | None:
    """One tree with its nodes numbered from `first` on, parents before children; None if it cannot be served."""
    where = f"tree {number}"
    leaves = int(said["num_leaves"])
    if said.get("is_linear", "0") != "0":
        problems.append(Problem(where, "has linear leaves", "train with linear_tree=False"))
        return None

    def numbers(name: str, dtype: type[np.generic], length: int) -> npt.NDArray[Any]:
        return np.array(said.get(name, "").split(), dtype=dtype).reshape(length)

    value = numbers("leaf_value", np.float64, leaves)
    if leaves == 1:
        return _arrays(np.array([-1]), np.zeros(1, np.float32), [-1], [-1], [False], value, np.zeros(1))
    splits = leaves - 1
    kinds = numbers("decision_type", np.int64, splits)
    missing = kinds >> 2 & 3
    if (kinds & _CATEGORICAL).any():
        problems.append(Problem(where, "splits on a category", "hand categories in as numbers of your own making"))
    if (missing == _MISSING_ZERO).any():
        problems.append(Problem(where, "reads zero as missing", "train with zero_as_missing=False"))
    if problems:
        return None
    threshold = numbers("threshold", np.float64, splits)
    # Without missing values in training, LightGBM reads a missing value as 0.
    missing_left = np.where(missing == _MISSING_NAN, kinds & _DEFAULT_LEFT != 0, threshold >= 0)

    # LightGBM numbers splits 0, 1, 2 ... and leaves -1, -2, -3 ...; ours stand in the order of a walk, left before right.
    links = np.stack([numbers("left_child", np.int64, splits), numbers("right_child", np.int64, splits)]).tolist()
    order: list[int] = []
    pending = [0]
    while pending:
        node = pending.pop()
        order.append(node)
        if node >= 0:
            pending += [links[1][node], links[0][node]]
    walked = np.array(order)
    place = {node: first + position for position, node in enumerate(order)}
    split = walked >= 0
    from_split, from_leaf = np.where(split, walked, 0), np.where(split, 0, ~walked)

    def of_splits(values: npt.NDArray[Any], otherwise: float) -> npt.NDArray[Any]:
        return np.where(split, values[from_split], values.dtype.type(otherwise))

    return _arrays(
        of_splits(numbers("split_feature", np.int64, splits), -1),
        of_splits(_lowered(threshold), 0),
        [place[links[0][node]] if node >= 0 else -1 for node in order],
        [place[links[1][node]] if node >= 0 else -1 for node in order],
        of_splits(missing_left, 0),
        np.where(split, 0.0, value[from_leaf]),
        np.where(
            split,
            numbers("internal_count", np.float64, splits)[from_split],
            numbers("leaf_count", np.float64, leaves)[from_leaf],
        ),
    )


def _arrays(
    feature: Any, threshold: Any, left: Any, right: Any, missing_left: Any, value: Any, cover: Any
) -> dict[str, npt.NDArray[Any]]:
    return {
        "feature": np.asarray(feature, np.int32),
        "threshold": np.asarray(threshold, np.float32),
        "left": np.asarray(left, np.int32),
        "right": np.asarray(right, np.int32),
        "missing_left": np.asarray(missing_left, bool),
        "value": np.asarray(value, np.float64),
        "cover": np.asarray(cover, np.float64),
    }


def _joined(parts: list[dict[str, npt.NDArray[Any]]], sizes: list[int], n_features: int) -> TreeEnsemble:
    """An ensemble of trees that are numbered one after another, of so many nodes each."""
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    offsets = np.cumsum([0, *sizes], dtype=np.int32)
    scalars = {"n_features": np.array(n_features, np.int64), "base": np.array(0.0)}
    return TreeEnsemble.from_arrays(arrays | {"tree_offsets": offsets} | scalars)


def _lowered(threshold: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """The largest float32 that is at most each threshold, with LightGBM's zero drawn to one side of it.

    >>> _lowered(np.array([0.1, 1e300, -1e-35])).tolist() == [
    ...     0.09999999403953552,  # 0.1 itself lies just above it
    ...     3.4028234663852886e38,  # infinity still goes right
    ...     float(np.nextafter(np.float32(-1e-35), np.float32(-1))),  # -1e-35 is read as zero, so it goes right
    ... ]
    True
    """
    with np.errstate(over="ignore"):
        nearest = threshold.astype(np.float32)
    lowered = np.where(nearest > threshold, np.nextafter(nearest, np.float32(-np.inf)), nearest)
    near_zero = np.abs(threshold) <= _ZERO
    drawn = np.where(threshold < 0, np.nextafter(-_ZERO, np.float32(-1)), _ZERO)
    return np.where(near_zero, drawn, lowered).astype(np.float32)


def to_onnx(ensemble: TreeEnsemble) -> bytes:
    """The ensemble as an ONNX graph: input "features" (float32, rows x features), output "margin" (float32, rows x 1).

    Thresholds and the side of missing values are exact. Leaf values and their sum are float32, so a probability can differ
    from that of `margins` in the seventh digit. The operator is `TreeEnsemble` of ai.onnx.ml 5, which takes its numbers as
    arrays: half the bytes of the older `TreeEnsembleRegressor`, opened in a quarter of the time, and as fast. Raises
    `DependencyMissing` without the `onnx` package.
    """
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as error:
        raise DependencyMissing(
            "ONNX graph", Problem("onnx", "is not installed", 'install the extra: pip install "leadloop[train]"')
        ) from error

    trees = _with_a_split_each(ensemble)
    split = trees.feature >= 0
    number = np.where(split, np.cumsum(split), np.cumsum(~split)) - 1

    def linked(side: npt.NDArray[np.int32]) -> tuple[list[int], list[int]]:
        child = side[split]
        return number[child].tolist(), (~split[child]).astype(int).tolist()

    (yes, yes_is_leaf), (no, no_is_leaf) = linked(trees.left), linked(trees.right)
    node = helper.make_node(
        "TreeEnsemble",
        [INPUT],
        [OUTPUT],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function=_SUM,
        post_transform=_NO_TRANSFORM,
        tree_roots=number[trees.tree_offsets[:-1]].tolist(),
        nodes_featureids=trees.feature[split].tolist(),
        nodes_splits=numpy_helper.from_array(trees.threshold[split]),
        nodes_modes=numpy_helper.from_array(np.full(int(split.sum()), _AT_MOST, np.uint8)),
        nodes_missing_value_tracks_true=trees.missing_left[split].astype(int).tolist(),
        nodes_truenodeids=yes,
        nodes_trueleafs=yes_is_leaf,
        nodes_falsenodeids=no,
        nodes_falseleafs=no_is_leaf,
        leaf_targetids=[0] * int((~split).sum()),
        leaf_weights=numpy_helper.from_array(trees.value[~split].astype(np.float32)),
    )
    graph = helper.make_graph(
        [node],
        "trees",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, ensemble.n_features])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, 1])],
    )
    sets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 5)]
    model = helper.make_model(graph, opset_imports=sets, ir_version=10, producer_name="leadloop")
    onnx.checker.check_model(model)
    written: bytes = model.SerializeToString(deterministic=True)
    return written


def _with_a_split_each(ensemble: TreeEnsemble) -> TreeEnsemble:
    """The same margins in a form that the operator can say: every tree begins with a split, and there is no base.

    The base and the trees of one leaf become one tree whose two leaves have their sum.
    """
    sizes = np.diff(ensemble.tree_offsets)
    lone = sizes == 1
    constant = ensemble.base + float(ensemble.value[ensemble.tree_offsets[:-1][lone]].sum())
    if not lone.any() and constant == 0:
        return ensemble
    kept = np.repeat(~lone, sizes)
    moved = np.append(np.cumsum(kept) - 1, -1)  # -1, of a leaf, stays -1
    trees = _arrays(
        ensemble.feature[kept],
        ensemble.threshold[kept],
        moved[ensemble.left[kept]],
        moved[ensemble.right[kept]],
        ensemble.missing_left[kept],
        ensemble.value[kept],
        ensemble.cover[kept],
    )
    at = int(kept.sum())
    one = _arrays(
        [0, -1, -1], [0, 0, 0], [at + 1, -1, -1], [at + 2, -1, -1], [False] * 3, [0, constant, constant], [0, 0, 0]
    )
    return _joined([trees, one], [*sizes[~lone].tolist(), 3], ensemble.n_features)
