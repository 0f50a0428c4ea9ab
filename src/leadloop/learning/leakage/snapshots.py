"""Twin fields, the same thing noted twice: "comments at request" and "comments at retrieval". The later one knows more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.learning.leakage.levels import NUMERIC_KINDS, as_numbers, as_text, cut_levels
from leadloop.learning.leakage.rows import AuditRows
from leadloop.learning.leakage.separation import out_of_fold_rates, separation
from leadloop.learning.leakage.twin_names import closest_by_name

_TEXT_KINDS = ("text", "category")
_FEWEST_ROWS = 50
_FEWEST_CHANGED = 20


@dataclass(frozen=True, slots=True)
class Twin:
    """Two fields with one stem, and what the rows say of them.

    `later` and `earlier` are field names; `mark` are the words that only the later one has ("at retrieval"; may be
    empty). `follows` is the share of rows where the later value is no smaller (numbers) or continues the earlier text,
    `changed` the share where it differs. `rate_changed` and `rate_same` are shares of won leads where it does and does
    not differ, `z` their difference in standard errors within stretches of time. `moved` marks the rows that differ.
    """

    later: str
    earlier: str
    mark: tuple[str, ...]
    rows: int
    follows: float
    changed: float
    rate_changed: float
    rate_same: float
    z: float
    text: bool
    moved: np.ndarray


def find_twins(rows: AuditRows, kinds: Mapping[str, str]) -> tuple[Twin, ...]:
    """All pairs of fields whose names say that one is a later note of the other, measured on the rows.

    Times are no twins: a start and an end may both be known from the start.
    """
    twins = []
    for later, (earlier, mark) in closest_by_name(kinds).items():
        numeric = [kinds[name] in NUMERIC_KINDS and kinds[name] != "time" for name in (later, earlier)]
        textual = [kinds[name] in _TEXT_KINDS for name in (later, earlier)]
        if all(numeric):
            twin = _number_twin(rows, later, earlier, mark)
        elif all(textual):
            twin = _text_twin(rows, later, earlier, mark)
        else:
            twin = None
        if twin is not None:
            twins.append(twin)
    return tuple(twins)


@dataclass(frozen=True, slots=True)
class ChangeLink:
    """How well a field tells in which leads another was changed later (AUC, judged out of fold)."""

    changed: str
    auc: float


def link_to_changes(rows: AuditRows, kinds: Mapping[str, str], twins: Sequence[Twin]) -> dict[str, ChangeLink]:
    """For each field the twin whose later changes it tells best: "was edited" is true where the text was edited.

    Only twins that changed in some leads (1 to 50%) can tell anything here.
    """
    links: dict[str, ChangeLink] = {}
    for twin in twins:
        if not 0.01 <= twin.moved.mean() <= 0.5:
            continue
        for field, kind in kinds.items():
            if kind in ("text", "id", "phone") or field in (twin.later, twin.earlier):
                continue
            rates = out_of_fold_rates(cut_levels(rows.frame[field], kind).codes, twin.moved, rows.block, rows.fold)
            link = ChangeLink(twin.later, separation(rates, twin.moved, rows.block).auc)
            if field not in links or link.auc > links[field].auc:
                links[field] = link
    return links


def _number_twin(rows: AuditRows, later: str, earlier: str, mark: tuple[str, ...]) -> Twin | None:
    after, before = as_numbers(rows.frame[later]), as_numbers(rows.frame[earlier])
    both = ~np.isnan(after) & ~np.isnan(before)
    return _twin(rows, later, earlier, mark, both, after >= before, after > before, text=False)


def _text_twin(rows: AuditRows, later: str, earlier: str, mark: tuple[str, ...]) -> Twin | None:
    texts = pl.select(
        after=as_text(rows.frame[later]).str.strip_chars(), before=as_text(rows.frame[earlier]).str.strip_chars()
    )
    measured = texts.select(
        both=pl.col("after").is_not_null() & pl.col("before").is_not_null() & (pl.col("before") != ""),
        follows=pl.col("after").str.starts_with(pl.col("before")),
        changed=pl.col("after") != pl.col("before"),
        before=pl.col("before").str.len_chars(),
    )
    both, follows, changed = (measured[name].fill_null(False).to_numpy() for name in ("both", "follows", "changed"))
    cut = measured["before"].fill_null(0).to_numpy()[both & changed]
    if len(cut) and np.ptp(cut) <= 5:
        return None  # The shorter text is a cut at a fixed length, not an older version.
    return _twin(rows, later, earlier, mark, both, follows, changed, text=True)


def _twin(
    rows: AuditRows,
    later: str,
    earlier: str,
    mark: tuple[str, ...],
    both: np.ndarray,
    follows: np.ndarray,
    changed: np.ndarray,
    *,
    text: bool,
) -> Twin | None:
    if both.sum() < _FEWEST_ROWS or changed[both].sum() < _FEWEST_CHANGED:
        return None
    won, moved = rows.positive[both], changed[both]
    apart = separation(moved.astype(float), won, rows.block[both])
    same = rows.rate(float(won[~moved].mean())) if (~moved).any() else 0.0
    return Twin(
        later,
        earlier,
        mark,
        int(both.sum()),
        float(follows[both].mean()),
        float(moved.mean()),
        rows.rate(float(won[moved].mean())),
        same,
        apart.z,
        text,
        both & changed,
    )
