"""Novelty: whether a lead is unlike any that training saw, so that its score rests on little.

Two things are looked at. Single values: never seen, far outside the range, missing where nothing ever was (`seen.py`). And pairs:
two values that are each common, yet hardly ever came together. A pair surprises by log((expected + 1/2) / (seen + 1/2)), where
`expected` is how many leads would hold both if the two fields had nothing to do with each other (the disproportion of DuMouchel
1999, turned around). A pair that more than one lead in ten thousand holds has been seen, and one that fewer than ten were to be
expected of may be missing by chance: neither surprises.

A lead is novel where the sum of its single surprises, or its most surprising pair, exceeds what all but half a percent of
held-out leads reach: a conformal test of each at half the rate of false alarms (Vovk, Gammerman and Shafer 2005), so that at
most one lead in a hundred like those of the training is called novel by chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import polars as pl

from leadloop.scoring.reasons import say_value
from leadloop.scoring.seen import LEVELS, NUMBERS, SeenField

FALSE_ALARMS = 0.01
"""At most this share of leads like those of the training is called novel."""
MOST_SAID = 3
_SEEN = 1e-4
_FEW = 64
_LEAST_EXPECTED = 10.0


@dataclass(frozen=True)
class SeenPair:
    """How often the steps of two fields came together: `counts` has a row a step of the first, a column a step of the second."""

    first: int
    second: int
    counts: np.ndarray

    @cached_property
    def expected(self) -> np.ndarray:
        """How often they would, if the two fields had nothing to do with each other."""
        total = max(float(self.counts.sum()), 1.0)
        expected: np.ndarray = self.counts.sum(axis=1)[:, None] * self.counts.sum(axis=0)[None, :] / total
        return expected

    @cached_property
    def surprises(self) -> np.ndarray:
        """The surprise of each combination of steps; 0 where it was seen, or may be missing by chance."""
        surprises = np.log((self.expected + 0.5) / (self.counts + 0.5))
        unseen = (self.counts <= max(1.0, _SEEN * self.counts.sum())) & (self.expected >= _LEAST_EXPECTED)
        return np.where(unseen, np.maximum(surprises, 0.0), 0.0)

    @cached_property
    def worth(self) -> float:
        """How much it can tell: the mean surprise of combinations if the fields had nothing to do with each other."""
        return float((self.expected * self.surprises).sum() / max(self.counts.sum(), 1.0))


@dataclass(frozen=True)
class Novelty:
    """What training saw of single fields and of pairs of them, and how much surprise is too much."""

    fields: tuple[SeenField, ...]
    pairs: tuple[SeenPair, ...]
    most_single: float
    """Leads whose single surprises add up to more are novel."""
    most_pair: float
    """Leads with a more surprising pair are novel."""

    def judge(self, data: pl.DataFrame) -> tuple[np.ndarray, list[str]]:
        """Whether each lead is novel, and what is unusual about it in words (empty where it is not novel)."""
        steps, single = self.look(data)
        worst = self.most_surprising(steps, data.height)
        by_single, by_pair = single.sum(axis=0) > self.most_single, worst > self.most_pair
        novel = by_single | by_pair
        said = [""] * data.height
        rows = np.flatnonzero(novel)
        if not len(rows):
            return novel, said
        leads = self._leads(data, rows)
        held = [step[rows] for step in steps]
        odd = np.array([table.take(self._place(pair, held)) for pair, table in self._pair_tables]).T
        said_before: dict[tuple[int, str | None], str] = {}
        for place, row in enumerate(rows.tolist()):
            told = self._say_single(single[:, row], leads[place], said_before) if by_single[row] else []
            if by_pair[row]:
                told += self._say_pairs(odd[place], [step[place] for step in held], leads[place])
            said[row] = "; ".join(told[:MOST_SAID])
        return novel, said

    def _leads(self, data: pl.DataFrame, rows: np.ndarray) -> list[dict[str, Any]]:
        """The values of some leads."""
        names = [field.name for field in self.fields]
        if data.height > _FEW:
            return data.select(names)[rows].to_dicts()
        cells = {name: data[name].to_list() for name in names}  # choosing takes Polars longer than this
        return [{name: held[row] for name, held in cells.items()} for row in rows.tolist()]

    def look(self, data: pl.DataFrame) -> tuple[list[np.ndarray], np.ndarray]:
        """The step of every lead in each field, and the single surprises: shape (fields, leads)."""
        looked = [field.look(data[field.name]) for field in self.fields]
        single = np.array([surprises for _, surprises in looked]).reshape(len(looked), data.height)
        return [steps for steps, _ in looked], single

    def most_surprising(self, steps: list[np.ndarray], leads: int) -> np.ndarray:
        """The surprise of each lead's most surprising pair, 0 where none is."""
        worst = np.zeros(leads, dtype=np.float32)
        if leads > _FEW:
            for pair, table in self._pair_tables:
                np.maximum(worst, table.take(self._place(pair, steps)), out=worst)
        elif self.pairs:
            held = np.array(steps)
            first, second, widths, starts, tables = self._tables_in_a_row
            worst = tables.take(held[first] * widths + held[second] + starts).max(axis=0, initial=0.0)
        return worst

    @cached_property
    def _tables_in_a_row(self) -> tuple[np.ndarray, ...]:
        """The fields of all pairs, the widths of their tables, where each table begins, and the tables one behind another."""
        tables = [table for _, table in self._pair_tables]
        starts = np.cumsum([0, *map(len, tables)])[:-1]
        places = np.array([(pair.first, pair.second, pair.counts.shape[1]) for pair in self.pairs], dtype=np.int64)
        return places[:, 0], places[:, 1], places[:, 2:], starts[:, None], np.concatenate(tables)

    @cached_property
    def _pair_tables(self) -> list[tuple[SeenPair, np.ndarray]]:
        return [(pair, pair.surprises.astype(np.float32).ravel()) for pair in self.pairs]

    @staticmethod
    def _place(pair: SeenPair, steps: list[np.ndarray]) -> np.ndarray:
        places: np.ndarray = steps[pair.first] * pair.counts.shape[1] + steps[pair.second]
        return places

    def _say_single(
        self, surprises: np.ndarray, lead: Mapping[str, object], before: dict[tuple[int, str | None], str]
    ) -> list[str]:
        """What is odd about single fields, the oddest first, as many as are told; what was said `before` is taken again."""
        told = []
        for place in np.argsort(-surprises, kind="stable").tolist()[:MOST_SAID]:
            if surprises[place] <= 0:
                break
            field = self.fields[place]
            value = lead[field.name]
            if value is not None and not isinstance(value, str):
                told.append(field.say(value))
                continue
            if (place, value) not in before:
                before[place, value] = field.say(value)
            told.append(before[place, value])
        return told

    def _say_pairs(self, surprises: np.ndarray, steps: list[int], lead: Mapping[str, object]) -> list[str]:
        told: list[str] = []
        named: set[int] = set()
        for number in np.argsort(-surprises, kind="stable").tolist():
            pair = self.pairs[number]
            if surprises[number] <= self.most_pair:
                break
            if {pair.first, pair.second} & named:  # an odd value is odd beside many others; once is enough
                continue
            named |= {pair.first, pair.second}
            place = steps[pair.first], steps[pair.second]
            both = " with ".join(_name_value(self.fields[field], lead) for field in (pair.first, pair.second))
            told.append(f"{both} (seen together {_times(pair.counts[place])}, {pair.expected[place]:,.0f} expected)")
        return told

    def state(self) -> dict[str, Any]:
        """Everything that was learned, as plain values."""
        return {
            "fields": [field.state() for field in self.fields],
            "pairs": [
                {"first": pair.first, "second": pair.second, "counts": pair.counts.tolist()} for pair in self.pairs
            ],
            "most_single": self.most_single,
            "most_pair": self.most_pair,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The novelty that `state` describes; raises ValueError where its parts do not fit each other."""
        fields = tuple(SeenField.from_state(each) for each in state["fields"])
        pairs = []
        for each in state["pairs"]:
            pair = SeenPair(int(each["first"]), int(each["second"]), np.array(each["counts"], dtype=np.int64))
            if pair.counts.shape != (fields[pair.first].steps, fields[pair.second].steps) or pair.counts.min() < 0:
                raise ValueError("counts of a pair do not fit its fields")
            pairs.append(pair)
        return cls(fields, tuple(pairs), float(state["most_single"]), float(state["most_pair"]))


def _name_value(field: SeenField, lead: Mapping[str, object]) -> str:
    value = lead[field.name]
    if value is None:
        return f"no {field.name}"
    quoted = f" {say_value(value)}" if field.type in (*LEVELS, *NUMBERS) else ""
    return f"{field.name}{quoted}"


def _times(count: int) -> str:
    return "never" if count == 0 else "once" if count == 1 else f"{count:,} times"
