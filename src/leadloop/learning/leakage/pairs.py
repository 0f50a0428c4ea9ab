"""Two fields that know the outcome only together: a stage that means "won" where a second field says "closed"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadloop.learning.leakage.levels import Levels
from leadloop.learning.leakage.measures import FieldMeasure
from leadloop.learning.leakage.rows import AuditRows
from leadloop.learning.leakage.separation import Separation, out_of_fold_rates, separation

_PARTS = 8
_MOST_ROWS = 20_000
_MOST_CANDIDATES = 24
_FEWEST_LEADS = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Two fields, how well they tell won leads from others together (out of fold, within time), and the rule they make.

    `rule` is a condition in words; `rows` leads of the sample meet it, `rate` of them are won (in the file), which is
    `share` of all won leads. `towards_won` is False where the rule says who is lost; then `rate` and `share` are of those.
    """

    fields: tuple[str, str]
    together: Separation
    rule: str
    rows: int
    rate: float
    share: float
    towards_won: bool


@dataclass(frozen=True, slots=True)
class _Parts:
    """A field cut into a few parts: `codes` one a row (0 = missing), `labels` in words, `ordered` for numbers."""

    codes: np.ndarray
    labels: tuple[str, ...]
    ordered: bool


def find_pairs(rows: AuditRows, fields: Sequence[FieldMeasure], least: float) -> tuple[Pair, ...]:
    """The pairs of these fields that together reach an AUC of `least`, the strongest first.

    Every field is cut into at most eight parts and missing, and the cross table of every pair counted on at most 20,000
    leads, half of them won where there are enough; only pairs that come near `least` there are judged properly. All pairs
    are tried, since a tree that grows greedily misses two fields of which neither says anything alone.
    """
    parts = {
        field.field: _cut(field.levels, field.kind)
        for field in fields
        if field.levels is not None and not field.constant
    }
    names = list(parts)
    if len(names) < 2 or not rows.positive.any() or rows.positive.all():
        return ()
    rough = _rough_aucs([parts[name] for name in names], rows)
    # A rough AUC is seen in sample and over all time; a true 0.90 never looks far worse there.
    first, second = np.nonzero(np.triu(rough, 1) >= least - 0.03)
    strongest = np.argsort(-rough[first, second], kind="stable")[:_MOST_CANDIDATES]
    found = []
    for one, other in zip(first[strongest], second[strongest], strict=True):
        pair = _judge(names[one], names[other], parts[names[one]], parts[names[other]], rows)
        if pair.together.auc >= least:
            found.append(pair)
    return tuple(sorted(found, key=lambda pair: -pair.together.auc))


def _cut(levels: Levels, kind: str) -> _Parts:
    """The levels of a field joined into at most eight: neighbours of a number, the rare values of a category."""
    count = len(levels.labels)
    sizes = np.bincount(levels.codes, minlength=count)
    if levels.numbers is None:
        commonest = [int(level) for level in np.argsort(-sizes[1:], kind="stable")[: _PARTS - 1] + 1]
        place = np.full(count, len(commonest) + 1)
        place[commonest] = np.arange(1, len(commonest) + 1)
        place[0] = 0
        names = ("", *(levels.labels[level] for level in commonest), "another value")
        return _Parts(place[levels.codes], names, ordered=False)
    # Levels of a number with spikes are not in order; the middle of their values is.
    known = levels.codes > 0
    middle = np.bincount(levels.codes[known], weights=levels.numbers[known], minlength=count) / np.maximum(sizes, 1)
    rising = np.argsort(middle[1:], kind="stable") + 1
    before = np.cumsum(sizes[rising]) - sizes[rising] / 2
    group = np.minimum((before * _PARTS / max(int(known.sum()), 1)).astype(np.int64), _PARTS - 1)
    _, group = np.unique(group, return_inverse=True)
    place = np.zeros(count, dtype=np.int64)
    place[rising] = group + 1
    codes = place[levels.codes]
    labels = [""]
    for part in range(1, int(group.max()) + 2 if len(group) else 1):
        held = levels.numbers[codes == part]
        low, high = (_number_words(float(end), kind) for end in (held.min(), held.max()))
        labels.append(low if low == high else f"{low} to {high}")
    return _Parts(codes, tuple(labels), ordered=True)


def _number_words(number: float, kind: str) -> str:
    if kind == "time":
        return str(np.datetime64(round(number), "s"))[:10]
    return f"{number:g}"


def _rough_aucs(parts: Sequence[_Parts], rows: AuditRows) -> np.ndarray:
    """For each pair of fields the AUC of the cells of their cross table, in the sample and without regard to time."""
    chosen = _thinned(rows.positive)
    width = _PARTS + 1
    cells = width * width
    codes = np.stack([part.codes[chosen] for part in parts])
    half = cells * rows.positive[chosen]
    aucs = np.zeros((len(parts), len(parts)))
    for place in range(len(parts) - 1):
        others = codes[place + 1 :]
        table = np.arange(len(others))[:, None] * (2 * cells)
        cell = table + (codes[place] * width + half)[None, :] + others
        counts = np.bincount(cell.ravel(), minlength=len(others) * 2 * cells).reshape(len(others), 2, cells)
        lost, won = counts[:, 0].astype(float), counts[:, 1].astype(float)
        rising = np.argsort((won + 0.5) / (won + lost + 1), axis=1)
        won, lost = np.take_along_axis(won, rising, axis=1), np.take_along_axis(lost, rising, axis=1)
        below = np.cumsum(lost, axis=1) - lost / 2
        aucs[place, place + 1 :] = (won * below).sum(axis=1) / (won.sum(axis=1) * lost.sum(axis=1))
    return aucs


def _thinned(positive: np.ndarray) -> np.ndarray:
    """Evenly chosen rows, at most 20,000, as many won as others where there are enough."""
    places = [np.flatnonzero(positive), np.flatnonzero(~positive)]
    few = min(len(places[0]), len(places[1]), _MOST_ROWS // 2)
    kept = [
        place[np.linspace(0, len(place) - 1, min(len(place), _MOST_ROWS - few)).astype(np.int64)] for place in places
    ]
    return np.concatenate(kept)


def _judge(one: str, other: str, first: _Parts, second: _Parts, rows: AuditRows) -> Pair:
    cell = first.codes * (_PARTS + 2) + second.codes
    rates = out_of_fold_rates(cell, rows.positive, rows.block, rows.fold)
    together = separation(rates, rows.positive, rows.block)
    rule, members, towards_won = _best_rule(one, other, first, second, rows)
    outcome = rows.positive if towards_won else ~rows.positive
    won = rows.rate(float(rows.positive[members].mean()))
    share = float(outcome[members].sum() / outcome.sum())
    return Pair((one, other), together, rule, int(members.sum()), won if towards_won else 1 - won, share, towards_won)


def _best_rule(one: str, other: str, first: _Parts, second: _Parts, rows: AuditRows) -> tuple[str, np.ndarray, bool]:
    """The condition "this part of one field and that part of the other" that parts won from lost leads most sharply.

    Of a number any run of neighbouring parts may be meant, of a category one value or all but one: what a tree of depth
    three could say of two fields.
    """
    (spans, span_words), (others, other_words) = _spans(first), _spans(second)
    width = max(len(first.labels), len(second.labels))
    cell = first.codes * width + second.codes
    totals = []
    for members in (rows.positive, ~rows.positive):
        table = np.bincount(cell[members], minlength=width * width).reshape(width, width)
        totals.append(spans @ table[: len(first.labels), : len(second.labels)] @ others.T)
    won, lost = totals
    sure = won + lost >= _FEWEST_LEADS
    gap = np.where(sure, won / rows.positive.sum() - lost / (~rows.positive).sum(), 0.0)
    place = np.unravel_index(int(np.argmax(np.abs(gap))), gap.shape)
    inside = (spans[place[0]] > 0)[first.codes] & (others[place[1]] > 0)[second.codes]
    conditions = [
        f"“{name}” is {words[at]}"
        for name, words, at in ((one, span_words, place[0]), (other, other_words, place[1]))
        if words[at]
    ]
    return " and ".join(conditions), inside, bool(gap[place] > 0)


def _spans(parts: _Parts) -> tuple[np.ndarray, list[str]]:
    """The conditions that a field may be put to, as 0 and 1 for each part, and in words (empty for "anything")."""
    count = len(parts.labels)
    masks, words = [np.ones(count)], [""]

    def add(chosen: range | list[int], said: str) -> None:
        mask = np.zeros(count)
        mask[list(chosen)] = 1
        masks.append(mask)
        words.append(said)

    add([0], "empty")
    add(range(1, count), "filled")
    if parts.ordered:
        for low in range(1, count):
            for high in range(low, count):
                if (low, high) != (1, count - 1):
                    add(range(low, high + 1), _span_words(parts.labels[low], parts.labels[high]))
        return np.array(masks), words
    # One value before all but another: of two conditions that say the same the first is shown.
    for low in range(1, count):
        add([low], f"“{parts.labels[low]}”" if low < count - 1 else "a rarer value")
    for low in range(1, count - 1):
        add([part for part in range(count) if part != low], f"anything but “{parts.labels[low]}”")
    return np.array(masks), words


def _span_words(low: str, high: str) -> str:
    start, end = low.split(" to ")[0], high.split(" to ")[-1]
    return start if start == end else f"{start} to {end}"
