"""The tables of the loop: when work is asked for by the clock, how far workflows are, versions on trial, and alerts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, Table, UniqueConstraint

from leadloop.store.column_types import Json, RowId, line, moment
from leadloop.store.tables import METADATA, _number, _playbook

SCHEDULES = Table(
    "schedules",
    METADATA,
    _number(),
    line("name", 100),
    line("kind", 100),
    _playbook(),
    line("cron", 100),
    line("zone", 64),
    Column("payload", Json, nullable=False),
    Column("is_on", Boolean, nullable=False),
    moment("next_at"),
    moment("last_at", nullable=True),
    Column("last_job", BigInteger),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)
JOB_STEPS = Table(
    "job_steps",
    METADATA,
    _number(),
    Column("job_id", RowId, ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    line("step", 50),
    Column("result", Json, nullable=False),
    moment("at"),
    UniqueConstraint("job_id", "step"),
    sqlite_autoincrement=True,
)
CHECKS = Table(
    "retrain_checks",
    METADATA,
    _number(),
    _playbook(),
    moment("at"),
    Column("due", Boolean, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("facts", Json, nullable=False),
    Column("job_id", BigInteger),
    Index(None, "playbook", "at"),
    sqlite_autoincrement=True,
)
ROLLOUTS = Table(
    "rollouts",
    METADATA,
    _number(),
    _playbook(),
    line("open_playbook", 63, nullable=True),  # the playbook while it goes on, else nothing: so there is one at a time
    line("model_version", 50),
    line("policy", 64),
    line("against", 50),
    line("state", 20),
    Column("share", Float(53), nullable=False),
    line("salt", 64),
    moment("begun_at"),
    moment("since"),
    moment("ended_at", nullable=True),
    line("who"),
    line("why", 2000),
    Column("evidence", Json, nullable=False),
    UniqueConstraint("open_playbook"),
    Index(None, "playbook", "id"),
    sqlite_autoincrement=True,
)
ROLLOUT_CHANGES = Table(
    "rollout_changes",
    METADATA,
    _number(),
    Column("rollout_id", RowId, ForeignKey("rollouts.id", ondelete="CASCADE"), nullable=False),
    moment("at"),
    line("state", 20),
    Column("share", Float(53), nullable=False),
    line("who"),
    line("why", 2000),
    Column("evidence", Json, nullable=False),
    Index(None, "rollout_id"),
    sqlite_autoincrement=True,
)
ROLLOUT_COUNTS = Table(
    "rollout_counts",
    METADATA,
    _number(),
    Column("rollout_id", RowId, ForeignKey("rollouts.id", ondelete="CASCADE"), nullable=False),
    line("arm", 50),
    moment("hour"),
    Column("leads", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("milliseconds", Float(53), nullable=False),
    UniqueConstraint("rollout_id", "arm", "hour"),
    sqlite_autoincrement=True,
)
ALERTS = Table(
    "alerts",
    METADATA,
    _number(),
    _playbook(),
    line("rule", 50),
    line("about"),
    line("open_name", nullable=True),  # what it is about while that goes on, else nothing: so it is said once
    line("severity", 20),
    line("title"),
    line("text", 2000),
    line("mend", 1000),
    Column("times", Integer, nullable=False),
    moment("first_at"),
    moment("last_at"),
    moment("told_at", nullable=True),
    line("told_severity", 20, nullable=True),
    Column("told_times", Integer, nullable=False),
    moment("ended_at", nullable=True),
    UniqueConstraint("open_name"),
    Index(None, "playbook", "last_at"),
    sqlite_autoincrement=True,
)
QUARANTINE = Table(
    "quarantined_sources",
    METADATA,
    _number(),
    _playbook(),
    line("source"),
    line("state", 20),
    Column("evidence", Json, nullable=False),
    moment("at"),
    line("who"),
    line("why", 2000),
    UniqueConstraint("playbook", "source"),
    sqlite_autoincrement=True,
)
