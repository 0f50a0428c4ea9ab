"""What was done about leads, and what was recommended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from leadloop.store.column_types import Json, Line, Moment, RowId

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "actions",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("key", Line(255, "key"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("kind", Line(63, "kind"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("actor", Line(255, "actor"), nullable=False),
        sa.Column("result", Line(63, "result"), nullable=False),
        sa.Column("propensity", sa.Float(precision=53), nullable=True),
        sa.Column("source", Line(255, "source"), nullable=False),
        sa.Column("details", Json(), nullable=False),
        sa.Column("digest", Line(64, "digest"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
        sa.UniqueConstraint("playbook", "key", name=op.f("uq_actions_playbook_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_actions_playbook_lead_id_at"), "actions", ["playbook", "lead_id", "at"], unique=False)
    op.create_index(op.f("ix_actions_recorded_at"), "actions", ["recorded_at"], unique=False)
    op.create_table(
        "recommendations",
        sa.Column("id", RowId, autoincrement=True, nullable=False),
        sa.Column("playbook", Line(63, "playbook"), nullable=False),
        sa.Column("lead_id", Line(255, "lead_id"), nullable=False),
        sa.Column("round", Line(64, "round"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("model_version", Line(50, "model_version"), nullable=False),
        sa.Column("kind", Line(63, "kind"), nullable=False),
        sa.Column("actor", Line(255, "actor"), nullable=False),
        sa.Column("success", sa.Float(precision=53), nullable=False),
        sa.Column("success_low", sa.Float(precision=53), nullable=False),
        sa.Column("success_high", sa.Float(precision=53), nullable=False),
        sa.Column("priority", Line(20, "priority"), nullable=False),
        sa.Column("respond_within_minutes", sa.Integer(), nullable=False),
        sa.Column("propensity", sa.Float(precision=53), nullable=True),
        sa.Column("why", Json(), nullable=False),
        sa.Column("status", Line(20, "status"), nullable=False),
        sa.Column("changed_at", Moment(), nullable=True),
        sa.Column("changed_by", Line(255, "changed_by"), nullable=False),
        sa.Column("rating", sa.Float(precision=53), nullable=True),
        sa.Column("note", Line(1000, "note"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendations")),
        sa.UniqueConstraint(
            "playbook", "lead_id", "round", "rank", name=op.f("uq_recommendations_playbook_lead_id_round_rank")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_recommendations_playbook_status_success"),
        "recommendations",
        ["playbook", "status", "success"],
        unique=False,
    )
    op.create_index(
        op.f("ix_recommendations_playbook_lead_id_made_at"),
        "recommendations",
        ["playbook", "lead_id", "made_at"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("recommendations")
    op.drop_table("actions")
