"""The tables of webhooks: where to, and every message with what became of it."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table

from leadloop.store.column_types import Json, RowId, line, moment
from leadloop.store.tables import METADATA, _number, _playbook

WEBHOOKS = Table(
    "webhooks",
    METADATA,
    line("id", 32, primary_key=True),
    line("url", 2000),
    _playbook(),
    Column("types", Json, nullable=False),
    Column("routes", Json, nullable=False),
    Column("bands", Json, nullable=False),
    Column("fields", Json, nullable=False),
    line("salt", 64),
    line("key_mark", 64),
    line("old_salt", 64, nullable=True),
    moment("old_until", nullable=True),
    line("state", 20),
    line("why", 500),
    moment("paused_until", nullable=True),
    line("made_by"),
    moment("created_at"),
)
MESSAGES = Table(
    "webhook_messages",
    METADATA,
    _number(),
    line("message", 40),
    line("webhook", 32),
    _playbook(),
    line("lead_id"),
    line("type", 50),
    Column("score_id", RowId),
    Column("said", Json, nullable=False),
    line("state", 20),
    Column("attempts", Integer, nullable=False),
    moment("run_after"),
    line("holder", nullable=True),
    moment("held_until", nullable=True),
    Column("status", Integer),
    line("error", 500, nullable=True),
    Column("seconds", Float(53)),
    moment("created_at"),
    moment("finished_at", nullable=True),
    Index(None, "state", "run_after"),
    Index(None, "webhook", "playbook", "lead_id", "state"),
    sqlite_autoincrement=True,
)
