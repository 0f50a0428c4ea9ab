"""Leads with every version, what happened to them, their scores, and what people said of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json, Line, Moment, RowId

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "leads",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("first_at", Moment(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sa.UniqueConstraint("playbook", "lead_id", name=op.f("uq_leads_playbook_lead_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_leads_playbook_at"), "leads", ["playbook", "at"], unique=False)
    op.create_table(
        "lead_versions",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("source", Line(255, "source"), nullable=False),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("digest", Line(64, "digest"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_versions")),
        sa.UniqueConstraint("playbook", "lead_id", "version", name=op.f("uq_lead_versions_playbook_lead_id_version")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "events",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("key", Line(255, "key"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("name", Line(255, "name"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("details", Json(), nullable=False),
        sa.Column("digest", Line(64, "digest"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("playbook", "key", name=op.f("uq_events_playbook_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_events_playbook_lead_id_at"), "events", ["playbook", "lead_id", "at"], unique=False)
    op.create_index(op.f("ix_events_recorded_at"), "events", ["recorded_at"], unique=False)
    op.create_table(
        "outcomes",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("key", Line(255, "key"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("target", Line(63, "target"), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("source", Line(255, "source"), nullable=False),
        sa.Column("digest", Line(64, "digest"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
        sa.UniqueConstraint("playbook", "key", name=op.f("uq_outcomes_playbook_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_outcomes_playbook_lead_id_target"), "outcomes", ["playbook", "lead_id", "target"], unique=False
    )
    op.create_index(op.f("ix_outcomes_recorded_at"), "outcomes", ["recorded_at"], unique=False)
    op.create_table(
        "scores",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("key", Line(255, "key"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("model_version", Line(50, "model_version"), nullable=False),
        sa.Column("policy", Line(64, "policy"), nullable=False),
        sa.Column("arm", Line(50, "arm"), nullable=False),
        sa.Column("method", Line(50, "method"), nullable=False),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("probability", sa.Float(precision=53), nullable=True),
        sa.Column("probability_low", sa.Float(precision=53), nullable=True),
        sa.Column("probability_high", sa.Float(precision=53), nullable=True),
        sa.Column("score", sa.Float(precision=53), nullable=False),
        sa.Column("band", Line(255, "band"), nullable=False),
        sa.Column("route", Line(255, "route"), nullable=False),
        sa.Column("segment", Line(255, "segment"), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.Column("fields", Json(), nullable=False),
        sa.Column("card", Json(), nullable=False),
        sa.Column("digest", Line(64, "digest"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scores")),
        sa.UniqueConstraint("playbook", "key", name=op.f("uq_scores_playbook_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_scores_playbook_lead_id_at"), "scores", ["playbook", "lead_id", "at"], unique=False)
    op.create_index(op.f("ix_scores_recorded_at"), "scores", ["recorded_at"], unique=False)
    op.create_table(
        "lead_feedback",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("key", Line(255, "key"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("user_rating", sa.Float(precision=53), nullable=True),
        sa.Column("action_type", Line(50, "action_type"), nullable=False),
        sa.Column("interaction_duration", sa.Float(precision=53), nullable=True),
        sa.Column("feedback_source", Line(50, "feedback_source"), nullable=False),
        sa.Column("feedback_confidence", sa.Float(precision=53), nullable=False),
        sa.Column("contact_successful", sa.Boolean(), nullable=True),
        sa.Column("contact_response_time", sa.Float(precision=53), nullable=True),
        sa.Column("conversion_value", sa.Float(precision=53), nullable=True),
        sa.Column("session_id", Line(255, "session_id"), nullable=True),
        sa.Column("user_agent", Line(1024, "user_agent"), nullable=True),
        sa.Column("ip_address", Line(45, "ip_address"), nullable=True),
        sa.Column("model_version", Line(50, "model_version"), nullable=True),
        sa.Column("prediction_score", sa.Float(precision=53), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("digest", Line(64, "digest"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_feedback")),
        sa.UniqueConstraint("playbook", "key", name=op.f("uq_lead_feedback_playbook_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_lead_feedback_playbook_created_at"), "lead_feedback", ["playbook", "created_at"], unique=False
    )
    op.create_index(op.f("ix_lead_feedback_playbook_lead_id"), "lead_feedback", ["playbook", "lead_id"], unique=False)


def downgrade() -> None:
    op.drop_table("lead_feedback")
    op.drop_table("scores")
    op.drop_table("outcomes")
    op.drop_table("events")
    op.drop_table("lead_versions")
    op.drop_table("leads")
