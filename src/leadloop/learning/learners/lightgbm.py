"""Gradient-boosted trees by LightGBM: deterministic, small enough to explain every score exactly and fast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from leadloop.features import FeatureColumn
from leadloop.learning.learners.learner import Examples, Fold, Search, Settings, held_out_log_loss
from leadloop.learning.tree_models import ensemble_from_lightgbm, to_onnx
from leadloop.scoring.tree_member import TreeMember

if TYPE_CHECKING:
    import lightgbm

MOST_ROUNDS = 400
_PATIENCE = 40
_SMALL = 10_000_000

SHAPES: tuple[dict[str, float | int], ...] = (
    {"num_leaves": 6, "min_data_in_leaf": 20, "learning_rate": 0.06},
    {"num_leaves": 15, "min_data_in_leaf": 30, "learning_rate": 0.04},
    {"num_leaves": 31, "min_data_in_leaf": 60, "learning_rate": 0.04},
)
"""Shapes of tree that are compared, from the simplest up."""


class LightGBMLearner:
    """LightGBM on the shape of tree, and the number of trees, that served the held-out leads best."""

    name: ClassVar[str] = "LightGBM"

    def search(self, folds: Sequence[tuple[Fold, Sequence[FeatureColumn]]], *, seed: int) -> Search:
        positive = np.concatenate([fold.held_out.positive for fold, _ in folds])
        best: tuple[float, Settings, np.ndarray] | None = None
        for shape in SHAPES:
            grown = [_grow(fold.train, shape, MOST_ROUNDS, seed, fold.held_out) for fold, _ in folds]
            # One number of trees for all folds: the one at which their log-loss together is least.
            curves = [curve for _, curve in grown]
            length = min(len(curve) for curve in curves)
            weights = [len(fold.held_out) for fold, _ in folds]
            together = np.average([curve[:length] for curve in curves], axis=0, weights=weights)
            rounds = int(np.argmin(together)) + 1
            margins = np.concatenate(
                [
                    np.asarray(booster.predict(fold.held_out.matrix, raw_score=True, num_iteration=rounds))
                    for (booster, _), (fold, _) in zip(grown, folds, strict=True)
                ]
            )
            loss = held_out_log_loss(margins, positive)
            if best is None or loss < best[0]:
                best = (loss, {**shape, "rounds": rounds}, margins)
        assert best is not None
        return Search(best[1], best[2])

    def fit(self, examples: Examples, columns: Sequence[FeatureColumn], settings: Settings, *, seed: int) -> TreeMember:
        shape = {name: value for name, value in settings.items() if name != "rounds"}
        booster, _ = _grow(examples, shape, int(settings["rounds"]), seed, None)
        ensemble = ensemble_from_lightgbm(booster)
        return TreeMember(ensemble, to_onnx(ensemble))


def _grow(
    train: Examples, shape: Settings, rounds: int, seed: int, held_out: Examples | None
) -> tuple[lightgbm.Booster, np.ndarray]:
    """Grow trees; with held-out leads, also the log-loss on them after each tree (stopping when it no longer falls)."""
    import lightgbm

    settings: dict[str, Any] = {
        "objective": "binary",
        "metric": "binary_logloss",
        "verbosity": -1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        # On small data threads spend their time waiting for each other, on busy cores most of it.
        "num_threads": 1 if train.matrix.size < _SMALL else 2,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "max_bin": 127,
        **shape,
    }
    settings["min_data_in_leaf"] = max(5, min(int(shape["min_data_in_leaf"]), len(train) // 20))
    data = lightgbm.Dataset(train.matrix, label=train.positive, free_raw_data=True)
    curve: dict[str, dict[str, list[float]]] = {}
    if held_out is None:
        return lightgbm.train(settings, data, num_boost_round=rounds), np.empty(0)
    judge = lightgbm.Dataset(held_out.matrix, label=held_out.positive, reference=data)
    booster = lightgbm.train(
        settings,
        data,
        num_boost_round=rounds,
        valid_sets=[judge],
        valid_names=["held_out"],
        callbacks=[lightgbm.record_evaluation(curve), lightgbm.early_stopping(_PATIENCE, verbose=False)],
    )
    return booster, np.array(curve["held_out"]["binary_logloss"])
