"""The table of the history of quality."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, UniqueConstraint

from leadloop.store.column_types import Json, line, moment
from leadloop.store.tables import METADATA, _number, _playbook

QUALITY = Table(
    "quality_history",
    METADATA,
    _number(),
    _playbook(),
    line("model_version", 50),
    line("target", 63),
    moment("start"),
    moment("end"),
    moment("measured_at"),
    Column("scored", BigInteger, nullable=False),
    Column("matured", BigInteger, nullable=False),
    Column("won", BigInteger, nullable=False),
    Column("open", BigInteger, nullable=False),
    Column("not_worked", BigInteger, nullable=False),
    Column("measures", Json, nullable=False),
    Column("expected", Json, nullable=False),
    line("drift", 20),
    Column("details", Json, nullable=False),
    UniqueConstraint("playbook", "model_version", "start", "end"),
    Index(None, "playbook", "measured_at"),
    sqlite_autoincrement=True,
)
