"""Gradient-boosted trees on a history told as one row of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from leadloop.recommend.competitors.sequence_features import sequence_features
from leadloop.recommend.histories import Decisions, Histories
from leadloop.scoring.calibrator import logistic
from leadloop.scoring.onnx_session import open_session
from leadloop.scoring.trees.ensemble import TreeEnsemble

if TYPE_CHECKING:
    import lightgbm
    import onnxruntime

NAME = "gradient boosting"
NEXT, WON = "next.onnx", "won.onnx"
MOST_ROUNDS, PATIENCE, RATE = 300, 15, 0.08
_FINE = {"num_leaves": 31, "feature_fraction": 1.0, "lambda_l2": 1.0}
MOST_TREES, QUICK_RATE = 1_800, 0.15
"""With many actions a round grows as many trees: then there are fewer rounds, and each goes further."""
_FEWEST_WON = 10

Tick = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Boosted:
    """Two sets of trees: one for what is done next, one for winning after each action."""

    next_graph: bytes
    won_graph: bytes
    actions: int
    next_session: onnxruntime.InferenceSession
    won_session: onnxruntime.InferenceSession
    name: str = NAME

    @classmethod
    def open(cls, next_graph: bytes, won_graph: bytes, actions: int) -> Boosted:
        """The competitor of these graphs; raises VersionError where one holds anything unexpected."""
        return cls(next_graph, won_graph, actions, open_session(next_graph, NEXT), open_session(won_graph, WON))

    def foresee(self, histories: Histories, decisions: Decisions) -> tuple[np.ndarray, np.ndarray]:
        """What the trees say."""
        matrix = sequence_features(histories, decisions)
        (margins,) = self.next_session.run(None, {"features": matrix})
        said = np.exp(margins - margins.max(axis=1, keepdims=True))
        rows, actions = len(matrix), self.actions
        asked = np.hstack([np.repeat(matrix, actions, axis=0), np.tile(np.eye(actions, dtype=np.float32), (rows, 1))])
        (won,) = self.won_session.run(None, {"features": asked})
        return said / said.sum(axis=1, keepdims=True), logistic(won.astype(np.float64).reshape(rows, actions))

    def files(self) -> Mapping[str, bytes]:
        """Both graphs."""
        return {NEXT: self.next_graph, WON: self.won_graph}

    def arrays(self) -> Mapping[str, np.ndarray]:
        """Nothing."""
        return {}

    def state(self) -> Mapping[str, Any]:
        """The number of actions."""
        return {"name": self.name, "actions": self.actions}


def learn_boosted(
    histories: Histories, train: Decisions, held_out: Decisions, *, seed: int, tick: Tick = lambda stage: None
) -> Boosted:
    """Trees learned on some decisions; as many as help on others, which lie later in time."""
    from leadloop.learning.tree_models import ensemble_from_lightgbm
    from leadloop.learning.tree_models.onnx import to_onnx

    actions = len(histories.vocabulary.actions)
    matrix, later = sequence_features(histories, train), sequence_features(histories, held_out)
    tick("gradient boosting: what is done next")
    following = {"objective": "multiclass", "num_class": actions, "metric": "multi_logloss"}
    booster = _grow(following, matrix, train.action, later, held_out.action, seed)
    ensembles = [_of_class(booster, one, actions) for one in range(actions)]
    tick("gradient boosting: winning")
    known, after = np.isfinite(train.won), np.isfinite(held_out.won)
    wide, wide_later = _asked(matrix, train, actions)[known], _asked(later, held_out, actions)[after]
    won, won_later = train.won[known], held_out.won[after]
    if min(won.sum(), won_later.sum()) < _FEWEST_WON:
        rate = float((won.sum() + 0.5) / (len(won) + 1.0))
        success = _constant(float(np.log(rate / (1 - rate))), matrix.shape[1] + actions)
    else:
        binary = {"objective": "binary", "metric": "binary_logloss"}
        success = ensemble_from_lightgbm(_grow(binary, wide, won, wide_later, won_later, seed))
    return Boosted.open(to_onnx(*ensembles), to_onnx(success), actions)


def _asked(matrix: np.ndarray, decisions: Decisions, actions: int) -> np.ndarray:
    return np.hstack([matrix, np.eye(actions, dtype=np.float32)[decisions.action]])


def _grow(
    asked: Mapping[str, Any],
    matrix: np.ndarray,
    target: np.ndarray,
    later: np.ndarray,
    later_target: np.ndarray,
    seed: int,
) -> lightgbm.Booster:
    import lightgbm

    classes = int(asked.get("num_class", 1))
    rounds = min(MOST_ROUNDS, max(60, MOST_TREES // classes))
    settings = {
        "learning_rate": RATE if rounds == MOST_ROUNDS else QUICK_RATE,
        "num_leaves": 15,
        "min_data_in_leaf": max(5, min(40, len(matrix) // 50)),
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "max_bin": 63,
        "verbosity": -1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        # Several threads on busy cores spend their time waiting for each other.
        "num_threads": 1,
        **asked,
    }
    data = lightgbm.Dataset(matrix, label=target)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    return lightgbm.train(
        settings,
        data,
        num_boost_round=rounds,
        valid_sets=[lightgbm.Dataset(later, label=later_target, reference=data)],
        callbacks=[stop],
    )


def learn_ahead(
    histories: Histories,
    train: Decisions,
    held_out: Decisions,
    known: Boosted,
    *,
    seed: int,
    tick: Tick = lambda s: None,
) -> Boosted:
    """Trees for winning, learned from targets between 0 and 1; what is done next is as `known` has it."""
    from leadloop.learning.tree_models import ensemble_from_lightgbm
    from leadloop.learning.tree_models.onnx import to_onnx

    tick("looking ahead")
    actions = known.actions
    rows, later = np.isfinite(train.won), np.isfinite(held_out.won)
    matrix = _asked(sequence_features(histories, train), train, actions)[rows]
    judged = _asked(sequence_features(histories, held_out), held_out, actions)[later]
    # Targets that are chances are smooth: more leaves find what an action brings in just which state.
    graded = {"objective": "cross_entropy", "metric": "cross_entropy"} | _FINE
    booster = _grow(graded, matrix, train.won[rows], judged, held_out.won[later], seed)
    return Boosted.open(known.next_graph, to_onnx(ensemble_from_lightgbm(booster)), actions)


class _TextOfOne:
    """The trees of one class, told as LightGBM tells a yes-or-no model: a softmax of margins is all that is lost."""

    def __init__(self, text: str) -> None:
        self._text = text

    def model_to_string(self) -> str:
        """The text."""
        return self._text


def _of_class(booster: lightgbm.Booster, number: int, classes: int) -> TreeEnsemble:
    """The margin of one class. LightGBM grows a tree for each class in turn, so every `classes`-th one is its."""
    from leadloop.learning.tree_models import ensemble_from_lightgbm

    header, *trees = booster.model_to_string().split("\n\nend of trees", 1)[0].split("\nTree=")
    lines = []
    for line in header.splitlines():
        if line.startswith(("num_class=", "num_tree_per_iteration=")):
            line = line.split("=")[0] + "=1"
        elif line.startswith("objective="):
            line = "objective=binary sigmoid:1"
        lines.append(line)
    mine = trees[number::classes]
    text = "\nTree=".join(["\n".join(lines), *mine]) + "\n\nend of trees"
    return ensemble_from_lightgbm(cast("lightgbm.Booster", _TextOfOne(text)))


def _constant(margin: float, n_features: int) -> TreeEnsemble:
    """The same margin for everybody: too few were won to learn from."""
    from leadloop.learning.tree_models.nodes import Nodes, join

    return join([Nodes.of([-1], [0], [-1], [-1], [False], [margin], [0])], n_features)


def boosted_from(files: Mapping[str, bytes], state: Mapping[str, Any]) -> Boosted:
    """The competitor that was saved."""
    return Boosted.open(files[NEXT], files[WON], int(state["actions"]))
