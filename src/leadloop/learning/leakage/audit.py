"""The leakage audit: which fields seem to know how the lead ended, before anything is learnt from them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from leadloop.errors import DataError, Problem
from leadloop.leads import FIELD_TYPES
from leadloop.learning.leakage.changes import find_late_changes
from leadloop.learning.leakage.finding import Finding
from leadloop.learning.leakage.judgement import in_order, judge_fields, judge_pairs
from leadloop.learning.leakage.limits import Limits
from leadloop.learning.leakage.measures import best_separation, measure_fields
from leadloop.learning.leakage.pairs import find_pairs
from leadloop.learning.leakage.rows import take_rows
from leadloop.learning.leakage.snapshots import find_twins, link_to_changes


def audit_fields(
    frame: pl.DataFrame,
    positive: np.ndarray,
    *,
    kinds: Mapping[str, str],
    order: np.ndarray | None = None,
    came: str = "",
    outcome_at: pl.Series | None = None,
    seed: int = 0,
    limits: Limits | None = None,
) -> tuple[Finding, ...]:
    """Find the fields that seem to have been filled in, changed or counted after the outcome, with the evidence.

    `frame` has one typed column a field, null where nothing was given; `positive` is 1 for won leads and 0 for others,
    one entry a row. `kinds` says what each column to audit holds (a type of `leadloop.leads.Field`); of an "id" or a
    "phone" only being filled is judged. `order` is the leads' position in time (larger = newer, any sortable type): with
    it leads are compared only with leads of the same time, so that a field which merely tells the date is not taken for
    a leak. `came` names the column of `frame` that says when each lead came in: other times are held against it (without
    it, against the field that looks most like it). `outcome_at` is when each lead ended, null where nobody knows: with it
    edit times are held against the outcome.
    The same rows and `seed` give the same findings; at most 100,000 leads are read, sampled where there are more.

    At most one finding a field, the ones that block first. Raises DataError where columns, kinds, outcomes or order do
    not fit together.

    >>> won = np.arange(400) % 4 == 0
    >>> leads = pl.DataFrame({"size": np.arange(400) % 7, "contract": np.where(won, "signed", None)})
    >>> for finding in audit_fields(leads, won.astype(int), kinds={"size": "number", "contract": "category"}):
    ...     print(finding.severity, finding.field, finding.kind, finding.evidence, sep=" | ")
    blocks | contract | filled_by_outcome | filled for 100% of won leads and 0% of the others (400 leads)
    """
    _refuse_unknown(frame, kinds)
    limits = limits or Limits()
    rows = take_rows(frame.select(list(dict.fromkeys([*kinds, came] if came else kinds))), positive, order, seed)
    twins = find_twins(rows, kinds)
    links = link_to_changes(rows, kinds, twins)
    measures = measure_fields(rows, kinds, came)
    found = {it.field: it for it in judge_fields(measures, twins, links, rows, limits)}
    if outcome_at is not None:
        found = _added(found, find_late_changes(frame, kinds, outcome_at, order, seed, limits))
    # What one field knows, any pair with it knows too.
    blocked = {it.field for it in found.values() if it.severity == "blocks"}
    pairs = find_pairs(rows, [it for it in measures if it.field not in blocked], limits.pair_warns)
    found = _added(found, judge_pairs(pairs, measures, blocked, limits))
    return in_order(found.values(), tuple(kinds))


def _added(found: Mapping[str, Finding], more: tuple[Finding, ...]) -> dict[str, Finding]:
    """Findings with more of them; of two on one field the one that blocks stays, else the first."""
    both = dict(found)
    for finding in more:
        before = both.get(finding.field)
        if before is None or (before.severity == "warns" and finding.severity == "blocks"):
            both[finding.field] = finding
    return both


def single_field_auc(
    values: pl.Series, positive: np.ndarray, *, kind: str, order: np.ndarray | None = None, seed: int = 0
) -> float:
    """How often this field alone tells a won lead from another of the same time (0.5 is chance), judged out of fold.

    Missing counts as a value; a number is read by its size as well as by its level, a text by its words.

    >>> won = np.arange(200) % 2
    >>> single_field_auc(pl.Series("copy", won * 5 + 1), won, kind="number")
    1.0
    """
    frame = values.to_frame()
    _refuse_unknown(frame, {values.name: kind})
    rows = take_rows(frame, positive, order, seed)
    return best_separation(rows.frame[values.name], kind, rows).auc


def _refuse_unknown(frame: pl.DataFrame, kinds: Mapping[str, str]) -> None:
    """Refuse columns that are not there and kinds that do not exist, all mistakes at once."""
    problems = [
        Problem(field, "is not a column of the leads", "leave it out of `kinds`")
        for field in kinds
        if field not in frame.columns
    ]
    problems += [
        Problem(field, f'has the unknown kind "{kind}"', f"use one of {', '.join(FIELD_TYPES)}")
        for field, kind in kinds.items()
        if kind not in FIELD_TYPES
    ]
    if problems:
        raise DataError("leakage audit", problems)
