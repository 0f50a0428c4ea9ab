"""The tables of sources that leads are fetched from: what they said, how far they were read, and what they sent by themselves."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from leadloop.store.column_types import Json, RowId, line, moment
from leadloop.store.tables import METADATA, _number, _playbook

SOURCE_RECORDS = Table(
    "source_records",
    METADATA,
    _number(),
    line("source", 50),
    line("kind", 50),
    line("record_id"),
    line("parent"),  # the record that this one belongs to, as a recording to its note; empty where it belongs to none
    _playbook(),  # of the lead that was made of it; empty, as its id, where none was
    line("lead_id"),
    Column("version", Integer, nullable=False),
    moment("changed_at", nullable=True),
    moment("recorded_at"),
    line("digest", 64),
    UniqueConstraint("source", "kind", "record_id"),
    Index(None, "source", "kind", "parent"),
    Index(None, "playbook", "lead_id"),
    Index(None, "recorded_at"),
    sqlite_autoincrement=True,
)
SOURCE_VERSIONS = Table(
    "source_versions",
    METADATA,
    _number(),
    Column("record", RowId, ForeignKey("source_records.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("raw", Json, nullable=False),
    line("digest", 64),
    moment("changed_at", nullable=True),
    moment("recorded_at"),
    UniqueConstraint("record", "version"),
    sqlite_autoincrement=True,
)
SOURCE_STATES = Table(
    "source_states",
    METADATA,
    _number(),
    line("source", 50),
    line("account", 63),
    line("stream", 50),
    moment("since", nullable=True),  # from when on changes are being read; null: all of them
    Column("cursor", Json),
    moment("begun_at", nullable=True),  # of the reading that is not over; null where none is
    moment("succeeded_at", nullable=True),  # when the last reading began that came to its end
    moment("ended_at", nullable=True),
    moment("failed_at", nullable=True),
    line("failure", 2000, nullable=True),
    Column("failures", Integer, nullable=False),
    UniqueConstraint("source", "account", "stream"),
    sqlite_autoincrement=True,
)
SOURCE_TURNS = Table(
    "source_turns",
    METADATA,
    _number(),
    line("source", 50),
    line("account", 63),
    Column("slot", Integer, nullable=False),
    moment("free_at"),
    line("day", 10),
    Column("used", Integer, nullable=False),  # how often it was taken on that day
    UniqueConstraint("source", "account", "slot"),
    sqlite_autoincrement=True,
)
SOURCE_EVENTS = Table(
    "source_events",
    METADATA,
    _number(),
    line("source", 50),
    line("event_id"),
    line("kind", 100),
    line("state", 20),
    moment("sent_at"),
    moment("received_at"),
    moment("done_at", nullable=True),
    Column("payload", Json),
    UniqueConstraint("source", "event_id"),
    Index(None, "received_at"),
    sqlite_autoincrement=True,
)
