"""Values that came into the file after the outcome: what edit times give away when they are held against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadloop.learning.leakage.finding import Finding
from leadloop.learning.leakage.levels import as_numbers, cut_levels, filled_rows
from leadloop.learning.leakage.limits import Limits
from leadloop.learning.leakage.names import hint_in, name_words
from leadloop.learning.leakage.purity import Group, group_of, pure_towards
from leadloop.learning.leakage.rows import AuditRows, take_rows
from leadloop.learning.leakage.wording import listed, percent

_FEWEST = 30
_SPREAD = 2 / 3
_WHOLE = 0.95


@dataclass(frozen=True, slots=True)
class _EditTime:
    """A time field that says when a value, or any value of the lead, was last changed; `of` is that field, or empty."""

    field: str
    of: str
    after: np.ndarray
    known: np.ndarray


def find_late_changes(
    frame: pl.DataFrame,
    kinds: Mapping[str, str],
    outcome_at: pl.Series,
    order: np.ndarray | None,
    seed: int,
    limits: Limits,
) -> tuple[Finding, ...]:
    """The fields whose values were written after the outcome, judged by edit times; at most one finding a field.

    `outcome_at` is when each lead ended, null where that is not known. A field's own edit time ("Phone updated at") counts
    directly. The lead's edit time ("Last modified") counts where some leads were changed after their outcome and others
    were not: a field (or value) found in nearly no lead but the changed ones was written then. Only leads with both times
    are compared, so a target without times of losing compares won leads with each other.
    """
    ended = as_numbers(outcome_at)
    found: dict[str, Finding] = {}
    for edit in _edit_times(frame, kinds, ended):
        if edit.of:
            finding = _own_edits(edit, frame, limits)
            if finding is not None and edit.of not in found:
                found[edit.of] = finding
    for edit in _edit_times(frame, kinds, ended):
        late = edit.after[edit.known]
        # Where (nearly) every lead was changed later, that a filled one was says nothing.
        if edit.of or late.sum() < _FEWEST or (~late).sum() < _FEWEST or late.mean() > _SPREAD:
            continue
        moments = None if order is None else np.asarray(order)[edit.known]
        rows = take_rows(frame.select(list(kinds)).filter(pl.Series(edit.known)), late.astype(int), moments, seed)
        for field, kind in kinds.items():
            if field not in found and kind != "time":
                finding = _only_where_changed(field, kind, edit.field, rows, limits)
                if finding is not None:
                    found[field] = finding
    return tuple(found.values())


def _edit_times(frame: pl.DataFrame, kinds: Mapping[str, str], ended: np.ndarray) -> list[_EditTime]:
    """The time fields that tell of changes: by their name, or because they are always filled and often after the outcome."""
    edits = []
    for field, kind in kinds.items():
        if kind != "time":
            continue
        times = as_numbers(frame[field])
        filled = ~np.isnan(times)
        known = filled & ~np.isnan(ended)
        after = np.zeros(len(times), dtype=bool)
        after[known] = times[known] > ended[known]
        hint = hint_in(field)
        named = hint is not None and hint.kind == "edited_after"
        shown = filled.mean() >= _WHOLE and after.sum() >= _FEWEST if len(filled) else False
        if named or shown:
            edits.append(_EditTime(field, _belongs_to(field, kinds) if named else "", after, known))
    return edits


def _belongs_to(edit: str, kinds: Mapping[str, str]) -> str:
    """The field whose name the edit time's name begins or ends with, the longest such; empty where there is none."""
    words = name_words(edit)
    owners = [
        (len(stem), field)
        for field in kinds
        if field != edit
        and (stem := name_words(field))
        and len(stem) < len(words)
        and stem in (words[: len(stem)], words[-len(stem) :])
    ]
    return max(owners, key=lambda owner: owner[0])[1] if owners else ""


def _own_edits(edit: _EditTime, frame: pl.DataFrame, limits: Limits) -> Finding | None:
    held = edit.known & filled_rows(frame[edit.of])
    late = int((held & edit.after).sum())
    share = late / max(int(held.sum()), 1)
    if late < _FEWEST or share < limits.changed_warns:
        return None
    return Finding(
        edit.of,
        "changed_after_outcome",
        "blocks" if share >= limits.changed_blocks else "warns",
        f"“{edit.field}” shows that it was changed after the outcome in {percent(share)} of the {int(held.sum()):,} leads "
        "that have both times: what stands there now is not what stood there when the lead came in",
        {"changed_rows": float(late), "changed_share": share},
    )


def _only_where_changed(field: str, kind: str, edit: str, rows: AuditRows, limits: Limits) -> Finding | None:
    values = rows.frame[field]
    filled = filled_rows(values)
    others = rows.rate(float(rows.positive[~filled].mean())) if not filled.all() else 0.0
    group = group_of(filled, rows) if not filled.all() else None
    if group and group.rows >= _FEWEST and group.rate >= limits.changed_rate and group.odds_low >= limits.changed_odds:
        said = (
            f"{percent(group.rate)} of the {group.rows:,} leads that have it were changed after their outcome "
            f"(by “{edit}”), of those without it {percent(others)}: it seems to be filled in then"
        )
        return _found(field, said, group, others)
    if kind in ("text", "id", "phone"):
        return None
    levels = cut_levels(values, kind)
    chosen, pure, _ = pure_towards(levels.codes, rows, towards_won=True)
    if pure.rows < _FEWEST or pure.share < limits.changed_share or pure.odds_low < limits.changed_odds:
        return None
    rest = ~np.isin(levels.codes, chosen)
    others = rows.rate(float(rows.positive[rest].mean())) if rest.any() else 0.0
    said = (
        f"{percent(pure.rate)} of the {pure.rows:,} leads with {listed([f'“{name}”' for name in levels.names(chosen)])} "
        f"were changed after their outcome (by “{edit}”), of the others {percent(others)}: it seems to be set then"
    )
    return _found(field, said, pure, others)


def _found(field: str, said: str, group: Group, others: float) -> Finding:
    return Finding(
        field,
        "changed_after_outcome",
        "blocks",
        said,
        {"changed_rows": float(group.rows), "changed_rate": group.rate, "changed_rate_of_others": others},
    )
