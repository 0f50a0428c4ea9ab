"""Where the scores keep less than they promise: leads of one source, of one stretch of time, with or without a value.

A slice is looked at for two faults: its promise does not come true (calibration), and won leads are told less well from
lost ones than its probabilities promise (AUC). The AUC of the whole would be the wrong measure for that: where a field
tells much, leads within each of its levels are alike, and are told apart less well without anything being at fault.

Whoever looks at fifty slices finds some that look bad by chance, so faults are only called so after a correction for every
look that was taken (Holm 1979).
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.learning.evaluation.intervals import two_sided, wilson_interval

FEWEST_LEADS = 50
"""A slice of fewer leads is not judged."""
FEWEST_OUTCOMES = 10
"""An AUC needs so many won and so many lost leads, a promise so many expected ones."""
MOST_LEVELS = 12
"""A field with more levels makes no slices of them."""
_TIME_BLOCKS = 5
_CERTAIN = 0.05
_Z = 1.959964


@dataclass(frozen=True)
class Slice:
    """Some of the leads: those of one level of a field, of a stretch of time, or with (without) a value."""

    kind: str
    """`level`, `time` or `filled`."""
    name: str
    """What the leads have in common, for people."""
    inside: np.ndarray
    """Whether each lead is one of them."""


@dataclass(frozen=True, slots=True)
class SliceLine:
    """How the scores do on one slice of the test leads; ends are of 95% intervals, each for this slice alone."""

    kind: str
    name: str
    leads: int
    positives: int
    rate: float
    """The share of them that was won."""
    low: float
    high: float
    promised: float
    """Their mean probability."""
    auc: float
    """How well won leads are told from lost ones within the slice; not a number where it holds too few of either."""
    auc_low: float
    auc_high: float
    auc_promised: float
    """The AUC that it would have if every probability were right."""
    chance_of_gap: float
    """How often chance alone parts promise and outcome as far, were every probability right."""
    chance_of_auc: float
    """How often chance alone puts the AUC as far below the one promised."""
    faults: tuple[str, ...]
    """`promised too much`, `promised too little` or `order worse`, where that is certain after all looks."""


@dataclass(frozen=True, slots=True)
class Slices:
    """All slices that hold enough leads, those with the strongest evidence of a fault first."""

    lines: tuple[SliceLine, ...]
    looks: int
    """How many comparisons were made: each is a chance to be fooled."""
    seeming: int
    """How many of them look like a fault at the 5% level if one forgets how many looks were taken."""
    by_chance: float
    """How many would look so by chance alone, were there no fault anywhere."""
    too_small: int
    """Slices that hold too few leads to be judged."""
    auc: float
    """The AUC of all test leads."""


def slice_by_fields(table: pl.DataFrame, kinds: Mapping[str, str]) -> Iterator[Slice]:
    """A slice for each level of each field with few levels, and for leads with and without a value of each field.

    `kinds` holds the type of each field, as in “category”. Slices of the same leads are made once, and one at a time: a
    thousand slices of a million leads would take a gigabyte.
    """
    known: set[bytes] = set()
    for each in _candidates(table, kinds):
        mark = hashlib.blake2b(np.packbits(each.inside).tobytes(), digest_size=16).digest()
        if mark not in known and each.inside.any() and not each.inside.all():
            known.add(mark)
            yield each


def _candidates(table: pl.DataFrame, kinds: Mapping[str, str]) -> Iterator[Slice]:
    for field, kind in kinds.items():
        if kind not in ("category", "boolean"):
            continue
        cells = table[field]
        levels = cells.drop_nulls().unique().sort().to_list()
        for level in levels if len(levels) <= MOST_LEVELS else ():
            shown = ("yes" if level else "no") if kind == "boolean" else str(level)
            yield Slice("level", f"{field}: {shown}", (cells == level).fill_null(False).to_numpy())
    for field in kinds:
        filled = _filled(table[field])
        yield Slice("filled", f"{field}: blank", ~filled)
        yield Slice("filled", f"{field}: filled in", filled)


def _filled(cells: pl.Series) -> np.ndarray:
    if cells.dtype.is_float():
        return (cells.is_not_null() & cells.is_not_nan().fill_null(False)).to_numpy()
    if isinstance(cells.dtype, pl.Struct):
        held = [cells.struct.field(part.name).is_not_null().to_numpy() for part in cells.dtype.fields]
        inside: np.ndarray = np.logical_or.reduce(held)
        return inside
    if cells.dtype == pl.String:
        return (cells.is_not_null() & (cells.str.strip_chars() != "").fill_null(False)).to_numpy()
    return cells.is_not_null().to_numpy()


def slice_by_time(
    count: int, spoken: Callable[[int], str], blocks: int = _TIME_BLOCKS, opening: str = ""
) -> list[Slice]:
    """Leads that stand in time order, in equal stretches; `spoken` names the moment of a lead, by its place.

    `opening` begins every name.

    >>> [each.name for each in slice_by_time(10, str, blocks=2)]
    ['0 to 4', '5 to 9']
    """
    edges = np.linspace(0, count, min(blocks, count) + 1).round().astype(int)
    places = np.arange(count)
    return [
        Slice("time", f"{opening}{spoken(int(start))} to {spoken(int(stop) - 1)}", (places >= start) & (places < stop))
        for start, stop in itertools.pairwise(edges)
    ]


def evaluate_slices(
    positive: np.ndarray, probabilities: np.ndarray, slices: Iterable[Slice], groups: np.ndarray | None = None
) -> Slices:
    """Measure each slice that holds enough leads, the worst first.

    The interval of an AUC is DeLong's (1988) on the log-odds scale, for leads that belong together in the form of Obuchowski
    (1997); `groups` holds the account or person of each lead. Which slices are judged is decided by how many leads they
    hold and what was promised of them, so that a slice where nothing came of a large promise is not left out.
    """
    codes = None if groups is None else np.unique(groups, return_inverse=True)[1]
    order = np.argsort(probabilities, kind="stable")
    whole, _ = _auc_with_pull(positive, probabilities, order)
    lines: list[SliceLine] = []
    too_small = 0
    for each in slices:
        rows = np.flatnonzero(each.inside)
        expected, won = probabilities[rows].sum(), positive[rows].sum()
        leads = len(rows)
        enough = min(expected, leads - expected) >= FEWEST_OUTCOMES or min(won, leads - won) >= FEWEST_OUTCOMES
        if leads < FEWEST_LEADS or not enough:
            too_small += 1
            continue
        auc = auc_low = auc_high = auc_promised = chance_of_auc = float("nan")
        # Grades may add up to that much, and yet no lead has the best grade: then there is none to rank first.
        if min(won, leads - won) >= FEWEST_OUTCOMES and 0 < np.count_nonzero(positive[rows] == 1) < leads:
            ranked = order[each.inside[order]]
            auc, pull = _auc_with_pull(positive, probabilities, ranked)
            error = _spread(pull, codes)
            auc_low, auc_high = _auc_interval(auc, error, int(min(won, leads - won)))
            auc_promised = promised_auc(probabilities[ranked])
            chance_of_auc = two_sided(min(0.0, (auc - auc_promised) / error)) if error > 0 else 1.0
        lines.append(
            SliceLine(
                each.kind,
                each.name,
                leads,
                int(won),
                float(won / leads),
                *wilson_interval(int(won), leads),
                float(expected / leads),
                auc,
                auc_low,
                auc_high,
                auc_promised,
                _chance_of_gap(positive[rows], probabilities[rows], None if codes is None else codes[rows]),
                chance_of_auc,
                (),
            )
        )
    gaps = [line.chance_of_gap for line in lines]
    orders = [line.chance_of_auc for line in lines if not math.isnan(line.chance_of_auc)]
    limit = _holm_limit([*gaps, *orders])
    judged = [_with_faults(line, limit) for line in lines]
    judged.sort(key=lambda line: (not line.faults, min(line.chance_of_gap, _known(line.chance_of_auc)), -line.leads))
    return Slices(
        lines=tuple(judged),
        looks=len(gaps) + len(orders),
        seeming=sum(chance < _CERTAIN for chance in (*gaps, *orders)),
        # A promise may fail either way; of the order only the worse half is looked for.
        by_chance=_CERTAIN * (len(gaps) + len(orders) / 2),
        too_small=too_small,
        auc=whole,
    )


def _known(chance: float) -> float:
    return 1.0 if math.isnan(chance) else chance


def _with_faults(line: SliceLine, limit: float) -> SliceLine:
    faults = []
    if line.chance_of_gap <= limit:
        faults.append("promised too much" if line.promised > line.rate else "promised too little")
    if line.chance_of_auc <= limit:
        faults.append("order worse")
    found = {name: getattr(line, name) for name in SliceLine.__slots__}
    return SliceLine(**(found | {"faults": tuple(faults)}))


def _holm_limit(chances: Sequence[float]) -> float:
    """The largest chance that still counts as certain when every look is paid for; below zero where none does.

    >>> _holm_limit([0.001, 0.02, 0.2]), _holm_limit([0.04, 0.5])
    (0.02, -1.0)
    """
    limit = -1.0
    for place, chance in enumerate(sorted(chances)):
        if chance > _CERTAIN / (len(chances) - place):
            break
        limit = chance
    return limit


def _chance_of_gap(positive: np.ndarray, probabilities: np.ndarray, codes: np.ndarray | None) -> float:
    """How often as many or as few are won by chance alone, were every probability right (Spiegelhalter 1986)."""
    gap = positive - probabilities
    if codes is None:
        variance = float((probabilities * (1 - probabilities)).sum())
    else:
        # What belongs together comes true together: the spread between groups says by how much.
        variance = max(float((probabilities * (1 - probabilities)).sum()), float((np.bincount(codes, gap) ** 2).sum()))
    return two_sided(float(gap.sum()) / math.sqrt(variance)) if variance > 0 else float(abs(gap.sum()) < 1e-9)


def _auc_with_pull(positive: np.ndarray, probabilities: np.ndarray, ranked: np.ndarray) -> tuple[float, np.ndarray]:
    """The AUC of some leads, and by how much each lead pulls it up or down (its influence; 0 for other leads).

    `ranked` are the rows of the leads, from the least to the most probable.
    """
    pull = np.zeros(len(positive))
    won = positive[ranked] == 1
    hits, misses = int(won.sum()), int((~won).sum())
    if not hits or not misses:
        return float("nan"), pull
    scores = probabilities[ranked]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(scores) != 0) + 1))
    sizes = np.diff(np.append(starts, len(scores)))
    won_here = np.add.reduceat(won.astype(float), starts)
    lost_here = sizes - won_here
    won_above = hits - np.cumsum(won_here) + won_here / 2
    lost_below = np.cumsum(lost_here) - lost_here / 2
    share = np.where(won, np.repeat(lost_below / misses, sizes), np.repeat(won_above / hits, sizes))
    auc = float(share[won].mean())
    both = [math.sqrt(count * max(count - 1, 1)) for count in (hits, misses)]
    pull[ranked] = (share - auc) / np.where(won, *both)
    return auc, pull


def promised_auc(probabilities: np.ndarray) -> float:
    """The AUC of leads whose every probability is right; the probabilities stand in rising order.

    It is the model-based concordance of van Klaveren, Goenen, Steyerberg and Vergouwe (2016), with each lead compared with
    all others.

    >>> promised_auc(np.array([0.3, 0.3])), promised_auc(np.array([0.0, 1.0]))
    (0.5, 1.0)
    """
    starts = np.concatenate(([0], np.flatnonzero(np.diff(probabilities) != 0) + 1))
    sizes = np.diff(np.append(starts, len(probabilities)))
    won_here = np.add.reduceat(probabilities, starts)
    lost_here = sizes - won_here
    itself = float((probabilities * (1 - probabilities)).sum())
    beaten = float(won_here @ (np.cumsum(lost_here) - lost_here / 2)) - itself / 2
    pairs = float(won_here.sum() * lost_here.sum()) - itself
    return beaten / pairs if pairs > 0 else float("nan")


def _spread(pull: np.ndarray, codes: np.ndarray | None) -> float:
    """The standard error that the pulls of single leads (or of groups of leads) add up to."""
    pulls = pull if codes is None else np.bincount(codes, pull)
    return float(np.sqrt(np.sum(pulls**2)))


def _auc_interval(auc: float, error: float, fewer: int) -> tuple[float, float]:
    """The 95% interval of an AUC; where nothing overlaps, that of a share of as many leads as the rarer outcome has."""
    if not 0 < auc < 1 or error == 0:
        return wilson_interval(round(auc * fewer), fewer)
    middle = math.log(auc / (1 - auc))
    reach = _Z * error / (auc * (1 - auc))
    low, high = (1 / (1 + math.exp(-end)) for end in (middle - reach, middle + reach))
    return low, high
