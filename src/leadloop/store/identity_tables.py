"""The tables of identity: what sources said of companies and people, which of it is of the same one, and why."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table, UniqueConstraint

from leadloop.store.column_types import Json, line, moment
from leadloop.store.tables import METADATA, _number, _playbook

ENTITIES = Table(
    "identity_entities",
    METADATA,
    _number(),
    _playbook(),
    line("kind", 20),
    moment("made_at"),
    sqlite_autoincrement=True,
)
RECORDS = Table(
    "identity_records",
    METADATA,
    _number(),
    _playbook(),
    line("lead_id"),
    line("kind", 20),
    line("source"),
    line("key"),
    Column("entity", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    moment("recorded_at"),
    UniqueConstraint("playbook", "kind", "source", "key"),
    Index(None, "playbook", "lead_id"),
    Index(None, "entity"),
    sqlite_autoincrement=True,
)
VERSIONS = Table(
    "identity_versions",
    METADATA,
    _number(),
    _playbook(),
    line("lead_id"),
    line("kind", 20),
    Column("record_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    moment("at"),
    moment("recorded_at"),
    Column("fields", Json, nullable=False),
    line("digest", 64),
    UniqueConstraint("record_id", "version"),
    Index(None, "playbook", "lead_id"),
    sqlite_autoincrement=True,
)
# Keyed hashes: by these likes are found, and nobody reads an address or a number out of them.
KEYS = Table(
    "identity_keys",
    METADATA,
    _number(),
    _playbook(),
    line("lead_id"),
    Column("record_id", BigInteger, nullable=False),
    line("hash", 32),
    Index(None, "playbook", "hash"),
    Index(None, "playbook", "lead_id"),
    Index(None, "record_id"),
    sqlite_autoincrement=True,
)
MATCHES = Table(
    "identity_matches",
    METADATA,
    _number(),
    _playbook(),
    line("kind", 20),
    line("state", 20),
    Column("entity", BigInteger, nullable=False),
    Column("other", BigInteger, nullable=False),
    Column("score", Float(53), nullable=False),
    Column("reasons", Json, nullable=False),
    Column("moved", Json, nullable=False),
    moment("at"),
    line("who"),
    moment("decided_at", nullable=True),
    line("decided_by", nullable=True),
    Index(None, "playbook", "state"),
    Index(None, "entity"),
    Index(None, "other"),
    sqlite_autoincrement=True,
)
OF_A_LEAD = (RECORDS, VERSIONS, KEYS)
"""Those whose rows belong to one lead, by its playbook and id."""
