"""Sources that leads are fetched from: their records with every version, how far they were read, turns to ask, and events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json, Line, Moment, RowId

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "source_records",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("source", Line(50, "source"), nullable=False),
        sa.Column("kind", Line(50, "kind"), nullable=False),
        sa.Column("record_id", Line(255, "record_id"), nullable=False),
        sa.Column("parent", Line(255, "parent"), nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=True),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("digest", Line(64, "digest"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_records")),
        sa.UniqueConstraint("source", "kind", "record_id", name=op.f("uq_source_records_source_kind_record_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_source_records_source_kind_parent"), "source_records", ["source", "kind", "parent"])
    op.create_index(op.f("ix_source_records_playbook_lead_id"), "source_records", ["playbook", "lead_id"])
    op.create_index(op.f("ix_source_records_recorded_at"), "source_records", ["recorded_at"])
    op.create_table(
        "source_versions",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("record", RowId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("raw", Json(), nullable=False),
        sa.Column("digest", Line(64, "digest"), nullable=False),
        sa.Column("changed_at", Moment(), nullable=True),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["record"], ["source_records.id"], name=op.f("fk_source_versions_record"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_versions")),
        sa.UniqueConstraint("record", "version", name=op.f("uq_source_versions_record_version")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "source_states",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("source", Line(50, "source"), nullable=False),
        sa.Column("account", Line(63, "account"), nullable=False),
        sa.Column("stream", Line(50, "stream"), nullable=False),
        sa.Column("since", Moment(), nullable=True),
        sa.Column("cursor", Json(), nullable=True),
        sa.Column("begun_at", Moment(), nullable=True),
        sa.Column("succeeded_at", Moment(), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.Column("failed_at", Moment(), nullable=True),
        sa.Column("failure", Line(2000, "failure"), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_states")),
        sa.UniqueConstraint("source", "account", "stream", name=op.f("uq_source_states_source_account_stream")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "source_turns",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("source", Line(50, "source"), nullable=False),
        sa.Column("account", Line(63, "account"), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("free_at", Moment(), nullable=False),
        sa.Column("day", Line(10, "day"), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_turns")),
        sa.UniqueConstraint("source", "account", "slot", name=op.f("uq_source_turns_source_account_slot")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "source_events",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("source", Line(50, "source"), nullable=False),
        sa.Column("event_id", Line(255, "event_id"), nullable=False),
        sa.Column("kind", Line(100, "kind"), nullable=False),
        sa.Column("state", Line(20, "state"), nullable=False),
        sa.Column("sent_at", Moment(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.Column("payload", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_events")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_source_events_source_event_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_source_events_received_at"), "source_events", ["received_at"])


def downgrade() -> None:
    op.drop_table("source_events")
    op.drop_table("source_turns")
    op.drop_table("source_states")
    op.drop_table("source_versions")
    op.drop_table("source_records")
