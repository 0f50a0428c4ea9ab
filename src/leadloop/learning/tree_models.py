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
from leadloop.scoring.trees import TreeEnsemble

if TYPE_CHECKING:
    import lightgbm

INPUT, OUTPUT = "features", "margin"

_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_MISSING_NONE, _MISSING_ZERO, _MISSING_NAN = 0, 1, 2
# LightGBM reads every value this close to zero as zero.
_ZERO = np.float32(1e-35)


def ensemble_from_lightgbm(model: lightgbm.Booster | str) -> TreeEnsemble:
    """The trees of a LightGBM model (a booster, or its saved text) for a yes-or-no outcome.

    On float32 rows `margins` gives the very bits of `booster.predict(..., raw_score=True)`, and `contributions` those of
    `pred_contrib=True` but for rounding. With early stopping the trees up to the best iteration are read, as LightGBM
    predicts by default. Raises `VersionError` with every reason why a model cannot be served: a categorical split, linear
    leaves, random-forest mode, zeros read as missing, several classes, or an objective whose margin is no log-odds.

    Thresholds are float64 in LightGBM. Each is lowered to the nearest float32, which leaves every float32 value on the side
    where it was; rounding to nearest would move the values that lie on a threshold.
    """
    text = model if isinstance(model, str) else model.model_to_string()
    header, *trees = text.split("\n\nend of trees", 1)[0].split("\nTree=")
    said = _pairs(header)
    problems = list(_unservable(said, header))
    if problems:
        raise VersionError("LightGBM model", problems)
    parts, offsets = [], [0]
    for number, tree in enumerate(trees):
        part = _tree(number, _pairs(tree), offsets[-1], problems)
        if part is not None:
            parts.append(part)
            offsets.append(offsets[-1] + len(part["feature"]))
    if problems:
        raise VersionError("LightGBM model", problems)
    return TreeEnsemble.from_arrays(
        {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        | {
            "tree_offsets": np.array(offsets, np.int32),
            "n_features": np.array(int(said["max_feature_idx"]) + 1),
            "base": np.array(0.0),
        },
        "LightGBM model",
    )


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
    if not header.get("max_feature_idx", "").isdigit():
        yield Problem("max_feature_idx", "is missing", "save the model again")


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
    from `margins` in the seventh digit. Raises `DependencyMissing` without the `onnx` package.
    """
    try:
        import onnx
        from onnx import TensorProto, helper
    except ImportError as error:
        raise DependencyMissing(
            "ONNX graph", Problem("onnx", "is not installed", 'install the extra: pip install "leadloop[train]"')
        ) from error

    leaf = ensemble.feature < 0
    sizes = np.diff(ensemble.tree_offsets)
    tree = np.repeat(np.arange(ensemble.n_trees), sizes)
    first = np.repeat(ensemble.tree_offsets[:-1], sizes)
    node = np.arange(ensemble.n_nodes) - first

    def linked(side: npt.NDArray[np.int32]) -> list[int]:
        links: list[int] = np.where(leaf, 0, side - first).tolist()
        return links

    trees = helper.make_node(
        "TreeEnsembleRegressor",
        [INPUT],
        [OUTPUT],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function="SUM",
        post_transform="NONE",
        base_values=[ensemble.base],
        nodes_treeids=tree.tolist(),
        nodes_nodeids=node.tolist(),
        nodes_featureids=np.where(leaf, 0, ensemble.feature).tolist(),
        nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        nodes_values=ensemble.threshold.tolist(),
        nodes_truenodeids=linked(ensemble.left),
        nodes_falsenodeids=linked(ensemble.right),
        nodes_missing_value_tracks_true=ensemble.missing_left.astype(int).tolist(),
        target_treeids=tree[leaf].tolist(),
        target_nodeids=node[leaf].tolist(),
        target_ids=[0] * int(leaf.sum()),
        target_weights=ensemble.value[leaf].tolist(),
    )
    graph = helper.make_graph(
        [trees],
        "trees",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, ensemble.n_features])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, 1])],
    )
    # Versions that every ONNX Runtime of the last years reads.
    sets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=sets, ir_version=8, producer_name="leadloop")
    onnx.checker.check_model(model)
    written: bytes = model.SerializeToString(deterministic=True)
    return written
