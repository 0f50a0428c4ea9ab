"""What a draft proposes beside the outcome: the field with the amount of won leads, and days to ask about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import polars as pl

from leadloop.ingest.column import percent
from leadloop.leads import Field
from leadloop.playbook import Order, Target

HORIZONS = (7, 30, 90)
_FEWEST_WON = 20
_MOST_OF_WON = 0.8
_HARDLY_ANY_LOST = 0.01
_SECONDS_A_DAY = 86_400


def find_value(values: pl.DataFrame, fields: Mapping[str, Field], won: np.ndarray) -> tuple[str, str]:
    """The money field that is filled for won leads and for hardly any other, and why; two empty texts where none is.

    Amounts of 0 do not count as filled: a field that is 0 for most won leads says nothing of what they bring. Where several
    fields fit, a person must choose.

    >>> table = pl.DataFrame({"deal": [100.0, None, 250.0, None] * 20})
    >>> find_value(table, {"deal": Field("deal", "money", "outcome")}, np.array([1.0, 0.0, 1.0, 0.0] * 20))
    ('deal', 'value: “deal” holds an amount for 40 of 40 won leads (100%) and for 0 of 40 others')
    """
    winners, others = won == 1, won == 0
    if winners.sum() < _FEWEST_WON:
        return "", ""
    fitting = []
    for name, field in fields.items():
        if field.type != "money" or values[name].dtype != pl.Float64:
            continue
        amounts = np.nan_to_num(values[name].to_numpy())
        filled = amounts > 0
        of_won, of_others = int(filled[winners].sum()), int(filled[others].sum())
        if (
            of_won >= _MOST_OF_WON * winners.sum()
            and of_others <= _HARDLY_ANY_LOST * others.sum()
            and amounts.min() >= 0
        ):
            fitting.append((name, of_won, of_others))
    if len(fitting) != 1:
        return "", ""
    name, of_won, of_others = fitting[0]
    share = percent(of_won / winners.sum())
    return name, (
        f"value: “{name}” holds an amount for {of_won:,} of {winners.sum():,} won leads ({share}) and for {of_others:,} of "
        f"{others.sum():,} others"
    )


def find_horizons(values: pl.DataFrame, target: Target, order: Order | None) -> tuple[int, ...]:
    """Days to ask about where both the lead and its end have a time: those that the oldest leads were followed for."""
    if order is None or order.by != "field" or not target.at or {order.field, target.at} - set(values.columns):
        return ()
    came, ended = values[order.field], values[target.at]
    if not all(cells.dtype == pl.Datetime("us") for cells in (came, ended)):
        return ()
    first, last = came.min(), max((time for time in (came.max(), ended.max()) if time is not None), default=None)
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return ()
    span = (last - first).total_seconds() / _SECONDS_A_DAY
    return tuple(days for days in HORIZONS if 2 * days <= span)
