"""History: how well earlier leads of the same kind did, and how many there were, when each lead came in.

What is declared in the playbook (`leadloop.playbook.history`) is counted here, without ever looking ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan, nan
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadloop.features.block import FeatureColumn
from leadloop.features.categories import SMOOTHING
from leadloop.leads.made_fields import normalise_levels
from leadloop.playbook.history import REMEMBERED, History

_DAY_US = 86_400_000_000
_UNIT = float(1 << 30)
_NOT_GIVEN, _AND = "\x00", "\x1f"


@dataclass(frozen=True)
class HistoryBlock:
    """How well earlier leads with the same values did, and how many there were: two columns.

    The first is the mean outcome of those leads, drawn towards the mean of all earlier leads where they are few (as if 20
    more had done as well as all did); missing where no outcome at all was known yet. The second is log(1 + count). Values
    are compared without regard to case and spacing, and "not given" is a value of its own.

    For a training lead only those leads count whose outcome was known before it came in. New leads get what was known when
    training began: the state holds every combination of values with its mean and count.
    """

    kind: ClassVar[str] = "history"
    history: History
    types: tuple[str, ...]
    levels: tuple[str, ...]
    rates: tuple[float, ...]
    counts: tuple[int, ...]
    otherwise: float

    @classmethod
    def fit(
        cls,
        history: History,
        types: Mapping[str, str],
        data: pl.DataFrame,
        outcomes: np.ndarray,
        came: pl.Series,
        *,
        known_after: float,
        until: float = float("inf"),
    ) -> tuple[Self, np.ndarray]:
        """Count training leads; gives the block, and its columns for the training leads themselves.

        `types` gives the type of each field, `outcomes` 0 to 1 a lead, `came` the time of each lead. An outcome is known
        `known_after` days after its lead; at `until` (in days since 1970) training began, without it everything is known.
        A lead without a time counts as older than all others.
        """
        kinds = tuple(types[name] for name in history.of)
        words = _words(data, history.of, kinds)
        days = came.to_physical().cast(pl.Float64).fill_null(float("-inf")).to_numpy() / _DAY_US
        levels, codes = _codes(words)
        count, total, of_all, total_of_all = _known_before(codes, days, outcomes, days, known_after, history.days)
        values = _columns(count, total, of_all, total_of_all)

        newest = days.max(initial=float("-inf"))
        moment = until if until != float("inf") else float(np.nextafter(newest + known_after, np.inf))
        every = np.arange(len(levels))
        count, total, of_all, total_of_all = _known_before(
            codes, days, outcomes, np.full(len(levels), moment), known_after, history.days, every
        )
        told = _columns(count, total, of_all, total_of_all)
        held = count > 0
        otherwise = float(total_of_all[0] / of_all[0]) if len(levels) and of_all[0] else nan
        block = cls(
            history,
            kinds,
            tuple(level for level, keep in zip(levels, held, strict=True) if keep),
            tuple(told[held, 0].tolist()),
            tuple(int(one) for one in count[held]),
            otherwise,
        )
        return block, values.astype(np.float32)

    @property
    def reads(self) -> tuple[str, ...]:
        return self.history.of

    @cached_property
    def columns(self) -> tuple[FeatureColumn, ...]:
        label, (rate, count) = self.history.label, self.history.columns
        did, many = ("have a success rate of {}", "have no known success"), ("amount to {}", "are none so far")
        return (
            FeatureColumn(rate, label, *did, quote="share", rests_on=self.reads),
            FeatureColumn(count, label, *many, quote="count of lead", rests_on=self.reads),
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        return {level: place for place, level in enumerate(self.levels)}

    @cached_property
    def _told(self) -> np.ndarray:
        """A row a level, and one for all that were never seen."""
        told = np.column_stack([(*self.rates, self.otherwise), np.log1p((*self.counts, 0))])
        return told.astype(np.float32)

    def values(self, data: pl.DataFrame) -> np.ndarray:
        # A dictionary is asked quicker than Polars, for one lead and for many.
        places, unseen = self._places, len(self.levels)
        words = _words(data, self.history.of, self.types).to_list()
        rows: np.ndarray = self._told[np.array([places.get(word, unseen) for word in words], dtype=np.int64)]
        return rows

    def state(self) -> dict[str, Any]:
        return {
            "of": self.history.of,
            "name": self.history.name,
            "days": self.history.days,
            "types": self.types,
            "levels": self.levels,
            "rates": self.rates,
            "counts": self.counts,
            "otherwise": None if isnan(self.otherwise) else self.otherwise,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        of, types = tuple(map(str, state["of"])), tuple(map(str, state["types"]))
        levels, rates = tuple(map(str, state["levels"])), tuple(map(float, state["rates"]))
        counts = tuple(map(int, state["counts"]))
        if not of or len(types) != len(of) or set(types) - set(REMEMBERED):
            raise ValueError(f"no history is of {', '.join(types) or 'nothing'}")
        if not len(levels) == len(rates) == len(counts) or not np.isfinite(rates).all() or min(counts, default=1) < 1:
            raise ValueError("values and what is known of them do not match")
        otherwise = nan if state["otherwise"] is None else float(state["otherwise"])
        return cls(History(of, str(state["name"]), float(state["days"])), types, levels, rates, counts, otherwise)


def _words(data: pl.DataFrame, of: Sequence[str], types: Sequence[str]) -> pl.Series:
    """The values of the fields as one word a lead."""
    parts = [
        (data[name].cast(pl.Int8).cast(pl.String) if kind == "boolean" else normalise_levels(data[name])).fill_null(
            _NOT_GIVEN
        )
        for name, kind in zip(of, types, strict=True)
    ]
    words = parts[0]
    for part in parts[1:]:
        words = words + _AND + part
    return words


def _codes(words: pl.Series) -> tuple[list[str], np.ndarray]:
    levels = words.unique().sort()
    places = pl.Series(range(len(levels)), dtype=pl.Int64)
    return levels.to_list(), words.replace_strict(levels, places, return_dtype=pl.Int64).to_numpy()


def _columns(count: np.ndarray, total: np.ndarray, of_all: np.ndarray, total_of_all: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        overall = total_of_all / of_all  # 0 / 0 where nothing was known: nobody can say
    return np.column_stack([(total + SMOOTHING * overall) / (count + SMOOTHING), np.log1p(count)])


def _known_before(
    codes: np.ndarray,
    days: np.ndarray,
    outcomes: np.ndarray,
    asked: np.ndarray,
    known_after: float,
    reach: float,
    asked_codes: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Count and sum of the outcomes known at each asked moment: of leads with the same code, and of all leads.

    All moments are asked at once: leads stand in the order of code and time, and a moment becomes a place among them. With
    `reach` above 0, only leads that came so many days or fewer before the newest known ones count.
    """
    size = len(days)
    asked_codes = codes if asked_codes is None else asked_codes
    by_time = np.argsort(days, kind="stable")
    rank = np.empty(size, dtype=np.int64)
    rank[by_time] = np.arange(size)
    sorted_days = days[by_time]
    keys = codes * (size + 1) + rank
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    # Whole numbers add up to the same in any order, so that no sum hears of what it leaves out, not even in its last digit.
    whole = np.round(outcomes * _UNIT).astype(np.int64)
    sums = np.append(0, np.cumsum(whole[order]))
    all_sums = np.append(0, np.cumsum(whole[by_time]))
    # Known once more than `known_after` days have passed: the lead itself and all that came with it are not.
    stop = np.searchsorted(sorted_days, asked - known_after, side="left")
    start = np.searchsorted(sorted_days, asked - known_after - reach, side="left") if reach else np.zeros_like(stop)
    last = np.searchsorted(sorted_keys, asked_codes * (size + 1) + stop)
    first = np.searchsorted(sorted_keys, asked_codes * (size + 1) + start)
    return (
        (last - first).astype(np.float64),
        (sums[last] - sums[first]) / _UNIT,
        (stop - start).astype(np.float64),
        (all_sums[stop] - all_sums[start]) / _UNIT,
    )
