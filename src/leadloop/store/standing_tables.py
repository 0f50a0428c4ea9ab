"""The table of how each lead stands, one row a lead, and the indexes by which pages sum up scores, outcomes and events.

What it says follows from the rows of other tables and changes in the same transaction: nobody has to look for the
newest of a million scores.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Table, UniqueConstraint

from leadloop.store.column_types import line, moment
from leadloop.store.tables import EVENTS, METADATA, OUTCOMES, SCORES, _number, _playbook

STANDINGS = Table(
    "lead_standings",
    METADATA,
    _number(),
    _playbook(),
    line("lead_id"),
    Column(
        "kept", Boolean, nullable=False
    ),  # whether it is kept as a lead: else what is known of it comes with its scores
    moment("came_at"),
    line("name"),
    line("company"),
    line("owner"),
    line("industry"),
    moment("called_at", nullable=True),
    Column("sentiment", Float(53)),
    Column("follow_up", Boolean),
    line("words", 600),  # what it is found by, in small letters
    # Of the score that it was first given: by this its outcome is judged.
    Column("first_id", BigInteger),
    moment("first_at", nullable=True),
    Column("first_score", Float(53)),
    Column("first_probability", Float(53)),
    line("first_band", nullable=True),
    # Of its newest score.
    Column("score_id", BigInteger),
    moment("scored_at", nullable=True),
    Column("score", Float(53)),
    Column("score_before", Float(53)),
    Column("probability", Float(53)),
    Column("probability_low", Float(53)),
    Column("probability_high", Float(53)),
    line("band", nullable=True),
    line("route", nullable=True),
    line("segment", nullable=True),
    line("model_version", 50, nullable=True),
    line("method", 50, nullable=True),
    Column("degraded", Boolean),
    UniqueConstraint("playbook", "lead_id"),
    Index(None, "playbook", "score", "id"),
    Index(None, "playbook", "company"),
    sqlite_autoincrement=True,
)

Index("ix_scores_playbook_at_arm", SCORES.c.playbook, SCORES.c.at, SCORES.c.arm)
_TOLD = (OUTCOMES.c.playbook, OUTCOMES.c.target, OUTCOMES.c.lead_id, OUTCOMES.c.id, OUTCOMES.c.at, OUTCOMES.c.value)
Index("ix_outcomes_told", *_TOLD)
Index(None, EVENTS.c.playbook, EVENTS.c.name, EVENTS.c.lead_id)
