"""The tables of experiments beside those that API users know: groups of tests, and how a test's shares changed."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Table, UniqueConstraint

from leadloop.store.column_types import Json, RowId, line, moment
from leadloop.store.tables import METADATA, _number, _playbook

GROUPS = Table(
    "ab_test_groups",
    METADATA,
    _number(),
    _playbook(),
    line("name", 100),
    line("salt", 64),
    line("unit", 20),
    line("unit_field", 63),
    Column("holdout", Float(53), nullable=False),
    moment("created_at"),
    UniqueConstraint("playbook", "name"),
    sqlite_autoincrement=True,
)
ALLOCATIONS = Table(
    "ab_test_allocations",
    METADATA,
    _number(),
    Column("test_id", RowId, ForeignKey("ab_tests.id", ondelete="CASCADE"), nullable=False, index=True),
    moment("at"),
    Column("shares", Json, nullable=False),
    Column("evidence", Json, nullable=False),
    sqlite_autoincrement=True,
)
