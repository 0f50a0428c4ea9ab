"""Whether new leads look different from old ones, and in which fields: what was learnt may not hold for what is scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.errors import DependencyMissing, Problem
from leadloop.learning.leakage.levels import NUMERIC_KINDS, as_numbers, as_text, cut_levels, filled_rows
from leadloop.learning.leakage.separation import out_of_fold_rates, separation
from leadloop.learning.leakage.wording import listed, percent

_MOST_ROWS = 20_000
_FEWEST_ROWS = 100
_FOLDS = 3
_ROUNDS = 40
_TELLING_SHARE = 0.10
_TELLING_AUC = 0.55
_SETTINGS = {
    "objective": "binary",
    "num_leaves": 12,
    "max_depth": 5,
    "learning_rate": 0.2,
    "min_data_in_leaf": 20,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True, slots=True)
class MovedField:
    """How far one field gives new leads away: its share of what the model used (0 to 1), and how well it does alone.

    `auc` is how often a test lead and a training lead are told apart by this field alone: by its size, its value (judged
    out of fold), or its being filled, whichever tells most; 0.5 is chance.
    """

    field: str
    gain_share: float
    auc: float


@dataclass(frozen=True, slots=True)
class PartsApart:
    """How well a small model tells the leads of the test part from those of the training part.

    `auc` is out of fold (0.5: they look alike, 1: no lead could be mistaken), with its 95% interval (Hanley and McNeil
    1982). `fields` stand in the order of their share in it. `rows` were looked at. `sentence` says it in words.
    """

    auc: float
    low: float
    high: float
    rows: int
    fields: tuple[MovedField, ...]
    sentence: str

    @property
    def warns(self) -> bool:
        """Whether the parts differ for sure and by enough to think about it (AUC of 0.60 or more, 0.55 at the least)."""
        return self.auc >= 0.60 and self.low >= 0.55


def compare_parts(
    train: pl.DataFrame, test: pl.DataFrame, kinds: Mapping[str, str], *, seed: int = 0
) -> PartsApart | None:
    """How well old leads can be told from new ones by what a model would see of them, and by which fields.

    `train` and `test` hold the two parts of a split, `kinds` the fields to look at: those that the model reads. Outcomes
    are neither needed nor looked at. Times and identifiers are left out, since they tell the date by their nature; of a text
    its length is seen, of an e-mail or web address its domain, of a phone whether there is one. Parts are sampled evenly
    down to 20,000 leads in all. None where a part has under 100 leads, or where no field is left.

    This is adversarial validation: a classifier with the parts as classes. Raises DependencyMissing without LightGBM.

    >>> random = np.random.default_rng(0)
    >>> old, new = pl.DataFrame({"size": random.normal(size=900)}), pl.DataFrame({"size": random.normal(size=400)})
    >>> compare_parts(old, new, {"size": "number"}).warns, compare_parts(old, new + 2, {"size": "number"}).warns
    (False, True)
    """
    fields = [field for field, kind in kinds.items() if kind not in ("time", "id")]
    if not fields or min(train.height, test.height) < _FEWEST_ROWS:
        return None
    random = np.random.default_rng(seed)
    share = min(1.0, _MOST_ROWS / (train.height + test.height))
    kept = [_sample(part.height, share, random) for part in (train, test)]
    frame = pl.concat([train.select(fields)[kept[0]], test.select(fields)[kept[1]]])
    new = np.repeat([False, True], [len(kept[0]), len(kept[1])])
    matrix = np.column_stack([_as_seen(frame[field], kinds[field]) for field in fields])
    fold = _folds(new, random)
    scores, gain = _tell_apart(matrix, new, fold, seed)
    together = np.zeros(len(new), dtype=np.int64)
    apart = separation(scores, new, together)
    half = apart.auc - apart.low
    total = max(float(gain.sum()), 1e-12)
    moved = [
        MovedField(field, float(gain[place]) / total, _alone(frame[field], kinds[field], matrix[:, place], new, fold))
        for place, field in enumerate(fields)
    ]
    moved.sort(key=lambda it: -it.gain_share)
    low, high = max(apart.low, 0.0), min(apart.auc + half, 1.0)
    found = PartsApart(apart.auc, low, high, len(new), tuple(moved), "")
    return PartsApart(found.auc, low, high, len(new), found.fields, _sentence(found))


def _sample(count: int, share: float, random: np.random.Generator) -> np.ndarray:
    if share >= 1:
        return np.arange(count)
    return np.sort(random.choice(count, max(_FEWEST_ROWS, round(share * count)), replace=False))


def _as_seen(values: pl.Series, kind: str) -> np.ndarray:
    """A field as one column of numbers, NaN for missing; values of a category by how common they are."""
    if kind in NUMERIC_KINDS:
        return as_numbers(values)
    filled = filled_rows(values)
    if kind == "phone":
        return np.where(filled, 1.0, np.nan)
    if kind == "text":
        length = as_text(values).str.len_chars().cast(pl.Float64).fill_null(float("nan")).to_numpy()
        return np.where(filled, length, np.nan)
    codes = cut_levels(values, kind).codes
    sizes = np.bincount(codes)
    place = np.empty(len(sizes))
    place[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return np.where(codes > 0, place[codes], np.nan)


def _folds(new: np.ndarray, random: np.random.Generator) -> np.ndarray:
    fold = np.empty(len(new), dtype=np.int64)
    for part in (False, True):
        members = random.permutation(np.flatnonzero(new == part))
        fold[members] = np.arange(len(members)) % _FOLDS
    return fold


def _tell_apart(matrix: np.ndarray, new: np.ndarray, fold: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Out-of-fold scores for being new, and the gain of each field over all folds."""
    try:
        import lightgbm
    except ImportError as missing:
        said = Problem("lightgbm", "is not installed", "install the training extra: pip install 'leadloop[train]'")
        raise DependencyMissing("comparing old leads with new ones", said) from missing
    scores, gain = np.zeros(len(new)), np.zeros(matrix.shape[1])
    data = lightgbm.Dataset(matrix, new.astype(float), params=_SETTINGS, free_raw_data=False).construct()
    for held_out in range(_FOLDS):
        booster = lightgbm.train(
            {**_SETTINGS, "seed": seed}, data.subset(np.flatnonzero(fold != held_out).tolist()), _ROUNDS
        )
        scores[fold == held_out] = booster.predict(matrix[fold == held_out], num_threads=1)
        gain += booster.feature_importance("gain")
    return scores, gain


def _alone(values: pl.Series, kind: str, seen: np.ndarray, new: np.ndarray, fold: np.ndarray) -> float:
    together = np.zeros(len(new), dtype=np.int64)
    filled = separation(filled_rows(values).astype(float), new, together).auc
    known = ~np.isnan(seen)
    sized = separation(seen[known], new[known], together[known]).auc
    valued = 0.5
    if kind in ("category", "boolean", "email", "url"):
        rates = out_of_fold_rates(cut_levels(values, kind).codes, new, together, fold)
        sized, valued = 0.5, separation(rates, new, together).auc
    return max(filled, 1 - filled, sized, 1 - sized, valued)


def _sentence(found: PartsApart) -> str:
    told = (
        f"{percent(found.auc)} of the time (95% interval: {percent(found.low)} to {percent(found.high)}; chance: 50%)"
    )
    if not found.warns:
        return f"The test leads look like the training leads: a model that tries tells them apart {told}."
    moved = [it for it in found.fields if it.gain_share >= _TELLING_SHARE] or list(found.fields[:1])
    shown = listed([f"“{it.field}” ({percent(it.gain_share)} of it)" for it in moved])
    alone = max(moved, key=lambda it: it.auc)
    tail = f"; “{alone.field}” alone does so {percent(alone.auc)} of the time" if alone.auc >= _TELLING_AUC else ""
    return (
        f"New leads look different from old ones: a model tells a test lead from a training lead {told}, mostly by "
        f"{shown}{tail}. Ask what changed there; what was learnt from old leads may not hold for new ones."
    )
