"""Which values an outcome has, and how each of them is read: what nobody named may be read wrongly, and without a sound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from leadloop.learning.labels import matches, read_outcome
from leadloop.playbook import Target

_SHOWN = 8
_SURE = 3.0
_LEAST = 0.03


@dataclass(frozen=True, slots=True)
class OutcomeValue:
    """One value of an outcome: how many leads have it, how it is read, and whether the playbook names it."""

    value: str
    leads: int
    reading: Literal["won", "lost", "open"]
    named: bool


def list_values(target: Target, cells: pl.Series) -> tuple[OutcomeValue, ...]:
    """Every value in a column of outcomes, the commonest first; none where the target does not go by values.

    >>> stage = Target("won", "Stage", positive=("Won",), open=("Working",))
    >>> [(one.value, one.reading, one.named) for one in list_values(stage, pl.Series(["Won", "Parked", "Working"]))]
    [('Parked', 'lost', False), ('Won', 'won', True), ('Working', 'open', True)]
    """
    if not target.positive:
        return ()
    counted = cells.drop_nulls().to_frame("value").group_by("value").len("leads")
    counted = counted.with_columns(text=pl.col("value").cast(pl.String)).sort(
        ["leads", "text"], descending=[True, False]
    )
    readings = read_outcome(counted["value"], target)
    named = matches(counted["value"], (*target.positive, *target.negative, *target.open))
    return tuple(
        OutcomeValue(text, leads, "open" if won is None else "won" if won else "lost", bool(known))
        for text, leads, won, known in zip(counted["text"], counted["leads"], readings, named, strict=True)
    )


def describe_unnamed(target: Target, values: Sequence[OutcomeValue]) -> str:
    """What a person should know of values that the playbook does not name; empty where all are, or where it is plain.

    Without a list of lost values, one value beside those that mean won is lost, and nobody doubts it.
    """
    unnamed = [one for one in values if not one.named]
    if not unnamed or (not target.negative and not target.open and len(unnamed) == 1):
        return ""
    shown = ", ".join(f"“{one.value}” ({one.leads:,})" for one in unnamed[:_SHOWN])
    more = f" and {len(unnamed) - _SHOWN:,} more" if len(unnamed) > _SHOWN else ""
    how = "count as still open, and nothing is learned from them" if target.negative else "count as lost"
    return f"nothing says how to read {shown}{more}: such leads {how}; name each under positive, negative or open"


def find_open_among_lost(target: Target, older: pl.Series, newer: pl.Series) -> tuple[tuple[str, float, float], ...]:
    """Lost values that much more of the newer leads have than of the older ones, so that they may be leads still being worked.

    Each with its share of the older and of the newer leads. A value is told where it is a twentieth of the newer ones at least
    half as often again as before, by more than three standard errors.
    """
    before, now = (_shares(target, cells) for cells in (older, newer))
    found = []
    for value, share in now.items():
        was = before.get(value, 0.0)
        pooled = (was * len(older) + share * len(newer)) / (len(older) + len(newer))
        error = float(np.sqrt(pooled * (1 - pooled) * (1 / len(older) + 1 / len(newer))))
        if share - was > max(_SURE * error, _LEAST) and share > 1.5 * was:
            found.append((value, was, share))
    return tuple(sorted(found, key=lambda one: one[1] - one[2]))


def _shares(target: Target, cells: pl.Series) -> dict[str, float]:
    values: Iterable[OutcomeValue] = list_values(target, cells)
    return {one.value: one.leads / max(1, len(cells)) for one in values if one.reading == "lost"}
