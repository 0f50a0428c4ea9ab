"""The queue of enrichment with what was found, and webhooks with their messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json, Line, Moment, RowId

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "enrichment_queue",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("state", Line(20, "state"), nullable=False),
        sa.Column("worth", sa.Float(precision=53), nullable=False),
        sa.Column("why", Json(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", Moment(), nullable=False),
        sa.Column("holder", Line(255, "holder"), nullable=True),
        sa.Column("held_until", Moment(), nullable=True),
        sa.Column("added_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("filled", Json(), nullable=False),
        sa.Column("cost", sa.Float(precision=53), nullable=False),
        sa.Column("note", Line(1000, "note"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrichment_queue")),
        sa.UniqueConstraint("playbook", "lead_id", name=op.f("uq_enrichment_queue_playbook_lead_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_enrichment_queue_playbook_state_worth"),
        "enrichment_queue",
        ["playbook", "state", "worth"],
        unique=False,
    )
    op.create_table(
        "enrichments",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("provider", Line(100, "provider"), nullable=False),
        sa.Column("facts", Json(), nullable=False),
        sa.Column("note", Line(1000, "note"), nullable=False),
        sa.Column("found_at", Moment(), nullable=False),
        sa.Column("good_until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrichments")),
        sa.UniqueConstraint("playbook", "lead_id", "provider", name=op.f("uq_enrichments_playbook_lead_id_provider")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "enrichment_answers",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("provider", Line(100, "provider"), nullable=False),
        sa.Column("key", Line(255, "key"), nullable=False),
        sa.Column("found", Json(), nullable=False),
        sa.Column("cost", sa.Float(precision=53), nullable=False),
        sa.Column("found_at", Moment(), nullable=False),
        sa.Column("good_until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrichment_answers")),
        sa.UniqueConstraint("provider", "key", name=op.f("uq_enrichment_answers_provider_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_enrichment_answers_found_at"), "enrichment_answers", ["found_at"], unique=False)
    op.create_table(
        "webhooks",
        sa.Column("id", Line(32, "id"), nullable=False),
        sa.Column("url", Line(2000, "url"), nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("types", Json(), nullable=False),
        sa.Column("routes", Json(), nullable=False),
        sa.Column("bands", Json(), nullable=False),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("salt", Line(64, "salt"), nullable=False),
        sa.Column("key_mark", Line(64, "key_mark"), nullable=False),
        sa.Column("old_salt", Line(64, "old_salt"), nullable=True),
        sa.Column("old_until", Moment(), nullable=True),
        sa.Column("state", Line(20, "state"), nullable=False),
        sa.Column("why", Line(500, "why"), nullable=False),
        sa.Column("paused_until", Moment(), nullable=True),
        sa.Column("made_by", Line(255, "made_by"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "webhook_messages",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("message", Line(40, "message"), nullable=False),
        sa.Column("webhook", Line(32, "webhook"), nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("type", Line(50, "type"), nullable=False),
        sa.Column("score_id", RowId, nullable=True),
        sa.Column("said", Json(), nullable=False),
        sa.Column("state", Line(20, "state"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", Moment(), nullable=False),
        sa.Column("holder", Line(255, "holder"), nullable=True),
        sa.Column("held_until", Moment(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", Line(500, "error"), nullable=True),
        sa.Column("seconds", sa.Float(precision=53), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_messages")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_webhook_messages_state_run_after"), "webhook_messages", ["state", "run_after"], unique=False
    )
    op.create_index(
        op.f("ix_webhook_messages_webhook_playbook_lead_id_state"),
        "webhook_messages",
        ["webhook", "playbook", "lead_id", "state"],
        unique=False,
    )


def downgrade() -> None:
    for table in ("webhook_messages", "webhooks", "enrichment_answers", "enrichments", "enrichment_queue"):
        op.drop_table(table)
