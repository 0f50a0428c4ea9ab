"""Reasons in plain words: which fields moved a score, quoting the lead's own values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from math import fsum

import numpy as np
import polars as pl

from leadloop.features import FeatureSet
from leadloop.features.quotes import quote_value
from leadloop.features.texts_together import Heard
from leadloop.scoring.score_card import Reason

_LONGEST = 60
_FEW = 64
_NOTHING: Mapping[str, Heard] = {}

Sentence = Callable[[int, int], str]
"""The sentence of a field (its place) for a lead (its row)."""


class ReasonWriter:
    """Writes the sentences for one feature set."""

    def __init__(self, features: FeatureSet) -> None:
        self.features = features

    @cached_property
    def _columns_of(self) -> list[tuple[list[int], list[int]]]:
        """The columns of each field, and those of them that say something."""
        place, columns = self.features.field_of_column, self.features.columns
        every = [np.flatnonzero(place == number).tolist() for number in range(len(self.features.fields))]
        return [(mine, [one for one in mine if columns[one].says]) for mine in every]

    def group(self, contributions: np.ndarray) -> np.ndarray:
        """Contributions of columns as contributions of fields: shape (leads, fields)."""
        order, starts = self._runs
        if not len(order):
            return np.zeros((len(contributions), len(self.features.fields)))
        # Each row is added up by itself, in the order of its columns: a lead alone gets what it gets among others.
        grouped: np.ndarray = np.add.reduceat(np.take(contributions, order, axis=1), starts, axis=1)
        return grouped

    @cached_property
    def _runs(self) -> tuple[np.ndarray, np.ndarray]:
        """The columns field by field, and where each field begins; every field has a column."""
        place = self.features.field_of_column
        order = np.argsort(place, kind="stable")
        return order, np.searchsorted(place[order], np.arange(len(self.features.fields)))

    def write(
        self,
        data: pl.DataFrame,
        matrix: np.ndarray,
        contributions: np.ndarray,
        points: np.ndarray,
        most: int | None,
        heard: Mapping[str, Heard] = _NOTHING,
    ) -> list[tuple[Reason, ...]]:
        """The reasons of each lead, largest first.

        `contributions` are by column, `points` by field (in score points). With `most`, only that many up and that many
        down are written out.
        """
        return write_reasons(self.features.fields, points, most, self.sentences(data, matrix, contributions, heard))

    def sentences(
        self,
        data: pl.DataFrame,
        matrix: np.ndarray,
        contributions: np.ndarray,
        heard: Mapping[str, Heard] = _NOTHING,
    ) -> Sentence:
        """What it says of these leads: the sentence of a field, by its place, for a lead, by its row.

        `heard` is what texts said when the matrix was made, by field; those of other fields are read again.
        """
        given = set(data.columns)
        values = {name: data[name].to_list() for name in self.features.fields if name in given}
        # One number of an array takes as long to get as ten of a list; of many leads most are never asked for.
        few = len(matrix) <= _FEW
        held, moved = (matrix.tolist(), contributions.tolist()) if few else (matrix, contributions)
        return lambda number, row: self._sentence(number, row, values, held[row], moved[row], heard)

    def _sentence(
        self,
        number: int,
        row: int,
        values: dict[str, list[object]],
        matrix: Sequence[float],
        contributions: Sequence[float],
        heard: Mapping[str, Heard],
    ) -> str:
        name = self.features.fields[number]
        told = name not in values  # a feature function's own column has no field to quote
        value = None if told else values[name][row]
        if value is None and not told:
            return f"{name} is not given"
        columns, speaking = self._columns_of[number]
        if speaking:
            # The column that did most of what the sentence is about: one that pulled the other way would not explain it.
            way = 1 if fsum(contributions[column] for column in columns) > 0 else -1
            place = max(speaking, key=lambda place: way * contributions[place])
            column, held = self.features.columns[place], float(matrix[place])
            if column.quote == "telling word":
                if name in heard:
                    word = heard[name].telling_word(row, contributions[place])
                else:
                    word = self.features.text_blocks[name].telling_word(str(value), contributions[place])
                return f"{name} mentions “{word}”" if word else f"{name} has none of the words that usually tell"
            detail = column.says if held > 0 else column.says_not
            if detail.startswith("does not mention "):
                says_no = (
                    heard[name].says_no_to(row)
                    if name in heard
                    else self.features.text_blocks[name].says_no_to(str(value))
                )
                if column.name in says_no:
                    detail = detail.replace("does not mention ", "says no to ", 1)
            if "{}" in detail:
                detail = detail.replace("{}", quote_value(column.quote, held, value))
            if detail:
                return f"{name} {detail}"
        if told:
            held = float(matrix[columns[0]])
            found = say_value(held == 1 if self.features.columns[columns[0]].binary and not np.isnan(held) else held)
            return f"{self.features.labels[name]}: {found}" if name in self.features.labels else f"{name} is {found}"
        return f"{name} is {say_value(value)}"


def write_reasons(
    fields: Sequence[str], points: np.ndarray, most: int | None, says: Sentence
) -> list[tuple[Reason, ...]]:
    """The reasons of each lead, largest first: `points` has a row a lead and a column a field, `says` their sentences."""
    order = np.argsort(-np.abs(points), axis=1, kind="stable")
    return [
        tuple(Reason(fields[number], moved[number], says(number, row)) for number in _strongest(moved, ranked, most))
        for row, (moved, ranked) in enumerate(zip(points.tolist(), order.tolist(), strict=True))
    ]


def _strongest(points: Sequence[float], order: Sequence[int], most: int | None) -> list[int]:
    moving = [number for number in order if points[number] != 0]
    if most is None:
        return moving
    up = [number for number in moving if points[number] > 0][:most]
    down = [number for number in moving if points[number] < 0][:most]
    return sorted(up + down, key=lambda number: -abs(points[number]))


def say_value(value: object) -> str:
    """A value as a person would write it.

    >>> say_value(1532.0), say_value(True), say_value("Google"), say_value({"low": 51.0, "high": 200.0})
    ('1,532', 'yes', '“Google”', '51 to 200')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if np.isnan(value):
            return "not known"
        return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
    if isinstance(value, dict):
        low, high = value["low"], value["high"]
        return say_value(low) if low == high else f"{say_value(low)} to {say_value(high)}"
    text = " ".join(str(value).split())
    return f"“{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}”"


def join_reasons(reasons: Sequence[Reason]) -> str:
    """Reasons as one line of text, for a table."""
    return "; ".join(str(reason) for reason in reasons)
