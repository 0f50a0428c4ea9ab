"""Which fields tell the calendar rather than the lead: a price index, a campaign's code, a form introduced half-way."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.learning.leakage.levels import NUMERIC_KINDS, as_numbers, cut_levels, filled_rows

_COMMONEST = 12
_FEWEST_A_BLOCK = 20


def time_share(
    frame: pl.DataFrame, kinds: Mapping[str, str], *, order: np.ndarray | None = None, blocks: int = 30
) -> dict[str, float]:
    """How much of each field is told by the date alone: 0 where it varies from lead to lead, 1 where it is a calendar.

    `frame` holds the training leads from old to new (or `order` is their place in time, larger = newer); `kinds` says what
    each column to look at holds. Leads are cut into `blocks` equally large stretches of time, fewer where there are under
    20 leads a stretch. A share is the part of the field's variance that lies between stretches (epsilon squared: eta
    squared less what chance gives, Kelley 1935). Of a number its ranks are judged, so that a few huge values hide nothing;
    of a category each of its twelve commonest levels; of every field also whether it is filled. The largest of these
    counts. Identifiers, phones and texts are judged by being filled only, and so is a time, which tells the time by its
    nature. Leads of one moment are not torn apart, so fewer, larger stretches come of dates. Raises DataError where `order`
    does not fit.

    >>> months, sizes = np.repeat(np.arange(30), 40), np.tile(np.arange(40), 30)
    >>> shares = time_share(pl.DataFrame({"index": months, "size": sizes}), {"index": "number", "size": "number"})
    >>> {field: round(share, 2) for field, share in shares.items()}
    {'index': 1.0, 'size': 0.0}
    """
    if order is not None and len(order) != frame.height:
        said = f"has {len(order):,} entries for {frame.height:,} leads"
        raise DataError("time share", Problem("order", said, "hand in one each"))
    block = _stretches(frame.height, order, blocks)
    if frame.height < 2 or block[-1 if order is None else int(block.argmax())] == 0:
        return dict.fromkeys(kinds, 0.0)
    return {field: _share(frame[field], kind, block) for field, kind in kinds.items()}


def _stretches(count: int, order: np.ndarray | None, blocks: int) -> np.ndarray:
    """The number of the stretch of time of each lead, counted from 0 without gaps."""
    blocks = max(min(blocks, count // _FEWEST_A_BLOCK), 1)
    if order is None:
        return np.arange(count) * blocks // max(count, 1)
    _, moment, leads = np.unique(order, return_inverse=True, return_counts=True)
    before = np.cumsum(leads) - leads
    _, block = np.unique((before * blocks // max(count, 1))[moment], return_inverse=True)
    return np.asarray(block)


def _share(values: pl.Series, kind: str, block: np.ndarray) -> float:
    filled = filled_rows(values)
    shares = [_between(filled.astype(float)[:, None], block)]
    if kind in NUMERIC_KINDS and kind != "time":
        numbers = as_numbers(values)
        known = ~np.isnan(numbers)
        if known.sum() > _FEWEST_A_BLOCK:
            ranks = pl.Series(numbers[known]).rank("average").to_numpy()
            shares.append(_between(ranks[:, None], block[known]))
    elif kind in ("category", "boolean", "email", "url"):
        codes = cut_levels(values, kind).codes
        sizes = np.bincount(codes)
        sizes[0] = 0
        commonest = np.argsort(-sizes, kind="stable")[:_COMMONEST]
        chosen = commonest[sizes[commonest] >= _FEWEST_A_BLOCK]
        if len(chosen):
            known = codes > 0
            shares.append(_between((codes[known][:, None] == chosen).astype(float), block[known]))
    return max(shares)


def _between(columns: np.ndarray, block: np.ndarray) -> float:
    """The largest share of variance between stretches that any of the columns has, less what chance gives."""
    size = np.bincount(block).astype(float)
    used, count = int((size > 0).sum()), len(block)
    spread = columns.var(axis=0) * count
    if used < 2 or count <= used or not (spread > 1e-12).any():
        return 0.0
    sums = np.stack([np.bincount(block, weights=column) for column in columns.T])
    means = columns.mean(axis=0)[:, None]
    between = (size * (sums / np.maximum(size, 1) - means) ** 2).sum(axis=1)
    eta = between[spread > 1e-12] / spread[spread > 1e-12]
    return float(np.clip(1 - (1 - eta.max()) * (count - 1) / (count - used), 0.0, 1.0))
