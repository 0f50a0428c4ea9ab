"""One batch of a file: its rows read, scored and counted, by whoever it is handed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from leadloop.flows.scoring.unlike_training import Counted, count_leads
from leadloop.ingest.batch import Batch
from leadloop.leads import LeadFrame, Reject
from leadloop.scoring import Scorer


@dataclass(frozen=True)
class Manner:
    """How the leads of a file are scored."""

    reasons: bool
    """Whether it is said why."""
    keep_columns: bool
    """Whether the lead's own columns come along."""
    now: datetime
    """The time of leads that do not give theirs, where the playbook says so."""


@dataclass(frozen=True)
class ScoredBatch:
    """What became of the rows of a batch."""

    scores: pl.DataFrame
    """A row for each lead that could be read, as it is written."""
    rows: int
    """How many rows the batch has, those that could not be read included."""
    rejects: Sequence[Reject]
    """Why rows could not be read, in the order of the file."""
    counted: Counted
    """What is held against the training in the end."""
    share_read: float
    """How much of the file lies behind us, 0 to 1."""


def score_batch(scorer: Scorer, batch: Batch, unreadable: Sequence[Reject], manner: Manner) -> ScoredBatch:
    """Score a batch of rows as they stand in a file; `unreadable` are the rows among them that are none."""
    reading = scorer.schema.read(batch.cells, batch.lines)
    leads = set_absent_times(scorer, reading.leads, manner.now)
    scores = round_scores(scorer.score_table(leads, explain=manner.reasons))
    counted = count_leads(leads.data, scores)
    if manner.keep_columns:
        held = pl.Series(np.isin(batch.lines, reading.leads.lines))
        scores = pl.concat([_named_apart(batch.cells.filter(held), scores.columns), scores], how="horizontal")
    rejects = sorted([*unreadable, *reading.rejects], key=lambda reject: reject.line)
    return ScoredBatch(scores, len(batch.lines) + len(unreadable), rejects, counted, batch.share_read)


def set_absent_times(trained: Scorer, leads: LeadFrame, now: datetime | pl.Series) -> LeadFrame:
    """The leads with `now`, or a moment each, as the time of those that do not give theirs, where the playbook says so."""
    name = trained.playbook.dated_when_scored
    if name not in leads.data.columns or not leads.data[name].null_count():
        return leads
    if isinstance(now, datetime) and now.tzinfo:
        now = now.astimezone(UTC).replace(tzinfo=None)
    return LeadFrame(leads.schema, leads.data.with_columns(leads.data[name].fill_null(now)), leads.lines)


def round_scores(scores: pl.DataFrame) -> pl.DataFrame:
    """Scores with as many digits as anyone can use."""
    shares = ["probability", "probability_low", "probability_high", "confidence"]
    shares += [name for name in scores.columns if name.startswith("won_within_")]
    ends = ("_probability", "_probability_low", "_probability_high")  # of further targets
    shares += [name for name in scores.columns if name.endswith(ends)]
    days = [name for name in scores.columns if name.startswith("days_to_win")]
    points = [name for name in ("starts_at",) if name in scores.columns]
    amounts = [name for name in ("expected_value",) if name in scores.columns]
    return scores.with_columns(
        pl.col(shares).round(6), pl.col(points).round(4), pl.col(days).round(1), pl.col(amounts).round(2)
    )


def _named_apart(cells: pl.DataFrame, taken: Sequence[str]) -> pl.DataFrame:
    return cells.rename({name: f"{name} (lead)" for name in cells.columns if name in taken})
