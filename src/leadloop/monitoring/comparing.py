"""One field now against its reference: how far the shares of its parts moved, and how often chance moves them so far.

Chance includes the usual ups and downs: shares that went up and down from week to week in the reference may do so again. The
statistic is Pearson's, divided by what this makes of it (Rao and Scott 1981), and judged by the F distribution, since it is
known from so many weeks only.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from leadloop.monitoring.chance import f_tail, poisson_tail
from leadloop.monitoring.drift import FieldDrift, ShiftedPart
from leadloop.monitoring.reference import FEWEST_ALIKE, FieldReference, count_levels, find_words
from leadloop.scoring.seen import LEVELS, NUMBERS, as_numbers

NEW_SHARE = 0.01
"""A value or a word is new where this share of leads has it now, and hardly any had it before."""
MOST_NEW = 10
_LEAST_EXPECTED = 5.0
_FEW_WEEKS = 12
_DOUBT = 0.01
"""How much alike leads of a week are taken to be where the reference has too few weeks to tell."""


def compare_field(before: FieldReference, cells: pl.Series, *, weight: float = 0.0) -> FieldDrift:
    """How one field differs from its reference; `adjusted`, `level` and `sentence` are left to whoever looked at all fields."""
    now = before.count(cells)
    statistic, chance, inflation = judge_counts(before, now)
    shares, shares_now = before.shares, now / max(now.sum(), 1)
    names = before.names()
    parts = tuple(
        ShiftedPart(name, float(was), float(is_now))
        for name, was, is_now in zip(names, shares, shares_now, strict=True)
        if was or is_now
    )
    ks, moved = _distances(before, cells) if before.kind in NUMBERS else (None, None)
    return FieldDrift(
        before.name,
        before.kind,
        len(cells),
        stability_index(np.array(before.counts), now, inflation),
        "chi-square",
        statistic,
        chance,
        chance,
        ks,
        moved,
        before.missing,
        float(shares_now[-1]),
        weight,
        find_new(before, cells),
        parts,
    )


def judge_counts(before: FieldReference, now: np.ndarray) -> tuple[float, float, float]:
    """How surely the counts of now are of another distribution: the statistic, its chance, and what it was divided by.

    Parts of which hardly any lead is to be expected are put together.
    """
    was = np.array(before.counts, dtype=float)
    old, new = was.sum(), float(now.sum())
    if not old or not new:
        return 0.0, 1.0, 1.0
    # Where nobody was before, somebody might have been: half a lead, as in all shares of few.
    pooled = (was + now + 0.5 * (was == 0)) / (old + new)
    expected = pooled * new
    rare = expected < _LEAST_EXPECTED
    was, now = (_together(counts, rare) for counts in (was, now.astype(float)))
    if len(was) < 2:
        return 0.0, 1.0, 1.0
    pooled = (was + now) / (old + new)
    held = pooled > 0
    terms = sum(
        ((counts - pooled * total)[held] ** 2 / (pooled * total)[held]).sum()
        for counts, total in ((was, old), (now.astype(float), new))
    )
    clumping = before.clumping if before.stretches >= _FEW_WEEKS else max(before.clumping, _DOUBT)
    # Both sides are clumped: one week now, and so many weeks before.
    weeks = max(before.stretches, 1)
    ours = (1 + (new - 1) * clumping) / new
    theirs = (1 + (old / weeks - 1) * clumping) / old
    inflation = float((ours + theirs) / (1 / new + 1 / old))
    degrees = int(held.sum()) - 1
    known_from = max(1, (max(weeks, _FEW_WEEKS) - 1) * degrees)
    chance = f_tail(terms / inflation / degrees, degrees, known_from) if degrees else 1.0
    return float(terms), chance, inflation


def stability_index(before: np.ndarray, now: np.ndarray, inflation: float = 1.0) -> float:
    """The population stability index, less what chance makes of it on average (Yurdakul 2018); never below 0.

    >>> stability_index(np.array([500, 500]), np.array([50, 50]))
    0.0
    >>> round(stability_index(np.array([500, 500]), np.array([80, 20])), 2)
    0.4
    """
    old, new = before.sum(), now.sum()
    if not old or not new:
        return 0.0
    was, is_now = (before + 0.5) / (old + 0.5 * len(before)), (now + 0.5) / (new + 0.5 * len(now))
    index = float(((is_now - was) * np.log(is_now / was)).sum())
    by_chance = (int(((before + now) > 0).sum()) - 1) * (1 / old + 1 / new) * inflation
    return max(0.0, float(index - by_chance))


def find_new(before: FieldReference, cells: pl.Series) -> tuple[ShiftedPart, ...]:
    """Values, or words of a text, that many leads have now and hardly any had before."""
    leads = len(cells)
    if before.kind in LEVELS:
        counted = count_levels(cells)
        known = {*before.levels, *before.known}
    elif before.kind == "text":
        counted = [(str(word), int(count)) for word, count in find_words(cells).rows()]
        known = {word for word, _ in before.words}
    else:
        return ()
    least = max(FEWEST_ALIKE, NEW_SHARE * leads)
    expected = leads * FEWEST_ALIKE / max(before.leads, 1)
    found = []
    for name, count in counted:
        if count < least:
            break
        # So many values were not kept that one of them may be common by chance: the bar is that of all of them together.
        if name not in known and poisson_tail(count, expected) < 1e-6 / max(len(counted), 1):
            found.append(ShiftedPart(name, 0.0, count / leads))
    return tuple(found[:MOST_NEW])


def _distances(before: FieldReference, cells: pl.Series) -> tuple[float | None, float | None]:
    """The Kolmogorov-Smirnov distance at the points that were kept, and Wasserstein's in standard deviations."""
    values = as_numbers(cells, before.kind)
    values = np.sort(values[~np.isnan(values)])
    if not len(values) or not before.points:
        return None, None
    points, below = np.array(before.points), np.array(before.below)
    below_now = np.searchsorted(values, points, side="right") / len(values)
    apart = np.abs(below_now - below)
    if not before.spread:
        return float(apart.max()), None
    moved = float(((apart[:-1] + apart[1:]) / 2 * np.diff(points)).sum())
    # What lies outside of the points moved too.
    moved += float(np.maximum(values - points[-1], 0).mean() + np.maximum(points[0] - values, 0).mean())
    return float(apart.max()), moved / before.spread


def _together(counts: np.ndarray, rare: np.ndarray) -> np.ndarray:
    if not rare.any():
        return counts
    joined: np.ndarray = np.append(counts[~rare], counts[rare].sum())
    return joined
