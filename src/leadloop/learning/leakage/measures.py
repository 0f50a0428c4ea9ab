"""What is measured on each field before anything is judged: how well it tells winners, how it is filled, how pure it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.learning.leakage.levels import Levels, as_numbers, cut_levels, filled_rows
from leadloop.learning.leakage.names import hint_in
from leadloop.learning.leakage.purity import EMPTY, Group, group_of, pure_levels
from leadloop.learning.leakage.rows import AuditRows
from leadloop.learning.leakage.separation import NOTHING, Separation, out_of_fold_rates, separation
from leadloop.learning.leakage.texts import NO_EDITS, EditMeasure, measure_edits, measure_words

_FEWEST_FILLED = 50
_FEWEST_OUTCOMES = 10
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Lateness:
    """How a time field lies to the time from which every lead is known: after it in what share, by how many days."""

    reference: str
    after: float
    median_days: float


@dataclass(frozen=True, slots=True)
class FieldMeasure:
    """Everything measured on one field; shares and rates run 0 to 1.

    `best` is the strongest separation of won leads from others of their time that the field has in any reading, `overall`
    the same without regard to time. `fill` is the separation by being filled or not (`fill_gap` the difference of the
    two fill shares within time). `filled` is the group of leads that have a value, `pure` the group whose value nearly
    always means one outcome (`pure_towards_won` which), `pure_values` those values. `time_share` is how much of
    the leads' time the value tells. `pattern` names the exact set of rows that are filled. `levels` is the field as it was
    cut, None where only being filled or words were judged.
    """

    field: str
    kind: str
    constant: bool
    best: Separation
    overall: float
    fill: Separation
    fill_won: float
    fill_other: float
    filled: Group
    pure: Group
    pure_values: tuple[str, ...]
    pure_towards_won: bool
    time_share: float
    words: tuple[str, ...]
    edits: EditMeasure
    lateness: Lateness | None
    pattern: bytes
    levels: Levels | None

    @property
    def fill_gap(self) -> float:
        """How much more often the field is filled for won leads than for others of the same time."""
        return 2 * self.fill.auc - 1


def measure_fields(rows: AuditRows, kinds: Mapping[str, str], came: str = "") -> tuple[FieldMeasure, ...]:
    """Measure every field of the sample that has a kind, in the order of `kinds`; `came` is the column of the leads' own time."""
    reference = came or _reference_time(rows, kinds)
    return tuple(_measure(field, kind, rows, reference) for field, kind in kinds.items())


def best_separation(values: pl.Series, kind: str, rows: AuditRows) -> Separation:
    """The strongest separation of won leads from others of their time by this field alone, in any reading of it."""
    return _measure(values.name, kind, rows, None, values).best


def _measure(
    field: str, kind: str, rows: AuditRows, reference: str | None, values: pl.Series | None = None
) -> FieldMeasure:
    values = rows.frame[field] if values is None else values
    filled = filled_rows(values)
    fill = separation(filled.astype(float), rows.positive, rows.block)
    readings = [fill if fill.auc >= 0.5 else fill.turned()]
    overall = separation(filled.astype(float), rows.positive, _one(rows)).auc
    overall = max(overall, 1 - overall)
    pure, towards_won, time_share = EMPTY, True, 0.0
    pure_values: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    edits, lateness = NO_EDITS, None
    levels: Levels | None = None
    constant = bool(filled.all() or not filled.any()) and values.n_unique() <= 1

    if kind == "text":
        measured = measure_words(values, rows)
        readings.append(measured.words)
        words, edits = measured.telling, measure_edits(values, rows)
    elif kind not in ("id", "phone") and not constant:
        levels = cut_levels(values, kind)
        constant = len(np.unique(levels.codes)) <= 1
        readings += _readings(levels, rows)
        overall = max(overall, _overall(levels, rows))
        chosen, pure, towards_won = pure_levels(levels.codes, rows)
        pure_values = levels.names(chosen)
        time_share = _time_share(levels, rows)
        if kind == "time" and reference is not None and reference != field:
            seconds = as_numbers(values) - as_numbers(rows.frame[reference])
            lateness = _lateness(seconds, reference)
            readings.append(_by_rank(seconds, rows))
    return FieldMeasure(
        field,
        kind,
        constant,
        max(readings, key=lambda reading: reading.auc),
        overall,
        fill,
        float(filled[rows.positive].mean()) if rows.positive.any() else 0.0,
        float(filled[~rows.positive].mean()) if not rows.positive.all() else 0.0,
        group_of(filled, rows) if not filled.all() else EMPTY,
        pure,
        pure_values,
        towards_won,
        time_share,
        words,
        edits,
        lateness,
        np.packbits(filled).tobytes(),
        levels,
    )


def _readings(levels: Levels, rows: AuditRows) -> list[Separation]:
    """The value with missing as a value of its own, the value where there is one, and the size of a number."""
    rates = out_of_fold_rates(levels.codes, rows.positive, rows.block, rows.fold)
    readings = [separation(rates, rows.positive, rows.block)]
    filled = levels.filled
    enough = min(rows.positive[filled].sum(), (~rows.positive[filled]).sum()) >= _FEWEST_OUTCOMES
    if enough and filled.sum() >= _FEWEST_FILLED:
        if not filled.all():
            readings.append(separation(rates[filled], rows.positive[filled], rows.block[filled]))
        if levels.numbers is not None:
            readings.append(_by_rank(levels.numbers, rows))
    return readings


def _by_rank(numbers: np.ndarray, rows: AuditRows) -> Separation:
    """Larger or smaller values mean won: whichever it is."""
    known = ~np.isnan(numbers)
    if min(rows.positive[known].sum(), (~rows.positive[known]).sum()) < _FEWEST_OUTCOMES:
        return NOTHING
    apart = separation(numbers[known], rows.positive[known], rows.block[known])
    return apart if apart.auc >= 0.5 else apart.turned()


def _overall(levels: Levels, rows: AuditRows) -> float:
    rates = out_of_fold_rates(levels.codes, rows.positive, _one(rows), rows.fold)
    return separation(rates, rows.positive, _one(rows)).auc


def _time_share(levels: Levels, rows: AuditRows) -> float:
    """Which share of the variance of the stretch of time is between levels (1 = the value tells the time)."""
    known = levels.filled
    block = rows.block[known].astype(float)
    if rows.blocks < 2 or not len(block) or block.var() == 0:
        return 0.0
    codes = levels.codes[known]
    count = np.bincount(codes)
    mean = np.bincount(codes, weights=block) / np.maximum(count, 1)
    return float((count * (mean - block.mean()) ** 2).sum() / len(block) / block.var())


def _reference_time(rows: AuditRows, kinds: Mapping[str, str]) -> str | None:
    """The time field from which leads are known, if there is one: filled for all, and in step with their order.

    Without an order the latest such field, since a date of birth or of founding lies far before the lead. A field whose
    name says that it was written later is out of the question.
    """
    whole = {
        field: as_numbers(rows.frame[field])
        for field, kind in kinds.items()
        if kind == "time" and hint_in(field) is None and rows.frame.height and filled_rows(rows.frame[field]).all()
    }
    if not whole:
        return None
    if rows.blocks > 1:
        return max(whole, key=lambda field: separation(whole[field], rows.block >= rows.blocks // 2, _one(rows)).auc)
    return max(whole, key=lambda field: float(np.median(whole[field])))


def _one(rows: AuditRows) -> np.ndarray:
    """All leads as one stretch of time."""
    return np.zeros_like(rows.block)


def _lateness(seconds: np.ndarray, reference: str) -> Lateness | None:
    known = seconds[~np.isnan(seconds)]
    if len(known) < _FEWEST_FILLED:
        return None
    return Lateness(reference, float((known > 0).mean()), float(np.median(known)) / _DAY)
