"""The tables of what was done about leads, and of what was recommended."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, UniqueConstraint

from leadloop.store.column_types import Json, line, moment
from leadloop.store.tables import METADATA, _number, _playbook

ACTIONS = Table(
    "actions",
    METADATA,
    _number(),
    _playbook(),
    line("key"),
    line("lead_id"),
    line("kind", 63),
    moment("at"),
    moment("recorded_at"),
    line("actor"),
    line("result", 63),
    Column("propensity", Float(53)),  # only where the action was drawn by lot
    line("source"),
    Column("details", Json, nullable=False),
    line("digest", 64),
    UniqueConstraint("playbook", "key"),
    Index(None, "playbook", "lead_id", "at"),
    Index(None, "recorded_at"),
    sqlite_autoincrement=True,
)
RECOMMENDATIONS = Table(
    "recommendations",
    METADATA,
    _number(),
    _playbook(),
    line("lead_id"),
    line("round", 64),  # what was recommended for a lead at one moment belongs together
    Column("rank", Integer, nullable=False),
    moment("made_at"),
    line("model_version", 50),
    line("kind", 63),
    line("actor"),
    Column("success", Float(53), nullable=False),
    Column("success_low", Float(53), nullable=False),
    Column("success_high", Float(53), nullable=False),
    line("priority", 20),
    Column("respond_within_minutes", Integer, nullable=False),
    Column("propensity", Float(53)),
    Column("why", Json, nullable=False),
    line("status", 20),
    moment("changed_at", nullable=True),
    line("changed_by"),
    Column("rating", Float(53)),
    line("note", 1000),
    UniqueConstraint("playbook", "lead_id", "round", "rank"),
    Index(None, "playbook", "status", "success"),
    Index(None, "playbook", "lead_id", "made_at"),
    sqlite_autoincrement=True,
)
OF_A_LEAD = (ACTIONS, RECOMMENDATIONS)
MENTIONS = ((ACTIONS, ("actor", "source", "details")), (RECOMMENDATIONS, ("actor", "why", "note")))
