"""Learning what is novel: what training leads hold, and how much surprise held-out ones bring in the ordinary way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor, log

import numpy as np
import polars as pl

from leadloop.leads import Field, LeadFrame
from leadloop.leads.made_fields import normalise_levels
from leadloop.learning.splits import rolling_origin, stratified_folds
from leadloop.scoring.novelty import FALSE_ALARMS, Novelty, SeenPair
from leadloop.scoring.seen import LEVELS, NUMBERS, SeenField, Tail, as_numbers, signed_log

FOLDS = 5
MOST_LEADS = 100_000
"""Pairs and limits are learned from at most so many leads, evenly spaced; what was seen at all is looked up in every lead."""
MOST_PAIRS = 40
_STEPS = 8
_MOST_COMMON, _LEAST_OF_COMMON = 20, 10
_TAIL = 0.05
_MOVES_ON = 3.0
_NEVER = 1e9
_ENOUGH_WHOLE = 50


def learn_novelty(
    leads: LeadFrame,
    fields: Sequence[Field],
    positive: np.ndarray,
    *,
    in_time_order: bool,
    groups: np.ndarray | None = None,
    seed: int,
) -> Novelty:
    """Learn from the training leads what a new lead may hold without being novel.

    `fields` are those that scores are made of; `positive` (0 or 1 a lead) only spreads won leads evenly over the folds. With
    `in_time_order` later leads are held against earlier ones first: what changes with time by itself is no novelty, and
    fields that do are left out of pairs.
    """
    fields = [field for field in fields if field.type not in ("id", "time")]
    every = np.arange(len(leads))
    some = every if len(leads) <= MOST_LEADS else np.linspace(0, len(leads) - 1, MOST_LEADS).astype(np.int64)
    data = leads.data[some]
    apart = stratified_folds(positive[some], FOLDS, seed=seed, groups=None if groups is None else groups[some])
    folds = [(np.flatnonzero(apart != fold), np.flatnonzero(apart == fold)) for fold in range(FOLDS)]
    later = rolling_origin(len(data), FOLDS - 1) if in_time_order else []
    moving = _find_moving(data, fields, [*later, *folds])
    seen = tuple(
        _with_reach(see_field(leads.data[field.name], field), reach)
        for field, reach in zip(fields, moving, strict=True)
    )
    # The length of a text says little about what it says: as a part of a pair it would only be puzzling.
    steady = [place for place, field in enumerate(fields) if moving[place] == 0 and field.type != "text"]
    pairs = _strongest_pairs(Novelty(seen, (), 0.0, 0.0).look(data)[0], seen, steady)
    singles, worsts = [], []
    for train, held_out in folds:
        parts = tuple(
            _with_reach(see_field(data[field.name][train], field), reach)
            for field, reach in zip(fields, moving, strict=True)
        )
        steps = Novelty(parts, (), 0.0, 0.0).look(data[train])[0]
        fold = Novelty(parts, tuple(count_pair(parts, steps, pair.first, pair.second) for pair in pairs), 0.0, 0.0)
        held_steps, single = fold.look(data[held_out])
        worst = fold.most_surprising(held_steps, len(held_out))
        singles.append(np.where(single > 0, single + log(len(leads) / len(train)), 0.0).sum(axis=0))
        worsts.append(np.where(worst > 0, worst + log(len(data) / len(train)), 0.0))
    return Novelty(seen, pairs, _limit(np.concatenate(singles)), _limit(np.concatenate(worsts)))


def see_field(cells: pl.Series, field: Field) -> SeenField:
    """What these leads hold in one field."""
    seen = SeenField(field.name, field.type, len(cells), cells.null_count())
    if seen.missing == seen.leads:
        return seen
    if field.type in LEVELS:
        return _see_levels(cells, seen)
    return _see_numbers(cells, field, seen) if field.type in NUMBERS else seen


def _see_levels(cells: pl.Series, seen: SeenField) -> SeenField:
    words = normalise_levels(cells.drop_nulls().cast(pl.String)).alias("level")
    counts = words.value_counts().sort(["count", "level"], descending=[True, False])
    common = min(_MOST_COMMON, int((counts["count"] >= _LEAST_OF_COMMON).sum()))
    newcomers = float((counts["count"] == 1).sum()) / seen.leads
    levels = tuple(counts["level"].to_list())
    if newcomers > FALSE_ALARMS:  # new levels are what this field always has, as with names of companies
        levels, newcomers = levels[:common], 1.0
    return replace(seen, levels=levels, common=common, newcomers=newcomers)


def _see_numbers(cells: pl.Series, field: Field, seen: SeenField) -> SeenField:
    numbers = as_numbers(cells.drop_nulls(), seen.type)
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, _STEPS + 1)[1:-1], method="lower"))
    return replace(
        seen,
        edges=tuple(edges.tolist()),
        low=float(numbers.min()),
        high=float(numbers.max()),
        below=_tail(-signed_log(numbers), seen.leads),
        above=_tail(signed_log(numbers), seen.leads),
        whole=field.type == "number" and len(numbers) >= _ENOUGH_WHOLE and bool((numbers == np.floor(numbers)).all()),
    )


def _tail(values: np.ndarray, leads: int) -> Tail:
    start = float(np.quantile(values, 1 - _TAIL))
    beyond = values[values > start]
    return Tail(start, len(beyond) / leads, float((beyond - start).mean()) if len(beyond) else 0.0)


def _find_moving(
    data: pl.DataFrame, fields: Sequence[Field], folds: Sequence[tuple[np.ndarray, np.ndarray]]
) -> list[float]:
    """How far each field takes more than one held-out lead in a hundred past what was seen, in the worst fold; 0 if not at all.

    For a number a distance on a log scale; for a category 1 where new levels come that often.
    """
    reaches = []
    for field in fields:
        cells, most = data[field.name], 0.0
        for train, held_out in folds if field.type in (*LEVELS, *NUMBERS) else ():
            seen = see_field(cells[train], field)
            if seen.missing == seen.leads:
                continue
            past = seen.past_range(cells[held_out]) if field.type in NUMBERS else _new_levels(seen, cells[held_out])
            # Two leads are no pattern, however few there are.
            place = max(2, floor(FALSE_ALARMS * len(held_out)))
            if place < len(past):
                most = max(most, float(np.sort(past)[::-1][place]))
        # What moved so far while training leads came in will move on: several times as far is still ordinary.
        reaches.append(most * _MOVES_ON)
    return reaches


def _new_levels(seen: SeenField, cells: pl.Series) -> np.ndarray:
    surprises = seen.look(cells)[1]
    return np.where(cells.is_null().to_numpy(), 0.0, np.sign(surprises))


def _with_reach(seen: SeenField, reach: float) -> SeenField:
    """The field with what it may bring: for a number a distance past its range, for a category any new level."""
    if reach and seen.type in LEVELS:
        return replace(seen, newcomers=1.0)
    return replace(seen, reach=reach)


def _strongest_pairs(
    steps: list[np.ndarray], seen: tuple[SeenField, ...], places: Sequence[int]
) -> tuple[SeenPair, ...]:
    """The pairs of fields that can tell most, those that have something to do with each other."""
    every = [count_pair(seen, steps, first, second) for first in places for second in places if first < second]
    return tuple(sorted(every, key=lambda pair: (-pair.worth, pair.first, pair.second))[:MOST_PAIRS])


def count_pair(seen: tuple[SeenField, ...], steps: list[np.ndarray], first: int, second: int) -> SeenPair:
    """How often the steps of two fields come together."""
    shape = seen[first].steps, seen[second].steps
    counts = np.bincount(steps[first] * shape[1] + steps[second], minlength=shape[0] * shape[1])
    return SeenPair(first, second, counts.reshape(shape))


def _limit(held_out: np.ndarray) -> float:
    """The surprise that a lead like the held-out ones exceeds with a probability of at most half the rate of false alarms."""
    place = ceil((len(held_out) + 1) * (1 - FALSE_ALARMS / 2))
    return float(np.sort(held_out)[place - 1]) if place <= len(held_out) else _NEVER
