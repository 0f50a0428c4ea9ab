"""The tables of enrichment: the queue, what was found for each lead, and answers kept for the next lead of a company."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, UniqueConstraint

from leadloop.store.column_types import Json, line, moment
from leadloop.store.tables import METADATA, _number, _playbook

QUEUE = Table(
    "enrichment_queue",
    METADATA,
    _number(),
    _playbook(),
    line("lead_id"),
    line("state", 20),
    Column("worth", Float(53), nullable=False),
    Column("why", Json, nullable=False),
    Column("attempts", Integer, nullable=False),
    moment("run_after"),
    line("holder", nullable=True),
    moment("held_until", nullable=True),
    moment("added_at"),
    moment("finished_at", nullable=True),
    Column("filled", Json, nullable=False),
    Column("cost", Float(53), nullable=False),
    line("note", 1000),
    UniqueConstraint("playbook", "lead_id"),
    Index(None, "playbook", "state", "worth"),
    sqlite_autoincrement=True,
)
ENRICHMENTS = Table(
    "enrichments",
    METADATA,
    _number(),
    _playbook(),
    line("lead_id"),
    line("provider", 100),
    Column("facts", Json, nullable=False),
    line("note", 1000),
    moment("found_at"),
    moment("good_until"),
    UniqueConstraint("playbook", "lead_id", "provider"),
    sqlite_autoincrement=True,
)
ANSWERS = Table(
    "enrichment_answers",
    METADATA,
    _number(),
    line("provider", 100),
    line("key"),
    Column("found", Json, nullable=False),
    Column("cost", Float(53), nullable=False),
    moment("found_at"),
    moment("good_until"),
    UniqueConstraint("provider", "key"),
    Index(None, "found_at"),
    sqlite_autoincrement=True,
)
