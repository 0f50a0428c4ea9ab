"""A history as one row of numbers, for models that know nothing of order: what came last, how often, and how long ago."""

from __future__ import annotations

import numpy as np

from leadloop.recommend.histories import HOUR, Decisions, Histories, Vocabulary
from leadloop.recommend.windows import CONTEXT, context_of, event_times

LAST = 3
"""How many of the last events are told one by one."""


def feature_names(vocabulary: Vocabulary) -> tuple[str, ...]:
    """What each column says."""
    kinds, results = ("none", "unknown", *vocabulary.kinds), ("none", "unknown", *vocabulary.results)
    names = [f"last event but {back} is {kind}" for back in range(LAST) for kind in kinds]
    names += [f"last result is {result}" for result in results]
    names += [f"days between the last events, {back} back" for back in range(LAST)]
    names += [f"how often {kind}" for kind in kinds[1:]]
    names += [f"hours since {kind}" for kind in kinds[1:]]
    names += [f"how often the result was {result}" for result in results[1:]]
    names += [f"moment {number}" for number in range(CONTEXT)]
    for trait, levels in zip(vocabulary.traits, vocabulary.levels, strict=True):
        names += [f"{trait} is {level}" for level in ("none", "unknown", *levels)]
    return tuple(names)


def sequence_features(histories: Histories, decisions: Decisions) -> np.ndarray:
    """Each decision's history as float32 columns, named by `feature_names`; NaN where something never happened."""
    vocabulary = histories.vocabulary
    kinds, results = len(vocabulary.kinds) + 2, len(vocabulary.results) + 2
    start, row = histories.starts[decisions.lead], decisions.row
    count = len(decisions)
    places = row[:, None] - 1 - np.arange(LAST)
    held = places >= start[:, None]
    places = np.where(held, places, 0)
    some = len(histories.kind) > 0
    kind = np.where(held, histories.kind[places], 0) if some else np.zeros((count, LAST), int)
    result = np.where(held[:, 0], histories.result[places[:, 0]], 0) if some else np.zeros(count, int)
    gaps = np.where(held, event_times(histories)[places, 0], 0.0) if some else np.zeros((count, LAST))
    often, since = _so_far(histories, decisions, histories.kind, kinds)
    came, _ = _so_far(histories, decisions, histories.result, results)
    traits = [
        np.eye(len(levels) + 2)[histories.traits[decisions.lead, number]]
        for number, levels in enumerate(vocabulary.levels)
    ]
    return np.hstack(
        [
            np.eye(kinds)[kind].reshape(count, -1),
            np.eye(results)[result],
            gaps,
            np.log1p(often[:, 1:]),
            since[:, 1:],
            np.log1p(came[:, 1:]),
            context_of(histories, decisions),
            *traits,
        ]
    ).astype(np.float32)


def _so_far(histories: Histories, decisions: Decisions, codes: np.ndarray, kinds: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each code came before each decision, and how many hours ago last (log scale; NaN for never)."""
    size = len(codes)
    start, row = histories.starts[decisions.lead], decisions.row
    often = np.zeros((len(decisions), kinds))
    since = np.full((len(decisions), kinds), np.nan)
    for code in range(1, kinds):
        mine = codes == code
        if not mine.any():
            continue
        before = np.concatenate([[0], np.cumsum(mine)])
        often[:, code] = before[row] - before[start]
        newest = np.maximum.accumulate(np.where(mine, np.arange(size), -1))
        last = np.where(row > 0, newest[np.maximum(row - 1, 0)], -1)
        ever = (last >= start) & (row > start)
        hours = np.log1p(np.maximum(decisions.moment - histories.at[np.maximum(last, 0)], 0.0) / HOUR)
        since[:, code] = np.where(ever, hours, np.nan)
    return often, since
